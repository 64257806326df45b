/*
 * What a binding should be doing: its endpoint, and how far it may go. Computed from scratch whenever anything it depends on
 * may have changed: the state of the binding, the role of its group, addresses, links.
 */
#include "core/parts.h"

#include <stdlib.h>
#include <string.h>

/* --- The groups of its interface ----------------------------------------------------------------------------------- */

static bool is_for_maps(const struct standby_group *s)
{
	return standby_speaks(s, IP_V4); /* crypto maps are IPv4's */
}

static const struct standby_group *lowest_group(const struct interface_cfg *cfg)
{
	const struct standby_group *s;

	vec_each (&cfg->standby, i, s)
		if (is_for_maps(s))
			return s;
	return NULL;
}

static const char *default_name(
	const struct interface_cfg *cfg, uint16_t number, char out[NAME_MAX_LEN + INTERFACE_NAME_MAX])
{
	const struct standby_group unnamed = {.number = number};

	return standby_group_name(cfg, &unnamed, out);
}

/* What follows the last dash of "hsrp-Fa0/0-12". */
static uint16_t number_in(const char *name)
{
	const char *p = strrchr(name, '-');
	unsigned n = 0;

	while (p && *++p >= '0' && *p <= '9' && n <= UINT16_MAX / 10)
		n = n * 10 + (unsigned)(*p - '0');
	return (uint16_t)n;
}

/* By the name typed, or by the default one, of which the number is the end. */
static const struct standby_group *named_group(const struct interface_cfg *cfg, const char *wanted)
{
	char name[NAME_MAX_LEN + INTERFACE_NAME_MAX];
	const struct standby_group *by_number = interface_standby(cfg, number_in(wanted));
	const struct standby_group *s;

	if (by_number &&
		(by_number->name[0] || strcmp(default_name(cfg, by_number->number, name), wanted) != 0))
		by_number = NULL;
	vec_each (&cfg->standby, i, s)
		if (s == by_number || (is_for_maps(s) && strcmp(s->name, wanted) == 0))
			return s;
	return NULL;
}

static void add_group(const struct core *c, const struct binding *b, const struct interface_cfg *cfg,
	const struct standby_group *s, struct groups *g)
{
	char name[NAME_MAX_LEN + INTERFACE_NAME_MAX];
	const struct group_rec *r;
	size_t at = 0;

	if (!s || !is_for_maps(s))
		return;
	while (at < g->count && g->list[at].number < s->number)
		at++;
	if (at < g->count && g->list[at].number == s->number)
		return;
	memmove(&g->list[at + 1], &g->list[at], (g->count++ - at) * sizeof(*g->list));
	r = b->iface ? standby_find(c, b->iface->ifindex, IP_V4, s->number) : NULL;
	g->list[at] = (struct binding_group){.number = s->number,
		.ip_typed = s->ip_typed,
		.vip = ip_is_set(&s->ip) || !r ? s->ip : r->vip};
	str_copy(g->list[at].name, NAME_MAX_LEN, s->name);
	str_copy(g->list[at].default_name, NAME_MAX_LEN, default_name(cfg, s->number, name));
}

/* Those that can matter, however many the interface has: the lowest, the one of the name wanted, the one it is bound to. */
struct groups binding_groups(const struct core *c, const struct binding *b, const char *wanted)
{
	const struct interface_cfg *cfg = model_interface(c->model, b->interface);
	struct groups g = {0};

	if (!cfg)
		return g;
	add_group(c, b, cfg, lowest_group(cfg), &g);
	add_group(c, b, cfg, interface_standby(cfg, b->fsm.group), &g);
	if (wanted[0])
		add_group(c, b, cfg, named_group(cfg, wanted), &g);
	return g;
}

bool binding_uses_group(const struct binding *b)
{
	return b->fsm.state == BINDING_BOUND || b->fsm.state == BINDING_STALE;
}

const struct group_rec *binding_group(const struct core *c, const struct binding *b)
{
	return binding_uses_group(b) ? standby_find(c, b->ifindex, IP_V4, b->fsm.group) : NULL;
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
	struct groups g = binding_groups(c, b, b->fsm.wanted);
	char warning[BINDING_TEXT_MAX];

	if (binding_update(&b->fsm, b->map, b->interface, g.list, g.count, warning)) {
		str_copy(b->reason, sizeof(b->reason), b->fsm.reason);
		b->since = c->now;
		if (warning[0])
			core_warn(c, warning);
	}
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
	const struct group_rec *g = binding_group(c, b);

	/* Its address may be one that the group does not name any more, and the kernel's word of its end be lost. */
	if (g && g->role != HSRP_ROLE_NONE && g->role != HSRP_ROLE_ACTIVE)
		return true;
	return !endpoint_is_ours(c, b->ifindex, &b->endpoint) || (c->stopping && binding_uses_group(b));
}

static bool active_for(const struct core *c, const struct binding *b)
{
	const struct group_rec *g = binding_group(c, b);
	struct groups list;

	if (!g || g->role != HSRP_ROLE_ACTIVE)
		return false;
	list = binding_groups(c, b, "");
	return binding_vip_in_force(&b->fsm, list.list, list.count);
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
