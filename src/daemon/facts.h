/*
 * Gathers what a show command needs: a transaction with a deadline.
 *
 * Owns:  the questions under way. What does not come in time is marked missing; the view says so.
 */
#ifndef DAEMON_FACTS_H
#define DAEMON_FACTS_H

#include "daemon/engine_state.h"
#include "show/facts.h"

enum { FACTS_DEADLINE_MS = 3000 };

struct gather;

/* Begins; `done` comes from the loop, never from inside this call. The facts then belong to the receiver. NULL on
 * exhaustion. */
struct gather *facts_gather(
	struct engine *e, unsigned needs, void (*done)(void *ctx, struct facts *facts), void *ctx);
/* The asker is gone: `done` does not come any more. */
void facts_abandon(struct gather *g);

#endif
