/* The run directory: see rundir.h. */
#include "daemon/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/log.h"

enum { STAMP_MAX = 128, REMOVE_DEPTH_MAX = 3 };

bool rundir_path(char out[RUNDIR_PATH_MAX], const char *run_dir, const char *name)
{
	return snprintf(out, RUNDIR_PATH_MAX, "%s/%s", run_dir, name) < RUNDIR_PATH_MAX;
}

/* Reads a small file whole; the length, or -errno. */
static ssize_t read_small(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, out, size - 1);
	n = n < 0 ? -errno : n;
	close(fd);
	out[n < 0 ? 0 : n] = 0;
	return n;
}

static int write_small(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	int r;

	if (fd < 0)
		return -errno;
	r = write(fd, text, len) == (ssize_t)len ? 0 : -EIO;
	close(fd);
	return r;
}

/* Boot and network namespace in which the contents are true. */
static void make_stamp(char out[STAMP_MAX])
{
	char boot[64] = "";
	struct stat ns = {0};

	(void)read_small("/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	boot[strcspn(boot, "\n")] = 0;
	(void)stat("/proc/self/ns/net", &ns);
	snprintf(out, STAMP_MAX, "%s %llu:%llu\n", boot, (unsigned long long)ns.st_dev,
		(unsigned long long)ns.st_ino);
}

/* Empties a directory, deepest first; `keep` is a name at the top that stays. Depth is bounded: ours is two. */
static void empty_dir(int dir_fd, const char *keep, int depth)
{
	DIR *d = fdopendir(dir_fd);
	struct dirent *e;

	if (!d) {
		close(dir_fd);
		return;
	}
	while ((e = readdir(d))) {
		int sub;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || (keep && !strcmp(e->d_name, keep)))
			continue;
		if (unlinkat(dirfd(d), e->d_name, 0) == 0 || (errno != EISDIR && errno != EPERM))
			continue;
		sub = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0 && depth < REMOVE_DEPTH_MAX)
			empty_dir(sub, NULL, depth + 1);
		else if (sub >= 0)
			close(sub);
		unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

static void empty(const char *run_dir, const char *keep)
{
	int fd = open(run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		empty_dir(fd, keep, 0);
}

static int take_lock(const char *run_dir, int *lock_fd)
{
	char path[RUNDIR_PATH_MAX], owner[32] = "";
	int fd;

	if (!rundir_path(path, run_dir, "charon/strongswan.conf")) { /* the longest name below it */
		log_fault("run directory %.40s... : the name is too long", run_dir);
		return -1;
	}
	rundir_path(path, run_dir, "lock");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		log_fault("run directory %s cannot be written: %s", run_dir, strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (read(fd, owner, sizeof(owner) - 1) > 0)
			owner[strcspn(owner, "\n")] = 0;
		log_fault("run directory %s is in use by another hotswand (process %s)", run_dir,
			*owner ? owner : "unknown");
		close(fd);
		return -1;
	}
	snprintf(owner, sizeof(owner), "%d\n", getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, owner, strlen(owner), 0) < 0) {
		log_fault("run directory %s cannot be written: %s", run_dir, strerror(errno));
		close(fd);
		return -1;
	}
	*lock_fd = fd;
	return 0;
}

int rundir_open(const char *run_dir, int *lock_fd, bool *resume)
{
	char path[RUNDIR_PATH_MAX], stamp[STAMP_MAX], found[STAMP_MAX];
	int r;

	/* Operators must be able to reach cli.sock, whatever the umask; what is private in here has its own mode. */
	if (mkdir(run_dir, 0755) == 0 ? chmod(run_dir, 0755) < 0 : errno != EEXIST) {
		log_fault("run directory %s cannot be made: %s", run_dir, strerror(errno));
		return -1;
	}
	if (take_lock(run_dir, lock_fd) < 0)
		return -1;
	rundir_path(path, run_dir, "stamp");
	make_stamp(stamp);
	*resume = read_small(path, found, sizeof(found)) > 0 && !strcmp(found, stamp);
	if (!*resume)
		empty(run_dir, "lock");
	r = write_small(path, stamp);
	if (r == 0 && rundir_path(path, run_dir, "charon") && mkdir(path, 0700) < 0 && errno != EEXIST)
		r = -errno;
	if (r < 0)
		log_fault("run directory %s cannot be written: %s", run_dir, strerror(-r));
	return r < 0 ? -1 : 0;
}

void rundir_remove(const char *run_dir)
{
	empty(run_dir, NULL);
	(void)rmdir(run_dir); /* under systemd it is not ours to remove */
}
