/*
 * rtnetlink messages: reading the kernel's, writing ours.
 *
 * Owns:  nothing. Pure: bytes in, structs out, and the other way; the fuzz target of netlink input is this file.
 * Never: believes a length. A message that does not hold what it must is refused as a whole.
 */
#ifndef LINUX_RTNETLINK_WIRE_H
#define LINUX_RTNETLINK_WIRE_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "linux/rtnetlink.h"

enum { RTNL_KIND_MAX = 16, RTNL_MESSAGE_MAX = 256 /* bytes of the longest message we write */ };

/* Is there a whole message in the next `left` bytes? (libmnl's own check takes lengths beyond 2^31 for negative ones.) */
static inline bool rtnl_message_ok(const struct nlmsghdr *h, int left)
{
	return left >= (int)sizeof(*h) && h->nlmsg_len >= sizeof(*h) && h->nlmsg_len <= (uint32_t)left;
}

struct rtnl_link_message {
	struct link link;
	char kind[RTNL_KIND_MAX]; /* "veth", "tun", … */
	bool ours;		  /* by its alias */
};

/* Each returns false for a message that is not one of this kind or not whole. */
bool rtnl_read_link(const struct nlmsghdr *h, struct rtnl_link_message *out);
/* `ours` of the result only says that it is tagged; the interface's part is the caller's. */
bool rtnl_read_address(const struct nlmsghdr *h, struct address *out);

bool rtnl_read_counters(const struct nlmsghdr *h, struct device_counters *out);
/* False for entries that stand for no station, too. */
bool rtnl_read_arp(const struct nlmsghdr *h, struct arp_entry *out);

struct rtnl_route_message {
	struct rtnl_route hop;	    /* the first next hop, later the one that rtnl_next_hop moved to */
	uint32_t flags;		    /* RTM_F_CLONED … */
	const uint8_t *rest, *end;  /* further next hops; they lie in the message */
	bool next_hop_object_alone; /* the kernel named a next hop object and nothing else */
};

bool rtnl_read_route(const struct nlmsghdr *h, struct rtnl_route_message *out);
/* Moves on to the next hop of a multipath route; false after the last. */
bool rtnl_next_hop(struct rtnl_route_message *m);

/* Each writes one message at `to` (RTNL_MESSAGE_MAX bytes), without sequence number. */
struct nlmsghdr *rtnl_write_route(void *to, uint16_t type, uint16_t flags, const struct route *r);
struct nlmsghdr *rtnl_write_address(void *to, uint16_t type, uint16_t flags, const struct address *a);
struct nlmsghdr *rtnl_write_link(void *to, int ifindex, bool up);
/* RTM_GETROUTE; `rtm_flags` RTM_F_FIB_MATCH for the entry that matches instead of the next hop that would be used. */
struct nlmsghdr *rtnl_write_lookup(void *to, const struct ipaddr *target, uint32_t rtm_flags);
struct nlmsghdr *rtnl_write_dump(void *to, uint16_t type, uint8_t family);

#endif
