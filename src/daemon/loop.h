/*
 * The event loop of a role: sd-event with the settings that matter here written once.
 *
 * Owns:  the sd_event of the process, its one deadline timer, its signals.
 * Never: knows what the descriptors are about.
 * Time:  CLOCK_BOOTTIME. Timer accuracy is always 1 microsecond: sd-event's 0 means 250 ms.
 *
 * Priorities: frames are read before a deadline may fire; an operator's session comes last.
 */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/mono.h"

enum loop_priority {
	LOOP_FRAMES = -20,   /* received packets and messages of other processes */
	LOOP_DEADLINE = -10, /* the deadline timer */
	LOOP_NORMAL = 0,
	LOOP_SESSIONS = 10, /* what an operator types */
	LOOP_IDLE = 20,	    /* resumable work that yields to everything else */
};

struct loop;
struct loop_fd; /* one watched descriptor */

typedef void (*loop_fd_fn)(void *ctx, uint32_t events); /* EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR */
typedef void (*loop_fn)(void *ctx);
typedef bool (*loop_work_fn)(void *ctx); /* true: call again, there is more to do */
typedef void (*loop_signal_fn)(void *ctx, int signal);

mono_t loop_clock(void); /* CLOCK_BOOTTIME now */

int loop_new(struct loop **out); /* -errno */
void loop_free(struct loop *l);
mono_t loop_now(struct loop *l); /* the time at which this turn of the loop began */
int loop_run(struct loop *l);	 /* until loop_exit(); its argument, or -errno */
void loop_exit(struct loop *l, int code);
struct sd_event *loop_event(struct loop *l); /* for an adapter that brings its own sources (linux/vici.h) */

/* Watches a descriptor, which stays the caller's; NULL on failure (errno). */
struct loop_fd *loop_watch(
	struct loop *l, int fd, uint32_t events, enum loop_priority priority, loop_fd_fn fn, void *ctx);
int loop_watch_events(struct loop_fd *w, uint32_t events); /* changes what is waited for */
void loop_watch_greedy(
	struct loop_fd *w); /* may have more to read than it can: sessions and work get every other turn */
void loop_unwatch(struct loop_fd *w); /* NULL is fine; allowed inside its own function */

/* The one deadline: `fn` runs once when `when` has come; MONO_NEVER disarms. Setting it again replaces it. */
int loop_deadline(struct loop *l, loop_fn fn, void *ctx);
void loop_set_deadline(struct loop *l, mono_t when);

/* Further timers, for what waits beside the deadline (a reconnect, an answer): one shot, off until set. */
struct loop_timer;
struct loop_timer *loop_timer_new(struct loop *l, loop_fn fn, void *ctx); /* NULL on failure */
void loop_timer_set(struct loop_timer *t, mono_t when);			  /* MONO_NEVER: off */
void loop_timer_free(struct loop_timer *t); /* NULL is fine; not inside its own function */

/* Resumable work: called whenever nothing else is to be done, until it returns false. loop_work() wakes it again. */
int loop_idle(struct loop *l, loop_work_fn fn, void *ctx);
void loop_work(struct loop *l);

/* Blocks `signal` and delivers it by the loop. */
int loop_signal(struct loop *l, int signal, loop_signal_fn fn, void *ctx);

#endif
