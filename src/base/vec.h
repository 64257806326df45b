/*
 * A vector of pointers, kept sorted when it has an order: the container of the running configuration.
 * Lookup is a binary search; appending in order costs no move.
 *
 * Owns:  the array, never what its pointers point to.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>

struct vec {
	void **items;
	size_t count, cap;
};

/* Compares a key with an item, as bsearch does. */
typedef int (*vec_compare)(const void *key, const void *item);

void vec_free(struct vec *v);		  /* the array only */
bool vec_push(struct vec *v, void *item); /* false on exhaustion */
/* The first position whose item is not below `key`; *found tells whether it equals it. */
size_t vec_lower_bound(const struct vec *v, const void *key, vec_compare compare, bool *found);
void *vec_find(const struct vec *v, const void *key, vec_compare compare); /* NULL when there is none */
bool vec_insert_at(struct vec *v, size_t at, void *item);		   /* false on exhaustion */
void *vec_remove_at(struct vec *v, size_t at);				   /* keeps the order */

#define vec_each(v, i, item) for (size_t i = 0; i < (v)->count && ((item) = (v)->items[i], true); i++)

#endif
