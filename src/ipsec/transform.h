/*
 * Transform sets as charon proposals, and what is known about the strength of algorithms.
 *
 * Owns:  the tables of charon's names (strongSwan wiki, "IKEv2 cipher suites") and of what is to be avoided (Cisco "Next
 *        Generation Cryptography", status Avoid).
 */
#ifndef IPSEC_TRANSFORM_H
#define IPSEC_TRANSFORM_H

#include "model/model.h"

#include <stddef.h>

/* charon's names; NULL for a value that has none. */
const char *dh_group_name(uint8_t group);
const char *ike_encryption_name(enum ike_encryption e); /* "aes128", "aes256gcm16" */
bool ike_encryption_is_aead(enum ike_encryption e);
const char *ike_hash_name(enum ike_hash h); /* "sha1" */

/*
 * One charon proposal, e.g. "aes128-sha1-modp2048"; pfs_group 0: without key exchange. False when charon has no such
 * combination (authentication of GCM, an unknown group) or `out` is too small.
 */
bool transform_proposal(const struct transform_set *t, uint8_t pfs_group, char *out, size_t size);

/* The names of algorithms to avoid, as the operator typed them ("esp-3des"), or NULL when there is none. */
const char *transform_weak_encryption(const struct transform_set *t);
const char *transform_weak_integrity(const struct transform_set *t);
const char *isakmp_weak_encryption(enum ike_encryption e); /* "3des" */
const char *isakmp_weak_hash(enum ike_hash h);		   /* "md5" */
bool dh_group_is_weak(uint8_t group);

#endif
