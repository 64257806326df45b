/*
 * What the files of vmac share: the socket, its buffers, the message that adds or deletes an address.
 *
 * Owns:  struct vmac.
 * Never: is included outside vmac*.c.
 */
#ifndef LINUX_VMAC_INTERNAL_H
#define LINUX_VMAC_INTERNAL_H

#include <assert.h>
#include <libmnl/libmnl.h>

#include "linux/vmac.h"

enum {
	VMAC_BUFFER = 32768,
	VMAC_ADDRESS_PROTOCOL = 213,
	VMAC_RENEWALS = 128,	    /* messages of one request; more than one group has addresses */
	VMAC_ADDRESS_MESSAGE = 128, /* bytes of one, at most */
};

static_assert(VMAC_RENEWALS > 1 + HSRP_SECONDARY_MAX, "a group fits");

struct vmac {
	struct mnl_socket *socket;
	unsigned port;
	uint32_t seq;
	int control; /* a socket for ioctl */
	char request[2048];
	char batch[VMAC_RENEWALS * VMAC_ADDRESS_MESSAGE];
	char reply[VMAC_BUFFER];
};

/*
 * Completes a message whose header is there: RTM_NEWADDR (replacing, with the lifetime and our protocol) or RTM_DELADDR;
 * `macvlan`: on one of ours, not on the device itself.
 */
void vmac_address_put(struct nlmsghdr *h, uint16_t type, int ifindex, const struct ipaddr *ip, bool macvlan,
	uint32_t lifetime_s);

#endif
