/* Views: times, the walk over flows and sessions, missing facts, and that no slice of a large table takes long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "show/flow.h"

static void ages_are_written_as_ios_writes_them(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{-1, "never"},
		{0, "00:00:00"},
		{8, "00:00:08"},
		{86399, "23:59:59"},
		{86400, "1d00h"},
		{93600, "1d02h"},
		{604799, "6d23h"},
		{604800, "1w0d"},
		{73 * 86400, "10w3d"},
		{31535999, "52w0d"},
		{31536000, "1y0w"},
		{3 * 31536000 + 37 * 604800, "3y37w"},
	};
	char out[AGE_TEXT_MAX], uptime[UPTIME_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(format_age(rows[i].seconds, out), rows[i].text);
	assert_string_equal(format_age_since((mono_t){5}, MONO_NEVER, out), "never");
	assert_string_equal(
		format_age_since((mono_t){5}, (mono_t){9}, out), "00:00:00"); /* a moment still to come */
	assert_string_equal(format_uptime(0, uptime), "0 minutes");
	assert_string_equal(format_uptime(60, uptime), "1 minute");
	assert_string_equal(format_uptime(788640, uptime), "1 week, 2 days, 3 hours, 4 minutes");
	assert_string_equal(format_uptime(31536000 + 3600, uptime), "1 year, 1 hour, 0 minutes");
}

static void connection_names_are_taken_apart_again(void **state)
{
	char conn[CONN_NAME_MAX], interface[INTERFACE_NAME_MAX], map[NAME_MAX_LEN];
	struct ipaddr peer, back;
	uint16_t sequence;
	static const char *const bad[] = {"", "hs/", "hs/a/b", "hs/a/b/1", "x/a/b/1/any", "hs/a/b/0/any",
		"hs/a/b/65536/any", "hs/a/b/1x/any", "hs/a/b/1/somebody", "hs/a/b/99999999999999999999/any"};

	(void)state;
	assert_true(ip_parse("10.1.1.1", &peer));
	conn_name("FastEthernet0/0", "mymap", 65535, &peer, conn);
	assert_string_equal(conn, "hs/FastEthernet0/0/mymap/65535/10.1.1.1");
	assert_true(conn_parse(conn, interface, map, &sequence, &back));
	assert_string_equal(interface, "FastEthernet0/0");
	assert_string_equal(map, "mymap");
	assert_int_equal(sequence, 65535);
	assert_true(ip_equal(&peer, &back));
	assert_true(conn_parse("hs/eth0/m/1/any-profile", interface, map, &sequence, &back));
	assert_false(ip_is_set(&back));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(conn_parse(bad[i], interface, map, &sequence, &back));
}

/* --- A world of any size ------------------------------------------------------------------------------------------ */

struct world {
	struct model *model;
	struct facts facts;
};

enum { LARGE = 10000 };

static struct interface_cfg *crypto_interface(struct model *m)
{
	struct interface_cfg *i = model_interface_get(m, "eth0");

	str_copy(i->crypto_map, sizeof(i->crypto_map), "m");
	i->address = ip_v4(0xc0000201);
	i->address_set = true;
	return i;
}

static void add_tunnel(
	struct facts *f, uint32_t id, const char *conn, const char *child_name, uint32_t host, uint32_t net)
{
	struct ike_sa *ike = facts_add_ike_sa(f);
	struct child_sa *child = facts_add_child_sa(f);

	str_copy(ike->conn, sizeof(ike->conn), conn);
	ike->id = id;
	ike->version = 1;
	ike->state = IKE_SA_ESTABLISHED;
	ike->local_host = ip_v4(0xc0000201);
	ike->remote_host = ip_v4(host);
	str_copy(child->conn, sizeof(child->conn), conn);
	str_copy(child->child, sizeof(child->child), child_name);
	child->id = child->ike_id = id;
	child->state = CHILD_SA_INSTALLED;
	child->local_count = child->remote_count = 1;
	child->local[0].prefix = prefix_make(ip_v4(0x0a000000), 8);
	child->remote[0].prefix = prefix_make(ip_v4(net), 24);
	child->local_host = ike->local_host;
	child->remote_host = ike->remote_host;
}

/* LARGE static entries, LARGE peers at a dynamic one, as many routes and access lists. */
static struct world large_world(void)
{
	struct world w = {.model = model_new()};
	struct model *m = w.model;
	char name[32], conn[CONN_NAME_MAX];

	w.facts.model = m;
	w.facts.now = (mono_t){1000000000};
	crypto_interface(m);
	struct crypto_map *map = model_crypto_map_get(m, "m");
	for (unsigned i = 1; i <= LARGE; i++) {
		struct crypto_map_entry *e = crypto_map_entry_get(map, (uint16_t)i, CRYPTO_MAP_ISAKMP);
		struct acl_rule *r = calloc(1, sizeof(*r));
		struct ipaddr peer = ip_v4(0xc6330000 + i);

		snprintf(name, sizeof(name), "%u", 1000 + i);
		struct acl *a = model_acl_get(m, name);
		*r = (struct acl_rule){.sequence = 10,
			.permit = true,
			.source = {ip_v4(0x0a000000), ip_v4(0x00ffffff)},
			.destination = {ip_v4(0xac100000 + i), ip_v4(0)}};
		vec_push(&a->rules, r);
		str_copy(e->acl, sizeof(e->acl), name);
		e->peers[e->peer_count++].addr = peer;
		add_tunnel(&w.facts, i, conn_name("eth0", "m", (uint16_t)i, &peer, conn), "l10",
			0xc6330000 + i, 0);
		struct route_fact *rt = facts_add_route(&w.facts);
		*rt = (struct route_fact){.prefix = prefix_host(&(struct ipaddr){0}),
			.protocol = ROUTE_PROTO_RRI,
			.metric = (1u << 24) + 1,
			.age_s = -1};
		rt->prefix = prefix_make(ip_v4(0x0b000000 + i * 256), 24);
		struct core_route *cr = facts_add_core_route(&w.facts);
		cr->route.prefix = rt->prefix;
		cr->peer = peer;
		cr->installed = true;
	}
	struct crypto_map_entry *d = crypto_map_entry_get(map, 20000, CRYPTO_MAP_ISAKMP_DYNAMIC);
	str_copy(d->dynamic_map, sizeof(d->dynamic_map), "d");
	crypto_map_entry_get(model_dynamic_map_get(m, "d"), 1, CRYPTO_MAP_TEMPLATE);
	for (unsigned i = 1; i <= LARGE; i++)
		add_tunnel(&w.facts, 100000 + i, "hs/eth0/m/20000/any", "d1", 0xc6340000 + i,
			0x0c000000 + i * 256);
	facts_ready(&w.facts);
	return w;
}

static void free_world(struct world *w)
{
	facts_free(&w->facts);
	model_free(w->model);
}

static int64_t cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Milliseconds are what the engine may take; ten times the expected cost leaves room for a slow machine. */
enum { SLICE_LIMIT_US = 20000 };

static void no_slice_of_a_large_table_takes_long(void **state)
{
	struct world w = large_world();
	static const enum show_view all[] = {SHOW_CRYPTO_MAP, SHOW_IPSEC_SA, SHOW_ISAKMP_SA,
		SHOW_CRYPTO_SESSION, SHOW_CRYPTO_ROUTE, SHOW_IP_ROUTE, SHOW_ACCESS_LISTS};

	(void)state;
	for (size_t v = 0; v < sizeof(all) / sizeof(*all); v++) {
		for (int json = 0; json < 3; json++) { /* text, JSON, and SAs by address */
			struct show_args args = {
				.detail = true, .sa = json == 2 ? SHOW_SA_ADDRESS : SHOW_SA_ALL};
			if (json == 2 && all[v] != SHOW_IPSEC_SA)
				continue;
			struct text out = {0};
			struct show s;
			size_t total = 0, slices = 0;
			int64_t longest = 0, from = cpu_us();
			bool more;

			show_begin(&s, all[v], &args, &w.facts, json == 1);
			do {
				int64_t t = cpu_us();
				more = show_next(&s, &out, SHOW_SLICE);
				t = cpu_us() - t;
				longest = t > longest ? t : longest;
				total += out.len;
				slices++;
				text_clear(&out);
			} while (more);
			show_end(&s);
			print_message("view %d%s: %zu bytes in %zu slices, longest %lld us, all %lld ms\n",
				all[v],
				json == 2      ? " by address"
					: json ? " json"
					       : "",
				total, slices, (long long)longest, (long long)(cpu_us() - from) / 1000);
			assert_true(total > LARGE * 20);
			assert_true(longest < SLICE_LIMIT_US);
			text_free(&out);
		}
	}
	free_world(&w);
}

static void a_model_that_changes_between_slices_does_no_harm(void **state)
{
	struct world w = large_world();
	struct show_args args = {.detail = true};
	struct text out = {0};

	(void)state;
	for (int view = 0; view < SHOW_VIEW_COUNT; view++) {
		struct show s;
		args.sa = view == SHOW_IPSEC_SA ? SHOW_SA_ADDRESS : SHOW_SA_ALL;
		show_begin(&s, (enum show_view)view, &args, &w.facts, false);
		show_next(&s, &out, 1);
		show_next(&s, &out, 1);
		for (uint16_t i = 1; i < 50; i++) {
			char name[32];
			snprintf(name, sizeof(name), "%u", 1000u + 50u * (unsigned)view + i);
			if (model_crypto_map(w.model, "m"))
				crypto_map_entry_delete(
					model_crypto_map(w.model, "m"), (uint16_t)(50 * view + i));
			model_acl_delete(w.model, name);
		}
		if (view == SHOW_IPSEC_SA)
			model_crypto_map_delete(w.model, "m");
		for (int k = 0; k < 20 && show_next(&s, &out, 1000); k++)
			continue;
		show_end(&s);
		text_clear(&out);
	}
	text_free(&out);
	free_world(&w);
}

/* --- Flows and sessions -------------------------------------------------------------------------------------------- */

static void every_sa_belongs_to_exactly_one_flow_and_session(void **state)
{
	struct world w = large_world();
	struct show_args all = {0};
	struct walk walk = {0}, inner;
	struct flow flow;
	struct session session;
	size_t flows = 0, sas = 0, sessions = 0, children = 0, session_sas = 0;

	(void)state;
	while (flow_next(&w.facts, &all, &walk, &flow)) {
		flows++;
		sas += flow.sa_count;
	}
	assert_int_equal(flows, 2 * LARGE);
	assert_int_equal(sas, 2 * LARGE);
	walk = (struct walk){0};
	while (session_next(&w.facts, &all, &walk, &session)) {
		sessions++;
		children += session.child_count;
		inner = (struct walk){0};
		while (session_flow_next(&w.facts, &session, &inner, &flow))
			session_sas += flow.sa_count;
	}
	assert_int_equal(sessions, 2 * LARGE);
	assert_int_equal(children, 2 * LARGE);
	assert_int_equal(session_sas, 2 * LARGE);
	free_world(&w);
}

static void a_peer_that_rekeys_keeps_one_flow(void **state)
{
	struct world w = {.model = model_new()};
	struct show_args all = {0};
	struct walk walk = {0};
	struct flow flow;

	(void)state;
	w.facts.model = w.model;
	crypto_interface(w.model);
	struct crypto_map_entry *d =
		crypto_map_entry_get(model_crypto_map_get(w.model, "m"), 1, CRYPTO_MAP_ISAKMP_DYNAMIC);
	str_copy(d->dynamic_map, sizeof(d->dynamic_map), "d");
	crypto_map_entry_get(model_dynamic_map_get(w.model, "d"), 1, CRYPTO_MAP_TEMPLATE);
	add_tunnel(&w.facts, 1, "hs/eth0/m/1/any", "d1", 0xc6340001, 0x0c000100);
	add_tunnel(&w.facts, 2, "hs/eth0/m/1/any", "d1", 0xc6340002, 0x0c000200);
	add_tunnel(&w.facts, 3, "hs/eth0/m/1/any", "d1", 0xc6340001, 0x0c000100); /* follows 1 */
	add_tunnel(&w.facts, 4, "hs/eth0/m/1/any-prof", "d1", 0xc6340004, 0x0c000400);
	w.facts.child_sas[0].state = CHILD_SA_REKEYED;
	facts_ready(&w.facts);

	assert_true(flow_next(&w.facts, &all, &walk, &flow));
	assert_int_equal(flow.sa_count, 2);
	assert_int_equal(flow.sas[0].id, 1);
	assert_int_equal(flow.sas[1].id, 3);
	assert_true(flow_next(&w.facts, &all, &walk, &flow));
	assert_int_equal(flow.sa_count, 1);
	assert_int_equal(flow.sas[0].id, 2);
	assert_true(flow_next(&w.facts, &all, &walk, &flow));
	assert_int_equal(flow.sas[0].id, 4);
	assert_false(flow_next(&w.facts, &all, &walk, &flow));
	free_world(&w);
}

static void add_pair(struct facts *f, uint32_t id, uint32_t local, uint32_t remote)
{
	struct child_sa *sa;

	add_tunnel(f, id, "hs/eth0/m/1/198.52.0.1", "l10", 0xc6340001, 0);
	sa = &f->child_sas[f->child_sa_count - 1];
	sa->local[0].prefix = (struct prefix){ip_v4(local), 32};
	sa->remote[0].prefix = (struct prefix){ip_v4(remote), 32};
}

static void assert_pair(const struct flow *flow, uint32_t local, uint32_t remote, size_t sas)
{
	assert_int_equal(ip_v4_u32(&flow->local.addr), local);
	assert_int_equal(ip_v4_u32(&flow->remote.addr), remote);
	assert_int_equal(ip_v4_u32(&flow->local.mask), flow->sa_count ? UINT32_MAX : 0xff000000);
	assert_int_equal(flow->sa_count, sas);
}

/* Each with its hosts as idents; a line without any is itself. Where user space does ESP a line has one SA for all. */
static void each_pair_of_hosts_is_a_flow(void **state)
{
	struct world w = {.model = model_new()};
	struct show_args all = {0};
	struct walk walk = {0};
	struct flow flow;
	struct session session;

	(void)state;
	w.facts.model = w.model;
	crypto_interface(w.model);
	struct crypto_map_entry *e =
		crypto_map_entry_get(model_crypto_map_get(w.model, "m"), 1, CRYPTO_MAP_ISAKMP);
	e->peers[e->peer_count++].addr = ip_v4(0xc6340001);
	e->options.per_host = true;
	str_copy(e->acl, sizeof(e->acl), "101");
	for (uint32_t line = 10; line <= 20; line += 10) {
		struct acl_rule *r = calloc(1, sizeof(*r));
		*r = (struct acl_rule){.sequence = line,
			.permit = true,
			.source = {ip_v4(0x0a000000), ip_v4(0x00ffffff)},
			.destination = {ip_v4(0xac100000 + line), ip_v4(0)}};
		vec_push(&model_acl_get(w.model, "101")->rules, r);
	}
	add_pair(&w.facts, 1, 0x0a000001, 0xac10000a);
	add_pair(&w.facts, 2, 0x0a000002, 0xac10000a);
	add_pair(&w.facts, 3, 0x0a000001, 0xac10000a); /* follows 1 */
	add_pair(&w.facts, 4, 0x0a000003, 0xac10000a); /* is going */
	w.facts.child_sas[3].state = CHILD_SA_DELETING;
	facts_ready(&w.facts);

	assert_true(flow_next(&w.facts, &all, &walk, &flow));
	assert_pair(&flow, 0x0a000001, 0xac10000a, 2);
	assert_true(flow_next(&w.facts, &all, &walk, &flow));
	assert_pair(&flow, 0x0a000002, 0xac10000a, 1);
	assert_true(flow_next(&w.facts, &all, &walk, &flow));
	assert_pair(&flow, 0x0a000000, 0xac100014, 0);
	assert_false(flow_next(&w.facts, &all, &walk, &flow));

	walk = (struct walk){0};
	assert_true(session_next(&w.facts, &all, &walk, &session));
	walk = (struct walk){0};
	assert_true(session_flow_next(&w.facts, &session, &walk, &flow));
	assert_pair(&flow, 0x0a000001, 0xac10000a, 2);
	assert_true(session_flow_next(&w.facts, &session, &walk, &flow));
	assert_pair(&flow, 0x0a000002, 0xac10000a, 1);
	assert_true(session_flow_next(&w.facts, &session, &walk, &flow));
	assert_pair(&flow, 0x0a000000, 0xac100014, 0);
	assert_false(session_flow_next(&w.facts, &session, &walk, &flow));

	w.facts.libipsec = true;
	walk = (struct walk){0};
	assert_true(flow_next(&w.facts, &all, &walk, &flow));
	assert_int_equal(ip_v4_u32(&flow.local.mask), 0xff000000);
	free_world(&w);
}

static void an_identity_that_the_peer_chose_cannot_write_lines(void **state)
{
	static const enum show_view all[] = {SHOW_CRYPTO_SESSION, SHOW_ISAKMP_PEERS, SHOW_IKEV2_SA};
	struct world w = {.model = model_new()};
	struct show_args variants[] = {{.detail = true}, {.brief = true}};

	(void)state;
	w.facts.model = w.model;
	crypto_interface(w.model);
	struct crypto_map_entry *d =
		crypto_map_entry_get(model_crypto_map_get(w.model, "m"), 1, CRYPTO_MAP_ISAKMP_DYNAMIC);
	str_copy(d->dynamic_map, sizeof(d->dynamic_map), "d");
	add_tunnel(&w.facts, 1, "hs/eth0/m/1/any", "d1", 0xc6340001, 0x0c000100);
	add_tunnel(&w.facts, 2, "hs/eth0/m/1/any", "d1", 0xc6340002, 0x0c000200);
	w.facts.ike_sas[1].version = 2;
	for (size_t i = 0; i < 2; i++)
		str_copy(w.facts.ike_sas[i].remote_id, IKE_ID_MAX, "x\nRouter#\x1b[2J\x7f");
	facts_ready(&w.facts);
	for (size_t v = 0; v < sizeof(all) / sizeof(*all); v++) {
		for (size_t k = 0; k < 4; k++) {
			struct text out = {0};
			show_run(all[v], &variants[k % 2], &w.facts, k > 1, &out);
			assert_null(strchr(text_str(&out), 0x1b));
			assert_null(strchr(text_str(&out), 0x7f));
			assert_null(strstr(text_str(&out), "\nRouter#"));
			text_free(&out);
		}
	}
	free_world(&w);
}

/* --- Missing facts --------------------------------------------------------------------------------------------------- */

static void what_is_missing_is_said_and_nothing_else_claimed(void **state)
{
	struct world w = {.model = model_new()};
	struct show_args args = {0};

	(void)state;
	w.facts.model = w.model;
	w.facts.missing = ~0u;
	for (int view = 0; view < SHOW_VIEW_COUNT; view++) {
		struct text out = {0};
		unsigned needs = show_needs((enum show_view)view, &args);
		unsigned lines = 0, bits = 0;

		show_run((enum show_view)view, &args, &w.facts, false, &out);
		for (const char *s = text_str(&out); *s; s = strchr(s, '\n') + 1)
			lines += *s == '%';
		for (; needs; needs &= needs - 1)
			bits++;
		assert_int_equal(lines, bits);
		assert_null(strstr(text_str(&out), "not found"));
		text_free(&out);
	}
	free_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ages_are_written_as_ios_writes_them),
		cmocka_unit_test(connection_names_are_taken_apart_again),
		cmocka_unit_test(no_slice_of_a_large_table_takes_long),
		cmocka_unit_test(a_model_that_changes_between_slices_does_no_harm),
		cmocka_unit_test(every_sa_belongs_to_exactly_one_flow_and_session),
		cmocka_unit_test(a_peer_that_rekeys_keeps_one_flow),
		cmocka_unit_test(each_pair_of_hosts_is_a_flow),
		cmocka_unit_test(an_identity_that_the_peer_chose_cannot_write_lines),
		cmocka_unit_test(what_is_missing_is_said_and_nothing_else_claimed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
