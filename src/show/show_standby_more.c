/*
 * show standby neighbors | delay | redirect | internal, each with [interface]
 *
 * The drop reasons of `internal` carry the names by which IOS-XR counts them, where it has one.
 */
#include "show/view.h"

#include <stdio.h>
#include <string.h>

/* The next interface of the model that is asked for, by s->at[0]. */
static const struct interface_cfg *next_interface(struct show *s)
{
	const struct model *m = s->facts->model;

	while (s->at[0] < m->interfaces.count) {
		const struct interface_cfg *i = m->interfaces.items[s->at[0]++];
		if (!s->args.interface[0] || strcmp(s->args.interface, i->name) == 0)
			return i;
	}
	return NULL;
}

static bool on_device(const struct interface_cfg *i, const char *device)
{
	return interface_device(i)[0] && strcmp(interface_device(i), device) == 0;
}

static int64_t left_ms(const struct facts *f, mono_t then)
{
	int64_t ms = mono_diff_ms(then, f->now);

	return ms < 0 ? 0 : ms;
}

/* --- Neighbors -------------------------------------------------------------------------------------------------- */

enum role { ROLE_ACTIVE, ROLE_STANDBY };

static const struct hsrp_peer *peer_of(const struct hsrp_status *st, enum role role)
{
	return role == ROLE_ACTIVE ? &st->active : &st->standby;
}

static bool has_role(const struct hsrp_status *st, const struct hsrp_neighbour *n, enum role role)
{
	const struct hsrp_peer *p = peer_of(st, role);

	return !strcmp(st->device, n->device) && st->family == n->address.family && !p->local &&
		ip_equal(&p->address, &n->address);
}

static void print_groups(
	struct text *out, const struct facts *f, const struct hsrp_neighbour *n, enum role role)
{
	static const char *const some[] = {"Active", "Standby"}, *const none[] = {"active", "standby"};
	const char *comma = " ";
	bool any = false;

	for (size_t k = 0; k < f->standby_count; k++) {
		if (!has_role(&f->standby[k], n, role))
			continue;
		if (!any)
			text_printf(out, "    %s groups:", some[role]);
		text_printf(out, "%s%u", comma, f->standby[k].group);
		comma = ", ";
		any = true;
	}
	if (any)
		text_add(out, "\n");
	else
		text_printf(out, "    No %s groups\n", none[role]);
}

static bool neighbors_text(struct show *s, struct text *out)
{
	const struct facts *f = s->facts;
	const struct interface_cfg *i = next_interface(s);
	char ip[IP_TEXT_MAX];
	bool any = false;

	for (size_t n = 0; i && n < f->neighbour_count; n++) {
		if (!on_device(i, f->neighbours[n].device))
			continue;
		if (!any)
			text_printf(out, "HSRP neighbors on %s\n", i->name);
		any = true;
		text_printf(out, "  %s\n", ip_format_ios(&f->neighbours[n].address, ip));
		print_groups(out, f, &f->neighbours[n], ROLE_ACTIVE);
		print_groups(out, f, &f->neighbours[n], ROLE_STANDBY);
	}
	return i != NULL;
}

static void json_groups(struct json *j, const char *key, const struct facts *f,
	const struct hsrp_neighbour *n, enum role role)
{
	json_array(j, key);
	for (size_t k = 0; k < f->standby_count; k++)
		if (has_role(&f->standby[k], n, role))
			json_uint(j, NULL, f->standby[k].group);
	json_array_end(j);
}

static void json_neighbor(struct json *j, const struct facts *f, const struct hsrp_neighbour *n)
{
	json_ip(j, "address", &n->address);
	json_mac(j, "mac", &n->mac);
	json_bool(j, "advertised", n->advertised);
	if (n->advertised) {
		json_uint(j, "advertised_active_groups", n->active);
		json_uint(j, "advertised_passive_groups", n->passive);
	}
	json_int(j, "expires_ms", left_ms(f, n->expires));
}

static bool neighbors_json(struct show *s, struct text *out)
{
	const struct facts *f = s->facts;
	const struct interface_cfg *i = next_interface(s);
	struct json *j = &s->writer;

	(void)out;
	for (size_t n = 0; i && n < f->neighbour_count; n++) {
		if (!on_device(i, f->neighbours[n].device))
			continue;
		json_object(j, NULL);
		json_string(j, "interface", i->name);
		json_neighbor(j, f, &f->neighbours[n]);
		json_groups(j, "active_groups", f, &f->neighbours[n], ROLE_ACTIVE);
		json_groups(j, "standby_groups", f, &f->neighbours[n], ROLE_STANDBY);
		json_object_end(j);
	}
	return i != NULL;
}

/* --- Delay ------------------------------------------------------------------------------------------------------ */

static bool delay_text(struct show *s, struct text *out)
{
	const struct interface_cfg *i;

	if (s->stage == 0) {
		s->stage = 1;
		text_add(out, "Interface          Minimum Reload \n");
	}
	i = next_interface(s);
	if (i && (i->standby_delay_minimum_s || i->standby_delay_reload_s))
		text_printf(out, "%-18s %-7u %-6u\n", i->name, i->standby_delay_minimum_s,
			i->standby_delay_reload_s);
	return i != NULL;
}

static bool delay_json(struct show *s, struct text *out)
{
	const struct interface_cfg *i = next_interface(s);
	struct json *j = &s->writer;

	(void)out;
	if (i && (i->standby_delay_minimum_s || i->standby_delay_reload_s)) {
		json_object(j, NULL);
		json_string(j, "interface", i->name);
		json_uint(j, "minimum_s", i->standby_delay_minimum_s);
		json_uint(j, "reload_s", i->standby_delay_reload_s);
		json_object_end(j);
	}
	return i != NULL;
}

/* --- Redirect --------------------------------------------------------------------------------------------------- */

enum { ADVERTISE_S = 30, HOLD_S = 180 };

static unsigned advertise_s(const struct interface_cfg *i)
{
	return i->standby_redirect_advertise_s ? i->standby_redirect_advertise_s : ADVERTISE_S;
}

static unsigned hold_s(const struct interface_cfg *i)
{
	return i->standby_redirect_hold_s ? i->standby_redirect_hold_s : HOLD_S;
}

static void redirect_interface(struct text *out, const struct interface_cfg *i)
{
	text_printf(out, "%-21s %-10s %-8s %-5u %u\n", i->name,
		i->standby_no_redirect ? "disabled" : "enabled",
		i->standby_no_redirect_unknown ? "disabled" : "enabled", advertise_s(i), hold_s(i));
}

static void redirect_active(struct text *out, const struct facts *f, const struct interface_cfg *i)
{
	char router[IP_TEXT_MAX], vip[IP_TEXT_MAX], mac[MAC_TEXT_MAX], name[INTERFACE_NAME_MAX];

	for (size_t k = 0; k < f->standby_count; k++) {
		const struct hsrp_status *st = &f->standby[k];
		if (!on_device(i, st->device) || (!st->active.local && !ip_is_set(&st->active.address)))
			continue;
		text_printf(out, "%-21s %-6u %-16s %-6u %-15s %s\n",
			st->active.local ? "local" : ip_format_ios(&st->active.address, router), 0u,
			interface_short_name(i->name, name), st->group,
			ip_is_set(&st->vip) ? ip_format_ios(&st->vip, vip) : "unknown",
			mac_format_dotted(&st->virtual_mac, mac));
	}
}

static void redirect_passive(struct text *out, const struct facts *f, const struct interface_cfg *i)
{
	char ip[IP_TEXT_MAX], name[INTERFACE_NAME_MAX];

	for (size_t n = 0; n < f->neighbour_count; n++) {
		const struct hsrp_neighbour *p = &f->neighbours[n];
		if (on_device(i, p->device) && p->advertised && p->active == 0)
			text_printf(out, "%-21s %-6u %-16s %lld.%03lld\n", ip_format_ios(&p->address, ip), 0u,
				interface_short_name(i->name, name),
				(long long)(left_ms(f, p->expires) / 1000),
				(long long)(left_ms(f, p->expires) % 1000));
	}
}

static bool redirect_text(struct show *s, struct text *out)
{
	static const char *const heads[] = {"Interface             Redirects  Unknown  Adv   Holddown\n",
		"\nActive                Hits   Interface        Group  Virtual IP      Virtual MAC\n",
		"\nPassive               Hits   Interface        Expires in\n"};
	enum { TABLES = 3 };

	if (s->at[0] == 0)
		text_add(out, heads[s->stage]);
	const struct interface_cfg *i = next_interface(s);
	if (i && i->standby.count) {
		if (s->stage == 0)
			redirect_interface(out, i);
		else
			(s->stage == 1 ? redirect_active : redirect_passive)(out, s->facts, i);
	}
	if (!i) {
		s->at[0] = 0;
		s->stage++;
	}
	return s->stage < TABLES;
}

static bool redirect_json(struct show *s, struct text *out)
{
	const struct facts *f = s->facts;
	const struct interface_cfg *i = next_interface(s);
	struct json *j = &s->writer;

	(void)out;
	if (!i || !i->standby.count)
		return i != NULL;
	json_object(j, NULL);
	json_string(j, "interface", i->name);
	json_bool(j, "redirects", !i->standby_no_redirect);
	json_bool(j, "unknown", !i->standby_no_redirect_unknown);
	json_uint(j, "advertise_s", advertise_s(i));
	json_uint(j, "holddown_s", hold_s(i));
	json_array(j, "neighbors");
	for (size_t n = 0; n < f->neighbour_count; n++) {
		if (!on_device(i, f->neighbours[n].device) || !f->neighbours[n].advertised)
			continue;
		json_object(j, NULL);
		json_neighbor(j, f, &f->neighbours[n]);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
	return true;
}

/* --- Internal --------------------------------------------------------------------------------------------------- */

/* What an interface's groups counted together; what is the interface's own stands in each of them. */
static bool count(const struct facts *f, const struct interface_cfg *i, struct hsrp_status *sum)
{
	bool any = false;

	*sum = (struct hsrp_status){0};
	for (size_t k = 0; k < f->standby_count; k++) {
		const struct hsrp_status *st = &f->standby[k];
		if (!on_device(i, st->device))
			continue;
		any = true;
		sum->sent += st->sent;
		sum->received += st->received;
		sum->bad_auth += st->bad_auth;
		sum->bad_hello_time += st->bad_hello_time;
		sum->other_vip += st->other_vip;
		sum->inoperational += st->inoperational;
		sum->garps += st->garps;
		sum->unknown_group = st->unknown_group;
		sum->own_source = st->own_source;
		sum->duplicate = st->duplicate;
		memcpy(sum->bad, st->bad, sizeof(sum->bad));
	}
	return any;
}

struct reason {
	const char *text, *key;
	uint64_t value;
};
enum { REASONS = 15 };

static void reasons_of(const struct hsrp_status *c, struct reason out[REASONS])
{
	const struct reason all[REASONS] = {
		{"Too short", "too_short", c->bad[HSRP_WIRE_SHORT]},
		{"Mismatching/unsupported versions", "version", c->bad[HSRP_WIRE_VERSION]},
		{"Invalid opcode", "opcode", c->bad[HSRP_WIRE_OPCODE]},
		{"Invalid state", "state", c->bad[HSRP_WIRE_STATE]},
		{"Invalid group or priority", "value", c->bad[HSRP_WIRE_VALUE]},
		{"Malformed TLV", "tlv", c->bad[HSRP_WIRE_TLV]},
		{"Invalid checksum", "checksum", c->bad[HSRP_WIRE_CHECKSUM]},
		{"Source not on this network", "source", c->bad[HSRP_WIRE_SOURCE]},
		{"Unknown group", "unknown_group", c->unknown_group},
		{"Inoperational group", "inoperational_group", c->inoperational},
		{"Conflicting Source IP", "conflicting_source", c->own_source},
		{"Failed Authentication", "failed_authentication", c->bad_auth},
		{"Invalid Hello Time", "hello_time", c->bad_hello_time},
		{"Mismatching Virtual IP", "virtual_ip", c->other_vip},
		{"Duplicate address claims", "duplicate_address", c->duplicate},
	};

	memcpy(out, all, sizeof(all));
}

static void internal_head(struct text *out, const struct facts *f)
{
	bool v6 = false;

	for (size_t k = 0; k < f->standby_count; k++)
		v6 = v6 || f->standby[k].family == IP_V6;
	text_printf(out,
		"HSRP common process running\n"
		"  MsgQ size 0, max 0\n"
		"HSRP IPv4 process running\n"
		"HSRP IPv6 process %srunning\n"
		"HSRP Timer wheel running\n"
		"HSRP HA capable, v3 to v4 transform disabled\n",
		v6 ? "" : "not ");
}

static void internal_addresses(
	struct text *out, const struct facts *f, const struct interface_cfg *i, unsigned family)
{
	char ip[IP_TEXT_MAX], name[INTERFACE_NAME_MAX];

	for (size_t k = 0; k < f->standby_count; k++) {
		const struct hsrp_status *st = &f->standby[k];
		if (on_device(i, st->device) && st->family == family && ip_is_set(&st->vip))
			text_printf(out, "%-3u %-32s %-10s Grp %u\n", st->vip.bytes[family == IP_V6 ? 15 : 3],
				ip_format_ios(&st->vip, ip), interface_short_name(i->name, name), st->group);
	}
}

static void internal_macs(struct text *out, const struct facts *f, const struct interface_cfg *i)
{
	char mac[MAC_TEXT_MAX], name[INTERFACE_NAME_MAX];

	interface_short_name(i->name, name);
	for (size_t k = 0; k < f->standby_count; k++) {
		const struct hsrp_status *st = &f->standby[k];
		if (on_device(i, st->device))
			text_printf(out, "%-3u %s %s\n    %s Grp %u\n", st->virtual_mac.bytes[5], name,
				mac_format_dotted(&st->virtual_mac, mac), name, st->group);
	}
}

static void internal_statistics(struct text *out, const struct facts *f, const struct interface_cfg *i)
{
	struct reason reasons[REASONS];
	struct hsrp_status sum;

	if (!count(f, i, &sum))
		return;
	reasons_of(&sum, reasons);
	text_printf(out, "\nHSRP statistics for %s\n", i->name);
	text_printf(out, "  Packets sent: %llu, received: %llu\n  Invalid packets received:\n",
		(unsigned long long)sum.sent, (unsigned long long)sum.received);
	for (unsigned n = 0; n < REASONS; n++)
		text_printf(out, "    %s: %llu\n", reasons[n].text, (unsigned long long)reasons[n].value);
}

static bool internal_text(struct show *s, struct text *out)
{
	static const char *const heads[] = {"\nHSRP virtual IP Hash Table (global)\n",
		"\nHSRP virtual IPv6 Hash Table (global)\n", "\nHSRP MAC Address Table\n", ""};
	enum { TABLES = 4 };

	if (s->stage == 0 && s->at[0] == 0)
		internal_head(out, s->facts);
	if (s->at[0] == 0)
		text_add(out, heads[s->stage]);
	const struct interface_cfg *i = next_interface(s);
	if (i && s->stage < 2)
		internal_addresses(out, s->facts, i, s->stage ? IP_V6 : IP_V4);
	else if (i)
		(s->stage == 2 ? internal_macs : internal_statistics)(out, s->facts, i);
	if (!i) {
		s->at[0] = 0;
		s->stage++;
	}
	return s->stage < TABLES;
}

static bool internal_json(struct show *s, struct text *out)
{
	const struct interface_cfg *i = next_interface(s);
	struct json *j = &s->writer;
	struct reason reasons[REASONS];
	struct hsrp_status sum;

	(void)out;
	if (!i || !count(s->facts, i, &sum))
		return i != NULL;
	reasons_of(&sum, reasons);
	json_object(j, NULL);
	json_string(j, "interface", i->name);
	json_uint(j, "sent", sum.sent);
	json_uint(j, "received", sum.received);
	json_uint(j, "gratuitous_arps", sum.garps);
	json_object(j, "dropped");
	for (unsigned n = 0; n < REASONS; n++)
		json_uint(j, reasons[n].key, reasons[n].value);
	json_object_end(j);
	json_object_end(j);
	return true;
}

const struct view view_standby_neighbors = {
	.name = "standby-neighbors",
	.required = FACT_HSRP,
	.text = neighbors_text,
	.json = neighbors_json,
};
const struct view view_standby_delay = {
	.name = "standby-delay",
	.text = delay_text,
	.json = delay_json,
};
const struct view view_standby_redirect = {
	.name = "standby-redirect",
	.required = FACT_HSRP,
	.text = redirect_text,
	.json = redirect_json,
};
const struct view view_standby_internal = {
	.name = "standby-internal",
	.required = FACT_HSRP,
	.text = internal_text,
	.json = internal_json,
};
