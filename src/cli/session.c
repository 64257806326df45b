/* Sessions: modes, prompts, what a line is taken for. */
#include "cli/session.h"
#include "ipsec/isakmp.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_LENGTH = 24 };

struct cli_session *cli_session_new(
	struct model *m, const struct cli_ops *ops, unsigned privilege, const char *origin)
{
	struct cli_session *s = cli_grammar() ? calloc(1, sizeof(*s)) : NULL;

	if (!s)
		return NULL;
	s->model = m;
	s->ops = ops;
	s->own_privilege = s->privilege = privilege;
	s->page_length = PAGE_LENGTH;
	str_copy(s->origin, sizeof(s->origin), origin ? origin : "console");
	return s;
}

void cli_session_free(struct cli_session *s)
{
	if (!s)
		return;
	cli_pop_to(s, 0);
	text_free(&s->banner);
	free(s);
}

struct cli_scope cli_session_scope(const struct cli_session *s)
{
	return (struct cli_scope){s->model, s->ops, s->loading, s->privilege};
}

void cli_pop_to(struct cli_session *s, unsigned depth)
{
	while (s->depth > depth) {
		struct frame *f = &s->frames[--s->depth];

		free(f->opener);
		f->opener = NULL;
	}
}

const struct cli_action *cli_action(const struct cli_session *s)
{
	return &s->action;
}

unsigned cli_privilege(const struct cli_session *s)
{
	return s->privilege;
}

unsigned cli_page_length(const struct cli_session *s)
{
	return s->page_length;
}

void cli_set_page_length(struct cli_session *s, unsigned lines)
{
	s->page_length = lines;
}

bool cli_monitors(const struct cli_session *s)
{
	return s->monitor;
}

bool cli_in_configuration(const struct cli_session *s)
{
	return s->depth > 0;
}

bool cli_asks(const struct cli_session *s)
{
	return s->question != ASK_NOTHING || s->banner_kind[0];
}

bool cli_hides_input(const struct cli_session *s)
{
	return s->question == ASK_ENABLE;
}

void cli_end(struct cli_session *s)
{
	s->question = ASK_NOTHING;
	s->refused_indent = 0;
	cli_pop_to(s, 0);
}

void cli_break(struct cli_session *s)
{
	s->banner_kind[0] = '\0';
	text_clear(&s->banner);
	cli_end(s);
}

/* --- Prompt ---------------------------------------------------------------------------------------------------- */

static const char *question_text(enum question q)
{
	switch (q) {
	case ASK_ENABLE: return "Password: ";
	case ASK_COPY_NAME: return "Destination filename [startup-config]? ";
	case ASK_ERASE: return "Erasing the startup configuration, continue? [confirm]";
	case ASK_RELOAD: return "Proceed with reload? [confirm]";
	case ASK_NOTHING: break;
	}
	return "";
}

const char *cli_prompt(const struct cli_session *s, char out[CLI_PROMPT_MAX])
{
	const char *host = s->model->hostname[0] ? s->model->hostname : "Router";

	if (s->banner_kind[0]) {
		out[0] = '\0';
	} else if (s->question != ASK_NOTHING) {
		str_copy(out, CLI_PROMPT_MAX, question_text(s->question));
	} else if (s->depth == 0) {
		snprintf(out, CLI_PROMPT_MAX, "%s%c", host, s->privilege >= 15 ? '#' : '>');
	} else {
		const struct frame *f = &s->frames[s->depth - 1];
		const char *suffix = cli_modes[f->mode].prompt;

		if (f->mode == MODE_INTERFACE && strchr(cli_arg(&f->args, "name")->name, '.'))
			suffix = "(config-subif)#";
		snprintf(out, CLI_PROMPT_MAX, "%.*s%s", HOSTNAME_IN_CONFIG_PROMPT, host, suffix);
	}
	return out;
}

/* --- Refusals ---------------------------------------------------------------------------------------------------- */

enum cli_status cli_report(struct cli_session *s, const char *line, enum cli_match_status status,
	size_t column, struct text *out)
{
	char prompt[CLI_PROMPT_MAX];

	s->fault_column = column;
	switch (status) {
	case MATCH_INVALID:
		s->fault = "invalid input";
		/* The caret stands below the character: the prompt is on that line, too. */
		text_printf(out, "%*s^\n%% Invalid input detected at '^' marker.\n\n",
			(int)(strlen(cli_prompt(s, prompt)) + column), "");
		break;
	case MATCH_INCOMPLETE:
		s->fault = "incomplete command";
		text_add(out, "% Incomplete command.\n\n");
		break;
	case MATCH_AMBIGUOUS:
		s->fault = "ambiguous command";
		text_printf(out, "%% Ambiguous command:  \"%s\"\n", line);
		break;
	case MATCH_OK: break;
	}
	return CLI_REFUSED;
}

bool cli_refuse(struct cli_call *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_add(c->out, "% ");
	text_vprintf(c->out, format, args);
	text_add(c->out, "\n");
	va_end(args);
	return false;
}

void cli_note(struct cli_call *c, const char *format, ...)
{
	va_list args;

	if (c->loading)
		return;
	va_start(args, format);
	text_vprintf(c->out, format, args);
	text_add(c->out, "\n");
	va_end(args);
}

/* --- Banners -------------------------------------------------------------------------------------------------------- */

static uint32_t banner_order(void)
{
	const struct cli_grammar *g = cli_grammar();

	for (size_t i = 0; i < g->count; i++)
		if (strncmp(g->syntaxes[i].row->syntax, "banner ", 7) == 0)
			return cli_kept_order(&g->syntaxes[i]);
	assert(false);
	return 0;
}

/* A line of the text, up to the delimiter. */
static enum cli_status banner_line(struct cli_session *s, const char *line, struct text *out)
{
	const char *end = strstr(line, s->banner_end);
	struct text whole = {0};
	bool good;

	for (const char *p = line; *p && p != end; p++) /* nothing that could drive a terminal */
		if ((unsigned char)*p >= ' ' || *p == '\t')
			text_add_n(&s->banner, p, 1);
	if (!end && s->banner.len < CLI_LINE_MAX) {
		text_add(&s->banner, "\n");
		return CLI_OK;
	}
	/* It is written between ^C and ^C. */
	for (char *p = s->banner.s; p && (p = strstr(p, "^C")) != NULL;)
		memmove(p, p + 2, strlen(p + 2) + 1);
	text_printf(&whole, "banner %s ^C%s^C", s->banner_kind, text_str(&s->banner));
	good = !whole.oom && !s->banner.oom &&
		cli_keep_line(&s->model->kept, banner_order(), false, text_str(&whole),
			strlen("banner ") + strlen(s->banner_kind), NULL);
	if (good)
		cli_journal(s, 0, text_str(&whole));
	s->banner_kind[0] = '\0';
	text_free(&s->banner);
	text_free(&whole);
	if (!good)
		text_add(out, "% Out of memory\n");
	return good ? CLI_OK : CLI_REFUSED;
}

/* `banner motd ^C…`: the delimiter is the first character, or the two characters of ^C. */
static bool starts_banner(
	struct cli_session *s, const struct cli_words *words, enum cli_status *status, struct text *out)
{
	static const char *const kinds[] = {"motd", "login", "exec"};
	const char *kind = NULL, *text;

	if (s->depth == 0 || words->count < 3 || strlen(words->w[0].s) < 2 ||
		!cli_abbreviates(words->w[0].s, "banner"))
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (cli_abbreviates(words->w[1].s, kinds[i]))
			kind = kinds[i];
	if (!kind)
		return false;
	text = words->line + words->w[2].column;
	size_t n = text[0] == '^' && text[1] == 'C' ? 2 : 1;

	memcpy(s->banner_end, text, n);
	s->banner_end[n] = '\0';
	str_copy(s->banner_kind, sizeof(s->banner_kind), kind);
	if (text[n] == '\0') {
		*status = CLI_OK;
		text_add(&s->banner, "\n"); /* the text begins in the next line */
		if (!s->loading)
			text_printf(
				out, "Enter TEXT message.  End with the character '%.*s'.\n", (int)n, text);
	} else {
		*status = banner_line(s, text + n, out);
	}
	return true;
}

/* --- Lines ------------------------------------------------------------------------------------------------------------- */

/* D17: a policy that is left without pre-shared keys is kept, but said to be of no use. */
static void note_policy_left(struct cli_session *s, unsigned priority, struct text *out)
{
	const struct frame *top = s->depth > 0 ? &s->frames[s->depth - 1] : NULL;
	const struct isakmp_policy *p = model_isakmp_policy(s->model, (uint16_t)priority);

	if (top && top->mode == MODE_ISAKMP_POLICY && cli_arg(&top->args, "priority")->n == priority)
		return;
	if (p && !isakmp_policy_usable(p))
		text_printf(out,
			"%%Warning: ISAKMP policy %u is not usable: it has no authentication pre-share\n",
			priority);
}

/* An entry that cannot count yet says so where IOS's user would stop typing it. */
static void note_entry_left(struct cli_session *s, const char *map_name, unsigned sequence, struct text *out)
{
	const struct frame *top = s->depth > 0 ? &s->frames[s->depth - 1] : NULL;
	const struct crypto_map *map = model_crypto_map(s->model, map_name);
	const struct crypto_map_entry *e = map ? crypto_map_entry(map, (uint16_t)sequence) : NULL;

	if (top && top->mode == MODE_CRYPTO_MAP && top->target.object == e)
		return;
	if (e && e->kind == CRYPTO_MAP_ISAKMP &&
		(!e->peer_count || !e->acl[0] || !model_acl(s->model, e->acl)))
		text_printf(out,
			"%% NOTE: crypto map %s %u stays disabled until a peer and a valid access list have "
			"been "
			"configured.\n",
			map_name, sequence);
}

/*
 * What is indented under a refused line is left out with it: taken by the mode that is still open, the lines of an
 * unknown interface would change the one before it. A line that is not deeper ends the block; for who types, an empty
 * one, too.
 */
static bool under_refused(struct cli_session *s, const struct cli_words *words)
{
	if (s->refused_indent == 0)
		return false;
	if (words->count == 0 && s->loading)
		return true;
	if (words->count > 0 && words->w[0].column >= s->refused_indent)
		return true;
	s->refused_indent = 0;
	return false;
}

static enum cli_status take_line(
	struct cli_session *s, const char *line, struct cli_words *words, struct text *out)
{
	enum cli_status status;
	size_t len = strlen(line);

	if (starts_banner(s, words, &status, out))
		return status;
	if (words->bad != SIZE_MAX)
		return cli_report(s, line, MATCH_INVALID, words->bad, out);
	if (s->depth == 0)
		return cli_exec_line(s, words, 0, out);
	if (strcmp(words->w[0].s, "do") == 0 && !s->loading) {
		if (words->count == 1)
			return cli_report(s, line, MATCH_INCOMPLETE, len, out);
		return cli_exec_line(s, words, 1, out);
	}
	status = cli_config_line(s, words, out);
	if (status == CLI_REFUSED)
		s->refused_indent = words->w[0].column + 1;
	return status;
}

static enum cli_status run_line(struct cli_session *s, const char *line, struct text *out)
{
	struct cli_words words;

	s->action = (struct cli_action){.kind = CLI_DO_NOTHING};
	if (strlen(line) > CLI_LINE_MAX) {
		text_add(out, "% Line is too long\n");
		s->fault = "line is too long";
		return CLI_REFUSED;
	}
	if (s->banner_kind[0])
		return banner_line(s, line, out);
	if (s->question != ASK_NOTHING)
		return cli_answer(s, line, out);
	if (!cli_lex(line, s->copy, &words)) {
		text_add(out, "% Line has too many words\n");
		s->fault = "too many words";
		return CLI_REFUSED;
	}
	if (s->depth == 0)
		s->refused_indent = 0;
	bool left_out = under_refused(s, &words);

	if (words.count == 0 || words.w[0].s[0] == '!')
		return CLI_OK;
	s->left_out = left_out;
	if (left_out) {
		text_add(out, "% Left out: indented under a line that was refused\n");
		return CLI_REFUSED;
	}
	if (s->depth > 0)
		cli_find_frames(s);
	return take_line(s, line, &words, out);
}

enum cli_status cli_line(struct cli_session *s, const char *line, struct text *out)
{
	const struct frame *top = s->depth > 0 ? &s->frames[s->depth - 1] : NULL;
	unsigned policy = top && top->mode == MODE_ISAKMP_POLICY ? cli_arg(&top->args, "priority")->n : 0;
	unsigned entry = top && top->mode == MODE_CRYPTO_MAP ? cli_arg(&top->args, "sequence")->n : 0;
	char map[NAME_MAX_LEN] = "";

	if (entry)
		str_copy(map, sizeof(map), cli_arg(&top->args, "name")->s);
	enum cli_status status = run_line(s, line, out);

	if (policy && !s->loading && status != CLI_REFUSED)
		note_policy_left(s, policy, out);
	if (entry && !s->loading && status != CLI_REFUSED)
		note_entry_left(s, map, entry, out);
	return status;
}
