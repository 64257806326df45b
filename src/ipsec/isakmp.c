#include "ipsec/isakmp.h"

#include "base/text.h"
#include "ipsec/transform.h"

#include <stdio.h>
#include <string.h>

/* IOS's own default policies and proposal, cut down to what needs no certificate. */
static const char default_v1[] = "aes128-sha1-modp1536";
static const char default_v2[] =
	"aes256-aes192-aes128-sha512-sha384-sha256-sha1-modp2048-modp1536-ecp256-ecp384";

static bool append(char out[IKE_PROPOSALS_MAX], const char *separator, const char *word)
{
	size_t len = strlen(out);
	int n = snprintf(out + len, IKE_PROPOSALS_MAX - len, "%s%s", len ? separator : "", word);

	return n >= 0 && len + (size_t)n < IKE_PROPOSALS_MAX;
}

bool isakmp_policy_usable(const struct isakmp_policy *p)
{
	uint8_t group = p->group_set ? p->group : 1;

	return p->authentication_set && p->authentication == IKE_AUTH_PRE_SHARE &&
		dh_group_name(group) != NULL;
}

bool isakmp_proposals(const struct model *m, char out[IKE_PROPOSALS_MAX])
{
	const struct isakmp_policy *p;

	out[0] = '\0';
	vec_each (&m->isakmp_policies, i, p) {
		enum ike_encryption e = p->encryption_set ? p->encryption : IKE_ENCR_DES;
		enum ike_hash h = p->hash_set ? p->hash : IKE_HASH_SHA1;
		char one[64];

		if (!isakmp_policy_usable(p) || ike_encryption_is_aead(e)) /* no AEAD in IKEv1 */
			continue;
		snprintf(one, sizeof(one), "%s-%s-%s", ike_encryption_name(e), ike_hash_name(h),
			dh_group_name(p->group_set ? p->group : 1));
		if (!append(out, ",", one))
			return false;
	}
	return out[0] || m->isakmp_policies.count || append(out, "", default_v1);
}

static bool append_mask(char out[IKE_PROPOSALS_MAX], uint32_t mask, const char *prefix,
	const char *(*name)(unsigned value), bool (*wanted)(unsigned value))
{
	for (int bit = 31; bit >= 0; bit--) { /* the strong ones have the high numbers */
		char word[32];

		if (!(mask >> bit & 1) || !name((unsigned)bit) || (wanted && !wanted((unsigned)bit)))
			continue;
		snprintf(word, sizeof(word), "%s%s", prefix, name((unsigned)bit));
		if (!append(out, "-", word))
			return false;
	}
	return true;
}

static const char *encryption_word(unsigned v)
{
	return ike_encryption_name((enum ike_encryption)v);
}

static const char *hash_word(unsigned v)
{
	return ike_hash_name((enum ike_hash)v);
}

static const char *group_word(unsigned v)
{
	return dh_group_name((uint8_t)v);
}

static bool is_aead(unsigned v)
{
	return ike_encryption_is_aead((enum ike_encryption)v);
}

static bool is_not_aead(unsigned v)
{
	return !ike_encryption_is_aead((enum ike_encryption)v);
}

/* AEAD and other ciphers cannot share a proposal: up to two come out of one. */
static bool append_ikev2_proposal(char out[IKE_PROPOSALS_MAX], const struct ikev2_proposal *p)
{
	const uint32_t aead = 1u << IKE_ENCR_GCM128 | 1u << IKE_ENCR_GCM256;
	char one[IKE_PROPOSALS_MAX];

	if (p->encryptions & aead && p->groups) {
		uint32_t prf = p->integrities ? p->integrities : 1u << IKE_HASH_SHA256;

		one[0] = '\0';
		if (!append_mask(one, p->encryptions, "", encryption_word, is_aead) ||
			!append_mask(one, prf, "prf", hash_word, NULL) ||
			!append_mask(one, p->groups, "", group_word, NULL) || !append(out, ",", one))
			return false;
	}
	if (p->encryptions & ~aead && p->integrities && p->groups) {
		one[0] = '\0';
		if (!append_mask(one, p->encryptions, "", encryption_word, is_not_aead) ||
			!append_mask(one, p->integrities, "", hash_word, NULL) ||
			!append_mask(one, p->groups, "", group_word, NULL) || !append(out, ",", one))
			return false;
	}
	return true;
}

bool ikev2_proposals(const struct model *m, char out[IKE_PROPOSALS_MAX])
{
	const struct ikev2_policy *policy;

	out[0] = '\0';
	vec_each (&m->ikev2_policies, i, policy) {
		const struct ikev2_proposal *p = model_ikev2_proposal(m, policy->proposal);

		if (p && !append_ikev2_proposal(out, p))
			return false;
	}
	return out[0] || append(out, "", default_v2);
}

static const struct ike_keepalive *keepalive_of(const struct model *m, const char *profile)
{
	const struct ikev2_profile *p;

	if (!profile[0])
		return &m->isakmp_keepalive;
	p = model_ikev2_profile(m, profile);
	return p && p->dpd.set ? &p->dpd : &m->ikev2_dpd;
}

bool isakmp_has_keepalive(const struct model *m, const char *profile)
{
	return keepalive_of(m, profile)->set;
}

static uint32_t isakmp_lifetime(const struct model *m)
{
	const struct isakmp_policy *p;

	vec_each (&m->isakmp_policies, i, p) {
		if (isakmp_policy_usable(p))
			return p->lifetime_s ? p->lifetime_s : IKE_LIFETIME_DEFAULT_S;
	}
	return IKE_LIFETIME_DEFAULT_S;
}

bool isakmp_fill(const struct model *m, const char *profile, struct ike_conn *c)
{
	const struct ike_keepalive *k = keepalive_of(m, profile);
	const struct ikev2_profile *p = profile[0] ? model_ikev2_profile(m, profile) : NULL;

	if (profile[0] && !p)
		return false;
	c->version = p ? 2 : 1;
	if (k->set) {
		c->dpd_delay_s = k->seconds;
		c->dpd_timeout_s = KEEPALIVE_TRIES * (k->retry_s ? k->retry_s : KEEPALIVE_RETRY_DEFAULT_S);
	}
	if (!p) {
		c->lifetime_s = isakmp_lifetime(m);
		return isakmp_proposals(m, c->proposals) && c->proposals[0];
	}
	c->lifetime_s = p->lifetime_s ? p->lifetime_s : IKE_LIFETIME_DEFAULT_S;
	if (ip_is_set(&p->identity_local))
		ip_format(&p->identity_local, c->local_id);
	return ikev2_proposals(m, c->proposals);
}

/* Types 6 and 7 are kept as they came; only a key in clear can be given to charon. */
static bool key_usable(const struct secret *s)
{
	return s->set && s->type == 0 && s->text[0];
}

void isakmp_each_secret(const struct model *m, bool (*f)(const struct ike_secret *s, void *arg), void *arg)
{
	const struct isakmp_key *k;
	const struct ikev2_keyring *ring;
	char prefix[PREFIX_TEXT_MAX];

	vec_each (&m->isakmp_keys, i, k) {
		struct ike_secret s = {.owners = k->peers, .key = (char *)k->key.text};

		snprintf(s.id, sizeof(s.id), "hs/key/%s", prefix_format(&k->peers, prefix));
		if (key_usable(&k->key) && !f(&s, arg))
			return;
	}
	vec_each (&m->ikev2_keyrings, i, ring) {
		const struct ikev2_peer *p;

		vec_each (&ring->peers, j, p) {
			const struct secret *key = key_usable(&p->key) ? &p->key : &p->remote_key;
			struct ike_secret s = {.owners = p->address, .key = (char *)key->text};

			snprintf(s.id, sizeof(s.id), "hs/keyring/%s/%s", ring->name, p->name);
			if (p->address_set && key_usable(key) && !f(&s, arg))
				return;
		}
	}
}
