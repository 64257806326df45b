/*
 * Three captures of real routers (public test material of tcpdump: coup, failover, election) replayed against the core. Ours
 * takes the place of one router: it hears the others' frames at their recorded moments, and what it says must be what that
 * router said, at its moments. Only the periodic hellos in between may differ, since they are jittered by chance.
 *
 * With a folder that has the captures themselves (HSRP_coup.pcap …) as argument they are read from there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hsrp_world.h"
#include "pcap.h"

enum {
	HELLO = HSRP_HELLO,
	COUP = HSRP_COUP,
	ADVERTISE = HSRP_ADVERTISE,
	SAYS_MAX = 32,
	FRAMES_MAX = 256,
	PATH_MAX_LEN = 1024
};

/* A frame of a capture: group 1, hello 3 s, hold 10 s, text "cisco" in all of them. `state` of an Advertise: its own. */
struct recorded {
	int ms;
	uint8_t host, op, state, priority;
};

#define ACTIVE	HSRP_ACTIVE
#define STANDBY HSRP_STANDBY
#define SPEAK	HSRP_SPEAK
#define LISTEN	HSRP_LISTEN

/* .30 is active, .20 standby; .10 with priority 200 and preempt comes up. */
static const struct recorded coup[] = {
	{0, 30, HELLO, ACTIVE, 100},
	{1012, 20, HELLO, STANDBY, 100},
	{3008, 30, HELLO, ACTIVE, 100},
	{4012, 20, HELLO, STANDBY, 100},
	{6016, 30, HELLO, ACTIVE, 100},
	{6989, 20, HELLO, STANDBY, 100},
	{9009, 30, HELLO, ACTIVE, 100},
	{10000, 20, HELLO, STANDBY, 100},
	{12008, 30, HELLO, ACTIVE, 100},
	{13017, 20, HELLO, STANDBY, 100},
	{14984, 30, HELLO, ACTIVE, 100},
	{16001, 20, HELLO, STANDBY, 100},
	{18009, 30, HELLO, ACTIVE, 100},
	{19001, 20, HELLO, STANDBY, 100},
	{20684, 10, ADVERTISE, HSRP_ADV_PASSIVE, 0},
	{21013, 30, HELLO, ACTIVE, 100},
	{21025, 10, ADVERTISE, HSRP_ADV_ACTIVE, 0},
	{21033, 10, COUP, LISTEN, 200},
	{21037, 30, ADVERTISE, HSRP_ADV_PASSIVE, 0},
	{21045, 30, HELLO, SPEAK, 100},
	{21049, 10, HELLO, ACTIVE, 200},
	{24002, 10, HELLO, ACTIVE, 200},
	{24053, 30, HELLO, SPEAK, 100},
	{27018, 10, HELLO, ACTIVE, 200},
	{27069, 30, HELLO, SPEAK, 100},
	{30018, 10, HELLO, ACTIVE, 200},
	{30061, 30, HELLO, SPEAK, 100},
	{31037, 30, HELLO, STANDBY, 100},
	{33018, 10, HELLO, ACTIVE, 200},
	{34062, 30, HELLO, STANDBY, 100},
	{36002, 10, HELLO, ACTIVE, 200},
	{37046, 30, HELLO, STANDBY, 100},
	{39014, 10, HELLO, ACTIVE, 200},
};

/* .10 is active, .30 standby, .20 listens; .10 falls silent. */
static const struct recorded failover[] = {
	{0, 10, HELLO, ACTIVE, 200},
	{2767, 30, HELLO, STANDBY, 100},
	{4263, 10, HELLO, ACTIVE, 200},
	{5792, 30, HELLO, STANDBY, 100},
	{7280, 10, HELLO, ACTIVE, 200},
	{8800, 30, HELLO, STANDBY, 100},
	{10272, 10, HELLO, ACTIVE, 200},
	{11800, 30, HELLO, STANDBY, 100},
	{14784, 30, HELLO, STANDBY, 100},
	{17801, 30, HELLO, STANDBY, 100},
	{20264, 20, HELLO, SPEAK, 100},
	{20265, 30, ADVERTISE, HSRP_ADV_ACTIVE, 0},
	{20273, 30, HELLO, ACTIVE, 100},
	{23273, 30, HELLO, ACTIVE, 100},
	{23281, 20, HELLO, SPEAK, 100},
	{26257, 20, HELLO, SPEAK, 100},
	{26265, 30, HELLO, ACTIVE, 100},
	{29225, 30, HELLO, ACTIVE, 100},
	{29273, 20, HELLO, SPEAK, 100},
	{30257, 20, HELLO, STANDBY, 100},
	{32257, 30, HELLO, ACTIVE, 100},
	{33273, 20, HELLO, STANDBY, 100},
	{35266, 30, HELLO, ACTIVE, 100},
	{36257, 20, HELLO, STANDBY, 100},
};

/* All three start together; .10 has priority 200. */
static const struct recorded election[] = {
	{0, 10, HELLO, SPEAK, 200},
	{1408, 30, HELLO, SPEAK, 100},
	{2296, 20, HELLO, SPEAK, 100},
	{3024, 10, HELLO, SPEAK, 200},
	{6012, 10, HELLO, SPEAK, 200},
	{8996, 10, HELLO, SPEAK, 200},
	{10004, 10, HELLO, STANDBY, 200},
	{10492, 10, ADVERTISE, HSRP_ADV_ACTIVE, 0},
	{10500, 10, HELLO, ACTIVE, 200},
	{13524, 10, HELLO, ACTIVE, 200},
	{16497, 10, HELLO, ACTIVE, 200},
	{19501, 10, HELLO, ACTIVE, 200},
	{20037, 30, HELLO, SPEAK, 100},
	{20037, 20, HELLO, SPEAK, 100},
	{22501, 10, HELLO, ACTIVE, 200},
	{23029, 30, HELLO, SPEAK, 100},
	{25517, 10, HELLO, ACTIVE, 200},
	{26005, 30, HELLO, SPEAK, 100},
	{28493, 10, HELLO, ACTIVE, 200},
	{29021, 30, HELLO, SPEAK, 100},
	{30037, 30, HELLO, STANDBY, 100},
	{31525, 10, HELLO, ACTIVE, 200},
	{33017, 30, HELLO, STANDBY, 100},
	{34502, 10, HELLO, ACTIVE, 200},
	{36026, 30, HELLO, STANDBY, 100},
};

/* What our router says, without repetition: the first of each kind of frame after another kind. */
struct said {
	int ms;
	char text[WORLD_LINE];
};

static bool spoken(const char *line)
{
	return !strncmp(line, "hello ", 6) || !strncmp(line, "coup ", 5) || !strncmp(line, "resign ", 7);
}

static unsigned changes_said(const struct world *w, mono_t zero, struct said *out)
{
	const struct world_box *b = &w->box[0];
	unsigned count = 0;

	for (unsigned n = 0; n < b->lines; n++) {
		if (!spoken(b->line[n]) || (count && !strcmp(out[count - 1].text, b->line[n])))
			continue;
		assert_true(count < SAYS_MAX);
		out[count].ms = (int)mono_diff_ms(b->line_at[n], zero);
		snprintf(out[count++].text, WORLD_LINE, "%s", b->line[n]);
	}
	return count;
}

static const char *line_of(const struct recorded *r)
{
	static const char *const states[] = {
		[LISTEN] = "listen", [SPEAK] = "speak", [STANDBY] = "standby", [ACTIVE] = "active"};
	static char text[WORLD_LINE];

	/* From the virtual MAC in Active only; a Coup says the old state, from the interface's own MAC. */
	snprintf(text, sizeof(text), "%s %s pri %u %s", r->op == COUP ? "coup" : "hello", states[r->state],
		r->priority, r->op == HELLO && r->state == ACTIVE ? "vmac" : "imac");
	return text;
}

static void hear(struct world *w, const struct recorded *r)
{
	struct hsrp_packet p = {.opcode = r->op, .state = r->state, .priority = r->priority};

	if (r->op == ADVERTISE)
		p = (struct hsrp_packet){.opcode = ADVERTISE, .adv_state = r->state, .adv_passive = 1};
	struct mac virtual = hsrp_virtual_mac(1, IP_V4, 1);
	world_send(w, 0, &p, r->host, r->op == HELLO && r->state == ACTIVE ? &virtual : NULL);
}

/* The world with our router as `host`, link up `up_ms` relative to the capture's beginning (negative: before it). */
static struct world *place_of(unsigned host, unsigned priority, bool preempt, int up_ms)
{
	struct world *w = world_new(1);

	w->box[0].interface.address = ip_v4(0xc0a80000 + host);
	w->box[0].group.priority = (uint8_t)priority;
	w->box[0].group.preempt = preempt;
	if (up_ms <= 0)
		world_start(w, 0);
	return w;
}

struct play {
	const struct recorded *frames;
	size_t count;
	unsigned host, priority;
	bool preempt;
	int up_ms;     /* when its link came up */
	int before_ms; /* what the others said before the capture: repeated every 3 s, at this phase */
	struct recorded before[2];
	int after_ms; /* how long it goes on after the last frame */
	int late_ms;  /* hold timers of ours run up to 15 % longer, and the others' were not ours */
};

static void replay(const struct play *p)
{
	struct world *w = place_of(p->host, p->priority, p->preempt, p->up_ms);
	int lead = p->up_ms < 0 ? -p->up_ms : 0;
	mono_t zero = mono_add_ms(w->now, lead);

	for (int ms = p->before_ms; ms < lead - 1000; ms += 3000) {
		world_run_ms(w, ms - mono_diff_ms(w->now, zero) - lead);
		for (unsigned n = 0; n < 2; n++)
			if (p->before[n].host)
				hear(w, &p->before[n]);
	}
	world_run_ms(w, -mono_diff_ms(w->now, zero));
	bool started = p->up_ms <= 0;
	for (size_t n = 0; n < p->count; n++) {
		const struct recorded *r = &p->frames[n];
		if (!started && r->ms >= p->up_ms) {
			world_run_ms(w, p->up_ms - mono_diff_ms(w->now, zero));
			world_start(w, 0);
			started = true;
		}
		world_run_ms(w, r->ms - mono_diff_ms(w->now, zero));
		if (r->host != p->host)
			hear(w, r);
	}
	world_run_ms(w, p->after_ms);

	struct said ours[SAYS_MAX];
	unsigned count = changes_said(w, zero, ours), at = 0;
	while (at + 1 < count && ours[at + 1].ms <= 0)
		at++; /* on the way to where the capture begins; what it says there it may have said for long */
	char last[WORLD_LINE] = "";
	for (size_t n = 0; n < p->count; n++) {
		const struct recorded *r = &p->frames[n];
		if (r->host != p->host || r->op == ADVERTISE || !strcmp(last, line_of(r)))
			continue;
		snprintf(last, sizeof(last), "%s", line_of(r));
		if (at == count)
			fail_msg("as .%u: \"%s\" at %d ms was not said", p->host, last, r->ms);
		if (strcmp(ours[at].text, last) != 0)
			fail_msg("as .%u: said \"%s\" at %d ms, the router \"%s\" at %d ms", p->host,
				ours[at].text, ours[at].ms, last, r->ms);
		if ((ours[at].ms < r->ms - 3100 && ours[at].ms > 0) || ours[at].ms > r->ms + p->late_ms)
			fail_msg("as .%u: \"%s\" at %d ms, the router at %d ms", p->host, last, ours[at].ms,
				r->ms);
		at++;
	}
	if (at != count)
		fail_msg("as .%u: said \"%s\" at %d ms, the router nothing", p->host, ours[at].text,
			ours[at].ms);
	assert_int_equal(w->box[0].violations, 0);
	world_free(w);
}

static const struct tape {
	const char *file;
	const struct recorded *frames;
	size_t count;
} tapes[] = {
	{"HSRP_coup.pcap", coup, sizeof(coup) / sizeof(coup[0])},
	{"HSRP_failover.pcap", failover, sizeof(failover) / sizeof(failover[0])},
	{"HSRP_election.pcap", election, sizeof(election) / sizeof(election[0])},
};

static const char *folder; /* NULL: the tables above */

/* What the table says of a frame, from the frame itself; false: nothing of the kind. */
static bool frame_recorded(const struct pcap *c, int64_t zero_us, struct recorded *r)
{
	struct hsrp_frame f;
	struct hsrp_packet p;

	if (hsrp_frame_read(&f, c->frame, c->len, true) != HSRP_WIRE_OK ||
		hsrp_packet_read(&p, f.payload, f.payload_len) != HSRP_WIRE_OK)
		return false;
	*r = (struct recorded){.ms = (int)((c->time_us - zero_us) / 1000),
		.host = f.from.bytes[3],
		.op = p.opcode,
		.state = p.opcode == ADVERTISE ? p.adv_state : p.state,
		.priority = p.opcode == ADVERTISE ? 0 : p.priority};
	return true;
}

/* The capture itself has all that the table has, in its order, more repetitions, and goes on for longer. */
static size_t tape_read(const struct tape *t, struct recorded *out)
{
	char path[PATH_MAX_LEN];
	struct pcap c;
	size_t count = 0, listed = 0;
	int64_t zero_us = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, t->file);
	assert_true(pcap_open(&c, path));
	while (pcap_next(&c)) {
		zero_us = count ? zero_us : c.time_us;
		assert_true(count < FRAMES_MAX);
		assert_true(frame_recorded(&c, zero_us, &out[count]));
		listed += listed < t->count && !memcmp(&out[count], &t->frames[listed], sizeof(out[count]));
		count++;
	}
	pcap_close(&c);
	assert_int_equal(listed, t->count);
	return count;
}

static void replay_tape(const struct tape *t, struct play *p)
{
	struct recorded read[FRAMES_MAX];

	p->frames = folder ? read : t->frames;
	p->count = folder ? tape_read(t, read) : t->count;
	replay(p);
}

enum { TAPE_COUP, TAPE_FAILOVER, TAPE_ELECTION };

static void coup_as_the_router_that_preempts(void **state)
{
	(void)state;
	replay_tape(&tapes[TAPE_COUP],
		&(struct play){.host = 10, .priority = 200, .preempt = true, .up_ms = 19684, .late_ms = 50});
}

static void coup_as_the_active_router_that_is_preempted(void **state)
{
	(void)state;
	replay_tape(&tapes[TAPE_COUP],
		&(struct play){.host = 30, .priority = 100, .up_ms = -30000, .late_ms = 1600});
}

static void coup_as_the_standby_router_that_falls_silent(void **state)
{
	(void)state;
	replay_tape(&tapes[TAPE_COUP],
		&(struct play){.host = 20,
			.priority = 100,
			.up_ms = -30000,
			.late_ms = 50,
			.before_ms = 500,
			.before = {{0, 30, HELLO, ACTIVE, 100}}});
}

static void failover_as_the_standby_router_that_takes_over(void **state)
{
	(void)state;
	replay_tape(&tapes[TAPE_FAILOVER],
		&(struct play){.host = 30,
			.priority = 100,
			.up_ms = -30000,
			.late_ms = 1600,
			.before_ms = 500,
			.before = {{0, 10, HELLO, ACTIVE, 200}}});
}

static void failover_as_the_listening_router_that_steps_in(void **state)
{
	(void)state;
	/*
	 * The router's hold timer for .10 ended a moment before .30's Hello(Active). Ours runs up to 15 % longer, so the standby
	 * timer decides: 10 s after .30's last Hello(Standby), and so on.
	 */
	replay_tape(&tapes[TAPE_FAILOVER],
		&(struct play){.host = 20,
			.priority = 100,
			.up_ms = -30000,
			.late_ms = 11000,
			.after_ms = 6000,
			.before_ms = 500,
			.before = {{0, 10, HELLO, ACTIVE, 200}, {0, 30, HELLO, STANDBY, 100}}});
}

static void election_as_the_winner(void **state)
{
	(void)state;
	replay_tape(&tapes[TAPE_ELECTION],
		&(struct play){.host = 10, .priority = 200, .up_ms = -12000, .late_ms = 1600});
}

static void election_as_the_second(void **state)
{
	(void)state;
	replay_tape(&tapes[TAPE_ELECTION],
		&(struct play){.host = 30, .priority = 100, .up_ms = -10500, .late_ms = 1600});
}

int main(int argc, char **argv)
{
	folder = argc > 1 ? argv[1] : NULL;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(coup_as_the_router_that_preempts),
		cmocka_unit_test(coup_as_the_active_router_that_is_preempted),
		cmocka_unit_test(coup_as_the_standby_router_that_falls_silent),
		cmocka_unit_test(failover_as_the_standby_router_that_takes_over),
		cmocka_unit_test(failover_as_the_listening_router_that_steps_in),
		cmocka_unit_test(election_as_the_winner),
		cmocka_unit_test(election_as_the_second),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
