/*
 * The engine's core: the only way in. Design rules 1 to 5.
 *
 * Owns:  desired and actual state of connections, secrets, addresses, routes and filters; redundancy bindings and their
 *        transactions.
 * Never: makes a system call, reads a clock, waits. It is handed events and hands out effects.
 *
 * The daemon and the simulator run the same code.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "core/effect.h"
#include "core/event.h"

struct core;

struct core *core_new(void); /* NULL on exhaustion */
void core_free(struct core *c);

/* One step. Effects are appended to `out`. `now` never runs backwards. */
void core_step(struct core *c, const struct event *e, mono_t now, struct effects *out);

/* When the next EV_TIMER is wanted; MONO_NEVER when none is. */
mono_t core_deadline(const struct core *c);

/* Is a tracked object known to be down? One that does not exist, or is not known yet, counts as up. */
bool core_track_down(const struct core *c, uint16_t number);

/* H9: is the crypto map that is bound to a standby group ready to serve? True when none is. */
bool core_standby_ready(const struct core *c, const char *interface, uint16_t group);
/* charon did not come back, or does not stay: this box cannot make tunnels. */
bool core_ike_lost(const struct core *c);
/* Whether a standby group lends its address to a crypto map that cannot be served here now. */
bool core_group_unfit(const struct core *c, const char *interface, uint16_t group);

/* Whether every crypto map stands behind its filter. From then on the box may forward packets, not before. */
bool core_guarded(const struct core *c);

/* --- What `show` may ask -------------------------------------------------------------------------------------- */

/* One crypto map on one interface. */
struct core_binding {
	char interface[INTERFACE_NAME_MAX];
	int ifindex; /* 0: no such device at present */
	char map[NAME_MAX_LEN];
	bool redundancy;
	enum binding_state state;
	char group_name[NAME_MAX_LEN];
	uint16_t group;
	enum hsrp_role role;
	bool serving;		       /* endpoint is ours now: no redundancy, or active */
	struct ipaddr endpoint;	       /* local tunnel endpoint in force; not set while pending */
	char reason[BINDING_TEXT_MAX]; /* of the last change, for people */
	mono_t since;
	char step[32]; /* of a transaction under way, "" when none */
};

/* Why a route is (not) there; one per desired (table, prefix, next hop). */
struct core_route {
	struct route route; /* as it stands or would stand in the kernel */
	char interface[INTERFACE_NAME_MAX];
	char map[NAME_MAX_LEN];
	uint16_t sequence;
	struct ipaddr peer; /* the next hop that outputs show */
	uint8_t distance;
	uint32_t tag;
	uint8_t tag_table;   /* kernel table that has a copy for the sake of the tag; 0: none */
	uint32_t references; /* access list lines and SAs that hold it */
	bool from_acl, from_sa;
	bool helper;	  /* protocol 214 */
	bool installed;	  /* the kernel confirmed it */
	char reason[128]; /* why not installed; "" when it is */
};

/* Whose connection this is; false when the core wants no such connection. */
struct core_conn {
	char interface[INTERFACE_NAME_MAX];
	char map[NAME_MAX_LEN];
	uint16_t sequence;
	bool dynamic;
	struct ipaddr endpoint, peer; /* peer not set: dynamic */
	bool loaded;		      /* charon has it */
};
bool core_find_conn(const struct core *c, const char *name, struct core_conn *out);

/* The peer that the entry uses at present (`Current peer` of show crypto map); false when it has none. */
bool core_current_peer(const struct core *c, const char *interface, uint16_t sequence, struct ipaddr *out);

/* Fills in what the SAs before this one in its flow counted. */
void core_counted_before(const struct core *c, struct child_sa *sa);

/* Why a tracked object has its value. */
enum core_track_why {
	CORE_TRACK_FINE,
	CORE_TRACK_HARDWARE,	  /* no device, or shut down */
	CORE_TRACK_LINE_PROTOCOL, /* no carrier */
	CORE_TRACK_NO_ADDRESS,
	CORE_TRACK_NO_ROUTE,
};
struct core_track {
	uint16_t number;
	bool up;  /* the state that counts */
	bool raw; /* what is the case; another one while a delay runs */
	enum core_track_why why;
	uint16_t part, whole; /* of a threshold list */
	int way;	      /* ifindex behind a route; 0: none */
	uint8_t protocol;     /* of the route, as the kernel numbers them */
	uint32_t changes;
	mono_t last_change;
	mono_t due; /* when the delay is over, else MONO_NEVER */
};
/* False when there is no such object or it is not known yet. */
bool core_track(const struct core *c, uint16_t number, struct core_track *out);

/* Call `f` for each in a stable order; stop when it returns false. Pointers are valid during the call only. */
void core_each_binding(const struct core *c, bool (*f)(const struct core_binding *b, void *arg), void *arg);
void core_each_route(const struct core *c, bool (*f)(const struct core_route *r, void *arg), void *arg);

#endif
