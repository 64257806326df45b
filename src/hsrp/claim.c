/* Who claims an address: see claim.h. */
#include "hsrp/claim.h"

#include "base/bytes.h"

enum {
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERNET = 14,
	ARP_ETHERNET = 1,
	ARP_IPV4 = 0x0800,
	ICMPV6 = 58,
	NEIGHBOUR_ADVERTISEMENT = 136,
	HOP_LIMIT = 255, /* RFC 4861 7.1.2: it was not forwarded */
	TARGET_LINK_ADDRESS = 2,
};

static bool arp_read(struct hsrp_claim *out, struct reader *r)
{
	uint16_t hardware = read_u16(r), protocol = read_u16(r), lengths = read_u16(r),
		 operation = read_u16(r);
	const uint8_t *mac = read_bytes(r, sizeof(out->mac.bytes)), *address = read_bytes(r, 4);

	read_bytes(r, 10); /* the target */
	if (r->failed || hardware != ARP_ETHERNET || protocol != ARP_IPV4 || lengths != 0x0604 ||
		(operation != 1 && operation != 2))
		return false;
	memcpy(out->mac.bytes, mac, sizeof(out->mac.bytes));
	out->address = ip_from_bytes(IP_V4, address);
	return ip_v4_u32(&out->address) != 0;
}

static bool advertisement_read(struct hsrp_claim *out, struct reader *r, const uint8_t *source)
{
	read_u32(r); /* version, traffic class, flow label */
	uint16_t length = read_u16(r);
	uint8_t next = read_u8(r), hops = read_u8(r);
	read_bytes(r, 32); /* source and destination */
	const uint8_t *body = read_bytes(r, length);
	if (r->failed || next != ICMPV6 || hops != HOP_LIMIT)
		return false;
	struct reader in = reader_make(body, length);
	uint8_t type = read_u8(&in);
	read_bytes(&in, 7); /* code, checksum, flags */
	const uint8_t *target = read_bytes(&in, 16);
	if (in.failed || type != NEIGHBOUR_ADVERTISEMENT)
		return false;
	out->address = ip_from_bytes(IP_V6, target);
	memcpy(out->mac.bytes, source, sizeof(out->mac.bytes));
	while (reader_left(&in) > 0) {
		uint8_t option = read_u8(&in), units = read_u8(&in);
		const uint8_t *value = read_bytes(&in, units * 8u - 2u);
		if (in.failed || units == 0)
			return false;
		if (option == TARGET_LINK_ADDRESS)
			memcpy(out->mac.bytes, value, sizeof(out->mac.bytes));
	}
	return true;
}

bool hsrp_claim_read(struct hsrp_claim *out, const uint8_t *frame, size_t len)
{
	struct reader r = reader_make(frame, len);
	const uint8_t *head = read_bytes(&r, ETHERNET);

	if (!head)
		return false;
	unsigned type = (unsigned)(head[12] << 8 | head[13]);
	return type == ETHERTYPE_ARP	 ? arp_read(out, &r)
		: type == ETHERTYPE_IPV6 ? advertisement_read(out, &r, head + 6)
					 : false;
}
