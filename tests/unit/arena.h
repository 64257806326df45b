/*
 * Memory that can be put back to an earlier moment: everything that the code under test has allocated lies in one block,
 * so a copy of the block is a copy of its state. The walk over all sequences of events goes back by it.
 *
 * Owns:  malloc, calloc, realloc and free of the whole program (linked with --wrap) between arena_begin and arena_end.
 * Never: used beside threads.
 */
#ifndef TESTS_ARENA_H
#define TESTS_ARENA_H

#include <stddef.h>

void arena_begin(void); /* empty; what is allocated from now on lies in it */
void arena_end(void);	/* all of it is gone */
/* A moment, kept under a number of 0 to 7. */
void arena_save(unsigned number);
void arena_restore(unsigned number);

#endif
