/* Hashes of enable secrets: see secrets.h. */
#include "daemon/secrets.h"

#include <crypt.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/text.h"

enum {
	SALT_CHARS = 14, /* of types 8 and 9; the characters themselves are the salt */
	HASH_BYTES = 32,
	HASH_CHARS = 43, /* 32 bytes in base 64 without padding */
	PBKDF2_ROUNDS = 20000,
	SCRYPT_N = 16384,
	SCRYPT_MEMORY = 64 * 1024 * 1024,
	PREFIX_CHARS = 3, /* "$9$" */
};

static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* Base 64 in the order of MIME, high bits first, with crypt's alphabet and no padding. */
static void base64(const uint8_t in[HASH_BYTES], char out[HASH_CHARS + 1])
{
	size_t o = 0;

	for (size_t i = 0; i < HASH_BYTES; i += 3) {
		uint32_t v = (uint32_t)in[i] << 16 | (i + 1 < HASH_BYTES ? (uint32_t)in[i + 1] << 8 : 0) |
			(i + 2 < HASH_BYTES ? in[i + 2] : 0);

		for (int k = 18; k >= 0 && o < HASH_CHARS; k -= 6)
			out[o++] = alphabet[v >> k & 63];
	}
	out[o] = 0;
}

/* "$T$salt$hash" of a text, or false. */
static bool derive(unsigned type, const char *typed, const char *salt, char *out, size_t size)
{
	uint8_t key[HASH_BYTES];
	char hash[HASH_CHARS + 1];
	bool ok;

	if (type == 8)
		ok = PKCS5_PBKDF2_HMAC(typed, (int)strlen(typed), (const uint8_t *)salt, SALT_CHARS,
			     PBKDF2_ROUNDS, EVP_sha256(), HASH_BYTES, key) == 1;
	else
		ok = EVP_PBE_scrypt(typed, strlen(typed), (const uint8_t *)salt, SALT_CHARS, SCRYPT_N, 1, 1,
			     SCRYPT_MEMORY, key, HASH_BYTES) == 1;
	if (ok) {
		base64(key, hash);
		ok = snprintf(out, size, "$%u$%.*s$%s", type, SALT_CHARS, salt, hash) < (int)size;
	}
	OPENSSL_cleanse(key, sizeof(key));
	return ok;
}

static bool same(const char *a, const char *b)
{
	size_t n = strlen(a);

	return n == strlen(b) && CRYPTO_memcmp(a, b, n) == 0;
}

bool secret_matches(const struct secret *s, const char *typed)
{
	char computed[SECRET_MAX_LEN];
	struct crypt_data data = {0};
	const char *hash;

	switch (s->type) {
	case 0: return same(s->text, typed);
	case 5: hash = crypt_r(typed, s->text, &data); return hash && *hash != '*' && same(hash, s->text);
	case 8:
	case 9:
		return strlen(s->text) > PREFIX_CHARS + SALT_CHARS && s->text[0] == '$' &&
			s->text[1] == '0' + s->type && s->text[2] == '$' &&
			derive(s->type, typed, s->text + PREFIX_CHARS, computed, sizeof(computed)) &&
			same(computed, s->text);
	default: return false;
	}
}

bool secret_hash(struct secret *s)
{
	uint8_t random[SALT_CHARS];
	char salt[SALT_CHARS + 1] = "", out[SECRET_MAX_LEN];

	if (s->type != 0)
		return true;
	if (RAND_bytes(random, sizeof(random)) != 1)
		return false;
	for (size_t i = 0; i < SALT_CHARS; i++)
		salt[i] = alphabet[random[i] & 63];
	if (!derive(9, s->text, salt, out, sizeof(out)))
		return false;
	OPENSSL_cleanse(s->text, sizeof(s->text));
	str_copy(s->text, sizeof(s->text), out);
	s->type = 9;
	return true;
}
