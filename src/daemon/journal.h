/*
 * The journal of accepted configuration lines (D9): kill -9 of the engine loses none.
 *
 * Owns:  RUN/journal: which startup file it continues (device, inode, size, time of change), then one record a line.
 *        A record is written whole by one write(2) before the next line is read; a torn last one is dropped.
 * Never: outlives a stop; is believed when the startup file has changed since.
 */
#ifndef DAEMON_JOURNAL_H
#define DAEMON_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum { JOURNAL_CONTEXT_MAX = 8 };

struct journal;

/* One record: the modes that the line was typed in, then the line. Pure. */
void journal_encode(struct text *out, const char *const context[], size_t depth, const char *line);
/* Takes one record (without its end) apart, in place; false when it is none. All but the last are contexts. */
bool journal_decode(char *record, char *fields[JOURNAL_CONTEXT_MAX + 1], size_t *count);

enum journal_content {
	JOURNAL_NEW,	   /* there was none for this startup file as it is now: it begins anew, empty */
	JOURNAL_CONTINUES, /* lines that were typed since the startup file was loaded or written */
	JOURNAL_WHOLE, /* the first record is a whole configuration: the startup file is not to be loaded before it */
};

/* Opens RUN/journal for the startup file as it is now. 0, -errno. */
int journal_open(
	struct journal **out, const char *run_dir, const char *startup_file, enum journal_content *content);
/* The records so far, in order; the fields belong to the call. */
void journal_replay(
	struct journal *j, void (*record)(void *ctx, char *const fields[], size_t count), void *ctx);
int journal_add(struct journal *j, const char *const context[], size_t depth, const char *line); /* -errno */
/* What runs was saved: from now on the journal continues the file as it is now, with no record. */
int journal_restart(struct journal *j);
/* The journal becomes JOURNAL_WHOLE with this record. Atomic: either
 * journal is complete at any moment. */
int journal_replace(struct journal *j, const char *configuration);
/* It has grown so much that it is time for that. */
bool journal_is_large(const struct journal *j);
void journal_close(struct journal *j); /* the file stays */

#endif
