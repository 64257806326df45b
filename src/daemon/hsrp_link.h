/*
 * The hsrp process's end of the socket to the engine (messages.h).
 *
 * Owns:  the listening socket's accepted connection (a new one replaces the old), the bounded queue of what is to be sent.
 * Never: blocks, interprets a message. An engine that does not read loses its connection: after the next connect it is told
 *        everything again.
 */
#ifndef DAEMON_HSRP_LINK_H
#define DAEMON_HSRP_LINK_H

#include "daemon/loop.h"
#include "daemon/messages.h"

struct hsrp_link;

/* Accepts on `listen_fd`; `receive` is called for every message, `lost` when a connection ended. 0 or -errno. */
int hsrp_link_open(struct hsrp_link **out, struct loop *loop, int listen_fd,
	void (*receive)(void *arg, const struct message *m), void (*lost)(void *arg), void *arg);
void hsrp_link_close(struct hsrp_link *l); /* what is queued is sent if it can be without waiting */
bool hsrp_link_connected(const struct hsrp_link *l);
void hsrp_link_send(struct hsrp_link *l, const struct message *m); /* nothing without a connection */

#endif
