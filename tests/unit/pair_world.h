/*
 * Boxes with an outside and an inside interface, each in a group of its segment; virtual time, a kernel that answers at
 * once. For groups that move together. Frames travel in order, whole segments can be cut.
 */
#ifndef TESTS_PAIR_WORLD_H
#define TESTS_PAIR_WORLD_H

#include "hsrp/group.h"

enum { OUT, IN, SEGMENTS, PAIR_BOXES = 3, EVENTS_MAX = 512 };

struct pair_box {
	struct hsrp *h;
	struct hsrp_interface_config interface[SEGMENTS];
	struct hsrp_group_config group[SEGMENTS];
	bool link[SEGMENTS];
	bool cut[SEGMENTS]; /* its frames are lost, both ways; the link stays up */
	bool has_address[SEGMENTS], serving[SEGMENTS];
	bool refuses[SEGMENTS];		/* the kernel does not add the address */
	unsigned coups, resigns, garps; /* sent, on both */
	int64_t active_since_ms[SEGMENTS];
	struct ipaddr source[SEGMENTS];
	bool split; /* at the end of some step it was active on one side only */
};

struct queued {
	unsigned box;
	struct hsrp_in in;
	size_t len;
	uint8_t bytes[HSRP_FRAME_MAX];
};

struct pair_world {
	mono_t now;
	unsigned boxes;
	struct pair_box box[PAIR_BOXES];
	struct queued queue[EVENTS_MAX];
	unsigned first, count;
};

/* Box n has 192.168.0.(10 + n) outside; inside 10.0.0.(10 + n), or with `crossed` 10.0.0.(20 - n): the other order. */
/* fe80::(10 + n) and fe80::1:(10 + n), or the other order, once it speaks IPv6. */
void pair_world_speak(enum ip_family family); /* before init; IPv4 until then */
enum ip_family pair_world_speaks(void);
void pair_world_init(struct pair_world *w, unsigned boxes, bool crossed, bool paired);
void pair_world_close(struct pair_world *w);
void pair_configure(struct pair_world *w, unsigned box);
void pair_start(struct pair_world *w, unsigned box); /* configuration and both links up */
void pair_link(struct pair_world *w, unsigned box, unsigned segment, bool up);
void pair_resign(struct pair_world *w, unsigned box, unsigned segment);
/* A frame from a router of the segment that is none of ours. */
void pair_hear(
	struct pair_world *w, unsigned box, unsigned segment, const struct hsrp_packet *p, unsigned from);
void pair_step(struct pair_world *w, unsigned box, const struct hsrp_in *in);
void pair_run_ms(struct pair_world *w, int64_t ms);
int64_t pair_next_ms(const struct pair_world *w); /* until the next deadline; -1: none */
enum hsrp_state pair_state(struct pair_world *w, unsigned box, unsigned segment);
struct hsrp_status pair_status(struct pair_world *w, unsigned box, unsigned segment);

#endif
