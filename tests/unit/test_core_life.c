/*
 * The core through a router's life: rekeys, crashes, restarts, stop, refusals, and that nothing happens twice.
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
#include "core_scenes.h"

static void after_a_crash_of_charon_everything_comes_back(void **state)
{
	struct world *w = core_start();

	(void)state;
	dynamic_map(w);
	static_map(w);
	apply(w, "mymap", false, "");
	core_runs(w);
	ike_up(w, 1, dynamic_conn, "10.9.9.9");
	child_up(w, 1, 1, dynamic_conn, "d1", "10.9.9.9", "172.16.5.0/24");
	ike_up(w, 2, static_conn, "10.1.1.1");
	child_up(w, 2, 2, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	log_clear(w);
	charon_dies(w);
	assert_seen(w, "route- 172.16.5.0/24");
	assert_not_seen(w, "route- 10.0.0.0/16"); /* R7: always */
	assert_not_seen(w, "filter");
	pass_ms(w, 3000);
	assert_not_seen(w, "initiate");
	log_clear(w);
	charon_starts(w, 2, false);
	assert_order(w, "secret hs/key/0.0.0.0/0", "load hs/FastEthernet0/0/mymap/1/10.1.1.1");
	assert_order(w, "load hs/FastEthernet0/0/mymap/1/10.1.1.1",
		"initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l10");
	assert_seen(w, "load hs/FastEthernet0/0/mymap/3/any");
	world_free(w);
}

static void with_libipsec_routes_follow_charons_interface(void **state)
{
	struct world *w = core_start();

	(void)state;
	acl_line(w, "101", 10, true, "192.168.1.0/24", "172.17.11.0/24");
	entry(w, "mymap", 1, "172.17.11.1", "101", "esp-aes-sha", true);
	apply(w, "mymap", false, "");
	config(w);
	snapshot(w);
	charon_starts(w, 1, true);
	assert_not_seen(w, "proto 213");
	assert_string_equal(route_reason(w, "172.17.11.0/24"), "the IKE daemon's interface is not there");
	link_state(w, TUN, "ipsec0", true, true);
	assert_order(w, "route+ 172.17.11.1/32 via 192.168.0.1 dev 2 proto 214",
		"route+ 172.17.11.0/24 dev 9 proto 213");
	log_clear(w);
	charon_dies(w);
	world_event(w, &(struct event){.kind = EV_LINK_GONE, .link = {.ifindex = TUN}});
	assert_false(has_route(w, "172.17.11.0/24", 213));
	charon_starts(w, 2, true);
	link_state(w, TUN, "ipsec0", true, true);
	assert_true(has_route(w, "172.17.11.0/24", 213));
	world_free(w);
}

static void a_silent_ikev2_peer_is_closed_at_the_bound(void **state) /* R3, D11: S + 5 R + 1 s */
{
	struct world *w = static_world();
	struct event e = {.kind = EV_IKE_LIVENESS, .liveness = {.ike_id = 1, .silent = true}};

	(void)state;
	ike_up(w, 1, static_conn, "10.1.1.1");
	child_up(w, 1, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	e.liveness.at = (mono_t){w->ms * 1000000};
	pass_ms(w, 11000);
	log_clear(w);
	world_event(w, &e);
	pass_ms(w, 9900);
	assert_int_equal(w->log_count, 0);
	pass_ms(w, 200);
	assert_seen(w, "terminate ike 1 child 0 force");
	world_free(w);
}

static void stop_takes_everything_back_and_the_filter_last(void **state) /* D9 */
{
	struct world *w = core_start();
	struct static_route like = {0};

	(void)state;
	assert_true(prefix_parse("172.31.0.0/16", &like.prefix));
	str_copy(like.interface, sizeof(like.interface), "FastEthernet0/0");
	model_static_route_get(w->model, &like);
	static_map(w);
	dynamic_map(w);
	apply(w, "mymap", false, "");
	core_runs(w);
	ike_up(w, 1, static_conn, "10.1.1.1");
	child_up(w, 1, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	log_clear(w);
	world_event(w, &(struct event){.kind = EV_STOP});
	assert_order(w, "route- 10.0.0.0/16", "terminate hs/FastEthernet0/0/mymap/1/10.1.1.1");
	assert_not_seen(w, "force"); /* the address is our own: DELETE */
	assert_order(w, "terminate", "unload");
	assert_order(w, "unload", "filter gone 2");
	assert_order(w, "filter gone 2", "stopped");
	assert_seen(w, "secret gone");
	assert_not_seen(w, "address-");
	assert_true(has_route(w, "172.31.0.0/16", 215)); /* `ip route` stays */
	assert_false(has_route(w, "10.0.0.0/16", 213));
	world_free(w);

	w = redundant_world(HSRP_ROLE_ACTIVE);
	ike_up(w, 1, static_conn, "10.1.1.1");
	child_up(w, 1, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	log_clear(w);
	world_event(w, &(struct event){.kind = EV_STOP});
	assert_seen(w, "terminate hs/FastEthernet0/0/mymap/1/10.1.1.1 force"); /* the peer keeps its SA */
	assert_seen(w, "stopped");
	world_free(w);
}

static void stop_does_not_wait_for_ever(void **state)
{
	struct world *w = static_world();

	(void)state;
	w->kernel_silent = true;
	world_event(w, &(struct event){.kind = EV_STOP});
	assert_false(w->stopped);
	pass_ms(w, 7000);
	assert_true(w->stopped);
	assert_order(w, "filter gone", "stopped");
	world_free(w);
}

static void kernel_has(
	struct world *w, const char *prefix, const char *gateway, uint8_t protocol, uint32_t metric)
{
	struct route r = {
		.table = ROUTE_TABLE_MAIN, .ifindex = OUTSIDE, .protocol = protocol, .metric = metric};

	assert_true(prefix_parse(prefix, &r.prefix));
	assert_true(ip_parse(gateway, &r.gateway));
	w->routes = w->routes ? w->routes : calloc(8, sizeof(*w->routes));
	w->route_cap = 8;
	for (size_t i = 0; i < 8; i++) {
		if (w->routes[i].used)
			continue;
		w->routes[i] = (struct world_route){r, true};
		return;
	}
}

static void a_restart_moves_nothing_that_is_still_wanted(void **state) /* D9 */
{
	struct world *w = core_start();
	struct world_route found[8] = {0};

	(void)state;
	static_map(w);
	dynamic_map(w);
	standby(w, 0, "group1", "192.168.0.3");
	apply(w, "mymap", true, "group1");
	kernel_has(w, "10.0.0.0/16", "192.168.0.1", 213, 16777217);
	kernel_has(w, "172.16.5.0/24", "192.168.0.1", 213, 16777217);
	kernel_has(w, "172.16.66.0/24", "192.168.0.1", 213, 16777217); /* nobody's any more */
	memcpy(found, w->routes, sizeof(found));
	free(w->routes);
	w->routes = NULL;
	w->route_cap = 0;
	config(w);
	/* The kernel tells first, then HSRP, then charon. */
	world_event(w, &(struct event){.kind = EV_SNAPSHOT_BEGIN});
	link_state(w, OUTSIDE, "eth0", true, true);
	address(w, OUTSIDE, "192.168.0.2", true);
	for (size_t i = 0; i < 3; i++) {
		assert_true(
			ip_parse("192.168.0.3", &found[i].r.source)); /* they hang on the virtual address */
		world_event(w, &(struct event){.kind = EV_ROUTE, .route = found[i].r});
	}
	world_event(w, &(struct event){.kind = EV_SNAPSHOT_END});
	pass_ms(w, 500);
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	pass_ms(w, 500);
	assert_not_seen(w, "route");
	world_event(w, &(struct event){.kind = EV_IKE_UP, .ike = {7, false}});
	world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_BEGIN});
	world_event(w, &(struct event){.kind = EV_CONN, .conn = "hs/FastEthernet0/0/mymap/9/10.44.44.44"});
	world_event(w, &(struct event){.kind = EV_CONN, .conn = dynamic_conn});
	ike_up(w, 1, dynamic_conn, "10.9.9.9");
	child_up(w, 1, 1, dynamic_conn, "d1", "10.9.9.9", "172.16.5.0/24");
	ike_up(w, 2, static_conn, "10.1.1.1");
	child_up(w, 2, 2, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	assert_not_seen(w, "route");
	world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_END});
	pass_ms(w, 20000);
	assert_seen(w, "route- 172.16.66.0/24");
	assert_int_equal(count_seen(w, "route-"), 1);
	assert_not_seen(w, "route+");
	assert_not_seen(w, "initiate");
	assert_not_seen(w, "terminate");
	assert_seen(w, "unload hs/FastEthernet0/0/mymap/9/10.44.44.44");
	assert_not_seen(w, "unload hs/FastEthernet0/0/mymap/3/any");
	world_free(w);
}

/* Found by the simulator: the kernel refused the filter for longer than a restart waits for all to tell. */
static struct world *restarted(bool role_told, int filter_error)
{
	struct world *w = core_start();

	dynamic_map(w);
	standby(w, 0, "group1", "192.168.0.3");
	apply(w, "mymap", true, "group1");
	kernel_has(w, "172.16.5.0/24", "10.9.9.9", 213, 16777217);
	w->routes[0].r.gateway = (struct ipaddr){0};
	assert_true(ip_parse("192.168.0.3", &w->routes[0].r.source));
	w->filter_error = filter_error;
	config(w);
	snapshot(w);
	link_state(w, VMAC, "hs2-0", true, true);
	address(w, VMAC, "192.168.0.3", true);
	if (role_told) /* else the HSRP process does not run, or not yet */
		role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	world_event(w, &(struct event){.kind = EV_IKE_UP, .ike = {7, false}});
	world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_BEGIN});
	world_event(w, &(struct event){.kind = EV_CONN, .conn = dynamic_conn});
	ike_up(w, 1, dynamic_conn, "10.9.9.9");
	child_up(w, 1, 1, dynamic_conn, "d1", "10.9.9.9", "172.16.5.0/24");
	world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_END});
	pass_ms(w, 60000);
	assert_not_seen(w, "route-");
	assert_not_seen(w, "terminate");
	assert_not_seen(w, "unload");
	assert_true(has_route(w, "172.16.5.0/24", 213));
	return w;
}

static void a_restart_gives_nothing_up_while_its_filter_is_refused(void **state)
{
	struct world *w = restarted(false, -EPERM);

	(void)state;
	world_free(w);
	w = restarted(true, -EPERM);
	w->filter_error = 0;
	pass_ms(w, 60000);
	assert_not_seen(w, "route-");
	assert_not_seen(w, "terminate");
	assert_non_null(route_reason(w, "172.16.5.0/24"));
	assert_int_equal(binding(w).serving, true);
	kernel_has(w, "172.16.66.0/24", "192.168.0.1", 213, 16777217); /* by then it was over */
	snapshot(w);
	assert_seen(w, "route- 172.16.66.0/24");
	world_free(w);
}

/* Found by the simulator: the route of a line that was taken away meanwhile was nobody's, and its guard let go before it. */
static void a_line_removed_after_a_restart_guards_until_its_route_has_gone(void **state)
{
	struct world *w = core_start();

	(void)state;
	acl_line(w, "102", 20, true, "192.168.1.0/24", "10.5.0.0/16");
	static_map(w);
	apply(w, "mymap", false, "");
	kernel_has(w, "10.0.0.0/16", "10.1.1.1", 213, 16777217);
	kernel_has(w, "10.5.0.0/16", "10.1.1.1", 213, 16777217);
	w->filter_error = -EPERM;
	config(w);
	snapshot(w);
	charon_starts(w, 1, false);
	acl_rule_delete(model_acl(w->model, "102"), 20);
	model_touch(w->model, MODEL_ACL, "102", 0);
	config(w);
	w->filter_error = 0;
	log_clear(w);
	pass_ms(w, 20000);
	assert_order(w, "filter eth0 rules 2", "route- 10.5.0.0/16");
	assert_order(w, "route- 10.5.0.0/16", "filter eth0 rules 1");
	assert_not_seen(w, "route- 10.0.0.0/16");
	world_free(w);
}

/* It hears its role, and nothing is given up. */
static void goes_on_serving(struct world *w)
{
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	pass_ms(w, 1000);
	assert_not_seen(w, "route-");
	assert_not_seen(w, "terminate");
	assert_true(binding(w).serving);
}

/* D9: its address lives a second longer than the hold time in which it may take its role up. */
static void a_restart_waits_for_an_hsrp_process_that_may_come_back(void **state)
{
	struct world *w = restarted(false, 0);

	(void)state;
	goes_on_serving(w);
	world_free(w);
	w = restarted(false, 0);
	address(w, VMAC, "192.168.0.3", false);
	pass_ms(w, 2000);
	assert_seen(w, "route- 172.16.5.0/24");
	assert_seen(w, "terminate hs/FastEthernet0/0/mymap/3/any force");
	world_free(w);
}

/* Found by the simulator: the word of the role waited as long as we did, and so did the timer that ends the adoption. */
static void a_restart_that_oversleeps_hears_its_role_before_its_time_is_over(void **state)
{
	struct world *w = restarted(false, 0);

	(void)state;
	w->ms += 11000; /* told in the very step */
	goes_on_serving(w);
	world_free(w);
	w = restarted(false, 0);
	address(w, VMAC, "192.168.0.3", false);
	w->ms += 11000; /* it came back meanwhile, and timers go first */
	world_event(w, &(struct event){.kind = EV_TIMER});
	address(w, VMAC, "192.168.0.3", true);
	goes_on_serving(w);
	world_free(w);
}

static void what_nobody_claims_goes_even_if_charon_never_comes(void **state)
{
	struct world *w = core_start();
	struct event e = {.kind = EV_ROUTE,
		.route = {
			.table = ROUTE_TABLE_MAIN, .ifindex = OUTSIDE, .protocol = 213, .metric = 16777217}};

	(void)state;
	assert_true(prefix_parse("172.16.66.0/24", &e.route.prefix));
	config(w);
	world_event(w, &(struct event){.kind = EV_SNAPSHOT_BEGIN});
	world_event(w, &e);
	world_event(w, &(struct event){.kind = EV_SNAPSHOT_END});
	assert_not_seen(w, "route-");
	pass_ms(w, 9000);
	assert_seen(w, "route- 172.16.66.0/24");
	world_free(w);
}

static void reconciling_twice_does_nothing(void **state)
{
	struct world *w = core_start();

	(void)state;
	acl_line(w, "101", 10, true, "192.168.1.0/24", "172.17.11.0/24");
	entry(w, "mymap", 2, "172.17.11.1", "101", "esp-aes-sha", true);
	static_map(w);
	dynamic_map(w);
	apply(w, "mymap", false, "");
	core_runs(w);
	ike_up(w, 1, dynamic_conn, "10.9.9.9");
	child_up(w, 1, 1, dynamic_conn, "d1", "10.9.9.9", "172.16.5.0/24");
	pass_ms(w, 1000);
	log_clear(w);
	w->model->changes_lost = true; /* everything counts as changed */
	config(w);
	world_event(w, &(struct event){.kind = EV_FORCE_RELOAD});
	snapshot(w);
	world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_BEGIN});
	ike_up(w, 1, dynamic_conn, "10.9.9.9");
	child_up(w, 1, 1, dynamic_conn, "d1", "10.9.9.9", "172.16.5.0/24");
	world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_END});
	for (size_t i = 0; i < w->log_count; i++)
		if (!strstr(w->log[i], "hsrp") && !strstr(w->log[i], "resolve"))
			fail_msg("did: %s", w->log[i]);
	world_free(w);
}

static void an_overrun_is_repaired_from_the_snapshot(void **state)
{
	struct world *w = static_world();

	(void)state;
	pass_ms(w, 3000);
	for (size_t i = 0; i < w->route_cap; i++)
		if (w->routes[i].r.protocol == 213)
			w->routes[i].used = false; /* went unnoticed */
	log_clear(w);
	world_event(w, &(struct event){.kind = EV_FORCE_RELOAD});
	snapshot(w);
	assert_seen(w, "route+ 10.0.0.0/16");
	log_clear(w);
	world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_BEGIN});
	world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_END});
	world_free(w);
}

static void addresses_are_adopted_added_and_only_ours_removed(void **state) /* D14 */
{
	struct world *w = core_start();
	struct prefix *second = test_malloc(sizeof(*second));
	struct interface_cfg *i = fa00(w);

	(void)state;
	*second = (struct prefix){ip_v4(0x0a630001), 24}; /* 10.99.0.1 */
	assert_true(vec_push(&i->secondary_addresses, second));
	core_runs(w);
	assert_not_seen(w, "address+ 192.168.0.2"); /* it was there */
	assert_seen(w, "address+ 10.99.0.1/24 dev 2");
	log_clear(w);
	vec_remove_at(&i->secondary_addresses, 0);
	test_free(second);
	i->address_set = false;
	model_touch(w->model, MODEL_INTERFACE, i->name, 0);
	config(w);
	assert_seen(w, "address- 10.99.0.1/24");
	assert_not_seen(w, "address- 192.168.0.2");
	i->shutdown = true;
	model_touch(w->model, MODEL_INTERFACE, i->name, 0);
	config(w);
	assert_seen(w, "link 2 down");
	log_clear(w);
	link_state(w, OUTSIDE, "eth0", false, false);
	assert_int_equal(w->log_count, 0);
	world_free(w);
}

static void ten_thousand_entries_come_in_slices(void **state)
{
	struct world *w = core_start();
	char acl[16], peer[32], to[32];
	struct effects out = {0};
	size_t largest = 0;
	int steps = 0;

	(void)state;
	for (unsigned i = 1; i <= 10000; i++) {
		snprintf(acl, sizeof(acl), "a%u", i);
		snprintf(peer, sizeof(peer), "10.200.%u.%u", i / 250, 1 + i % 250);
		snprintf(to, sizeof(to), "172.%u.%u.0/24", 16 + i / 250, i % 250);
		acl_line(w, acl, 10, true, "192.168.1.0/24", to);
		entry(w, "mymap", (uint16_t)i, peer, acl, "esp-aes-sha", true);
	}
	apply(w, "mymap", false, "");
	snapshot(w);
	core_step(w->core, &(struct event){.kind = EV_CONFIG, .model = w->model}, (mono_t){w->ms * 1000000},
		&out);
	while (core_deadline(w->core).ns <= w->ms * 1000000) {
		effects_clear(&out);
		core_step(w->core, &(struct event){.kind = EV_TIMER}, (mono_t){w->ms * 1000000}, &out);
		largest = out.count > largest ? out.count : largest;
		steps++;
	}
	assert_in_range(steps, 30, 200); /* no step does it all */
	effects_free(&out);
	assert_true(largest < 2000);
	world_free(w);
}

static void one_sa_among_many_costs_one_lookup(void **state)
{
	struct world *w = dynamic_world();
	size_t before;

	(void)state;
	ike_up(w, 1, dynamic_conn, "10.9.9.9");
	for (uint32_t i = 1; i <= 2000; i++) {
		char remote[32];

		snprintf(remote, sizeof(remote), "172.%u.%u.0/24", 16 + i / 250, i % 250);
		child_up(w, i, 1, dynamic_conn, "d1", "10.9.9.9", remote);
	}
	log_clear(w);
	before = w->effects_seen;
	child_gone(w, 777);
	assert_int_equal(w->effects_seen - before, 1);
	assert_int_equal(count_seen(w, "route-"), 1);
	world_free(w);
}

/* Found by the simulator: the SA was told of while the filter was refused, and nobody wanted its connection yet. */
static void the_identity_of_an_adopted_sa_is_seen(void **state)
{
	struct world *w = core_start();
	struct ike_sa sa = {
		.incarnation = 1, .id = 1, .version = 1, .state = IKE_SA_ESTABLISHED, .remote_port = 500};

	(void)state;
	static_map(w);
	apply(w, "mymap", false, "");
	w->filter_error = -EPERM;
	config(w);
	snapshot(w);
	world_event(w, &(struct event){.kind = EV_IKE_UP, .ike = {1, false}});
	world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_BEGIN});
	str_copy(sa.conn, sizeof(sa.conn), static_conn);
	str_copy(sa.remote_id, sizeof(sa.remote_id), "behind.nat");
	assert_true(ip_parse("10.1.1.1", &sa.remote_host));
	world_event(w, &(struct event){.kind = EV_IKE_SA, .ike_sa = &sa});
	world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_END});
	w->filter_error = 0;
	pass_ms(w, 5000);
	assert_seen(w, "load");
	log_clear(w);
	world_event(w, &(struct event){.kind = EV_IKE_SA, .ike_sa = &sa});
	pass_ms(w, 100);
	assert_not_seen(w, "load");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_a_crash_of_charon_everything_comes_back),
		cmocka_unit_test(with_libipsec_routes_follow_charons_interface),
		cmocka_unit_test(a_silent_ikev2_peer_is_closed_at_the_bound),
		cmocka_unit_test(stop_takes_everything_back_and_the_filter_last),
		cmocka_unit_test(stop_does_not_wait_for_ever),
		cmocka_unit_test(a_restart_moves_nothing_that_is_still_wanted),
		cmocka_unit_test(a_restart_gives_nothing_up_while_its_filter_is_refused),
		cmocka_unit_test(a_line_removed_after_a_restart_guards_until_its_route_has_gone),
		cmocka_unit_test(a_restart_waits_for_an_hsrp_process_that_may_come_back),
		cmocka_unit_test(a_restart_that_oversleeps_hears_its_role_before_its_time_is_over),
		cmocka_unit_test(what_nobody_claims_goes_even_if_charon_never_comes),
		cmocka_unit_test(reconciling_twice_does_nothing),
		cmocka_unit_test(an_overrun_is_repaired_from_the_snapshot),
		cmocka_unit_test(addresses_are_adopted_added_and_only_ours_removed),
		cmocka_unit_test(ten_thousand_entries_come_in_slices),
		cmocka_unit_test(one_sa_among_many_costs_one_lookup),
		cmocka_unit_test(the_identity_of_an_adopted_sa_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
