/* The engine's end of the control protocol: see control.h. */
#include "daemon/control.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/loop.h"

enum {
	CONTROL_SESSIONS_MAX = 64, /* at once; further shells are told so */
	CONTROL_INPUT_MAX = CONTROL_HEADER + CONTROL_LINE_MAX,
	GROUPS_MAX = 256,
};

struct control_session {
	struct control *control;
	struct control_session *next, **link;
	int fd;
	struct loop_fd *watch;
	int privilege; /* -1: may do nothing */
	bool greeted, busy, closing, behind;
	void *session; /* the engine's; NULL before HELLO */
	uint8_t in[CONTROL_INPUT_MAX];
	size_t in_len;
	struct text out;
	size_t out_sent;
};

struct control {
	struct loop *loop;
	int fd;
	struct loop_fd *watch;
	const struct control_ops *ops;
	void *ctx;
	struct control_session *sessions;
	unsigned count;
};

/* Root, or by the groups that the peer's process has; the names are looked up anew, groups come with the package. */
static int privilege_of(int fd, const struct ucred *peer)
{
	static const struct {
		const char *name;
		int privilege;
	} grants[] = {{"hotswan", 1}, {"hotswan-admin", 15}};
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups) - sizeof(*groups);
	int best = -1;
	size_t n;

	if (peer->uid == 0)
		return 15;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		len = 0;
	n = len / sizeof(*groups);
	groups[n++] = peer->gid;
	for (size_t i = 0; i < sizeof(grants) / sizeof(*grants); i++) {
		const struct group *g = getgrnam(grants[i].name);

		for (size_t k = 0; g && k < n; k++)
			if (groups[k] == g->gr_gid && grants[i].privilege > best)
				best = grants[i].privilege;
	}
	return best;
}

static void hang_up(struct control_session *cs)
{
	struct control *c = cs->control;

	if (cs->session)
		c->ops->close(c->ctx, cs->session);
	loop_unwatch(cs->watch);
	close(cs->fd);
	*cs->link = cs->next;
	if (cs->next)
		cs->next->link = cs->link;
	c->count--;
	text_free(&cs->out);
	free(cs);
}

static void update_interest(struct control_session *cs)
{
	uint32_t events = 0;

	if (cs->in_len < sizeof(cs->in) && !cs->closing)
		events |= EPOLLIN;
	if (cs->out.len > cs->out_sent || cs->closing)
		events |= EPOLLOUT;
	(void)loop_watch_events(cs->watch, events);
}

/* Writes what the socket takes; false when the peer is gone. */
static bool flush(struct control_session *cs)
{
	while (cs->out_sent < cs->out.len) {
		ssize_t n = send(cs->fd, cs->out.s + cs->out_sent, cs->out.len - cs->out_sent,
			MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		cs->out_sent += (size_t)n;
	}
	text_clear(&cs->out);
	cs->out_sent = 0;
	return true;
}

static void put_frame(struct control_session *cs, enum control_type type, const void *body, size_t len)
{
	uint8_t header[CONTROL_HEADER];

	if (control_backlog(cs) + len > CONTROL_OUTPUT_MAX) {
		cs->closing = true; /* it has not read for a very long time */
		return;
	}
	control_header(header, type, len);
	text_add_n(&cs->out, (const char *)header, sizeof(header));
	text_add_n(&cs->out, body, len);
	if (cs->out.oom)
		cs->closing = true;
}

size_t control_backlog(const struct control_session *cs)
{
	return cs->out.len - cs->out_sent;
}

void control_output(struct control_session *cs, const char *text, size_t len)
{
	while (len) {
		size_t n = len < CONTROL_BODY_MAX ? len : CONTROL_BODY_MAX;

		put_frame(cs, CONTROL_OUTPUT, text, n);
		text += n;
		len -= n;
	}
	update_interest(cs);
}

void control_typed(struct control_session *cs, const char *line)
{
	put_frame(cs, CONTROL_TYPED, line, strlen(line));
	update_interest(cs);
}

void control_done(struct control_session *cs, enum control_status status, unsigned flags, unsigned page,
	const char *prompt)
{
	struct control_done d = {.status = (uint8_t)status, .flags = (uint8_t)flags, .page = (uint16_t)page};
	uint8_t body[sizeof(d)];

	str_copy(d.prompt, sizeof(d.prompt), prompt);
	put_frame(cs, CONTROL_DONE, body, control_put_done(body, sizeof(body), &d));
	cs->busy = false;
	if (flags & CONTROL_CLOSE)
		cs->closing = true;
	update_interest(cs);
}

static void refuse(struct control_session *cs, const char *why)
{
	put_frame(cs, CONTROL_REFUSED, why, strlen(why));
	cs->closing = true;
	update_interest(cs);
}

static void on_hello(struct control_session *cs, const uint8_t *body, size_t len)
{
	struct control *c = cs->control;
	struct control_hello hello;
	const char *why = "the session cannot be opened";

	if (!control_get_hello(body, len, &hello) || hello.version != CONTROL_VERSION) {
		refuse(cs, "this shell and the running hotswand are of different versions: restart hotswand");
		return;
	}
	if (c->count > CONTROL_SESSIONS_MAX) {
		refuse(cs, "too many sessions are open");
		return;
	}
	cs->greeted = cs->busy = true;
	cs->session = c->ops->open(c->ctx, cs, &hello, cs->privilege, &why);
	if (!cs->session)
		refuse(cs, why);
}

/* One frame of the shell. */
static void on_frame(struct control_session *cs, uint8_t type, const uint8_t *body, size_t len)
{
	struct control *c = cs->control;
	char line[CONTROL_LINE_MAX + 1];

	if (!cs->greeted) {
		if (type == CONTROL_HELLO)
			on_hello(cs, body, len);
		else
			cs->closing = true;
		return;
	}
	if (type == CONTROL_HELLO || type > CONTROL_BREAK || len > CONTROL_LINE_MAX || memchr(body, 0, len)) {
		cs->closing = true;
		return;
	}
	memcpy(line, body, len);
	line[len] = 0;
	cs->busy = true;
	c->ops->request(c->ctx, cs->session, type, line);
}

/* Takes frames from the input until one runs. A BREAK overtakes what runs. */
static void serve(struct control_session *cs)
{
	while (!cs->closing) {
		const uint8_t *body;
		size_t body_len;
		uint8_t type;
		int n = control_frame(cs->in, cs->in_len, &type, &body, &body_len);

		if (n < 0 || (n == 0 && cs->in_len == sizeof(cs->in)))
			cs->closing = true;
		if (n <= 0)
			return;
		if (cs->busy && type != CONTROL_BREAK)
			return;
		if (cs->busy)
			cs->control->ops->interrupt(cs->control->ctx, cs->session);
		else if (type != CONTROL_BREAK ||
			body_len == 0) /* else it came too late: what it meant is done */
			on_frame(cs, type, body, body_len);
		cs->in_len -= (size_t)n;
		memmove(cs->in, cs->in + n, cs->in_len);
	}
}

static void on_session(void *ctx, uint32_t events)
{
	struct control_session *cs = ctx;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		ssize_t n = recv(cs->fd, cs->in + cs->in_len, sizeof(cs->in) - cs->in_len, MSG_DONTWAIT);

		/* A full buffer reads 0 bytes, too, but then EPOLLIN is not asked for. */
		if ((n == 0 && cs->in_len < sizeof(cs->in)) || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			hang_up(cs);
			return;
		}
		if (n > 0)
			cs->in_len += (size_t)n;
	}
	serve(cs);
	if (control_backlog(cs) > CONTROL_BACKLOG)
		cs->behind = true;
	if (!flush(cs) || (cs->closing && !control_backlog(cs))) {
		hang_up(cs);
		return;
	}
	if (cs->behind && control_backlog(cs) <= CONTROL_BACKLOG) {
		cs->behind = false;
		cs->control->ops->drained(cs->control->ctx, cs->session);
	}
	/* A DONE that went out just now may have made room for a line that was typed ahead. */
	update_interest(cs);
}

static void on_connect(void *ctx, uint32_t events)
{
	struct control *c = ctx;
	struct control_session *cs;
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	cs = calloc(1, sizeof(*cs));
	if (!cs || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0) {
		free(cs);
		close(fd);
		return;
	}
	cs->control = c;
	cs->fd = fd;
	cs->privilege = privilege_of(fd, &peer);
	cs->watch = loop_watch(c->loop, fd, EPOLLIN, LOOP_SESSIONS, on_session, cs);
	if (!cs->watch) {
		free(cs);
		close(fd);
		return;
	}
	cs->next = c->sessions;
	cs->link = &c->sessions;
	if (cs->next)
		cs->next->link = &cs->next;
	c->sessions = cs;
	c->count++;
	/* Who may do nothing does not wait among those who may: he could keep them out. */
	if (cs->privilege < 0) {
		refuse(cs, "you are neither root nor in the group hotswan or hotswan-admin");
		(void)flush(cs);
		hang_up(cs);
	}
}

int control_start(struct loop *loop, int fd, const struct control_ops *ops, void *ctx, struct control **out)
{
	struct control *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	*c = (struct control){.loop = loop, .fd = fd, .ops = ops, .ctx = ctx};
	c->watch = loop_watch(loop, fd, 0, LOOP_SESSIONS, on_connect, c);
	if (!c->watch) {
		int r = -errno;

		free(c);
		return r;
	}
	*out = c;
	return 0;
}

void control_accept(struct control *c, bool accept)
{
	(void)loop_watch_events(c->watch, accept ? EPOLLIN : 0);
}

void control_stop(struct control *c)
{
	if (!c)
		return;
	while (c->sessions) {
		(void)flush(c->sessions); /* the last words: what the socket takes now */
		hang_up(c->sessions);
	}
	loop_unwatch(c->watch);
	free(c);
}
