/*
 * hotswan-sim: many seeds, each a world of its own; the first violated invariant is shrunk and printed.
 *
 *   hotswan-sim [--seeds N] [--first SEED]     run N seeds
 *   hotswan-sim --seed SEED [--trace]          one seed, with its column trace
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/world.h"

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Drops faults as long as the plan still fails. */
static void shrink(struct sim_plan *plan)
{
	bool smaller = true;

	while (smaller) {
		smaller = false;
		for (unsigned i = 0; i < plan->fault_count && !smaller; i++) {
			struct sim_plan less = *plan;
			struct sim_result result;

			memmove(&less.faults[i], &less.faults[i + 1],
				(less.fault_count - i - 1) * sizeof(less.faults[0]));
			less.fault_count--;
			sim_run(&less, false, &result);
			if (result.failed) {
				*plan = less;
				smaller = true;
			}
		}
	}
}

static void print_plan(const struct sim_plan *plan)
{
	char text[128];

	printf("seed %llu: %u routers, %u segments, hello %u ms, hold %u ms\n",
		(unsigned long long)plan->seed, plan->routers, plan->segments, plan->hello_ms, plan->hold_ms);
	for (unsigned i = 0; i < plan->routers; i++)
		printf("  router %c: priority %u%s\n", 'A' + i, plan->router[i].priority,
			plan->router[i].preempt ? ", preempt" : "");
	for (unsigned i = 0; i < plan->fault_count; i++)
		printf("  fault at %s\n", sim_fault_text(&plan->faults[i], text, sizeof(text)));
}

static int report_failure(struct sim_plan *plan, const struct sim_result *found)
{
	struct sim_result result;

	printf("seed %llu violates: %s (at %.3f s)\nshrunk to:\n", (unsigned long long)plan->seed,
		found->violation, (double)found->at_ms / 1000);
	shrink(plan);
	print_plan(plan);
	sim_run(plan, true, &result);
	printf("again: hotswan-sim --seed %llu --trace\n", (unsigned long long)plan->seed);
	return EXIT_FAILURE;
}

static int run_seeds(uint64_t first, uint64_t count)
{
	struct sim_plan plan;
	struct sim_result result;
	double begin = seconds_now(), simulated = 0;
	int64_t slowest_ms = 0;
	uint64_t events = 0;

	for (uint64_t seed = first; seed < first + count; seed++) {
		sim_plan_draw(&plan, seed);
		sim_run(&plan, false, &result);
		if (result.failed)
			return report_failure(&plan, &result);
		simulated += (double)result.at_ms / 1000;
		events += result.events;
		if (result.converged_ms > slowest_ms)
			slowest_ms = result.converged_ms;
	}
	double took = seconds_now() - begin;
	printf("%llu seeds, no violation: %.0f simulated s in %.1f s (%.0f per s), %llu events, slowest "
	       "convergence %.3f s\n",
		(unsigned long long)count, simulated, took, simulated / took, (unsigned long long)events,
		(double)slowest_ms / 1000);
	return EXIT_SUCCESS;
}

static int run_one(uint64_t seed, bool trace)
{
	struct sim_plan plan;
	struct sim_result result;

	sim_plan_draw(&plan, seed);
	print_plan(&plan);
	sim_run(&plan, trace, &result);
	if (result.failed) {
		printf("violated at %.3f s: %s\n", (double)result.at_ms / 1000, result.violation);
		return EXIT_FAILURE;
	}
	printf("no violation; settled %.3f s after the last fault\n", (double)result.converged_ms / 1000);
	return EXIT_SUCCESS;
}

static bool parse_number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return *text && !*end && !errno;
}

int main(int argc, char **argv)
{
	uint64_t seeds = 1000, first = 1, seed = 0;
	bool one = false, trace = false;

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		bool good = true;

		if (!strcmp(argv[i], "--trace"))
			trace = true;
		else if (!strcmp(argv[i], "--seeds"))
			good = parse_number(value, &seeds) && ++i;
		else if (!strcmp(argv[i], "--first"))
			good = parse_number(value, &first) && ++i;
		else if (!strcmp(argv[i], "--seed"))
			good = one = parse_number(value, &seed) && ++i;
		else
			good = false;
		if (!good) {
			fprintf(stderr,
				"hotswan-sim: bad argument %s: --seeds N, --first SEED, --seed SEED, "
				"--trace\n",
				argv[i]);
			return 2;
		}
	}
	return one ? run_one(seed, trace) : run_seeds(first, seeds);
}
