#include "base/vec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void vec_free(struct vec *v)
{
	free(v->items);
	*v = (struct vec){0};
}

bool vec_insert_at(struct vec *v, size_t at, void *item)
{
	assert(at <= v->count);
	if (v->count == v->cap) {
		size_t cap = v->cap ? v->cap * 2 : 8;
		void **items = realloc(v->items, cap * sizeof(*items));

		if (!items)
			return false;
		v->items = items;
		v->cap = cap;
	}
	memmove(v->items + at + 1, v->items + at, (v->count - at) * sizeof(*v->items));
	v->items[at] = item;
	v->count++;
	return true;
}

bool vec_push(struct vec *v, void *item)
{
	return vec_insert_at(v, v->count, item);
}

size_t vec_lower_bound(const struct vec *v, const void *key, vec_compare compare, bool *found)
{
	size_t lo = 0, hi = v->count;

	*found = false;
	/* Configurations arrive in order: look behind the last item first. */
	if (hi > 0 && compare(key, v->items[hi - 1]) > 0)
		return hi;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = compare(key, v->items[mid]);

		if (order == 0)
			*found = true;
		if (order <= 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

void *vec_find(const struct vec *v, const void *key, vec_compare compare)
{
	bool found;
	size_t at = vec_lower_bound(v, key, compare, &found);

	return found ? v->items[at] : NULL;
}

void *vec_remove_at(struct vec *v, size_t at)
{
	assert(at < v->count);
	void *item = v->items[at];

	memmove(v->items + at, v->items + at + 1, (v->count - at - 1) * sizeof(*v->items));
	v->count--;
	return item;
}
