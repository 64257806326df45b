#include "model/compare.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
	CHANGE_LOOKBACK = 8
}; /* a repeated change comes right after its first: entries are typed line by line */

/* --- Containers ---------------------------------------------------------------------------------------------- */

static void *find(const struct vec *v, const void *key, vec_compare compare)
{
	return vec_find(v, key, compare);
}

/* The item of that key, or a new zeroed one in its place, *created set; NULL on exhaustion. */
static void *get(struct vec *v, const void *key, vec_compare compare, size_t size, bool *created)
{
	bool found;
	size_t at = vec_lower_bound(v, key, compare, &found);

	*created = false;
	if (found)
		return v->items[at];
	void *item = calloc(1, size);
	if (!item)
		return NULL;
	if (!vec_insert_at(v, at, item)) {
		free(item);
		return NULL;
	}
	*created = true;
	return item;
}

/* A new item carries its name in its first NAME_MAX_LEN bytes; the caller has bounded the name. */
static void *get_named(
	struct vec *v, const char *name, vec_compare compare, size_t size, size_t room, bool *created)
{
	void *item = get(v, name, compare, size, created);

	if (item && *created) {
		bool fits = str_copy(item, room, name);

		assert(fits);
		(void)fits;
	}
	return item;
}

/* Takes the item of that key out; NULL when there is none. */
static void *take(struct vec *v, const void *key, vec_compare compare)
{
	bool found;
	size_t at = vec_lower_bound(v, key, compare, &found);

	return found ? vec_remove_at(v, at) : NULL;
}

static void free_items(struct vec *v, void (*destroy)(void *))
{
	void *item;

	vec_each (v, i, item)
		destroy(item);
	vec_free(v);
}

/* --- Destruction --------------------------------------------------------------------------------------------- */

static void free_keyring(void *item)
{
	struct ikev2_keyring *k = item;

	free_items(&k->peers, free);
	free(k);
}

static void free_chain(void *item)
{
	struct key_chain *c = item;

	free_items(&c->keys, free);
	free(c);
}

static void free_policy(void *item)
{
	struct ikev2_policy *p = item;

	free_items(&p->proposals, free);
	free(p);
}

static void free_profile(void *item)
{
	struct ikev2_profile *p = item;

	free_items(&p->match_remote, free);
	free(p);
}

static void free_rule(void *item)
{
	struct acl_rule *r = item;

	free(r->remark);
	free(r);
}

static void free_acl(void *item)
{
	struct acl *a = item;

	free_items(&a->rules, free_rule);
	vec_free(&a->by_content);
	free(a);
}

static void free_map(void *item)
{
	struct crypto_map *m = item;

	free_items(&m->entries, free);
	free(m);
}

static void free_group(void *item)
{
	struct standby_group *g = item;

	free_items(&g->secondaries, free);
	free_items(&g->ipv6_prefixes, free);
	free_items(&g->tracks, free);
	free(g);
}

static void free_kept(void *item)
{
	struct kept_line *k = item;

	free_items(&k->children, free_kept); /* one level deep: a child has none */
	free(k->text);
	free(k);
}

static void free_interface(void *item)
{
	struct interface_cfg *i = item;

	free_items(&i->secondary_addresses, free);
	free_items(&i->ipv6_addresses, free);
	free_items(&i->standby, free_group);
	free_items(&i->kept, free_kept);
	free(i);
}

struct model *model_new(void)
{
	return calloc(1, sizeof(struct model));
}

void model_free(struct model *m)
{
	if (!m)
		return;
	free_items(&m->kept, free_kept);
	free_items(&m->key_chains, free_chain);
	free_items(&m->isakmp_policies, free);
	free_items(&m->isakmp_keys, free);
	free_items(&m->isakmp_host_keys, free);
	free_items(&m->ikev2_proposals, free);
	free_items(&m->ikev2_policies, free_policy);
	free_items(&m->ikev2_keyrings, free_keyring);
	free_items(&m->ikev2_profiles, free_profile);
	free_items(&m->transform_sets, free);
	free_items(&m->acls, free_acl);
	free_items(&m->dynamic_maps, free_map);
	free_items(&m->crypto_maps, free_map);
	free_items(&m->interfaces, free_interface);
	free_items(&m->static_routes, free);
	free_items(&m->route_tags, free);
	free_items(&m->tracks, track_free);
	free_items(&m->pairs, free);
	free(m->changes);
	free(m);
}

/* --- Changes ------------------------------------------------------------------------------------------------- */

void model_touch(struct model *m, enum model_kind kind, const char *name, uint32_t number)
{
	struct model_change c = {.kind = kind, .number = number};
	size_t from = m->change_count > CHANGE_LOOKBACK ? m->change_count - CHANGE_LOOKBACK : 0;

	if (m->changes_lost)
		return;
	str_copy(c.name, sizeof(c.name), name ? name : "");
	for (size_t i = from; i < m->change_count; i++) {
		const struct model_change *old = &m->changes[i];

		if (old->kind == kind && old->number == number && strcmp(old->name, c.name) == 0)
			return;
	}
	if (m->change_count == m->change_cap) {
		size_t cap = m->change_cap ? m->change_cap * 2 : 16;
		struct model_change *grown = realloc(m->changes, cap * sizeof(*grown));

		if (!grown) {
			m->changes_lost = true;
			return;
		}
		m->changes = grown;
		m->change_cap = cap;
	}
	m->changes[m->change_count++] = c;
}

void model_changes_clear(struct model *m)
{
	m->change_count = 0;
	m->changes_lost = false;
}

/* --- Objects with a name ------------------------------------------------------------------------------------- */

#define NAMED_OBJECT(type, function, list, compare, destroy)                                                 \
	struct type *model_##function(const struct model *m, const char *name)                               \
	{                                                                                                    \
		return find(&m->list, name, compare);                                                        \
	}                                                                                                    \
	struct type *model_##function##_get(struct model *m, const char *name)                               \
	{                                                                                                    \
		bool created;                                                                                \
                                                                                                             \
		return get_named(&m->list, name, compare, sizeof(struct type),                               \
			sizeof(((struct type *)0)->name), &created);                                         \
	}                                                                                                    \
	void model_##function##_delete(struct model *m, const char *name)                                    \
	{                                                                                                    \
		struct type *item = take(&m->list, name, compare);                                           \
                                                                                                             \
		if (item)                                                                                    \
			destroy(item);                                                                       \
	}

NAMED_OBJECT(isakmp_host_key, isakmp_host_key, isakmp_host_keys, model_compare_name, free)
NAMED_OBJECT(ikev2_proposal, ikev2_proposal, ikev2_proposals, model_compare_name, free)
NAMED_OBJECT(ikev2_policy, ikev2_policy, ikev2_policies, model_compare_name, free_policy)
NAMED_OBJECT(ikev2_keyring, ikev2_keyring, ikev2_keyrings, model_compare_name, free_keyring)
NAMED_OBJECT(ikev2_profile, ikev2_profile, ikev2_profiles, model_compare_name, free_profile)
NAMED_OBJECT(key_chain, key_chain, key_chains, model_compare_name, free_chain)
NAMED_OBJECT(transform_set, transform_set, transform_sets, model_compare_name, free)
NAMED_OBJECT(acl, acl, acls, model_compare_acl, free_acl)
NAMED_OBJECT(crypto_map, crypto_map, crypto_maps, model_compare_name, free_map)
NAMED_OBJECT(crypto_map, dynamic_map, dynamic_maps, model_compare_name, free_map)
NAMED_OBJECT(interface_cfg, interface, interfaces, model_compare_interface, free_interface)

/* It is a line without effect on the rest, kept as typed: "ip domain name X" or "ip domain-name X". */
const char *model_domain_name(const struct model *m)
{
	static const char *const heads[] = {"ip domain name ", "ip domain-name "};
	const struct kept_line *k;

	vec_each (&m->kept, i, k)
		for (size_t h = 0; h < sizeof(heads) / sizeof(*heads); h++)
			if (!k->negated && strncmp(k->text, heads[h], strlen(heads[h])) == 0)
				return k->text + strlen(heads[h]);
	return "";
}

/* --- Objects with a number or an address ---------------------------------------------------------------------- */

struct isakmp_policy *model_isakmp_policy(const struct model *m, uint16_t priority)
{
	return find(&m->isakmp_policies, &priority, model_compare_policy);
}

struct isakmp_policy *model_isakmp_policy_get(struct model *m, uint16_t priority)
{
	bool created;
	struct isakmp_policy *p = get(
		&m->isakmp_policies, &priority, model_compare_policy, sizeof(struct isakmp_policy), &created);

	if (p && created)
		*p = (struct isakmp_policy){.priority = priority,
			.encryption = IKE_ENCR_DES,
			.hash = IKE_HASH_SHA1,
			.authentication = IKE_AUTH_RSA_SIG,
			.group = 1};
	return p;
}

void model_isakmp_policy_delete(struct model *m, uint16_t priority)
{
	free(take(&m->isakmp_policies, &priority, model_compare_policy));
}

struct isakmp_key *model_isakmp_key(const struct model *m, const struct prefix *peers)
{
	return find(&m->isakmp_keys, peers, model_compare_key);
}

struct isakmp_key *model_isakmp_key_get(struct model *m, const struct prefix *peers)
{
	bool created;
	struct isakmp_key *k =
		get(&m->isakmp_keys, peers, model_compare_key, sizeof(struct isakmp_key), &created);

	if (k && created)
		k->peers = *peers;
	return k;
}

void model_isakmp_key_delete(struct model *m, const struct prefix *peers)
{
	free(take(&m->isakmp_keys, peers, model_compare_key));
}

struct ikev2_peer *ikev2_keyring_peer(const struct ikev2_keyring *k, const char *name)
{
	struct ikev2_peer *p;

	vec_each (&k->peers, i, p)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

struct ikev2_peer *ikev2_keyring_peer_get(struct ikev2_keyring *k, const char *name)
{
	struct ikev2_peer *p = ikev2_keyring_peer(k, name);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	str_copy(p->name, sizeof(p->name), name);
	if (!vec_push(&k->peers, p)) {
		free(p);
		return NULL;
	}
	return p;
}

void ikev2_keyring_peer_delete(struct ikev2_keyring *k, const char *name)
{
	for (size_t i = 0; i < k->peers.count; i++) {
		struct ikev2_peer *p = k->peers.items[i];

		if (strcmp(p->name, name) == 0) {
			free(vec_remove_at(&k->peers, i));
			return;
		}
	}
}

struct crypto_map_entry *crypto_map_entry(const struct crypto_map *map, uint16_t sequence)
{
	return find(&map->entries, &sequence, model_compare_entry);
}

struct crypto_map_entry *crypto_map_entry_get(
	struct crypto_map *map, uint16_t sequence, enum crypto_map_kind kind)
{
	bool created;
	struct crypto_map_entry *e =
		get(&map->entries, &sequence, model_compare_entry, sizeof(struct crypto_map_entry), &created);

	if (e && created) {
		e->sequence = sequence;
		e->kind = kind;
	}
	return e;
}

void crypto_map_entry_delete(struct crypto_map *map, uint16_t sequence)
{
	free(take(&map->entries, &sequence, model_compare_entry));
}

struct chain_key *key_chain_key(const struct key_chain *c, uint32_t number)
{
	return find(&c->keys, &number, model_compare_chain_key);
}

struct chain_key *key_chain_key_get(struct key_chain *c, uint32_t number)
{
	bool created;
	struct chain_key *k =
		get(&c->keys, &number, model_compare_chain_key, sizeof(struct chain_key), &created);

	if (k && created)
		k->number = number;
	return k;
}

void key_chain_key_delete(struct key_chain *c, uint32_t number)
{
	free(take(&c->keys, &number, model_compare_chain_key));
}

struct standby_group *interface_standby(const struct interface_cfg *i, uint16_t number)
{
	return find(&i->standby, &number, model_compare_group);
}

struct standby_group *interface_standby_get(struct interface_cfg *i, uint16_t number)
{
	bool created;
	struct standby_group *g =
		get(&i->standby, &number, model_compare_group, sizeof(struct standby_group), &created);

	if (g && created)
		g->number = number;
	return g;
}

void interface_standby_delete(struct interface_cfg *i, uint16_t number)
{
	struct standby_group *g = take(&i->standby, &number, model_compare_group);

	if (g)
		free_group(g);
}

/* --- Access list rules ---------------------------------------------------------------------------------------- */

struct acl_rule *acl_rule(const struct acl *a, uint32_t sequence)
{
	return find(&a->rules, &sequence, model_compare_sequence);
}

struct acl_rule *acl_rule_same(const struct acl *a, const struct acl_rule *like)
{
	return find(&a->by_content, like, model_compare_content);
}

uint32_t acl_next_sequence(const struct acl *a)
{
	const struct acl_rule *last = a->rules.count ? a->rules.items[a->rules.count - 1] : NULL;

	if (!last)
		return ACL_SEQUENCE_STEP;
	return last->sequence <= ACL_SEQUENCE_MAX - ACL_SEQUENCE_STEP ? last->sequence + ACL_SEQUENCE_STEP
								      : 0;
}

bool acl_rule_uses_any(const struct acl_rule *r)
{
	static const struct ipaddr all = {IP_V4, {255, 255, 255, 255}};

	return !r->is_remark &&
		(ip_equal(&r->source.wildcard, &all) || ip_equal(&r->destination.wildcard, &all));
}

struct acl_rule *acl_rule_add(struct acl *a, const struct acl_rule *rule)
{
	bool found;
	size_t at = vec_lower_bound(&a->rules, &rule->sequence, model_compare_sequence, &found);
	struct acl_rule *copy;

	assert(!found && rule->sequence > 0);
	copy = malloc(sizeof(*copy));
	if (!copy)
		return NULL;
	*copy = *rule;
	copy->remark = rule->is_remark ? str_dup(rule->remark ? rule->remark : "") : NULL;
	if ((rule->is_remark && !copy->remark) || !vec_insert_at(&a->rules, at, copy)) {
		free_rule(copy);
		return NULL;
	}
	if (!copy->is_remark) {
		size_t where = vec_lower_bound(&a->by_content, copy, model_compare_content, &found);

		if (!vec_insert_at(&a->by_content, where, copy)) {
			free_rule(vec_remove_at(&a->rules, at));
			return NULL;
		}
	}
	if (copy->permit && acl_rule_uses_any(copy))
		a->any_permits++;
	return copy;
}

void acl_rule_delete(struct acl *a, uint32_t sequence)
{
	struct acl_rule *r = take(&a->rules, &sequence, model_compare_sequence);

	if (!r)
		return;
	if (!r->is_remark) {
		bool found;
		size_t at = vec_lower_bound(&a->by_content, r, model_compare_content, &found);

		while (at < a->by_content.count && a->by_content.items[at] != r)
			at++;
		assert(found && at < a->by_content.count);
		vec_remove_at(&a->by_content, at);
	}
	if (r->permit && acl_rule_uses_any(r))
		a->any_permits--;
	free_rule(r);
}

/* --- Static routes -------------------------------------------------------------------------------------------- */

struct static_route *model_static_route(const struct model *m, const struct static_route *like)
{
	return find(&m->static_routes, like, model_compare_route);
}

struct static_route *model_static_route_get(struct model *m, const struct static_route *like)
{
	bool created;
	struct static_route *r =
		get(&m->static_routes, like, model_compare_route, sizeof(struct static_route), &created);

	if (r && created) {
		r->prefix = like->prefix;
		r->gateway = like->gateway;
		memcpy(r->interface, like->interface, sizeof(r->interface));
	}
	return r;
}

void model_static_route_delete(struct model *m, const struct static_route *like)
{
	free(take(&m->static_routes, like, model_compare_route));
}

bool standby_uses_bia(const struct model *m, const struct interface_cfg *i)
{
	char name[INTERFACE_NAME_MAX];

	if (i->standby_use_bia)
		return true;
	str_copy(name, sizeof(name), i->name);
	char *dot = strrchr(name, '.');
	if (!dot)
		return false;
	*dot = '\0';
	const struct interface_cfg *main = model_interface(m, name);
	return main && main->standby_use_bia && !main->standby_bia_alone;
}

struct route_tag *model_route_tag(const struct model *m, uint32_t tag)
{
	return find(&m->route_tags, &tag, model_compare_route_tag);
}

struct route_tag *model_route_tag_get(struct model *m, uint32_t tag)
{
	bool created;
	struct route_tag *t = get(&m->route_tags, &tag, model_compare_route_tag, sizeof(*t), &created);

	if (t && created)
		t->tag = tag;
	return t;
}

void model_route_tag_delete(struct model *m, uint32_t tag)
{
	free(take(&m->route_tags, &tag, model_compare_route_tag));
}

bool standby_has_ipv6(const struct standby_group *g)
{
	return g->ipv6_autoconfig || ip_is_set(&g->ipv6) || g->ipv6_prefixes.count > 0;
}

bool standby_speaks(const struct standby_group *g, enum ip_family family)
{
	return family == IP_V6 ? standby_has_ipv6(g) : g->ip_typed || !standby_has_ipv6(g);
}

bool standby_mac_is_for(const struct standby_group *g, enum ip_family family)
{
	return g->mac_set && (family == IP_V4 || !g->ip_typed);
}

bool interface_wants_ipv6(const struct interface_cfg *i)
{
	return i->ipv6_enabled || ip_is_set(&i->ipv6_link_local) || i->ipv6_addresses.count > 0;
}
