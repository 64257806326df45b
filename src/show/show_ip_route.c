/*
 * show ip route [static | connected | ospf], show ip route A.B.C.D [mask]
 *
 * The kernel's main table in IOS's words. IOS keeps one best route per prefix; so does this list. Own addresses are "L"
 * rows and come from the links, as the kernel keeps them in another table. An injected route leaves by charon's device
 * where charon itself carries the traffic; the crypto interface is named all the same.
 */
#include "show/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* rtm_protocol and rtm_type as the kernel numbers them (linux/rtnetlink.h); this floor knows no kernel header. */
enum {
	PROTO_REDIRECT = 1,
	PROTO_KERNEL = 2,
	PROTO_BOOT = 3,
	PROTO_STATIC = 4,
	PROTO_ZEBRA = 11,
	PROTO_DHCP = 16,
	PROTO_BGP = 186,
	PROTO_ISIS = 187,
	PROTO_OSPF = 188,
	PROTO_RIP = 189,
	PROTO_EIGRP = 192,
	TYPE_UNICAST = 1,
	TYPE_BLACKHOLE = 6,
	TYPE_UNREACHABLE = 7,
	TYPE_PROHIBIT = 8,
};

static const struct protocol {
	uint8_t number;
	char code;
	uint8_t distance;
	const char *name;	 /* of "Known via" */
	bool distance_in_metric; /* D12: distance << 24 */
} protocols[] = {
	{PROTO_KERNEL, 'C', 0, "connected", false},
	{PROTO_BOOT, 'S', 1, "static", false},
	{PROTO_STATIC, 'S', 1, "static", false},
	{PROTO_ZEBRA, 'S', 1, "static", false},
	{PROTO_REDIRECT, 'S', 1, "static", false},
	{PROTO_DHCP, 'S', 254, "static", false},
	{PROTO_BGP, 'B', 20, "bgp", false},
	{PROTO_ISIS, 'i', 115, "isis", false},
	{PROTO_OSPF, 'O', 110, "ospf", false},
	{PROTO_RIP, 'R', 120, "rip", false},
	{PROTO_EIGRP, 'D', 90, "eigrp", false},
	{ROUTE_PROTO_RRI, 'S', 1, "static", true},
	{ROUTE_PROTO_HELPER, 'S', 1, "static", true},
	{ROUTE_PROTO_STATIC, 'S', 1, "static", true},
};
/* What some program put there, of which IOS has no word: "a - application route". */
static const struct protocol protocol_other = {0, 'a', 1, "application", false};

static const struct protocol *protocol_of(uint8_t number)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (protocols[i].number == number)
			return &protocols[i];
	return &protocol_other;
}

/* One line, or several with more next hops. */
struct row {
	struct prefix prefix;
	const struct protocol *protocol;
	char code;
	unsigned distance;
	uint32_t metric;
	const struct route_fact *hops; /* NULL for an own address */
	size_t hop_count;
	int ifindex; /* of an own address */
};

/* --- Rows: kernel routes and own addresses, merged by prefix ------------------------------------------------------ */

struct local_row {
	struct prefix prefix;
	int ifindex;
	char code;
};

struct cursor {
	size_t route, local;
};

static bool is_ours(const struct link *link)
{
	return !strncmp(link->alias, "hotswan", 7);
}

static int local_order(const void *x, const void *y)
{
	const struct local_row *a = x, *b = y;
	int d = prefix_compare(&a->prefix, &b->prefix);

	return d ? d : a->ifindex - b->ifindex;
}

/* s->scratch becomes the sorted own addresses. */
static void collect_locals(struct show *s)
{
	const struct facts *f = s->facts;
	struct local_row *rows = malloc((f->address_count + 1) * sizeof(*rows));
	size_t n = 0;

	if (!rows)
		return;
	for (size_t i = 0; i < f->address_count; i++) {
		const struct address *a = &f->addresses[i];
		const struct link *link = facts_link(f, a->ifindex);
		if (a->prefix.addr.family != IP_V4 || a->prefix.addr.bytes[0] == 127 || !link || !link->up ||
			is_ours(link))
			continue;
		rows[n++] = (struct local_row){
			.prefix = prefix_host(&a->prefix.addr),
			.ifindex = a->ifindex,
			.code = a->prefix.len == 32 ? 'C'
						    : 'L', /* a /32, as on a loopback, is connected itself */
		};
	}
	if (n > 1)
		qsort(rows, n, sizeof(*rows), local_order);
	s->scratch = rows;
	s->scratch_count = n;
}

/* Not IOS's idea of a route: other families, multicast, virtual addresses of standby groups. */
static bool skipped(const struct facts *f, const struct route_fact *r)
{
	const struct link *link = facts_link(f, r->ifindex);

	if (r->prefix.addr.family != IP_V4 || r->prefix.addr.bytes[0] >= 224 ||
		r->prefix.addr.bytes[0] == 127)
		return true;
	if (r->type > TYPE_UNICAST && r->type != TYPE_BLACKHOLE && r->type != TYPE_UNREACHABLE &&
		r->type != TYPE_PROHIBIT)
		return true;
	return link && is_ours(link) && r->protocol == PROTO_KERNEL;
}

static void row_of_route(const struct facts *f, size_t at, struct row *row)
{
	const struct route_fact *r = &f->routes[at];
	const struct protocol *p = protocol_of(r->protocol);

	*row = (struct row){.prefix = r->prefix,
		.protocol = p,
		.code = p->code,
		.distance = p->distance,
		.hops = r,
		.hop_count = 1};
	if (p->distance_in_metric) {
		const struct core_route *c =
			r->protocol == ROUTE_PROTO_RRI ? facts_core_route(f, &r->prefix) : NULL;

		/* The kernel's copy of a tagged one is a distance behind (`hotswan route-tag`). */
		row->distance = c && c->tag_table ? c->distance : r->metric >> 24 ? r->metric >> 24 : 1;
	} else if (p->code == 'C' &&
		ip_is_set(&r->gateway)) { /* the kernel's own, by a gateway: not connected */
		row->protocol = protocol_of(PROTO_STATIC);
		row->code = 'S';
		row->distance = 1;
	} else if (p->code != 'C') {
		row->metric = p->code == 'S' ? 0 : r->metric;
	}
	while (at + row->hop_count < f->route_count) {
		const struct route_fact *next = &f->routes[at + row->hop_count];
		if (!prefix_equal(&next->prefix, &r->prefix) || next->metric != r->metric ||
			next->protocol != r->protocol)
			break;
		row->hop_count++;
	}
}

static bool row_chosen(const struct show *s, const struct row *row)
{
	switch (s->args.route) {
	case SHOW_ROUTE_STATIC: return row->code == 'S';
	case SHOW_ROUTE_CONNECTED: return row->code == 'C' || row->code == 'L';
	case SHOW_ROUTE_OSPF: return row->code == 'O';
	default: return true;
	}
}

/* The next row in the order of prefixes, whether it was asked for or not. */
static bool next_any(const struct show *s, struct cursor *c, struct row *row)
{
	const struct facts *f = s->facts;
	const struct local_row *locals = s->scratch;

	while (c->route < f->route_count && skipped(f, &f->routes[c->route]))
		c->route++;
	bool more_routes = c->route < f->route_count, more_locals = c->local < s->scratch_count;
	if (!more_routes && !more_locals)
		return false;
	if (more_locals &&
		(!more_routes ||
			prefix_compare(&locals[c->local].prefix, &f->routes[c->route].prefix) <= 0)) {
		const struct local_row *l = &locals[c->local++];
		*row = (struct row){.prefix = l->prefix,
			.protocol = protocol_of(PROTO_KERNEL),
			.code = l->code,
			.ifindex = l->ifindex};
		return true;
	}
	row_of_route(f, c->route, row);
	for (c->route += row->hop_count;
		c->route < f->route_count && prefix_equal(&f->routes[c->route].prefix, &row->prefix);
		c->route++)
		continue; /* worse ones for the same prefix */
	return true;
}

static bool next_row(const struct show *s, struct cursor *c, struct row *row)
{
	while (next_any(s, c, row))
		if (row_chosen(s, row))
			return true;
	return false;
}

/* --- Classful headings -------------------------------------------------------------------------------------------- */

static unsigned classful_len(const struct prefix *p)
{
	uint8_t first = p->addr.bytes[0];

	return first < 128 ? 8 : first < 192 ? 16 : 24;
}

/* Inside a network that has subnets, as IOS groups them. */
struct network {
	struct prefix prefix;
	size_t subnets;
	unsigned masks, only_len; /* only_len: when there is one mask */
	bool longer;		  /* has a prefix beyond the class's own length */
};

/* What follows from `c` on within the classful network of `first`. */
static struct network network_of(const struct show *s, struct cursor c, const struct prefix *first)
{
	struct network n = {.prefix = prefix_make(first->addr, classful_len(first))};
	struct prefix last = {0};
	uint64_t lens = 0;
	struct row row;

	while (next_row(s, &c, &row)) {
		if (!prefix_covers(&n.prefix, &row.prefix))
			break;
		if (n.subnets && prefix_equal(&last, &row.prefix))
			continue;
		last = row.prefix;
		n.subnets++;
		n.only_len = row.prefix.len;
		n.longer = n.longer || row.prefix.len > n.prefix.len;
		lens |= 1ull << row.prefix.len;
	}
	for (; lens; lens &= lens - 1)
		n.masks++;
	return n;
}

static void print_network(struct text *out, const struct network *n)
{
	char text[PREFIX_TEXT_MAX];
	struct prefix p = n->prefix;

	if (n->masks > 1) {
		text_printf(out, "      %s is variably subnetted, %zu subnets, %u masks\n",
			prefix_format(&p, text), n->subnets, n->masks);
		return;
	}
	p.len = (uint8_t)n->only_len;
	text_printf(out, "      %s is subnetted, %zu subnets\n", prefix_format(&p, text), n->subnets);
}

/* --- A row ---------------------------------------------------------------------------------------------------------- */

/* The interface of a hop as the operator knows it. */
static const char *hop_interface(const struct facts *f, const struct route_fact *hop)
{
	if (hop->type >= TYPE_BLACKHOLE)
		return "Null0";
	if (hop->protocol == ROUTE_PROTO_RRI) {
		const struct core_route *c = facts_core_route(f, &hop->prefix);
		if (c && c->interface[0])
			return c->interface;
	}
	return facts_interface_name(f, hop->ifindex);
}

/*
 * The next hop that is shown; not set: directly connected. A route of an access list is the one the operator would type
 * with the crypto interface as next hop (R10); one of an SA goes via its peer, as does any with `remote-peer`.
 */
static struct ipaddr hop_gateway(const struct facts *f, const struct route_fact *hop)
{
	const struct core_route *c =
		hop->protocol == ROUTE_PROTO_RRI ? facts_core_route(f, &hop->prefix) : NULL;

	if (!c)
		return hop->gateway;
	const struct crypto_map *map = model_crypto_map(f->model, c->map);
	const struct crypto_map_entry *e = map ? crypto_map_entry(map, c->sequence) : NULL;
	if (c->from_acl && !(e && e->rri.remote_peer))
		return (struct ipaddr){0};
	return c->peer;
}

static void print_row(
	struct text *out, const struct facts *f, const struct row *row, bool nested, bool with_mask)
{
	char lead[80], prefix[PREFIX_TEXT_MAX], ip[IP_TEXT_MAX], age[AGE_TEXT_MAX];
	bool is_default = row->prefix.len == 0;

	if (with_mask)
		prefix_format(&row->prefix, prefix);
	else
		ip_format(&row->prefix.addr, prefix);
	int width = snprintf(lead, sizeof(lead), "%c%c%s%s", row->code, is_default ? '*' : ' ',
		nested ? "       " : "    ", prefix);
	if (!row->hops) {
		text_printf(
			out, "%s is directly connected, %s\n", lead, facts_interface_name(f, row->ifindex));
		return;
	}
	for (size_t i = 0; i < row->hop_count; i++) {
		const struct route_fact *hop = &row->hops[i];
		struct ipaddr gateway = hop_gateway(f, hop);

		text_printf(out, "%*s", width, i ? "" : lead);
		if (!ip_is_set(&gateway)) {
			text_printf(out, " is directly connected, %s\n", hop_interface(f, hop));
			continue;
		}
		text_printf(out, " [%u/%u] via %s", row->distance, row->metric, ip_format(&gateway, ip));
		if (row->code != 'S') { /* a static route with a gateway has neither age nor interface */
			if (hop->age_s >= 0)
				text_printf(out, ", %s", format_age(hop->age_s, age));
			text_printf(out, ", %s", hop_interface(f, hop));
		}
		text_add(out, "\n");
	}
}

static const char legend[] =
	"Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP\n"
	"       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area \n"
	"       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2\n"
	"       E1 - OSPF external type 1, E2 - OSPF external type 2\n"
	"       i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2 - IS-IS level-2\n"
	"       ia - IS-IS inter area, * - candidate default, U - per-user static route\n"
	"       o - ODR, P - periodic downloaded static route, H - NHRP, l - LISP\n"
	"       a - application route\n"
	"       + - replicated route, % - next hop override, p - overrides from PfR\n"
	"\n";

static void print_last_resort(struct show *s, struct text *out)
{
	struct cursor c = {0};
	struct row row;
	char ip[IP_TEXT_MAX];

	if (next_any(s, &c, &row) && row.prefix.len == 0 && row.hops) {
		struct ipaddr gateway = hop_gateway(s->facts, row.hops);
		text_printf(out, "Gateway of last resort is %s to network 0.0.0.0\n\n",
			ip_is_set(&gateway) ? ip_format(&gateway, ip) : "0.0.0.0");
		return;
	}
	text_add(out, "Gateway of last resort is not set\n\n");
}

/* --- show ip route A.B.C.D ------------------------------------------------------------------------------------------- */

/* The longest match, or the prefix itself when a mask was typed. */
static bool look_up(const struct show *s, struct row *best)
{
	struct prefix exact = prefix_make(s->args.address, s->args.address_len);
	struct cursor c = {0};
	struct row row;
	bool found = false;

	while (next_any(s, &c, &row)) {
		if (s->args.address_len_set ? !prefix_equal(&row.prefix, &exact)
					    : !prefix_contains(&row.prefix, &s->args.address))
			continue;
		if (!found || row.prefix.len > best->prefix.len)
			*best = row;
		found = true;
	}
	return found && (best->prefix.len > 0 || s->args.address_len_set || !ip_v4_u32(&s->args.address));
}

static uint32_t tag_of(const struct facts *f, const struct row *row)
{
	const struct static_route *st;

	if (!row->hops)
		return 0;
	if (row->hops->protocol == ROUTE_PROTO_RRI) {
		const struct core_route *c = facts_core_route(f, &row->prefix);
		return c ? c->tag : 0;
	}
	if (row->hops->protocol == ROUTE_PROTO_STATIC)
		vec_each (&f->model->static_routes, i, st)
			if (prefix_equal(&st->prefix, &row->prefix) &&
				ip_equal(&st->gateway, &row->hops->gateway))
				return st->tag;
	return 0;
}

static void print_entry(struct text *out, const struct facts *f, const struct row *row)
{
	char prefix[PREFIX_TEXT_MAX], ip[IP_TEXT_MAX];
	uint32_t tag = tag_of(f, row);
	bool connected = row->code == 'C' || row->code == 'L';

	text_printf(out, "Routing entry for %s%s\n", prefix_format(&row->prefix, prefix),
		row->prefix.len < classful_len(&row->prefix) ? ", supernet" : "");
	text_printf(out, "  Known via \"%s\", distance %u, metric %u%s%s\n", row->protocol->name,
		row->distance, row->metric, connected ? " (connected, via interface)" : "",
		row->prefix.len == 0 ? ", candidate default path" : "");
	if (tag)
		text_printf(out, "  Tag %u\n", tag);
	text_add(out, "  Routing Descriptor Blocks:\n");
	for (size_t i = 0; i < (row->hops ? row->hop_count : 1); i++) {
		struct ipaddr gateway = row->hops ? hop_gateway(f, &row->hops[i]) : (struct ipaddr){0};
		const char *name =
			row->hops ? hop_interface(f, &row->hops[i]) : facts_interface_name(f, row->ifindex);
		if (!ip_is_set(&gateway))
			text_printf(out, "  %c directly connected, via %s\n", i ? ' ' : '*', name);
		else if (row->code == 'S')
			text_printf(out, "  %c %s\n", i ? ' ' : '*', ip_format(&gateway, ip));
		else
			text_printf(out, "  %c %s, via %s\n", i ? ' ' : '*', ip_format(&gateway, ip), name);
		text_printf(out, "      Route metric is %u, traffic share count is 1\n", row->metric);
		if (tag)
			text_printf(out, "      Route tag %u\n", tag);
	}
}

/* --- The view --------------------------------------------------------------------------------------------------------- */

static bool ip_route_text(struct show *s, struct text *out)
{
	struct cursor c = {.route = s->at[0], .local = s->at[1]}, before = c;
	struct row row;

	if (s->stage == 0) {
		s->stage = 1;
		collect_locals(s);
		if (ip_is_set(&s->args.address)) {
			if (look_up(s, &row))
				print_entry(out, s->facts, &row);
			else
				text_printf(out, "%% %s not in table\n",
					s->args.address_len_set ? "Subnet" : "Network");
			return false;
		}
		text_add(out, legend);
		print_last_resort(s, out);
		return true;
	}
	if (!next_row(s, &c, &row))
		return false;
	/* s->at[2] rows of the present network are still to come; at[3]: 1 nested, 2 nested without masks. */
	if (s->at[2] == 0) {
		s->at[3] = 0;
		if (row.prefix.len >= classful_len(&row.prefix)) {
			struct network n = network_of(s, before, &row.prefix);
			if (n.longer) {
				print_network(out, &n);
				s->at[2] = n.subnets;
				s->at[3] = n.masks > 1 ? 1 : 2;
			}
		}
	}
	print_row(out, s->facts, &row, s->at[3] != 0, s->at[3] != 2);
	s->at[0] = c.route;
	s->at[1] = c.local;
	if (s->at[2] > 0) { /* an own address and a route may share a prefix: counted once */
		struct row following;
		if (!next_row(s, &c, &following) || !prefix_equal(&following.prefix, &row.prefix))
			s->at[2]--;
	}
	return true;
}

static void json_row(struct json *j, const struct facts *f, const struct row *row)
{
	json_object(j, NULL);
	json_prefix(j, "prefix", &row->prefix);
	json_string(j, "code", (char[]){row->code, '\0'});
	json_string(j, "protocol", row->code == 'L' ? "local" : row->protocol->name);
	json_uint(j, "distance", row->distance);
	json_uint(j, "metric", row->metric);
	json_uint(j, "tag", tag_of(f, row));
	if (row->hops) {
		json_uint(j, "kernel_protocol", row->hops->protocol);
		json_uint(j, "kernel_metric", row->hops->metric);
	}
	json_array(j, "next_hops");
	for (size_t i = 0; i < (row->hops ? row->hop_count : 1); i++) {
		struct ipaddr gateway = row->hops ? hop_gateway(f, &row->hops[i]) : (struct ipaddr){0};
		json_object(j, NULL);
		json_ip(j, "via", &gateway);
		json_string(j, "interface",
			row->hops ? hop_interface(f, &row->hops[i]) : facts_interface_name(f, row->ifindex));
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

static bool ip_route_json(struct show *s, struct text *out)
{
	struct cursor c = {.route = s->at[0], .local = s->at[1]};
	struct row row;

	(void)out;
	if (s->stage == 0) {
		s->stage = 1;
		collect_locals(s);
		if (ip_is_set(&s->args.address)) {
			if (look_up(s, &row))
				json_row(&s->writer, s->facts, &row);
			return false;
		}
	}
	if (!next_row(s, &c, &row))
		return false;
	json_row(&s->writer, s->facts, &row);
	s->at[0] = c.route;
	s->at[1] = c.local;
	return true;
}

const struct view view_ip_route = {
	.name = "ip-route",
	.required = FACT_ROUTES,
	.optional = FACT_LINKS | FACT_CORE,
	.text = ip_route_text,
	.json = ip_route_json,
};
