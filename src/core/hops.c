/*
 * Next hops by the underlay, and helper host routes.
 *
 * A hop is an address that must be reached beside our own injected routes: an IKE peer, the next hop of an injected route,
 * the gateway of an `ip route`. A peer inside an injected prefix gets a host route by the underlay, or its own IKE and ESP
 * would follow the injected route.
 */
#include "core/parts.h"

#include <assert.h>
#include <stdlib.h>

struct hop *hop_find(const struct core *c, const struct ipaddr *a)
{
	struct prefix host = prefix_host(a);

	return trie_find(&c->hops, &host);
}

/* Again, too, while an answer is awaited: it may be older than what made us ask. */
void hop_ask(struct core *c, struct hop *h)
{
	list_append_once(&c->ask_hops, &h->in_ask);
}

struct hop *hop_hold(struct core *c, const struct ipaddr *a)
{
	struct prefix host = prefix_host(a);
	struct hop *h = hop_find(c, a);

	if (!h) {
		h = core_alloc(c, sizeof(*h));
		if (!h)
			return NULL;
		h->addr = *a;
		list_init(&h->routes);
		list_init(&h->statics);
		list_init(&h->conns);
		if (!trie_add(&c->hops, &host, h)) {
			free(h);
			c->oom = true;
			return NULL;
		}
		hop_ask(c, h);
	}
	h->refs++;
	return h;
}

void hop_release(struct core *c, struct hop *h)
{
	struct prefix host = prefix_host(&h->addr);

	assert(h->refs > 0);
	if (--h->refs)
		return;
	if (h->asked)
		c->asked--;
	list_remove(&h->dirty);
	list_remove(&h->in_ask);
	if (h->helper)
		kroute_unwant(c, h->helper, 0);
	trie_remove(&c->hops, &host);
	free(h);
}

void hop_touch(struct core *c, struct hop *h)
{
	list_append_once(&c->dirty_hops, &h->dirty);
}

void hop_peer_hold(struct core *c, struct hop *h)
{
	if (h->peers++ == 0)
		hop_touch(c, h);
}

/* Lets go of the peer and of the hop. */
void hop_peer_release(struct core *c, struct hop *h)
{
	assert(h->peers > 0);
	if (--h->peers == 0)
		hop_touch(c, h);
	hop_release(c, h);
}

static void release_gateway(struct core *c, struct hop *gateway)
{
	if (!gateway)
		return;
	gateway->as_gateway--;
	hop_release(c, gateway);
}

/* The last one that names a gateway counts for all; none: as the underlay has it. */
void hop_force(struct core *c, struct hop *h, const struct ipaddr *gateway)
{
	struct hop *before = h->forced_by, *now = NULL;

	if (ip_is_set(gateway)) {
		now = hop_hold(c, gateway);
		if (now)
			now->as_gateway++;
	}
	h->forced++;
	h->forced_by = now;
	release_gateway(c, before);
	hop_touch(c, h);
}

void hop_unforce(struct core *c, struct hop *h)
{
	assert(h->forced > 0);
	if (--h->forced == 0) {
		struct hop *before = h->forced_by;

		h->forced_by = NULL;
		release_gateway(c, before);
	}
	hop_touch(c, h);
}

void hops_touch_within(struct core *c, const struct prefix *p)
{
	if (trie_within(&c->hops, p)) /* mostly there is none */
		walk_start(c, WALK_TOUCH_HOPS, p);
}

/* --- Helper routes ------------------------------------------------------------------------------------------------------ */

static bool inside_injected(const struct core *c, const struct hop *h)
{
	struct prefix host = prefix_host(&h->addr);

	for (struct trie_node *n = trie_covering(&c->rri.slots, &host); n; n = trie_covering_next(n))
		if (((const struct rri_slot *)n->data)->installed)
			return true;
	return false;
}

static void set_helper(struct core *c, struct hop *h, bool wanted)
{
	const struct hop *by = h->forced_by ? h->forced_by : h;
	struct route r = {.table = ROUTE_TABLE_MAIN,
		.prefix = prefix_host(&h->addr),
		.gateway = by->gateway,
		.ifindex = by->ifindex,
		.metric = static_metric(1),
		.protocol = ROUTE_PROTO_HELPER};

	if (by != h && !ip_is_set(&by->gateway)) {
		r.gateway = by->addr;
		r.onlink = true;
	}
	if (wanted && r.ifindex) {
		h->helper = kroute_want(c, &r, 0);
	} else if (h->helper && (!wanted || by->known)) {
		struct kroute *k = h->helper;

		h->helper = NULL;
		kroute_unwant(c, k, 0);
	}
}

void hops_work(struct core *c)
{
	while (!list_empty(&c->ask_hops) && core_spend(c)) {
		struct hop *h = list_item(list_take(&c->ask_hops), struct hop, in_ask);

		if (!h->asked)
			c->asked++;
		h->asked = true;
		effects_add(c->out, EF_RESOLVE)->target = h->addr;
	}
	while (!list_empty(&c->dirty_hops) && core_spend(c)) {
		struct hop *h = list_item(list_take(&c->dirty_hops), struct hop, dirty);

		set_helper(c, h, h->forced || (h->peers && inside_injected(c, h)));
	}
}

bool hops_known_within(const struct core *c, const struct prefix *p)
{
	for (struct trie_node *n = trie_within(&c->hops, p); n; n = trie_within_next(n, p)) {
		const struct hop *h = n->data;

		if (h->peers && !h->known)
			return false;
	}
	return true;
}

void hops_guard(struct core *c, const struct prefix *p)
{
	for (struct trie_node *n = trie_within(&c->hops, p); n; n = trie_within_next(n, p)) {
		struct hop *h = n->data;

		if (h->peers)
			set_helper(c, h, true);
	}
}

/* --- Answers ---------------------------------------------------------------------------------------------------------------- */

void hops_ask(struct core *c, const struct prefix *within)
{
	walk_start(c, WALK_ASK_HOPS, within);
}

void hop_resolved(struct core *c, const struct event *e)
{
	struct hop *h = hop_find(c, &e->resolved.target);
	struct list *link, *following;
	bool same;

	if (!h)
		return;
	if (h->asked)
		c->asked--;
	h->asked = false;
	same = h->known && h->ifindex == e->resolved.ifindex && ip_equal(&h->gateway, &e->resolved.gateway);
	h->known = true;
	h->ifindex = e->resolved.ifindex;
	h->gateway = e->resolved.gateway;
	if (same)
		return;
	hop_touch(c, h);
	if (h->as_gateway)
		walk_start(c, WALK_TOUCH_HOPS, NULL);
	list_each(&h->routes, link, following)
		rri_touch(&c->rri, list_item(link, struct rri_route, in_hop)->slot);
	list_each(&h->statics, link, following) static_touch(c, list_item(link, struct static_rec, in_hop));
	if (h->peers) { /* injected prefixes around it may wait for this answer */
		struct prefix host = prefix_host(&h->addr);

		for (struct trie_node *n = trie_covering(&c->rri.slots, &host); n; n = trie_covering_next(n))
			rri_touch(&c->rri, n->data);
	}
}
