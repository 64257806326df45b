/* Routes and peers that do not do as they are told: deleted, refused, silent. */
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

static void a_route_that_somebody_deletes_comes_back(void **state)
{
	struct world *w = static_world();
	struct event e = {.kind = EV_ROUTE_GONE};

	(void)state;
	pass_ms(w, 5000);
	for (size_t i = 0; i < w->route_cap; i++) {
		if (w->routes[i].used && w->routes[i].r.protocol == 213) {
			e.route = w->routes[i].r;
			w->routes[i].used = false;
		}
	}
	log_clear(w);
	world_event(w, &e);
	assert_seen(w, "route+ 10.0.0.0/16");
	world_free(w);
}

static void a_refused_route_is_tried_again(void **state)
{
	struct world *w = core_start();

	(void)state;
	w->route_error = -ENETUNREACH;
	static_map(w);
	apply(w, "mymap", false, "");
	core_runs(w);
	assert_int_equal(count_seen(w, "route+ 10.0.0.0/16"), 1);
	assert_seen(w, "RRI-4-ROUTE_REFUSED");
	assert_non_null(strstr(route_reason(w, "10.0.0.0/16"), "refused by the kernel"));
	pass_ms(w, 8000);
	assert_in_range(count_seen(w, "route+ 10.0.0.0/16"), 3, 5); /* after 1, 2, 4 s */
	assert_int_equal(count_seen(w, "RRI-4-ROUTE_REFUSED"), 1);
	w->route_error = 0;
	address(w, OUTSIDE, "192.168.0.44", true);
	assert_true(has_route(w, "10.0.0.0/16", 213));
	world_free(w);
}

/* Found by the simulator: the withdrawal found nothing, as the kernel had dropped the route, and nobody looked again. */
static void a_refused_route_is_not_believed_to_stand(void **state)
{
	struct world *w = redundant_world(HSRP_ROLE_ACTIVE);

	(void)state;
	assert_true(has_route(w, "10.0.0.0/16", 213));
	w->defer = true;
	role(w, 0, HSRP_ROLE_STANDBY, "192.168.0.3");
	pass_ms(w, 15000); /* nothing answers: leaving goes on */
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	pass_ms(w, 15000);
	for (size_t i = 0; i < w->route_cap; i++)
		w->routes[i].used = false; /* without a word, with the address */
	w->route_error = -EINVAL;
	log_clear(w);
	while (world_deliver(w))
		;
	assert_order(w, "route- 10.0.0.0/16", "route+ 10.0.0.0/16");
	assert_non_null(strstr(route_reason(w, "10.0.0.0/16"), "refused by the kernel"));
	w->defer = false;
	w->route_error = 0;
	pass_ms(w, 5000);
	assert_true(has_route(w, "10.0.0.0/16", 213));
	assert_string_equal(route_reason(w, "10.0.0.0/16"), "");
	world_free(w);
}

/* Found by the simulator: withdrawn and put back before the kernel had done either, then withdrawn for good. */
static void a_route_that_came_back_is_known_to_stand(void **state)
{
	struct world *w = redundant_world(HSRP_ROLE_ACTIVE);

	(void)state;
	w->defer = true;
	role(w, 0, HSRP_ROLE_STANDBY, "192.168.0.3");
	pass_ms(w, 15000); /* nothing answers: leaving goes on */
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	pass_ms(w, 15000);
	log_clear(w);
	while (world_deliver(w)) /* the word that it went is read while its return is under way */
		;
	assert_order(w, "route- 10.0.0.0/16", "route+ 10.0.0.0/16");
	w->defer = false;
	assert_true(has_route(w, "10.0.0.0/16", 213));
	role(w, 0, HSRP_ROLE_STANDBY, "192.168.0.3");
	assert_false(has_route(w, "10.0.0.0/16", 213));
	world_free(w);
}

static void recursive_and_interface_routes_of_the_configuration(void **state)
{
	struct world *w = core_start();
	struct static_route like = {0};

	(void)state;
	assert_true(prefix_parse("0.0.0.0/0", &like.prefix));
	assert_true(ip_parse("192.168.0.1", &like.gateway));
	model_static_route_get(w->model, &like);
	assert_true(prefix_parse("10.50.0.0/16", &like.prefix));
	assert_true(ip_parse("10.7.7.7", &like.gateway)); /* by the default route */
	model_static_route_get(w->model, &like)->distance = 200;
	model_touch(w->model, MODEL_STATIC_ROUTE, NULL, 0);
	core_runs(w);
	assert_seen(w, "route+ 0.0.0.0/0 via 192.168.0.1 dev 2 proto 215 metric 16777216");
	assert_seen(w, "route+ 10.50.0.0/16 via 192.168.0.1 dev 2 proto 215 metric 3355443200");
	assert_in_range(count_seen(w, "resolve 10.7.7.7"), 2, 3); /* again, once the default route stands */
	world_free(w);
}

static void silent_peers_are_asked_again_ever_more_slowly(void **state)
{
	struct world *w = static_world();

	(void)state;
	assert_int_equal(count_seen(w, "initiate"), 1);
	pass_ms(w, 16000);
	assert_int_equal(count_seen(w, "initiate"), 1);
	assert_seen(w, "terminate hs/FastEthernet0/0/mymap/1/10.1.1.1 force"); /* the half-open one */
	pass_ms(w, 2000);
	assert_int_equal(count_seen(w, "initiate"), 2);
	pass_ms(w, 600000);
	assert_in_range(count_seen(w, "initiate"), 8, 14);
	assert_int_equal(count_seen(w, "CRYPTO-4-PEER_SILENT"), 1);
	/* It answers after all. */
	ike_up(w, 1, static_conn, "10.1.1.1");
	child_up(w, 1, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	log_clear(w);
	pass_ms(w, 600000);
	assert_int_equal(w->log_count, 0);
	child_gone(w, 1);
	pass_ms(w, 1500);
	assert_int_equal(count_seen(w, "initiate"), 1);
	world_free(w);
}

static void the_next_peer_is_asked_and_the_default_one_comes_back(void **state)
{
	struct world *w = core_start();
	struct crypto_map_entry *e = static_map(w);
	struct ipaddr current;

	(void)state;
	assert_true(ip_parse("10.1.1.2", &e->peers[e->peer_count++].addr));
	e->peers[0].is_default = true;
	apply(w, "mymap", false, "");
	core_runs(w);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l10");
	assert_not_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.2");
	pass_ms(w, 12500);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.2 l10");
	ike_up(w, 1, "hs/FastEthernet0/0/mymap/1/10.1.1.2", "10.1.1.2");
	child_up(w, 1, 1, "hs/FastEthernet0/0/mymap/1/10.1.1.2", "l10", "10.1.1.2", "10.0.0.0/16");
	assert_true(core_current_peer(w->core, "FastEthernet0/0", 1, &current));
	assert_int_equal(ip_v4_u32(&current), 0x0a010102);
	log_clear(w);
	child_gone(w, 1);
	pass_ms(w, 1500);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l10");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_route_that_somebody_deletes_comes_back),
		cmocka_unit_test(a_refused_route_is_tried_again),
		cmocka_unit_test(a_refused_route_is_not_believed_to_stand),
		cmocka_unit_test(a_route_that_came_back_is_known_to_stand),
		cmocka_unit_test(recursive_and_interface_routes_of_the_configuration),
		cmocka_unit_test(silent_peers_are_asked_again_ever_more_slowly),
		cmocka_unit_test(the_next_peer_is_asked_and_the_default_one_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
