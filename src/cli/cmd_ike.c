/* ISAKMP (IKEv1): policies, pre-shared keys, identity, keepalives. */
#include <string.h>

#include "cli/rules.h"
#include "ipsec/isakmp.h"

static const uint32_t encryptions[] = {
	IKE_ENCR_DES, IKE_ENCR_3DES, IKE_ENCR_AES128, IKE_ENCR_AES128, IKE_ENCR_AES192, IKE_ENCR_AES256};
static const uint32_t hashes[] = {
	IKE_HASH_MD5, IKE_HASH_SHA1, IKE_HASH_SHA256, IKE_HASH_SHA384, IKE_HASH_SHA512};
static const uint32_t authentications[] = {IKE_AUTH_PRE_SHARE, IKE_AUTH_RSA_SIG, IKE_AUTH_RSA_ENCR};
static const uint32_t groups[] = {1, 2, 5, 14, 15, 16, 19, 20, 21, 24};

/* Cisco's Next Generation Encryption page: to be avoided. charon has them (D17). */
static void warn_encryption(struct cli_call *c)
{
	const struct isakmp_policy *p = c->target.object;

	if (p->encryption == IKE_ENCR_DES || p->encryption == IKE_ENCR_3DES)
		cli_note(c, "%%Warning: %s is weak and should be avoided: prefer aes 256",
			p->encryption == IKE_ENCR_DES ? "des" : "3des");
}

static void warn_hash(struct cli_call *c)
{
	const struct isakmp_policy *p = c->target.object;

	if (p->hash == IKE_HASH_MD5)
		cli_note(c, "%%Warning: md5 is weak and should be avoided: prefer sha256");
}

static void warn_group(struct cli_call *c)
{
	const struct isakmp_policy *p = c->target.object;

	if (p->group < 14 || p->group == 24)
		cli_note(c, "%%Warning: group %u is weak and should be avoided: prefer 14, 19 or 20",
			(unsigned)p->group);
}

/* D17: certificates are not available. The session says so when the policy is left. */
static bool policy_unusable(const struct cli_target *t)
{
	return !isakmp_policy_usable(t->object);
}

/* --- Keys ---------------------------------------------------------------------------------------------------------- */

static const uint32_t key_types[] = {0, 6, 7};

static bool set_key(struct cli_call *c)
{
	struct isakmp_key *k = c->target.object;
	const struct cli_value *type = cli_arg(c->args, "type");
	struct secret s = {.set = true, .type = type->set ? (uint8_t)key_types[type->n] : 0};

	if (!str_copy(s.text, sizeof(s.text), cli_arg(c->args, "key")->s))
		return cli_refuse(c, "Key is too long");
	k->key = s;
	k->no_xauth = cli_has(c->args, "no-xauth");
	k->mask_typed = cli_has(c->args, "mask");
	return true;
}

static bool get_key(const struct cli_target *t, struct cli_args *a)
{
	const struct isakmp_key *k = t->object;
	struct ipaddr mask = ip_len_to_mask(k->peers.addr.family, k->peers.len);

	if (k->key.type != 0)
		cli_put_number(a, "type", k->key.type == 6 ? 1 : 2);
	cli_put_string(a, "key", k->key.text);
	cli_put_address(a, "address", &k->peers.addr);
	if (k->mask_typed)
		cli_put_address(a, "mask", &mask);
	if (k->no_xauth)
		cli_put_number(a, "no-xauth", 1);
	return true;
}

static void warn_key(struct cli_call *c)
{
	cli_warn_key(c, &((const struct isakmp_key *)c->target.object)->key);
}

static bool set_host_key(struct cli_call *c)
{
	struct isakmp_host_key *k = c->target.object;
	const struct cli_value *type = cli_arg(c->args, "type");

	k->key = (struct secret){.set = true, .type = type->set ? (uint8_t)key_types[type->n] : 0};
	k->no_xauth = cli_has(c->args, "no-xauth");
	return str_copy(k->key.text, sizeof(k->key.text), cli_arg(c->args, "key")->s) ||
		cli_refuse(c, "Key is too long");
}

static bool get_host_key(const struct cli_target *t, struct cli_args *a)
{
	const struct isakmp_host_key *k = t->object;

	if (k->key.type != 0)
		cli_put_number(a, "type", k->key.type == 6 ? 1 : 2);
	cli_put_string(a, "key", k->key.text);
	cli_put_string(a, "name", k->name);
	if (k->no_xauth)
		cli_put_number(a, "no-xauth", 1);
	return true;
}

static void warn_host_key(struct cli_call *c)
{
	const struct isakmp_host_key *k = c->target.object;

	cli_warn_key(c, &k->key);
	cli_note(c,
		"%%Warning: main mode finds a key by the peer's address: %s is used where an IKEv2 peer "
		"identifies itself by that name",
		k->name);
}

static bool key_has_mask(const struct cli_target *t)
{
	return ((const struct isakmp_key *)t->object)->mask_typed;
}

static bool key_has_no_mask(const struct cli_target *t)
{
	return !key_has_mask(t);
}

/* --- The rows --------------------------------------------------------------------------------------------------------- */

#define KEY_TYPE_HELP                                                                                        \
	"Specifies an UNENCRYPTED password will follow|Specifies an ENCRYPTED password will follow|"         \
	"Specifies a HIDDEN password will follow|The UNENCRYPTED (cleartext) user password|"

/* Do entries of this map speak IKEv1? */
static bool uses_ikev1(const struct crypto_map *map)
{
	const struct crypto_map_entry *e;

	vec_each (&map->entries, i, e)
		if (!e->ikev2_profile[0])
			return true;
	return false;
}

/* H5: what makes a failover noticed goes. */
static bool unset_keepalive(struct cli_call *c)
{
	const struct interface_cfg *i;

	c->model->isakmp_keepalive = (struct ike_keepalive){0};
	vec_each (&c->model->interfaces, n, i) {
		const struct crypto_map *map = model_crypto_map(c->model, i->crypto_map);

		if (map && i->crypto_redundancy && uses_ikev1(map))
			cli_note(c,
				"%%Warning: Crypto map %s uses redundancy without IKE keepalive: peers do "
				"not "
				"notice a failover",
				map->name);
	}
	return true;
}

static const uint32_t keepalive_modes[] = {false, true};

/* --- Identity, and whether there is ISAKMP at all ------------------------------------------------------------------- */

enum { BY_ADDRESS, BY_HOST_NAME, BY_KEY_ID };

static bool set_own_identity(struct cli_call *c)
{
	static const enum ike_identity_kind kinds[] = {
		IKE_IDENTITY_NONE, IKE_IDENTITY_FQDN, IKE_IDENTITY_KEY_ID};
	const struct cli_value *text = cli_arg(c->args, "text");
	struct ike_identity i = {.kind = kinds[cli_arg(c->args, "kind")->n]};

	if (text->set)
		str_copy(i.text, sizeof(i.text), text->s);
	c->model->isakmp_identity = i;
	return true;
}

static bool unset_own_identity(struct cli_call *c)
{
	c->model->isakmp_identity = (struct ike_identity){0};
	return true;
}

static bool get_own_identity(const struct cli_target *t, struct cli_args *a)
{
	const struct ike_identity *i = &t->model->isakmp_identity;

	cli_put_number(a, "kind", i->kind == IKE_IDENTITY_FQDN ? BY_HOST_NAME : BY_KEY_ID);
	cli_put_string(a, "text", i->text);
	return i->kind != IKE_IDENTITY_NONE;
}

static bool enable_isakmp(struct cli_call *c)
{
	c->model->isakmp_disabled = false;
	return true;
}

static bool disable_isakmp(struct cli_call *c)
{
	c->model->isakmp_disabled = !c->is_default;
	if (!c->is_default)
		cli_note(c,
			"%%Warning: without ISAKMP only entries with an IKEv2 profile negotiate; what the "
			"other ones protect is dropped");
	return true;
}

static bool isakmp_is_off(const struct cli_target *t)
{
	return t->model->isakmp_disabled;
}

static const struct cli_row rows[] = {
	{.modes = IN(CONFIG),
		.syntax = "crypto isakmp policy <1-10000>:priority",
		.help = "Encryption module|Configure ISAKMP policy|Set policy for an ISAKMP protection suite|"
			"Priority of protection suite",
		.rank = 900,
		.flags = CLI_IDENTITY,
		.opens = MODE_ISAKMP_POLICY,
		.list = &cli_list_isakmp_policies,
		.fields = {KEY("priority", struct isakmp_policy, priority)},
		.touches = MODEL_ISAKMP},
	{.modes = IN(ISAKMP_POLICY),
		.syntax = "encryption~encr ; {des|3des|aes|aes 128|aes 192|aes 256}:encryption",
		.help = "Set encryption algorithm for protection suite|DES - Data Encryption Standard (56 "
			"bit keys).|"
			"Three key triple DES|AES - Advanced Encryption Standard.||128 bit keys.||192 bit "
			"keys.||"
			"256 bit keys.",
		.rank = 10,
		.touches = MODEL_ISAKMP,
		.after = warn_encryption,
		.fields = {FLAG(NULL, struct isakmp_policy, encryption_set),
			CHOICE("encryption", struct isakmp_policy, encryption, IKE_ENCR_DES, encryptions)}},
	{.modes = IN(ISAKMP_POLICY),
		.syntax = "hash ; {md5|sha|sha256|sha384|sha512}:hash",
		.help = "Set hash algorithm for protection suite|Message Digest 5|Secure Hash Standard|"
			"Secure Hash Standard 2 (256 bit)|Secure Hash Standard 2 (384 bit)|Secure Hash "
			"Standard 2 (512 bit)",
		.rank = 20,
		.touches = MODEL_ISAKMP,
		.after = warn_hash,
		.fields = {FLAG(NULL, struct isakmp_policy, hash_set),
			CHOICE("hash", struct isakmp_policy, hash, IKE_HASH_SHA1, hashes)}},
	{.modes = IN(ISAKMP_POLICY),
		.syntax = "authentication ; {pre-share|rsa-sig|rsa-encr}:authentication",
		.help = "Set authentication method for protection suite|Pre-Shared Key|"
			"Rivest-Shamir-Adleman Signature|Rivest-Shamir-Adleman Encryption",
		.rank = 30,
		.touches = MODEL_ISAKMP,

		.fields = {FLAG(NULL, struct isakmp_policy, authentication_set),
			CHOICE("authentication", struct isakmp_policy, authentication, IKE_AUTH_RSA_SIG,
				authentications)}},
	{.modes = IN(ISAKMP_POLICY),
		.syntax = "group ; {1|2|5|14|15|16|19|20|21|24}:group",
		.help = "Set the Diffie-Hellman group|Diffie-Hellman group 1 (768 bit)|Diffie-Hellman group "
			"2 (1024 bit)|"
			"Diffie-Hellman group 5 (1536 bit)|Diffie-Hellman group 14 (2048 bit)|"
			"Diffie-Hellman group 15 (3072 bit)|Diffie-Hellman group 16 (4096 bit)|"
			"Diffie-Hellman group 19 (256 bit ecp)|Diffie-Hellman group 20 (384 bit ecp)|"
			"Diffie-Hellman group 21 (521 bit ecp)|Diffie-Hellman group 24 (2048 bit, 256 bit "
			"subgroup)",
		.rank = 40,
		.touches = MODEL_ISAKMP,
		.after = warn_group,
		.fields = {FLAG(NULL, struct isakmp_policy, group_set),
			CHOICE("group", struct isakmp_policy, group, 1, groups)}},
	{.modes = IN(ISAKMP_POLICY),
		.syntax = "lifetime ; <60-86400>:lifetime",
		.help = "Set lifetime for ISAKMP security association|lifetime in seconds",
		.rank = 50,
		.touches = MODEL_ISAKMP,
		.fields = {UINT_STD("lifetime", struct isakmp_policy, lifetime_s, 86400)}},
	{.modes = IN(ISAKMP_POLICY),
		.syntax = "! Unusable, only authentication pre-share is available",
		.rank = 90,
		.flags = CLI_WRITE_ONLY,
		.applies = policy_unusable},
	{.modes = IN(CONFIG),
		.syntax = "crypto isakmp key [{0|6|7}:type] WORD/128:key address A.B.C.D:address ; "
			  "[no-xauth:no-xauth]",
		.help = "||Set pre-shared key for remote peer|" KEY_TYPE_HELP
			"Define shared key with IP address|Peer IP address|Bypasses XAuth for this peer",
		.rank = 910,
		.flags = CLI_IDENTITY | CLI_SECRET,
		.list = &cli_list_isakmp_keys,
		.set = set_key,
		.get = get_key,
		.after = warn_key,
		.applies = key_has_no_mask,
		.touches = MODEL_KEY,
		.trail = "       "},
	{.modes = IN(CONFIG),
		.syntax = "crypto isakmp key [{0|6|7}:type] WORD/128:key address A.B.C.D:address MASK:mask ; "
			  "[no-xauth:no-xauth]",
		.help = "|||" KEY_TYPE_HELP "||Peer IP subnet mask|",
		.rank = 910,
		.flags = CLI_IDENTITY | CLI_SECRET,
		.list = &cli_list_isakmp_keys,
		.set = set_key,
		.get = get_key,
		.after = warn_key,
		.applies = key_has_mask,
		.touches = MODEL_KEY},
	{.modes = IN(CONFIG),
		.syntax = "crypto isakmp key [{0|6|7}:type] WORD/128:key hostname WORD/63:name ; "
			  "[no-xauth:no-xauth]",
		.help = "|||" KEY_TYPE_HELP "Define shared key with hostname|Peer hostname|",
		.rank = 911,
		.flags = CLI_IDENTITY | CLI_SECRET,
		.list = &cli_list_isakmp_host_keys,
		.set = set_host_key,
		.get = get_host_key,
		.after = warn_host_key,
		.touches = MODEL_KEY},
	{.modes = IN(CONFIG),
		.syntax = "crypto isakmp key [{0|6|7}] WORD/128 address ipv6 LINE",
		.flags = CLI_HIDDEN | CLI_SECRET,
		.refuse = "Keys for IPv6 are not available: use address A.B.C.D [mask]"},
	{.modes = IN(CONFIG),
		.syntax = "crypto isakmp keepalive ; <10-3600>:seconds [<2-60>:retry] "
			  "[on-demand|periodic]:mode",
		.help = "||Set a keepalive interval for use with IOS peers|Number of seconds between keep "
			"alives|"
			"Number of seconds between retries if keep alive fails|Keepalive is sent only as "
			"needed|"
			"Keepalive is sent periodically",
		.rank = 920,
		.touches = MODEL_ISAKMP,
		.unset = unset_keepalive,
		.fields = {FLAG(NULL, struct model, isakmp_keepalive.set),
			UINT("seconds", struct model, isakmp_keepalive.seconds),
			UINT_STD("retry", struct model, isakmp_keepalive.retry_s, 2),
			CHOICE("mode", struct model, isakmp_keepalive.periodic, false, keepalive_modes)}},
	{.modes = IN(CONFIG),
		.syntax = "crypto isakmp invalid-spi-recovery",
		.help = "|ISAKMP|Initiate a new IKE exchange whenever a packet with an invalid SPI arrives "
			"(after a takeover "
			"that is done anyway)",
		.rank = 922,
		.touches = MODEL_ISAKMP,
		.fields = {FLAG(NULL, struct model, invalid_spi_recovery)}},
	{.modes = IN(CONFIG),
		.syntax = "crypto isakmp enable",
		.help = "||Enable ISAKMP",
		.flags = CLI_PARSE_ONLY,
		.set = enable_isakmp,
		.unset = disable_isakmp,
		.touches = MODEL_ISAKMP},
	{.modes = IN(CONFIG),
		.syntax = "no crypto isakmp enable",
		.rank = 899,
		.flags = CLI_WRITE_ONLY,
		.applies = isakmp_is_off},
	{.modes = IN(CONFIG),
		.syntax = "crypto isakmp identity ; {address|hostname|key-id WORD/99:text}:kind",
		.help = "||Set the identity which ISAKMP will use|Use the IP address of the interface for "
			"the "
			"identity|Use the hostname of the router for the identity|Use a key-id|key-id string",
		.rank = 919,
		.set = set_own_identity,
		.unset = unset_own_identity,
		.get = get_own_identity,
		.touches = MODEL_ISAKMP},
	{.modes = IN(CONFIG),
		.syntax = "crypto isakmp identity dn",
		.flags = CLI_HIDDEN,
		.refuse = "Certificates are not available: use identity {address|hostname|key-id}"},
	{.modes = IN(CONFIG),
		.syntax = "crypto isakmp nat keepalive ; <5-3600>:seconds",
		.help = "||Set a nat keepalive interval for use with IOS peers|Set a nat keepalive interval "
			"for "
			"use with IOS peers|Number of seconds between keep alives",
		.rank = 921,
		.fields = {UINT("seconds", struct model, nat_keepalive_s)},
		.touches = MODEL_ISAKMP},
	{.modes = IN(CONFIG),
		.syntax = "crypto isakmp {profile|client|peer} [LINE]",
		.flags = CLI_HIDDEN,
		.refuse = "This ISAKMP feature is not available: policy, key, identity and keepalive are"},
	{.modes = IN(CONFIG),
		.syntax = "crypto {pki|key|ca|gdoi|keyring|identity} LINE",
		.flags = CLI_HIDDEN,
		.refuse = "Certificates, group keys and keyrings of profiles are not available: use "
			  "authentication "
			  "pre-share and crypto isakmp key"},
};
CLI_TABLE(cli_table_ike, rows);
