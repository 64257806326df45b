/*
 * Two real charons in namespaces of their own: ours, started as the ike role does it, and a plain one that swanctl drives.
 *
 *   ours 10.2.0.1 (192.168.1.1/24 behind it) ---- veth ---- peer 10.2.0.9 (172.16.0.1/24 behind it)
 *
 * Owns:  both processes (they die with the test), their directory, and what the adapter reported, in order.
 */
#ifndef TESTS_CHARON_PAIR_H
#define TESTS_CHARON_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

#include "base/text.h"
#include "linux/charon.h"
#include "linux/ike.h"
#include "netns.h"

enum {
	EVENTS_MAX = 512,
	UP_MS = 30000,
	SOON_MS =
		20000, /* charon says a lost message again after 4 s; and this machine may have other work */
};

/* What was reported, in order. */
struct seen {
	enum event_kind kind;
	char conn[IKE_CONN_NAME_MAX];
	struct ike_sa ike;
	struct child_sa child;
	uint32_t old_child_id, incarnation;
	uint64_t cookie;
	int error;
	bool libipsec;
	struct ike_liveness liveness;
};

static char dir[] = "/tmp/hotswan-ike-XXXXXX";
static sd_event *loop;
static struct ike *ike;
static struct seen seen[EVENTS_MAX];
static size_t seen_count;
static pid_t peer_pid, charon_pid;

static void on_event(void *user, const struct event *e)
{
	struct seen *s = &seen[seen_count];

	(void)user;
	assert_true(seen_count < EVENTS_MAX);
	*s = (struct seen){.kind = e->kind};
	switch (e->kind) {
	case EV_IKE_UP:
		s->incarnation = e->ike.incarnation;
		s->libipsec = e->ike.libipsec;
		break;
	case EV_IKE_SA:
	case EV_IKE_SA_GONE: s->ike = *e->ike_sa; break;
	case EV_CHILD_SA:
	case EV_CHILD_SA_GONE:
	case EV_CHILD_SA_REKEYED:
		s->child = *e->child.child;
		s->old_child_id = e->child.old ? e->child.old->id : 0;
		break;
	case EV_CONN: assert_true(str_copy(s->conn, sizeof(s->conn), e->conn)); break;
	case EV_RESULT:
		s->cookie = e->result.cookie;
		s->error = e->result.error;
		break;
	case EV_IKE_LIVENESS: s->liveness = e->liveness; break;
	default: break;
	}
	seen_count++;
}

static uint64_t now_ms(void)
{
	uint64_t now;

	sd_event_now(loop, CLOCK_BOOTTIME, &now);
	return now / 1000;
}

/* Runs the loop until an event of this kind is there at or after `from`; its index, or -1 when the time is over. */
static int wait_from(size_t from, enum event_kind kind, unsigned ms)
{
	uint64_t end = now_ms() + ms;

	for (size_t i = from;;) {
		for (; i < seen_count; i++)
			if (seen[i].kind == kind)
				return (int)i;
		if (now_ms() >= end)
			return -1;
		sd_event_run(loop, (end - now_ms()) * 1000);
	}
}

static const struct seen *want_from(size_t from, enum event_kind kind)
{
	int at = wait_from(from, kind, SOON_MS);

	assert_true(at >= 0);
	return &seen[at];
}

static void result_is(uint64_t cookie, int error)
{
	for (size_t from = 0;;) {
		int at = wait_from(from, EV_RESULT, SOON_MS);
		assert_true(at >= 0);
		if (seen[at].cookie == cookie) {
			assert_int_equal(seen[at].error, error);
			return;
		}
		from = (size_t)at + 1;
	}
}

static void nothing_more(unsigned ms)
{
	size_t before = seen_count;
	uint64_t end = now_ms() + ms;

	while (now_ms() < end)
		sd_event_run(loop, (end - now_ms()) * 1000);
	assert_int_equal(seen_count, before);
}

static unsigned count_of(enum event_kind kind)
{
	unsigned n = 0;

	for (size_t i = 0; i < seen_count; i++)
		n += seen[i].kind == kind;
	return n;
}

/* ---- the peer ---- */

static int peer_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int peer_run(const char *format, ...)
{
	char inner[512], command[800];
	va_list args;

	va_start(args, format);
	vsnprintf(inner, sizeof(inner), format, args);
	va_end(args);
	snprintf(command, sizeof(command), "nsenter -n -t %d sh -c '%s' >%s/peer.command 2>&1", (int)peer_pid,
		inner, dir);
	return run(command);
}

static void write_text(const char *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void write_text(const char *file, const char *format, ...)
{
	char path[128];
	va_list args;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	va_start(args, format);
	vfprintf(f, format, args);
	va_end(args);
	assert_int_equal(fclose(f), 0);
}

/* A namespace of its own, a link to ours, and a charon with nothing of ours in it. */
static void peer_start(void)
{
	char variable[128], command[128];
	int ready[2], go[2];
	char byte;

	write_text("peer.conf",
		"charon-systemd {\n load = random nonce aes sha1 sha2 hmac kdf openssl pem gmp "
		"kernel-libipsec kernel-netlink "
		"socket-default vici\n install_routes = no\n plugins {\n vici {\n socket = "
		"unix://%s/peer.vici\n }\n }\n"
		" journal {\n default = -1\n }\n filelog {\n f {\n path = %s/peer.log\n default = 1\n "
		"flush_line = yes\n }\n }\n}\n",
		dir, dir);
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	peer_pid = fork();
	assert_true(peer_pid >= 0);
	if (peer_pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		char *const argv[] = {(char *)"charon-systemd", NULL}, *const envp[] = {variable, NULL};
		snprintf(variable, sizeof(variable), "STRONGSWAN_CONF=%s/peer.conf", dir);
		if (unshare(CLONE_NEWNET) < 0 || write(ready[1], "r", 1) != 1 || read(go[0], &byte, 1) != 1)
			_exit(1);
		if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
			_exit(1);
		execve(CHARON_BINARY, argv, envp);
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	snprintf(command, sizeof(command), "ip link add e0 type veth peer name e0 netns %d", (int)peer_pid);
	assert_int_equal(run(command), 0);
	assert_int_equal(
		run("ip addr add 10.2.0.1/24 dev e0; ip addr add 192.168.1.1/24 dev lo; ip link set e0 up"),
		0);
	assert_int_equal(peer_run("ip link set lo up; ip addr add 10.2.0.9/24 dev e0; ip addr add "
				  "172.16.0.1/24 dev lo; "
				  "ip link set e0 up"),
		0);
	assert_int_equal(write(go[1], "g", 1), 1);
}

/* The peer's half of the connection; its charon may still be starting. */
static void peer_configure(int version, const char *key)
{
	write_text("swanctl.conf",
		"connections {\n gw {\n version = %d\n local_addrs = 10.2.0.9\n remote_addrs = 10.2.0.1\n "
		"mobike = no\n"
		" proposals = aes128-sha1-modp2048\n local {\n auth = psk\n id = 10.2.0.9\n }\n remote {\n "
		"auth = psk\n id = "
		"10.2.0.1\n }\n children {\n net {\n local_ts = 172.16.0.0/24\n remote_ts = 192.168.1.0/24\n "
		"esp_proposals = "
		"aes128-sha1\n }\n }\n }\n}\nsecrets {\n ike-gw {\n id = 10.2.0.1\n secret = \"%s\"\n }\n}\n",
		version, key);
	for (int i = 0; i < 400; i++) {
		if (peer_run("swanctl --load-all --clear --uri unix://%s/peer.vici --file %s/swanctl.conf",
			    dir, dir) == 0)
			return;
		usleep(50000);
	}
	fail_msg("the peer's charon does not come up");
}

/* ---- ours ---- */

static void charon_start(void)
{
	charon_pid = fork();
	assert_true(charon_pid >= 0);
	if (charon_pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		struct text fault = {0};
		charon_exec(dir, CHARON_BINARY, &fault);
		dprintf(2, "%s\n", text_str(&fault));
		_exit(1);
	}
}

static struct ike_child child_make(void)
{
	struct ike_child c = {.name = "l10",
		.esp_proposals = "aes128-sha1",
		.life_time_s = 3600,
		.rekey_time_s = 3240,
		.life_bytes = 4608000ull * 1024};

	assert_true(prefix_parse("192.168.1.0/24", &c.local.prefix) &&
		prefix_parse("172.16.0.0/24", &c.remote.prefix));
	c.local.ports = c.remote.ports = (struct ports){0, 65535};
	return c;
}

static struct ike_conn conn_make(int version, struct ike_child *child)
{
	struct ike_conn c = {.name = "hs/FastEthernet0/0/mymap/1/10.2.0.9",
		.version = (uint8_t)version,
		.local_id = "10.2.0.1",
		.remote_id = "10.2.0.9",
		.proposals = "aes256-sha256-modp2048,aes128-sha1-modp2048",
		.dpd_delay_s = 10,
		.dpd_timeout_s = 10,
		.lifetime_s = 86400,
		.children = child,
		.child_count = 1};

	assert_true(ip_parse("10.2.0.1", &c.local) && ip_parse("10.2.0.9", &c.remote));
	return c;
}

static void load(const struct ike_conn *c, const char *owners, const char *key)
{
	struct ike_secret s = {.id = "hs/key/1", .key = (char *)key, .key_len = strlen(key)};

	if (owners)
		assert_true(prefix_parse(owners, &s.owners));
	assert_int_equal(ike_secret_load(ike, &s, 71), 0);
	assert_int_equal(ike_conn_load(ike, c, 72), 0);
	result_is(71, 0);
	result_is(72, 0);
	seen_count = 0;
}

/* Everything down on both sides, nothing loaded. */
static void unload(const char *conn)
{
	assert_int_equal(ike_conn_unload(ike, conn, 81), 0);
	assert_int_equal(ike_secret_unload(ike, "hs/key/1", 82), 0);
	assert_int_equal(ike_terminate(ike, &(struct ike_target){.conn = conn}, true, 83), 0);
	result_is(81, 0);
	result_is(82, 0);
	result_is(83, 0);
	(void)peer_run("swanctl --terminate --ike gw --force --uri unix://%s/peer.vici", dir);
	do { /* what this leads to comes by the same socket as the answer, before it */
		seen_count = 0;
		assert_int_equal(ike_snapshot(ike), 0);
		want_from(0, EV_SA_SNAPSHOT_END);
	} while (count_of(EV_IKE_SA) > 0);
	seen_count = 0;
}

static bool traffic_flows(void)
{
	return run("ping -q -n -c 3 -i 0.05 -W 1 -I 192.168.1.1 172.16.0.1 >/dev/null") == 0;
}

/* ---- set-up ---- */

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	peer_start();
	assert_true(sd_event_new(&loop) >= 0);
	sd_event_run(loop, 0); /* so that there is a `now` */
	assert_int_equal(ike_new(&ike, loop, dir, on_event, NULL), 0);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void clean_up(void)
{
	if (charon_pid > 0)
		kill(charon_pid, SIGKILL);
	if (peer_pid > 0)
		kill(peer_pid, SIGKILL);
	if (!getenv("KEEP"))
		nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int tear_down(void **state)
{
	(void)state;
	ike_free(ike);
	sd_event_unref(loop);
	clean_up();
	return 0;
}

#endif
