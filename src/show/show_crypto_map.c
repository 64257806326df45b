/*
 * show crypto map [interface IF | tag NAME], show crypto dynamic-map [tag NAME]
 *
 * Of two layouts in the field (15.x and XE) this is XE's, which today's parsers read, with the access list's lines as 15.x
 * repeats them. Lines of ours stand under an interface and contain a blank: a single word there is read as an interface.
 */
#include "show/flow.h"

#include "ipsec/plan.h"

#include <string.h>

/* --- Position: s->at is map, entry; s->stage numbers what of a map comes next ----------------------------------- */

enum { STAGE_ENTRIES, STAGE_DYNAMIC, STAGE_INTERFACES };

static bool map_chosen(const struct show *s, const struct crypto_map *map)
{
	const struct show_args *a = &s->args;

	if (a->name[0] && strcmp(a->name, map->name) != 0)
		return false;
	if (a->interface[0]) {
		const struct interface_cfg *i = model_interface(s->facts->model, a->interface);
		return i && !strcmp(i->crypto_map, map->name);
	}
	return true;
}

static const struct crypto_map *current_map(struct show *s, const struct vec *maps)
{
	for (; s->at[0] < maps->count; s->at[0]++) {
		const struct crypto_map *map = maps->items[s->at[0]];
		if (map_chosen(s, map))
			return map;
		s->at[1] = 0;
		s->stage = STAGE_ENTRIES;
	}
	return NULL;
}

/* --- One entry ------------------------------------------------------------------------------------------------ */

/* The peer in use on the first interface that the map is on. */
static const struct ipaddr *current_peer(
	const struct show *s, const char *map, const struct crypto_map_entry *e)
{
	const struct interface_cfg *i;

	vec_each (&s->facts->model->interfaces, k, i)
		if (!strcmp(i->crypto_map, map) &&
			(!s->args.interface[0] || !strcmp(s->args.interface, i->name)))
			return entry_peer(s->facts, i->name, map, e);
	return NULL;
}

static void print_acl(struct text *out, const struct model *m, const char *name)
{
	char line[ACL_RULE_TEXT_MAX];
	const struct acl *acl = model_acl(m, name);
	const struct acl_rule *rule;

	text_printf(out, "\tExtended IP access list %s\n", name);
	if (!acl)
		return;
	vec_each (&acl->rules, i, rule)
		if (!rule->is_remark)
			text_printf(out, "\t    access-list %s %s\n", name, format_acl_rule(rule, line));
}

static void print_transform_sets(struct text *out, const struct model *m, const struct crypto_map_entry *e)
{
	char line[TRANSFORM_TEXT_MAX];

	text_add(out, "\tTransform sets={ \n");
	for (unsigned i = 0; i < e->transform_set_count; i++) {
		const struct transform_set *t = model_transform_set(m, e->transform_sets[i]);
		text_printf(out, "\t\t%s:  { %s } , \n", e->transform_sets[i],
			t ? format_transform_set(t, line) : "");
	}
	text_add(out, "\t}\n");
}

static void print_lifetime(struct text *out, const struct model *m, const struct crypto_map_entry *e)
{
	uint32_t kilobytes = lifetime_kilobytes(m, &e->lifetime);

	if (kilobytes)
		text_printf(out, "\tSecurity association lifetime: %u kilobytes/%u seconds\n", kilobytes,
			lifetime_seconds(m, &e->lifetime));
	else
		text_printf(out,
			"\tSecurity association lifetime: kilobyte volume rekey disabled/%u seconds\n",
			lifetime_seconds(m, &e->lifetime));
}

/* What is the same in static entries and templates, from the lifetime down. */
static void print_policy(
	struct text *out, const struct model *m, const struct crypto_map_entry *e, bool dualstack)
{
	print_lifetime(out, m, e);
	if (crypto_entry_options(m, e).idle_s)
		text_printf(out, "\tSecurity association idletime: %u seconds\n",
			crypto_entry_options(m, e).idle_s);
	if (dualstack)
		text_add(out, "\tDualstack (Y/N): N\n\n");
	text_add(out, "\tResponder-Only (Y/N): N\n");
	if (e->pfs_group)
		text_printf(out, "\tPFS (Y/N): Y\n\tDH group:  group%u\n", e->pfs_group);
	else
		text_add(out, "\tPFS (Y/N): N\n");
	text_add(out, "\tMixed-mode : Disabled\n");
	print_transform_sets(out, m, e);
	if (e->rri.enabled)
		text_add(out, "\tReverse Route Injection Enabled\n");
}

/* A list that does not exist, or permits nothing, defines nothing to protect. */
static bool protects(const struct model *m, const struct crypto_map_entry *e)
{
	const struct acl *a = e->acl[0] ? model_acl(m, e->acl) : NULL;
	const struct acl_rule *r;

	if (!a)
		return false;
	vec_each (&a->rules, i, r)
		if (!r->is_remark && r->permit)
			return true;
	return false;
}

static void print_static_entry(struct text *out, const struct show *s, const struct crypto_map *map,
	const struct crypto_map_entry *e)
{
	const struct facts *f = s->facts;
	char ip[IP_TEXT_MAX];

	if (e->description[0])
		text_printf(out, "\tDescription: %s\n", e->description);
	if (!e->peer_count || !protects(f->model, e))
		text_add(out,
			"\tWARNING: This crypto map is in an incomplete state!\n"
			"\t\t(missing peer or access-list definitions)\n");
	for (unsigned p = 0; p < e->peer_count; p++)
		text_printf(out, "\tPeer = %s%s\n", ip_format(&e->peers[p].addr, ip),
			e->peers[p].is_default ? " (default)" : "");
	if (e->ikev2_profile[0])
		text_printf(out, "\tIKEv2 Profile: %s\n", e->ikev2_profile);
	text_add(out, "\tAccess-List SS dynamic: False\n");
	if (e->acl[0])
		print_acl(out, f->model, e->acl);
	else
		text_add(out, "\tNo matching address list set.\n");
	const struct ipaddr *peer = current_peer(s, map->name, e); /* none while the map is nowhere applied */
	if (peer)
		text_printf(out, "\tCurrent peer: %s\n", ip_format(peer, ip));
	print_policy(out, f->model, e, true);
}

static void print_entry(struct text *out, const struct show *s, const struct crypto_map *map,
	const struct crypto_map_entry *e)
{
	text_printf(out, "Crypto Map IPv4 \"%s\" %u ipsec-isakmp\n", map->name, e->sequence);
	if (e->kind == CRYPTO_MAP_ISAKMP_DYNAMIC)
		text_printf(out, "\tDynamic map template tag: %s\n", e->dynamic_map);
	else
		print_static_entry(out, s, map, e);
}

/* --- Entries that a dynamic map grew: one per CHILD_SA, numbered from 65536 --------------------------------------- */

enum { DYNAMIC_SEQUENCE_BASE = 65536 };

/* The next CHILD_SA of a dynamic entry of the map; s->at[2] walks the SAs. */
static const struct child_sa *next_dynamic_sa(
	struct show *s, const struct crypto_map *map, const struct crypto_map_entry **entry)
{
	const struct facts *f = s->facts;
	char interface[INTERFACE_NAME_MAX], name[NAME_MAX_LEN];
	uint16_t sequence;
	struct ipaddr peer;

	while (s->at[2] < f->child_sa_count) {
		const struct child_sa *sa = &f->child_sas[s->at[2]++];
		if (sa->state != CHILD_SA_INSTALLED && sa->state != CHILD_SA_REKEYING)
			continue;
		if (!conn_parse(sa->conn, interface, name, &sequence, &peer) || ip_is_set(&peer) ||
			strcmp(name, map->name) != 0 ||
			(s->args.interface[0] && strcmp(s->args.interface, interface) != 0))
			continue;
		*entry = crypto_map_entry(map, sequence);
		if (*entry && (*entry)->kind == CRYPTO_MAP_ISAKMP_DYNAMIC)
			return sa;
	}
	return NULL;
}

/* "host A" or "A wildcard", of one selector. */
static void print_selector(struct text *out, const struct ike_selector *sel)
{
	char addr[IP_TEXT_MAX], wildcard[IP_TEXT_MAX];

	if (sel->prefix.len == ip_bits(&sel->prefix.addr)) {
		text_printf(out, " host %s", ip_format(&sel->prefix.addr, addr));
		return;
	}
	struct ipaddr w = ip_len_to_wildcard(sel->prefix.addr.family, sel->prefix.len);
	text_printf(out, " %s %s", ip_format(&sel->prefix.addr, addr), ip_format(&w, wildcard));
}

static void print_dynamic_sa(struct text *out, const struct show *s, const struct crypto_map *map,
	const struct crypto_map_entry *e, const struct child_sa *sa, size_t number)
{
	const struct model *m = s->facts->model;
	const struct crypto_map_entry *t = plan_template(m, e, sa->child);
	char ip[IP_TEXT_MAX], protocol[8];

	text_printf(
		out, "Crypto Map IPv4 \"%s\" %zu ipsec-isakmp\n", map->name, DYNAMIC_SEQUENCE_BASE + number);
	text_printf(out, "\tPeer = %s\n", ip_format(&sa->remote_host, ip));
	text_add(out, "\tAccess-List SS dynamic: False\n\tExtended IP access list \n");
	for (unsigned l = 0; l < sa->local_count; l++) {
		for (unsigned r = 0; r < sa->remote_count; r++) {
			text_printf(out, "\t    access-list  permit %s",
				protocol_name(sa->local[l].protocol, protocol));
			print_selector(out, &sa->local[l]);
			print_selector(out, &sa->remote[r]);
			text_add(out, "\n");
		}
	}
	text_printf(
		out, "\t    dynamic (created from dynamic map %s/%u)\n", e->dynamic_map, t ? t->sequence : 0);
	text_printf(out, "\tCurrent peer: %s\n", ip);
	print_policy(out, m, t ? t : e, true);
}

/* --- Where the map is applied --------------------------------------------------------------------------------- */

static void print_binding(struct text *out, const struct core_binding *b)
{
	char ip[IP_TEXT_MAX];

	if (!b->redundancy)
		return;
	text_printf(out, "\t\t  redundancy %s, ", b->group_name[0] ? b->group_name : "(lowest group)");
	if (ip_is_set(&b->endpoint))
		text_printf(out, "%s %s, ", b->state == BINDING_FALLEN_BACK ? "own IP" : "virtual IP",
			ip_format(&b->endpoint, ip));
	else
		text_add(out, "no virtual IP yet, ");
	text_printf(out, "state %s, binding %s\n", role_name(b->role), binding_state_name(b->state));
	if (b->state == BINDING_STALE)
		text_add(
			out, "\t\t  WARNING: the standby address or name changed; re-apply the crypto map\n");
	if (b->state == BINDING_FALLEN_BACK)
		text_add(out,
			"\t\t  WARNING: no standby address or name; the endpoint is the interface's own\n");
}

static void print_interfaces(struct text *out, const struct show *s, const struct crypto_map *map)
{
	const struct facts *f = s->facts;
	const struct interface_cfg *i;

	text_printf(out, "\tInterfaces using crypto map %s:\n", map->name);
	vec_each (&f->model->interfaces, k, i) {
		if (strcmp(i->crypto_map, map->name) != 0)
			continue;
		text_printf(out, "\t\t%s\n", i->name);
		const struct core_binding *b = facts_binding(f, i->name);
		if (b && !strcmp(b->map, map->name))
			print_binding(out, b);
		else if (i->crypto_redundancy)
			text_printf(out, "\t\t  redundancy %s, state not known\n",
				i->crypto_redundancy_group[0] ? i->crypto_redundancy_group
							      : "(lowest group)");
	}
	text_add(out, "\n");
}

static bool crypto_map_text(struct show *s, struct text *out)
{
	const struct crypto_map *map = current_map(s, &s->facts->model->crypto_maps);
	const struct crypto_map_entry *e;

	if (!map)
		return false;
	switch (s->stage) {
	case STAGE_ENTRIES:
		if (s->at[1] < map->entries.count) {
			if (s->at[1] > 0)
				text_add(out, "\n");
			print_entry(out, s, map, map->entries.items[s->at[1]++]);
			return true;
		}
		s->stage = STAGE_DYNAMIC;
		s->at[2] = s->at[3] = 0;
		return true;
	case STAGE_DYNAMIC: {
		const struct child_sa *sa = next_dynamic_sa(s, map, &e);
		if (sa) {
			text_add(out, "\n");
			print_dynamic_sa(out, s, map, e, sa, s->at[3]++);
			return true;
		}
		s->stage = STAGE_INTERFACES;
		return true;
	}
	default:
		print_interfaces(out, s, map);
		s->at[0]++;
		s->at[1] = 0;
		s->stage = STAGE_ENTRIES;
		return true;
	}
}

/* --- show crypto dynamic-map ------------------------------------------------------------------------------------ */

static bool dynamic_map_text(struct show *s, struct text *out)
{
	const struct vec *maps = &s->facts->model->dynamic_maps;
	char ip[IP_TEXT_MAX];

	for (; s->at[0] < maps->count; s->at[0]++, s->at[1] = 0) {
		const struct crypto_map *map = maps->items[s->at[0]];
		if ((s->args.name[0] && strcmp(s->args.name, map->name) != 0) ||
			s->at[1] >= map->entries.count)
			continue;
		const struct crypto_map_entry *e = map->entries.items[s->at[1]++];
		text_printf(out, "Crypto Map Template\"%s\" %u\n", map->name, e->sequence);
		if (e->description[0])
			text_printf(out, "\tDescription: %s\n", e->description);
		for (unsigned p = 0; p < e->peer_count; p++)
			text_printf(out, "\tPeer = %s\n", ip_format(&e->peers[p].addr, ip));
		if (e->ikev2_profile[0])
			text_printf(out, "\tIKEv2 Profile: %s\n", e->ikev2_profile);
		if (e->acl[0])
			print_acl(out, s->facts->model, e->acl);
		else
			text_add(out, "\tNo matching address list set.\n");
		print_policy(out, s->facts->model, e, false);
		text_add(out, "\n");
		return true;
	}
	return false;
}

/* --- JSON ----------------------------------------------------------------------------------------------------- */

static void json_entry(
	struct json *j, const struct show *s, const struct crypto_map *map, const struct crypto_map_entry *e)
{
	const struct model *m = s->facts->model;
	char line[ACL_RULE_TEXT_MAX > TRANSFORM_TEXT_MAX ? ACL_RULE_TEXT_MAX : TRANSFORM_TEXT_MAX];
	const struct acl_rule *rule;

	json_object(j, NULL);
	json_string(j, "map", map->name);
	json_uint(j, "sequence", e->sequence);
	if (e->description[0])
		json_string(j, "description", e->description);
	if (e->kind == CRYPTO_MAP_ISAKMP_DYNAMIC) {
		json_string(j, "dynamic_map", e->dynamic_map);
		json_object_end(j);
		return;
	}
	json_array(j, "peers");
	for (unsigned p = 0; p < e->peer_count; p++)
		json_ip(j, NULL, &e->peers[p].addr);
	json_array_end(j);
	if (e->kind == CRYPTO_MAP_ISAKMP) {
		const struct ipaddr *peer = current_peer(s, map->name, e);
		json_ip(j, "current_peer", peer ? peer : &(struct ipaddr){0});
		json_bool(j, "complete", e->peer_count && protects(m, e));
	}
	json_string(j, "ikev2_profile", e->ikev2_profile[0] ? e->ikev2_profile : NULL);
	json_string(j, "access_list", e->acl[0] ? e->acl : NULL);
	const struct acl *acl = e->acl[0] ? model_acl(m, e->acl) : NULL;
	json_array(j, "rules");
	if (acl)
		vec_each (&acl->rules, i, rule)
			if (!rule->is_remark)
				json_string(j, NULL, format_acl_rule(rule, line));
	json_array_end(j);
	json_uint(j, "lifetime_s", lifetime_seconds(m, &e->lifetime));
	json_uint(j, "lifetime_kilobytes", lifetime_kilobytes(m, &e->lifetime));
	json_uint(j, "idle_time_s", crypto_entry_options(m, e).idle_s);
	json_uint(j, "pfs_group", e->pfs_group);
	json_array(j, "transform_sets");
	for (unsigned i = 0; i < e->transform_set_count; i++)
		json_string(j, NULL, e->transform_sets[i]);
	json_array_end(j);
	json_bool(j, "reverse_route", e->rri.enabled);
	json_object_end(j);
}

static void json_interfaces(struct json *j, const struct show *s, const struct crypto_map *map)
{
	const struct interface_cfg *i;

	vec_each (&s->facts->model->interfaces, k, i) {
		if (strcmp(i->crypto_map, map->name) != 0)
			continue;
		json_object(j, NULL);
		json_string(j, "map", map->name);
		json_string(j, "interface", i->name);
		const struct core_binding *b = facts_binding(s->facts, i->name);
		if (b) {
			json_bool(j, "redundancy", b->redundancy);
			json_string(j, "binding", binding_state_name(b->state));
			json_string(j, "group", b->redundancy ? b->group_name : NULL);
			json_string(j, "role", role_name(b->role));
			json_ip(j, "endpoint", &b->endpoint);
			json_bool(j, "serving", b->serving);
		}
		json_object_end(j);
	}
}

static void json_dynamic_sa(struct json *j, const struct show *s, const struct crypto_map *map,
	const struct crypto_map_entry *e, const struct child_sa *sa, size_t number)
{
	const struct crypto_map_entry *t = plan_template(s->facts->model, e, sa->child);

	json_object(j, NULL);
	json_string(j, "map", map->name);
	json_uint(j, "sequence", DYNAMIC_SEQUENCE_BASE + number);
	json_string(j, "created_from", e->dynamic_map);
	json_uint(j, "created_from_sequence", t ? t->sequence : 0);
	json_ip(j, "current_peer", &sa->remote_host);
	json_array(j, "local");
	for (unsigned l = 0; l < sa->local_count; l++)
		json_prefix(j, NULL, &sa->local[l].prefix);
	json_array_end(j);
	json_array(j, "remote");
	for (unsigned r = 0; r < sa->remote_count; r++)
		json_prefix(j, NULL, &sa->remote[r].prefix);
	json_array_end(j);
	json_object_end(j);
}

/* In the order of the text: entries, what dynamic ones grew, then an element per interface that a map is on. */
static bool crypto_map_json(struct show *s, struct text *out)
{
	const struct crypto_map *map = current_map(s, &s->facts->model->crypto_maps);
	const struct crypto_map_entry *e;
	const struct child_sa *sa;

	(void)out;
	if (!map)
		return false;
	if (s->at[1] < map->entries.count) {
		json_entry(&s->writer, s, map, map->entries.items[s->at[1]++]);
		s->at[2] = s->at[3] = 0;
		return true;
	}
	if ((sa = next_dynamic_sa(s, map, &e))) {
		json_dynamic_sa(&s->writer, s, map, e, sa, s->at[3]++);
		return true;
	}
	json_interfaces(&s->writer, s, map);
	s->at[0]++;
	s->at[1] = 0;
	return true;
}

static bool dynamic_map_json(struct show *s, struct text *out)
{
	const struct vec *maps = &s->facts->model->dynamic_maps;

	(void)out;
	for (; s->at[0] < maps->count; s->at[0]++, s->at[1] = 0) {
		const struct crypto_map *map = maps->items[s->at[0]];
		if ((s->args.name[0] && strcmp(s->args.name, map->name) != 0) ||
			s->at[1] >= map->entries.count)
			continue;
		json_entry(&s->writer, s, map, map->entries.items[s->at[1]++]);
		return true;
	}
	return false;
}

const struct view view_crypto_map = {
	.name = "crypto-map",
	.optional = FACT_CORE | FACT_IKE,
	.text = crypto_map_text,
	.json = crypto_map_json,
};

const struct view view_crypto_dynamic_map = {
	.name = "crypto-dynamic-map",
	.text = dynamic_map_text,
	.json = dynamic_map_json,
};
