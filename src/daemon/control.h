/*
 * The control protocol between the hotswan shell and the engine (RUN/cli.sock, SOCK_STREAM), and the engine's end of it.
 *
 * The engine runs the whole session; the shell is a terminal. It sends one request at a time and gets any number of
 * CONTROL_OUTPUT frames, then exactly one CONTROL_DONE. Who the operator is comes from SO_PEERCRED, never from a frame.
 *
 * A frame is: length of the body (u32, big-endian), type (u8), body. Bodies:
 *   shell  -> engine  HELLO   u8 version, u8 enum control_kind, u16 rows, u16 columns, login name
 *                     LINE    the line without its end
 *                     HELP    the line up to the "?" (which is not part of it)
 *                     TAB     the line up to the cursor
 *                     END     the line typed before Ctrl-Z: it is executed, then the session leaves configuration
 *                     BREAK   Ctrl-C: leaves a question or configuration mode. With the body "r" it is meant for
 *                             the request that runs: it stops that one's output, and has no DONE of its own
 *   engine -> shell   OUTPUT  text with "\n" line ends
 *                     TYPED   what the input line becomes after TAB (it starts with what was typed, or replaces it)
 *                     DONE    u8 enum control_status, u8 control_flags, u16 page length (0: no pager), prompt
 *   HELLO is answered by DONE (after a banner, if any) or by REFUSED with one line, after which the engine hangs up.
 *
 * Owns:  the frames and the sessions' sockets.
 * Never: knows a command.
 */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CONTROL_VERSION = 1,
	CONTROL_HEADER = 5,
	CONTROL_BODY_MAX = 65536, /* bytes of a body; longer output is several frames */
	CONTROL_LINE_MAX =
		4096, /* bytes of a typed line; longer ones are cut by the shell, refused by the engine */
};

enum control_type {
	CONTROL_HELLO = 1,
	CONTROL_LINE,
	CONTROL_HELP,
	CONTROL_TAB,
	CONTROL_END,
	CONTROL_BREAK,
	CONTROL_OUTPUT = 16,
	CONTROL_TYPED,
	CONTROL_DONE,
	CONTROL_REFUSED,
};

enum control_kind { CONTROL_TERMINAL, CONTROL_COMMAND, CONTROL_SCRIPT };

enum control_status { CONTROL_OK, CONTROL_FAILED }; /* FAILED: the line was refused */

enum control_flags {
	CONTROL_NO_ECHO = 1, /* the next line is a secret */
	CONTROL_CLOSE = 2,   /* the session is over */
	CONTROL_ASKS = 4,    /* the prompt is a question: "?" and Tab are ordinary characters */
};

struct control_hello {
	uint8_t version, kind;
	uint16_t rows, columns;
	char login[64];
};

struct control_done {
	uint8_t status, flags;
	uint16_t page;
	char prompt[128];
};

/* The next whole frame at the start of `data`: its bytes (header included), 0 when more must come, -EMSGSIZE or
 * -EBADMSG when the stream is broken. */
int control_frame(const uint8_t *data, size_t len, uint8_t *type, const uint8_t **body, size_t *body_len);

/* Writes a frame's header; the caller adds the body. */
void control_header(uint8_t out[CONTROL_HEADER], enum control_type type, size_t body_len);

/* Bodies: the writers return the body's length; the readers false when it is malformed (text with NUL included). */
size_t control_put_hello(uint8_t *out, size_t size, const struct control_hello *h);
bool control_get_hello(const uint8_t *body, size_t len, struct control_hello *out);
size_t control_put_done(uint8_t *out, size_t size, const struct control_done *d);
bool control_get_done(const uint8_t *body, size_t len, struct control_done *out);

/* ---- the engine's end ---- */

struct loop;
struct control;
struct control_session;

/* What the engine does with requests. `session` is what open() returned; each request is answered by control_done()
 * at once or later. Between a request and its DONE no further one is delivered, except interrupt(). */
struct control_ops {
	/* A shell said hello; privilege 0 to 15 by SO_PEERCRED. NULL refuses (*why says so, static). */
	void *(*open)(void *ctx, struct control_session *cs, const struct control_hello *hello, int privilege,
		const char **why);
	void (*request)(void *ctx, void *session, enum control_type type, const char *text);
	void (*interrupt)(void *ctx, void *session); /* Ctrl-C while a request runs */
	/* A slow reader caught up: control_backlog() is low again. */
	void (*drained)(void *ctx, void *session);
	/* The shell is gone; a running request needs no answer any more. */
	void (*close)(void *ctx, void *session);
};

/* Serves the listening socket `fd` (kept by the caller). */
int control_start(struct loop *loop, int fd, const struct control_ops *ops, void *ctx, struct control **out);
void control_stop(struct control *c); /* hangs up on everybody */
/* Shells that connected wait until the engine can serve them. */
void control_accept(struct control *c, bool accept);

void control_output(struct control_session *cs, const char *text, size_t len);
void control_typed(struct control_session *cs, const char *line);
void control_done(struct control_session *cs, enum control_status status, unsigned flags, unsigned page,
	const char *prompt);
/* Bytes that wait for a slow reader. A producer of long output pauses above CONTROL_BACKLOG
 * until drained(); above CONTROL_OUTPUT_MAX
 * the engine hangs up. */
enum { CONTROL_BACKLOG = 1 << 18, CONTROL_OUTPUT_MAX = 1 << 26 };
size_t control_backlog(const struct control_session *cs);

#endif
