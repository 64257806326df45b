#include "sim/queue.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHUNK = 64, RANK_SHIFT = 56 };

struct sim_chunk {
	struct sim_chunk *next;
	struct sim_event events[CHUNK];
};

static void *must(void *p)
{
	if (!p) {
		fputs("hotswan-sim: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	return p;
}

static bool earlier(const struct sim_node *a, const struct sim_node *b)
{
	return a->at != b->at ? a->at < b->at : a->key < b->key;
}

static struct sim_event *event_new(struct sim_queue *q)
{
	struct sim_event *e = q->free;

	if (!e) {
		struct sim_chunk *c = must(malloc(sizeof(*c)));

		c->next = q->chunks;
		q->chunks = c;
		for (unsigned i = 0; i < CHUNK; i++) {
			c->events[i].free = q->free;
			q->free = &c->events[i];
		}
		e = q->free;
	}
	q->free = e->free;
	return e;
}

void queue_again(struct sim_queue *q, struct sim_event *e, mono_t at)
{
	e->at = at;
	if (q->count == q->cap) {
		q->cap = q->cap ? 2 * q->cap : 64;
		q->heap = must(realloc(q->heap, q->cap * sizeof(*q->heap)));
	}
	struct sim_node node = {at.ns, (uint64_t)e->kind << RANK_SHIFT | e->order, e};
	size_t pos = q->count++;
	for (; pos > 0 && earlier(&node, &q->heap[(pos - 1) / 2]); pos = (pos - 1) / 2)
		q->heap[pos] = q->heap[(pos - 1) / 2];
	q->heap[pos] = node;
}

struct sim_event *queue_add(struct sim_queue *q, enum sim_event_kind kind, mono_t at)
{
	struct sim_event *e = event_new(q);

	e->order = q->order++;
	e->arrived = at;
	e->stamp = 0;
	e->kind = (uint8_t)kind;
	e->router = e->segment = 0;
	e->waited = e->is_active = false;
	e->len = 0;
	e->error = 0;
	e->what = 0;
	e->owned = NULL;
	e->incarnation = 0;
	queue_again(q, e, at);
	return e;
}

struct sim_event *queue_take(struct sim_queue *q)
{
	if (q->count == 0)
		return NULL;
	struct sim_event *first = q->heap[0].event;
	struct sim_node last = q->heap[--q->count];
	size_t pos = 0;
	for (size_t child; (child = 2 * pos + 1) < q->count; pos = child) {
		if (child + 1 < q->count && earlier(&q->heap[child + 1], &q->heap[child]))
			child++;
		if (!earlier(&q->heap[child], &last))
			break;
		q->heap[pos] = q->heap[child];
	}
	q->heap[pos] = last;
	return first;
}

void queue_drop(struct sim_queue *q, struct sim_event *e)
{
	e->free = q->free;
	q->free = e;
}

void queue_free(struct sim_queue *q)
{
	while (q->chunks) {
		struct sim_chunk *c = q->chunks;

		q->chunks = c->next;
		free(c);
	}
	free(q->heap);
	*q = (struct sim_queue){0};
}
