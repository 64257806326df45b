/* Connections and keys as charon is given them, and SAs as it tells about them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "linux/ike_wire.h"

/* A message as text: "a=1 s{ k=v l=[x,y] }". */
static void message_text(struct text *out, const struct vici_message *m)
{
	struct vici_parser p = vici_parser_make(m->data, m->len);
	const char *separator = "";
	struct vici_token t;

	assert_int_equal(vici_message_done(m), 0);
	while (vici_next(&p, &t) > VICI_END) {
		switch (t.type) {
		case VICI_SECTION_START:
			text_printf(out, "%s%.*s{", separator, (int)t.name_len, t.name);
			break;
		case VICI_SECTION_END: text_add(out, " }"); break;
		case VICI_KEY_VALUE:
			text_printf(out, "%s%.*s=%.*s", separator, (int)t.name_len, t.name, (int)t.value_len,
				t.value);
			break;
		case VICI_LIST_START: text_printf(out, "%s%.*s=[", separator, (int)t.name_len, t.name); break;
		case VICI_LIST_ITEM: text_printf(out, "%s%.*s", separator, (int)t.value_len, t.value); break;
		default: text_add(out, "]"); break;
		}
		separator = t.type == VICI_LIST_START ? "" : p.in_list ? "," : " ";
	}
	assert_int_equal(t.type, VICI_END);
}

static void assert_message(struct vici_message *m, const char *want)
{
	struct text t = {0};

	message_text(&t, m);
	assert_string_equal(text_str(&t), want);
	text_free(&t);
	vici_message_free(m);
}

static struct prefix prefix_of(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, &p));
	return p;
}

static struct ike_conn conn_make(struct ike_child *child)
{
	*child = (struct ike_child){.name = "l10",
		.local = {.prefix = prefix_of("192.168.1.0/24"), .ports = {0, 65535}},
		.remote = {.prefix = prefix_of("172.17.11.0/24"), .ports = {0, 65535}},
		.esp_proposals = "aes128-sha1-modp2048,aes128-sha1",
		.life_time_s = 3600,
		.rekey_time_s = 3240,
		.life_bytes = 1000,
		.rekey_bytes = 900,
		.replay_window = 64};
	return (struct ike_conn){.name = "hs/Fa0/0/mymap/1/172.17.11.1",
		.version = 1,
		.local = prefix_of("192.168.0.3").addr,
		.remote = prefix_of("172.17.11.1").addr,
		.local_id = "192.168.0.3",
		.remote_id = "172.17.11.1",
		.proposals = "aes256-sha256-modp2048,3des-sha1-modp1024",
		.dpd_delay_s = 10,
		.dpd_timeout_s = 10,
		.lifetime_s = 86400,
		.children = child,
		.child_count = 1};
}

#define CHILD                                                                                                \
	"children{ l10{ local_ts=[192.168.1.0/24] remote_ts=[172.17.11.0/24] "                               \
	"esp_proposals=[aes128-sha1-modp2048,"                                                               \
	"aes128-sha1] mode=tunnel life_time=3600s rekey_time=3240s rand_time=180s life_bytes=1000 "          \
	"rekey_bytes=900 "                                                                                   \
	"rand_bytes=50 replay_window=64 copy_df=yes start_action=none close_action=none dpd_action=none } }"

static void a_static_entry_as_charon_is_given_it(void **state)
{
	struct vici_message m = {0};
	struct ike_child child;
	struct ike_conn c = conn_make(&child);

	(void)state;
	ike_encode_conn(&m, &c);
	assert_message(&m,
		"hs/Fa0/0/mymap/1/172.17.11.1{ version=1 local_addrs=[192.168.0.3] "
		"remote_addrs=[172.17.11.1] "
		"proposals=[aes256-sha256-modp2048,3des-sha1-modp1024] mobike=no unique=replace "
		"aggressive=no "
		"fragmentation=yes keyingtries=1 send_certreq=no dpd_delay=10s dpd_timeout=20s rekey_time=0s "
		"reauth_time=77760s over_time=8640s rand_time=4320s local{ auth=psk id=192.168.0.3 } "
		"remote{ auth=psk id=172.17.11.1 } " CHILD " }");
}

static void a_dynamic_entry_is_open_for_any_peer(void **state)
{
	struct vici_message m = {0};
	struct ike_child child;
	struct ike_conn c = conn_make(&child);

	(void)state;
	strcpy(c.name, "hs/Fa0/0/mymap/3/any");
	c.version = 2;
	c.remote = (struct ipaddr){0};
	c.remote_id[0] = '\0';
	c.dpd_delay_s = c.dpd_timeout_s = 0;
	ike_encode_conn(&m, &c);
	assert_message(&m,
		"hs/Fa0/0/mymap/3/any{ version=2 local_addrs=[192.168.0.3] remote_addrs=[%any] "
		"proposals=[aes256-sha256-modp2048,3des-sha1-modp1024] mobike=no unique=replace "
		"aggressive=no "
		"fragmentation=yes keyingtries=1 send_certreq=no dpd_delay=0s rekey_time=77760s "
		"reauth_time=0s "
		"over_time=8640s rand_time=4320s local{ auth=psk id=192.168.0.3 } remote{ auth=psk } " CHILD
		" }");
}

static void a_key_has_the_owners_its_prefix_says(void **state)
{
	struct ike_secret s = {
		.id = "hs/key/1", .owners = prefix_of("10.0.0.0/8"), .key = (char *)"k", .key_len = 1};
	struct vici_message m = {0};

	(void)state;
	ike_encode_secret(&m, &s);
	assert_message(&m, "id=hs/key/1 type=IKE data=k owners=[10.0.0.0/8]");
	s.owners = prefix_of("10.1.1.1/32");
	ike_encode_secret(&m, &s);
	assert_message(&m, "id=hs/key/1 type=IKE data=k owners=[10.1.1.1]");
	s.owners = prefix_of("0.0.0.0/0");
	ike_encode_secret(&m, &s);
	assert_message(&m, "id=hs/key/1 type=IKE data=k owners=[]");
}

static void a_key_may_hold_any_octet(void **state)
{
	struct ike_secret s = {.id = "k", .key = (char *)"\xff\0\1", .key_len = 3};
	static const uint8_t data[] = {3, 4, 'd', 'a', 't', 'a', 0, 3, 0xff, 0, 1};
	struct vici_message m = {0};

	(void)state;
	ike_encode_secret(&m, &s);
	assert_non_null(memmem(m.data, m.len, data, sizeof(data)));
	vici_message_free(&m);
}

static void selectors_are_written_and_read(void **state)
{
	static const char *const same[] = {"192.168.1.0/24", "10.0.0.1/32[6/80]", "10.0.0.0/8[17/100-200]",
		"0.0.0.0/0", "10.0.0.0/8[47]", "2001:db8::/32"};
	char text[IKE_SELECTOR_TEXT_MAX];
	struct ike_selector s;

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		assert_int_equal(ike_selector_parse(same[i], &s, 1), 1);
		assert_string_equal(ike_selector_format(&s, text), same[i]);
	}
	/* ICMP: type and code; below 256 charon reads a type alone, and type 0 it cannot name. */
	assert_int_equal(ike_selector_parse("10.0.0.0/8[icmp/8-8(255)]", &s, 1), 1);
	assert_string_equal(ike_selector_format(&s, text), "10.0.0.0/8[1/2048-2303]");
	assert_int_equal(ike_selector_parse("10.0.0.0/8[icmp/3(4)]", &s, 1), 1);
	assert_string_equal(ike_selector_format(&s, text), "10.0.0.0/8[1/772]");
	assert_int_equal(ike_selector_parse("10.0.0.0/8[icmp/8]", &s, 1), 1);
	assert_string_equal(ike_selector_format(&s, text), "10.0.0.0/8[1/2048]");
	s.ports = (struct ports){0, 255};
	assert_string_equal(ike_selector_format(&s, text), "10.0.0.0/8[1]");
	/* Names, as charon prints them. */
	assert_int_equal(ike_selector_parse("192.168.1.0/24[tcp/http]", &s, 1), 1);
	assert_string_equal(ike_selector_format(&s, text), "192.168.1.0/24[6/80]");
	assert_int_equal(ike_selector_parse("192.168.1.0/24[gre]", &s, 1), 1);
	assert_string_equal(ike_selector_format(&s, text), "192.168.1.0/24[47]");
	assert_int_equal(
		ike_selector_parse("192.168.1.1/32[udp/ms-sql-s]", &s, 1), 1); /* a name with a '-' */
	assert_int_equal(s.ports.lo, 1433);
}

static void a_range_becomes_the_fewest_prefixes(void **state)
{
	static const struct {
		const char *range, *prefixes;
		unsigned max;
	} rows[] = {
		{"10.0.0.0..10.0.0.255", "10.0.0.0/24", 8},
		{"10.0.0.1..10.0.0.6", "10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32", 8},
		{"0.0.0.0..255.255.255.255", "0.0.0.0/0", 8},
		{"255.255.255.255..255.255.255.255", "255.255.255.255/32", 8},
		{"0.0.0.0..0.0.0.0", "0.0.0.0/32", 8},
		{"10.0.0.255..10.0.1.0[6/80]", "10.0.0.255/32[6/80] 10.0.1.0/32[6/80]", 8},
		{"10.0.0.1..10.0.0.6", "", 3}, /* no room: none rather than some */
		{"10.0.0.6..10.0.0.1", "", 8},
		{"2001:db8::1..2001:db8::6", "", 8},
	};
	struct ike_selector s[8];
	char text[IKE_SELECTOR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct text got = {0};
		unsigned n = ike_selector_parse(rows[i].range, s, rows[i].max);
		for (unsigned k = 0; k < n; k++)
			text_printf(&got, "%s%s", k ? " " : "", ike_selector_format(&s[k], text));
		assert_string_equal(text_str(&got), rows[i].prefixes);
		text_free(&got);
	}
}

static void what_is_no_selector_is_none(void **state)
{
	static const char *const bad[] = {"", "dynamic", "10.0.0.0/33", "10.0.0.0/8[", "10.0.0.0/8[]",
		"10.0.0.0/8[6/]", "10.0.0.0/8[6/80", "10.0.0.0/8[256]", "10.0.0.0/8[6/65536]",
		"10.0.0.0/8[6/20-10]", "10.0.0.0/8[nosuch]", "10.0.0.0/8[tcp/no-such-service]", "10.0.0.0..",
		"..10.0.0.0", "10.0.0.0/8[tcp/OPAQUE]", "10.0.0.0/8[icmp/256]", "10.0.0.0/8[icmp/8(]",
		"10.0.0.0/8[icmp/8(256)]", "10.0.0.0/8[icmp/8-7]", "10.0.0.0/8[icmp/8(3)4]"};
	struct ike_selector s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(ike_selector_parse(bad[i], &s, 1), 0);
}

/* ---- what charon tells ---- */

struct visited {
	struct ike_sa ike[4];
	enum ike_part ike_part[4];
	struct child_sa child[4];
	enum ike_part child_part[4];
	unsigned ikes, children;
};

static void see_ike(void *user, const struct ike_sa *sa, enum ike_part part)
{
	struct visited *v = user;

	assert_true(v->ikes < 4);
	v->ike[v->ikes] = *sa;
	v->ike_part[v->ikes++] = part;
}

static void see_child(void *user, const struct child_sa *sa, enum ike_part part)
{
	struct visited *v = user;

	assert_true(v->children < 4);
	v->child[v->children] = *sa;
	v->child_part[v->children++] = part;
}

static bool decode(const struct vici_message *m, struct visited *out)
{
	const struct ike_visitor v = {see_ike, see_child, out, 77};

	*out = (struct visited){0};
	return ike_decode(m->data, m->len, &v);
}

static void put_child(struct vici_message *m, const char *id, const char *state)
{
	vici_value(m, "name", "l10.7"); /* of a pair of hosts: its line counts */
	vici_value(m, "uniqueid", id);
	vici_value(m, "reqid", "1");
	vici_value(m, "state", state);
	vici_value(m, "mode", "TUNNEL");
	vici_value(m, "protocol", "ESP");
	vici_value(m, "encap", "yes");
	vici_value(m, "spi-in", "b1a046c8");
	vici_value(m, "spi-out", "460533ce");
	vici_value(m, "encr-alg", "AES_CBC");
	vici_value(m, "encr-keysize", "128");
	vici_value(m, "integ-alg", "HMAC_SHA1_96");
	vici_value(m, "bytes-in", "18446744073709551615");
	vici_value(m, "packets-in", "3");
	vici_value(m, "use-in", "2");
	vici_value(m, "rekey-time", "3334");
	vici_value(m, "life-time", "3960");
	vici_value(m, "install-time", "0");
	vici_list_of_one(m, "local-ts", "192.168.1.0/24");
	vici_list(m, "remote-ts");
	vici_item(m, "172.16.2.0/24");
	vici_item(m, "strange"); /* is left out, alone */
	vici_item(m, "172.16.3.1/32[tcp/http]");
	vici_list_end(m);
}

static void put_ike(struct vici_message *m, const char *id)
{
	vici_value(m, "uniqueid", id);
	vici_value(m, "version", "2");
	vici_value(m, "state", "ESTABLISHED");
	vici_value(m, "local-host", "10.2.0.1");
	vici_value(m, "local-port", "4500");
	vici_value(m, "local-id", "10.2.0.1");
	vici_value(m, "remote-host", "10.2.1.3");
	vici_value(m, "remote-port", "65536"); /* none: stays 0 */
	vici_value(m, "remote-id", "peer@example.org");
	vici_value(m, "initiator", "yes");
	vici_value(m, "initiator-spi", "00a1b2c3d4e5f607");
	vici_value(m, "responder-spi", "ffffffffffffffff");
	vici_value(m, "nat-remote", "yes");
	vici_value(m, "encr-alg", "AES_CBC");
	vici_value(m, "encr-keysize", "256");
	vici_value(m, "prf-alg", "PRF_HMAC_SHA2_256");
	vici_value(m, "established", "17");
	vici_list_of_one(m, "tasks-active", "IKE_DPD");
}

static void an_sa_as_charon_lists_it(void **state)
{
	struct vici_message m = {0};
	struct visited v;

	(void)state;
	vici_value(&m, "up", "yes");
	vici_section(&m, "hs/Fa0/0/mymap/3/any");
	put_ike(&m, "3");
	vici_section(&m, "child-sas");
	vici_section(&m, "l10-4");
	put_child(&m, "4", "INSTALLED");
	vici_section_end(&m);
	vici_section(&m, "l10-5");
	put_child(&m, "5", "UNHEARD_OF");
	vici_section_end(&m);
	vici_section_end(&m);
	vici_section_end(&m);
	assert_true(decode(&m, &v));

	assert_int_equal(v.ikes, 1);
	const struct ike_sa *i = &v.ike[0];
	assert_int_equal(i->incarnation, 77);
	assert_int_equal(i->id, 3);
	assert_string_equal(i->conn, "hs/Fa0/0/mymap/3/any");
	assert_int_equal(i->version, 2);
	assert_int_equal(i->state, IKE_SA_ESTABLISHED);
	assert_true(i->initiator && i->nat_remote && !i->nat_local && i->request_pending);
	assert_int_equal(i->local_port, 4500);
	assert_int_equal(i->remote_port, 0);
	assert_string_equal(i->remote_id, "peer@example.org");
	assert_true(i->spi_i == UINT64_C(0x00a1b2c3d4e5f607) && i->spi_r == UINT64_MAX);
	assert_int_equal(i->encr_bits, 256);
	assert_int_equal(i->established_s, 17);
	assert_int_equal(i->rekey_s, -1);

	assert_int_equal(v.children, 2);
	const struct child_sa *c = &v.child[0];
	assert_int_equal(c->id, 4);
	assert_int_equal(c->ike_id, 3);
	assert_int_equal(c->incarnation, 77);
	assert_string_equal(c->child, "l10");
	assert_string_equal(c->conn, "hs/Fa0/0/mymap/3/any");
	assert_int_equal(c->state, CHILD_SA_INSTALLED);
	assert_int_equal(v.child[1].state, CHILD_SA_OTHER);
	assert_true(c->udp_encap && !c->transport);
	assert_true(c->spi_in == 0xb1a046c8 && c->spi_out == 0x460533ce);
	assert_true(c->bytes_in == UINT64_MAX);
	assert_int_equal(c->use_in_s, 2);
	assert_int_equal(c->use_out_s, -1);
	assert_int_equal(c->local_count, 1);
	assert_int_equal(c->remote_count, 2);
	assert_int_equal(c->remote[1].ports.lo, 80);
	assert_true(ip_equal(&c->remote_host, &i->remote_host));
	vici_message_free(&m);
}

static void a_rekey_has_an_old_and_a_new_half(void **state)
{
	struct vici_message m = {0};
	struct visited v;

	(void)state;
	vici_section(&m, "hs/c");
	put_ike(&m, "3");
	vici_section(&m, "child-sas");
	vici_section(&m, "l10");
	vici_section(&m, "old");
	put_child(&m, "4", "REKEYED");
	vici_section_end(&m);
	vici_section(&m, "new");
	put_child(&m, "6", "INSTALLED");
	vici_section_end(&m);
	vici_section_end(&m);
	vici_section_end(&m);
	vici_section_end(&m);
	assert_true(decode(&m, &v));
	assert_int_equal(v.children, 2);
	assert_int_equal(v.child_part[0], IKE_PART_OLD);
	assert_int_equal(v.child[0].id, 4);
	assert_int_equal(v.child[0].state, CHILD_SA_REKEYED);
	assert_int_equal(v.child_part[1], IKE_PART_NEW);
	assert_int_equal(v.child[1].id, 6);
	assert_int_equal(v.child[1].remote_count, 2);
	vici_message_free(&m);

	vici_section(&m, "hs/c");
	vici_section(&m, "old");
	put_ike(&m, "3");
	vici_section_end(&m);
	vici_section(&m, "new");
	put_ike(&m, "7");
	vici_section_end(&m);
	vici_section_end(&m);
	assert_true(decode(&m, &v));
	assert_int_equal(v.ikes, 2);
	assert_int_equal(v.ike_part[0], IKE_PART_OLD);
	assert_int_equal(v.ike_part[1], IKE_PART_NEW);
	assert_int_equal(v.ike[1].id, 7);
	assert_string_equal(v.ike[1].conn, "hs/c");
	vici_message_free(&m);
}

static void what_nobody_can_name_is_left_out(void **state)
{
	struct vici_message m = {0};
	char name[VICI_NAME_MAX + 1];
	struct visited v;

	(void)state;
	/* While a responder does not know yet which connection it is. */
	vici_section(&m, "(unnamed)");
	put_ike(&m, "3");
	vici_section_end(&m);
	/* Without an id. */
	vici_section(&m, "hs/c");
	vici_value(&m, "version", "2");
	vici_section_end(&m);
	assert_true(decode(&m, &v));
	assert_int_equal(v.ikes, 0);

	/* A name of any length fits. */
	memset(name, 'n', sizeof(name));
	name[VICI_NAME_MAX] = '\0';
	vici_section(&m, name);
	put_ike(&m, "4");
	vici_section_end(&m);
	assert_true(decode(&m, &v));
	assert_int_equal(v.ikes, 1);
	assert_string_equal(v.ike[0].conn, name);

	/* A cut message is told apart. */
	m.len--;
	assert_false(decode(&m, &v));
	vici_message_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_static_entry_as_charon_is_given_it),
		cmocka_unit_test(a_dynamic_entry_is_open_for_any_peer),
		cmocka_unit_test(a_key_has_the_owners_its_prefix_says),
		cmocka_unit_test(a_key_may_hold_any_octet),
		cmocka_unit_test(selectors_are_written_and_read),
		cmocka_unit_test(a_range_becomes_the_fewest_prefixes),
		cmocka_unit_test(what_is_no_selector_is_none),
		cmocka_unit_test(an_sa_as_charon_lists_it),
		cmocka_unit_test(a_rekey_has_an_old_and_a_new_half),
		cmocka_unit_test(what_nobody_can_name_is_left_out),
	};

	return cmocka_run_group_tests_name("IKE translation", tests, NULL, NULL);
}
