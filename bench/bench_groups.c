/*
 * What many standby groups cost the engine: one link event, one configuration line, with and without the groups that they
 * concern. The command line, the core and what the hsrp process is told, without sockets; nothing needs root.
 *
 *   bench_groups [GROUPS [TRACKING]]      4095 groups on one interface, 1000 of them track something
 *
 * One line a case: microseconds, median of REPEATS, and messages sent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/hsrp_tell.h"
#include "daemon/inventory.h"

enum { REPEATS = 101, VMAC_INDEX = 1000, OBJECTS_MAX = 1000 };

static struct engine engine;
static struct cli_session *session;
static struct hsrp_tell *tell;
static size_t messages;

static bool device_exists(void *arg, const char *name)
{
	(void)arg;
	return strncmp(name, "eth", 3) == 0;
}

static const struct cli_ops ops = {.device_exists = device_exists};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void count(void *ctx, const uint8_t *bytes, size_t len)
{
	(void)ctx;
	(void)bytes;
	(void)len;
	messages++;
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_groups: %s\n", what);
	exit(1);
}

static void carry_out(const struct effect *f)
{
	switch (f->kind) {
	case EF_HSRP_CONFIG: must(hsrp_tell_interface(tell, f->interface), "memory"); break;
	case EF_HSRP_GROUP: must(hsrp_tell_group(tell, f->group.interface, f->group.number), "memory"); break;
	case EF_HSRP_CHAIN: must(hsrp_tell_chain(tell, f->chain), "memory"); break;
	case EF_HSRP_TRACK: must(hsrp_tell_object(tell, f->object), "memory"); break;
	default: break;
	}
}

static void step(const struct event *e)
{
	static int64_t ns = 1;
	struct effects out = {0};

	inventory_event(engine.inventory, e);
	core_step(engine.core, e, (mono_t){ns += 1000000}, &out);
	for (size_t i = 0; i < out.count; i++)
		carry_out(&out.items[i]);
	effects_clear(&out);
	effects_free(&out);
	if (e->kind == EV_LINK)
		must(hsrp_tell_device(tell, e->link.name), "memory");
}

static void link_is(int ifindex, const char *name, bool running)
{
	struct event e = {.kind = EV_LINK, .link = {.ifindex = ifindex, .up = true, .running = running}};

	str_copy(e.link.name, sizeof(e.link.name), name);
	step(&e);
}

static void type(const char *line)
{
	struct text out = {0};

	if (cli_line(session, line, &out) != CLI_OK) {
		fprintf(stderr, "%s: %s", line, text_str(&out));
		exit(1);
	}
	text_free(&out);
	step(&(struct event){.kind = EV_CONFIG, .model = engine.model});
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const char *name, void (*f)(unsigned round))
{
	double us[REPEATS];
	size_t before;

	f(0);
	before = messages;
	for (unsigned i = 0; i < REPEATS; i++) {
		double start = now_us();

		f(i + 1);
		us[i] = now_us() - start;
	}
	qsort(us, REPEATS, sizeof(*us), compare);
	printf("%-44s %10.1f us %8.1f messages\n", name, us[REPEATS / 2],
		(double)(messages - before) / REPEATS);
}

static void link_of_nobody(unsigned round)
{
	link_is(2, "eth2", round % 2 != 0);
}

static void link_of_groups(unsigned round)
{
	link_is(5, "eth5", round % 2 != 0);
}

static void link_of_an_object(unsigned round)
{
	link_is(6, "eth6", round % 2 != 0);
}

static void link_of_objects(unsigned round)
{
	link_is(7, "eth7", round % 2 != 0);
}

static void link_of_a_virtual_mac(unsigned round)
{
	link_is(VMAC_INDEX + 7, "hsv7", round % 2 != 0);
}

static void line_of_a_group(unsigned round)
{
	char line[64];

	snprintf(line, sizeof(line), "standby 3000 priority %u", 101 + round % 2);
	type(line);
}

static void line_of_a_chain(unsigned round)
{
	char line[64];

	type("key chain C");
	type("key 1");
	snprintf(line, sizeof(line), "key-string k%u", round % 2);
	type(line);
	type("interface eth1");
}

int main(int argc, char **argv)
{
	unsigned groups = argc > 1 ? (unsigned)atoi(argv[1]) : 4095;
	unsigned tracking = argc > 2 ? (unsigned)atoi(argv[2]) : 1000;
	char line[80];

	engine.model = model_new();
	engine.core = core_new();
	engine.inventory = inventory_new();
	tell = hsrp_tell_new(&engine, count, NULL);
	session = cli_session_new(engine.model, &ops, 15, "bench");
	must(engine.model && engine.core && engine.inventory && tell && session, "memory");
	step(&(struct event){.kind = EV_CONFIG, .model = engine.model});
	step(&(struct event){.kind = EV_SNAPSHOT_BEGIN});
	for (int i = 1; i < 10; i++) {
		snprintf(line, sizeof(line), "eth%d", i);
		link_is(i, line, true);
	}
	for (unsigned n = 0; n < groups; n++) {
		snprintf(line, sizeof(line), "hsv%u", n);
		link_is((int)(VMAC_INDEX + n), line, true);
	}
	step(&(struct event){.kind = EV_SNAPSHOT_END});
	double start = now_us();
	type("configure terminal");
	type("track 1 interface eth6 line-protocol");
	for (unsigned n = 2; n <= OBJECTS_MAX; n++) {
		snprintf(line, sizeof(line), "track %u interface eth7 line-protocol", n);
		type(line);
	}
	type("interface eth1");
	type("ip address 10.0.0.1 255.255.0.0");
	type("standby version 2");
	for (unsigned n = 1; n <= groups; n++) {
		snprintf(line, sizeof(line), "standby %u ip 10.0.%u.%u", n, 16 + n / 250, 2 + n % 250);
		type(line);
		if (n <= tracking) {
			snprintf(line, sizeof(line), "standby %u track eth5", n);
			type(line);
			snprintf(line, sizeof(line), "standby %u track 1", n);
			type(line);
			snprintf(line, sizeof(line), "standby %u track %u", n, 2 + n % (OBJECTS_MAX - 1));
			type(line);
		}
	}
	printf("%u groups, %u track: typed in %.0f ms\n", groups, tracking, (now_us() - start) / 1e3);
	measure("link that nobody tracks", link_of_nobody);
	measure("link of a virtual MAC", link_of_a_virtual_mac);
	measure("link that the groups track", link_of_groups);
	measure("link of an object that the groups track", link_of_an_object);
	measure("link of the other objects", link_of_objects);
	measure("line of one group", line_of_a_group);
	measure("lines of a key chain that nobody uses", line_of_a_chain);
	cli_session_free(session);
	hsrp_tell_free(tell);
	inventory_free(engine.inventory);
	core_free(engine.core);
	model_free(engine.model);
	return 0;
}
