/* Addresses, prefixes, vectors and texts: the ground under everything else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/ip.h"
#include "base/text.h"
#include "base/vec.h"

static void addresses_survive_a_round_trip(void **state)
{
	static const char *const same[] = {"0.0.0.0", "192.168.0.2", "255.255.255.255", "::", "::1",
		"fe80::5:73ff:fea0:10", "2001:db8::", "2001:db8:0:1:2:3:4:5", "1:0:0:2::3", "1::2:0:0:3:4"};
	char text[IP_TEXT_MAX];
	struct ipaddr a;

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		assert_true(ip_parse(same[i], &a));
		assert_string_equal(ip_format(&a, text), same[i]);
	}
	assert_true(ip_parse("::ffff:10.0.0.1", &a));
	assert_string_equal(ip_format(&a, text), "::ffff:a00:1");
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const bad[] = {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4 ",
		"01234.1.1.1", "1.2..4", ":", ":::", "1:2:3:4:5:6:7:8:9", "1::2::3",
		"12345::", "g::", "1:2:3:4:5:6:7:", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4"};
	struct ipaddr a;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(ip_parse(bad[i], &a));
}

static void masks_and_wildcards_are_contiguous_or_refused(void **state)
{
	struct ipaddr m;

	(void)state;
	assert_true(ip_parse("255.255.255.0", &m));
	assert_int_equal(ip_mask_to_len(&m), 24);
	assert_true(ip_parse("0.0.255.255", &m));
	assert_int_equal(ip_wildcard_to_len(&m), 16);
	assert_int_equal(ip_mask_to_len(&m), -1);
	assert_true(ip_parse("0.255.0.255", &m));
	assert_int_equal(ip_wildcard_to_len(&m), -1);
	for (unsigned len = 0; len <= 32; len++) {
		m = ip_len_to_mask(IP_V4, len);
		assert_int_equal(ip_mask_to_len(&m), (int)len);
		m = ip_len_to_wildcard(IP_V4, len);
		assert_int_equal(ip_wildcard_to_len(&m), (int)len);
	}
}

static void prefixes_cover_and_overlap(void **state)
{
	struct prefix wide, narrow, other;
	struct ipaddr host;
	char text[PREFIX_TEXT_MAX];

	(void)state;
	assert_true(prefix_parse("10.0.0.0/8", &wide));
	assert_true(prefix_parse("10.1.2.3/16", &narrow));
	assert_string_equal(prefix_format(&narrow, text), "10.1.0.0/16");
	assert_true(prefix_parse("11.0.0.0/8", &other));
	assert_true(prefix_covers(&wide, &narrow));
	assert_false(prefix_covers(&narrow, &wide));
	assert_true(prefix_overlaps(&narrow, &wide));
	assert_false(prefix_overlaps(&narrow, &other));
	assert_true(ip_parse("10.1.255.255", &host));
	assert_true(prefix_contains(&narrow, &host));
	assert_false(prefix_contains(&other, &host));
	assert_false(prefix_parse("10.0.0.0/33", &wide));
	assert_false(prefix_parse("10.0.0.0/", &wide));
	assert_false(prefix_parse("10.0.0.0/1x", &wide));
}

static void macs_in_both_spellings(void **state)
{
	struct mac m;
	char text[MAC_TEXT_MAX];

	(void)state;
	assert_true(mac_parse("0000.0C07.ac01", &m));
	assert_string_equal(mac_format(&m, text), "00:00:0c:07:ac:01");
	assert_true(mac_parse("00:05:73:a0:00:10", &m));
	assert_string_equal(mac_format_dotted(&m, text), "0005.73a0.0010");
	assert_false(mac_parse("00:05:73:a0:00", &m));
	assert_false(mac_parse("0005-73a0-0010", &m));
}

static int compare_strings(const void *key, const void *item)
{
	return strcmp(key, item);
}

static void a_vector_stays_sorted(void **state)
{
	static const char *const words[] = {"m", "a", "z", "k", "b"};
	struct vec v = {0};
	bool found;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		size_t at = vec_lower_bound(&v, words[i], compare_strings, &found);

		assert_false(found);
		assert_true(vec_insert_at(&v, at, (void *)(uintptr_t)words[i]));
	}
	for (size_t i = 1; i < v.count; i++)
		assert_true(strcmp(v.items[i - 1], v.items[i]) < 0);
	assert_string_equal(vec_find(&v, "k", compare_strings), "k");
	assert_null(vec_find(&v, "c", compare_strings));
	assert_string_equal(vec_remove_at(&v, 0), "a");
	assert_int_equal(v.count, 4);
	vec_free(&v);
}

static void a_reader_that_ran_over_yields_zeros(void **state)
{
	const uint8_t data[] = {1, 2, 3};
	struct reader r = reader_make(data, sizeof(data));

	(void)state;
	assert_int_equal(read_u16(&r), 0x0102);
	assert_int_equal(read_u32(&r), 0);
	assert_true(r.failed);
	assert_int_equal(read_u8(&r), 0);
	assert_int_equal(reader_left(&r), 0);
}

static void a_text_grows(void **state)
{
	struct text t = {0};

	(void)state;
	assert_string_equal(text_str(&t), "");
	for (int i = 0; i < 1000; i++)
		text_printf(&t, "%d,", i % 10);
	assert_int_equal(t.len, 2000);
	assert_int_equal(strlen(text_str(&t)), 2000);
	text_clear(&t);
	assert_string_equal(text_str(&t), "");
	text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_survive_a_round_trip),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(masks_and_wildcards_are_contiguous_or_refused),
		cmocka_unit_test(prefixes_cover_and_overlap),
		cmocka_unit_test(macs_in_both_spellings),
		cmocka_unit_test(a_vector_stays_sorted),
		cmocka_unit_test(a_reader_that_ran_over_yields_zeros),
		cmocka_unit_test(a_text_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
