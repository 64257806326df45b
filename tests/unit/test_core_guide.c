/* The guide's examples, V1 to V10 and V18, as the core lives them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "world.h"

static struct world *start(void)
{
	struct world *w = world_new();

	prologue(w);
	return w;
}

static void runs(struct world *w)
{
	config(w);
	snapshot(w);
	charon_starts(w, 1, false);
}

/* Example 2: mymap 1 with RRI, mymap 2 without. */
static void example2(struct world *w)
{
	acl_line(w, "101", 10, true, "192.168.1.0/24", "172.17.11.0/24");
	acl_line(w, "102", 10, true, "192.168.1.0/24", "10.0.0.0/16");
	entry(w, "mymap", 1, "172.17.11.1", "101", "esp-aes-sha", true);
	entry(w, "mymap", 2, "10.1.1.1", "102", "esp-aes-sha", false);
}

/* The HSRP example. */
static void example3(struct world *w)
{
	acl_line(w, "102", 10, true, "192.168.1.0/24", "10.0.0.0/16");
	entry(w, "mymap", 1, "10.1.1.1", "102", "esp-aes-sha", true);
	standby(w, 0, "group1", "192.168.0.3");
	apply(w, "mymap", true, "group1");
}

static const char conn3[] = "hs/FastEthernet0/0/mymap/1/10.1.1.1";

static void v1_a_dynamic_map_injects_with_the_sa_and_takes_back_with_it(void **state)
{
	static const char conn[] = "hs/FastEthernet0/0/mymap/3/any";
	struct world *w = start();
	struct crypto_map_entry *t =
		crypto_map_entry_get(model_dynamic_map_get(w->model, "mydynmap"), 1, CRYPTO_MAP_TEMPLATE);
	struct crypto_map_entry *e =
		crypto_map_entry_get(model_crypto_map_get(w->model, "mymap"), 3, CRYPTO_MAP_ISAKMP_DYNAMIC);

	(void)state;
	t->transform_set_count = 1;
	str_copy(t->transform_sets[0], NAME_MAX_LEN, "my-transform-set");
	t->rri.enabled = true;
	str_copy(e->dynamic_map, sizeof(e->dynamic_map), "mydynmap");
	apply(w, "mymap", false, "");
	runs(w);
	assert_seen(w, "load hs/FastEthernet0/0/mymap/3/any local 192.168.0.2");
	assert_not_seen(w, "route+");
	assert_not_seen(w, "initiate");
	/* A peer negotiates a subnet and a host. */
	ike_up(w, 1, conn, "10.9.9.9");
	child_up(w, 1, 1, conn, "d1", "10.9.9.9", "172.16.5.0/24");
	child_up(w, 2, 1, conn, "d1", "10.9.9.9", "172.16.6.6/32");
	assert_seen(w, "Crypto tunnel is UP  .  Peer 10.9.9.9:500       Id: 10.9.9.9");
	assert_seen(w, "route+ 172.16.5.0/24 via 192.168.0.1 dev 2 proto 213 metric 16777217");
	assert_seen(w, "route+ 172.16.6.6/32 via 192.168.0.1 dev 2 proto 213");
	assert_true(has_route(w, "172.16.5.0/24", 213));
	child_gone(w, 1);
	assert_false(has_route(w, "172.16.5.0/24", 213));
	assert_true(has_route(w, "172.16.6.6/32", 213));
	child_gone(w, 2);
	assert_false(has_route(w, "172.16.6.6/32", 213));
	assert_seen(w, "Crypto tunnel is DOWN.  Peer 10.9.9.9:500");
	world_free(w);
}

static void v2_only_the_rri_entry_makes_routes_and_its_peer_stays_reachable(void **state)
{
	struct world *w = start();

	(void)state;
	example2(w);
	apply(w, "mymap", false, "");
	runs(w);
	assert_order(w, "filter eth0 rules 2 peers 2", "route+");
	assert_order(w, "filter eth0", "load");
	/* The peer lies inside its own protected prefix: its host route goes first. */
	assert_order(w, "route+ 172.17.11.1/32 via 192.168.0.1 dev 2 proto 214",
		"route+ 172.17.11.0/24 via 192.168.0.1 dev 2 proto 213");
	assert_not_seen(w, "route+ 10.0.0.0/16");
	assert_order(w, "route+ 172.17.11.0/24", "initiate hs/FastEthernet0/0/mymap/1/172.17.11.1 l10");
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/2/10.1.1.1 l10");
	assert_int_equal(count_seen(w, "route+"), 2);
	assert_string_equal(route_reason(w, "172.17.11.0/24"), "");
	assert_null(route_reason(w, "10.0.0.0/16"));
	assert_seen(w, "warn %Warning: Crypto map mymap 1 injects its routes at all times"); /* R16 */
	world_free(w);
}

static void v3_before_the_map_is_applied_there_is_no_route(void **state)
{
	struct world *w = start();

	(void)state;
	example2(w);
	runs(w);
	assert_not_seen(w, "route+");
	assert_not_seen(w, "load");
	assert_not_seen(w, "filter");
	world_free(w);
}

static void v4_routes_and_ike_on_the_active_only(void **state)
{
	struct world *w = start();

	(void)state;
	example3(w);
	runs(w);
	role(w, 0, HSRP_ROLE_STANDBY, "192.168.0.3");
	/* The standby is prepared: filter and connections, but mute. */
	assert_order(w, "filter eth0 rules 1 peers 1",
		"load hs/FastEthernet0/0/mymap/1/10.1.1.1 local 192.168.0.3");
	assert_not_seen(w, "route+");
	assert_not_seen(w, "initiate");
	assert_int_equal(binding(w).state, BINDING_BOUND);
	assert_false(binding(w).serving);
	log_clear(w);
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	assert_order(w, "route+ 10.0.0.0/16 via 192.168.0.1 dev 2 proto 213 metric 16777217",
		"initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l10");
	assert_not_seen(w, "load");		  /* preloaded */
	assert_not_seen(w, "filter");		  /* in place in every role */
	assert_not_seen(w, "route+ 10.1.1.1/32"); /* outside 10.0.0.0/16 */
	assert_true(binding(w).serving);
	assert_seen(w, "comes into service");
	world_free(w);
}

static void a_route_that_left_with_its_address_is_not_called_refused(void **state)
{
	struct world *w = start();

	(void)state;
	example3(w);
	runs(w);
	w->route_error = -EINVAL;
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	assert_seen(w, "route+ 10.0.0.0/16");
	assert_not_seen(w, "RRI-4-ROUTE_REFUSED");
	pass_ms(w, 1100); /* that was not the reason, then */
	assert_int_equal(count_seen(w, "RRI-4-ROUTE_REFUSED"), 1);
	pass_ms(w, 8000);
	assert_int_equal(count_seen(w, "RRI-4-ROUTE_REFUSED"), 1);
	world_free(w);
}

static void v5_the_old_active_withdraws_and_drops_without_a_word_to_the_peer(void **state)
{
	struct world *w = start();

	(void)state;
	example3(w);
	runs(w);
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	ike_up(w, 1, conn3, "10.1.1.1");
	child_up(w, 1, 1, conn3, "l10", "10.1.1.1", "10.0.0.0/16");
	log_clear(w);
	role(w, 0, HSRP_ROLE_SPEAK, "192.168.0.3"); /* the address is gone by now */
	assert_order(w, "route- 10.0.0.0/16", "terminate hs/FastEthernet0/0/mymap/1/10.1.1.1 force");
	assert_false(has_route(w, "10.0.0.0/16", 213));
	assert_not_seen(w, "unload");
	assert_not_seen(w, "filter");
	child_gone(w, 1);
	ike_gone(w, 1);
	pass_ms(w, 120000);
	assert_not_seen(w, "initiate"); /* D7 */
	log_clear(w);
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	assert_order(w, "route+ 10.0.0.0/16", "initiate");
	world_free(w);
}

static void v6_v7_no_standby_name_falls_back_until_the_map_is_re_applied(void **state)
{
	struct world *w = start();

	(void)state;
	example3(w);
	runs(w);
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	ike_up(w, 1, conn3, "10.1.1.1");
	child_up(w, 1, 1, conn3, "l10", "10.1.1.1", "10.0.0.0/16");
	log_clear(w);
	standby(w, 0, "", "192.168.0.3");
	config(w);
	/* V6: the address is still ours, so the peer is told; then the own address counts. */
	assert_order(w, "route- 10.0.0.0/16", "terminate hs/FastEthernet0/0/mymap/1/10.1.1.1");
	assert_not_seen(w, "force");
	assert_order(w, "terminate", "load hs/FastEthernet0/0/mymap/1/10.1.1.1 local 192.168.0.2");
	assert_order(w, "load", "route+ 10.0.0.0/16");
	assert_seen(w,
		"warn %Warning: Standby name of FastEthernet0/0 group 0 removed: crypto map mymap uses the "
		"interface's own");
	assert_int_equal(binding(w).state, BINDING_FALLEN_BACK);
	/* V7: the name again changes nothing, and says so. */
	log_clear(w);
	standby(w, 0, "group1", "192.168.0.3");
	config(w);
	assert_seen(w,
		"warn %Warning: Crypto map mymap on FastEthernet0/0 keeps the interface's own address until "
		"\"crypto "
		"map mymap redundancy group1\" is typed again.");
	assert_not_seen(w, "load");
	assert_int_equal(binding(w).state, BINDING_FALLEN_BACK);
	log_clear(w);
	apply(w, "mymap", true, "group1");
	config(w);
	assert_seen(w, "load hs/FastEthernet0/0/mymap/1/10.1.1.1 local 192.168.0.3");
	assert_int_equal(binding(w).state, BINDING_BOUND);
	world_free(w);
}

static void v8_a_changed_standby_address_counts_after_re_applying(void **state)
{
	struct world *w = start();
	char text[IP_TEXT_MAX];
	struct core_binding b;

	(void)state;
	example3(w);
	runs(w);
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	ike_up(w, 1, conn3, "10.1.1.1");
	child_up(w, 1, 1, conn3, "l10", "10.1.1.1", "10.0.0.0/16");
	log_clear(w);
	standby(w, 0, "group1", "192.168.0.9");
	config(w);
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.9");
	b = binding(w);
	assert_int_equal(b.state, BINDING_STALE);
	assert_string_equal(ip_format(&b.endpoint, text), "192.168.0.3");
	assert_false(b.serving);
	assert_seen(w,
		"warn %Warning: Standby address of FastEthernet0/0 group 0 changed: crypto map mymap keeps "
		"192.168.0.3 until");
	assert_false(has_route(w, "10.0.0.0/16", 213));
	assert_seen(w, "terminate");
	assert_not_seen(w, "filter gone"); /* traffic stays dropped */
	child_gone(w, 1);
	ike_gone(w, 1);
	log_clear(w);
	apply(w, "mymap", true, "group1");
	config(w);
	b = binding(w);
	assert_int_equal(b.state, BINDING_BOUND);
	assert_string_equal(ip_format(&b.endpoint, text), "192.168.0.9");
	assert_order(w, "load hs/FastEthernet0/0/mymap/1/10.1.1.1 local 192.168.0.9", "route+ 10.0.0.0/16");
	assert_order(w, "route+ 10.0.0.0/16", "initiate");
	world_free(w);
}

static void v9_any_never_becomes_a_default_route(void **state)
{
	struct world *w = start();

	(void)state;
	acl_line(w, "101", 10, true, "192.168.1.0/24", "0.0.0.0/0");
	acl_line(w, "101", 20, false, "0.0.0.0/0", "172.16.0.0/12");
	acl_line(w, "101", 30, true, "192.168.1.0/24", "10.0.0.0/16");
	entry(w, "mymap", 1, "10.1.1.1", "101", "esp-aes-sha", true);
	apply(w, "mymap", false, "");
	runs(w);
	assert_not_seen(w, "route+ 0.0.0.0/0");
	assert_not_seen(w, "route+ 172.16.0.0/12");
	assert_seen(w, "route+ 10.0.0.0/16");
	world_free(w);
}

static void v10_a_users_route_stands_throughout(void **state)
{
	struct world *w = start();
	struct static_route like = {0}, *line;
	struct crypto_map_entry *e;

	(void)state;
	assert_true(prefix_parse("172.17.11.0/24", &like.prefix));
	str_copy(like.interface, sizeof(like.interface), "FastEthernet0/0");
	line = model_static_route_get(w->model, &like);
	assert_non_null(line);
	model_touch(w->model, MODEL_STATIC_ROUTE, NULL, 0);
	example2(w);
	apply(w, "mymap", false, "");
	runs(w);
	assert_true(has_route(w, "172.17.11.0/24", 215));
	assert_false(has_route(w, "172.17.11.0/24", 213));
	assert_string_equal(
		route_reason(w, "172.17.11.0/24"), "a static route of equal or lower distance is preferred");
	log_clear(w);
	e = crypto_map_entry(model_crypto_map(w->model, "mymap"), 1);
	e->rri.enabled = false;
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", 1);
	config(w);
	assert_not_seen(w, "route");
	e->rri.enabled = true;
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", 1);
	config(w);
	assert_not_seen(w, "route-");
	/* The line goes: the injected route takes its place. */
	model_static_route_delete(w->model, &like);
	model_touch(w->model, MODEL_STATIC_ROUTE, NULL, 0);
	config(w);
	assert_true(has_route(w, "172.17.11.0/24", 213));
	assert_false(has_route(w, "172.17.11.0/24", 215));
	world_free(w);
}

static void v18_redundancy_without_a_name_takes_the_lowest_group(void **state)
{
	struct world *w = start();
	struct core_binding b;
	char text[IP_TEXT_MAX];

	(void)state;
	example3(w);
	standby(w, 0, "", "192.168.0.3");
	standby(w, 7, "other", "192.168.0.7");
	apply(w, "mymap", true, "");
	runs(w);
	b = binding(w);
	assert_int_equal(b.state, BINDING_BOUND);
	assert_int_equal(b.group, 0);
	assert_string_equal(ip_format(&b.endpoint, text), "192.168.0.3");
	assert_seen(w, "load hs/FastEthernet0/0/mymap/1/10.1.1.1 local 192.168.0.3");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v1_a_dynamic_map_injects_with_the_sa_and_takes_back_with_it),
		cmocka_unit_test(v2_only_the_rri_entry_makes_routes_and_its_peer_stays_reachable),
		cmocka_unit_test(v3_before_the_map_is_applied_there_is_no_route),
		cmocka_unit_test(v4_routes_and_ike_on_the_active_only),
		cmocka_unit_test(a_route_that_left_with_its_address_is_not_called_refused),
		cmocka_unit_test(v5_the_old_active_withdraws_and_drops_without_a_word_to_the_peer),
		cmocka_unit_test(v6_v7_no_standby_name_falls_back_until_the_map_is_re_applied),
		cmocka_unit_test(v8_a_changed_standby_address_counts_after_re_applying),
		cmocka_unit_test(v9_any_never_becomes_a_default_route),
		cmocka_unit_test(v10_a_users_route_stands_throughout),
		cmocka_unit_test(v18_redundancy_without_a_name_takes_the_lowest_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
