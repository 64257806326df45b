/*
 * The links and addresses of the box as the kernel last reported them.
 *
 * Owns:  copies. Used for names, and for show commands.
 * Never: asks the kernel.
 */
#ifndef DAEMON_INVENTORY_H
#define DAEMON_INVENTORY_H

#include "core/event.h"
#include "show/facts.h"

struct inventory;

struct inventory *inventory_new(void); /* NULL on exhaustion */
void inventory_free(struct inventory *v);
void inventory_event(struct inventory *v, const struct event *e); /* takes what concerns it */
const struct link *inventory_link(const struct inventory *v, int ifindex);
const struct link *inventory_link_by_name(const struct inventory *v, const char *name);
bool inventory_facts(const struct inventory *v, struct facts *f); /* false on exhaustion */

#endif
