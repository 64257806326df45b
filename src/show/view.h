/*
 * What the views share: their table's row, and the words and forms that IOS uses everywhere.
 *
 * Owns:  nothing that lasts.
 * Never: included from outside src/show.
 */
#ifndef SHOW_VIEW_H
#define SHOW_VIEW_H

#include "redundancy/hazard.h"
#include "show/show.h"

/* Prints the next entry at the position in `s`; false when there is none left. */
typedef bool (*view_step)(struct show *s, struct text *out);

struct view {
	const char *name;  /* in JSON */
	unsigned required; /* facts without which there is nothing to print */
	unsigned optional; /* facts that a view prints when they are there */
	view_step text;
	view_step json; /* writes members or elements into the open array "entries" */
};

extern const struct view view_standby, view_crypto_map, view_crypto_dynamic_map, view_transform_set,
	view_ipsec_sa, view_ipsec_sa_count, view_ipsec_sa_lifetime, view_isakmp_sa, view_isakmp_policy,
	view_isakmp_peers, view_ikev2_sa, view_crypto_session, view_crypto_route, view_ip_route,
	view_ip_interface_brief, view_access_lists, view_version, view_redundancy, view_isakmp_sa_count,
	view_isakmp_default_policy, view_isakmp_key, view_ikev2_session, view_ikev2_proposal,
	view_ikev2_policy, view_ikev2_profile, view_engine_connections, view_crypto_eli, view_crypto_ha,
	view_track, view_key_chain, view_standby_neighbors, view_standby_delay, view_standby_redirect,
	view_standby_internal, view_route_tracks, view_standby_capability, view_interfaces, view_ip_interface,
	view_arp, view_hotswan_internal;

/* --- An index of a view's own over the SAs ------------------------------------------------------------------------ */

enum { VIEW_ROWS_MAX = 2 };
/* Writes the rows of one SA, VIEW_ROWS_MAX at most; how many. */
typedef size_t (*view_rows)(const struct facts *f, const struct child_sa *sa, void *out);
/*
 * Makes s->scratch the ordered rows of all SAs, step by step: until it returns true the view has nothing to print and
 * returns true itself. Uses s->stage (3: done) and s->at[3].
 */
bool view_index(struct show *s, size_t size, view_rows rows, int (*order)(const void *, const void *));

/* --- Interfaces ------------------------------------------------------------------------------------------------------ */

struct interface_row {
	const char *name, *device;
	const struct interface_cfg *cfg; /* NULL: not configured */
	const struct link *link;	 /* NULL: no such device */
	struct ipaddr address;		 /* not set: unassigned */
	uint8_t address_len;
	const char *method, *status;
	bool up; /* line protocol */
};
/* The next one by s->at[0] and s->at[1], limited to the interface of the arguments. */
bool next_interface_row(struct show *s, struct interface_row *row);

/* --- Time ---------------------------------------------------------------------------------------------------- */

enum { AGE_TEXT_MAX = 32, UPTIME_TEXT_MAX = 96 };

/* "00:00:08", "1d02h", "10w3d", "3y37w"; "never" when negative. */
const char *format_age(int64_t seconds, char out[AGE_TEXT_MAX]);
/* The same from a moment; MONO_NEVER is "never". */
const char *format_age_since(mono_t now, mono_t then, char out[AGE_TEXT_MAX]);
/* "5 hours, 2 minutes"; always at least minutes, as `show version` has it. */
const char *format_uptime(int64_t seconds, char out[UPTIME_TEXT_MAX]);
/* "05:50:03", hours without an upper bound; 0 when negative. */
const char *format_clock(int64_t seconds, char out[AGE_TEXT_MAX]);

/* --- Words --------------------------------------------------------------------------------------------------- */

const char *role_name(enum hsrp_role role); /* "Init", "Active" */
/* Why a group changed last: the debug output's words without the event letter; IOS's own for an interface that is down. */
const char *change_reason(const struct hsrp_status *st);

enum { TRANSFORM_TEXT_MAX = 64, ACL_RULE_TEXT_MAX = 192, CONN_NAME_MAX = IKE_CONN_NAME_MAX };

/* "esp-256-aes esp-sha256-hmac ": IOS writes a blank behind each transform. */
const char *format_transform_set(const struct transform_set *t, char out[TRANSFORM_TEXT_MAX]);
/* The same from what charon negotiated. */
const char *format_child_transform(const struct child_sa *sa, char out[TRANSFORM_TEXT_MAX]);
/* "permit ip 192.168.1.0 0.0.0.255 host 10.1.1.1 eq www log"; "remark …" for a remark. */
const char *format_acl_rule(const struct acl_rule *r, char out[ACL_RULE_TEXT_MAX]);
/* "ip", "tcp", or the number. */
const char *protocol_name(unsigned protocol, char out[8]);
/* "group14" from charon's MODP_2048; "none" when there was no exchange. */
const char *format_dh(const char *charon_name, char out[16]);
unsigned dh_number(const char *charon_name); /* 0: none or not known */
unsigned dh_bits(unsigned group);	     /* 0: not known */

/* IKE algorithms from charon's names: "aes", or longer "AES-CBC"; "sha256", "SHA256"; "SHA256". */
const char *negotiated_cipher(const struct ike_sa *sa, bool longer);
const char *negotiated_hash(const struct ike_sa *sa, bool longer);
const char *negotiated_prf(const struct ike_sa *sa);
/* Seconds until IKE is negotiated again; 0 when not known. */
int64_t ike_lifetime_left(const struct ike_sa *sa);

/* The next IKE_SA of a version, by the arguments' address; s->at[0] walks. */
const struct ike_sa *next_ike_sa(struct show *s, uint8_t version);
void json_ike_sa(struct json *j, const struct ike_sa *sa);

/* An IKE identity as it may be printed: the peer chooses it, so control characters become '?'. */
const char *format_id(const char *id, char out[IKE_ID_MAX]);

/* H9, H10: what a group that concerns a crypto map is in danger of; false: nothing. `out` has room for HAZARD_TEXT_MAX. */
bool show_preempt_hazard(const struct facts *f, const struct interface_cfg *i, const struct standby_group *g,
	enum ip_family family, char *out);
/* NULL: none; else the interface of the group that it may be split from. */
const struct interface_cfg *show_split_hazard(const struct facts *f, const struct interface_cfg *i,
	const struct standby_group *g, enum ip_family family, const struct standby_group **other, char *out);
/* All warnings of an interface's crypto map, IPv4's first; at most HAZARDS. */
enum { HAZARDS = 4 };
unsigned show_hazards(const struct facts *f, const struct interface_cfg *i, char (*out)[HAZARD_TEXT_MAX]);

/* --- Finding one's way ---------------------------------------------------------------------------------------- */

/* Effective lifetimes of an entry: its own, else the global ones, else IOS's 3600 s and 4608000 kB. */
uint32_t lifetime_seconds(const struct model *m, const struct sa_lifetime *own);
uint32_t lifetime_kilobytes(const struct model *m, const struct sa_lifetime *own); /* 0: disabled */

/* The connection of an entry on an interface: hs/<interface>/<map>/<seq>/<peer>; peer NULL: any. */
const char *conn_name(const char *interface, const char *map, uint16_t sequence, const struct ipaddr *peer,
	char out[CONN_NAME_MAX]);
/* Takes such a name apart again; false when it is none of ours. */
bool conn_parse(const char *conn, char interface[INTERFACE_NAME_MAX], char map[NAME_MAX_LEN],
	uint16_t *sequence, struct ipaddr *peer);
/* IOS numbers IKE_SAs from 1001; IPsec SAs in pairs, inbound first: flows from 1, connections from 2001. */
unsigned ike_conn_id(const struct ike_sa *sa);
unsigned child_flow_id(const struct child_sa *sa, bool inbound);
unsigned child_conn_id(const struct child_sa *sa, bool inbound);

/* `% …` line(s) for facts that are not there; nothing when all are. */
void print_missing(struct text *out, unsigned missing);

#endif
