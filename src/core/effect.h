/*
 * What the engine's core wants done. The executor hands each effect to an adapter, in order per adapter, and answers
 * with EV_RESULT where the effect carries a cookie.
 */
#ifndef CORE_EFFECT_H
#define CORE_EFFECT_H

#include "core/event.h"
#include "ipsec/filter.h"

enum effect_kind {
	EF_ROUTE_ADD, /* replace semantics for the same (table, prefix, metric, protocol of ours) */
	EF_ROUTE_DEL,
	EF_ADDRESS_ADD, /* tagged as ours */
	EF_ADDRESS_DEL,
	EF_LINK_SET, /* administrative state (`shutdown`) */
	EF_FILTER, /* the whole desired filter of one crypto interface; the executor makes the difference atomic */
	EF_FILTER_GONE, /* of one interface */
	EF_MSS,		/* `ip tcp adjust-mss` of all interfaces that have it */
	EF_CONN_LOAD,
	EF_CONN_UNLOAD,
	EF_SECRET_LOAD,
	EF_SECRET_UNLOAD,
	EF_INITIATE,  /* conn and child by name (NULL: IKE alone), returns at once */
	EF_LISTEN,    /* report ESP that comes in for an address as EV_ESP, or no longer */
	EF_TERMINATE, /* by IKE_SA id, CHILD_SA id or connection name; force: without DELETE being answered */
	EF_SA_SNAPSHOT, /* ask for EV_SA_SNAPSHOT_* */
	EF_RESOLVE, /* next hop of the underlay towards an address, routes of protocol 213 and 214 ignored (not 215: an
			 * `ip route` is underlay); answered by EV_RESOLVED */
	EF_REACH, /* is there a route of exactly this prefix, of whatever protocol? Answered by EV_REACHED */
	EF_HSRP_GROUP, /* one group of an interface, likewise */
	EF_HSRP_CHAIN, /* a key chain, likewise */
	EF_HSRP_TRACK, /* a tracked object changed its state: the groups that watch it */
	EF_HSRP_CONFIG, /* one interface's HSRP configuration changed: send it (the executor reads the model) */
	EF_HSRP_YIELD, /* a group shall hand over to a standby router that can serve */
	EF_LOG,	       /* message with an IOS mnemonic */
	EF_WARN,    /* a line for the session whose command caused this step; to the log when there is none */
	EF_STOPPED, /* D9 stop: all that is ours is gone, the filter table last */
};

enum severity {
	SEV_EMERGENCY,
	SEV_ALERT,
	SEV_CRITICAL,
	SEV_ERROR,
	SEV_WARNING,
	SEV_NOTICE,
	SEV_INFO,
	SEV_DEBUG
};

struct effect {
	enum effect_kind kind;
	uint64_t cookie; /* 0: no result wanted */
	union {
		struct route route;
		struct address address;
		struct {
			int ifindex;
			bool up;
		} link;
		struct filter *filter; /* EF_FILTER: owned */
		int ifindex;	       /* EF_FILTER_GONE */
		struct {
			struct filter_mss *list; /* owned */
			size_t count;
		} mss;
		struct ike_conn *conn;	   /* owned */
		struct ike_secret *secret; /* owned */
		char *name;		   /* EF_CONN_UNLOAD, EF_SECRET_UNLOAD: owned */
		struct {
			char *conn;		   /* owned; NULL when by id */
			char *child;		   /* owned; may be NULL */
			uint32_t ike_id, child_id; /* 0: not by this */
			bool force;
		} sa; /* EF_INITIATE, EF_TERMINATE */
		struct {
			int ifindex;	  /* of the crypto interface; one address each */
			int vmac_ifindex; /* where the address sits; may be the same */
			struct ipaddr address;
			bool on;
		} listen;
		struct ipaddr target;		    /* EF_RESOLVE */
		struct prefix prefix;		    /* EF_REACH */
		char interface[INTERFACE_NAME_MAX]; /* EF_HSRP_CONFIG */
		struct {
			char interface[INTERFACE_NAME_MAX];
			uint16_t number;
		} group;		  /* EF_HSRP_GROUP */
		char chain[NAME_MAX_LEN]; /* EF_HSRP_CHAIN */
		uint16_t object;	  /* EF_HSRP_TRACK */
		struct {
			char device[DEVICE_NAME_MAX];
			uint16_t group;
		} yield;
		struct {
			enum severity severity;
			char mnemonic[40]; /* "CRYPTO-5-SESSION_STATUS" */
			char *text;	   /* owned */
		} log;			   /* EF_LOG, EF_WARN */
	};
};

/* A queue of effects. */
struct effects {
	struct effect *items;
	size_t count, cap;
	bool oom;
	struct effect scratch; /* what effects_add hands out on exhaustion */
};

/* Appends a zeroed effect of a kind; never NULL: on exhaustion a scratch element, and `oom` is set. */
struct effect *effects_add(struct effects *e, enum effect_kind kind);
void effect_clear(struct effect *e);   /* frees what it owns */
void effects_clear(struct effects *e); /* clears and empties, keeps the array */
void effects_free(struct effects *e);

#endif
