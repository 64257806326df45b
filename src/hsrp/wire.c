/* Bytes of HSRP versions 1 and 2 and of the frames around them, IPv4 and IPv6: see wire.h. */
#include "hsrp/wire.h"

#include <assert.h>

#include "base/bytes.h"
#include "hsrp/checksum.h"

enum {
	TLV_GROUP_STATE = 1,
	TLV_INTERFACE_STATE = 2,
	TLV_TEXT = 3,
	TLV_MD5 = 4,
	TLV_GROUP_STATE_BODY = 40,
	TLV_INTERFACE_STATE_BODY = 4,
	TLV_MD5_BODY = 28,
	MD5_ALGORITHM = 1,
	V2_VIP = 16, /* behind an IPv4 address senders leave what was there before */
	ADV_TYPE_INTERFACE_STATE = 1,
	ADV_LENGTH = 14, /* counts itself and the type */
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_IPV6 = 0x86dd,
	IPV4_HEADER = 20,
	IPV4_TOS = 0xc0,	     /* CS6 */
	IPV4_FRAGMENT_BITS = 0x3fff, /* more fragments, and the offset */
	IPV6_HEADER = 40,
	IPV6_CLASS_AND_FLOW = 0x6e000000, /* traffic class 0xe0, CS7 */
	UDP_HEADER = 8,
	PROTOCOL_UDP = 17,
	TTL_V1 = 1,
	TTL_V2 = 255, /* current routers; older ones send 1. IPv6: all of them */
	DESTINATION_V6 = 0,
	ARP_REPLY = 2,
	SECOND_MS = 1000,
};

/* Where each version is sent to, and IPv6. */
static const struct {
	uint8_t address[16];
	struct mac mac;
	uint8_t ttl;
} destination[] = {
	[DESTINATION_V6] = {{0xff, 0x02, [15] = 0x66}, {{0x33, 0x33, 0x00, 0x00, 0x00, 0x66}},
		TTL_V2}, /* ff02::66 */
	[1] = {{224, 0, 0, 2}, {{0x01, 0x00, 0x5e, 0x00, 0x00, 0x02}}, TTL_V1},
	[2] = {{224, 0, 0, 102}, {{0x01, 0x00, 0x5e, 0x00, 0x00, 0x66}}, TTL_V2},
};
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

static void md5_read(struct hsrp_packet *out, struct reader *body, const uint8_t *payload)
{
	read_bytes(body, 4); /* algorithm, padding, flags: a digest of another kind does not match */
	out->md5_address = read_u32(body);
	out->md5_key_id = read_u32(body);
	out->digest_offset = (size_t)(body->p - payload);
	const uint8_t *digest = read_bytes(body, HSRP_DIGEST_LEN);
	if (digest)
		memcpy(out->digest, digest, HSRP_DIGEST_LEN);
	out->has_md5 = true;
}

/* The TLVs behind the fixed part. Unknown types are skipped; those of version 2 mean nothing in version 1. */
static enum hsrp_wire_error tlvs_read(struct hsrp_packet *out, struct reader *r, const uint8_t *payload)
{
	bool has_text = false;

	while (reader_left(r) > 0) {
		uint8_t type = read_u8(r), length = read_u8(r);
		const uint8_t *body = read_bytes(r, length);
		if (r->failed)
			return HSRP_WIRE_TLV;
		struct reader inside = reader_make(body, length);
		if (type == TLV_MD5) {
			if (out->has_md5 || length != TLV_MD5_BODY)
				return HSRP_WIRE_TLV;
			md5_read(out, &inside, payload);
		} else if (type == TLV_TEXT && out->version == 2) {
			if (has_text || length != HSRP_TEXT_AUTH_MAX)
				return HSRP_WIRE_TLV;
			has_text = true;
			memcpy(out->auth, body, HSRP_TEXT_AUTH_MAX);
		} else if (out->version == 2 && (type == TLV_GROUP_STATE || type == TLV_INTERFACE_STATE)) {
			return HSRP_WIRE_TLV; /* one payload tells of one thing */
		}
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

static enum hsrp_wire_error group_state_read(struct hsrp_packet *out, struct reader *body)
{
	static const uint8_t unset[V2_VIP];
	uint8_t version = read_u8(body);
	out->opcode = read_u8(body);
	out->state = read_u8(body);
	uint8_t family = read_u8(body);
	out->group = read_u16(body);
	const uint8_t *identifier = read_bytes(body, sizeof(out->identifier.bytes));
	uint32_t priority = read_u32(body);
	out->hello_ms = read_u32(body);
	out->hold_ms = read_u32(body);
	const uint8_t *vip = read_bytes(body, V2_VIP);
	if (body->failed)
		return HSRP_WIRE_SHORT;
	if (version != 2 || (family != IP_V4 && family != IP_V6))
		return HSRP_WIRE_VERSION;
	if (out->opcode > HSRP_RESIGN)
		return HSRP_WIRE_OPCODE;
	if (out->state >= HSRP_STATE_COUNT)
		return HSRP_WIRE_STATE;
	if (out->group > HSRP_GROUP_MAX_V2 || priority > UINT8_MAX)
		return HSRP_WIRE_VALUE;
	memcpy(out->identifier.bytes, identifier, sizeof(out->identifier.bytes));
	out->family = family;
	out->priority = (uint8_t)priority;
	if (memcmp(vip, unset, family == IP_V6 ? V2_VIP : 4) != 0)
		out->vip = ip_from_bytes((enum ip_family)family, vip);
	return HSRP_WIRE_OK;
}

/* TLVs throughout; the first says what it is about. */
static enum hsrp_wire_error v2_read(struct hsrp_packet *out, const uint8_t *payload, size_t len)
{
	struct reader r = reader_make(payload, len);
	uint8_t type = read_u8(&r), length = read_u8(&r);
	const uint8_t *bytes = read_bytes(&r, length);
	enum hsrp_wire_error error = HSRP_WIRE_OK;

	out->version = 2;
	if (r.failed)
		return HSRP_WIRE_SHORT;
	struct reader body = reader_make(bytes, length);
	if (type == TLV_INTERFACE_STATE) {
		out->opcode = HSRP_ADVERTISE;
		out->adv_active = read_u16(&body);
		out->adv_passive = read_u16(&body);
		error = body.failed ? HSRP_WIRE_SHORT : HSRP_WIRE_OK;
	} else {
		error = group_state_read(out, &body);
	}
	return error == HSRP_WIRE_OK ? tlvs_read(out, &r, payload) : error;
}

enum hsrp_wire_error hsrp_packet_read(struct hsrp_packet *out, const uint8_t *payload, size_t len)
{
	struct reader r = reader_make(payload, len);

	memset(out, 0, sizeof(*out));
	/* Version 1 begins with its version, which is 0; version 2 with the type of its first TLV. */
	uint8_t first = read_u8(&r);
	if (!r.failed && (first == TLV_GROUP_STATE || first == TLV_INTERFACE_STATE))
		return v2_read(out, payload, len);
	out->version = 1;
	out->opcode = read_u8(&r);
	if (r.failed)
		return HSRP_WIRE_SHORT;
	if (first != 0)
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
	out->family = IP_V4;
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

static void md5_write(struct writer *w, const struct hsrp_packet *p)
{
	write_u8(w, TLV_MD5);
	write_u8(w, TLV_MD5_BODY);
	write_u8(w, MD5_ALGORITHM);
	write_u8(w, 0);
	write_u16(w, 0);
	write_u32(w, p->md5_address);
	write_u32(w, p->md5_key_id);
	write_bytes(w, p->digest, sizeof(p->digest));
}

static uint32_t vip_of(const struct hsrp_packet *p)
{
	return p->vip.family == IP_V4 ? ip_v4_u32(&p->vip) : 0;
}

static void v1_advertise_write(struct writer *w, const struct hsrp_packet *p)
{
	write_u8(w, 0);
	write_u8(w, HSRP_ADVERTISE);
	write_u16(w, ADV_TYPE_INTERFACE_STATE);
	write_u16(w, ADV_LENGTH);
	write_u8(w, p->adv_state);
	write_u8(w, 0);
	write_u16(w, p->adv_active);
	write_u16(w, p->adv_passive);
	write_u32(w, 0);
}

static void v1_write(struct writer *w, const struct hsrp_packet *p)
{
	assert(p->group <= HSRP_GROUP_MAX_V1);
	write_u8(w, 0);
	write_u8(w, p->opcode);
	write_u8(w, v1_state[p->state]);
	write_u8(w, seconds(p->hello_ms));
	write_u8(w, seconds(p->hold_ms));
	write_u8(w, p->priority);
	write_u8(w, (uint8_t)p->group);
	write_u8(w, 0);
	write_bytes(w, p->auth, sizeof(p->auth));
	write_u32(w, vip_of(p));
	if (p->has_md5)
		md5_write(w, p);
}

static void v2_advertise_write(struct writer *w, const struct hsrp_packet *p)
{
	write_u8(w, TLV_INTERFACE_STATE);
	write_u8(w, TLV_INTERFACE_STATE_BODY);
	write_u16(w, p->adv_active);
	write_u16(w, p->adv_passive);
}

static void v2_write(struct writer *w, const struct hsrp_packet *p)
{

	assert(p->group <= HSRP_GROUP_MAX_V2);
	write_u8(w, TLV_GROUP_STATE);
	write_u8(w, TLV_GROUP_STATE_BODY);
	write_u8(w, 2);
	write_u8(w, p->opcode);
	write_u8(w, p->state);
	write_u8(w, p->family == IP_V6 ? IP_V6 : IP_V4);
	write_u16(w, p->group);
	write_bytes(w, p->identifier.bytes, sizeof(p->identifier.bytes));
	write_u32(w, p->priority);
	write_u32(w, p->hello_ms);
	write_u32(w, p->hold_ms);
	write_bytes(w, p->vip.bytes, V2_VIP); /* what is not used of it is zero */
	if (p->has_md5) {
		md5_write(w, p);
		return;
	}
	write_u8(w, TLV_TEXT);
	write_u8(w, HSRP_TEXT_AUTH_MAX);
	write_bytes(w, p->auth, sizeof(p->auth));
}

size_t hsrp_packet_write(const struct hsrp_packet *p, uint8_t *out, size_t size)
{
	struct writer w = writer_make(out, size);
	bool advertise = p->opcode == HSRP_ADVERTISE;

	assert(p->opcode <= HSRP_ADVERTISE && p->state < HSRP_STATE_COUNT);
	if (p->version == 2)
		(advertise ? v2_advertise_write : v2_write)(&w, p);
	else
		(advertise ? v1_advertise_write : v1_write)(&w, p);
	return w.failed ? 0 : writer_len(&w);
}

/* Where HSRP is looked for in a frame: the IP header, and the UDP datagram that fills `room` bytes at most. */
struct datagram {
	const uint8_t *ip, *udp;
	size_t room;
};

static uint16_t udp_checksum(enum ip_family family, const uint8_t *ip, const uint8_t *udp, size_t len)
{
	if (family == IP_V6)
		return sum_ipv6(ip, PROTOCOL_UDP, udp, len);
	return sum_fold(sum_words(sum_words(PROTOCOL_UDP + (uint32_t)len, ip + 12, 8), udp, len));
}

static enum hsrp_wire_error ipv4_read(struct hsrp_frame *out, struct reader *r, struct datagram *d)
{
	const uint8_t *ip = read_bytes(r, IPV4_HEADER);

	if (r->failed)
		return HSRP_WIRE_SHORT;
	if (ip[0] >> 4 != 4 || ip[9] != PROTOCOL_UDP)
		return HSRP_WIRE_NOT_HSRP;
	size_t header = (size_t)(ip[0] & 0x0f) * 4, total = (size_t)(ip[2] << 8 | ip[3]);
	if (header < IPV4_HEADER || total < header + UDP_HEADER)
		return HSRP_WIRE_SHORT;
	read_bytes(r, header - IPV4_HEADER);
	*d = (struct datagram){ip, read_bytes(r, total - header), total - header};
	if (r->failed)
		return HSRP_WIRE_SHORT;
	if ((ip[6] << 8 | ip[7]) & IPV4_FRAGMENT_BITS)
		return HSRP_WIRE_NOT_HSRP;
	out->version = memcmp(ip + 16, destination[1].address, 4) == 0 ? 1 : 2;
	if (memcmp(ip + 16, destination[out->version].address, 4) != 0)
		return HSRP_WIRE_NOT_HSRP;
	if (sum_fold(sum_words(0, ip, header)) != 0)
		return HSRP_WIRE_CHECKSUM;
	out->from = ip_from_bytes(IP_V4, ip + 12);
	out->ttl = ip[8];
	return HSRP_WIRE_OK;
}

/* Without extension headers: no router sends HSRP behind one. */
static enum hsrp_wire_error ipv6_read(struct hsrp_frame *out, struct reader *r, struct datagram *d)
{
	const uint8_t *ip = read_bytes(r, IPV6_HEADER);

	if (r->failed)
		return HSRP_WIRE_SHORT;
	if (ip[0] >> 4 != 6 || ip[6] != PROTOCOL_UDP ||
		memcmp(ip + 24, destination[DESTINATION_V6].address, 16) != 0)
		return HSRP_WIRE_NOT_HSRP;
	size_t room = (size_t)(ip[4] << 8 | ip[5]);
	if (room < UDP_HEADER)
		return HSRP_WIRE_SHORT;
	*d = (struct datagram){ip, read_bytes(r, room), room};
	if (r->failed)
		return HSRP_WIRE_SHORT;
	out->version = 2;
	out->from = ip_from_bytes(IP_V6, ip + 8);
	out->ttl = ip[7];
	return HSRP_WIRE_OK;
}

enum hsrp_wire_error hsrp_frame_read(
	struct hsrp_frame *out, const uint8_t *frame, size_t len, bool checksummed)
{
	struct reader r = reader_make(frame, len);
	struct datagram d;

	memset(out, 0, sizeof(*out));
	const uint8_t *to_mac = read_bytes(&r, 6), *from_mac = read_bytes(&r, 6);
	uint16_t ethertype = read_u16(&r);
	if (r.failed)
		return HSRP_WIRE_SHORT;
	if (ethertype != ETHERTYPE_IPV4 && ethertype != ETHERTYPE_IPV6)
		return HSRP_WIRE_NOT_HSRP;
	enum hsrp_wire_error error = (ethertype == ETHERTYPE_IPV6 ? ipv6_read : ipv4_read)(out, &r, &d);
	if (error != HSRP_WIRE_OK)
		return error;
	enum ip_family family = (enum ip_family)out->from.family;
	size_t udp_len = (size_t)(d.udp[4] << 8 | d.udp[5]);
	if ((d.udp[2] << 8 | d.udp[3]) != (family == IP_V6 ? HSRP_PORT_V6 : HSRP_PORT))
		return HSRP_WIRE_NOT_HSRP;
	if (udp_len < UDP_HEADER || udp_len > d.room)
		return HSRP_WIRE_SHORT;
	/* RFC 768: zero is "no checksum"; RFC 8200 8.1: IPv6 has no such thing. */
	bool has_checksum = (d.udp[6] | d.udp[7]) != 0;
	if (checksummed && (has_checksum ? udp_checksum(family, d.ip, d.udp, udp_len) != 0 : family == IP_V6))
		return HSRP_WIRE_CHECKSUM;

	memcpy(out->to_mac.bytes, to_mac, 6);
	memcpy(out->from_mac.bytes, from_mac, 6);
	out->payload = d.udp + UDP_HEADER;
	out->payload_len = udp_len - UDP_HEADER;
	return HSRP_WIRE_OK;
}

static void ipv4_write(struct writer *w, const struct ipaddr *from, unsigned version, size_t len)
{
	uint8_t *ip = w->p;

	write_u8(w, 0x45);
	write_u8(w, IPV4_TOS);
	write_u16(w, (uint16_t)(IPV4_HEADER + len));
	write_u32(w, 0); /* id 0, no flags: as captured */
	write_u8(w, destination[version].ttl);
	write_u8(w, PROTOCOL_UDP);
	write_u16(w, 0);
	write_bytes(w, from->bytes, 4);
	write_bytes(w, destination[version].address, 4);
	if (w->failed)
		return;
	uint16_t sum = sum_fold(sum_words(0, ip, IPV4_HEADER));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

static void ipv6_write(struct writer *w, const struct ipaddr *from, size_t len)
{
	write_u32(w, IPV6_CLASS_AND_FLOW);
	write_u16(w, (uint16_t)len);
	write_u8(w, PROTOCOL_UDP);
	write_u8(w, destination[DESTINATION_V6].ttl);
	write_bytes(w, from->bytes, 16);
	write_bytes(w, destination[DESTINATION_V6].address, 16);
}

size_t hsrp_frame_write(const struct hsrp_packet *p, const struct mac *from_mac, const struct ipaddr *from,
	uint8_t *out, size_t size)
{
	struct writer w = writer_make(out, size);
	uint8_t payload[HSRP_FRAME_MAX];
	size_t n = hsrp_packet_write(p, payload, sizeof(payload)), len = UDP_HEADER + n;
	bool v6 = from->family == IP_V6;

	assert(ip_is_set(from) && (!v6 || p->version == 2));
	unsigned version = p->version == 2 ? 2 : 1;
	uint16_t port = v6 ? HSRP_PORT_V6 : HSRP_PORT;
	write_bytes(&w, destination[v6 ? DESTINATION_V6 : version].mac.bytes, 6);
	write_bytes(&w, from_mac->bytes, 6);
	write_u16(&w, v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
	uint8_t *ip = w.p;
	if (v6)
		ipv6_write(&w, from, len);
	else
		ipv4_write(&w, from, version, len);
	uint8_t *udp = w.p;
	write_u16(&w, port);
	write_u16(&w, port);
	write_u16(&w, (uint16_t)len);
	write_u16(&w, 0);
	write_bytes(&w, payload, n);
	if (w.failed || n == 0)
		return 0;
	uint16_t sum = udp_checksum((enum ip_family)from->family, ip, udp, len);
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
