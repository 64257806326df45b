/* RFC 2281 5.7 as a table: see fsm.h. Comments name the RFC's actions; "captured" marks what routers do beyond it. */
#include "hsrp/fsm.h"

#include <assert.h>

#define A   HSRP_ACT_START_ACTIVE
#define B   HSRP_ACT_START_STANDBY
#define C   HSRP_ACT_STOP_ACTIVE
#define D   HSRP_ACT_STOP_STANDBY
#define E   HSRP_ACT_LEARN
#define F   HSRP_ACT_HELLO
#define G   HSRP_ACT_COUP
#define H   HSRP_ACT_RESIGN
#define I   HSRP_ACT_GARP
#define ADV HSRP_ACT_ADVERTISE

/* clang-format off */
static const struct hsrp_cell table[HSRP_FSM_EVENT_COUNT][HSRP_STATE_COUNT] = {
	[HSRP_EV_ENABLED] = {                                             /* a */
		[HSRP_INITIAL] = { HSRP_LISTEN,  A | B | ADV },               /* AB/3; captured: Advertise(Passive) first */
	},
	[HSRP_EV_ENABLED_LEARN] = {                                       /* a, no address yet */
		[HSRP_INITIAL] = { HSRP_LEARN,   A | B | ADV },               /* AB/2 */
	},
	[HSRP_EV_DISABLED] = {                                            /* b */
		[HSRP_LEARN]   = { HSRP_INITIAL, C | D | ADV },               /* CD/1 */
		[HSRP_LISTEN]  = { HSRP_INITIAL, C | D | ADV },               /* CD/1 */
		[HSRP_SPEAK]   = { HSRP_INITIAL, C | D | ADV },               /* CD/1 */
		[HSRP_STANDBY] = { HSRP_INITIAL, C | D | ADV },               /* CD/1 */
		[HSRP_ACTIVE]  = { HSRP_INITIAL, C | D | H | ADV },           /* CDH/1 */
	},
	[HSRP_EV_ACTIVE_TIMER] = {                                        /* c; in Speak: nothing, d runs it later (captured) */
		[HSRP_LISTEN]  = { HSRP_SPEAK,   A | B | F },                 /* AB/4; captured: Hello(Speak) at once */
		[HSRP_STANDBY] = { HSRP_ACTIVE,  C | D | F | I | ADV },       /* CDFI/6 */
	},
	[HSRP_EV_STANDBY_TIMER] = {                                       /* d */
		[HSRP_LISTEN]  = { HSRP_SPEAK,   B | F },                     /* B/4 */
		[HSRP_SPEAK]   = { HSRP_STANDBY, D | F },                     /* D/5; captured: Hello(Standby) at once */
	},
	[HSRP_EV_HELLO_TIMER] = {                                         /* e */
		[HSRP_SPEAK]   = { 0, F },
		[HSRP_STANDBY] = { 0, F },
		[HSRP_ACTIVE]  = { 0, F },
	},
	[HSRP_EV_SPEAK_HIGHER] = {                                        /* f */
		[HSRP_SPEAK]   = { HSRP_LISTEN,  B },                         /* B/3 */
		[HSRP_STANDBY] = { HSRP_LISTEN,  B },                         /* B/3 */
	},
	[HSRP_EV_ACTIVE_HIGHER] = {                                       /* g */
		[HSRP_LEARN]   = { HSRP_LISTEN,  E | A | B },                 /* EAB/3 */
		[HSRP_LISTEN]  = { 0, E | A },
		[HSRP_SPEAK]   = { 0, E | A },
		[HSRP_STANDBY] = { 0, E | A },
		[HSRP_ACTIVE]  = { HSRP_SPEAK,   A | B | ADV | H | F },       /* AB/4; captured: Advertise, Resign, Hello */
	},
	[HSRP_EV_ACTIVE_LOWER] = {                                        /* h, not preempting */
		[HSRP_LEARN]   = { HSRP_LISTEN,  E | A | B },                 /* EAB/3 */
		[HSRP_LISTEN]  = { 0, E | A },                                /* A; the active's timers hold for all (Cisco) */
		[HSRP_SPEAK]   = { 0, E | A },                                /* A */
		[HSRP_STANDBY] = { 0, E | A },                                /* A */
		[HSRP_ACTIVE]  = { 0, G | F | I },                            /* G; captured: and Hello, gratuitous ARP */
	},
	[HSRP_EV_ACTIVE_PREEMPT] = {                                      /* h, preempting */
		[HSRP_LEARN]   = { HSRP_LISTEN,  E | A | B },                 /* EAB/3 */
		[HSRP_LISTEN]  = { HSRP_ACTIVE,  C | B | ADV | G | F | I },   /* BGFI/6 */
		[HSRP_SPEAK]   = { HSRP_ACTIVE,  C | B | ADV | G | F | I },   /* BGFI/6 */
		[HSRP_STANDBY] = { HSRP_ACTIVE,  C | B | ADV | G | F | I },   /* BGFI/6 */
		[HSRP_ACTIVE]  = { 0, G | F | I },                            /* as h */
	},
	[HSRP_EV_RESIGN] = {                                              /* i */
		[HSRP_LISTEN]  = { HSRP_SPEAK,   A | B | F },                 /* AB/4 */
		[HSRP_SPEAK]   = { 0, A },                                    /* A */
		[HSRP_STANDBY] = { HSRP_ACTIVE,  C | D | F | I | ADV },       /* CFI/6 */
		[HSRP_ACTIVE]  = { 0, G | F | I },                            /* captured: Coup, Hello, gratuitous ARP */
	},
	[HSRP_EV_COUP] = {                                                /* j */
		[HSRP_ACTIVE]  = { HSRP_SPEAK,   A | B | ADV | F },           /* ABH/4; captured on current routers: no Resign */
	},
	[HSRP_EV_STANDBY_HIGHER] = {                                      /* k */
		[HSRP_LISTEN]  = { 0, B },
		[HSRP_SPEAK]   = { HSRP_LISTEN,  B },                         /* B/3 */
		[HSRP_STANDBY] = { HSRP_LISTEN,  B },                         /* B/3 */
		[HSRP_ACTIVE]  = { 0, B },
	},
	[HSRP_EV_STANDBY_LOWER] = {                                       /* l */
		[HSRP_LISTEN]  = { HSRP_SPEAK,   B | F },                     /* B/4 */
		[HSRP_SPEAK]   = { HSRP_STANDBY, D | F },                     /* D/5 */
		[HSRP_ACTIVE]  = { 0, B },
	},
	[HSRP_EV_ADDRESS] = {                                             /* n (Cisco) */
		[HSRP_LEARN]   = { HSRP_LISTEN,  A | B },                     /* configured while learning */
		[HSRP_ACTIVE]  = { 0, F | I },
	},
	[HSRP_EV_ADDRESS_LOST] = {
		[HSRP_ACTIVE]  = { HSRP_SPEAK,   A | B | ADV | H | F },       /* as g: somebody else shall serve */
	},
};
/* clang-format on */

const struct hsrp_cell *hsrp_fsm_cell(enum hsrp_fsm_event event, enum hsrp_state state)
{
	assert((unsigned)event < HSRP_FSM_EVENT_COUNT && (unsigned)state < HSRP_STATE_COUNT);
	return &table[event][state];
}

char hsrp_fsm_letter(enum hsrp_fsm_event event)
{
	static const char letters[HSRP_FSM_EVENT_COUNT + 1] = "aabcdefghhijklnn";

	assert((unsigned)event < HSRP_FSM_EVENT_COUNT);
	return letters[event];
}
