/* The clock of deadlines, a heap over all groups and interfaces; and chance, which is ours so that a seed repeats a run. */
#include <assert.h>
#include <stdlib.h>

#include "hsrp/internal.h"

static void heap_put(struct hsrp *h, size_t pos, struct timer *t)
{
	h->heap[pos] = t;
	t->pos = pos;
}

static void heap_up(struct hsrp *h, size_t pos)
{
	struct timer *t = h->heap[pos];

	for (size_t parent; pos > 0 && mono_before(t->at, h->heap[parent = (pos - 1) / 2]->at); pos = parent)
		heap_put(h, pos, h->heap[parent]);
	heap_put(h, pos, t);
}

static void heap_down(struct hsrp *h, size_t pos)
{
	struct timer *t = h->heap[pos];

	for (size_t child; (child = 2 * pos + 1) < h->heap_count; pos = child) {
		if (child + 1 < h->heap_count && mono_before(h->heap[child + 1]->at, h->heap[child]->at))
			child++;
		if (!mono_before(h->heap[child]->at, t->at))
			break;
		heap_put(h, pos, h->heap[child]);
	}
	heap_put(h, pos, t);
}

/* Every group and interface has one timer in the heap for as long as it lives; room was made when it was made. */
void timer_set(struct hsrp *h, struct timer *t, mono_t at)
{
	assert(t->pos < h->heap_count);
	t->at = at;
	heap_up(h, t->pos);
	heap_down(h, t->pos);
}

bool timer_add(struct hsrp *h, struct timer *t, enum timer_owner owner)
{
	if (h->heap_count == h->heap_cap) {
		size_t cap = h->heap_cap ? h->heap_cap * 2 : 16;
		struct timer **heap = realloc(h->heap, cap * sizeof(struct timer *));
		if (!heap)
			return false;
		h->heap = heap;
		h->heap_cap = cap;
	}
	*t = (struct timer){.at = MONO_NEVER, .owner = (uint8_t)owner};
	heap_put(h, h->heap_count++, t);
	return true;
}

void timer_drop(struct hsrp *h, struct timer *t)
{
	struct timer *last = h->heap[--h->heap_count];

	if (last == t)
		return;
	heap_put(h, t->pos, last);
	heap_up(h, last->pos);
	heap_down(h, last->pos);
}

/* xorshift64*: the state is ours, so that a seed repeats a run. */
uint32_t random_below(struct hsrp *h, uint32_t bound)
{
	assert(bound > 0);
	h->random ^= h->random >> 12;
	h->random ^= h->random << 25;
	h->random ^= h->random >> 27;
	return (uint32_t)((h->random * 2685821657736338717ull) >> 32) % bound;
}

mono_t jittered(struct hsrp *h, mono_t from, uint32_t ms, unsigned percent_later)
{
	uint32_t most = ms / 100 * percent_later;

	return mono_add_ms(from, (int64_t)ms + (most ? random_below(h, most + 1) : 0));
}
