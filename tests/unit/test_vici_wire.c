/* VICI messages: what charon would send and want, byte for byte, and what must not get through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linux/vici_wire.h"

#define BYTES(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

/* The example of VICI's own description: key1 = value1, section1 { sub-section { key2 = value2 } list1 = [ item1,
 * item2 ] } */
static const uint8_t example[] = {
	3,
	4,
	'k',
	'e',
	'y',
	'1',
	0,
	6,
	'v',
	'a',
	'l',
	'u',
	'e',
	'1',
	1,
	8,
	's',
	'e',
	'c',
	't',
	'i',
	'o',
	'n',
	'1',
	1,
	11,
	's',
	'u',
	'b',
	'-',
	's',
	'e',
	'c',
	't',
	'i',
	'o',
	'n',
	3,
	4,
	'k',
	'e',
	'y',
	'2',
	0,
	6,
	'v',
	'a',
	'l',
	'u',
	'e',
	'2',
	2,
	4,
	5,
	'l',
	'i',
	's',
	't',
	'1',
	5,
	0,
	5,
	'i',
	't',
	'e',
	'm',
	'1',
	5,
	0,
	5,
	'i',
	't',
	'e',
	'm',
	'2',
	6,
	2,
};

static void a_built_message_has_the_bytes_of_the_description(void **state)
{
	struct vici_message m = {0};

	(void)state;
	vici_value(&m, "key1", "value1");
	vici_section(&m, "section1");
	vici_section(&m, "sub-section");
	vici_valuef(&m, "key2", "value%d", 2);
	vici_section_end(&m);
	vici_list(&m, "list1");
	vici_item(&m, "item1");
	vici_item(&m, "item2");
	vici_list_end(&m);
	assert_int_equal(vici_message_done(&m), -EINVAL);
	vici_section_end(&m);
	assert_int_equal(vici_message_done(&m), 0);
	assert_int_equal(m.len, sizeof(example));
	assert_memory_equal(m.data, example, sizeof(example));
	vici_message_free(&m);
}

static void parsing_yields_the_elements_in_order(void **state)
{
	static const struct {
		enum vici_type type;
		unsigned depth;
		const char *name, *value;
	} want[] = {
		{VICI_KEY_VALUE, 0, "key1", "value1"},
		{VICI_SECTION_START, 0, "section1", ""},
		{VICI_SECTION_START, 1, "sub-section", ""},
		{VICI_KEY_VALUE, 2, "key2", "value2"},
		{VICI_SECTION_END, 1, "", ""},
		{VICI_LIST_START, 1, "list1", ""},
		{VICI_LIST_ITEM, 1, "list1", "item1"},
		{VICI_LIST_ITEM, 1, "list1", "item2"},
		{VICI_LIST_END, 1, "", ""},
		{VICI_SECTION_END, 0, "", ""},
		{VICI_END, 0, "", ""},
	};
	struct vici_parser p = vici_parser_make(example, sizeof(example));
	struct vici_token t;

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		assert_int_equal(vici_next(&p, &t), want[i].type);
		assert_int_equal(t.depth, want[i].depth);
		assert_true(vici_name_is(&t, want[i].name));
		assert_true(vici_value_is(&t, want[i].value));
	}
}

static enum vici_type last_type(const uint8_t *data, size_t len)
{
	struct vici_parser p = vici_parser_make(data, len);
	struct vici_token t;

	while (vici_next(&p, &t) > VICI_END) {
	}
	enum vici_type last = t.type;
	assert_int_equal(vici_next(&p, &t), last); /* it stays so */
	return last;
}

static void every_cut_of_a_message_is_broken_or_a_whole_prefix(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(example); n++) {
		uint8_t *exact = malloc(n ? n : 1); /* so that a sanitizer sees one byte too many */
		memcpy(exact, example, n);
		assert_int_equal(last_type(exact, n), n == 0 || n == 14 ? VICI_END : VICI_BROKEN);
		free(exact);
	}
}

static void what_does_not_nest_is_broken(void **state)
{
	(void)state;
	assert_int_equal(last_type(BYTES(0)), VICI_BROKEN); /* no such element */
	assert_int_equal(last_type(BYTES(7)), VICI_BROKEN);
	assert_int_equal(last_type(BYTES(2)), VICI_BROKEN);	  /* end without start */
	assert_int_equal(last_type(BYTES(5, 0, 0)), VICI_BROKEN); /* item outside a list */
	assert_int_equal(last_type(BYTES(6)), VICI_BROKEN);	  /* list end without start */
	assert_int_equal(last_type(BYTES(4, 1, 'l', 1, 1, 's', 2, 6)), VICI_BROKEN); /* section in a list */
	assert_int_equal(last_type(BYTES(4, 1, 'l', 4, 1, 'l', 6, 6)), VICI_BROKEN); /* list in a list */
	assert_int_equal(last_type(BYTES(4, 1, 'l', 3, 1, 'k', 0, 0, 6)), VICI_BROKEN); /* key in a list */
	assert_int_equal(last_type(BYTES(1, 1, 's', 4, 1, 'l', 2, 6)), VICI_BROKEN);	/* crossed ends */
	assert_int_equal(last_type(BYTES(1, 0, 2)), VICI_END); /* an empty name is fine */
}

static void nesting_is_bounded(void **state)
{
	uint8_t deep[3 * (VICI_DEPTH_MAX + 1)];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < VICI_DEPTH_MAX; i++, n += 2)
		memcpy(deep + n, (uint8_t[]){VICI_SECTION_START, 0}, 2);
	for (int i = 0; i < VICI_DEPTH_MAX; i++)
		deep[n++] = VICI_SECTION_END;
	assert_int_equal(last_type(deep, n), VICI_END);

	n = 0;
	for (int i = 0; i <= VICI_DEPTH_MAX; i++, n += 2)
		memcpy(deep + n, (uint8_t[]){VICI_SECTION_START, 0}, 2);
	for (int i = 0; i <= VICI_DEPTH_MAX; i++)
		deep[n++] = VICI_SECTION_END;
	assert_int_equal(last_type(deep, n), VICI_BROKEN);

	struct vici_message m = {0};
	for (int i = 0; i <= VICI_DEPTH_MAX; i++)
		vici_section(&m, "s");
	assert_int_equal(m.error, -EINVAL);
	vici_message_free(&m);
}

static void what_does_not_fit_fails_the_message_for_good(void **state)
{
	char name[VICI_NAME_MAX + 2];
	char *value = malloc(VICI_VALUE_MAX + 2);
	struct vici_message m = {0};

	(void)state;
	memset(name, 'n', sizeof(name));
	memset(value, 'v', VICI_VALUE_MAX + 2);
	name[VICI_NAME_MAX] = value[VICI_VALUE_MAX] = '\0';
	vici_value(&m, name, value);
	assert_int_equal(vici_message_done(&m), 0);
	assert_int_equal(m.len, 2 + VICI_NAME_MAX + 2 + VICI_VALUE_MAX);

	name[VICI_NAME_MAX] = 'n';
	name[VICI_NAME_MAX + 1] = '\0';
	vici_section(&m, name);
	assert_int_equal(vici_message_done(&m), -EMSGSIZE);
	vici_message_free(&m);

	value[VICI_VALUE_MAX] = 'v';
	value[VICI_VALUE_MAX + 1] = '\0';
	vici_value(&m, "k", value);
	vici_value(&m, "k", "v");
	assert_int_equal(vici_message_done(&m), -EMSGSIZE);
	vici_message_free(&m);

	/* More than charon reads in one segment. */
	for (int i = 0; i < 9; i++)
		vici_value_n(&m, "k", value, VICI_VALUE_MAX);
	assert_int_equal(vici_message_done(&m), -EMSGSIZE);
	vici_message_free(&m);
	free(value);
}

static void misuse_of_the_builder_is_an_error(void **state)
{
	struct vici_message m = {0};

	(void)state;
	vici_section_end(&m);
	assert_int_equal(vici_message_done(&m), -EINVAL);
	vici_message_free(&m);
	vici_item(&m, "x");
	assert_int_equal(vici_message_done(&m), -EINVAL);
	vici_message_free(&m);
	vici_list(&m, "l");
	vici_value(&m, "k", "v");
	assert_int_equal(vici_message_done(&m), -EINVAL);
	vici_message_free(&m);
}

static void values_are_copied_and_read_with_bounds(void **state)
{
	struct vici_message m = {0};
	struct vici_token t;
	uint64_t n = 0;
	char four[5];

	(void)state;
	vici_value(&m, "text", "abcd");
	vici_value(&m, "long", "abcde");
	vici_value_n(&m, "nul", "a\0b", 3);
	vici_value(&m, "max", "18446744073709551615");
	vici_value(&m, "over", "18446744073709551616");
	vici_value(&m, "sign", "-1");
	vici_value(&m, "empty", "");
	vici_section(&m, "inner");
	vici_value(&m, "hidden", "x");
	vici_section_end(&m);

	assert_true(vici_find(m.data, m.len, "text", &t) && vici_copy_value(&t, four, sizeof(four)));
	assert_string_equal(four, "abcd");
	assert_true(vici_find(m.data, m.len, "long", &t) && !vici_copy_value(&t, four, sizeof(four)));
	assert_string_equal(four, "");
	assert_true(vici_find(m.data, m.len, "nul", &t) && !vici_copy_value(&t, four, sizeof(four)));
	assert_true(vici_find(m.data, m.len, "max", &t) && vici_number(&t, &n));
	assert_true(n == UINT64_MAX);
	assert_true(vici_find(m.data, m.len, "over", &t) && !vici_number(&t, &n));
	assert_true(vici_find(m.data, m.len, "sign", &t) && !vici_number(&t, &n));
	assert_true(vici_find(m.data, m.len, "empty", &t) && !vici_number(&t, &n));
	assert_false(vici_find(m.data, m.len, "hidden", &t));
	vici_message_free(&m);
}

static void a_section_can_be_skipped(void **state)
{
	struct vici_parser p = vici_parser_make(example, sizeof(example));
	struct vici_token t;

	(void)state;
	assert_int_equal(vici_next(&p, &t), VICI_KEY_VALUE);
	assert_int_equal(vici_next(&p, &t), VICI_SECTION_START);
	assert_true(vici_skip_section(&p));
	assert_int_equal(vici_next(&p, &t), VICI_END);

	p = vici_parser_make(example, sizeof(example) - 1);
	assert_int_equal(vici_next(&p, &t), VICI_KEY_VALUE);
	assert_int_equal(vici_next(&p, &t), VICI_SECTION_START);
	assert_false(vici_skip_section(&p));
}

static void frames_carry_a_name_where_their_type_has_one(void **state)
{
	struct vici_frame f;

	(void)state;
	/* EVENT "child-updown", up = yes */
	assert_true(vici_frame_parse(BYTES(7, 3, 'a', '-', 'b', 3, 2, 'u', 'p', 0, 3, 'y', 'e', 's'), &f));
	assert_int_equal(f.type, VICI_EVENT);
	assert_string_equal(f.name, "a-b");
	assert_int_equal(f.len, 9);
	/* CMD_RESPONSE, empty message */
	assert_true(vici_frame_parse(BYTES(1), &f));
	assert_int_equal(f.type, VICI_CMD_RESPONSE);
	assert_int_equal(f.len, 0);

	assert_false(vici_frame_parse(BYTES(8), &f));		 /* no such packet */
	assert_false(vici_frame_parse(BYTES(7), &f));		 /* no name */
	assert_false(vici_frame_parse(BYTES(7, 2, 'a'), &f));	 /* name cut */
	assert_false(vici_frame_parse(BYTES(7, 2, 'a', 0), &f)); /* NUL in a name */
	assert_false(vici_frame_parse("", 0, &f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_built_message_has_the_bytes_of_the_description),
		cmocka_unit_test(parsing_yields_the_elements_in_order),
		cmocka_unit_test(every_cut_of_a_message_is_broken_or_a_whole_prefix),
		cmocka_unit_test(what_does_not_nest_is_broken),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(what_does_not_fit_fails_the_message_for_good),
		cmocka_unit_test(misuse_of_the_builder_is_an_error),
		cmocka_unit_test(values_are_copied_and_read_with_bounds),
		cmocka_unit_test(a_section_can_be_skipped),
		cmocka_unit_test(frames_carry_a_name_where_their_type_has_one),
	};

	return cmocka_run_group_tests_name("vici messages", tests, NULL, NULL);
}
