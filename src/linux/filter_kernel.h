/*
 * The nft table as the kernel has it: commands, listing, notifications.
 *
 * Owns:  a libnftables context and a socket that is told of changed rules.
 * Never: knows what the table is to hold.
 */
#ifndef LINUX_FILTER_KERNEL_H
#define LINUX_FILTER_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct filter_kernel;

int filter_kernel_open(struct filter_kernel **out); /* 0, -ENOMEM, -errno */
void filter_kernel_close(struct filter_kernel *k);
int filter_kernel_fd(const struct filter_kernel *k);

/* Runs commands as one batch; what they print is filter_kernel_output until the next. 0 or -errno, see _error. */
int filter_kernel_run(struct filter_kernel *k, const char *commands);
const char *filter_kernel_output(const struct filter_kernel *k);
const char *filter_kernel_error(const struct filter_kernel *k);
/* Whether the kernel would take them; nothing changes. */
bool filter_kernel_takes(struct filter_kernel *k, const char *commands);
int64_t filter_kernel_us(const struct filter_kernel *k); /* how long the last run took */

/* Reads all notifications that wait. 1 when something of ours was lost, or when that cannot be told; 0; -errno. */
int filter_kernel_losses(struct filter_kernel *k);

bool filter_kernel_has_table(struct filter_kernel *k, int *error);
/* The table without elements, valid until the next command; "" without a table. NULL: see *error. */
const char *filter_kernel_listing(struct filter_kernel *k, int *error);
/* The next object of a kind ("set", "chain", "counter") in a listing: its name. Moves *at behind it. */
bool filter_listing_next(const char **at, const char *kind, char *name, size_t size);
bool filter_listing_has(const char *list, const char *kind, const char *name);

#endif
