/*
 * hotswan-sim: many seeds, each a world of its own; the first violated invariant is shrunk and printed.
 * doc/simulator.md explains what it prints.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/planted.h"
#include "sim/world.h"

static const char usage[] =
	"usage: hotswan-sim [--seeds N] [--from SEED]    run N seeds (1000), from SEED (1) on\n"
	"       hotswan-sim --seed SEED [--trace]        one seed, with its column trace\n"
	"       hotswan-sim --bench [--seconds N]        speed of a two-router group\n"
	"options: --routers 2..4   as many in every plan\n"
	"         --faults 1..64   as many in every plan, and more where a link flaps\n"
	"         --hsrp-only, --engine   never, always with engines\n"
	"         --planted N      switch a planted bug on (meson option planted_bugs)\n"
	"         --slice I/N      of the seeds only each N-th, beginning with the I-th (0 to N-1)\n";

struct arguments {
	uint64_t seeds, from, seed, slice, slices, seconds, planted;
	bool one, trace, bench;
	struct sim_options o;
};

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_again(const struct sim_plan *plan, const struct arguments *a)
{
	printf("again: hotswan-sim --seed %llu --trace", (unsigned long long)plan->seed);
	if (a->o.routers)
		printf(" --routers %u", a->o.routers);
	if (a->o.faults)
		printf(" --faults %u", a->o.faults);
	if (a->o.engine)
		printf(a->o.engine == SIM_ENGINE_NEVER ? " --hsrp-only" : " --engine");
	if (a->planted)
		printf(" --planted %llu", (unsigned long long)a->planted);
	putchar('\n');
}

static int report_failure(struct sim_plan *plan, const struct sim_result *found, const struct arguments *a)
{
	struct sim_result result;

	printf("seed %llu violates: %s (at %.3f s)\n", (unsigned long long)plan->seed, found->violation,
		(double)found->at_ms / 1000);
	unsigned runs = sim_shrink(plan, found->violation);
	printf("shrunk in %u runs to:\n", runs);
	sim_plan_print(plan);
	sim_run(plan, true, &result);
	print_again(plan, a);
	return EXIT_FAILURE;
}

static int run_seeds(const struct arguments *a)
{
	struct sim_plan plan;
	struct sim_result result;
	double begin = seconds_now(), simulated = 0;
	int64_t slowest_ms = 0;
	uint64_t events = 0, runs = 0;

	for (uint64_t seed = a->from + a->slice; seed < a->from + a->seeds; seed += a->slices) {
		sim_plan_draw(&plan, seed, &a->o);
		sim_run(&plan, false, &result);
		if (result.failed)
			return report_failure(&plan, &result, a);
		runs++;
		simulated += (double)result.at_ms / 1000;
		events += result.events;
		if (result.converged_ms > slowest_ms)
			slowest_ms = result.converged_ms;
	}
	double took = seconds_now() - begin;
	printf("%llu seeds, no violation: %.0f simulated s in %.1f s (%.0f per s), %llu events, slowest "
	       "convergence %.3f s\n",
		(unsigned long long)runs, simulated, took, simulated / took, (unsigned long long)events,
		(double)slowest_ms / 1000);
	return EXIT_SUCCESS;
}

static int run_one(const struct arguments *a)
{
	struct sim_plan plan;
	struct sim_result result;

	sim_plan_draw(&plan, a->seed, &a->o);
	sim_plan_print(&plan);
	sim_run(&plan, a->trace, &result);
	if (result.failed) {
		printf("violated at %.3f s: %s\n", (double)result.at_ms / 1000, result.violation);
		return EXIT_FAILURE;
	}
	printf("no violation; settled %.3f s after the last fault\n", (double)result.converged_ms / 1000);
	return EXIT_SUCCESS;
}

/* Two routers of ours, one group, hello 3 s, hold 10 s, text authentication; without faults, and with two an hour. */
static void bench(const struct arguments *a, unsigned version, bool md5, bool faults)
{
	struct sim_plan plan = {.seed = 1,
		.routers = 2,
		.segments = 1,
		.hello_ms = 3000,
		.hold_ms = 10000,
		.version = (uint8_t)version,
		.md5 = md5,
		.router = {{.priority = 110, .preempt = true}, {.priority = 100}},
		.calm_ms = (int64_t)a->seconds * 1000};
	struct sim_result result;

	for (unsigned i = 0; faults && i < SIM_FAULTS_MAX; i++)
		plan.faults[plan.fault_count++] = (struct sim_fault){.kind = i % 2 ? FAULT_STALL : FAULT_LINK,
			.at_ms = (int64_t)a->seconds * 1000 * i / SIM_FAULTS_MAX,
			.for_ms = 15000};
	double begin = seconds_now();
	sim_run(&plan, false, &result);
	double took = seconds_now() - begin;
	printf("version %u%s, %-13s %.0f simulated s in %.2f s: %.0f per s, %llu events (%.0f ns each)%s\n",
		version, md5 ? ", MD5 " : ", text",
		faults ? "64 faults:" : "no faults:", (double)result.at_ms / 1000, took,
		(double)result.at_ms / 1000 / took, (unsigned long long)result.events,
		took * 1e9 / (double)result.events, result.failed ? result.violation : "");
}

static bool parse_number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return *text && !*end && !errno;
}

static bool parse_slice(const char *text, struct arguments *a)
{
	char *end;

	a->slice = strtoull(text, &end, 10);
	return *end == '/' && parse_number(end + 1, &a->slices) && a->slice < a->slices;
}

static bool parse_between(const char *text, unsigned least, unsigned most, unsigned *out)
{
	uint64_t n;

	if (!parse_number(text, &n) || n < least || n > most)
		return false;
	*out = (unsigned)n;
	return true;
}

/* How many words the option took; 0: it is none. */
static int parse_option(const char *word, const char *value, struct arguments *a)
{
	const struct {
		const char *name;
		uint64_t *number;
	} numbers[] = {{"--seeds", &a->seeds}, {"--from", &a->from}, {"--seed", &a->seed},
		{"--seconds", &a->seconds}, {"--planted", &a->planted}};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (strcmp(word, numbers[i].name) != 0)
			continue;
		a->one |= numbers[i].number == &a->seed;
		return parse_number(value, numbers[i].number) ? 2 : 0;
	}
	if (!strcmp(word, "--slice"))
		return parse_slice(value, a) ? 2 : 0;
	if (!strcmp(word, "--routers"))
		return parse_between(value, 2, SIM_ROUTERS_MAX, &a->o.routers) ? 2 : 0;
	if (!strcmp(word, "--faults"))
		return parse_between(value, 1, SIM_FAULTS_MAX, &a->o.faults) ? 2 : 0;
	if (!strcmp(word, "--trace"))
		a->trace = true;
	else if (!strcmp(word, "--bench"))
		a->bench = true;
	else if (!strcmp(word, "--hsrp-only"))
		a->o.engine = SIM_ENGINE_NEVER;
	else if (!strcmp(word, "--engine"))
		a->o.engine = SIM_ENGINE_ALWAYS;
	else
		return 0;
	return 1;
}

static bool plant(uint64_t n)
{
#ifdef HOTSWAN_PLANTED_BUGS
	planted_bug = (unsigned)n;
	return n <= PLANTED_BUGS;
#else
	return n == 0;
#endif
}

int main(int argc, char **argv)
{
	struct arguments a = {.seeds = 1000, .from = 1, .slices = 1, .seconds = 2000000};

	for (int i = 1, words; i < argc; i += words) {
		words = parse_option(argv[i], i + 1 < argc ? argv[i + 1] : "", &a);
		if (!words) {
			fprintf(stderr, "hotswan-sim: bad argument %s\n%s", argv[i], usage);
			return 2;
		}
	}
	if (!plant(a.planted)) {
		fprintf(stderr,
			"hotswan-sim: planted bug %llu does not exist: build with -Dplanted_bugs=true, 1 to "
			"%d\n",
			(unsigned long long)a.planted, PLANTED_BUGS);
		return 2;
	}
	if (a.bench) {
		for (unsigned i = 0; i < 6; i++)
			bench(&a, 1 + i % 2, i / 2 == 1, i / 2 == 2);
		return EXIT_SUCCESS;
	}
	return a.one ? run_one(&a) : run_seeds(&a);
}
