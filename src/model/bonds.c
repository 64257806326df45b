/* Standby groups that depend on others: found by their names, on whatever interface. See model.h. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/model.h"

struct standby_group *model_standby_named(
	const struct model *m, const char *name, const struct interface_cfg **interface)
{
	char in_force[NAME_MAX_LEN + INTERFACE_NAME_MAX];
	const struct interface_cfg *i;
	struct standby_group *g;

	vec_each (&m->interfaces, n, i) {
		vec_each (&i->standby, k, g) {
			if (strcmp(standby_group_name(i, g, in_force), name) != 0)
				continue;
			*interface = i;
			return g;
		}
	}
	return NULL;
}

struct redundancy_pair *model_pair_of(const struct model *m, const char *name)
{
	struct redundancy_pair *p;

	vec_each (&m->pairs, i, p)
		if (!strcmp(p->first, name) || !strcmp(p->second, name))
			return p;
	return NULL;
}

const char *model_pair_partner(const struct model *m, const char *name)
{
	const struct redundancy_pair *p = model_pair_of(m, name);

	return !p ? NULL : strcmp(p->first, name) == 0 ? p->second : p->first;
}

struct redundancy_pair *model_pair_get(struct model *m, const char *first, const char *second)
{
	struct redundancy_pair *p = model_pair_of(m, first);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p || !vec_push(&m->pairs, p)) {
		free(p);
		return NULL;
	}
	str_copy(p->first, sizeof(p->first), first);
	str_copy(p->second, sizeof(p->second), second);
	return p;
}

void model_pair_delete(struct model *m, const struct redundancy_pair *pair)
{
	for (size_t i = 0; i < m->pairs.count; i++) {
		if (m->pairs.items[i] == pair) {
			free(vec_remove_at(&m->pairs, i));
			return;
		}
	}
}

const struct standby_group *model_bound_group(const struct interface_cfg *i)
{
	char name[NAME_MAX_LEN + INTERFACE_NAME_MAX];
	const struct standby_group *g;

	if (!i->crypto_map[0] || !i->crypto_redundancy)
		return NULL;
	vec_each (&i->standby, n, g)
		if (standby_speaks(g, IP_V4) &&
			(!i->crypto_redundancy_group[0] ||
				strcmp(standby_group_name(i, g, name), i->crypto_redundancy_group) == 0))
			return g;
	return NULL;
}
