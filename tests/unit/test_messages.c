/* Messages between engine and hsrp: what is written is what is read, and no other bytes are taken. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/messages.h"

static struct message group_message(void)
{
	struct message m = {.type = MESSAGE_CONFIG_GROUP, .id = 7};
	struct hsrp_group_config *g = &m.group;

	strcpy(g->device, "eth1");
	g->group = 1;
	g->family = IP_V4;
	strcpy(g->name, "group1");
	g->enabled = true;
	g->vip = ip_v4(0xc0a80003);
	g->secondary_count = 2;
	g->secondary[0] = ip_v4(0xc0a80004);
	g->secondary[1] = ip_v4(0xc0a80005);
	g->secondary_len[1] = 64;
	g->vip_implied = true;
	g->priority = 110;
	g->preempt = true;
	g->preempt_reload_s = 300;
	g->timers_configured = true;
	g->hello_ms = 250;
	g->hold_ms = 750;
	strcpy(g->auth.text, "cisco");
	g->track_count = 1;
	g->track[0] = (struct hsrp_track){.object = 1, .decrement = 10, .down = true};
	return m;
}

static struct message report_message(void)
{
	struct message m = {.type = MESSAGE_REPORT};
	struct hsrp_report *r = &m.report;

	r->phase = HSRP_PHASE_SERVING;
	r->last_heard = (mono_t){1};
	r->cause = (mono_t){2};
	r->address_confirmed = (mono_t){INT64_MAX - 1};
	r->announced = MONO_NEVER;
	strcpy(r->status.device, "eth1");
	r->status.group = 4095;
	r->status.family = IP_V4;
	r->status.state = HSRP_ACTIVE;
	r->status.serving = true;
	r->status.active.local = true;
	r->status.active.expires = MONO_NEVER;
	r->status.standby.address = ip_v4(0xc0a80002);
	r->status.vip = ip_v4(0xc0a80003);
	r->status.virtual_mac = hsrp_virtual_mac(1, IP_V4, 1);
	strcpy(r->status.mac_device, "hs3-1");
	r->status.reason = HSRP_REASON_ACTIVE_EXPIRED;
	r->status.kernel_error = -5;
	r->status.sent = UINT64_MAX;
	return m;
}

static void assert_round_trip(const struct message *m)
{
	uint8_t buf[MESSAGE_MAX];
	struct message back;
	int n = message_encode(m, buf, sizeof(buf));

	assert_in_range(n, 8, MESSAGE_MAX);
	assert_int_equal(message_decode(&back, buf, (size_t)n), 0);
	uint8_t again[MESSAGE_MAX];
	assert_int_equal(message_encode(&back, again, sizeof(again)), n);
	assert_memory_equal(buf, again, n);
	/* No shorter packet is taken for it, none with a byte more. */
	for (int cut = 0; cut < n; cut++)
		assert_int_equal(message_decode(&back, buf, (size_t)cut), -EBADMSG);
	assert_int_equal(message_decode(&back, buf, (size_t)n + 1), -EBADMSG);
	assert_int_equal(message_encode(m, again, (size_t)n - 1), -EMSGSIZE);
	for (int i = 0; i < n; i++) { /* every flipped byte is either refused or within the limits */
		uint8_t flipped[MESSAGE_MAX];
		memcpy(flipped, buf, (size_t)n);
		flipped[i] ^= 0xff;
		if (message_decode(&back, flipped, (size_t)n) == 0)
			assert_int_equal(message_encode(&back, again, sizeof(again)), n);
	}
}

static void every_message_survives_the_way(void **state)
{
	(void)state;
	struct message group = group_message(), report = report_message();

	assert_round_trip(&group);
	assert_round_trip(&report);

	struct message interface = {.type = MESSAGE_CONFIG_INTERFACE};
	strcpy(interface.interface.device, "eth1");
	strcpy(interface.interface.name, "FastEthernet0/0");
	interface.interface.address = ip_v4(0xc0a80002);
	interface.interface.address_len = 24;
	interface.interface.version = 1;
	interface.interface.link_local = hsrp_link_local(&(struct mac){{0x00, 0x05, 0x73, 0xa0, 0, 1}});
	interface.interface.ipv6_routing = true;
	assert_round_trip(&interface);

	struct message chain = {.type = MESSAGE_CONFIG_CHAIN,
		.chain = {.name = "K",
			.first = HSRP_CHAIN_KEYS_MAX - HSRP_CHAIN_PART_MAX,
			.more = true,
			.count = HSRP_CHAIN_PART_MAX}};
	for (unsigned n = 0; n < HSRP_CHAIN_PART_MAX; n++) /* the longest there is fits */
		chain.chain.keys[n] = (struct hsrp_chain_key){.id = INT32_MAX - n,
			.key_len = HSRP_KEY_MAX,
			.key = "key",
			.accept = HSRP_SPAN_ALWAYS,
			.send = {0, INT64_MAX}};
	memset(chain.chain.name, 'n', sizeof(chain.chain.name) - 1);
	assert_round_trip(&chain);

	struct message neighbour = {
		.type = MESSAGE_NEIGHBOUR, .neighbour = {.device = "eth1", .advertised = true}};
	neighbour.neighbour.address = ip_v4(0xc0a80004);
	neighbour.neighbour.expires = (mono_t){7};
	assert_round_trip(&neighbour);

	struct message log = {.type = MESSAGE_LOG, .log = {.level = 5}};
	strcpy(log.log.text, "%HSRP-5-STATECHANGE: FastEthernet0/0 Grp 1 state Standby -> Active");
	assert_round_trip(&log);

	struct message command = {.type = MESSAGE_COMMAND, .id = 99};
	command.command.command = MESSAGE_COMMAND_LEAVE;
	command.command.which.group = -1;
	command.command.which.family = IP_V6;
	assert_round_trip(&command);

	struct message done = {.type = MESSAGE_COMMAND_DONE, .result = {.error = -ENODEV}};
	assert_round_trip(&done);

	struct message status = {.type = MESSAGE_STATUS, .id = 3, .status = report.report.status};
	assert_round_trip(&status);

	for (unsigned type = 1; type < MESSAGE_TYPE_COUNT; type++)
		if (type == MESSAGE_CONFIG_BEGIN || type == MESSAGE_CONFIG_END ||
			type == MESSAGE_STATUS_END || type == MESSAGE_CONFIG_DONE)
			assert_round_trip(&(struct message){.type = (uint8_t)type, .id = type});
}

static void values_arrive(void **state)
{
	(void)state;
	struct message m = group_message(), back;
	uint8_t buf[MESSAGE_MAX];
	int n = message_encode(&m, buf, sizeof(buf));

	assert_int_equal(message_decode(&back, buf, (size_t)n), 0);
	assert_int_equal(back.id, 7);
	assert_string_equal(back.group.device, "eth1");
	assert_true(ip_equal(&back.group.secondary[1], &m.group.secondary[1]));
	assert_int_equal(back.group.secondary_len[1], 64);
	assert_true(back.group.vip_implied);
	assert_int_equal(back.group.hold_ms, 750);
	assert_true(back.group.track[0].down);
	assert_string_equal(back.group.auth.text, "cisco");
}

static void impossible_values_are_refused(void **state)
{
	(void)state;
	uint8_t buf[MESSAGE_MAX];
	struct message m = group_message(), back;

	m.group.hold_ms = m.group.hello_ms;
	assert_int_equal(message_encode(&m, buf, sizeof(buf)), -EINVAL);
	m = group_message();
	m.group.group = 4096;
	assert_int_equal(message_encode(&m, buf, sizeof(buf)), -EINVAL);
	assert_int_equal(message_encode(&(struct message){.type = 200}, buf, sizeof(buf)), -EINVAL);

	int n = message_encode(&(struct message){.type = MESSAGE_CONFIG_END}, buf, sizeof(buf));
	buf[0] = 9;
	assert_int_equal(message_decode(&back, buf, (size_t)n), -EPROTONOSUPPORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_survives_the_way),
		cmocka_unit_test(values_arrive),
		cmocka_unit_test(impossible_values_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
