/* Bytes of HSRP versions 1 and 2. Each vector stands under the decode that a human would check it with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hsrp/auth.h"
#include "hsrp/wire.h"

struct vector {
	const char *decode;
	const char *hex;
	bool exact; /* our own encoding gives these bytes, too */
};

/* Payloads as routers sent them. */
static const struct vector vectors[] = {
	{"hello active hello 3 hold 10 pri 100 grp 1 vip 192.168.0.1 auth cisco",
		"00001003 0a640100 636973636f000000 c0a80001", true},
	{"coup listen hello 3 hold 10 pri 200 grp 1 vip 192.168.0.1 auth cisco",
		"00010203 0ac80100 636973636f000000 c0a80001", true},
	{"resign speak hello 5 hold 15 pri 100 grp 1 vip 192.168.23.250 auth cisco",
		"00020405 0f640100 636973636f000000 c0a817fa", true},
	{"advertise active 1 passive 2", "00030001000e030000010002 6f000000",
		false}, /* leaked bytes at the end */
	{"advertise passive 0 passive 1", "00030001000e020000000001 6f000000", false},
	{"hello active hello 3 hold 10 pri 100 grp 1 vip 172.16.40.1 auth  md5",
		"00001003 0a640100 0000000000000000 ac102801 041c01000000 ac10280a 00000000 "
		"117bda86cd987901693a3deff46e1051",
		true},
	{"resign speak hello 3 hold 10 pri 90 grp 1 vip 172.16.40.1 auth  md5",
		"00020403 0a5a0100 0000000000000000 ac102801 041c01000000 ac102814 00000000 "
		"787aa5c738d197acb82308f6cd664cd4",
		true},
	{"hello active hello 3 hold 10 pri 110 grp 103 vip 10.52.253.126 auth cisco v2 700f.6aef.f5bf",
		"0128 02000604 0067 700f6aeff5bf 0000006e 00000bb8 00002710 0a34fd7e "
		"000000000000000000000000 "
		"0308 636973636f000000",
		true},
	{"hello speak hello 3 hold 10 pri 100 grp 1 vip 10.0.0.100 auth  md5 v2 aabb.cc00.0a00",
		"0128 02000404 0001 aabbcc000a00 00000064 00000bb8 00002710 0a000064 "
		"000000000000000000000000 "
		"041c01000000 0a00000a 00000000 57df79f8255f587e39fe1949eb100047",
		true},
	{"resign speak hello 3 hold 10 pri 100 grp 1 vip 10.0.0.100 auth  md5 v2 aabb.cc00.0a00",
		"0128 02020404 0001 aabbcc000a00 00000064 00000bb8 00002710 0a000064 "
		"000000000000000000000000 "
		"041c01000000 0a00000a 00000000 b22966ff48ba5241b0bbfb09fb36dde4",
		true},
	{"coup active hello 3 hold 10 pri 200 grp 1 vip 10.0.0.100 auth  md5 v2 aabb.cc00.1400",
		"0128 02010604 0001 aabbcc001400 000000c8 00000bb8 00002710 0a000064 "
		"000000000000000000000000 "
		"041c01000000 0a000014 00000000 32a4720b406073ad6419542d738a8e82",
		true},
	{"hello standby hello 3 hold 10 pri 200 grp 1 vip 10.0.0.100 auth  md5 v2 aabb.cc00.1400",
		"0128 02000504 0001 aabbcc001400 000000c8 00000bb8 00002710 0a000064 "
		"910102ee0500000000000000 "
		"041c01000000 0a000014 00000000 0eddd8ca973b22374393de4d866101fd",
		false}, /* left-over bytes behind the address */
	{"advertise  0 passive 1", "0204 0000 0001", true},
	{"advertise  1 passive 0", "0204 0001 0000", true},
};

static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; *hex; hex += *hex == ' ' ? 1 : 2)
		if (*hex != ' ' && sscanf(hex, "%2x", &byte) == 1)
			out[n++] = (uint8_t)byte;
	return n;
}

static void describe(const struct hsrp_packet *p, char *out, size_t size)
{
	static const char *const ops[] = {"hello", "coup", "resign"};
	static const char *const states[] = {"", "initial", "learn", "listen", "speak", "standby", "active"};
	static const char *const adv[] = {"", "dormant", "passive", "active"};
	char vip[IP_TEXT_MAX], auth[9] = {0}, id[MAC_TEXT_MAX + 4] = "", mac[MAC_TEXT_MAX];

	memcpy(auth, p->auth, 8);
	if (p->version == 2)
		snprintf(id, sizeof(id), " v2 %s", mac_format_dotted(&p->identifier, mac));
	if (p->opcode == HSRP_ADVERTISE)
		snprintf(out, size, "advertise %s %u passive %u", adv[p->adv_state], p->adv_active,
			p->adv_passive);
	else
		snprintf(out, size, "%s %s hello %u hold %u pri %u grp %u vip %s auth %s%s%s", ops[p->opcode],
			states[p->state], p->hello_ms / 1000, p->hold_ms / 1000, p->priority, p->group,
			ip_format(&p->vip, vip), auth, p->has_md5 ? " md5" : "", id);
}

static void captured_payloads_read_as_they_should(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(vectors) / sizeof(vectors[0]); n++) {
		uint8_t bytes[128], again[128];
		struct hsrp_packet p;
		char text[160];
		size_t len = from_hex(vectors[n].hex, bytes);
		assert_int_equal(hsrp_packet_read(&p, bytes, len), HSRP_WIRE_OK);
		describe(&p, text, sizeof(text));
		assert_string_equal(text, vectors[n].decode);
		if (!vectors[n].exact)
			continue;
		assert_int_equal(hsrp_packet_write(&p, again, sizeof(again)), len);
		assert_memory_equal(bytes, again, len);
		assert_int_equal(hsrp_packet_write(&p, again, len - 1), 0);
	}
}

static void advertise_is_written_as_captured_without_the_leak(void **state)
{
	(void)state;
	uint8_t bytes[32], want[32];
	struct hsrp_packet p = {
		.version = 1, .opcode = HSRP_ADVERTISE, .adv_state = HSRP_ADV_PASSIVE, .adv_passive = 1};

	/* version 0, op 3, type 1, length 14 (itself included), passive, active 0, passive 1, reserved */
	size_t len = from_hex("00030001000e02000000000100000000", want);
	assert_int_equal(hsrp_packet_write(&p, bytes, sizeof(bytes)), len);
	assert_memory_equal(bytes, want, len);
}

static void a_whole_frame_as_captured(void **state)
{
	(void)state;
	/* 01:00:5e:00:00:02 < virtual MAC of group 1, IPv4 TOS c0 id 0 TTL 1 UDP, 192.168.0.30 > 224.0.0.2, 1985 > 1985,
	 * Hello Active hello 3 hold 10 pri 100 grp 1 "cisco" 192.168.0.1 */
	static const char hex[] =
		"01005e000002 00000c07ac01 0800 45c00030000000000111 1835 c0a8001e e0000002 "
		"07c107c1001c 2d8d 00001003 0a640100 636973636f000000 c0a80001";
	uint8_t bytes[128], again[128];
	size_t len = from_hex(hex, bytes);
	struct hsrp_frame f;
	struct hsrp_packet p;
	char text[IP_TEXT_MAX];

	assert_int_equal(hsrp_frame_read(&f, bytes, len, true), HSRP_WIRE_OK);
	assert_string_equal(ip_format(&f.from, text), "192.168.0.30");
	assert_int_equal(f.ttl, 1);
	assert_int_equal(f.payload_len, 20);
	assert_int_equal(hsrp_packet_read(&p, f.payload, f.payload_len), HSRP_WIRE_OK);
	assert_int_equal(hsrp_frame_write(&p, &f.from_mac, &f.from, again, sizeof(again)), len);
	assert_memory_equal(bytes, again, len);

	/* Ethernet padding is not part of it. */
	memset(bytes + len, 0xaa, 8);
	assert_int_equal(hsrp_frame_read(&f, bytes, len + 8, true), HSRP_WIRE_OK);
	assert_int_equal(f.payload_len, 20);
}

static void damaged_frames_are_refused(void **state)
{
	(void)state;
	struct hsrp_packet p = {
		.version = 1, .state = HSRP_SPEAK, .hello_ms = 3000, .hold_ms = 10000, .group = 1};
	struct mac mac = {{2, 0, 0, 0, 0, 1}};
	struct ipaddr from = ip_v4(0xc0a80002);
	uint8_t good[HSRP_FRAME_MAX], bad[HSRP_FRAME_MAX];
	struct hsrp_frame f;
	size_t len = hsrp_frame_write(&p, &mac, &from, good, sizeof(good));

	for (size_t cut = 0; cut < len; cut++)
		assert_int_not_equal(hsrp_frame_read(&f, good, cut, true), HSRP_WIRE_OK);
	/* Every bit of IP header and UDP datagram is covered by a checksum. */
	for (size_t bit = 14 * 8; bit < len * 8; bit++) {
		memcpy(bad, good, len);
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (bit / 8 == 40 || bit / 8 == 41) /* the UDP checksum itself; zero would mean none */
			continue;
		assert_int_not_equal(hsrp_frame_read(&f, bad, len, true), HSRP_WIRE_OK);
	}
	/* A checksum that the kernel left to the card is not looked at. */
	memcpy(bad, good, len);
	bad[40] ^= 0x55;
	assert_int_equal(hsrp_frame_read(&f, bad, len, true), HSRP_WIRE_CHECKSUM);
	assert_int_equal(hsrp_frame_read(&f, bad, len, false), HSRP_WIRE_OK);
}

static enum hsrp_wire_error read_hex(const char *hex, struct hsrp_packet *p)
{
	uint8_t bytes[128];

	return hsrp_packet_read(p, bytes, from_hex(hex, bytes));
}

static void malformed_payloads_are_told_apart(void **state)
{
	(void)state;
	struct hsrp_packet p;
	const char *body = "00001003 0a640100 636973636f000000 c0a80001";
	char hex[256];

	assert_int_equal(read_hex("", &p), HSRP_WIRE_SHORT);
	assert_int_equal(read_hex("00001003 0a640100 636973636f000000 c0a800", &p), HSRP_WIRE_SHORT);
	assert_int_equal(read_hex("0128020006040067", &p), HSRP_WIRE_SHORT); /* version 2, cut off */
	assert_int_equal(read_hex("05001003 0a640100", &p), HSRP_WIRE_VERSION);
	assert_int_equal(read_hex("00041003 0a640100 636973636f000000 c0a80001", &p), HSRP_WIRE_OPCODE);
	assert_int_equal(read_hex("00000303 0a640100 636973636f000000 c0a80001", &p), HSRP_WIRE_STATE);
	assert_int_equal(read_hex("00030001000e0200", &p), HSRP_WIRE_SHORT);
	assert_int_equal(read_hex("00030002000e020000000001", &p), HSRP_WIRE_STATE);
	snprintf(hex, sizeof(hex), "%s 05021234", body); /* unknown TLV: skipped */
	assert_int_equal(read_hex(hex, &p), HSRP_WIRE_OK);
	assert_false(p.has_md5);
	snprintf(hex, sizeof(hex), "%s 050312", body); /* runs over the end */
	assert_int_equal(read_hex(hex, &p), HSRP_WIRE_TLV);
	snprintf(hex, sizeof(hex), "%s 05", body);
	assert_int_equal(read_hex(hex, &p), HSRP_WIRE_TLV);
	snprintf(hex, sizeof(hex), "%s 04021234", body); /* an MD5 TLV of the wrong length */
	assert_int_equal(read_hex(hex, &p), HSRP_WIRE_TLV);
	assert_int_equal(read_hex("00001000 00640100 636973636f000000 c0a80001", &p), HSRP_WIRE_OK);
	assert_false(hsrp_timers_usable(&p)); /* hello 0, hold 0: never armed */
}

static void sub_second_times_are_said_as_one_second_and_not_usable(void **state)
{
	(void)state;
	struct hsrp_packet p = {.version = 1,
				   .state = HSRP_ACTIVE,
				   .hello_ms = 250,
				   .hold_ms = 750,
				   .group = 1},
			   back;
	uint8_t bytes[64];
	size_t len = hsrp_packet_write(&p, bytes, sizeof(bytes));

	assert_int_equal(bytes[3], 1);
	assert_int_equal(bytes[4], 1);
	assert_int_equal(hsrp_packet_read(&back, bytes, len), HSRP_WIRE_OK);
	assert_false(hsrp_timers_usable(&back));
	p.hold_ms = 3000000;
	hsrp_packet_write(&p, bytes, sizeof(bytes));
	assert_int_equal(bytes[4], 255);
}

static void gratuitous_arp_is_a_reply_about_the_virtual_address(void **state)
{
	(void)state;
	/* to broadcast from the virtual MAC; ARP reply; sender and target are 192.168.0.254; target MAC the destination */
	static const char hex[] =
		"ffffffffffff 00000c07ac01 0806 0001080006040002 00000c07ac01 c0a800fe ffffffffffff "
		"c0a800fe";
	struct mac mac = hsrp_virtual_mac(1, IP_V4, 1);
	struct ipaddr vip = ip_v4(0xc0a800fe);
	uint8_t want[64], bytes[64];
	size_t len = from_hex(hex, want);

	assert_int_equal(hsrp_garp_write(&mac, &vip, &hsrp_mac_broadcast, bytes, sizeof(bytes)), len);
	assert_memory_equal(bytes, want, len);
	assert_int_equal(hsrp_garp_write(&mac, &vip, &hsrp_mac_uplinkfast, bytes, sizeof(bytes)), len);
	assert_memory_equal(bytes, "\x01\x00\x0c\xcd\xcd\xcd", 6);
	assert_memory_equal(bytes + 32, "\x01\x00\x0c\xcd\xcd\xcd", 6);
}

/* Changes one byte of the version 2 text vector and reads it. */
static enum hsrp_wire_error v2_with(size_t at, uint8_t value)
{
	uint8_t bytes[128];
	struct hsrp_packet p;
	size_t len = from_hex("0128 02000604 0067 700f6aeff5bf 0000006e 00000bb8 00002710 0a34fd7e "
			      "000000000000000000000000 0308 636973636f000000",
		bytes);

	bytes[at] = value;
	return hsrp_packet_read(&p, bytes, len);
}

static void version_2_is_strict_about_what_it_must_be(void **state)
{
	(void)state;
	struct hsrp_packet p;
	uint8_t bytes[128];
	static const char group[] = "0128 02000604 0067 700f6aeff5bf 0000006e 00000bb8 00002710 0a34fd7e "
				    "000000000000000000000000";
	static const char text[] = "0308 636973636f000000";
	size_t len = from_hex(group, bytes);

	for (size_t cut = 0; cut < len; cut++)
		assert_int_not_equal(hsrp_packet_read(&p, bytes, cut), HSRP_WIRE_OK);
	assert_int_equal(v2_with(2, 3), HSRP_WIRE_VERSION);
	assert_int_equal(v2_with(3, 3), HSRP_WIRE_OPCODE);
	assert_int_equal(v2_with(4, 7), HSRP_WIRE_STATE);
	assert_int_equal(v2_with(5, 5), HSRP_WIRE_VERSION);  /* neither IPv4 nor IPv6 */
	assert_int_equal(v2_with(6, 0x10), HSRP_WIRE_VALUE); /* group 4199 */
	assert_int_equal(v2_with(16, 1), HSRP_WIRE_VALUE);   /* priority 366 */
	assert_int_equal(v2_with(43, 9), HSRP_WIRE_TLV);     /* text runs over the end */
	assert_int_equal(v2_with(42, 77), HSRP_WIRE_OK);     /* unknown TLV: skipped, no text then */
	assert_int_equal(v2_with(42, 1), HSRP_WIRE_TLV);
	len = from_hex(group, bytes);
	len += from_hex(text, bytes + len);
	len += from_hex(text, bytes + len);
	assert_int_equal(hsrp_packet_read(&p, bytes, len), HSRP_WIRE_TLV);
	len -= 10;
	len += from_hex("0502 abcd", bytes + len);
	assert_int_equal(hsrp_packet_read(&p, bytes, len), HSRP_WIRE_OK);
	assert_memory_equal(p.auth, "cisco\0\0\0", 8);
}

static void a_version_2_frame_goes_to_its_own_group(void **state)
{
	(void)state;
	struct hsrp_packet p = {
		.version = 2, .state = HSRP_SPEAK, .hello_ms = 250, .hold_ms = 750, .group = 4095};
	struct mac mac = {{2, 0, 0, 0, 0, 1}};
	struct ipaddr from = ip_v4(0xc0a80002);
	uint8_t bytes[HSRP_FRAME_MAX];
	struct hsrp_packet back;
	struct hsrp_frame f;
	size_t len = hsrp_frame_write(&p, &mac, &from, bytes, sizeof(bytes));

	assert_int_equal(len, 14 + 20 + 8 + 52);
	assert_memory_equal(bytes, "\x01\x00\x5e\x00\x00\x66", 6);
	assert_memory_equal(bytes + 30, "\xe0\x00\x00\x66", 4); /* 224.0.0.102 */
	assert_int_equal(hsrp_frame_read(&f, bytes, len, true), HSRP_WIRE_OK);
	assert_int_equal(f.version, 2);
	assert_int_equal(f.ttl, 255);
	assert_int_equal(hsrp_packet_read(&back, f.payload, f.payload_len), HSRP_WIRE_OK);
	assert_int_equal(back.hello_ms, 250);
	assert_int_equal(back.hold_ms, 750);
	assert_int_equal(back.group, 4095);
	assert_true(hsrp_timers_usable(&back));
	back.hold_ms = UINT32_MAX;
	assert_false(hsrp_timers_usable(&back));
	back.hold_ms = 750;
	back.hello_ms = 1;
	assert_false(hsrp_timers_usable(&back));
}

static void text_authentication(void **state)
{
	(void)state;
	struct hsrp_auth cisco = {.text = "cisco"}, longest = {.text = "12345678"}, none = {.text = ""};
	struct hsrp_packet p = {0};

	hsrp_auth_seal(&cisco, NULL, &p.vip, &p);
	assert_memory_equal(p.auth, "cisco\0\0\0", 8);
	assert_true(hsrp_auth_matches(&cisco, NULL, &p, NULL, 0));
	assert_false(hsrp_auth_matches(&longest, NULL, &p, NULL, 0));
	assert_false(hsrp_auth_matches(&none, NULL, &p, NULL, 0));
	hsrp_auth_seal(&longest, NULL, &p.vip, &p);
	assert_true(hsrp_auth_matches(&longest, NULL, &p, NULL, 0));
	p.auth[7] ^= 1;
	assert_false(hsrp_auth_matches(&longest, NULL, &p, NULL, 0));
	/* An all-zero field without an MD5 TLV is the text "", one with it is not. */
	memset(p.auth, 0, sizeof(p.auth));
	assert_true(hsrp_auth_matches(&none, NULL, &p, NULL, 0));
	p.has_md5 = true;
	assert_false(hsrp_auth_matches(&none, NULL, &p, NULL, 0));
}

static void virtual_macs(void **state)
{
	(void)state;
	char text[MAC_TEXT_MAX];
	struct mac m = hsrp_virtual_mac(1, IP_V4, 255);
	assert_string_equal(mac_format_dotted(&m, text), "0000.0c07.acff");
	m = hsrp_virtual_mac(2, IP_V4, 103);
	assert_string_equal(mac_format_dotted(&m, text), "0000.0c9f.f067");
	m = hsrp_virtual_mac(2, IP_V4, 4094);
	assert_string_equal(mac_format_dotted(&m, text), "0000.0c9f.fffe");
	m = hsrp_virtual_mac(2, IP_V6, 16);
	assert_string_equal(mac_format_dotted(&m, text), "0005.73a0.0010");
	char name[HSRP_DEVICE_MAX];
	hsrp_macvlan_name(9999999, IP_V4, 4095, name);
	assert_string_equal(name, "hs9999999-4095");
	hsrp_macvlan_name(9999999, IP_V6, 4095, name);
	assert_string_equal(name, "hs9999999-4095x");
	m = hsrp_virtual_mac(2, IP_V6, 16);
	struct ipaddr link_local = hsrp_link_local(&m);
	char ip[IP_TEXT_MAX];
	assert_string_equal(ip_format(&link_local, ip), "fe80::5:73ff:fea0:10"); /* captured */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_payloads_read_as_they_should),
		cmocka_unit_test(advertise_is_written_as_captured_without_the_leak),
		cmocka_unit_test(a_whole_frame_as_captured),
		cmocka_unit_test(damaged_frames_are_refused),
		cmocka_unit_test(malformed_payloads_are_told_apart),
		cmocka_unit_test(sub_second_times_are_said_as_one_second_and_not_usable),
		cmocka_unit_test(gratuitous_arp_is_a_reply_about_the_virtual_address),
		cmocka_unit_test(version_2_is_strict_about_what_it_must_be),
		cmocka_unit_test(a_version_2_frame_goes_to_its_own_group),
		cmocka_unit_test(text_authentication),
		cmocka_unit_test(virtual_macs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
