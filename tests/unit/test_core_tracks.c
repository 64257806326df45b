/* Tracked objects in the core: what makes them go up and down, delays, lists, and who is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "world.h"

static struct track_object *track(struct world *w, uint16_t number, enum track_kind kind)
{
	struct track_object *t = model_track_get(w->model, number);

	t->kind = kind;
	model_touch(w->model, MODEL_TRACK, NULL, number);
	return t;
}

static struct track_object *track_interface(struct world *w, uint16_t number, enum track_kind kind)
{
	struct track_object *t = track(w, number, kind);

	str_copy(t->interface, sizeof(t->interface), "FastEthernet0/0");
	return t;
}

static struct track_object *track_route(struct world *w, uint16_t number, const char *prefix)
{
	struct track_object *t = track(w, number, TRACK_ROUTE);

	assert_true(prefix_parse(prefix, &t->prefix));
	return t;
}

static void watches(struct world *w, uint16_t group, uint16_t object)
{
	struct standby_group *g = standby(w, group, "ha", "192.168.0.3");
	struct standby_track *t = calloc(1, sizeof(*t));

	t->object = object;
	assert_true(vec_push(&g->tracks, t));
}

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
	log_clear(w);
}

static bool is_up(const struct world *w, uint16_t number)
{
	return !core_track_down(w->core, number);
}

static void carrier(struct world *w, bool running)
{
	link_state(w, OUTSIDE, "eth0", true, running);
}

static void an_object_follows_the_line_protocol_and_its_groups_are_told(void **state)
{
	struct world *w = start();

	(void)state;
	track_interface(w, 1, TRACK_LINE_PROTOCOL);
	watches(w, 1, 1);
	runs(w);
	assert_true(is_up(w, 1));
	carrier(w, false);
	assert_false(is_up(w, 1));
	assert_seen(w, "%TRACK-6-STATE: 1 interface Fa0/0 line-protocol Up -> Down");
	assert_int_equal(count_seen(w, "hsrp track 1"), 1);
	log_clear(w);
	carrier(w, false); /* nothing new */
	assert_not_seen(w, "TRACK");
	assert_not_seen(w, "hsrp");
	carrier(w, true);
	assert_true(is_up(w, 1));
	assert_seen(w, "%TRACK-6-STATE: 1 interface Fa0/0 line-protocol Down -> Up");
	link_state(w, OUTSIDE, "eth0", false, false);
	assert_false(is_up(w, 1));
	world_free(w);
}

static void a_device_that_goes_takes_its_object_down(void **state)
{
	struct world *w = start();
	struct event gone = {.kind = EV_LINK_GONE, .link = {.ifindex = OUTSIDE, .name = "eth0"}};
	struct core_track k;

	(void)state;
	track_interface(w, 1, TRACK_LINE_PROTOCOL);
	runs(w);
	world_event(w, &gone);
	assert_false(is_up(w, 1));
	assert_true(core_track(w->core, 1, &k));
	assert_int_equal(k.why, CORE_TRACK_HARDWARE);
	assert_int_equal(k.changes, 2);
	world_free(w);
}

static void ip_routing_needs_an_address_too(void **state)
{
	struct world *w = start();
	struct core_track k;

	(void)state;
	track_interface(w, 1, TRACK_LINE_PROTOCOL);
	track_interface(w, 2, TRACK_IP_ROUTING);
	fa00(w)->address_set = false; /* else it is put back */
	runs(w);
	assert_true(is_up(w, 2));
	address(w, OUTSIDE, "192.168.0.2", false);
	assert_true(is_up(w, 1));
	assert_false(is_up(w, 2));
	assert_true(core_track(w->core, 2, &k));
	assert_int_equal(k.why, CORE_TRACK_NO_ADDRESS);
	assert_seen(w, "%TRACK-6-STATE: 2 interface Fa0/0 ip routing Up -> Down");
	address(w, OUTSIDE, "192.168.0.2", true);
	assert_true(is_up(w, 2));
	world_free(w);
}

static void a_route_counts_by_its_exact_prefix_whoever_brought_it(void **state)
{
	struct world *w = start();
	struct event underlay = {.kind = EV_UNDERLAY};

	(void)state;
	track_route(w, 1, "10.0.0.0/8");
	runs(w);
	assert_false(is_up(w, 1));
	assert_true(prefix_parse("10.1.0.0/16", &underlay.underlay));
	world_event(w, &underlay); /* does not concern the /8 */
	assert_not_seen(w, "reach");
	assert_true(prefix_parse("10.0.0.0/8", &underlay.underlay));
	w->reachable = underlay.underlay;
	world_event(w, &underlay);
	assert_true(is_up(w, 1));
	assert_seen(w, "%TRACK-6-STATE: 1 ip route 10.0.0.0/8 reachability Down -> Up");
	log_clear(w);
	carrier(w, false); /* no way to it */
	assert_false(is_up(w, 1));
	carrier(w, true);
	assert_true(is_up(w, 1));
	w->reachable = (struct prefix){0};
	assert_true(prefix_parse("0.0.0.0/0", &underlay.underlay)); /* many changed */
	world_event(w, &underlay);
	assert_false(is_up(w, 1));
	world_free(w);
}

static void delays_hold_a_change_back_and_a_change_back_cancels_it(void **state)
{
	struct world *w = start();
	struct track_object *t = track_interface(w, 1, TRACK_LINE_PROTOCOL);
	struct core_track k;

	(void)state;
	t->delay_down_s = 5;
	t->delay_up_s = 10;
	watches(w, 1, 1);
	runs(w);
	assert_true(is_up(w, 1)); /* the first look is not delayed */
	carrier(w, false);
	assert_true(is_up(w, 1));
	assert_not_seen(w, "hsrp");
	pass_ms(w, 4900);
	carrier(w, true); /* a flap: nobody hears of it */
	pass_ms(w, 60000);
	assert_true(is_up(w, 1));
	assert_not_seen(w, "TRACK");
	assert_not_seen(w, "hsrp");
	carrier(w, false);
	pass_ms(w, 3000);
	assert_true(core_track(w->core, 1, &k));
	assert_true(k.up && !k.raw && k.due.ns != MONO_NEVER.ns);
	carrier(w, false); /* the same again does not begin the delay anew */
	pass_ms(w, 1999);
	assert_true(is_up(w, 1));
	pass_ms(w, 2);
	assert_false(is_up(w, 1));
	assert_seen(w, "hsrp track 1");
	carrier(w, true);
	pass_ms(w, 9990);
	assert_false(is_up(w, 1));
	pass_ms(w, 20);
	assert_true(is_up(w, 1));
	world_free(w);
}

static void member(struct track_object *t, uint16_t object, bool negated, uint8_t weight)
{
	struct track_member *m = track_member_get(t, object);

	m->negated = negated;
	m->weight = weight;
}

static void lists_follow_their_members_through_lists(void **state)
{
	struct world *w = start();
	struct track_object *t;

	(void)state;
	track_interface(w, 1, TRACK_LINE_PROTOCOL);
	track_route(w, 2, "10.0.0.0/8"); /* down */
	t = track(w, 3, TRACK_LIST_AND);
	member(t, 1, false, 0);
	member(t, 2, true, 0);
	t = track(w, 4, TRACK_LIST_OR);
	member(t, 2, false, 0);
	member(t, 3, true, 0);
	member(t, 99, true, 0); /* does not exist: up, so not is down */
	watches(w, 1, 4);
	runs(w);
	assert_true(is_up(w, 3));
	assert_false(is_up(w, 4));
	carrier(w, false);
	assert_false(is_up(w, 3));
	assert_true(is_up(w, 4));
	assert_order(w, "1 interface Fa0/0 line-protocol Up -> Down", "3 list boolean and Up -> Down");
	assert_order(w, "3 list boolean and Up -> Down", "4 list boolean or Down -> Up");
	assert_int_equal(count_seen(w, "hsrp track 4"), 1);
	world_free(w);
}

static void thresholds_have_a_dead_zone(void **state)
{
	struct world *w = start();
	struct track_object *weight = track(w, 10, TRACK_LIST_WEIGHT),
			    *percent = track(w, 11, TRACK_LIST_PERCENTAGE);
	struct event underlay = {.kind = EV_UNDERLAY};
	struct core_track k;

	(void)state;
	track_interface(w, 1, TRACK_LINE_PROTOCOL);
	track_route(w, 2, "10.0.0.0/8");
	member(weight, 1, false, 20);
	member(weight, 2, false, 0); /* 10 */
	weight->threshold_set = true;
	weight->threshold_up = 30;
	weight->threshold_down = 10;
	member(percent, 1, false, 0);
	member(percent, 2, false, 0);
	runs(w);
	assert_false(is_up(w, 10)); /* 20 of 30: between the two, and it was not up */
	assert_false(is_up(w, 11)); /* 50 % is not more than half */
	assert_true(prefix_parse("10.0.0.0/8", &underlay.underlay));
	w->reachable = underlay.underlay;
	world_event(w, &underlay);
	assert_true(is_up(w, 10));
	assert_true(is_up(w, 11));
	w->reachable = (struct prefix){0};
	world_event(w, &underlay);
	assert_true(is_up(w, 10)); /* 20: still more than 10 */
	assert_true(core_track(w->core, 10, &k));
	assert_int_equal(k.part, 20);
	assert_int_equal(k.whole, 30);
	carrier(w, false);
	assert_false(is_up(w, 10));
	world_free(w);
}

static void what_does_not_exist_or_has_no_effect_counts_as_up(void **state)
{
	struct world *w = start();

	(void)state;
	track(w, 1, TRACK_IP_SLA)->sla = 7;
	track_interface(w, 2, TRACK_LINE_PROTOCOL);
	watches(w, 1, 2);
	runs(w);
	carrier(w, false);
	assert_true(is_up(w, 1));
	assert_true(is_up(w, 77));
	assert_false(is_up(w, 2));
	log_clear(w);
	model_track_delete(w->model, 2);
	model_touch(w->model, MODEL_TRACK, NULL, 2);
	config(w);
	assert_true(is_up(w, 2));
	assert_seen(w, "hsrp track 2"); /* its group's priority comes back */
	world_free(w);
}

static void nothing_is_said_before_the_first_snapshot_is_whole(void **state)
{
	struct world *w = start();

	(void)state;
	track_interface(w, 1, TRACK_LINE_PROTOCOL);
	watches(w, 1, 1);
	config(w);
	assert_true(is_up(w, 1));
	assert_not_seen(w, "TRACK");
	snapshot(w);
	assert_true(is_up(w, 1));
	assert_not_seen(w, "TRACK");
	world_free(w);
}

static void another_device_is_another_object(void **state)
{
	struct world *w = start();

	(void)state;
	track_interface(w, 1, TRACK_LINE_PROTOCOL);
	runs(w);
	str_copy(fa00(w)->device, sizeof(fa00(w)->device), "eth9");
	model_touch(w->model, MODEL_INTERFACE, "FastEthernet0/0", 0);
	config(w);
	assert_false(is_up(w, 1));
	link_state(w, 30, "eth9", true, true);
	assert_true(is_up(w, 1));
	world_free(w);
}

static struct static_route *route_line(
	struct world *w, const char *prefix, const char *gateway, const char *interface)
{
	struct static_route like = {0};

	assert_true(prefix_parse(prefix, &like.prefix));
	assert_true(!gateway || ip_parse(gateway, &like.gateway));
	str_copy(like.interface, sizeof(like.interface), interface);
	model_touch(w->model, MODEL_STATIC_ROUTE, NULL, 0);
	return model_static_route_get(w->model, &like);
}

static void a_static_route_stands_while_its_object_is_up(void **state)
{
	struct world *w = start();
	struct static_route *line;

	(void)state;
	str_copy(track(w, 1, TRACK_LINE_PROTOCOL)->interface, INTERFACE_NAME_MAX, "eth5");
	line = route_line(w, "10.20.0.0/16", "192.168.0.1", "");
	line->track = 1;
	route_line(w, "10.21.0.0/16", "192.168.0.1", "")->track = 77; /* does not exist: up */
	route_line(w, "10.20.0.0/16", "192.168.0.7", "")->distance = 250;
	runs(w);
	assert_false(is_up(w, 1)); /* no such device yet */
	assert_true(has_route(w, "10.20.0.0/16", 215));
	assert_true(has_route(w, "10.21.0.0/16", 215));
	link_state(w, 30, "eth5", true, true);
	assert_seen(w, "route+ 10.20.0.0/16 via 192.168.0.1");
	log_clear(w);
	link_state(w, 30, "eth5", true, false);
	assert_seen(w, "route- 10.20.0.0/16 via 192.168.0.1");
	assert_not_seen(w, "192.168.0.7"); /* it stands: nothing is in front of it now */
	assert_not_seen(w, "10.21.0.0");
	log_clear(w);
	line->track = 0; /* typed anew without the object */
	model_touch(w->model, MODEL_STATIC_ROUTE, NULL, 0);
	config(w);
	assert_seen(w, "route+ 10.20.0.0/16 via 192.168.0.1");
	log_clear(w);
	line->track = 1;
	model_touch(w->model, MODEL_STATIC_ROUTE, NULL, 0);
	config(w);
	assert_seen(w, "route- 10.20.0.0/16 via 192.168.0.1");
	model_track_delete(w->model, 1); /* what does not exist is up */
	model_touch(w->model, MODEL_TRACK, NULL, 1);
	log_clear(w);
	config(w);
	assert_seen(w, "route+ 10.20.0.0/16 via 192.168.0.1");
	world_free(w);
}

static void a_permanent_route_stays_without_carrier(void **state)
{
	struct world *w = start();
	struct static_route *line;

	(void)state;
	route_line(w, "10.20.0.0/16", NULL, "FastEthernet0/0");
	line = route_line(w, "10.21.0.0/16", NULL, "FastEthernet0/0");
	line->permanent = true;
	runs(w);
	assert_true(has_route(w, "10.20.0.0/16", 215));
	assert_true(has_route(w, "10.21.0.0/16", 215));
	carrier(w, false);
	assert_false(has_route(w, "10.20.0.0/16", 215));
	assert_true(has_route(w, "10.21.0.0/16", 215));
	line->permanent = false;
	model_touch(w->model, MODEL_STATIC_ROUTE, NULL, 0);
	config(w);
	assert_false(has_route(w, "10.21.0.0/16", 215));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_follows_the_line_protocol_and_its_groups_are_told),
		cmocka_unit_test(a_device_that_goes_takes_its_object_down),
		cmocka_unit_test(ip_routing_needs_an_address_too),
		cmocka_unit_test(a_route_counts_by_its_exact_prefix_whoever_brought_it),
		cmocka_unit_test(delays_hold_a_change_back_and_a_change_back_cancels_it),
		cmocka_unit_test(lists_follow_their_members_through_lists),
		cmocka_unit_test(thresholds_have_a_dead_zone),
		cmocka_unit_test(what_does_not_exist_or_has_no_effect_counts_as_up),
		cmocka_unit_test(nothing_is_said_before_the_first_snapshot_is_whole),
		cmocka_unit_test(another_device_is_another_object),
		cmocka_unit_test(a_static_route_stands_while_its_object_is_up),
		cmocka_unit_test(a_permanent_route_stays_without_carrier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
