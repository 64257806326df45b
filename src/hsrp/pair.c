/*
 * Two groups that move together, `hotswan redundancy pair`: this box is active for both or for neither.
 *
 * Whatever would make one of them active by itself is held back until the other could be active, too; then both go in one
 * step. Could be: it listens and nobody is active there, or it may preempt, or the router that was active there is leaving
 * (its other group resigned, and it is a pair as well). Whatever takes the active role from one makes the other resign.
 *
 * All routers of the two groups must be pairs. One that is not may hold one side only: the other side has then no active
 * router among those that are, rather than traffic that comes in on one box and leaves by another.
 */
#include <assert.h>
#include <string.h>

#include "hsrp/internal.h"

enum {
	SETTLE_MS = 2000
}; /* for the partner of a role that was taken up again, or a pair that is configured */

bool pair_bound(const struct group *g)
{
	return g->c.pair.device[0] != '\0';
}

/* Both must say so; NULL: there is no such group on this box (yet). */
static struct group *partner(struct hsrp *h, const struct group *g)
{
	const struct hsrp_ref *p = &g->c.pair;
	struct interface *i = pair_bound(g) ? interface_find(h, p->device) : NULL;
	struct group *q = i ? group_find(i, p->family, p->group) : NULL;

	if (!q || q == g || q->removing || q->c.pair.group != g->key.number ||
		q->c.pair.family != g->key.family ||
		strncmp(q->c.pair.device, g->i->c.device, HSRP_DEVICE_MAX) != 0)
		return NULL;
	return q;
}

void pair_look(struct hsrp *h, struct group *g)
{
	if (g->look || !pair_bound(g))
		return;
	g->look = true;
	g->look_next = h->look;
	h->look = g;
}

void pair_forget(struct hsrp *h, struct group *g)
{
	for (struct group **at = &h->look; *at; at = &(*at)->look_next) {
		if (*at == g) {
			*at = g->look_next;
			return;
		}
	}
}

/* The table would have made it active. What it may not is left as it was; the peers go on as if it had not noticed. */
bool pair_holds_back(struct hsrp *h, struct group *g, enum hsrp_fsm_event event, enum hsrp_reason reason)
{
	if (!pair_bound(g) || h->pair_goes)
		return false;
	if (event == HSRP_EV_RESIGN)
		g->t_active = MONO_NEVER;
	g->want = (uint8_t)reason;
	pair_look(h, g);
	return true;
}

/* The active router resigns: its other group goes with it, although its farewell there may never reach us. */
void pair_heard_resign(struct hsrp *h, struct group *g)
{
	struct group *q = partner(h, g);

	if (!q)
		return;
	if (q->state >= HSRP_LISTEN && q->state < HSRP_ACTIVE)
		q->deserted = true;
	pair_look(h, q);
}

/* Nobody is active there, and it is we who would be. */
static bool wants(const struct group *g)
{
	return g->state == HSRP_STANDBY && g->vacant;
}

static bool may_take(struct hsrp *h, struct group *g)
{
	return preempt_has_chance(g) && group_may_preempt(h, g);
}

static bool could_be_active(struct hsrp *h, struct group *g)
{
	return g->state == HSRP_ACTIVE ||
		(g->state >= HSRP_LISTEN && (g->vacant || g->deserted || may_take(h, g)));
}

static void go(struct hsrp *h, struct group *g)
{
	if (g->state == HSRP_ACTIVE)
		return;
	bool alone = wants(g);
	enum hsrp_reason reason = alone && g->want	? (enum hsrp_reason)g->want
		: preempt_has_chance(g) && !g->deserted ? HSRP_REASON_ACTIVE_LOWER
							: HSRP_REASON_PAIR;

	h->pair_goes = true;
	group_event(h, g, alone ? HSRP_EV_ACTIVE_TIMER : HSRP_EV_ACTIVE_PREEMPT, reason, NULL, NULL, h->now);
	h->pair_goes = false;
	assert(g->state == HSRP_ACTIVE || g->state <= HSRP_LISTEN); /* stalled: it starts over */
	group_rearm(h, g);
}

static void leave(struct hsrp *h, struct group *g)
{
	if (g->state != HSRP_ACTIVE)
		return;
	group_event(h, g, HSRP_EV_ADDRESS_LOST, HSRP_REASON_PAIR, NULL, NULL, h->now);
	group_rearm(h, g);
}

static void decide(struct hsrp *h, struct group *g)
{
	struct group *q = partner(h, g);
	bool left = g->left_active;

	g->left_active = false;
	if (left && q && g->state != HSRP_ACTIVE) {
		leave(h, q);
		q->left_active = false;
	}
	if (!q || (g->state == HSRP_ACTIVE && q->state == HSRP_ACTIVE))
		return;
	bool reason = wants(g) || wants(q) ||
		((g->state == HSRP_ACTIVE || may_take(h, g)) && (q->state == HSRP_ACTIVE || may_take(h, q)));
	if (!reason || !could_be_active(h, g) || !could_be_active(h, q))
		return;
	go(h, g);
	go(h, q);
}

/* At the end of a step: what happened to one of two groups is answered by the other in the same step. */
void pair_work(struct hsrp *h)
{
	struct group *g;

	while ((g = h->look) != NULL) {
		h->look = g->look_next;
		g->look = false;
		decide(h, g);
	}
}

/* A role that was taken up, or a pair that is new: the partner has a moment to come to the same. */
void pair_settles(struct hsrp *h, struct group *g)
{
	g->t_pair = pair_bound(g) && g->state == HSRP_ACTIVE ? mono_add_ms(h->now, SETTLE_MS) : MONO_NEVER;
}

void pair_settled(struct hsrp *h, struct group *g)
{
	const struct group *q = partner(h, g);

	g->t_pair = MONO_NEVER;
	if (g->state == HSRP_ACTIVE && (!q || q->state != HSRP_ACTIVE))
		leave(h, g);
}

bool pair_waits(const struct group *g)
{
	return pair_bound(g) && wants(g);
}
