/*
 * Kernel settings under /proc/sys that hotswan changes, and their way back (D14).
 *
 * Owns:  one record file of the caller's choice (each process has its own): for every setting changed, the value it had
 *        before and the value we gave it. The file is on disk before the setting changes, so that a crash loses nothing.
 * Never: puts back a setting that somebody else has changed since; believes a record of another boot or of another
 *        network namespace.
 *
 * Names are paths below /proc/sys with slashes, "net/ipv4/conf/eth0.5/rp_filter": a device name may contain dots.
 */
#ifndef LINUX_SYSCTL_H
#define LINUX_SYSCTL_H

#include <stdbool.h>
#include <stddef.h>

enum { SYSCTL_NAME_MAX = 128, SYSCTL_VALUE_MAX = 64 };

struct sysctl_record;

/*
 * Opens the record kept in the file `path`; what a process that died had changed is in it already. Nothing is restored
 * yet: either sysctl_restore_all (a start that begins afresh) or go on with it (a restart that keeps everything).
 * 0, -ENOMEM, or the errno of reading the file; a file that does not exist is an empty record.
 */
int sysctl_record_open(struct sysctl_record **out, const char *path);
/* Frees the record; file and settings stay as they are. */
void sysctl_record_close(struct sysctl_record *r);

/* Reads a setting without its trailing newline. 0, -errno, -ENOBUFS when it does not fit. */
int sysctl_read(const char *name, char *out, size_t size);

/*
 * Gives a setting a value, and remembers the one it had. 1 when it changed, 0 when it had the value already (then nothing
 * is recorded: it is not ours to restore), -errno; after an error neither setting nor record has changed.
 */
int sysctl_set(struct sysctl_record *r, const char *name, const char *value);

/* Puts one setting back and forgets it. 0 also when it was never changed, was changed by others since or is gone. */
int sysctl_restore(struct sysctl_record *r, const char *name);

/* Puts all back, the last changed first, and removes the file. The first error is returned, the others go on. */
int sysctl_restore_all(struct sysctl_record *r);

/* For reports: how many settings are changed, and each of them. */
size_t sysctl_count(const struct sysctl_record *r);
void sysctl_get(
	const struct sysctl_record *r, size_t i, const char **name, const char **before, const char **ours);

#endif
