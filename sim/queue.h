/*
 * What is going to happen: a heap by time, then rank, then order of arrival.
 *
 * Owns:  its events. An event stays where it is from queue_add() to queue_drop().
 * Never: looks into an event, or frees what it carries. Deadlines of processes are not here: world.c keeps one for each.
 */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"
#include "hsrp/group.h"

/* Also the rank at equal times. */
enum sim_event_kind {
	SIM_FAULT_BEGIN,
	SIM_FAULT_END,
	SIM_EXPIRE,  /* the lifetime of an address in a kernel */
	SIM_KERNEL,  /* a kernel carries out a request of the hsrp process */
	SIM_ANSWER,  /* … and the process reads the answer */
	SIM_TELL,    /* something the hsrp process is told, once it runs again */
	SIM_FRAME,   /* a frame arrives */
	SIM_NETLINK, /* a kernel carries out an effect of the engine */
	SIM_CHARON,  /* charon does */
	SIM_TOLD,    /* the engine reads something */
	SIM_CONNECT, /* it connects to another process */
	SIM_PEERS,   /* a second has passed for charons and peers */
};

struct sim_event {
	mono_t at;
	uint64_t order; /* of creation: what is put off keeps it */
	mono_t arrived; /* SIM_FRAME: when it reached the socket */
	int64_t stamp;	/* … and what the wall clock said then */
	uint8_t kind;	/* enum sim_event_kind */
	uint8_t router, segment;
	bool waited;	/* SIM_FRAME: lies in the socket of a process that does not run */
	bool is_active; /* SIM_FRAME: a Hello of an active router */
	bool other_key; /* SIM_FRAME: of the sender */
	uint16_t len;
	int error;
	uint8_t what;	      /* SIM_TELL: enum sim_tell */
	uint32_t incarnation; /* of the process that asked; of the fault list: the index */
	union {
		uint8_t bytes[HSRP_FRAME_MAX];
		struct hsrp_kernel kernel;
	};
	void *owned;		/* what it carries beside: whoever drops it frees that */
	struct sim_event *free; /* while it is not in use */
};

struct sim_node {
	int64_t at;
	uint64_t key; /* rank, order */
	struct sim_event *event;
};

struct sim_queue {
	struct sim_node *heap;
	size_t count, cap;
	uint64_t order;
	struct sim_event *free;
	struct sim_chunk *chunks;
};

/* A new event to be filled in; kind and time count from now on. Ends the program on exhaustion. */
struct sim_event *queue_add(struct sim_queue *q, enum sim_event_kind kind, mono_t at);
void queue_again(struct sim_queue *q, struct sim_event *e, mono_t at); /* one that was taken happens later */
/* The first event, which is the caller's until it drops it or adds it again; NULL when there is none. */
struct sim_event *queue_take(struct sim_queue *q);
void queue_drop(struct sim_queue *q, struct sim_event *e);
void queue_free(struct sim_queue *q);

static inline mono_t queue_next(const struct sim_queue *q)
{
	return q->count ? (mono_t){q->heap[0].at} : MONO_NEVER;
}

#endif
