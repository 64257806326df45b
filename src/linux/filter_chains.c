/* The chains of a device: see filter_text.h. */
#include "linux/filter_text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "linux/filter_parts.h"
#include "linux/nflog.h"

struct direction {
	const char *name, *guard;
	const char *local, *remote, *local_port, *remote_port;
};

static const struct direction directions[2] = {
	{"out", "rt ipsec exists", "saddr", "daddr", "sport", "dport"},
	{"in", "meta ipsec exists", "daddr", "saddr", "dport", "sport"},
};

static void begin_rule(
	struct text *t, const struct direction *d, const struct filter_names *n, const char *tail)
{
	text_printf(t, "add rule %s %s.%s%s ", FILTER_TABLE, d->name, n->id, tail);
}

/* Our own IKE and ESP. NAT may have changed the peer's port, never ours. */
static void write_peer_rules(struct text *t, const struct direction *d, const struct filter_names *n,
	const struct filter_element *set)
{
	const char *ip = filter_families[filter_family_index(set->family)].ip;

	for (size_t i = 0; i < 3; i++) {
		if (i == 2 && d == &directions[0]) /* what we send is cut into fragments after this hook */
			continue;
		begin_rule(t, d, n, "");
		if (set->kind == KIND_PEER)
			text_printf(t, "%s %s . ", ip, d->remote);
		text_printf(t, "%s %s @", ip, d->local);
		filter_write_name(t, n, set);
		text_add(t, " ");
		if (i == 0)
			text_add(t, "meta l4proto { esp, ah }");
		else if (i == 1)
			text_printf(t, "meta l4proto udp th %s { 500, 4500 }", d->local_port);
		else /* harmless without its first fragment, which shows its ports */
			text_printf(t, "meta l4proto udp %s",
				filter_families[filter_family_index(set->family)].fragment);
		text_add(t, " accept\n");
	}
}

/* "rt mtu" is what the route takes, a learned path MTU included, less the headers of TCP over IPv4. */
enum { RT_MTU_LESS = 40 };

/*
 * The outer DF bit of our ESP, in UDP as well (there IKE begins with four zero octets). What is larger than the device or the
 * path takes is cut behind this hook, by a kernel that drops it when it has a DF bit. The length cannot be held against the
 * path's MTU in a rule: while one is known that is smaller than the device's, nothing that goes there gets the bit.
 */
static void write_df_rules(struct text *t, const struct filter_names *n, const struct filter_element *set)
{
	static const char *const what[] = {
		"meta l4proto esp", "meta l4proto udp th sport 4500 @th,64,32 != 0"};
	const struct direction *d = &directions[0];

	for (size_t i = 0; i < 2; i++) {
		begin_rule(t, d, n, "");
		if (set->kind == KIND_PEER)
			text_add(t, "ip daddr . ");
		text_add(t, "ip saddr @");
		filter_write_name(t, n, set);
		text_printf(t, " %s ip frag-off %s", what[i], set->permit ? "0" : "0x4000");
		if (set->permit && n->mtu)
			text_printf(t, " meta length <= %u rt mtu >= %u", n->mtu,
				n->mtu > RT_MTU_LESS ? n->mtu - RT_MTU_LESS : 0);
		text_printf(t, " ip frag-off set %s\n", set->permit ? "0x4000" : "0");
	}
}

static void group_chain(struct text *t, const struct direction *d, const struct filter_names *n,
	const struct filter_element *e)
{
	assert(filter_view_letter[e->view]); /* without it the rest of the commands would be lost */
	text_printf(
		t, "%s.%s.%c%u", d->name, n->id, filter_view_letter[e->view], filter_swapped(e->group_be));
}

/* One lookup. What is not protected by this group may be by another one: back to the device's chain. */
static void write_set_rule(struct text *t, const struct direction *d, const struct filter_names *n,
	const struct filter_element *set)
{
	const char *ip = filter_families[filter_family_index(set->family)].ip;

	text_printf(t, "add rule %s ", FILTER_TABLE);
	group_chain(t, d, n, set);
	text_printf(t, " %s %s . %s %s", ip, d->remote, ip, d->local);
	if (set->kind == KIND_PROTOCOL || set->kind == KIND_PORTS || set->kind == KIND_ICMP)
		text_add(t, " . meta l4proto");
	if (set->kind == KIND_ICMP)
		text_add(t,
			" . th sport"); /* type and code stand where TCP and UDP have this, in both directions */
	if (set->kind == KIND_PORTS)
		text_printf(t, " . th %s . th %s", d->remote_port, d->local_port);
	text_add(t, " @");
	filter_write_name(t, n, set);
	if (set->permit)
		text_printf(t, " goto %s.%s.%c\n", d->name, n->id, set->view == VIEW_WAITING ? 'l' : 'd');
	else
		text_add(t, " return\n");
}

/* The order of rules: view, group, layer. */
static int compare_sets(const void *a, const void *b)
{
	const struct filter_element *left = *(const struct filter_element *const *)a,
				    *right = *(const struct filter_element *const *)b;
	int order = left->view - right->view;

	if (!order)
		order = memcmp(&left->group_be, &right->group_be, 2 * sizeof(left->group_be));
	return order ? order : filter_element_compare(left, right);
}

static bool same_group(const struct filter_element *a, const struct filter_element *b)
{
	return a->view == b->view && a->group_be == b->group_be;
}

/* One representative of each set, in the order of the rules. NULL without memory. */
static const struct filter_element **sets_of(const struct filter_element *e, size_t count, size_t *set_count)
{
	const struct filter_element **sets = malloc((count + 1) * sizeof(*sets));

	*set_count = 0;
	for (size_t i = 0; sets && i < count; i++)
		if (i == 0 || !filter_same_set(&e[i - 1], &e[i]))
			sets[(*set_count)++] = &e[i];
	if (sets)
		qsort(sets, *set_count, sizeof(*sets), compare_sets);
	return sets;
}

struct sets {
	const struct filter_element **items;
	size_t count;
};

/* Whether a set is looked up in this direction: what waits for an SA waits for packets that leave. */
static bool is_asked(const struct direction *d, const struct filter_element *set)
{
	return set->view == VIEW_PACKETS || set->view == VIEW_FRAGMENTS || set->view == VIEW_HELD ||
		(set->view == VIEW_WAITING && d == &directions[0]);
}

/* From the device's chain, or one of its others, to that of each group. */
static void write_jumps(struct text *t, const struct direction *d, const struct filter_names *n,
	const char *tail, const struct sets *s, enum filter_view view)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct filter_element *e = s->items[i];

		if (e->view != view || (i > 0 && same_group(s->items[i - 1], e)))
			continue;
		begin_rule(t, d, n, tail);
		text_add(t, "jump ");
		group_chain(t, d, n, e);
		text_add(t, "\n");
	}
}

static void write_main_chain(
	struct text *t, const struct direction *d, const struct filter_names *n, const struct sets *s)
{
	bool fragments = false;

	text_printf(t, "add counter %s %s.%s\n", FILTER_TABLE, d->name, n->id);
	for (size_t i = 0; d == &directions[0] && i < s->count; i++)
		if (s->items[i]->view == VIEW_DF)
			write_df_rules(t, n, s->items[i]);
	begin_rule(t, d, n, "");
	text_printf(t, "%s accept\n", d->guard);
	for (size_t i = 0; i < s->count; i++) {
		if (s->items[i]->view == VIEW_PEERS)
			write_peer_rules(t, d, n, s->items[i]);
		fragments |= s->items[i]->view == VIEW_FRAGMENTS;
	}
	write_jumps(t, d, n, "", s, VIEW_HELD);
	for (size_t i = 0; fragments && i < 2; i++) {
		begin_rule(t, d, n, "");
		text_printf(t, "%s goto %s.%s.f\n", filter_families[i].fragment, d->name, n->id);
	}
	write_jumps(t, d, n, "", s, VIEW_PACKETS);
	write_jumps(t, d, n, ".f", s, VIEW_FRAGMENTS);
}

/* "VERB chain …" for the chain of each group; those that `others` have, too, may be left out. */
static void write_group_chains(struct text *t, const struct direction *d, const struct filter_names *n,
	const char *verb, const struct sets *s, const struct sets *others)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct filter_element *e = s->items[i];
		bool skip = !is_asked(d, e) || (i > 0 && same_group(s->items[i - 1], e));

		for (size_t j = 0; others && !skip && j < others->count; j++)
			skip = same_group(others->items[j], e);
		if (skip)
			continue;
		text_printf(t, "%s chain %s ", verb, FILTER_TABLE);
		group_chain(t, d, n, e);
		text_add(t, "\n");
	}
}

/* Where everything ends that has to be protected and is not. What came in is told, a few packets a minute. */
static void write_drop_chain(struct text *t, const struct direction *d, const struct filter_names *n)
{
	if (n->log && d == &directions[1]) {
		begin_rule(t, d, n, ".d");
		text_printf(t, "limit rate 6/minute burst 5 packets log group %d snaplen %d\n", NFLOG_GROUP,
			NFLOG_HEAD_BYTES);
	}
	begin_rule(t, d, n, ".d");
	text_printf(t, "counter name \"%s.%s\" drop\n", d->name, n->id);
}

static bool is_waiting(const struct sets *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->items[i]->view == VIEW_WAITING)
			return true;
	return false;
}

/* Before the chain that drops. */
static void write_waiting_hook(struct text *t, const struct filter_names *n)
{
	text_printf(t,
		"add chain %1$s out.%2$s.w { type filter hook postrouting priority 299; policy accept; }\n"
		"flush chain %1$s out.%2$s.w\n"
		"add chain %1$s out.%2$s.l\n"
		"flush chain %1$s out.%2$s.l\n",
		FILTER_TABLE, n->id);
}

static void write_waiting_gone(struct text *t, const struct filter_names *n)
{
	text_printf(t, "delete chain %1$s out.%2$s.w\ndelete chain %1$s out.%2$s.l\n", FILTER_TABLE, n->id);
}

/* What asks for an SA: on the device without one, and on charon's TUN, where an injected route leads. */
static void write_waiting(struct text *t, const struct filter_names *n, const struct sets *s)
{
	const struct direction *d = &directions[0];

	for (size_t i = 0; i < s->count; i++) {
		const struct filter_element *e = s->items[i];

		if (e->view != VIEW_WAITING || (i > 0 && same_group(s->items[i - 1], e)))
			continue;
		begin_rule(t, d, n, ".w");
		text_printf(t, "oifname \"%s\" rt ipsec missing jump ", n->device);
		group_chain(t, d, n, e);
		text_add(t, "\n");
		if (!n->tun[0])
			continue;
		begin_rule(t, d, n, ".w");
		text_printf(t, "oifname \"%s\" jump ", n->tun);
		group_chain(t, d, n, e);
		text_add(t, "\n");
	}
	if (is_waiting(s) && n->log) {
		begin_rule(t, d, n, ".l");
		text_printf(t, "limit rate %d/second burst %d packets log group %d snaplen %d\n",
			NFLOG_DEMANDS_PER_S, NFLOG_DEMANDS_PER_S, NFLOG_DEMAND_GROUP, NFLOG_HEAD_BYTES);
	}
}

static void write_direction(struct text *t, const struct direction *d, const struct filter_names *n,
	const struct sets *now, const struct sets *former)
{
	static const char *const tails[] = {"", ".f", ".d"};

	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++)
		text_printf(t, "add chain %1$s %2$s.%3$s%4$s\nflush chain %1$s %2$s.%3$s%4$s\n", FILTER_TABLE,
			d->name, n->id, tails[i]);
	if (d == &directions[0] && (is_waiting(now) || is_waiting(former)))
		write_waiting_hook(t, n);
	write_group_chains(t, d, n, "flush", former, NULL);
	write_group_chains(t, d, n, "add", now, NULL);
	if (d == &directions[0])
		write_waiting(t, n, now);
	write_main_chain(t, d, n, now);
	write_drop_chain(t, d, n);
	for (size_t i = 0; i < now->count; i++)
		if (is_asked(d, now->items[i]))
			write_set_rule(t, d, n, now->items[i]);
	write_group_chains(t, d, n, "delete", former, now);
	if (d == &directions[0] && is_waiting(former) && !is_waiting(now))
		write_waiting_gone(t, n);
}

void filter_write_chains(struct text *t, const struct filter_names *n, const struct filter_element *e,
	size_t count, const struct filter_element *former, size_t former_count)
{
	struct sets now, before;

	now.items = sets_of(e, count, &now.count);
	before.items = sets_of(former, former_count, &before.count);
	if (now.items && before.items)
		for (size_t i = 0; i < 2; i++)
			write_direction(t, &directions[i], n, &now, &before);
	else
		t->oom = true;
	free(now.items);
	free(before.items);
}

/* A rule, not an element of indev: nft cannot tell "hs3-*" from "hs33-*" in one map. */
void filter_write_virtual(struct text *t, const struct filter_names *n)
{
	text_printf(t,
		"add chain %1$s in.%2$s.v { type filter hook prerouting priority -300; policy accept; }\n"
		"flush chain %1$s in.%2$s.v\n",
		FILTER_TABLE, n->id);
	if (n->ifindex > 0) /* the names are those of hsrp_macvlan_name() */
		text_printf(t, "add rule %1$s in.%2$s.v iifname \"hs%3$d-*\" jump in.%2$s\n", FILTER_TABLE,
			n->id, n->ifindex);
}

void filter_write_hooks(struct text *t, const struct filter_names *n)
{
	filter_write_virtual(t, n);
	for (size_t i = 0; i < 2; i++)
		text_printf(t, "add element %s %sdev { \"%s\" : jump %s.%s }\n", FILTER_TABLE,
			directions[i].name, n->device, directions[i].name, n->id);
}

void filter_write_unhook(struct text *t, const struct filter_names *n)
{
	for (size_t i = 0; i < 2; i++)
		text_printf(t, "delete element %s %sdev { \"%s\" }\n", FILTER_TABLE, directions[i].name,
			n->device);
}

void filter_write_counters_gone(struct text *t, const struct filter_names *n)
{
	for (size_t i = 0; i < 2; i++)
		text_printf(t, "delete counter %s %s.%s\n", FILTER_TABLE, directions[i].name, n->id);
}
