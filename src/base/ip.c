#include "base/ip.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct ipaddr ip_v4(uint32_t host_order)
{
	return (struct ipaddr){IP_V4,
		{host_order >> 24, host_order >> 16 & 0xff, host_order >> 8 & 0xff, host_order & 0xff}};
}

uint32_t ip_v4_u32(const struct ipaddr *a)
{
	assert(a->family == IP_V4);
	return (uint32_t)a->bytes[0] << 24 | (uint32_t)a->bytes[1] << 16 | (uint32_t)a->bytes[2] << 8 |
		a->bytes[3];
}

struct ipaddr ip_from_bytes(enum ip_family family, const uint8_t *bytes)
{
	struct ipaddr a = {.family = family};

	memcpy(a.bytes, bytes, family == IP_V4 ? 4 : 16);
	return a;
}

unsigned ip_bits(const struct ipaddr *a)
{
	return a->family == IP_V4 ? 32 : a->family == IP_V6 ? 128 : 0;
}

bool ip_equal(const struct ipaddr *a, const struct ipaddr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

int ip_compare(const struct ipaddr *a, const struct ipaddr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool ip_is_unicast_host(const struct ipaddr *a)
{
	if (a->family == IP_V4)
		return a->bytes[0] != 0 && a->bytes[0] != 127 && a->bytes[0] < 224;
	if (a->family == IP_V6) {
		static const uint8_t zero[15];
		return a->bytes[0] != 0xff && (memcmp(a->bytes, zero, 15) != 0 || a->bytes[15] > 1);
	}
	return false;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Reads a dotted quad at *s, advances *s behind it. */
static bool parse_quad(const char **s, uint8_t out[4])
{
	const char *p = *s;

	for (int i = 0; i < 4; i++) {
		unsigned value = 0, digits = 0;

		if (i > 0 && *p++ != '.')
			return false;
		for (; *p >= '0' && *p <= '9' && digits < 4; p++, digits++)
			value = value * 10 + (unsigned)(*p - '0');
		if (digits == 0 || digits > 3 || value > 255)
			return false;
		out[i] = (uint8_t)value;
	}
	*s = p;
	return true;
}

static bool parse_v6(const char *text, struct ipaddr *out)
{
	uint8_t head[16] = {0}, tail[16];
	unsigned used = 0, gap = 0;
	bool has_gap = false;
	const char *p = text;

	if (p[0] == ':' && p[1] == ':') {
		has_gap = true;
		p += 2;
	}
	while (*p) {
		const char *quad = p;
		unsigned value = 0, digits = 0;

		if (used > 14)
			return false;
		if (used <= 12 && parse_quad(&quad, head + used) && *quad == '\0') {
			used += 4;
			p = quad;
			break;
		}
		for (; hex_digit(*p) >= 0 && digits < 5; p++, digits++)
			value = value << 4 | (unsigned)hex_digit(*p);
		if (digits == 0 || digits > 4)
			return false;
		head[used++] = (uint8_t)(value >> 8);
		head[used++] = (uint8_t)value;
		if (*p == '\0')
			break;
		if (*p++ != ':')
			return false;
		if (*p == ':') {
			if (has_gap)
				return false;
			has_gap = true;
			gap = used;
			p++;
		} else if (*p == '\0') {
			return false;
		}
	}
	if (has_gap ? used > 14 : used != 16)
		return false;
	*out = (struct ipaddr){.family = IP_V6};
	memcpy(tail, head + gap, used - gap);
	memcpy(out->bytes, head, gap);
	memcpy(out->bytes + 16 - (used - gap), tail, used - gap);
	return true;
}

bool ip_parse(const char *text, struct ipaddr *out)
{
	const char *p = text;
	uint8_t quad[4];

	if (parse_quad(&p, quad) && *p == '\0') {
		*out = ip_from_bytes(IP_V4, quad);
		return true;
	}
	return strchr(text, ':') && parse_v6(text, out);
}

/* RFC 5952: lower case, the longest run of two or more zero groups shortened, the first one of equals. */
static void format_v6(const uint8_t *b, char out[IP_TEXT_MAX])
{
	int best = -1, best_len = 1, at = 0;

	for (int i = 0; i < 8; i++) {
		int len = 0;

		while (i + len < 8 && b[2 * (i + len)] == 0 && b[2 * (i + len) + 1] == 0)
			len++;
		if (len > best_len) {
			best = i;
			best_len = len;
		}
		i += len;
	}
	for (int i = 0; i < 8; i++) {
		if (i == best) {
			at += snprintf(out + at, (size_t)(IP_TEXT_MAX - at), "::");
			i += best_len - 1;
			continue;
		}
		at += snprintf(out + at, (size_t)(IP_TEXT_MAX - at), "%s%x",
			i == 0 || (best >= 0 && i == best + best_len) ? "" : ":",
			b[2 * i] << 8 | b[2 * i + 1]);
	}
}

/* By hand: configurations and connections are full of them, and snprintf took a tenth of a load. */
static void format_v4(const uint8_t *bytes, char *out)
{
	for (unsigned i = 0; i < 4; i++) {
		if (i)
			*out++ = '.';
		if (bytes[i] >= 100)
			*out++ = (char)('0' + bytes[i] / 100);
		if (bytes[i] >= 10)
			*out++ = (char)('0' + bytes[i] / 10 % 10);
		*out++ = (char)('0' + bytes[i] % 10);
	}
	*out = '\0';
}

const char *ip_format(const struct ipaddr *a, char out[IP_TEXT_MAX])
{
	if (a->family == IP_V4)
		format_v4(a->bytes, out);
	else if (a->family == IP_V6)
		format_v6(a->bytes, out);
	else
		out[0] = '\0';
	return out;
}

const char *ip_format_ios(const struct ipaddr *a, char out[IP_TEXT_MAX])
{
	ip_format(a, out);
	for (char *p = out; *p; p++)
		if (*p >= 'a' && *p <= 'f')
			*p = (char)(*p - 'a' + 'A');
	return out;
}

bool ip_is_link_local(const struct ipaddr *a)
{
	static const uint8_t none[8];

	return a->family == IP_V6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80 &&
		memcmp(a->bytes + 8, none, sizeof(none)) != 0;
}

struct prefix prefix_make(struct ipaddr addr, unsigned len)
{
	struct prefix p = {addr, (uint8_t)len};
	unsigned whole = len / 8;

	assert(len <= ip_bits(&addr));
	if (whole < sizeof(p.addr.bytes)) {
		p.addr.bytes[whole] &= (uint8_t)(0xff00 >> len % 8);
		memset(p.addr.bytes + whole + 1, 0, sizeof(p.addr.bytes) - whole - 1);
	}
	return p;
}

struct prefix prefix_host(const struct ipaddr *a)
{
	return (struct prefix){*a, (uint8_t)ip_bits(a)};
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && ip_equal(&a->addr, &b->addr);
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	int order = ip_compare(&a->addr, &b->addr);

	return order ? order : (int)a->len - (int)b->len;
}

bool prefix_contains(const struct prefix *p, const struct ipaddr *a)
{
	if (p->addr.family != a->family || a->family == IP_NONE)
		return false;
	unsigned whole = p->len / 8;

	if (memcmp(a->bytes, p->addr.bytes, whole) != 0)
		return false;
	return p->len % 8 == 0 ||
		((a->bytes[whole] ^ p->addr.bytes[whole]) & 0xff00 >> p->len % 8 & 0xff) == 0;
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->len <= inner->len && prefix_contains(outer, &inner->addr);
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return prefix_covers(a, b) || prefix_covers(b, a);
}

bool prefix_parse(const char *text, struct prefix *out)
{
	char host[IP_TEXT_MAX];
	const char *slash = strchr(text, '/');
	size_t host_len = slash ? (size_t)(slash - text) : strlen(text);
	struct ipaddr addr;
	unsigned len = 0;

	if (host_len >= sizeof(host))
		return false;
	memcpy(host, text, host_len);
	host[host_len] = '\0';
	if (!ip_parse(host, &addr))
		return false;
	if (!slash) {
		*out = prefix_host(&addr);
		return true;
	}
	if (slash[1] == '\0')
		return false;
	for (const char *p = slash + 1; *p; p++) {
		if (*p < '0' || *p > '9' || p > slash + 3)
			return false;
		len = len * 10 + (unsigned)(*p - '0');
	}
	if (len > ip_bits(&addr))
		return false;
	*out = prefix_make(addr, len);
	return true;
}

const char *prefix_format(const struct prefix *p, char out[PREFIX_TEXT_MAX])
{
	char host[IP_TEXT_MAX];

	snprintf(out, PREFIX_TEXT_MAX, "%s/%u", ip_format(&p->addr, host), p->len);
	return out;
}

int ip_mask_to_len(const struct ipaddr *mask)
{
	unsigned bits = ip_bits(mask), len = 0;

	while (len < bits && mask->bytes[len / 8] == 0xff)
		len += 8;
	while (len < bits && mask->bytes[len / 8] & 0x80 >> len % 8)
		len++;
	struct ipaddr whole = ip_len_to_mask(mask->family, len);
	return ip_equal(&whole, mask) ? (int)len : -1;
}

int ip_wildcard_to_len(const struct ipaddr *wildcard)
{
	struct ipaddr mask = *wildcard;

	for (unsigned i = 0; i < ip_bits(wildcard) / 8; i++)
		mask.bytes[i] = (uint8_t)~mask.bytes[i];
	return ip_mask_to_len(&mask);
}

struct ipaddr ip_len_to_mask(enum ip_family family, unsigned len)
{
	struct ipaddr mask = {.family = family};

	assert(len <= ip_bits(&mask));
	memset(mask.bytes, 0xff, len / 8);
	if (len % 8)
		mask.bytes[len / 8] = (uint8_t)(0xff00 >> len % 8);
	return mask;
}

struct ipaddr ip_len_to_wildcard(enum ip_family family, unsigned len)
{
	struct ipaddr mask = ip_len_to_mask(family, len);

	for (unsigned i = 0; i < ip_bits(&mask) / 8; i++)
		mask.bytes[i] = (uint8_t)~mask.bytes[i];
	return mask;
}

const char *mac_format(const struct mac *m, char out[MAC_TEXT_MAX])
{
	const uint8_t *b = m->bytes;

	snprintf(out, MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
	return out;
}

const char *mac_format_dotted(const struct mac *m, char out[MAC_TEXT_MAX])
{
	const uint8_t *b = m->bytes;

	snprintf(out, MAC_TEXT_MAX, "%02x%02x.%02x%02x.%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
	return out;
}

bool mac_parse(const char *text, struct mac *out)
{
	bool dotted = strlen(text) == 14;
	const char *p = text;

	if (!dotted && strlen(text) != 17)
		return false;
	for (int i = 0; i < 6; i++) {
		if (i > 0 && (dotted ? i % 2 == 0 : true) && *p++ != (dotted ? '.' : ':'))
			return false;
		int hi = hex_digit(p[0]);
		int lo = hi < 0 ? -1 : hex_digit(p[1]);
		if (lo < 0)
			return false;
		out->bytes[i] = (uint8_t)(hi << 4 | lo);
		p += 2;
	}
	return *p == '\0';
}
