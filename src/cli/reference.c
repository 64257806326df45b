/* The command reference and the fuzzer's dictionary, from the table. */
#include <string.h>

#include "cli/grammar.h"

static void usage(const struct cli_syntax *s, struct text *out)
{
	text_add(out, "```\n");
	if (s->row->flags & CLI_ONLY_NO)
		text_add(out, "no ");
	cli_syntax_text(s, out);
	text_add(out, "\n```\n");
}

/* The tokens of a row with what they mean, each once. */
static void tokens(const struct cli_syntax *s, struct text *out)
{
	bool first = true;

	for (uint16_t i = 0; i < s->node_count; i++) {
		const struct cli_node *n = &s->nodes[i];
		bool again = false;

		if ((n->kind != NODE_KEYWORD && n->kind != NODE_VALUE) || !n->help)
			continue;
		for (uint16_t k = 0; k < i; k++)
			again = again || (s->nodes[k].text && strcmp(s->nodes[k].text, n->text) == 0);
		if (again)
			continue;
		text_printf(out, "%s- `%s` %s\n", first ? "\n" : "", n->text, n->help);
		first = false;
	}
}

static void forms(const struct cli_row *row, struct text *out)
{
	if (row->opens)
		text_printf(out, "\nOpens %s mode.\n", cli_modes[row->opens].name);
	if (row->flags & CLI_KEPT)
		text_add(out, "\nKept and written back, without effect.\n");
	if (row->flags & CLI_SECRET)
		text_add(out,
			"\nCarries a secret: printed by `show running-config` and `show startup-config` "
			"only.\n");
	if (row->flags & CLI_PARSE_ONLY)
		text_add(out, "\nAccepted; not written.\n");
	if (row->flags & CLI_PRIVILEGED)
		text_add(out, "\nPrivilege level 15.\n");
}

static void mode_head(unsigned mode, struct text *out)
{
	const char *name = cli_modes[mode].name;
	char first = name[0] >= 'a' && name[0] <= 'z' ? (char)(name[0] - 'a' + 'A') : name[0];

	text_printf(out, "\n## %c%s\n", first, name + 1);
	if (cli_modes[mode].prompt)
		text_printf(out, "\nPrompt `%s`.\n", cli_modes[mode].prompt);
}

static bool is_listed(const struct cli_row *row, unsigned mode)
{
	return !(row->flags & (CLI_WRITE_ONLY | CLI_HIDDEN)) &&
		(mode == MODE_CONFIG || row->modes != IN_CONFIGURATION);
}

/* What is known and not to be had, with what to use instead. */
static void refused(const struct cli_mode_rows *rows, struct text *out)
{
	bool first = true;

	for (size_t i = 0; i < rows->count; i++) {
		if (!rows->all[i]->row->refuse)
			continue;
		text_add(out, first ? "\nRefused:\n\n- `" : "- `");
		cli_syntax_text(rows->all[i], out);
		text_printf(out, "`: %s\n", rows->all[i]->row->refuse);
		first = false;
	}
}

void cli_command_reference(struct text *out)
{
	const struct cli_grammar *g = cli_grammar();

	text_add(out,
		"# Commands\n\nMade from the grammar table by `hotswand --command-reference`; a test "
		"compares.\n\n"
		"Keywords may be shortened as long as they stay unambiguous, in any case. `{a | b}` is one "
		"of them, "
		"`[a]` may be left out.\nConfiguration commands have a `no` and a `default` form; what "
		"follows the "
		"part that names the setting may then be left out.\nA line that a mode does not take is "
		"tried in "
		"global configuration mode.\n");
	for (unsigned mode = 0; mode < MODE_COUNT; mode++) {
		mode_head(mode, out);
		for (size_t i = 0; i < g->modes[mode].count; i++) {
			const struct cli_syntax *s = g->modes[mode].all[i];

			if (!is_listed(s->row, mode))
				continue;
			text_add(out, "\n");
			usage(s, out);
			tokens(s, out);
			forms(s->row, out);
		}
		refused(&g->modes[mode], out);
	}
}

void cli_fuzz_dictionary(struct text *out)
{
	const struct cli_grammar *g = cli_grammar();

	for (size_t i = 0; i < g->count; i++)
		for (uint16_t k = 0; k < g->syntaxes[i].node_count; k++) {
			const struct cli_node *n = &g->syntaxes[i].nodes[k];

			if (n->kind == NODE_KEYWORD)
				text_printf(out, "\"%s \"\n", n->text);
		}
}
