/*
 * Protected packets do not pass without IPsec (D6), seen from both sides of a headend (line.h). No IPsec runs here, so a
 * packet that is protected must be dropped. The proof is what the other side's own counters see, and ours.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <cmocka.h>

#include "base/text.h"
#include "linux/filter.h"
#include "linux/nflog.h"
#include "line.h"

enum { RULES_MAX = 20000 };

static struct filter_table *table;
static struct filter_rule rules[RULES_MAX];
static struct filter_peer peers[4];
static struct filter filter;

static int build(void **state)
{
	(void)state;
	return line_build("netns_filter");
}

static int tear_down(void **state)
{
	(void)state;
	return line_tear_down();
}

static int open_table(void **state)
{
	(void)state;
	filter = (struct filter){.device = "e0", .rules = rules, .peers = peers};
	return filter_open(&table);
}

static int clear_table(void **state)
{
	(void)state;
	int error = filter_clear(table);

	filter_close(table);
	table = NULL;
	return error;
}

/* --- What the filter shall say ----------------------------------------------------------------------------------- */

static struct filter_rule *line(bool permit, uint32_t entry, const char *local, const char *remote)
{
	struct filter_rule *r = &rules[filter.rule_count++];

	*r = (struct filter_rule){.permit = permit,
		.entry = entry,
		.local_ports = {0, UINT16_MAX},
		.remote_ports = {0, UINT16_MAX}};
	assert_true(prefix_parse(local, &r->local));
	assert_true(prefix_parse(remote, &r->remote));
	return r;
}

static void apply(void)
{
	int error = filter_apply(table, &filter);

	if (error)
		fail_msg("filter_apply: %s: %s", strerror(-error), filter_error(table));
}

static struct filter_count counted(void)
{
	struct filter_count c;

	assert_int_equal(filter_counters(table, "e0", &c), 0);
	return c;
}

/* --- Traffic ----------------------------------------------------------------------------------------------------- */

static bool send_with_df;
static uint8_t send_payload; /* each octet */

/* A socket on a side, bound; the process must be a child of its own, since it changes sides. */
static int socket_on(const char *side, int type, int protocol, const char *from, int from_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)from_port)};
	char path[64];

	snprintf(path, sizeof(path), "/run/netns/%s", side ? side : "");
	if (side && setns(open(path, O_RDONLY), CLONE_NEWNET) < 0)
		_exit(2);
	int s = socket(AF_INET, type, protocol);

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	setsockopt(s, IPPROTO_IP, IP_MTU_DISCOVER, &(int){send_with_df ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT},
		sizeof(int));
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){2, 0}, sizeof(struct timeval));
	if (inet_pton(AF_INET, from, &a.sin_addr) != 1 || bind(s, (struct sockaddr *)&a, sizeof(a)) < 0)
		_exit(2);
	return s;
}

static struct sockaddr_in address_of(const char *to, int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	inet_pton(AF_INET, to, &a.sin_addr);
	return a;
}

static int outcome(pid_t child)
{
	int status = -1;

	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 2);
	return WEXITSTATUS(status);
}

/* A TCP connection gets an answer (a refusal is one). */
static bool tcp_answers(const char *side, const char *from, int from_port, const char *to, int port)
{
	pid_t child = fork();

	if (child == 0) {
		int s = socket_on(side, SOCK_STREAM, 0, from, from_port);
		struct sockaddr_in a = address_of(to, port);

		_exit(connect(s, (struct sockaddr *)&a, sizeof(a)) == 0 || errno == ECONNREFUSED ? 0 : 1);
	}
	return outcome(child) == 0;
}

/* Sends one datagram; that the filter refuses it at once (EPERM) is for the counters to tell. */
static void send_one(const char *side, int type, int protocol, const char *from, int from_port,
	const char *to, int port, int bytes)
{
	static char payload[8192];
	pid_t child = fork();

	if (child == 0) {
		int s = socket_on(side, type, protocol, from, from_port);
		struct sockaddr_in a = address_of(to, port);

		memset(payload, send_payload, sizeof(payload));
		_exit(sendto(s, payload, (size_t)bytes, 0, (struct sockaddr *)&a, sizeof(a)) == bytes ||
					errno == EPERM
				? 0
				: 2);
	}
	outcome(child);
}

static void send_udp(const char *side, const char *from, int from_port, const char *to, int port, int bytes)
{
	send_one(side, SOCK_DGRAM, 0, from, from_port, to, port, bytes);
}

static void send_protocol(const char *side, const char *from, const char *to, int protocol)
{
	send_one(side, SOCK_RAW, protocol, from, 0, to, 0, 40);
}

/* --- Tests ------------------------------------------------------------------------------------------------------- */

static void without_a_table_all_passes(void **state)
{
	(void)state;
	assert_int_equal(filter_present(table, NULL), 0);
	assert_true(pings(inside, "10.1.0.2", "10.2.0.1"));
	assert_true(pings(outside, "10.2.0.1", "10.1.0.2"));
	assert_true(pings(NULL, "10.1.0.1", "10.2.0.1"));
	assert_true(tcp_answers(inside, "10.1.0.2", 4001, "10.2.0.1", 80));
}

static void protected_packets_are_dropped_both_ways(void **state)
{
	(void)state;
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24");
	apply();
	assert_int_equal(filter_present(table, "e0"), 1);
	assert_int_equal(filter_present(table, "e1"), 0);
	watch(outside, "ip saddr 10.1.0.0/24");
	watch(inside, "ip saddr 10.2.0.0/24");
	struct filter_count before = counted();

	/* forwarded: host -> network behind the peer, and back */
	assert_false(pings(inside, "10.1.0.2", "10.2.0.1"));
	assert_int_equal(counted().out_packets, before.out_packets + 1);
	assert_false(pings(outside, "10.2.0.1", "10.1.0.2"));
	assert_int_equal(counted().in_packets, before.in_packets + 1);
	/* local: the headend's own inside address */
	on(NULL, "ping -q -c 1 -W 1 -I 10.1.0.1 10.2.0.1 >/dev/null 2>&1");
	assert_int_equal(counted().out_packets, before.out_packets + 2);
	assert_false(pings(outside, "10.2.0.1", "10.1.0.1"));
	assert_int_equal(counted().in_packets, before.in_packets + 2);
	/* and the wires say so */
	assert_int_equal(watched(outside), 0);
	assert_int_equal(watched(inside), 0);
	/* everything else passes */
	assert_true(pings(inside, "10.1.0.2", "10.3.0.1"));
	assert_true(pings(outside, "192.0.2.2", "10.1.0.2"));
	assert_true(pings(NULL, "192.0.2.1", "192.0.2.2"));
}

static void a_deny_line_lets_pass_in_its_place(void **state)
{
	(void)state;
	line(false, 1, "10.1.0.2", "10.2.0.0/24");
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24");
	apply();
	assert_true(pings(inside, "10.1.0.2", "10.2.0.1"));
	assert_true(pings(outside, "10.2.0.1", "10.1.0.2"));
	assert_false(pings(inside, "10.1.0.3", "10.2.0.1"));
	assert_false(pings(outside, "10.2.0.1", "10.1.0.3"));
	/* behind the line that permits it comes too late */
	filter.rule_count = 0;
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24");
	line(false, 1, "10.1.0.2", "10.2.0.0/24");
	apply();
	assert_false(pings(inside, "10.1.0.2", "10.2.0.1"));
}

static void a_deny_line_ends_its_own_entry_only(void **state)
{
	(void)state;
	line(false, 1, "10.1.0.0/24", "10.2.0.1");
	line(true, 1, "10.1.0.0/24", "10.2.0.0/15");
	apply();
	line(true, 2, "10.1.0.3",
		"10.2.0.0/24"); /* from one group to two: sets of the same layer in another one */
	apply();
	assert_true(pings(inside, "10.1.0.2", "10.2.0.1"));
	assert_false(pings(inside, "10.1.0.2", "10.3.0.1"));
	assert_false(pings(inside, "10.1.0.3", "10.2.0.1"));
	assert_false(pings(outside, "10.2.0.1", "10.1.0.3"));
	/* back to one group: the other's chain goes */
	filter.rule_count = 2;
	apply();
	assert_true(pings(inside, "10.1.0.3", "10.2.0.1"));
}

static void ports_and_protocols(void **state)
{
	struct filter_rule *r = line(true, 1, "10.1.0.0/24", "10.2.0.0/24");

	(void)state;
	r->protocol = 6;
	r->remote_ports = (struct ports){80, 89};
	r = line(true, 1, "10.1.0.0/24", "10.3.0.0/24");
	r->protocol = 1;
	apply();
	assert_true(pings(inside, "10.1.0.2", "10.2.0.1"));
	assert_false(tcp_answers(inside, "10.1.0.2", 4002, "10.2.0.1", 80));
	assert_false(tcp_answers(inside, "10.1.0.2", 4003, "10.2.0.1", 89));
	assert_true(tcp_answers(inside, "10.1.0.2", 4004, "10.2.0.1", 90));
	assert_false(tcp_answers(
		outside, "10.2.0.1", 85, "10.1.0.2", 4005)); /* the same flow, from the other end */
	assert_true(tcp_answers(outside, "10.2.0.1", 90, "10.1.0.2", 80));
	assert_false(pings(inside, "10.1.0.2", "10.3.0.1"));
	assert_true(tcp_answers(inside, "10.1.0.2", 4006, "10.3.0.1", 80));
}

/* Sends one message of ICMP to a side, as seen there. */
static void send_icmp(const char *side, const char *from, const char *to, uint8_t type, uint8_t code)
{
	uint8_t message[40] = {type, code};
	pid_t child = fork();

	if (child == 0) {
		int s = socket_on(side, SOCK_RAW, IPPROTO_ICMP, from, 0);
		struct sockaddr_in a = address_of(to, 0);

		_exit(sendto(s, message, sizeof(message), 0, (struct sockaddr *)&a, sizeof(a)) ==
						sizeof(message) ||
					errno == EPERM
				? 0
				: 2);
	}
	outcome(child);
}

static void icmp_types_and_codes(void **state)
{
	static const struct {
		uint8_t type, code;
		bool passes;
	} rows[] = {{8, 0, false}, {8, 7, false}, {3, 4, false}, {3, 3, true}, {0, 0, false}, {13, 0, true},
		{11, 0, false}, {11, 1, true}};

	(void)state;
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24")->local_ports = (struct ports){0x0800, 0x08ff};
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24")->local_ports = (struct ports){0x0304, 0x0304};
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24")->local_ports = (struct ports){0x0000, 0x00ff};
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24")->local_ports = (struct ports){0x0b00, 0x0b00};
	for (uint32_t i = 0; i < filter.rule_count; i++)
		rules[i].protocol = IPPROTO_ICMP;
	apply();
	watch(outside, "ip saddr 10.1.0.2 meta l4proto icmp");
	watch(inside, "ip saddr 10.2.0.1 meta l4proto icmp");
	for (size_t i = 0, passed = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		passed += rows[i].passes;
		send_icmp(inside, "10.1.0.2", "10.2.0.1", rows[i].type, rows[i].code);
		assert_int_equal(watched_until(outside, (int)passed), passed);
		send_icmp(outside, "10.2.0.1", "10.1.0.2", rows[i].type, rows[i].code);
		assert_int_equal(watched_until(inside, (int)passed), passed);
	}
	assert_true(tcp_answers(inside, "10.1.0.2", 4007, "10.2.0.1", 0x0800)); /* its port is no type */
	watch(outside, "ip saddr 10.1.0.2 meta l4proto icmp"); /* later fragments show no type */
	on(inside, "ping -q -c 1 -W 1 -s 4000 -I 10.1.0.2 10.2.0.1 >/dev/null");
	assert_int_equal(watched(outside), 0);
}

static void fragments_do_not_slip_through(void **state)
{
	struct filter_rule *r = line(true, 1, "10.1.0.0/24", "10.2.0.0/24");

	(void)state;
	r->protocol = 17;
	r->remote_ports = (struct ports){5000, 5000};
	apply();
	watch(outside, "ip saddr 10.1.0.2 meta l4proto udp");
	send_udp(inside, "10.1.0.2", 4000, "10.2.0.1", 5000,
		4000); /* three fragments, the ports only in the first */
	assert_int_equal(watched(outside), 0);
	send_udp(inside, "10.1.0.2", 4000, "10.2.0.1", 5001, 100);
	assert_int_equal(watched_until(outside, 1), 1);
	watch(inside, "ip saddr 10.2.0.1 meta l4proto udp");
	send_udp(outside, "10.2.0.1", 5000, "10.1.0.2", 4000, 4000);
	assert_int_equal(watched(inside), 0);
	watch(outside, "ip saddr 10.1.0.2 meta l4proto icmp"); /* fragments of what is not protected */
	on(inside, "ping -q -c 1 -W 1 -s 4000 -I 10.1.0.2 10.2.0.1 >/dev/null");
	assert_int_equal(watched_until(outside, 3), 3);
}

static void our_own_ike_and_esp_pass_between_covered_endpoints(void **state)
{
	(void)state;
	line(true, 1, "192.0.2.0/24", "192.0.2.0/24");
	apply();
	watch(outside, "ip saddr 192.0.2.1");
	send_udp(NULL, "192.0.2.1", 500, "192.0.2.2", 500, 100);
	assert_int_equal(watched(outside), 0);
	assert_true(ip_parse("192.0.2.1", &peers[0].local) && ip_parse("192.0.2.2", &peers[0].remote));
	filter.peer_count = 1;
	apply();
	send_udp(NULL, "192.0.2.1", 500, "192.0.2.2", 500, 100);
	assert_int_equal(watched_until(outside, 1), 1);
	send_udp(NULL, "192.0.2.1", 4500, "192.0.2.2", 61000,
		3000); /* the peer behind NAT, a large message: 3 fragments */
	assert_int_equal(watched_until(outside, 4), 4);
	send_protocol(NULL, "192.0.2.1", "192.0.2.2", 50);
	assert_int_equal(watched_until(outside, 5), 5);
	send_udp(NULL, "192.0.2.1", 4501, "192.0.2.2", 500, 100);
	on(NULL, "ping -q -c 1 -W 1 192.0.2.2 >/dev/null 2>&1");
	assert_int_equal(watched_until(outside, 5), 5);
	/* and in: what passes prerouting is counted behind our hook */
	must(NULL, "nft add table inet behind");
	must(NULL, "nft 'add chain inet behind c { type filter hook prerouting priority -200; }'");
	must(NULL, "nft 'add rule inet behind c iifname e0 ip saddr 192.0.2.2 counter'");
	send_udp(outside, "192.0.2.2", 61000, "192.0.2.1", 4500, 3000);
	send_protocol(outside, "192.0.2.2", "192.0.2.1", 50);
	must(NULL,
		"for i in $(seq 200); do nft list table inet behind | grep -q 'packets 4 ' && exit; done; "
		"exit 1");
	send_udp(outside, "192.0.2.2", 500, "192.0.2.1", 4501, 100);
	on(outside, "ping -q -c 1 -W 1 192.0.2.1 >/dev/null");
	must(NULL, "nft list table inet behind | grep -q 'packets 4 '");
	must(NULL, "nft delete table inet behind");
	/* any peer of a dynamic map */
	peers[0].remote = (struct ipaddr){0};
	apply();
	send_udp(NULL, "192.0.2.1", 500, "192.0.2.2", 500, 100);
	assert_int_equal(watched_until(outside, 6), 6);
}

/* What asked for an SA: the last of them, and how many. */
struct asked {
	struct nflog_packet last;
	size_t count;
};

static void on_told(void *arg, const struct nflog_packet *packet)
{
	struct asked *asked = arg;

	if (!packet->demand)
		return;
	asked->last = *packet;
	asked->count++;
}

/* All that is there: one reading is bounded. */
static size_t asked_so_far(struct nflog *log, const struct asked *asked)
{
	size_t before;

	do {
		before = asked->count;
		assert_int_equal(nflog_readable(log), 0);
	} while (asked->count != before);
	return asked->count;
}

/* The same, once so many are told or it was waited for long enough. */
static size_t asked_until(struct nflog *log, const struct asked *asked, size_t count)
{
	enum { TURNS = 100, TURN_MS = 100 };
	struct pollfd p = {.fd = nflog_fd(log), .events = POLLIN};

	for (int i = 0; asked_so_far(log, asked) < count && i < TURNS; i++)
		poll(&p, 1, TURN_MS);
	return asked->count;
}

/* Sends what looks like ESP of ours, in UDP or not, with the DF bit or without; how many arrive with and without it. */
static void assert_df(bool in_udp, const char *to, bool df, int bytes, bool wanted)
{
	int protocol = in_udp ? 0 : IPPROTO_ESP;

	watch(outside, wanted ? "ip saddr 192.0.2.1 ip frag-off 0x4000" : "ip saddr 192.0.2.1 ip frag-off 0");
	send_with_df = df;
	send_one(NULL, in_udp ? SOCK_DGRAM : SOCK_RAW, protocol, "192.0.2.1", in_udp ? 4500 : 0, to,
		in_udp ? 61000 : 0, bytes);
	send_with_df = false;
	assert_int_equal(watched_until(outside, 1), 1);
}

static void the_df_bit_of_what_we_send(void **state)
{
	(void)state;
	filter.mtu = 1500;
	assert_true(ip_parse("192.0.2.1", &peers[0].local) && ip_parse("192.0.2.2", &peers[0].remote));
	filter.peer_count = 1;
	apply();
	assert_df(false, "192.0.2.2", false, 100, false); /* as it is */
	assert_df(false, "192.0.2.2", true, 100, true);
	peers[0].df = DF_SET;
	apply();
	send_payload = 0x55;
	assert_df(false, "192.0.2.2", false, 100, true);
	assert_df(true, "192.0.2.2", false, 100, true);
	assert_df(false, "10.2.0.1", false, 100, false); /* somebody else */
	send_payload = 0;
	assert_df(true, "192.0.2.2", false, 100, false); /* four zero octets: IKE */
	/* What has to be cut is cut: into two. */
	watch(outside, "ip saddr 192.0.2.1 meta l4proto esp");
	send_one(NULL, SOCK_RAW, IPPROTO_ESP, "192.0.2.1", 0, "192.0.2.2", 0, 2000);
	assert_int_equal(watched_until(outside, 2), 2);
	/* The path takes less than the device: no bit, so that what is larger can be cut. */
	must(NULL, "ip route add 192.0.2.2 dev e0 mtu 1000");
	assert_df(false, "192.0.2.2", false, 100, false);
	must(NULL, "ip route del 192.0.2.2 dev e0 mtu 1000");
	assert_df(false, "192.0.2.2", false, 100, true);
	peers[0].df = DF_CLEAR;
	peers[0].remote = (struct ipaddr){0};
	apply();
	send_payload = 0x55;
	assert_df(false, "192.0.2.2", true, 100, false);
	assert_df(true, "10.2.0.1", true, 100, false); /* any peer */
	peers[0].df = 0;
	apply();
	assert_df(true, "10.2.0.1", true, 100, true);
	must(NULL, "test $(nft list table inet hotswan | grep -c df-) = 0");
	send_payload = 0;
}

static void demands_are_told_and_nothing_else(void **state)
{
	static struct filter_rule waiting[3];
	struct asked asked = {0};
	struct nflog *log = NULL;
	char text[IP_TEXT_MAX];

	(void)state;
	if (!filter_can_log(table) || nflog_open(&log, on_told, &asked) != 0) {
		print_message("this kernel tells of no packets\n");
		skip();
	}
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24");
	line(false, 2, "10.1.0.0/24", "10.3.0.2");
	line(true, 2, "10.1.0.0/24", "10.3.0.0/24")->protocol = 17;
	apply();
	send_udp(inside, "10.1.0.2", 4000, "10.3.0.1", 53, 100);
	assert_int_equal(asked_so_far(log, &asked), 0); /* nothing waits */

	memcpy(waiting, rules + 1, 2 * sizeof(*waiting));
	waiting[1].remote_ports = (struct ports){53, 53};
	filter.waiting = waiting;
	filter.waiting_count = 2;
	apply();
	send_udp(inside, "10.1.0.2", 4000, "10.3.0.1", 53, 100);
	assert_int_equal(asked_until(log, &asked, 1), 1);
	assert_string_equal(ip_format(&asked.last.source, text), "10.1.0.2");
	assert_string_equal(ip_format(&asked.last.destination, text), "10.3.0.1");
	assert_int_equal(asked.last.protocol, 17);
	assert_int_equal(asked.last.source_port, 4000);
	assert_int_equal(asked.last.destination_port, 53);
	assert_int_equal(asked.last.ifindex, if_nametoindex("e0"));
	send_udp(NULL, "10.1.0.1", 4000, "10.3.0.1", 53, 100); /* our own, too */
	assert_int_equal(asked_until(log, &asked, 2), 2);
	send_udp(inside, "10.1.0.2", 4000, "10.3.0.1", 54, 100);
	send_udp(inside, "10.1.0.2", 4000, "10.3.0.2", 53, 100);  /* denied before */
	send_udp(inside, "10.1.0.2", 4000, "10.2.0.1", 53, 100);  /* dropped, but does not wait */
	send_udp(outside, "10.3.0.1", 53, "10.1.0.2", 4000, 100); /* the other way */
	assert_int_equal(asked_so_far(log, &asked), 2);

	/* An injected route into the TUN: there it is told, and nothing is dropped. */
	must(NULL,
		"ip link add tun7 type veth peer name tun8 && ip link set tun7 up && ip link set tun8 up && "
		"ip route add 10.3.0.0/24 dev tun7 && ip neigh add 10.3.0.1 lladdr 02:00:00:00:00:01 dev "
		"tun7");
	struct filter_count before = counted();

	str_copy(filter.tun, sizeof(filter.tun), "tun7");
	apply();
	send_udp(inside, "10.1.0.2", 4000, "10.3.0.1", 53, 100);
	assert_int_equal(asked_until(log, &asked, 3), 3);
	assert_int_equal(asked.last.ifindex, if_nametoindex("tun7"));
	assert_int_equal(counted().out_packets, before.out_packets);

	/* A flood is told in part: a burst, and so many in each second that it took. */
	time_t begun = time(NULL);

	for (int i = 0; i < 3 * NFLOG_DEMANDS_PER_S; i++)
		send_udp(inside, "10.1.0.2", 4000, "10.3.0.1", 53, 100);
	size_t told = asked_until(log, &asked, 3 + NFLOG_DEMANDS_PER_S / 2);
	assert_in_range(told, 3 + NFLOG_DEMANDS_PER_S / 2,
		3 + NFLOG_DEMANDS_PER_S * (size_t)(2 + time(NULL) - begun));

	/* Nothing waits any more: the hook goes. */
	filter.waiting_count = 0;
	apply();
	(void)asked_so_far(log, &asked);
	asked.count = 0;
	send_udp(inside, "10.1.0.2", 4000, "10.3.0.1", 53, 100);
	assert_int_equal(asked_so_far(log, &asked), 0);
	must(NULL, "test $(nft list table inet hotswan | grep -c 'chain out.e0.[lw]') = 0");
	must(NULL, "ip link del tun7"); /* and its route */
	nflog_close(log);
}

static void a_change_names_only_what_changed(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		line(true, 1, "10.1.0.0/24", "11.0.0.0/32")->remote =
			prefix_make(ip_v4(0x0b000000 + i * 256), 24);
	apply();
	assert_true(filter_last_commit(table).rebuilt);
	assert_int_equal(filter_last_commit(table).added, 1000);
	apply();
	assert_false(filter_last_commit(table).rebuilt);
	assert_int_equal(filter_last_commit(table).added + filter_last_commit(table).deleted, 0);
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24");
	apply();
	assert_false(filter_last_commit(table).rebuilt);
	assert_int_equal(filter_last_commit(table).added, 1);
	assert_int_equal(filter_last_commit(table).deleted, 0);
	assert_false(pings(inside, "10.1.0.2", "10.2.0.1"));
	filter.rule_count--;
	rules[500].remote = prefix_make(ip_v4(0x0c000000), 24);
	apply();
	assert_int_equal(filter_last_commit(table).added, 1);
	assert_int_equal(filter_last_commit(table).deleted, 2);
	assert_true(pings(inside, "10.1.0.2", "10.2.0.1"));
	/* an element that grows in its place */
	rules[500].remote = prefix_make(ip_v4(0x0c000000), 16);
	apply();
	assert_int_equal(filter_last_commit(table).added, 1);
	assert_int_equal(filter_last_commit(table).deleted, 1);
	/* shapes come and go */
	line(false, 2, "10.1.0.2", "10.2.0.1");
	line(true, 2, "10.1.0.0/24", "10.2.0.0/24")->protocol = 1;
	apply();
	assert_true(pings(inside, "10.1.0.2", "10.2.0.1"));
	assert_false(pings(inside, "10.1.0.3", "10.2.0.1"));
	filter.rule_count = 0;
	apply();
	assert_true(pings(inside, "10.1.0.3", "10.2.0.1"));
	must(NULL, "test $(nft list table inet hotswan | grep -c 'set dev') = 0");
}

/* Datagrams as fast as they go, until the child is killed or the test ends. */
static pid_t send_on_and_on(const char *side, const char *from, const char *to)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child > 0)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int s = socket_on(side, SOCK_DGRAM, 0, from, 4000);
	struct sockaddr_in a = address_of(to, 9);

	for (;;)
		(void)sendto(s, "", 1, 0, (struct sockaddr *)&a, sizeof(a));
}

static void dropped_more_than(uint64_t packets)
{
	enum { TURNS = 500, TURN_MS = 20 };

	for (int i = 0; counted().out_packets <= packets && i < TURNS; i++)
		poll(NULL, 0, TURN_MS);
	assert_true(counted().out_packets > packets);
}

/* A new process takes over what the old one left, and at no time does anything pass. */
static void a_restart_leaves_no_gap(void **state)
{
	(void)state;
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24");
	apply();
	str_copy(filter.device, sizeof(filter.device), "l0");
	apply();
	str_copy(filter.device, sizeof(filter.device), "e0");
	for (uint32_t i = 0; i < 5000; i++) /* the more there are, the longer a gap would last */
		line(true, 1, "10.1.0.0/24", "11.0.0.0/32")->remote =
			prefix_make(ip_v4(0x0b000000 + i * 256), 24);
	apply();
	watch(outside, "ip saddr 10.1.0.0/24");
	pid_t sender = send_on_and_on(inside, "10.1.0.2", "10.2.0.1");
	dropped_more_than(10);
	for (int i = 0; i < 3; i++) {
		filter_close(table);
		assert_int_equal(filter_open(&table), 0);
		apply();
		assert_true(filter_last_commit(table).rebuilt);
	}
	assert_int_equal(
		filter_present(table, "l0"), 1); /* another device's part stays until the start is through */
	assert_int_equal(filter_prune(table), 0);
	assert_int_equal(filter_present(table, "l0"), 0);
	assert_int_equal(filter_present(table, "e0"), 1);
	dropped_more_than(counted().out_packets + 10);
	kill(sender, SIGKILL);
	waitpid(sender, NULL, 0);
	assert_int_equal(watched(outside), 0);
	must(NULL, "test $(nft list table inet hotswan | grep -c 'set dev') = 1");
}

/* Lines of which what the sender sends is protected before and after each edit. */
static void a_line_before_it(bool edited)
{
	if (edited)
		line(true, 1, "10.1.0.2", "10.2.0.0/16");
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24");
}

static void lines_change_places(bool edited)
{
	line(true, 1, edited ? "10.1.0.2" : "10.1.0.0/24", edited ? "10.2.0.0/24" : "10.2.0.1");
	line(true, 1, edited ? "10.1.0.0/24" : "10.1.0.2", edited ? "10.2.0.1" : "10.2.0.0/24");
}

static void a_deny_line_above_it(bool edited)
{
	if (edited)
		line(false, 1, "10.1.0.3", "10.2.0.0/24");
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24");
}

static void an_entry_is_renumbered(bool edited)
{
	line(true, 1, "10.1.0.3", "10.2.0.0/24");
	for (uint32_t entry = 2; entry < 5; entry++) {
		bool other = (entry == 2) != edited;

		line(false, entry, "10.1.0.3", other ? "10.2.0.0/24" : "10.3.0.0/24");
		line(true, entry, "10.1.0.0/24", other ? "10.2.0.0/24" : "10.3.0.0/24");
	}
}

static void it_grows(bool edited)
{
	line(true, 1, "10.1.0.0/24", edited ? "10.2.0.0/23" : "10.2.0.0/24");
}

static void it_moves_above_a_deny_line(bool edited)
{
	if (edited)
		line(true, 1, "10.1.0.2", "10.2.0.1");
	line(false, 1, "10.1.0.2", edited ? "10.2.0.0/24" : "10.2.0.4/30");
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24");
}

static void it_gets_ports(bool edited)
{
	struct filter_rule *r = line(true, 1, "10.1.0.0/24", "10.2.0.0/24");

	r->protocol = IPPROTO_UDP;
	if (edited)
		r->remote_ports = (struct ports){1, 20};
}

/* What is protected before and after an edit does not pass during it. */
static void an_edit_leaves_no_gap(void **state)
{
	static const struct {
		const char *name;
		void (*write)(bool edited);
	} rows[] = {{"a line before it", a_line_before_it}, {"lines change places", lines_change_places},
		{"a deny line above it", a_deny_line_above_it},
		{"an entry is renumbered", an_entry_is_renumbered}, {"it grows", it_grows},
		{"it moves above a deny line", it_moves_above_a_deny_line}, {"it gets ports", it_gets_ports}};
	static const struct {
		uint32_t lines;
		int edits;
	} sizes[] = {{0, 40}, {5000, 4}};

	(void)state;
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24");
	apply();
	watch(outside, "ip saddr 10.1.0.0/24");
	pid_t sender = send_on_and_on(inside, "10.1.0.2", "10.2.0.1");
	int leaked = 0;

	dropped_more_than(10);
	for (size_t size = 0; size < sizeof(sizes) / sizeof(*sizes); size++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			for (int edit = 0; edit < sizes[size].edits; edit++) {
				filter.rule_count = 0;
				rows[i].write(edit % 2 == 0);
				for (uint32_t n = 0; n < sizes[size].lines; n++)
					line(true, 9, "10.1.0.0/24", "11.0.0.0/32")->remote =
						prefix_make(ip_v4(0x0b000000 + n * 256), 24);
				apply();
				assert_false(filter_last_commit(table).rebuilt);
			}
			int more = watched(outside) - leaked;

			if (more > 0)
				fprintf(stderr, "%d packets leaked: %s, beside %u lines\n", more,
					rows[i].name, sizes[size].lines);
			leaked += more;
		}
	dropped_more_than(counted().out_packets + 10);
	kill(sender, SIGKILL);
	waitpid(sender, NULL, 0);
	assert_int_equal(leaked, 0);
}

struct recalled {
	struct filter_rule rules[4];
	size_t count;
};

static void on_recalled(void *arg, const char *device, const struct filter_rule *rule)
{
	struct recalled *r = arg;

	assert_string_equal(device, filter.device);
	assert_true(r->count < 4);
	r->rules[r->count++] = *rule;
}

/* A new process reads what the old one had learned, each flow as it was, whether they overlap or not. */
static void what_was_learned_is_read_back(void **state)
{
	struct recalled recalled = {0};

	(void)state;
	assert_int_equal(filter_learned(table, on_recalled, &recalled), 0); /* no table */
	str_copy(filter.device, sizeof(filter.device), "e0.1"); /* nobody has that one: names only */
	line(true, filter_learned_entry(9), "10.1.0.0/24", "10.2.0.0/15")->learned = 10;
	line(true, filter_learned_entry(9), "10.1.0.0/24", "10.2.0.0/24")->learned = 10;
	line(true, filter_learned_entry(65535), "10.1.0.2", "10.2.0.1")->learned = 65535;
	line(true, filter_learned_entry(9), "2001:db8:1::/48", "2001:db8:2::1")->learned = 10;
	rules[1].protocol = 17;
	rules[1].remote_ports = (struct ports){53, 60};
	rules[1].local_ports = (struct ports){1024, 65535};
	line(true, filter_learned_entry(9), "10.9.0.0/24", "10.2.0.0/24"); /* an access list's: not learned */
	apply();
	filter_close(table);
	assert_int_equal(filter_open(&table), 0);
	assert_int_equal(filter_learned(table, on_recalled, &recalled), 0);
	assert_int_equal(recalled.count, 4);
	for (size_t i = 0; i < 4; i++) {
		bool found = false;

		for (size_t k = 0; k < 4; k++)
			found |= memcmp(&recalled.rules[k], &rules[i], sizeof(rules[i])) == 0;
		assert_true(found);
	}
	/* One that goes is not there for the next. */
	filter.rule_count = 1;
	apply();
	recalled.count = 0;
	assert_int_equal(filter_learned(table, on_recalled, &recalled), 0);
	assert_int_equal(recalled.count, 1);
	str_copy(filter.device, sizeof(filter.device), "e0");
}

static void what_others_flush_comes_back(void **state)
{
	(void)state;
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24");
	apply();
	assert_int_equal(filter_readable(table), 0); /* our own changes are no loss */
	must(NULL, "nft add table inet other");
	assert_int_equal(filter_readable(table), 0);
	must(NULL, "nft flush ruleset");
	assert_true(pings(inside, "10.1.0.2", "10.2.0.1"));
	assert_int_equal(filter_readable(table), 1);
	assert_false(pings(inside, "10.1.0.2", "10.2.0.1"));
	assert_int_equal(filter_readable(table), 0);
	must(NULL, "nft flush chain inet hotswan out.e0");
	assert_int_equal(filter_readable(table), 1);
	assert_false(pings(inside, "10.1.0.2", "10.2.0.1"));
	must(NULL, "nft flush ruleset");
	apply(); /* nobody looked in between */
	assert_false(pings(inside, "10.1.0.2", "10.2.0.1"));
}

static void devices_of_any_name(void **state)
{
	static const char *const names[] = {"e0.100", "wan:1", "a_b-c"};

	(void)state;
	line(true, 1, "10.1.0.0/24", "10.2.0.0/24");
	for (size_t i = 0; i < 3; i++) {
		str_copy(filter.device, sizeof(filter.device), names[i]);
		apply();
		assert_int_equal(filter_present(table, names[i]), 1);
	}
	str_copy(filter.device, sizeof(filter.device), "bad\"name");
	assert_int_equal(filter_apply(table, &filter), -EINVAL);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(filter_remove(table, names[i]), 0);
		assert_int_equal(filter_remove(table, names[i]), 0);
	}
	must(NULL, "test $(nft list table inet hotswan | grep -c 'e0_\\|wan_\\|a_5f') = 0");
}

static void ipv6_as_well(void **state)
{
	(void)state;
	line(true, 1, "2001:db8:1::/48", "2001:db8:2::/48");
	line(true, 1, "2001:db8:1::/48", "2001:db8:3::/48")->protocol = 17;
	rules[1].remote_ports = (struct ports){53, 53};
	assert_true(
		ip_parse("2001:db8:1::1", &peers[0].local) && ip_parse("2001:db8:2::1", &peers[0].remote));
	filter.peer_count = 1;
	apply();
	assert_int_equal(filter_present(table, "e0"), 1);
}

static void ten_thousand_lines(void **state)
{
	struct timespec a, b;

	(void)state;
	for (uint32_t i = 0; i < 10000; i++)
		line(true, i, "10.1.0.0/24", "11.0.0.0/32")->remote =
			prefix_make(ip_v4(0x0b000000 + i * 256), 24);
	clock_gettime(CLOCK_MONOTONIC, &a);
	apply();
	clock_gettime(CLOCK_MONOTONIC, &b);
	fprintf(stderr, "10,000 lines: %lld ms, of it commit %lld ms\n",
		(b.tv_sec - a.tv_sec) * 1000LL + (b.tv_nsec - a.tv_nsec) / 1000000,
		(long long)filter_last_commit(table).us / 1000);
	line(true, 10000, "10.1.0.0/24", "10.2.0.0/24");
	clock_gettime(CLOCK_MONOTONIC, &a);
	apply();
	clock_gettime(CLOCK_MONOTONIC, &b);
	fprintf(stderr, "one more: %lld us, of it commit %lld us\n",
		(b.tv_sec - a.tv_sec) * 1000000LL + (b.tv_nsec - a.tv_nsec) / 1000,
		(long long)filter_last_commit(table).us);
	assert_false(pings(inside, "10.1.0.2", "10.2.0.1"));
	assert_true(pings(inside, "10.1.0.2", "10.3.0.1"));
}

int main(void)
{
#define WITH_TABLE(test) cmocka_unit_test_setup_teardown(test, open_table, clear_table)
	const struct CMUnitTest tests[] = {
		WITH_TABLE(without_a_table_all_passes),
		WITH_TABLE(protected_packets_are_dropped_both_ways),
		WITH_TABLE(a_deny_line_lets_pass_in_its_place),
		WITH_TABLE(a_deny_line_ends_its_own_entry_only),
		WITH_TABLE(ports_and_protocols),
		WITH_TABLE(icmp_types_and_codes),
		WITH_TABLE(fragments_do_not_slip_through),
		WITH_TABLE(our_own_ike_and_esp_pass_between_covered_endpoints),
		WITH_TABLE(the_df_bit_of_what_we_send),
		WITH_TABLE(demands_are_told_and_nothing_else),
		WITH_TABLE(a_change_names_only_what_changed),
		WITH_TABLE(a_restart_leaves_no_gap),
		WITH_TABLE(an_edit_leaves_no_gap),
		WITH_TABLE(what_was_learned_is_read_back),
		WITH_TABLE(what_others_flush_comes_back),
		WITH_TABLE(devices_of_any_name),
		WITH_TABLE(ipv6_as_well),
		WITH_TABLE(ten_thousand_lines),
	};

	netns_enter("netns_filter");
	return cmocka_run_group_tests(tests, build, tear_down);
}
