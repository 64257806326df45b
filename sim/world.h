/*
 * A simulated world for the HSRP cores: routers, segments, a kernel that confirms addresses late or never, faults.
 *
 * Owns:  simulated time, the event queue, frames under way, what each router's kernel holds.
 * Never: reads a clock or draws from anything but the seed: one seed is one run.
 *
 * Each router is the unchanged core of the daemon (hsrp/group.h). What the daemon's adapters do is modelled here:
 * frames take time, are lost, doubled or overtaken; kernel requests are answered late or refused; an address has a lifetime
 * (D9) and goes by itself when the process that renews it is dead or hangs.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "hsrp/group.h"

enum {
	SIM_ROUTERS_MAX = 4,
	SIM_SEGMENTS_MAX = 2,
	SIM_FAULTS_MAX = 64,
	SIM_TRACE_MAX = 4096,
	SIM_VIOLATION_MAX = 256,
};

enum sim_fault_kind {
	FAULT_LOSS,	   /* segment: frames are lost with .percent */
	FAULT_DUPLICATE,   /* segment: frames arrive twice with .percent */
	FAULT_REORDER,	   /* segment: frames are held back up to 20 ms with .percent */
	FAULT_ONE_WAY,	   /* segment: what .router sends reaches nobody */
	FAULT_LINK,	   /* segment: .router's carrier is gone */
	FAULT_STALL,	   /* .router's process does not run */
	FAULT_CRASH,	   /* .router's process is killed, and started again at the end */
	FAULT_BOX,	   /* .router loses power: kernel state is gone too */
	FAULT_KERNEL_LATE, /* .router's kernel answers up to 2 s late */
	FAULT_KERNEL_FAIL, /* .router's kernel refuses the virtual address */
	FAULT_RESIGN,	   /* the operator asks .router's group to hand over; no duration */
	FAULT_PRIORITY,	   /* .router's priority becomes .percent; it stays */
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
};

/* One run is fully described by this. */
struct sim_plan {
	uint64_t seed;
	unsigned routers, segments;
	uint32_t hello_ms, hold_ms;
	uint8_t version; /* of all routers */
	bool md5;
	struct sim_router_config router[SIM_ROUTERS_MAX];
	struct sim_fault faults[SIM_FAULTS_MAX];
	unsigned fault_count;
	int64_t calm_ms; /* after the last fault has ended; the world must have converged in it */
};

struct sim_result {
	bool failed;
	char violation[SIM_VIOLATION_MAX];
	int64_t at_ms; /* simulated time of the violation, or the end */
	uint64_t events;
	int64_t converged_ms; /* from the end of the last fault to the last role change */
};

/* A plan drawn from the seed. */
void sim_plan_draw(struct sim_plan *plan, uint64_t seed);
const char *sim_fault_text(const struct sim_fault *f, char *out, size_t size);

/* Runs a plan; `trace` prints every frame and role change in columns, a router each. */
void sim_run(const struct sim_plan *plan, bool trace, struct sim_result *result);

#endif
