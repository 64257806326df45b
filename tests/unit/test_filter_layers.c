/* Sets without order say the same as lists with order: checked against the definition, packet by packet. */
#include <arpa/inet.h>
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

/* --- What an edit passes through ---------------------------------------------------------------------------------- */

struct elements {
	struct filter_element *items;
	size_t count;
};

static struct elements elements_of(struct filter_rule *rules, size_t count)
{
	struct filter f = {.device = "e0", .rules = rules, .rule_count = (uint32_t)count};
	struct elements e;

	assert_int_equal(filter_elements(&f, &e.items, &e.count), 0);
	return e;
}

/* A later fragment shows no ports: sets with ports do not have it. */
static bool has_packet(const struct filter_element *e, const struct packet *p, bool fragment)
{
	struct filter_rule r = {.local = e->local,
		.remote = e->remote,
		.protocol = e->protocol,
		.local_ports = e->local_ports,
		.remote_ports = e->remote_ports};

	return matches(&r, p) && !(fragment && (e->kind == KIND_PORTS || e->kind == KIND_ICMP));
}

/* As the kernel looks it up while it sees only some elements; where two are as good, the one that lets pass. */
static bool stops(
	const struct elements *e, const bool *seen, uint8_t view, const struct packet *p, bool fragment)
{
	for (unsigned group = 0; group <= RULES_MAX; group++) {
		const struct filter_element *hit = NULL;

		for (size_t i = 0; i < e->count; i++) {
			const struct filter_element *at = &e->items[i];

			if (at->view != view || ntohs(at->group_be) != group || !seen[i] ||
				!has_packet(at, p, fragment))
				continue;
			int order = hit ? memcmp(&at->layer_be, &hit->layer_be, sizeof(at->layer_be)) : -1;

			if (order < 0 || (order == 0 && !at->permit))
				hit = at;
		}
		if (hit && hit->permit)
			return true;
	}
	return false;
}

static uint8_t view_of(const struct elements *e, bool fragment)
{
	for (size_t i = 0; fragment && i < e->count; i++)
		if (e->items[i].view == VIEW_FRAGMENTS)
			return VIEW_FRAGMENTS;
	return VIEW_PACKETS;
}

static bool is_in(const struct elements *e, const struct filter_element *wanted)
{
	return e->count > 0 && bsearch(wanted, e->items, e->count, sizeof(*wanted), filter_element_compare);
}

static size_t edit(const struct filter_rule *from, size_t count, struct filter_rule *to)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (rnd(6) == 0 && kept < RULES_MAX)
			to[kept++] = random_rule(from[i].entry);
		if (rnd(6) > 0 && kept < RULES_MAX)
			to[kept++] = from[i];
	}
	if (kept > 1 && rnd(2)) { /* two lines change places */
		size_t a = rnd((uint32_t)kept - 1);
		struct filter_rule r = to[a];
		uint32_t entry = to[a + 1].entry;

		to[a] = to[a + 1];
		to[a].entry = r.entry;
		to[a + 1] = r;
		to[a + 1].entry = entry;
	}
	return kept;
}

/*
 * Whichever of the changes the kernel sees: what is protected before and after an edit is stopped, or held. How often some
 * packet was not stopped; *held_count is 0 for an edit that needs no such care.
 */
static unsigned fall_between(struct filter_rule *before, size_t before_count, struct filter_rule *after,
	size_t after_count, size_t *held_count)
{
	enum { SUBSETS = 20, SOME = 60, ALL = 1000 };
	static bool seen[ALL];
	struct elements from = elements_of(before, before_count), to = elements_of(after, after_count), held,
			all = {malloc((from.count + to.count + 1) * sizeof(*all.items)), 0};
	unsigned fell = 0;

	assert_int_equal(
		filter_held(from.items, from.count, to.items, to.count, &held.items, &held.count), 0);
	assert_non_null(all.items);
	for (size_t i = 0; i < from.count; i++)
		all.items[all.count++] = from.items[i];
	for (size_t i = 0; i < to.count; i++)
		if (!is_in(&from, &to.items[i]))
			all.items[all.count++] = to.items[i];
	assert_true(all.count <= ALL);
	for (size_t i = 0; i < SOME; i++) {
		struct packet p = {ip_v4(0x0a000000 + rnd(16)), ip_v4(0x0a000000 + rnd(16)),
			(uint8_t[]){1, 6, 17}[rnd(3)], (uint16_t)rnd(12), (uint16_t)rnd(12)};
		bool fragment = rnd(4) == 0, is_held = false;

		memset(seen, true, sizeof(seen));
		if (!stops(&from, seen, view_of(&from, fragment), &p, fragment) ||
			!stops(&to, seen, view_of(&to, fragment), &p, fragment))
			continue;
		for (size_t j = 0; j < held.count; j++)
			is_held |= has_packet(&held.items[j], &p, fragment);
		for (size_t subset = 0; subset < SUBSETS; subset++) {
			for (size_t j = 0; j < all.count; j++)
				seen[j] =
					rnd(2) || (is_in(&from, &all.items[j]) && is_in(&to, &all.items[j]));
			if (stops(&all, seen, view_of(&to, fragment), &p, fragment))
				continue;
			fell++;
			if (!is_held)
				fail_msg("packet %zu falls between", i);
		}
	}
	*held_count = held.count;
	free(all.items);
	free(held.items);
	free(from.items);
	free(to.items);
	return fell;
}

static void an_edit_lets_nothing_fall_between(void **state)
{
	enum { LINES = 8 };
	unsigned fell = 0, plain = 0;
	size_t held;

	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct filter_rule before[RULES_MAX], after[RULES_MAX];
		size_t count = 1 + rnd(LINES);
		uint32_t entry = 10;

		seed = round;
		for (size_t i = 0; i < count; i++) {
			entry += rnd(4) == 0;
			before[i] = random_rule(entry);
		}
		fell += fall_between(before, count, after, edit(before, count, after), &held);
		plain += held == 0;
	}
	assert_true(fell > ROUNDS);
	assert_in_range(plain, ROUNDS / 10, ROUNDS - 1);
}

/* A permit line goes, and the deny line under it; the wider one keeps its layer. */
static void a_deny_line_that_goes_is_not_seen_last(void **state)
{
	struct filter_rule before[5] = {line(true, 1, "10.0.0.4", "10.0.0.0/28"),
		line(true, 1, "10.0.0.4/30", "10.0.0.0/28"), line(true, 1, "10.0.0.1", "10.0.0.0/28"),
		line(false, 1, "10.0.0.0/31", "10.0.0.0/28"), line(true, 1, "10.0.0.0/28", "10.0.0.0/28")},
			   after[3] = {before[0], before[1], before[4]};
	size_t held;

	(void)state;
	assert_true(fall_between(before, 5, after, 3, &held) > 0);
	assert_int_equal(held, 1);
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
		cmocka_unit_test(an_edit_lets_nothing_fall_between),
		cmocka_unit_test(a_deny_line_that_goes_is_not_seen_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
