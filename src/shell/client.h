/*
 * The shell's end of the control protocol (daemon/control.h).
 *
 * Owns:  the connection. Sending waits until the engine has taken the bytes (a line is short).
 */
#ifndef SHELL_CLIENT_H
#define SHELL_CLIENT_H

#include "daemon/control.h"

struct client {
	int fd;
	uint8_t in[CONTROL_HEADER + CONTROL_BODY_MAX];
	size_t in_len;
};

int client_connect(struct client *c, const char *run_dir); /* 0, -errno */
int client_send(struct client *c, enum control_type type, const void *body, size_t len);
int client_hello(struct client *c, enum control_kind kind, unsigned rows, unsigned columns);
/* Reads what there is: 0, -EAGAIN when nothing is, -EPIPE when the engine is gone. */
int client_receive(struct client *c, bool wait);
/* The next frame received so far: 1, 0 when none is complete, -EBADMSG. Valid until client_consume(). */
int client_frame(struct client *c, uint8_t *type, const uint8_t **body, size_t *len);
void client_consume(struct client *c);
void client_close(struct client *c);

#endif
