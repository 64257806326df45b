/* `debug standby`: the lines that IOS prints, nothing while it is off, and no flood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hsrp_world.h"

enum { A, B };

static void debug(struct world *w, unsigned box, unsigned bits)
{
	world_step(w, box, &(struct hsrp_in){.kind = HSRP_IN_DEBUG, .debug = (uint16_t)bits});
}

static struct world *pair(void)
{
	struct world *w = world_new(2);

	for (unsigned n = 0; n < 2; n++) {
		w->box[n].group.priority = n == A ? 110 : 100;
		strcpy(w->box[n].group.name, "hsrp-Fa0/0-1");
	}
	world_start(w, A);
	world_start(w, B);
	return w;
}

/* The debug lines since world_skip() that are no state change message, in order. */
static void assert_lines(struct world *w, unsigned box, const char *const *lines)
{
	for (const char *line = world_next(w, box); *line; line = world_next(w, box)) {
		if (strncmp(line, "log HSRP:", 9) != 0)
			continue;
		assert_non_null(*lines);
		assert_string_equal(line + 4, *lines);
		lines++;
	}
	if (*lines)
		fail_msg("missing: %s", *lines);
}

static void a_router_that_starts_tells_its_story(void **state)
{
	struct world *w = world_new(1);
	static const char *const story[] = {"HSRP: Fa0/0 Starting minimum intf delay (1 secs) - uptime 1000",
		"HSRP: Fa0/0 Intf min delay expired - uptime 1001", "HSRP: Fa0/0 Grp 1 Init: a/HSRP enabled",
		"HSRP: Fa0/0 Grp 1 Init -> Listen",
		"HSRP: Fa0/0 Grp 1 Redundancy \"hsrp-Fa0/0-1\" state Init -> Listen",
		"HSRP: Fa0/0 Grp 1 Listen: c/Active timer expired (unknown)",
		"HSRP: Fa0/0 Grp 1 Listen -> Speak",
		"HSRP: Fa0/0 Grp 1 Redundancy \"hsrp-Fa0/0-1\" state Listen -> Speak",
		"HSRP: Fa0/0 Grp 1 Speak: d/Standby timer expired (unknown)",
		"HSRP: Fa0/0 Grp 1 Speak -> Standby",
		"HSRP: Fa0/0 Grp 1 Redundancy \"hsrp-Fa0/0-1\" state Speak -> Standby",
		"HSRP: Fa0/0 Grp 1 Standby router is local, was unknown",
		"HSRP: Fa0/0 Grp 1 Standby: c/Active timer expired (unknown)",
		"HSRP: Fa0/0 Grp 1 Standby -> Active",
		"HSRP: Fa0/0 Grp 1 Redundancy \"hsrp-Fa0/0-1\" state Standby -> Active",
		"HSRP: Fa0/0 Grp 1 Activating MAC 0000.0c07.ac01",
		"HSRP: Fa0/0 Grp 1 Added 192.168.0.254 to ARP (0000.0c07.ac01)",
		"HSRP: Fa0/0 Grp 1 Active router is local, was unknown",
		"HSRP: Fa0/0 Grp 1 Standby router is unknown, was local", NULL};

	(void)state;
	strcpy(w->box[A].group.name, "hsrp-Fa0/0-1");
	debug(w, A, HSRP_DEBUG_EVENTS);
	world_start(w, A);
	world_run_ms(w, 40000);
	assert_int_equal(world_state(w, A), HSRP_ACTIVE);
	assert_lines(w, A, story);
	world_free(w);
}

static void a_coup_is_told_by_the_one_who_loses(void **state)
{
	struct world *w = pair();
	static const char *const story[] = {
		"HSRP: Fa0/0 Grp 1 Coup   in  192.168.0.66 Listen  pri 150 vIP 192.168.0.254",
		"HSRP: Fa0/0 Grp 1 Active: j/Coup rcvd from higher pri router (150/192.168.0.66)",
		"HSRP: Fa0/0 Grp 1 Active -> Speak",
		"HSRP: Fa0/0 Grp 1 Redundancy \"hsrp-Fa0/0-1\" state Active -> Speak",
		"HSRP: Fa0/0 Grp 1 Removed 192.168.0.254 from ARP",
		"HSRP: Fa0/0 Grp 1 Deactivating MAC 0000.0c07.ac01",
		"HSRP: Fa0/0 Redirect adv out, Passive, active 0 passive 1",
		"HSRP: Fa0/0 Grp 1 Hello  out 192.168.0.2 Speak   pri 110 vIP 192.168.0.254",
		"HSRP: Fa0/0 Grp 1 Active router is 192.168.0.66, was local", NULL};

	(void)state;
	world_run_ms(w, 60000);
	world_skip(w, A);
	w->box[B].deaf = w->box[B].mute = true;
	debug(w, A, HSRP_DEBUG_ALL);
	world_send(w, A, &(struct hsrp_packet){.opcode = HSRP_COUP, .state = HSRP_LISTEN, .priority = 150},
		66, NULL);
	assert_lines(w, A, story);
	world_free(w);
}

static void condition(struct world *w, unsigned box, const char *device, int group)
{
	struct hsrp_in in = {.kind = HSRP_IN_CONDITION, .which = {.group = group}};

	strcpy(in.which.device, device);
	world_step(w, box, &in);
}

/* `debug condition`: lines of what was named, of the interface as a whole or of one group. */
static void conditions_limit_the_lines(void **state)
{
	static const struct {
		const char *device;
		int group;
		bool hellos, advertisements;
	} cases[] = {{"eth1", HSRP_ALL_GROUPS, true, true}, {"eth1", 1, true, false},
		{"eth1", 2, false, false}, {"eth0", HSRP_ALL_GROUPS, false, false}, {"?", 1, false, false}};
	struct world *w = pair();

	(void)state;
	world_run_ms(w, 60000);
	debug(w, A, HSRP_DEBUG_ALL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		condition(w, A, "", HSRP_ALL_GROUPS);
		condition(w, A, "eth9", 7);
		condition(w, A, cases[i].device, cases[i].group);
		world_skip(w, A);
		world_run_ms(w, 60000);
		assert_int_equal(world_count(w, A, "log HSRP: Fa0/0 Grp 1 Hello") > 0, cases[i].hellos);
		assert_int_equal(
			world_count(w, A, "log HSRP: Fa0/0 REDIRECT adv in") > 0, cases[i].advertisements);
	}
	condition(w, A, "", HSRP_ALL_GROUPS); /* none: all again */
	world_skip(w, A);
	world_run_ms(w, 60000);
	assert_true(world_count(w, A, "log HSRP: Fa0/0 Grp 1 Hello") > 0);
	for (unsigned n = 0; n < 2 * HSRP_CONDITIONS_MAX; n++) /* more than fit */
		condition(w, A, "eth9", (int)n);
	world_free(w);
}

static void each_kind_comes_alone_and_nothing_when_off(void **state)
{
	static const struct {
		unsigned bits;
		const char *only; /* what every line begins with; NULL: no line at all */
	} kinds[] = {
		{0, NULL},
		{HSRP_DEBUG_HELLO, "log HSRP: Fa0/0 Grp 1 Hello "},
		{HSRP_DEBUG_COUP, NULL},
		{HSRP_DEBUG_RESIGN, NULL},
		{HSRP_DEBUG_TRACK, NULL},
		{HSRP_DEBUG_PACKETS_DETAIL, NULL},
		{HSRP_DEBUG_EVENTS_DETAIL,
			"log HSRP: Fa0/0 Grp 1 Active: l/Hello rcvd from lower pri Standby router "
			"(100/192.168.0.3)"},
	};
	struct world *w = pair();

	(void)state;
	world_run_ms(w, 60000);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		debug(w, A, kinds[i].bits);
		world_skip(w, A);
		world_run_ms(w, 10000);
		unsigned lines = world_count(w, A, "log HSRP:");
		assert_int_equal(lines, kinds[i].only ? world_count(w, A, kinds[i].only) : 0);
		assert_true(!kinds[i].only || lines >= 3);
	}
	debug(w, A, HSRP_DEBUG_HELLO | HSRP_DEBUG_PACKETS_DETAIL);
	world_skip(w, A);
	world_run_ms(w, 10000);
	assert_true(world_count(w, A,
			    "log HSRP: Fa0/0 Grp 1 Hello  in  192.168.0.3 Standby pri 100 vIP 192.168.0.254 "
			    "hel 3000") >= 3);
	world_free(w);
}

static void a_flood_of_frames_is_no_flood_of_lines(void **state)
{
	struct world *w = pair();

	(void)state;
	world_run_ms(w, 60000);
	debug(w, A, HSRP_DEBUG_HELLO);
	world_skip(w, A);
	for (unsigned n = 0; n < 1500; n++)
		world_send(w, A,
			&(struct hsrp_packet){.opcode = HSRP_HELLO, .state = HSRP_SPEAK, .priority = 1}, 66,
			NULL);
	unsigned lines = world_count(w, A, "log HSRP:");
	assert_in_range(lines, 300, 420);
	world_skip(w, A);
	world_run_ms(w, 5000);
	assert_int_equal(world_count(w, A, "log HSRP: 1100 debug lines were left out"), 1);
	world_free(w);
}

static void a_tracked_object_is_told_of(void **state)
{
	struct world *w = pair();
	static const char *const story[] = {"HSRP: Fa0/0 Grp 1 Track 7 object changed, state Up -> Down",
		"HSRP: Fa0/0 Grp 1 Priority 110 to 90", NULL};

	(void)state;
	w->box[A].group.track_count = 1;
	w->box[A].group.track[0] = (struct hsrp_track){.object = 7, .decrement = 20};
	world_configure(w, A);
	world_run_ms(w, 60000);
	debug(w, A, HSRP_DEBUG_TRACK);
	world_skip(w, A);
	w->box[A].group.track[0].down = true;
	world_configure(w, A);
	assert_lines(w, A, story);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_router_that_starts_tells_its_story),
		cmocka_unit_test(a_coup_is_told_by_the_one_who_loses),
		cmocka_unit_test(conditions_limit_the_lines),
		cmocka_unit_test(each_kind_comes_alone_and_nothing_when_off),
		cmocka_unit_test(a_flood_of_frames_is_no_flood_of_lines),
		cmocka_unit_test(a_tracked_object_is_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
