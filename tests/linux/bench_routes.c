/*
 * How fast routes go into the kernel and out again, beside `ip -batch`, in one run. Not part of the tests: run it by hand,
 * as root, with the number of routes: build/tests/linux/bench_routes 100000
 */
#include <poll.h>
#include <time.h>

#include "linux/rtnetlink.h"
#include "netns.h"

static struct rtnl *rn;
static unsigned long results, failures, added, gone, snapshots;
static int64_t worst_us;

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void on_event(void *arg, const struct event *e)
{
	(void)arg;
	results += e->kind == EV_RESULT;
	failures += e->kind == EV_RESULT && e->result.error;
	added += e->kind == EV_ROUTE && e->route.protocol == ROUTE_PROTO_RRI;
	gone += e->kind == EV_ROUTE_GONE && e->route.protocol == ROUTE_PROTO_RRI;
	snapshots += e->kind == EV_SNAPSHOT_END;
}

static void work_until(const unsigned long *counter, unsigned long wanted)
{
	struct pollfd p = {.fd = rtnl_fd(rn), .events = POLLIN};

	while (*counter < wanted) {
		if (poll(&p, 1, 10000) <= 0) {
			fprintf(stderr, "stuck at %lu of %lu\n", *counter, wanted);
			exit(1);
		}
		int64_t begun = now_us();

		if (rtnl_readable(rn) < 0)
			exit(1);
		if (now_us() - begun > worst_us)
			worst_us = now_us() - begun;
	}
}

static struct route route(unsigned i, int ifindex)
{
	struct route r = {.table = 254, .ifindex = ifindex, .metric = 16777217, .protocol = ROUTE_PROTO_RRI};

	r.prefix = prefix_make(ip_v4(0x0b000000 + i * 256), 24);
	r.gateway = ip_v4(0x0a010102);
	return r;
}

static int64_t ours(unsigned count, int ifindex, bool adds)
{
	int64_t begun = now_us();

	results = 0;
	for (unsigned i = 0; i < count; i++) {
		struct route r = route(i, ifindex);
		int error = adds ? rtnl_route_add(rn, &r, i + 1) : rtnl_route_delete(rn, &r, i + 1);

		if (error)
			exit(1);
	}
	rtnl_flush(rn);
	work_until(&results, count);
	return now_us() - begun;
}

static int64_t batch(const char *file)
{
	char command[128];
	int64_t begun = now_us();

	snprintf(command, sizeof(command), "ip -batch %s", file);
	if (run(command) != 0)
		exit(1);
	return now_us() - begun;
}

static void write_batch(const char *file, const char *verb, unsigned count)
{
	FILE *f = fopen(file, "w");

	if (!f)
		exit(1);
	for (unsigned i = 0; i < count; i++)
		fprintf(f, "route %s %u.%u.%u.0/24 via 10.1.1.2 dev e0 proto 213 metric 16777217\n", verb,
			11 + (i >> 16), i >> 8 & 255, i & 255);
	fclose(f);
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 100000;
	struct rtnl_config config = {.event = on_event};
	char add_file[] = "/tmp/hotswan-bench-add-XXXXXX", delete_file[] = "/tmp/hotswan-bench-del-XXXXXX";

	netns_enter("bench_routes");
	if (run("ip link add e0 index 7 type veth peer name p0 && ip link set e0 up && ip link set p0 up && "
		"ip addr add 10.1.1.1/24 dev e0") != 0 ||
		rtnl_open(&rn, &config) != 0 || mkstemp(add_file) < 0 || mkstemp(delete_file) < 0)
		return 1;
	write_batch(add_file, "add", count);
	write_batch(delete_file, "del", count);
	rtnl_snapshot(rn);
	work_until(&snapshots, 1);

	int64_t add = ours(count, 7, true);
	work_until(&added, count);
	int64_t begun = now_us();

	rtnl_snapshot(rn);
	work_until(&snapshots, 2);
	int64_t snapshot = now_us() - begun, remove = ours(count, 7, false);

	work_until(&gone, count);
	int64_t slice = worst_us;

	/* The same for `ip`. */
	rtnl_close(rn);
	int64_t ip_add = batch(add_file), ip_delete = batch(delete_file);

	unlink(add_file);
	unlink(delete_file);
	printf("%u routes: add %lld ms (ip -batch %lld ms, ratio %.2f), delete %lld ms (ip -batch %lld ms, "
	       "ratio %.2f)\n",
		count, (long long)add / 1000, (long long)ip_add / 1000, (double)ip_add / (double)add,
		(long long)remove / 1000, (long long)ip_delete / 1000, (double)ip_delete / (double)remove);
	printf("snapshot of them %lld ms, longest slice %lld us, failures %lu\n", (long long)snapshot / 1000,
		(long long)slice, failures);
	return failures > 0;
}
