/*
 * A segment with a few routers on it, for tests of the HSRP core: virtual time, frames delivered at once, a kernel that
 * confirms at once (or refuses, or is slow, as the test wants). What each router did is kept as one line of text each:
 *
 *   "hello active pri 100 vmac"   "resign speak pri 100 imac"   "adv passive 0/1 imac"   "garp ff:ff:… vmac"
 *   (a key number that is not 0 follows: "hello active pri 100 vmac key 2")
 *   "kernel serve 192.168.0.3"    "report serving Active"
 *   "na fe80::5:73ff:fea0:1 vmac"  "ra 1800 s, 0 prefixes vmac"
 */
#ifndef TESTS_HSRP_WORLD_H
#define TESTS_HSRP_WORLD_H

#include "hsrp/group.h"

enum { WORLD_BOXES = 4, WORLD_LINES = 4096, WORLD_LINE = 128, IFINDEX = 3 };

struct world_box {
	struct hsrp *h;
	struct hsrp_group_config group;
	struct hsrp_interface_config interface;
	struct mac mac;
	int kernel_error; /* answer of the next operations of `kernel_fails` */
	int kernel_fails; /* enum hsrp_kernel_op, -1 none */
	bool kernel_slow; /* answers are kept until world_kernel_answer() */
	struct hsrp_in kept[16];
	unsigned kept_count;
	bool deaf, mute;
	struct ipaddr link_local; /* the kernel's: fe80::2, ::3, … */
	bool has_address;
	mono_t renewed; /* when its lifetime was last renewed: no line tells */
	unsigned
		violations; /* a frame of a router that is leaving while the address is still here; a MAC that is not its */
	struct hsrp_record record;
	struct hsrp_report last;
	unsigned left;
	char line[WORLD_LINES][WORLD_LINE];
	mono_t line_at[WORLD_LINES];
	unsigned lines, read; /* read: up to here a test has looked */
};

struct world {
	mono_t now;
	unsigned boxes;
	struct world_box box[WORLD_BOXES];
};

/* Boxes 0, 1, … have 192.168.0.2, .3, …; group 1 with 192.168.0.254, priority 100, timers 3/10. */
struct world *world_new(unsigned boxes);
void world_reset(struct world *w); /* as new, the same boxes */
void world_free(struct world *w);
/* The box's group becomes IPv6's: version 2, fe80::5:73ff:fea0:1, `ipv6 unicast-routing`. Before world_start(). */
void world_ipv6(struct world *w, unsigned box);
void world_start(struct world *w, unsigned box); /* configuration and link up */
void world_step(struct world *w, unsigned box, const struct hsrp_in *in);
void world_configure(struct world *w, unsigned box); /* after a change of .group or .interface */
void world_link(struct world *w, unsigned box, bool up);
void world_run_ms(struct world *w, int64_t ms);
void world_kernel_answer(struct world *w, unsigned box);
void world_send(struct world *w, unsigned box, const struct hsrp_packet *p, unsigned from_host,
	const struct mac *mac);
enum hsrp_state world_state(struct world *w, unsigned box);
struct hsrp_status world_status(struct world *w, unsigned box);
/* The next line this box did that was not looked at yet; "" when there is none. */
const char *world_next(struct world *w, unsigned box);
void world_skip(struct world *w, unsigned box); /* all that is there is looked at */
/* How many lines since world_skip begin with `prefix`; does not mark them read. */
unsigned world_count(const struct world *w, unsigned box, const char *prefix);

#endif
