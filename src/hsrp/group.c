/* One group at work: events through the table, timers, learning, preemption. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/planted.h"
#include "hsrp/internal.h"

unsigned group_priority(const struct group *g)
{
	unsigned priority = g->c.priority;

	for (unsigned n = 0; n < g->c.track_count; n++) {
		const struct hsrp_track *t = &g->c.track[n];
		unsigned less = t->down && !t->shutdown ? t->decrement : 0;
		priority = priority > less ? priority - less : 0;
	}
	return priority;
}

static bool shut_by_track(const struct group *g)
{
	for (unsigned n = 0; n < g->c.track_count; n++)
		if (g->c.track[n].down && g->c.track[n].shutdown)
			return true;
	return false;
}

/* May this group take part at all? The interface's readiness (delay) is asked for separately. */
bool group_wanted(const struct hsrp *h, const struct group *g)
{
	const struct interface *i = g->i;

	const struct ipaddr *source = source_of(i, g->key.family);

	return !h->leaving && !g->removing && !i->removing && g->c.enabled &&
		g->key.number <= (i->c.version == 2 ? HSRP_GROUP_MAX_V2 : HSRP_GROUP_MAX_V1) &&
		(g->key.family == IP_V4 || i->c.version == 2) && keys_usable(h, &g->c.auth) && i->up &&
		source->family == g->key.family && !ip_equal(&g->c.vip, source) && !shut_by_track(g);
}

/* ---- timers ---- */

void group_rearm(struct hsrp *h, struct group *g)
{
	const mono_t all[] = {g->t_active, g->t_standby, g->t_hello, g->t_preempt, g->t_garp, g->t_renew,
		g->t_advert, g->t_pair};
	mono_t first = MONO_NEVER;

	debug_peers(h, g);
	for (size_t n = 0; n < sizeof(all) / sizeof(all[0]); n++)
		first = mono_min(first, all[n]);
	timer_set(h, &g->timer, first);
}

/* RFC 2281 5.4: the Holdtime of the received Hello, or our own when there is none to trust. */
static uint32_t hold_of(const struct group *g, const struct hsrp_packet *p)
{
	if (!p || p->opcode != HSRP_HELLO || !hsrp_timers_usable(p))
		return g->hold_ms;
	if (p->version == 2)
		return p->hold_ms;
	/* Version 1 says sub-second times rounded up. A peer that says what we would say has our timers: keep the
	 * milliseconds; one that says something else is believed. */
	uint32_t hello_s = (g->hello_ms + SECOND_MS - 1) / SECOND_MS,
		 hold_s = (g->hold_ms + SECOND_MS - 1) / SECOND_MS;
	if (p->hello_ms == hello_s * SECOND_MS && p->hold_ms == hold_s * SECOND_MS)
		return g->hold_ms;
	return p->hold_ms;
}

static mono_t hold_deadline(struct hsrp *h, const struct group *g, const struct hsrp_packet *p, mono_t from)
{
	uint32_t hold = hold_of(g, p);
	unsigned percent = hold < HOLD_JITTER_FROM_MS ? 0 : p ? HOLD_JITTER_PERCENT : BOOT_JITTER_PERCENT;

	return jittered(h, from, hold, percent);
}

/* ---- what is said ---- */

/*
 * Captured: Advertise announces the interface's state when it changes: its first active group, none any more. Dormant
 * is for the end of HSRP on the interface only, not for a group that starts over.
 */
static void advertise(struct hsrp *h, const struct group *g)
{
	struct interface *i = g->i;
	struct side *s = side_of(i, g->key.family);
	bool last = h->leaving || i->removing || (g->removing && s->groups == 1);
	unsigned state = s->active_groups > 0	 ? HSRP_ADV_ACTIVE
		: s->running_groups > 0 || !last ? HSRP_ADV_PASSIVE
						 : HSRP_ADV_DORMANT;

	if (!i->up)
		state = 0; /* starts over when it comes up */
	if (state == s->advertised)
		return;
	s->advertised = (uint8_t)state;
	s->t_advertise = state == HSRP_ADV_PASSIVE ? next_advertise(h, i) : MONO_NEVER;
	interface_timer(h, i);
	if (state)
		out_advertise(h, i, (enum ip_family)g->key.family, (enum hsrp_advertise_state)state);
}

static void hello(struct hsrp *h, struct group *g)
{
	out_packet(h, g, HSRP_HELLO, (enum hsrp_state)g->state);
	g->last_hello = h->now;
	hellos_next(h, g);
	out_record(h, g);
}

static bool address_gone(const struct group *g)
{
	return g->have != HAVE_ADDRESS &&
		!(g->busy && (g->op == HSRP_KERNEL_SERVE || g->op == HSRP_KERNEL_RENEW)) &&
		!(g->have == HAVE_UNKNOWN && (g->serving || g->held_until.ns > 0));
}

static bool followers_gone(const struct group *g)
{
	for (const struct group *f = g->followers; f; f = f->follow_next)
		if (!address_gone(f))
			return false;
	return true;
}

bool group_awaits_followers(const struct group *g)
{
	return g->pending && !followers_gone(g);
}

/* Says what a cell of the table asks for; after the active role not before the address is gone. */
void group_say(struct hsrp *h, struct group *g, unsigned actions, enum hsrp_state coup_state)
{
	if (g->state != HSRP_ACTIVE && !(address_gone(g) && followers_gone(g)) &&
		!PLANTED(PLANTED_EARLY_RESIGN)) {
		g->pending |= (uint16_t)(actions & (HSRP_ACT_ADVERTISE | HSRP_ACT_RESIGN | HSRP_ACT_HELLO));
		return;
	}
	if (actions & HSRP_ACT_ADVERTISE)
		advertise(h, g);
	if (actions & HSRP_ACT_COUP)
		out_packet(h, g, HSRP_COUP, coup_state);
	if (actions & HSRP_ACT_RESIGN)
		out_packet(h, g, HSRP_RESIGN, HSRP_SPEAK); /* captured, whatever comes next */
	if ((actions & HSRP_ACT_HELLO) && g->state >= HSRP_SPEAK)
		hello(h, g);
}

/* One round of gratuitous ARP, and the time of the next. The first round also goes to Cisco's UplinkFast group. */
static void garp_round(struct hsrp *h, struct group *g, bool first, unsigned rounds_after)
{
	const struct hsrp_interface_config *c = &g->i->c;
	bool configured = c->garp_interval_s > 0, continuous = configured && c->garp_count == 0;
	unsigned interval_s = configured ? c->garp_interval_s : GARP_INTERVAL_S;

	out_garp(h, g, first);
	if (first)
		rounds_after = (configured ? c->garp_count : GARP_ROUNDS) - 1;
	g->garps_left = (uint8_t)rounds_after;
	/* A follower sends nothing else from its virtual MAC: switches are reminded of it. */
	bool refresh = follow_bound(g) && c->mac_refresh_s && !rounds_after && !continuous;
	unsigned next_s = refresh ? c->mac_refresh_s : interval_s;
	g->t_garp = continuous || rounds_after || refresh ? mono_add_ms(h->now, (int64_t)next_s * SECOND_MS)
							  : MONO_NEVER;
}

/* Event h, i and n while active: one round and one more later. On the way to the address, group_announce() does it. */
static void garp_if_serving(struct hsrp *h, struct group *g)
{
	if (g->state == HSRP_ACTIVE && plan_holds_address(h, g) && !(g->busy && g->op == HSRP_KERNEL_UNSERVE))
		garp_round(h, g, false, 1);
}

/* The kernel holds the address: gratuitous ARP, and the engine may go on. */
void group_announce(struct hsrp *h, struct group *g)
{
	assert(g->state == HSRP_ACTIVE && g->have == HAVE_ADDRESS);
	bool before = g->serving && !g->unconfirmed;
	g->address_confirmed = h->now;
	garp_round(h, g, true, 0);
	g->announced_at = h->now;
	g->serving = true;
	g->unconfirmed = g->untold = false;
	advert_begin(h, g);
	out_report(h, g, before ? HSRP_PHASE_CHANGED : HSRP_PHASE_SERVING);
}

/* ---- the table at work ---- */

/* Of the interface's network, and not its own address. IPv6: link-local. */
static bool may_learn(const struct group *g, const struct ipaddr *vip)
{
	const struct interface *i = g->i;
	struct prefix net = prefix_make(i->c.address, i->c.address_len);

	if (ip_equal(vip, source_of(i, g->key.family)))
		return false;
	return g->key.family == IP_V6 ? ip_is_link_local(vip)
				      : ip_is_unicast_host(vip) && prefix_contains(&net, vip);
}

static void learn(struct hsrp *h, struct group *g, const struct hsrp_packet *p)
{
	bool changed = false;

	if (!g->c.timers_configured && hsrp_timers_usable(p)) {
		changed = g->hello_ms != p->hello_ms || g->hold_ms != p->hold_ms;
		if (changed) {
			hellos_leave(h, g);
			g->hello_ms = p->hello_ms;
			g->hold_ms = p->hold_ms;
		}
		g->timers_learned = true;
	}
	if ((!ip_is_set(&g->c.vip) || g->c.vip_implied) && may_learn(g, &p->vip) &&
		!ip_equal(&p->vip, &g->vip)) {
		g->vip = p->vip;
		g->vip_learned = true;
		changed = true;
	}
	if (changed) {
		out_report(h, g, HSRP_PHASE_CHANGED);
		out_record(h, g);
	}
}

static void forget_peer(struct hsrp_peer *p)
{
	*p = (struct hsrp_peer){.expires = MONO_NEVER};
}

void group_enter(struct hsrp *h, struct group *g, enum hsrp_state next, enum hsrp_reason reason, mono_t at,
	const struct hsrp_packet *packet, const struct hsrp_frame *frame)
{
	enum hsrp_state old = (enum hsrp_state)g->state;

	if (old == HSRP_ACTIVE) /* the address is still here; see advert.c for who says farewell */
		advert_end(h, g,
			reason != HSRP_REASON_ACTIVE_HIGHER && reason != HSRP_REASON_COUP &&
				reason != HSRP_REASON_STALLED);
	g->old_state = (uint8_t)old;
	g->state = (uint8_t)next;
	g->reason = (uint8_t)reason;
	g->reason_from = frame ? frame->from : (struct ipaddr){0};
	g->changes++;
	g->last_change = h->now;
	g->prepare_failed = false;
	struct side *s = side_of(g->i, g->key.family);
	s->running_groups += (next > HSRP_INITIAL) - (old > HSRP_INITIAL);
	s->active_groups += (next == HSRP_ACTIVE) - (old == HSRP_ACTIVE);
	if (old == HSRP_ACTIVE || next == HSRP_ACTIVE) {
		g->cause = h->cause.ns != INT64_MAX ? h->cause : at;
		g->address_confirmed = g->announced_at = MONO_NEVER;
		g->t_garp = g->t_pair = MONO_NEVER;
		preempt_forget(g);
		g->vacant = g->deserted = false;
		g->left_active = old == HSRP_ACTIVE;
		pair_look(h, g);
	}
	if (g->active.local)
		forget_peer(&g->active);
	if (g->standby.local)
		forget_peer(&g->standby);
	if (next == HSRP_ACTIVE) {
		g->active = (struct hsrp_peer){.local = true, .expires = MONO_NEVER};
		g->pending = 0; /* it comes right back: what waited for the address to go would be a lie */
	}
	if (next == HSRP_STANDBY)
		g->standby = (struct hsrp_peer){.local = true, .expires = MONO_NEVER};
	if (next <= HSRP_INITIAL) {
		forget_peer(&g->active);
		forget_peer(&g->standby);
		preempt_forget(g);
		g->vacant = g->deserted = false;
	}
	if (next < HSRP_SPEAK)
		g->t_hello = MONO_NEVER;
	debug_change(h, g, old, reason, packet, frame);
	if (reason == HSRP_REASON_RESUMED)
		out_log(h, 6, "%%HSRP-6-RESUMED: %s Grp %u state %s", g->i->c.name, g->key.number,
			hsrp_state_text(next));
	else
		out_log(h, 5, "%%HSRP-5-STATECHANGE: %s Grp %u state %s -> %s", g->i->c.name, g->key.number,
			hsrp_state_text(old), hsrp_state_text(next));
	out_report(h, g, HSRP_PHASE_STATE);
	out_record(h, g);
	if (old == HSRP_ACTIVE)
		follow_moved(h, g);
}

void group_step_back(struct hsrp *h, struct group *g)
{
	group_event(h, g, HSRP_EV_DISABLED, HSRP_REASON_STALLED, NULL, NULL, h->now);
	group_start_or_stop(h, g, HSRP_REASON_STALLED);
}

void group_event(struct hsrp *h, struct group *g, enum hsrp_fsm_event event, enum hsrp_reason reason,
	const struct hsrp_packet *packet, const struct hsrp_frame *frame, mono_t at)
{
	enum hsrp_state old = (enum hsrp_state)g->state;
	const struct hsrp_cell *cell = hsrp_fsm_cell(event, old);
	unsigned actions = cell->actions;

	debug_event(h, g, reason, packet, frame);
	if ((!cell->next && !actions) || follow_bound(g))
		return;
	if (cell->next == HSRP_ACTIVE && pair_holds_back(h, g, event, reason))
		return;
	/* Whatever made us speak: who was silent for a hold time is not active any more. */
	if (event != HSRP_EV_DISABLED && group_stalled(h, g)) {
		group_step_back(h, g);
		return;
	}
	if (actions & HSRP_ACT_LEARN)
		learn(h, g, packet);
	if (actions & HSRP_ACT_START_ACTIVE)
		g->t_active = hold_deadline(h, g, packet, at);
	if (actions & HSRP_ACT_START_STANDBY)
		g->t_standby = hold_deadline(h, g, packet, at);
	if (actions & HSRP_ACT_STOP_ACTIVE)
		g->t_active = MONO_NEVER;
	if (actions & HSRP_ACT_STOP_STANDBY)
		g->t_standby = MONO_NEVER;
	/* Without an address there is nothing to stand for: what the packet named may be none to be learned. */
	bool moves = cell->next && !(old == HSRP_LEARN && cell->next > HSRP_LEARN && !ip_is_set(&g->vip));
	if (moves)
		group_enter(h, g, (enum hsrp_state)cell->next, reason, at, packet, frame);
	group_say(h, g, actions, old);
	if (moves || (actions & HSRP_ACT_GARP))
		plan_run(h, g);
	if (moves)
		follow_moved(h, g);
	if (actions & HSRP_ACT_GARP)
		garp_if_serving(h, g);
	/* The active timer ran out while we spoke (RFC 2281 5.7 has no cell for that): it counts now. */
	if (g->state == HSRP_STANDBY && old != HSRP_STANDBY && g->t_active.ns == INT64_MAX)
		group_event(h, g, HSRP_EV_ACTIVE_TIMER, HSRP_REASON_ACTIVE_EXPIRED, NULL, NULL, at);
}

/* A box that said nothing for a hold time is not active any more, whatever it believes (suspended, starved). */
bool group_stalled(const struct hsrp *h, const struct group *g)
{
	return g->state == HSRP_ACTIVE && g->last_hello.ns > 0 &&
		mono_diff_ms(h->now, g->last_hello) > (int64_t)g->hold_ms;
}

/* We woke up so late that frames may have been lost: whoever is alive gets a hello time to say so. */
static bool too_late(const struct hsrp *h, const struct group *g, mono_t *timer)
{
	if (mono_diff_ms(h->now, *timer) <= (int64_t)g->hello_ms)
		return false;
	*timer = mono_add_ms(h->now, g->hello_ms);
	return true;
}

static void lose_active(struct hsrp *h, struct group *g)
{
	if (too_late(h, g, &g->t_active))
		return;
	h->cause = g->t_active;
	g->t_active = MONO_NEVER;
	preempt_forget(g);
	g->expired = g->active.address;
	if (!g->active.local)
		forget_peer(&g->active);
	g->vacant = g->state >= HSRP_LISTEN;
	pair_look(h, g);
	group_event(h, g, HSRP_EV_ACTIVE_TIMER, HSRP_REASON_ACTIVE_EXPIRED, NULL, NULL, h->now);
	h->cause = MONO_NEVER;
}

static void lose_standby(struct hsrp *h, struct group *g)
{
	if (too_late(h, g, &g->t_standby))
		return;
	g->t_standby = MONO_NEVER;
	g->expired = g->standby.address;
	if (ip_is_set(&g->standby.address)) {
		forget_peer(&g->standby);
		out_report(h, g, HSRP_PHASE_CHANGED);
	}
	group_event(h, g, HSRP_EV_STANDBY_TIMER, HSRP_REASON_STANDBY_EXPIRED, NULL, NULL, h->now);
}

static bool due(const struct hsrp *h, mono_t t)
{
	return t.ns <= h->now.ns;
}

/* All deadlines of the group that have come, the hold timers first. */
void group_fire(struct hsrp *h, struct group *g)
{
	if (group_stalled(h, g))
		group_step_back(h, g);
	if (due(h, g->t_active))
		lose_active(h, g);
	if (due(h, g->t_standby))
		lose_standby(h, g);
	if (due(h, g->t_hello))
		hellos_due(h, g);
	if (due(h, g->t_garp)) {
		g->t_garp = MONO_NEVER;
		if (g->state == HSRP_ACTIVE && plan_holds_address(h, g))
			garp_round(h, g, false, g->garps_left > 0 ? g->garps_left - 1u : 0);
	}
	if (due(h, g->t_advert))
		advert_fire(h, g);
	if (due(h, g->t_preempt))
		preempt_delay_over(h, g);
	if (due(h, g->t_pair))
		pair_settled(h, g);
	if (due(h, g->t_renew)) {
		plan_run(h, g);
		if (due(h, g->t_renew))
			g->t_renew = MONO_NEVER; /* nothing to renew any more */
	}
	group_rearm(h, g);
}

/* ---- starting and stopping ---- */

static bool within_hold(const struct hsrp *h, const struct hsrp_record *r)
{
	return r->state > HSRP_INITIAL && r->last_hello.ns <= h->now.ns && r->last_hello.ns > 0 &&
		mono_diff_ms(h->now, r->last_hello) <= (int64_t)r->hold_ms;
}

bool group_may_resume(const struct hsrp *h, const struct group *g)
{
	return within_hold(h, &g->resume);
}

/* D9: a successor within the hold time takes the role up where it was left, an active router with a hello. */
void group_resume(struct hsrp *h, struct group *g)
{
	struct hsrp_record r = g->resume;

	g->resume.state = HSRP_DISABLED;
	if (!within_hold(h, &r) || g->state > HSRP_INITIAL || !group_wanted(h, g))
		return;
	bool learning = !ip_is_set(&g->c.vip);
	if ((learning || (g->c.vip_implied && r.vip_learned)) && r.vip.family == g->key.family) {
		g->vip = r.vip;
		g->vip_learned = true;
	}
	enum hsrp_state state = ip_is_set(&g->vip) ? (enum hsrp_state)r.state : HSRP_LEARN;
	/*
	 * Unless it is being taken away, the address may still stand; SERVE puts back what is missing. Nobody is told of
	 * the role before the kernel's answer: the predecessor may not have got so far, and the engine keeps what it has.
	 */
	if (state == HSRP_ACTIVE)
		g->serving = g->have == HAVE_UNKNOWN && !g->busy;
	if (state == HSRP_ACTIVE ||
		g->have == HAVE_UNKNOWN) /* another role: it may have died on its way out */
		g->unconfirmed = g->untold = true;
	g->t_active = state == HSRP_ACTIVE ? MONO_NEVER : hold_deadline(h, g, NULL, h->now);
	g->t_standby = state == HSRP_STANDBY || state == HSRP_ACTIVE ? MONO_NEVER
								     : hold_deadline(h, g, NULL, h->now);
	group_enter(h, g, state, HSRP_REASON_RESUMED, h->now, NULL, NULL);
	g->changes = r.changes;
	g->last_change = r.last_change;
	pair_settles(h, g);
	if (state == HSRP_ACTIVE) {
		advertise(h, g);
		hello(h, g);
	} else if (state >= HSRP_SPEAK) {
		hello(h, g);
	}
	plan_run(h, g);
	follow_moved(h, g);
	group_rearm(h, g);
}

/* Brings the group into the protocol when it may run, out of it when it may not. */
void group_start_or_stop(struct hsrp *h, struct group *g, enum hsrp_reason stop_reason)
{
	bool want = group_wanted(h, g);

	if (follow_bound(g)) {
		follow_sync(h, g);
		return;
	}
	if (!want && g->state > HSRP_INITIAL)
		group_event(h, g, HSRP_EV_DISABLED, stop_reason, NULL, NULL, h->now);
	if (g->state <= HSRP_INITIAL)
		g->state = g->c.enabled && !g->removing ? HSRP_INITIAL : HSRP_DISABLED;
	bool could_resume = g->resume.state != HSRP_DISABLED;
	if (!g->c.enabled || (g->i->ifindex > 0 && !g->i->up)) /* b: what the predecessor had goes now */
		g->resume.state = HSRP_DISABLED;
	if (want && g->resume.state != HSRP_DISABLED)
		group_resume(h, g);
	if (could_resume && g->resume.state == HSRP_DISABLED && g->state <= HSRP_INITIAL)
		follow_moved(h, g); /* what their predecessors left need not wait any more */
	if (want && g->state == HSRP_INITIAL) {
		/* What a predecessor left goes first; a macvlan on its way out, too. */
		if (g->have == HAVE_NOTHING && !g->busy && g->i->ready) {
			if (ip_is_set(&g->c.vip) && !(g->c.vip_implied && g->vip_learned))
				g->vip = g->c.vip;
			group_event(h, g, ip_is_set(&g->vip) ? HSRP_EV_ENABLED : HSRP_EV_ENABLED_LEARN,
				HSRP_REASON_ENABLED, NULL, NULL, h->now);
		}
	}
	plan_run(h, g);
	group_rearm(h, g);
}

static void configure_address(struct hsrp *h, struct group *g, const struct hsrp_group_config *before)
{
	bool want_learn = !ip_is_set(&g->c.vip);

	if (want_learn && ip_is_set(&before->vip)) { /* from configured to learned: start over */
		group_event(h, g, HSRP_EV_DISABLED, HSRP_REASON_ADDRESS_CHANGED, NULL, NULL, h->now);
		g->vip = (struct ipaddr){0};
		g->vip_learned = false;
	} else if (!want_learn && !ip_equal(&g->vip, &g->c.vip) &&
		!(g->c.vip_implied && before->vip_implied && g->vip_learned)) {
		advert_end(h, g, true);
		g->vip = g->c.vip;
		g->vip_learned = false;
		group_event(h, g, HSRP_EV_ADDRESS, HSRP_REASON_ADDRESS_CHANGED, NULL, NULL, h->now);
		out_report(h, g, HSRP_PHASE_CHANGED);
		if (g->state > HSRP_INITIAL)
			out_record(h, g);
	}
	if (!g->c.enabled) {
		g->vip = (struct ipaddr){0};
		g->vip_learned = false;
	}
}

void group_configure(struct hsrp *h, struct group *g, const struct hsrp_group_config *c)
{
	struct hsrp_group_config before = g->c;
	bool followed = follow_bound(g), other = memcmp(&c->follow, &before.follow, sizeof(c->follow)) != 0;
	unsigned priority = group_priority(g);
	uint32_t hello_before = g->hello_ms;

	if (other && g->state > HSRP_INITIAL) { /* out of the election, or into it from the beginning */
		if (followed)
			group_enter(h, g, HSRP_INITIAL, HSRP_REASON_DISABLED, h->now, NULL, NULL);
		else
			group_event(h, g, HSRP_EV_DISABLED, HSRP_REASON_DISABLED, NULL, NULL, h->now);
	}
	g->c = *c;
	follow_configured(h, g, other, followed);
	if (c->auth.kind == HSRP_AUTH_MD5 && before.auth.kind == HSRP_AUTH_MD5 &&
		!hsrp_auth_same(&c->auth, &before.auth)) {
		g->old_auth = before.auth;
		g->old_auth_until = mono_add_ms(h->now, (int64_t)c->auth.timeout_s * SECOND_MS);
	} else if (c->auth.kind != HSRP_AUTH_MD5) {
		g->old_auth_until = (mono_t){0};
	}
	if (c->timers_configured || !g->timers_learned || before.timers_configured) {
		g->hello_ms = c->timers_configured ? c->hello_ms : HSRP_HELLO_DEFAULT_MS;
		g->hold_ms = c->timers_configured ? c->hold_ms : HSRP_HOLD_DEFAULT_MS;
		g->timers_learned = false;
	}
	if (g->hello_ms != hello_before)
		hellos_leave(h, g);
	debug_tracks(h, g, &before, priority);
	configure_address(h, g, &before);
	if (!c->preempt || c->preempt_minimum_s != before.preempt_minimum_s)
		preempt_forget(g);
	if (memcmp(&c->pair, &before.pair, sizeof(c->pair)) != 0)
		pair_settles(h, g);
	pair_look(h, g);
	/* Peers learn a new priority or new timers at once. */
	if (g->state >= HSRP_SPEAK && (group_priority(g) != priority || g->hello_ms != hello_before))
		group_event(h, g, HSRP_EV_HELLO_TIMER, HSRP_REASON_NONE, NULL, NULL, h->now);
	group_start_or_stop(h, g, shut_by_track(g) ? HSRP_REASON_TRACK : HSRP_REASON_DISABLED);
	if (g->preempt_from.ns != INT64_MAX) { /* another delay, or IPsec is ready */
		preempt_delay_over(h, g);
		group_rearm(h, g);
	}
}
