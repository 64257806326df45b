/*
 * charon as a process: preparing and becoming it (--role ike), finding it again, cleaning up behind it.
 *
 * Owns:  RUN/charon: strongswan.conf, retransmit.conf (written by the engine, see linux/ike.h), charon.vici (its control
 *        socket), charon.log and charon.log.1 (no secrets, bounded by charon_trim_log), charon.out (what it printed before
 *        its log was open), pid.
 * Never: starts a second charon where one of ours lives; touches kernel state of another charon; hands it our environment.
 *
 * charon survives the launcher (D9): it is a session of its own, and whoever comes next finds it by its pid file (pid,
 * start time, boot id) and watches it by a pidfd. SIGTERM makes it send DELETE for every SA; SIGKILL is silent.
 */
#ifndef LINUX_CHARON_H
#define LINUX_CHARON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

#define CHARON_BINARY "/usr/sbin/charon-systemd"

enum {
	CHARON_PATH_MAX = 256,
	CHARON_TABLE =
		213, /* routing table (and rule priority) of charon's own routes with kernel-libipsec */
	CHARON_LOG_MAX = 8 * 1024 * 1024, /* charon.log is moved to charon.log.1 beyond this */
};

/* A file below RUN/charon: "charon.vici", "strongswan.conf" … -ENAMETOOLONG when it does not fit. */
int charon_path(const char *run_dir, const char *file, char out[CHARON_PATH_MAX]);

/* ---- the ike role ---- */

struct charon_options {
	const char *run_dir;
	bool kernel_esp; /* else kernel-libipsec over a TUN device */
};

/* The configuration as text (pure: golden tests). */
void charon_conf(struct text *out, const struct charon_options *options);
/* charon's global retransmission schedule that gives up after `total_ms`: the text of retransmit.conf. */
void charon_retransmit_conf(struct text *out, uint32_t total_ms, uint32_t nat_keepalive_s);
enum {
	CHARON_RETRANSMIT_DEFAULT_MS = 165000
}; /* strongSwan's own: nobody waits for it without dead peer detection */

/* Writes retransmit.conf; charon reads it at its start and at the command reload-settings. */
int charon_write_retransmit(const char *run_dir, uint32_t total_ms, uint32_t nat_keepalive_s);

/*
 * Prepares and becomes charon; returns only on failure, -errno with one line in `fault`:
 * -EEXIST one of ours lives already, -ENOENT no binary, else what the system said.
 * The process that calls this is the one that becomes charon; its pid file is written before.
 */
int charon_exec(const char *run_dir, const char *binary, struct text *fault);

/* ---- who started or inherits it ---- */

struct charon_process {
	pid_t pid;
	uint64_t start; /* clock ticks since boot, /proc/PID/stat field 22 */
	int pidfd;	/* readable when it has ended; owned by the caller */
};

/* Writes the caller down as the charon of this run directory. charon_exec does it. */
int charon_note(const char *run_dir);
/* Clock ticks since boot at which a process started; 0 when there is none or it is a zombie. */
uint64_t charon_start_time(pid_t pid);

/* Finds the charon of this run directory, if it lives. -ESRCH when it does not. */
int charon_find(const char *run_dir, struct charon_process *out);

/*
 * Removes what a charon of ours that died left behind: socket, pid file and, where it had worked on kernel ESP, its
 * states and policies, each by itself; where it had a routing rule, that. Nothing to do after a clean end. Also called
 * by charon_exec. -EBUSY when it lives.
 */
int charon_clean(const char *run_dir);

/* Moves charon.log to charon.log.1 when it has grown beyond CHARON_LOG_MAX; cheap otherwise. 0 or -errno. */
int charon_trim_log(const char *run_dir);

/* The TUN device that a charon with kernel-libipsec works on ("ipsec0" unless taken); -ENODEV when it has none (yet). */
int charon_tun_name(pid_t pid, char *out, size_t size);

#endif
