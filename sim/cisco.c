#include "sim/cisco.h"

#include <string.h>

#include "linux/md5.h"
#include "sim/random.h"

enum {
	START_MS = 1000, /* captured: nothing happens in the first second after line-up */
	GARP_AGAIN_MS = 3000,
	ADVERTISE_MS = 28000,
	FRAME_MAX = 128,
	HEADERS = 14 + 20 + 8,
};

/* --- Bytes ---------------------------------------------------------------------------------------------------- */

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint32_t sum(const uint8_t *p, size_t len, uint32_t s)
{
	for (size_t i = 0; i < len; i++)
		s += (uint32_t)p[i] << (i & 1 ? 0 : 8);
	return s;
}

static unsigned folded(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return ~s & 0xffff;
}

/* MD5 over the key with its padding, the payload with an empty digest, the key (as captured routers do it). */
static void digest_of(const char *key, const uint8_t *payload, size_t len, const uint8_t *at, uint8_t out[16])
{
	uint8_t all[64 + FRAME_MAX + 64] = {0};
	size_t n = strlen(key);

	memcpy(all, key, n);
	all[n] = 0x80;
	all[56] = (uint8_t)(8 * n);
	memcpy(all + 64, payload, len);
	memset(all + 64 + (at - payload), 0, 16);
	memcpy(all + 64 + len, key, n);
	(void)md5_sum(all, 64 + len + n, out);
}

static size_t md5_tlv(const struct cisco *r, uint8_t *payload, size_t len)
{
	uint8_t *t = payload + len;

	memset(t, 0, 30);
	t[0] = 4;
	t[1] = 28;
	t[2] = 1;
	put32(t + 6, r->c.address);
	digest_of(r->c.key, payload, len + 30, t + 14, t + 14);
	return len + 30;
}

static size_t v1_payload(const struct cisco *r, unsigned opcode, unsigned state, uint8_t *b)
{
	memset(b, 0, 20);
	b[1] = (uint8_t)opcode;
	if (opcode == PEEK_ADVERTISE) {
		put16(b + 2, 1);
		put16(b + 4, 14);
		b[6] = r->state == PEEK_ACTIVE ? 3 : 2;
		put16(b + 8, r->state == PEEK_ACTIVE);
		put16(b + 10, r->state != PEEK_ACTIVE);
		b[12] = 0x6f; /* what was on the stack */
		return 16;
	}
	b[2] = (uint8_t)(1u << state >> 2);
	b[3] = (uint8_t)((r->c.hello_ms + 999) / 1000);
	b[4] = (uint8_t)((r->c.hold_ms + 999) / 1000);
	b[5] = r->c.priority;
	b[6] = (uint8_t)r->c.group;
	put32(b + 16, r->c.vip);
	if (r->c.key)
		return md5_tlv(r, b, 20);
	memcpy(b + 8, "cisco", 5);
	return 20;
}

static size_t v2_payload(const struct cisco *r, unsigned opcode, unsigned state, uint8_t *b)
{
	memset(b, 0, 52);
	if (opcode == PEEK_ADVERTISE) {
		b[0] = 2;
		b[1] = 4;
		put16(b + 2, r->state == PEEK_ACTIVE);
		put16(b + 4, r->state != PEEK_ACTIVE);
		return 6;
	}
	b[0] = 1;
	b[1] = 40;
	b[2] = 2;
	b[3] = (uint8_t)opcode;
	b[4] = (uint8_t)state;
	b[5] = 4;
	put16(b + 6, r->c.group);
	memcpy(b + 8, r->c.mac, 6);
	put32(b + 14, r->c.priority);
	put32(b + 18, r->c.hello_ms);
	put32(b + 22, r->c.hold_ms);
	put32(b + 26, r->c.vip);
	put32(b + 30, 0x910102ee); /* captured: what a router left there */
	if (r->c.key)
		return md5_tlv(r, b, 42);
	b[42] = 3;
	b[43] = 8;
	memcpy(b + 44, "cisco", 5);
	return 52;
}

/* --- What it says ----------------------------------------------------------------------------------------------- */

static void say(struct cisco *r, unsigned opcode, unsigned state)
{
	uint8_t f[FRAME_MAX] = {0x01, 0x00, 0x5e, 0x00, 0x00, r->c.version == 2 ? 0x66 : 0x02};
	uint8_t *ip = f + 14, *udp = ip + 20;
	size_t len = r->c.version == 2 ? v2_payload(r, opcode, state, udp + 8)
				       : v1_payload(r, opcode, state, udp + 8);
	uint8_t pseudo[4];

	/* Only the active router's own words carry the virtual MAC; a Coup on the way there does not. */
	if (opcode != PEEK_ADVERTISE && opcode != PEEK_RESIGN && state == PEEK_ACTIVE)
		peek_virtual_mac(r->c.version, r->c.group, f + 6);
	else
		memcpy(f + 6, r->c.mac, 6);
	put16(f + 12, 0x0800);
	ip[0] = 0x45;
	ip[1] = 0xc0;
	put16(ip + 2, (unsigned)(28 + len));
	ip[8] = r->c.version == 2 ? 255 : 1;
	ip[9] = 17;
	put32(ip + 12, r->c.address);
	put32(ip + 16, r->c.version == 2 ? 0xe0000066 : 0xe0000002);
	put16(ip + 10, folded(sum(ip, 20, 0)));
	put16(udp, 1985);
	put16(udp + 2, 1985);
	put16(udp + 4, (unsigned)(8 + len));
	put16(pseudo, 17);
	put16(pseudo + 2, (unsigned)(8 + len));
	put16(udp + 6, folded(sum(udp, 8 + len, sum(ip + 12, 8, sum(pseudo, 4, 0)))));
	r->send(r->arg, f, HEADERS + len);
}

static void garp(struct cisco *r, mono_t now, bool again)
{
	uint8_t f[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	peek_virtual_mac(r->c.version, r->c.group, f + 6);
	put16(f + 12, 0x0806);
	memcpy(f + 14, "\x00\x01\x08\x00\x06\x04\x00\x02", 8);
	memcpy(f + 22, f + 6, 6);
	put32(f + 28, r->c.vip);
	memset(f + 32, 0xff, 6);
	put32(f + 38, r->c.vip);
	r->send(r->arg, f, sizeof(f));
	r->t_garp = again ? mono_add_ms(now, GARP_AGAIN_MS) : MONO_NEVER;
}

static void hello(struct cisco *r, mono_t now)
{
	say(r, PEEK_HELLO, r->state);
	/* Captured: after 0.8 to 1.0 of the hello time. */
	r->t_hello = mono_add_ms(now, r->c.hello_ms - random_to(&r->random, r->c.hello_ms / 5 + 1));
}

/* --- RFC 2281 5.6 and 5.7 ------------------------------------------------------------------------------------------ */

/* The received Hello's hold time; our own where version 1 has no room for it, or there is none. */
static mono_t hold(struct cisco *r, const struct peek *p, mono_t now)
{
	uint32_t ms = p && p->opcode == PEEK_HELLO && p->hold_ms > p->hello_ms && p->hello_ms &&
			!(p->version == 1 && r->c.hello_ms % 1000)
		? p->hold_ms
		: r->c.hold_ms;

	return mono_add_ms(now, ms + (ms >= 1000 ? random_to(&r->random, ms * 15 / 100) : 0));
}

static void advertise(struct cisco *r, mono_t now)
{
	say(r, PEEK_ADVERTISE, r->state);
	r->t_advertise = r->state == PEEK_ACTIVE ? MONO_NEVER : mono_add_ms(now, ADVERTISE_MS);
}

static void become_active(struct cisco *r, bool coup, mono_t now)
{
	unsigned old = r->state;

	r->state = PEEK_ACTIVE;
	r->active = r->c.address;
	if (r->standby == r->c.address)
		r->standby = 0;
	r->t_active = MONO_NEVER; /* C */
	if (coup) {
		r->t_standby = hold(r, NULL, now); /* B */
		advertise(r, now);
		say(r, PEEK_COUP, old); /* G, with the state before */
	} else {
		r->t_standby = MONO_NEVER; /* D */
		advertise(r, now);
	}
	hello(r, now);	    /* F */
	garp(r, now, true); /* I */
}

static void to_speak(struct cisco *r, mono_t now)
{
	r->state = PEEK_SPEAK;
	hello(r, now); /* captured: at once */
}

static void to_listen(struct cisco *r)
{
	r->state = PEEK_LISTEN;
	r->t_hello = MONO_NEVER;
	if (r->standby == r->c.address)
		r->standby = 0;
}

static void to_standby(struct cisco *r, mono_t now)
{
	r->state = PEEK_STANDBY;
	r->standby = r->c.address;
	r->t_standby = MONO_NEVER; /* D */
	hello(r, now);
	if (r->t_active.ns == INT64_MAX) /* it ran out while we spoke: it counts now (captured) */
		become_active(r, false, now);
}

/* A lower or equal router took over from us, or we from nobody: A, B, 4. */
static void step_down(struct cisco *r, const struct peek *p, bool resign, mono_t now)
{
	r->active = 0;
	r->t_garp = MONO_NEVER;
	r->t_active = hold(r, p, now);
	r->t_standby = hold(r, p, now);
	r->state = PEEK_SPEAK;
	advertise(r, now);
	if (resign)
		say(r, PEEK_RESIGN, PEEK_SPEAK);
	hello(r, now);
}

static void active_timer(struct cisco *r, mono_t now) /* c */
{
	r->t_active = MONO_NEVER;
	r->active = 0;
	if (r->state == PEEK_LISTEN) {
		r->t_active = hold(r, NULL, now);
		r->t_standby = hold(r, NULL, now);
		to_speak(r, now);
	} else if (r->state == PEEK_STANDBY) {
		become_active(r, false, now);
	}
}

static void standby_timer(struct cisco *r, mono_t now) /* d */
{
	r->t_standby = MONO_NEVER;
	r->standby = 0;
	if (r->state == PEEK_LISTEN) {
		r->t_standby = hold(r, NULL, now);
		to_speak(r, now);
	} else if (r->state == PEEK_SPEAK) {
		to_standby(r, now);
	}
}

static void hello_of_active(struct cisco *r, const struct peek *p, bool higher, mono_t now)
{
	if (higher && r->state == PEEK_ACTIVE) { /* g */
		step_down(r, p, true, now);
	} else if (!higher && r->state == PEEK_ACTIVE) { /* h: captured: Coup, Hello, gratuitous ARP */
		say(r, PEEK_COUP, PEEK_ACTIVE);
		hello(r, now);
		garp(r, now, true);
		return;
	} else if (!higher && r->c.preempt) { /* h, preempting */
		become_active(r, true, now);
		return;
	}
	r->active = p->from;
	r->active_priority = p->priority;
	r->t_active = hold(r, p, now); /* A */
}

static void hello_of_standby(struct cisco *r, const struct peek *p, bool higher, mono_t now)
{
	if (higher) { /* k */
		if (r->state == PEEK_SPEAK || r->state == PEEK_STANDBY)
			to_listen(r);
		r->t_standby = hold(r, p, now);
		r->standby = p->from;
		return;
	}
	/* l */
	if (r->state == PEEK_LISTEN) {
		r->t_standby = hold(r, p, now);
		to_speak(r, now);
	} else if (r->state == PEEK_SPEAK) {
		to_standby(r, now);
	} else if (r->state == PEEK_ACTIVE) {
		r->t_standby = hold(r, p, now);
		r->standby = p->from;
	}
}

static void resigned(struct cisco *r, const struct peek *p, mono_t now) /* i */
{
	if (r->state == PEEK_ACTIVE) { /* the other one of two actives: captured */
		say(r, PEEK_COUP, PEEK_ACTIVE);
		hello(r, now);
		garp(r, now, true);
		return;
	}
	if (p->from != r->active)
		return;
	r->active = 0;
	if (r->state == PEEK_STANDBY) {
		become_active(r, false, now);
		return;
	}
	r->t_active = hold(r, p, now);
	if (r->state == PEEK_LISTEN) {
		r->t_standby = hold(r, p, now);
		to_speak(r, now);
	}
}

/* --- What comes in ---------------------------------------------------------------------------------------------------- */

static bool genuine(const struct cisco *r, const struct peek *p)
{
	static const uint8_t cisco[8] = "cisco";
	uint8_t digest[16];

	if (!r->c.key)
		return !p->digest && p->text && memcmp(p->text, cisco, 8) == 0;
	if (!p->digest)
		return false;
	digest_of(r->c.key, p->payload, p->payload_len, p->digest, digest);
	return memcmp(digest, p->digest, 16) == 0;
}

void cisco_frame(struct cisco *r, const uint8_t *frame, size_t len, mono_t now)
{
	struct peek p;

	if (r->state <= PEEK_INITIAL || !peek_frame(&p, frame, len) || !p.hsrp || p.version != r->c.version ||
		p.opcode == PEEK_ADVERTISE || p.group != r->c.group || !genuine(r, &p))
		return;
	bool higher = p.priority != r->c.priority ? p.priority > r->c.priority : p.from > r->c.address;
	switch (p.opcode) {
	case PEEK_HELLO:
		/* Captured: a router that says it is something else loses its role at once. */
		if (p.state != PEEK_ACTIVE && r->active == p.from)
			r->active = 0;
		if (p.state != PEEK_STANDBY && r->standby == p.from)
			r->standby = 0;
		if (p.state == PEEK_ACTIVE)
			hello_of_active(r, &p, higher, now);
		else if (p.state == PEEK_STANDBY)
			hello_of_standby(r, &p, higher, now);
		else if (p.state == PEEK_SPEAK && higher &&
			(r->state == PEEK_SPEAK || r->state == PEEK_STANDBY)) { /* f */
			to_listen(r);
			r->t_standby = hold(r, &p, now);
		}
		break;
	case PEEK_COUP: /* j: captured on current routers: no Resign */
		if (higher && r->state == PEEK_ACTIVE) {
			step_down(r, &p, false, now);
			r->active = p.from;
		}
		break;
	case PEEK_RESIGN: resigned(r, &p, now); break;
	default: break;
	}
}

void cisco_link(struct cisco *r, bool up, mono_t now)
{
	r->state = PEEK_INITIAL;
	r->active = r->standby = 0;
	r->t_active = r->t_standby = r->t_hello = r->t_garp = r->t_advertise = MONO_NEVER;
	r->t_start = up ? mono_add_ms(now, START_MS) : MONO_NEVER;
}

void cisco_configure(struct cisco *r, uint8_t priority, bool preempt)
{
	r->c.priority = priority;
	r->c.preempt = preempt;
}

void cisco_time(struct cisco *r, mono_t now)
{
	if (r->t_start.ns <= now.ns) { /* a: AB/3 */
		r->t_start = MONO_NEVER;
		r->state = PEEK_LISTEN;
		advertise(r, now);
		r->t_active = hold(r, NULL, now);
		r->t_standby = hold(r, NULL, now);
	}
	if (r->t_active.ns <= now.ns)
		active_timer(r, now);
	if (r->t_standby.ns <= now.ns)
		standby_timer(r, now);
	if (r->t_hello.ns <= now.ns)
		hello(r, now);
	if (r->t_garp.ns <= now.ns)
		garp(r, now, false);
	if (r->t_advertise.ns <= now.ns)
		advertise(r, now);
}

mono_t cisco_deadline(const struct cisco *r)
{
	mono_t first = mono_min(mono_min(r->t_start, r->t_active), mono_min(r->t_standby, r->t_hello));

	return mono_min(first, mono_min(r->t_garp, r->t_advertise));
}

void cisco_init(struct cisco *r, const struct cisco_config *c, uint64_t seed)
{
	*r = (struct cisco){.c = *c, .random = seed, .state = PEEK_INITIAL};
	r->t_start = r->t_active = r->t_standby = r->t_hello = r->t_garp = r->t_advertise = MONO_NEVER;
}
