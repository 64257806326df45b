#include "linux/filter_layers.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROOT_V4 = 0,
	ROOT_V6 = 1,
	NONE = -1,
	DEPTH_MAX = 128,
	PLACE_MAX = 0xfffe,
	CUTS_MAX = 16 /* a line that takes more than this away stays whole */
};

bool filter_rules_overlap(const struct filter_rule *a, const struct filter_rule *b)
{
	return (a->protocol == 0 || b->protocol == 0 || a->protocol == b->protocol) &&
		prefix_overlaps(&a->local, &b->local) && prefix_overlaps(&a->remote, &b->remote) &&
		a->local_ports.lo <= b->local_ports.hi && b->local_ports.lo <= a->local_ports.hi &&
		a->remote_ports.lo <= b->remote_ports.hi && b->remote_ports.lo <= a->remote_ports.hi;
}

bool filter_rule_covers(const struct filter_rule *a, const struct filter_rule *b)
{
	return (a->protocol == 0 || a->protocol == b->protocol) && prefix_covers(&a->local, &b->local) &&
		prefix_covers(&a->remote, &b->remote) && a->local_ports.lo <= b->local_ports.lo &&
		a->local_ports.hi >= b->local_ports.hi && a->remote_ports.lo <= b->remote_ports.lo &&
		a->remote_ports.hi >= b->remote_ports.hi;
}

/* --- A list of placed rules -------------------------------------------------------------------------------------- */

struct list {
	struct filter_placed *items;
	size_t count, cap;
};

static bool add(struct list *l, const struct filter_rule *r)
{
	if (l->count == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		struct filter_placed *items = realloc(l->items, cap * sizeof(*items));

		if (!items)
			return false;
		l->items = items;
		l->cap = cap;
	}
	l->items[l->count++] = (struct filter_placed){.rule = *r};
	return true;
}

/* --- Overlapping rules, by a trie -------------------------------------------------------------------------------- */

struct node {
	int32_t child[2],
		first; /* first: the rule added last whose prefix ends here; the trie's `next` goes on */
};

struct trie {
	const struct filter_placed *rules;
	struct node *nodes;
	int32_t count, cap, *next;
	bool by_remote;
};

static int32_t new_node(struct trie *t)
{
	if (t->count == t->cap) {
		if (t->cap > INT32_MAX / 4)
			return NONE;
		int32_t cap = t->cap ? t->cap * 2 : 256;
		struct node *nodes = realloc(t->nodes, (size_t)cap * sizeof(*nodes));

		if (!nodes)
			return NONE;
		t->nodes = nodes;
		t->cap = cap;
	}
	t->nodes[t->count] = (struct node){{NONE, NONE}, NONE};
	return t->count++;
}

static bool trie_init(struct trie *t, const struct list *l, bool by_remote)
{
	*t = (struct trie){.rules = l->items, .by_remote = by_remote};
	t->next = malloc((l->count + 1) * sizeof(*t->next));
	return t->next && new_node(t) == ROOT_V4 && new_node(t) == ROOT_V6;
}

static void trie_free(struct trie *t)
{
	free(t->nodes);
	free(t->next);
}

static const struct prefix *key(const struct trie *t, const struct filter_rule *r)
{
	return t->by_remote ? &r->remote : &r->local;
}

static int32_t root_of(const struct prefix *p)
{
	return p->addr.family == IP_V4 ? ROOT_V4 : ROOT_V6;
}

static unsigned bit(const struct prefix *p, unsigned i)
{
	return p->addr.bytes[i / 8] >> (7 - i % 8) & 1;
}

static bool trie_insert(struct trie *t, int32_t index)
{
	const struct prefix *p = key(t, &t->rules[index].rule);
	int32_t at = root_of(p);

	for (unsigned i = 0; i < p->len; i++) {
		int32_t below = t->nodes[at].child[bit(p, i)];

		if (below == NONE) {
			below = new_node(t);
			if (below == NONE)
				return false;
			t->nodes[at].child[bit(p, i)] = below;
		}
		at = below;
	}
	t->next[index] = t->nodes[at].first;
	t->nodes[at].first = index;
	return true;
}

/* What is asked about the rules that overlap one; returning false ends the search. */
typedef bool (*visitor)(const struct filter_placed *other, const struct filter_placed *rule, void *result);

static bool visit(
	const struct trie *t, int32_t node, const struct filter_placed *rule, visitor f, void *result)
{
	for (int32_t i = t->nodes[node].first; i != NONE; i = t->next[i])
		if (filter_rules_overlap(&t->rules[i].rule, &rule->rule) && !f(&t->rules[i], rule, result))
			return false;
	return true;
}

/* Calls for each rule in the trie that overlaps; false when the visitor ended it. */
static bool trie_search(const struct trie *t, const struct filter_placed *rule, visitor f, void *result)
{
	const struct prefix *p = key(t, &rule->rule);
	int32_t at = root_of(p), stack[DEPTH_MAX + 2];
	int depth = 0;

	for (unsigned i = 0; i < p->len && at != NONE; i++) { /* prefixes that contain it */
		if (!visit(t, at, rule, f, result))
			return false;
		at = t->nodes[at].child[bit(p, i)];
	}
	if (at != NONE)
		stack[depth++] = at;
	while (depth > 0) { /* it, and what it contains */
		at = stack[--depth];
		if (!visit(t, at, rule, f, result))
			return false;
		for (int i = 0; i < 2; i++)
			if (t->nodes[at].child[i] != NONE) {
				assert(depth < DEPTH_MAX + 2);
				stack[depth++] = t->nodes[at].child[i];
			}
	}
	return true;
}

static int compare_prefixes(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

/* How many different prefixes one side has. `scratch` has room for all. */
static size_t variety(const struct list *l, bool remote, struct prefix *scratch)
{
	size_t different = l->count > 0;

	for (size_t i = 0; i < l->count; i++)
		scratch[i] = remote ? l->items[i].rule.remote : l->items[i].rule.local;
	qsort(scratch, l->count, sizeof(*scratch), compare_prefixes);
	for (size_t i = 1; i < l->count; i++)
		different += !prefix_equal(&scratch[i - 1], &scratch[i]);
	return different;
}

/* --- Lines that take away ---------------------------------------------------------------------------------------- */

static struct prefix narrower(const struct prefix *a, const struct prefix *b)
{
	return a->len >= b->len ? *a : *b;
}

static struct ports common_ports(const struct ports *a, const struct ports *b)
{
	return (struct ports){a->lo > b->lo ? a->lo : b->lo, a->hi < b->hi ? a->hi : b->hi};
}

/* What a line without permit takes away from a permit line that it overlaps. */
static struct filter_rule cut(const struct filter_rule *deny, const struct filter_rule *permit)
{
	struct filter_rule r = *deny;

	r.local = narrower(&deny->local, &permit->local);
	r.remote = narrower(&deny->remote, &permit->remote);
	r.protocol = deny->protocol ? deny->protocol : permit->protocol;
	r.local_ports = common_ports(&deny->local_ports, &permit->local_ports);
	r.remote_ports = common_ports(&deny->remote_ports, &permit->remote_ports);
	return r;
}

/* Adds rule `i` of an entry that ends before `end`; a line that takes away, cut to size. */
static bool add_cut(struct list *out, const struct filter_rule *rules, size_t i, size_t end)
{
	size_t before = out->count;

	if (rules[i].permit)
		return add(out, &rules[i]);
	for (size_t j = i + 1; j < end; j++) {
		if (!rules[j].permit || !filter_rules_overlap(&rules[i], &rules[j]))
			continue;
		struct filter_rule piece = cut(&rules[i], &rules[j]);

		if (out->count - before == CUTS_MAX) {
			out->count = before;
			return add(out, &rules[i]);
		}
		if (!add(out, &piece))
			return false;
	}
	return true;
}

static size_t end_of_entry(const struct filter_rule *rules, size_t count, size_t i)
{
	uint32_t entry = rules[i].entry;

	while (i < count && rules[i].entry == entry)
		i++;
	return i;
}

static bool cut_all(struct list *out, const struct filter_rule *rules, size_t count)
{
	for (size_t begin = 0, end; begin < count; begin = end) {
		end = end_of_entry(rules, count, begin);
		for (size_t i = begin; i < end; i++)
			if (!add_cut(out, rules, i, end))
				return false;
	}
	return true;
}

/* --- Groups ------------------------------------------------------------------------------------------------------ */

static size_t end_of_placed(const struct list *l, size_t i, bool *takes_away)
{
	uint32_t entry = l->items[i].rule.entry;

	*takes_away = false;
	for (; i < l->count && l->items[i].rule.entry == entry; i++)
		*takes_away |= !l->items[i].rule.permit;
	return i;
}

/* One entry's rule takes away what another entry's permits. */
static bool no_conflict(const struct filter_placed *other, const struct filter_placed *rule, void *result)
{
	(void)result;
	return other->rule.permit == rule->rule.permit || other->rule.entry == rule->rule.entry;
}

/* Gives entries that cannot share group 0 one of their own. 0 or -errno. */
static int group_all(struct list *l, bool by_remote)
{
	struct trie t;
	uint16_t groups = 1;
	int error = trie_init(&t, l, by_remote) ? 0 : -ENOMEM;
	bool takes_away;

	/* First those that only permit; they never conflict with one another. */
	for (int pass = 0; pass < 2 && !error; pass++)
		for (size_t begin = 0, end; begin < l->count && !error; begin = end) {
			end = end_of_placed(l, begin, &takes_away);
			if (takes_away != (pass == 1))
				continue;
			bool fits = true;

			for (size_t i = begin; i < end && fits && takes_away; i++)
				fits = trie_search(&t, &l->items[i], no_conflict, NULL);
			if (!fits && groups == PLACE_MAX)
				error = -E2BIG;
			for (size_t i = begin; i < end && !error; i++) {
				l->items[i].group = fits ? 0 : groups;
				if (fits && !trie_insert(&t, (int32_t)i))
					error = -ENOMEM;
			}
			groups = (uint16_t)(groups + !fits);
		}
	trie_free(&t);
	return error;
}

/* --- Layers ------------------------------------------------------------------------------------------------------ */

/* Raises the layer above the other's; ends when the other one covers the rule. */
static bool raise_layer(const struct filter_placed *other, const struct filter_placed *rule, void *result)
{
	int *layer = result;

	if (other->group != rule->group)
		return true;
	if (filter_rule_covers(&other->rule, &rule->rule))
		return false;
	if (other->layer >= *layer)
		*layer = other->layer + 1;
	return true;
}

/* Gives each rule its layer and leaves out those that never match. */
static int layer_all(struct list *l, bool by_remote)
{
	struct trie t;
	size_t kept = 0;
	int error = trie_init(&t, l, by_remote) ? 0 : -ENOMEM;

	for (size_t i = 0; i < l->count && !error; i++) {
		struct filter_placed rule = l->items[i];
		int layer = 0;

		if (!trie_search(&t, &rule, raise_layer, &layer))
			continue;
		if (layer > PLACE_MAX) {
			error = -E2BIG;
			break;
		}
		rule.layer = (uint16_t)layer;
		l->items[kept] = rule; /* at or before i: the trie knows only what was kept */
		if (!trie_insert(&t, (int32_t)kept++))
			error = -ENOMEM;
	}
	trie_free(&t);
	if (!error)
		l->count = kept;
	return error;
}

int filter_place(const struct filter_rule *rules, size_t count, struct filter_placed **out, size_t *out_count)
{
	struct list l = {0};
	int error = -ENOMEM;

	if (count > INT32_MAX / (CUTS_MAX + 1))
		return -E2BIG;
	if (cut_all(&l, rules, count)) {
		struct prefix *scratch = malloc((l.count + 1) * sizeof(*scratch));

		if (scratch) {
			bool by_remote = variety(&l, true, scratch) >= variety(&l, false, scratch);

			free(scratch);
			error = group_all(&l, by_remote);
			if (!error)
				error = layer_all(&l, by_remote);
		}
	}
	if (error) {
		free(l.items);
		return error;
	}
	*out = l.items;
	*out_count = l.count;
	return 0;
}
