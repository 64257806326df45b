/* Authentication: see auth.h. */
#include "hsrp/auth.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"

enum {
	MD5_BLOCK = 64,
	MD5_LENGTH = 8,	    /* the count of bits that ends the padding */
	PAYLOAD_MAX = 1500, /* an Ethernet frame's */
	INPUT_MAX = 2 * MD5_BLOCK + PAYLOAD_MAX + HSRP_KEY_MAX,
};

static void text_fill(const struct hsrp_auth *auth, uint8_t out[HSRP_TEXT_AUTH_MAX])
{
	memset(out, 0, HSRP_TEXT_AUTH_MAX);
	for (size_t i = 0; i < HSRP_TEXT_AUTH_MAX && auth->text[i]; i++)
		out[i] = (uint8_t)auth->text[i];
}

static bool equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	unsigned differ = 0;

	for (size_t i = 0; i < len; i++)
		differ |= (unsigned)(a[i] ^ b[i]);
	return differ == 0;
}

/* RFC 1321 3.1, 3.2: the key as if it were the whole message. A key of 56 octets or more takes a second block. */
static void padded_key_write(struct writer *w, const struct hsrp_auth *auth)
{
	static const uint8_t zero[2 * MD5_BLOCK];
	size_t used = auth->key_len + 1u + MD5_LENGTH, fill = (MD5_BLOCK - used % MD5_BLOCK) % MD5_BLOCK;
	unsigned bits = auth->key_len * 8u;

	write_bytes(w, auth->key, auth->key_len);
	write_u8(w, 0x80);
	write_bytes(w, zero, fill);
	write_u8(w, (uint8_t)bits); /* least significant octet first */
	write_u8(w, (uint8_t)(bits >> 8));
	write_bytes(w, zero, MD5_LENGTH - 2);
}

static bool digest(const struct hsrp_auth *auth, hsrp_md5_fn *md5, const uint8_t *payload, size_t len,
	size_t offset, uint8_t out[HSRP_DIGEST_LEN])
{
	static const uint8_t zero[HSRP_DIGEST_LEN];
	uint8_t input[INPUT_MAX];
	struct writer w = writer_make(input, sizeof(input));

	assert(offset + HSRP_DIGEST_LEN <= len);
	padded_key_write(&w, auth);
	write_bytes(&w, payload, offset);
	write_bytes(&w, zero, sizeof(zero));
	write_bytes(&w, payload + offset + sizeof(zero), len - offset - sizeof(zero));
	write_bytes(&w, auth->key, auth->key_len);
	return !w.failed && md5(input, writer_len(&w), out);
}

bool hsrp_auth_usable(const struct hsrp_auth *auth, hsrp_md5_fn *md5)
{
	return auth->kind == HSRP_AUTH_TEXT || (auth->key_len > 0 && md5);
}

bool hsrp_auth_seal(
	const struct hsrp_auth *auth, hsrp_md5_fn *md5, const struct ipaddr *from, struct hsrp_packet *p)
{
	uint8_t payload[HSRP_FRAME_MAX];

	memset(p->auth, 0, sizeof(p->auth));
	p->has_md5 = auth->kind == HSRP_AUTH_MD5;
	if (!p->has_md5) {
		text_fill(auth, p->auth);
		return true;
	}
	if (!hsrp_auth_usable(auth, md5))
		return false;
	const uint8_t *last = from->bytes + ip_bits(from) / 8 - 4;
	p->md5_address = (uint32_t)last[0] << 24 | (uint32_t)last[1] << 16 | (uint32_t)last[2] << 8 | last[3];
	p->md5_key_id = auth->key_id;
	memset(p->digest, 0, sizeof(p->digest));
	size_t len = hsrp_packet_write(p, payload, sizeof(payload));
	assert(len > HSRP_DIGEST_LEN); /* the digest is the last of what we send */
	p->digest_offset = len - HSRP_DIGEST_LEN;
	return digest(auth, md5, payload, len, p->digest_offset, p->digest);
}

bool hsrp_auth_matches(const struct hsrp_auth *auth, hsrp_md5_fn *md5, const struct hsrp_packet *p,
	const uint8_t *payload, size_t len)
{
	uint8_t expected[HSRP_DIGEST_LEN];

	if (p->has_md5 != (auth->kind == HSRP_AUTH_MD5) || !hsrp_auth_usable(auth, md5))
		return false;
	if (p->has_md5)
		return p->md5_key_id == auth->key_id &&
			digest(auth, md5, payload, len, p->digest_offset, expected) &&
			equal(expected, p->digest, sizeof(expected));
	text_fill(auth, expected);
	return equal(expected, p->auth, HSRP_TEXT_AUTH_MAX);
}

bool hsrp_auth_same(const struct hsrp_auth *a, const struct hsrp_auth *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == HSRP_AUTH_TEXT)
		return strcmp(a->text, b->text) == 0;
	if (a->chain[0] || b->chain[0])
		return strcmp(a->chain, b->chain) == 0;
	return a->key_id == b->key_id && a->key_len == b->key_len && equal(a->key, b->key, a->key_len);
}
