/*
 * Packets that the kernel tells of (linux/nflog.h): what came in without IPsec goes to the log, what asks for an SA to the
 * core (EV_DEMAND).
 *
 * Owns:  the watch of that socket, and when the core is told that nobody listens (EV_DEMAND_HEARD).
 * Never: limits anything: the rules that log do.
 */
#ifndef DAEMON_TOLD_H
#define DAEMON_TOLD_H

struct engine;

void told_start(struct engine *e); /* without it packets are dropped and counted all the same */
void told_stop(struct engine *e);

#endif
