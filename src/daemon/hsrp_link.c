/* The socket to the engine: see hsrp_link.h. */
#include "daemon/hsrp_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/log.h"

enum { QUEUE_MAX = 16384, RECEIVE_AT_ONCE = 32 };

struct packet {
	struct packet *next;
	size_t len;
	uint8_t bytes[];
};

struct hsrp_link {
	struct loop *loop;
	struct loop_fd *listen_watch, *watch;
	int listen_fd, fd;
	void (*receive)(void *arg, const struct message *m);
	void (*lost)(void *arg);
	void *arg;
	struct packet *first, **last;
	unsigned count;
};

static void disconnect(struct hsrp_link *l)
{
	struct packet *p;

	if (l->fd < 0)
		return;
	loop_unwatch(l->watch);
	close(l->fd);
	l->watch = NULL;
	l->fd = -1;
	while ((p = l->first)) {
		l->first = p->next;
		free(p);
	}
	l->last = &l->first;
	l->count = 0;
	l->lost(l->arg);
}

/* Sends what is queued; false when the connection broke. */
static bool flush(struct hsrp_link *l)
{
	struct packet *p;

	while ((p = l->first)) {
		if (send(l->fd, p->bytes, p->len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			return errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
		if (!(l->first = p->next))
			l->last = &l->first;
		l->count--;
		free(p);
	}
	return true;
}

static void want_events(struct hsrp_link *l)
{
	(void)loop_watch_events(l->watch, l->first ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void on_connection(void *ctx, uint32_t events)
{
	struct hsrp_link *l = ctx;
	uint8_t buf[MESSAGE_MAX];
	struct message m;

	if ((events & EPOLLOUT) && !flush(l)) {
		disconnect(l);
		return;
	}
	for (unsigned n = 0; n < RECEIVE_AT_ONCE && l->fd >= 0; n++) {
		ssize_t got = recv(l->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		int e = got <= 0		    ? -EPIPE
			: (size_t)got > sizeof(buf) ? -EMSGSIZE
						    : message_decode(&m, buf, (size_t)got);
		if (e == 0) {
			l->receive(l->arg, &m);
			continue;
		}
		if (got > 0)
			log_ios("HSRP", LOG_SEV_ERROR, "ENGINE",
				"a message of the engine was not understood (%s)", strerror(-e));
		disconnect(l);
		return;
	}
	if (l->fd >= 0)
		want_events(l);
}

static void on_listen(void *ctx, uint32_t events)
{
	struct hsrp_link *l = ctx;
	int fd = accept4(l->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	disconnect(l);
	l->watch = loop_watch(l->loop, fd, EPOLLIN, LOOP_NORMAL, on_connection, l);
	if (l->watch)
		l->fd = fd;
	else
		close(fd);
}

int hsrp_link_open(struct hsrp_link **out, struct loop *loop, int listen_fd,
	void (*receive)(void *arg, const struct message *m), void (*lost)(void *arg), void *arg)
{
	struct hsrp_link *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	*l = (struct hsrp_link){
		.loop = loop, .listen_fd = listen_fd, .fd = -1, .receive = receive, .lost = lost, .arg = arg};
	l->last = &l->first;
	l->listen_watch = loop_watch(loop, listen_fd, EPOLLIN, LOOP_NORMAL, on_listen, l);
	if (!l->listen_watch) {
		int e = errno ? -errno : -ENOMEM;
		free(l);
		return e;
	}
	*out = l;
	return 0;
}

void hsrp_link_close(struct hsrp_link *l)
{
	if (l->fd >= 0)
		(void)flush(l);
	disconnect(l);
	loop_unwatch(l->listen_watch);
	free(l);
}

bool hsrp_link_connected(const struct hsrp_link *l)
{
	return l->fd >= 0;
}

void hsrp_link_send(struct hsrp_link *l, const struct message *m)
{
	uint8_t buf[MESSAGE_MAX];

	if (l->fd < 0)
		return;
	int n = message_encode(m, buf, sizeof(buf));
	struct packet *p = n > 0 && l->count < QUEUE_MAX ? malloc(sizeof(*p) + (size_t)n) : NULL;
	if (!p) {
		disconnect(l); /* it cannot be told everything: it is told all of it again */
		return;
	}
	*p = (struct packet){.len = (size_t)n};
	memcpy(p->bytes, buf, (size_t)n);
	*l->last = p;
	l->last = &p->next;
	l->count++;
	if (!flush(l))
		disconnect(l);
	else
		want_events(l);
}
