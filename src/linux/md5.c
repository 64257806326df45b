/* MD5 of libcrypto: see md5.h. */
#include "linux/md5.h"

#include <openssl/evp.h>

static EVP_MD *algorithm; /* fetched once, for the life of the process */

bool md5_open(void)
{
	if (!algorithm)
		algorithm = EVP_MD_fetch(NULL, "MD5", NULL);
	return algorithm != NULL;
}

bool md5_sum(const uint8_t *data, size_t len, uint8_t out[MD5_LEN])
{
	unsigned written = 0;

	return md5_open() && EVP_Digest(data, len, out, &written, algorithm, NULL) == 1 && written == MD5_LEN;
}
