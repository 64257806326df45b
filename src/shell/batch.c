/* Lines from -c or standard input: no echo, no prompt, no pager. */
#include "shell/shell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum {
	CTRL_Z = 0x1a,
	REFUSALS_SAID = 10, /* lines of a script that are named; the others are counted */
};

struct batch {
	struct client *client;
	const char *command; /* the rest of -c; NULL: standard input */
	bool script;
	unsigned line; /* number of the last one sent */
	unsigned refused;
	struct control_done done;
};

/* Reads frames until the request is done; 0, or -EPIPE. */
static int await_done(struct batch *b)
{
	for (;;) {
		const uint8_t *body;
		size_t len;
		uint8_t type;
		int r = client_frame(b->client, &type, &body, &len);

		if (r == 0)
			r = client_receive(b->client, true);
		else if (r > 0) {
			bool done = type == CONTROL_DONE && control_get_done(body, len, &b->done);

			if (type == CONTROL_OUTPUT)
				fwrite(body, 1, len, stdout);
			if (type == CONTROL_REFUSED) {
				fprintf(stderr, "hotswan: %.*s\n", (int)len, (const char *)body);
				return -ECONNREFUSED;
			}
			client_consume(b->client);
			if (done) {
				fflush(stdout);
				return 0;
			}
			r = 0;
		}
		if (r < 0 && r != -EAGAIN) {
			fflush(stdout);
			fprintf(stderr, "hotswan: the connection to hotswand was lost\n");
			return -EPIPE;
		}
	}
}

/* A line of standard input; a secret that is typed at a terminal is not echoed. */
static ssize_t read_line(char **line, size_t *cap, bool secret)
{
	struct termios echoing, silent;
	bool hide = secret && tcgetattr(STDIN_FILENO, &echoing) == 0;
	ssize_t n;

	if (hide) {
		silent = echoing;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSANOW, &silent);
	}
	n = getline(line, cap, stdin);
	if (hide) {
		tcsetattr(STDIN_FILENO, TCSANOW, &echoing);
		fputc('\n', stdout);
	}
	while (n > 0 && ((*line)[n - 1] == '\n' || (*line)[n - 1] == '\r'))
		(*line)[--n] = 0;
	return n;
}

/* The next line, without its end; its length, or -1 at the end. */
static ssize_t next_line(struct batch *b, char **line, size_t *cap)
{
	if (b->command && *b->command) {
		size_t len = strcspn(b->command, "\n");

		free(*line);
		*line = strndup(b->command, len);
		*cap = 0;
		b->command += len + (b->command[len] == '\n');
		return *line ? (ssize_t)len : -1;
	}
	/* -c has nothing more, unless the daemon asks something. */
	if (!b->script && !(b->done.flags & CONTROL_ASKS))
		return -1;
	if (b->done.flags & CONTROL_ASKS && !b->script) {
		fputs(b->done.prompt, stdout);
		fflush(stdout);
	}
	return read_line(line, cap, b->done.flags & CONTROL_NO_ECHO);
}

static int send_line(struct batch *b, const char *line, size_t len)
{
	enum control_type type = CONTROL_LINE;
	int r;

	b->line++;
	if (len && line[len - 1] == CTRL_Z) {
		type = CONTROL_END;
		len--;
	}
	if (len > CONTROL_LINE_MAX || memchr(line, 0, len)) {
		fprintf(stderr, "hotswan: line %u is too long or no text\n", b->line);
		b->refused++;
		return 0;
	}
	r = client_send(b->client, type, line, len);
	if (r == 0)
		r = await_done(b);
	if (r == 0 && b->done.status == CONTROL_FAILED) {
		b->refused++;
		/* Not the line itself: it may hold a secret. */
		if (b->script && b->refused <= REFUSALS_SAID)
			fprintf(stderr, "hotswan: line %u was refused\n", b->line);
	}
	return r;
}

int batch_session(struct client *c, const char *command)
{
	struct batch b = {.client = c, .command = command, .script = !command};
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int r;

	/* Whom the engine does not serve it tells so at once and hangs up, maybe before this is sent. */
	(void)client_hello(c, command ? CONTROL_COMMAND : CONTROL_SCRIPT, 0, 0);
	r = await_done(&b);
	while (r == 0 && !(b.done.flags & CONTROL_CLOSE) && (n = next_line(&b, &line, &cap)) >= 0)
		r = send_line(&b, line, (size_t)n);
	/* A question that nobody answers is left unanswered. */
	if (r == 0 && b.done.flags & CONTROL_ASKS)
		b.refused++;
	if (b.script && b.refused > REFUSALS_SAID)
		fprintf(stderr, "hotswan: and %u further lines were refused\n", b.refused - REFUSALS_SAID);
	if (line)
		explicit_bzero(line, strlen(line));
	free(line);
	return r < 0 ? SHELL_UNREACHABLE : b.refused ? SHELL_REFUSED : SHELL_OK;
}
