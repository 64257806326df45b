/* Inside of the simulated world: shared by world.c, kernel.c and check.c only. */
#ifndef SIM_INTERNAL_H
#define SIM_INTERNAL_H

#include "sim/queue.h"
#include "sim/world.h"

/* What one router's kernel holds for the group of one segment. */
struct sim_kernel {
	bool macvlan, up, address;
	mono_t expires;
};

struct sim_port {
	bool carrier;
	int ifindex;
	struct mac mac;
	struct ipaddr address;
	struct sim_kernel kernel;
	uint8_t shown_state; /* last state the trace and the checks saw */
	bool shown_address;
	uint8_t pending; /* kernel requests under way */
};

struct sim_router {
	struct hsrp *core; /* NULL: the process is dead */
	uint32_t incarnation;
	mono_t stalled_until;
	mono_t deadline; /* what the queue holds for it */
	uint8_t priority;
	bool starting; /* its configuration and links are still being told */
	struct sim_port port[SIM_SEGMENTS_MAX];
	struct hsrp_record record[SIM_SEGMENTS_MAX];
};

struct sim_world {
	const struct sim_plan *plan;
	bool trace;
	mono_t now;
	uint64_t random;
	struct sim_queue queue;
	struct sim_router router[SIM_ROUTERS_MAX];
	bool fault_on[SIM_FAULTS_MAX];
	mono_t calm_from; /* the last fault has ended */
	mono_t last_change;
	struct hsrp_outs outs;
	unsigned steps_now; /* since time last moved */
	struct sim_result *result;
};

/* world.c */
void world_step(struct sim_world *w, unsigned router, const struct hsrp_in *in);
/* The strongest fault of a kind that is on for this router and segment; NULL when none is. -1 stands for any. */
const struct sim_fault *world_fault(
	const struct sim_world *w, enum sim_fault_kind kind, int router, int segment);
void world_trace(const struct sim_world *w, unsigned router, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static inline unsigned world_segment(const char *device)
{
	return (unsigned)(device[3] - '0'); /* "eth0", "eth1" */
}

/* kernel.c: a router's kernel */
void kernel_request(struct sim_world *w, unsigned router, const struct hsrp_kernel *k);
void kernel_carry_out(struct sim_world *w, const struct sim_event *e);
void kernel_expire(struct sim_world *w, const struct sim_event *e);

/* check.c: what must hold */
void check_fail(struct sim_world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void check_sent(struct sim_world *w, unsigned router, unsigned segment, const uint8_t *frame, size_t len);
void check_router(struct sim_world *w, unsigned router);
void check_calm(struct sim_world *w);
void check_end(struct sim_world *w);

#endif
