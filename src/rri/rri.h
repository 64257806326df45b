/*
 * Reverse Route Injection: which routes shall be there, why, and which of several for a prefix counts.
 *
 * Owns:  desired routes with their reference counts (R5 to R7), one slot per prefix with its candidates in order.
 * Never: resolves a next hop, knows roles or what the kernel has: the core holds routes while they shall exist and asks
 *        for the verdict on each slot that changed.
 *
 * A route is held once per access list line set of an entry and once per SA. A successor SA takes its hold before the
 * old one lets go, so a rekey never shows (rri_release of one of two holds changes nothing).
 */
#ifndef RRI_RRI_H
#define RRI_RRI_H

#include "base/list.h"
#include "base/trie.h"
#include "model/model.h"

enum rri_verdict {
	RRI_INSTALL,
	RRI_WAITS,	     /* the way to the next hop, or to a peer inside the prefix, is being looked up */
	RRI_NO_IKE,	     /* the data plane is not known before the IKE daemon was up for the first time */
	RRI_UNREACHABLE,     /* no way to the next hop */
	RRI_NO_DEVICE,	     /* charon's interface is not there */
	RRI_LINK_DOWN,	     /* the crypto interface is down */
	RRI_BEHIND_STATIC,   /* an `ip route` of equal or lower distance */
	RRI_BEHIND_FOREIGN,  /* a route that is not ours */
	RRI_BEHIND_RRI,	     /* another entry or SA injects the same prefix */
	RRI_DISTANCE_255,    /* never installed, as on IOS */
	RRI_REFUSED_DEFAULT, /* a dynamic peer may not inject a default route */
	RRI_REFUSED_SPECIAL, /* … nor what is nobody's network: multicast, loopback, link-local, 0.0.0.0/8 */
	RRI_REFUSED_CONNECTED, /* … nor what covers a connected network */
	RRI_REFUSED_PEER,      /* … nor what covers another peer's networks */
	RRI_VERDICTS
};

/* Whose route, and what it is made of. */
struct rri_want {
	struct prefix prefix;
	struct ipaddr next_hop; /* to be resolved, and shown: the peer, or the one of `remote-peer A.B.C.D` */
	struct ipaddr peer;
	uint64_t identity; /* of the peer: equal for one that came back from another address */
	uint32_t owner;	   /* the core's number of the binding */
	uint16_t sequence;
	uint8_t distance;
	uint32_t tag;
	bool dynamic;	       /* from a dynamic map: filtered */
	bool helper;	       /* the peer gets a host route in any case (`remote-peer`, `… gateway`) */
	struct ipaddr gateway; /* of that host route; not set: as the underlay has it */
};

struct rri_slot;

struct rri_route {
	struct rri_want want;
	struct rri_slot *slot;
	struct list in_slot;
	struct list in_hop; /* the core's: routes that share a next hop */
	uint32_t acl_refs, sa_refs;
	enum rri_verdict verdict;
	uint64_t age; /* order of creation */
};

struct rri_slot {
	struct prefix prefix;
	struct list routes;  /* the preferred one first: distance, access list before SA, sequence, age */
	struct list dirty;   /* in rri.dirty while a verdict is due */
	struct list statics; /* the core's: `ip route` lines of this prefix */
	void *installed;     /* the core's: what stands in the kernel for RRI */
	void *tagged;	     /* the core's: its copy in the table of its tag */
	uint32_t foreign;    /* routes of others for this prefix */
	uint32_t last_owner; /* whose change made it dirty */
};

struct rri {
	struct trie slots;
	struct list dirty; /* slots */
	uint64_t next_age;
	size_t route_count;
};

void rri_init(struct rri *r);
void rri_free(struct rri *r); /* all routes must have been released, or are dropped */

/* Takes a hold on the route, which is made if need be; NULL on exhaustion. */
struct rri_route *rri_hold(struct rri *r, const struct rri_want *want, bool from_sa);
/* Lets go; the route is freed with its last hold. Returns true when it was the last one. */
bool rri_release(struct rri *r, struct rri_route *route, bool from_sa);

struct rri_slot *rri_slot_get(
	struct rri *r, const struct prefix *p); /* made if need be; NULL on exhaustion */
struct rri_slot *rri_slot_find(const struct rri *r, const struct prefix *p);
void rri_slot_drop_if_empty(struct rri *r, struct rri_slot *s);
void rri_touch(struct rri *r, struct rri_slot *s); /* a verdict is due */

/* What the core knows about a candidate when it asks. */
struct rri_facts {
	bool link_up;
	bool plane_known;
	bool device_missing; /* the data plane's interface */
	bool hop_known, hop_reachable;
	bool peers_known;	 /* the ways to all peers inside the prefix */
	bool covers_connected;	 /* a network of ours */
	uint8_t static_distance; /* of the best feasible `ip route` of the prefix; 0: none */
};

/* The verdict on a candidate; `taken`: a better candidate was chosen already. */
enum rri_verdict rri_judge(
	const struct rri *r, const struct rri_route *route, const struct rri_facts *f, bool taken);
const char *rri_verdict_text(enum rri_verdict v); /* "" for RRI_INSTALL */

/* D12: an `ip route` of a distance is preferred over RRI of the same. */
static inline uint32_t rri_metric(uint8_t distance)
{
	return ((uint32_t)distance << 24) + 1;
}

static inline uint32_t static_metric(uint8_t distance)
{
	return (uint32_t)(distance ? distance : 1) << 24;
}

#endif
