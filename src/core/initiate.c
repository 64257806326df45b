/*
 * Bringing connections up, and up again.
 *
 * An entry of a static map negotiates on traffic on IOS. charon's user-space data plane never asks for an SA when a packet
 * wants one, so static entries are initiated as soon as the binding serves, and again whenever they go down: the first
 * `set peer` (or `default`) first, the next one when it does not come up in time, with back-off once all were asked.
 *
 * Order: peers that send into SAs which are gone (orphans.c) come first, those with the most packets before the others;
 * then first come, first served. The window is small when a binding comes into service and grows with every success, so
 * that neither charon nor a peer's socket is flooded and the busy ones do not stand behind two hundred idle ones.
 */
#include "core/parts.h"

#include <assert.h>

static bool is_current(const struct conn *n)
{
	const struct unit *u = n->unit;

	return u && !n->dynamic && u->current < u->conn_count && u->conns[u->current] == n;
}

/* A line of `level per-host` is as far as it comes when it waits for packets, whatever pairs of it have an SA. */
static bool is_up(const struct core *c, const struct conn *n)
{
	for (uint32_t i = 0; i < n->child_count; i++) {
		const struct conn_child *ch = &n->children[i];

		if (!ch->waits && (!ch->installed || hosts_apart(c, ch)))
			return false;
	}
	return true;
}

static bool may_initiate(const struct core *c, const struct conn *n)
{
	return is_current(n) && n->unit->binding->level >= LEVEL_IKE && c->ike_up && c->sa_snapshot_done &&
		n->wanted && n->loaded == n->wanted;
}

void conn_kick(struct core *c, struct conn *n)
{
	if (n->phase != CONN_IDLE || !may_initiate(c, n))
		return;
	hosts_wait(c, n);
	if (is_up(c, n)) {
		n->phase = CONN_UP;
		return;
	}
	n->phase = CONN_QUEUED;
	list_append_once(&c->init_queue, &n->in_init);
	conn_rank(c, n);
}

/* The heap takes the earliest: a moment before the beginning, by as many nanoseconds as there are packets. */
void conn_rank(struct core *c, struct conn *n)
{
	const struct unit *u = n->unit;

	if (n->phase != CONN_QUEUED || !n->orphans || !u || n->orphan_epoch != u->binding->listen_epoch)
		return;
	n->rank.owner = n;
	if (!timer_arm(&c->busiest, &n->rank, (mono_t){-(int64_t)n->orphans}))
		c->oom = true;
}

static void ask(struct core *c, struct conn *n, struct conn_child *child)
{
	struct effect *e = effects_add(c->out, EF_INITIATE);

	child->asked = true;
	e->sa.conn = core_strdup(c, n->name);
	e->sa.child = core_strdup(c, child->name);
}

/* The first child brings IKE up; the others follow once it is. */
static void ask_children(struct core *c, struct conn *n, bool all)
{
	for (uint32_t i = 0; i < n->child_count; i++) {
		if (n->children[i].installed || n->children[i].asked || n->children[i].waits)
			continue;
		ask(c, n, &n->children[i]);
		if (!all)
			return;
	}
}

static bool ike_established(const struct conn *n)
{
	struct list *link, *following;

	list_each(&n->ikes, link,
		following) if (list_item(link, struct ike_rec, in_conn)->established) return true;
	return false;
}

static void begin(struct core *c, struct conn *n)
{
	for (uint32_t i = 0; i < n->child_count; i++)
		n->children[i].asked = false;
	n->phase = CONN_TRYING;
	n->dropped = false;
	n->fresh = true;
	c->trying++;
	c->fresh++;
	core_arm(c, &n->timer, TIMER_CONN, n, INITIATE_FRESH_MS);
	ask_children(c, n, ike_established(n));
}

void conns_work(struct core *c)
{
	while (c->trying < INITIATE_MAX && c->fresh < c->window && !list_empty(&c->init_queue) &&
		core_spend(c)) {
		struct timer *busiest = timerq_take(&c->busiest, c->now);
		struct conn *n =
			busiest ? busiest->owner : list_item(list_take(&c->init_queue), struct conn, in_init);

		list_remove(&n->in_init);
		n->phase = CONN_IDLE;
		if (may_initiate(c, n) && !is_up(c, n))
			begin(c, n);
		else if (is_up(c, n))
			n->phase = CONN_UP;
	}
}

static void pause_for(struct core *c, struct conn *n, int64_t ms)
{
	conn_rest(c, n);
	n->phase = CONN_PAUSED;
	core_arm(c, &n->timer, TIMER_CONN, n, ms);
}

/* It did not come up in time: the next peer, or the same again after a while. */
static void try_failed(struct core *c, struct conn *n)
{
	struct unit *u = n->unit;
	char peer[IP_TEXT_MAX];
	struct conn *next;

	conn_rest(c, n);
	conn_terminate(c, n, true); /* the half-open one */
	conn_port(n, 0);	    /* a NAT forgets */
	if (!u || !is_current(n))
		return;
	if (!n->failing)
		core_log(c, SEV_WARNING, "CRYPTO-4-PEER_SILENT", "Peer %s does not answer (crypto map %s %u)",
			ip_format(&n->remote, peer), u->binding->map, u->sequence);
	n->failing = true;
	u->tries++;
	u->current = (u->current + 1) % u->conn_count;
	next = u->conns[u->current];
	if (next != n && u->tries % u->conn_count != 0)
		conn_kick(c, next);
	else
		pause_for(c, next,
			core_backoff(u->tries / u->conn_count, INITIATE_BACKOFF_MS, INITIATE_BACKOFF_MAX_MS));
}

void conn_timer(struct core *c, struct conn *n)
{
	enum conn_phase phase = n->phase;

	if (phase == CONN_ENDING) {
		conn_ending_over(c, n);
		return;
	}
	if (phase == CONN_TRYING && n->fresh) { /* it may answer yet, but others go on meanwhile */
		n->fresh = false;
		c->fresh--;
		if (!ike_established(n))
			conn_identity_open(n); /* the try under way keeps the identity that it began with */
		core_arm(c, &n->timer, TIMER_CONN, n, INITIATE_TRY_MS - INITIATE_FRESH_MS);
	} else if (phase == CONN_TRYING && n->installed) { /* some lines of the list are up */
		pause_for(c, n, INITIATE_BACKOFF_MAX_MS);
	} else if (phase == CONN_TRYING) {
		try_failed(c, n);
	} else if (phase == CONN_PAUSED) {
		n->phase = CONN_IDLE;
		conn_kick(c, n);
	}
}

/* charon has it as it is wanted now, and finds the IKE_SA that was made under the same words. */
void conn_loaded(struct core *c, struct conn *n)
{
	conn_kick(c, n);
	if (ike_established(n))
		conn_ike_established(c, n);
}

void conn_ike_established(struct core *c, struct conn *n)
{
	if (n->phase == CONN_TRYING && may_initiate(c, n))
		ask_children(c, n, true);
}

/* The peer showed itself: the unit uses this one from now on. */
static void make_current(struct core *c, struct unit *u, struct conn *n)
{
	struct conn *current = u->conns[u->current];

	for (uint32_t i = 0; !current->installed && i < u->conn_count; i++) {
		if (u->conns[i] != n)
			continue;
		if (current->phase == CONN_TRYING)
			conn_terminate(c, current, true);
		conn_rest(c, current);
		u->current = i;
	}
}

/* Behind a NAT it hears us nowhere else: a call under way is given up, and made anew when charon knows the port. */
static bool moves_to(struct core *c, struct conn *n, uint16_t port)
{
	uint16_t before = n->nat_port;

	if (!call_port_is_nats(port))
		return false;
	conn_port(n, port);
	if (n->nat_port == before)
		return false;
	conn_identity_open(n);
	if (n->phase == CONN_TRYING)
		conn_terminate(c, n, true);
	if (n->phase != CONN_ENDING)
		conn_rest(c, n);
	return true;
}

/* All its lines wait for a packet. INITIAL_CONTACT goes with IKE alone, too: the peer drops its dead SAs and asks for new ones. */
static void greet(struct core *c, const struct conn *n)
{
	struct effect *e;

	if (n->phase != CONN_UP || n->pending_pairs || !may_initiate(c, n) || ike_established(n))
		return;
	e = effects_add(c->out, EF_INITIATE);
	e->sa.conn = core_strdup(c, n->name);
}

/* It sends into a dead SA: it is there, and of several peers it is the one that was in use. */
void conn_prefer(struct core *c, struct conn *n, uint16_t port)
{
	struct unit *u = n->unit;

	if (n->dynamic || n->installed)
		return;
	if (!is_current(n))
		make_current(c, u, n);
	if (moves_to(c, n, port))
		return;
	if (n->phase == CONN_PAUSED)
		conn_rest(c, n);
	conn_kick(c, n);
	greet(c, n);
}

void conn_child_up(struct core *c, struct conn *n, int32_t child)
{
	struct unit *u = n->unit;

	assert(child >= 0 && (uint32_t)child < n->child_count);
	if (!hosts_apart(c, &n->children[child]))
		demand_over(c, n, (uint32_t)child);
	n->children[child].installed++;
	n->installed++;
	n->failing = false;
	if (!u || n->dynamic)
		return;
	u->tries = 0;
	if (!is_current(n)) /* the peer came to us by another of its addresses */
		make_current(c, u, n);
	if (is_up(c, n)) {
		if (n->phase == CONN_TRYING && c->window < INITIATE_FRESH_MAX)
			c->window++;
		conn_rest(c, n);
		n->phase = CONN_UP;
	} else if (n->phase == CONN_TRYING && may_initiate(c, n)) {
		ask_children(c, n, true);
	} else if (n->phase == CONN_IDLE) {
		conn_kick(c, n);
	}
}

void conn_child_down(struct core *c, struct conn *n, int32_t child)
{
	struct unit *u = n->unit;
	const struct crypto_map_entry *e;

	assert(n->children[child].installed > 0 && n->installed > 0);
	n->children[child].installed--;
	n->installed--;
	/* Also while other lines of the list are still asked for: one that the peer refuses must not keep this one down. */
	if (n->children[child].installed || n->children[child].waits || !u || n->dynamic ||
		n->phase == CONN_QUEUED)
		return;
	conn_rest(c, n);
	if (!is_current(n) || u->binding->level < LEVEL_IKE)
		return;
	e = unit_entry(c, u);
	if (!n->installed && e && e->peers[crypto_entry_first_peer(e)].is_default &&
		crypto_entry_first_peer(e) < u->conn_count)
		u->current = crypto_entry_first_peer(e);
	if (c->ike_up) /* with the next charon there is nothing to wait for */
		pause_for(c, u->conns[u->current], INITIATE_AGAIN_MS);
}
