/*
 * A non-blocking client of charon's VICI socket: one connection for events, one for commands.
 *
 * Owns:  both connections, the registration of events, the queue of commands (one is under way at a time, VICI has no
 *        sequence numbers), their deadlines, and reconnecting with a growing pause.
 * Never: blocks, interprets a message, keeps a command across a lost connection: each command is answered exactly
 *        once, by charon or with an error, and after `up` the owner starts from a snapshot (list-sas).
 * Loop:  sd-event; all callbacks come from the loop. A callback may queue commands, but not free the client.
 * Time:  a command's deadline counts from the moment it is sent, in CLOCK_BOOTTIME.
 */
#ifndef LINUX_VICI_H
#define LINUX_VICI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linux/vici_wire.h"

typedef struct sd_event sd_event;

enum {
	VICI_QUEUE_MAX = 65536,	 /* commands that wait */
	VICI_DEADLINE_MS = 5000, /* for a command whose caller has no better idea */
	VICI_RETRY_MIN_MS = 10,	 /* pause before the first attempt to reconnect; doubles */
	VICI_RETRY_MAX_MS = 320,
};

struct vici;

struct vici_handlers {
	/* Both connections stand, all events are registered: nothing that happens from now on is missed. */
	void (*up)(void *user);
	/* charon is gone or silent (error is -errno); all commands have been answered with that error. */
	void (*down)(void *user, int error);
	void (*event)(void *user, const char *name, const void *body, size_t len);
	void *user;
};

/* The answer to a command. error: 0 with charon's message; -ENOTSUP charon does not know the command; -ETIMEDOUT,
 * -ECONNRESET, -ECANCELED (the client is being freed). The message is valid during the call only. */
typedef void (*vici_reply)(void *user, int error, const void *body, size_t len);
/* One streamed message (list-sa, list-conn, list-policy), before the answer. */
typedef void (*vici_item_handler)(void *user, const void *body, size_t len);

/* Connects to the socket at `path` as soon as it can. `events` (terminated by NULL) must outlive the client. */
int vici_new(struct vici **out, sd_event *loop, const char *path, const char *const *events,
	const struct vici_handlers *handlers);
void vici_free(struct vici *v); /* answers what is queued with -ECANCELED */

bool vici_is_up(const struct vici *v);
int vici_peer(const struct vici *v);	  /* charon's pid as the kernel tells it; 0 while down */
size_t vici_queued(const struct vici *v); /* commands not yet answered */

/* Queues a command. The message is taken over in every case (and emptied). `item` and `done` may be NULL.
 * -ENOTCONN while down, -ENOBUFS when the queue is full, or the error of the message; then `done` is not called. */
int vici_command(struct vici *v, const char *name, struct vici_message *args, unsigned deadline_ms,
	vici_item_handler item, vici_reply done, void *user);

#endif
