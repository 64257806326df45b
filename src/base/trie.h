/*
 * A path-compressed binary trie of prefixes: which prefixes cover this one, which lie within it.
 *
 * Owns:  its nodes. `data` is the user's; a node without data is inner structure and never handed out.
 * Never: recurses; a walk costs at most the length of the longest prefix per step.
 */
#ifndef BASE_TRIE_H
#define BASE_TRIE_H

#include "base/ip.h"

struct trie_node {
	struct prefix prefix;
	struct trie_node *parent, *child[2];
	void *data;
};

struct trie {
	struct trie_node *v4, *v6;
	size_t count; /* nodes with data */
};

void trie_free(struct trie *t); /* the nodes only */
/* False on exhaustion. `data` must not be NULL; there must be none for the prefix yet. */
bool trie_add(struct trie *t, const struct prefix *p, void *data);
void *trie_find(
	const struct trie *t, const struct prefix *p);	   /* exactly this prefix; NULL when there is none */
void *trie_remove(struct trie *t, const struct prefix *p); /* what it held; NULL when there was none */

/* From the most specific prefix that covers `p` (itself included) to the least specific. */
struct trie_node *trie_covering(const struct trie *t, const struct prefix *p);
struct trie_node *trie_covering_next(const struct trie_node *n);

/* All prefixes within `p` (itself included), in ascending order; the current one may be removed by the caller only after
 * the next was asked for, and only when nothing else is removed meanwhile. */
struct trie_node *trie_within(const struct trie *t, const struct prefix *p);
struct trie_node *trie_within_next(struct trie_node *n, const struct prefix *p);

/* The first prefix within `p` that comes after `cursor`, whether that is (still) in the trie or not: a walk may pause. */
struct trie_node *trie_after(const struct trie *t, const struct prefix *cursor, const struct prefix *p);

#endif
