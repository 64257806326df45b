#include "ipsec/transform.h"

#include <stdio.h>

static const struct {
	uint8_t group;
	bool weak;
	const char *name;
} dh_groups[] = {
	{1, true, "modp768"},
	{2, true, "modp1024"},
	{5, true, "modp1536"},
	{14, false, "modp2048"},
	{15, false, "modp3072"},
	{16, false, "modp4096"},
	{19, false, "ecp256"},
	{20, false, "ecp384"},
	{21, false, "ecp521"},
	{24, true, "modp2048s256"},
};

static const struct {
	const char *name, *typed; /* typed: only what is to be avoided */
	bool aead;
} ike_encryptions[] = {
	[IKE_ENCR_DES] = {"des", "des", false},
	[IKE_ENCR_3DES] = {"3des", "3des", false},
	[IKE_ENCR_AES128] = {"aes128", NULL, false},
	[IKE_ENCR_AES192] = {"aes192", NULL, false},
	[IKE_ENCR_AES256] = {"aes256", NULL, false},
	[IKE_ENCR_GCM128] = {"aes128gcm16", NULL, true},
	[IKE_ENCR_GCM256] = {"aes256gcm16", NULL, true},
};

static const char *const ike_hashes[] = {
	[IKE_HASH_MD5] = "md5",
	[IKE_HASH_SHA1] = "sha1",
	[IKE_HASH_SHA256] = "sha256",
	[IKE_HASH_SHA384] = "sha384",
	[IKE_HASH_SHA512] = "sha512",
};

static const struct {
	const char *name, *typed;
	bool aead;
} esp_encryptions[] = {
	[ESP_ENCR_NONE] = {"null", NULL, false}, /* authentication alone: NULL encryption on the wire */
	[ESP_ENCR_NULL] = {"null", NULL, false},
	[ESP_ENCR_DES] = {"des", "esp-des", false},
	[ESP_ENCR_3DES] = {"3des", "esp-3des", false},
	[ESP_ENCR_AES128] = {"aes128", NULL, false},
	[ESP_ENCR_AES192] = {"aes192", NULL, false},
	[ESP_ENCR_AES256] = {"aes256", NULL, false},
	[ESP_ENCR_GCM128] = {"aes128gcm16", NULL, true},
	[ESP_ENCR_GCM192] = {"aes192gcm16", NULL, true},
	[ESP_ENCR_GCM256] = {"aes256gcm16", NULL, true},
	[ESP_ENCR_GMAC128] = {"aes128gmac", NULL, true},
	[ESP_ENCR_GMAC192] = {"aes192gmac", NULL, true},
	[ESP_ENCR_GMAC256] = {"aes256gmac", NULL, true},
};

static const struct {
	const char *name, *typed;
} esp_integrities[] = {
	[ESP_INTEG_NONE] = {NULL, NULL},
	[ESP_INTEG_MD5] = {"md5", "esp-md5-hmac"},
	[ESP_INTEG_SHA1] = {"sha1", NULL},
	[ESP_INTEG_SHA256] = {"sha256", NULL},
	[ESP_INTEG_SHA384] = {"sha384", NULL},
	[ESP_INTEG_SHA512] = {"sha512", NULL},
};

const char *dh_group_name(uint8_t group)
{
	for (size_t i = 0; i < sizeof(dh_groups) / sizeof(*dh_groups); i++)
		if (dh_groups[i].group == group)
			return dh_groups[i].name;
	return NULL;
}

bool dh_group_is_weak(uint8_t group)
{
	for (size_t i = 0; i < sizeof(dh_groups) / sizeof(*dh_groups); i++)
		if (dh_groups[i].group == group)
			return dh_groups[i].weak;
	return false;
}

const char *ike_encryption_name(enum ike_encryption e)
{
	return ike_encryptions[e].name;
}

bool ike_encryption_is_aead(enum ike_encryption e)
{
	return ike_encryptions[e].aead;
}

const char *ike_hash_name(enum ike_hash h)
{
	return ike_hashes[h];
}

bool transform_proposal(const struct transform_set *t, uint8_t pfs_group, char *out, size_t size)
{
	const char *encryption = esp_encryptions[t->encryption].name;
	const char *integrity = esp_integrities[t->integrity].name;
	const char *dh = pfs_group ? dh_group_name(pfs_group) : NULL;
	bool aead = esp_encryptions[t->encryption].aead;
	int n;

	if (aead ==
		(integrity != NULL)) /* GCM authenticates by itself, everything else must be authenticated */
		return false;
	if (pfs_group && !dh)
		return false;
	n = snprintf(out, size, "%s%s%s%s%s", encryption, integrity ? "-" : "", integrity ? integrity : "",
		dh ? "-" : "", dh ? dh : "");
	return n > 0 && (size_t)n < size;
}

const char *transform_weak_encryption(const struct transform_set *t)
{
	return esp_encryptions[t->encryption].typed;
}

const char *transform_weak_integrity(const struct transform_set *t)
{
	return esp_integrities[t->integrity].typed;
}

const char *isakmp_weak_encryption(enum ike_encryption e)
{
	return ike_encryptions[e].typed;
}

const char *isakmp_weak_hash(enum ike_hash h)
{
	return h == IKE_HASH_MD5 ? "md5" : NULL;
}
