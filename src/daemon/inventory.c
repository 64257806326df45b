/* Links and addresses: see inventory.h. */
#include "daemon/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"

struct owned_link {
	struct link link;
	UT_hash_handle hh; /* in by_name, if it is there */
	bool seen;	   /* in the snapshot under way */
};

struct owned_address {
	struct address address;
	bool seen;
};

struct inventory {
	struct vec links; /* struct owned_link, by ifindex */
	struct owned_link *by_name;
	struct vec addresses; /* struct owned_address, by ifindex, then as they came */
	bool snapshot;
};

struct inventory *inventory_new(void)
{
	return calloc(1, sizeof(struct inventory));
}

static void free_all(struct vec *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	vec_free(v);
}

void inventory_free(struct inventory *v)
{
	if (!v)
		return;
	HASH_CLEAR(hh, v->by_name);
	free_all(&v->links);
	free_all(&v->addresses);
	free(v);
}

static int compare_link(const void *key, const void *item)
{
	int a = *(const int *)key, b = ((const struct owned_link *)item)->link.ifindex;

	return (a > b) - (a < b);
}

/* Never equal, so that the lower bound of ifindex + 1 is the end of a link's addresses. */
static int compare_address(const void *key, const void *item)
{
	return *(const int *)key > ((const struct owned_address *)item)->address.ifindex ? 1 : -1;
}

static void unname(struct inventory *v, struct owned_link *o)
{
	if (o->hh.tbl)
		HASH_DEL(v->by_name, o);
	o->hh.tbl = NULL;
}

static void drop_link(struct inventory *v, size_t at)
{
	struct owned_link *o = vec_remove_at(&v->links, at);

	unname(v, o);
	free(o);
}

static void put_link(struct inventory *v, const struct link *l)
{
	bool found;
	size_t at = vec_lower_bound(&v->links, &l->ifindex, compare_link, &found);
	struct owned_link *o = found ? v->links.items[at] : calloc(1, sizeof(*o));

	if (!o)
		return;
	if (!found && !vec_insert_at(&v->links, at, o)) {
		free(o);
		return;
	}
	unname(v, o);
	o->link = *l;
	o->seen = true;
	HASH_ADD_STR(v->by_name, link.name, o);
}

static size_t find_address(const struct inventory *v, const struct address *a, bool *found)
{
	int next = a->ifindex + 1;
	size_t end = vec_lower_bound(&v->addresses, &next, compare_address, found);
	size_t at = vec_lower_bound(&v->addresses, &a->ifindex, compare_address, found);

	for (; at < end; at++) {
		const struct owned_address *o = v->addresses.items[at];

		*found = ip_equal(&o->address.prefix.addr, &a->prefix.addr) &&
			o->address.prefix.len == a->prefix.len;
		if (*found)
			return at;
	}
	*found = false;
	return end;
}

static void put_address(struct inventory *v, const struct address *a)
{
	bool found;
	size_t at = find_address(v, a, &found);
	struct owned_address *o = found ? v->addresses.items[at] : calloc(1, sizeof(*o));

	if (!o)
		return;
	o->address = *a;
	o->seen = true;
	if (!found && !vec_insert_at(&v->addresses, at, o))
		free(o);
}

static void drop_addresses_of(struct inventory *v, int ifindex)
{
	for (size_t i = v->addresses.count; i-- > 0;)
		if (((struct owned_address *)v->addresses.items[i])->address.ifindex == ifindex)
			free(vec_remove_at(&v->addresses, i));
}

static void begin_snapshot(struct inventory *v)
{
	v->snapshot = true;
	for (size_t i = 0; i < v->links.count; i++)
		((struct owned_link *)v->links.items[i])->seen = false;
	for (size_t i = 0; i < v->addresses.count; i++)
		((struct owned_address *)v->addresses.items[i])->seen = false;
}

static void end_snapshot(struct inventory *v)
{
	v->snapshot = false;
	for (size_t i = v->links.count; i-- > 0;)
		if (!((struct owned_link *)v->links.items[i])->seen)
			drop_link(v, i);
	for (size_t i = v->addresses.count; i-- > 0;)
		if (!((struct owned_address *)v->addresses.items[i])->seen)
			free(vec_remove_at(&v->addresses, i));
}

void inventory_event(struct inventory *v, const struct event *e)
{
	bool found;
	size_t at;

	switch (e->kind) {
	case EV_LINK: put_link(v, &e->link); break;
	case EV_LINK_GONE:
		at = vec_lower_bound(&v->links, &e->link.ifindex, compare_link, &found);
		if (found)
			drop_link(v, at);
		drop_addresses_of(v, e->link.ifindex);
		break;
	case EV_ADDRESS: put_address(v, &e->address); break;
	case EV_ADDRESS_GONE:
		at = find_address(v, &e->address, &found);
		if (found)
			free(vec_remove_at(&v->addresses, at));
		break;
	case EV_SNAPSHOT_BEGIN: begin_snapshot(v); break;
	case EV_SNAPSHOT_END: end_snapshot(v); break;
	default: break;
	}
}

const struct link *inventory_link(const struct inventory *v, int ifindex)
{
	const struct owned_link *o = vec_find(&v->links, &ifindex, compare_link);

	return o ? &o->link : NULL;
}

const struct link *inventory_link_by_name(const struct inventory *v, const char *name)
{
	const struct owned_link *o;

	HASH_FIND_STR(v->by_name, name, o);
	return o ? &o->link : NULL;
}

bool inventory_facts(const struct inventory *v, struct facts *f)
{
	for (size_t i = 0; i < v->links.count; i++) {
		struct link *l = facts_add_link(f);

		if (!l)
			return false;
		*l = ((const struct owned_link *)v->links.items[i])->link;
	}
	for (size_t i = 0; i < v->addresses.count; i++) {
		struct address *a = facts_add_address(f);

		if (!a)
			return false;
		*a = ((const struct owned_address *)v->addresses.items[i])->address;
	}
	return true;
}
