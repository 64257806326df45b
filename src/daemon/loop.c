/* The event loop of a role: see loop.h. */
#include "daemon/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <systemd/sd-event.h>

enum { LOOP_SIGNALS_MAX = 8, LOOP_ACCURACY_US = 1 };

struct loop_fd {
	struct loop *loop;
	sd_event_source *source;
	enum loop_priority priority;
	loop_fd_fn fn;
	void *ctx;
};

struct loop_signal_slot {
	loop_signal_fn fn;
	void *ctx;
	sd_event_source *source;
};

struct loop_timer {
	sd_event_source *source;
	loop_fn fn;
	void *ctx;
};

struct loop {
	sd_event *event;
	sd_event_source *idle;
	struct loop_timer *deadline;
	struct loop_fd *greedy;
	loop_work_fn work_fn;
	void *work_ctx;
	struct loop_signal_slot signals[LOOP_SIGNALS_MAX];
	unsigned signal_count;
};

mono_t loop_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (mono_t){(int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec};
}

int loop_new(struct loop **out)
{
	struct loop *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	r = sd_event_new(&l->event);
	if (r < 0) {
		free(l);
		return r;
	}
	*out = l;
	return 0;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	for (unsigned i = 0; i < l->signal_count; i++)
		sd_event_source_unref(l->signals[i].source);
	loop_timer_free(l->deadline);
	sd_event_source_unref(l->idle);
	sd_event_unref(l->event);
	free(l);
}

struct sd_event *loop_event(struct loop *l)
{
	return l->event;
}

mono_t loop_now(struct loop *l)
{
	uint64_t us;

	/* Before the first turn sd-event has no stamp of its own and reads the clock: fine too. */
	if (sd_event_now(l->event, CLOCK_BOOTTIME, &us) < 0)
		return loop_clock();
	return (mono_t){(int64_t)us * 1000};
}

int loop_run(struct loop *l)
{
	return sd_event_loop(l->event);
}

void loop_exit(struct loop *l, int code)
{
	sd_event_exit(l->event, code);
}

/* Sessions or resumable work: the greedy one may go before them again. */
static void had_a_turn(struct loop *l)
{
	if (l->greedy)
		sd_event_source_set_priority(l->greedy->source, l->greedy->priority);
}

static int on_fd(sd_event_source *s, int fd, uint32_t events, void *ctx)
{
	struct loop_fd *w = ctx;

	(void)s;
	(void)fd;
	w->fn(w->ctx, events);
	if (w == w->loop->greedy)
		sd_event_source_set_priority(w->source, LOOP_IDLE + 1);
	else if (w->priority >= LOOP_SESSIONS)
		had_a_turn(w->loop);
	return 0;
}

/* The source owns its loop_fd, so that a watch may be removed while it runs. */
static void free_watch(void *ctx)
{
	free(ctx);
}

struct loop_fd *loop_watch(
	struct loop *l, int fd, uint32_t events, enum loop_priority priority, loop_fd_fn fn, void *ctx)
{
	struct loop_fd *w = malloc(sizeof(*w));
	int r;

	if (!w)
		return NULL;
	*w = (struct loop_fd){.fn = fn, .ctx = ctx, .loop = l, .priority = priority};
	r = sd_event_add_io(l->event, &w->source, fd, events, on_fd, w);
	if (r < 0) {
		free(w);
		errno = -r;
		return NULL;
	}
	sd_event_source_set_destroy_callback(w->source, free_watch);
	sd_event_source_set_priority(w->source, priority);
	return w;
}

int loop_watch_events(struct loop_fd *w, uint32_t events)
{
	return sd_event_source_set_io_events(w->source, events);
}

void loop_watch_greedy(struct loop_fd *w)
{
	w->loop->greedy = w;
}

void loop_unwatch(struct loop_fd *w)
{
	if (!w)
		return;
	if (w->loop->greedy == w)
		w->loop->greedy = NULL;
	sd_event_source_disable_unref(w->source);
}

static int on_timer(sd_event_source *s, uint64_t us, void *ctx)
{
	struct loop_timer *t = ctx;

	(void)s;
	(void)us;
	t->fn(t->ctx);
	return 0;
}

struct loop_timer *loop_timer_new(struct loop *l, loop_fn fn, void *ctx)
{
	struct loop_timer *t = malloc(sizeof(*t));

	if (!t)
		return NULL;
	*t = (struct loop_timer){.fn = fn, .ctx = ctx};
	if (sd_event_add_time(
		    l->event, &t->source, CLOCK_BOOTTIME, UINT64_MAX, LOOP_ACCURACY_US, on_timer, t) < 0) {
		free(t);
		return NULL;
	}
	sd_event_source_set_priority(t->source, LOOP_DEADLINE);
	sd_event_source_set_enabled(t->source, SD_EVENT_OFF);
	return t;
}

void loop_timer_set(struct loop_timer *t, mono_t when)
{
	if (when.ns == MONO_NEVER.ns) {
		sd_event_source_set_enabled(t->source, SD_EVENT_OFF);
		return;
	}
	/* Rounded up: waking a microsecond early would only turn the loop once more. */
	sd_event_source_set_time(t->source, when.ns <= 0 ? 0 : ((uint64_t)when.ns + 999) / 1000);
	sd_event_source_set_enabled(t->source, SD_EVENT_ONESHOT);
}

void loop_timer_free(struct loop_timer *t)
{
	if (!t)
		return;
	sd_event_source_disable_unref(t->source);
	free(t);
}

int loop_deadline(struct loop *l, loop_fn fn, void *ctx)
{
	l->deadline = loop_timer_new(l, fn, ctx);
	return l->deadline ? 0 : -ENOMEM;
}

void loop_set_deadline(struct loop *l, mono_t when)
{
	loop_timer_set(l->deadline, when);
}

static int on_idle(sd_event_source *s, void *ctx)
{
	struct loop *l = ctx;

	had_a_turn(l);
	if (!l->work_fn(l->work_ctx))
		sd_event_source_set_enabled(s, SD_EVENT_OFF);
	return 0;
}

int loop_idle(struct loop *l, loop_work_fn fn, void *ctx)
{
	int r = sd_event_add_defer(l->event, &l->idle, on_idle, l);

	if (r < 0)
		return r;
	l->work_fn = fn;
	l->work_ctx = ctx;
	sd_event_source_set_priority(l->idle, LOOP_IDLE);
	return sd_event_source_set_enabled(l->idle, SD_EVENT_OFF);
}

void loop_work(struct loop *l)
{
	sd_event_source_set_enabled(l->idle, SD_EVENT_ON);
}

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *info, void *ctx)
{
	struct loop_signal_slot *slot = ctx;

	(void)s;
	slot->fn(slot->ctx, (int)info->ssi_signo);
	return 0;
}

int loop_signal(struct loop *l, int signal, loop_signal_fn fn, void *ctx)
{
	struct loop_signal_slot *slot;
	sigset_t set;
	int r;

	if (l->signal_count == LOOP_SIGNALS_MAX)
		return -ENOSPC;
	slot = &l->signals[l->signal_count];
	*slot = (struct loop_signal_slot){.fn = fn, .ctx = ctx};
	sigemptyset(&set);
	sigaddset(&set, signal);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	r = sd_event_add_signal(l->event, &slot->source, signal, on_signal, slot);
	if (r >= 0)
		l->signal_count++;
	return r < 0 ? r : 0;
}
