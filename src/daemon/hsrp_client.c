/* The engine's end of the socket to the hsrp process: see hsrp_client.h. */
#include "daemon/hsrp_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/conditions.h"
#include "daemon/hsrp_tell.h"
#include "daemon/inventory.h"
#include "daemon/log.h"
#include "daemon/rundir.h"

enum {
	RECONNECT_MS = 50,
	QUESTIONS_MAX = 64,
	QUEUE_MAX = 65536, /* messages that wait for a process that does not read */
	READ_BURST = 64,   /* messages a turn */
};

struct packet {
	struct packet *next;
	size_t len;
	uint8_t data[];
};

struct question {
	int number; /* 0: free */
	void (*each)(void *ctx, const struct hsrp_status *s);
	void (*neighbour)(void *ctx, const struct hsrp_neighbour *n);
	void (*done)(void *ctx, int error);
	void *ctx;
};

struct hsrp_client {
	struct engine *engine;
	int fd;
	struct loop_fd *watch;
	struct loop_timer *retry;
	struct packet *queue, **queue_end;
	size_t queued;
	struct hsrp_tell *tell;
	bool overflowed; /* the queue was: the process does not know what it should */
	struct question questions[QUESTIONS_MAX];
	uint32_t next_id;
	bool up;
};

static void disconnect(struct hsrp_client *h);

/* Sends what the socket takes; the rest waits for EPOLLOUT. False when the connection broke. */
static bool flush(struct hsrp_client *h)
{
	while (h->queue) {
		struct packet *p = h->queue;

		if (send(h->fd, p->data, p->len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
			if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
				return false;
			break;
		}
		h->queue = p->next;
		if (!h->queue)
			h->queue_end = &h->queue;
		h->queued--;
		free(p);
	}
	(void)loop_watch_events(h->watch, h->queue ? EPOLLIN | EPOLLOUT : EPOLLIN);
	return true;
}

static void send_packet(void *ctx, const uint8_t *data, size_t len)
{
	struct hsrp_client *h = ctx;
	struct packet *p = h->queued < QUEUE_MAX ? malloc(sizeof(*p) + len) : NULL;

	if (!p) {
		h->overflowed = true;
		return;
	}
	p->next = NULL;
	p->len = len;
	memcpy(p->data, data, len);
	*h->queue_end = p;
	h->queue_end = &p->next;
	h->queued++;
}

static void send_message(struct hsrp_client *h, const struct message *m)
{
	uint8_t data[MESSAGE_MAX];
	int n = message_encode(m, data, sizeof(data));

	if (h->fd >= 0 && n > 0)
		send_packet(h, data, (size_t)n);
}

/* After anything was put into the queue. A new connection gets everything. */
static void sent(struct hsrp_client *h, bool told)
{
	if (h->fd >= 0 && (!told || h->overflowed || !flush(h)))
		disconnect(h);
}

void hsrp_client_interface(struct hsrp_client *h, const char *interface)
{
	if (h->fd >= 0) /* else the connect sends everything */
		sent(h, hsrp_tell_interface(h->tell, interface));
}

void hsrp_client_group(struct hsrp_client *h, const char *interface, uint16_t number)
{
	if (h->fd >= 0)
		sent(h, hsrp_tell_group(h->tell, interface, number));
}

void hsrp_client_chain(struct hsrp_client *h, const char *name)
{
	if (h->fd >= 0)
		sent(h, hsrp_tell_chain(h->tell, name));
}

void hsrp_client_object(struct hsrp_client *h, uint16_t object)
{
	if (h->fd >= 0)
		sent(h, hsrp_tell_object(h->tell, object));
}

void hsrp_client_device(struct hsrp_client *h, const char *device)
{
	if (h->fd >= 0)
		sent(h, device ? hsrp_tell_device(h->tell, device) : hsrp_tell_devices(h->tell));
}

static void answer_question(struct hsrp_client *h, struct question *q, int error)
{
	struct question was = *q;

	q->number = 0;
	if (was.done)
		was.done(was.ctx, error);
	(void)h;
}

static struct question *find_question(struct hsrp_client *h, uint32_t number)
{
	for (size_t k = 0; number && k < QUESTIONS_MAX; k++)
		if (h->questions[k].number == (int)number)
			return &h->questions[k];
	return NULL;
}

/* Role as the engine acts on it: active means confirmed by the kernel and announced (design rule 3). */
static enum hsrp_role role_of(const struct hsrp_status *s)
{
	static const enum hsrp_role roles[HSRP_STATE_COUNT] = {
		[HSRP_DISABLED] = HSRP_ROLE_INIT,
		[HSRP_INITIAL] = HSRP_ROLE_INIT,
		[HSRP_LEARN] = HSRP_ROLE_LEARN,
		[HSRP_LISTEN] = HSRP_ROLE_LISTEN,
		[HSRP_SPEAK] = HSRP_ROLE_SPEAK,
		[HSRP_STANDBY] = HSRP_ROLE_STANDBY,
		[HSRP_ACTIVE] = HSRP_ROLE_STANDBY, /* on its way: not serving yet */
	};

	return s->serving ? HSRP_ROLE_ACTIVE : s->state < HSRP_STATE_COUNT ? roles[s->state] : HSRP_ROLE_NONE;
}

/* By the kernel's word where our own list lags behind: the hsrp process may hear of a new device first. */
static int index_of(const struct hsrp_client *h, const char *device)
{
	const struct link *l = *device ? inventory_link_by_name(h->engine->inventory, device) : NULL;

	return l ? l->ifindex : *device ? (int)if_nametoindex(device) : 0;
}

static void on_group_report(struct hsrp_client *h, const struct hsrp_report *r)
{
	int parent = index_of(h, r->status.device), vmac = index_of(h, r->status.mac_device);
	struct event e = {.kind = EV_HSRP_ROLE};

	if (!parent)
		return; /* the device is gone: the core hears it from the kernel, and a new report comes with a new one */
	e.hsrp.ifindex = parent;
	e.hsrp.group = r->status.group;
	e.hsrp.ipv6 = r->status.family == IP_V6;
	e.hsrp.role = r->phase == HSRP_PHASE_REMOVED ? HSRP_ROLE_NONE : role_of(&r->status);
	e.hsrp.vip = r->status.vip;
	const struct hsrp_peer *peer = r->status.active.local ? &r->status.standby : &r->status.active;
	e.hsrp.own = r->status.own;
	e.hsrp.peer = peer->address;
	e.hsrp.peer_priority = peer->priority;
	e.hsrp.vmac_ifindex = vmac ? vmac : parent;
	e.hsrp.at = r->announced.ns != MONO_NEVER.ns ? r->announced : loop_clock();
	engine_event(h->engine, &e);
}

static void on_message(struct hsrp_client *h, const struct message *m)
{
	struct question *q = find_question(h, m->id);
	struct event up = {.kind = EV_HSRP_UP};

	switch (m->type) {
	case MESSAGE_REPORT: on_group_report(h, &m->report); break;
	case MESSAGE_STATUS:
		if (q && q->each)
			q->each(q->ctx, &m->status);
		break;
	case MESSAGE_NEIGHBOUR:
		if (q && q->each)
			q->neighbour(q->ctx, &m->neighbour);
		break;
	case MESSAGE_STATUS_END:
		if (q)
			answer_question(h, q, 0);
		break;
	case MESSAGE_CONFIG_DONE:
		if (!h->up) {
			h->up = true;
			h->engine->hsrp_known = true;
			engine_event(h->engine, &up);
			engine_check_ready(h->engine);
			if (h->engine->conditions.count)
				conditions_send(h->engine);
			if (h->engine->debug_standby) /* another process: it does not know */
				(void)hsrp_client_command(
					h, MESSAGE_COMMAND_DEBUG, "", h->engine->debug_standby);
		}
		break;
	case MESSAGE_LOG:
		if (m->log.level == LOG_SEV_DEBUG)
			log_line(LOG_SEV_DEBUG, m->log.text);
		else
			log_show(m->log.text);
		break;
	default: break;
	}
}

static void on_socket(void *ctx, uint32_t events)
{
	struct hsrp_client *h = ctx;

	for (int i = 0; events & (EPOLLIN | EPOLLHUP | EPOLLERR) && i < READ_BURST && h->fd >= 0; i++) {
		uint8_t data[MESSAGE_MAX];
		struct message m;
		ssize_t n = recv(h->fd, data, sizeof(data), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0 || message_decode(&m, data, (size_t)n) < 0) {
			disconnect(h);
			return;
		}
		on_message(h, &m);
	}
	sent(h, true);
}

static void try_connect(void *ctx)
{
	struct hsrp_client *h = ctx;
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/hsrp.sock", h->engine->args->run_dir);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		if (fd >= 0)
			close(fd);
		loop_timer_set(h->retry, mono_add_ms(loop_clock(), RECONNECT_MS));
		return;
	}
	h->fd = fd;
	h->watch = loop_watch(h->engine->loop, fd, EPOLLIN, LOOP_FRAMES, on_socket, h);
	if (!h->watch) {
		disconnect(h);
		return;
	}
	sent(h, hsrp_tell_all(h->tell));
}

static void forget_told(struct hsrp_client *h)
{
	hsrp_tell_forget(h->tell);
	h->overflowed = false;
	while (h->queue) {
		struct packet *p = h->queue;

		h->queue = p->next;
		free(p);
	}
	h->queue_end = &h->queue;
	h->queued = 0;
}

static void on_down(struct hsrp_client *h)
{
	struct event down = {.kind = EV_HSRP_DOWN};

	for (size_t k = 0; k < QUESTIONS_MAX; k++)
		if (h->questions[k].number)
			answer_question(h, &h->questions[k], -ECONNRESET);
	if (h->up && !h->engine->stepping)
		engine_event(h->engine, &down);
	h->up = false;
}

static void disconnect(struct hsrp_client *h)
{
	loop_unwatch(h->watch);
	h->watch = NULL;
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
	forget_told(h);
	loop_timer_set(h->retry, mono_add_ms(loop_clock(), RECONNECT_MS));
	on_down(h);
}

int hsrp_client_new(struct engine *e, struct hsrp_client **out)
{
	struct hsrp_client *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	*h = (struct hsrp_client){.engine = e, .fd = -1};
	h->queue_end = &h->queue;
	h->tell = hsrp_tell_new(e, send_packet, h);
	h->retry = loop_timer_new(e->loop, try_connect, h);
	if (!h->tell || !h->retry) {
		loop_timer_free(h->retry);
		hsrp_tell_free(h->tell);
		free(h);
		return -ENOMEM;
	}
	*out = h;
	return 0;
}

void hsrp_client_start(struct hsrp_client *h)
{
	try_connect(h);
}

bool hsrp_client_up(const struct hsrp_client *h)
{
	return h->up;
}

int hsrp_client_status(struct hsrp_client *h, void (*each)(void *ctx, const struct hsrp_status *s),
	void (*neighbour)(void *ctx, const struct hsrp_neighbour *n), void (*done)(void *ctx, int error),
	void *ctx)
{
	struct message m = {.type = MESSAGE_STATUS_REQUEST};
	struct question *q = NULL;

	if (!h->up)
		return -ENOTCONN;
	for (size_t k = 0; !q && k < QUESTIONS_MAX; k++)
		if (!h->questions[k].number)
			q = &h->questions[k];
	if (!q)
		return -EBUSY;
	h->next_id = h->next_id % INT32_MAX + 1;
	m.id = h->next_id;
	m.which.group = -1;
	*q = (struct question){
		.number = (int)m.id, .each = each, .neighbour = neighbour, .done = done, .ctx = ctx};
	send_message(h, &m);
	if (h->fd >= 0)
		(void)loop_watch_events(h->watch, EPOLLIN | EPOLLOUT);
	return (int)m.id;
}

void hsrp_client_forget(struct hsrp_client *h, int number)
{
	struct question *q = number > 0 ? find_question(h, (uint32_t)number) : NULL;

	if (q)
		q->each = NULL, q->done = NULL;
}

int hsrp_client_command(struct hsrp_client *h, enum message_command command, const char *device, int group)
{
	struct message m = {.type = MESSAGE_COMMAND};

	if (!h->up)
		return -ENOTCONN;
	m.command.command = (uint8_t)command;
	str_copy(m.command.which.device, sizeof(m.command.which.device), device);
	m.command.which.group = group;
	send_message(h, &m);
	if (h->fd >= 0)
		(void)loop_watch_events(h->watch, EPOLLIN | EPOLLOUT);
	return 0;
}

void hsrp_client_free(struct hsrp_client *h)
{
	if (!h)
		return;
	loop_unwatch(h->watch);
	if (h->fd >= 0)
		close(h->fd);
	loop_timer_free(h->retry);
	forget_told(h);
	hsrp_tell_free(h->tell);
	free(h);
}
