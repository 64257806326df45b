/* Key chains: which key counts when, and that a rollover, a step of the clock or an expired chain costs no role. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hsrp/keychain.h"
#include "hsrp_world.h"

enum { A, B };

/* Wall-clock seconds of the world's start, in which mono_t begins at 1000 s. */
enum { WALL = 1700000000, MONO_S = 1000 };

static struct hsrp_chain_key key(
	uint32_t id, const char *text, struct hsrp_span accept, struct hsrp_span send)
{
	struct hsrp_chain_key k = {
		.id = id, .key_len = (uint8_t)strlen(text), .accept = accept, .send = send};

	memcpy(k.key, text, strlen(text));
	return k;
}

static struct hsrp_span span(int64_t from, int64_t until)
{
	return (struct hsrp_span){from, until};
}

/* --- By the table ---------------------------------------------------------------------------------------------- */

static void the_lowest_valid_key_is_sent_and_the_last_one_is_used_on(void **state)
{
	struct hsrp_span always = HSRP_SPAN_ALWAYS;
	struct hsrp_chain_config c = {.name = "k",
		.count = 4,
		.keys = {key(1, "", always, always), key(2, "two", span(100, 220), span(100, 200)),
			key(3, "three", span(180, 320), span(190, 300)),
			key(9, "nine", span(500, 600), span(500, 600))}};
	static const struct {
		int64_t at;
		uint32_t send; /* 0: none */
		bool outlived;
		uint32_t accepted; /* bits of 2, 3, 9 */
		int64_t next;
	} rows[] = {
		{0, 0, false, 0, 100},	      /* all are still to come */
		{99, 0, false, 0, 100},	      /* … to the second */
		{100, 2, false, 1 << 2, 190}, /* begins with it */
		{185, 2, false, 1 << 2 | 1 << 3, 190},
		{195, 2, false, 1 << 2 | 1 << 3, 200}, /* both: the lower number */
		{199, 2, false, 1 << 2 | 1 << 3, 200},
		{200, 3, false, 1 << 2 | 1 << 3, 300}, /* ends before it */
		{220, 3, false, 1 << 3, 300},
		{300, 3, true, 1 << 3, 500}, /* no other: used on */
		{320, 3, true, 1 << 3, 500}, /* likewise for what is believed */
		{499, 3, true, 1 << 3, 500},
		{500, 9, false, 1 << 9, 600},
		{600, 9, true, 1 << 9, INT64_MAX},
		{INT64_MAX - 1, 9, true, 1 << 9, INT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool outlived;
		const struct hsrp_chain_key *k = keychain_send(c.keys, c.count, rows[i].at, &outlived);
		uint32_t accepted = 0;

		assert_int_equal(k ? k->id : 0, rows[i].send);
		assert_int_equal(outlived, rows[i].outlived);
		for (uint32_t id = 0; id < 32; id++)
			accepted |= keychain_accept(c.keys, c.count, id, rows[i].at) ? 1u << id : 0;
		assert_int_equal(accepted, rows[i].accepted);
		assert_int_equal(keychain_next_change(c.keys, c.count, rows[i].at), rows[i].next);
	}
	c.count = 0;
	assert_null(keychain_send(c.keys, c.count, 100, NULL));
	assert_int_equal(keychain_next_change(c.keys, c.count, 100), INT64_MAX);
}

/* --- In the world ---------------------------------------------------------------------------------------------- */

static void tell_wall(struct world *w, unsigned box, int64_t wall_s)
{
	struct hsrp_in in = {.kind = HSRP_IN_WALL};

	in.wall.offset_ns = wall_s * 1000000000 - w->now.ns;
	world_step(w, box, &in);
}

static void tell_chain(struct world *w, unsigned box, const struct hsrp_chain_config *c)
{
	world_step(w, box, &(struct hsrp_in){.kind = HSRP_IN_CHAIN, .chain = *c});
}

static struct world *start_pair(unsigned version, const struct hsrp_chain_config *c)
{
	struct world *w = world_new(2);

	for (unsigned n = 0; n < 2; n++) {
		w->box[n].interface.version = (uint8_t)version;
		w->box[n].group.auth = (struct hsrp_auth){.kind = HSRP_AUTH_MD5};
		strcpy(w->box[n].group.auth.chain, "HSRP");
		w->box[n].group.priority = n == A ? 110 : 100;
		tell_wall(w, n, WALL);
		if (c)
			tell_chain(w, n, c);
		world_start(w, n);
	}
	return w;
}

/* Key 1 is sent until `change`, key 2 from then on; both are believed half a minute before and after. */
static struct hsrp_chain_config rollover(int64_t change)
{
	return (struct hsrp_chain_config){.name = "HSRP",
		.count = 2,
		.keys = {key(1, "old-key", span(INT64_MIN, change + 30), span(INT64_MIN, change)),
			key(2, "new-key", span(change - 30, INT64_MAX), span(change, INT64_MAX))}};
}

static void a_rollover_changes_the_key_and_nothing_else(void **state)
{
	(void)state;
	for (unsigned version = 1; version <= 2; version++) {
		struct hsrp_chain_config c = rollover(WALL + 90);
		struct world *w = start_pair(version, &c);

		world_run_ms(w, 60000);
		assert_int_equal(world_state(w, A), HSRP_ACTIVE);
		assert_int_equal(world_state(w, B), HSRP_STANDBY);
		uint32_t changes[] = {world_status(w, A).changes, world_status(w, B).changes};
		world_skip(w, A);
		world_skip(w, B);
		tell_wall(w, B, WALL + 60 + 4); /* B's clock is 4 s ahead: the overlap is for that */
		world_run_ms(w, 30000 - 1);
		assert_true(world_count(w, A, "hello active pri 110 vmac key 1") >= 9);
		assert_int_equal(world_count(w, A, "hello active pri 110 vmac key 2"), 0);
		assert_int_equal(world_count(w, A, "log %HSRP-5-KEYCHANGE"), 0);
		assert_true(world_count(w, B, "hello standby pri 100 imac key 2") >= 1);
		world_run_ms(w, 1);
		assert_int_equal(
			world_count(w, A, "log %HSRP-5-KEYCHANGE: key chain HSRP: key 2 is sent"), 1);
		world_skip(w, A);
		world_run_ms(w, 300000);
		assert_true(world_count(w, A, "hello active pri 110 vmac key 2") >= 90);
		assert_int_equal(world_count(w, A, "hello active pri 110 vmac key 1"), 0);
		for (unsigned n = 0; n < 2; n++) {
			assert_int_equal(world_status(w, n).changes, changes[n]);
			assert_int_equal(world_status(w, n).bad_auth, 0);
		}
		world_free(w);
	}
}

static void a_step_of_the_wall_clock_counts_at_once(void **state)
{
	struct hsrp_chain_config c = rollover(WALL + 100000);
	struct world *w = start_pair(2, &c);

	(void)state;
	world_run_ms(w, 60000);
	world_skip(w, A);
	for (unsigned n = 0; n < 2; n++)
		tell_wall(w, n, WALL + 100001);
	assert_int_equal(world_count(w, A, "log %HSRP-5-KEYCHANGE: key chain HSRP: key 2 is sent"), 1);
	world_run_ms(w, 30000);
	assert_true(world_count(w, A, "hello active pri 110 vmac key 2") >= 9);
	assert_int_equal(world_count(w, A, "hello active pri 110 vmac key 1"), 0);
	world_skip(w, A);
	for (unsigned n = 0; n < 2; n++)
		tell_wall(w, n, WALL); /* and back */
	assert_int_equal(world_count(w, A, "log %HSRP-5-KEYCHANGE: key chain HSRP: key 1 is sent"), 1);
	world_run_ms(w, 30000);
	assert_true(world_count(w, A, "hello active pri 110 vmac key 1") >= 9);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	assert_int_equal(world_status(w, B).bad_auth, 0);
	world_free(w);
}

static void a_group_waits_for_its_first_key(void **state)
{
	struct hsrp_chain_config c = {.name = "HSRP",
		.count = 1,
		.keys = {key(7, "k", span(WALL + 50, INT64_MAX), span(WALL + 50, INT64_MAX))}};
	struct world *w = start_pair(2, NULL); /* not even the chain is there */

	(void)state;
	world_run_ms(w, 10000);
	assert_int_equal(world_state(w, A), HSRP_INITIAL);
	tell_chain(w, A, &c);
	world_run_ms(w, 39999);
	assert_int_equal(world_state(w, A), HSRP_INITIAL);
	assert_int_equal(world_count(w, A, "hello") + world_count(w, A, "adv"), 0);
	world_run_ms(w, 1);
	assert_int_equal(world_state(w, A), HSRP_LISTEN);
	world_run_ms(w, 30000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_state(w, B), HSRP_INITIAL);
	/* The chain is taken away: it leaves in good order, and says nothing that nobody could believe. */
	world_skip(w, A);
	c.count = 0;
	tell_chain(w, A, &c);
	assert_int_equal(world_state(w, A), HSRP_INITIAL);
	world_run_ms(w, 30000);
	assert_int_equal(world_count(w, A, "hello"), 0);
	assert_int_equal(world_count(w, A, "kernel unserve"), 1);
	world_free(w);
}

static void an_expired_chain_is_used_on_and_said_once(void **state)
{
	struct hsrp_chain_config c = {
		.name = "HSRP", .count = 1, .keys = {key(3, "k", span(0, WALL + 45), span(0, WALL + 40))}};
	struct world *w = start_pair(1, &c);

	(void)state;
	world_run_ms(w, 300000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	assert_int_equal(world_status(w, A).changes, 4);
	assert_int_equal(
		world_count(w, A, "log %HSRP-4-KEYEXPIRED: key chain HSRP: the lifetime of key 3"), 1);
	assert_int_equal(world_count(w, B, "log %HSRP-4-KEYEXPIRED"), 1);
	world_free(w);
}

static void key_0_is_what_a_key_string_is(void **state)
{
	struct hsrp_span always = HSRP_SPAN_ALWAYS;
	struct hsrp_chain_config c = {.name = "HSRP", .count = 1, .keys = {key(0, "same", always, always)}};

	(void)state;
	for (unsigned id = 0; id <= 1; id++) {
		c.keys[0].id = id;
		struct world *w = start_pair(2, &c);
		w->box[B].group.auth = (struct hsrp_auth){.kind = HSRP_AUTH_MD5, .key_len = 4, .key = "same"};
		world_configure(w, B);
		world_run_ms(w, 60000);
		/* With another number the same key is another one. */
		assert_int_equal(world_state(w, A), HSRP_ACTIVE);
		assert_int_equal(world_state(w, B), id == 0 ? HSRP_STANDBY : HSRP_ACTIVE);
		assert_int_equal(world_status(w, A).bad_auth == 0, id == 0);
		world_free(w);
	}
}

/* `key-string … timeout S`: to the second. */
static void a_key_before_is_not_believed_after_its_timeout(void **state)
{
	struct world *w = world_new(2);

	(void)state;
	for (unsigned n = 0; n < 2; n++) {
		w->box[n].group.auth =
			(struct hsrp_auth){.kind = HSRP_AUTH_MD5, .key_len = 6, .key = "before"};
		w->box[n].group.priority = n == A ? 110 : 100;
		world_start(w, n);
	}
	world_run_ms(w, 60000);
	w->box[B].group.auth =
		(struct hsrp_auth){.kind = HSRP_AUTH_MD5, .key_len = 5, .key = "after", .timeout_s = 20};
	world_configure(w, B);
	world_run_ms(w, 20000);
	assert_int_equal(world_status(w, B).bad_auth, 0);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_run_ms(w, 3000);
	assert_true(world_status(w, B).bad_auth > 0);
	world_run_ms(w, 12000);
	assert_int_equal(world_state(w, B), HSRP_ACTIVE);
	world_free(w);
}

/* 40 keys in three parts: what counted so far counts until the last part is there. */
static void a_long_chain_counts_when_its_last_part_is_there(void **state)
{
	struct hsrp_span always = HSRP_SPAN_ALWAYS, never = {0, 1};
	struct hsrp_chain_config c = {.name = "HSRP", .count = 1, .keys = {key(5, "five", always, always)}};
	struct world *w = start_pair(2, &c);

	(void)state;
	world_run_ms(w, 60000);
	world_skip(w, A);
	for (unsigned n = 0; n < 2; n++) {
		for (unsigned first = 0; first < 40; first += HSRP_CHAIN_PART_MAX) {
			struct hsrp_chain_config part = {
				.name = "HSRP", .first = (uint16_t)first, .more = first < 32};

			for (unsigned k = first; k < 40 && part.count < HSRP_CHAIN_PART_MAX; k++)
				part.keys[part.count++] =
					key(k, "k", k == 39 ? always : never, k == 39 ? always : never);
			assert_int_equal(world_count(w, A, "vmac key 39"), 0);
			tell_chain(w, n, &part);
		}
	}
	world_run_ms(w, 30000);
	assert_true(world_count(w, A, "hello active pri 110 vmac key 39") >= 9);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	assert_int_equal(world_status(w, B).bad_auth, 0);
	/* A part that does not follow on changes nothing. */
	c.first = 16;
	tell_chain(w, A, &c);
	world_skip(w, A);
	world_run_ms(w, 30000);
	assert_true(world_count(w, A, "hello active pri 110 vmac key 39") >= 9);
	world_free(w);
}

static void what_the_configuration_names_no_more_goes(void **state)
{
	struct hsrp_chain_config c = rollover(WALL + 100000);
	struct world *w = start_pair(2, &c);

	(void)state;
	world_run_ms(w, 60000);
	world_step(w, B, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_BEGIN});
	world_configure(w, B); /* the group, without its chain */
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_step(w, B, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_END});
	assert_int_equal(world_state(w, B), HSRP_INITIAL);
	tell_chain(w, B, &c);
	world_run_ms(w, 30000);
	assert_int_equal(world_state(w, B), HSRP_STANDBY);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lowest_valid_key_is_sent_and_the_last_one_is_used_on),
		cmocka_unit_test(a_rollover_changes_the_key_and_nothing_else),
		cmocka_unit_test(a_step_of_the_wall_clock_counts_at_once),
		cmocka_unit_test(a_group_waits_for_its_first_key),
		cmocka_unit_test(an_expired_chain_is_used_on_and_said_once),
		cmocka_unit_test(key_0_is_what_a_key_string_is),
		cmocka_unit_test(a_key_before_is_not_believed_after_its_timeout),
		cmocka_unit_test(a_long_chain_counts_when_its_last_part_is_there),
		cmocka_unit_test(what_the_configuration_names_no_more_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
