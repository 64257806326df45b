/* Bindings of crypto maps to standby groups (D10, H6 to H8, H12, H13), and the runner of transactions (design rule 3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "redundancy/binding.h"
#include "redundancy/transaction.h"

/* --- Bindings --------------------------------------------------------------------------------------------------------- */

static struct binding_group group(uint16_t number, const char *name, const char *vip, bool typed)
{
	struct binding_group g = {.number = number, .ip_typed = typed};

	str_copy(g.name, sizeof(g.name), name);
	snprintf(g.default_name, sizeof(g.default_name), "hsrp-Fa0/0-%u", number);
	if (vip[0])
		assert_true(ip_parse(vip, &g.vip));
	return g;
}

static struct binding_fsm bound(const char *wanted, const struct binding_group *g)
{
	struct binding_fsm f;

	binding_apply(&f, true, wanted, g, 1);
	assert_int_equal(f.state, BINDING_BOUND);
	return f;
}

struct change {
	const char *wanted; /* of `redundancy` */
	struct {
		const char *name, *vip;
		bool typed;
	} before, after;
	enum binding_state state;
	const char *says; /* part of the warning; "": none */
};

static void every_change_of_the_group(void **state)
{
	static const struct change rows[] = {
		/* H6: changed */
		{"g", {"g", "10.0.0.3", true}, {"g", "10.0.0.9", true}, BINDING_STALE, "Standby address"},
		{"g", {"g", "10.0.0.3", true}, {"other", "10.0.0.3", true}, BINDING_STALE, "Standby name"},
		{"", {"g", "10.0.0.3", true}, {"other", "10.0.0.3", true}, BINDING_STALE, "Standby name"},
		/* H7, H12: removed */
		{"g", {"g", "10.0.0.3", true}, {"", "10.0.0.3", true}, BINDING_FALLEN_BACK, "own address"},
		{"g", {"g", "10.0.0.3", true}, {"g", "", false}, BINDING_FALLEN_BACK, "own address"},
		{"", {"", "10.0.0.3", true}, {"", "", false}, BINDING_FALLEN_BACK, "own address"},
		/* no change that counts */
		{"g", {"g", "10.0.0.3", true}, {"g", "10.0.0.3", true}, BINDING_BOUND, ""},
		{"g", {"g", "10.0.0.3", true}, {"g", "", true}, BINDING_BOUND,
			""}, /* not learned again yet */
		{"", {"", "10.0.0.3", true}, {"named", "10.0.0.3", true}, BINDING_BOUND, ""},
		{"hsrp-Fa0/0-0", {"", "10.0.0.3", true}, {"named", "10.0.0.3", true}, BINDING_STALE,
			"Standby name"},
	};
	char warning[BINDING_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct change *r = &rows[i];
		struct binding_group before = group(0, r->before.name, r->before.vip, r->before.typed);
		struct binding_group after = group(0, r->after.name, r->after.vip, r->after.typed);
		struct binding_fsm f = bound(r->wanted, &before);
		bool said = binding_update(&f, "mymap", "Fa0/0", &after, 1, warning);

		assert_int_equal(f.state, r->state);
		assert_int_equal(said, r->says[0] != '\0');
		if (r->says[0])
			assert_non_null(strstr(warning, r->says));
		/* once said is enough */
		binding_update(&f, "mymap", "Fa0/0", &after, 1, warning);
		assert_false(binding_update(&f, "mymap", "Fa0/0", &after, 1, warning));
	}
}

static void the_whole_group_removed_falls_back(void **state)
{
	struct binding_group g = group(0, "g", "10.0.0.3", true);
	struct binding_fsm f = bound("g", &g);
	char warning[BINDING_TEXT_MAX];

	(void)state;
	assert_true(binding_update(&f, "mymap", "Fa0/0", NULL, 0, warning));
	assert_int_equal(f.state, BINDING_FALLEN_BACK);
	assert_true(binding_update(&f, "mymap", "Fa0/0", &g, 1, warning)); /* H13 */
	assert_non_null(strstr(warning, "until \"crypto map mymap redundancy g\" is typed again"));
	assert_int_equal(f.state, BINDING_FALLEN_BACK);
	assert_false(binding_update(&f, "mymap", "Fa0/0", &g, 1, warning));
	binding_apply(&f, true, "g", &g, 1);
	assert_int_equal(f.state, BINDING_BOUND);
}

static void the_old_value_typed_again_binds_again(void **state)
{
	struct binding_group g = group(0, "g", "10.0.0.3", true), changed = group(0, "g", "10.0.0.9", true);
	struct binding_fsm f = bound("g", &g);
	char warning[BINDING_TEXT_MAX];

	(void)state;
	binding_update(&f, "mymap", "Fa0/0", &changed, 1, warning);
	assert_int_equal(f.state, BINDING_STALE);
	assert_false(binding_vip_in_force(&f, &changed, 1));
	assert_true(binding_update(&f, "mymap", "Fa0/0", &g, 1, warning));
	assert_int_equal(f.state, BINDING_BOUND);
	assert_string_equal(warning, "");
	assert_true(binding_vip_in_force(&f, &g, 1));
}

static void pending_completes_by_itself_once(void **state)
{
	struct binding_group none = group(0, "g", "", false), learn = group(0, "g", "", true),
			     learned = group(0, "g", "10.0.0.3", true),
			     other = group(0, "g", "10.0.0.4", true);
	struct binding_fsm f;
	char warning[BINDING_TEXT_MAX];

	(void)state;
	binding_apply(&f, true, "g", NULL, 0);
	assert_int_equal(f.state, BINDING_PENDING);
	assert_string_equal(f.reason, "no standby group of this interface is named g");
	assert_false(binding_update(&f, "mymap", "Fa0/0", &none, 1, warning));
	assert_string_equal(f.reason, "standby group 0 has no \"standby ip\"");
	assert_false(binding_update(&f, "mymap", "Fa0/0", &learn, 1, warning));
	assert_string_equal(f.reason, "the address of standby group 0 is not learned yet");
	assert_true(binding_update(&f, "mymap", "Fa0/0", &learned, 1, warning));
	assert_int_equal(f.state, BINDING_BOUND);
	assert_true(binding_update(&f, "mymap", "Fa0/0", &other, 1, warning)); /* a learned change is H6 */
	assert_int_equal(f.state, BINDING_STALE);
}

static void a_map_without_redundancy_is_told_of_a_new_group_once(void **state) /* H8 */
{
	struct binding_group g = group(0, "g", "10.0.0.3", true);
	struct binding_fsm f;
	char warning[BINDING_TEXT_MAX];

	(void)state;
	binding_apply(&f, false, "", NULL, 0);
	assert_int_equal(f.state, BINDING_NONE);
	assert_true(binding_update(&f, "mymap", "Fa0/0", &g, 1, warning));
	assert_non_null(strstr(warning, "does not use the standby group"));
	assert_int_equal(f.state, BINDING_NONE);
	assert_false(binding_update(&f, "mymap", "Fa0/0", &g, 1, warning));
	binding_apply(&f, false, "", &g, 1); /* it was there when the map was applied: on purpose */
	assert_false(binding_update(&f, "mymap", "Fa0/0", &g, 1, warning));
}

/* --- Transactions -------------------------------------------------------------------------------------------------------- */

struct record {
	char text[200];
	enum step blocked; /* not done */
	int advances;	   /* so many times */
};

static void enter(void *arg, enum step s)
{
	struct record *r = arg;

	snprintf(r->text + strlen(r->text), sizeof(r->text) - strlen(r->text), "%s%s", r->text[0] ? ", " : "",
		step_name(s));
}

static bool done(void *arg, enum step s)
{
	return ((struct record *)arg)->blocked != s;
}

static bool late(void *arg, enum step s)
{
	struct record *r = arg;

	(void)s;
	if (r->advances && r->advances--)
		return true;
	snprintf(r->text + strlen(r->text), sizeof(r->text) - strlen(r->text), " late");
	return false;
}

static void orders_are_those_of_the_design(void **state)
{
	static const struct {
		const enum step *list;
		const char *order;
	} rows[] = {
		{steps_serve, "filter, connections, routes, IKE"},
		{steps_prepare, "filter, connections"},
		{steps_guard, "filter"},
		{steps_lose_address, "routes withdrawn, SAs dropped"},
		{steps_give_up, "routes withdrawn, SAs deleted"},
		{steps_remove_mute, "routes withdrawn, SAs dropped, connections gone, filter gone"},
		{steps_remove, "routes withdrawn, SAs deleted, connections gone, filter gone"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct record r = {0};
		const struct step_driver d = {enter, done, late, &r};
		struct transaction t;

		transaction_start(&t, rows[i].list);
		assert_true(transaction_run(&t, &d, (mono_t){0}));
		assert_string_equal(r.text, rows[i].order);
		assert_int_equal(transaction_step(&t), STEP_DONE);
		assert_false(transaction_run(&t, &d, (mono_t){0}));
	}
}

static void a_step_waits_and_lateness_has_an_answer(void **state)
{
	struct record r = {.blocked = STEP_ROUTES};
	const struct step_driver d = {enter, done, late, &r};
	struct transaction t;

	(void)state;
	transaction_start(&t, steps_serve);
	assert_false(transaction_run(&t, &d, (mono_t){0}));
	assert_int_equal(transaction_step(&t), STEP_ROUTES);
	assert_string_equal(r.text, "filter, connections, routes");
	assert_false(transaction_run(&t, &d, mono_add_ms((mono_t){0}, 500)));
	assert_true(transaction_run(&t, &d, t.deadline)); /* routes late: IKE does not wait for ever */
	assert_string_equal(r.text, "filter, connections, routes late, IKE");
}

static void a_step_that_advances_is_not_late(void **state)
{
	struct record r = {.blocked = STEP_ROUTES, .advances = 3};
	const struct step_driver d = {enter, done, late, &r};
	struct transaction t;

	(void)state;
	transaction_start(&t, steps_serve);
	assert_false(transaction_run(&t, &d, (mono_t){0}));
	for (int i = 0; i < 3; i++)
		assert_false(transaction_run(&t, &d, t.deadline));
	assert_true(transaction_run(&t, &d, t.deadline));
	assert_string_equal(r.text, "filter, connections, routes late, IKE");
}

static void nothing_follows_a_missing_filter(void **state)
{
	struct record r = {.blocked = STEP_FILTER};
	const struct step_driver d = {enter, done, late, &r};
	struct transaction t;
	mono_t now = {0};

	(void)state;
	transaction_start(&t, steps_serve);
	for (int i = 0; i < 5; i++) {
		assert_false(transaction_run(&t, &d, now));
		now = t.deadline;
	}
	assert_int_equal(transaction_step(&t), STEP_FILTER);
	assert_null(strstr(r.text, "connections"));
	r.blocked = STEP_DONE;
	assert_true(transaction_run(&t, &d, now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_change_of_the_group),
		cmocka_unit_test(the_whole_group_removed_falls_back),
		cmocka_unit_test(the_old_value_typed_again_binds_again),
		cmocka_unit_test(pending_completes_by_itself_once),
		cmocka_unit_test(a_map_without_redundancy_is_told_of_a_new_group_once),
		cmocka_unit_test(orders_are_those_of_the_design),
		cmocka_unit_test(a_step_waits_and_lateness_has_an_answer),
		cmocka_unit_test(a_step_that_advances_is_not_late),
		cmocka_unit_test(nothing_follows_a_missing_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
