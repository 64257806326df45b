/*
 * The invariants of HSRP.
 *
 *   always     Only an active router speaks from the virtual MAC. A gratuitous ARP leaves when the kernel holds the address, a
 *              Resign when it does not (design rule 3), and a router says that it serves when the kernel does. Who is not active has no address once the kernel was told. No hello
 *              interval is longer than the hello time, but for what the process was kept from running. An active router that
 *              said nothing for a hold time does not go on as if nothing had been. No hold timer fires while a Hello that
 *              would restart it lies unread in the socket. Who hears a better active router is not active any more.
 *              A pair of groups is active on both sides or on none. A group that follows says nothing, is in its master's
 *              state or waits for its own kernel, and has no address any more when its master resigns. The engine is not told
 *              that a group serves no longer while it has the address. What somebody else takes from an active router's
 *              interface for the address is put back.
 *   in calm    Two hold times after the last fault no two routers of a segment hold the address.
 *   at the end One active router, with the address; one standby router; the others listen. No preempting router is
 *              better than the active one.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/box.h"

enum {
	GRACE_NS = 1000000,
	CALM_MS = 11000, /* `preempt delay` among it, after an address that was learned late */
	PAIR_SETTLES_MS = 2100,
	REPAIRED_MS = 300, /* one renewal in 250 ms, and what the kernel takes */
	RENEWED_MS = 3300,
};

void check_fail(struct sim_world *w, const char *format, ...)
{
	va_list args;

	if (w->result->failed)
		return;
	w->result->failed = true;
	w->result->at_ms = w->now.ns / 1000000;
	va_start(args, format);
	vsnprintf(w->result->violation, sizeof(w->result->violation), format, args);
	va_end(args);
	world_trace(w, 0, "VIOLATION: %s", w->result->violation);
}

static bool status_of(struct sim_world *w, unsigned router, unsigned segment, struct hsrp_status *s)
{
	char device[] = {'e', 't', 'h', (char)('0' + segment), 0};

	return w->router[router].core &&
		hsrp_group_status(
			w->router[router].core, device, w->plan->ipv6 ? IP_V6 : IP_V4, segment + 1, s);
}

void check_state(
	struct sim_world *w, unsigned router, unsigned segment, uint8_t state, uint8_t reason, bool serving)
{
	struct sim_port *port = &w->router[router].port[segment];

	if (serving && !port->serving && !port->vmac.address && !port->vmac.taken)
		check_fail(w, "router %c says it serves and does not have the address", 'A' + router);
	port->serving = serving;
	if (state == port->state)
		return;
	if (state && port->state)
		world_trace(w, router, "segment %u: %s -> %s%s%s", segment, peek_state_text(port->state),
			peek_state_text(state), reason ? ": " : "",
			reason ? hsrp_reason_text((enum hsrp_reason)reason) : "");
	/* A side of a pair whose timer fired long ago waits for the other side, and goes with it. */
	bool with_other = w->plan->pair && w->router[router].port[1 - segment].state == PEEK_ACTIVE;
	if (state == PEEK_ACTIVE && reason == HSRP_REASON_ACTIVE_EXPIRED && port->state != PEEK_SPEAK &&
		!with_other && !(port->state == PEEK_STANDBY && port->state_since.ns == w->now.ns) &&
		port->unread_active)
		check_fail(w,
			"router %c: the active timer fired, and an unread Hello of the active router waits",
			'A' + router);
	if (state < PEEK_SPEAK)
		port->last_hello = (mono_t){0};
	else if (port->state < PEEK_SPEAK)
		port->last_hello = w->now;
	port->state = state;
	port->reason = reason;
	port->state_since = w->now;
	w->last_change = w->now;
}

void check_untold(struct sim_world *w, unsigned router)
{
	struct hsrp_status s;

	for (unsigned segment = 0; segment < w->plan->segments; segment++)
		if (!w->router[router].port[segment].told && status_of(w, router, segment, &s))
			check_state(w, router, segment, s.state, s.reason, s.serving);
}

static void check_hello(struct sim_world *w, unsigned router, unsigned segment, const struct peek *p)
{
	struct sim_port *port = &w->router[router].port[segment];
	int64_t gap = w->now.ns - port->last_hello.ns;

	if (p->state == PEEK_ACTIVE && port->last_hello.ns &&
		mono_before(port->state_since, port->last_hello) &&
		gap > (int64_t)w->plan->hold_ms * 1000000 + GRACE_NS)
		check_fail(w, "router %c said nothing for %lld ms and goes on as the active router",
			'A' + router, (long long)(gap / 1000000));
	port->last_hello = w->now;
	port->excuse_ns = 0;
}

void check_sent(struct sim_world *w, unsigned router, unsigned segment, const struct peek *p)
{
	struct sim_port *port = &w->router[router].port[segment];
	uint8_t virtual[6];
	struct hsrp_status s;

	peek_virtual_mac(w->plan->ipv6 ? 6 : w->plan->version, segment + 1, virtual);
	/* What resumes a role is not reported before the kernel has confirmed it. */
	if (port->state != PEEK_ACTIVE && memcmp(p->mac, virtual, 6) == 0 &&
		status_of(w, router, segment, &s))
		check_state(w, router, segment, s.state, s.reason, s.serving);
	if (port->state != PEEK_ACTIVE && memcmp(p->mac, virtual, 6) == 0)
		check_fail(w, "router %c sent from the virtual MAC while %s", 'A' + router,
			peek_state_text(port->state));
	if (p->arp && !port->vmac.address && !port->vmac.taken)
		check_fail(w, "router %c sent a gratuitous ARP without the address", 'A' + router);
	if (p->hsrp && p->opcode == PEEK_RESIGN && port->vmac.address && !port->unconfirmed)
		check_fail(w, "router %c resigned while it still had the address", 'A' + router);
	if (p->hsrp && p->opcode != PEEK_ADVERTISE && world_follows(w, segment))
		check_fail(w, "router %c speaks for a group that follows", 'A' + router);
	if (p->hsrp && p->opcode == PEEK_RESIGN && w->plan->follow &&
		w->router[router].port[1 - segment].vmac.address &&
		!w->router[router].port[1 - segment].unconfirmed)
		check_fail(w, "router %c resigned while a follower still had its address", 'A' + router);
	if (p->hsrp && p->opcode == PEEK_HELLO)
		check_hello(w, router, segment, p);
}

static bool better(const struct sim_world *w, unsigned router, unsigned segment, const struct peek *p)
{
	const struct sim_router *r = &w->router[router];
	unsigned own = router_priority(r);

	return p->priority != own ? p->priority > own : p->from > router_address(w->plan, r, router, segment);
}

/* RFC 2281 5.7, event g: an active router yields to a better one at its first Hello. */
void check_read(struct sim_world *w, const struct sim_event *e)
{
	const struct sim_router *r = &w->router[e->router];
	const struct sim_port *port = &r->port[e->segment];
	struct peek p;

	if (!e->is_active || port->state != PEEK_ACTIVE || e->other_key != port->other_key ||
		!peek_frame(&p, e->bytes, e->len))
		return;
	if (w->plan->pair && mono_before(e->arrived, port->state_since))
		return; /* from before it took over, with the other side: the next Hello counts */
	if (better(w, e->router, e->segment, &p))
		check_fail(w, "router %c heard a better active router and does not yield", 'A' + e->router);
}

/* Both or neither; for a role that was taken up again or is new the other side has two seconds. */
static void check_pair(struct sim_world *w, unsigned router)
{
	const struct sim_router *r = &w->router[router];
	bool settles = mono_diff_ms(w->now, r->configured_at) < PAIR_SETTLES_MS ||
		mono_before(w->now, mono_add_ms(r->stalled_until, 1)) ||
		world_fault(w, FAULT_OVERSLEEP, (int)router, -1);

	if (r->core && r->configured && !r->starting && !settles &&
		(r->port[0].state == PEEK_ACTIVE) != (r->port[1].state == PEEK_ACTIVE))
		check_fail(w, "router %c is %s on one side of its pair and %s on the other", 'A' + router,
			peek_state_text(r->port[0].state), peek_state_text(r->port[1].state));
}

static void check_follower(struct sim_world *w, unsigned router)
{
	const struct sim_router *r = &w->router[router];
	const struct sim_port *follower = &r->port[w->plan->follow - 1],
			      *master = &r->port[2 - w->plan->follow];

	if (r->core && r->configured && !r->starting && follower->state > PEEK_INITIAL &&
		follower->state != master->state)
		check_fail(w, "router %c is %s, and the group that follows is %s", 'A' + router,
			peek_state_text(master->state), peek_state_text(follower->state));
}

void check_left(struct sim_world *w, unsigned router)
{
	for (unsigned segment = 0; segment < w->plan->segments; segment++)
		if (w->router[router].port[segment].vmac.macvlan)
			check_fail(w, "router %c says that nothing is left, and has its virtual MAC",
				'A' + router);
}

void check_router(struct sim_world *w, unsigned router)
{
	struct sim_router *r = &w->router[router];

	if (w->plan->pair)
		check_pair(w, router);
	if (w->plan->follow)
		check_follower(w, router);

	for (unsigned segment = 0; segment < w->plan->segments; segment++) {
		struct sim_port *port = &r->port[segment];

		if (!r->core || r->starting || !r->configured)
			continue;
		if (port->state != PEEK_ACTIVE && port->vmac.address && port->pending == 0 &&
			!port->unconfirmed)
			check_fail(w, "router %c is %s, has the address and does nothing about it",
				'A' + router, peek_state_text(port->state));
		if (port->serving && !port->vmac.macvlan && !port->vmac.taken && port->pending == 0)
			check_fail(w, "router %c says it serves without an interface for the address",
				'A' + router);
	}
}

/* A hello that is overdue, and nobody was kept from sending it. */
static void check_overdue(struct sim_world *w, unsigned router, const struct sim_port *port)
{
	const struct sim_router *r = &w->router[router];
	int64_t due = port->last_hello.ns + (int64_t)w->plan->hello_ms * 1000000 + port->excuse_ns + GRACE_NS;

	/* Whoever has left the active role speaks when its kernel is done, also with the address of a follower. */
	bool waits = port->state != PEEK_ACTIVE &&
		(port->pending || (w->plan->follow && r->port[w->plan->follow - 1].pending));
	if (w->now.ns <= due || mono_before(w->now, r->stalled_until) || waits)
		return;
	/* A process that is about to wake late is excused when it has. */
	if (mono_before(w->deadline[router][PROCESS_HSRP], w->now))
		return;
	check_fail(w, "router %c is %s and sends no hello for %lld ms", 'A' + router,
		peek_state_text(port->state), (long long)((w->now.ns - port->last_hello.ns) / 1000000));
}

/* What somebody took from an active router comes back soon, or with the next renewal where nobody told of it. */
static void check_taken(struct sim_world *w, unsigned router, unsigned segment)
{
	const struct sim_router *r = &w->router[router];
	struct sim_vmac *v = &w->router[router].port[segment].vmac;
	bool kept = !r->core || r->port[segment].pending || !r->configured ||
		r->port[segment].state != PEEK_ACTIVE || mono_before(w->now, r->stalled_until) ||
		world_fault(w, FAULT_OVERSLEEP, (int)router, -1) ||
		world_fault(w, FAULT_KERNEL_LATE, (int)router, -1) ||
		world_fault(w, FAULT_KERNEL_FAIL, (int)router, -1);

	if (kept || v->kept) /* until just now */
		v->taken_at = w->now;
	v->kept = kept;
	if (mono_diff_ms(w->now, v->taken_at) > (v->heard ? REPAIRED_MS : RENEWED_MS))
		check_fail(w, "router %c is active and does not put back what was taken away", 'A' + router);
}

void check_always(struct sim_world *w)
{
	bool calm = !mono_before(w->now, mono_add_ms(w->calm_from, 2 * (int64_t)w->plan->hold_ms + CALM_MS));

	for (unsigned segment = 0; segment < w->plan->segments; segment++) {
		unsigned holders = 0;

		for (unsigned i = 0; i < w->plan->routers; i++) {
			const struct sim_port *port = &w->router[i].port[segment];

			if (port->vmac.taken)
				check_taken(w, i, segment);
			if (port->state >= PEEK_SPEAK && w->router[i].core && !world_follows(w, segment))
				check_overdue(w, i, port);
			holders += w->router[i].cisco ? port->cisco.state == PEEK_ACTIVE : port->vmac.address;
		}
		if (calm && holders > 1)
			check_fail(w, "%u routers of segment %u hold the address long after the last fault",
				holders, segment);
	}
}

/* State and effective priority of a router on a segment; false: it does not run. */
static bool role_of(struct sim_world *w, unsigned router, unsigned segment, unsigned *state, bool *address)
{
	const struct sim_router *r = &w->router[router];
	const struct sim_port *port = &r->port[segment];
	struct hsrp_status s;

	if (r->cisco) {
		*state = port->cisco.state;
		*address = *state == PEEK_ACTIVE;
		return true;
	}
	if (!status_of(w, router, segment, &s))
		return false;
	*state = s.state;
	*address = port->vmac.address;
	if ((s.state == HSRP_ACTIVE) != *address || s.serving != *address)
		check_fail(w, "router %c is %s on segment %u and %s the address", 'A' + router,
			peek_state_text(s.state), segment, *address ? "has" : "does not have");
	return true;
}

/* The only legal picture of a whole segment at rest. */
static void check_segment_at_rest(struct sim_world *w, unsigned segment)
{
	unsigned state[SIM_ROUTERS_MAX], count[PEEK_ACTIVE + 1] = {0}, best = 0;
	bool address;

	for (unsigned i = 0; i < w->plan->routers; i++) {
		if (!role_of(w, i, segment, &state[i], &address)) {
			check_fail(w, "router %c does not run", 'A' + i);
			return;
		}
		count[state[i]]++;
		if (state[i] == PEEK_ACTIVE)
			best = router_priority(&w->router[i]);
	}
	if (count[PEEK_ACTIVE] != 1 || count[PEEK_STANDBY] != 1 || count[PEEK_LISTEN] + 2 != w->plan->routers)
		check_fail(w, "segment %u at the end: %u active, %u standby, %u listening of %u", segment,
			count[PEEK_ACTIVE], count[PEEK_STANDBY], count[PEEK_LISTEN], w->plan->routers);
	for (unsigned i = 0; i < w->plan->routers; i++)
		if (state[i] != PEEK_ACTIVE && w->router[i].preempt && router_priority(&w->router[i]) > best)
			check_fail(w, "router %c preempts, is better than the active one and waits", 'A' + i);
}

void check_end(struct sim_world *w)
{
	for (unsigned segment = 0; segment < w->plan->segments; segment++)
		check_segment_at_rest(w, segment);
	for (unsigned i = 0; w->plan->pair && i < w->plan->routers; i++)
		if (w->router[i].port[0].state == PEEK_ACTIVE && w->router[i].port[1].state != PEEK_ACTIVE)
			check_fail(
				w, "router %c is active on one side of its pair only, at the end", 'A' + i);
	if (w->peers)
		check_boxes_end(w);
	w->result->converged_ms = mono_diff_ms(w->last_change, w->calm_from);
}
