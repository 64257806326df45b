/*
 * Cross-checks between objects that several tables need.
 */
#ifndef CLI_RULES_H
#define CLI_RULES_H

#include "cli/grammar.h"

/* R8: does an entry with reverse-route use this access list? The first one found; NULL: none. */
const struct crypto_map_entry *cli_rri_user(
	const struct model *m, const char *acl, const struct crypto_map **map, bool *dynamic);
/* R8: the first permit rule with `any`; NULL: none. */
const struct acl_rule *cli_rri_obstacle(const struct acl *a);
/* The refusal of R8; always false. */
bool cli_refuse_any(struct cli_call *c, const char *acl, uint32_t rule, const struct crypto_map *map,
	bool dynamic, const struct crypto_map_entry *e);

/* The first entry that uses a transform set; NULL: none. */
const struct crypto_map_entry *cli_transform_set_user(
	const struct model *m, const char *set, const struct crypto_map **map, bool *dynamic);

/* H9: what lets a returning router take over before it is ready, and drop the connections of the group. */
void cli_warn_preempt(struct cli_call *c, const struct interface_cfg *i, const struct standby_group *g);
void cli_warn_priority(struct cli_call *c, const struct interface_cfg *i, const struct standby_group *g);

/* The group's number is one that the interface's version has; else refuses. */
bool cli_check_group(struct cli_call *c);
/* What has no effect on a group that follows another one. */
void cli_note_follows(struct cli_call *c, const struct standby_group *g);

/* An access list goes: the entries that match by it are left without anything to protect. */
void cli_warn_acl_gone(struct cli_call *c, const char *acl);

/* D13: an interface named as on IOS and tied to no device carries nothing. */
void cli_warn_no_device(struct cli_call *c, const struct interface_cfg *i);

/* A group that authenticates with the text that everybody knows; said of the first one only. */
void cli_warn_open_standby(struct cli_call *c, const struct standby_group *g);

/* Keys of type 6 and 7 are kept (D16), but nothing here can decrypt them. */
void cli_warn_key(struct cli_call *c, const struct secret *s);

/* A key for MD5 that is longer than one MD5 block takes: nobody knows what other routers do with it. */
void cli_warn_long_key(struct cli_call *c, const struct secret *s);

void cli_warn_lifetime(struct cli_call *c);

/* `replay …` and `dfbit …`, global and of an entry. */
#define CLI_REPLAY                                                                                           \
	"{disable|window-size 64|window-size 128|window-size 256|window-size 512|window-size 1024}:replay"
#define CLI_REPLAY_HELP                                                                                      \
	"Disable Anti-replay|Set SA replay window size|Window size of 64 (default)||Window size of 128||"    \
	"Window size of 256||Window size of 512||Window size of 1024"
extern const uint32_t cli_replay_windows[6], cli_df_bits[3];

/* IKE identities: the tokens of a row, what was typed in them, and back. */
#define IDENTITY                                                                                             \
	"{address A.B.C.D:address [MASK:mask]|fqdn:fqdn {domain:domain WORD/99:text|WORD/99:text}|"          \
	"email:email {domain:domain WORD/99:text|WORD/99:text}|key-id:key-id WORD/99:text|any:any}"
#define IDENTITY_HELP                                                                                        \
	"IP Address(es)|IPv4 address prefix|specify mask|Fully qualified domain name|Match by domain|"       \
	"Domain|FQDN string|Email ID|Match by domain|Domain|Email string|Key-ID|key-id string|Any identity"
struct ike_identity cli_identity(const struct cli_args *a);
void cli_put_identity(struct cli_args *a, const struct ike_identity *i);

#endif
