/*
 * Reverse Route Injection, rule by rule: next hops, distance, tag, and the routes of others. See test_rri.c.
 */
#include "rri_world.h"

#include <string.h>

#include "base/text.h"

/* --- Next hops: each form of reverse-route ------------------------------------------------------------------------------ */

/* One form: what is configured, and all routes that follow. 10.1.1.1 is reached by 192.168.0.1, .77 and .88 are on link. */
struct form {
	const char *name;
	bool remote_peer;
	const char *next_hop;
	bool gateway_keyword;
	const char *gateway;
	const char *routes, *shown; /* in the kernel; the next hop that show prints */
};

static const struct form forms[] = {
	{"reverse-route", false, "", false, "", "10.0.0.0/16 via 192.168.0.1 [1]", PEER},
	{"remote-peer", true, "", false, "",
		"10.0.0.0/16 via 192.168.0.1 [1], 10.1.1.1/32 via 192.168.0.1 host", PEER},
	{"remote-peer A", true, "192.168.0.77", false, "", "10.0.0.0/16 via 192.168.0.77 [1]",
		"192.168.0.77"},
	{"remote-peer A gateway", true, "192.168.0.77", true, "",
		"10.0.0.0/16 via 192.168.0.77 [1], 10.1.1.1/32 via 192.168.0.77 host", PEER},
	{"set reverse-route gateway", false, "", false, "192.168.0.88",
		"10.0.0.0/16 via 192.168.0.88 [1], 10.1.1.1/32 via 192.168.0.88 host", PEER},
	{"remote-peer, set reverse-route gateway", true, "", false, "192.168.0.88",
		"10.0.0.0/16 via 192.168.0.88 [1], 10.1.1.1/32 via 192.168.0.88 host", PEER},
	{"remote-peer A, set reverse-route gateway", true, "192.168.0.77", false, "192.168.0.88",
		"10.0.0.0/16 via 192.168.0.77 [1], 10.1.1.1/32 via 192.168.0.88 host", "192.168.0.77"},
};
enum { FORMS = sizeof(forms) / sizeof(*forms) };

static void set_form(struct crypto_map_entry *e, const struct form *f)
{
	e->rri = (struct reverse_route){
		.enabled = true, .remote_peer = f->remote_peer, .gateway_keyword = f->gateway_keyword};
	if (f->next_hop[0])
		assert_true(ip_parse(f->next_hop, &e->rri.remote_peer_next_hop));
	if (f->gateway[0])
		assert_true(ip_parse(f->gateway, &e->rri.gateway));
}

static bool find_shown(const struct core_route *r, void *arg)
{
	if (!r->helper)
		*(struct ipaddr *)arg = r->peer;
	return r->helper;
}

static void check_form(struct world *w, const struct form *f)
{
	struct ipaddr shown = {0};
	char text[IP_TEXT_MAX];

	print_message("    %s\n", f->name);
	rri_kernel_is(w, f->routes);
	core_each_route(w->core, find_shown, &shown);
	assert_string_equal(ip_format(&shown, text), f->shown);
}

static void forms_of_a_static_entry(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		struct world *w = rri_world();

		set_form(rri_static(w), &forms[i]);
		rri_runs(w);
		check_form(w, &forms[i]);
		crypto_map_entry(model_crypto_map(w->model, "mymap"), 1)->rri.enabled = false;
		rri_changed(w, 1);
		rri_kernel_is(w, "");
		world_free(w);
	}
}

static void forms_of_a_dynamic_entry(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		struct world *w = rri_world();

		set_form(rri_dynamic(w), &forms[i]);
		rri_runs(w);
		rri_kernel_is(w, "");
		rri_sa(w, 1, PEER, NET);
		check_form(w, &forms[i]);
		child_gone(w, 1);
		rri_kernel_is(w, "");
		world_free(w);
	}
}

static void a_form_changes_into_any_other_in_place(void **state)
{
	struct world *w = rri_static_world();
	struct crypto_map_entry *e = crypto_map_entry(model_crypto_map(w->model, "mymap"), 1);

	(void)state;
	for (size_t from = 0; from < FORMS; from++) {
		for (size_t to = 0; to < FORMS; to++) {
			set_form(e, &forms[from]);
			rri_changed(w, 1);
			rri_kernel_is(w, forms[from].routes);
			log_clear(w);
			set_form(e, &forms[to]);
			rri_changed(w, 1);
			rri_kernel_is(w, forms[to].routes);
			assert_not_seen(w, "route- 10.0.0.0/16"); /* never absent */
		}
	}
	world_free(w);
}

static void a_host_route_is_counted(void **state)
{
	struct world *w = rri_world();

	(void)state;
	rri_dynamic(w)->rri.remote_peer = true;
	rri_runs(w);
	rri_sa(w, 1, PEER, "172.16.5.0/24");
	child_up(w, 2, 1, DYN, "d1", PEER, "172.16.6.0/24");
	child_gone(w, 1);
	rri_kernel_is(w, "10.1.1.1/32 via 192.168.0.1 host, 172.16.6.0/24 via 192.168.0.1 [1]");
	child_gone(w, 2);
	rri_kernel_is(w, "");
	world_free(w);
}

/* --- The underlay -------------------------------------------------------------------------------------------------------- */

static void a_changed_underlay_moves_the_next_hop_in_place(void **state)
{
	struct world *w = rri_static_world();

	(void)state;
	rri_way(w, "192.168.0.254");
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.254 [1]");
	assert_not_seen(w, "route-");
	rri_way(w, "");
	rri_kernel_is(w, "");
	assert_string_equal(route_reason(w, NET), "no route to the next hop");
	rri_way(w, "192.168.0.1");
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	world_free(w);
}

static void a_named_gateway_is_kept(void **state)
{
	struct world *w = rri_world();

	(void)state;
	set_form(rri_static(w), &forms[3]);
	rri_runs(w);
	rri_way(w, "192.168.0.254");
	rri_kernel_is(w, forms[3].routes); /* the operator named the way: the underlay's does not count */
	world_free(w);
}

static void a_named_gateway_behind_another(void **state)
{
	struct world *w = rri_world();
	struct form f = forms[3];

	(void)state;
	f.next_hop = "10.5.5.5"; /* not on link: recursive, as any static route */
	set_form(rri_static(w), &f);
	rri_runs(w);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1], 10.1.1.1/32 via 192.168.0.1 host");
	rri_way(w, "192.168.0.254");
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.254 [1], 10.1.1.1/32 via 192.168.0.254 host");
	rri_way(w, "");
	rri_kernel_is(w, "");
	assert_string_equal(route_reason(w, NET), "no route to the next hop");
	world_free(w);
}

static void a_peer_inside_any_injected_prefix(void **state)
{
	struct world *w = rri_dynamic_world();

	(void)state;
	rri_sa(w, 1, "172.16.5.5", "10.20.0.0/16");
	assert_not_seen(w, "proto 214");
	log_clear(w);
	rri_sa(w, 2, "10.9.9.9", "172.16.0.0/16"); /* the first peer lies in the second one's network */
	assert_order(w, "route+ 172.16.5.5/32 via 192.168.0.1 dev 2 proto 214", "route+ 172.16.0.0/16");
	rri_way(w, "192.168.0.254");
	rri_kernel_is(w,
		"10.20.0.0/16 via 192.168.0.254 [1], 172.16.0.0/16 via 192.168.0.254 [1], "
		"172.16.5.5/32 via 192.168.0.254 host");
	log_clear(w);
	child_gone(w, 2);
	assert_order(w, "route- 172.16.0.0/16", "route- 172.16.5.5/32");
	rri_kernel_is(w, "10.20.0.0/16 via 192.168.0.254 [1]");
	world_free(w);
}

/* --- Distance, tag --------------------------------------------------------------------------------------------------------- */

static void static_line(struct world *w, const char *prefix, uint8_t distance, bool present)
{
	struct static_route like = {0}, *line;

	assert_true(prefix_parse(prefix, &like.prefix));
	str_copy(like.interface, sizeof(like.interface), "FastEthernet0/0");
	if (present) {
		line = model_static_route_get(w->model, &like);
		assert_non_null(line);
		line->distance = distance;
	} else {
		model_static_route_delete(w->model, &like);
	}
	model_touch(w->model, MODEL_STATIC_ROUTE, NULL, 0);
	config(w);
}

static void distance_is_in_the_metric(void **state)
{
	struct world *w = rri_static_world();
	struct crypto_map_entry *e = crypto_map_entry(model_crypto_map(w->model, "mymap"), 1);

	(void)state;
	e->rri.distance = 20;
	rri_changed(w, 1);
	assert_order(w, "route+ 10.0.0.0/16 via 192.168.0.1 dev 2 proto 213 metric 335544321",
		"route- 10.0.0.0/16");
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [20]");
	e->rri.distance = 255;
	rri_changed(w, 1);
	rri_kernel_is(w, "");
	assert_string_equal(route_reason(w, NET), "distance 255 is never installed");
	world_free(w);
}

static void an_ip_route_of_equal_or_lower_distance_wins(void **state)
{
	struct world *w = rri_static_world();
	struct crypto_map_entry *e = crypto_map_entry(model_crypto_map(w->model, "mymap"), 1);

	(void)state;
	e->rri.distance = 10;
	rri_changed(w, 1);
	static_line(w, NET, 11, true);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [10]");
	static_line(w, NET, 10, true);
	rri_kernel_is(w, "");
	assert_string_equal(route_reason(w, NET), "a static route of equal or lower distance is preferred");
	static_line(w, NET, 200, true);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [10]");
	static_line(w, NET, 0, false);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [10]");
	world_free(w);
}

static void tag_table(struct world *w, uint32_t tag, uint8_t table)
{
	if (table)
		model_route_tag_get(w->model, tag)->table = table;
	else
		model_route_tag_delete(w->model, tag);
	model_touch(w->model, MODEL_ROUTE_TAG, NULL, 0);
	config(w);
}

static void a_tag_has_its_table(void **state)
{
	struct world *w = rri_static_world();
	struct crypto_map_entry *e = crypto_map_entry(model_crypto_map(w->model, "mymap"), 1);

	(void)state;
	e->rri.tag = 10;
	rri_changed(w, 1);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]"); /* a tag alone moves nothing in the kernel */
	tag_table(w, 77, 177);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]"); /* somebody else's */
	log_clear(w);
	tag_table(w, 10, 210);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1] table 210, 10.0.0.0/16 via 192.168.0.1 [2]");
	assert_order(w, "metric 33554433", "route- 10.0.0.0/16"); /* never absent from main */
	rri_way(w, "192.168.0.254");
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.254 [1] table 210, 10.0.0.0/16 via 192.168.0.254 [2]");
	tag_table(w, 10, 211);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.254 [1] table 211, 10.0.0.0/16 via 192.168.0.254 [2]");
	e->rri.distance = 7;
	rri_changed(w, 1);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.254 [7] table 211, 10.0.0.0/16 via 192.168.0.254 [8]");
	static_line(w, NET, 1, true);
	rri_kernel_is(w, "");
	static_line(w, NET, 1, false);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.254 [7] table 211, 10.0.0.0/16 via 192.168.0.254 [8]");
	tag_table(w, 10, 0);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.254 [7]");
	world_free(w);
}

static void a_tagged_route_goes_from_both_tables(void **state)
{
	struct world *w = rri_world();

	(void)state;
	rri_dynamic(w)->rri.tag = 10;
	model_route_tag_get(w->model, 10)->table = 210;
	rri_runs(w);
	rri_sa(w, 1, "10.9.9.9", "172.16.5.0/24");
	assert_order(w, "metric 16777217 table 210", "metric 33554433");
	rri_kernel_is(w, "172.16.5.0/24 via 192.168.0.1 [1] table 210, 172.16.5.0/24 via 192.168.0.1 [2]");
	log_clear(w);
	child_rekeyed(w, 2, 1, 1, DYN, "d1", "10.9.9.9", "172.16.5.0/24");
	assert_not_seen(w, "route");
	child_gone(w, 2);
	/* Never only in main: it would be announced without its tag. */
	assert_order(w, "route- 172.16.5.0/24 via 192.168.0.1 dev 2 proto 213 metric 33554433",
		"route- 172.16.5.0/24 via 192.168.0.1 dev 2 proto 213 metric 16777217 table 210");
	rri_kernel_is(w, "");
	world_free(w);
}

static void a_stop_clears_the_tables(void **state)
{
	struct world *w = rri_world();

	(void)state;
	rri_static(w)->rri.tag = 10;
	model_route_tag_get(w->model, 10)->table = 210;
	rri_runs(w);
	world_event(w, &(struct event){.kind = EV_STOP});
	assert_true(w->stopped);
	rri_kernel_is(w, "");
	world_free(w);
}

static bool is_installed(const struct core_route *r, void *arg)
{
	*(bool *)arg = r->installed;
	return false;
}

static void a_missing_copy_is_told(void **state)
{
	struct world *w = rri_static_world();
	bool installed = true;

	(void)state;
	crypto_map_entry(model_crypto_map(w->model, "mymap"), 1)->rri.tag = 10;
	w->route_error = -22;
	tag_table(w, 10, 210);
	rri_changed(w, 1);
	core_each_route(w->core, is_installed, &installed);
	assert_false(installed);
	assert_string_equal(route_reason(w, NET), "refused by the kernel (error 22)");
	w->route_error = 0;
	pass_ms(w, 5000);
	core_each_route(w->core, is_installed, &installed);
	assert_true(installed);
	world_free(w);
}

/* --- Others' routes ---------------------------------------------------------------------------------------------------------- */

static void a_foreign_route_is_never_beaten(void **state)
{
	struct world *w = rri_static_world();

	(void)state;
	foreign_route_event(w, NET, true);
	assert_int_equal(count_seen(w, "route"), 1);
	rri_kernel_is(w, "");
	assert_string_equal(route_reason(w, NET), "a route of another origin is preferred");
	foreign_route_event(w, NET, false);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	world_free(w);
}

static void a_users_route_stands_throughout(void **state)
{
	struct world *w = rri_world();
	struct crypto_map_entry *e = rri_static(w);

	(void)state;
	static_line(w, NET, 1, true);
	rri_runs(w);
	for (int round = 0; round < 3; round++) {
		e->rri.enabled = !e->rri.enabled;
		rri_changed(w, 1);
	}
	assert_not_seen(w, "route");
	assert_true(has_route(w, NET, ROUTE_PROTO_STATIC));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE("D2 each form of a static entry", forms_of_a_static_entry),
		RULE("D2 each form of a dynamic entry", forms_of_a_dynamic_entry),
		RULE("D2 any form into any other, in place", a_form_changes_into_any_other_in_place),
		RULE("the peer's host route is counted", a_host_route_is_counted),
		RULE("R10 the underlay's gateway, followed in place",
			a_changed_underlay_moves_the_next_hop_in_place),
		RULE("a named gateway is kept", a_named_gateway_is_kept),
		RULE("a named gateway behind another is recursive", a_named_gateway_behind_another),
		RULE("V2 a peer inside any injected prefix", a_peer_inside_any_injected_prefix),
		RULE("D12 distance; 255 never", distance_is_in_the_metric),
		RULE("R12 ip route of equal or lower distance wins",
			an_ip_route_of_equal_or_lower_distance_wins),
		RULE("route-tag: a table of its own, main one behind", a_tag_has_its_table),
		RULE("route-tag: with the SA", a_tagged_route_goes_from_both_tables),
		RULE("route-tag: stop", a_stop_clears_the_tables),
		RULE("route-tag: a missing copy is told", a_missing_copy_is_told),
		RULE("R12 a foreign route is never beaten", a_foreign_route_is_never_beaten),
		RULE("R12 V10 a user's route stands", a_users_route_stands_throughout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
