#include "redundancy/transaction.h"

#include <assert.h>

/* Leaving, the routes go before the SAs: nothing is attracted that could not be encrypted any more. */
const enum step steps_serve[] = {STEP_FILTER, STEP_CONNECTIONS, STEP_ROUTES, STEP_IKE, STEP_DONE};
const enum step steps_prepare[] = {STEP_FILTER, STEP_CONNECTIONS, STEP_DONE};
const enum step steps_guard[] = {STEP_FILTER, STEP_DONE};
const enum step steps_lose_address[] = {STEP_ROUTES_WITHDRAWN, STEP_SAS_DROPPED, STEP_DONE};
const enum step steps_give_up[] = {STEP_ROUTES_WITHDRAWN, STEP_SAS_DELETED, STEP_DONE};
const enum step steps_remove_mute[] = {
	STEP_ROUTES_WITHDRAWN, STEP_SAS_DROPPED, STEP_CONNECTIONS_GONE, STEP_FILTER_GONE, STEP_DONE};
const enum step steps_remove[] = {
	STEP_ROUTES_WITHDRAWN, STEP_SAS_DELETED, STEP_CONNECTIONS_GONE, STEP_FILTER_GONE, STEP_DONE};

static const struct {
	const char *name;
	int64_t limit_ms;
	enum late_answer late;
} steps[STEP_COUNT] = {
	[STEP_DONE] = {"", 0, LATE_GO_ON},
	[STEP_FILTER] = {"filter", 2000, LATE_WAIT}, /* fail closed: no traffic is attracted without it */
	[STEP_CONNECTIONS] = {"connections", 3000, LATE_GO_ON},
	[STEP_ROUTES] = {"routes", 1000, LATE_GO_ON},
	[STEP_IKE] = {"IKE", 1000, LATE_GO_ON},
	[STEP_ROUTES_WITHDRAWN] = {"routes withdrawn", 1000, LATE_GO_ON},
	[STEP_SAS_DROPPED] = {"SAs dropped", 1000, LATE_GO_ON},
	[STEP_SAS_DELETED] = {"SAs deleted", 2000, LATE_GO_ON},
	[STEP_CONNECTIONS_GONE] = {"connections gone", 1000, LATE_GO_ON},
	[STEP_FILTER_GONE] = {"filter gone", 1000, LATE_GO_ON},
};

const char *step_name(enum step s)
{
	return steps[s].name;
}

enum step transaction_step(const struct transaction *t)
{
	return t->list ? t->list[t->at] : STEP_DONE;
}

void transaction_start(struct transaction *t, const enum step *list)
{
	assert(list && list[0] != STEP_DONE);
	*t = (struct transaction){.list = list, .deadline = MONO_NEVER};
}

bool transaction_run(struct transaction *t, const struct step_driver *d, mono_t now)
{
	enum step s;

	while ((s = transaction_step(t)) != STEP_DONE) {
		if (!t->entered) {
			t->entered = true;
			t->deadline = mono_add_ms(now, steps[s].limit_ms);
			d->enter(d->arg, s);
		}
		if (!d->done(d->arg, s)) {
			if (mono_before(now, t->deadline))
				return false;
			t->deadline = mono_add_ms(now, steps[s].limit_ms);
			if (d->late(d->arg, s) || steps[s].late == LATE_WAIT)
				return false;
		}
		t->at++;
		t->entered = false;
	}
	if (!t->list)
		return false;
	*t = (struct transaction){.deadline = MONO_NEVER};
	return true;
}
