/* A process that was restarted (D9), and one that slept: what is taken up again and what is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hsrp_scenes.h"
#include "linux/md5.h"

static void resume(struct world *w, unsigned box, int64_t after_ms)
{
	struct hsrp_in in = {.kind = HSRP_IN_RESUME, .record = w->box[box].record};

	hsrp_free(w->box[box].h);
	w->now = mono_add_ms(in.record.last_hello, after_ms);
	w->box[box].h = hsrp_new(99, md5_sum);
	world_step(w, box, &in);
	world_skip(w, box);
	world_start(w, box);
}

static void an_active_role_is_resumed_within_the_hold_time_with_a_hello(void **state)
{
	(void)state;
	struct world *w = active_alone(1);

	resume(w, A, 9000);
	/* Nothing before it is taken up: "Init" would make others let go. */
	assert_int_equal(
		world_count(w, A, "report changed Init") + world_count(w, A, "report changed Disabled"), 0);
	assert_int_equal(world_count(w, A, "report state"), 0);
	assert_int_equal(
		world_count(w, A, "report serving Active"), 1); /* by then the kernel has confirmed */
	assert_did(w, A, "adv active 1/0 imac", "hello active pri 100 vmac", "kernel serve 192.168.0.254");
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_true(world_status(w, A).serving);
	assert_int_equal(world_count(w, A, "kernel unserve"), 0);
	assert_int_equal(
		world_status(w, A).changes, 4); /* Listen, Speak, Standby, Active: a restart is none */
	world_free(w);
}

/* Found by the simulator: the predecessor had taken the role and died before its kernel had the address. */
static void a_resumed_role_serves_when_the_kernel_says_so(void **state)
{
	(void)state;
	struct world *w = active_alone(1);

	w->box[A].kernel_slow = true;
	resume(w, A, 9000);
	assert_did(w, A, "adv active 1/0 imac", "hello active pri 100 vmac", "kernel serve 192.168.0.254");
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_false(world_status(w, A).serving);
	world_configure(w, A); /* as a new engine does */
	world_step(w, A, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_END});
	world_run_ms(w, 1000);
	assert_int_equal(world_count(w, A, "garp"), 0);
	world_kernel_answer(w, A);
	assert_int_equal(w->box[A].last.phase, HSRP_PHASE_SERVING);
	assert_true(world_status(w, A).serving);
	world_free(w);
}

static unsigned at_line(const struct world *w, unsigned box, const char *prefix)
{
	const struct world_box *b = &w->box[box];

	for (unsigned n = b->read; n < b->lines; n++)
		if (!strncmp(b->line[n], prefix, strlen(prefix)))
			return n;
	fail_msg("no line begins with %s", prefix);
	return 0;
}

/* Nor is the end of it told before the address is known to be gone. */
static void a_resumed_role_that_is_lost_again_ends_with_the_address(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_packet p = packet(HSRP_COUP, HSRP_LISTEN, 200);

	w->box[A].kernel_slow = true;
	resume(w, A, 9000);
	world_skip(w, A);
	world_send(w, A, &p, 100, NULL);
	assert_int_equal(world_state(w, A), HSRP_SPEAK);
	world_kernel_answer(w, A); /* serve */
	assert_did(w, A, "kernel unserve ");
	assert_int_equal(world_count(w, A, "report"), 0);
	assert_silent(w, A);
	world_kernel_answer(w, A);
	assert_int_equal(w->box[A].last.phase, HSRP_PHASE_GONE);
	assert_int_equal(w->box[A].last.status.state, HSRP_SPEAK);
	assert_false(w->box[A].last.status.serving);
	assert_did(w, A, "adv passive 0/1 imac", "hello speak pri 100 imac");
	world_free(w);

	w = active_alone(1);
	w->box[A].kernel_fails = HSRP_KERNEL_SERVE;
	w->box[A].kernel_error = 12;
	resume(w, A, 9000);
	assert_int_equal(world_count(w, A, "report serving"), 0);
	assert_true(at_line(w, A, "kernel unserve") < at_line(w, A, "resign"));
	assert_int_equal(w->box[A].last.phase, HSRP_PHASE_GONE);
	assert_int_equal(w->box[A].violations, 0);
	world_free(w);
}

/* The engine, which may start at the same moment, must not hear "Initial" first: it would give up what stands. */
static void a_role_that_may_be_resumed_is_not_reported_before(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_in in = {.kind = HSRP_IN_RESUME, .record = w->box[A].record};

	hsrp_free(w->box[A].h);
	w->box[A].h = hsrp_new(99, md5_sum);
	world_step(w, A, &in);
	world_skip(w, A);
	world_configure(w, A);
	assert_int_equal(world_count(w, A, "report"), 0);
	world_link(w, A, true);
	assert_int_equal(world_count(w, A, "report"), 1);
	assert_int_equal(world_count(w, A, "report serving Active"), 1);
	assert_int_equal(world_count(w, A, "report changed Init"), 0);
	world_free(w);
}

static void a_role_that_cannot_be_resumed_is_reported_with_the_link(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_in in = {.kind = HSRP_IN_RESUME, .record = w->box[A].record};

	hsrp_free(w->box[A].h);
	w->box[A].h = hsrp_new(99, md5_sum);
	world_step(w, A, &in);
	world_skip(w, A);
	world_configure(w, A);
	world_link(w, A, false);
	assert_int_equal(world_count(w, A, "report changed Init"), 1);
	world_free(w);
}

/* Found by the simulator: what the predecessor had was taken away while the interface was down. */
static void a_role_is_not_resumed_when_the_interface_was_down(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_in in = {.kind = HSRP_IN_RESUME, .record = w->box[A].record};

	hsrp_free(w->box[A].h);
	w->box[A].h = hsrp_new(99, md5_sum);
	world_step(w, A, &in);
	world_configure(w, A);
	world_link(w, A, false);
	assert_false(w->box[A].has_address);
	world_skip(w, A);
	world_link(w, A, true);
	assert_int_equal(world_state(w, A), HSRP_INITIAL);
	assert_false(world_status(w, A).serving);
	assert_int_equal(world_count(w, A, "hello"), 0);
	world_free(w);
}

/* Found by the simulator: it came back as active when `standby ip` did. */
static void a_role_is_not_resumed_when_the_group_had_no_address_meanwhile(void **state)
{
	(void)state;
	struct world *w = active_alone(1);

	w->box[A].group.enabled = false;
	resume(w, A, 1000);
	assert_int_equal(world_state(w, A), HSRP_DISABLED);
	assert_int_equal(world_count(w, A, "kernel remove"), 1);
	world_run_ms(w, 2000);
	world_skip(w, A);
	w->box[A].group.enabled = true;
	world_configure(w, A);
	assert_int_equal(world_state(w, A), HSRP_LISTEN);
	assert_int_equal(world_count(w, A, "hello") + world_count(w, A, "coup"), 0);
	assert_int_equal(world_count(w, A, "kernel serve"), 0);
	world_free(w);
}

static void a_standby_role_is_resumed(void **state)
{
	(void)state;
	struct world *w = pair();

	world_run_ms(w, 1);
	w->box[B].kernel_slow = true;
	resume(w, B, 1000);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	assert_int_equal(world_count(w, B, "report"), 0); /* it may have been active a moment before */
	w->box[B].kernel_slow = false;
	world_kernel_answer(w, B);
	assert_int_equal(world_count(w, B, "report changed Standby"), 1);
	assert_false(w->box[B].has_address);
	world_run_ms(w, 60000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_free(w);
}

/* Found by the simulator: a process that was killed on its way out leaves no record, and maybe its address. */
static void what_is_left_is_told_to_be_gone_when_it_is(void **state)
{
	(void)state;
	struct world *w = world_new(1);

	w->box[A].kernel_slow = true;
	world_start(w, A);
	world_step(w, A, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_END});
	assert_did(w, A, "kernel remove ");
	w->box[A].read = 0;
	assert_int_equal(world_count(w, A, "report"), 0);
	world_kernel_answer(w, A);
	assert_int_equal(world_count(w, A, "report changed Init"), 1);
	world_free(w);
}

static void later_than_hold_what_is_left_goes_first(void **state)
{
	(void)state;
	struct world *w = active_alone(1);

	resume(w, A, 10001);
	assert_int_equal(world_count(w, A, "report changed Init"), 1);
	assert_did(w, A, "kernel remove "); /* at once, not after the interface delay */
	assert_silent(w, A);
	assert_int_equal(world_state(w, A), HSRP_INITIAL);
	assert_false(w->box[A].has_address);
	world_run_ms(w, 1001);
	assert_int_equal(world_state(w, A), HSRP_LISTEN);
	world_free(w);
}

static void an_active_router_that_slept_through_its_hold_time_steps_down(void **state)
{
	(void)state;
	struct world *w = active_alone(1);
	struct hsrp_packet p = packet(HSRP_HELLO, HSRP_ACTIVE, 50);

	w->now = mono_add_ms(w->now, 15000); /* nothing ran */
	world_send(w, A, &p, 100, NULL);     /* frames are read before timers */
	assert_int_not_equal(world_state(w, A), HSRP_ACTIVE);
	assert_false(w->box[A].has_address);
	assert_int_equal(world_count(w, A, "coup"), 0);
	assert_int_equal(
		world_count(w, A, "log %HSRP-5-STATECHANGE: FastEthernet0/0 Grp 1 state Active -> Init"), 1);
	world_free(w);
}

/* Found by the simulator: the engine's message was read before the timers fired. */
static void one_that_slept_is_not_woken_as_active_by_its_configuration(void **state)
{
	(void)state;
	struct world *w = active_alone(1);

	world_skip(w, A);
	w->now = mono_add_ms(w->now, 15000);
	w->box[A].group.priority = 90; /* peers learn a new priority at once */
	world_configure(w, A);
	assert_int_equal(world_count(w, A, "hello active"), 0);
	assert_int_not_equal(world_state(w, A), HSRP_ACTIVE);
	assert_false(w->box[A].has_address);
	world_free(w);
}

/* Found by the simulator: the kernel had said yes, and the address was gone by the end of its lifetime since. */
static void an_answer_that_waited_for_a_hold_time_announces_nothing(void **state)
{
	(void)state;
	struct world *w = world_new(1);

	world_start(w, A);
	world_run_ms(w, 15000);
	w->box[A].kernel_slow = true;
	while (world_state(w, A) != HSRP_ACTIVE)
		world_run_ms(w, 100);
	world_kernel_answer(w, A); /* the virtual MAC interface is made */
	assert_int_equal(world_count(w, A, "kernel serve"), 1);
	world_skip(w, A);
	w->now = mono_add_ms(w->now, 15000);
	world_kernel_answer(w, A);
	assert_int_equal(world_count(w, A, "garp"), 0);
	assert_int_equal(world_count(w, A, "report serving"), 0);
	assert_int_not_equal(world_state(w, A), HSRP_ACTIVE);
	world_free(w);
}

/* Found by the simulator: what it had to say when it lost the role kept waiting, and nobody looked at the silence. */
static void a_role_that_came_back_is_given_up_after_a_sleep_too(void **state)
{
	(void)state;
	struct world *w = world_new(1);
	struct hsrp_packet better = packet(HSRP_HELLO, HSRP_ACTIVE, 200),
			   lower = packet(HSRP_HELLO, HSRP_ACTIVE, 50);

	world_start(w, A);
	world_run_ms(w, 15000);
	w->box[A].kernel_slow = true;
	while (world_state(w, A) != HSRP_ACTIVE)
		world_run_ms(w, 100);
	world_kernel_answer(w, A); /* the virtual MAC interface is made, the address asked for */
	world_send(w, A, &better, 100, NULL);
	assert_int_equal(world_state(w, A), HSRP_SPEAK);
	world_run_ms(w, 30000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	world_kernel_answer(w, A); /* later than that address would have lived: it is asked for again */
	world_kernel_answer(w, A);
	assert_true(world_status(w, A).serving);
	assert_int_equal(world_count(w, A, "resign"), 0);
	world_skip(w, A);
	w->now = mono_add_ms(w->now, 15000);
	world_send(w, A, &lower, 100, NULL);
	assert_int_not_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_count(w, A, "coup"), 0);
	world_free(w);
}

/* Found by the simulator: the answer came later than the address had to live, and the kernel had begun late, too. */
static void a_resign_waits_for_an_address_whose_end_is_not_known(void **state)
{
	(void)state;
	struct world *w = world_new(1);
	struct hsrp_packet better = packet(HSRP_HELLO, HSRP_ACTIVE, 200);

	world_start(w, A);
	world_run_ms(w, 15000);
	w->box[A].kernel_slow = true;
	while (world_state(w, A) != HSRP_ACTIVE)
		world_run_ms(w, 100);
	world_kernel_answer(w, A); /* the virtual MAC interface is made, the address asked for */
	world_run_ms(w, 2000);
	world_send(w, A, &better, 100, NULL);
	world_run_ms(w, 9500); /* 11 s since it was asked for */
	assert_int_equal(world_state(w, A), HSRP_SPEAK);
	world_skip(w, A);
	world_kernel_answer(w, A); /* it is there, or was: nobody knows since when */
	assert_did(w, A, "kernel unserve ");
	world_run_ms(w, 20000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE); /* again, and the kernel has not answered */
	world_skip(w, A);
	world_send(w, A, &better, 100, NULL);
	assert_int_equal(world_state(w, A), HSRP_SPEAK);
	assert_silent(w, A);
	world_kernel_answer(w, A);
	assert_did(w, A, "adv passive 0/1 imac", "resign speak pri 100 imac", "hello speak pri 100 imac");
	world_free(w);
}

static void a_late_wake_up_does_not_take_over_from_a_living_router(void **state)
{
	(void)state;
	struct world *w = pair();
	struct hsrp_packet p = packet(HSRP_HELLO, HSRP_ACTIVE, 100);

	w->box[A].deaf = true; /* its part is played below */
	w->now = mono_add_ms(w->now, 60000);
	world_step(w, B,
		&(struct hsrp_in){.kind = HSRP_IN_TIME}); /* long after hold: frames may have been lost */
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_send(w, B, &p, 2, NULL);
	world_step(w, B, &(struct hsrp_in){.kind = HSRP_IN_TIME});
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_active_role_is_resumed_within_the_hold_time_with_a_hello),
		cmocka_unit_test(a_resumed_role_serves_when_the_kernel_says_so),
		cmocka_unit_test(a_resumed_role_that_is_lost_again_ends_with_the_address),
		cmocka_unit_test(a_role_that_may_be_resumed_is_not_reported_before),
		cmocka_unit_test(a_role_that_cannot_be_resumed_is_reported_with_the_link),
		cmocka_unit_test(a_role_is_not_resumed_when_the_interface_was_down),
		cmocka_unit_test(a_role_is_not_resumed_when_the_group_had_no_address_meanwhile),
		cmocka_unit_test(a_standby_role_is_resumed),
		cmocka_unit_test(what_is_left_is_told_to_be_gone_when_it_is),
		cmocka_unit_test(later_than_hold_what_is_left_goes_first),
		cmocka_unit_test(an_active_router_that_slept_through_its_hold_time_steps_down),
		cmocka_unit_test(one_that_slept_is_not_woken_as_active_by_its_configuration),
		cmocka_unit_test(an_answer_that_waited_for_a_hold_time_announces_nothing),
		cmocka_unit_test(a_role_that_came_back_is_given_up_after_a_sleep_too),
		cmocka_unit_test(a_resign_waits_for_an_address_whose_end_is_not_known),
		cmocka_unit_test(a_late_wake_up_does_not_take_over_from_a_living_router),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
