/*
 * What a role gives up before it does anything: new privileges, and the system calls that no role has a use for.
 *
 * Owns:  no_new_privs and the system-call filter of the process.
 * Never: is called in the launcher (it starts charon, and a filter is inherited) or in the ike role.
 */
#ifndef DAEMON_PRIVILEGES_H
#define DAEMON_PRIVILEGES_H

/* 0, or -errno: the process then works on without what could not be had (an old kernel, a container's own filter). */
int privileges_drop(void);

#endif
