/* Messages to the journal or standard error: see log.h. */
#include "daemon/log.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

enum {
	LOG_LINE_MAX = 1024,  /* below PIPE_BUF: a write of it to a pipe with room never blocks */
	LOG_BURST = 20,	      /* of one mnemonic at once */
	LOG_DEBUG_SCALE = 50, /* of debug lines, both are so many times higher */
	LOG_PER_SECOND = 10,  /* of one mnemonic afterwards */
	LOG_MNEMONICS = 64,   /* slots of the rate limit; two mnemonics in one slot share it */
};

struct bucket {
	int64_t last_ms;
	int tokens_milli; /* thousandths of a message */
	unsigned suppressed;
	bool used;
};

static struct bucket buckets[LOG_MNEMONICS];
static unsigned lost; /* lines a stalled reader cost us */
static log_tap tap_fn;
static void *tap_ctx;

void log_set_tap(log_tap tap, void *ctx)
{
	tap_fn = tap;
	tap_ctx = ctx;
}

void log_show(const char *line)
{
	if (tap_fn)
		tap_fn(tap_ctx, line);
}

static bool to_journal(void)
{
	static int known = -1;

	if (known < 0)
		known = getenv("JOURNAL_STREAM") != NULL;
	return known;
}

/* One write that cannot block: a pipe or terminal must have room, a socket is told not to wait. */
static bool put(const char *line, size_t len)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
	ssize_t n = send(STDERR_FILENO, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno == ENOTSOCK && poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
		n = write(STDERR_FILENO, line, len);
	return n == (ssize_t)len;
}

static void stamp(char *out, size_t size)
{
	struct timespec ts;
	struct tm tm;
	char day[32];

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(day, sizeof(day), "%b %e %H:%M:%S", &tm);
	snprintf(out, size, "%s.%03u: ", day, (unsigned)(ts.tv_nsec / 1000000) % 1000);
}

static void emit(enum log_severity severity, const char *text)
{
	char line[LOG_LINE_MAX], head[48];

	if (to_journal())
		snprintf(head, sizeof(head), "<%d>", severity);
	else
		stamp(head, sizeof(head));
	int n = snprintf(line, sizeof(line), "%s%s\n", head, text);

	if (n >= (int)sizeof(line)) {
		n = sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	if (!put(line, (size_t)n))
		lost++;
	log_show(text);
}

static void emit_limited(enum log_severity severity, const char *text, struct bucket *b)
{
	struct timespec ts;
	int64_t now_ms;
	char note[96];
	int scale = severity == LOG_SEV_DEBUG ? LOG_DEBUG_SCALE : 1, full = LOG_BURST * 1000 * scale;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	now_ms = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
	if (!b->used) {
		*b = (struct bucket){.last_ms = now_ms, .tokens_milli = full, .used = true};
	} else {
		int64_t more = (now_ms - b->last_ms) * LOG_PER_SECOND * scale;
		int64_t sum = b->tokens_milli + more;

		b->tokens_milli = sum > full ? full : (int)sum;
		b->last_ms = now_ms;
	}
	if (b->tokens_milli < 1000) {
		b->suppressed++;
		return;
	}
	b->tokens_milli -= 1000;
	if (b->suppressed) {
		snprintf(note, sizeof(note), "%%SYS-4-LIMITED: %u messages of the next kind were not written",
			b->suppressed);
		b->suppressed = 0;
		emit(LOG_SEV_WARNING, note);
	}
	if (lost) {
		snprintf(note, sizeof(note), "%%SYS-4-LOST: %u messages were lost to a slow reader", lost);
		lost = 0;
		emit(LOG_SEV_WARNING, note);
	}
	emit(severity, text);
}

/* The slot of "%FACILITY-n-MNEMONIC" by the bytes before the first colon. */
static struct bucket *bucket_of(const char *line)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (const char *p = line; *p && *p != ':'; p++)
		hash = (hash ^ (uint8_t)*p) * 16777619u;
	return &buckets[hash % LOG_MNEMONICS];
}

void log_line(enum log_severity severity, const char *line)
{
	emit_limited(severity, line, bucket_of(line));
}

void log_ios(const char *facility, enum log_severity severity, const char *mnemonic, const char *format, ...)
{
	struct text t = {0};
	va_list args;

	text_printf(&t, "%%%s-%d-%s: ", facility, severity, mnemonic);
	va_start(args, format);
	text_vprintf(&t, format, args);
	va_end(args);
	log_line(severity, text_str(&t));
	text_free(&t);
}

void log_fault(const char *format, ...)
{
	char line[LOG_LINE_MAX];
	va_list args;
	int head, n;

	head = snprintf(line, sizeof(line), "%shotswand: ", to_journal() ? "<3>" : "");
	va_start(args, format);
	n = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, format, args);
	va_end(args);
	n = n < 0 ? 0 : n > (int)sizeof(line) - head - 2 ? (int)sizeof(line) - head - 2 : n;
	line[head + n] = '\n';
	put(line, (size_t)(head + n + 1));
}
