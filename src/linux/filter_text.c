/* Names inside the table, and commands about its sets: see filter_text.h. */
#include "linux/filter_text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "linux/filter_parts.h"

const struct filter_family filter_families[2] = {
	{"ipv4_addr", "ip", "ip frag-off & 0x1fff != 0", '4'},
	{"ipv6_addr", "ip6", "frag frag-off != 0", '6'},
};

const char filter_view_letter[VIEW_COUNT] = {
	[VIEW_PACKETS] = 'p', [VIEW_FRAGMENTS] = 'f', [VIEW_WAITING] = 'w', [VIEW_HELD] = 'h'};
static const char kind_letter[] = {
	[KIND_ADDRESSES] = 'a', [KIND_PROTOCOL] = 'l', [KIND_PORTS] = 't', [KIND_ICMP] = 'i'};

/* --- Names ------------------------------------------------------------------------------------------------------- */

bool filter_id(const char *device, char out[FILTER_ID_MAX])
{
	static const char hex[] = "0123456789abcdef";
	size_t n = strlen(device), at = 0;

	/* Within quotes nft knows no escape, and a star at the end would mean "begins with". */
	if (n == 0 || n >= DEVICE_NAME_MAX || strpbrk(device, "\"\\*"))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)device[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-';

		if (plain) {
			out[at++] = (char)c;
			continue;
		}
		out[at++] = '_';
		out[at++] = hex[c >> 4];
		out[at++] = hex[c & 15];
	}
	out[at] = '\0';
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool filter_id_device(const char *id, char out[DEVICE_NAME_MAX])
{
	size_t n = 0;

	for (; *id && n < DEVICE_NAME_MAX - 1; id++) {
		if (*id != '_') {
			out[n++] = *id;
			continue;
		}
		int high = hex_digit(id[1]), low = high < 0 ? -1 : hex_digit(id[2]);

		if (low < 0)
			return false;
		out[n++] = (char)(high << 4 | low);
		id += 2;
	}
	out[n] = '\0';
	return n > 0 && !*id;
}

void filter_write_name(struct text *t, const struct filter_names *n, const struct filter_element *e)
{
	char family = filter_families[filter_family_index(e->family)].suffix;

	text_printf(t, "dev-%s.%u.", n->id, n->generation);
	if (e->view == VIEW_DF)
		text_add(t, e->permit ? "df-set-" : "df-clear-");
	if (e->kind == KIND_PEER || e->kind == KIND_ANY_PEER)
		text_printf(t, "%s%c", e->kind == KIND_PEER ? "peer" : "any", family);
	else if (e->view == VIEW_LEARNED)
		text_printf(t, "m%u.%u.%c", filter_swapped(e->group_be), filter_swapped(e->layer_be), family);
	else
		text_printf(t, "%c%u.%u%c%c%c", filter_view_letter[e->view], filter_swapped(e->group_be),
			filter_swapped(e->layer_be), e->permit ? 'y' : 'n', kind_letter[e->kind], family);
}

/* --- Commands ---------------------------------------------------------------------------------------------------- */

void filter_write_table(struct text *t)
{
	text_printf(t,
		"add table %1$s\n"
		"add map %1$s outdev { type ifname : verdict; }\n"
		"add map %1$s indev { type ifname : verdict; }\n"
		"add chain %1$s out { type filter hook postrouting priority 300; policy accept; }\n"
		"add chain %1$s in { type filter hook prerouting priority -300; policy accept; }\n"
		"flush chain %1$s out\n"
		"flush chain %1$s in\n"
		"add rule %1$s out oifname vmap @outdev\n"
		"add rule %1$s in iifname vmap @indev\n",
		FILTER_TABLE);
}

static void write_type(struct text *t, const struct filter_element *e)
{
	const char *address = filter_families[filter_family_index(e->family)].type;

	text_printf(t, "type %s", address);
	if (e->kind == KIND_EXACT) { /* five parts at most: the rest as numbers, and nothing overlaps */
		text_printf(t, " . %s . mark . mark . mark;", address);
		return;
	}
	if (e->kind != KIND_ANY_PEER)
		text_printf(t, " . %s", address);
	if (e->kind == KIND_PROTOCOL || e->kind == KIND_PORTS || e->kind == KIND_ICMP)
		text_add(t, " . inet_proto");
	if (e->kind == KIND_PORTS)
		text_add(t, " . inet_service . inet_service");
	if (e->kind == KIND_ICMP)
		text_add(t, " . inet_service");
	text_add(t, e->view == VIEW_PEERS || e->view == VIEW_DF ? ";" : "; flags interval;");
}

void filter_write_set(struct text *t, const struct filter_names *n, const struct filter_element *e)
{
	text_printf(t, "add set %s ", FILTER_TABLE);
	filter_write_name(t, n, e);
	text_add(t, " { ");
	write_type(t, e);
	text_add(t, " }\n");
}

void filter_write_set_gone(struct text *t, const struct filter_names *n, const struct filter_element *e)
{
	text_printf(t, "delete set %s ", FILTER_TABLE);
	filter_write_name(t, n, e);
	text_add(t, "\n");
}

static void write_prefix(struct text *t, const struct prefix *p)
{
	char lo[IP_TEXT_MAX], hi[IP_TEXT_MAX];
	struct ipaddr last = p->addr;

	/* A range says it for every length; "0.0.0.0/0" is not taken everywhere. */
	for (unsigned i = p->len; i < ip_bits(&p->addr); i++)
		last.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	text_add(t, ip_format(&p->addr, lo));
	if (p->len < ip_bits(&p->addr))
		text_printf(t, "-%s", ip_format(&last, hi));
}

static void write_ports(struct text *t, const struct ports *p)
{
	text_printf(t, p->lo == p->hi ? " . %u" : " . %u-%u", p->lo, p->hi);
}

static uint32_t pack_ports(const struct ports *p)
{
	return (uint32_t)p->lo << 16 | p->hi;
}

static struct ports unpack_ports(uint32_t packed)
{
	return (struct ports){(uint16_t)(packed >> 16), (uint16_t)packed};
}

static void write_exact(struct text *t, const struct filter_element *e)
{
	char remote[IP_TEXT_MAX], local[IP_TEXT_MAX];

	text_printf(t, "%s . %s . 0x%x . 0x%x . 0x%x", ip_format(&e->remote.addr, remote),
		ip_format(&e->local.addr, local),
		(uint32_t)e->remote.len << 16 | (uint32_t)e->local.len << 8 | e->protocol,
		pack_ports(&e->remote_ports), pack_ports(&e->local_ports));
}

bool filter_read_learned(const char *element, struct filter_rule *out)
{
	char remote[IP_TEXT_MAX], local[IP_TEXT_MAX];
	unsigned rest, remote_ports, local_ports;
	struct ipaddr to, from;

	if (sscanf(element, " %45s . %45s . %x . %x . %x", remote, local, &rest, &remote_ports,
		    &local_ports) != 5 ||
		!ip_parse(remote, &to) || !ip_parse(local, &from) || to.family != from.family ||
		rest >> 16 > ip_bits(&to) || (rest >> 8 & 0xff) > ip_bits(&to))
		return false;
	memset(out, 0, sizeof(*out)); /* rules are compared as bytes */
	out->remote = prefix_make(to, rest >> 16);
	out->local = prefix_make(from, rest >> 8 & 0xff);
	out->protocol = (uint8_t)rest;
	out->remote_ports = unpack_ports(remote_ports);
	out->local_ports = unpack_ports(local_ports);
	out->permit = true;
	return out->remote_ports.lo <= out->remote_ports.hi && out->local_ports.lo <= out->local_ports.hi;
}

/* The remote side first: it differs most, and the kernel's search (also the one before each insert) narrows field by field. */
static void write_element(struct text *t, const struct filter_element *e)
{
	if (e->kind == KIND_EXACT) {
		write_exact(t, e);
		return;
	}
	if (e->kind != KIND_ANY_PEER) {
		write_prefix(t, &e->remote);
		text_add(t, " . ");
	}
	write_prefix(t, &e->local);
	if (e->kind == KIND_PROTOCOL || e->kind == KIND_PORTS || e->kind == KIND_ICMP)
		text_printf(t, e->protocol ? " . %u" : " . 0-255", e->protocol);
	if (e->kind == KIND_PORTS) {
		write_ports(t, &e->remote_ports);
		write_ports(t, &e->local_ports);
	}
	if (e->kind == KIND_ICMP)
		write_ports(t, &e->local_ports);
}

void filter_write_elements(struct text *t, const struct filter_names *n, const char *verb,
	const struct filter_element *const *e, size_t count)
{
	assert(count > 0);
	text_printf(t, "%s element %s ", verb, FILTER_TABLE);
	filter_write_name(t, n, e[0]);
	text_add(t, " { ");
	for (size_t i = 0; i < count; i++) {
		assert(filter_same_set(e[0], e[i]));
		write_element(t, e[i]);
		text_add(t, i + 1 < count ? ", " : " }\n");
	}
}
