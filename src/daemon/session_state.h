/* One operator's session and the work under way for it. Included by session.c and actions.c only. */
#ifndef DAEMON_SESSION_STATE_H
#define DAEMON_SESSION_STATE_H

#include "daemon/facts.h"
#include "daemon/session.h"
#include "show/show.h"

enum { SESSION_CHUNK = 32768 }; /* bytes of output that leave in one frame */

/* What an action does between the line and its prompt. */
struct job {
	bool (*next)(struct session
			*s); /* one slice; true while there is more. NULL: nothing, or waiting for facts */
	struct gather *gather;
	struct facts facts;
	struct show show;
	bool showing;
	struct cli_filter *filter;
	struct cli_writer writer;
	struct cli_loader *loader;
	struct cli_action action;
	struct text text; /* of a configuration that is being put together */
	size_t sent;
	bool active, interrupted, failed;
};

struct session {
	struct engine *engine;
	struct session *next, **link;
	struct control_session *cs;
	struct cli_session *cli;
	enum control_kind kind;
	char login[64];
	mono_t since;
	struct text out;
	bool end_after; /* Ctrl-Z ended the line that runs: leave configuration behind it */
	struct job job;
};

/* session.c */
void session_output(struct session *s, const char *text, size_t len); /* through the action's pipe */
void session_printf(struct session *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prompts. The request is over. */
void session_finish(struct session *s, enum control_status status, unsigned flags);
void session_job_done(struct session *s, bool failed, unsigned flags);

/* actions.c: begins; finishes by session_job_done() now or later. */
void action_start(struct session *s, const struct cli_action *a);

#endif
