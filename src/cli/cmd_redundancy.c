/* Standby groups that move together: `hotswan redundancy pair` and `standby follow`. */
#include <string.h>

#include "cli/rules.h"

static bool pairs_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	const char *first = cli_arg(args, "first")->s, *second = cli_arg(args, "second")->s;
	const char *partner = model_pair_partner(within->model, first);

	*out = (struct cli_target){.model = within->model};
	if (partner && !strcmp(partner, second)) /* in whichever order */
		out->object = model_pair_of(within->model, first);
	else if (create)
		out->object = model_pair_get(within->model, first, second);
	return out->object || !create;
}

static bool pairs_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	*out = (struct cli_target){.model = within->model};
	if (cursor[0] >= within->model->pairs.count)
		return false;
	out->object = within->model->pairs.items[cursor[0]];
	return true;
}

static void pairs_drop(const struct cli_target *t)
{
	model_pair_delete(t->model, t->object);
}

const struct cli_list cli_list_pairs = {pairs_find, pairs_at, pairs_drop, NULL, false};

static bool taken(struct cli_call *c, const char *name, const char *other)
{
	const char *partner = model_pair_partner(c->model, name);

	if (partner && strcmp(partner, other) != 0)
		return !cli_refuse(c, "Group %s is paired with %s: a group has one partner", name, partner);
	return false;
}

static bool check_pair(struct cli_call *c)
{
	const char *first = cli_arg(c->args, "first")->s, *second = cli_arg(c->args, "second")->s;
	const struct interface_cfg *i, *k;
	const struct standby_group *a = model_standby_named(c->model, first, &i),
				   *b = model_standby_named(c->model, second, &k);

	if (!strcmp(first, second))
		return cli_refuse(c, "A pair is two groups");
	if (taken(c, first, second) || taken(c, second, first))
		return false;
	if (a && b && i == k)
		return cli_refuse(c,
			"Groups %s and %s are on one interface, %s: a pair is one group inside and one "
			"outside",
			first, second, i->name);
	if ((a && a->follow[0]) || (b && b->follow[0]))
		return cli_refuse(c, "Group %s follows %s: pair that one", a && a->follow[0] ? first : second,
			a && a->follow[0] ? a->follow : b->follow);
	return true;
}

static void note_pair(struct cli_call *c)
{
	const struct redundancy_pair *p = c->target.object;
	const struct interface_cfg *i;

	if (!p)
		return;
	for (unsigned n = 0; n < 2; n++) {
		const char *name = n ? p->second : p->first;

		if (!model_standby_named(c->model, name, &i))
			cli_note(c,
				"%%Warning: no interface has a standby group %s yet: the pair waits for it",
				name);
	}
	cli_note(c, "%%Warning: configure the same pair on all routers of the two groups");
}

/* --- standby follow ------------------------------------------------------------------------------------------------------- */

static bool check_follow(struct cli_call *c)
{
	const struct interface_cfg *i = c->within.object, *where;
	const struct standby_group *own = interface_standby(i, (uint16_t)cli_arg(c->args, "group")->n), *g;
	const char *name = cli_arg(c->args, "name")->s;
	char in_force[NAME_MAX_LEN + INTERFACE_NAME_MAX];

	if (!cli_check_group(c))
		return false;
	if (c->no || !name)
		return true;
	g = model_standby_named(c->model, name, &where);
	if (g && g == own)
		return cli_refuse(c, "A group cannot follow itself");
	if (g && g->follow[0])
		return cli_refuse(c, "Group %s follows %s: follow that one", name, g->follow);
	if (own && model_pair_partner(c->model, standby_group_name(i, own, in_force)))
		return cli_refuse(c, "Group %s is one of a pair: it cannot follow another one", in_force);
	return true;
}

static void note_follow(struct cli_call *c)
{
	const struct standby_group *g = c->target.object;
	const struct interface_cfg *i;

	if (!g || !g->follow[0])
		return;
	if (!model_standby_named(c->model, g->follow, &i))
		cli_note(c, "%%Warning: no interface has a standby group %s yet: group %u waits for it",
			g->follow, (unsigned)g->number);
	cli_note_follows(c, g);
}

void cli_note_follows(struct cli_call *c, const struct standby_group *g)
{
	if (g && g->follow[0] &&
		(g->priority_set || g->preempt || g->hello_ms || g->authentication_set || g->key.set ||
			g->tracks.count))
		cli_note(c,
			"%%Warning: group %u follows %s: its own priority, preempt, timers, authentication "
			"and "
			"track have no effect",
			(unsigned)g->number, g->follow);
}

static const struct cli_row rows[] = {
	{.modes = IN(INTERFACE),
		.syntax = "standby [<0-4095>:group] follow ; WORD/63:name",
		.help = "||Enable HSRP group following|Name of the redundancy group to follow",
		.rank = 52,
		.list = &cli_list_standby,
		.touches = MODEL_STANDBY,
		.check = check_follow,
		.after = note_follow,
		.fields = {KEY("group", struct standby_group, number),
			TEXT("name", struct standby_group, follow)}},
	{.modes = IN(CONFIG),
		.syntax = "hotswan redundancy pair WORD/63:first WORD/63:second",
		.help = "|Standby groups|Two groups that are active on one router together|"
			"Name of a standby group|Name of a standby group on another interface",
		.rank = 612,
		.flags = CLI_IDENTITY,
		.list = &cli_list_pairs,
		.check = check_pair,
		.after = note_pair,
		.touches = MODEL_PAIR,
		.fields = {TEXT("first", struct redundancy_pair, first),
			TEXT("second", struct redundancy_pair, second)}},
};
CLI_TABLE(cli_table_redundancy, rows);
