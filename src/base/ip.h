/*
 * IP addresses and prefixes of both families.
 *
 * Owns:  struct ipaddr and struct prefix, their text forms and their order.
 * Never: resolves names, calls the C library's address functions (they are not pure).
 */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ip_family { IP_NONE = 0, IP_V4 = 4, IP_V6 = 6 };

enum { IP_TEXT_MAX = 46, PREFIX_TEXT_MAX = 50, MAC_TEXT_MAX = 18 };

/* Unused bytes are zero, so that memcmp and hashing over the whole struct are valid. */
struct ipaddr {
	uint8_t family; /* enum ip_family */
	uint8_t bytes[16];
};

struct prefix {
	struct ipaddr addr; /* host bits are zero once prefix_canon was applied */
	uint8_t len;
};

/* A range of ports; 0 to 65535 means any. */
struct ports {
	uint16_t lo, hi;
};

struct mac {
	uint8_t bytes[6];
};

struct ipaddr ip_v4(uint32_t host_order);
uint32_t ip_v4_u32(const struct ipaddr *a); /* host order; the family must be IP_V4 */
struct ipaddr ip_from_bytes(enum ip_family family, const uint8_t *bytes);
static inline bool ip_is_set(const struct ipaddr *a)
{
	return a->family != IP_NONE;
}
unsigned ip_bits(const struct ipaddr *a); /* 32, 128, or 0 when not set */
bool ip_equal(const struct ipaddr *a, const struct ipaddr *b);
int ip_compare(const struct ipaddr *a, const struct ipaddr *b); /* family, then numeric value */
bool ip_is_unicast_host(const struct ipaddr *a);		/* not 0.x, multicast, class E, loopback */

/* Parses the whole of `text`; false when it is anything else than one address. */
bool ip_parse(const char *text, struct ipaddr *out);
const char *ip_format(const struct ipaddr *a, char out[IP_TEXT_MAX]); /* "" when not set */
/* … as IOS prints it: IPv6 in capitals. */
const char *ip_format_ios(const struct ipaddr *a, char out[IP_TEXT_MAX]);
bool ip_is_link_local(const struct ipaddr *a); /* fe80::/10 with an interface identifier */

struct prefix prefix_make(struct ipaddr addr, unsigned len); /* clears the host bits */
struct prefix prefix_host(const struct ipaddr *a);
bool prefix_equal(const struct prefix *a, const struct prefix *b);
int prefix_compare(const struct prefix *a, const struct prefix *b);
bool prefix_contains(const struct prefix *p, const struct ipaddr *a);
bool prefix_covers(const struct prefix *outer, const struct prefix *inner);
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);
bool prefix_parse(const char *text, struct prefix *out); /* "A/len" or "A" */
const char *prefix_format(const struct prefix *p, char out[PREFIX_TEXT_MAX]);

/* Netmask and wildcard (inverse mask) to prefix length; -1 when the bits are not contiguous. */
int ip_mask_to_len(const struct ipaddr *mask);
int ip_wildcard_to_len(const struct ipaddr *wildcard);
struct ipaddr ip_len_to_mask(enum ip_family family, unsigned len);
struct ipaddr ip_len_to_wildcard(enum ip_family family, unsigned len);

/* "00:00:0c:07:ac:01", and Cisco's "0000.0c07.ac01". Parsing takes both, and any case. */
const char *mac_format(const struct mac *m, char out[MAC_TEXT_MAX]);
const char *mac_format_dotted(const struct mac *m, char out[MAC_TEXT_MAX]);
bool mac_parse(const char *text, struct mac *out);

#endif
