/* Names that mean nothing: what a whole configuration refers to and does not define. IOS takes such lines, one by one
 * nobody can tell; of a file that is only checked it can be said. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

struct report {
	const struct model *model;
	const char *file;
	struct text *out;
	unsigned count;
};

__attribute__((format(printf, 2, 3))) static void say(struct report *r, const char *format, ...)
{
	va_list args;

	text_printf(r->out, "%s: ", r->file);
	va_start(args, format);
	text_vprintf(r->out, format, args);
	va_end(args);
	text_add(r->out, "\n");
	r->count++;
}

/* A netmask where wildcard bits belong: no tunnel comes of that line. */
static void check_wildcards(struct report *r, const char *where, const struct acl *a)
{
	char text[IP_TEXT_MAX];
	const struct acl_rule *rule;

	vec_each (&a->rules, i, rule) {
		const struct ipaddr *ends[] = {&rule->source.wildcard, &rule->destination.wildcard};

		for (size_t k = 0; k < 2 && !rule->is_remark; k++)
			if (ip_wildcard_to_len(ends[k]) < 0)
				say(r, "%s: access list %s rule %u: wildcard bits %s are not contiguous",
					where, a->name, (unsigned)rule->sequence, ip_format(ends[k], text));
	}
}

static void check_entry(struct report *r, const char *where, const struct crypto_map_entry *e)
{
	const struct model *m = r->model;

	if (e->kind == CRYPTO_MAP_ISAKMP_DYNAMIC && !model_dynamic_map(m, e->dynamic_map))
		say(r, "%s: dynamic map \"%s\" does not exist", where, e->dynamic_map);
	if (e->acl[0] && !model_acl(m, e->acl))
		say(r, "%s: access list %s does not exist", where, e->acl);
	else if (e->acl[0])
		check_wildcards(r, where, model_acl(m, e->acl));
	for (uint8_t i = 0; i < e->transform_set_count; i++)
		if (!model_transform_set(m, e->transform_sets[i]))
			say(r, "%s: transform set \"%s\" does not exist", where, e->transform_sets[i]);
	if (e->ikev2_profile[0] && !model_ikev2_profile(m, e->ikev2_profile))
		say(r, "%s: IKEv2 profile \"%s\" does not exist", where, e->ikev2_profile);
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
		if (map->local_address[0] && !model_interface(r->model, map->local_address))
			say(r, "%s %s local-address: interface %s does not exist", command, map->name,
				map->local_address);
	}
}

static bool has_group(const struct interface_cfg *i, const char *name)
{
	char in_force[NAME_MAX_LEN + INTERFACE_NAME_MAX];
	const struct standby_group *g;

	vec_each (&i->standby, n, g)
		if ((g->ip_typed || !standby_has_ipv6(g)) &&
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

static void check_interface(struct report *r, const struct interface_cfg *i)
{
	const struct standby_group *g;
	char text[IP_TEXT_MAX];

	if (i->crypto_map[0] && !model_crypto_map(r->model, i->crypto_map))
		say(r, "interface %s: crypto map \"%s\" does not exist", i->name, i->crypto_map);
	if (i->crypto_map[0] && i->crypto_redundancy && !has_group(i, i->crypto_redundancy_group))
		say(r, "interface %s: crypto map %s redundancy: no such standby group on this interface: %s",
			i->name, i->crypto_map,
			i->crypto_redundancy_group[0] ? i->crypto_redundancy_group : "it has none");
	vec_each (&i->standby, n, g)
		if (g->key_chain[0] && !model_key_chain(r->model, g->key_chain))
			say(r, "interface %s: standby %u: key chain \"%s\" does not exist", i->name,
				(unsigned)g->number, g->key_chain);
	vec_each (&i->standby, n, g)
		if (ip_is_set(&g->ip) && !in_subnet(i, &g->ip))
			say(r, "interface %s: standby %u ip %s is not within a subnet on this interface",
				i->name, (unsigned)g->number, ip_format(&g->ip, text));
}

unsigned cli_dangling(const struct model *m, const char *file, struct text *out)
{
	struct report r = {m, file, out, 0};
	const struct interface_cfg *i;

	check_maps(&r, &m->crypto_maps, "crypto map");
	check_maps(&r, &m->dynamic_maps, "crypto dynamic-map");
	vec_each (&m->interfaces, n, i)
		check_interface(&r, i);
	return r.count;
}
