/*
 * When a better router may take the role from a living one: `preempt` and its delays.
 *
 * All delays count from the first chance, but that of a reload; any of them that runs holds preemption back. `sync` ends
 * early, when the engine says that IPsec is ready.
 */
#include "hsrp/internal.h"

void preempt_forget(struct group *g)
{
	g->preempt_from = g->t_preempt = MONO_NEVER;
}

static mono_t later(mono_t a, mono_t b)
{
	return a.ns > b.ns ? a : b;
}

/* When all delays are over, once there was a chance. */
static mono_t allowed_from(const struct group *g)
{
	mono_t from = mono_add_ms(g->preempt_from, (int64_t)g->c.preempt_minimum_s * SECOND_MS);

	if (!g->c.sync_ready)
		from = later(from, mono_add_ms(g->preempt_from, (int64_t)g->c.preempt_sync_s * SECOND_MS));
	return later(later(from, g->reload_until), g->barred_until);
}

bool group_may_preempt(struct hsrp *h, struct group *g)
{
	if (!g->c.preempt)
		return false;
	if (g->preempt_from.ns == INT64_MAX)
		g->preempt_from = h->now;
	mono_t from = allowed_from(g);
	bool over = from.ns <= h->now.ns;

	g->t_preempt = over ? MONO_NEVER : from;
	return over;
}

/* Is the active router one that we would overthrow? */
bool preempt_has_chance(const struct group *g)
{
	const struct hsrp_peer *a = &g->active;

	return g->c.preempt && g->state >= HSRP_LISTEN && g->state < HSRP_ACTIVE && ip_is_set(&a->address) &&
		hsrp_better(group_priority(g), source_of(g->i, g->key.family), a->priority, &a->address);
}

/* A delay is over, or another one counts now: event h happens at once, not with the next hello. */
void preempt_delay_over(struct hsrp *h, struct group *g)
{
	g->t_preempt = MONO_NEVER;
	if (!preempt_has_chance(g) || !group_may_preempt(h, g))
		return;
	if (pair_bound(g))
		pair_look(h, g);
	else
		group_event(h, g, HSRP_EV_ACTIVE_PREEMPT, HSRP_REASON_ACTIVE_LOWER, NULL, NULL, h->now);
}
