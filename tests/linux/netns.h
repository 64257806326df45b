/*
 * A test's own network namespace.
 *
 * Owns:  nothing that outlives the process: the namespace has no name and goes with it.
 */
#ifndef TESTS_NETNS_H
#define TESTS_NETNS_H

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NETNS_SKIPPED = 77 };

/* Runs a command line by the shell; its exit status. */
static inline int run(const char *command)
{
	fflush(NULL);
	return system(command);
}

/* Moves the process into a fresh network namespace with loopback up, or ends it as skipped, saying why. */
static inline void netns_enter(const char *test)
{
	if (unshare(CLONE_NEWNET) < 0) {
		fprintf(stderr, "SKIPPED: %s needs root for a network namespace of its own: %s\n", test,
			strerror(errno));
		exit(NETNS_SKIPPED);
	}
	if (run("ip link set lo up") != 0)
		exit(1);
}

#endif
