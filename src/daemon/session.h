/*
 * Sessions of operators: lines to the command line's engine, actions carried out, output in slices.
 *
 * Owns:  the sessions and the work that runs for each of them.
 * Never: parses a command (cli/), formats a view (show/).
 */
#ifndef DAEMON_SESSION_H
#define DAEMON_SESSION_H

#include "daemon/engine_state.h"

extern const struct control_ops session_ops; /* the context is the engine */

/* One slice of each session's work; true while there is more (loop_idle). */
bool session_work(void *engine);
/* A message for the terminals that want them. */
void session_message(struct engine *e, const char *line);

#endif
