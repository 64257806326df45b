/* The only entry: events in, queues worked off, effects out. */
#include "core/parts.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Life ------------------------------------------------------------------------------------------------------- */

struct core *core_new(void)
{
	struct core *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	list_init(&c->look);
	list_init(&c->dynamic_units);
	list_init(&c->dirty_sas);
	list_init(&c->init_queue);
	list_init(&c->dirty_hops);
	list_init(&c->ask_hops);
	list_init(&c->walks);
	list_init(&c->dying_sas);
	list_init(&c->all_kroutes);
	list_init(&c->all_statics);
	list_init(&c->dirty_statics);
	list_init(&c->refused);
	list_init(&c->remembered);
	rri_init(&c->rri);
	c->adopting = true;
	c->window = INITIATE_FRESH_FIRST;
	return c;
}

static void free_hops(struct core *c)
{
	static const struct prefix all[2] = {{{IP_V4, {0}}, 0}, {{IP_V6, {0}}, 0}};

	for (int i = 0; i < 2; i++)
		for (struct trie_node *n = trie_within(&c->hops, &all[i]); n;
			n = trie_within_next(n, &all[i]))
			free(n->data);
	trie_free(&c->hops);
	for (int i = 0; i < 2; i++)
		for (struct trie_node *n = trie_within(&c->connected, &all[i]); n;
			n = trie_within_next(n, &all[i]))
			free(n->data);
	trie_free(&c->connected);
}

#define FREE_HASH(hash, type)                                                                                \
	do {                                                                                                 \
		type *element, *following;                                                                   \
		HASH_ITER (hh, hash, element, following) {                                                   \
			HASH_DEL(hash, element);                                                             \
			free(element);                                                                       \
		}                                                                                            \
	} while (0)

static void free_links(struct core *c)
{
	struct link_rec *l, *next;

	HASH_CLEAR(hh_name, c->link_names);
	HASH_ITER (hh, c->links, l, next) {
		struct list *a;

		while ((a = list_take(&l->addresses)) != NULL)
			free(list_item(a, struct address_rec, in_link));
		HASH_DEL(c->links, l);
		free(l);
	}
}

void core_free(struct core *c)
{
	struct effects discarded = {0};
	struct conn *n, *next_conn;
	struct iface *i, *next_iface;
	struct binding *b, *next_binding;
	struct static_rec *st, *next_static;
	struct list *link;

	if (!c)
		return;
	c->out = &discarded;
	c->ike_up = false;
	HASH_ITER (hh, c->ifaces, i, next_iface)
		iface_free(c, i);
	HASH_ITER (hh, c->bindings, b, next_binding)
		binding_free(c, b);
	HASH_ITER (hh, c->conns, n, next_conn)
		conn_forget(c, n);
	sas_flush(c);
	c->budget = UINT32_MAX;
	sas_work(c);
	for (uint32_t k = 0; k < c->pending_cap; k++)
		core_pending_done(c, c->pendings[k].cookie);
	free(c->pendings);
	HASH_ITER (hh, c->statics, st, next_static) {
		HASH_DEL(c->statics, st);
		free(st);
	}
	FREE_HASH(c->kroutes, struct kroute);
	FREE_HASH(c->foreign, struct foreign_rec);
	FREE_HASH(c->groups, struct group_rec);
	FREE_HASH(c->secrets, struct secret_rec);
	FREE_HASH(c->acl_users, struct acl_users);
	free_links(c);
	rri_free(&c->rri);
	tracks_free(c);
	learned_forget(c);
	free_hops(c);
	while ((link = list_take(&c->walks)) != NULL)
		free(list_item(link, struct walk, in_walks));
	trie_free(&c->waiting);
	timerq_free(&c->timers);
	timerq_free(&c->busiest);
	effects_free(&discarded);
	free(c);
}

/* --- Tools of the reconcilers ------------------------------------------------------------------------------------ */

void *core_alloc(struct core *c, size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		c->oom = true;
	return p;
}

char *core_strdup(struct core *c, const char *s)
{
	char *copy = str_dup(s);

	if (!copy)
		c->oom = true;
	return copy;
}

void core_arm(struct core *c, struct timer *t, enum timer_kind kind, void *owner, int64_t ms)
{
	t->kind = kind;
	t->owner = owner;
	if (!timer_arm(&c->timers, t, mono_add_ms(c->now, ms)))
		c->oom = true;
}

int64_t core_backoff(uint32_t failures, int64_t first_ms, int64_t max_ms)
{
	int64_t ms = first_ms;

	while (failures-- > 1 && ms < max_ms)
		ms *= 2;
	return ms < max_ms ? ms : max_ms;
}

void core_log(struct core *c, enum severity severity, const char *mnemonic, const char *format, ...)
{
	struct effect *e = effects_add(c->out, EF_LOG);
	struct text t = {0};
	va_list args;

	va_start(args, format);
	text_vprintf(&t, format, args);
	va_end(args);
	e->log.severity = severity;
	str_copy(e->log.mnemonic, sizeof(e->log.mnemonic), mnemonic);
	e->log.text = text_take(&t);
}

void core_warn(struct core *c, const char *line)
{
	struct effect *e = effects_add(c->out, EF_WARN);

	e->log.severity = SEV_WARNING;
	str_copy(e->log.mnemonic, sizeof(e->log.mnemonic), "CRYPTO-4-CONFIGURATION");
	e->log.text = core_strdup(c, line);
}

static bool grow_pendings(struct core *c)
{
	uint32_t cap = c->pending_cap ? 2 * c->pending_cap : 64;
	struct pending *all = realloc(c->pendings, cap * sizeof(*all));

	if (!all) {
		c->oom = true;
		return false;
	}
	for (uint32_t i = c->pending_cap; i < cap; i++)
		all[i] = (struct pending){.next_free = i + 1 < cap ? i + 2 : 0};
	c->pending_free = c->pending_cap + 1;
	c->pendings = all;
	c->pending_cap = cap;
	return true;
}

uint64_t core_expect(struct core *c, enum pending_kind kind, uint32_t owner)
{
	struct binding *b = binding_by_id(c, owner);
	struct pending *p;
	uint32_t at;

	if (!c->pending_free && !grow_pendings(c))
		return 0;
	at = c->pending_free;
	p = &c->pendings[at - 1];
	c->pending_free = p->next_free;
	*p = (struct pending){
		.cookie = (uint64_t)++c->pending_serial << 32 | at, .kind = kind, .owner = b ? owner : 0};
	if (b)
		b->ops++;
	return p->cookie;
}

struct pending *core_pending(struct core *c, uint64_t cookie)
{
	uint32_t at = (uint32_t)cookie;

	return at && at <= c->pending_cap && c->pendings[at - 1].cookie == cookie ? &c->pendings[at - 1]
										  : NULL;
}

void core_pending_done(struct core *c, uint64_t cookie)
{
	struct pending *p = core_pending(c, cookie);
	uint32_t owner;

	if (!p)
		return;
	owner = p->owner;
	c->nobodys -= p->kind == PENDING_KROUTE && owner == 0;
	if (p->kind == PENDING_CONN)
		free(p->conn);
	*p = (struct pending){.next_free = c->pending_free};
	c->pending_free = (uint32_t)cookie;
	binding_op_done(c, owner);
}

bool core_spend(struct core *c)
{
	if (c->budget == 0) {
		c->more = true;
		return false;
	}
	c->budget--;
	return true;
}

/* --- Snapshots and what a restart finds ---------------------------------------------------------------------------- */

/* The kernel's and charon's leavings of an earlier run are wanted again by now, or they go. */
static void end_adoption(struct core *c)
{
	c->adopting = false;
	timer_cancel(&c->timers, &c->adoption);
	kroutes_sweep_start(c);
	conns_forget_strays(c);
	learned_forget(c);
	for (struct binding *b = c->bindings; b; b = b->hh.next)
		binding_drop_unserved(c, b);
}

static bool anything_settling(const struct core *c)
{
	for (const struct binding *b = c->bindings; b; b = b->hh.next)
		if (binding_settling(c, b) || b->tx.list || list_linked(&b->in_look) ||
			!list_empty(&b->plan_queue) || !list_empty(&b->apply_queue) ||
			!list_empty(&b->wait_filter))
			return true;
	return false;
}

/*
 * One that has not come as far as it should: its filter is refused, or charon is late. Or nobody has told its role yet, and
 * the virtual address is here: as long as that lives, the HSRP process may come back to its role. What it claims waits for it.
 */
static bool anything_coming(const struct core *c)
{
	for (const struct binding *b = c->bindings; b; b = b->hh.next)
		if (!b->leaving && !b->removing &&
			((b->target > LEVEL_FILTER && b->level < b->target) ||
				(binding_settling(c, b) && endpoint_is_ours(c, b->ifindex, &b->fsm.vip))))
			return true;
	return false;
}

/*
 * The time is over: what nobody has claimed by now goes. But timers go before what was told while we did not run: that is
 * heard until a last call, which counts only if it comes in time itself.
 */
static void adoption_over(struct core *c)
{
	bool coming = anything_coming(c);
	bool heard = c->last_call && mono_diff_ms(c->now, c->adoption.at) < LAST_CALL_LATE_MS;

	if (!coming && heard) {
		end_adoption(c);
		return;
	}
	c->last_call = !coming;
	core_arm(c, &c->adoption, TIMER_ADOPTION, NULL, coming ? ADOPTION_AGAIN_MS : LAST_CALL_MS);
}

static bool adoption_complete(const struct core *c)
{
	return c->snapshot_done && c->model && c->sa_snapshot_done && !c->more && list_empty(&c->dirty_sas) &&
		list_empty(&c->dying_sas) && list_empty(&c->walks) && list_empty(&c->rri.dirty) &&
		list_empty(&c->dirty_statics) && list_empty(&c->dirty_hops) && list_empty(&c->ask_hops) &&
		c->asked == 0 && !anything_settling(c);
}

static const struct prefix everything = {{IP_V4, {0}}, 0};

static void snapshot_begin(struct core *c)
{
	c->generation++;
}

static void snapshot_end(struct core *c)
{
	bool first = !c->snapshot_done;
	struct iface *i, *next;

	c->snapshot_done = true;
	links_sweep(c);
	foreign_sweep(c);
	c->sweep_generation = c->generation;
	kroutes_sweep_start(c);
	hops_ask(c, NULL);
	HASH_ITER (hh, c->ifaces, i, next)
		iface_reconcile(c, i);
	tracks_configure(c);
	tracks_routes_changed(c, &everything);
	if (first && !c->ike_up)
		lost_down(c);
	if (first)
		core_arm(c, &c->adoption, TIMER_ADOPTION, NULL, ADOPTION_MS);
}

/* --- Stop (D9) ------------------------------------------------------------------------------------------------------ */

static void stop_start(struct core *c)
{
	c->stopping = true;
	core_arm(c, &c->stop_timer, TIMER_STOP, NULL, STOP_MS);
	if (c->adopting)
		end_adoption(c);
	for (struct binding *b = c->bindings; b; b = b->hh.next)
		binding_look(c, b);
	secrets_unload(c);
}

/* The limit is over: the filter goes last all the same. */
static void stop_force(struct core *c)
{
	struct binding *b, *next;

	core_log(c, SEV_WARNING, "CRYPTO-4-STOP_LATE", "Not everything could be taken back in time");
	HASH_ITER (hh, c->bindings, b, next) {
		filter_withdraw(c, b);
		binding_free(c, b);
	}
}

static bool kroutes_gone(const struct core *c)
{
	for (const struct list *l = c->all_kroutes.next; l != &c->all_kroutes; l = l->next) {
		const struct kroute *k = list_item(l, struct kroute, all);

		if (k->key.protocol != ROUTE_PROTO_STATIC && (k->present || k->cookie))
			return false;
	}
	return true;
}

static void stop_check(struct core *c)
{
	if (!c->stopping || c->stopped || c->bindings || (timer_armed(&c->stop_timer) && !kroutes_gone(c)))
		return;
	c->stopped = true;
	timer_cancel(&c->timers, &c->stop_timer);
	effects_add(c->out, EF_STOPPED);
}

/* --- One step ------------------------------------------------------------------------------------------------------- */

static void timer_event(struct core *c, struct timer *t)
{
	switch ((enum timer_kind)t->kind) {
	case TIMER_BINDING: binding_run(c, t->owner); break;
	case TIMER_FILTER: break; /* the next filter may be sent */
	case TIMER_CONN: conn_timer(c, t->owner); break;
	case TIMER_CONN_LOAD: conn_reload(c, t->owner); break;
	case TIMER_KROUTE: kroute_timer(c, t->owner); break;
	case TIMER_IKE: ike_silent_too_long(c, t->owner); break;
	case TIMER_SA: idle_timer(c, t->owner); break;
	case TIMER_IKE_LOST: lost_timer(c); break;
	case TIMER_IKE_SETTLED: lost_settled(c); break;
	case TIMER_CALL: call_timer(c, t->owner); break;
	case TIMER_LISTEN: orphans_timer(c, t->owner); break;
	case TIMER_ADOPTION: adoption_over(c); break;
	case TIMER_STOP: stop_force(c); break;
	case TIMER_TRACK: track_delay_over(c, t->owner); break;
	case TIMER_HAZARDS: hazards_check(c); break;
	case TIMER_HOST: hosts_timer(c, t->owner); break;
	}
}

static void result_event(struct core *c, uint64_t cookie, int error)
{
	const struct pending *found = core_pending(c, cookie);
	struct pending p;

	if (!found)
		return;
	p = *found;
	switch (p.kind) {
	case PENDING_FILTER: {
		struct binding *b = binding_by_id(c, p.owner);

		if (b)
			filter_result(c, b, cookie, error);
		break;
	}
	case PENDING_CONN: conn_load_result(c, p.conn, cookie, error); break;
	case PENDING_KROUTE: kroute_result(c, p.kroute, cookie, error); break;
	case PENDING_FILTER_GONE:
	case PENDING_OTHER:
	case PENDING_NONE: break;
	}
	core_pending_done(c, cookie);
}

static void hsrp_up(struct core *c)
{
	struct iface *i, *next;

	c->hsrp_up = true;
	HASH_ITER (hh, c->ifaces, i, next) {
		struct effect *e = effects_add(c->out, EF_HSRP_CONFIG);

		str_copy(e->interface, sizeof(e->interface), i->name);
	}
}

static void address_tracked(struct core *c, int ifindex)
{
	const struct link_rec *l = link_find(c, ifindex);

	if (l)
		tracks_link_changed(c, ifindex, l->l.name);
}

/* Ours are no underlay and not told of as such. */
static void route_tracked(struct core *c, const struct route *r)
{
	if (route_is_ours(r))
		tracks_routes_changed(c, &r->prefix);
}

static void dispatch(struct core *c, const struct event *e)
{
	switch (e->kind) {
	case EV_TIMER: break;
	case EV_CONFIG: config_event(c, e->model); break;
	case EV_LINK:
		link_event(c, &e->link);
		tracks_link_changed(c, e->link.ifindex, e->link.name);
		break;
	case EV_LINK_GONE:
		link_gone(c, e->link.ifindex);
		tracks_link_changed(c, e->link.ifindex, e->link.name);
		break;
	case EV_ADDRESS:
		address_event(c, &e->address);
		address_tracked(c, e->address.ifindex);
		break;
	case EV_ADDRESS_GONE:
		address_gone(c, &e->address);
		address_tracked(c, e->address.ifindex);
		break;
	case EV_ROUTE:
		if (route_is_ours(&e->route))
			kroute_seen(c, &e->route);
		else
			foreign_route(c, &e->route, true);
		route_tracked(c, &e->route);
		break;
	case EV_ROUTE_GONE:
		if (route_is_ours(&e->route))
			kroute_lost(c, &e->route);
		else
			foreign_route(c, &e->route, false);
		route_tracked(c, &e->route);
		break;
	case EV_SNAPSHOT_BEGIN: snapshot_begin(c); break;
	case EV_SNAPSHOT_END: snapshot_end(c); break;
	case EV_UNDERLAY:
		hops_ask(c, &e->underlay);
		tracks_routes_changed(c, &e->underlay);
		break;
	case EV_REACHED: tracks_reached(c, e); break;
	case EV_RESOLVED: hop_resolved(c, e); break;
	case EV_HSRP_ROLE: standby_event(c, e); break;
	case EV_HSRP_UP: hsrp_up(c); break;
	case EV_HSRP_DOWN:
		c->hsrp_up = false;
		standby_orphans(c, NULL);
		break;
	case EV_IKE_UP:
	case EV_IKE_DOWN:
	case EV_SA_SNAPSHOT_BEGIN:
	case EV_SA_SNAPSHOT_END:
	case EV_CONN:
	case EV_IKE_SA:
	case EV_IKE_SA_GONE:
	case EV_IKE_LIVENESS:
	case EV_CHILD_SA:
	case EV_CHILD_SA_REKEYED:
	case EV_CHILD_SA_GONE: ike_event(c, e); break;
	case EV_LEARNED: learned_remember(c, e->learned.device, e->learned.rule); break;
	case EV_DEMAND: demand_event(c, e); break;
	case EV_DEMAND_HEARD: demand_heard(c, e->heard); break;
	case EV_ESP: orphan_event(c, e); break;
	case EV_RESULT: result_event(c, e->result.cookie, e->result.error); break;
	case EV_FORCE_RELOAD: break; /* the snapshot that follows is the truth */
	case EV_DEBUG: c->debug = e->debug; break;
	case EV_CLEAR_SA: sas_clear(c, &e->clear); break;
	case EV_CLEAR_COUNTERS: counters_clear(c, e->child.child); break;
	case EV_STOP: stop_start(c); break;
	}
}

/* Works the queues off in the order that keeps what depends on what: goals, plans, filters, SAs, routes, charon. */
static void work(struct core *c)
{
	uint32_t before;
	bool again;

	do { /* until a whole round found nothing to do: what came to rest lets others go on */
		before = c->budget;
		secrets_work(c); /* before the connections that use them */
		again = bindings_work(c);
		sas_work(c);
		walks_work(c);
		hops_work(c);
		routes_work(c);
		conns_work(c);
		kroutes_sweep_work(c);
		mss_work(c);
	} while ((again || c->budget != before) && !c->more);
}

void core_step(struct core *c, const struct event *e, mono_t now, struct effects *out)
{
	struct timer *t;

	assert(!mono_before(now, c->now));
	c->now = now;
	c->out = out;
	c->budget = WORK_BUDGET;
	c->more = false;
	dispatch(c, e);
	while ((t = timerq_take(&c->timers, now)) != NULL)
		timer_event(c, t);
	work(c);
	if (c->adopting && adoption_complete(c)) {
		end_adoption(c);
		work(c);
	}
	ready_check(c);
	stop_check(c);
	if (c->oom) {
		c->oom = false;
		core_log(c, SEV_CRITICAL, "SYS-2-MALLOCFAIL", "Memory is exhausted: the state is incomplete");
	}
	c->out = NULL;
}

mono_t core_deadline(const struct core *c)
{
	return c->more ? c->now : timerq_next(&c->timers);
}

bool core_guarded(const struct core *c)
{
	if (!c->snapshot_done || !c->model || c->more)
		return false;
	for (const struct binding *b = c->bindings; b; b = b->hh.next)
		if (b->iface && b->iface->ifindex && !b->filter_stands)
			return false;
	return true;
}
