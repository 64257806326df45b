/*
 * The filter of one crypto interface: the rules of all its entries, sent as a whole, one at a time (rule 5).
 * While one is under way changes gather; what waits for the filter waits for the one that has its rules.
 */
#include "core/parts.h"

#include <stdlib.h>
#include <string.h>

static const struct unit *unit_at(const struct binding *b, size_t i)
{
	return b->units.items[i];
}

static void count(const struct binding *b, uint32_t *rules, uint32_t *peers)
{
	for (size_t i = 0; i < b->units.count; i++) {
		*rules += unit_at(b, i)->rule_count + HASH_COUNT(unit_at(b, i)->learned) +
			unit_at(b, i)->before_count;
		*peers += unit_at(b, i)->conn_count;
	}
}

/*
 * Kernel ESP clears and copies by itself (charon tells it), and never sets. charon's user-space ESP always sets: `copy` is
 * `set` there.
 */
static uint8_t df_left_to_do(const struct core *c, enum df_bit df)
{
	return df == (c->libipsec ? DF_CLEAR : DF_SET) ? (uint8_t)df : 0;
}

static void add_peers(const struct core *c, const struct unit *u, struct filter *f)
{
	const struct crypto_map_entry *e = unit_entry(c, u);
	const struct binding *b = u->binding;
	struct filter_peer peer = {.local = b->endpoint};

	if (!e || !ip_is_set(&b->endpoint))
		return;
	peer.df = df_left_to_do(c, crypto_entry_df(c->model, b->interface, e));
	if (e->kind == CRYPTO_MAP_ISAKMP_DYNAMIC)
		f->peers[f->peer_count++] = peer;
	for (uint8_t i = 0; e->kind == CRYPTO_MAP_ISAKMP && i < e->peer_count; i++) {
		peer.remote = e->peers[i].addr;
		f->peers[f->peer_count++] = peer;
	}
}

static struct filter *build(struct core *c, const struct binding *b)
{
	const struct link_rec *tun = link_find(c, c->tun), *link = link_find(c, b->ifindex);
	struct filter *f = core_alloc(c, sizeof(*f));
	uint32_t rules = 0, peers = 0, waiting = 0;

	if (!f)
		return NULL;
	count(b, &rules, &peers);
	for (size_t i = 0; i < b->units.count; i++) {
		const struct crypto_map_entry *e = unit_entry(c, unit_at(b, i));

		peers += e ? e->peer_count + 1u : 0;
		waiting += demand_waits(unit_at(b, i)) ? unit_at(b, i)->rule_count : 0;
	}
	f->ifindex = b->ifindex;
	f->mtu = link ? link->l.mtu : 0;
	str_copy(f->device, sizeof(f->device), b->device);
	f->rules = core_alloc(c, (rules + 1) * sizeof(*f->rules));
	f->peers = core_alloc(c, (peers + 1) * sizeof(*f->peers));
	f->waiting = core_alloc(c, (waiting + 1) * sizeof(*f->waiting));
	if (!f->rules || !f->peers || !f->waiting) {
		filter_free(f);
		return NULL;
	}
	for (size_t i = 0; i < b->units.count; i++) {
		const struct unit *u = unit_at(b, i);

		if (u->rule_count)
			memcpy(f->rules + f->rule_count, u->rules, u->rule_count * sizeof(*f->rules));
		f->rule_count += u->rule_count;
		for (const struct learned_flow *l = u->learned; l; l = l->hh.next)
			f->rules[f->rule_count++] = l->rule;
		if (u->before_count)
			memcpy(f->rules + f->rule_count, u->before, u->before_count * sizeof(*f->rules));
		f->rule_count += u->before_count;
		add_peers(c, u, f);
		demand_rules(u, f);
	}
	if (c->libipsec && tun)
		str_copy(f->tun, sizeof(f->tun), tun->l.name);
	return f;
}

void filter_work(struct core *c, struct binding *b)
{
	struct effect *e;
	struct filter *f;

	if (!b->filter_dirty || b->filter_cookie || b->level < LEVEL_FILTER || !b->ifindex || b->leaving ||
		!list_empty(&b->plan_queue) || timer_armed(&b->filter_timer))
		return;
	learned_recall(c, b);
	f = build(c, b);
	if (!f)
		return;
	b->filter_cookie = core_expect(c, PENDING_FILTER, b->id);
	if (!b->filter_cookie) {
		filter_free(f);
		return;
	}
	b->filter_dirty = false;
	b->filter_sent = true;
	b->filter_number++;
	b->filter_rules = f->rule_count;
	b->filter_waiting = f->waiting_count > 0;
	e = effects_add(c->out, EF_FILTER);
	e->cookie = b->filter_cookie;
	e->filter = f;
}

void filter_result(struct core *c, struct binding *b, uint64_t cookie, int error)
{
	if (b->filter_cookie != cookie)
		return;
	b->filter_cookie = 0;
	if (error) {
		b->filter_failures++;
		core_log(c, SEV_ERROR, "CRYPTO-3-FILTER",
			"Filter of %s was refused (error %d): the crypto map stays out of service",
			b->interface, -error);
		b->filter_dirty = true;
		core_arm(c, &b->filter_timer, TIMER_FILTER, b,
			core_backoff(b->filter_failures, RETRY_MS, RETRY_MAX_MS));
		return;
	}
	b->filter_failures = 0;
	if (b->filter_rules >
		FILTER_PACE_RULES) /* a long one costs the kernel time: changes gather meanwhile */
		core_arm(c, &b->filter_timer, TIMER_FILTER, b, b->filter_rules / FILTER_RULES_PER_MS);
	b->filter_stands = true;
	b->filter_confirmed = b->filter_number;
	units_filter_confirmed(c, b);
	binding_look(c, b);
}

/* Unless another crypto map took the interface over: its filter replaces ours, and it has to take that away. */
void filter_withdraw(struct core *c, struct binding *b)
{
	struct effect *e;
	uint64_t cookie;

	if (!b->filter_sent || !b->ifindex)
		return;
	b->filter_sent = b->filter_stands = false;
	b->filter_dirty = true; /* should it come back */
	for (struct binding *other = c->bindings; other; other = other->hh.next) {
		if (other == b || other->ifindex != b->ifindex || other->removing)
			continue;
		other->filter_sent = true;
		return;
	}
	cookie = core_expect(c, PENDING_FILTER_GONE, b->id);
	e = effects_add(c->out, EF_FILTER_GONE);
	e->cookie = cookie;
	e->ifindex = b->ifindex;
}
