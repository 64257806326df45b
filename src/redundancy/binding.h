/*
 * A crypto map on an interface and the standby group that lends it its address: the states of requirement D10 and the
 * rules H6 to H8, H12, H13 of when a change of the group counts.
 *
 * Owns:  the state of one binding, the values it was made with, the sentence that explains the last change.
 * Never: looks at the model or at HSRP itself: it is handed what they say at this moment.
 *
 * A binding is a snapshot: group number, name and address are taken when the map is applied and keep counting until it
 * is applied again. `pending` completes by itself, once.
 */
#ifndef REDUNDANCY_BINDING_H
#define REDUNDANCY_BINDING_H

#include "base/ip.h"
#include "model/model.h"

enum hsrp_role {
	HSRP_ROLE_NONE, /* not told yet */
	HSRP_ROLE_INIT,
	HSRP_ROLE_LEARN,
	HSRP_ROLE_LISTEN,
	HSRP_ROLE_SPEAK,
	HSRP_ROLE_STANDBY,
	HSRP_ROLE_ACTIVE
};

enum binding_state {
	BINDING_NONE,	 /* no redundancy: the interface's own address */
	BINDING_PENDING, /* the group or its address is not known yet: no endpoint */
	BINDING_BOUND,	 /* the group's address */
	BINDING_STALE, /* the group's name or address was changed since (H6): the old one stands until re-applied */
	BINDING_FALLEN_BACK /* the group's name or address was removed (H7, H12): own address until re-applied (H13) */
};

enum { BINDING_TEXT_MAX = 320 };

/* A standby group of the interface as it is now. */
struct binding_group {
	uint16_t number;
	char name[NAME_MAX_LEN];	 /* typed; "" when not */
	char default_name[NAME_MAX_LEN]; /* hsrp-Fa0/0-1 */
	bool ip_typed;
	struct ipaddr vip; /* configured, else learned; not set: not known */
};

struct binding_fsm {
	bool redundancy;
	char wanted[NAME_MAX_LEN]; /* standby name as typed on the crypto map line; "": the lowest group */
	enum binding_state state;
	/* The snapshot; valid in BOUND, STALE and FALLEN_BACK. */
	uint16_t group;
	char name[NAME_MAX_LEN]; /* typed name of the group then; "" when it had none */
	struct ipaddr vip;
	bool warned_again;	       /* H13 was said */
	char reason[BINDING_TEXT_MAX]; /* of the state, for people */
};

/* The crypto map line was typed: forgets the snapshot and binds anew with `groups` (ascending numbers). */
void binding_apply(struct binding_fsm *f, bool redundancy, const char *wanted,
	const struct binding_group *groups, size_t count);

/*
 * The groups changed, or may have. Returns true when the state changed or a warning is due; *warning is then the line
 * for the operator (D3, begins with "%Warning:"), or "".
 */
bool binding_update(struct binding_fsm *f, const char *map, const char *interface,
	const struct binding_group *groups, size_t count, char warning[BINDING_TEXT_MAX]);

/* Whether the virtual address of the snapshot is the one in force in its group. */
bool binding_vip_in_force(const struct binding_fsm *f, const struct binding_group *groups, size_t count);

const char *binding_state_name(enum binding_state s); /* "bound" */

#endif
