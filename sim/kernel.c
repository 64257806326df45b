/* A router's kernel as the daemon's adapter drives it: requests take time, may be refused, addresses have a lifetime. */
#include <errno.h>
#include <string.h>

#include "sim/box.h"

enum { NEVER_MIND_NS = 50000, NORMAL_NS = 5000000, LATE_NS = 2000000000 };

void kernel_request(struct sim_world *w, unsigned router, const struct hsrp_kernel *k)
{
	unsigned segment = process_segment(k->device);
	bool late = world_fault(w, FAULT_KERNEL_LATE, (int)router, -1);
	struct sim_event *e = queue_add(&w->queue, SIM_KERNEL,
		mono_add_ns(w->now, NEVER_MIND_NS + random_to(&w->random, late ? LATE_NS : NORMAL_NS)));

	e->router = (uint8_t)router;
	e->segment = (uint8_t)segment;
	e->incarnation = w->router[router].incarnation;
	e->kernel = *k;
	w->router[router].port[segment].pending++;
	/* D9: gone by itself a second after the hold time in which nobody renewed it; whole seconds, at least 2. */
	int64_t most_ms = (int64_t)w->plan->hold_ms + 2000;
	if (k->op == HSRP_KERNEL_SERVE && k->address_count != 1)
		check_fail(w, "router %c serves %u addresses", 'A' + router, k->address_count);
	if ((k->op == HSRP_KERNEL_SERVE || k->op == HSRP_KERNEL_RENEW) &&
		((int64_t)k->lifetime_s * 1000 <= w->plan->hold_ms ||
			(int64_t)k->lifetime_s * 1000 > most_ms))
		check_fail(w, "router %c asks for a lifetime of %u s", 'A' + router, k->lifetime_s);
}

/* Of whatever cause, also its own doing: the process hears of the end of an address, and of an interface that goes or goes down. */
static void changed(struct sim_world *w, unsigned router, unsigned segment, const struct sim_vmac *before)
{
	const struct sim_vmac *v = &w->router[router].port[segment].vmac;
	bool less = (before->macvlan && !v->macvlan) || (before->up && !v->up) ||
		(before->address && !v->address);

	netns_vmac_changed(w, router, segment);
	if (less && !world_fault(w, FAULT_DEAF, (int)router, -1))
		process_tell(w, router, segment, TELL_TAKEN);
}

static int apply(struct sim_world *w, unsigned router, unsigned segment, const struct hsrp_kernel *k)
{
	struct sim_port *port = &w->router[router].port[segment];
	struct sim_vmac *v = &port->vmac;
	bool refuses = world_fault(w, FAULT_KERNEL_FAIL, (int)router, -1);

	switch (k->op) {
	case HSRP_KERNEL_PREPARE: *v = (struct sim_vmac){.macvlan = true}; return 0;
	case HSRP_KERNEL_SERVE:
	case HSRP_KERNEL_RENEW:
		if (refuses)
			return ENOBUFS;
		v->expires = mono_add_ms(w->now, (int64_t)k->lifetime_s * 1000);
		v->macvlan = v->up = v->address = true;
		v->taken = false;
		port->unconfirmed = false;
		struct sim_event *e = queue_add(&w->queue, SIM_EXPIRE, v->expires);
		e->router = (uint8_t)router;
		e->segment = (uint8_t)segment;
		return 0;
	case HSRP_KERNEL_UNSERVE:
		if (refuses && v->address) {
			port->unconfirmed = true;
			return ENOBUFS;
		}
		v->up = v->address = v->taken = false;
		return 0;
	default: *v = (struct sim_vmac){0}; return 0;
	}
}

void kernel_carry_out(struct sim_world *w, struct sim_event *e)
{
	static const char *const ops[] = {"prepare", "serve", "renew", "unserve", "remove"};
	struct sim_router *r = &w->router[e->router];

	if (e->incarnation != r->incarnation) { /* the process that asked is dead; its socket went with it */
		queue_drop(&w->queue, e);
		return;
	}
	struct sim_vmac before = r->port[e->segment].vmac;
	e->error = apply(w, e->router, e->segment, &e->kernel);
	changed(w, e->router, e->segment, &before);
	if (w->trace && (e->kernel.op != HSRP_KERNEL_RENEW || e->error))
		world_trace(w, e->router, "kernel %s%s", ops[e->kernel.op], e->error ? ": refused" : "");
	e->kind = SIM_ANSWER;
	queue_again(&w->queue, e, mono_before(w->now, r->stalled_until) ? r->stalled_until : w->now);
}

void kernel_answer(struct sim_world *w, const struct sim_event *e)
{
	struct sim_router *r = &w->router[e->router];
	struct hsrp_in in = {.kind = HSRP_IN_KERNEL};

	if (e->incarnation != r->incarnation)
		return;
	r->port[e->segment].pending--;
	memcpy(in.kernel.device, e->kernel.device, sizeof(in.kernel.device));
	in.kernel.group = e->kernel.group;
	in.kernel.family = e->kernel.family;
	in.kernel.serial = e->kernel.serial;
	in.kernel.error = e->error;
	process_step(w, e->router, &in);
}

void kernel_expire(struct sim_world *w, const struct sim_event *e)
{
	struct sim_vmac *v = &w->router[e->router].port[e->segment].vmac;

	if (!v->address || v->expires.ns != e->at.ns)
		return;
	struct sim_vmac before = *v;
	v->address = false;
	world_trace(w, e->router, "address of segment %u expired", e->segment);
	changed(w, e->router, e->segment, &before);
}

void kernel_lost(struct sim_world *w, unsigned router, unsigned segment)
{
	w->router[router].port[segment].vmac = (struct sim_vmac){0};
}

void kernel_swept(struct sim_world *w, unsigned router, unsigned segment)
{
	kernel_lost(w, router, segment);
	netns_vmac_changed(w, router, segment);
}

/* The address, the address of an interface that goes down, or the interface. */
void kernel_taken(struct sim_world *w, unsigned router, unsigned segment, unsigned what)
{
	struct sim_vmac *v = &w->router[router].port[segment].vmac, before = *v;

	if (what % 3 == 0)
		v->address = false;
	else if (what % 3 == 1)
		v->up = false;
	else
		*v = (struct sim_vmac){0};
	if (v->macvlan == before.macvlan && v->up == before.up && v->address == before.address)
		return; /* it was gone already */
	v->taken = before.macvlan || before.taken;
	v->taken_at = w->now;
	v->heard = !world_fault(w, FAULT_DEAF, (int)router, -1);
	changed(w, router, segment, &before);
}
