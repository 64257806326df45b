/*
 * The kernel's IPv6 settings that the configuration asks for: `ipv6 unicast-routing`, `ipv6 enable`.
 *
 * Owns:  net.ipv6.conf.all.forwarding and the devices' disable_ipv6, by the engine's record (D14).
 * Never: an address: the core reconciles those.
 */
#ifndef DAEMON_IPV6_H
#define DAEMON_IPV6_H

#include "daemon/engine_state.h"

/* The configuration of interfaces changed, or a device appeared: settings are made, or put back when nothing asks for them. */
void ipv6_settings(struct engine *e);

#endif
