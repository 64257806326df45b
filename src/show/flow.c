#include "show/flow.h"

#include "ipsec/plan.h"

#include <stdio.h>
#include <string.h>

enum { IKE_PORT = 500 };

struct ipaddr local_endpoint(const struct facts *f, const struct interface_cfg *i)
{
	const struct core_binding *b = facts_binding(f, i->name);

	if (b && ip_is_set(&b->endpoint))
		return b->endpoint;
	if (b && b->redundancy)
		return (struct ipaddr){0}; /* pending: there is none */
	if (i->address_set)
		return i->address;
	const struct address *a = b ? facts_first_address(f, b->ifindex) : NULL;
	return a ? a->prefix.addr : (struct ipaddr){0};
}

static const struct ike_sa *best_ike_sa(const struct facts *f, const char *conn)
{
	const struct ike_sa *best = NULL;

	for (size_t i = facts_first_ike_sa(f, conn); i < f->ike_sa_count && !strcmp(f->ike_sas[i].conn, conn);
		i++)
		if (!best || best->state != IKE_SA_ESTABLISHED || f->ike_sas[i].state == IKE_SA_ESTABLISHED)
			best = &f->ike_sas[i];
	return best;
}

const struct ipaddr *entry_peer(
	const struct facts *f, const char *interface, const char *map, const struct crypto_map_entry *e)
{
	const struct ipaddr *fallback = e->peer_count ? &e->peers[0].addr : NULL;
	char conn[CONN_NAME_MAX];

	for (unsigned p = 0; p < e->peer_count; p++) {
		if (e->peers[p].is_default)
			fallback = &e->peers[p].addr;
		const struct ike_sa *ike =
			best_ike_sa(f, conn_name(interface, map, e->sequence, &e->peers[p].addr, conn));
		if (ike && ike->state == IKE_SA_ESTABLISHED)
			return &e->peers[p].addr;
	}
	return fallback;
}

bool child_counts(const struct child_sa *sa)
{
	return sa->state == CHILD_SA_INSTALLED || sa->state == CHILD_SA_REKEYING ||
		sa->state == CHILD_SA_REKEYED;
}

/* A replaced SA's packets are in what its successor counts as before it. */
uint64_t flow_packets(const struct flow *f, bool inbound)
{
	int64_t sum = 0;

	for (size_t i = 0; i < f->sa_count; i++) {
		const struct child_sa *sa = &f->sas[i];

		if (sa->state == CHILD_SA_REKEYED)
			continue;
		sum += inbound ? (int64_t)sa->packets_in + sa->packets_in_before
			       : (int64_t)sa->packets_out + sa->packets_out_before;
	}
	return sum > 0 ? (uint64_t)sum : 0;
}

/* --- Entries on interfaces: at[0] interface, at[1] entry ------------------------------------------------------------ */

bool interface_chosen(const struct show_args *a, const struct interface_cfg *i)
{
	if (!i->crypto_map[0] || (a->interface[0] && strcmp(a->interface, i->name) != 0))
		return false;
	return a->sa != SHOW_SA_MAP || !a->name[0] || !strcmp(a->name, i->crypto_map);
}

/* The entry at the position, after stepping over interfaces without one; NULL at the end. */
static const struct crypto_map_entry *entry_at(const struct facts *f, const struct show_args *a,
	struct walk *w, const struct interface_cfg **interface, const struct crypto_map **map)
{
	const struct vec *interfaces = &f->model->interfaces;

	for (; w->at[0] < interfaces->count; *w = (struct walk){{w->at[0] + 1}}) {
		*interface = interfaces->items[w->at[0]];
		if (!interface_chosen(a, *interface))
			continue;
		*map = model_crypto_map(f->model, (*interface)->crypto_map);
		if (*map && w->at[1] < (*map)->entries.count)
			return (*map)->entries.items[w->at[1]];
	}
	return NULL;
}

static void next_entry(struct walk *w)
{
	*w = (struct walk){{w->at[0], w->at[1] + 1}};
}

/* A dynamic entry's connections: "…/any", and "…/any-<profile>" for each IKEv2 profile. */
static bool in_conn(const char *name, const char *conn)
{
	size_t n = strlen(conn);

	return !strncmp(name, conn, n) && (name[n] == '\0' || name[n] == '-');
}

/* --- Flows ------------------------------------------------------------------------------------------------------------ */

static struct flow_ident ident_of_acl(const struct acl_end *end, int protocol)
{
	struct flow_ident id = {.addr = end->addr, .mask = end->wildcard, .protocol = (uint8_t)protocol};

	for (size_t i = 0; i < ip_bits(&id.mask) / 8; i++) {
		id.mask.bytes[i] = (uint8_t)~id.mask.bytes[i];
		id.addr.bytes[i] &= id.mask.bytes[i];
	}
	id.port = end->port_op == ACL_PORT_EQ ? end->port_lo : 0;
	return id;
}

static struct flow_ident ident_of_selector(const struct ike_selector *sel)
{
	return (struct flow_ident){
		.addr = sel->prefix.addr,
		.mask = ip_len_to_mask(sel->prefix.addr.family, sel->prefix.len),
		.protocol = sel->protocol,
		.port = sel->ports.lo == sel->ports.hi ? sel->ports.lo : 0,
	};
}

static bool same_selector(const struct ike_selector *a, const struct ike_selector *b)
{
	return prefix_equal(&a->prefix, &b->prefix) && a->protocol == b->protocol &&
		a->ports.lo == b->ports.lo && a->ports.hi == b->ports.hi;
}

/* How many SAs from `first` on have the child, the peer and the selectors of that one. */
static size_t selector_run(const struct facts *f, size_t first)
{
	const struct child_sa *a = &f->child_sas[first];
	size_t n = 1;

	for (; first + n < f->child_sa_count; n++) {
		const struct child_sa *b = &f->child_sas[first + n];
		if (strcmp(a->conn, b->conn) != 0 || strcmp(a->child, b->child) != 0 ||
			!ip_equal(&a->remote_host, &b->remote_host) ||
			!same_selector(&a->remote[0], &b->remote[0]) ||
			!same_selector(&a->local[0], &b->local[0]))
			break;
	}
	return n;
}

/* Leaves out at both ends what is no more; what is left in between is printed as it is. */
static void set_sas(struct flow *flow, const struct child_sa *sas, size_t count)
{
	while (count && !child_counts(&sas[0])) {
		sas++;
		count--;
	}
	while (count && !child_counts(&sas[count - 1]))
		count--;
	flow->sas = sas;
	flow->sa_count = count;
	if (count) {
		flow->peer = sas[count - 1].remote_host;
		flow->peer_port = sas[count - 1].remote_port;
	}
}

/*
 * The first SA of a dynamic connection at or behind `i` that is with `host` (NULL: with anybody). SAs are in the order of
 * child, host: whoever is not meant is jumped over, as there may be thousands.
 */
static const struct child_sa *seek_host(
	const struct facts *f, const char *conn, const struct ipaddr *host, size_t *i)
{
	static const struct ipaddr beyond = {.family = UINT8_MAX};

	while (*i < f->child_sa_count && in_conn(f->child_sas[*i].conn, conn)) {
		const struct child_sa *sa = &f->child_sas[*i];
		int d = host ? ip_compare(&sa->remote_host, host) : 0;
		if (d == 0)
			return sa;
		*i = facts_seek_child_sa(f, sa->conn, sa->child, d < 0 ? host : &beyond);
	}
	return NULL;
}

/* The next flow of a dynamic entry's connection: at[2] counts SAs, at[3] pairs of selectors of the run. */
static bool dynamic_flow(
	const struct facts *f, const char *conn, const struct ipaddr *host, struct walk *w, struct flow *out)
{
	size_t first = facts_first_child_sa(f, conn, ""), i = first + w->at[2];
	const struct child_sa *sa;

	while ((sa = seek_host(f, conn, host, &i))) {
		size_t run = selector_run(f, i), pairs = (size_t)sa->local_count * sa->remote_count;

		if (w->at[2] != i - first)
			w->at[3] = 0;
		w->at[2] = i - first;
		set_sas(out, sa, run);
		if (out->sa_count && w->at[3] < pairs) {
			const struct crypto_map_entry *t = plan_template(f->model, out->entry, sa->child);
			out->template = t ? t : out->entry;
			out->local = ident_of_selector(&sa->local[w->at[3] / sa->remote_count]);
			out->remote = ident_of_selector(&sa->remote[w->at[3] % sa->remote_count]);
			w->at[3]++;
			return true;
		}
		i += run;
	}
	return false;
}

static void take_line(struct flow *out, const struct acl_rule *rule)
{
	out->local = ident_of_acl(&rule->source, rule->protocol);
	out->remote = ident_of_acl(&rule->destination, rule->protocol);
}

static bool of_line(const struct facts *f, size_t i, const char *conn, const char *child)
{
	return i < f->child_sa_count && !strcmp(f->child_sas[i].conn, conn) &&
		in_conn(f->child_sas[i].child, child);
}

/*
 * The SAs of an access list line with one peer: of child "l10", and of "l10-1" … where a line became several. With
 * `level per-host` those of one pair of hosts, which are the flow's idents. `seen` have been in flows before; false: none is left.
 */
static bool line_flow(
	const struct facts *f, const char *conn, const struct acl_rule *rule, size_t *seen, struct flow *out)
{
	bool pairs = out->entry->options.per_host && !f->libipsec;
	char child[IKE_CHILD_NAME_MAX];
	size_t n;

	snprintf(child, sizeof(child), "l%u", rule->sequence);
	set_sas(out, NULL, 0);
	for (size_t first = facts_first_child_sa(f, conn, child);
		!out->sa_count && of_line(f, first + *seen, conn, child); *seen += n) {
		const struct child_sa *sa = &f->child_sas[first + *seen];

		n = pairs ? selector_run(f, first + *seen) : 1;
		while (!pairs && of_line(f, first + *seen + n, conn, child))
			n++;
		set_sas(out, sa, n);
		if (pairs && out->sa_count && sa->local_count && sa->remote_count) {
			out->local = ident_of_selector(&sa->local[0]);
			out->remote = ident_of_selector(&sa->remote[0]);
		}
	}
	return out->sa_count > 0;
}

/* The next flow of a static entry: at[2] line, at[3] peer, at[4] SAs seen. A line whose peers have no SA comes once. */
static bool static_flow(const struct facts *f, struct walk *w, struct flow *out)
{
	const struct crypto_map_entry *e = out->entry;
	const struct acl *acl = e->acl[0] ? model_acl(f->model, e->acl) : NULL;
	char conn[CONN_NAME_MAX];

	for (; acl && w->at[2] < acl->rules.count; w->at[2]++, w->at[3] = w->at[4] = 0) {
		const struct acl_rule *rule = acl->rules.items[w->at[2]];
		bool came = w->at[3] || w->at[4];
		if (rule->is_remark || !rule->permit)
			continue;
		take_line(out, rule);
		for (; w->at[3] < e->peer_count; w->at[3]++, w->at[4] = 0) {
			conn_name(out->interface->name, out->map->name, e->sequence, &e->peers[w->at[3]].addr,
				conn);
			if (line_flow(f, conn, rule, &w->at[4], out))
				return true;
		}
		if (!came) {
			const struct ipaddr *peer = entry_peer(f, out->interface->name, out->map->name, e);
			out->peer = peer ? *peer : (struct ipaddr){0};
			out->peer_port = IKE_PORT;
			w->at[2]++;
			w->at[3] = w->at[4] = 0;
			return true;
		}
	}
	return false;
}

bool flow_next(const struct facts *f, const struct show_args *only, struct walk *w, struct flow *out)
{
	char conn[CONN_NAME_MAX];

	*out = (struct flow){0};
	while ((out->entry = entry_at(f, only, w, &out->interface, &out->map))) {
		out->template = out->entry;
		out->dynamic = out->entry->kind == CRYPTO_MAP_ISAKMP_DYNAMIC;
		bool found;
		do {
			if (out->dynamic)
				found = dynamic_flow(f,
					conn_name(out->interface->name, out->map->name, out->entry->sequence,
						NULL, conn),
					NULL, w, out);
			else
				found = static_flow(f, w, out);
			if (found && (only->sa != SHOW_SA_PEER || ip_equal(&out->peer, &only->address)))
				return true;
		} while (found);
		next_entry(w);
	}
	return false;
}

/* --- Sessions ----------------------------------------------------------------------------------------------------------- */

/* CHILD_SAs of a connection that are up; of one IKE_SA where it is named. */
static size_t count_children(const struct facts *f, const char *conn, const struct ike_sa *ike)
{
	size_t n = 0;

	/* With or without a peer's name: a static connection's name is no other's beginning. */
	for (size_t i = facts_first_child_sa(f, conn, "");; i++) {
		const struct child_sa *sa = seek_host(f, conn, ike ? &ike->remote_host : NULL, &i);
		if (!sa)
			return n;
		n += child_counts(sa) && (!ike || sa->ike_id == ike->id);
	}
}

/* A dynamic entry: one session per IKE_SA; at[2] counts them. */
static bool dynamic_session(const struct facts *f, struct walk *w, struct session *out)
{
	conn_name(out->interface->name, out->map->name, out->entry->sequence, NULL, out->conn);
	size_t i = facts_first_ike_sa(f, out->conn) + w->at[2];
	if (i >= f->ike_sa_count || !in_conn(f->ike_sas[i].conn, out->conn))
		return false;
	w->at[2]++;
	out->ike = &f->ike_sas[i];
	out->peer = out->ike->remote_host;
	out->child_count = count_children(f, out->conn, out->ike);
	str_copy(out->profile, sizeof(out->profile), out->ike->conn + strlen(out->conn));
	memmove(out->profile, out->profile + 1, strlen(out->profile)); /* "-profile", or nothing */
	return true;
}

/* A static entry: each peer with an SA; when none has, the peer in use, down. at[2] counts peers. */
static bool static_session(const struct facts *f, struct walk *w, struct session *out)
{
	const struct crypto_map_entry *e = out->entry;
	const struct ipaddr *current = entry_peer(f, out->interface->name, out->map->name, e);

	str_copy(out->profile, sizeof(out->profile), e->ikev2_profile);
	while (w->at[2] < e->peer_count) {
		const struct ipaddr *peer = &e->peers[w->at[2]++].addr;
		conn_name(out->interface->name, out->map->name, e->sequence, peer, out->conn);
		out->peer = *peer;
		out->ike = best_ike_sa(f, out->conn);
		out->child_count = count_children(f, out->conn, NULL);
		if (out->ike || out->child_count || ip_equal(peer, current))
			return true;
	}
	return false;
}

bool session_next(const struct facts *f, const struct show_args *only, struct walk *w, struct session *out)
{
	*out = (struct session){0};
	while ((out->entry = entry_at(f, only, w, &out->interface, &out->map))) {
		out->dynamic = out->entry->kind == CRYPTO_MAP_ISAKMP_DYNAMIC;
		while (out->dynamic ? dynamic_session(f, w, out) : static_session(f, w, out))
			if (only->sa != SHOW_SA_PEER || ip_equal(&out->peer, &only->address))
				return true;
		next_entry(w);
	}
	return false;
}

bool session_flow_next(const struct facts *f, const struct session *s, struct walk *w, struct flow *out)
{
	const struct acl *acl = s->entry->acl[0] ? model_acl(f->model, s->entry->acl) : NULL;

	*out = (struct flow){.interface = s->interface,
		.map = s->map,
		.entry = s->entry,
		.template = s->entry,
		.dynamic = s->dynamic,
		.peer = s->peer};
	if (s->dynamic) {
		while (dynamic_flow(f, s->conn, &s->peer, w, out))
			if (!s->ike || out->sas[out->sa_count - 1].ike_id == s->ike->id)
				return true;
		return false;
	}
	for (; acl && w->at[2] < acl->rules.count; w->at[2]++, w->at[4] = 0) {
		const struct acl_rule *rule = acl->rules.items[w->at[2]];
		bool came = w->at[4] > 0;
		if (rule->is_remark || !rule->permit)
			continue;
		take_line(out, rule);
		if (line_flow(f, s->conn, rule, &w->at[4], out))
			return true;
		if (!came) {
			w->at[2]++;
			w->at[4] = 0;
			return true;
		}
	}
	return false;
}
