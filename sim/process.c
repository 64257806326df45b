/*
 * The hsrp process around its core: what the daemon's adapters do between it and the world. Frames are read before timers
 * fire; the age of a frame is reckoned by the wall clock and clamped (linux/frame.h); roles are recorded (D9).
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "linux/md5.h"
#include "sim/box.h"

static const int64_t EPOCH_S = 1000000000; /* of the wall clock, when simulated time begins */

static void carry_out(struct sim_world *w, unsigned router, const struct hsrp_out *out)
{
	struct sim_router *r = &w->router[router];

	switch (out->kind) {
	case HSRP_OUT_SEND:
		world_send(w, router, (unsigned)out->send.ifindex - 2, out->send.bytes, out->send.len);
		break;
	case HSRP_OUT_KERNEL: kernel_request(w, router, &out->kernel); break;
	case HSRP_OUT_RECORD: r->record[out->record.group - 1] = out->record; break;
	case HSRP_OUT_REPORT:
		r->port[process_segment(out->report.status.device)].told =
			out->report.phase != HSRP_PHASE_REMOVED;
		check_state(w, router, process_segment(out->report.status.device), out->report.status.state,
			out->report.status.reason, out->report.status.serving);
		engine_report(w, router, &out->report);
		break;
	case HSRP_OUT_LEFT: r->left = true; break;
	default: break;
	}
}

/* What a predecessor left of groups that are not configured any more, or of all (linux/vmac.h). */
static void sweep(struct sim_world *w, unsigned router, bool all)
{
	for (unsigned s = 0; s < w->plan->segments; s++)
		if (all || w->router[router].port[s].group == GROUP_REMOVED)
			kernel_swept(w, router, s);
}

void process_step(struct sim_world *w, unsigned router, const struct hsrp_in *in)
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
	bool changed = w->outs.count > 0;
	w->outs.count = 0;
	if (changed) {
		check_untold(w, router);
		check_router(w, router);
	}
	if (r->left) {		    /* it ends */
		if (!r->configured) /* what it was told of has gone in its order */
			sweep(w, router, true);
		check_left(w, router);
		process_kill(w, router);
		return;
	}
	world_wake(w, router, PROCESS_HSRP, hsrp_deadline(r->core));
}

static void tell_link(struct sim_world *w, unsigned router, unsigned segment)
{
	struct sim_port *port = &w->router[router].port[segment];
	struct hsrp_in in = {.kind = HSRP_IN_LINK};

	snprintf(in.link.device, sizeof(in.link.device), "eth%u", segment);
	in.link.ifindex = port->ifindex;
	in.link.up = port->carrier;
	in.link.mac = port->mac;
	if (w->plan->ipv6 && port->carrier)
		in.link.link_local =
			(struct ipaddr){.family = IP_V6, .bytes = {0xfe, 0x80, [15] = (uint8_t)(router + 1)}};
	process_step(w, router, &in);
}

static void set_other_key(struct hsrp_auth *auth)
{
	if (auth->kind == HSRP_AUTH_MD5)
		*auth = (struct hsrp_auth){.kind = HSRP_AUTH_MD5, .key_len = 5, .key = "other"};
	else
		strcpy(auth->text, "other");
}

static void tell_removed(struct sim_world *w, unsigned router, unsigned segment)
{
	struct hsrp_in in = {.kind = HSRP_IN_REMOVE_GROUP, .which = {.group = (int32_t)segment + 1}};

	snprintf(in.which.device, sizeof(in.which.device), "eth%u", segment);
	process_step(w, router, &in);
}

static void tell_group(struct sim_world *w, unsigned router, unsigned segment)
{
	struct sim_port *port = &w->router[router].port[segment];
	struct hsrp_in in = {.kind = HSRP_IN_GROUP};
	struct hsrp_group_config *g = &in.group;

	if (port->group == GROUP_REMOVED) {
		tell_removed(w, router, segment);
		return;
	}
	snprintf(g->device, sizeof(g->device), "eth%u", segment);
	g->group = (uint16_t)(segment + 1);
	g->family = w->plan->ipv6 ? IP_V6 : IP_V4;
	g->enabled = port->group == GROUP_CONFIGURED;
	g->vip = ip_v4(0x0a0000fe + (segment << 8));
	if (w->plan->ipv6)
		g->vip = (struct ipaddr){
			.family = IP_V6, .bytes = {0xfe, 0x80, [14] = (uint8_t)segment, 0xfe}};
	g->priority = w->router[router].priority;
	g->preempt = w->router[router].preempt;
	g->preempt_minimum_s = w->plan->router[router].preempt_delay_s;
	g->timers_configured = true;
	g->hello_ms = w->plan->hello_ms;
	g->hold_ms = w->plan->hold_ms;
	strcpy(g->auth.text, HSRP_AUTH_DEFAULT);
	if (w->plan->pair) {
		g->pair = (struct hsrp_ref){.group = (uint16_t)(2 - segment), .family = g->family};
		snprintf(g->pair.device, sizeof(g->pair.device), "eth%u", 1 - segment);
	}
	if (!g->enabled || (w->plan->router[router].learns && !world_follows(w, segment)))
		g->vip = (struct ipaddr){0};
	if (world_follows(w, segment)) {
		g->follow = (struct hsrp_ref){.group = (uint16_t)(2 - segment), .family = g->family};
		snprintf(g->follow.device, sizeof(g->follow.device), "eth%u", 1 - segment);
	}
	g->track_count = 1;
	g->track[0] = (struct hsrp_track){
		.object = 1, .decrement = SIM_TRACK_DECREMENT, .down = w->router[router].lowered > 0};
	if (w->plan->chain) {
		g->auth = (struct hsrp_auth){.kind = HSRP_AUTH_MD5, .chain = "keys"};
	} else if (w->plan->md5) {
		g->auth = (struct hsrp_auth){.kind = HSRP_AUTH_MD5, .key_len = 8};
		memcpy(g->auth.key, "openwall", 8);
	}
	port->other_key = w->router[router].other_key;
	if (port->other_key)
		set_other_key(&g->auth);
	process_step(w, router, &in);
}

static void tell_wall(struct sim_world *w, unsigned router)
{
	struct hsrp_in in = {.kind = HSRP_IN_WALL};

	in.wall.offset_ns = EPOCH_S * 1000000000 + w->router[router].wall_offset;
	process_step(w, router, &in);
}

/* Both keys are accepted for long enough that clocks need not agree. */
static void tell_chain(struct sim_world *w, unsigned router)
{
	struct hsrp_in in = {.kind = HSRP_IN_CHAIN};
	struct hsrp_chain_config *c = &in.chain;
	int64_t change_s = EPOCH_S + 1 + 10 * (int64_t)w->plan->hold_ms / 1000;

	strcpy(c->name, "keys");
	c->count = 2;
	c->keys[0] = (struct hsrp_chain_key){.id = 1,
		.key_len = 8,
		.key = "openwall",
		.accept = {INT64_MIN, change_s + 1000},
		.send = {INT64_MIN, change_s}};
	c->keys[1] = (struct hsrp_chain_key){.id = 2,
		.key_len = 8,
		.key = "password",
		.accept = {change_s - 1000, INT64_MAX},
		.send = {change_s, INT64_MAX}};
	process_step(w, router, &in);
}

static void tell_taken(struct sim_world *w, unsigned router, unsigned segment)
{
	struct hsrp_in in = {.kind = HSRP_IN_TAKEN, .which = {.group = (int32_t)segment + 1}};

	snprintf(in.which.device, sizeof(in.which.device), "eth%u", segment);
	in.which.family = w->plan->ipv6 ? IP_V6 : IP_V4;
	process_step(w, router, &in);
}

static void tell(struct sim_world *w, unsigned router, unsigned segment, enum sim_tell what)
{
	struct hsrp_in resign = {.kind = HSRP_IN_RESIGN, .which = {.group = HSRP_ALL_GROUPS}};

	switch (what) {
	case TELL_LINK: tell_link(w, router, segment); break;
	case TELL_GROUP: tell_group(w, router, segment); break;
	case TELL_RESIGN: process_step(w, router, &resign); break;
	case TELL_WALL: tell_wall(w, router); break;
	case TELL_TAKEN: tell_taken(w, router, segment); break;
	case TELL_LEAVE:
		if (!world_fault(w, FAULT_STOP, (int)router, -1))
			break; /* it did not run so long: nobody wants that any more */
		w->router[router].leaving = true;
		process_step(w, router, &(struct hsrp_in){.kind = HSRP_IN_LEAVE});
		break;
	}
}

void process_tell(struct sim_world *w, unsigned router, unsigned segment, enum sim_tell what)
{
	struct sim_router *r = &w->router[router];

	if (!r->core)
		return; /* a successor asks for everything */
	if (!mono_before(w->now, r->stalled_until)) {
		tell(w, router, segment, what);
		return;
	}
	struct sim_event *e = queue_add(&w->queue, SIM_TELL, r->stalled_until);
	e->router = (uint8_t)router;
	e->segment = (uint8_t)segment;
	e->incarnation = r->incarnation;
	e->what = (uint8_t)what;
}

void process_told(struct sim_world *w, const struct sim_event *e)
{
	if (e->incarnation == w->router[e->router].incarnation)
		process_tell(w, e->router, e->segment, (enum sim_tell)e->what);
}

void process_configure(struct sim_world *w, unsigned router)
{
	bool first = !w->router[router].configured;

	w->router[router].starting = w->router[router].configured = true;
	w->router[router].configured_at = w->now;
	if (w->plan->chain)
		tell_wall(w, router);
	process_step(w, router, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_BEGIN});
	if (w->plan->chain)
		tell_chain(w, router);
	for (unsigned s = 0; s < w->plan->segments; s++) {
		struct hsrp_in in = {.kind = HSRP_IN_INTERFACE};
		struct hsrp_interface_config *i = &in.interface;

		snprintf(i->device, sizeof(i->device), "eth%u", s);
		strcpy(i->name, i->device);
		i->address = w->router[router].port[s].address;
		i->address_len = 24;
		i->version = w->plan->version;
		i->ipv6_routing = w->plan->ipv6;
		i->garp_count = 2;
		i->garp_interval_s = 3;
		process_step(w, router, &in);
		if (w->router[router].port[s].group != GROUP_REMOVED)
			tell_group(w, router, s);
	}
	process_step(w, router, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_END});
	if (first)
		sweep(w, router, false);
	for (unsigned s = 0; s < w->plan->segments; s++)
		tell_link(w, router, s);
	w->router[router].starting = false;
	check_router(w, router);
}

/* Within the hold time it loads what its predecessor saved; else it waits for the engine. */
static bool may_resume(const struct sim_world *w, const struct sim_router *r)
{
	for (unsigned s = 0; s < w->plan->segments; s++)
		if (r->record[s].state > HSRP_INITIAL &&
			mono_diff_ms(w->now, r->record[s].last_hello) <= (int64_t)r->record[s].hold_ms)
			return true;
	return false;
}

void process_start(struct sim_world *w, unsigned router)
{
	struct sim_router *r = &w->router[router];

	r->core = hsrp_new(random_next(&w->random), md5_sum);
	assert(r->core);
	r->starting = true;
	r->configured = false;
	world_trace(w, router, "process starts");
	for (unsigned s = 0; s < w->plan->segments; s++) {
		struct sim_port *port = &r->port[s];
		struct hsrp_in in = {.kind = HSRP_IN_RESUME, .record = r->record[s]};

		port->pending = 0;
		port->told = false;
		port->unread = port->unread_active = 0; /* a new socket */
		port->empty = w->now;
		if (r->record[s].state)
			process_step(w, router, &in);
	}
	if (!r->box || may_resume(w, r))
		process_configure(w, router);
	r->starting = false;
}

void process_kill(struct sim_world *w, unsigned router)
{
	struct sim_router *r = &w->router[router];

	hsrp_free(r->core);
	r->core = NULL;
	r->leaving = r->left = false;
	r->incarnation++;
	world_wake(w, router, PROCESS_HSRP, MONO_NEVER);
	for (unsigned s = 0; s < w->plan->segments; s++)
		check_state(w, router, s, PEEK_INITIAL, 0, false);
	engine_hsrp_gone(w, router);
}

/* linux/frame.c: realtime now minus the stamp, between nothing and the time since the socket was last empty. */
static mono_t arrival(const struct sim_world *w, const struct sim_router *r, const struct sim_event *e)
{
	int64_t age = w->now.ns + r->wall_offset - e->stamp;
	int64_t most = w->now.ns - r->port[e->segment].empty.ns;

	age = age > most ? most : age;
	return mono_add_ns(w->now, age < 0 ? 0 : -age);
}

void process_frame(struct sim_world *w, struct sim_event *e)
{
	struct sim_router *r = &w->router[e->router];
	struct sim_port *port = &r->port[e->segment];
	struct hsrp_in in = {.kind = HSRP_IN_FRAME};

	if (e->incarnation != r->incarnation || !r->core)
		return; /* lay in the socket of a process that is dead */
	if (!e->waited) {
		port->unread++;
		port->unread_active += e->is_active;
	}
	in.frame.ifindex = port->ifindex;
	in.frame.at = arrival(w, r, e);
	in.frame.checksummed = true;
	in.frame.bytes = e->bytes;
	in.frame.len = e->len;
	process_step(w, e->router, &in);
	check_read(w, e);
	port->unread--;
	port->unread_active -= e->is_active;
	if (!port->unread)
		port->empty = w->now;
}

void process_wakes(struct sim_world *w, unsigned router)
{
	struct sim_router *r = &w->router[router];
	int64_t late = w->now.ns - w->deadline[router][PROCESS_HSRP].ns;

	for (unsigned s = 0; s < w->plan->segments; s++) {
		r->port[s].empty = w->now; /* frames come before timers: all were read */
		r->port[s].excuse_ns += late > 0 ? late : 0;
	}
	process_step(w, router, &(struct hsrp_in){.kind = HSRP_IN_TIME});
}
