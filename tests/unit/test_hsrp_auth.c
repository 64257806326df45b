/* Keyed MD5 and version 2: digests as routers sent them, and groups that believe them, or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hsrp/auth.h"
#include "hsrp_world.h"
#include "linux/md5.h"

enum { A, B };

/* Payloads as routers sent them: the fixed part, the MD5 TLV up to the digest, the digest. */
static const struct {
	const char *key, *hex;
} captured[] = {
	/* v1 Coup/Active pri 100 grp 1 */
	{"openwall",
		"000110030a6401000000000000000000ac102801 "
		"041c01000000ac10280a00000000 "
		"b5001d73735e81b8da4e168da66fb256"},
	/* v1 Coup/Active pri 110 grp 1 */
	{"password12345",
		"000110030a6e010000000000000000000a000064 "
		"041c010000000a00000a00000000 "
		"70c7f0906c4deb74a38a798a200f91d6"},
	/* v1 Hello/Active pri 100 grp 1 */
	{"openwall",
		"000010030a6401000000000000000000ac102801 "
		"041c01000000ac10280a00000000 "
		"117bda86cd987901693a3deff46e1051"},
	/* v1 Hello/Active pri 100 grp 1 */
	{"openwall12345",
		"000010030a64010000000000000000000a000064 "
		"041c010000000a00001400000000 "
		"f02fc41b1b516e2d1261d8800d39ccea"},
	/* v1 Hello/Active pri 100 grp 1 */
	{"openwall12345",
		"000010030a64010000000000000000000a000064 "
		"041c010000000a00001e00000000 "
		"73b9bb770bd5cfdd3e9d37ca6315ce4c"},
	/* v1 Hello/Active pri 100 grp 1 */
	{"openwall12345",
		"000010061464010000000000000000000a000064 "
		"041c010000000a00001400000000 "
		"ebb9bab8421373e10f23ec009d2ef331"},
	/* v1 Hello/Active pri 100 grp 1 */
	{"openwall12345",
		"000010060a64010000000000000000000a000064 "
		"041c010000000a00001400000000 "
		"c27d3635cb618597daa19d89acb12066"},
	/* v1 Hello/Active pri 100 grp 1 */
	{"password12345",
		"000010030a64010000000000000000000a000064 "
		"041c010000000a00001400000000 "
		"5b48774c31e5cbdf3895d234b21a11a9"},
	/* v1 Hello/Active pri 110 grp 1 */
	{"password12345",
		"000010030a6e010000000000000000000a000064 "
		"041c010000000a00000a00000000 "
		"54fc3be1c0c4adc5abec53109d6c6c79"},
	/* v1 Hello/Active pri 200 grp 1 */
	{"openwall12345",
		"000010030ac8010000000000000000000a000064 "
		"041c010000000a00001400000000 "
		"6823bebfd5f139721496501b26b4d557"},
	/* v1 Hello/Speak pri 100 grp 1 */
	{"password12345",
		"000004030a64010000000000000000000a000064 "
		"041c010000000a00001400000000 "
		"52e1db09d18d695b8fefb3730ff8d9d6"},
	/* v1 Hello/Speak pri 90 grp 1 */
	{"openwall",
		"000004030a5a01000000000000000000ac102801 "
		"041c01000000ac10281400000000 "
		"f15dfa631a0679e0801f8e6b0c0c17ac"},
	/* v1 Hello/Standby pri 100 grp 1 */
	{"password12345",
		"000008030a64010000000000000000000a000064 "
		"041c010000000a00001400000000 "
		"e642b4bf20d0e4f9ac4cb36d7734bb86"},
	/* v1 Hello/Standby pri 90 grp 1 */
	{"openwall",
		"000008030a5a01000000000000000000ac102801 "
		"041c01000000ac10281400000000 "
		"7e96fcdb074add8e717d099854858241"},
	/* v1 Resign/Speak pri 90 grp 1 */
	{"openwall",
		"000204030a5a01000000000000000000ac102801 "
		"041c01000000ac10281400000000 "
		"787aa5c738d197acb82308f6cd664cd4"},
	/* v2 Coup/Active pri 200 grp 1 */
	{"password12345",
		"0128020106040001aabbcc001400000000c800000bb8000027100a000064000000000000000000000000 "
		"041c010000000a00001400000000 "
		"32a4720b406073ad6419542d738a8e82"},
	/* v2 Hello/Active pri 100 grp 1 */
	{"password",
		"0128020006040001aabbcc000a000000006400000bb8000027100a000064000000000000000000000000 "
		"041c010000000a00000a00000000 "
		"642fedafe1f374bd2fdd8f1ba81d87a2"},
	/* v2 Hello/Active pri 100 grp 1 */
	{"password123",
		"0128020006040001aabbcc000a000000006400000bb8000027100a000064000000000000000000000000 "
		"041c010000000a00000a00000000 "
		"a34941a25d902b895bf5d6f45fbbcf8d"},
	/* v2 Hello/Active pri 100 grp 1 */
	{"password12345",
		"0128020006040001aabbcc000a000000006400000bb8000027100a000064000000000000000000000000 "
		"041c010000000a00000a00000000 "
		"8a5f94400d98328e808cea6941c330e9"},
	/* v2 Hello/Active pri 200 grp 1 */
	{"password12345",
		"0128020006040001aabbcc001400000000c800000bb8000027100a000064000000000000000000000000 "
		"041c010000000a00001400000000 "
		"0481257f0fe583b275f03a48e88de72f"},
	/* v2 Hello/Active pri 200 grp 1, left-over bytes behind the address */
	{"password12345",
		"0128020006040001aabbcc001400000000c800000bb8000027100a000064910102ee0500000000000000 "
		"041c010000000a00001400000000 "
		"7e1d58e64c0011b8b024175ad90c984c"},
	/* v2 Hello/Speak pri 100 grp 1 */
	{"password12345",
		"0128020004040001aabbcc000a000000006400000bb8000027100a000064000000000000000000000000 "
		"041c010000000a00000a00000000 "
		"57df79f8255f587e39fe1949eb100047"},
	/* v2 Hello/Speak pri 200 grp 1 */
	{"password12345",
		"0128020004040001aabbcc001400000000c800000bb8000027100a000064000000000000000000000000 "
		"041c010000000a00001400000000 "
		"3b32f622ccfeb4aca6538008e7e9cc39"},
	/* v2 Hello/Standby pri 100 grp 1 */
	{"password123",
		"0128020005040001aabbcc000a000000006400000bb8000027100a000064000000000000000000000000 "
		"041c010000000a00000a00000000 "
		"2b42e80e72fe11bb0cabba42cc3f8207"},
	/* v2 Hello/Standby pri 100 grp 1 */
	{"password12345",
		"0128020005040001aabbcc000a000000006400000bb8000027100a000064000000000000000000000000 "
		"041c010000000a00000a00000000 "
		"0fda2a976fe98345b10123a3098b483e"},
	/* v2 Hello/Standby pri 200 grp 1 */
	{"password12345",
		"0128020005040001aabbcc001400000000c800000bb8000027100a000064000000000000000000000000 "
		"041c010000000a00001400000000 "
		"bb48cf5dfa2b4d76985584b8e5c93fc8"},
	/* v2 Hello/Standby pri 200 grp 1, left-over bytes behind the address */
	{"password12345",
		"0128020005040001aabbcc001400000000c800000bb8000027100a000064910102ee0500000000000000 "
		"041c010000000a00001400000000 "
		"0eddd8ca973b22374393de4d866101fd"},
	/* v2 Resign/Speak pri 100 grp 1 */
	{"password12345",
		"0128020204040001aabbcc000a000000006400000bb8000027100a000064000000000000000000000000 "
		"041c010000000a00000a00000000 "
		"b22966ff48ba5241b0bbfb09fb36dde4"},
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

static struct hsrp_auth md5(const char *key)
{
	struct hsrp_auth a = {.kind = HSRP_AUTH_MD5, .key_len = (uint8_t)strlen(key)};

	memcpy(a.key, key, a.key_len);
	return a;
}

static void captured_digests_verify_and_are_ours(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(captured) / sizeof(captured[0]); n++) {
		uint8_t bytes[128], again[128];
		size_t len = from_hex(captured[n].hex, bytes);
		struct hsrp_auth right = md5(captured[n].key), wrong = md5("passwort"),
				 text = {.text = "cisco"};
		struct hsrp_packet p;

		assert_int_equal(hsrp_packet_read(&p, bytes, len), HSRP_WIRE_OK);
		assert_true(p.has_md5);
		assert_true(hsrp_auth_matches(&right, md5_sum, &p, bytes, len));
		assert_false(hsrp_auth_matches(&wrong, md5_sum, &p, bytes, len));
		assert_false(hsrp_auth_matches(&text, md5_sum, &p, bytes, len));
		assert_false(hsrp_auth_matches(&right, NULL, &p, bytes, len));
		right.key_id = 1;
		assert_false(hsrp_auth_matches(&right, md5_sum, &p, bytes, len));
		right.key_id = 0;
		/* Every bit counts, also of what was left over behind the address. */
		for (size_t bit = 0; bit < len * 8; bit++) {
			struct hsrp_packet q;
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (hsrp_packet_read(&q, bytes, len) == HSRP_WIRE_OK)
				assert_false(hsrp_auth_matches(&right, md5_sum, &q, bytes, len));
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		if (strstr(captured[n].hex, "910102ee"))
			continue; /* we clear what they leave */
		struct ipaddr from = ip_v4(p.md5_address);
		memset(p.digest, 0, sizeof(p.digest));
		assert_true(hsrp_auth_seal(&right, md5_sum, &from, &p));
		assert_int_equal(hsrp_packet_write(&p, again, sizeof(again)), len);
		assert_memory_equal(bytes, again, len);
	}
}

static void unknown_tlvs_are_part_of_the_digest(void **state)
{
	(void)state;
	struct hsrp_auth key = md5("openwall");
	struct hsrp_packet p = {
		.version = 2, .state = HSRP_SPEAK, .hello_ms = 3000, .hold_ms = 10000, .group = 7};
	struct ipaddr from = ip_v4(0xc0a80002);
	uint8_t bytes[128];

	assert_true(hsrp_auth_seal(&key, md5_sum, &from, &p));
	size_t len = hsrp_packet_write(&p, bytes, sizeof(bytes));
	assert_true(hsrp_auth_matches(&key, md5_sum, &p, bytes, len));
	len += from_hex("0902abcd", bytes + len);
	assert_int_equal(hsrp_packet_read(&p, bytes, len), HSRP_WIRE_OK);
	assert_false(hsrp_auth_matches(&key, md5_sum, &p, bytes, len));
}

/* MD5 itself is libcrypto's; what is ours is the padding, also of keys that fill a block. */
static void keys_of_every_length_seal_and_match(void **state)
{
	(void)state;
	struct ipaddr from = ip_v4(0xc0a80002);

	for (uint8_t len = 1; len <= HSRP_KEY_MAX; len++) {
		struct hsrp_auth key = {.kind = HSRP_AUTH_MD5, .key_len = len}, other;
		struct hsrp_packet p = {
			.version = 1, .state = HSRP_SPEAK, .hello_ms = 3000, .hold_ms = 10000};
		uint8_t bytes[128];
		memset(key.key, 'k', len);
		other = key;
		other.key[len - 1] ^= 1;
		assert_true(hsrp_auth_seal(&key, md5_sum, &from, &p));
		size_t n = hsrp_packet_write(&p, bytes, sizeof(bytes));
		assert_true(hsrp_auth_matches(&key, md5_sum, &p, bytes, n));
		assert_false(hsrp_auth_matches(&other, md5_sum, &p, bytes, n));
	}
}

static struct world *pair(unsigned version, struct hsrp_auth a, struct hsrp_auth b)
{
	struct world *w = world_new(2);

	for (unsigned n = 0; n < 2; n++) {
		w->box[n].interface.version = (uint8_t)version;
		w->box[n].group.auth = n == A ? a : b;
		w->box[n].group.priority = n == A ? 110 : 100;
		world_start(w, n);
	}
	return w;
}

static void equal_keys_elect(void **state)
{
	(void)state;
	for (unsigned version = 1; version <= 2; version++) {
		struct world *w = pair(version, md5("openwall"), md5("openwall"));
		world_run_ms(w, 60000);
		assert_int_equal(world_state(w, A), HSRP_ACTIVE);
		assert_int_equal(world_state(w, B), HSRP_STANDBY);
		assert_int_equal(world_status(w, B).bad_auth, 0);
		assert_int_equal(w->box[A].violations + w->box[B].violations, 0);
		world_free(w);
	}
}

/* As captured: neither believes the other, and both are active until the keys match; then the lower one gives way. */
static void other_keys_and_text_against_md5_leave_both_active(void **state)
{
	(void)state;
	struct hsrp_auth text = {.text = "cisco"};

	for (unsigned n = 0; n < 4; n++) {
		struct world *w = pair(1 + n % 2, md5("openwall"), n < 2 ? md5("openwell") : text);
		world_run_ms(w, 60000);
		assert_int_equal(world_state(w, A), HSRP_ACTIVE);
		assert_int_equal(world_state(w, B), HSRP_ACTIVE);
		assert_true(world_status(w, A).bad_auth > 0 && world_status(w, B).bad_auth > 0);
		w->box[B].group.auth = md5("openwall");
		world_configure(w, B);
		world_run_ms(w, 60000);
		assert_int_equal(world_state(w, A), HSRP_ACTIVE);
		assert_int_equal(world_state(w, B), HSRP_STANDBY);
		world_free(w);
	}
}

static void a_key_before_is_accepted_for_its_timeout(void **state)
{
	(void)state;
	struct world *w = pair(2, md5("before"), md5("before"));

	world_run_ms(w, 60000);
	for (unsigned n = 0; n < 2; n++) {
		w->box[n].group.auth = md5("after");
		w->box[n].group.auth.timeout_s = 20;
	}
	world_configure(w, B); /* still hears A's old key; A, which has no other, does not believe B */
	world_run_ms(w, 15000);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_configure(w, A);
	world_run_ms(w, 30000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	assert_int_equal(world_status(w, B).bad_auth, 0);
	world_free(w);
}

static void without_a_usable_key_a_group_stays_initial(void **state)
{
	(void)state;
	struct hsrp_auth none = {.kind = HSRP_AUTH_MD5};
	struct world *w = pair(1, none, none);

	world_run_ms(w, 60000);
	assert_int_equal(world_state(w, A), HSRP_INITIAL);
	world_free(w);
}

static void version_2_learns_milliseconds_and_knows_identifiers(void **state)
{
	(void)state;
	struct hsrp_auth text = {.text = "cisco"};
	struct world *w = pair(2, text, text);

	w->box[A].group.timers_configured = true;
	w->box[A].group.hello_ms = 250;
	w->box[A].group.hold_ms = 800;
	world_configure(w, A);
	world_run_ms(w, 60000);
	struct hsrp_status b = world_status(w, B);
	assert_int_equal(b.state, HSRP_STANDBY);
	assert_int_equal(b.hello_ms, 250);
	assert_int_equal(b.hold_ms, 800);
	assert_true(b.timers_learned);
	assert_memory_equal(b.active.mac.bytes, w->box[A].mac.bytes, 6); /* not the virtual one */
	assert_memory_equal(b.virtual_mac.bytes, "\x00\x00\x0c\x9f\xf0\x01", 6);
	world_free(w);
}

static void another_version_starts_the_groups_over_and_hears_no_other(void **state)
{
	(void)state;
	struct hsrp_auth text = {.text = "cisco"};
	struct world *w = pair(1, text, text);

	world_run_ms(w, 60000);
	world_skip(w, A);
	w->box[A].interface.version = 2;
	world_configure(w, A);
	world_run_ms(w, 500);
	/* The farewell is in the version that B understands. */
	assert_int_equal(world_count(w, A, "resign"), 1);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	world_run_ms(w, 60000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE); /* neither hears the other */
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	assert_true(world_status(w, B).bad_frame > 0);
	w->box[B].interface.version = 2;
	world_configure(w, B);
	world_run_ms(w, 60000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_digests_verify_and_are_ours),
		cmocka_unit_test(unknown_tlvs_are_part_of_the_digest),
		cmocka_unit_test(keys_of_every_length_seal_and_match),
		cmocka_unit_test(equal_keys_elect),
		cmocka_unit_test(other_keys_and_text_against_md5_leave_both_active),
		cmocka_unit_test(a_key_before_is_accepted_for_its_timeout),
		cmocka_unit_test(without_a_usable_key_a_group_stays_initial),
		cmocka_unit_test(version_2_learns_milliseconds_and_knows_identifiers),
		cmocka_unit_test(another_version_starts_the_groups_over_and_hears_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
