#include "daemon/listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/engine_state.h"
#include "daemon/log.h"
#include "linux/esp_ear.h"

enum {
	PACE_MS = 10,  /* between two batches: at most 6400 packets a second are looked at */
	HELD_MS = 100, /* the first packet of an SA overtakes charon's word that the SA is up */
	BATCHES = 2 * HELD_MS / PACE_MS,
};

struct batch {
	mono_t read_at;
	size_t count;
	struct esp_heard heard[ESP_EAR_BATCH];
};

struct listener {
	struct listener *next;
	struct engine *engine;
	int ifindex, fd;
	struct ipaddr address;
	struct loop_fd *watch;
	struct loop_timer *pause, *due;
	struct batch batches[BATCHES]; /* a ring: what is held */
	unsigned first, held;
	bool rests, ripe; /* ripe: the first batch's time has come */
};

static void free_listener(struct listener *l)
{
	loop_unwatch(l->watch);
	loop_timer_free(l->pause);
	loop_timer_free(l->due);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}

/*
 * What is ripe comes by the socket, too, which can always be written to: timers go before charon's events, and after a
 * turn in which we were held up these shall be heard first.
 */
static void watch(struct listener *l)
{
	uint32_t in = l->rests || l->held == BATCHES ? 0 : EPOLLIN, out = l->ripe ? EPOLLOUT : 0;

	(void)loop_watch_events(l->watch, in | out);
}

static void on_rested(void *ctx)
{
	struct listener *l = ctx;

	l->rests = false;
	watch(l);
}

static void on_due(void *ctx)
{
	struct listener *l = ctx;

	l->ripe = true;
	watch(l);
}

static void wait_for_first(struct listener *l)
{
	l->ripe = false;
	if (l->held)
		loop_timer_set(l->due, mono_add_ms(l->batches[l->first].read_at, HELD_MS));
}

/* Counted at once, and for a second time told when it can be judged. */
static void tell(const struct listener *l, struct batch b, bool early)
{
	struct engine *e = l->engine;
	struct event event = {
		.kind = EV_ESP, .esp = {.ifindex = l->ifindex, .local = l->address, .early = early}};

	for (size_t i = 0; i < b.count; i++) {
		event.esp.remote = b.heard[i].remote;
		event.esp.remote_port = b.heard[i].remote_port;
		event.esp.spi = b.heard[i].spi;
		event.esp.packets = early ? b.heard[i].packets : 0;
		engine_event(e, &event);
	}
}

static void hear(struct listener *l)
{
	struct batch *b = &l->batches[(l->first + l->held) % BATCHES];

	b->count = esp_ear_read(l->fd, b->heard);
	b->read_at = loop_clock();
	l->rests = true;
	loop_timer_set(l->pause, mono_add_ms(b->read_at, PACE_MS));
	if (b->count && l->held++ == 0)
		wait_for_first(l);
	watch(l);
	tell(l, *b, true);
}

static void judge(struct listener *l)
{
	const struct batch *b = &l->batches[l->first];

	l->first = (l->first + 1) % BATCHES;
	l->held--;
	wait_for_first(l);
	watch(l);
	tell(l, *b, false);
}

static void on_socket(void *ctx, uint32_t events)
{
	struct listener *l = ctx;

	if (l->ripe && (events & EPOLLOUT)) /* one of them: either may end this listener */
		judge(l);
	else if (l->held < BATCHES)
		hear(l);
}

static void end(struct engine *e, int ifindex)
{
	for (struct listener **at = &e->listeners; *at; at = &(*at)->next) {
		struct listener *l = *at;

		if (l->ifindex != ifindex)
			continue;
		*at = l->next;
		free_listener(l);
		return;
	}
}

static void begin(struct engine *e, const struct effect *f)
{
	struct listener *l = calloc(1, sizeof(*l));
	int r = -ENOMEM;

	if (l) {
		*l = (struct listener){
			.engine = e, .ifindex = f->listen.ifindex, .address = f->listen.address};
		r = l->fd = esp_ear_open(f->listen.vmac_ifindex, &l->address);
	}
	if (r >= 0) {
		l->pause = loop_timer_new(e->loop, on_rested, l);
		l->due = loop_timer_new(e->loop, on_due, l);
		l->watch = loop_watch(e->loop, l->fd, EPOLLIN, LOOP_NORMAL, on_socket, l);
		r = l->pause && l->due && l->watch ? 0 : -ENOMEM;
	}
	if (r < 0) { /* the order of initiation is then that of the configuration */
		log_ios("CRYPTO", LOG_SEV_WARNING, "LISTEN", "ESP to dead SAs cannot be listened for: %s",
			strerror(-r));
		if (l)
			free_listener(l);
		return;
	}
	l->next = e->listeners;
	e->listeners = l;
}

static bool stands(const struct engine *e, const struct effect *f)
{
	for (const struct listener *l = e->listeners; l; l = l->next)
		if (l->ifindex == f->listen.ifindex && ip_equal(&l->address, &f->listen.address))
			return true;
	return false;
}

void listen_to(struct engine *e, const struct effect *f)
{
	if (f->listen.on && stands(e, f))
		return;
	end(e, f->listen.ifindex);
	if (f->listen.on)
		begin(e, f);
}

void listen_stop(struct engine *e)
{
	while (e->listeners)
		end(e, e->listeners->ifindex);
}
