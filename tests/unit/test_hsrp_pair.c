/* H10: two groups that move together. A box is active for both or for neither, at the end of every single step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pair_world.h"

static struct pair_world world, *const w = &world;

enum { SETTLED_MS = 60000 };

static bool active(unsigned box, unsigned segment)
{
	return pair_state(w, box, segment) == HSRP_ACTIVE;
}

static void assert_both(unsigned box)
{
	for (unsigned s = 0; s < SEGMENTS; s++) {
		assert_true(active(box, s));
		assert_true(w->box[box].has_address[s]);
		assert_true(w->box[box].serving[s]);
	}
	assert_false(w->box[box].split);
}

static void assert_neither(unsigned box)
{
	for (unsigned s = 0; s < SEGMENTS; s++) {
		assert_false(active(box, s));
		assert_false(w->box[box].has_address[s]);
		assert_false(w->box[box].serving[s]);
	}
	assert_false(w->box[box].split);
}

static void open_world(unsigned boxes, bool crossed, bool paired)
{
	pair_world_init(w, boxes, crossed, paired);
	for (unsigned n = 0; n < boxes; n++)
		pair_start(w, n);
}

static void two_started(bool crossed)
{
	open_world(2, crossed, true);
	pair_run_ms(w, SETTLED_MS);
}

static int close_world(void **state)
{
	(void)state;
	pair_world_close(w);
	return 0;
}

/* The fault that the pair is for: shown here without it. */
static void h10_opposite_addresses_split_two_groups_without_a_pair(void **state)
{
	(void)state;
	open_world(2, true, false);
	pair_run_ms(w, SETTLED_MS);
	assert_true(active(1, OUT) && !active(0, OUT));
	assert_true(active(0, IN) && !active(1, IN));
}

static void h10_opposite_addresses_do_not_split_a_pair(void **state)
{
	(void)state;
	two_started(true);
	unsigned who = active(0, OUT) ? 0 : 1;

	assert_both(who);
	assert_neither(!who);
}

static void a_lone_box_is_active_for_both_in_the_same_step(void **state)
{
	(void)state;
	pair_world_init(w, 1, false, true);
	pair_start(w, 0);
	pair_run_ms(w, 30000);
	assert_both(0);
	assert_int_equal(pair_status(w, 0, OUT).last_change.ns, pair_status(w, 0, IN).last_change.ns);
}

static void a_box_with_one_side_only_is_active_for_neither(void **state)
{
	(void)state;
	pair_world_init(w, 1, false, true);
	pair_configure(w, 0);
	pair_link(w, 0, OUT, true);
	pair_run_ms(w, SETTLED_MS);
	assert_neither(0);
	assert_int_equal(pair_state(w, 0, OUT), HSRP_STANDBY);
	assert_true(pair_status(w, 0, OUT).waits);
	pair_link(w, 0, IN, true);
	pair_run_ms(w, 15000); /* interface delay, and a hold time of listening */
	assert_both(0);
	assert_false(pair_status(w, 0, OUT).waits);
}

/* V14 without `track`: the outside link of the active box is lost, both sides move at once. */
static void v14_a_lost_link_moves_both_sides(void **state)
{
	(void)state;
	two_started(false);
	assert_both(1);
	mono_t lost = w->now;
	pair_link(w, 1, OUT, false);
	assert_neither(1);
	assert_both(0); /* by the Resign of the inside, not by a hold time of the outside */
	assert_int_equal(w->now.ns, lost.ns);
	pair_run_ms(w, SETTLED_MS);
	assert_both(0);
	assert_neither(1);
	pair_link(w, 1, OUT, true); /* and it does not come back by itself */
	pair_run_ms(w, SETTLED_MS);
	assert_both(0);
	assert_neither(1);
}

static void a_dead_box_is_followed_on_both_sides_within_the_hold_time(void **state)
{
	(void)state;
	two_started(true);
	unsigned who = active(0, OUT) ? 0 : 1;

	w->box[who].cut[OUT] = w->box[who].cut[IN] = true;
	pair_run_ms(w, 10000 + 1500 + 1); /* jitter of the hold time */
	assert_both(!who);
}

/* The switch outside fails, the link stays: B hears nobody outside, but A is alive inside. */
static void a_side_that_is_taken_holds_the_other_back(void **state)
{
	(void)state;
	two_started(false);
	assert_both(1);
	w->box[1].cut[OUT] = true;
	pair_run_ms(w, SETTLED_MS);
	assert_both(1);
	assert_neither(0);
	assert_true(pair_status(w, 0, OUT).waits);
	w->box[1].cut[OUT] = false;
	pair_run_ms(w, SETTLED_MS);
	assert_both(1);
	assert_neither(0);
	assert_false(pair_status(w, 0, OUT).waits);
}

static void set_priorities(unsigned box, unsigned out, unsigned in, bool preempt)
{
	w->box[box].group[OUT].priority = (uint8_t)out;
	w->box[box].group[IN].priority = (uint8_t)in;
	w->box[box].group[OUT].preempt = w->box[box].group[IN].preempt = preempt;
	pair_configure(w, box);
}

static void neither_preempts_unless_both_could(void **state)
{
	(void)state;
	two_started(false);
	assert_both(1);
	set_priorities(0, 110, 90, true); /* better outside only */
	pair_run_ms(w, SETTLED_MS);
	assert_both(1);
	assert_neither(0);
	assert_int_equal(w->box[0].coups, 0);
	set_priorities(0, 110, 110, true);
	pair_run_ms(w, 3001); /* the next hello */
	assert_both(0);
	assert_neither(1);
}

static void both_preempt_when_the_delays_of_both_are_over(void **state)
{
	(void)state;
	two_started(false);
	w->box[0].group[IN].preempt_minimum_s = 60;
	set_priorities(0, 110, 110, true);
	pair_run_ms(w, 59000);
	assert_both(1);
	pair_run_ms(w, 5000);
	assert_both(0);
}

static void h10_priorities_that_cross_do_not_split_a_pair_that_starts(void **state)
{
	(void)state;
	pair_world_init(w, 2, false, true);
	for (unsigned n = 0; n < 2; n++) {
		w->box[n].group[OUT].priority = n ? 100 : 110;
		w->box[n].group[IN].priority = n ? 110 : 100;
		w->box[n].group[OUT].preempt = w->box[n].group[IN].preempt = true;
		pair_start(w, n);
	}
	pair_run_ms(w, SETTLED_MS);
	unsigned who = active(0, OUT) ? 0 : 1;
	assert_both(who);
	assert_neither(!who);
	pair_run_ms(w, 10 * SETTLED_MS); /* and nobody flaps */
	assert_both(who);
	assert_true(pair_status(w, who, OUT).changes < 8);
}

static void a_refused_address_takes_both_roles(void **state)
{
	(void)state;
	two_started(false);
	assert_both(1);
	w->box[0].refuses[IN] = true;
	pair_link(w, 1, OUT, false);
	assert_neither(1);
	assert_neither(0); /* it tried, and left both */
	w->box[0].refuses[IN] = false;
	pair_run_ms(w, SETTLED_MS);
	assert_both(0);
}

static void a_tracked_object_with_shutdown_takes_both_down(void **state)
{
	(void)state;
	two_started(false);
	assert_both(1);
	w->box[1].group[IN].track_count = 1;
	w->box[1].group[IN].track[0] = (struct hsrp_track){.object = 1, .shutdown = true, .down = true};
	pair_configure(w, 1);
	assert_int_equal(pair_state(w, 1, IN), HSRP_INITIAL);
	assert_neither(1);
	assert_both(0);
}

static void the_operator_hands_both_over_and_the_box_does_not_take_them_right_back(void **state)
{
	(void)state;
	two_started(false);
	set_priorities(1, 110, 110, true);
	pair_run_ms(w, SETTLED_MS);
	assert_both(1);
	pair_resign(w, 1, OUT);
	assert_neither(1);
	assert_both(0);
	pair_run_ms(w, 9000); /* a hold time */
	assert_both(0);
	pair_run_ms(w, 10000); /* it is better and preempts: that is what was configured */
	assert_both(1);
}

static void a_box_without_a_standby_router_keeps_both(void **state)
{
	(void)state;
	pair_world_init(w, 1, false, true);
	pair_start(w, 0);
	pair_run_ms(w, SETTLED_MS);
	pair_resign(w, 0, OUT);
	assert_both(0);
	assert_int_equal(w->box[0].resigns, 0);
}

static void of_three_boxes_one_is_active_for_both_whoever_leaves(void **state)
{
	(void)state;
	open_world(3, true, true);
	pair_run_ms(w, 2 * SETTLED_MS);
	for (unsigned round = 0; round < 6; round++) {
		unsigned who = active(0, OUT) ? 0 : active(1, OUT) ? 1 : 2;

		for (unsigned n = 0; n < 3; n++) {
			if (n == who)
				assert_both(n);
			else
				assert_neither(n);
		}
		pair_link(w, who, round % 2 ? IN : OUT, false);
		assert_neither(who);
		pair_run_ms(w, SETTLED_MS);
		pair_link(w, who, round % 2 ? IN : OUT, true);
		pair_run_ms(w, SETTLED_MS);
	}
}

static void a_partner_that_does_not_exist_leaves_the_group_waiting(void **state)
{
	(void)state;
	pair_world_init(w, 1, false, true);
	w->box[0].group[OUT].pair.group = 77;
	pair_start(w, 0);
	pair_run_ms(w, SETTLED_MS);
	assert_false(active(0, OUT));
	assert_false(active(0, IN)); /* its partner does not name it */
}

static void a_pair_configured_over_a_split_heals_it(void **state)
{
	(void)state;
	open_world(2, true, false);
	pair_run_ms(w, SETTLED_MS);
	assert_true(active(1, OUT) && active(0, IN));
	for (unsigned n = 0; n < 2; n++) {
		for (unsigned s = 0; s < SEGMENTS; s++) {
			strcpy(w->box[n].group[s].pair.device, w->box[n].group[!s].device);
			w->box[n].group[s].pair.group = w->box[n].group[!s].group;
			w->box[n].group[s].pair.family = (uint8_t)pair_world_speaks();
		}
		pair_configure(w, n);
		pair_run_ms(w, 500);
	}
	pair_run_ms(w, SETTLED_MS);
	w->box[0].split = w->box[1].split = false; /* it was, until now */
	pair_run_ms(w, SETTLED_MS);
	unsigned who = active(0, OUT) ? 0 : 1;
	assert_both(who);
	assert_neither(!who);
}

static void roles_are_resumed_together_or_not_at_all(void **state)
{
	struct hsrp_in in = {.kind = HSRP_IN_RESUME};

	(void)state;
	for (unsigned both = 0; both < 2; both++) {
		pair_world_init(w, 1, false, true);
		in.record = (struct hsrp_record){.device = "out0",
			.group = 1,
			.family = (uint8_t)pair_world_speaks(),
			.state = HSRP_ACTIVE,
			.last_hello = mono_add_ms(w->now, -1000),
			.hold_ms = 10000,
			.vip = w->box[0].group[OUT].vip,
			.last_change = w->now};
		pair_step(w, 0, &in);
		strcpy(in.record.device, "in0");
		in.record.group = 2;
		in.record.vip = w->box[0].group[IN].vip;
		if (both)
			pair_step(w, 0, &in);
		pair_start(w, 0);
		assert_true(active(0, OUT));
		w->box[0].split = false; /* the two links are told one after the other */
		pair_run_ms(w, 2001);
		if (both)
			assert_both(0);
		else
			assert_false(active(0, OUT));
		if (!both)
			pair_world_close(w);
	}
}

/* --- Everything that can happen, in every order ------------------------------------------------------------------------- */

enum what {
	LINK_A_OUT,
	LINK_A_IN,
	LINK_B_OUT,
	LINK_B_IN, /* toggled */
	CUT_OUT,
	CUT_IN, /* between the two, toggled */
	REFUSE_A_IN,
	PREEMPT_A,
	RESIGN_A,
	WAIT,
	LONG,
	WHAT_COUNT
};

static void do_one(enum what what)
{
	switch (what) {
	case LINK_A_OUT:
	case LINK_A_IN:
	case LINK_B_OUT:
	case LINK_B_IN: {
		unsigned box = what >= LINK_B_OUT, s = what == LINK_A_IN || what == LINK_B_IN ? IN : OUT;

		pair_link(w, box, s, !w->box[box].link[s]);
		break;
	}
	case CUT_OUT: w->box[0].cut[OUT] = !w->box[0].cut[OUT]; break;
	case CUT_IN: w->box[0].cut[IN] = !w->box[0].cut[IN]; break;
	case REFUSE_A_IN: w->box[0].refuses[IN] = !w->box[0].refuses[IN]; break;
	case PREEMPT_A: set_priorities(0, 110, 110, !w->box[0].group[OUT].preempt); break;
	case RESIGN_A: pair_resign(w, 0, OUT); break;
	case WAIT: pair_run_ms(w, pair_next_ms(w)); break;
	case LONG: pair_run_ms(w, 12000); break;
	case WHAT_COUNT: break;
	}
}

static void heal(void)
{
	memset(w->box[0].cut, 0, sizeof(w->box[0].cut));
	w->box[0].refuses[IN] = false;
	for (unsigned n = 0; n < 2; n++)
		for (unsigned s = 0; s < SEGMENTS; s++)
			if (!w->box[n].link[s])
				pair_link(w, n, s, true);
	pair_run_ms(w, 2 * SETTLED_MS);
}

static bool one_box_has_both(void)
{
	unsigned who = active(0, OUT) ? 0 : 1;

	return active(who, OUT) && active(who, IN) && !active(!who, OUT) && !active(!who, IN);
}

static void walk_from(bool crossed, unsigned depth)
{
	unsigned long total = 1;

	for (unsigned n = 0; n < depth; n++)
		total *= WHAT_COUNT;
	for (unsigned long sequence = 0; sequence < total; sequence++) {
		unsigned long rest = sequence;

		two_started(crossed);
		for (unsigned n = 0; n < depth; n++, rest /= WHAT_COUNT)
			do_one((enum what)(rest % WHAT_COUNT));
		bool split = w->box[0].split || w->box[1].split;

		heal();
		if (split || w->box[0].split || w->box[1].split || !one_box_has_both()) {
			print_message("%s: sequence", split ? "split" : "not healed");
			for (unsigned n = 0; n < depth; n++, sequence /= WHAT_COUNT)
				print_message(" %lu", sequence % WHAT_COUNT);
			print_message("\n");
			fail();
		}
		pair_world_close(w);
	}
	two_started(crossed); /* for the tear-down */
}

static void all_sequences_of_two_boxes(void **state)
{
	(void)state;
	walk_from(false, 3);
}

static void all_sequences_of_two_boxes_with_opposite_addresses(void **state)
{
	(void)state;
	walk_from(true, 3);
}

/* One box beside routers that are no pair: whatever they say on whichever side. */
enum { HEARD = 6, LOW = 1, HIGH = 100 };

static void hear(unsigned segment, unsigned which)
{
	static const struct {
		uint8_t opcode, state, priority;
		uint16_t from;
	} packets[HEARD] = {
		{HSRP_HELLO, HSRP_ACTIVE, 50, LOW},
		{HSRP_HELLO, HSRP_ACTIVE, 150, HIGH},
		{HSRP_HELLO, HSRP_STANDBY, 150, HIGH},
		{HSRP_HELLO, HSRP_SPEAK, 150, HIGH},
		{HSRP_COUP, HSRP_LISTEN, 150, HIGH},
		{HSRP_RESIGN, HSRP_SPEAK, 150, HIGH},
	};
	struct hsrp_packet p = {.opcode = packets[which].opcode,
		.state = packets[which].state,
		.priority = packets[which].priority};

	pair_hear(w, 0, segment, &p, packets[which].from);
}

static void all_sequences_beside_routers_that_are_no_pair(void **state)
{
	enum { DEPTH = 4, ALPHABET = 2 * HEARD + 4 };
	unsigned long total = 1;

	(void)state;
	for (unsigned n = 0; n < DEPTH; n++)
		total *= ALPHABET;
	for (unsigned start_ms = 1100; start_ms <= 24000; start_ms += 22000) {
		for (unsigned long sequence = 0; sequence < total; sequence++) {
			unsigned long rest = sequence;

			pair_world_init(w, 1, false, true);
			pair_start(w, 0);
			pair_run_ms(w, start_ms);
			for (unsigned n = 0; n < DEPTH; n++, rest /= ALPHABET) {
				unsigned what = (unsigned)(rest % ALPHABET);

				if (what < 2 * HEARD)
					hear(what / HEARD, what % HEARD);
				else if (what == 2 * HEARD)
					pair_run_ms(w, pair_next_ms(w));
				else if (what == 2 * HEARD + 1)
					set_priorities(0, 100, 100, !w->box[0].group[OUT].preempt);
				else
					pair_link(w, 0, what % 2, !w->box[0].link[what % 2]);
			}
			if (w->box[0].split) {
				print_message("split after %u ms: sequence", start_ms);
				for (unsigned n = 0; n < DEPTH; n++, sequence /= ALPHABET)
					print_message(" %lu", sequence % ALPHABET);
				print_message("\n");
				fail();
			}
			pair_world_close(w);
		}
	}
	pair_world_init(w, 1, false, true);
}

#define TEST(f) cmocka_unit_test_teardown(f, close_world)

int main(void)
{
	const struct CMUnitTest scenes[] = {
		TEST(h10_opposite_addresses_split_two_groups_without_a_pair),
		TEST(h10_opposite_addresses_do_not_split_a_pair),
		TEST(a_lone_box_is_active_for_both_in_the_same_step),
		TEST(a_box_with_one_side_only_is_active_for_neither),
		TEST(v14_a_lost_link_moves_both_sides),
		TEST(a_dead_box_is_followed_on_both_sides_within_the_hold_time),
		TEST(a_side_that_is_taken_holds_the_other_back),
		TEST(neither_preempts_unless_both_could),
		TEST(both_preempt_when_the_delays_of_both_are_over),
		TEST(h10_priorities_that_cross_do_not_split_a_pair_that_starts),
		TEST(a_refused_address_takes_both_roles),
		TEST(a_tracked_object_with_shutdown_takes_both_down),
		TEST(the_operator_hands_both_over_and_the_box_does_not_take_them_right_back),
		TEST(a_box_without_a_standby_router_keeps_both),
		TEST(of_three_boxes_one_is_active_for_both_whoever_leaves),
		TEST(a_partner_that_does_not_exist_leaves_the_group_waiting),
		TEST(a_pair_configured_over_a_split_heals_it),
		TEST(roles_are_resumed_together_or_not_at_all),
	};
	const struct CMUnitTest walks[] = {
		TEST(all_sequences_of_two_boxes),
		TEST(all_sequences_of_two_boxes_with_opposite_addresses),
		TEST(all_sequences_beside_routers_that_are_no_pair),
	};

	int failed = cmocka_run_group_tests_name("IPv4", scenes, NULL, NULL);
	failed += cmocka_run_group_tests_name("walks", walks, NULL, NULL);
	pair_world_speak(IP_V6);
	failed += cmocka_run_group_tests_name("IPv6", scenes, NULL, NULL);
	return failed;
}
