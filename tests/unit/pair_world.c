/* See pair_world.h. */
#include "pair_world.h"

#include <assert.h>
#include <string.h>

#include "linux/md5.h"

enum { ICMPV6 = 58 };

static const char *const devices[SEGMENTS] = {"out0", "in0"};
static const int ifindexes[SEGMENTS] = {3, 4};

static enum ip_family speaks = IP_V4;

void pair_world_speak(enum ip_family family)
{
	speaks = family;
}

enum ip_family pair_world_speaks(void)
{
	return speaks;
}

static struct ipaddr host(unsigned segment, unsigned n)
{
	uint8_t link_local[16] = {0xfe, 0x80, [13] = (uint8_t)segment, [15] = (uint8_t)n};

	if (speaks == IP_V6)
		return ip_from_bytes(IP_V6, link_local);
	return ip_v4((segment == OUT ? 0xc0a80000u : 0x0a000000u) + n);
}

void pair_world_init(struct pair_world *w, unsigned boxes, bool crossed, bool paired)
{
	*w = (struct pair_world){.now = {1000000000000}, .boxes = boxes};
	for (unsigned n = 0; n < boxes; n++) {
		struct pair_box *b = &w->box[n];

		b->h = hsrp_new(n + 1, md5_sum);
		for (unsigned s = 0; s < SEGMENTS; s++) {
			b->interface[s] = (struct hsrp_interface_config){.address_len = speaks == IP_V6 ? 0 : 24,
				.ipv6_routing = speaks == IP_V6,
				.version = speaks == IP_V6 ? 2 : 1};
			b->source[s] = host(s, s == IN && crossed ? 20 - n : 10 + n);
			if (speaks == IP_V4)
				b->interface[s].address = b->source[s];
			b->group[s] = (struct hsrp_group_config){.group = (uint16_t)(1 + s),
				.family = (uint8_t)speaks,
				.enabled = true,
				.vip = host(s, 254),
				.priority = 100,
				.hello_ms = 3000,
				.hold_ms = 10000,
				.auth = {.text = HSRP_AUTH_DEFAULT}};
			strcpy(b->interface[s].device, devices[s]);
			strcpy(b->interface[s].name, s == OUT ? "Outside" : "Inside");
			strcpy(b->group[s].device, devices[s]);
			if (paired) {
				strcpy(b->group[s].pair.device, devices[!s]);
				b->group[s].pair.group = (uint16_t)(1 + !s);
				b->group[s].pair.family = (uint8_t)speaks;
			}
		}
	}
}

void pair_world_close(struct pair_world *w)
{
	for (unsigned n = 0; n < w->boxes; n++)
		hsrp_free(w->box[n].h);
}

static struct queued *enqueue(struct pair_world *w, unsigned box, enum hsrp_in_kind kind)
{
	assert(w->count < EVENTS_MAX);
	struct queued *q = &w->queue[(w->first + w->count++) % EVENTS_MAX];

	*q = (struct queued){.box = box, .in = {.kind = (uint8_t)kind}};
	return q;
}

static unsigned segment_of(int ifindex)
{
	return ifindex == ifindexes[OUT] ? OUT : IN;
}

static void send(struct pair_world *w, unsigned from, const struct hsrp_out *o)
{
	unsigned s = segment_of(o->send.ifindex);
	struct hsrp_frame f;
	struct hsrp_packet p;

	bool arp = o->send.bytes[12] == 0x08 && o->send.bytes[13] == 0x06;
	if (arp || (o->send.bytes[12] == 0x86 && o->send.bytes[20] == ICMPV6)) {
		w->box[from].garps++; /* or a neighbour or router advertisement */
		return;
	}
	assert(hsrp_frame_read(&f, o->send.bytes, o->send.len, true) == HSRP_WIRE_OK);
	assert(hsrp_packet_read(&p, f.payload, f.payload_len) == HSRP_WIRE_OK);
	w->box[from].coups += p.opcode == HSRP_COUP;
	w->box[from].resigns += p.opcode == HSRP_RESIGN;
	for (unsigned n = 0; n < w->boxes; n++) {
		if (n == from || w->box[n].cut[s] || w->box[from].cut[s] || !w->box[n].link[s])
			continue;
		struct queued *q = enqueue(w, n, HSRP_IN_FRAME);

		q->in.frame.ifindex = ifindexes[s];
		q->in.frame.at = w->now;
		q->in.frame.checksummed = true;
		q->len = o->send.len;
		memcpy(q->bytes, o->send.bytes, o->send.len);
	}
}

static void kernel(struct pair_world *w, unsigned n, const struct hsrp_kernel *k)
{
	struct queued *q = enqueue(w, n, HSRP_IN_KERNEL);
	unsigned s = segment_of(k->ifindex);

	memcpy(q->in.kernel.device, k->device, sizeof(q->in.kernel.device));
	q->in.kernel.family = k->family;
	q->in.kernel.group = k->group;
	q->in.kernel.serial = k->serial;
	if (k->op == HSRP_KERNEL_SERVE && w->box[n].refuses[s])
		q->in.kernel.error = 12;
	else if (k->op == HSRP_KERNEL_SERVE)
		w->box[n].has_address[s] = true;
	else if (k->op == HSRP_KERNEL_UNSERVE || k->op == HSRP_KERNEL_REMOVE)
		w->box[n].has_address[s] = false;
}

static void step(struct pair_world *w, unsigned n, const struct hsrp_in *in)
{
	struct pair_box *b = &w->box[n];
	struct hsrp_outs outs = {0};

	(void)hsrp_step(b->h, in, w->now, &outs);
	for (size_t i = 0; i < outs.count; i++) {
		const struct hsrp_out *o = &outs.items[i];

		if (o->kind == HSRP_OUT_SEND)
			send(w, n, o);
		else if (o->kind == HSRP_OUT_KERNEL)
			kernel(w, n, &o->kernel);
		else if (o->kind == HSRP_OUT_REPORT) {
			unsigned s = strcmp(o->report.status.device, devices[OUT]) == 0 ? OUT : IN;

			b->serving[s] = o->report.status.serving;
		}
	}
	hsrp_outs_free(&outs);
	b->split |= b->group[OUT].pair.device[0] &&
		(pair_state(w, n, OUT) == HSRP_ACTIVE) != (pair_state(w, n, IN) == HSRP_ACTIVE);
}

static void drain(struct pair_world *w)
{
	while (w->count > 0) {
		struct queued q = w->queue[w->first];

		w->first = (w->first + 1) % EVENTS_MAX;
		w->count--;
		if (q.in.kind == HSRP_IN_FRAME) {
			q.in.frame.bytes = q.bytes;
			q.in.frame.len = q.len;
		}
		step(w, q.box, &q.in);
	}
}

void pair_step(struct pair_world *w, unsigned box, const struct hsrp_in *in)
{
	step(w, box, in);
	drain(w);
}

void pair_configure(struct pair_world *w, unsigned box)
{
	struct pair_box *b = &w->box[box];

	for (unsigned s = 0; s < SEGMENTS; s++) {
		pair_step(w, box, &(struct hsrp_in){.kind = HSRP_IN_INTERFACE, .interface = b->interface[s]});
		pair_step(w, box, &(struct hsrp_in){.kind = HSRP_IN_GROUP, .group = b->group[s]});
	}
}

void pair_link(struct pair_world *w, unsigned box, unsigned segment, bool up)
{
	struct hsrp_in in = {.kind = HSRP_IN_LINK};

	w->box[box].link[segment] = up;
	strcpy(in.link.device, devices[segment]);
	in.link.ifindex = ifindexes[segment];
	in.link.up = up;
	in.link.mac = (struct mac){{0x02, 0, 0, 0, (uint8_t)segment, (uint8_t)(box + 1)}};
	if (speaks == IP_V6)
		in.link.link_local = w->box[box].source[segment];
	pair_step(w, box, &in);
}

void pair_start(struct pair_world *w, unsigned box)
{
	pair_configure(w, box);
	pair_link(w, box, OUT, true);
	pair_link(w, box, IN, true);
}

void pair_resign(struct pair_world *w, unsigned box, unsigned segment)
{
	struct hsrp_in in = {.kind = HSRP_IN_RESIGN};

	strcpy(in.which.device, devices[segment]);
	in.which.group = 1 + (int32_t)segment;
	in.which.family = (uint8_t)speaks;
	pair_step(w, box, &in);
}

void pair_hear(
	struct pair_world *w, unsigned box, unsigned segment, const struct hsrp_packet *p, unsigned from)
{
	struct hsrp_packet packet = *p;
	struct ipaddr source = host(segment, from);
	uint8_t bytes[HSRP_FRAME_MAX];
	struct mac mac = {{0x02, 1, 1, 1, 1, (uint8_t)from}};
	struct hsrp_in in = {.kind = HSRP_IN_FRAME};

	packet.version = speaks == IP_V6 ? 2 : 1;
	packet.family = (uint8_t)speaks;
	packet.group = (uint16_t)(1 + segment);
	packet.hello_ms = 3000;
	packet.hold_ms = 10000;
	packet.vip = host(segment, 254);
	assert(hsrp_auth_seal(&w->box[box].group[segment].auth, md5_sum, &source, &packet));
	in.frame.ifindex = ifindexes[segment];
	in.frame.at = w->now;
	in.frame.checksummed = true;
	in.frame.bytes = bytes;
	in.frame.len = hsrp_frame_write(&packet, &mac, &source, bytes, sizeof(bytes));
	if (w->box[box].link[segment])
		pair_step(w, box, &in);
}

int64_t pair_next_ms(const struct pair_world *w)
{
	mono_t next = MONO_NEVER;

	for (unsigned n = 0; n < w->boxes; n++)
		next = mono_min(next, hsrp_deadline(w->box[n].h));
	return next.ns == INT64_MAX ? -1 : (next.ns - w->now.ns) / 1000000 + 1;
}

void pair_run_ms(struct pair_world *w, int64_t ms)
{
	mono_t end = mono_add_ms(w->now, ms);

	for (;;) {
		mono_t next = MONO_NEVER;
		unsigned who = 0;

		for (unsigned n = 0; n < w->boxes; n++) {
			mono_t at = hsrp_deadline(w->box[n].h);
			if (at.ns < next.ns) {
				next = at;
				who = n;
			}
		}
		if (next.ns > end.ns)
			break;
		if (next.ns > w->now.ns)
			w->now = next;
		pair_step(w, who, &(struct hsrp_in){.kind = HSRP_IN_TIME});
	}
	w->now = end;
}

struct hsrp_status pair_status(struct pair_world *w, unsigned box, unsigned segment)
{
	struct hsrp_status s = {0};

	(void)hsrp_group_status(w->box[box].h, devices[segment], speaks, 1 + segment, &s);
	return s;
}

enum hsrp_state pair_state(struct pair_world *w, unsigned box, unsigned segment)
{
	return (enum hsrp_state)pair_status(w, box, segment).state;
}
