#include "ipsec/plan.h"

#include "base/text.h"
#include "ipsec/acl.h"
#include "ipsec/isakmp.h"
#include "ipsec/transform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REKEY_PERCENT = 90 }; /* of a lifetime, as charon's own default */

/* What the plan of one entry is put together from. */
struct planner {
	const struct model *m;
	const char *interface;
	const struct crypto_map *map;
	const struct crypto_map_entry *entry;
	const struct ipaddr *endpoint;
	struct plan *out;
};

/* Room for one more zeroed element; arrays grow by doubling. */
static void *grow(void **items, uint32_t *count, size_t size)
{
	uint8_t *slot;

	if ((*count & (*count - 1)) == 0) { /* a power of two, or 0: full */
		void *more = realloc(*items, (*count ? *count * 2u : 1u) * size);

		if (!more)
			return NULL;
		*items = more;
	}
	slot = (uint8_t *)*items + size * (*count)++;
	memset(slot, 0, size);
	return slot;
}

#define GROW(array, count) grow((void **)&(array), &(count), sizeof(*(array)))

void plan_clear(struct plan *p)
{
	for (uint32_t i = 0; i < p->conn_count; i++)
		ike_conn_clear(&p->conns[i]);
	free(p->conns);
	free(p->rules);
	free(p->destinations);
	*p = (struct plan){0};
}

/* --- Children --------------------------------------------------------------------------------------------- */

static void fill_options(const struct planner *p, const struct crypto_map_entry *e, struct ike_child *c)
{
	struct sa_options o = crypto_entry_options(p->m, e);

	c->replay_window = o.replay_window == REPLAY_DISABLED ? 0 : o.replay_window;
	c->clear_df = crypto_entry_df(p->m, p->interface, e) == DF_CLEAR;
	c->idle_s = o.idle_s;
	c->idle_to_default = o.idle_to_default;
	c->per_host = o.per_host;
}

static bool fill_child(const struct planner *p, const struct crypto_map_entry *e, struct ike_child *c)
{
	struct sa_lifetime life = crypto_entry_lifetime(p->m, e);
	bool first = true;

	for (uint8_t i = 0; i < e->transform_set_count; i++) {
		const struct transform_set *t = model_transform_set(p->m, e->transform_sets[i]);
		char one[64];
		size_t len = strlen(c->esp_proposals);

		if (!t || !transform_proposal(t, e->pfs_group, one, sizeof(one)))
			continue;
		if (first)
			c->transport = t->mode == IPSEC_TRANSPORT;
		snprintf(c->esp_proposals + len, sizeof(c->esp_proposals) - len, "%s%s", first ? "" : ",",
			one);
		first = false;
	}
	fill_options(p, e, c);
	c->life_time_s = life.seconds;
	c->rekey_time_s = (uint32_t)((uint64_t)life.seconds * REKEY_PERCENT / 100);
	c->life_bytes = (uint64_t)life.kilobytes * 1024;
	c->rekey_bytes = c->life_bytes / 100 * REKEY_PERCENT;
	return !first;
}

/* IKEv1 names one port or all of them (RFC 2407 4.6.2); charon would name the first of a range. */
static void fit_to_version(const struct ike_conn *c, struct ike_selector *s)
{
	if (c->version == 1 && s->protocol != ACL_PROTOCOL_ICMP && s->ports.lo != s->ports.hi)
		s->ports = (struct ports){0, UINT16_MAX};
}

/* One child for each permit line of the entry's list that IKE can negotiate; `head` opens their names. */
static bool add_acl_children(
	const struct planner *p, const struct crypto_map_entry *e, const char *head, struct ike_conn *c)
{
	const struct acl *acl = model_acl(p->m, e->acl);
	struct ike_child common = {0}; /* what the lines do not tell */
	const struct acl_rule *r;

	if (!acl)
		return true;
	fill_child(p, e, &common);
	vec_each (&acl->rules, i, r) {
		struct acl_flow flows[ACL_FLOWS_PER_RULE];
		size_t n = acl_rule_flows(r, flows);

		for (size_t k = 0; k < n; k++) {
			char name[IKE_CHILD_NAME_MAX];
			struct ike_child *child;

			if (!acl_flow_negotiable(&flows[k]))
				continue;
			child = GROW(c->children, c->child_count);
			if (!child)
				return false;
			*child = common;
			acl_flow_name(&flows[k], name);
			str_copy(child->name, sizeof(child->name), head);
			str_copy(child->name + strlen(head), sizeof(child->name) - strlen(head), name);
			child->local = flows[k].local;
			child->remote = flows[k].remote;
			fit_to_version(c, &child->local);
			fit_to_version(c, &child->remote);
		}
	}
	return true;
}

/* --- Lines that exempt ------------------------------------------------------------------------------------ */

/* Does a permit line of the list, up to `end` (SIZE_MAX: of all of them), take some of the flow? */
static bool permits_some(const struct acl *acl, size_t begin, size_t end, const struct acl_flow *f)
{
	for (size_t i = begin; acl && i < acl->rules.count && i < end; i++) {
		struct acl_flow flows[ACL_FLOWS_PER_RULE];
		size_t n = acl_rule_flows(acl->rules.items[i], flows);

		for (size_t k = 0; k < n; k++)
			if (flows[k].permit && acl_flows_overlap(&flows[k], f))
				return true;
	}
	return false;
}

/* Does another entry of the map want some of it? */
static bool wanted_elsewhere(const struct planner *p, const struct acl_flow *f)
{
	const struct crypto_map_entry *e, *t;

	vec_each (&p->map->entries, i, e) {
		const struct crypto_map *d =
			e->kind == CRYPTO_MAP_ISAKMP_DYNAMIC ? model_dynamic_map(p->m, e->dynamic_map) : NULL;

		if (e != p->entry && e->acl[0] && permits_some(model_acl(p->m, e->acl), 0, SIZE_MAX, f))
			return true;
		if (d)
			vec_each (&d->entries, k, t)
				if (!t->acl[0] || permits_some(model_acl(p->m, t->acl), 0, SIZE_MAX, f))
					return true;
	}
	return false;
}

/*
 * A policy that lets pass comes before every tunnel, wherever its line stood. So it is made only for a deny line that cuts
 * something out of a permit line behind it, and that no permit line before it and no other entry takes a part of. Nor for
 * one whose ports or ICMP messages the kernel's policies cannot tell.
 */
static bool add_passes(const struct planner *p, const struct crypto_map_entry *e, struct ike_conn *c)
{
	const struct acl *acl = model_acl(p->m, e->acl);
	const struct acl_rule *r;

	if (!acl)
		return true;
	vec_each (&acl->rules, i, r) {
		struct acl_flow flows[ACL_FLOWS_PER_RULE];
		size_t n = r->is_remark || r->permit ? 0 : acl_rule_flows(r, flows);

		for (size_t k = 0; k < n; k++) {
			struct ike_child *child;

			if (!flows[k].exact || !acl_flow_bound(&flows[k]) ||
				!permits_some(acl, i + 1, SIZE_MAX, &flows[k]) ||
				permits_some(acl, 0, i, &flows[k]) || wanted_elsewhere(p, &flows[k]))
				continue;
			child = GROW(c->children, c->child_count);
			if (!child)
				return false;
			acl_flow_name(&flows[k], child->name);
			child->pass = true;
			child->local = flows[k].local;
			child->remote = flows[k].remote;
		}
	}
	return true;
}

/* A template without an access list takes what the peer proposes. */
static bool add_open_child(
	const struct planner *p, const struct crypto_map_entry *e, const char *head, struct ike_conn *c)
{
	struct ike_child *child = GROW(c->children, c->child_count);
	static const uint8_t zeros[16];

	if (!child)
		return false;
	fill_child(p, e, child);
	str_copy(child->name, sizeof(child->name), head);
	child->local.prefix = prefix_make(ip_from_bytes(p->endpoint->family, zeros), 0);
	child->local.ports = (struct ports){0, 65535};
	child->remote = child->local;
	return true;
}

/* --- Connections ------------------------------------------------------------------------------------------ */

/* `remote` NULL: any peer; `peer` ends the name. */
static struct ike_conn *add_conn(
	const struct planner *p, const char *profile, const struct ipaddr *remote, const char *peer)
{
	struct ike_conn *c = GROW(p->out->conns, p->out->conn_count);

	if (!c)
		return NULL;
	snprintf(c->name, sizeof(c->name), "hs/%s/%s/%u/%s", p->interface, p->map->name, p->entry->sequence,
		peer);
	c->local = *p->endpoint;
	isakmp_fill(p->m, profile, c);
	isakmp_remote_id(p->m, profile, remote, c->remote_id);
	if (!c->local_id[0])
		ip_format(p->endpoint, c->local_id);
	return c;
}

static bool plan_static(const struct planner *p)
{
	const struct crypto_map_entry *e = p->entry;

	for (uint8_t i = 0; i < e->peer_count; i++) {
		char peer[IP_TEXT_MAX];
		struct ike_conn *c =
			add_conn(p, e->ikev2_profile, &e->peers[i].addr, ip_format(&e->peers[i].addr, peer));

		if (!c)
			return false;
		c->remote = e->peers[i].addr;
		if (!add_acl_children(p, e, "", c) || (i == 0 && !add_passes(p, e, c)))
			return false;
	}
	return true;
}

static struct ike_conn *dynamic_conn(const struct planner *p, const char *profile)
{
	char last[NAME_MAX_LEN + 8];

	snprintf(last, sizeof(last), profile[0] ? "any-%s" : "any", profile);
	for (uint32_t i = 0; i < p->out->conn_count; i++) {
		const char *name = p->out->conns[i].name;

		if (strcmp(strrchr(name, '/') + 1, last) == 0)
			return &p->out->conns[i];
	}
	return add_conn(p, profile, NULL, last);
}

static bool plan_dynamic(const struct planner *p)
{
	const struct crypto_map *d = model_dynamic_map(p->m, p->entry->dynamic_map);
	const struct crypto_map_entry *t;

	vec_each (&d->entries, i, t) {
		char head[IKE_CHILD_NAME_MAX];
		struct ike_conn *c;

		if (crypto_entry_defect(p->m, t) != ENTRY_COMPLETE)
			continue;
		c = dynamic_conn(p, t->ikev2_profile);
		if (!c)
			return false;
		snprintf(head, sizeof(head), "d%u", t->sequence);
		if (!(t->acl[0] ? add_acl_children(p, t, head, c) : add_open_child(p, t, head, c)))
			return false;
	}
	return true;
}

const struct crypto_map_entry *plan_template(
	const struct model *m, const struct crypto_map_entry *entry, const char *child)
{
	const struct crypto_map *d;
	unsigned sequence = 0;

	if (entry->kind != CRYPTO_MAP_ISAKMP_DYNAMIC || child[0] != 'd')
		return NULL;
	for (const char *s = child + 1; *s >= '0' && *s <= '9' && sequence <= UINT16_MAX; s++)
		sequence = sequence * 10 + (unsigned)(*s - '0');
	d = model_dynamic_map(m, entry->dynamic_map);
	return d && sequence <= UINT16_MAX ? crypto_map_entry(d, (uint16_t)sequence) : NULL;
}

/* --- Filter and destinations ------------------------------------------------------------------------------ */

static bool add_rules(const struct planner *p, const char *acl_name, uint32_t number)
{
	const struct acl *acl = acl_name[0] ? model_acl(p->m, acl_name) : NULL;
	const struct acl_rule *r;

	if (!acl)
		return true;
	vec_each (&acl->rules, i, r) {
		struct acl_flow flows[ACL_FLOWS_PER_RULE];
		size_t n = acl_rule_flows(r, flows);

		for (size_t k = 0; k < n; k++) {
			struct filter_rule *rule;

			if (!flows[k].permit && !flows[k].exact) /* let pass less rather than more */
				continue;
			rule = GROW(p->out->rules, p->out->rule_count);
			if (!rule)
				return false;
			rule->local =
				flows[k].local
					.prefix; /* one by one: padding stays zero, rules are compared by memcmp */
			rule->remote = flows[k].remote.prefix;
			rule->protocol = flows[k].local.protocol;
			rule->local_ports = flows[k].local.ports;
			rule->remote_ports = rule->protocol == ACL_PROTOCOL_ICMP
				? (struct ports){0, UINT16_MAX}
				: flows[k].remote.ports;
			rule->permit = flows[k].permit;
			rule->negotiated = acl_flow_negotiable(&flows[k]);
			rule->entry = number;
		}
	}
	return true;
}

/* Entries of a dynamic map are searched one by one where the map stands. */
static bool plan_rules(const struct planner *p)
{
	uint32_t base = (uint32_t)p->entry->sequence << 16;
	const struct crypto_map *d;
	const struct crypto_map_entry *t;

	if (p->entry->kind != CRYPTO_MAP_ISAKMP_DYNAMIC)
		return add_rules(p, p->entry->acl, base);
	d = model_dynamic_map(p->m, p->entry->dynamic_map);
	if (!d)
		return true;
	vec_each (&d->entries, i, t) {
		if (!add_rules(p, t->acl, base | t->sequence))
			return false;
	}
	return true;
}

static int compare_prefixes(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

static bool plan_destinations(const struct planner *p)
{
	struct plan *o = p->out;
	const struct acl *acl = model_acl(p->m, p->entry->acl);
	const struct acl_rule *r;
	uint32_t kept = 0;

	if (!acl)
		return true;
	vec_each (&acl->rules, i, r) {
		struct acl_flow flows[ACL_FLOWS_PER_RULE];
		struct prefix *d;

		if (!acl_rule_flows(r, flows) || !acl_flow_negotiable(&flows[0]) ||
			flows[0].remote.prefix.len == 0)
			continue;
		d = GROW(o->destinations, o->destination_count);
		if (!d)
			return false;
		*d = flows[0].remote.prefix;
	}
	if (o->destination_count)
		qsort(o->destinations, o->destination_count, sizeof(*o->destinations), compare_prefixes);
	for (uint32_t i = 0; i < o->destination_count; i++)
		if (kept == 0 || !prefix_equal(&o->destinations[kept - 1], &o->destinations[i]))
			o->destinations[kept++] = o->destinations[i];
	o->destination_count = kept;
	return true;
}

bool plan_entry(const struct model *m, const char *interface, const struct crypto_map *map,
	const struct crypto_map_entry *entry, const struct ipaddr *endpoint, struct plan *out)
{
	const struct planner p = {m, interface, map, entry, endpoint, out};
	bool fine;

	*out = (struct plan){
		.defect = crypto_entry_defect(m, entry), .dynamic = entry->kind == CRYPTO_MAP_ISAKMP_DYNAMIC};
	fine = plan_rules(&p);
	if (fine && out->defect == ENTRY_COMPLETE && ip_is_set(endpoint))
		fine = out->dynamic ? plan_dynamic(&p) : plan_static(&p);
	if (fine && out->defect == ENTRY_COMPLETE && !out->dynamic)
		fine = plan_destinations(&p);
	if (!fine)
		plan_clear(out);
	return fine;
}
