/*
 * What others take away from an nft table of ours.
 *
 * Owns:  a socket that is told of changed rules.
 * Never: changes one.
 */
#ifndef LINUX_NFT_MONITOR_H
#define LINUX_NFT_MONITOR_H

#include <libmnl/libmnl.h>
#include <stddef.h>

/* 0 or -errno; `size`: bytes of the receive buffer, as far as the system lets us. */
int nft_monitor_open(struct mnl_socket **out, int size);

/* Reads at most `most` notifications that wait. 1 when something of table inet `table` was lost, or when that cannot be
 * told; 0; -errno. */
int nft_monitor_losses(struct mnl_socket *monitor, const char *table, unsigned most);

#endif
