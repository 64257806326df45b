/*
 * What `debug standby` prints, in the words of IOS. Callers ask debugging() first: nothing is formatted while it is off.
 * A flood of frames makes no flood of lines: what exceeds LINES_PER_S is counted and said once.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hsrp/internal.h"
#include "model/model.h"

enum { LINES_PER_S = 400 };

static void put(struct hsrp *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct hsrp *h, const char *format, ...)
{
	struct hsrp_out *out = out_new(h, HSRP_OUT_LOG);
	va_list args;

	out->log.level = 7;
	va_start(args, format);
	vsnprintf(out->log.text, sizeof(out->log.text), format, args);
	va_end(args);
}

/* Is there room for one more line in this second? */
static bool admitted(struct hsrp *h)
{
	if (mono_diff_ms(h->now, h->debug_since) >= SECOND_MS || h->now.ns < h->debug_since.ns) {
		unsigned lost = h->debug_lines > LINES_PER_S ? h->debug_lines - LINES_PER_S : 0;
		h->debug_since = h->now;
		h->debug_lines = 0;
		if (lost)
			put(h, "HSRP: %u debug lines were left out: more than %d in a second", lost,
				LINES_PER_S);
	}
	return ++h->debug_lines <= LINES_PER_S;
}

void debug_condition(struct hsrp *h, const struct hsrp_which *w)
{
	if (w->device[0] == '\0')
		h->condition_count = 0;
	else if (h->condition_count < HSRP_CONDITIONS_MAX)
		h->conditions[h->condition_count++] = *w;
}

static bool is_asked_for(const struct hsrp *h, const struct interface *i, const struct group *g)
{
	for (unsigned n = 0; n < h->condition_count; n++) {
		const struct hsrp_which *w = &h->conditions[n];

		if (strcmp(w->device, i->c.device) == 0 &&
			(w->group == HSRP_ALL_GROUPS || (g && g->key.number == w->group)))
			return true;
	}
	return h->condition_count == 0;
}

void debug_line(struct hsrp *h, const struct interface *i, const struct group *g, const char *format, ...)
{
	char text[200], name[INTERFACE_NAME_MAX], group[16] = "";
	va_list args;

	if (!is_asked_for(h, i, g) || !admitted(h))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (g)
		snprintf(group, sizeof(group), "Grp %u ", g->key.number);
	put(h, "HSRP: %s %s%s", interface_short_name(i->c.name, name), group, text);
}

static const unsigned packet_bit[] = {[HSRP_HELLO] = HSRP_DEBUG_HELLO,
	[HSRP_COUP] = HSRP_DEBUG_COUP,
	[HSRP_RESIGN] = HSRP_DEBUG_RESIGN,
	[HSRP_ADVERTISE] = HSRP_DEBUG_ADVERTISE};

void debug_packet(struct hsrp *h, const struct group *g, const char *direction, const struct hsrp_packet *p,
	const struct ipaddr *from, const struct mac *mac)
{
	static const char *const names[] = {"Hello", "Coup", "Resign"};
	char address[IP_TEXT_MAX], vip[IP_TEXT_MAX], source[MAC_TEXT_MAX], detail[80] = "";

	if (!debugging(h, packet_bit[p->opcode]))
		return;
	if (debugging(h, HSRP_DEBUG_PACKETS_DETAIL))
		snprintf(detail, sizeof(detail), " hel %u hol %u auth %s mac %s", p->hello_ms, p->hold_ms,
			p->has_md5 ? "MD5" : "text", mac_format_dotted(mac, source));
	debug_line(h, g->i, g, "%-6s %-3s %s %-7s pri %u vIP %s%s", names[p->opcode], direction,
		ip_format_ios(from, address), hsrp_state_text((enum hsrp_state)p->state), p->priority,
		ip_format_ios(&p->vip, vip), detail);
}

void debug_advertise(
	struct hsrp *h, const struct interface *i, const struct hsrp_packet *p, const struct ipaddr *from)
{
	static const char *const states[] = {[0] = "Passive",
		[HSRP_ADV_DORMANT] = "Dormant",
		[HSRP_ADV_PASSIVE] = "Passive",
		[HSRP_ADV_ACTIVE] = "Active"};
	unsigned state = p->version == 2 ? p->adv_active ? HSRP_ADV_ACTIVE : HSRP_ADV_PASSIVE : p->adv_state;
	char address[IP_TEXT_MAX];

	if (!debugging(h, HSRP_DEBUG_ADVERTISE))
		return;
	if (from)
		debug_line(h, i, NULL, "REDIRECT adv in, %s, active %u, passive %u, from %s", states[state],
			p->adv_active, p->adv_passive, ip_format_ios(from, address));
	else
		debug_line(h, i, NULL, "Redirect adv out, %s, active %u passive %u", states[state],
			p->adv_active, p->adv_passive);
}

/* Who made the event: "(100/10.0.0.2)" of a packet, "(10.0.0.2)" or "(unknown)" of a timer. */
static const char *cause(const struct group *g, enum hsrp_reason reason, const struct hsrp_packet *p,
	const struct hsrp_frame *f, char out[IP_TEXT_MAX + 8])
{
	char address[IP_TEXT_MAX];

	out[0] = '\0';
	if (p && f)
		snprintf(out, IP_TEXT_MAX + 8, " (%u/%s)", p->priority, ip_format_ios(&f->from, address));
	else if (reason == HSRP_REASON_ACTIVE_EXPIRED || reason == HSRP_REASON_STANDBY_EXPIRED)
		snprintf(out, IP_TEXT_MAX + 8, " (%s)",
			ip_is_set(&g->expired) ? ip_format_ios(&g->expired, address) : "unknown");
	return out;
}

void debug_change(struct hsrp *h, const struct group *g, enum hsrp_state old, enum hsrp_reason reason,
	const struct hsrp_packet *p, const struct hsrp_frame *f)
{
	char text[IP_TEXT_MAX + 8];
	const char *from = hsrp_state_text(old), *to = hsrp_state_text((enum hsrp_state)g->state);

	if (debugging(h, HSRP_DEBUG_PROTOCOL)) {
		debug_line(
			h, g->i, g, "%s: %s%s", from, hsrp_reason_text(reason), cause(g, reason, p, f, text));
		debug_line(h, g->i, g, "%s -> %s", from, to);
	}
	if (debugging(h, HSRP_DEBUG_REDUNDANCY))
		debug_line(h, g->i, g, "Redundancy \"%s\" state %s -> %s", g->c.name, from, to);
}

void debug_event(struct hsrp *h, const struct group *g, enum hsrp_reason reason, const struct hsrp_packet *p,
	const struct hsrp_frame *f)
{
	char text[IP_TEXT_MAX + 8];

	if (debugging(h, HSRP_DEBUG_EVENTS_DETAIL) && p && f)
		debug_line(h, g->i, g, "%s: %s%s", hsrp_state_text((enum hsrp_state)g->state),
			hsrp_reason_text(reason), cause(g, reason, p, f, text));
}

static const char *peer_text(const struct hsrp_peer *p, char out[IP_TEXT_MAX])
{
	return p->local ? "local" : ip_is_set(&p->address) ? ip_format_ios(&p->address, out) : "unknown";
}

static void one_peer(struct hsrp *h, const struct group *g, const char *which, const struct hsrp_peer *now,
	struct hsrp_peer *said)
{
	char is[IP_TEXT_MAX], was[IP_TEXT_MAX];

	if (now->local == said->local && ip_equal(&now->address, &said->address))
		return;
	if (debugging(h, HSRP_DEBUG_PROTOCOL))
		debug_line(h, g->i, g, "%s router is %s, was %s", which, peer_text(now, is),
			peer_text(said, was));
	*said = *now;
}

void debug_peers(struct hsrp *h, struct group *g)
{
	one_peer(h, g, "Active", &g->active, &g->said_active);
	one_peer(h, g, "Standby", &g->standby, &g->said_standby);
}

/* The kernel took the virtual address, or it is gone again. */
void debug_address(struct hsrp *h, const struct group *g, bool added)
{
	char ip[IP_TEXT_MAX], mac[MAC_TEXT_MAX];

	if (!debugging(h, HSRP_DEBUG_PROTOCOL))
		return;
	mac_format_dotted(&g->installed.mac, mac);
	if (added)
		debug_line(h, g->i, g, "Activating MAC %s", mac);
	for (unsigned n = 0; n < g->installed.address_count; n++) {
		ip_format_ios(&g->installed.address[n], ip);
		if (added)
			debug_line(h, g->i, g, "Added %s to ARP (%s)", ip, mac);
		else
			debug_line(h, g->i, g, "Removed %s from ARP", ip);
	}
	if (!added)
		debug_line(h, g->i, g, "Deactivating MAC %s", mac);
}

/* What tracked objects did to the group. */
void debug_tracks(
	struct hsrp *h, const struct group *g, const struct hsrp_group_config *before, unsigned priority)
{
	if (!debugging(h, HSRP_DEBUG_TRACK))
		return;
	for (unsigned n = 0; n < g->c.track_count; n++)
		for (unsigned k = 0; k < before->track_count; k++)
			if (g->c.track[n].object == before->track[k].object &&
				g->c.track[n].down != before->track[k].down)
				debug_line(h, g->i, g, "Track %u object changed, state %s -> %s",
					g->c.track[n].object, before->track[k].down ? "Down" : "Up",
					g->c.track[n].down ? "Down" : "Up");
	if (priority && group_priority(g) != priority)
		debug_line(h, g->i, g, "Priority %u to %u", priority, group_priority(g));
}

/* A frame that is not believed; its sender where the frame could be read so far. */
void debug_dropped(struct hsrp *h, const struct interface *i, const char *why, const struct ipaddr *from)
{
	char address[IP_TEXT_MAX];

	if (debugging(h, HSRP_DEBUG_ERRORS))
		debug_line(h, i, NULL, "Packet dropped%s%s: %s", from ? " from " : "",
			from ? ip_format_ios(from, address) : "", why);
}
