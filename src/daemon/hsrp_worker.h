/*
 * The hand of the hsrp process: a thread that does what may wait for the kernel's rtnetlink lock or for a disk, so that
 * the thread that sends hellos never does.
 *
 * Owns:  the netlink socket for virtual addresses, the table that keeps their macvlans quiet, memberships, the record of
 *        changed settings (RUN/hsrp.sysctl), the saved configuration (RUN/hsrp.config).
 * Never: decides. Jobs are done in the order in which they were put, except that what takes the kernel long and nobody
 *        waits for (deleting interfaces, closing sockets, files) is done when nothing else is left to do. Each answer comes
 *        out by worker_take().
 */
#ifndef DAEMON_HSRP_WORKER_H
#define DAEMON_HSRP_WORKER_H

#include "hsrp/group.h"
#include "linux/frame.h"
#include "linux/vmac.h"

enum worker_kind {
	WORK_KERNEL,	   /* .kernel */
	WORK_LINK,	   /* .device: its state (answer: .link) */
	WORK_LISTEN,	   /* .device, .ifindex: opens a receiver (answer: .receiver) */
	WORK_CLOSE,	   /* .receiver; no answer */
	WORK_JOIN,	   /* .receiver, .ifindex: the device has IPv6 now; no answer */
	WORK_CLAIMS,	   /* .claims, .ifindex: opens a descriptor for them (answer: .claims.fd) */
	WORK_CLOSE_CLAIMS, /* .claims.fd; no answer */
	WORK_SETTINGS,	   /* .device: what it needs while groups are on it; also when it appears again */
	WORK_RESTORE,	   /* .device: the way back */
	WORK_SWEEP, /* .save: macvlans of groups that are not named there go (strings as in their aliases, each with NUL) */
	WORK_SAVE, /* .save: becomes the saved configuration */
	WORK_DOWN, /* .kernel: put by the worker itself after UNSERVE; no answer */
	WORK_QUIET, /* the table of macvlans that are kept quiet may not be whole (answer: only of a failure) */
	WORK_MEMBER, /* only an answer: a membership for an address that is served failed */
	WORK_FORGET, /* all settings back, saved configuration and roles deleted: the end of a stop */
};

struct work {
	uint8_t kind; /* enum worker_kind */
	char device[HSRP_DEVICE_MAX];
	int ifindex;
	union {
		struct hsrp_kernel kernel;
		struct {
			uint8_t *bytes; /* malloc'ed; the worker's */
			size_t len;
		} save;
		struct vmac_link link;
		struct {
			struct ipaddr *addresses; /* malloc'ed; the worker's */
			size_t count;
			uint8_t family;
			int fd;
		} claims;
		struct frame_receiver receiver;
	};
	int error; /* of an answer: 0 or -errno */
	bool quit;
	struct work *next;
};

struct worker;

/* Starts the thread; 0 or -errno. It runs at the real-time priority `priority` (0: as usual) where that is permitted. */
int worker_open(struct worker **out, const char *run_dir, int priority);
/* After the jobs that are queued. */
void worker_close(struct worker *w);
/* Readable when somebody changed rules, then worker_quiet_lost() tells whether WORK_QUIET is due; -1: there are none. */
int worker_quiet_fd(const struct worker *w);
bool worker_quiet_lost(struct worker *w);
int worker_fd(const struct worker *w);			   /* readable when there are answers */
bool worker_put(struct worker *w, const struct work *job); /* false on exhaustion */
bool worker_take(struct worker *w, struct work *answer);   /* false when there is none */
void worker_clear(struct worker *w); /* before taking: the descriptor is not readable any more */
void worker_again(struct worker *w); /* not all were taken: it is */

#endif
