/*
 * For the tests of Reverse Route Injection: entries by one line, and the kernel's table as text, so that a test names all
 * routes of ours that must be there, and with that what must not.
 */
#ifndef TESTS_RRI_WORLD_H
#define TESTS_RRI_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

/* A rule of doc/rri.md and the test that shows it: the rule is the test's name when it runs. */
#define RULE(rule, test)                                                                                     \
	{                                                                                                    \
		rule ": " #test, test, NULL, NULL, NULL                                                      \
	}

#define PEER "10.1.1.1"
#define NET  "10.0.0.0/16" /* of access list 102 */
#define CONN "hs/FastEthernet0/0/mymap/1/10.1.1.1"
#define DYN  "hs/FastEthernet0/0/mymap/3/any"

struct world *rri_world(void); /* prologue, nothing else */
/* `mymap 1`: peer 10.1.1.1, list 102 to 10.0.0.0/16, reverse-route. Not applied. */
struct crypto_map_entry *rri_static(struct world *w);
/* `mymap 3` by dynamic map `mydynmap 1` with reverse-route: the template. Not applied. */
struct crypto_map_entry *rri_dynamic(struct world *w);
void rri_runs(struct world *w); /* applied without redundancy; kernel known, charon up */
struct world *rri_static_world(void);
struct world *rri_dynamic_world(void);
void rri_changed(struct world *w, uint16_t sequence); /* entry of mymap */
void rri_template_changed(struct world *w);
void rri_way(struct world *w, const char *gateway); /* the underlay has another one; "": none */
/* An SA of the dynamic map, with an IKE_SA of the same number. */
void rri_sa(struct world *w, uint32_t id, const char *peer, const char *remote);
/* Of list 102. */
void rri_line(struct world *w, uint32_t sequence, const char *to);
void rri_no_line(struct world *w, uint32_t sequence);

/*
 * All routes of ours in the kernel, in the order of their prefixes: "P via G [D]" injected with distance D, "P via G host"
 * for a helper, "… table T" where it is not main; separated by ", ". No helper: on link "P dev N".
 */
void rri_kernel_is(struct world *w, const char *expected);

#endif
