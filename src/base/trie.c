#include "base/trie.h"

#include <assert.h>
#include <stdlib.h>

static unsigned bit_at(const struct ipaddr *a, unsigned i)
{
	return a->bytes[i / 8] >> (7 - i % 8) & 1;
}

static struct trie_node **root_of(const struct trie *t, const struct prefix *p)
{
	struct trie *mutable = (struct trie *)t;

	return p->addr.family == IP_V6 ? &mutable->v6 : &mutable->v4;
}

/* The number of leading bits that two prefixes share. */
static unsigned common_bits(const struct prefix *a, const struct prefix *b)
{
	unsigned max = a->len < b->len ? a->len : b->len, n = 0;

	while (n + 8 <= max && a->addr.bytes[n / 8] == b->addr.bytes[n / 8])
		n += 8;
	while (n < max && bit_at(&a->addr, n) == bit_at(&b->addr, n))
		n++;
	return n;
}

void trie_free(struct trie *t)
{
	struct trie_node *roots[2] = {t->v4, t->v6};

	for (int i = 0; i < 2; i++) {
		struct trie_node *n = roots[i];

		while (n) {
			struct trie_node *down = n->child[0] ? n->child[0] : n->child[1];

			if (down) {
				n->child[n->child[0] ? 0 : 1] = NULL;
				n = down;
				continue;
			}
			down = n;
			n = n->parent;
			free(down);
		}
	}
	*t = (struct trie){0};
}

static struct trie_node *node_new(const struct prefix *p, struct trie_node *parent)
{
	struct trie_node *n = calloc(1, sizeof(*n));

	if (n) {
		n->prefix = *p;
		n->parent = parent;
	}
	return n;
}

static void hang(struct trie_node *parent, struct trie_node *child)
{
	parent->child[bit_at(&child->prefix.addr, parent->prefix.len)] = child;
	child->parent = parent;
}

bool trie_add(struct trie *t, const struct prefix *p, void *data)
{
	struct trie_node **link = root_of(t, p), *parent = NULL, *n, *leaf, *fork = NULL;
	unsigned common = 0;

	assert(data);
	while ((n = *link) != NULL && (common = common_bits(&n->prefix, p)) == n->prefix.len) {
		if (n->prefix.len == p->len) {
			assert(!n->data);
			n->data = data;
			t->count++;
			return true;
		}
		parent = n;
		link = &n->child[bit_at(&p->addr, n->prefix.len)];
	}
	leaf = node_new(p, parent);
	if (!leaf)
		return false;
	if (n && common < p->len) { /* two branches part below `common` bits */
		struct prefix shared = prefix_make(p->addr, common);

		fork = node_new(&shared, parent);
		if (!fork) {
			free(leaf);
			return false;
		}
		hang(fork, n);
		hang(fork, leaf);
		*link = fork;
	} else {
		if (n)
			hang(leaf, n);
		*link = leaf;
	}
	leaf->data = data;
	t->count++;
	return true;
}

/* The deepest node on the path of `p`, with or without data. */
static struct trie_node *descend(const struct trie *t, const struct prefix *p)
{
	struct trie_node *n = *root_of(t, p), *last = NULL;

	while (n && n->prefix.len <= p->len && common_bits(&n->prefix, p) == n->prefix.len) {
		last = n;
		if (n->prefix.len == p->len)
			break;
		n = n->child[bit_at(&p->addr, n->prefix.len)];
	}
	return last;
}

void *trie_find(const struct trie *t, const struct prefix *p)
{
	const struct trie_node *n = descend(t, p);

	return n && n->prefix.len == p->len ? n->data : NULL;
}

void *trie_remove(struct trie *t, const struct prefix *p)
{
	struct trie_node *n = descend(t, p);
	void *data;

	if (!n || n->prefix.len != p->len || !n->data)
		return NULL;
	data = n->data;
	n->data = NULL;
	t->count--;
	while (n && !n->data && !(n->child[0] && n->child[1])) { /* inner nodes have two children */
		struct trie_node *only = n->child[0] ? n->child[0] : n->child[1], *parent = n->parent;
		struct trie_node **link =
			parent ? &parent->child[parent->child[1] == n] : root_of(t, &n->prefix);

		*link = only;
		if (only)
			only->parent = parent;
		free(n);
		n = only ? NULL : parent;
	}
	return data;
}

static struct trie_node *with_data_upwards(struct trie_node *n)
{
	while (n && !n->data)
		n = n->parent;
	return n;
}

struct trie_node *trie_covering(const struct trie *t, const struct prefix *p)
{
	return with_data_upwards(descend(t, p));
}

struct trie_node *trie_covering_next(const struct trie_node *n)
{
	return with_data_upwards(n->parent);
}

/* Next node in preorder below `top`'s subtree. */
static struct trie_node *preorder(struct trie_node *n, const struct prefix *within)
{
	if (n->child[0] || n->child[1])
		return n->child[0] ? n->child[0] : n->child[1];
	while (n->parent && n->parent->prefix.len >= within->len) {
		if (n->parent->child[0] == n && n->parent->child[1])
			return n->parent->child[1];
		n = n->parent;
	}
	return NULL;
}

struct trie_node *trie_within(const struct trie *t, const struct prefix *p)
{
	struct trie_node *n = *root_of(t, p);

	while (n && n->prefix.len < p->len) {
		if (common_bits(&n->prefix, p) != n->prefix.len)
			return NULL;
		n = n->child[bit_at(&p->addr, n->prefix.len)];
	}
	if (!n || common_bits(&n->prefix, p) != p->len)
		return NULL;
	return n->data ? n : trie_within_next(n, p);
}

struct trie_node *trie_within_next(struct trie_node *n, const struct prefix *p)
{
	do
		n = preorder(n, p);
	while (n && !n->data);
	return n;
}

/* The order of a walk: by address, a shorter prefix before the longer ones that it covers. */
static int walk_order(const struct prefix *a, const struct prefix *b)
{
	int order = ip_compare(&a->addr, &b->addr);

	return order != 0 ? order : (int)a->len - (int)b->len;
}

struct trie_node *trie_after(const struct trie *t, const struct prefix *cursor, const struct prefix *p)
{
	struct trie_node *n = *root_of(t, p), *right = NULL; /* right: what follows everything on the path */

	while (n && walk_order(&n->prefix, cursor) <= 0) {
		unsigned bit;

		if (common_bits(&n->prefix, cursor) < n->prefix.len) { /* all of it lies before the cursor */
			n = NULL;
			break;
		}
		bit = n->prefix.len < ip_bits(&cursor->addr) ? bit_at(&cursor->addr, n->prefix.len) : 1;
		if (bit == 0 && n->child[1])
			right = n->child[1];
		n = n->prefix.len < ip_bits(&cursor->addr) ? n->child[bit] : NULL;
	}
	if (!n)
		n = right;
	while (n && !n->data) {
		static const struct prefix everything; /* length 0: up to the root */

		n = preorder(n, &everything);
	}
	return n && prefix_covers(p, &n->prefix) ? n : NULL;
}
