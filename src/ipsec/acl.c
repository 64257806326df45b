#include "ipsec/acl.h"

#include <assert.h>
#include <stdio.h>

enum { PORT_MAX = 65535 };

static struct prefix end_prefix(const struct acl_end *e, bool *exact)
{
	int len = ip_wildcard_to_len(&e->wildcard);

	if (len < 0) {
		unsigned bits = ip_bits(&e->wildcard);

		*exact = false;
		for (len = 0; len < (int)bits; len++)
			if (e->wildcard.bytes[len / 8] >> (7 - len % 8) & 1)
				break;
	}
	return prefix_make(e->addr, (unsigned)len);
}

/* The port ranges of one end: one, or two for `neq`. Returns how many; 0 when no port can match (`lt 0`). */
static size_t end_ports(const struct acl_end *e, struct ports out[2])
{
	uint16_t p = e->port_lo;
	size_t n = 0;

	switch (e->port_op) {
	case ACL_PORT_NONE: out[n++] = (struct ports){0, PORT_MAX}; break;
	case ACL_PORT_EQ: out[n++] = (struct ports){p, p}; break;
	case ACL_PORT_RANGE: out[n++] = (struct ports){p, e->port_hi}; break;
	case ACL_PORT_LT:
		if (p > 0)
			out[n++] = (struct ports){0, p - 1};
		break;
	case ACL_PORT_GT:
		if (p < PORT_MAX)
			out[n++] = (struct ports){p + 1, PORT_MAX};
		break;
	case ACL_PORT_NEQ:
		if (p > 0)
			out[n++] = (struct ports){0, p - 1};
		if (p < PORT_MAX)
			out[n++] = (struct ports){p + 1, PORT_MAX};
		break;
	}
	return n;
}

/* In the place of ports on both sides: type << 8 | code (RFC 7296 3.13.1). */
static struct ports icmp_messages(uint32_t value)
{
	uint16_t message = (uint16_t)(value & ACL_ICMP_CODE ? value : value << 8);

	return (struct ports){message, value & ACL_ICMP_CODE ? message : (uint16_t)(message | UINT8_MAX)};
}

size_t acl_rule_flows(const struct acl_rule *r, struct acl_flow out[ACL_FLOWS_PER_RULE])
{
	struct acl_flow base = {.sequence = r->sequence, .permit = r->permit, .exact = true};
	struct ports local[2], remote[2];
	size_t locals, remotes, n = 0;

	if (r->is_remark)
		return 0;
	if (r->established &&
		!r->permit) /* which packets these are cannot be told: all TCP stays protected */
		base.exact = false;
	base.local.prefix = end_prefix(&r->source, &base.exact);
	base.remote.prefix = end_prefix(&r->destination, &base.exact);
	base.local.protocol = base.remote.protocol = (uint8_t)r->protocol;
	if (r->icmp) {
		local[0] = remote[0] = icmp_messages(r->icmp - 1);
		locals = remotes = 1;
	} else {
		locals = end_ports(&r->source, local);
		remotes = end_ports(&r->destination, remote);
	}
	for (size_t i = 0; i < locals; i++) {
		for (size_t j = 0; j < remotes; j++) {
			assert(n < ACL_FLOWS_PER_RULE);
			out[n] = base;
			out[n].local.ports = local[i];
			out[n].remote.ports = remote[j];
			out[n].part = (uint8_t)n;
			n++;
		}
	}
	return n;
}

struct ports acl_ports_by_mask(const struct ports *p)
{
	uint16_t differs = p->lo ^ p->hi;

	for (unsigned shift = 1; shift < 16; shift *= 2)
		differs |= (uint16_t)(differs >> shift);
	return (struct ports){p->lo & (uint16_t)~differs, p->hi | differs};
}

static bool same_ports(const struct ports *a, const struct ports *b)
{
	return a->lo == b->lo && a->hi == b->hi;
}

/* A kernel policy takes a type and a code of 0 for "any". */
static bool icmp_bound(const struct ports *messages)
{
	bool one = messages->lo == messages->hi;

	return (messages->lo == 0 && messages->hi == PORT_MAX) ||
		(messages->lo > UINT8_MAX && !(one && (messages->lo & UINT8_MAX) == 0));
}

bool acl_flow_bound(const struct acl_flow *f)
{
	struct ports local = acl_ports_by_mask(&f->local.ports), remote = acl_ports_by_mask(&f->remote.ports);

	if (f->local.protocol == ACL_PROTOCOL_ICMP)
		return icmp_bound(&f->local.ports);
	return same_ports(&local, &f->local.ports) && same_ports(&remote, &f->remote.ports);
}

void acl_flow_name(const struct acl_flow *f, char out[IKE_CHILD_NAME_MAX])
{
	if (f->part)
		snprintf(out, IKE_CHILD_NAME_MAX, "l%u-%u", f->sequence, f->part);
	else
		snprintf(out, IKE_CHILD_NAME_MAX, "l%u", f->sequence);
}

static bool ends_overlap(const struct ike_selector *a, const struct ike_selector *b)
{
	return (prefix_contains(&a->prefix, &b->prefix.addr) ||
		       prefix_contains(&b->prefix, &a->prefix.addr)) &&
		(a->protocol == 0 || b->protocol == 0 || a->protocol == b->protocol) &&
		a->ports.lo <= b->ports.hi && b->ports.lo <= a->ports.hi;
}

bool acl_flows_overlap(const struct acl_flow *a, const struct acl_flow *b)
{
	return ends_overlap(&a->local, &b->local) && ends_overlap(&a->remote, &b->remote);
}
