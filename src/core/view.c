/* What show commands ask the core. */
#include "core/parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int by_interface(const struct binding *a, const struct binding *b)
{
	return strcmp(a->interface, b->interface);
}

static bool show_binding(const struct core *c, const struct binding *b,
	bool (*f)(const struct core_binding *b, void *arg), void *arg)
{
	const struct group_rec *g = standby_find(c, b->ifindex, IP_V4, b->fsm.group);
	struct core_binding out = {.ifindex = b->ifindex,
		.redundancy = b->fsm.redundancy,
		.state = b->fsm.state,
		.serving = b->level == LEVEL_IKE,
		.endpoint = b->level == LEVEL_NONE ? b->goal : b->endpoint,
		.since = b->since};

	str_copy(out.interface, sizeof(out.interface), b->interface);
	str_copy(out.map, sizeof(out.map), b->map);
	str_copy(out.reason, sizeof(out.reason), b->reason);
	str_copy(out.step, sizeof(out.step), step_name(transaction_step(&b->tx)));
	if (b->fsm.state == BINDING_BOUND || b->fsm.state == BINDING_STALE ||
		b->fsm.state == BINDING_FALLEN_BACK) {
		str_copy(out.group_name, sizeof(out.group_name), b->fsm.name);
		out.group = b->fsm.group;
		out.role = g ? g->role : HSRP_ROLE_NONE;
	} else {
		str_copy(out.group_name, sizeof(out.group_name), b->fsm.wanted);
	}
	return f(&out, arg);
}

void core_each_binding(const struct core *c, bool (*f)(const struct core_binding *b, void *arg), void *arg)
{
	struct core *mutable = (struct core *)c; /* sorting changes no content */

	HASH_SORT(mutable->bindings, by_interface);
	for (const struct binding *b = c->bindings; b; b = b->hh.next)
		if (!b->removing && !show_binding(c, b, f, arg))
			return;
}

static bool show_route(const struct core *c, const struct rri_slot *s, const struct rri_route *r,
	bool (*f)(const struct core_route *r, void *arg), void *arg)
{
	const struct binding *b = binding_by_id(c, r->want.owner);
	const struct kroute *k = s->installed;
	struct core_route out = {.sequence = r->want.sequence,
		.peer = r->want.next_hop,
		.distance = r->want.distance,
		.tag = r->want.tag,
		.references = r->acl_refs + r->sa_refs,
		.from_acl = r->acl_refs > 0,
		.from_sa = r->sa_refs > 0};

	out.route = (struct route){.table = ROUTE_TABLE_MAIN,
		.prefix = r->want.prefix,
		.metric = rri_metric(r->want.distance),
		.protocol = ROUTE_PROTO_RRI};
	if (b) {
		str_copy(out.interface, sizeof(out.interface), b->interface);
		str_copy(out.map, sizeof(out.map), b->map);
	}
	if (r->verdict == RRI_INSTALL && k) {
		const struct kroute *copy = s->tagged;

		out.route = kroute_wanted(k);
		out.tag_table = copy ? (uint8_t)copy->key.table : 0;
		if (kroute_stands(k) && copy)
			k = copy; /* what is missing counts */
		out.installed = kroute_stands(k);
		if (!out.installed && k->error == -EEXIST)
			str_copy(out.reason, sizeof(out.reason), "a route of another origin holds its place");
		else if (!out.installed && k->error)
			snprintf(out.reason, sizeof(out.reason), "refused by the kernel (error %d)",
				-k->error);
		else if (!out.installed)
			str_copy(out.reason, sizeof(out.reason), "waits for the kernel");
	} else {
		str_copy(out.reason, sizeof(out.reason), rri_verdict_text(r->verdict));
	}
	return f(&out, arg);
}

static bool show_helper(const struct core *c, const struct hop *h,
	bool (*f)(const struct core_route *r, void *arg), void *arg)
{
	struct core_route out = {.route = kroute_wanted(h->helper),
		.peer = h->addr,
		.distance = 1,
		.references = h->peers + h->forced,
		.helper = true,
		.installed = kroute_stands(h->helper)};
	const struct iface *i = iface_of_ifindex(c, h->helper->want.ifindex);

	str_copy(out.interface, sizeof(out.interface), i ? i->name : "");
	return f(&out, arg);
}

void core_each_route(const struct core *c, bool (*f)(const struct core_route *r, void *arg), void *arg)
{
	static const struct prefix all[2] = {{{IP_V4, {0}}, 0}, {{IP_V6, {0}}, 0}};

	for (int i = 0; i < 2; i++) {
		for (struct trie_node *n = trie_within(&c->rri.slots, &all[i]); n;
			n = trie_within_next(n, &all[i])) {
			const struct rri_slot *s = n->data;
			struct list *link, *following;

			list_each(&s->routes, link,
				following) if (!show_route(c, s, list_item(link, struct rri_route, in_slot),
						       f, arg)) return;
		}
		for (struct trie_node *n = trie_within(&c->hops, &all[i]); n;
			n = trie_within_next(n, &all[i])) {
			const struct hop *h = n->data;

			if (h->helper && !show_helper(c, h, f, arg))
				return;
		}
	}
}

bool core_find_conn(const struct core *c, const char *name, struct core_conn *out)
{
	const struct conn *n = conn_find(c, name);
	const struct binding *b;

	if (!n || !n->unit || n->phase == CONN_ENDING)
		return false;
	b = n->unit->binding;
	*out = (struct core_conn){.sequence = n->unit->sequence,
		.dynamic = n->dynamic,
		.endpoint = n->local,
		.peer = n->remote,
		.loaded = n->loaded == n->wanted};
	str_copy(out->interface, sizeof(out->interface), b->interface);
	str_copy(out->map, sizeof(out->map), b->map);
	return true;
}

bool core_current_peer(const struct core *c, const char *interface, uint16_t sequence, struct ipaddr *out)
{
	const struct iface *i = iface_find(c, interface);
	const struct unit *u = i && i->binding ? unit_find(i->binding, sequence) : NULL;

	if (!u || u->current >= u->conn_count || u->dynamic)
		return false;
	*out = u->conns[u->current]->remote;
	return true;
}
