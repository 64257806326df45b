/*
 * The state machine of one HSRP group: RFC 2281 section 5.5 to 5.7 as a constant table, with the deviations that
 * captured routers show.
 *
 * Owns:  the table, and the order in which the actions of a cell are carried out.
 * Never: holds state. Guards (comparison, preemption) are evaluated by group.c before it looks up a cell.
 */
#ifndef HSRP_FSM_H
#define HSRP_FSM_H

#include "hsrp/hsrp.h"

/* RFC 2281 5.5; the letters are its own. */
enum hsrp_fsm_event {
	HSRP_EV_ENABLED,	/* a: configured on an enabled interface, the virtual address is known */
	HSRP_EV_ENABLED_LEARN,	/* a: the same, the address is to be learned */
	HSRP_EV_DISABLED,	/* b: HSRP or the interface disabled */
	HSRP_EV_ACTIVE_TIMER,	/* c */
	HSRP_EV_STANDBY_TIMER,	/* d */
	HSRP_EV_HELLO_TIMER,	/* e */
	HSRP_EV_SPEAK_HIGHER,	/* f: Hello of higher priority from a router in Speak */
	HSRP_EV_ACTIVE_HIGHER,	/* g: Hello of higher priority from the active router */
	HSRP_EV_ACTIVE_LOWER,	/* h: Hello of lower priority from the active router */
	HSRP_EV_ACTIVE_PREEMPT, /* h, and we are configured to preempt and no delay runs */
	HSRP_EV_RESIGN,		/* i: Resign from the active router */
	HSRP_EV_COUP,		/* j: Coup from a router of higher priority */
	HSRP_EV_STANDBY_HIGHER, /* k: Hello of higher priority from the standby router */
	HSRP_EV_STANDBY_LOWER,	/* l: Hello of lower priority from the standby router */
	HSRP_EV_ADDRESS,	/* n: virtual address configured or changed (Cisco) */
	HSRP_EV_ADDRESS_LOST, /* the kernel refuses the virtual address (ours): give the role to who can serve it */
	HSRP_FSM_EVENT_COUNT
};

/* Actions, in the order in which they are carried out; the capitals are RFC 2281 5.6's. */
enum hsrp_action {
	HSRP_ACT_LEARN = 1 << 0,	 /* E */
	HSRP_ACT_START_ACTIVE = 1 << 1,	 /* A */
	HSRP_ACT_START_STANDBY = 1 << 2, /* B */
	HSRP_ACT_STOP_ACTIVE = 1 << 3,	 /* C */
	HSRP_ACT_STOP_STANDBY = 1 << 4,	 /* D */
	HSRP_ACT_ADVERTISE = 1 << 5,	 /* interface state, when it changed (Cisco) */
	HSRP_ACT_COUP = 1 << 6,		 /* G: carries the state before the event */
	HSRP_ACT_RESIGN = 1 << 7,	 /* H: carries the state after it */
	HSRP_ACT_HELLO = 1 << 8,	 /* F */
	HSRP_ACT_GARP = 1 << 9,		 /* I */
};

struct hsrp_cell {
	uint8_t next; /* enum hsrp_state; 0: no change */
	uint16_t actions;
};

/* A cell of zeros means "ignored on purpose". */
const struct hsrp_cell *hsrp_fsm_cell(enum hsrp_fsm_event event, enum hsrp_state state);
/* The RFC's letter of an event, for debug and tests: 'a' to 'n'. */
char hsrp_fsm_letter(enum hsrp_fsm_event event);

#endif
