/*
 * What exec commands do once the command line has understood them. Long ones are slices (design rule 8): the job's
 * `next` function is called again and again until it returns false.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/hsrp_client.h"
#include "daemon/journal.h"
#include "daemon/log.h"
#include "daemon/session_state.h"
#include "daemon/startupfile.h"

enum { NVRAM_SIZE = 1 << 20 }; /* "Using N out of M bytes": tools want a number there */

/* ---- show: facts, then slices of the view ---- */

static bool next_show(struct session *s)
{
	struct job *j = &s->job;
	struct text piece = {0};
	bool more = show_next(&j->show, &piece, SHOW_SLICE);

	session_output(s, text_str(&piece), piece.len);
	text_free(&piece);
	return more;
}

static void on_facts(void *ctx, struct facts *facts)
{
	struct session *s = ctx;
	struct job *j = &s->job;

	j->gather = NULL;
	j->facts = *facts;
	j->showing = true;
	show_begin(&j->show, j->action.view, &j->action.show, &j->facts, j->action.json);
	j->next = next_show;
	loop_work(s->engine->loop);
}

static void start_show(struct session *s)
{
	struct job *j = &s->job;

	j->gather = facts_gather(s->engine, show_needs(j->action.view, &j->action.show), on_facts, s);
	if (!j->gather) {
		session_printf(s, "%% Memory is exhausted\n");
		session_job_done(s, true, 0);
	}
}

/* ---- configurations ---- */

static bool next_sent_text(struct session *s)
{
	struct job *j = &s->job;
	size_t n = j->text.len - j->sent;

	if (n > SHOW_SLICE)
		n = SHOW_SLICE;
	session_output(s, j->text.s + j->sent, n);
	j->sent += n;
	return j->sent < j->text.len;
}

/* The size stands in the head, so the whole text is put together first. */
static bool next_running(struct session *s)
{
	struct job *j = &s->job;

	if (cli_writer_next(&j->writer, &j->text, SHOW_SLICE))
		return true;
	if (j->text.oom) {
		session_printf(s, "%% Memory is exhausted\n");
		j->failed = true;
		return false;
	}
	session_printf(s, "Building configuration...\n\nCurrent configuration : %zu bytes\n!\n", j->text.len);
	text_add(&j->text, "\n");
	j->next = next_sent_text;
	return true;
}

static void start_running(struct session *s)
{
	struct job *j = &s->job;
	const char *only = j->action.show.interface;

	cli_writer_begin(&j->writer, s->engine->model, *only ? only : NULL);
	j->next = next_running;
	loop_work(s->engine->loop);
}

static void start_startup(struct session *s)
{
	struct job *j = &s->job;
	int r = startupfile_read(s->engine->args->config, &j->text);

	if (r == -ENOENT) {
		session_printf(s, "startup-config is not present\n");
		session_job_done(s, false, 0);
		return;
	}
	if (r < 0) {
		session_printf(s, "%% The startup configuration cannot be read: %s\n", strerror(-r));
		session_job_done(s, true, 0);
		return;
	}
	session_printf(s, "Using %zu out of %d bytes\n!\n", j->text.len, NVRAM_SIZE);
	j->next = next_sent_text;
	loop_work(s->engine->loop);
}

static bool next_save(struct session *s)
{
	struct job *j = &s->job;
	struct engine *e = s->engine;
	int r;

	if (cli_writer_next(&j->writer, &j->text, SHOW_SLICE))
		return true;
	r = j->text.oom ? -ENOMEM : startupfile_write(e->args->config, j->text.s, j->text.len);
	if (r == 0)
		r = journal_restart(e->journal);
	if (r < 0) {
		session_printf(s, "%% The startup configuration cannot be written: %s\n", strerror(-r));
		j->failed = true;
	} else {
		session_printf(s, "[OK]\n");
	}
	return false;
}

static void start_save(struct session *s)
{
	session_printf(s, "Building configuration...\n");
	cli_writer_begin(&s->job.writer, s->engine->model, NULL);
	s->job.next = next_save;
	loop_work(s->engine->loop);
}

/* What runs goes on running: from now on the journal alone has it (D9), as one record. */
static bool next_erase(struct session *s)
{
	struct job *j = &s->job;
	struct engine *e = s->engine;
	int r;

	if (cli_writer_next(&j->writer, &j->text, SHOW_SLICE))
		return true;
	r = j->text.oom ? -ENOMEM : 0;
	if (r == 0 && unlink(e->args->config) < 0 && errno != ENOENT)
		r = -errno;
	if (r == 0)
		r = journal_replace(e->journal, text_str(&j->text));
	if (r < 0)
		session_printf(s, "%% The startup configuration cannot be erased: %s\n", strerror(-r));
	else
		session_printf(s, "[OK]\nErase of nvram: complete\n");
	j->failed = r < 0;
	return false;
}

static void erase_startup(struct session *s)
{
	cli_writer_begin(&s->job.writer, s->engine->model, NULL);
	s->job.next = next_erase;
	loop_work(s->engine->loop);
}

/* Line by line on top of what runs, in slices; the core hears of each slice. */
static bool next_load(struct session *s)
{
	struct job *j = &s->job;
	struct engine *e = s->engine;
	struct text errors = {0};
	size_t n = j->text.len - j->sent < SHOW_SLICE ? j->text.len - j->sent : SHOW_SLICE;

	cli_loader_text(j->loader, text_str(&j->text) + j->sent, n, &errors);
	j->sent += n;
	if (j->sent == j->text.len) {
		j->failed = cli_loader_end(j->loader, &errors) > 0;
		j->loader = NULL;
	}
	e->warnings = &errors;
	engine_config_changed(e);
	e->warnings = NULL;
	session_output(s, text_str(&errors), errors.len);
	text_free(&errors);
	if (!j->loader)
		session_printf(s, "%zu bytes copied\n", j->text.len);
	return j->loader != NULL;
}

static void load_startup(struct session *s)
{
	struct engine *e = s->engine;
	struct job *j = &s->job;
	int r = startupfile_read(e->args->config, &j->text);

	if (r == 0) {
		j->loader = cli_loader_new(e->model, &e->cli_ops, e->args->config);
		r = j->loader ? 0 : -ENOMEM;
	}
	if (r < 0) {
		session_printf(s, "%% The startup configuration cannot be read: %s\n", strerror(-r));
		session_job_done(s, true, 0);
		return;
	}
	j->next = next_load;
	loop_work(e->loop);
}

/* ---- the rest ---- */

static void clear_sa(struct session *s)
{
	const struct cli_action *a = &s->job.action;
	struct event e = {.kind = EV_CLEAR_SA,
		.clear = {.ike = a->clear.ike,
			.version = a->clear.version,
			.ike_id = a->clear.conn_id ? show_ike_id(a->clear.conn_id) : 0,
			.local = a->clear.local,
			.peer = a->clear.peer,
			.spi = a->clear.spi}};

	str_copy(e.clear.map, sizeof(e.clear.map), a->clear.map);
	str_copy(e.clear.interface, sizeof(e.clear.interface), a->clear.interface);
	s->engine->warnings = &s->out;
	engine_event(s->engine, &e);
	s->engine->warnings = NULL;
	session_job_done(s, false, 0);
}

/* charon's counters run on: each SA's present count is what the next outputs begin from. */
static void on_counted(void *ctx, struct facts *facts)
{
	struct session *s = ctx;
	bool known = !(facts->missing & FACT_IKE);

	s->job.gather = NULL;
	for (size_t i = 0; i < facts->child_sa_count; i++)
		engine_event(s->engine,
			&(struct event){.kind = EV_CLEAR_COUNTERS, .child = {.child = &facts->child_sas[i]}});
	facts_free(facts);
	if (!known)
		session_printf(s, "%% charon does not answer: the counters are as they were\n");
	session_job_done(s, !known, 0);
}

static void clear_counters(struct session *s)
{
	s->job.gather = facts_gather(s->engine, FACT_IKE, on_counted, s);
	if (!s->job.gather) {
		session_printf(s, "%% Memory is exhausted\n");
		session_job_done(s, true, 0);
	}
}

static void hsrp_command(struct session *s)
{
	const struct cli_action *a = &s->job.action;
	const struct interface_cfg *i = model_interface(s->engine->model, a->show.interface);
	const char *device = i ? interface_device(i) : "";
	int r = *a->show.interface && !*device ? -ENODEV : 0;

	if (r == 0)
		r = hsrp_client_command(s->engine->hsrp,
			a->kind == CLI_DO_SWITCHOVER ? MESSAGE_COMMAND_RESIGN : MESSAGE_COMMAND_SEND_ARP,
			device, a->show.group_set ? a->show.group : -1);
	if (r == -ENODEV)
		session_printf(s, "%% %s has no device\n", a->show.interface);
	else if (r < 0)
		session_printf(s, "%% The HSRP process does not answer\n");
	session_job_done(s, r < 0, 0);
}

static const char *debug_words(const struct cli_action *a)
{
	if (a->debug == CLI_DEBUG_CRYPTO)
		return "Crypto IPSEC";
	switch (a->debug_bits & HSRP_DEBUG_ALL & ~HSRP_DEBUG_ICMP) {
	case HSRP_DEBUG_ALL & ~HSRP_DEBUG_ICMP: return "HSRP";
	case HSRP_DEBUG_ERRORS: return "HSRP Errors";
	default:
		return !(a->debug_bits & (HSRP_DEBUG_PACKETS | HSRP_DEBUG_ERRORS))   ? "HSRP Events"
			: !(a->debug_bits & (HSRP_DEBUG_EVENTS | HSRP_DEBUG_ERRORS)) ? "HSRP Packets"
										     : "HSRP terse";
	}
}

static void debug(struct session *s)
{
	const struct cli_action *a = &s->job.action;
	struct engine *e = s->engine;

	if (a->debug != CLI_DEBUG_CRYPTO) {
		uint16_t bits = a->debug == CLI_DEBUG_ALL ? UINT16_MAX : a->debug_bits;
		e->debug_standby = (uint16_t)(a->on ? e->debug_standby | bits : e->debug_standby & ~bits);
		if (!(e->debug_standby & HSRP_DEBUG_ALL)) /* details of nothing */
			e->debug_standby = 0;
		(void)hsrp_client_command(e->hsrp, MESSAGE_COMMAND_DEBUG, "", e->debug_standby);
	}
	if (a->debug != CLI_DEBUG_STANDBY) {
		e->debug_crypto = a->on;
		engine_event(e, &(struct event){.kind = EV_DEBUG, .debug = a->on});
	}
	if (a->debug == CLI_DEBUG_ALL)
		session_printf(s, "All possible debugging has been turned %s\n", a->on ? "on" : "off");
	else
		session_printf(s, "%s debugging is %s\n", debug_words(a), a->on ? "on" : "off");
	session_job_done(s, false, 0);
}

/* "(Hello, Coup)" of the bits that are on. */
static void show_bits(
	struct session *s, unsigned on, const char *const names[], unsigned first, unsigned count)
{
	const char *comma = "    (";

	for (unsigned n = 0; n < count; n++) {
		if (!(on & first << n))
			continue;
		session_printf(s, "%s%s", comma, names[n]);
		comma = ", ";
	}
	session_printf(s, ")\n");
}

static void show_debug_standby(struct session *s, unsigned on)
{
	static const char *const events[] = {"protocol", "redundancy", "track", "icmp"},
				 *const packets[] = {"Hello", "Coup", "Resign", "Advertise"};

	if (!on)
		return;
	session_printf(s, "HSRP:\n");
	if (on & HSRP_DEBUG_ERRORS)
		session_printf(s, "  HSRP Errors debugging is on\n");
	if (on & HSRP_DEBUG_EVENTS) {
		session_printf(s, "  HSRP Events debugging is on\n");
		show_bits(s, on, events, HSRP_DEBUG_PROTOCOL, 4);
	}
	if (on & HSRP_DEBUG_PACKETS) {
		session_printf(s, "  HSRP Packets%s debugging is on\n",
			on & HSRP_DEBUG_PACKETS_DETAIL ? " (detail)" : "");
		show_bits(s, on, packets, HSRP_DEBUG_HELLO, 4);
	}
}

static void show_debug(struct session *s)
{
	show_debug_standby(s, s->engine->debug_standby);
	if (s->engine->debug_crypto)
		session_printf(s, "Cryptographic Subsystem:\n  Crypto IPSEC debugging is on\n");
	session_job_done(s, false, 0);
}

static void show_clock(struct session *s)
{
	struct timespec ts;
	struct tm tm;
	char time_text[32], date[48];

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(time_text, sizeof(time_text), "%H:%M:%S", &tm);
	strftime(date, sizeof(date), "UTC %a %b %e %Y", &tm);
	session_printf(s, "*%s.%03ld %s\n", time_text, ts.tv_nsec / 1000000, date);
	session_job_done(s, false, 0);
}

static void show_users(struct session *s)
{
	unsigned number = 0;

	session_printf(s, "    Line       User       Host(s)              Idle       Location\n");
	for (const struct session *o = s->engine->sessions; o; o = o->next, number++)
		session_printf(s, "%c%3u vty %-4u %-10s idle                 00:00:00\n", o == s ? '*' : ' ',
			number + 1, number, o->login);
	session_job_done(s, false, 0);
}

static void show_logging(struct session *s)
{
	struct engine *e = s->engine;

	session_printf(s, "Log Buffer (%d messages):\n\n", ENGINE_LOG_LINES);
	for (unsigned i = 0; i < ENGINE_LOG_LINES; i++) {
		const char *line = e->log[(e->log_next + i) % ENGINE_LOG_LINES];

		if (line)
			session_printf(s, "%s\n", line);
	}
	session_job_done(s, false, 0);
}

static void restart(struct session *s)
{
	kill(s->engine->args->launcher_pid, SIGUSR2);
	session_job_done(s, false, CONTROL_CLOSE);
}

static void nothing(struct session *s)
{
	session_job_done(s, false, 0);
}

static void (*const starts[])(struct session *s) = {
	[CLI_DO_NOTHING] = nothing,
	[CLI_DO_SHOW] = start_show,
	[CLI_DO_SHOW_RUNNING] = start_running,
	[CLI_DO_SHOW_STARTUP] = start_startup,
	[CLI_DO_SHOW_CLOCK] = show_clock,
	[CLI_DO_SHOW_USERS] = show_users,
	[CLI_DO_SHOW_LOGGING] = show_logging,
	[CLI_DO_SAVE] = start_save,
	[CLI_DO_ERASE_STARTUP] = erase_startup,
	[CLI_DO_LOAD_STARTUP] = load_startup,
	[CLI_DO_CLEAR_SA] = clear_sa,
	[CLI_DO_CLEAR_COUNTERS] = clear_counters,
	[CLI_DO_SWITCHOVER] = hsrp_command,
	[CLI_DO_SEND_ARP] = hsrp_command,
	[CLI_DO_DEBUG] = debug,
	[CLI_DO_SHOW_DEBUG] = show_debug,
	[CLI_DO_CONDITION] = conditions_change,
	[CLI_DO_SHOW_CONDITIONS] = conditions_show,
	[CLI_DO_RESTART] = restart,
};

void action_start(struct session *s, const struct cli_action *a)
{
	bool failed = false;

	s->job.action = *a;
	s->job.filter = cli_filter_new(a, &failed);
	if (failed) {
		session_printf(s, "%% Memory is exhausted\n");
		session_job_done(s, true, 0);
		return;
	}
	starts[a->kind](s);
}
