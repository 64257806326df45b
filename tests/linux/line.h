/*
 * A headend between two sides, each a network namespace; the test process is the headend:
 *
 *   hosts 10.1.0.2, .3  --- l0  headend  e0 ---  outside 192.0.2.2, networks 10.2.0.1, 10.2.0.5, 10.3.0.1
 *                     10.1.0.1        192.0.2.1
 */
#ifndef TESTS_LINE_H
#define TESTS_LINE_H

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>

#include "netns.h"

enum { COMMAND_MAX = 1024 };

static char inside[32], outside[32];

/* Runs a command on one side (inside, outside) or here (NULL); its exit status. */
__attribute__((format(printf, 2, 3))) static inline int on(const char *side, const char *format, ...)
{
	char line[COMMAND_MAX], whole[COMMAND_MAX + 128];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (!side)
		return run(line);
	snprintf(whole, sizeof(whole), "ip netns exec %s %s", side, line);
	return run(whole);
}

static inline void must(const char *side, const char *line)
{
	if (on(side, "%s", line) != 0)
		fail_msg("failed: %s", line);
}

static inline int line_build(const char *test)
{
	snprintf(inside, sizeof(inside), "hsf%d-in", getpid());
	snprintf(outside, sizeof(outside), "hsf%d-out", getpid());
	netns_enter(test);
	return on(NULL,
		"ip netns add %1$s && ip netns add %2$s && "
		"ip link add l0 type veth peer name h0 netns %1$s && ip link add e0 type veth peer name p0 "
		"netns %2$s && "
		"ip addr add 10.1.0.1/24 dev l0 && ip addr add 192.0.2.1/24 dev e0 && ip link set l0 up && "
		"ip link set e0 up && sysctl -qw net.ipv4.ip_forward=1 && ip route add 10.2.0.0/15 via "
		"192.0.2.2 && "
		"ip -n %1$s addr add 10.1.0.2/24 dev h0 && ip -n %1$s addr add 10.1.0.3/24 dev h0 && "
		"ip -n %1$s link set h0 up && ip -n %1$s route add default via 10.1.0.1 && ip -n %2$s link "
		"set lo up && "
		"ip -n %2$s addr add 192.0.2.2/24 dev p0 && ip -n %2$s addr add 10.2.0.1/24 dev lo && "
		"ip -n %2$s addr add 10.2.0.5/24 dev lo && ip -n %2$s addr add 10.3.0.1/24 dev lo && "
		"ip -n %2$s link set p0 up && ip -n %2$s route add default via 192.0.2.1",
		inside, outside);
}

/* Takes the namespaces away, and with them the devices. */
static inline int line_tear_down(void)
{
	return on(NULL, "ip netns del %s; ip netns del %s", inside, outside);
}

static inline bool pings(const char *side, const char *from, const char *to)
{
	return on(side, "ping -q -c 1 -W 1 -I %s %s >/dev/null 2>&1", from, to) == 0;
}

/* Counts on a side, at its very entrance, what matches; nft there is independent of the table under test. */
static inline void watch(const char *side, const char *match)
{
	on(side, "nft delete table inet watch 2>/dev/null");
	must(side, "nft add table inet watch");
	must(side, "nft 'add chain inet watch c { type filter hook prerouting priority -450; }'");
	if (on(side, "nft 'add rule inet watch c %s counter'", match) != 0)
		fail_msg("cannot watch %s", match);
}

static inline int watched(const char *side)
{
	char command[COMMAND_MAX], text[256];
	int packets = -1;

	snprintf(command, sizeof(command), "ip netns exec %s nft list table inet watch", side);
	FILE *f = popen(command, "r");

	assert_non_null(f);
	while (fgets(text, sizeof(text), f)) {
		const char *at = strstr(text, "packets ");

		if (at)
			packets = atoi(at + strlen("packets "));
	}
	pclose(f);
	assert_true(packets >= 0);
	return packets;
}

/* The same, once so many have come or it was waited for long enough: the kernel may have some on their way. */
static inline int watched_until(const char *side, int packets)
{
	enum { TURNS = 500, TURN_MS = 20 };
	int found = watched(side);

	for (int i = 0; found < packets && i < TURNS; i++) {
		poll(NULL, 0, TURN_MS);
		found = watched(side);
	}
	return found;
}

#endif
