/* Sessions of operators: see session.h. What the actions do is in actions.c. */
#include "daemon/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/session_state.h"

static void send_output(struct session *s)
{
	if (s->out.len)
		control_output(s->cs, s->out.s, s->out.len);
	text_clear(&s->out);
}

void session_finish(struct session *s, enum control_status status, unsigned flags)
{
	char prompt[CLI_PROMPT_MAX];

	if (s->end_after)
		cli_end(s->cli);
	s->end_after = false;
	if (cli_hides_input(s->cli))
		flags |= CONTROL_NO_ECHO;
	if (cli_asks(s->cli))
		flags |= CONTROL_ASKS;
	send_output(s);
	control_done(s->cs, status, flags, cli_page_length(s->cli), cli_prompt(s->cli, prompt));
}

void session_output(struct session *s, const char *text, size_t len)
{
	if (s->job.interrupted)
		return;
	if (s->job.filter)
		cli_filter_text(s->job.filter, text, len, &s->out);
	else
		text_add_n(&s->out, text, len);
	if (s->out.len >= SESSION_CHUNK)
		send_output(s);
}

void session_printf(struct session *s, const char *format, ...)
{
	struct text t = {0};
	va_list args;

	va_start(args, format);
	text_vprintf(&t, format, args);
	va_end(args);
	session_output(s, text_str(&t), t.len);
	text_free(&t);
}

static void clear_job(struct job *j)
{
	struct text dropped = {0};

	if (j->gather)
		facts_abandon(j->gather);
	if (j->showing)
		show_end(&j->show);
	facts_free(&j->facts);
	if (j->filter)
		cli_filter_end(j->filter, &dropped);
	if (j->loader)
		cli_loader_end(j->loader, &dropped);
	text_free(&dropped);
	if (j->text.s)
		explicit_bzero(j->text.s, j->text.len); /* a configuration holds secrets */
	text_free(&j->text);
	*j = (struct job){0};
}

void session_job_done(struct session *s, bool failed, unsigned flags)
{
	struct job *j = &s->job;

	if (j->filter)
		cli_filter_end(j->filter, &s->out);
	j->filter = NULL;
	if (j->interrupted)
		text_clear(&s->out);
	clear_job(j);
	session_finish(s, failed ? CONTROL_FAILED : CONTROL_OK, flags);
}

static void run_line(struct session *s, const char *line)
{
	struct engine *e = s->engine;
	enum cli_status status;

	e->warnings = &s->out;
	status = cli_line(s->cli, line, &s->out);
	engine_config_changed(e);
	e->warnings = NULL;
	engine_compact_journal(e);
	switch (status) {
	case CLI_OK: session_finish(s, CONTROL_OK, 0); break;
	case CLI_REFUSED: session_finish(s, CONTROL_FAILED, 0); break;
	case CLI_CLOSE: session_finish(s, CONTROL_OK, CONTROL_CLOSE); break;
	case CLI_ACTION:
		s->job.active = true;
		action_start(s, cli_action(s->cli));
		break;
	}
}

static void on_request(void *ctx, void *session, enum control_type type, const char *text)
{
	struct session *s = session;
	struct text typed = {0};

	(void)ctx;
	switch (type) {
	case CONTROL_LINE: run_line(s, text); break;
	case CONTROL_END:
		/* What stands before Ctrl-Z is carried out first, as on IOS. */
		s->end_after = true;
		run_line(s, text);
		break;
	case CONTROL_HELP:
		cli_help(s->cli, text, &s->out);
		session_finish(s, CONTROL_OK, 0);
		break;
	case CONTROL_TAB:
		cli_complete(s->cli, text, &typed);
		control_typed(s->cs, text_str(&typed));
		text_free(&typed);
		session_finish(s, CONTROL_OK, 0);
		break;
	case CONTROL_BREAK:
		cli_break(s->cli);
		session_finish(s, CONTROL_OK, 0);
		break;
	default: session_finish(s, CONTROL_FAILED, 0);
	}
}

static void on_interrupt(void *ctx, void *session)
{
	struct session *s = session;

	s->job.interrupted = true;
	text_clear(&s->out);
	loop_work(((struct engine *)ctx)->loop);
}

static void on_drained(void *ctx, void *session)
{
	(void)session;
	loop_work(((struct engine *)ctx)->loop);
}

static void on_close(void *ctx, void *session)
{
	struct session *s = session;

	(void)ctx;
	clear_job(&s->job);
	cli_session_free(s->cli);
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	text_free(&s->out);
	free(s);
}

static void *on_open(void *ctx, struct control_session *cs, const struct control_hello *hello, int privilege,
	const char **why)
{
	struct engine *e = ctx;
	struct session *s = calloc(1, sizeof(*s));

	*why = "memory is exhausted";
	if (!s)
		return NULL;
	s->engine = e;
	s->cs = cs;
	s->kind = hello->kind;
	s->since = loop_clock();
	str_copy(s->login, sizeof(s->login), hello->login);
	s->cli = cli_session_new(e->model, &e->cli_ops, (unsigned)privilege, *s->login ? s->login : NULL);
	if (!s->cli) {
		free(s);
		return NULL;
	}
	/* A terminal of unknown size keeps IOS's 24 lines. */
	if (s->kind != CONTROL_TERMINAL)
		cli_set_page_length(s->cli, 0);
	else if (hello->rows)
		cli_set_page_length(s->cli, hello->rows);
	s->next = e->sessions;
	s->link = &e->sessions;
	if (s->next)
		s->next->link = &s->next;
	e->sessions = s;
	session_finish(s, CONTROL_OK, 0);
	return s;
}

const struct control_ops session_ops = {on_open, on_request, on_interrupt, on_drained, on_close};

bool session_work(void *engine)
{
	struct engine *e = engine;
	bool more = false;

	for (struct session *s = e->sessions, *next; s; s = next) {
		struct job *j = &s->job;

		next = s->next;
		if (!j->active || (!j->next && !j->interrupted) || control_backlog(s->cs) > CONTROL_BACKLOG)
			continue;
		if (j->interrupted || !j->next(s))
			session_job_done(s, j->interrupted || j->failed, 0);
		else
			more = true;
	}
	return more;
}

void session_message(struct engine *e, const char *line)
{
	for (struct session *s = e->sessions; s; s = s->next) {
		if (!cli_monitors(s->cli))
			continue;
		control_output(s->cs, "\n", 1);
		control_output(s->cs, line, strlen(line));
		control_output(s->cs, "\n", 1);
	}
}
