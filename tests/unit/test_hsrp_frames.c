/*
 * Whole frames of every variant that we send, byte by byte. They were made by other hands than ours: scapy's layers around payloads
 * packed by a script, the digests by Python's hashlib. What we write must be these bytes; what is read from them must
 * be what was said; and no digest survives a changed bit.
 *
 * Group 17, priority 110, timers 3/10 s, from 0200.0000.0002 with 192.0.2.2 for 192.0.2.254 (fe80::2 for
 * fe80::5:73ff:fea0:11), text "cisco" or the key below with number 7.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "hsrp/auth.h"
#include "linux/md5.h"

#define KEY "own-vector-key-1"

enum { GROUP = 17, KEY_NUMBER = 7, HEADERS = 42, HEADERS_V6 = 62 };

static const struct {
	const char *what; /* version or family, authentication, operation, state */
	const char *hex;  /* Ethernet, IP, UDP; payload */
} frames[] = {
	{"v1 text hello active",
		"01005e000002 00000c07ac11 0800 45c0003000000000011116f9c0000202e0000002 07c107c1001c19f2 "
		"000010030a6e1100636973636f000000c00002fe"},
	{"v1 text hello standby",
		"01005e000002 020000000002 0800 45c0003000000000011116f9c0000202e0000002 07c107c1001c21f2 "
		"000008030a6e1100636973636f000000c00002fe"},
	{"v1 text coup speak",
		"01005e000002 020000000002 0800 45c0003000000000011116f9c0000202e0000002 07c107c1001c25f1 "
		"000104030a6e1100636973636f000000c00002fe"},
	{"v1 text resign active",
		"01005e000002 00000c07ac11 0800 45c0003000000000011116f9c0000202e0000002 07c107c1001c19f0 "
		"000210030a6e1100636973636f000000c00002fe"},
	{"v1 text advertise passive",
		"01005e000002 020000000002 0800 45c0002c00000000011116fdc0000202e0000002 07c107c100184c24 "
		"00030001000e02000000000100000000"},
	{"v1 md5 hello active",
		"01005e000002 00000c07ac11 0800 45c0004e00000000011116dbc0000202e0000002 07c107c1003a8c27 "
		"000010030a6e11000000000000000000c00002fe041c01000000c000"
		"020200000007cad92a70de57fa32c26cb4c16b865bac"},
	{"v1 md5 hello standby",
		"01005e000002 020000000002 0800 45c0004e00000000011116dbc0000202e0000002 07c107c1003af09c "
		"000008030a6e11000000000000000000c00002fe041c01000000c000"
		"02020000000787c244332002962b1b1180c7b5a2dc21"},
	{"v1 md5 coup speak",
		"01005e000002 020000000002 0800 45c0004e00000000011116dbc0000202e0000002 07c107c1003ac193 "
		"000104030a6e11000000000000000000c00002fe041c01000000c000"
		"0202000000079d50d79f07e412d33516c22685bcd627"},
	{"v1 md5 resign active",
		"01005e000002 00000c07ac11 0800 45c0004e00000000011116dbc0000202e0000002 07c107c1003a1d31 "
		"000210030a6e11000000000000000000c00002fe041c01000000c000"
		"020200000007626e8c55dc5e6a8abb680aba2e8d50cd"},
	{"v2 text hello active",
		"01005e000066 00000c9ff011 0800 45c0005000000000ff111874c0000202e0000066 07c107c1003c0342 "
		"01280200060400110200000000020000006e00000bb800002710c000"
		"02fe0000000000000000000000000308636973636f000000"},
	{"v2 text hello standby",
		"01005e000066 020000000002 0800 45c0005000000000ff111874c0000202e0000066 07c107c1003c0442 "
		"01280200050400110200000000020000006e00000bb800002710c000"
		"02fe0000000000000000000000000308636973636f000000"},
	{"v2 text coup speak",
		"01005e000066 020000000002 0800 45c0005000000000ff111874c0000202e0000066 07c107c1003c0541 "
		"01280201040400110200000000020000006e00000bb800002710c000"
		"02fe0000000000000000000000000308636973636f000000"},
	{"v2 text resign active",
		"01005e000066 00000c9ff011 0800 45c0005000000000ff111874c0000202e0000066 07c107c1003c0340 "
		"01280202060400110200000000020000006e00000bb800002710c000"
		"02fe0000000000000000000000000308636973636f000000"},
	{"v2 text advertise passive",
		"01005e000066 020000000002 0800 45c0002200000000ff1118a2c0000202e0000066 07c107c1000e4be2 "
		"020400000001"},
	{"v2 md5 hello active",
		"01005e000066 00000c9ff011 0800 45c0006400000000ff111860c0000202e0000066 07c107c10050c70d "
		"01280200060400110200000000020000006e00000bb800002710c000"
		"02fe000000000000000000000000041c01000000c000020200000007"
		"fd97fae74c53b968b523976c0a92685d"},
	{"v2 md5 hello standby",
		"01005e000066 020000000002 0800 45c0006400000000ff111860c0000202e0000066 07c107c10050bd70 "
		"01280200050400110200000000020000006e00000bb800002710c000"
		"02fe000000000000000000000000041c01000000c000020200000007"
		"1624aacc1b79449eb892b12ea84d9541"},
	{"v2 md5 coup speak",
		"01005e000066 020000000002 0800 45c0006400000000ff111860c0000202e0000066 07c107c100502530 "
		"01280201040400110200000000020000006e00000bb800002710c000"
		"02fe000000000000000000000000041c01000000c000020200000007"
		"2b5b7081a2c60d8e2a8274db7cc3f945"},
	{"v2 md5 resign active",
		"01005e000066 00000c9ff011 0800 45c0006400000000ff111860c0000202e0000066 07c107c10050ce3b "
		"01280202060400110200000000020000006e00000bb800002710c000"
		"02fe000000000000000000000000041c01000000c000020200000007"
		"2e4447f15d82876c667db64f98a5a5f4"},
	{"ipv6 text hello active",
		"333300000066 000573a00011 86dd "
		"6e000000003c11fffe800000000000000000000000000002ff020000000000000000000000000066 "
		"07ed07ed003cf92c "
		"01280200060600110200000000020000006e00000bb800002710fe80"
		"000000000000000573fffea000110308636973636f000000"},
	{"ipv6 text hello standby",
		"333300000066 020000000002 86dd "
		"6e000000003c11fffe800000000000000000000000000002ff020000000000000000000000000066 "
		"07ed07ed003cfa2c "
		"01280200050600110200000000020000006e00000bb800002710fe80"
		"000000000000000573fffea000110308636973636f000000"},
	{"ipv6 text coup speak",
		"333300000066 020000000002 86dd "
		"6e000000003c11fffe800000000000000000000000000002ff020000000000000000000000000066 "
		"07ed07ed003cfb2b "
		"01280201040600110200000000020000006e00000bb800002710fe80"
		"000000000000000573fffea000110308636973636f000000"},
	{"ipv6 text resign active",
		"333300000066 000573a00011 86dd "
		"6e000000003c11fffe800000000000000000000000000002ff020000000000000000000000000066 "
		"07ed07ed003cf92a "
		"01280202060600110200000000020000006e00000bb800002710fe80"
		"000000000000000573fffea000110308636973636f000000"},
	{"ipv6 text advertise passive",
		"333300000066 020000000002 86dd "
		"6e000000000e11fffe800000000000000000000000000002ff020000000000000000000000000066 "
		"07ed07ed000ef007 "
		"020400000001"},
	{"ipv6 md5 hello active",
		"333300000066 000573a00011 86dd "
		"6e000000005011fffe800000000000000000000000000002ff020000000000000000000000000066 "
		"07ed07ed00503e72 "
		"01280200060600110200000000020000006e00000bb800002710fe80"
		"000000000000000573fffea00011041c010000000000000200000007"
		"3223d8d1c773de4da96334b560600f13"},
	{"ipv6 md5 hello standby",
		"333300000066 020000000002 86dd "
		"6e000000005011fffe800000000000000000000000000002ff020000000000000000000000000066 "
		"07ed07ed0050150a "
		"01280200050600110200000000020000006e00000bb800002710fe80"
		"000000000000000573fffea00011041c010000000000000200000007"
		"6111af183676b088f1d2881b8ce92aaa"},
	{"ipv6 md5 coup speak",
		"333300000066 020000000002 86dd "
		"6e000000005011fffe800000000000000000000000000002ff020000000000000000000000000066 "
		"07ed07ed0050df16 "
		"01280201040600110200000000020000006e00000bb800002710fe80"
		"000000000000000573fffea00011041c010000000000000200000007"
		"69fc483c675c9f676026f4edaae1a6aa"},
	{"ipv6 md5 resign active",
		"333300000066 000573a00011 86dd "
		"6e000000005011fffe800000000000000000000000000002ff020000000000000000000000000066 "
		"07ed07ed0050a1df "
		"01280202060600110200000000020000006e00000bb800002710fe80"
		"000000000000000573fffea00011041c010000000000000200000007"
		"c7e19c120f89df346e52a15ea58c92e3"},
};

enum { FRAMES = sizeof(frames) / sizeof(frames[0]) };

static size_t bytes_of(const char *hex, uint8_t *out)
{
	size_t len = 0;

	for (; *hex; hex++)
		if (*hex != ' ') {
			assert_int_equal(sscanf(hex, "%2hhx", &out[len++]), 1);
			hex++;
		}
	return len;
}

static unsigned word_in(const char *const *words, unsigned count, const char *word)
{
	for (unsigned n = 0; n < count; n++)
		if (words[n] && !strcmp(words[n], word))
			return n;
	fail_msg("%s", word);
	return 0;
}

/* What the row says, as we would send it: packet, authentication, both MACs' choice, the source. */
struct meant {
	struct hsrp_packet packet;
	struct hsrp_auth auth;
	struct mac source;
	struct ipaddr from;
};

static struct meant meaning(const char *what)
{
	static const char *const ops[] = {"hello", "coup", "resign", "advertise"};
	static const char *const states[] = {
		[HSRP_SPEAK] = "speak", [HSRP_STANDBY] = "standby", [HSRP_ACTIVE] = "active"};
	char variant[8], auth[8], op[16], state[16];
	struct meant m = {.auth = {.kind = HSRP_AUTH_TEXT}};

	assert_int_equal(sscanf(what, "%7s %7s %15s %15s", variant, auth, op, state), 4);
	bool v6 = !strcmp(variant, "ipv6");
	struct hsrp_packet *p = &m.packet;
	p->version = strcmp(variant, "v1") ? 2 : 1;
	p->family = v6 ? IP_V6 : IP_V4;
	p->opcode = (uint8_t)word_in(ops, 4, op);
	assert_true(mac_parse("02:00:00:00:00:02", &m.source));
	assert_true(ip_parse(v6 ? "fe80::2" : "192.0.2.2", &m.from));
	if (p->opcode == HSRP_ADVERTISE) {
		p->adv_state = p->version == 1 ? HSRP_ADV_PASSIVE : 0;
		p->adv_passive = 1;
		return m;
	}
	p->state = (uint8_t)word_in(states, HSRP_ACTIVE + 1, state);
	p->group = GROUP;
	p->priority = 110;
	p->hello_ms = 3000;
	p->hold_ms = 10000;
	p->identifier = m.source;
	assert_true(ip_parse(v6 ? "fe80::5:73ff:fea0:11" : "192.0.2.254", &p->vip));
	if (!strcmp(auth, "md5")) {
		m.auth = (struct hsrp_auth){
			.kind = HSRP_AUTH_MD5, .key_len = sizeof(KEY) - 1, .key_id = KEY_NUMBER};
		memcpy(m.auth.key, KEY, sizeof(KEY) - 1);
	} else {
		memcpy(m.auth.text, "cisco", 5);
	}
	if (p->state == HSRP_ACTIVE)
		m.source = hsrp_virtual_mac(p->version, (enum ip_family)p->family, GROUP);
	return m;
}

static void every_variant_is_written_as_others_write_it(void **state)
{
	(void)state;
	for (size_t n = 0; n < FRAMES; n++) {
		uint8_t wanted[256], ours[256];
		struct meant m = meaning(frames[n].what);
		size_t len = bytes_of(frames[n].hex, wanted);
		if (m.packet.opcode != HSRP_ADVERTISE)
			assert_true(hsrp_auth_seal(&m.auth, md5_sum, &m.from, &m.packet));
		size_t written = hsrp_frame_write(&m.packet, &m.source, &m.from, ours, sizeof(ours));
		if (written != len || memcmp(ours, wanted, len) != 0) {
			size_t at = 0;
			while (at < len && at < written && ours[at] == wanted[at])
				at++;
			fail_msg("%s: %zu bytes, wanted %zu; they differ at %zu", frames[n].what, written,
				len, at);
		}
	}
}

static void every_variant_is_read_and_believed(void **state)
{
	(void)state;
	for (size_t n = 0; n < FRAMES; n++) {
		uint8_t bytes[256];
		struct meant m = meaning(frames[n].what);
		struct hsrp_frame f;
		struct hsrp_packet p;
		size_t len = bytes_of(frames[n].hex, bytes);
		assert_int_equal(hsrp_frame_read(&f, bytes, len, true), HSRP_WIRE_OK);
		assert_memory_equal(&f.from_mac, &m.source, sizeof(f.from_mac));
		assert_true(ip_equal(&f.from, &m.from));
		assert_int_equal(hsrp_packet_read(&p, f.payload, f.payload_len), HSRP_WIRE_OK);
		assert_int_equal(p.opcode, m.packet.opcode);
		if (p.opcode == HSRP_ADVERTISE) {
			assert_int_equal(p.adv_passive, 1);
			assert_int_equal(p.adv_active, 0);
			continue;
		}
		assert_int_equal(p.state, m.packet.state);
		assert_int_equal(p.group, GROUP);
		assert_int_equal(p.priority, 110);
		assert_int_equal(p.hello_ms, 3000);
		assert_int_equal(p.hold_ms, 10000);
		assert_true(ip_equal(&p.vip, &m.packet.vip));
		assert_true(hsrp_auth_matches(&m.auth, md5_sum, &p, f.payload, f.payload_len));
	}
}

static void no_digest_survives_a_changed_bit(void **state)
{
	unsigned changed = 0;

	(void)state;
	for (size_t n = 0; n < FRAMES; n++) {
		uint8_t bytes[256];
		struct meant m = meaning(frames[n].what);
		size_t len = bytes_of(frames[n].hex, bytes);
		size_t from = m.packet.family == IP_V6 ? HEADERS_V6 : HEADERS;
		if (m.auth.kind != HSRP_AUTH_MD5)
			continue;
		for (size_t bit = 8 * from; bit < 8 * len; bit++) {
			struct hsrp_packet p;
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (hsrp_packet_read(&p, bytes + from, len - from) == HSRP_WIRE_OK) {
				assert_false(
					hsrp_auth_matches(&m.auth, md5_sum, &p, bytes + from, len - from));
				changed++;
			}
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	assert_true(changed > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_variant_is_written_as_others_write_it),
		cmocka_unit_test(every_variant_is_read_and_believed),
		cmocka_unit_test(no_digest_survives_a_changed_bit),
	};
	assert_true(md5_open());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
