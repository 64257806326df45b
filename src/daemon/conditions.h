/*
 * `debug condition`: interfaces and standby groups that `debug standby` is limited to.
 *
 * Owns:  the list; it is the engine's and goes with it.
 * Never: filters: the hsrp process does, which would otherwise make the lines for nothing.
 */
#ifndef DAEMON_CONDITIONS_H
#define DAEMON_CONDITIONS_H

#include "hsrp/hsrp.h"
#include "model/model.h"

struct engine;
struct session;

struct conditions {
	unsigned count;
	struct condition {
		unsigned number; /* from 1, by which it is removed */
		char interface[INTERFACE_NAME_MAX];
		int group; /* negative: the interface with all of them */
	} list[HSRP_CONDITIONS_MAX];
};

/* Tells the hsrp process all of them: after a change, when it is another process, when a name may mean another device. */
void conditions_send(struct engine *e);

/* Actions of a session. */
void conditions_change(struct session *s);
void conditions_show(struct session *s);

#endif
