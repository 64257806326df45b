/*
 * What the IKE part of the configuration means: proposals, dead peer detection, lifetimes and keys.
 *
 * Owns:  the reading of `crypto isakmp …` and `crypto ikev2 …` (requirement D11).
 * Never: logs or prints a key.
 */
#ifndef IPSEC_ISAKMP_H
#define IPSEC_ISAKMP_H

#include "ipsec/ike.h"
#include "model/model.h"

enum { IKE_LIFETIME_DEFAULT_S = 86400, KEEPALIVE_RETRY_DEFAULT_S = 2, KEEPALIVE_TRIES = 5 };

/* A policy that can be used (D17): pre-shared keys. charon has all the algorithms. */
static inline bool isakmp_policy_usable(const struct isakmp_policy *p)
{
	return p->authentication_set && p->authentication == IKE_AUTH_PRE_SHARE;
}

/* An identity in charon's words; "" for any. */
void ike_identity_text(const struct ike_identity *i, char out[IKE_ID_MAX]);
/*
 * What the peer of an entry must call itself; "" for anything that its key proves. `peer` NULL: a dynamic map. Without a
 * profile, and where the profile's addresses hold the peer's, that is its address (H5: only a concrete identity lets
 * charon announce that it starts anew).
 */
void isakmp_remote_id(
	const struct model *m, const char *profile, const struct ipaddr *peer, char out[IKE_ID_MAX]);

/* charon proposals in order of preference. False when they do not fit. */
bool isakmp_proposals(const struct model *m, char out[IKE_PROPOSALS_MAX]);
bool ikev2_proposals(const struct model *m, char out[IKE_PROPOSALS_MAX]);

/* Version, proposals, dead peer detection and lifetime of a connection whose entry names `profile` ("": IKEv1). False
 * when the profile is missing or nothing usable is configured. */
bool isakmp_fill(const struct model *m, const char *profile, struct ike_conn *c);

/* Whether a dead peer of such an entry is noticed (H5). */
bool isakmp_has_keepalive(const struct model *m, const char *profile);

/* Every key that charon shall have, until `f` returns false. The struct and its key are borrowed for the call. */
void isakmp_each_secret(const struct model *m, bool (*f)(const struct ike_secret *s, void *arg), void *arg);

#endif
