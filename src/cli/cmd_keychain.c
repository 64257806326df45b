/* Key chains: keys with lifetimes, for HSRP's MD5 authentication. */
#include <string.h>

#include "cli/rules.h"

enum { KEY_HIDDEN = 7, HOUR_S = 3600, MINUTE_S = 60 };

/* --- Keys --------------------------------------------------------------------------------------------------------- */

static bool check_key(struct cli_call *c)
{
	const struct key_chain *chain = c->within.object;

	if (!c->target.object && chain->keys.count >= CHAIN_KEYS_MAX)
		return cli_refuse(c, "A key chain has at most %d keys", CHAIN_KEYS_MAX);
	return true;
}

static bool set_string(struct cli_call *c)
{
	struct chain_key *k = c->target.object;
	const struct cli_value *type = cli_arg(c->args, "type");
	struct secret s = {.set = true, .type = type->set && type->n ? KEY_HIDDEN : 0};

	if (!str_copy(s.text, sizeof(s.text), cli_arg(c->args, "key")->s))
		return cli_refuse(c, "Key is too long");
	k->key = s;
	return true;
}

static bool unset_string(struct cli_call *c)
{
	((struct chain_key *)c->target.object)->key = (struct secret){0};
	return true;
}

static bool get_string(const struct cli_target *t, struct cli_args *a)
{
	const struct secret *s = &((const struct chain_key *)t->object)->key;

	if (s->type)
		cli_put_number(a, "type", 1);
	cli_put_string(a, "key", s->text);
	return s->set;
}

static void warn_string(struct cli_call *c)
{
	const struct chain_key *k = c->target.object;

	cli_warn_key(c, &k->key);
	cli_warn_long_key(c, &k->key);
}

/* --- Lifetimes ---------------------------------------------------------------------------------------------------- */

/* Which of the two a row means: by the word that it begins with. */
static struct key_lifetime *lifetime_of(const struct cli_row *row, struct chain_key *k)
{
	return row->syntax[0] == 'a' ? &k->accept : &k->send;
}

static struct key_moment moment(
	const struct cli_args *a, const char *time, const char *month, const char *day, const char *year)
{
	uint32_t s = cli_arg(a, time)->n;

	return (struct key_moment){.year = (uint16_t)cli_arg(a, year)->n,
		.month = (uint8_t)cli_arg(a, month)->n,
		.day = (uint8_t)cli_arg(a, day)->n,
		.hour = (uint8_t)(s / HOUR_S),
		.minute = (uint8_t)(s / MINUTE_S % 60),
		.second = (uint8_t)(s % 60)};
}

static struct key_lifetime typed(const struct cli_args *a)
{
	return (struct key_lifetime){.set = true,
		.local = cli_has(a, "local"),
		.start = moment(a, "start", "month", "day", "year"),
		.end = moment(a, "end", "end-month", "end-day", "end-year"),
		.ends = cli_has(a, "infinite")	 ? KEY_NEVER_ENDS
			: cli_has(a, "duration") ? KEY_LASTS
						 : KEY_ENDS_AT,
		.seconds = cli_arg(a, "seconds")->n};
}

static bool check_lifetime(struct cli_call *c)
{
	struct key_lifetime l = typed(c->args);

	if (!key_moment_valid(&l.start) || (l.ends == KEY_ENDS_AT && !key_moment_valid(&l.end)))
		return cli_refuse(c, "There is no such day in that month");
	if (l.ends == KEY_ENDS_AT && key_moment_utc(&l.end) <= key_moment_utc(&l.start))
		return cli_refuse(c, "The end of a lifetime must be later than its start");
	return true;
}

static bool set_lifetime(struct cli_call *c)
{
	*lifetime_of(c->row, c->target.object) = typed(c->args);
	return true;
}

static bool unset_lifetime(struct cli_call *c)
{
	*lifetime_of(c->row, c->target.object) = (struct key_lifetime){0};
	return true;
}

static void put_moment(struct cli_args *a, const struct key_moment *m, const char *time, const char *month,
	const char *day, const char *year)
{
	cli_put_number(a, time, (uint32_t)(m->hour * HOUR_S + m->minute * MINUTE_S + m->second));
	cli_put_number(a, month, m->month);
	cli_put_number(a, day, m->day);
	cli_put_number(a, year, m->year);
}

static bool get_lifetime(const struct cli_target *t, struct cli_args *a)
{
	const struct key_lifetime *l = lifetime_of(a->syntax->row, t->object);

	if (!l->set)
		return false;
	if (l->local)
		cli_put_number(a, "local", 1);
	put_moment(a, &l->start, "start", "month", "day", "year");
	if (l->ends == KEY_ENDS_AT)
		put_moment(a, &l->end, "end", "end-month", "end-day", "end-year");
	else
		cli_put_number(a, l->ends == KEY_LASTS ? "duration" : "infinite", 1);
	if (l->ends == KEY_LASTS)
		cli_put_number(a, "seconds", l->seconds);
	return true;
}

/* --- The chain ---------------------------------------------------------------------------------------------------- */

/* Its groups lose their keys with it. */
static bool unset_chain(struct cli_call *c)
{
	const struct interface_cfg *i;
	const struct standby_group *g;

	if (!c->target.object)
		return true;
	vec_each (&c->model->interfaces, n, i)
		vec_each (&i->standby, k, g)
			if (!strcmp(g->key_chain, c->target.name))
				cli_note(c,
					"%%Warning: %s group %u authenticates by key chain %s: it stays Init "
					"now",
					i->name, (unsigned)g->number, g->key_chain);
	cli_list_key_chains.drop(&c->target);
	c->target.object = NULL;
	return true;
}

/* --- The rows ----------------------------------------------------------------------------------------------------- */

#define LIFETIME                                                                                             \
	"-lifetime ; [local:local] TIME:start {MONTH:month <1-31>:day|<1-31>:day MONTH:month} "              \
	"<1993-2035>:year {infinite:infinite|duration:duration <1-2147483646>:seconds|"                      \
	"TIME:end {MONTH:end-month <1-31>:end-day|<1-31>:end-day MONTH:end-month} <1993-2035>:end-year}"
#define LIFETIME_HELP                                                                                        \
	"|Specify time in local timezone|Time to start|Month of the year to start|Day of the month to "      \
	"start|Day of the month to start|Month of the year to start|Year to start|Never expires|Set key "    \
	"lifetime duration|Duration in seconds|Time to stop|Month of the year to stop|Day of the month to "  \
	"stop|Day of the month to stop|Month of the year to stop|Year to stop"
#define IN_KEY(rank_) .modes = IN(KEY), .rank = rank_, .touches = MODEL_KEY_CHAIN

static const struct cli_row rows[] = {
	{.modes = IN(CONFIG),
		.syntax = "key chain WORD/63:name",
		.help = "Key management|Key-chain management|Key-chain name",
		.rank = 460,
		.flags = CLI_IDENTITY | CLI_SEPARATE,
		.opens = MODE_KEY_CHAIN,
		.list = &cli_list_key_chains,
		.unset = unset_chain,
		.fields = {TEXT("name", struct key_chain, name)},
		.touches = MODEL_KEY_CHAIN},
	{.modes = IN(KEY_CHAIN),
		.syntax = "key <0-2147483647>:key",
		.help = "Configure a key|Key identifier",
		.rank = 10,
		.flags = CLI_IDENTITY,
		.opens = MODE_KEY,
		.list = &cli_list_chain_keys,
		.check = check_key,
		.fields = {KEY("key", struct chain_key, number)},
		.touches = MODEL_KEY_CHAIN},
	{IN_KEY(10), .syntax = "key-string ; [{0|7}:type] WORD/64:key",
		.help = "Set key string|Specifies an UNENCRYPTED password will follow|"
			"Specifies a HIDDEN password will follow|The key",
		.flags = CLI_SECRET, .set = set_string, .unset = unset_string, .get = get_string,
		.after = warn_string},
	{IN_KEY(20), .syntax = "accept" LIFETIME, .help = "Set accept lifetime of key" LIFETIME_HELP,
		.check = check_lifetime, .set = set_lifetime, .unset = unset_lifetime, .get = get_lifetime},
	{IN_KEY(30), .syntax = "send" LIFETIME, .help = "Set send lifetime of key" LIFETIME_HELP,
		.check = check_lifetime, .set = set_lifetime, .unset = unset_lifetime, .get = get_lifetime},
};
CLI_TABLE(cli_table_keychain, rows);
