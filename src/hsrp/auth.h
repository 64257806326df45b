/*
 * Authentication of HSRP packets: text (RFC 2281 5.1), and keyed MD5 as routers do it: RFC 1828's construction,
 * MD5(key with its MD5 padding, the whole UDP payload with the digest zeroed, key), which is not HMAC.
 *
 * Owns:  the comparison, in constant time, and what we send: the text field, or the MD5 TLV and its digest.
 * Never: logs or keeps a secret; brings MD5 itself: the function is handed in (struct hsrp_digest).
 *
 * The digest covers the payload as it was received: bytes that a sender left uncleared, and TLVs that nobody knows.
 */
#ifndef HSRP_AUTH_H
#define HSRP_AUTH_H

#include "hsrp/wire.h"

/* MD5 of `len` bytes; false when it is not to be had. */
typedef bool hsrp_md5_fn(const uint8_t *data, size_t len, uint8_t out[HSRP_DIGEST_LEN]);

/* Can this group authenticate at all? MD5 needs a key, and somebody who computes it. */
bool hsrp_auth_usable(const struct hsrp_auth *auth, hsrp_md5_fn *md5);
/* What this group sends as its proof; the packet is complete otherwise. False: no digest was to be had. */
bool hsrp_auth_seal(
	const struct hsrp_auth *auth, hsrp_md5_fn *md5, const struct ipaddr *from, struct hsrp_packet *p);
/* Is this packet, read from `payload`, ours to believe? One with an MD5 TLV never matches text, whatever its text says. */
bool hsrp_auth_matches(const struct hsrp_auth *auth, hsrp_md5_fn *md5, const struct hsrp_packet *p,
	const uint8_t *payload, size_t len);
/* Do both have the same key, or the same text? */
bool hsrp_auth_same(const struct hsrp_auth *a, const struct hsrp_auth *b);

#endif
