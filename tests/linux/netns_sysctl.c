/* Changed kernel settings find their way back: at a stop, after a crash, and not over somebody else's change (D14). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "linux/sysctl.h"
#include "netns.h"

static const char FORWARD[] = "net/ipv4/ip_forward", REDIRECTS[] = "net/ipv4/conf/lo/send_redirects";

static char dir[] = "/tmp/hotswan-sysctl-XXXXXX";
static char path[64];

static struct sysctl_record *opened(void)
{
	struct sysctl_record *r = NULL;

	assert_int_equal(sysctl_record_open(&r, path), 0);
	return r;
}

static void assert_setting(const char *name, const char *value)
{
	char now[SYSCTL_VALUE_MAX];

	assert_int_equal(sysctl_read(name, now, sizeof(now)), 0);
	assert_string_equal(now, value);
}

static void a_change_is_undone(void **state)
{
	struct sysctl_record *r = opened();

	(void)state;
	assert_int_equal(sysctl_set(r, FORWARD, "1"), 1);
	assert_int_equal(sysctl_set(r, REDIRECTS, "0"), 1);
	assert_setting(FORWARD, "1");
	assert_int_equal(sysctl_count(r), 2);
	assert_int_equal(sysctl_restore_all(r), 0);
	assert_setting(FORWARD, "0");
	assert_setting(REDIRECTS, "1");
	assert_int_equal(access(path, F_OK), -1);
	sysctl_record_close(r);
}

static void a_value_that_was_there_is_not_ours(void **state)
{
	struct sysctl_record *r = opened();

	(void)state;
	assert_int_equal(sysctl_set(r, REDIRECTS, "1"), 0);
	assert_int_equal(sysctl_count(r), 0);
	sysctl_record_close(r);
}

static void a_crash_is_repaired_by_the_next_start(void **state)
{
	struct sysctl_record *r = opened();

	(void)state;
	assert_int_equal(sysctl_set(r, FORWARD, "1"), 1);
	sysctl_record_close(r); /* as a crash: nothing restored */
	r = opened();
	assert_int_equal(sysctl_count(r), 1);
	assert_int_equal(sysctl_set(r, FORWARD, "1"), 0);
	assert_int_equal(sysctl_restore(r, FORWARD), 0);
	assert_setting(FORWARD, "0");
	sysctl_record_close(r);
}

static void what_others_changed_since_stays(void **state)
{
	struct sysctl_record *r = opened();

	(void)state;
	assert_int_equal(sysctl_set(r, "net/ipv4/conf/lo/rp_filter", "2"), 1);
	assert_int_equal(run("echo 1 > /proc/sys/net/ipv4/conf/lo/rp_filter"), 0);
	assert_int_equal(sysctl_restore_all(r), 0);
	assert_setting("net/ipv4/conf/lo/rp_filter", "1");
	sysctl_record_close(r);
}

static void a_device_that_went_takes_its_settings_along(void **state)
{
	struct sysctl_record *r = opened();

	(void)state;
	assert_int_equal(run("ip link add v0 type veth peer name v1"), 0);
	assert_int_equal(sysctl_set(r, "net/ipv4/conf/v0/rp_filter", "1"), 1);
	assert_int_equal(run("ip link del v0"), 0);
	assert_int_equal(sysctl_restore_all(r), 0);
	assert_int_equal(sysctl_count(r), 0);
	sysctl_record_close(r);
}

static void a_record_of_another_namespace_means_nothing(void **state)
{
	struct sysctl_record *r = opened();

	(void)state;
	assert_int_equal(sysctl_set(r, FORWARD, "1"), 1);
	sysctl_record_close(r);
	netns_enter("netns_sysctl");
	r = opened();
	assert_int_equal(sysctl_count(r), 0);
	sysctl_record_close(r);
	assert_int_equal(unlink(path), 0);
}

static void names_stay_below_proc_sys(void **state)
{
	struct sysctl_record *r = opened();
	char value[8];

	(void)state;
	assert_int_equal(sysctl_set(r, "../../etc/passwd", "x"), -EINVAL);
	assert_int_equal(sysctl_set(r, "net/../kernel/hostname", "x"), -EINVAL);
	assert_int_equal(sysctl_set(r, "/kernel/hostname", "x"), -EINVAL);
	assert_int_equal(sysctl_set(r, "net//ipv4", "x"), -EINVAL);
	assert_int_equal(sysctl_set(r, "net/ipv4/no_such_setting", "1"), -ENOENT);
	assert_int_equal(sysctl_read("kernel/random/boot_id", value, sizeof(value)), -ENOBUFS);
	assert_int_equal(sysctl_count(r), 0);
	sysctl_record_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_is_undone),
		cmocka_unit_test(a_value_that_was_there_is_not_ours),
		cmocka_unit_test(a_crash_is_repaired_by_the_next_start),
		cmocka_unit_test(what_others_changed_since_stays),
		cmocka_unit_test(a_device_that_went_takes_its_settings_along),
		cmocka_unit_test(names_stay_below_proc_sys),
		cmocka_unit_test(a_record_of_another_namespace_means_nothing),
	};

	netns_enter("netns_sysctl");
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/record", dir);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rmdir(dir);
	return failed;
}
