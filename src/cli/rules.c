#include "cli/rules.h"

#include <string.h>

static const struct crypto_map_entry *user_among(
	const struct vec *maps, const char *acl, const struct crypto_map **map)
{
	const struct crypto_map *m;
	const struct crypto_map_entry *e;

	vec_each (maps, i, m) {
		vec_each (&m->entries, k, e) {
			if (e->rri.enabled && strcmp(e->acl, acl) == 0) {
				*map = m;
				return e;
			}
		}
	}
	return NULL;
}

const struct crypto_map_entry *cli_rri_user(
	const struct model *m, const char *acl, const struct crypto_map **map, bool *dynamic)
{
	const struct crypto_map_entry *e = user_among(&m->crypto_maps, acl, map);

	*dynamic = e == NULL;
	return e ? e : user_among(&m->dynamic_maps, acl, map);
}

const struct acl_rule *cli_rri_obstacle(const struct acl *a)
{
	const struct acl_rule *r;

	if (!a || a->any_permits == 0)
		return NULL;
	vec_each (&a->rules, i, r)
		if (r->permit && acl_rule_uses_any(r))
			return r;
	return NULL;
}

bool cli_refuse_any(struct cli_call *c, const char *acl, uint32_t rule, const struct crypto_map *map,
	bool dynamic, const struct crypto_map_entry *e)
{
	return cli_refuse(c,
		"Access list %s rule %u uses \"any\": not accepted with reverse-route in crypto %s %s %u.",
		acl, (unsigned)rule, dynamic ? "dynamic-map" : "map", map->name, (unsigned)e->sequence);
}
