/*
 * show ip interface [interface] [brief]
 *
 * And the rows of all views that list interfaces: the configured ones first, then devices of the box that the configuration
 * does not name. Not listed: the loopback device, virtual MAC interfaces, charon's own device.
 */
#include "show/view.h"

#include <string.h>

static void set_status(struct interface_row *row, bool shutdown)
{
	row->status = "down";
	if (row->link && row->link->up)
		row->status = row->link->running ? "up" : "down";
	else if (shutdown || row->link)
		row->status = "administratively down";
	row->up = row->link && row->link->up && row->link->running;
}

static void configured_row(const struct facts *f, const struct interface_cfg *i, struct interface_row *row)
{
	*row = (struct interface_row){
		.name = i->name, .cfg = i, .device = interface_device(i), .method = "unset"};
	row->link = facts_link_by_name(f, row->device);
	const struct address *a = row->link ? facts_first_address(f, row->link->ifindex) : NULL;
	if (i->address_set) {
		row->address = i->address;
		row->address_len = i->address_len;
		row->method = "NVRAM";
	} else if (a) {
		row->address = a->prefix.addr;
		row->address_len = a->prefix.len;
		row->method = "manual";
	}
	set_status(row, i->shutdown);
}

static const struct interface_cfg *configured_on(const struct facts *f, const char *device)
{
	const struct interface_cfg *i;

	vec_each (&f->model->interfaces, k, i)
		if (!strcmp(interface_device(i), device))
			return i;
	return NULL;
}

/* The interface of a group's virtual MAC. Its alias tells, too, but the kernel reports the alias of an interface that is
 * down to nobody: on a standby router it would be listed. */
static bool is_virtual(const struct facts *f, const char *name)
{
	int ifindex;
	enum ip_family family;
	unsigned group;

	if (!hsrp_macvlan_parse(name, &ifindex, &family, &group))
		return false;
	const struct link *parent = facts_link(f, ifindex);
	const struct interface_cfg *i = parent ? configured_on(f, parent->name) : NULL;
	return i && interface_standby(i, (uint16_t)group);
}

static bool foreign_row(const struct facts *f, const struct link *link, struct interface_row *row)
{
	if (!strcmp(link->name, "lo") || link->ike_tun || !strncmp(link->alias, "hotswan", 7) ||
		configured_on(f, link->name) || is_virtual(f, link->name))
		return false;
	*row = (struct interface_row){
		.name = link->name, .device = link->name, .link = link, .method = "unset"};
	const struct address *a = facts_first_address(f, link->ifindex);
	if (a) {
		row->address = a->prefix.addr;
		row->address_len = a->prefix.len;
		row->method = "manual";
	}
	set_status(row, false);
	return true;
}

bool next_interface_row(struct show *s, struct interface_row *row)
{
	const struct facts *f = s->facts;
	const char *only = s->args.interface;

	while (s->at[0] < f->model->interfaces.count) {
		configured_row(f, f->model->interfaces.items[s->at[0]++], row);
		if (!only[0] || !strcmp(only, row->name))
			return true;
	}
	while (s->at[1] < f->link_count)
		if (foreign_row(f, &f->links[s->at[1]++], row) && (!only[0] || !strcmp(only, row->name)))
			return true;
	return false;
}

static bool interface_brief_text(struct show *s, struct text *out)
{
	struct interface_row row;
	char ip[IP_TEXT_MAX];

	if (s->stage == 0) {
		s->stage = 1;
		text_add(out,
			"Interface                  IP-Address      OK? Method Status                "
			"Protocol\n");
	}
	if (!next_interface_row(s, &row))
		return false;
	text_printf(out, "%-26s %-15s YES %-6s %-21s %s\n", row.name,
		ip_is_set(&row.address) ? ip_format(&row.address, ip) : "unassigned", row.method, row.status,
		row.up ? "up" : "down");
	return true;
}

static bool interface_brief_json(struct show *s, struct text *out)
{
	struct json *j = &s->writer;
	struct interface_row row;

	(void)out;
	if (!next_interface_row(s, &row))
		return false;
	json_object(j, NULL);
	json_string(j, "interface", row.name);
	json_string(j, "device", row.device[0] ? row.device : NULL);
	json_bool(j, "present", row.link != NULL);
	json_ip(j, "address", &row.address);
	json_string(j, "method", row.method);
	json_string(j, "status", row.status);
	json_string(j, "protocol", row.up ? "up" : "down");
	if (row.link) {
		json_mac(j, "mac", &row.link->mac);
		json_uint(j, "mtu", row.link->mtu);
	}
	json_object_end(j);
	return true;
}

const struct view view_ip_interface_brief = {
	.name = "ip-interface-brief",
	.required = FACT_LINKS,
	.text = interface_brief_text,
	.json = interface_brief_json,
};

/* --- Without "brief" ------------------------------------------------------------------------------------------------ */

/* HSRP listens on its interfaces. */
static void print_multicast(struct text *out, const struct interface_cfg *i)
{
	if (i && i->standby.count)
		text_printf(out, "  Multicast reserved groups joined: %s\n",
			i->standby_version == 2 ? "224.0.0.102" : "224.0.0.2");
}

static void print_ip(struct text *out, const struct interface_row *row)
{
	const struct prefix *secondary;
	char ip[IP_TEXT_MAX];

	text_printf(out, "  Internet address is %s/%u\n", ip_format(&row->address, ip), row->address_len);
	text_add(out, "  Broadcast address is 255.255.255.255\n");
	text_printf(out, "  Address determined by %s\n",
		row->cfg && row->cfg->address_set ? "non-volatile memory" : "setup command");
	text_printf(out, "  MTU is %u bytes\n", row->link ? row->link->mtu : 1500);
	text_add(out, "  Helper address is not set\n  Directed broadcast forwarding is disabled\n");
	if (row->cfg)
		vec_each (&row->cfg->secondary_addresses, i, secondary)
			text_printf(out, "  Secondary address %s/%u\n", ip_format(&secondary->addr, ip),
				secondary->len);
	print_multicast(out, row->cfg);
	text_add(out, "  Outgoing access list is not set\n  Inbound  access list is not set\n");
}

static bool ip_interface_text(struct show *s, struct text *out)
{
	struct interface_row row;

	if (!next_interface_row(s, &row))
		return false;
	text_printf(out, "%s is %s, line protocol is %s\n", row.name, row.status, row.up ? "up" : "down");
	if (ip_is_set(&row.address))
		print_ip(out, &row);
	else
		text_add(out, "  Internet protocol processing disabled\n");
	return true;
}

const struct view view_ip_interface = {
	.name = "ip-interface",
	.required = FACT_LINKS,
	.text = ip_interface_text,
	.json = interface_brief_json,
};
