/* What goes wrong: faults begin and end, and what was down comes up again when no fault keeps it down. */
#include "sim/box.h"

#include <string.h>

const struct sim_fault *world_fault(
	const struct sim_world *w, enum sim_fault_kind kind, int router, int segment)
{
	const struct sim_fault *found = NULL;

	if (!world_kind_on(w, kind))
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

/* The operator typed something that all groups of the router have. */
static void configured(struct sim_world *w, unsigned router)
{
	for (unsigned s = 0; s < w->plan->segments; s++) {
		if (w->router[router].cisco)
			world_cisco(w, router, s, CISCO_CONFIG, NULL);
		else
			process_tell(w, router, s, TELL_GROUP);
	}
}

/* Of routers of ours: what is told of a group comes from its configuration, or from the objects that it tracks. */
static void configuration_fault(struct sim_world *w, const struct sim_fault *f, bool on)
{
	struct sim_router *r = &w->router[f->router];
	struct sim_port *port = &r->port[f->segment];

	switch (f->kind) {
	case FAULT_TRACK: r->lowered = on ? SIM_TRACK_DECREMENT : 0; break;
	case FAULT_KEY: r->other_key = on; break;
	case FAULT_GROUP:
		if (r->box && f->segment == 0)
			return; /* the crypto map would fall back to the interface's own address (R16) */
		port->group = !on ? GROUP_CONFIGURED : f->percent % 2 ? GROUP_WITHOUT_IP : GROUP_REMOVED;
		break;
	default: return;
	}
	configured(w, f->router);
}

static void note_kinds(struct sim_world *w)
{
	w->kinds_on = 0;
	for (unsigned i = 0; i < w->plan->fault_count; i++)
		if (w->fault_on[i])
			w->kinds_on |= UINT64_C(1) << w->plan->faults[i].kind;
}

static void cisco_off(struct sim_world *w, unsigned router)
{
	for (unsigned s = 0; s < w->plan->segments; s++)
		world_cisco(w, router, s, CISCO_DOWN, NULL);
}

/* All, one peer's, those of one interface; IKE_SAs of one version. */
static void clear_sas(struct sim_world *w, const struct sim_fault *f)
{
	struct event e = {.kind = EV_CLEAR_SA, .clear = {.ike = f->percent % 2}};
	struct clear_sa *c = &e.clear;

	switch (f->percent / 2 % 4) {
	case 1: c->peer = w->peers->peer[f->percent % PEERS].address; break;
	case 2: strcpy(c->interface, "eth0"); break;
	case 3: c->version = c->ike ? 1 + f->percent / 8 % 2 : 0; break;
	default: break;
	}
	engine_event(w, f->router, &e);
}

static bool edited_by_another(const struct sim_world *w, const struct sim_fault *f)
{
	for (unsigned i = 0; i < w->plan->fault_count; i++) {
		const struct sim_fault *other = &w->plan->faults[i];

		if (w->fault_on[i] && other->kind == FAULT_EDIT && other->router == f->router &&
			engine_edit_of(other) == engine_edit_of(f))
			return true;
	}
	return false;
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
			clear_sas(w, f);
		break;
	case FAULT_PACKET:
		if (begins)
			netns_packet(w, f->router, f->percent);
		break;
	case FAULT_EDIT:
		if (begins || !edited_by_another(w, f))
			engine_edit(w, f->router, engine_edit_of(f), begins);
		break;
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
	case FAULT_TAKEN: kernel_taken(w, f->router, f->segment, f->percent); break;
	case FAULT_PRIORITY:
		r->priority = f->percent;
		configured(w, f->router);
		break;
	case FAULT_PREEMPT:
		r->preempt = !r->preempt;
		configured(w, f->router);
		break;
	default: break;
	}
	if (!r->cisco)
		configuration_fault(w, f, true);
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
	case FAULT_PREEMPT:
		r->preempt = !r->preempt;
		configured(w, f->router);
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
	if (!r->cisco && !world_fault(w, f->kind, f->router, f->kind == FAULT_GROUP ? f->segment : -1))
		configuration_fault(w, f, false);
	if (r->box)
		engine_fault(w, f, false);
	if (w->peers)
		peer_fault(w, f, false);
}
