/*
 * Calling the peers of a dynamic map. Nobody knows where they are, until one of them sends into an SA that died with the
 * other router: then a connection towards its address, made from the dynamic one, is loaded for as long as the call takes.
 *
 * It is named after the dynamic connection with the address behind a blank; what comes of it is reported under the dynamic
 * connection's own name (linux/ike.h), so it is a tunnel like any other of that map and stays when the call is over. The
 * identity that is expected at first is the address: only then INITIAL_CONTACT goes out, by which the peer drops its dead
 * SAs. Who does not answer to that is called once more, and may call itself anything: it has proven its key, and traffic
 * goes on, while its dead SAs wait for its own detection.
 *
 * A peer that takes the call and refuses the SA (its list is another one than we propose, and not every implementation narrows
 * ours) is hung up on, and left alone for as long as we listen: to probes of its own detection our IKE_SA would answer that
 * all is well.
 *
 * Behind a NAT it is called at the port that its packets come from, by which they get in; many may share the address.
 */
#include "core/parts.h"

#include "ipsec/isakmp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CALLS_MAX = 1024,      /* peers remembered; */
	CALLS_AT_A_TIME = 32,  /* peers called */
	CALL_MS = 8000,	       /* until the next version is tried, or none; and from its IKE_SA to its SA */
	CALL_AGAIN_MS = 60000, /* a peer that did not answer is left alone for so long */
	IKE_PORT = 500,
	IKE_NAT_PORT = 4500,
};

struct call {
	UT_hash_handle hh; /* by key */
	struct call_key {
		uint32_t binding;
		struct ipaddr peer;
		uint16_t port; /* a NAT's; 0: its own */
	} key;
	bool fresh;    /* it may be answered soon: counts in c->calling */
	uint32_t next; /* connection of the dynamic units to call by, */
	bool open;     /* as whatever it calls itself */
	bool met;      /* IKE is up */
	char *name;    /* of what is loaded; NULL: nothing */
	struct timer timer;
};

/* Others go on meanwhile. */
static void not_fresh(struct core *c, struct call *k)
{
	c->calling -= k->fresh;
	k->fresh = false;
}

static void unload(struct core *c, struct call *k)
{
	struct effect *e;

	not_fresh(c, k);
	if (!k->name)
		return;
	if (c->ike_up) {
		e = effects_add(c->out, EF_CONN_UNLOAD);
		e->name = k->name;
	} else {
		free(k->name);
	}
	k->name = NULL;
}

static void end_call(struct core *c, struct call *k)
{
	unload(c, k);
	timer_cancel(&c->timers, &k->timer);
	HASH_DEL(c->calls, k);
	free(k);
}

void calls_end(struct core *c, const struct binding *b)
{
	struct call *k, *next;

	HASH_ITER (hh, c->calls, k, next)
		if (k->key.binding == b->id)
			end_call(c, k);
}

struct search {
	struct ipaddr peer;
	bool found;
};

static bool look_for_key(const struct ike_secret *s, void *arg)
{
	struct search *search = arg;

	search->found = s->owners.len == 0 || prefix_contains(&s->owners, &search->peer);
	return !search->found;
}

/* The nth connection of the binding's dynamic entries, planned anew; false when there are not so many. */
static bool plan_nth(struct core *c, const struct binding *b, uint32_t nth, struct ike_conn *out)
{
	struct list *link, *following;

	list_each(&c->dynamic_units, link, following)
	{
		const struct unit *u = list_item(link, struct unit, in_dynamic);
		const struct crypto_map_entry *e = u->binding == b ? unit_entry(c, u) : NULL;
		struct plan p;
		bool found;

		if (!e || !plan_entry(c->model, b->interface, binding_model_map(c, b), e, &b->endpoint, &p))
			continue;
		found = nth < p.conn_count;
		if (found && !ike_conn_copy(out, &p.conns[nth]))
			found = false;
		nth -= found ? 0 : p.conn_count;
		plan_clear(&p);
		if (found)
			return true;
	}
	return false;
}

static void ask(struct core *c, const struct ike_conn *conn)
{
	for (uint32_t i = 0; i < conn->child_count; i++) {
		struct effect *e = effects_add(c->out, EF_INITIATE);

		e->sa.conn = core_strdup(c, conn->name);
		e->sa.child = core_strdup(c, conn->children[i].name);
	}
}

/* All of them with an identity, then those that need none without; false: there is none left. */
static bool plan_next(struct core *c, const struct binding *b, struct call *k, struct ike_conn *out)
{
	for (;;) {
		if (plan_nth(c, b, k->next++, out)) {
			if (!k->open || k->key.port || !out->remote_id[0])
				return true;
			ike_conn_clear(out);
		} else if (k->open) {
			return false;
		} else {
			k->open = true;
			k->next = 0;
		}
	}
}

/* Loads and initiates; false when no connection is left to try. */
static bool place(struct core *c, const struct binding *b, struct call *k)
{
	struct ike_conn *conn = core_alloc(c, sizeof(*conn));
	char peer[IP_TEXT_MAX];
	struct effect *e;
	size_t len;

	if (!conn || !plan_next(c, b, k, conn)) {
		free(conn);
		return false;
	}
	ip_format(&k->key.peer, peer);
	len = strlen(conn->name);
	if (k->key.port)
		snprintf(conn->name + len, sizeof(conn->name) - len, " %s:%u", peer, k->key.port);
	else
		snprintf(conn->name + len, sizeof(conn->name) - len, " %s", peer);
	conn->remote = k->key.peer;
	conn->remote_port = k->key.port;
	if (!conn->remote_id[0] && !k->open)
		str_copy(conn->remote_id, sizeof(conn->remote_id), peer);
	k->name = core_strdup(c, conn->name);
	if (!k->name) {
		ike_conn_clear(conn);
		free(conn);
		return false;
	}
	k->fresh = true;
	c->calling++;
	e = effects_add(c->out, EF_CONN_LOAD);
	e->conn = conn;
	ask(c, conn); /* charon takes one command after the other */
	core_arm(c, &k->timer, TIMER_CALL, k, INITIATE_FRESH_MS);
	return true;
}

bool call_port_is_nats(uint16_t port)
{
	return port && port != IKE_PORT && port != IKE_NAT_PORT;
}

static struct call_key key_of(uint32_t binding, const struct ipaddr *peer, uint16_t port)
{
	struct call_key id;

	memset(&id, 0, sizeof(id)); /* its padding is hashed as well */
	id.binding = binding;
	id.peer = *peer;
	id.port = call_port_is_nats(port) ? port : 0;
	return id;
}

/* Behind a NAT all SAs are looked through: once a minute for each peer, since it is remembered that it has one. */
static bool has_sa(const struct core *c, const struct call_key *id)
{
	const struct hop *hop = hop_find(c, &id->peer);

	if (!hop || !hop->sas || !id->port)
		return hop && hop->sas;
	for (const struct sa_rec *s = c->sas; s; s = s->hh.next)
		if (s->remote_port == id->port && ip_equal(&s->remote, &id->peer))
			return true;
	return false;
}

void call_peer(struct core *c, const struct binding *b, const struct ipaddr *peer, uint16_t port)
{
	struct search key = {*peer, false};
	struct call_key id = key_of(b->id, peer, port);
	struct call *k;

	if (list_empty(&c->dynamic_units) || !c->ike_up || b->level < LEVEL_IKE ||
		c->calling >= CALLS_AT_A_TIME || HASH_COUNT(c->calls) >= CALLS_MAX)
		return;
	HASH_FIND(hh, c->calls, &id, sizeof(id), k);
	if (k)
		return;
	isakmp_each_secret(c->model, look_for_key, &key);
	if (!key.found)
		return;
	k = core_alloc(c, sizeof(*k));
	if (!k)
		return;
	k->key = id;
	k->open = id.port != 0; /* what it calls itself is not the address that we see */
	HASH_ADD(hh, c->calls, key, sizeof(k->key), k);
	if (!CORE_ADDED(k)) {
		free(k);
		c->oom = true;
	} else if (has_sa(c, &id) || !place(c, b, k)) {
		core_arm(c, &k->timer, TIMER_CALL, k, CALL_AGAIN_MS);
	}
}

void call_answered(struct core *c, uint32_t binding, const struct ipaddr *peer, uint16_t port)
{
	struct call_key id = key_of(binding, peer, port);
	struct call *k;

	HASH_FIND(hh, c->calls, &id, sizeof(id), k);
	if (!k || !k->name)
		return;
	unload(c, k); /* the SA stays; the next one's turn */
	core_arm(c, &k->timer, TIMER_CALL, k, CALL_AGAIN_MS);
}

void call_met(struct core *c, uint32_t binding, const struct ipaddr *peer, uint16_t port)
{
	struct call_key id = key_of(binding, peer, port);
	struct call *k;

	HASH_FIND(hh, c->calls, &id, sizeof(id), k);
	if (!k || !k->name || k->met)
		return;
	k->met = true;
	not_fresh(c, k);
	core_arm(c, &k->timer, TIMER_CALL, k, CALL_MS);
}

static void hang_up(struct core *c, const struct call *k)
{
	struct effect *e;

	if (!k->name || !c->ike_up)
		return;
	e = effects_add(c->out, EF_TERMINATE);
	e->sa.conn = core_strdup(c, k->name);
}

void call_timer(struct core *c, struct call *k)
{
	const struct binding *b = binding_by_id(c, k->key.binding);
	bool placed = k->name != NULL;

	if (k->fresh) {
		not_fresh(c, k);
		core_arm(c, &k->timer, TIMER_CALL, k, CALL_MS - INITIATE_FRESH_MS);
		return;
	}

	if (placed)
		hang_up(c, k);
	unload(c, k);
	if (!placed || !b) {
		end_call(c, k);
	} else if (k->met) {
		core_arm(c, &k->timer, TIMER_CALL, k, LISTEN_MS);
	} else if (has_sa(c, &k->key) || !place(c, b, k)) {
		core_arm(c, &k->timer, TIMER_CALL, k, CALL_AGAIN_MS);
	}
}

void calls_charon_gone(struct core *c)
{
	struct call *k, *next;

	HASH_ITER (hh, c->calls, k, next)
		end_call(c, k);
}
