/* From values back to a line: the running configuration, the journal, the command reference. */
#include <assert.h>
#include <string.h>

#include "cli/grammar.h"

enum { NO_SLOT = 0xff };

static bool render_sequence(
	const struct cli_syntax *s, uint16_t head, const struct cli_args *a, struct text *out);

static void blank(struct text *out, size_t start)
{
	if (out->len > start)
		text_add_n(out, " ", 1);
}

static void cut(struct text *out, size_t len)
{
	if (out->s && out->len > len) {
		out->len = len;
		out->s[len] = '\0';
	}
}

/* An optional group without a slot in it says nothing: it is never written. */
static bool has_slot(const struct cli_syntax *s, uint16_t head)
{
	for (uint16_t at = head; at != CLI_NONE; at = s->nodes[at].sibling) {
		const struct cli_node *n = &s->nodes[at];

		if (n->slot != NO_SLOT)
			return true;
		for (uint16_t i = 0; n->kind == NODE_CHOICE && i < n->branch_count; i++)
			if (has_slot(s, s->branches[n->branch + i]))
				return true;
	}
	return false;
}

static bool render_choice(
	const struct cli_syntax *s, const struct cli_node *n, const struct cli_args *a, struct text *out)
{
	size_t before = out->len;

	if (n->slot != NO_SLOT) {
		const struct cli_value *v = &a->v[n->slot];

		if (v->set && v->n < n->branch_count)
			return render_sequence(s, s->branches[n->branch + v->n], a, out);
		return n->optional;
	}
	for (uint16_t i = 0; i < n->branch_count; i++) {
		uint16_t head = s->branches[n->branch + i];

		if (n->optional && !has_slot(s, head))
			continue;
		if (render_sequence(s, head, a, out))
			return true;
		cut(out, before);
	}
	return n->optional;
}

/* Every word is preceded by a blank: the caller takes the first one off. */
static bool render_sequence(
	const struct cli_syntax *s, uint16_t head, const struct cli_args *a, struct text *out)
{
	for (uint16_t at = head; at != CLI_NONE; at = s->nodes[at].sibling) {
		const struct cli_node *n = &s->nodes[at];
		const struct cli_value *v = n->slot == NO_SLOT ? NULL : &a->v[n->slot];

		switch ((enum cli_node_kind)n->kind) {
		case NODE_KEYWORD:
			if (v && (!v->set || v->n != n->lo))
				return false;
			text_add_n(out, " ", 1);
			text_add(out, n->written);
			break;
		case NODE_VALUE:
			if (!v || !v->set)
				return false;
			text_add_n(out, " ", 1);
			cli_value_format(n, v, out);
			break;
		case NODE_CHOICE:
			if (!render_choice(s, n, a, out))
				return false;
			break;
		case NODE_SET:
		case NODE_MARK:
		case NODE_END: break;
		}
	}
	return true;
}

bool cli_render(const struct cli_syntax *s, const struct cli_args *a, struct text *out)
{
	size_t before = out->len;
	struct text line = {0};
	bool good = render_sequence(s, s->start, a, &line);

	if (good)
		text_add(out, text_str(&line) + 1);
	else
		cut(out, before);
	out->oom = out->oom || line.oom;
	text_free(&line);
	return good;
}

bool cli_render_object(const struct cli_syntax *s, const struct cli_target *t, struct text *out)
{
	struct cli_args a;

	if (s->row->applies && !s->row->applies(t))
		return false;
	memset(&a, 0, sizeof(a));
	a.syntax = s;
	if (s->row->get ? !s->row->get(t, &a) : !cli_fields_get(s, t->object, &a))
		return false;
	if (!cli_render(s, &a, out))
		return false;
	if (s->row->trail)
		text_add(out, s->row->trail);
	return true;
}

/* --- For people -------------------------------------------------------------------------------------------------- */

static void describe(const struct cli_syntax *s, uint16_t head, struct text *out, size_t start)
{
	for (uint16_t at = head; at != CLI_NONE; at = s->nodes[at].sibling) {
		const struct cli_node *n = &s->nodes[at];

		if (n->kind == NODE_KEYWORD || n->kind == NODE_VALUE) {
			blank(out, start);
			text_add(out, n->text);
		} else if (n->kind == NODE_CHOICE) {
			blank(out, start);
			/* A named number: the choice was made by the compiler. */
			bool named = n->branch_count > 8 && !n->optional;

			text_add(out, named ? "" : n->optional ? "[" : "{");
			for (uint16_t i = 0; i < n->branch_count; i++) {
				uint16_t branch = s->branches[n->branch + i];

				if (named && s->nodes[branch].kind != NODE_VALUE)
					continue;
				if (i > 0 && !named)
					text_add(out, " | ");
				describe(s, branch, out, out->len);
			}
			text_add(out, named ? "" : n->optional ? "]" : "}");
		}
	}
}

void cli_syntax_text(const struct cli_syntax *s, struct text *out)
{
	describe(s, s->start, out, out->len);
}
