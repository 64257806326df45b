/* What a seed means: how many routers, how they are configured, and what happens to them. */
#include "sim/world.h"

#include <assert.h>
#include <stdio.h>

#include "sim/random.h"

static const char *const fault_names[FAULT_KIND_COUNT] = {
	[FAULT_LOSS] = "loss",
	[FAULT_DUPLICATE] = "duplicate",
	[FAULT_REORDER] = "reorder",
	[FAULT_ONE_WAY] = "one-way",
	[FAULT_LINK] = "link-down",
	[FAULT_STALL] = "stall",
	[FAULT_CRASH] = "crash",
	[FAULT_BOX] = "power-loss",
	[FAULT_KERNEL_LATE] = "kernel-late",
	[FAULT_KERNEL_FAIL] = "kernel-refuses",
	[FAULT_RESIGN] = "resign",
	[FAULT_PRIORITY] = "priority",
};

const char *sim_fault_text(const struct sim_fault *f, char *out, size_t size)
{
	assert(f->kind < FAULT_KIND_COUNT);
	snprintf(out, size, "%9.3f s for %7.3f s  %-14s router %c segment %u  %u", (double)f->at_ms / 1000,
		(double)f->for_ms / 1000, fault_names[f->kind], 'A' + f->router, f->segment, f->percent);
	return out;
}

static void draw_fault(struct sim_fault *f, const struct sim_plan *plan, uint64_t *r, int64_t hold_ms)
{
	*f = (struct sim_fault){
		.kind = (uint8_t)random_to(r, FAULT_KIND_COUNT),
		.router = (uint8_t)random_to(r, plan->routers),
		.segment = (uint8_t)random_to(r, plan->segments),
		.percent = (uint8_t)(1 + random_to(r, 100)),
		.at_ms = random_to(r, 20 * hold_ms),
		/* From a hiccup to several hold times. */
		.for_ms = 1 + random_to(r, random_percent(r, 50) ? hold_ms / 2 : 4 * hold_ms),
	};
}

void sim_plan_draw(struct sim_plan *plan, uint64_t seed)
{
	static const struct {
		uint32_t hello_ms, hold_ms;
	} timers[] = {{3000, 10000}, {1000, 3000}, {250, 750}, {15, 50}};
	uint64_t r = seed;

	*plan = (struct sim_plan){.seed = seed};
	plan->routers = 2 + (unsigned)random_to(&r, 3);
	plan->segments = 1 + (unsigned)random_to(&r, 2);
	size_t t = (size_t)random_to(&r, 4);
	plan->hello_ms = timers[t].hello_ms;
	plan->hold_ms = timers[t].hold_ms;
	plan->version = (uint8_t)(1 + random_to(&r, 2));
	plan->md5 = random_percent(&r, 30);
	for (unsigned i = 0; i < plan->routers; i++)
		plan->router[i] = (struct sim_router_config){
			.priority = random_percent(&r, 50) ? 100 : (uint8_t)(90 + random_to(&r, 30)),
			.preempt = random_percent(&r, 40),
		};
	plan->fault_count = (unsigned)random_to(&r, 9);
	for (unsigned i = 0; i < plan->fault_count; i++)
		draw_fault(&plan->faults[i], plan, &r, plan->hold_ms < 1000 ? 1000 : plan->hold_ms);
	/* Listen and Speak take a hold time each, a box that lost its power starts with one second of delay. */
	plan->calm_ms = 6 * (int64_t)plan->hold_ms + 12000;
}
