/*
 * Parse → write → parse is the identity, for random configurations made from the table itself; and the table's own
 * promises: every row has help, every row that is written can be read again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/grammar.h"

enum { CONFIGURATIONS = 300, LINES = 60, SLICE = 100 };

static uint64_t seed;

static unsigned random_below(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

/* --- Random lines ---------------------------------------------------------------------------------------------- */

static void add_random_value(const struct cli_node *n, struct text *out)
{
	static const char *const names[] = {"A", "map1", "VPN-set", "101", "x.y_z", "k", "md"};
	static const char *const interfaces[] = {
		"FastEthernet0/0", "fa 0/1", "GigabitEthernet0/0/0.7", "Loopback3", "eth1"};
	static const unsigned lens[] = {0, 8, 16, 24, 25, 30, 31, 32};

	switch ((enum cli_type)n->type) {
	case TYPE_NUMBER:
		text_printf(out, "%u",
			random_below(3) ? n->lo + random_below(n->hi - n->lo < 8 ? n->hi - n->lo + 1 : 8)
					: n->hi);
		break;
	case TYPE_WORD: text_printf(out, "%.*s", (int)n->hi, names[random_below(7)]); break;
	case TYPE_NAME: text_add(out, names[random_below(3)]); break;
	case TYPE_LINE:
		text_printf(
			out, "%.*s  twice ! %u", (int)n->hi - 16, names[random_below(7)], random_below(100));
		break;
	case TYPE_ADDRESS: text_printf(out, "10.%u.%u.0", random_below(3), random_below(3)); break;
	case TYPE_HOST:
		text_printf(out, "10.%u.%u.%u", random_below(3), random_below(3), 1 + random_below(9));
		break;
	case TYPE_MASK:
	case TYPE_WILDCARD: {
		struct ipaddr a = n->type == TYPE_MASK ? ip_len_to_mask(IP_V4, lens[random_below(8)])
						       : ip_len_to_wildcard(IP_V4, lens[random_below(8)]);
		char s[IP_TEXT_MAX];

		text_add(out, ip_format(&a, s));
		break;
	}
	case TYPE_INTERFACE: text_add(out, interfaces[random_below(5)]); break;
	case TYPE_TIME: text_printf(out, "%u:%02u:00", random_below(24), random_below(60)); break;
	case TYPE_MONTH: text_add(out, month_name(1 + random_below(12))); break;
	case TYPE_MAC: text_printf(out, "0200.0000.%04x", random_below(3)); break;
	case TYPE_IPV6:
		text_printf(out, "%s::%u", random_below(4) ? "fe80" : "2001:db8", random_below(4));
		break;
	case TYPE_IPV6_PREFIX:
		text_printf(out, "%s::%u/%u", random_below(4) ? "2001:DB8:0:1" : "fe80", random_below(4),
			random_below(4) ? 64 : random_below(129));
		break;
	case TYPE_COUNT: break;
	}
}

static void add_random(const struct cli_syntax *s, uint16_t head, struct text *out)
{
	for (uint16_t at = head; at != CLI_NONE; at = s->nodes[at].sibling) {
		const struct cli_node *n = &s->nodes[at];

		if (n->kind == NODE_KEYWORD)
			text_printf(out, " %s", n->text);
		else if (n->kind == NODE_VALUE) {
			text_add(out, " ");
			add_random_value(n, out);
		} else if (n->kind == NODE_CHOICE && !(n->optional && random_below(2)))
			add_random(s, s->branches[n->branch + random_below(n->branch_count)], out);
	}
}

/* A line of a mode; sometimes negated, sometimes one that opens a mode, whose lines then follow. */
static enum cli_mode add_random_line(enum cli_mode mode, struct text *out)
{
	const struct cli_mode_rows *rows = &cli_grammar()->modes[mode];
	const struct cli_syntax *s = rows->all[random_below((unsigned)rows->count)];

	if (s->row->flags & (CLI_WRITE_ONLY | CLI_ONLY_NO) || s->row->run ||
		strncmp(s->row->syntax, "banner", 6) == 0)
		return mode;
	if (random_below(10) == 0)
		text_add(out, "no");
	add_random(s, s->start, out);
	text_add(out, "\n");
	return s->row->opens ? s->row->opens : mode;
}

static void random_configuration(struct text *out)
{
	enum cli_mode mode = MODE_CONFIG;

	for (int i = 0; i < LINES; i++) {
		if (random_below(8) == 0)
			mode = MODE_CONFIG;
		mode = add_random_line(mode, out);
	}
}

/* The first line that differs, for people. */
static void show_difference(const char *a, const char *b)
{
	size_t start = 0, i;

	for (i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '\n')
			start = i + 1;
	if (a[i] != b[i])
		print_message("  first:  %.*s\n  second: %.*s\n", (int)strcspn(a + start, "\n"), a + start,
			(int)strcspn(b + start, "\n"), b + start);
}

/* --- Properties --------------------------------------------------------------------------------------------------- */

static void write_running(const struct model *m, struct text *out)
{
	struct cli_writer w;

	cli_writer_begin(&w, m, NULL);
	while (cli_writer_next(&w, out, SLICE))
		;
}

static void written_configurations_load_without_error_and_are_written_the_same(void **state)
{
	size_t taken = 0;

	(void)state;
	for (unsigned i = 0; i < CONFIGURATIONS; i++) {
		struct text typed = {0}, first = {0}, second = {0}, errors = {0}, none = {0};
		struct model *a = model_new(), *b = model_new();

		seed = i + 1;
		random_configuration(&typed);
		cli_load(a, NULL, "typed", text_str(&typed), typed.len, &errors);
		write_running(a, &first);
		cli_load(b, NULL, "written", text_str(&first), first.len, &none);
		write_running(b, &second);
		if (none.len > 0 || strcmp(text_str(&first), text_str(&second)) != 0)
			print_message("configuration %u\n%s", i, text_str(&none));
		show_difference(text_str(&first), text_str(&second));
		assert_string_equal(text_str(&none), "");
		assert_true(strcmp(text_str(&first), text_str(&second)) == 0);
		taken += first.len;
		model_free(a);
		model_free(b);
		text_free(&typed);
		text_free(&first);
		text_free(&second);
		text_free(&errors);
		text_free(&none);
	}
	assert_true(taken > CONFIGURATIONS * 400); /* the generator does not make rubbish only */
}

/* Replaying what was journalled gives the same model (D9). */
static void remember(void *arg, const char *const context[], size_t depth, const char *line)
{
	struct text *journal = arg;

	for (size_t i = 0; i < depth; i++)
		text_printf(journal, "%s\n", context[i]);
	text_printf(journal, "%s\nend\n", line);
}

static bool device_exists(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "eth1") == 0;
}

static void journalled_lines_give_the_same_configuration(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CONFIGURATIONS / 2; i++) {
		struct text typed = {0}, journal = {0}, first = {0}, second = {0}, said = {0};
		struct cli_ops ops = {.device_exists = device_exists, .accepted = remember, .arg = &journal};
		struct model *a = model_new(), *b = model_new();
		struct cli_session *s = cli_session_new(a, &ops, 15, NULL);

		seed = 1000 + i;
		random_configuration(&typed);
		cli_line(s, "configure terminal", &said);
		for (char *line = strtok(typed.s, "\n"); line; line = strtok(NULL, "\n"))
			cli_line(s, line, &said);
		write_running(a, &first);
		text_clear(&said);
		cli_load(b, &(struct cli_ops){.device_exists = device_exists}, "journal", text_str(&journal),
			journal.len, &said);
		write_running(b, &second);
		if (said.len > 0 || strcmp(text_str(&first), text_str(&second)) != 0)
			print_message("seed %u\n%s---\n%s", 1000 + i, text_str(&journal), text_str(&said));
		show_difference(text_str(&first), text_str(&second));
		assert_string_equal(text_str(&said), "");
		assert_true(strcmp(text_str(&first), text_str(&second)) == 0);
		cli_session_free(s);
		model_free(a);
		model_free(b);
		text_free(&typed);
		text_free(&journal);
		text_free(&first);
		text_free(&second);
		text_free(&said);
	}
}

static void every_listed_token_has_help(void **state)
{
	const struct cli_grammar *g = cli_grammar();

	(void)state;
	for (unsigned mode = 0; mode < MODE_COUNT; mode++)
		for (size_t i = 0; i < g->modes[mode].count; i++) {
			const struct cli_syntax *s = g->modes[mode].all[i];

			for (uint16_t n = 0;
				n < s->node_count && !(s->row->flags & (CLI_HIDDEN | CLI_WRITE_ONLY)); n++) {
				const struct cli_node *node = &s->nodes[n];
				bool helped = (node->kind != NODE_KEYWORD && node->kind != NODE_VALUE) ||
					node->help;

				/* Another row of the mode may explain it. */
				for (size_t k = 0; k < g->modes[mode].count && !helped; k++)
					for (uint16_t m = 0; m < g->modes[mode].all[k]->node_count; m++) {
						const struct cli_node *other =
							&g->modes[mode].all[k]->nodes[m];

						helped = helped ||
							(other->text && other->help &&
								strcmp(other->text, node->text) == 0);
					}
				if (!helped)
					fail_msg("no help for \"%s\" in: %s", node->text, s->row->syntax);
			}
		}
}

/* A full spelling is never ambiguous: the first keywords of each row, typed out, are taken or incomplete. */
static void keywords_typed_in_full_are_never_ambiguous(void **state)
{
	const struct cli_grammar *g = cli_grammar();
	static const struct model empty;
	struct cli_scope scope = {.model = &empty, .privilege = 15};

	(void)state;
	for (unsigned mode = 0; mode < MODE_COUNT; mode++)
		for (size_t i = 0; i < g->modes[mode].count; i++) {
			const struct cli_syntax *s = g->modes[mode].all[i];
			static struct cli_match match;
			struct cli_words words;
			struct text line = {0};
			char *copy;

			if (s->row->flags & (CLI_WRITE_ONLY | CLI_ONLY_NO))
				continue;
			for (uint16_t at = s->start; at != CLI_NONE && s->nodes[at].kind == NODE_KEYWORD;
				at = s->nodes[at].sibling)
				text_printf(&line, "%s ", s->nodes[at].text);
			copy = malloc(line.len + 1);
			assert_non_null(copy);
			cli_lex(text_str(&line), copy, &words);
			cli_match(mode, &scope, &words, 0, false, &match);
			if (match.status != MATCH_OK && match.status != MATCH_INCOMPLETE)
				fail_msg("status %d for: %s", match.status, text_str(&line));
			free(copy);
			text_free(&line);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_configurations_load_without_error_and_are_written_the_same),
		cmocka_unit_test(journalled_lines_give_the_same_configuration),
		cmocka_unit_test(every_listed_token_has_help),
		cmocka_unit_test(keywords_typed_in_full_are_never_ambiguous),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
