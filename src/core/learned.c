/*
 * Dynamic maps without an access list: what their SAs protected.
 *
 * Such a map says nothing about what is to be protected before a peer does. From then on its flows are in the filter like
 * lines of an access list, and stay there when the SA dies, until the entry goes (D6): across a restart of the engine as
 * well, which finds them in the filter that stands. A peer that would take everything,
 * or networks of ours, is not believed: its flows are protected while its SA lives, no longer.
 */
#include "core/parts.h"
#include "ipsec/acl.h"

#include <stdlib.h>
#include <string.h>

static const struct crypto_map_entry *open_template(
	const struct core *c, const struct unit *u, uint16_t sequence)
{
	const struct crypto_map_entry *e = unit_entry(c, u), *t;
	const struct crypto_map *d = e && e->kind == CRYPTO_MAP_ISAKMP_DYNAMIC
		? model_dynamic_map(c->model, e->dynamic_map)
		: NULL;

	t = d ? crypto_map_entry(d, sequence) : NULL;
	return t && !t->acl[0] ? t : NULL;
}

/* True when it was added. */
static bool add(struct core *c, struct unit *u, const struct filter_rule *rule)
{
	struct learned_flow *f;

	HASH_FIND(hh, u->learned, rule, sizeof(*rule), f);
	if (f || HASH_COUNT(u->learned) >= LEARNED_MAX)
		return false;
	f = core_alloc(c, sizeof(*f));
	if (!f)
		return false;
	f->rule = *rule;
	HASH_ADD(hh, u->learned, rule, sizeof(f->rule), f);
	if (!CORE_ADDED(f)) {
		free(f);
		c->oom = true;
		return false;
	}
	return true;
}

static void learn(struct core *c, struct unit *u, uint16_t sequence, const struct ike_selector *local,
	const struct ike_selector *remote)
{
	struct filter_rule rule;

	if (remote->prefix.len == 0 || covers_connected(c, &remote->prefix))
		return;
	memset(&rule, 0, sizeof(rule)); /* hashed and compared as bytes */
	rule.local = local->prefix;
	rule.remote = remote->prefix;
	rule.protocol = local->protocol;
	rule.local_ports = local->ports;
	rule.remote_ports =
		local->protocol == ACL_PROTOCOL_ICMP ? (struct ports){0, UINT16_MAX} : remote->ports;
	rule.permit = true;
	rule.entry = filter_learned_entry(u->sequence);
	rule.learned = sequence;
	if (!add(c, u, &rule))
		return;
	u->binding->filter_dirty = true;
	if (HASH_COUNT(u->learned) > LEARNED_PACE &&
		!timer_armed(&u->binding->filter_timer)) /* the SA protects meanwhile */
		core_arm(c, &u->binding->filter_timer, TIMER_FILTER, u->binding, LEARNED_PACE_MS);
}

void learned_note(struct core *c, const struct sa_rec *s, const struct child_sa *sa)
{
	struct unit *u = s->conn ? s->conn->unit : NULL;
	const struct crypto_map_entry *e = u ? unit_entry(c, u) : NULL;
	const struct crypto_map_entry *t = e ? plan_template(c->model, e, s->child_name) : NULL;

	if (!t || t->acl[0])
		return;
	for (uint8_t i = 0; i < sa->local_count; i++)
		for (uint8_t k = 0; k < sa->remote_count; k++)
			learn(c, u, t->sequence, &sa->local[i], &sa->remote[k]);
}

void learned_review(struct core *c, struct unit *u)
{
	struct learned_flow *f, *next;

	HASH_ITER (hh, u->learned, f, next) {
		struct filter_rule *before;

		if (open_template(c, u, f->rule.learned))
			continue;
		before = realloc(u->before, (u->before_count + 1) * sizeof(*before));
		if (!before) { /* it guards on until the entry is looked at again */
			c->oom = true;
			return;
		}
		u->before = before;
		u->before[u->before_count] = f->rule;
		u->before[u->before_count++].learned = 0; /* not for the next engine */
		list_append_once(&u->binding->old_rules, &u->in_old);
		HASH_DEL(u->learned, f);
		free(f);
	}
}

void learned_free(struct unit *u)
{
	struct learned_flow *f, *next;

	HASH_ITER (hh, u->learned, f, next) {
		HASH_DEL(u->learned, f);
		free(f);
	}
}

/* --- From one engine to the next --------------------------------------------------------------------------------------- */

struct remembered {
	struct list in_remembered;
	char device[DEVICE_NAME_MAX];
	struct filter_rule rule;
};

void learned_remember(struct core *c, const char *device, const struct filter_rule *rule)
{
	struct remembered *r = core_alloc(c, sizeof(*r));

	if (!r)
		return;
	str_copy(r->device, sizeof(r->device), device);
	r->rule = *rule;
	list_append(&c->remembered, &r->in_remembered);
}

void learned_recall(struct core *c, struct binding *b)
{
	struct list *link, *following;

	list_each(&c->remembered, link, following)
	{
		struct remembered *r = list_item(link, struct remembered, in_remembered);
		struct unit *u = strcmp(r->device, b->device) == 0
			? unit_find(b, (uint16_t)(r->rule.entry >> 16))
			: NULL;

		if (!u || !open_template(c, u, r->rule.learned))
			continue;
		add(c, u, &r->rule);
		list_remove(link);
		free(r);
	}
}

void learned_forget(struct core *c)
{
	struct list *link;

	while ((link = list_take(&c->remembered)) != NULL)
		free(list_item(link, struct remembered, in_remembered));
}
