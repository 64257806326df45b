/* Static routes. */
#include <string.h>

#include "cli/grammar.h"

static bool check_route(struct cli_call *c)
{
	struct ipaddr addr = cli_arg(c->args, "prefix")->ip;
	struct prefix p = prefix_make(addr, cli_arg(c->args, "mask")->n);

	const struct cli_value *gateway = cli_arg(c->args, "gateway");
	const struct interface_cfg *i;

	if (!ip_equal(&p.addr, &addr))
		return cli_refuse(c, "Inconsistent address and mask");
	/* What runs must load again: the interface may have got its address later. */
	vec_each (&c->model->interfaces, n, i)
		if (!c->loading && gateway->set && i->address_set && ip_equal(&i->address, &gateway->ip))
			return cli_refuse(c, "Invalid next hop address (it's this router)");
	return true;
}

/* What is typed narrows it down: `no ip route P M` takes all routes of the prefix away. */
static bool unset_route(struct cli_call *c)
{
	struct prefix p = {cli_arg(c->args, "prefix")->ip, (uint8_t)cli_arg(c->args, "mask")->n};
	const struct cli_value *gateway = cli_arg(c->args, "gateway"),
			       *interface = cli_arg(c->args, "interface");
	struct vec *routes = &c->model->static_routes;
	bool any = false;

	for (size_t i = routes->count; i-- > 0;) {
		struct static_route *r = routes->items[i];

		if (!prefix_equal(&r->prefix, &p) || (gateway->set && !ip_equal(&gateway->ip, &r->gateway)) ||
			(interface->set && strcmp(interface->name, r->interface) != 0))
			continue;
		model_static_route_delete(c->model, r);
		any = true;
	}
	c->target.object = NULL;
	return any || cli_refuse(c, "No matching route to delete");
}

static bool set_route(struct cli_call *c)
{
	struct static_route *r = c->target.object;
	const struct cli_value *distance = cli_arg(c->args, "distance"), *name = cli_arg(c->args, "name");

	r->distance = (uint8_t)(distance->n == 1 ? 0 : distance->n);
	r->tag = cli_arg(c->args, "tag")->n;
	str_copy(r->name, sizeof(r->name), name->set ? name->s : "");
	r->permanent = cli_has(c->args, "permanent");
	r->track = (uint16_t)cli_arg(c->args, "track")->n;
	return true;
}

static bool get_route(const struct cli_target *t, struct cli_args *a)
{
	const struct static_route *r = t->object;
	struct ipaddr mask = ip_len_to_mask(IP_V4, r->prefix.len);

	cli_put_address(a, "prefix", &r->prefix.addr);
	cli_put_address(a, "mask", &mask);
	cli_put_string(a, "interface", r->interface);
	cli_put_address(a, "gateway", &r->gateway);
	if (r->distance)
		cli_put_number(a, "distance", r->distance);
	if (r->tag)
		cli_put_number(a, "tag", r->tag);
	cli_put_string(a, "name", r->name);
	if (r->permanent)
		cli_put_number(a, "permanent", 1);
	if (r->track)
		cli_put_number(a, "track", r->track);
	return true;
}

/* The object may come later: until then it counts as up. */
static void note_no_object(struct cli_call *c)
{
	const struct static_route *r = c->target.object;

	if (r && r->track && !model_track(c->model, r->track))
		cli_note(c, "%%Warning: object %u does not exist yet: it counts as up", (unsigned)r->track);
}

#define TO                                                                                                   \
	"ip route A.B.C.D:prefix MASK:mask ; {INTERFACE:interface [HOST:gateway]|HOST:gateway} "             \
	"[<1-255>:distance] "
#define TAG  "tag <1-4294967295>:tag"
#define NAME "name WORD/63:name"
#define STAY "{permanent:permanent|track <1-1000>:track}"

static const struct cli_row rows[] = {
	{.modes = IN(CONFIG),
		.syntax = TO "[" TAG "] [" NAME "] [" STAY "]",
		.help = "Global IP configuration subcommands|Establish static routes|Destination prefix|"
			"Destination prefix mask|Interface|Forwarding router's address|Forwarding router's "
			"address|Distance metric for this route|Set tag for this route|Tag value|"
			"Specify name of the next hop|Name of the next hop|permanent route|"
			"Install route depending on tracked item|tracked object number",
		.rank = 1410,
		.list = &cli_list_static_routes,
		.check = check_route,
		.set = set_route,
		.unset = unset_route,
		.get = get_route,
		.after = note_no_object,
		.touches = MODEL_STATIC_ROUTE},
	{.modes = IN(CONFIG), /* the other orders */
		.syntax = TO "{" NAME " " TAG " [" STAY "]|" NAME " " STAY " " TAG "|" TAG " " STAY " " NAME
			     "|" STAY " " TAG " [" NAME "]|" STAY " " NAME " [" TAG "]}",
		.flags = CLI_PARSE_ONLY,
		.list = &cli_list_static_routes,
		.check = check_route,
		.set = set_route,
		.unset = unset_route,
		.after = note_no_object,
		.touches = MODEL_STATIC_ROUTE},
	{.modes = IN(CONFIG),
		.syntax = "ip routing",
		.help = "|Enable IP routing",
		.flags = CLI_NO_NO | CLI_PARSE_ONLY},

	{.modes = IN(CONFIG),
		.syntax = "{router|route-map} LINE",
		.flags = CLI_HIDDEN,
		.refuse = "Routing protocols are configured in FRR or BIRD, which take the injected routes "
			  "over"},
	{.modes = IN(CONFIG),
		.syntax = "{vrf|ip vrf} LINE",
		.flags = CLI_HIDDEN,
		.refuse = "VRFs are not available: there is one routing table"},
	{.modes = IN(INTERFACE),
		.syntax = "{vrf|ip vrf} forwarding WORD",
		.flags = CLI_HIDDEN,
		.refuse = "VRFs are not available: there is one routing table"},
	{.modes = IN(CONFIG),
		.syntax = "{redundancy|ipc} LINE",
		.flags = CLI_HIDDEN,
		.refuse = "Stateful failover is not available; use redundancy G"},
};
CLI_TABLE(cli_table_ip, rows);
