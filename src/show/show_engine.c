/* show crypto engine connections active, show crypto eli, show crypto ha */
#include "show/view.h"

#include <stdio.h>
#include <string.h>

/* --- show crypto engine connections active ---------------------------------------------------------------------------------- */

/* "AES256+SHA256", "AES-GCM": the transforms of an SA in short. */
static void format_algorithms(const char *encr, unsigned bits, const char *integ, bool ike, char out[40])
{
	static const struct {
		const char *charon, *name;
	} ciphers[] = {{"AES_CBC", "AES"}, {"3DES_CBC", "3DES"}, {"AES_GCM_16", "AES-GCM"}, {"NULL", "NULL"},
		{"NULL_AES_GMAC", "AES-GMAC"}},
	  hashes[] = {{"HMAC_MD5_96", "MD5"}, {"HMAC_SHA1_96", "SHA"}, {"HMAC_SHA2_256_128", "SHA256"},
		  {"HMAC_SHA2_384_192", "SHA384"}, {"HMAC_SHA2_512_256", "SHA512"}};
	const char *cipher = encr, *hash = integ;
	char size[8] = "";

	for (size_t i = 0; i < sizeof(ciphers) / sizeof(*ciphers); i++)
		if (!strcmp(ciphers[i].charon, encr))
			cipher = ciphers[i].name;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(*hashes); i++)
		if (!strcmp(hashes[i].charon, integ))
			hash = hashes[i].name;
	if (bits > 128 && bits <= 256)
		snprintf(size, sizeof(size), "%u", bits & 0x1ff);
	if (!hash[0])
		snprintf(out, 40, "%.16s%s", cipher, size);
	else if (ike) /* IOS names the hash first there */
		snprintf(out, 40, "%.16s+%.16s%s", hash, cipher, size);
	else
		snprintf(out, 40, "%.16s%s+%.16s", cipher, size, hash);
}

static void print_row(struct text *out, unsigned id, const char *type, const char *algorithm,
	unsigned long long encrypt, unsigned long long decrypt, const struct ipaddr *local)
{
	char ip[IP_TEXT_MAX];

	text_printf(out, "%5u  %-7s %-18s %8llu %8llu %8u %s\n", id, type, algorithm, encrypt, decrypt, 0,
		ip_format(local, ip));
}

static bool is_up(const struct child_sa *sa)
{
	return sa->state == CHILD_SA_INSTALLED || sa->state == CHILD_SA_REKEYING;
}

/* s->at: CHILD_SA, IKE_SA. */
static bool engine_text(struct show *s, struct text *out)
{
	const struct facts *f = s->facts;
	char algorithm[40];

	if (s->stage == 0) {
		s->stage = 1;
		text_add(out,
			"Crypto Engine Connections\n\n"
			"   ID  Type    Algorithm           Encrypt  Decrypt LastSeqN IP-Address\n");
	}
	if (s->at[0] < f->child_sa_count) {
		const struct child_sa *sa = &f->child_sas[s->at[0]++];

		format_algorithms(sa->encr, sa->encr_bits, sa->integ, false, algorithm);
		if (!is_up(sa))
			return true;
		print_row(
			out, child_flow_id(sa, true), "IPsec", algorithm, 0, sa->packets_in, &sa->local_host);
		print_row(out, child_flow_id(sa, false), "IPsec", algorithm, sa->packets_out, 0,
			&sa->local_host);
		return true;
	}
	if (s->at[1] < f->ike_sa_count) {
		const struct ike_sa *sa = &f->ike_sas[s->at[1]++];

		format_algorithms(sa->encr, sa->encr_bits, sa->integ, true, algorithm);
		if (sa->state == IKE_SA_ESTABLISHED)
			print_row(out, ike_conn_id(sa), "IKE", algorithm, 0, 0, &sa->local_host);
		return true;
	}
	return false;
}

static bool engine_ike_json(struct show *s)
{
	struct json *j = &s->writer;

	if (s->at[1] >= s->facts->ike_sa_count)
		return false;
	const struct ike_sa *sa = &s->facts->ike_sas[s->at[1]++];
	if (sa->state != IKE_SA_ESTABLISHED)
		return true;
	json_object(j, NULL);
	json_string(j, "type", "IKE");
	json_uint(j, "id", ike_conn_id(sa));
	json_string(j, "encryption", sa->encr);
	json_uint(j, "encryption_bits", sa->encr_bits);
	json_string(j, "integrity", sa->integ);
	json_ip(j, "local", &sa->local_host);
	json_object_end(j);
	return true;
}

static bool engine_json(struct show *s, struct text *out)
{
	const struct facts *f = s->facts;
	struct json *j = &s->writer;

	(void)out;
	if (s->at[0] >= f->child_sa_count)
		return engine_ike_json(s);
	const struct child_sa *sa = &f->child_sas[s->at[0]++];
	if (!is_up(sa))
		return true;
	json_object(j, NULL);
	json_string(j, "type", "IPsec");
	json_uint(j, "id_in", child_flow_id(sa, true));
	json_uint(j, "id_out", child_flow_id(sa, false));
	json_string(j, "encryption", sa->encr);
	json_uint(j, "encryption_bits", sa->encr_bits);
	json_string(j, "integrity", sa->integ);
	json_uint(j, "decrypted", sa->packets_in);
	json_uint(j, "encrypted", sa->packets_out);
	json_ip(j, "local", &sa->local_host);
	json_object_end(j);
	return true;
}

const struct view view_engine_connections = {
	.name = "crypto-engine-connections",
	.required = FACT_IKE,
	.text = engine_text,
	.json = engine_json,
};

/* --- show crypto eli --------------------------------------------------------------------------------------------------------- */

struct engine_use {
	unsigned ike, ipsec; /* IKE_SAs; CHILD_SAs, both directions */
};

static struct engine_use use_of(const struct facts *f)
{
	struct engine_use u = {0};

	for (size_t i = 0; i < f->ike_sa_count; i++)
		u.ike += f->ike_sas[i].state == IKE_SA_ESTABLISHED;
	for (size_t i = 0; i < f->child_sa_count; i++)
		u.ipsec += is_up(&f->child_sas[i]) ? 2 : 0;
	return u;
}

static bool eli_text(struct show *s, struct text *out)
{
	struct engine_use u = use_of(s->facts);

	text_printf(out,
		"Hardware Encryption : INACTIVE\n Number of crypto engines = 1 \n\n"
		" CryptoEngine %s details: state = Active\n"
		" Capability    : 3DES, AES, GCM, GMAC, MD5, SHA, SHA2, DH, ECDH\n"
		" IPSec-Session : %5u active\n IKE-Session   : %5u active\n",
		s->facts->libipsec ? "charon kernel-libipsec" : "Linux kernel ESP", u.ipsec, u.ike);
	return false;
}

static bool eli_json(struct show *s, struct text *out)
{
	struct engine_use u = use_of(s->facts);

	(void)out;
	json_object(&s->writer, NULL);
	json_string(&s->writer, "engine", s->facts->libipsec ? "kernel-libipsec" : "kernel");
	json_uint(&s->writer, "ipsec_sas", u.ipsec);
	json_uint(&s->writer, "ike_sas", u.ike);
	json_object_end(&s->writer);
	return false;
}

const struct view view_crypto_eli = {
	.name = "crypto-eli",
	.required = FACT_IKE,
	.text = eli_text,
	.json = eli_json,
};

/* --- show crypto ha ---------------------------------------------------------------------------------------------------------- */

/* The next crypto map whose endpoint is a standby address; s->at[0] walks. */
static const struct core_binding *next_ha(struct show *s)
{
	while (s->at[0] < s->facts->binding_count) {
		const struct core_binding *b = &s->facts->bindings[s->at[0]++];
		if (b->redundancy && b->state != BINDING_FALLEN_BACK && ip_is_set(&b->endpoint))
			return b;
	}
	return NULL;
}

static bool ha_text(struct show *s, struct text *out)
{
	const struct core_binding *b = next_ha(s);
	char ip[IP_TEXT_MAX];

	if (!b)
		return false;
	ip_format(&b->endpoint, ip);
	text_printf(out, "IKE VIP: %s\nIPSec VIP: %s\n", ip, ip);
	return true;
}

static bool ha_json(struct show *s, struct text *out)
{
	const struct core_binding *b = next_ha(s);

	(void)out;
	if (!b)
		return false;
	json_object(&s->writer, NULL);
	json_string(&s->writer, "interface", b->interface);
	json_string(&s->writer, "map", b->map);
	json_ip(&s->writer, "vip", &b->endpoint);
	json_object_end(&s->writer);
	return true;
}

const struct view view_crypto_ha = {
	.name = "crypto-ha",
	.required = FACT_CORE,
	.text = ha_text,
	.json = ha_json,
};
