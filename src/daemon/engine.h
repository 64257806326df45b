/*
 * The engine process: configuration, sessions, core, adapters.
 *
 * Owns:  the model, the core and every adapter but HSRP's.
 */
#ifndef DAEMON_ENGINE_H
#define DAEMON_ENGINE_H

/* `hotswand --check FILE`: reads a configuration without applying it, one line on standard error for each line that
 * is wrong ("FILE:LINE: ..."). The exit status: 0 nothing wrong, 1 wrong lines, 2 unreadable. */
int engine_check(const char *file);

#endif
