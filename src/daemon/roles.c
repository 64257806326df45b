/* What launcher and roles tell each other: see roles.h. */
#include "daemon/roles.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/loop.h"

enum { HEARTBEAT_MS = 2000 };

const char *role_word(enum role role)
{
	static const char *const names[ROLE_COUNT] = {[ROLE_LAUNCHER] = "launcher",
		[ROLE_HSRP] = "hsrp",
		[ROLE_ENGINE] = "engine",
		[ROLE_IKE] = "ike"};

	return names[role];
}

/* A report is one packet: 'R' (ready) or 'S' (status), then the line. */
static void report(char kind, const char *status)
{
	char packet[256];
	int n = snprintf(packet, sizeof(packet), "%c%s", kind, status);

	if (n >= (int)sizeof(packet))
		n = sizeof(packet) - 1;
	(void)send(ROLE_FD_REPORT, packet, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static struct loop_timer *heart;

static void beat(void *loop)
{
	(void)loop;
	report('H', "");
	loop_timer_set(heart, mono_add_ms(loop_clock(), HEARTBEAT_MS));
}

int role_heartbeat(struct loop *l)
{
	heart = loop_timer_new(l, beat, l);
	if (!heart)
		return -ENOMEM;
	beat(l);
	return 0;
}

void role_ready(const char *status)
{
	report('R', status);
}

void role_status(const char *status)
{
	report('S', status);
}
