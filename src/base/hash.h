/*
 * uthash, with shorter chains than its own ten: once a table is large every link of a chain is a miss of the cache, and the
 * work of one event is mostly look-ups. A bucket takes 16 bytes.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <uthash.h>

#undef HASH_BKT_CAPACITY_THRESH
#define HASH_BKT_CAPACITY_THRESH 6U

#endif
