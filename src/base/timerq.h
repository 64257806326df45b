/*
 * Deadlines in order: a binary heap of timers that live inside their owners.
 *
 * Owns:  the array of pointers.
 * Never: reads a clock, calls back: the user takes what is due.
 */
#ifndef BASE_TIMERQ_H
#define BASE_TIMERQ_H

#include "base/mono.h"

#include <stddef.h>

struct timer {
	mono_t at;
	size_t index; /* position in the heap + 1; 0: not armed */
	int kind;     /* the user's */
	void *owner;  /* the user's */
};

struct timerq {
	struct timer **items;
	size_t count, cap;
};

void timerq_free(struct timerq *q);
bool timer_arm(struct timerq *q, struct timer *t, mono_t at); /* arms or moves; false on exhaustion */
void timer_cancel(struct timerq *q, struct timer *t);
mono_t timerq_next(const struct timerq *q);		 /* MONO_NEVER when empty */
struct timer *timerq_take(struct timerq *q, mono_t now); /* one that is due, disarmed; NULL when none is */

static inline bool timer_armed(const struct timer *t)
{
	return t->index != 0;
}

#endif
