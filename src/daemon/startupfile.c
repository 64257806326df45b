/* The startup configuration file: see startupfile.h. */
#include "daemon/startupfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_PIECE = 65536, FILE_MAX = 256 * 1024 * 1024 };

int startupfile_read(const char *path, struct text *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
	char *piece = malloc(READ_PIECE);
	ssize_t n = 0;

	if (fd < 0)
		r = -errno;
	else if (!piece)
		r = -ENOMEM;
	while (r == 0 && (n = read(fd, piece, READ_PIECE)) > 0) {
		text_add_n(out, piece, (size_t)n);
		if (out->oom || out->len > FILE_MAX)
			r = out->oom ? -ENOMEM : -EFBIG;
	}
	if (r == 0 && n < 0)
		r = -errno;
	if (piece)
		explicit_bzero(piece, READ_PIECE);
	free(piece);
	if (fd >= 0)
		close(fd);
	return r;
}

/* A name that was there before the rename may come back after a power cut, half a file may not. */
static int sync_directory(const char *path)
{
	char dir[PATH_MAX];
	char *slash;
	int fd, r;

	if (snprintf(dir, sizeof(dir), "%s", path) >= (int)sizeof(dir))
		return -ENAMETOOLONG;
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = 0;
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return r;
}

int startupfile_write(const char *path, const char *s, size_t n)
{
	char temporary[PATH_MAX];
	int fd, r = 0;

	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
		return -ENAMETOOLONG;
	(void)unlink(temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	while (n && r == 0) {
		ssize_t done = write(fd, s, n);

		if (done < 0 && errno != EINTR)
			r = -errno;
		if (done > 0) {
			s += done;
			n -= (size_t)done;
		}
	}
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	close(fd);
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(temporary);
	return r < 0 ? r : sync_directory(path);
}
