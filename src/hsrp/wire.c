/* Bytes of HSRP version 1 and of the frames around it: see wire.h. */
#include "hsrp/wire.h"

#include <assert.h>

#include "base/bytes.h"

enum {
	TLV_MD5 = 4,
	TLV_MD5_BODY = 28,
	TLV_MD5_DIGEST = 14, /* offset of the digest inside the TLV */
	ADV_TYPE_INTERFACE_STATE = 1,
	ADV_LENGTH = 14, /* counts itself and the type */
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	IPV4_HEADER = 20,
	IPV4_TOS = 0xc0,	     /* CS6 */
	IPV4_FRAGMENT_BITS = 0x3fff, /* more fragments, and the offset */
	UDP_HEADER = 8,
	PROTOCOL_UDP = 17,
	TTL_V1 = 1,
	ARP_REPLY = 2,
	SECOND_MS = 1000,
};

static const uint32_t all_routers = 0xe0000002; /* 224.0.0.2 */
static const struct mac all_routers_mac = {{0x01, 0x00, 0x5e, 0x00, 0x00, 0x02}};
const struct mac hsrp_mac_broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
const struct mac hsrp_mac_uplinkfast = {{0x01, 0x00, 0x0c, 0xcd, 0xcd, 0xcd}};

/* RFC 2281 5.1: the state field of version 1. */
static const uint8_t v1_state[HSRP_STATE_COUNT] = {
	[HSRP_INITIAL] = 0,
	[HSRP_LEARN] = 1,
	[HSRP_LISTEN] = 2,
	[HSRP_SPEAK] = 4,
	[HSRP_STANDBY] = 8,
	[HSRP_ACTIVE] = 16,
};

static bool state_from_v1(uint8_t wire, uint8_t *out)
{
	for (unsigned s = HSRP_INITIAL; s < HSRP_STATE_COUNT; s++) {
		if (v1_state[s] == wire) {
			*out = (uint8_t)s;
			return true;
		}
	}
	return false;
}

/* The TLVs behind the fixed part. Unknown types are skipped; `base` is the offset of the reader's start. */
static enum hsrp_wire_error tlvs_read(struct hsrp_packet *out, struct reader *r, const uint8_t *payload)
{
	while (reader_left(r) > 0) {
		const uint8_t *start = r->p;
		uint8_t type = read_u8(r), length = read_u8(r);
		read_bytes(r, length);
		if (r->failed)
			return HSRP_WIRE_TLV;
		if (type != TLV_MD5)
			continue;
		if (out->has_md5 || length != TLV_MD5_BODY)
			return HSRP_WIRE_TLV;
		out->has_md5 = true;
		out->digest_offset = (size_t)(start - payload) + TLV_MD5_DIGEST;
	}
	return HSRP_WIRE_OK;
}

static enum hsrp_wire_error advertise_read(struct hsrp_packet *out, struct reader *r)
{
	uint16_t type = read_u16(r);
	read_u16(r); /* length: senders disagree about what it counts */
	out->adv_state = read_u8(r);
	read_u8(r);
	out->adv_active = read_u16(r);
	out->adv_passive = read_u16(r);
	if (r->failed)
		return HSRP_WIRE_SHORT;
	if (type != ADV_TYPE_INTERFACE_STATE || out->adv_state < HSRP_ADV_DORMANT ||
		out->adv_state > HSRP_ADV_ACTIVE)
		return HSRP_WIRE_STATE;
	return HSRP_WIRE_OK;
}

enum hsrp_wire_error hsrp_packet_read(struct hsrp_packet *out, const uint8_t *payload, size_t len)
{
	struct reader r = reader_make(payload, len);

	memset(out, 0, sizeof(*out));
	uint8_t version = read_u8(&r);
	out->version = 1;
	out->opcode = read_u8(&r);
	if (r.failed)
		return HSRP_WIRE_SHORT;
	if (version != 0)
		return HSRP_WIRE_VERSION;
	if (out->opcode == HSRP_ADVERTISE)
		return advertise_read(out, &r);
	if (out->opcode > HSRP_ADVERTISE)
		return HSRP_WIRE_OPCODE;

	uint8_t state = read_u8(&r);
	out->hello_ms = read_u8(&r) * (uint32_t)SECOND_MS;
	out->hold_ms = read_u8(&r) * (uint32_t)SECOND_MS;
	out->priority = read_u8(&r);
	out->group = read_u8(&r);
	read_u8(&r); /* reserved */
	const uint8_t *auth = read_bytes(&r, HSRP_TEXT_AUTH_MAX);
	uint32_t vip = read_u32(&r);
	if (r.failed)
		return HSRP_WIRE_SHORT;
	if (!state_from_v1(state, &out->state))
		return HSRP_WIRE_STATE;
	memcpy(out->auth, auth, HSRP_TEXT_AUTH_MAX);
	if (vip != 0)
		out->vip = ip_v4(vip);
	return tlvs_read(out, &r, payload);
}

/* RFC 2281's fields hold whole seconds; a shorter time is said as one second and never learned from us. */
static uint8_t seconds(uint32_t ms)
{
	uint32_t s = (ms + SECOND_MS - 1) / SECOND_MS;

	return s > 255 ? 255 : (uint8_t)s;
}

size_t hsrp_packet_write(const struct hsrp_packet *p, uint8_t *out, size_t size)
{
	struct writer w = writer_make(out, size);

	assert(p->version == 1 && p->opcode <= HSRP_ADVERTISE);
	write_u8(&w, 0);
	write_u8(&w, p->opcode);
	if (p->opcode == HSRP_ADVERTISE) {
		write_u16(&w, ADV_TYPE_INTERFACE_STATE);
		write_u16(&w, ADV_LENGTH);
		write_u8(&w, p->adv_state);
		write_u8(&w, 0);
		write_u16(&w, p->adv_active);
		write_u16(&w, p->adv_passive);
		write_u32(&w, 0);
		return w.failed ? 0 : writer_len(&w);
	}
	assert(p->state < HSRP_STATE_COUNT && p->group <= HSRP_GROUP_MAX_V1);
	write_u8(&w, v1_state[p->state]);
	write_u8(&w, seconds(p->hello_ms));
	write_u8(&w, seconds(p->hold_ms));
	write_u8(&w, p->priority);
	write_u8(&w, (uint8_t)p->group);
	write_u8(&w, 0);
	write_bytes(&w, p->auth, sizeof(p->auth));
	write_u32(&w, p->vip.family == IP_V4 ? ip_v4_u32(&p->vip) : 0);
	return w.failed ? 0 : writer_len(&w);
}

/* RFC 1071 sum of big-endian words, not yet folded. */
static uint32_t sum_words(uint32_t sum, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	return len & 1 ? sum + ((uint32_t)p[len - 1] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Over the pseudo header (addresses stand at offset 12 of the IP header), UDP header and data. */
static uint16_t udp_checksum(const uint8_t *ip, const uint8_t *udp, size_t len)
{
	return fold(sum_words(sum_words(PROTOCOL_UDP + (uint32_t)len, ip + 12, 8), udp, len));
}

enum hsrp_wire_error hsrp_frame_read(
	struct hsrp_frame *out, const uint8_t *frame, size_t len, bool checksummed)
{
	struct reader r = reader_make(frame, len);

	memset(out, 0, sizeof(*out));
	const uint8_t *to_mac = read_bytes(&r, 6), *from_mac = read_bytes(&r, 6);
	uint16_t ethertype = read_u16(&r);
	const uint8_t *ip = read_bytes(&r, IPV4_HEADER);
	if (r.failed)
		return HSRP_WIRE_SHORT;
	if (ethertype != ETHERTYPE_IPV4 || ip[0] >> 4 != 4 || ip[9] != PROTOCOL_UDP)
		return HSRP_WIRE_NOT_HSRP;
	size_t header = (size_t)(ip[0] & 0x0f) * 4, total = (size_t)(ip[2] << 8 | ip[3]);
	if (header < IPV4_HEADER || total < header + UDP_HEADER)
		return HSRP_WIRE_SHORT;
	read_bytes(&r, header - IPV4_HEADER);
	const uint8_t *udp = read_bytes(&r, total - header); /* what follows is Ethernet padding */
	if (r.failed)
		return HSRP_WIRE_SHORT;
	if ((ip[6] << 8 | ip[7]) & IPV4_FRAGMENT_BITS)
		return HSRP_WIRE_NOT_HSRP;
	struct ipaddr to = ip_from_bytes(IP_V4, ip + 16);
	size_t udp_len = (size_t)(udp[4] << 8 | udp[5]);
	if (ip_v4_u32(&to) != all_routers || (udp[2] << 8 | udp[3]) != HSRP_PORT)
		return HSRP_WIRE_NOT_HSRP;
	if (udp_len < UDP_HEADER || udp_len > total - header)
		return HSRP_WIRE_SHORT;
	bool has_checksum = (udp[6] | udp[7]) != 0;
	if (fold(sum_words(0, ip, header)) != 0 ||
		(checksummed && has_checksum && udp_checksum(ip, udp, udp_len) != 0))
		return HSRP_WIRE_CHECKSUM;

	memcpy(out->to_mac.bytes, to_mac, 6);
	memcpy(out->from_mac.bytes, from_mac, 6);
	out->from = ip_from_bytes(IP_V4, ip + 12);
	out->ttl = ip[8];
	out->payload = udp + UDP_HEADER;
	out->payload_len = udp_len - UDP_HEADER;
	return HSRP_WIRE_OK;
}

size_t hsrp_frame_write(const struct hsrp_packet *p, const struct mac *from_mac, const struct ipaddr *from,
	uint8_t *out, size_t size)
{
	struct writer w = writer_make(out, size);
	uint8_t payload[HSRP_FRAME_MAX];
	size_t n = hsrp_packet_write(p, payload, sizeof(payload));

	assert(from->family == IP_V4);
	write_bytes(&w, all_routers_mac.bytes, 6);
	write_bytes(&w, from_mac->bytes, 6);
	write_u16(&w, ETHERTYPE_IPV4);
	uint8_t *ip = w.p;
	write_u8(&w, 0x45);
	write_u8(&w, IPV4_TOS);
	write_u16(&w, (uint16_t)(IPV4_HEADER + UDP_HEADER + n));
	write_u32(&w, 0); /* id 0, no flags: as captured */
	write_u8(&w, TTL_V1);
	write_u8(&w, PROTOCOL_UDP);
	write_u16(&w, 0);
	write_bytes(&w, from->bytes, 4);
	write_u32(&w, all_routers);
	uint8_t *udp = w.p;
	write_u16(&w, HSRP_PORT);
	write_u16(&w, HSRP_PORT);
	write_u16(&w, (uint16_t)(UDP_HEADER + n));
	write_u16(&w, 0);
	write_bytes(&w, payload, n);
	if (w.failed || n == 0)
		return 0;
	uint16_t sum = fold(sum_words(0, ip, IPV4_HEADER));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	sum = udp_checksum(ip, udp, UDP_HEADER + n);
	sum = sum == 0 ? 0xffff : sum; /* RFC 768: zero would mean "no checksum" */
	udp[6] = (uint8_t)(sum >> 8);
	udp[7] = (uint8_t)sum;
	return writer_len(&w);
}

size_t hsrp_garp_write(
	const struct mac *mac, const struct ipaddr *vip, const struct mac *to, uint8_t *out, size_t size)
{
	struct writer w = writer_make(out, size);

	assert(vip->family == IP_V4);
	write_bytes(&w, to->bytes, 6);
	write_bytes(&w, mac->bytes, 6);
	write_u16(&w, ETHERTYPE_ARP);
	write_u16(&w, 1); /* Ethernet */
	write_u16(&w, ETHERTYPE_IPV4);
	write_u8(&w, 6);
	write_u8(&w, 4);
	write_u16(&w, ARP_REPLY);
	write_bytes(&w, mac->bytes, 6);
	write_bytes(&w, vip->bytes, 4);
	write_bytes(&w, to->bytes, 6);
	write_bytes(&w, vip->bytes, 4);
	return w.failed ? 0 : writer_len(&w);
}
