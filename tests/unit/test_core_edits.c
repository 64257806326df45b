/* The core when its role or its configuration changes: what comes, what goes, and in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core_scenes.h"

static void lines_follow_the_first_child(void **state)
{
	struct world *w = core_start();

	(void)state;
	acl_line(w, "102", 20, true, "192.168.2.0/24", "10.0.0.0/16");
	static_map(w);
	apply(w, "mymap", false, "");
	core_runs(w);
	assert_int_equal(count_seen(w, "initiate"), 1);
	ike_up(w, 1, static_conn, "10.1.1.1");
	assert_int_equal(count_seen(w, "initiate"), 2);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20");
	child_up(w, 1, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	child_up(w, 2, 1, static_conn, "l20", "10.1.1.1", "10.0.0.0/16");
	assert_int_equal(count_seen(w, "Crypto tunnel is UP"), 1);
	log_clear(w);
	pass_ms(w, 100000);
	assert_int_equal(w->log_count, 0);
	world_free(w);
}

/* After a second of silence the peer may call itself anything; it then calls itself by its address after all. */
static void the_other_lines_of_a_slow_peer_use_its_ike_sa(void **state)
{
	struct world *w = core_start();

	(void)state;
	acl_line(w, "102", 20, true, "192.168.2.0/24", "10.0.0.0/16");
	static_map(w);
	apply(w, "mymap", false, "");
	core_runs(w);
	pass_ms(w, 1100);
	assert_seen(w, "id any");
	log_clear(w);
	ike_up(w, 1, static_conn, "10.1.1.1");
	assert_order(w, "load hs/FastEthernet0/0/mymap/1/10.1.1.1",
		"initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20");
	assert_not_seen(w, "id any"); /* as when the first line was asked for: charon finds the IKE_SA */
	assert_int_equal(count_seen(w, "initiate"), 1);
	world_free(w);
}

/* The peer's list has no such line. */
static void a_refused_line_keeps_no_other_one_down(void **state)
{
	struct world *w = core_start();

	(void)state;
	acl_line(w, "102", 20, true, "192.168.2.0/24", "10.0.0.0/16");
	static_map(w);
	apply(w, "mymap", false, "");
	core_runs(w);
	ike_up(w, 1, static_conn, "10.1.1.1");
	child_up(w, 1, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16"); /* and never l20 */
	log_clear(w);
	child_gone(w, 1);
	assert_not_seen(w, "initiate"); /* the peer may be about to ask by itself */
	pass_ms(w, 1100);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l10");
	child_up(w, 2, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	log_clear(w);
	pass_ms(w, 50000);
	assert_not_seen(
		w, "terminate"); /* what stands is left alone, however long the other one is refused */
	pass_ms(w, 30000);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20");
	assert_not_seen(w, " l10");
	world_free(w);
}

static void a_learned_address_completes_the_binding_and_its_change_makes_it_stale(void **state) /* D10 */
{
	struct world *w = core_start();

	(void)state;
	static_map(w);
	standby(w, 0, "group1", "");
	apply(w, "mymap", true, "group1");
	core_runs(w);
	assert_int_equal(binding(w).state, BINDING_PENDING);
	assert_seen(w, "filter eth0"); /* guarded already */
	assert_not_seen(w, "load");
	role(w, 0, HSRP_ROLE_STANDBY, "192.168.0.3");
	assert_int_equal(binding(w).state, BINDING_BOUND);
	assert_seen(w, "load hs/FastEthernet0/0/mymap/1/10.1.1.1 local 192.168.0.3");
	role(w, 0, HSRP_ROLE_STANDBY, "192.168.0.4");
	assert_int_equal(binding(w).state, BINDING_STALE);
	world_free(w);
}

static void losing_the_role_in_the_middle_of_coming_turns_round(void **state)
{
	struct world *w = redundant_world(HSRP_ROLE_STANDBY);

	(void)state;
	w->kernel_silent = true; /* the step "routes" is under way */
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	assert_seen(w, "route+ 10.0.0.0/16");
	assert_not_seen(w, "initiate");
	assert_string_equal(binding(w).step, "routes");
	role(w, 0, HSRP_ROLE_SPEAK, "192.168.0.3");
	assert_seen(w, "route- 10.0.0.0/16");
	pass_ms(w, 10000);
	assert_not_seen(w, "initiate");
	assert_false(binding(w).serving);
	world_free(w);
}

static void a_silent_kernel_does_not_hold_ike_back_for_ever(void **state)
{
	struct world *w = redundant_world(HSRP_ROLE_STANDBY);

	(void)state;
	w->kernel_silent = true;
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	pass_ms(w, 1500);
	assert_seen(w, "CRYPTO-4-STEP_LATE: Crypto map mymap on FastEthernet0/0: step \"routes\" is late");
	assert_seen(w, "initiate");
	world_free(w);
}

static void an_sa_on_the_standby_is_dropped(void **state) /* D7 */
{
	struct world *w = redundant_world(HSRP_ROLE_STANDBY);

	(void)state;
	log_clear(w);
	ike_up(w, 1, static_conn, "10.1.1.1");
	child_up(w, 1, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	assert_seen(w, "terminate ike 1 child 0 force");
	assert_not_seen(w, "route+");
	world_free(w);
}

static void an_active_whose_hsrp_died_ends_with_the_address(void **state) /* D9 */
{
	struct world *w = redundant_world(HSRP_ROLE_STANDBY);

	(void)state;
	link_state(w, VMAC, "hs2-0", true, true);
	address(w, VMAC, "192.168.0.3", true);
	world_event(w, &(struct event){.kind = EV_HSRP_UP});
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	log_clear(w);
	world_event(w, &(struct event){.kind = EV_HSRP_DOWN});
	pass_ms(w, 500);
	assert_int_equal(w->log_count, 0);	/* it may be back within hold */
	address(w, VMAC, "192.168.0.3", false); /* its lifetime is over */
	assert_seen(w, "route- 10.0.0.0/16");
	assert_false(binding(w).serving);
	world_free(w);
}

static void another_device_takes_the_filter_along(void **state)
{
	struct world *w = static_world();

	(void)state;
	link_state(w, 3, "eth1", true, true);
	log_clear(w);
	str_copy(fa00(w)->device, DEVICE_NAME_MAX, "eth1");
	model_touch(w->model, MODEL_INTERFACE, "FastEthernet0/0", 0);
	config(w);
	assert_seen(w, "filter gone 2");
	assert_seen(w, "filter eth1");
	world_free(w);
}

/* An initiation under the name of a dying IKE_SA would be put on it, and keep it alive. */
static void an_entry_put_back_waits_for_the_end_of_its_sas(void **state)
{
	struct world *w = static_world();

	(void)state;
	ike_up(w, 1, static_conn, "10.1.1.1");
	child_up(w, 1, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	log_clear(w);
	w->deaf = true; /* charon takes its time */
	crypto_map_entry_delete(model_crypto_map(w->model, "mymap"), 1);
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", 1);
	config(w);
	entry(w, "mymap", 1, "10.1.1.1", "102", "esp-aes-sha", true);
	config(w);
	assert_seen(w, "terminate");
	assert_int_equal(count_seen(w, "load hs"), count_seen(w, "unload hs"));
	assert_not_seen(w, "initiate");
	child_gone(w, 1);
	assert_not_seen(w, "initiate");
	ike_gone(w, 1);
	assert_order(w, "load hs/FastEthernet0/0/mymap/1/10.1.1.1", "initiate");
	/* A peer that never answers the DELETE does not block it for ever. */
	ike_up(w, 2, static_conn, "10.1.1.1");
	child_up(w, 2, 2, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	apply(w, "", false, "");
	config(w);
	apply(w, "mymap", false, "");
	config(w);
	log_clear(w);
	pass_ms(w, 8000);
	assert_order(w, "load hs/FastEthernet0/0/mymap/1/10.1.1.1", "initiate");
	world_free(w);
}

static void warnings_at_the_line_that_causes_them(void **state) /* H5, H8, D3 */
{
	struct world *w = core_start();

	(void)state;
	w->model->isakmp_keepalive.set = false;
	static_map(w);
	apply(w, "mymap", false, "");
	core_runs(w);
	log_clear(w);
	standby(w, 0, "group1", "192.168.0.3");
	config(w);
	assert_seen(w, "warn %Warning: Crypto map mymap on FastEthernet0/0 does not use the standby group");
	assert_not_seen(w, "load");
	log_clear(w);
	apply(w, "mymap", true, "group2");
	config(w);
	assert_seen(w, "warn %Warning: Crypto map mymap uses redundancy without IKE keepalive");
	assert_seen(w,
		"warn %Warning: Crypto map mymap on FastEthernet0/0 waits: no standby group of this "
		"interface is "
		"named group2.");
	world_free(w);
}

static void nothing_happens_before_the_filter_stands(void **state) /* D6 */
{
	struct world *w = core_start();

	(void)state;
	w->hold_filter = true;
	static_map(w);
	apply(w, "mymap", false, "");
	core_runs(w);
	assert_seen(w, "  protect 192.168.1.0/24 -> 10.0.0.0/16");
	assert_not_seen(w, "load");
	assert_not_seen(w, "route+");
	pass_ms(w, 60000);
	assert_not_seen(w, "route+");
	w->hold_filter = false;
	world_event(w, &(struct event){.kind = EV_RESULT, .result = {w->held_filter, -EPERM}});
	assert_seen(w, "CRYPTO-3-FILTER");
	assert_not_seen(w, "route+");
	pass_ms(w, 1500); /* the second attempt */
	assert_seen(w, "route+ 10.0.0.0/16");
	world_free(w);
}

static void a_removed_line_guards_until_its_route_has_gone(void **state)
{
	struct world *w = core_start();
	struct acl *a;

	(void)state;
	acl_line(w, "102", 20, true, "192.168.1.0/24", "10.5.0.0/16");
	static_map(w);
	apply(w, "mymap", false, "");
	core_runs(w);
	log_clear(w);
	a = model_acl(w->model, "102");
	acl_rule_delete(a, 20);
	model_touch(w->model, MODEL_ACL, "102", 0);
	config(w);
	assert_order(w, "filter eth0 rules 2", "route- 10.5.0.0/16");
	assert_order(w, "route- 10.5.0.0/16", "filter eth0 rules 1");
	assert_not_seen(w, "route- 10.0.0.0/16");
	world_free(w);
}

static void a_deconfigured_entry_is_deleted_at_the_peer_and_guarded_last(void **state)
{
	struct world *w = redundant_world(HSRP_ROLE_ACTIVE);

	(void)state;
	ike_up(w, 1, static_conn, "10.1.1.1");
	child_up(w, 1, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	log_clear(w);
	crypto_map_entry_delete(model_crypto_map(w->model, "mymap"), 1);
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", 1);
	config(w);
	assert_seen(w, "route- 10.0.0.0/16");
	assert_order(w, "terminate hs/FastEthernet0/0/mymap/1/10.1.1.1",
		"unload hs/FastEthernet0/0/mymap/1/10.1.1.1");
	assert_not_seen(w, "force"); /* we stay active: DELETE is sent */
	assert_order(w, "unload", "filter eth0 rules 0");
	world_free(w);
}

static void a_map_taken_off_is_deleted_at_the_peer(void **state)
{
	struct world *w = static_world();

	(void)state;
	ike_up(w, 1, static_conn, "10.1.1.1");
	child_up(w, 1, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	log_clear(w);
	apply(w, "", false, "");
	config(w);
	assert_order(w, "route- 10.0.0.0/16", "terminate hs/FastEthernet0/0/mymap/1/10.1.1.1");
	assert_not_seen(w, "force");
	assert_order(w, "terminate", "unload");
	assert_order(w, "unload", "filter gone 2");
	world_free(w);

	w = redundant_world(HSRP_ROLE_ACTIVE);
	ike_up(w, 1, static_conn, "10.1.1.1");
	child_up(w, 1, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	log_clear(w);
	apply(w, "", false, "");
	config(w);
	assert_seen(w, "terminate hs/FastEthernet0/0/mymap/1/10.1.1.1");
	assert_not_seen(w, "force"); /* we stay active: the peer is told */
	world_free(w);
}

/* As long as an SA and its successor are up, the entry has as many SAs as lines. */
static void a_new_line_is_asked_for_while_another_is_rekeyed(void **state)
{
	struct world *w = static_world();

	(void)state;
	ike_up(w, 1, static_conn, "10.1.1.1");
	child_up(w, 1, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	child_up(w, 2, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	acl_line(w, "102", 20, true, "192.168.1.0/24", "10.5.0.0/16");
	log_clear(w);
	config(w);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20");
	assert_int_equal(count_seen(w, "initiate"), 1);
	world_free(w);
}

/* Found by the simulator. */
static void clearing_sas_without_the_address_sends_no_delete(void **state)
{
	struct world *w = core_start();
	struct event clear = {
		.kind = EV_CLEAR_SA,
	};

	(void)state;
	static_map(w);
	standby(w, 0, "group1", "192.168.0.3");
	apply(w, "mymap", true, "group1");
	core_runs(w);
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	ike_up(w, 1, static_conn, "10.1.1.1");
	child_up(w, 2, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	log_clear(w);
	w->deaf = true; /* charon takes its time */
	world_event(w, &clear);
	assert_seen(w, "terminate ike 0 child 2");
	assert_not_seen(w, "force"); /* the address is ours */
	role(w, 0, HSRP_ROLE_STANDBY, "192.168.0.3");
	log_clear(w);
	world_event(w, &clear);
	assert_seen(w, "terminate ike 0 child 2 force");
	world_free(w);
}

/* Found by the simulator: charon was late, and the SAs still there when the operator took the line away. */
static void an_edit_without_the_address_sends_no_delete(void **state)
{
	struct world *w = core_start();

	(void)state;
	acl_line(w, "102", 20, true, "192.168.2.0/24", "10.0.0.0/16");
	static_map(w);
	standby(w, 0, "group1", "192.168.0.3");
	apply(w, "mymap", true, "group1");
	core_runs(w);
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	ike_up(w, 1, static_conn, "10.1.1.1");
	child_up(w, 2, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	child_up(w, 3, 1, static_conn, "l20", "10.1.1.1", "10.0.0.0/16");
	w->deaf = true;
	role(w, 0, HSRP_ROLE_SPEAK, "192.168.0.3");
	pass_ms(w, 15000); /* "SAs dropped" is late, and it goes on */
	log_clear(w);
	acl_rule_delete(model_acl(w->model, "102"), 20);
	model_touch(w->model, MODEL_ACL, "102", 0);
	config(w);
	pass_ms(w, 1000);
	assert_seen(w, "terminate ike 0 child 3 force");
	/* And the whole entry. */
	log_clear(w);
	crypto_map_entry_delete(model_crypto_map(w->model, "mymap"), 1);
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", 1);
	config(w);
	pass_ms(w, 1000);
	assert_seen(w, "unload hs/FastEthernet0/0/mymap/1/10.1.1.1");
	for (size_t i = 0; i < w->log_count; i++)
		if (strncmp(w->log[i], "terminate", 9) == 0)
			assert_non_null(strstr(w->log[i], "force"));
	world_free(w);
}

/* Found by the simulator: a restarted HSRP process had not learned the address anew, and a word of the kernel was lost. */
static void a_role_lost_with_its_learned_address_sends_no_delete(void **state)
{
	struct world *w = core_start();

	(void)state;
	static_map(w);
	standby(w, 0, "group1", "");
	apply(w, "mymap", true, "group1");
	core_runs(w);
	role(w, 0, HSRP_ROLE_STANDBY, "192.168.0.3");
	link_state(w, VMAC, "hs2-0", true, true);
	address(w, VMAC, "192.168.0.3", true);
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	ike_up(w, 1, static_conn, "10.1.1.1");
	child_up(w, 2, 1, static_conn, "l10", "10.1.1.1", "10.0.0.0/16");
	assert_true(binding(w).serving);
	log_clear(w);
	world_event(w,
		&(struct event){.kind = EV_HSRP_ROLE, .hsrp = {.ifindex = OUTSIDE, .role = HSRP_ROLE_INIT}});
	pass_ms(w, 2000);
	assert_seen(w, "terminate hs/FastEthernet0/0/mymap/1/10.1.1.1 force");
	world_free(w);
}

/* Found by the simulator: charon kept the definition whose answer came last. */
static void a_line_that_goes_and_comes_back_at_once_is_loaded(void **state)
{
	struct world *w = core_start();

	(void)state;
	static_map(w);
	acl_line(w, "102", 20, true, "192.168.1.0/24", "10.20.0.0/16");
	apply(w, "mymap", false, "");
	core_runs(w);
	log_clear(w);
	w->defer = true; /* charon answers late */
	acl_rule_delete(model_acl(w->model, "102"), 20);
	model_touch(w->model, MODEL_ACL, "102", 0);
	config(w);
	while (w->later.count && w->later.items[0].kind != EF_CONN_LOAD)
		assert_true(world_deliver(w));
	assert_true(w->later.count > 0);
	struct effect load = w->later.items[0];
	w->later.items[0] = (struct effect){.kind = EF_SA_SNAPSHOT};
	acl_line(w, "102", 20, true, "192.168.1.0/24", "10.20.0.0/16");
	config(w);
	while (world_deliver(w)) /* the kernel answers */
		;
	*effects_add(&w->later, EF_CONN_LOAD) = load;
	while (world_deliver(w))
		;
	assert_true(seen(w, "children 2") >= 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_follow_the_first_child),
		cmocka_unit_test(the_other_lines_of_a_slow_peer_use_its_ike_sa),
		cmocka_unit_test(a_refused_line_keeps_no_other_one_down),
		cmocka_unit_test(a_learned_address_completes_the_binding_and_its_change_makes_it_stale),
		cmocka_unit_test(losing_the_role_in_the_middle_of_coming_turns_round),
		cmocka_unit_test(a_silent_kernel_does_not_hold_ike_back_for_ever),
		cmocka_unit_test(an_sa_on_the_standby_is_dropped),
		cmocka_unit_test(an_active_whose_hsrp_died_ends_with_the_address),
		cmocka_unit_test(another_device_takes_the_filter_along),
		cmocka_unit_test(an_entry_put_back_waits_for_the_end_of_its_sas),
		cmocka_unit_test(warnings_at_the_line_that_causes_them),
		cmocka_unit_test(nothing_happens_before_the_filter_stands),
		cmocka_unit_test(a_removed_line_guards_until_its_route_has_gone),
		cmocka_unit_test(a_deconfigured_entry_is_deleted_at_the_peer_and_guarded_last),
		cmocka_unit_test(a_map_taken_off_is_deleted_at_the_peer),
		cmocka_unit_test(a_new_line_is_asked_for_while_another_is_rekeyed),
		cmocka_unit_test(clearing_sas_without_the_address_sends_no_delete),
		cmocka_unit_test(an_edit_without_the_address_sends_no_delete),
		cmocka_unit_test(a_role_lost_with_its_learned_address_sends_no_delete),
		cmocka_unit_test(a_line_that_goes_and_comes_back_at_once_is_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
