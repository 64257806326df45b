/*
 * Who claims an address on the segment: ARP (RFC 826) for IPv4, neighbour advertisements (RFC 4861) for IPv6.
 *
 * Owns:  bytes to struct.
 * Never: judges whether somebody else has that address.
 */
#ifndef HSRP_CLAIM_H
#define HSRP_CLAIM_H

#include <stddef.h>

#include "hsrp/hsrp.h"

struct hsrp_claim {
	struct ipaddr address;
	struct mac mac; /* that it is said to have */
};

/* False: no such frame, an incomplete one, or one that claims nothing (an ARP probe). */
bool hsrp_claim_read(struct hsrp_claim *out, const uint8_t *frame, size_t len);

#endif
