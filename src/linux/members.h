/*
 * Multicast groups of which a device is a member for the sake of IPv6 virtual addresses: neighbours ask for one by its
 * solicited-node group (RFC 4291 2.7.1), and switches that snoop pass that on to members only. The macvlan that has the
 * address tells nobody (quiet.h), so the device itself joins and reports, from its own MAC.
 *
 * Owns:  sockets that hold the memberships: with the process they end.
 * Never: reads from them.
 */
#ifndef LINUX_MEMBERS_H
#define LINUX_MEMBERS_H

#include "hsrp/group.h"

struct members;

struct members *members_new(void); /* NULL on exhaustion */
void members_free(struct members *m);

/*
 * After an operation on a group of IPv6 was carried out: its memberships follow. One that is there already costs a RENEW
 * nothing. 0 or the first -errno; other groups are nothing to do.
 */
int members_follow(struct members *m, const struct hsrp_kernel *k);

#endif
