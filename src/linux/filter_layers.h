/*
 * Ordered access lists as sets without order.
 *
 * A kernel set of intervals must not hold two elements that overlap, and has no order. An access list has both: the first
 * line that matches decides. So each line gets a layer, one above the highest layer of all earlier lines that overlap it.
 * Within a layer nothing overlaps; looking the layers up from 0 upwards finds the first line that matches. A line that an
 * earlier one covers never matches and is left out. Lists as people write them need one to three layers, however long.
 *
 * A line without `permit` ends the search of its own entry only, so entries cannot simply be strung together. Such a line is
 * first cut to what it takes away from later lines of its entry (nothing: left out). Then all entries share group 0 except
 * those in which what one permits overlaps what another takes away: each of these gets a group of its own, which is looked
 * up on its own.
 *
 * Owns:  nothing. Pure. Near-linear: overlapping lines are found by a binary trie over the more varied of the two prefixes.
 */
#ifndef LINUX_FILTER_LAYERS_H
#define LINUX_FILTER_LAYERS_H

#include <stddef.h>

#include "ipsec/filter.h"

struct filter_placed {
	struct filter_rule rule;
	uint16_t group, layer;
};

/*
 * Places the rules, which are in the order that ipsec/filter.h asks for. *out is the caller's to free. 0, -ENOMEM, -E2BIG
 * with more than 65,534 layers or groups.
 */
int filter_place(
	const struct filter_rule *rules, size_t count, struct filter_placed **out, size_t *out_count);

/* Is there a packet that both match; does the first match every packet that the second matches? */
bool filter_rules_overlap(const struct filter_rule *a, const struct filter_rule *b);
bool filter_rule_covers(const struct filter_rule *a, const struct filter_rule *b);

#endif
