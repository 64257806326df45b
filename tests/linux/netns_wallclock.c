/*
 * The wall clock is set (not slewed), and what hangs on it hears of that at once: the lifetimes of a key chain.
 *
 * Needs a machine of its own: a clock has no namespace. It runs in the guest, and nowhere else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "hsrp/keychain.h"
#include "linux/wallclock.h"
#include "netns.h"

enum { DAY_S = 86400, TOLD_MS = 10000, NOT_TOLD_MS = 300 };
#define SECOND_NS 1000000000ll

/* The guest's own command line says so; nothing that the outside could have set by accident. */
static bool own_machine(void)
{
	char line[4096] = "";
	FILE *f = fopen("/proc/cmdline", "re");

	if (f) {
		if (!fgets(line, sizeof(line), f))
			line[0] = '\0';
		fclose(f);
	}
	return strstr(line, " guest=") != NULL;
}

static void step_clock(int64_t by_s)
{
	struct timex step = {
		.modes = ADJ_SETOFFSET, .time = {.tv_sec = by_s}}; /* in one step, however slow we are */

	assert_true(adjtimex(&step) >= 0);
}

static bool readable(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, timeout_ms) == 1;
}

static void assert_stepped(int fd, int64_t *offset_ns, int64_t by_s)
{
	int64_t before = *offset_ns;

	assert_true(readable(fd, TOLD_MS));
	assert_true(wallclock_stepped(fd, offset_ns));
	assert_true(llabs(*offset_ns - before - by_s * SECOND_NS) < SECOND_NS);
	assert_false(readable(fd, 0)); /* once */
	assert_false(wallclock_stepped(fd, &before));
}

static void each_step_is_told_with_the_new_offset(void **state)
{
	static const int64_t steps_s[] = {DAY_S, -2 * (int64_t)DAY_S, 3, DAY_S - 3};
	int64_t offset_ns;
	int fd = wallclock_open(&offset_ns);

	(void)state;
	assert_true(fd >= 0);
	assert_false(readable(fd, 0));
	assert_false(wallclock_stepped(fd, &offset_ns));
	for (size_t n = 0; n < sizeof(steps_s) / sizeof(steps_s[0]); n++) {
		step_clock(steps_s[n]);
		assert_stepped(fd, &offset_ns, steps_s[n]);
	}
	close(fd);
}

static void steps_that_nobody_read_are_one(void **state)
{
	int64_t offset_ns;
	int fd = wallclock_open(&offset_ns);

	(void)state;
	assert_true(fd >= 0);
	step_clock(DAY_S);
	step_clock(DAY_S);
	assert_stepped(fd, &offset_ns, 2 * DAY_S);
	step_clock(-2 * (int64_t)DAY_S);
	assert_stepped(fd, &offset_ns, -2 * (int64_t)DAY_S);
	close(fd);
}

static void slewing_is_no_step(void **state)
{
	struct timex slew = {.modes = ADJ_OFFSET_SINGLESHOT, .offset = 5000};
	int64_t offset_ns;
	int fd = wallclock_open(&offset_ns);

	(void)state;
	assert_true(fd >= 0);
	assert_true(adjtimex(&slew) >= 0);
	assert_false(readable(fd, NOT_TOLD_MS));
	close(fd);
}

/* By the offset that is told, not by a clock that anybody reads: key 2 is sent, and key 1 is not believed any more. */
static void keys_change_with_the_clock(void **state)
{
	int64_t offset_ns;
	int fd = wallclock_open(&offset_ns);
	struct timespec since;
	bool outlived;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &since), 0);
	int64_t change_s = since.tv_sec + offset_ns / SECOND_NS + DAY_S / 2;
	const struct hsrp_chain_key keys[] = {
		{.id = 1,
			.key_len = 5,
			.key = "first",
			.accept = {INT64_MIN, change_s},
			.send = {INT64_MIN, change_s}},
		{.id = 2,
			.key_len = 6,
			.key = "second",
			.accept = {change_s, INT64_MAX},
			.send = {change_s, INT64_MAX}},
	};

	for (unsigned n = 0; n < 2; n++) {
		int64_t wall_s = since.tv_sec + offset_ns / SECOND_NS;
		const struct hsrp_chain_key *sent = keychain_send(keys, 2, wall_s, &outlived);
		assert_ptr_equal(sent, &keys[n]);
		assert_false(outlived);
		assert_non_null(keychain_accept(keys, 2, n + 1, wall_s));
		assert_null(keychain_accept(keys, 2, 2 - n, wall_s));
		int64_t by_s = n == 0 ? DAY_S : -(int64_t)DAY_S;
		step_clock(by_s);
		assert_stepped(fd, &offset_ns, by_s);
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_step_is_told_with_the_new_offset),
		cmocka_unit_test(steps_that_nobody_read_are_one),
		cmocka_unit_test(slewing_is_no_step),
		cmocka_unit_test(keys_change_with_the_clock),
	};

	if (!own_machine()) {
		fprintf(stderr, "SKIPPED: the clock is stepped in the guest only\n");
		return NETNS_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
