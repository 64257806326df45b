/*
 * Router advertisements of IPv6 groups (RFC 4861 6.2): hosts learn the virtual router as their default router from its
 * own virtual link-local address, which only the active router has.
 *
 * The farewell (lifetime 0) is said by a router that leaves by itself. It is not said when another active router is there
 * already: that one advertises the same address, and the farewell would take it from the hosts.
 */
#include <assert.h>
#include <string.h>

#include "hsrp/internal.h"
#include "hsrp/nd.h"

enum {
	INTERVAL_MS = 200000, /* `ipv6 nd ra interval`'s standard */
	INTERVAL_EARLY_MS = INTERVAL_MS / 5,
	INITIAL = 3,	       /* RFC 4861 10: MAX_INITIAL_RTR_ADVERTISEMENTS */
	SPACING_MS = 3000,     /* … MIN_DELAY_BETWEEN_RAS; also between the first ones */
	ANSWER_DELAY_MS = 500, /* … MAX_RA_DELAY_TIME */
	ANSWERS_AT_ONCE = 8,   /* of thousands of groups the hellos that are due leave in between */
	ANSWERS_APART_MS = 1,
};

static void prefixes(const struct group *g, struct hsrp_router_advert *ra)
{
	for (unsigned n = 0; n < g->c.secondary_count; n++) {
		struct prefix p = prefix_make(g->c.secondary[n], g->c.secondary_len[n]);
		unsigned k = 0;

		while (k < ra->prefix_count && !prefix_equal(&ra->prefix[k], &p))
			k++;
		if (k == ra->prefix_count)
			ra->prefix[ra->prefix_count++] = p;
	}
}

static void send(struct hsrp *h, const struct group *g, uint16_t lifetime_s)
{
	const struct interface *i = g->i;
	struct hsrp_router_advert ra = {
		.mac = plan_mac(g), .from = g->installed.address[0], .lifetime_s = lifetime_s};

	assert(g->key.family == IP_V6);
	if (!i->up || i->ifindex <= 0)
		return;
	prefixes(g, &ra);
	struct hsrp_out *out = out_new(h, HSRP_OUT_SEND);
	out->send.ifindex = i->ifindex;
	out->send.len = (uint16_t)hsrp_router_advert_write(&ra, out->send.bytes, sizeof(out->send.bytes));
	assert(out->send.len > 0);
}

static bool wanted(const struct hsrp *h, const struct group *g)
{
	return g->key.family == IP_V6 && g->state == HSRP_ACTIVE && g->serving && plan_holds_address(h, g) &&
		g->i->c.ipv6_routing;
}

void advert_begin(struct hsrp *h, struct group *g)
{
	if (!wanted(h, g))
		return;
	g->advertising = true;
	g->adverts_left = INITIAL;
	advert_fire(h, g);
}

void advert_end(struct hsrp *h, struct group *g, bool farewell)
{
	if (g->advertising && farewell)
		send(h, g, 0);
	g->advertising = false;
	g->t_advert = MONO_NEVER;
}

void advert_reconsider(struct hsrp *h, struct group *g)
{
	if (g->advertising && !g->i->c.ipv6_routing)
		advert_end(h, g, true);
	else if (!g->advertising)
		advert_begin(h, g);
}

void advert_fire(struct hsrp *h, struct group *g)
{
	g->t_advert = MONO_NEVER;
	if (!wanted(h, g))
		return;
	send(h, g, HSRP_RA_LIFETIME_S);
	g->adverts_left -= g->adverts_left > 0;
	g->t_advert = mono_add_ms(h->now,
		g->adverts_left ? SPACING_MS : INTERVAL_MS - (int64_t)random_below(h, INTERVAL_EARLY_MS));
}

/* One answer to all serves whoever asks meanwhile. */
void advert_solicited(struct hsrp *h, struct interface *i)
{
	if (i->t_solicited.ns != INT64_MAX || !side_of(i, IP_V6)->active_groups || !i->c.ipv6_routing)
		return;
	mono_t soon = mono_add_ms(h->now, random_below(h, ANSWER_DELAY_MS));
	mono_t free = mono_add_ms(i->last_solicited, SPACING_MS);
	i->t_solicited = mono_before(soon, free) ? free : soon;
	interface_timer(h, i);
}

void advert_answer(struct hsrp *h, struct interface *i)
{
	struct group *g = i->answering ? i->answering : i->groups;

	for (unsigned n = 0; g && n < ANSWERS_AT_ONCE; g = g->hh.next) {
		if (!wanted(h, g))
			continue;
		send(h, g, HSRP_RA_LIFETIME_S);
		n++;
	}
	i->answering = g;
	i->last_solicited = h->now;
	i->t_solicited = g ? mono_add_ms(h->now, ANSWERS_APART_MS) : MONO_NEVER;
}

void advert_forget(struct group *g)
{
	struct interface *i = g->i;

	if (i->answering != g)
		return;
	i->answering = g->hh.next;
	if (!i->answering)
		i->t_solicited = MONO_NEVER;
}
