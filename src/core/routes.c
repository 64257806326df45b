/* Injected routes and `ip route` lines: which of them shall be in the kernel, and by which way. */
#include "core/parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* --- Holds ----------------------------------------------------------------------------------------------------------- */

/* The address that the kernel's next hop follows from: with a named gateway the peer is reached by that. */
static const struct ipaddr *way_address(const struct rri_want *want)
{
	return ip_is_set(&want->gateway) && ip_equal(&want->next_hop, &want->peer) ? &want->gateway
										   : &want->next_hop;
}

static void take_way(struct core *c, struct rri_route *r)
{
	struct hop *h;

	if (list_linked(&r->in_hop))
		return;
	h = hop_hold(c, way_address(&r->want));
	if (h)
		list_append(&h->routes, &r->in_hop);
	if (!r->want.helper)
		return;
	h = hop_hold(c, &r->want.peer);
	if (h)
		hop_force(c, h, &r->want.gateway);
}

static struct hop *hop_of(const struct core *c, const struct ipaddr *a)
{
	struct prefix host = prefix_host(a);

	return trie_find(&c->hops, &host);
}

struct rri_route *route_hold(struct core *c, const struct binding *b, const struct reverse_route *rr,
	struct rri_want *want, bool from_sa)
{
	struct rri_route *r;

	want->owner = b->id;
	want->distance = rr->distance ? rr->distance : 1;
	want->tag = rr->tag;
	if (ip_is_set(&rr->remote_peer_next_hop) && !rr->gateway_keyword)
		want->next_hop = rr->remote_peer_next_hop;
	want->helper = (rr->remote_peer && (rr->gateway_keyword || !ip_is_set(&rr->remote_peer_next_hop))) ||
		ip_is_set(&rr->gateway);
	if (rr->gateway_keyword)
		want->gateway = rr->remote_peer_next_hop;
	if (ip_is_set(&rr->gateway))
		want->gateway = rr->gateway;
	r = rri_hold(&c->rri, want, from_sa);
	if (!r)
		c->oom = true;
	else
		take_way(c, r);
	return r;
}

void route_release(struct core *c, struct rri_route *r, bool from_sa)
{
	struct rri_want want = r->want;
	struct hop *way;

	if (!rri_release(&c->rri, r, from_sa))
		return;
	way = hop_of(c, way_address(&want));
	if (way)
		hop_release(c, way);
	way = want.helper ? hop_of(c, &want.peer) : NULL;
	if (way) {
		hop_unforce(c, way);
		hop_release(c, way);
	}
}

static void release_list(struct core *c, struct rri_route **routes, uint32_t count)
{
	while (count)
		route_release(c, routes[--count], false);
	free(routes);
}

void routes_release(struct core *c, struct unit *u)
{
	routes_debug_holds(c, u->routes, u->route_count, NULL, 0);
	release_list(c, u->routes, u->route_count);
	u->routes = NULL;
	u->route_count = 0;
}

/* The routes of the access list (R6, R7); new holds before old ones go. */
void routes_hold(struct core *c, struct unit *u)
{
	const struct crypto_map_entry *e = unit_entry(c, u);
	bool permanent = e && crypto_entry_rri_permanent(c->model, e);
	uint32_t count = permanent ? u->destination_count : 0, held = 0;
	struct rri_route **routes = NULL;

	if (count)
		routes = core_alloc(c, count * sizeof(*routes));
	if (count && !routes)
		return;
	for (uint32_t i = 0; i < count; i++) {
		const struct ipaddr *peer = &e->peers[0].addr; /* the first `set peer` */
		struct rri_want want = {.prefix = u->destinations[i],
			.next_hop = *peer,
			.peer = *peer,
			.sequence = u->sequence};

		routes[held] = route_hold(c, u->binding, &e->rri, &want, false);
		if (routes[held])
			held++;
	}
	routes_debug_holds(c, u->routes, u->route_count, routes, held);
	release_list(c, u->routes, u->route_count);
	u->routes = routes;
	u->route_count = held;
}

/* --- Verdicts ---------------------------------------------------------------------------------------------------------- */

static uint8_t best_static(const struct rri_slot *s)
{
	struct list *link, *following;
	uint8_t best = 0;

	list_each(&s->statics, link, following)
	{
		const struct static_rec *r = list_item(link, struct static_rec, in_slot);

		if (r->feasible && (!best || r->distance < best))
			best = r->distance;
	}
	return best;
}

static struct rri_facts facts_of(const struct core *c, const struct rri_slot *s, const struct rri_route *r)
{
	const struct binding *b = binding_by_id(c, r->want.owner);
	const struct hop *h = hop_of(c, way_address(&r->want));
	struct rri_facts f = {.link_up = b && b->link_up,
		.plane_known = c->plane_known,
		.device_missing = c->libipsec && !c->tun,
		.hop_known = c->libipsec || (h && h->known),
		.hop_reachable = c->libipsec || (h && h->ifindex),
		.peers_known = hops_known_within(c, &s->prefix),
		.covers_connected = r->want.dynamic && covers_connected(c, &s->prefix),
		.static_distance = best_static(s)};

	return f;
}

/*
 * With redundancy the virtual address is the preferred source: the kernel takes such a route away together with the
 * address, also when its lifetime ends because nobody of ours is alive (D9). A dead router attracts nothing.
 */
static struct route kernel_route(const struct core *c, const struct rri_route *r)
{
	const struct hop *h = hop_of(c, way_address(&r->want));
	const struct binding *b = binding_by_id(c, r->want.owner);
	struct route k = {.table = ROUTE_TABLE_MAIN,
		.prefix = r->want.prefix,
		.metric = rri_metric(r->want.distance),
		.protocol = ROUTE_PROTO_RRI};

	if (b && binding_uses_group(b))
		k.source = b->endpoint;
	if (c->libipsec) { /* into charon's TUN; the underlay is charon's business */
		k.ifindex = c->tun;
		return k;
	}
	if (!h)
		return k;
	k.ifindex = h->ifindex;
	k.onlink = true;
	k.gateway = ip_is_set(&h->gateway) ? h->gateway : h->addr;
	return k;
}

/*
 * The copy in the table of its tag (`hotswan route-tag`). FRR takes no tag from kernel routes; it can give one to the
 * routes of a table, at one distance for all of them. The copy in main is one distance behind, or FRR would take that.
 */
static void install_copy(struct core *c, struct rri_slot *s, const struct rri_route *winner, struct route r)
{
	const struct route_tag *t = winner ? model_route_tag(c->model, winner->want.tag) : NULL;
	struct kroute *before = s->tagged;

	r.table = t ? t->table : 0;
	s->tagged = t ? kroute_want(c, &r, winner->want.owner) : NULL;
	if (before && before != s->tagged)
		kroute_unwant(c, before, s->last_owner);
}

static void install(struct core *c, struct rri_slot *s, const struct rri_route *winner)
{
	struct route r = kernel_route(c, winner);
	struct kroute *before = s->installed, *now;

	if (!before)
		hops_guard(c, &s->prefix);
	install_copy(c, s, winner, r);
	if (s->tagged)
		r.metric = rri_metric(winner->want.distance + 1);
	now = kroute_want(c, &r, winner->want.owner);
	if (!now)
		return;
	s->installed = now;
	if (before && before != now)
		kroute_unwant(c, before, s->last_owner);
	else if (!before)
		hops_touch_within(c, &s->prefix);
}

static void withdraw(struct core *c, struct rri_slot *s)
{
	struct kroute *before = s->installed;

	s->installed = NULL;
	if (before)
		kroute_unwant(c, before, s->last_owner);
	install_copy(c, s, NULL,
		(struct route){0}); /* last: or the one in main would be announced, without its tag */
	if (before)
		hops_touch_within(c, &s->prefix);
}

static void judge(struct core *c, struct rri_slot *s)
{
	const struct rri_route *winner = NULL;
	struct list *link, *following;
	bool taken = false;

	list_each(&s->routes, link, following)
	{
		struct rri_route *r = list_item(link, struct rri_route, in_slot);
		struct rri_facts f = facts_of(c, s, r);
		enum rri_verdict before = r->verdict;

		r->verdict = rri_judge(&c->rri, r, &f, taken);
		routes_debug_verdict(c, r, before);
		if (r->verdict == RRI_INSTALL)
			winner = r;
		if (r->verdict == RRI_INSTALL || r->verdict == RRI_WAITS || r->verdict == RRI_NO_IKE)
			taken = true;
	}
	if (winner)
		install(c, s, winner);
	else if (!taken)
		withdraw(c, s);
	/* else: what stands stays until the answer is known */
	rri_slot_drop_if_empty(&c->rri, s);
}

void routes_touch_all(struct core *c)
{
	walk_start(c, WALK_TOUCH_SLOTS, NULL);
}

void routes_touch_prefix(struct core *c, const struct prefix *p)
{
	walk_start(c, WALK_TOUCH_SLOTS, p);
	for (struct trie_node *n = trie_covering(&c->rri.slots, p); n; n = trie_covering_next(n))
		rri_touch(&c->rri, n->data);
}

/* --- Routes of others ------------------------------------------------------------------------------------------------------ */

void foreign_route(struct core *c, const struct route *r, bool present)
{
	struct foreign_key key;
	struct foreign_rec *f;
	struct rri_slot *s;

	memset(&key, 0, sizeof(key));
	key.prefix = r->prefix;
	key.gateway = r->gateway;
	key.protocol = r->protocol;
	key.ifindex = r->ifindex;
	key.metric = r->metric;
	key.table = r->table;
	HASH_FIND(hh, c->foreign, &key, sizeof(key), f);
	if (f)
		f->generation = c->generation;
	if (present == (f != NULL))
		return;
	s = rri_slot_get(&c->rri, &r->prefix);
	if (!s) {
		c->oom = true;
		return;
	}
	if (f) {
		HASH_DEL(c->foreign, f);
		free(f);
		s->foreign--;
	} else {
		f = core_alloc(c, sizeof(*f));
		if (!f)
			return;
		f->key = key;
		f->generation = c->generation;
		HASH_ADD(hh, c->foreign, key, sizeof(f->key), f);
		if (!CORE_ADDED(f)) {
			free(f);
			c->oom = true;
			return;
		}
		s->foreign++;
	}
	rri_touch(&c->rri, s);
}

void foreign_sweep(struct core *c)
{
	struct foreign_rec *f, *next;

	HASH_ITER (hh, c->foreign, f, next) {
		struct route gone = {.table = f->key.table,
			.prefix = f->key.prefix,
			.gateway = f->key.gateway,
			.protocol = f->key.protocol,
			.ifindex = f->key.ifindex,
			.metric = f->key.metric};
		uint32_t generation = f->generation;

		if (generation != c->generation)
			foreign_route(c, &gone, false);
	}
}

/* --- ip route ----------------------------------------------------------------------------------------------------------------- */

void static_touch(struct core *c, struct static_rec *s)
{
	list_append_once(&c->dirty_statics, &s->dirty);
}

void statics_touch_all(struct core *c)
{
	struct list *link, *following;

	list_each(&c->all_statics, link, following)
	{
		struct static_rec *s = list_item(link, struct static_rec, all);

		if (s->key.interface[0])
			static_touch(c, s);
	}
}

void statics_of_track(struct core *c, uint16_t object)
{
	struct list *link, *following;

	list_each(&c->all_statics, link, following)
	{
		struct static_rec *s = list_item(link, struct static_rec, all);

		if (s->track == object)
			static_touch(c, s);
	}
}

/* How the line reaches its destination at present; false when it does not. */
static bool find_way(const struct core *c, const struct static_rec *s, struct route *r)
{
	const struct iface *i;
	const struct link_rec *l;

	*r = (struct route){.table = ROUTE_TABLE_MAIN,
		.prefix = s->key.prefix,
		.metric = static_metric(s->distance),
		.protocol = ROUTE_PROTO_STATIC,
		.gateway = s->key.gateway};
	if (s->key.interface[0]) {
		i = iface_find(c, s->key.interface);
		l = i ? link_find(c, i->ifindex) : NULL;
		r->ifindex = l ? l->l.ifindex : 0;
		r->onlink = ip_is_set(&r->gateway);
		return l && l->l.up && l->l.running;
	}
	if (!s->hop || !s->hop->known)
		return false;
	r->ifindex = s->hop->ifindex;
	if (ip_is_set(&s->hop->gateway)) /* recursive */
		r->gateway = s->hop->gateway;
	return r->ifindex != 0;
}

/* A permanent route keeps the way it had for as long as the kernel holds routes over that device. */
static bool keeps_way(const struct core *c, const struct static_rec *s)
{
	const struct link_rec *l = s->permanent ? link_find(c, s->way.ifindex) : NULL;

	return l && l->l.up;
}

static bool is_feasible(const struct core *c, struct static_rec *s)
{
	struct route way;
	bool found = find_way(c, s, &way), kept = !found && keeps_way(c, s);

	if (!kept)
		s->way = way;
	s->way.metric = way.metric;
	return (found || kept) && s->distance < 255 && !(s->track && core_track_down(c, s->track));
}

/* All lines of one prefix: of those with one distance the first that has a way counts. */
static void judge_statics(struct core *c, struct rri_slot *slot)
{
	struct list *link, *following, *other, *next;

	list_each(&slot->statics, link, following)
	{
		struct static_rec *s = list_item(link, struct static_rec, in_slot);
		bool feasible = is_feasible(c, s);

		if (feasible != s->feasible)
			rri_touch(&c->rri, slot);
		s->feasible = feasible;
	}
	list_each(&slot->statics, link, following)
	{
		struct static_rec *s = list_item(link, struct static_rec, in_slot);
		struct kroute *before = s->kroute;
		bool first = s->feasible, shared = false;

		list_each(&slot->statics, other, next)
		{
			struct static_rec *o = list_item(other, struct static_rec, in_slot);

			if (o == s)
				break;
			first = first && !(o->feasible && o->distance == s->distance);
			shared = shared || (before && o->kroute == before);
		}
		s->kroute = first ? kroute_want(c, &s->way, 0) : NULL;
		if (before && before != s->kroute && !shared)
			kroute_unwant(c, before, 0);
	}
}

static void static_free(struct core *c, struct static_rec *s)
{
	struct rri_slot *slot = s->slot;

	if (s->kroute)
		kroute_unwant(c, s->kroute, 0);
	list_remove(&s->in_slot);
	list_remove(&s->in_hop);
	list_remove(&s->all);
	list_remove(&s->dirty);
	if (s->hop)
		hop_release(c, s->hop);
	HASH_DEL(c->statics, s);
	free(s);
	rri_touch(&c->rri, slot);
	if (!list_empty(&slot->statics))
		static_touch(c, list_item(slot->statics.next, struct static_rec, in_slot));
}

static struct static_rec *static_new(struct core *c, const struct static_key *key)
{
	struct static_rec *s = core_alloc(c, sizeof(*s));
	struct rri_slot *slot = s ? rri_slot_get(&c->rri, &key->prefix) : NULL;

	if (!slot) {
		free(s);
		c->oom = true;
		return NULL;
	}
	s->key = *key;
	s->slot = slot;
	HASH_ADD(hh, c->statics, key, sizeof(s->key), s);
	if (!CORE_ADDED(s)) {
		free(s);
		c->oom = true;
		return NULL;
	}
	list_append(&slot->statics, &s->in_slot);
	list_append(&c->all_statics, &s->all);
	if (ip_is_set(&key->gateway) && !key->interface[0]) {
		s->hop = hop_hold(c, &key->gateway);
		if (s->hop)
			list_append(&s->hop->statics, &s->in_hop);
	}
	return s;
}

void statics_update(struct core *c)
{
	const struct static_route *line;
	struct static_rec *s, *next;

	c->static_generation++;
	vec_each (&c->model->static_routes, i, line) {
		uint8_t distance = line->distance ? line->distance : 1;
		struct static_key key;

		memset(&key, 0, sizeof(key));
		key.prefix = line->prefix;
		key.gateway = line->gateway;
		str_copy(key.interface, sizeof(key.interface), line->interface);
		HASH_FIND(hh, c->statics, &key, sizeof(key), s);
		if (!s)
			s = static_new(c, &key);
		if (!s)
			return;
		s->generation = c->static_generation;
		if (s->distance != distance)
			rri_touch(&c->rri, s->slot);
		if (s->distance != distance || s->permanent != line->permanent || s->track != line->track)
			static_touch(c, s);
		s->distance = distance;
		s->permanent = line->permanent;
		s->track = line->track;
	}
	HASH_ITER (hh, c->statics, s, next)
		if (s->generation != c->static_generation)
			static_free(c, s);
}

void routes_work(struct core *c)
{
	while (!list_empty(&c->dirty_statics) && core_spend(c))
		judge_statics(c, list_item(list_take(&c->dirty_statics), struct static_rec, dirty)->slot);
	while (!list_empty(&c->rri.dirty) && core_spend(c))
		judge(c, list_item(list_take(&c->rri.dirty), struct rri_slot, dirty));
}
