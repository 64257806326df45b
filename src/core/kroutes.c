/*
 * Routes of ours in the kernel: wanted against actual.
 *
 * The kernel's word is the truth: an effect's result and every notification end in the same comparison. A route that is
 * refused is tried again with back-off, and at once when a link or an address changed.
 */
#include "core/parts.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct kroute_key key_of(const struct route *r)
{
	struct kroute_key key;

	memset(&key, 0, sizeof(key)); /* padding is hashed, too */
	key.prefix = r->prefix;
	key.protocol = r->protocol;
	key.metric = r->metric;
	key.table = r->table;
	return key;
}

static struct kroute *find(const struct core *c, const struct kroute_key *key)
{
	struct kroute *k;

	HASH_FIND(hh, c->kroutes, key, sizeof(*key), k);
	return k;
}

struct kroute *kroute_find(const struct core *c, const struct route *r)
{
	struct kroute_key key = key_of(r);

	return find(c, &key);
}

static struct kroute *get(struct core *c, const struct route *r)
{
	struct kroute_key key = key_of(r);
	struct kroute *k = find(c, &key);

	if (k)
		return k;
	k = core_alloc(c, sizeof(*k));
	if (!k)
		return NULL;
	k->key = key;
	k->last_add = (mono_t){INT64_MIN / 2};
	HASH_ADD(hh, c->kroutes, key, sizeof(k->key), k);
	if (!CORE_ADDED(k)) {
		free(k);
		c->oom = true;
		return NULL;
	}
	list_append(&c->all_kroutes, &k->all);
	return k;
}

static void drop_if_idle(struct core *c, struct kroute *k)
{
	if (k->wanted || k->present || k->in_flight)
		return;
	if (c->sweep == &k->all)
		c->sweep = k->all.next;
	list_remove(&k->all);
	list_remove(&k->in_refused);
	timer_cancel(&c->timers, &k->timer);
	HASH_DEL(c->kroutes, k);
	free(k);
}

static struct kroute_way way_of(const struct route *r)
{
	return (struct kroute_way){.gateway = r->gateway,
		.source = r->source,
		.onlink = r->onlink,
		.ifindex = r->ifindex,
		.mtu = r->mtu};
}

static struct route route_of(const struct kroute_key *key, const struct kroute_way *way)
{
	return (struct route){.table = key->table,
		.prefix = key->prefix,
		.metric = key->metric,
		.protocol = key->protocol,
		.gateway = way->gateway,
		.source = way->source,
		.onlink = way->onlink,
		.ifindex = way->ifindex,
		.mtu = way->mtu};
}

struct route kroute_wanted(const struct kroute *k)
{
	return route_of(&k->key, &k->want);
}

/* What the kernel reports of a route is compared where it decides the path; the rest follows from it. */
static bool same_way(const struct kroute_way *a, const struct kroute_way *b)
{
	return a->ifindex == b->ifindex && ip_equal(&a->gateway, &b->gateway) &&
		ip_equal(&a->source, &b->source);
}

bool kroute_stands(const struct kroute *k)
{
	return k->present && !k->doubtful && k->wanted && same_way(&k->have, &k->want);
}

static void send(struct core *c, struct kroute *k, bool add)
{
	struct pending *p;
	struct effect *e;

	k->cookie = core_expect(c, PENDING_KROUTE, k->owner);
	p = core_pending(c, k->cookie);
	if (!p)
		return;
	p->kroute = k;
	c->nobodys += p->owner == 0;
	k->in_flight++;
	k->lost = false;
	k->sent_add = add;
	k->sent = add ? k->want : k->present ? k->have : k->sent;
	if (add)
		k->last_add = c->now;
	e = effects_add(c->out, add ? EF_ROUTE_ADD : EF_ROUTE_DEL);
	e->cookie = k->cookie;
	e->route = route_of(&k->key, &k->sent);
}

/* The comparison. May free the route. */
static void reconcile(struct core *c, struct kroute *k)
{
	if (timer_armed(&k->timer) ||
		!c->snapshot_done) /* the route may be there: the sweep after the snapshot compares */
		return;
	if (k->wanted) {
		bool on_its_way = k->cookie && k->sent_add && same_way(&k->sent, &k->want);

		if (!on_its_way && (k->cookie || !kroute_stands(k)))
			send(c, k, true);
	} else if (k->cookie ? k->sent_add : k->present && !c->adopting) {
		send(c, k, false);
	}
	drop_if_idle(c, k);
}

struct kroute *kroute_want(struct core *c, const struct route *r, uint32_t owner)
{
	struct kroute_way way = way_of(r);
	struct kroute *k = get(c, r);

	if (!k)
		return NULL;
	if (!k->wanted || !same_way(&k->want, &way)) {
		timer_cancel(&c->timers, &k->timer);
		list_remove(&k->in_refused);
		k->failures = 0;
		k->error = 0;
	}
	k->want = way;
	k->wanted = true;
	k->owner = owner;
	reconcile(c, k);
	return k;
}

void kroute_unwant(struct core *c, struct kroute *k, uint32_t owner)
{
	k->wanted = false;
	k->owner = owner;
	k->error = 0;
	timer_cancel(&c->timers, &k->timer);
	list_remove(&k->in_refused);
	if (k->present && c->adopting) { /* known by now to be unwanted: nobody will ask for it again */
		send(c, k, false);
		return;
	}
	reconcile(c, k);
}

static void retry_later(struct core *c, struct kroute *k)
{
	k->failures++;
	core_arm(c, &k->timer, TIMER_KROUTE, k, core_backoff(k->failures, RETRY_MS, RETRY_MAX_MS));
	list_append_once(&c->refused, &k->in_refused);
}

void kroute_timer(struct core *c, struct kroute *k)
{
	list_remove(&k->in_refused);
	reconcile(c, k);
}

void kroutes_retry(struct core *c)
{
	struct list again, *link;

	list_init(&again);
	while ((link = list_take(&c->refused)) != NULL)
		list_append(&again, link);
	while ((link = list_take(&again)) != NULL) {
		struct kroute *k = list_item(link, struct kroute, in_refused);

		timer_cancel(&c->timers, &k->timer);
		reconcile(c, k);
	}
}

void kroute_seen(struct core *c, const struct route *r)
{
	struct kroute *k = get(c, r);

	if (!k)
		return;
	k->present = true;
	k->doubtful = k->lost = false;
	k->have = way_of(r);
	k->generation = c->generation;
	if (!k->cookie)
		reconcile(c, k);
}

void kroute_lost(struct core *c, const struct route *r)
{
	struct kroute *k = kroute_find(c, r);

	if (!k)
		return;
	k->present = false;
	if (k->cookie) { /* the result decides, and whether it is older than this cannot be told */
		k->lost = true;
		return;
	}
	if (k->wanted && mono_diff_ms(c->now, k->last_add) < RETRY_MS)
		retry_later(c, k); /* somebody takes it away as fast as we put it in */
	else
		reconcile(c, k);
}

static void say_refused(struct core *c, const struct kroute *k)
{
	char prefix[PREFIX_TEXT_MAX];

	core_log(c, SEV_WARNING, "RRI-4-ROUTE_REFUSED", "Route %s was refused by the kernel (error %d)",
		prefix_format(&k->key.prefix, prefix), -k->error);
}

/*
 * The kernel takes a route away together with its preferred source, which is the virtual address, and refuses it without.
 * Every handover begins so; a moment later the route is withdrawn, or the address is back.
 */
static uint32_t silent_failures(const struct kroute *k, int error)
{
	return error == -EINVAL && ip_is_set(&k->sent.source) ? 1 : 0;
}

void kroute_result(struct core *c, struct kroute *k, uint64_t cookie, int error)
{
	assert(k->in_flight > 0);
	k->in_flight--;
	if (k->cookie != cookie) { /* another one followed, and decides */
		drop_if_idle(c, k);
		return;
	}
	k->cookie = 0;
	if (!k->sent_add && (error == -ESRCH || error == -ENOENT || error == -ENODEV))
		error = 0; /* gone is gone */
	if (error) {
		k->error = error;
		k->doubtful = k->sent_add; /* an effect before it may have taken away what stood */
		if (k->failures == silent_failures(k, error))
			say_refused(c, k);
		retry_later(c, k);
		return;
	}
	k->error = 0;
	k->failures = 0;
	k->doubtful = false;
	k->present = k->sent_add && !k->lost;
	if (k->sent_add)
		k->have = k->sent;
	k->generation = c->generation;
	if (k->key.protocol == ROUTE_PROTO_STATIC) /* our own `ip route` is underlay */
		hops_ask(c, &k->key.prefix);
	if (k->lost &&
		k->wanted) /* before or after our effect? Put in once more it does no harm, but not in a race */
		retry_later(c, k);
	else
		reconcile(c, k);
}

bool kroutes_adopted(const struct core *c)
{
	return !c->adopting && !c->sweep && !c->nobodys;
}

void kroutes_sweep_start(struct core *c)
{
	c->sweep = list_empty(&c->all_kroutes) ? NULL : c->all_kroutes.next;
}

/* After a snapshot: what it did not name is gone. After the adoption: what nobody wants goes. */
void kroutes_sweep_work(struct core *c)
{
	while (c->sweep && c->sweep != &c->all_kroutes && core_spend(c)) {
		struct kroute *k = list_item(c->sweep, struct kroute, all);
		struct list *here = c->sweep;

		if (k->present && !k->cookie && k->generation != c->sweep_generation)
			k->present = false;
		if (!k->cookie)
			reconcile(c, k);
		if (c->sweep == here) /* not freed */
			c->sweep = here->next;
	}
	if (c->sweep == &c->all_kroutes)
		c->sweep = NULL;
}
