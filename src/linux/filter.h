/*
 * Fail closed: the nft table `inet hotswan` (design rule 5, D6).
 *
 * Owns:  the table of that name in this network namespace, and everything in it.
 * Never: touches another table; takes the table away by itself (filter_clear does, and goes last).
 *
 * For each crypto interface, what its access lists permit is dropped when it would leave (`rt ipsec missing`) or enter
 * (`meta ipsec missing`) without IPsec, forwarded and local packets alike; ipsec/filter.h says how the lines are read. Our
 * own IKE and ESP between the endpoints pass even where an access list covers both. A later fragment shows no ports: it is
 * dropped when a line with ports protects its addresses and protocol. The same table serves kernel ESP and kernel-libipsec:
 * there the plain packets use charon's TUN, another device. NAT comes before (postrouting 300): as on IOS, the access list
 * sees translated addresses.
 *
 * Lines become interval sets: first-match order is kept by layers (doc in filter_layers.h), so that the cost of a packet
 * does not grow with the number of lines. A change names only what changed. It is one batch; one that could let pass for a
 * moment what is protected before and after it is three: the first holds that back, the last lets go (filter_text.h).
 *
 * libnftables works synchronously: filter_apply returns when the kernel has committed. About 15 us a line the first time
 * (10,000 lines: 0.15 s), some milliseconds for one line more in a set of 10,000. filter_last_commit tells.
 */
#ifndef LINUX_FILTER_H
#define LINUX_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipsec/filter.h"

struct filter_table;

/* Opens the table; what an earlier process left in it stays in force until it is replaced. 0, -ENOMEM, -errno. */
int filter_open(struct filter_table **out);
/* Frees the handle; the table stays in force. */
void filter_close(struct filter_table *t);

/*
 * Makes the interface's part of the table what `f` says; meanwhile nothing passes that is protected before and after. 0,
 * -ENOMEM, -errno of the kernel: then the former state is in force, or what `f` says and more is held back, and filter_error
 * says more.
 */
int filter_apply(struct filter_table *t, const struct filter *f);
/* Takes the part of one device out. 0 also when there was none. */
int filter_remove(struct filter_table *t, const char *device);
/* `ip tcp adjust-mss`, all interfaces at once (the list is copied). See linux/filter_mss.h. As filter_apply. */
int filter_set_mss(struct filter_table *t, const struct filter_mss *list, size_t count);
/* Takes out the parts of all devices that were not applied since filter_open: leftovers of an earlier process. */
int filter_prune(struct filter_table *t);
/* Deletes the whole table: the last step of a stop. 0 also when there was none. */
int filter_clear(struct filter_table *t);

/*
 * Others may take our table away: `nft flush ruleset` does, and so does a restart of many a firewall service. The descriptor
 * becomes readable when rules changed anywhere; filter_readable then restores what is missing of ours. 1 when it had to
 * (worth a warning), 0 when nothing of ours was touched, -errno when it could not: then traffic is not protected.
 */
int filter_fd(const struct filter_table *t);
int filter_readable(struct filter_table *t);

/* Whether the kernel can tell of packets (linux/nflog.h): those that came in without IPsec, and those that ask for an SA. */
bool filter_can_log(const struct filter_table *t);

/*
 * What an earlier process had learned (struct filter_rule, .learned) and the table still holds: before the device's first
 * filter_apply. 0 or -errno.
 */
typedef void (*filter_learned_fn)(void *arg, const char *device, const struct filter_rule *rule);
int filter_learned(struct filter_table *t, filter_learned_fn fn, void *arg);

/* What libnftables said about the last failure, for the log; "" when there was none. */
const char *filter_error(const struct filter_table *t);

struct filter_count {
	uint64_t out_packets, out_bytes, in_packets, in_bytes; /* dropped */
};
/* Reads a device's drop counters. 0, -ENOENT when the table or the device's part of it is not there. */
int filter_counters(struct filter_table *t, const char *device, struct filter_count *out);

/* Is the table in the kernel, with the chains of `device` (NULL: of none) hooked in? 1, 0, -errno. */
int filter_present(struct filter_table *t, const char *device);

/* How long the last commit took, and how many elements it added and deleted. */
struct filter_commit {
	int64_t us;
	uint32_t added, deleted;
	bool rebuilt; /* the device's part was written anew */
};
struct filter_commit filter_last_commit(const struct filter_table *t);

#endif
