/*
 * MD5 of libcrypto, for HSRP's keyed digests and for nothing else.
 *
 * Owns:  the one place where the algorithm is fetched, so that none of it happens between two hellos.
 * Never: keeps what it hashed.
 */
#ifndef LINUX_MD5_H
#define LINUX_MD5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MD5_LEN = 16 };

/* Fetches the algorithm; false where the machine's policy does not have it. */
bool md5_open(void);
/* The digest of `len` bytes; false when it is not to be had. */
bool md5_sum(const uint8_t *data, size_t len, uint8_t out[MD5_LEN]);

#endif
