/*
 * The two ways to use a session: a terminal, and lines from elsewhere.
 *
 * Both return the exit status of the program: see enum shell_exit.
 */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

#include "shell/client.h"

enum shell_exit {
	SHELL_OK = 0,
	SHELL_REFUSED = 1,     /* a line was refused */
	SHELL_UNREACHABLE = 2, /* no daemon, no session, or the connection broke */
};

/* An operator (or a tool) at a terminal, which is in raw mode already. */
int terminal_session(struct client *c);
/* Lines of `command` ("-c"), or of standard input when it is NULL. */
int batch_session(struct client *c, const char *command);

/* Raw mode, before anything else happens: until then the kernel echoes. TCSANOW keeps what was typed ahead. */
void terminal_raw(void);
void terminal_restore(void); /* async-signal-safe */

#endif
