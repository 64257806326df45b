#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "base/text.h"

/* --- The log ------------------------------------------------------------------------------------------------------ */

static void __attribute__((format(printf, 2, 3))) note(struct world *w, const char *format, ...)
{
	struct text t = {0};
	va_list args;

	va_start(args, format);
	text_vprintf(&t, format, args);
	va_end(args);
	assert_true(w->log_count < WORLD_LOG_MAX);
	w->log[w->log_count++] = text_take(&t);
}

void log_clear(struct world *w)
{
	while (w->log_count)
		free(w->log[--w->log_count]);
}

int seen(const struct world *w, const char *text)
{
	for (size_t i = 0; i < w->log_count; i++)
		if (strstr(w->log[i], text))
			return (int)i;
	return -1;
}

size_t count_seen(const struct world *w, const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < w->log_count; i++)
		n += strstr(w->log[i], text) != NULL;
	return n;
}

void print_log(const struct world *w)
{
	for (size_t i = 0; i < w->log_count && i < 200; i++)
		print_message("    %s\n", w->log[i]);
}

/* --- The kernel ----------------------------------------------------------------------------------------------------- */

static struct world_route *kernel_find(struct world *w, const struct route *r)
{
	for (size_t i = 0; i < w->route_cap; i++) {
		const struct route *k = &w->routes[i].r;

		if (w->routes[i].used && prefix_equal(&k->prefix, &r->prefix) && k->metric == r->metric &&
			k->protocol == r->protocol && k->table == r->table)
			return &w->routes[i];
	}
	return NULL;
}

static void kernel_add(struct world *w, const struct route *r)
{
	struct world_route *k = kernel_find(w, r);

	for (size_t i = 0; !k && i < w->route_cap; i++)
		if (!w->routes[i].used)
			k = &w->routes[i];
	if (!k) {
		size_t cap = w->route_cap ? 2 * w->route_cap : 64;

		w->routes = realloc(w->routes, cap * sizeof(*w->routes));
		memset(w->routes + w->route_cap, 0, (cap - w->route_cap) * sizeof(*w->routes));
		k = &w->routes[w->route_cap];
		w->route_cap = cap;
	}
	*k = (struct world_route){*r, true};
}

bool has_route(const struct world *w, const char *prefix, uint8_t protocol)
{
	struct prefix p;

	assert_true(prefix_parse(prefix, &p));
	for (size_t i = 0; i < w->route_cap; i++)
		if (w->routes[i].used && w->routes[i].r.protocol == protocol &&
			prefix_equal(&w->routes[i].r.prefix, &p))
			return true;
	return false;
}

/* --- Effects and their answers ------------------------------------------------------------------------------------------ */

static void step(struct world *w, const struct event *e)
{
	struct effects *out = &w->effects;

	core_step(w->core, e, (mono_t){w->ms * 1000000}, out);
}

static void result(struct world *w, uint64_t cookie, int error)
{
	if (cookie)
		step(w, &(struct event){.kind = EV_RESULT, .result = {cookie, error}});
}

static void do_route(struct world *w, const struct effect *e, bool add)
{
	char prefix[PREFIX_TEXT_MAX], gateway[IP_TEXT_MAX];
	bool in_main = e->route.table == ROUTE_TABLE_MAIN;
	struct world_route *k;

	prefix_format(&e->route.prefix, prefix);
	ip_format(&e->route.gateway, gateway);
	note(w, "route%c %s%s%s dev %d proto %u metric %u%s%.0u", add ? '+' : '-', prefix,
		gateway[0] ? " via " : "", gateway, e->route.ifindex, e->route.protocol, e->route.metric,
		in_main ? "" : " table ", in_main ? 0 : e->route.table);
	if (w->kernel_silent)
		return;
	if (add && w->route_error) {
		result(w, e->cookie, w->route_error);
		return;
	}
	k = kernel_find(w, &e->route);
	if (add) {
		kernel_add(w, &e->route);
		step(w, &(struct event){.kind = EV_ROUTE, .route = e->route});
	} else if (k) {
		k->used = false;
		step(w, &(struct event){.kind = EV_ROUTE_GONE, .route = e->route});
	}
	result(w, e->cookie, add || k ? 0 : -ESRCH);
}

static void do_resolve(struct world *w, const struct ipaddr *target)
{
	struct event e = {.kind = EV_RESOLVED};
	struct prefix link;
	char text[IP_TEXT_MAX];

	note(w, "resolve %s", ip_format(target, text));
	if (w->hold_resolve)
		return;
	prefix_parse("192.168.0.0/24", &link);
	e.resolved.target = *target;
	if (ip_is_set(&w->gateway) || prefix_contains(&link, target))
		e.resolved.ifindex = OUTSIDE;
	if (!prefix_contains(&link, target))
		e.resolved.gateway = w->gateway;
	step(w, &e);
}

static void do_filter(struct world *w, const struct effect *e)
{
	const struct filter *f = e->filter;

	w->filters++;
	note(w, "filter %s rules %u peers %u", f->device, f->rule_count, f->peer_count);
	for (uint32_t i = 0; i < f->rule_count && i < 20; i++) {
		char local[PREFIX_TEXT_MAX], remote[PREFIX_TEXT_MAX];

		note(w, "  %s %s -> %s", f->rules[i].permit ? "protect" : "pass",
			prefix_format(&f->rules[i].local, local), prefix_format(&f->rules[i].remote, remote));
	}
	if (f->waiting_count || w->filter_waited)
		note(w, "filter waits for %u rules%s%s", f->waiting_count, *f->tun ? ", " : "", f->tun);
	w->filter_waited = f->waiting_count > 0;
	if (w->hold_filter)
		w->held_filter = e->cookie;
	else
		result(w, e->cookie, w->filter_error);
}

/* --- charon ---------------------------------------------------------------------------------------------------------- */

static void note_sa(struct world *w, bool is_ike, uint32_t id, uint32_t ike, const char *conn)
{
	struct world_sa *s;

	for (size_t i = 0; i < w->sa_count; i++)
		if (w->sas[i].is_ike == is_ike && w->sas[i].id == id)
			return;
	w->sas = realloc(w->sas, (w->sa_count + 1) * sizeof(*w->sas));
	s = &w->sas[w->sa_count++];
	*s = (struct world_sa){is_ike, id, ike, ""};
	str_copy(s->conn, sizeof(s->conn), conn);
}

static void forget_sa(struct world *w, bool is_ike, uint32_t id)
{
	for (size_t i = 0; i < w->sa_count; i++) {
		if (w->sas[i].is_ike != is_ike || w->sas[i].id != id)
			continue;
		w->sas[i] = w->sas[--w->sa_count];
		return;
	}
}

static void end_matching(struct world *w, const struct effect *e)
{
	for (size_t i = w->sa_count; i-- > 0 && !w->deaf;) {
		struct world_sa s = w->sas[i];
		struct ike_sa ike = {.incarnation = 1, .id = s.id};
		struct child_sa child = {.incarnation = 1, .id = s.id};

		if (!(e->sa.conn && strcmp(e->sa.conn, s.conn) == 0) &&
			!(e->sa.ike_id && e->sa.ike_id == s.ike) &&
			!(e->sa.child_id && !s.is_ike && e->sa.child_id == s.id))
			continue;
		forget_sa(w, s.is_ike, s.id);
		if (s.is_ike)
			step(w, &(struct event){.kind = EV_IKE_SA_GONE, .ike_sa = &ike});
		else
			step(w, &(struct event){.kind = EV_CHILD_SA_GONE, .child = {&child, 0}});
	}
}

static void do_sa(struct world *w, const struct effect *e)
{
	if (e->kind == EF_INITIATE)
		note(w, "initiate %s %s", e->sa.conn, e->sa.child ? e->sa.child : "alone");
	else if (e->sa.conn)
		note(w, "terminate %s%s", e->sa.conn, e->sa.force ? " force" : "");
	else
		note(w, "terminate ike %u child %u%s", e->sa.ike_id, e->sa.child_id,
			e->sa.force ? " force" : "");
	if (e->kind == EF_TERMINATE)
		end_matching(w, e);
	result(w, e->cookie, 0);
}

static void do_address(struct world *w, const struct effect *e, bool add)
{
	char text[IP_TEXT_MAX];

	note(w, "address%c %s/%u dev %d", add ? '+' : '-', ip_format(&e->address.prefix.addr, text),
		e->address.prefix.len, e->address.ifindex);
	step(w, &(struct event){.kind = add ? EV_ADDRESS : EV_ADDRESS_GONE, .address = e->address});
}

/* What world_route says, and what the core put there. */
static void do_reach(struct world *w, const struct prefix *p)
{
	struct event e = {.kind = EV_REACHED, .reached = {.prefix = *p}};
	char text[PREFIX_TEXT_MAX];

	note(w, "reach %s", prefix_format(p, text));
	if (prefix_equal(p, &w->reachable))
		e.reached.ifindex = OUTSIDE;
	for (size_t i = 0; i < w->route_cap; i++)
		if (w->routes[i].used && prefix_equal(p, &w->routes[i].r.prefix))
			e.reached.ifindex = w->routes[i].r.ifindex;
	step(w, &e);
}

static void carry_out(struct world *w, const struct effect *e)
{
	char text[IP_TEXT_MAX], port[16];

	w->effects_seen++;
	switch (e->kind) {
	case EF_ROUTE_ADD: do_route(w, e, true); break;
	case EF_ROUTE_DEL: do_route(w, e, false); break;
	case EF_ADDRESS_ADD: do_address(w, e, true); break;
	case EF_ADDRESS_DEL: do_address(w, e, false); break;
	case EF_LINK_SET: note(w, "link %d %s", e->link.ifindex, e->link.up ? "up" : "down"); break;
	case EF_FILTER: do_filter(w, e); break;
	case EF_FILTER_GONE:
		note(w, "filter gone %d", e->ifindex);
		result(w, e->cookie, 0);
		break;
	case EF_MSS:
		note(w, "mss %zu", e->mss.count);
		for (size_t k = 0; k < e->mss.count; k++)
			note(w, "mss %s %s %u", e->mss.list[k].device, e->mss.list[k].tun,
				e->mss.list[k].bytes);
		break;
	case EF_CONN_LOAD:
		port[0] = '\0';
		if (e->conn->remote_port)
			snprintf(port, sizeof(port), " port %u", e->conn->remote_port);
		note(w, "load %s local %s children %u version %u id %s%s", e->conn->name,
			ip_format(&e->conn->local, text), e->conn->child_count, e->conn->version,
			e->conn->remote_id[0] ? e->conn->remote_id : "any", port);
		result(w, e->cookie, 0);
		break;
	case EF_CONN_UNLOAD:
		note(w, "unload %s", e->name);
		result(w, e->cookie, 0);
		break;
	case EF_SECRET_LOAD: note(w, "secret %s", e->secret->id); break;
	case EF_SECRET_UNLOAD: note(w, "secret gone %s", e->name); break;
	case EF_INITIATE:
	case EF_TERMINATE: do_sa(w, e); break;
	case EF_SA_SNAPSHOT: note(w, "snapshot asked"); break;
	case EF_LISTEN:
		if (e->listen.on)
			note(w, "listen %s dev %d %d", ip_format(&e->listen.address, text), e->listen.ifindex,
				e->listen.vmac_ifindex);
		else
			note(w, "listen off dev %d", e->listen.ifindex);
		break;
	case EF_RESOLVE: do_resolve(w, &e->target); break;
	case EF_REACH: do_reach(w, &e->prefix); break;
	case EF_HSRP_YIELD: note(w, "yield %s %u", e->yield.device, e->yield.group); break;
	case EF_HSRP_CONFIG: note(w, "hsrp %s", e->interface); break;
	case EF_HSRP_GROUP: note(w, "hsrp %s group %u", e->group.interface, e->group.number); break;
	case EF_HSRP_CHAIN: note(w, "hsrp chain %s", e->chain); break;
	case EF_HSRP_TRACK: note(w, "hsrp track %u", e->object); break;
	case EF_LOG: note(w, "%%%s: %s", e->log.mnemonic, e->log.text); break;
	case EF_WARN: note(w, "warn %s", e->log.text); break;
	case EF_STOPPED:
		note(w, "stopped");
		w->stopped = true;
		break;
	}
}

static void run(struct world *w)
{
	for (size_t i = 0; i < w->effects.count; i++) { /* grows meanwhile */
		struct effect e = w->effects.items[i];

		w->effects.items[i] = (struct effect){.kind = EF_SA_SNAPSHOT};
		if (w->decided)
			w->decided(w, &e);
		if (w->defer) {
			*effects_add(&w->later, e.kind) = e;
			continue;
		}
		carry_out(w, &e);
		if (w->carried_out)
			w->carried_out(w, &e);
		effect_clear(&e);
	}
	w->effects.count = 0;
}

bool world_deliver(struct world *w)
{
	struct effect e;

	if (!w->later.count)
		return false;
	e = w->later.items[0];
	memmove(w->later.items, w->later.items + 1, --w->later.count * sizeof(e));
	carry_out(w, &e);
	if (w->carried_out)
		w->carried_out(w, &e);
	effect_clear(&e);
	run(w);
	return true;
}

void world_event(struct world *w, const struct event *e)
{
	int rounds = 0;

	if (e->kind == EV_LINK || e->kind == EV_LINK_GONE)
		w->tun_up = e->link.ifindex == TUN ? e->kind == EV_LINK : w->tun_up;
	step(w, e);
	run(w);
	while (core_deadline(w->core).ns <= w->ms * 1000000) {
		assert_true(rounds++ < 100000);
		step(w, &(struct event){.kind = EV_TIMER});
		run(w);
	}
}

void pass_ms(struct world *w, int64_t ms)
{
	int64_t end = w->ms + ms;

	for (int rounds = 0;; rounds++) {
		mono_t next = core_deadline(w->core);

		assert_true(rounds < 100000);
		if (next.ns > end * 1000000)
			break;
		if (next.ns > w->ms * 1000000)
			w->ms = (next.ns + 999999) / 1000000;
		world_event(w, &(struct event){.kind = EV_TIMER});
	}
	w->ms = end;
}

/* --- Events ------------------------------------------------------------------------------------------------------------- */

void config(struct world *w)
{
	world_event(w, &(struct event){.kind = EV_CONFIG, .model = w->model});
}

void link_state(struct world *w, int ifindex, const char *name, bool up, bool running)
{
	struct event e = {.kind = EV_LINK,
		.link = {.ifindex = ifindex,
			.up = up,
			.running = running,
			.mtu = 1500,
			.ike_tun = ifindex == TUN}};

	str_copy(e.link.name, sizeof(e.link.name), name);
	world_event(w, &e);
}

void address(struct world *w, int ifindex, const char *addr, bool present)
{
	struct event e = {.kind = present ? EV_ADDRESS : EV_ADDRESS_GONE, .address = {.ifindex = ifindex}};

	assert_true(ip_parse(addr, &e.address.prefix.addr));
	e.address.prefix.len = 24;
	world_event(w, &e);
}

void snapshot(struct world *w)
{
	world_event(w, &(struct event){.kind = EV_SNAPSHOT_BEGIN});
	link_state(w, OUTSIDE, "eth0", true, true);
	address(w, OUTSIDE, "192.168.0.2", true);
	if (w->tun_up)
		link_state(w, TUN, "ipsec0", true, true);
	for (size_t i = 0; i < w->route_cap; i++)
		if (w->routes[i].used)
			world_event(w, &(struct event){.kind = EV_ROUTE, .route = w->routes[i].r});
	world_event(w, &(struct event){.kind = EV_SNAPSHOT_END});
}

void role(struct world *w, uint16_t group, enum hsrp_role r, const char *vip)
{
	struct event e = {.kind = EV_HSRP_ROLE, .hsrp = {.ifindex = OUTSIDE, .group = group, .role = r}};

	assert_true(ip_parse(vip, &e.hsrp.vip));
	if (r == HSRP_ROLE_ACTIVE)
		e.hsrp.vmac_ifindex = VMAC;
	note(w, "-- role %d", r);
	world_event(w, &e);
}

void charon_starts(struct world *w, uint32_t incarnation, bool libipsec)
{
	w->charon_up = true;
	world_event(w, &(struct event){.kind = EV_IKE_UP, .ike = {incarnation, libipsec}});
	world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_BEGIN});
	world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_END});
}

void charon_dies(struct world *w)
{
	w->charon_up = false;
	w->sa_count = 0;
	world_event(w, &(struct event){.kind = EV_IKE_DOWN});
}

void foreign_route_event(struct world *w, const char *prefix, bool present)
{
	struct event e = {.kind = present ? EV_ROUTE : EV_ROUTE_GONE,
		.route = {.table = ROUTE_TABLE_MAIN, .ifindex = OUTSIDE, .protocol = 4}};

	assert_true(prefix_parse(prefix, &e.route.prefix));
	world_event(w, &e);
}

void ike_up(struct world *w, uint32_t id, const char *conn, const char *peer)
{
	struct ike_sa sa = {.incarnation = 1, .id = id, .version = 1, .state = IKE_SA_ESTABLISHED};

	str_copy(sa.conn, sizeof(sa.conn), conn);
	str_copy(sa.remote_id, sizeof(sa.remote_id), peer);
	assert_true(ip_parse(peer, &sa.remote_host));
	sa.remote_port = 500;
	note_sa(w, true, id, id, conn);
	world_event(w, &(struct event){.kind = EV_IKE_SA, .ike_sa = &sa});
}

void esp(struct world *w, const char *local, const char *peer, uint32_t spi, uint32_t packets)
{
	struct event e = {.kind = EV_ESP, .esp = {.ifindex = OUTSIDE, .spi = spi, .packets = packets}};

	assert_true(ip_parse(local, &e.esp.local));
	assert_true(ip_parse(peer, &e.esp.remote));
	world_event(w, &e);
}

void ike_gone(struct world *w, uint32_t id)
{
	struct ike_sa sa = {.incarnation = 1, .id = id};

	forget_sa(w, true, id);
	world_event(w, &(struct event){.kind = EV_IKE_SA_GONE, .ike_sa = &sa});
}

static struct child_sa child(
	uint32_t id, uint32_t ike, const char *conn, const char *name, const char *peer, const char *remote)
{
	struct child_sa sa = {.incarnation = 1,
		.id = id,
		.ike_id = ike,
		.state = CHILD_SA_INSTALLED,
		.spi_in = 0x1000 + id};

	str_copy(sa.conn, sizeof(sa.conn), conn);
	str_copy(sa.child, sizeof(sa.child), name);
	assert_true(ip_parse(peer, &sa.remote_host));
	sa.remote_port = 500;
	assert_true(prefix_parse("192.168.1.0/24", &sa.local[0].prefix));
	assert_true(prefix_parse(remote, &sa.remote[0].prefix));
	sa.local_count = sa.remote_count = 1;
	return sa;
}

void child_up(struct world *w, uint32_t id, uint32_t ike, const char *conn, const char *name,
	const char *peer, const char *remote)
{
	struct child_sa sa = child(id, ike, conn, name, peer, remote);

	note_sa(w, false, id, ike, conn);
	world_event(w, &(struct event){.kind = EV_CHILD_SA, .child = {&sa, 0}});
}

void child_gone(struct world *w, uint32_t id)
{
	struct child_sa sa = {.incarnation = 1, .id = id};

	forget_sa(w, false, id);
	world_event(w, &(struct event){.kind = EV_CHILD_SA_GONE, .child = {&sa, 0}});
}

void child_rekeyed(struct world *w, uint32_t id, uint32_t old, uint32_t ike, const char *conn,
	const char *name, const char *peer, const char *remote)
{
	struct child_sa sa = child(id, ike, conn, name, peer, remote);
	struct child_sa before = {
		.id = old, .packets_in = REKEYED_PACKETS_IN, .packets_out = REKEYED_PACKETS_OUT};

	forget_sa(w, false, old);
	note_sa(w, false, id, ike, conn);
	world_event(w, &(struct event){.kind = EV_CHILD_SA_REKEYED, .child = {&sa, &before}});
}

/* --- Model ---------------------------------------------------------------------------------------------------------------- */

struct interface_cfg *fa00(struct world *w)
{
	return model_interface_get(w->model, "FastEthernet0/0");
}

void prologue(struct world *w)
{
	struct isakmp_policy *p = model_isakmp_policy_get(w->model, 10);
	struct prefix any = {{IP_V4, {0}}, 0};
	struct isakmp_key *k = model_isakmp_key_get(w->model, &any);
	struct transform_set *t;
	struct interface_cfg *i = fa00(w);

	p->authentication_set = p->encryption_set = p->group_set = true;
	p->authentication = IKE_AUTH_PRE_SHARE;
	p->encryption = IKE_ENCR_AES128;
	p->group = 14;
	k->key = (struct secret){.type = 0, .set = true, .text = "guide-key"};
	w->model->isakmp_keepalive = (struct ike_keepalive){.set = true, .seconds = 10, .retry_s = 2};
	t = model_transform_set_get(w->model, "esp-aes-sha");
	t->encryption = ESP_ENCR_AES128;
	t->integrity = ESP_INTEG_SHA1;
	t = model_transform_set_get(w->model, "my-transform-set");
	t->encryption = ESP_ENCR_AES128;
	t->integrity = ESP_INTEG_SHA1;
	str_copy(i->device, sizeof(i->device), "eth0");
	i->is_ios_type = true;
	i->address_set = true;
	assert_true(ip_parse("192.168.0.2", &i->address));
	i->address_len = 24;
	model_touch(w->model, MODEL_INTERFACE, "FastEthernet0/0", 0);
}

struct crypto_map_entry *entry(struct world *w, const char *map, uint16_t seq, const char *peer,
	const char *acl, const char *set, bool rri)
{
	struct crypto_map *m = model_crypto_map_get(w->model, map);
	struct crypto_map_entry *e = crypto_map_entry_get(m, seq, CRYPTO_MAP_ISAKMP);

	e->peer_count = 0;
	e->transform_set_count = 1;
	str_copy(e->transform_sets[0], NAME_MAX_LEN, set);
	str_copy(e->acl, sizeof(e->acl), acl);
	assert_true(ip_parse(peer, &e->peers[e->peer_count++].addr));
	e->rri.enabled = rri;
	model_touch(w->model, MODEL_CRYPTO_MAP, map, seq);
	return e;
}

static void end_of(const char *prefix, struct acl_end *end)
{
	struct prefix p;

	assert_true(prefix_parse(prefix, &p));
	end->addr = p.addr;
	end->wildcard = ip_len_to_wildcard(IP_V4, p.len);
}

void acl_line(struct world *w, const char *acl, uint32_t seq, bool permit, const char *from, const char *to)
{
	struct acl *a = model_acl_get(w->model, acl);
	struct acl_rule r = {.sequence = seq, .permit = permit};

	end_of(from, &r.source);
	end_of(to, &r.destination);
	assert_non_null(acl_rule_add(a, &r));
	model_touch(w->model, MODEL_ACL, acl, 0);
}

void apply(struct world *w, const char *map, bool redundancy, const char *group)
{
	struct interface_cfg *i = fa00(w);

	str_copy(i->crypto_map, sizeof(i->crypto_map), map);
	i->crypto_redundancy = redundancy;
	str_copy(i->crypto_redundancy_group, sizeof(i->crypto_redundancy_group), group);
	i->crypto_applied++;
	model_touch(w->model, MODEL_CRYPTO_APPLY, i->name, 0);
}

struct standby_group *standby(struct world *w, uint16_t number, const char *name, const char *ip)
{
	struct standby_group *g = interface_standby_get(fa00(w), number);

	str_copy(g->name, sizeof(g->name), name);
	g->ip_typed = ip != NULL;
	g->ip = (struct ipaddr){0};
	if (ip && ip[0])
		assert_true(ip_parse(ip, &g->ip));
	model_touch(w->model, MODEL_STANDBY, "FastEthernet0/0", number);
	return g;
}

/* --- Life --------------------------------------------------------------------------------------------------------------------- */

struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->core = core_new();
	w->model = model_new();
	w->ms = 1000;
	assert_non_null(w->core);
	assert_non_null(w->model);
	ip_parse("192.168.0.1", &w->gateway);
	return w;
}

void world_free(struct world *w)
{
	core_free(w->core);
	model_free(w->model);
	effects_free(&w->effects);
	effects_free(&w->later);
	log_clear(w);
	free(w->routes);
	free(w->sas);
	free(w);
}

static bool copy_binding(const struct core_binding *b, void *arg)
{
	*(struct core_binding *)arg = *b;
	return false;
}

struct core_binding binding(const struct world *w)
{
	struct core_binding b = {0};

	core_each_binding(w->core, copy_binding, &b);
	return b;
}

struct find_reason {
	struct prefix prefix;
	char text[160];
	bool found;
};

static bool find_reason(const struct core_route *r, void *arg)
{
	struct find_reason *f = arg;

	if (r->helper || !prefix_equal(&r->route.prefix, &f->prefix))
		return true;
	str_copy(f->text, sizeof(f->text), r->reason);
	f->found = true;
	return false;
}

const char *route_reason(const struct world *w, const char *prefix)
{
	static struct find_reason f;

	f = (struct find_reason){0};
	assert_true(prefix_parse(prefix, &f.prefix));
	core_each_route(w->core, find_reason, &f);
	return f.found ? f.text : NULL;
}
