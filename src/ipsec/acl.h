/*
 * What an access list protects: its rules as traffic selectors.
 *
 * Owns:  the reading of wildcards and port operators, the names of a rule's children.
 * Never: knows which crypto map uses the list, or who the peer is.
 *
 * A crypto access list is read source = local, destination = remote.
 */
#ifndef IPSEC_ACL_H
#define IPSEC_ACL_H

#include "ipsec/ike.h"
#include "model/model.h"

enum {
	ACL_FLOWS_PER_RULE = 4, /* `neq` on both sides */
	ACL_PROTOCOL_ICMP = 1,
};

struct acl_flow {
	uint32_t sequence; /* of the rule */
	uint8_t part;	   /* 0, or the number of the flow within the rule */
	bool permit;
	/* False: the wildcard has no prefix form, and the prefix is the smallest that covers it; or a denial of which packets
	 * cannot be told (`established`). */
	bool exact;
	struct ike_selector local, remote; /* of ICMP: both have type << 8 | code in the place of ports */
};

/* The flows of one rule; 0 for a remark. */
size_t acl_rule_flows(const struct acl_rule *r, struct acl_flow out[ACL_FLOWS_PER_RULE]);

/* "l10", "l10-1" for further parts. */
void acl_flow_name(const struct acl_flow *f, char out[IKE_CHILD_NAME_MAX]);

/* What a policy of the kernel selects in the place of these ports: it knows a value and a mask. */
struct ports acl_ports_by_mask(const struct ports *p);
/* Whether such a policy selects the flow and nothing else. */
bool acl_flow_bound(const struct acl_flow *f);

/* Whether some packet is of both flows. */
bool acl_flows_overlap(const struct acl_flow *a, const struct acl_flow *b);

/* Whether IKE can negotiate the flow: permit, and a prefix on both sides. */
static inline bool acl_flow_negotiable(const struct acl_flow *f)
{
	return f->permit && f->exact;
}

#endif
