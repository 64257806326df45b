/*
 * A session at a terminal: bytes typed go through the line reader, one request at a time to the engine, its output
 * through the pager. What is typed ahead waits in order; nothing of it is dropped.
 */
#include "shell/shell.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "shell/line.h"
#include "shell/pager.h"

enum {
	AHEAD_MAX = 1
		<< 16, /* typed ahead; beyond it the terminal is not read, so the kernel makes the sender wait */
	CTRL_C = 0x03,
	CTRL_CARET = 0x1e, /* IOS's own escape character */
};

static struct termios saved;
static bool is_raw;
static volatile sig_atomic_t hung_up;

void terminal_raw(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &saved) < 0)
		return;
	raw = saved;
	raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON | IXOFF | PARMRK);
	raw.c_oflag &= ~(tcflag_t)OPOST;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

void terminal_restore(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	is_raw = false;
}

struct session {
	struct client *client;
	struct line line;
	struct pager pager;
	struct text out;   /* for the terminal */
	struct text ahead; /* typed, not looked at */
	size_t ahead_at;
	enum control_type request; /* under way; 0: none */
	struct control_done done;  /* of the last request: prompt, page length, flags */
	bool done_waits;	   /* it came while the pager asks */
	bool over;
	int status;
};

static void on_hangup(int signal)
{
	(void)signal;
	hung_up = 1;
}

static struct winsize window(void)
{
	struct winsize w = {0};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0)
		w = (struct winsize){0};
	return w;
}

static void flush(struct session *s)
{
	size_t at = 0;

	while (at < s->out.len) {
		ssize_t n = write(STDOUT_FILENO, s->out.s + at, s->out.len - at);
		struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};

		if (n > 0)
			at += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			(void)poll(&p, 1, -1);
		else if (n == 0 || errno != EINTR || hung_up) {
			s->over = true;
			break;
		}
	}
	text_clear(&s->out);
}

static void lost(struct session *s)
{
	text_add(&s->out, "\r\n% The connection to hotswand was lost\r\n");
	s->over = true;
	s->status = SHELL_UNREACHABLE;
}

static void request(struct session *s, enum control_type type, const char *text)
{
	s->request = type;
	pager_start(&s->pager, s->done.page, window().ws_col);
	if (client_send(s->client, type, text, strlen(text)) < 0)
		lost(s);
}

static void stop_output(struct session *s)
{
	if (s->request && !s->done_waits && client_send(s->client, CONTROL_BREAK, "r", 1) < 0)
		lost(s);
}

static void submit(struct session *s, enum control_type type)
{
	line_remember(&s->line);
	request(s, type, s->line.text);
	line_clear(&s->line);
}

static void prompt(struct session *s)
{
	text_add(&s->out, s->done.prompt);
}

/* A request is done and all its output is shown. */
static void finish_request(struct session *s)
{
	enum control_type was = s->request;

	s->request = 0;
	s->done_waits = false;
	if (s->done.flags & CONTROL_CLOSE) {
		s->over = true;
		return;
	}
	s->line.hidden = s->done.flags & CONTROL_NO_ECHO;
	s->line.plain = s->done.flags & CONTROL_ASKS;
	if (was == CONTROL_TAB)
		return;
	prompt(s);
	line_rewrite(&s->line, &s->out);
}

static void on_frame(struct session *s, uint8_t type, const uint8_t *body, size_t len)
{
	char line[LINE_SIZE + 1];

	switch (type) {
	case CONTROL_OUTPUT:
		if (!s->request) /* a message while the prompt stands: no page to fill */
			pager_start(&s->pager, 0, 0);
		pager_text(&s->pager, (const char *)body, len, &s->out);
		break;
	case CONTROL_TYPED:
		if (len > LINE_SIZE)
			break;
		memcpy(line, body, len);
		line[len] = 0;
		if (line_complete(&s->line, line, &s->out) < 0) {
			text_add(&s->out, "\r\n");
			prompt(s);
			line_rewrite(&s->line, &s->out);
		}
		break;
	case CONTROL_DONE:
		if (!control_get_done(body, len, &s->done))
			lost(s);
		else if (s->pager.asking)
			s->done_waits = true;
		else
			finish_request(s);
		break;
	case CONTROL_REFUSED:
		text_add(&s->out, "% ");
		text_add_n(&s->out, (const char *)body, len);
		text_add(&s->out, "\r\n");
		s->over = true;
		s->status = SHELL_UNREACHABLE;
		break;
	default: lost(s);
	}
}

/* Frames wait while the pager asks: the engine then pauses by itself. */
static bool take_frames(struct session *s)
{
	bool moved = false;

	const uint8_t *body;
	size_t len;
	uint8_t type;
	int r = 0;

	while (!s->over && !s->pager.asking && (r = client_frame(s->client, &type, &body, &len)) > 0) {
		on_frame(s, type, body, len);
		client_consume(s->client);
		moved = true;
	}
	if (r < 0)
		lost(s);
	return moved;
}

static void on_key(struct session *s, uint8_t byte)
{
	char text[LINE_SIZE + 1];

	if (s->pager.asking) {
		pager_key(&s->pager, byte, &s->out);
		if (s->pager.stopped)
			stop_output(s);
		if (s->done_waits && !s->pager.asking)
			finish_request(s);
		return;
	}
	switch (line_byte(&s->line, byte, &s->out)) {
	case LINE_MORE: break;
	case LINE_ENTER: submit(s, CONTROL_LINE); break;
	case LINE_END: submit(s, CONTROL_END); break;
	case LINE_BREAK:
		line_clear(&s->line);
		request(s, CONTROL_BREAK, "");
		break;
	case LINE_HELP:
		line_before_cursor(&s->line, text);
		request(s, CONTROL_HELP, text);
		break;
	case LINE_TAB:
		line_before_cursor(&s->line, text);
		request(s, CONTROL_TAB, text);
		break;
	case LINE_REWRITE:
		text_add(&s->out, "\r\n");
		prompt(s);
		line_rewrite(&s->line, &s->out);
		break;
	}
}

/* Looks at what was typed until a request is under way. */
static bool take_keys(struct session *s)
{
	bool moved = false;

	while (!s->over && (!s->request || s->pager.asking) && s->ahead_at < s->ahead.len) {
		on_key(s, (uint8_t)s->ahead.s[s->ahead_at++]);
		moved = true;
	}
	if (s->ahead_at == s->ahead.len) {
		text_clear(&s->ahead);
		s->ahead_at = 0;
	}
	return moved;
}

/* Ctrl-C and Ctrl-^ overtake the rest while a command runs; they stop its output and are not kept. */
static void read_terminal(struct session *s)
{
	char buf[4096];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
		s->over = true; /* the line is gone: end quietly */
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (s->request && !s->pager.asking && (buf[i] == CTRL_C || buf[i] == CTRL_CARET)) {
			s->pager.stopped = true;
			stop_output(s);
		} else {
			text_add_n(&s->ahead, &buf[i], 1);
		}
	}
}

static void read_engine(struct session *s)
{
	int r = client_receive(s->client, false);

	if (r < 0 && r != -EAGAIN)
		lost(s);
}

static void turn(struct session *s)
{
	struct pollfd p[2] = {
		{.fd = s->ahead.len - s->ahead_at < AHEAD_MAX ? STDIN_FILENO : -1, .events = POLLIN},
		{.fd = s->pager.asking ? -1 : s->client->fd, .events = POLLIN},
	};

	if (poll(p, 2, -1) < 0)
		return;
	if (p[0].revents)
		read_terminal(s);
	if (p[1].revents)
		read_engine(s);
}

int terminal_session(struct client *c)
{
	static const int ignored[] = {SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE};
	struct session *s = calloc(1, sizeof(*s));
	struct sigaction hangup = {.sa_handler = on_hangup};
	struct winsize w = window();
	int status;

	if (!s)
		return SHELL_UNREACHABLE;
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigaction(SIGHUP, &hangup, NULL);
	sigaction(SIGTERM, &hangup, NULL);
	s->client = c;
	s->request = CONTROL_HELLO;
	/* Whom the engine does not serve it tells so at once and hangs up, maybe before this is sent. */
	(void)client_hello(c, CONTROL_TERMINAL, w.ws_row, w.ws_col);
	while (!s->over && !hung_up) {
		/* Keys may finish a request, and its frames may set keys free: until neither moves. */
		while (take_frames(s) || take_keys(s))
			;
		flush(s);
		if (!s->over)
			turn(s);
	}
	flush(s);
	status = s->status;
	line_free(&s->line);
	pager_free(&s->pager);
	text_free(&s->out);
	text_free(&s->ahead);
	free(s);
	return status;
}
