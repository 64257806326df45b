/*
 * What the files of the rtnetlink adapter share.
 *
 *   rtnetlink.c        sockets, time slice, monitor
 *   rtnetlink_queue.c  requests: queue, batches, answers
 *   rtnetlink_dump.c   dumps: snapshot, `show`, next hops behind our own routes
 *   rtnetlink_wire.c   messages
 */
#ifndef LINUX_RTNETLINK_INTERNAL_H
#define LINUX_RTNETLINK_INTERNAL_H

#include "base/hash.h"
#include "linux/rtnetlink_wire.h"

enum {
	RTNL_BATCH_MAX = 128,	 /* requests with the kernel at a time: half a millisecond of routes */
	RTNL_RESOLVE_MAX = 8,	 /* lookups of them: each answer takes 8 kB of receive buffer */
	RTNL_BUFFER = 64 * 1024, /* a dump comes in pieces of up to 32 kB */
	RTNL_UNDERLAY_MAX = 64,	 /* changed prefixes kept apart; more are "everything" */
	RTNL_TOUCHED_MAX = 256,	 /* see rtnetlink_dump.c */
	RTNL_MONITOR_BURST = 128 /* notifications between two pieces of a dump; below RTNL_TOUCHED_MAX */
};

enum rtnl_op {
	OP_ROUTE_ADD,
	OP_ROUTE_WHO,	  /* the place is taken: by whom? */
	OP_ROUTE_REPLACE, /* by us: replace in one step */
	OP_ROUTE_SWAP,	  /* cannot be told: delete ours, add */
	OP_ROUTE_DELETE,
	OP_ADDRESS_ADD,
	OP_ADDRESS_DELETE,
	OP_LINK,
	OP_RESOLVE,
	OP_REACH, /* which route answers for an address inside the prefix? */
	OP_COUNT
};

struct rtnl_request {
	enum rtnl_op op;
	uint8_t attempts;
	int error;
	uint64_t cookie;
	union {
		struct route route;
		struct address address;
		struct {
			int ifindex;
			bool up;
		} link;
		struct ipaddr target;
		struct prefix prefix;
	};
};

/* Requests that wait, a ring; the one batch that is with the kernel; what it answered. */
struct rtnl_queue {
	struct rtnl_request *ring;
	size_t head, count, cap; /* cap is a power of two */
	struct rtnl_request batch[RTNL_BATCH_MAX];
	size_t batch_count;
	uint16_t owner[2 * RTNL_BATCH_MAX]; /* which request a message belongs to */
	size_t message_count;
	uint32_t first_seq, next_seq;
	bool in_flight, finishing;
	int send_error;
	struct {
		struct rtnl_route_message match, use;
		bool matched, used;
	} found[RTNL_BATCH_MAX];
};

/* A link as last reported. */
struct rtnl_known_link {
	int ifindex;
	struct rtnl_link_message last;
	uint32_t generation; /* of the last snapshot that named it */
	UT_hash_handle hh;
};

struct rtnl_touched {
	struct route key; /* table, prefix, metric and protocol only */
};

struct rtnl_job;

struct rtnl {
	struct rtnl_config config;
	int epoll_fd, kick_fd;
	struct mnl_socket *monitor, *requests, *dumps;
	struct rtnl_queue queue;
	struct rtnl_known_link *links;
	uint32_t generation;

	struct rtnl_job *jobs; /* the first is under way once `dumping` is set */
	bool dumping;
	uint32_t dump_seq;
	int next_number;
	bool snapshot_again;
	struct ipaddr *masked; /* targets that wait for the next dump */
	size_t masked_count, masked_cap;
	struct rtnl_touched touched[RTNL_TOUCHED_MAX];
	size_t touched_count;

	struct prefix underlay[RTNL_UNDERLAY_MAX];
	size_t underlay_count;
	bool underlay_all[2]; /* IPv4, IPv6 */

	struct rtnl_counters counters;
	_Alignas(8) char buffer[RTNL_BUFFER + MNL_ALIGNTO];
};

/* rtnetlink.c */
void rtnl_emit(struct rtnl *rn, const struct event *e);
void rtnl_kick(struct rtnl *rn); /* makes the descriptor readable */
/* Is this a route that the core wants to know one by one? */
bool rtnl_is_reported(const struct rtnl_route_message *m);
bool rtnl_is_tun(const struct rtnl *rn, int ifindex);
/* Is the next hop of this route ours or charon's, so that it hides the underlay? */
bool rtnl_hides_underlay(const struct rtnl *rn, const struct route *r);
void rtnl_report_link(struct rtnl *rn, const struct rtnl_link_message *m, bool always);
void rtnl_report_address(struct rtnl *rn, const struct address *a, bool gone);
void rtnl_forget_unnamed_links(struct rtnl *rn);
void rtnl_underlay_changed(struct rtnl *rn, const struct prefix *p);
void rtnl_underlay_changed_all(struct rtnl *rn);
/* Notifications were lost: say so, and begin afresh. */
void rtnl_overrun(struct rtnl *rn);
/* A message of ours, received from `s` into rn->buffer: its length, 0 for "nothing there", -errno. */
ssize_t rtnl_receive(struct rtnl *rn, struct mnl_socket *s);

/* rtnetlink_queue.c */
void rtnl_queue_free(struct rtnl_queue *q);
/* Reads answers; true when there was something to do. */
bool rtnl_queue_step(struct rtnl *rn, int *error);

/* rtnetlink_dump.c */
bool rtnl_dump_step(struct rtnl *rn, int *error);
bool rtnl_dump_wants_no_monitor(const struct rtnl *rn);
void rtnl_dump_touch(struct rtnl *rn, const struct route *r);
int rtnl_reach_by_dump(struct rtnl *rn, const struct prefix *p);
int rtnl_masked_add(struct rtnl *rn, const struct ipaddr *target);
void rtnl_jobs_free(struct rtnl *rn);

#endif
