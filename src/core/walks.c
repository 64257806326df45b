/*
 * What concerns many hops or routes at once: a changed default route, a link that went down. Such a walk pauses when the
 * budget of a step is used up and goes on behind the last prefix it visited; what is added or removed meanwhile does no
 * harm, for what is added is looked at anyway.
 */
#include "core/parts.h"

#include <stdlib.h>

enum { VISITS_PER_PIECE = 16 }; /* a visit is much cheaper than a piece of work */

static const struct prefix everything[2] = {{{IP_V4, {0}}, 0}, {{IP_V6, {0}}, 0}};

static void start_one(struct core *c, enum walk_kind kind, const struct prefix *range)
{
	struct list *link, *following;
	struct walk *w;

	list_each(&c->walks, link, following)
	{
		w = list_item(link, struct walk, in_walks);
		if (w->kind == kind && prefix_covers(&w->range, range)) {
			w->begun = false; /* from the beginning */
			return;
		}
	}
	w = core_alloc(c, sizeof(*w));
	if (!w)
		return;
	w->kind = kind;
	w->range = *range;
	list_append(&c->walks, &w->in_walks);
}

void walk_start(struct core *c, enum walk_kind kind, const struct prefix *range)
{
	if (range) {
		start_one(c, kind, range);
		return;
	}
	start_one(c, kind, &everything[0]);
	start_one(c, kind, &everything[1]);
}

static void visit(struct core *c, enum walk_kind kind, void *data)
{
	switch (kind) {
	case WALK_ASK_HOPS: hop_ask(c, data); break;
	case WALK_TOUCH_HOPS: hop_touch(c, data); break;
	case WALK_TOUCH_SLOTS: rri_touch(&c->rri, data); break;
	}
}

/* True when the walk has come to its end. */
static bool go_on(struct core *c, struct walk *w)
{
	const struct trie *t = w->kind == WALK_TOUCH_SLOTS ? &c->rri.slots : &c->hops;
	struct trie_node *n = w->begun ? trie_after(t, &w->at, &w->range) : trie_within(t, &w->range);

	for (unsigned visits = 0; n; n = trie_within_next(n, &w->range)) {
		if (visits++ % VISITS_PER_PIECE == 0 && !core_spend(c))
			return false;
		w->begun = true;
		w->at = n->prefix;
		visit(c, w->kind, n->data);
	}
	return true;
}

void walks_work(struct core *c)
{
	struct list *link, *following;

	list_each(&c->walks, link, following)
	{
		struct walk *w = list_item(link, struct walk, in_walks);

		if (!core_spend(c) ||
			!go_on(c, w)) /* an empty one counts as work, too: others waited for its end */
			return;
		list_remove(link);
		free(w);
	}
}
