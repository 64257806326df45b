/* Strangers on the segment: who claims our addresses, who takes a role out of nothing, who fills a table; and what is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hsrp/claim.h"
#include "hsrp_world.h"

enum { A, B };

static const struct mac stranger = {{0x02, 0, 0, 0, 9, 9}};

static void feed(struct world *w, unsigned box, const uint8_t *bytes, size_t len)
{
	struct hsrp_in in = {.kind = HSRP_IN_FRAME};

	in.frame.ifindex = IFINDEX;
	in.frame.at = w->now;
	in.frame.checksummed = true;
	in.frame.bytes = bytes;
	in.frame.len = len;
	world_step(w, box, &in);
}

static const uint8_t arp_request[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 9, 9, 8,
	6,				    /* to all, ARP */
	0, 1, 8, 0, 6, 4, 0, 1,		    /* Ethernet, IPv4, request */
	2, 0, 0, 0, 9, 9, 192, 168, 0, 254, /* sender */
	0, 0, 0, 0, 0, 0, 192, 168, 0, 7};  /* target */

static void claim(struct world *w, unsigned box, unsigned last, const struct mac *mac, unsigned operation)
{
	uint8_t frame[sizeof(arp_request)];

	memcpy(frame, arp_request, sizeof(frame));
	frame[21] = (uint8_t)operation;
	frame[31] = (uint8_t)last;
	memcpy(frame + 6, mac, sizeof(*mac));
	memcpy(frame + 22, mac, sizeof(*mac));
	feed(w, box, frame, sizeof(frame));
}

static void claims_are_read_from_arp_and_neighbour_advertisements(void **state)
{
	static const uint8_t advertisement[86] = {0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 9, 9, 0x86, 0xdd, 0x60,
		0, 0, 0, 0, 32, 58, 255, /* IPv6, 32 octets, ICMPv6, hop limit */
		0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 1, 136, 0, 0, 0, 0x20, 0, 0, 0, /* neighbour advertisement, override */
		0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 5, 0x73, 0xff, 0xfe, 0xa0, 0, 1, /* target */
		2, 1, 2, 0, 0, 0, 8, 8};					  /* its link-layer address */
	static const uint8_t other[] = {2, 0, 0, 0, 8, 8};
	struct hsrp_claim c;
	uint8_t frame[86];
	char text[IP_TEXT_MAX];

	(void)state;
	assert_true(hsrp_claim_read(&c, arp_request, sizeof(arp_request)));
	assert_string_equal(ip_format(&c.address, text), "192.168.0.254");
	assert_memory_equal(c.mac.bytes, stranger.bytes, 6);
	assert_true(hsrp_claim_read(&c, advertisement, sizeof(advertisement)));
	assert_string_equal(ip_format(&c.address, text), "fe80::5:73ff:fea0:1");
	assert_memory_equal(c.mac.bytes, other, 6);
	for (size_t n = 0; n < sizeof(arp_request); n++)
		assert_false(hsrp_claim_read(&c, arp_request, n));
	for (size_t n = 0; n < sizeof(advertisement); n++)
		assert_false(hsrp_claim_read(&c, advertisement, n));
	/* Not Ethernet and IPv4, an operation that claims nothing, a probe; one that was forwarded; a solicitation. */
	static const struct {
		bool arp;
		unsigned at;
		uint8_t value;
	} spoiled[] = {{true, 15, 6}, {true, 16, 9}, {true, 18, 8}, {true, 19, 6}, {true, 21, 3},
		{true, 13, 0}, {false, 21, 254}, {false, 20, 17}, {false, 54, 135}, {false, 79, 0},
		{false, 79, 9}};
	for (size_t i = 0; i < sizeof(spoiled) / sizeof(*spoiled); i++) {
		size_t len = spoiled[i].arp ? sizeof(arp_request) : sizeof(advertisement);
		memcpy(frame, spoiled[i].arp ? arp_request : advertisement, len);
		frame[spoiled[i].at] = spoiled[i].value;
		assert_false(hsrp_claim_read(&c, frame, len));
	}
	memcpy(frame, arp_request, sizeof(arp_request));
	memset(frame + 28, 0, 4);
	assert_false(hsrp_claim_read(&c, frame, sizeof(arp_request)));
}

static void a_duplicate_address_is_said_by_the_active_router_only(void **state)
{
	struct world *w = world_new(2);
	struct mac vmac = hsrp_virtual_mac(1, IP_V4, 1);

	(void)state;
	w->box[A].group.priority = 110;
	world_start(w, A);
	world_start(w, B);
	world_run_ms(w, 60000);
	world_skip(w, A);
	world_skip(w, B);
	for (unsigned n = 0; n < 2; n++) {
		claim(w, n, 254, &vmac, 2);	     /* the virtual router itself */
		claim(w, n, 7, &stranger, 1);	     /* an address that is nobody's here */
		claim(w, n, 254, &w->box[n].mac, 1); /* ourselves */
	}
	assert_int_equal(world_count(w, A, "log") + world_count(w, B, "log"), 0);
	world_run_ms(w, 2000);
	claim(w, A, 254, &stranger, 1);
	claim(w, B, 254, &stranger, 1);
	assert_int_equal(
		world_count(w, A,
			"log %IP-4-DUPADDR: Duplicate address 192.168.0.254 on FastEthernet0/0, sourced by "
			"0200.0000.0909"),
		1);
	assert_int_equal(world_count(w, B, "log"), 0);
	assert_int_equal(world_status(w, A).duplicate, 1);
	/* A flood: one search a second, one message in 30 s; the role stays. */
	for (unsigned n = 0; n < 1000; n++) {
		claim(w, A, 254, &stranger, 2);
		world_run_ms(w, 20);
	}
	assert_int_equal(world_count(w, A, "log %IP-4-DUPADDR"), 1);
	assert_in_range(world_status(w, A).duplicate, 15, 25);
	world_run_ms(w, 12000);
	claim(w, A, 254, &stranger, 2);
	assert_int_equal(world_count(w, A, "log %IP-4-DUPADDR"), 2);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	/* Our own address, too. */
	world_run_ms(w, 2000);
	claim(w, A, 2, &stranger, 1);
	assert_int_equal(world_count(w, A, "log %IP-4-DUPADDR: Duplicate address 192.168.0.2 on"), 1);
	world_free(w);
}

static void a_frame_with_our_own_source_is_dropped_counted_and_said(void **state)
{
	struct world *w = world_new(1);
	struct mac vmac = hsrp_virtual_mac(1, IP_V4, 1);

	(void)state;
	world_start(w, A);
	world_run_ms(w, 60000);
	world_skip(w, A);
	for (unsigned n = 0; n < 20; n++)
		world_send(w, A,
			&(struct hsrp_packet){.opcode = HSRP_HELLO, .state = HSRP_ACTIVE, .priority = 255}, 2,
			&vmac);
	assert_int_equal(world_count(w, A, "log"), 1);
	assert_int_equal(world_count(w, A,
				 "log %STANDBY-3-DUPADDR: Duplicate address on FastEthernet0/0, sourced by "
				 "0000.0c07.ac01"),
		1);
	assert_int_equal(world_status(w, A).own_source, 20);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	world_free(w);
}

static void a_stranger_who_takes_the_role_is_said_a_neighbour_is_not(void **state)
{
	struct world *w = world_new(2);
	const struct hsrp_packet coup = {.opcode = HSRP_COUP, .state = HSRP_SPEAK, .priority = 255},
				 speak = {.opcode = HSRP_HELLO, .state = HSRP_SPEAK, .priority = 255},
				 active = {.opcode = HSRP_HELLO, .state = HSRP_ACTIVE, .priority = 255};

	(void)state;
	w->box[A].group.priority = 110;
	world_start(w, A);
	world_start(w, B);
	world_run_ms(w, 60000);
	world_skip(w, A);
	world_skip(w, B);
	world_send(w, B, &active, 66, NULL); /* A is alive: B says so, and follows the protocol */
	assert_int_equal(
		world_count(w, B,
			"log %HSRP-4-UNEXPECTED: FastEthernet0/0 Grp 1 active router from new neighbor "
			"192.168.0.66 (0200.0000.0142), priority"),
		1);
	world_send(w, A, &coup, 67, NULL);
	assert_int_equal(
		world_count(w, A, "log %HSRP-4-UNEXPECTED: FastEthernet0/0 Grp 1 Coup from new neighbor"), 1);
	assert_int_equal(world_state(w, A), HSRP_SPEAK);
	world_free(w);

	/* One that was heard before does what routers do. */
	w = world_new(1);
	world_start(w, A);
	world_run_ms(w, 60000);
	world_skip(w, A);
	world_send(w, A, &speak, 66, NULL);
	world_run_ms(w, 2000);
	world_send(w, A, &coup, 66, NULL);
	assert_int_equal(world_state(w, A), HSRP_SPEAK);
	assert_int_equal(world_count(w, A, "log %HSRP-4-UNEXPECTED"), 0);
	world_free(w);
}

static unsigned neighbours(struct world *w, unsigned box, struct hsrp_neighbour *last)
{
	struct hsrp_outs outs = {0};
	struct hsrp_in in = {.kind = HSRP_IN_STATUS, .which = {.group = HSRP_ALL_GROUPS}};
	unsigned count = 0;

	assert_int_equal(hsrp_step(w->box[box].h, &in, w->now, &outs), 0);
	for (size_t n = 0; n < outs.count; n++) {
		if (outs.items[n].kind != HSRP_OUT_NEIGHBOUR)
			continue;
		count++;
		if (last)
			*last = outs.items[n].neighbour;
	}
	hsrp_outs_free(&outs);
	return count;
}

static void advertise(struct world *w, unsigned host, unsigned adv, unsigned active, unsigned passive)
{
	world_send(w, A,
		&(struct hsrp_packet){.opcode = HSRP_ADVERTISE,
			.adv_state = (uint8_t)adv,
			.adv_active = (uint16_t)active,
			.adv_passive = (uint16_t)passive},
		host, NULL);
}

static void neighbours_are_bounded_and_fall_silent(void **state)
{
	struct hsrp_neighbour n;

	(void)state;
	for (unsigned version = 1; version <= 2; version++) {
		struct world *w = world_new(1);
		w->box[A].interface.version = (uint8_t)version;
		world_start(w, A);
		world_run_ms(w, 60000);
		assert_int_equal(neighbours(w, A, NULL), 0);
		advertise(w, 66, HSRP_ADV_ACTIVE, 1, 2);
		assert_int_equal(neighbours(w, A, &n), 1);
		assert_true(n.advertised && n.active == 1 && n.passive == 2);
		assert_string_equal(n.device, "eth1");
		world_run_ms(w, 179999);
		assert_int_equal(neighbours(w, A, NULL), 1);
		world_run_ms(w, 1);
		assert_int_equal(neighbours(w, A, NULL), 0);
		advertise(w, 66, HSRP_ADV_PASSIVE, 0, 1);
		advertise(w, 66, HSRP_ADV_DORMANT, 0, 0); /* it has no groups any more */
		assert_int_equal(neighbours(w, A, NULL), 0);
		for (unsigned host = 10; host < 250; host++)
			advertise(w, host, HSRP_ADV_PASSIVE, 0, 1);
		assert_int_equal(neighbours(w, A, NULL), HSRP_NEIGHBOUR_MAX);
		world_run_ms(w, 180000); /* they were a flood: their places are free again */
		advertise(w, 9, HSRP_ADV_PASSIVE, 0, 1);
		assert_int_equal(neighbours(w, A, &n), 1);
		/* A hello counts for its hold time. */
		world_send(w, A,
			&(struct hsrp_packet){.opcode = HSRP_HELLO, .state = HSRP_SPEAK, .priority = 1}, 8,
			NULL);
		assert_int_equal(neighbours(w, A, &n), 2);
		world_run_ms(w, 10000);
		assert_int_equal(neighbours(w, A, NULL), 1);
		assert_int_equal(world_state(w, A), HSRP_ACTIVE); /* none of it elects */
		world_free(w);
	}
}

static void redirect_timers_and_its_absence(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	w->box[A].group.vip = (struct ipaddr){0}; /* Learn: passive for ever */
	w->box[A].interface.redirect_advertise_s = 60;
	w->box[A].interface.redirect_hold_s = 61;
	world_start(w, A);
	world_run_ms(w, 2000);
	world_skip(w, A);
	world_run_ms(w, 600000);
	assert_in_range(world_count(w, A, "adv passive"), 10, 12);
	advertise(w, 66, HSRP_ADV_PASSIVE, 0, 1);
	world_run_ms(w, 60999);
	assert_int_equal(neighbours(w, A, NULL), 1);
	world_run_ms(w, 1);
	assert_int_equal(neighbours(w, A, NULL), 0);
	w->box[A].interface.redirect_off = true;
	world_configure(w, A);
	world_skip(w, A);
	advertise(w, 66, HSRP_ADV_PASSIVE, 0, 1);
	world_run_ms(w, 600000);
	assert_int_equal(world_count(w, A, "adv"), 0);
	assert_int_equal(neighbours(w, A, NULL), 0);
	world_free(w);
}

static void what_is_dropped_is_counted_by_its_reason(void **state)
{
	struct world *w = world_new(1);
	struct hsrp_packet hello = {.opcode = HSRP_HELLO, .state = HSRP_ACTIVE, .priority = 1};

	(void)state;
	world_start(w, A);
	world_send(w, A, &hello, 66, NULL); /* before the interface delay: Init */
	assert_int_equal(world_status(w, A).inoperational, 1);
	world_run_ms(w, 60000);
	hello.hello_ms = hello.hold_ms = 5000;
	world_send(w, A, &hello, 66, NULL);
	assert_int_equal(world_status(w, A).bad_hello_time, 1);
	hello.hold_ms = 15000;
	hello.vip = ip_v4(0xc0a800fd);
	world_skip(w, A);
	world_send(w, A, &hello, 66, NULL);
	world_send(w, A, &hello, 66, NULL);
	assert_int_equal(world_status(w, A).other_vip, 2);
	assert_int_equal(
		world_count(w, A,
			"log %HSRP-4-DIFFVIP1: FastEthernet0/0 Grp 1 active routers virtual IP address "
			"192.168.0.253 is different to the loc"),
		1);
	assert_int_equal(world_count(w, A, "log %HSRP-4-DIFFVIP1"), 1);
	memcpy(hello.auth, "wrong", 5);
	world_send(w, A, &hello, 66, NULL);
	assert_int_equal(world_status(w, A).bad_auth, 1);
	assert_int_equal(world_count(w, A,
				 "log %HSRP-4-BADAUTH: Bad authentication from 192.168.0.66, group 1, remote "
				 "state Active"),
		1);
	world_free(w);
}

static void gratuitous_arp_as_often_as_configured(void **state)
{
	static const struct {
		unsigned count, interval_s, after_s, rounds;
	} rows[] = {{0, 0, 100, 2}, {1, 3, 100, 1}, {2, 3, 100, 2}, {5, 20, 100, 5}, {5, 20, 50, 3},
		{60, 3, 300, 60}, {0, 10, 95, 10}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct world *w = world_new(1);
		w->box[A].interface.garp_count = (uint8_t)rows[i].count;
		w->box[A].interface.garp_interval_s = (uint16_t)rows[i].interval_s;
		world_start(w, A);
		while (world_state(w, A) != HSRP_ACTIVE)
			world_run_ms(w, 10);
		world_run_ms(w, rows[i].after_s * 1000);
		assert_int_equal(world_count(w, A, "garp ff:ff"), rows[i].rounds);
		assert_int_equal(world_status(w, A).garps, rows[i].rounds);
		assert_int_equal(world_count(w, A, "garp 01:00:0c"), 1);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(claims_are_read_from_arp_and_neighbour_advertisements),
		cmocka_unit_test(a_duplicate_address_is_said_by_the_active_router_only),
		cmocka_unit_test(a_frame_with_our_own_source_is_dropped_counted_and_said),
		cmocka_unit_test(a_stranger_who_takes_the_role_is_said_a_neighbour_is_not),
		cmocka_unit_test(neighbours_are_bounded_and_fall_silent),
		cmocka_unit_test(redirect_timers_and_its_absence),
		cmocka_unit_test(what_is_dropped_is_counted_by_its_reason),
		cmocka_unit_test(gratuitous_arp_as_often_as_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
