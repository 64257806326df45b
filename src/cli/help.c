/* "?" and Tab, from the same places that matching uses. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/session.h"
#include "model/ifname.h"

enum { ENTRIES_MAX = 512, COLUMNS = 80 };

struct entry {
	const char *text, *help;
};

struct entries {
	struct entry e[ENTRIES_MAX];
	size_t count;
	const char *beginning; /* only what begins so; NULL: everything */
	bool may_end;
};

static void add_entry(struct entries *list, const char *text, const char *help)
{
	if (list->beginning && !cli_abbreviates(list->beginning, text))
		return;
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->e[i].text, text) != 0)
			continue;
		if (!list->e[i].help)
			list->e[i].help = help;
		return;
	}
	if (list->count < ENTRIES_MAX)
		list->e[list->count++] = (struct entry){text, help};
}

static void collect(const struct cli_node *n, void *arg)
{
	struct entries *list = arg;
	size_t types;

	if (!n) {
		list->may_end = true;
	} else if (n->kind == NODE_VALUE && n->type == TYPE_INTERFACE) {
		const struct ifname_type *t = ifname_types(&types);

		for (size_t i = 0; i < types; i++)
			add_entry(list, t[i].full, t[i].help);
		if (!list->beginning)
			add_entry(list, "WORD", "Name of a network device");
	} else if (n->kind == NODE_KEYWORD || !list->beginning) {
		add_entry(list, n->text, n->help);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->text, ((const struct entry *)b)->text);
}

/* A keyword that one row explains is explained for all rows of its modes. */
static const char *help_elsewhere(enum cli_mode mode, const char *text)
{
	const struct cli_mode_rows *rows = &cli_grammar()->modes[mode];

	for (size_t i = 0; i < rows->count; i++)
		for (uint16_t n = 0; n < rows->all[i]->node_count; n++) {
			const struct cli_node *node = &rows->all[i]->nodes[n];

			if (node->text && node->help && strcmp(node->text, text) == 0)
				return node->help;
		}
	return "";
}

/* Where the words of a line are to be looked up. */
struct place {
	enum cli_mode mode;
	size_t first;
	bool negated;
	bool prefix; /* `no`, `default` and `do` may stand here, too */
};

static struct place place_of(const struct cli_session *s, const struct cli_words *words, size_t complete)
{
	struct place p = {.mode = s->depth > 0 ? s->frames[s->depth - 1].mode : MODE_EXEC};

	if (p.mode == MODE_EXEC)
		return p;
	p.prefix = complete == 0;
	if (complete == 0)
		return p;
	const char *w = words->w[0].s;

	if (strcmp(w, "do") == 0) {
		p.mode = MODE_EXEC;
		p.first = 1;
	} else if (strcmp(w, "no") == 0 || (strlen(w) >= 3 && cli_abbreviates(w, "default"))) {
		p.negated = true;
		p.first = 1;
	}
	return p;
}

/* Tokens that may follow the words before `complete`. An outer mode is asked when this one does not know the words. */
static enum cli_match_status tokens(struct cli_session *s, const struct cli_words *words, size_t complete,
	struct entries *list, enum cli_mode *mode)
{
	struct cli_scope scope = cli_session_scope(s);
	struct place p = place_of(s, words, complete);
	enum cli_match_status status;

	*mode = p.mode;
	status = cli_next_tokens(p.mode, &scope, words, p.first, complete, p.negated, collect, list);
	while (status != MATCH_OK && p.mode != cli_modes[p.mode].parent && complete > p.first) {
		p.mode = cli_modes[p.mode].parent;
		status = cli_next_tokens(p.mode, &scope, words, p.first, complete, p.negated, collect, list);
		*mode = p.mode;
	}
	/* A word that is being typed may be one of the outer modes. */
	while (complete == p.first && list->beginning && list->count == 0 &&
		p.mode != cli_modes[p.mode].parent) {
		p.mode = cli_modes[p.mode].parent;
		cli_next_tokens(p.mode, &scope, words, p.first, complete, p.negated, collect, list);
		*mode = p.mode;
	}
	if (p.prefix) {
		add_entry(list, "no", "Negate a command or set its defaults");
		add_entry(list, "default", "Set a command to its defaults");
		add_entry(list, "do", "To run exec commands in config mode");
	}
	return status;
}

/* The part behind "|", and its place in the line; NULL: none. */
static const char *behind_pipe(const struct cli_session *s, const char *line)
{
	const char *bar = strstr(line, " |");

	if (!bar || (s->depth > 0 && strncmp(line, "do ", 3) != 0))
		return NULL;
	return bar + 2;
}

static enum cli_match_status pipe_tokens(
	struct cli_session *s, const char *rest, struct cli_words *words, struct entries *list)
{
	struct cli_scope scope = cli_session_scope(s);

	if (!cli_lex(rest, s->pipe_copy, words))
		return MATCH_INVALID;
	size_t complete = words->count - (words->count > 0 && !words->ends_in_blank);

	if (words->count > complete)
		list->beginning = words->w[complete].s;
	return cli_next_tokens(MODE_PIPE, &scope, words, 0, complete, false, collect, list);
}

static void print_words(const struct entries *list, struct text *out)
{
	size_t widest = 0, column = 0;

	for (size_t i = 0; i < list->count; i++)
		if (strlen(list->e[i].text) > widest)
			widest = strlen(list->e[i].text);
	for (size_t i = 0; i < list->count; i++) {
		if (column > 0 && column + widest + 2 > COLUMNS) {
			text_add(out, "\n");
			column = 0;
		}
		text_printf(out, "%-*s", (int)(widest + 2), list->e[i].text);
		column += widest + 2;
	}
	text_add(out, "\n");
}

static void print_list(const struct entries *list, enum cli_mode mode, struct text *out)
{
	size_t widest = list->may_end ? strlen("<cr>") : 0;

	for (size_t i = 0; i < list->count; i++)
		if (strlen(list->e[i].text) > widest)
			widest = strlen(list->e[i].text);
	for (size_t i = 0; i < list->count; i++) {
		const char *help = list->e[i].help ? list->e[i].help : help_elsewhere(mode, list->e[i].text);

		text_printf(out, "  %-*s  %s\n", (int)widest, list->e[i].text, help);
	}
	if (list->may_end)
		text_add(out, "  <cr>\n");
}

void cli_help(struct cli_session *s, const char *line, struct text *out)
{
	struct entries *list = calloc(1, sizeof(*list));
	const char *rest = behind_pipe(s, line);
	struct cli_words words;
	enum cli_match_status status = MATCH_INVALID;
	enum cli_mode mode = MODE_PIPE;

	if (!list || strlen(line) > CLI_LINE_MAX) {
		free(list);
		return;
	}
	if (s->depth > 0)
		cli_find_frames(s);
	if (rest) {
		status = pipe_tokens(s, rest, &words, list);
	} else if (cli_lex(line, s->copy, &words)) {
		size_t complete = words.count - (words.count > 0 && !words.ends_in_blank);

		if (words.count > complete)
			list->beginning = words.w[complete].s;
		status = tokens(s, &words, complete, list, &mode);
		if (list->may_end && mode == MODE_EXEC && !list->beginning)
			add_entry(list, "|", "Output modifiers");
	}
	qsort(list->e, list->count, sizeof(*list->e), by_text);
	if (status == MATCH_AMBIGUOUS)
		text_printf(out, "%% Ambiguous command:  \"%s\"\n", line);
	else if (status != MATCH_OK || (list->count == 0 && !list->may_end))
		text_add(out, "% Unrecognized command\n");
	else if (list->beginning && list->count > 0)
		print_words(list, out);
	else
		print_list(list, mode, out);
	free(list);
}

void cli_complete(struct cli_session *s, const char *line, struct text *out)
{
	struct entries *list = calloc(1, sizeof(*list));
	const char *rest = behind_pipe(s, line);
	struct cli_words words = {0};
	enum cli_mode mode;

	text_add(out, line);
	if (!list || strlen(line) > CLI_LINE_MAX) {
		free(list);
		return;
	}
	if (s->depth > 0)
		cli_find_frames(s);
	if (rest) {
		pipe_tokens(s, rest, &words, list);
	} else if (cli_lex(line, s->copy, &words) && words.count > 0 && !words.ends_in_blank) {
		list->beginning = words.w[words.count - 1].s;
		tokens(s, &words, words.count - 1, list, &mode);
	}
	if (list->beginning && list->count == 1) {
		out->len -= strlen(list->beginning);
		text_add(out, list->e[0].text);
		text_add(out, " ");
	}
	free(list);
}
