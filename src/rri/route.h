/*
 * A kernel route as the cores speak of it.
 *
 * Protocols are our tag (design rule 4): what carries none of them is never changed (R12).
 */
#ifndef RRI_ROUTE_H
#define RRI_ROUTE_H

#include "base/ip.h"

enum route_protocol {
	ROUTE_PROTO_RRI = 213,	  /* injected (D12) */
	ROUTE_PROTO_HELPER = 214, /* peer hosts by the underlay; never redistributed */
	ROUTE_PROTO_STATIC = 215, /* `ip route` of the configuration */
};

enum { ROUTE_TABLE_MAIN = 254 };

/* A kernel route, or one that shall be. */
struct route {
	uint32_t table;
	struct prefix prefix;
	struct ipaddr gateway; /* not set: on link */
	int ifindex;
	uint32_t metric;
	uint8_t protocol;
	bool onlink;	      /* the gateway need not be covered by a connected route */
	uint32_t mtu;	      /* 0: none */
	struct ipaddr source; /* preferred source; may be not set */
};

static inline bool route_is_ours(const struct route *r)
{
	return r->protocol >= ROUTE_PROTO_RRI && r->protocol <= ROUTE_PROTO_STATIC;
}

#endif
