/* HSRP for IPv6: bytes as captured, neighbour discovery, and routers on a segment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "linux/md5.h"
#include "hsrp/nd.h"
#include "hsrp_world.h"

enum { A, B };

/* ---- bytes ---- */

static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; *hex; hex += *hex == ' ' ? 1 : 2)
		if (*hex != ' ' && sscanf(hex, "%2x", &byte) == 1)
			out[n++] = (uint8_t)byte;
	return n;
}

/* Captured from IOS (its 802.1Q tag left out): Ethernet to ff02::66's MAC; class 0xe0, UDP, hop limit 255; 2029 to 2029. */
#define HEAD(mac, length) "333300000066 " mac " 86dd 6e000000 " length " 11 ff "
#define ADDRESSES	  "fe800000000000000000000000000001 ff020000000000000000000000000066 07ed 07ed "

static const struct frame_vector {
	const char *decode, *hex;
} frames[] = {
	{"hello active pri 105 grp 16 10000/20000 vip fe80::5:73ff:fea0:10 md5 00000001",
		HEAD("000573a00010", "0050") ADDRESSES
		"0050 d7d2 "
		"0128 02000606 0010 aabbcc000120 00000069 00002710 00004e20 "
		"fe80000000000000000573fffea00010 "
		"041c01000000 00000001 00000000 cedf38d296f03b34b23f29b216a4e042"},
	{"hello speak pri 105 grp 16 10000/20000 vip fe80::5:73ff:fea0:10 md5 00000001",
		HEAD("aabbcc000120", "0050") ADDRESSES
		"0050 af98 "
		"0128 02000406 0010 aabbcc000120 00000069 00002710 00004e20 "
		"fe80000000000000000573fffea00010 "
		"041c01000000 00000001 00000000 51d1ec51ab34509ab2e33188ca4fee3b"},
	{"interface active 0 passive 1", HEAD("aabbcc000120", "000e") ADDRESSES "000e f008 0204 0000 0001"},
};

static void describe(const struct hsrp_packet *p, char *out, size_t size)
{
	static const char *const states[] = {"", "initial", "learn", "listen", "speak", "standby", "active"};
	static const char *const ops[] = {"hello", "coup", "resign"};
	char ip[IP_TEXT_MAX], md5[16] = "";

	if (p->opcode == HSRP_ADVERTISE) {
		snprintf(out, size, "interface active %u passive %u", p->adv_active, p->adv_passive);
		return;
	}
	assert_int_equal(p->family, IP_V6);
	if (p->has_md5)
		snprintf(md5, sizeof(md5), " md5 %08x", p->md5_address);
	snprintf(out, size, "%s %s pri %u grp %u %u/%u vip %s%s", ops[p->opcode], states[p->state],
		p->priority, p->group, p->hello_ms, p->hold_ms, ip_format(&p->vip, ip), md5);
}

static void captured_frames_are_read_and_written_to_the_byte(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(frames) / sizeof(frames[0]); n++) {
		uint8_t bytes[HSRP_FRAME_MAX], again[HSRP_FRAME_MAX];
		struct hsrp_frame f;
		struct hsrp_packet p;
		char text[120], from[IP_TEXT_MAX];
		size_t len = from_hex(frames[n].hex, bytes);

		assert_int_equal(hsrp_frame_read(&f, bytes, len, true), HSRP_WIRE_OK);
		assert_int_equal(f.version, 2);
		assert_int_equal(f.ttl, 255);
		assert_string_equal(ip_format(&f.from, from), "fe80::1");
		assert_int_equal(hsrp_packet_read(&p, f.payload, f.payload_len), HSRP_WIRE_OK);
		describe(&p, text, sizeof(text));
		assert_string_equal(text, frames[n].decode);
		assert_int_equal(hsrp_frame_write(&p, &f.from_mac, &f.from, again, sizeof(again)), len);
		assert_memory_equal(bytes, again, len);
		assert_int_equal(hsrp_frame_write(&p, &f.from_mac, &f.from, again, len - 1), 0);
	}
}

static enum hsrp_wire_error damaged(size_t at, uint8_t value, bool checksummed)
{
	uint8_t bytes[HSRP_FRAME_MAX];
	struct hsrp_frame f;
	size_t len = from_hex(frames[0].hex, bytes);

	bytes[at] = value;
	return hsrp_frame_read(&f, bytes, len, checksummed);
}

static void damaged_frames_are_refused_for_their_reason(void **state)
{
	(void)state;
	uint8_t bytes[HSRP_FRAME_MAX];
	struct hsrp_frame f;
	size_t len = from_hex(frames[0].hex, bytes);

	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(hsrp_frame_read(&f, bytes, cut, true), HSRP_WIRE_SHORT);
	assert_int_equal(damaged(100, 0x77, true), HSRP_WIRE_CHECKSUM);
	assert_int_equal(
		damaged(100, 0x77, false), HSRP_WIRE_OK); /* a sender on this host has not summed yet */
	assert_int_equal(damaged(37, 2, true), HSRP_WIRE_CHECKSUM); /* the pseudo header counts */
	assert_int_equal(damaged(14, 0x4e, true), HSRP_WIRE_NOT_HSRP);
	assert_int_equal(damaged(20, 6, true), HSRP_WIRE_NOT_HSRP);    /* TCP */
	assert_int_equal(damaged(20, 0, true), HSRP_WIRE_NOT_HSRP);    /* an extension header */
	assert_int_equal(damaged(53, 0x67, true), HSRP_WIRE_NOT_HSRP); /* another group */
	assert_int_equal(damaged(57, 0xc1, true), HSRP_WIRE_NOT_HSRP); /* another port */
	assert_int_equal(damaged(19, 7, true), HSRP_WIRE_SHORT);       /* no room for UDP */
	assert_int_equal(damaged(59, 0x51, true), HSRP_WIRE_SHORT);    /* UDP longer than IP */
	assert_int_equal(damaged(21, 1, true), HSRP_WIRE_OK);	       /* any hop limit */
	bytes[60] = bytes[61] = 0;				       /* RFC 8200 8.1: no sum, no datagram */
	assert_int_equal(hsrp_frame_read(&f, bytes, len, true), HSRP_WIRE_CHECKSUM);
}

static void neighbour_advertisement_to_the_byte(void **state)
{
	(void)state;
	/* To all nodes from the virtual MAC; hop limit 255; NA with router and override; target; target link-layer address. */
	static const char hex[] = "333300000001 000573a00001 86dd 6e000000 0020 3a ff "
				  "fe80000000000000000573fffea00001 ff020000000000000000000000000001 "
				  "88 00 80aa a0000000 fe80000000000000000573fffea00001 0201 000573a00001";
	uint8_t want[128], bytes[128];
	struct mac mac = hsrp_virtual_mac(2, IP_V6, 1);
	struct ipaddr vip = hsrp_link_local(&mac);
	size_t len = from_hex(hex, want);

	assert_int_equal(hsrp_neighbour_write(&mac, &vip, bytes, sizeof(bytes)), len);
	assert_memory_equal(bytes, want, len);
	assert_int_equal(hsrp_neighbour_write(&mac, &vip, bytes, len - 1), 0);
}

static void router_advertisement_to_the_byte(void **state)
{
	(void)state;
	/* RA: hop limit 64, no flags, 1800 s; source link-layer address; prefix 2001:db8:1::/64 L A 30 d 7 d; …:2::/60 L */
	static const char hex[] = "333300000001 000573a00001 86dd 6e000000 0058 3a ff "
				  "fe80000000000000000573fffea00001 ff020000000000000000000000000001 "
				  "86 00 df72 40 00 0708 00000000 00000000 0101 000573a00001 "
				  "0304 40c0 00278d00 00093a80 00000000 20010db8000100000000000000000000 "
				  "0304 3c80 00278d00 00093a80 00000000 20010db8000200000000000000000000";
	uint8_t want[256], bytes[HSRP_RA_LEN];
	struct hsrp_router_advert ra = {
		.mac = hsrp_virtual_mac(2, IP_V6, 1), .lifetime_s = 1800, .prefix_count = 2};
	size_t len = from_hex(hex, want);

	ra.from = hsrp_link_local(&ra.mac);
	assert_true(prefix_parse("2001:db8:1::/64", &ra.prefix[0]));
	assert_true(prefix_parse("2001:db8:2::/60", &ra.prefix[1]));
	assert_int_equal(hsrp_router_advert_write(&ra, bytes, sizeof(bytes)), len);
	assert_memory_equal(bytes, want, len);
	ra.prefix_count = HSRP_SECONDARY_MAX;
	assert_int_equal(
		hsrp_router_advert_write(&ra, bytes, sizeof(bytes)), sizeof(bytes)); /* the longest fits */
}

/* As Linux asks: RS from fe80::64 with its link-layer address. */
static const char solicitation[] = "333300000002 020000000064 86dd 60000000 0010 3a ff "
				   "fe800000000000000000000000000064 ff020000000000000000000000000002 "
				   "85 00 7966 00000000 0101 020000000064";

static void router_solicitations_are_told_from_what_is_none(void **state)
{
	(void)state;
	uint8_t bytes[128];
	size_t len = from_hex(solicitation, bytes);
	static const struct {
		size_t at;
		uint8_t value;
	} damages[] = {{12, 8}, {14, 0x40}, {20, 17}, {21, 64}, {53, 1}, {54, 134}, {55, 1}, {57, 0}, {63, 0},
		{63, 2}};

	assert_true(hsrp_solicitation_read(bytes, len));
	for (size_t cut = 0; cut < len; cut++)
		assert_false(hsrp_solicitation_read(bytes, cut));
	for (size_t n = 0; n < sizeof(damages) / sizeof(damages[0]); n++) {
		from_hex(solicitation, bytes);
		bytes[damages[n].at] = damages[n].value;
		assert_false(hsrp_solicitation_read(bytes, len));
	}
}

/* ---- routers ---- */

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

static struct world *active_alone(unsigned boxes)
{
	struct world *w = world_new(boxes);

	for (unsigned n = 0; n < boxes; n++)
		world_ipv6(w, n);
	world_start(w, A);
	world_run_ms(w, 25000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	return w;
}

static struct world *pair(void)
{
	struct world *w = active_alone(2);

	world_start(w, B);
	world_run_ms(w, 30000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_skip(w, A);
	world_skip(w, B);
	return w;
}

static void a_lone_router_announces_itself_to_hosts(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	char ip[IP_TEXT_MAX];

	assert_did(w, A, "kernel remove ", "adv  0/1 imac", "hello speak pri 100 imac",
		"hello speak pri 100 imac", "hello speak pri 100 imac", "hello speak pri 100 imac",
		"hello standby pri 100 imac", "kernel prepare ", "adv  1/0 imac", "hello active pri 100 vmac",
		"kernel serve fe80::5:73ff:fea0:1", "na fe80::5:73ff:fea0:1 vmac",
		"ra 1800 s, 0 prefixes vmac");
	struct hsrp_status s = world_status(w, A);
	assert_string_equal(ip_format(&s.vip, ip), "fe80::5:73ff:fea0:1");
	assert_string_equal(s.mac_device, "hs3-1x");
	assert_int_equal(w->box[A].violations, 0);
	world_run_ms(w, 10000);
	assert_int_equal(world_count(w, A, "na "), 1);	     /* one more, as with gratuitous ARP */
	assert_int_equal(world_count(w, A, "ra 1800 s"), 2); /* the second and third */
	world_skip(w, A);
	world_run_ms(w, 1000000);
	assert_in_range(world_count(w, A, "ra 1800 s"), 5, 6); /* every 160 to 200 s */
	assert_int_equal(world_count(w, A, "na "), 0);
	world_free(w);
}

static void global_addresses_are_announced_and_their_prefixes_advertised(void **state)
{
	(void)state;
	struct world *w = world_new(1);
	struct hsrp_group_config *g = &w->box[A].group;

	world_ipv6(w, A);
	g->secondary_count = 2;
	assert_true(ip_parse("2001:db8:1::254", &g->secondary[0]));
	assert_true(ip_parse("2001:db8:1::253", &g->secondary[1]));
	g->secondary_len[0] = g->secondary_len[1] = 64;
	world_start(w, A);
	world_run_ms(w, 22000);
	assert_int_equal(world_count(w, A, "na fe80::5:73ff:fea0:1 vmac"), 1);
	assert_int_equal(world_count(w, A, "na 2001:db8:1::254 vmac"), 1);
	assert_int_equal(world_count(w, A, "na 2001:db8:1::253 vmac"), 1);
	assert_int_equal(world_count(w, A, "ra 1800 s, 1 prefixes vmac"), 1); /* one prefix, said once */
	world_free(w);
}

static void without_unicast_routing_no_router_is_advertised(void **state)
{
	(void)state;
	struct world *w = active_alone(1);

	world_skip(w, A);
	w->box[A].interface.ipv6_routing = false;
	world_configure(w, A);
	assert_did(w, A, "ra 0 s, 0 prefixes vmac");
	world_skip(w, A);
	world_run_ms(w, 600000);
	assert_int_equal(world_count(w, A, "ra "), 0);
	w->box[A].interface.ipv6_routing = true;
	world_configure(w, A);
	assert_int_equal(world_count(w, A, "ra 1800 s, 0 prefixes vmac"), 1);
	world_free(w);
}

static void solicit(struct world *w, unsigned box)
{
	uint8_t bytes[128];
	struct hsrp_in in = {.kind = HSRP_IN_FRAME};

	in.frame.ifindex = IFINDEX;
	in.frame.at = w->now;
	in.frame.checksummed = true;
	in.frame.len = from_hex(solicitation, bytes);
	in.frame.bytes = bytes;
	world_step(w, box, &in);
}

static void hosts_that_ask_get_one_answer_in_three_seconds(void **state)
{
	(void)state;
	struct world *w = pair();

	for (unsigned n = 0; n < 100; n++) {
		solicit(w, A);
		solicit(w, B);
	}
	world_run_ms(w, 501);
	assert_int_equal(world_count(w, A, "ra 1800 s"), 1);
	for (unsigned n = 0; n < 60; n++) {
		solicit(w, A);
		world_run_ms(w, 50);
	}
	assert_in_range(world_count(w, A, "ra 1800 s"), 2, 2);
	assert_int_equal(world_count(w, B, "ra "), 0); /* not the standby */
	assert_int_equal(world_status(w, A).bad_frame, 0);
	world_free(w);
}

/* Router advertisements since the last world_skip(), and the most of them at one moment. */
static unsigned adverts(const struct world *w, unsigned box, unsigned *at_once)
{
	const struct world_box *b = &w->box[box];
	unsigned all = 0, now = 0;
	mono_t at = {0};

	*at_once = 0;
	for (size_t n = b->read; n < b->lines; n++) {
		if (strncmp(b->line[n], "ra 1800 s", 9) != 0)
			continue;
		now = b->line_at[n].ns == at.ns ? now + 1 : 1;
		at = b->line_at[n];
		*at_once = now > *at_once ? now : *at_once;
		all++;
	}
	return all;
}

static void many_groups_answer_a_few_at_a_time(void **state)
{
	enum { GROUPS = 20, AT_ONCE = 8 };
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_group_config g = w->box[A].group;
	unsigned at_once;

	for (g.group = 2; g.group <= GROUPS; g.group++) {
		struct mac mac = hsrp_virtual_mac(2, IP_V6, g.group);
		g.vip = hsrp_link_local(&mac);
		world_step(w, A, &(struct hsrp_in){.kind = HSRP_IN_GROUP, .group = g});
	}
	world_run_ms(w, 40000);
	world_skip(w, A);
	solicit(w, A);
	world_run_ms(w, 503);
	assert_int_equal(adverts(w, A, &at_once), GROUPS);
	assert_int_equal(at_once, AT_ONCE);

	/* The one that would be next goes in the middle of it. */
	world_run_ms(w, 3000);
	world_skip(w, A);
	solicit(w, A);
	for (unsigned ms = 0; ms < 500 && adverts(w, A, &at_once) == 0; ms++)
		world_run_ms(w, 1);
	assert_int_equal(adverts(w, A, &at_once), AT_ONCE);
	struct hsrp_in in = {.kind = HSRP_IN_REMOVE_GROUP,
		.which = {.device = "eth1", .group = AT_ONCE + 1, .family = IP_V6}};
	world_step(w, A, &in);
	world_run_ms(w, 500);
	assert_int_equal(adverts(w, A, &at_once), GROUPS - 1);

	/* The link fails in the middle: the next answer begins with the first. */
	world_run_ms(w, 3000);
	world_skip(w, A);
	solicit(w, A);
	for (unsigned ms = 0; ms < 500 && adverts(w, A, &at_once) == 0; ms++)
		world_run_ms(w, 1);
	world_link(w, A, false);
	world_link(w, A, true);
	world_run_ms(w, 40000);
	world_skip(w, A);
	solicit(w, A);
	world_run_ms(w, 503);
	assert_int_equal(adverts(w, A, &at_once), GROUPS - 1);
	world_free(w);
}

static void who_leaves_by_itself_says_farewell_before_its_address_goes(void **state)
{
	(void)state;
	struct world *w = pair();

	world_step(w, A, &(struct hsrp_in){.kind = HSRP_IN_LEAVE});
	assert_did(w, A, "ra 0 s, 0 prefixes vmac", "kernel unserve ", "adv  0/0 imac",
		"resign speak pri 100 imac");
	assert_int_equal(w->box[A].violations, 0);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	assert_int_equal(world_count(w, B, "ra 1800 s, 0 prefixes vmac"), 1);
	world_free(w);
}

static void who_is_overthrown_leaves_the_hosts_their_router(void **state)
{
	(void)state;
	struct world *w = pair();

	w->box[B].group.priority = 110;
	w->box[B].group.preempt = true;
	world_configure(w, B);
	world_run_ms(w, 4000);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	assert_int_equal(world_state(w, A), HSRP_SPEAK);
	assert_int_equal(world_count(w, A, "ra 0 s"), 0);
	assert_int_equal(world_count(w, A, "coup"), 0);
	assert_int_equal(world_count(w, B, "coup standby pri 110 imac"), 1);
	assert_int_equal(w->box[A].violations + w->box[B].violations, 0);
	world_free(w);
}

static void equal_priorities_are_decided_by_the_whole_link_local_address(void **state)
{
	(void)state;
	struct world *w = world_new(2);

	for (unsigned n = 0; n < 2; n++)
		world_ipv6(w, n);
	/* The first octets decide, not the last: fe80:0:0:0:1::1 beats fe80::ffff. */
	w->box[A].link_local.bytes[9] = 1;
	w->box[A].link_local.bytes[15] = 1;
	w->box[B].link_local.bytes[14] = w->box[B].link_local.bytes[15] = 0xff;
	world_start(w, A);
	world_start(w, B);
	world_run_ms(w, 60000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_free(w);
}

static void one_number_serves_both_families_with_roles_of_their_own(void **state)
{
	(void)state;
	struct world *w = active_alone(2);
	struct hsrp_group_config v4 = w->box[A].group;
	struct hsrp_status s;

	v4.family = IP_V4;
	v4.vip = ip_v4(0xc0a800fe);
	world_start(w, B); /* IPv6, standby */
	world_step(w, B, &(struct hsrp_in){.kind = HSRP_IN_GROUP, .group = v4});
	world_run_ms(w, 60000);
	assert_true(hsrp_group_status(w->box[B].h, "eth1", IP_V6, 1, &s));
	assert_int_equal(s.state, HSRP_STANDBY);
	assert_memory_equal(s.virtual_mac.bytes, "\x00\x05\x73\xa0\x00\x01", 6);
	assert_true(hsrp_group_status(w->box[B].h, "eth1", IP_V4, 1, &s));
	assert_int_equal(s.state, HSRP_ACTIVE);
	assert_memory_equal(s.virtual_mac.bytes, "\x00\x00\x0c\x9f\xf0\x01", 6);
	assert_string_equal(s.mac_device, "hs3-1");

	/* One of them goes, the other stays as it is. */
	struct hsrp_in in = {
		.kind = HSRP_IN_REMOVE_GROUP, .which = {.device = "eth1", .group = 1, .family = IP_V4}};
	world_step(w, B, &in);
	assert_false(hsrp_group_status(w->box[B].h, "eth1", IP_V4, 1, &s));
	assert_true(hsrp_group_status(w->box[B].h, "eth1", IP_V6, 1, &s));
	assert_int_equal(s.state, HSRP_STANDBY);
	assert_int_equal(s.changes, 3); /* Listen, Speak, Standby */
	world_free(w);
}

static void version_1_and_a_missing_link_local_address_keep_the_group_initial(void **state)
{
	(void)state;
	struct world *w = world_new(1);
	struct ipaddr link_local = w->box[A].link_local;

	world_ipv6(w, A);
	w->box[A].interface.version = 1;
	world_start(w, A);
	world_run_ms(w, 30000);
	assert_int_equal(world_state(w, A), HSRP_INITIAL);
	w->box[A].interface.version = 2;
	w->box[A].link_local = (struct ipaddr){0};
	world_configure(w, A);
	world_link(w, A, true);
	world_run_ms(w, 30000);
	assert_int_equal(world_state(w, A), HSRP_INITIAL);
	assert_int_equal(world_count(w, A, "hello"), 0);
	/* The kernel is done with duplicate address detection. */
	w->box[A].link_local = link_local;
	world_link(w, A, true);
	world_run_ms(w, 30000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	/* A configured one takes its place: said at once. */
	world_skip(w, A);
	assert_true(ip_parse("fe80::77", &w->box[A].interface.link_local));
	world_configure(w, A);
	assert_did(w, A, "hello active pri 100 vmac");
	world_free(w);
}

static void the_active_routers_link_local_address_is_learned(void **state)
{
	(void)state;
	struct world *w = world_new(2);
	char ip[IP_TEXT_MAX];

	world_ipv6(w, A);
	world_ipv6(w, B);
	assert_true(ip_parse("fe80::1", &w->box[A].group.vip));
	w->box[B].group.vip_implied = true; /* only global addresses were typed there */
	world_start(w, A);
	world_run_ms(w, 25000);
	world_start(w, B);
	struct hsrp_status s = world_status(w, B);
	world_run_ms(w, 30000);
	s = world_status(w, B);
	assert_string_equal(ip_format(&s.vip, ip), "fe80::1");
	assert_true(s.vip_learned);
	assert_int_equal(s.state, HSRP_STANDBY);
	world_configure(w, B); /* sent again: nothing is forgotten */
	world_link(w, A, false);
	world_run_ms(w, 15000);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	assert_int_equal(world_count(w, B, "kernel serve fe80::1"), 1);

	/* Typed without any address in the end: Learn, until an active router says it. */
	world_free(w);
	w = world_new(1);
	world_ipv6(w, A);
	w->box[A].group.vip = (struct ipaddr){0};
	world_start(w, A);
	world_run_ms(w, 30000);
	assert_int_equal(world_state(w, A), HSRP_LEARN);
	struct hsrp_packet hello = {.opcode = HSRP_HELLO, .state = HSRP_ACTIVE, .priority = 110};
	assert_true(ip_parse("2001:db8::1", &hello.vip)); /* not link-local: not to be learned */
	world_send(w, A, &hello, 200, NULL);
	s = world_status(w, A);
	assert_false(ip_is_set(&s.vip));
	assert_int_equal(s.state, HSRP_LEARN);
	assert_true(ip_parse("fe80::200", &hello.vip));
	world_send(w, A, &hello, 200, NULL);
	s = world_status(w, A);
	assert_string_equal(ip_format(&s.vip, ip), "fe80::200");
	assert_int_equal(s.state, HSRP_LISTEN);
	world_free(w);
}

static void frames_that_do_not_belong_here_are_counted_by_reason(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_packet coup = {.opcode = HSRP_COUP,
		.state = HSRP_SPEAK,
		.priority = 255,
		.version = 2,
		.group = 1,
		.hello_ms = 3000,
		.hold_ms = 10000,
		.auth = HSRP_AUTH_DEFAULT,
		.family = IP_V6};
	struct mac mac = {{2, 0, 0, 0, 0, 9}};
	struct hsrp_in in = {.kind = HSRP_IN_FRAME};
	uint8_t bytes[HSRP_FRAME_MAX];
	struct ipaddr from;

	in.frame.ifindex = IFINDEX;
	in.frame.at = w->now;
	in.frame.checksummed = true;
	in.frame.bytes = bytes;
	/* From a global address. */
	assert_true(ip_parse("2001:db8::9", &from));
	in.frame.len = hsrp_frame_write(&coup, &mac, &from, bytes, sizeof(bytes));
	world_step(w, A, &in);
	/* An IPv4 group inside of IPv6. */
	assert_true(ip_parse("fe80::9", &from));
	coup.family = IP_V4;
	in.frame.len = hsrp_frame_write(&coup, &mac, &from, bytes, sizeof(bytes));
	world_step(w, A, &in);
	/* Our own address. */
	coup.family = IP_V6;
	in.frame.len = hsrp_frame_write(&coup, &mac, &w->box[A].link_local, bytes, sizeof(bytes));
	world_step(w, A, &in);
	/* Without a checksum. */
	in.frame.len = hsrp_frame_write(&coup, &mac, &from, bytes, sizeof(bytes));
	bytes[60] = bytes[61] = 0;
	world_step(w, A, &in);
	/* Cut in the middle of the Group State. */
	in.frame.len = hsrp_frame_write(&coup, &mac, &from, bytes, sizeof(bytes));
	bytes[63] = 41;
	in.frame.checksummed = false;
	world_step(w, A, &in);
	struct hsrp_status s = world_status(w, A);
	assert_int_equal(s.state, HSRP_ACTIVE);
	assert_int_equal(s.bad[HSRP_WIRE_SOURCE], 1);
	assert_int_equal(s.bad[HSRP_WIRE_VERSION], 1);
	assert_int_equal(s.bad[HSRP_WIRE_CHECKSUM], 1);
	assert_int_equal(s.own_source, 1);
	assert_int_equal(s.bad[HSRP_WIRE_TLV], 1);
	assert_int_equal(s.bad_frame, 4);
	/* And one that does belong here. */
	in.frame.checksummed = true;
	in.frame.len = hsrp_frame_write(&coup, &mac, &from, bytes, sizeof(bytes));
	world_step(w, A, &in);
	assert_int_equal(world_state(w, A), HSRP_SPEAK);
	world_free(w);
}

static void md5_elects_and_other_keys_are_refused(void **state)
{
	(void)state;
	struct world *w = world_new(2);
	struct hsrp_auth key = {.kind = HSRP_AUTH_MD5, .key_len = 6, .key = "secret"};

	for (unsigned n = 0; n < 2; n++) {
		world_ipv6(w, n);
		w->box[n].group.auth = key;
		world_start(w, n);
	}
	world_run_ms(w, 60000);
	assert_int_equal(world_state(w, A), HSRP_STANDBY);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	w->box[A].group.auth.key[0] = 'S';
	world_configure(w, A);
	world_skip(w, A);
	world_run_ms(w, 40000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_count(w, A, "log %HSRP-4-BADAUTH2: Bad authentication from FE80::3"), 2);
	world_free(w);
}

static void a_successor_resumes_an_ipv6_role_and_no_ipv4_one(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_record record = w->box[A].record;
	struct hsrp_in in = {.kind = HSRP_IN_RESUME, .record = record};
	struct hsrp_group_config v4 = w->box[A].group;
	struct hsrp_status s;

	assert_int_equal(record.family, IP_V6);
	hsrp_free(w->box[A].h);
	w->box[A].h = hsrp_new(7, md5_sum);
	world_skip(w, A);
	world_step(w, A, &in);
	world_start(w, A);
	v4.family = IP_V4;
	v4.vip = ip_v4(0xc0a800fe);
	world_step(w, A, &(struct hsrp_in){.kind = HSRP_IN_GROUP, .group = v4});
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_did(w, A, "adv  1/0 imac", "hello active pri 100 vmac", "kernel serve fe80::5:73ff:fea0:1",
		"na fe80::5:73ff:fea0:1 vmac", "ra 1800 s, 0 prefixes vmac");
	assert_true(hsrp_group_status(w->box[A].h, "eth1", IP_V4, 1, &s));
	assert_int_equal(s.state, HSRP_INITIAL);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_frames_are_read_and_written_to_the_byte),
		cmocka_unit_test(damaged_frames_are_refused_for_their_reason),
		cmocka_unit_test(neighbour_advertisement_to_the_byte),
		cmocka_unit_test(router_advertisement_to_the_byte),
		cmocka_unit_test(router_solicitations_are_told_from_what_is_none),
		cmocka_unit_test(a_lone_router_announces_itself_to_hosts),
		cmocka_unit_test(global_addresses_are_announced_and_their_prefixes_advertised),
		cmocka_unit_test(without_unicast_routing_no_router_is_advertised),
		cmocka_unit_test(hosts_that_ask_get_one_answer_in_three_seconds),
		cmocka_unit_test(many_groups_answer_a_few_at_a_time),
		cmocka_unit_test(who_leaves_by_itself_says_farewell_before_its_address_goes),
		cmocka_unit_test(who_is_overthrown_leaves_the_hosts_their_router),
		cmocka_unit_test(equal_priorities_are_decided_by_the_whole_link_local_address),
		cmocka_unit_test(one_number_serves_both_families_with_roles_of_their_own),
		cmocka_unit_test(version_1_and_a_missing_link_local_address_keep_the_group_initial),
		cmocka_unit_test(the_active_routers_link_local_address_is_learned),
		cmocka_unit_test(frames_that_do_not_belong_here_are_counted_by_reason),
		cmocka_unit_test(md5_elects_and_other_keys_are_refused),
		cmocka_unit_test(a_successor_resumes_an_ipv6_role_and_no_ipv4_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
