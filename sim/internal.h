/* Inside of the simulated world: shared by the files of sim/ only. */
#ifndef SIM_INTERNAL_H
#define SIM_INTERNAL_H

#include "hsrp/group.h"
#include "sim/cisco.h"
#include "sim/peek.h"
#include "sim/queue.h"
#include "sim/random.h"
#include "sim/world.h"

struct box;
struct sim_peers;

/* A router's processes that have a deadline of their own. */
enum sim_process {
	PROCESS_HSRP,
	PROCESS_ENGINE,
	PROCESS_CISCO,
	PROCESS_COUNT = PROCESS_CISCO + SIM_SEGMENTS_MAX
};

/* What one router's kernel holds for the group of one segment. */
struct sim_vmac {
	bool macvlan, up, address;
	bool taken; /* somebody removed some of it: so long the process may believe what is not the case */
	mono_t expires;
	mono_t taken_at;  /* or since when nothing keeps the process from putting it back */
	bool heard, kept; /* the process was told of it; something kept it */
};

struct sim_port {
	bool carrier;
	int ifindex;
	struct mac mac;
	struct ipaddr address;
	struct sim_vmac vmac;
	uint8_t pending; /* kernel requests under way, or answers not read */
	struct cisco cisco;
	/* The packet socket of the hsrp process. */
	unsigned unread, unread_active; /* frames that wait; Hellos of an active router among them */
	mono_t empty;			/* when it was last known to be empty */
	/* A Hello as the last one is not traced. */
	uint8_t traced_state, traced_priority;
	unsigned untraced;
	/* As the trace and the checks saw it last. */
	uint8_t state, reason;
	bool serving, told; /* told: a report came since the process started */
	mono_t last_hello, state_since;
	int64_t excuse_ns; /* how late its process was told to run since the last hello */
	bool unconfirmed;  /* the kernel refused to take the address away: it stays until its lifetime ends */
	enum sim_group { GROUP_CONFIGURED, GROUP_WITHOUT_IP, GROUP_REMOVED } group; /* as configured */
	bool other_key; /* as its process was told */
};

struct sim_router {
	bool cisco;
	struct hsrp *core; /* NULL: the process is dead */
	uint32_t incarnation;
	mono_t stalled_until;
	int64_t wall_offset; /* of the wall clock, nanoseconds */
	uint8_t priority;    /* configured */
	uint8_t lowered;     /* by a tracked object */
	bool preempt;	     /* configured */
	bool other_key;	     /* likewise */
	bool leaving, left;  /* it was told to; nothing of it is left */
	bool starting;	     /* its configuration and links are still being told */
	mono_t configured_at;
	bool configured; /* else its core knows no group: a predecessor's address lives until its lifetime ends */
	struct sim_port port[SIM_SEGMENTS_MAX];
	struct hsrp_record record[SIM_SEGMENTS_MAX];
	struct box *box; /* engine, charon and the rest of the kernel; NULL without engines */
};

struct sim_world {
	const struct sim_plan *plan;
	bool trace;
	mono_t now;
	uint64_t random;
	struct sim_queue queue;
	struct sim_router router[SIM_ROUTERS_MAX];
	struct sim_peers *peers; /* NULL without engines */
	/* When each process wants to run (its deadline), and when it does. */
	mono_t deadline[SIM_ROUTERS_MAX][PROCESS_COUNT], wake[SIM_ROUTERS_MAX][PROCESS_COUNT];
	bool fault_on[SIM_FAULTS_MAX];
	uint64_t kinds_on; /* bit for each kind of fault that is on */
	mono_t calm_from;  /* the last fault has ended */
	mono_t last_change;
	struct hsrp_outs outs;
	unsigned steps_now; /* since time last moved */
	struct sim_result *result;
};

enum { SIM_TRACK_DECREMENT = 30 };

static inline unsigned router_priority(const struct sim_router *r)
{
	return r->priority > r->lowered ? r->priority - r->lowered : 0;
}

/* The end of its address that elections compare: 10.0.S.N, or fe80::N. */
static inline uint32_t router_address(
	const struct sim_plan *plan, const struct sim_router *r, unsigned number, unsigned segment)
{
	return plan->ipv6 ? number + 1 : ip_v4_u32(&r->port[segment].address);
}

/* Its group has no election of its own. */
static inline bool world_follows(const struct sim_world *w, unsigned segment)
{
	return w->plan->follow == segment + 1;
}

/* world.c */
void world_trace(const struct sim_world *w, unsigned router, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool world_advance(
	struct sim_world *w, mono_t end); /* one thing that happens up to `end`; false: nothing does */
void world_wake(struct sim_world *w, unsigned router, enum sim_process process, mono_t deadline);
void world_send(struct sim_world *w, unsigned from, unsigned segment, const uint8_t *frame, size_t len);

/* A Cisco-like router's part of a segment; `e` of a frame. */
enum world_cisco { CISCO_TIME, CISCO_FRAME, CISCO_UP, CISCO_DOWN, CISCO_CONFIG };
void world_cisco(struct sim_world *w, unsigned router, unsigned segment, enum world_cisco call,
	const struct sim_event *e);

static inline bool world_kind_on(const struct sim_world *w, enum sim_fault_kind kind)
{
	return w->kinds_on & UINT64_C(1) << kind;
}

/* faults.c; a fault by its number in the plan */
/* The strongest fault of a kind that is on for this router and segment; NULL when none is. -1 stands for any. */
const struct sim_fault *world_fault(
	const struct sim_world *w, enum sim_fault_kind kind, int router, int segment);
void world_fault_begins(struct sim_world *w, unsigned index);
void world_fault_ends(struct sim_world *w, unsigned index);

/* process.c: the hsrp process around its core */
void process_step(struct sim_world *w, unsigned router, const struct hsrp_in *in);
void process_configure(
	struct sim_world *w, unsigned router); /* the engine, or who stands for it, sends everything */
void process_start(struct sim_world *w, unsigned router);
void process_kill(struct sim_world *w, unsigned router);
enum sim_tell { TELL_LINK, TELL_GROUP, TELL_RESIGN, TELL_WALL, TELL_LEAVE, TELL_TAKEN };
/* By netlink or by the engine; a process that does not run reads it when it does, before its timers fire. */
void process_tell(struct sim_world *w, unsigned router, unsigned segment, enum sim_tell what);
void process_told(struct sim_world *w, const struct sim_event *e);
void process_frame(struct sim_world *w, struct sim_event *e);
void process_wakes(struct sim_world *w, unsigned router);
static inline unsigned process_segment(const char *device)
{
	return (unsigned)(device[3] - '0'); /* "eth0", "eth1" */
}

/* kernel.c: a router's kernel as the hsrp process uses it */
void kernel_request(struct sim_world *w, unsigned router, const struct hsrp_kernel *k);
void kernel_carry_out(struct sim_world *w, struct sim_event *e); /* keeps the event for its answer */
void kernel_answer(struct sim_world *w, const struct sim_event *e);
void kernel_expire(struct sim_world *w, const struct sim_event *e);
void kernel_lost(struct sim_world *w, unsigned router, unsigned segment); /* the power went */
void kernel_swept(struct sim_world *w, unsigned router, unsigned segment);
void kernel_taken(struct sim_world *w, unsigned router, unsigned segment, unsigned what);

/* check.c: what must hold */
void check_fail(struct sim_world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void check_sent(struct sim_world *w, unsigned router, unsigned segment, const struct peek *p);
void check_state(
	struct sim_world *w, unsigned router, unsigned segment, uint8_t state, uint8_t reason, bool serving);
void check_untold(struct sim_world *w,
	unsigned router); /* after a step: what a process does and has not reported yet */
void check_read(struct sim_world *w, const struct sim_event *e); /* a frame, after the step that read it */
void check_router(struct sim_world *w, unsigned router);
void check_left(struct sim_world *w, unsigned router); /* the process has said that nothing of it is left */
void check_always(struct sim_world *w);
void check_end(struct sim_world *w);

#endif
