/*
 * Notifications about links and their link-local addresses, for a process that must never wait for the rtnetlink lock.
 *
 * Owns:  one socket that is subscribed to changes of links and IPv6 addresses.
 * Never: asks the kernel anything: the state at the start, and after an overrun, comes from vmac_link_query().
 */
#ifndef LINUX_LINKWATCH_H
#define LINUX_LINKWATCH_H

#include "hsrp/hsrp.h"

struct linkwatch_change {
	char device[HSRP_DEVICE_MAX];
	int ifindex;
	bool gone; /* deleted, or moved to another namespace */
	bool up;   /* administratively up and with carrier */
	struct mac mac;
	bool address; /* only .ifindex counts: a link-local address of it came or went, ask which it has now */
};

int linkwatch_open(void); /* a non-blocking descriptor, or -errno */
/*
 * All that is there: one call each. 0; -ENOBUFS when notifications were lost (ask again about every link); -errno.
 */
int linkwatch_read(int fd, void (*each)(void *arg, const struct linkwatch_change *c), void *arg);

#endif
