/* The lists of the configuration: how a row finds its object, and how the writer walks over all of them. */
#include <stdlib.h>
#include <string.h>

#include "cli/rules.h"

/* --- Lists of the model that are known by name ----------------------------------------------------------------- */

static bool in_vec(
	const struct cli_target *within, const struct vec *v, size_t cursor[2], struct cli_target *out)
{
	*out = (struct cli_target){.model = within->model};
	if (cursor[0] >= v->count)
		return false;
	out->object = v->items[cursor[0]];
	return true;
}

/* The slot of the name is "name"; the object begins with it. */
#define NAMED_LIST(list, function, vector)                                                                   \
	static bool list##_find(const struct cli_target *within, const struct cli_args *args, bool create,   \
		struct cli_target *out)                                                                      \
	{                                                                                                    \
		const char *name = cli_arg(args, "name")->s;                                                 \
                                                                                                             \
		*out = (struct cli_target){.model = within->model};                                          \
		out->object = create ? (void *)model_##function##_get(within->model, name)                   \
				     : (void *)model_##function(within->model, name);                        \
		out->name = out->object;                                                                     \
		return out->object || !create;                                                               \
	}                                                                                                    \
	static bool list##_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)     \
	{                                                                                                    \
		bool there = in_vec(within, &within->model->vector, cursor, out);                            \
                                                                                                             \
		out->name = out->object;                                                                     \
		return there;                                                                                \
	}                                                                                                    \
	static void list##_drop(const struct cli_target *t)                                                  \
	{                                                                                                    \
		char name[NAME_MAX_LEN];                                                                     \
                                                                                                             \
		str_copy(name, sizeof(name), t->object);                                                     \
		model_##function##_delete(t->model, name);                                                   \
	}                                                                                                    \
	const struct cli_list cli_list_##list = {list##_find, list##_at, list##_drop, NULL, false}

NAMED_LIST(isakmp_host_keys, isakmp_host_key, isakmp_host_keys);
NAMED_LIST(ikev2_proposals, ikev2_proposal, ikev2_proposals);
NAMED_LIST(ikev2_policies, ikev2_policy, ikev2_policies);
NAMED_LIST(ikev2_keyrings, ikev2_keyring, ikev2_keyrings);
NAMED_LIST(ikev2_profiles, ikev2_profile, ikev2_profiles);
NAMED_LIST(key_chains, key_chain, key_chains);
NAMED_LIST(transform_sets, transform_set, transform_sets);
NAMED_LIST(maps, crypto_map, crypto_maps);
NAMED_LIST(acls, acl, acls);

/* Named access lists are written as such; numbered ones too when their sequence numbers are not the usual ones. */
static bool named_acls_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	while (in_vec(within, &within->model->acls, cursor, out)) {
		const struct acl *a = out->object;

		if (!cli_acl_is_plain(a)) {
			out->name = a->name;
			return true;
		}
		cursor[0]++;
	}
	return false;
}

const struct cli_list cli_list_named_acls = {acls_find, named_acls_at, acls_drop, NULL, false};

/* --- ISAKMP ------------------------------------------------------------------------------------------------------ */

static bool policies_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	uint16_t n = (uint16_t)cli_arg(args, "priority")->n;

	*out = (struct cli_target){.model = within->model, .number = n};
	out->object =
		create ? model_isakmp_policy_get(within->model, n) : model_isakmp_policy(within->model, n);
	return out->object || !create;
}

static bool policies_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	return in_vec(within, &within->model->isakmp_policies, cursor, out);
}

static void policies_drop(const struct cli_target *t)
{
	model_isakmp_policy_delete(t->model, ((const struct isakmp_policy *)t->object)->priority);
}

const struct cli_list cli_list_isakmp_policies = {policies_find, policies_at, policies_drop, NULL, false};

/* `address A [mask]`: the key's place in the list. */
static struct prefix key_peers(const struct cli_args *args)
{
	const struct cli_value *mask = cli_arg(args, "mask");
	struct ipaddr addr = cli_arg(args, "address")->ip;
	static const struct ipaddr zero = {IP_V4, {0}};

	/* 0.0.0.0 alone is the wildcard, as IOS writes it. */
	return prefix_make(addr, mask->set ? mask->n : ip_equal(&addr, &zero) ? 0 : 32);
}

static bool keys_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	struct prefix peers = key_peers(args);

	*out = (struct cli_target){.model = within->model};
	out->object = create ? model_isakmp_key_get(within->model, &peers)
			     : model_isakmp_key(within->model, &peers);
	return out->object || !create;
}

static bool keys_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	return in_vec(within, &within->model->isakmp_keys, cursor, out);
}

static void keys_drop(const struct cli_target *t)
{
	struct prefix peers = ((const struct isakmp_key *)t->object)->peers;

	model_isakmp_key_delete(t->model, &peers);
}

const struct cli_list cli_list_isakmp_keys = {keys_find, keys_at, keys_drop, NULL, false};

static bool peers_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	struct ikev2_keyring *k = within->object;
	const char *name = cli_arg(args, "name")->s;

	*out = (struct cli_target){.model = within->model, .outer = k, .name = k->name};
	out->object = create ? ikev2_keyring_peer_get(k, name) : ikev2_keyring_peer(k, name);
	return out->object || !create;
}

static bool peers_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	struct ikev2_keyring *k = within->object;
	bool there = in_vec(within, &k->peers, cursor, out);

	out->outer = k;
	out->name = k->name;
	return there;
}

static void peers_drop(const struct cli_target *t)
{
	char name[NAME_MAX_LEN];

	str_copy(name, sizeof(name), ((const struct ikev2_peer *)t->object)->name);
	ikev2_keyring_peer_delete(t->outer, name);
}

const struct cli_list cli_list_ikev2_peers = {peers_find, peers_at, peers_drop, NULL, false};

static bool chain_keys_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	struct key_chain *c = within->object;
	uint32_t n = cli_arg(args, "key")->n;

	*out = (struct cli_target){.model = within->model, .outer = c, .name = c->name};
	out->object = create ? key_chain_key_get(c, n) : key_chain_key(c, n);
	return out->object || !create;
}

static bool chain_keys_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	struct key_chain *c = within->object;
	bool there = in_vec(within, &c->keys, cursor, out);

	out->outer = c;
	out->name = c->name;
	return there;
}

static void chain_keys_drop(const struct cli_target *t)
{
	key_chain_key_delete(t->outer, ((const struct chain_key *)t->object)->number);
}

const struct cli_list cli_list_chain_keys = {chain_keys_find, chain_keys_at, chain_keys_drop, NULL, false};

/* --- Crypto map entries ---------------------------------------------------------------------------------------------- */

static bool entries_find(struct model *m, struct crypto_map *map, enum crypto_map_kind kind,
	const struct cli_args *args, bool create, struct cli_target *out)
{
	uint16_t n = (uint16_t)cli_arg(args, "sequence")->n;

	*out = (struct cli_target){.model = m, .outer = map, .number = n};
	if (!map)
		return !create;
	out->name = map->name;
	out->object = create ? crypto_map_entry_get(map, n, kind) : crypto_map_entry(map, n);
	return out->object || !create;
}

static bool map_entries_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	const char *name = cli_arg(args, "name")->s;
	struct crypto_map *map =
		create ? model_crypto_map_get(within->model, name) : model_crypto_map(within->model, name);

	return entries_find(within->model, map,
		cli_has(args, "dynamic") ? CRYPTO_MAP_ISAKMP_DYNAMIC : CRYPTO_MAP_ISAKMP, args, create, out);
}

static bool templates_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	const char *name = cli_arg(args, "name")->s;
	struct crypto_map *map =
		create ? model_dynamic_map_get(within->model, name) : model_dynamic_map(within->model, name);

	return entries_find(within->model, map, CRYPTO_MAP_TEMPLATE, args, create, out);
}

static bool entries_at(struct model *m, const struct vec *maps, size_t cursor[2], struct cli_target *out)
{
	*out = (struct cli_target){.model = m};
	for (; cursor[0] < maps->count; cursor[0]++, cursor[1] = 0) {
		struct crypto_map *map = maps->items[cursor[0]];

		if (cursor[1] >= map->entries.count)
			continue;
		struct crypto_map_entry *e = map->entries.items[cursor[1]];

		out->outer = map;
		out->object = e;
		out->name = map->name;
		out->number = e->sequence;
		return true;
	}
	return false;
}

static bool map_entries_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	return entries_at(within->model, &within->model->crypto_maps, cursor, out);
}

static bool templates_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	return entries_at(within->model, &within->model->dynamic_maps, cursor, out);
}

static void map_entries_drop(const struct cli_target *t)
{
	crypto_map_entry_delete(t->outer, ((const struct crypto_map_entry *)t->object)->sequence);
	cli_list_maps_prune(t->model, t->outer);
}

static void templates_drop(const struct cli_target *t)
{
	struct crypto_map *map = t->outer;

	crypto_map_entry_delete(map, ((const struct crypto_map_entry *)t->object)->sequence);
	if (map->entries.count == 0) {
		char name[NAME_MAX_LEN];

		str_copy(name, sizeof(name), map->name);
		model_dynamic_map_delete(t->model, name);
	}
}

void cli_list_maps_prune(struct model *m, struct crypto_map *map)
{
	char name[NAME_MAX_LEN];

	if (map->entries.count > 0 || map->local_address[0])
		return;
	str_copy(name, sizeof(name), map->name);
	model_crypto_map_delete(m, name);
}

const struct cli_list cli_list_map_entries = {map_entries_find, map_entries_at, map_entries_drop, NULL, true};
const struct cli_list cli_list_template_entries = {templates_find, templates_at, templates_drop, NULL, true};

/* --- Interfaces and standby groups --------------------------------------------------------------------------------------- */

static bool interfaces_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	const struct cli_value *v = cli_arg(args, "name");
	struct interface_cfg *i = model_interface(within->model, v->name);

	*out = (struct cli_target){.model = within->model};
	if (!i && create) {
		i = model_interface_get(within->model, v->name);
		if (i)
			i->is_ios_type = v->n;
	}
	out->object = i;
	out->name = i ? i->name : NULL;
	return i || !create;
}

static bool interfaces_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	bool there = in_vec(within, &within->model->interfaces, cursor, out);

	out->name = there ? ((const struct interface_cfg *)out->object)->name : NULL;
	return there;
}

static void interfaces_drop(const struct cli_target *t)
{
	char name[INTERFACE_NAME_MAX];

	str_copy(name, sizeof(name), ((const struct interface_cfg *)t->object)->name);
	model_interface_delete(t->model, name);
}

const struct cli_list cli_list_interfaces = {interfaces_find, interfaces_at, interfaces_drop, NULL, false};

static bool groups_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	struct interface_cfg *i = within->object;
	uint16_t n = (uint16_t)cli_arg(args, "group")->n; /* not typed: 0 (D15) */

	*out = (struct cli_target){.model = within->model, .outer = i, .name = i->name, .number = n};
	out->object = create ? interface_standby_get(i, n) : interface_standby(i, n);
	return out->object || !create;
}

static bool groups_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	struct interface_cfg *i = within->object;
	bool there = in_vec(within, &i->standby, cursor, out);

	out->outer = i;
	out->name = i->name;
	out->number = there ? ((const struct standby_group *)out->object)->number : 0;
	return there;
}

static void groups_drop(const struct cli_target *t)
{
	interface_standby_delete(t->outer, ((const struct standby_group *)t->object)->number);
}

static void groups_prune(const struct cli_target *t)
{
	const struct standby_group *g = t->object;

	if (!g->ip_typed && g->secondaries.count == 0 && !standby_has_ipv6(g) && !g->name[0] &&
		!g->priority_set && !g->preempt && !g->hello_ms && !g->hold_ms && !g->follow[0] &&
		!g->authentication_set && !g->key.set && !g->key_chain[0] && !g->mac_set &&
		g->tracks.count == 0)
		groups_drop(t);
}

const struct cli_list cli_list_standby = {groups_find, groups_at, groups_drop, groups_prune, false};

/* --- Access list rules and static routes ---------------------------------------------------------------------------------- */

bool cli_acl_is_plain(const struct acl *a)
{
	const struct acl_rule *r;

	if (!a->numbered || a->rules.count == 0)
		return false;
	vec_each (&a->rules, i, r)
		if (r->sequence != (i + 1) * ACL_SEQUENCE_STEP)
			return false;
	return true;
}

static bool rules_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	struct acl *a = within->object;
	bool there = in_vec(within, &a->rules, cursor, out);

	out->outer = a;
	out->name = a->name;
	return there;
}

/* Rules of one line each: those of numbered lists whose sequence numbers need not be written. */
static bool numbered_rules_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	const struct vec *acls = &within->model->acls;

	*out = (struct cli_target){.model = within->model};
	for (; cursor[0] < acls->count; cursor[0]++, cursor[1] = 0) {
		struct acl *a = acls->items[cursor[0]];

		if (cursor[1] >= a->rules.count || (cursor[1] == 0 && !cli_acl_is_plain(a)))
			continue;
		out->outer = a;
		out->object = a->rules.items[cursor[1]];
		out->name = a->name;
		return true;
	}
	return false;
}

/* A rule is made by its row's own function: these lists only walk. */
static bool rules_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	(void)args;
	(void)create;
	*out = (struct cli_target){.model = within->model, .outer = within->object};
	out->name = within->object && within->object != within->model ? ((struct acl *)within->object)->name
								      : NULL;
	return true;
}

const struct cli_list cli_list_rules = {rules_find, rules_at, NULL, NULL, false};
const struct cli_list cli_list_numbered_rules = {rules_find, numbered_rules_at, NULL, NULL, true};

static bool routes_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	struct static_route like = {
		.prefix = {cli_arg(args, "prefix")->ip, (uint8_t)cli_arg(args, "mask")->n},
		.gateway = cli_arg(args, "gateway")->ip};

	str_copy(like.interface, sizeof(like.interface), cli_arg(args, "interface")->name);
	*out = (struct cli_target){.model = within->model};
	out->object = create ? model_static_route_get(within->model, &like)
			     : model_static_route(within->model, &like);
	return out->object || !create;
}

static bool routes_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	return in_vec(within, &within->model->static_routes, cursor, out);
}

static void routes_drop(const struct cli_target *t)
{
	struct static_route like = *(const struct static_route *)t->object;

	model_static_route_delete(t->model, &like);
}

const struct cli_list cli_list_static_routes = {routes_find, routes_at, routes_drop, NULL, false};

static bool route_tags_find(
	const struct cli_target *within, const struct cli_args *args, bool create, struct cli_target *out)
{
	uint32_t tag = cli_arg(args, "tag")->n;

	*out = (struct cli_target){.model = within->model};
	out->object = create ? model_route_tag_get(within->model, tag) : model_route_tag(within->model, tag);
	return out->object || !create;
}

static bool route_tags_at(const struct cli_target *within, size_t cursor[2], struct cli_target *out)
{
	return in_vec(within, &within->model->route_tags, cursor, out);
}

static void route_tags_drop(const struct cli_target *t)
{
	model_route_tag_delete(t->model, ((const struct route_tag *)t->object)->tag);
}

const struct cli_list cli_list_route_tags = {route_tags_find, route_tags_at, route_tags_drop, NULL, false};
