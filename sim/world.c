#include "sim/world.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/internal.h"
#include "linux/md5.h"
#include "sim/random.h"

enum {
	STEPS_AT_ONE_MOMENT = 10000, /* more is a core that never sleeps */
	FRAME_DELAY_NS = 50000,
	FRAME_JITTER_NS = 400000,
	REORDER_NS = 20000000,
};

void world_trace(const struct sim_world *w, unsigned router, const char *format, ...)
{
	va_list args;

	if (!w->trace)
		return;
	printf("%11.6f %*s%c: ", (double)w->now.ns / 1e9, (int)(router * 34), "", 'A' + router);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

const struct sim_fault *world_fault(
	const struct sim_world *w, enum sim_fault_kind kind, int router, int segment)
{
	const struct sim_fault *found = NULL;

	for (unsigned i = 0; i < w->plan->fault_count; i++) {
		const struct sim_fault *f = &w->plan->faults[i];

		if (w->fault_on[i] && f->kind == kind && (router < 0 || f->router == router) &&
			(segment < 0 || f->segment == segment) && (!found || f->percent > found->percent))
			found = f;
	}
	return found;
}

/* --- Frames ----------------------------------------------------------------------------------------------- */

static void trace_frame(const struct sim_world *w, unsigned router, const uint8_t *bytes, size_t len)
{
	static const char *const opcodes[] = {"Hello", "Coup", "Resign", "Advertise"};
	struct hsrp_frame frame;
	struct hsrp_packet p;

	if (!w->trace)
		return;
	if (hsrp_frame_read(&frame, bytes, len, true) != HSRP_WIRE_OK ||
		hsrp_packet_read(&p, frame.payload, frame.payload_len) != HSRP_WIRE_OK)
		world_trace(w, router, "gratuitous ARP ----->");
	else if (p.opcode != HSRP_ADVERTISE)
		world_trace(w, router, "%s %s pri %u ----->", opcodes[p.opcode], hsrp_state_text(p.state),
			p.priority);
}

static void deliver(struct sim_world *w, unsigned to, unsigned segment, const uint8_t *bytes, size_t len)
{
	const struct sim_fault *reorder = world_fault(w, FAULT_REORDER, -1, (int)segment);
	int64_t delay = FRAME_DELAY_NS + random_to(&w->random, FRAME_JITTER_NS);
	struct sim_event e = {
		.kind = SIM_FRAME, .router = (uint8_t)to, .segment = (uint8_t)segment, .len = (uint16_t)len};

	if (reorder && random_percent(&w->random, reorder->percent))
		delay += random_to(&w->random, REORDER_NS);
	e.at = e.arrived = mono_add_ns(w->now, delay);
	memcpy(e.bytes, bytes, len);
	queue_push(&w->queue, &e);
}

static void send_frame(struct sim_world *w, unsigned from, unsigned segment, const uint8_t *bytes, size_t len)
{
	const struct sim_fault *loss = world_fault(w, FAULT_LOSS, -1, (int)segment);
	const struct sim_fault *twice = world_fault(w, FAULT_DUPLICATE, -1, (int)segment);

	trace_frame(w, from, bytes, len);
	check_sent(w, from, segment, bytes, len);
	if (!w->router[from].port[segment].carrier || world_fault(w, FAULT_ONE_WAY, (int)from, (int)segment))
		return;
	for (unsigned to = 0; to < w->plan->routers; to++) {
		if (to == from || !w->router[to].port[segment].carrier)
			continue;
		if (loss && random_percent(&w->random, loss->percent))
			continue;
		deliver(w, to, segment, bytes, len);
		if (twice && random_percent(&w->random, twice->percent))
			deliver(w, to, segment, bytes, len);
	}
}

/* --- Routers ---------------------------------------------------------------------------------------------- */

static void carry_out(struct sim_world *w, unsigned router, const struct hsrp_out *out)
{
	struct sim_router *r = &w->router[router];

	switch (out->kind) {
	case HSRP_OUT_SEND:
		for (unsigned s = 0; s < w->plan->segments; s++)
			if (r->port[s].ifindex == out->send.ifindex)
				send_frame(w, router, s, out->send.bytes, out->send.len);
		break;
	case HSRP_OUT_KERNEL: kernel_request(w, router, &out->kernel); break;
	case HSRP_OUT_RECORD: r->record[out->record.group - 1] = out->record; break;
	default: break;
	}
}

void world_step(struct sim_world *w, unsigned router, const struct hsrp_in *in)
{
	struct sim_router *r = &w->router[router];

	if (!r->core)
		return;
	if (hsrp_step(r->core, in, w->now, &w->outs) == -ENOMEM) {
		check_fail(w, "out of memory");
		return;
	}
	w->result->events++;
	/* What a step asks for comes about before the next event: the frames it sends see its own state. */
	for (size_t i = 0; i < w->outs.count; i++)
		carry_out(w, router, &w->outs.items[i]);
	w->outs.count = 0;
	check_router(w, router);
	mono_t deadline = hsrp_deadline(r->core);
	if (deadline.ns != r->deadline.ns && deadline.ns != INT64_MAX)
		queue_push(&w->queue,
			&(struct sim_event){.at = mono_before(deadline, w->now) ? w->now : deadline,
				.kind = SIM_DEADLINE,
				.router = (uint8_t)router,
				.incarnation = r->incarnation,
				.arrived = deadline});
	r->deadline = deadline;
}

static void tell_link(struct sim_world *w, unsigned router, unsigned segment)
{
	struct sim_port *port = &w->router[router].port[segment];
	struct hsrp_in in = {.kind = HSRP_IN_LINK};

	snprintf(in.link.device, sizeof(in.link.device), "eth%u", segment);
	in.link.ifindex = port->ifindex;
	in.link.up = port->carrier;
	in.link.mac = port->mac;
	world_step(w, router, &in);
}

static void tell_group(struct sim_world *w, unsigned router, unsigned segment)
{
	struct hsrp_in in = {.kind = HSRP_IN_GROUP};
	struct hsrp_group_config *g = &in.group;

	snprintf(g->device, sizeof(g->device), "eth%u", segment);
	g->group = (uint16_t)(segment + 1);
	g->family = IP_V4;
	g->enabled = true;
	g->vip = ip_v4(0x0a0000fe + (segment << 8));
	g->priority = w->router[router].priority;
	g->preempt = w->plan->router[router].preempt;
	g->timers_configured = true;
	g->hello_ms = w->plan->hello_ms;
	g->hold_ms = w->plan->hold_ms;
	strcpy(g->auth.text, HSRP_AUTH_DEFAULT);
	if (w->plan->md5) {
		g->auth = (struct hsrp_auth){.kind = HSRP_AUTH_MD5, .key_len = 8};
		memcpy(g->auth.key, "openwall", 8);
	}
	world_step(w, router, &in);
}

static void tell_configuration(struct sim_world *w, unsigned router)
{
	world_step(w, router, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_BEGIN});
	for (unsigned s = 0; s < w->plan->segments; s++) {
		struct hsrp_in in = {.kind = HSRP_IN_INTERFACE};
		struct hsrp_interface_config *i = &in.interface;

		snprintf(i->device, sizeof(i->device), "eth%u", s);
		strcpy(i->name, i->device);
		i->address = w->router[router].port[s].address;
		i->address_len = 24;
		i->version = w->plan->version;
		i->garp_count = 2;
		i->garp_interval_s = 3;
		world_step(w, router, &in);
		tell_group(w, router, s);
	}
	world_step(w, router, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_END});
}

static void start_process(struct sim_world *w, unsigned router)
{
	struct sim_router *r = &w->router[router];

	r->core = hsrp_new(random_next(&w->random), md5_sum);
	assert(r->core);
	r->deadline = MONO_NEVER;
	r->starting = true;
	world_trace(w, router, "process starts");
	for (unsigned s = 0; s < w->plan->segments; s++) {
		struct hsrp_in in = {.kind = HSRP_IN_RESUME, .record = r->record[s]};

		r->port[s].pending = 0;
		if (r->record[s].state)
			world_step(w, router, &in);
	}
	tell_configuration(w, router);
	for (unsigned s = 0; s < w->plan->segments; s++)
		tell_link(w, router, s);
	r->starting = false;
	check_router(w, router);
}

static void kill_process(struct sim_world *w, unsigned router)
{
	struct sim_router *r = &w->router[router];

	hsrp_free(r->core);
	r->core = NULL;
	r->incarnation++;
	for (unsigned s = 0; s < w->plan->segments; s++)
		r->port[s].shown_state = HSRP_INITIAL;
}

static void lose_power(struct sim_world *w, unsigned router)
{
	struct sim_router *r = &w->router[router];

	kill_process(w, router);
	memset(r->record, 0, sizeof(r->record));
	for (unsigned s = 0; s < w->plan->segments; s++)
		r->port[s].kernel = (struct sim_kernel){0};
}

/* --- Faults ----------------------------------------------------------------------------------------------- */

static void fault_begin(struct sim_world *w, unsigned index)
{
	const struct sim_fault *f = &w->plan->faults[index];
	struct sim_router *r = &w->router[f->router];
	char text[128];

	w->fault_on[index] = true;
	world_trace(w, f->router, "FAULT %s", sim_fault_text(f, text, sizeof(text)));
	switch (f->kind) {
	case FAULT_LINK:
		r->port[f->segment].carrier = false;
		tell_link(w, f->router, f->segment);
		break;
	case FAULT_STALL:
		if (mono_before(r->stalled_until, mono_add_ms(w->now, f->for_ms)))
			r->stalled_until = mono_add_ms(w->now, f->for_ms);
		break;
	case FAULT_CRASH:
		if (r->core)
			kill_process(w, f->router);
		break;
	case FAULT_BOX: lose_power(w, f->router); break;
	case FAULT_RESIGN: {
		struct hsrp_in in = {.kind = HSRP_IN_RESIGN, .which = {.group = HSRP_ALL_GROUPS}};
		world_step(w, f->router, &in);
		break;
	}
	case FAULT_PRIORITY:
		r->priority = f->percent;
		for (unsigned s = 0; s < w->plan->segments; s++)
			tell_group(w, f->router, s);
		break;
	default: break;
	}
}

static void fault_end(struct sim_world *w, unsigned index)
{
	const struct sim_fault *f = &w->plan->faults[index];
	struct sim_router *r = &w->router[f->router];
	bool still_down = false;

	w->fault_on[index] = false;
	switch (f->kind) {
	case FAULT_LINK:
		if (!world_fault(w, FAULT_LINK, f->router, f->segment)) {
			r->port[f->segment].carrier = true;
			tell_link(w, f->router, f->segment);
		}
		break;
	case FAULT_CRASH:
	case FAULT_BOX:
		still_down = world_fault(w, FAULT_CRASH, f->router, -1) ||
			world_fault(w, FAULT_BOX, f->router, -1);
		if (!still_down && !r->core)
			start_process(w, f->router);
		break;
	default: break;
	}
}

/* --- The loop --------------------------------------------------------------------------------------------- */

/* A process that does not run finds its events, in order, when it runs again. */
static bool postpone(struct sim_world *w, const struct sim_event *e)
{
	struct sim_router *r = &w->router[e->router];
	struct sim_event later = *e;

	if (!mono_before(w->now, r->stalled_until) || (e->kind != SIM_FRAME && e->kind != SIM_DEADLINE))
		return false;
	later.at = r->stalled_until;
	queue_push(&w->queue, &later);
	return true;
}

static void happen(struct sim_world *w, const struct sim_event *e)
{
	struct sim_router *r = &w->router[e->router];

	switch ((enum sim_event_kind)e->kind) {
	case SIM_FAULT_BEGIN: fault_begin(w, e->incarnation); break;
	case SIM_FAULT_END: fault_end(w, e->incarnation); break;
	case SIM_EXPIRE: kernel_expire(w, e); break;
	case SIM_KERNEL: kernel_carry_out(w, e); break;
	case SIM_FRAME: {
		struct hsrp_in in = {.kind = HSRP_IN_FRAME};

		if (!r->port[e->segment].carrier)
			break;
		in.frame.ifindex = r->port[e->segment].ifindex;
		in.frame.at = e->arrived;
		in.frame.checksummed = true;
		in.frame.bytes = e->bytes;
		in.frame.len = e->len;
		world_step(w, e->router, &in);
		break;
	}
	case SIM_DEADLINE:
		if (e->incarnation != r->incarnation || e->arrived.ns != r->deadline.ns)
			break;
		r->deadline = MONO_NEVER;
		world_step(w, e->router, &(struct hsrp_in){.kind = HSRP_IN_TIME});
		break;
	}
}

static void begin(struct sim_world *w)
{
	const struct sim_plan *plan = w->plan;

	for (unsigned i = 0; i < plan->routers; i++) {
		struct sim_router *r = &w->router[i];

		r->priority = plan->router[i].priority;
		r->deadline = MONO_NEVER;
		for (unsigned s = 0; s < plan->segments; s++)
			r->port[s] = (struct sim_port){.carrier = true,
				.ifindex = (int)(s + 2),
				.mac = {{0x02, 0, 0, 0, (uint8_t)s, (uint8_t)(i + 1)}},
				.address = ip_v4(0x0a000001 + (s << 8) + i),
				.shown_state = HSRP_INITIAL};
		start_process(w, i);
	}
	for (unsigned i = 0; i < plan->fault_count; i++) {
		const struct sim_fault *f = &plan->faults[i];
		struct sim_event e = {.kind = SIM_FAULT_BEGIN, .incarnation = i, .router = f->router};

		e.at = (mono_t){f->at_ms * 1000000 + 1000000000};
		queue_push(&w->queue, &e);
		e.kind = SIM_FAULT_END;
		e.at = mono_add_ms(e.at, f->for_ms);
		queue_push(&w->queue, &e);
		if (mono_before(w->calm_from, e.at))
			w->calm_from = e.at;
	}
}

void sim_run(const struct sim_plan *plan, bool trace, struct sim_result *result)
{
	struct sim_world w = {.plan = plan,
		.trace = trace,
		.now = {1000000000},
		.random = plan->seed ^ 0x5157a11,
		.result = result};
	struct sim_event e;

	*result = (struct sim_result){0};
	w.calm_from = w.now;
	begin(&w);
	mono_t end = mono_add_ms(w.calm_from, plan->calm_ms);
	while (!result->failed && queue_pop(&w.queue, &e) && !mono_before(end, e.at)) {
		w.steps_now = e.at.ns == w.now.ns ? w.steps_now + 1 : 0;
		assert(!mono_before(e.at, w.now));
		w.now = e.at;
		if (w.steps_now > STEPS_AT_ONE_MOMENT)
			check_fail(&w, "the same moment never ends");
		if (!postpone(&w, &e))
			happen(&w, &e);
		check_calm(&w);
	}
	if (!result->failed) {
		w.now = end;
		result->at_ms = end.ns / 1000000;
		check_end(&w);
	}
	for (unsigned i = 0; i < plan->routers; i++)
		hsrp_free(w.router[i].core);
	hsrp_outs_free(&w.outs);
	queue_free(&w.queue);
}
