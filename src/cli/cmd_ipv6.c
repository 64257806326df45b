/* IPv6 as far as HSRP needs it: addresses of an interface, `standby … ipv6`, `ipv6 unicast-routing`. */
#include <stdlib.h>
#include <string.h>

#include "cli/rules.h"

/* Where the row's object lies inside a list, the interface is around that. */
static const struct interface_cfg *around(const struct cli_call *c)
{
	return c->within.object;
}

static bool is_global(const struct ipaddr *a)
{
	static const uint8_t none[15]; /* :: and ::1 */

	return a->bytes[0] != 0xff && !ip_is_link_local(a) && memcmp(a->bytes, none, sizeof(none)) != 0;
}

/* --- Who has an address --------------------------------------------------------------------------------------------- */

static bool is_in(const struct vec *prefixes, const struct ipaddr *a)
{
	const struct prefix *p;

	vec_each (prefixes, n, p)
		if (ip_equal(&p->addr, a))
			return true;
	return false;
}

static bool group_has(const struct standby_group *g, const struct ipaddr *a)
{
	return ip_equal(&g->ipv6, a) || is_in(&g->ipv6_prefixes, a);
}

/* A link-local address is one only on its link, the others are anywhere. `but`: a group that may have it already. */
static bool check_free(struct cli_call *c, const struct ipaddr *a, const struct standby_group *but)
{
	const struct interface_cfg *i;
	const struct standby_group *g;
	char text[IP_TEXT_MAX];

	vec_each (&c->model->interfaces, n, i) {
		if (i != around(c) && ip_is_link_local(a))
			continue;
		if (ip_equal(&i->ipv6_link_local, a) || is_in(&i->ipv6_addresses, a))
			return cli_refuse(c,
				"Address %s is interface %s's own: a standby address must be another",
				ip_format_ios(a, text), i->name);
		vec_each (&i->standby, k, g)
			if (g != but && group_has(g, a))
				return cli_refuse(c, "Address %s is already that of %s group %u",
					ip_format_ios(a, text), i->name, (unsigned)g->number);
	}
	return true;
}

/* --- Standby -------------------------------------------------------------------------------------------------------- */

static bool check_version(struct cli_call *c)
{
	if (around(c)->standby_version == 2)
		return true;
	return cli_refuse(c, "HSRP for IPv6 needs HSRP version 2: enter standby version 2 first");
}

static const struct standby_group *group_meant(const struct cli_call *c)
{
	return interface_standby(around(c), (uint16_t)cli_arg(c->args, "group")->n);
}

static bool check_link_local(struct cli_call *c)
{
	const struct cli_value *v = cli_arg(c->args, "ip");
	char text[IP_TEXT_MAX];

	if (!check_version(c))
		return false;
	if (!v->set)
		return true;
	if (!ip_is_link_local(&v->ip))
		return cli_refuse(c,
			"Address %s is not link-local: accepted is FE80::X, or another address with its "
			"prefix length",
			ip_format_ios(&v->ip, text));
	return check_free(c, &v->ip, group_meant(c));
}

static bool set_link_local(struct cli_call *c)
{
	struct standby_group *g = c->target.object;
	const struct cli_value *v = cli_arg(c->args, "ip");

	g->ipv6_autoconfig = !v->set;
	g->ipv6 = v->set ? v->ip : (struct ipaddr){0};
	return true;
}

/* `no standby ipv6` takes all of it. */
static bool unset_link_local(struct cli_call *c)
{
	struct standby_group *g = c->target.object;
	const struct cli_value *v = cli_arg(c->args, "ip");
	char text[IP_TEXT_MAX];

	if (!g)
		return true;
	if (v->set && !ip_equal(&v->ip, &g->ipv6))
		return cli_refuse(c, "Address %s is not that of group %u", ip_format_ios(&v->ip, text),
			(unsigned)g->number);
	bool all = !v->set && !cli_has(c->args, "autoconfig");
	if (!v->set)
		g->ipv6_autoconfig = false;
	if (v->set || all)
		g->ipv6 = (struct ipaddr){0};
	while (all && g->ipv6_prefixes.count > 0)
		free(vec_remove_at(&g->ipv6_prefixes, g->ipv6_prefixes.count - 1));
	return true;
}

static bool get_link_local(const struct cli_target *t, struct cli_args *a)
{
	const struct standby_group *g = t->object;

	if (!g->ipv6_autoconfig && !ip_is_set(&g->ipv6))
		return false;
	cli_put_number(a, "group", g->number);
	if (g->ipv6_autoconfig)
		cli_put_number(a, "autoconfig", 1);
	cli_put_address(a, "ip", &g->ipv6);
	return true;
}

/* Where addresses were typed, one of them must share the virtual one's network; the kernel's own are not known here. */
static bool in_subnet(const struct interface_cfg *i, const struct ipaddr *a)
{
	const struct prefix *p;

	vec_each (&i->ipv6_addresses, n, p) {
		struct prefix net = prefix_make(p->addr, p->len);

		if (prefix_contains(&net, a))
			return true;
	}
	return i->ipv6_addresses.count == 0;
}

static bool check_prefix(struct cli_call *c)
{
	const struct cli_value *v = cli_arg(c->args, "prefix");
	const struct standby_group *g = group_meant(c);
	char text[IP_TEXT_MAX];

	if (!check_version(c))
		return false;
	if (!is_global(&v->ip) || v->n == 0)
		return cli_refuse(c,
			"%s/%u is no global address: a link-local one has no prefix length, all others have "
			"one",
			ip_format_ios(&v->ip, text), (unsigned)v->n);
	if (!c->loading && !in_subnet(around(c), &v->ip))
		return cli_refuse(c, "Address %s is not within a subnet on this interface",
			ip_format_ios(&v->ip, text));
	if (!c->target.object && g && g->ipv6_prefixes.count >= STANDBY_IPV6_MAX)
		return cli_refuse(c, "A group has at most %d IPv6 addresses", STANDBY_IPV6_MAX);
	if (!c->target.object && g && is_in(&g->ipv6_prefixes, &v->ip))
		return cli_refuse(c, "Address %s is already that of group %u with another prefix length",
			ip_format_ios(&v->ip, text), (unsigned)g->number);
	return check_free(c, &v->ip, g);
}

/* The list made it from the arguments. */
static bool set_prefix(struct cli_call *c)
{
	return c->target.object != NULL;
}

static bool get_standby_prefix(const struct cli_target *t, struct cli_args *a)
{
	cli_put_number(a, "group", ((const struct standby_group *)t->outer)->number);
	cli_put_prefix(a, "prefix", t->object);
	return true;
}

static void note_standby(struct cli_call *c)
{
	cli_warn_no_device(c, around(c));
	if (!c->model->ipv6_unicast_routing)
		cli_note(c,
			"%%Warning: ipv6 unicast-routing is off: group %u sends no router advertisements, "
			"and "
			"nothing is forwarded for its hosts",
			(unsigned)cli_arg(c->args, "group")->n);
}

/* --- Addresses of the interface --------------------------------------------------------------------------------------- */

static bool check_own(struct cli_call *c, const struct interface_cfg *self, const struct ipaddr *a)
{
	const struct interface_cfg *i;
	const struct standby_group *g;
	char text[IP_TEXT_MAX];

	vec_each (&c->model->interfaces, n, i) {
		if (i != self && ip_is_link_local(a))
			continue;
		if (i != self && is_in(&i->ipv6_addresses, a))
			return cli_refuse(c, "%s overlaps with %s", ip_format_ios(a, text), i->name);
		vec_each (&i->standby, k, g)
			if (group_has(g, a))
				return cli_refuse(c, "Address %s is the virtual address of standby group %u",
					ip_format_ios(a, text), (unsigned)g->number);
	}
	return true;
}

static bool check_own_link_local(struct cli_call *c)
{
	const struct cli_value *v = cli_arg(c->args, "address");
	char text[IP_TEXT_MAX];

	if (!ip_is_link_local(&v->ip))
		return cli_refuse(
			c, "Address %s is not link-local: accepted is FE80::X", ip_format_ios(&v->ip, text));
	return check_own(c, c->target.object, &v->ip);
}

static bool set_own_link_local(struct cli_call *c)
{
	((struct interface_cfg *)c->target.object)->ipv6_link_local = cli_arg(c->args, "address")->ip;
	return true;
}

/* `no ipv6 address` takes them all. */
static bool unset_own(struct cli_call *c)
{
	struct interface_cfg *i = c->target.object;
	const struct cli_value *v = cli_arg(c->args, "address");

	if (v->set && !ip_equal(&v->ip, &i->ipv6_link_local))
		return cli_refuse(c, "Invalid address");
	i->ipv6_link_local = (struct ipaddr){0};
	while (!v->set && i->ipv6_addresses.count > 0)
		free(vec_remove_at(&i->ipv6_addresses, i->ipv6_addresses.count - 1));
	return true;
}

static bool get_own_link_local(const struct cli_target *t, struct cli_args *a)
{
	const struct interface_cfg *i = t->object;

	cli_put_address(a, "address", &i->ipv6_link_local);
	return ip_is_set(&i->ipv6_link_local);
}

static bool check_own_prefix(struct cli_call *c)
{
	const struct cli_value *v = cli_arg(c->args, "prefix");
	char text[IP_TEXT_MAX];

	if (!is_global(&v->ip) || v->n == 0)
		return cli_refuse(c,
			"%s/%u is no global address: a link-local one is entered as FE80::X link-local",
			ip_format_ios(&v->ip, text), (unsigned)v->n);
	return check_own(c, around(c), &v->ip);
}

static bool get_own_prefix(const struct cli_target *t, struct cli_args *a)
{
	cli_put_prefix(a, "prefix", t->object);
	return true;
}

/* --- The rows --------------------------------------------------------------------------------------------------------- */

#define STANDBY	  "standby [<0-4095>:group] "
#define GROUP_ROW .modes = IN(INTERFACE), .list = &cli_list_standby, .touches = MODEL_STANDBY

static const struct cli_row rows[] = {
	{.modes = IN(CONFIG),
		.syntax = "ipv6 unicast-routing",
		.help = "Global IPv6 configuration commands|Enable unicast routing",
		.rank = 440,
		.touches = MODEL_IPV6_ROUTING,
		.fields = {FLAG(NULL, struct model, ipv6_unicast_routing)}},
	{GROUP_ROW, .syntax = STANDBY "ipv6 ; {autoconfig:autoconfig|IPV6:ip}",
		.help = "|group number|Enable HSRP IPv6|Obtain address using autoconfiguration|IPv6 "
			"link-local address",
		.rank = 51, .check = check_link_local, .set = set_link_local, .unset = unset_link_local,
		.get = get_link_local, .after = note_standby},
	{GROUP_ROW, .syntax = STANDBY "ipv6 IPV6-PREFIX:prefix", .help = "|||IPv6 prefix", .rank = 51,
		.flags = CLI_IDENTITY, .sub = &cli_list_standby_ipv6, .check = check_prefix,
		.set = set_prefix, .get = get_standby_prefix, .after = note_standby},
	{.modes = IN(INTERFACE),
		.syntax = "ipv6 address ; IPV6:address link-local",
		.help = "IPv6 interface subcommands|Configure IPv6 address on interface|IPv6 link-local "
			"address|"
			"Use link-local address",
		.rank = 85,
		.touches = MODEL_INTERFACE,
		.check = check_own_link_local,
		.set = set_own_link_local,
		.unset = unset_own,
		.get = get_own_link_local},
	{.modes = IN(INTERFACE),
		.syntax = "ipv6 address IPV6-PREFIX:prefix",
		.help = "||IPv6 prefix",
		.rank = 86,
		.flags = CLI_IDENTITY,
		.list = &cli_list_ipv6_addresses,
		.touches = MODEL_INTERFACE,
		.check = check_own_prefix,
		.set = set_prefix,
		.get = get_own_prefix},
	{.modes = IN(INTERFACE),
		.syntax = "ipv6 address {autoconfig|dhcp|IPV6-PREFIX eui-64|IPV6-PREFIX anycast} [LINE]",
		.flags = CLI_HIDDEN,
		.refuse =
			"Addresses are static here: ipv6 address X:X:X:X::X/<0-128>, or FE80::X link-local"},
	{.modes = IN(INTERFACE),
		.syntax = "ipv6 enable",
		.help = "|Enable IPv6 on interface",
		.rank = 87,
		.touches = MODEL_INTERFACE,
		.fields = {FLAG(NULL, struct interface_cfg, ipv6_enabled)}},
};
CLI_TABLE(cli_table_ipv6, rows);
