/* Sets without order say the same as lists with order: checked against the definition, packet by packet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "linux/filter_layers.h"
#include "linux/filter_text.h"

enum { RULES_MAX = 24, ROUNDS = 3000, PACKETS = 300 };

struct packet {
	struct ipaddr local, remote;
	uint8_t protocol;
	uint16_t local_port, remote_port;
};

static uint32_t seed;

/* A generator of our own: the same on every machine. */
static uint32_t rnd(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static bool matches(const struct filter_rule *r, const struct packet *p)
{
	return prefix_contains(&r->local, &p->local) && prefix_contains(&r->remote, &p->remote) &&
		(r->protocol == 0 || r->protocol == p->protocol) && p->local_port >= r->local_ports.lo &&
		p->local_port <= r->local_ports.hi && p->remote_port >= r->remote_ports.lo &&
		p->remote_port <= r->remote_ports.hi;
}

/* ipsec/filter.h, word by word. */
static bool is_protected(const struct filter_rule *rules, size_t count, const struct packet *p)
{
	for (size_t i = 0; i < count;) {
		uint32_t entry = rules[i].entry;
		bool decided = false;

		for (; i < count && rules[i].entry == entry; i++)
			if (!decided && matches(&rules[i], p)) {
				if (rules[i].permit)
					return true;
				decided = true;
			}
	}
	return false;
}

/* As the kernel looks it up: group by group, layer by layer. */
static bool is_dropped(const struct filter_placed *placed, size_t count, const struct packet *p)
{
	for (unsigned group = 0; group <= RULES_MAX; group++) {
		const struct filter_placed *hit = NULL;

		for (size_t i = 0; i < count; i++)
			if (placed[i].group == group && matches(&placed[i].rule, p) &&
				(!hit || placed[i].layer < hit->layer))
				hit = &placed[i];
		if (hit && hit->rule.permit)
			return true;
	}
	return false;
}

static struct prefix random_prefix(void)
{
	static const uint8_t lengths[] = {0, 29, 30, 31, 32, 32};

	return prefix_make(ip_v4(0x0a000000 + rnd(16)), lengths[rnd(sizeof(lengths))]);
}

static struct ports random_ports(bool any)
{
	uint16_t lo = (uint16_t)rnd(8), hi = (uint16_t)(lo + rnd(4));

	return any ? (struct ports){0, UINT16_MAX} : (struct ports){lo, hi};
}

static struct filter_rule random_rule(uint32_t entry)
{
	static const uint8_t protocols[] = {0, 6, 17};
	struct filter_rule r = {
		.local = random_prefix(), .remote = random_prefix(), .permit = rnd(3) > 0, .entry = entry};

	r.protocol = protocols[rnd(3)];
	r.local_ports = random_ports(r.protocol == 0 || rnd(2));
	r.remote_ports = random_ports(r.protocol == 0 || rnd(2));
	return r;
}

static void assert_disjoint(const struct filter_placed *placed, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			if (placed[i].group == placed[j].group && placed[i].layer == placed[j].layer)
				assert_false(filter_rules_overlap(&placed[i].rule, &placed[j].rule));
}

static void layers_decide_as_the_lists_do(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct filter_rule rules[RULES_MAX];
		struct filter_placed *placed;
		size_t count = 1 + rnd(RULES_MAX), placed_count;
		uint32_t entry = 10;

		seed = round;
		for (size_t i = 0; i < count; i++) {
			entry += rnd(4) == 0;
			rules[i] = random_rule(entry);
		}
		assert_int_equal(filter_place(rules, count, &placed, &placed_count), 0);
		assert_disjoint(placed, placed_count);
		for (size_t i = 0; i < PACKETS; i++) {
			struct packet p = {ip_v4(0x0a000000 + rnd(16)), ip_v4(0x0a000000 + rnd(16)),
				(uint8_t[]){1, 6, 17}[rnd(3)], (uint16_t)rnd(12), (uint16_t)rnd(12)};

			if (is_protected(rules, count, &p) != is_dropped(placed, placed_count, &p))
				fail_msg("round %u, packet %zu", round, i);
		}
		free(placed);
	}
}

static struct filter_rule line(bool permit, uint32_t entry, const char *local, const char *remote)
{
	struct filter_rule r = {.permit = permit,
		.entry = entry,
		.local_ports = {0, UINT16_MAX},
		.remote_ports = {0, UINT16_MAX}};

	assert_true(prefix_parse(local, &r.local) && prefix_parse(remote, &r.remote));
	return r;
}

static void plain_lists_need_one_layer(void **state)
{
	struct filter_rule rules[3] = {line(true, 1, "192.168.1.0/24", "172.17.11.0/24"),
		line(true, 2, "192.168.1.0/24", "10.0.0.0/16"), line(false, 2, "0.0.0.0/0", "0.0.0.0/0")};
	struct filter_placed *placed;
	size_t count;

	(void)state;
	assert_int_equal(filter_place(rules, 3, &placed, &count), 0);
	assert_int_equal(count, 2); /* a last line that takes nothing away is left out */
	for (size_t i = 0; i < count; i++)
		assert_int_equal(placed[i].group + placed[i].layer, 0);
	free(placed);
}

static void a_deny_line_is_cut_to_what_it_takes_away(void **state)
{
	struct filter_rule rules[2] = {
		line(false, 1, "0.0.0.0/0", "10.1.0.0/24"), line(true, 1, "10.2.0.0/24", "10.0.0.0/8")};
	struct filter_placed *placed;
	size_t count;
	char text[PREFIX_TEXT_MAX];

	(void)state;
	assert_int_equal(filter_place(rules, 2, &placed, &count), 0);
	assert_int_equal(count, 2);
	assert_string_equal(prefix_format(&placed[0].rule.local, text), "10.2.0.0/24");
	assert_string_equal(prefix_format(&placed[0].rule.remote, text), "10.1.0.0/24");
	assert_int_equal(placed[1].layer, 1);
	free(placed);
}

static void only_entries_in_conflict_get_a_group(void **state)
{
	struct filter_rule rules[5] = {line(false, 1, "10.2.0.0/24", "10.1.0.1"),
		line(true, 1, "10.2.0.0/24", "10.1.0.0/24"), line(false, 2, "10.2.0.0/24", "10.3.0.1"),
		line(true, 2, "10.2.0.0/24", "10.3.0.0/24"), line(true, 3, "10.2.0.0/24", "10.1.0.1")};
	struct filter_placed *placed;
	size_t count;

	(void)state;
	assert_int_equal(filter_place(rules, 5, &placed, &count), 0);
	assert_int_equal(count, 5);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(placed[i].group, placed[i].rule.entry == 1);
	free(placed);
}

/* Ten thousand entries, each with its own peers' networks and a line that takes away: one group, two layers, at once. */
static void many_entries_stay_cheap(void **state)
{
	enum { ENTRIES = 10000 };
	struct filter_rule *rules = calloc(2 * ENTRIES, sizeof(*rules));
	struct filter_placed *placed;
	size_t count;

	(void)state;
	assert_non_null(rules);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		rules[2 * i] = line(false, i, "0.0.0.0/0", "0.0.0.0/0");
		rules[2 * i].remote = prefix_make(ip_v4(0x0b000000 + i * 256 + 1), 32);
		rules[2 * i + 1] = line(true, i, "192.168.0.0/16", "0.0.0.0/0");
		rules[2 * i + 1].remote = prefix_make(ip_v4(0x0b000000 + i * 256), 24);
	}
	assert_int_equal(filter_place(rules, (size_t)2 * ENTRIES, &placed, &count), 0);
	assert_int_equal(count, 2 * ENTRIES);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(placed[i].group, 0);
		assert_int_equal(placed[i].layer, placed[i].rule.permit);
	}
	free(placed);
	free(rules);
}

static void device_names_survive(void **state)
{
	static const char *const names[] = {"e0", "eth0.100", "a_b", "wan:1", "x-y", "\xc3\xa9t\xc3\xa9"};
	char id[FILTER_ID_MAX], back[DEVICE_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_true(filter_id(names[i], id));
		assert_null(strchr(id, '.'));
		assert_true(filter_id_device(id, back));
		assert_string_equal(back, names[i]);
	}
	assert_false(filter_id("e*", id));
	assert_false(filter_id("e\"", id));
	assert_false(filter_id("", id));
	assert_false(filter_id_device("e_4", back));
	assert_false(filter_id_device("abcdefghijklmnopq", back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layers_decide_as_the_lists_do),
		cmocka_unit_test(plain_lists_need_one_layer),
		cmocka_unit_test(a_deny_line_is_cut_to_what_it_takes_away),
		cmocka_unit_test(only_entries_in_conflict_get_a_group),
		cmocka_unit_test(many_entries_stay_cheap),
		cmocka_unit_test(device_names_survive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
