/* The configuration of interfaces and groups as the hsrp process takes it: see hsrp_tell.h. */
#include <string.h>

#include "daemon/hsrp_tell.h"
#include "daemon/inventory.h"

void hsrp_fill_interface(
	const struct engine *e, const struct interface_cfg *i, struct hsrp_interface_config *c)
{
	*c = (struct hsrp_interface_config){0};
	str_copy(c->device, sizeof(c->device), interface_device(i));
	str_copy(c->name, sizeof(c->name), i->name);
	if (i->address_set) {
		c->address = i->address;
		c->address_len = i->address_len;
	}
	c->version = i->standby_version ? i->standby_version : 1;
	c->use_bia = standby_uses_bia(e->model, i);
	c->delay_minimum_s = (uint16_t)i->standby_delay_minimum_s;
	c->delay_reload_s = (uint16_t)i->standby_delay_reload_s;
	c->link_local = i->ipv6_link_local;
	c->ipv6_routing = e->model->ipv6_unicast_routing;
	c->mac_refresh_s = i->standby_mac_refresh_set ? i->standby_mac_refresh_s : STANDBY_MAC_REFRESH_S;
	c->redirect_off = i->standby_no_redirect;
	c->redirect_advertise_s = i->standby_redirect_advertise_s;
	c->redirect_hold_s = i->standby_redirect_hold_s;
	if (i->standby_garp_set) {
		c->garp_count = i->standby_garp_count;
		c->garp_interval_s = i->standby_garp_interval_s;
	}
}

/* Down as IOS sees the line protocol: no device, shut down, or no carrier. */
static bool is_down(const struct engine *e, const char *interface)
{
	const struct interface_cfg *i = model_interface(e->model, interface);
	const char *device = i ? interface_device(i) : interface;
	const struct link *l = *device ? inventory_link_by_name(e->inventory, device) : NULL;

	return !l || !l->up || !l->running;
}

static void fill_tracks(const struct engine *e, const struct standby_group *g, struct hsrp_group_config *c)
{
	const struct standby_track *t;

	vec_each (&g->tracks, k, t) {
		if (c->track_count == HSRP_TRACK_MAX)
			return;
		c->track[c->track_count++] = (struct hsrp_track){.object = t->object,
			.decrement = t->decrement ? t->decrement : STANDBY_TRACK_DECREMENT,
			.shutdown = t->shutdown,
			.down = t->object ? core_track_down(e->core, t->object) : is_down(e, t->interface)};
	}
}

/* As if something were tracked that is down: a box that cannot serve does not win an election. */
static void fill_fitness(const struct engine *e, const struct interface_cfg *i, const struct standby_group *g,
	struct hsrp_group_config *c)
{
	if (c->track_count < HSRP_TRACK_MAX && core_group_unfit(e->core, i->name, g->number))
		c->track[c->track_count++] = (struct hsrp_track){.decrement = UINT8_MAX, .down = true};
}

/* A name that stands for no device: a group that waits for it waits for ever. */
#define NO_DEVICE "?"

/* False: there is no group of that name with a part of this family. */
static bool refer(const struct model *m, const char *name, enum ip_family family, struct hsrp_ref *out)
{
	const struct interface_cfg *i;
	const struct standby_group *g = model_standby_named(m, name, &i);

	if (!g || !standby_speaks(g, family))
		return false;
	str_copy(out->device, sizeof(out->device), *interface_device(i) ? interface_device(i) : NO_DEVICE);
	out->group = g->number;
	out->family = (uint8_t)family;
	return true;
}

const char *hsrp_fill_partner(
	const struct engine *e, const struct interface_cfg *i, const struct standby_group *g)
{
	char name[NAME_MAX_LEN + INTERFACE_NAME_MAX];
	const char *partner =
		g->follow[0] ? g->follow : model_pair_partner(e->model, standby_group_name(i, g, name));

	return partner ? partner : "";
}

static void fill_bonds(const struct engine *e, const struct interface_cfg *i, const struct standby_group *g,
	struct hsrp_group_config *c)
{
	const char *partner = hsrp_fill_partner(e, i, g);

	c->sync_ready = core_standby_ready(e->core, i->name, g->number);
	if (g->follow[0]) {
		if (!refer(e->model, partner, (enum ip_family)c->family, &c->follow))
			str_copy(c->follow.device, sizeof(c->follow.device), NO_DEVICE);
		return;
	}
	/* Half a pair is none: a name that is typed wrong must not take the group out of service. */
	if (*partner)
		(void)refer(e->model, partner, (enum ip_family)c->family, &c->pair);
}

static void fill_ipv4(const struct standby_group *g, struct hsrp_group_config *c)
{
	c->enabled = g->ip_typed;
	c->vip = g->ip;
	for (size_t k = 0; k < g->secondaries.count && k < HSRP_SECONDARY_MAX; k++)
		c->secondary[c->secondary_count++] = *(const struct ipaddr *)g->secondaries.items[k];
}

/* Without a link-local address typed the virtual MAC's is what we start with. */
static void fill_ipv6(const struct standby_group *g, struct hsrp_group_config *c)
{
	struct mac mac = standby_mac_is_for(g, IP_V6) ? g->mac : hsrp_virtual_mac(2, IP_V6, g->number);
	const struct prefix *p;

	c->enabled = standby_has_ipv6(g);
	c->vip = ip_is_set(&g->ipv6) ? g->ipv6 : hsrp_link_local(&mac);
	c->vip_implied = !ip_is_set(&g->ipv6) && !g->ipv6_autoconfig;
	vec_each (&g->ipv6_prefixes, k, p) {
		if (c->secondary_count == HSRP_SECONDARY_MAX)
			return;
		c->secondary[c->secondary_count] = p->addr;
		c->secondary_len[c->secondary_count++] = p->len;
	}
}

static void fill_auth(const struct standby_group *g, struct hsrp_auth *a)
{
	if (g->key_chain[0]) {
		a->kind = HSRP_AUTH_MD5;
		str_copy(a->chain, sizeof(a->chain), g->key_chain);
		return;
	}
	if (g->key.set) {
		a->kind = HSRP_AUTH_MD5;
		a->timeout_s = g->key_timeout_s;
		size_t len = g->key.type == 0 ? strlen(g->key.text) : 0; /* others cannot be decrypted */
		a->key_len = len <= HSRP_KEY_MAX ? (uint8_t)len : 0;
		memcpy(a->key, g->key.text, a->key_len);
		return;
	}
	a->kind = HSRP_AUTH_TEXT;
	str_copy(a->text, sizeof(a->text), g->authentication_set ? g->authentication : HSRP_AUTH_DEFAULT);
}

void hsrp_fill_group(const struct engine *e, const struct interface_cfg *i, const struct standby_group *g,
	enum ip_family family, struct hsrp_group_config *c)
{
	char name[NAME_MAX_LEN + INTERFACE_NAME_MAX];

	*c = (struct hsrp_group_config){0};
	str_copy(c->device, sizeof(c->device), interface_device(i));
	c->group = g->number;
	c->family = (uint8_t)family;
	str_copy(c->name, sizeof(c->name), standby_group_name(i, g, name));
	(family == IP_V6 ? fill_ipv6 : fill_ipv4)(g, c);
	c->priority = g->priority_set ? g->priority : HSRP_PRIORITY_DEFAULT;
	c->preempt = g->preempt;
	c->preempt_minimum_s = g->preempt_minimum_s;
	c->preempt_reload_s = g->preempt_reload_s;
	c->preempt_sync_s = g->preempt_sync_s;
	c->timers_configured = g->hello_ms || g->hold_ms;
	c->hello_ms = g->hello_ms ? g->hello_ms : HSRP_HELLO_DEFAULT_MS;
	c->hold_ms = g->hold_ms ? g->hold_ms : HSRP_HOLD_DEFAULT_MS;
	c->mac_configured = standby_mac_is_for(g, family);
	c->mac = g->mac;
	fill_auth(g, &c->auth);
	fill_tracks(e, g, c);
	fill_bonds(e, i, g, c);
	fill_fitness(e, i, g, c);
}
