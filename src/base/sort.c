/* Merge sort from below: see sort.h. */
#include "base/sort.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { RUN = 256 }; /* elements that are sorted at once */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void merge_at(struct sort *s, size_t low)
{
	s->low = s->left = low;
	s->middle = s->right = least(low + s->run, s->count);
	s->high = least(low + 2 * s->run, s->count);
}

bool sort_begin(
	struct sort *s, void *items, size_t count, size_t size, int (*order)(const void *, const void *))
{
	*s = (struct sort){.items = items, .count = count, .size = size, .order = order};
	assert(size > 0);
	s->spare = malloc(count * size + 1);
	if (s->spare)
		return true;
	free(items);
	*s = (struct sort){0};
	return false;
}

/* One run after the other, low to high; then the merging begins. */
static size_t sort_runs(struct sort *s, size_t budget)
{
	while (s->low < s->count) {
		size_t n = least(RUN, s->count - s->low);
		qsort(s->items + s->low * s->size, n, s->size, s->order);
		s->low += n;
		if (budget <= n)
			return 0;
		budget -= n;
	}
	s->run = RUN;
	merge_at(s, 0);
	return budget;
}

bool sort_step(struct sort *s, size_t budget)
{
	if (s->run == 0)
		budget = sort_runs(s, budget);
	if (s->run == 0)
		return false;
	while (s->run < s->count) {
		size_t out = s->left + s->right - s->middle;
		if (out == s->high && s->high < s->count) {
			merge_at(s, s->high);
		} else if (out == s->high) { /* every run is in the other buffer, twice as long */
			char *sorted = s->spare;
			s->spare = s->items;
			s->items = sorted;
			s->run *= 2;
			merge_at(s, 0);
		} else if (budget-- == 0) {
			return false;
		} else {
			const char *l = s->items + s->left * s->size, *r = s->items + s->right * s->size;
			bool from_left = s->left < s->middle && (s->right == s->high || s->order(l, r) <= 0);
			memcpy(s->spare + out * s->size, from_left ? l : r, s->size);
			s->left += from_left;
			s->right += !from_left;
		}
	}
	return true;
}

void *sort_take(struct sort *s)
{
	void *items = s->items;

	free(s->spare);
	*s = (struct sort){0};
	return items;
}
