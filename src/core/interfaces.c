/* Links, addresses and standby groups as the kernel and HSRP report them; `ip address` and `shutdown`. */
#include "core/parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LINK_LOCAL_LEN = 64 };

/* How many addresses of ours lie in a connected prefix. */
struct connected_rec {
	uint32_t refs;
};

/* --- Links ------------------------------------------------------------------------------------------------------- */

struct link_rec *link_find(const struct core *c, int ifindex)
{
	struct link_rec *l;

	HASH_FIND_INT(c->links, &ifindex, l);
	return l;
}

struct link_rec *link_by_name(const struct core *c, const char *name)
{
	struct link_rec *l;

	HASH_FIND(hh_name, c->link_names, name, strlen(name), l);
	return l;
}

static void link_unname(struct core *c, struct link_rec *l)
{
	if (l->named)
		HASH_DELETE(hh_name, c->link_names, l);
	l->named = false;
}

/* The key is the link's own copy of its name. */
static void link_set(struct core *c, struct link_rec *l, const struct link *to)
{
	link_unname(c, l);
	l->l = *to;
	HASH_ADD(hh_name, c->link_names, l.name, strlen(l->l.name), l);
	l->named = l->hh_name.tbl != NULL;
	c->oom |= !l->named;
}

struct iface *iface_of_ifindex(const struct core *c, int ifindex)
{
	const struct link_rec *l = link_find(c, ifindex);
	struct iface *i = NULL;

	if (l)
		HASH_FIND(hh_device, c->devices, l->l.name, strlen(l->l.name), i);
	return i;
}

static void tun_changed(struct core *c, int ifindex)
{
	if (c->tun == ifindex)
		return;
	c->tun = ifindex;
	c->mss_dirty = true;
	for (struct binding *b = c->bindings; b; b = b->hh.next)
		b->filter_dirty |= b->filter_waiting;
	routes_touch_all(c);
}

/* Something about a link changed that bindings and routes depend on. */
static void link_changed(struct core *c, int ifindex)
{
	struct iface *i = iface_of_ifindex(c, ifindex);

	if (i) {
		i->ifindex = ifindex;
		c->mss_dirty |= i->tcp_mss != 0;
		iface_reconcile(c, i);
	}
	for (struct binding *b = c->bindings; b; b = b->hh.next)
		binding_look(c, b);
	statics_touch_all(c);
	kroutes_retry(c);
}

/* The filter knows it; a binding that has none yet is not disturbed. */
static void mtu_changed(struct core *c, int ifindex)
{
	const struct iface *i = iface_of_ifindex(c, ifindex);

	if (i && i->binding && i->binding->filter_sent)
		i->binding->filter_dirty = true;
}

void link_event(struct core *c, const struct link *l)
{
	struct link_rec *r = link_find(c, l->ifindex);
	bool news;

	if (!r) {
		r = core_alloc(c, sizeof(*r));
		if (!r)
			return;
		r->l.ifindex = l->ifindex;
		list_init(&r->addresses);
		HASH_ADD_INT(c->links, l.ifindex, r);
		if (!CORE_ADDED(r)) {
			free(r);
			c->oom = true;
			return;
		}
	} else if (strcmp(r->l.name, l->name) != 0) {
		struct iface *i = iface_of_ifindex(c, l->ifindex); /* renamed: the old name lost its device */

		if (i)
			i->ifindex = 0;
	}
	if (r->l.mtu != l->mtu)
		mtu_changed(c, l->ifindex);
	news = r->l.up != l->up || r->l.running != l->running || strcmp(r->l.name, l->name) != 0;
	link_set(c, r, l);
	r->generation = c->generation;
	if (l->ike_tun) {
		if (!c->ike_up) /* a restart: charon works with it although it has not spoken to us yet */
			c->libipsec = true;
		tun_changed(c, l->up ? l->ifindex : 0);
		if (!l->up && c->ike_up && c->libipsec) { /* by hand: charon itself never does that */
			struct effect *e = effects_add(c->out, EF_LINK_SET);

			e->link.ifindex = l->ifindex;
			e->link.up = true;
		}
	}
	if (news)
		link_changed(c, l->ifindex);
}

void link_gone(struct core *c, int ifindex)
{
	struct link_rec *l = link_find(c, ifindex);
	struct iface *i = iface_of_ifindex(c, ifindex);
	struct list *a;

	if (!l)
		return;
	while ((a = l->addresses.next) != &l->addresses) {
		struct address gone = {
			.ifindex = ifindex, .prefix = list_item(a, struct address_rec, in_link)->prefix};

		address_gone(c, &gone);
	}
	if (i) {
		i->ifindex = 0;
		i->shutdown_applied = false;
	}
	if (c->tun == ifindex)
		tun_changed(c, 0);
	link_unname(c, l);
	HASH_DEL(c->links, l);
	free(l);
	for (struct binding *b = c->bindings; b; b = b->hh.next)
		binding_look(c, b);
	statics_touch_all(c);
}

void links_sweep(struct core *c)
{
	struct link_rec *l, *next;

	HASH_ITER (hh, c->links, l, next) {
		struct list *a, *following;

		if (l->generation != c->generation) {
			link_gone(c, l->l.ifindex);
			continue;
		}
		list_each(&l->addresses, a, following)
		{
			const struct address_rec *r = list_item(a, struct address_rec, in_link);
			struct address gone = {.ifindex = l->l.ifindex, .prefix = r->prefix};

			if (r->generation != c->generation)
				address_gone(c, &gone);
		}
	}
}

/* --- Addresses ------------------------------------------------------------------------------------------------------ */

static struct address_rec *address_find(const struct link_rec *l, const struct prefix *p)
{
	struct list *a, *following;

	list_each(&l->addresses, a, following)
	{
		struct address_rec *r = list_item(a, struct address_rec, in_link);

		if (r->prefix.len == p->len && ip_equal(&r->prefix.addr, &p->addr))
			return r;
	}
	return NULL;
}

bool link_has_address(const struct link_rec *l, const struct ipaddr *wanted)
{
	struct list *a, *following;

	list_each(&l->addresses, a,
		following) if (ip_equal(&list_item(a, struct address_rec, in_link)->prefix.addr,
				       wanted)) return true;
	return false;
}

static void connected_hold(struct core *c, const struct prefix *address)
{
	struct prefix p = prefix_make(address->addr, address->len);
	struct connected_rec *r = trie_find(&c->connected, &p);

	if (!r) {
		r = core_alloc(c, sizeof(*r));
		if (!r)
			return;
		if (!trie_add(&c->connected, &p, r)) {
			free(r);
			c->oom = true;
			return;
		}
		routes_touch_prefix(c, &p);
	}
	r->refs++;
}

static void connected_release(struct core *c, const struct prefix *address)
{
	struct prefix p = prefix_make(address->addr, address->len);
	struct connected_rec *r = trie_find(&c->connected, &p);

	if (!r || --r->refs)
		return;
	trie_remove(&c->connected, &p);
	free(r);
	routes_touch_prefix(c, &p);
}

bool covers_connected(const struct core *c, const struct prefix *p)
{
	return trie_within(&c->connected, p) != NULL;
}

static void address_changed(struct core *c, int ifindex)
{
	struct iface *i = iface_of_ifindex(c, ifindex);

	if (i && c->snapshot_done)
		iface_reconcile(c, i);
	for (struct binding *b = c->bindings; b; b = b->hh.next)
		binding_look(c, b);
	statics_touch_all(c);
	kroutes_retry(c);
}

void address_event(struct core *c, const struct address *a)
{
	struct link_rec *l = link_find(c, a->ifindex);
	struct address_rec *r = l ? address_find(l, &a->prefix) : NULL;

	if (!l) /* the link's own event follows, with all its addresses in the next snapshot */
		return;
	if (r) {
		r->ours = a->ours;
		r->generation = c->generation;
		return;
	}
	r = core_alloc(c, sizeof(*r));
	if (!r)
		return;
	*r = (struct address_rec){.prefix = a->prefix, .ours = a->ours, .generation = c->generation};
	list_append(&l->addresses, &r->in_link);
	connected_hold(c, &a->prefix);
	address_changed(c, a->ifindex);
}

void address_gone(struct core *c, const struct address *a)
{
	struct link_rec *l = link_find(c, a->ifindex);
	struct address_rec *r = l ? address_find(l, &a->prefix) : NULL;

	if (!r)
		return;
	connected_release(c, &r->prefix);
	list_remove(&r->in_link);
	free(r);
	if (!c->hsrp_up)
		standby_orphans(c, &a->prefix.addr);
	address_changed(c, a->ifindex);
}

/* --- Configured interfaces ------------------------------------------------------------------------------------------- */

struct iface *iface_find(const struct core *c, const char *name)
{
	struct iface *i;

	HASH_FIND_STR(c->ifaces, name, i);
	return i;
}

struct iface *iface_get(struct core *c, const char *name)
{
	struct iface *i = iface_find(c, name);

	if (i)
		return i;
	i = core_alloc(c, sizeof(*i));
	if (!i)
		return NULL;
	str_copy(i->name, sizeof(i->name), name);
	HASH_ADD_STR(c->ifaces, name, i);
	if (!CORE_ADDED(i)) {
		free(i);
		c->oom = true;
		return NULL;
	}
	iface_update(c, name);
	return iface_find(c, name); /* gone again when the model has no such interface */
}

static void leave_device(struct core *c, struct iface *i)
{
	if (i->in_device_hash)
		HASH_DELETE(hh_device, c->devices, i);
	i->in_device_hash = false;
	i->ifindex = 0;
	i->shutdown_applied = false;
}

/* Ties the interface to its device; of two that name one device the first has it. */
static void take_device(struct core *c, struct iface *i, const char *device)
{
	struct iface *other = NULL;
	struct link_rec *l;

	leave_device(c, i);
	str_copy(i->device, sizeof(i->device), device);
	if (!device[0])
		return;
	HASH_FIND(hh_device, c->devices, device, strlen(device), other);
	if (other)
		return;
	HASH_ADD(hh_device, c->devices, device, strlen(i->device), i);
	i->in_device_hash = i->hh_device.tbl != NULL;
	l = link_by_name(c, device);
	i->ifindex = l ? l->l.ifindex : 0;
}

void iface_free(struct core *c, struct iface *i)
{
	leave_device(c, i);
	if (i->binding)
		i->binding->iface = NULL;
	HASH_DEL(c->ifaces, i);
	c->mss_dirty |= i->tcp_mss != 0;
	free(i->wanted);
	free(i);
}

static size_t wanted_addresses(const struct interface_cfg *cfg, struct prefix *out)
{
	const struct prefix *secondary;
	size_t n = 0;

	if (cfg->address_set) /* host bits are kept: it is an address, not a network */
		out[n++] = (struct prefix){cfg->address, cfg->address_len};
	vec_each (&cfg->secondary_addresses, i, secondary)
		out[n++] = *secondary;
	if (ip_is_set(&cfg->ipv6_link_local))
		out[n++] = (struct prefix){cfg->ipv6_link_local, LINK_LOCAL_LEN};
	vec_each (&cfg->ipv6_addresses, k, secondary)
		out[n++] = *secondary;
	return n;
}

static bool is_wanted(const struct prefix *list, size_t count, const struct prefix *p)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].len == p->len && ip_equal(&list[i].addr, &p->addr))
			return true;
	return false;
}

static void address_effect(struct core *c, enum effect_kind kind, int ifindex, const struct prefix *p)
{
	struct effect *e = effects_add(c->out, kind);

	e->address = (struct address){.ifindex = ifindex, .prefix = *p, .ours = true};
}

/* What the configuration no longer names goes, if it is ours (D14). */
static void remove_unwanted(
	struct core *c, const struct iface *i, const struct prefix *now_wanted, size_t count)
{
	const struct link_rec *l = link_find(c, i->ifindex);

	for (size_t k = 0; l && k < i->wanted_count; k++) {
		const struct address_rec *r = address_find(l, &i->wanted[k]);

		if (r && r->ours && !is_wanted(now_wanted, count, &r->prefix))
			address_effect(c, EF_ADDRESS_DEL, i->ifindex, &r->prefix);
	}
}

void iface_reconcile(struct core *c, struct iface *i)
{
	const struct link_rec *l = link_find(c, i->ifindex);

	if (!l || !c->snapshot_done || c->stopping)
		return;
	if (!i->shutdown_applied) { /* once for each change of the line: an operator's "ip link set down" stands */
		i->shutdown_applied = true;
		if (l->l.up == i->shutdown) {
			struct effect *e = effects_add(c->out, EF_LINK_SET);

			e->link.ifindex = i->ifindex;
			e->link.up = !i->shutdown;
		}
	}
	for (size_t k = 0; k < i->wanted_count; k++)
		if (!address_find(l, &i->wanted[k]))
			address_effect(c, EF_ADDRESS_ADD, i->ifindex, &i->wanted[k]);
}

void iface_update(struct core *c, const char *name)
{
	const struct interface_cfg *cfg = model_interface(c->model, name);
	struct iface *i = iface_find(c, name);
	struct prefix *wanted = NULL;
	size_t count = 0;

	if (!i && cfg) {
		iface_get(c, name); /* comes back here */
		return;
	}
	if (!i)
		return;
	if (cfg) {
		wanted = core_alloc(c,
			(2 + cfg->secondary_addresses.count + cfg->ipv6_addresses.count) * sizeof(*wanted));
		if (!wanted)
			return;
		count = wanted_addresses(cfg, wanted);
	}
	remove_unwanted(c, i, wanted, count);
	free(i->wanted);
	i->wanted = wanted;
	i->wanted_count = count;
	if (!cfg) {
		binding_sync(c, i);
		iface_free(c, i);
		return;
	}
	if (!i->in_device_hash || strcmp(i->device, interface_device(cfg)) != 0)
		take_device(c, i, interface_device(cfg));
	c->mss_dirty |= i->tcp_mss || cfg->tcp_mss;
	i->tcp_mss = cfg->tcp_mss;
	if (i->df != cfg->df && i->binding)
		units_touch_all(c, i->binding);
	i->df = cfg->df;
	if (i->shutdown != cfg->shutdown) {
		i->shutdown = cfg->shutdown;
		i->shutdown_applied = false;
	}
	iface_reconcile(c, i);
}

/* --- Standby groups ---------------------------------------------------------------------------------------------------- */

struct group_rec *standby_find(const struct core *c, int ifindex, enum ip_family family, uint16_t number)
{
	struct group_key key = {ifindex, number, family == IP_V6};
	struct group_rec *g;

	HASH_FIND(hh, c->groups, &key, sizeof(key), g);
	return g;
}

void standby_event(struct core *c, const struct event *e)
{
	struct group_rec *g = standby_find(c, e->hsrp.ifindex, e->hsrp.ipv6 ? IP_V6 : IP_V4, e->hsrp.group);
	struct iface *i = iface_of_ifindex(c, e->hsrp.ifindex);

	if (!g) {
		g = core_alloc(c, sizeof(*g));
		if (!g)
			return;
		g->key = (struct group_key){e->hsrp.ifindex, e->hsrp.group, e->hsrp.ipv6};
		HASH_ADD(hh, c->groups, key, sizeof(g->key), g);
		if (!CORE_ADDED(g)) {
			free(g);
			c->oom = true;
			return;
		}
	}
	g->own = e->hsrp.own;
	g->peer = e->hsrp.peer;
	g->peer_priority = e->hsrp.peer_priority;
	hazards_look(c);
	if (e->hsrp.ipv6)
		return;
	g->role = e->hsrp.role;
	g->vip = e->hsrp.vip;
	g->vmac_ifindex = e->hsrp.vmac_ifindex;
	g->at = e->hsrp.at;
	if (i && i->binding)
		binding_groups_changed(c, i->binding);
}

static bool address_anywhere(const struct core *c, const struct ipaddr *a)
{
	for (const struct link_rec *l = c->links; l; l = l->hh.next)
		if (link_has_address(l, a))
			return true;
	return false;
}

/* The HSRP process is away and the kernel took a virtual address back when its lifetime was over (D9). */
void standby_orphans(struct core *c, const struct ipaddr *gone)
{
	for (struct group_rec *g = c->groups; g; g = g->hh.next) {
		struct iface *i = iface_of_ifindex(c, g->key.ifindex);

		if (g->role != HSRP_ROLE_ACTIVE || (gone && !ip_equal(gone, &g->vip)) ||
			address_anywhere(c, &g->vip))
			continue;
		g->role = HSRP_ROLE_INIT;
		if (i && i->binding)
			binding_groups_changed(c, i->binding);
	}
}
