#include "show/json.h"

#include <assert.h>
#include <string.h>

/* A comma where one is due, and the key. */
static void lead(struct json *j, const char *key)
{
	if (j->comma >> j->depth & 1)
		text_add_n(j->out, ",", 1);
	j->comma |= 1u << j->depth;
	if (!key)
		return;
	text_add_n(j->out, "\"", 1);
	text_add(j->out, key);
	text_add_n(j->out, "\":", 2);
}

static void open_with(struct json *j, const char *key, const char *bracket)
{
	lead(j, key);
	text_add_n(j->out, bracket, 1);
	assert(j->depth < JSON_DEPTH_MAX);
	j->depth++;
	j->comma &= ~(1u << j->depth);
}

static void close_with(struct json *j, const char *bracket)
{
	assert(j->depth > 0);
	j->depth--;
	text_add_n(j->out, bracket, 1);
}

void json_object(struct json *j, const char *key)
{
	open_with(j, key, "{");
}

void json_object_end(struct json *j)
{
	close_with(j, "}");
}

void json_array(struct json *j, const char *key)
{
	open_with(j, key, "[");
}

void json_array_end(struct json *j)
{
	close_with(j, "]");
}

/* Length of the well-formed UTF-8 sequence at `s` (RFC 3629), 0 when it is none. */
static size_t utf8_length(const unsigned char *s)
{
	static const struct {
		unsigned char lead_lo, lead_hi, second_lo, second_hi, length;
	} rows[] = {
		{0x00, 0x7f, 0x00, 0x00, 1},
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (s[0] < rows[i].lead_lo || s[0] > rows[i].lead_hi)
			continue;
		if (rows[i].length > 1 && (s[1] < rows[i].second_lo || s[1] > rows[i].second_hi))
			return 0;
		for (size_t k = 2; k < rows[i].length; k++) /* a NUL ends the loop by itself */
			if (s[k] < 0x80 || s[k] > 0xbf)
				return 0;
		return rows[i].length;
	}
	return 0;
}

void json_string(struct json *j, const char *key, const char *value)
{
	if (!value) {
		json_null(j, key);
		return;
	}
	lead(j, key);
	text_add_n(j->out, "\"", 1);
	for (const unsigned char *s = (const unsigned char *)value; *s;) {
		size_t n = utf8_length(s);
		if (n == 0) {
			text_add(j->out, "\\ufffd");
			n = 1;
		} else if (*s == '"' || *s == '\\') {
			text_add_n(j->out, (char[]){'\\', (char)*s}, 2);
		} else if (*s < 0x20 || *s == 0x7f) {
			text_printf(j->out, "\\u%04x", *s);
		} else {
			text_add_n(j->out, (const char *)s, n);
		}
		s += n;
	}
	text_add_n(j->out, "\"", 1);
}

void json_int(struct json *j, const char *key, int64_t value)
{
	lead(j, key);
	text_printf(j->out, "%lld", (long long)value);
}

void json_uint(struct json *j, const char *key, uint64_t value)
{
	lead(j, key);
	text_printf(j->out, "%llu", (unsigned long long)value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	lead(j, key);
	text_add(j->out, value ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
	lead(j, key);
	text_add(j->out, "null");
}

void json_ip(struct json *j, const char *key, const struct ipaddr *a)
{
	char s[IP_TEXT_MAX];

	json_string(j, key, ip_is_set(a) ? ip_format(a, s) : NULL);
}

void json_prefix(struct json *j, const char *key, const struct prefix *p)
{
	char s[PREFIX_TEXT_MAX];

	json_string(j, key, ip_is_set(&p->addr) ? prefix_format(p, s) : NULL);
}

void json_mac(struct json *j, const char *key, const struct mac *m)
{
	char s[MAC_TEXT_MAX];

	json_string(j, key, mac_format_dotted(m, s));
}
