/*
 * Time as the cores see it.
 *
 * Owns:  mono_t, nanoseconds of CLOCK_BOOTTIME in a type of its own, so that it cannot be mixed with a duration.
 * Never: reads a clock; the daemon and the simulator hand the time in.
 */
#ifndef BASE_MONO_H
#define BASE_MONO_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
	int64_t ns;
} mono_t;

#define MONO_NEVER ((mono_t){INT64_MAX})

static inline mono_t mono_add_ms(mono_t t, int64_t ms)
{
	return t.ns == INT64_MAX ? t : (mono_t){t.ns + ms * 1000000};
}

static inline mono_t mono_add_ns(mono_t t, int64_t ns)
{
	return t.ns == INT64_MAX ? t : (mono_t){t.ns + ns};
}

/* Milliseconds from `from` to `to`, rounded towards zero; negative when `to` is earlier. */
static inline int64_t mono_diff_ms(mono_t to, mono_t from)
{
	return (to.ns - from.ns) / 1000000;
}

static inline bool mono_before(mono_t a, mono_t b)
{
	return a.ns < b.ns;
}

static inline mono_t mono_min(mono_t a, mono_t b)
{
	return a.ns < b.ns ? a : b;
}

#endif
