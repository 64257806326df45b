#include "scenes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000000 };

static const mono_t now = {(int64_t)4000000 * SECOND}; /* the box is up for 46 days */

struct ipaddr ip4(const char *text)
{
	struct ipaddr a;
	bool ok = ip_parse(text, &a);

	assert(ok);
	(void)ok;
	return a;
}

struct ipaddr ip6(const char *text)
{
	struct ipaddr a = {0};

	(void)ip_parse(text, &a);
	return a;
}

struct prefix pfx(const char *text)
{
	struct prefix p;
	bool ok = prefix_parse(text, &p);

	assert(ok);
	(void)ok;
	return p;
}

static mono_t seconds_ago(int64_t s)
{
	return (mono_t){now.ns - s * SECOND};
}

static mono_t in_ms(int64_t ms)
{
	return mono_add_ms(now, ms);
}

/* --- Configuration ---------------------------------------------------------------------------------------------- */

static void transform(struct model *m, const char *name, enum esp_encryption e, enum esp_integrity i)
{
	struct transform_set *t = model_transform_set_get(m, name);

	t->encryption = e;
	t->integrity = i;
}

static struct acl *acl(struct model *m, const char *name)
{
	struct acl *a = model_acl_get(m, name);

	a->numbered = name[0] >= '0' && name[0] <= '9';
	return a;
}

static struct acl_rule *rule(struct acl *a, uint32_t sequence, bool permit, int protocol, const char *source,
	const char *destination)
{
	struct acl_rule *r = calloc(1, sizeof(*r));
	struct prefix s = pfx(source), d = pfx(destination);

	*r = (struct acl_rule){.sequence = sequence,
		.permit = permit,
		.protocol = (int16_t)protocol,
		.source = {.addr = s.addr, .wildcard = ip_len_to_wildcard(IP_V4, s.len)},
		.destination = {.addr = d.addr, .wildcard = ip_len_to_wildcard(IP_V4, d.len)}};
	vec_push(&a->rules, r);
	return r;
}

static struct interface_cfg *interface(
	struct model *m, const char *name, const char *device, const char *address)
{
	struct interface_cfg *i = model_interface_get(m, name);

	str_copy(i->device, sizeof(i->device), device);
	i->is_ios_type = strcmp(name, device) != 0;
	if (address) {
		i->address_set = true;
		i->address = pfx(address).addr;
		i->address = ip4(address);
		i->address_len = 24;
	}
	return i;
}

static struct crypto_map_entry *entry(struct model *m, const char *map, uint16_t sequence, const char *peer,
	const char *acl_name, const char *set)
{
	struct crypto_map_entry *e =
		crypto_map_entry_get(model_crypto_map_get(m, map), sequence, CRYPTO_MAP_ISAKMP);

	if (peer)
		e->peers[e->peer_count++].addr = ip4(peer);
	if (acl_name)
		str_copy(e->acl, sizeof(e->acl), acl_name);
	if (set)
		str_copy(e->transform_sets[e->transform_set_count++], NAME_MAX_LEN, set);
	return e;
}

/* --- The kernel -------------------------------------------------------------------------------------------------- */

static void link(struct facts *f, int ifindex, const char *name, const char *alias, bool up)
{
	struct link *l = facts_add_link(f);

	*l = (struct link){.ifindex = ifindex,
		.up = up,
		.running = up,
		.mtu = 1500,
		.mac = {{0x02, 0, 0, 0, 0, (uint8_t)ifindex}}};
	str_copy(l->name, sizeof(l->name), name);
	str_copy(l->alias, sizeof(l->alias), alias);
}

static void address(struct facts *f, int ifindex, const char *text, uint8_t len)
{
	struct address *a = facts_add_address(f);

	a->ifindex = ifindex;
	a->prefix = (struct prefix){ip4(text), len};
}

static void route(struct facts *f, const char *prefix, const char *gateway, int ifindex, uint8_t protocol,
	uint32_t metric, int64_t age_s)
{
	struct route_fact *r = facts_add_route(f);

	*r = (struct route_fact){.prefix = pfx(prefix),
		.ifindex = ifindex,
		.protocol = protocol,
		.type = 1,
		.metric = metric,
		.age_s = age_s};
	if (gateway)
		r->gateway = ip4(gateway);
}

static struct core_route *injected(struct facts *f, const char *prefix, const char *peer,
	const char *interface_name, const char *map, uint16_t sequence)
{
	struct core_route *r = facts_add_core_route(f);

	r->route = (struct route){.table = ROUTE_TABLE_MAIN,
		.prefix = pfx(prefix),
		.protocol = ROUTE_PROTO_RRI,
		.metric = (1u << 24) + 1,
		.ifindex = 2};
	if (peer)
		r->peer = ip4(peer);
	str_copy(r->interface, sizeof(r->interface), interface_name);
	str_copy(r->map, sizeof(r->map), map);
	r->sequence = sequence;
	r->distance = 1;
	r->references = 1;
	r->installed = true;
	return r;
}

static void system_facts(struct facts *f)
{
	f->system = (struct system_fact){.version = "0.1.0",
		.ike_version = "5.9.8",
		.kernel = "Linux 6.1.0-18-amd64",
		.machine = "x86_64",
		.board_id = "5F0C2A9E17D3",
		.config_file = "/etc/hotswan/startup-config",
		.started_by = "power-on",
		.uptime_s = 8 * 86400 + 3 * 3600 + 4 * 60 + 5,
		.machine_uptime_s = 4000000,
		.memory_kb = 2000000,
		.memory_free_kb = 1500000,
		.wall_s = 1700000000,
		.hsrp_up = true};
	f->ike_up = true;
}

/* --- IKE ------------------------------------------------------------------------------------------------------------ */

static struct ike_sa *ike_sa(struct facts *f, uint32_t id, const char *conn, uint8_t version,
	const char *local, const char *remote)
{
	struct ike_sa *sa = facts_add_ike_sa(f);

	*sa = (struct ike_sa){.incarnation = 1,
		.id = id,
		.version = version,
		.state = IKE_SA_ESTABLISHED,
		.initiator = true,
		.local_host = ip4(local),
		.remote_host = ip4(remote),
		.local_port = 500,
		.remote_port = 500,
		.spi_i = 0x1122334455667788,
		.spi_r = 0x99aabbccddeeff00,
		.encr = "AES_CBC",
		.encr_bits = 256,
		.integ = "HMAC_SHA2_256_128",
		.prf = "PRF_HMAC_SHA2_256",
		.dh = "MODP_2048",
		.established_s = 3600,
		.rekey_s = 75303,
		.reauth_s = -1};
	str_copy(sa->conn, sizeof(sa->conn), conn);
	str_copy(sa->local_id, sizeof(sa->local_id), local);
	str_copy(sa->remote_id, sizeof(sa->remote_id), remote);
	return sa;
}

static struct child_sa *child(struct facts *f, uint32_t id, const struct ike_sa *ike, const char *name,
	const char *local, const char *remote)
{
	struct child_sa *sa = facts_add_child_sa(f);

	*sa = (struct child_sa){.incarnation = 1,
		.id = id,
		.ike_id = ike->id,
		.state = CHILD_SA_INSTALLED,
		.local = {{.prefix = pfx(local), .ports = {0, 65535}}},
		.remote = {{.prefix = pfx(remote), .ports = {0, 65535}}},
		.local_count = 1,
		.remote_count = 1,
		.spi_in = 0xc1a20000 + id,
		.spi_out = 0x0bad0000 + id,
		.encr = "AES_CBC",
		.encr_bits = 256,
		.integ = "HMAC_SHA2_256_128",
		.bytes_in = 84 * 1024,
		.bytes_out = 168 * 1024,
		.packets_in = 1024,
		.packets_out = 2048,
		.use_in_s = 3,
		.use_out_s = 3,
		.install_s = 600,
		.rekey_s = 2400,
		.life_s = 3000,
		.local_host = ike->local_host,
		.remote_host = ike->remote_host,
		.local_port = ike->local_port,
		.remote_port = ike->remote_port};
	str_copy(sa->conn, sizeof(sa->conn), ike->conn);
	str_copy(sa->child, sizeof(sa->child), name);
	return sa;
}

/* --- The pair of the guide's HSRP example ------------------------------------------------------------------------------ */

static void pair_configuration(struct scene *s, const char *own)
{
	struct model *m = s->model;
	struct interface_cfg *outside = interface(m, "FastEthernet0/0", "eth0", own);
	struct standby_group *g = interface_standby_get(outside, 0);

	str_copy(m->hostname, sizeof(m->hostname), "headend-a");
	transform(m, "esp-aes-sha", ESP_ENCR_AES256, ESP_INTEG_SHA256);
	rule(acl(m, "102"), 10, true, 0, "192.168.1.0/24", "10.0.0.0/16");
	struct crypto_map_entry *e = entry(m, "mymap", 1, "10.1.1.1", "102", "esp-aes-sha");
	e->rri.enabled = true;
	str_copy(g->name, sizeof(g->name), "group1");
	g->ip_typed = true;
	g->ip = ip4("192.168.0.3");
	str_copy(outside->crypto_map, sizeof(outside->crypto_map), "mymap");
	outside->crypto_redundancy = true;
	str_copy(outside->crypto_redundancy_group, sizeof(outside->crypto_redundancy_group), "group1");
	m->isakmp_keepalive = (struct ike_keepalive){.set = true, .seconds = 10, .retry_s = 2};
	interface(m, "FastEthernet0/1", "eth1", "192.168.1.1");

	struct isakmp_policy *p = model_isakmp_policy_get(m, 10);
	p->encryption_set = p->hash_set = p->authentication_set = p->group_set = true;
	p->encryption = IKE_ENCR_AES256;
	p->hash = IKE_HASH_SHA256;
	p->authentication = IKE_AUTH_PRE_SHARE;
	p->group = 14;
	model_isakmp_policy_get(m, 20);
}

static struct hsrp_status *pair_status(struct facts *f, enum hsrp_state state)
{
	struct hsrp_status *st = facts_add_standby(f);

	*st = (struct hsrp_status){.device = "eth0",
		.family = IP_V4,
		.state = (uint8_t)state,
		.vip = ip4("192.168.0.3"),
		.virtual_mac = {{0, 0, 0x0c, 0x07, 0xac, 0}},
		.priority = 100,
		.hello_ms = 3000,
		.hold_ms = 10000,
		.next_hello = in_ms(1936),
		.preempt_at = MONO_NEVER,
		.active.expires = MONO_NEVER,
		.standby.expires = MONO_NEVER};
	return st;
}

static void pair_world(struct facts *f, const char *own)
{
	f->now = now;
	link(f, 1, "lo", "", true);
	link(f, 2, "eth0", "", true);
	link(f, 3, "eth1", "", true);
	link(f, 4, "hsv2-0", "hotswan standby group 0 of eth0", true);
	address(f, 1, "127.0.0.1", 8);
	address(f, 2, own, 24);
	address(f, 3, "192.168.1.1", 24);
	route(f, "0.0.0.0/0", "192.168.0.254", 2, 215, 1u << 24, -1);
	route(f, "192.168.0.0/24", NULL, 2, 2, 0, -1);
	route(f, "192.168.1.0/24", NULL, 3, 2, 0, -1);
	system_facts(f);
	struct filter_fact *filter = facts_add_filter(f);
	*filter = (struct filter_fact){.ifindex = 2, .dropped_out = 3, .dropped_in = 1};
}

static struct core_binding *pair_binding(struct facts *f, enum hsrp_role role)
{
	struct core_binding *b = facts_add_binding(f);

	*b = (struct core_binding){.interface = "FastEthernet0/0",
		.ifindex = 2,
		.map = "mymap",
		.redundancy = true,
		.state = BINDING_BOUND,
		.group_name = "group1",
		.role = role,
		.serving = role == HSRP_ROLE_ACTIVE,
		.endpoint = ip4("192.168.0.3"),
		.since = seconds_ago(7300)};
	str_copy(b->reason, sizeof(b->reason), "crypto map applied");
	return b;
}

static void build_active(struct scene *s)
{
	struct facts *f = &s->facts;
	const char *conn = "hs/FastEthernet0/0/mymap/1/10.1.1.1";

	pair_configuration(s, "192.168.0.2");
	pair_world(f, "192.168.0.2");
	address(f, 4, "192.168.0.3", 32);
	pair_binding(f, HSRP_ROLE_ACTIVE);
	struct hsrp_status *st = pair_status(f, HSRP_ACTIVE);
	st->serving = st->mac_in_use = true;
	st->old_state = HSRP_STANDBY;
	st->reason = HSRP_REASON_ACTIVE_EXPIRED;
	st->changes = 2;
	st->last_change = seconds_ago(11);
	st->active.local = true;
	st->standby =
		(struct hsrp_peer){.address = ip4("192.168.0.1"), .priority = 100, .expires = in_ms(9288)};
	struct core_route *r = injected(f, "10.0.0.0/16", "10.1.1.1", "FastEthernet0/0", "mymap", 1);
	r->from_acl = true;
	r->references = 2;
	r->from_sa = true;
	route(f, "10.0.0.0/16", "192.168.0.254", 2, ROUTE_PROTO_RRI, (1u << 24) + 1, -1);
	struct ike_sa *ike = ike_sa(f, 1, conn, 1, "192.168.0.3", "10.1.1.1");
	struct ike_sa copy = *ike;
	child(f, 1, &copy, "l10", "192.168.1.0/24", "10.0.0.0/16");
}

void scene_active(struct scene *s)
{
	build_active(s);
	facts_ready(&s->facts);
}

void scene_hosts(struct scene *s)
{
	struct facts *f = &s->facts;
	struct child_sa *sa;

	build_active(s);
	crypto_map_entry(model_crypto_map(s->model, "mymap"), 1)->options.per_host = true;
	f->child_sa_count = 0;
	struct ike_sa ike = f->ike_sas[0];
	child(f, 1, &ike, "l10", "192.168.1.10/32", "10.0.0.1/32")->state = CHILD_SA_REKEYED;
	child(f, 2, &ike, "l10", "192.168.1.11/32", "10.0.0.1/32");
	sa = child(f, 3, &ike, "l10", "192.168.1.10/32", "10.0.0.1/32");
	sa->packets_in_before = 100; /* of the first one */
	facts_ready(f);
}

void scene_standby(struct scene *s)
{
	struct facts *f = &s->facts;

	pair_configuration(s, "192.168.0.1");
	str_copy(s->model->hostname, sizeof(s->model->hostname), "headend-b");
	struct standby_group *g = interface_standby(model_interface(s->model, "FastEthernet0/0"), 0);
	g->priority_set = g->preempt = true;
	g->priority = 90;
	g->preempt_minimum_s = 120;
	g->authentication_set = true;
	str_copy(g->authentication, sizeof(g->authentication), "s3cret");
	pair_world(f, "192.168.0.1");
	pair_binding(f, HSRP_ROLE_STANDBY);
	struct hsrp_status *st = pair_status(f, HSRP_STANDBY);
	st->priority = 90;
	st->old_state = HSRP_SPEAK;
	st->reason = HSRP_REASON_STANDBY_EXPIRED;
	st->changes = 1;
	st->last_change = seconds_ago(76 * 86400);
	st->active =
		(struct hsrp_peer){.address = ip4("192.168.0.2"), .priority = 100, .expires = in_ms(10464)};
	st->standby.local = true;
	struct core_route *r = injected(f, "10.0.0.0/16", "10.1.1.1", "FastEthernet0/0", "mymap", 1);
	r->from_acl = true;
	r->installed = false;
	str_copy(r->reason, sizeof(r->reason), "not active");
	facts_ready(f);
}

void scene_stale(struct scene *s)
{
	build_active(s);
	struct facts *f = &s->facts;
	struct standby_group *g = interface_standby(model_interface(s->model, "FastEthernet0/0"), 0);

	g->ip = ip4("192.168.0.9");
	f->standby[0].vip = g->ip;
	f->bindings[0].state = BINDING_STALE;
	f->bindings[0].serving = false;
	str_copy(f->bindings[0].reason, sizeof(f->bindings[0].reason),
		"standby ip of group1 changed to 192.168.0.9");
	str_copy(f->bindings[0].step, sizeof(f->bindings[0].step), "withdrawing routes");
	f->core_routes[0].installed = false;
	str_copy(f->core_routes[0].reason, sizeof(f->core_routes[0].reason), "binding is stale");
	f->child_sa_count = f->ike_sa_count = 0;
	facts_ready(f);
}

void scene_down(struct scene *s)
{
	build_active(s);
	struct facts *f = &s->facts;
	struct hsrp_status *st = &f->standby[0];

	f->links[1].running = false;
	st->state = HSRP_INITIAL;
	st->old_state = HSRP_ACTIVE;
	st->reason = HSRP_REASON_INTERFACE_DOWN;
	st->serving = st->mac_in_use = st->active.local = false;
	st->standby = (struct hsrp_peer){.expires = MONO_NEVER};
	st->next_hello = MONO_NEVER;
	f->bindings[0].role = HSRP_ROLE_INIT;
	f->bindings[0].serving = false;
	f->child_sa_count = f->ike_sa_count = f->core_route_count = 0;
	facts_ready(f);
}

void scene_silent(struct scene *s)
{
	build_active(s);
	s->facts.missing =
		FACT_CORE | FACT_IKE | FACT_ROUTES | FACT_LINKS | FACT_HSRP | FACT_FILTER | FACT_SYSTEM;
	facts_ready(&s->facts);
}

void scene_empty(struct scene *s)
{
	s->facts.now = now;
	system_facts(&s->facts);
	facts_ready(&s->facts);
}

/* --- A headend without a partner: dynamic map, two peers, one of them behind NAT, and much routing --------------------------- */

static void ike_configuration(struct model *m)
{
	struct ikev2_profile *p = model_ikev2_profile_get(m, "prof");
	struct ike_identity *i = calloc(1, sizeof(*i));
	struct ikev2_proposal *prop = model_ikev2_proposal_get(m, "strong");
	struct prefix hub = pfx("203.0.113.0/24"), any = pfx("0.0.0.0/0"), one = pfx("203.0.113.9/32");

	*i = (struct ike_identity){.kind = IKE_IDENTITY_ADDRESS, .prefix = hub, .mask_typed = true};
	vec_push(&p->match_remote, i);
	i = calloc(1, sizeof(*i));
	*i = (struct ike_identity){.kind = IKE_IDENTITY_FQDN_DOMAIN, .text = "example.com"};
	vec_push(&p->match_remote, i);
	p->identity_local = (struct ike_identity){.kind = IKE_IDENTITY_FQDN, .text = "hub.example.com"};
	p->local_pre_share = p->remote_pre_share = true;
	str_copy(p->keyring, sizeof(p->keyring), "ring");
	p->dpd = (struct ike_keepalive){.set = true, .seconds = 10, .retry_s = 3};
	m->nat_keepalive_s = 20;
	prop->encryptions = 1u << IKE_ENCR_AES256 | 1u << IKE_ENCR_GCM128;
	prop->integrities = 1u << IKE_HASH_SHA1 | 1u << IKE_HASH_SHA256;
	prop->groups = 1u << 14 | 1u << 21 | 1u << 24;
	struct ikev2_policy_proposal *line = calloc(1, sizeof(*line));
	*line = (struct ikev2_policy_proposal){.name = "strong"};
	vec_push(&model_ikev2_policy_get(m, "pol")->proposals, line);
	model_isakmp_key_get(m, &any)->key = (struct secret){.set = true, .text = "s3cret"};
	model_isakmp_key_get(m, &hub)->key = (struct secret){.set = true, .text = "s3cret"};
	model_isakmp_key_get(m, &one)->key = (struct secret){.set = true, .text = "s3cret"};
	model_isakmp_host_key_get(m, "spoke.example.com")->key =
		(struct secret){.set = true, .text = "s3cret"};
}

static void headend_configuration(struct model *m)
{
	str_copy(m->hostname, sizeof(m->hostname), "hub");
	m->ios_banner = true;
	transform(m, "my-transform-set", ESP_ENCR_AES128, ESP_INTEG_SHA1);
	transform(m, "gcm", ESP_ENCR_GCM256, ESP_INTEG_NONE);
	model_transform_set(m, "gcm")->mode = IPSEC_TRANSPORT;
	struct crypto_map_entry *t =
		crypto_map_entry_get(model_dynamic_map_get(m, "mydynmap"), 1, CRYPTO_MAP_TEMPLATE);
	str_copy(t->transform_sets[t->transform_set_count++], NAME_MAX_LEN, "my-transform-set");
	str_copy(t->transform_sets[t->transform_set_count++], NAME_MAX_LEN, "gcm");
	t->rri.enabled = true;
	t->pfs_group = 14;
	struct crypto_map_entry *e =
		crypto_map_entry_get(model_crypto_map_get(m, "mymap"), 3, CRYPTO_MAP_ISAKMP_DYNAMIC);
	str_copy(e->dynamic_map, sizeof(e->dynamic_map), "mydynmap");
	e = entry(m, "mymap", 1, "203.0.113.9", "branch", "my-transform-set");
	e->peers[e->peer_count].is_default = true;
	e->peers[e->peer_count++].addr = ip4("203.0.113.10");
	str_copy(e->ikev2_profile, sizeof(e->ikev2_profile), "prof");
	str_copy(e->description, sizeof(e->description), "branch office");
	e->options.idle_s = 900;
	e->lifetime = (struct sa_lifetime){.seconds = 28800, .kilobytes_disabled = true};
	entry(m, "mymap", 2, NULL, NULL, "my-transform-set");
	ike_configuration(m);

	struct acl *a = acl(m, "branch");
	struct acl_rule *r = rule(a, 5, true, 0, "0.0.0.0/32", "0.0.0.0/32");
	r->is_remark = true;
	r->remark = str_dup("what the branch may reach");
	rule(a, 10, true, 0, "10.20.0.0/16", "10.30.0.0/24");
	r = rule(a, 20, true, 6, "10.20.0.1/32", "10.30.1.0/24");
	r->source.port_op = ACL_PORT_EQ;
	r->source.port_lo = 80;
	r->destination.port_op = ACL_PORT_RANGE;
	r->destination.port_lo = 1024;
	r->destination.port_hi = 65535;
	r->established = r->log = true;
	rule(a, 30, false, 17, "0.0.0.0/0", "0.0.0.0/0")->destination.port_op = ACL_PORT_NONE;
	acl(m, "199");
	r = rule(acl(m, "110"), 10, false, 47, "0.0.0.0/0", "192.0.2.7/32");
	r->log = true;

	interface(m, "GigabitEthernet0/0", "wan0", "198.51.100.1");
	str_copy(model_interface(m, "GigabitEthernet0/0")->crypto_map, NAME_MAX_LEN, "mymap");
	interface(m, "GigabitEthernet0/1", "", "10.20.0.1");
	struct interface_cfg *i = interface(m, "eth7", "eth7", NULL);
	i->shutdown = true;
	i->standby_version = 2;
	struct standby_group *g = interface_standby_get(i, 300);
	g->ip_typed = true;
	g->hello_ms = 250;
	g->hold_ms = 750;
	g->hello_msec = g->hold_msec = true;
	struct ipaddr *second = malloc(sizeof(*second));
	*second = ip4("10.77.0.8");
	vec_push(&g->secondaries, second);
	g = interface_standby_get(model_interface(m, "GigabitEthernet0/1"), 7);
	g->priority_set = true;
	g->priority = 250;
	struct static_route *st = calloc(1, sizeof(*st));
	*st = (struct static_route){.prefix = pfx("172.16.4.0/24"), .gateway = ip4("10.20.0.2"), .tag = 77};
	vec_push(&m->static_routes, st);
}

static void headend_sas(struct facts *f)
{
	const char *any = "hs/GigabitEthernet0/0/mymap/3/any",
		   *two = "hs/GigabitEthernet0/0/mymap/1/203.0.113.9";
	struct ike_sa a = *ike_sa(f, 4, any, 1, "198.51.100.1", "192.0.2.44");
	f->ike_sas[0].initiator = a.initiator = false;
	f->ike_sas[0].nat_remote = true;
	f->ike_sas[0].local_port = f->ike_sas[0].remote_port = a.local_port = a.remote_port = 4500;
	struct ike_sa b = *ike_sa(f, 9, two, 2, "198.51.100.1", "203.0.113.9");
	struct ike_sa c =
		*ike_sa(f, 11, "hs/GigabitEthernet0/0/mymap/3/any", 1, "198.51.100.1", "192.0.2.50");
	f->ike_sas[2].state = IKE_SA_CONNECTING;
	f->ike_sas[2].initiator = false;
	f->ike_sas[2].encr[0] = f->ike_sas[2].integ[0] = f->ike_sas[2].dh[0] = '\0';
	f->ike_sas[2].established_s = f->ike_sas[2].rekey_s = -1;

	struct child_sa *sa = child(f, 7, &a, "d1", "10.20.0.0/16", "10.60.1.0/24");
	sa->udp_encap = true;
	str_copy(sa->dh, sizeof(sa->dh), "MODP_2048");
	sa->state = CHILD_SA_REKEYED;
	sa = child(f, 12, &a, "d1", "10.20.0.0/16", "10.60.1.0/24");
	sa->udp_encap = true;
	sa->encr_bits = 128;
	str_copy(sa->integ, sizeof(sa->integ), "HMAC_SHA1_96");
	str_copy(sa->dh, sizeof(sa->dh), "MODP_2048");
	child(f, 8, &a, "d1", "10.20.0.0/16", "10.60.2.9/32")->udp_encap = true;
	sa = child(f, 10, &b, "l20", "10.20.0.1/32", "10.30.1.0/24");
	str_copy(sa->encr, sizeof(sa->encr), "AES_GCM_16");
	sa->integ[0] = '\0';
	(void)c;
}

static void headend_routes(struct facts *f)
{
	struct core_route *r = injected(f, "10.60.1.0/24", "192.0.2.44", "GigabitEthernet0/0", "mymap", 3);
	r->from_sa = true;
	r->references = 2;
	r = injected(f, "10.60.2.9/32", "192.0.2.44", "GigabitEthernet0/0", "mymap", 3);
	r->from_sa = true;
	r->tag = 10;
	r = injected(f, "10.30.0.0/24", NULL, "GigabitEthernet0/0", "mymap", 1);
	r->from_acl = true;
	r->distance = 5;
	r = injected(f, "172.16.4.0/24", "192.0.2.44", "GigabitEthernet0/0", "mymap", 3);
	r->from_sa = true;
	r->installed = false;
	str_copy(r->reason, sizeof(r->reason), "a route of distance 1 stands");
	r = injected(f, "192.0.2.44/32", NULL, "GigabitEthernet0/0", "", 0);
	r->helper = true;
	r->route.protocol = ROUTE_PROTO_HELPER;
	r->route.gateway = ip4("198.51.100.254");
	r->peer = ip4("192.0.2.44"); /* whom it keeps reachable */

	route(f, "0.0.0.0/0", "198.51.100.254", 2, 16, 100, -1);
	route(f, "10.0.0.0/8", NULL, 0, 4, 0, -1);
	f->routes[f->route_count - 1].type = 6;
	route(f, "10.30.0.0/24", NULL, 9, ROUTE_PROTO_RRI, (5u << 24) + 1, -1);
	route(f, "10.60.1.0/24", NULL, 9, ROUTE_PROTO_RRI, (1u << 24) + 1, -1);
	route(f, "10.60.1.0/24", "10.20.0.2", 3, 188, (110u << 24) + 20, 100);
	route(f, "10.60.2.9/32", NULL, 9, ROUTE_PROTO_RRI, (1u << 24) + 1, -1);
	route(f, "10.20.0.0/16", NULL, 3, 2, 0, -1);
	route(f, "10.99.0.0/16", "10.20.0.2", 3, 188, 20, 580);
	route(f, "10.99.0.0/16", "10.20.0.3", 3, 188, 20, 580);
	route(f, "172.16.4.0/24", "10.20.0.2", 3, 215, 1u << 24, -1);
	route(f, "172.16.5.0/24", NULL, 3, 12, 32, -1);
	route(f, "192.0.2.44/32", "198.51.100.254", 2, 214, 1u << 24, -1);
	route(f, "192.168.0.0/16", "10.20.0.2", 3, 186, 0, 100000);
	route(f, "198.51.100.0/24", NULL, 2, 2, 0, -1);
	route(f, "224.0.0.0/4", NULL, 2, 4, 0, -1);
}

void scene_headend(struct scene *s)
{
	struct facts *f = &s->facts;

	headend_configuration(s->model);
	f->now = now;
	link(f, 1, "lo", "", true);
	link(f, 2, "wan0", "", true);
	link(f, 3, "lan0", "", true);
	link(f, 7, "eth7", "", false);
	link(f, 8, "eth8", "", false);
	link(f, 9, "ipsec0", "", true);
	link(f, 10, "hs7-300", "", false); /* as a standby router sees it: without alias */
	address(f, 2, "198.51.100.1", 24);
	address(f, 3, "10.20.0.1", 16);
	address(f, 3, "10.255.255.1", 32);
	system_facts(f);
	for (size_t i = 0; i < f->link_count; i++)
		f->links[i].ike_tun = f->links[i].ifindex == 9;
	f->libipsec = true;
	f->internal = (struct internal_fact){.netlink_messages = 120412,
		.netlink_overruns = 1,
		.netlink_snapshots = 3,
		.netlink_requests = 5,
		.netlink_batches = 2,
		.netlink_failures = 0,
		.ike_starts = 2,
		.ike_events = 27,
		.ike_events_lost = 0,
		.ike_snapshots = 2,
		.ike_commands = 41,
		.ike_failures = 1};
	str_copy(s->model->interfaces.count ? model_interface(s->model, "GigabitEthernet0/1")->device
					    : f->system.kernel,
		DEVICE_NAME_MAX, "lan0");
	struct core_binding *b = facts_add_binding(f);
	*b = (struct core_binding){.interface = "GigabitEthernet0/0",
		.ifindex = 2,
		.map = "mymap",
		.serving = true,
		.endpoint = ip4("198.51.100.1"),
		.since = seconds_ago(90061)};
	struct hsrp_status *st = facts_add_standby(f);
	*st = (struct hsrp_status){.device = "eth7",
		.group = 300,
		.family = IP_V4,
		.state = HSRP_LISTEN,
		.vip = ip4("10.77.0.9"),
		.vip_learned = true,
		.virtual_mac = hsrp_virtual_mac(2, IP_V4, 300),
		.priority = 100,
		.hello_ms = 1000,
		.hold_ms = 3000,
		.timers_learned = true,
		.next_hello = MONO_NEVER,
		.preempt_at = MONO_NEVER,
		.changes = 0,
		.last_change = MONO_NEVER,
		.active = {.address = ip4("10.77.0.2"),
			.priority = 110,
			.expires = in_ms(-5),
			.mac = {{0x60, 0x73, 0x5c, 0x43, 0x63, 0xb7}}},
		.standby = {.address = ip4("10.77.0.3"), .priority = 105, .expires = in_ms(2048)}};
	headend_sas(f);
	headend_routes(f);
	facts_ready(f);
}

/* A dynamic map that no peer uses yet. */
void scene_idle(struct scene *s)
{
	struct model *m = s->model;
	struct facts *f = &s->facts;
	struct crypto_map_entry *e =
		crypto_map_entry_get(model_crypto_map_get(m, "mymap"), 3, CRYPTO_MAP_ISAKMP_DYNAMIC);

	str_copy(e->dynamic_map, sizeof(e->dynamic_map), "mydynmap");
	crypto_map_entry_get(model_dynamic_map_get(m, "mydynmap"), 1, CRYPTO_MAP_TEMPLATE);
	str_copy(interface(m, "FastEthernet0/0", "eth0", "192.168.0.2")->crypto_map, NAME_MAX_LEN, "mymap");
	pair_world(f, "192.168.0.2");
	struct core_binding *b = facts_add_binding(f);
	*b = (struct core_binding){.interface = "FastEthernet0/0",
		.ifindex = 2,
		.map = "mymap",
		.serving = true,
		.endpoint = ip4("192.168.0.2"),
		.since = seconds_ago(60)};
	facts_ready(f);
}

/* --- As long as can be -------------------------------------------------------------------------------------------------------- */

static void fill(char *to, size_t size, char c)
{
	memset(to, c, size - 1);
	to[size - 1] = '\0';
}

void scene_hostile(struct scene *s)
{
	struct model *m = s->model;
	struct facts *f = &s->facts;
	char name[NAME_MAX_LEN], interface_name[INTERFACE_NAME_MAX], conn[IKE_CONN_NAME_MAX];

	fill(name, sizeof(name), 'M');
	fill(interface_name, sizeof(interface_name), 'i');
	fill(m->hostname, sizeof(m->hostname), 'H');
	f->now = now;
	struct interface_cfg *i = interface(m, interface_name, "", "192.0.2.1");
	fill(i->device, sizeof(i->device), 'd');
	str_copy(i->crypto_map, sizeof(i->crypto_map), name);
	i->crypto_redundancy = true;
	str_copy(i->crypto_redundancy_group, sizeof(i->crypto_redundancy_group), name);
	struct standby_group *g = interface_standby_get(i, 4095);
	g->ip_typed = true;
	str_copy(g->name, sizeof(g->name), name);
	g->hello_ms = g->hold_ms = UINT32_MAX;
	transform(m, name, ESP_ENCR_GMAC256, ESP_INTEG_SHA512);
	struct acl_rule *r =
		rule(acl(m, name), UINT32_MAX, true, 255, "255.255.255.255/31", "255.255.255.255/31");
	r->source.port_op = r->destination.port_op = ACL_PORT_RANGE;
	r->source.port_lo = r->source.port_hi = r->destination.port_lo = r->destination.port_hi = 65535;
	r->established = r->log = true;
	struct crypto_map_entry *e = entry(m, name, 65535, "255.255.255.255", name, name);
	fill(e->description, sizeof(e->description), '\xff');
	for (unsigned k = 1; k < PEERS_MAX; k++)
		e->peers[e->peer_count++].addr = ip4("255.255.255.255");
	for (unsigned k = 1; k < TRANSFORM_SETS_MAX; k++)
		str_copy(e->transform_sets[e->transform_set_count++], NAME_MAX_LEN, name);
	e->lifetime = (struct sa_lifetime){.seconds = UINT32_MAX, .kilobytes = UINT32_MAX};
	str_copy(e->ikev2_profile, sizeof(e->ikev2_profile), name);

	struct core_binding *b = facts_add_binding(f);
	*b = (struct core_binding){.ifindex = INT32_MAX,
		.redundancy = true,
		.state = BINDING_FALLEN_BACK,
		.group = UINT16_MAX,
		.role = (enum hsrp_role)99,
		.since = MONO_NEVER,
		.endpoint = ip4("255.255.255.255")};
	str_copy(b->interface, sizeof(b->interface), interface_name);
	str_copy(b->map, sizeof(b->map), name);
	str_copy(b->group_name, sizeof(b->group_name), name);
	fill(b->reason, sizeof(b->reason), '\x80');
	fill(b->step, sizeof(b->step), '"');
	struct core_route *cr =
		injected(f, "255.255.255.255/32", "255.255.255.255", interface_name, name, 65535);
	cr->distance = 255;
	cr->tag = cr->references = UINT32_MAX;
	cr->installed = false;
	fill(cr->reason, sizeof(cr->reason), '\\');

	snprintf(conn, sizeof(conn), "hs/%s/%s/65535/255.255.255.255", interface_name, name);
	struct ike_sa *ike = ike_sa(f, UINT32_MAX, conn, 2, "255.255.255.255", "255.255.255.255");
	fill(ike->remote_id, sizeof(ike->remote_id), '\n');
	fill(ike->encr, sizeof(ike->encr), 'E');
	fill(ike->integ, sizeof(ike->integ), 'I');
	fill(ike->prf, sizeof(ike->prf), 'P');
	ike->established_s = ike->rekey_s = INT64_MAX / 4;
	struct ike_sa copy = *ike;
	struct child_sa *sa =
		child(f, UINT32_MAX, &copy, "l4294967295", "255.255.255.254/31", "255.255.255.254/31");
	fill(sa->encr, sizeof(sa->encr), 'E');
	fill(sa->integ, sizeof(sa->integ), 'I');
	sa->packets_in = sa->packets_out = sa->bytes_in = sa->bytes_out = UINT64_MAX;
	sa->life_s = INT64_MAX;
	/* Names that are none of ours must not confuse anything. */
	ike_sa(f, 1, "somebody/else", 1, "192.0.2.1", "192.0.2.2");
	ike_sa(f, 2, "hs/", 2, "192.0.2.1", "192.0.2.2");
	copy = *ike_sa(f, 3, "hs/x/y/99999999999999999999/any", 1, "192.0.2.1", "192.0.2.2");
	child(f, 3, &copy, "", "0.0.0.0/0", "0.0.0.0/0");

	struct hsrp_status *st = facts_add_standby(f);
	*st = (struct hsrp_status){.group = 4095,
		.state = 200,
		.reason = 200,
		.old_state = 77,
		.kernel_error = -1,
		.changes = UINT32_MAX,
		.priority = 255,
		.hello_ms = UINT32_MAX,
		.hold_ms = UINT32_MAX - 1,
		.next_hello = {INT64_MIN / 4},
		.last_change = {INT64_MAX / 2},
		.active = {.address = ip4("255.255.255.255"), .expires = {INT64_MIN / 4}}};
	str_copy(st->device, sizeof(st->device), i->device);
	route(f, "255.255.255.255/32", "255.255.255.255", INT32_MAX, 255, UINT32_MAX, INT64_MAX / 4);
	link(f, INT32_MAX, i->device, "", true);
	address(f, INT32_MAX, "255.255.255.255", 32);
	f->ike_up = true;
	memset(&f->system, 'x', sizeof(f->system));
	f->system = (struct system_fact){.uptime_s = INT64_MAX,
		.machine_uptime_s = INT64_MIN,
		.memory_kb = 1,
		.memory_free_kb = UINT64_MAX};
	fill(f->system.version, sizeof(f->system.version), 'v');
	fill(f->system.kernel, sizeof(f->system.kernel), 'k');
	fill(f->system.config_file, sizeof(f->system.config_file), 'c');
	facts_ready(f);
}

void scene_free(struct scene *s)
{
	facts_free(&s->facts);
	model_free(s->model);
}
