/*
 * SAs as charon reports them, and the routes that those of dynamic maps (and of `per-sa` entries) hold.
 *
 * Keyed by charon's unique ids within one incarnation. A successor takes its holds before the old SA lets go, whatever
 * the order of events: up before down, or a rekey that names both.
 */
#include "base/planted.h"
#include "core/parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct sa_rec *sa_find(const struct core *c, uint32_t id)
{
	struct sa_rec *s;

	HASH_FIND(hh, c->sas, &id, sizeof(id), s);
	return s;
}

static struct ike_rec *ike_find(const struct core *c, uint32_t id)
{
	struct ike_rec *i;

	HASH_FIND(hh, c->ikes, &id, sizeof(id), i);
	return i;
}

/* FNV-1a of the peer's identity: one that returns from another address is the same peer. */
static uint64_t hash_identity(const char *id, const struct ipaddr *host)
{
	const uint8_t *p = id[0] ? (const uint8_t *)id : (const uint8_t *)host;
	size_t n = id[0] ? strlen(id) : sizeof(*host);
	uint64_t h = 0xcbf29ce484222325u;

	while (n--)
		h = (h ^ *p++) * 0x100000001b3u;
	return h;
}

/* --- Holds ------------------------------------------------------------------------------------------------------------ */

void sa_touch(struct core *c, struct sa_rec *s)
{
	list_append_once(&c->dirty_sas, &s->dirty);
}

static void release_routes(struct core *c, struct sa_rec *s)
{
	routes_debug_holds(c, s->routes, s->route_count, NULL, 0);
	while (s->route_count) {
		struct rri_slot *slot = s->routes[--s->route_count]->slot;

		if (PLANTED(PLANTED_RRI_DOWN) && slot->installed) {
			kroute_unwant(c, slot->installed, slot->last_owner);
			slot->installed = NULL;
		}
		route_release(c, s->routes[s->route_count], true);
	}
}

/* The `reverse-route` that governs an SA; NULL when it injects nothing. */
static const struct reverse_route *governing(const struct core *c, const struct sa_rec *s, bool *dynamic)
{
	const struct unit *u = s->conn ? s->conn->unit : NULL;
	const struct crypto_map_entry *e = u ? unit_entry(c, u) : NULL;

	if (!e || u->binding->level < LEVEL_ROUTES || s->child < 0)
		return NULL;
	*dynamic = e->kind == CRYPTO_MAP_ISAKMP_DYNAMIC;
	if (*dynamic)
		e = plan_template(c->model, e, s->child_name);
	if (!e || !e->rri.enabled || (!*dynamic && crypto_entry_rri_permanent(c->model, e)))
		return NULL;
	return &e->rri;
}

static void hold_routes(struct core *c, struct sa_rec *s)
{
	struct rri_route *before[8];
	uint8_t before_count = s->route_count;
	bool dynamic = false;
	const struct reverse_route *rr = governing(c, s, &dynamic);

	memcpy(before, s->routes, sizeof(before));
	s->route_count = 0;
	for (uint8_t i = 0; rr && i < s->prefix_count; i++) {
		struct rri_want want = {.prefix = s->prefixes[i],
			.next_hop = s->remote,
			.peer = s->remote,
			.identity = s->identity,
			.sequence = s->conn->unit->sequence,
			.dynamic = dynamic};
		struct rri_route *r = route_hold(c, s->conn->unit->binding, rr, &want, true);

		if (r)
			s->routes[s->route_count++] = r;
	}
	routes_debug_holds(c, before, before_count, s->routes, s->route_count);
	while (before_count)
		route_release(c, before[--before_count], true);
}

void sas_work(struct core *c)
{
	while (!list_empty(&c->dying_sas) && core_spend(c)) {
		struct sa_rec *s = list_item(list_take(&c->dying_sas), struct sa_rec, dirty);

		sa_let_go(c, s);
		free(s);
	}
	while (!list_empty(&c->dirty_sas) && core_spend(c))
		hold_routes(c, list_item(list_take(&c->dirty_sas), struct sa_rec, dirty));
}

/* --- CHILD_SAs ----------------------------------------------------------------------------------------------------------- */

static bool is_up(const struct child_sa *sa)
{
	return sa->state == CHILD_SA_INSTALLED || sa->state == CHILD_SA_REKEYING;
}

static void say_session(struct core *c, const struct sa_rec *s, bool up)
{
	const struct ike_rec *i = ike_find(c, s->ike_id);
	char peer[IP_TEXT_MAX];

	ip_format(&s->remote, peer);
	core_log(c, SEV_NOTICE, "CRYPTO-5-SESSION_STATUS", "Crypto tunnel is %s.  Peer %s:%u       Id: %s",
		up ? "UP  " : "DOWN", peer, s->remote_port, i && i->remote_id[0] ? i->remote_id : peer);
}

static void take_peer(struct core *c, struct sa_rec *s)
{
	s->peer = hop_hold(c, &s->remote);
	if (!s->peer)
		return;
	hop_peer_hold(c, s->peer);
	if (s->peer->sas++ == 0)
		say_session(c, s, true);
}

/* Everything the SA holds; the record stays. */
void sa_let_go(struct core *c, struct sa_rec *s)
{
	timer_cancel(&c->timers, &s->idle);
	hosts_down(s);
	release_routes(c, s);
	list_remove(&s->dirty);
	if (!s->peer)
		return;
	if (--s->peer->sas == 0)
		say_session(c, s, false);
	hop_peer_release(c, s->peer);
	s->peer = NULL;
}

static void forget_spi(struct core *c, struct sa_rec *s)
{
	if (s->hh_spi.tbl)
		HASH_DELETE(hh_spi, c->sas_by_spi, s);
	s->hh_spi.tbl = NULL;
}

struct sa_rec *sa_by_spi(const struct core *c, uint32_t spi_in)
{
	struct sa_rec *s;

	HASH_FIND(hh_spi, c->sas_by_spi, &spi_in, sizeof(spi_in), s);
	return s;
}

bool sa_ended_lately(const struct core *c, uint32_t spi_in)
{
	for (unsigned i = 0; i < ENDED_MAX; i++) {
		const struct ended_sa *e = &c->ended[i];

		if (e->spi_in == spi_in && mono_diff_ms(c->now, e->at) < ENDED_MS)
			return true;
	}
	return false;
}

static void remove_sa(struct core *c, struct sa_rec *s)
{
	struct conn *n = s->conn;
	int32_t child = s->child;

	c->ended[c->ended_next] = (struct ended_sa){s->spi_in, c->now};
	c->ended_next = (c->ended_next + 1) % ENDED_MAX;
	list_remove(&s->in_conn);
	sa_let_go(c, s);
	HASH_DEL(c->sas, s);
	forget_spi(c, s);
	free(s);
	if (n && child >= 0)
		conn_child_down(c, n, child);
	if (n)
		conn_lost_sa(c, n);
}

static void take_prefixes(struct sa_rec *s, const struct child_sa *sa)
{
	s->prefix_count = 0;
	s->local_prefix = sa->local[0].prefix;
	for (uint8_t i = 0; i < sa->remote_count && i < 8; i++) {
		bool repeated = false;

		for (uint8_t k = 0; k < s->prefix_count; k++)
			repeated = repeated || prefix_equal(&s->prefixes[k], &sa->remote[i].prefix);
		if (!repeated)
			s->prefixes[s->prefix_count++] = sa->remote[i].prefix;
	}
}

static struct sa_rec *new_sa(struct core *c, const struct child_sa *sa)
{
	const struct ike_rec *ike = ike_find(c, sa->ike_id);
	struct sa_rec *s = core_alloc(c, sizeof(*s));

	if (!s)
		return NULL;
	s->id = sa->id;
	s->ike_id = sa->ike_id;
	s->local = sa->local_host;
	s->remote = sa->remote_host;
	s->remote_port = sa->remote_port;
	s->spi_in = sa->spi_in;
	s->spi_out = sa->spi_out;
	s->identity = hash_identity(ike ? ike->remote_id : "", &sa->remote_host);
	s->child = -1;
	str_copy(s->child_name, sizeof(s->child_name), sa->child);
	HASH_ADD(hh, c->sas, id, sizeof(s->id), s);
	if (!CORE_ADDED(s)) {
		free(s);
		c->oom = true;
		return NULL;
	}
	HASH_ADD(hh_spi, c->sas_by_spi, spi_in, sizeof(s->spi_in), s);
	s->conn = conn_stray(c, sa->conn);
	if (s->conn) {
		s->child = conn_child_index(s->conn, sa->child);
		s->conn->dropped = false;
		list_append(&s->conn->sas, &s->in_conn);
	}
	return s;
}

static void turn_away(struct core *c, const struct sa_rec *s, bool force)
{
	struct effect *e = effects_add(c->out, EF_TERMINATE);

	e->sa.ike_id = s->ike_id;
	e->sa.force = force;
}

/*
 * An SA that came up on a router that does not serve: the peer keeps its own until the active one tells it. One of a connection
 * that nobody wants any more, before charon had forgotten that: it would have no route, nor get one when the connection is
 * wanted again. Its peer is told, and calls again.
 */
static void turn_away_unwelcome(struct core *c, const struct sa_rec *s, const char *conn)
{
	const struct unit *u = s->conn ? s->conn->unit : NULL;
	bool nobodys = conn_is_ours(conn) && (!s->conn || s->conn->phase == CONN_ENDING);

	if (c->adopting)
		return;
	if (nobodys)
		turn_away(c, s, !endpoint_is_ours(c, 0, &s->local));
	else if (u && u->binding->target < LEVEL_IKE)
		turn_away(c, s, true);
}

/*
 * A peer that replaces its SA under IKEv1 sends the DELETE of the old one right behind the last message for the new one,
 * and charon's threads may see them in either order: then nothing says that the new one replaces the other.
 */
enum { SUCCESSOR_WITHIN_MS = 1000 };

static void note_gone(struct core *c, const struct sa_rec *s, const struct child_sa *counted)
{
	struct conn_child *child = s->conn && s->child >= 0 ? &s->conn->children[s->child] : NULL;

	if (!child)
		return;
	child->gone.peer = s->remote;
	child->gone.local = s->local_prefix;
	child->gone.remote = s->prefixes[0];
	child->gone.at = c->now;
	child->gone.in = s->packets_in_before + (int64_t)counted->packets_in;
	child->gone.out = s->packets_out_before + (int64_t)counted->packets_out;
}

static void take_counters_of_gone(struct core *c, struct sa_rec *s)
{
	struct conn_child *child = s->conn && s->child >= 0 ? &s->conn->children[s->child] : NULL;

	if (!child || !ip_equal(&child->gone.peer, &s->remote) ||
		!prefix_equal(&child->gone.local, &s->local_prefix) ||
		!prefix_equal(&child->gone.remote, &s->prefixes[0]))
		return; /* of another peer, or pair of hosts */
	if (mono_diff_ms(c->now, child->gone.at) <= SUCCESSOR_WITHIN_MS) {
		s->packets_in_before = child->gone.in;
		s->packets_out_before = child->gone.out;
	}
	child->gone.peer = (struct ipaddr){0};
}

static void child_up(struct core *c, const struct child_sa *sa)
{
	struct sa_rec *s = sa_find(c, sa->id);

	if (!is_up(sa)) {
		if (s && sa->state != CHILD_SA_OTHER)
			remove_sa(c, s);
		return;
	}
	if (s) {
		s->generation = c->sa_generation;
		s->ike_id = sa->ike_id; /* an IKE rekey moved it */
		idle_seen(c, s, sa);
		return;
	}
	s = new_sa(c, sa);
	if (!s)
		return;
	s->generation = c->sa_generation;
	take_prefixes(s, sa);
	take_counters_of_gone(c, s);
	turn_away_unwelcome(c, s, sa->conn);
	if (!s->conn)
		return;
	take_peer(c, s);
	if (s->conn->dynamic && s->conn->unit)
		call_answered(c, s->conn->unit->binding->id, &s->remote, s->remote_port);
	hosts_up(c, s);
	learned_note(c, s, sa);
	sa_touch(c, s);
	if (s->child >= 0)
		conn_child_up(c, s->conn, s->child);
	idle_seen(c, s, sa);
}

/* The flow goes on counting: what its SA counted passes to the one that follows. */
static void pass_counters(const struct sa_rec *from, const struct child_sa *counted, struct sa_rec *to)
{
	to->packets_in_before = from->packets_in_before + (int64_t)counted->packets_in;
	to->packets_out_before = from->packets_out_before + (int64_t)counted->packets_out;
}

static void child_rekeyed(struct core *c, const struct child_sa *sa, const struct child_sa *counted)
{
	struct sa_rec *old = counted ? sa_find(c, counted->id) : NULL, *s;

	child_up(c, sa);
	sas_work(c); /* the successor's holds first */
	if (!old || old->id == sa->id)
		return;
	s = sa_find(c, sa->id);
	if (s)
		pass_counters(old, counted, s);
	remove_sa(c, old);
}

/* --- IKE_SAs --------------------------------------------------------------------------------------------------------------- */

static void ike_sa_event(struct core *c, const struct ike_sa *sa)
{
	struct ike_rec *i = ike_find(c, sa->id);

	if (!i) {
		i = core_alloc(c, sizeof(*i));
		if (!i)
			return;
		i->id = sa->id;
		HASH_ADD(hh, c->ikes, id, sizeof(i->id), i);
		if (!CORE_ADDED(i)) {
			free(i);
			c->oom = true;
			return;
		}
		i->conn = conn_stray(c, sa->conn);
		if (i->conn)
			list_append(&i->conn->ikes, &i->in_conn);
	}
	i->generation = c->sa_generation;
	i->local = sa->local_host;
	i->remote = sa->remote_host;
	i->version = sa->version;
	i->called = sa->called;
	str_copy(i->remote_id, sizeof(i->remote_id), sa->remote_id);
	i->established = sa->state == IKE_SA_ESTABLISHED;
	if (!i->established || !i->conn)
		return;
	if (i->called && i->conn->unit)
		call_met(c, i->conn->unit->binding->id, &i->remote, sa->remote_port);
	bool renamed = conn_identity(c, i->conn, i->remote_id), moved = conn_port(i->conn, sa->remote_port);

	if (!renamed && !moved)
		conn_ike_established(c, i->conn);
}

static void remove_ike(struct core *c, struct ike_rec *i)
{
	struct conn *n = i->conn;

	list_remove(&i->in_conn);
	timer_cancel(&c->timers, &i->timer);
	HASH_DEL(c->ikes, i);
	free(i);
	if (n)
		conn_lost_sa(c, n);
}

/* R3 for IKEv2: what stays silent is closed at the bound, whatever charon's own schedule says (D11). */
static void liveness(struct core *c, const struct ike_liveness *l)
{
	struct ike_rec *i = ike_find(c, l->ike_id);
	int64_t bound = i && i->conn ? i->conn->bound_ms : 0;

	if (!bound)
		return;
	if (l->silent)
		core_arm(c, &i->timer, TIMER_IKE, i, bound - mono_diff_ms(c->now, l->at));
	else
		timer_cancel(&c->timers, &i->timer);
}

void ike_silent_too_long(struct core *c, struct ike_rec *i)
{
	struct effect *e;
	char peer[IP_TEXT_MAX];

	core_log(c, SEV_NOTICE, "CRYPTO-5-PEER_DEAD", "Peer %s is silent: its SAs are closed",
		ip_format(&i->remote, peer));
	e = effects_add(c->out, EF_TERMINATE);
	e->sa.ike_id = i->id;
	e->sa.force = true;
}

/* --- charon ------------------------------------------------------------------------------------------------------------------ */

/* The record leaves all look-ups now; what it holds is let go in slices. */
static void bury(struct core *c, struct sa_rec *s)
{
	struct conn *n = s->conn;

	timer_cancel(&c->timers, &s->idle);
	hosts_down(s);
	forget_spi(c, s);
	list_remove(&s->in_conn);
	list_remove(&s->dirty);
	list_append(&c->dying_sas, &s->dirty);
	s->conn = NULL;
	if (n && s->child >= 0)
		conn_child_down(c, n, s->child);
	if (n)
		conn_lost_sa(c, n);
}

void sas_flush(struct core *c)
{
	struct sa_rec *s, *next_sa;
	struct ike_rec *i, *next_ike;

	for (s = c->sas; s; s = next_sa) {
		next_sa = s->hh.next;
		bury(c, s);
	}
	HASH_CLEAR(hh, c->sas);
	HASH_ITER (hh, c->ikes, i, next_ike)
		remove_ike(c, i);
}

static void snapshot_end(struct core *c)
{
	struct sa_rec *s, *next_sa;
	struct ike_rec *i, *next_ike;

	HASH_ITER (hh, c->sas, s, next_sa) {
		if (s->generation == c->sa_generation)
			continue;
		HASH_DEL(c->sas, s);
		bury(c, s);
	}
	HASH_ITER (hh, c->ikes, i, next_ike)
		if (i->generation != c->sa_generation)
			remove_ike(c, i);
	c->sa_snapshot_done = true;
	for (struct binding *b = c->bindings; b; b = b->hh.next) /* what is down is initiated now */
		units_apply_all(c, b);
}

static void charon_gone(struct core *c)
{
	c->ike_up = false;
	c->sa_snapshot_done = false;
	lost_down(c);
	calls_charon_gone(c);
	conns_charon_gone(c);
	secrets_charon_gone(c);
	sas_flush(c);
	for (uint32_t i = 0; i < c->pending_cap; i++) {
		const struct pending *p = &c->pendings[i];

		if (p->cookie && (p->kind == PENDING_CONN || p->kind == PENDING_OTHER))
			core_pending_done(c, p->cookie);
	}
}

static void charon_up(struct core *c, uint32_t incarnation, bool libipsec)
{
	if (c->ike_up && c->incarnation != incarnation)
		charon_gone(c);
	if (c->libipsec != libipsec || !c->plane_known) {
		routes_touch_all(c);
		c->mss_dirty = true;
		for (struct binding *b = c->bindings; b; b = b->hh.next)
			b->filter_dirty = true; /* what it does to our ESP */
	}
	c->ike_up = true;
	lost_up(c);
	c->incarnation = incarnation;
	c->libipsec = libipsec;
	c->plane_known = true;
	c->secrets_dirty = true;
	effects_add(c->out, EF_SA_SNAPSHOT);
	for (struct binding *b = c->bindings; b; b = b->hh.next) {
		if (b->level >= LEVEL_ROUTES)
			orphans_listen(c, b); /* of the charon before */
		units_reload_all(c, b);
		binding_look(c, b);
	}
}

void ike_event(struct core *c, const struct event *e)
{
	struct sa_rec *s;
	struct ike_rec *i;

	switch (e->kind) {
	case EV_IKE_UP: charon_up(c, e->ike.incarnation, e->ike.libipsec); break;
	case EV_IKE_DOWN: charon_gone(c); break;
	case EV_SA_SNAPSHOT_BEGIN: c->sa_generation++; break;
	case EV_SA_SNAPSHOT_END: snapshot_end(c); break;
	case EV_CONN: conn_stray(c, e->conn); break;
	case EV_IKE_SA: ike_sa_event(c, e->ike_sa); break;
	case EV_IKE_SA_GONE:
		i = ike_find(c, e->ike_sa->id);
		if (i)
			remove_ike(c, i);
		break;
	case EV_IKE_LIVENESS: liveness(c, &e->liveness); break;
	case EV_CHILD_SA: child_up(c, e->child.child); break;
	case EV_CHILD_SA_REKEYED: child_rekeyed(c, e->child.child, e->child.old); break;
	case EV_CHILD_SA_GONE:
		s = sa_find(c, e->child.child->id);
		if (s) {
			note_gone(c, s, e->child.child);
			remove_sa(c, s);
		}
		break;
	default: break;
	}
}
