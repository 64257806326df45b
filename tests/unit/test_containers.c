/* Trie, timer queue and sorting against plain arrays that do the same slowly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/sort.h"
#include "base/timerq.h"
#include "base/trie.h"

enum { PREFIXES = 400, ROUNDS = 20000, TIMERS = 200 };

static uint32_t dice(uint32_t *seed) /* xorshift: the same run every time */
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static struct prefix random_prefix(uint32_t *seed)
{
	unsigned len = dice(seed) % 33;

	/* few bits vary, so that prefixes nest and repeat */
	return prefix_make(
		ip_v4((dice(seed) & 0x03) << 30 | (dice(seed) & 0x0f) << 16 | (dice(seed) & 0x07)), len);
}

struct slow {
	struct prefix p[PREFIXES];
	bool used[PREFIXES];
};

static int slow_find(const struct slow *s, const struct prefix *p)
{
	for (int i = 0; i < PREFIXES; i++)
		if (s->used[i] && prefix_equal(&s->p[i], p))
			return i;
	return -1;
}

static void compare_walks(const struct trie *t, const struct slow *s, const struct prefix *p)
{
	size_t covering = 0, within = 0, slow_covering = 0, slow_within = 0;
	unsigned last = 33;
	size_t resumed = 0;
	struct trie_node *n;

	for (n = trie_covering(t, p); n; n = trie_covering_next(n)) {
		assert_true(prefix_covers(&n->prefix, p));
		assert_true(n->prefix.len < last); /* the most specific one first */
		last = n->prefix.len;
		covering++;
	}
	for (n = trie_within(t, p); n; n = trie_within_next(n, p)) {
		assert_true(prefix_covers(p, &n->prefix));
		within++;
	}
	for (int i = 0; i < PREFIXES; i++) {
		slow_covering += s->used[i] && prefix_covers(&s->p[i], p);
		slow_within += s->used[i] && prefix_covers(p, &s->p[i]);
	}
	for (struct prefix at = *p; (n = trie_after(t, &at, p)) != NULL;
		at = n->prefix) /* paused after each */
		resumed++;
	assert_int_equal(resumed + (trie_find(t, p) != NULL), slow_within);
	assert_int_equal(covering, slow_covering);
	assert_int_equal(within, slow_within);
}

static void the_trie_agrees_with_a_list(void **state)
{
	struct trie t = {0};
	struct slow *s = calloc(1, sizeof(*s));
	uint32_t seed = 20240607;
	size_t count = 0;

	(void)state;
	assert_non_null(s);
	for (int round = 0; round < ROUNDS; round++) {
		struct prefix p = random_prefix(&seed);
		int at = slow_find(s, &p);

		assert_ptr_equal(trie_find(&t, &p), at < 0 ? NULL : &s->p[at]);
		if (at >= 0) {
			assert_ptr_equal(trie_remove(&t, &p), &s->p[at]);
			s->used[at] = false;
			count--;
		} else {
			for (at = 0; at < PREFIXES && s->used[at]; at++)
				;
			if (at < PREFIXES) {
				s->p[at] = p;
				s->used[at] = true;
				assert_true(trie_add(&t, &p, &s->p[at]));
				count++;
			}
		}
		assert_int_equal(t.count, count);
		p = random_prefix(&seed);
		if (round % 16 == 0)
			compare_walks(&t, s, &p);
	}
	for (int i = 0; i < PREFIXES; i++)
		if (s->used[i])
			assert_ptr_equal(trie_remove(&t, &s->p[i]), &s->p[i]);
	assert_null(t.v4); /* no inner node is left */
	trie_free(&t);
	free(s);
}

static void a_full_trie_is_freed_without_recursion(void **state)
{
	struct trie t = {0};
	static int item;

	(void)state;
	for (unsigned len = 0; len <= 32; len++) {
		struct prefix p = prefix_make(ip_v4(0xffffffff), len);

		assert_true(trie_add(&t, &p, &item));
	}
	trie_free(&t);
	assert_null(t.v4);
}

static void timers_come_in_order(void **state)
{
	struct timerq q = {0};
	struct timer t[TIMERS] = {0};
	uint32_t seed = 7;
	int64_t last = -1;
	size_t armed = 0, taken = 0;
	struct timer *due;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct timer *one = &t[dice(&seed) % TIMERS];

		if (dice(&seed) % 3 == 0)
			timer_cancel(&q, one);
		else
			assert_true(timer_arm(&q, one, (mono_t){dice(&seed) % 1000})); /* arms, or moves */
	}
	for (int i = 0; i < TIMERS; i++)
		armed += timer_armed(&t[i]);
	assert_int_equal(q.count, armed);
	assert_null(timerq_take(&q, (mono_t){-1}));
	while ((due = timerq_take(&q, (mono_t){1000})) != NULL) {
		assert_true(due->at.ns >= last);
		assert_false(timer_armed(due));
		last = due->at.ns;
		taken++;
	}
	assert_int_equal(taken, armed);
	assert_true(timerq_next(&q).ns == MONO_NEVER.ns);
	timerq_free(&q);
}

static int number_order(const void *x, const void *y)
{
	const uint32_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static unsigned compared;

static int counting_order(const void *x, const void *y)
{
	compared++;
	return number_order(x, y);
}

static void sorting_in_steps_agrees_with_sorting_at_once(void **state)
{
	(void)state;
	uint32_t seed = 4711;
	const size_t counts[] = {0, 1, 2, 255, 256, 257, 511, 512, 513, 1024, 5000, 20000};

	for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
		size_t count = counts[k], bytes = count * sizeof(uint32_t) + 1;
		uint32_t *want = malloc(bytes), *mine = malloc(bytes);
		for (size_t n = 0; n < count; n++)
			want[n] = mine[n] = dice(&seed) % (count + 1);
		qsort(want, count, sizeof(*want), number_order);
		struct sort s;
		bool done = false;
		assert_true(sort_begin(&s, mine, count, sizeof(*mine), counting_order));
		for (unsigned steps = 0; !done; steps++) {
			compared = 0;
			done = sort_step(&s, 100);
			assert_true(compared < 256 * 12); /* a run, or the budget: never the whole */
			assert_true(steps < 10000);
		}
		mine = sort_take(&s);
		assert_memory_equal(mine, want, count * sizeof(*want));
		free(mine);
		free(want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_trie_agrees_with_a_list),
		cmocka_unit_test(a_full_trie_is_freed_without_recursion),
		cmocka_unit_test(timers_come_in_order),
		cmocka_unit_test(sorting_in_steps_agrees_with_sorting_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
