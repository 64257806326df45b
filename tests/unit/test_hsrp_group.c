/* Routers on a segment: what they say, when, and what they do to their kernel. Each test reads like a capture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "linux/md5.h"
#include "hsrp_world.h"

enum { A, B, C };

/* The next lines of a router are exactly these, log lines and reports left out. */
#define assert_did(w, box, ...) assert_lines(w, box, (const char *const[]){__VA_ARGS__, NULL})

static void assert_lines(struct world *w, unsigned box, const char *const *want)
{
	for (; *want; want++) {
		const char *line = world_next(w, box);
		while (!strncmp(line, "log ", 4) || !strncmp(line, "report ", 7))
			line = world_next(w, box);
		assert_string_equal(line, *want);
	}
}

static void assert_silent(struct world *w, unsigned box)
{
	for (const char *line; (line = world_next(w, box))[0];)
		assert_true(!strncmp(line, "log ", 4) || !strncmp(line, "report ", 7));
}

static struct world *routers(unsigned count)
{
	struct world *w = world_new(count);

	for (unsigned n = 0; n < count; n++)
		world_start(w, n);
	return w;
}

/* A alone until it is active. */
static struct world *active_alone(unsigned boxes)
{
	struct world *w = world_new(boxes);

	world_start(w, A);
	world_run_ms(w, 25000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	world_skip(w, A);
	return w;
}

/* A active, B standby. */
static struct world *pair(void)
{
	struct world *w = active_alone(2);

	world_start(w, B);
	world_run_ms(w, 25000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_skip(w, A);
	world_skip(w, B);
	return w;
}

static double at_s(const struct world *w, unsigned box, const char *prefix)
{
	for (unsigned n = 0; n < w->box[box].lines; n++)
		if (!strncmp(w->box[box].line[n], prefix, strlen(prefix)))
			return (double)(w->box[box].line_at[n].ns - 1000000000000) / 1e9;
	return -1;
}

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

static struct hsrp_packet packet(enum hsrp_opcode op, enum hsrp_state state, unsigned priority)
{
	return (struct hsrp_packet){
		.opcode = (uint8_t)op, .state = (uint8_t)state, .priority = (uint8_t)priority};
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

static void leaving_is_said_only_when_the_address_is_gone(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_packet p = packet(HSRP_COUP, HSRP_LISTEN, 200);

	w->box[A].kernel_slow = true;
	world_send(w, A, &p, 100, NULL);
	assert_did(w, A, "kernel unserve ");
	assert_silent(w, A);
	world_run_ms(w, 500);
	assert_silent(w, A);
	assert_true(world_status(w, A).serving);
	world_kernel_answer(w, A);
	assert_did(w, A, "adv passive 0/1 imac", "hello speak pri 100 imac");
	assert_false(world_status(w, A).serving);
	assert_int_equal(w->box[A].last.phase, HSRP_PHASE_GONE);
	world_free(w);
}

static void gratuitous_arp_waits_for_the_kernel(void **state)
{
	(void)state;
	struct world *w = world_new(1);

	world_start(w, A);
	world_run_ms(w, 15000);
	w->box[A].kernel_slow = true;
	world_skip(w, A);
	world_run_ms(w, 8000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_count(w, A, "garp"), 0);
	assert_true(world_count(w, A, "hello active") > 0); /* the others know at once */
	assert_false(world_status(w, A).serving);
	world_kernel_answer(w, A); /* prepare */
	world_kernel_answer(w, A); /* serve */
	assert_int_equal(world_count(w, A, "garp"), 2);
	assert_true(world_status(w, A).serving);
	world_free(w);
}

static void a_router_whose_kernel_refuses_the_address_resigns(void **state)
{
	(void)state;
	struct world *w = pair();

	w->box[B].kernel_fails = HSRP_KERNEL_SERVE;
	w->box[B].kernel_error = 12;
	w->box[A].mute = w->box[A].deaf = true;
	world_run_ms(w, 12000);
	assert_int_equal(world_state(w, B), HSRP_SPEAK);
	assert_int_equal(world_count(w, B, "resign"), 1);
	assert_int_equal(world_count(w, B, "report failed"), 1);
	assert_int_equal(world_count(w, B, "report serving"), 0);
	assert_int_equal(world_status(w, B).reason, HSRP_REASON_ADDRESS_FAILED);
	w->box[B].kernel_fails = -1; /* and tries again when nobody else serves */
	world_run_ms(w, 25000);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	assert_true(world_status(w, B).serving);
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

static void address_and_timers_are_learned_from_the_active_router(void **state)
{
	(void)state;
	struct world *w = world_new(2);

	w->box[A].group.timers_configured = true;
	w->box[A].group.hello_ms = 1000;
	w->box[A].group.hold_ms = 4000;
	world_start(w, A);
	world_run_ms(w, 12000);
	w->box[B].group.vip = (struct ipaddr){0};
	world_start(w, B);
	world_run_ms(w, 900);
	assert_int_equal(world_state(w, B), HSRP_INITIAL);
	world_run_ms(w, 200);
	assert_true(world_state(w, B) == HSRP_LEARN || world_state(w, B) == HSRP_LISTEN);
	world_run_ms(w, 1500);
	struct hsrp_status s = world_status(w, B);
	assert_int_equal(s.state, HSRP_LISTEN);
	assert_true(s.vip_learned && s.timers_learned);
	assert_int_equal(s.hello_ms, 1000);
	assert_int_equal(s.hold_ms, 4000);
	assert_true(ip_equal(&s.vip, &w->box[A].group.vip));
	/* It serves with what it learned. */
	world_run_ms(w, 10000);
	w->box[A].mute = true;
	world_run_ms(w, 6000);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	assert_true(w->box[B].has_address);
	world_free(w);
}

static void nothing_is_learned_from_the_wrong_password_or_another_network(void **state)
{
	(void)state;
	struct world *w = world_new(1);
	struct hsrp_packet p = packet(HSRP_HELLO, HSRP_ACTIVE, 200);

	w->box[A].group.vip = (struct ipaddr){0};
	world_start(w, A);
	world_run_ms(w, 1100);
	assert_int_equal(world_state(w, A), HSRP_LEARN);
	memcpy(p.auth, "wrong", 5);
	world_send(w, A, &p, 100, NULL);
	world_send(w, A, &p, 100, NULL);
	assert_int_equal(world_state(w, A), HSRP_LEARN);
	assert_int_equal(
		world_count(w, A, "log %HSRP-4-BADAUTH: Bad authentication from 192.168.0.100, group 1"), 1);
	assert_int_equal(world_status(w, A).bad_auth, 2);
	world_run_ms(w, 30001);
	world_send(w, A, &p, 100, NULL);
	assert_int_equal(world_count(w, A, "log %HSRP-4-BADAUTH"), 2); /* once in 30 s */
	p = packet(HSRP_HELLO, HSRP_ACTIVE, 200);
	p.vip = ip_v4(0x0a000001);
	world_send(w, A, &p, 100, NULL); /* 10.0.0.1 is not of this network */
	assert_false(ip_is_set(&(struct ipaddr){world_status(w, A).vip.family, {0}}));
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

static void another_virtual_address_is_said_and_the_election_goes_on(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_packet p = packet(HSRP_HELLO, HSRP_ACTIVE, 200);

	p.vip = ip_v4(0xc0a800c8);
	world_send(w, A, &p, 100, NULL);
	assert_int_equal(world_state(w, A), HSRP_SPEAK);
	assert_int_equal(
		world_count(w, A,
			"log %HSRP-4-DIFFVIP1: FastEthernet0/0 Grp 1 active routers virtual IP address 192"),
		1);
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

static void resume(struct world *w, unsigned box, int64_t after_ms)
{
	struct hsrp_in in = {.kind = HSRP_IN_RESUME, .record = w->box[box].record};

	hsrp_free(w->box[box].h);
	w->now = mono_add_ms(in.record.last_hello, after_ms);
	w->box[box].h = hsrp_new(99, md5_sum);
	world_step(w, box, &in);
	world_skip(w, box);
	world_start(w, box);
}

static void an_active_role_is_resumed_within_the_hold_time_with_a_hello(void **state)
{
	(void)state;
	struct world *w = active_alone(1);

	resume(w, A, 9000);
	/* Nothing before it is taken up: "Init" would make others let go. */
	assert_int_equal(
		world_count(w, A, "report changed Init") + world_count(w, A, "report changed Disabled"), 0);
	assert_int_equal(world_count(w, A, "report state Active"), 1);
	assert_did(w, A, "adv active 1/0 imac", "hello active pri 100 vmac", "kernel serve 192.168.0.254");
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_true(world_status(w, A).serving);
	assert_int_equal(world_count(w, A, "kernel unserve"), 0);
	assert_int_equal(
		world_status(w, A).changes, 4); /* Listen, Speak, Standby, Active: a restart is none */
	world_free(w);
}

/* The engine, which may start at the same moment, must not hear "Initial" first: it would give up what stands. */
static void a_role_that_may_be_resumed_is_not_reported_before(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_in in = {.kind = HSRP_IN_RESUME, .record = w->box[A].record};

	hsrp_free(w->box[A].h);
	w->box[A].h = hsrp_new(99, md5_sum);
	world_step(w, A, &in);
	world_skip(w, A);
	world_configure(w, A);
	assert_int_equal(world_count(w, A, "report"), 0);
	world_link(w, A, true);
	assert_true(world_count(w, A, "report") >= 1);
	assert_int_equal(world_count(w, A, "report changed Init"), 0);
	world_free(w);
}

static void a_role_that_cannot_be_resumed_is_reported_with_the_link(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_in in = {.kind = HSRP_IN_RESUME, .record = w->box[A].record};

	hsrp_free(w->box[A].h);
	w->box[A].h = hsrp_new(99, md5_sum);
	world_step(w, A, &in);
	world_skip(w, A);
	world_configure(w, A);
	world_link(w, A, false);
	assert_int_equal(world_count(w, A, "report changed Init"), 1);
	world_free(w);
}

/* Found by the simulator: what the predecessor had was taken away while the interface was down. */
static void a_role_is_not_resumed_when_the_interface_was_down(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_in in = {.kind = HSRP_IN_RESUME, .record = w->box[A].record};

	hsrp_free(w->box[A].h);
	w->box[A].h = hsrp_new(99, md5_sum);
	world_step(w, A, &in);
	world_configure(w, A);
	world_link(w, A, false);
	assert_false(w->box[A].has_address);
	world_skip(w, A);
	world_link(w, A, true);
	assert_int_equal(world_state(w, A), HSRP_INITIAL);
	assert_false(world_status(w, A).serving);
	assert_int_equal(world_count(w, A, "hello"), 0);
	world_free(w);
}

static void a_standby_role_is_resumed(void **state)
{
	(void)state;
	struct world *w = pair();

	world_run_ms(w, 1);
	resume(w, B, 1000);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	assert_false(w->box[B].has_address);
	world_run_ms(w, 60000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_free(w);
}

static void later_than_hold_what_is_left_goes_first(void **state)
{
	(void)state;
	struct world *w = active_alone(1);

	resume(w, A, 10001);
	assert_int_equal(world_count(w, A, "report changed Init"), 1);
	assert_did(w, A, "kernel remove "); /* at once, not after the interface delay */
	assert_silent(w, A);
	assert_int_equal(world_state(w, A), HSRP_INITIAL);
	assert_false(w->box[A].has_address);
	world_run_ms(w, 1001);
	assert_int_equal(world_state(w, A), HSRP_LISTEN);
	world_free(w);
}

static void an_active_router_that_slept_through_its_hold_time_steps_down(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_packet p = packet(HSRP_HELLO, HSRP_ACTIVE, 50);

	w->now = mono_add_ms(w->now, 15000); /* nothing ran */
	world_send(w, A, &p, 100, NULL);     /* frames are read before timers */
	assert_int_not_equal(world_state(w, A), HSRP_ACTIVE);
	assert_false(w->box[A].has_address);
	assert_int_equal(world_count(w, A, "coup"), 0);
	assert_int_equal(
		world_count(w, A, "log %HSRP-5-STATECHANGE: FastEthernet0/0 Grp 1 state Active -> Init"), 1);
	world_free(w);
}

/* Found by the simulator: the engine's message was read before the timers fired. */
static void one_that_slept_is_not_woken_as_active_by_its_configuration(void **state)
{
	(void)state;
	struct world *w = active_alone(1);

	world_skip(w, A);
	w->now = mono_add_ms(w->now, 15000);
	w->box[A].group.priority = 90; /* peers learn a new priority at once */
	world_configure(w, A);
	assert_int_equal(world_count(w, A, "hello active"), 0);
	assert_int_not_equal(world_state(w, A), HSRP_ACTIVE);
	assert_false(w->box[A].has_address);
	world_free(w);
}

/* Found by the simulator: the kernel had said yes, and the address was gone by the end of its lifetime since. */
static void an_answer_that_waited_for_a_hold_time_announces_nothing(void **state)
{
	(void)state;
	struct world *w = world_new(1);

	world_start(w, A);
	world_run_ms(w, 15000);
	w->box[A].kernel_slow = true;
	while (world_state(w, A) != HSRP_ACTIVE)
		world_run_ms(w, 100);
	world_kernel_answer(w, A); /* the virtual MAC interface is made */
	assert_int_equal(world_count(w, A, "kernel serve"), 1);
	world_skip(w, A);
	w->now = mono_add_ms(w->now, 15000);
	world_kernel_answer(w, A);
	assert_int_equal(world_count(w, A, "garp"), 0);
	assert_int_equal(world_count(w, A, "report serving"), 0);
	assert_int_not_equal(world_state(w, A), HSRP_ACTIVE);
	world_free(w);
}

static void a_late_wake_up_does_not_take_over_from_a_living_router(void **state)
{
	(void)state;
	struct world *w = pair();
	struct hsrp_packet p = packet(HSRP_HELLO, HSRP_ACTIVE, 100);

	w->box[A].deaf = true; /* its part is played below */
	w->now = mono_add_ms(w->now, 60000);
	world_step(w, B,
		&(struct hsrp_in){.kind = HSRP_IN_TIME}); /* long after hold: frames may have been lost */
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_send(w, B, &p, 2, NULL);
	world_step(w, B, &(struct hsrp_in){.kind = HSRP_IN_TIME});
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_free(w);
}

static void the_address_lives_a_second_longer_than_hold(void **state)
{
	(void)state;
	static const struct {
		uint32_t hello_ms, hold_ms, lifetime_s;
	} cases[] = {{3000, 10000, 11}, {250, 750, 2}, {15, 50, 2}, {1000, 1500, 3}, {60000, 255000, 256}};

	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct hsrp *h = hsrp_new(1, md5_sum);
		struct hsrp_outs outs = {0};
		struct world *w = world_new(1);
		w->box[A].group.timers_configured = true;
		w->box[A].group.hello_ms = cases[n].hello_ms;
		w->box[A].group.hold_ms = cases[n].hold_ms;
		/* resumed as active: SERVE is asked for at once */
		struct hsrp_in in = {.kind = HSRP_IN_RESUME,
			.record = {.device = "eth1",
				.group = 1,
				.family = IP_V4,
				.state = HSRP_ACTIVE,
				.last_hello = w->now,
				.hold_ms = cases[n].hold_ms}};
		hsrp_step(h, &in, w->now, &outs);
		hsrp_step(h, &(struct hsrp_in){.kind = HSRP_IN_INTERFACE, .interface = w->box[A].interface},
			w->now, &outs);
		hsrp_step(
			h, &(struct hsrp_in){.kind = HSRP_IN_GROUP, .group = w->box[A].group}, w->now, &outs);
		in = (struct hsrp_in){.kind = HSRP_IN_LINK};
		strcpy(in.link.device, "eth1");
		in.link.ifindex = IFINDEX;
		in.link.up = true;
		hsrp_step(h, &in, w->now, &outs);
		unsigned served = 0;
		for (size_t k = 0; k < outs.count; k++) {
			if (outs.items[k].kind != HSRP_OUT_KERNEL)
				continue;
			assert_int_equal(outs.items[k].kernel.op, HSRP_KERNEL_SERVE);
			assert_int_equal(outs.items[k].kernel.lifetime_s, cases[n].lifetime_s);
			served++;
		}
		assert_int_equal(served, 1);
		hsrp_outs_free(&outs);
		hsrp_free(h);
		world_free(w);
	}
}

static void another_virtual_address_while_active(void **state)
{
	(void)state;
	struct world *w = active_alone(1);

	w->box[A].group.vip = ip_v4(0xc0a80009);
	world_configure(w, A);
	assert_did(w, A, "hello active pri 100 vmac", "kernel unserve ", "kernel serve 192.168.0.9",
		"garp ff:ff:ff:ff:ff:ff vmac", "garp 01:00:0c:cd:cd:cd vmac");
	assert_int_equal(world_count(w, A, "resign"), 0);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	world_free(w);
}

static void secondary_addresses_come_and_go_beside_the_primary(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_group_config *g = &w->box[A].group;

	g->secondary_count = 1;
	g->secondary[0] = ip_v4(0xc0a80009);
	world_configure(w, A);
	assert_did(w, A, "kernel serve 192.168.0.254", "garp ff:ff:ff:ff:ff:ff vmac");
	g->secondary_count = 0;
	world_configure(w, A);
	assert_int_equal(world_count(w, A, "kernel serve 192.168.0.254"), 1);
	assert_int_equal(world_count(w, A, "kernel unserve"), 0);
	assert_int_equal(world_count(w, A, "report gone"), 0);
	assert_true(world_status(w, A).serving);
	world_free(w);
}

static void with_use_bia_everything_leaves_from_the_interface(void **state)
{
	(void)state;
	struct world *w = world_new(1);

	w->box[A].interface.use_bia = true;
	world_start(w, A);
	world_run_ms(w, 25000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_count(w, A, "kernel prepare"), 0); /* no macvlan */
	assert_int_equal(world_count(w, A, "hello active pri 100 imac"), 2);
	assert_int_equal(world_count(w, A, "garp ff:ff:ff:ff:ff:ff imac"), 2);
	assert_string_equal(world_status(w, A).mac_device, "");
	world_free(w);
}

static void a_group_without_an_address_to_serve_is_disabled(void **state)
{
	(void)state;
	struct world *w = active_alone(1);

	w->box[A].group.enabled = false;
	world_configure(w, A);
	assert_int_equal(world_state(w, A), HSRP_DISABLED);
	assert_false(w->box[A].has_address);
	w->box[A].group.enabled = true;
	world_configure(w, A);
	w->box[A].interface.address = (struct ipaddr){0};
	world_configure(w, A);
	assert_int_equal(world_state(w, A), HSRP_INITIAL);
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
		cmocka_unit_test(leaving_is_said_only_when_the_address_is_gone),
		cmocka_unit_test(gratuitous_arp_waits_for_the_kernel),
		cmocka_unit_test(a_router_whose_kernel_refuses_the_address_resigns),
		cmocka_unit_test(a_stop_hands_over_at_once),
		cmocka_unit_test(a_removed_group_leaves_and_is_gone),
		cmocka_unit_test(what_a_complete_configuration_does_not_name_is_removed),
		cmocka_unit_test(address_and_timers_are_learned_from_the_active_router),
		cmocka_unit_test(nothing_is_learned_from_the_wrong_password_or_another_network),
		cmocka_unit_test(frames_that_claim_to_be_ours_or_come_from_elsewhere_are_dropped),
		cmocka_unit_test(another_virtual_address_is_said_and_the_election_goes_on),
		cmocka_unit_test(a_resign_counts_only_from_the_active_router),
		cmocka_unit_test(a_changed_priority_is_told_at_once),
		cmocka_unit_test(a_tracked_object_lowers_the_priority_or_shuts_the_group),
		cmocka_unit_test(interface_down_and_up),
		cmocka_unit_test(a_device_made_again_starts_afresh),
		cmocka_unit_test(an_active_role_is_resumed_within_the_hold_time_with_a_hello),
		cmocka_unit_test(a_role_that_may_be_resumed_is_not_reported_before),
		cmocka_unit_test(a_role_that_cannot_be_resumed_is_reported_with_the_link),
		cmocka_unit_test(a_role_is_not_resumed_when_the_interface_was_down),
		cmocka_unit_test(a_standby_role_is_resumed),
		cmocka_unit_test(later_than_hold_what_is_left_goes_first),
		cmocka_unit_test(an_active_router_that_slept_through_its_hold_time_steps_down),
		cmocka_unit_test(one_that_slept_is_not_woken_as_active_by_its_configuration),
		cmocka_unit_test(an_answer_that_waited_for_a_hold_time_announces_nothing),
		cmocka_unit_test(a_late_wake_up_does_not_take_over_from_a_living_router),
		cmocka_unit_test(the_address_lives_a_second_longer_than_hold),
		cmocka_unit_test(another_virtual_address_while_active),
		cmocka_unit_test(secondary_addresses_come_and_go_beside_the_primary),
		cmocka_unit_test(with_use_bia_everything_leaves_from_the_interface),
		cmocka_unit_test(a_group_without_an_address_to_serve_is_disabled),
		cmocka_unit_test(the_operator_hands_over),
		cmocka_unit_test(an_unfit_router_yields_to_a_fitter_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
