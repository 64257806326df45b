/* Tracked objects of every kind and state, for show track and show standby. */
#include "scenes.h"

#include <stdlib.h>
#include <string.h>

static struct track_object *object(
	struct model *m, uint16_t number, enum track_kind kind, const char *interface)
{
	struct track_object *t = model_track_get(m, number);

	t->kind = kind;
	str_copy(t->interface, sizeof(t->interface), interface);
	return t;
}

static void watch(
	struct standby_group *g, uint16_t number, const char *interface, uint8_t decrement, bool shutdown)
{
	struct standby_track *t = calloc(1, sizeof(*t));

	t->object = number;
	str_copy(t->interface, sizeof(t->interface), interface);
	t->decrement = decrement;
	t->shutdown = shutdown;
	vec_push(&g->tracks, t);
}

static void state(struct facts *f, uint16_t number, bool up, enum core_track_why why, int64_t changed_s)
{
	*facts_add_track(f) = (struct core_track){.number = number,
		.up = up,
		.raw = up,
		.why = why,
		.changes = 1 + number % 2,
		.last_change = mono_add_ms(f->now, -1000 * changed_s),
		.due = MONO_NEVER};
}

static struct core_track *last(struct facts *f)
{
	return &f->tracks[f->track_count - 1];
}

static struct static_route *tracked_route(
	struct model *m, const char *prefix, const char *gateway, uint16_t object)
{
	struct static_route like = {.prefix = pfx(prefix), .gateway = ip4(gateway)},
			    *r = model_static_route_get(m, &like);

	r->track = object;
	return r;
}

void scene_tracks(struct scene *s)
{
	struct facts *f = &s->facts;
	struct model *m = s->model;

	scene_active(s);
	struct standby_group *g = model_interface(m, "FastEthernet0/0")->standby.items[0];
	str_copy(g->follow, sizeof(g->follow), "group10");
	g->preempt = true;
	g->preempt_minimum_s = 60;
	g->preempt_sync_s = 30;
	f->standby[0].preempt_at = mono_add_ms(f->now, 12100);
	watch(g, 0, "FastEthernet0/1", 20, false);
	watch(g, 1, "", 60, false);
	watch(g, 2, "", 0, true);
	watch(g, 9, "", 0, false);
	object(m, 1, TRACK_LINE_PROTOCOL, "FastEthernet0/1");
	struct track_object *t = object(m, 2, TRACK_ROUTE, "");
	t->prefix = pfx("10.21.12.0/24");
	t->delay_up_s = 20;
	t->delay_down_s = 1;
	object(m, 3, TRACK_IP_ROUTING, "FastEthernet0/0")->delay_up_s = 30;
	t = object(m, 4, TRACK_LIST_AND, "");
	track_member_get(t, 1);
	track_member_get(t, 2)->negated = true;
	track_member_get(t, 77);
	t = object(m, 5, TRACK_LIST_WEIGHT, "");
	track_member_get(t, 1)->weight = 20;
	track_member_get(t, 2);
	t->threshold_set = true;
	t->threshold_up = 30;
	t->threshold_down = 10;
	object(m, 6, TRACK_IP_SLA, "")->sla = 12;
	object(m, 7, TRACK_ROUTE, "")->prefix = pfx("192.168.0.0/24");
	object(m, 8, TRACK_ROUTE, "")->prefix = pfx("0.0.0.0/0"); /* asked, not known yet */
	tracked_route(m, "10.0.0.0/8", "192.168.0.1", 1);
	tracked_route(m, "0.0.0.0/0", "192.168.0.1", 2)->distance = 250;
	str_copy(tracked_route(m, "10.9.0.0/16", "192.168.0.2", 2)->name, NAME_MAX_LEN, "backup");
	state(f, 1, true, CORE_TRACK_FINE, 27);
	state(f, 2, false, CORE_TRACK_NO_ROUTE, 24);
	last(f)->raw = true;
	last(f)->due = mono_add_ms(f->now, 900);
	last(f)->why = CORE_TRACK_FINE;
	last(f)->protocol = 2;
	state(f, 3, false, CORE_TRACK_NO_ADDRESS, 90061);
	state(f, 4, false, CORE_TRACK_FINE, 8);
	state(f, 5, true, CORE_TRACK_FINE, 8);
	last(f)->part = 20;
	last(f)->whole = 30;
	state(f, 6, true, CORE_TRACK_FINE, 3600);
	state(f, 7, true, CORE_TRACK_FINE, 3600);
	last(f)->way = 2;
	last(f)->protocol = 188;
	facts_ready(f);
}

static void split(struct scene *s)
{
	struct facts *f = &s->facts;
	struct model *m = s->model;

	scene_active(s);
	struct interface_cfg *i = model_interface_get(m, "FastEthernet0/1");
	struct standby_group *out = model_interface(m, "FastEthernet0/0")->standby.items[0],
			     *in = interface_standby_get(i, 2);
	str_copy(i->device, sizeof(i->device), "eth9");
	i->address_set = true;
	i->address_len = 24;
	i->address = ip4("192.168.7.1");
	in->ip_typed = true;
	in->ip = ip4("192.168.7.3");
	out->preempt = out->priority_set = true;
	out->priority = 110;
	struct hsrp_status *st = facts_add_standby(f);
	*st = f->standby[0];
	str_copy(st->device, sizeof(st->device), "eth9");
	st->group = 2;
	st->state = HSRP_STANDBY;
	st->serving = false;
	st->vip = in->ip;
	st->active = (struct hsrp_peer){
		.address = ip4("192.168.7.2"), .priority = 100, .expires = mono_add_ms(f->now, 9000)};
	st->standby = (struct hsrp_peer){.local = true, .expires = MONO_NEVER};
}

void scene_split(struct scene *s)
{
	split(s);
	facts_ready(&s->facts);
}

static void ipv6_part(struct scene *s, unsigned of, const char *interface, const char *own, const char *peer)
{
	struct hsrp_status *st = facts_add_standby(&s->facts);

	*st = s->facts.standby[of];
	st->family = IP_V6;
	st->virtual_mac = hsrp_virtual_mac(2, IP_V6, st->group);
	st->vip = hsrp_link_local(&st->virtual_mac);
	interface_standby_get(model_interface_get(s->model, interface), st->group)->ipv6_autoconfig = true;
	st->own = ip6(own);
	(st->active.local ? &st->standby : &st->active)->address = ip6(peer);
}

/* The same on both sides of the box, and with the addresses of IPv6 the other way round. */
void scene_split_ipv6(struct scene *s)
{
	split(s);
	model_interface_get(s->model, "FastEthernet0/0")->standby_version = 2;
	model_interface_get(s->model, "FastEthernet0/1")->standby_version = 2;
	ipv6_part(s, 0, "FastEthernet0/0", "fe80::2", "fe80::4");
	ipv6_part(s, 1, "FastEthernet0/1", "fe80::2", "fe80::1");
	struct standby_group *out =
		interface_standby_get(model_interface_get(s->model, "FastEthernet0/0"), 0);
	out->preempt = out->priority_set = false;
	facts_ready(&s->facts);
}
