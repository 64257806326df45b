/*
 * The wall clock, and the moment at which somebody sets it.
 *
 * Owns:  one timer descriptor that the kernel makes readable when CLOCK_REALTIME is stepped.
 * Never: notices slewing: that moves CLOCK_BOOTTIME just the same.
 * Time:  the offset is CLOCK_REALTIME minus CLOCK_BOOTTIME, in nanoseconds.
 */
#ifndef LINUX_WALLCLOCK_H
#define LINUX_WALLCLOCK_H

#include <stdbool.h>
#include <stdint.h>

int wallclock_open(int64_t *offset_ns); /* a non-blocking descriptor to be polled for input, or -errno */
/* It is readable: true and the new offset when the clock was stepped. */
bool wallclock_stepped(int fd, int64_t *offset_ns);

#endif
