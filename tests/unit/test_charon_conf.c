/* What charon is told: its configuration file, connections and keys; and what is read from what it prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linux/charon.h"

static void the_data_plane_decides_plugins_and_table(void **state)
{
	struct charon_options o = {.run_dir = "/run/hotswan", .kernel_esp = true};
	struct text t = {0};

	(void)state;
	charon_conf(&t, &o);
	assert_null(strstr(t.s, "kernel-libipsec"));
	assert_non_null(strstr(t.s, "kernel-netlink socket-default"));
	assert_non_null(strstr(t.s, "routing_table = 0\n"));
	assert_non_null(strstr(t.s, "install_routes = no\n"));
	assert_non_null(strstr(t.s, "roam_events = no\n"));
	assert_non_null(strstr(t.s, "socket = unix:///run/hotswan/charon/charon.vici\n"));
	text_clear(&t);
	o.kernel_esp = false;
	charon_conf(&t, &o);
	assert_non_null(strstr(t.s, "kernel-libipsec kernel-netlink socket-default"));
	assert_non_null(strstr(t.s, "routing_table = 213\n"));
	text_free(&t);
}

/* As charon computes it: after the message and after each of `tries` repetitions it waits timeout * base^n. */
static double schedule_s(uint32_t total_ms)
{
	struct text t = {0};
	double timeout, base, sum = 0;
	int tries;

	charon_retransmit_conf(&t, total_ms, 0);
	assert_int_equal(sscanf(t.s, "retransmit_timeout = %lf retransmit_base = %lf retransmit_tries = %d",
				 &timeout, &base, &tries),
		3);
	for (int i = 0; i <= tries; i++, timeout *= base)
		sum += timeout;
	text_free(&t);
	return sum;
}

static void the_schedule_lasts_as_long_as_asked_and_no_longer(void **state)
{
	(void)state;
	for (uint32_t ms = 1000; ms <= 512000; ms += 500) {
		double s = schedule_s(ms);
		assert_true(s <= ms / 1000.0 + 0.002);
		assert_true(s >= ms / 1000.0 - 0.01);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_data_plane_decides_plugins_and_table),
		cmocka_unit_test(the_schedule_lasts_as_long_as_asked_and_no_longer),
	};

	return cmocka_run_group_tests_name("charon's configuration", tests, NULL, NULL);
}
