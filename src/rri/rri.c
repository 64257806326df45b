#include "rri/rri.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdict_texts[RRI_VERDICTS] = {
	[RRI_INSTALL] = "",
	[RRI_WAITS] = "the next hop is being looked up",
	[RRI_NO_IKE] = "the IKE daemon is not up yet",
	[RRI_UNREACHABLE] = "no route to the next hop",
	[RRI_NO_DEVICE] = "the IKE daemon's interface is not there",
	[RRI_LINK_DOWN] = "the interface is down",
	[RRI_BEHIND_STATIC] = "a static route of equal or lower distance is preferred",
	[RRI_BEHIND_FOREIGN] = "a route of another origin is preferred",
	[RRI_BEHIND_RRI] = "another crypto map entry or peer has this route",
	[RRI_DISTANCE_255] = "distance 255 is never installed",
	[RRI_REFUSED_DEFAULT] = "refused: a dynamic peer may not inject a default route",
	[RRI_REFUSED_SPECIAL] = "refused: it is no network of a peer (multicast, loopback, link-local)",
	[RRI_REFUSED_CONNECTED] = "refused: it covers a connected network",
	[RRI_REFUSED_PEER] = "refused: it covers a network of another peer",
};

const char *rri_verdict_text(enum rri_verdict v)
{
	return verdict_texts[v];
}

void rri_init(struct rri *r)
{
	*r = (struct rri){0};
	list_init(&r->dirty);
}

static void free_slot(struct rri_slot *s)
{
	struct list *link;

	while ((link = list_take(&s->routes)) != NULL)
		free(list_item(link, struct rri_route, in_slot));
	free(s);
}

void rri_free(struct rri *r)
{
	static const struct prefix all[2] = {{{IP_V4, {0}}, 0}, {{IP_V6, {0}}, 0}};

	for (int i = 0; i < 2; i++)
		for (struct trie_node *n = trie_within(&r->slots, &all[i]); n;
			n = trie_within_next(n, &all[i]))
			free_slot(n->data);
	trie_free(&r->slots);
	rri_init(r);
}

struct rri_slot *rri_slot_find(const struct rri *r, const struct prefix *p)
{
	return trie_find(&r->slots, p);
}

struct rri_slot *rri_slot_get(struct rri *r, const struct prefix *p)
{
	struct rri_slot *s = trie_find(&r->slots, p);

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->prefix = *p;
	list_init(&s->routes);
	list_init(&s->statics);
	if (!trie_add(&r->slots, p, s)) {
		free(s);
		return NULL;
	}
	return s;
}

void rri_slot_drop_if_empty(struct rri *r, struct rri_slot *s)
{
	if (!list_empty(&s->routes) || !list_empty(&s->statics) || s->foreign || s->installed || s->tagged)
		return;
	list_remove(&s->dirty);
	trie_remove(&r->slots, &s->prefix);
	free(s);
}

void rri_touch(struct rri *r, struct rri_slot *s)
{
	list_append_once(&r->dirty, &s->dirty);
}

static bool same_route(const struct rri_want *a, const struct rri_want *b)
{
	return ip_equal(&a->next_hop, &b->next_hop) && ip_equal(&a->peer, &b->peer) && a->owner == b->owner &&
		a->sequence == b->sequence && a->distance == b->distance && a->tag == b->tag &&
		a->dynamic == b->dynamic && a->helper == b->helper && ip_equal(&a->gateway, &b->gateway);
}

/* Whether `a` goes before `b`. */
static bool preferred(const struct rri_route *a, const struct rri_route *b)
{
	if (a->want.distance != b->want.distance)
		return a->want.distance < b->want.distance;
	if (a->want.dynamic != b->want.dynamic)
		return b->want.dynamic;
	if (a->want.owner == b->want.owner && a->want.sequence != b->want.sequence)
		return a->want.sequence < b->want.sequence;
	return a->age < b->age;
}

static void insert(struct rri_slot *s, struct rri_route *route)
{
	struct list *link, *following;

	list_each(&s->routes, link,
		following) if (preferred(route, list_item(link, struct rri_route, in_slot))) break;
	list_append(link, &route->in_slot); /* before `link`; the head itself means last */
}

struct rri_route *rri_hold(struct rri *r, const struct rri_want *want, bool from_sa)
{
	struct rri_slot *s = rri_slot_get(r, &want->prefix);
	struct rri_route *route = NULL;
	struct list *link, *following;

	if (!s)
		return NULL;
	list_each(&s->routes, link, following)
	{
		struct rri_route *known = list_item(link, struct rri_route, in_slot);

		if (same_route(&known->want, want))
			route = known;
	}
	if (!route) {
		route = calloc(1, sizeof(*route));
		if (!route) {
			rri_slot_drop_if_empty(r, s);
			return NULL;
		}
		*route = (struct rri_route){
			.want = *want, .slot = s, .age = r->next_age++, .verdict = RRI_WAITS};
		insert(s, route);
		r->route_count++;
		s->last_owner = want->owner;
		rri_touch(r, s);
	}
	if (from_sa)
		route->sa_refs++;
	else
		route->acl_refs++;
	return route;
}

static bool has_refused(const struct rri_slot *s)
{
	struct list *link, *following;

	list_each(&s->routes, link, following) if (list_item(link, struct rri_route, in_slot)->verdict ==
		RRI_REFUSED_PEER) return true;
	return false;
}

bool rri_release(struct rri *r, struct rri_route *route, bool from_sa)
{
	struct rri_slot *s = route->slot;
	uint32_t *refs = from_sa ? &route->sa_refs : &route->acl_refs;

	assert(*refs > 0);
	--*refs;
	if (route->acl_refs || route->sa_refs)
		return false;
	s->last_owner = route->want.owner;
	list_remove(&route->in_slot);
	list_remove(&route->in_hop);
	free(route);
	r->route_count--;
	rri_touch(r, s);
	/* What was refused for covering this one may be due now; others need not look at all they cover. */
	for (struct trie_node *n = trie_covering(&r->slots, &s->prefix); n; n = trie_covering_next(n))
		if (has_refused(n->data))
			rri_touch(r, n->data);
	return true;
}

/* Another peer holds this prefix, or a part of it. */
static bool covers_other_peer(const struct rri *r, const struct rri_route *route)
{
	const struct prefix *p = &route->want.prefix;

	for (struct trie_node *n = trie_within(&r->slots, p); n; n = trie_within_next(n, p)) {
		const struct rri_slot *s = n->data;
		struct list *link, *following;

		list_each(&s->routes, link, following)
		{
			const struct rri_route *other = list_item(link, struct rri_route, in_slot);

			if (other != route && other->age < route->age &&
				other->want.identity != route->want.identity)
				return true;
		}
	}
	return false;
}

/* Whether it lies in addresses that are no network of anybody (RFC 6890); a default route has its own answer. */
static bool is_special(const struct prefix *p)
{
	static const struct prefix special[] = {
		{.addr = {.family = IP_V4, .bytes = {0}}, .len = 8},
		{.addr = {.family = IP_V4, .bytes = {127}}, .len = 8},
		{.addr = {.family = IP_V4, .bytes = {169, 254}}, .len = 16},
		{.addr = {.family = IP_V4, .bytes = {224}}, .len = 3}, /* multicast and reserved */
	};

	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (prefix_covers(&special[i], p))
			return true;
	return false;
}

static enum rri_verdict judge_dynamic(
	const struct rri *r, const struct rri_route *route, const struct rri_facts *f)
{
	if (route->want.prefix.len == 0)
		return RRI_REFUSED_DEFAULT;
	if (is_special(&route->want.prefix))
		return RRI_REFUSED_SPECIAL;
	if (f->covers_connected)
		return RRI_REFUSED_CONNECTED;
	return covers_other_peer(r, route) ? RRI_REFUSED_PEER : RRI_INSTALL;
}

enum rri_verdict rri_judge(
	const struct rri *r, const struct rri_route *route, const struct rri_facts *f, bool taken)
{
	if (route->want.dynamic) {
		enum rri_verdict v = judge_dynamic(r, route, f);

		if (v != RRI_INSTALL)
			return v;
	}
	if (route->want.distance == 255)
		return RRI_DISTANCE_255;
	if (!f->link_up)
		return RRI_LINK_DOWN;
	if (route->slot->foreign)
		return RRI_BEHIND_FOREIGN;
	if (f->static_distance && f->static_distance <= route->want.distance)
		return RRI_BEHIND_STATIC;
	if (taken)
		return RRI_BEHIND_RRI;
	if (!f->plane_known)
		return RRI_NO_IKE;
	if (f->device_missing)
		return RRI_NO_DEVICE;
	if (!f->hop_known || !f->peers_known)
		return RRI_WAITS;
	return f->hop_reachable ? RRI_INSTALL : RRI_UNREACHABLE;
}
