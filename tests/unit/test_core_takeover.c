/*
 * The order in which a router that took over calls the peers: who sends into dead SAs comes first.
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

enum { PEERS = 40, FIRST = 8, WINDOW_MAX = 64 };

#define VIP "192.168.0.3"

static const char *peer_of(unsigned n)
{
	static char text[IP_TEXT_MAX];

	snprintf(text, sizeof(text), "10.1.1.%u", n);
	return text;
}

static const char *conn_of(unsigned n)
{
	static char text[64];

	snprintf(text, sizeof(text), "hs/FastEthernet0/0/mymap/%u/10.1.1.%u", n, n);
	return text;
}

/* A line of the log, or what it begins with. */
static const char *initiate(unsigned n)
{
	static char text[80];

	snprintf(text, sizeof(text), "initiate %s ", conn_of(n));
	return text;
}

static struct world *standby_of(unsigned peers)
{
	struct world *w = world_new();

	prologue(w);
	for (unsigned n = 1; n <= peers; n++) {
		char acl[16], net[32];

		snprintf(acl, sizeof(acl), "%u", 2000 + n);
		snprintf(net, sizeof(net), "10.100.%u.0/24", n);
		acl_line(w, acl, 10, true, "192.168.1.0/24", net);
		entry(w, "mymap", (uint16_t)n, peer_of(n), acl, "esp-aes-sha", true);
	}
	standby(w, 0, "group1", VIP);
	apply(w, "mymap", true, "group1");
	config(w);
	snapshot(w);
	charon_starts(w, 1, false);
	role(w, 0, HSRP_ROLE_STANDBY, VIP);
	assert_not_seen(w, "initiate");
	assert_not_seen(w, "listen"); /* nothing of the virtual address comes here */
	log_clear(w);
	return w;
}

static void peer_up(struct world *w, unsigned n)
{
	char net[32];

	snprintf(net, sizeof(net), "10.100.%u.0/24", n);
	ike_up(w, n, conn_of(n), peer_of(n));
	child_up(w, 1000 + n, n, conn_of(n), "l10", peer_of(n), net);
}

static void takes_over(struct world *w)
{
	role(w, 0, HSRP_ROLE_ACTIVE, VIP);
	pass_ms(w, 5);
}

static void it_listens_before_it_calls_and_calls_few_at_first(void **state)
{
	struct world *w = standby_of(PEERS);

	(void)state;
	takes_over(w);
	assert_order(w, "listen 192.168.0.3 dev 2 20", "initiate");
	assert_int_equal(count_seen(w, "initiate"), FIRST);
	world_free(w);
}

static void the_busiest_peers_come_first(void **state)
{
	struct world *w = standby_of(PEERS);

	(void)state;
	takes_over(w);
	esp(w, VIP, peer_of(30), 0xc0ffee01, 2);
	esp(w, VIP, peer_of(39), 0xc0ffee02, 50);
	esp(w, VIP, peer_of(35), 0xc0ffee03, 7);
	esp(w, VIP, peer_of(30), 0xc0ffee01, 6); /* together 8: before 35 */
	assert_int_equal(count_seen(w, "initiate"), FIRST);
	peer_up(w, 1); /* its place, and one more */
	assert_int_equal(count_seen(w, "initiate"), FIRST + 2);
	assert_order(w, initiate(39), initiate(30));
	assert_not_seen(w, initiate(35));
	peer_up(w, 2);
	assert_order(w, initiate(30), initiate(35));
	assert_order(w, initiate(35), initiate(9)); /* then as configured */
	world_free(w);
}

static void esp_now(struct world *w, const char *peer, uint32_t packets)
{
	struct event e = {.kind = EV_ESP,
		.esp = {.ifindex = OUTSIDE, .spi = 0xc0ffee00, .packets = packets, .early = true}};

	assert_true(ip_parse(VIP, &e.esp.local));
	assert_true(ip_parse(peer, &e.esp.remote));
	world_event(w, &e);
}

static void what_just_came_counts_and_calls_nobody(void **state)
{
	struct world *w = standby_of(PEERS);

	(void)state;
	takes_over(w);
	esp_now(w, peer_of(39), 50);
	esp_now(w, peer_of(30), 60);
	esp(w, VIP, peer_of(39), 0xc0ffee00, 0); /* the same, told once more */
	peer_up(w, 1);
	assert_order(w, initiate(30), initiate(39));
	world_free(w);

	w = standby_of(1);
	takes_over(w);
	pass_ms(w, 13000); /* no answer: a pause */
	log_clear(w);
	esp_now(w, peer_of(1), 1);
	assert_int_equal(w->log_count, 0);
	esp(w, VIP, peer_of(1), 0xc0ffee00, 0);
	assert_seen(w, "RECVD_PKT_INV_SPI");
	assert_int_equal(count_seen(w, "initiate"), 1);
	world_free(w);
}

static void every_peer_is_called_once_and_the_window_grows_to_its_limit(void **state)
{
	struct world *w = standby_of(200);
	size_t most = 0, up = 0;

	(void)state;
	takes_over(w);
	for (; up < 200; up++) {
		size_t under_way = count_seen(w, "initiate") - up;

		most = under_way > most ? under_way : most;
		assert_seen(w, initiate((unsigned)up + 1));
		peer_up(w, (unsigned)up + 1);
	}
	assert_int_equal(most, WINDOW_MAX);
	assert_int_equal(count_seen(w, "initiate"), 200);
	world_free(w);
}

static void silent_peers_hold_nobody_up(void **state)
{
	struct world *w = standby_of(PEERS);

	(void)state;
	takes_over(w);
	pass_ms(w, 900);
	assert_int_equal(count_seen(w, "initiate"), FIRST);
	pass_ms(w, 100); /* eight did not answer within a second: the next eight */
	assert_int_equal(count_seen(w, "initiate"), 2 * FIRST);
	pass_ms(w, 4000);
	assert_int_equal(count_seen(w, "initiate"), PEERS);
	world_free(w);
}

static void what_is_no_orphan_changes_nothing(void **state)
{
	struct world *w = standby_of(PEERS);

	(void)state;
	takes_over(w);
	peer_up(w, 1);
	log_clear(w);
	esp(w, VIP, peer_of(1), 0x1000 + 1001, 10);	  /* its own SA */
	esp(w, VIP, peer_of(1), 0xc0ffee00, 10);	  /* the end of one that was replaced */
	esp(w, VIP, "172.16.0.1", 0xc0ffee00, 10);	  /* a stranger */
	esp(w, "192.168.0.2", peer_of(9), 0xc0ffee00, 1); /* not the address that is listened to */
	assert_int_equal(w->log_count, 0);
	world_free(w);
}

static void it_is_said_once_a_minute_for_each_peer(void **state)
{
	struct world *w = standby_of(PEERS);

	(void)state;
	takes_over(w);
	for (int i = 0; i < 100; i++)
		esp(w, VIP, peer_of(33), 0x33C701EA, 1);
	assert_int_equal(count_seen(w, "%CRYPTO-4-RECVD_PKT_INV_SPI"), 1);
	assert_seen(w,
		"decaps: rec'd IPSEC packet has invalid spi for destaddr=192.168.0.3, prot=50, "
		"spi=0x33C701EA(868680170), srcaddr=10.1.1.33");
	pass_ms(w, 60000);
	esp(w, VIP, peer_of(33), 0x33C701EA, 1);
	assert_int_equal(count_seen(w, "%CRYPTO-4-RECVD_PKT_INV_SPI"), 2);
	world_free(w);
}

static void a_peer_that_shows_itself_is_not_waited_for(void **state)
{
	struct world *w = standby_of(1);

	(void)state;
	takes_over(w);
	assert_int_equal(count_seen(w, "initiate"), 1);
	pass_ms(w, 13000); /* no answer: a pause */
	assert_seen(w, "PEER_SILENT");
	assert_int_equal(count_seen(w, "initiate"), 1);
	esp(w, VIP, peer_of(1), 0xc0ffee00, 1);
	assert_int_equal(count_seen(w, "initiate"), 2);
	esp(w, VIP, peer_of(1), 0xc0ffee00, 1);
	pass_ms(w, 100);
	assert_int_equal(count_seen(w, "initiate"), 2);
	world_free(w);
}

static void of_several_peers_the_one_that_was_in_use_is_called(void **state)
{
	struct world *w = standby_of(1);
	struct crypto_map_entry *e =
		crypto_map_entry_get(model_crypto_map_get(w->model, "mymap"), 1, CRYPTO_MAP_ISAKMP);

	(void)state;
	assert_true(ip_parse("10.1.1.77", &e->peers[1].addr));
	e->peer_count = 2;
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", 1);
	config(w);
	log_clear(w);
	takes_over(w);
	assert_seen(w, "initiate hs/FastEthernet0/0/mymap/1/10.1.1.1 ");
	esp(w, VIP, "10.1.1.77", 0xc0ffee00, 3);
	assert_order(w, "terminate hs/FastEthernet0/0/mymap/1/10.1.1.1",
		"initiate hs/FastEthernet0/0/mymap/1/10.1.1.77");
	world_free(w);
}

static void listening_ends_with_its_time_and_with_the_role(void **state)
{
	struct world *w = standby_of(2);

	(void)state;
	takes_over(w);
	log_clear(w);
	pass_ms(w, 299000);
	assert_not_seen(w, "listen");
	pass_ms(w, 2000);
	assert_seen(w, "listen off dev 2");
	log_clear(w);
	esp(w, VIP, peer_of(1), 0xc0ffee00, 1);
	assert_not_seen(w, "INV_SPI");

	role(w, 0, HSRP_ROLE_SPEAK, VIP);
	takes_over(w);
	assert_seen(w, "listen 192.168.0.3 dev 2 20");
	log_clear(w);
	role(w, 0, HSRP_ROLE_SPEAK, VIP);
	assert_seen(w, "listen off dev 2");
	assert_not_seen(w, "initiate");
	world_free(w);
}

static void the_peers_of_a_charon_that_died_are_heard(void **state)
{
	struct world *w = standby_of(PEERS);

	(void)state;
	takes_over(w);
	for (unsigned n = 1; n <= PEERS; n++)
		peer_up(w, n);
	pass_ms(w, 400000);
	log_clear(w);
	charon_dies(w);
	charon_starts(w, 2, false);
	assert_order(w, "listen 192.168.0.3 dev 2 20", "initiate");
	esp(w, VIP, peer_of(40), 0xc0ffee00, 9);
	peer_up(w, 1);
	assert_order(w, initiate(40), initiate(9));
	world_free(w);
}

static void who_asked_for_recovery_is_listened_to_for_good(void **state)
{
	struct world *w = standby_of(1);

	(void)state;
	takes_over(w);
	peer_up(w, 1);
	pass_ms(w, 400000);
	assert_seen(w, "listen off");
	log_clear(w);
	w->model->invalid_spi_recovery = true;
	model_touch(w->model, MODEL_ISAKMP, "", 0);
	config(w);
	assert_seen(w, "listen 192.168.0.3 dev 2 20");
	pass_ms(w, 400000);
	assert_not_seen(w, "listen off");
	child_gone(w, 1001);
	ike_gone(w, 1);
	pass_ms(w, 15000); /* called in vain: a pause of five seconds */
	log_clear(w);
	esp(w, VIP, peer_of(1), 0xc0ffee00, 1);
	assert_order(w, "RECVD_PKT_INV_SPI", "initiate");

	w->model->invalid_spi_recovery = false;
	model_touch(w->model, MODEL_ISAKMP, "", 0);
	config(w);
	assert_seen(w, "listen off dev 2");
	world_free(w);
}

static void charons_device_comes_up_again(void **state)
{
	struct world *w = standby_of(1);

	(void)state;
	takes_over(w);
	charon_dies(w);
	charon_starts(w, 2, true);
	link_state(w, TUN, "ipsec0", true, true);
	log_clear(w);
	link_state(w, TUN, "ipsec0", false, false);
	assert_seen(w, "link 9 up");
	charon_dies(w);
	log_clear(w);
	link_state(w, TUN, "ipsec0", false, false); /* it goes with its charon */
	assert_not_seen(w, "link 9");
	world_free(w);
}

static struct world *active_with_a_dynamic_map(void)
{
	struct world *w = world_new();
	struct crypto_map_entry *t, *e;

	prologue(w);
	t = crypto_map_entry_get(model_dynamic_map_get(w->model, "mydynmap"), 1, CRYPTO_MAP_TEMPLATE);
	e = crypto_map_entry_get(model_crypto_map_get(w->model, "mymap"), 3, CRYPTO_MAP_ISAKMP_DYNAMIC);
	t->transform_set_count = 1;
	str_copy(t->transform_sets[0], NAME_MAX_LEN, "my-transform-set");
	t->rri.enabled = true;
	str_copy(e->dynamic_map, sizeof(e->dynamic_map), "mydynmap");
	model_touch(w->model, MODEL_DYNAMIC_MAP, "mydynmap", 1);
	model_touch(w->model, MODEL_CRYPTO_MAP, "mymap", 3);
	standby(w, 0, "group1", VIP);
	apply(w, "mymap", true, "group1");
	config(w);
	snapshot(w);
	charon_starts(w, 1, false);
	role(w, 0, HSRP_ROLE_STANDBY, VIP);
	takes_over(w);
	log_clear(w);
	return w;
}

#define DYNAMIC "hs/FastEthernet0/0/mymap/3/any"

static void a_dynamic_peer_is_called_where_its_orphans_come_from(void **state)
{
	struct world *w = active_with_a_dynamic_map();

	(void)state;
	esp_now(w, "10.1.1.9", 1);
	assert_int_equal(w->log_count, 0);
	esp(w, VIP, "10.1.1.9", 0xc0ffee00, 1);
	esp(w, VIP, "10.1.1.9", 0xc0ffee00, 5);
	assert_order(w, "load " DYNAMIC " 10.1.1.9 local 192.168.0.3", "initiate " DYNAMIC " 10.1.1.9 d1");
	assert_int_equal(count_seen(w, "load"), 1);

	ike_up(w, 5, DYNAMIC, "10.1.1.9");
	child_up(w, 6, 5, DYNAMIC, "d1", "10.1.1.9", "172.16.1.0/24");
	assert_seen(w, "route+ 172.16.1.0/24");
	assert_seen(w, "unload " DYNAMIC " 10.1.1.9");
	pass_ms(w, 8000);
	assert_not_seen(w, "terminate"); /* the tunnel stays */
	assert_true(has_route(w, "172.16.1.0/24", 213));
	world_free(w);
}

static void udp(struct world *w, const char *peer, uint16_t port, uint32_t spi)
{
	struct event e = {
		.kind = EV_ESP, .esp = {.ifindex = OUTSIDE, .remote_port = port, .spi = spi, .packets = 1}};

	assert_true(ip_parse(VIP, &e.esp.local));
	assert_true(ip_parse(peer, &e.esp.remote));
	world_event(w, &e);
}

static void who_does_not_answer_by_its_address_is_called_by_any_name(void **state)
{
	struct world *w = active_with_a_dynamic_map();

	(void)state;
	udp(w, "10.1.1.9", 4500, 0xc0ffee00); /* a NAT may well leave the port as it is */
	assert_seen(w, "load " DYNAMIC " 10.1.1.9 local 192.168.0.3 children 1 version 1 id 10.1.1.9");
	log_clear(w);
	pass_ms(w, 8000);
	assert_order(w, "unload " DYNAMIC " 10.1.1.9",
		"load " DYNAMIC " 10.1.1.9 local 192.168.0.3 children 1 version 1 id any");
	assert_seen(w, "initiate " DYNAMIC " 10.1.1.9 d1");
	log_clear(w);
	pass_ms(w, 8000);
	assert_seen(w, "unload " DYNAMIC " 10.1.1.9");
	assert_not_seen(w, "initiate"); /* that was all */
	world_free(w);
}

static void a_static_peer_behind_a_nat_is_called_at_its_port(void **state)
{
	struct world *w = standby_of(1);
	char peer[32];

	(void)state;
	str_copy(peer, sizeof(peer), peer_of(1));
	takes_over(w);
	assert_seen(w, "initiate"); /* in vain */
	log_clear(w);
	udp(w, peer, 1027, 0xc0ffee00);
	assert_order(w, "terminate", "id any port 1027");
	assert_order(w, "id any port 1027", "initiate");
	assert_int_equal(count_seen(w, "initiate"), 1);
	log_clear(w);
	udp(w, peer, 1027, 0xc0ffee00);
	pass_ms(w, 11000);
	assert_int_equal(w->log_count, 0);
	pass_ms(w, 1100); /* the NAT has forgotten it: as before, then */
	assert_seen(w, "load");
	assert_not_seen(w, "port 1027");
	world_free(w);
}

static void behind_a_nat_each_peer_is_called_at_its_port(void **state)
{
	struct world *w = active_with_a_dynamic_map();
	struct child_sa sa = {.incarnation = 1,
		.id = 6,
		.ike_id = 5,
		.state = CHILD_SA_INSTALLED,
		.remote_port = 1027,
		.remote_count = 1,
		.spi_in = 0x1006};

	(void)state;
	udp(w, "10.1.1.9", 1027, 0xc0ffee00);
	udp(w, "10.1.1.9", 1028, 0xc0ffee01);
	udp(w, "10.1.1.9", 1028, 0xc0ffee01);
	assert_seen(
		w, "load " DYNAMIC " 10.1.1.9:1027 local 192.168.0.3 children 1 version 1 id any port 1027");
	assert_seen(
		w, "load " DYNAMIC " 10.1.1.9:1028 local 192.168.0.3 children 1 version 1 id any port 1028");
	assert_int_equal(count_seen(w, "initiate"), 2);

	str_copy(sa.conn, sizeof(sa.conn), DYNAMIC);
	str_copy(sa.child, sizeof(sa.child), "d1");
	assert_true(ip_parse("10.1.1.9", &sa.remote_host));
	assert_true(prefix_parse("172.16.1.0/24", &sa.remote[0].prefix));
	world_event(w, &(struct event){.kind = EV_CHILD_SA, .child = {&sa, 0}});
	assert_seen(w, "unload " DYNAMIC " 10.1.1.9:1027");
	assert_not_seen(w, "unload " DYNAMIC " 10.1.1.9:1028"); /* that one has not answered */
	pass_ms(w, 8000);
	assert_seen(w, "unload " DYNAMIC " 10.1.1.9:1028");

	pass_ms(w,
		61000); /* the calls are forgotten; the one has its SA, and what it sends late is no reason */
	log_clear(w);
	udp(w, "10.1.1.9", 1027, 0xc0ffee00);
	assert_not_seen(w, "initiate");
	udp(w, "10.1.1.9", 1028, 0xc0ffee01);
	assert_seen(w, "initiate " DYNAMIC " 10.1.1.9:1028 d1");
	world_free(w);
}

static void who_takes_the_call_and_refuses_the_sa_is_hung_up_on(void **state)
{
	struct world *w = active_with_a_dynamic_map();
	struct ike_sa sa = {.incarnation = 1,
		.id = 5,
		.version = 1,
		.state = IKE_SA_ESTABLISHED,
		.called = true,
		.remote_port = 500};

	(void)state;
	esp(w, VIP, "10.1.1.9", 0xc0ffee00, 1);
	str_copy(sa.conn, sizeof(sa.conn), DYNAMIC);
	str_copy(sa.remote_id, sizeof(sa.remote_id), "10.1.1.9");
	assert_true(ip_parse("10.1.1.9", &sa.remote_host));
	world_event(w, &(struct event){.kind = EV_IKE_SA, .ike_sa = &sa});
	log_clear(w);
	pass_ms(w, 7900);
	assert_int_equal(w->log_count, 0);
	pass_ms(w, 200);
	assert_order(w, "terminate " DYNAMIC " 10.1.1.9", "unload " DYNAMIC " 10.1.1.9");
	assert_not_seen(w, "initiate"); /* it was reached: by another name it would refuse as well */
	pass_ms(w, 240000);
	esp(w, VIP, "10.1.1.9", 0xc0ffee00, 1);
	assert_not_seen(w, "initiate"); /* its own detection has its time */
	world_free(w);
}

/* A peer that hangs up is not called back for what it sent before. */
static void the_last_packets_of_an_sa_are_no_orphans(void **state)
{
	struct world *w = active_with_a_dynamic_map();

	(void)state;
	for (unsigned n = 0; n < 2; n++) {
		ike_up(w, 5, DYNAMIC, "10.1.1.9");
		child_up(w, 6 + n, 5, DYNAMIC, "d1", "10.1.1.9", "172.16.1.0/24");
		child_gone(w, 6 + n);
		ike_gone(w, 5);
		log_clear(w);
		pass_ms(w, 900);
		esp(w, VIP, "10.1.1.9", 0x1000 + 6 + n, 1);
		assert_int_equal(w->log_count, 0);
	}
	pass_ms(w, 200); /* now it sends, and has nothing */
	esp(w, VIP, "10.1.1.9", 0x1007, 1);
	assert_seen(w, "initiate " DYNAMIC " 10.1.1.9 d1");
	world_free(w);
}

static void nobody_else_is_called(void **state)
{
	struct world *w = active_with_a_dynamic_map();

	(void)state;
	for (unsigned n = 1; n <= 200; n++) /* or anybody who sends what looks like ESP */
		esp(w, VIP, peer_of(n), 0xc0ffee00, 1);
	assert_int_equal(count_seen(w, "load"), 32);
	pass_ms(w, 1000); /* they do not answer: others have their turn */
	for (unsigned n = 1; n <= 200; n++)
		esp(w, VIP, peer_of(n), 0xc0ffee00, 1);
	assert_int_equal(count_seen(w, "initiate"), 64);
	pass_ms(w, 16000); /* by their addresses, and by any name */
	assert_int_equal(count_seen(w, "unload"), 128);
	esp(w, VIP, peer_of(1), 0xc0ffee00, 1); /* it did not answer */
	assert_int_equal(count_seen(w, "initiate"), 128);
	pass_ms(w, 60000);
	esp(w, VIP, peer_of(1), 0xc0ffee00, 1);
	assert_int_equal(count_seen(w, "initiate"), 129);

	log_clear(w);
	role(w, 0, HSRP_ROLE_SPEAK, VIP);
	assert_seen(w, "unload " DYNAMIC " 10.1.1.1");
	esp(w, VIP, peer_of(77), 0xc0ffee00, 1);
	assert_not_seen(w, "initiate"); /* D7 */
	world_free(w);
}

static void without_charon_the_role_goes_to_who_has_one(void **state)
{
	struct world *w = standby_of(1);

	(void)state;
	takes_over(w);
	peer_up(w, 1);
	log_clear(w);
	charon_dies(w);
	pass_ms(w, 2000);
	charon_starts(w, 2, false); /* a crash: it is back soon, and stays */
	pass_ms(w, 60000);
	assert_not_seen(w, "yield");
	assert_not_seen(w, "IKE_LOST");
	assert_false(core_ike_lost(w->core));

	charon_dies(w); /* a slow machine: it is back just in time, and stays */
	pass_ms(w, 8000);
	charon_starts(w, 3, false);
	pass_ms(w, 60000);
	assert_not_seen(w, "yield");
	assert_not_seen(w, "IKE_LOST");
	charon_dies(w); /* or does not */
	pass_ms(w, 8000);
	charon_starts(w, 4, false);
	pass_ms(w, 2500);
	assert_not_seen(w, "IKE_LOST");
	charon_dies(w);
	assert_seen(w, "IKE_LOST");
	charon_starts(w, 5, false);
	pass_ms(w, 60000);
	assert_seen(w, "IKE_BACK");
	log_clear(w);

	charon_dies(w);
	for (int i = 0; i < 4; i++) { /* it comes and dies again */
		pass_ms(w, 2000);
		charon_starts(w, 6 + (unsigned)i, false);
		pass_ms(w, 400);
		charon_dies(w);
	}
	assert_not_seen(w, "yield");
	pass_ms(w, 1000);
	assert_order(w, "%CRYPTO-2-IKE_LOST", "hsrp FastEthernet0/0");
	assert_order(w, "hsrp FastEthernet0/0", "yield eth0 0");
	assert_true(core_group_unfit(w->core, "FastEthernet0/0", 0));
	assert_false(core_group_unfit(w->core, "FastEthernet0/0", 1));
	assert_int_equal(count_seen(w, "yield"), 1);
	pass_ms(w, 20000); /* there was no standby router, but one may come */
	assert_int_equal(count_seen(w, "yield"), 3);
	assert_int_equal(count_seen(w, "IKE_LOST"), 1);
	role(w, 0, HSRP_ROLE_SPEAK, VIP);
	log_clear(w);
	pass_ms(w, 60000);
	assert_not_seen(w, "yield");

	charon_starts(w, 19, false);
	assert_true(core_ike_lost(w->core)); /* it has to stay first */
	log_clear(w);
	pass_ms(w, 5000);
	assert_order(w, "%CRYPTO-5-IKE_BACK", "hsrp FastEthernet0/0");
	assert_false(core_group_unfit(w->core, "FastEthernet0/0", 0));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_listens_before_it_calls_and_calls_few_at_first),
		cmocka_unit_test(the_busiest_peers_come_first),
		cmocka_unit_test(what_just_came_counts_and_calls_nobody),
		cmocka_unit_test(every_peer_is_called_once_and_the_window_grows_to_its_limit),
		cmocka_unit_test(silent_peers_hold_nobody_up),
		cmocka_unit_test(what_is_no_orphan_changes_nothing),
		cmocka_unit_test(it_is_said_once_a_minute_for_each_peer),
		cmocka_unit_test(a_peer_that_shows_itself_is_not_waited_for),
		cmocka_unit_test(of_several_peers_the_one_that_was_in_use_is_called),
		cmocka_unit_test(listening_ends_with_its_time_and_with_the_role),
		cmocka_unit_test(who_asked_for_recovery_is_listened_to_for_good),
		cmocka_unit_test(charons_device_comes_up_again),
		cmocka_unit_test(a_dynamic_peer_is_called_where_its_orphans_come_from),
		cmocka_unit_test(who_does_not_answer_by_its_address_is_called_by_any_name),
		cmocka_unit_test(a_static_peer_behind_a_nat_is_called_at_its_port),
		cmocka_unit_test(behind_a_nat_each_peer_is_called_at_its_port),
		cmocka_unit_test(who_takes_the_call_and_refuses_the_sa_is_hung_up_on),
		cmocka_unit_test(the_last_packets_of_an_sa_are_no_orphans),
		cmocka_unit_test(nobody_else_is_called),
		cmocka_unit_test(without_charon_the_role_goes_to_who_has_one),
		cmocka_unit_test(the_peers_of_a_charon_that_died_are_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
