/* The smallest plan that still fails: faults are dropped, then made shorter, routers and segments taken away. */
#include <ctype.h>
#include <string.h>

#include "sim/world.h"

enum { RUNS_MAX = 800 };

struct shrinking {
	char what[SIM_VIOLATION_MAX]; /* the violation, without names and numbers */
	unsigned runs;
};

static void kind_of(const char *violation, char *out)
{
	for (; *violation; violation++)
		if (!isdigit((unsigned char)*violation) && !isupper((unsigned char)*violation) &&
			*violation != '.')
			*out++ = *violation;
	*out = '\0';
}

/* In the same way: another violation would be another story. */
static bool fails(const struct sim_plan *plan, struct shrinking *s)
{
	struct sim_result result;
	char what[SIM_VIOLATION_MAX];

	s->runs++;
	sim_run(plan, false, &result);
	kind_of(result.violation, what);
	return result.failed && strcmp(what, s->what) == 0;
}

/* Takes the smaller plan when it fails, too. */
static bool take(struct sim_plan *plan, const struct sim_plan *less, struct shrinking *s)
{
	if (!fails(less, s))
		return false;
	*plan = *less;
	return true;
}

static bool drop_faults(struct sim_plan *plan, struct shrinking *s)
{
	bool any = false;

	for (unsigned i = 0; i < plan->fault_count;) {
		struct sim_plan less = *plan;

		memmove(&less.faults[i], &less.faults[i + 1],
			(less.fault_count - i - 1) * sizeof(less.faults[0]));
		less.fault_count--;
		if (take(plan, &less, s))
			any = true;
		else
			i++;
	}
	return any;
}

static bool used(const struct sim_plan *plan, unsigned router, unsigned segment)
{
	for (unsigned i = 0; i < plan->fault_count; i++)
		if (plan->faults[i].router == router || plan->faults[i].segment == segment)
			return true;
	return false;
}

static bool drop_parts(struct sim_plan *plan, struct shrinking *s)
{
	struct sim_plan less = *plan;
	bool any = false;

	if (less.routers > 2 && !used(&less, less.routers - 1, SIM_SEGMENTS_MAX)) {
		less.routers--;
		any = take(plan, &less, s);
	}
	less = *plan;
	less.pair = false;
	less.follow = 0;
	if (less.segments > 1 && !used(&less, SIM_ROUTERS_MAX, less.segments - 1)) {
		less.segments--;
		any |= take(plan, &less, s);
	}
	return any;
}

static bool simplify(struct sim_plan *plan, struct shrinking *s)
{
	bool any = false;

	for (unsigned what = 0; what < 13; what++) {
		struct sim_plan less = *plan;

		less.md5 &= what != 0;
		less.engine &= what != 1;
		less.chain &= what != 0 && what != 4;
		less.ipv6 &= what != 5;
		less.pair &= what != 6;
		less.ikev2 &= what != 7;
		less.idle &= what != 10 && what != 1;
		less.per_host &= what != 11 && what != 1;
		if (what == 8)
			less.follow = 0;
		for (unsigned i = 0; i < less.routers; i++) {
			less.router[i].preempt &= what != 2;
			less.router[i].preempt_delay_s *= what != 2 && what != 12;
			less.router[i].cisco &= what != 3;
			less.router[i].learns &= what != 9;
		}
		for (unsigned i = 0; !less.engine && i < less.fault_count; i++)
			if (less.faults[i].kind >= FAULT_HSRP_COUNT)
				less.engine = true;
		if (memcmp(&less, plan, sizeof(less)) != 0)
			any |= take(plan, &less, s);
	}
	return any;
}

static bool shorten_faults(struct sim_plan *plan, struct shrinking *s)
{
	bool any = false;

	for (unsigned i = 0; i < plan->fault_count; i++) {
		struct sim_plan less = *plan;

		less.faults[i].for_ms /= 2;
		if (plan->faults[i].for_ms > 1)
			any |= take(plan, &less, s);
	}
	return any;
}

unsigned sim_shrink(struct sim_plan *plan, const char *violation)
{
	struct shrinking s = {.runs = 0};

	kind_of(violation, s.what);
	for (bool less = true; less && s.runs < RUNS_MAX;) {
		less = drop_faults(plan, &s);
		less = drop_parts(plan, &s) || less;
		less = simplify(plan, &s) || less;
	}
	while (s.runs < RUNS_MAX && shorten_faults(plan, &s))
		;
	return s.runs;
}
