/*
 * What the hsrp process is told of the configuration: differences to what it was told before.
 *
 * Owns:  a digest of the last message about each interface, group and key chain; who watches which interface, tracked
 *        object and group name.
 * Never: a socket: encoded messages go out through a function, which must not come back here.
 *
 * A change costs what it concerns, however many groups there are beside. False: out of memory, what was told is not known
 * any more; hsrp_tell_forget() and hsrp_tell_all() make it good.
 */
#ifndef DAEMON_HSRP_TELL_H
#define DAEMON_HSRP_TELL_H

#include "daemon/engine_state.h"
#include "daemon/messages.h"

struct hsrp_tell;
typedef void (*hsrp_tell_send)(void *ctx, const uint8_t *bytes, size_t len);

struct hsrp_tell *hsrp_tell_new(
	const struct engine *e, hsrp_tell_send send, void *ctx); /* NULL on exhaustion */
void hsrp_tell_free(struct hsrp_tell *t);
void hsrp_tell_forget(struct hsrp_tell *t); /* another process, which knows nothing */

bool hsrp_tell_all(struct hsrp_tell *t);
bool hsrp_tell_interface(struct hsrp_tell *t, const char *interface); /* and all its groups */
bool hsrp_tell_group(struct hsrp_tell *t, const char *interface, uint16_t number);
bool hsrp_tell_chain(struct hsrp_tell *t, const char *name);	/* its keys changed */
bool hsrp_tell_object(struct hsrp_tell *t, uint16_t object);	/* groups that track it: its state changed */
bool hsrp_tell_device(struct hsrp_tell *t, const char *device); /* likewise for interfaces on it */
bool hsrp_tell_devices(struct hsrp_tell *t);			/* … on any */

/* hsrp_fill.c: the messages. */
void hsrp_fill_interface(
	const struct engine *e, const struct interface_cfg *i, struct hsrp_interface_config *out);
void hsrp_fill_group(const struct engine *e, const struct interface_cfg *i, const struct standby_group *g,
	enum ip_family family, struct hsrp_group_config *out);
/* The group that this one follows or is paired with, by name; "": none. */
const char *hsrp_fill_partner(
	const struct engine *e, const struct interface_cfg *i, const struct standby_group *g);

#endif
