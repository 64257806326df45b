/*
 * show crypto isakmp sa [detail | active | count], show crypto isakmp policy, show crypto isakmp default policy,
 * show crypto isakmp peers [A.B.C.D], show crypto isakmp key
 *
 * Both headings, IPv4 and IPv6, are always printed: parsers insist.
 */
#include "show/view.h"

#include "ipsec/isakmp.h"

#include <stdio.h>
#include <string.h>

/* The next IKE_SA of a version that is ours; s->at[0] walks. */
const struct ike_sa *next_ike_sa(struct show *s, uint8_t version)
{
	const struct ipaddr *peer = &s->args.address;

	while (!s->args.standby && s->at[0] < s->facts->ike_sa_count) {
		const struct ike_sa *sa = &s->facts->ike_sas[s->at[0]++];
		if (sa->version == version && (!ip_is_set(peer) || ip_equal(peer, &sa->remote_host)))
			return sa;
	}
	return NULL;
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
		negotiated_cipher(sa, false), negotiated_hash(sa, false), "psk", dh_number(sa->dh),
		format_clock(ike_lifetime_left(sa), left), capabilities);
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
	sa = next_ike_sa(s, 1);
	if (sa && s->args.detail)
		print_isakmp_detail(out, s->facts, sa);
	else if (sa)
		print_isakmp_sa(out, sa);
	else
		text_printf(out, "%sIPv6 Crypto ISAKMP SA\n\n", s->args.detail ? "" : "\n");
	return sa != NULL;
}

void json_ike_sa(struct json *j, const struct ike_sa *sa)
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
	json_int(j, "lifetime_left_s", ike_lifetime_left(sa));
	json_object_end(j);
}

static bool isakmp_sa_json(struct show *s, struct text *out)
{
	const struct ike_sa *sa = next_ike_sa(s, 1);

	(void)out;
	if (sa)
		json_ike_sa(&s->writer, sa);
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
	const struct ike_sa *sa = next_ike_sa(s, 1);
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

static void print_policy(struct text *out, const struct isakmp_policy *p)
{
	text_printf(out,
		"\tencryption algorithm:\t%s\n"
		"\thash algorithm:\t\t%s\n"
		"\tauthentication method:\t%s\n"
		"\tDiffie-Hellman group:\t#%u (%u bit)\n"
		"\tlifetime:\t\t%u seconds, no volume limit\n",
		encryption_lines[p->encryption], hash_lines[p->hash], authentication_lines[p->authentication],
		p->group, dh_bits(p->group), p->lifetime_s);
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
	text_printf(out, "Protection suite of priority %u\n", p.priority);
	print_policy(out, &p);
	return true;
}

static bool isakmp_policy_json(struct show *s, struct text *out)
{
	const struct vec *policies = &s->facts->model->isakmp_policies;
	struct json *j = &s->writer;

	(void)out;
	if (s->at[0] >= policies->count)
		return false;
	bool usable = isakmp_policy_usable(policies->items[s->at[0]]);
	struct isakmp_policy p = effective(policies->items[s->at[0]++]);
	json_object(j, NULL);
	json_uint(j, "priority", p.priority);
	json_string(j, "encryption", encryption_lines[p.encryption]);
	json_string(j, "hash", hash_lines[p.hash]);
	json_string(j, "authentication", authentication_lines[p.authentication]);
	json_bool(j, "usable", usable);
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

/* --- show crypto isakmp default policy ---------------------------------------------------------------------------------------- */

/* Of IOS's default policies the one that needs no certificate; it counts while no policy is configured (ipsec/isakmp.c). */
static const struct isakmp_policy default_policy = {.priority = 65508,
	.encryption = IKE_ENCR_AES128,
	.hash = IKE_HASH_SHA1,
	.authentication = IKE_AUTH_PRE_SHARE,
	.group = 5,
	.lifetime_s = IKE_LIFETIME_DEFAULT_S};

static bool default_policy_text(struct show *s, struct text *out)
{
	(void)s;
	text_printf(out, "\nDefault IKE policy\nDefault protection suite of priority %u\n",
		default_policy.priority);
	print_policy(out, &default_policy);
	return false;
}

static bool default_policy_json(struct show *s, struct text *out)
{
	struct json *j = &s->writer;

	(void)out;
	json_object(j, NULL);
	json_uint(j, "priority", default_policy.priority);
	json_string(j, "encryption", encryption_lines[default_policy.encryption]);
	json_string(j, "hash", hash_lines[default_policy.hash]);
	json_uint(j, "group", default_policy.group);
	json_uint(j, "lifetime_s", default_policy.lifetime_s);
	json_bool(j, "in_force", s->facts->model->isakmp_policies.count == 0);
	json_object_end(j);
	return false;
}

const struct view view_isakmp_default_policy = {
	.name = "crypto-isakmp-default-policy",
	.text = default_policy_text,
	.json = default_policy_json,
};

/* --- show crypto isakmp sa count ------------------------------------------------------------------------------------------------- */

struct ike_count {
	unsigned active, negotiating, dead;
};

static struct ike_count count_isakmp(struct show *s)
{
	struct ike_count c = {0};
	const struct ike_sa *sa;

	while ((sa = next_ike_sa(s, 1))) {
		c.active += sa->state == IKE_SA_ESTABLISHED;
		c.negotiating += sa->state == IKE_SA_CONNECTING;
		c.dead += sa->state == IKE_SA_DELETING;
	}
	return c;
}

static bool isakmp_count_text(struct show *s, struct text *out)
{
	struct ike_count c = count_isakmp(s);

	text_printf(out,
		"Active ISAKMP SA's: %u\n\nStandby ISAKMP SA's: 0\n\n"
		"Currently being negotiated ISAKMP SA's: %u\n\nDead ISAKMP SA's: %u\n\n",
		c.active, c.negotiating, c.dead);
	return false;
}

static bool isakmp_count_json(struct show *s, struct text *out)
{
	struct ike_count c = count_isakmp(s);
	struct json *j = &s->writer;

	(void)out;
	json_object(j, NULL);
	json_uint(j, "active", c.active);
	json_uint(j, "negotiating", c.negotiating);
	json_uint(j, "dead", c.dead);
	json_object_end(j);
	return false;
}

const struct view view_isakmp_sa_count = {
	.name = "crypto-isakmp-sa-count",
	.required = FACT_IKE,
	.text = isakmp_count_text,
	.json = isakmp_count_json,
};

/* --- show crypto isakmp key --------------------------------------------------------------------------------------------------------- */

/* Whose key it is: peers by address, or behind them one by its host name. */
struct key_owner {
	const struct prefix *peers; /* NULL: by name */
	const char *name;
};

/* False behind the last. */
static bool next_key(struct show *s, struct key_owner *owner)
{
	const struct model *m = s->facts->model;
	size_t i = s->at[0]++;

	*owner = (struct key_owner){0};
	if (i < m->isakmp_keys.count) {
		owner->peers = &((const struct isakmp_key *)m->isakmp_keys.items[i])->peers;
		return true;
	}
	i -= m->isakmp_keys.count;
	if (i >= m->isakmp_host_keys.count)
		return false;
	owner->name = ((const struct isakmp_host_key *)m->isakmp_host_keys.items[i])->name;
	return true;
}

/* The keys themselves are in the running configuration only (D16). */
static bool isakmp_key_text(struct show *s, struct text *out)
{
	char addr[IP_TEXT_MAX], mask[IP_TEXT_MAX], peer[2 * IP_TEXT_MAX + 8];
	struct key_owner owner;

	if (s->stage == 0) {
		s->stage = 1;
		text_add(out, "Keyring      Hostname/Address                            Preshared Key\n\n");
	}
	if (!next_key(s, &owner))
		return false;
	const struct prefix *p = owner.peers;
	if (p && p->len != ip_bits(&p->addr)) {
		struct ipaddr bits = ip_len_to_mask(p->addr.family, p->len);
		snprintf(peer, sizeof(peer), "%-14s [%-15s]", ip_format(&p->addr, addr),
			ip_format(&bits, mask));
	}
	text_printf(out, "%-12s %-43s ********\n", "default",
		!p				      ? owner.name
			: p->len == ip_bits(&p->addr) ? ip_format(&p->addr, addr)
						      : peer);
	return true;
}

static bool isakmp_key_json(struct show *s, struct text *out)
{
	struct key_owner owner;

	(void)out;
	if (!next_key(s, &owner))
		return false;
	json_object(&s->writer, NULL);
	json_string(&s->writer, "keyring", "default");
	if (owner.peers)
		json_prefix(&s->writer, "peers", owner.peers);
	else
		json_string(&s->writer, "host_name", owner.name);
	json_object_end(&s->writer);
	return true;
}

const struct view view_isakmp_key = {
	.name = "crypto-isakmp-key",
	.text = isakmp_key_text,
	.json = isakmp_key_json,
};
