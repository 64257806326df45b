/* From the rules of a filter to elements of sets: see filter_text.h. */
#include "linux/filter_text.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "linux/filter_layers.h"
#include "linux/filter_parts.h"

int filter_element_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct filter_element));
}

bool filter_same_set(const struct filter_element *a, const struct filter_element *b)
{
	return a->view == b->view && a->kind == b->kind && a->group_be == b->group_be &&
		a->family == b->family && a->permit == b->permit && a->layer_be == b->layer_be;
}

static bool any_ports(const struct filter_rule *r)
{
	return r->local_ports.lo == 0 && r->local_ports.hi == UINT16_MAX && r->remote_ports.lo == 0 &&
		r->remote_ports.hi == UINT16_MAX;
}

static struct filter_element element_of(const struct filter_placed *p, enum filter_view view)
{
	const struct filter_rule *r = &p->rule;
	struct filter_element e;

	memset(&e, 0, sizeof(e));
	e.view = view;
	e.kind = any_ports(r)		      ? r->protocol ? KIND_PROTOCOL : KIND_ADDRESSES
		: r->protocol == IPPROTO_ICMP ? KIND_ICMP
					      : KIND_PORTS;
	e.family = r->local.addr.family;
	e.permit = r->permit;
	e.group_be = filter_swapped(p->group);
	e.layer_be = filter_swapped(p->layer);
	e.local = r->local;
	e.remote = r->remote;
	e.protocol = r->protocol;
	e.local_ports = r->local_ports;
	e.remote_ports = r->remote_ports;
	return e;
}

/*
 * How the list looks to a fragment that carries no ports: a permit line protects it by its addresses and protocol, a deny
 * line with ports says nothing about it. In doubt it is dropped.
 */
static size_t fragment_view(struct filter_rule *rules, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct filter_rule r = rules[i];

		if (!any_ports(&r) && !r.permit)
			continue;
		r.local_ports = r.remote_ports = (struct ports){0, UINT16_MAX};
		rules[kept++] = r;
	}
	return kept;
}

struct elements {
	struct filter_element *items;
	size_t count, cap;
};

static bool add_element(struct elements *out, const struct filter_element *e)
{
	if (out->count == out->cap) {
		size_t cap = out->cap ? out->cap * 2 : 64;
		struct filter_element *items = realloc(out->items, cap * sizeof(*items));

		if (!items)
			return false;
		out->items = items;
		out->cap = cap;
	}
	out->items[out->count++] = *e;
	return true;
}

static int add_view(
	struct elements *out, const struct filter_rule *rules, size_t count, enum filter_view view)
{
	struct filter_placed *placed = NULL;
	size_t placed_count = 0;
	int error = filter_place(rules, count, &placed, &placed_count);

	for (size_t i = 0; !error && i < placed_count; i++) {
		struct filter_element e = element_of(&placed[i], view);

		if (!add_element(out, &e))
			error = -ENOMEM;
	}
	free(placed);
	return error;
}

static int add_peers(struct elements *out, const struct filter *f)
{
	for (uint32_t i = 0; i < f->peer_count; i++) {
		const struct filter_peer *p = &f->peers[i];
		struct filter_element e;

		if (!ip_is_set(&p->local) || (ip_is_set(&p->remote) && p->remote.family != p->local.family))
			continue; /* nothing of ours goes between these */
		memset(&e, 0, sizeof(e));
		e.view = VIEW_PEERS;
		e.kind = ip_is_set(&p->remote) ? KIND_PEER : KIND_ANY_PEER;
		e.family = p->local.family;
		e.local = prefix_host(&p->local);
		if (e.kind == KIND_PEER)
			e.remote = prefix_host(&p->remote);
		if (!add_element(out, &e))
			return -ENOMEM;
		e.view = VIEW_DF;
		e.permit = p->df == DF_SET;
		if (p->df && p->local.family == IP_V4 && !add_element(out, &e))
			return -ENOMEM;
	}
	return 0;
}

/* Looked up by nobody: for the next engine, which reads them back (filter_learned). */
static int add_learned(struct elements *out, const struct filter_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct filter_placed p = {.rule = rules[i],
			.group = (uint16_t)(rules[i].entry >> 16),
			.layer = rules[i].learned};
		struct filter_element e = element_of(&p, VIEW_LEARNED);

		e.kind = KIND_EXACT;
		if (rules[i].learned && !add_element(out, &e))
			return -ENOMEM;
	}
	return 0;
}

static void sort_and_unite(struct elements *e)
{
	size_t kept = 0;

	if (e->count > 0)
		qsort(e->items, e->count, sizeof(*e->items), filter_element_compare);
	for (size_t i = 0; i < e->count; i++)
		if (kept == 0 || filter_element_compare(&e->items[kept - 1], &e->items[i]) != 0)
			e->items[kept++] = e->items[i];
	e->count = kept;
}

/* In order, to the caller; with an error nothing. */
static int hand_over(struct elements *e, int error, struct filter_element **out, size_t *count)
{
	if (error) {
		free(e->items);
		return error;
	}
	sort_and_unite(e);
	*out = e->items;
	*count = e->count;
	return 0;
}

int filter_elements(const struct filter *f, struct filter_element **out, size_t *count)
{
	struct filter_rule *rules = calloc(f->rule_count + 1, sizeof(*rules));
	struct elements e = {0};
	size_t with_ports = 0, n = f->rule_count;
	int error = rules ? 0 : -ENOMEM;

	for (size_t i = 0; !error && i < n; i++) {
		rules[i] = f->rules[i];
		with_ports += !any_ports(&rules[i]);
		if (rules[i].local.addr.family != rules[i].remote.addr.family ||
			!ip_is_set(&rules[i].local.addr))
			error = -EINVAL;
	}
	if (!error)
		error = add_view(&e, rules, n, VIEW_PACKETS);
	if (!error && with_ports > 0)
		error = add_view(&e, rules, fragment_view(rules, n), VIEW_FRAGMENTS);
	if (!error)
		error = add_peers(&e, f);
	if (!error)
		error = add_learned(&e, f->rules, f->rule_count);
	if (!error)
		error = add_view(&e, f->waiting, f->waiting_count, VIEW_WAITING);
	free(rules);
	return hand_over(&e, error, out, count);
}

static bool has_view(const struct filter_element *e, size_t count, enum filter_view view)
{
	for (size_t i = 0; i < count; i++)
		if (e[i].view == view)
			return true;
	return false;
}

static struct filter_rule held_rule(const struct filter_element *e)
{
	return (struct filter_rule){.permit = true,
		.local = e->local,
		.remote = e->remote,
		.protocol = e->protocol,
		.local_ports = e->local_ports,
		.remote_ports = e->remote_ports};
}

int filter_held(const struct filter_element *from, size_t from_count, const struct filter_element *to,
	size_t to_count, struct filter_element **out, size_t *count)
{
	struct filter_rule *rules = calloc(from_count + to_count + 1, sizeof(*rules));
	struct elements e = {0};
	size_t comes = 0;
	bool goes = has_view(to, to_count, VIEW_FRAGMENTS) && !has_view(from, from_count, VIEW_FRAGMENTS);
	int error = rules ? 0 : -ENOMEM;

	for (size_t i = 0, j = 0; !error && (i < from_count || j < to_count);) {
		int order = i == from_count ? 1
			: j == to_count	    ? -1
					    : filter_element_compare(&from[i], &to[j]);
		const struct filter_element *changed = order < 0 ? &from[i] : &to[j];

		i += order <= 0;
		j += order >= 0;
		if (order == 0 || (changed->view != VIEW_PACKETS && changed->view != VIEW_FRAGMENTS))
			continue;
		if (changed->permit == (order > 0)) /* a permit line that is new, or a deny line that was */
			rules[comes++] = held_rule(changed);
		else
			goes = true;
	}
	if (!error && goes)
		error = add_view(&e, rules, comes, VIEW_HELD);
	free(rules);
	return hand_over(&e, error, out, count);
}
