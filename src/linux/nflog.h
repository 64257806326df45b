/*
 * Heads of packets that the filter dropped, as the kernel hands them out (nfnetlink_log).
 *
 * Owns:  one netlink socket that listens to the groups NFLOG_GROUP and NFLOG_DEMAND_GROUP of this network namespace.
 * Never: decides what is logged or how often: the rule that logs has its own limit (linux/filter.h), and what does not fit
 *        into the socket is lost.
 */
#ifndef LINUX_NFLOG_H
#define LINUX_NFLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

enum {
	NFLOG_GROUP = 213,
	NFLOG_DEMAND_GROUP = 214, /* packets that ask for an SA, so many at most: */
	NFLOG_DEMANDS_PER_S = 20,
	NFLOG_HEAD_BYTES = 64, /* of each packet: enough for the addresses of both families */
};

struct nflog_packet {
	struct ipaddr source, destination;
	uint8_t protocol; /* of IPv6: what follows the fixed header */
	uint16_t source_port,
		destination_port; /* of TCP and UDP; ICMP: type << 8 | code, and 0; 0: not told */
	bool demand;		  /* it asks for an SA */
	int ifindex;		  /* where it came in, or would have left; 0: not told */
};

typedef void (*nflog_fn)(void *arg, const struct nflog_packet *packet);

struct nflog;

/* -EOPNOTSUPP and the like where the kernel has none: then nothing is ever logged. */
int nflog_open(struct nflog **out, nflog_fn fn, void *arg);
void nflog_close(struct nflog *n); /* NULL is fine */
int nflog_fd(const struct nflog *n);
/* Reads what is there, at most some dozens of messages. 0, or -errno when the socket is broken for good. */
int nflog_readable(struct nflog *n);

/* Pure: `data` is what one recv() gave, aligned to 4 bytes. Calls `fn` for each packet that can be read. */
void nflog_parse(const void *data, size_t len, nflog_fn fn, void *arg);

#endif
