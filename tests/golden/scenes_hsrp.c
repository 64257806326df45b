/* Scenes for the standby outputs: what interfaces and groups can have beyond the guide's example. */
#include "scenes.h"

#include <stdlib.h>
#include <string.h>

static const mono_t now = {4000000ll * 1000000000};

static struct interface_cfg *interface(
	struct model *m, const char *name, const char *device, const char *address)
{
	struct interface_cfg *i = model_interface_get(m, name);

	str_copy(i->device, sizeof(i->device), device);
	i->is_ios_type = true;
	i->address_set = true;
	i->address = ip4(address);
	i->address_len = 24;
	return i;
}

static struct standby_group *group(struct interface_cfg *i, uint16_t number, const char *ip)
{
	struct standby_group *g = interface_standby_get(i, number);

	g->ip_typed = true;
	g->ip = ip4(ip);
	return g;
}

static struct hsrp_status *status(struct facts *f, const char *device, uint16_t number, enum hsrp_state state)
{
	struct hsrp_status *st = facts_add_standby(f);

	*st = (struct hsrp_status){.group = number,
		.family = IP_V4,
		.state = (uint8_t)state,
		.priority = 100,
		.hello_ms = 3000,
		.hold_ms = 10000,
		.active.expires = MONO_NEVER,
		.standby.expires = MONO_NEVER,
		.next_hello = MONO_NEVER,
		.preempt_at = MONO_NEVER,
		.next_garp = MONO_NEVER,
		.last_change = mono_add_ms(now, -90000),
		.changes = 2};
	str_copy(st->device, sizeof(st->device), device);
	if (state == HSRP_ACTIVE) {
		st->serving = st->mac_in_use = st->active.local = true;
		st->next_hello = mono_add_ms(now, 1203);
	}
	return st;
}

static void key_chains(struct model *m)
{
	struct key_chain *c = model_key_chain_get(m, "HSRP");
	struct chain_key *k = key_chain_key_get(c, 1);

	k->key = (struct secret){.set = true, .text = "s3cret-1"};
	k->accept = (struct key_lifetime){.set = true,
		.start = {1993, 1, 1, 0, 0, 0},
		.ends = KEY_ENDS_AT,
		.end = {2023, 11, 15, 0, 0, 0}};
	k->send = k->accept;
	k->send.end = (struct key_moment){2023, 11, 14, 22, 13, 20}; /* now: over */
	k = key_chain_key_get(c, 2);
	k->key = (struct secret){.set = true, .text = "s3cret-2"};
	k->accept = (struct key_lifetime){
		.set = true, .local = true, .start = {2023, 11, 14, 23, 13, 20}}; /* now */
	k->send = (struct key_lifetime){
		.set = true, .start = {2023, 11, 14, 22, 13, 19}, .ends = KEY_LASTS, .seconds = 2};
	key_chain_key_get(c, 2147483647);
	model_key_chain_get(m, "EMPTY");
}

void scene_hsrp(struct scene *s)
{
	struct model *m = s->model;
	struct facts *f = &s->facts;

	f->now = now;
	f->system = (struct system_fact){.wall_s = 1700000000, .utc_offset_s = 3600}; /* 22:13:20 UTC */
	key_chains(m);

	struct interface_cfg *i = interface(m, "GigabitEthernet0/0", "wan0", "198.51.100.1");
	struct standby_group *g = group(i, 1, "198.51.100.3");
	str_copy(g->key_chain, sizeof(g->key_chain), "HSRP");
	g->mac_set = true;
	g->mac = (struct mac){{0x00, 0x00, 0x0c, 0x07, 0xac, 0x99}};
	i->standby_no_redirect = true;
	i->standby_mac_refresh_set = true;
	i->standby_mac_refresh_s = 222;
	i->standby_garp_set = true;
	i->standby_garp_count = 14;
	i->standby_garp_interval_s = 20;
	struct hsrp_status *st = status(f, "wan0", 1, HSRP_ACTIVE);
	st->vip = g->ip;
	st->virtual_mac = g->mac;

	interface(m, "GigabitEthernet0/2", "lan0", "10.0.0.1")->standby_use_bia = true;
	g = group(interface(m, "GigabitEthernet0/2.5", "lan0.5", "10.5.0.1"), 0, "10.5.0.3");
	g->key = (struct secret){.set = true, .text = "s3cret"};
	g->hello_ms = 999;
	g->hold_ms = 2999;
	g->hello_msec = g->hold_msec = true;
	st = status(f, "lan0.5", 0, HSRP_ACTIVE);
	st->vip = g->ip;
	st->virtual_mac = (struct mac){{0x52, 0x54, 0x00, 0xff, 0xaf, 0xbf}};
	st->hello_ms = 999;
	st->hold_ms = 2999;
	struct hsrp_neighbour *n = facts_add_neighbour(f);
	*n = (struct hsrp_neighbour){.device = "wan0",
		.address = ip4("198.51.100.2"),
		.mac = {{2, 0, 0, 0, 0, 2}},
		.advertised = true,
		.passive = 1,
		.expires = mono_add_ms(now, 151800)};
	f->standby[0].standby.address = n->address;
	n = facts_add_neighbour(f);
	*n = (struct hsrp_neighbour){
		.device = "wan0", .address = ip4("198.51.100.9"), .expires = mono_add_ms(now, 9000)};
	f->standby[0].received = 1203;
	f->standby[0].sent = 1204;
	f->standby[0].bad_auth = 7;
	f->standby[0].bad[HSRP_WIRE_TLV] = 2;
	f->standby[0].garps = 14;
	f->standby[0].next_garp = mono_add_ms(now, 7412);
	interface(m, "GigabitEthernet0/3", "no0", "10.9.0.1")->address_set = false;
	group(model_interface(m, "GigabitEthernet0/3"), 5, "10.9.0.3");
	model_interface(m, "GigabitEthernet0/3")->standby_delay_minimum_s = 99;
	model_interface(m, "GigabitEthernet0/3")->standby_delay_reload_s = 888;
	facts_ready(f);
}
