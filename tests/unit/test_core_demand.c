/*
 * SAs that a packet asks for: lines of static entries that rest after their idle time and come back, and pairs of hosts
 * (`level per-host`).
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

static const char peer[] = "hs/FastEthernet0/0/mymap/1/10.1.1.1";

enum { IDLE_S = 60 };

/* Entry 1: 10.0.0.0/16 but for 10.0.9.0/24, and telnet to 10.7.0.0/16. Nobody has told of SAs yet. */
static struct world *configured(bool per_host)
{
	struct world *w = world_new();
	struct acl_rule *telnet;

	prologue(w);
	acl_line(w, "102", 10, false, "192.168.1.0/24", "10.0.9.0/24");
	acl_line(w, "102", 20, true, "192.168.1.0/24", "10.0.0.0/16");
	acl_line(w, "102", 30, true, "192.168.1.0/24", "10.7.0.0/16");
	telnet = (struct acl_rule *)acl_rule(model_acl(w->model, "102"), 30);
	telnet->protocol = 6;
	telnet->destination.port_op = ACL_PORT_EQ;
	telnet->destination.port_lo = telnet->destination.port_hi = 23;
	entry(w, "mymap", 1, "10.1.1.1", "102", "esp-aes-sha", true)->options =
		(struct sa_options){.idle_s = IDLE_S, .per_host = per_host};
	apply(w, "mymap", false, "");
	world_event(w, &(struct event){.kind = EV_DEMAND_HEARD, .heard = true});
	config(w);
	snapshot(w);
	return w;
}

static struct world *start_with(bool libipsec, bool per_host)
{
	struct world *w = configured(per_host);

	charon_starts(w, 1, libipsec);
	ike_up(w, 1, peer, "10.1.1.1");
	return w;
}

static struct world *start(bool libipsec)
{
	return start_with(libipsec, false);
}

static void told(struct world *w, uint32_t id, const char *child, int64_t use_s)
{
	struct child_sa sa = {.incarnation = 1,
		.id = id,
		.ike_id = 1,
		.state = CHILD_SA_INSTALLED,
		.spi_in = 0x1000 + id,
		.remote_port = 500,
		.use_in_s = use_s,
		.use_out_s = -1};

	str_copy(sa.conn, sizeof(sa.conn), peer);
	str_copy(sa.child, sizeof(sa.child), child);
	assert_true(ip_parse("10.1.1.1", &sa.remote_host));
	world_event(w, &(struct event){.kind = EV_CHILD_SA, .child = {.child = &sa}});
}

static void rests(struct world *w, uint32_t id, const char *child)
{
	told(w, id, child, 0);
	pass_ms(w, IDLE_S * 1000 + 500);
	told(w, id, child, IDLE_S + 1);
	child_gone(w, id);
}

static void packet(
	struct world *w, int ifindex, const char *from, const char *to, uint8_t protocol, uint16_t port)
{
	struct event e = {.kind = EV_DEMAND,
		.demand = {.ifindex = ifindex,
			.protocol = protocol,
			.source_port = 4000,
			.destination_port = port}};

	assert_true(ip_parse(from, &e.demand.source) && ip_parse(to, &e.demand.destination));
	world_event(w, &e);
}

static void a_line_rests_and_comes_back_with_a_packet(void **state)
{
	struct world *w = start(false);

	(void)state;
	told(w, 2, "l20", 0);
	told(w, 3, "l30", 0);
	log_clear(w);
	rests(w, 2, "l20");
	told(w, 3, "l30", 1);
	assert_seen(w, "terminate ike 0 child 2");
	assert_seen(w, "filter waits for 2 rules"); /* the denial before it, too */
	pass_ms(w, 120000);
	assert_not_seen(w, "initiate");

	packet(w, OUTSIDE, "192.168.2.5", "10.0.0.1", 17, 53); /* from elsewhere */
	packet(w, OUTSIDE, "192.168.1.5", "10.7.0.1", 6, 23);  /* that line is up */
	packet(w, OUTSIDE + 1, "192.168.1.5", "10.0.0.1", 17, 53);
	assert_not_seen(w, "initiate");
	log_clear(w);
	packet(w, OUTSIDE, "192.168.1.5", "10.0.0.1", 17, 53);
	assert_seen(w, "SA_DEMAND");
	assert_int_equal(count_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20"), 1);
	assert_not_seen(w, "l30");
	packet(w, OUTSIDE, "192.168.1.5", "10.0.0.1", 17, 53); /* the next one comes before the SA */
	assert_int_equal(count_seen(w, "initiate"), 1);
	told(w, 4, "l20", 0);
	assert_seen(w, "filter waits for 0 rules");
	world_free(w);
}

static void ports_count_and_all_lines_may_rest(void **state)
{
	struct world *w = start(false);

	(void)state;
	told(w, 2, "l20", 0);
	told(w, 3, "l30", 0);
	rests(w, 2, "l20");
	told(w, 3, "l30", IDLE_S + 1);
	child_gone(w, 3);
	log_clear(w);
	packet(w, OUTSIDE, "192.168.1.5", "10.7.0.1", 6, 24);
	packet(w, OUTSIDE, "192.168.1.5", "10.7.0.1", 17, 23);
	assert_not_seen(w, "initiate");
	packet(w, OUTSIDE, "192.168.1.5", "10.7.0.1", 6, 23);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l30");
	assert_not_seen(w, "l20");
	world_free(w);
}

/* The injected route leads into the TUN: that is where the packet is seen. */
static void by_the_tun_as_well(void **state)
{
	struct world *w = start(true);
	struct event link = {.kind = EV_LINK,
		.link = {.ifindex = TUN, .name = "ipsec0", .up = true, .running = true, .ike_tun = true}};

	(void)state;
	world_event(w, &link);
	told(w, 2, "l20", 0);
	told(w, 3, "l30", 0);
	log_clear(w);
	rests(w, 2, "l20");
	assert_seen(w, "filter waits for 2 rules, ipsec0");
	packet(w, TUN, "192.168.1.5", "10.0.0.1", 1, 0);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20");
	world_free(w);
}

static void nothing_rests_where_nobody_tells_of_packets(void **state)
{
	struct world *w = start(false);

	(void)state;
	told(w, 2, "l20", 0);
	told(w, 3, "l30", 0);
	rests(w, 2, "l20");
	log_clear(w);
	world_event(w, &(struct event){.kind = EV_DEMAND_HEARD, .heard = false});
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20");
	assert_seen(w, "filter waits for 0 rules");
	told(w, 4, "l20", 0);
	pass_ms(w, IDLE_S * 1000 + 500);
	log_clear(w);
	told(w, 4, "l20", IDLE_S + 1);
	assert_not_seen(w, "terminate");
	world_free(w);
}

/* The peer may bring it up, a charon may die: neither is a packet of ours, and the line goes on resting or is up. */
static void what_else_happens_while_it_rests(void **state)
{
	struct world *w = start(false);

	(void)state;
	told(w, 2, "l20", 0);
	told(w, 3, "l30", 0);
	rests(w, 2, "l20");
	told(w, 5, "l20", 0); /* the peer had traffic */
	log_clear(w);
	packet(w, OUTSIDE, "192.168.1.5", "10.0.0.1", 17, 53);
	assert_not_seen(w, "initiate");
	rests(w, 5, "l20");
	charon_dies(w);
	log_clear(w);
	charon_starts(w, 2, false);
	pass_ms(w, 5000);
	assert_seen(w, "l30");
	assert_not_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20");
	/* An edit of the list keeps what rests; without idle time nothing does. */
	acl_line(w, "102", 40, true, "192.168.1.0/24", "10.8.0.0/16");
	config(w);
	packet(w, OUTSIDE, "192.168.1.5", "10.0.0.1", 17, 53);
	assert_seen(w, "SA_DEMAND");
	world_free(w);
}

static void an_entry_without_idle_time_does_not_rest_any_more(void **state)
{
	struct world *w = start(false);

	(void)state;
	told(w, 2, "l20", 0);
	told(w, 3, "l30", 0);
	rests(w, 2, "l20");
	crypto_map_entry(model_crypto_map(w->model, "mymap"), 1)->options.idle_s = 0;
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", 1);
	log_clear(w);
	config(w);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20");
	world_free(w);
}

/* --- Pairs of hosts ---------------------------------------------------------------------------------------------------- */

/* Up, or used so long ago. */
static void pair_of_line_told(
	struct world *w, const char *line, uint32_t id, const char *local, const char *remote, int64_t use_s)
{
	struct child_sa sa = {.incarnation = 1,
		.id = id,
		.ike_id = 1,
		.state = CHILD_SA_INSTALLED,
		.spi_in = 0x1000 + id,
		.remote_port = 500,
		.local_count = 1,
		.remote_count = 1,
		.use_in_s = use_s,
		.use_out_s = -1};

	str_copy(sa.conn, sizeof(sa.conn), peer);
	str_copy(sa.child, sizeof(sa.child), line);
	assert_true(ip_parse("10.1.1.1", &sa.remote_host));
	assert_true(prefix_parse(local, &sa.local[0].prefix) && prefix_parse(remote, &sa.remote[0].prefix));
	world_event(w, &(struct event){.kind = EV_CHILD_SA, .child = {.child = &sa}});
}

static void pair_told(struct world *w, uint32_t id, const char *local, const char *remote, int64_t use_s)
{
	pair_of_line_told(w, "l20", id, local, remote, use_s);
}

static void each_pair_of_hosts_has_an_sa_of_its_own(void **state)
{
	struct world *w = start_with(false, true);

	(void)state;
	pass_ms(w, 30000);
	assert_not_seen(w, "initiate"); /* not before a packet */
	assert_not_seen(w, "per-host");
	assert_seen(w, "filter waits for 3 rules");
	log_clear(w);
	packet(w, OUTSIDE, "192.168.1.5", "10.0.0.1", 17, 53);
	assert_seen(w, "load hs/FastEthernet0/0/mymap/1/10.1.1.1 local 192.168.0.2 children 4 ");
	assert_int_equal(count_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20.1"), 1);
	packet(w, OUTSIDE, "192.168.1.5", "10.0.0.1", 1, 0x800); /* the same pair again */
	assert_int_equal(count_seen(w, "initiate"), 1);
	pair_told(w, 10, "192.168.1.5/32", "10.0.0.1/32", 0);
	packet(w, OUTSIDE, "192.168.1.6", "10.0.0.1", 17, 53);
	assert_int_equal(count_seen(w, "children 4 "), 2); /* the first one is no child any more */
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20.2");
	pair_told(w, 11, "192.168.1.6/32", "10.0.0.1/32", 0);
	pair_told(w, 12, "192.168.1.7/32", "10.0.0.2/32", 0); /* the peer had a packet first */
	log_clear(w);
	packet(w, OUTSIDE, "192.168.1.7", "10.0.0.2", 17, 53);
	assert_not_seen(w, "initiate");

	/* What nobody uses goes, and comes back. */
	pass_ms(w, IDLE_S * 1000 + 500);
	pair_told(w, 10, "192.168.1.5/32", "10.0.0.1/32", IDLE_S + 1);
	assert_seen(w, "terminate ike 0 child 10");
	child_gone(w, 10);
	pass_ms(w, 5000);
	assert_not_seen(w, "initiate");
	packet(w, OUTSIDE, "192.168.1.5", "10.0.0.1", 17, 53);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20.3");
	world_free(w);
}

/* A packet of this host on each line asks for an SA. */
static void lines_wait_for(struct world *w, const char *host)
{
	log_clear(w);
	packet(w, OUTSIDE, host, "10.0.0.1", 17, 53);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20.");
	packet(w, OUTSIDE, host, "10.7.0.1", 6, 23);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l30.");
}

static void pair_on_each_line(struct world *w)
{
	pair_of_line_told(w, "l20", 10, "192.168.1.5/32", "10.0.0.1/32", 0);
	pair_of_line_told(w, "l30", 11, "192.168.1.5/32", "10.7.0.1/32", 0);
}

/* Found by the simulator: two pairs counted as two lines that were up, and nothing waited any more. */
static void an_edit_leaves_lines_of_pairs_waiting(void **state)
{
	struct world *w = start_with(false, true);
	struct crypto_map_entry *e = crypto_map_entry(model_crypto_map(w->model, "mymap"), 1);

	(void)state;
	packet(w, OUTSIDE, "192.168.1.5", "10.0.0.1", 17, 53);
	pair_told(w, 10, "192.168.1.5/32", "10.0.0.1/32", 0);
	packet(w, OUTSIDE, "192.168.1.6", "10.0.0.1", 17, 53);
	pair_told(w, 11, "192.168.1.6/32", "10.0.0.1/32", 0);
	e->options.idle_s = 0;
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", 1);
	config(w);
	e->lifetime.seconds = 600;
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", 1);
	config(w);
	lines_wait_for(w, "192.168.1.7");
	log_clear(w);
	packet(w, OUTSIDE, "192.168.1.5", "10.0.0.1", 17, 53);
	assert_not_seen(w, "initiate"); /* it is up */
	world_free(w);
}

/* Found by the simulator: lines with a pair each were taken for lines that are up, and no other pair got an SA. */
static void a_restart_leaves_lines_of_pairs_waiting(void **state)
{
	struct world *w = configured(true);

	(void)state;
	world_event(w, &(struct event){.kind = EV_IKE_UP, .ike = {1, false}});
	world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_BEGIN});
	world_event(w, &(struct event){.kind = EV_CONN, .conn = peer});
	ike_up(w, 1, peer, "10.1.1.1");
	pair_on_each_line(w);
	world_event(w, &(struct event){.kind = EV_SA_SNAPSHOT_END});
	pass_ms(w, 20000);
	lines_wait_for(w, "192.168.1.6");
	world_free(w);
}

static void lines_of_pairs_wait_again_when_packets_are_told_again(void **state)
{
	struct world *w = start_with(false, true);

	(void)state;
	pair_on_each_line(w);
	world_event(w, &(struct event){.kind = EV_DEMAND_HEARD, .heard = false});
	pass_ms(w, 1000);
	world_event(w, &(struct event){.kind = EV_DEMAND_HEARD, .heard = true});
	log_clear(w);
	packet(w, OUTSIDE, "192.168.1.6", "10.0.0.1", 17, 53);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20.");
	world_free(w);
}

static void pairs_that_come_up_are_bounded_and_may_fail(void **state)
{
	struct world *w = start_with(false, true);
	char host[16];

	(void)state;
	log_clear(w);
	for (unsigned i = 0; i < 50; i++) {
		snprintf(host, sizeof(host), "10.0.1.%u", i);
		packet(w, OUTSIDE, "192.168.1.5", host, 17, 53);
	}
	assert_int_equal(count_seen(w, "initiate"), 32);
	pass_ms(w, 13000); /* the peer is silent */
	assert_seen(w, "terminate");
	log_clear(w);
	packet(w, OUTSIDE, "192.168.1.5", "10.0.1.49", 17, 53);
	assert_int_equal(count_seen(w, "initiate"), 1);
	assert_seen(w, "children 4 "); /* those before are forgotten */
	/* charon dies in the middle of it. */
	charon_dies(w);
	charon_starts(w, 2, false);
	log_clear(w);
	packet(w, OUTSIDE, "192.168.1.5", "10.0.1.49", 17, 53);
	assert_int_equal(count_seen(w, "initiate"), 1);
	world_free(w);
}

static void so_many_pairs_have_an_sa_and_no_more(void **state)
{
	enum { MAX = 1024 };
	struct world *w = start_with(false, true);
	char host[24];

	(void)state;
	log_clear(w);
	for (uint32_t i = 0; i < MAX; i++) {
		snprintf(host, sizeof(host), "10.0.%u.%u", 1 + i / 256, i % 256);
		packet(w, OUTSIDE, "192.168.1.5", host, 17, 53);
		snprintf(host, sizeof(host), "10.0.%u.%u/32", 1 + i / 256, i % 256);
		pair_told(w, 10 + i, "192.168.1.5/32", host, 0);
	}
	assert_int_equal(count_seen(w, "initiate"), MAX);
	assert_not_seen(w, "HOST_PAIRS");
	log_clear(w);
	packet(w, OUTSIDE, "192.168.1.5", "10.0.8.1", 17, 53);
	packet(w, OUTSIDE, "192.168.1.5", "10.0.8.2", 17, 53);
	packet(w, OUTSIDE, "192.168.1.5", "10.0.1.7", 17, 53); /* has one */
	assert_int_equal(count_seen(w, "HOST_PAIRS"), 1);
	assert_seen(w,
		"1024 pairs of hosts have an SA with peer 10.1.1.1: further ones are dropped until one goes");
	assert_not_seen(w, "initiate");
	assert_not_seen(w, "SA_DEMAND");
	child_gone(w, 10 + 7);
	packet(w, OUTSIDE, "192.168.1.5", "10.0.8.2", 17, 53);
	packet(w, OUTSIDE, "192.168.1.5", "10.0.1.7", 17,
		53); /* its place is taken, though nothing stands there yet */
	assert_int_equal(count_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20.1025"), 1);
	assert_int_equal(count_seen(w, "initiate"), 1);
	assert_int_equal(count_seen(w, "HOST_PAIRS"), 2);
	/* What the peer brings up is taken, however many there are. */
	pair_told(w, 5000, "192.168.1.9/32", "10.0.9.9/32", 0);
	assert_not_seen(w, "terminate");
	world_free(w);
}

/* Its DELETE overtook the last message for the one that follows: another pair that comes up between them is not its successor. */
static void a_pair_hands_its_counters_to_no_other(void **state)
{
	struct world *w = start_with(false, true);
	struct child_sa gone = {.incarnation = 1, .id = 10, .packets_in = 7, .packets_out = 9};
	struct child_sa other = {.id = 11}, same = {.id = 12};

	(void)state;
	pair_told(w, 10, "192.168.1.5/32", "10.0.0.1/32", 0);
	world_event(w, &(struct event){.kind = EV_CHILD_SA_GONE, .child = {.child = &gone}});
	pair_told(w, 11, "192.168.1.6/32", "10.0.0.1/32", 0);
	pair_told(w, 12, "192.168.1.5/32", "10.0.0.1/32", 0);
	core_counted_before(w->core, &other);
	core_counted_before(w->core, &same);
	assert_int_equal(other.packets_in_before, 0);
	assert_int_equal(same.packets_in_before, 7);
	assert_int_equal(same.packets_out_before, 9);
	world_free(w);
}

static void orphan(struct world *w)
{
	struct event e = {.kind = EV_ESP, .esp = {.ifindex = OUTSIDE, .spi = 0xdead, .packets = 1}};

	assert_true(ip_parse("192.168.0.2", &e.esp.local) && ip_parse("10.1.1.1", &e.esp.remote));
	world_event(w, &e);
}

/* Which pair it is nobody can tell, but the peer can be told that its SAs are dead. */
static void a_peer_that_sends_into_dead_pairs_hears_of_us(void **state)
{
	struct world *w = start_with(false, true);
	struct ike_sa gone = {.incarnation = 1, .id = 1};

	(void)state;
	log_clear(w);
	orphan(w);
	assert_not_seen(w, "initiate"); /* IKE stands: it has been told */
	world_event(w, &(struct event){.kind = EV_IKE_SA_GONE, .ike_sa = &gone});
	pass_ms(w, 5000);
	orphan(w);
	orphan(w);
	assert_int_equal(count_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 alone"), 1);
	assert_int_equal(count_seen(w, "initiate"), 1);
	ike_up(w, 2, peer, "10.1.1.1");
	pass_ms(w, 5000);
	orphan(w);
	assert_int_equal(count_seen(w, "initiate"), 1);
	world_free(w);
}

/* Two SAs hold one route, as two peers would. */
static void a_route_stays_as_long_as_a_pair_needs_it(void **state)
{
	struct world *w = start_with(false, true);

	(void)state;
	w->model->rri_per_sa = true;
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", 1);
	config(w);
	pair_told(w, 10, "192.168.1.5/32", "10.0.0.1/32", 0);
	pair_told(w, 11, "192.168.1.6/32", "10.0.0.1/32", 0);
	pair_told(w, 12, "192.168.1.6/32", "10.0.0.2/32", 0);
	assert_true(
		has_route(w, "10.0.0.1/32", ROUTE_PROTO_RRI) && has_route(w, "10.0.0.2/32", ROUTE_PROTO_RRI));
	child_gone(w, 10);
	child_gone(w, 12);
	assert_true(has_route(w, "10.0.0.1/32", ROUTE_PROTO_RRI));
	assert_false(has_route(w, "10.0.0.2/32", ROUTE_PROTO_RRI));
	child_gone(w, 11);
	assert_false(has_route(w, "10.0.0.1/32", ROUTE_PROTO_RRI));
	world_free(w);
}

static void where_user_space_does_esp_a_line_has_one_sa(void **state)
{
	struct world *w = start_with(true, true);

	(void)state;
	assert_seen(w, "mymap 1: level per-host needs kernel ESP");
	assert_int_equal(count_seen(w, "level per-host"), 1);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 l20");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_rests_and_comes_back_with_a_packet),
		cmocka_unit_test(ports_count_and_all_lines_may_rest),
		cmocka_unit_test(by_the_tun_as_well),
		cmocka_unit_test(nothing_rests_where_nobody_tells_of_packets),
		cmocka_unit_test(what_else_happens_while_it_rests),
		cmocka_unit_test(an_entry_without_idle_time_does_not_rest_any_more),
		cmocka_unit_test(each_pair_of_hosts_has_an_sa_of_its_own),
		cmocka_unit_test(an_edit_leaves_lines_of_pairs_waiting),
		cmocka_unit_test(a_restart_leaves_lines_of_pairs_waiting),
		cmocka_unit_test(lines_of_pairs_wait_again_when_packets_are_told_again),
		cmocka_unit_test(pairs_that_come_up_are_bounded_and_may_fail),
		cmocka_unit_test(so_many_pairs_have_an_sa_and_no_more),
		cmocka_unit_test(a_pair_hands_its_counters_to_no_other),
		cmocka_unit_test(a_peer_that_sends_into_dead_pairs_hears_of_us),
		cmocka_unit_test(a_route_stays_as_long_as_a_pair_needs_it),
		cmocka_unit_test(where_user_space_does_esp_a_line_has_one_sa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
