#include "ipsec/cryptomap.h"

#include "ipsec/acl.h"
#include "ipsec/isakmp.h"
#include "ipsec/transform.h"

static const char *const defect_texts[ENTRY_DEFECTS] = {
	[ENTRY_COMPLETE] = "",
	[ENTRY_NO_PEER] = "no peer",
	[ENTRY_NO_ACL] = "no access list",
	[ENTRY_EMPTY_ACL] = "access list has no permit line",
	[ENTRY_NO_TRANSFORM] = "no usable transform set",
	[ENTRY_NO_PROFILE] = "IKEv2 profile is not defined",
	[ENTRY_NO_POLICY] = "no usable ISAKMP policy",
	[ENTRY_NO_ISAKMP] = "ISAKMP is disabled",
	[ENTRY_NO_TEMPLATE] = "dynamic map has no complete entry",
};

const char *entry_defect_text(enum entry_defect d)
{
	return defect_texts[d];
}

static bool acl_negotiable(const struct acl *a)
{
	const struct acl_rule *r;

	if (!a)
		return false;
	vec_each (&a->rules, i, r) {
		struct acl_flow flows[ACL_FLOWS_PER_RULE];
		size_t n = acl_rule_flows(r, flows);

		if (n && acl_flow_negotiable(&flows[0]))
			return true;
	}
	return false;
}

static bool has_transform(const struct model *m, const struct crypto_map_entry *e)
{
	for (uint8_t i = 0; i < e->transform_set_count; i++) {
		const struct transform_set *t = model_transform_set(m, e->transform_sets[i]);
		char proposal[64];

		if (t && transform_proposal(t, e->pfs_group, proposal, sizeof(proposal)))
			return true;
	}
	return false;
}

static enum entry_defect dynamic_defect(const struct model *m, const struct crypto_map_entry *e)
{
	const struct crypto_map *d = model_dynamic_map(m, e->dynamic_map);
	const struct crypto_map_entry *template;

	if (!d)
		return ENTRY_NO_TEMPLATE;
	vec_each (&d->entries, i, template) {
		if (crypto_entry_defect(m, template) == ENTRY_COMPLETE)
			return ENTRY_COMPLETE;
	}
	return ENTRY_NO_TEMPLATE;
}

enum entry_defect crypto_entry_defect(const struct model *m, const struct crypto_map_entry *e)
{
	struct ike_conn c = {0};

	if (e->kind == CRYPTO_MAP_ISAKMP_DYNAMIC)
		return dynamic_defect(m, e);
	if (e->kind == CRYPTO_MAP_ISAKMP && e->peer_count == 0)
		return ENTRY_NO_PEER;
	if (e->kind == CRYPTO_MAP_ISAKMP && !e->acl[0])
		return ENTRY_NO_ACL;
	if (e->acl[0] && !acl_negotiable(model_acl(m, e->acl)))
		return ENTRY_EMPTY_ACL;
	if (!has_transform(m, e))
		return ENTRY_NO_TRANSFORM;
	if (!isakmp_fill(m, e->ikev2_profile, &c))
		return e->ikev2_profile[0]   ? ENTRY_NO_PROFILE
			: m->isakmp_disabled ? ENTRY_NO_ISAKMP
					     : ENTRY_NO_POLICY;
	return ENTRY_COMPLETE;
}

bool crypto_entry_rri_permanent(const struct model *m, const struct crypto_map_entry *e)
{
	return e->kind == CRYPTO_MAP_ISAKMP && e->rri.enabled && (e->rri.is_static || !m->rri_per_sa);
}

uint8_t crypto_entry_distance(const struct crypto_map_entry *e)
{
	return e->rri.distance ? e->rri.distance : 1;
}

struct sa_lifetime crypto_entry_lifetime(const struct model *m, const struct crypto_map_entry *e)
{
	struct sa_lifetime l = e->lifetime;

	if (!l.seconds)
		l.seconds = m->sa_lifetime.seconds ? m->sa_lifetime.seconds : LIFETIME_DEFAULT_S;
	if (!l.kilobytes && !l.kilobytes_disabled) {
		l.kilobytes = m->sa_lifetime.kilobytes ? m->sa_lifetime.kilobytes : LIFETIME_DEFAULT_KB;
		l.kilobytes_disabled = m->sa_lifetime.kilobytes_disabled;
	}
	if (l.kilobytes_disabled)
		l.kilobytes = 0;
	return l;
}

struct sa_options crypto_entry_options(const struct model *m, const struct crypto_map_entry *e)
{
	struct sa_options o = e->options;

	if (!o.idle_s)
		o.idle_s = m->sa_options.idle_s;
	if (!o.replay_window)
		o.replay_window = m->sa_options.replay_window;
	if (!o.replay_window)
		o.replay_window = REPLAY_WINDOW_DEFAULT;
	if (o.df == DF_NOT_TYPED)
		o.df = m->sa_options.df;
	if (o.df == DF_NOT_TYPED)
		o.df = DF_COPY;
	return o;
}

enum df_bit crypto_entry_df(const struct model *m, const char *interface, const struct crypto_map_entry *e)
{
	const struct interface_cfg *i = model_interface(m, interface);
	const struct crypto_map *d =
		e->kind == CRYPTO_MAP_ISAKMP_DYNAMIC ? model_dynamic_map(m, e->dynamic_map) : NULL;

	if (d && d->entries.count)
		e = d->entries.items[0];
	if (e->options.df == DF_NOT_TYPED && i && i->df != DF_NOT_TYPED)
		return (enum df_bit)i->df;
	return (enum df_bit)crypto_entry_options(m, e).df;
}

uint8_t crypto_entry_first_peer(const struct crypto_map_entry *e)
{
	for (uint8_t i = 0; i < e->peer_count; i++)
		if (e->peers[i].is_default)
			return i;
	return 0;
}
