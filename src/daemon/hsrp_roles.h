/*
 * The role record of the hsrp process (D9): RUN/hsrp.roles, mapped into memory, so that writing it at every hello is a
 * store and survives the death of the process.
 *
 * Owns:  the file and its format: a header and fixed slots, each with a checksum written last.
 * Never: judges a record's age; a torn slot is as none.
 */
#ifndef DAEMON_HSRP_ROLES_H
#define DAEMON_HSRP_ROLES_H

#include "hsrp/group.h"

struct hsrp_roles;

/* Opens or makes the file; `each` gets what a predecessor left. 0 or -errno. */
int hsrp_roles_open(struct hsrp_roles **out, const char *path,
	void (*each)(void *arg, const struct hsrp_record *r), void *arg);
void hsrp_roles_close(struct hsrp_roles *r); /* keeps the file */
/* Keeps the record; state HSRP_DISABLED forgets it. */
void hsrp_roles_put(struct hsrp_roles *r, const struct hsrp_record *record);

#endif
