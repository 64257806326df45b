/*
 * Which key of a chain is used when.
 *
 * Owns:  nothing: functions over the keys of a chain, by number, and a moment of the wall clock, in seconds since 1970.
 * Never: reads a clock.
 *
 * Sent is the key with the lowest number whose send-lifetime holds. Believed is every key whose accept-lifetime holds, by
 * the number in the packet. When the lifetime of the last key has ended, that key is used on: neither going on without
 * authentication nor falling silent is better (RFC 2328 D.3, and what routers do).
 */
#ifndef HSRP_KEYCHAIN_H
#define HSRP_KEYCHAIN_H

#include <stddef.h>

#include "hsrp/hsrp.h"

/* NULL: no key can be used, now or any more. `outlived` (may be NULL): its lifetime has ended. */
const struct hsrp_chain_key *keychain_send(
	const struct hsrp_chain_key *keys, size_t count, int64_t wall_s, bool *outlived);
/* The key of that number, if packets with it are to be believed now; else NULL. */
const struct hsrp_chain_key *keychain_accept(
	const struct hsrp_chain_key *keys, size_t count, uint32_t id, int64_t wall_s);
/* When a send-lifetime begins or ends next; INT64_MAX: never. */
int64_t keychain_next_change(const struct hsrp_chain_key *keys, size_t count, int64_t wall_s);

#endif
