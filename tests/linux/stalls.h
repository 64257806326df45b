/*
 * How long the machine's processors stood still: what a bound on somebody's time is lengthened by (as lab/hotswan_lab/stalls.py).
 *
 * Owns:  one thread a processor, from stalls_begin() to stalls_ms(); each wakes up every tick and adds up by how much it is late.
 */
#ifndef TESTS_STALLS_H
#define TESTS_STALLS_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum {
	STALLS_CPUS_MAX = 64,
	STALLS_TICK_MS = 20,
	STALLS_PUNCTUAL_MS = 50, /* a busy machine's ordinary delay is no stall */
};

static pthread_t stalls_threads[STALLS_CPUS_MAX];
static unsigned stalls_count;
static atomic_uint_fast64_t stalls_sum_ms;
static atomic_bool stalls_over;

static inline uint64_t stalls_clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void *stalls_watch(void *cpus)
{
	sched_setaffinity(0, sizeof(cpu_set_t), cpus); /* of this thread alone */
	free(cpus);
	while (!stalls_over) {
		uint64_t due = stalls_clock_ms() + STALLS_TICK_MS;

		nanosleep(&(struct timespec){.tv_nsec = STALLS_TICK_MS * 1000000L}, NULL);
		uint64_t late = stalls_clock_ms() - due;

		stalls_sum_ms += late > STALLS_PUNCTUAL_MS ? late : 0;
	}
	return NULL;
}

static void stalls_begin(void)
{
	cpu_set_t all;

	stalls_over = false;
	stalls_sum_ms = 0;
	stalls_count = 0;
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE && stalls_count < STALLS_CPUS_MAX; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		cpu_set_t *one = calloc(1, sizeof(*one));
		assert_non_null(one);
		CPU_SET(cpu, one);
		assert_int_equal(pthread_create(&stalls_threads[stalls_count++], NULL, stalls_watch, one), 0);
	}
}

/* Ends it: all of them together. */
static uint64_t stalls_ms(void)
{
	stalls_over = true;
	while (stalls_count)
		pthread_join(stalls_threads[--stalls_count], NULL);
	return stalls_sum_ms;
}

#endif
