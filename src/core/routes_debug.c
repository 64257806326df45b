/* What `debug crypto ipsec` tells about injected routes. Nothing here changes anything. */
#include "core/parts.h"

static bool among(struct rri_route *const *list, uint32_t count, const struct rri_route *r)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i] == r)
			return true;
	return false;
}

struct line {
	char prefix[IP_TEXT_MAX], mask[IP_TEXT_MAX], via[IP_TEXT_MAX], peer[IP_TEXT_MAX];
};

static struct line words(const struct rri_route *r)
{
	const struct prefix *p = &r->want.prefix;
	struct ipaddr mask = ip_len_to_mask(p->addr.family, p->len);
	struct line l;

	ip_format(&p->addr, l.prefix);
	ip_format(&mask, l.mask);
	ip_format(&r->want.next_hop, l.via);
	ip_format(&r->want.peer, l.peer);
	return l;
}

static void say_count(struct core *c, const struct rri_route *r, uint32_t references)
{
	const struct binding *b = binding_by_id(c, r->want.owner);
	struct line l = words(r);

	core_log(c, SEV_DEBUG, "", "IPSEC(rte_mgr): VPN Route Refcount %u %s %s %s", references,
		b ? b->interface : "", l.prefix, l.mask);
}

static void say_removed(struct core *c, const struct rri_route *r, const char *why)
{
	struct line l = words(r);

	core_log(c, SEV_DEBUG, "", "IPSEC(rte_mgr): VPN Route Removed %s %s via %s in IP DEFAULT TABLE%s%s",
		l.prefix, l.mask, l.via, why[0] ? ": " : "", why);
}

void routes_debug_holds(struct core *c, struct rri_route *const *before, uint32_t before_count,
	struct rri_route *const *now, uint32_t now_count)
{
	if (!c->debug)
		return;
	for (uint32_t i = 0; i < now_count; i++) {
		const struct rri_route *r = now[i];
		uint32_t references = r->acl_refs + r->sa_refs;

		if (among(before, before_count, r))
			continue;
		if (references == 1)
			core_log(c, SEV_DEBUG, "",
				"IPSEC(rte_mgr): VPN Route Event Create route from %s for %s",
				r->acl_refs ? "ACL" : "SA", words(r).peer);
		say_count(c, r, references);
	}
	for (uint32_t i = 0; i < before_count; i++) {
		const struct rri_route *r = before[i];
		uint32_t references = r->acl_refs + r->sa_refs - 1;

		if (among(now, now_count, r))
			continue;
		say_count(c, r, references);
		if (references == 0 && r->verdict == RRI_INSTALL)
			say_removed(c, r, "");
	}
}

void routes_debug_verdict(struct core *c, const struct rri_route *r, enum rri_verdict before)
{
	bool pending = r->verdict == RRI_WAITS || r->verdict == RRI_NO_IKE;
	struct line l;

	if (!c->debug || before == r->verdict || pending)
		return;
	l = words(r);
	if (r->verdict == RRI_INSTALL)
		core_log(c, SEV_DEBUG, "",
			"IPSEC(rte_mgr): VPN Route Added %s %s via %s in IP DEFAULT TABLE with tag %u "
			"distance %u",
			l.prefix, l.mask, l.via, r->want.tag, r->want.distance);
	else if (before == RRI_INSTALL)
		say_removed(c, r, rri_verdict_text(r->verdict));
	else
		core_log(c, SEV_DEBUG, "", "IPSEC(rte_mgr): VPN Route Not Added %s %s via %s: %s", l.prefix,
			l.mask, l.via, rri_verdict_text(r->verdict));
}
