#include "sim/peek.h"

#include <string.h>

enum {
	ETHERNET = 14,
	IPV4 = 20,
	IPV6 = 40,
	UDP = 8,
	PORT = 1985,
	PORT_V6 = 2029,
	V1 = 20,
	V2_STATE = 42,
	ROUTER_ADVERTISEMENT = 134,
	NEIGHBOUR_ADVERTISEMENT = 136,
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static unsigned be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* Version 1 has a bit for each state: 0, 1, 2, 4, 8, 16. */
static uint8_t v1_state(uint8_t bits)
{
	uint8_t state = PEEK_INITIAL;

	for (; bits; bits >>= 1)
		state++;
	return state;
}

static bool peek_v1(struct peek *p, const uint8_t *b, size_t len)
{
	if (len < 16 || b[0] != 0)
		return false;
	p->version = 1;
	p->opcode = b[1];
	if (p->opcode == PEEK_ADVERTISE)
		return true;
	if (len < V1)
		return false;
	p->state = v1_state(b[2]);
	p->hello_ms = b[3] * 1000u;
	p->hold_ms = b[4] * 1000u;
	p->priority = b[5];
	p->group = b[6];
	p->text = b + 8;
	p->vip = be32(b + 16);
	if (len >= V1 + 30 && b[V1] == 4 && b[V1 + 1] == 28)
		p->digest = b + V1 + 14;
	return true;
}

static bool peek_v2(struct peek *p, const uint8_t *b, size_t len)
{
	p->version = 2;
	if (len >= 6 && b[0] == 2 && b[1] == 4) {
		p->opcode = PEEK_ADVERTISE;
		return true;
	}
	if (len < V2_STATE || b[0] != 1 || b[1] != 40)
		return false;
	p->opcode = b[3];
	p->state = b[4];
	p->group = (uint16_t)be16(b + 6);
	p->priority = b[17];
	p->hello_ms = be32(b + 18);
	p->hold_ms = be32(b + 22);
	p->vip = be32(b + 26);
	for (size_t at = V2_STATE; at + 2 <= len && at + 2 + b[at + 1] <= len; at += 2u + b[at + 1]) {
		if (b[at] == 3 && b[at + 1] == 8)
			p->text = b + at + 2;
		if (b[at] == 4 && b[at + 1] == 28)
			p->digest = b + at + 14;
	}
	return true;
}

/* HSRP to port 2029, or neighbour discovery: the address's announcement, and router advertisements. */
static bool peek_v6(struct peek *p, const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + ETHERNET, *next = ip + IPV6;

	p->from = be32(ip + 20); /* the end of a link-local address */
	if (ip[6] == 58) {
		p->arp = next[0] == NEIGHBOUR_ADVERTISEMENT;
		return next[0] == NEIGHBOUR_ADVERTISEMENT || next[0] == ROUTER_ADVERTISEMENT;
	}
	if (ip[6] != 17 || be16(next + 2) != PORT_V6 || be16(next + 4) < UDP)
		return false;
	p->payload = next + UDP;
	p->payload_len = be16(next + 4) - UDP;
	if (p->payload_len > len - ETHERNET - IPV6 - UDP)
		return false;
	p->hsrp = peek_v2(p, p->payload, p->payload_len);
	return p->hsrp;
}

bool peek_frame(struct peek *out, const uint8_t *frame, size_t len)
{
	*out = (struct peek){.mac = frame + 6};
	if (len >= ETHERNET + 28 && be16(frame + 12) == 0x0806) {
		out->arp = true;
		out->from = be32(frame + ETHERNET + 14);
		return true;
	}
	if (len >= ETHERNET + IPV6 + UDP && be16(frame + 12) == 0x86dd)
		return peek_v6(out, frame, len);
	if (len < ETHERNET + IPV4 + UDP || be16(frame + 12) != 0x0800 || frame[ETHERNET] != 0x45 ||
		frame[ETHERNET + 9] != 17 || be16(frame + ETHERNET + IPV4 + 2) != PORT)
		return false;
	out->from = be32(frame + ETHERNET + 12);
	out->payload = frame + ETHERNET + IPV4 + UDP;
	out->payload_len = be16(frame + ETHERNET + IPV4 + 4) - UDP;
	if (out->payload_len > len - ETHERNET - IPV4 - UDP)
		return false;
	/* 224.0.0.2 or 224.0.0.102 tells the version. */
	out->hsrp = frame[ETHERNET + 19] == 2 ? peek_v1(out, out->payload, out->payload_len)
					      : peek_v2(out, out->payload, out->payload_len);
	return out->hsrp;
}

const char *peek_state_text(unsigned state)
{
	static const char *const names[] = {"-", "Init", "Learn", "Listen", "Speak", "Standby", "Active"};

	return state < sizeof(names) / sizeof(*names) ? names[state] : "?";
}

void peek_virtual_mac(unsigned version, unsigned group, uint8_t out[6])
{
	const uint8_t v1[6] = {0x00, 0x00, 0x0c, 0x07, 0xac, (uint8_t)group};
	const uint8_t v2[6] = {0x00, 0x00, 0x0c, 0x9f, (uint8_t)(0xf0 | (group >> 8 & 0x0f)), (uint8_t)group};

	const uint8_t v6[6] = {0x00, 0x05, 0x73, 0xa0, (uint8_t)(group >> 8 & 0x0f), (uint8_t)group};

	memcpy(out, version == 6 ? v6 : version == 2 ? v2 : v1, 6);
}
