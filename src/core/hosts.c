/*
 * `set security-association level per-host`: an SA for each pair of hosts, made when the first packet of the pair asks for it
 * (demand.c). Its lines wait for packets at all times.
 *
 * A pair that asks becomes a further child of the entry's connection, "<line>.<number>", with its two hosts as selectors; charon
 * is given that before it is told to initiate it, and keeps it no longer than until the connection is loaded again: an SA has
 * what it was made from. What is reported of it comes under the line's own name (linux/ike_decode.c). A peer may bring up pairs,
 * too.
 *
 * Kernel ESP only: charon's user-space ESP closes a child that has no address of its own in its local selector.
 */
#include "core/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PAIRS_MAX = 1024, /* of one connection */
	PENDING_MAX = 32, /* of them negotiated at a time; more wait for their next packet */
};

struct host_pair {
	UT_hash_handle hh; /* by key */
	struct pair_key {
		struct ipaddr local, remote;
		uint32_t child;
	} key;
	struct conn *conn;
	uint16_t number;
	bool pending, asked; /* pending: a child of the connection until it is up; asked: charon was told */
	uint32_t sas;
	struct timer timer; /* pending */
};

bool hosts_apart(const struct core *c, const struct conn_child *child)
{
	return child->per_host && c->plane_known && !c->libipsec && c->demand_heard;
}

static bool serves(const struct core *c, const struct conn *n)
{
	return n->unit && n->unit->binding->level >= LEVEL_IKE && c->ike_up && c->sa_snapshot_done;
}

static struct pair_key key_of(uint32_t child, const struct ipaddr *local, const struct ipaddr *remote)
{
	struct pair_key key;

	memset(&key, 0, sizeof(key)); /* hashed as bytes */
	key.local = *local;
	key.remote = *remote;
	key.child = child;
	return key;
}

static struct host_pair *pair_get(struct core *c, struct conn *n, const struct pair_key *key)
{
	struct host_pair *p;

	HASH_FIND(hh, n->pairs, key, sizeof(*key), p);
	if (p)
		return p;
	p = core_alloc(c, sizeof(*p));
	if (!p)
		return NULL;
	p->key = *key;
	p->conn = n;
	HASH_ADD(hh, n->pairs, key, sizeof(p->key), p);
	if (!CORE_ADDED(p)) {
		free(p);
		c->oom = true;
		return NULL;
	}
	return p;
}

static void end_pending(struct core *c, struct host_pair *p)
{
	if (!p->pending)
		return;
	p->pending = false;
	p->conn->pending_pairs--;
	timer_cancel(&c->timers, &p->timer);
}

static void drop_unused(struct host_pair *p)
{
	if (p->pending || p->sas)
		return;
	HASH_DEL(p->conn->pairs, p);
	free(p);
}

void hosts_wait(struct core *c, struct conn *n)
{
	for (uint32_t i = 0; i < n->child_count; i++) {
		if (!n->children[i].per_host)
			continue;
		if (hosts_apart(c, &n->children[i]))
			demand_wait(c, n, i);
		else
			demand_over(c, n, i);
	}
}

void hosts_ask(struct core *c, struct conn *n, uint32_t child, const struct ipaddr *local,
	const struct ipaddr *remote)
{
	struct pair_key key = key_of(child, local, remote);
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX], peer[IP_TEXT_MAX];
	struct host_pair *p;

	HASH_FIND(hh, n->pairs, &key, sizeof(key), p);
	if (p || !serves(c, n) || n->pending_pairs >= PENDING_MAX)
		return;
	if (HASH_COUNT(n->pairs) >= PAIRS_MAX) {
		if (!n->said_pairs)
			core_log(c, SEV_WARNING, "CRYPTO-4-HOST_PAIRS",
				"%u pairs of hosts have an SA with peer %s: further ones are dropped until "
				"one goes",
				(unsigned)PAIRS_MAX, ip_format(&n->remote, peer));
		n->said_pairs = true;
		return;
	}
	p = pair_get(c, n, &key);
	if (!p)
		return;
	core_log(c, SEV_INFO, "CRYPTO-6-SA_DEMAND", "A packet from %s to %s asks for an SA with peer %s",
		ip_format(local, from), ip_format(remote, to), ip_format(&n->remote, peer));
	p->number = ++n->pair_number;
	p->pending = true;
	n->pending_pairs++;
	n->pair_loads++;
	core_arm(c, &p->timer, TIMER_HOST, p, INITIATE_TRY_MS);
	unit_apply_later(n->unit);
}

uint64_t hosts_digest(const struct conn *n, uint64_t planned)
{
	return planned + n->pair_loads * 0x9e3779b97f4a7c15u;
}

static void child_name(const struct host_pair *p, char out[IKE_CHILD_NAME_MAX])
{
	const char *line = p->conn->children[p->key.child].name;
	size_t n = strlen(line);

	str_copy(out, IKE_CHILD_NAME_MAX, line);
	snprintf(out + n, IKE_CHILD_NAME_MAX - n, ".%u", p->number);
}

/* Those that let pass stay the last. */
bool hosts_extend(const struct conn *n, struct ike_conn *planned)
{
	struct ike_child *more;
	uint32_t at = n->child_count, behind = planned->child_count - at;

	if (!n->pending_pairs)
		return true;
	more = realloc(planned->children, (planned->child_count + n->pending_pairs) * sizeof(*more));
	if (!more)
		return false;
	planned->children = more;
	memmove(more + at + n->pending_pairs, more + at, behind * sizeof(*more));
	for (const struct host_pair *p = n->pairs; p; p = p->hh.next) {
		if (!p->pending)
			continue;
		more[at] = more[p->key.child];
		child_name(p, more[at].name);
		more[at].local.prefix = prefix_host(&p->key.local);
		more[at].remote.prefix = prefix_host(&p->key.remote);
		at++;
	}
	planned->child_count += n->pending_pairs;
	return true;
}

/* charon has them. */
void hosts_loaded(struct core *c, struct conn *n)
{
	char name[IKE_CHILD_NAME_MAX];

	if (!n->pending_pairs || !serves(c, n))
		return;
	for (struct host_pair *p = n->pairs; p; p = p->hh.next) {
		struct effect *e;

		if (!p->pending || p->asked)
			continue;
		p->asked = true;
		child_name(p, name);
		e = effects_add(c->out, EF_INITIATE);
		e->sa.conn = core_strdup(c, n->name);
		e->sa.child = core_strdup(c, name);
	}
}

/* It did not come up in time: its next packet asks again, of the next peer when this one has no SA at all. */
void hosts_timer(struct core *c, struct host_pair *p)
{
	struct conn *n = p->conn;
	struct unit *u = n->unit;

	end_pending(c, p);
	drop_unused(p);
	if (n->installed || n->pending_pairs || !u)
		return;
	conn_terminate(c, n, true); /* the half-open one */
	conn_identity_open(n);
	if (u->conn_count < 2 || u->conns[u->current] != n)
		return;
	demand_forget(c, n);
	u->current = (u->current + 1) % u->conn_count;
	conn_kick(c, u->conns[u->current]);
}

void hosts_up(struct core *c, struct sa_rec *s)
{
	const struct prefix *local = &s->local_prefix;
	struct conn *n = s->conn;
	struct pair_key key;

	if (!n || s->pair || s->child < 0 || !n->children[s->child].per_host || s->prefix_count != 1 ||
		local->len != ip_bits(&local->addr) || s->prefixes[0].len != ip_bits(&s->prefixes[0].addr))
		return;
	key = key_of((uint32_t)s->child, &local->addr, &s->prefixes[0].addr);
	s->pair = pair_get(c, n, &key);
	if (!s->pair)
		return;
	s->pair->sas++;
	end_pending(c, s->pair);
}

void hosts_down(struct sa_rec *s)
{
	if (!s->pair)
		return;
	s->pair->sas--;
	s->pair->conn->said_pairs = false;
	drop_unused(s->pair);
	s->pair = NULL;
}

void hosts_forget(struct core *c, struct conn *n)
{
	struct list *link, *following;
	struct host_pair *p, *next;

	list_each(&n->sas, link, following) list_item(link, struct sa_rec, in_conn)->pair = NULL;
	HASH_ITER (hh, n->pairs, p, next) {
		end_pending(c, p);
		HASH_DEL(n->pairs, p);
		free(p);
	}
}
