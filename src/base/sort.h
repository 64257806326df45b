/*
 * Sorting that gives way: a large table is ordered in steps of bounded work (design rule 8).
 *
 * Owns:  the two buffers between which runs are merged, and the position in that.
 * Never: takes longer in a step than its budget of elements says; the order of equal elements is as the order function has it.
 */
#ifndef BASE_SORT_H
#define BASE_SORT_H

#include <stdbool.h>
#include <stddef.h>

struct sort {
	char *items, *spare; /* malloc'ed; `items` is the caller's until sort_begin() */
	size_t count, size;
	int (*order)(const void *, const void *);
	size_t run;		  /* length of the runs that are sorted already */
	size_t low, middle, high; /* the two that are being merged */
	size_t left, right;	  /* how far; out = left + right - middle */
};

/* Takes `items` (malloc'ed, `count` elements of `size` octets). False on exhaustion: items are freed. */
bool sort_begin(
	struct sort *s, void *items, size_t count, size_t size, int (*order)(const void *, const void *));
/* Moves about `budget` elements; true when all are in order. */
bool sort_step(struct sort *s, size_t budget);
/* The ordered elements, malloc'ed, the caller's; the rest is freed. Also in the middle: then in no order. */
void *sort_take(struct sort *s);

#endif
