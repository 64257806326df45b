/*
 * What a stranger on the wire can send: frames go to the parser, and to a group of the core in each state, with the
 * checksums made right so that the interesting part is reached.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "linux/md5.h"
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

/* Bit 4: version 2; bit 5: MD5. */
static struct hsrp *group_in(unsigned start, mono_t *now, struct hsrp_outs *outs)
{
	struct hsrp *h = hsrp_new(1, md5_sum);
	struct hsrp_in in = {.kind = HSRP_IN_INTERFACE,
		.interface = {.device = "e",
			.name = "e",
			.address = ip_v4(0xc0a80002),
			.address_len = 24,
			.version = start & 16 ? 2 : 1}};

	if (!h)
		abort();
	hsrp_step(h, &in, *now, outs);
	in = (struct hsrp_in){.kind = HSRP_IN_GROUP,
		.group = {.device = "e",
			.group = 1,
			.family = IP_V4,
			.enabled = true,
			.vip = start & 4 ? (struct ipaddr){0} : ip_v4(0xc0a800fe),
			.priority = 100,
			.preempt = start & 8,
			.hello_ms = 3000,
			.hold_ms = 10000,
			.auth = {.text = HSRP_AUTH_DEFAULT}}};
	if (start & 32)
		in.group.auth = (struct hsrp_auth){.kind = HSRP_AUTH_MD5, .key_len = 1, .key = "k"};
	hsrp_step(h, &in, *now, outs);
	in = (struct hsrp_in){.kind = HSRP_IN_LINK, .link = {.device = "e", .ifindex = IFINDEX, .up = true}};
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Ethernet, IPv4 (TTL 1, UDP, 192.168.0.100 > 224.0.0.2, total length and checksum below), UDP without checksum. */
	static const uint8_t head[42] = {1, 0, 0x5e, 0, 0, 2, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0xc0, 0, 0, 0, 0,
		0, 0, 1, 17, 0, 0, 192, 168, 0, 100, 224, 0, 0, 2, 7, 0xc1, 7, 0xc1, 0, 0, 0, 0};
	struct hsrp_outs outs = {0};
	struct hsrp_frame f;
	struct hsrp_packet p;
	struct hsrp_claim claim;
	mono_t now = {1000000000000};
	uint8_t frame[512];

	if (hsrp_frame_read(&f, data, size, true) == HSRP_WIRE_OK)
		(void)hsrp_packet_read(&p, f.payload, f.payload_len);
	(void)hsrp_claim_read(&claim, data, size);
	if (size < 1 || size > sizeof(frame) - sizeof(head))
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
		memcpy(frame, head, sizeof(head));
		memcpy(frame + sizeof(head), data + at, len);
		if (data[0] & 16)
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
		struct hsrp_in in = {.kind = HSRP_IN_FRAME};
		in.frame.ifindex = IFINDEX;
		in.frame.at = now;
		in.frame.checksummed = true;
		in.frame.bytes = frame;
		in.frame.len = sizeof(head) + len;
		hsrp_step(h, &in, now, &outs);
		answer_kernel(h, &outs, now);
		now = mono_add_ms(now, 500);
		hsrp_step(h, &(struct hsrp_in){.kind = HSRP_IN_TIME}, now, &outs);
		answer_kernel(h, &outs, now);
		if (hsrp_deadline(h).ns <= now.ns)
			abort(); /* it would spin */
		at += len;
	}
	hsrp_free(h);
	hsrp_outs_free(&outs);
	return 0;
}
