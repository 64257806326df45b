/*
 * All sequences of events up to a depth, from each state a router can be in, for one group, and for an inside and an outside
 * group that move together: whatever happens, the address is there when the router is active and only then, the virtual
 * MAC is used by an active router only, leaving is said after the address is gone, the machine always knows when to wake up
 * next, and a pair is active on both sides or on none.
 *
 * Every event is carried out once for each way to get there: the walk goes back by restoring memory (arena.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "hsrp/group.h"
#include "linux/md5.h"

enum { DEPTH = 5, LOW = 1, US = 2, HIGH = 100, IFINDEX = 3 };

enum what {
	HELLO_ACTIVE_LOW,
	HELLO_ACTIVE_HIGH,
	HELLO_STANDBY_LOW,
	HELLO_STANDBY_HIGH,
	HELLO_SPEAK_HIGH,
	COUP_HIGH,
	RESIGN_LOW,
	RESIGN_HIGH,
	LINK_TOGGLE,
	ADDRESS_TOGGLE,
	KERNEL_TOGGLE, /* refuses the address from now on, or no longer */
	/* Of the whole router. */
	WAIT, /* until the next deadline */
	PREEMPT_TOGGLE,
	WHAT_COUNT
};

static const char *const words[WHAT_COUNT] = {"Hello Active (lower)", "Hello Active (higher)",
	"Hello Standby (lower)", "Hello Standby (higher)", "Hello Speak (higher)", "Coup (higher)",
	"Resign (lower)", "Resign (higher)", "link", "address", "kernel", "wait", "preempt"};

/* What may happen: to one group everything, to each group of a pair what moves roles. */
struct event {
	enum what what;
	unsigned side;
};

static const struct event of_group[] = {{HELLO_ACTIVE_LOW, 0}, {HELLO_ACTIVE_HIGH, 0}, {HELLO_STANDBY_LOW, 0},
	{HELLO_STANDBY_HIGH, 0}, {HELLO_SPEAK_HIGH, 0}, {COUP_HIGH, 0}, {RESIGN_LOW, 0}, {RESIGN_HIGH, 0},
	{LINK_TOGGLE, 0}, {ADDRESS_TOGGLE, 0}, {KERNEL_TOGGLE, 0}, {WAIT, 0}, {PREEMPT_TOGGLE, 0}};
static const struct event of_pair[] = {{HELLO_ACTIVE_LOW, 0}, {HELLO_ACTIVE_HIGH, 0}, {HELLO_STANDBY_HIGH, 0},
	{COUP_HIGH, 0}, {RESIGN_HIGH, 0}, {LINK_TOGGLE, 0}, {HELLO_ACTIVE_LOW, 1}, {HELLO_ACTIVE_HIGH, 1},
	{HELLO_STANDBY_HIGH, 1}, {COUP_HIGH, 1}, {RESIGN_HIGH, 1}, {LINK_TOGGLE, 1}, {WAIT, 0},
	{PREEMPT_TOGGLE, 0}};

struct side {
	struct hsrp_group_config group;
	struct ipaddr address;
	bool up, has_address, refuses;
};

/* The router; its core lies in the arena. */
static struct rig {
	struct hsrp *h;
	mono_t now;
	unsigned sides;
	struct side side[2];
	const char *wrong;
} rig;

static void step(const struct hsrp_in *in);

/* The kernel answers at once. */
static void kernel(const struct hsrp_kernel *k)
{
	struct side *s = &rig.side[k->ifindex - IFINDEX];
	struct hsrp_in in = {.kind = HSRP_IN_KERNEL};

	memcpy(in.kernel.device, k->device, sizeof(in.kernel.device));
	in.kernel.group = k->group;
	in.kernel.family = k->family;
	in.kernel.serial = k->serial;
	in.kernel.error = k->op == HSRP_KERNEL_SERVE && s->refuses ? 12 : 0;
	if (!in.kernel.error)
		s->has_address = k->op == HSRP_KERNEL_SERVE || k->op == HSRP_KERNEL_RENEW;
	step(&in);
}

static void frame(const struct hsrp_out *o)
{
	const struct side *s = &rig.side[o->send.ifindex - IFINDEX];
	struct mac virtual = hsrp_virtual_mac(1, IP_V4, s->group.group);
	struct hsrp_frame f;
	struct hsrp_packet p;

	if (hsrp_frame_read(&f, o->send.bytes, o->send.len, true) != HSRP_WIRE_OK) {
		if (!s->has_address)
			rig.wrong = "gratuitous ARP without the address";
		return;
	}
	if (hsrp_packet_read(&p, f.payload, f.payload_len) != HSRP_WIRE_OK)
		rig.wrong = "a frame that cannot be read";
	bool active = p.opcode != HSRP_ADVERTISE && p.state == HSRP_ACTIVE;
	if (active != (memcmp(&f.from_mac, &virtual, sizeof(virtual)) == 0))
		rig.wrong = "the wrong source MAC";
	if ((p.opcode == HSRP_RESIGN || (p.opcode == HSRP_HELLO && !active)) && s->has_address)
		rig.wrong = "it leaves, and still has the address";
}

static void step(const struct hsrp_in *in)
{
	struct hsrp_outs outs = {0};

	hsrp_step(rig.h, in, rig.now, &outs);
	for (size_t n = 0; n < outs.count; n++) {
		if (outs.items[n].kind == HSRP_OUT_SEND)
			frame(&outs.items[n]);
		else if (outs.items[n].kind == HSRP_OUT_KERNEL)
			kernel(&outs.items[n].kernel);
	}
	hsrp_outs_free(&outs);
}

static void configure(unsigned n)
{
	struct hsrp_in in = {.kind = HSRP_IN_INTERFACE};
	const struct side *s = &rig.side[n];

	memcpy(in.interface.device, s->group.device, sizeof(in.interface.device));
	strcpy(in.interface.name, s->group.device);
	in.interface.address = s->address;
	in.interface.address_len = 24;
	in.interface.version = 1;
	step(&in);
	step(&(struct hsrp_in){.kind = HSRP_IN_GROUP, .group = s->group});
}

static void set_link(unsigned n, bool up)
{
	struct hsrp_in in = {.kind = HSRP_IN_LINK};

	rig.side[n].up = up;
	memcpy(in.link.device, rig.side[n].group.device, sizeof(in.link.device));
	in.link.ifindex = (int)(IFINDEX + n);
	in.link.up = up;
	in.link.mac = (struct mac){{2, 0, 0, 0, (uint8_t)n, US}};
	step(&in);
}

static void receive(unsigned n, enum what what)
{
	static const struct {
		uint8_t opcode, state, priority, from;
	} packets[] = {
		[HELLO_ACTIVE_LOW] = {HSRP_HELLO, HSRP_ACTIVE, 50, LOW},
		[HELLO_ACTIVE_HIGH] = {HSRP_HELLO, HSRP_ACTIVE, 150, HIGH},
		[HELLO_STANDBY_LOW] = {HSRP_HELLO, HSRP_STANDBY, 50, LOW},
		[HELLO_STANDBY_HIGH] = {HSRP_HELLO, HSRP_STANDBY, 150, HIGH},
		[HELLO_SPEAK_HIGH] = {HSRP_HELLO, HSRP_SPEAK, 150, HIGH},
		[COUP_HIGH] = {HSRP_COUP, HSRP_LISTEN, 150, HIGH},
		[RESIGN_LOW] = {HSRP_RESIGN, HSRP_SPEAK, 50, LOW},
		[RESIGN_HIGH] = {HSRP_RESIGN, HSRP_SPEAK, 150, HIGH},
	};
	const struct side *s = &rig.side[n];
	struct hsrp_packet p = {.version = 1,
		.opcode = packets[what].opcode,
		.state = packets[what].state,
		.priority = packets[what].priority,
		.group = s->group.group,
		.family = IP_V4,
		.hello_ms = 3000,
		.hold_ms = 10000,
		.vip = s->group.vip};
	struct mac mac = {{2, 0, 0, 0, (uint8_t)n, packets[what].from}};
	struct ipaddr from = ip_v4((ip_v4_u32(&s->address) & 0xffffff00) + packets[what].from);
	uint8_t bytes[HSRP_FRAME_MAX];
	struct hsrp_in in = {.kind = HSRP_IN_FRAME};

	memcpy(p.auth, HSRP_AUTH_DEFAULT, strlen(HSRP_AUTH_DEFAULT));
	in.frame.len = hsrp_frame_write(&p, &mac, &from, bytes, sizeof(bytes));
	in.frame.ifindex = (int)(IFINDEX + n);
	in.frame.at = rig.now;
	in.frame.checksummed = true;
	in.frame.bytes = bytes;
	step(&in);
}

static void run_ms(int64_t ms)
{
	mono_t end = mono_add_ms(rig.now, ms);

	while (hsrp_deadline(rig.h).ns <= end.ns) {
		if (hsrp_deadline(rig.h).ns > rig.now.ns)
			rig.now = hsrp_deadline(rig.h);
		step(&(struct hsrp_in){.kind = HSRP_IN_TIME});
	}
	rig.now = end;
}

static void do_one(struct event e)
{
	struct side *s = &rig.side[e.side];
	mono_t next = hsrp_deadline(rig.h);

	rig.now = mono_add_ms(rig.now, 1);
	switch (e.what) {
	case WAIT:
		if (next.ns != INT64_MAX)
			run_ms((next.ns - rig.now.ns) / 1000000 + 1);
		break;
	case LINK_TOGGLE: set_link(e.side, !s->up); break;
	case PREEMPT_TOGGLE:
		for (unsigned n = 0; n < rig.sides; n++) {
			rig.side[n].group.preempt = !rig.side[n].group.preempt;
			configure(n);
		}
		break;
	case ADDRESS_TOGGLE:
		s->group.vip = ip_v4(ip_v4_u32(&s->group.vip) ^ 1);
		configure(e.side);
		break;
	case KERNEL_TOGGLE: s->refuses = !s->refuses; break;
	default: receive(e.side, e.what); break;
	}
}

static struct hsrp_status status(unsigned n)
{
	struct hsrp_status s = {0};

	hsrp_group_status(rig.h, rig.side[n].group.device, IP_V4, rig.side[n].group.group, &s);
	return s;
}

/* NULL when all holds; nothing is under way between events. */
static const char *wrong_with(unsigned n)
{
	const struct side *side = &rig.side[n];
	struct hsrp_status s = status(n);
	bool active = s.state == HSRP_ACTIVE, running = s.state > HSRP_INITIAL;

	return rig.wrong				       ? rig.wrong
		: side->has_address != active		       ? "active and the address do not go together"
		: s.serving != active			       ? "active and serving do not go together"
		: s.active.local != active		       ? "it does not know whether it is active"
		: s.standby.local != (s.state == HSRP_STANDBY) ? "it does not know whether it is standby"
		: (s.next_hello.ns != INT64_MAX) != (s.state >= HSRP_SPEAK)
		? "hellos and state do not go together"
		: hsrp_deadline(rig.h).ns <= rig.now.ns ? "a deadline that has passed"
		: running && !side->up			? "it runs without a link"
		: running && s.state != HSRP_LEARN && hsrp_deadline(rig.h).ns == INT64_MAX
		? "nothing would wake it"
		: rig.sides > 1 && active != (status(!n).state == HSRP_ACTIVE)
		? "one side of a pair is active without the other"
		: NULL;
}

static void start_in(unsigned sides, enum hsrp_state from)
{
	static const unsigned run[HSRP_STATE_COUNT] = {
		[HSRP_LISTEN] = 1100, [HSRP_SPEAK] = 14000, [HSRP_STANDBY] = 1100, [HSRP_ACTIVE] = 26000};

	rig = (struct rig){.now = {1000000000000}, .sides = sides};
	rig.h = hsrp_new(1, md5_sum);
	for (unsigned n = 0; n < sides; n++) {
		struct side *s = &rig.side[n];

		s->address = ip_v4(0xc0a80000 + (n << 8) + US);
		s->group = (struct hsrp_group_config){.group = (uint16_t)(n + 1),
			.family = IP_V4,
			.enabled = true,
			.vip = ip_v4(0xc0a800fe + (n << 8)),
			.priority = 100,
			.hello_ms = 3000,
			.hold_ms = 10000,
			.auth = {.text = HSRP_AUTH_DEFAULT}};
		strcpy(s->group.device, n ? "eth1" : "eth0");
		if (sides > 1)
			s->group.pair = (struct hsrp_ref){.group = (uint16_t)(2 - n), .family = IP_V4};
		if (sides > 1)
			strcpy(s->group.pair.device, n ? "eth0" : "eth1");
		configure(n);
	}
	for (unsigned n = 0; n < sides; n++)
		set_link(n, true);
	run_ms(run[from]);
	for (unsigned k = 0; k < 12 && from == HSRP_STANDBY; k++) { /* beside an active router */
		for (unsigned n = 0; n < sides; n++)
			receive(n, HELLO_ACTIVE_HIGH);
		run_ms(3000);
	}
	for (unsigned n = 0; n < sides; n++)
		assert_int_equal(status(n).state, from);
}

struct walk {
	const struct event *events;
	unsigned count;
	unsigned long sequences;
	struct event path[DEPTH];
};

static void explain(const struct walk *w, unsigned depth, const char *wrong)
{
	for (unsigned k = 0; k < depth; k++)
		print_message("  %s%s\n", words[w->path[k].what], w->path[k].side ? " inside" : "");
	fail_msg("%s", wrong);
}

static void walk(struct walk *w, unsigned depth)
{
	struct rig before = rig;

	arena_save(depth);
	for (unsigned k = 0; k < w->count; k++) {
		w->path[depth] = w->events[k];
		w->sequences++;
		do_one(w->events[k]);
		for (unsigned n = 0; n < rig.sides; n++)
			if (wrong_with(n))
				explain(w, depth + 1, wrong_with(n));
		if (depth + 1 < DEPTH)
			walk(w, depth + 1);
		arena_restore(depth);
		rig = before;
	}
}

static void walk_from(unsigned sides, enum hsrp_state from)
{
	struct walk w = {.events = sides > 1 ? of_pair : of_group,
		.count = sides > 1 ? sizeof(of_pair) / sizeof(*of_pair)
				   : sizeof(of_group) / sizeof(*of_group)};

	arena_begin();
	start_in(sides, from);
	walk(&w, 0);
	arena_end();
	print_message("%lu sequences of up to %u events\n", w.sequences, DEPTH);
}

static void a_group_from_listen(void **state)
{
	(void)state;
	walk_from(1, HSRP_LISTEN);
}

static void a_group_from_speak(void **state)
{
	(void)state;
	walk_from(1, HSRP_SPEAK);
}

static void a_group_from_standby(void **state)
{
	(void)state;
	walk_from(1, HSRP_STANDBY);
}

static void a_group_from_active(void **state)
{
	(void)state;
	walk_from(1, HSRP_ACTIVE);
}

static void a_pair_from_listen(void **state)
{
	(void)state;
	walk_from(2, HSRP_LISTEN);
}

static void a_pair_from_standby(void **state)
{
	(void)state;
	walk_from(2, HSRP_STANDBY);
}

static void a_pair_from_active(void **state)
{
	(void)state;
	walk_from(2, HSRP_ACTIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_group_from_listen),
		cmocka_unit_test(a_group_from_speak),
		cmocka_unit_test(a_group_from_standby),
		cmocka_unit_test(a_group_from_active),
		cmocka_unit_test(a_pair_from_listen),
		cmocka_unit_test(a_pair_from_standby),
		cmocka_unit_test(a_pair_from_active),
	};

	(void)md5_open();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
