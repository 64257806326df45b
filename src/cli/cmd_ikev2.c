/* IKEv2: proposals, policies, keyrings, profiles, dead peer detection. */
#include <string.h>

#include "cli/rules.h"

/* --- Proposals: several values a line ---------------------------------------------------------------------------- */

/* The slots of a repeated value, in order. */
static const char *const nth[] = {"a", "b", "c", "d"};
enum { VALUES_MAX = sizeof(nth) / sizeof(*nth) };

static const uint32_t encryptions[] = {IKE_ENCR_DES, IKE_ENCR_3DES, IKE_ENCR_AES128, IKE_ENCR_AES192,
	IKE_ENCR_AES256, IKE_ENCR_GCM128, IKE_ENCR_GCM256};
static const uint32_t integrities[] = {
	IKE_HASH_MD5, IKE_HASH_SHA1, IKE_HASH_SHA256, IKE_HASH_SHA384, IKE_HASH_SHA512};
static const uint32_t groups[] = {1, 2, 5, 14, 15, 16, 19, 20, 21, 24};

static uint32_t typed_bits(const struct cli_args *a, const uint32_t *values)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < VALUES_MAX; i++)
		if (cli_has(a, nth[i]))
			bits |= 1u << values[cli_arg(a, nth[i])->n];
	return bits;
}

/* More bits than a line has places come from repeated lines: IOS keeps the last line, and so do we. */
static bool show_bits(struct cli_args *a, uint32_t bits, const uint32_t *values, size_t count)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		if (bits & 1u << values[i] && used < VALUES_MAX)
			cli_put_number(a, nth[used++], (uint32_t)i);
	return used > 0;
}

#define BITS_ROW(name, field, values)                                                                        \
	static bool set_##name(struct cli_call *c)                                                           \
	{                                                                                                    \
		((struct ikev2_proposal *)c->target.object)->field = typed_bits(c->args, values);            \
		return true;                                                                                 \
	}                                                                                                    \
	static bool unset_##name(struct cli_call *c)                                                         \
	{                                                                                                    \
		((struct ikev2_proposal *)c->target.object)->field = 0;                                      \
		return true;                                                                                 \
	}                                                                                                    \
	static bool get_##name(const struct cli_target *t, struct cli_args *a)                               \
	{                                                                                                    \
		return show_bits(a, ((const struct ikev2_proposal *)t->object)->field, values,               \
			sizeof(values) / sizeof(*values));                                                   \
	}

BITS_ROW(encryption, encryptions, encryptions)
BITS_ROW(integrity, integrities, integrities)
BITS_ROW(prf, prfs, integrities)
BITS_ROW(group, groups, groups)

static void warn_proposal(struct cli_call *c)
{
	const struct ikev2_proposal *p = c->target.object;

	if (p->encryptions & (1u << IKE_ENCR_DES | 1u << IKE_ENCR_3DES) ||
		(p->integrities | p->prfs) & 1u << IKE_HASH_MD5 ||
		p->groups & (1u << 1 | 1u << 2 | 1u << 5 | 1u << 24))
		cli_note(c,
			"%%Warning: this proposal has weak algorithms: prefer aes-cbc-256, sha256, group 14, "
			"19 or 20");
}

static bool incomplete_proposal(const struct cli_target *t)
{
	const struct ikev2_proposal *p = t->object;
	bool gcm = p->encryptions & (1u << IKE_ENCR_GCM128 | 1u << IKE_ENCR_GCM256);

	return !p->encryptions || !p->groups || (!gcm && !p->integrities);
}

/* --- Keyring peers ---------------------------------------------------------------------------------------------------- */

static bool set_address(struct cli_call *c)
{
	struct ikev2_peer *p = c->target.object;
	const struct cli_value *addr = cli_arg(c->args, "address"), *mask = cli_arg(c->args, "mask");

	p->address_set = true;
	p->mask_typed = mask->set;
	p->address = prefix_make(addr->ip, mask->set ? mask->n : ip_v4_u32(&addr->ip) == 0 ? 0 : 32);
	return true;
}

static bool unset_address(struct cli_call *c)
{
	struct ikev2_peer *p = c->target.object;

	p->address_set = p->mask_typed = false;
	p->address = (struct prefix){0};
	return true;
}

static bool get_address(const struct cli_target *t, struct cli_args *a)
{
	const struct ikev2_peer *p = t->object;

	if (!p->address_set)
		return false;
	struct ipaddr mask = ip_len_to_mask(p->address.addr.family, p->address.len);

	cli_put_address(a, "address", &p->address.addr);
	if (p->mask_typed)
		cli_put_address(a, "mask", &mask);
	return true;
}

static const uint32_t key_types[] = {0, 6, SECRET_HEX};

/* Which of the three keys a row means: by the keyword that it has. */
static struct secret *key_of(const struct cli_row *row, struct ikev2_peer *p)
{
	return strstr(row->syntax, " local ")	  ? &p->local_key
		: strstr(row->syntax, " remote ") ? &p->remote_key
						  : &p->key;
}

static bool set_key(struct cli_call *c)
{
	const struct cli_value *type = cli_arg(c->args, "type");
	struct secret s = {.set = true, .type = type->set ? (uint8_t)key_types[type->n] : 0};

	if (!str_copy(s.text, sizeof(s.text), cli_arg(c->args, "key")->s))
		return cli_refuse(c, "Key is too long");
	if (s.type == SECRET_HEX && (strlen(s.text) % 2 || s.text[strspn(s.text, "0123456789abcdefABCDEF")]))
		return cli_refuse(c, "A hex key is an even number of hexadecimal digits, without 0x");
	*key_of(c->row, c->target.object) = s;
	return true;
}

static bool unset_key(struct cli_call *c)
{
	*key_of(c->row, c->target.object) = (struct secret){0};
	return true;
}

static void warn_key(struct cli_call *c)
{
	const struct ikev2_peer *p = c->target.object;

	cli_warn_key(c, key_of(c->row, c->target.object));
	if (p->local_key.set && p->remote_key.set && strcmp(p->local_key.text, p->remote_key.text) != 0)
		cli_note(c,
			"%%Warning: peer %s has two keys: one serves both directions here, and it is the "
			"remote "
			"one. Type the same key on both routers",
			p->name);
}

static bool get_key(const struct cli_target *t, struct cli_args *a)
{
	const struct secret *s = key_of(a->syntax->row, t->object);

	if (!s->set)
		return false;
	for (uint32_t i = 1; i < sizeof(key_types) / sizeof(*key_types); i++)
		if (s->type == key_types[i])
			cli_put_number(a, "type", i);
	cli_put_string(a, "key", s->text);
	return true;
}

/* --- Profiles ------------------------------------------------------------------------------------------------------------ */

/* IOS writes the mask behind an address also where it was not typed. */
static bool set_match(struct cli_call *c)
{
	struct ike_identity *i = c->target.object;

	*i = cli_identity(c->args);
	i->mask_typed = i->kind == IKE_IDENTITY_ADDRESS;
	return true;
}

static bool get_match(const struct cli_target *t, struct cli_args *a)
{
	cli_put_identity(a, t->object);
	return true;
}

/* charon has one identity a connection: several leave it open, and the key alone decides. */
static void warn_matches(struct cli_call *c)
{
	const struct ikev2_profile *p = c->target.outer;
	const struct ike_identity *i;
	unsigned others = 0;

	vec_each (&p->match_remote, n, i)
		others += i->kind != IKE_IDENTITY_ADDRESS && i->kind != IKE_IDENTITY_ANY;
	if (others > 1)
		cli_note(c,
			"%%Warning: IKEv2 profile %s matches several identities: any identity that proves "
			"its pre-shared key is accepted",
			p->name);
}

static struct ike_identity *identity_of(const struct cli_row *row, void *object)
{
	return row->modes == IN(IKEV2_PEER) ? &((struct ikev2_peer *)object)->identity
					    : &((struct ikev2_profile *)object)->identity_local;
}

static bool set_identity(struct cli_call *c)
{
	*identity_of(c->row, c->target.object) = cli_identity(c->args);
	return true;
}

static bool unset_identity(struct cli_call *c)
{
	*identity_of(c->row, c->target.object) = (struct ike_identity){0};
	return true;
}

static bool get_identity(const struct cli_target *t, struct cli_args *a)
{
	const struct ike_identity *i = identity_of(a->syntax->row, t->object);

	cli_put_identity(a, i);
	return i->kind != IKE_IDENTITY_NONE;
}

/* --- The rows --------------------------------------------------------------------------------------------------------------- */

#define ENCRYPTION	"{des|3des|aes-cbc-128|aes-cbc-192|aes-cbc-256|aes-gcm-128|aes-gcm-256}"
#define INTEGRITY	"{md5|sha1|sha256|sha384|sha512}"
#define GROUP		"{1|2|5|14|15|16|19|20|21|24}"
#define ENCRYPTION_HELP "DES|3DES|AES-CBC-128|AES-CBC-192|AES-CBC-256|AES-GCM-128|AES-GCM-256"
#define INTEGRITY_HELP                                                                                       \
	"Message Digest 5|Secure Hash Standard|Secure Hash Standard 2 (256 bit)|"                            \
	"Secure Hash Standard 2 (384 bit)|Secure Hash Standard 2 (512 bit)"
#define GROUP_HELP                                                                                           \
	"DH 768 MODP|DH 1024 MODP|DH 1536 MODP|DH 2048 MODP|DH 3072 MODP|DH 4096 MODP|DH 256 ECP|DH 384 "    \
	"ECP|"                                                                                               \
	"DH 521 ECP|DH 2048 (256 subgroup) MODP"
/* Up to four of them. */
#define REPEATED(values) values ":a [" values ":b [" values ":c [" values ":d]]]"

static const uint32_t dpd_modes[] = {false, true};

static const struct cli_row rows[] = {
	{.modes = IN(CONFIG),
		.syntax = "crypto ikev2 proposal WORD/63:name",
		.help = "|Configure IKEv2 Options|Define IKEv2 proposals|Name of IKEv2 proposal",
		.rank = 800,
		.flags = CLI_IDENTITY | CLI_SEPARATE,
		.opens = MODE_IKEV2_PROPOSAL,
		.list = &cli_list_ikev2_proposals,
		.fields = {TEXT("name", struct ikev2_proposal, name)},
		.touches = MODEL_ISAKMP},
	{.modes = IN(IKEV2_PROPOSAL),
		.syntax = "encryption ; " REPEATED(ENCRYPTION),
		.help = "Set encryption algorithm(s) for proposal|" ENCRYPTION_HELP,
		.rank = 10,
		.touches = MODEL_ISAKMP,
		.set = set_encryption,
		.unset = unset_encryption,
		.get = get_encryption,
		.after = warn_proposal},
	{.modes = IN(IKEV2_PROPOSAL),
		.syntax = "integrity ; " REPEATED(INTEGRITY),
		.help = "Set integrity hash algorithm(s) for proposal|" INTEGRITY_HELP,
		.rank = 20,
		.touches = MODEL_ISAKMP,
		.set = set_integrity,
		.unset = unset_integrity,
		.get = get_integrity,
		.after = warn_proposal},
	{.modes = IN(IKEV2_PROPOSAL),
		.syntax = "prf ; " REPEATED(INTEGRITY),
		.help = "Set prf hash algorithm(s) for proposal|" INTEGRITY_HELP,
		.rank = 25,
		.touches = MODEL_ISAKMP,
		.set = set_prf,
		.unset = unset_prf,
		.get = get_prf,
		.after = warn_proposal},
	{.modes = IN(IKEV2_PROPOSAL),
		.syntax = "group ; " REPEATED(GROUP),
		.help = "Set the Diffie-Hellman group(s)|" GROUP_HELP,
		.rank = 30,
		.touches = MODEL_ISAKMP,
		.set = set_group,
		.unset = unset_group,
		.get = get_group,
		.after = warn_proposal},
	{.modes = IN(IKEV2_PROPOSAL),
		.syntax = "! Incomplete",
		.rank = 90,
		.flags = CLI_WRITE_ONLY,
		.applies = incomplete_proposal},

	{.modes = IN(CONFIG),
		.syntax = "crypto ikev2 policy WORD/63:name",
		.help = "||Define IKEv2 policies|Name of IKEv2 policy",
		.rank = 810,
		.flags = CLI_IDENTITY | CLI_SEPARATE,
		.opens = MODE_IKEV2_POLICY,
		.list = &cli_list_ikev2_policies,
		.fields = {TEXT("name", struct ikev2_policy, name)},
		.touches = MODEL_ISAKMP},
	{.modes = IN(IKEV2_POLICY) | IN(IKEV2_PROFILE),
		.syntax = "match fvrf any",
		.help = "Match values|fvrf|Any fvrf",
		.flags = CLI_PARSE_ONLY | CLI_NO_NO},
	{.modes = IN(IKEV2_POLICY),
		.syntax = "proposal WORD/63:proposal",
		.help = "Specify Proposal|Specify the name of proposal to be attached",
		.rank = 10,
		.flags = CLI_IDENTITY,
		.list = &cli_list_policy_proposals,
		.touches = MODEL_ISAKMP,
		.fields = {TEXT("proposal", struct ikev2_policy_proposal, name)}},

	{.modes = IN(CONFIG),
		.syntax = "crypto ikev2 keyring WORD/63:name",
		.help = "||Define IKEv2 Keyring|Name of IKEv2 Keyring",
		.rank = 820,
		.flags = CLI_IDENTITY | CLI_SEPARATE,
		.opens = MODE_IKEV2_KEYRING,
		.list = &cli_list_ikev2_keyrings,
		.fields = {TEXT("name", struct ikev2_keyring, name)},
		.touches = MODEL_KEY},
	{.modes = IN(IKEV2_KEYRING),
		.syntax = "peer WORD/63:name",
		.help = "Configure a Peer and associated keys|Name of the peer block",
		.rank = 10,
		.flags = CLI_IDENTITY | CLI_SEPARATE,
		.opens = MODE_IKEV2_PEER,
		.list = &cli_list_ikev2_peers,
		.fields = {TEXT("name", struct ikev2_peer, name)},
		.touches = MODEL_KEY},
	{.modes = IN(IKEV2_PEER),
		.syntax = "address ; A.B.C.D:address [MASK:mask]",
		.help = "Specify IPv4 address of peer|IPv4 Address|specify mask",
		.rank = 10,
		.touches = MODEL_KEY,
		.set = set_address,
		.unset = unset_address,
		.get = get_address},
	{.modes = IN(IKEV2_PEER),
		.syntax = "identity ; {address HOST:address|fqdn:fqdn WORD/99:text|email:email WORD/99:text|"
			  "key-id:key-id WORD/99:text}",
		.help = "Specify IKE identity to use|address|IPv4 address|Fully Qualified Domain Name|FQDN "
			"string|"
			"Email|Email string|key-id|key-id string",
		.rank = 15,
		.touches = MODEL_KEY,
		.set = set_identity,
		.unset = unset_identity,
		.get = get_identity},
	{.modes = IN(IKEV2_PEER),
		.syntax = "description ; LINE/200:text",
		.help = "Specify a description of this peer|Up to 200 characters",
		.rank = 5,
		.touches = MODEL_KEY,
		.fields = {TEXT("text", struct ikev2_peer, description)}},
	{.modes = IN(IKEV2_PEER),
		.syntax = "hostname LINE",
		.flags = CLI_HIDDEN,
		.refuse =
			"Peers are known by address or identity: use address A.B.C.D or identity fqdn NAME"},
	{.modes = IN(IKEV2_PEER),
		.syntax = "pre-shared-key local ; [{0|6|hex}:type] WORD/128:key",
		.help = "specify the pre-shared key|specify signing key|Specifies an UNENCRYPTED password "
			"will follow|"
			"Specifies an ENCRYPTED password will follow|Key entered in hex string|The "
			"UNENCRYPTED (cleartext) user "
			"password",
		.rank = 20,
		.flags = CLI_SECRET,
		.touches = MODEL_KEY,
		.set = set_key,
		.unset = unset_key,
		.get = get_key,
		.after = warn_key},
	{.modes = IN(IKEV2_PEER),
		.syntax = "pre-shared-key remote ; [{0|6|hex}:type] WORD/128:key",
		.help = "|specify verifying key|Specifies an UNENCRYPTED password will follow|"
			"Specifies an ENCRYPTED password will follow|Key entered in hex string|The "
			"UNENCRYPTED (cleartext) user "
			"password",
		.rank = 21,
		.flags = CLI_SECRET,
		.touches = MODEL_KEY,
		.set = set_key,
		.unset = unset_key,
		.get = get_key,
		.after = warn_key},
	{.modes = IN(IKEV2_PEER),
		.syntax = "pre-shared-key ; [{0|6|hex}:type] WORD/128:key",
		.help = "||||The UNENCRYPTED (cleartext) user password",
		.rank = 22,
		.flags = CLI_SECRET,
		.touches = MODEL_KEY,
		.set = set_key,
		.unset = unset_key,
		.get = get_key,
		.after = warn_key},

	{.modes = IN(CONFIG),
		.syntax = "crypto ikev2 profile WORD/63:name",
		.help = "||Define IKEv2 Profiles|Name of IKEv2 Profile",
		.rank = 830,
		.flags = CLI_IDENTITY | CLI_SEPARATE,
		.opens = MODE_IKEV2_PROFILE,
		.list = &cli_list_ikev2_profiles,
		.fields = {TEXT("name", struct ikev2_profile, name)},
		.touches = MODEL_ISAKMP},
	{.modes = IN(IKEV2_PROFILE),
		.syntax = "match identity remote " IDENTITY,
		.help = "Match values of peer|Match a peer identity|Remote identity|" IDENTITY_HELP,
		.rank = 10,
		.flags = CLI_IDENTITY,
		.list = &cli_list_matches,
		.set = set_match,
		.get = get_match,
		.after = warn_matches,
		.touches = MODEL_ISAKMP,
		.trail = " "},
	{.modes = IN(IKEV2_PROFILE),
		.syntax = "match {certificate|address|vrf|fvrf} LINE",
		.flags = CLI_HIDDEN,
		.refuse = "Profiles match by the peer's identity: use match identity remote "
			  "{address|fqdn|email|key-id|any}"},
	{.modes = IN(IKEV2_PROFILE),
		.syntax = "nat keepalive <5-3600>",
		.flags = CLI_HIDDEN,
		.refuse = "NAT keepalives are the same for all profiles: use crypto ikev2 nat keepalive"},
	{.modes = IN(IKEV2_POLICY),
		.syntax = "match {address|vrf|fvrf} LINE",
		.flags = CLI_HIDDEN,
		.refuse = "A policy counts for all addresses: leave match out"},
	{.modes = IN(CONFIG),
		.syntax = "crypto ikev2 nat keepalive <5-3600>:seconds",
		.help = "||NAT-Transparency|Sets NAT-KeepAlive interval (one for both versions)|Seconds",
		.flags = CLI_PARSE_ONLY,
		.fields = {UINT("seconds", struct model, nat_keepalive_s)},
		.touches = MODEL_ISAKMP},
	{.modes = IN(IKEV2_PROFILE),
		.syntax = "identity local ; {address HOST:address|fqdn:fqdn WORD/99:text|email:email "
			  "WORD/99:text|"
			  "key-id:key-id WORD/99:text}",
		.help = "Specify IKE identity to use|Specify the local IKE identity to use for the "
			"negotiation|address|IPv4 address|Fully Qualified Domain Name|FQDN string|Email|"
			"Email string|key-id|key-id string",
		.rank = 20,
		.set = set_identity,
		.unset = unset_identity,
		.get = get_identity,
		.touches = MODEL_ISAKMP},
	{.modes = IN(IKEV2_PROFILE),
		.syntax = "identity local dn",
		.flags = CLI_HIDDEN,
		.refuse = "Certificates are not available: use identity local "
			  "{address|fqdn|email|key-id}"},
	{.modes = IN(IKEV2_PROFILE),
		.syntax = "authentication remote pre-share",
		.help = "Set authentication method|Set remote authentication method|Pre-Shared Key",
		.rank = 30,
		.fields = {FLAG(NULL, struct ikev2_profile, remote_pre_share)},
		.touches = MODEL_ISAKMP},
	{.modes = IN(IKEV2_PROFILE),
		.syntax = "authentication local pre-share",
		.help = "|Set local authentication method|Pre-Shared Key",
		.rank = 31,
		.fields = {FLAG(NULL, struct ikev2_profile, local_pre_share)},
		.touches = MODEL_ISAKMP},
	{.modes = IN(IKEV2_PROFILE),
		.syntax = "authentication {local|remote} {rsa-sig|ecdsa-sig|eap}",
		.flags = CLI_HIDDEN,
		.refuse = "Certificates and EAP are not available: use pre-share"},
	{.modes = IN(IKEV2_PROFILE),
		.syntax = "keyring local ; WORD/63:keyring",
		.help = "Specify keyring|Local keyring|Name of IKEv2 keyring",
		.rank = 40,
		.fields = {TEXT("keyring", struct ikev2_profile, keyring)},
		.touches = MODEL_ISAKMP},
	{.modes = IN(IKEV2_PROFILE),
		.syntax = "keyring WORD/63:keyring",
		.flags = CLI_PARSE_ONLY | CLI_HIDDEN,
		.fields = {TEXT("keyring", struct ikev2_profile, keyring)},
		.touches = MODEL_ISAKMP},
	{.modes = IN(IKEV2_PROFILE),
		.syntax = "lifetime ; <120-86400>:lifetime",
		.help = "Set lifetime for ISAKMP security association|lifetime in seconds",
		.rank = 50,
		.fields = {UINT_STD("lifetime", struct ikev2_profile, lifetime_s, 86400)},
		.touches = MODEL_ISAKMP},
	{.modes = IN(IKEV2_PROFILE),
		.syntax = "dpd ; <10-3600>:seconds <2-60>:retry {on-demand|periodic}:mode",
		.help = "Enable IKE liveness check for peers|DPD R-U-THERE interval|DPD Retry Interval|"
			"DPD queries on-demand|DPD queries at regular intervals",
		.rank = 60,
		.touches = MODEL_ISAKMP,
		.fields = {FLAG(NULL, struct ikev2_profile, dpd.set),
			UINT("seconds", struct ikev2_profile, dpd.seconds),
			UINT("retry", struct ikev2_profile, dpd.retry_s),
			CHOICE_ALWAYS("mode", struct ikev2_profile, dpd.periodic, false, dpd_modes)}},

	{.modes = IN(CONFIG),
		.syntax = "crypto ikev2 dpd ; <10-3600>:seconds <2-60>:retry {on-demand|periodic}:mode",
		.help = "||Enable IKE liveness check for peers|DPD R-U-THERE interval|DPD Retry Interval|"
			"DPD queries on-demand|DPD queries at regular intervals",
		.rank = 840,
		.touches = MODEL_ISAKMP,
		.fields = {FLAG(NULL, struct model, ikev2_dpd.set),
			UINT("seconds", struct model, ikev2_dpd.seconds),
			UINT("retry", struct model, ikev2_dpd.retry_s),
			CHOICE_ALWAYS("mode", struct model, ikev2_dpd.periodic, false, dpd_modes)}},
};
CLI_TABLE(cli_table_ikev2, rows);
