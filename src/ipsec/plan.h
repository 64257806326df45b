/*
 * From a crypto map entry and a tunnel endpoint to what IKE, the filter and the routing table shall have for it.
 *
 * Owns:  the mapping of IOS's words to charon's (doc/ipsec.md): one connection per entry and peer, one child per line of
 *        the access list; a dynamic map is one connection from any peer per IKE version, with the children of all its
 *        entries.
 * Never: knows roles, the order of steps, or what charon has already: the caller compares.
 */
#ifndef IPSEC_PLAN_H
#define IPSEC_PLAN_H

#include "ipsec/cryptomap.h"
#include "ipsec/filter.h"
#include "ipsec/ike.h"

struct plan {
	enum entry_defect defect;
	bool dynamic;
	struct ike_conn *conns; /* in the order of `set peer`; none without endpoint or with a defect */
	uint32_t conn_count;
	struct filter_rule *rules; /* in the order of the access lists; also of an incomplete entry (D6) */
	uint32_t rule_count;
	struct prefix
		*destinations; /* of the permit lines, ascending, each once (R6); what RRI injects "always" */
	uint32_t destination_count;
};

/* `entry` belongs to `map`, applied on `interface`. False on exhaustion: the plan is then empty. */
bool plan_entry(const struct model *m, const char *interface, const struct crypto_map *map,
	const struct crypto_map_entry *entry, const struct ipaddr *endpoint, struct plan *out);
void plan_clear(struct plan *p);

/* The entry of a dynamic map that a child was made from; NULL when the name fits none. */
const struct crypto_map_entry *plan_template(
	const struct model *m, const struct crypto_map_entry *entry, const char *child);

#endif
