/* Configuration files: lines in configuration mode; the bad ones are reported and left out, as IOS does at boot. */
#include <stdlib.h>
#include <string.h>

#include "cli/session.h"

struct cli_loader {
	struct cli_session *session;
	char *name;
	unsigned line, refused;
	unsigned left_out,
		left_out_last; /* lines below a refused one that are not reported yet: first and last; 0: none */
	bool has_nul;	       /* the line in `partial` */
	struct text partial; /* a line that came without its end */
};

struct cli_loader *cli_loader_new(struct model *m, const struct cli_ops *ops, const char *name)
{
	struct cli_loader *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->session = cli_session_new(m, ops, 15, name);
	l->name = str_dup(name);
	if (l->session)
		l->session->loading = true;
	if (!l->session || !l->name || !cli_enter_configuration(l->session)) {
		cli_session_free(l->session);
		free(l->name);
		free(l);
		return NULL;
	}
	return l;
}

void cli_loader_remember(struct cli_loader *l, struct cli_lines *lines)
{
	l->session->lines = lines;
}

/* What `show running-config` prints around the configuration. */
static bool is_frame(const char *line)
{
	static const char *const starts[] = {"Building configuration", "Current configuration :", "Using "};

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (strncmp(line, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

/* The first line of what the session said, without "% " and line end. */
static void report(struct cli_loader *l, const char *line, const struct text *said, struct text *errors)
{
	const char *s = text_str(said);

	text_printf(errors, "%s:%u: ", l->name, l->line);
	if (l->session->fault) {
		size_t at = l->session->fault_column;
		const char *rest = at < strlen(line) ? line + at : "";
		const char *start = rest;

		while (start > line && start[-1] != ' ' && start[-1] != '\t')
			start--;
		text_add(errors, l->session->fault);
		if (*start && strcmp(l->session->fault, "invalid input") == 0)
			text_printf(errors, " \"%.*s\"", (int)strcspn(start, " \t"), start);
		text_printf(errors, " in \"%s\"\n", line);
		return;
	}
	while (*s == '%' || *s == ' ')
		s++;
	text_add_n(errors, s, strcspn(s, "\n"));
	text_add(errors, "\n");
}

/*
 * A secret stays out of the report (D16): the line is shown up to the word that names it. That word may be abbreviated,
 * and the line is one that nobody understood: too much hidden is no harm.
 */
static void hide_secrets(char *line)
{
	static const char *const names[] = {
		"secret", "password", "key", "key-string", "pre-shared-key", "authentication", "community"};
	enum { SHORTEST = 2 };

	for (char *word = line + strspn(line, " \t"); *word;) {
		size_t len = strcspn(word, " \t");
		char *next = word + len + strspn(word + len, " \t");

		bool names_secret = false;
		char after = word[len];

		word[len] = '\0';
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			names_secret = names_secret || (len >= SHORTEST && str_starts_nocase(names[i], word));
		word[len] = after;
		if (names_secret && *next) {
			strcpy(word + len, " ...");
			return;
		}
		word = next;
	}
}

/* What Windows' editors put before the first line. */
static const char byte_order_mark[] = "\xef\xbb\xbf";

/* Of a line that is too long for a message, the beginning says which it is. */
static void shorten(char *line, size_t len)
{
	enum { SHOWN = 160 };

	if (len > SHOWN)
		strcpy(line + SHOWN, "...");
}

bool cli_resolve_later(struct cli_call *c, const char *set)
{
	const struct crypto_map_entry *e = c->target.object;
	struct unresolved *u = calloc(1, sizeof(*u));

	if (!u)
		return false;
	u->line = c->session->line;
	u->dynamic = e->kind == CRYPTO_MAP_TEMPLATE;
	u->sequence = e->sequence;
	str_copy(u->map, sizeof(u->map), ((const struct crypto_map *)c->target.outer)->name);
	str_copy(u->set, sizeof(u->set), set);
	if (vec_push(&c->session->unresolved, u))
		return true;
	free(u);
	return false;
}

/* Takes a set that is not defined out of the entry again; false: the entry does not name it any more. */
static bool leave_out(struct model *m, const struct unresolved *u)
{
	const struct crypto_map *map =
		u->dynamic ? model_dynamic_map(m, u->map) : model_crypto_map(m, u->map);
	struct crypto_map_entry *e = map ? crypto_map_entry(map, u->sequence) : NULL;
	uint8_t kept = 0, before = e ? e->transform_set_count : 0;

	for (uint8_t i = 0; i < before; i++)
		if (strcmp(e->transform_sets[i], u->set) != 0)
			memmove(e->transform_sets[kept++], e->transform_sets[i], NAME_MAX_LEN);
	if (e)
		e->transform_set_count = kept;
	return kept < before;
}

static void resolve(struct cli_loader *l, struct text *errors)
{
	struct cli_session *s = l->session;
	struct unresolved *u;

	vec_each (&s->unresolved, i, u) {
		if (!model_transform_set(s->model, u->set) && leave_out(s->model, u)) {
			text_printf(errors,
				"%s:%u: unknown transform set \"%s\": define it with \"crypto ipsec "
				"transform-set\".\n",
				l->name, u->line, u->set);
			l->refused++;
		}
		free(u);
	}
	vec_free(&s->unresolved);
}

/* What stands below a refused line is reported as one range. */
static void report_left_out(struct cli_loader *l, struct text *errors)
{
	if (!l->left_out)
		return;
	text_printf(errors, "%s:%u", l->name, l->left_out);
	if (l->left_out_last > l->left_out)
		text_printf(errors, "-%u", l->left_out_last);
	text_add(errors, ": Left out: indented under a line that was refused\n");
	l->left_out = 0;
}

static void left_out(struct cli_loader *l)
{
	if (!l->left_out)
		l->left_out = l->line;
	l->left_out_last = l->line;
	l->refused++;
}

static void refused(
	struct cli_loader *l, const char *line, size_t len, const struct text *said, struct text *errors)
{
	char *shown = malloc(len + 8);

	report_left_out(l, errors);
	l->refused++;
	if (shown) {
		memcpy(shown, line, len + 1);
		hide_secrets(shown);
		shorten(shown, len);
	}
	report(l, shown ? shown : "", said, errors);
	free(shown);
}

static void take_line(struct cli_loader *l, char *line, struct text *errors)
{
	struct text said = {0};
	size_t len;

	l->session->line = ++l->line;
	if (l->has_nul) {
		report_left_out(l, errors);
		l->has_nul = false;
		l->refused++;
		text_printf(errors, "%s:%u: the line holds a NUL byte\n", l->name, l->line);
		return;
	}
	if (l->line == 1 && strncmp(line, byte_order_mark, strlen(byte_order_mark)) == 0)
		line += strlen(byte_order_mark);
	len = strlen(line);
	if (len > 0 && line[len - 1] == '\r')
		line[--len] = '\0';
	l->session->fault = NULL;
	if (!cli_asks(l->session) && is_frame(line))
		return;
	l->session->left_out = false;
	if (cli_line(l->session, line, &said) == CLI_REFUSED) {
		if (l->session->left_out)
			left_out(l);
		else
			refused(l, line, len, &said, errors);
	}
	text_free(&said);
}

void cli_loader_text(struct cli_loader *l, const char *s, size_t n, struct text *errors)
{
	while (n > 0) {
		const char *end = memchr(s, '\n', n);
		size_t len = end ? (size_t)(end - s) : n;

		text_add_n(&l->partial, s, len);
		l->has_nul = l->has_nul || memchr(s, '\0', len);
		if (!end)
			return;
		if (l->partial.s) {
			take_line(l, l->partial.s, errors);
			text_clear(&l->partial);
		} else {
			l->line++;
		}
		s += len + 1;
		n -= len + 1;
	}
}

unsigned cli_loader_end(struct cli_loader *l, struct text *errors)
{
	unsigned refused;

	if (l->partial.len > 0)
		take_line(l, l->partial.s, errors);
	report_left_out(l, errors);
	if (cli_asks(l->session)) {
		l->refused++;
		text_printf(errors, "%s:%u: the banner has no end\n", l->name, l->line);
	}
	resolve(l, errors);
	refused = l->refused;
	cli_session_free(l->session);
	text_free(&l->partial);
	free(l->name);
	free(l);
	return refused;
}

unsigned cli_load(struct model *m, const struct cli_ops *ops, const char *name, const char *s, size_t n,
	struct text *errors)
{
	struct cli_loader *l = cli_loader_new(m, ops, name);

	if (!l) {
		text_printf(errors, "%s: out of memory\n", name);
		return 1;
	}
	cli_loader_text(l, s, n, errors);
	return cli_loader_end(l, errors);
}
