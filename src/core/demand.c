/*
 * SAs that traffic asks for.
 *
 * A child of a static entry that was closed for its idle time waits: it is not negotiated again before a packet comes that
 * its access list line permits. The filter drops such a packet (or charon's TUN takes it, and charon drops it) and tells of
 * it, a bounded number a second; a packet costs a look-up by its destination here, however many wait.
 *
 * Where nobody tells (EV_DEMAND_HEARD), nothing waits.
 */
#include "core/parts.h"

#include "ipsec/acl.h"

#include <assert.h>
#include <stdlib.h>

enum { FILTER_SOON_MS = 1000 }; /* changes of a long filter gather for so long */

struct waiter {
	struct list in_place;
	struct conn *conn;
	uint32_t child;
};

/* Those whose remote side is one prefix. */
struct waiting_place {
	struct prefix prefix;
	struct list waiters;
};

static void filter_soon(struct core *c, struct binding *b)
{
	b->filter_dirty = true;
	if (b->filter_rules > FILTER_PACE_RULES && !timer_armed(&b->filter_timer))
		core_arm(c, &b->filter_timer, TIMER_FILTER, b, FILTER_SOON_MS);
}

static struct waiting_place *place_of(struct core *c, const struct prefix *p)
{
	struct waiting_place *place = trie_find(&c->waiting, p);

	if (place)
		return place;
	place = core_alloc(c, sizeof(*place));
	if (!place)
		return NULL;
	place->prefix = *p;
	list_init(&place->waiters);
	if (!trie_add(&c->waiting, p, place)) {
		free(place);
		c->oom = true;
		return NULL;
	}
	return place;
}

void demand_wait(struct core *c, struct conn *n, uint32_t child)
{
	struct conn_child *ch = &n->children[child];
	struct waiting_place *place;
	struct waiter *w;

	assert(n->unit && !n->dynamic);
	if (ch->waits)
		return;
	place = place_of(c, &ch->remote.prefix);
	w = place ? core_alloc(c, sizeof(*w)) : NULL;
	if (!w)
		return; /* it is negotiated again at once, then */
	w->conn = n;
	w->child = child;
	list_append(&place->waiters, &w->in_place);
	ch->waits = w;
	n->waiting++;
	filter_soon(c, n->unit->binding);
}

void demand_over(struct core *c, struct conn *n, uint32_t child)
{
	struct conn_child *ch = &n->children[child];
	struct waiting_place *place;

	if (!ch->waits)
		return;
	list_remove(&ch->waits->in_place);
	free(ch->waits);
	ch->waits = NULL;
	n->waiting--;
	place = trie_find(&c->waiting, &ch->remote.prefix);
	assert(place);
	if (list_empty(&place->waiters)) {
		trie_remove(&c->waiting, &place->prefix);
		free(place);
	}
	if (n->unit)
		filter_soon(c, n->unit->binding);
}

void demand_forget(struct core *c, struct conn *n)
{
	for (uint32_t i = 0; i < n->child_count; i++)
		demand_over(c, n, i);
}

static bool ports_hold(const struct ike_selector *s, uint16_t port)
{
	return port >= s->ports.lo && port <= s->ports.hi;
}

static bool asks_for(const struct core *c, const struct event *e, const struct waiter *w)
{
	const struct conn_child *ch = &w->conn->children[w->child];
	const struct binding *b = w->conn->unit->binding;
	uint8_t protocol = ch->local.protocol;
	bool icmp = protocol == ACL_PROTOCOL_ICMP;

	return (b->ifindex == e->demand.ifindex || (c->libipsec && c->tun == e->demand.ifindex)) &&
		prefix_contains(&ch->local.prefix, &e->demand.source) &&
		(!protocol || protocol == e->demand.protocol) &&
		ports_hold(&ch->local, e->demand.source_port) &&
		(icmp || ports_hold(&ch->remote, e->demand.destination_port));
}

static void wake(struct core *c, const struct event *e, const struct waiter *w)
{
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX], peer[IP_TEXT_MAX];
	struct conn *n = w->conn;
	struct unit *u = n->unit;

	if (hosts_apart(c, &n->children[w->child])) {
		hosts_ask(c, n, w->child, &e->demand.source, &e->demand.destination);
		return;
	}
	core_log(c, SEV_INFO, "CRYPTO-6-SA_DEMAND", "A packet from %s to %s asks for an SA with peer %s",
		ip_format(&e->demand.source, from), ip_format(&e->demand.destination, to),
		ip_format(&n->remote, peer));
	demand_over(c, n, w->child);
	if (n->phase == CONN_UP)
		n->phase = CONN_IDLE;
	conn_kick(c, u->conns[u->current]);
}

void demand_event(struct core *c, const struct event *e)
{
	struct prefix host = prefix_host(&e->demand.destination);

	for (struct trie_node *at = trie_covering(&c->waiting, &host); at; at = trie_covering_next(at)) {
		const struct waiting_place *place = at->data;

		for (struct list *l = place->waiters.next; l != &place->waiters; l = l->next) {
			const struct waiter *w = list_item(l, struct waiter, in_place);

			if (!asks_for(c, e, w))
				continue;
			wake(c, e, w); /* the place may be gone now */
			return;
		}
	}
}

void demand_heard(struct core *c, bool heard)
{
	c->demand_heard = heard;
	for (struct sa_rec *s = c->sas; s; s = s->hh.next)
		idle_arm(c, s);
	for (struct conn *n = c->conns; n; n = n->hh.next) {
		if (!heard && !n->waiting)
			continue;
		if (!heard)
			demand_forget(c, n);
		if (n->phase == CONN_UP)
			n->phase = CONN_IDLE;
		conn_kick(c, n);
	}
}

bool demand_waits(const struct unit *u)
{
	return u->conn_count && u->conns[u->current]->waiting;
}

/* Lines of a unit that wait, with the denials around them: what those take away asks for nothing. */
void demand_rules(const struct unit *u, struct filter *f)
{
	const struct conn *n = demand_waits(u) ? u->conns[u->current] : NULL;
	uint32_t child = 0;

	if (!n)
		return;
	for (uint32_t i = 0; i < u->rule_count; i++) {
		const struct filter_rule *r = &u->rules[i];
		const struct conn_child *ch;

		if (!r->permit) {
			f->waiting[f->waiting_count++] = *r;
			continue;
		}
		if (!r->negotiated || child >= n->child_count)
			continue;
		ch = &n->children[child++];
		if (ch->waits && prefix_equal(&ch->remote.prefix, &r->remote) &&
			prefix_equal(&ch->local.prefix, &r->local)) /* else the connection follows soon */
			f->waiting[f->waiting_count++] = *r;
	}
}
