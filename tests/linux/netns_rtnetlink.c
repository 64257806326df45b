/* Links, addresses and routes against a real kernel, each test in a fresh network namespace. */
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

#include "linux/rtnetlink.h"
#include "netns.h"

enum { SEEN_MAX = 20000, WAIT_MS = 20000 };

/* Everything the adapter said since the last forget(). */
static struct event seen[SEEN_MAX];
static size_t seen_count;
static struct rtnl *rn;

static void record(void *arg, const struct event *e)
{
	(void)arg;
	if (seen_count < SEEN_MAX)
		seen[seen_count++] = *e;
}

static void forget(void)
{
	seen_count = 0;
}

static const struct event *find(
	enum event_kind kind, bool (*f)(const struct event *e, const void *arg), const void *arg)
{
	for (size_t i = 0; i < seen_count; i++)
		if (seen[i].kind == kind && (!f || f(&seen[i], arg)))
			return &seen[i];
	return NULL;
}

static size_t count(enum event_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < seen_count; i++)
		n += seen[i].kind == kind;
	return n;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* Works until nothing happens for `quiet_ms`. */
static void settle(int quiet_ms)
{
	struct pollfd p = {.fd = rtnl_fd(rn), .events = POLLIN};

	rtnl_flush(rn);
	while (poll(&p, 1, quiet_ms) > 0)
		assert_int_equal(rtnl_readable(rn), 0);
}

/* Works until an event of the kind is seen; fails when it does not come in time. */
static const struct event *await(
	enum event_kind kind, bool (*f)(const struct event *, const void *), const void *arg)
{
	struct pollfd p = {.fd = rtnl_fd(rn), .events = POLLIN};
	int64_t until = now_ms() + WAIT_MS;
	const struct event *e;

	rtnl_flush(rn);
	while (!(e = find(kind, f, arg))) {
		assert_true(now_ms() < until);
		poll(&p, 1, 100);
		assert_int_equal(rtnl_readable(rn), 0);
	}
	return e;
}

static bool has_cookie(const struct event *e, const void *arg)
{
	return e->result.cookie == *(const uint64_t *)arg;
}

static int result_of(uint64_t cookie)
{
	return await(EV_RESULT, has_cookie, &cookie)->result.error;
}

static bool is_named(const struct event *e, const void *name)
{
	return !strcmp(e->link.name, name);
}

static bool runs_with_alias(const struct event *e, const void *name)
{
	return is_named(e, name) && e->link.alias[0] && e->link.up && e->link.running;
}

static bool is_prefix(const struct event *e, const void *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, &p));
	return prefix_equal(&e->route.prefix, &p);
}

static bool is_underlay(const struct event *e, const void *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, &p));
	return prefix_equal(&e->underlay, &p);
}

static bool is_address(const struct event *e, const void *text)
{
	struct ipaddr a;

	assert_true(ip_parse(text, &a));
	return ip_equal(&e->address.prefix.addr, &a);
}

static bool is_target(const struct event *e, const void *text)
{
	struct ipaddr a;

	assert_true(ip_parse(text, &a));
	return ip_equal(&e->resolved.target, &a);
}

static int index_of(const char *name)
{
	return await(EV_LINK, is_named, name)->link.ifindex;
}

static struct ipaddr ip(const char *text)
{
	struct ipaddr a = {0};

	if (text)
		assert_true(ip_parse(text, &a));
	return a;
}

static struct route route(const char *prefix, const char *gateway, int ifindex, uint8_t protocol)
{
	struct route r = {.table = 254,
		.gateway = ip(gateway),
		.ifindex = ifindex,
		.metric = 16777217,
		.protocol = protocol};

	assert_true(prefix_parse(prefix, &r.prefix));
	return r;
}

static void assert_shell(const char *command)
{
	if (run(command) != 0)
		fail_msg("failed: %s", command);
}

static void refuse_shell(const char *command)
{
	if (run(command) == 0)
		fail_msg("must fail: %s", command);
}

/* A namespace with e0 (10.1.1.1/24) up, its other end e0p, and an adapter that has seen a snapshot. */
static int fresh(void **state)
{
	struct rtnl_config config = {.event = record, .receive_buffer = *state ? *(int *)*state : 0};

	netns_enter("netns_rtnetlink");
	if (run("ip link add e0 type veth peer name e0p && ip link set e0 up && ip link set e0p up && "
		"ip addr add 10.1.1.1/24 dev e0 && sysctl -qw net.ipv6.conf.all.disable_ipv6=1") != 0)
		return -1;
	forget();
	if (rtnl_open(&rn, &config) != 0)
		return -1;
	rtnl_snapshot(rn);
	await(EV_SNAPSHOT_END, NULL, NULL);
	return 0;
}

static int small_buffer(void **state)
{
	static int bytes = 4096;
	void *with = &bytes;

	(void)state;
	return fresh(&with);
}

static int done(void **state)
{
	(void)state;
	rtnl_close(rn);
	rn = NULL;
	return 0;
}

/* --- Snapshot ---------------------------------------------------------------------------------------------------- */

static void a_snapshot_names_what_is_there(void **state)
{
	(void)state;
	assert_int_equal(seen[0].kind, EV_SNAPSHOT_BEGIN);
	const struct event *e = find(EV_LINK, is_named, "e0");

	assert_non_null(e);
	assert_true(e->link.up && e->link.running);
	assert_int_equal(e->link.mtu, 1500);
	assert_false(e->link.ike_tun);
	e = find(EV_ADDRESS, is_address, "10.1.1.1");
	assert_non_null(e);
	assert_int_equal(e->address.prefix.len, 24);
	assert_false(e->address.ours);
	/* Of routes that nobody advertises each one is named: a user's must not be overridden (R12). */
	assert_int_equal(count(EV_ROUTE), 1);
	assert_int_equal(find(EV_ROUTE, is_prefix, "10.1.1.0/24")->route.protocol, 2);
	assert_int_equal(count(EV_SNAPSHOT_END), 1);
}

static void links_come_change_and_go(void **state)
{
	(void)state;
	forget();
	assert_shell("ip link add m0 link e0 type macvlan mode private");
	assert_shell("ip link set m0 address 00:00:0c:07:ac:01 alias 'hotswan e0 1'");
	/* The kernel tells an alias with the next change, not by itself. */
	assert_shell("ip link set m0 up");
	const struct event *e = await(EV_LINK, runs_with_alias, "m0");
	char text[MAC_TEXT_MAX];

	assert_string_equal(mac_format(&e->link.mac, text), "00:00:0c:07:ac:01");
	assert_string_equal(e->link.alias, "hotswan e0 1");
	forget();
	assert_shell("ip addr add 10.1.1.9/24 dev m0");
	/* What sits on an interface of ours is ours. */
	assert_true(await(EV_ADDRESS, is_address, "10.1.1.9")->address.ours);
	settle(50);
	forget();
	assert_shell("ip link del m0");
	await(EV_LINK_GONE, is_named, "m0");
	settle(50);
	/* Injected routes hang on a virtual address, and go with it without a word. */
	assert_int_equal(count(EV_SNAPSHOT_BEGIN), 1);
}

static void a_port_that_leaves_its_bridge_is_still_there(void **state)
{
	(void)state;
	assert_shell("ip link add b0 type bridge && ip link set e0p master b0");
	settle(50);
	forget();
	assert_shell("ip link set e0p nomaster");
	settle(50);
	assert_null(find(EV_LINK_GONE, NULL, NULL));
}

static void charons_tun_is_known_by_kind_and_name(void **state)
{
	(void)state;
	if (access("/dev/net/tun", R_OK | W_OK) != 0) {
		fprintf(stderr, "SKIPPED: no /dev/net/tun here\n");
		return;
	}
	forget();
	assert_shell("ip tuntap add ipsec0 mode tun && ip link add ipsec1 type veth peer name ipsec1p");
	assert_true(await(EV_LINK, is_named, "ipsec0")->link.ike_tun);
	assert_false(await(EV_LINK, is_named, "ipsec1")->link.ike_tun);
}

/* --- Routes ------------------------------------------------------------------------------------------------------ */

static void a_route_goes_in_and_out(void **state)
{
	struct route r = route("172.17.11.0/24", "10.1.1.2", index_of("e0"), ROUTE_PROTO_RRI);

	(void)state;
	r.mtu = 1400;
	r.source = ip("10.1.1.1");
	forget();
	assert_int_equal(rtnl_route_add(rn, &r, 7), 0);
	assert_int_equal(result_of(7), 0);
	assert_shell("ip route show 172.17.11.0/24 | grep -q "
		     "'via 10.1.1.2 dev e0 proto 213 src 10.1.1.1 metric 16777217 mtu 1400'");
	settle(50);
	assert_int_equal(count(EV_ROUTE), 0); /* the answer has told it */
	rtnl_snapshot(rn);
	const struct event *e = await(EV_ROUTE, is_prefix, "172.17.11.0/24");

	assert_true(ip_equal(&e->route.gateway, &r.gateway) && ip_equal(&e->route.source, &r.source));
	assert_int_equal(e->route.table, 254);
	assert_int_equal(e->route.ifindex, r.ifindex);
	assert_int_equal(e->route.metric, r.metric);
	assert_int_equal(e->route.protocol, ROUTE_PROTO_RRI);
	assert_int_equal(e->route.mtu, 1400);
	assert_int_equal(count(EV_UNDERLAY), 0); /* ours is no underlay */
	/* The same again is nothing new. */
	assert_int_equal(rtnl_route_add(rn, &r, 8), 0);
	assert_int_equal(result_of(8), 0);
	assert_int_equal(rtnl_route_delete(rn, &r, 9), 0);
	assert_int_equal(result_of(9), 0);
	settle(50);
	assert_int_equal(count(EV_ROUTE_GONE), 0);
	refuse_shell("ip route show 172.17.11.0/24 | grep -q .");
	/* Gone already is as good. */
	assert_int_equal(rtnl_route_delete(rn, &r, 10), 0);
	assert_int_equal(result_of(10), 0);
}

static void what_others_do_to_our_routes_is_told(void **state)
{
	struct route r = route("172.17.11.0/24", "10.1.1.2", index_of("e0"), ROUTE_PROTO_RRI);

	(void)state;
	rtnl_route_add(rn, &r, 7);
	assert_int_equal(result_of(7), 0);
	settle(50);
	forget();
	assert_shell("ip route del 172.17.11.0/24");
	await(EV_ROUTE_GONE, is_prefix, "172.17.11.0/24");
	assert_shell("ip route add 172.17.12.0/24 via 10.1.1.2 proto 213");
	await(EV_ROUTE, is_prefix, "172.17.12.0/24");
	assert_shell("ip route replace 172.17.12.0/24 via 10.1.1.3 proto 214");
	await(EV_ROUTE, is_prefix, "172.17.12.0/24");
	r.protocol = ROUTE_PROTO_STATIC; /* our own `ip route` is underlay: told, too */
	forget();
	rtnl_route_add(rn, &r, 8);
	await(EV_ROUTE, is_prefix, "172.17.11.0/24");
	assert_int_equal(count(EV_UNDERLAY), 1);
}

static void routes_of_every_shape(void **state)
{
	int e0 = index_of("e0");
	struct route on_link = route("172.17.12.0/24", NULL, e0, ROUTE_PROTO_HELPER);
	struct route forced = route("172.17.13.1/32", "192.0.2.1", e0, ROUTE_PROTO_STATIC);
	struct route unreachable = route("172.17.14.0/24", "192.0.2.1", e0, ROUTE_PROTO_STATIC);
	struct route elsewhere = route("0.0.0.0/0", "10.1.1.2", e0, ROUTE_PROTO_RRI);

	(void)state;
	forced.onlink = true;
	elsewhere.table = 70000;
	rtnl_route_add(rn, &on_link, 1);
	rtnl_route_add(rn, &forced, 2);
	rtnl_route_add(rn, &unreachable, 3);
	rtnl_route_add(rn, &elsewhere, 4);
	assert_int_equal(result_of(4), 0);
	assert_int_equal(result_of(1), 0);
	assert_int_equal(result_of(2), 0);
	assert_int_equal(result_of(3), -ENETUNREACH);
	assert_shell("ip route show 172.17.12.0/24 | grep -q 'dev e0 proto 214 scope link'");
	assert_shell("ip route show 172.17.13.1 | grep -q 'via 192.0.2.1 dev e0 proto 215 metric 16777217 "
		     "onlink'");
	assert_shell("ip route show table 70000 | grep -q 'default via 10.1.1.2 dev e0 proto 213'");
	await(EV_UNDERLAY, is_underlay, "172.17.13.1/32"); /* a configured static route is underlay */
	rtnl_route_delete(rn, &elsewhere, 5);
	assert_int_equal(result_of(5), 0);
	refuse_shell("ip route show table 70000 | grep -q .");
}

static void our_own_route_is_replaced_in_one_step(void **state)
{
	int e0 = index_of("e0");
	struct route old = route("172.17.11.0/24", "10.1.1.2", e0, ROUTE_PROTO_RRI);
	struct route new = route("172.17.11.0/24", "10.1.1.3", e0, ROUTE_PROTO_RRI);

	(void)state;
	rtnl_route_add(rn, &old, 1);
	assert_int_equal(result_of(1), 0);
	forget();
	rtnl_route_add(rn, &new, 2);
	assert_int_equal(result_of(2), 0);
	settle(50);
	assert_int_equal(count(EV_ROUTE_GONE), 0); /* no flap */
	assert_shell("test \"$(ip route show 172.17.11.0/24 | grep -c .)\" = 1");
	assert_shell("ip route show 172.17.11.0/24 | grep -q 'via 10.1.1.3'");
	/* A longer prefix at the same address hides the place from a lookup. */
	assert_shell("ip route add 172.17.11.0/32 via 10.1.1.9");
	rtnl_route_add(rn, &old, 3);
	assert_int_equal(result_of(3), 0);
	assert_shell("test \"$(ip route show exact 172.17.11.0/24 | grep -c .)\" = 1");
	assert_shell("ip route show exact 172.17.11.0/24 | grep -q 'via 10.1.1.2'");
}

static void what_others_put_there_stays(void **state)
{
	struct route r = route("172.17.11.0/24", "10.1.1.2", index_of("e0"), ROUTE_PROTO_RRI);

	(void)state;
	assert_shell("ip route add 172.17.11.0/24 via 10.1.1.9 metric 16777217 proto static");
	rtnl_route_add(rn, &r, 1);
	assert_int_equal(result_of(1), -EEXIST);
	rtnl_route_delete(rn, &r, 2);
	assert_int_equal(result_of(2), 0);
	assert_shell(
		"ip route add 172.17.11.0/32 via 10.1.1.9"); /* now it cannot be told whose it is: tried and refused */
	rtnl_route_add(rn, &r, 3);
	assert_int_equal(result_of(3), -EEXIST);
	assert_shell("test \"$(ip route show exact 172.17.11.0/24)\" = "
		     "'172.17.11.0/24 via 10.1.1.9 dev e0 proto static metric 16777217 '");
}

static void order_is_kept(void **state)
{
	int e0 = index_of("e0");
	struct route a = route("172.17.11.0/24", "10.1.1.2", e0, ROUTE_PROTO_RRI);
	struct route b = route("172.17.11.0/24", "10.1.1.3", e0, ROUTE_PROTO_RRI);

	(void)state;
	for (uint64_t i = 0; i < 300; i += 3) {
		rtnl_route_add(rn, &a, 1000 + i);
		rtnl_route_add(rn, &b, 1001 + i);
		rtnl_route_delete(rn, &a, 1002 + i);
	}
	rtnl_route_add(rn, &a, 1);
	rtnl_route_add(rn, &b, 2);
	assert_int_equal(result_of(2), 0);
	settle(20);
	for (uint64_t i = 0; i < 300; i++)
		assert_int_equal(result_of(1000 + i), 0);
	assert_shell("ip route show 172.17.11.0/24 | grep -q 'via 10.1.1.3'");
}

static void many_routes_and_one_that_fails(void **state)
{
	int e0 = index_of("e0");

	(void)state;
	forget();
	for (uint32_t i = 0; i < 5000; i++) {
		struct route r = route("172.16.0.0/32", "10.1.1.2", e0, ROUTE_PROTO_RRI);

		r.prefix.addr = ip_v4(0xac100000 + i);
		if (i == 2500)
			r.gateway = ip("192.0.2.1");
		assert_int_equal(rtnl_route_add(rn, &r, i + 1), 0);
	}
	assert_int_equal(result_of(5000), 0);
	settle(50);
	assert_int_equal(count(EV_RESULT), 5000);
	assert_int_equal(count(EV_ROUTE), 0);
	rtnl_snapshot(rn);
	await(EV_SNAPSHOT_END, NULL, NULL);
	size_t named = 0;

	for (size_t i = 0; i < seen_count; i++) {
		named += seen[i].kind == EV_ROUTE && seen[i].route.protocol == ROUTE_PROTO_RRI;
		if (seen[i].kind == EV_RESULT)
			assert_int_equal(
				seen[i].result.error, seen[i].result.cookie == 2501 ? -ENETUNREACH : 0);
	}
	assert_int_equal(named, 4999);
	assert_true(rtnl_counters(rn).batches < 60);
}

/* --- Underlay ---------------------------------------------------------------------------------------------------- */

static void foreign_routes_are_told_by_prefix_only(void **state)
{
	(void)state;
	settle(50);
	forget();
	assert_shell("ip route add 198.51.100.0/24 via 10.1.1.2 proto bird");
	await(EV_UNDERLAY, is_underlay, "198.51.100.0/24");
	assert_int_equal(count(EV_ROUTE), 0);
	forget();
	assert_shell("for i in $(seq 1 250); do echo route add 10.9.$i.0/24 via 10.1.1.2 proto zebra; done | "
		     "ip -batch -");
	await(EV_UNDERLAY, NULL, NULL);
	settle(100);
	assert_int_equal(count(EV_ROUTE), 0);
}

static void a_users_routes_are_told_one_by_one(void **state)
{
	(void)state;
	forget();
	assert_shell("ip route add 198.51.100.0/24 via 10.1.1.2");
	assert_true(await(EV_ROUTE, is_prefix, "198.51.100.0/24")->route.protocol == 3);
	forget();
	assert_shell("ip route replace 198.51.100.0/24 via 10.1.1.3");
	await(EV_SNAPSHOT_END, NULL, NULL); /* which one it was before, only a snapshot tells */
	forget();
	assert_shell("ip route del 198.51.100.0/24");
	await(EV_ROUTE_GONE, is_prefix, "198.51.100.0/24");
	forget();
	assert_shell("ip route add 198.51.100.0/24 via 10.1.1.2 table 77");
	settle(50);
	assert_int_equal(count(EV_ROUTE), 0);
}

static void next_hops_are_found(void **state)
{
	int e0 = index_of("e0");
	struct ipaddr target;
	const struct event *e;

	(void)state;
	assert_shell("ip route add default via 10.1.1.254");
	assert_shell("ip route add blackhole 203.0.113.0/24");
	target = ip("10.1.1.7"); /* on link */
	rtnl_resolve(rn, &target);
	e = await(EV_RESOLVED, is_target, "10.1.1.7");
	assert_int_equal(e->resolved.ifindex, e0);
	assert_false(ip_is_set(&e->resolved.gateway));
	assert_true(is_address(&(struct event){.address.prefix.addr = e->resolved.source}, "10.1.1.1"));
	target = ip("192.0.2.5"); /* by the gateway */
	rtnl_resolve(rn, &target);
	e = await(EV_RESOLVED, is_target, "192.0.2.5");
	assert_true(is_address(&(struct event){.address.prefix.addr = e->resolved.gateway}, "10.1.1.254"));
	target = ip("203.0.113.1"); /* nowhere */
	rtnl_resolve(rn, &target);
	assert_int_equal(await(EV_RESOLVED, is_target, "203.0.113.1")->resolved.ifindex, 0);
	target = ip("10.1.1.1"); /* ourselves */
	rtnl_resolve(rn, &target);
	assert_int_equal(await(EV_RESOLVED, is_target, "10.1.1.1")->resolved.ifindex, 0);
	assert_int_equal(rtnl_counters(rn).masked_resolves, 0);
}

/* The guide's peer 172.17.11.1 lies inside its own protected prefix 172.17.11.0/24 (V2). */
static void our_own_routes_do_not_answer(void **state)
{
	int e0 = index_of("e0");
	struct route injected = route("172.17.11.0/24", NULL, e0, ROUTE_PROTO_RRI);
	struct route helper = route("172.17.11.1/32", "10.1.1.66", e0, ROUTE_PROTO_HELPER);
	struct ipaddr target = ip("172.17.11.1"), other = ip("172.17.11.2");
	const struct event *e;

	(void)state;
	assert_shell("ip route add default via 10.1.1.254");
	assert_shell("ip route add 172.16.0.0/12 via 10.1.1.253");
	assert_shell("ip route add 172.17.11.0/24 via 10.1.1.252 metric 33554432");
	assert_shell(
		"ip route add 172.17.11.2/32 via 10.1.1.251 table 220 && ip rule add pref 220 lookup 220");
	rtnl_route_add(rn, &injected, 1);
	rtnl_route_add(rn, &helper, 2);
	assert_int_equal(result_of(2), 0);
	rtnl_resolve(rn, &target);
	rtnl_resolve(rn, &other);
	e = await(EV_RESOLVED, is_target, "172.17.11.1");
	assert_true(is_address(&(struct event){.address.prefix.addr = e->resolved.gateway}, "10.1.1.252"));
	e = await(EV_RESOLVED, is_target, "172.17.11.2");
	assert_true(is_address(&(struct event){.address.prefix.addr = e->resolved.gateway}, "10.1.1.252"));
	assert_int_equal(rtnl_counters(rn).masked_resolves, 2);
	forget();
	assert_shell("ip route del 172.17.11.0/24 via 10.1.1.252");
	await(EV_UNDERLAY, is_underlay, "172.17.11.0/24");
	rtnl_resolve(rn, &target);
	e = await(EV_RESOLVED, is_target, "172.17.11.1");
	assert_true(is_address(&(struct event){.address.prefix.addr = e->resolved.gateway}, "10.1.1.253"));
	forget();
	assert_shell("ip route del 172.16.0.0/12 && ip route del default");
	settle(50);
	rtnl_resolve(rn, &target);
	assert_int_equal(await(EV_RESOLVED, is_target, "172.17.11.1")->resolved.ifindex, 0);
}

static void next_hop_objects_and_multipath(void **state)
{
	struct ipaddr target = ip("198.51.100.1");
	struct route injected = route("198.51.100.0/24", NULL, index_of("e0"), ROUTE_PROTO_RRI);
	const struct event *e;

	(void)state;
	assert_shell("ip nexthop add id 7 via 10.1.1.77 dev e0 && ip route add 198.51.0.0/16 nhid 7");
	rtnl_resolve(rn, &target);
	e = await(EV_RESOLVED, is_target, "198.51.100.1");
	assert_true(is_address(&(struct event){.address.prefix.addr = e->resolved.gateway}, "10.1.1.77"));
	rtnl_route_add(rn, &injected, 1);
	assert_int_equal(result_of(1), 0);
	settle(50);
	forget();
	rtnl_resolve(rn, &target);
	e = await(EV_RESOLVED, is_target, "198.51.100.1");
	assert_true(is_address(&(struct event){.address.prefix.addr = e->resolved.gateway}, "10.1.1.77"));
	forget();
	assert_shell("ip nexthop replace id 7 via 10.1.1.78 dev e0");
	await(EV_UNDERLAY, NULL, NULL);
	assert_shell("ip route replace 198.51.0.0/16 nexthop via 10.1.1.5 nexthop via 10.1.1.6");
	settle(50);
	forget();
	rtnl_resolve(rn, &target);
	e = await(EV_RESOLVED, is_target, "198.51.100.1");
	assert_true(is_address(&(struct event){.address.prefix.addr = e->resolved.gateway}, "10.1.1.5"));
}

static void routes_that_go_silently_are_noticed(void **state)
{
	struct route r = route("172.17.11.0/24", "10.1.1.2", index_of("e0"), ROUTE_PROTO_RRI);

	(void)state;
	rtnl_route_add(rn, &r, 1);
	assert_int_equal(result_of(1), 0);
	settle(50);
	forget();
	assert_shell("ip link set e0 down");
	await(EV_SNAPSHOT_END, NULL, NULL);
	assert_null(find(EV_ROUTE, is_prefix, "172.17.11.0/24")); /* the snapshot does not name it */
	assert_non_null(find(EV_UNDERLAY, is_underlay, "0.0.0.0/0"));
	assert_shell("ip link set e0 up");
	rtnl_route_add(rn, &r, 2);
	assert_int_equal(result_of(2), 0);
	settle(50);
	forget();
	assert_shell("ip addr del 10.1.1.1/24 dev e0");
	await(EV_SNAPSHOT_END, NULL, NULL);
	assert_null(find(EV_ROUTE, is_prefix, "172.17.11.0/24"));
}

/* --- Addresses --------------------------------------------------------------------------------------------------- */

static void addresses_are_tagged_or_adopted(void **state)
{
	struct address ours = {.ifindex = index_of("e0"), .prefix = {ip("10.1.1.8"), 24}};
	struct address theirs = {.ifindex = ours.ifindex, .prefix = {ip("10.1.1.1"), 24}};

	(void)state;
	forget();
	rtnl_address_add(rn, &ours, 1);
	rtnl_address_add(rn, &theirs, 2);
	assert_int_equal(result_of(1), 0);
	assert_int_equal(result_of(2), -EEXIST); /* adopted, never removed (D14) */
	assert_true(await(EV_ADDRESS, is_address, "10.1.1.8")->address.ours);
	forget();
	rtnl_snapshot(rn);
	await(EV_SNAPSHOT_END, NULL, NULL);
	assert_true(find(EV_ADDRESS, is_address, "10.1.1.8")->address.ours);
	assert_false(find(EV_ADDRESS, is_address, "10.1.1.1")->address.ours);
	rtnl_address_delete(rn, &ours, 3);
	assert_int_equal(result_of(3), 0);
	await(EV_ADDRESS_GONE, is_address, "10.1.1.8");
	rtnl_address_delete(rn, &ours, 4);
	assert_int_equal(result_of(4), 0);
	assert_shell("ip addr show e0 | grep -q 10.1.1.1/24");
}

static void a_link_is_set_up_and_down(void **state)
{
	int e0 = index_of("e0");

	(void)state;
	rtnl_link_set(rn, e0, false, 1);
	assert_int_equal(result_of(1), 0);
	assert_shell("ip link show e0 | grep -q 'state DOWN'");
	rtnl_link_set(rn, e0, true, 2);
	assert_int_equal(result_of(2), 0);
	rtnl_link_set(rn, 9999, true, 3);
	assert_int_equal(result_of(3), -ENODEV);
}

/* --- Lost notifications ------------------------------------------------------------------------------------------ */

static void an_overrun_leads_to_a_snapshot(void **state)
{
	(void)state;
	settle(50);
	forget();
	/* The buffer holds a handful of notifications; nobody reads meanwhile. */
	assert_shell("for i in $(seq 1 200); do echo route add 10.9.$i.0/24 via 10.1.1.2 proto 213; done | "
		     "ip -batch -");
	assert_shell("ip route del 10.9.200.0/24");
	await(EV_FORCE_RELOAD, NULL, NULL);
	await(EV_SNAPSHOT_END, NULL, NULL);
	settle(50);
	size_t begin = 0;

	for (size_t i = 0; i < seen_count; i++)
		if (seen[i].kind == EV_SNAPSHOT_BEGIN)
			begin = i;
	size_t named = 0;

	for (size_t i = begin; i < seen_count; i++)
		named += seen[i].kind == EV_ROUTE && seen[i].route.protocol == ROUTE_PROTO_RRI;
	assert_int_equal(named, 199);
	assert_non_null(find(EV_UNDERLAY, is_underlay, "0.0.0.0/0"));
}

/* --- Dumps for show ---------------------------------------------------------------------------------------------- */

static size_t dumped, dumped_connected, dumped_hops;
static int dump_error;

static void on_route(void *arg, const struct rtnl_route *r)
{
	(void)arg;
	dumped++;
	dumped_connected += r->route.protocol == 2 && r->route.table == 254 && r->scope == 253;
	dumped_hops += r->hop > 0;
}

static void on_done(void *arg, int error)
{
	*(bool *)arg = true;
	dump_error = error;
}

static void all_routes_are_dumped(void **state)
{
	bool over = false;

	(void)state;
	dumped = dumped_connected = dumped_hops = 0;
	assert_shell("for i in $(seq 1 250); do for j in $(seq 1 20); do echo route add 10.$i.$j.0/24 via "
		     "10.1.1.2 "
		     "metric 9; done; done | ip -batch -");
	assert_shell("ip route add 192.0.2.0/24 nexthop via 10.1.1.5 nexthop via 10.1.1.6");
	assert_true(rtnl_routes(rn, on_route, on_done, &over) > 0);
	for (int64_t until = now_ms() + WAIT_MS; !over && now_ms() < until;)
		settle(10);
	assert_true(over);
	assert_int_equal(dump_error, 0);
	assert_int_equal(dumped_connected, 1);
	assert_int_equal(dumped_hops, 1);
	assert_true(dumped >= 5003);
	over = false;
	rtnl_question_cancel(rn, rtnl_routes(rn, on_route, on_done, &over));
	settle(50);
	assert_false(over);
}

static struct device_counters counted[64];
static struct arp_entry arps[64];
static size_t counted_count, arp_count;

static void on_device(void *arg, const struct device_counters *d)
{
	(void)arg;
	if (counted_count < sizeof(counted) / sizeof(*counted))
		counted[counted_count++] = *d;
}

static void on_arp(void *arg, const struct arp_entry *e)
{
	(void)arg;
	if (arp_count < sizeof(arps) / sizeof(*arps))
		arps[arp_count++] = *e;
}

static const struct device_counters *counters_of(int ifindex)
{
	bool over = false;

	counted_count = 0;
	assert_true(rtnl_counters_of_devices(rn, on_device, on_done, &over) > 0);
	for (int64_t until = now_ms() + WAIT_MS; !over && now_ms() < until;)
		settle(10);
	assert_true(over);
	assert_int_equal(dump_error, 0);
	for (size_t i = 0; i < counted_count; i++)
		if (counted[i].ifindex == ifindex)
			return &counted[i];
	fail_msg("no counters of device %d", ifindex);
	return NULL;
}

static const struct arp_entry *arp_of(const char *address)
{
	bool over = false;
	char ip[IP_TEXT_MAX];

	arp_count = 0;
	assert_true(rtnl_arp(rn, on_arp, on_done, &over) > 0);
	for (int64_t until = now_ms() + WAIT_MS; !over && now_ms() < until;)
		settle(10);
	assert_true(over);
	assert_int_equal(dump_error, 0);
	for (size_t i = 0; i < arp_count; i++)
		if (strcmp(ip_format(&arps[i].address, ip), address) == 0)
			return &arps[i];
	return NULL;
}

static void devices_count_and_neighbours_are_listed(void **state)
{
	int e0 = (int)if_nametoindex("e0");
	struct device_counters before;

	(void)state;
	bool has_vlans =
		run("ip link add link e0 name e0.5 type vlan id 5 2>/dev/null") == 0; /* not every kernel */
	assert_shell("ip link set e0 txqueuelen 77");
	before = *counters_of(e0);
	assert_string_equal(before.kind, "veth");
	assert_int_equal(before.queue_max, 77);
	if (has_vlans) {
		const struct device_counters *vlan = counters_of((int)if_nametoindex("e0.5"));

		assert_int_equal(vlan->vlan, 5);
		assert_string_equal(vlan->kind, "vlan");
	}
	assert_shell("ip neigh add 10.1.1.9 lladdr 02:00:00:00:00:09 dev e0 nud reachable");
	assert_shell("ip neigh add 10.1.1.8 dev e0 nud failed");
	const struct arp_entry *e = arp_of("10.1.1.9");
	assert_non_null(e);
	assert_true(e->complete && e->ifindex == e0 && e->mac.bytes[5] == 9 && e->age_s < 60);
	e = arp_of("10.1.1.8");
	assert_true(!e || !e->complete);
	assert_int_equal(count(EV_SNAPSHOT_END), 1); /* questions are no snapshots */
	/* What it sends, it counts. */
	assert_shell("ping -c 1 -W 0.2 10.1.1.9 > /dev/null; true");
	assert_true(counters_of(e0)->out.packets > before.out.packets);
	assert_true(counters_of(e0)->out.bytes >= before.out.bytes + 84);
}

/* The answer about a prefix: the index behind its route, 0 when there is none. */
static int reach(const char *text)
{
	struct prefix p;
	const struct event *e;

	forget();
	assert_true(prefix_parse(text, &p));
	assert_int_equal(rtnl_reach(rn, &p), 0);
	e = await(EV_REACHED, NULL, NULL);
	assert_true(prefix_equal(&e->reached.prefix, &p));
	assert_int_equal(count(EV_REACHED), 1);
	return e->reached.ifindex;
}

/* Tracked routes: the exact prefix, whoever brought it, also below longer ones; nothing else. */
static void a_prefix_is_reached_by_exactly_its_own_route(void **state)
{
	int e0 = index_of("e0");

	(void)state;
	assert_int_equal(reach("10.1.1.0/24"), e0); /* connected */
	assert_int_equal(reach("0.0.0.0/0"), 0);
	assert_int_equal(reach("172.16.0.0/12"), 0);
	assert_shell("ip route add default via 10.1.1.254");
	assert_int_equal(reach("0.0.0.0/0"), e0);
	assert_int_equal(reach("172.16.0.0/12"), 0); /* the default is another prefix */
	assert_shell("ip route add 172.16.0.0/12 via 10.1.1.254 proto ospf");
	assert_int_equal(reach("172.16.0.0/12"), e0);
	assert_int_equal(find(EV_REACHED, NULL, NULL)->reached.protocol, 188);
	assert_int_equal(reach("172.16.0.0/16"), 0); /* covered, but not there */
	/* Hidden from every lookup by two halves: the table itself tells. */
	assert_shell("ip route add 172.16.0.0/13 via 10.1.1.253");
	assert_shell("ip route add 172.24.0.0/13 via 10.1.1.253");
	assert_int_equal(reach("172.16.0.0/12"), e0);
	assert_shell("ip route del 172.16.0.0/12");
	assert_int_equal(reach("172.16.0.0/12"), 0);
	assert_shell("ip route add blackhole 198.51.100.0/24");
	assert_int_equal(reach("198.51.100.0/24"), 0);
	assert_shell("ip route add 198.51.100.0/25 via 10.1.1.254");
	assert_int_equal(reach("198.51.100.0/25"), e0);
	assert_int_equal(reach("10.1.1.1/32"), 0); /* an address of ours is no route of the main table */
}

int main(void)
{
#define IN_FRESH(test) cmocka_unit_test_setup_teardown(test, fresh, done)
	const struct CMUnitTest tests[] = {
		IN_FRESH(a_snapshot_names_what_is_there),
		IN_FRESH(devices_count_and_neighbours_are_listed),
		IN_FRESH(links_come_change_and_go),
		IN_FRESH(a_port_that_leaves_its_bridge_is_still_there),
		IN_FRESH(charons_tun_is_known_by_kind_and_name),
		IN_FRESH(a_route_goes_in_and_out),
		IN_FRESH(what_others_do_to_our_routes_is_told),
		IN_FRESH(routes_of_every_shape),
		IN_FRESH(our_own_route_is_replaced_in_one_step),
		IN_FRESH(what_others_put_there_stays),
		IN_FRESH(order_is_kept),
		IN_FRESH(many_routes_and_one_that_fails),
		IN_FRESH(foreign_routes_are_told_by_prefix_only),
		IN_FRESH(a_users_routes_are_told_one_by_one),
		IN_FRESH(next_hops_are_found),
		IN_FRESH(our_own_routes_do_not_answer),
		IN_FRESH(next_hop_objects_and_multipath),
		IN_FRESH(routes_that_go_silently_are_noticed),
		IN_FRESH(addresses_are_tagged_or_adopted),
		IN_FRESH(a_link_is_set_up_and_down),
		IN_FRESH(a_prefix_is_reached_by_exactly_its_own_route),
		cmocka_unit_test_setup_teardown(an_overrun_leads_to_a_snapshot, small_buffer, done),
		IN_FRESH(all_routes_are_dumped),
	};

	netns_enter("netns_rtnetlink");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
