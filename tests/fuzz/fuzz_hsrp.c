/*
 * What a stranger on the wire can send: frames go to the parser, and to a group of the core in each state, with the
 * checksums made right so that the interesting part is reached.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "linux/md5.h"
#include "hsrp/checksum.h"
#include "hsrp/claim.h"
#include "hsrp/group.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IFINDEX = 3 };

static void answer_kernel(struct hsrp *h, struct hsrp_outs *outs, mono_t now)
{
	for (size_t n = 0; n < outs->count; n++) {
		const struct hsrp_kernel *k = &outs->items[n].kernel;
		struct hsrp_in in = {.kind = HSRP_IN_KERNEL};

		if (outs->items[n].kind != HSRP_OUT_KERNEL)
			continue;
		memcpy(in.kernel.device, k->device, sizeof(in.kernel.device));
		in.kernel.group = k->group;
		in.kernel.family = k->family;
		in.kernel.serial = k->serial;
		hsrp_step(h, &in, now, outs);
	}
	outs->count = 0;
}

/* Whatever came: who stands for an address has one. */
static void check(struct hsrp *h, enum ip_family family)
{
	struct hsrp_status s;

	if (hsrp_group_status(h, "e", family, 1, &s) && s.state > HSRP_LEARN && !ip_is_set(&s.vip))
		abort();
}

/* Bit 4: version 2; bit 5: MD5; bit 6: IPv6. */
static struct hsrp *group_in(unsigned start, mono_t *now, struct hsrp_outs *outs)
{
	struct mac mac = hsrp_virtual_mac(2, IP_V6, 1);
	struct ipaddr virtual6 = hsrp_link_local(&mac);
	struct hsrp *h = hsrp_new(1, md5_sum);
	struct hsrp_in in = {.kind = HSRP_IN_INTERFACE,
		.interface = {.device = "e",
			.name = "e",
			.address = ip_v4(0xc0a80002),
			.address_len = 24,
			.version = start & (16 | 64) ? 2 : 1,
			.ipv6_routing = true}};

	if (!h)
		abort();
	hsrp_step(h, &in, *now, outs);
	in = (struct hsrp_in){.kind = HSRP_IN_GROUP,
		.group = {.device = "e",
			.group = 1,
			.family = start & 64 ? IP_V6 : IP_V4,
			.enabled = true,
			.vip = start & 4     ? (struct ipaddr){0}
				: start & 64 ? virtual6
					     : ip_v4(0xc0a800fe),
			.priority = 100,
			.preempt = start & 8,
			.hello_ms = 3000,
			.hold_ms = 10000,
			.auth = {.text = HSRP_AUTH_DEFAULT}}};
	if (start & 32)
		in.group.auth = (struct hsrp_auth){.kind = HSRP_AUTH_MD5, .key_len = 1, .key = "k"};
	hsrp_step(h, &in, *now, outs);
	struct ipaddr own6 = {.family = IP_V6, .bytes = {0xfe, 0x80, [15] = 2}};
	in = (struct hsrp_in){.kind = HSRP_IN_LINK,
		.link = {.device = "e", .ifindex = IFINDEX, .up = true, .link_local = own6}};
	hsrp_step(h, &in, *now, outs);
	answer_kernel(h, outs, *now);
	/* 1, 12 or 23 s after the start: Listen (or Learn), Speak, Active. */
	for (mono_t end = mono_add_ms(*now, 1001 + (start & 3) * 11000); hsrp_deadline(h).ns <= end.ns;) {
		*now = hsrp_deadline(h);
		hsrp_step(h, &(struct hsrp_in){.kind = HSRP_IN_TIME}, *now, outs);
		answer_kernel(h, outs, *now);
	}
	return h;
}

/* The payload behind Ethernet and IPv4 or IPv6 headers that are right; the length of all. */
static size_t wrap4(uint8_t *frame, const uint8_t *payload, size_t len, bool v2)
{
	/* Ethernet, IPv4 (TTL 1, UDP, 192.168.0.100 > 224.0.0.2, total length and checksum below), UDP without checksum. */
	static const uint8_t head[42] = {1, 0, 0x5e, 0, 0, 2, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0xc0, 0, 0, 0, 0,
		0, 0, 1, 17, 0, 0, 192, 168, 0, 100, 224, 0, 0, 2, 7, 0xc1, 7, 0xc1, 0, 0, 0, 0};
	memcpy(frame, head, sizeof(head));
	memcpy(frame + sizeof(head), payload, len);
	if (v2)
		frame[5] = frame[33] = 0x66; /* 224.0.0.102 */
	frame[17] = (uint8_t)(28 + len);
	frame[16] = (uint8_t)((28 + len) >> 8);
	frame[39] = (uint8_t)(8 + len);
	frame[38] = (uint8_t)((8 + len) >> 8);
	uint32_t sum = 0;
	for (size_t n = 14; n < 34; n += 2)
		sum += (uint32_t)frame[n] << 8 | frame[n + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	frame[24] = (uint8_t)(sum >> 8);
	frame[25] = (uint8_t)sum;
	return sizeof(head) + len;
}

/* From fe80::64 to ff02::66; a payload that begins with 133 is an ICMPv6 message to ff02::2. */
static size_t wrap6(uint8_t *frame, const uint8_t *payload, size_t len)
{
	static const uint8_t head[62] = {0x33, 0x33, 0, 0, 0, 0x66, 2, 0, 0, 0, 0, 9, 0x86, 0xdd,
		0x6e, [20] = 17, 255, 0xfe, 0x80, [37] = 0x64, 0xff, 2, [53] = 0x66, 7, 0xed, 7, 0xed};
	bool icmp = len > 0 && payload[0] == 133;
	size_t before = icmp ? 54 : sizeof(head), total = before + len - 54;

	memcpy(frame, head, sizeof(head));
	memcpy(frame + before, payload, len);
	frame[18] = (uint8_t)(total >> 8);
	frame[19] = (uint8_t)total;
	if (!icmp) {
		frame[58] = (uint8_t)(total >> 8);
		frame[59] = (uint8_t)total;
		return before + len;
	}
	frame[20] = 58;
	frame[5] = frame[53] = 2;
	if (len >= 4) {
		frame[56] = frame[57] = 0;
		uint16_t sum = sum_ipv6(frame + 14, 58, frame + 54, len);
		frame[56] = (uint8_t)(sum >> 8);
		frame[57] = (uint8_t)sum;
	}
	return before + len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hsrp_outs outs = {0};
	struct hsrp_frame f;
	struct hsrp_packet p;
	struct hsrp_claim claim;
	mono_t now = {1000000000000};
	uint8_t frame[512];

	(void)hsrp_solicitation_read(data, size);
	if (hsrp_frame_read(&f, data, size, true) == HSRP_WIRE_OK)
		(void)hsrp_packet_read(&p, f.payload, f.payload_len);
	(void)hsrp_claim_read(&claim, data, size);
	if (size < 1 || size > sizeof(frame) - 62)
		return 0;
	struct hsrp *h = group_in(data[0], &now, &outs);
	/* As a frame by itself: ARP and neighbour advertisements, too. */
	struct hsrp_in raw = {.kind = HSRP_IN_FRAME};
	raw.frame.ifindex = IFINDEX;
	raw.frame.at = now;
	raw.frame.bytes = data;
	raw.frame.len = size;
	hsrp_step(h, &raw, now, &outs);
	answer_kernel(h, &outs, now);
	/* Packets behind a length byte each. */
	for (size_t at = 1; at < size;) {
		size_t len = data[at++];
		len = len > size - at ? size - at : len;
		bool v6 = data[0] & 64;
		size_t total = v6 ? wrap6(frame, data + at, len) : wrap4(frame, data + at, len, data[0] & 16);
		struct hsrp_in in = {.kind = HSRP_IN_FRAME};
		in.frame.ifindex = IFINDEX;
		in.frame.at = now;
		in.frame.checksummed = !v6; /* IPv6's is not computed: no frame without one is accepted */
		in.frame.bytes = frame;
		in.frame.len = total;
		hsrp_step(h, &in, now, &outs);
		answer_kernel(h, &outs, now);
		now = mono_add_ms(now, 500);
		hsrp_step(h, &(struct hsrp_in){.kind = HSRP_IN_TIME}, now, &outs);
		answer_kernel(h, &outs, now);
		if (hsrp_deadline(h).ns <= now.ns)
			abort(); /* it would spin */
		check(h, v6 ? IP_V6 : IP_V4);
		at += len;
	}
	hsrp_free(h);
	hsrp_outs_free(&outs);
	return 0;
}
