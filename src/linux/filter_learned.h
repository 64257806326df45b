/*
 * What an earlier process had learned (struct filter_rule, .learned), as its table holds it.
 *
 * Owns:  nothing.
 */
#ifndef LINUX_FILTER_LEARNED_H
#define LINUX_FILTER_LEARNED_H

#include "linux/filter.h"
#include "linux/filter_kernel.h"

int filter_learned_read(struct filter_kernel *k, filter_learned_fn fn, void *arg); /* as filter_learned */

#endif
