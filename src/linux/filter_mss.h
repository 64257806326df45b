/*
 * `ip tcp adjust-mss`: the chain "mss" of the nft table.
 *
 * Owns:  that chain. It lowers the maximum segment size in TCP SYNs that are forwarded into or out of an interface.
 * Never: raises one; touches packets of this router itself, or others than SYNs (they leave the chain at its first rule).
 *
 * Both ends learn it: a SYN of either side passes. What arrives for a virtual MAC has the macvlan as its interface, and with
 * kernel-libipsec what belongs to the crypto interface uses charon's TUN: both are named.
 */
#ifndef LINUX_FILTER_MSS_H
#define LINUX_FILTER_MSS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "ipsec/filter.h"

/* Commands that make the chain what the list says, or nothing of it; `there`: the kernel has one. */
void filter_write_mss(struct text *t, const struct filter_mss *list, size_t count, bool there);

#endif
