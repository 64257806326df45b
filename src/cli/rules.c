#include "cli/rules.h"

#include <string.h>

static const struct crypto_map_entry *user_among(
	const struct vec *maps, const char *acl, const struct crypto_map **map)
{
	const struct crypto_map *m;
	const struct crypto_map_entry *e;

	vec_each (maps, i, m) {
		vec_each (&m->entries, k, e) {
			if (e->rri.enabled && strcmp(e->acl, acl) == 0) {
				*map = m;
				return e;
			}
		}
	}
	return NULL;
}

const struct crypto_map_entry *cli_rri_user(
	const struct model *m, const char *acl, const struct crypto_map **map, bool *dynamic)
{
	const struct crypto_map_entry *e = user_among(&m->crypto_maps, acl, map);

	*dynamic = e == NULL;
	return e ? e : user_among(&m->dynamic_maps, acl, map);
}

static const struct crypto_map_entry *set_user_among(
	const struct vec *maps, const char *set, const struct crypto_map **map)
{
	const struct crypto_map *m;
	const struct crypto_map_entry *e;

	vec_each (maps, i, m) {
		vec_each (&m->entries, k, e) {
			for (uint8_t n = 0; n < e->transform_set_count; n++) {
				if (strcmp(e->transform_sets[n], set) == 0) {
					*map = m;
					return e;
				}
			}
		}
	}
	return NULL;
}

const struct crypto_map_entry *cli_transform_set_user(
	const struct model *m, const char *set, const struct crypto_map **map, bool *dynamic)
{
	const struct crypto_map_entry *e = set_user_among(&m->crypto_maps, set, map);

	*dynamic = e == NULL;
	return e ? e : set_user_among(&m->dynamic_maps, set, map);
}

const struct acl_rule *cli_rri_obstacle(const struct acl *a)
{
	const struct acl_rule *r;

	if (!a || a->any_permits == 0)
		return NULL;
	vec_each (&a->rules, i, r)
		if (r->permit && acl_rule_uses_any(r))
			return r;
	return NULL;
}

bool cli_refuse_any(struct cli_call *c, const char *acl, uint32_t rule, const struct crypto_map *map,
	bool dynamic, const struct crypto_map_entry *e)
{
	return cli_refuse(c,
		"Access list %s rule %u uses \"any\": not accepted with reverse-route in crypto %s %s %u.",
		acl, (unsigned)rule, dynamic ? "dynamic-map" : "map", map->name, (unsigned)e->sequence);
}

void cli_warn_preempt(struct cli_call *c, const struct interface_cfg *i, const struct standby_group *g)
{
	if (g->preempt && !g->preempt_minimum_s && !g->preempt_sync_s)
		cli_note(c,
			"%%Warning: Group %u carries crypto map %s: with preempt a router that comes back "
			"takes "
			"over at once and drops its connections. Use preempt delay minimum",
			(unsigned)g->number, i->crypto_map);
}

void cli_warn_priority(struct cli_call *c, const struct interface_cfg *i, const struct standby_group *g)
{
	if (g->priority_set)
		cli_note(c,
			"%%Warning: Group %u carries crypto map %s: priority %u should be the same on all "
			"its "
			"routers",
			(unsigned)g->number, i->crypto_map, (unsigned)g->priority);
}

void cli_warn_key(struct cli_call *c, const struct secret *s)
{
	if (s->set && s->type != 0 && s->type != SECRET_HEX)
		cli_note(c,
			"%%Warning: a key of type %u cannot be decrypted and is not used: type it in clear",
			(unsigned)s->type);
}

void cli_warn_long_key(struct cli_call *c, const struct secret *s)
{
	enum { ONE_BLOCK = 55 };

	if (s->set && s->type == 0 && strlen(s->text) > ONE_BLOCK)
		cli_note(c,
			"%%Warning: a key of more than %d characters is padded to 128 octets as in RFC 1321: "
			"other "
			"routers may do something else",
			ONE_BLOCK);
}

static bool speaks_openly(const struct standby_group *g)
{
	return g->ip_typed && !g->follow[0] && !g->key.set && !g->key_chain[0] && !g->authentication_set;
}

void cli_warn_open_standby(struct cli_call *c, const struct standby_group *g)
{
	const struct interface_cfg *i;
	const struct standby_group *other;

	vec_each (&c->model->interfaces, n, i)
		vec_each (&i->standby, k, other)
			if (other != g && speaks_openly(other))
				return;
	if (speaks_openly(g))
		cli_note(c,
			"%%Warning: group %u authenticates with the well-known text \"cisco\": anybody on "
			"the segment can "
			"take its role. Use standby authentication md5",
			(unsigned)g->number);
}

void cli_warn_no_device(struct cli_call *c, const struct interface_cfg *i)
{
	if (!interface_device(i)[0])
		cli_note(c, "%%Warning: %s has no network device: tie it to one with \"hotswan device NAME\"",
			i->name);
}

static void warn_users(struct cli_call *c, const struct vec *maps, const char *what, const char *acl)
{
	const struct crypto_map *map;
	const struct crypto_map_entry *e;

	vec_each (maps, i, map)
		vec_each (&map->entries, k, e)
			if (strcmp(e->acl, acl) == 0)
				cli_note(c,
					"%%Warning: %s %s %u matches by access list %s, which does not exist "
					"now",
					what, map->name, (unsigned)e->sequence, acl);
}

void cli_warn_acl_gone(struct cli_call *c, const char *acl)
{
	if (!model_acl(c->model, acl))
		return;
	warn_users(c, &c->model->crypto_maps, "crypto map", acl);
	warn_users(c, &c->model->dynamic_maps, "crypto dynamic-map", acl);
}

/* --- IKE identities --------------------------------------------------------------------------------------------------- */

static enum ike_identity_kind identity_kind(const struct cli_args *a)
{
	bool domain = cli_has(a, "domain");

	if (cli_has(a, "address"))
		return IKE_IDENTITY_ADDRESS;
	if (cli_has(a, "fqdn"))
		return domain ? IKE_IDENTITY_FQDN_DOMAIN : IKE_IDENTITY_FQDN;
	if (cli_has(a, "email"))
		return domain ? IKE_IDENTITY_EMAIL_DOMAIN : IKE_IDENTITY_EMAIL;
	return cli_has(a, "key-id") ? IKE_IDENTITY_KEY_ID : IKE_IDENTITY_ANY;
}

struct ike_identity cli_identity(const struct cli_args *a)
{
	const struct cli_value *mask = cli_arg(a, "mask"), *text = cli_arg(a, "text");
	struct ike_identity i = {.kind = identity_kind(a), .mask_typed = mask->set};

	if (i.kind == IKE_IDENTITY_ADDRESS)
		i.prefix = prefix_make(cli_arg(a, "address")->ip, mask->set ? mask->n : 32);
	if (text->set)
		str_copy(i.text, sizeof(i.text), text->s);
	return i;
}

void cli_put_identity(struct cli_args *a, const struct ike_identity *i)
{
	struct ipaddr mask = ip_len_to_mask(IP_V4, i->prefix.len);

	switch (i->kind) {
	case IKE_IDENTITY_NONE: return;
	case IKE_IDENTITY_ADDRESS:
		cli_put_address(a, "address", &i->prefix.addr);
		if (i->mask_typed)
			cli_put_address(a, "mask", &mask);
		return;
	case IKE_IDENTITY_FQDN_DOMAIN: cli_put_number(a, "domain", 1); /* fall through */
	case IKE_IDENTITY_FQDN: cli_put_number(a, "fqdn", 1); break;
	case IKE_IDENTITY_EMAIL_DOMAIN: cli_put_number(a, "domain", 1); /* fall through */
	case IKE_IDENTITY_EMAIL: cli_put_number(a, "email", 1); break;
	case IKE_IDENTITY_KEY_ID: cli_put_number(a, "key-id", 1); break;
	case IKE_IDENTITY_ANY: cli_put_number(a, "any", 1); return;
	}
	cli_put_string(a, "text", i->text);
}
