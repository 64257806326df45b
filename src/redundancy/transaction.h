/*
 * The order in which a crypto map comes into service and leaves it: lists of steps as data, and the one runner that
 * executes them (design rule 3).
 *
 * Owns:  the lists, the limit of each step and what its lateness means.
 * Never: does the work of a step: the driver enters it and is asked whether it is done. No sleep: the runner is called
 *        whenever something happened, and at the deadline it names.
 *
 * The steps before and after these (virtual MAC interface, virtual address, gratuitous ARP; Resign) are the HSRP
 * process's: its word ACTIVE means they are done, any other role means the address is gone.
 */
#ifndef REDUNDANCY_TRANSACTION_H
#define REDUNDANCY_TRANSACTION_H

#include "base/mono.h"

#include <stddef.h>

enum step {
	STEP_DONE,
	STEP_FILTER, /* what the access lists protect cannot pass in clear; before anything else (rule 5) */
	STEP_CONNECTIONS,      /* charon knows connections and keys */
	STEP_ROUTES,	       /* injected routes stand in the kernel */
	STEP_IKE,	       /* static entries are initiated */
	STEP_ROUTES_WITHDRAWN, /* none of our injected routes is left */
	STEP_SAS_DROPPED,      /* SAs end here only: the peer keeps its own until the new active tells it */
	STEP_SAS_DELETED,      /* SAs end on both sides: DELETE is sent */
	STEP_CONNECTIONS_GONE, /* charon forgets the connections */
	STEP_FILTER_GONE,
	STEP_COUNT
};

enum late_answer {
	LATE_GO_ON, /* say so and take the next step: the reconciler repeats what is missing */
	LATE_WAIT,  /* nothing may follow: say so and wait on */
};

struct transaction {
	const enum step *list; /* NULL: none under way */
	size_t at;
	bool entered;
	mono_t deadline;
};

/* Into service with an endpoint of ours; on a router without it; while there is no endpoint at all. */
extern const enum step steps_serve[], steps_prepare[], steps_guard[];
/* Out of service, the address being gone already; and while it is still ours. */
extern const enum step steps_lose_address[], steps_give_up[];
/* Deconfigured or stopped, likewise. */
extern const enum step steps_remove_mute[], steps_remove[];

const char *step_name(enum step s);

struct step_driver {
	void (*enter)(void *arg, enum step s);
	bool (*done)(void *arg, enum step s);
	bool (*late)(void *arg, enum step s); /* true: it advances, and has its time once more */
	void *arg;
};

void transaction_start(struct transaction *t, const enum step *list);
/* Runs as far as it gets; true when the list came to its end in this call. */
bool transaction_run(struct transaction *t, const struct step_driver *d, mono_t now);
enum step transaction_step(const struct transaction *t); /* STEP_DONE when none is under way */

#endif
