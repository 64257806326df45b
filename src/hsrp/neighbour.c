/*
 * Who else speaks HSRP on an interface, by authentic hellos and by advertisements. Nothing here decides an election: it is
 * for show commands, and tells a router that was never heard from one that was. The table is bounded; a stranger who fills
 * it hides new neighbours, nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "hsrp/internal.h"

static struct hsrp_neighbour *find(struct interface *i, const struct ipaddr *address)
{
	for (unsigned n = 0; n < i->neighbour_count; n++)
		if (ip_equal(&i->neighbours[n].address, address))
			return &i->neighbours[n];
	return NULL;
}

/* A place for another one: a new one, or that of one who fell silent. NULL: there is none. */
static struct hsrp_neighbour *place(struct hsrp *h, struct interface *i)
{
	for (unsigned n = 0; n < i->neighbour_count; n++)
		if (i->neighbours[n].expires.ns <= h->now.ns)
			return &i->neighbours[n];
	if (!i->neighbours)
		i->neighbours = calloc(HSRP_NEIGHBOUR_MAX, sizeof(*i->neighbours));
	if (!i->neighbours || i->neighbour_count == HSRP_NEIGHBOUR_MAX) {
		i->neighbour_lost++;
		return NULL;
	}
	return &i->neighbours[i->neighbour_count++];
}

static struct hsrp_neighbour *get(
	struct hsrp *h, struct interface *i, const struct hsrp_frame *f, bool *known)
{
	struct hsrp_neighbour *n = find(i, &f->from);

	*known = n && n->expires.ns > h->now.ns;
	if (!*known) {
		n = n ? n : place(h, i);
		if (!n)
			return NULL;
		*n = (struct hsrp_neighbour){.address = f->from};
		memcpy(n->device, i->c.device, sizeof(n->device));
	}
	return n;
}

bool neighbour_heard(
	struct hsrp *h, struct interface *i, const struct hsrp_packet *p, const struct hsrp_frame *f)
{
	bool known;
	struct hsrp_neighbour *n = get(h, i, f, &known);
	mono_t until = mono_add_ms(h->now, hsrp_timers_usable(p) ? p->hold_ms : HSRP_HOLD_DEFAULT_MS);

	if (n) {
		n->mac = p->version == 2 ? p->identifier : f->from_mac;
		n->expires = n->expires.ns > until.ns ? n->expires : until;
	}
	return known;
}

static void forget(struct interface *i, const struct ipaddr *address)
{
	struct hsrp_neighbour *n = find(i, address);

	if (n)
		*n = i->neighbours[--i->neighbour_count];
}

void neighbour_advertised(
	struct hsrp *h, struct interface *i, const struct hsrp_packet *p, const struct hsrp_frame *f)
{
	enum { HOLD_S = 180 }; /* IOS's `standby redirect timers` */
	uint32_t hold_s = i->c.redirect_hold_s ? i->c.redirect_hold_s : HOLD_S;
	bool known;

	if (i->c.redirect_off)
		return;
	/* Version 1 says so; version 2 by having no groups. */
	if (p->version == 2 ? p->adv_active + p->adv_passive == 0 : p->adv_state == HSRP_ADV_DORMANT) {
		forget(i, &f->from);
		return;
	}
	struct hsrp_neighbour *n = get(h, i, f, &known);
	if (!n)
		return;
	n->mac = f->from_mac;
	n->advertised = true;
	n->active = p->adv_active;
	n->passive = p->adv_passive;
	n->expires = mono_add_ms(h->now, (int64_t)hold_s * SECOND_MS);
}

void neighbours_tell(struct hsrp *h, const struct interface *i)
{
	for (unsigned n = 0; n < i->neighbour_count; n++)
		if (i->neighbours[n].expires.ns > h->now.ns)
			out_new(h, HSRP_OUT_NEIGHBOUR)->neighbour = i->neighbours[n];
}
