#include "show/facts.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* --- Growing ------------------------------------------------------------------------------------------------- */

/* A zeroed slot behind the last item of *items, or NULL. */
static void *slot(void **items, size_t *count, size_t *cap, size_t size)
{
	if (*count == *cap) {
		size_t more = *cap ? *cap * 2 : 16;
		void *grown = more <= SIZE_MAX / size ? realloc(*items, more * size) : NULL;
		if (!grown)
			return NULL;
		*items = grown;
		*cap = more;
	}
	void *item = (char *)*items + (*count)++ * size;
	return memset(item, 0, size);
}

#define ADD(function, type, array, counter, capacity, fact)                                                  \
	struct type *function(struct facts *f)                                                               \
	{                                                                                                    \
		void *items = f->array;                                                                      \
		struct type *new = slot(&items, &f->counter, &f->capacity, sizeof(*new));                    \
		f->array = items;                                                                            \
		if (!new)                                                                                    \
			f->missing |= (fact);                                                                \
		return new;                                                                                  \
	}

ADD(facts_add_binding, core_binding, bindings, binding_count, binding_cap, FACT_CORE)
ADD(facts_add_core_route, core_route, core_routes, core_route_count, core_route_cap, FACT_CORE)
ADD(facts_add_ike_sa, ike_sa, ike_sas, ike_sa_count, ike_sa_cap, FACT_IKE)
ADD(facts_add_child_sa, child_sa, child_sas, child_sa_count, child_sa_cap, FACT_IKE)
ADD(facts_add_route, route_fact, routes, route_count, route_cap, FACT_ROUTES)
ADD(facts_add_link, link, links, link_count, link_cap, FACT_LINKS)
ADD(facts_add_address, address, addresses, address_count, address_cap, FACT_LINKS)
ADD(facts_add_standby, hsrp_status, standby, standby_count, standby_cap, FACT_HSRP)
ADD(facts_add_neighbour, hsrp_neighbour, neighbours, neighbour_count, neighbour_cap, FACT_HSRP)
ADD(facts_add_filter, filter_fact, filters, filter_count, filter_cap, FACT_FILTER)
ADD(facts_add_track, core_track, tracks, track_count, track_cap, FACT_TRACK)
ADD(facts_add_counters, device_counters, counters, counters_count, counters_cap, FACT_COUNTERS)
ADD(facts_add_arp, arp_entry, arps, arp_count, arp_cap, FACT_ARP)

void facts_free(struct facts *f)
{
	free(f->bindings);
	free(f->core_routes);
	free(f->ike_sas);
	free(f->child_sas);
	free(f->routes);
	free(f->links);
	free(f->addresses);
	free(f->standby);
	free(f->neighbours);
	free(f->filters);
	free(f->tracks);
	free(f->counters);
	free(f->arps);
	*f = (struct facts){0};
}

/* --- Order --------------------------------------------------------------------------------------------------- */

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* "hs/Fa0/0/mymap/9/…" before "hs/Fa0/0/mymap/10/…": digits count as numbers. */
static int compare_names(const char *a, const char *b)
{
	while (*a && *b) {
		if (*a >= '0' && *a <= '9' && *b >= '0' && *b <= '9') {
			size_t la = strspn(a, "0123456789"), lb = strspn(b, "0123456789");
			size_t za = strspn(a, "0"), zb = strspn(b, "0");
			if (la - za != lb - zb)
				return la - za < lb - zb ? -1 : 1;
			int d = memcmp(a + za, b + zb, la - za);
			if (d)
				return d;
			if (za != zb)
				return za < zb ? -1 : 1;
			a += la;
			b += lb;
		} else if (*a != *b) {
			break;
		} else {
			a++;
			b++;
		}
	}
	return (unsigned char)*a - (unsigned char)*b;
}

static int binding_order(const void *x, const void *y)
{
	const struct core_binding *a = x, *b = y;
	int d = compare_names(a->interface, b->interface);
	return d ? d : strcmp(a->map, b->map);
}

static int core_route_order(const void *x, const void *y)
{
	const struct core_route *a = x, *b = y;
	int d = prefix_compare(&a->route.prefix, &b->route.prefix);
	if (d == 0)
		d = b->installed - a->installed;
	if (d == 0)
		d = (int)a->distance - b->distance;
	if (d == 0)
		d = compare_names(a->interface, b->interface);
	return d ? d : ip_compare(&a->peer, &b->peer);
}

static int ike_sa_order(const void *x, const void *y)
{
	const struct ike_sa *a = x, *b = y;
	int d = compare_names(a->conn, b->conn);
	return d ? d : compare_u64(a->id, b->id);
}

/* SAs of one flow follow each other: the same connection, child, peer and selectors; the oldest first. */
static int child_sa_order(const void *x, const void *y)
{
	const struct child_sa *a = x, *b = y;
	int d = compare_names(a->conn, b->conn);
	if (d == 0)
		d = compare_names(a->child, b->child);
	if (d == 0)
		d = ip_compare(&a->remote_host, &b->remote_host);
	if (d == 0)
		d = prefix_compare(&a->remote[0].prefix, &b->remote[0].prefix);
	if (d == 0)
		d = prefix_compare(&a->local[0].prefix, &b->local[0].prefix);
	return d ? d : compare_u64(a->id, b->id);
}

static int route_order(const void *x, const void *y)
{
	const struct route_fact *a = x, *b = y;
	int d = prefix_compare(&a->prefix, &b->prefix);
	if (d == 0)
		d = compare_u64(a->metric, b->metric);
	if (d == 0)
		d = ip_compare(&a->gateway, &b->gateway);
	return d ? d : a->ifindex - b->ifindex;
}

static int link_order(const void *x, const void *y)
{
	return ((const struct link *)x)->ifindex - ((const struct link *)y)->ifindex;
}

static int filter_order(const void *x, const void *y)
{
	return ((const struct filter_fact *)x)->ifindex - ((const struct filter_fact *)y)->ifindex;
}

static int counters_order(const void *a, const void *b)
{
	const struct device_counters *x = a, *y = b;

	return (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

static int arp_order(const void *a, const void *b)
{
	const struct arp_entry *x = a, *y = b;

	return x->ifindex != y->ifindex ? (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex)
					: ip_compare(&x->address, &y->address);
}

static int track_order(const void *x, const void *y)
{
	return (int)((const struct core_track *)x)->number - ((const struct core_track *)y)->number;
}

static int neighbour_order(const void *x, const void *y)
{
	const struct hsrp_neighbour *a = x, *b = y;
	int order = strcmp(a->device, b->device);

	return order ? order : ip_compare(&a->address, &b->address);
}

static int standby_order(const void *x, const void *y)
{
	const struct hsrp_status *a = x, *b = y;
	int d = compare_names(a->device, b->device);
	d = d ? d : (int)a->group - b->group;
	return d ? d : (int)a->family - b->family;
}

static void sort(void *items, size_t count, size_t size, int (*order)(const void *, const void *))
{
	if (count > 1)
		qsort(items, count, size, order);
}

void facts_ready(struct facts *f)
{
	sort(f->bindings, f->binding_count, sizeof(*f->bindings), binding_order);
	sort(f->core_routes, f->core_route_count, sizeof(*f->core_routes), core_route_order);
	sort(f->ike_sas, f->ike_sa_count, sizeof(*f->ike_sas), ike_sa_order);
	sort(f->child_sas, f->child_sa_count, sizeof(*f->child_sas), child_sa_order);
	sort(f->routes, f->route_count, sizeof(*f->routes), route_order);
	sort(f->links, f->link_count, sizeof(*f->links), link_order);
	sort(f->standby, f->standby_count, sizeof(*f->standby), standby_order);
	sort(f->neighbours, f->neighbour_count, sizeof(*f->neighbours), neighbour_order);
	sort(f->filters, f->filter_count, sizeof(*f->filters), filter_order);
	sort(f->tracks, f->track_count, sizeof(*f->tracks), track_order);
	sort(f->counters, f->counters_count, sizeof(*f->counters), counters_order);
	sort(f->arps, f->arp_count, sizeof(*f->arps), arp_order);
	/* Addresses of one link follow each other; qsort is not stable, so the kernel's order is kept by inserting. */
	for (size_t i = 1; i < f->address_count; i++) {
		struct address a = f->addresses[i];
		size_t k = i;
		for (; k > 0 && f->addresses[k - 1].ifindex > a.ifindex; k--)
			f->addresses[k] = f->addresses[k - 1];
		f->addresses[k] = a;
	}
}

/* --- Look-ups ------------------------------------------------------------------------------------------------ */

/* The first item that is not below the key; the count when there is none. */
static size_t lower_bound(const void *items, size_t count, size_t size, const void *key,
	int (*order)(const void *, const void *))
{
	size_t lo = 0, hi = count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (order((const char *)items + mid * size, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct link *facts_link(const struct facts *f, int ifindex)
{
	struct link key = {.ifindex = ifindex};
	size_t i = lower_bound(f->links, f->link_count, sizeof(key), &key, link_order);

	return i < f->link_count && f->links[i].ifindex == ifindex ? &f->links[i] : NULL;
}

const struct link *facts_link_by_name(const struct facts *f, const char *device)
{
	for (size_t i = 0; *device && i < f->link_count; i++)
		if (!strcmp(f->links[i].name, device))
			return &f->links[i];
	return NULL;
}

const struct address *facts_first_address(const struct facts *f, int ifindex)
{
	for (size_t i = 0; i < f->address_count; i++)
		if (f->addresses[i].ifindex == ifindex && f->addresses[i].prefix.addr.family == IP_V4)
			return &f->addresses[i];
	return NULL;
}

static int core_route_prefix_order(const void *x, const void *y)
{
	return prefix_compare(
		&((const struct core_route *)x)->route.prefix, &((const struct core_route *)y)->route.prefix);
}

const struct core_route *facts_core_route(const struct facts *f, const struct prefix *p)
{
	struct core_route key = {.route.prefix = *p};
	size_t i =
		lower_bound(f->core_routes, f->core_route_count, sizeof(key), &key, core_route_prefix_order);

	return i < f->core_route_count && prefix_equal(&f->core_routes[i].route.prefix, p)
		? &f->core_routes[i]
		: NULL;
}

const struct hsrp_status *facts_standby(
	const struct facts *f, const char *device, enum ip_family family, uint16_t group)
{
	struct hsrp_status key = {.group = group, .family = family};
	str_copy(key.device, sizeof(key.device), device);
	size_t i = lower_bound(f->standby, f->standby_count, sizeof(key), &key, standby_order);

	return i < f->standby_count && standby_order(&f->standby[i], &key) == 0 ? &f->standby[i] : NULL;
}

const struct core_binding *facts_binding(const struct facts *f, const char *interface)
{
	for (size_t i = 0; i < f->binding_count; i++)
		if (!strcmp(f->bindings[i].interface, interface))
			return &f->bindings[i];
	return NULL;
}

const struct filter_fact *facts_filter(const struct facts *f, int ifindex)
{
	struct filter_fact key = {.ifindex = ifindex};
	size_t i = lower_bound(f->filters, f->filter_count, sizeof(key), &key, filter_order);

	return i < f->filter_count && f->filters[i].ifindex == ifindex ? &f->filters[i] : NULL;
}

const struct core_track *facts_track(const struct facts *f, uint16_t number)
{
	struct core_track key = {.number = number};
	size_t i = lower_bound(f->tracks, f->track_count, sizeof(key), &key, track_order);

	return i < f->track_count && f->tracks[i].number == number ? &f->tracks[i] : NULL;
}

const struct device_counters *facts_counters(const struct facts *f, int ifindex)
{
	struct device_counters key = {.ifindex = ifindex};
	size_t i = lower_bound(f->counters, f->counters_count, sizeof(key), &key, counters_order);

	return i < f->counters_count && f->counters[i].ifindex == ifindex ? &f->counters[i] : NULL;
}

const char *facts_interface_name(const struct facts *f, int ifindex)
{
	const struct link *link = facts_link(f, ifindex);
	const struct interface_cfg *cfg;

	if (!link)
		return "";
	vec_each (&f->model->interfaces, i, cfg)
		if (!strcmp(interface_device(cfg), link->name))
			return cfg->name;
	return link->name;
}

size_t facts_first_ike_sa(const struct facts *f, const char *conn)
{
	struct ike_sa key = {0};
	str_copy(key.conn, sizeof(key.conn), conn);
	return lower_bound(f->ike_sas, f->ike_sa_count, sizeof(key), &key, ike_sa_order);
}

size_t facts_first_child_sa(const struct facts *f, const char *conn, const char *child)
{
	return facts_seek_child_sa(f, conn, child, &(struct ipaddr){0});
}

size_t facts_seek_child_sa(
	const struct facts *f, const char *conn, const char *child, const struct ipaddr *remote_host)
{
	struct child_sa key = {.remote_host = *remote_host};
	str_copy(key.conn, sizeof(key.conn), conn);
	str_copy(key.child, sizeof(key.child), child);
	return lower_bound(f->child_sas, f->child_sa_count, sizeof(key), &key, child_sa_order);
}
