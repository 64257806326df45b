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

/* The other router of a group and the priority that it says; false: none was heard. */
typedef bool hazard_peer(void *arg, const struct interface_cfg *i, const struct standby_group *g,
	struct ipaddr *peer, uint8_t *priority);

/* H9: priorities differ, and nothing keeps this router from taking over before it is in sync. `out` says so then. */
bool hazard_of_preemption(const struct interface_cfg *i, const struct standby_group *g, hazard_peer *peer,
	void *arg, char out[HAZARD_TEXT_MAX]);
/*
 * H10: an election would make one router active for this group and another one for a group of another interface, `*where`
 * and `*other`. Groups that are a pair, or follow, cannot split.
 */
bool hazard_of_split(const struct model *m, const struct interface_cfg *i, const struct standby_group *g,
	hazard_peer *peer, void *arg, const struct interface_cfg **where, const struct standby_group **other,
	char out[HAZARD_TEXT_MAX]);

#endif
