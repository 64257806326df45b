/*
 * The filter beside real ESP of the kernel: what is protected passes by an SA and in no other way, both directions,
 * forwarded and local. Where the kernel has no ESP the test is skipped; tests/guest runs it on a kernel that has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"
#include "line.h"
#include "linux/filter.h"
#include "linux/xfrm.h"

#define KEYS                                                                                                 \
	"enc 'cbc(aes)' 0x00112233445566778899001122334455 auth 'hmac(sha1)' "                               \
	"0x0011223344556677889900112233445566778899"

static struct filter_table *table;
static struct filter_rule rule;
static struct filter_peer peer;
static struct filter filter;

static int build(void **state)
{
	(void)state;
	filter = (struct filter){.device = "e0", .rules = &rule, .rule_count = 1, .peers = &peer};
	return line_build("netns_esp") || filter_open(&table);
}

static int tear_down(void **state)
{
	(void)state;
	int error = filter_clear(table);

	filter_close(table);
	return line_tear_down() || error;
}

static void protect(const char *local, const char *remote)
{
	rule = (struct filter_rule){
		.permit = true, .local_ports = {0, UINT16_MAX}, .remote_ports = {0, UINT16_MAX}};
	assert_true(prefix_parse(local, &rule.local) && prefix_parse(remote, &rule.remote));
	assert_int_equal(filter_apply(table, &filter), 0);
}

static struct filter_count counted(void)
{
	struct filter_count c;

	assert_int_equal(filter_counters(table, "e0", &c), 0);
	return c;
}

/* Both SAs and the three policies of a tunnel, on one side; 10.2.0.5 has none there. */
static void tunnel(const char *side, const char *local_net, const char *remote_net, const char *local,
	const char *remote)
{
	static const char *const ends[][2] = {{"192.0.2.1", "0x100"}, {"192.0.2.2", "0x200"}};

	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			on(side, "ip xfrm state add src %s dst %s proto esp spi %s reqid 1 mode tunnel " KEYS,
				ends[i][0], ends[1 - i][0], ends[i][1]),
			0);
	assert_int_equal(on(side,
				 "ip xfrm policy add src %s dst %s dir out tmpl src %s dst %s proto esp "
				 "reqid 1 mode tunnel",
				 local_net, remote_net, local, remote),
		0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(on(side,
					 "ip xfrm policy add src %s dst %s dir %s tmpl src %s dst %s proto "
					 "esp reqid 1 mode tunnel",
					 remote_net, local_net, i ? "fwd" : "in", remote, local),
			0);
}

static void without_an_sa_nothing_passes(void **state)
{
	(void)state;
	protect("10.1.0.0/24", "10.2.0.0/24");
	assert_false(pings(inside, "10.1.0.2", "10.2.0.1"));
	assert_int_equal(counted().out_packets, 1);
	assert_false(pings(outside, "10.2.0.1", "10.1.0.2"));
	assert_int_equal(counted().in_packets, 1);
}

static void by_an_sa_everything_passes(void **state)
{
	struct filter_count before = counted();

	(void)state;
	tunnel(NULL, "10.1.0.0/24", "10.2.0.0/24", "192.0.2.1", "192.0.2.2");
	tunnel(outside, "10.2.0.1/32", "10.1.0.0/24", "192.0.2.2", "192.0.2.1");
	watch(outside, "iifname p0 ip saddr 10.1.0.0/24 meta ipsec missing");
	assert_true(pings(inside, "10.1.0.2", "10.2.0.1"));  /* forwarded, out first */
	assert_true(pings(outside, "10.2.0.1", "10.1.0.3")); /* forwarded, in first */
	assert_true(pings(NULL, "10.1.0.1", "10.2.0.1"));    /* local */
	assert_true(pings(outside, "10.2.0.1", "10.1.0.1"));
	assert_int_equal(on(inside, "ping -q -c 1 -W 1 -s 4000 -I 10.1.0.2 10.2.0.1 >/dev/null"), 0);
	assert_int_equal(watched(outside), 0);
	struct filter_count after = counted();

	assert_int_equal(after.out_packets, before.out_packets);
	assert_int_equal(after.in_packets, before.in_packets);
}

static void in_clear_nothing_enters_beside_the_sa(void **state)
{
	struct filter_count before = counted();

	(void)state;
	watch(inside, "ip saddr 10.2.0.5");
	assert_false(pings(outside, "10.2.0.5", "10.1.0.2"));
	assert_int_equal(counted().in_packets, before.in_packets + 1);
	assert_int_equal(watched(inside), 0);
}

/* The outer packets are no IPsec to the kernel's filter: they need to be let through by name. */
static void endpoints_inside_the_list(void **state)
{
	(void)state;
	protect("0.0.0.0/0", "0.0.0.0/0");
	assert_false(pings(inside, "10.1.0.2", "10.2.0.1"));
	assert_true(ip_parse("192.0.2.1", &peer.local) && ip_parse("192.0.2.2", &peer.remote));
	filter.peer_count = 1;
	protect("0.0.0.0/0", "0.0.0.0/0");
	/* The neighbour is known from before; ARP is no IP. */
	assert_true(pings(inside, "10.1.0.2", "10.2.0.1"));
	assert_true(pings(outside, "10.2.0.1", "10.1.0.2"));
	assert_false(pings(inside, "10.1.0.2", "10.3.0.1"));
	filter.peer_count = 0;
	protect("10.1.0.0/24", "10.2.0.0/24");
}

static void a_dead_charons_leavings_do_no_harm(void **state)
{
	struct xfrm_cleaned cleaned;
	struct filter_count before;

	(void)state;
	assert_int_equal(run("ip xfrm state add src 192.0.2.1 dst 192.0.2.77 proto esp spi 0x300 reqid 16389 "
			     "mode tunnel " KEYS),
		0);
	assert_int_equal(xfrm_clean(&cleaned), 0);
	assert_int_equal(cleaned.states, 2);
	assert_int_equal(cleaned.policies, 3);
	assert_int_equal(cleaned.kept, 1);
	assert_int_equal(run("ip xfrm state | grep -q 192.0.2.77"), 0);
	before = counted();
	watch(outside, "ip saddr 10.1.0.0/24");
	assert_false(pings(inside, "10.1.0.2", "10.2.0.1"));
	assert_int_equal(counted().out_packets, before.out_packets + 1);
	assert_int_equal(watched(outside), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_an_sa_nothing_passes),
		cmocka_unit_test(by_an_sa_everything_passes),
		cmocka_unit_test(in_clear_nothing_enters_beside_the_sa),
		cmocka_unit_test(endpoints_inside_the_list),
		cmocka_unit_test(a_dead_charons_leavings_do_no_harm),
	};
	int esp = geteuid() == 0 ? xfrm_probe_esp() : -EPERM;

	if (esp <= 0) {
		fprintf(stderr, "SKIPPED: netns_esp: %s; tests/guest/run has one that does\n",
			esp == 0 ? "this kernel has no ESP" : strerror(-esp));
		return NETNS_SKIPPED;
	}
	return cmocka_run_group_tests(tests, build, tear_down);
}
