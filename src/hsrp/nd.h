/*
 * What the virtual router says to IPv6 hosts (RFC 4861): neighbour and router advertisements from its virtual MAC, and the
 * solicitations by which hosts ask for the latter.
 *
 * Owns:  bytes to struct and back.
 * Never: decides when something is sent (advert.c).
 */
#ifndef HSRP_ND_H
#define HSRP_ND_H

#include "hsrp/hsrp.h"

enum {
	HSRP_RA_LEN = 14 + 40 + 16 + 8 + 32 * HSRP_SECONDARY_MAX, /* the longest: a prefix for each address */
	HSRP_RA_LIFETIME_S = 1800,				  /* RFC 4861 6.2.1: AdvDefaultLifetime */
};

/* An unsolicited neighbour advertisement to all nodes: router, override, target and source are `vip`. Bytes, 0: no room. */
size_t hsrp_neighbour_write(const struct mac *mac, const struct ipaddr *vip, uint8_t *out, size_t size);

struct hsrp_router_advert {
	struct mac mac;	      /* source of the frame, and the source link-layer address option */
	struct ipaddr from;   /* the virtual link-local address */
	uint16_t lifetime_s;  /* 0: no default router any more */
	uint8_t prefix_count; /* on link; /64 also for address configuration */
	struct prefix prefix[HSRP_SECONDARY_MAX];
};

/* To all nodes. Bytes, 0 when there is no room. */
size_t hsrp_router_advert_write(const struct hsrp_router_advert *ra, uint8_t *out, size_t size);

/* Is the frame a router solicitation to all routers as RFC 4861 6.1.1 accepts it? */
bool hsrp_solicitation_read(const uint8_t *frame, size_t len);

#endif
