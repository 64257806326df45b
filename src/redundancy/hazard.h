/*
 * What elections may do to a box with IPsec, seen from the configuration and from the hellos of its peers (H9, H10).
 *
 * Owns:  the two judgements, and their words.
 * Never: knows who heard the peers: whoever asks tells.
 */
#ifndef REDUNDANCY_HAZARD_H
#define REDUNDANCY_HAZARD_H

#include "model/model.h"

enum { HAZARD_TEXT_MAX = 512 };

/* The two routers of a group, by what they say. */
struct hazard_routers {
	struct ipaddr own, peer; /* where their hellos come from; `own` of IPv4 is the configured address */
	uint8_t peer_priority;
};
/* False: no other one was heard. */
typedef bool hazard_peer(void *arg, const struct interface_cfg *i, const struct standby_group *g,
	enum ip_family family, struct hazard_routers *out);

/*
 * The group of an interface whose elections concern its crypto map; NULL: none. IPv4: the one that the map is bound to; IPv6:
 * that one's IPv6 part, without one the lowest group that has one.
 */
const struct standby_group *hazard_group(const struct interface_cfg *i, enum ip_family family);

/* H9: priorities differ, and nothing keeps this router from taking over before it is in sync. `out` says so then. */
bool hazard_of_preemption(const struct interface_cfg *i, const struct standby_group *g, enum ip_family family,
	hazard_peer *peer, void *arg, char out[HAZARD_TEXT_MAX]);
/*
 * H10: an election would make one router active for this group and another one for a group of the same family on another
 * interface, `*where` and `*other`. Groups that are a pair, or follow, cannot split.
 */
bool hazard_of_split(const struct model *m, const struct interface_cfg *i, const struct standby_group *g,
	enum ip_family family, hazard_peer *peer, void *arg, const struct interface_cfg **where,
	const struct standby_group **other, char out[HAZARD_TEXT_MAX]);

#endif
