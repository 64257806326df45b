/* The line reader and the pager, byte by byte: tools compare the echo exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "shell/line.h"
#include "shell/pager.h"

/* Types `keys`; the echo must be `echo`, and the last key's event `event`. */
static void type(struct line *l, const char *keys, size_t n, const char *echo, enum line_event event)
{
	struct text out = {0};
	enum line_event last = LINE_MORE;

	for (size_t i = 0; i < n; i++)
		last = line_byte(l, (uint8_t)keys[i], &out);
	assert_string_equal(text_str(&out), echo);
	assert_int_equal(last, event);
	text_free(&out);
}

#define TYPE(l, keys, echo, event) type(l, keys, sizeof(keys) - 1, echo, event)

static void what_is_typed_is_echoed_as_it_is(void **state)
{
	struct line l = {0};

	(void)state;
	TYPE(&l, "show ip route | include ^S", "show ip route | include ^S", LINE_MORE);
	TYPE(&l, "\r", "\r\n", LINE_ENTER);
	assert_string_equal(l.text, "show ip route | include ^S");
	line_free(&l);
}

static void each_line_end_counts_once(void **state)
{
	struct line l = {0};

	(void)state;
	TYPE(&l, "a\r", "a\r\n", LINE_ENTER);
	line_clear(&l);
	TYPE(&l, "\n", "", LINE_MORE); /* the second half of CR LF */
	TYPE(&l, "\n", "\r\n", LINE_ENTER);
	line_clear(&l);
	TYPE(&l, "\r", "\r\n", LINE_ENTER);
	line_clear(&l);
	TYPE(&l, "\0", "", LINE_MORE); /* CR NUL */
	TYPE(&l, "b\n", "b\r\n", LINE_ENTER);
	assert_string_equal(l.text, "b");
	line_free(&l);
}

static void keys_that_mean_nothing_leave_no_trace(void **state)
{
	struct line l = {0};

	(void)state;
	TYPE(&l, "\0\x1e\x1c\x1d\x07", "", LINE_MORE);
	TYPE(&l, "\x1b[200~x\x1b[5~", "x", LINE_MORE); /* bracketed paste, page up */
	assert_string_equal(l.text, "x");
	line_free(&l);
}

static void editing_moves_with_backspaces_only(void **state)
{
	struct line l = {0};

	(void)state;
	TYPE(&l, "abc", "abc", LINE_MORE);
	TYPE(&l, "\x7f", "\b \b", LINE_MORE);
	TYPE(&l, "\x08", "\b \b", LINE_MORE);
	TYPE(&l, "bc\x01X", "bc\b\b\bXabc\b\b\b", LINE_MORE);
	assert_string_equal(l.text, "Xabc");
	TYPE(&l, "\x04", "bc \b\b\b", LINE_MORE); /* Ctrl-D takes the "a" */
	TYPE(&l, "\x05", "bc", LINE_MORE);
	TYPE(&l, "\x15", "\b\b\b   \b\b\b", LINE_MORE);
	assert_string_equal(l.text, "");
	TYPE(&l, "one two \x17", "one two \b\b\b\b    \b\b\b\b", LINE_MORE);
	assert_string_equal(l.text, "one ");
	line_free(&l);
}

static void a_character_of_two_bytes_is_one_column(void **state)
{
	struct line l = {0};

	(void)state;
	TYPE(&l, "\xc3\xa9", "\xc3\xa9", LINE_MORE);
	TYPE(&l, "\x7f", "\b \b", LINE_MORE);
	assert_int_equal(l.len, 0);
	line_free(&l);
}

static void a_secret_is_neither_echoed_nor_remembered(void **state)
{
	struct line l = {.hidden = true};

	(void)state;
	TYPE(&l, "s3cret\x7f", "", LINE_MORE);
	TYPE(&l, "\n", "\r\n", LINE_ENTER);
	assert_string_equal(l.text, "s3cre");
	line_remember(&l);
	assert_int_equal(l.history_count, 0);
	line_clear(&l);
	l.hidden = false;
	TYPE(&l, "\x10", "", LINE_MORE);
	line_free(&l);
}

static void help_acts_at_once_but_not_in_an_answer(void **state)
{
	struct line l = {0};

	(void)state;
	TYPE(&l, "show ?", "show ?\r\n", LINE_HELP);
	assert_string_equal(l.text, "show ");
	line_clear(&l);
	TYPE(&l, "a\x16?b", "a?b", LINE_MORE); /* Ctrl-V */
	assert_string_equal(l.text, "a?b");
	line_clear(&l);
	l.plain = true;
	TYPE(&l, "file?\t", "file?", LINE_MORE);
	line_free(&l);
}

static void completion_adds_only_what_is_missing(void **state)
{
	struct line l = {0};
	struct text echo = {0};

	(void)state;
	TYPE(&l, "sh\t", "sh", LINE_TAB);
	assert_int_equal(line_complete(&l, "show ", &echo), 2);
	assert_string_equal(text_str(&echo), "ow ");
	text_clear(&echo);
	assert_int_equal(line_complete(&l, "show ", &echo), 5);
	assert_string_equal(text_str(&echo), "");
	line_clear(&l);
	TYPE(&l, "SH\t", "SH", LINE_TAB);
	assert_int_equal(line_complete(&l, "show ", &echo), -1);
	assert_string_equal(l.text, "show ");
	text_free(&echo);
	line_free(&l);
}

static void history_goes_back_and_forth(void **state)
{
	struct line l = {0};

	(void)state;
	TYPE(&l, "one\r", "one\r\n", LINE_ENTER);
	line_remember(&l);
	line_clear(&l);
	TYPE(&l, "two\r", "two\r\n", LINE_ENTER);
	line_remember(&l);
	line_clear(&l);
	TYPE(&l, "\x1b[A", "two", LINE_MORE);
	TYPE(&l, "\x10", "\b\b\b   \b\b\bone", LINE_MORE);
	TYPE(&l, "\x10", "", LINE_MORE); /* there is no older one */
	TYPE(&l, "\x1b[B", "\b\b\b   \b\b\btwo", LINE_MORE);
	TYPE(&l, "\x0e", "\b\b\b   \b\b\b", LINE_MORE);
	line_free(&l);
}

static void a_full_line_takes_nothing_more(void **state)
{
	struct line l = {0};
	struct text echo = {0};

	(void)state;
	for (int i = 0; i < LINE_SIZE + 10; i++)
		line_byte(&l, 'x', &echo);
	assert_int_equal(l.len, LINE_SIZE);
	assert_int_equal(echo.len, LINE_SIZE);
	text_free(&echo);
	line_free(&l);
}

/* ---- pager ---- */

static void a_page_that_fits_asks_nothing(void **state)
{
	struct pager p = {0};
	struct text out = {0};

	(void)state;
	pager_start(&p, 4, 80);
	pager_text(&p, "1\n2\n3\n", 6, &out);
	assert_string_equal(text_str(&out), "1\r\n2\r\n3\r\n");
	assert_false(p.asking);
	pager_text(&p, "4\n", 2, &out);
	assert_true(p.asking);
	text_free(&out);
	pager_free(&p);
}

static void space_enter_and_q(void **state)
{
	static const char erase[] = "\b\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\b\b";
	struct pager p = {0};
	struct text out = {0};
	char expected[256];

	(void)state;
	pager_start(&p, 3, 0);
	pager_text(&p, "1\n2\n3\n4\n5\n6\n7\n", 14, &out);
	assert_string_equal(text_str(&out), "1\r\n2\r\n --More-- ");
	text_clear(&out);
	pager_key(&p, ' ', &out);
	snprintf(expected, sizeof(expected), "%s3\r\n4\r\n --More-- ", erase);
	assert_string_equal(text_str(&out), expected);
	text_clear(&out);
	pager_key(&p, '\r', &out);
	snprintf(expected, sizeof(expected), "%s5\r\n --More-- ", erase);
	assert_string_equal(text_str(&out), expected);
	text_clear(&out);
	pager_key(&p, 'q', &out);
	assert_string_equal(text_str(&out), erase);
	assert_true(p.stopped);
	text_clear(&out);
	pager_text(&p, "8\n", 2, &out);
	assert_string_equal(text_str(&out), "");
	text_free(&out);
	pager_free(&p);
}

static void long_lines_take_the_room_they_need(void **state)
{
	struct pager p = {0};
	struct text out = {0};

	(void)state;
	pager_start(&p, 3, 4);
	pager_text(&p, "abcdefgh\nx\n", 11, &out); /* two rows, then the third line */
	assert_string_equal(text_str(&out), "abcdefgh\r\n --More-- ");
	text_clear(&out);
	pager_start(&p, 0, 4); /* terminal length 0 */
	for (int i = 0; i < 100; i++)
		pager_text(&p, "y\n", 2, &out);
	assert_false(p.asking);
	text_free(&out);
	pager_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_typed_is_echoed_as_it_is),
		cmocka_unit_test(each_line_end_counts_once),
		cmocka_unit_test(keys_that_mean_nothing_leave_no_trace),
		cmocka_unit_test(editing_moves_with_backspaces_only),
		cmocka_unit_test(a_character_of_two_bytes_is_one_column),
		cmocka_unit_test(a_secret_is_neither_echoed_nor_remembered),
		cmocka_unit_test(help_acts_at_once_but_not_in_an_answer),
		cmocka_unit_test(completion_adds_only_what_is_missing),
		cmocka_unit_test(history_goes_back_and_forth),
		cmocka_unit_test(a_full_line_takes_nothing_more),
		cmocka_unit_test(a_page_that_fits_asks_nothing),
		cmocka_unit_test(space_enter_and_q),
		cmocka_unit_test(long_lines_take_the_room_they_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
