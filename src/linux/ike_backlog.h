/*
 * Events of charon that wait until a snapshot of it is over (linux/ike.c).
 *
 * Owns:  copies of them, in the order in which they came; a bounded number.
 * Never: looks into one.
 */
#ifndef LINUX_IKE_BACKLOG_H
#define LINUX_IKE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>

struct backlog_event;

struct ike_backlog {
	struct backlog_event *first, **last;
	size_t count;
};

void ike_backlog_init(struct ike_backlog *b);
/* False: there is no room, no memory, or the name is longer than any of charon's. */
bool ike_backlog_add(struct ike_backlog *b, const char *name, const void *body, size_t len);
/* Empties it first, so `each` may add; NULL: they are forgotten. */
void ike_backlog_replay(struct ike_backlog *b,
	void (*each)(void *user, const char *name, const void *body, size_t len), void *user);

#endif
