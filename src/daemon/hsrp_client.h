/*
 * The engine's end of the socket to the hsrp process (daemon/messages.h).
 *
 * Owns:  the connection, questions under way; what to send on it is hsrp_tell.h's.
 * Never: decides a role. Reports come out as EV_HSRP_ROLE, the first complete exchange as EV_HSRP_UP.
 *
 * A new connection gets the whole configuration between BEGIN and END, then the reports of all groups come, then
 * CONFIG_DONE: EV_HSRP_UP means that all roles are known.
 */
#ifndef DAEMON_HSRP_CLIENT_H
#define DAEMON_HSRP_CLIENT_H

#include "daemon/engine_state.h"
#include "daemon/messages.h"

struct hsrp_client;

int hsrp_client_new(struct engine *e, struct hsrp_client **out); /* -errno */
void hsrp_client_free(struct hsrp_client *h);
void hsrp_client_start(struct hsrp_client *h); /* the configuration is loaded: connect */
bool hsrp_client_up(const struct hsrp_client *h);

/* Something of the configuration changed, or a state that groups follow: sends what differs. */
void hsrp_client_interface(struct hsrp_client *h, const char *interface); /* and all its groups */
void hsrp_client_group(struct hsrp_client *h, const char *interface, uint16_t number);
void hsrp_client_chain(struct hsrp_client *h, const char *name);
void hsrp_client_object(struct hsrp_client *h, uint16_t object);
/* A device came, went, or changed its state; NULL: any. */
void hsrp_client_device(struct hsrp_client *h, const char *device);

/* All groups' status: `each` a group, `neighbour` another router, then `done` with 0 or -errno. -ENOTCONN when the process is away. The question
 * number is for hsrp_client_forget(), after which neither is called. */
int hsrp_client_status(struct hsrp_client *h, void (*each)(void *ctx, const struct hsrp_status *s),
	void (*neighbour)(void *ctx, const struct hsrp_neighbour *n), void (*done)(void *ctx, int error),
	void *ctx);
void hsrp_client_forget(struct hsrp_client *h, int number);
/* -ENOTCONN when the process is away. `device` "" and group -1 mean all. */
int hsrp_client_command(struct hsrp_client *h, enum message_command command, const char *device, int group);

#endif
