/* Beginnings that tests of the core share: one static entry, one dynamic map, with and without redundancy (see world.h). */
#ifndef TESTS_CORE_SCENES_H
#define TESTS_CORE_SCENES_H

#include "world.h"

extern const char dynamic_conn[], static_conn[]; /* the connections of the two entries */

struct world *core_start(void); /* nothing is told yet */
struct crypto_map_entry *dynamic_map(struct world *w);
struct crypto_map_entry *static_map(struct world *w);
void core_runs(struct world *w); /* configuration, kernel and charon are there */

/* The same, applied and running; redundant_world() with a standby group in this role. */
struct world *dynamic_world(void);
struct world *static_world(void);
struct world *redundant_world(enum hsrp_role r);

#endif
