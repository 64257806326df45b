/*
 * A key chain of the configuration as the HSRP core takes it.
 *
 * Owns:  nothing. Moments in the local time zone are converted by the zone of the box (TZ, /etc/localtime).
 * Never: keeps a key; logs one.
 */
#ifndef DAEMON_HSRP_CHAIN_H
#define DAEMON_HSRP_CHAIN_H

#include "hsrp/hsrp.h"
#include "model/model.h"

/* The part that begins with key number `first`. Without such a chain, or without a key in it: count 0. */
void hsrp_chain_fill(const struct model *m, const char *name, unsigned first, struct hsrp_chain_config *out);

#endif
