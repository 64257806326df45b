/*
 * SAs in the core: what `clear` ends, counters over rekeys, idle SAs, peers that call themselves something else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "world.h"

static const char dyn[] = "hs/FastEthernet0/0/mymap/3/any";
static const char first[] = "hs/FastEthernet0/0/mymap/1/10.1.1.1";
static const char second[] = "hs/FastEthernet0/0/mymap/1/10.1.1.2";

/* Entry 1: peers 10.1.1.1 and 10.1.1.2; entry 3: a dynamic map. */
static struct world *start(void)
{
	struct world *w = world_new();
	struct crypto_map_entry *e, *t;

	prologue(w);
	acl_line(w, "102", 10, true, "192.168.1.0/24", "10.0.0.0/16");
	e = entry(w, "mymap", 1, "10.1.1.1", "102", "esp-aes-sha", true);
	assert_true(ip_parse("10.1.1.2", &e->peers[e->peer_count++].addr));
	t = crypto_map_entry_get(model_dynamic_map_get(w->model, "mydynmap"), 1, CRYPTO_MAP_TEMPLATE);
	t->transform_set_count = 1;
	str_copy(t->transform_sets[0], NAME_MAX_LEN, "my-transform-set");
	e = crypto_map_entry_get(model_crypto_map_get(w->model, "mymap"), 3, CRYPTO_MAP_ISAKMP_DYNAMIC);
	str_copy(e->dynamic_map, sizeof(e->dynamic_map), "mydynmap");
	model_touch(w->model, MODEL_DYNAMIC_MAP, "mydynmap", 1);
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", 3);
	return w;
}

static void runs(struct world *w)
{
	apply(w, "mymap", false, "");
	config(w);
	snapshot(w);
	charon_starts(w, 1, false);
}

static struct crypto_map_entry *template(struct world *w)
{
	return crypto_map_entry(model_dynamic_map(w->model, "mydynmap"), 1);
}

static struct crypto_map_entry *static_entry(struct world *w)
{
	return crypto_map_entry(model_crypto_map(w->model, "mymap"), 1);
}

static struct child_sa sa_of(uint32_t id, uint32_t ike, const char *conn, const char *child, const char *peer)
{
	struct child_sa sa = {.incarnation = 1,
		.id = id,
		.ike_id = ike,
		.state = CHILD_SA_INSTALLED,
		.spi_in = 0x1000 + id,
		.spi_out = 0x2000 + id,
		.remote_port = 500,
		.remote_count = 1,
		.use_in_s = -1,
		.use_out_s = -1};

	str_copy(sa.conn, sizeof(sa.conn), conn);
	str_copy(sa.child, sizeof(sa.child), child);
	assert_true(ip_parse(peer, &sa.remote_host));
	assert_true(ip_parse("192.168.0.2", &sa.local_host));
	assert_true(prefix_parse("172.16.5.0/24", &sa.remote[0].prefix));
	return sa;
}

/* --- clear -------------------------------------------------------------------------------------------------------------- */

static void clear(struct world *w, struct clear_sa what)
{
	log_clear(w);
	world_event(w, &(struct event){.kind = EV_CLEAR_SA, .clear = what});
}

static struct world *two_peers(void)
{
	struct world *w = start();
	struct child_sa a, b;

	runs(w);
	a = sa_of(1, 1, first, "l10", "10.1.1.1");
	b = sa_of(2, 2, dyn, "d1", "10.9.9.9");
	ike_up(w, 1, first, "10.1.1.1");
	world_event(w, &(struct event){.kind = EV_CHILD_SA, .child = {.child = &a}});
	ike_up(w, 2, dyn, "10.9.9.9");
	world_event(w, &(struct event){.kind = EV_CHILD_SA, .child = {.child = &b}});
	w->deaf = true; /* what is told to end stays, so that the next clear can be tried */
	return w;
}

static void clear_crypto_sa_ends_child_sas_and_leaves_ike(void **state)
{
	struct world *w = two_peers();
	struct clear_sa what = {0};

	(void)state;
	clear(w, what);
	assert_seen(w, "terminate ike 0 child 1");
	assert_seen(w, "terminate ike 0 child 2");
	assert_not_seen(w, "terminate ike 1");
	what.peer = sa_of(0, 0, "", "", "10.9.9.9").remote_host;
	clear(w, what);
	assert_seen(w, "child 2");
	assert_not_seen(w, "child 1");
	clear(w, (struct clear_sa){.map = "mymap"});
	assert_int_equal(count_seen(w, "terminate"), 2);
	clear(w, (struct clear_sa){.map = "other"});
	assert_not_seen(w, "terminate");
	clear(w, (struct clear_sa){.interface = "FastEthernet0/0"});
	assert_int_equal(count_seen(w, "terminate"), 2);
	world_free(w);
}

/* An SA is named by where it goes to: the inbound one to us, the outbound one to the peer. */
static void clear_crypto_sa_entry_takes_destination_and_spi(void **state)
{
	struct world *w = two_peers();
	struct clear_sa what = {.spi = 0x1002};

	(void)state;
	what.peer = sa_of(0, 0, "", "", "10.9.9.9").local_host;
	clear(w, what);
	assert_seen(w, "terminate ike 0 child 2");
	assert_int_equal(count_seen(w, "terminate"), 1);
	what.peer = sa_of(0, 0, "", "", "10.9.9.9").remote_host;
	clear(w, what); /* its outbound SA has another SPI */
	assert_not_seen(w, "terminate");
	what.spi = 0x2002;
	clear(w, what);
	assert_seen(w, "terminate ike 0 child 2");
	world_free(w);
}

static void clear_crypto_isakmp_ends_ike_at_once(void **state)
{
	struct world *w = two_peers();

	(void)state;
	clear(w, (struct clear_sa){.ike = true, .version = 2});
	assert_not_seen(w, "terminate");
	clear(w, (struct clear_sa){.ike = true, .version = 1, .ike_id = 2});
	assert_seen(w, "terminate ike 2 child 0 force");
	assert_int_equal(count_seen(w, "terminate"), 1);
	clear(w, (struct clear_sa){.ike = true});
	assert_int_equal(count_seen(w, "terminate"), 2);
	world_free(w);
}

static void a_static_entry_comes_back_after_a_clear(void **state)
{
	struct world *w = two_peers();

	(void)state;
	w->deaf = false;
	clear(w, (struct clear_sa){0});
	child_gone(w, 1);
	child_gone(w, 2);
	assert_not_seen(w, "initiate");
	pass_ms(w, 1100);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l10");
	assert_not_seen(
		w, "initiate hs/FastEthernet0/0/mymap/3"); /* the peer of a dynamic map asks by itself */
	world_free(w);
}

/* --- Counters ------------------------------------------------------------------------------------------------------------- */

static struct child_sa counted(struct world *w, uint32_t id)
{
	struct child_sa sa = {.id = id};

	core_counted_before(w->core, &sa);
	return sa;
}

static void counters_run_on_over_rekeys_and_can_be_set_back(void **state)
{
	struct world *w = two_peers();
	struct child_sa sa = {.id = 4, .packets_in = 100, .packets_out = 200};

	(void)state;
	assert_int_equal(counted(w, 1).packets_in_before, 0);
	child_rekeyed(w, 3, 1, 1, first, "l10", "10.1.1.1", "10.0.0.0/16");
	assert_int_equal(counted(w, 3).packets_in_before, REKEYED_PACKETS_IN);
	assert_int_equal(counted(w, 3).packets_out_before, REKEYED_PACKETS_OUT);
	child_rekeyed(w, 4, 3, 1, first, "l10", "10.1.1.1", "10.0.0.0/16");
	assert_int_equal(counted(w, 4).packets_in_before, 2 * REKEYED_PACKETS_IN);

	world_event(w, &(struct event){.kind = EV_CLEAR_COUNTERS, .child = {.child = &sa}});
	assert_int_equal(counted(w, 4).packets_in_before, -100);
	assert_int_equal(counted(w, 4).packets_out_before, -200);
	assert_int_equal(counted(w, 2).packets_in_before, 0); /* only what was named */
	child_rekeyed(w, 5, 4, 1, first, "l10", "10.1.1.1", "10.0.0.0/16");
	assert_int_equal(counted(w, 5).packets_in_before, -100 + REKEYED_PACKETS_IN);
	world_free(w);
}

/* The DELETE of the old SA overtook the last message for the new one. */
static void counters_run_on_when_the_old_sa_goes_first(void **state)
{
	struct world *w = two_peers();
	struct child_sa gone = {.id = 6, .packets_in = 30, .packets_out = 40};

	(void)state;
	child_up(w, 6, 1, first, "l10", "10.1.1.1", "10.0.0.0/16");
	world_event(w, &(struct event){.kind = EV_CHILD_SA_GONE, .child = {.child = &gone}});
	child_up(w, 3, 1, first, "l10", "10.1.1.1", "10.0.0.0/16");
	assert_int_equal(counted(w, 3).packets_in_before, 30);
	assert_int_equal(counted(w, 3).packets_out_before, 40);
	assert_int_equal(counted(w, 2).packets_in_before, 0);

	child_up(w, 4, 1, first, "l10", "10.1.1.1", "10.0.0.0/16"); /* one successor has them */
	assert_int_equal(counted(w, 4).packets_in_before, 0);

	gone.id = 3;
	world_event(w, &(struct event){.kind = EV_CHILD_SA_GONE, .child = {.child = &gone}});
	pass_ms(w, 1500);
	child_up(w, 5, 1, first, "l10", "10.1.1.1", "10.0.0.0/16"); /* a tunnel of its own */
	assert_int_equal(counted(w, 5).packets_in_before, 0);
	world_free(w);
}

/* --- Idle SAs ------------------------------------------------------------------------------------------------------------- */

/* charon's answer: this SA was used so long ago. */
static void told(struct world *w, struct child_sa sa, int64_t in_s, int64_t out_s)
{
	sa.use_in_s = in_s;
	sa.use_out_s = out_s;
	world_event(w, &(struct event){.kind = EV_CHILD_SA, .child = {.child = &sa}});
}

static void an_idle_sa_of_a_dynamic_map_is_closed(void **state)
{
	struct world *w = start();
	struct child_sa sa = sa_of(2, 2, dyn, "d1", "10.9.9.9");

	(void)state;
	template(w)->options.idle_s = 60;
	runs(w);
	ike_up(w, 2, dyn, "10.9.9.9");
	told(w, sa, -1, -1);
	log_clear(w);
	pass_ms(w, 59000);
	assert_not_seen(w, "snapshot asked"); /* nothing is asked before its time */
	pass_ms(w, 1500);
	assert_int_equal(count_seen(w, "snapshot asked"), 1);
	assert_not_seen(w, "terminate ike");

	told(w, sa, 40, 20); /* it was used 20 s ago */
	log_clear(w);
	pass_ms(w, 38000);
	assert_not_seen(w, "snapshot asked");
	pass_ms(w, 3000);
	assert_int_equal(count_seen(w, "snapshot asked"), 1);
	told(w, sa, 81, 61);
	assert_seen(w, "SA_IDLE");
	assert_seen(w, "terminate ike 0 child 2");
	world_free(w);
}

/* Many deadlines, one look: and not more than one in ten seconds. */
static void looks_are_few(void **state)
{
	struct world *w = start();

	(void)state;
	w->model->sa_options.idle_s = 60;
	runs(w);
	for (uint32_t i = 10; i < 60; i++) {
		char peer[16];

		snprintf(peer, sizeof(peer), "10.9.9.%u", i);
		ike_up(w, i, dyn, peer);
		told(w, sa_of(i, i, dyn, "d1", peer), (int64_t)i, -1);
	}
	log_clear(w);
	pass_ms(w, 60000);
	assert_in_range(count_seen(w, "snapshot asked"), 1, 6);
	assert_not_seen(w, "terminate ike"); /* without an answer nothing is known */
	world_free(w);
}

/* It would be negotiated again at once: only one that is not with its default peer is let go. */
static void a_static_entry_rests_only_to_return_to_its_default_peer(void **state)
{
	struct world *w = start();
	struct child_sa sa = sa_of(7, 7, second, "l10", "10.1.1.2");

	(void)state;
	static_entry(w)->options.idle_s = 60;
	runs(w);
	ike_up(w, 7, second, "10.1.1.2");
	told(w, sa, -1, -1);
	pass_ms(w, 61000);
	told(w, sa, 61, 61);
	assert_not_seen(w, "SA_IDLE");
	assert_not_seen(w, "terminate ike");

	static_entry(w)->options.idle_to_default = true;
	static_entry(w)->peers[0].is_default = true;
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", 1);
	config(w);
	log_clear(w);
	told(w, sa, 61, 61);
	assert_seen(w, "terminate ike 0 child 7");
	child_gone(w, 7);
	pass_ms(w, 1100);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l10");

	sa = sa_of(8, 8, first, "l10", "10.1.1.1");
	ike_up(w, 8, first, "10.1.1.1");
	told(w, sa, -1, -1);
	log_clear(w);
	pass_ms(w, 61000);
	told(w, sa, 61, 61);
	assert_not_seen(w, "terminate ike"); /* there it stays */
	world_free(w);
}

/* --- A peer behind a NAT ------------------------------------------------------------------------------------------------- */

static void identity_up(struct world *w, uint32_t id, const char *peer, const char *remote_id)
{
	struct ike_sa sa = {
		.incarnation = 1, .id = id, .version = 1, .state = IKE_SA_ESTABLISHED, .remote_port = 4500};

	str_copy(sa.conn, sizeof(sa.conn), first);
	str_copy(sa.remote_id, sizeof(sa.remote_id), remote_id);
	assert_true(ip_parse(peer, &sa.remote_host));
	world_event(w, &(struct event){.kind = EV_IKE_SA, .ike_sa = &sa});
}

static void a_static_peer_that_does_not_answer_may_call_itself_something_else(void **state)
{
	struct world *w = start();

	(void)state;
	runs(w);
	assert_seen(w, "10.1.1.1 local 192.168.0.2 children 1 version 1 id 10.1.1.1");
	assert_not_seen(w, "10.1.1.1 local 192.168.0.2 children 1 version 1 id any");
	log_clear(w);
	pass_ms(w, 990);
	assert_not_seen(w, "load");
	pass_ms(w, 20);
	assert_seen(
		w, "load hs/FastEthernet0/0/mymap/1/10.1.1.1 local 192.168.0.2 children 1 version 1 id any");
	assert_not_seen(w, "initiate"); /* the call under way goes on, with the identity that it began with */
	assert_not_seen(w, "PEER_IDENTITY");

	identity_up(w, 5, "10.1.1.1", "192.168.77.2");
	assert_seen(w, "%CRYPTO-5-PEER_IDENTITY: Peer 10.1.1.1 calls itself 192.168.77.2");
	log_clear(w);
	identity_up(w, 6, "10.1.1.1", "192.168.77.2");
	assert_not_seen(w, "PEER_IDENTITY"); /* said once */
	assert_not_seen(w, "load");

	identity_up(w, 7, "10.1.1.1", "10.1.1.1"); /* it is not behind a NAT any more */
	assert_seen(w, "version 1 id 10.1.1.1");
	world_free(w);
}

static void a_peer_that_is_known_by_its_address_stays_known_by_it(void **state)
{
	struct world *w = start();

	(void)state;
	runs(w);
	identity_up(w, 5, "10.1.1.1", "10.1.1.1"); /* IKE is up, its child is not yet */
	log_clear(w);
	pass_ms(w, 1100);
	assert_not_seen(w, "load");
	assert_not_seen(w, "initiate"); /* asked for once: with IKEv1 twice would be two SAs */
	world_free(w);
}

static void no_isakmp_no_connections_but_the_filter_stands(void **state)
{
	struct world *w = start();

	(void)state;
	w->model->isakmp_disabled = true;
	runs(w);
	assert_not_seen(w, "load");
	assert_not_seen(w, "initiate");
	assert_seen(w, "filter");
	w->model->isakmp_disabled = false;
	model_touch(w->model, MODEL_ISAKMP, NULL, 0);
	config(w);
	assert_seen(w, "load hs/FastEthernet0/0/mymap/1/10.1.1.1");
	world_free(w);
}

/* --- Nobody's ----------------------------------------------------------------------------------------------------------- */

static void peer_calls(struct world *w, uint32_t id, const char *conn)
{
	struct child_sa sa = sa_of(id, id, conn, "d1", "10.9.9.9");

	ike_up(w, id, conn, "10.9.9.9");
	world_event(w, &(struct event){.kind = EV_CHILD_SA, .child = {.child = &sa}});
}

static struct world *adopted(void)
{
	struct world *w = start();

	template(w)->rri.enabled = true;
	runs(w);
	pass_ms(w, 20000); /* a restart would have taken over what it found */
	return w;
}

/* Found by the simulator: it stayed, and had no route when the connection was wanted again. */
static void an_sa_that_comes_while_its_predecessors_end_is_turned_away(void **state)
{
	struct world *w = adopted();

	(void)state;
	peer_calls(w, 1, dyn);
	assert_seen(w, "route+ 172.16.5.0/24");
	w->deaf = true;
	apply(w, "", false, "");
	config(w);
	while (seen(w, "unload") < 0) /* the peer does not answer */
		pass_ms(w, 1000);
	apply(w, "mymap", false, "");
	config(w);
	log_clear(w);
	peer_calls(w, 2, dyn); /* before charon had unloaded it */
	assert_seen(w, "terminate ike 2 child 0");
	assert_not_seen(w, "force"); /* it calls again, when there is a connection for it */
	assert_not_seen(w, "route+ 172.16.5.0/24");
	world_free(w);
}

static void an_sa_of_a_connection_that_is_gone_is_turned_away(void **state)
{
	struct world *w = adopted();

	(void)state;
	apply(w, "", false, "");
	config(w);
	log_clear(w);
	peer_calls(w, 1, dyn);
	assert_seen(w, "terminate ike 1 child 0");
	peer_calls(w, 2, "somebody");
	assert_not_seen(w, "terminate ike 2"); /* not ours */
	link_state(w, OUTSIDE, "eth0", false, false);
	log_clear(w);
	peer_calls(w, 3, dyn);
	assert_seen(w, "terminate ike 3 child 0 force"); /* we could not tell it */
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clear_crypto_sa_ends_child_sas_and_leaves_ike),
		cmocka_unit_test(clear_crypto_sa_entry_takes_destination_and_spi),
		cmocka_unit_test(clear_crypto_isakmp_ends_ike_at_once),
		cmocka_unit_test(a_static_entry_comes_back_after_a_clear),
		cmocka_unit_test(counters_run_on_over_rekeys_and_can_be_set_back),
		cmocka_unit_test(counters_run_on_when_the_old_sa_goes_first),
		cmocka_unit_test(an_idle_sa_of_a_dynamic_map_is_closed),
		cmocka_unit_test(looks_are_few),
		cmocka_unit_test(a_static_entry_rests_only_to_return_to_its_default_peer),
		cmocka_unit_test(a_static_peer_that_does_not_answer_may_call_itself_something_else),
		cmocka_unit_test(a_peer_that_is_known_by_its_address_stays_known_by_it),
		cmocka_unit_test(no_isakmp_no_connections_but_the_filter_stands),
		cmocka_unit_test(an_sa_that_comes_while_its_predecessors_end_is_turned_away),
		cmocka_unit_test(an_sa_of_a_connection_that_is_gone_is_turned_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
