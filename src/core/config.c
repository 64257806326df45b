/* From the model's list of changes to the objects that have to look again. */
#include "core/parts.h"

#include <string.h>

static void hsrp_config(struct core *c, const char *interface)
{
	struct effect *e = effects_add(c->out, EF_HSRP_CONFIG);

	str_copy(e->interface, sizeof(e->interface), interface);
}

static void all_units(struct core *c)
{
	for (struct binding *b = c->bindings; b; b = b->hh.next)
		units_touch_all(c, b);
}

static void map_changed(struct core *c, const char *name, uint32_t sequence)
{
	for (struct binding *b = c->bindings; b; b = b->hh.next) {
		if (strcmp(b->map, name) != 0)
			continue;
		if (sequence)
			unit_touch(c, b, (uint16_t)sequence);
		else
			units_touch_all(c, b);
		binding_look(c, b); /* `local-address`; the first or last entry */
	}
}

static void dynamic_map_changed(struct core *c, const char *name)
{
	for (struct binding *b = c->bindings; b; b = b->hh.next) {
		const struct crypto_map *map = binding_model_map(c, b);
		const struct crypto_map_entry *e;

		if (!map)
			continue;
		vec_each (&map->entries, i, e) {
			if (e->kind == CRYPTO_MAP_ISAKMP_DYNAMIC && strcmp(e->dynamic_map, name) == 0)
				unit_touch(c, b, e->sequence);
		}
	}
}

static void interface_changed(struct core *c, const char *name)
{
	struct iface *i;

	iface_update(c, name);
	hsrp_config(c, name);
	i = iface_find(c, name);
	if (i)
		binding_sync(c, i);
	statics_touch_all(c);
	for (struct binding *b = c->bindings; b; b = b->hh.next) /* may be the `local-address` of any */
		binding_look(c, b);
}

static void groups_changed(struct core *c, const char *interface)
{
	struct iface *i = iface_find(c, interface);

	if (i && i->binding)
		binding_groups_changed(c, i->binding);
	hazards_look(c);
}

static void standby_changed(struct core *c, const char *name)
{
	hsrp_config(c, name);
	groups_changed(c, name);
}

static void group_changed(struct core *c, const char *interface, uint16_t number)
{
	struct effect *e = effects_add(c->out, EF_HSRP_GROUP);

	str_copy(e->group.interface, sizeof(e->group.interface), interface);
	e->group.number = number;
	groups_changed(c, interface);
}

static void all_hsrp(struct core *c)
{
	const struct interface_cfg *cfg;

	vec_each (&c->model->interfaces, k, cfg)
		hsrp_config(c, cfg->name);
}

static void everything_changed(struct core *c)
{
	const struct interface_cfg *cfg;
	struct iface *i, *next;

	HASH_ITER (hh, c->ifaces, i, next)
		if (!model_interface(c->model, i->name))
			interface_changed(c, i->name);
	vec_each (&c->model->interfaces, k, cfg)
		interface_changed(c, cfg->name);
	vec_each (&c->model->interfaces, k, cfg)
		standby_changed(c, cfg->name);
	c->secrets_dirty = true;
	statics_update(c);
	routes_touch_all(c);
	all_units(c);
	tracks_configure(c);
}

static void one_change(struct core *c, const struct model_change *ch)
{
	struct iface *i;

	switch (ch->kind) {
	case MODEL_SYSTEM: break;
	case MODEL_ISAKMP:
		orphans_configure(c);
		all_units(c);
		break;
	case MODEL_TRANSFORM_SET:
	case MODEL_SA_LIFETIME:
	case MODEL_RRI_MODE: all_units(c); break;
	case MODEL_IPV6_ROUTING: all_hsrp(c); break;
	case MODEL_KEY: c->secrets_dirty = true; break;
	case MODEL_ACL: units_of_acl(c, ch->name); break;
	case MODEL_CRYPTO_MAP: map_changed(c, ch->name, ch->number); break;
	case MODEL_DYNAMIC_MAP: dynamic_map_changed(c, ch->name); break;
	case MODEL_INTERFACE:
		interface_changed(c, ch->name);
		tracks_configure(c); /* its device may be another one */
		break;
	case MODEL_STANDBY: standby_changed(c, ch->name); break;
	case MODEL_STANDBY_GROUP: group_changed(c, ch->name, (uint16_t)ch->number); break;
	case MODEL_KEY_CHAIN:
		str_copy(effects_add(c->out, EF_HSRP_CHAIN)->chain, NAME_MAX_LEN, ch->name);
		break;
	case MODEL_CRYPTO_APPLY:
		i = iface_get(c, ch->name);
		if (i)
			binding_sync(c, i);
		break;
	case MODEL_STATIC_ROUTE: statics_update(c); break;
	case MODEL_ROUTE_TAG: routes_touch_all(c); break;
	case MODEL_TRACK: tracks_configure(c); break;
	case MODEL_PAIR:
		all_hsrp(c);
		hazards_look(c);
		break;
	}
}

void config_event(struct core *c, struct model *m)
{
	bool first = !c->model;
	size_t count = m->change_count;

	c->model = m;
	if (first || m->changes_lost) {
		everything_changed(c);
	} else {
		/* Groups before the maps that use them: a file is bound once, after its last line (D10). */
		for (size_t i = 0; i < count; i++)
			if (m->changes[i].kind != MODEL_CRYPTO_APPLY)
				one_change(c, &m->changes[i]);
		for (size_t i = 0; i < count; i++)
			if (m->changes[i].kind == MODEL_CRYPTO_APPLY)
				one_change(c, &m->changes[i]);
	}
	model_changes_clear(m);
}
