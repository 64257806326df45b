/* What the hsrp process is told after a line, a link and a tracked object: what it concerns, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hsrp_tell.h"
#include "daemon/inventory.h"

/* The engine as far as it concerns this, and a process that writes down what it hears. */
struct desk {
	struct engine engine;
	struct cli_session *session;
	struct hsrp_tell *tell;
	struct text heard;
	int64_t ms;
};

static bool device_exists(void *arg, const char *name)
{
	(void)arg;
	return strncmp(name, "eth", 3) == 0;
}

static const struct cli_ops ops = {.device_exists = device_exists};

static void hear_group(struct desk *d, const struct hsrp_group_config *g)
{
	text_printf(&d->heard, "group %s %u v%u pri %u", g->device, g->group, g->family, g->priority);
	if (g->auth.chain[0])
		text_printf(&d->heard, " chain %s", g->auth.chain);
	if (g->follow.device[0])
		text_printf(&d->heard, " follows %s %u", g->follow.device, g->follow.group);
	if (g->pair.device[0])
		text_printf(&d->heard, " pair %s %u v%u", g->pair.device, g->pair.group, g->pair.family);
	for (unsigned i = 0; i < g->track_count; i++)
		text_printf(&d->heard, " track %u %s", g->track[i].object, g->track[i].down ? "down" : "up");
	text_add(&d->heard, "\n");
}

static void hear(void *ctx, const uint8_t *bytes, size_t len)
{
	struct desk *d = ctx;
	struct message m;

	assert_int_equal(message_decode(&m, bytes, len), 0);
	switch (m.type) {
	case MESSAGE_CONFIG_INTERFACE: text_printf(&d->heard, "interface %s\n", m.interface.device); break;
	case MESSAGE_CONFIG_GROUP: hear_group(d, &m.group); break;
	case MESSAGE_CONFIG_CHAIN:
		text_printf(&d->heard, "chain %s %u keys from %u%s\n", m.chain.name, m.chain.count,
			m.chain.first, m.chain.more ? " and more" : "");
		break;
	case MESSAGE_REMOVE_GROUP:
		text_printf(&d->heard, "no group %s %d v%u\n", m.which.device, (int)m.which.group,
			(unsigned)m.which.family);
		break;
	case MESSAGE_REMOVE_INTERFACE: text_printf(&d->heard, "no interface %s\n", m.which.device); break;
	case MESSAGE_CONFIG_BEGIN: text_add(&d->heard, "begin\n"); break;
	case MESSAGE_CONFIG_END: text_add(&d->heard, "end\n"); break;
	default: fail_msg("message %u", m.type);
	}
}

static void step(struct desk *d, const struct event *e)
{
	struct effects out = {0};

	d->ms += 10;
	inventory_event(d->engine.inventory, e);
	core_step(d->engine.core, e, (mono_t){d->ms * 1000000}, &out);
	for (size_t i = 0; i < out.count; i++) {
		const struct effect *f = &out.items[i];

		switch (f->kind) {
		case EF_HSRP_CONFIG: assert_true(hsrp_tell_interface(d->tell, f->interface)); break;
		case EF_HSRP_GROUP:
			assert_true(hsrp_tell_group(d->tell, f->group.interface, f->group.number));
			break;
		case EF_HSRP_CHAIN: assert_true(hsrp_tell_chain(d->tell, f->chain)); break;
		case EF_HSRP_TRACK: assert_true(hsrp_tell_object(d->tell, f->object)); break;
		default: break;
		}
	}
	effects_clear(&out);
	effects_free(&out);
	if (e->kind == EV_LINK || e->kind == EV_LINK_GONE)
		assert_true(hsrp_tell_device(d->tell, e->link.name));
}

static void link_is(struct desk *d, int ifindex, const char *name, bool running)
{
	struct event e = {.kind = EV_LINK, .link = {.ifindex = ifindex, .up = true, .running = running}};

	str_copy(e.link.name, sizeof(e.link.name), name);
	step(d, &e);
}

static void type(struct desk *d, const char *line)
{
	struct text out = {0};

	if (cli_line(d->session, line, &out) != CLI_OK)
		fail_msg("\"%s\": %s", line, text_str(&out));
	text_free(&out);
	step(d, &(struct event){.kind = EV_CONFIG, .model = d->engine.model});
}

static void assert_heard(struct desk *d, const char *wanted)
{
	if (strcmp(text_str(&d->heard), wanted) != 0)
		fail_msg("heard\n%s  in place of\n%s", text_str(&d->heard), wanted);
	text_clear(&d->heard);
}

static struct desk *desk_new(void)
{
	struct desk *d = calloc(1, sizeof(*d));
	static const char *const lines[] = {"configure terminal", "interface eth1",
		"ip address 10.0.0.1 255.255.255.0", "standby 1 ip 10.0.0.11", "standby 2 ip 10.0.0.12",
		"standby 2 track 7", "standby 3 ip 10.0.0.13", "standby 3 track eth5", "interface eth2",
		"ip address 10.2.0.1 255.255.255.0", "standby 1 ip 10.2.0.11"};

	assert_non_null(d);
	d->engine.model = model_new();
	d->engine.core = core_new();
	d->engine.inventory = inventory_new();
	d->tell = hsrp_tell_new(&d->engine, hear, d);
	d->session = cli_session_new(d->engine.model, &ops, 15, "test");
	step(d, &(struct event){.kind = EV_CONFIG, .model = d->engine.model});
	step(d, &(struct event){.kind = EV_SNAPSHOT_BEGIN});
	link_is(d, 1, "eth1", true);
	link_is(d, 2, "eth2", true);
	link_is(d, 5, "eth5", true);
	step(d, &(struct event){.kind = EV_SNAPSHOT_END});
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		type(d, lines[i]);
	text_clear(&d->heard);
	return d;
}

static void desk_free(struct desk *d)
{
	cli_session_free(d->session);
	hsrp_tell_free(d->tell);
	inventory_free(d->engine.inventory);
	core_free(d->engine.core);
	model_free(d->engine.model);
	text_free(&d->heard);
	free(d);
}

static void all_is_told_to_a_new_process(void **state)
{
	struct desk *d = desk_new();

	(void)state;
	hsrp_tell_forget(d->tell);
	assert_true(hsrp_tell_all(d->tell));
	assert_heard(d,
		"begin\ninterface eth1\ngroup eth1 1 v4 pri 100\ngroup eth1 2 v4 pri 100 track 7 up\n"
		"group eth1 3 v4 pri 100 track 0 up\ninterface eth2\ngroup eth2 1 v4 pri 100\nend\n");
	desk_free(d);
}

static void a_line_of_a_group_is_told_of_that_group(void **state)
{
	struct desk *d = desk_new();

	(void)state;
	type(d, "interface eth1");
	type(d, "standby 2 priority 110");
	assert_heard(d, "group eth1 2 v4 pri 110 track 7 up\n");
	type(d, "standby 2 priority 110"); /* the same */
	assert_heard(d, "");
	type(d, "no standby 2");
	assert_heard(d, "no group eth1 2 v4\n");
	type(d, "standby version 2");
	assert_heard(d, "interface eth1\n");
	type(d, "standby 3 ipv6 autoconfig");
	assert_heard(d, "group eth1 3 v6 pri 100 track 0 up\n");
	type(d, "no standby 3 ip");
	assert_heard(d, "no group eth1 3 v4\n");
	type(d, "no standby 3");
	assert_heard(d, "no group eth1 3 v6\n");
	type(d, "no standby 1");
	assert_heard(d, "no group eth1 1 v4\nno interface eth1\n");
	type(d, "standby 9 ip 10.0.0.19");
	assert_heard(d, "interface eth1\ngroup eth1 9 v4 pri 100\n");
	type(d, "no interface eth2");
	assert_heard(d, "no group eth2 1 v4\nno interface eth2\n");
	desk_free(d);
}

static void a_link_is_told_to_those_that_track_it(void **state)
{
	struct desk *d = desk_new();

	(void)state;
	link_is(d, 2, "eth2", false);
	link_is(d, 2, "eth2", true);
	assert_heard(d, "");
	link_is(d, 5, "eth5", false);
	assert_heard(d, "group eth1 3 v4 pri 100 track 0 down\n");
	link_is(d, 5, "eth5", false);
	assert_heard(d, "");
	/* The name gets another device. */
	link_is(d, 6, "eth6", true);
	link_is(d, 7, "eth7", true);
	type(d, "interface FastEthernet0/1");
	type(d, "hotswan device eth6");
	type(d, "interface eth1");
	type(d, "no standby 3 track eth5");
	type(d, "standby 3 track FastEthernet0/1");
	text_clear(&d->heard);
	link_is(d, 6, "eth6", false);
	assert_heard(d, "group eth1 3 v4 pri 100 track 0 down\n");
	type(d, "interface FastEthernet0/1");
	type(d, "hotswan device eth7");
	assert_heard(d, "group eth1 3 v4 pri 100 track 0 up\n");
	link_is(d, 6, "eth6", true);
	assert_heard(d, "");
	assert_true(hsrp_tell_devices(d->tell));
	assert_heard(d, "");
	desk_free(d);
}

static void an_object_is_told_to_those_that_track_it(void **state)
{
	struct desk *d = desk_new();

	(void)state;
	type(d, "track 7 interface eth5 line-protocol");
	assert_heard(d, ""); /* up, as before */
	link_is(d, 5, "eth5", false);
	assert_heard(d, "group eth1 2 v4 pri 100 track 7 down\ngroup eth1 3 v4 pri 100 track 0 down\n");
	type(d, "no track 7");
	assert_heard(d, "group eth1 2 v4 pri 100 track 7 up\n");
	desk_free(d);
}

static void a_name_is_told_to_those_that_follow_it(void **state)
{
	struct desk *d = desk_new();

	(void)state;
	type(d, "interface eth2");
	type(d, "standby 1 follow LEADER");
	assert_heard(d, "group eth2 1 v4 pri 100 follows ? 0\n");
	type(d, "interface eth1");
	type(d, "standby 1 name LEADER");
	assert_heard(d, "group eth1 1 v4 pri 100\ngroup eth2 1 v4 pri 100 follows eth1 1\n");
	type(d, "standby 1 name OTHER");
	assert_heard(d, "group eth1 1 v4 pri 100\ngroup eth2 1 v4 pri 100 follows ? 0\n");
	type(d, "standby 3 name LEADER");
	assert_heard(d, "group eth1 3 v4 pri 100 track 0 up\ngroup eth2 1 v4 pri 100 follows eth1 3\n");
	type(d, "no standby 3");
	assert_heard(d, "no group eth1 3 v4\ngroup eth2 1 v4 pri 100 follows ? 0\n");
	desk_free(d);
}

/* A group whose partner has not its family would wait for ever for a group that is not there. */
static void a_pair_is_told_by_family(void **state)
{
	struct desk *d = desk_new();

	(void)state;
	for (unsigned n = 1; n <= 2; n++) {
		char name[32];
		snprintf(name, sizeof(name), "interface eth%u", n);
		type(d, name);
		type(d, "standby version 2");
		snprintf(name, sizeof(name), "standby 1 name SIDE%u", n);
		type(d, name);
	}
	text_clear(&d->heard);
	type(d, "hotswan redundancy pair SIDE1 SIDE2");
	assert_heard(d, "group eth1 1 v4 pri 100 pair eth2 1 v4\ngroup eth2 1 v4 pri 100 pair eth1 1 v4\n");
	type(d, "interface eth1");
	type(d, "standby 1 ipv6 autoconfig");
	assert_heard(d, "group eth1 1 v6 pri 100\n");
	type(d, "interface eth2");
	type(d, "standby 1 ipv6 autoconfig");
	assert_heard(d, "group eth2 1 v6 pri 100 pair eth1 1 v6\ngroup eth1 1 v6 pri 100 pair eth2 1 v6\n");
	type(d, "no standby 1 ipv6");
	assert_heard(d, "no group eth2 1 v6\ngroup eth1 1 v6 pri 100\n");
	desk_free(d);
}

static void a_chain_is_told_while_a_group_uses_it(void **state)
{
	struct desk *d = desk_new();
	char line[32];

	(void)state;
	type(d, "key chain C");
	type(d, "key 1");
	type(d, "key-string one");
	assert_heard(d, ""); /* nobody's */
	type(d, "interface eth1");
	type(d, "standby 1 authentication md5 key-chain C");
	assert_heard(d, "chain C 1 keys from 0\ngroup eth1 1 v4 pri 100 chain C\n");
	type(d, "interface eth2");
	type(d, "standby 1 authentication md5 key-chain C");
	assert_heard(d, "group eth2 1 v4 pri 100 chain C\n");
	type(d, "key chain C");
	type(d, "key 1");
	type(d, "key-string two");
	assert_heard(d, "chain C 1 keys from 0\n");
	for (unsigned n = 0; n < CHAIN_KEYS_MAX - 1; n++) {
		snprintf(line, sizeof(line), "key %u", 100 + n);
		type(d, line);
	}
	text_clear(&d->heard);
	type(d, "key-string last");
	for (unsigned first = 0; first < CHAIN_KEYS_MAX; first += HSRP_CHAIN_PART_MAX) {
		char part[64];

		snprintf(part, sizeof(part), "chain C 16 keys from %u%s\n", first,
			first + HSRP_CHAIN_PART_MAX < CHAIN_KEYS_MAX ? " and more" : "");
		assert_int_equal(strncmp(text_str(&d->heard), part, strlen(part)), 0);
		memmove(d->heard.s, d->heard.s + strlen(part), d->heard.len - strlen(part) + 1);
		d->heard.len -= strlen(part);
	}
	assert_heard(d, "");
	type(d, "interface eth1");
	type(d, "standby 1 authentication md5 key-chain D"); /* does not exist */
	assert_heard(d, "chain D 0 keys from 0\ngroup eth1 1 v4 pri 100 chain D\n");
	type(d, "interface eth2");
	type(d, "no standby 1 authentication");
	assert_heard(d, "group eth2 1 v4 pri 100\nchain C 0 keys from 0\n");
	type(d, "no key chain C");
	assert_heard(d, "");
	desk_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_told_to_a_new_process),
		cmocka_unit_test(a_line_of_a_group_is_told_of_that_group),
		cmocka_unit_test(a_link_is_told_to_those_that_track_it),
		cmocka_unit_test(an_object_is_told_to_those_that_track_it),
		cmocka_unit_test(a_name_is_told_to_those_that_follow_it),
		cmocka_unit_test(a_pair_is_told_by_family),
		cmocka_unit_test(a_chain_is_told_while_a_group_uses_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
