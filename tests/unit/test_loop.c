/* The event loop: who gets a turn when there is always something to read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TURNS = 20 };

struct turns {
	struct loop *loop;
	unsigned reads, session, work;
};

static void on_flood(void *ctx, uint32_t events)
{
	struct turns *t = ctx;

	(void)events;
	if (++t->reads == 1000)
		loop_exit(t->loop, 1); /* the others starved */
}

static void on_session(void *ctx, uint32_t events)
{
	struct turns *t = ctx;

	(void)events;
	t->session++;
	if (t->session >= TURNS && t->work >= TURNS)
		loop_exit(t->loop, 0);
}

static bool on_work(void *ctx)
{
	struct turns *t = ctx;

	return ++t->work < TURNS;
}

static void sessions_and_work_get_turns_beside_a_flood(void **state)
{
	struct turns t = {0};
	int flood = eventfd(1, EFD_CLOEXEC), session = eventfd(0, EFD_CLOEXEC);
	struct loop_fd *greedy, *other;

	(void)state;
	assert_int_equal(loop_new(&t.loop), 0);
	greedy = loop_watch(t.loop, flood, EPOLLIN, LOOP_NORMAL, on_flood, &t);
	assert_non_null(greedy);
	loop_watch_greedy(greedy);
	assert_int_equal(loop_idle(t.loop, on_work, &t), 0);
	loop_work(t.loop);
	/* Work alone first, then a session that always has something typed, too. */
	other = loop_watch(t.loop, session, EPOLLIN, LOOP_SESSIONS, on_session, &t);
	assert_non_null(other);
	assert_int_equal(loop_run(t.loop), 1); /* the session is silent: only the flood ends it */
	assert_int_equal(t.work, TURNS);
	loop_unwatch(greedy);
	loop_unwatch(other);
	loop_free(t.loop);

	t = (struct turns){.work = TURNS};
	assert_int_equal(loop_new(&t.loop), 0);
	greedy = loop_watch(t.loop, flood, EPOLLIN, LOOP_NORMAL, on_flood, &t);
	loop_watch_greedy(greedy);
	assert_int_equal(eventfd_write(session, 1), 0);
	other = loop_watch(t.loop, session, EPOLLIN, LOOP_SESSIONS, on_session, &t);
	assert_int_equal(loop_run(t.loop), 0);
	assert_in_range(t.reads, TURNS - 1, TURNS + 1); /* turn by turn: neither starves */
	loop_unwatch(greedy);
	loop_unwatch(other);
	loop_free(t.loop);
	close(flood);
	close(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_and_work_get_turns_beside_a_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
