/*
 * The kernel as the engine works with it: links, addresses, routes and their notifications, the filter table. Routes go
 * without a word when their device or their preferred source goes; then the adapter asks for a snapshot.
 */
#include "sim/box.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* --- Notifications --------------------------------------------------------------------------------------------------- */

static void notify(struct sim_world *w, unsigned router, const struct event *e)
{
	struct box *b = w->router[router].box;

	if (world_fault(w, FAULT_OVERRUN, (int)router, -1))
		b->overrun_missed = true;
	else
		engine_tell(w, router, CHANNEL_KERNEL, e);
}

static void link_event(struct sim_world *w, unsigned router, int ifindex, bool gone, bool certain)
{
	const struct sim_router *r = &w->router[router];
	struct event e = {.kind = gone ? EV_LINK_GONE : EV_LINK};
	struct link *l = &e.link;

	l->ifindex = ifindex;
	l->up = l->running = !gone;
	l->mtu = 1500;
	if (ifindex == TUN_IFINDEX) {
		str_copy(l->name, sizeof(l->name), "ipsec0");
		l->ike_tun = true;
	} else if (ifindex >= VMAC_IFINDEX) {
		unsigned segment = (unsigned)(ifindex - VMAC_IFINDEX);

		hsrp_macvlan_name((int)(OUTSIDE_IFINDEX + segment), segment + 1, IP_V4, l->name);
		l->up = l->running = r->port[segment].vmac.up && !gone;
	} else {
		unsigned segment = (unsigned)(ifindex - OUTSIDE_IFINDEX);

		snprintf(l->name, sizeof(l->name), "eth%u", segment);
		l->running = r->port[segment].carrier;
	}
	if (certain)
		engine_tell(w, router, CHANNEL_KERNEL, &e);
	else
		notify(w, router, &e);
}

static struct event address_of(
	const struct sim_world *w, unsigned router, unsigned segment, bool virtual, bool gone)
{
	struct event e = {.kind = gone ? EV_ADDRESS_GONE : EV_ADDRESS};

	e.address.ifindex = (int)((virtual ? VMAC_IFINDEX : OUTSIDE_IFINDEX) + segment);
	e.address.prefix.addr = virtual ? box_vip(segment) : w->router[router].port[segment].address;
	e.address.prefix.len = virtual ? 32 : 24;
	e.address.ours = virtual;
	return e;
}

static void underlay_changed(struct sim_world *w, unsigned router)
{
	struct event e = {.kind = EV_UNDERLAY};

	(void)prefix_parse("0.0.0.0/0", &e.underlay);
	notify(w, router, &e);
}

void netns_snapshot(struct sim_world *w, unsigned router)
{
	const struct sim_router *r = &w->router[router];
	const struct box *b = r->box;

	engine_tell(w, router, CHANNEL_KERNEL, &(struct event){.kind = EV_SNAPSHOT_BEGIN});
	for (unsigned s = 0; s < w->plan->segments; s++) {
		struct event e = address_of(w, router, s, false, false);

		link_event(w, router, (int)(OUTSIDE_IFINDEX + s), false, true);
		engine_tell(w, router, CHANNEL_KERNEL, &e);
		if (!r->port[s].vmac.macvlan)
			continue;
		link_event(w, router, (int)(VMAC_IFINDEX + s), false, true);
		e = address_of(w, router, s, true, false);
		if (r->port[s].vmac.address)
			engine_tell(w, router, CHANNEL_KERNEL, &e);
	}
	if (b->tun)
		link_event(w, router, TUN_IFINDEX, false, true);
	for (unsigned i = 0; i < b->route_count; i++)
		engine_tell(
			w, router, CHANNEL_KERNEL, &(struct event){.kind = EV_ROUTE, .route = b->routes[i]});
	engine_tell(w, router, CHANNEL_KERNEL, &(struct event){.kind = EV_SNAPSHOT_END});
}

/* What the adapter cannot know it asks for, unless it would not have heard of the cause. */
static void snapshot_if_noticed(struct sim_world *w, unsigned router)
{
	if (!world_fault(w, FAULT_OVERRUN, (int)router, -1))
		netns_snapshot(w, router);
}

void netns_overrun_over(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;

	if (!b->overrun_missed)
		return;
	b->overrun_missed = false;
	engine_tell(w, router, CHANNEL_KERNEL, &(struct event){.kind = EV_FORCE_RELOAD});
	underlay_changed(w, router);
	netns_snapshot(w, router);
}

/* --- Routes -------------------------------------------------------------------------------------------------------------- */

static struct route *find(struct box *b, const struct route *like)
{
	for (unsigned i = 0; i < b->route_count; i++) {
		struct route *r = &b->routes[i];

		if (r->table == like->table && prefix_equal(&r->prefix, &like->prefix) &&
			r->metric == like->metric && r->protocol == like->protocol)
			return r;
	}
	return NULL;
}

const struct route *netns_route(const struct box *b, const struct prefix *p, uint8_t protocol)
{
	for (unsigned i = 0; i < b->route_count; i++)
		if (b->routes[i].protocol == protocol && prefix_equal(&b->routes[i].prefix, p))
			return &b->routes[i];
	return NULL;
}

static bool silently_gone(
	const struct box *b, const struct sim_router *r, unsigned segments, const struct route *route)
{
	if (route->ifindex == TUN_IFINDEX && !b->tun)
		return true;
	for (unsigned s = 0; s < segments; s++) {
		struct ipaddr vip = box_vip(s);

		if (ip_equal(&route->source, &vip) && !r->port[s].vmac.address)
			return true;
	}
	return false;
}

/* True when some went. */
static bool drop_dead_routes(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;
	unsigned kept = 0;

	for (unsigned i = 0; i < b->route_count; i++)
		if (!silently_gone(b, &w->router[router], w->plan->segments, &b->routes[i]))
			b->routes[kept++] = b->routes[i];
	bool some = kept != b->route_count;
	b->route_count = kept;
	return some;
}

static int route_add(struct sim_world *w, unsigned router, const struct route *r)
{
	struct box *b = w->router[router].box;
	const struct sim_fault *refuses = world_fault(w, FAULT_ROUTE_FAIL, (int)router, -1);
	struct route *old = find(b, r);

	if (refuses && random_percent(&w->random, refuses->percent))
		return -ENETUNREACH;
	if (r->ifindex != OUTSIDE_IFINDEX && !(r->ifindex == TUN_IFINDEX && b->tun))
		return -ENODEV;
	if (silently_gone(b, &w->router[router], w->plan->segments, r))
		return -EINVAL; /* not an address of this box */
	if (!old && b->route_count == BOX_ROUTES)
		check_fail(w, "router %c has %u routes", 'A' + router, BOX_ROUTES);
	else if (old)
		*old = *r;
	else
		b->routes[b->route_count++] = *r;
	notify(w, router, &(struct event){.kind = EV_ROUTE, .route = *r});
	return 0;
}

static int route_delete(struct sim_world *w, unsigned router, const struct route *r)
{
	struct box *b = w->router[router].box;
	struct route *old = find(b, r), gone;

	if (!old)
		return -ESRCH;
	gone = *old;
	*old = b->routes[--b->route_count];
	notify(w, router, &(struct event){.kind = EV_ROUTE_GONE, .route = gone});
	return 0;
}

static void resolve(struct sim_world *w, unsigned router, const struct ipaddr *target)
{
	struct event e = {.kind = EV_RESOLVED};
	struct prefix on_link;

	(void)prefix_parse("10.0.0.0/24", &on_link);
	e.resolved.target = *target;
	e.resolved.ifindex = OUTSIDE_IFINDEX;
	if (!prefix_contains(&on_link, target))
		e.resolved.gateway = ip_v4(0x0a0000fa);
	engine_tell(w, router, CHANNEL_KERNEL, &e);
}

static void reach(struct sim_world *w, unsigned router, const struct prefix *p)
{
	const struct box *b = w->router[router].box;
	struct event e = {.kind = EV_REACHED, .reached = {.prefix = *p}};

	for (unsigned i = 0; i < b->route_count; i++)
		if (prefix_equal(&b->routes[i].prefix, p)) {
			e.reached.ifindex = b->routes[i].ifindex;
			e.reached.protocol = b->routes[i].protocol;
		}
	engine_tell(w, router, CHANNEL_KERNEL, &e);
}

void netns_effect(struct sim_world *w, unsigned router, struct effect *f)
{
	bool late = world_fault(w, FAULT_KERNEL_LATE, (int)router, -1);
	struct sim_event *e =
		queue_add(&w->queue, SIM_NETLINK, channel_at(w, router, CHANNEL_TO_KERNEL, late));

	e->router = (uint8_t)router;
	e->incarnation = w->router[router].box->incarnation;
	e->owned = malloc(sizeof(*f));
	assert(e->owned);
	memcpy(e->owned, f, sizeof(*f));
}

void netns_carry_out(struct sim_world *w, struct sim_event *e)
{
	struct box *b = w->router[e->router].box;
	const struct effect *f = e->owned;
	char text[PREFIX_TEXT_MAX];
	int error = 0;

	if (e->incarnation == b->incarnation) {
		switch (f->kind) {
		case EF_ROUTE_ADD: error = route_add(w, e->router, &f->route); break;
		case EF_ROUTE_DEL: error = route_delete(w, e->router, &f->route); break;
		case EF_RESOLVE: resolve(w, e->router, &f->target); break;
		case EF_REACH: reach(w, e->router, &f->prefix); break;
		default: break; /* its own addresses are there, and up */
		}
		if (w->trace && (f->kind == EF_ROUTE_ADD || f->kind == EF_ROUTE_DEL))
			world_trace(w, e->router, "route%c %s proto %u%s",
				f->kind == EF_ROUTE_ADD ? '+' : '-', prefix_format(&f->route.prefix, text),
				f->route.protocol, error ? ": refused" : "");
		if (f->cookie)
			engine_tell(w, e->router, CHANNEL_KERNEL,
				&(struct event){.kind = EV_RESULT, .result = {f->cookie, error}});
	}
	engine_drop(e);
}

/* --- Filter ----------------------------------------------------------------------------------------------------------------- */

int netns_filter(struct sim_world *w, unsigned router, const struct effect *f)
{
	struct box *b = w->router[router].box;

	if (world_fault(w, FAULT_FILTER_FAIL, (int)router, -1))
		return -EPERM; /* atomic: what stood still stands */
	if (f->kind == EF_FILTER_GONE) {
		b->filter = false;
		b->rule_count = b->waiting_count = 0;
		world_trace(w, router, "filter gone");
		return 0;
	}
	if (!b->guards)
		b->guarding = w->now;
	b->guards = b->filter = true;
	b->filter_once |= !box_edited(b, EDIT_STATIC) && !box_edited(b, EDIT_MAP);
	b->rule_count = 0;
	for (uint32_t i = 0; i < f->filter->rule_count && b->rule_count < BOX_RULES; i++)
		if (f->filter->rules[i].permit)
			b->rules[b->rule_count++] = f->filter->rules[i].remote;
	b->waiting_count = 0;
	for (uint32_t i = 0; i < f->filter->waiting_count && b->waiting_count < BOX_RULES; i++)
		if (f->filter->waiting[i].permit)
			b->waiting[b->waiting_count++] = f->filter->waiting[i].remote;
	world_trace(w, router, "filter with %u rules, %u wait", b->rule_count, b->waiting_count);
	return 0;
}

bool netns_waits(const struct box *b, const struct ipaddr *to)
{
	for (unsigned i = 0; i < b->waiting_count; i++)
		if (prefix_contains(&b->waiting[i], to))
			return true;
	return false;
}

/* From one of two hosts here to one of four there. It passes an SA, or asks for one, or is dropped. */
bool netns_packet(struct sim_world *w, unsigned router, unsigned what)
{
	struct box *b = w->router[router].box;
	struct event e = {.kind = EV_DEMAND};

	e.demand.ifindex = w->plan->libipsec && b->tun ? TUN_IFINDEX : OUTSIDE_IFINDEX;
	e.demand.source = ip_v4(0xc0a80101 + what % 2);
	e.demand.destination = ip_v4(0x0a090001 + (what / 2 % 2 << 16) + what / 4 % 2);
	e.demand.protocol = 17;
	struct box_sa *s = charon_sa_for(b, &e.demand.source, &e.demand.destination);
	if (s)
		s->passed = w->now;
	else if (netns_waits(b, &e.demand.destination))
		engine_tell(w, router, CHANNEL_KERNEL, &e);
	return s != NULL;
}

/* --- Changes from elsewhere ---------------------------------------------------------------------------------------------------- */

void netns_link(struct sim_world *w, unsigned router, unsigned segment)
{
	link_event(w, router, (int)(OUTSIDE_IFINDEX + segment), false, false);
	underlay_changed(w, router);
}

void netns_tun(struct sim_world *w, unsigned router, bool up)
{
	struct box *b = w->router[router].box;

	if (b->tun == up)
		return;
	b->tun = up;
	drop_dead_routes(w, router);
	link_event(w, router, TUN_IFINDEX, !up, false);
	if (!up)
		snapshot_if_noticed(w, router);
}

/* The hsrp process, or the end of a lifetime, changed what is on the virtual MAC interface. */
void netns_vmac_changed(struct sim_world *w, unsigned router, unsigned segment)
{
	struct box *b = w->router[router].box;
	const struct sim_vmac *v = &w->router[router].port[segment].vmac;

	if (!b)
		return;
	struct event there = address_of(w, router, segment, true, false);
	struct event gone = address_of(w, router, segment, true, true);
	struct sim_vmac *told = &b->vmac[segment];
	bool was_up = told->macvlan && told->up, is_up = v->macvlan && v->up;
	if (told->address && !v->address) {
		drop_dead_routes(w, router);
		notify(w, router, &gone);
		snapshot_if_noticed(w, router);
	}
	if (told->macvlan != v->macvlan || was_up != is_up || (v->macvlan && told->address != v->address))
		link_event(w, router, (int)(VMAC_IFINDEX + segment), !v->macvlan, false);
	if (!told->address && v->address)
		notify(w, router, &there);
	*told = *v;
}

/* After the power came on: the routes of others. */
void netns_begin(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;
	static const char *const prefixes[] = {"0.0.0.0/0", "10.77.0.0/16"};

	b->route_count = b->rule_count = b->waiting_count = 0;
	b->filter = b->filter_once = b->tun = b->overrun_missed = false;
	for (unsigned i = 0; i < 2; i++) {
		struct route *r = &b->routes[b->route_count++];

		*r = (struct route){
			.table = ROUTE_TABLE_MAIN, .ifindex = OUTSIDE_IFINDEX, .protocol = 3 + (uint8_t)i};
		(void)prefix_parse(prefixes[i], &r->prefix);
		r->gateway = ip_v4(0x0a0000fa);
	}
	memset(b->vmac, 0, sizeof(b->vmac));
}
