/* Standby groups of IPv6: one number for both families, each origin of a virtual link-local address. */
#include "scenes.h"

#include <stdlib.h>
#include <string.h>

static const mono_t now = {4000000ll * 1000000000};

static void prefix_add(struct vec *v, const char *address, unsigned len)
{
	struct prefix *p = calloc(1, sizeof(*p));

	*p = (struct prefix){ip6(address), (uint8_t)len};
	vec_push(v, p);
}

static struct interface_cfg *interface(struct model *m, const char *name, const char *device)
{
	struct interface_cfg *i = model_interface_get(m, name);

	str_copy(i->device, sizeof(i->device), device);
	i->is_ios_type = true;
	i->standby_version = 2;
	return i;
}

static struct hsrp_status *status(
	struct facts *f, const char *device, unsigned number, enum ip_family family, enum hsrp_state state)
{
	struct hsrp_status *st = facts_add_standby(f);

	*st = (struct hsrp_status){.group = (uint16_t)number,
		.family = (uint8_t)family,
		.state = (uint8_t)state,
		.priority = 100,
		.hello_ms = 3000,
		.hold_ms = 10000,
		.virtual_mac = hsrp_virtual_mac(2, family, number),
		.active.expires = MONO_NEVER,
		.standby.expires = MONO_NEVER,
		.next_hello = mono_add_ms(now, 512),
		.preempt_at = MONO_NEVER,
		.last_change = mono_add_ms(now, -90000),
		.changes = 2};
	str_copy(st->device, sizeof(st->device), device);
	st->vip = hsrp_link_local(&st->virtual_mac);
	return st;
}

static struct hsrp_peer peer(const char *address)
{
	return (struct hsrp_peer){.address = ip6(address),
		.mac = {{0xaa, 0xbb, 0xcc, 0x00, 0x01, 0x20}},
		.priority = 105,
		.expires = mono_add_ms(now, 8304)};
}

static void both_families(struct scene *s)
{
	struct interface_cfg *i = interface(s->model, "GigabitEthernet0/1", "lan1");
	struct standby_group *g = interface_standby_get(i, 20);

	i->address_set = true;
	i->address = ip4("10.1.1.2");
	i->address_len = 24;
	g->ip_typed = true;
	g->ip = ip4("10.1.1.1");
	g->preempt = true;
	g->mac_set = true; /* IPv4's; IPv6 keeps its own */
	g->mac = (struct mac){{0x02, 0, 0, 0, 0, 0x20}};
	prefix_add(&g->ipv6_prefixes, "2001:db8:10:1:1::254", 64);
	struct hsrp_status *st = status(&s->facts, "lan1", 20, IP_V4, HSRP_STANDBY);
	st->vip = g->ip;
	st->virtual_mac = g->mac;
	st->active = (struct hsrp_peer){
		.address = ip4("10.1.1.3"), .priority = 110, .expires = mono_add_ms(now, 9000)};
	st = status(&s->facts, "lan1", 20, IP_V6, HSRP_ACTIVE);
	st->serving = st->mac_in_use = st->active.local = true;
	st->standby = peer("fe80::2e5a:fff:fe1c:2064");
	st->bad[HSRP_WIRE_CHECKSUM] = 2;
	st->bad[HSRP_WIRE_SOURCE] = 1;
	st->bad_auth = 4;
}

void scene_ipv6(struct scene *s)
{
	struct model *m = s->model;
	struct facts *f = &s->facts;

	f->now = now;
	both_families(s);

	struct interface_cfg *i = interface(m, "GigabitEthernet0/2", "lan2");
	interface_standby_get(i, 0)->ipv6_autoconfig = true;
	struct hsrp_status *st = status(f, "lan2", 0, IP_V6, HSRP_STANDBY);
	st->active = peer("fe80::1");
	interface_standby_get(i, 1)->ipv6 = ip6("fe80::cafe");
	st = status(f, "lan2", 1, IP_V6, HSRP_SPEAK);
	st->vip = ip6("fe80::cafe");
	prefix_add(&interface_standby_get(i, 2)->ipv6_prefixes, "2001:db8::fe", 64);
	st = status(f, "lan2", 2, IP_V6, HSRP_LISTEN);
	st->vip = ip6("fe80::77");
	st->vip_learned = true;

	/* The device is there, without IPv6; and a group that HSRP does not know yet. */
	i = interface(m, "GigabitEthernet0/3", "lan3");
	interface_standby_get(i, 3)->ipv6_autoconfig = true;
	st = status(f, "lan3", 3, IP_V6, HSRP_INITIAL);
	st->changes = 0;
	st->last_change = MONO_NEVER;
	struct link *l = facts_add_link(f);
	l->ifindex = 7;
	str_copy(l->name, sizeof(l->name), "lan3");
	l->up = l->running = true;
	i = interface(m, "GigabitEthernet0/4", "");
	interface_standby_get(i, 4000)->ipv6_autoconfig = true;
	facts_ready(f);
}
