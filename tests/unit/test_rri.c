/*
 * Reverse Route Injection, rule by rule: when routes exist, for which prefixes, and for how long. The table in main() names
 * each rule; next hops, distance, tag and other people's routes are in test_rri_ways.c. What depends on the kernel or on
 * other programs has its own tests: tests/lab/test_v01_v03_maps.py, test_v10_user_route.py, test_rri_ways.py, test_rri_upstream.py.
 */
#include "rri_world.h"

#include <string.h>

#include "base/text.h"

/* --- When --------------------------------------------------------------------------------------------------------------- */

static void static_entry_always(void **state)
{
	struct world *w = rri_world();

	(void)state;
	rri_static(w);
	config(w);
	snapshot(w);
	charon_starts(w, 1, false);
	rri_kernel_is(w, ""); /* on no interface yet */
	apply(w, "mymap", false, "");
	config(w);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	assert_int_equal(count_seen(w, "initiate"), 1); /* no SA yet */
	charon_dies(w);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	apply(w, "", false, "");
	config(w);
	rri_kernel_is(w, "");
	world_free(w);
}

static void not_before_the_interface_is_up(void **state)
{
	struct world *w = rri_static_world();

	(void)state;
	link_state(w, OUTSIDE, "eth0", true, false); /* no carrier */
	rri_kernel_is(w, "");
	assert_string_equal(route_reason(w, NET), "the interface is down");
	assert_not_seen(w, "terminate");
	link_state(w, OUTSIDE, "eth0", true, true);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	world_free(w);
}

static void static_entry_per_sa(void **state)
{
	struct world *w = rri_world();

	(void)state;
	w->model->rri_per_sa = true;
	rri_static(w);
	rri_runs(w);
	rri_kernel_is(w, "");
	ike_up(w, 1, CONN, PEER);
	child_up(w, 1, 1, CONN, "l10", PEER, NET);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	child_gone(w, 1);
	rri_kernel_is(w, "");
	world_free(w);
}

static void the_switch_counts_at_once(void **state)
{
	struct world *w = rri_static_world();

	(void)state;
	w->model->rri_per_sa = true;
	model_touch(w->model, MODEL_RRI_MODE, NULL, 0);
	config(w);
	rri_kernel_is(w, "");
	ike_up(w, 1, CONN, PEER);
	child_up(w, 1, 1, CONN, "l10", PEER, NET);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	log_clear(w);
	w->model->rri_per_sa = false;
	model_touch(w->model, MODEL_RRI_MODE, NULL, 0);
	config(w);
	assert_not_seen(w, "route"); /* the list takes over what the SA held */
	child_gone(w, 1);
	assert_not_seen(w, "route");
	world_free(w);
}

static void the_word_static_is_permanent(void **state)
{
	struct world *w = rri_world();
	struct crypto_map_entry *e = rri_static(w);

	(void)state;
	w->model->rri_per_sa = true;
	e->rri.is_static = true;
	rri_runs(w);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	ike_up(w, 1, CONN, PEER);
	child_up(w, 1, 1, CONN, "l10", PEER, NET);
	child_gone(w, 1);
	assert_not_seen(w, "route");
	world_free(w);
}

static void dynamic_entry_with_its_sa(void **state)
{
	struct world *w = rri_dynamic_world();
	struct crypto_map_entry *t = crypto_map_entry(model_dynamic_map(w->model, "mydynmap"), 1);

	(void)state;
	rri_kernel_is(w, "");
	t->rri.is_static = true; /* there is no list to make it permanent by */
	rri_template_changed(w);
	rri_kernel_is(w, "");
	rri_sa(w, 1, "10.9.9.9", "172.16.5.0/24");
	rri_kernel_is(w, "172.16.5.0/24 via 192.168.0.1 [1]");
	child_gone(w, 1);
	rri_kernel_is(w, "");
	world_free(w);
}

static void an_incomplete_entry_has_none(void **state)
{
	struct world *w = rri_world();
	struct crypto_map_entry *e = rri_static(w);

	(void)state;
	e->acl[0] = '\0';
	rri_runs(w);
	rri_kernel_is(w, "");
	str_copy(e->acl, sizeof(e->acl), "102");
	e->peer_count = 0;
	rri_changed(w, 1);
	rri_kernel_is(w, "");
	e->peer_count = 1;
	e->transform_set_count = 0;
	rri_changed(w, 1);
	rri_kernel_is(w, "");
	e->transform_set_count = 1;
	rri_changed(w, 1);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	world_free(w);
}

static void per_entry_and_off_by_default(void **state)
{
	struct world *w = rri_world();

	(void)state;
	rri_static(w);
	acl_line(w, "103", 10, true, "192.168.1.0/24", "10.50.0.0/16");
	entry(w, "mymap", 2, "10.1.1.2", "103", "esp-aes-sha", false);
	rri_runs(w);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	assert_null(route_reason(w, "10.50.0.0/16"));
	world_free(w);
}

static void with_redundancy_the_active_alone(void **state)
{
	struct world *w = rri_world();

	(void)state;
	rri_static(w);
	rri_dynamic(w);
	standby(w, 0, "group1", "192.168.0.3");
	apply(w, "mymap", true, "group1");
	config(w);
	snapshot(w);
	charon_starts(w, 1, false);
	role(w, 0, HSRP_ROLE_STANDBY, "192.168.0.3");
	rri_kernel_is(w, "");
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	rri_sa(w, 1, "10.9.9.9", "172.16.5.0/24");
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1], 172.16.5.0/24 via 192.168.0.1 [1]");
	role(w, 0, HSRP_ROLE_SPEAK, "192.168.0.3"); /* all of them, at once */
	rri_kernel_is(w, "");
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]"); /* the dynamic ones with new SAs */
	world_free(w);
}

/* --- Prefixes ----------------------------------------------------------------------------------------------------------- */

static void one_for_each_destination(void **state)
{
	struct world *w = rri_static_world();

	(void)state;
	rri_line(w, 20, "10.50.0.0/16");
	rri_line(w, 30, "10.60.0.7/32"); /* host */
	acl_line(w, "102", 40, false, "192.168.1.0/24", "10.70.0.0/16");
	config(w);
	rri_kernel_is(w,
		"10.0.0.0/16 via 192.168.0.1 [1], 10.50.0.0/16 via 192.168.0.1 [1], "
		"10.60.0.7/32 via 192.168.0.1 [1]");
	world_free(w);
}

static void protocol_and_ports_yield_the_prefix(void **state)
{
	struct world *w = rri_static_world();
	struct acl *a = model_acl(w->model, "102");
	struct acl_rule web = *acl_rule(a, 10);

	(void)state;
	web.sequence = 20;
	web.protocol = 6;
	web.destination.port_op = ACL_PORT_EQ;
	web.destination.port_lo = 80;
	assert_non_null(acl_rule_add(a, &web));
	model_touch(w->model, MODEL_ACL, "102", 0);
	config(w);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	rri_no_line(w, 10); /* the other line holds it */
	assert_not_seen(w, "route");
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	rri_no_line(w, 20);
	rri_kernel_is(w, "");
	world_free(w);
}

static void what_is_no_prefix_is_left_out(void **state)
{
	struct world *w = rri_static_world();
	struct acl *a = model_acl(w->model, "102");
	struct acl_rule odd = *acl_rule(a, 10);

	(void)state;
	odd.sequence = 20;
	assert_true(ip_parse("10.80.0.5", &odd.destination.addr));
	assert_true(ip_parse("0.0.255.0", &odd.destination.wildcard)); /* not contiguous */
	assert_non_null(acl_rule_add(a, &odd));
	acl_line(w, "102", 30, true, "192.168.1.0/24",
		"0.0.0.0/0"); /* cannot be typed; an old file may have it */
	config(w);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	world_free(w);
}

static void one_for_each_remote_proxy(void **state)
{
	struct world *w = rri_dynamic_world();
	struct child_sa sa = {
		.incarnation = 1, .id = 7, .ike_id = 7, .state = CHILD_SA_INSTALLED, .remote_count = 3};

	(void)state;
	ike_up(w, 7, DYN, "10.9.9.9");
	str_copy(sa.conn, sizeof(sa.conn), DYN);
	str_copy(sa.child, sizeof(sa.child), "d1");
	assert_true(ip_parse("10.9.9.9", &sa.remote_host));
	assert_true(prefix_parse("172.16.5.0/24", &sa.remote[0].prefix));
	assert_true(prefix_parse("172.16.6.6/32", &sa.remote[1].prefix));
	sa.remote[2] = sa.remote[0]; /* another port of the same network */
	world_event(w, &(struct event){.kind = EV_CHILD_SA, .child = {&sa, 0}});
	rri_kernel_is(w, "172.16.5.0/24 via 192.168.0.1 [1], 172.16.6.6/32 via 192.168.0.1 [1]");
	child_gone(w, 7);
	rri_kernel_is(w, "");
	world_free(w);
}

static void entries_share_a_route(void **state)
{
	struct world *w = rri_world();

	(void)state;
	rri_static(w);
	entry(w, "mymap", 2, "10.1.1.2", "102", "esp-aes-sha", true);
	rri_runs(w);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	crypto_map_entry(model_crypto_map(w->model, "mymap"), 1)->rri.enabled = false;
	rri_changed(w, 1);
	assert_not_seen(w, "route"); /* entry 2 has the same next hop by the underlay */
	crypto_map_entry(model_crypto_map(w->model, "mymap"), 2)->rri.enabled = false;
	rri_changed(w, 2);
	rri_kernel_is(w, "");
	world_free(w);
}

static void the_lower_entry_wins(void **state)
{
	struct world *w = rri_world();

	(void)state;
	rri_static(w);
	entry(w, "mymap", 2, "192.168.0.77", "102", "esp-aes-sha", true); /* another next hop */
	rri_runs(w);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	crypto_map_entry_delete(model_crypto_map(w->model, "mymap"), 1);
	rri_changed(w, 1);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.77 [1]");
	assert_not_seen(w, "route-"); /* replaced in one step */
	world_free(w);
}

static void first_peer_by_list_current_peer_by_sa(void **state)
{
	static const char second[] = "hs/FastEthernet0/0/mymap/1/192.168.0.77";
	struct world *w = rri_world();
	struct crypto_map_entry *e = rri_static(w);

	(void)state;
	assert_true(ip_parse("192.168.0.77", &e->peers[e->peer_count++].addr));
	rri_runs(w);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	ike_up(w, 1, second, "192.168.0.77");
	child_up(w, 1, 1, second, "l10", "192.168.0.77", NET);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	w->model->rri_per_sa = true;
	model_touch(w->model, MODEL_RRI_MODE, NULL, 0);
	config(w);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.77 [1]");
	world_free(w);
}

static void an_edited_list_changes_the_difference(void **state)
{
	struct world *w = rri_static_world();

	(void)state;
	rri_line(w, 20, "10.50.0.0/16");
	assert_int_equal(count_seen(w, "route"), 1);
	log_clear(w);
	rri_line(w, 15, "10.40.0.0/16");
	rri_no_line(w, 20);
	assert_int_equal(count_seen(w, "route+ 10.40.0.0/16"), 1);
	assert_int_equal(count_seen(w, "route- 10.50.0.0/16"), 1);
	assert_int_equal(count_seen(w, "route"), 2);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1], 10.40.0.0/16 via 192.168.0.1 [1]");
	world_free(w);
}

static void what_a_dynamic_peer_may_not_inject(void **state)
{
	struct world *w = rri_dynamic_world();

	(void)state;
	rri_sa(w, 1, "10.9.9.9", "172.16.5.0/24");
	rri_sa(w, 2, "10.8.8.8", "0.0.0.0/0");
	child_up(w, 3, 2, DYN, "d1", "10.8.8.8", "192.168.0.0/16"); /* our own 192.168.0.0/24 */
	child_up(w, 4, 2, DYN, "d1", "10.8.8.8", "172.16.0.0/16");  /* the other peer's 172.16.5.0/24 */
	child_up(w, 5, 2, DYN, "d1", "10.8.8.8", "172.20.0.0/16");
	child_up(w, 6, 2, DYN, "d1", "10.8.8.8", "224.0.0.0/4");
	child_up(w, 7, 2, DYN, "d1", "10.8.8.8", "172.16.5.0/24"); /* the very same */
	rri_kernel_is(w, "172.16.5.0/24 via 192.168.0.1 [1], 172.20.0.0/16 via 192.168.0.1 [1]");
	assert_string_equal(
		route_reason(w, "0.0.0.0/0"), "refused: a dynamic peer may not inject a default route");
	assert_string_equal(route_reason(w, "192.168.0.0/16"), "refused: it covers a connected network");
	assert_string_equal(route_reason(w, "172.16.0.0/16"), "refused: it covers a network of another peer");
	child_gone(w, 1); /* the other peer leaves */
	rri_kernel_is(w,
		"172.16.0.0/16 via 192.168.0.1 [1], 172.16.5.0/24 via 192.168.0.1 [1], "
		"172.20.0.0/16 via 192.168.0.1 [1]");
	world_free(w);
}

/* --- Life ----------------------------------------------------------------------------------------------------------------- */

static void the_last_sa_takes_it_away(void **state)
{
	struct world *w = rri_dynamic_world();

	(void)state;
	rri_sa(w, 1, "10.9.9.9", "172.16.5.0/24");
	child_up(w, 2, 1, DYN, "d1", "10.9.9.9", "172.16.5.0/24");
	log_clear(w);
	child_gone(w, 1);
	assert_not_seen(w, "route");
	child_gone(w, 2);
	assert_int_equal(count_seen(w, "route-"), 1);
	rri_kernel_is(w, "");
	world_free(w);
}

static void a_rekey_moves_nothing(void **state)
{
	struct world *w = rri_dynamic_world();

	(void)state;
	rri_sa(w, 1, "10.9.9.9", "172.16.5.0/24");
	log_clear(w);
	child_rekeyed(w, 2, 1, 1, DYN, "d1", "10.9.9.9", "172.16.5.0/24");
	child_gone(w, 1); /* repeats what the rekey said */
	assert_int_equal(w->log_count, 0);
	child_gone(w, 2);
	rri_kernel_is(w, "");
	world_free(w);
}

static void a_peer_that_reconnects_keeps_its_route(void **state)
{
	struct world *w = rri_dynamic_world();

	(void)state;
	rri_sa(w, 1, "10.9.9.9", "172.16.5.0/24");
	log_clear(w);
	rri_sa(w, 2, "10.9.9.9", "172.16.5.0/24"); /* new up before old down */
	child_gone(w, 1);
	ike_gone(w, 1);
	assert_int_equal(w->log_count, 0);
	world_free(w);
}

static void clear_crypto_takes_the_routes_of_sas_only(void **state)
{
	struct world *w = rri_world();

	(void)state;
	rri_static(w);
	rri_dynamic(w);
	rri_runs(w);
	rri_sa(w, 1, "10.9.9.9", "172.16.5.0/24");
	ike_up(w, 2, CONN, PEER);
	child_up(w, 2, 2, CONN, "l10", PEER, NET);
	world_event(w, &(struct event){.kind = EV_CLEAR_SA, .clear = {.ike = true}});
	assert_seen(w, "terminate ike 1");
	assert_seen(w, "terminate ike 2");
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	world_free(w);
}

static void no_reverse_route_and_back(void **state)
{
	struct world *w = rri_world();
	struct crypto_map_entry *e = rri_static(w), *t = rri_dynamic(w);

	(void)state;
	rri_runs(w);
	rri_sa(w, 1, "10.9.9.9", "172.16.5.0/24");
	e->rri.enabled = false;
	rri_changed(w, 1);
	rri_kernel_is(w, "172.16.5.0/24 via 192.168.0.1 [1]");
	t->rri.enabled = false;
	rri_template_changed(w);
	rri_kernel_is(w, "");
	assert_not_seen(w, "terminate"); /* IOS clears the SAs, too; ours live on */
	e->rri.enabled = t->rri.enabled = true;
	rri_changed(w, 1);
	rri_template_changed(w);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1], 172.16.5.0/24 via 192.168.0.1 [1]");
	world_free(w);
}

static void they_go_with_list_peer_and_entry(void **state)
{
	struct world *w = rri_static_world();
	struct crypto_map_entry *e = crypto_map_entry(model_crypto_map(w->model, "mymap"), 1);

	(void)state;
	model_acl_delete(w->model, "102");
	model_touch(w->model, MODEL_ACL, "102", 0);
	config(w);
	rri_kernel_is(w, "");
	rri_line(w, 10, NET);
	rri_kernel_is(w, "10.0.0.0/16 via 192.168.0.1 [1]");
	e->peer_count = 0;
	rri_changed(w, 1);
	rri_kernel_is(w, "");
	e->peer_count = 1;
	rri_changed(w, 1);
	crypto_map_entry_delete(model_crypto_map(w->model, "mymap"), 1);
	rri_changed(w, 1);
	rri_kernel_is(w, "");
	world_free(w);
}

/* --- debug ------------------------------------------------------------------------------------------------------------------ */

static void debug_tells_of_routes_and_counts(void **state)
{
	struct world *w = rri_dynamic_world();

	(void)state;
	rri_sa(w, 1, "10.9.9.9", "172.16.5.0/24");
	assert_not_seen(w, "rte_mgr"); /* off */
	child_gone(w, 1);
	world_event(w, &(struct event){.kind = EV_DEBUG, .debug = true});
	rri_sa(w, 2, "10.9.9.9", "172.16.5.0/24");
	assert_order(w, "IPSEC(rte_mgr): VPN Route Event Create route from SA for 10.9.9.9",
		"IPSEC(rte_mgr): VPN Route Refcount 1 FastEthernet0/0 172.16.5.0 255.255.255.0");
	assert_order(w, "VPN Route Refcount 1",
		"IPSEC(rte_mgr): VPN Route Added 172.16.5.0 255.255.255.0 via 10.9.9.9 in IP DEFAULT TABLE "
		"with "
		"tag 0 distance 1");
	child_rekeyed(w, 3, 2, 2, DYN, "d1", "10.9.9.9", "172.16.5.0/24");
	assert_order(w, "VPN Route Added", "VPN Route Refcount 2");
	assert_int_equal(count_seen(w, "VPN Route Added"), 1);
	assert_not_seen(w, "VPN Route Removed");
	child_gone(w, 3);
	assert_order(w, "VPN Route Refcount 0",
		"IPSEC(rte_mgr): VPN Route Removed 172.16.5.0 255.255.255.0 via 10.9.9.9 in IP DEFAULT "
		"TABLE");
	rri_sa(w, 4, "10.9.9.9", "0.0.0.0/0");
	assert_seen(w, "VPN Route Not Added 0.0.0.0 0.0.0.0 via 10.9.9.9: refused: a dynamic peer may not");
	world_event(w, &(struct event){.kind = EV_DEBUG, .debug = false});
	log_clear(w);
	child_gone(w, 4);
	assert_not_seen(w, "rte_mgr");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE("R6 R7 always while the map is applied, whatever IKE does", static_entry_always),
		RULE("only while the crypto interface is up", not_before_the_interface_is_up),
		RULE("D1 static-maps per-sa: with the SA", static_entry_per_sa),
		RULE("D1 the switch moves no route that both ways want", the_switch_counts_at_once),
		RULE("D1 D2 reverse-route static is permanent", the_word_static_is_permanent),
		RULE("R1 R5 a dynamic entry's with its SA, also with static", dynamic_entry_with_its_sa),
		RULE("no list, no peer, no transform set: no route", an_incomplete_entry_has_none),
		RULE("R1 R11 per entry", per_entry_and_off_by_default),
		RULE("R13 redundancy: the active's alone, all of them", with_redundancy_the_active_alone),
		RULE("R6 one for each destination; host /32; none for deny", one_for_each_destination),
		RULE("protocol and ports yield the prefix, lines share it",
			protocol_and_ports_yield_the_prefix),
		RULE("R8 no default route, no wildcard with gaps", what_is_no_prefix_is_left_out),
		RULE("R5 one for each remote proxy of an SA", one_for_each_remote_proxy),
		RULE("entries share a route until the last one goes", entries_share_a_route),
		RULE("same prefix, other next hop: the lower entry, then the next", the_lower_entry_wins),
		RULE("list: first peer; SA: its own peer", first_peer_by_list_current_peer_by_sa),
		RULE("an edited list changes the difference", an_edited_list_changes_the_difference),
		RULE("what a dynamic peer may not inject", what_a_dynamic_peer_may_not_inject),
		RULE("gone with the last SA", the_last_sa_takes_it_away),
		RULE("R3 a rekey moves nothing", a_rekey_moves_nothing),
		RULE("R3 a peer that reconnects keeps its route", a_peer_that_reconnects_keeps_its_route),
		RULE("clear crypto: SAs' routes go, lists' stay", clear_crypto_takes_the_routes_of_sas_only),
		RULE("no reverse-route on a live map", no_reverse_route_and_back),
		RULE("gone with list, peer, entry", they_go_with_list_peer_and_entry),
		RULE("debug crypto ipsec", debug_tells_of_routes_and_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
