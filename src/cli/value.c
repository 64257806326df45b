/* Values of a line: what a word means, and how it is written. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/grammar.h"
#include "model/ifname.h"

static const struct cli_name protocols[] = {
	{"ahp", 51, "Authentication Header Protocol"},
	{"eigrp", 88, "Cisco's EIGRP routing protocol"},
	{"esp", 50, "Encapsulation Security Payload"},
	{"gre", 47, "Cisco's GRE tunneling"},
	{"icmp", 1, "Internet Control Message Protocol"},
	{"igmp", 2, "Internet Gateway Message Protocol"},
	{"ipinip", 4, "IP in IP tunneling"},
	{"nos", 94, "KA9Q NOS compatible IP over IP tunneling"},
	{"ospf", 89, "OSPF routing protocol"},
	{"pcp", 108, "Payload Compression Protocol"},
	{"pim", 103, "Protocol Independent Multicast"},
	{NULL},
};

static const struct cli_name tcp_ports[] = {
	{"bgp", 179, "Border Gateway Protocol"},
	{"chargen", 19, "Character generator"},
	{"cmd", 514, "Remote commands (rcmd)"},
	{"daytime", 13, "Daytime"},
	{"discard", 9, "Discard"},
	{"domain", 53, "Domain Name Service"},
	{"echo", 7, "Echo"},
	{"exec", 512, "Exec (rsh)"},
	{"finger", 79, "Finger"},
	{"ftp", 21, "File Transfer Protocol"},
	{"ftp-data", 20, "FTP data connections"},
	{"gopher", 70, "Gopher"},
	{"hostname", 101, "NIC hostname server"},
	{"ident", 113, "Ident Protocol"},
	{"irc", 194, "Internet Relay Chat"},
	{"klogin", 543, "Kerberos login"},
	{"kshell", 544, "Kerberos shell"},
	{"login", 513, "Login (rlogin)"},
	{"lpd", 515, "Printer service"},
	{"nntp", 119, "Network News Transport Protocol"},
	{"pim-auto-rp", 496, "PIM Auto-RP"},
	{"pop2", 109, "Post Office Protocol v2"},
	{"pop3", 110, "Post Office Protocol v3"},
	{"smtp", 25, "Simple Mail Transport Protocol"},
	{"sunrpc", 111, "Sun Remote Procedure Call"},
	{"tacacs", 49, "TAC Access Control System"},
	{"telnet", 23, "Telnet"},
	{"time", 37, "Time"},
	{"uucp", 540, "Unix-to-Unix Copy Program"},
	{"whois", 43, "Nicname"},
	{"www", 80, "World Wide Web (HTTP)"},
	{NULL},
};

static const struct cli_name udp_ports[] = {
	{"biff", 512, "Biff (mail notification, comsat)"},
	{"bootpc", 68, "Bootstrap Protocol (BOOTP) client"},
	{"bootps", 67, "Bootstrap Protocol (BOOTP) server"},
	{"discard", 9, "Discard"},
	{"dnsix", 195, "DNSIX security protocol auditing"},
	{"domain", 53, "Domain Name Service (DNS)"},
	{"echo", 7, "Echo"},
	{"isakmp", 500, "Internet Security Association and Key Management Protocol"},
	{"mobile-ip", 434, "Mobile IP registration"},
	{"nameserver", 42, "IEN116 name service (obsolete)"},
	{"netbios-dgm", 138, "NetBios datagram service"},
	{"netbios-ns", 137, "NetBios name service"},
	{"netbios-ss", 139, "NetBios session service"},
	{"non500-isakmp", 4500, "Internet Security Association and Key Management Protocol"},
	{"ntp", 123, "Network Time Protocol"},
	{"pim-auto-rp", 496, "PIM Auto-RP"},
	{"rip", 520, "Routing Information Protocol (router, in.routed)"},
	{"snmp", 161, "Simple Network Management Protocol"},
	{"snmptrap", 162, "SNMP Traps"},
	{"sunrpc", 111, "Sun Remote Procedure Call"},
	{"syslog", 514, "System Logger"},
	{"tacacs", 49, "TAC Access Control System"},
	{"talk", 517, "Talk"},
	{"tftp", 69, "Trivial File Transfer Protocol"},
	{"time", 37, "Time"},
	{"who", 513, "Who service (rwho)"},
	{"xdmcp", 177, "X Display Manager Control Protocol"},
	{NULL},
};

/* A type, or with ACL_ICMP_CODE a type and a code. */
#define TYPE_CODE(type, code) (ACL_ICMP_CODE | (type) << 8 | (code))
static const struct cli_name icmp_types[] = {
	{"administratively-prohibited", TYPE_CODE(3, 13), "Administratively prohibited"},
	{"alternate-address", 6, "Alternate address"},
	{"echo", 8, "Echo (ping)"},
	{"echo-reply", 0, "Echo reply"},
	{"host-unreachable", TYPE_CODE(3, 1), "Host unreachable"},
	{"information-reply", 16, "Information replies"},
	{"information-request", 15, "Information requests"},
	{"mask-reply", 18, "Mask replies"},
	{"mask-request", 17, "Mask requests"},
	{"net-unreachable", TYPE_CODE(3, 0), "Net unreachable"},
	{"packet-too-big", TYPE_CODE(3, 4), "Fragmentation needed and DF set"},
	{"parameter-problem", 12, "All parameter problems"},
	{"port-unreachable", TYPE_CODE(3, 3), "Port unreachable"},
	{"protocol-unreachable", TYPE_CODE(3, 2), "Protocol unreachable"},
	{"redirect", 5, "All redirects"},
	{"router-advertisement", 9, "Router discovery advertisements"},
	{"router-solicitation", 10, "Router discovery solicitations"},
	{"source-quench", 4, "Source quenches"},
	{"time-exceeded", 11, "All time exceededs"},
	{"timestamp-reply", 14, "Timestamp replies"},
	{"timestamp-request", 13, "Timestamp requests"},
	{"traceroute", 30, "Traceroute"},
	{"ttl-exceeded", TYPE_CODE(11, 0), "TTL exceeded"},
	{"unreachable", 3, "All unreachables"},
	{NULL},
};

/* tcp, udp and ip are keywords of their own in the rows: ports may follow only the first two. */
const struct cli_named_type cli_named_types[] = {
	{"PROTOCOL", 255, protocols},
	{"TCP-PORT", 65535, tcp_ports},
	{"UDP-PORT", 65535, udp_ports},
	{"ICMP-TYPE", 255, icmp_types},
	{NULL},
};

const char *cli_named(const char *syntax, uint32_t value)
{
	for (const struct cli_named_type *t = cli_named_types; t->syntax; t++)
		for (const struct cli_name *n = t->names; strcmp(t->syntax, syntax) == 0 && n->name; n++)
			if (n->value == value)
				return n->name;
	return NULL;
}

/* --- Interfaces ------------------------------------------------------------------------------------------------ */

static bool linux_name(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n >= DEVICE_NAME_MAX || strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return false;
	for (; *s; s++)
		if (*s <= ' ' || *s == '/' || *s == ':' || (unsigned char)*s >= 0x7f)
			return false;
	return true;
}

/* "eth0": what the kernel calls its first devices. In a file it is that device even while it is absent, not Ethernet0. */
static bool kernel_name(const char *s)
{
	return strncmp(s, "eth", 3) == 0 && s[3] && s[3 + strspn(s + 3, "0123456789.")] == '\0';
}

static bool device_exists(const struct cli_scope *scope, const char *name)
{
	return scope->ops && scope->ops->device_exists && scope->ops->device_exists(scope->ops->arg, name);
}

bool cli_interface_name(const struct cli_scope *scope, const char *type, const char *unit,
	char out[INTERFACE_NAME_MAX], bool *is_ios)
{
	size_t letters = strcspn(type, "0123456789");
	bool ambiguous;
	const struct interface_cfg *known = *unit ? NULL : model_interface(scope->model, type);

	*is_ios = false;
	if (known) {
		*is_ios = known->is_ios_type;
		return str_copy(out, INTERFACE_NAME_MAX, known->name);
	}
	if (!*unit && linux_name(type) &&
		(device_exists(scope, type) || (scope->loading && kernel_name(type))))
		return str_copy(out, INTERFACE_NAME_MAX, type);
	if (!*unit)
		unit = type + letters;
	else if (type[letters])
		return false;
	const struct ifname_type *t = ifname_type_find(type, letters, &ambiguous);

	if (t && ifname_unit_valid(unit)) {
		*is_ios = true;
		return snprintf(out, INTERFACE_NAME_MAX, "%s%s", t->full, unit) < INTERFACE_NAME_MAX;
	}
	/* A file is right about its devices, also while they are absent. */
	if (scope->loading && unit == type + letters && linux_name(type) && letters > 0 &&
		!str_starts_nocase(type, "null"))
		return str_copy(out, INTERFACE_NAME_MAX, type);
	return false;
}

static size_t parse_interface(const struct cli_scope *scope, const struct cli_words *words, size_t at,
	struct cli_value *out, size_t *bad)
{
	const char *word = words->w[at].s;
	bool ambiguous, is_ios;
	size_t letters = strcspn(word, "0123456789");

	*bad = 0;
	out->s = NULL; /* the canonical name is in .name */
	/* "FastEthernet 0/0": the type alone, then the unit. */
	if (word[letters] == '\0' && at + 1 < words->count && ifname_type_find(word, letters, &ambiguous) &&
		ifname_unit_valid(words->w[at + 1].s) && !model_interface(scope->model, word) &&
		cli_interface_name(scope, word, words->w[at + 1].s, out->name, &is_ios)) {
		out->n = is_ios;
		return 2;
	}
	if (!cli_interface_name(scope, word, "", out->name, &is_ios))
		return 0;
	out->n = is_ios;

	return 1;
}

/* --- Everything else ---------------------------------------------------------------------------------------------- */

static bool parse_number(const char *s, uint32_t *out, size_t *bad)
{
	size_t digits = strspn(s, "0123456789");
	uint64_t value = 0;

	*bad = s[digits] ? digits : 0;
	if (digits == 0 || s[digits] || digits > 10 || (digits > 1 && s[0] == '0'))
		return false;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (uint64_t)(s[i] - '0');
	if (value > UINT32_MAX)
		return false;
	*out = (uint32_t)value;
	return true;
}

static bool parse_address(const char *s, struct ipaddr *out)
{
	return strchr(s, ':') == NULL && ip_parse(s, out) && out->family == IP_V4;
}

/* hh:mm:ss, with one digit or two. */
static bool parse_time(const char *s, uint32_t *out)
{
	static const uint32_t most[] = {23, 59, 59};
	uint32_t total = 0;

	for (unsigned part = 0; part < 3; part++) {
		size_t digits = strspn(s, "0123456789");
		uint32_t value = 0;

		if (digits < 1 || digits > 2 || s[digits] != (part < 2 ? ':' : '\0'))
			return false;
		for (size_t i = 0; i < digits; i++)
			value = value * 10 + (uint32_t)(s[i] - '0');
		if (value > most[part])
			return false;
		total = total * 60 + value;
		s += digits + (part < 2);
	}
	*out = total;
	return true;
}

/* A month's name or its beginning, of three letters at least. */
static bool parse_month(const char *s, uint32_t *out)
{
	static const char *const names[] = {"january", "february", "march", "april", "may", "june", "july",
		"august", "september", "october", "november", "december"};

	for (uint32_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(s) >= 3 && str_starts_nocase(names[i], s)) {
			*out = i + 1;
			return true;
		}
	return false;
}

/* 2001:DB8::1/64; the bits behind the length stay. */
static bool parse_ipv6_prefix(const char *s, struct cli_value *out)
{
	const char *slash = strchr(s, '/');
	char address[IP_TEXT_MAX];
	size_t bad;

	if (!slash || (size_t)(slash - s) >= sizeof(address))
		return false;
	memcpy(address, s, (size_t)(slash - s));
	address[slash - s] = '\0';
	return ip_parse(address, &out->ip) && out->ip.family == IP_V6 &&
		parse_number(slash + 1, &out->n, &bad) && out->n <= 128;
}

/* How far a word looks like an IPv6 address: where the caret goes. */
static size_t ipv6_bad(const char *s)
{
	size_t like = strspn(s, "0123456789abcdefABCDEF:./");

	return s[like] && strchr(s, ':') ? like : 0;
}

/* A type without a unit at the end of the line: "interface FastEthernet" is incomplete, not wrong. */
static bool type_alone(const struct cli_words *words, size_t at)
{
	bool ambiguous;
	const char *word = words->w[at].s;

	return at + 1 == words->count && word[strcspn(word, "0123456789")] == '\0' &&
		ifname_type_find(word, strlen(word), &ambiguous);
}

size_t cli_value_parse(const struct cli_node *n, const struct cli_scope *scope, const struct cli_words *words,
	size_t at, struct cli_value *out, size_t *bad)
{
	const struct cli_word *w = &words->w[at];
	size_t taken = 1;
	bool good = false;

	*bad = 0;
	*out = (struct cli_value){.s = w->s};
	switch ((enum cli_type)n->type) {
	case TYPE_NUMBER:
		good = parse_number(w->s, &out->n, bad) && out->n >= n->lo && out->n <= n->hi;
		break;
	case TYPE_NAME: good = w->len <= n->hi && ((w->s[0] | 0x20) >= 'a' && (w->s[0] | 0x20) <= 'z'); break;
	case TYPE_WORD:
		good = w->len <= n->hi;
		*bad = good ? 0 : n->hi;
		break;
	case TYPE_LINE: {
		const char *rest = words->line + w->column;
		size_t len = strlen(rest);

		while (len > 0 && (rest[len - 1] == ' ' || rest[len - 1] == '\t'))
			len--;
		good = len <= n->hi;
		*bad = good ? 0 : n->hi;
		out->s = rest;
		taken = words->count - at;
		break;
	}
	case TYPE_ADDRESS: good = parse_address(w->s, &out->ip); break;
	case TYPE_HOST: good = parse_address(w->s, &out->ip) && ip_is_unicast_host(&out->ip); break;
	case TYPE_MASK:
		good = parse_address(w->s, &out->ip) && ip_mask_to_len(&out->ip) >= 0;
		out->n = good ? (uint32_t)ip_mask_to_len(&out->ip) : 0;
		break;
	case TYPE_WILDCARD: good = parse_address(w->s, &out->ip); break;
	case TYPE_IPV6:
		good = ip_parse(w->s, &out->ip) && out->ip.family == IP_V6;
		*bad = ipv6_bad(w->s);
		break;
	case TYPE_IPV6_PREFIX:
		good = parse_ipv6_prefix(w->s, out);
		*bad = ipv6_bad(w->s);
		break;
	case TYPE_INTERFACE:
		taken = parse_interface(scope, words, at, out, bad);
		good = taken > 0;
		if (!good && type_alone(words, at))
			*bad = SIZE_MAX;
		break;
	case TYPE_TIME: good = parse_time(w->s, &out->n); break;
	case TYPE_MONTH: good = parse_month(w->s, &out->n); break;
	case TYPE_MAC: good = mac_parse(w->s, &out->mac); break;
	case TYPE_COUNT: break;
	}
	out->set = good;
	return good ? taken : 0;
}

void cli_value_format(const struct cli_node *n, const struct cli_value *v, struct text *out)
{
	char text[IP_TEXT_MAX], mac[MAC_TEXT_MAX];

	switch ((enum cli_type)n->type) {
	case TYPE_NUMBER:
		if (v->s)
			text_add(out, v->s); /* the name of a numbered list */
		else
			text_printf(out, "%u", (unsigned)v->n);
		break;
	case TYPE_LINE: {
		size_t len = strlen(v->s);

		while (len > 0 && (v->s[len - 1] == ' ' || v->s[len - 1] == '\t'))
			len--;
		text_add_n(out, v->s, len);
		break;
	}
	case TYPE_NAME:
	case TYPE_WORD:
	case TYPE_INTERFACE: text_add(out, v->s ? v->s : v->name); break;
	case TYPE_ADDRESS:
	case TYPE_HOST:
	case TYPE_MASK:
	case TYPE_WILDCARD: text_add(out, ip_format(&v->ip, text)); break;
	case TYPE_IPV6: text_add(out, ip_format_ios(&v->ip, text)); break;
	case TYPE_IPV6_PREFIX: text_printf(out, "%s/%u", ip_format_ios(&v->ip, text), (unsigned)v->n); break;
	case TYPE_TIME: text_printf(out, "%02u:%02u:%02u", v->n / 3600, v->n / 60 % 60, v->n % 60); break;
	case TYPE_MONTH: text_add(out, month_name(v->n)); break;
	case TYPE_MAC: text_add(out, mac_format_dotted(&v->mac, mac)); break;
	case TYPE_COUNT: break;
	}
}
