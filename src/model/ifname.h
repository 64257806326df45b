/*
 * Interface names as IOS spells them.
 *
 * Owns:  the types, their abbreviations, the canonical form "FastEthernet0/0".
 * Never: knows which interfaces or devices exist.
 */
#ifndef MODEL_IFNAME_H
#define MODEL_IFNAME_H

#include "model/model.h"

struct ifname_type {
	const char *full;   /* "FastEthernet" */
	const char *abbrev; /* "Fa", as outputs abbreviate */
	const char *help;
};

/* All types, in the order `interface ?` lists them; *count is set. */
const struct ifname_type *ifname_types(size_t *count);

/* The type whose full name starts with these `len` letters (no case): NULL and *ambiguous = more than one. */
const struct ifname_type *ifname_type_find(const char *letters, size_t len, bool *ambiguous);

/* The type a canonical name begins with; NULL for a Linux name. */
const struct ifname_type *ifname_type_of(const char *name);

/* A unit: "0", "0/0", "1/0/3", "0/0.100". Leading zeros are not taken. */
bool ifname_unit_valid(const char *unit);

#endif
