/*
 * What the writers of the nft table share; for filter_elements.c, filter_text.c and filter_chains.c only.
 */
#ifndef LINUX_FILTER_PARTS_H
#define LINUX_FILTER_PARTS_H

#include <string.h>

#include "linux/filter_text.h"

#define FILTER_TABLE "inet hotswan"

/* By family: what a packet's addresses are called, and what a later fragment looks like. */
struct filter_family {
	const char *type, *ip, *fragment;
	char suffix;
};

extern const struct filter_family filter_families[2];
extern const char filter_view_letter[VIEW_COUNT];

static inline size_t filter_family_index(uint8_t family)
{
	return family == IP_V6;
}

/* Big-endian and back: its own inverse. */
static inline uint16_t filter_swapped(uint16_t number)
{
	uint8_t b[2];

	memcpy(b, &number, sizeof(b));
	return (uint16_t)(b[0] << 8 | b[1]);
}

/* The name of the set that an element is in. */
void filter_write_name(struct text *t, const struct filter_names *n, const struct filter_element *e);

#endif
