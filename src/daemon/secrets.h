/*
 * Hashes of `enable secret`, in the forms that IOS writes.
 *
 * Types: 5 MD5-crypt, 8 PBKDF2-SHA256 (20,000 rounds), 9 scrypt (N 16384, r 1, p 1): read; new ones are type 9.
 *        Type 0 compares with the text itself.
 * Never: keeps or prints a secret (D16).
 */
#ifndef DAEMON_SECRETS_H
#define DAEMON_SECRETS_H

#include "model/model.h"

bool secret_matches(const struct secret *s, const char *typed);
bool secret_hash(struct secret *s); /* type 0 becomes type 9; false when that failed, `s` is then as it was */

#endif
