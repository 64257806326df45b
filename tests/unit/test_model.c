/* The running configuration's containers: orders, changes, access list rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "model/ifname.h"
#include "model/model.h"

static void lists_are_in_the_order_that_ios_writes_them(void **state)
{
	static const char *const names[] = {"FastEthernet0/10", "eth1", "FastEthernet0/2",
		"FastEthernet0/2.100", "FastEthernet0/2.20", "GigabitEthernet0/0", "eth10", "eth2"};
	static const char *const sorted[] = {"FastEthernet0/2", "FastEthernet0/2.20", "FastEthernet0/2.100",
		"FastEthernet0/10", "GigabitEthernet0/0", "eth1", "eth2", "eth10"};
	static const char *const acls[] = {"VPN", "2000", "101", "A", "199"};
	static const char *const sorted_acls[] = {"101", "199", "2000", "A", "VPN"};
	struct model *m = model_new();

	(void)state;
	for (size_t i = 0; i < 8; i++)
		assert_non_null(model_interface_get(m, names[i]));
	for (size_t i = 0; i < 8; i++)
		assert_string_equal(((struct interface_cfg *)m->interfaces.items[i])->name, sorted[i]);
	for (size_t i = 0; i < 5; i++)
		assert_non_null(model_acl_get(m, acls[i]));
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(((struct acl *)m->acls.items[i])->name, sorted_acls[i]);
	model_free(m);
}

static void objects_keep_their_address_while_others_come_and_go(void **state)
{
	struct model *m = model_new();
	struct crypto_map *map = model_crypto_map_get(m, "M");
	struct crypto_map_entry *e = crypto_map_entry_get(map, 500, CRYPTO_MAP_ISAKMP);

	(void)state;
	for (uint16_t i = 1; i < 2000; i++)
		assert_non_null(crypto_map_entry_get(map, i, CRYPTO_MAP_ISAKMP));
	assert_ptr_equal(crypto_map_entry(map, 500), e);
	for (uint16_t i = 1; i < 500; i++)
		crypto_map_entry_delete(map, i);
	assert_ptr_equal(crypto_map_entry(map, 500), e);
	assert_null(crypto_map_entry(map, 499));
	assert_int_equal(map->entries.count, 1500);
	crypto_map_entry_delete(map, 499); /* again: nothing happens */
	model_free(m);
}

static void a_change_is_noted_once_in_a_row(void **state)
{
	struct model *m = model_new();

	(void)state;
	for (int i = 0; i < 5; i++)
		model_touch(m, MODEL_CRYPTO_MAP, "M", 1);
	model_touch(m, MODEL_CRYPTO_MAP, "M", 2);
	model_touch(m, MODEL_SYSTEM, NULL, 0);
	assert_int_equal(m->change_count, 3);
	assert_string_equal(m->changes[2].name, "");
	model_changes_clear(m);
	assert_int_equal(m->change_count, 0);
	model_free(m);
}

static struct acl_rule rule(bool permit, const char *source, const char *wildcard)
{
	struct acl_rule r = {.permit = permit};

	assert_true(ip_parse(source, &r.source.addr));
	assert_true(ip_parse(wildcard, &r.source.wildcard));
	r.destination = (struct acl_end){ip_v4(0x0a000000), ip_v4(0xffff)};
	return r;
}

static void a_rule_is_found_by_what_it_says(void **state)
{
	struct model *m = model_new();
	struct acl *a = model_acl_get(m, "101");
	struct acl_rule r = rule(true, "192.168.1.0", "0.0.0.255"),
			any = rule(true, "0.0.0.0", "255.255.255.255");

	(void)state;
	assert_int_equal(acl_next_sequence(a), 10);
	r.sequence = 10;
	assert_non_null(acl_rule_add(a, &r));
	assert_int_equal(acl_next_sequence(a), 20);
	r.sequence = 0;
	assert_ptr_equal(acl_rule_same(a, &r), acl_rule(a, 10));
	assert_null(acl_rule_same(a, &any));
	any.sequence = 5;
	assert_non_null(acl_rule_add(a, &any));
	assert_int_equal(a->any_permits, 1);
	assert_int_equal(((struct acl_rule *)a->rules.items[0])->sequence, 5);
	any.permit = false; /* deny … any is no obstacle (R8) */
	any.sequence = 30;
	assert_non_null(acl_rule_add(a, &any));
	assert_int_equal(a->any_permits, 1);
	acl_rule_delete(a, 5);
	assert_int_equal(a->any_permits, 0);
	acl_rule_delete(a, 77);
	assert_int_equal(a->rules.count, 2);
	r.sequence = ACL_SEQUENCE_MAX;
	r.destination.port_op = ACL_PORT_EQ;
	assert_non_null(acl_rule_add(a, &r));
	assert_int_equal(acl_next_sequence(a), 0);
	model_free(m);
}

static void interface_names_abbreviate_as_outputs_do(void **state)
{
	struct interface_cfg i = {.name = "GigabitEthernet0/0/1.100", .is_ios_type = true};
	struct standby_group g = {.number = 7};
	char name[INTERFACE_NAME_MAX], group[NAME_MAX_LEN + INTERFACE_NAME_MAX];

	(void)state;
	assert_string_equal(interface_short_name("FastEthernet0/0", name), "Fa0/0");
	assert_string_equal(interface_short_name("Port-channel3", name), "Po3");
	assert_string_equal(interface_short_name("eth1", name), "eth1");
	assert_string_equal(standby_group_name(&i, &g, group), "hsrp-Gi0/0/1.100-7");
	strcpy(g.name, "HA");
	assert_string_equal(standby_group_name(&i, &g, group), "HA");
	assert_string_equal(interface_device(&i), "");
	strcpy(i.device, "ens3");
	assert_string_equal(interface_device(&i), "ens3");
}

static void units_are_checked(void **state)
{
	static const char *const good[] = {"0", "0/0", "1/0/3", "0/0.100", "12", "0/1:23"};
	static const char *const bad[] = {
		"", "/", "0/", "a", "0/a", "00", "0/01", "0.1.2", "0.1/2", "123456"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(ifname_unit_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(ifname_unit_valid(bad[i]));
}

static void moments_are_seconds_since_1970(void **state)
{
	static const struct {
		struct key_moment m;
		int64_t seconds; /* 0: no such moment */
	} rows[] = {
		{{1993, 1, 1, 0, 0, 0}, 725846400},
		{{2000, 2, 29, 23, 59, 59}, 951868799},
		{{2024, 12, 31, 12, 0, 0}, 1735646400},
		{{2035, 12, 31, 23, 59, 59}, 2082758399},
		{{2023, 2, 29, 0, 0, 0}, 0},
		{{2000, 13, 1, 0, 0, 0}, 0},
		{{2000, 0, 1, 0, 0, 0}, 0},
		{{2000, 4, 31, 0, 0, 0}, 0},
		{{2000, 4, 0, 0, 0, 0}, 0},
		{{2000, 4, 1, 24, 0, 0}, 0},
		{{2000, 4, 1, 0, 60, 0}, 0},
		{{2000, 4, 1, 0, 0, 60}, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(key_moment_valid(&rows[i].m), rows[i].seconds != 0);
		if (rows[i].seconds)
			assert_int_equal(key_moment_utc(&rows[i].m), rows[i].seconds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_in_the_order_that_ios_writes_them),
		cmocka_unit_test(objects_keep_their_address_while_others_come_and_go),
		cmocka_unit_test(a_change_is_noted_once_in_a_row),
		cmocka_unit_test(a_rule_is_found_by_what_it_says),
		cmocka_unit_test(interface_names_abbreviate_as_outputs_do),
		cmocka_unit_test(units_are_checked),
		cmocka_unit_test(moments_are_seconds_since_1970),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
