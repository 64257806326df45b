/* Words and forms of IOS's outputs: times, transforms, access list lines. */
#include "show/view.h"

#include <stdio.h>
#include <string.h>

#include "cli/grammar.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, WEEK = 604800, YEAR = 31536000 };

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* --- Time ---------------------------------------------------------------------------------------------------- */

const char *format_age(int64_t s, char out[AGE_TEXT_MAX])
{
	long long n = s;

	if (s < 0)
		return strcpy(out, "never");
	if (s < DAY)
		snprintf(out, AGE_TEXT_MAX, "%02lld:%02lld:%02lld", n / HOUR, n / MINUTE % 60, n % 60);
	else if (s < WEEK)
		snprintf(out, AGE_TEXT_MAX, "%lldd%02lldh", n / DAY, n % DAY / HOUR);
	else if (s < YEAR)
		snprintf(out, AGE_TEXT_MAX, "%lldw%lldd", n / WEEK, n % WEEK / DAY);
	else
		snprintf(out, AGE_TEXT_MAX, "%lldy%lldw", n / YEAR, n % YEAR / WEEK);
	return out;
}

const char *format_age_since(mono_t now, mono_t then, char out[AGE_TEXT_MAX])
{
	if (then.ns == MONO_NEVER.ns)
		return format_age(-1, out);
	return format_age(mono_before(now, then) ? 0 : mono_diff_ms(now, then) / 1000, out);
}

const char *format_uptime(int64_t s, char out[UPTIME_TEXT_MAX])
{
	static const struct {
		int64_t seconds;
		const char *word;
	} units[] = {{YEAR, "year"}, {WEEK, "week"}, {DAY, "day"}, {HOUR, "hour"}, {MINUTE, "minute"}};
	size_t len = 0;

	if (s < 0)
		s = 0;
	out[0] = '\0';
	for (size_t i = 0; i < COUNT(units); i++) {
		long long n = s / units[i].seconds;
		s %= units[i].seconds;
		if (n == 0 && units[i].seconds != MINUTE)
			continue;
		len += (size_t)snprintf(out + len, UPTIME_TEXT_MAX - len, "%s%lld %s%s", len ? ", " : "", n,
			units[i].word, n == 1 ? "" : "s");
	}
	return out;
}

const char *format_clock(int64_t s, char out[AGE_TEXT_MAX])
{
	long long n = s < 0 ? 0 : s;

	snprintf(out, AGE_TEXT_MAX, "%02lld:%02lld:%02lld", n / HOUR, n / MINUTE % 60, n % 60);
	return out;
}

/* --- Words --------------------------------------------------------------------------------------------------- */

const char *role_name(enum hsrp_role role)
{
	static const char *const names[] = {
		[HSRP_ROLE_NONE] = "none",
		[HSRP_ROLE_INIT] = "Init",
		[HSRP_ROLE_LEARN] = "Learn",
		[HSRP_ROLE_LISTEN] = "Listen",
		[HSRP_ROLE_SPEAK] = "Speak",
		[HSRP_ROLE_STANDBY] = "Standby",
		[HSRP_ROLE_ACTIVE] = "Active",
	};

	return (size_t)role < COUNT(names) ? names[role] : "unknown";
}

const char *change_reason(const struct hsrp_status *st)
{
	const char *text = hsrp_reason_text(st->reason);

	if (st->reason == HSRP_REASON_INTERFACE_DOWN)
		return "interface down";
	return text[0] && text[1] == '/' ? text + 2 : text;
}

const char *format_transform_set(const struct transform_set *t, char out[TRANSFORM_TEXT_MAX])
{
	static const char *const ciphers[] = {
		[ESP_ENCR_NONE] = "",
		[ESP_ENCR_NULL] = "esp-null ",
		[ESP_ENCR_DES] = "esp-des ",
		[ESP_ENCR_3DES] = "esp-3des ",
		[ESP_ENCR_AES128] = "esp-aes ",
		[ESP_ENCR_AES192] = "esp-192-aes ",
		[ESP_ENCR_AES256] = "esp-256-aes ",
		[ESP_ENCR_GCM128] = "esp-gcm ",
		[ESP_ENCR_GCM192] = "esp-gcm 192 ",
		[ESP_ENCR_GCM256] = "esp-gcm 256 ",
		[ESP_ENCR_GMAC128] = "esp-gmac ",
		[ESP_ENCR_GMAC192] = "esp-gmac 192 ",
		[ESP_ENCR_GMAC256] = "esp-gmac 256 ",
	};
	static const char *const hashes[] = {
		[ESP_INTEG_NONE] = "",
		[ESP_INTEG_MD5] = "esp-md5-hmac ",
		[ESP_INTEG_SHA1] = "esp-sha-hmac ",
		[ESP_INTEG_SHA256] = "esp-sha256-hmac ",
		[ESP_INTEG_SHA384] = "esp-sha384-hmac ",
		[ESP_INTEG_SHA512] = "esp-sha512-hmac ",
	};

	snprintf(out, TRANSFORM_TEXT_MAX, "%s%s", ciphers[t->encryption], hashes[t->integrity]);
	return out;
}

const char *format_child_transform(const struct child_sa *sa, char out[TRANSFORM_TEXT_MAX])
{
	static const struct {
		const char *charon;
		uint16_t bits; /* 0: any */
		const char *ios;
	} ciphers[] = {
		{"AES_CBC", 128, "esp-aes "},
		{"AES_CBC", 192, "esp-192-aes "},
		{"AES_CBC", 256, "esp-256-aes "},
		{"3DES_CBC", 0, "esp-3des "},
		{"DES_CBC", 0, "esp-des "},
		{"NULL_AES_GMAC", 128, "esp-gmac "},
		{"NULL_AES_GMAC", 192, "esp-gmac 192 "},
		{"NULL_AES_GMAC", 256, "esp-gmac 256 "},
		{"AES_GCM_16", 128, "esp-gcm "},
		{"AES_GCM_16", 192, "esp-gcm 192 "},
		{"AES_GCM_16", 256, "esp-gcm 256 "},
		{"NULL", 0, "esp-null "},
	};
	static const struct {
		const char *charon, *ios;
	} hashes[] = {
		{"HMAC_MD5_96", "esp-md5-hmac "},
		{"HMAC_SHA1_96", "esp-sha-hmac "},
		{"HMAC_SHA2_256_128", "esp-sha256-hmac "},
		{"HMAC_SHA2_256_96", "esp-sha256-hmac "},
		{"HMAC_SHA2_384_192", "esp-sha384-hmac "},
		{"HMAC_SHA2_512_256", "esp-sha512-hmac "},
	};
	const char *cipher = NULL, *hash = NULL;

	for (size_t i = 0; i < COUNT(ciphers) && !cipher; i++)
		if (!strcmp(ciphers[i].charon, sa->encr) &&
			(!ciphers[i].bits || ciphers[i].bits == sa->encr_bits))
			cipher = ciphers[i].ios;
	for (size_t i = 0; i < COUNT(hashes) && !hash; i++)
		if (!strcmp(hashes[i].charon, sa->integ))
			hash = hashes[i].ios;
	/* What IOS has no name for is printed as charon calls it. */
	snprintf(out, TRANSFORM_TEXT_MAX, "%s%s%s%s", cipher ? cipher : sa->encr,
		cipher || !sa->encr[0] ? "" : " ", hash ? hash : sa->integ, hash || !sa->integ[0] ? "" : " ");
	return out;
}

static const struct {
	const char *charon;
	uint8_t group;
	uint16_t bits;
} dh_groups[] = {
	{"MODP_768", 1, 768},
	{"MODP_1024", 2, 1024},
	{"MODP_1536", 5, 1536},
	{"MODP_2048", 14, 2048},
	{"MODP_3072", 15, 3072},
	{"MODP_4096", 16, 4096},
	{"ECP_256", 19, 256},
	{"ECP_384", 20, 384},
	{"ECP_521", 21, 521},
	{"MODP_2048_256", 24, 2048},
	{"MODP_6144", 17, 6144},
	{"MODP_8192", 18, 8192},
	{"CURVE_25519", 31, 255},
};

unsigned dh_number(const char *charon_name)
{
	for (size_t i = 0; i < COUNT(dh_groups); i++)
		if (!strcmp(dh_groups[i].charon, charon_name))
			return dh_groups[i].group;
	return 0;
}

unsigned dh_bits(unsigned group)
{
	for (size_t i = 0; i < COUNT(dh_groups); i++)
		if (dh_groups[i].group == group)
			return dh_groups[i].bits;
	return 0;
}

const char *format_dh(const char *charon_name, char out[16])
{
	unsigned group = dh_number(charon_name);

	if (group)
		snprintf(out, 16, "group%u", group);
	else
		strcpy(out, "none");
	return out;
}

const char *format_id(const char *id, char out[IKE_ID_MAX])
{
	str_copy(out, IKE_ID_MAX, id);
	for (char *c = out; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return out;
}

/* --- IKE algorithms ----------------------------------------------------------------------------------------------- */

/* Until IKE is negotiated again; 0 when not known. */
int64_t ike_lifetime_left(const struct ike_sa *sa)
{
	if (sa->reauth_s >= 0 && (sa->rekey_s < 0 || sa->reauth_s < sa->rekey_s))
		return sa->reauth_s;
	return sa->rekey_s > 0 ? sa->rekey_s : 0;
}

static const struct {
	const char *charon, *short_name, *long_name;
} ike_ciphers[] =
	{
		{"AES_CBC", "aes", "AES-CBC"},
		{"3DES_CBC", "3des", "3DES"},
		{"DES_CBC", "des", "DES"},
		{"AES_GCM_16", "gcm", "AES-GCM"},
},
  ike_hashes[] = {
	  {"HMAC_MD5_96", "md5", "MD596"},
	  {"HMAC_SHA1_96", "sha", "SHA96"},
	  {"HMAC_SHA2_256_128", "sha256", "SHA256"},
	  {"HMAC_SHA2_384_192", "sha384", "SHA384"},
	  {"HMAC_SHA2_512_256", "sha512", "SHA512"},
};

const char *negotiated_cipher(const struct ike_sa *sa, bool longer)
{
	for (size_t i = 0; i < COUNT(ike_ciphers); i++)
		if (!strcmp(ike_ciphers[i].charon, sa->encr))
			return longer ? ike_ciphers[i].long_name : ike_ciphers[i].short_name;
	return sa->encr;
}

const char *negotiated_hash(const struct ike_sa *sa, bool longer)
{
	for (size_t i = 0; i < COUNT(ike_hashes); i++)
		if (!strcmp(ike_hashes[i].charon, sa->integ))
			return longer ? ike_hashes[i].long_name : ike_hashes[i].short_name;
	return longer && !sa->integ[0] ? "None" : sa->integ;
}

/* charon's PRF_HMAC_SHA2_256 in IOS's word. */
const char *negotiated_prf(const struct ike_sa *sa)
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

/* --- Access lists --------------------------------------------------------------------------------------------- */

/* The names that the grammar takes are the names that outputs print. */
static const char *number_name(const char *type, unsigned number, char out[8])
{
	const char *name = cli_named(type, number);

	if (name)
		return name;
	snprintf(out, 8, "%u", number & 0xffff);
	return out;
}

enum { PROTOCOL_IP = 0, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

const char *protocol_name(unsigned protocol, char out[8])
{
	switch (protocol) {
	case PROTOCOL_IP: return "ip";
	case PROTOCOL_TCP: return "tcp";
	case PROTOCOL_UDP: return "udp";
	default: return number_name("PROTOCOL", protocol, out);
	}
}

static const char *port_name(int protocol, unsigned port, char out[8])
{
	return number_name(protocol == PROTOCOL_UDP ? "UDP-PORT" : "TCP-PORT", port, out);
}

/* Appends " any", " host A" or " A W", and the ports. */
static size_t format_acl_end(const struct acl_end *e, int protocol, char *out, size_t size)
{
	static const char *const operators[] = {[ACL_PORT_EQ] = "eq",
		[ACL_PORT_NEQ] = "neq",
		[ACL_PORT_LT] = "lt",
		[ACL_PORT_GT] = "gt",
		[ACL_PORT_RANGE] = "range"};
	char addr[IP_TEXT_MAX], wildcard[IP_TEXT_MAX], lo[8], hi[8];
	int len = ip_wildcard_to_len(&e->wildcard);
	size_t n;

	if (len == 0)
		n = (size_t)snprintf(out, size, " any");
	else if (len == (int)ip_bits(&e->addr))
		n = (size_t)snprintf(out, size, " host %s", ip_format(&e->addr, addr));
	else
		n = (size_t)snprintf(
			out, size, " %s %s", ip_format(&e->addr, addr), ip_format(&e->wildcard, wildcard));
	if (e->port_op == ACL_PORT_NONE || n >= size)
		return n;
	n += (size_t)snprintf(
		out + n, size - n, " %s %s", operators[e->port_op], port_name(protocol, e->port_lo, lo));
	if (e->port_op == ACL_PORT_RANGE && n < size)
		n += (size_t)snprintf(out + n, size - n, " %s", port_name(protocol, e->port_hi, hi));
	return n;
}

/* Appends " echo", " 3 13". */
static size_t format_icmp(uint32_t icmp, char *out, size_t size)
{
	uint32_t value = icmp - 1;
	char number[8];

	if (!icmp)
		return 0;
	if (value & ACL_ICMP_CODE && !cli_named("ICMP-TYPE", value))
		return (size_t)snprintf(out, size, " %u %u", value >> 8 & 0xff, value & 0xff);
	return (size_t)snprintf(out, size, " %s", number_name("ICMP-TYPE", value, number));
}

const char *format_acl_rule(const struct acl_rule *r, char out[ACL_RULE_TEXT_MAX])
{
	char protocol[8];
	size_t n;

	if (r->is_remark) {
		snprintf(out, ACL_RULE_TEXT_MAX, "remark %s", r->remark ? r->remark : "");
		return out;
	}
	n = (size_t)snprintf(out, ACL_RULE_TEXT_MAX, "%s %s", r->permit ? "permit" : "deny",
		protocol_name((unsigned)r->protocol, protocol));
	n += format_acl_end(&r->source, r->protocol, out + n, ACL_RULE_TEXT_MAX - n);
	n += format_acl_end(&r->destination, r->protocol, out + n, ACL_RULE_TEXT_MAX - n);
	n += format_icmp(r->icmp, out + n, ACL_RULE_TEXT_MAX - n);
	snprintf(out + n, ACL_RULE_TEXT_MAX - n, "%s%s", r->established ? " established" : "",
		r->log ? " log" : "");
	return out;
}

/* --- Finding one's way ---------------------------------------------------------------------------------------- */

enum { LIFETIME_DEFAULT_S = 3600, LIFETIME_DEFAULT_KB = 4608000 };

uint32_t lifetime_seconds(const struct model *m, const struct sa_lifetime *own)
{
	if (own && own->seconds)
		return own->seconds;
	return m->sa_lifetime.seconds ? m->sa_lifetime.seconds : LIFETIME_DEFAULT_S;
}

uint32_t lifetime_kilobytes(const struct model *m, const struct sa_lifetime *own)
{
	if (own && (own->kilobytes_disabled || own->kilobytes))
		return own->kilobytes_disabled ? 0 : own->kilobytes;
	if (m->sa_lifetime.kilobytes_disabled)
		return 0;
	return m->sa_lifetime.kilobytes ? m->sa_lifetime.kilobytes : LIFETIME_DEFAULT_KB;
}

const char *conn_name(const char *interface, const char *map, uint16_t sequence, const struct ipaddr *peer,
	char out[CONN_NAME_MAX])
{
	char text[IP_TEXT_MAX];

	snprintf(out, CONN_NAME_MAX, "hs/%s/%s/%u/%s", interface, map, sequence,
		peer ? ip_format(peer, text) : "any");
	return out;
}

/* Cuts the last /-separated part off `s`; NULL when there is none. */
static char *cut_last(char *s)
{
	char *slash = strrchr(s, '/');

	if (!slash)
		return NULL;
	*slash = '\0';
	return slash + 1;
}

/* Interface names contain slashes, map names do not: taken apart from the end. */
bool conn_parse(const char *conn, char interface[INTERFACE_NAME_MAX], char map[NAME_MAX_LEN],
	uint16_t *sequence, struct ipaddr *peer)
{
	char copy[CONN_NAME_MAX];
	char *peer_text, *sequence_text, *map_text;
	unsigned n = 0;

	if (strncmp(conn, "hs/", 3) != 0 || !str_copy(copy, sizeof(copy), conn + 3))
		return false;
	peer_text = cut_last(copy);
	sequence_text = peer_text ? cut_last(copy) : NULL;
	map_text = sequence_text ? cut_last(copy) : NULL;
	if (!map_text || !str_copy(map, NAME_MAX_LEN, map_text) ||
		!str_copy(interface, INTERFACE_NAME_MAX, copy))
		return false;
	for (const char *c = sequence_text; *c; c++) {
		if (*c < '0' || *c > '9' || n > UINT16_MAX)
			return false;
		n = n * 10 + (unsigned)(*c - '0');
	}
	*peer = (struct ipaddr){0};
	bool any = !strcmp(peer_text, "any") || !strncmp(peer_text, "any-", 4);
	if (n == 0 || n > UINT16_MAX || (!any && !ip_parse(peer_text, peer)))
		return false;
	*sequence = (uint16_t)n;
	return true;
}

enum { IKE_CONN_ID_BASE = 1000, CHILD_CONN_ID_BASE = 2000 };

unsigned ike_conn_id(const struct ike_sa *sa)
{
	return IKE_CONN_ID_BASE + sa->id;
}

uint32_t show_ike_id(unsigned conn_id)
{
	return conn_id - IKE_CONN_ID_BASE;
}

unsigned child_flow_id(const struct child_sa *sa, bool inbound)
{
	return 2 * sa->id - (inbound ? 1 : 0);
}

unsigned child_conn_id(const struct child_sa *sa, bool inbound)
{
	return CHILD_CONN_ID_BASE + child_flow_id(sa, inbound);
}
