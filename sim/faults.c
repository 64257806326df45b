/* What goes wrong: faults begin and end, and what was down comes up again when no fault keeps it down. */
#include "sim/box.h"

#include <string.h>

const struct sim_fault *world_fault(
	const struct sim_world *w, enum sim_fault_kind kind, int router, int segment)
{
	const struct sim_fault *found = NULL;

	if (!(w->kinds_on & 1u << kind))
		return NULL;
	for (unsigned i = 0; i < w->plan->fault_count; i++) {
		const struct sim_fault *f = &w->plan->faults[i];

		if (w->fault_on[i] && f->kind == kind && (router < 0 || f->router == router) &&
			(segment < 0 || f->segment == segment) && (!found || f->percent > found->percent))
			found = f;
	}
	return found;
}

static void set_carrier(struct sim_world *w, unsigned router, unsigned segment, bool carrier)
{
	struct sim_router *r = &w->router[router];

	r->port[segment].carrier = carrier;
	if (r->cisco && carrier && world_fault(w, FAULT_BOX, (int)router, -1))
		return; /* it starts with the power */
	if (r->cisco)
		world_cisco(w, router, segment, carrier ? CISCO_UP : CISCO_DOWN, NULL);
	else
		process_tell(w, router, segment, TELL_LINK);
	if (r->box)
		netns_link(w, router, segment);
}

static void stall(struct sim_world *w, unsigned router, int64_t for_ms)
{
	struct sim_router *r = &w->router[router];
	mono_t until = mono_add_ms(w->now, for_ms);
	mono_t *wake = &w->wake[router][PROCESS_HSRP];

	if (mono_before(r->stalled_until, until))
		r->stalled_until = until;
	if (mono_before(*wake, r->stalled_until))
		*wake = r->stalled_until;
}

static void lose_power(struct sim_world *w, unsigned router)
{
	struct sim_router *r = &w->router[router];

	if (r->core)
		process_kill(w, router);
	memset(r->record, 0, sizeof(r->record));
	for (unsigned s = 0; s < w->plan->segments; s++)
		kernel_lost(w, router, s);
	if (r->box) {
		engine_kill(w, router);
		charon_stop(w, router);
		netns_begin(w, router);
	}
}

static void stall_engine(struct sim_world *w, unsigned router, int64_t for_ms)
{
	struct box *b = w->router[router].box;
	mono_t *wake = &w->wake[router][PROCESS_ENGINE];

	if (mono_before(b->stalled_until, mono_add_ms(w->now, for_ms)))
		b->stalled_until = mono_add_ms(w->now, for_ms);
	if (mono_before(*wake, b->stalled_until))
		*wake = b->stalled_until;
}

static void set_priority(struct sim_world *w, unsigned router, uint8_t priority)
{
	struct sim_router *r = &w->router[router];

	r->priority = priority;
	for (unsigned s = 0; s < w->plan->segments; s++) {
		if (r->cisco)
			world_cisco(w, router, s, CISCO_PRIORITY, NULL);
		else
			process_tell(w, router, s, TELL_GROUP);
	}
}

static void set_lowered(struct sim_world *w, unsigned router, uint8_t by)
{
	w->router[router].lowered = by;
	for (unsigned s = 0; s < w->plan->segments; s++)
		process_tell(w, router, s, TELL_GROUP);
}

static void note_kinds(struct sim_world *w)
{
	w->kinds_on = 0;
	for (unsigned i = 0; i < w->plan->fault_count; i++)
		if (w->fault_on[i])
			w->kinds_on |= 1u << w->plan->faults[i].kind;
}

static void cisco_off(struct sim_world *w, unsigned router)
{
	for (unsigned s = 0; s < w->plan->segments; s++)
		world_cisco(w, router, s, CISCO_DOWN, NULL);
}

/* The engine's side of a router: what was killed starts again when no fault keeps it down. */
static void engine_fault(struct sim_world *w, const struct sim_fault *f, bool begins)
{
	struct box *b = w->router[f->router].box;
	bool off = world_fault(w, FAULT_BOX, f->router, -1);

	switch (f->kind) {
	case FAULT_ENGINE_CRASH:
	case FAULT_BOX:
		if (begins)
			engine_kill(w, f->router);
		else if (!b->core && !off && !world_fault(w, FAULT_ENGINE_CRASH, f->router, -1))
			engine_start(w, f->router);
		if (f->kind == FAULT_BOX && !begins && !b->charon && !off &&
			!world_fault(w, FAULT_CHARON_CRASH, f->router, -1))
			charon_start(w, f->router);
		break;
	case FAULT_ENGINE_STALL:
		if (begins)
			stall_engine(w, f->router, f->for_ms);
		break;
	case FAULT_CHARON_CRASH:
		if (begins)
			charon_kill(w, f->router);
		else if (!b->charon && !off && !world_fault(w, FAULT_CHARON_CRASH, f->router, -1))
			charon_start(w, f->router);
		break;
	case FAULT_OVERRUN:
		if (!begins && !world_fault(w, FAULT_OVERRUN, f->router, -1))
			netns_overrun_over(w, f->router);
		break;
	case FAULT_CLEAR:
		if (begins)
			engine_event(w, f->router,
				&(struct event){.kind = EV_CLEAR_SA, .clear = {.ike = f->percent % 2}});
		break;
	case FAULT_RULES: engine_rules(w, f->router, !begins); break;
	default: break;
	}
}

static void peer_fault(struct sim_world *w, const struct sim_fault *f, bool begins)
{
	unsigned peer = f->percent % PEERS;

	switch (f->kind) {
	case FAULT_PEER_SILENT: peer_silent(w, peer, begins); break;
	case FAULT_PEER_MOVE:
		if (begins)
			peer_move(w, peer);
		break;
	case FAULT_REKEY:
		if (begins)
			peer_rekey(w, peer);
		break;
	default: break;
	}
}

void world_fault_begins(struct sim_world *w, unsigned index)
{
	const struct sim_fault *f = &w->plan->faults[index];
	struct sim_router *r = &w->router[f->router];
	char text[128];

	w->fault_on[index] = true;
	note_kinds(w);
	world_trace(w, f->router, "FAULT %s", sim_fault_text(f, text, sizeof(text)));
	switch (f->kind) {
	case FAULT_LINK: set_carrier(w, f->router, f->segment, false); break;
	case FAULT_STALL: stall(w, f->router, f->for_ms); break;
	case FAULT_CLOCK:
		r->wall_offset += ((int64_t)f->percent - 50) * 1000000000;
		if (w->plan->chain)
			process_tell(w, f->router, 0, TELL_WALL);
		break;
	case FAULT_TRACK:
		if (!r->cisco)
			set_lowered(w, f->router, SIM_TRACK_DECREMENT);
		break;
	case FAULT_CRASH:
		if (r->core)
			process_kill(w, f->router);
		break;
	case FAULT_BOX:
		if (r->cisco)
			cisco_off(w, f->router);
		else
			lose_power(w, f->router);
		break;
	case FAULT_RESIGN: process_tell(w, f->router, 0, TELL_RESIGN); break;
	case FAULT_STOP: process_tell(w, f->router, 0, TELL_LEAVE); break;
	case FAULT_PRIORITY: set_priority(w, f->router, f->percent); break;
	default: break;
	}
	if (r->box)
		engine_fault(w, f, true);
	if (w->peers)
		peer_fault(w, f, true);
}

void world_fault_ends(struct sim_world *w, unsigned index)
{
	const struct sim_fault *f = &w->plan->faults[index];
	struct sim_router *r = &w->router[f->router];

	w->fault_on[index] = false;
	note_kinds(w);
	switch (f->kind) {
	case FAULT_LINK:
		if (!world_fault(w, FAULT_LINK, f->router, f->segment))
			set_carrier(w, f->router, f->segment, true);
		break;
	case FAULT_TRACK:
		if (!r->cisco && !world_fault(w, FAULT_TRACK, f->router, -1))
			set_lowered(w, f->router, 0);
		break;
	case FAULT_CRASH:
	case FAULT_BOX:
	case FAULT_STOP:
		if (r->core && r->leaving) /* its time is over */
			process_kill(w, f->router);
		if (world_fault(w, FAULT_CRASH, f->router, -1) || world_fault(w, FAULT_BOX, f->router, -1) ||
			world_fault(w, FAULT_STOP, f->router, -1))
			break;
		if (!r->cisco && !r->core)
			process_start(w, f->router);
		for (unsigned s = 0; r->cisco && s < w->plan->segments; s++)
			if (r->port[s].carrier)
				world_cisco(w, f->router, s, CISCO_UP, NULL);
		break;
	default: break;
	}
	if (r->box)
		engine_fault(w, f, false);
	if (w->peers)
		peer_fault(w, f, false);
}
