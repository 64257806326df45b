#include "base/timerq.h"

#include <assert.h>
#include <stdlib.h>

void timerq_free(struct timerq *q)
{
	free(q->items);
	*q = (struct timerq){0};
}

static void put(struct timerq *q, size_t at, struct timer *t)
{
	q->items[at] = t;
	t->index = at + 1;
}

static void sift_up(struct timerq *q, size_t at)
{
	struct timer *t = q->items[at];

	while (at > 0 && mono_before(t->at, q->items[(at - 1) / 2]->at)) {
		put(q, at, q->items[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put(q, at, t);
}

static void sift_down(struct timerq *q, size_t at)
{
	struct timer *t = q->items[at];

	for (size_t child; (child = 2 * at + 1) < q->count; at = child) {
		if (child + 1 < q->count && mono_before(q->items[child + 1]->at, q->items[child]->at))
			child++;
		if (!mono_before(q->items[child]->at, t->at))
			break;
		put(q, at, q->items[child]);
	}
	put(q, at, t);
}

bool timer_arm(struct timerq *q, struct timer *t, mono_t at)
{
	if (!t->index) {
		if (q->count == q->cap) {
			size_t cap = q->cap ? q->cap * 2 : 32;
			struct timer **items = realloc(q->items, cap * sizeof(*items));

			if (!items)
				return false;
			q->items = items;
			q->cap = cap;
		}
		put(q, q->count++, t);
	}
	assert(q->items[t->index - 1] == t);
	t->at = at;
	sift_up(q, t->index - 1);
	sift_down(q, t->index - 1);
	return true;
}

void timer_cancel(struct timerq *q, struct timer *t)
{
	size_t at = t->index - 1;
	struct timer *last;

	if (!t->index)
		return;
	assert(q->items[at] == t);
	t->index = 0;
	last = q->items[--q->count];
	if (last == t)
		return;
	put(q, at, last);
	sift_up(q, at);
	sift_down(q, last->index - 1);
}

mono_t timerq_next(const struct timerq *q)
{
	return q->count ? q->items[0]->at : MONO_NEVER;
}

struct timer *timerq_take(struct timerq *q, mono_t now)
{
	struct timer *t = q->count ? q->items[0] : NULL;

	if (!t || mono_before(now, t->at))
		return NULL;
	timer_cancel(q, t);
	return t;
}
