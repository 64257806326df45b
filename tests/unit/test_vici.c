/* The VICI client against a scripted charon: order, bounds, deadlines, loss. (Real ones: tests/linux/netns_ike.c.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "linux/vici.h"

static const char *const events[] = {"ike-updown", "child-updown", NULL};

/* The other end: one listening socket, the two connections in the order they come. */
struct world {
	char dir[32], path[64];
	sd_event *loop;
	struct vici *vici;
	int listener, link[2];
	char log[4096]; /* what the client's owner was told, one word each */
};

static void note(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(struct world *w, const char *format, ...)
{
	size_t n = strlen(w->log);
	va_list args;

	va_start(args, format);
	vsnprintf(w->log + n, sizeof(w->log) - n, format, args);
	va_end(args);
}

static void on_up(void *user)
{
	note(user, "up ");
}

static void on_down(void *user, int error)
{
	note(user, "down(%s) ", strerrorname_np(-error));
}

static void on_event(void *user, const char *name, const void *body, size_t len)
{
	(void)body;
	note(user, "event(%s,%zu) ", name, len);
}

static void on_item(void *user, const void *body, size_t len)
{
	(void)body;
	note(user, "item(%zu) ", len);
}

static void on_reply(void *user, int error, const void *body, size_t len)
{
	struct vici_token t;

	if (error)
		note(user, "error(%s) ", strerrorname_np(-error));
	else if (vici_find(body, len, "n", &t))
		note(user, "reply(%.*s) ", (int)t.value_len, t.value);
	else
		note(user, "reply ");
}

static void turn(struct world *w, unsigned ms)
{
	while (sd_event_run(w->loop, ms * UINT64_C(1000)) > 0) {
	}
}

/* Until the log says this, at most a second. */
static void expect(struct world *w, const char *log)
{
	for (int i = 0; i < 100 && strcmp(w->log, log) != 0; i++)
		sd_event_run(w->loop, 10000);
	assert_string_equal(w->log, log);
	w->log[0] = '\0';
}

static void server_listen(struct world *w)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	strcpy(a.sun_path, w->path);
	w->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(w->listener, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(w->listener, 4), 0);
}

/* The next segment the client sent, without its length. */
static size_t server_read(struct world *w, int link, uint8_t *out, size_t size)
{
	uint8_t header[4];

	for (int i = 0; i < 100; i++) {
		struct pollfd p = {w->link[link], POLLIN, 0};
		if (poll(&p, 1, 0) == 1)
			break;
		sd_event_run(w->loop, 10000);
	}
	assert_int_equal(recv(w->link[link], header, 4, MSG_DONTWAIT), 4);
	size_t len = (size_t)header[2] << 8 | header[3];
	assert_true(len <= size && header[0] == 0 && header[1] == 0);
	assert_int_equal(recv(w->link[link], out, len, MSG_DONTWAIT), len);
	return len;
}

static void server_send(
	struct world *w, int link, enum vici_packet type, const char *name, const void *body, size_t len)
{
	uint8_t segment[8192];
	struct writer o = writer_make(segment, sizeof(segment));

	write_u32(&o, (uint32_t)(1 + (name ? 1 + strlen(name) : 0) + len));
	write_u8(&o, (uint8_t)type);
	if (name) {
		write_u8(&o, (uint8_t)strlen(name));
		write_bytes(&o, name, strlen(name));
	}
	write_bytes(&o, body, len);
	assert_false(o.failed);
	assert_int_equal(send(w->link[link], segment, writer_len(&o), MSG_NOSIGNAL), writer_len(&o));
}

static void server_reply(struct world *w, const char *n)
{
	struct vici_message m = {0};

	vici_value(&m, "n", n);
	server_send(w, 1, VICI_CMD_RESPONSE, NULL, m.data, m.len);
	vici_message_free(&m);
}

/* The next segment on a link is this packet with this name. */
static void server_wants(struct world *w, int link, enum vici_packet type, const char *name)
{
	uint8_t segment[1024];
	struct vici_frame f;

	assert_true(vici_frame_parse(segment, server_read(w, link, segment, sizeof(segment)), &f));
	assert_int_equal(f.type, type);
	assert_string_equal(f.name, name);
}

static void server_accept(struct world *w)
{
	static const char *const streams[] = {"list-sa", "list-conn", "list-policy"};
	struct pollfd p = {w->listener, POLLIN, 0};

	for (int i = 0; i < 200 && poll(&p, 1, 0) == 0; i++)
		sd_event_run(w->loop, 10000);
	w->link[0] = accept(w->listener, NULL, NULL);
	w->link[1] = accept(w->listener, NULL, NULL);
	assert_true(w->link[0] >= 0 && w->link[1] >= 0);
	for (size_t i = 0; events[i]; i++) {
		server_wants(w, 0, VICI_EVENT_REGISTER, events[i]);
		server_send(w, 0, VICI_EVENT_CONFIRM, NULL, NULL, 0);
	}
	assert_false(vici_is_up(w->vici));
	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++) {
		server_wants(w, 1, VICI_EVENT_REGISTER, streams[i]);
		server_send(w, 1, VICI_EVENT_CONFIRM, NULL, NULL, 0);
	}
}

static void server_close(struct world *w)
{
	for (int i = 0; i < 2; i++) {
		if (w->link[i] >= 0)
			close(w->link[i]);
		w->link[i] = -1;
	}
}

static void ask(struct world *w, const char *name, unsigned deadline_ms)
{
	struct vici_message m = {0};

	vici_value(&m, "k", "v");
	assert_int_equal(vici_command(w->vici, name, &m, deadline_ms, on_item, on_reply, w), 0);
	assert_null(m.data);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct vici_handlers handlers = {on_up, on_down, on_event, w};

	strcpy(w->dir, "/tmp/hotswan-vici-XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	snprintf(w->path, sizeof(w->path), "%s/v", w->dir);
	w->link[0] = w->link[1] = -1;
	*state = w;
	server_listen(w);
	if (sd_event_new(&w->loop) < 0 || vici_new(&w->vici, w->loop, w->path, events, &handlers) < 0)
		return -1;
	server_accept(w);
	expect(w, "up ");
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	vici_free(w->vici);
	server_close(w);
	close(w->listener);
	sd_event_unref(w->loop);
	unlink(w->path);
	rmdir(w->dir);
	free(w);
	return 0;
}

static void commands_go_one_at_a_time_in_order(void **state)
{
	struct world *w = *state;
	struct pollfd p = {w->link[1], POLLIN, 0};

	ask(w, "first", 1000);
	ask(w, "second", 1000);
	assert_int_equal(vici_queued(w->vici), 2);
	server_wants(w, 1, VICI_CMD_REQUEST, "first");
	turn(w, 20);
	assert_int_equal(poll(&p, 1, 0), 0); /* the second waits for the answer */
	server_reply(w, "1");
	expect(w, "reply(1) ");
	server_wants(w, 1, VICI_CMD_REQUEST, "second");
	server_send(w, 1, VICI_CMD_UNKNOWN, NULL, NULL, 0);
	expect(w, "error(EOPNOTSUPP) ");
	assert_int_equal(vici_queued(w->vici), 0);
}

static void events_and_streamed_items_go_where_they_belong(void **state)
{
	struct world *w = *state;

	ask(w, "list-sas", 1000);
	server_wants(w, 1, VICI_CMD_REQUEST, "list-sas");
	server_send(w, 1, VICI_EVENT, "list-sa", "abc", 3);
	server_send(w, 1, VICI_EVENT, "list-sa", "", 0);
	expect(w, "item(3) item(0) ");
	server_send(w, 0, VICI_EVENT, "child-updown", "abcd", 4);
	expect(w, "event(child-updown,4) ");
	server_reply(w, "done");
	expect(w, "reply(done) ");
	/* An item that nobody waits for is dropped. */
	server_send(w, 1, VICI_EVENT, "list-sa", "abc", 3);
	turn(w, 20);
	expect(w, "");
}

static void segments_may_come_in_pieces_and_in_heaps(void **state)
{
	static const uint8_t two[] = {0, 0, 0, 4, 7, 1, 'x', 2, 0, 0, 0, 3, 7, 1, 'y'};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(two); i++) {
		assert_int_equal(send(w->link[0], two + i, 1, MSG_NOSIGNAL), 1);
		turn(w, 0);
	}
	expect(w, "event(x,1) event(y,0) ");
	assert_int_equal(send(w->link[0], two, sizeof(two), MSG_NOSIGNAL), sizeof(two));
	expect(w, "event(x,1) event(y,0) ");
}

static void a_lost_charon_answers_everything_and_is_found_again(void **state)
{
	struct world *w = *state;
	struct vici_message m = {0};

	ask(w, "first", 1000);
	ask(w, "second", 1000);
	server_wants(w, 1, VICI_CMD_REQUEST, "first");
	server_close(w);
	expect(w, "error(ECONNRESET) error(ECONNRESET) down(ECONNRESET) ");
	assert_int_equal(vici_command(w->vici, "third", &m, 1000, NULL, on_reply, w), -ENOTCONN);
	server_accept(w);
	expect(w, "up ");
	ask(w, "fourth", 1000);
	server_wants(w, 1, VICI_CMD_REQUEST, "fourth");
	server_reply(w, "4");
	expect(w, "reply(4) ");
}

static void a_charon_that_comes_late_is_found(void **state)
{
	struct world *w = *state;

	close(w->listener);
	unlink(w->path);
	server_close(w);
	expect(w, "down(ECONNRESET) ");
	turn(w, 100); /* attempts fail meanwhile, and nobody is told */
	expect(w, "");
	server_listen(w);
	server_accept(w);
	expect(w, "up ");
}

static void a_silent_charon_is_given_up_at_the_deadline(void **state)
{
	struct world *w = *state;

	ask(w, "first", 50);
	ask(w, "second", 1000);
	expect(w, "error(ETIMEDOUT) error(ETIMEDOUT) down(ETIMEDOUT) ");
	server_close(w);
	server_accept(w);
	expect(w, "up ");
}

static void nonsense_ends_the_connection(void **state)
{
	static const struct {
		int link;
		uint8_t bytes[8];
		size_t len;
	} rows[] = {
		{0, {0, 8, 0, 1}, 4},		 /* longer than a segment may be */
		{0, {0, 0, 0, 0}, 4},		 /* empty */
		{0, {0, 0, 0, 1, 9}, 5},	 /* no such packet */
		{0, {0, 0, 0, 2, 7, 5}, 6},	 /* its name is cut */
		{0, {0, 0, 0, 1, 5}, 5},	 /* a confirmation too many */
		{1, {0, 0, 0, 1, 1}, 5},	 /* an answer nobody asked for */
		{1, {0, 0, 0, 3, 0, 1, 'x'}, 7}, /* a command to us */
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(
			send(w->link[rows[i].link], rows[i].bytes, rows[i].len, MSG_NOSIGNAL), rows[i].len);
		expect(w, "down(EPROTO) ");
		server_close(w);
		server_accept(w);
		expect(w, "up ");
	}
}

static void on_reply_ask_again(void *user, int error, const void *body, size_t len)
{
	struct world *w = user;

	on_reply(user, error, body, len);
	if (error) {
		struct vici_message m = {0};
		assert_int_equal(vici_command(w->vici, "again", &m, 1000, NULL, on_reply, w), -ENOTCONN);
	} else {
		ask(w, "again", 1000);
	}
}

static void an_answer_may_ask_the_next_question(void **state)
{
	struct world *w = *state;

	assert_int_equal(vici_command(w->vici, "first", NULL, 1000, NULL, on_reply_ask_again, w), 0);
	server_wants(w, 1, VICI_CMD_REQUEST, "first");
	server_reply(w, "1");
	server_wants(w, 1, VICI_CMD_REQUEST, "again");
	server_reply(w, "2");
	expect(w, "reply(1) reply(2) ");
	assert_int_equal(vici_command(w->vici, "first", NULL, 1000, NULL, on_reply_ask_again, w), 0);
	turn(w, 10);
	server_close(w);
	expect(w, "error(ECONNRESET) down(ECONNRESET) ");
}

static void the_queue_is_bounded(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < VICI_QUEUE_MAX; i++)
		assert_int_equal(vici_command(w->vici, "c", NULL, 1000, NULL, NULL, NULL), 0);
	assert_int_equal(vici_command(w->vici, "c", NULL, 1000, NULL, NULL, NULL), -ENOBUFS);
	struct vici_message broken = {0};
	vici_section(&broken, "open");
	assert_int_equal(vici_command(w->vici, "c", &broken, 1000, NULL, NULL, NULL), -EINVAL);
	assert_null(broken.data);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(commands_go_one_at_a_time_in_order),
		TEST(events_and_streamed_items_go_where_they_belong),
		TEST(segments_may_come_in_pieces_and_in_heaps),
		TEST(a_lost_charon_answers_everything_and_is_found_again),
		TEST(a_charon_that_comes_late_is_found),
		TEST(a_silent_charon_is_given_up_at_the_deadline),
		TEST(nonsense_ends_the_connection),
		TEST(an_answer_may_ask_the_next_question),
		TEST(the_queue_is_bounded),
	};

	return cmocka_run_group_tests_name("VICI client", tests, NULL, NULL);
}
