/* Received frames: which of them are to be believed, and the event each is (RFC 2281 5.5). */
#include <string.h>

#include "base/planted.h"
#include "hsrp/claim.h"
#include "hsrp/internal.h"

bool hsrp_better(
	unsigned priority, const struct ipaddr *address, unsigned other_priority, const struct ipaddr *other)
{
	return priority != other_priority ? priority > other_priority : ip_compare(address, other) > 0;
}

static void set_peer(struct hsrp_peer *to, const struct hsrp_packet *p, const struct hsrp_frame *f)
{
	*to = (struct hsrp_peer){.address = f->from,
		.mac = p->version == 2 ? p->identifier : f->from_mac,
		.priority = p->priority,
		.expires = MONO_NEVER};
}

static bool is_peer(const struct hsrp_peer *peer, const struct ipaddr *address)
{
	return !peer->local && ip_equal(&peer->address, address);
}

static bool authentic(
	struct hsrp *h, struct group *g, const struct hsrp_packet *p, const struct hsrp_frame *f)
{
	char from[IP_TEXT_MAX];

	if (keys_match(h, &g->c.auth, p, f->payload, f->payload_len))
		return true;
	if (h->now.ns < g->old_auth_until.ns && keys_match(h, &g->old_auth, p, f->payload, f->payload_len))
		return true;
	g->bad_auth++;
	debug_dropped(h, g->i, "failed_authentication", &f->from);
	if (out_quiet(h, &g->quiet_auth))
		return false;
	if (p->version == 2)
		out_log(h, 4, "%%HSRP-4-BADAUTH2: Bad authentication from %s", ip_format_ios(&f->from, from));
	else
		out_log(h, 4, "%%HSRP-4-BADAUTH: Bad authentication from %s, group %u, remote state %s",
			ip_format_ios(&f->from, from), g->key.number,
			hsrp_state_text((enum hsrp_state)p->state));
	return false;
}

/* Two addresses for one group: said, but the election goes on. */
static void compare_address(struct hsrp *h, struct group *g, const struct hsrp_packet *p)
{
	char theirs[IP_TEXT_MAX], ours[IP_TEXT_MAX];

	if (p->state != HSRP_ACTIVE || !ip_is_set(&g->c.vip) || g->c.vip_implied ||
		ip_equal(&g->c.vip, &p->vip))
		return;
	g->other_vip++;
	if (!out_quiet(h, &g->quiet_vip))
		out_log(h, 4,
			"%%HSRP-4-DIFFVIP1: %s Grp %u active routers virtual IP address %s is different to "
			"the locally "
			"configured address %s",
			g->i->c.name, g->key.number, ip_format_ios(&p->vip, theirs),
			ip_format_ios(&g->c.vip, ours));
}

/*
 * A router that was never heard takes the role from one that is alive. With the right key, or in clear: it may be one that
 * was just connected, it may be an attack; somebody should know.
 */
static void watch_strangers(
	struct hsrp *h, struct group *g, const struct hsrp_packet *p, const struct hsrp_frame *f, bool known)
{
	static const char *const what[] = {[HSRP_HELLO] = "active router", [HSRP_COUP] = "Coup"};
	char from[IP_TEXT_MAX], active[IP_TEXT_MAX], mac[MAC_TEXT_MAX];
	bool takes = (p->opcode == HSRP_HELLO && p->state == HSRP_ACTIVE) || p->opcode == HSRP_COUP;
	bool alive = g->active.local || (ip_is_set(&g->active.address) && !is_peer(&g->active, &f->from));

	if (known || !takes || !alive || out_quiet(h, &g->quiet_unexpected))
		return;
	out_log(h, 4,
		"%%HSRP-4-UNEXPECTED: %s Grp %u %s from new neighbor %s (%s), priority %u, while %s is "
		"active",
		g->i->c.name, g->key.number, what[p->opcode], ip_format_ios(&f->from, from),
		mac_format_dotted(&f->from_mac, mac), p->priority,
		g->active.local ? "this router" : ip_format_ios(&g->active.address, active));
}

/* A router that we hold for active or standby and that says it is something else is not that any more. */
static void forget_role(struct group *g, const struct hsrp_packet *p, const struct hsrp_frame *f)
{
	if (p->state != HSRP_ACTIVE && is_peer(&g->active, &f->from))
		g->active = (struct hsrp_peer){.expires = MONO_NEVER};
	if (p->state != HSRP_STANDBY && is_peer(&g->standby, &f->from))
		g->standby = (struct hsrp_peer){.expires = MONO_NEVER};
}

static void hello_active(struct hsrp *h, struct group *g, const struct hsrp_packet *p,
	const struct hsrp_frame *f, mono_t at, bool better)
{
	bool known = is_peer(&g->active, &f->from) && g->active.priority == p->priority;

	/* Sent before we took over, and read after it: on the other side of a pair that is possible. */
	if (g->state == HSRP_ACTIVE && pair_bound(g) && at.ns < g->last_change.ns)
		return;
	if (better && !(PLANTED(PLANTED_NEVER_YIELDS) && g->state == HSRP_ACTIVE)) {
		preempt_forget(g);
		group_event(h, g, HSRP_EV_ACTIVE_HIGHER, HSRP_REASON_ACTIVE_HIGHER, p, f, at);
	} else {
		bool preempt = g->state >= HSRP_LISTEN && g->state < HSRP_ACTIVE && group_may_preempt(h, g) &&
			!pair_bound(g); /* a pair decides when the step ends */
		group_event(h, g, preempt ? HSRP_EV_ACTIVE_PREEMPT : HSRP_EV_ACTIVE_LOWER,
			HSRP_REASON_ACTIVE_LOWER, p, f, at);
	}
	if (g->state == HSRP_ACTIVE)
		return;
	g->last_heard = at;
	g->vacant = g->deserted = false;
	set_peer(&g->active, p, f);
	pair_look(h, g);
	if (!known)
		out_report(h, g, HSRP_PHASE_CHANGED);
}

static void hello_standby(struct hsrp *h, struct group *g, const struct hsrp_packet *p,
	const struct hsrp_frame *f, mono_t at, bool better)
{
	bool known = is_peer(&g->standby, &f->from) && g->standby.priority == p->priority;

	group_event(h, g, better ? HSRP_EV_STANDBY_HIGHER : HSRP_EV_STANDBY_LOWER,
		better ? HSRP_REASON_STANDBY_HIGHER : HSRP_REASON_STANDBY_LOWER, p, f, at);
	if (g->state == HSRP_STANDBY || g->state <= HSRP_LEARN)
		return;
	/* A lower one that we just contested (event l in Listen) is standby until we are. */
	set_peer(&g->standby, p, f);
	if (!known)
		out_report(h, g, HSRP_PHASE_CHANGED);
}

static void packet_event(
	struct hsrp *h, struct group *g, const struct hsrp_packet *p, const struct hsrp_frame *f, mono_t at)
{
	bool better = hsrp_better(p->priority, &f->from, group_priority(g), source_of(g->i, g->key.family));

	switch (p->opcode) {
	case HSRP_HELLO:
		forget_role(g, p, f);
		if (p->state == HSRP_ACTIVE)
			hello_active(h, g, p, f, at, better);
		else if (p->state == HSRP_STANDBY)
			hello_standby(h, g, p, f, at, better);
		else if (p->state == HSRP_SPEAK && better)
			group_event(h, g, HSRP_EV_SPEAK_HIGHER, HSRP_REASON_SPEAK_HIGHER, p, f, at);
		break;
	case HSRP_COUP:
		if (better && g->state == HSRP_ACTIVE) {
			group_event(h, g, HSRP_EV_COUP, HSRP_REASON_COUP, p, f, at);
			set_peer(&g->active, p, f); /* until its Hello, or its silence, says otherwise */
		}
		break;
	case HSRP_RESIGN:
		/* RFC 2281: of the active router only. While we are active ourselves it is the other one of two. */
		if (is_peer(&g->active, &f->from) || g->state == HSRP_ACTIVE) {
			forget_role(g, &(struct hsrp_packet){.state = HSRP_SPEAK}, f);
			preempt_forget(g);
			if (g->state != HSRP_ACTIVE) {
				g->vacant = true;
				pair_heard_resign(h, g);
			}
			group_event(h, g, HSRP_EV_RESIGN, HSRP_REASON_RESIGN, p, f, at);
		}
		break;
	default: break;
	}
}

/* A loop that reflects what we sent, or somebody with our address: it never feeds the election. */
static void own_frame(struct hsrp *h, struct interface *i, const struct hsrp_frame *f)
{
	char mac[MAC_TEXT_MAX];

	i->own_source++;
	debug_dropped(h, i, "conflicting_source", &f->from);
	if (!out_quiet(h, &i->quiet_own))
		out_log(h, 3, "%%STANDBY-3-DUPADDR: Duplicate address on %s, sourced by %s", i->c.name,
			mac_format_dotted(&f->from_mac, mac));
}

static bool serves(const struct group *g, const struct ipaddr *address)
{
	for (unsigned n = 0; g->serving && g->state == HSRP_ACTIVE && n < g->installed.address_count; n++)
		if (ip_equal(&g->installed.address[n], address))
			return true;
	return false;
}

/* ARP and its like: whoever claims an address that we serve, or our own. A flood costs one search a second. */
static void input_claim(struct hsrp *h, struct interface *i, const struct hsrp_claim *c)
{
	enum { SEARCH_MS = 1000 };
	char ip[IP_TEXT_MAX], mac[MAC_TEXT_MAX];
	struct group *g, *next;
	mono_t *until = NULL;

	if (h->now.ns < i->quiet_claim.ns || !memcmp(&c->mac, &i->mac, sizeof(i->mac)))
		return;
	if (ip_equal(&c->address, &i->c.address))
		until = &i->quiet_own;
	HASH_ITER (hh, i->groups, g, next) {
		struct mac ours = plan_mac(g);
		if (!serves(g, &c->address))
			continue;
		if (!memcmp(&c->mac, &ours, sizeof(ours)))
			return; /* the virtual router itself: another active one, which hellos tell of */
		until = &g->quiet_duplicate;
	}
	i->quiet_claim = mono_add_ms(h->now, SEARCH_MS);
	if (!until)
		return;
	i->duplicate++;
	if (!out_quiet(h, until))
		out_log(h, 4, "%%IP-4-DUPADDR: Duplicate address %s on %s, sourced by %s",
			ip_format_ios(&c->address, ip), i->c.name, mac_format_dotted(&c->mac, mac));
}

/* Of a frame that reached the interface: is it HSRP from a neighbour on this network, and not from ourselves? */
static bool frame_accepted(struct hsrp *h, struct interface *i, const struct hsrp_in *in,
	struct hsrp_frame *f, struct hsrp_packet *p)
{
	struct prefix net = prefix_make(i->c.address, i->c.address_len);
	enum hsrp_wire_error error =
		hsrp_frame_read(f, in->frame.bytes, in->frame.len, in->frame.checksummed);

	if (error == HSRP_WIRE_NOT_HSRP)
		return false;
	if (error == HSRP_WIRE_OK)
		error = hsrp_packet_read(p, f->payload, f->payload_len);
	if (error == HSRP_WIRE_OK &&
		(p->version != f->version || p->version != i->c.version ||
			(p->opcode != HSRP_ADVERTISE && p->family != f->from.family)))
		error = HSRP_WIRE_VERSION;
	if (error == HSRP_WIRE_OK &&
		!(f->from.family == IP_V6 ? ip_is_link_local(&f->from) : prefix_contains(&net, &f->from)))
		error = HSRP_WIRE_SOURCE;
	if (error != HSRP_WIRE_OK) {
		i->bad[error]++;
		debug_dropped(h, i, hsrp_wire_error_key(error), error == HSRP_WIRE_SOURCE ? &f->from : NULL);
		return false;
	}
	if (ip_equal(&f->from, source_of(i, f->from.family))) {
		own_frame(h, i, f);
		return false;
	}
	return true;
}

void input_frame(struct hsrp *h, const struct hsrp_in *in)
{
	struct interface *i;
	struct hsrp_frame f;
	struct hsrp_packet p;
	struct hsrp_claim claim;
	struct group *g;
	mono_t at = mono_min(in->frame.at, h->now);

	HASH_FIND(hh_index, h->by_index, &in->frame.ifindex, sizeof(in->frame.ifindex), i);
	if (!i || !i->up)
		return;
	if (hsrp_solicitation_read(in->frame.bytes, in->frame.len)) {
		advert_solicited(h, i);
		return;
	}
	if (hsrp_claim_read(&claim, in->frame.bytes, in->frame.len)) {
		input_claim(h, i, &claim);
		return;
	}
	if (!frame_accepted(h, i, in, &f, &p))
		return;
	if (p.opcode == HSRP_ADVERTISE) { /* feeds no election; it is not authenticated either */
		debug_advertise(h, i, &p, &f.from);
		neighbour_advertised(h, i, &p, &f);
		return;
	}
	g = group_find(i, p.family, p.group);
	if (!g) {
		i->unknown_group++;
		debug_dropped(h, i, "unknown_group", &f.from);
		return;
	}
	if (g->state <= HSRP_INITIAL || follow_bound(g)) {
		g->inoperational++;
		debug_dropped(h, i, "inoperational_group", &f.from);
		return;
	}
	g->received++;
	debug_packet(h, g, "in", &p, &f.from, &f.from_mac);
	if (!authentic(h, g, &p, &f))
		return;
	g->bad_hello_time += p.opcode == HSRP_HELLO && !hsrp_timers_usable(&p);
	compare_address(h, g, &p);
	watch_strangers(h, g, &p, &f, neighbour_heard(h, i, &p, &f));
	if (group_stalled(h, g))
		group_fire(h, g);
	else
		packet_event(h, g, &p, &f, at);
	group_rearm(h, g);
}
