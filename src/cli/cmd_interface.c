/* Interfaces: address, state, the device behind them, the crypto map on them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/rules.h"

static struct interface_cfg *interface_of(const struct cli_call *c)
{
	return c->target.object;
}

/* --- Addresses ---------------------------------------------------------------------------------------------------- */

/* The subnet's own address and its broadcast are no host's; /31 and /32 have neither. */
static bool is_host_in(const struct ipaddr *a, unsigned len)
{
	uint32_t host_bits = len >= 31 ? 0 : UINT32_MAX >> len, host = ip_v4_u32(a) & host_bits;

	return len >= 31 || (host != 0 && host != host_bits);
}

static const struct interface_cfg *overlapping(
	const struct cli_call *c, const struct interface_cfg *self, struct prefix p)
{
	const struct interface_cfg *i;

	vec_each (&c->model->interfaces, n, i) {
		struct prefix other = prefix_make(i->address, i->address_len);

		if (i != self && i->address_set && !i->shutdown && prefix_overlaps(&other, &p))
			return i;
	}
	return NULL;
}

/* The group whose virtual address this is, on any interface. */
static const struct standby_group *group_with(const struct cli_call *c, const struct ipaddr *a)
{
	const struct interface_cfg *i;
	const struct standby_group *g;
	const struct ipaddr *secondary;

	vec_each (&c->model->interfaces, n, i) {
		vec_each (&i->standby, k, g) {
			if (ip_equal(&g->ip, a))
				return g;
			vec_each (&g->secondaries, s, secondary)
				if (ip_equal(secondary, a))
					return g;
		}
	}
	return NULL;
}

static bool check_address_for(struct cli_call *c, const struct interface_cfg *self)
{
	struct ipaddr a = cli_arg(c->args, "address")->ip;
	unsigned len = cli_arg(c->args, "mask")->n;
	char text[IP_TEXT_MAX];
	const struct interface_cfg *other;

	if (len == 0 || !is_host_in(&a, len))
		return cli_refuse(c, "Bad mask /%u for address %s", len, ip_format(&a, text));
	const struct standby_group *g = group_with(c, &a);

	if (g)
		return cli_refuse(c, "Address %s is the virtual address of standby group %u",
			ip_format(&a, text), (unsigned)g->number);
	/* In a file the other interface may be shut down only further on. */
	other = c->loading ? NULL : overlapping(c, self, prefix_make(a, len));
	if (other) {
		struct prefix p = prefix_make(a, len);

		return cli_refuse(c, "%s overlaps with %s", ip_format(&p.addr, text), other->name);
	}
	return true;
}

/* Is a virtual address in one of the interface's subnets, were `primary` its address and `without` gone? */
static bool in_subnets(const struct interface_cfg *i, struct prefix primary, const struct prefix *without,
	const struct ipaddr *vip)
{
	const struct prefix *s;

	if (prefix_contains(&primary, vip))
		return true;
	vec_each (&i->secondary_addresses, n, s) {
		struct prefix p = prefix_make(s->addr, s->len);

		if (s != without && prefix_contains(&p, vip))
			return true;
	}
	return false;
}

/* Standby addresses stay inside the interface's subnets: the line that would leave one outside is refused. */
static bool check_standby_addresses(struct cli_call *c, const struct interface_cfg *i, struct prefix primary,
	const struct prefix *without)
{
	const struct standby_group *g;
	char text[IP_TEXT_MAX];

	vec_each (&i->standby, n, g)
		if (ip_is_set(&g->ip) && !in_subnets(i, primary, without, &g->ip))
			return cli_refuse(c,
				"Standby address %s of group %u would be outside of the interface's subnets: "
				"change or remove it first",
				ip_format(&g->ip, text), (unsigned)g->number);
	return true;
}

static bool check_address(struct cli_call *c)
{
	struct prefix p = prefix_make(cli_arg(c->args, "address")->ip, cli_arg(c->args, "mask")->n);

	return check_address_for(c, interface_of(c)) && check_standby_addresses(c, interface_of(c), p, NULL);
}

static bool unset_secondary(struct cli_call *c)
{
	const struct interface_cfg *i = c->within.object;

	if (!c->target.object)
		return true;
	if (i->address_set &&
		!check_standby_addresses(c, i, prefix_make(i->address, i->address_len), c->target.object))
		return false;
	cli_list_secondary_addresses.drop(&c->target);
	c->target.object = NULL;
	return true;
}

/* Here the object is the address, the interface is around it. */
static bool check_secondary(struct cli_call *c)
{
	return check_address_for(c, c->target.outer);
}

static bool set_address(struct cli_call *c)
{
	struct interface_cfg *i = interface_of(c);

	i->address_set = true;
	i->address = cli_arg(c->args, "address")->ip;
	i->address_len = (uint8_t)cli_arg(c->args, "mask")->n;
	return true;
}

static bool unset_address(struct cli_call *c)
{
	struct interface_cfg *i = interface_of(c);
	const struct cli_value *a = cli_arg(c->args, "address");

	if (a->set && !ip_equal(&a->ip, &i->address))
		return cli_refuse(c, "Invalid address");
	if (a->set && i->secondary_addresses.count > 0 && i->address_set)
		return cli_refuse(c, "Must delete secondary before deleting primary");
	while (i->secondary_addresses.count > 0) /* `no ip address` takes them all */
		free(vec_remove_at(&i->secondary_addresses, i->secondary_addresses.count - 1));
	i->address_set = false;
	i->address = (struct ipaddr){0};
	i->address_len = 0;
	return true;
}

static bool get_address(const struct cli_target *t, struct cli_args *a)
{
	const struct interface_cfg *i = t->object;
	struct ipaddr mask = ip_len_to_mask(IP_V4, i->address_len);

	if (!i->address_set)
		return false;
	cli_put_address(a, "address", &i->address);
	cli_put_address(a, "mask", &mask);
	return true;
}

static bool set_secondary(struct cli_call *c)
{
	*(struct prefix *)c->target.object =
		(struct prefix){cli_arg(c->args, "address")->ip, (uint8_t)cli_arg(c->args, "mask")->n};
	return true;
}

static bool get_secondary(const struct cli_target *t, struct cli_args *a)
{
	const struct prefix *p = t->object;
	struct ipaddr mask = ip_len_to_mask(IP_V4, p->len);

	cli_put_address(a, "address", &p->addr);
	cli_put_address(a, "mask", &mask);
	cli_put_number(a, "secondary", 1);
	return true;
}

static bool has_no_address(const struct cli_target *t)
{
	const struct interface_cfg *i = t->object;

	/* Loaded again, the line would take secondary addresses away. */
	return !i->address_set && i->secondary_addresses.count == 0;
}

/* --- Device and state ---------------------------------------------------------------------------------------------- */

static bool check_device(struct cli_call *c)
{
	const char *name = cli_arg(c->args, "device")->s;
	const struct interface_cfg *i;

	if (!interface_of(c)->is_ios_type)
		return cli_refuse(c, "Interface %s is the device of that name: no other can be behind it",
			interface_of(c)->name);
	for (const char *p = name; *p; p++)
		if (*p == '/' || *p == ':' || (unsigned char)*p >= 0x7f)
			return cli_refuse(c, "\"%s\" is no name of a network device", name);
	vec_each (&c->model->interfaces, n, i)
		if (i != interface_of(c) && strcmp(interface_device(i), name) == 0)
			return cli_refuse(c, "Device %s belongs to interface %s", name, i->name);
	return true;
}

static bool check_interface(struct cli_call *c)
{
	const char *name = cli_arg(c->args, "name")->name;
	const struct interface_cfg *i;

	vec_each (&c->model->interfaces, n, i)
		if (!c->target.object && strcmp(i->device, name) == 0)
			return cli_refuse(c, "Device %s belongs to interface %s", name, i->name);
	return true;
}

/* IOS keeps the hardware's interfaces; here the line goes with all that hangs on it. */
static bool drop_interface(struct cli_call *c)
{
	const struct interface_cfg *i = interface_of(c);

	if (!i) {
		c->touched = true;
		return true;
	}
	model_touch(c->model, MODEL_INTERFACE, i->name, 0);
	model_touch(c->model, MODEL_CRYPTO_APPLY, i->name, 0);
	model_touch(c->model, MODEL_STANDBY, i->name, 0);
	cli_list_interfaces.drop(&c->target);
	c->target.object = NULL;
	c->touched = true;
	return true;
}

/* --- The crypto map ------------------------------------------------------------------------------------------------- */

static bool set_crypto_map(struct cli_call *c)
{
	struct interface_cfg *i = interface_of(c);
	const struct cli_value *group = cli_arg(c->args, "group");

	str_copy(i->crypto_map, sizeof(i->crypto_map), cli_arg(c->args, "map")->s);
	i->crypto_redundancy = cli_has(c->args, "redundancy");
	str_copy(i->crypto_redundancy_group, sizeof(i->crypto_redundancy_group), group->set ? group->s : "");
	i->crypto_applied++; /* typing it again re-applies (H6, D10) */
	return true;
}

static bool unset_crypto_map(struct cli_call *c)
{
	struct interface_cfg *i = interface_of(c);
	const struct cli_value *map = cli_arg(c->args, "map");

	if (map->set && strcmp(map->s, i->crypto_map) != 0)
		return cli_refuse(c, "Crypto map %s is not on this interface", map->s);
	i->crypto_map[0] = i->crypto_redundancy_group[0] = '\0';
	i->crypto_redundancy = false;
	return true;
}

static bool get_crypto_map(const struct cli_target *t, struct cli_args *a)
{
	const struct interface_cfg *i = t->object;

	cli_put_string(a, "map", i->crypto_map);
	if (i->crypto_redundancy)
		cli_put_number(a, "redundancy", 1);
	cli_put_string(a, "group", i->crypto_redundancy_group);
	return true;
}

static void note_crypto_map(struct cli_call *c)
{
	const char *name = interface_of(c)->crypto_map;

	if (!model_crypto_map(c->model, name))
		cli_note(c, "%% NOTE: crypto map \"%s\" does not exist yet", name);
	cli_warn_no_device(c, interface_of(c));
	const struct standby_group *g = model_bound_group(interface_of(c));

	if (g) {
		cli_warn_preempt(c, interface_of(c), g);
		cli_warn_priority(c, interface_of(c), g);
	}
}

/* --- The rows ----------------------------------------------------------------------------------------------------------- */

static const struct cli_row rows[] = {
	{.modes = IN(CONFIG),
		.syntax = "interface INTERFACE:name",
		.help = "Select an interface to configure|Interface",
		.rank = 1300,
		.flags = CLI_SEPARATE,
		.opens = MODE_INTERFACE,
		.list = &cli_list_interfaces,
		.check = check_interface,
		.unset = drop_interface,
		.fields = {TEXT("name", struct interface_cfg, name)},
		.touches = MODEL_INTERFACE},
	{.modes = IN(INTERFACE),
		.syntax = "description ; LINE/240:text",
		.help = "Interface specific description|Up to 240 characters describing this interface",
		.rank = 10,
		.fields = {TEXT("text", struct interface_cfg, description)},
		.touches = MODEL_INTERFACE},
	{.modes = IN(INTERFACE),
		.syntax = "hotswan device ; WORD/15:device",
		.help = "Extensions of this system|Network device behind this interface|Name of the device",
		.rank = 20,
		.check = check_device,
		.fields = {TEXT("device", struct interface_cfg, device)},
		.touches = MODEL_INTERFACE},
	{.modes = IN(INTERFACE),
		.syntax = "ip address HOST:address MASK:mask secondary:secondary",
		.help = "Interface Internet Protocol config commands|Set the IP address of an interface|IP "
			"address|"
			"IP subnet mask|Make this IP address a secondary address",
		.rank = 30,
		.flags = CLI_IDENTITY,
		.list = &cli_list_secondary_addresses,
		.check = check_secondary,
		.set = set_secondary,
		.unset = unset_secondary,
		.get = get_secondary,
		.touches = MODEL_INTERFACE},
	{.modes = IN(INTERFACE),
		.syntax = "ip address ; HOST:address MASK:mask",
		.help = "||IP address|IP subnet mask",
		.rank = 31,
		.check = check_address,
		.set = set_address,
		.unset = unset_address,
		.get = get_address,
		.touches = MODEL_INTERFACE},
	{.modes = IN(INTERFACE),
		.syntax = "ip address {dhcp|negotiated} [LINE]",
		.flags = CLI_HIDDEN,
		.refuse = "Addresses are static here: ip address A.B.C.D MASK"},
	{.modes = IN(INTERFACE),
		.syntax = "no ip address",
		.rank = 32,
		.flags = CLI_WRITE_ONLY,
		.applies = has_no_address},
	{.modes = IN(INTERFACE),
		.syntax = "ip tcp adjust-mss ; <500-1460>:bytes",
		.help = "|TCP interface configuration|Adjust the mss of transit packets|Maximum segment size "
			"in "
			"bytes",
		.rank = 35,
		.fields = {UINT("bytes", struct interface_cfg, tcp_mss)},
		.touches = MODEL_INTERFACE},
	{.modes = IN(INTERFACE),
		.syntax = "shutdown",
		.help = "Shutdown the selected interface",
		.rank = 80,
		.fields = {FLAG(NULL, struct interface_cfg, shutdown)},
		.touches = MODEL_INTERFACE},
	{.modes = IN(INTERFACE),
		.syntax = "crypto map WORD/63:map redundancy WORD stateful",
		.flags = CLI_HIDDEN,
		.refuse = "Stateful failover is not available; use redundancy G"},
	{.modes = IN(INTERFACE),
		.syntax = "crypto map ; WORD/63:map [redundancy:redundancy [WORD/63:group]]",
		.help = "Encryption/Decryption commands|Assign a Crypto Map|Crypto Map tag|Enable redundancy|"
			"Name of the standby group",
		.rank = 90,
		.set = set_crypto_map,
		.unset = unset_crypto_map,
		.get = get_crypto_map,
		.after = note_crypto_map,
		.touches = MODEL_CRYPTO_APPLY},
};
CLI_TABLE(cli_table_interface, rows);
