/*
 * Listening for ESP on behalf of the core (EF_LISTEN, EV_ESP): see core/orphans.c for what it is good for.
 *
 * Owns:  the listeners, one a crypto interface, and their pace: a batch, then a pause, so that a flood of packets costs no
 *        more than PACE says. What was heard is told at once as early, and once more after a moment: by then
 *        charon has told of the SA, if there is one.
 * Never: looks into a packet (linux/esp_ear.h does).
 */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include "core/effect.h"

struct engine;

void listen_to(struct engine *e, const struct effect *f); /* EF_LISTEN */
void listen_stop(struct engine *e);			  /* all of them */

#endif
