/*
 * Messages with IOS mnemonics, and the one line of a start-up fault.
 *
 * Owns:  standard error, the rate limit.
 * Never: blocks: a reader that stalls loses lines, which are counted and announced. No secret is ever handed in (D16).
 *
 * Under systemd (standard error is the journal) a line carries its priority; elsewhere a time stamp as IOS writes it.
 */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <stdarg.h>
#include <stdbool.h>

/* IOS severities, the same numbers as syslog's. */
enum log_severity {
	LOG_SEV_EMERGENCY,
	LOG_SEV_ALERT,
	LOG_SEV_CRITICAL,
	LOG_SEV_ERROR,
	LOG_SEV_WARNING,
	LOG_SEV_NOTICE,
	LOG_SEV_INFO,
	LOG_SEV_DEBUG,
};

/* "%FACILITY-severity-MNEMONIC: text". At most 20 at once and 10 a second of one mnemonic; the rest is counted;
 * of debug lines LOG_DEBUG_SCALE times as many. */
void log_ios(const char *facility, enum log_severity severity, const char *mnemonic, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same for a line that is complete already ("%HSRP-5-STATECHANGE: ..."). */
void log_line(enum log_severity severity, const char *line);

/* One clear line about why the program cannot start: "hotswand: TEXT". Not limited. */
void log_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Only hands the line to the tap: another process wrote it already. */
void log_show(const char *line);

/* Called with each line that is written, for sessions with "terminal monitor"; NULL for none. */
typedef void (*log_tap)(void *ctx, const char *line);
void log_set_tap(log_tap tap, void *ctx);

#endif
