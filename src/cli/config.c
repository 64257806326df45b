/* Lines of configuration: from a match to the model, and what goes with it. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lines.h"
#include "cli/session.h"

enum { DEFAULT_SHORTEST = 3 }; /* "def" is `default`, "de" is not yet */

/* --- Frames ----------------------------------------------------------------------------------------------------- */

static struct cli_target global_target(struct model *m)
{
	return (struct cli_target){.model = m, .object = m};
}

void cli_find_frames(struct cli_session *s)
{
	struct cli_target t = global_target(s->model);

	for (unsigned i = 0; i < s->depth; i++) {
		struct frame *f = &s->frames[i];

		if (f->list && (!f->list->find(&t, &f->args, false, &f->target) || !f->target.object)) {
			cli_pop_to(s, i);
			return;
		}
		if (f->kept) {
			const struct kept_line *k;
			bool there = false;

			vec_each (&s->model->kept, n, k)
				there = there || k == f->kept;
			if (!there) {
				cli_pop_to(s, i);
				return;
			}
		}
		if (!f->list)
			f->target = t;
		t = f->target;
	}
}

/* Points the arguments' strings into the frame: those of the line are gone with it. */
static void own_strings(struct frame *f)
{
	size_t used = 0;

	for (size_t i = 0; i < CLI_SLOTS_MAX; i++) {
		struct cli_value *v = &f->args.v[i];

		if (!v->set || !v->s)
			continue;
		size_t n = strlen(v->s) + 1;

		if (used + n > sizeof(f->strings)) {
			v->s = ""; /* a description; no list asks for it */
			continue;
		}
		memcpy(f->strings + used, v->s, n);
		v->s = f->strings + used;
		used += n;
	}
}

static bool push_frame(struct cli_session *s, enum cli_mode mode, const struct cli_list *list,
	const struct cli_args *args, const struct cli_target *t, const char *opener, struct kept_line *kept)
{
	struct frame *f;
	char *copy = str_dup(opener);

	assert(s->depth < FRAMES_MAX);
	if (!copy)
		return false;
	f = &s->frames[s->depth++];
	f->mode = mode;
	f->list = list;
	f->args = *args;
	f->target = *t;
	f->opener = copy;
	f->kept = kept;
	own_strings(f);
	return true;
}

bool cli_enter_configuration(struct cli_session *s)
{
	static const struct cli_args none;
	struct cli_target t = global_target(s->model);

	return push_frame(s, MODE_CONFIG, NULL, &none, &t, "", NULL);
}

void cli_journal(struct cli_session *s, unsigned level, const char *line)
{
	const char *context[CLI_CONTEXT_MAX];

	if (!s->lines && (!s->ops || !s->ops->accepted))
		return;
	for (unsigned i = 1; i <= level; i++)
		context[i - 1] = s->frames[i].opener;
	if (s->lines)
		cli_lines_add(s->lines, s->line, context, level, line);
	if (s->ops && s->ops->accepted)
		s->ops->accepted(s->ops->arg, context, level, line);
}

/* --- Lines without effect ------------------------------------------------------------------------------------------ */

uint32_t cli_kept_order(const struct cli_syntax *s)
{
	return (uint32_t)s->row->rank << 16 | (uint32_t)(s - cli_grammar()->syntaxes);
}

static void free_kept(struct kept_line *k)
{
	for (size_t i = 0; i < k->children.count; i++) {
		struct kept_line *child = k->children.items[i];

		free(child->text);
		free(child);
	}
	vec_free(&k->children);
	free(k->text);
	free(k);
}

static size_t find_kept(const struct vec *v, uint32_t order, const char *key, size_t key_len)
{
	const struct kept_line *k;

	vec_each (v, i, k)
		if (k->order == order && k->key_len == key_len && memcmp(k->text, key, key_len) == 0)
			return i;
	return SIZE_MAX;
}

bool cli_keep_line(
	struct vec *v, uint32_t order, bool negated, const char *text, size_t key_len, struct kept_line **out)
{
	size_t at = find_kept(v, order, text, key_len);
	struct kept_line *k = at == SIZE_MAX ? NULL : v->items[at];
	char *copy = str_dup(text);

	if (!copy)
		return false;
	if (!k) {
		k = calloc(1, sizeof(*k));
		for (at = v->count; at > 0 && ((struct kept_line *)v->items[at - 1])->order > order; at--)
			;
		if (!k || !vec_insert_at(v, at, k)) {
			free(k);
			free(copy);
			return false;
		}
	}
	free(k->text);
	k->text = copy;
	k->order = order;
	k->negated = negated;
	k->key_len = key_len;
	if (out)
		*out = k;
	return true;
}

static void drop_line(struct vec *v, uint32_t order, const char *key, size_t key_len)
{
	size_t at = find_kept(v, order, key, key_len);

	if (at != SIZE_MAX)
		free_kept(vec_remove_at(v, at));
}

/* --- One row --------------------------------------------------------------------------------------------------------- */

/* A matched line on its way into the model. */
struct line {
	struct cli_session *s;
	const struct cli_words *words;
	size_t first; /* word behind `no` or `default` */
	const struct cli_match *match;
	unsigned level; /* frame whose mode took it */
	struct cli_call call;
	struct text text; /* canonical, without `no` */
};

static enum cli_status run_kept(struct line *l)
{
	struct cli_session *s = l->s;
	const struct cli_row *row = l->call.row;
	struct frame *f = &s->frames[l->level];
	struct interface_cfg *i = f->mode == MODE_INTERFACE ? f->target.object : NULL;
	struct vec *kept = f->kept ? &f->kept->children : i ? &i->kept : &s->model->kept;
	struct kept_line *k = NULL;
	uint32_t order = cli_kept_order(l->match->syntax);
	struct cli_scope scope = cli_session_scope(s);
	struct text key = {0};
	bool good = true;

	cli_match_text(l->match, &scope, l->words, l->match->key_count, &key);
	bool is_default = l->call.is_default ||
		(row->flags & CLI_KEPT_ON && !l->call.no && l->match->key_count == l->match->path_count);

	if (!is_default && (!l->call.no || row->flags & CLI_KEPT_NO))
		good = cli_keep_line(kept, order, l->call.no, text_str(&l->text), key.len, &k);
	else
		drop_line(kept, order, text_str(&key), key.len);
	text_free(&key);
	if (good && row->opens && !l->call.no) {
		cli_pop_to(s, l->level + 1);
		good = push_frame(
			s, row->opens, NULL, &l->match->args, &l->call.target, text_str(&l->text), k);
	}
	if (good && row->after && !l->call.no)
		row->after(&l->call);
	return good ? CLI_OK : CLI_REFUSED;
}

static void touch(struct line *l)
{
	struct cli_call *c = &l->call;
	enum model_kind kind = c->row->touches;

	if (kind == MODEL_CRYPTO_MAP && l->s->frames[l->level].mode == MODE_DYNAMIC_MAP)
		kind = MODEL_DYNAMIC_MAP;
	model_touch(c->model, kind, c->target.name, c->target.number);
}

/* The object of the row's list, or of the list inside it. */
static bool find_object(struct cli_call *c, const struct cli_target *within, bool create)
{
	const struct cli_row *row = c->row;
	struct cli_target outer;

	if (!row->sub)
		return row->list->find(within, c->args, create, &c->target);
	if (!row->list->find(within, c->args, create, &outer))
		return false;
	c->target = outer;
	c->target.object = NULL;
	return !outer.object || row->sub->find(&outer, c->args, create, &c->target);
}

static const struct cli_list *innermost(const struct cli_row *row)
{
	return row->sub ? row->sub : row->list;
}

static bool run_no(struct line *l)
{
	struct cli_call *c = &l->call;
	const struct cli_list *list = innermost(c->row);
	char name[NAME_MAX_LEN] = "";

	if (c->target.name) {
		str_copy(name, sizeof(name), c->target.name);
		c->target.name = name; /* the object may go */
	}
	if (c->row->unset && !c->row->unset(c))
		return false;
	if (!c->row->unset && c->target.object) {
		if (c->row->flags & CLI_IDENTITY) {
			list->drop(&c->target);
			c->target.object = NULL;
		} else {
			cli_fields_set(l->match->syntax, c->target.object, NULL);
		}
	}
	if (c->target.object && list && list->prune)
		list->prune(&c->target);
	if (!c->touched)
		touch(l);
	c->target.name = NULL;
	return true;
}

static bool run_set(struct line *l)
{
	struct cli_call *c = &l->call;
	const struct cli_row *row = c->row;
	const struct cli_target *within = &l->s->frames[l->level].target;

	if (!cli_fields_fit(l->match->syntax, c->args))
		return cli_refuse(c, "Value is too long");
	if (row->check && !row->check(c))
		return false;
	c->created = row->list && !c->target.object;
	if (row->list && !find_object(c, within, true))
		return cli_refuse(c, "Out of memory");
	if (row->set) {
		if (!row->set(c)) {
			if (c->created && innermost(row)->drop && c->target.object)
				innermost(row)->drop(&c->target);
			return false;
		}
	} else if (c->target.object) {
		cli_fields_set(l->match->syntax, c->target.object, c->args);
	}
	if (row->opens) {
		cli_pop_to(l->s, l->level + 1);
		if (!push_frame(l->s, row->opens, row->list, c->args, &c->target, text_str(&l->text), NULL))
			return cli_refuse(c, "Out of memory");
	}
	if (!row->opens || c->created || (row->flags & CLI_REENTER))
		touch(l);
	if (row->after)
		row->after(c);
	if (row->list && innermost(row)->prune && c->target.object)
		innermost(row)->prune(&c->target);
	return true;
}

static void journal(struct line *l)
{
	struct cli_call *c = &l->call;
	struct text line = {0};

	if (c->row->opens && !c->no && !c->created && !(c->row->flags & (CLI_REENTER | CLI_KEPT)))
		return;
	if (l->s->frames[l->level].mode == MODE_BLOCK)
		text_add(&line, " "); /* or it would end the block */
	if (c->no)
		text_add(&line, c->is_default ? "default " : "no ");
	/* A secret that was hashed is journalled as the model has it. */
	if (c->no || !(c->row->flags & CLI_HASHED) || !cli_render_object(l->match->syntax, &c->target, &line))
		text_add(&line, text_str(&l->text));
	if (!line.oom)
		cli_journal(l->s, l->level, text_str(&line));
	text_free(&line);
}

static enum cli_status run_line(struct line *l, bool negated, bool is_default, struct text *out)
{
	struct cli_session *s = l->s;
	const struct cli_row *row = l->match->syntax->row;
	const struct cli_target *within = &s->frames[l->level].target;
	struct cli_scope scope = cli_session_scope(s);
	enum cli_status status = CLI_OK;

	l->call = (struct cli_call){.session = s,
		.model = s->model,
		.ops = s->ops,
		.row = row,
		.args = &l->match->args,
		.within = *within,
		.target = *within,
		.out = out,
		.action = &s->action,
		.no = negated,
		.is_default = is_default,
		.loading = s->loading};
	if (row->refuse) {
		cli_refuse(&l->call, "%s", row->refuse);
		return CLI_REFUSED;
	}
	if (row->run)
		return row->run(&l->call);
	cli_match_text(l->match, &scope, l->words, l->match->path_count, &l->text);
	if (row->list)
		find_object(&l->call, within, false);
	if (row->flags & CLI_KEPT)
		status = run_kept(l);
	else if (!(negated ? run_no(l) : run_set(l)))
		status = CLI_REFUSED;
	if (status == CLI_OK)
		journal(l);
	/* A line of an outer mode leaves the inner one. */
	if (status == CLI_OK && (!row->opens || negated))
		cli_pop_to(s, l->level + 1);
	text_free(&l->text);
	return status;
}

/* --- Lines ----------------------------------------------------------------------------------------------------------- */

static bool is_default_word(const char *word)
{
	return strlen(word) >= DEFAULT_SHORTEST && cli_abbreviates(word, "default");
}

/* Does a row of the mode begin with this word in full? */
static bool begins_with(enum cli_mode mode, const char *word)
{
	const struct cli_mode_rows *rows = &cli_grammar()->modes[mode];

	for (size_t i = 0; i < rows->count; i++) {
		const struct cli_syntax *s = rows->all[i];
		const struct cli_node *n = &s->nodes[s->start];

		if (n->kind == NODE_KEYWORD && strcmp(n->text, word) == 0)
			return true;
	}
	return false;
}

/* "key 2" below key 1 is the chain's command, not a beginning of key-string: the mode around has the whole word. */
static bool belongs_outside(const struct cli_session *s, unsigned level, const char *word)
{
	return level > 1 && !begins_with(s->frames[level].mode, word) &&
		begins_with(s->frames[level - 1].mode, word);
}

/*
 * A block that is kept as it stands takes every line that is indented; another one ends it. True: that line was `exit`, and
 * that is all there is to do.
 */
static bool ends_block(struct cli_session *s, const struct cli_words *words)
{
	if (s->frames[s->depth - 1].mode != MODE_BLOCK || words->w[0].column > 0)
		return false;
	cli_pop_to(s, s->depth - 1);
	return words->count == 1 && cli_abbreviates(words->w[0].s, "exit");
}

enum cli_status cli_config_line(struct cli_session *s, const struct cli_words *words, struct text *out)
{
	if (ends_block(s, words))
		return CLI_OK;

	struct cli_scope scope = cli_session_scope(s);
	bool no = strcmp(words->w[0].s, "no") == 0, is_default = is_default_word(words->w[0].s);
	struct cli_match match, outer;
	struct line l = {
		.s = s, .words = words, .first = no || is_default, .match = &match, .level = s->depth - 1};

	if (l.first == words->count)
		return cli_report(s, words->line, MATCH_INCOMPLETE, strlen(words->line), out);
	if (belongs_outside(s, l.level, words->w[l.first].s))
		l.level--;
	cli_match(s->frames[l.level].mode, &scope, words, l.first, no || is_default, &match);
	bool here = begins_with(s->frames[l.level].mode, words->w[l.first].s);
	/* What this mode does not take is tried in the outer ones; the attempt that got further is reported. */
	for (unsigned level = l.level; match.status == MATCH_INVALID && level-- > 0;) {
		cli_match(s->frames[level].mode, &scope, words, l.first, no || is_default, &outer);
		if (s->loading && outer.status == MATCH_OK && outer.syntax->row->flags & CLI_KEPT &&
			words->w[0].column > 0)
			continue; /* indented, it was meant for here, and it would leave this mode for nothing */
		if (outer.status == MATCH_OK && outer.syntax->row->refuse && here &&
			!begins_with(s->frames[level].mode, words->w[l.first].s))
			continue; /* a word of this mode is no abbreviation of one that is not to be had */
		if (outer.status == MATCH_OK || outer.column > match.column) {
			match = outer;
			match.args.syntax = match.syntax;
			l.level = level;
		}
	}
	if (match.status != MATCH_OK)
		return cli_report(s, words->line, match.status, match.column, out);
	return run_line(&l, no || is_default, is_default, out);
}
