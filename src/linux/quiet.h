/*
 * The nft table "inet hotswan-hsrp": no IGMP and no MLD leaves by a macvlan of ours. A report from a virtual MAC tells the
 * switches that the active router is here; the kernel sends them at each renewal of an IPv6 address, when one's lifetime
 * ends, when it is asked, and when any program joins a group on the macvlan.
 *
 * And no IPv6 multicast comes in there but to solicited-node addresses. The kernel copies a frame for all nodes to every
 * macvlan and looks for a route of each copy among the multicast routes of all of them, and each macvlan that hears a router
 * solicitation makes a neighbour of the host: both are to be had on the device.
 *
 * Owns:  that table, which knows our macvlans by their link group (vmac.h), and a socket that is told of changed rules.
 * Never: removes it by itself: it outlives the process, as the addresses and their lifetimes do.
 *
 * quiet_fd and quiet_losses may be used by another thread than the rest.
 */
#ifndef LINUX_QUIET_H
#define LINUX_QUIET_H

#include <stdbool.h>

struct quiet;

int quiet_open(struct quiet **out); /* 0 or -errno */
void quiet_close(struct quiet *q);  /* the table stays; NULL is fine */
int quiet_fd(const struct quiet *q);
/* After readability: 1 when the table may not be whole any more, 0, -errno. */
int quiet_losses(struct quiet *q);

/* Puts the table there, or back when it is not whole; does not disturb one that is. 0 or -errno. */
int quiet_ensure(struct quiet *q);
int quiet_remove(struct quiet *q); /* 0, also when there is none; -errno */

#endif
