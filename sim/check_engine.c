/*
 * The invariants of the engine.
 *
 *   always     Only routes with our tag are touched (R12). A route for what an access list protects stands behind a filter
 *              that protects it (D6), and the filter stays from the moment it first stood. An injected route has the virtual
 *              address as its source: the kernel takes it away together with the address. A router that is not active
 *              starts no IKE (D7) and sends no DELETE (design rule 3), and one whose role is not told yet gives nothing up
 *              while it has the address. The SA of an IKEv2 peer that is silent is ended at the
 *              bound (R3). A route is not withdrawn while a living SA that the engine
 *              knows of holds it.
 *   at the end On the active router: all permanent routes, an SA and a route for every living peer; what waits for packets
 *              instead comes up when some come. On the others: no injected route, no SA. Everything compared once more
 *              changes nothing. After a stop nothing of ours is left.
 */
#include "sim/box.h"

#include <stdio.h>
#include <string.h>

enum {
	ADOPTION_MS = 10000,
	QUIET_MS = 8000,
	STOP_MS = 20000,
	FIRST_LINE_HOST = 0x0a090001,
	SECOND_LINE_HOST = 0x0a0a0001,
};

/* The SA of a dynamic peer that holds a route for this prefix, and that the engine was told of. */
static const struct box_sa *holder(const struct box *b, const struct prefix *p)
{
	for (unsigned i = 0; i < BOX_SAS; i++)
		if (b->sas[i].used && b->sas[i].told && b->sas[i].peer > 0 && prefix_equal(&b->sas[i].net, p))
			return &b->sas[i];
	return NULL;
}

/* By what the engine has read: it may lag behind. */
static bool serves_as_told(const struct box *b)
{
	return b->role == HSRP_ROLE_ACTIVE && b->told_carrier && b->told_vip && b->hsrp_linked && b->charon &&
		b->filter_once && !b->stopping;
}

static bool protects(const struct box *b, const struct prefix *p)
{
	for (unsigned i = 0; i < b->rule_count; i++)
		if (prefix_covers(&b->rules[i], p))
			return true;
	return false;
}

static bool is_static_net(const struct prefix *p)
{
	return p->addr.bytes[0] == 10; /* of the access list; dynamic peers have 172.16/12 */
}

/* What a predecessor left, and the operator took away since: it goes when the successor knows all it has to. */
static bool is_left_over(const struct sim_world *w, const struct box *b, const struct prefix *p)
{
	bool taken = box_edited_lately(w, b, EDIT_STATIC) || box_edited_lately(w, b, EDIT_MAP) ||
		(p->addr.bytes[1] == 10 && box_edited_lately(w, b, EDIT_LINE));

	return taken && mono_diff_ms(w->now, b->guarding) < ADOPTION_MS;
}

/* The operator has taken the routes of dynamic peers away. */
static bool without_routes(const struct sim_world *w, const struct box *b)
{
	return box_edited_lately(w, b, EDIT_DYNAMIC_RRI) || box_edited_lately(w, b, EDIT_DYNAMIC) ||
		box_edited_lately(w, b, EDIT_MAP);
}

/* … or whole connections. */
static bool without_conns(const struct sim_world *w, const struct box *b)
{
	return box_edited_lately(w, b, EDIT_STATIC) || box_edited_lately(w, b, EDIT_DYNAMIC) ||
		box_edited_lately(w, b, EDIT_MAP);
}

/* Before it is carried out. */
void check_effect(struct sim_world *w, unsigned router, const struct effect *f)
{
	struct box *b = w->router[router].box;
	char text[PREFIX_TEXT_MAX];

	switch (f->kind) {
	case EF_ROUTE_ADD:
		b->changes++;
		if (!route_is_ours(&f->route))
			check_fail(w, "router %c adds a route without our tag", 'A' + router);
		if (f->route.protocol == ROUTE_PROTO_RRI && is_static_net(&f->route.prefix) &&
			!protects(b, &f->route.prefix))
			check_fail(w, "router %c injects %s before its filter stands", 'A' + router,
				prefix_format(&f->route.prefix, text));
		break;
	case EF_ROUTE_DEL:
		b->changes++;
		if (!route_is_ours(&f->route))
			check_fail(w, "router %c deletes a route of others", 'A' + router);
		if (f->route.protocol == ROUTE_PROTO_RRI && serves_as_told(b) &&
			holder(b, &f->route.prefix) && !without_routes(w, b) &&
			!world_kind_on(w, FAULT_CHARON_CRASH))
			check_fail(w, "router %c withdraws %s, which SA %u holds", 'A' + router,
				prefix_format(&f->route.prefix, text), holder(b, &f->route.prefix)->child);
		break;
	case EF_INITIATE:
		if (b->role != HSRP_ROLE_ACTIVE)
			check_fail(w, "router %c starts IKE and is not active", 'A' + router);
		break;
	case EF_TERMINATE:
		/* What is taken away right after a restart, before the role is known: the kernel knows it. */
		if (b->role == HSRP_ROLE_NONE && w->router[router].port[0].vmac.address &&
			(f->sa.child_id || without_conns(w, b)))
			break;
		if (f->sa.conn && b->role == HSRP_ROLE_NONE && w->router[router].port[0].vmac.address &&
			!b->stopping)
			check_fail(w, "router %c ends its SAs before it knows its role, and has the address",
				'A' + router);
		if (!f->sa.force && b->role != HSRP_ROLE_ACTIVE && !b->stopping)
			check_fail(w, "router %c sends DELETE and is not active", 'A' + router);
		break;
	case EF_FILTER:
	case EF_FILTER_GONE:
	case EF_CONN_LOAD:
	case EF_CONN_UNLOAD:
	case EF_SECRET_LOAD:
	case EF_SECRET_UNLOAD: b->changes++; break;
	default: break;
	}
}

void check_box(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;
	struct ipaddr vip = box_vip(0);
	struct prefix first;
	char text[PREFIX_TEXT_MAX];

	(void)prefix_parse("10.9.0.0/16", &first);
	if (!b->stopping && b->filter_once && (!b->filter || !protects(b, &first)))
		check_fail(w, "router %c: what the access list protects could pass in clear", 'A' + router);
	if (b->core && !b->stopping && !box_edited(b, EDIT_MAP) && core_guarded(b->core) && !b->filter)
		check_fail(w, "router %c would forward without a filter", 'A' + router);
	for (unsigned i = 0; i < b->route_count; i++) {
		const struct route *r = &b->routes[i];

		if (r->protocol != ROUTE_PROTO_RRI)
			continue;
		if (!ip_equal(&r->source, &vip))
			check_fail(w, "router %c has %s by another address than the virtual one",
				'A' + router, prefix_format(&r->prefix, text));
		if (is_static_net(&r->prefix) && !protects(b, &r->prefix) && !is_left_over(w, b, &r->prefix))
			check_fail(w, "router %c has %s injected, and no filter for it", 'A' + router,
				prefix_format(&r->prefix, text));
	}
}

/* --- At rest ------------------------------------------------------------------------------------------------------------- */

static unsigned count_routes(const struct box *b, uint8_t protocol)
{
	unsigned n = 0;

	for (unsigned i = 0; i < b->route_count; i++)
		n += b->routes[i].protocol == protocol;
	return n;
}

static void check_foreign(struct sim_world *w, unsigned router)
{
	const struct box *b = w->router[router].box;
	unsigned foreign = 0;

	for (unsigned i = 0; i < b->route_count; i++)
		foreign += !route_is_ours(&b->routes[i]);
	if (foreign != 2)
		check_fail(w, "router %c has %u of two routes of others", 'A' + router, foreign);
}

/* The line of the static entry that this destination belongs to has an SA, or waits for a packet. */
static bool line_serves(const struct box *b, uint32_t to)
{
	struct ipaddr address = ip_v4(to);

	for (unsigned i = 0; i < BOX_SAS; i++)
		if (b->sas[i].used && b->sas[i].peer == 0 && prefix_contains(&b->sas[i].net, &address))
			return true;
	return netns_waits(b, &address);
}

static void check_active(struct sim_world *w, unsigned router)
{
	const struct box *b = w->router[router].box;
	unsigned wanted = 2;
	struct prefix second;

	(void)prefix_parse("10.10.0.0/16", &second);
	if (!netns_route(b, &w->peers->peer[0].net, ROUTE_PROTO_RRI) ||
		!netns_route(b, &second, ROUTE_PROTO_RRI))
		check_fail(w, "router %c is active and lacks a route of its access list", 'A' + router);
	for (unsigned i = 0; i < PEERS; i++) {
		const struct sim_peer *p = &w->peers->peer[i];

		bool serves = p->dynamic
			? p->router == (int)router && charon_sa_of(b, i)
			: line_serves(b, FIRST_LINE_HOST) && line_serves(b, SECOND_LINE_HOST);
		if (!serves)
			check_fail(w, "router %c is active and has no SA with peer %u", 'A' + router, i);
		if (p->dynamic && !netns_route(b, &p->net, ROUTE_PROTO_RRI))
			check_fail(w, "router %c is active, has an SA with peer %u and no route",
				'A' + router, i);
		wanted += p->dynamic;
	}
	if (count_routes(b, ROUTE_PROTO_RRI) != wanted)
		check_fail(w, "router %c has %u injected routes instead of %u", 'A' + router,
			count_routes(b, ROUTE_PROTO_RRI), wanted);
}

static void check_other(struct sim_world *w, unsigned router)
{
	const struct box *b = w->router[router].box;

	if (count_routes(b, ROUTE_PROTO_RRI) || count_routes(b, ROUTE_PROTO_HELPER))
		check_fail(w, "router %c is not active and has %u injected routes, %u for peers",
			'A' + router, count_routes(b, ROUTE_PROTO_RRI), count_routes(b, ROUTE_PROTO_HELPER));
	for (unsigned i = 0; i < PEERS; i++)
		if (charon_sa_of(b, i))
			check_fail(
				w, "router %c is not active and keeps an SA with peer %u", 'A' + router, i);
}

static void run_for(struct sim_world *w, int64_t ms)
{
	mono_t end = mono_add_ms(w->now, ms);

	while (!w->result->failed && world_advance(w, end))
		;
	w->now = end;
}

/* What waits comes up when packets ask for it. */
static void check_packets(struct sim_world *w, unsigned router)
{
	for (unsigned second = 0; second < QUIET_MS / 1000; second++) { /* hosts ask again, too */
		for (unsigned what = 0; what < NETNS_PACKETS; what++)
			netns_packet(w, router, what);
		run_for(w, 1000);
	}
	for (unsigned what = 0; what < NETNS_PACKETS; what++)
		if (!netns_packet(w, router, what))
			check_fail(
				w, "router %c is active, and packet %u brings no SA up", 'A' + router, what);
}

/* Everything is told once more: what is desired is there, so nothing may change. */
static void check_idempotent(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;

	b->changes = 0;
	engine_tell(w, router, CHANNEL_KERNEL, &(struct event){.kind = EV_FORCE_RELOAD});
	netns_snapshot(w, router);
	charon_connect(w, router);
	b->model->changes_lost = true;
	engine_event(w, router, &(struct event){.kind = EV_CONFIG, .model = b->model});
	run_for(w, QUIET_MS);
	if (b->changes)
		check_fail(w, "router %c compares everything again and changes %u things", 'A' + router,
			b->changes);
}

static void check_stop(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;

	b->stopping = true;
	world_trace(w, router, "engine stops");
	engine_event(w, router, &(struct event){.kind = EV_STOP});
	run_for(w, STOP_MS);
	if (!b->stopped)
		check_fail(w, "the engine of router %c does not stop", 'A' + router);
	if (count_routes(b, ROUTE_PROTO_RRI) || count_routes(b, ROUTE_PROTO_HELPER) || b->filter)
		check_fail(w, "the engine of router %c leaves something behind", 'A' + router);
	check_foreign(w, router);
}

void check_boxes_end(struct sim_world *w)
{
	for (unsigned i = 0; i < w->plan->routers && !w->result->failed; i++) {
		struct box *b = w->router[i].box;

		if (!b)
			continue;
		if (!b->core || !b->filter) {
			check_fail(w, "router %c has no engine or no filter", 'A' + i);
			return;
		}
		check_foreign(w, i);
		if (w->router[i].port[0].state == PEEK_ACTIVE)
			check_active(w, i);
		else
			check_other(w, i);
	}
	for (unsigned i = 0; i < w->plan->routers && !w->result->failed; i++)
		if (w->router[i].box)
			check_idempotent(w, i);
	for (unsigned i = 0; i < w->plan->routers && !w->result->failed; i++)
		if (w->router[i].box && w->router[i].port[0].state == PEEK_ACTIVE)
			check_packets(w, i);
	for (unsigned i = 0; i < w->plan->routers && !w->result->failed; i++)
		if (w->router[i].box)
			check_stop(w, i);
}
