/* show crypto ikev2 {sa [detailed] | session [detailed] | proposal [name] | policy [name] | profile [name]} */
#include "show/view.h"

#include "ipsec/isakmp.h"

#include <string.h>

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
		negotiated_cipher(sa, true), sa->encr_bits, negotiated_prf(sa), negotiated_hash(sa, true),
		dh_number(sa->dh));
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
}

static bool ikev2_sa_text(struct show *s, struct text *out)
{
	const struct ike_sa *sa;

	if (s->stage == 0) {
		s->stage = 1;
		text_add(out, " IPv4 Crypto IKEv2  SA \n\n");
	}
	sa = next_ike_sa(s, 2);
	if (!sa) {
		text_add(out, " IPv6 Crypto IKEv2  SA \n\n");
		return false;
	}
	print_ikev2_sa(out, s, sa);
	text_add(out, "\n");
	return true;
}

static bool ikev2_sa_json(struct show *s, struct text *out)
{
	const struct ike_sa *sa = next_ike_sa(s, 2);

	(void)out;
	if (sa)
		json_ike_sa(&s->writer, sa);
	return sa != NULL;
}

const struct view view_ikev2_sa = {
	.name = "crypto-ikev2-sa",
	.required = FACT_IKE,
	.text = ikev2_sa_text,
	.json = ikev2_sa_json,
};

/* --- show crypto ikev2 session ---------------------------------------------------------------------------------------------- */

/* The next CHILD_SA of an IKE_SA that protects something; *i walks. */
static const struct child_sa *next_child(const struct facts *f, const struct ike_sa *ike, size_t *i)
{
	while (*i < f->child_sa_count && !strcmp(f->child_sas[*i].conn, ike->conn)) {
		const struct child_sa *sa = &f->child_sas[(*i)++];
		if (sa->ike_id == ike->id &&
			(sa->state == CHILD_SA_INSTALLED || sa->state == CHILD_SA_REKEYING))
			return sa;
	}
	return NULL;
}

static void print_range(struct text *out, const struct ike_selector *sel)
{
	struct ipaddr last = sel->prefix.addr, wildcard = ip_len_to_wildcard(last.family, sel->prefix.len);
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX];

	for (unsigned i = 0; i < ip_bits(&last) / 8; i++)
		last.bytes[i] |= wildcard.bytes[i];
	text_printf(out, "%s/%u - %s/%u", ip_format(&sel->prefix.addr, from), sel->ports.lo,
		ip_format(&last, to), sel->ports.hi);
}

static void print_child(struct text *out, const struct child_sa *sa)
{
	text_add(out, "Child sa: local selector  ");
	print_range(out, &sa->local[0]);
	text_add(out, "\n          remote selector ");
	print_range(out, &sa->remote[0]);
	text_printf(out, "\n          ESP spi in/out: 0x%X/0x%X  \n", sa->spi_in, sa->spi_out);
}

static const char *session_status(const struct ike_sa *sa, unsigned children)
{
	if (sa->state != IKE_SA_ESTABLISHED)
		return "DOWN-NEGOTIATING";
	return children ? "UP-ACTIVE" : "UP-IDLE";
}

static bool ikev2_session_text(struct show *s, struct text *out)
{
	const struct facts *f = s->facts;
	const struct child_sa *child;
	const struct ike_sa *sa;
	unsigned children = 0;

	if (s->stage == 0) {
		s->stage = 1;
		text_add(out, " IPv4 Crypto IKEv2 Session \n\n");
	}
	sa = next_ike_sa(s, 2);
	if (!sa) {
		text_add(out, " IPv6 Crypto IKEv2 Session \n\n");
		return false;
	}
	size_t first = facts_first_child_sa(f, sa->conn, "");
	for (size_t i = first; next_child(f, sa, &i);)
		children++;
	text_printf(out, "Session-id:%u, Status:%s, IKE count:1, CHILD count:%u\n\n", sa->id,
		session_status(sa, children), children);
	print_ikev2_sa(out, s, sa);
	for (size_t i = first; (child = next_child(f, sa, &i));)
		print_child(out, child);
	text_add(out, "\n");
	return true;
}

static bool ikev2_session_json(struct show *s, struct text *out)
{
	const struct ike_sa *sa = next_ike_sa(s, 2);
	const struct facts *f = s->facts;
	const struct child_sa *child;
	struct json *j = &s->writer;
	unsigned children = 0;

	(void)out;
	if (!sa)
		return false;
	json_object(j, NULL);
	json_uint(j, "session_id", sa->id);
	json_uint(j, "conn_id", ike_conn_id(sa));
	json_ip(j, "local", &sa->local_host);
	json_ip(j, "remote", &sa->remote_host);
	json_string(j, "remote_id", sa->remote_id);
	json_array(j, "children");
	for (size_t i = facts_first_child_sa(f, sa->conn, ""); (child = next_child(f, sa, &i)); children++) {
		json_object(j, NULL);
		json_prefix(j, "local", &child->local[0].prefix);
		json_prefix(j, "remote", &child->remote[0].prefix);
		json_uint(j, "spi_in", child->spi_in);
		json_uint(j, "spi_out", child->spi_out);
		json_object_end(j);
	}
	json_array_end(j);
	json_string(j, "status", session_status(sa, children));
	json_object_end(j);
	return true;
}

const struct view view_ikev2_session = {
	.name = "crypto-ikev2-session",
	.required = FACT_IKE,
	.text = ikev2_session_text,
	.json = ikev2_session_json,
};

/* --- show crypto ikev2 proposal ----------------------------------------------------------------------------------------------- */

static const char *const encryption_words[] = {[IKE_ENCR_DES] = "DES",
	[IKE_ENCR_3DES] = "3DES",
	[IKE_ENCR_AES128] = "AES-CBC-128",
	[IKE_ENCR_AES192] = "AES-CBC-192",
	[IKE_ENCR_AES256] = "AES-CBC-256",
	[IKE_ENCR_GCM128] = "AES-GCM-128",
	[IKE_ENCR_GCM256] = "AES-GCM-256"};
static const char *const integrity_words[] = {[IKE_HASH_MD5] = "MD596",
	[IKE_HASH_SHA1] = "SHA96",
	[IKE_HASH_SHA256] = "SHA256",
	[IKE_HASH_SHA384] = "SHA384",
	[IKE_HASH_SHA512] = "SHA512"};
static const char *const prf_words[] = {[IKE_HASH_MD5] = "MD5",
	[IKE_HASH_SHA1] = "SHA1",
	[IKE_HASH_SHA256] = "SHA256",
	[IKE_HASH_SHA384] = "SHA384",
	[IKE_HASH_SHA512] = "SHA512"};
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* The strong ones have the high numbers, and come first. */
static void add_words(struct text *out, uint32_t bits, const char *const *words, size_t count)
{
	for (size_t i = count; i-- > 0;)
		if (bits >> i & 1)
			text_printf(out, " %s", words[i]);
	text_add(out, "\n");
}

static void add_groups(struct text *out, uint32_t bits)
{
	for (unsigned g = 1; g < 32; g++) {
		if (!(bits >> g & 1))
			continue;
		if (g == 24)
			text_add(out, " DH_GROUP_2048_256_MODP/Group 24");
		else
			text_printf(out, " DH_GROUP_%u_%s/Group %u", dh_bits(g),
				g >= 19 && g <= 21 ? "ECP" : "MODP", g);
	}
	text_add(out, "\n");
}

/* What is proposed while no policy names a proposal (ipsec/isakmp.c). */
static const struct ikev2_proposal default_proposal = {.name = "default",
	.encryptions = 1u << IKE_ENCR_AES256 | 1u << IKE_ENCR_AES192 | 1u << IKE_ENCR_AES128,
	.integrities =
		1u << IKE_HASH_SHA512 | 1u << IKE_HASH_SHA384 | 1u << IKE_HASH_SHA256 | 1u << IKE_HASH_SHA1,
	.groups = 1u << 14 | 1u << 5 | 1u << 19 | 1u << 20};

/* Every named object, and behind them IOS's own default; NULL behind that. */
static const void *next_named(struct show *s, const struct vec *items, const void *last)
{
	while (s->at[0] <= items->count) {
		size_t i = s->at[0]++;
		const void *item = i < items->count ? items->items[i] : last; /* they begin with their name */
		if (item && (!s->args.name[0] || !strcmp(s->args.name, item)))
			return item;
	}
	return NULL;
}

/* The ciphers that authenticate by themselves leave one to choose. */
static uint32_t prfs_of(const struct ikev2_proposal *p)
{
	if (p->prfs)
		return p->prfs;
	return p->integrities ? p->integrities : 1u << IKE_HASH_SHA256;
}

static bool ikev2_proposal_text(struct show *s, struct text *out)
{
	const struct ikev2_proposal *p = next_named(s, &s->facts->model->ikev2_proposals, &default_proposal);

	if (!p)
		return false;
	text_printf(out, " IKEv2 proposal: %s \n     Encryption :", p->name);
	add_words(out, p->encryptions, encryption_words, COUNT(encryption_words));
	text_add(out, "     Integrity  :");
	if (p->integrities)
		add_words(out, p->integrities, integrity_words, COUNT(integrity_words));
	else
		text_add(out, " none\n");
	text_add(out, "     PRF        :");
	add_words(out, prfs_of(p), prf_words, COUNT(prf_words));
	text_add(out, "     DH Group   :");
	add_groups(out, p->groups);
	return true;
}

static void json_words(struct json *j, const char *key, uint32_t bits, const char *const *words, size_t count)
{
	json_array(j, key);
	for (size_t i = count; i-- > 0;)
		if (bits >> i & 1)
			json_string(j, NULL, words[i]);
	json_array_end(j);
}

static bool ikev2_proposal_json(struct show *s, struct text *out)
{
	const struct ikev2_proposal *p = next_named(s, &s->facts->model->ikev2_proposals, &default_proposal);
	struct json *j = &s->writer;

	(void)out;
	if (!p)
		return false;
	json_object(j, NULL);
	json_string(j, "name", p->name);
	json_words(j, "encryption", p->encryptions, encryption_words, COUNT(encryption_words));
	json_words(j, "integrity", p->integrities, integrity_words, COUNT(integrity_words));
	json_words(j, "prf", prfs_of(p), prf_words, COUNT(prf_words));
	json_array(j, "groups");
	for (unsigned g = 1; g < 32; g++)
		if (p->groups >> g & 1)
			json_uint(j, NULL, g);
	json_array_end(j);
	json_object_end(j);
	return true;
}

const struct view view_ikev2_proposal = {
	.name = "crypto-ikev2-proposal",
	.text = ikev2_proposal_text,
	.json = ikev2_proposal_json,
};

/* --- show crypto ikev2 policy --------------------------------------------------------------------------------------------------- */

static const struct ikev2_policy default_policy = {.name = "default"};

/* The default one has the default proposal, which is in no list. */
static const char *policy_proposal(const struct ikev2_policy *p, size_t i)
{
	if (p == &default_policy)
		return i == 0 ? "default" : NULL;
	return i < p->proposals.count ? ((const struct ikev2_policy_proposal *)p->proposals.items[i])->name
				      : NULL;
}

static bool ikev2_policy_text(struct show *s, struct text *out)
{
	const struct ikev2_policy *p = next_named(s, &s->facts->model->ikev2_policies, &default_policy);

	if (!p)
		return false;
	text_printf(out, " IKEv2 policy : %s\n      Match fvrf : any\n      Match address local : any \n",
		p->name);
	if (!policy_proposal(p, 0))
		text_add(out, "      Proposal    : none \n");
	for (size_t i = 0; policy_proposal(p, i); i++)
		text_printf(out, "      Proposal    : %s \n", policy_proposal(p, i));
	return true;
}

static bool ikev2_policy_json(struct show *s, struct text *out)
{
	const struct ikev2_policy *p = next_named(s, &s->facts->model->ikev2_policies, &default_policy);

	(void)out;
	if (!p)
		return false;
	json_object(&s->writer, NULL);
	json_string(&s->writer, "name", p->name);
	json_array(&s->writer, "proposals");
	for (size_t i = 0; policy_proposal(p, i); i++)
		json_string(&s->writer, NULL, policy_proposal(p, i));
	json_array_end(&s->writer);
	json_object_end(&s->writer);
	return true;
}

const struct view view_ikev2_policy = {
	.name = "crypto-ikev2-policy",
	.text = ikev2_policy_text,
	.json = ikev2_policy_json,
};

/* --- show crypto ikev2 profile --------------------------------------------------------------------------------------------------- */

/* "address 10.0.0.0 255.0.0.0", "fqdn domain example.com" */
static void print_identity(struct text *out, const struct ike_identity *i, bool mask)
{
	static const char *const words[] = {[IKE_IDENTITY_NONE] = "none",
		[IKE_IDENTITY_ADDRESS] = "address",
		[IKE_IDENTITY_FQDN] = "fqdn",
		[IKE_IDENTITY_FQDN_DOMAIN] = "fqdn domain",
		[IKE_IDENTITY_EMAIL] = "email",
		[IKE_IDENTITY_EMAIL_DOMAIN] = "email domain",
		[IKE_IDENTITY_KEY_ID] = "key-id",
		[IKE_IDENTITY_ANY] = "any"};
	struct ipaddr bits = ip_len_to_mask(IP_V4, i->prefix.len);
	char addr[IP_TEXT_MAX], text[IP_TEXT_MAX];

	text_add(out, words[i->kind]);
	if (i->kind == IKE_IDENTITY_ADDRESS)
		text_printf(out, " %s%s%s", ip_format(&i->prefix.addr, addr), mask ? " " : "",
			mask ? ip_format(&bits, text) : "");
	else if (i->text[0])
		text_printf(out, " %s", i->text);
}

static const struct ike_keepalive *dpd_of(const struct model *m, const struct ikev2_profile *p)
{
	return p->dpd.set ? &p->dpd : &m->ikev2_dpd;
}

static void print_dpd(struct text *out, const struct ike_keepalive *dpd)
{
	if (dpd->set)
		text_printf(out, " DPD: interval %u, retry-interval %u, %s\n", dpd->seconds, dpd->retry_s,
			dpd->periodic ? "periodic" : "on-demand");
	else
		text_add(out, " DPD: disabled\n");
}

static bool ikev2_profile_text(struct show *s, struct text *out)
{
	const struct model *m = s->facts->model;
	const struct ikev2_profile *p = next_named(s, &m->ikev2_profiles, NULL);
	const struct ike_identity *i;

	if (!p)
		return false;
	text_printf(out,
		"\nIKEv2 profile: %s\n Match criteria: \n  Fvrf: global\n  Local address/interface: none\n"
		"  Identities: %s\n",
		p->name, p->match_remote.count ? "" : "none");
	vec_each (&p->match_remote, n, i) {
		text_add(out, "   ");
		print_identity(out, i, true);
		text_add(out, "\n");
	}
	text_add(out, "  Certificate maps: none\n Local identity: ");
	print_identity(out, &p->identity_local, false);
	text_printf(out,
		"\n Remote identity: none\n Local authentication method: %s\n Remote authentication "
		"method(s): "
		"%s\n"
		" EAP options: none\n Keyring: %s\n Trustpoint(s): none\n Lifetime: %u seconds\n",
		p->local_pre_share ? "pre-share" : "none", p->remote_pre_share ? "pre-share" : "none",
		p->keyring[0] ? p->keyring : "none", p->lifetime_s ? p->lifetime_s : IKE_LIFETIME_DEFAULT_S);
	print_dpd(out, dpd_of(m, p));
	text_add(out, " NAT-keepalive: ");
	if (m->nat_keepalive_s)
		text_printf(out, "%u seconds\n", m->nat_keepalive_s);
	else
		text_add(out, "disabled\n");
	text_add(out, " Ivrf: none\n Virtual-template: none\n");
	return true;
}

static bool ikev2_profile_json(struct show *s, struct text *out)
{
	const struct model *m = s->facts->model;
	const struct ikev2_profile *p = next_named(s, &m->ikev2_profiles, NULL);
	struct json *j = &s->writer;
	const struct ike_identity *i;

	(void)out;
	if (!p)
		return false;
	json_object(j, NULL);
	json_string(j, "name", p->name);
	json_array(j, "match_remote");
	vec_each (&p->match_remote, n, i) {
		struct text line = {0};
		print_identity(&line, i, true);
		json_string(j, NULL, text_str(&line));
		text_free(&line);
	}
	json_array_end(j);
	struct text identity = {0};
	print_identity(&identity, &p->identity_local, false);
	json_string(j, "local_identity", text_str(&identity));
	text_free(&identity);
	json_bool(j, "local_pre_share", p->local_pre_share);
	json_bool(j, "remote_pre_share", p->remote_pre_share);
	json_string(j, "keyring", p->keyring[0] ? p->keyring : NULL);
	json_uint(j, "lifetime_s", p->lifetime_s ? p->lifetime_s : IKE_LIFETIME_DEFAULT_S);
	json_uint(j, "dpd_interval_s", dpd_of(m, p)->set ? dpd_of(m, p)->seconds : 0);
	json_object_end(j);
	return true;
}

const struct view view_ikev2_profile = {
	.name = "crypto-ikev2-profile",
	.text = ikev2_profile_text,
	.json = ikev2_profile_json,
};
