/*
 * show arp, show ip arp [address | interface]
 *
 * The box's own addresses first, virtual ones of groups that serve included, without an age; then the kernel's entries.
 */
#include "show/view.h"

#include <stdio.h>
#include <string.h>

struct entry {
	struct ipaddr address;
	struct mac mac;
	const char *interface;
	bool own, complete;
	uint32_t age_s;
};

/* What stands on the device of a virtual MAC address is the interface's below it. */
static const char *interface_of(const struct facts *f, int ifindex)
{
	const struct link *l = facts_link(f, ifindex);

	for (size_t i = 0; l && i < f->standby_count; i++)
		if (f->standby[i].mac_device[0] && strcmp(f->standby[i].mac_device, l->name) == 0)
			l = facts_link_by_name(f, f->standby[i].device);
	return l ? facts_interface_name(f, l->ifindex) : "";
}

static bool is_virtual(const struct facts *f, const struct link *l)
{
	if (strncmp(l->alias, "hotswan", 7) == 0)
		return true;
	for (size_t i = 0; i < f->standby_count; i++)
		if (f->standby[i].mac_device[0] && strcmp(f->standby[i].mac_device, l->name) == 0 &&
			strcmp(f->standby[i].device, l->name) != 0)
			return true;
	return false;
}

static bool own_entry(const struct facts *f, const struct address *a, struct entry *e)
{
	static const struct mac none;
	const struct link *l = facts_link(f, a->ifindex);

	if (!l || !strcmp(l->name, "lo") || a->prefix.addr.family != IP_V4 || memcmp(&l->mac, &none, sizeof(none)) == 0 ||
		is_virtual(f, l))
		return false;
	*e = (struct entry){.address = a->prefix.addr,
		.mac = l->mac,
		.interface = facts_interface_name(f, l->ifindex),
		.own = true,
		.complete = true};
	return true;
}

static bool virtual_entry(const struct facts *f, const struct hsrp_status *st, struct entry *e)
{
	const struct link *l = facts_link_by_name(f, st->device);

	if (!st->serving || st->family != IP_V4 || !ip_is_set(&st->vip) || !l)
		return false;
	*e = (struct entry){.address = st->vip,
		.mac = st->virtual_mac,
		.interface = facts_interface_name(f, l->ifindex),
		.own = true,
		.complete = true};
	return true;
}

static bool wanted(const struct show *s, const struct entry *e)
{
	return (!ip_is_set(&s->args.address) || ip_equal(&s->args.address, &e->address)) &&
		(!s->args.interface[0] || strcmp(s->args.interface, e->interface) == 0);
}

static bool next_entry(struct show *s, struct entry *e)
{
	const struct facts *f = s->facts;

	while (s->at[0] < f->address_count)
		if (own_entry(f, &f->addresses[s->at[0]++], e) && wanted(s, e))
			return true;
	while (s->at[1] < f->standby_count)
		if (virtual_entry(f, &f->standby[s->at[1]++], e) && wanted(s, e))
			return true;
	while (s->at[2] < f->arp_count) {
		const struct arp_entry *a = &f->arps[s->at[2]++];

		*e = (struct entry){.address = a->address,
			.mac = a->mac,
			.interface = interface_of(f, a->ifindex),
			.complete = a->complete,
			.age_s = a->age_s};
		if (wanted(s, e))
			return true;
	}
	return false;
}

static bool arp_text(struct show *s, struct text *out)
{
	enum { S_PER_MIN = 60 };
	char ip[IP_TEXT_MAX], mac[MAC_TEXT_MAX], age[16] = "-";
	struct entry e;

	if (s->stage == 0) {
		s->stage = 1;
		text_add(out, "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n");
	}
	if (!next_entry(s, &e))
		return false;
	ip_format(&e.address, ip);
	if (!e.complete) {
		text_printf(out, "Internet  %-17s%8d   Incomplete      ARPA   \n", ip, 0);
		return true;
	}
	if (!e.own)
		snprintf(age, sizeof(age), "%u", e.age_s / S_PER_MIN);
	text_printf(out, "Internet  %-17s%8s   %s  ARPA   %s\n", ip, age, mac_format_dotted(&e.mac, mac),
		e.interface);
	return true;
}

static bool arp_json(struct show *s, struct text *out)
{
	struct json *j = &s->writer;
	struct entry e;

	(void)out;
	if (!next_entry(s, &e))
		return false;
	json_object(j, NULL);
	json_ip(j, "address", &e.address);
	if (e.complete)
		json_mac(j, "mac", &e.mac);
	else
		json_null(j, "mac");
	json_string(j, "interface", e.interface);
	json_bool(j, "own", e.own);
	if (!e.own)
		json_uint(j, "age_s", e.age_s);
	json_object_end(j);
	return true;
}

const struct view view_arp = {
	.name = "arp",
	.required = FACT_LINKS,
	.optional = FACT_ARP | FACT_HSRP,
	.text = arp_text,
	.json = arp_json,
};
