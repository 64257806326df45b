/*
 * show interfaces [interface]
 *
 * What the kernel knows, in IOS's lines. Lines that say what it does not keep (rates, the last packet, ARP time-outs of the
 * interface) are left out; bandwidth and delay are those of the interface's type, as IOS has them before it knows better.
 */
#include "show/view.h"

#include <string.h>

/* By the beginning of the name; another one counts as gigabit. */
static const struct type {
	const char *name;
	unsigned bandwidth_kbit, delay_us;
} types[] = {
	{"Ethernet", 10000, 1000},
	{"FastEthernet", 100000, 100},
	{"GigabitEthernet", 1000000, 10},
	{"TenGigabitEthernet", 10000000, 10},
	{"TwentyFiveGigE", 25000000, 10},
	{"FortyGigabitEthernet", 40000000, 10},
	{"HundredGigE", 100000000, 10},
	{"Loopback", 8000000, 5000},
	{"Tunnel", 100, 50000},
};

static const struct type *type_of(const char *name)
{
	static const struct type other = {"", 1000000, 10};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strncmp(types[i].name, name, strlen(types[i].name)) == 0)
			return &types[i];
	return &other;
}

/* The kind of a virtual device; IOS names the chip, which nobody asks for here. */
static const char *hardware(const struct device_counters *d)
{
	return d && d->kind[0] ? d->kind : "Ethernet";
}

static void print_head(struct text *out, const struct interface_row *row, const struct device_counters *d)
{
	const struct type *type = type_of(row->name);
	char mac[MAC_TEXT_MAX], ip[IP_TEXT_MAX];

	text_printf(out, "%s is %s, line protocol is %s \n", row->name, row->status, row->up ? "up" : "down");
	text_printf(out, "  Hardware is %s", hardware(d));
	if (row->link) {
		mac_format_dotted(&row->link->mac, mac);
		text_printf(out, ", address is %s (bia %s)", mac, mac);
	}
	text_add(out, "\n");
	if (row->cfg && row->cfg->description[0])
		text_printf(out, "  Description: %s\n", row->cfg->description);
	if (ip_is_set(&row->address))
		text_printf(
			out, "  Internet address is %s/%u\n", ip_format(&row->address, ip), row->address_len);
	text_printf(out, "  MTU %u bytes, BW %u Kbit/sec, DLY %u usec, \n", row->link ? row->link->mtu : 1500,
		type->bandwidth_kbit, type->delay_us);
	text_add(out, "     reliability 255/255, txload 1/255, rxload 1/255\n");
	if (d && d->vlan)
		text_printf(out, "  Encapsulation 802.1Q Virtual LAN, Vlan ID  %u.\n", d->vlan);
	else
		text_add(out, "  Encapsulation ARPA, loopback not set\n");
	text_add(out,
		"  Keepalive not supported \n"
		"  Auto Duplex, Auto Speed, link type is auto, media type is unknown media type\n"
		"  Last clearing of \"show interface\" counters never\n");
}

#define LLU(x) ((unsigned long long)(x))

static void print_counters(struct text *out, const struct device_counters *d)
{
	text_printf(out, "  Input queue: 0/0/%llu/0 (size/max/drops/flushes); Total output drops: %llu\n",
		LLU(d->in.dropped), LLU(d->out.dropped));
	text_printf(out, "  Queueing strategy: %s\n", d->qdisc[0] ? d->qdisc : "fifo");
	text_printf(out, "  Output queue: 0/%u (size/max)\n", d->queue_max);
	text_printf(out, "     %llu packets input, %llu bytes, 0 no buffer\n", LLU(d->in.packets),
		LLU(d->in.bytes));
	text_printf(out, "     Received 0 broadcasts (%llu IP multicasts)\n", LLU(d->multicast));
	text_printf(out, "     0 runts, %llu giants, 0 throttles \n", LLU(d->length_errors));
	text_printf(out, "     %llu input errors, %llu CRC, %llu frame, %llu overrun, %llu ignored\n",
		LLU(d->in.errors), LLU(d->crc_errors), LLU(d->frame_errors), LLU(d->overruns),
		LLU(d->missed));
	text_printf(out, "     0 watchdog, %llu multicast, 0 pause input\n", LLU(d->multicast));
	text_printf(out, "     %llu packets output, %llu bytes, %llu underruns\n", LLU(d->out.packets),
		LLU(d->out.bytes), LLU(d->underruns));
	text_printf(out, "     %llu output errors, %llu collisions, 0 interface resets\n", LLU(d->out.errors),
		LLU(d->collisions));
	text_printf(out, "     %llu unknown protocol drops\n", LLU(d->unknown));
	text_add(out, "     0 babbles, 0 late collision, 0 deferred\n");
	text_printf(out, "     %u lost carrier, %llu no carrier, 0 pause output\n", d->carrier_lost,
		LLU(d->no_carrier));
	text_add(out, "     0 output buffer failures, 0 output buffers swapped out\n");
}

static bool interfaces_text(struct show *s, struct text *out)
{
	const struct device_counters *d;
	struct interface_row row;

	if (!next_interface_row(s, &row))
		return false;
	d = row.link ? facts_counters(s->facts, row.link->ifindex) : NULL;
	print_head(out, &row, d);
	if (d)
		print_counters(out, d);
	return true;
}

static void json_counters(struct json *j, const struct device_counters *d)
{
	const struct {
		const char *key;
		uint64_t value;
	} counters[] = {{"in_packets", d->in.packets}, {"in_bytes", d->in.bytes}, {"in_errors", d->in.errors},
		{"in_dropped", d->in.dropped}, {"in_multicast", d->multicast},
		{"in_length_errors", d->length_errors}, {"in_crc_errors", d->crc_errors},
		{"in_frame_errors", d->frame_errors}, {"in_overruns", d->overruns}, {"in_missed", d->missed},
		{"in_unknown_protocol", d->unknown}, {"out_packets", d->out.packets},
		{"out_bytes", d->out.bytes}, {"out_errors", d->out.errors}, {"out_dropped", d->out.dropped},
		{"out_underruns", d->underruns}, {"out_collisions", d->collisions},
		{"out_no_carrier", d->no_carrier}, {"carrier_lost", d->carrier_lost}};

	json_object(j, "counters");
	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		json_uint(j, counters[i].key, counters[i].value);
	json_object_end(j);
}

static bool interfaces_json(struct show *s, struct text *out)
{
	const struct device_counters *d;
	struct interface_row row;
	struct json *j = &s->writer;

	(void)out;
	if (!next_interface_row(s, &row))
		return false;
	d = row.link ? facts_counters(s->facts, row.link->ifindex) : NULL;
	json_object(j, NULL);
	json_string(j, "interface", row.name);
	json_string(j, "device", row.device[0] ? row.device : NULL);
	json_string(j, "description", row.cfg && row.cfg->description[0] ? row.cfg->description : NULL);
	json_string(j, "status", row.status);
	json_string(j, "protocol", row.up ? "up" : "down");
	json_ip(j, "address", &row.address);
	if (ip_is_set(&row.address))
		json_uint(j, "address_length", row.address_len);
	if (row.link) {
		json_mac(j, "mac", &row.link->mac);
		json_uint(j, "mtu", row.link->mtu);
	}
	if (d) {
		json_string(j, "kind", d->kind[0] ? d->kind : NULL);
		json_string(j, "queueing", d->qdisc);
		if (d->vlan)
			json_uint(j, "vlan", d->vlan);
		json_counters(j, d);
	}
	json_object_end(j);
	return true;
}

const struct view view_interfaces = {
	.name = "interfaces",
	.required = FACT_LINKS,
	.optional = FACT_COUNTERS,
	.text = interfaces_text,
	.json = interfaces_json,
};
