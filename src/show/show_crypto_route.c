/*
 * show crypto route: the routes that Reverse Route Injection wants, and for each why it is there or why not (D12).
 *
 * The first two lines of a route are IOS's; those below it are ours.
 */
#include "show/view.h"

#include <string.h>

static const struct core_route *next_route(struct show *s)
{
	const struct facts *f = s->facts;

	while (s->at[0] < f->core_route_count) {
		const struct core_route *r = &f->core_routes[s->at[0]++];
		if (r->route.protocol == ROUTE_PROTO_STATIC)
			continue; /* `ip route` is not injected */
		if (!s->args.interface[0] || !strcmp(s->args.interface, r->interface))
			return r;
	}
	return NULL;
}

static const char *why(const struct core_route *r)
{
	if (r->from_acl && r->from_sa)
		return "access list and IPsec SA";
	return r->from_acl ? "access list" : "IPsec SA";
}

static const char indent[] = "                                ";

static void print_route(struct text *out, const struct core_route *r)
{
	char addr[IP_TEXT_MAX], mask[IP_TEXT_MAX], via[IP_TEXT_MAX];
	struct ipaddr m = ip_len_to_mask(r->route.prefix.addr.family, r->route.prefix.len);
	const struct ipaddr *next_hop = ip_is_set(&r->peer) && !r->helper ? &r->peer : &r->route.gateway;

	text_printf(out, "%s/%s [%u/0] ", ip_format(&r->route.prefix.addr, addr), ip_format(&m, mask),
		r->distance ? r->distance : 1);
	if (ip_is_set(next_hop))
		text_printf(out, "via %s", ip_format(next_hop, via));
	else
		text_add(out, "directly connected");
	if (r->tag)
		text_printf(out, " tag %u", r->tag);
	text_printf(out, "\n%son %s RRI%s\n", indent, r->interface, r->from_acl ? " S" : "");
	if (r->helper)
		text_printf(out, "%shelper: keeps a peer reachable outside the tunnel", indent);
	else
		text_printf(out, "%sfrom crypto map %s %u: %s", indent, r->map, r->sequence, why(r));
	text_printf(out, ", %u reference%s\n", r->references, r->references == 1 ? "" : "s");
	if (r->tag_table)
		text_printf(out, "%salso in kernel table %u for its tag\n", indent, r->tag_table);
	if (!r->installed)
		text_printf(out, "%snot installed: %s\n", indent, r->reason[0] ? r->reason : "under way");
}

static bool crypto_route_text(struct show *s, struct text *out)
{
	const struct core_route *r;

	if (s->stage == 0) {
		s->stage = 1;
		text_add(out,
			"VPN Routing Table: Shows RRI and VTI created routes\n"
			"Codes: RRI - Reverse-Route, VTI- Virtual Tunnel Interface\n"
			"        S - Static Map ACLs\n"
			"\n");
		r = next_route(s);
		if (!r)
			return false;
		text_add(out, "Routes created in table GLOBAL DEFAULT\n");
	} else {
		r = next_route(s);
	}
	if (r)
		print_route(out, r);
	return r != NULL;
}

static bool crypto_route_json(struct show *s, struct text *out)
{
	const struct core_route *r = next_route(s);
	struct json *j = &s->writer;

	(void)out;
	if (!r)
		return false;
	json_object(j, NULL);
	json_prefix(j, "prefix", &r->route.prefix);
	json_uint(j, "distance", r->distance ? r->distance : 1);
	json_uint(j, "tag", r->tag);
	json_uint(j, "tag_table", r->tag_table);
	json_ip(j, "via", &r->peer);
	json_ip(j, "kernel_gateway", &r->route.gateway);
	json_uint(j, "kernel_protocol", r->route.protocol);
	json_uint(j, "kernel_metric", r->route.metric);
	json_string(j, "interface", r->interface);
	json_string(j, "map", r->map[0] ? r->map : NULL);
	json_uint(j, "sequence", r->sequence);
	json_bool(j, "from_access_list", r->from_acl);
	json_bool(j, "from_sa", r->from_sa);
	json_bool(j, "helper", r->helper);
	json_uint(j, "references", r->references);
	json_bool(j, "installed", r->installed);
	json_string(j, "reason", r->installed || !r->reason[0] ? NULL : r->reason);
	json_object_end(j);
	return true;
}

const struct view view_crypto_route = {
	.name = "crypto-route",
	.required = FACT_CORE,
	.text = crypto_route_text,
	.json = crypto_route_json,
};
