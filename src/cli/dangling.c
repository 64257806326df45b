/* Names that mean nothing: what a whole configuration refers to and does not define. IOS takes such lines, one by one
 * nobody can tell; of a file that is only checked it can be said. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/lines.h"

struct finding {
	unsigned line, order; /* 0: a line that is not known */
	struct text text;
};

struct report {
	const struct model *model;
	const struct cli_ops *ops;
	const struct cli_lines *lines;
	struct vec findings;
	bool oom;
};

/* Where a reference stands: below which line, and its words. */
struct place {
	const char *within, *start, *phrase;
};

__attribute__((format(printf, 3, 4))) static void say(
	struct report *r, struct place where, const char *format, ...)
{
	struct finding *f = calloc(1, sizeof(*f));
	va_list args;

	if (!f || !vec_push(&r->findings, f)) {
		free(f);
		r->oom = true;
		return;
	}
	f->line = cli_lines_find(r->lines, where.within, where.start, where.phrase);
	f->order = (unsigned)r->findings.count;
	va_start(args, format);
	text_vprintf(&f->text, format, args);
	va_end(args);
}

/* --- Crypto maps ----------------------------------------------------------------------------------------------------- */

/* A netmask where wildcard bits belong: no tunnel comes of that line. */
static void check_wildcards(struct report *r, const struct acl *a)
{
	char bits[IP_TEXT_MAX], list[2 * NAME_MAX_LEN];
	const struct acl_rule *rule;

	snprintf(list, sizeof(list), a->numbered ? "access-list %s" : "ip access-list extended %s", a->name);
	vec_each (&a->rules, i, rule) {
		const struct ipaddr *ends[] = {&rule->source.wildcard, &rule->destination.wildcard};

		for (size_t k = 0; k < 2 && !rule->is_remark; k++)
			if (ip_wildcard_to_len(ends[k]) < 0)
				say(r,
					(struct place){a->numbered ? NULL : list, a->numbered ? list : NULL,
						ip_format(ends[k], bits)},
					"access list %s rule %u: wildcard bits %s are not contiguous",
					a->name, (unsigned)rule->sequence, bits);
	}
}

static void check_entry(struct report *r, const char *where, const struct crypto_map_entry *e)
{
	const struct model *m = r->model;
	char phrase[2 * NAME_MAX_LEN];

	snprintf(phrase, sizeof(phrase), "dynamic %s", e->dynamic_map);
	if (e->kind == CRYPTO_MAP_ISAKMP_DYNAMIC && !model_dynamic_map(m, e->dynamic_map))
		say(r, (struct place){NULL, where, phrase}, "%s: dynamic map \"%s\" does not exist", where,
			e->dynamic_map);
	snprintf(phrase, sizeof(phrase), "match address %s", e->acl);
	if (e->acl[0] && !model_acl(m, e->acl))
		say(r, (struct place){where, NULL, phrase}, "%s: access list %s does not exist", where,
			e->acl);
	for (uint8_t i = 0; i < e->transform_set_count; i++)
		if (!model_transform_set(m, e->transform_sets[i]))
			say(r, (struct place){where, "set transform-set", e->transform_sets[i]},
				"%s: transform set \"%s\" does not exist", where, e->transform_sets[i]);
	snprintf(phrase, sizeof(phrase), "set ikev2-profile %s", e->ikev2_profile);
	if (e->ikev2_profile[0] && !model_ikev2_profile(m, e->ikev2_profile))
		say(r, (struct place){where, NULL, phrase}, "%s: IKEv2 profile \"%s\" does not exist", where,
			e->ikev2_profile);
}

static bool protects(const struct vec *maps, const struct acl *a)
{
	const struct crypto_map *map;
	const struct crypto_map_entry *e;

	vec_each (maps, i, map)
		vec_each (&map->entries, k, e)
			if (strcmp(e->acl, a->name) == 0)
				return true;
	return false;
}

static void check_maps(struct report *r, const struct vec *maps, const char *command)
{
	const struct crypto_map *map;
	const struct crypto_map_entry *e;
	char where[2 * NAME_MAX_LEN];

	vec_each (maps, i, map) {
		vec_each (&map->entries, k, e) {
			snprintf(where, sizeof(where), "%s %s %u", command, map->name, (unsigned)e->sequence);
			check_entry(r, where, e);
		}
		snprintf(where, sizeof(where), "%s %s local-address", command, map->name);
		if (map->local_address[0] && !model_interface(r->model, map->local_address))
			say(r, (struct place){NULL, where, where}, "%s: interface %s does not exist", where,
				map->local_address);
	}
}

static void check_ikev2(struct report *r)
{
	const struct ikev2_profile *profile;
	const struct ikev2_policy *policy;
	const struct ikev2_policy_proposal *p;
	char where[2 * NAME_MAX_LEN], phrase[2 * NAME_MAX_LEN];

	vec_each (&r->model->ikev2_profiles, i, profile) {
		snprintf(where, sizeof(where), "crypto ikev2 profile %s", profile->name);
		snprintf(phrase, sizeof(phrase), "keyring local %s", profile->keyring);
		if (profile->keyring[0] && !model_ikev2_keyring(r->model, profile->keyring))
			say(r, (struct place){where, NULL, phrase}, "%s: keyring \"%s\" does not exist",
				where, profile->keyring);
	}
	vec_each (&r->model->ikev2_policies, i, policy) {
		snprintf(where, sizeof(where), "crypto ikev2 policy %s", policy->name);
		vec_each (&policy->proposals, k, p) {
			snprintf(phrase, sizeof(phrase), "proposal %s", p->name);
			if (!model_ikev2_proposal(r->model, p->name))
				say(r, (struct place){where, NULL, phrase},
					"%s: proposal \"%s\" does not exist", where, p->name);
		}
	}
}

/* --- Interfaces ------------------------------------------------------------------------------------------------------ */

static bool has_group(const struct interface_cfg *i, const char *name)
{
	char in_force[NAME_MAX_LEN + INTERFACE_NAME_MAX];
	const struct standby_group *g;

	vec_each (&i->standby, n, g)
		if (standby_speaks(g, IP_V4) &&
			(!name[0] || strcmp(standby_group_name(i, g, in_force), name) == 0))
			return true;
	return false;
}

static bool in_subnet(const struct interface_cfg *i, const struct ipaddr *a)
{
	struct prefix p = prefix_make(i->address, i->address_len);
	const struct prefix *s;

	if (!i->address_set || prefix_contains(&p, a))
		return true;
	vec_each (&i->secondary_addresses, n, s) {
		p = prefix_make(s->addr, s->len);
		if (prefix_contains(&p, a))
			return true;
	}
	return false;
}

/* A name of a device of the box may stand without an interface of its own. */
static bool interface_exists(const struct report *r, const char *name)
{
	return model_interface(r->model, name) ||
		(r->ops && r->ops->device_exists && r->ops->device_exists(r->ops->arg, name));
}

static void check_tracks(
	struct report *r, const char *where, const struct interface_cfg *i, const struct standby_group *g)
{
	char phrase[2 * NAME_MAX_LEN];
	const struct standby_track *t;

	vec_each (&g->tracks, n, t) {
		if (t->object)
			snprintf(phrase, sizeof(phrase), "track %u", (unsigned)t->object);
		else
			snprintf(phrase, sizeof(phrase), "track %s", t->interface);
		struct place place = {where, "standby", phrase};

		if (t->object && !model_track(r->model, t->object))
			say(r, place, "interface %s: standby %u: track object %u does not exist", i->name,
				(unsigned)g->number, (unsigned)t->object);
		if (!t->object && !interface_exists(r, t->interface))
			say(r, place, "interface %s: standby %u: interface %s does not exist", i->name,
				(unsigned)g->number, t->interface);
	}
}

static void check_group(
	struct report *r, const char *where, const struct interface_cfg *i, const struct standby_group *g)
{
	char phrase[2 * NAME_MAX_LEN], address[IP_TEXT_MAX];
	const struct interface_cfg *leader;

	snprintf(phrase, sizeof(phrase), "key-chain %s", g->key_chain);
	if (g->key_chain[0] && !model_key_chain(r->model, g->key_chain))
		say(r, (struct place){where, "standby", phrase},
			"interface %s: standby %u: key chain \"%s\" does not exist", i->name,
			(unsigned)g->number, g->key_chain);
	snprintf(phrase, sizeof(phrase), "follow %s", g->follow);
	if (g->follow[0] && !model_standby_named(r->model, g->follow, &leader))
		say(r, (struct place){where, "standby", phrase},
			"interface %s: standby %u: there is no standby group named %s to follow", i->name,
			(unsigned)g->number, g->follow);
	if (ip_is_set(&g->ip) && !in_subnet(i, &g->ip))
		say(r, (struct place){where, "standby", ip_format(&g->ip, address)},
			"interface %s: standby %u ip %s is not within a subnet on this interface", i->name,
			(unsigned)g->number, address);
	check_tracks(r, where, i, g);
}

static void check_interface(struct report *r, const struct interface_cfg *i)
{
	const char *chain = i->standby_redirect_key_chain;
	char where[NAME_MAX_LEN], phrase[2 * NAME_MAX_LEN];
	const struct standby_group *g;

	snprintf(where, sizeof(where), "interface %s", i->name);
	snprintf(phrase, sizeof(phrase), "crypto map %s", i->crypto_map);
	if (i->crypto_map[0] && !model_crypto_map(r->model, i->crypto_map))
		say(r, (struct place){where, NULL, phrase}, "interface %s: crypto map \"%s\" does not exist",
			i->name, i->crypto_map);
	if (i->crypto_map[0] && i->crypto_redundancy && !has_group(i, i->crypto_redundancy_group))
		say(r, (struct place){where, NULL, phrase},
			"interface %s: crypto map %s redundancy: no such standby group on this interface: %s",
			i->name, i->crypto_map,
			i->crypto_redundancy_group[0] ? i->crypto_redundancy_group : "it has none");
	snprintf(phrase, sizeof(phrase), "key-chain %s", chain);
	if (chain[0] && !model_key_chain(r->model, chain))
		say(r, (struct place){where, "standby redirect", phrase},
			"interface %s: standby redirect: key chain \"%s\" does not exist", i->name, chain);
	vec_each (&i->standby, n, g)
		check_group(r, where, i, g);
}

/* --- The rest -------------------------------------------------------------------------------------------------------- */

static void check_objects(struct report *r)
{
	char where[NAME_MAX_LEN], phrase[NAME_MAX_LEN];
	const struct track_object *t;
	const struct track_member *member;
	const struct static_route *route;

	vec_each (&r->model->tracks, i, t) {
		snprintf(where, sizeof(where), "track %u", (unsigned)t->number);
		if (t->interface[0] && !interface_exists(r, t->interface))
			say(r, (struct place){NULL, where, where}, "%s: interface %s does not exist", where,
				t->interface);
		vec_each (&t->members, k, member) {
			snprintf(phrase, sizeof(phrase), "object %u", (unsigned)member->object);
			if (!model_track(r->model, member->object))
				say(r, (struct place){where, NULL, phrase}, "%s: object %u does not exist",
					where, (unsigned)member->object);
		}
	}
	vec_each (&r->model->static_routes, i, route) {
		char prefix[PREFIX_TEXT_MAX], network[IP_TEXT_MAX], start[IP_TEXT_MAX + NAME_MAX_LEN];

		prefix_format(&route->prefix, prefix);
		snprintf(start, sizeof(start), "ip route %s", ip_format(&route->prefix.addr, network));
		snprintf(phrase, sizeof(phrase), "track %u", (unsigned)route->track);
		if (route->track && !model_track(r->model, route->track))
			say(r, (struct place){NULL, start, phrase},
				"ip route %s: track object %u does not exist", prefix,
				(unsigned)route->track);
		if (route->interface[0] && !interface_exists(r, route->interface))
			say(r, (struct place){NULL, start, route->interface},
				"ip route %s: interface %s does not exist", prefix, route->interface);
	}
}

static void check_pairs(struct report *r)
{
	const struct redundancy_pair *p;
	const struct interface_cfg *i;

	vec_each (&r->model->pairs, k, p) {
		const char *names[] = {p->first, p->second};

		for (size_t n = 0; n < 2; n++)
			if (!model_standby_named(r->model, names[n], &i))
				say(r, (struct place){NULL, "hotswan redundancy pair", names[n]},
					"hotswan redundancy pair: there is no standby group named %s",
					names[n]);
	}
}

/* By line; what has none, last. */
static int by_line(const void *a, const void *b)
{
	const struct finding *x = *(const struct finding *const *)a, *y = *(const struct finding *const *)b;

	if (x->line != y->line)
		return x->line - 1 < y->line - 1 ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static unsigned write_out(struct report *r, const char *file, struct text *out)
{
	unsigned count = (unsigned)r->findings.count + r->oom;
	struct finding *f;

	if (r->findings.count)
		qsort(r->findings.items, r->findings.count, sizeof(*r->findings.items), by_line);
	vec_each (&r->findings, i, f) {
		text_add(out, file);
		if (f->line)
			text_printf(out, ":%u", f->line);
		text_printf(out, ": %s\n", text_str(&f->text));
		text_free(&f->text);
		free(f);
	}
	if (r->oom)
		text_printf(out, "%s: out of memory\n", file);
	vec_free(&r->findings);
	return count;
}

static unsigned dangling(const struct model *m, const struct cli_ops *ops, const struct cli_lines *lines,
	const char *file, struct text *out)
{
	struct report r = {.model = m, .ops = ops, .lines = lines};
	const struct interface_cfg *i;
	const struct acl *a;

	check_maps(&r, &m->crypto_maps, "crypto map");
	check_maps(&r, &m->dynamic_maps, "crypto dynamic-map");
	vec_each (&m->acls, n, a)
		if (protects(&m->crypto_maps, a) || protects(&m->dynamic_maps, a))
			check_wildcards(&r, a);
	check_ikev2(&r);
	vec_each (&m->interfaces, n, i)
		check_interface(&r, i);
	check_objects(&r);
	check_pairs(&r);
	return write_out(&r, file, out);
}

unsigned cli_check(struct model *m, const struct cli_ops *ops, const char *name, const char *s, size_t n,
	struct text *errors, unsigned *refused)
{
	struct cli_lines *lines = cli_lines_new();
	struct cli_loader *l = lines ? cli_loader_new(m, ops, name) : NULL;
	unsigned count = 0;

	if (l) {
		cli_loader_remember(l, lines);
		cli_loader_text(l, s, n, errors);
		*refused = cli_loader_end(l, errors);
		count = dangling(m, ops, lines, name, errors);
	} else {
		text_printf(errors, "%s: out of memory\n", name);
		*refused = 1;
	}
	cli_lines_free(lines);
	return *refused + count;
}
