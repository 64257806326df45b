/*
 * Random lives: every kind of event and of configuration change in any order, answers late, faults in between. After each
 * effect what must never happen is checked; after the storm the core has to come to rest, to do nothing when everything is
 * compared again, and to leave nothing behind when it stops. The seed of a failing run is printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "world.h"

enum { SEEDS = 150, EVENTS = 250, SAS = 12 };

static const char map_name[] = "mymap";
static const char dyn[] = "hs/FastEthernet0/0/mymap/30/any";

struct sa {
	bool used;
	uint32_t id, ike;
	char conn[64], child[24], peer[24], remote[24];
};

struct chaos {
	uint32_t seed, state;
	struct sa sas[SAS];
	uint32_t next_id, incarnation;
	bool charon;
	enum hsrp_role role;
	bool redundancy_bound;	   /* as the core shows it at the moment */
	struct prefix guarded[64]; /* what the filter in force protects, remote side */
	size_t guarded_count;
	bool settled; /* no fault is injected any more */
	bool stopping;
	size_t after_stop;
};

static uint32_t dice(struct chaos *c, uint32_t sides)
{
	c->state ^= c->state << 13;
	c->state ^= c->state >> 17;
	c->state ^= c->state << 5;
	return c->state % sides;
}

static struct chaos *of(struct world *w)
{
	return w->user;
}

#define NEVER(w, condition, text)                                                                            \
	do {                                                                                                 \
		if (condition) {                                                                             \
			print_log(w);                                                                        \
			fail_msg("seed %u: %s", of(w)->seed, text);                                          \
		}                                                                                            \
	} while (0)

/* --- What must never be decided ------------------------------------------------------------------------------------------ */

static bool is_guarded(const struct chaos *c, const struct prefix *p)
{
	for (size_t i = 0; i < c->guarded_count; i++)
		if (prefix_covers(&c->guarded[i], p))
			return true;
	return false;
}

static bool is_static_destination(const struct prefix *p)
{
	return p->addr.bytes[0] == 10; /* the access lists' networks; dynamic peers have 172.16/12 */
}

static void decided(struct world *w, const struct effect *e)
{
	struct chaos *c = of(w);
	struct core_binding b = binding(w);
	bool standby = b.redundancy && (b.state == BINDING_BOUND || b.state == BINDING_STALE) &&
		c->role != HSRP_ROLE_ACTIVE;

	switch (e->kind) {
	case EF_ROUTE_ADD:
		NEVER(w, !route_is_ours(&e->route), "a route without our tag");
		NEVER(w, e->route.prefix.len == 0 && e->route.protocol == ROUTE_PROTO_RRI,
			"a default route injected");
		NEVER(w,
			e->route.protocol == ROUTE_PROTO_RRI && is_static_destination(&e->route.prefix) &&
				!is_guarded(c, &e->route.prefix),
			"a route before its filter (D6)");
		NEVER(w, e->route.protocol == ROUTE_PROTO_RRI && standby, "a route on the standby (R13)");
		break;
	case EF_ROUTE_DEL: NEVER(w, !route_is_ours(&e->route), "a route of others deleted (R12)"); break;
	case EF_INITIATE: NEVER(w, standby, "IKE initiated on the standby (D7)"); break;
	case EF_FILTER_GONE:
		NEVER(w, has_route(w, "10.0.0.0/16", ROUTE_PROTO_RRI) && !w->route_error && c->settled,
			"the filter goes before the routes");
		break;
	default: break;
	}
	NEVER(w, c->stopping && w->stopped && e->kind != EF_LOG, "something after the stop");
}

/* --- charon ------------------------------------------------------------------------------------------------------------------ */

static void end_sa(struct world *w, struct sa *s)
{
	s->used = false;
	child_gone(w, s->id);
	ike_gone(w, s->ike);
}

static void tell_sa(struct world *w, const struct sa *s)
{
	ike_up(w, s->ike, s->conn, s->peer);
	child_up(w, s->id, s->ike, s->conn, s->child, s->peer, s->remote);
}

static void begin_sa(
	struct world *w, const char *conn, const char *child, const char *peer, const char *remote)
{
	struct chaos *c = of(w);

	for (size_t i = 0; i < SAS; i++) {
		struct sa *s = &c->sas[i];

		if (s->used)
			continue;
		*s = (struct sa){.used = true, .id = ++c->next_id, .ike = c->next_id};
		str_copy(s->conn, sizeof(s->conn), conn);
		str_copy(s->child, sizeof(s->child), child);
		str_copy(s->peer, sizeof(s->peer), peer);
		str_copy(s->remote, sizeof(s->remote), remote);
		tell_sa(w, s);
		return;
	}
}

static void carried_out(struct world *w, const struct effect *e)
{
	struct chaos *c = of(w);
	char remote[24];

	if (e->kind == EF_FILTER && !w->filter_error) {
		c->guarded_count = 0;
		for (uint32_t i = 0; i < e->filter->rule_count && c->guarded_count < 64; i++)
			if (e->filter->rules[i].permit)
				c->guarded[c->guarded_count++] = e->filter->rules[i].remote;
	} else if (e->kind == EF_FILTER_GONE) {
		c->guarded_count = 0;
	} else if (e->kind == EF_INITIATE && c->charon && dice(c, 3)) {
		snprintf(remote, sizeof(remote), "10.%s.0.0/16",
			strcmp(e->sa.child, "l10") ? e->sa.child + 1 : "0");
		begin_sa(w, e->sa.conn, e->sa.child, strrchr(e->sa.conn, '/') + 1, remote);
	} else if (e->kind == EF_TERMINATE && c->charon) {
		for (size_t i = 0; i < SAS; i++) {
			struct sa *s = &c->sas[i];

			if (s->used &&
				((e->sa.conn && strcmp(e->sa.conn, s->conn) == 0) || e->sa.ike_id == s->ike ||
					e->sa.child_id == s->id))
				end_sa(w, s);
		}
	}
}

static void charon_event(struct world *w)
{
	struct chaos *c = of(w);
	struct sa *s = &c->sas[dice(c, SAS)];
	char peer[24], remote[24];

	if (!c->charon) {
		c->charon = true;
		charon_starts(w, ++c->incarnation, true);
		link_state(w, TUN, "ipsec0", true, true);
		return;
	}
	switch (dice(c, 12)) {
	case 0: /* it dies */
		c->charon = false;
		memset(c->sas, 0, sizeof(c->sas));
		charon_dies(w);
		world_event(w, &(struct event){.kind = EV_LINK_GONE, .link = {.ifindex = TUN}});
		break;
	case 1:
	case 2:
	case 3: /* a dynamic peer, some inside another's network */
		snprintf(peer, sizeof(peer), "%s.%u", dice(c, 2) ? "10.99.0" : "172.16.1", 1 + dice(c, 3));
		snprintf(remote, sizeof(remote), dice(c, 4) ? "172.16.%u.0/24" : "172.%u.0.0/12",
			16 + dice(c, 4));
		if (core_find_conn(w->core, dyn, &(struct core_conn){0}))
			begin_sa(w, dyn, "d1", peer, remote);
		break;
	case 4:
	case 5: /* one goes */
		if (s->used)
			end_sa(w, s);
		break;
	case 6:
	case 7: /* a rekey */
		if (s->used && strcmp(s->conn, dyn) == 0) {
			uint32_t old = s->id;

			s->id = ++c->next_id;
			child_rekeyed(w, s->id, old, s->ike, dyn, s->child, s->peer, s->remote);
		}
		break;
	case 8: /* clear crypto sa */
		world_event(w, &(struct event){.kind = EV_CLEAR_SA, .clear = {.ike = c->next_id % 2}});
		break;
	case 9: /* a snapshot, in which one SA is missing: it went unnoticed */
		s->used = false;
		world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_BEGIN});
		for (size_t i = 0; i < SAS; i++)
			if (c->sas[i].used)
				tell_sa(w, &c->sas[i]);
		world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_END});
		break;
	default: break;
	}
}

/* --- The operator --------------------------------------------------------------------------------------------------------------- */

static void edit_acl(struct world *w)
{
	struct chaos *c = of(w);
	uint32_t line = 10 * (1 + dice(c, 3));
	struct acl *a = model_acl(w->model, "102");
	char to[24];

	if (a && acl_rule(a, line)) {
		acl_rule_delete(a, line);
		model_touch(w->model, MODEL_ACL, "102", 0);
	} else {
		snprintf(to, sizeof(to), "10.%u.0.0/16", line == 10 ? 0 : line);
		acl_line(w, "102", line, dice(c, 5) != 0, "192.168.1.0/24", to);
	}
}

static void edit_map(struct world *w)
{
	struct chaos *c = of(w);
	uint16_t sequence = (uint16_t)(1 + dice(c, 2));
	struct crypto_map *m = model_crypto_map_get(w->model, map_name);
	struct crypto_map_entry *e = crypto_map_entry(m, sequence);

	switch (dice(c, 4)) {
	case 0:
		if (e)
			crypto_map_entry_delete(m, sequence);
		break;
	case 1:
		if (e)
			e->rri.enabled = !e->rri.enabled;
		break;
	case 2:
		if (e)
			e->rri.distance = (uint8_t)dice(c, 3);
		break;
	default:
		entry(w, map_name, sequence, dice(c, 2) ? "10.1.1.1" : "192.168.0.66", "102", "esp-aes-sha",
			true);
		break;
	}
	model_touch(w->model, MODEL_CRYPTO_MAP, map_name, sequence);
}

static void dynamic_entry(struct world *w)
{
	struct crypto_map_entry *t =
		crypto_map_entry_get(model_dynamic_map_get(w->model, "dyn"), 1, CRYPTO_MAP_TEMPLATE);
	struct crypto_map_entry *e =
		crypto_map_entry_get(model_crypto_map_get(w->model, map_name), 30, CRYPTO_MAP_ISAKMP_DYNAMIC);

	t->transform_set_count = 1;
	str_copy(t->transform_sets[0], NAME_MAX_LEN, "my-transform-set");
	t->rri.enabled = !t->rri.enabled;
	str_copy(e->dynamic_map, sizeof(e->dynamic_map), "dyn");
	model_touch(w->model, MODEL_DYNAMIC_MAP, "dyn", 1);
	model_touch(w->model, MODEL_CRYPTO_MAP, map_name, 30);
}

static void static_route_line(struct world *w)
{
	struct static_route like = {0};

	assert_true(prefix_parse("10.0.0.0/16", &like.prefix));
	assert_true(ip_parse("192.168.0.250", &like.gateway));
	if (model_static_route(w->model, &like))
		model_static_route_delete(w->model, &like);
	else
		model_static_route_get(w->model, &like);
	model_touch(w->model, MODEL_STATIC_ROUTE, NULL, 0);
}

static void operator_event(struct world *w)
{
	static const char *const names[] = {"group1", "group2", ""};
	static const char *const maps[] = {map_name, map_name, map_name, map_name, "othermap", ""};
	static const char *const addresses[] = {"192.168.0.3", "192.168.0.9", "", NULL};
	struct chaos *c = of(w);

	switch (dice(c, 9)) {
	case 0:
	case 1: edit_acl(w); break;
	case 2:
	case 3: edit_map(w); break;
	case 4: dynamic_entry(w); break;
	case 5: static_route_line(w); break;
	case 6: standby(w, 0, names[dice(c, 3)], addresses[dice(c, 4)]); break;
	case 7: apply(w, maps[dice(c, 6)], dice(c, 3) != 0, names[dice(c, 3)]); break;
	default:
		w->model->rri_per_sa = !w->model->rri_per_sa;
		model_touch(w->model, MODEL_RRI_MODE, NULL, 0);
		break;
	}
	config(w);
}

/* --- Everything else ---------------------------------------------------------------------------------------------------------------- */

static void hsrp_event(struct world *w)
{
	struct chaos *c = of(w);
	const struct standby_group *g = interface_standby(fa00(w), 0);
	char vip[IP_TEXT_MAX];

	if (!g || !ip_is_set(&g->ip))
		return;
	c->role = dice(c, 2) ? HSRP_ROLE_ACTIVE : (enum hsrp_role)dice(c, HSRP_ROLE_ACTIVE);
	if (dice(c, 8) == 0) { /* the process restarts */
		world_event(w, &(struct event){.kind = EV_HSRP_DOWN});
		world_event(w, &(struct event){.kind = EV_HSRP_UP});
	}
	role(w, 0, c->role, ip_format(&g->ip, vip));
}

static void kernel_event(struct world *w)
{
	struct chaos *c = of(w);
	struct event underlay = {.kind = EV_UNDERLAY};

	switch (dice(c, 8)) {
	case 0: link_state(w, OUTSIDE, "eth0", true, dice(c, 2)); break;
	case 1: address(w, OUTSIDE, "192.168.0.2", dice(c, 2)); break;
	case 2: foreign_route_event(w, "10.0.0.0/16", dice(c, 2)); break;
	case 3:
		assert_true(prefix_parse("0.0.0.0/0", &underlay.underlay));
		assert_true(ip_parse(dice(c, 2) ? "192.168.0.1" : "192.168.0.254", &w->gateway));
		world_event(w, &underlay);
		break;
	case 4: w->route_error = dice(c, 3) ? 0 : -ENETUNREACH; break;
	case 5: w->filter_error = dice(c, 3) ? 0 : -EPERM; break;
	case 6: /* somebody deletes one of our routes */
		for (size_t i = 0; i < w->route_cap; i++) {
			if (!w->routes[i].used || dice(c, 3))
				continue;
			w->routes[i].used = false;
			world_event(w, &(struct event){.kind = EV_ROUTE_GONE, .route = w->routes[i].r});
			break;
		}
		break;
	default: snapshot(w); break;
	}
}

static void storm(struct world *w)
{
	struct chaos *c = of(w);

	for (int i = 0; i < EVENTS; i++) {
		switch (dice(c, 10)) {
		case 0:
		case 1: operator_event(w); break;
		case 2:
		case 3: hsrp_event(w); break;
		case 4:
		case 5: charon_event(w); break;
		case 6: kernel_event(w); break;
		case 7: pass_ms(w, dice(c, 3000)); break;
		default: break;
		}
		for (uint32_t n = dice(c, 12); n && world_deliver(w); n--)
			;
		log_clear(w);
	}
}

/* The faults end; what was asked for is answered. */
static void calm(struct world *w)
{
	struct chaos *c = of(w);

	w->route_error = w->filter_error = 0;
	while (world_deliver(w))
		;
	w->defer = false;
	c->settled = true;
	assert_true(ip_parse("192.168.0.1", &w->gateway));
	snapshot(w);
	if (!c->charon)
		charon_event(w);
	pass_ms(w, 120000);
}

static void rest(struct world *w)
{
	static const char *const nothing[] = {
		"hsrp", "resolve", "%", "-- role", "initiate", "terminate", "snapshot"};

	/* What negotiates goes on negotiating; everything else has to rest. */
	log_clear(w);
	w->model->changes_lost = true;
	config(w);
	snapshot(w);
	for (size_t i = 0; i < w->log_count; i++) {
		bool harmless = false;

		for (size_t k = 0; k < sizeof(nothing) / sizeof(*nothing); k++)
			harmless = harmless || strstr(w->log[i], nothing[k]);
		NEVER(w, !harmless, w->log[i]);
	}
}

static bool is_installed_where_it_stands(const struct core_route *r, void *arg)
{
	struct world *w = arg;
	char text[PREFIX_TEXT_MAX];

	if (r->installed)
		NEVER(w, !has_route(w, prefix_format(&r->route.prefix, text), r->route.protocol),
			"shown as installed, but not in the kernel");
	return true;
}

static void stop(struct world *w)
{
	struct chaos *c = of(w);

	c->stopping = true;
	world_event(w, &(struct event){.kind = EV_STOP});
	pass_ms(w, 10000);
	NEVER(w, !w->stopped, "does not stop");
	for (size_t i = 0; i < w->route_cap; i++)
		NEVER(w, w->routes[i].used && w->routes[i].r.protocol != ROUTE_PROTO_STATIC,
			"a route is left behind");
	NEVER(w, c->guarded_count != 0, "the filter is left behind");
}

static void one_life(uint32_t seed)
{
	struct world *w = world_new();
	struct chaos c = {.seed = seed, .state = seed * 2654435761u + 1, .role = HSRP_ROLE_NONE};

	w->user = &c;
	w->decided = decided;
	w->carried_out = carried_out;
	w->defer = true;
	prologue(w);
	acl_line(w, "102", 10, true, "192.168.1.0/24", "10.0.0.0/16");
	entry(w, map_name, 1, "10.1.1.1", "102", "esp-aes-sha", true);
	entry(w, "othermap", 7, "10.1.1.7", "102", "esp-aes-sha", true);
	crypto_map_entry(model_crypto_map(w->model, map_name), 1)->peer_count = 2; /* two peers */
	assert_true(ip_parse(
		"10.1.1.2", &crypto_map_entry(model_crypto_map(w->model, map_name), 1)->peers[1].addr));
	standby(w, 0, "group1", "192.168.0.3");
	apply(w, map_name, dice(&c, 2), "group1");
	config(w);
	snapshot(w);
	storm(w);
	calm(w);
	core_each_route(w->core, is_installed_where_it_stands, w);
	rest(w);
	stop(w);
	world_free(w);
}

static void no_life_breaks_a_rule(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= SEEDS; seed++)
		one_life(seed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(no_life_breaks_a_rule)};

	if (argc > 1) { /* one seed, or a range: for the search, and for what it found */
		uint32_t first = (uint32_t)strtoul(argv[1], NULL, 10);
		uint32_t last = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : first;

		for (uint32_t seed = first; seed <= last; seed++)
			one_life(seed);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
