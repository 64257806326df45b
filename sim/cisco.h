/*
 * A router that speaks HSRP as Cisco's do: an implementation of its own, from RFC 2281 5 and from captured routers, that
 * shares nothing with src/hsrp. What our cores agree on with each other proves little; this is who they have to live with.
 *
 * Owns:  the state of one group, its timers, the bytes of its frames.
 * Never: has a kernel that is slow or refuses: it answers for the virtual address from the moment it is active.
 * Not modelled: Learn (its address is configured), tracking, preemption delays.
 */
#ifndef SIM_CISCO_H
#define SIM_CISCO_H

#include "base/mono.h"
#include "sim/peek.h"

struct cisco_config {
	uint8_t version, priority;
	uint16_t group;
	bool preempt;
	uint32_t hello_ms, hold_ms;
	uint32_t address, vip;
	uint8_t mac[6];
	const char *key; /* MD5; NULL: text "cisco" */
};

struct cisco {
	struct cisco_config c;
	uint64_t random;
	uint8_t state;		  /* enum peek_state */
	uint32_t active, standby; /* addresses; 0: unknown */
	uint8_t active_priority;
	mono_t t_start, t_active, t_standby, t_hello, t_garp, t_advertise;
	void (*send)(void *arg, const uint8_t *frame, size_t len);
	void *arg;
};

void cisco_init(struct cisco *r, const struct cisco_config *c, uint64_t seed);
void cisco_link(struct cisco *r, bool up, mono_t now);
void cisco_configure(struct cisco *r, uint8_t priority, bool preempt);
void cisco_frame(struct cisco *r, const uint8_t *frame, size_t len, mono_t now);
void cisco_time(struct cisco *r, mono_t now);
mono_t cisco_deadline(const struct cisco *r);

#endif
