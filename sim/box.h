/*
 * The rest of a router of ours: its engine (the unchanged core/core.h), the part of the kernel that the engine works with,
 * its charon; and the peers of all of them.
 *
 * Owns:  what stands between the engine's core and the world: channels with delays, each first in, first out.
 * Flow:  engine.c hands effects out; kernel side netns.c, charon's side charon.c; answers come back as events.
 */
#ifndef SIM_BOX_H
#define SIM_BOX_H

#include "core/core.h"
#include "sim/internal.h"

enum {
	BOX_ROUTES = 48,
	BOX_CONNS = 8,
	BOX_SAS = 48,
	BOX_RULES = 8,
	OUTSIDE_IFINDEX = 2,
	TUN_IFINDEX = 9,
	VMAC_IFINDEX = 20, /* and the segment */
	PEERS = 3,	   /* one of a static entry, two of the dynamic map */
	EDIT_SETTLES_MS = 10000,
	NETNS_PACKETS = 8, /* kinds of packets: two hosts here, two behind each line */
};

/* Messages of one channel overtake nobody. */
enum box_channel {
	CHANNEL_KERNEL,
	CHANNEL_TO_KERNEL,
	CHANNEL_HSRP,
	CHANNEL_CHARON,
	CHANNEL_TO_CHARON,
	CHANNEL_COUNT
};

/* What the operator changes and takes back. */
enum box_edit {
	EDIT_LINE,	  /* the second line of the access list is gone */
	EDIT_DYNAMIC_RRI, /* the dynamic map has no reverse-route, */
	EDIT_STATIC_RRI,  /* or the entry */
	EDIT_DYNAMIC,	  /* the crypto map has no dynamic entry, */
	EDIT_STATIC,	  /* or no other */
	EDIT_MAP,	  /* the interface has no crypto map */
	EDIT_PEER,	  /* the entry has a second peer, which never answers */
	EDIT_TRANSFORM,	  /* the transform set is another one */
	EDIT_PER_SA,	  /* the entry's routes come with SAs */
	EDIT_COUNT
};

struct box_sa {
	bool used;
	uint32_t ike, child;
	unsigned peer;
	bool told; /* the engine has heard of it */
	struct ipaddr local, remote;
	char conn[IKE_CONN_NAME_MAX], name[IKE_CHILD_NAME_MAX];
	struct prefix net, local_net;
	mono_t passed;	     /* a packet, the last one */
	mono_t orphan_since; /* the peer has none by this name any more */
	bool said_silent;    /* IKEv2: … and the engine heard of it */
};

struct box {
	/* The engine process. */
	struct core *core; /* NULL: dead */
	struct model *model;
	mono_t started, guarding; /* it started; its first filter was accepted (until then: the same) */
	bool guards;
	struct effects effects;
	uint32_t incarnation;
	mono_t stalled_until;
	bool kernel_known, hsrp_linked,
		loaded_static; /* the last: the connection of the static entry, by this engine */
	/* As told, of the outside: its group, its link, its virtual address. */
	enum hsrp_role role, reported; /* as it read, and as the last report that left says */
	bool told_carrier, told_vip;
	bool stopping, stopped;
	/* What the operator has changed: bit for each enum box_edit that is in force. */
	unsigned edits;
	mono_t edited[EDIT_COUNT]; /* … typed last */
	/* Channels. */
	mono_t last[CHANNEL_COUNT];
	/* The kernel. */
	struct route routes[BOX_ROUTES];
	unsigned route_count;
	bool filter;	  /* of the outside interface */
	bool filter_once; /* it stood since the power came on, and protects as long as something is to be */
	struct prefix rules[BOX_RULES]; /* what it protects: remote sides */
	unsigned rule_count;
	struct prefix waiting[BOX_RULES]; /* whose packets ask for an SA: remote sides */
	unsigned waiting_count;
	bool tun, overrun_missed;
	struct sim_vmac vmac[SIM_SEGMENTS_MAX]; /* as the notifications told it */
	/* charon. */
	bool charon;
	uint32_t charon_incarnation;
	struct ike_conn conns[BOX_CONNS];
	unsigned conn_count;
	struct box_sa sas[BOX_SAS];
	/* For the checks. */
	mono_t orphan_route_since;
	unsigned changes; /* effects that change something, since the checks asked */
};

struct sim_peer {
	bool dynamic, alive;
	struct ipaddr address;
	struct prefix net;
	int router; /* -1: it has no SA */
	uint32_t child;
	mono_t heard; /* its headend last answered */
};

/* The peers of the world; child and IKE ids are unique in it. */
struct sim_peers {
	struct sim_peer peer[PEERS];
	uint32_t last_id;
};

struct ipaddr box_vip(unsigned segment);
bool box_edited(const struct box *b, enum box_edit edit);
/* Now, or not long ago: the engine may not be through with it. */
bool box_edited_lately(const struct sim_world *w, const struct box *b, enum box_edit edit);
bool box_serves(const struct sim_world *w,
	unsigned router); /* its kernel has the outside virtual address, and carrier */

/* engine.c */
void engine_start(struct sim_world *w, unsigned router);
void engine_kill(struct sim_world *w, unsigned router);
void engine_wakes(struct sim_world *w, unsigned router);
void engine_event(struct sim_world *w, unsigned router, const struct event *e);
void engine_told(
	struct sim_world *w, struct sim_event *e); /* keeps the event while the process does not run */
void engine_connect(struct sim_world *w, const struct sim_event *e);
enum box_edit engine_edit_of(const struct sim_fault *f);
void engine_edit(struct sim_world *w, unsigned router, enum box_edit edit, bool on);
void engine_report(struct sim_world *w, unsigned router, const struct hsrp_report *r);
void engine_hsrp_gone(struct sim_world *w, unsigned router);
void engine_drop(struct sim_event *e); /* frees what an event carries */
/* Something for the engine, by a channel; `e` is copied with the SA or name it points to. */
void engine_tell(struct sim_world *w, unsigned router, enum box_channel channel, const struct event *e);
mono_t channel_at(struct sim_world *w, unsigned router, enum box_channel channel, bool late);

/* netns.c */
void netns_effect(struct sim_world *w, unsigned router, struct effect *f); /* takes what it owns */
void netns_carry_out(struct sim_world *w, struct sim_event *e);
int netns_filter(struct sim_world *w, unsigned router, const struct effect *f);
void netns_snapshot(struct sim_world *w, unsigned router);
void netns_overrun_over(struct sim_world *w, unsigned router);
void netns_link(struct sim_world *w, unsigned router, unsigned segment);
void netns_tun(struct sim_world *w, unsigned router, bool up);
void netns_vmac_changed(struct sim_world *w, unsigned router, unsigned segment);
bool netns_packet(struct sim_world *w, unsigned router, unsigned what); /* true: an SA took it */
bool netns_waits(const struct box *b, const struct ipaddr *to);
void netns_begin(struct sim_world *w, unsigned router);
const struct route *netns_route(const struct box *b, const struct prefix *p, uint8_t protocol);

/* charon.c */
void charon_effect(struct sim_world *w, unsigned router, struct effect *f);
void charon_carry_out(struct sim_world *w, struct sim_event *e);
void charon_start(struct sim_world *w, unsigned router);
void charon_kill(struct sim_world *w, unsigned router);
void charon_connect(struct sim_world *w, unsigned router);
void charon_stop(struct sim_world *w, unsigned router);
void peers_begin(struct sim_world *w);
void peers_tick(struct sim_world *w);
void peer_rekey(struct sim_world *w, unsigned peer);
void peer_silent(struct sim_world *w, unsigned peer, bool silent);
void peer_move(struct sim_world *w, unsigned peer);
const struct box_sa *charon_sa_of(const struct box *b, unsigned peer);
struct box_sa *charon_sa_for(struct box *b, const struct ipaddr *from, const struct ipaddr *to);

/* check_engine.c */
void check_effect(struct sim_world *w, unsigned router, const struct effect *f);
void check_box(struct sim_world *w, unsigned router);
void check_boxes_end(struct sim_world *w);

#endif
