/*
 * Inside of the HSRP core: the structs that core.c, group.c, input.c, plan.c and output.c share.
 * Included by nothing else.
 */
#ifndef HSRP_INTERNAL_H
#define HSRP_INTERNAL_H

#include "base/hash.h"
#include "hsrp/auth.h"
#include "hsrp/fsm.h"
#include "hsrp/group.h"

enum {
	SECOND_MS = 1000,
	INTERFACE_DELAY_MIN_MS = 1000, /* captured: nothing happens in the first second after line-up */
	ADVERTISE_MS = 30000,	       /* captured: 25 to 30 s */
	ADVERTISE_EARLY_PART = 6,      /* … of it earlier at most */
	HELLO_JITTER_PERCENT = 20,     /* captured: hellos leave after 0.8 to 1.0 of the hello time */
	HOLD_JITTER_PERCENT = 15,      /* captured: a peer is held up to 15 % longer than it asked for */
	BOOT_JITTER_PERCENT = 4,       /* timers without a peer: a lone router is active after 20 to 22 s */
	HOLD_JITTER_FROM_MS = 1000,    /* shorter hold times are kept to the millisecond */
	BURST_MAX = 64,		       /* hellos of one wake-up */
	BADAUTH_QUIET_MS = 30000,      /* captured: one message about it in 30 s */
	RENEW_MS = 3000,     /* an address' lifetime is renewed after half of it, at the latest after this */
	RENEW_GRID_MS = 250, /* and together with the others' */
	REPAIR_MS = 20, /* what was taken away comes back after this: its device may just be going, too */
	REPAIR_EVERY_MS = 250, /* … and so often at most: somebody may take it away again and again */
	LIFETIME_MIN_S = 2,
	LIFETIME_EARLY_MS = 50, /* the kernel counts in ticks, and ends a lifetime up to 20 ms early */
	GARP_ROUNDS = 2,	/* captured: at 0 s and at 3 s */
	GARP_INTERVAL_S = 3,
};

enum timer_owner { TIMER_INTERFACE, TIMER_GROUP, TIMER_CHAIN };

#define SECOND_NS 1000000000ll

struct timer {
	mono_t at;
	size_t pos;    /* in the heap; SIZE_MAX: not in it */
	uint8_t owner; /* enum timer_owner */
};

/* What a group has in the kernel. */
enum have { HAVE_UNKNOWN, HAVE_NOTHING, HAVE_MACVLAN, HAVE_ADDRESS };

struct cohort;

/* A group within its interface. */
struct group_key {
	uint16_t number, family; /* enum ip_family */
};

struct group {
	UT_hash_handle hh; /* in its interface, by key */
	struct interface *i;
	struct hsrp_group_config c;
	struct group_key key;
	bool named;    /* seen between CONFIG_BEGIN and CONFIG_END */
	bool removing; /* goes when the kernel has nothing of it any more */
	bool left;     /* counted as done in a stop */

	uint8_t state; /* enum hsrp_state */
	struct hsrp_peer active, standby;
	struct ipaddr vip; /* in use: configured or learned */
	bool vip_learned;
	uint32_t hello_ms, hold_ms; /* in use */
	bool timers_learned;

	/* Deadlines, MONO_NEVER when not running; `timer` holds the earliest. */
	struct timer timer;
	mono_t t_active, t_standby, t_hello, t_preempt, t_garp, t_renew, t_pair;
	mono_t t_advert; /* IPv6: the next router advertisement */
	bool advertising;
	uint8_t adverts_left; /* of the first ones, which come sooner */
	uint8_t garps_left;
	mono_t last_hello; /* sent; {0} never */
	mono_t hello_open; /* from here on a hello may leave with others */
	struct cohort *cohort;
	unsigned cohort_at;
	mono_t preempt_from; /* when preemption could first happen; MONO_NEVER: it cannot */
	mono_t reload_until; /* `preempt delay reload` */
	mono_t barred_until; /* no preemption before: the operator took the role away */

	/* Following, see follow.c. */
	struct group *master, *followers, *follow_next;

	/* The pair, see pair.c. */
	struct group *look_next;
	bool look;	  /* in h->look */
	bool left_active; /* in this step */
	bool vacant;   /* we listened for a hold time, or heard the active router leave: nobody is active */
	bool deserted; /* the active router resigned from the other group */
	uint8_t want;  /* enum hsrp_reason for which it would be active */

	/* The plan for the kernel, see plan.c. */
	uint8_t have; /* enum have */
	uint8_t op;   /* enum hsrp_kernel_op under way */
	bool busy;
	uint32_t serial;
	struct hsrp_kernel installed; /* what SERVE put there */
	mono_t asked_at;	      /* SERVE or RENEW, the last one */
	mono_t held_until; /* at least so long the kernel keeps the address that it confirmed; {0}: it took it away */
	bool taken;	     /* somebody took some of it away: renewed soon */
	bool repairs;	     /* … as is under way */
	bool serving;	     /* address confirmed and gratuitous ARP sent; until confirmed gone */
	bool prepare_failed; /* tried once in this state */
	uint16_t pending;    /* actions that wait until the address is gone */
	uint8_t spoken;	     /* version of what was said last: a Resign goes to those who heard it */
	int kernel_error;
	struct hsrp_record resume; /* state != 0: a predecessor's role */
	bool untold; /* no report yet: the device decides whether the role is taken up; if not, what is left goes first */
	bool unconfirmed; /* … nor before the kernel has said that the predecessor's address stands */

	/* For reports. */
	uint32_t changes;
	mono_t last_change, last_heard, cause, address_confirmed, announced_at;
	uint8_t reason, old_state;
	struct ipaddr reason_from;
	struct ipaddr expired;			    /* whose hold time ended last */
	struct hsrp_peer said_active, said_standby; /* as debug lines had them last */
	mono_t quiet_auth, quiet_vip, quiet_duplicate, quiet_unexpected,
		quiet_taken; /* no such message again before */
	uint64_t sent, received, bad_auth, bad_hello_time, other_vip, inoperational, garps;
	struct hsrp_auth old_auth; /* `timeout` of a key: accepted until then */
	mono_t old_auth_until;
};

/* What an interface says for the groups of one family: each has an Advertise of its own. */
struct side {
	mono_t t_advertise;
	uint8_t advertised;				/* enum hsrp_advertise_state last sent */
	unsigned groups, active_groups, running_groups; /* running: Learn to Active */
};
enum { SIDES = 2 };

struct interface {
	UT_hash_handle hh;	 /* by device name */
	UT_hash_handle hh_index; /* by ifindex, while the device exists */
	struct hsrp_interface_config c;
	int ifindex;
	bool named;
	bool up, ready; /* ready: up, and the minimum delay has passed */
	bool was_up;	/* once since the start: `reload` delays are over */
	bool removing;
	bool listening;
	bool held; /* not to be freed: somebody up the call works on it */
	struct mac mac;
	struct timer timer;
	struct ipaddr link_local; /* the kernel's; see source_of() */
	mono_t t_ready;
	mono_t t_solicited,
		last_solicited;	 /* the answer to hosts that ask for a router, and the one before */
	struct group *answering; /* who is next in the answer under way; NULL: none is */
	struct side side[SIDES]; /* see side_of() */
	struct group *groups;
	uint64_t bad[HSRP_WIRE_ERROR_COUNT]; /* frames dropped, by reason */
	uint64_t own_source, unknown_group, duplicate, neighbour_lost;
	struct hsrp_neighbour *neighbours; /* HSRP_NEIGHBOUR_MAX places, NULL until the first one */
	unsigned neighbour_count;
	mono_t quiet_own, quiet_claim; /* no such message, no such search again before */
};

/* A key chain, for as long as the configuration has it. */
struct chain {
	UT_hash_handle hh;
	char name[HSRP_NAME_MAX];
	struct hsrp_chain_key *keys, *incoming; /* those in force; those of the parts that came */
	size_t count, incoming_count;
	bool named;
	struct timer timer;		      /* the next moment at which a lifetime begins or ends */
	const struct hsrp_chain_key *sending; /* of keys; NULL: no key may be used (yet) */
	bool outlived; /* the lifetime of the key in use has ended: it is used on, which was said */
};

/* Groups of one hello time whose hellos may leave together. */
struct cohort {
	struct cohort *next;
	uint32_t hello_ms;
	unsigned count;
	struct group *members[BURST_MAX];
};

struct hsrp {
	struct hsrp_out lost; /* written, never read: an effect that found no memory */
	struct interface *by_device, *by_index;
	struct timer **heap;
	size_t heap_count, heap_cap;
	struct cohort *cohorts;
	struct chain *chains;
	int64_t wall_offset_ns;	     /* wall clock minus mono_t */
	struct hsrp_record *resumes; /* of groups that are not configured (yet) */
	size_t resume_count;
	uint64_t random;
	uint32_t serial;
	uint16_t debug; /* enum hsrp_debug */
	struct hsrp_which conditions[HSRP_CONDITIONS_MAX];
	unsigned condition_count; /* 0: lines of all */
	mono_t debug_since;
	unsigned debug_lines; /* since then */
	bool leaving;
	hsrp_md5_fn *md5;     /* NULL: groups with MD5 stay Initial */
	size_t leaving_left;  /* groups that still have something in the kernel */
	struct group *strays; /* groups that follow one that is not there */
	struct group *look;   /* groups whose pair is to be looked at */
	bool pair_goes;
	/* Only during a step. */
	mono_t now;
	mono_t cause; /* of a change: the deadline that has come; MONO_NEVER: now, or the frame's arrival */
	struct hsrp_outs *outs;
};

static inline struct side *side_of(struct interface *i, unsigned family)
{
	return &i->side[family == IP_V6];
}

/* The address that frames of a family come from, by which elections are decided; not set: none. */
static inline const struct ipaddr *source_of(const struct interface *i, unsigned family)
{
	if (family != IP_V6)
		return &i->c.address;
	return ip_is_set(&i->c.link_local) ? &i->c.link_local : &i->link_local;
}

/* core.c */
struct interface *interface_find(struct hsrp *h, const char *device);
struct group *group_find(struct interface *i, unsigned family, unsigned number);
void interface_timer(struct hsrp *h, struct interface *i);
mono_t next_advertise(struct hsrp *h, const struct interface *i);
void group_free(struct hsrp *h, struct group *g);
void interface_drop_if_empty(struct hsrp *h, struct interface *i);

/* timers.c */
bool timer_add(struct hsrp *h, struct timer *t, enum timer_owner owner); /* false on exhaustion */
void timer_set(struct hsrp *h, struct timer *t, mono_t at);
void timer_drop(struct hsrp *h, struct timer *t);
mono_t jittered(struct hsrp *h, mono_t from, uint32_t ms, unsigned percent_later);
uint32_t random_below(struct hsrp *h, uint32_t bound);

/* group.c: the state machine at work */
void group_enter(struct hsrp *h, struct group *g, enum hsrp_state next, enum hsrp_reason reason, mono_t at,
	const struct hsrp_packet *packet,
	const struct hsrp_frame *frame); /* what caused it; NULL: no frame did */
void group_event(struct hsrp *h, struct group *g, enum hsrp_fsm_event event, enum hsrp_reason reason,
	const struct hsrp_packet *packet, const struct hsrp_frame *frame, mono_t at);
void group_start_or_stop(struct hsrp *h, struct group *g, enum hsrp_reason stop_reason);
void group_fire(struct hsrp *h, struct group *g);
void group_rearm(struct hsrp *h, struct group *g);
void group_configure(struct hsrp *h, struct group *g, const struct hsrp_group_config *c);
void group_resume(struct hsrp *h, struct group *g);
bool group_may_resume(
	const struct hsrp *h, const struct group *g); /* a predecessor's role, and its hold time runs */
void group_announce(struct hsrp *h, struct group *g);
void group_say(struct hsrp *h, struct group *g, unsigned actions, enum hsrp_state coup_state);
unsigned group_priority(const struct group *g);
bool group_wanted(const struct hsrp *h, const struct group *g);
void group_step_back(struct hsrp *h, struct group *g); /* when it is stalled */
bool group_awaits_followers(
	const struct group *g); /* it has something to say when their addresses are gone */
bool group_stalled(const struct hsrp *h, const struct group *g);

/* hellos.c */
void hellos_next(struct hsrp *h, struct group *g);  /* one was sent: when the next one leaves */
void hellos_due(struct hsrp *h, struct group *g);   /* one leaves now, with those that are about due */
void hellos_leave(struct hsrp *h, struct group *g); /* the group goes, or has another hello time */

/* advert.c: router advertisements of IPv6 groups */
void advert_begin(
	struct hsrp *h, struct group *g); /* the group serves: the first ones, if it shall advertise at all */
void advert_end(struct hsrp *h, struct group *g, bool farewell);
void advert_reconsider(struct hsrp *h, struct group *g); /* the interface's configuration changed */
void advert_fire(struct hsrp *h, struct group *g);
void advert_solicited(struct hsrp *h, struct interface *i);
void advert_answer(struct hsrp *h, struct interface *i);
void advert_forget(struct group *g); /* it is freed */

/* keys.c: what a group sends and believes, by its one key, its key chain or its text */
bool keys_usable(const struct hsrp *h, const struct hsrp_auth *auth);
bool keys_seal(
	const struct hsrp *h, const struct hsrp_auth *auth, const struct ipaddr *from, struct hsrp_packet *p);
bool keys_match(const struct hsrp *h, const struct hsrp_auth *auth, const struct hsrp_packet *p,
	const uint8_t *payload, size_t len);
void keys_chain(struct hsrp *h, const struct hsrp_chain_config *c, int *result);
void keys_begin(struct hsrp *h); /* CONFIG_BEGIN, CONFIG_END */
void keys_end(struct hsrp *h);
void keys_wall(struct hsrp *h, int64_t offset_ns);
void keys_fire(struct hsrp *h, struct chain *c);
void keys_free(struct hsrp *h);
/* preempt.c */
bool group_may_preempt(struct hsrp *h, struct group *g); /* the guard of event h; starts its delays */
bool preempt_has_chance(const struct group *g);
void preempt_delay_over(struct hsrp *h, struct group *g);
void preempt_forget(struct group *g); /* the chance has passed */

/* follow.c */
bool follow_bound(const struct group *g);
/* After each configuration of a group; `other`: it follows another one now, or no longer, or did (`followed`) not before. */
void follow_configured(struct hsrp *h, struct group *g, bool other, bool followed);
void follow_forget(struct hsrp *h, struct group *g); /* it is freed */
void follow_sync(struct hsrp *h, struct group *g);
void follow_moved(struct hsrp *h, const struct group *master);
void follow_gone(struct hsrp *h, struct group *g); /* its address: its master may have waited for that */

/* pair.c */
bool pair_bound(const struct group *g);
bool pair_waits(const struct group *g);
void pair_look(struct hsrp *h, struct group *g);
void pair_forget(struct hsrp *h, struct group *g); /* it is freed */
/* True: the transition to active does not happen now. */
bool pair_holds_back(struct hsrp *h, struct group *g, enum hsrp_fsm_event event, enum hsrp_reason reason);
void pair_heard_resign(struct hsrp *h, struct group *g);
void pair_work(struct hsrp *h);
void pair_settles(struct hsrp *h, struct group *g);
void pair_settled(struct hsrp *h, struct group *g);

/* input.c */
void input_frame(struct hsrp *h, const struct hsrp_in *in);

/* plan.c: desired against actual, one group's part of the kernel */
void plan_run(struct hsrp *h, struct group *g);
void plan_answer(struct hsrp *h, struct group *g, int error);
void plan_taken(struct hsrp *h, struct group *g);
void plan_device_gone(struct hsrp *h, struct group *g);
bool plan_holds_address(const struct hsrp *h, const struct group *g); /* confirmed, and within its lifetime */
struct mac plan_mac(const struct group *g); /* the group's virtual MAC; the interface's own with use-bia */

/* neighbour.c */
bool neighbour_heard(struct hsrp *h, struct interface *i, const struct hsrp_packet *p,
	const struct hsrp_frame *f); /* an authentic packet; was the sender known? */
void neighbour_advertised(
	struct hsrp *h, struct interface *i, const struct hsrp_packet *p, const struct hsrp_frame *f);
void neighbours_tell(struct hsrp *h, const struct interface *i);

/* debug.c: nothing is formatted while it is off; the functions ask by themselves, debug_line() does not */
static inline bool debugging(const struct hsrp *h, unsigned bits)
{
	return (h->debug & bits) != 0;
}
void debug_condition(struct hsrp *h, const struct hsrp_which *w);
void debug_line(struct hsrp *h, const struct interface *i, const struct group *g, const char *format, ...)
	__attribute__((format(printf, 4, 5))); /* `g` may be NULL */
void debug_packet(struct hsrp *h, const struct group *g, const char *direction, const struct hsrp_packet *p,
	const struct ipaddr *from, const struct mac *mac);
void debug_advertise(struct hsrp *h, const struct interface *i, const struct hsrp_packet *p,
	const struct ipaddr *from); /* `from` NULL: ours */
void debug_change(struct hsrp *h, const struct group *g, enum hsrp_state old, enum hsrp_reason reason,
	const struct hsrp_packet *p, const struct hsrp_frame *f);
void debug_event(struct hsrp *h, const struct group *g, enum hsrp_reason reason, const struct hsrp_packet *p,
	const struct hsrp_frame *f); /* those that change no state, in detail */
void debug_peers(struct hsrp *h, struct group *g);
void debug_address(struct hsrp *h, const struct group *g, bool added);
void debug_dropped(struct hsrp *h, const struct interface *i, const char *why, const struct ipaddr *from);
void debug_tracks(
	struct hsrp *h, const struct group *g, const struct hsrp_group_config *before, unsigned priority);

/* output.c */
struct hsrp_out *out_new(
	struct hsrp *h, enum hsrp_out_kind kind); /* never NULL: a dummy when out of memory */
bool out_quiet(struct hsrp *h, mono_t *until);	  /* it was said in the last 30 s; if not, it is now */
void out_log(struct hsrp *h, unsigned level, const char *format, ...) __attribute__((format(printf, 3, 4)));
void out_packet(struct hsrp *h, struct group *g, enum hsrp_opcode opcode, enum hsrp_state state);
void out_advertise(
	struct hsrp *h, struct interface *i, enum ip_family family, enum hsrp_advertise_state state);
void out_garp(struct hsrp *h, struct group *g, bool uplinkfast);
void out_report(struct hsrp *h, const struct group *g, enum hsrp_phase phase);
void out_record(struct hsrp *h, const struct group *g);
void status_fill(const struct group *g, struct hsrp_status *s);

#endif
