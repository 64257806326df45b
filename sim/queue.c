#include "sim/queue.h"

#include <stdio.h>
#include <stdlib.h>

static bool earlier(const struct sim_event *a, const struct sim_event *b)
{
	if (a->at.ns != b->at.ns)
		return a->at.ns < b->at.ns;
	if (a->kind != b->kind)
		return a->kind < b->kind;
	return a->order < b->order;
}

void queue_push(struct sim_queue *q, const struct sim_event *e)
{
	if (q->count == q->cap) {
		q->cap = q->cap ? 2 * q->cap : 64;
		q->items = realloc(q->items, q->cap * sizeof(*q->items));
		if (!q->items) {
			fputs("hotswan-sim: out of memory\n", stderr);
			exit(EXIT_FAILURE);
		}
	}
	struct sim_event item = *e;
	item.order = q->order++;
	size_t at = q->count++;
	for (; at > 0 && earlier(&item, &q->items[(at - 1) / 2]); at = (at - 1) / 2)
		q->items[at] = q->items[(at - 1) / 2];
	q->items[at] = item;
}

bool queue_pop(struct sim_queue *q, struct sim_event *out)
{
	if (q->count == 0)
		return false;
	*out = q->items[0];
	struct sim_event last = q->items[--q->count];
	size_t at = 0;
	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= q->count)
			break;
		if (child + 1 < q->count && earlier(&q->items[child + 1], &q->items[child]))
			child++;
		if (!earlier(&q->items[child], &last))
			break;
		q->items[at] = q->items[child];
		at = child;
	}
	q->items[at] = last;
	return true;
}

void queue_free(struct sim_queue *q)
{
	free(q->items);
	*q = (struct sim_queue){0};
}
