/*
 * Authentication of HSRP packets: text (RFC 2281 5.1), with room for keyed MD5.
 *
 * Owns:  the comparison, in constant time, and the field of what we send.
 * Never: logs or keeps a secret.
 */
#ifndef HSRP_AUTH_H
#define HSRP_AUTH_H

#include "hsrp/wire.h"

/* The authentication field for what this group sends. */
void hsrp_auth_fill(const struct hsrp_auth *auth, struct hsrp_packet *p);
/* Is this packet ours to believe? A packet with an MD5 TLV never matches text, whatever its text field says. */
bool hsrp_auth_matches(const struct hsrp_auth *auth, const struct hsrp_packet *p);

#endif
