/* What a seed means: how many routers, of which kind, how they are configured, and what happens to them. */
#include <assert.h>
#include <stdio.h>

#include "sim/random.h"
#include "sim/world.h"

static const char *const fault_names[FAULT_KIND_COUNT] = {
	[FAULT_LOSS] = "loss",
	[FAULT_STOP] = "hsrp-stop",
	[FAULT_DUPLICATE] = "duplicate",
	[FAULT_REORDER] = "reorder",
	[FAULT_ONE_WAY] = "one-way",
	[FAULT_LINK] = "link-down",
	[FAULT_STALL] = "stall",
	[FAULT_OVERSLEEP] = "oversleep",
	[FAULT_CLOCK] = "clock-step",
	[FAULT_CRASH] = "hsrp-crash",
	[FAULT_BOX] = "power-loss",
	[FAULT_KERNEL_LATE] = "kernel-late",
	[FAULT_KERNEL_FAIL] = "kernel-refuses",
	[FAULT_RESIGN] = "resign",
	[FAULT_PRIORITY] = "priority",
	[FAULT_TRACK] = "track-down",
	[FAULT_PREEMPT] = "preempt",
	[FAULT_KEY] = "other-key",
	[FAULT_GROUP] = "group-removed",
	[FAULT_TAKEN] = "address-taken",
	[FAULT_DEAF] = "deaf",
	[FAULT_ENGINE_CRASH] = "engine-crash",
	[FAULT_ENGINE_STALL] = "engine-stall",
	[FAULT_CHARON_CRASH] = "charon-crash",
	[FAULT_CHARON_LATE] = "charon-late",
	[FAULT_MESSAGE_LATE] = "messages-late",
	[FAULT_OVERRUN] = "netlink-overrun",
	[FAULT_ROUTE_FAIL] = "routes-refused",
	[FAULT_FILTER_FAIL] = "filter-refused",
	[FAULT_PEER_SILENT] = "peer-silent",
	[FAULT_PEER_MOVE] = "peer-moves",
	[FAULT_REKEY] = "rekey",
	[FAULT_CLEAR] = "clear-sa",
	[FAULT_EDIT] = "edit",
	[FAULT_PACKET] = "packet",
};

const char *sim_fault_text(const struct sim_fault *f, char *out, size_t size)
{
	assert(f->kind < FAULT_KIND_COUNT);
	snprintf(out, size, "%9.3f s for %7.3f s  %-15s router %c segment %u  %u", (double)f->at_ms / 1000,
		(double)f->for_ms / 1000, fault_names[f->kind], 'A' + f->router, f->segment, f->percent);
	return out;
}

void sim_plan_print(const struct sim_plan *plan)
{
	char text[128];

	printf("seed %llu: %u routers, %u segments%s, version %u%s%s, hello %u ms, hold %u ms%s%s\n",
		(unsigned long long)plan->seed, plan->routers, plan->segments,
		plan->pair		    ? " (pair)"
			: plan->follow == 1 ? " (0 follows 1)"
			: plan->follow == 2 ? " (1 follows 0)"
					    : "",
		plan->version, plan->ipv6 ? " IPv6" : "",
		plan->chain	    ? ", key chain"
			: plan->md5 ? ", MD5"
				    : "",
		plan->hello_ms, plan->hold_ms,
		!plan->engine		 ? ""
			: plan->libipsec ? ", engines, libipsec"
					 : ", engines",
		plan->engine && plan->ikev2 ? ", IKEv2" : "");
	if (plan->idle || plan->per_host)
		printf("  the static entry has%s%s\n", plan->idle ? " idle-time" : "",
			plan->per_host ? " level per-host" : "");
	for (unsigned i = 0; i < plan->routers; i++)
		printf("  router %c: priority %u%s, delay %u s%s\n", 'A' + i, plan->router[i].priority,
			plan->router[i].preempt ? ", preempt" : "", plan->router[i].preempt_delay_s,
			plan->router[i].cisco		 ? ", Cisco-like"
				: plan->router[i].learns ? ", learns its address"
							 : "");
	for (unsigned i = 0; i < plan->fault_count; i++)
		printf("  fault at %s\n", sim_fault_text(&plan->faults[i], text, sizeof(text)));
}

static void draw_fault(struct sim_fault *f, const struct sim_plan *plan, uint64_t *r, int64_t hold_ms)
{
	bool engine = plan->engine && random_percent(r, 60);

	*f = (struct sim_fault){
		.kind = (uint8_t)(engine
				? FAULT_HSRP_COUNT + random_to(r, FAULT_KIND_COUNT - FAULT_HSRP_COUNT)
				: random_to(r, FAULT_HSRP_COUNT)),
		.router = (uint8_t)random_to(r, plan->routers),
		.segment = (uint8_t)random_to(r, plan->segments),
		.percent = (uint8_t)(1 + random_to(r, 100)),
		.at_ms = random_to(r, 20 * hold_ms),
		/* From a hiccup to several hold times. */
		.for_ms = 1 + random_to(r, random_percent(r, 50) ? hold_ms / 2 : 4 * hold_ms),
	};
}

/* Kinds that meet in one place: the second finds what the first leaves half done. */
static const uint8_t companions[FAULT_KIND_COUNT] = {
	[FAULT_STALL] = FAULT_PRIORITY,
	[FAULT_CRASH] = FAULT_LINK,
	[FAULT_KEY] = FAULT_PREEMPT,
	[FAULT_GROUP] = FAULT_STALL,
	[FAULT_DEAF] = FAULT_TAKEN,
	[FAULT_RESIGN] = FAULT_TAKEN,
	[FAULT_KERNEL_LATE] = FAULT_STALL,
	[FAULT_KERNEL_FAIL] = FAULT_RESIGN,
	[FAULT_ENGINE_CRASH] = FAULT_EDIT,
	[FAULT_ENGINE_STALL] = FAULT_CHARON_CRASH,
	[FAULT_CHARON_LATE] = FAULT_EDIT,
	[FAULT_OVERRUN] = FAULT_LINK,
	[FAULT_FILTER_FAIL] = FAULT_EDIT,
	[FAULT_EDIT] = FAULT_FILTER_FAIL,
	[FAULT_ROUTE_FAIL] = FAULT_REKEY,
	[FAULT_PEER_MOVE] = FAULT_REKEY,
	[FAULT_CHARON_CRASH] = FAULT_PACKET,
	[FAULT_CLEAR] = FAULT_PACKET,
};

/* Troubles seldom come alone: the same router, about the same time. */
static void draw_near(struct sim_plan *plan, uint64_t *r)
{
	struct sim_fault *f = &plan->faults[plan->fault_count - 1];
	const struct sim_fault *other = &plan->faults[random_to(r, plan->fault_count - 1)];

	f->router = other->router;
	f->at_ms = other->at_ms + random_to(r, other->for_ms + 1);
	if (companions[other->kind] && random_percent(r, 40))
		f->kind = companions[other->kind];
}

/* A link that flaps is one fault several times. */
static void draw_flaps(struct sim_plan *plan, uint64_t *r)
{
	struct sim_fault f = plan->faults[plan->fault_count - 1];

	for (unsigned n = 1 + (unsigned)random_to(r, 5); n && plan->fault_count < SIM_FAULTS_MAX; n--) {
		f.at_ms += f.for_ms + random_to(r, 1500);
		f.for_ms = 1 + random_to(r, 1500);
		plan->faults[plan->fault_count++] = f;
	}
}

static void draw_routers(struct sim_plan *plan, uint64_t *r, unsigned forced)
{
	unsigned drawn = 2 + (unsigned)random_to(r, 3);
	bool cisco = random_percent(r, 40);

	plan->routers = forced ? forced : drawn;
	for (unsigned i = 0; i < plan->routers; i++) {
		plan->router[i] = (struct sim_router_config){
			.priority = random_percent(r, 50) ? 100 : (uint8_t)(90 + random_to(r, 30)),
			.preempt = random_percent(r, 40),
		};
		plan->router[i].cisco = i > 0 && cisco && random_percent(r, 50);
	}
}

static bool has_cisco(const struct sim_plan *plan)
{
	for (unsigned i = 0; i < plan->routers; i++)
		if (plan->router[i].cisco)
			return true;
	return false;
}

/* What only our own routers have. */
static void draw_features(struct sim_plan *plan, uint64_t *r)
{
	bool chain = random_percent(r, 30), ipv6 = random_percent(r, 30), pair = random_percent(r, 40);

	if (has_cisco(plan))
		return;
	plan->chain = plan->md5 && chain;
	plan->ipv6 = ipv6 && plan->version == 2 && !plan->engine;
	plan->pair = pair && plan->segments == 2;
}

void sim_plan_draw(struct sim_plan *plan, uint64_t seed, const struct sim_options *o)
{
	static const struct {
		uint32_t hello_ms, hold_ms;
	} timers[] = {{3000, 10000}, {1000, 3000}, {250, 750}, {15, 50}};
	uint64_t r = seed * 0x2545f4914f6cdd1d + 1;

	*plan = (struct sim_plan){.seed = seed};
	draw_routers(plan, &r, o->routers);
	plan->segments = 1 + (unsigned)random_to(&r, 2);
	size_t t = (size_t)random_to(&r, 4);
	plan->hello_ms = timers[t].hello_ms;
	plan->hold_ms = timers[t].hold_ms;
	plan->version = (uint8_t)(1 + random_to(&r, 2));
	plan->md5 = random_percent(&r, 30);
	bool engine = random_percent(&r, 40);
	plan->engine = o->engine == SIM_ENGINE_ALWAYS || (o->engine == SIM_ENGINE_DRAWN && engine);
	plan->libipsec = random_percent(&r, 50);
	draw_features(plan, &r);
	bool bad_day = random_percent(&r, 12);
	unsigned faults = (unsigned)(bad_day ? 10 + random_to(&r, 20) : random_to(&r, 9));
	if (o->faults)
		faults = o->faults;
	for (unsigned i = 0; i < faults && plan->fault_count < SIM_FAULTS_MAX; i++) {
		draw_fault(&plan->faults[plan->fault_count++], plan, &r,
			plan->hold_ms < 1000 ? 1000 : plan->hold_ms);
		if (plan->fault_count > 1 && random_percent(&r, 35))
			draw_near(plan, &r);
		if (plan->faults[plan->fault_count - 1].kind == FAULT_LINK && random_percent(&r, 30))
			draw_flaps(plan, &r);
	}
	unsigned follow = 1 + (unsigned)random_to(&r, 2);
	if (random_percent(&r, 40) && plan->segments == 2 && !plan->pair && !has_cisco(plan))
		plan->follow = (uint8_t)follow;
	plan->ikev2 = random_percent(&r, 50);
	bool learn = random_percent(&r, 25);
	for (unsigned i = 1; learn && i < plan->routers; i++)
		plan->router[i].learns = random_percent(&r, 60) && !plan->router[i].cisco;
	bool delay = random_percent(&r, 25);
	for (unsigned i = 0; delay && i < plan->routers; i++)
		plan->router[i].preempt_delay_s = plan->router[i].cisco ? 0 : (uint8_t)random_to(&r, 4);
	plan->idle = random_percent(&r, 30) && plan->engine;
	plan->per_host = random_percent(&r, 30) && plan->engine && !plan->libipsec;
	/* Listen and Speak take a hold time each, a box that lost its power starts with one second of delay. */
	plan->calm_ms = 6 * (int64_t)plan->hold_ms + 12000;
	if (plan->engine) /* dead peers are noticed after 12 s, an entry that nobody answered is tried after a minute */
		plan->calm_ms += 90000;
	if (plan->engine && plan->ikev2) /* or after 35 s */
		plan->calm_ms += 25000;
}
