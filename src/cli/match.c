/*
 * Matching: all rows of a mode at once, word by word. Places in rows that take a word live on in their followers.
 * Keywords that are spelled out win over beginnings, keywords over free words.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/grammar.h"

enum { PLACES_MAX = 1024, STEPS_MAX = 16384, NO_STEP = -1, NO_SLOT = 0xff };

/* How a path came where it is: a node that took a word, or the number of an alternative. Chained backwards. */
struct step {
	const struct cli_syntax *s;
	int32_t previous;
	uint16_t node;
	uint16_t word; /* the first one that it took */
};

/* Where a path is: at a node that may take the next word. */
struct place {
	const struct cli_syntax *s;
	int32_t last; /* step */
	int32_t mark; /* the step before ";" */
	uint16_t node;
	uint8_t wait; /* words that the node took in advance */
	bool marked;  /* passed ";" */
	bool soft;    /* took a word as free text that also begins a keyword */
};

struct places {
	size_t count;
	struct place at[PLACES_MAX];
};

struct matcher {
	const struct cli_scope *scope;
	const struct cli_words *words;
	bool negated;
	bool overflow; /* no row comes near: a line that does is refused */
	bool skipped;  /* rows were left out that cannot take the second word */
	struct places sides[2], *here, *next;
	int32_t step_count;
	struct step steps[STEPS_MAX];
};

bool cli_lex(const char *line, char *copy, struct cli_words *out)
{
	size_t i = 0;

	*out = (struct cli_words){.line = line, .copy = copy, .bad = SIZE_MAX};
	for (size_t c = 0; line[c]; c++)
		if (out->bad == SIZE_MAX && ((unsigned char)line[c] < ' ' || line[c] == 0x7f) &&
			line[c] != '\t')
			out->bad = c;
	strcpy(copy, line);
	for (;;) {
		while (copy[i] == ' ' || copy[i] == '\t')
			i++;
		out->ends_in_blank = i > 0 && (line[i - 1] == ' ' || line[i - 1] == '\t');
		if (!copy[i])
			return true;
		if (out->count == CLI_WORDS_MAX)
			return false;
		size_t len = strcspn(copy + i, " \t");

		out->w[out->count++] = (struct cli_word){copy + i, i, len};
		bool last = copy[i + len] == '\0';

		copy[i + len] = '\0';
		if (last) {
			out->ends_in_blank = false;
			return true;
		}
		i += len + 1;
	}
}

bool cli_abbreviates(const char *word, const char *keyword)
{
	return word[0] && str_starts_nocase(keyword, word);
}

/* --- Places ------------------------------------------------------------------------------------------------------- */

static int32_t record(struct matcher *m, const struct place *p, uint16_t node, size_t word)
{
	if (m->step_count == STEPS_MAX) {
		m->overflow = true;
		return NO_STEP;
	}
	m->steps[m->step_count] = (struct step){p->s, p->last, node, (uint16_t)word};
	return m->step_count++;
}

/*
 * Adds a place to come, unless it was reached before: the first way there counts. Rows are taken one after the other, so the
 * places of one row stand together.
 */
static void settle(struct matcher *m, const struct place *p)
{
	struct places *next = m->next;

	for (size_t i = next->count; i-- > 0 && !p->wait && next->at[i].s == p->s;)
		if (next->at[i].node == p->node && !next->at[i].wait)
			return;
	if (next->count == PLACES_MAX)
		m->overflow = true;
	else
		next->at[next->count++] = *p;
}

/* Settles on what can be reached from a node without a word. The depth is that of the row's brackets. */
static void reach(struct matcher *m, uint16_t node, struct place p)
{
	const struct cli_node *n = &p.s->nodes[node];

	p.node = node;
	p.wait = 0;
	switch ((enum cli_node_kind)n->kind) {
	case NODE_KEYWORD:
	case NODE_VALUE:
	case NODE_END: settle(m, &p); return;
	case NODE_SET:
		p.last = record(m, &p, node, 0);
		reach(m, n->follow, p);
		return;
	case NODE_MARK:
		p.marked = true;
		p.mark = p.last;
		reach(m, n->follow, p);
		return;
	case NODE_CHOICE:
		for (uint16_t i = 0; i < n->branch_count; i++)
			reach(m, p.s->branches[n->branch + i], p);
		if (n->optional)
			reach(m, n->follow, p);
		return;
	}
}

static bool row_fits(const struct matcher *m, const struct cli_row *row)
{
	if (row->flags & CLI_WRITE_ONLY)
		return false;
	if (m->negated ? row->flags & CLI_NO_NO : row->flags & CLI_ONLY_NO)
		return false;
	return !(row->flags & CLI_PRIVILEGED) || m->scope->privilege >= 15;
}

static void start_row(struct matcher *m, const struct cli_syntax *s)
{
	if (row_fits(m, s->row))
		reach(m, s->start, (struct place){.s = s, .last = NO_STEP});
}

/* `second`: the letter of the next word; 0: whatever it may be. */
static void start_rows(struct matcher *m, const struct cli_start *rows, size_t count, char second)
{
	for (size_t i = 0; i < count; i++) {
		if (second && rows[i].second && rows[i].second != second)
			m->skipped = true;
		else
			start_row(m, rows[i].s);
	}
}

/* `word` NULL: every row. */
static void start(struct matcher *m, enum cli_mode mode, const char *word, char second)
{
	const struct cli_grammar *g = cli_grammar();
	const struct cli_mode_rows *rows = &g->modes[mode];
	unsigned char c = word ? (unsigned char)(word[0] | 0x20) : 0;

	if (!word) {
		for (size_t i = 0; i < rows->count; i++)
			start_row(m, rows->all[i]);
		return;
	}
	if (c >= 'a' && c <= 'z')
		start_rows(m, rows->by_letter[c - 'a'], rows->letter_count[c - 'a'], second);
	start_rows(m, rows->by_letter[26], rows->letter_count[26], second);
}

/* --- One word ------------------------------------------------------------------------------------------------------- */

/* What the places say about a word, seen together. */
struct survey {
	bool exact, ambiguous;
	const char *abbreviated; /* the keyword that the word begins */
	bool free_words;	 /* a WORD or LINE may stand here */
	bool incomplete;	 /* a value would go on in the next word */
	size_t column;		 /* behind the last good character, in the line */
};

static size_t common(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && b[n] && (a[n] | 0x20) == (b[n] | 0x20))
		n++;
	return n;
}

static bool is_free(const struct cli_node *n)
{
	return n->kind == NODE_VALUE &&
		(n->type == TYPE_WORD || n->type == TYPE_LINE || n->type == TYPE_NAME);
}

static struct survey look(const struct places *places, const struct cli_word *w)
{
	struct survey s = {.column = w->column};

	for (size_t i = 0; i < places->count; i++) {
		const struct place *p = &places->at[i];
		const struct cli_node *n = &p->s->nodes[p->node];

		if (p->wait)
			continue;
		s.free_words = s.free_words || is_free(n);
		if (n->kind != NODE_KEYWORD)
			continue;
		size_t same = common(w->s, n->text);

		if (w->column + same > s.column)
			s.column = w->column + same;
		if (same < w->len || !cli_abbreviates(w->s, n->text))
			continue;
		if (n->text[same] == '\0')
			s.exact = true;
		else if (s.abbreviated && strcmp(s.abbreviated, n->text) != 0)
			s.ambiguous = true;
		s.abbreviated = n->text;
	}
	return s;
}

/* How many words from `at` on the node takes; 0: none. */
static size_t takes(const struct matcher *m, const struct cli_node *n, size_t at, struct survey *s)
{
	const struct cli_word *w = &m->words->w[at];
	struct cli_value value;
	size_t bad, taken;

	if (n->kind == NODE_KEYWORD)
		return cli_abbreviates(w->s, n->text) &&
			(s->exact ? strlen(n->text) == w->len : !s->ambiguous);
	if (n->kind != NODE_VALUE || (s->exact && is_free(n)))
		return 0;
	taken = cli_value_parse(n, m->scope, m->words, at, &value, &bad);
	if (taken == 0 && bad == SIZE_MAX)
		s->incomplete = true;
	else if (taken == 0 && w->column + bad > s->column)
		s->column = w->column + bad;
	return taken;
}

static enum cli_match_status advance(struct matcher *m, size_t at, size_t *column, bool *exact)
{
	struct survey s = look(m->here, &m->words->w[at]);
	struct places *here = m->here;

	*column = s.column;
	*exact = s.exact;
	if (s.ambiguous && !s.exact && !s.free_words)
		return MATCH_AMBIGUOUS;
	m->next->count = 0;
	for (size_t i = 0; i < here->count; i++) {
		struct place p = here->at[i];
		const struct cli_node *n = &p.s->nodes[p.node];

		if (!p.wait) {
			size_t taken = takes(m, n, at, &s);

			if (taken == 0)
				continue;
			p.soft = p.soft || (s.abbreviated && is_free(n));
			p.last = record(m, &p, p.node, at);
			p.wait = (uint8_t)taken;
		}
		if (--p.wait > 0)
			settle(m, &p);
		else
			reach(m, n->follow, p);
	}
	m->here = m->next;
	m->next = here;
	if (m->here->count > 0)
		return m->overflow ? MATCH_INVALID : MATCH_OK;
	*column = s.column;
	return s.incomplete ? MATCH_INCOMPLETE : MATCH_INVALID;
}

/* --- The result ------------------------------------------------------------------------------------------------------- */

static bool at_end(const struct place *p)
{
	return !p->wait && p->s->nodes[p->node].kind == NODE_END;
}

static bool may_end(const struct matcher *m, const struct place *p)
{
	return at_end(p) || (m->negated && p->marked && !p->wait);
}

static void collect_value(struct matcher *m, const struct step *step, struct cli_args *args)
{
	const struct cli_node *n = &step->s->nodes[step->node];
	struct cli_value *v = n->slot == NO_SLOT ? NULL : &args->v[n->slot];
	size_t bad;

	if (!v || v->set)
		return;
	if (n->kind == NODE_VALUE) {
		cli_value_parse(n, m->scope, m->words, step->word, v, &bad);
	} else {
		v->set = true;
		v->n = n->lo;
	}
}

/* Walks the chain back to the beginning of the line. */
static void collect(struct matcher *m, const struct place *p, struct cli_match *out)
{
	size_t at = CLI_WORDS_MAX, key = CLI_WORDS_MAX;

	out->status = MATCH_OK;
	out->syntax = p->s;
	memset(&out->args, 0, sizeof(out->args));
	out->args.syntax = p->s;
	for (int32_t i = p->last; i != NO_STEP; i = m->steps[i].previous) {
		const struct step *step = &m->steps[i];

		if (p->marked && i == p->mark)
			key = at;
		collect_value(m, step, &out->args);
		if (p->s->nodes[step->node].kind == NODE_SET)
			continue;
		assert(at > 0);
		at--;
		out->path[at].node = step->node;
		out->path[at].word = step->word;
	}
	out->path_count = CLI_WORDS_MAX - at;
	out->key_count = p->marked ? key - at : out->path_count;
	memmove(out->path, out->path + at, out->path_count * sizeof(*out->path));
}

void cli_match_text(const struct cli_match *m, const struct cli_scope *scope, const struct cli_words *words,
	size_t count, struct text *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct cli_node *n = &m->syntax->nodes[m->path[i].node];
		struct cli_value v;
		size_t bad;

		text_add(out, i > 0 ? " " : "");
		if (n->kind == NODE_KEYWORD) {
			text_add(out, n->written);
			continue;
		}
		cli_value_parse(n, scope, words, m->path[i].word, &v, &bad);
		cli_value_format(n, &v, out);
	}
}

static struct matcher *matcher_start(enum cli_mode mode, const struct cli_scope *scope,
	const struct cli_words *words, size_t first, size_t last, bool negated, bool narrow)
{
	static struct matcher shared; /* scratch: nothing survives a call, and no call comes within a call */
	struct matcher *m = &shared;

	m->scope = scope;
	m->words = words;
	m->negated = negated;
	m->overflow = m->skipped = false;
	m->step_count = 0;
	m->here = &m->sides[1];
	m->next = &m->sides[0];
	m->next->count = 0;
	start(m, mode, first < last ? words->w[first].s : NULL,
		narrow && first + 1 < last ? (char)(words->w[first + 1].s[0] | 0x20) : 0);
	m->here = &m->sides[0];
	m->next = &m->sides[1];
	return m;
}

/* Is `p` a better end of the line than `best`? A whole row before a cut-off one, keywords before free words. */
static bool better(const struct place *p, const struct place *best)
{
	if (!best || best->soft != p->soft)
		return !best || best->soft;
	return at_end(p) && !at_end(best);
}

/* False: the rows that were left out may have something to say, too. */
static bool match_rows(struct matcher *m, size_t first, struct cli_match *out)
{
	const struct cli_words *words = m->words;
	const struct place *best = NULL;
	bool exact;

	out->status = MATCH_OK;
	out->syntax = NULL;
	out->path_count = out->key_count = 0;
	out->column = first < words->count ? words->w[first].column : 0;
	for (size_t at = first; at < words->count; at++) {
		out->status = advance(m, at, &out->column, &exact);
		if (m->skipped && (out->status != MATCH_OK || (at == first && !exact)))
			return false;
		if (out->status == MATCH_INCOMPLETE && at + 1 < words->count)
			out->status = MATCH_INVALID;
		if (out->status != MATCH_OK)
			return true;
	}
	for (size_t i = 0; i < m->here->count; i++) {
		const struct place *p = &m->here->at[i];

		if (may_end(m, p) && better(p, best))
			best = p;
	}
	if (best)
		collect(m, best, out);
	else
		out->status = MATCH_INCOMPLETE;
	out->column = strlen(words->line);
	return true;
}

/*
 * Rows that cannot take the second word are left out at first: most of a mode's. They do not matter when the first word is
 * a keyword in full and the line fits another row; what is wrong with a line, or ambiguous in it, all rows tell.
 */
void cli_match(enum cli_mode mode, const struct cli_scope *scope, const struct cli_words *words, size_t first,
	bool negated, struct cli_match *out)
{
	if (!match_rows(matcher_start(mode, scope, words, first, words->count, negated, true), first, out))
		(void)match_rows(
			matcher_start(mode, scope, words, first, words->count, negated, false), first, out);
}

enum cli_match_status cli_next_tokens(enum cli_mode mode, const struct cli_scope *scope,
	const struct cli_words *words, size_t first, size_t last, bool negated,
	void (*f)(const struct cli_node *n, void *arg), void *arg)
{
	struct matcher *m = matcher_start(mode, scope, words, first, last, negated, false);
	bool may = false, exact;
	size_t column;

	for (size_t at = first; at < last; at++) {
		enum cli_match_status status = advance(m, at, &column, &exact);

		if (status != MATCH_OK)
			return status;
	}
	for (size_t i = 0; i < m->here->count; i++) {
		const struct place *p = &m->here->at[i];
		const struct cli_node *n = &p->s->nodes[p->node];

		may = may || may_end(m, p);
		if (!p->wait && n->kind != NODE_END && !(p->s->row->flags & CLI_HIDDEN))
			f(n, arg);
	}
	if (may && last > first)
		f(NULL, arg);
	return MATCH_OK;
}

/* --- Arguments -------------------------------------------------------------------------------------------------------- */

static struct cli_value *find_slot(const struct cli_args *a, const char *slot)
{
	for (uint8_t i = 0; i < a->syntax->slot_count; i++) {
		const char *s = a->syntax->slots[i];

		if (*s == *slot && strcmp(s, slot) == 0)
			return (struct cli_value *)&a->v[i];
	}
	return NULL;
}

const struct cli_value *cli_arg(const struct cli_args *a, const char *slot)
{
	static const struct cli_value unset;
	const struct cli_value *v = find_slot(a, slot);

	return v ? v : &unset;
}

bool cli_has(const struct cli_args *a, const char *slot)
{
	return cli_arg(a, slot)->set;
}

void cli_put_number(struct cli_args *a, const char *slot, uint32_t n)
{
	struct cli_value *v = find_slot(a, slot);

	if (v) {
		v->set = true;
		v->n = n;
	}
}

void cli_put_string(struct cli_args *a, const char *slot, const char *s)
{
	struct cli_value *v = find_slot(a, slot);

	if (v && s && s[0]) {
		v->set = true;
		v->s = s;
	}
}

void cli_put_address(struct cli_args *a, const char *slot, const struct ipaddr *ip)
{
	struct cli_value *v = find_slot(a, slot);

	if (v && ip_is_set(ip)) {
		v->set = true;
		v->ip = *ip;
	}
}

void cli_put_prefix(struct cli_args *a, const char *slot, const struct prefix *p)
{
	struct cli_value *v = find_slot(a, slot);

	if (v) {
		v->set = true;
		v->ip = p->addr;
		v->n = p->len;
	}
}

void cli_put_mac(struct cli_args *a, const char *slot, const struct mac *mac)
{
	struct cli_value *v = find_slot(a, slot);

	if (v) {
		v->set = true;
		v->mac = *mac;
	}
}
