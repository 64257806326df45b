/* Connections in charon: loaded when they are planned, forgotten when nobody wants them. */
#include "core/parts.h"
#include "ipsec/acl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { UNKNOWN_DIGEST = 1 }; /* charon has something by this name: it will be loaded anew */

struct conn *conn_find(const struct core *c, const char *name)
{
	struct conn *n;

	HASH_FIND_STR(c->conns, name, n);
	return n;
}

static struct conn *conn_new(struct core *c, const char *name)
{
	struct conn *n = core_alloc(c, sizeof(*n));

	if (!n)
		return NULL;
	n->name = core_strdup(c, name);
	list_init(&n->sas);
	list_init(&n->ikes);
	if (n->name)
		HASH_ADD_KEYPTR(hh, c->conns, n->name, strlen(n->name), n);
	if (!n->name || !CORE_ADDED(n)) {
		free(n->name);
		free(n);
		c->oom = true;
		return NULL;
	}
	return n;
}

bool conn_is_ours(const char *name)
{
	return strncmp(name, "hs/", 3) == 0; /* ipsec/ike.h */
}

/* A connection that charon tells of and nobody asked for yet: wanted soon, or forgotten when the adoption ends. */
struct conn *conn_stray(struct core *c, const char *name)
{
	struct conn *n = conn_find(c, name);

	if (n || !c->adopting || !conn_is_ours(name))
		return n;
	n = conn_new(c, name);
	if (n)
		n->loaded = UNKNOWN_DIGEST;
	return n;
}

void conns_forget_strays(struct core *c)
{
	struct conn *n, *next;

	HASH_ITER (hh, c->conns, n, next)
		if (!n->unit && n->phase != CONN_ENDING)
			conn_forget(c, n);
}

/* Looked for from `near` on, and then from the beginning: lists change by a line at a time. */
static int32_t child_index_near(const struct conn *n, const char *name, uint32_t near)
{
	for (uint32_t i = 0; i < n->child_count; i++) {
		uint32_t at = (near + i) % n->child_count;

		if (strcmp(n->children[at].name, name) == 0)
			return (int32_t)at;
	}
	return -1;
}

int32_t conn_child_index(const struct conn *n, const char *name)
{
	return child_index_near(n, name, 0);
}

/* --- Loading ----------------------------------------------------------------------------------------------------- */

/* kernel-libipsec looks for ports in TCP and UDP only, and would find no message of ICMP in a selector that names one. */
static void open_icmp(struct ike_conn *planned)
{
	for (uint32_t i = 0; i < planned->child_count; i++) {
		struct ike_child *child = &planned->children[i];

		if (child->local.protocol == ACL_PROTOCOL_ICMP)
			child->local.ports = child->remote.ports = (struct ports){0, UINT16_MAX};
	}
}

static void load(struct core *c, struct conn *n, const struct ike_conn *planned)
{
	struct ike_conn *copy;
	struct pending *p;
	struct effect *e;

	if (!c->ike_up || (n->load_cookie ? n->sent : n->loaded) == n->wanted || timer_armed(&n->reload))
		return;
	if (n->load_cookie) /* what charon has until the answer to the last one is nobody's business */
		n->loaded = UNKNOWN_DIGEST;
	copy = core_alloc(c, sizeof(*copy));
	if (!copy)
		return;
	n->load_cookie = core_expect(c, PENDING_CONN, n->unit->binding->id);
	p = core_pending(c, n->load_cookie);
	if (p)
		p->conn = core_strdup(c, n->name);
	if (!p || !p->conn || !ike_conn_copy(copy, planned) || !hosts_extend(n, copy)) {
		if (p)
			core_pending_done(c, n->load_cookie);
		n->load_cookie = 0;
		ike_conn_clear(copy);
		free(copy);
		c->oom = true;
		return;
	}
	if (c->libipsec)
		open_icmp(copy);
	n->sent = n->wanted;
	e = effects_add(c->out, EF_CONN_LOAD);
	e->cookie = n->load_cookie;
	e->conn = copy;
}

static void accepted(struct core *c, struct conn *n)
{
	c->conns_refused -= n->load_failures > 0;
	n->load_failures = 0;
}

void conn_load_result(struct core *c, const char *name, uint64_t cookie, int error)
{
	struct conn *n = conn_find(c, name);

	if (!n || n->load_cookie != cookie)
		return;
	n->load_cookie = 0;
	if (error) {
		c->conns_refused += n->load_failures == 0;
		n->load_failures++;
		core_log(c, SEV_ERROR, "CRYPTO-3-IKE_CONFIG", "The IKE daemon refused %s (error %d)", name,
			-error);
		core_arm(c, &n->reload, TIMER_CONN_LOAD, n,
			core_backoff(n->load_failures, RETRY_MS, RETRY_MAX_MS));
		return;
	}
	accepted(c, n);
	n->loaded = n->sent;
	if (n->loaded == n->wanted) {
		conn_loaded(c, n);
		hosts_loaded(c, n);
	}
}

void conn_reload(struct core *c, struct conn *n)
{
	(void)c;
	if (n->unit)
		unit_apply_later(n->unit);
}

/* --- Ending ------------------------------------------------------------------------------------------------------- */

void conn_rest(struct core *c, struct conn *n)
{
	if (n->phase == CONN_TRYING) {
		assert(c->trying > 0);
		c->trying--;
	}
	if (n->fresh) {
		assert(c->fresh > 0);
		c->fresh--;
		n->fresh = false;
	}
	list_remove(&n->in_init);
	timer_cancel(&c->busiest, &n->rank);
	timer_cancel(&c->timers, &n->timer);
	n->phase = CONN_IDLE;
}

/* One that no crypto map wants (any more) is judged by where its SAs end. */
bool conn_is_mute(const struct core *c, const struct conn *n)
{
	if (n->unit)
		return binding_is_mute(c, n->unit->binding);
	if (!list_empty(&n->sas))
		return !endpoint_is_ours(c, 0, &list_item(n->sas.next, struct sa_rec, in_conn)->local);
	return !list_empty(&n->ikes) &&
		!endpoint_is_ours(c, 0, &list_item(n->ikes.next, struct ike_rec, in_conn)->local);
}

void conn_terminate(struct core *c, struct conn *n, bool force)
{
	uint32_t owner = n->unit ? n->unit->binding->id : 0;
	struct list *link, *following;
	struct effect *e;
	uint64_t cookie;

	cookie = core_expect(c, PENDING_OTHER, owner);
	e = effects_add(c->out, EF_TERMINATE);
	e->cookie = cookie;
	e->sa.conn = core_strdup(c, n->name);
	e->sa.force = force;
	if (!n->dynamic)
		return;
	list_each(&n->ikes, link, following)
	{
		const struct ike_rec *i = list_item(link, struct ike_rec, in_conn);

		if (!i->called) /* charon knows those under another name */
			continue;
		e = effects_add(c->out, EF_TERMINATE);
		e->sa.ike_id = i->id;
		e->sa.force = force;
	}
}

static bool has_state(const struct conn *n)
{
	return n->installed || !list_empty(&n->sas) || !list_empty(&n->ikes) || n->phase == CONN_TRYING;
}

void conn_drop(struct core *c, struct conn *n)
{
	bool had = has_state(n);

	if (n->phase == CONN_ENDING)
		return;
	conn_rest(c, n);
	hosts_forget(c, n);
	demand_forget(c, n); /* whoever serves next negotiates it */
	if (had && c->ike_up)
		conn_terminate(c, n, n->unit->binding->leave == LEAVE_FORCE || conn_is_mute(c, n));
	n->dropped = had;
}

static void free_conn(struct core *c, struct conn *n)
{
	struct list *link;

	hosts_forget(c, n); /* while it knows its SAs */
	while ((link = list_take(&n->sas)) != NULL)
		list_item(link, struct sa_rec, in_conn)->conn = NULL;
	while ((link = list_take(&n->ikes)) != NULL)
		list_item(link, struct ike_rec, in_conn)->conn = NULL;
	demand_forget(c, n);
	list_remove(&n->in_peer);
	if (n->peer)
		hop_peer_release(c, n->peer);
	timer_cancel(&c->busiest, &n->rank);
	timer_cancel(&c->timers, &n->timer);
	timer_cancel(&c->timers, &n->reload);
	HASH_DEL(c->conns, n);
	free(n->children);
	free(n->name);
	free(n);
}

static void unload(struct core *c, struct conn *n, uint32_t owner)
{
	struct effect *e;
	uint64_t cookie;

	if (!c->ike_up || (!n->loaded && !n->load_cookie))
		return;
	cookie = core_expect(c, PENDING_OTHER, owner);
	e = effects_add(c->out, EF_CONN_UNLOAD);
	e->cookie = cookie;
	e->name = core_strdup(c, n->name);
}

/* The SAs of a forgotten connection have ended, or their time is over: it may be wanted again by now. */
static void ended(struct core *c, struct conn *n)
{
	struct unit *u = n->unit;
	struct list *link;

	if (!u) {
		free_conn(c, n);
		return;
	}
	hosts_forget(c, n);
	while ((link = list_take(&n->sas)) != NULL)
		list_item(link, struct sa_rec, in_conn)->conn = NULL;
	while ((link = list_take(&n->ikes)) != NULL)
		list_item(link, struct ike_rec, in_conn)->conn = NULL;
	conn_rest(c, n);
	unit_apply_later(u);
}

void conn_lost_sa(struct core *c, struct conn *n)
{
	if (n->phase == CONN_ENDING && list_empty(&n->sas) && list_empty(&n->ikes))
		ended(c, n);
}

void conn_ending_over(struct core *c, struct conn *n)
{
	ended(c, n);
}

/*
 * Nobody wants it any more: its SAs end, charon forgets it. The record stays until they have ended: an initiation under the
 * same name would be put on the dying IKE_SA and keep that alive.
 */
void conn_forget(struct core *c, struct conn *n)
{
	const struct binding *b = n->unit ? n->unit->binding : NULL;
	bool force = (b && b->leaving && b->leave == LEAVE_FORCE) || conn_is_mute(c, n);
	struct list *link, *following;

	demand_forget(c, n);
	n->unit = NULL;
	if (n->phase == CONN_ENDING && c->ike_up)
		return;
	if (c->ike_up && has_state(n) && !n->dropped)
		conn_terminate(c, n, force);
	conn_rest(c, n);
	unload(c, n, b ? b->id : 0);
	list_each(&n->sas, link, following)
	{
		struct sa_rec *s = list_item(link, struct sa_rec, in_conn);

		sa_let_go(c, s);
		s->child = -1;
	}
	hosts_forget(c, n);
	free(n->children);
	n->children = NULL;
	n->child_count = n->installed = 0;
	n->planned = n->wanted = n->loaded = n->load_cookie = 0;
	accepted(c, n);
	if (!c->ike_up || (list_empty(&n->sas) && list_empty(&n->ikes))) {
		free_conn(c, n);
		return;
	}
	n->phase = CONN_ENDING;
	core_arm(c, &n->timer, TIMER_CONN, n, ENDING_MS);
}

/* --- From the plan --------------------------------------------------------------------------------------------------- */

/* SAs of children that are gone end; the others find their child again. */
static void remap_sas(struct core *c, struct conn *n)
{
	bool mute = conn_is_mute(c, n);
	struct list *link, *following;

	n->installed = 0;
	list_each(&n->sas, link, following)
	{
		struct sa_rec *s = list_item(link, struct sa_rec, in_conn);
		bool lost = s->child >= 0;

		s->child = child_index_near(n, s->child_name, s->child >= 0 ? (uint32_t)s->child : 0);
		if (s->child >= 0) {
			n->children[s->child].installed++;
			n->installed++;
			hosts_up(c, s);
			idle_arm(c, s);
		} else if (lost) {
			struct effect *e = effects_add(c->out, EF_TERMINATE);

			e->sa.child_id = s->id;
			e->sa.force = mute;
		}
	}
}

/* Children that come to have SAs; what only lets pass stands behind them. */
static uint32_t tunnels_of(const struct ike_conn *planned)
{
	uint32_t n = planned->child_count;

	while (n > 0 && planned->children[n - 1].pass)
		n--;
	return n;
}

static bool take_children(struct core *c, struct conn *n, const struct ike_conn *planned)
{
	uint32_t count = tunnels_of(planned);
	struct conn_child *children = core_alloc(c, (count + 1) * sizeof(*children));

	if (!children)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		int32_t old = child_index_near(n, planned->children[i].name, i);

		str_copy(children[i].name, sizeof(children[i].name), planned->children[i].name);
		children[i].digest = ike_child_digest(&planned->children[i]);
		children[i].asked = old >= 0 && n->children[old].asked &&
			n->children[old].digest ==
				children[i].digest; /* again would be a second SA with IKEv1 */
		children[i].idle_s = planned->children[i].idle_s;
		children[i].idle_to_default = planned->children[i].idle_to_default;
		children[i].per_host = planned->children[i].per_host;
		children[i].local = planned->children[i].local;
		children[i].remote = planned->children[i].remote;
		children[i].rests = old >= 0 && n->children[old].waits &&
			(children[i].idle_s || hosts_apart(c, &children[i]));
	}
	demand_forget(c, n);
	hosts_forget(c, n);
	free(n->children);
	n->children = children;
	n->child_count = count;
	for (uint32_t i = 0; i < count; i++)
		if (children[i].rests)
			demand_wait(c, n, i);
	remap_sas(c, n);
	return true;
}

/* --- The peer's identity -------------------------------------------------------------------------------------------- */

/* A static peer is expected to call itself by its address, unless the configuration says otherwise. */
static bool id_is_address(const struct ike_conn *planned)
{
	char text[IP_TEXT_MAX];

	return ip_is_set(&planned->remote) &&
		strcmp(planned->remote_id, ip_format(&planned->remote, text)) == 0;
}

/*
 * A peer behind a NAT calls itself by an address of its own. Its key is tied to the address that it comes from, which
 * proves as much: any identity is accepted from there. Not from the start, since charon announces that it starts anew
 * (INITIAL_CONTACT) only to a peer whose identity it knows: but once it has not answered our call for a second, which is
 * what a NAT does that lets nothing in, or the peer has shown it.
 */
bool conn_identity(struct core *c, struct conn *n, const char *id)
{
	char text[IP_TEXT_MAX];
	bool other;

	if (n->dynamic || !n->unit || !n->id_is_address || !id[0])
		return false;
	other = strcmp(id, ip_format(&n->remote, text)) != 0;
	if (other && !n->said_id)
		core_log(c, SEV_NOTICE, "CRYPTO-5-PEER_IDENTITY",
			"Peer %s calls itself %s (it may be behind a NAT): accepted for its address and key",
			text, id);
	n->said_id = other;
	if (n->any_id == other)
		return false;
	n->any_id = other;
	unit_apply_later(n->unit);
	return true;
}

void conn_identity_open(struct conn *n)
{
	if (n->dynamic || !n->unit || !n->id_is_address || n->any_id)
		return;
	n->any_id = true;
	unit_apply_later(n->unit);
}

bool conn_port(struct conn *n, uint16_t port)
{
	uint16_t nat = call_port_is_nats(port) ? port : 0;

	if (n->dynamic || !n->unit || n->nat_port == nat)
		return false;
	n->nat_port = nat;
	unit_apply_later(n->unit);
	return true;
}

/* What a restart found established has shown its identity before anybody wanted the connection. */
static void adopt_identity(struct conn *n, const struct ike_conn *planned)
{
	struct list *link, *following;

	list_each(&n->ikes, link, following)
	{
		const struct ike_rec *i = list_item(link, struct ike_rec, in_conn);

		n->any_id |=
			i->established && i->remote_id[0] && strcmp(i->remote_id, planned->remote_id) != 0;
	}
}

static struct conn *conn_apply(struct core *c, struct unit *u, const struct ike_conn *planned)
{
	struct conn *n = conn_find(c, planned->name);
	struct ike_conn open = *planned;
	uint64_t digest;

	if (!n)
		n = conn_new(c, planned->name);
	if (!n)
		return NULL;
	n->id_is_address = id_is_address(planned);
	if (n->id_is_address && !n->unit)
		adopt_identity(n, planned);
	if (n->id_is_address && n->any_id)
		open.remote_id[0] = '\0';
	open.remote_port = n->nat_port;
	if (c->libipsec) /* its policies only protect: what is exempt takes the tunnel around it */
		open.child_count = tunnels_of(planned);
	planned = &open;
	digest = ike_conn_digest(planned);
	n->unit = u;
	if (n->phase == CONN_ENDING) /* comes back here when it is over */
		return n;
	if (n->planned != digest) {
		if (!take_children(c, n, planned))
			return n;
		n->planned = digest;
		n->local = planned->local;
		n->remote = planned->remote;
		n->dynamic = !ip_is_set(&planned->remote);
		n->bound_ms = planned->dpd_delay_s
			? (planned->dpd_delay_s + planned->dpd_timeout_s + 1) * INT64_C(1000)
			: 0;
		if (n->phase == CONN_UP)
			n->phase = CONN_IDLE; /* a line may have come: looked at when charon has it */
	}
	n->wanted = hosts_digest(n, digest);
	if (!n->peer && !n->dynamic) {
		n->peer = hop_hold(c, &n->remote);
		if (n->peer) {
			hop_peer_hold(c, n->peer);
			list_append(&n->peer->conns, &n->in_peer);
		}
	}
	load(c, n, planned);
	return n;
}

/* The peer in use stays in use while it is configured. */
static void keep_current(const struct core *c, struct unit *u, const struct conn *current)
{
	const struct crypto_map_entry *e = unit_entry(c, u);

	for (uint32_t i = 0; i < u->conn_count; i++) {
		if (u->conns[i] == current) {
			u->current = i;
			return;
		}
	}
	u->current = e ? crypto_entry_first_peer(e) : 0;
	if (u->current >= u->conn_count)
		u->current = 0;
}

bool conns_apply(struct core *c, struct unit *u, const struct plan *p)
{
	struct conn **conns = core_alloc(c, (p->conn_count + 1) * sizeof(*conns));
	const struct conn *current = u->conn_count ? u->conns[u->current] : NULL;
	uint32_t count = 0;

	if (!conns)
		return false;
	for (uint32_t i = 0; i < p->conn_count; i++) {
		struct conn *n = conn_apply(c, u, &p->conns[i]);

		if (n)
			conns[count++] = n;
	}
	for (uint32_t i = 0; i < u->conn_count; i++) {
		bool kept = false;

		for (uint32_t k = 0; k < count; k++)
			kept = kept || conns[k] == u->conns[i];
		if (!kept)
			conn_forget(c, u->conns[i]);
	}
	free(u->conns);
	u->conns = conns;
	u->conn_count = count;
	keep_current(c, u, current);
	return true;
}

/* charon died: it knows nothing any more. */
void conns_charon_gone(struct core *c)
{
	for (struct conn *n = c->conns; n; n = n->hh.next) {
		if (n->phase != CONN_ENDING)
			conn_rest(c, n);
		hosts_forget(c, n);
		timer_cancel(&c->timers, &n->reload);
		n->loaded = n->sent = 0;
		n->load_cookie = 0;
		accepted(c, n);
	}
}
