/*
 * Notifications about links and addresses, for a process that must never wait for the rtnetlink lock.
 *
 * Owns:  one socket that is subscribed to changes of links and addresses. The kernel drops what renews the lifetime of an
 *        address: that happens to every group's each few seconds.
 * Never: asks the kernel anything: the state at the start, and after an overrun, comes from vmac_link_query().
 */
#ifndef LINUX_LINKWATCH_H
#define LINUX_LINKWATCH_H

#include "hsrp/hsrp.h"

enum linkwatch_kind {
	LINKWATCH_LINK,
	LINKWATCH_LINK_LOCAL,	/* .ifindex: a link-local address of it came or went, ask which it has now */
	LINKWATCH_ADDRESS_GONE, /* .device: it lost an address that had a lifetime */
};

struct linkwatch_change {
	uint8_t kind; /* enum linkwatch_kind */
	char device[HSRP_DEVICE_MAX];
	int ifindex;
	bool gone; /* deleted, or moved to another namespace */
	bool off;  /* administratively down */
	bool up;   /* administratively up and with carrier */
	struct mac mac;
};

int linkwatch_open(void); /* a non-blocking descriptor, or -errno */
/*
 * All that is there: one call each. 0; -ENOBUFS when notifications were lost (ask again about every link); -errno.
 */
int linkwatch_read(int fd, void (*each)(void *arg, const struct linkwatch_change *c), void *arg);

#endif
