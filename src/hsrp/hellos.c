/*
 * When hellos leave. Those of one hello time that are about due leave together, in one burst with one common next time: a
 * cohort of at most 64 groups.
 */
#include <stdlib.h>

#include "hsrp/internal.h"

/* Hellos are jittered downwards, so that no hold time is ever cut short. */
static void next_hello(struct group *g, mono_t now, uint32_t early_ms)
{
	g->t_hello = mono_add_ms(now, (int64_t)g->hello_ms - early_ms);
	g->hello_open = mono_add_ms(now, (int64_t)g->hello_ms - g->hello_ms * HELLO_JITTER_PERCENT / 100);
}

static uint32_t hello_jitter(struct hsrp *h, const struct group *g)
{
	return random_below(h, g->hello_ms * HELLO_JITTER_PERCENT / 100 + 1);
}

void hellos_leave(struct hsrp *h, struct group *g)
{
	struct cohort *c = g->cohort;

	(void)h;
	if (!c)
		return;
	c->members[g->cohort_at] = c->members[--c->count];
	c->members[g->cohort_at]->cohort_at = g->cohort_at;
	g->cohort = NULL;
}

/* Hellos of one hello time that are about due leave together, in one burst with one common next time. */
static void burst(struct hsrp *h, struct group *g)
{
	uint32_t early = hello_jitter(h, g);
	struct cohort *c = g->cohort;

	for (unsigned n = 0; c && n < c->count; n++) {
		struct group *other = c->members[n];
		if (other == g || other->t_hello.ns == INT64_MAX || h->now.ns < other->hello_open.ns ||
			group_stalled(h, other))
			continue;
		group_event(h, other, HSRP_EV_HELLO_TIMER, HSRP_REASON_NONE, NULL, NULL, h->now);
		next_hello(other, h->now, early);
		group_rearm(h, other);
	}
	g->t_hello = MONO_NEVER;
	group_event(h, g, HSRP_EV_HELLO_TIMER, HSRP_REASON_NONE, NULL, NULL, h->now);
	if (g->t_hello.ns != INT64_MAX)
		next_hello(g, h->now, early);
}

static void join_cohort(struct hsrp *h, struct group *g)
{
	struct cohort *c = h->cohorts;

	while (c && (c->hello_ms != g->hello_ms || c->count == BURST_MAX))
		c = c->next;
	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return; /* its hellos leave alone */
		c->hello_ms = g->hello_ms;
		c->next = h->cohorts;
		h->cohorts = c;
	}
	g->cohort = c;
	g->cohort_at = c->count;
	c->members[c->count++] = g;
}

void hellos_next(struct hsrp *h, struct group *g)
{
	next_hello(g, h->now, hello_jitter(h, g));
}

void hellos_due(struct hsrp *h, struct group *g)
{
	if (!g->cohort)
		join_cohort(h, g);
	burst(h, g);
}
