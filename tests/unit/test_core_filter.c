/*
 * What the core wants of the filter table beyond access lists: flows of dynamic maps, `ip tcp adjust-mss`.
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

/* `crypto dynamic-map mydynmap 1` without an access list, tied to `crypto map mymap 3`, in service. */
static struct world *dynamic_world_of(struct world *w)
{
	prologue(w);
	struct crypto_map_entry *t =
		crypto_map_entry_get(model_dynamic_map_get(w->model, "mydynmap"), 1, CRYPTO_MAP_TEMPLATE);
	struct crypto_map_entry *e =
		crypto_map_entry_get(model_crypto_map_get(w->model, "mymap"), 3, CRYPTO_MAP_ISAKMP_DYNAMIC);

	t->transform_set_count = 1;
	str_copy(t->transform_sets[0], NAME_MAX_LEN, "my-transform-set");
	str_copy(e->dynamic_map, sizeof(e->dynamic_map), "mydynmap");
	apply(w, "mymap", false, "");
	config(w);
	snapshot(w);
	charon_starts(w, 1, false);
	ike_up(w, 1, dyn, "10.9.9.9");
	log_clear(w);
	return w;
}

static struct world *dynamic_world(void)
{
	return dynamic_world_of(world_new());
}

/* What an engine before this one had learned for an entry of a map, and of the dynamic map. */
static void remembered(
	struct world *w, const char *device, uint16_t sequence, uint16_t dynamic, const char *remote)
{
	struct filter_rule r;

	memset(&r, 0, sizeof(r));
	assert_true(prefix_parse("192.168.1.0/24", &r.local) && prefix_parse(remote, &r.remote));
	r.local_ports = r.remote_ports = (struct ports){0, UINT16_MAX};
	r.permit = true;
	r.entry = filter_learned_entry(sequence);
	r.learned = dynamic;
	world_event(w, &(struct event){.kind = EV_LEARNED, .learned = {.device = device, .rule = &r}});
}

static void what_was_learned_outlives_the_engine(void **state) /* D6 */
{
	struct world *w = world_new();

	(void)state;
	remembered(w, "eth0", 3, 1, "172.16.5.0/24");
	remembered(w, "eth0", 3, 1, "172.16.6.0/24");
	remembered(w, "eth7", 3, 1, "172.16.7.0/24"); /* another interface, */
	remembered(w, "eth0", 4, 1, "172.16.8.0/24"); /* another entry, */
	remembered(w, "eth0", 3, 2, "172.16.9.0/24"); /* another one of the dynamic map */
	/* The very first filter has them. */
	dynamic_world_of(w);
	child_up(w, 1, 1, dyn, "d1", "10.9.9.9", "172.16.5.0/24");
	child_up(w, 2, 1, dyn, "d1", "10.9.9.9", "172.16.10.0/24");
	assert_seen(w, "filter eth0 rules 4 "); /* the peer's own selector was none of those */
	assert_seen(w, "172.16.6.0/24");
	assert_not_seen(w, "172.16.7.0/24");
	assert_not_seen(w, "172.16.8.0/24");
	assert_not_seen(w, "172.16.9.0/24");
	/* The entry goes, and they with it. */
	crypto_map_entry_delete(model_dynamic_map(w->model, "mydynmap"), 1);
	model_touch(w->model, MODEL_DYNAMIC_MAP, "mydynmap", 1);
	log_clear(w);
	config(w);
	pass_ms(w, 5000);
	assert_seen(w, "filter eth0 rules 0 ");
	world_free(w);
}

static void a_flow_stays_in_the_filter_when_its_sa_is_gone(void **state) /* D6 */
{
	struct world *w = dynamic_world();

	(void)state;
	child_up(w, 1, 1, dyn, "d1", "10.9.9.9", "172.16.5.0/24");
	assert_seen(w, "filter eth0 rules 1 ");
	log_clear(w);
	child_gone(w, 1);
	charon_dies(w);
	assert_not_seen(w, "filter");
	charon_starts(w, 2, false);
	ike_up(w, 2, dyn, "10.9.9.9");
	child_up(w, 2, 2, dyn, "d1", "10.9.9.9", "172.16.5.0/24"); /* known: nothing to be done */
	assert_not_seen(w, "filter");
	child_up(w, 3, 2, dyn, "d1", "10.9.9.9", "172.16.6.0/24");
	assert_seen(w, "filter eth0 rules 2 ");
	world_free(w);
}

static void it_goes_with_its_template_after_the_sas(void **state)
{
	struct world *w = dynamic_world();

	(void)state;
	child_up(w, 1, 1, dyn, "d1", "10.9.9.9", "172.16.5.0/24");
	log_clear(w);
	crypto_map_entry_delete(model_dynamic_map(w->model, "mydynmap"), 1);
	model_touch(w->model, MODEL_DYNAMIC_MAP, "mydynmap", 1);
	config(w);
	assert_order(w, "terminate", "filter eth0 rules 0 ");
	assert_int_equal(count_seen(w, "filter eth0 rules 0"), 1);
	world_free(w);
}

static void who_would_take_everything_or_our_own_networks_is_not_believed(void **state)
{
	struct world *w = dynamic_world();

	(void)state;
	child_up(w, 1, 1, dyn, "d1", "10.9.9.9", "0.0.0.0/0");
	child_up(w, 2, 1, dyn, "d1", "10.9.9.9", "192.168.0.0/16"); /* covers eth0's network */
	assert_not_seen(w, "filter");
	world_free(w);
}

static void many_flows_gather(void **state)
{
	struct world *w = dynamic_world();

	(void)state;
	for (uint32_t i = 1; i <= 1000; i++) {
		char remote[32];

		snprintf(remote, sizeof(remote), "172.%u.%u.0/24", 16 + i / 250, i % 250);
		child_up(w, i, 1, dyn, "d1", "10.9.9.9", remote);
	}
	assert_true(count_seen(w, "filter eth0") <= 66);
	pass_ms(w, 200);
	assert_seen(w, "filter eth0 rules 1000 ");
	world_free(w);
}

static void adjust_mss_follows_line_device_and_tun(void **state)
{
	struct world *w = dynamic_world();

	(void)state;
	fa00(w)->tcp_mss = 1360;
	model_touch(w->model, MODEL_INTERFACE, "FastEthernet0/0", 0);
	config(w);
	assert_seen(w, "mss eth0  1360");
	log_clear(w);
	link_state(w, 3, "eth1", true, true);
	assert_not_seen(w, "mss");
	charon_dies(w);
	charon_starts(w, 2, true);
	link_state(w, TUN, "ipsec0", true, true); /* it carries what the crypto interface protects */
	assert_seen(w, "mss eth0 ipsec0 1360");
	log_clear(w);
	fa00(w)->tcp_mss = 0;
	model_touch(w->model, MODEL_INTERFACE, "FastEthernet0/0", 0);
	config(w);
	assert_seen(w, "mss 0");
	log_clear(w);
	model_touch(w->model, MODEL_INTERFACE, "FastEthernet0/0", 0);
	config(w);
	assert_not_seen(w, "mss");
	world_free(w);
}

/* The entry's list is "a": lines to 10.1, 10.2 and 10.3. */
static struct world *static_world(void)
{
	struct world *w = world_new();

	prologue(w);
	for (unsigned n = 1; n <= 3; n++) {
		char to[32];

		snprintf(to, sizeof(to), "10.%u.0.0/16", n);
		acl_line(w, "a", n * 10, true, "192.168.1.0/24", to);
	}
	entry(w, "mymap", 1, "10.1.1.1", "a", "my-transform-set", true);
	apply(w, "mymap", false, "");
	config(w);
	snapshot(w);
	charon_starts(w, 1, false);
	log_clear(w);
	return w;
}

static void what_a_list_loses_is_guarded_until_all_has_followed(void **state)
{
	struct world *w = static_world();
	struct acl *a = model_acl(w->model, "a");

	(void)state;
	acl_rule_delete(a, 20);
	acl_rule_delete(a, 10); /* moves to the end: it is not lost */
	acl_line(w, "a", 40, true, "192.168.1.0/24", "10.1.0.0/16");
	acl_line(w, "a", 5, true, "192.168.1.0/24", "10.4.0.0/16");
	model_touch(w->model, MODEL_ACL, "a", 0);
	config(w);
	assert_order(w, "filter eth0 rules 4", "filter eth0 rules 3"); /* 4, 3, 1, and 2 for a while */
	assert_order(w, "192.168.1.0/24 -> 10.2.0.0/16", "filter eth0 rules 3");
	log_clear(w);

	for (uint32_t n = 5; n <= 40; n += 5) /* all others at once */
		acl_rule_delete(a, n);
	for (unsigned n = 0; n < 3; n++) {
		char to[32];

		snprintf(to, sizeof(to), "172.%u.0.0/16", 16 + n);
		acl_line(w, "a", 10 + n, true, "192.168.1.0/24", to);
	}
	model_touch(w->model, MODEL_ACL, "a", 0);
	config(w);
	assert_order(w, "filter eth0 rules 6", "filter eth0 rules 3");
	log_clear(w);

	acl_rule_delete(a, 11); /* one from the middle: the others are the same before and behind it */
	model_touch(w->model, MODEL_ACL, "a", 0);
	config(w);
	assert_order(w, "filter eth0 rules 3", "filter eth0 rules 2");
	assert_order(w, "192.168.1.0/24 -> 172.17.0.0/16", "filter eth0 rules 2");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_list_loses_is_guarded_until_all_has_followed),
		cmocka_unit_test(what_was_learned_outlives_the_engine),
		cmocka_unit_test(a_flow_stays_in_the_filter_when_its_sa_is_gone),
		cmocka_unit_test(it_goes_with_its_template_after_the_sas),
		cmocka_unit_test(who_would_take_everything_or_our_own_networks_is_not_believed),
		cmocka_unit_test(many_flows_gather),
		cmocka_unit_test(adjust_mss_follows_line_device_and_tun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
