/*
 * All sequences of events up to a depth, from each state a router can be in: whatever happens, the address is there when
 * the router is active and only then, the virtual MAC is used by an active router only, leaving is said after the address
 * is gone, and the machine always knows when to wake up next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hsrp_world.h"

enum what {
	HELLO_ACTIVE_LOW,
	HELLO_ACTIVE_HIGH,
	HELLO_STANDBY_LOW,
	HELLO_STANDBY_HIGH,
	HELLO_SPEAK_HIGH,
	COUP_HIGH,
	RESIGN_LOW,
	RESIGN_HIGH,
	WAIT, /* until the next deadline */
	LINK_TOGGLE,
	PREEMPT_TOGGLE,
	ADDRESS_TOGGLE,
	KERNEL_TOGGLE, /* refuses the address from now on, or no longer */
	WHAT_COUNT
};

enum { LOW = 1, HIGH = 100 };

static void do_one(struct world *w, enum what what)
{
	static const struct {
		uint8_t opcode, state, priority;
		uint16_t from;
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
	struct world_box *b = &w->box[0];

	switch (what) {
	case WAIT: {
		mono_t next = hsrp_deadline(b->h);
		if (next.ns != INT64_MAX)
			world_run_ms(w, (next.ns - w->now.ns) / 1000000 + 1);
		break;
	}
	case LINK_TOGGLE:
		b->deaf = !b->deaf; /* remembers the link's state */
		world_link(w, 0, !b->deaf);
		break;
	case PREEMPT_TOGGLE:
		b->group.preempt = !b->group.preempt;
		world_configure(w, 0);
		break;
	case ADDRESS_TOGGLE:
		b->group.vip = ip_v4(ip_v4_u32(&b->group.vip) ^ 1);
		world_configure(w, 0);
		break;
	case KERNEL_TOGGLE:
		b->kernel_error = 12;
		b->kernel_fails = b->kernel_fails < 0 ? HSRP_KERNEL_SERVE : -1;
		break;
	default: {
		struct hsrp_packet p = {.opcode = packets[what].opcode,
			.state = packets[what].state,
			.priority = packets[what].priority};
		world_send(w, 0, &p, packets[what].from, NULL);
		break;
	}
	}
}

/* True when all holds; the kernel of this world answers at once, so nothing is under way between events. */
static bool holds(struct world *w)
{
	struct world_box *b = &w->box[0];
	struct hsrp_status s = world_status(w, 0);
	bool active = s.state == HSRP_ACTIVE, running = s.state > HSRP_INITIAL;

	return b->violations == 0 && b->has_address == active && s.serving == active &&
		s.active.local == active && s.standby.local == (s.state == HSRP_STANDBY) &&
		(s.next_hello.ns != INT64_MAX) == (s.state >= HSRP_SPEAK) &&
		hsrp_deadline(b->h).ns > w->now.ns && (!running || !b->deaf) &&
		(!running || s.state == HSRP_LEARN || hsrp_deadline(b->h).ns != INT64_MAX);
}

static void start_in(struct world *w, enum hsrp_state from)
{
	static const unsigned run_ms[HSRP_STATE_COUNT] = {
		[HSRP_LISTEN] = 1100, [HSRP_SPEAK] = 14000, [HSRP_STANDBY] = 1100, [HSRP_ACTIVE] = 24000};

	world_reset(w);
	world_start(w, 0);
	world_run_ms(w, run_ms[from]);
	if (from == HSRP_STANDBY) { /* beside an active router: a hello every 3 s until we are standby */
		for (unsigned n = 0; n < 12; n++) {
			do_one(w, HELLO_ACTIVE_HIGH);
			world_run_ms(w, 3000);
		}
	}
	assert_int_equal(world_state(w, 0), from);
}

static void walk(enum hsrp_state from, unsigned depth)
{
	struct world *w = world_new(1);
	unsigned long total = 1;

	for (unsigned n = 0; n < depth; n++)
		total *= WHAT_COUNT;
	for (unsigned long sequence = 0; sequence < total; sequence++) {
		unsigned long rest = sequence;
		start_in(w, from);
		for (unsigned n = 0; n < depth; n++, rest /= WHAT_COUNT) {
			do_one(w, (enum what)(rest % WHAT_COUNT));
			if (!holds(w)) {
				print_message("from %s, sequence", hsrp_state_text(from));
				for (unsigned k = 0; k <= n; k++, sequence /= WHAT_COUNT)
					print_message(" %lu", sequence % WHAT_COUNT);
				print_message("\n");
				for (unsigned k = 0; k < w->box[0].lines; k++)
					print_message("  %s\n", w->box[0].line[k]);
				fail();
			}
		}
	}
	world_free(w);
}

static void from_listen(void **state)
{
	(void)state;
	walk(HSRP_LISTEN, 5);
}

static void from_speak(void **state)
{
	(void)state;
	walk(HSRP_SPEAK, 4);
}

static void from_standby(void **state)
{
	(void)state;
	walk(HSRP_STANDBY, 4);
}

static void from_active(void **state)
{
	(void)state;
	walk(HSRP_ACTIVE, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_listen),
		cmocka_unit_test(from_speak),
		cmocka_unit_test(from_standby),
		cmocka_unit_test(from_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
