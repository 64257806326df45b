/*
 * The running configuration, from the rows: sections in IOS's order, one blank of indent a level, "!" between sections.
 * Rows that share a list and stand next to each other are written object by object.
 */
#include <assert.h>
#include <string.h>

#include "cli/grammar.h"
#include "cli/session.h"

/* The level of the configuration language that IOS tools expect in the first line. */
#define LANGUAGE_VERSION "15.2"
enum { RANKS_PER_SECTION = 100 };

static const struct cli_mode_rows *rows_of(unsigned mode)
{
	return &cli_grammar()->modes[mode];
}

static void indent(struct text *out, unsigned depth)
{
	text_add_n(out, "   ", depth);
}

static void mark(struct cli_writer *w, unsigned depth, struct text *out)
{
	indent(out, depth);
	text_add(out, "!\n");
	w->lines_since_mark = false;
}

/* The object of a level; false when it is gone. */
static bool object_of(const struct cli_writer *w, unsigned depth, struct cli_target *out)
{
	struct cli_target t = {.model = (struct model *)w->model, .object = (struct model *)w->model};

	for (unsigned i = 0; i < depth; i++) {
		const struct cli_row *row = rows_of(w->level[i].mode)->written[w->level[i].row]->row;
		struct cli_target inner;
		size_t at[2] = {w->level[i].at[0], w->level[i].at[1]};

		if (!row->list->at(&t, at, &inner))
			return false;
		t = inner;
	}
	*out = t;
	return true;
}

static void write_kept(const struct kept_line *k, unsigned depth, struct text *out)
{
	indent(out, depth);
	text_add(out, k->negated ? "no " : "");
	text_add(out, k->text);
	text_add(out, "\n");
}

/* The kept lines of one row in one place, with the lines below them. */
static bool write_kept_row(
	const struct cli_writer *w, const struct cli_syntax *s, const struct cli_target *t, struct text *out)
{
	unsigned mode = w->level[w->depth].mode;
	const struct vec *kept =
		mode == MODE_INTERFACE ? &((const struct interface_cfg *)t->object)->kept : &w->model->kept;
	uint32_t order = cli_kept_order(s);
	const struct kept_line *k, *child;
	bool any = false;

	vec_each (kept, i, k) {
		if (k->order != order)
			continue;
		write_kept(k, w->depth, out);
		vec_each (&k->children, n, child)
			write_kept(child, w->depth + 1, out);
		any = true;
	}
	return any;
}

static bool write_row(
	const struct cli_writer *w, const struct cli_syntax *s, const struct cli_target *t, struct text *out)
{
	size_t before = out->len;

	indent(out, w->depth);
	if (cli_render_object(s, t, out)) {
		text_add(out, "\n");
		return true;
	}
	if (out->s) {
		out->len = before;
		out->s[before] = '\0';
	}
	return false;
}

/* All rows of a block for one object; returns the one that opens its mode. */
static const struct cli_row *write_object(
	struct cli_writer *w, unsigned end, const struct cli_target *t, struct text *out)
{
	const struct cli_mode_rows *rows = rows_of(w->level[w->depth].mode);
	const struct cli_row *opener = NULL;

	for (unsigned i = w->level[w->depth].row; i < end; i++) {
		const struct cli_syntax *s = rows->written[i];
		size_t at[2] = {0, 0};
		struct cli_target inner;

		if (s->row->sub) {
			for (; s->row->sub->at(t, at, &inner); at[s->row->sub->nested]++)
				w->lines_since_mark |= write_row(w, s, &inner, out);
		} else if (write_row(w, s, t, out)) {
			w->lines_since_mark = true;
			opener = s->row->opens ? s->row : opener;
		}
	}
	return opener;
}

static unsigned block_end(const struct cli_mode_rows *rows, unsigned row)
{
	unsigned end = row + 1;

	while (end < rows->written_count && rows->written[end]->row->list == rows->written[row]->row->list)
		end++;
	return end;
}

static void next_object(struct cli_writer *w)
{
	const struct cli_row *row = rows_of(w->level[w->depth].mode)->written[w->level[w->depth].row]->row;

	w->level[w->depth].at[row->list->nested]++;
}

static void next_row(struct cli_writer *w, unsigned row)
{
	w->level[w->depth].row = row;
	w->level[w->depth].at[0] = w->level[w->depth].at[1] = 0;
}

static void leave_level(struct cli_writer *w, struct text *out)
{
	w->depth--;
	if (rows_of(w->level[w->depth].mode)->written[w->level[w->depth].row]->row->flags & CLI_SEPARATE)
		mark(w, w->depth, out);
	if (w->depth == 0 && w->only_interface[0])
		w->done = true;
	else
		next_object(w);
}

static void enter_section(struct cli_writer *w, const struct cli_row *row, struct text *out)
{
	unsigned section = row->rank / RANKS_PER_SECTION;

	if (w->depth > 0 || section == w->section)
		return;
	w->section = section;
	if (w->lines_since_mark)
		mark(w, 0, out);
}

/* One object, or one row that has no list. */
static void step(struct cli_writer *w, struct text *out)
{
	const struct cli_mode_rows *rows = rows_of(w->level[w->depth].mode);
	unsigned row = w->level[w->depth].row;
	struct cli_target within, t;

	if (row >= rows->written_count || !object_of(w, w->depth, &within)) {
		if (w->depth == 0)
			w->done = true;
		else
			leave_level(w, out);
		return;
	}
	const struct cli_row *r = rows->written[row]->row;

	enter_section(w, r, out);
	if (r->flags & CLI_KEPT) {
		w->lines_since_mark |= write_kept_row(w, rows->written[row], &within, out);
		next_row(w, row + 1);
		return;
	}
	if (!r->list) {
		w->lines_since_mark |= write_row(w, rows->written[row], &within, out);
		next_row(w, row + 1);
		return;
	}
	unsigned end = block_end(rows, row);

	if (!r->list->at(&within, w->level[w->depth].at, &t)) {
		next_row(w, end);
		return;
	}
	const struct cli_row *opener = write_object(w, end, &t, out);

	if (!opener) {
		next_object(w);
		return;
	}
	assert(w->depth < CLI_CONTEXT_MAX);
	w->depth++;
	w->level[w->depth].mode = opener->opens;
	next_row(w, 0);
}

void cli_writer_begin(struct cli_writer *w, const struct model *m, const char *only_interface)
{
	*w = (struct cli_writer){.model = m};
	w->level[0].mode = MODE_CONFIG;
	if (only_interface)
		str_copy(w->only_interface, sizeof(w->only_interface), only_interface);
}

/* Places the writer on one interface; false when there is none of that name. */
static bool seek_interface(struct cli_writer *w)
{
	const struct cli_mode_rows *rows = rows_of(MODE_CONFIG);

	for (unsigned i = 0; i < rows->written_count; i++)
		if (rows->written[i]->row->opens == MODE_INTERFACE)
			w->level[0].row = i;
	for (size_t i = 0; i < w->model->interfaces.count; i++) {
		const struct interface_cfg *cfg = w->model->interfaces.items[i];

		if (strcmp(cfg->name, w->only_interface) == 0) {
			w->level[0].at[0] = i;
			return true;
		}
	}
	return false;
}

bool cli_writer_next(struct cli_writer *w, struct text *out, size_t slice)
{
	size_t limit = out->len + slice;

	if (!w->begun) {
		w->begun = true;
		if (w->only_interface[0])
			w->done = !seek_interface(w);
		else
			text_add(out, "version " LANGUAGE_VERSION "\n");
		w->lines_since_mark = !w->only_interface[0];
		w->section = w->only_interface[0] ? UINT32_MAX : 0;
	}
	while (!w->done && out->len < limit && !out->oom)
		step(w, out);
	if (!w->done && !out->oom)
		return true;
	if (w->lines_since_mark && !w->only_interface[0])
		text_add(out, "!\n");
	text_add(out, "end\n");
	return false;
}
