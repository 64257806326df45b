/* Time and segments. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/box.h"

enum {
	STEPS_AT_ONE_MOMENT = 10000, /* more is a core that never sleeps */
	FRAME_DELAY_NS = 50000,
	FRAME_JITTER_NS = 400000,
	REORDER_NS = 20000000,
	OVERSLEEP_NS = 2000000, /* a percent of it */
	COLUMN = 38,
};

void world_trace(const struct sim_world *w, unsigned router, const char *format, ...)
{
	va_list args;

	if (!w->trace)
		return;
	printf("%11.6f %*s%c ", (double)w->now.ns / 1e9, (int)(router * COLUMN), "", 'A' + router);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* --- Time ------------------------------------------------------------------------------------------------------- */

/* A process runs when its deadline has come; later where it is kept from it. */
void world_wake(struct sim_world *w, unsigned router, enum sim_process process, mono_t deadline)
{
	const struct sim_router *r = &w->router[router];
	mono_t at = mono_before(deadline, w->now) ? w->now : deadline;

	if (w->deadline[router][process].ns == deadline.ns && w->wake[router][process].ns >= w->now.ns)
		return;
	if (process == PROCESS_ENGINE && mono_before(at, r->box->stalled_until) && deadline.ns != INT64_MAX)
		at = r->box->stalled_until;
	if (process == PROCESS_HSRP && deadline.ns != INT64_MAX && w->kinds_on) {
		const struct sim_fault *late = world_fault(w, FAULT_OVERSLEEP, (int)router, -1);

		if (late)
			at = mono_add_ns(at, random_to(&w->random, (int64_t)late->percent * OVERSLEEP_NS));
		if (mono_before(at, r->stalled_until))
			at = r->stalled_until;
	}
	w->deadline[router][process] = deadline;
	w->wake[router][process] = at;
}

/* --- Frames ----------------------------------------------------------------------------------------------------- */

static void trace_frame(struct sim_world *w, unsigned router, unsigned segment, const struct peek *p)
{
	static const char *const opcodes[] = {"Hello", "Coup", "Resign", "Advertise"};
	struct sim_port *port = &w->router[router].port[segment];

	if (!w->trace)
		return;
	if (p->hsrp && p->opcode == PEEK_HELLO && p->state == port->traced_state &&
		p->priority == port->traced_priority) {
		port->untraced++;
		return;
	}
	if (p->hsrp && p->opcode != PEEK_ADVERTISE) {
		if (port->untraced)
			world_trace(w, router, "%u (%u more Hello %s)", segment, port->untraced,
				peek_state_text(port->traced_state));
		port->untraced = 0;
		port->traced_state = p->opcode == PEEK_HELLO ? p->state : 0;
		port->traced_priority = p->priority;
	}
	if (p->arp)
		world_trace(w, router, "%u gratuitous ARP ----->", segment);
	else if (!p->hsrp)
		world_trace(w, router, "%u router advertisement ----->", segment);
	else if (p->opcode != PEEK_ADVERTISE)
		world_trace(w, router, "%u %s %s pri %u ----->", segment, opcodes[p->opcode & 3],
			peek_state_text(p->state), p->priority);
}

static void deliver(struct sim_world *w, unsigned to, unsigned segment, const uint8_t *bytes, size_t len,
	bool is_active, bool other_key)
{
	const struct sim_fault *reorder = world_fault(w, FAULT_REORDER, -1, (int)segment);
	int64_t delay = FRAME_DELAY_NS + random_to(&w->random, FRAME_JITTER_NS);

	if (reorder && random_percent(&w->random, reorder->percent))
		delay += random_to(&w->random, REORDER_NS);
	struct sim_event *e = queue_add(&w->queue, SIM_FRAME, mono_add_ns(w->now, delay));
	e->router = (uint8_t)to;
	e->segment = (uint8_t)segment;
	e->is_active = is_active;
	e->other_key = other_key;
	e->len = (uint16_t)len;
	memcpy(e->bytes, bytes, len);
}

void world_send(struct sim_world *w, unsigned from, unsigned segment, const uint8_t *bytes, size_t len)
{
	const struct sim_fault *loss = world_fault(w, FAULT_LOSS, -1, (int)segment);
	const struct sim_fault *twice = world_fault(w, FAULT_DUPLICATE, -1, (int)segment);
	struct peek p;

	assert(len <= HSRP_FRAME_MAX && segment < w->plan->segments);
	if (!peek_frame(&p, bytes, len)) {
		check_fail(w, "router %c sent what is neither HSRP, ARP nor ND", 'A' + from);
		return;
	}
	trace_frame(w, from, segment, &p);
	if (!w->router[from].cisco)
		check_sent(w, from, segment, &p);
	if (!p.hsrp || !w->router[from].port[segment].carrier ||
		world_fault(w, FAULT_ONE_WAY, (int)from, (int)segment))
		return;
	bool is_active = p.opcode == PEEK_HELLO && p.state == PEEK_ACTIVE;
	bool other_key = w->router[from].port[segment].other_key;
	for (unsigned to = 0; to < w->plan->routers; to++) {
		if (to == from || !w->router[to].port[segment].carrier)
			continue;
		if (loss && random_percent(&w->random, loss->percent))
			continue;
		deliver(w, to, segment, bytes, len, is_active, other_key);
		if (twice && random_percent(&w->random, twice->percent))
			deliver(w, to, segment, bytes, len, is_active, other_key);
	}
}

/* --- Cisco-like routers ----------------------------------------------------------------------------------------- */

struct sender {
	struct sim_world *w;
	unsigned router, segment;
};

static void cisco_sends(void *arg, const uint8_t *frame, size_t len)
{
	const struct sender *s = arg;

	world_send(s->w, s->router, s->segment, frame, len);
}

void world_cisco(struct sim_world *w, unsigned router, unsigned segment, enum world_cisco call,
	const struct sim_event *e)
{
	struct cisco *c = &w->router[router].port[segment].cisco;
	struct sender sender = {w, router, segment};
	uint8_t before = c->state;

	c->send = cisco_sends;
	c->arg = &sender;
	switch (call) {
	case CISCO_TIME: cisco_time(c, w->now); break;
	case CISCO_FRAME: cisco_frame(c, e->bytes, e->len, w->now); break;
	case CISCO_UP:
	case CISCO_DOWN: cisco_link(c, call == CISCO_UP, w->now); break;
	case CISCO_CONFIG: cisco_configure(c, w->router[router].priority, w->router[router].preempt); break;
	}
	w->result->events++;
	if (c->state != before) {
		world_trace(w, router, "segment %u: %s -> %s (Cisco)", segment, peek_state_text(before),
			peek_state_text(c->state));
		w->last_change = w->now;
	}
	world_wake(w, router, PROCESS_CISCO + segment, cisco_deadline(c));
}

static void cisco_begin(struct sim_world *w, unsigned router, unsigned segment)
{
	const struct sim_plan *plan = w->plan;
	struct sim_port *port = &w->router[router].port[segment];
	struct cisco_config c = {.version = plan->version,
		.priority = w->router[router].priority,
		.group = (uint16_t)(segment + 1),
		.preempt = w->router[router].preempt,
		.hello_ms = plan->hello_ms,
		.hold_ms = plan->hold_ms,
		.address = ip_v4_u32(&port->address),
		.vip = 0x0a0000fe + (segment << 8),
		.key = plan->md5 ? "openwall" : NULL};

	memcpy(c.mac, port->mac.bytes, 6);
	cisco_init(&port->cisco, &c, random_next(&w->random));
	world_cisco(w, router, segment, CISCO_UP, NULL);
}

/* --- The loop ---------------------------------------------------------------------------------------------------- */

static void frame_arrives(struct sim_world *w, struct sim_event *e)
{
	struct sim_router *r = &w->router[e->router];

	if (!e->waited) {
		if (!r->port[e->segment].carrier || (!r->cisco && !r->core))
			return;
		e->arrived = w->now;
		e->stamp = w->now.ns + r->wall_offset;
		e->incarnation = r->incarnation;
	}
	if (r->cisco)
		world_cisco(w, e->router, e->segment, CISCO_FRAME, e);
	else
		process_frame(w, e);
}

/* A process that does not run finds its frames, in order, when it runs again. */
static bool postpone(struct sim_world *w, struct sim_event *e)
{
	struct sim_router *r = &w->router[e->router];
	struct sim_port *port = &r->port[e->segment];

	if (e->kind != SIM_FRAME || r->cisco || !mono_before(w->now, r->stalled_until))
		return false;
	if (!e->waited && (!port->carrier || !r->core))
		return false;
	if (!e->waited) {
		e->waited = true;
		e->arrived = w->now;
		e->stamp = w->now.ns + r->wall_offset;
		e->incarnation = r->incarnation;
		port->unread++;
		port->unread_active += e->is_active;
	}
	queue_again(&w->queue, e, r->stalled_until);
	return true;
}

static void happen(struct sim_world *w, struct sim_event *e)
{
	if (postpone(w, e))
		return;
	switch ((enum sim_event_kind)e->kind) {
	case SIM_FAULT_BEGIN: world_fault_begins(w, e->incarnation); break;
	case SIM_FAULT_END: world_fault_ends(w, e->incarnation); break;
	case SIM_EXPIRE: kernel_expire(w, e); break;
	case SIM_KERNEL: kernel_carry_out(w, e); return;
	case SIM_ANSWER: kernel_answer(w, e); break;
	case SIM_TELL: process_told(w, e); break;
	case SIM_FRAME: frame_arrives(w, e); break;
	case SIM_NETLINK: netns_carry_out(w, e); break;
	case SIM_CHARON: charon_carry_out(w, e); break;
	case SIM_TOLD: engine_told(w, e); return;
	case SIM_CONNECT: engine_connect(w, e); break;
	case SIM_PEERS: peers_tick(w); break;
	}
	queue_drop(&w->queue, e);
}

static void process_runs(struct sim_world *w, unsigned router, unsigned process)
{
	w->wake[router][process] = MONO_NEVER;
	if (process == PROCESS_HSRP)
		process_wakes(w, router);
	else if (process == PROCESS_ENGINE)
		engine_wakes(w, router);
	else if (process >= PROCESS_CISCO)
		world_cisco(w, router, process - PROCESS_CISCO, CISCO_TIME, NULL);
}

static void begin_router(struct sim_world *w, unsigned i)
{
	const struct sim_plan *plan = w->plan;
	struct sim_router *r = &w->router[i];

	r->cisco = plan->router[i].cisco;
	r->priority = plan->router[i].priority;
	r->preempt = plan->router[i].preempt;
	for (unsigned p = 0; p < PROCESS_COUNT; p++)
		w->deadline[i][p] = w->wake[i][p] = MONO_NEVER;
	for (unsigned s = 0; s < plan->segments; s++)
		r->port[s] = (struct sim_port){.carrier = true,
			.ifindex = (int)(s + 2),
			.mac = {{0x02, 0, 0, 0, (uint8_t)s, (uint8_t)(i + 1)}},
			.address = ip_v4(0x0a000001 + (s << 8) + i),
			.state = PEEK_INITIAL};
	for (unsigned s = 0; r->cisco && s < plan->segments; s++)
		cisco_begin(w, i, s);
	if (r->cisco)
		return;
	if (plan->engine) {
		r->box = calloc(1, sizeof(*r->box));
		assert(r->box);
		netns_begin(w, i);
	}
	process_start(w, i);
	if (plan->engine) {
		engine_start(w, i);
		charon_start(w, i);
	}
}

static void begin(struct sim_world *w)
{
	const struct sim_plan *plan = w->plan;

	if (plan->engine) {
		w->peers = calloc(1, sizeof(*w->peers));
		assert(w->peers);
		peers_begin(w);
	}
	for (unsigned i = 0; i < plan->routers; i++)
		begin_router(w, i);
	for (unsigned i = 0; i < plan->fault_count; i++) {
		const struct sim_fault *f = &plan->faults[i];
		mono_t at = {f->at_ms * 1000000 + 1000000000}, end = mono_add_ms(at, f->for_ms);

		queue_add(&w->queue, SIM_FAULT_BEGIN, at)->incarnation = i;
		queue_add(&w->queue, SIM_FAULT_END, end)->incarnation = i;
		if (mono_before(w->calm_from, end))
			w->calm_from = end;
	}
}

/* The next thing that happens, up to `end`: events before the processes that wake at the same time. */
bool world_advance(struct sim_world *w, mono_t end)
{
	mono_t first = queue_next(&w->queue), now;
	int router = -1, process = 0;

	for (unsigned i = 0; i < w->plan->routers; i++)
		for (unsigned p = 0; p < PROCESS_COUNT; p++)
			if (mono_before(w->wake[i][p], first)) {
				first = w->wake[i][p];
				router = (int)i;
				process = (int)p;
			}
	if (mono_before(end, first))
		return false;
	now = first;
	assert(!mono_before(now, w->now));
	w->steps_now = now.ns == w->now.ns ? w->steps_now + 1 : 0;
	w->now = now;
	if (w->steps_now > STEPS_AT_ONE_MOMENT)
		check_fail(w, "the same moment never ends");
	if (router >= 0)
		process_runs(w, (unsigned)router, (unsigned)process);
	else
		happen(w, queue_take(&w->queue));
	check_always(w);
	return true;
}

static void end_world(struct sim_world *w)
{
	struct sim_event *e;

	for (unsigned i = 0; i < w->plan->routers; i++) {
		hsrp_free(w->router[i].core);
		if (!w->router[i].box)
			continue;
		engine_kill(w, i);
		charon_stop(w, i);
		free(w->router[i].box);
	}
	while ((e = queue_take(&w->queue)) != NULL)
		engine_drop(e);
	free(w->peers);
	hsrp_outs_free(&w->outs);
	queue_free(&w->queue);
}

void sim_run(const struct sim_plan *plan, bool trace, struct sim_result *result)
{
	struct sim_world w = {.plan = plan,
		.trace = trace,
		.now = {1000000000},
		.random = plan->seed ^ 0x5157a11,
		.result = result};

	*result = (struct sim_result){0};
	w.calm_from = w.now;
	begin(&w);
	mono_t end = mono_add_ms(w.calm_from, plan->calm_ms);
	while (!result->failed && world_advance(&w, end))
		;
	if (!result->failed) {
		w.now = end;
		result->at_ms = end.ns / 1000000;
		check_end(&w);
	}
	end_world(&w);
}
