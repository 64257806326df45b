/*
 * A simulated world: routers, segments, kernels, charon and its peers, and the faults that meet them.
 *
 * Owns:  what a run is made of (the plan), and what came of it.
 * Never: reads a clock or draws from anything but the seed: one plan is one run, the same on every machine.
 *
 * A router of ours is the daemon's own cores, unchanged: hsrp/group.h, and with `engine` core/core.h. What the adapters and
 * the world around them do is modelled. Other routers are Cisco-like speakers (cisco.h). doc/simulator.md tells what is
 * modelled and what is not.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SIM_ROUTERS_MAX = 4,
	SIM_SEGMENTS_MAX = 2,
	SIM_FAULTS_MAX = 64,
	SIM_VIOLATION_MAX = 256,
};

enum sim_fault_kind {
	FAULT_LOSS,	   /* segment: frames are lost with .percent */
	FAULT_DUPLICATE,   /* segment: frames arrive twice with .percent */
	FAULT_REORDER,	   /* segment: frames are held back up to 20 ms with .percent */
	FAULT_ONE_WAY,	   /* segment: what .router sends reaches nobody */
	FAULT_LINK,	   /* segment: .router's carrier is gone */
	FAULT_STALL,	   /* .router's hsrp process does not run */
	FAULT_OVERSLEEP,   /* .router's timers fire up to .percent * 2 ms late; frames are read on time */
	FAULT_CLOCK,	   /* .router's wall clock is stepped; no duration */
	FAULT_CRASH,	   /* .router's hsrp process is killed, and started again at the end */
	FAULT_BOX,	   /* .router loses power: kernel state is gone, too */
	FAULT_KERNEL_LATE, /* .router's kernel answers up to 2 s late */
	FAULT_KERNEL_FAIL, /* .router's kernel refuses the virtual address, to add it and to remove it */
	FAULT_RESIGN,	   /* the operator asks .router's groups to hand over; no duration */
	FAULT_PRIORITY,	   /* .router's priority becomes .percent; it stays */
	FAULT_TRACK,	   /* an object that .router tracks is down: its priority is lower */
	FAULT_STOP,	   /* .router's hsrp process is told to leave, and started again at the end */
	FAULT_PREEMPT,	   /* .router has `preempt` when it had none, and the other way round */
	FAULT_KEY,	   /* .router's groups have another key */
	FAULT_GROUP, /* segment: .router's group is not configured; .percent: what is left of it in the meantime */
	FAULT_TAKEN, /* segment: somebody removes .router's virtual address, or more (.percent); no duration */
	FAULT_DEAF,  /* .router's hsrp process does not hear what its kernel says of addresses */
	FAULT_HSRP_COUNT,
	/* With engines only. */
	FAULT_ENGINE_CRASH = FAULT_HSRP_COUNT, /* .router's engine is killed, and started again at the end */
	FAULT_ENGINE_STALL,		       /* .router's engine does not run */
	FAULT_CHARON_CRASH,		       /* .router's charon is killed, and started again at the end */
	FAULT_CHARON_LATE,		       /* .router's charon answers up to 2 s late */
	FAULT_MESSAGE_LATE, /* messages between hsrp and engine of .router take up to 2 s */
	FAULT_OVERRUN,	    /* .router's netlink notifications are lost; the end of it is noticed */
	FAULT_ROUTE_FAIL,   /* .router's kernel refuses routes with .percent */
	FAULT_FILTER_FAIL,  /* .router's kernel refuses changes of the filter */
	FAULT_PEER_SILENT,  /* peer .percent disappears, and returns without its SAs */
	FAULT_PEER_MOVE,    /* peer .percent has another address from now on */
	FAULT_REKEY,	    /* peer .percent replaces its SAs; no duration */
	FAULT_CLEAR,	    /* .router: `clear crypto sa`, or of IKE_SAs; .percent: of which; no duration */
	FAULT_EDIT, /* .router: the operator changes the configuration (edit .percent), and takes that back at the end */
	FAULT_PACKET, /* .router: a packet of one of its hosts to one behind the static peer (.percent); no duration */
	FAULT_KIND_COUNT
};

struct sim_fault {
	uint8_t kind; /* enum sim_fault_kind */
	uint8_t segment, router;
	uint8_t percent;
	int64_t at_ms, for_ms;
};

struct sim_router_config {
	uint8_t priority;
	bool preempt;
	uint8_t preempt_delay_s; /* `preempt delay minimum` */
	bool cisco;		 /* an independent speaker instead of our cores */
	bool learns; /* the virtual addresses: `standby ip` without one; the first router never does */
};

/* One run is fully described by this. */
struct sim_plan {
	uint64_t seed;
	unsigned routers, segments;
	uint32_t hello_ms, hold_ms;
	uint8_t version; /* of all routers */
	bool md5;
	bool chain;	/* MD5 by a key chain whose key changes on the way */
	bool ipv6;	/* groups of IPv6 */
	bool pair;	/* `hotswan redundancy pair`: the groups of both segments move together */
	uint8_t follow; /* `standby follow`: the segment (from 1 on) whose group follows the other's; 0: none */
	bool engine;	/* our routers have an engine, a charon and peers */
	bool ikev2;	/* … that speak IKEv2: whose silence the engine has to end */
	bool libipsec; /* … and charon's TUN as their data plane */
	bool idle;     /* the lines of the static entry rest until a packet comes, */
	bool per_host; /* … and have an SA for each pair of hosts */
	struct sim_router_config router[SIM_ROUTERS_MAX];
	struct sim_fault faults[SIM_FAULTS_MAX];
	unsigned fault_count;
	int64_t calm_ms; /* after the last fault has ended; the world must have converged in it */
};

/* What the command line asks of every plan. */
struct sim_options {
	unsigned routers, faults; /* 0: as drawn */
	enum { SIM_ENGINE_DRAWN, SIM_ENGINE_NEVER, SIM_ENGINE_ALWAYS } engine;
};

struct sim_result {
	bool failed;
	char violation[SIM_VIOLATION_MAX];
	int64_t at_ms; /* simulated time of the violation, or the end */
	uint64_t events;
	int64_t converged_ms; /* from the end of the last fault to the last role change */
};

/* A plan drawn from the seed. */
void sim_plan_draw(struct sim_plan *plan, uint64_t seed, const struct sim_options *o);
const char *sim_fault_text(const struct sim_fault *f, char *out, size_t size);
void sim_plan_print(const struct sim_plan *plan);

/* Runs a plan; `trace` prints every frame, role change and fault in columns, a router each. */
void sim_run(const struct sim_plan *plan, bool trace, struct sim_result *result);

/*
 * Drops faults, routers and options and shortens faults as long as the plan fails in the same way. Returns how many runs
 * that took.
 */
unsigned sim_shrink(struct sim_plan *plan, const char *violation);

#endif
