/*
 * What must hold before anything is started: each check says in one line what is wrong.
 *
 * Owns:  the lock of the network namespace (an abstract socket: one hotswand per namespace), the listening sockets.
 * Never: changes anything outside the run directory.
 */
#ifndef DAEMON_STARTUP_H
#define DAEMON_STARTUP_H

#include <stdbool.h>

#include "daemon/roles.h"

/* Each returns 0, or -1 after log_fault(). */
int startup_check_config(const char *file);
int startup_check_capabilities(void);
int startup_check_charon(const char *program);
int startup_check_ports(void); /* 500 and 4500: not while a charon of ours lives */

/* Descriptors, or -1 after log_fault(). */
int startup_lock_namespace(void);
int startup_listen(const char *run_dir, const char *name, int type, unsigned mode);

#endif
