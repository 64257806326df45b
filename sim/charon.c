/*
 * charon, and the peers it talks to.
 *
 *   charon   has connections and SAs; is mute without the virtual address; notices a dead peer by itself (R3); gives
 *            another SA to a peer that comes again, the old one goes a moment later; dies with all it has.
 *            With IKEv2 it has one schedule for all, the longest: the engine's adapter looks each second at those that must
 *            die earlier and says which are silent (linux/ike_liveness.h); the engine ends them.
 *   peers    one has a static entry (and may call by itself), two come by the dynamic map. Each has one SA with one
 *            headend, drops it when nobody answers any more, and calls whoever answers for the virtual address.
 */
#include "sim/box.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
	TICK_MS = 1000,
	DEAD_MS = 12000,
	/* `dpd 10 2` of the static entry, `dpd 10 5` of the dynamic map: S, and S + 5 R of the longest. */
	PROBE_MS = 10000,
	GIVES_UP_MS = 35000,
	BOUND_MS = 21000, /* S + 5 R + 1 s of the static entry (R3) */
	LOOKS_MS = 6000,  /* for the look, late answers and what the engine does then */
};

/* --- SAs as charon reports them ---------------------------------------------------------------------------------------- */

static struct ike_sa ike_of(const struct sim_world *w, const struct box *b, const struct box_sa *s)
{
	struct ike_sa sa = {.incarnation = b->charon_incarnation,
		.id = s->ike,
		.version = w->plan->ikev2 ? 2 : 1,
		.state = IKE_SA_ESTABLISHED,
		.local_host = s->local,
		.remote_host = s->remote,
		.remote_port = 500};

	str_copy(sa.conn, sizeof(sa.conn), s->conn);
	snprintf(sa.remote_id, sizeof(sa.remote_id), "peer-%u", s->peer);
	return sa;
}

static struct child_sa child_of(const struct sim_world *w, const struct box *b, const struct box_sa *s)
{
	struct child_sa sa = {.incarnation = b->charon_incarnation,
		.id = s->child,
		.ike_id = s->ike,
		.state = CHILD_SA_INSTALLED,
		.local_host = s->local,
		.remote_host = s->remote,
		.remote_port = 500,
		.remote_count = 1};

	str_copy(sa.conn, sizeof(sa.conn), s->conn);
	str_copy(sa.child, sizeof(sa.child), s->name);
	sa.remote[0].prefix = s->net;
	sa.local_count = 1;
	sa.local[0].prefix = s->local_net;
	sa.use_in_s = -1;
	sa.use_out_s = mono_diff_ms(w->now, s->passed) / 1000;
	return sa;
}

static void tell_sa(struct sim_world *w, unsigned router, const struct box_sa *s)
{
	struct box *b = w->router[router].box;
	struct ike_sa ike = ike_of(w, b, s);
	struct child_sa child = child_of(w, b, s);

	engine_tell(w, router, CHANNEL_CHARON, &(struct event){.kind = EV_IKE_SA, .ike_sa = &ike});
	engine_tell(
		w, router, CHANNEL_CHARON, &(struct event){.kind = EV_CHILD_SA, .child = {.child = &child}});
}

static bool ike_used(const struct box *b, uint32_t ike)
{
	for (unsigned i = 0; i < BOX_SAS; i++)
		if (b->sas[i].used && b->sas[i].ike == ike)
			return true;
	return false;
}

static void end_sa(struct sim_world *w, unsigned router, struct box_sa *s)
{
	struct box *b = w->router[router].box;
	struct ike_sa ike = ike_of(w, b, s);
	struct child_sa child = child_of(w, b, s);

	s->used = false;
	world_trace(w, router, "charon: SA %u of peer %u ends", s->child, s->peer);
	engine_tell(w, router, CHANNEL_CHARON,
		&(struct event){.kind = EV_CHILD_SA_GONE, .child = {.child = &child}});
	if (!ike_used(b, s->ike))
		engine_tell(
			w, router, CHANNEL_CHARON, &(struct event){.kind = EV_IKE_SA_GONE, .ike_sa = &ike});
}

const struct box_sa *charon_sa_of(const struct box *b, unsigned peer)
{
	for (unsigned i = 0; i < BOX_SAS; i++)
		if (b->sas[i].used && b->sas[i].peer == peer)
			return &b->sas[i];
	return NULL;
}

struct box_sa *charon_sa_for(struct box *b, const struct ipaddr *from, const struct ipaddr *to)
{
	for (unsigned i = 0; i < BOX_SAS; i++)
		if (b->sas[i].used && prefix_contains(&b->sas[i].local_net, from) &&
			prefix_contains(&b->sas[i].net, to))
			return &b->sas[i];
	return NULL;
}

static struct box_sa *sa_new(struct sim_world *w, struct box *b)
{
	for (unsigned i = 0; i < BOX_SAS; i++)
		if (!b->sas[i].used)
			return &b->sas[i];
	check_fail(w, "a charon has %u SAs", BOX_SAS);
	return NULL;
}

/* --- Negotiation --------------------------------------------------------------------------------------------------------- */

static const struct ike_child *child_named(const struct ike_conn *c, const char *name)
{
	for (uint32_t i = 0; i < c->child_count; i++)
		if (!name || strcmp(c->children[i].name, name) == 0)
			return &c->children[i];
	return NULL;
}

/* The peer has one IKE SA, with whom it spoke last; that headend gives the old one up. */
static void establish(
	struct sim_world *w, unsigned router, unsigned peer, const struct ike_conn *c, const char *name)
{
	struct box *b = w->router[router].box;
	struct sim_peer *p = &w->peers->peer[peer];
	const struct ike_child *child = child_named(c, name);
	struct box_sa *s = child ? sa_new(w, b) : NULL;
	const struct box_sa *other;
	uint32_t ike = 0;

	if (!s)
		return;
	size_t line = strcspn(child->name, "."); /* of a pair of hosts it is reported by its line's name */
	struct prefix net = p->dynamic ? p->net : child->remote.prefix;
	if (p->router == (int)router)
		for (unsigned i = 0; i < BOX_SAS; i++) {
			other = &b->sas[i];
			if (!other->used || other->peer != peer)
				continue;
			if (strncmp(other->name, child->name, line) == 0 && !other->name[line] &&
				strcmp(other->conn, c->name) == 0 && prefix_equal(&other->net, &net) &&
				prefix_equal(&other->local_net, &child->local.prefix) &&
				ip_equal(&other->remote, &p->address) && other->orphan_since.ns == INT64_MAX)
				return; /* it has this one */
			if (ip_equal(&other->remote, &p->address))
				ike = other->ike;
		}
	*s = (struct box_sa){.used = true,
		.ike = ike ? ike : ++w->peers->last_id,
		.child = ++w->peers->last_id,
		.peer = peer,
		.local = c->local,
		.remote = p->address,
		.net = net,
		.local_net = child->local.prefix,
		.passed = w->now,
		.orphan_since = MONO_NEVER};
	str_copy(s->conn, sizeof(s->conn), c->name);
	memcpy(s->name, child->name, line);
	p->router = (int)router;
	p->child = s->child;
	p->heard = w->now;
	world_trace(w, router, "charon: SA %u with peer %u", s->child, peer);
	tell_sa(w, router, s);
	for (unsigned i = 0; i < BOX_SAS; i++) /* INITIAL_CONTACT, or another address of the same peer */
		if (b->sas[i].used && b->sas[i].peer == peer && b->sas[i].ike != s->ike)
			end_sa(w, router, &b->sas[i]);
}

static bool answers(const struct sim_world *w, unsigned router)
{
	const struct box *b = w->router[router].box;

	return b && b->charon && box_serves(w, router);
}

static const struct ike_conn *conn_for(const struct box *b, const struct sim_peer *p)
{
	struct ipaddr vip = box_vip(0);

	for (unsigned i = 0; i < b->conn_count; i++) {
		const struct ike_conn *c = &b->conns[i];

		if (ip_equal(&c->local, &vip) &&
			(p->dynamic ? !ip_is_set(&c->remote) : ip_equal(&c->remote, &p->address)))
			return c;
	}
	return NULL;
}

/* --- What the engine asks ---------------------------------------------------------------------------------------------------- */

static struct ike_conn *conn_find(struct box *b, const char *name)
{
	for (unsigned i = 0; i < b->conn_count; i++)
		if (strcmp(b->conns[i].name, name) == 0)
			return &b->conns[i];
	return NULL;
}

static int load(struct sim_world *w, struct box *b, const struct ike_conn *conn)
{
	struct ike_conn *c = conn_find(b, conn->name);

	if (c)
		ike_conn_clear(c);
	else if (b->conn_count < BOX_CONNS)
		c = &b->conns[b->conn_count++];
	if (!c || !ike_conn_copy(c, conn))
		check_fail(w, "a charon cannot take connection %s", conn->name);
	b->loaded_static |= ip_is_set(&conn->remote);
	return 0;
}

static int unload(struct box *b, const char *name)
{
	struct ike_conn *c = conn_find(b, name);

	if (!c)
		return -ENOENT;
	ike_conn_clear(c);
	*c = b->conns[--b->conn_count];
	return 0;
}

static void initiate(struct sim_world *w, unsigned router, const struct effect *f)
{
	struct box *b = w->router[router].box;
	const struct ike_conn *c = conn_find(b, f->sa.conn);
	struct sim_peer *p = &w->peers->peer[0];

	if (c && f->sa.child && answers(w, router) && p->alive && ip_equal(&c->remote, &p->address))
		establish(w, router, 0, c, f->sa.child);
}

static void terminate(struct sim_world *w, unsigned router, const struct effect *f)
{
	struct box *b = w->router[router].box;

	for (unsigned i = 0; i < BOX_SAS; i++) {
		struct box_sa *s = &b->sas[i];
		struct sim_peer *p = &w->peers->peer[s->peer];

		if (!s->used ||
			!((f->sa.conn && strcmp(f->sa.conn, s->conn) == 0) ||
				(f->sa.ike_id && f->sa.ike_id == s->ike) ||
				(f->sa.child_id && f->sa.child_id == s->child)))
			continue;
		bool told = !f->sa.force && answers(w, router) && p->router == (int)router;
		end_sa(w, router, s);
		const struct box_sa *other = charon_sa_of(b, (unsigned)(p - w->peers->peer));
		if (told && p->child == s->child) { /* DELETE reached it */
			p->router = other ? p->router : -1;
			p->child = other ? other->child : 0;
		}
	}
}

static void snapshot(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;

	engine_tell(w, router, CHANNEL_CHARON, &(struct event){.kind = EV_SA_SNAPSHOT_BEGIN});
	for (unsigned i = 0; i < b->conn_count; i++)
		engine_tell(w, router, CHANNEL_CHARON,
			&(struct event){.kind = EV_CONN, .conn = b->conns[i].name});
	for (unsigned i = 0; i < BOX_SAS; i++)
		if (b->sas[i].used)
			tell_sa(w, router, &b->sas[i]);
	engine_tell(w, router, CHANNEL_CHARON, &(struct event){.kind = EV_SA_SNAPSHOT_END});
}

void charon_connect(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;

	engine_tell(w, router, CHANNEL_CHARON,
		&(struct event){.kind = EV_IKE_UP,
			.ike = {.incarnation = b->charon_incarnation, .libipsec = w->plan->libipsec}});
	snapshot(w, router);
}

void charon_effect(struct sim_world *w, unsigned router, struct effect *f)
{
	bool late = world_fault(w, FAULT_CHARON_LATE, (int)router, -1);
	struct sim_event *e =
		queue_add(&w->queue, SIM_CHARON, channel_at(w, router, CHANNEL_TO_CHARON, late));

	e->router = (uint8_t)router;
	e->incarnation = w->router[router].box->charon_incarnation;
	e->owned = malloc(sizeof(*f));
	assert(e->owned);
	memcpy(e->owned, f, sizeof(*f));
}

void charon_carry_out(struct sim_world *w, struct sim_event *e)
{
	struct box *b = w->router[e->router].box;
	const struct effect *f = e->owned;
	int error = 0;

	if (e->incarnation != b->charon_incarnation || !b->charon)
		error = -ECONNRESET;
	else
		switch (f->kind) {
		case EF_CONN_LOAD: error = load(w, b, f->conn); break;
		case EF_CONN_UNLOAD: error = unload(b, f->name); break;
		case EF_INITIATE: initiate(w, e->router, f); break;
		case EF_TERMINATE: terminate(w, e->router, f); break;
		case EF_SA_SNAPSHOT: snapshot(w, e->router); break;
		default: break;
		}
	if (w->trace && (f->kind == EF_CONN_LOAD || f->kind == EF_CONN_UNLOAD))
		world_trace(w, e->router, "charon: %s %s%s", f->kind == EF_CONN_LOAD ? "load" : "unload",
			f->kind == EF_CONN_LOAD ? f->conn->name : f->name, error ? ": refused" : "");
	if (f->cookie)
		engine_tell(w, e->router, CHANNEL_CHARON,
			&(struct event){.kind = EV_RESULT, .result = {f->cookie, error}});
	engine_drop(e);
}

/* --- Life ------------------------------------------------------------------------------------------------------------------- */

void charon_start(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;

	b->charon = true;
	world_trace(w, router, "charon starts");
	netns_tun(w, router, w->plan->libipsec);
	if (b->core && b->kernel_known)
		charon_connect(w, router);
}

void charon_stop(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;

	(void)w;
	while (b->conn_count)
		ike_conn_clear(&b->conns[--b->conn_count]);
	memset(b->sas, 0, sizeof(b->sas));
	b->charon = false;
	b->charon_incarnation++;
}

void charon_kill(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;

	if (!b->charon)
		return;
	charon_stop(w, router);
	netns_tun(w, router, false);
	engine_tell(w, router, CHANNEL_CHARON, &(struct event){.kind = EV_IKE_DOWN});
}

/* --- Peers ------------------------------------------------------------------------------------------------------------------- */

void peers_begin(struct sim_world *w)
{
	static const char *const addresses[PEERS] = {"198.51.100.1", "198.51.100.11", "10.9.0.9"};
	static const char *const nets[PEERS] = {"10.9.0.0/16", "172.16.1.0/24", "172.16.2.0/24"};

	for (unsigned i = 0; i < PEERS; i++) {
		struct sim_peer *p = &w->peers->peer[i];

		*p = (struct sim_peer){.dynamic = i > 0, .alive = true, .router = -1};
		(void)ip_parse(addresses[i], &p->address);
		(void)prefix_parse(nets[i], &p->net);
	}
	queue_add(&w->queue, SIM_PEERS, mono_add_ms(w->now, TICK_MS));
}

static void call(struct sim_world *w, unsigned peer)
{
	struct sim_peer *p = &w->peers->peer[peer];
	unsigned from = (unsigned)random_to(&w->random, w->plan->routers);

	if (!p->dynamic && (w->plan->idle || w->plan->per_host || !random_percent(&w->random, 30)))
		return; /* mostly it is called */
	for (unsigned n = 0; n < w->plan->routers; n++) {
		unsigned router = (from + n) % w->plan->routers;
		const struct ike_conn *c = answers(w, router) ? conn_for(w->router[router].box, p) : NULL;

		if (!c)
			continue;
		establish(w, router, peer, c, NULL);
		return;
	}
}

static void peer_tick(struct sim_world *w, unsigned peer)
{
	struct sim_peer *p = &w->peers->peer[peer];

	if (!p->alive)
		return;
	if (p->router >= 0) {
		const struct box *b = w->router[p->router].box;
		bool there = false;

		for (unsigned i = 0; i < BOX_SAS; i++)
			there |= b->sas[i].used && b->sas[i].child == p->child;
		if (there && answers(w, (unsigned)p->router))
			p->heard = w->now;
		if (mono_diff_ms(w->now, p->heard) < DEAD_MS)
			return;
		p->router = -1;
	}
	call(w, peer);
}

/* What linux/ike_liveness.c does: it lives in the engine's process. */
static void look_at(struct sim_world *w, unsigned router, struct box_sa *s)
{
	struct box *b = w->router[router].box;
	bool pending = s->orphan_since.ns != INT64_MAX && mono_diff_ms(w->now, s->orphan_since) >= PROBE_MS;

	if (!b->core || !b->loaded_static || w->peers->peer[s->peer].dynamic || pending == s->said_silent)
		return;
	s->said_silent = pending;
	engine_tell(w, router, CHANNEL_CHARON,
		&(struct event){.kind = EV_IKE_LIVENESS,
			.liveness = {s->ike, pending,
				pending ? mono_add_ms(w->now, -PROBE_MS - TICK_MS) : w->now}});
}

/* R3: an engine that was able to has ended it by now. */
static void check_bound(struct sim_world *w, unsigned router, const struct box_sa *s)
{
	const struct box *b = w->router[router].box;
	mono_t able = b->started;

	if (!b->core || !s->said_silent || b->edits || world_fault(w, FAULT_CHARON_LATE, (int)router, -1))
		return;
	if (mono_before(able, s->orphan_since))
		able = s->orphan_since;
	if (mono_before(able, b->stalled_until))
		able = b->stalled_until;
	for (unsigned i = 0; i < EDIT_COUNT; i++) /* the entry was another one, or none */
		if (mono_before(able, b->edited[i]))
			able = b->edited[i];
	if (mono_diff_ms(w->now, able) > BOUND_MS + LOOKS_MS)
		check_fail(w, "router %c keeps SA %u for %lld ms, and its peer is silent", 'A' + router,
			s->child, (long long)mono_diff_ms(w->now, s->orphan_since));
}

/* Dead peer detection of charon: an SA that its peer does not know is no SA for long. */
static void charon_tick(struct sim_world *w, unsigned router)
{
	struct box *b = w->router[router].box;

	for (unsigned i = 0; b->charon && i < BOX_SAS; i++) {
		struct box_sa *s = &b->sas[i];
		const struct sim_peer *p = &w->peers->peer[s->peer];
		bool orphan = !p->alive || p->router != (int)router || !box_serves(w, router) ||
			!ip_equal(&p->address, &s->remote);

		if (!s->used)
			continue;
		if (!orphan)
			s->orphan_since = MONO_NEVER;
		else if (s->orphan_since.ns == INT64_MAX)
			s->orphan_since = w->now;
		else if (mono_diff_ms(w->now, s->orphan_since) >= (w->plan->ikev2 ? GIVES_UP_MS : DEAD_MS))
			end_sa(w, router, s);
		if (s->used && w->plan->ikev2) {
			look_at(w, router, s);
			check_bound(w, router, s);
		}
	}
}

void peers_tick(struct sim_world *w)
{
	for (unsigned i = 0; i < w->plan->routers; i++)
		if (w->router[i].box)
			charon_tick(w, i);
	for (unsigned i = 0; i < PEERS; i++)
		peer_tick(w, i);
	queue_add(&w->queue, SIM_PEERS, mono_add_ms(w->now, TICK_MS));
}

/* The successor is up before the old one goes; sometimes both are named in one word. */
void peer_rekey(struct sim_world *w, unsigned peer)
{
	struct sim_peer *p = &w->peers->peer[peer];
	struct box *b = p->router >= 0 ? w->router[p->router].box : NULL;

	for (unsigned i = 0; b && b->charon && i < BOX_SAS; i++) {
		struct box_sa *old = &b->sas[i], *s;
		struct child_sa child, before;

		if (!old->used || old->peer != peer || old->child > w->peers->last_id)
			continue;
		s = sa_new(w, b);
		if (!s)
			return;
		*s = *old;
		s->told = false;
		s->child = ++w->peers->last_id;
		if (p->child == old->child)
			p->child = s->child;
		world_trace(w, (unsigned)p->router, "charon: SA %u follows %u of peer %u", s->child,
			old->child, peer);
		child = child_of(w, b, s);
		before = child_of(w, b, old);
		if (random_percent(&w->random, 50)) {
			engine_tell(w, (unsigned)p->router, CHANNEL_CHARON,
				&(struct event){.kind = EV_CHILD_SA_REKEYED, .child = {&child, &before}});
		} else { /* a new IKE SA altogether */
			s->ike = ++w->peers->last_id;
			tell_sa(w, (unsigned)p->router, s);
		}
		end_sa(w, (unsigned)p->router, old);
		return;
	}
}

void peer_silent(struct sim_world *w, unsigned peer, bool silent)
{
	w->peers->peer[peer].alive = !silent;
	w->peers->peer[peer].router = -1; /* it returns without its SAs */
}

void peer_move(struct sim_world *w, unsigned peer)
{
	struct sim_peer *p = &w->peers->peer[peer];

	if (!p->dynamic)
		return; /* it would need another line of configuration */
	p->address.bytes[3] ^= 0x40;
	p->router = -1;
}
