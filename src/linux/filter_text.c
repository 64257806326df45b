#include "linux/filter_text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linux/filter_layers.h"
#include "linux/nflog.h"

static const char TABLE[] = "inet hotswan";

/* By family: what a packet's addresses are called, and what a later fragment looks like. */
static const struct {
	const char *type, *ip, *fragment, suffix;
} families[2] = {
	{"ipv4_addr", "ip", "ip frag-off & 0x1fff != 0", '4'},
	{"ipv6_addr", "ip6", "frag frag-off != 0", '6'},
};

static const char kind_letter[] = {[KIND_ADDRESSES] = 'a', [KIND_PROTOCOL] = 'l', [KIND_PORTS] = 't'};
static const char view_letter[] = {[VIEW_PACKETS] = 'p', [VIEW_FRAGMENTS] = 'f'};

static size_t family_index(uint8_t family)
{
	return family == IP_V6;
}

/* Big-endian and back: its own inverse. */
static uint16_t swapped(uint16_t number)
{
	uint8_t b[2];

	memcpy(b, &number, sizeof(b));
	return (uint16_t)(b[0] << 8 | b[1]);
}

int filter_element_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct filter_element));
}

bool filter_same_set(const struct filter_element *a, const struct filter_element *b)
{
	return a->view == b->view && a->kind == b->kind && a->group_be == b->group_be &&
		a->family == b->family && a->permit == b->permit && a->layer_be == b->layer_be;
}

/* --- From rules to elements -------------------------------------------------------------------------------------- */

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
	e.kind = !any_ports(r) ? KIND_PORTS : r->protocol ? KIND_PROTOCOL : KIND_ADDRESSES;
	e.family = r->local.addr.family;
	e.permit = r->permit;
	e.group_be = swapped(p->group);
	e.layer_be = swapped(p->layer);
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
	free(rules);
	if (error) {
		free(e.items);
		return error;
	}
	sort_and_unite(&e);
	*out = e.items;
	*count = e.count;
	return 0;
}

/* --- Names ------------------------------------------------------------------------------------------------------- */

bool filter_id(const char *device, char out[FILTER_ID_MAX])
{
	static const char hex[] = "0123456789abcdef";
	size_t n = strlen(device), at = 0;

	/* Within quotes nft knows no escape, and a star at the end would mean "begins with". */
	if (n == 0 || n >= DEVICE_NAME_MAX || strpbrk(device, "\"\\*"))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)device[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-';

		if (plain) {
			out[at++] = (char)c;
			continue;
		}
		out[at++] = '_';
		out[at++] = hex[c >> 4];
		out[at++] = hex[c & 15];
	}
	out[at] = '\0';
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool filter_id_device(const char *id, char out[DEVICE_NAME_MAX])
{
	size_t n = 0;

	for (; *id && n < DEVICE_NAME_MAX - 1; id++) {
		if (*id != '_') {
			out[n++] = *id;
			continue;
		}
		int high = hex_digit(id[1]), low = high < 0 ? -1 : hex_digit(id[2]);

		if (low < 0)
			return false;
		out[n++] = (char)(high << 4 | low);
		id += 2;
	}
	out[n] = '\0';
	return n > 0 && !*id;
}

static void set_name(struct text *t, const struct filter_names *n, const struct filter_element *e)
{
	char family = families[family_index(e->family)].suffix;

	text_printf(t, "dev-%s.%u.", n->id, n->generation);
	if (e->kind == KIND_PEER || e->kind == KIND_ANY_PEER)
		text_printf(t, "%s%c", e->kind == KIND_PEER ? "peer" : "any", family);
	else
		text_printf(t, "%c%u.%u%c%c%c", view_letter[e->view], swapped(e->group_be),
			swapped(e->layer_be), e->permit ? 'y' : 'n', kind_letter[e->kind], family);
}

/* --- Commands ---------------------------------------------------------------------------------------------------- */

void filter_write_table(struct text *t)
{
	text_printf(t,
		"add table %1$s\n"
		"add map %1$s outdev { type ifname : verdict; }\n"
		"add map %1$s indev { type ifname : verdict; }\n"
		"add chain %1$s out { type filter hook postrouting priority 300; policy accept; }\n"
		"add chain %1$s in { type filter hook prerouting priority -300; policy accept; }\n"
		"flush chain %1$s out\n"
		"flush chain %1$s in\n"
		"add rule %1$s out oifname vmap @outdev\n"
		"add rule %1$s in iifname vmap @indev\n",
		TABLE);
}

static void write_type(struct text *t, const struct filter_element *e)
{
	const char *address = families[family_index(e->family)].type;

	text_printf(t, "type %s", address);
	if (e->kind != KIND_ANY_PEER)
		text_printf(t, " . %s", address);
	if (e->kind == KIND_PROTOCOL || e->kind == KIND_PORTS)
		text_add(t, " . inet_proto");
	if (e->kind == KIND_PORTS)
		text_add(t, " . inet_service . inet_service");
	text_add(t, e->view == VIEW_PEERS ? ";" : "; flags interval;");
}

void filter_write_set(struct text *t, const struct filter_names *n, const struct filter_element *e)
{
	text_printf(t, "add set %s ", TABLE);
	set_name(t, n, e);
	text_add(t, " { ");
	write_type(t, e);
	text_add(t, " }\n");
}

void filter_write_set_gone(struct text *t, const struct filter_names *n, const struct filter_element *e)
{
	text_printf(t, "delete set %s ", TABLE);
	set_name(t, n, e);
	text_add(t, "\n");
}

static void write_prefix(struct text *t, const struct prefix *p)
{
	char lo[IP_TEXT_MAX], hi[IP_TEXT_MAX];
	struct ipaddr last = p->addr;

	/* A range says it for every length; "0.0.0.0/0" is not taken everywhere. */
	for (unsigned i = p->len; i < ip_bits(&p->addr); i++)
		last.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	text_add(t, ip_format(&p->addr, lo));
	if (p->len < ip_bits(&p->addr))
		text_printf(t, "-%s", ip_format(&last, hi));
}

static void write_ports(struct text *t, const struct ports *p)
{
	text_printf(t, p->lo == p->hi ? " . %u" : " . %u-%u", p->lo, p->hi);
}

/* The remote side first: it differs most, and the kernel's search (also the one before each insert) narrows field by field. */
static void write_element(struct text *t, const struct filter_element *e)
{
	if (e->kind != KIND_ANY_PEER) {
		write_prefix(t, &e->remote);
		text_add(t, " . ");
	}
	write_prefix(t, &e->local);
	if (e->kind == KIND_PROTOCOL || e->kind == KIND_PORTS)
		text_printf(t, e->protocol ? " . %u" : " . 0-255", e->protocol);
	if (e->kind == KIND_PORTS) {
		write_ports(t, &e->remote_ports);
		write_ports(t, &e->local_ports);
	}
}

void filter_write_elements(struct text *t, const struct filter_names *n, const char *verb,
	const struct filter_element *const *e, size_t count)
{
	assert(count > 0);
	text_printf(t, "%s element %s ", verb, TABLE);
	set_name(t, n, e[0]);
	text_add(t, " { ");
	for (size_t i = 0; i < count; i++) {
		assert(filter_same_set(e[0], e[i]));
		write_element(t, e[i]);
		text_add(t, i + 1 < count ? ", " : " }\n");
	}
}

/* --- Chains ------------------------------------------------------------------------------------------------------ */

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
	text_printf(t, "add rule %s %s.%s%s ", TABLE, d->name, n->id, tail);
}

/* Our own IKE and ESP. NAT may have changed the peer's port, never ours. */
static void write_peer_rules(struct text *t, const struct direction *d, const struct filter_names *n,
	const struct filter_element *set)
{
	const char *ip = families[family_index(set->family)].ip;

	for (size_t i = 0; i < 3; i++) {
		if (i == 2 && d == &directions[0]) /* what we send is cut into fragments after this hook */
			continue;
		begin_rule(t, d, n, "");
		if (set->kind == KIND_PEER)
			text_printf(t, "%s %s . ", ip, d->remote);
		text_printf(t, "%s %s @", ip, d->local);
		set_name(t, n, set);
		text_add(t, " ");
		if (i == 0)
			text_add(t, "meta l4proto { esp, ah }");
		else if (i == 1)
			text_printf(t, "meta l4proto udp th %s { 500, 4500 }", d->local_port);
		else /* harmless without its first fragment, which shows its ports */
			text_printf(t, "meta l4proto udp %s", families[family_index(set->family)].fragment);
		text_add(t, " accept\n");
	}
}

static void group_chain(struct text *t, const struct direction *d, const struct filter_names *n,
	const struct filter_element *e)
{
	text_printf(t, "%s.%s.%c%u", d->name, n->id, view_letter[e->view], swapped(e->group_be));
}

/* One lookup. What is not protected by this group may be by another one: back to the device's chain. */
static void write_set_rule(struct text *t, const struct direction *d, const struct filter_names *n,
	const struct filter_element *set)
{
	const char *ip = families[family_index(set->family)].ip;

	text_printf(t, "add rule %s ", TABLE);
	group_chain(t, d, n, set);
	text_printf(t, " %s %s . %s %s", ip, d->remote, ip, d->local);
	if (set->kind == KIND_PROTOCOL || set->kind == KIND_PORTS)
		text_add(t, " . meta l4proto");
	if (set->kind == KIND_PORTS)
		text_printf(t, " . th %s . th %s", d->remote_port, d->local_port);
	text_add(t, " @");
	set_name(t, n, set);
	if (set->permit)
		text_printf(t, " goto %s.%s.d\n", d->name, n->id);
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

static void write_main_chain(
	struct text *t, const struct direction *d, const struct filter_names *n, const struct sets *s)
{
	bool fragments = false;

	text_printf(t, "add counter %s %s.%s\n", TABLE, d->name, n->id);
	begin_rule(t, d, n, "");
	text_printf(t, "%s accept\n", d->guard);
	for (size_t i = 0; i < s->count; i++) {
		if (s->items[i]->view == VIEW_PEERS)
			write_peer_rules(t, d, n, s->items[i]);
		fragments |= s->items[i]->view == VIEW_FRAGMENTS;
	}
	for (size_t i = 0; fragments && i < 2; i++) {
		begin_rule(t, d, n, "");
		text_printf(t, "%s goto %s.%s.f\n", families[i].fragment, d->name, n->id);
	}
	for (size_t i = 0; i < s->count; i++) {
		const struct filter_element *e = s->items[i];

		if (e->view == VIEW_PEERS || (i > 0 && same_group(s->items[i - 1], e)))
			continue;
		begin_rule(t, d, n, e->view == VIEW_FRAGMENTS ? ".f" : "");
		text_add(t, "jump ");
		group_chain(t, d, n, e);
		text_add(t, "\n");
	}
}

/* "VERB chain …" for the chain of each group; those that `others` have, too, may be left out. */
static void write_group_chains(struct text *t, const struct direction *d, const struct filter_names *n,
	const char *verb, const struct sets *s, const struct sets *others)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct filter_element *e = s->items[i];
		bool skip = e->view == VIEW_PEERS || (i > 0 && same_group(s->items[i - 1], e));

		for (size_t j = 0; others && !skip && j < others->count; j++)
			skip = same_group(others->items[j], e);
		if (skip)
			continue;
		text_printf(t, "%s chain %s ", verb, TABLE);
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

static void write_direction(struct text *t, const struct direction *d, const struct filter_names *n,
	const struct sets *now, const struct sets *former)
{
	static const char *const tails[] = {"", ".f", ".d"};

	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++)
		text_printf(t, "add chain %1$s %2$s.%3$s%4$s\nflush chain %1$s %2$s.%3$s%4$s\n", TABLE,
			d->name, n->id, tails[i]);
	write_group_chains(t, d, n, "flush", former, NULL);
	write_group_chains(t, d, n, "add", now, NULL);
	write_main_chain(t, d, n, now);
	write_drop_chain(t, d, n);
	for (size_t i = 0; i < now->count; i++)
		if (now->items[i]->view != VIEW_PEERS)
			write_set_rule(t, d, n, now->items[i]);
	write_group_chains(t, d, n, "delete", former, now);
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
		TABLE, n->id);
	if (n->ifindex > 0) /* the names are those of hsrp_macvlan_name() */
		text_printf(t, "add rule %1$s in.%2$s.v iifname \"hs%3$d-*\" jump in.%2$s\n", TABLE, n->id,
			n->ifindex);
}

void filter_write_hooks(struct text *t, const struct filter_names *n)
{
	filter_write_virtual(t, n);
	for (size_t i = 0; i < 2; i++)
		text_printf(t, "add element %s %sdev { \"%s\" : jump %s.%s }\n", TABLE, directions[i].name,
			n->device, directions[i].name, n->id);
}

void filter_write_unhook(struct text *t, const struct filter_names *n)
{
	for (size_t i = 0; i < 2; i++)
		text_printf(t, "delete element %s %sdev { \"%s\" }\n", TABLE, directions[i].name, n->device);
}

void filter_write_counters_gone(struct text *t, const struct filter_names *n)
{
	for (size_t i = 0; i < 2; i++)
		text_printf(t, "delete counter %s %s.%s\n", TABLE, directions[i].name, n->id);
}
