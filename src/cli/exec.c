/* Exec lines: what is answered here, and what becomes an action of the engine. */
#include <string.h>

#include "cli/session.h"

/* Splits "show … | include x": the word that begins with "|", or words->count. */
static size_t find_pipe(const struct cli_words *words, size_t first)
{
	size_t at = first;

	while (at < words->count && words->w[at].s[0] != '|')
		at++;
	return at;
}

/* What stands behind the "|": kind and pattern into the action. */
static enum cli_status parse_pipe(
	struct cli_session *s, const struct cli_words *words, size_t at, struct text *out)
{
	size_t base = words->w[at].column + 1;
	const char *rest = words->line + base;
	struct cli_scope scope = cli_session_scope(s);
	struct cli_words behind;
	struct cli_match match;

	if (!cli_lex(rest, s->pipe_copy, &behind) || behind.count == 0)
		return cli_report(s, words->line, MATCH_INCOMPLETE, strlen(words->line), out);
	cli_match(MODE_PIPE, &scope, &behind, 0, false, &match);
	if (match.status != MATCH_OK)
		return cli_report(s, words->line, match.status, base + match.column, out);
	cli_fields_set(match.syntax, &s->action, &match.args);
	if (s->action.pipe != CLI_PIPE_NONE && !cli_pattern_valid(s->action.pattern)) {
		text_add(out, "% Invalid regular expression\n");
		return CLI_REFUSED;
	}
	if (s->action.json && s->action.kind != CLI_DO_SHOW) {
		text_add(out, "% This command has no JSON form\n");
		return CLI_REFUSED;
	}
	return CLI_ACTION;
}

enum cli_status cli_exec_line(
	struct cli_session *s, const struct cli_words *words, size_t first, struct text *out)
{
	struct cli_scope scope = cli_session_scope(s);
	struct cli_words command = *words;
	size_t pipe = find_pipe(words, first);
	struct cli_match match;
	struct cli_call call = {
		.session = s, .model = s->model, .ops = s->ops, .out = out, .action = &s->action};
	enum cli_status status = CLI_ACTION;

	command.count = pipe;
	cli_match(MODE_EXEC, &scope, &command, first, false, &match);
	if (match.status == MATCH_OK && pipe < words->count && !(match.syntax->row->flags & CLI_PIPES)) {
		match.status = MATCH_INVALID;
		match.column = words->w[pipe].column;
	}
	if (match.status != MATCH_OK)
		return cli_report(s, words->line, match.status, match.column, out);
	call.row = match.syntax->row;
	call.args = &match.args;
	call.target = (struct cli_target){.model = s->model, .object = &s->action};
	s->action.kind = call.row->action;
	s->action.view = call.row->view;
	cli_fields_set(match.syntax, &s->action, &match.args);
	if (call.row->check && !call.row->check(&call))
		return CLI_REFUSED;
	if (call.row->run)
		status = call.row->run(&call);
	if (status == CLI_ACTION && pipe < words->count)
		status = parse_pipe(s, words, pipe, out);
	if (status != CLI_ACTION)
		s->action.kind = CLI_DO_NOTHING;
	return status;
}

/* --- Questions --------------------------------------------------------------------------------------------------- */

static enum cli_status answer_enable(struct cli_session *s, const char *line, struct text *out)
{
	const struct secret *wanted =
		s->model->enable_secret.set ? &s->model->enable_secret : &s->model->enable_password;

	if (s->ops && s->ops->secret_matches && s->ops->secret_matches(s->ops->arg, wanted, line)) {
		s->privilege = 15;
		return CLI_OK;
	}
	text_add(out, "% Access denied\n");
	return CLI_REFUSED;
}

static bool confirms(const char *line)
{
	return line[0] == '\0' || line[0] == 'y' || line[0] == 'Y';
}

static enum cli_status act(struct cli_session *s, enum cli_action_kind kind)
{
	s->action = (struct cli_action){.kind = kind};
	return CLI_ACTION;
}

enum cli_status cli_answer(struct cli_session *s, const char *line, struct text *out)
{
	enum question q = s->question;

	s->question = ASK_NOTHING;
	switch (q) {
	case ASK_ENABLE: return answer_enable(s, line, out);
	case ASK_COPY_NAME:
		if (line[0] == '\0' || strcmp(line, "startup-config") == 0 ||
			strcmp(line, "nvram:startup-config") == 0)
			return act(s, CLI_DO_SAVE);
		text_printf(out, "%% The running configuration is saved as startup-config only\n");
		return CLI_REFUSED;
	case ASK_ERASE: return confirms(line) ? act(s, CLI_DO_ERASE_STARTUP) : CLI_OK;
	case ASK_RELOAD: return confirms(line) ? act(s, CLI_DO_RESTART) : CLI_OK;
	case ASK_NOTHING: break;
	}
	return CLI_OK;
}
