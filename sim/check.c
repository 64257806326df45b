/*
 * The invariants.
 *
 *   always     Only an active router speaks from the virtual MAC. A gratuitous ARP leaves when the kernel holds the address, a
 *              Resign when it does not (design rule 3). Who is not active has no address once the kernel was told.
 *   in calm    Two hold times after the last fault no two routers of a segment hold the address.
 *   at the end One active router, with the address; one standby router; the others listen. No preempting router is
 *              better than the active one.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/internal.h"

enum { ETHERNET_TYPE = 12, ETHERNET_SOURCE = 6, V1_OPCODE = 14 + 20 + 8 + 1 };

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
		hsrp_group_status(w->router[router].core, device, IP_V4, segment + 1, s);
}

void check_sent(struct sim_world *w, unsigned router, unsigned segment, const uint8_t *frame, size_t len)
{
	const struct sim_port *port = &w->router[router].port[segment];
	struct mac virtual = hsrp_virtual_mac(1, IP_V4, segment + 1);
	bool is_arp = frame[ETHERNET_TYPE] == 0x08 && frame[ETHERNET_TYPE + 1] == 0x06;
	struct hsrp_status s;

	if (memcmp(frame + ETHERNET_SOURCE, virtual.bytes, 6) == 0 && status_of(w, router, segment, &s) &&
		s.state != HSRP_ACTIVE)
		check_fail(w, "router %c sent from the virtual MAC while %s", 'A' + router,
			hsrp_state_text(s.state));
	/* A renewal that took longer than the lifetime is the kernel's doing; the answer tells the core. */
	if (is_arp && !port->kernel.address && port->pending == 0)
		check_fail(w, "router %c sent a gratuitous ARP without the address", 'A' + router);
	if (!is_arp && len > V1_OPCODE && frame[V1_OPCODE] == HSRP_RESIGN && port->kernel.address)
		check_fail(w, "router %c resigned while it still had the address", 'A' + router);
}

void check_router(struct sim_world *w, unsigned router)
{
	struct sim_router *r = &w->router[router];

	for (unsigned segment = 0; segment < w->plan->segments; segment++) {
		struct sim_port *port = &r->port[segment];
		struct hsrp_status s;

		if (!status_of(w, router, segment, &s))
			continue;
		if (s.state != port->shown_state) {
			world_trace(w, router, "segment %u: %s -> %s (%s)", segment,
				hsrp_state_text(port->shown_state), hsrp_state_text(s.state),
				hsrp_reason_text(s.reason));
			port->shown_state = s.state;
			w->last_change = w->now;
		}
		if (s.state != HSRP_ACTIVE && port->kernel.address && port->pending == 0 && !r->starting)
			check_fail(w, "router %c is %s, has the address and does nothing about it",
				'A' + router, hsrp_state_text(s.state));
		if (s.serving && !port->kernel.macvlan)
			check_fail(w, "router %c says it serves without an interface for the address",
				'A' + router);
	}
}

void check_calm(struct sim_world *w)
{
	if (mono_before(w->now, mono_add_ms(w->calm_from, 2 * (int64_t)w->plan->hold_ms + 5000)))
		return;
	for (unsigned segment = 0; segment < w->plan->segments; segment++) {
		unsigned holders = 0;

		for (unsigned i = 0; i < w->plan->routers; i++)
			holders += w->router[i].port[segment].kernel.address;
		if (holders > 1)
			check_fail(w, "%u routers of segment %u hold the address long after the last fault",
				holders, segment);
	}
}

/* The only legal picture of a whole segment at rest. */
static void check_segment_at_rest(struct sim_world *w, unsigned segment)
{
	unsigned active = 0, standby = 0, other = 0;
	struct hsrp_status best = {0};

	for (unsigned i = 0; i < w->plan->routers; i++) {
		const struct sim_port *port = &w->router[i].port[segment];
		struct hsrp_status s;

		if (!status_of(w, i, segment, &s)) {
			check_fail(w, "router %c does not run", 'A' + i);
			return;
		}
		active += s.state == HSRP_ACTIVE;
		standby += s.state == HSRP_STANDBY;
		other += s.state != HSRP_ACTIVE && s.state != HSRP_STANDBY && s.state != HSRP_LISTEN;
		if ((s.state == HSRP_ACTIVE) != port->kernel.address || s.serving != port->kernel.address)
			check_fail(w, "router %c is %s on segment %u and %s the address", 'A' + i,
				hsrp_state_text(s.state), segment,
				port->kernel.address ? "has" : "does not have");
		if (s.state == HSRP_ACTIVE)
			best = s;
	}
	if (active != 1 || standby != 1 || other)
		check_fail(w, "segment %u at the end: %u active, %u standby, %u neither nor listening",
			segment, active, standby, other);
	for (unsigned i = 0; i < w->plan->routers; i++) {
		const struct sim_router *r = &w->router[i];
		const struct sim_port *port = &r->port[segment];

		if (port->shown_state != HSRP_ACTIVE && w->plan->router[i].preempt &&
			r->priority > best.priority)
			check_fail(w, "router %c preempts, is better than the active one and waits", 'A' + i);
	}
}

void check_end(struct sim_world *w)
{
	for (unsigned segment = 0; segment < w->plan->segments; segment++)
		check_segment_at_rest(w, segment);
	w->result->converged_ms = mono_diff_ms(w->last_change, w->calm_from);
}
