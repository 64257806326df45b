/* Effects of the HSRP core: frames, reports, messages, records. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hsrp/internal.h"

void hsrp_outs_free(struct hsrp_outs *outs)
{
	free(outs->items);
	*outs = (struct hsrp_outs){0};
}

struct hsrp_out *out_new(struct hsrp *h, enum hsrp_out_kind kind)
{
	struct hsrp_outs *o = h->outs;

	if (o->count == o->cap) {
		size_t cap = o->cap ? o->cap * 2 : 16;
		struct hsrp_out *items = realloc(o->items, cap * sizeof(*items));
		if (!items) {
			o->oom = true;
			return &h->lost;
		}
		o->items = items;
		o->cap = cap;
	}
	/* Of a frame and a record, of which there are thousands a second, every field is written anyway. */
	struct hsrp_out *out = &o->items[o->count++];
	if (kind != HSRP_OUT_SEND && kind != HSRP_OUT_RECORD)
		memset(out, 0, sizeof(*out));
	out->kind = (uint8_t)kind;
	return out;
}

bool out_quiet(struct hsrp *h, mono_t *until)
{
	if (mono_before(h->now, *until))
		return true;
	*until = mono_add_ms(h->now, BADAUTH_QUIET_MS);
	return false;
}

void out_log(struct hsrp *h, unsigned level, const char *format, ...)
{
	struct hsrp_out *out = out_new(h, HSRP_OUT_LOG);
	va_list args;

	out->log.level = (uint8_t)level;
	va_start(args, format);
	vsnprintf(out->log.text, sizeof(out->log.text), format, args);
	va_end(args);
}

/* Only the active router speaks with the virtual MAC; a Coup on the way there does not (captured). */
static struct mac source_mac(const struct group *g, enum hsrp_state state)
{
	return state == HSRP_ACTIVE ? plan_mac(g) : g->i->mac;
}

static void send_frame(struct hsrp *h, struct interface *i, enum ip_family family,
	const struct hsrp_packet *p, const struct mac *from)
{
	struct hsrp_out *out = out_new(h, HSRP_OUT_SEND);

	out->send.ifindex = i->ifindex;
	out->send.len = (uint16_t)hsrp_frame_write(
		p, from, source_of(i, family), out->send.bytes, sizeof(out->send.bytes));
	assert(out->send.len > 0);
}

static bool can_send(const struct interface *i, enum ip_family family)
{
	return i->up && i->ifindex > 0 && source_of(i, family)->family == family &&
		(family == IP_V4 || i->c.version == 2);
}

void out_packet(struct hsrp *h, struct group *g, enum hsrp_opcode opcode, enum hsrp_state state)
{
	enum ip_family family = (enum ip_family)g->key.family;
	const struct ipaddr *source = source_of(g->i, family);
	bool farewell = opcode == HSRP_RESIGN && g->spoken;
	struct hsrp_packet p = {.version = farewell ? g->spoken : g->i->c.version,
		.family = (uint8_t)family,
		.opcode = (uint8_t)opcode,
		.state = (uint8_t)state,
		.group = g->key.number,
		.priority = (uint8_t)group_priority(g),
		.hello_ms = g->hello_ms,
		.hold_ms = g->hold_ms,
		.vip = g->vip,
		.identifier = g->i->mac};

	if (!can_send(g->i, family) || !keys_seal(h, &g->c.auth, source, &p))
		return;
	g->spoken = p.version;
	struct mac mac = source_mac(g, state);
	send_frame(h, g->i, family, &p, &mac);
	g->sent++;
	debug_packet(h, g, "out", &p, source, &mac);
}

void out_advertise(
	struct hsrp *h, struct interface *i, enum ip_family family, enum hsrp_advertise_state state)
{
	const struct side *s = side_of(i, family);
	struct hsrp_packet p = {.version = i->c.version,
		.opcode = HSRP_ADVERTISE,
		.adv_state = (uint8_t)state,
		.adv_active = (uint16_t)s->active_groups,
		.adv_passive = (uint16_t)(s->running_groups - s->active_groups)};

	if (!can_send(i, family) || i->c.redirect_off)
		return;
	send_frame(h, i, family, &p, &i->mac);
	debug_advertise(h, i, &p, NULL);
}

static void garp(struct hsrp *h, struct group *g, const struct ipaddr *vip, const struct mac *to)
{
	struct hsrp_out *out = out_new(h, HSRP_OUT_SEND);
	struct mac mac = plan_mac(g);

	out->send.ifindex = g->i->ifindex;
	out->send.len = vip->family == IP_V6
		? (uint16_t)hsrp_neighbour_write(&mac, vip, out->send.bytes, sizeof(out->send.bytes))
		: (uint16_t)hsrp_garp_write(&mac, vip, to, out->send.bytes, sizeof(out->send.bytes));
	assert(out->send.len > 0);
}

void out_garp(struct hsrp *h, struct group *g, bool uplinkfast)
{
	if (!can_send(g->i, (enum ip_family)g->key.family))
		return;
	g->garps++;
	for (unsigned n = 0; n < g->installed.address_count; n++) {
		garp(h, g, &g->installed.address[n], &hsrp_mac_broadcast);
		if (uplinkfast && g->key.family == IP_V4)
			garp(h, g, &g->installed.address[n], &hsrp_mac_uplinkfast);
	}
}

static void peer_fill(const struct hsrp_peer *from, mono_t expires, struct hsrp_peer *to)
{
	*to = *from;
	to->expires = ip_is_set(&from->address) && !from->local ? expires : MONO_NEVER;
}

void status_fill(const struct group *g, struct hsrp_status *s)
{
	*s = (struct hsrp_status){.group = g->key.number,
		.family = g->c.family,
		.state = g->state,
		.own = *source_of(g->i, g->key.family),
		.serving = g->serving && !g->unconfirmed,
		.vip = g->vip,
		.vip_learned = g->vip_learned,
		.virtual_mac = plan_mac(g),
		.mac_in_use = g->have == HAVE_ADDRESS,
		.priority = (uint8_t)group_priority(g),
		.hello_ms = g->hello_ms,
		.hold_ms = g->hold_ms,
		.timers_learned = g->timers_learned,
		.next_hello = g->t_hello,
		.preempt_at = g->t_preempt,
		.waits = pair_waits(g),
		.changes = g->changes,
		.last_change = g->last_change,
		.reason = g->reason,
		.old_state = g->old_state,
		.reason_from = g->reason_from,
		.kernel_error = g->kernel_error,
		.sent = g->sent,
		.received = g->received,
		.bad_auth = g->bad_auth,
		.own_source = g->i->own_source,
		.unknown_group = g->i->unknown_group,
		.bad_hello_time = g->bad_hello_time,
		.other_vip = g->other_vip,
		.inoperational = g->inoperational,
		.duplicate = g->i->duplicate,
		.garps = g->garps,
		.next_garp = g->t_garp};
	for (unsigned n = 0; n < HSRP_WIRE_ERROR_COUNT; n++)
		s->bad_frame += g->i->bad[n];
	memcpy(s->bad, g->i->bad, sizeof(s->bad));
	memcpy(s->device, g->i->c.device, sizeof(s->device));
	if (!g->i->c.use_bia && g->i->ifindex > 0 && (g->have == HAVE_MACVLAN || g->have == HAVE_ADDRESS))
		hsrp_macvlan_name(g->i->ifindex, (enum ip_family)g->key.family, g->key.number, s->mac_device);
	peer_fill(&g->active, g->t_active, &s->active);
	peer_fill(&g->standby, g->t_standby, &s->standby);
}

void out_report(struct hsrp *h, const struct group *g, enum hsrp_phase phase)
{
	/* "Initial" or "not serving" now and "active" a moment later would make the engine give up what it serves. */
	if (g->untold && (g->state <= HSRP_INITIAL || g->unconfirmed) && phase != HSRP_PHASE_REMOVED)
		return;
	struct hsrp_out *out = out_new(h, HSRP_OUT_REPORT);

	out->report = (struct hsrp_report){.phase = (uint8_t)phase,
		.last_heard = g->last_heard,
		.cause = g->cause,
		.address_confirmed = g->address_confirmed,
		.announced = g->announced_at};
	status_fill(g, &out->report.status);
}

void out_record(struct hsrp *h, const struct group *g)
{
	struct hsrp_out *out = out_new(h, HSRP_OUT_RECORD);

	out->record = (struct hsrp_record){.group = g->key.number,
		.family = g->c.family,
		.state = g->state > HSRP_INITIAL ? g->state : HSRP_DISABLED,
		.last_hello = g->last_hello,
		.hold_ms = g->hold_ms,
		.vip = g->vip,
		.vip_learned = g->vip_learned,
		.changes = g->changes,
		.last_change = g->last_change};
	memcpy(out->record.device, g->i->c.device, sizeof(out->record.device));
}
