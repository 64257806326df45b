/* Neighbour discovery of the virtual router: see nd.h. */
#include "hsrp/nd.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "hsrp/checksum.h"

enum {
	ETHERTYPE_IPV6 = 0x86dd,
	IPV6_HEADER = 40,
	ICMPV6 = 58,
	HOP_LIMIT = 255, /* RFC 4861: what did not cross a router */
	ROUTER_SOLICITATION = 133,
	ROUTER_ADVERTISEMENT = 134,
	NEIGHBOUR_ADVERTISEMENT = 136,
	OPTION_SOURCE_LINK = 1,
	OPTION_TARGET_LINK = 2,
	OPTION_PREFIX = 3,
	OPTION_LINK_LEN = 1,   /* in units of 8 octets */
	OPTION_PREFIX_LEN = 4, /* likewise */
	FLAGS_ROUTER_OVERRIDE = 0xa0,
	FLAG_ON_LINK = 0x80,
	FLAG_AUTONOMOUS = 0x40,
	PREFIX_AUTONOMOUS = 64,	     /* RFC 4862 5.5.3: interface identifiers have 64 bits */
	PREFIX_VALID_S = 2592000,    /* RFC 4861 6.2.1: 30 days */
	PREFIX_PREFERRED_S = 604800, /* … and 7 days */
	CUR_HOP_LIMIT = 64,
	SOLICITATION_LEN = 8,
};

static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1}, all_routers[16] = {0xff, 0x02, [15] = 2};
static const struct mac all_nodes_mac = {{0x33, 0x33, 0, 0, 0, 1}};

/* Ethernet and IPv6 header up to the ICMPv6 message; its length is filled in by finish(). */
static uint8_t *begin(struct writer *w, const struct mac *mac, const struct ipaddr *from)
{
	assert(from->family == IP_V6);
	write_bytes(w, all_nodes_mac.bytes, 6);
	write_bytes(w, mac->bytes, 6);
	write_u16(w, ETHERTYPE_IPV6);
	uint8_t *ip = w->p;
	write_u32(w, 0x6e000000); /* traffic class 0xe0, as captured routers mark what they send themselves */
	write_u16(w, 0);
	write_u8(w, ICMPV6);
	write_u8(w, HOP_LIMIT);
	write_bytes(w, from->bytes, 16);
	write_bytes(w, all_nodes, 16);
	return ip;
}

static size_t finish(struct writer *w, uint8_t *ip)
{
	if (w->failed)
		return 0;
	uint8_t *icmp = ip + IPV6_HEADER;
	size_t len = (size_t)(w->p - icmp);
	ip[4] = (uint8_t)(len >> 8);
	ip[5] = (uint8_t)len;
	uint16_t sum = sum_ipv6(ip, ICMPV6, icmp, len);
	icmp[2] = (uint8_t)(sum >> 8);
	icmp[3] = (uint8_t)sum;
	return writer_len(w);
}

static void option_link(struct writer *w, unsigned type, const struct mac *mac)
{
	write_u8(w, (uint8_t)type);
	write_u8(w, OPTION_LINK_LEN);
	write_bytes(w, mac->bytes, 6);
}

size_t hsrp_neighbour_write(const struct mac *mac, const struct ipaddr *vip, uint8_t *out, size_t size)
{
	struct writer w = writer_make(out, size);
	uint8_t *ip = begin(&w, mac, vip);

	write_u8(&w, NEIGHBOUR_ADVERTISEMENT);
	write_u8(&w, 0);
	write_u16(&w, 0);
	write_u32(&w, (uint32_t)FLAGS_ROUTER_OVERRIDE << 24);
	write_bytes(&w, vip->bytes, 16);
	option_link(&w, OPTION_TARGET_LINK, mac);
	return finish(&w, ip);
}

static void option_prefix(struct writer *w, const struct prefix *p)
{
	write_u8(w, OPTION_PREFIX);
	write_u8(w, OPTION_PREFIX_LEN);
	write_u8(w, p->len);
	write_u8(w, FLAG_ON_LINK | (p->len == PREFIX_AUTONOMOUS ? FLAG_AUTONOMOUS : 0));
	write_u32(w, PREFIX_VALID_S);
	write_u32(w, PREFIX_PREFERRED_S);
	write_u32(w, 0);
	write_bytes(w, p->addr.bytes, 16);
}

size_t hsrp_router_advert_write(const struct hsrp_router_advert *ra, uint8_t *out, size_t size)
{
	struct writer w = writer_make(out, size);
	uint8_t *ip = begin(&w, &ra->mac, &ra->from);

	write_u8(&w, ROUTER_ADVERTISEMENT);
	write_u8(&w, 0);
	write_u16(&w, 0);
	write_u8(&w, CUR_HOP_LIMIT);
	write_u8(&w, 0); /* hosts configure their addresses by the prefixes */
	write_u16(&w, ra->lifetime_s);
	write_u32(&w, 0); /* reachable and retransmission time: the host's own */
	write_u32(&w, 0);
	option_link(&w, OPTION_SOURCE_LINK, &ra->mac);
	for (unsigned n = 0; n < ra->prefix_count; n++)
		option_prefix(&w, &ra->prefix[n]);
	return finish(&w, ip);
}

bool hsrp_solicitation_read(const uint8_t *frame, size_t len)
{
	static const uint8_t unspecified[16];
	struct reader r = reader_make(frame, len);

	read_bytes(&r, 12);
	uint16_t ethertype = read_u16(&r);
	const uint8_t *ip = read_bytes(&r, IPV6_HEADER);
	if (r.failed || ethertype != ETHERTYPE_IPV6 || ip[0] >> 4 != 6 || ip[6] != ICMPV6 ||
		ip[7] != HOP_LIMIT)
		return false;
	size_t icmp_len = (size_t)(ip[4] << 8 | ip[5]);
	const uint8_t *icmp = read_bytes(&r, icmp_len);
	if (r.failed || icmp_len < SOLICITATION_LEN || icmp[0] != ROUTER_SOLICITATION || icmp[1] != 0 ||
		memcmp(ip + 24, all_routers, 16) != 0 || sum_ipv6(ip, ICMPV6, icmp, icmp_len) != 0)
		return false;
	struct reader options = reader_make(icmp + SOLICITATION_LEN, icmp_len - SOLICITATION_LEN);
	while (reader_left(&options) > 0) {
		uint8_t type = read_u8(&options), units = read_u8(&options);
		if (units == 0 || !read_bytes(&options, units * 8u - 2))
			return false;
		if (type == OPTION_SOURCE_LINK && memcmp(ip + 8, unspecified, 16) == 0)
			return false;
	}
	return !options.failed;
}
