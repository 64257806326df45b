/*
 * The processes of one hotswand and what the launcher hands to each of them.
 *
 * Owns:  the convention between launcher and roles: descriptors, signals, exit statuses.
 *
 * Signals a role gets from the launcher (D9):
 *   SIGTERM  stop: leave. hsrp resigns and removes its addresses and interfaces, the engine withdraws what is ours
 *            in the kernel and in charon; then exit 0.
 *   SIGUSR2  restart: record what a successor needs, leave kernel and charon as they are, exit 0 at once.
 *   SIGKILL  comes by itself when the launcher dies; it means what a crash means: nothing is tidied up.
 *   SIGINT, SIGHUP and SIGPIPE are ignored.
 *
 * Exit statuses: see enum role_exit. A role prints its one line about a start-up fault itself, with log_fault().
 */
#ifndef DAEMON_ROLES_H
#define DAEMON_ROLES_H

#include <stdbool.h>

#include "base/mono.h"

enum role { ROLE_LAUNCHER, ROLE_HSRP, ROLE_ENGINE, ROLE_IKE, ROLE_COUNT };

enum role_exit {
	ROLE_EXIT_OK = 0,
	ROLE_EXIT_FAILED = 1, /* died of something that a new start may mend: restarted with back-off */
	ROLE_EXIT_FAULT =
		3, /* cannot work here (capability, port, file): before the first readiness the whole daemon stops */
};

/* Descriptors of a role: 0 to 2 as usual, then these. */
enum role_fd {
	ROLE_FD_LISTEN =
		3, /* hsrp: RUN/hsrp.sock (SOCK_SEQPACKET); engine: RUN/cli.sock (SOCK_STREAM); both listening */
	ROLE_FD_REPORT = 4, /* to the launcher, SOCK_SEQPACKET: role_report() writes it */
};

struct role_args {
	const char *config;  /* the startup configuration file */
	const char *run_dir; /* exists, writable */
	const char *charon;  /* path of charon-systemd */
	mono_t started;	     /* when the launcher started: the daemon's uptime counts from there */
	int launcher_pid;    /* for the "restart" command: SIGUSR2 to it */
	bool resume; /* a predecessor in this run directory ended without a stop: its state may still be there */
};

const char *role_word(enum role role);

/* Tells the launcher that this role does its work (engine: configuration bound and applied), or what it waits for.
 * Never blocks; without a launcher (tests) it does nothing. `status` is one line for systemctl status. */
void role_ready(const char *status);
void role_status(const char *status);

/* Signs of life to the launcher from the role's loop: who is silent for four of its looks (20 s) hangs and is killed. */
struct loop;
int role_heartbeat(struct loop *l); /* 0, -ENOMEM */

/* The mains; each returns an exit status of enum role_exit. */
int launcher_main(const struct role_args *args, const char *inherited);
int engine_main(const struct role_args *args);
int hsrpd_main(const struct role_args *args);
int ike_main(const struct role_args *args);

#endif
