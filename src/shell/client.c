/* The shell's end of the control protocol: see client.h. */
#include "shell/client.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

int client_connect(struct client *c, const char *run_dir)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	c->in_len = 0;
	c->fd = -1;
	if (snprintf(a.sun_path, sizeof(a.sun_path), "%s/cli.sock", run_dir) >= (int)sizeof(a.sun_path))
		return -ENAMETOOLONG;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -errno;
	return connect(c->fd, (struct sockaddr *)&a, sizeof(a)) < 0 ? -errno : 0;
}

static int send_all(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -EPIPE;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int client_send(struct client *c, enum control_type type, const void *body, size_t len)
{
	uint8_t header[CONTROL_HEADER];
	int r;

	control_header(header, type, len);
	r = send_all(c->fd, header, sizeof(header));
	return r < 0 ? r : send_all(c->fd, body, len);
}

int client_hello(struct client *c, enum control_kind kind, unsigned rows, unsigned columns)
{
	struct control_hello h = {.version = CONTROL_VERSION,
		.kind = (uint8_t)kind,
		.rows = (uint16_t)rows,
		.columns = (uint16_t)columns};
	const struct passwd *pw = getpwuid(getuid());
	uint8_t body[sizeof(h)];

	if (pw)
		str_copy(h.login, sizeof(h.login), pw->pw_name);
	return client_send(c, CONTROL_HELLO, body, control_put_hello(body, sizeof(body), &h));
}

int client_receive(struct client *c, bool wait)
{
	ssize_t n = recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, wait ? 0 : MSG_DONTWAIT);

	if (n > 0)
		c->in_len += (size_t)n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	return n <= 0 ? -EPIPE : 0;
}

int client_frame(struct client *c, uint8_t *type, const uint8_t **body, size_t *len)
{
	int n = control_frame(c->in, c->in_len, type, body, len);

	return n < 0 ? -EBADMSG : n > 0;
}

void client_consume(struct client *c)
{
	const uint8_t *body;
	size_t len;
	uint8_t type;
	int n = control_frame(c->in, c->in_len, &type, &body, &len);

	if (n <= 0)
		return;
	c->in_len -= (size_t)n;
	memmove(c->in, c->in + n, c->in_len);
}

void client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}
