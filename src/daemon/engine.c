/* The engine process: see engine.h. */
#include "daemon/engine.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/roles.h"

struct engine {
	struct loop *loop;
	struct control *control;
};

static void *open_session(void *ctx, struct control_session *cs, const struct control_hello *hello,
	int privilege, const char **why)
{
	(void)ctx;
	(void)hello;
	(void)privilege;
	(void)why;
	control_done(cs, CONTROL_OK, 0, hello->rows ? hello->rows : 24, "Router>");
	return cs;
}

static void on_request(void *ctx, void *session, enum control_type type, const char *text)
{
	struct control_session *cs = session;
	static const char refused[] = "       ^\n% Invalid input detected at '^' marker.\n\n";
	bool exit = type == CONTROL_LINE && !strcmp(text, "exit");
	bool wrong = type == CONTROL_LINE && *text && !exit;

	(void)ctx;
	if (wrong)
		control_output(cs, refused, sizeof(refused) - 1);
	control_done(cs, wrong ? CONTROL_FAILED : CONTROL_OK, exit ? CONTROL_CLOSE : 0, 24, "Router>");
}

static void on_interrupt(void *ctx, void *session)
{
	(void)ctx;
	(void)session;
}

static void on_close(void *ctx, void *session)
{
	(void)ctx;
	(void)session;
}

static const struct control_ops ops = {open_session, on_request, on_interrupt, on_close};

static void on_signal(void *ctx, int signal)
{
	struct engine *e = ctx;

	(void)signal;
	loop_exit(e->loop, ROLE_EXIT_OK);
}

int engine_main(const struct role_args *args)
{
	struct engine e = {0};
	int r = loop_new(&e.loop);

	(void)args;
	if (r == 0)
		r = loop_signal(e.loop, SIGTERM, on_signal, &e);
	if (r == 0)
		r = loop_signal(e.loop, SIGUSR2, on_signal, &e);
	if (r == 0)
		r = control_start(e.loop, ROLE_FD_LISTEN, &ops, &e, &e.control);
	if (r < 0) {
		log_fault("the engine cannot be set up: %s", strerror(-r));
		return ROLE_EXIT_FAULT;
	}
	control_accept(e.control, true);
	role_ready("Ready");
	r = loop_run(e.loop);
	control_stop(e.control);
	loop_free(e.loop);
	return r;
}

int engine_check(const char *file)
{
	fprintf(stderr, "%s: cannot be checked yet\n", file);
	return 2;
}
