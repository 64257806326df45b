#include "linux/sysctl.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { ENTRIES_MAX = 65536, ORIGIN_MAX = 128, LINE_FIELDS = 3 };

static const char MAGIC[] = "hotswan-sysctl 1";

struct entry {
	char name[SYSCTL_NAME_MAX], before[SYSCTL_VALUE_MAX], ours[SYSCTL_VALUE_MAX];
};

struct sysctl_record {
	char *path;
	char origin[ORIGIN_MAX]; /* boot and network namespace the values belong to */
	struct entry *entries;	 /* in the order in which they were changed */
	size_t count, cap;
};

/* A name must stay below /proc/sys and fit one line of the record. */
static bool name_valid(const char *name)
{
	if (!name[0] || name[0] == '/' || strlen(name) >= SYSCTL_NAME_MAX || strpbrk(name, "\t\n"))
		return false;
	for (const char *part = name; part; part = strchr(part, '/')) {
		part += part[0] == '/';
		size_t len = strcspn(part, "/");

		if (len == 0 || (len == 1 && part[0] == '.') || (len == 2 && !strncmp(part, "..", 2)))
			return false;
	}
	return true;
}

static int open_setting(const char *name, int flags)
{
	char path[SYSCTL_NAME_MAX + 16];
	int fd;

	if (!name_valid(name))
		return -EINVAL;
	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

int sysctl_read(const char *name, char *out, size_t size)
{
	int fd = open_setting(name, O_RDONLY);
	ssize_t n;

	assert(size > 0);
	if (fd < 0)
		return fd;
	n = read(fd, out, size);
	int error = n < 0 ? -errno : 0;
	close(fd);
	if (error)
		return error;
	if ((size_t)n == size)
		return -ENOBUFS;
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return 0;
}

static int write_setting(const char *name, const char *value)
{
	int fd = open_setting(name, O_WRONLY);
	size_t len = strlen(value);

	if (fd < 0)
		return fd;
	ssize_t n = write(fd, value, len);
	int error = n < 0 ? -errno : (size_t)n < len ? -EIO : 0;
	close(fd);
	return error;
}

/* The boot and the network namespace that a record belongs to: after a change of either its values mean nothing. */
static void origin_of_this_process(char out[ORIGIN_MAX])
{
	char boot[64], ns[48];
	ssize_t n = readlink("/proc/self/ns/net", ns, sizeof(ns) - 1);

	ns[n < 0 ? 0 : n] = '\0';
	if (sysctl_read("kernel/random/boot_id", boot, sizeof(boot)) < 0)
		boot[0] = '\0';
	snprintf(out, ORIGIN_MAX, "%s %s", boot, ns);
}

static int write_whole(int fd, const char *s, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, s, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		s += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Replaces the file in one step. No fsync: settings and record both end with the boot. */
static int save(const struct sysctl_record *r)
{
	struct text t = {0}, temporary = {0};
	int error = 0, fd;

	if (r->count == 0)
		return unlink(r->path) < 0 && errno != ENOENT ? -errno : 0;
	text_printf(&t, "%s %s\n", MAGIC, r->origin);
	for (size_t i = 0; i < r->count; i++)
		text_printf(&t, "%s\t%s\t%s\n", r->entries[i].name, r->entries[i].before, r->entries[i].ours);
	text_printf(&temporary, "%s.new", r->path);
	if (t.oom || temporary.oom) {
		error = -ENOMEM;
		goto out;
	}
	fd = open(temporary.s, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		error = -errno;
		goto out;
	}
	error = write_whole(fd, t.s, t.len);
	if (close(fd) < 0 && !error)
		error = -errno;
	if (!error && rename(temporary.s, r->path) < 0)
		error = -errno;
	if (error)
		unlink(temporary.s);
out:
	text_free(&t);
	text_free(&temporary);
	return error;
}

static struct entry *find(const struct sysctl_record *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (!strcmp(r->entries[i].name, name))
			return &r->entries[i];
	return NULL;
}

static struct entry *append(struct sysctl_record *r, const char *name, const char *before, const char *ours)
{
	if (r->count == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 16;
		struct entry *entries =
			cap > ENTRIES_MAX ? NULL : realloc(r->entries, cap * sizeof(*entries));

		if (!entries)
			return NULL;
		r->entries = entries;
		r->cap = cap;
	}
	struct entry *e = &r->entries[r->count];

	if (!str_copy(e->name, sizeof(e->name), name) || !str_copy(e->before, sizeof(e->before), before) ||
		!str_copy(e->ours, sizeof(e->ours), ours))
		return NULL;
	r->count++;
	return e;
}

static void drop(struct sysctl_record *r, struct entry *e)
{
	size_t at = (size_t)(e - r->entries);

	assert(at < r->count);
	memmove(e, e + 1, (r->count - at - 1) * sizeof(*e));
	r->count--;
}

/* Takes in the lines of a record file; a damaged line is left out, the setting it meant stays as it is. */
static int parse(struct sysctl_record *r, FILE *f)
{
	char line[SYSCTL_NAME_MAX + 2 * SYSCTL_VALUE_MAX + 8], expected[ORIGIN_MAX + sizeof(MAGIC) + 4];

	snprintf(expected, sizeof(expected), "%s %s\n", MAGIC, r->origin);
	if (!fgets(line, sizeof(line), f) || strcmp(line, expected) != 0)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		char *field[LINE_FIELDS] = {line};
		int n = 1;

		line[strcspn(line, "\n")] = '\0';
		for (char *tab = strchr(line, '\t'); tab && n < LINE_FIELDS;
			tab = strchr(field[n - 1], '\t')) {
			*tab = '\0';
			field[n++] = tab + 1;
		}
		/* Values may hold tabs of their own only in settings we never touch. */
		if (n < LINE_FIELDS || !name_valid(field[0]) || find(r, field[0]))
			continue;
		if (strlen(field[1]) >= SYSCTL_VALUE_MAX || strlen(field[2]) >= SYSCTL_VALUE_MAX)
			continue;
		if (!append(r, field[0], field[1], field[2]))
			return -ENOMEM;
	}
	return ferror(f) ? -EIO : 0;
}

int sysctl_record_open(struct sysctl_record **out, const char *path)
{
	struct sysctl_record *r = calloc(1, sizeof(*r));
	int error = 0;

	if (!r)
		return -ENOMEM;
	r->path = str_dup(path);
	if (!r->path) {
		free(r);
		return -ENOMEM;
	}
	origin_of_this_process(r->origin);
	FILE *f = fopen(path, "re");

	if (f) {
		error = parse(r, f);
		fclose(f);
	} else if (errno != ENOENT) {
		error = -errno;
	}
	if (error) {
		sysctl_record_close(r);
		return error;
	}
	*out = r;
	return 0;
}

void sysctl_record_close(struct sysctl_record *r)
{
	if (!r)
		return;
	free(r->entries);
	free(r->path);
	free(r);
}

int sysctl_set(struct sysctl_record *r, const char *name, const char *value)
{
	char now[SYSCTL_VALUE_MAX], previous[SYSCTL_VALUE_MAX] = "";
	int error = sysctl_read(name, now, sizeof(now));
	struct entry *e;

	if (error < 0)
		return error;
	if (strlen(value) >= SYSCTL_VALUE_MAX || strpbrk(value, "\t\n") || strchr(now, '\t'))
		return -EINVAL;
	if (!strcmp(now, value))
		return 0;
	e = find(r, name);
	bool added = !e;

	if (added) {
		e = append(r, name, now, value);
		if (!e)
			return -ENOMEM;
	} else {
		memcpy(previous, e->ours, sizeof(previous));
		str_copy(e->ours, sizeof(e->ours), value);
	}
	error = save(r);
	if (!error) {
		error = write_setting(name, value);
		if (!error)
			return 1;
	}
	if (added)
		drop(r, e);
	else
		memcpy(e->ours, previous, sizeof(previous));
	save(r); /* the first error is the one to report; a leftover entry is harmless: its value is not the setting's */
	return error;
}

/* Puts a setting back if it still has the value we gave it. */
static int put_back(const struct entry *e)
{
	char now[SYSCTL_VALUE_MAX];
	int error = sysctl_read(e->name, now, sizeof(now));

	if (error == -ENOENT || error == -ENOBUFS) /* the device went, and its settings with it */
		return 0;
	if (error < 0)
		return error;
	return strcmp(now, e->ours) ? 0 : write_setting(e->name, e->before);
}

int sysctl_restore(struct sysctl_record *r, const char *name)
{
	struct entry *e = find(r, name);

	if (!e)
		return 0;
	int error = put_back(e);

	if (error)
		return error;
	drop(r, e);
	return save(r);
}

int sysctl_restore_all(struct sysctl_record *r)
{
	int first = 0;

	/* Backwards: ip_forward, for one, resets settings that were changed after it. */
	for (size_t i = r->count; i-- > 0;) {
		int error = put_back(&r->entries[i]);

		if (error == 0)
			drop(r, &r->entries[i]);
		else if (first == 0)
			first = error;
	}
	int error = save(r);

	return first ? first : error;
}

size_t sysctl_count(const struct sysctl_record *r)
{
	return r->count;
}

void sysctl_get(
	const struct sysctl_record *r, size_t i, const char **name, const char **before, const char **ours)
{
	assert(i < r->count);
	*name = r->entries[i].name;
	*before = r->entries[i].before;
	*ours = r->entries[i].ours;
}
