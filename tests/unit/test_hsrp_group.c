/* Routers on a segment: what they say, when, and what they do to their kernel. Each test reads like a capture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hsrp_scenes.h"
#include "linux/md5.h"

static void a_lone_router_comes_up_as_captured(void **state)
{
	(void)state;
	struct world *w = routers(1);

	world_run_ms(w, 25000);
	assert_did(w, A, "kernel remove ", "adv passive 0/1 imac", "hello speak pri 100 imac",
		"hello speak pri 100 imac", "hello speak pri 100 imac", "hello speak pri 100 imac",
		"hello standby pri 100 imac", "kernel prepare ", "adv active 1/0 imac",
		"hello active pri 100 vmac", "kernel serve 192.168.0.254", "garp ff:ff:ff:ff:ff:ff vmac",
		"garp 01:00:0c:cd:cd:cd vmac", "hello active pri 100 vmac", "garp ff:ff:ff:ff:ff:ff vmac");
	assert_true(at_s(w, A, "adv passive") >= 1.0 && at_s(w, A, "adv passive") < 1.1);
	assert_true(at_s(w, A, "hello active") >= 20.0 && at_s(w, A, "hello active") <= 22.0);
	assert_int_equal(w->box[A].violations, 0);
	world_free(w);
}

static void a_lone_router_is_active_after_20_to_22_seconds_whatever_the_jitter(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 200; seed++) {
		struct world *w = world_new(1);
		hsrp_free(w->box[A].h);
		w->box[A].h = hsrp_new(seed, md5_sum);
		world_start(w, A);
		world_run_ms(w, 23000);
		assert_true(at_s(w, A, "hello active") >= 20.0 && at_s(w, A, "hello active") <= 22.0);
		world_free(w);
	}
}

static void hellos_are_jittered_but_never_later_than_the_hello_time(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct world_box *b = &w->box[A];
	int64_t shortest = INT64_MAX, longest = 0, last = 0;

	world_run_ms(w, 600000);
	for (unsigned n = b->read; n < b->lines; n++) {
		if (strncmp(b->line[n], "hello", 5) != 0)
			continue;
		int64_t gap = last ? b->line_at[n].ns - last : 3000000000;
		shortest = gap < shortest ? gap : shortest;
		longest = gap > longest ? gap : longest;
		last = b->line_at[n].ns;
	}
	assert_in_range(shortest, 2400000000, 2600000000);
	assert_in_range(longest, 2900000000, 3000000000);
	world_free(w);
}

static void two_routers_agree(void **state)
{
	(void)state;
	struct world *w = routers(2);

	world_run_ms(w, 60000);
	/* Equal priorities: the higher address wins the standby role, and with it the active one. */
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	assert_int_equal(world_state(w, A), HSRP_STANDBY);
	struct hsrp_status a = world_status(w, A), b = world_status(w, B);
	char text[IP_TEXT_MAX];
	assert_string_equal(ip_format(&a.active.address, text), "192.168.0.3");
	assert_true(a.standby.local && b.active.local);
	assert_string_equal(ip_format(&b.standby.address, text), "192.168.0.2");
	assert_true(a.active.expires.ns > w->now.ns && a.active.expires.ns <= w->now.ns + 11500000000);
	assert_int_equal(w->box[A].violations + w->box[B].violations, 0);
	world_free(w);
}

static void three_routers_agree_and_the_third_steps_in(void **state)
{
	(void)state;
	struct world *w = routers(3);

	world_run_ms(w, 90000);
	assert_int_equal(world_state(w, C), HSRP_ACTIVE);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	assert_int_equal(world_state(w, A), HSRP_LISTEN);
	w->box[C].mute = w->box[C].deaf = true;
	world_run_ms(w, 12000);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	world_run_ms(w, 25000);
	assert_int_equal(world_state(w, A), HSRP_STANDBY);
	world_free(w);
}

static void the_standby_takes_over_when_the_active_falls_silent(void **state)
{
	(void)state;
	struct world *w = pair();

	w->box[A].mute = true;
	world_run_ms(w, 12000);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	struct hsrp_report r = w->box[B].last;
	assert_true(r.status.serving);
	int64_t held = r.cause.ns - r.last_heard.ns;
	assert_in_range(held, 10000000000, 11500000000); /* hold, at most 15 % more */
	assert_int_equal(r.status.reason, HSRP_REASON_ACTIVE_EXPIRED);
	world_free(w);
}

static void a_short_hold_is_kept_to_the_millisecond(void **state)
{
	(void)state;
	struct world *w = world_new(2);

	for (unsigned n = 0; n < 2; n++) {
		w->box[n].group.timers_configured = true;
		w->box[n].group.hello_ms = 250;
		w->box[n].group.hold_ms = 750;
		world_start(w, n);
	}
	world_run_ms(w, 10000);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	w->box[B].mute = true;
	world_run_ms(w, 750);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(w->box[A].last.cause.ns - w->box[A].last.last_heard.ns, 750000000);
	/* On the wire these are 1 and 1: nobody learns that. */
	assert_false(world_status(w, A).timers_learned);
	world_free(w);
}

static void without_preempt_the_higher_router_waits(void **state)
{
	(void)state;
	struct world *w = active_alone(2);

	w->box[B].group.priority = 200;
	world_start(w, B);
	world_run_ms(w, 60000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_free(w);
}

static void the_preempting_router_takes_over(void **state)
{
	(void)state;
	struct world *w = active_alone(2);

	w->box[B].group.priority = 110;
	w->box[B].group.preempt = true;
	world_start(w, B);
	world_skip(w, B);
	world_run_ms(w, 3900);
	/* B hears A's Hello(Active) in Listen: Coup from its own MAC with the old state, then it is active. */
	assert_did(w, B, "adv passive 0/1 imac", "adv active 1/0 imac", "coup listen pri 110 imac",
		"hello active pri 110 vmac", "kernel serve 192.168.0.254", "garp ff:ff:ff:ff:ff:ff vmac",
		"garp 01:00:0c:cd:cd:cd vmac");
	/* A heard the Coup: address away, then Advertise(Passive) and Hello(Speak), no Resign. */
	const char *line;
	do
		line = world_next(w, A);
	while (strncmp(line, "kernel", 6) != 0);
	assert_string_equal(line, "kernel unserve ");
	assert_did(w, A, "adv passive 0/1 imac", "hello speak pri 100 imac");
	assert_int_equal(world_count(w, A, "resign"), 0);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	assert_int_equal(world_state(w, A), HSRP_SPEAK);
	world_run_ms(w, 13000); /* the loser is standby about ten seconds later */
	assert_int_equal(world_state(w, A), HSRP_STANDBY);
	assert_int_equal(w->box[A].violations + w->box[B].violations, 0);
	world_free(w);
}

static void preempt_delay_minimum_counts_from_the_first_chance(void **state)
{
	(void)state;
	struct world *w = active_alone(2);

	w->box[B].group.priority = 110;
	w->box[B].group.preempt = true;
	w->box[B].group.preempt_minimum_s = 60;
	world_start(w, B);
	world_run_ms(w, 60000);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	assert_true(world_status(w, B).preempt_at.ns != INT64_MAX);
	world_run_ms(w, 5000);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	world_free(w);
}

static void preempt_delay_reload_counts_after_the_first_time_up_only(void **state)
{
	(void)state;
	struct world *w = active_alone(2);

	w->box[B].group.priority = 110;
	w->box[B].group.preempt = true;
	w->box[B].group.preempt_reload_s = 100;
	world_start(w, B);
	world_run_ms(w, 100000);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_run_ms(w, 5000);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	world_link(w, B, false);
	world_run_ms(w, 20000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	world_link(w, B, true);
	world_run_ms(w, 5000);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE); /* not a reload */
	world_free(w);
}

static void an_active_router_answers_a_lower_active_with_coup_hello_and_arp(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct mac virtual = hsrp_virtual_mac(1, IP_V4, 1);
	struct hsrp_packet p = packet(HSRP_HELLO, HSRP_ACTIVE, 50);

	/* V17: from our own virtual MAC */
	world_send(w, A, &p, 100, &virtual);
	assert_did(
		w, A, "coup active pri 100 vmac", "hello active pri 100 vmac", "garp ff:ff:ff:ff:ff:ff vmac");
	assert_silent(w, A);
	world_run_ms(w, 3100);
	assert_int_equal(world_count(w, A, "garp"), 0 + 1); /* one more about 3 s later */
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	world_free(w);
}

static void an_active_router_leaves_to_a_higher_active_with_resign(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct mac virtual = hsrp_virtual_mac(1, IP_V4, 1);
	struct hsrp_packet p = packet(HSRP_HELLO, HSRP_ACTIVE, 200);

	world_send(w, A, &p, 100, &virtual);
	assert_did(w, A, "kernel unserve ", "adv passive 0/1 imac", "resign speak pri 100 imac",
		"hello speak pri 100 imac");
	assert_silent(w, A);
	assert_int_equal(world_state(w, A), HSRP_SPEAK);
	assert_false(w->box[A].has_address);
	char text[IP_TEXT_MAX];
	struct hsrp_status s = world_status(w, A);
	assert_string_equal(ip_format(&s.active.address, text), "192.168.0.100");
	world_free(w);
}

static void an_active_router_answers_the_resign_of_another_with_coup(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_packet p = packet(HSRP_RESIGN, HSRP_SPEAK, 50);

	world_send(w, A, &p, 100, NULL);
	assert_did(
		w, A, "coup active pri 100 vmac", "hello active pri 100 vmac", "garp ff:ff:ff:ff:ff:ff vmac");
	assert_silent(w, A);
	world_free(w);
}

static void a_stop_hands_over_at_once(void **state)
{
	(void)state;
	struct world *w = pair();

	world_step(w, A, &(struct hsrp_in){.kind = HSRP_IN_LEAVE});
	assert_did(w, A, "kernel unserve ", "adv dormant 0/0 imac", "resign speak pri 100 imac",
		"kernel remove ");
	assert_silent(w, A);
	assert_int_equal(w->box[A].left, 1);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE); /* in the same moment */
	world_run_ms(w, 60000);
	assert_silent(w, A);
	world_free(w);
}

/* Found by the simulator: it counted as one that had left, while another's macvlan was still there. */
static void no_group_begins_during_a_stop(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_in in = {.kind = HSRP_IN_GROUP, .group = w->box[A].group};
	struct hsrp_status s;

	w->box[A].kernel_slow = true;
	world_step(w, A, &(struct hsrp_in){.kind = HSRP_IN_LEAVE});
	in.group.group = 2;
	world_step(w, A, &in);
	assert_false(hsrp_group_status(w->box[A].h, "eth1", IP_V4, 2, &s));
	world_kernel_answer(w, A); /* unserve */
	assert_int_equal(w->box[A].left, 0);
	world_kernel_answer(w, A); /* remove */
	assert_int_equal(w->box[A].left, 1);
	assert_int_equal(w->box[A].kept_count, 0);
	world_free(w);
}

static void a_removed_group_leaves_and_is_gone(void **state)
{
	(void)state;
	struct world *w = pair();
	struct hsrp_in in = {.kind = HSRP_IN_REMOVE_GROUP};

	strcpy(in.which.device, "eth1");
	in.which.group = 1;
	world_step(w, A, &in);
	assert_did(w, A, "kernel unserve ", "adv dormant 0/0 imac", "resign speak pri 100 imac",
		"kernel remove ");
	assert_int_equal(w->box[A].last.phase, HSRP_PHASE_REMOVED);
	struct hsrp_status s;
	assert_false(hsrp_group_status(w->box[A].h, "eth1", IP_V4, 1, &s));
	world_configure(w, A); /* and comes again */
	world_run_ms(w, 60000);
	assert_int_equal(world_state(w, A), HSRP_STANDBY);
	world_free(w);
}

static void what_a_complete_configuration_does_not_name_is_removed(void **state)
{
	(void)state;
	struct world *w = active_alone(1);

	world_step(w, A, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_BEGIN});
	world_configure(w, A);
	world_step(w, A, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_END});
	assert_silent(w, A); /* the same again changes nothing */
	world_step(w, A, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_BEGIN});
	world_step(w, A, &(struct hsrp_in){.kind = HSRP_IN_INTERFACE, .interface = w->box[A].interface});
	world_step(w, A, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_END});
	assert_false(w->box[A].has_address);
	assert_int_equal(w->box[A].last.phase, HSRP_PHASE_REMOVED);
	world_free(w);
}

static void frames_that_claim_to_be_ours_or_come_from_elsewhere_are_dropped(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_packet p = packet(HSRP_HELLO, HSRP_ACTIVE, 255);

	world_send(w, A, &p, 2, NULL); /* our own address: a loop or a lie */
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_status(w, A).own_source, 1);
	world_send(w, A, &p, 0x300, NULL); /* 192.168.3.0 */
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_status(w, A).bad_frame, 1);
	p = packet(HSRP_ADVERTISE, 0, 0);
	p.adv_state = HSRP_ADV_ACTIVE;
	world_send(w, A, &p, 100, NULL); /* no election by an unauthenticated Advertise */
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_silent(w, A);
	world_free(w);
}

static void a_resign_counts_only_from_the_active_router(void **state)
{
	(void)state;
	struct world *w = pair();
	struct hsrp_packet p = packet(HSRP_RESIGN, HSRP_SPEAK, 100);

	world_send(w, B, &p, 77, NULL);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_send(w, B, &p, 2, NULL);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	world_free(w);
}

static void a_changed_priority_is_told_at_once(void **state)
{
	(void)state;
	struct world *w = pair();

	w->box[B].group.preempt = true;
	world_configure(w, B);
	world_run_ms(w, 10000);
	assert_int_equal(
		world_state(w, A), HSRP_SPEAK); /* equal priority, B's address is higher, it may preempt */
	world_run_ms(w, 20000);
	world_skip(w, A);
	w->box[A].group.priority = 90;
	world_configure(w, A);
	assert_did(w, A, "hello standby pri 90 imac");
	world_free(w);
}

static void a_tracked_object_lowers_the_priority_or_shuts_the_group(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_group_config *g = &w->box[A].group;

	g->track_count = 2;
	g->track[0] = (struct hsrp_track){.object = 1, .decrement = 30, .down = true};
	g->track[1] = (struct hsrp_track){.object = 2, .decrement = 100, .down = true};
	world_configure(w, A);
	assert_did(w, A, "hello active pri 0 vmac"); /* never below 0 */
	g->track[0].shutdown = true;
	world_configure(w, A);
	assert_int_equal(world_state(w, A), HSRP_INITIAL);
	assert_int_equal(world_status(w, A).reason, HSRP_REASON_TRACK);
	assert_false(w->box[A].has_address);
	g->track[0].down = false;
	world_configure(w, A);
	assert_int_equal(world_state(w, A), HSRP_LISTEN);
	world_free(w);
}

static void interface_down_and_up(void **state)
{
	(void)state;
	struct world *w = pair();

	world_link(w, A, false);
	assert_int_equal(world_state(w, A), HSRP_INITIAL);
	assert_int_equal(world_status(w, A).reason, HSRP_REASON_INTERFACE_DOWN);
	assert_false(w->box[A].has_address);
	assert_int_equal(world_count(w, A, "resign"), 0); /* there is no wire to say it on */
	world_run_ms(w, 15000);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	world_skip(w, A);
	world_link(w, A, true);
	world_run_ms(w, 999);
	assert_silent(w, A); /* the minimum delay of a second */
	world_run_ms(w, 30000);
	assert_int_equal(world_state(w, A), HSRP_STANDBY);
	world_free(w);
}

static void a_device_made_again_starts_afresh(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_in in = {.kind = HSRP_IN_LINK};

	strcpy(in.link.device, "eth1");
	world_step(w, A, &in); /* deleted */
	assert_int_equal(world_state(w, A), HSRP_INITIAL);
	assert_int_equal(w->box[A].last.phase, HSRP_PHASE_GONE);
	in.link.ifindex = 99;
	in.link.up = true;
	in.link.mac = w->box[A].mac;
	world_step(w, A, &in);
	world_run_ms(w, 23000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_true(world_status(w, A).serving);
	assert_string_equal(world_status(w, A).mac_device, "hs99-1");
	world_free(w);
}

static void the_operator_hands_over(void **state)
{
	(void)state;
	struct world *w = pair();
	struct hsrp_in in = {.kind = HSRP_IN_RESIGN, .which = {.group = HSRP_ALL_GROUPS}};

	world_step(w, A, &in);
	assert_int_equal(world_count(w, A, "resign"), 1);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	world_run_ms(w, 30000);
	assert_int_equal(world_state(w, A), HSRP_STANDBY);
	world_free(w);
}

/* A box that cannot serve: to a standby router that is fitter, and to no other. */
static void an_unfit_router_yields_to_a_fitter_one(void **state)
{
	(void)state;
	struct hsrp_in in = {.kind = HSRP_IN_YIELD, .which = {.group = HSRP_ALL_GROUPS}};
	struct world *w = active_alone(1);

	w->box[A].group.track_count = 1;
	w->box[A].group.track[0] = (struct hsrp_track){.decrement = 255, .down = true};
	world_configure(w, A);
	world_step(w, A, &in); /* there is none */
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_count(w, A, "resign"), 0);
	world_free(w);

	w = pair();
	world_step(w, A, &in); /* it is no better */
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	w->box[A].group.track_count = 1;
	w->box[A].group.track[0] = (struct hsrp_track){.decrement = 255, .down = true};
	world_configure(w, A);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE); /* B does not preempt */
	world_step(w, A, &in);
	assert_int_equal(world_count(w, A, "resign"), 1);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	world_run_ms(w, 30000);
	assert_int_equal(world_state(w, A), HSRP_STANDBY);
	world_free(w);
}

/* The kernel did what it was asked; nothing else of what came out is kept. */
static void confirm(struct hsrp *h, mono_t now, struct hsrp_outs *outs)
{
	for (size_t n = 0; n < outs->count; n++) {
		const struct hsrp_kernel *k = &outs->items[n].kernel;
		struct hsrp_in in = {.kind = HSRP_IN_KERNEL,
			.kernel = {.group = k->group, .family = k->family, .serial = k->serial}};

		if (outs->items[n].kind != HSRP_OUT_KERNEL)
			continue;
		memcpy(in.kernel.device, k->device, sizeof(in.kernel.device));
		assert_int_equal(hsrp_step(h, &in, now, outs), 0);
	}
	outs->count = 0;
}

static struct hsrp *with_groups(unsigned count, mono_t now, struct hsrp_outs *outs)
{
	struct hsrp *h = hsrp_new(1, md5_sum);
	struct hsrp_in in = {.kind = HSRP_IN_INTERFACE,
		.interface = {
			.device = "eth1", .version = 2, .address = ip_v4(0x0a000001), .address_len = 8}};

	assert_non_null(h);
	assert_int_equal(hsrp_step(h, &in, now, outs), 0);
	for (unsigned group = 0; group < count; group++) {
		in = (struct hsrp_in){.kind = HSRP_IN_GROUP,
			.group = {.device = "eth1",
				.group = (uint16_t)group,
				.family = IP_V4,
				.enabled = true,
				.vip = ip_v4(0x0a010000 + group),
				.priority = 100,
				.hello_ms = 3000,
				.hold_ms = 10000}};
		assert_int_equal(hsrp_step(h, &in, now, outs), 0);
	}
	in = (struct hsrp_in){
		.kind = HSRP_IN_LINK, .link = {.device = "eth1", .ifindex = IFINDEX, .up = true}};
	assert_int_equal(hsrp_step(h, &in, now, outs), 0);
	confirm(h, now, outs);
	return h;
}

/* All that is due, with no step longer than it may be; the number of steps. */
static unsigned take_up(struct hsrp *h, mono_t now, struct hsrp_outs *outs)
{
	enum { OF_ONE_GROUP = 32 };
	unsigned steps = 0;

	for (; hsrp_deadline(h).ns <= now.ns; steps++) {
		hsrp_step(h, &(struct hsrp_in){.kind = HSRP_IN_TIME}, now, outs);
		assert_in_range(outs->count, 0, HSRP_EFFECTS_AT_ONCE + OF_ONE_GROUP);
		confirm(h, now, outs);
	}
	return steps;
}

/* Thousands of deadlines that have come together are taken up a part at a time. */
static void deadlines_of_many_groups_are_taken_up_in_parts(void **state)
{
	enum { GROUPS = 4096 };
	struct hsrp_outs outs = {0};
	mono_t now = {1000000000};

	(void)state;
	struct hsrp *h = with_groups(GROUPS, now, &outs);
	now = mono_add_ms(now, 2000);
	/* The interface is ready: one event for all of them. */
	hsrp_step(h, &(struct hsrp_in){.kind = HSRP_IN_TIME}, now, &outs);
	confirm(h, now, &outs);
	now = mono_add_ms(now, 30000);
	take_up(h, now, &outs); /* so late that each waits for a hello time, and then all at once */
	now = mono_add_ms(now, 3000);
	assert_true(take_up(h, now, &outs) > GROUPS / HSRP_EFFECTS_AT_ONCE);
	for (unsigned group = 0; group < GROUPS; group++) {
		struct hsrp_status status;
		assert_true(hsrp_group_status(h, "eth1", IP_V4, group, &status));
		assert_in_range(status.state, HSRP_SPEAK, HSRP_ACTIVE);
	}
	hsrp_outs_free(&outs);
	hsrp_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lone_router_comes_up_as_captured),
		cmocka_unit_test(a_lone_router_is_active_after_20_to_22_seconds_whatever_the_jitter),
		cmocka_unit_test(hellos_are_jittered_but_never_later_than_the_hello_time),
		cmocka_unit_test(two_routers_agree),
		cmocka_unit_test(three_routers_agree_and_the_third_steps_in),
		cmocka_unit_test(the_standby_takes_over_when_the_active_falls_silent),
		cmocka_unit_test(a_short_hold_is_kept_to_the_millisecond),
		cmocka_unit_test(without_preempt_the_higher_router_waits),
		cmocka_unit_test(the_preempting_router_takes_over),
		cmocka_unit_test(preempt_delay_minimum_counts_from_the_first_chance),
		cmocka_unit_test(preempt_delay_reload_counts_after_the_first_time_up_only),
		cmocka_unit_test(an_active_router_answers_a_lower_active_with_coup_hello_and_arp),
		cmocka_unit_test(an_active_router_leaves_to_a_higher_active_with_resign),
		cmocka_unit_test(an_active_router_answers_the_resign_of_another_with_coup),
		cmocka_unit_test(a_stop_hands_over_at_once),
		cmocka_unit_test(no_group_begins_during_a_stop),
		cmocka_unit_test(a_removed_group_leaves_and_is_gone),
		cmocka_unit_test(what_a_complete_configuration_does_not_name_is_removed),
		cmocka_unit_test(frames_that_claim_to_be_ours_or_come_from_elsewhere_are_dropped),
		cmocka_unit_test(a_resign_counts_only_from_the_active_router),
		cmocka_unit_test(a_changed_priority_is_told_at_once),
		cmocka_unit_test(a_tracked_object_lowers_the_priority_or_shuts_the_group),
		cmocka_unit_test(interface_down_and_up),
		cmocka_unit_test(a_device_made_again_starts_afresh),
		cmocka_unit_test(the_operator_hands_over),
		cmocka_unit_test(an_unfit_router_yields_to_a_fitter_one),
		cmocka_unit_test(deadlines_of_many_groups_are_taken_up_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
