/*
 * The engine process: sets up, loads the configuration, ends. See engine_state.h for the flow.
 *
 * Start: the startup file (or, where a predecessor's journal continues that very file, file and journal) becomes the model
 * and the core hears of it; then the kernel's snapshot, then the roles, then charon's SAs. Only when all of these are
 * known is anything of a predecessor's compared, and when that is done the daemon is reported ready.
 */
#include "daemon/engine.h"

#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "daemon/engine_state.h"
#include "daemon/hsrp_client.h"
#include "daemon/inventory.h"
#include "daemon/journal.h"
#include "daemon/listen.h"
#include "daemon/log.h"
#include "daemon/rundir.h"
#include "daemon/secrets.h"
#include "daemon/session.h"
#include "daemon/startupfile.h"
#include "daemon/told.h"
#include "daemon/ipv6.h"
#include "linux/charon.h"
#include "show/show.h"

enum { IKE_SILENT_MS = 30000 }; /* without an answer of a charon that lives */

/* ---- what the command line asks ---- */

static bool op_device_exists(void *arg, const char *name)
{
	(void)arg;
	return if_nametoindex(name) != 0;
}

static bool op_secret_matches(void *arg, const struct secret *s, const char *typed)
{
	(void)arg;
	return secret_matches(s, typed);
}

static bool op_secret_hash(void *arg, struct secret *s)
{
	(void)arg;
	return secret_hash(s);
}

static void op_accepted(void *arg, const char *const context[], size_t depth, const char *line)
{
	struct engine *e = arg;
	int r = journal_add(e->journal, context, depth, line);

	if (r < 0)
		log_ios("SYS", LOG_SEV_ERROR, "JOURNAL",
			"A configuration line could not be recorded, a restart would lose it: %s",
			strerror(-r));
}

void engine_compact_journal(struct engine *e)
{
	struct cli_writer w;
	struct text t = {0};
	int r;

	if (!journal_is_large(e->journal))
		return;
	cli_writer_begin(&w, e->model, NULL);
	while (cli_writer_next(&w, &t, SHOW_SLICE))
		;
	r = t.oom ? -ENOMEM : journal_replace(e->journal, text_str(&t));
	if (r < 0)
		log_ios("SYS", LOG_SEV_ERROR, "JOURNAL", "The journal could not be made smaller: %s",
			strerror(-r));
	if (t.s)
		explicit_bzero(t.s, t.len);
	text_free(&t);
}

static const struct cli_ops quiet_ops = {.device_exists = op_device_exists,
	.secret_matches = op_secret_matches,
	.secret_hash = op_secret_hash};

/* ---- configuration at the start ---- */

static void report_lines(const struct text *errors)
{
	const char *line = text_str(errors);

	while (*line) {
		size_t n = strcspn(line, "\n");

		log_fault("%.*s", (int)n, line);
		line += n + (line[n] == '\n');
	}
}

static int load_startup(struct engine *e)
{
	struct text file = {0}, errors = {0};
	int r = startupfile_read(e->args->config, &file);

	if (r == -ENOENT)
		log_ios("SYS", LOG_SEV_NOTICE, "NOCONFIG", "%s does not exist: starting empty",
			e->args->config);
	else if (r < 0)
		log_fault("configuration %s cannot be read: %s", e->args->config, strerror(-r));
	else
		cli_load(e->model, &quiet_ops, e->args->config, text_str(&file), file.len, &errors);
	report_lines(&errors);
	if (file.s)
		explicit_bzero(file.s, file.len);
	text_free(&file);
	text_free(&errors);
	return r == -ENOENT ? 0 : r;
}

/* Each line by itself, as it was typed: what was bound, made stale or applied again becomes so again (D10). */
static void replay_record(void *ctx, char *const fields[], size_t count)
{
	struct engine *e = ctx;
	struct text lines = {0}, errors = {0};

	for (size_t i = 0; i < count; i++) {
		text_add(&lines, fields[i]);
		text_add(&lines, "\n");
	}
	cli_load(e->model, &quiet_ops, "journal", text_str(&lines), lines.len, &errors);
	report_lines(&errors);
	engine_config_changed(e);
	if (lines.s)
		explicit_bzero(lines.s, lines.len);
	text_free(&lines);
	text_free(&errors);
}

static int load_configuration(struct engine *e)
{
	enum journal_content content;
	int r = journal_open(&e->journal, e->args->run_dir, e->args->config, &content);

	if (r < 0) {
		log_fault("run directory %s cannot be written: %s", e->args->run_dir, strerror(-r));
		return r;
	}
	if (content != JOURNAL_WHOLE)
		r = load_startup(e);
	/* The core hears of a configuration in any case, and of the file as one change. */
	engine_event(e, &(struct event){.kind = EV_CONFIG, .model = e->model});
	if (r == 0 && content != JOURNAL_NEW)
		journal_replay(e->journal, replay_record, e);
	return r;
}

int engine_check(const char *file)
{
	struct model *m = model_new();
	struct text text = {0}, errors = {0};
	int r = m ? startupfile_read(file, &text) : -ENOMEM;
	unsigned wrong = 0, refused;

	if (r < 0)
		fprintf(stderr, "hotswand: configuration %s cannot be read: %s\n", file, strerror(-r));
	else
		wrong = cli_check(m, &quiet_ops, file, text_str(&text), text.len, &errors, &refused);
	fputs(text_str(&errors), stderr);
	text_free(&text);
	text_free(&errors);
	model_free(m);
	return r < 0 ? 2 : wrong ? 1 : 0;
}

/* ---- adapters ---- */

static void on_kernel_event(void *arg, const struct event *event)
{
	struct engine *e = arg;

	inventory_event(e->inventory, event);
	engine_event(e, event);
	if (event->kind == EV_LINK || event->kind == EV_LINK_GONE)
		hsrp_client_device(e->hsrp, event->link.name);
	if (event->kind == EV_SNAPSHOT_END)
		hsrp_client_device(e->hsrp, NULL);
	if (event->kind == EV_LINK || event->kind == EV_SNAPSHOT_END)
		ipv6_settings(e); /* a device that was away, or lost what it had */
	if (event->kind == EV_SNAPSHOT_END && !e->kernel_known) {
		e->kernel_known = true;
		hsrp_client_start(e->hsrp);
		control_accept(e->control, true);
		engine_check_ready(e);
	}
}

static void on_kernel_readable(void *ctx, uint32_t events)
{
	struct engine *e = ctx;
	int r = rtnl_readable(e->rtnl);

	(void)events;
	engine_check_applied(e);
	if (r < 0) {
		log_fault("the kernel's network interface broke: %s", strerror(-r));
		loop_exit(e->loop, ROLE_EXIT_FAILED);
	}
}

static void on_filter_readable(void *ctx, uint32_t events)
{
	struct engine *e = ctx;
	int r = filter_readable(e->filter);

	(void)events;
	if (r > 0)
		log_ios("CRYPTO", LOG_SEV_WARNING, "FILTER",
			"Somebody removed the filter of the crypto interfaces; it is back");
	else if (r < 0)
		log_ios("CRYPTO", LOG_SEV_CRITICAL, "FILTER",
			"Somebody removed the filter of the crypto interfaces and it cannot be restored: %s "
			"%s",
			strerror(-r), filter_error(e->filter));
}

/* charon lives and has not answered for so long: it hangs. The launcher starts another one. */
static void on_ike_silent(void *ctx)
{
	struct engine *e = ctx;
	struct charon_process charon;

	if (charon_find(e->args->run_dir, &charon) == 0) {
		log_ios("CRYPTO", LOG_SEV_CRITICAL, "IKE_SILENT",
			"charon has not answered for %d s: it is killed", IKE_SILENT_MS / 1000);
		(void)pidfd_send_signal(charon.pidfd, SIGKILL, NULL, 0);
		close(charon.pidfd);
	}
	loop_timer_set(e->ike_silent, mono_add_ms(loop_clock(), IKE_SILENT_MS));
}

static void on_ike_event(void *arg, const struct event *event)
{
	struct engine *e = arg;

	if (event->kind == EV_IKE_UP) {
		e->libipsec = event->ike.libipsec;
		loop_timer_set(e->ike_silent, MONO_NEVER);
	}
	if (event->kind == EV_IKE_DOWN)
		loop_timer_set(e->ike_silent, mono_add_ms(loop_clock(), IKE_SILENT_MS));
	engine_event(e, event);
	if (event->kind == EV_SA_SNAPSHOT_END && !e->ike_known) {
		e->ike_known = true;
		engine_check_ready(e);
	}
}

static bool knows_all(const struct engine *e)
{
	return e->kernel_known && e->hsrp_known && e->ike_known;
}

/* What followed from all that is known has been done, too: whoever waits for us finds it in the kernel. */
void engine_check_applied(struct engine *e)
{
	if (e->ready || e->stopping || !knows_all(e) || !rtnl_idle(e->rtnl) ||
		core_deadline(e->core).ns <= loop_clock().ns)
		return;
	e->ready = true;
	if (filter_prune(e->filter) < 0)
		log_ios("CRYPTO", LOG_SEV_ERROR, "FILTER",
			"Filters of a predecessor could not be removed: %s", filter_error(e->filter));
	role_ready("Ready");
}

void engine_check_ready(struct engine *e)
{
	if (!e->ready && !e->stopping && !knows_all(e))
		role_status(!e->kernel_known	 ? "Waiting for the kernel"
				: !e->hsrp_known ? "Waiting for the HSRP process"
						 : "Waiting for charon");
	engine_check_applied(e);
}

static void on_log_line(void *ctx, const char *line)
{
	struct engine *e = ctx;
	char *copy = str_dup(line);

	free(e->log[e->log_next]);
	e->log[e->log_next] = copy;
	e->log_next = (e->log_next + 1) % ENGINE_LOG_LINES;
	session_message(e, line);
}

/* `ip routing` is on, as on IOS (D14). */
static const char forwarding[] = "net/ipv4/ip_forward";

void engine_forward(struct engine *e)
{
	if (e->forwarding || e->stopping || !core_guarded(e->core))
		return;
	e->forwarding = true;
	int r = sysctl_set(e->sysctl, forwarding, "1");

	if (r < 0)
		log_ios("SYS", LOG_SEV_WARNING, "SYSCTL", "net.ipv4.ip_forward cannot be set: %s",
			strerror(-r));
}

/* ---- ends ---- */

void engine_stopped(struct engine *e)
{
	int r = filter_clear(e->filter);

	if (r < 0)
		log_ios("CRYPTO", LOG_SEV_ERROR, "FILTER", "The filter table could not be removed: %s",
			strerror(-r));
	r = sysctl_restore_all(e->sysctl);
	if (r < 0)
		log_ios("SYS", LOG_SEV_ERROR, "SYSCTL", "Not all kernel settings could be restored: %s",
			strerror(-r));
	loop_exit(e->loop, ROLE_EXIT_OK);
}

static void on_signal(void *ctx, int signal)
{
	struct engine *e = ctx;
	struct event stop = {.kind = EV_STOP};

	if (signal == SIGUSR2) { /* everything stays as it is; the journal has what was typed */
		loop_exit(e->loop, ROLE_EXIT_OK);
		return;
	}
	if (e->stopping)
		return;
	e->stopping = true;
	(void)sysctl_restore(
		e->sysctl, forwarding); /* before the filters go; what fails is said at the end */
	control_accept(e->control, false);
	engine_event(e, &stop);
}

static void on_learned(void *arg, const char *device, const struct filter_rule *rule)
{
	struct event event = {.kind = EV_LEARNED, .learned = {.device = device, .rule = rule}};

	engine_event(arg, &event);
}

/* What SAs of dynamic maps protected: the filter of the engine before still does, and ours shall. */
static void recall_learned(struct engine *e)
{
	int r = filter_learned(e->filter, on_learned, e);

	if (r < 0)
		log_ios("CRYPTO", LOG_SEV_WARNING, "FILTER",
			"What the filter has learned of dynamic maps cannot be read: %s %s", strerror(-r),
			filter_error(e->filter));
}

static int open_adapters(struct engine *e)
{
	struct rtnl_config kernel = {.event = on_kernel_event, .arg = e};
	char record[RUNDIR_PATH_MAX];
	int r = rtnl_open(&e->rtnl, &kernel);

	rundir_path(record, e->args->run_dir, "sysctl.engine");
	if (r == 0)
		r = sysctl_record_open(&e->sysctl, record);
	if (r == 0)
		r = filter_open(&e->filter);
	if (r == 0)
		r = ike_new(&e->ike, loop_event(e->loop), e->args->run_dir, on_ike_event, e);
	if (r == 0)
		r = hsrp_client_new(e, &e->hsrp);
	if (r == 0) {
		e->ike_silent = loop_timer_new(e->loop, on_ike_silent, e);
		r = e->ike_silent ? 0 : -ENOMEM;
	}
	if (r == 0)
		loop_timer_set(e->ike_silent, mono_add_ms(loop_clock(), IKE_SILENT_MS));
	if (r == 0) {
		e->rtnl_watch =
			loop_watch(e->loop, rtnl_fd(e->rtnl), EPOLLIN, LOOP_NORMAL, on_kernel_readable, e);
		r = e->rtnl_watch ? 0 : -errno;
		if (r == 0)
			loop_watch_greedy(e->rtnl_watch);
	}
	if (r == 0) {
		e->filter_watch = loop_watch(
			e->loop, filter_fd(e->filter), EPOLLIN, LOOP_NORMAL, on_filter_readable, e);
		r = e->filter_watch ? 0 : -errno;
	}
	if (r == 0)
		told_start(e);
	if (r == 0)
		recall_learned(e);
	return r;
}

static int set_up(struct engine *e)
{
	int r = loop_new(&e->loop);

	if (r < 0)
		return r;
	e->model = model_new();
	e->core = core_new();
	e->inventory = inventory_new();
	if (!e->model || !e->core || !e->inventory)
		return -ENOMEM;
	e->cli_ops = quiet_ops;
	e->cli_ops.accepted = op_accepted;
	e->cli_ops.arg = e;
	r = loop_deadline(e->loop, engine_timer, e);
	if (r == 0)
		r = role_heartbeat(e->loop);
	if (r == 0)
		r = loop_idle(e->loop, session_work, e);
	if (r == 0)
		r = loop_signal(e->loop, SIGTERM, on_signal, e);
	if (r == 0)
		r = loop_signal(e->loop, SIGUSR2, on_signal, e);
	if (r == 0)
		r = control_start(e->loop, ROLE_FD_LISTEN, &session_ops, e, &e->control);
	return r == 0 ? open_adapters(e) : r;
}

static void tear_down(struct engine *e)
{
	log_set_tap(NULL, NULL);
	control_stop(e->control);
	listen_stop(e);
	hsrp_client_free(e->hsrp);
	loop_timer_free(e->ike_silent);
	if (e->ike)
		ike_free(e->ike);
	loop_unwatch(e->rtnl_watch);
	loop_unwatch(e->filter_watch);
	told_stop(e);
	if (e->rtnl)
		rtnl_close(e->rtnl);
	if (e->filter)
		filter_close(e->filter);
	if (e->sysctl)
		sysctl_record_close(e->sysctl);
	journal_close(e->journal);
	if (e->core)
		core_free(e->core);
	inventory_free(e->inventory);
	if (e->model)
		model_free(e->model);
	effects_free(&e->effects);
	free(e->results);
	for (size_t i = 0; i < ENGINE_LOG_LINES; i++)
		free(e->log[i]);
	loop_free(e->loop);
}

int engine_main(const struct role_args *args)
{
	struct engine e = {.args = args};
	int r = set_up(&e);

	if (r < 0) {
		log_fault("the engine cannot be set up: %s", strerror(-r));
		r = ROLE_EXIT_FAULT;
	} else {
		log_set_tap(on_log_line, &e);
		if (load_configuration(&e) < 0) {
			r = ROLE_EXIT_FAULT;
		} else {
			rtnl_snapshot(e.rtnl);
			rtnl_flush(e.rtnl);
			r = loop_run(e.loop);
		}
	}
	tear_down(&e);
	return r < 0 ? ROLE_EXIT_FAILED : r;
}
