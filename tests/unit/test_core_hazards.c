/* H9, H10: what elections may do to a group that carries a crypto map is said once, from configuration and hellos. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"
#include "world.h"

enum { INSIDE = 3 };

static struct standby_group *inside_group(struct world *w)
{
	struct interface_cfg *i = model_interface_get(w->model, "eth1");
	struct standby_group *g = interface_standby_get(i, 7);

	i->address_set = true;
	i->address_len = 24;
	assert_true(ip_parse("10.0.0.9", &i->address));
	g->ip_typed = true;
	assert_true(ip_parse("10.0.0.3", &g->ip));
	str_copy(g->name, sizeof(g->name), "inside");
	model_touch(w->model, MODEL_INTERFACE, "eth1", 0);
	model_touch(w->model, MODEL_STANDBY, "eth1", 7);
	return g;
}

static struct world *start(void)
{
	struct world *w = world_new();

	prologue(w);
	acl_line(w, "102", 10, true, "192.168.1.0/24", "10.0.0.0/16");
	entry(w, "mymap", 1, "10.1.1.1", "102", "esp-aes-sha", true);
	fa00(w)->address_set = true;
	fa00(w)->address_len = 24;
	assert_true(ip_parse("192.168.0.2", &fa00(w)->address));
	standby(w, 1, "outside", "192.168.0.3");
	inside_group(w);
	apply(w, "mymap", true, "outside");
	config(w);
	snapshot(w);
	link_state(w, INSIDE, "eth1", true, true);
	log_clear(w);
	return w;
}

static void peer(struct world *w, int ifindex, uint16_t group, const char *address, uint8_t priority)
{
	struct event e = {.kind = EV_HSRP_ROLE,
		.hsrp = {.ifindex = ifindex,
			.group = group,
			.role = HSRP_ROLE_STANDBY,
			.peer_priority = priority}};

	assert_true(ip_parse(ifindex == OUTSIDE ? "192.168.0.3" : "10.0.0.3", &e.hsrp.vip));
	if (address)
		assert_true(ip_parse(address, &e.hsrp.peer));
	world_event(w, &e);
}

static void peer_ipv6(
	struct world *w, int ifindex, uint16_t group, const char *own, const char *address, uint8_t priority)
{
	struct event e = {.kind = EV_HSRP_ROLE,
		.hsrp = {.ifindex = ifindex, .group = group, .ipv6 = true, .peer_priority = priority}};

	assert_true(ip_parse(own, &e.hsrp.own));
	assert_true(ip_parse(address, &e.hsrp.peer));
	world_event(w, &e);
}

static void touch(struct world *w, const char *interface, uint16_t group)
{
	model_touch(w->model, MODEL_STANDBY, interface, group);
	config(w);
	pass_ms(w, 1100);
}

static void addresses_that_cross_are_said_once(void **state)
{
	struct world *w = start();

	(void)state;
	peer(w, OUTSIDE, 1, "192.168.0.4", 100); /* higher than ours outside */
	peer(w, INSIDE, 7, "10.0.0.4", 100);	 /* lower than ours inside */
	pass_ms(w, 1100);
	assert_seen(w,
		"%CRYPTO-4-SPLIT: An election would split eth1 Grp 7 (this router, by address) from "
		"FastEthernet0/0 Grp 1 (192.168.0.4, by address). Use \"hotswan redundancy pair outside "
		"inside\"");
	assert_not_seen(w, "CRYPTO-4-PREEMPT");
	peer(w, OUTSIDE, 1, "192.168.0.4", 100);
	pass_ms(w, 5000);
	assert_int_equal(count_seen(w, "CRYPTO-4-SPLIT"), 1);
	log_clear(w);
	peer(w, INSIDE, 7, NULL, 0); /* a flap of the peer is not worth another line, */
	pass_ms(w, 1100);
	peer(w, INSIDE, 7, "10.0.0.4", 100);
	pass_ms(w, 1100);
	assert_not_seen(w, "SPLIT");
	peer(w, INSIDE, 7, NULL, 0);
	pass_ms(w, 6 * 60000);
	peer(w, INSIDE, 7, "10.0.0.4", 100); /* a day later it is */
	pass_ms(w, 1100);
	assert_seen(w, "SPLIT");
	world_free(w);
}

static void the_same_order_or_priorities_that_agree_are_no_hazard(void **state)
{
	struct world *w = start();

	(void)state;
	peer(w, OUTSIDE, 1, "192.168.0.4", 100);
	peer(w, INSIDE, 7, "10.0.0.44", 100);
	pass_ms(w, 1100);
	peer(w, INSIDE, 7, "10.0.0.4", 120); /* the lower address, and the better router on both sides */
	pass_ms(w, 1100);
	assert_not_seen(w, "SPLIT");
	peer(w, INSIDE, 7, "10.0.0.4", 90);
	pass_ms(w, 1100);
	assert_seen(w,
		"eth1 Grp 7 (this router, by priority) from FastEthernet0/0 Grp 1 (192.168.0.4, by address)");
	world_free(w);
}

static void a_pair_or_a_follower_cannot_split(void **state)
{
	struct world *w = start();

	(void)state;
	assert_non_null(model_pair_get(w->model, "inside", "outside"));
	model_touch(w->model, MODEL_PAIR, NULL, 0);
	config(w);
	peer(w, OUTSIDE, 1, "192.168.0.4", 100);
	peer(w, INSIDE, 7, "10.0.0.4", 100);
	pass_ms(w, 1100);
	assert_not_seen(w, "SPLIT");
	model_pair_delete(w->model, model_pair_of(w->model, "inside"));
	str_copy(inside_group(w)->follow, NAME_MAX_LEN, "outside");
	model_touch(w->model, MODEL_PAIR, NULL, 0);
	touch(w, "eth1", 7);
	assert_not_seen(w, "SPLIT");
	inside_group(w)->follow[0] = '\0';
	touch(w, "eth1", 7);
	assert_seen(w, "SPLIT");
	world_free(w);
}

static void preempt_without_delay_and_unequal_priorities_are_said(void **state)
{
	struct world *w = start();
	struct standby_group *g = interface_standby(fa00(w), 1);

	(void)state;
	peer(w, OUTSIDE, 1, "192.168.0.1", 90);
	pass_ms(w, 1100);
	assert_not_seen(w, "PREEMPT"); /* it does not preempt */
	g->preempt = true;
	g->preempt_sync_s = 60;
	touch(w, "FastEthernet0/0", 1);
	assert_not_seen(w, "PREEMPT"); /* it waits for IPsec */
	g->preempt_sync_s = 0;
	touch(w, "FastEthernet0/0", 1);
	assert_seen(w, "%CRYPTO-4-PREEMPT: FastEthernet0/0 Grp 1: priority 100 here and 90 on 192.168.0.1");
	log_clear(w);
	peer(w, OUTSIDE, 1, "192.168.0.1", 100);
	pass_ms(w, 1100);
	assert_not_seen(w, "PREEMPT");
	world_free(w);
}

static void link_local_addresses_that_cross_are_said(void **state)
{
	struct world *w = start();

	(void)state;
	interface_standby(fa00(w), 1)->ipv6_autoconfig = inside_group(w)->ipv6_autoconfig = true;
	touch(w, "FastEthernet0/0", 1);
	peer(w, OUTSIDE, 1, "192.168.0.4", 100); /* IPv4 agrees: the other one, on both sides */
	peer(w, INSIDE, 7, "10.0.0.44", 100);
	peer_ipv6(w, OUTSIDE, 1, "fe80::2", "fe80::4", 100);
	peer_ipv6(w, INSIDE, 7, "fe80::9", "fe80::14", 100);
	pass_ms(w, 1100);
	assert_not_seen(w, "SPLIT");
	/* All 128 bits decide. */
	peer_ipv6(w, INSIDE, 7, "fe80::1:0:0:1", "fe80::ffff", 100);
	pass_ms(w, 1100);
	assert_seen(w,
		"%CRYPTO-4-SPLIT: An election would split eth1 Grp 7 (this router, by address) from "
		"FastEthernet0/0 Grp 1 (fe80::4, by address). Use \"hotswan redundancy pair outside "
		"inside\"");
	assert_int_equal(count_seen(w, "CRYPTO-4-SPLIT"), 1);
	log_clear(w);
	/* IPv4 is judged by itself, and said too. */
	peer(w, INSIDE, 7, "10.0.0.4", 100);
	pass_ms(w, 1100);
	assert_seen(w, "FastEthernet0/0 Grp 1 (192.168.0.4, by address)");
	world_free(w);
}

static void of_ipv6_groups_the_lowest_one_beside_the_map_is_judged(void **state)
{
	struct world *w = start();
	struct standby_group *second = interface_standby_get(fa00(w), 20);

	(void)state;
	interface_standby_get(fa00(w), 30)->ipv6_autoconfig = second->ipv6_autoconfig = true;
	inside_group(w)->ipv6_autoconfig = true;
	touch(w, "FastEthernet0/0", 20);
	peer_ipv6(w, OUTSIDE, 1, "fe80::2", "fe80::4", 100); /* not configured */
	peer_ipv6(w, OUTSIDE, 30, "fe80::2", "fe80::4", 100);
	peer_ipv6(w, INSIDE, 7, "fe80::9", "fe80::4", 100);
	pass_ms(w, 1100);
	assert_not_seen(w, "CRYPTO-4");
	peer_ipv6(w, OUTSIDE, 20, "fe80::2", "fe80::4", 90);
	pass_ms(w, 1100);
	assert_not_seen(w, "CRYPTO-4"); /* the lower address, and the better router on both sides */
	second->preempt = true;
	touch(w, "FastEthernet0/0", 20);
	assert_seen(w, "%CRYPTO-4-PREEMPT: FastEthernet0/0 Grp 20: priority 100 here and 90 on fe80::4");
	assert_not_seen(w, "SPLIT");
	peer_ipv6(w, OUTSIDE, 20, "fe80::2", "fe80::4", 100);
	pass_ms(w, 1100);
	assert_seen(
		w, "eth1 Grp 7 (this router, by address) from FastEthernet0/0 Grp 20 (fe80::4, by address)");
	world_free(w);
}

static void groups_without_a_crypto_map_are_nobodys_business(void **state)
{
	struct world *w = start();
	struct standby_group *g = inside_group(w);

	(void)state;
	g->preempt = g->priority_set = true;
	g->priority = 120;
	touch(w, "eth1", 7);
	peer(w, INSIDE, 7, "10.0.0.4", 100);
	pass_ms(w, 1100);
	assert_not_seen(w, "CRYPTO-4");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_that_cross_are_said_once),
		cmocka_unit_test(the_same_order_or_priorities_that_agree_are_no_hazard),
		cmocka_unit_test(a_pair_or_a_follower_cannot_split),
		cmocka_unit_test(preempt_without_delay_and_unequal_priorities_are_said),
		cmocka_unit_test(link_local_addresses_that_cross_are_said),
		cmocka_unit_test(of_ipv6_groups_the_lowest_one_beside_the_map_is_judged),
		cmocka_unit_test(groups_without_a_crypto_map_are_nobodys_business),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
