/* Groups that follow another, preemption that waits for IPsec, delays of an interface, several groups that share the load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pair_world.h"

static struct pair_world world, *const w = &world;

enum { SETTLED_MS = 60000 };

static int close_world(void **state)
{
	(void)state;
	pair_world_close(w);
	return 0;
}

static void follow(unsigned box)
{
	struct hsrp_ref *r = &w->box[box].group[IN].follow;

	strcpy(r->device, w->box[box].group[OUT].device);
	r->group = w->box[box].group[OUT].group;
	r->family = IP_V4;
}

static void start(unsigned boxes, bool followers)
{
	pair_world_init(w, boxes, true, false);
	for (unsigned n = 0; n < boxes; n++) {
		if (followers)
			follow(n);
		w->box[n].interface[IN].mac_refresh_s = 10;
		pair_start(w, n);
	}
	pair_run_ms(w, SETTLED_MS);
}

static void assert_state(unsigned box, unsigned segment, enum hsrp_state want)
{
	assert_int_equal(pair_state(w, box, segment), want);
	assert_int_equal(w->box[box].has_address[segment], want == HSRP_ACTIVE);
	assert_int_equal(w->box[box].serving[segment], want == HSRP_ACTIVE);
}

/* --- standby follow ----------------------------------------------------------------------------------------------------- */

static void a_follower_has_its_masters_state_and_sends_no_hello(void **state)
{
	(void)state;
	start(2, true);
	assert_state(
		1, OUT, HSRP_ACTIVE); /* addresses cross: by itself the inside would be the other box's */
	assert_state(1, IN, HSRP_ACTIVE);
	assert_state(0, OUT, HSRP_STANDBY);
	assert_state(0, IN, HSRP_STANDBY);
	for (unsigned n = 0; n < 2; n++) {
		assert_int_equal(pair_status(w, n, IN).sent, 0);
		assert_int_equal(pair_status(w, n, IN).received, 0);
		assert_true(pair_status(w, n, OUT).sent > 0);
	}
}

static void a_follower_moves_in_the_step_of_its_master(void **state)
{
	(void)state;
	start(2, true);
	mono_t now = w->now;
	pair_link(w, 1, OUT, false);
	assert_state(1, IN, HSRP_INITIAL);
	pair_run_ms(w, 12000);
	assert_true(w->now.ns > now.ns);
	assert_state(0, OUT, HSRP_ACTIVE);
	assert_state(0, IN, HSRP_ACTIVE);
	assert_int_equal(pair_status(w, 0, OUT).last_change.ns, pair_status(w, 0, IN).last_change.ns);
}

/* The master's Resign is true for all: the kernel is told to take the follower's address away before the master's. */
static void a_resign_of_the_master_leaves_after_the_followers_address(void **state)
{
	struct hsrp_in in = {.kind = HSRP_IN_RESIGN, .which = {.device = "out0", .group = 1}};
	struct hsrp_outs outs = {0};
	int follower = -1, master = -1;

	(void)state;
	start(2, true);
	assert_int_equal(hsrp_step(w->box[1].h, &in, w->now, &outs), 0);
	for (size_t n = 0; n < outs.count; n++) {
		assert_int_not_equal(outs.items[n].kind, HSRP_OUT_SEND); /* nothing is said yet */
		if (outs.items[n].kind != HSRP_OUT_KERNEL)
			continue;
		assert_int_equal(outs.items[n].kernel.op, HSRP_KERNEL_UNSERVE);
		*(strcmp(outs.items[n].kernel.device, "in0") == 0 ? &follower : &master) = (int)n;
	}
	assert_true(follower >= 0 && follower < master);
	hsrp_outs_free(&outs);
}

static void a_follower_reminds_switches_of_its_mac(void **state)
{
	(void)state;
	start(1, true);
	unsigned before = w->box[0].garps;
	pair_run_ms(w, 60000);
	assert_int_equal(w->box[0].garps - before, 6);
	w->box[0].interface[IN].mac_refresh_s = 0;
	pair_configure(w, 0);
	pair_run_ms(w, 10000); /* the last one that was due */
	before = w->box[0].garps;
	pair_run_ms(w, 60000);
	assert_int_equal(w->box[0].garps, before);
}

static void a_follower_whose_own_link_is_down_stays_init(void **state)
{
	(void)state;
	start(1, true);
	pair_link(w, 0, IN, false);
	assert_state(0, IN, HSRP_INITIAL);
	assert_state(0, OUT, HSRP_ACTIVE); /* the master is not its follower's business */
	pair_link(w, 0, IN, true);
	pair_run_ms(w, 1500);
	assert_state(0, IN, HSRP_ACTIVE);
}

static void a_follower_without_a_master_waits_for_it(void **state)
{
	struct hsrp_in gone = {.kind = HSRP_IN_REMOVE_GROUP, .which = {.device = "out0", .group = 1}};

	(void)state;
	start(1, true);
	pair_step(w, 0, &gone);
	assert_state(0, IN, HSRP_INITIAL);
	pair_configure(w, 0);
	pair_run_ms(w, 30000);
	assert_state(0, OUT, HSRP_ACTIVE);
	assert_state(0, IN, HSRP_ACTIVE);
}

static void a_group_that_follows_no_longer_elects_again(void **state)
{
	(void)state;
	start(2, true);
	for (unsigned n = 0; n < 2; n++) {
		w->box[n].group[IN].follow = (struct hsrp_ref){0};
		pair_configure(w, n);
	}
	assert_state(1, IN, HSRP_LISTEN);
	pair_run_ms(w, SETTLED_MS);
	assert_state(0, IN, HSRP_ACTIVE); /* the higher address inside */
	assert_state(1, OUT, HSRP_ACTIVE);
	for (unsigned n = 0; n < 2; n++) { /* and back */
		follow(n);
		pair_configure(w, n);
	}
	assert_state(1, IN, HSRP_ACTIVE);
	assert_state(0, IN, HSRP_STANDBY);
}

static void followers_do_not_follow_followers(void **state)
{
	(void)state;
	pair_world_init(w, 1, false, false);
	follow(0);
	w->box[0].group[OUT].follow = (struct hsrp_ref){.device = "in0", .group = 2, .family = IP_V4};
	pair_start(w, 0);
	pair_run_ms(w, SETTLED_MS);
	assert_state(0, OUT, HSRP_INITIAL);
	assert_state(0, IN, HSRP_INITIAL);
}

/* --- preempt delay sync (H9) ------------------------------------------------------------------------------------------ */

static void better(unsigned box, uint16_t minimum_s, uint16_t sync_s)
{
	struct hsrp_group_config *g = &w->box[box].group[OUT];

	g->priority = 110;
	g->preempt = true;
	g->preempt_minimum_s = minimum_s;
	g->preempt_sync_s = sync_s;
	pair_configure(w, box);
}

static void h9_preemption_waits_for_ipsec_at_most_so_long(void **state)
{
	(void)state;
	start(2, false);
	better(0, 0, 60);
	pair_run_ms(w, 50000);
	assert_state(1, OUT, HSRP_ACTIVE);
	assert_true(pair_status(w, 0, OUT).preempt_at.ns != INT64_MAX);
	pair_run_ms(w, 14000); /* and the hello that was the first chance */
	assert_state(0, OUT, HSRP_ACTIVE);
}

static void h9_preemption_happens_at_once_when_ipsec_becomes_ready(void **state)
{
	(void)state;
	start(2, false);
	better(0, 0, 600);
	pair_run_ms(w, 30000);
	assert_state(1, OUT, HSRP_ACTIVE);
	w->box[0].group[OUT].sync_ready = true;
	pair_configure(w, 0);
	assert_state(0, OUT, HSRP_ACTIVE); /* not a hello later */
}

static void h9_minimum_holds_although_ipsec_is_ready(void **state)
{
	(void)state;
	start(2, false);
	w->box[0].group[OUT].sync_ready = true;
	better(0, 40, 600);
	pair_run_ms(w, 39000);
	assert_state(1, OUT, HSRP_ACTIVE);
	pair_run_ms(w, 5000);
	assert_state(0, OUT, HSRP_ACTIVE);
}

static void h9_sync_holds_back_no_takeover_of_a_dead_router(void **state)
{
	(void)state;
	start(2, false);
	better(0, 0, 600);
	pair_run_ms(w, 10000);
	w->box[1].cut[OUT] = true;
	pair_run_ms(w, 12000);
	assert_state(0, OUT, HSRP_ACTIVE);
}

static void h9_a_chance_that_passes_begins_the_wait_anew(void **state)
{
	(void)state;
	start(2, false);
	better(0, 0, 30);
	pair_run_ms(w, 25000);
	w->box[1].group[OUT].priority = 120; /* now it is better: no chance */
	pair_configure(w, 1);
	pair_run_ms(w, 20000);
	assert_state(1, OUT, HSRP_ACTIVE);
	w->box[1].group[OUT].priority = 100;
	pair_configure(w, 1);
	pair_run_ms(w, 28000);
	assert_state(1, OUT, HSRP_ACTIVE);
	pair_run_ms(w, 4000);
	assert_state(0, OUT, HSRP_ACTIVE);
}

/* --- standby delay, version ------------------------------------------------------------------------------------------- */

static void ready_after(int64_t ms)
{
	pair_run_ms(w, ms - 10);
	assert_int_equal(pair_state(w, 0, OUT), HSRP_INITIAL);
	pair_run_ms(w, 20);
	assert_int_equal(pair_state(w, 0, OUT), HSRP_LISTEN);
}

static void standby_delay_counts_reload_once_and_minimum_each_time(void **state)
{
	(void)state;
	pair_world_init(w, 1, false, false);
	w->box[0].interface[OUT].delay_minimum_s = 5;
	w->box[0].interface[OUT].delay_reload_s = 20;
	pair_start(w, 0);
	ready_after(20000);
	pair_link(w, 0, OUT, false);
	assert_int_equal(pair_state(w, 0, OUT), HSRP_INITIAL);
	pair_link(w, 0, OUT, true);
	ready_after(5000);
	pair_link(w, 0, OUT, false);
	pair_link(w, 0, OUT, true);
	pair_run_ms(w, 3000); /* a flap meanwhile begins the delay anew */
	pair_link(w, 0, OUT, false);
	pair_link(w, 0, OUT, true);
	ready_after(5000);
}

static void a_changed_version_starts_all_groups_of_the_interface_over(void **state)
{
	(void)state;
	start(2, false);
	assert_state(1, OUT, HSRP_ACTIVE);
	uint32_t inside = pair_status(w, 1, IN).changes;
	w->box[1].interface[OUT].version = 2;
	pair_configure(w, 1);
	assert_int_equal(pair_state(w, 1, OUT), HSRP_LISTEN);
	assert_false(w->box[1].has_address[OUT]);
	assert_state(0, OUT, HSRP_ACTIVE); /* it heard the farewell, in version 1 */
	assert_int_equal(pair_status(w, 1, IN).changes, inside);
	w->box[0].interface[OUT].version = 2;
	pair_configure(w, 0);
	pair_run_ms(w, SETTLED_MS);
	assert_int_equal((pair_state(w, 0, OUT) == HSRP_ACTIVE) + (pair_state(w, 1, OUT) == HSRP_ACTIVE), 1);
}

/* --- more routers, more groups ------------------------------------------------------------------------------------------- */

/* Two groups of one box, one preferred here, one there: each box serves one while both live, both when the other is dead. */
static void mhsrp_groups_share_the_load_and_one_box_carries_all(void **state)
{
	(void)state;
	pair_world_init(w, 2, false, false);
	for (unsigned n = 0; n < 2; n++) {
		w->box[n].group[OUT].priority = n ? 100 : 110;
		w->box[n].group[IN].priority = n ? 110 : 100;
		w->box[n].group[OUT].preempt = w->box[n].group[IN].preempt = true;
		pair_start(w, n);
	}
	pair_run_ms(w, SETTLED_MS);
	assert_state(0, OUT, HSRP_ACTIVE);
	assert_state(1, OUT, HSRP_STANDBY);
	assert_state(1, IN, HSRP_ACTIVE);
	assert_state(0, IN, HSRP_STANDBY);
	w->box[0].cut[OUT] = w->box[0].cut[IN] = true;
	pair_run_ms(w, 12000);
	assert_state(1, OUT, HSRP_ACTIVE);
	assert_state(1, IN, HSRP_ACTIVE);
	w->box[0].cut[OUT] = w->box[0].cut[IN] = false;
	pair_run_ms(w, SETTLED_MS);
	assert_state(0, OUT, HSRP_ACTIVE);
	assert_state(1, IN, HSRP_ACTIVE);
	assert_state(1, OUT, HSRP_STANDBY);
	assert_state(0, IN, HSRP_STANDBY);
}

static void a_tracked_object_moves_the_role_within_the_same_instant(void **state)
{
	(void)state;
	start(2, false);
	w->box[1].group[OUT].priority = 110;
	w->box[1].group[OUT].track_count = 1;
	w->box[1].group[OUT].track[0] = (struct hsrp_track){.object = 1, .decrement = 20};
	w->box[0].group[OUT].preempt = w->box[1].group[OUT].preempt = true;
	pair_configure(w, 0);
	pair_configure(w, 1);
	pair_run_ms(w, 4000);
	assert_state(1, OUT, HSRP_ACTIVE);
	w->box[1].group[OUT].track[0].down = true;
	pair_configure(w, 1); /* Hello with 90, Coup, Hello(Speak): no time passes */
	assert_state(0, OUT, HSRP_ACTIVE);
	assert_state(1, OUT, HSRP_SPEAK);
	assert_int_equal(pair_status(w, 1, OUT).priority, 90);
	w->box[1].group[OUT].track[0].down = false;
	pair_configure(w, 1);
	pair_run_ms(w, SETTLED_MS);
	assert_state(1, OUT, HSRP_ACTIVE);
}

#define TEST(f) cmocka_unit_test_teardown(f, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_follower_has_its_masters_state_and_sends_no_hello),
		TEST(a_follower_moves_in_the_step_of_its_master),
		TEST(a_resign_of_the_master_leaves_after_the_followers_address),
		TEST(a_follower_reminds_switches_of_its_mac),
		TEST(a_follower_whose_own_link_is_down_stays_init),
		TEST(a_follower_without_a_master_waits_for_it),
		TEST(a_group_that_follows_no_longer_elects_again),
		TEST(followers_do_not_follow_followers),
		TEST(h9_preemption_waits_for_ipsec_at_most_so_long),
		TEST(h9_preemption_happens_at_once_when_ipsec_becomes_ready),
		TEST(h9_minimum_holds_although_ipsec_is_ready),
		TEST(h9_sync_holds_back_no_takeover_of_a_dead_router),
		TEST(h9_a_chance_that_passes_begins_the_wait_anew),
		TEST(standby_delay_counts_reload_once_and_minimum_each_time),
		TEST(a_changed_version_starts_all_groups_of_the_interface_over),
		TEST(mhsrp_groups_share_the_load_and_one_box_carries_all),
		TEST(a_tracked_object_moves_the_role_within_the_same_instant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
