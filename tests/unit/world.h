/*
 * A world for the core: a kernel, a charon and an HSRP process that do what they are told, and write it down.
 *
 * Every effect becomes one line of the log ("route+ 10.0.0.0/16 via 192.168.0.1 dev 2"), every answer comes back as the
 * daemon would give it. Tests read the log like a capture: what was seen, in which order, and what was not.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "core/core.h"

enum { OUTSIDE = 2, TUN = 9, VMAC = 20, WORLD_LOG_MAX = 60000 };
enum {
	REKEYED_PACKETS_IN = 7,
	REKEYED_PACKETS_OUT = 9
}; /* what an SA had counted when child_rekeyed replaced it */

struct world_route {
	struct route r;
	bool used;
};

struct world_sa {
	bool is_ike;
	uint32_t id, ike;
	char conn[64];
};

struct world {
	struct core *core;
	struct model *model;
	struct effects effects;
	int64_t ms;
	char *log[WORLD_LOG_MAX];
	size_t log_count;
	struct world_route *routes;
	size_t route_cap;
	struct ipaddr gateway; /* of the underlay on OUTSIDE; what is in 192.168.0.0/24 is on link */
	bool hold_filter;      /* answers to filters are kept back */
	bool filter_waited;
	uint64_t held_filter;
	int filter_error, route_error;
	bool hold_resolve;
	struct prefix reachable; /* a route of a routing daemon */
	bool kernel_silent;	 /* no answer to routes */
	bool charon_up, tun_up;
	struct world_sa *sas; /* what charon has, as the tests told */
	size_t sa_count;
	bool deaf; /* charon ends nothing when it is told to */
	size_t filters, effects_seen;
	bool defer; /* effects wait in `later` until world_deliver */
	struct effects later;
	/* Looks at each effect as it is decided, and as it is carried out. */
	void (*decided)(struct world *w, const struct effect *e);
	void (*carried_out)(struct world *w, const struct effect *e);
	void *user;
	bool stopped;
};

struct world *world_new(void); /* links: eth0 (OUTSIDE) with 192.168.0.2/24; empty model; charon not up */
void world_free(struct world *w);

/* Events. */
void config(struct world *w); /* after the model was changed */
void pass_ms(struct world *w, int64_t ms);
bool world_deliver(struct world *w); /* carries out the oldest deferred effect; false when there is none */
void world_event(struct world *w, const struct event *e);
void link_state(struct world *w, int ifindex, const char *name, bool up, bool running);
void address(struct world *w, int ifindex, const char *addr, bool present);
void snapshot(struct world *w); /* links, addresses and routes as the world has them now */
void role(struct world *w, uint16_t group, enum hsrp_role role, const char *vip);
void charon_starts(struct world *w, uint32_t incarnation, bool libipsec);
void charon_dies(struct world *w);
void foreign_route_event(struct world *w, const char *prefix, bool present);

/* SAs: `conn` and `child` as in the log of loads, remote a prefix. */
void ike_up(struct world *w, uint32_t id, const char *conn, const char *peer);
void esp(struct world *w, const char *local, const char *peer, uint32_t spi,
	uint32_t packets); /* SA n: 0x1000 + n */
void ike_gone(struct world *w, uint32_t id);
void child_up(struct world *w, uint32_t id, uint32_t ike, const char *conn, const char *child,
	const char *peer, const char *remote);
void child_gone(struct world *w, uint32_t id);
void child_rekeyed(struct world *w, uint32_t id, uint32_t old, uint32_t ike, const char *conn,
	const char *child, const char *peer, const char *remote);

/* Model. */
void prologue(struct world *w); /* policy, key, keepalive, transform sets, FastEthernet0/0 on eth0 */
struct crypto_map_entry *entry(struct world *w, const char *map, uint16_t seq, const char *peer,
	const char *acl, const char *set, bool rri);
void acl_line(struct world *w, const char *acl, uint32_t seq, bool permit, const char *from, const char *to);
void apply(struct world *w, const char *map, bool redundancy, const char *group);
struct standby_group *standby(struct world *w, uint16_t number, const char *name, const char *ip);
struct interface_cfg *fa00(struct world *w);

/* The log. */
void log_clear(struct world *w);
int seen(const struct world *w, const char *text); /* position of the first line that has it; -1 */
size_t count_seen(const struct world *w, const char *text);
void print_log(const struct world *w);
#define assert_seen(w, text)                                                                                 \
	do {                                                                                                 \
		if (seen(w, text) < 0) {                                                                     \
			print_log(w);                                                                        \
			fail_msg("not seen: %s", text);                                                      \
		}                                                                                            \
	} while (0)
#define assert_not_seen(w, text)                                                                             \
	do {                                                                                                 \
		if (seen(w, text) >= 0) {                                                                    \
			print_log(w);                                                                        \
			fail_msg("seen: %s", text);                                                          \
		}                                                                                            \
	} while (0)
#define assert_order(w, first, second)                                                                       \
	do {                                                                                                 \
		assert_seen(w, first);                                                                       \
		assert_seen(w, second);                                                                      \
		if (seen(w, first) >= seen(w, second)) {                                                     \
			print_log(w);                                                                        \
			fail_msg("%s not before %s", first, second);                                         \
		}                                                                                            \
	} while (0)
bool has_route(const struct world *w, const char *prefix, uint8_t protocol);
struct core_binding binding(const struct world *w);
const char *route_reason(const struct world *w, const char *prefix); /* NULL: no such route is wanted */

#endif
