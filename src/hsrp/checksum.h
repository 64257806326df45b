/*
 * The Internet checksum (RFC 1071) over big-endian words, and IPv6's pseudo header (RFC 8200 8.1).
 * For the codecs of this floor only.
 */
#ifndef HSRP_CHECKSUM_H
#define HSRP_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Adds to a sum that is not yet folded; an odd octet counts as if a zero followed. */
static inline uint32_t sum_words(uint32_t sum, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	return len & 1 ? sum + ((uint32_t)p[len - 1] << 8) : sum;
}

static inline uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Of an upper layer's header and data behind an IPv6 header without extensions; 0 when the one inside is right. */
static inline uint16_t sum_ipv6(const uint8_t *ip, uint8_t protocol, const uint8_t *upper, size_t len)
{
	enum { ADDRESSES_AT = 8, ADDRESSES_LEN = 32 };
	uint32_t sum = protocol + (uint32_t)(len >> 16) + (uint32_t)(len & 0xffff);

	return sum_fold(sum_words(sum_words(sum, ip + ADDRESSES_AT, ADDRESSES_LEN), upper, len));
}

#endif
