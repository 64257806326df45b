/* See hsrp_world.h. */
#include "linux/md5.h"
#include "hsrp_world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ipaddr host(unsigned n)
{
	return ip_v4(0xc0a80000 + n);
}

static struct ipaddr link_local_host(unsigned n)
{
	return (struct ipaddr){.family = IP_V6, .bytes = {0xfe, 0x80, [15] = (uint8_t)n}};
}

static void box_init(struct world_box *b, unsigned n)
{
	b->h = hsrp_new(n + 1, md5_sum);
	b->mac = (struct mac){{0x02, 0, 0, 0, 0, (uint8_t)(n + 2)}};
	b->link_local = link_local_host(n + 2);
	b->kernel_error = 0;
	b->kernel_fails = -1;
	b->kernel_slow = b->deaf = b->mute = b->has_address = false;
	b->kept_count = b->violations = b->left = b->lines = b->read = 0;
	b->record = (struct hsrp_record){0};
	b->interface = (struct hsrp_interface_config){.device = "eth1",
		.name = "FastEthernet0/0",
		.address = host(n + 2),
		.address_len = 24,
		.version = 1};
	b->group = (struct hsrp_group_config){.device = "eth1",
		.group = 1,
		.family = IP_V4,
		.enabled = true,
		.vip = host(254),
		.priority = 100,
		.hello_ms = 3000,
		.hold_ms = 10000,
		.auth = {.text = HSRP_AUTH_DEFAULT}};
}

void world_reset(struct world *w)
{
	w->now = (mono_t){1000000000000};
	for (unsigned n = 0; n < w->boxes; n++) {
		hsrp_free(w->box[n].h);
		box_init(&w->box[n], n);
	}
}

struct world *world_new(unsigned boxes)
{
	struct world *w = calloc(1, sizeof(*w));

	assert(w && boxes <= WORLD_BOXES);
	w->boxes = boxes;
	world_reset(w);
	return w;
}

void world_free(struct world *w)
{
	for (unsigned n = 0; n < w->boxes; n++)
		hsrp_free(w->box[n].h);
	free(w);
}

void world_ipv6(struct world *w, unsigned box)
{
	struct world_box *b = &w->box[box];
	struct mac mac = hsrp_virtual_mac(2, IP_V6, b->group.group);

	b->interface.version = 2;
	b->interface.ipv6_routing = true;
	b->group.family = IP_V6;
	b->group.vip = hsrp_link_local(&mac);
}

static char *new_line(struct world *w, struct world_box *b)
{
	assert(b->lines < WORLD_LINES);
	b->line_at[b->lines] = w->now;
	return b->line[b->lines++];
}

static const char *mac_word(const struct world_box *b, const struct mac *m)
{
	struct mac virtual = hsrp_virtual_mac(
		b->interface.version, (enum ip_family)b->group.family, b->group.group);

	return !memcmp(m, &virtual, sizeof(*m)) ? "vmac" : !memcmp(m, &b->mac, sizeof(*m)) ? "imac" : "other";
}

/* Neighbour and router advertisements. */
static void note_icmpv6(struct world *w, struct world_box *b, const uint8_t *bytes, size_t len)
{
	struct ipaddr target = ip_from_bytes(IP_V6, bytes + 62);
	struct mac src;
	char ip[IP_TEXT_MAX], *line = new_line(w, b);

	memcpy(src.bytes, bytes + 6, 6);
	if (bytes[54] == 136)
		snprintf(line, WORLD_LINE, "na %s %s", ip_format(&target, ip), mac_word(b, &src));
	else
		snprintf(line, WORLD_LINE, "ra %u s, %zu prefixes %s", bytes[60] << 8 | bytes[61],
			(len - 78) / 32, mac_word(b, &src));
	b->violations += !b->has_address;
}

static void note_frame(struct world *w, struct world_box *b, const uint8_t *bytes, size_t len)
{
	static const char *const ops[] = {"hello", "coup", "resign"};
	static const char *const states[] = {"", "initial", "learn", "listen", "speak", "standby", "active"};
	static const char *const adv[] = {"", "dormant", "passive", "active"};
	struct hsrp_frame f;
	struct hsrp_packet p;
	char to[MAC_TEXT_MAX];

	if (bytes[12] == 0x86 && bytes[20] == 58) {
		note_icmpv6(w, b, bytes, len);
		return;
	}
	char *line = new_line(w, b);
	if (bytes[12] == 0x08 && bytes[13] == 0x06) {
		struct mac dst, src;
		memcpy(dst.bytes, bytes, 6);
		memcpy(src.bytes, bytes + 6, 6);
		snprintf(line, WORLD_LINE, "garp %s %s", mac_format(&dst, to), mac_word(b, &src));
		return;
	}
	assert(hsrp_frame_read(&f, bytes, len, true) == HSRP_WIRE_OK);
	assert(hsrp_packet_read(&p, f.payload, f.payload_len) == HSRP_WIRE_OK);
	if (p.opcode == HSRP_ADVERTISE)
		snprintf(line, WORLD_LINE, "adv %s %u/%u %s", adv[p.adv_state], p.adv_active, p.adv_passive,
			mac_word(b, &f.from_mac));
	else
		snprintf(line, WORLD_LINE, p.md5_key_id ? "%s %s pri %u %s key %u" : "%s %s pri %u %s",
			ops[p.opcode], states[p.state], p.priority, mac_word(b, &f.from_mac), p.md5_key_id);
	/* Leaving is said when the address is gone; the virtual MAC is the active router's, and only it uses it. */
	bool active = p.opcode != HSRP_ADVERTISE && p.state == HSRP_ACTIVE;
	bool leaving = p.opcode == HSRP_RESIGN || (p.opcode == HSRP_HELLO && !active);
	b->violations +=
		(leaving && b->has_address) || active != (strcmp(mac_word(b, &f.from_mac), "vmac") == 0);
}

static void deliver(struct world *w, unsigned from, const uint8_t *bytes, size_t len)
{
	for (unsigned n = 0; n < w->boxes; n++) {
		if (n == from || w->box[n].deaf || (bytes[12] == 0x08 && bytes[13] == 0x06))
			continue;
		struct hsrp_in in = {.kind = HSRP_IN_FRAME};
		in.frame.ifindex = IFINDEX;
		in.frame.at = w->now;
		in.frame.checksummed = true;
		in.frame.bytes = bytes;
		in.frame.len = len;
		world_step(w, n, &in);
	}
}

static void kernel(struct world *w, unsigned box, const struct hsrp_kernel *k)
{
	static const char *const ops[] = {"prepare", "serve", "renew", "unserve", "remove"};
	struct world_box *b = &w->box[box];
	char ip[IP_TEXT_MAX];

	if (k->op == HSRP_KERNEL_RENEW)
		b->renewed = w->now;
	else
		snprintf(new_line(w, b), WORLD_LINE, "kernel %s %s", ops[k->op],
			k->op == HSRP_KERNEL_SERVE ? ip_format(&k->address[0], ip) : "");
	struct hsrp_in in = {.kind = HSRP_IN_KERNEL};
	memcpy(in.kernel.device, k->device, sizeof(in.kernel.device));
	in.kernel.group = k->group;
	in.kernel.family = k->family;
	in.kernel.serial = k->serial;
	in.kernel.error = b->kernel_fails == k->op ? b->kernel_error : 0;
	if (!in.kernel.error)
		b->has_address = k->op == HSRP_KERNEL_SERVE || k->op == HSRP_KERNEL_RENEW ||
			(b->has_address && k->op == HSRP_KERNEL_PREPARE);
	if (b->kernel_slow)
		b->kept[b->kept_count++] = in;
	else
		world_step(w, box, &in);
}

void world_kernel_answer(struct world *w, unsigned box)
{
	struct world_box *b = &w->box[box];

	assert(b->kept_count > 0);
	struct hsrp_in in = b->kept[0];
	memmove(b->kept, b->kept + 1, --b->kept_count * sizeof(in));
	world_step(w, box, &in);
}

void world_step(struct world *w, unsigned box, const struct hsrp_in *in)
{
	static const char *const phases[] = {"state", "serving", "gone", "failed", "changed", "removed"};
	struct world_box *b = &w->box[box];
	struct hsrp_outs outs = {0};

	hsrp_step(b->h, in, w->now, &outs);
	/* All lines first, then what they cause: the order of one router's own actions stays readable. */
	for (size_t n = 0; n < outs.count; n++) {
		const struct hsrp_out *o = &outs.items[n];
		if (o->kind == HSRP_OUT_SEND)
			note_frame(w, b, o->send.bytes, o->send.len);
		else if (o->kind == HSRP_OUT_LOG)
			snprintf(new_line(w, b), WORLD_LINE, "log %.120s", o->log.text);
		else if (o->kind == HSRP_OUT_LEFT)
			b->left++;
		else if (o->kind == HSRP_OUT_RECORD)
			b->record = o->record;
		else if (o->kind == HSRP_OUT_REPORT) {
			b->last = o->report;
			snprintf(new_line(w, b), WORLD_LINE, "report %s %s", phases[o->report.phase],
				hsrp_state_text((enum hsrp_state)o->report.status.state));
		} else if (o->kind == HSRP_OUT_KERNEL)
			kernel(w, box, &o->kernel);
	}
	for (size_t n = 0; n < outs.count && !b->mute; n++)
		if (outs.items[n].kind == HSRP_OUT_SEND)
			deliver(w, box, outs.items[n].send.bytes, outs.items[n].send.len);
	hsrp_outs_free(&outs);
}

void world_configure(struct world *w, unsigned box)
{
	world_step(w, box, &(struct hsrp_in){.kind = HSRP_IN_INTERFACE, .interface = w->box[box].interface});
	world_step(w, box, &(struct hsrp_in){.kind = HSRP_IN_GROUP, .group = w->box[box].group});
}

void world_link(struct world *w, unsigned box, bool up)
{
	struct hsrp_in in = {.kind = HSRP_IN_LINK};

	strcpy(in.link.device, "eth1");
	in.link.ifindex = IFINDEX;
	in.link.up = up;
	in.link.mac = w->box[box].mac;
	if (up)
		in.link.link_local = w->box[box].link_local;
	world_step(w, box, &in);
}

void world_start(struct world *w, unsigned box)
{
	world_configure(w, box);
	world_link(w, box, true);
}

void world_run_ms(struct world *w, int64_t ms)
{
	mono_t end = mono_add_ms(w->now, ms);

	for (;;) {
		unsigned first = 0;
		for (unsigned n = 1; n < w->boxes; n++)
			if (mono_before(hsrp_deadline(w->box[n].h), hsrp_deadline(w->box[first].h)))
				first = n;
		mono_t next = hsrp_deadline(w->box[first].h);
		if (next.ns > end.ns)
			break;
		if (next.ns > w->now.ns)
			w->now = next;
		world_step(w, first, &(struct hsrp_in){.kind = HSRP_IN_TIME});
		assert(hsrp_deadline(w->box[first].h).ns > w->now.ns);
	}
	w->now = end;
}

void world_send(
	struct world *w, unsigned box, const struct hsrp_packet *p, unsigned from_host, const struct mac *mac)
{
	struct hsrp_packet packet = *p;
	struct mac own = {{0x02, 0, 0, 0, 1, (uint8_t)from_host}};
	bool v6 = w->box[box].group.family == IP_V6;
	struct ipaddr from = v6 ? link_local_host(from_host) : host(from_host);
	uint8_t bytes[HSRP_FRAME_MAX];

	packet.version = w->box[box].interface.version;
	packet.identifier = own;
	packet.group = w->box[box].group.group;
	packet.family = w->box[box].group.family;
	if (!packet.auth[0])
		memcpy(packet.auth, HSRP_AUTH_DEFAULT, strlen(HSRP_AUTH_DEFAULT));
	if (!packet.hello_ms) {
		packet.hello_ms = 3000;
		packet.hold_ms = 10000;
	}
	if (!ip_is_set(&packet.vip))
		packet.vip = v6 ? w->box[box].group.vip : host(254);
	size_t len = hsrp_frame_write(&packet, mac ? mac : &own, &from, bytes, sizeof(bytes));
	struct hsrp_in in = {.kind = HSRP_IN_FRAME};
	in.frame.ifindex = IFINDEX;
	in.frame.at = w->now;
	in.frame.checksummed = true;
	in.frame.bytes = bytes;
	in.frame.len = len;
	world_step(w, box, &in);
}

struct hsrp_status world_status(struct world *w, unsigned box)
{
	struct hsrp_status s = {0};

	hsrp_group_status(
		w->box[box].h, "eth1", (enum ip_family)w->box[box].group.family, w->box[box].group.group, &s);
	return s;
}

enum hsrp_state world_state(struct world *w, unsigned box)
{
	return (enum hsrp_state)world_status(w, box).state;
}

const char *world_next(struct world *w, unsigned box)
{
	struct world_box *b = &w->box[box];

	return b->read < b->lines ? b->line[b->read++] : "";
}

void world_skip(struct world *w, unsigned box)
{
	w->box[box].read = w->box[box].lines;
}

unsigned world_count(const struct world *w, unsigned box, const char *prefix)
{
	const struct world_box *b = &w->box[box];
	unsigned count = 0;

	for (unsigned n = b->read; n < b->lines; n++)
		count += strncmp(b->line[n], prefix, strlen(prefix)) == 0;
	return count;
}
