/*
 * The running configuration as plain structs: what was typed, nothing that was learned.
 *
 * Owns:  every object that a configuration line can create, and the list of what changed since the core last looked.
 * Never: interprets: what an access list protects, which endpoint a crypto map has, is computed above this floor.
 *
 * Objects live in sorted vectors (base/vec.h) and keep their address until they are deleted. Names are case-sensitive.
 * A field that was not typed is in its zero state; the effective default stands beside it in a comment or in
 * an accessor, so that the writer prints only what was typed and `show` prints what counts.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/ip.h"
#include "base/vec.h"
#include "model/track.h"

enum {
	NAME_MAX_LEN = 64, /* crypto map, access list, transform set, standby name: with the terminator */
	INTERFACE_NAME_MAX = 40, /* "TenGigabitEthernet0/0/0.100" */
	DEVICE_NAME_MAX = 16,	 /* IFNAMSIZ */
	DESCRIPTION_MAX_LEN = 241,
	SECRET_MAX_LEN = 129,
	TRANSFORM_SETS_MAX = 6, /* per crypto map entry */
	PEERS_MAX = 16,		/* `set peer` lines per entry */
};

/* A secret as typed: type 0 in clear or as hexadecimal digits, 6 and 7 as they came, 5/8/9 hashes (enable secret). Requirement D16. */
enum { SECRET_HEX = 16 }; /* no type of IOS, which has a word for it */
struct secret {
	uint8_t type;
	bool set;
	char text[SECRET_MAX_LEN];
};

/* --- IKE ------------------------------------------------------------------------------------------------- */

enum ike_encryption {
	IKE_ENCR_DES,
	IKE_ENCR_3DES,
	IKE_ENCR_AES128,
	IKE_ENCR_AES192,
	IKE_ENCR_AES256,
	IKE_ENCR_GCM128,
	IKE_ENCR_GCM256
};
enum ike_hash { IKE_HASH_MD5, IKE_HASH_SHA1, IKE_HASH_SHA256, IKE_HASH_SHA384, IKE_HASH_SHA512 };
enum ike_authentication { IKE_AUTH_RSA_SIG, IKE_AUTH_RSA_ENCR, IKE_AUTH_PRE_SHARE };

/* `crypto isakmp policy N`. IOS defaults: DES, SHA, rsa-sig, group 1, 86400 s. */
struct isakmp_policy {
	uint16_t priority; /* 1-10000, low first */
	bool encryption_set, hash_set, authentication_set, group_set;
	enum ike_encryption encryption;
	enum ike_hash hash;
	enum ike_authentication authentication;
	uint8_t group;	     /* Diffie-Hellman group number */
	uint32_t lifetime_s; /* 0: not typed, 86400 */
};

/* An IKE identity: of ours, or what a peer's is compared with. */
enum ike_identity_kind {
	IKE_IDENTITY_NONE,
	IKE_IDENTITY_ADDRESS, /* .prefix */
	IKE_IDENTITY_FQDN,    /* .text, as the next ones */
	IKE_IDENTITY_FQDN_DOMAIN,
	IKE_IDENTITY_EMAIL,
	IKE_IDENTITY_EMAIL_DOMAIN,
	IKE_IDENTITY_KEY_ID,
	IKE_IDENTITY_ANY,
};
enum { IKE_IDENTITY_TEXT_MAX = 100 };

struct ike_identity {
	enum ike_identity_kind kind;
	struct prefix prefix;
	bool mask_typed;
	char text[IKE_IDENTITY_TEXT_MAX];
};

/* `crypto isakmp key K address A [mask]`; order: mask length downwards is not kept here, the key is (prefix). */
struct isakmp_key {
	struct prefix peers; /* 0.0.0.0/0 is the wildcard */
	struct secret key;
	bool no_xauth;
	bool mask_typed; /* `address A MASK` even where the mask is that of a host */
};

/* `crypto isakmp key K hostname H`: for a peer that identifies itself by that name. */
struct isakmp_host_key {
	char name[NAME_MAX_LEN];
	struct secret key;
	bool no_xauth;
};

/* `crypto isakmp keepalive S [R] [periodic|on-demand]`; also `crypto ikev2 dpd S R periodic|on-demand`. */
struct ike_keepalive {
	bool set;
	uint16_t seconds; /* 10-3600 */
	uint8_t retry_s;  /* 2-60; 0: not typed, 2 */
	bool periodic;	  /* else on-demand, the default */
};

/* One `peer` block of a `crypto ikev2 keyring`. */
struct ikev2_peer {
	char name[NAME_MAX_LEN];
	char description[DESCRIPTION_MAX_LEN];
	bool address_set;
	bool mask_typed;
	struct prefix address;
	struct ike_identity identity; /* `identity …`; NONE: not typed */
	struct secret key;	      /* both directions */
	struct secret local_key;      /* `pre-shared-key local` */
	struct secret remote_key;     /* `pre-shared-key remote` */
};

struct ikev2_keyring {
	char name[NAME_MAX_LEN];
	struct vec peers; /* struct ikev2_peer, in the order typed */
};

/* `crypto ikev2 proposal`: bit n of each mask stands for value n of its enum; 0: nothing typed. */
struct ikev2_proposal {
	char name[NAME_MAX_LEN];
	uint32_t encryptions; /* 1 << enum ike_encryption */
	uint32_t integrities; /* 1 << enum ike_hash */
	uint32_t prfs;	      /* 1 << enum ike_hash; 0: the integrities' hashes */
	uint32_t groups;      /* 1 << group number */
};

/* `proposal NAME` of a policy. */
struct ikev2_policy_proposal {
	char name[NAME_MAX_LEN];
};

struct ikev2_policy {
	char name[NAME_MAX_LEN];
	struct vec proposals; /* struct ikev2_policy_proposal, the preferred one first */
};

struct ikev2_profile {
	char name[NAME_MAX_LEN];
	struct vec match_remote;	    /* struct ike_identity: `match identity remote …` */
	struct ike_identity identity_local; /* `identity local …`; NONE: the endpoint */
	bool local_pre_share, remote_pre_share;
	char keyring[NAME_MAX_LEN]; /* `keyring local NAME` */
	struct ike_keepalive dpd;   /* `dpd S R periodic|on-demand` */
	uint32_t lifetime_s;	    /* 0: not typed, 86400 */
};

/* --- IPsec ----------------------------------------------------------------------------------------------- */

enum esp_encryption {
	ESP_ENCR_NONE,
	ESP_ENCR_NULL,
	ESP_ENCR_DES,
	ESP_ENCR_3DES,
	ESP_ENCR_AES128,
	ESP_ENCR_AES192,
	ESP_ENCR_AES256,
	ESP_ENCR_GCM128,
	ESP_ENCR_GCM192,
	ESP_ENCR_GCM256,
	ESP_ENCR_GMAC128,
	ESP_ENCR_GMAC192,
	ESP_ENCR_GMAC256
};
enum esp_integrity {
	ESP_INTEG_NONE,
	ESP_INTEG_MD5,
	ESP_INTEG_SHA1,
	ESP_INTEG_SHA256,
	ESP_INTEG_SHA384,
	ESP_INTEG_SHA512
};
enum ipsec_mode { IPSEC_TUNNEL, IPSEC_TRANSPORT };

struct transform_set {
	char name[NAME_MAX_LEN];
	enum esp_encryption encryption;
	enum esp_integrity integrity;
	enum ipsec_mode mode;
};

struct sa_lifetime {
	uint32_t seconds;   /* 0: not typed (entry: the global one; global: 3600) */
	uint32_t kilobytes; /* 0: not typed (entry: the global one; global: 4608000) */
	bool kilobytes_disabled;
};

enum df_bit { DF_NOT_TYPED, DF_CLEAR, DF_SET, DF_COPY };
enum { REPLAY_DISABLED = 1, REPLAY_WINDOW_DEFAULT = 64 };

/* How SAs behave beside their lifetime: the global lines, and those of an entry, which go first. */
struct sa_options {
	uint32_t idle_s;	/* `idle-time`, 60-86400; 0: not typed, never */
	bool idle_to_default;	/* entry: `idle-time S default` */
	uint16_t replay_window; /* 64-1024, or REPLAY_DISABLED; 0: not typed */
	uint8_t df;		/* enum df_bit; not typed: copy */
	bool per_host;		/* entry: `level per-host` */
};

/* --- Access lists ------------------------------------------------------------------------------------------ */

enum acl_port_op { ACL_PORT_NONE, ACL_PORT_EQ, ACL_PORT_NEQ, ACL_PORT_LT, ACL_PORT_GT, ACL_PORT_RANGE };

struct acl_end {
	struct ipaddr addr, wildcard; /* any: 0.0.0.0 255.255.255.255; host A: A 0.0.0.0 */
	enum acl_port_op port_op;
	uint16_t port_lo, port_hi;
};

struct acl_rule {
	uint32_t sequence; /* 1-2147483647 */
	bool is_remark, permit;
	int16_t protocol; /* 0: ip, 1-255: that protocol */
	struct acl_end source, destination;
	bool established, log;
	uint32_t icmp; /* 0: any type; else 1 + (a type, or ACL_ICMP_CODE | type << 8 | code) */
	char *remark;  /* owned; NULL unless is_remark */
};

struct acl {
	char name[NAME_MAX_LEN]; /* a number as text for a numbered list */
	bool numbered;		 /* written as `access-list N …` */
	struct vec rules;	 /* struct acl_rule, by sequence */
	struct vec by_content;	 /* the same rules without remarks, by what they say */
	uint32_t any_permits;	 /* permit rules with `any` (R8) */
};

enum { ACL_ICMP_CODE = 1 << 16 };
enum { ACL_SEQUENCE_STEP = 10, ACL_SEQUENCE_MAX = 2147483647 };

/* --- Crypto maps ------------------------------------------------------------------------------------------- */

/* `reverse-route …` of an entry, in the form of requirement D2. */
struct reverse_route {
	bool enabled;
	bool is_static;			    /* permanent whatever D1's switch says */
	bool remote_peer;		    /* `remote-peer` */
	struct ipaddr remote_peer_next_hop; /* `remote-peer A.B.C.D`, not set for the bare form */
	bool gateway_keyword;		    /* `remote-peer A.B.C.D gateway` */
	struct ipaddr gateway;		    /* `set reverse-route gateway A.B.C.D` */
	uint8_t distance;		    /* 0: not typed, 1 */
	uint32_t tag;			    /* 0: none */
};

struct crypto_peer {
	struct ipaddr addr;
	bool is_default; /* `set peer A default` */
};

enum crypto_map_kind {
	CRYPTO_MAP_ISAKMP,	   /* `crypto map M n ipsec-isakmp` */
	CRYPTO_MAP_ISAKMP_DYNAMIC, /* `crypto map M n ipsec-isakmp dynamic D` */
	CRYPTO_MAP_TEMPLATE,	   /* an entry of a dynamic map */
};

struct crypto_map_entry {
	uint16_t sequence; /* 1-65535, low first */
	enum crypto_map_kind kind;
	char dynamic_map
		[NAME_MAX_LEN]; /* CRYPTO_MAP_ISAKMP_DYNAMIC only; the rest of the entry is then empty */
	char description[DESCRIPTION_MAX_LEN];
	struct crypto_peer peers[PEERS_MAX];
	uint8_t peer_count;
	char transform_sets[TRANSFORM_SETS_MAX][NAME_MAX_LEN];
	uint8_t transform_set_count;
	char acl[NAME_MAX_LEN]; /* `match address` */
	uint8_t pfs_group;	/* 0: none */
	struct sa_lifetime lifetime;
	struct sa_options options;
	char ikev2_profile[NAME_MAX_LEN];
	struct reverse_route rri;
};

/* A crypto map set, or a dynamic map set. */
struct crypto_map {
	char name[NAME_MAX_LEN];
	struct vec entries;			/* struct crypto_map_entry, by sequence */
	char local_address[INTERFACE_NAME_MAX]; /* `crypto map M local-address IF` */
};

/* --- Key chains ---------------------------------------------------------------------------------------------- */

/* Civil time as typed; which zone it is in stands beside it. */
struct key_moment {
	uint16_t year; /* 1993-2035 */
	uint8_t month, day;
	uint8_t hour, minute, second;
};

enum key_end { KEY_NEVER_ENDS, KEY_ENDS_AT, KEY_LASTS };

/* `accept-lifetime`, `send-lifetime` */
struct key_lifetime {
	bool set;   /* else: always */
	bool local; /* the moments are in the local time zone, else UTC */
	struct key_moment start, end;
	enum key_end ends;
	uint32_t seconds; /* KEY_LASTS */
};

struct chain_key {
	uint32_t number;   /* 0-2147483647 */
	struct secret key; /* `key-string` */
	struct key_lifetime accept, send;
};

struct key_chain {
	char name[NAME_MAX_LEN];
	struct vec keys; /* struct chain_key, by number */
};

enum { CHAIN_KEYS_MAX = 256 };

/* --- Interfaces -------------------------------------------------------------------------------------------- */

/* `standby track {IF | OBJECT}`: while that is down, the priority is lower by the decrement, or the group is Init. */
struct standby_track {
	char interface[INTERFACE_NAME_MAX]; /* "": an object */
	uint16_t object;		    /* 0: an interface */
	uint8_t decrement;		    /* 0: not typed, 10 */
	bool shutdown;			    /* objects only, in place of the decrement */
};
enum {
	STANDBY_TRACK_DECREMENT = 10,
	STANDBY_TRACKS_MAX = 16,
	STANDBY_IPV6_MAX = 16,
	STANDBY_MAC_REFRESH_S = 10,
};

struct standby_group {
	uint16_t number;
	bool ip_typed;		   /* `standby ip` with or without an address */
	struct ipaddr ip;	   /* not set: learn it */
	struct vec secondaries;	   /* struct ipaddr */
	bool ipv6_autoconfig;	   /* `standby ipv6 autoconfig`: the link-local address of the virtual MAC */
	struct ipaddr ipv6;	   /* `standby ipv6 FE80::…`, in place of that */
	struct vec ipv6_prefixes;  /* struct prefix with host bits kept in .addr: `standby ipv6 PREFIX` */
	char name[NAME_MAX_LEN];   /* "" : not typed, hsrp-<If>-<group> */
	char follow[NAME_MAX_LEN]; /* `standby follow`: name of the group that it goes with; "": none */
	bool priority_set;
	uint8_t priority; /* 100 */
	bool preempt;
	uint16_t preempt_minimum_s, preempt_reload_s, preempt_sync_s;
	uint32_t hello_ms, hold_ms; /* 0: not typed, 3000 and 10000 */
	bool hello_msec, hold_msec; /* how they were typed */
	bool authentication_set;
	char authentication[9]; /* text, "cisco" when not typed */
	struct secret key;	/* `authentication md5 key-string`; set: in place of the text */
	uint16_t key_timeout_s;
	char key_chain
		[NAME_MAX_LEN]; /* `authentication md5 key-chain`; "": none. One of the three at a time */
	bool mac_set;		/* `standby mac-address` */
	struct mac mac;
	struct vec tracks; /* struct standby_track, in the order typed */
};

struct interface_cfg {
	char name[INTERFACE_NAME_MAX]; /* canonical: "FastEthernet0/0", or a Linux name as it is */
	bool is_ios_type;	       /* the name is an IOS type with a unit */
	char device[DEVICE_NAME_MAX];  /* `hotswan device X`; "": the name itself where it is a Linux one */
	char description[DESCRIPTION_MAX_LEN];
	bool address_set;
	struct ipaddr address; /* primary, as typed */
	uint8_t address_len;
	struct vec secondary_addresses; /* struct prefix with host bits kept in .addr */
	bool ipv6_enabled;		/* `ipv6 enable` */
	struct ipaddr ipv6_link_local;	/* `ipv6 address FE80::… link-local`; not set: the kernel's */
	struct vec ipv6_addresses;	/* struct prefix with host bits kept in .addr */
	bool shutdown;
	uint16_t tcp_mss; /* `ip tcp adjust-mss`; 0: none */
	uint8_t df;	  /* enum df_bit; not typed: the global one */

	uint8_t standby_version; /* 0: not typed, 1; else 2 */
	bool standby_use_bia;
	bool standby_bia_alone; /* `scope interface`: without it, the sub-interfaces use theirs, too */
	bool standby_mac_refresh_set;
	uint8_t standby_mac_refresh_s; /* 10 */
	bool standby_no_redirect, standby_no_redirect_unknown;
	uint16_t standby_redirect_advertise_s, standby_redirect_hold_s; /* 0: not typed */
	struct secret standby_redirect_key; /* `standby redirect advertisement authentication` */
	uint16_t standby_redirect_key_timeout_s;
	char standby_redirect_key_chain[NAME_MAX_LEN];
	bool standby_garp_set;	    /* `standby arp gratuitous` */
	uint8_t standby_garp_count; /* 0: without end */
	uint16_t standby_garp_interval_s;
	uint32_t standby_delay_minimum_s, standby_delay_reload_s;
	struct vec standby; /* struct standby_group, by number */

	char crypto_map[NAME_MAX_LEN]; /* "": none */
	bool crypto_redundancy;
	char crypto_redundancy_group[NAME_MAX_LEN]; /* "": without a name */
	struct vec kept;			    /* struct kept_line: `duplex auto` and the like */
	uint32_t crypto_applied; /* counts how often the line was typed: retyping re-applies (H6, D10) */
};

/* `ip route P M {gateway | interface [gateway]} [distance] [tag N] [name X] [permanent | track N]` */
struct static_route {
	struct prefix prefix;
	struct ipaddr gateway;		    /* may be not set when an interface is named */
	char interface[INTERFACE_NAME_MAX]; /* "" when only a gateway is named */
	uint8_t distance;		    /* 0: not typed, 1 */
	uint32_t tag;
	char name[NAME_MAX_LEN];
	bool permanent; /* stays when its way goes down, as far as the kernel lets it */
	uint16_t track; /* object that must be up; 0: none */
};

/* `hotswan route-tag N table T`: injected routes of this tag stand in that kernel table as well, for routing daemons */
struct route_tag {
	uint32_t tag;
	uint8_t table; /* 1-252 */
};
enum { ROUTE_TAG_TABLE_MAX = 252, ROUTE_TAG_TABLE_IKE = 220 /* charon's own */ };

/* A line that is taken and written back without effect here: `logging console`, `line vty 0 4` with its lines. */
struct kept_line {
	uint32_t order;	     /* of its command; kept lines are sorted by it, then as they came */
	bool negated;	     /* written with "no " in front */
	char *text;	     /* owned; may hold newlines (a banner) */
	size_t key_len;	     /* the beginning of the text by which another line replaces this one */
	struct vec children; /* struct kept_line, one level */
};

/* --- The whole --------------------------------------------------------------------------------------------- */

enum model_kind {
	MODEL_SYSTEM, /* host name, secrets, switches without effect on the core */
	MODEL_ISAKMP, /* policies, keepalive, IKEv2 proposals, policies, profiles, dpd: all connections */
	MODEL_KEY,    /* a pre-shared key or keyring */
	MODEL_TRANSFORM_SET, /* name */
	MODEL_SA_LIFETIME,   /* the global one */
	MODEL_ACL,	     /* name */
	MODEL_CRYPTO_MAP,    /* name, number: the entry; number 0: the whole map */
	MODEL_DYNAMIC_MAP,   /* name, number */
	MODEL_INTERFACE,     /* name: device, addresses, shutdown */
	MODEL_STANDBY,	     /* name: interface; all its groups */
	MODEL_STANDBY_GROUP, /* name: interface, number: group */
	MODEL_CRYPTO_APPLY,  /* name: interface; its crypto map line was typed or removed */
	MODEL_STATIC_ROUTE,  /* any */
	MODEL_KEY_CHAIN,     /* name */
	MODEL_RRI_MODE,	     /* D1's switch */
	MODEL_IPV6_ROUTING,  /* `ipv6 unicast-routing`: all interfaces */
	MODEL_ROUTE_TAG,     /* any */
	MODEL_TRACK,	     /* any tracked object */
	MODEL_PAIR,	     /* any pair */
};

struct model_change {
	enum model_kind kind;
	char name[NAME_MAX_LEN];
	uint32_t number;
};

/* `hotswan redundancy pair G1 G2`: standby groups by name, on two interfaces. */
struct redundancy_pair {
	char first[NAME_MAX_LEN], second[NAME_MAX_LEN];
};

struct model {
	char hostname[NAME_MAX_LEN]; /* "" : not typed, Router */
	struct secret enable_secret;
	struct secret enable_password;
	bool rri_per_sa;	   /* `hotswan reverse-route static-maps per-sa` */
	bool ipv6_unicast_routing; /* `ipv6 unicast-routing` */
	bool ios_banner;	   /* `hotswan compatibility ios-banner` */
	struct vec kept;	   /* struct kept_line */

	struct vec key_chains;	     /* by name */
	struct vec isakmp_policies;  /* struct isakmp_policy, by priority */
	struct vec isakmp_keys;	     /* struct isakmp_key, by prefix */
	struct vec isakmp_host_keys; /* struct isakmp_host_key, by name */
	struct ike_keepalive isakmp_keepalive;
	bool invalid_spi_recovery; /* `crypto isakmp invalid-spi-recovery` */
	bool isakmp_disabled;	   /* `no crypto isakmp enable` */
	uint16_t nat_keepalive_s;  /* `crypto isakmp nat keepalive`, 5-3600; 0: not typed */
	struct ike_identity
		isakmp_identity; /* `crypto isakmp identity …`; NONE: address. FQDN: host and domain */
	struct ike_keepalive ikev2_dpd; /* `crypto ikev2 dpd …` */
	struct vec ikev2_proposals, ikev2_policies, ikev2_keyrings, ikev2_profiles; /* by name */

	struct vec transform_sets; /* by name */
	struct sa_lifetime sa_lifetime;
	struct sa_options sa_options;
	struct vec acls;	  /* by name; numbers compare as numbers and come first */
	struct vec dynamic_maps;  /* struct crypto_map of templates, by name */
	struct vec crypto_maps;	  /* by name */
	struct vec interfaces;	  /* by name, IOS order: type, then unit numbers */
	struct vec static_routes; /* by prefix, then gateway, interface */
	struct vec route_tags;	  /* struct route_tag, by tag */
	struct vec tracks;	  /* struct track_object, by number */
	struct vec pairs;	  /* struct redundancy_pair, in the order typed */

	struct model_change *changes; /* since the core last looked, without repeats of the same line */
	size_t change_count, change_cap;
	bool changes_lost; /* the list could not grow: everything counts as changed */
};

struct model *model_new(void); /* NULL on exhaustion */
void model_free(struct model *m);

/* Notes a change for the core; `name` may be NULL. */
void model_touch(struct model *m, enum model_kind kind, const char *name, uint32_t number);
void model_changes_clear(struct model *m);

/* What `ip domain name` says; "" when it was not typed. */
const char *model_domain_name(const struct model *m);

/* Look-ups: NULL when there is none. The *_get forms create the object (NULL on exhaustion); they do not touch. */
struct isakmp_policy *model_isakmp_policy(const struct model *m, uint16_t priority);
struct isakmp_policy *model_isakmp_policy_get(struct model *m, uint16_t priority);
struct isakmp_key *model_isakmp_key(const struct model *m, const struct prefix *peers);
struct isakmp_key *model_isakmp_key_get(struct model *m, const struct prefix *peers);
struct isakmp_host_key *model_isakmp_host_key(const struct model *m, const char *name);
struct isakmp_host_key *model_isakmp_host_key_get(struct model *m, const char *name);
/* What `ip domain name` says; "" when it was not typed. */
const char *model_domain_name(const struct model *m);
struct ikev2_proposal *model_ikev2_proposal(const struct model *m, const char *name);
struct ikev2_proposal *model_ikev2_proposal_get(struct model *m, const char *name);
struct ikev2_policy *model_ikev2_policy(const struct model *m, const char *name);
struct ikev2_policy *model_ikev2_policy_get(struct model *m, const char *name);
struct ikev2_keyring *model_ikev2_keyring(const struct model *m, const char *name);
struct ikev2_keyring *model_ikev2_keyring_get(struct model *m, const char *name);
struct ikev2_profile *model_ikev2_profile(const struct model *m, const char *name);
struct ikev2_profile *model_ikev2_profile_get(struct model *m, const char *name);
struct transform_set *model_transform_set(const struct model *m, const char *name);
struct transform_set *model_transform_set_get(struct model *m, const char *name);
struct acl *model_acl(const struct model *m, const char *name);
struct acl *model_acl_get(struct model *m, const char *name);
struct crypto_map *model_crypto_map(const struct model *m, const char *name);
struct crypto_map *model_crypto_map_get(struct model *m, const char *name);
struct crypto_map *model_dynamic_map(const struct model *m, const char *name);
struct crypto_map *model_dynamic_map_get(struct model *m, const char *name);
struct ikev2_peer *ikev2_keyring_peer(const struct ikev2_keyring *k, const char *name);
struct ikev2_peer *ikev2_keyring_peer_get(struct ikev2_keyring *k, const char *name);
struct crypto_map_entry *crypto_map_entry(const struct crypto_map *map, uint16_t sequence);
struct crypto_map_entry *crypto_map_entry_get(
	struct crypto_map *map, uint16_t sequence, enum crypto_map_kind kind);
struct interface_cfg *model_interface(const struct model *m, const char *name);
struct interface_cfg *model_interface_get(struct model *m, const char *name);
struct key_chain *model_key_chain(const struct model *m, const char *name);
struct key_chain *model_key_chain_get(struct model *m, const char *name);
struct chain_key *key_chain_key(const struct key_chain *c, uint32_t number);
struct chain_key *key_chain_key_get(struct key_chain *c, uint32_t number);
struct standby_group *interface_standby(const struct interface_cfg *i, uint16_t number);
struct standby_group *interface_standby_get(struct interface_cfg *i, uint16_t number);

/* The standby group that the interface's crypto map is bound to (D10); NULL: none, or not there yet. */
const struct standby_group *model_bound_group(const struct interface_cfg *i);
/* The group that has this name in force, on whatever interface. */
struct standby_group *model_standby_named(
	const struct model *m, const char *name, const struct interface_cfg **interface);
struct redundancy_pair *model_pair_of(
	const struct model *m, const char *name);			 /* one of the two is called so */
const char *model_pair_partner(const struct model *m, const char *name); /* NULL: in no pair */
struct redundancy_pair *model_pair_get(struct model *m, const char *first, const char *second);
void model_pair_delete(struct model *m, const struct redundancy_pair *pair);

/* `like` names prefix, gateway and interface; a route of the same three is the same route. */
struct static_route *model_static_route(const struct model *m, const struct static_route *like);
struct static_route *model_static_route_get(struct model *m, const struct static_route *like);
struct route_tag *model_route_tag(const struct model *m, uint32_t tag);
struct route_tag *model_route_tag_get(struct model *m, uint32_t tag);

/* Rules. acl_rule_same finds one of the same meaning whatever its sequence number. */
struct acl_rule *acl_rule(const struct acl *a, uint32_t sequence);
struct acl_rule *acl_rule_same(const struct acl *a, const struct acl_rule *like);
uint32_t acl_next_sequence(const struct acl *a); /* last + 10; 0: no room */
/* Copies the rule; its sequence must be free. NULL on exhaustion. */
struct acl_rule *acl_rule_add(struct acl *a, const struct acl_rule *rule);
bool acl_rule_uses_any(const struct acl_rule *r); /* source or destination is every address (R8) */

/* Deletions free the object; they do not touch. */
void model_isakmp_policy_delete(struct model *m, uint16_t priority);
void model_isakmp_key_delete(struct model *m, const struct prefix *peers);
void model_isakmp_host_key_delete(struct model *m, const char *name);
void model_ikev2_proposal_delete(struct model *m, const char *name);
void model_ikev2_policy_delete(struct model *m, const char *name);
void model_ikev2_keyring_delete(struct model *m, const char *name);
void model_ikev2_profile_delete(struct model *m, const char *name);
void model_transform_set_delete(struct model *m, const char *name);
void model_acl_delete(struct model *m, const char *name);
void model_crypto_map_delete(struct model *m, const char *name);
void model_dynamic_map_delete(struct model *m, const char *name);
void crypto_map_entry_delete(struct crypto_map *map, uint16_t sequence);
void model_interface_delete(struct model *m, const char *name);
void ikev2_keyring_peer_delete(struct ikev2_keyring *k, const char *name);
void model_key_chain_delete(struct model *m, const char *name);
void key_chain_key_delete(struct key_chain *c, uint32_t number);
void model_static_route_delete(struct model *m, const struct static_route *like);
void model_route_tag_delete(struct model *m, uint32_t tag);
void acl_rule_delete(struct acl *a, uint32_t sequence);
void interface_standby_delete(struct interface_cfg *i, uint16_t number);

/* Is there such a day and time of day? */
bool key_moment_valid(const struct key_moment *m);
/* Seconds since 1970 of a moment that is in UTC. */
int64_t key_moment_utc(const struct key_moment *m);
const char *month_name(unsigned month); /* "Jan" for 1 */

/* `standby use-bia` in force: the interface's own, or its main interface's, unless that has `scope interface`. */
bool standby_uses_bia(const struct model *m, const struct interface_cfg *i);

/* The Linux device that carries the interface: `hotswan device`, else the name itself; "" when there is none. */
const char *interface_device(const struct interface_cfg *i);
/* "FastEthernet0/0" -> "Fa0/0", as show outputs and default standby names abbreviate; Linux names stay. */
const char *interface_short_name(const char *name, char out[INTERFACE_NAME_MAX]);
/* Has the group an IPv6 part? It shares number, settings and name with the IPv4 one, each has a role of its own. */
bool standby_has_ipv6(const struct standby_group *g);
/* Whether it has a part of this family; one without any address yet is taken for IPv4's. */
bool standby_speaks(const struct standby_group *g, enum ip_family family);
/* `standby mac-address` is for one virtual MAC: IPv4's where the group serves both families. */
bool standby_mac_is_for(const struct standby_group *g, enum ip_family family);
/* The interface shall have IPv6 although nothing but this says so: `ipv6 enable`, or an address. */
bool interface_wants_ipv6(const struct interface_cfg *i);
/* The standby name in force: the typed one or hsrp-<short interface>-<group>. */
const char *standby_group_name(const struct interface_cfg *i, const struct standby_group *g,
	char out[NAME_MAX_LEN + INTERFACE_NAME_MAX]);

#endif
