/*
 * Kernel IPsec state that charon leaves behind when it dies, and whether the kernel has ESP at all.
 *
 * Owns:  nothing in the kernel. A throw-away state during the probe.
 * Never: flushes; deletes a state or policy that is not of the shape charon installs. All calls are synchronous and meant
 *        for the `ike` role before it becomes charon; none is for the engine's loop.
 */
#ifndef LINUX_XFRM_H
#define LINUX_XFRM_H

#include <stdbool.h>
#include <stdint.h>

/* 1 when the kernel takes an ESP state (it was added and deleted), 0 when it has no ESP, -errno when it cannot be told. */
int xfrm_probe_esp(void);

struct xfrm_cleaned {
	uint32_t states, policies; /* deleted */
	uint32_t kept;		   /* of others, left alone */
};

/*
 * Deletes one by one the states and policies that a dead charon left: reqid 1 to 16383 with no mark, no interface id
 * and no label. charon numbers from 1; libreswan from 16384 on, `ip xfrm` uses 0. Only call it while no charon runs in
 * this network namespace. 0 (also without XFRM in the kernel) or the first -errno; it goes on after an error.
 */
int xfrm_clean(struct xfrm_cleaned *out);

#endif
