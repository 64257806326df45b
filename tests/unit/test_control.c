/* Frames of the control protocol: what is written is read, what is broken is refused, nothing is read beyond its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "daemon/control.h"

static size_t make_frame(uint8_t *out, enum control_type type, const void *body, size_t len)
{
	control_header(out, type, len);
	memcpy(out + CONTROL_HEADER, body, len);
	return CONTROL_HEADER + len;
}

static void a_frame_is_read_back(void **state)
{
	uint8_t data[64], type;
	const uint8_t *body;
	size_t len, n = make_frame(data, CONTROL_LINE, "show version", 12);

	(void)state;
	/* 00 00 00 0c  02  "show version" */
	assert_memory_equal(data, "\0\0\0\x0c\x02show version", 17);
	assert_int_equal(control_frame(data, n, &type, &body, &len), 17);
	assert_int_equal(type, CONTROL_LINE);
	assert_int_equal(len, 12);
	assert_memory_equal(body, "show version", 12);
}

static void half_a_frame_waits_for_the_rest(void **state)
{
	uint8_t data[64], type;
	const uint8_t *body;
	size_t len, n = make_frame(data, CONTROL_OUTPUT, "abc", 3);

	(void)state;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(control_frame(data, i, &type, &body, &len), 0);
}

static void a_broken_stream_is_noticed_at_its_header(void **state)
{
	uint8_t type;
	const uint8_t *body;
	size_t len;

	(void)state;
	assert_int_equal(control_frame((const uint8_t *)"\0\1\0\1\2", 5, &type, &body, &len), -EMSGSIZE);
	assert_int_equal(
		control_frame((const uint8_t *)"\xff\xff\xff\xff\2", 5, &type, &body, &len), -EMSGSIZE);
	assert_int_equal(control_frame((const uint8_t *)"\0\0\0\0\0", 5, &type, &body, &len), -EBADMSG);
	assert_int_equal(control_frame((const uint8_t *)"\0\0\0\0\7", 5, &type, &body, &len), -EBADMSG);
	assert_int_equal(control_frame((const uint8_t *)"\0\0\0\0\x14", 5, &type, &body, &len), -EBADMSG);
}

static void hello_and_done_survive_a_round_trip(void **state)
{
	struct control_hello h = {CONTROL_VERSION, CONTROL_SCRIPT, 24, 511, "operator"}, h2;
	struct control_done d = {CONTROL_FAILED, CONTROL_ASKS | CONTROL_NO_ECHO, 24, "Router(config)#"}, d2;
	uint8_t body[256];
	size_t n;

	(void)state;
	n = control_put_hello(body, sizeof(body), &h);
	assert_true(control_get_hello(body, n, &h2));
	assert_int_equal(h2.kind, CONTROL_SCRIPT);
	assert_int_equal(h2.columns, 511);
	assert_string_equal(h2.login, "operator");
	n = control_put_done(body, sizeof(body), &d);
	assert_true(control_get_done(body, n, &d2));
	assert_int_equal(d2.status, CONTROL_FAILED);
	assert_int_equal(d2.flags, CONTROL_ASKS | CONTROL_NO_ECHO);
	assert_int_equal(d2.page, 24);
	assert_string_equal(d2.prompt, "Router(config)#");
}

static void malformed_bodies_are_refused(void **state)
{
	struct control_hello h;
	struct control_done d;
	uint8_t long_prompt[4 + 128];

	(void)state;
	assert_false(control_get_hello((const uint8_t *)"\1\0\0", 3, &h));
	assert_false(control_get_hello((const uint8_t *)"\1\3\0\0\0\0", 6, &h));     /* no such kind */
	assert_false(control_get_hello((const uint8_t *)"\1\0\0\0\0\0a\0b", 9, &h)); /* a NUL in the name */
	assert_false(control_get_done((const uint8_t *)"\0\0\0", 3, &d));
	memset(long_prompt, 'x', sizeof(long_prompt));
	assert_false(control_get_done(long_prompt, sizeof(long_prompt), &d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_read_back),
		cmocka_unit_test(half_a_frame_waits_for_the_rest),
		cmocka_unit_test(a_broken_stream_is_noticed_at_its_header),
		cmocka_unit_test(hello_and_done_survive_a_round_trip),
		cmocka_unit_test(malformed_bodies_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
