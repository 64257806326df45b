/* The command reference and the fuzzer's dictionary, from the table. */
#include <string.h>

#include "cli/grammar.h"

static void usage(const struct cli_syntax *s, struct text *out)
{
	text_add(out, "    ");
	if (s->row->flags & CLI_ONLY_NO)
		text_add(out, "no ");
	cli_syntax_text(s, out);
	text_add(out, "\n");
}

/* The tokens of a row with what they mean, each once. */
static void tokens(const struct cli_syntax *s, struct text *out)
{
	for (uint16_t i = 0; i < s->node_count; i++) {
		const struct cli_node *n = &s->nodes[i];
		bool again = false;

		if ((n->kind != NODE_KEYWORD && n->kind != NODE_VALUE) || !n->help)
			continue;
		for (uint16_t k = 0; k < i; k++)
			again = again || (s->nodes[k].text && strcmp(s->nodes[k].text, n->text) == 0);
		if (!again)
			text_printf(out, "  `%s` %s.\n", n->text, n->help);
	}
}

static void forms(const struct cli_row *row, struct text *out)
{
	if (row->refuse)
		text_printf(out, "\n  Refused: %s.\n", row->refuse);
	if (row->flags & CLI_KEPT)
		text_add(out, "\n  Kept and written back, without effect.\n");
	if (row->flags & CLI_PARSE_ONLY)
		text_add(out, "\n  Accepted, never written.\n");
	if (row->flags & CLI_PRIVILEGED)
		text_add(out, "\n  Privilege level 15.\n");
	if (row->opens)
		text_printf(out, "\n  Opens %s mode, `%s`.\n", cli_modes[row->opens].name,
			cli_modes[row->opens].prompt);
}

void cli_command_reference(struct text *out)
{
	const struct cli_grammar *g = cli_grammar();

	text_add(out,
		"# Commands\n\nGenerated from the grammar table by `hotswand --command-reference`; do not "
		"edit.\n"
		"Keywords may be shortened as long as they stay unambiguous. `{a | b}`: one of them; `[a]`: "
		"may be left "
		"out.\nConfiguration commands have a `no` form and a `default` form.\n");
	for (unsigned mode = 0; mode < MODE_COUNT; mode++) {
		text_printf(out, "\n## %c%s\n",
			cli_modes[mode].name[0] -
				('a' <= cli_modes[mode].name[0] && cli_modes[mode].name[0] <= 'z' ? 32 : 0),
			cli_modes[mode].name + 1);
		if (cli_modes[mode].prompt)
			text_printf(out, "\nPrompt `%s`\n", cli_modes[mode].prompt);
		for (size_t i = 0; i < g->modes[mode].count; i++) {
			const struct cli_syntax *s = g->modes[mode].all[i];

			if (s->row->flags & CLI_WRITE_ONLY ||
				(mode != MODE_CONFIG && s->row->modes == IN_CONFIGURATION))
				continue;
			text_add(out, "\n");
			usage(s, out);
			text_add(out, "\n");
			tokens(s, out);
			forms(s->row, out);
		}
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
