/*
 * One entry of an applied crypto map: from its plan to filter rules, connections and routes.
 *
 * A unit passes through two queues. plan: its filter rules are compared; while they differ from what the kernel has, it
 * waits for the filter. apply: connections, routes and initiation follow, as far as the binding's level allows. Rules
 * that it no longer has guard on until routes and SAs have followed (rule 5).
 */
#include "base/planted.h"
#include "core/parts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_sequence(const void *key, const void *item)
{
	uint16_t a = *(const uint16_t *)key, b = ((const struct unit *)item)->sequence;

	return a < b ? -1 : a > b;
}

struct unit *unit_find(const struct binding *b, uint16_t sequence)
{
	return vec_find(&b->units, &sequence, compare_sequence);
}

const struct crypto_map_entry *unit_entry(const struct core *c, const struct unit *u)
{
	const struct crypto_map *map = binding_model_map(c, u->binding);

	return map && !u->binding->removing ? crypto_map_entry(map, u->sequence) : NULL;
}

static struct unit *unit_get(struct core *c, struct binding *b, uint16_t sequence)
{
	bool found;
	size_t at = vec_lower_bound(&b->units, &sequence, compare_sequence, &found);
	struct unit *u;

	if (found)
		return b->units.items[at];
	u = core_alloc(c, sizeof(*u));
	if (!u)
		return NULL;
	u->binding = b;
	u->sequence = sequence;
	if (!vec_insert_at(&b->units, at, u)) {
		free(u);
		c->oom = true;
		return NULL;
	}
	return u;
}

/* --- Who follows which access list --------------------------------------------------------------------------------- */

static void leave_acl(struct core *c, struct unit *u)
{
	struct acl_users *a = u->acl_users;

	list_remove(&u->in_acl);
	u->acl_users = NULL;
	u->acl[0] = '\0';
	if (a && list_empty(&a->units)) {
		HASH_DEL(c->acl_users, a);
		free(a);
	}
}

static void follow_acl(struct core *c, struct unit *u, const char *name)
{
	struct acl_users *a;

	if (strcmp(u->acl, name) == 0)
		return;
	leave_acl(c, u);
	if (!name[0])
		return;
	HASH_FIND_STR(c->acl_users, name, a);
	if (!a) {
		a = core_alloc(c, sizeof(*a));
		if (!a)
			return;
		str_copy(a->name, sizeof(a->name), name);
		list_init(&a->units);
		HASH_ADD_STR(c->acl_users, name, a);
		if (!CORE_ADDED(a)) {
			free(a);
			c->oom = true;
			return;
		}
	}
	str_copy(u->acl, sizeof(u->acl), name);
	u->acl_users = a;
	list_append(&a->units, &u->in_acl);
}

void units_of_acl(struct core *c, const char *name)
{
	struct list *link, *following;
	struct acl_users *a;

	HASH_FIND_STR(c->acl_users, name, a);
	if (a)
		list_each(&a->units, link, following)
		{
			const struct unit *u = list_item(link, struct unit, in_acl);

			unit_touch(c, u->binding, u->sequence);
		}
	list_each(&c->dynamic_units, link, following)
	{
		const struct unit *u = list_item(link, struct unit, in_dynamic);

		unit_touch(c, u->binding, u->sequence);
	}
}

/* --- Queues ------------------------------------------------------------------------------------------------------------ */

void unit_touch(struct core *c, struct binding *b, uint16_t sequence)
{
	struct unit *u = unit_get(c, b, sequence);

	if (!u)
		return;
	list_remove(&u->in_queue);
	list_append(&b->plan_queue, &u->in_queue);
}

void units_touch_all(struct core *c, struct binding *b)
{
	const struct crypto_map *map = binding_model_map(c, b);
	const struct crypto_map_entry *e;
	struct unit *u;

	if (map)
		vec_each (&map->entries, i, e)
			unit_get(c, b, e->sequence);
	vec_each (&b->units, i, u)
		unit_touch(c, b, u->sequence);
}

void unit_apply_later(struct unit *u)
{
	u->replan = true;
	list_append_once(&u->binding->apply_queue, &u->in_queue);
}

void units_apply_all(struct core *c, struct binding *b)
{
	struct unit *u;

	(void)c;
	vec_each (&b->units, i, u)
		list_append_once(&b->apply_queue, &u->in_queue);
}

void units_reload_all(struct core *c, struct binding *b)
{
	struct unit *u;

	(void)c;
	vec_each (&b->units, i, u)
		unit_apply_later(u);
}

void units_filter_confirmed(struct core *c, struct binding *b)
{
	struct list *link, *following;

	(void)c;
	list_each(&b->wait_filter, link, following)
	{
		struct unit *u = list_item(link, struct unit, in_queue);

		if (u->filter_number > b->filter_confirmed)
			continue;
		list_remove(link);
		list_append(&b->apply_queue, link);
	}
}

/* --- Plan -------------------------------------------------------------------------------------------------------------- */

static bool make_plan(struct core *c, const struct unit *u, struct plan *p)
{
	const struct crypto_map_entry *e = unit_entry(c, u);

	*p = (struct plan){0};
	if (!e)
		return true;
	if (plan_entry(c->model, u->binding->interface, binding_model_map(c, u->binding), e,
		    &u->binding->endpoint, p))
		return true;
	c->oom = true;
	return false;
}

static bool has_rule(const struct filter_rule *list, uint32_t count, const struct filter_rule *r)
{
	for (uint32_t i = 0; i < count; i++)
		if (memcmp(&list[i], r, sizeof(*r)) == 0)
			return true;
	return false;
}

static int compare_rules(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct filter_rule));
}

/* Where two lists of rules differ: what they begin and end with in common is left out of both. */
struct difference {
	uint32_t begin, old_end, new_end;
};

static struct difference difference_of(const struct unit *u, const struct plan *p)
{
	struct difference d = {0, u->rule_count, p->rule_count};

	while (d.begin < d.old_end && d.begin < d.new_end &&
		compare_rules(&u->rules[d.begin], &p->rules[d.begin]) == 0)
		d.begin++;
	while (d.old_end > d.begin && d.new_end > d.begin &&
		compare_rules(&u->rules[d.old_end - 1], &p->rules[d.new_end - 1]) == 0) {
		d.old_end--;
		d.new_end--;
	}
	return d;
}

/*
 * The rules that the plan does not have any more move to `before`; those of the plan take their place. A rule that is still
 * there further up or down may be among them: it guards twice for a while.
 */
static void change_rules(struct core *c, struct unit *u, struct plan *p)
{
	struct difference d = difference_of(u, p);
	uint32_t added = d.new_end - d.begin, guarding = u->before_count;
	struct filter_rule *sorted = core_alloc(c, (added + 1) * sizeof(*sorted));
	struct filter_rule *before =
		realloc(u->before, (u->before_count + d.old_end - d.begin + 1) * sizeof(*before));

	if (before)
		u->before = before;
	if (before && sorted) {
		if (added)
			memcpy(sorted, p->rules + d.begin, added * sizeof(*sorted));
		qsort(sorted, added, sizeof(*sorted), compare_rules);
		for (uint32_t i = d.begin; i < d.old_end; i++) {
			const struct filter_rule *r = &u->rules[i];

			if (r->permit && !bsearch(r, sorted, added, sizeof(*sorted), compare_rules) &&
				!has_rule(u->before, guarding, r))
				u->before[u->before_count++] = *r;
		}
	} else {
		c->oom = true;
	}
	free(sorted);
	if (u->before_count)
		list_append_once(&u->binding->old_rules, &u->in_old);
	free(u->rules);
	u->rules = p->rules;
	u->rule_count = p->rule_count;
	p->rules = NULL;
	p->rule_count = 0;
}

/* Whose IKE and ESP the filter must let pass, and what it does to the latter. */
static uint64_t digest_peers(const struct core *c, const struct unit *u, const struct crypto_map_entry *e)
{
	uint64_t h = 0xcbf29ce484222325u;
	const uint8_t *p = (const uint8_t *)&u->binding->endpoint;

	for (size_t i = 0; i < sizeof(u->binding->endpoint); i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	for (uint8_t k = 0; e && k < e->peer_count; k++) {
		p = (const uint8_t *)&e->peers[k].addr;
		for (size_t i = 0; i < sizeof(e->peers[k].addr); i++)
			h = (h ^ p[i]) * 0x100000001b3u;
	}
	return e ? h + e->kind + 16 * (uint64_t)crypto_entry_df(c->model, u->binding->interface, e) : 0;
}

static void filter_needs(struct unit *u)
{
	u->binding->filter_dirty = true;
	u->filter_number = u->binding->filter_number + 1;
}

static void say_permanent(struct core *c, const struct unit *u, const struct plan *p)
{
	struct binding *b = u->binding;
	const struct crypto_map_entry *e = unit_entry(c, u);
	char line[2 * BINDING_TEXT_MAX];

	if (b->said_r16 || b->fsm.redundancy || !e || p->defect != ENTRY_COMPLETE ||
		!crypto_entry_rri_permanent(c->model, e))
		return;
	b->said_r16 = true;
	snprintf(line, sizeof(line),
		"%%Warning: Crypto map %s %u injects its routes at all times: without redundancy every "
		"router that "
		"has the "
		"same entry attracts the traffic.",
		b->map, u->sequence);
	core_warn(c, line);
}

/* What is to be routed while the level allows it; a change of level plans nothing anew. */
static void take_destinations(struct unit *u, struct plan *p)
{
	free(u->destinations);
	u->destinations = NULL;
	u->destination_count = 0;
	if (p->defect != ENTRY_COMPLETE)
		return;
	u->destinations = p->destinations;
	u->destination_count = p->destination_count;
	p->destinations = NULL;
}

static void take_passes(struct unit *u, const struct plan *p)
{
	const struct ike_conn *first = p->conn_count ? &p->conns[0] : NULL;
	bool passes = first && first->child_count && first->children[first->child_count - 1].pass;

	u->binding->passing += passes;
	u->binding->passing -= u->passes;
	u->passes = passes;
}

/* What one entry protects another one may have let pass until now. */
static void touch_passing(struct core *c, const struct unit *changed)
{
	struct binding *b = changed->binding;
	struct unit *u;

	if (b->passing == (changed->passes ? 1 : 0))
		return;
	vec_each (&b->units, i, u)
		if (u != changed && u->passes)
			unit_touch(c, b, u->sequence);
}

static void plan_unit(struct core *c, struct unit *u)
{
	const struct crypto_map_entry *e = unit_entry(c, u);
	struct binding *b = u->binding;
	uint64_t peers;
	struct plan p;

	if (!make_plan(c, u, &p)) {
		list_append(&b->plan_queue, &u->in_queue);
		return;
	}
	u->dynamic = e && e->kind == CRYPTO_MAP_ISAKMP_DYNAMIC;
	list_remove(&u->in_dynamic);
	if (u->dynamic)
		list_append(&c->dynamic_units, &u->in_dynamic);
	follow_acl(c, u, e && !u->dynamic ? e->acl : "");
	if (!e)
		list_append_once(&b->old_rules, &u->in_old);
	if (p.rule_count != u->rule_count ||
		(p.rule_count && memcmp(p.rules, u->rules, p.rule_count * sizeof(*p.rules)) != 0)) {
		change_rules(c, u, &p);
		filter_needs(u);
		touch_passing(c, u);
	}
	learned_review(c, u);
	take_passes(u, &p);
	peers = digest_peers(c, u, e);
	if (peers != u->peers_digest)
		filter_needs(u);
	u->peers_digest = peers;
	say_permanent(c, u, &p);
	take_destinations(u, &p);
	plan_clear(&p);
	u->replan = true;
	if (!PLANTED(PLANTED_FILTER_LAST) && (u->filter_number > b->filter_confirmed || !b->filter_stands))
		list_append(&b->wait_filter, &u->in_queue);
	else
		list_append(&b->apply_queue, &u->in_queue);
}

void units_plan_work(struct core *c, struct binding *b)
{
	bool oom = c->oom;

	while (!list_empty(&b->plan_queue) && core_spend(c)) {
		plan_unit(c, list_item(list_take(&b->plan_queue), struct unit, in_queue));
		if (c->oom && !oom) /* once more with the next event */
			return;
	}
}

/* --- Apply ---------------------------------------------------------------------------------------------------------------- */

static void touch_sas(struct core *c, const struct unit *u)
{
	for (uint32_t i = 0; i < u->conn_count; i++) {
		struct list *link, *following;

		list_each(&u->conns[i]->sas, link, following)
			sa_touch(c, list_item(link, struct sa_rec, in_conn));
	}
}

static bool apply_conns(struct core *c, struct unit *u)
{
	struct plan p;

	if (!make_plan(c, u, &p))
		return false;
	u->replan = !conns_apply(c, u, &p);
	planes_say(c, u, &p);
	plan_clear(&p);
	return true;
}

static void apply_unit(struct core *c, struct unit *u)
{
	struct binding *b = u->binding;
	bool gone = !unit_entry(c, u);

	if (!b->leaving && (u->replan || gone) &&
		(b->level >= LEVEL_CONNECTIONS || gone) && /* leaving has steps for them */
		!apply_conns(c, u))
		return;
	if (b->level >= LEVEL_ROUTES)
		routes_hold(c, u);
	else
		routes_release(c, u);
	touch_sas(c, u);
	if (b->level >= LEVEL_IKE && !u->dynamic && u->conn_count)
		conn_kick(c, u->conns[u->current]);
}

void units_apply_work(struct core *c, struct binding *b)
{
	while (!list_empty(&b->apply_queue) && core_spend(c))
		apply_unit(c, list_item(list_take(&b->apply_queue), struct unit, in_queue));
}

/* Leaving: routes go at once, also those of units that wait for a filter. */
void units_release_all(struct core *c, struct binding *b)
{
	struct unit *u;

	(void)c;
	vec_each (&b->units, i, u)
		list_append_once(&b->release_queue, &u->in_release);
}

void units_release_work(struct core *c, struct binding *b)
{
	while (!list_empty(&b->release_queue) && core_spend(c))
		routes_release(c, list_item(list_take(&b->release_queue), struct unit, in_release));
}

/* Routes and SAs have followed: what was guarded for them alone is let go. */
void units_settled(struct core *c, struct binding *b)
{
	struct list *link;

	if (!list_empty(&b->wait_filter) || b->filter_dirty || b->filter_cookie || !kroutes_adopted(c))
		return;
	while ((link = list_take(&b->old_rules)) != NULL) {
		struct unit *u = list_item(link, struct unit, in_old);

		if (u->before_count)
			b->filter_dirty = true;
		free(u->before);
		u->before = NULL;
		u->before_count = 0;
		if (!unit_entry(c, u) && !u->conn_count && !u->rule_count) {
			bool found;
			size_t at = vec_lower_bound(&b->units, &u->sequence, compare_sequence, &found);

			assert(found);
			vec_remove_at(&b->units, at);
			unit_free(c, u);
		}
	}
}

void unit_free(struct core *c, struct unit *u)
{
	u->binding->passing -= u->passes;
	routes_release(c, u);
	while (u->conn_count)
		conn_forget(c, u->conns[--u->conn_count]);
	free(u->conns);
	free(u->routes);
	free(u->rules);
	free(u->destinations);
	free(u->before);
	learned_free(u);
	leave_acl(c, u);
	list_remove(&u->in_queue);
	list_remove(&u->in_old);
	list_remove(&u->in_release);
	list_remove(&u->in_dynamic);
	free(u);
}
