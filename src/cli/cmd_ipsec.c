/* IPsec: transform sets and the global lifetime of security associations. */
#include "cli/rules.h"

static const uint32_t ciphers[] = {ESP_ENCR_DES, ESP_ENCR_3DES, ESP_ENCR_AES128, ESP_ENCR_AES128,
	ESP_ENCR_AES192, ESP_ENCR_AES256, ESP_ENCR_GCM128, ESP_ENCR_GCM128, ESP_ENCR_GCM192, ESP_ENCR_GCM256,
	ESP_ENCR_GMAC128, ESP_ENCR_GMAC128, ESP_ENCR_GMAC192, ESP_ENCR_GMAC256, ESP_ENCR_NULL};
static const uint32_t hmacs[] = {
	ESP_INTEG_MD5, ESP_INTEG_SHA1, ESP_INTEG_SHA256, ESP_INTEG_SHA384, ESP_INTEG_SHA512};

#define CIPHER                                                                                               \
	"{esp-des|esp-3des|esp-aes|esp-aes 128|esp-aes 192|esp-aes 256|esp-gcm|esp-gcm 128|esp-gcm 192|"     \
	"esp-gcm 256|esp-gmac|esp-gmac 128|esp-gmac 192|esp-gmac 256|esp-null}:cipher"
#define HMAC "{esp-md5-hmac|esp-sha-hmac|esp-sha256-hmac|esp-sha384-hmac|esp-sha512-hmac}:hmac"
#define CIPHER_HELP                                                                                          \
	"ESP transform using DES cipher (56 bits)|ESP transform using 3DES(EDE) cipher (168 bits)|"          \
	"ESP transform using AES cipher||128 bit keys.||192 bit keys.||256 bit keys.|"                       \
	"ESP transform using GCM cipher||128 bit keys.||192 bit keys.||256 bit keys.|"                       \
	"ESP transform using GMAC cipher||128 bit keys.||192 bit keys.||256 bit keys.|"                      \
	"ESP transform w/o cipher"
#define HMAC_HELP                                                                                            \
	"ESP transform using HMAC-MD5 auth|ESP transform using HMAC-SHA auth|ESP transform using "           \
	"HMAC-SHA256 auth|"                                                                                  \
	"ESP transform using HMAC-SHA384 auth|ESP transform using HMAC-SHA512 auth"

static bool authenticates_itself(uint32_t cipher)
{
	return cipher >= ESP_ENCR_GCM128 && cipher <= ESP_ENCR_GMAC256;
}

static bool check_transforms(struct cli_call *c)
{
	uint32_t cipher = ciphers[cli_arg(c->args, "cipher")->n];
	bool hmac = cli_has(c->args, "hmac");

	if (authenticates_itself(cipher) && hmac)
		return cli_refuse(
			c, "esp-gcm and esp-gmac authenticate by themselves: leave the esp-...-hmac out");
	if (cipher == ESP_ENCR_NULL && !hmac)
		return cli_refuse(c, "esp-null needs authentication: add an esp-...-hmac");
	return true;
}

/* An entry names existing sets only, so that what runs loads again. */
static bool drop_set(struct cli_call *c)
{
	const struct transform_set *t = c->target.object;
	const struct crypto_map *map;
	const struct crypto_map_entry *e;
	bool dynamic;

	if (!t)
		return true;
	e = cli_transform_set_user(c->model, t->name, &map, &dynamic);
	if (e)
		return cli_refuse(c, "Transform set %s is used by crypto %s %s %u: take it out there first",
			t->name, dynamic ? "dynamic-map" : "map", map->name, (unsigned)e->sequence);
	cli_list_transform_sets.drop(&c->target);
	c->target.object = NULL;
	return true;
}

static void warn_transforms(struct cli_call *c)
{
	const struct transform_set *t = c->target.object;

	if (t->encryption == ESP_ENCR_DES || t->encryption == ESP_ENCR_3DES || t->integrity == ESP_INTEG_MD5)
		cli_note(c,
			"%%Warning: transform set %s is weak and should be avoided: prefer esp-aes 256 "
			"esp-sha256-hmac",
			t->name);
	else if (t->encryption == ESP_ENCR_NULL || authenticates_itself(t->encryption))
		;
	else if (t->integrity == ESP_INTEG_NONE)
		cli_note(
			c, "%%Warning: transform set %s has no authentication: add an esp-...-hmac", t->name);
	if (t->encryption == ESP_ENCR_NULL ||
		(t->encryption >= ESP_ENCR_GMAC128 && t->encryption <= ESP_ENCR_GMAC256))
		cli_note(c, "%%Warning: transform set %s does not encrypt", t->name);
}

/* --- Lifetimes, also those of crypto map entries ---------------------------------------------------------------------- */

enum { OPTIMUM_SECONDS = 900, OPTIMUM_KILOBYTES = 102400 }; /* below, IOS warns */

void cli_warn_lifetime(struct cli_call *c)
{
	const struct cli_value *seconds = cli_arg(c->args, "seconds"),
			       *kilobytes = cli_arg(c->args, "kilobytes");

	if (seconds->set && seconds->n < OPTIMUM_SECONDS)
		cli_note(c,
			"Warning! Lifetime value of %u sec is lower than the recommended optimum value of %u "
			"sec",
			(unsigned)seconds->n, (unsigned)OPTIMUM_SECONDS);
	if (kilobytes->set && kilobytes->n < OPTIMUM_KILOBYTES)
		cli_note(c,
			"Warning! Lifetime value of %u KB is lower than the recommended optimum value of %u "
			"KB",
			(unsigned)kilobytes->n, (unsigned)OPTIMUM_KILOBYTES);
}

/* --- Options of SAs ----------------------------------------------------------------------------------------------------- */

const uint32_t cli_replay_windows[6] = {REPLAY_DISABLED, 64, 128, 256, 512, 1024};
const uint32_t cli_df_bits[3] = {DF_CLEAR, DF_SET, DF_COPY};

static const uint32_t modes[] = {IPSEC_TUNNEL, IPSEC_TRANSPORT};

static const struct cli_row rows[] = {
	{.modes = IN(CONFIG),
		.syntax = "crypto ipsec security-association lifetime seconds ; <120-2592000>:seconds",
		.help = "|Configure IPSEC policy|Security association parameters|security association "
			"lifetime|"
			"Time-based key duration|Security association duration in seconds",
		.rank = 1000,
		.fields = {UINT_STD("seconds", struct model, sa_lifetime.seconds, 3600)},
		.touches = MODEL_SA_LIFETIME,
		.after = cli_warn_lifetime},
	{.modes = IN(CONFIG),
		.syntax = "crypto ipsec security-association lifetime kilobytes ; "
			  "{disable:disable|<2560-4294967295>:kilobytes}",
		.help = "||||Volume-based key duration|Disable Volume-based Rekey|"
			"Security association duration in kilobytes encrypted",
		.rank = 1001,
		.touches = MODEL_SA_LIFETIME,
		.after = cli_warn_lifetime,
		.fields = {UINT_STD("kilobytes", struct model, sa_lifetime.kilobytes, 4608000),
			FLAG("disable", struct model, sa_lifetime.kilobytes_disabled)}},
	{.modes = IN(CONFIG),
		.syntax = "crypto ipsec transform-set WORD/63:name ; {" CIPHER " [" HMAC "]|" HMAC " " CIPHER
			  "}",
		.help = "||Define transform and settings|Transform set tag|" CIPHER_HELP "|" HMAC_HELP,
		.rank = 1010,
		.flags = CLI_IDENTITY | CLI_REENTER,
		.opens = MODE_TRANSFORM_SET,
		.list = &cli_list_transform_sets,
		.check = check_transforms,
		.unset = drop_set,
		.after = warn_transforms,
		.touches = MODEL_TRANSFORM_SET,
		.trail = " ",
		.fields = {TEXT("name", struct transform_set, name),
			CHOICE("cipher", struct transform_set, encryption, ESP_ENCR_NONE, ciphers),
			CHOICE("hmac", struct transform_set, integrity, ESP_INTEG_NONE, hmacs)}},
	{.modes = IN(CONFIG),
		.syntax = "crypto ipsec transform-set WORD/63:name {ah-md5-hmac|ah-sha-hmac|ah-sha256-hmac|"
			  "ah-sha384-hmac|ah-sha512-hmac|comp-lzs|esp-seal} [LINE]",
		.flags = CLI_HIDDEN,
		.refuse = "AH, compression and esp-seal are not available. Accepted are esp-aes, esp-gcm, "
			  "esp-gmac, esp-3des, "
			  "esp-des, esp-null and esp-{md5|sha|sha256|sha384|sha512}-hmac"},
	{.modes = IN(CONFIG),
		.syntax = "crypto ipsec transform-set WORD/63 " CIPHER " [" HMAC
			  "] {comp-lzs|ah-md5-hmac|ah-sha-hmac|"
			  "ah-sha256-hmac}",
		.flags = CLI_HIDDEN,
		.refuse = "AH and compression are not available: leave them out of the set"},
	{.modes = IN(TRANSFORM_SET),
		.syntax = "mode ; {tunnel|transport [require]}:mode",
		.help = "encapsulation mode (transport/tunnel)|tunnel mode|transport mode|"
			"mandatory transport mode, taken as transport",
		.rank = 10,
		.fields = {CHOICE_ALWAYS("mode", struct transform_set, mode, IPSEC_TUNNEL, modes)},
		.touches = MODEL_TRANSFORM_SET},
	{.modes = IN(CONFIG),
		.syntax = "crypto ipsec security-association idle-time ; <60-86400>:seconds",
		.help = "|||Automatically delete IPSec SAs after a given idle period|SA idle time in seconds",
		.rank = 1002,
		.fields = {UINT("seconds", struct model, sa_options.idle_s)},
		.touches = MODEL_SA_LIFETIME},
	{.modes = IN(CONFIG),
		.syntax = "crypto ipsec security-association replay ; " CLI_REPLAY,
		.help = "|||Set replay checking|" CLI_REPLAY_HELP,
		.rank = 1003,
		.fields = {CHOICE("replay", struct model, sa_options.replay_window, 0, cli_replay_windows)},
		.touches = MODEL_SA_LIFETIME},
	{.modes = IN(CONFIG),
		.syntax = "crypto ipsec df-bit ; {clear|set|copy}:df",
		.help = "||Handling of encapsulated DF bit.|Clear DF bit for outer IP header|Set DF bit in "
			"outer header|Copy DF bit from original header",
		.rank = 1090,
		.fields = {CHOICE("df", struct model, sa_options.df, DF_NOT_TYPED, cli_df_bits)},
		.touches = MODEL_SA_LIFETIME},
	{.modes = IN(INTERFACE),
		.syntax = "crypto ipsec df-bit ; {clear|set|copy}:df",
		.help = "Encryption/Decryption commands|Set IPSec parameters|Handling of encapsulated DF "
			"bit.|Clear DF bit "
			"for outer IP header|Set DF bit in outer header|Copy DF bit from original header",
		.rank = 85,
		.fields = {CHOICE("df", struct interface_cfg, df, DF_NOT_TYPED, cli_df_bits)},
		.touches = MODEL_INTERFACE},
	{.modes = IN(CONFIG),
		.syntax = "crypto ipsec nat-transparency udp-encapsulation",
		.help = "||NAT transparency mode|UDP encapsulation (on, cannot be switched off)",
		.flags = CLI_PARSE_ONLY | CLI_NO_NO},
	{.modes = IN(CONFIG),
		.syntax = "crypto ipsec nat-transparency udp-encapsulation",
		.flags = CLI_ONLY_NO | CLI_HIDDEN,
		.refuse = "UDP encapsulation is used wherever IKE meets a NAT, and cannot be switched off"},
	{.modes = IN(CONFIG),
		.syntax = "crypto ipsec security-association {dummy|ecn|multi-sn} [LINE]",
		.flags = CLI_HIDDEN,
		.refuse = "This option of security associations is not available: lifetime, idle-time and "
			  "replay are"},
	{.modes = IN(CONFIG),
		.syntax = "crypto ipsec {profile|client|nat-transparency|optional} LINE",
		.flags = CLI_HIDDEN,
		.refuse = "This IPsec feature is not available: transform-set and security-association are"},
};
CLI_TABLE(cli_table_ipsec, rows);
