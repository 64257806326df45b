/*
 * Links, addresses and routes of the kernel: what they are, how they change, and our changes to them.
 *
 * Owns:  three rtnetlink sockets (monitor, requests, dumps) behind one epoll descriptor; a queue of requests of which one
 *        batch at a time is with the kernel; a table of the links as last reported (to report changes only).
 * Never: reads a clock for anything but its own time slice, blocks, keeps routes or addresses, touches a route whose
 *        protocol is not the one asked for, calls back from anywhere but rtnl_readable.
 *
 * Everything the kernel says comes out as core events, in an order in which the last word about an object is the newest:
 *
 *   EV_LINK, EV_LINK_GONE, EV_ADDRESS, EV_ADDRESS_GONE
 *   EV_ROUTE, EV_ROUTE_GONE    routes of our protocols (213, 214, 215), and unicast routes of table main that no routing
 *                              daemon brought; a daemon may bring a million. What rtnl_route_add and _delete did to
 *                              routes of 213 and 214 comes as EV_RESULT alone
 *   EV_UNDERLAY                a route other than 213 and 214 changed: coalesced; 0.0.0.0/0 or ::/0 when many did
 *   EV_SNAPSHOT_BEGIN … END    see rtnl_snapshot; changes seen meanwhile are in between as well
 *   EV_FORCE_RELOAD            the kernel dropped notifications (ENOBUFS): a snapshot was begun by itself
 *   EV_RESOLVED, EV_RESULT     answers to requests
 *
 * IPv4 routes that go because their device goes down or loses its address go silently; the adapter then begins a
 * snapshot by itself, so the core need not know these rules of the kernel.
 */
#ifndef LINUX_RTNETLINK_H
#define LINUX_RTNETLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/event.h"

enum {
	RTNL_ADDRESS_PROTOCOL = 213, /* IFA_PROTO of addresses that we added */
	RTNL_IKE_TABLE = 220,	     /* charon's routing table: never underlay */
	RTNL_SLICE_US = 2000,	     /* rtnl_readable returns after about this long */
	RTNL_QUEUE_MAX = 1 << 20,    /* requests waiting; beyond it -ENOBUFS */
};

/* Interfaces whose alias begins with this are ours (virtual MAC interfaces): so are the addresses on them. */
#define RTNL_OWN_ALIAS "hotswan"

struct rtnl;

/* A route as `show ip route` wants it; one call for each next hop of a multipath route. */
struct rtnl_route {
	struct route route;
	uint8_t type;  /* RTN_UNICAST, RTN_BLACKHOLE … of <linux/rtnetlink.h> */
	uint8_t scope; /* RT_SCOPE_LINK …: connected routes are RTPROT_KERNEL with this */
	uint16_t hop;  /* 0 for the first next hop, 1 for the second … */
	bool dead;     /* the next hop's device is down */
};

struct rtnl_config {
	void (*event)(void *arg, const struct event *e);
	void *arg;
	int receive_buffer; /* of the monitor socket, in bytes; 0: 16 MB where allowed */
};

/* 0, -ENOMEM, -errno of the sockets. Belongs to the network namespace of the calling process. */
int rtnl_open(struct rtnl **out, const struct rtnl_config *config);
void rtnl_close(struct rtnl *rn);

/* Becomes readable (EPOLLIN) when rtnl_readable has something to do, and stays so until it has nothing more. */
int rtnl_fd(const struct rtnl *rn);
/* Does what there is to do for about RTNL_SLICE_US. 0, or -errno when a socket is broken for good. */
int rtnl_readable(struct rtnl *rn);
/* Hands queued requests to the kernel. Call it once after any number of the requests below. */
void rtnl_flush(struct rtnl *rn);
/* Whether every request has had its answer. */
bool rtnl_idle(const struct rtnl *rn);

/*
 * Begins a snapshot: EV_SNAPSHOT_BEGIN, all links, all addresses, all routes of ours, EV_SNAPSHOT_END. One at a time:
 * asked for while one is under way, another follows it.
 */
void rtnl_snapshot(struct rtnl *rn);

/*
 * Requests. They are carried out in the order in which they were queued. With a cookie other than 0 the outcome comes as
 * EV_RESULT. Each returns 0, -ENOMEM or -ENOBUFS; then nothing was queued.
 *
 * rtnl_route_add: gives (table, prefix, metric) to this route. A route of the same protocol that holds the place is
 *   replaced in one step, one of another protocol stays: -EEXIST. The same route again is success.
 * rtnl_route_delete: the route of this protocol at (table, prefix, metric), whatever its next hop; gone already is success.
 * rtnl_address_add: -EEXIST when the interface has it: it is not ours then (D14) unless it was.
 * rtnl_address_delete: gone already is success. Only for addresses that are `ours`.
 */
int rtnl_route_add(struct rtnl *rn, const struct route *r, uint64_t cookie);
int rtnl_route_delete(struct rtnl *rn, const struct route *r, uint64_t cookie);
int rtnl_address_add(struct rtnl *rn, const struct address *a, uint64_t cookie);
int rtnl_address_delete(struct rtnl *rn, const struct address *a, uint64_t cookie);
int rtnl_link_set(struct rtnl *rn, int ifindex, bool up, uint64_t cookie);

/*
 * Asks for the next hop of the underlay towards `target`: the answer is EV_RESOLVED (ifindex 0: unreachable).
 *
 * The kernel's own lookup answers (rules, next hop objects and multipath included) unless the route it finds is one that
 * we put there (213, 214), or charon (its table, its TUN): then our routes hide the underlay, as when a peer lies inside
 * its own protected prefix. There is no lookup that skips routes, so all routes are dumped once for all targets that wait,
 * and the longest foreign prefix of the main (else default) table wins, then the lowest metric.
 */
int rtnl_resolve(struct rtnl *rn, const struct ipaddr *target);

/*
 * Is there a unicast route of exactly this prefix in table main, by whatever protocol? The answer is EV_REACHED. One
 * lookup of the kernel tells, as long as no longer prefix covers the address that it is asked for.
 */
int rtnl_reach(struct rtnl *rn, const struct prefix *p);

/*
 * All routes of the kernel except cloned ones, IPv4 then IPv6, in no order: `each` per route, then `done` with 0 or
 * -errno. Both are called out of rtnl_readable. Returns a number for rtnl_question_cancel (after which neither is called),
 * or -ENOMEM.
 */
int rtnl_routes(struct rtnl *rn, void (*each)(void *arg, const struct rtnl_route *r),
	void (*done)(void *arg, int error), void *arg);
/* Likewise the counters of all devices, and the ARP table. */
int rtnl_counters_of_devices(struct rtnl *rn, void (*each)(void *arg, const struct device_counters *d),
	void (*done)(void *arg, int error), void *arg);
int rtnl_arp(struct rtnl *rn, void (*each)(void *arg, const struct arp_entry *e),
	void (*done)(void *arg, int error), void *arg);
void rtnl_question_cancel(struct rtnl *rn, int number);

/* For reports and tests. */
struct rtnl_counters {
	uint64_t messages, overruns, requests, failures, batches, snapshots, masked_resolves;
};
struct rtnl_counters rtnl_counters(const struct rtnl *rn);

#endif
