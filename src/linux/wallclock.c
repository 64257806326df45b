/* The wall clock: see wallclock.h. */
#include "linux/wallclock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000ll

static int64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

/* Armed before the clock is read: a step in between is noticed. */
static int arm(int fd, int64_t *offset_ns)
{
	struct itimerspec never = {.it_value.tv_sec = 0x1ffffffffll};

	if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0)
		return -errno;
	*offset_ns = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_BOOTTIME);
	return 0;
}

int wallclock_open(int64_t *offset_ns)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	int e = arm(fd, offset_ns);
	if (e < 0) {
		close(fd);
		return e;
	}
	return fd;
}

bool wallclock_stepped(int fd, int64_t *offset_ns)
{
	uint64_t expirations;

	if (read(fd, &expirations, sizeof(expirations)) >= 0 || errno != ECANCELED)
		return false;
	(void)arm(fd, offset_ns);
	return true;
}
