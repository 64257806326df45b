/*
 * The core's insides as structs: what it knows of the world, what it wants, and the queues in between. For src/core only;
 * parts.h says which file does what with them.
 */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "base/hash.h"
#include "base/list.h"
#include "base/text.h"
#include "base/timerq.h"
#include "base/trie.h"
#include "base/vec.h"
#include "core/core.h"
#include "ipsec/plan.h"
#include "redundancy/transaction.h"
#include "rri/rri.h"

enum {
	WORK_BUDGET = 256,   /* pieces of work in one step; a piece is some microseconds */
	INITIATE_MAX = 1024, /* connections that negotiate at a time, */
	INITIATE_FRESH_FIRST =
		8, /* of them those whose peer may still answer soon: so many at the beginning, */
	INITIATE_FRESH_MAX = 64,	 /* one more with each that came up, up to this */
	INITIATE_FRESH_MS = 1000,	 /* a peer that has not answered by then holds nobody else up */
	INITIATE_TRY_MS = 12000,	 /* until the next peer is asked, or the same again */
	INITIATE_AGAIN_MS = 1000,	 /* after an SA went: the peer may be bringing up its successor */
	INITIATE_BACKOFF_MS = 5000,	 /* doubled by every further failure, */
	INITIATE_BACKOFF_MAX_MS = 60000, /* up to this */
	RETRY_MS = 1000,		 /* a refused kernel or charon operation, doubled */
	RETRY_MAX_MS = 30000,
	ADOPTION_MS =
		8000, /* what a restart finds in the kernel waits this long for charon and HSRP to tell */
	ADOPTION_AGAIN_MS = 1000,
	LAST_CALL_MS = 100,	   /* before the adoption ends */
	LAST_CALL_LATE_MS = 10,	   /* one that comes later is none */
	FILTER_PACE_RULES = 1000,  /* from this length on filters keep a distance of */
	FILTER_RULES_PER_MS = 500, /* their length by this */
	ENDING_MS = 3000,	   /* for the SAs of a forgotten connection; the peer may be silent */
	IKE_LOST_MS = 10000,	   /* a charon that crashed is back within two seconds */
	IKE_SETTLED_MS = 5000,	   /* one that answered for so long stays */
	LISTEN_MS = 300000,	   /* after a takeover: twice what a peer's own detection takes */
	ORPHAN_SAY_MS = 60000,	   /* a peer's orphans are logged once in this time, as on IOS */
	ENDED_MS = 1000, /* what came before the end of an SA is told after it, but not later than this */
	ENDED_MAX = 64,	 /* SAs that are remembered for it */
	STOP_MS = 6000,	 /* D9 stop, at most */
	LEARNED_MAX = 1 << 16, /* flows of one entry that the filter remembers */
	LEARNED_PACE = 64,     /* from this many on new ones gather */
	LEARNED_PACE_MS = 100,
};

enum timer_kind {
	TIMER_BINDING,
	TIMER_FILTER,
	TIMER_CONN,
	TIMER_CONN_LOAD,
	TIMER_KROUTE,
	TIMER_IKE,
	TIMER_SA,
	TIMER_LISTEN,
	TIMER_CALL,
	TIMER_IKE_LOST,
	TIMER_IKE_SETTLED,
	TIMER_ADOPTION,
	TIMER_STOP,
	TIMER_TRACK,
	TIMER_HAZARDS,
	TIMER_HOST
};

/* --- The world ------------------------------------------------------------------------------------------------ */

struct address_rec {
	struct prefix prefix;
	bool ours;
	uint32_t generation;
	struct list in_link;
};

struct link_rec {
	UT_hash_handle hh;	/* by ifindex */
	UT_hash_handle hh_name; /* in link_names, if `named` */
	bool named;
	struct link l;
	uint32_t generation;
	struct list addresses;
};

struct group_rec {
	UT_hash_handle hh; /* by key */
	struct group_key {
		int ifindex;
		uint16_t number, ipv6;
	} key;
	enum hsrp_role role;	      /* NONE of an IPv6 part, as there is no .vip */
	struct ipaddr vip, own, peer; /* the other router; not set: unknown */
	uint8_t peer_priority;
	int vmac_ifindex; /* while active */
	mono_t at;
};

/* --- Interfaces and bindings ----------------------------------------------------------------------------------- */

struct binding;

struct iface {
	UT_hash_handle hh;	  /* by name */
	UT_hash_handle hh_device; /* by device */
	char name[INTERFACE_NAME_MAX];
	char device[DEVICE_NAME_MAX];
	int ifindex; /* 0: no such device */
	bool in_device_hash;
	struct prefix *wanted; /* `ip address` lines applied */
	size_t wanted_count;
	bool shutdown_applied, shutdown;
	uint16_t tcp_mss;	 /* `ip tcp adjust-mss`; 0: none */
	uint8_t df;		 /* enum df_bit, as configured on it */
	struct binding *binding; /* NULL: no crypto map */
};

/* How far a binding may go: each level includes those below. */
enum level { LEVEL_NONE, LEVEL_FILTER, LEVEL_CONNECTIONS, LEVEL_ROUTES, LEVEL_IKE };

enum leave_how { LEAVE_FORCE, LEAVE_DELETE };

struct binding {
	UT_hash_handle hh; /* by id */
	uint32_t id;
	struct iface *iface; /* NULL once the interface has another binding or none */
	char interface[INTERFACE_NAME_MAX];
	char map[NAME_MAX_LEN];
	uint32_t applied; /* crypto_applied when it was bound */
	struct binding_fsm fsm;

	int ifindex;
	char device[DEVICE_NAME_MAX];
	struct ipaddr endpoint; /* in use; not set: none */
	struct ipaddr goal;	/* the endpoint it should have */
	enum level level, target;
	bool link_up, leaving;
	bool removing; /* deconfigured or stopped: freed at the end of its transaction */
	enum leave_how leave;
	struct transaction tx;
	struct timer timer;  /* of the transaction's step */
	struct list in_look; /* the goal is to be computed anew */

	struct vec units;	/* by sequence */
	struct list plan_queue; /* units whose plan is due */
	struct list apply_queue;
	struct list release_queue;	/* units whose routes have to go, whatever other queue they are in */
	struct list wait_filter;	/* units whose rules the kernel does not have yet */
	struct list old_rules;		/* units that still guard what they no longer protect */
	uint32_t ops;			/* effects that await their result */
	uint32_t answers, answers_seen; /* results so far; at the last deadline of a step */
	size_t ended;			/* units, from the first on, whose SAs have ended */

	uint32_t passing; /* units that let something pass */
	bool filter_dirty, filter_sent, filter_stands;
	uint64_t filter_cookie; /* 0: none under way */
	uint64_t filter_number, filter_confirmed;
	struct timer filter_timer;
	uint32_t filter_failures, filter_rules;
	bool filter_waiting; /* the last one had lines that wait */

	struct ipaddr listening; /* ESP for this address is reported; not set: not */
	int listen_ifindex;
	uint32_t listen_epoch;
	struct timer listen_timer;

	bool ready;				 /* as the HSRP process was told */
	bool preempt_hazard[2], split_hazard[2]; /* IPv4, IPv6 */
	mono_t preempt_quiet[2], split_quiet[2]; /* not said again before */
	char reason[BINDING_TEXT_MAX];
	mono_t since;
	bool said_r16, said_h5;
};

struct conn;

struct unit {
	struct binding *binding;
	uint16_t sequence;
	bool dynamic;
	bool replan;	      /* the connections do not follow the plan yet */
	struct list in_queue; /* plan_queue or apply_queue or wait_filter of the binding */
	struct list in_old;   /* old_rules of the binding */
	struct list in_release;
	uint64_t filter_number; /* the filter that has its rules and peers */
	uint64_t peers_digest;
	struct filter_rule *rules; /* of the plan */
	uint32_t rule_count;
	struct prefix *destinations; /* of the plan; none while the entry is incomplete */
	uint32_t destination_count;
	struct learned_flow *learned; /* of SAs of templates without an access list */
	struct filter_rule *before;   /* still in force until routes and SAs have followed */
	uint32_t before_count;
	struct conn **conns; /* in the order of peers */
	uint32_t conn_count;
	uint32_t current;	   /* the peer in use */
	uint32_t tries;		   /* failures in a row, over all peers */
	struct rri_route **routes; /* held for the access list */
	uint32_t route_count;
	uint8_t said_plane; /* planes.c */
	bool passes;	    /* lines of its list let pass what no other entry wants */
	char acl[NAME_MAX_LEN];
	struct acl_users *acl_users; /* NULL: none */
	struct list in_acl;
	struct list in_dynamic; /* c->dynamic_units */
};

/* A flow that an SA protected. */
struct learned_flow {
	UT_hash_handle hh; /* by rule */
	struct filter_rule rule;
};

/* Who has to follow an access list. */
struct acl_users {
	UT_hash_handle hh; /* by name */
	char name[NAME_MAX_LEN];
	struct list units;
};

/* --- IKE -------------------------------------------------------------------------------------------------------- */

struct conn_child {
	char name[IKE_CHILD_NAME_MAX];
	uint64_t digest;
	uint32_t installed; /* CHILD_SAs */
	bool asked;
	uint32_t idle_s; /* 0: its SAs may rest */
	bool idle_to_default;
	struct {
		struct ipaddr peer; /* not set: none went lately */
		struct prefix local, remote;
		mono_t at;
		int64_t in, out; /* packets */
	} gone;			 /* what the last SA that went had counted */
	struct ike_selector local, remote;
	bool per_host;	      /* `level per-host`, where the data plane can (hosts.c) */
	bool rests;	      /* what it was made from waited: so shall it */
	struct waiter *waits; /* for a packet before it is negotiated again; NULL: it does not */
};

enum conn_phase { CONN_IDLE, CONN_QUEUED, CONN_TRYING, CONN_PAUSED, CONN_UP, CONN_ENDING };

struct hop;

struct conn {
	UT_hash_handle hh; /* by name */
	char *name;
	struct unit *unit; /* NULL: not wanted any more */
	struct ipaddr local, remote;
	bool dynamic;
	uint64_t planned;	 /* digest of the plan */
	struct host_pair *pairs; /* of hosts that have an SA of their own, or will */
	uint32_t pending_pairs;
	uint16_t pair_number;
	uint64_t pair_loads; /* how often there was a new one */
	bool said_pairs;
	uint64_t wanted, loaded; /* digests; loaded 0: charon does not have it */
	uint64_t sent;		 /* of the load under way */
	uint64_t load_cookie;	 /* 0: none under way */
	uint32_t load_failures;
	int64_t bound_ms; /* R3: S + 5 R + 1 s; 0: no dead peer detection */
	struct conn_child *children;
	uint32_t child_count, installed, waiting; /* waiting: children that do (demand.c) */
	struct list sas, ikes;
	enum conn_phase phase;
	bool fresh;   /* TRYING, and its peer may still answer soon */
	bool failing; /* said to be down */
	bool dropped; /* charon was told to end its SAs */
	bool any_id;  /* static: the peer does not call itself by its address, or does not answer to that */
	bool id_is_address, said_id;
	uint16_t
		nat_port; /* static: where a NAT let its packets out last, and lets ours in; 0: IKE's own port */
	struct timer timer;  /* of the phase */
	struct timer reload; /* after a refused load */
	struct list in_init;
	struct timer rank;     /* QUEUED: in c->busiest */
	uint64_t orphans;      /* packets of its peer for SAs that nobody has, */
	uint32_t orphan_epoch; /* since the binding began to listen for the nth time */
	mono_t orphans_said, preferred;
	struct hop *peer; /* static: held while routes may be */
	struct list in_peer;
};

struct ike_rec {
	UT_hash_handle hh; /* by id */
	uint32_t id;
	struct conn *conn; /* NULL: none of ours */
	struct list in_conn;
	struct ipaddr local, remote;
	uint8_t version;
	uint64_t identity;
	char remote_id[IKE_ID_MAX];
	bool established;
	bool called; /* of a connection that is named after the peer (calls.c) */
	uint32_t generation;
	struct timer timer; /* while the peer is silent (D11) */
};

struct sa_rec {
	UT_hash_handle hh; /* by id */
	UT_hash_handle hh_spi;
	uint32_t id, ike_id;
	struct conn *conn;
	struct list in_conn;
	struct list dirty;
	int32_t child; /* index in conn->children; -1: none */
	char child_name[IKE_CHILD_NAME_MAX];
	struct ipaddr local, remote;
	uint16_t remote_port;
	uint32_t spi_in, spi_out;
	mono_t used;	   /* last, as far as is known */
	struct timer idle; /* when it may have been idle for too long */
	int64_t packets_in_before, packets_out_before;
	uint64_t identity;
	struct hop *peer;
	struct prefix prefixes[8];
	uint8_t prefix_count;
	struct prefix local_prefix; /* the first */
	struct host_pair *pair;	    /* NULL: not of one */
	struct rri_route *routes[8];
	uint8_t route_count;
	uint32_t generation;
};

struct secret_rec {
	UT_hash_handle hh; /* by id */
	char id[IKE_CONN_NAME_MAX];
	uint64_t loaded; /* digest; 0: not */
	uint32_t generation;
};

/* --- Routes ------------------------------------------------------------------------------------------------------ */

/* A kernel route of ours: wanted against actual. */
struct kroute {
	UT_hash_handle hh; /* by key */
	struct kroute_key {
		struct prefix prefix;
		uint8_t protocol;
		uint8_t pad; /* zero */
		uint32_t metric, table;
	} key;
	struct kroute_way {
		struct ipaddr gateway, source;
		bool onlink;
		int ifindex;
		uint32_t mtu;
	} want, have, sent;
	bool wanted, present, sent_add;
	bool lost;	    /* the kernel said that it went while an effect was under way */
	bool doubtful;	    /* an addition was refused: what stands there now is not known */
	uint64_t cookie;    /* of the last effect; 0: answered */
	uint32_t in_flight; /* effects without an answer, the last one and older ones */
	uint32_t owner;	    /* binding whose step waits for it; 0: none */
	int error;	    /* of the last refused effect */
	uint32_t failures;
	struct timer timer;
	mono_t last_add;
	uint32_t generation;
	struct list all, in_refused;
};

/* A route of somebody else (R12). */
struct foreign_rec {
	UT_hash_handle hh; /* by key */
	struct foreign_key {
		struct prefix prefix;
		struct ipaddr gateway;
		uint8_t protocol;
		int ifindex;
		uint32_t metric, table;
	} key;
	uint32_t generation;
};

/* An address that must be reached by the underlay. */
struct hop {
	struct ipaddr addr;
	uint32_t refs;
	bool known, asked;     /* asked: an answer is awaited */
	struct ipaddr gateway; /* not set: on link */
	int ifindex;	       /* 0: unreachable */
	struct list routes;    /* struct rri_route */
	struct list statics;   /* struct static_rec */
	uint32_t peers;	       /* holds as an IKE peer: only those get helper routes */
	uint32_t forced;       /* holds that want the helper route even outside injected prefixes */
	struct hop *forced_by; /* the gateway of that route, held; NULL: as the underlay has it */
	uint32_t as_gateway;   /* hops that are forced by this one */
	uint32_t sas;	       /* CHILD_SAs of this peer */
	struct list conns;     /* static connections to it */
	struct kroute *helper;
	struct list dirty, in_ask;
};

/* An `ip route` line. */
struct static_rec {
	UT_hash_handle hh; /* by key */
	struct static_key {
		struct prefix prefix;
		struct ipaddr gateway;
		char interface[INTERFACE_NAME_MAX];
	} key;
	uint8_t distance;
	bool permanent;
	uint16_t track; /* 0: none */
	uint32_t generation;
	struct rri_slot *slot;
	struct list in_slot, in_hop, all, dirty;
	struct hop *hop; /* NULL: by interface only */
	struct kroute *kroute;
	bool feasible; /* has a way, and its object is up; else it does not count */
	struct route way;
};

/* A walk over all hops or slots within a prefix, in slices. */
enum walk_kind { WALK_ASK_HOPS, WALK_TOUCH_HOPS, WALK_TOUCH_SLOTS };

struct walk {
	struct list in_walks;
	enum walk_kind kind;
	struct prefix range, at; /* at: the last one visited */
	bool begun;
};

enum pending_kind {
	PENDING_NONE,
	PENDING_FILTER,
	PENDING_FILTER_GONE,
	PENDING_CONN,
	PENDING_KROUTE,
	PENDING_OTHER
};

/* A cookie is a serial number above the place in the pool: as many results as there are routes find theirs at once. */
struct pending {
	uint64_t cookie; /* 0: free */
	enum pending_kind kind;
	uint32_t owner; /* binding whose ops it counts in; 0: none */
	union {
		struct kroute *kroute; /* counts this one */
		char *conn;	       /* owned */
		uint32_t next_free;    /* its place + 1 */
	};
};

struct core {
	struct model *model; /* NULL until the first EV_CONFIG */
	mono_t now;
	struct effects *out; /* during core_step only */
	struct timerq timers;
	struct pending *pendings;			    /* the pool */
	uint32_t pending_cap, pending_free, pending_serial; /* free: place + 1 of the first one; 0: none */
	uint32_t budget;
	bool more; /* work was left over */
	bool oom;

	uint32_t generation; /* of snapshots */
	bool snapshot_done, hsrp_up, adopting, stopping, stopped, isakmp_on;
	bool debug; /* `debug crypto ipsec` */
	struct timer adoption, stop_timer;
	bool last_call; /* before the adoption ends */
	struct link_rec *links, *link_names;
	struct group_rec *groups;
	struct iface *ifaces, *devices;
	struct trie connected;	  /* prefix -> struct connected_rec */
	int tun;		  /* ifindex of charon's TUN; 0: none */
	bool mss_dirty, mss_sent; /* sent: the kernel has some */

	uint32_t next_binding;
	struct binding *bindings;
	struct list look; /* bindings whose goal is to be computed anew */
	struct acl_users *acl_users;
	struct list dynamic_units;
	struct list remembered; /* what an earlier engine learned, until the entries are there */

	struct trie waiting; /* remote prefix -> struct waiting_place (demand.c) */
	bool demand_heard;
	struct call *calls;
	uint32_t calling;
	bool ike_lost;
	bool ike_overdue; /* it would be lost by now, but runs again: its next death decides, or that it stays */
	struct timer ike_lost_timer, ike_settled_timer;
	bool ike_up, plane_known, libipsec, sa_snapshot_done;
	uint32_t sa_generation;
	uint32_t incarnation;
	struct conn *conns;
	uint32_t conns_refused; /* their last load failed */
	struct ike_rec *ikes;
	struct sa_rec *sas;
	mono_t idle_looked; /* when charon was asked last for the use of SAs */
	struct list dirty_sas,
		dying_sas; /* dying: charon has them no longer; what they hold is let go bit by bit */
	struct sa_rec *sas_by_spi;
	struct ended_sa {
		uint32_t spi_in;
		mono_t at;
	} ended[ENDED_MAX]; /* a ring: the last ones that this charon ended */
	unsigned ended_next;
	struct list init_queue;
	struct timerq
		busiest; /* of init_queue those whose peers send into dead SAs; the most packets come first */
	uint32_t trying, fresh, window;
	struct secret_rec *secrets;
	bool secrets_dirty;
	uint32_t secret_generation;

	struct rri rri;
	struct trie hops; /* host prefix -> struct hop */
	struct list dirty_hops, ask_hops;
	uint32_t asked; /* hops whose answer is awaited */
	struct list walks;
	struct kroute *kroutes;
	struct list all_kroutes, refused;
	struct foreign_rec *foreign;
	struct list *sweep; /* position in all_kroutes; NULL: none under way */
	uint32_t sweep_generation;
	uint32_t nobodys; /* effects on routes that count in no binding's ops */
	struct static_rec *statics;
	struct list all_statics, dirty_statics;
	uint32_t static_generation;

	struct track_rec *tracks;
	struct timer hazards;
	bool tracks_moved; /* lists are to be looked at again */
};

#endif
