/* Devices that have counted, and the ARP table, for show interfaces, show ip interface and show arp. */
#include "scenes.h"

#include <stdlib.h>
#include <string.h>

static void counted(struct facts *f, const char *device, uint64_t n)
{
	const struct link *l = facts_link_by_name(f, device);

	if (!l)
		return;
	int ifindex = l->ifindex;
	*facts_add_counters(f) = (struct device_counters){.ifindex = ifindex,
		.qdisc = "fq_codel",
		.queue_max = 1000,
		.carrier_lost = 3,
		.in = {n, 60 * n, 5, 2},
		.out = {2 * n, 1400 * n, 1, 4},
		.multicast = 77,
		.length_errors = 1,
		.crc_errors = 2,
		.frame_errors = 1,
		.overruns = 1,
		.missed = 6,
		.unknown = 8,
		.collisions = 9,
		.underruns = 10,
		.no_carrier = 11};
}

static void arp(struct facts *f, int ifindex, const char *address, bool complete, uint32_t age_s)
{
	*facts_add_arp(f) = (struct arp_entry){.ifindex = ifindex,
		.address = ip4(address),
		.mac = {{0x52, 0x54, 0, 0, 0, complete ? 9 : 0}},
		.complete = complete,
		.age_s = age_s};
}

void scene_interfaces(struct scene *s)
{
	struct facts *f = &s->facts;
	struct prefix *secondary = calloc(1, sizeof(*secondary));

	scene_active(s);
	struct interface_cfg *i = model_interface(s->model, "FastEthernet0/0");
	str_copy(i->description, sizeof(i->description), "to the Internet");
	*secondary = (struct prefix){ip4("10.77.0.1"), 24};
	vec_push(&i->secondary_addresses, secondary);
	i = model_interface_get(s->model, "GigabitEthernet0/9"); /* without a device */
	i->is_ios_type = true;
	const struct link *outside =
		facts_link_by_name(f, interface_device(model_interface(s->model, "FastEthernet0/0")));
	int ifindex = outside ? outside->ifindex : 0, last = f->links[f->link_count - 1].ifindex;
	counted(f, outside ? outside->name : "", 18446744073709551ull);
	*facts_add_link(f) = (struct link){
		.ifindex = last + 1, .name = "lan0.5", .up = true, .mtu = 1496, .mac = {{2, 0, 0, 0, 5, 5}}};
	*facts_add_counters(f) = (struct device_counters){
		.ifindex = last + 1, .kind = "vlan", .qdisc = "noqueue", .vlan = 5, .queue_max = 1000};
	arp(f, ifindex, "192.168.0.250", true, 59);
	arp(f, ifindex, "192.168.0.2", true, 3601);
	arp(f, ifindex, "192.168.0.77", false, 0);
	if (f->standby_count && f->standby[0].mac_device[0]) {
		const struct link *vmac = facts_link_by_name(f, f->standby[0].mac_device);

		if (vmac)
			arp(f, vmac->ifindex, "192.168.0.44", true, 61);
	}
	facts_ready(f);
}
