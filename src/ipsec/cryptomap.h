/*
 * Crypto map entries: whether one is complete, and its values with the defaults filled in.
 *
 * Owns:  the rules of IOS for an entry to count (reference: "remain disabled until a peer and a valid access list have
 *        been configured").
 * Never: decides where a map is applied.
 */
#ifndef IPSEC_CRYPTOMAP_H
#define IPSEC_CRYPTOMAP_H

#include "model/model.h"

enum entry_defect {
	ENTRY_COMPLETE,
	ENTRY_NO_PEER,
	ENTRY_NO_ACL,	    /* no `match address` */
	ENTRY_EMPTY_ACL,    /* the list is missing, or has no permit line that can be negotiated */
	ENTRY_NO_TRANSFORM, /* none named, or none of the named is defined and usable */
	ENTRY_NO_PROFILE,   /* `set ikev2-profile` names none that is defined */
	ENTRY_NO_POLICY,    /* no usable `crypto isakmp policy` */
	ENTRY_NO_ISAKMP,    /* `no crypto isakmp enable` */
	ENTRY_NO_TEMPLATE,  /* a dynamic map that has no entry that counts */
	ENTRY_DEFECTS,
};

enum { LIFETIME_DEFAULT_S = 3600, LIFETIME_DEFAULT_KB = 4608000 };

/* What keeps an entry of a crypto map, or of a dynamic map, from counting. */
enum entry_defect crypto_entry_defect(const struct model *m, const struct crypto_map_entry *e);
const char *entry_defect_text(enum entry_defect d); /* "no peer"; "" when complete */

/* Whether plain `reverse-route` of this entry makes routes of the access list (R7, D1). */
bool crypto_entry_rri_permanent(const struct model *m, const struct crypto_map_entry *e);
uint8_t crypto_entry_distance(const struct crypto_map_entry *e);

/* Lifetimes in force; kilobytes 0: no limit. */
struct sa_lifetime crypto_entry_lifetime(const struct model *m, const struct crypto_map_entry *e);

/* Options in force, without a field that is "not typed" but .idle_s; .df without what the interface says. */
struct sa_options crypto_entry_options(const struct model *m, const struct crypto_map_entry *e);

/* The DF bit of what an entry sends where its map is applied: the entry's own, the interface's, the global one, in this order;
 * of a dynamic map that of its first entry. `copy` when nobody says. */
enum df_bit crypto_entry_df(const struct model *m, const char *interface, const struct crypto_map_entry *e);

/* The position of the peer that is asked first: the one marked `default`, else the first. */
uint8_t crypto_entry_first_peer(const struct crypto_map_entry *e);

#endif
