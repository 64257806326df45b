/*
 * What is going to happen: a heap by time, then rank, then order of arrival.
 *
 * Owns:  its items, frames included.
 */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "hsrp/group.h"

enum sim_event_kind {
	SIM_FAULT_BEGIN,
	SIM_FAULT_END,
	SIM_EXPIRE,   /* the lifetime of an address in a kernel */
	SIM_KERNEL,   /* a kernel carries out a request and answers */
	SIM_FRAME,    /* a frame arrives */
	SIM_DEADLINE, /* last of what happens at one moment: frames are read before timers fire */
};

struct sim_event {
	mono_t at;
	uint64_t order;
	uint8_t kind; /* enum sim_event_kind; also the rank at equal times */
	uint8_t router, segment;
	uint16_t len;
	uint32_t incarnation; /* of the process that asked; of the fault list: the index */
	mono_t arrived;	      /* SIM_FRAME: when the packet socket stamped it */
	union {
		uint8_t bytes[HSRP_FRAME_MAX];
		struct hsrp_kernel kernel;
	};
};

struct sim_queue {
	struct sim_event *items;
	size_t count, cap;
	uint64_t order;
};

void queue_push(struct sim_queue *q, const struct sim_event *e); /* ends the program on exhaustion */
bool queue_pop(struct sim_queue *q, struct sim_event *out);
void queue_free(struct sim_queue *q);

#endif
