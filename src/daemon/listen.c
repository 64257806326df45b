#include "daemon/listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/engine_state.h"
#include "daemon/log.h"
#include "linux/esp_ear.h"

enum { PACE_MS = 10 }; /* between two batches: at most 6400 packets a second are looked at */

struct listener {
	struct listener *next;
	struct engine *engine;
	int ifindex, fd;
	struct ipaddr address;
	struct loop_fd *watch;
	struct loop_timer *pause;
};

static void free_listener(struct listener *l)
{
	loop_unwatch(l->watch);
	loop_timer_free(l->pause);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}

static void on_rested(void *ctx)
{
	struct listener *l = ctx;

	(void)loop_watch_events(l->watch, EPOLLIN);
}

static void on_heard(void *ctx, uint32_t events)
{
	struct listener *l = ctx;
	struct engine *e = l->engine;
	struct esp_heard heard[ESP_EAR_BATCH];
	struct event event = {.kind = EV_ESP};
	size_t n = esp_ear_read(l->fd, heard);

	(void)events;
	(void)loop_watch_events(l->watch, 0);
	loop_timer_set(l->pause, mono_add_ms(loop_clock(), PACE_MS));
	event.esp.ifindex = l->ifindex;
	event.esp.local = l->address;
	for (size_t i = 0; i < n; i++) {
		event.esp.remote = heard[i].remote;
		event.esp.remote_port = heard[i].remote_port;
		event.esp.spi = heard[i].spi;
		event.esp.packets = heard[i].packets;
		engine_event(e, &event); /* may end this listener */
	}
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
		l->watch = loop_watch(e->loop, l->fd, EPOLLIN, LOOP_NORMAL, on_heard, l);
		r = l->pause && l->watch ? 0 : -ENOMEM;
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
