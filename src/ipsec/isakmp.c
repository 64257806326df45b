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

/* --- Identities ---------------------------------------------------------------------------------------------------- */

void ike_identity_text(const struct ike_identity *i, char out[IKE_ID_MAX])
{
	static const char *const forms[] = {[IKE_IDENTITY_FQDN] = "fqdn:%s",
		[IKE_IDENTITY_FQDN_DOMAIN] = "fqdn:*.%s",
		[IKE_IDENTITY_EMAIL] = "email:%s",
		[IKE_IDENTITY_EMAIL_DOMAIN] = "email:*@%s",
		[IKE_IDENTITY_KEY_ID] = "keyid:%s"};
	char prefix[PREFIX_TEXT_MAX];

	out[0] = '\0';
	if (i->kind == IKE_IDENTITY_NONE || i->kind == IKE_IDENTITY_ANY)
		return;
	if (i->kind != IKE_IDENTITY_ADDRESS)
		snprintf(out, IKE_ID_MAX, forms[i->kind], i->text);
	else if (i->prefix.len == ip_bits(&i->prefix.addr))
		ip_format(&i->prefix.addr, out);
	else if (i->prefix.len)
		str_copy(out, IKE_ID_MAX, prefix_format(&i->prefix, prefix));
}

void isakmp_remote_id(
	const struct model *m, const char *profile, const struct ipaddr *peer, char out[IKE_ID_MAX])
{
	const struct ikev2_profile *p = profile[0] ? model_ikev2_profile(m, profile) : NULL;
	const struct ike_identity *i, *only = NULL;

	out[0] = '\0';
	if (peer && (!p || p->match_remote.count == 0)) {
		ip_format(peer, out);
		return;
	}
	if (!p)
		return;
	vec_each (&p->match_remote, n, i) {
		if (peer && i->kind == IKE_IDENTITY_ADDRESS && prefix_contains(&i->prefix, peer)) {
			ip_format(peer, out);
			return;
		}
		only = i;
	}
	if (p->match_remote.count == 1)
		ike_identity_text(only, out);
}

/* What we call ourselves; "": by the tunnel endpoint. */
static void local_id(const struct model *m, const struct ikev2_profile *p, char out[IKE_ID_MAX])
{
	const struct ike_identity *own = p ? &p->identity_local : &m->isakmp_identity;
	const char *domain = model_domain_name(m);
	struct ike_identity host = *own;

	if (!p && own->kind == IKE_IDENTITY_FQDN)
		snprintf(host.text, sizeof(host.text), "%.60s%s%.38s",
			m->hostname[0] ? m->hostname : "Router", domain[0] ? "." : "", domain);
	ike_identity_text(&host, out);
}

/* --- Proposals ------------------------------------------------------------------------------------------------------ */

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
		uint32_t prf = p->prfs ? p->prfs : p->integrities ? p->integrities : 1u << IKE_HASH_SHA256;

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
			!append_mask(one, p->prfs, "prf", hash_word, NULL) ||
			!append_mask(one, p->groups, "", group_word, NULL) || !append(out, ",", one))
			return false;
	}
	return true;
}

bool ikev2_proposals(const struct model *m, char out[IKE_PROPOSALS_MAX])
{
	const struct ikev2_policy *policy;
	const struct ikev2_policy_proposal *named;

	out[0] = '\0';
	vec_each (&m->ikev2_policies, i, policy) {
		vec_each (&policy->proposals, k, named) {
			const struct ikev2_proposal *p = model_ikev2_proposal(m, named->name);

			if (p && !append_ikev2_proposal(out, p))
				return false;
		}
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
	if (!p && m->isakmp_disabled)
		return false;
	c->version = p ? 2 : 1;
	c->nat_keepalive_s = m->nat_keepalive_s;
	local_id(m, p, c->local_id);
	if (k->set) {
		c->dpd_delay_s = k->seconds;
		c->dpd_timeout_s = KEEPALIVE_TRIES * (k->retry_s ? k->retry_s : KEEPALIVE_RETRY_DEFAULT_S);
	}
	if (!p) {
		c->lifetime_s = isakmp_lifetime(m);
		return isakmp_proposals(m, c->proposals) && c->proposals[0];
	}
	c->lifetime_s = p->lifetime_s ? p->lifetime_s : IKE_LIFETIME_DEFAULT_S;
	return ikev2_proposals(m, c->proposals);
}

/* Types 6 and 7 are kept as they came; only a key in clear can be given to charon. */
static bool key_usable(const struct secret *s)
{
	return s->set && (s->type == 0 || s->type == SECRET_HEX) && s->text[0];
}

static uint8_t digit_of(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* Tells of a key; false: enough. */
static bool tell(struct ike_secret *s, const struct secret *key,
	bool (*f)(const struct ike_secret *s, void *arg), void *arg)
{
	uint8_t octets[SECRET_MAX_LEN / 2];
	bool more;

	s->key = (char *)key->text;
	s->key_len = strlen(key->text);
	if (key->type != SECRET_HEX)
		return f(s, arg);
	s->key = (char *)octets;
	s->key_len /= 2;
	for (size_t i = 0; i < s->key_len; i++)
		octets[i] = (uint8_t)(digit_of(key->text[2 * i]) << 4 | digit_of(key->text[2 * i + 1]));
	more = f(s, arg);
	explicit_bzero(octets, sizeof(octets));
	return more;
}

void isakmp_each_secret(const struct model *m, bool (*f)(const struct ike_secret *s, void *arg), void *arg)
{
	const struct isakmp_key *k;
	const struct isakmp_host_key *h;
	const struct ikev2_keyring *ring;
	char prefix[PREFIX_TEXT_MAX];

	vec_each (&m->isakmp_keys, i, k) {
		struct ike_secret s = {.owners = k->peers};

		snprintf(s.id, sizeof(s.id), "hs/key/%s", prefix_format(&k->peers, prefix));
		if (key_usable(&k->key) && !tell(&s, &k->key, f, arg))
			return;
	}
	vec_each (&m->isakmp_host_keys, i, h) {
		struct ike_secret s = {0};

		snprintf(s.id, sizeof(s.id), "hs/key/%s", h->name);
		snprintf(s.owner_id, sizeof(s.owner_id), "fqdn:%s", h->name);
		if (key_usable(&h->key) && !tell(&s, &h->key, f, arg))
			return;
	}
	vec_each (&m->ikev2_keyrings, i, ring) {
		const struct ikev2_peer *p;

		vec_each (&ring->peers, j, p) {
			const struct secret *key = key_usable(&p->key) ? &p->key
				: key_usable(&p->remote_key)	       ? &p->remote_key
								       : &p->local_key;
			struct ike_secret s = {.owners = p->address};

			snprintf(s.id, sizeof(s.id), "hs/keyring/%s/%s", ring->name, p->name);
			ike_identity_text(&p->identity, s.owner_id);
			if ((p->address_set || s.owner_id[0]) && key_usable(key) && !tell(&s, key, f, arg))
				return;
		}
	}
}
