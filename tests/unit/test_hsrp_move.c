/* Groups that follow another, preemption that waits for IPsec, delays of an interface, several groups that share the load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "linux/md5.h"
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

/* One router step by step: what it asks of its kernel, by segment, and what it said. */
struct did {
	struct hsrp_kernel asked[SEGMENTS];
	unsigned asks[SEGMENTS], resigns, reports[SEGMENTS];
	struct hsrp_status told[SEGMENTS];
};

static struct did step(struct hsrp *h, const struct hsrp_in *in)
{
	struct hsrp_outs outs = {0};
	struct did did = {0};

	assert_int_equal(hsrp_step(h, in, w->now, &outs), 0);
	for (size_t n = 0; n < outs.count; n++) {
		const struct hsrp_out *o = &outs.items[n];
		struct hsrp_frame f;
		struct hsrp_packet p;

		if (o->kind == HSRP_OUT_KERNEL) {
			unsigned s = strcmp(o->kernel.device, "in0") == 0 ? IN : OUT;
			did.asked[s] = o->kernel;
			did.asks[s]++;
		} else if (o->kind == HSRP_OUT_REPORT) {
			unsigned s = strcmp(o->report.status.device, "in0") == 0 ? IN : OUT;
			did.told[s] = o->report.status;
			did.reports[s]++;
		} else if (o->kind == HSRP_OUT_SEND &&
			hsrp_frame_read(&f, o->send.bytes, o->send.len, true) == HSRP_WIRE_OK &&
			hsrp_packet_read(&p, f.payload, f.payload_len) == HSRP_WIRE_OK) {
			did.resigns += p.opcode == HSRP_RESIGN;
		}
	}
	hsrp_outs_free(&outs);
	return did;
}

static struct did answer(struct hsrp *h, const struct hsrp_kernel *k)
{
	struct hsrp_in in = {.kind = HSRP_IN_KERNEL};

	memcpy(in.kernel.device, k->device, sizeof(in.kernel.device));
	in.kernel.group = k->group;
	in.kernel.family = k->family;
	in.kernel.serial = k->serial;
	return step(h, &in);
}

/* Found by the simulator: both were still on their way to their addresses, and the master's kernel was done first. */
static void a_resign_waits_for_a_follower_that_is_late(void **state)
{
	struct hsrp_in in = {.kind = HSRP_IN_RESIGN, .which = {.device = "out0", .group = 1}};

	(void)state;
	start(2, true);
	struct hsrp *h = w->box[1].h;
	struct did leaving = step(h, &in);
	assert_int_equal(leaving.asked[OUT].op, HSRP_KERNEL_UNSERVE);
	assert_int_equal(leaving.asked[IN].op, HSRP_KERNEL_UNSERVE);
	assert_int_equal(answer(h, &leaving.asked[OUT]).resigns, 0);
	assert_int_equal(answer(h, &leaving.asked[IN]).resigns, 1);
}

/* Also by a master that is not configured any more: it is there until it has said so. */
static void a_removed_master_says_farewell_when_its_follower_is_done(void **state)
{
	struct hsrp_in in = {.kind = HSRP_IN_REMOVE_GROUP, .which = {.device = "out0", .group = 1}};
	struct hsrp_status s;

	(void)state;
	start(2, true);
	struct hsrp *h = w->box[1].h;
	struct did leaving = step(h, &in), did = answer(h, &leaving.asked[OUT]);
	assert_int_equal(did.resigns, 0);
	assert_int_equal(did.asked[OUT].op, HSRP_KERNEL_REMOVE);
	assert_int_equal(answer(h, &did.asked[OUT]).resigns, 0);
	assert_true(hsrp_group_status(h, "out0", IP_V4, 1, &s));
	assert_int_equal(answer(h, &leaving.asked[IN]).resigns, 1);
	assert_false(hsrp_group_status(h, "out0", IP_V4, 1, &s));
}

static struct hsrp *successor(int64_t silent_ms)
{
	struct hsrp *h = hsrp_new(7, md5_sum);
	struct hsrp_in master = {.kind = HSRP_IN_RESUME,
		.record = {.device = "out0",
			.group = 1,
			.family = IP_V4,
			.state = HSRP_ACTIVE,
			.last_hello = mono_add_ms(w->now, -silent_ms),
			.hold_ms = 10000}};
	struct hsrp_in follower = {
		.kind = HSRP_IN_RESUME, .record = {.device = "in0", .group = 2, .state = HSRP_ACTIVE}};

	follower.record.family = IP_V4;
	hsrp_free(w->box[0].h);
	w->box[0].h = h;
	(void)step(h, &master);
	(void)step(h, &follower);
	for (unsigned s = 0; s < SEGMENTS; s++) {
		struct did did = step(
			h, &(struct hsrp_in){.kind = HSRP_IN_INTERFACE, .interface = w->box[0].interface[s]});
		assert_int_equal(did.reports[OUT] + did.reports[IN], 0);
		did = step(h, &(struct hsrp_in){.kind = HSRP_IN_GROUP, .group = w->box[0].group[s]});
		assert_int_equal(did.reports[OUT] + did.reports[IN], 0);
	}
	return h;
}

static struct did link_up(struct hsrp *h, const char *device, int ifindex)
{
	struct hsrp_in in = {.kind = HSRP_IN_LINK, .link = {.ifindex = ifindex, .up = true}};

	strcpy(in.link.device, device);
	return step(h, &in);
}

/* D9. Found by the simulator: the master's role was taken up, and the follower's address taken away before it came back. */
static void a_follower_is_taken_up_again_with_its_master(void **state)
{
	(void)state;
	start(1, true);
	for (unsigned order = 0; order < 2; order++) {
		struct hsrp *h = successor(9000);
		struct did first = order ? link_up(h, "out0", 3) : link_up(h, "in0", 4);
		struct did second = order ? link_up(h, "in0", 4) : link_up(h, "out0", 3);
		const struct did *master = order ? &first : &second;

		assert_int_equal(first.asks[IN], 0); /* its address is not touched */
		assert_int_equal(master->asked[OUT].op, HSRP_KERNEL_SERVE);
		assert_int_equal(second.asks[IN], 1);
		assert_int_equal(second.asked[IN].op, HSRP_KERNEL_SERVE);
		assert_int_equal(first.reports[IN] + second.reports[IN], 0);
		assert_int_equal(pair_state(w, 0, IN), HSRP_ACTIVE);
		struct did done = answer(h, &second.asked[IN]);
		assert_int_equal(done.reports[IN], 1);
		assert_true(done.told[IN].serving);
		(void)answer(h, &master->asked[OUT]);
	}
}

/* Later than the hold time what is left goes, and is told to be gone when it is. */
static void what_a_follower_left_goes_when_its_master_cannot_resume(void **state)
{
	(void)state;
	start(1, true);
	struct hsrp *h = successor(10001);
	struct did in = link_up(h, "in0", 4);
	assert_int_equal(in.asked[IN].op, HSRP_KERNEL_REMOVE);
	assert_int_equal(in.reports[IN], 0);
	struct did out = link_up(h, "out0", 3);
	assert_int_equal(out.asked[OUT].op, HSRP_KERNEL_REMOVE);
	assert_int_equal(out.reports[OUT], 0);
	struct did done = answer(h, &in.asked[IN]);
	assert_int_equal(done.reports[IN], 1);
	assert_int_equal(done.told[IN].state, HSRP_INITIAL);
	assert_int_equal(answer(h, &out.asked[OUT]).reports[OUT], 1);

	/* The hold time ends while the master's device is not there: the follower does not wait for it for ever. */
	h = successor(9000);
	in = link_up(h, "in0", 4);
	assert_int_equal(in.asks[IN], 0);
	w->now = mono_add_ms(w->now, 1000); /* the interface's delay */
	assert_int_equal(step(h, &(struct hsrp_in){.kind = HSRP_IN_TIME}).asks[IN], 0);
	assert_int_equal(mono_diff_ms(hsrp_deadline(h), w->now), 1);
	w->now = hsrp_deadline(h);
	in = step(h, &(struct hsrp_in){.kind = HSRP_IN_TIME});
	assert_int_equal(in.asked[IN].op, HSRP_KERNEL_REMOVE);
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
		TEST(a_resign_waits_for_a_follower_that_is_late),
		TEST(a_removed_master_says_farewell_when_its_follower_is_done),
		TEST(a_follower_is_taken_up_again_with_its_master),
		TEST(what_a_follower_left_goes_when_its_master_cannot_resume),
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
