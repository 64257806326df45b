/*
 * The run directory: what survives a process and must not survive a boot.
 *
 * Owns:  RUN itself, RUN/lock (one hotswand per run directory), RUN/stamp (boot and network namespace that the rest
 *        of the directory is about), and the removal of all of it at a stop.
 * Never: reads what the roles keep there.
 */
#ifndef DAEMON_RUNDIR_H
#define DAEMON_RUNDIR_H

#include <stdbool.h>
#include <stddef.h>

enum { RUNDIR_PATH_MAX = 200 };

/* RUN/name into `out`; false when it does not fit. */
bool rundir_path(char out[RUNDIR_PATH_MAX], const char *run_dir, const char *name);

/*
 * Makes the directory where it is missing, takes its lock and drops what an earlier boot or another network namespace
 * left in it. *lock_fd is the lock; *resume tells whether a predecessor's state may still be there.
 * 0, or -1 after log_fault() said why.
 */
int rundir_open(const char *run_dir, int *lock_fd, bool *resume);

/* At a stop: everything in it goes, then the directory if we may. */
void rundir_remove(const char *run_dir);

#endif
