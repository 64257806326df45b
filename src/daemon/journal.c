/* The journal of accepted configuration lines: see journal.h. */
#include "daemon/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/rundir.h"

enum { IDENTITY_MAX = 160, LARGE = 8 * 1024 * 1024 };

struct journal {
	int fd;
	char path[RUNDIR_PATH_MAX];
	const char *startup_file;
	off_t size;
};

static void put_field(struct text *out, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '\\': text_add(out, "\\\\"); break;
		case '\t': text_add(out, "\\t"); break;
		case '\n': text_add(out, "\\n"); break;
		default: text_add_n(out, s, 1);
		}
	}
}

void journal_encode(struct text *out, const char *const context[], size_t depth, const char *line)
{
	for (size_t i = 0; i < depth; i++) {
		put_field(out, context[i]);
		text_add(out, "\t");
	}
	put_field(out, line);
	text_add(out, "\n");
}

bool journal_decode(char *record, char *fields[JOURNAL_CONTEXT_MAX + 1], size_t *count)
{
	char *to = record;

	*count = 1;
	fields[0] = record;
	for (const char *from = record; *from; from++) {
		if (*from == '\t') {
			*to++ = 0;
			if (*count > JOURNAL_CONTEXT_MAX)
				return false;
			fields[(*count)++] = to;
		} else if (*from == '\\') {
			from++;
			if (*from != '\\' && *from != 't' && *from != 'n')
				return false;
			*to++ = *from == 't' ? '\t' : *from == 'n' ? '\n' : '\\';
		} else {
			*to++ = *from;
		}
	}
	*to = 0;
	return true;
}

static void identity(const struct journal *j, bool whole, char out[IDENTITY_MAX])
{
	struct stat st = {0};

	if (stat(j->startup_file, &st) < 0)
		st = (struct stat){0};
	snprintf(out, IDENTITY_MAX, "hotswan journal 1 %s %llu:%llu %lld %lld.%09ld\n",
		whole ? "whole" : "continues", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
		(long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

/* Half a record that a kill left behind would take the next one with it. */
static int drop_torn_record(struct journal *j)
{
	off_t end = lseek(j->fd, 0, SEEK_END);
	char c;

	while (end > 0 && (pread(j->fd, &c, 1, end - 1) != 1 || c != '\n'))
		end--;
	return ftruncate(j->fd, end) < 0 ? -errno : 0;
}

int journal_open(
	struct journal **out, const char *run_dir, const char *startup_file, enum journal_content *content)
{
	struct journal *j = calloc(1, sizeof(*j));
	char now[IDENTITY_MAX], found[IDENTITY_MAX] = "";
	size_t len;
	int r = 0;

	if (!j)
		return -ENOMEM;
	j->startup_file = startup_file;
	rundir_path(j->path, run_dir, "journal");
	j->fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (j->fd < 0) {
		r = -errno;
		free(j);
		return r;
	}
	*content = JOURNAL_NEW;
	for (int whole = 0; whole < 2; whole++) {
		identity(j, whole, now);
		len = strlen(now);
		if (pread(j->fd, found, len, 0) == (ssize_t)len && !memcmp(found, now, len))
			*content = whole ? JOURNAL_WHOLE : JOURNAL_CONTINUES;
	}
	r = *content == JOURNAL_NEW ? journal_restart(j) : drop_torn_record(j);
	if (r < 0) {
		journal_close(j);
		return r;
	}
	*out = j;
	return 0;
}

static int begin(struct journal *j, bool whole)
{
	char now[IDENTITY_MAX];

	identity(j, whole, now);
	if (ftruncate(j->fd, 0) < 0)
		return -errno;
	j->size = 0;
	return write(j->fd, now, strlen(now)) == (ssize_t)strlen(now) ? 0 : -EIO;
}

int journal_restart(struct journal *j)
{
	return begin(j, false);
}

int journal_add(struct journal *j, const char *const context[], size_t depth, const char *line)
{
	struct text t = {0};
	off_t end = lseek(j->fd, 0, SEEK_END);
	int r = 0;

	journal_encode(&t, context, depth, line);
	if (t.oom)
		r = -ENOMEM;
	else if (write(j->fd, t.s, t.len) != (ssize_t)t.len) {
		r = errno ? -errno : -EIO;
		(void)!ftruncate(j->fd, end); /* half a record would take the next one with it */
	}
	if (t.s)
		explicit_bzero(t.s, t.len);
	if (r == 0)
		j->size = end + (off_t)t.len;
	text_free(&t);
	return r;
}

int journal_replace(struct journal *j, const char *configuration)
{
	struct journal fresh = {.startup_file = j->startup_file};
	int r;

	if (snprintf(fresh.path, sizeof(fresh.path), "%s.new", j->path) >= (int)sizeof(fresh.path))
		return -ENAMETOOLONG;
	fresh.fd = open(fresh.path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (fresh.fd < 0)
		return -errno;
	r = begin(&fresh, true);
	if (r == 0)
		r = journal_add(&fresh, NULL, 0, configuration);
	if (r == 0 && rename(fresh.path, j->path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(fresh.path);
		close(fresh.fd);
		return r;
	}
	close(j->fd);
	j->fd = fresh.fd;
	j->size = fresh.size;
	return 0;
}

bool journal_is_large(const struct journal *j)
{
	return j->size > LARGE;
}

void journal_replay(
	struct journal *j, void (*record)(void *ctx, char *const fields[], size_t count), void *ctx)
{
	int fd = open(j->path, O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	char *line = NULL, *fields[JOURNAL_CONTEXT_MAX + 1];
	size_t cap = 0, count;
	ssize_t n;

	if (!f) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (unsigned number = 0; (n = getline(&line, &cap, f)) > 0; number++) {
		if (number == 0 || line[n - 1] != '\n') /* the identity; a torn record */
			continue;
		line[n - 1] = 0;
		if (strlen(line) == (size_t)n - 1 && journal_decode(line, fields, &count))
			record(ctx, fields, count);
	}
	if (line)
		explicit_bzero(line, cap);
	free(line);
	fclose(f);
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	close(j->fd);
	free(j);
}
