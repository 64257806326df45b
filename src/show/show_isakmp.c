/*
 * show crypto isakmp sa [detail], show crypto isakmp policy, show crypto isakmp peers, show crypto ikev2 sa [detail]
 *
 * Both headings, IPv4 and IPv6, are always printed: parsers insist.
 */
#include "show/view.h"

#include <string.h>

enum { IKE_LIFETIME_DEFAULT_S = 86400 }; /* IOS, both versions */

/* The next IKE_SA of a version that is ours; s->at[0] walks. */
static const struct ike_sa *next_sa(struct show *s, uint8_t version)
{
	while (s->at[0] < s->facts->ike_sa_count) {
		const struct ike_sa *sa = &s->facts->ike_sas[s->at[0]++];
		if (sa->version == version)
			return sa;
	}
	return NULL;
}

/* Until IKE is negotiated again; 0 when not known. */
static int64_t lifetime_left(const struct ike_sa *sa)
{
	if (sa->reauth_s >= 0 && (sa->rekey_s < 0 || sa->reauth_s < sa->rekey_s))
		return sa->reauth_s;
	return sa->rekey_s > 0 ? sa->rekey_s : 0;
}

static const struct {
	const char *charon, *short_name, *long_name;
} ciphers[] =
	{
		{"AES_CBC", "aes", "AES-CBC"},
		{"3DES_CBC", "3des", "3DES"},
		{"DES_CBC", "des", "DES"},
		{"AES_GCM_16", "gcm", "AES-GCM"},
},
  hashes[] = {
	  {"HMAC_MD5_96", "md5", "MD596"},
	  {"HMAC_SHA1_96", "sha", "SHA96"},
	  {"HMAC_SHA2_256_128", "sha256", "SHA256"},
	  {"HMAC_SHA2_384_192", "sha384", "SHA384"},
	  {"HMAC_SHA2_512_256", "sha512", "SHA512"},
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const char *cipher_name(const struct ike_sa *sa, bool longer)
{
	for (size_t i = 0; i < COUNT(ciphers); i++)
		if (!strcmp(ciphers[i].charon, sa->encr))
			return longer ? ciphers[i].long_name : ciphers[i].short_name;
	return sa->encr;
}

static const char *hash_name(const struct ike_sa *sa, bool longer)
{
	for (size_t i = 0; i < COUNT(hashes); i++)
		if (!strcmp(hashes[i].charon, sa->integ))
			return longer ? hashes[i].long_name : hashes[i].short_name;
	return longer && !sa->integ[0] ? "None" : sa->integ;
}

/* charon's PRF_HMAC_SHA2_256 in IOS's word. */
static const char *prf_name(const struct ike_sa *sa)
{
	static const char *const names[][2] = {
		{"PRF_HMAC_MD5", "MD5"},
		{"PRF_HMAC_SHA1", "SHA1"},
		{"PRF_HMAC_SHA2_256", "SHA256"},
		{"PRF_HMAC_SHA2_384", "SHA384"},
		{"PRF_HMAC_SHA2_512", "SHA512"},
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(names[i][0], sa->prf))
			return names[i][1];
	return sa->prf;
}

/* --- show crypto isakmp sa ---------------------------------------------------------------------------------------------- */

/* IOS names the responder first. */
static void print_isakmp_sa(struct text *out, const struct ike_sa *sa)
{
	char responder[IP_TEXT_MAX], initiator[IP_TEXT_MAX];

	ip_format(sa->initiator ? &sa->remote_host : &sa->local_host, responder);
	ip_format(sa->initiator ? &sa->local_host : &sa->remote_host, initiator);
	text_printf(out, "%-15s %-15s %-14s %7u ACTIVE%s\n", responder, initiator,
		sa->state == IKE_SA_ESTABLISHED ? "QM_IDLE" : "MM_NO_STATE", ike_conn_id(sa),
		sa->state == IKE_SA_DELETING ? " (deleted)" : "");
}

static void print_isakmp_detail(struct text *out, const struct facts *f, const struct ike_sa *sa)
{
	char local[IP_TEXT_MAX], remote[IP_TEXT_MAX], left[AGE_TEXT_MAX], capabilities[4] = "";
	size_t n = 0;

	if (f->model->isakmp_keepalive.set)
		capabilities[n++] = 'D';
	if (sa->nat_local || sa->nat_remote)
		capabilities[n++] = 'N';
	capabilities[n] = '\0';
	text_printf(out, "%-5u %-15s %-15s        %-6s %-4s %-6s %-4s %-2u %-8s %-4s\n", ike_conn_id(sa),
		ip_format(&sa->local_host, local), ip_format(&sa->remote_host, remote), "ACTIVE",
		cipher_name(sa, false), hash_name(sa, false), "psk", dh_number(sa->dh),
		format_clock(lifetime_left(sa), left), capabilities);
	text_printf(out, "       Engine-id:Conn-id =  SW:%u\n\n", sa->id);
}

static const char detail_legend[] =
	"Codes: C - IKE configuration mode, D - Dead Peer Detection\n"
	"       K - Keepalives, N - NAT-traversal\n"
	"       T - cTCP encapsulation, X - IKE Extended Authentication\n"
	"       psk - Preshared key, rsig - RSA signature\n"
	"       renc - RSA encryption\n"
	"IPv4 Crypto ISAKMP SA\n"
	"\n"
	"C-id  Local           Remote          I-VRF  Status Encr Hash   Auth DH Lifetime Cap.\n"
	"\n";

static bool isakmp_sa_text(struct show *s, struct text *out)
{
	const struct ike_sa *sa;

	if (s->stage == 0) {
		s->stage = 1;
		text_add(out,
			s->args.detail ? detail_legend
				       : "IPv4 Crypto ISAKMP SA\n"
					 "dst             src             state          conn-id status\n");
	}
	sa = next_sa(s, 1);
	if (sa && s->args.detail)
		print_isakmp_detail(out, s->facts, sa);
	else if (sa)
		print_isakmp_sa(out, sa);
	else
		text_printf(out, "%sIPv6 Crypto ISAKMP SA\n\n", s->args.detail ? "" : "\n");
	return sa != NULL;
}

static void json_sa(struct json *j, const struct ike_sa *sa)
{
	static const char *const states[] = {"connecting", "established", "deleting", "other"};
	char interface[INTERFACE_NAME_MAX] = "", map[NAME_MAX_LEN] = "";
	uint16_t sequence = 0;
	struct ipaddr peer;

	json_object(j, NULL);
	json_uint(j, "conn_id", ike_conn_id(sa));
	json_uint(j, "ike_version", sa->version);
	json_string(j, "state", states[sa->state <= IKE_SA_OTHER ? sa->state : IKE_SA_OTHER]);
	json_bool(j, "initiator", sa->initiator);
	json_ip(j, "local", &sa->local_host);
	json_uint(j, "local_port", sa->local_port);
	json_ip(j, "remote", &sa->remote_host);
	json_uint(j, "remote_port", sa->remote_port);
	json_string(j, "local_id", sa->local_id);
	json_string(j, "remote_id", sa->remote_id);
	if (conn_parse(sa->conn, interface, map, &sequence, &peer)) {
		json_string(j, "interface", interface);
		json_string(j, "map", map);
		json_uint(j, "sequence", sequence);
	}
	struct text hex = {0};
	text_printf(&hex, "%016llx:%016llx", (unsigned long long)sa->spi_i, (unsigned long long)sa->spi_r);
	json_string(j, "cookies", text_str(&hex));
	text_free(&hex);
	json_string(j, "encryption", sa->encr);
	json_uint(j, "encryption_bits", sa->encr_bits);
	json_string(j, "integrity", sa->integ);
	json_string(j, "prf", sa->prf);
	json_uint(j, "dh_group", dh_number(sa->dh));
	json_bool(j, "nat_traversal", sa->nat_local || sa->nat_remote);
	json_int(j, "established_s", sa->established_s);
	json_int(j, "lifetime_left_s", lifetime_left(sa));
	json_object_end(j);
}

static bool isakmp_sa_json(struct show *s, struct text *out)
{
	const struct ike_sa *sa = next_sa(s, 1);

	(void)out;
	if (sa)
		json_sa(&s->writer, sa);
	return sa != NULL;
}

const struct view view_isakmp_sa = {
	.name = "crypto-isakmp-sa",
	.required = FACT_IKE,
	.text = isakmp_sa_text,
	.json = isakmp_sa_json,
};

/* --- show crypto isakmp peers -------------------------------------------------------------------------------------------- */

static bool isakmp_peers_text(struct show *s, struct text *out)
{
	const struct ike_sa *sa = next_sa(s, 1);
	char local[IP_TEXT_MAX], remote[IP_TEXT_MAX], id[IKE_ID_MAX];

	if (!sa)
		return false;
	text_printf(out, "Peer: %s Port: %u Local: %s\n Phase1 id: %s\n", ip_format(&sa->remote_host, remote),
		sa->remote_port, ip_format(&sa->local_host, local), format_id(sa->remote_id, id));
	return true;
}

const struct view view_isakmp_peers = {
	.name = "crypto-isakmp-peers",
	.required = FACT_IKE,
	.text = isakmp_peers_text,
	.json = isakmp_sa_json,
};

/* --- show crypto ikev2 sa ------------------------------------------------------------------------------------------------- */

/* The lifetime of the SA's profile: charon renews somewhat earlier, at a moment of its own. */
static uint32_t ikev2_lifetime(const struct model *m, const struct ike_sa *sa)
{
	const char *last = strrchr(sa->conn, '/');
	char interface[INTERFACE_NAME_MAX], map_name[NAME_MAX_LEN];
	const struct ikev2_profile *p = NULL;
	uint16_t sequence;
	struct ipaddr peer;

	if (last && !strncmp(last, "/any-", 5)) {
		p = model_ikev2_profile(m, last + 5);
	} else if (conn_parse(sa->conn, interface, map_name, &sequence, &peer)) {
		const struct crypto_map *map = model_crypto_map(m, map_name);
		const struct crypto_map_entry *e = map ? crypto_map_entry(map, sequence) : NULL;
		p = e ? model_ikev2_profile(m, e->ikev2_profile) : NULL;
	}
	return p && p->lifetime_s ? p->lifetime_s : IKE_LIFETIME_DEFAULT_S;
}

static void print_ikev2_sa(struct text *out, const struct show *s, const struct ike_sa *sa)
{
	struct text local = {0}, remote = {0};
	char ip[IP_TEXT_MAX], id[IKE_ID_MAX], other_id[IKE_ID_MAX];

	text_printf(&local, "%s/%u", ip_format(&sa->local_host, ip), sa->local_port);
	text_printf(&remote, "%s/%u", ip_format(&sa->remote_host, ip), sa->remote_port);
	text_add(out, "Tunnel-id Local                 Remote                fvrf/ivrf            Status \n");
	text_printf(out, "%-9u %-21s %-21s none/none            %s \n", sa->id, text_str(&local),
		text_str(&remote),
		sa->state == IKE_SA_ESTABLISHED	       ? "READY"
			: sa->state == IKE_SA_DELETING ? "DELETE"
						       : "IN-NEG");
	text_free(&local);
	text_free(&remote);
	text_printf(out,
		"      Encr: %s, keysize: %u, PRF: %s, Hash: %s, DH Grp:%u, Auth sign: PSK, Auth verify: "
		"PSK\n",
		cipher_name(sa, true), sa->encr_bits, prf_name(sa), hash_name(sa, true), dh_number(sa->dh));
	text_printf(out, "      Life/Active Time: %u/%lld sec\n", ikev2_lifetime(s->facts->model, sa),
		(long long)(sa->established_s > 0 ? sa->established_s : 0));
	if (s->args.detail) {
		text_printf(out, "      Local spi: %016llX       Remote spi: %016llX\n",
			(unsigned long long)(sa->initiator ? sa->spi_i : sa->spi_r),
			(unsigned long long)(sa->initiator ? sa->spi_r : sa->spi_i));
		text_printf(out, "      Local id: %s\n      Remote id: %s\n", format_id(sa->local_id, id),
			format_id(sa->remote_id, other_id));
		text_printf(
			out, "      NAT-T is %sdetected\n", sa->nat_local || sa->nat_remote ? "" : "not ");
		text_printf(out, "      Initiator of SA : %s\n", sa->initiator ? "Yes" : "No");
	}
	text_add(out, "\n");
}

static bool ikev2_sa_text(struct show *s, struct text *out)
{
	const struct ike_sa *sa;

	if (s->stage == 0) {
		s->stage = 1;
		text_add(out, " IPv4 Crypto IKEv2  SA \n\n");
	}
	sa = next_sa(s, 2);
	if (sa)
		print_ikev2_sa(out, s, sa);
	else
		text_add(out, " IPv6 Crypto IKEv2  SA \n\n");
	return sa != NULL;
}

static bool ikev2_sa_json(struct show *s, struct text *out)
{
	const struct ike_sa *sa = next_sa(s, 2);

	(void)out;
	if (sa)
		json_sa(&s->writer, sa);
	return sa != NULL;
}

const struct view view_ikev2_sa = {
	.name = "crypto-ikev2-sa",
	.required = FACT_IKE,
	.text = ikev2_sa_text,
	.json = ikev2_sa_json,
};

/* --- show crypto isakmp policy ---------------------------------------------------------------------------------------------- */

static const char *const encryption_lines[] = {
	[IKE_ENCR_DES] = "DES - Data Encryption Standard (56 bit keys).",
	[IKE_ENCR_3DES] = "Three key triple DES",
	[IKE_ENCR_AES128] = "AES - Advanced Encryption Standard (128 bit keys).",
	[IKE_ENCR_AES192] = "AES - Advanced Encryption Standard (192 bit keys).",
	[IKE_ENCR_AES256] = "AES - Advanced Encryption Standard (256 bit keys).",
	[IKE_ENCR_GCM128] = "AES-GCM - Advanced Encryption Standard (128 bit keys).",
	[IKE_ENCR_GCM256] = "AES-GCM - Advanced Encryption Standard (256 bit keys).",
};
static const char *const hash_lines[] = {
	[IKE_HASH_MD5] = "Message Digest 5",
	[IKE_HASH_SHA1] = "Secure Hash Standard",
	[IKE_HASH_SHA256] = "Secure Hash Standard 2 (256 bit)",
	[IKE_HASH_SHA384] = "Secure Hash Standard 2 (384 bit)",
	[IKE_HASH_SHA512] = "Secure Hash Standard 2 (512 bit)",
};
static const char *const authentication_lines[] = {
	[IKE_AUTH_RSA_SIG] = "Rivest-Shamir-Adleman Signature",
	[IKE_AUTH_RSA_ENCR] = "Rivest-Shamir-Adleman Encryption",
	[IKE_AUTH_PRE_SHARE] = "Pre-Shared Key",
};

/* What was not typed counts as IOS's default. */
static struct isakmp_policy effective(const struct isakmp_policy *p)
{
	struct isakmp_policy e = *p;

	if (!e.encryption_set)
		e.encryption = IKE_ENCR_DES;
	if (!e.hash_set)
		e.hash = IKE_HASH_SHA1;
	if (!e.authentication_set)
		e.authentication = IKE_AUTH_RSA_SIG;
	if (!e.group_set)
		e.group = 1;
	if (!e.lifetime_s)
		e.lifetime_s = IKE_LIFETIME_DEFAULT_S;
	return e;
}

static bool isakmp_policy_text(struct show *s, struct text *out)
{
	const struct vec *policies = &s->facts->model->isakmp_policies;

	if (s->stage == 0) {
		s->stage = 1;
		text_add(out, "\nGlobal IKE policy\n");
	}
	if (s->at[0] >= policies->count)
		return false;
	struct isakmp_policy p = effective(policies->items[s->at[0]++]);
	text_printf(out,
		"Protection suite of priority %u\n"
		"\tencryption algorithm:\t%s\n"
		"\thash algorithm:\t\t%s\n"
		"\tauthentication method:\t%s\n"
		"\tDiffie-Hellman group:\t#%u (%u bit)\n"
		"\tlifetime:\t\t%u seconds, no volume limit\n",
		p.priority, encryption_lines[p.encryption], hash_lines[p.hash],
		authentication_lines[p.authentication], p.group, dh_bits(p.group), p.lifetime_s);
	return true;
}

static bool isakmp_policy_json(struct show *s, struct text *out)
{
	const struct vec *policies = &s->facts->model->isakmp_policies;
	struct json *j = &s->writer;

	(void)out;
	if (s->at[0] >= policies->count)
		return false;
	struct isakmp_policy p = effective(policies->items[s->at[0]++]);
	json_object(j, NULL);
	json_uint(j, "priority", p.priority);
	json_string(j, "encryption", encryption_lines[p.encryption]);
	json_string(j, "hash", hash_lines[p.hash]);
	json_string(j, "authentication", authentication_lines[p.authentication]);
	json_bool(j, "usable", p.authentication == IKE_AUTH_PRE_SHARE);
	json_uint(j, "group", p.group);
	json_uint(j, "lifetime_s", p.lifetime_s);
	json_object_end(j);
	return true;
}

const struct view view_isakmp_policy = {
	.name = "crypto-isakmp-policy",
	.text = isakmp_policy_text,
	.json = isakmp_policy_json,
};
