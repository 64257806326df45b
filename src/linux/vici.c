#include "linux/vici.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>
#include <unistd.h>

enum {
	READ_CHUNK = 64 * 1024, /* read and handled in one go: bounds the time away from the loop */
	HEADER_LEN = 4,
	DEFAULT_ACCURACY_US = 1, /* 0 would mean 250 ms */
};

struct command {
	struct command *next;
	uint8_t *segment; /* length, packet type, name, message: as it goes out */
	size_t len;
	unsigned deadline_ms;
	vici_item_handler item;
	vici_reply done;
	void *user;
};

/* One of the two connections. */
struct link {
	struct vici *owner;
	int fd;
	sd_event_source *io;
	const char *const *events; /* those registered on this connection */
	size_t registered;
	bool ready;
	uint8_t *in;
	size_t in_len, in_cap;
	uint8_t *out;
	size_t out_len, out_sent;
};

struct vici {
	sd_event *loop;
	struct sockaddr_un address;
	struct vici_handlers handlers;
	struct link events, commands;
	struct command *first, **last; /* `first` is under way when `busy` */
	size_t queued;
	bool busy, up, freeing;
	sd_event_source *retry, *deadline;
	unsigned retry_ms;
};

/* What a command may stream; registered for good on the command connection, charon sends these to the asker only. */
static const char *const streams[] = {"list-sa", "list-conn", "list-policy", NULL};

/* ---- sending ---- */

static void segment_free(uint8_t *segment, size_t len)
{
	if (segment)
		explicit_bzero(segment, len);
	free(segment);
}

/* A whole segment in memory of its own, or NULL on exhaustion. */
static uint8_t *segment_make(
	enum vici_packet type, const char *name, const void *body, size_t len, size_t *total)
{
	size_t name_len = strlen(name);
	size_t size = HEADER_LEN + 2 + name_len + len;
	uint8_t *segment = malloc(size);

	if (!segment)
		return NULL;
	struct writer w = writer_make(segment, size);
	write_u32(&w, (uint32_t)(size - HEADER_LEN));
	write_u8(&w, (uint8_t)type);
	write_u8(&w, (uint8_t)name_len);
	write_bytes(&w, name, name_len);
	if (len)
		write_bytes(&w, body, len);
	*total = size;
	return segment;
}

static int want(struct link *l, uint32_t what)
{
	int error = sd_event_source_set_io_events(l->io, what);

	return error < 0 ? error : 0;
}

static int flush(struct link *l)
{
	while (l->out_sent < l->out_len) {
		ssize_t n = send(l->fd, l->out + l->out_sent, l->out_len - l->out_sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return want(l, EPOLLIN | EPOLLOUT);
		if (n < 0)
			return -errno;
		l->out_sent += (size_t)n;
	}
	if (l->out) {
		segment_free(l->out, l->out_len);
		l->out = NULL;
		l->out_len = l->out_sent = 0;
		return want(l, EPOLLIN);
	}
	return 0;
}

/* Takes the segment over. Nothing else may be under way: the protocol is strictly ask and answer. */
static int send_segment(struct link *l, uint8_t *segment, size_t len)
{
	if (!segment)
		return -ENOMEM;
	l->out = segment;
	l->out_len = len;
	l->out_sent = 0;
	return flush(l);
}

static int register_next(struct link *l)
{
	size_t len = 0;
	uint8_t *segment = segment_make(VICI_EVENT_REGISTER, l->events[l->registered], NULL, 0, &len);

	return send_segment(l, segment, len);
}

/* ---- commands ---- */

static void command_answer(struct command *c, int error, const void *body, size_t len)
{
	if (c->done)
		c->done(c->user, error, body, len);
	segment_free(c->segment, c->len);
	free(c);
}

static struct command *dequeue(struct vici *v)
{
	struct command *c = v->first;

	v->first = c->next;
	if (!v->first)
		v->last = &v->first;
	v->queued--;
	return c;
}

static void start_deadline(struct vici *v, unsigned ms)
{
	sd_event_source_set_time_relative(v->deadline, ms * UINT64_C(1000));
	sd_event_source_set_enabled(v->deadline, SD_EVENT_ONESHOT);
}

static void stop_deadline(struct vici *v)
{
	if (v->deadline)
		sd_event_source_set_enabled(v->deadline, SD_EVENT_OFF);
}

static void link_close(struct link *l)
{
	l->io = sd_event_source_disable_unref(l->io);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	segment_free(l->out, l->out_len);
	free(l->in);
	l->in = l->out = NULL;
	l->in_len = l->in_cap = l->out_len = l->out_sent = l->registered = 0;
	l->ready = false;
}

/* Loses both connections, answers what is queued, and plans the next attempt. */
static void fail(struct vici *v, int error)
{
	bool was_up = v->up;

	link_close(&v->events);
	link_close(&v->commands);
	v->up = v->busy = false;
	stop_deadline(v);

	/* What the answers queue meanwhile is refused: we are down. */
	while (v->first)
		command_answer(dequeue(v), error, NULL, 0);
	if (v->freeing)
		return;
	sd_event_source_set_time_relative(v->retry, v->retry_ms * UINT64_C(1000));
	sd_event_source_set_enabled(v->retry, SD_EVENT_ONESHOT);
	v->retry_ms = v->retry_ms * 2 < VICI_RETRY_MAX_MS ? v->retry_ms * 2 : VICI_RETRY_MAX_MS;
	if (was_up && v->handlers.down)
		v->handlers.down(v->handlers.user, error);
}

static int send_next(struct vici *v)
{
	struct command *c = v->first;

	if (!v->up || v->busy || !c)
		return 0;
	v->busy = true;
	start_deadline(v, c->deadline_ms);

	uint8_t *segment = c->segment;
	c->segment = NULL;
	return send_segment(&v->commands, segment, c->len);
}

int vici_command(struct vici *v, const char *name, struct vici_message *args, unsigned deadline_ms,
	vici_item_handler item, vici_reply done, void *user)
{
	int error = args ? vici_message_done(args) : 0;
	struct command *c = NULL;

	if (!error && !v->up)
		error = -ENOTCONN;
	if (!error && v->queued >= VICI_QUEUE_MAX)
		error = -ENOBUFS;
	if (!error) {
		c = calloc(1, sizeof(*c));
		error = c ? 0 : -ENOMEM;
	}
	if (!error) {
		*c = (struct command){.deadline_ms = deadline_ms, .item = item, .done = done, .user = user};
		c->segment = segment_make(
			VICI_CMD_REQUEST, name, args ? args->data : NULL, args ? args->len : 0, &c->len);
		if (!c->segment) {
			free(c);
			error = -ENOMEM;
		}
	}
	if (args)
		vici_message_free(args);
	if (error)
		return error;

	*v->last = c;
	v->last = &c->next;
	v->queued++;
	/* The first of a burst is sent from the loop, too: then an error cannot call back into our caller. */
	if (!v->busy)
		(void)want(&v->commands, EPOLLIN | EPOLLOUT);
	return 0;
}

/* ---- receiving ---- */

static int link_confirmed(struct link *l, bool known)
{
	struct vici *v = l->owner;

	if (l->ready)
		return -EPROTO;
	if (!known) /* a charon without this event: useless to us */
		return -ENOTSUP;
	if (l->events[++l->registered])
		return register_next(l);
	l->ready = true;
	if (!v->events.ready || !v->commands.ready)
		return 0;
	stop_deadline(v);
	v->up = true;
	v->retry_ms = VICI_RETRY_MIN_MS;
	if (v->handlers.up)
		v->handlers.up(v->handlers.user);
	return 0;
}

static int answered(struct vici *v, int error, const struct vici_frame *f)
{
	if (!v->busy)
		return -EPROTO;
	v->busy = false;
	stop_deadline(v);
	command_answer(dequeue(v), error, f->body, f->len);
	return v->up ? send_next(v) : 0;
}

static int handle(struct link *l, const void *segment, size_t len)
{
	struct vici *v = l->owner;
	struct vici_frame f;

	if (!vici_frame_parse(segment, len, &f))
		return -EPROTO;
	switch (f.type) {
	case VICI_EVENT_CONFIRM:
	case VICI_EVENT_UNKNOWN: return link_confirmed(l, f.type == VICI_EVENT_CONFIRM);
	case VICI_CMD_RESPONSE: return answered(v, 0, &f);
	case VICI_CMD_UNKNOWN: return answered(v, -ENOTSUP, &f);
	case VICI_EVENT:
		if (l == &v->events && v->handlers.event)
			v->handlers.event(v->handlers.user, f.name, f.body, f.len);
		if (l == &v->commands && v->busy && v->first->item)
			v->first->item(v->first->user, f.body, f.len);
		return 0;
	default: return -EPROTO;
	}
}

/* Handles the whole segments at the start of the input and keeps the rest. */
static int handle_input(struct link *l)
{
	size_t at = 0;

	while (l->in_len - at >= HEADER_LEN) {
		struct reader r = reader_make(l->in + at, HEADER_LEN);
		size_t len = read_u32(&r);
		if (len == 0 || len > VICI_SEGMENT_MAX)
			return -EPROTO;
		if (l->in_len - at - HEADER_LEN < len)
			break;
		int error = handle(l, l->in + at + HEADER_LEN, len);
		if (error)
			return error;
		at += HEADER_LEN + len;
	}
	memmove(l->in, l->in + at, l->in_len - at);
	l->in_len -= at;
	return 0;
}

static int receive(struct link *l)
{
	if (l->in_cap - l->in_len < READ_CHUNK) {
		size_t cap = l->in_len + READ_CHUNK; /* bounded: at most one unfinished segment and a chunk */
		uint8_t *in = realloc(l->in, cap);
		if (!in)
			return -ENOMEM;
		l->in = in;
		l->in_cap = cap;
	}
	ssize_t n = recv(l->fd, l->in + l->in_len, READ_CHUNK, 0);
	if (n == 0)
		return -ECONNRESET;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	l->in_len += (size_t)n;
	return handle_input(l);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct link *l = user;
	struct vici *v = l->owner;
	int error = 0;

	(void)source;
	(void)fd;
	if (revents & EPOLLOUT) {
		error = flush(l);
		if (!error && l == &v->commands && !l->out) {
			error = want(l, EPOLLIN);
			if (!error)
				error = send_next(v);
		}
	}
	if (!error && revents & (EPOLLIN | EPOLLHUP | EPOLLERR))
		error = receive(l);
	if (error < 0)
		fail(v, error);
	return 0;
}

/* ---- connecting ---- */

static int link_open(struct link *l)
{
	struct vici *v = l->owner;

	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return -errno;
	/* A unix socket connects at once or not: EAGAIN means that charon's backlog is full. */
	if (connect(l->fd, (const struct sockaddr *)&v->address, sizeof(v->address)) < 0)
		return -errno;
	int error = sd_event_add_io(v->loop, &l->io, l->fd, EPOLLIN, on_io, l);
	return error < 0 ? error : register_next(l);
}

static int on_retry(sd_event_source *source, uint64_t now, void *user)
{
	struct vici *v = user;
	int error = link_open(&v->events);

	(void)source;
	(void)now;
	if (error >= 0)
		error = link_open(&v->commands);
	if (error < 0)
		fail(v, error);
	else
		start_deadline(v, VICI_DEADLINE_MS); /* for the registrations */
	return 0;
}

static int on_deadline(sd_event_source *source, uint64_t now, void *user)
{
	(void)source;
	(void)now;
	/* A late answer could not be told from the next one's: the connection is spent. */
	fail(user, -ETIMEDOUT);
	return 0;
}

int vici_new(struct vici **out, sd_event *loop, const char *path, const char *const *events,
	const struct vici_handlers *handlers)
{
	struct vici *v = calloc(1, sizeof(*v));
	int error = 0;

	if (!v)
		return -ENOMEM;
	*v = (struct vici){.loop = sd_event_ref(loop), .handlers = *handlers, .retry_ms = VICI_RETRY_MIN_MS};
	v->last = &v->first;
	v->events = (struct link){.owner = v, .fd = -1, .events = events};
	v->commands = (struct link){.owner = v, .fd = -1, .events = streams};
	v->address.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(v->address.sun_path))
		error = -ENAMETOOLONG;
	else
		memcpy(v->address.sun_path, path, strlen(path));
	if (error >= 0)
		error = sd_event_add_time_relative(
			loop, &v->retry, CLOCK_BOOTTIME, 0, DEFAULT_ACCURACY_US, on_retry, v);
	if (error >= 0)
		error = sd_event_add_time(
			loop, &v->deadline, CLOCK_BOOTTIME, 0, DEFAULT_ACCURACY_US, on_deadline, v);
	if (error < 0) {
		vici_free(v);
		return error;
	}
	stop_deadline(v);
	*out = v;
	return 0;
}

void vici_free(struct vici *v)
{
	if (!v)
		return;
	v->freeing = true;
	fail(v, -ECANCELED);
	sd_event_source_disable_unref(v->retry);
	sd_event_source_disable_unref(v->deadline);
	sd_event_unref(v->loop);
	free(v);
}

bool vici_is_up(const struct vici *v)
{
	return v->up;
}

int vici_peer(const struct vici *v)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (!v->up || getsockopt(v->events.fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return 0;
	return peer.pid;
}

size_t vici_queued(const struct vici *v)
{
	return v->queued;
}
