/*
 * The startup configuration file.
 *
 * Owns:  reading it whole, and replacing it atomically (temporary file beside it, fsync, rename), mode 0600.
 */
#ifndef DAEMON_STARTUPFILE_H
#define DAEMON_STARTUPFILE_H

#include <stddef.h>

#include "base/text.h"

/* 0, -errno; -EFBIG beyond 256 MB. */
int startupfile_read(const char *path, struct text *out);
int startupfile_write(const char *path, const char *s, size_t n);

#endif
