/*
 * The state machine against RFC 2281 5.7, cell by cell. The table below is the RFC's, in its own notation (actions, then
 * "/" and the number of the next state); where captured routers do more, the second table says what and why.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hsrp/fsm.h"

/* clang-format off */
/*                                       1 Initial 2 Learn  3 Listen 4 Speak  5 Standby 6 Active */
static const char *const rfc[HSRP_FSM_EVENT_COUNT][6] = {
	[HSRP_EV_ENABLED]        = { "AB/3",  "",      "",      "",      "",       ""      },  /* a, address known */
	[HSRP_EV_ENABLED_LEARN]  = { "AB/2",  "",      "",      "",      "",       ""      },  /* a, to be learned */
	[HSRP_EV_DISABLED]       = { "",      "CD/1",  "CD/1",  "CD/1",  "CD/1",   "CDH/1" },  /* b */
	[HSRP_EV_ACTIVE_TIMER]   = { "",      "",      "AB/4",  "",      "CDFI/6", ""      },  /* c */
	[HSRP_EV_STANDBY_TIMER]  = { "",      "",      "B/4",   "D/5",   "",       ""      },  /* d */
	[HSRP_EV_HELLO_TIMER]    = { "",      "",      "",      "F",     "F",      "F"     },  /* e */
	[HSRP_EV_SPEAK_HIGHER]   = { "",      "",      "",      "B/3",   "B/3",    ""      },  /* f */
	[HSRP_EV_ACTIVE_HIGHER]  = { "",      "EAB/3", "EA",    "EA",    "EA",     "AB/4"  },  /* g */
	[HSRP_EV_ACTIVE_LOWER]   = { "",      "EAB/3", "A",     "A",     "A",      "G"     },  /* h */
	[HSRP_EV_ACTIVE_PREEMPT] = { "",      "EAB/3", "BGFI/6","BGFI/6","BGFI/6", "G"     },  /* h, preempting */
	[HSRP_EV_RESIGN]         = { "",      "",      "AB/4",  "A",     "CFI/6",  ""      },  /* i */
	[HSRP_EV_COUP]           = { "",      "",      "",      "",      "",       "ABH/4" },  /* j */
	[HSRP_EV_STANDBY_HIGHER] = { "",      "",      "B",     "B/3",   "B/3",    "B"     },  /* k */
	[HSRP_EV_STANDBY_LOWER]  = { "",      "",      "B/4",   "D/5",   "",       "B"     },  /* l */
};

/* V: Advertise when the interface's state changed. Only cells that differ. */
static const struct {
	enum hsrp_fsm_event event;
	enum hsrp_state state;
	const char *cell, *why;
} captured[] = {
	{ HSRP_EV_ENABLED,        HSRP_INITIAL, "ABV/3",     "Advertise(Passive) opens the conversation" },
	{ HSRP_EV_ENABLED_LEARN,  HSRP_INITIAL, "ABV/2",     "the same" },
	{ HSRP_EV_DISABLED,       HSRP_LEARN,   "CDV/1",     "Advertise(Dormant) when the last group goes" },
	{ HSRP_EV_DISABLED,       HSRP_LISTEN,  "CDV/1",     "the same" },
	{ HSRP_EV_DISABLED,       HSRP_SPEAK,   "CDV/1",     "the same" },
	{ HSRP_EV_DISABLED,       HSRP_STANDBY, "CDV/1",     "the same" },
	{ HSRP_EV_DISABLED,       HSRP_ACTIVE,  "CDHV/1",    "Advertise(Passive) with the Resign" },
	{ HSRP_EV_ACTIVE_TIMER,   HSRP_LISTEN,  "ABF/4",     "the first Hello(Speak) leaves at once" },
	{ HSRP_EV_ACTIVE_TIMER,   HSRP_STANDBY, "CDFIV/6",   "Advertise(Active)" },
	{ HSRP_EV_STANDBY_TIMER,  HSRP_LISTEN,  "BF/4",      "Hello(Speak) at once" },
	{ HSRP_EV_STANDBY_TIMER,  HSRP_SPEAK,   "DF/5",      "Hello(Standby) at once" },
	{ HSRP_EV_ACTIVE_HIGHER,  HSRP_ACTIVE,  "ABFHV/4",   "Advertise(Passive), Resign, Hello(Speak)" },
	{ HSRP_EV_ACTIVE_LOWER,   HSRP_LISTEN,  "EA",        "the active router's timers hold for all" },
	{ HSRP_EV_ACTIVE_LOWER,   HSRP_SPEAK,   "EA",        "the same" },
	{ HSRP_EV_ACTIVE_LOWER,   HSRP_STANDBY, "EA",        "the same" },
	{ HSRP_EV_ACTIVE_LOWER,   HSRP_ACTIVE,  "FGI",       "Coup(Active), Hello and gratuitous ARP each time" },
	{ HSRP_EV_ACTIVE_PREEMPT, HSRP_LISTEN,  "BCFGIV/6",  "Advertise(Active); the RFC forgets to stop the active timer" },
	{ HSRP_EV_ACTIVE_PREEMPT, HSRP_SPEAK,   "BCFGIV/6",  "the same" },
	{ HSRP_EV_ACTIVE_PREEMPT, HSRP_STANDBY, "BCFGIV/6",  "the same" },
	{ HSRP_EV_ACTIVE_PREEMPT, HSRP_ACTIVE,  "FGI",       "as for h" },
	{ HSRP_EV_RESIGN,         HSRP_LISTEN,  "ABF/4",     "Hello(Speak) at once" },
	{ HSRP_EV_RESIGN,         HSRP_STANDBY, "CDFIV/6",   "Advertise(Active); the RFC forgets the standby timer" },
	{ HSRP_EV_RESIGN,         HSRP_ACTIVE,  "FGI",       "the other of two actives gave up: Coup, Hello, gratuitous ARP" },
	{ HSRP_EV_COUP,           HSRP_ACTIVE,  "ABFV/4",    "Advertise(Passive), Hello(Speak), no Resign on current routers" },
	{ HSRP_EV_STANDBY_LOWER,  HSRP_LISTEN,  "BF/4",      "Hello(Speak) at once" },
	{ HSRP_EV_STANDBY_LOWER,  HSRP_SPEAK,   "DF/5",      "Hello(Standby) at once" },
	{ HSRP_EV_ADDRESS,        HSRP_LEARN,   "AB/3",      "n: the address was configured after all" },
	{ HSRP_EV_ADDRESS,        HSRP_ACTIVE,  "FI",        "n: another address" },
	{ HSRP_EV_ADDRESS_LOST,   HSRP_ACTIVE,  "ABFHV/4",   "ours: an active router that cannot serve gives the role away" },
};
/* clang-format on */

static uint16_t actions_of(const char *cell)
{
	static const char letters[] = "EABCDVGHFI"; /* in the order of enum hsrp_action */
	uint16_t actions = 0;

	for (; *cell && *cell != '/'; cell++) {
		const char *at = strchr(letters, *cell);
		assert_non_null(at);
		actions |= (uint16_t)(1u << (at - letters));
	}
	return actions;
}

static uint8_t next_of(const char *cell)
{
	const char *slash = strchr(cell, '/');

	return slash ? (uint8_t)(slash[1] - '0') : 0;
}

static const char *expected(unsigned event, unsigned state)
{
	for (size_t n = 0; n < sizeof(captured) / sizeof(captured[0]); n++)
		if (captured[n].event == event && captured[n].state == state)
			return captured[n].cell;
	if (state == HSRP_DISABLED || !rfc[event][state - 1])
		return "";
	return rfc[event][state - 1];
}

static void every_cell_is_the_standards_or_a_captured_deviation(void **state)
{
	(void)state;
	for (unsigned e = 0; e < HSRP_FSM_EVENT_COUNT; e++) {
		for (unsigned s = 0; s < HSRP_STATE_COUNT; s++) {
			const struct hsrp_cell *cell =
				hsrp_fsm_cell((enum hsrp_fsm_event)e, (enum hsrp_state)s);
			const char *want = expected(e, s);
			if (cell->next != next_of(want) || cell->actions != actions_of(want))
				print_message("event %c in %s: want %s\n",
					hsrp_fsm_letter((enum hsrp_fsm_event)e),
					hsrp_state_text((enum hsrp_state)s), want);
			assert_int_equal(cell->next, next_of(want));
			assert_int_equal(cell->actions, actions_of(want));
		}
	}
}

static void deviations_are_deviations(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(captured) / sizeof(captured[0]); n++) {
		const char *standard = captured[n].event < HSRP_EV_ADDRESS
			? rfc[captured[n].event][captured[n].state - 1]
			: "";
		assert_true(strcmp(standard, captured[n].cell) != 0);
		assert_true(captured[n].why[0] != '\0');
	}
}

static void only_an_active_router_sends_what_only_it_may(void **state)
{
	(void)state;
	for (unsigned e = 0; e < HSRP_FSM_EVENT_COUNT; e++) {
		for (unsigned s = 0; s < HSRP_STATE_COUNT; s++) {
			const struct hsrp_cell *cell =
				hsrp_fsm_cell((enum hsrp_fsm_event)e, (enum hsrp_state)s);
			unsigned after = cell->next ? cell->next : s;
			if (cell->actions & (HSRP_ACT_GARP | HSRP_ACT_COUP))
				assert_int_equal(after, HSRP_ACTIVE);
			if (cell->actions & HSRP_ACT_RESIGN)
				assert_int_equal(s, HSRP_ACTIVE);
			if (cell->actions & HSRP_ACT_HELLO)
				assert_true(after >= HSRP_SPEAK);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_is_the_standards_or_a_captured_deviation),
		cmocka_unit_test(deviations_are_deviations),
		cmocka_unit_test(only_an_active_router_sends_what_only_it_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
