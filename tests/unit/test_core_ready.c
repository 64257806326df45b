/* H9: when the IPsec side of a standby group is ready, and that the HSRP process is told of each change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

static struct world *start(bool bound)
{
	struct world *w = world_new();

	prologue(w);
	acl_line(w, "102", 10, true, "192.168.1.0/24", "10.0.0.0/16");
	entry(w, "mymap", 1, "10.1.1.1", "102", "esp-aes-sha", true);
	standby(w, 0, "group1", "192.168.0.3");
	standby(w, 5, "other", "192.168.0.5");
	if (bound)
		apply(w, "mymap", true, "group1");
	config(w);
	return w;
}

static bool ready(const struct world *w)
{
	return core_standby_ready(w->core, "FastEthernet0/0", 0);
}

static void without_a_crypto_map_a_group_is_ready_at_once(void **state)
{
	struct world *w = start(false);

	(void)state;
	assert_true(ready(w));
	assert_true(core_standby_ready(w->core, "nosuch", 1));
	world_free(w);
}

static void it_waits_for_the_filter_and_for_charon(void **state)
{
	struct world *w = start(true);

	(void)state;
	assert_false(ready(w));
	w->hold_filter = true;
	snapshot(w);
	charon_starts(w, 1, false);
	assert_false(ready(w)); /* the kernel has not confirmed the filter */
	w->hold_filter = false;
	log_clear(w);
	world_event(w, &(struct event){.kind = EV_RESULT, .result = {.cookie = w->held_filter}});
	assert_seen(w, "load hs/FastEthernet0/0/mymap/1/10.1.1.1");
	assert_true(ready(w)); /* and charon has taken the connection, on a standby router */
	assert_int_equal(count_seen(w, "hsrp FastEthernet0/0"), 1);
	assert_true(core_standby_ready(w->core, "FastEthernet0/0", 5)); /* no map is bound to that one */
	log_clear(w);
	charon_dies(w);
	assert_false(ready(w));
	assert_seen(w, "hsrp FastEthernet0/0");
	charon_starts(w, 2, false);
	assert_true(ready(w));
	world_free(w);
}

static void a_router_that_serves_stays_ready(void **state)
{
	struct world *w = start(true);

	(void)state;
	snapshot(w);
	charon_starts(w, 1, false);
	role(w, 0, HSRP_ROLE_STANDBY, "192.168.0.3");
	assert_true(ready(w));
	role(w, 0, HSRP_ROLE_ACTIVE, "192.168.0.3");
	assert_true(ready(w));
	world_free(w);
}

static void a_binding_that_waits_for_its_group_is_not_ready(void **state)
{
	struct world *w = start(false);

	(void)state;
	apply(w, "mymap", true, "nosuch");
	config(w);
	snapshot(w);
	charon_starts(w, 1, false);
	assert_int_equal(binding(w).state, BINDING_PENDING);
	assert_false(ready(w));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_crypto_map_a_group_is_ready_at_once),
		cmocka_unit_test(it_waits_for_the_filter_and_for_charon),
		cmocka_unit_test(a_router_that_serves_stays_ready),
		cmocka_unit_test(a_binding_that_waits_for_its_group_is_not_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
