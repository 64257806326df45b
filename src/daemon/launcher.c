/*
 * The launcher: starts the roles, restarts what dies, outlives them all. It parses nothing that comes from a network
 * or an operator.
 *
 * Owns:  the locks, the listening sockets, the children; what SIGTERM, SIGUSR1, SIGUSR2 mean (D9).
 * Never: touches the kernel's network state.
 *
 * The listening sockets live here, so that a connect succeeds while a child restarts. charon outlives everybody: after
 * kill -9 of the launcher the next one adopts it. Ends are lists of steps, as everything whose order matters.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <systemd/sd-daemon.h>

#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/roles.h"
#include "daemon/rundir.h"
#include "daemon/startup.h"
#include "linux/charon.h"

enum {
	BACKOFF_FIRST_MS = 200, /* the first restart comes at once, the next after this, then doubled */
	BACKOFF_MAX_MS = 5000,
	BACKOFF_FAILING_MS = 30000, /* once it has failed for good */
	FAILING_DEATHS = 8,	    /* one after the other; from then on nothing is said of each */
	SETTLED_MS =
		2000, /* a child that lived this long starts its count anew: only deaths at the start are paced */
	KEEP_TIMEOUT_MS = 2000,
	WATCH_MS = 5000,
	MISSED_MAX =
		4, /* looks without a sign of life: counted, so that a machine that was asleep kills nobody */
	PROGRAM_MAX = 256,
};

/* How the daemon ends. */
enum ending { RUNNING, ENDING_STOP, ENDING_RESTART, ENDING_DETACH, ENDING_FAULT };

/* One step of an ending: a signal to a role, and how long it may take before SIGKILL. */
struct end_step {
	enum role role;
	int signal;
	int timeout_ms;
};

/* D9 stop: Resign first, while everything behind the address still works; the engine withdraws; charon goes last. */
static const struct end_step stop_steps[] = {
	{ROLE_HSRP, SIGTERM, 3000}, {ROLE_ENGINE, SIGTERM, 10000}, {ROLE_IKE, SIGTERM, 5000}, {ROLE_COUNT}};
/* D9 restart and detach: the two record what their successors need; charon is not told anything. */
static const struct end_step keep_steps[] = {
	{ROLE_HSRP, SIGUSR2, KEEP_TIMEOUT_MS}, {ROLE_ENGINE, SIGUSR2, KEEP_TIMEOUT_MS}, {ROLE_COUNT}};

struct launcher;

struct child {
	struct launcher *launcher;
	enum role role;
	pid_t pid; /* 0: not running */
	int pidfd, report;
	struct loop_fd *watch, *report_watch;
	bool adopted;		 /* charon of a launcher before us: not ours to wait for */
	bool ready, beats, beat; /* beats: it gives signs of life; beat: since the last look */
	unsigned missed;
	unsigned deaths;
	mono_t started, start_at; /* start_at: when to start again; MONO_NEVER */
};

struct launcher {
	const struct role_args *args;
	struct loop *loop;
	char program[PROGRAM_MAX]; /* by name, so that a restart runs the installed binary, also a new one */
	int rundir_lock, namespace_lock, hsrp_fd, cli_fd;
	struct child children[ROLE_COUNT];
	bool was_ready;
	enum ending ending;
	const struct end_step *step;
	mono_t step_deadline;
	struct loop_timer *watchdog;
};

static void start_child(struct child *c);
static void next_end_step(struct launcher *l);

static void schedule(struct launcher *l)
{
	mono_t next = l->ending ? l->step_deadline : MONO_NEVER;

	for (enum role r = ROLE_HSRP; r < ROLE_COUNT && !l->ending; r++)
		next = mono_min(next, l->children[r].start_at);
	loop_set_deadline(l->loop, next);
}

static void forget_child(struct child *c)
{
	loop_unwatch(c->watch);
	loop_unwatch(c->report_watch);
	if (c->pidfd >= 0)
		close(c->pidfd);
	if (c->report >= 0)
		close(c->report);
	c->watch = c->report_watch = NULL;
	c->pidfd = c->report = -1;
	c->pid = 0;
	c->ready = c->beats = c->beat = false;
	c->missed = 0;
}

static void describe_death(const struct child *c, int status, char *out, size_t size)
{
	if (c->adopted)
		snprintf(out, size, "ended");
	else if (WIFSIGNALED(status))
		snprintf(out, size, "was killed by signal %d", WTERMSIG(status));
	else
		snprintf(out, size, "ended with status %d", WEXITSTATUS(status));
}

static void begin_ending(struct launcher *l, enum ending ending)
{
	static const char *const words[] = {[ENDING_STOP] = "stopping",
		[ENDING_RESTART] = "restarting",
		[ENDING_DETACH] = "leaving, everything is kept for the next start",
		[ENDING_FAULT] = "stopping"};

	if (l->ending)
		return;
	l->ending = ending;
	l->step = ending == ENDING_STOP || ending == ENDING_FAULT ? stop_steps : keep_steps;
	sd_notifyf(0, "%s=1\nSTATUS=%s", ending == ENDING_RESTART ? "RELOADING" : "STOPPING", words[ending]);
	if (ending != ENDING_FAULT)
		log_ios("SYS", LOG_SEV_NOTICE, "RELOAD", "hotswan is %s", words[ending]);
	next_end_step(l);
}

/* Starts it again: at once, then with growing pauses, until it has lived for a while. */
static void plan_restart(struct child *c, const char *death)
{
	mono_t now = loop_clock();
	int64_t pause = 0;

	if (mono_diff_ms(now, c->started) >= SETTLED_MS)
		c->deaths = 0;
	for (unsigned i = 0; i < c->deaths && pause < BACKOFF_MAX_MS; i++)
		pause = pause ? pause * 2 : BACKOFF_FIRST_MS;
	if (pause > BACKOFF_MAX_MS)
		pause = BACKOFF_MAX_MS;
	if (c->role == ROLE_IKE && c->deaths >= FAILING_DEATHS)
		pause = BACKOFF_FAILING_MS;
	c->deaths++;
	c->start_at = mono_add_ms(now, pause);
	if (pause == BACKOFF_FAILING_MS) {
		if (c->deaths == FAILING_DEATHS + 1)
			log_ios("SYS", LOG_SEV_CRITICAL, "PROCESS",
				"charon does not stay: it is tried every %d s", BACKOFF_FAILING_MS / 1000);
		return;
	}
	log_ios("SYS", LOG_SEV_ERROR, "PROCESS", "The %s process %s; it is started again%s",
		role_word(c->role), death, pause ? " after a pause" : "");
}

static void on_child_end(void *ctx, uint32_t events)
{
	struct child *c = ctx;
	struct launcher *l = c->launcher;
	bool fault = false;
	char death[64];
	int status = 0;

	(void)events;
	if (!c->adopted && waitpid(c->pid, &status, WNOHANG) != c->pid)
		return;
	fault = !c->adopted && WIFEXITED(status) && WEXITSTATUS(status) == ROLE_EXIT_FAULT;
	describe_death(c, status, death, sizeof(death));
	forget_child(c);
	c->adopted = false;
	if (l->ending) {
		if (l->step->role == c->role)
			next_end_step(l);
	} else if (fault && !l->was_ready) {
		begin_ending(l, ENDING_FAULT); /* it said why */
	} else {
		plan_restart(c, death);
	}
	schedule(l);
}

/* 'R' ready or 'S' status, with a line: only the engine's readiness is the daemon's. */
static void on_report(void *ctx, uint32_t events)
{
	struct child *c = ctx;
	struct launcher *l = c->launcher;
	char packet[256];
	ssize_t n = recv(c->report, packet, sizeof(packet) - 1, MSG_DONTWAIT);

	(void)events;
	if (n <= 0) {
		if (n == 0 || errno != EAGAIN) {
			loop_unwatch(c->report_watch);
			c->report_watch = NULL;
		}
		return;
	}
	packet[n] = 0;
	packet[strcspn(packet, "\n")] = 0;
	if (packet[0] == 'H') {
		c->beats = c->beat = true;
		return;
	}
	if (packet[0] == 'R')
		c->ready = true;
	if (c->role != ROLE_ENGINE || l->ending)
		return;
	if (c->ready && !l->was_ready) {
		l->was_ready = true;
		sd_notifyf(0, "READY=1\nSTATUS=%s", packet + 1);
	} else {
		sd_notifyf(0, "STATUS=%s", packet + 1);
	}
}

/* In the child: descriptors in place, then the program again in its role. Only async-signal-safe calls but exec's. */
static void become(struct launcher *l, enum role role, int report)
{
	const struct role_args *a = l->args;
	char launcher_pid[16], started[24];
	const char *argv[20];
	int n = 0, listen_fd = role == ROLE_HSRP ? l->hsrp_fd : role == ROLE_ENGINE ? l->cli_fd : -1;
	sigset_t none;

	snprintf(launcher_pid, sizeof(launcher_pid), "%d", getppid());
	snprintf(started, sizeof(started), "%lld", (long long)a->started.ns);
	const char *const words[] = {"hotswand", "--role", role_word(role), "--config", a->config,
		"--run-dir", a->run_dir, "--charon", a->charon, "--launcher", launcher_pid, "--started",
		started};
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		argv[n++] = words[i];
	if (a->resume || l->children[role].deaths)
		argv[n++] = "--resume";
	argv[n] = NULL;

	/* Both may sit on a number that they are to be moved to: lift them out of the way first. */
	report = fcntl(report, F_DUPFD_CLOEXEC, 16);
	listen_fd = listen_fd < 0 ? -1 : fcntl(listen_fd, F_DUPFD_CLOEXEC, 16);
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(nothing, STDIN_FILENO);
	dup2(listen_fd < 0 ? nothing : listen_fd, ROLE_FD_LISTEN);
	dup2(report, ROLE_FD_REPORT);
	close_range(ROLE_FD_REPORT + 1, ~0u, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(l->program, (char *const *)argv);
	log_fault("%s cannot be run: %s", l->program, strerror(errno));
	_exit(ROLE_EXIT_FAULT);
}

static int watch_child(struct child *c)
{
	c->pidfd = pidfd_open(c->pid, 0);
	if (c->pidfd < 0)
		return -errno;
	c->watch = loop_watch(c->launcher->loop, c->pidfd, EPOLLIN, LOOP_NORMAL, on_child_end, c);
	return c->watch ? 0 : -errno;
}

static void start_child(struct child *c)
{
	struct launcher *l = c->launcher;
	int ends[2];
	pid_t pid;

	c->start_at = MONO_NEVER;
	c->started = loop_clock();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) {
		plan_restart(c, strerror(errno));
		return;
	}
	pid = fork();
	if (pid == 0)
		become(l, c->role, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		plan_restart(c, strerror(errno));
		return;
	}
	c->pid = pid;
	c->report = ends[0];
	c->report_watch = loop_watch(l->loop, c->report, EPOLLIN, LOOP_NORMAL, on_report, c);
	if (watch_child(c) < 0 || !c->report_watch) {
		/* Without a way to watch it, it must not run. */
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		forget_child(c);
		plan_restart(c, "could not be watched");
	}
}

static void adopt_charon(struct launcher *l)
{
	struct child *c = &l->children[ROLE_IKE];

	struct charon_process found;

	if (charon_find(l->args->run_dir, &found) < 0)
		return;
	close(found.pidfd);
	c->pid = found.pid;
	/* After a restart in place it is still our child; waitpid tells. */
	c->adopted = waitpid(c->pid, NULL, WNOHANG) < 0;
	c->started = loop_clock();
	if (watch_child(c) < 0)
		forget_child(c);
}

static void restart_in_place(struct launcher *l)
{
	char inherited[64];
	const char *const argv[] = {"hotswand", "--config", l->args->config, "--run-dir", l->args->run_dir,
		"--charon", l->args->charon, "--inherited", inherited, NULL};
	int fds[] = {l->rundir_lock, l->namespace_lock, l->hsrp_fd, l->cli_fd};

	snprintf(inherited, sizeof(inherited), "%d,%d,%d,%d", fds[0], fds[1], fds[2], fds[3]);
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		fcntl(fds[i], F_SETFD, 0);
	execv(l->program, (char *const *)argv);
	log_fault("%s cannot be run again: %s", l->program, strerror(errno));
	loop_exit(l->loop, EXIT_FAILURE);
}

static void finish(struct launcher *l)
{
	switch (l->ending) {
	case ENDING_RESTART: restart_in_place(l); return;
	case ENDING_DETACH: loop_exit(l->loop, EXIT_SUCCESS); return;
	default:
		(void)charon_clean(l->args->run_dir); /* when it had to be killed: its states and its rule */
		rundir_remove(l->args->run_dir);
		loop_exit(l->loop, l->ending == ENDING_STOP ? EXIT_SUCCESS : EXIT_FAILURE);
	}
}

/* Signals the next role that still runs; with none left, the ending is finished. */
static void next_end_step(struct launcher *l)
{
	const struct end_step *s = l->step;

	/* A step whose role is gone is done. */
	while (s->role != ROLE_COUNT && !l->children[s->role].pid)
		s++;
	l->step = s;
	if (s->role == ROLE_COUNT) {
		l->step_deadline = MONO_NEVER;
		finish(l);
		return;
	}
	/* By pidfd: the number may belong to somebody else by now. */
	(void)pidfd_send_signal(l->children[s->role].pidfd, s->signal, NULL, 0);
	l->step_deadline = mono_add_ms(loop_clock(), s->timeout_ms);
	schedule(l);
}

static void on_deadline(void *ctx)
{
	struct launcher *l = ctx;
	mono_t now = loop_clock();

	if (l->ending) {
		struct child *c = &l->children[l->step->role];

		log_ios("SYS", LOG_SEV_ERROR, "PROCESS", "The %s process does not end: it is killed",
			role_word(c->role));
		(void)pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
		l->step_deadline = MONO_NEVER; /* its end comes by the pidfd */
	} else {
		for (enum role r = ROLE_HSRP; r < ROLE_COUNT; r++)
			if (!mono_before(now, l->children[r].start_at))
				start_child(&l->children[r]);
	}
	schedule(l);
}

static void on_watch(void *ctx)
{
	struct launcher *l = ctx;

	for (enum role r = ROLE_HSRP; r < ROLE_COUNT; r++) {
		struct child *c = &l->children[r];

		c->missed = c->beat || !c->beats ? 0 : c->missed + 1;
		c->beat = false;
		if (c->missed < MISSED_MAX)
			continue;
		log_ios("SYS", LOG_SEV_CRITICAL, "WATCHDOG", "The %s process hangs: it is killed",
			role_word(r));
		(void)pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
		c->beats = false;
	}
	loop_timer_set(l->watchdog, mono_add_ms(loop_clock(), WATCH_MS));
}

static void on_signal(void *ctx, int signal)
{
	struct launcher *l = ctx;

	begin_ending(l, signal == SIGUSR2 ? ENDING_RESTART : signal == SIGUSR1 ? ENDING_DETACH : ENDING_STOP);
	schedule(l);
}

/* Checks and locks, in the order in which an operator would want to hear about them. */
static int prepare(struct launcher *l, struct role_args *args, const char *inherited)
{
	struct charon_process charon;

	if (inherited) {
		if (sscanf(inherited, "%d,%d,%d,%d", &l->rundir_lock, &l->namespace_lock, &l->hsrp_fd,
			    &l->cli_fd) != 4)
			return -1;
		fcntl(l->rundir_lock, F_SETFD, FD_CLOEXEC);
		fcntl(l->namespace_lock, F_SETFD, FD_CLOEXEC);
		fcntl(l->hsrp_fd, F_SETFD, FD_CLOEXEC);
		fcntl(l->cli_fd, F_SETFD, FD_CLOEXEC);
		args->resume = true;
		return 0;
	}
	if (startup_check_config(args->config) < 0 || startup_check_capabilities() < 0 ||
		startup_check_charon(args->charon) < 0)
		return -1;
	l->namespace_lock = startup_lock_namespace();
	if (l->namespace_lock < 0 || rundir_open(args->run_dir, &l->rundir_lock, &args->resume) < 0)
		return -1;
	if (charon_find(args->run_dir, &charon) == 0)
		close(charon.pidfd);
	else if (startup_check_ports() < 0)
		return -1;
	l->hsrp_fd = startup_listen(args->run_dir, "hsrp.sock", SOCK_SEQPACKET, 0600);
	/* Who may do what is decided by SO_PEERCRED, and who may do nothing is told so. */
	l->cli_fd = l->hsrp_fd < 0 ? -1 : startup_listen(args->run_dir, "cli.sock", SOCK_STREAM, 0666);
	return l->cli_fd < 0 ? -1 : 0;
}

static int run(struct launcher *l)
{
	static const int handled[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2};
	int r = loop_new(&l->loop);

	if (r == 0)
		r = loop_deadline(l->loop, on_deadline, l);
	l->watchdog = r == 0 ? loop_timer_new(l->loop, on_watch, l) : NULL;
	if (r == 0 && !l->watchdog)
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < sizeof(handled) / sizeof(*handled); i++)
		r = loop_signal(l->loop, handled[i], on_signal, l);
	if (r < 0) {
		log_fault("the event loop cannot be set up: %s", strerror(-r));
		return EXIT_FAILURE;
	}
	adopt_charon(l);
	for (enum role role = ROLE_HSRP; role < ROLE_COUNT; role++)
		if (!l->children[role].pid)
			start_child(&l->children[role]);
	schedule(l);
	on_watch(l);
	r = loop_run(l->loop);
	return r < 0 ? EXIT_FAILURE : r;
}

int launcher_main(const struct role_args *given, const char *inherited)
{
	struct role_args args = *given;
	struct launcher l = {.args = &args, .step_deadline = MONO_NEVER};

	ssize_t n = readlink("/proc/self/exe", l.program, sizeof(l.program) - 1);
	char *deleted;

	if (n <= 0) {
		log_fault("/proc is not mounted");
		return EXIT_FAILURE;
	}
	/* A package upgrade puts another file under the name. */
	deleted = strstr(l.program, " (deleted)");
	if (deleted)
		*deleted = 0;
	for (enum role r = 0; r < ROLE_COUNT; r++)
		l.children[r] = (struct child){
			.launcher = &l, .role = r, .pidfd = -1, .report = -1, .start_at = MONO_NEVER};
	args.started = loop_clock();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (prepare(&l, &args, inherited) < 0)
		return EXIT_FAILURE;
	return run(&l);
}
