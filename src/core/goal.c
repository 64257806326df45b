/*
 * What a binding should be doing: its endpoint, and how far it may go. Computed from scratch whenever anything it depends on
 * may have changed: the state of the binding, the role of its group, addresses, links.
 */
#include "core/parts.h"

#include <stdlib.h>
#include <string.h>

/* --- The groups of its interface ----------------------------------------------------------------------------------- */

struct groups binding_groups(struct core *c, const struct binding *b)
{
	const struct interface_cfg *cfg = model_interface(c->model, b->interface);
	struct groups g = {0};
	const struct standby_group *s;

	if (!cfg || !cfg->standby.count)
		return g;
	g.list = core_alloc(c, cfg->standby.count * sizeof(*g.list));
	if (!g.list)
		return g;
	vec_each (&cfg->standby, i, s) {
		if (!s->ip_typed && standby_has_ipv6(s))
			continue; /* crypto maps are IPv4's */
		struct binding_group *out = &g.list[g.count++];
		const struct group_rec *r = b->iface ? standby_find(c, b->iface->ifindex, s->number) : NULL;
		struct standby_group unnamed = *s;
		char name[NAME_MAX_LEN + INTERFACE_NAME_MAX];

		unnamed.name[0] = '\0';
		out->number = s->number;
		str_copy(out->name, sizeof(out->name), s->name);
		str_copy(out->default_name, sizeof(out->default_name),
			standby_group_name(cfg, &unnamed, name));
		out->ip_typed = s->ip_typed;
		out->vip = ip_is_set(&s->ip) || !r ? s->ip : r->vip;
	}
	return g;
}

bool binding_uses_group(const struct binding *b)
{
	return b->fsm.state == BINDING_BOUND || b->fsm.state == BINDING_STALE;
}

const struct group_rec *binding_group(const struct core *c, const struct binding *b)
{
	return binding_uses_group(b) ? standby_find(c, b->ifindex, b->fsm.group) : NULL;
}

bool binding_settling(const struct core *c, const struct binding *b)
{
	const struct group_rec *g = binding_group(c, b);

	if (!c->adopting || !b->fsm.redundancy || b->fsm.state == BINDING_FALLEN_BACK || b->removing)
		return false;
	return !g || g->role == HSRP_ROLE_NONE;
}

void binding_groups_changed(struct core *c, struct binding *b)
{
	struct groups g = binding_groups(c, b);
	char warning[BINDING_TEXT_MAX];

	if (binding_update(&b->fsm, b->map, b->interface, g.list, g.count, warning)) {
		str_copy(b->reason, sizeof(b->reason), b->fsm.reason);
		b->since = c->now;
		if (warning[0])
			core_warn(c, warning);
	}
	free(g.list);
	binding_look(c, b);
}

/* --- Goal --------------------------------------------------------------------------------------------------------------- */

/* The address of the interface itself: the typed one once it is there; else the lowest that is not ours. */
static struct ipaddr own_address(const struct core *c, const char *interface)
{
	const struct interface_cfg *cfg = model_interface(c->model, interface);
	const struct iface *i = iface_find(c, interface);
	const struct link_rec *l = i ? link_find(c, i->ifindex) : NULL;
	struct ipaddr best = {0};
	struct list *link, *following;

	if (!cfg || !l || !l->l.up)
		return best;
	if (cfg->address_set)
		return link_has_address(l, &cfg->address) ? cfg->address : best;
	list_each(&l->addresses, link, following)
	{
		const struct address_rec *a = list_item(link, struct address_rec, in_link);

		if (a->ours || a->prefix.addr.family != IP_V4)
			continue;
		if (!ip_is_set(&best) || ip_compare(&a->prefix.addr, &best) < 0)
			best = a->prefix.addr;
	}
	return best;
}

/* Whether a packet could leave with this address as its source. */
bool endpoint_is_ours(const struct core *c, int ifindex, const struct ipaddr *endpoint)
{
	const struct group_rec *g;

	if (!ip_is_set(endpoint))
		return false;
	for (g = c->groups; g; g = g->hh.next)
		if ((!ifindex || g->key.ifindex == ifindex) && ip_equal(&g->vip, endpoint))
			return g->role == HSRP_ROLE_ACTIVE;
	for (const struct link_rec *l = c->links; l; l = l->hh.next)
		if (l->l.up && link_has_address(l, endpoint))
			return true;
	return false;
}

bool binding_is_mute(const struct core *c, const struct binding *b)
{
	return !endpoint_is_ours(c, b->ifindex, &b->endpoint) || (c->stopping && binding_uses_group(b));
}

static bool active_for(struct core *c, const struct binding *b)
{
	const struct group_rec *g = binding_group(c, b);
	struct groups list;
	bool in_force;

	if (!g || g->role != HSRP_ROLE_ACTIVE)
		return false;
	list = binding_groups(c, b);
	in_force = binding_vip_in_force(&b->fsm, list.list, list.count);
	free(list.list);
	return in_force;
}

void binding_goal(struct core *c, struct binding *b)
{
	const struct crypto_map *map = binding_model_map(c, b);
	const struct link_rec *l;

	b->goal = (struct ipaddr){0};
	b->target = LEVEL_NONE;
	l = b->iface ? link_find(c, b->iface->ifindex) : NULL;
	b->link_up = l && l->l.up && l->l.running;
	if (b->removing || c->stopping || !l)
		return;
	b->target = LEVEL_FILTER;
	switch (b->fsm.state) {
	case BINDING_PENDING: return;
	case BINDING_BOUND:
	case BINDING_STALE:
		b->goal = b->fsm.vip;
		b->target = active_for(c, b) ? LEVEL_IKE : LEVEL_CONNECTIONS;
		return;
	case BINDING_NONE:
	case BINDING_FALLEN_BACK:
		b->goal = own_address(c, map && map->local_address[0] ? map->local_address : b->interface);
		if (ip_is_set(&b->goal))
			b->target = LEVEL_IKE;
		return;
	}
}
