/*
 * What a dead charon left is found and deleted one by one; what others have stays. Policies can be made on any kernel that
 * has XFRM, states only where it has ESP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "linux/xfrm.h"
#include "netns.h"

static void the_probe_agrees_with_ip(void **state)
{
	(void)state;
	int probed = xfrm_probe_esp();
	bool taken =
		run("ip xfrm state add src 192.0.2.9 dst 198.51.100.9 proto esp spi 9 reqid 77 mode tunnel "
		    "enc 'cbc(aes)' 0x00112233445566778899001122334455 auth 'hmac(sha1)' 0x0011223344 "
		    "2>/dev/null") == 0;

	assert_int_equal(probed, taken);
	fprintf(stderr, "kernel ESP: %s\n", probed ? "yes" : "no");
	/* Nothing of the probe is left. */
	assert_int_not_equal(run("ip xfrm state 2>/dev/null | grep -q 192.0.2.1"), 0);
}

static void only_what_looks_like_charons_goes(void **state)
{
	struct xfrm_cleaned cleaned;

	(void)state;
	if (run("ip xfrm policy add src 10.1.0.0/24 dst 10.2.0.0/24 dir out tmpl src 192.0.2.1 dst 192.0.2.2 "
		"proto esp "
		"reqid 1 mode tunnel 2>/dev/null") != 0) {
		fprintf(stderr, "SKIPPED: this kernel takes no XFRM policy\n");
		return;
	}
	assert_int_equal(run("ip xfrm policy add src 10.2.0.0/24 dst 10.1.0.0/24 dir in tmpl src 192.0.2.2 "
			     "dst 192.0.2.1 "
			     "proto esp reqid 1 mode tunnel"),
		0);
	/* libreswan's, one made by hand, a block policy, one with a mark. */
	assert_int_equal(run("ip xfrm policy add src 10.3.0.0/24 dst 10.4.0.0/24 dir out tmpl src 192.0.2.1 "
			     "dst 192.0.2.2 "
			     "proto esp reqid 16389 mode tunnel && "
			     "ip xfrm policy add src 10.5.0.0/24 dst 10.6.0.0/24 dir out tmpl src 192.0.2.1 "
			     "dst 192.0.2.2 "
			     "proto esp mode tunnel && "
			     "ip xfrm policy add src 10.7.0.0/24 dst 10.8.0.0/24 dir out action block && "
			     "ip xfrm policy add src 10.9.0.0/24 dst 10.10.0.0/24 dir out mark 7 tmpl src "
			     "192.0.2.1 dst "
			     "192.0.2.2 proto esp reqid 5 mode tunnel"),
		0);
	assert_int_equal(xfrm_clean(&cleaned), 0);
	assert_int_equal(cleaned.policies, 2);
	assert_int_not_equal(run("ip xfrm policy | grep -q '10.1.0.0'"), 0);
	assert_int_equal(run("test \"$(ip xfrm policy | grep -c ^src)\" = 4"), 0);
	assert_int_equal(xfrm_clean(&cleaned), 0);
	assert_int_equal(cleaned.policies, 0);
	assert_true(cleaned.kept >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_probe_agrees_with_ip),
		cmocka_unit_test(only_what_looks_like_charons_goes),
	};

	netns_enter("netns_xfrm");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
