/* Access lists, transform sets, ISAKMP and crypto map entries as charon is told of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ipsec/acl.h"
#include "ipsec/isakmp.h"
#include "ipsec/plan.h"
#include "ipsec/transform.h"

static struct acl_end end(const char *addr, const char *wildcard)
{
	struct acl_end e = {0};

	assert_true(ip_parse(addr, &e.addr));
	assert_true(ip_parse(wildcard, &e.wildcard));
	return e;
}

/* --- Access lists --------------------------------------------------------------------------------------------------- */

static void a_line_is_read_source_local_destination_remote(void **state)
{
	struct acl_rule r = {.sequence = 10, .permit = true, .protocol = 6};
	struct acl_flow f[ACL_FLOWS_PER_RULE];
	char text[PREFIX_TEXT_MAX], name[IKE_CHILD_NAME_MAX];

	(void)state;
	r.source = end("192.168.1.0", "0.0.0.255");
	r.destination = end("10.0.0.0", "0.0.255.255");
	r.destination.port_op = ACL_PORT_EQ;
	r.destination.port_lo = 443;
	assert_int_equal(acl_rule_flows(&r, f), 1);
	assert_string_equal(prefix_format(&f[0].local.prefix, text), "192.168.1.0/24");
	assert_string_equal(prefix_format(&f[0].remote.prefix, text), "10.0.0.0/16");
	assert_int_equal(f[0].remote.protocol, 6);
	assert_int_equal(f[0].remote.ports.lo, 443);
	assert_int_equal(f[0].remote.ports.hi, 443);
	assert_int_equal(f[0].local.ports.hi, 65535);
	acl_flow_name(&f[0], name);
	assert_string_equal(name, "l10");
	assert_true(acl_flow_negotiable(&f[0]));
}

static void port_operators(void **state)
{
	static const struct {
		enum acl_port_op op;
		uint16_t lo, hi;
		size_t flows;
		uint16_t first_lo, first_hi, last_lo, last_hi;
	} rows[] = {
		{ACL_PORT_NONE, 0, 0, 1, 0, 65535, 0, 65535},
		{ACL_PORT_EQ, 80, 0, 1, 80, 80, 80, 80},
		{ACL_PORT_RANGE, 80, 90, 1, 80, 90, 80, 90},
		{ACL_PORT_LT, 1024, 0, 1, 0, 1023, 0, 1023},
		{ACL_PORT_LT, 0, 0, 0, 0, 0, 0, 0}, /* matches nothing */
		{ACL_PORT_GT, 1023, 0, 1, 1024, 65535, 1024, 65535},
		{ACL_PORT_GT, 65535, 0, 0, 0, 0, 0, 0},
		{ACL_PORT_NEQ, 80, 0, 2, 0, 79, 81, 65535},
		{ACL_PORT_NEQ, 0, 0, 1, 1, 65535, 1, 65535},
		{ACL_PORT_NEQ, 65535, 0, 1, 0, 65534, 0, 65534},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct acl_rule r = {.sequence = 20, .permit = true, .protocol = 17};
		struct acl_flow f[ACL_FLOWS_PER_RULE];
		size_t n;

		r.source = end("192.168.1.0", "0.0.0.255");
		r.destination = end("10.0.0.1", "0.0.0.0");
		r.destination.port_op = rows[i].op;
		r.destination.port_lo = rows[i].lo;
		r.destination.port_hi = rows[i].hi;
		n = acl_rule_flows(&r, f);
		assert_int_equal(n, rows[i].flows);
		if (!n)
			continue;
		assert_int_equal(f[0].remote.ports.lo, rows[i].first_lo);
		assert_int_equal(f[0].remote.ports.hi, rows[i].first_hi);
		assert_int_equal(f[n - 1].remote.ports.lo, rows[i].last_lo);
		assert_int_equal(f[n - 1].remote.ports.hi, rows[i].last_hi);
	}
}

static void icmp_messages_stand_where_ports_do(void **state)
{
	static const struct {
		uint32_t icmp; /* as struct acl_rule has it, without the 1 */
		struct ports messages;
		bool bound;
	} rows[] = {
		{8, {0x0800, 0x08ff}, true},
		{0, {0x0000, 0x00ff}, false}, /* the kernel takes 0 for any */
		{ACL_ICMP_CODE | 3 << 8 | 4, {0x0304, 0x0304}, true},
		{ACL_ICMP_CODE | 11 << 8 | 0, {0x0b00, 0x0b00}, false},
		{255, {0xff00, 0xffff}, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct acl_rule r = {
			.sequence = 10, .permit = i % 2, .protocol = 1, .icmp = rows[i].icmp + 1};
		struct acl_flow f[ACL_FLOWS_PER_RULE];

		r.source = r.destination = end("10.0.0.0", "0.0.255.255");
		assert_int_equal(acl_rule_flows(&r, f), 1);
		assert_true(f[0].exact);
		assert_memory_equal(&f[0].local.ports, &rows[i].messages, sizeof(struct ports));
		assert_memory_equal(&f[0].remote.ports, &rows[i].messages, sizeof(struct ports));
		assert_int_equal(acl_flow_bound(&f[0]), rows[i].bound);
	}
}

static void what_a_mask_makes_of_a_range_of_ports(void **state)
{
	static const struct {
		struct ports asked, selected;
	} rows[] = {
		{{80, 80}, {80, 80}},
		{{0, 65535}, {0, 65535}},
		{{0, 1023}, {0, 1023}},
		{{1024, 65535}, {0, 65535}},
		{{8000, 8010}, {8000, 8015}},
		{{81, 82}, {80, 83}},
		{{0, 0}, {0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ports got = acl_ports_by_mask(&rows[i].asked);

		assert_memory_equal(&got, &rows[i].selected, sizeof(got));
	}
}

static void a_wildcard_with_holes_guards_more_and_negotiates_nothing(void **state)
{
	struct acl_rule r = {.sequence = 10, .permit = true};
	struct acl_flow f[ACL_FLOWS_PER_RULE];
	char text[PREFIX_TEXT_MAX];

	(void)state;
	r.source = end("192.168.1.0", "0.0.0.255");
	r.destination = end("10.1.2.0", "0.255.0.255"); /* 10.x.2.0: 10.0.0.0/8 covers it */
	assert_int_equal(acl_rule_flows(&r, f), 1);
	assert_false(acl_flow_negotiable(&f[0]));
	assert_string_equal(prefix_format(&f[0].remote.prefix, text), "10.0.0.0/8");
}

/* --- Proposals ---------------------------------------------------------------------------------------------------------- */

static void transform_sets_in_charons_words(void **state)
{
	static const struct {
		struct transform_set t;
		uint8_t pfs;
		const char *proposal; /* NULL: charon has no such thing */
	} rows[] = {
		{{"a", ESP_ENCR_AES128, ESP_INTEG_SHA1, IPSEC_TUNNEL}, 0, "aes128-sha1"},
		{{"a", ESP_ENCR_AES256, ESP_INTEG_SHA256, IPSEC_TUNNEL}, 14, "aes256-sha256-modp2048"},
		{{"a", ESP_ENCR_3DES, ESP_INTEG_MD5, IPSEC_TUNNEL}, 2, "3des-md5-modp1024"},
		{{"a", ESP_ENCR_GCM256, ESP_INTEG_NONE, IPSEC_TUNNEL}, 19, "aes256gcm16-ecp256"},
		{{"a", ESP_ENCR_NULL, ESP_INTEG_SHA1, IPSEC_TUNNEL}, 0, "null-sha1"},
		{{"a", ESP_ENCR_NONE, ESP_INTEG_SHA1, IPSEC_TUNNEL}, 0, "null-sha1"},
		{{"a", ESP_ENCR_GCM256, ESP_INTEG_SHA1, IPSEC_TUNNEL}, 0, NULL},
		{{"a", ESP_ENCR_AES128, ESP_INTEG_NONE, IPSEC_TUNNEL}, 0,
			NULL}, /* never without authentication */
		{{"a", ESP_ENCR_AES128, ESP_INTEG_SHA1, IPSEC_TUNNEL}, 99, NULL},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(transform_proposal(&rows[i].t, rows[i].pfs, out, sizeof(out)),
			rows[i].proposal != NULL);
		if (rows[i].proposal)
			assert_string_equal(out, rows[i].proposal);
	}
}

static struct isakmp_policy *policy(
	struct model *m, uint16_t n, enum ike_encryption e, enum ike_hash h, uint8_t group)
{
	struct isakmp_policy *p = model_isakmp_policy_get(m, n);

	p->authentication_set = p->encryption_set = p->hash_set = p->group_set = true;
	p->authentication = IKE_AUTH_PRE_SHARE;
	p->encryption = e;
	p->hash = h;
	p->group = group;
	return p;
}

static void isakmp_policies_by_priority(void **state)
{
	struct model *m = model_new();
	char out[IKE_PROPOSALS_MAX];

	(void)state;
	assert_true(isakmp_proposals(m, out)); /* IOS's own default */
	assert_string_equal(out, "aes128-sha1-modp1536");
	policy(m, 20, IKE_ENCR_3DES, IKE_HASH_MD5, 2);
	policy(m, 10, IKE_ENCR_AES256, IKE_HASH_SHA256, 14);
	policy(m, 5, IKE_ENCR_AES128, IKE_HASH_SHA1, 14)->authentication =
		IKE_AUTH_RSA_SIG; /* D17: not usable */
	assert_true(isakmp_proposals(m, out));
	assert_string_equal(out, "aes256-sha256-modp2048,3des-md5-modp1024");
	model_isakmp_policy_delete(m, 10);
	model_isakmp_policy_delete(m, 20);
	assert_true(isakmp_proposals(m, out));
	assert_string_equal(out, ""); /* configured, but none is usable: no default steps in */
	model_free(m);
}

static void propose(struct model *m, const char *name)
{
	struct ikev2_policy_proposal *line = calloc(1, sizeof(*line));

	assert_non_null(line);
	str_copy(line->name, sizeof(line->name), name);
	assert_true(vec_push(&model_ikev2_policy_get(m, "pol")->proposals, line));
}

static void ikev2_proposals_split_aead_from_the_rest(void **state)
{
	struct model *m = model_new();
	struct ikev2_proposal *p = model_ikev2_proposal_get(m, "p");
	char out[IKE_PROPOSALS_MAX];

	(void)state;
	assert_true(ikev2_proposals(m, out));
	assert_non_null(strstr(out, "modp2048"));
	p->encryptions = 1u << IKE_ENCR_AES128 | 1u << IKE_ENCR_AES256 | 1u << IKE_ENCR_GCM256;
	p->integrities = 1u << IKE_HASH_SHA256;
	p->groups = 1u << 14 | 1u << 19;
	propose(m, "p");
	assert_true(ikev2_proposals(m, out));
	assert_string_equal(
		out, "aes256gcm16-prfsha256-ecp256-modp2048,aes256-aes128-sha256-ecp256-modp2048");
	p->prfs = 1u << IKE_HASH_SHA384;
	assert_true(ikev2_proposals(m, out));
	assert_string_equal(
		out, "aes256gcm16-prfsha384-ecp256-modp2048,aes256-aes128-sha256-prfsha384-ecp256-modp2048");

	/* A policy's proposals in the order of its lines; one that does not exist counts for nothing. */
	propose(m, "nosuch");
	propose(m, "q");
	p->encryptions = 1u << IKE_ENCR_GCM256;
	p = model_ikev2_proposal_get(m, "q");
	p->encryptions = 1u << IKE_ENCR_AES128;
	p->integrities = 1u << IKE_HASH_SHA1;
	p->groups = 1u << 14;
	assert_true(ikev2_proposals(m, out));
	assert_string_equal(out, "aes256gcm16-prfsha384-ecp256-modp2048,aes128-sha1-modp2048");
	model_free(m);
}

static void keepalive_and_version(void **state) /* D11 */
{
	struct model *m = model_new();
	struct ikev2_profile *p = model_ikev2_profile_get(m, "prof");
	struct ike_conn c = {0};

	(void)state;
	m->isakmp_keepalive = (struct ike_keepalive){.set = true, .seconds = 10};
	m->ikev2_dpd = (struct ike_keepalive){.set = true, .seconds = 20, .retry_s = 4};
	assert_true(isakmp_fill(m, "", &c));
	assert_int_equal(c.version, 1);
	assert_int_equal(c.dpd_delay_s, 10);
	assert_int_equal(c.dpd_timeout_s, 10); /* 5 x 2 s, the default */
	assert_int_equal(c.lifetime_s, 86400);
	c = (struct ike_conn){0};
	assert_true(isakmp_fill(m, "prof", &c));
	assert_int_equal(c.version, 2);
	assert_int_equal(c.dpd_timeout_s, 20);
	p->dpd = (struct ike_keepalive){.set = true, .seconds = 30, .retry_s = 3};
	c = (struct ike_conn){0};
	assert_true(isakmp_fill(m, "prof", &c));
	assert_int_equal(c.dpd_delay_s, 30);
	assert_int_equal(c.dpd_timeout_s, 15);
	assert_false(isakmp_fill(m, "nosuch", &c));
	model_free(m);
}

/* --- Plans ------------------------------------------------------------------------------------------------------------------ */

static void rule(
	struct model *m, const char *acl, uint32_t seq, bool permit, const char *to, const char *wildcard)
{
	struct acl_rule r = {.sequence = seq, .permit = permit};

	r.source = end("192.168.1.0", "0.0.0.255");
	r.destination = end(to, wildcard);
	assert_non_null(acl_rule_add(model_acl_get(m, acl), &r));
}

static struct crypto_map_entry *complete_entry(struct model *m)
{
	struct crypto_map_entry *e =
		crypto_map_entry_get(model_crypto_map_get(m, "mymap"), 10, CRYPTO_MAP_ISAKMP);
	struct transform_set *t = model_transform_set_get(m, "t");

	policy(m, 10, IKE_ENCR_AES256, IKE_HASH_SHA256, 14);
	t->encryption = ESP_ENCR_AES128;
	t->integrity = ESP_INTEG_SHA1;
	e->transform_set_count = 1;
	str_copy(e->transform_sets[0], NAME_MAX_LEN, "t");
	str_copy(e->acl, sizeof(e->acl), "101");
	e->peer_count = 2;
	assert_true(ip_parse("10.1.1.1", &e->peers[0].addr));
	assert_true(ip_parse("10.1.1.2", &e->peers[1].addr));
	return e;
}

/* Which of them are of a connection cannot be told: a denial exempts none. */
static void a_denial_of_established_connections_exempts_nothing(void **state)
{
	struct model *m = model_new();
	struct crypto_map_entry *e = complete_entry(m);
	struct acl_rule r = {.sequence = 10, .protocol = 6, .established = true};
	struct ipaddr own;
	struct plan p;

	(void)state;
	r.source = end("192.168.1.0", "0.0.0.255");
	r.destination = end("10.0.0.0", "0.255.255.255");
	assert_non_null(acl_rule_add(model_acl_get(m, "101"), &r));
	rule(m, "101", 20, true, "10.0.0.0", "0.255.255.255");
	assert_true(ip_parse("192.168.0.3", &own));
	assert_true(plan_entry(m, "FastEthernet0/0", model_crypto_map(m, "mymap"), e, &own, &p));
	assert_int_equal(p.rule_count, 1);
	assert_true(p.rules[0].permit);
	assert_int_equal(p.conns[0].child_count, 1);
	assert_false(p.conns[0].children[0].pass);
	plan_clear(&p);
	model_free(m);
}

static void an_entry_needs_peer_list_and_transform_set(void **state)
{
	struct model *m = model_new();
	struct crypto_map_entry *e = complete_entry(m);

	(void)state;
	assert_int_equal(crypto_entry_defect(m, e), ENTRY_EMPTY_ACL); /* named, not defined */
	rule(m, "101", 10, false, "10.9.0.0", "0.0.255.255");
	assert_int_equal(crypto_entry_defect(m, e), ENTRY_EMPTY_ACL); /* no permit */
	rule(m, "101", 20, true, "10.0.0.0", "0.0.255.255");
	assert_int_equal(crypto_entry_defect(m, e), ENTRY_COMPLETE);
	str_copy(e->transform_sets[0], NAME_MAX_LEN, "nosuch");
	assert_int_equal(crypto_entry_defect(m, e), ENTRY_NO_TRANSFORM);
	str_copy(e->transform_sets[0], NAME_MAX_LEN, "t");
	e->peer_count = 0;
	assert_int_equal(crypto_entry_defect(m, e), ENTRY_NO_PEER);
	e->acl[0] = '\0';
	e->peer_count = 1;
	assert_int_equal(crypto_entry_defect(m, e), ENTRY_NO_ACL);
	str_copy(e->acl, sizeof(e->acl), "101");
	str_copy(e->ikev2_profile, sizeof(e->ikev2_profile), "nosuch");
	assert_int_equal(crypto_entry_defect(m, e), ENTRY_NO_PROFILE);
	e->ikev2_profile[0] = '\0';
	model_isakmp_policy(m, 10)->authentication = IKE_AUTH_RSA_SIG;
	assert_int_equal(crypto_entry_defect(m, e), ENTRY_NO_POLICY);
	model_free(m);
}

static void a_static_entry_is_one_connection_a_peer_and_one_child_a_line(void **state)
{
	struct model *m = model_new();
	struct crypto_map_entry *e = complete_entry(m);
	struct ipaddr vip;
	struct plan p;
	char text[PREFIX_TEXT_MAX];

	(void)state;
	assert_true(ip_parse("192.168.0.3", &vip));
	rule(m, "101", 10, true, "10.0.0.0", "0.0.255.255");
	rule(m, "101", 20, false, "10.5.0.0", "0.0.255.255");
	rule(m, "101", 30, true, "172.16.0.0", "0.0.0.255");
	rule(m, "101", 40, true, "10.0.0.0", "0.0.255.255"); /* the same destination again */
	assert_true(plan_entry(m, "FastEthernet0/0", model_crypto_map(m, "mymap"), e, &vip, &p));
	assert_int_equal(p.conn_count, 2);
	assert_string_equal(p.conns[0].name, "hs/FastEthernet0/0/mymap/10/10.1.1.1");
	assert_string_equal(p.conns[1].name, "hs/FastEthernet0/0/mymap/10/10.1.1.2");
	assert_string_equal(p.conns[0].local_id, "192.168.0.3"); /* H2 */
	assert_string_equal(p.conns[0].remote_id, "10.1.1.1");
	assert_int_equal(p.conns[0].child_count, 3);
	assert_string_equal(p.conns[0].children[0].name, "l10");
	assert_string_equal(p.conns[0].children[1].name, "l30");
	assert_int_equal(p.conns[0].children[0].life_time_s, 3600);
	assert_int_equal(p.conns[0].children[0].rekey_time_s, 3240);
	assert_true(p.conns[0].children[0].life_bytes == UINT64_C(4608000) * 1024);
	assert_int_equal(p.rule_count, 4);
	assert_false(p.rules[1].permit);
	assert_int_equal(p.rules[0].entry, p.rules[3].entry);
	assert_int_equal(p.destination_count, 2); /* R6: each destination once; deny makes none */
	assert_string_equal(prefix_format(&p.destinations[0], text), "10.0.0.0/16");
	assert_string_equal(prefix_format(&p.destinations[1], text), "172.16.0.0/24");
	plan_clear(&p);
	vip = (struct ipaddr){0}; /* no endpoint: guarded all the same */
	assert_true(plan_entry(m, "FastEthernet0/0", model_crypto_map(m, "mymap"), e, &vip, &p));
	assert_int_equal(p.conn_count, 0);
	assert_int_equal(p.rule_count, 4);
	plan_clear(&p);
	e->peer_count = 0; /* incomplete: guarded as well (D6) */
	assert_true(plan_entry(m, "FastEthernet0/0", model_crypto_map(m, "mymap"), e, &vip, &p));
	assert_int_equal(p.rule_count, 4);
	assert_int_equal(p.destination_count, 0);
	plan_clear(&p);
	model_free(m);
}

static void a_dynamic_map_is_one_connection_from_any_peer_and_version(void **state)
{
	struct model *m = model_new();
	struct crypto_map *d = model_dynamic_map_get(m, "dyn");
	struct crypto_map_entry *e =
		crypto_map_entry_get(model_crypto_map_get(m, "mymap"), 3, CRYPTO_MAP_ISAKMP_DYNAMIC);
	struct crypto_map_entry *open = crypto_map_entry_get(d, 1, CRYPTO_MAP_TEMPLATE);
	struct crypto_map_entry *listed = crypto_map_entry_get(d, 2, CRYPTO_MAP_TEMPLATE);
	struct crypto_map_entry *v2 = crypto_map_entry_get(d, 3, CRYPTO_MAP_TEMPLATE);
	struct ipaddr own;
	struct plan p;

	(void)state;
	complete_entry(m);
	assert_true(ip_parse("192.168.0.2", &own));
	str_copy(e->dynamic_map, sizeof(e->dynamic_map), "dyn");
	assert_int_equal(crypto_entry_defect(m, e), ENTRY_NO_TEMPLATE);
	rule(m, "105", 10, true, "10.0.0.0", "0.0.255.255");
	model_ikev2_profile_get(m, "prof");
	open->transform_set_count = listed->transform_set_count = v2->transform_set_count = 1;
	str_copy(open->transform_sets[0], NAME_MAX_LEN, "t");
	str_copy(listed->transform_sets[0], NAME_MAX_LEN, "t");
	str_copy(v2->transform_sets[0], NAME_MAX_LEN, "t");
	str_copy(listed->acl, sizeof(listed->acl), "105");
	str_copy(v2->ikev2_profile, sizeof(v2->ikev2_profile), "prof");
	assert_true(plan_entry(m, "eth0", model_crypto_map(m, "mymap"), e, &own, &p));
	assert_int_equal(p.conn_count, 2);
	assert_string_equal(p.conns[0].name, "hs/eth0/mymap/3/any");
	assert_string_equal(p.conns[1].name, "hs/eth0/mymap/3/any-prof");
	assert_int_equal(p.conns[0].version, 1);
	assert_int_equal(p.conns[1].version, 2);
	assert_false(ip_is_set(&p.conns[0].remote));
	assert_string_equal(p.conns[0].remote_id, "");
	assert_int_equal(p.conns[0].child_count, 2);
	assert_string_equal(p.conns[0].children[0].name, "d1");
	assert_int_equal(p.conns[0].children[0].remote.prefix.len, 0);
	assert_string_equal(p.conns[0].children[1].name, "d2l10");
	assert_ptr_equal(plan_template(m, e, "d2l10"), listed);
	assert_ptr_equal(plan_template(m, e, "d1"), open);
	assert_null(plan_template(m, e, "l10"));
	assert_null(plan_template(m, e, "d99"));
	assert_int_equal(p.destination_count, 0);
	plan_clear(&p);
	model_free(m);
}

struct secrets {
	char ids[4][IKE_CONN_NAME_MAX];
	size_t count;
};

static bool collect(const struct ike_secret *s, void *arg)
{
	struct secrets *all = arg;

	assert_true(all->count < 4);
	str_copy(all->ids[all->count++], IKE_CONN_NAME_MAX, s->id);
	return true;
}

static void keys_that_charon_can_use(void **state)
{
	struct model *m = model_new();
	struct prefix any = {{IP_V4, {0}}, 0}, host;
	struct secrets all = {0};

	(void)state;
	assert_true(prefix_parse("10.1.1.1/32", &host));
	model_isakmp_key_get(m, &any)->key = (struct secret){.type = 0, .set = true, .text = "clear"};
	model_isakmp_key_get(m, &host)->key = (struct secret){.type = 6, .set = true, .text = "sealed"};
	isakmp_each_secret(m, collect, &all);
	assert_int_equal(all.count, 1); /* type 6 stays in the configuration, charon cannot read it */
	assert_string_equal(all.ids[0], "hs/key/0.0.0.0/0");
	model_free(m);
}

static bool take_copy(const struct ike_secret *s, void *arg)
{
	return ike_secret_copy(arg, s);
}

static void a_hex_key_is_its_octets(void **state)
{
	struct model *m = model_new();
	struct ikev2_peer *p = ikev2_keyring_peer_get(model_ikev2_keyring_get(m, "ring"), "p");
	struct ike_secret s = {0}, same;

	(void)state;
	p->address_set = true;
	p->key = (struct secret){.type = SECRET_HEX, .set = true, .text = "00fF7a"};
	isakmp_each_secret(m, take_copy, &s);
	assert_int_equal(s.key_len, 3);
	assert_memory_equal(s.key, "\x00\xff\x7a", 3);
	assert_true(ike_secret_copy(&same, &s));
	assert_int_equal(ike_secret_digest(&same), ike_secret_digest(&s));
	same.key[2]++; /* behind an octet that ends a text */
	assert_int_not_equal(ike_secret_digest(&same), ike_secret_digest(&s));
	ike_secret_clear(&same);
	ike_secret_clear(&s);
	assert_null(s.key);
	model_free(m);
}

static void digests_tell_every_difference(void **state)
{
	struct ike_child children[1] = {{.name = "l10", .esp_proposals = "aes128-sha1"}};
	struct ike_conn a = {.name = "hs/x", .version = 1, .children = children, .child_count = 1}, b;

	(void)state;
	assert_true(ike_conn_copy(&b, &a));
	assert_true(ike_conn_equal(&a, &b));
	b.children[0].rekey_time_s = 1;
	assert_false(ike_conn_equal(&a, &b));
	b.children[0].rekey_time_s = 0;
	b.dpd_timeout_s = 1;
	assert_false(ike_conn_equal(&a, &b));
	ike_conn_clear(&b);
	assert_null(b.children);
}

/* Which lines let pass: "20 40", of an entry with list 101; the children are checked to stand last, and once only. */
static void assert_passes(struct model *m, struct crypto_map_entry *e, const char *wanted)
{
	char got[128] = "";
	struct ipaddr own;
	struct plan p;

	assert_true(ip_parse("192.168.0.3", &own));
	assert_true(plan_entry(m, "FastEthernet0/0", model_crypto_map(m, "mymap"), e, &own, &p));
	for (uint32_t i = 0; i < p.conns[0].child_count; i++) {
		const struct ike_child *child = &p.conns[0].children[i];

		if (child->pass)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", got[0] ? " " : "",
				child->name + 1);
		else
			assert_string_equal(got, "");
	}
	assert_string_equal(got, wanted);
	for (uint32_t i = 0; i < p.conns[1].child_count; i++)
		assert_false(p.conns[1].children[i].pass);
	plan_clear(&p);
}

/* A denial of a range of TCP ports of a part of what line 50 permits. */
static void port_rule(struct model *m, const char *acl, uint32_t sequence, uint16_t lo, uint16_t hi)
{
	struct acl_rule r = {.sequence = sequence, .protocol = 6};

	r.source = end("192.168.1.0", "0.0.0.255");
	r.destination = end("10.7.0.0", "0.0.255.255");
	r.destination.port_op = ACL_PORT_RANGE;
	r.destination.port_lo = lo;
	r.destination.port_hi = hi;
	assert_non_null(acl_rule_add(model_acl_get(m, acl), &r));
}

static void a_deny_line_lets_pass_only_what_nothing_else_protects(void **state)
{
	struct model *m = model_new();
	struct crypto_map_entry *e = complete_entry(m), *other, *t;

	(void)state;
	rule(m, "101", 10, true, "10.1.0.0", "0.0.255.255");
	rule(m, "101", 20, false, "10.9.9.0", "0.0.0.255");	/* cuts a piece out of line 50 */
	rule(m, "101", 30, false, "10.1.1.0", "0.0.0.255");	/* line 10 was first */
	rule(m, "101", 40, false, "172.16.0.0", "0.0.255.255"); /* nothing behind it covers that */
	rule(m, "101", 45, false, "10.8.0.0", "0.0.255.0");	/* no prefix: rather protected */
	rule(m, "101", 50, true, "10.0.0.0", "0.255.255.255");
	rule(m, "101", 60, false, "0.0.0.0", "255.255.255.255");
	assert_passes(m, e, "20");
	port_rule(m, "101", 44, 8000, 8010); /* a policy would let pass more than these */
	assert_passes(m, e, "20");
	port_rule(m, "101", 46, 8000, 8007);
	assert_passes(m, e, "20 46");
	acl_rule_delete(model_acl_get(m, "101"), 46);

	other = crypto_map_entry_get(model_crypto_map(m, "mymap"), 20, CRYPTO_MAP_ISAKMP);
	str_copy(other->acl, sizeof(other->acl), "102");
	rule(m, "102", 10, true, "10.9.9.128", "0.0.0.0"); /* another entry wants a part of it */
	assert_passes(m, e, "");
	model_acl_delete(m, "102");
	assert_passes(m, e, "20");

	other->kind = CRYPTO_MAP_ISAKMP_DYNAMIC; /* a peer may ask for anything */
	other->acl[0] = '\0';
	str_copy(other->dynamic_map, sizeof(other->dynamic_map), "dyn");
	t = crypto_map_entry_get(model_dynamic_map_get(m, "dyn"), 1, CRYPTO_MAP_TEMPLATE);
	assert_passes(m, e, "");
	str_copy(t->acl, sizeof(t->acl), "103");
	rule(m, "103", 10, true, "10.77.0.0", "0.0.255.255");
	assert_passes(m, e, "20");
	model_free(m);
}

static void the_df_bit_is_the_entrys_then_the_interfaces_then_the_global_one(void **state)
{
	struct model *m = model_new();
	struct crypto_map_entry *e = complete_entry(m), *dynamic;
	struct interface_cfg *i = model_interface_get(m, "FastEthernet0/0");

	(void)state;
	assert_int_equal(crypto_entry_df(m, "FastEthernet0/0", e), DF_COPY);
	m->sa_options.df = DF_CLEAR;
	assert_int_equal(crypto_entry_df(m, "FastEthernet0/0", e), DF_CLEAR);
	i->df = DF_SET;
	assert_int_equal(crypto_entry_df(m, "FastEthernet0/0", e), DF_SET);
	assert_int_equal(crypto_entry_df(m, "FastEthernet0/1", e), DF_CLEAR);
	e->options.df = DF_COPY;
	assert_int_equal(crypto_entry_df(m, "FastEthernet0/0", e), DF_COPY);
	/* A dynamic map: its first entry's. */
	dynamic = crypto_map_entry_get(model_crypto_map(m, "mymap"), 20, CRYPTO_MAP_ISAKMP_DYNAMIC);
	str_copy(dynamic->dynamic_map, sizeof(dynamic->dynamic_map), "dyn");
	crypto_map_entry_get(model_dynamic_map_get(m, "dyn"), 1, CRYPTO_MAP_TEMPLATE)->options.df = DF_CLEAR;
	assert_int_equal(crypto_entry_df(m, "FastEthernet0/0", dynamic), DF_CLEAR);
	model_free(m);
}

static void a_range_of_ports_has_no_word_in_ikev1(void **state)
{
	static const struct ports range = {8000, 8007}, all = {0, 65535};
	struct model *m = model_new();
	struct crypto_map_entry *e = complete_entry(m);
	struct ipaddr own;
	struct plan p;

	(void)state;
	port_rule(m, "101", 10, range.lo, range.hi);
	((struct acl_rule *)acl_rule(model_acl(m, "101"), 10))->permit = true;
	assert_true(ip_parse("192.168.0.3", &own));
	assert_true(plan_entry(m, "FastEthernet0/0", model_crypto_map(m, "mymap"), e, &own, &p));
	assert_memory_equal(&p.conns[0].children[0].remote.ports, &all, sizeof(all));
	assert_memory_equal(
		&p.rules[0].remote_ports, &range, sizeof(range)); /* the filter is exact all the same */
	plan_clear(&p);
	model_ikev2_profile_get(m, "prof");
	str_copy(e->ikev2_profile, sizeof(e->ikev2_profile), "prof");
	assert_true(plan_entry(m, "FastEthernet0/0", model_crypto_map(m, "mymap"), e, &own, &p));
	assert_memory_equal(&p.conns[0].children[0].remote.ports, &range, sizeof(range));
	plan_clear(&p);
	model_free(m);
}

static void options_come_from_the_entry_then_from_the_global_lines(void **state)
{
	struct model *m = model_new();
	struct crypto_map_entry *e = complete_entry(m);
	struct ipaddr own;
	struct plan p;

	(void)state;
	assert_true(ip_parse("192.168.0.3", &own));
	rule(m, "101", 10, true, "10.1.0.0", "0.0.255.255");
	assert_true(plan_entry(m, "FastEthernet0/0", model_crypto_map(m, "mymap"), e, &own, &p));
	assert_int_equal(p.conns[0].children[0].replay_window, 64);
	assert_false(p.conns[0].children[0].clear_df);
	assert_int_equal(p.conns[0].children[0].idle_s, 0);
	plan_clear(&p);
	m->sa_options = (struct sa_options){.idle_s = 900, .replay_window = REPLAY_DISABLED, .df = DF_CLEAR};
	assert_true(plan_entry(m, "FastEthernet0/0", model_crypto_map(m, "mymap"), e, &own, &p));
	assert_int_equal(p.conns[0].children[0].replay_window, 0);
	assert_true(p.conns[0].children[0].clear_df);
	assert_int_equal(p.conns[0].children[0].idle_s, 900);
	plan_clear(&p);
	e->options = (struct sa_options){
		.idle_s = 60, .idle_to_default = true, .replay_window = 512, .df = DF_COPY};
	assert_true(plan_entry(m, "FastEthernet0/0", model_crypto_map(m, "mymap"), e, &own, &p));
	assert_int_equal(p.conns[0].children[0].replay_window, 512);
	assert_false(p.conns[0].children[0].clear_df);
	assert_int_equal(p.conns[0].children[0].idle_s, 60);
	assert_true(p.conns[0].children[0].idle_to_default);
	plan_clear(&p);
	model_free(m);
}

static void match(struct ikev2_profile *p, enum ike_identity_kind kind, const char *text)
{
	struct ike_identity *i = calloc(1, sizeof(*i));

	assert_non_null(i);
	i->kind = kind;
	if (kind == IKE_IDENTITY_ADDRESS)
		assert_true(prefix_parse(text, &i->prefix));
	else
		str_copy(i->text, sizeof(i->text), text);
	assert_true(vec_push(&p->match_remote, i));
}

static void what_a_peer_must_call_itself(void **state)
{
	static const struct {
		enum ike_identity_kind kind;
		const char *text, *peer, *wanted;
	} rows[] = {
		{IKE_IDENTITY_ADDRESS, "10.1.0.0/16", "10.1.1.1", "10.1.1.1"},
		{IKE_IDENTITY_ADDRESS, "192.168.9.9/32", "10.1.1.1", "192.168.9.9"}, /* behind a NAT */
		{IKE_IDENTITY_ADDRESS, "192.168.0.0/16", "10.1.1.1", "192.168.0.0/16"},
		{IKE_IDENTITY_ADDRESS, "0.0.0.0/0", NULL, ""},
		{IKE_IDENTITY_FQDN, "a.example.com", "10.1.1.1", "fqdn:a.example.com"},
		{IKE_IDENTITY_FQDN_DOMAIN, "example.com", NULL, "fqdn:*.example.com"},
		{IKE_IDENTITY_EMAIL, "a@example.com", NULL, "email:a@example.com"},
		{IKE_IDENTITY_EMAIL_DOMAIN, "example.com", NULL, "email:*@example.com"},
		{IKE_IDENTITY_KEY_ID, "van", NULL, "keyid:van"},
		{IKE_IDENTITY_ANY, "", "10.1.1.1", ""},
	};
	char got[IKE_ID_MAX];
	struct ipaddr peer;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct model *m = model_new();

		match(model_ikev2_profile_get(m, "p"), rows[i].kind, rows[i].text);
		if (rows[i].peer)
			assert_true(ip_parse(rows[i].peer, &peer));
		isakmp_remote_id(m, "p", rows[i].peer ? &peer : NULL, got);
		assert_string_equal(got, rows[i].wanted);
		if (i == 4) { /* two of them cannot be told apart */
			match(model_ikev2_profile(m, "p"), IKE_IDENTITY_FQDN, "b.example.com");
			isakmp_remote_id(m, "p", &peer, got);
			assert_string_equal(got, "");
		}
		model_free(m);
	}
}

static void our_own_identity(void **state)
{
	struct model *m = model_new();
	struct ike_conn c = {0};

	(void)state;
	policy(m, 10, IKE_ENCR_AES256, IKE_HASH_SHA256, 14);
	assert_true(isakmp_fill(m, "", &c));
	assert_string_equal(c.local_id, ""); /* the endpoint */
	m->isakmp_identity.kind = IKE_IDENTITY_FQDN;
	str_copy(m->hostname, sizeof(m->hostname), "hub");
	assert_true(isakmp_fill(m, "", &c));
	assert_string_equal(c.local_id, "fqdn:hub");
	m->isakmp_identity = (struct ike_identity){.kind = IKE_IDENTITY_KEY_ID, .text = "k1"};
	assert_true(isakmp_fill(m, "", &c));
	assert_string_equal(c.local_id, "keyid:k1");
	m->isakmp_disabled = true;
	assert_false(isakmp_fill(m, "", &c));
	model_ikev2_profile_get(m, "p");
	assert_true(isakmp_fill(m, "p", &c)); /* IKEv2 goes on */
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_read_source_local_destination_remote),
		cmocka_unit_test(port_operators),
		cmocka_unit_test(icmp_messages_stand_where_ports_do),
		cmocka_unit_test(what_a_mask_makes_of_a_range_of_ports),
		cmocka_unit_test(a_denial_of_established_connections_exempts_nothing),
		cmocka_unit_test(a_wildcard_with_holes_guards_more_and_negotiates_nothing),
		cmocka_unit_test(transform_sets_in_charons_words),
		cmocka_unit_test(isakmp_policies_by_priority),
		cmocka_unit_test(ikev2_proposals_split_aead_from_the_rest),
		cmocka_unit_test(keepalive_and_version),
		cmocka_unit_test(an_entry_needs_peer_list_and_transform_set),
		cmocka_unit_test(a_static_entry_is_one_connection_a_peer_and_one_child_a_line),
		cmocka_unit_test(a_dynamic_map_is_one_connection_from_any_peer_and_version),
		cmocka_unit_test(keys_that_charon_can_use),
		cmocka_unit_test(a_hex_key_is_its_octets),
		cmocka_unit_test(digests_tell_every_difference),
		cmocka_unit_test(a_deny_line_lets_pass_only_what_nothing_else_protects),
		cmocka_unit_test(the_df_bit_is_the_entrys_then_the_interfaces_then_the_global_one),
		cmocka_unit_test(a_range_of_ports_has_no_word_in_ikev1),
		cmocka_unit_test(options_come_from_the_entry_then_from_the_global_lines),
		cmocka_unit_test(what_a_peer_must_call_itself),
		cmocka_unit_test(our_own_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
