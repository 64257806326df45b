/* Small lists inside an object of the configuration; see lists.c for those of the whole. */
#include <stdlib.h>
#include <string.h>

#include "cli/rules.h"

/* A further item, of zeros; NULL on exhaustion. */
static void *add(struct vec *v, size_t size)
{
	void *item = calloc(1, size);

	if (item && !vec_push(v, item)) {
		free(item);
		return NULL;
	}
	return item;
}

/* `set peer` of an entry: an array in the order typed. */
static bool entry_peers_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	struct crypto_map_entry *e = within->object;
	struct ipaddr addr = cli_arg(args, "peer")->ip;

	*out = *within;
	out->outer = e;
	out->object = NULL;
	for (uint8_t i = 0; i < e->peer_count && !out->object; i++)
		if (ip_equal(&e->peers[i].addr, &addr))
			out->object = &e->peers[i];
	if (!out->object && create && e->peer_count < PEERS_MAX) {
		e->peers[e->peer_count] = (struct crypto_peer){.addr = addr};
		out->object = &e->peers[e->peer_count++];
	}
	return out->object || !create;
}

static bool entry_peers_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	struct crypto_map_entry *e = within->object;

	*out = *within;
	out->outer = e;
	if (cursor[0] >= e->peer_count)
		return false;
	out->object = &e->peers[cursor[0]];
	return true;
}

static void entry_peers_drop(const struct cli_target *t)
{
	struct crypto_map_entry *e = t->outer;
	size_t at = (size_t)((struct crypto_peer *)t->object - e->peers);

	memmove(&e->peers[at], &e->peers[at + 1], (e->peer_count - at - 1) * sizeof(*e->peers));
	e->peers[--e->peer_count] = (struct crypto_peer){0};
}

const struct cli_list cli_list_peers = {entry_peers_find, entry_peers_at, entry_peers_drop, NULL, false};

/* Vectors of plain values, told apart by an address and, for prefixes, a length. The value begins with the address. */
static bool plain_find(const struct cli_target *within, struct vec *v, struct prefix key, size_t size,
	bool create, struct cli_target *out)
{
	struct ipaddr *item;

	*out = *within;
	out->outer = within->object;
	out->object = NULL;
	vec_each (v, i, item)
		if (ip_equal(item, &key.addr) &&
			(size < sizeof(struct prefix) || ((struct prefix *)item)->len == key.len))
			out->object = item;
	if (out->object || !create)
		return true;
	item = add(v, size);
	if (!item)
		return false;
	memcpy(item, &key, size);
	out->object = item;
	return true;
}

static bool plain_at(const struct cli_target *within, struct vec *v, size_t cursor[2], struct cli_target *out)
{
	*out = *within;
	out->outer = within->object;
	if (cursor[0] >= v->count)
		return false;
	out->object = v->items[cursor[0]];
	return true;
}

static void plain_drop(struct vec *v, void *item)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->items[i] == item) {
			free(vec_remove_at(v, i));
			return;
		}
}

#define PLAIN_LIST(list, type, vector, value, key_expression)                                                \
	static bool list##_find(const struct cli_target *within, const struct cli_args *args, bool create,   \
		struct cli_target *out)                                                                      \
	{                                                                                                    \
		return plain_find(within, &((type *)within->object)->vector, key_expression, sizeof(value),  \
			create, out);                                                                        \
	}                                                                                                    \
	static bool list##_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)     \
	{                                                                                                    \
		return plain_at(within, &((type *)within->object)->vector, cursor, out);                     \
	}                                                                                                    \
	static void list##_drop(const struct cli_target *t)                                                  \
	{                                                                                                    \
		plain_drop(&((type *)t->outer)->vector, t->object);                                          \
	}                                                                                                    \
	const struct cli_list cli_list_##list = {list##_find, list##_at, list##_drop, NULL, false}

#define ADDRESS_AND_MASK ((struct prefix){cli_arg(args, "address")->ip, (uint8_t)cli_arg(args, "mask")->n})

PLAIN_LIST(secondaries, struct standby_group, secondaries, struct ipaddr,
	((struct prefix){cli_arg(args, "ip")->ip, 32}));
PLAIN_LIST(secondary_addresses, struct interface_cfg, secondary_addresses, struct prefix, ADDRESS_AND_MASK);
#define IPV6_PREFIX ((struct prefix){cli_arg(args, "prefix")->ip, (uint8_t)cli_arg(args, "prefix")->n})
PLAIN_LIST(standby_ipv6, struct standby_group, ipv6_prefixes, struct prefix, IPV6_PREFIX);
PLAIN_LIST(ipv6_addresses, struct interface_cfg, ipv6_addresses, struct prefix, IPV6_PREFIX);
/* Interfaces and objects that a standby group watches, by their name or number. */
static bool tracks_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	struct standby_group *g = within->object;
	const char *name = cli_arg(args, "interface")->name;
	uint16_t object = (uint16_t)cli_arg(args, "object")->n;
	struct standby_track *t;

	*out = *within;
	out->outer = g;
	out->object = NULL;
	vec_each (&g->tracks, i, t)
		if (!strcmp(t->interface, name) && t->object == object)
			out->object = t;
	if (out->object || !create)
		return true;
	t = add(&g->tracks, sizeof(*t));
	if (!t)
		return false;
	str_copy(t->interface, sizeof(t->interface), name);
	t->object = object;
	out->object = t;
	return true;
}

static bool tracks_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	return plain_at(within, &((struct standby_group *)within->object)->tracks, cursor, out);
}

static void tracks_drop(const struct cli_target *t)
{
	plain_drop(&((struct standby_group *)t->outer)->tracks, t->object);
}

const struct cli_list cli_list_tracks = {tracks_find, tracks_at, tracks_drop, NULL, false};

/* `match identity remote …` of an IKEv2 profile, by what it says. */
static bool matches_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	struct ikev2_profile *p = within->object;
	struct ike_identity key = cli_identity(args), *i;

	*out = *within;
	out->outer = p;
	out->object = NULL;
	vec_each (&p->match_remote, n, i)
		if (i->kind == key.kind && prefix_equal(&i->prefix, &key.prefix) &&
			strcmp(i->text, key.text) == 0)
			out->object = i;
	if (out->object || !create)
		return true;
	i = add(&p->match_remote, sizeof(*i));
	if (!i)
		return false;
	*i = key;
	out->object = i;
	return true;
}

static bool matches_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	return plain_at(within, &((struct ikev2_profile *)within->object)->match_remote, cursor, out);
}

static void matches_drop(const struct cli_target *t)
{
	plain_drop(&((struct ikev2_profile *)t->outer)->match_remote, t->object);
}

const struct cli_list cli_list_matches = {matches_find, matches_at, matches_drop, NULL, false};

/* `proposal …` of an IKEv2 policy, in the order typed. */
static bool policy_proposals_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	struct ikev2_policy *p = within->object;
	const char *name = cli_arg(args, "proposal")->s;
	struct ikev2_policy_proposal *i;

	*out = *within;
	out->outer = p;
	out->object = NULL;
	vec_each (&p->proposals, n, i)
		if (strcmp(i->name, name) == 0)
			out->object = i;
	if (out->object || !create)
		return true;
	i = add(&p->proposals, sizeof(*i));
	if (!i)
		return false;
	str_copy(i->name, sizeof(i->name), name);
	out->object = i;
	return true;
}

static bool policy_proposals_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	return plain_at(within, &((struct ikev2_policy *)within->object)->proposals, cursor, out);
}

static void policy_proposals_drop(const struct cli_target *t)
{
	plain_drop(&((struct ikev2_policy *)t->outer)->proposals, t->object);
}

const struct cli_list cli_list_policy_proposals = {
	policy_proposals_find, policy_proposals_at, policy_proposals_drop, NULL, false};
