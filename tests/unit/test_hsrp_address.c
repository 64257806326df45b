/* The virtual address: configured or learned, asked of the kernel, announced when it is there, given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hsrp_scenes.h"
#include "linux/md5.h"

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
	/* None of another network, not its own one, no group's: it waits on, and cannot become active of nothing. */
	const struct ipaddr none[] = {ip_v4(0x0a000001), ip_v4(0xc0a80002), ip_v4(0xe0000001)};
	for (size_t n = 0; n < sizeof(none) / sizeof(none[0]); n++) {
		p = packet(HSRP_HELLO, HSRP_ACTIVE, 50);
		p.vip = none[n];
		w->box[A].group.preempt = n == 1;
		world_configure(w, A);
		world_send(w, A, &p, 100, NULL);
		assert_int_equal(world_state(w, A), HSRP_LEARN);
		world_run_ms(w, 60000);
		struct hsrp_status s = world_status(w, A);
		assert_int_equal(s.state, HSRP_LEARN);
		assert_false(ip_is_set(&s.vip));
		assert_false(ip_is_set(&s.active.address)); /* it fell silent */
	}
	assert_int_equal(world_count(w, A, "hello"), 0);
	assert_int_equal(world_count(w, A, "kernel serve"), 0);
	p = packet(HSRP_HELLO, HSRP_ACTIVE, 200);
	world_send(w, A, &p, 100, NULL);
	assert_int_equal(world_state(w, A), HSRP_LISTEN);
	assert_true(world_status(w, A).vip_learned);
	world_free(w);
}

/* Found by the simulator: the process was kept from running for less than the hold time, and for more than was left. */
static void an_address_that_was_not_renewed_in_time_is_not_announced(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_packet p = packet(HSRP_HELLO, HSRP_ACTIVE, 50);
	struct hsrp_in arp = {.kind = HSRP_IN_ARP, .which = {.group = HSRP_ALL_GROUPS}};

	do
		world_run_ms(w, 100);
	while (mono_diff_ms(w->box[A].record.last_hello, w->box[A].renewed) < 1200);
	w->box[A].kernel_slow =
		true; /* 11 s since the renewal are over before the hold time of 10 s since the hello */
	w->now = mono_add_ms(w->box[A].record.last_hello, 9900);
	w->box[A].has_address = false; /* the kernel took it away */
	world_skip(w, A);
	world_step(w, A, &arp);
	assert_silent(w, A);
	world_send(w, A, &p, 100, NULL); /* frames are read before timers */
	assert_did(
		w, A, "coup active pri 100 vmac", "hello active pri 100 vmac", "kernel serve 192.168.0.254");
	assert_silent(w, A);
	world_run_ms(w, 1000);
	assert_int_equal(world_count(w, A, "garp"), 0);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	world_kernel_answer(w, A);
	assert_int_equal(world_count(w, A, "garp"), 2);
	assert_int_equal(world_count(w, A, "report gone"), 0);
	assert_true(world_status(w, A).serving);
	world_free(w);
}

static void take_away(struct world *w, unsigned box)
{
	struct hsrp_in in = {.kind = HSRP_IN_TAKEN, .which = {.device = "eth1", .group = 1, .family = IP_V4}};

	w->box[box].has_address = false;
	world_step(w, box, &in);
}

static void what_somebody_takes_away_comes_back(void **state)
{
	(void)state;
	struct world *w = active_alone(1);

	world_run_ms(w, 1000);
	unsigned garps = world_count(w, A, "garp"), reports = world_count(w, A, "report");
	take_away(w, A);
	world_run_ms(w, 20);
	assert_true(w->box[A].has_address);
	assert_int_equal(world_count(w, A, "log %HSRP-4-TAKEN: FastEthernet0/0 Grp 1"), 1);
	/* Again and again: not faster than four times a second, and said once in 30 s. */
	take_away(w, A);
	world_run_ms(w, 229);
	assert_false(w->box[A].has_address);
	world_run_ms(w, 21);
	assert_true(w->box[A].has_address);
	assert_int_equal(world_count(w, A, "log %HSRP-4-TAKEN"), 1);
	assert_int_equal(world_count(w, A, "garp"), garps);
	assert_int_equal(world_count(w, A, "report"), reports);
	world_free(w);
}

static void what_is_taken_away_during_a_renewal_is_renewed_again(void **state)
{
	(void)state;
	struct world *w = active_alone(1);

	w->box[A].kernel_slow = true;
	while (w->box[A].kept_count == 0)
		world_run_ms(w, 50);
	take_away(w, A); /* the renewal was asked for before; its answer does not tell of this */
	world_kernel_answer(w, A);
	assert_false(w->box[A].has_address);
	world_run_ms(w, 250);
	assert_true(w->box[A].has_address);
	world_kernel_answer(w, A);
	world_free(w);
}

/* Found by the simulator: a renewal that was confirmed so late that the address counted as gone, and nobody hurried. */
static void what_is_taken_away_after_a_late_renewal_comes_back(void **state)
{
	(void)state;
	struct world *w = active_alone(1);

	w->box[A].kernel_slow = true;
	while (w->box[A].kept_count == 0)
		world_run_ms(w, 50);
	world_run_ms(w, 10000);
	world_kernel_answer(w, A);
	w->box[A].kernel_slow = false;
	world_run_ms(w, 1500); /* 11 s after it was asked for */
	take_away(w, A);
	world_run_ms(w, 20);
	assert_true(w->box[A].has_address);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	world_free(w);
}

static void what_a_standby_router_gives_back_is_no_news(void **state)
{
	(void)state;
	struct world *w = pair();
	mono_t renewed = w->box[B].renewed;

	world_skip(w, B);
	take_away(w, B);
	world_run_ms(w, 1000);
	assert_false(w->box[B].has_address);
	assert_int_equal(w->box[B].renewed.ns, renewed.ns);
	assert_int_equal(world_count(w, B, "log %HSRP-4-TAKEN"), 0);
	world_free(w);
}

static void a_macvlan_s_name_tells_its_group(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int ifindex;
		enum ip_family family;
		unsigned group;
	} good[] = {{"hs2-0", 2, IP_V4, 0}, {"hs31-4095", 31, IP_V4, 4095}, {"hs7-12x", 7, IP_V6, 12}};
	static const char *const bad[] = {"eth0", "hs", "hs2", "hs2-", "hs-2-1", "hs2-1y", "hs2-1xx",
		"hs02-1", "hs2-4096", "hs2-01", "hs2-1 ", "hs2--1"};
	char made[HSRP_DEVICE_MAX];
	int ifindex;
	enum ip_family family;
	unsigned group;

	for (size_t n = 0; n < sizeof(good) / sizeof(good[0]); n++) {
		assert_true(hsrp_macvlan_parse(good[n].name, &ifindex, &family, &group));
		assert_int_equal(ifindex, good[n].ifindex);
		assert_int_equal(family, good[n].family);
		assert_int_equal(group, good[n].group);
		hsrp_macvlan_name(ifindex, family, group, made);
		assert_string_equal(made, good[n].name);
	}
	for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++)
		assert_false(hsrp_macvlan_parse(bad[n], &ifindex, &family, &group));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gratuitous_arp_waits_for_the_kernel),
		cmocka_unit_test(a_router_whose_kernel_refuses_the_address_resigns),
		cmocka_unit_test(leaving_is_said_only_when_the_address_is_gone),
		cmocka_unit_test(address_and_timers_are_learned_from_the_active_router),
		cmocka_unit_test(nothing_is_learned_from_the_wrong_password_or_another_network),
		cmocka_unit_test(an_address_that_was_not_renewed_in_time_is_not_announced),
		cmocka_unit_test(what_somebody_takes_away_comes_back),
		cmocka_unit_test(what_is_taken_away_during_a_renewal_is_renewed_again),
		cmocka_unit_test(what_is_taken_away_after_a_late_renewal_comes_back),
		cmocka_unit_test(what_a_standby_router_gives_back_is_no_news),
		cmocka_unit_test(a_macvlan_s_name_tells_its_group),
		cmocka_unit_test(another_virtual_address_is_said_and_the_election_goes_on),
		cmocka_unit_test(the_address_lives_a_second_longer_than_hold),
		cmocka_unit_test(another_virtual_address_while_active),
		cmocka_unit_test(secondary_addresses_come_and_go_beside_the_primary),
		cmocka_unit_test(with_use_bia_everything_leaves_from_the_interface),
		cmocka_unit_test(a_group_without_an_address_to_serve_is_disabled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
