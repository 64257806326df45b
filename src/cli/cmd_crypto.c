/* Crypto maps, static and dynamic, and their entries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/rules.h"
#include "cli/session.h"

static struct crypto_map_entry *entry_of(const struct cli_call *c)
{
	return c->target.object;
}

/* --- Opening an entry -------------------------------------------------------------------------------------------- */

static const struct crypto_map_entry *existing_entry(const struct cli_call *c)
{
	const struct crypto_map *m = model_crypto_map(c->model, cli_arg(c->args, "name")->s);

	return m ? crypto_map_entry(m, (uint16_t)cli_arg(c->args, "sequence")->n) : NULL;
}

static bool check_kind(struct cli_call *c)
{
	const struct crypto_map_entry *e = existing_entry(c);
	bool dynamic = cli_has(c->args, "dynamic");

	if (!e || (e->kind == CRYPTO_MAP_ISAKMP_DYNAMIC) == dynamic)
		return true;
	return cli_refuse(c, "Entry %u of crypto map %s refers to %s: remove it first", (unsigned)e->sequence,
		cli_arg(c->args, "name")->s, dynamic ? "no dynamic map" : "a dynamic map");
}

/* `crypto map M 1` opens what exists; for a new entry the kind is missing. */
static bool check_exists(struct cli_call *c)
{
	const struct crypto_map_entry *e = existing_entry(c);

	if (e && e->kind == CRYPTO_MAP_ISAKMP)
		return true;
	return cli_refuse(c, "Incomplete command.\n");
}

static void note_incomplete(struct cli_call *c)
{
	if (c->created)
		cli_note(c,
			"%% NOTE: This new crypto map will remain disabled until a peer\n"
			"        and a valid access list have been configured.");
}

static bool is_static_entry(const struct cli_target *t)
{
	return ((const struct crypto_map_entry *)t->object)->kind == CRYPTO_MAP_ISAKMP;
}

static bool is_dynamic_entry(const struct cli_target *t)
{
	return ((const struct crypto_map_entry *)t->object)->kind == CRYPTO_MAP_ISAKMP_DYNAMIC;
}

static bool get_entry(const struct cli_target *t, struct cli_args *a)
{
	const struct crypto_map_entry *e = t->object;

	cli_put_string(a, "name", ((const struct crypto_map *)t->outer)->name);
	cli_put_number(a, "sequence", e->sequence);
	if (e->kind == CRYPTO_MAP_ISAKMP_DYNAMIC) {
		cli_put_number(a, "dynamic", 1);
		cli_put_string(a, "template", e->dynamic_map);
	}
	return true;
}

static bool set_template(struct cli_call *c)
{
	str_copy(entry_of(c)->dynamic_map, NAME_MAX_LEN, cli_arg(c->args, "template")->s);
	return true;
}

static bool incomplete(const struct cli_target *t)
{
	const struct crypto_map_entry *e = t->object;

	return e->kind == CRYPTO_MAP_ISAKMP &&
		(e->peer_count == 0 || !e->acl[0] || e->transform_set_count == 0);
}

/* --- Whole maps ------------------------------------------------------------------------------------------------------ */

/* Names the map in the change list: the core looks at all of it. */
static bool drop_map(struct cli_call *c)
{
	const char *name = cli_arg(c->args, "name")->s;

	const struct interface_cfg *i;

	if (model_crypto_map(c->model, name))
		vec_each (&c->model->interfaces, n, i)
			if (strcmp(i->crypto_map, name) == 0)
				cli_note(c,
					"%%Warning: crypto map \"%s\" is still on %s, which protects nothing "
					"now",
					name, i->name);
	model_touch(c->model, MODEL_CRYPTO_MAP, name, 0);
	c->touched = true;
	model_crypto_map_delete(c->model, name);
	return true;
}

static bool drop_dynamic_map(struct cli_call *c)
{
	const char *name = cli_arg(c->args, "name")->s;

	model_touch(c->model, MODEL_DYNAMIC_MAP, name, 0);
	c->touched = true;
	model_dynamic_map_delete(c->model, name);
	return true;
}

static bool unset_local_address(struct cli_call *c)
{
	struct crypto_map *map = c->target.object;

	if (!map)
		return true;
	map->local_address[0] = '\0';
	cli_list_maps_prune(c->model, map);
	c->target.object = NULL;
	return true;
}

/* --- Entry lines ----------------------------------------------------------------------------------------------------------- */

static bool check_peer(struct cli_call *c)
{
	/* The object of this row is a peer, the entry is around it. */
	if (!c->target.object && ((const struct crypto_map_entry *)c->within.object)->peer_count >= PEERS_MAX)
		return cli_refuse(c, "A crypto map entry has room for %d peers", (int)PEERS_MAX);
	return true;
}

/* One peer is the default: the last that was typed so. */
static void one_default(struct cli_call *c)
{
	struct crypto_map_entry *e = c->target.outer;
	const struct crypto_peer *p = c->target.object;

	for (uint8_t i = 0; p->is_default && i < e->peer_count; i++)
		e->peers[i].is_default = &e->peers[i] == p;
}

static const char *const set_slots[TRANSFORM_SETS_MAX] = {"set1", "set2", "set3", "set4", "set5", "set6"};

static bool check_transform_sets(struct cli_call *c)
{
	for (size_t i = 0; i < TRANSFORM_SETS_MAX; i++) {
		const struct cli_value *v = cli_arg(c->args, set_slots[i]);

		if (!v->set || model_transform_set(c->model, v->s))
			continue;
		if (!c->loading) {
			text_printf(c->out, "ERROR: transform set with tag \"%s\" does not exist.\n", v->s);
			return false;
		}
		if (!cli_resolve_later(c, v->s)) /* a file may define it further down */
			return cli_refuse(c, "Out of memory");
	}
	return true;
}

static bool set_transform_sets(struct cli_call *c)
{
	struct crypto_map_entry *e = entry_of(c);

	e->transform_set_count = 0;
	for (size_t i = 0; i < TRANSFORM_SETS_MAX; i++) {
		const struct cli_value *v = cli_arg(c->args, set_slots[i]);
		bool twice = false;

		for (uint8_t k = 0; v->set && k < e->transform_set_count; k++)
			twice = twice || strcmp(e->transform_sets[k], v->s) == 0;
		if (v->set && !twice)
			str_copy(e->transform_sets[e->transform_set_count++], NAME_MAX_LEN, v->s);
	}
	return true;
}

static bool unset_transform_sets(struct cli_call *c)
{
	entry_of(c)->transform_set_count = 0;
	return true;
}

static bool get_transform_sets(const struct cli_target *t, struct cli_args *a)
{
	const struct crypto_map_entry *e = t->object;

	for (uint8_t i = 0; i < e->transform_set_count; i++)
		cli_put_string(a, set_slots[i], e->transform_sets[i]);
	return true;
}

/* R8, when the access list is what completes the pair. */
static bool check_acl(struct cli_call *c)
{
	const struct crypto_map_entry *e = entry_of(c);
	const char *name = cli_arg(c->args, "acl")->s;
	const struct acl_rule *r = e->rri.enabled ? cli_rri_obstacle(model_acl(c->model, name)) : NULL;

	return !r || cli_refuse_any(c, name, r->sequence, c->target.outer, e->kind == CRYPTO_MAP_TEMPLATE, e);
}

/* R8, when reverse-route is. */
static bool check_reverse_route(struct cli_call *c)
{
	const struct crypto_map_entry *e = entry_of(c);
	const struct acl_rule *r = e->acl[0] ? cli_rri_obstacle(model_acl(c->model, e->acl)) : NULL;

	return !r ||
		cli_refuse_any(c, e->acl, r->sequence, c->target.outer, e->kind == CRYPTO_MAP_TEMPLATE, e);
}

static bool applied(const struct cli_call *c)
{
	const struct crypto_map *map = c->target.outer;
	const struct interface_cfg *i;

	vec_each (&c->model->interfaces, n, i)
		if (strcmp(i->crypto_map, map->name) == 0)
			return true;
	return false;
}

static bool set_reverse_route(struct cli_call *c)
{
	struct reverse_route *r = &entry_of(c)->rri;

	r->enabled = true;
	r->is_static = cli_has(c->args, "static");
	r->remote_peer = cli_has(c->args, "remote-peer");
	r->remote_peer_next_hop = cli_arg(c->args, "next-hop")->ip;
	r->gateway_keyword = cli_has(c->args, "gateway");
	if (cli_has(c->args, "tag"))
		r->tag = cli_arg(c->args, "tag")->n;
	return true;
}

static void note_reverse_route(struct cli_call *c)
{
	if (cli_has(c->args, "static") && c->model->rri_per_sa && applied(c))
		cli_note(c, "%% NOTE: This will remove all existing routes on this map that follow its SAs");
}

static bool unset_reverse_route(struct cli_call *c)
{
	struct reverse_route *r = &entry_of(c)->rri;

	if (r->enabled && applied(c))
		cli_note(c,
			"%% NOTE: Removing RRI will delete all routes and leave the current IPsec SAs as "
			"they are");
	*r = (struct reverse_route){.gateway = r->gateway, .distance = r->distance, .tag = r->tag};
	return true;
}

static bool get_reverse_route(const struct cli_target *t, struct cli_args *a)
{
	const struct reverse_route *r = &((const struct crypto_map_entry *)t->object)->rri;

	if (!r->enabled)
		return false;
	if (r->is_static)
		cli_put_number(a, "static", 1);
	if (r->remote_peer)
		cli_put_number(a, "remote-peer", 1);
	cli_put_address(a, "next-hop", &r->remote_peer_next_hop);
	if (r->gateway_keyword)
		cli_put_number(a, "gateway", 1);
	return true;
}

static void note_profile(struct cli_call *c)
{
	const char *name = entry_of(c)->ikev2_profile;

	if (!model_ikev2_profile(c->model, name))
		cli_note(c, "%% NOTE: IKEv2 profile \"%s\" does not exist yet", name);
}

static void note_template(struct cli_call *c)
{
	const char *name = entry_of(c)->dynamic_map;

	if (!model_dynamic_map(c->model, name))
		cli_note(c, "%% NOTE: dynamic map \"%s\" does not exist yet", name);
}

/* --- The rows ------------------------------------------------------------------------------------------------------------------ */

static const uint32_t pfs_groups[] = {1, 2, 5, 14, 15, 16, 19, 20, 21, 24};
#define ENTRY	 (IN(CRYPTO_MAP) | IN(DYNAMIC_MAP))
#define MAP_NAME "crypto map WORD/63:name "

static bool set_pfs(struct cli_call *c)
{
	const struct cli_value *g = cli_arg(c->args, "group");

	entry_of(c)->pfs_group = g->set ? (uint8_t)pfs_groups[g->n] : 1; /* bare: group1, as on IOS */
	return true;
}

static bool has_pfs(const struct cli_target *t)
{
	return ((const struct crypto_map_entry *)t->object)->pfs_group != 0;
}

static void warn_pfs(struct cli_call *c)
{
	uint8_t group = entry_of(c)->pfs_group;

	if (group < 14 || group == 24)
		cli_note(c,
			"%%Warning: group%u is weak and should be avoided: prefer group14, group19 or "
			"group20",
			(unsigned)group);
}

static const struct cli_row rows[] = {
	{.modes = IN(CONFIG),
		.syntax = "crypto dynamic-map WORD/63:name <1-65535>:sequence",
		.help = "|Specify a dynamic crypto map template|Dynamic crypto map template tag|"
			"Sequence to insert into dynamic-map entry",
		.rank = 1100,
		.flags = CLI_IDENTITY,
		.opens = MODE_DYNAMIC_MAP,
		.list = &cli_list_template_entries,
		.get = get_entry,
		.touches = MODEL_DYNAMIC_MAP},
	{.modes = IN(CONFIG),
		.syntax = "crypto dynamic-map WORD/63:name",
		.flags = CLI_ONLY_NO | CLI_HIDDEN,
		.unset = drop_dynamic_map,
		.touches = MODEL_DYNAMIC_MAP},

	{.modes = IN(CONFIG),
		.syntax = MAP_NAME "local-address ; INTERFACE:interface",
		.help = "|Enter a crypto map|Crypto map tag|Interface to use for local address for this "
			"crypto map|"
			"Interface",
		.rank = 1200,
		.list = &cli_list_maps,
		.unset = unset_local_address,
		.fields = {TEXT("name", struct crypto_map, name),
			TEXT("interface", struct crypto_map, local_address)},
		.touches = MODEL_CRYPTO_MAP},
	{.modes = IN(CONFIG),
		.syntax = MAP_NAME "<1-65535>:sequence ; ipsec-isakmp",
		.help = "|||Sequence to insert into crypto map entry|IPSEC w/ISAKMP",
		.rank = 1210,
		.flags = CLI_IDENTITY,
		.opens = MODE_CRYPTO_MAP,
		.list = &cli_list_map_entries,
		.check = check_kind,
		.after = note_incomplete,
		.get = get_entry,
		.applies = is_static_entry,
		.touches = MODEL_CRYPTO_MAP,
		.trail = " "},
	{.modes = IN(CONFIG),
		.syntax = MAP_NAME "<1-65535>:sequence ipsec-isakmp dynamic:dynamic WORD/63:template",
		.help = "|||||Enable dynamic crypto map support|Name of dynamic-map template",
		.rank = 1210,
		.flags = CLI_IDENTITY,
		.list = &cli_list_map_entries,
		.check = check_kind,
		.set = set_template,
		.after = note_template,
		.get = get_entry,
		.applies = is_dynamic_entry,
		.touches = MODEL_CRYPTO_MAP,
		.trail = " "},
	{.modes = IN(CONFIG),
		.syntax = MAP_NAME "<1-65535>:sequence",
		.flags = CLI_PARSE_ONLY | CLI_NO_NO | CLI_HIDDEN,
		.opens = MODE_CRYPTO_MAP,
		.list = &cli_list_map_entries,
		.check = check_exists,
		.touches = MODEL_CRYPTO_MAP},
	{.modes = IN(CONFIG),
		.syntax = "crypto map WORD/63:name",
		.flags = CLI_ONLY_NO | CLI_HIDDEN,
		.unset = drop_map,
		.touches = MODEL_CRYPTO_MAP},
	{.modes = IN(CONFIG),
		.syntax = MAP_NAME "<1-65535> {ipsec-manual|gdoi} [LINE]",
		.flags = CLI_HIDDEN,
		.refuse = "Entries with manual keys and group keys are not available: use ipsec-isakmp"},
	{.modes = IN(CONFIG),
		.syntax = MAP_NAME "<1-65535> ipsec-isakmp {profile|dynamic WORD discover} [LINE]",
		.flags = CLI_HIDDEN,
		.refuse = "Crypto profiles and peer discovery are not available"},
	{.modes = IN(CONFIG),
		.syntax = MAP_NAME "{client|isakmp|isakmp-profile|gdoi|redundancy} LINE",
		.flags = CLI_HIDDEN,
		.refuse = "EzVPN, ISAKMP profiles and stateful options of a crypto map are not available"},
	{.modes = IN(CONFIG) | IN(INTERFACE),
		.syntax = "crypto map ipv6 LINE",
		.flags = CLI_HIDDEN,
		.refuse = "Crypto maps for IPv6 are not available: use crypto map"},

	{.modes = ENTRY,
		.syntax = "description ; LINE/240:text",
		.help = "Description of the crypto map statement policy|Up to 240 characters",
		.rank = 10,
		.fields = {TEXT("text", struct crypto_map_entry, description)},
		.touches = MODEL_CRYPTO_MAP},
	{.modes = ENTRY,
		.syntax = "set peer HOST:peer [default:default]",
		.help = "Set values for encryption/decryption|Allowed Encryption/Decryption peer.|IP address "
			"of peer|"
			"First peer to be tried again after a failure",
		.rank = 20,
		.flags = CLI_IDENTITY,
		.list = &cli_list_peers,
		.check = check_peer,
		.after = one_default,
		.fields = {ADDRESS("peer", struct crypto_peer, addr),
			FLAG("default", struct crypto_peer, is_default)},
		.touches = MODEL_CRYPTO_MAP},
	{.modes = ENTRY,
		.syntax = "set peer NAME/200 [{dynamic|default}]",
		.flags = CLI_HIDDEN,
		.refuse = "Peers are IP addresses: host names are not looked up"},
	{.modes = ENTRY,
		.syntax = "set security-association lifetime seconds ; <120-2592000>:seconds",
		.help = "|Security association parameters|security association lifetime|Time-based key "
			"duration|"
			"Security association duration in seconds",
		.rank = 30,
		.fields = {UINT("seconds", struct crypto_map_entry, lifetime.seconds)},
		.touches = MODEL_CRYPTO_MAP,
		.after = cli_warn_lifetime},
	{.modes = ENTRY,
		.syntax = "set security-association lifetime kilobytes ; "
			  "{disable:disable|<2560-4294967295>:kilobytes}",
		.help = "|||Volume-based key duration|Disable Volume-based Rekey|"
			"Security association duration in kilobytes encrypted",
		.rank = 31,
		.touches = MODEL_CRYPTO_MAP,
		.after = cli_warn_lifetime,
		.fields = {UINT("kilobytes", struct crypto_map_entry, lifetime.kilobytes),
			FLAG("disable", struct crypto_map_entry, lifetime.kilobytes_disabled)}},
	{.modes = ENTRY,
		.syntax = "set security-association idle-time ; <60-86400>:seconds [default:default]",
		.help = "||Automatically delete IPSec SAs after a given idle period|SA idle time in seconds|"
			"All SAs idle-out reset to default peer",
		.rank = 32,
		.fields = {UINT("seconds", struct crypto_map_entry, options.idle_s),
			FLAG("default", struct crypto_map_entry, options.idle_to_default)},
		.touches = MODEL_CRYPTO_MAP},
	{.modes = IN(CRYPTO_MAP),
		.syntax = "set security-association level ; per-host",
		.help = "||specify a security association granularity level for identities|per-host level",
		.rank = 33,
		.fields = {FLAG(NULL, struct crypto_map_entry, options.per_host)},
		.touches = MODEL_CRYPTO_MAP},
	{.modes = ENTRY,
		.syntax = "set security-association replay ; " CLI_REPLAY,
		.help = "||Set replay checking|" CLI_REPLAY_HELP,
		.rank = 34,
		.fields = {CHOICE(
			"replay", struct crypto_map_entry, options.replay_window, 0, cli_replay_windows)},
		.touches = MODEL_CRYPTO_MAP},
	{.modes = ENTRY,
		.syntax = "set security-association dfbit ; {clear|set|copy}:df",
		.help = "||Handling of encapsulated DF bit|Clear DF bit for outer IP header|Set DF bit in "
			"outer "
			"header|Copy DF bit from original header",
		.rank = 35,
		.fields = {CHOICE("df", struct crypto_map_entry, options.df, DF_NOT_TYPED, cli_df_bits)},
		.touches = MODEL_CRYPTO_MAP},
	{.modes = ENTRY,
		.syntax = "set transform-set ; WORD/63:set1 [WORD/63:set2 [WORD/63:set3 [WORD/63:set4 "
			  "[WORD/63:set5 "
			  "[WORD/63:set6]]]]]",
		.help = "|Specify list of transform sets in priority order|Proposal tag",
		.rank = 40,
		.check = check_transform_sets,
		.set = set_transform_sets,
		.unset = unset_transform_sets,
		.get = get_transform_sets,
		.touches = MODEL_CRYPTO_MAP,
		.trail = " "},
	{.modes = ENTRY,
		.syntax = "set pfs ; "
			  "[{group1|group2|group5|group14|group15|group16|group19|group20|group21|group24}:"
			  "group]",
		.help = "|Specify pfs settings|D-H Group1 (768-bit modp)|D-H Group2 (1024-bit modp)|"
			"D-H Group5 (1536-bit modp)|D-H Group14 (2048-bit modp)|D-H Group15 (3072-bit modp)|"
			"D-H Group16 (4096-bit modp)|D-H Group19 (256-bit ecp)|D-H Group20 (384-bit ecp)|"
			"D-H Group21 (521-bit ecp)|D-H Group24 (2048-bit modp, 256 bit subgroup)",
		.rank = 50,
		.set = set_pfs,
		.after = warn_pfs,
		.touches = MODEL_CRYPTO_MAP,
		.fields = {CHOICE("group", struct crypto_map_entry, pfs_group, 0, pfs_groups)},
		.applies = has_pfs},
	{.modes = ENTRY,
		.syntax = "set reverse-route distance ; <1-255>:distance",
		.help = "|Reverse Route Injection|Distance metric for this static route|Distance metric",
		.rank = 60,
		.fields = {UINT_STD("distance", struct crypto_map_entry, rri.distance, 1)},
		.touches = MODEL_CRYPTO_MAP},
	{.modes = ENTRY,
		.syntax = "set reverse-route tag ; <1-4294967295>:tag",
		.help = "||Create route and tag it|Tag value",
		.rank = 61,
		.fields = {UINT("tag", struct crypto_map_entry, rri.tag)},
		.touches = MODEL_CRYPTO_MAP},
	{.modes = ENTRY,
		.syntax = "set reverse-route gateway ; HOST:gateway",
		.help = "||Force encrypted traffic via this preferred gateway|IP address of the gateway",
		.rank = 62,
		.fields = {ADDRESS("gateway", struct crypto_map_entry, rri.gateway)},
		.touches = MODEL_CRYPTO_MAP},
	{.modes = ENTRY,
		.syntax = "set ikev2-profile ; WORD/63:profile",
		.help = "|Specify ikev2 Profile|ikev2 profile name",
		.rank = 70,
		.fields = {TEXT("profile", struct crypto_map_entry, ikev2_profile)},
		.after = note_profile,
		.touches = MODEL_CRYPTO_MAP},
	{.modes = ENTRY,
		.syntax = "set {isakmp-profile|identity|session-key|nat|ip} LINE",
		.flags = CLI_HIDDEN,
		.refuse = "This option of a crypto map entry is not available"},
	{.modes = ENTRY,
		.syntax = "set security-association {ecn|dummy} LINE",
		.flags = CLI_HIDDEN,
		.refuse =
			"This option of security associations is not available: lifetime, idle-time, replay, "
			"dfbit and level are"},
	{.modes = ENTRY,
		.syntax = "match address ; {<100-199>:acl|<2000-2699>:acl|NAME/63:acl}",
		.help = "Match values.|Match address of packets to encrypt.|IP access-list number|"
			"IP access-list number (expanded range)|Access-list name",
		.rank = 80,
		.fields = {TEXT("acl", struct crypto_map_entry, acl)},
		.check = check_acl,
		.touches = MODEL_CRYPTO_MAP},
	{.modes = ENTRY,
		.syntax = "reverse-route ; [remote-peer:remote-peer [HOST:next-hop [gateway:gateway]] "
			  "[static:static]|"
			  "static:static]",
		.help = "Reverse Route Injection.|Create route in route table for remote tunnel endpoint|"
			"IP address of the next hop|Force encrypted traffic via this preferred gateway|"
			"Create routes based on static ACLs permanently|Create routes based on static ACLs "
			"permanently",
		.rank = 90,
		.check = check_reverse_route,
		.set = set_reverse_route,
		.unset = unset_reverse_route,
		.get = get_reverse_route,
		.after = note_reverse_route,
		.touches = MODEL_CRYPTO_MAP},
	{.modes = ENTRY,
		.syntax = "reverse-route tag <1-4294967295>:tag [static:static]",
		.help = "|Create route and tag it (old form of set reverse-route tag)|Tag value|",
		.flags = CLI_PARSE_ONLY | CLI_NO_NO,
		.check = check_reverse_route,
		.set = set_reverse_route,
		.after = note_reverse_route,
		.touches = MODEL_CRYPTO_MAP},
	{.modes = IN(CRYPTO_MAP),
		.syntax = "! Incomplete",
		.rank = 99,
		.flags = CLI_WRITE_ONLY,
		.applies = incomplete},
};
CLI_TABLE(cli_table_crypto, rows);
