/*
 * Frames in which somebody on a device's segment claims one of a few addresses: ARP with it as sender, neighbour
 * advertisements with it as target.
 *
 * Owns:  the filter; the kernel drops everything else, so that busy segments cost nothing here.
 * Never: says whether the claim is a wrong one: the frames go to the HSRP core.
 *
 * Frames that carry a virtual MAC of this box as source are not seen here while its macvlan is up; those are nobody's claim.
 */
#ifndef LINUX_CLAIMS_H
#define LINUX_CLAIMS_H

#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

enum { CLAIMS_MAX = 500 }; /* addresses of one descriptor; those behind them are not watched */

/* A non-blocking descriptor, or -errno. The addresses are of one family. */
int claims_open(int ifindex, const struct ipaddr *addresses, size_t count);
/* One frame into `buf`: its length, 0 when there is none, -errno. */
int claims_read(int fd, uint8_t *buf, size_t size);

#endif
