/* A router's kernel as the daemon's adapter drives it: requests take time, may be refused, addresses have a lifetime. */
#include <errno.h>
#include <string.h>

#include "sim/internal.h"
#include "sim/random.h"

void kernel_request(struct sim_world *w, unsigned router, const struct hsrp_kernel *k)
{
	unsigned segment = world_segment(k->device);
	bool late = world_fault(w, FAULT_KERNEL_LATE, (int)router, -1);
	struct sim_event e = {
		.at = mono_add_ns(w->now, 50000 + random_to(&w->random, late ? 2000000000 : 5000000)),
		.kind = SIM_KERNEL,
		.router = (uint8_t)router,
		.segment = (uint8_t)segment,
		.incarnation = w->router[router].incarnation,
		.kernel = *k,
	};

	w->router[router].port[segment].pending++;
	queue_push(&w->queue, &e);
}

static int apply(struct sim_world *w, unsigned router, unsigned segment, const struct hsrp_kernel *k)
{
	struct sim_kernel *kernel = &w->router[router].port[segment].kernel;

	switch (k->op) {
	case HSRP_KERNEL_PREPARE: *kernel = (struct sim_kernel){.macvlan = true}; return 0;
	case HSRP_KERNEL_SERVE:
	case HSRP_KERNEL_RENEW:
		if (world_fault(w, FAULT_KERNEL_FAIL, (int)router, -1))
			return ENOBUFS;
		kernel->expires = mono_add_ms(w->now, (int64_t)k->lifetime_s * 1000);
		kernel->macvlan = kernel->up = kernel->address = true;
		queue_push(&w->queue,
			&(struct sim_event){.at = kernel->expires,
				.kind = SIM_EXPIRE,
				.router = (uint8_t)router,
				.segment = (uint8_t)segment});
		return 0;
	case HSRP_KERNEL_UNSERVE: kernel->up = kernel->address = false; return 0;
	default: *kernel = (struct sim_kernel){0}; return 0;
	}
}

void kernel_carry_out(struct sim_world *w, const struct sim_event *e)
{
	static const char *const ops[] = {"prepare", "serve", "renew", "unserve", "remove"};
	struct sim_router *r = &w->router[e->router];
	struct hsrp_in in = {.kind = HSRP_IN_KERNEL};

	if (e->incarnation != r->incarnation)
		return; /* the process that asked is dead; its socket went with it, or the whole box */
	int error = apply(w, e->router, e->segment, &e->kernel);
	if (e->kernel.op != HSRP_KERNEL_RENEW || error)
		world_trace(w, e->router, "kernel %s%s", ops[e->kernel.op], error ? ": refused" : "");
	r->port[e->segment].pending--;
	memcpy(in.kernel.device, e->kernel.device, sizeof(in.kernel.device));
	in.kernel.group = e->kernel.group;
	in.kernel.family = e->kernel.family;
	in.kernel.serial = e->kernel.serial;
	in.kernel.error = error;
	world_step(w, e->router, &in);
}

void kernel_expire(struct sim_world *w, const struct sim_event *e)
{
	struct sim_kernel *kernel = &w->router[e->router].port[e->segment].kernel;

	if (!kernel->address || kernel->expires.ns != e->at.ns)
		return;
	kernel->address = false;
	world_trace(w, e->router, "address of segment %u expired", e->segment);
}
