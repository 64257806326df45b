/* Beginnings that many tests of the HSRP core share, and what they assert of a router's lines (see hsrp_world.h). */
#ifndef TESTS_HSRP_SCENES_H
#define TESTS_HSRP_SCENES_H

#include "hsrp_world.h"

enum { A, B, C };

/* The next lines of a router are exactly these, log lines and reports left out. */
#define assert_did(w, box, ...) assert_lines(w, box, (const char *const[]){__VA_ARGS__, NULL})
void assert_lines(struct world *w, unsigned box, const char *const *want);
void assert_silent(struct world *w, unsigned box); /* nothing but log lines and reports */

struct world *routers(unsigned count);	    /* all started */
struct world *active_alone(unsigned boxes); /* A alone until it is active */
struct world *pair(void);		    /* A active, B standby */

/* When a router first said or did what begins like this, seconds since the start; -1: never. */
double at_s(const struct world *w, unsigned box, const char *prefix);
struct hsrp_packet packet(enum hsrp_opcode op, enum hsrp_state state, unsigned priority);

#endif
