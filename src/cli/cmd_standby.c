/* HSRP: `standby …` of an interface. Without a number, group 0 is meant (D15). */
#include <stdlib.h>
#include <string.h>

#include "cli/rules.h"

enum {
	PRIORITY_STANDARD = 100,
	GROUP_MAX_V1 = 255,
	KEY_HIDDEN = 7, /* the second of {0|7} */
	VERSION_2 = 1,	/* the second of {1|2} */
};

static struct standby_group *group_of(const struct cli_call *c)
{
	return c->target.object;
}

static const struct interface_cfg *around(const struct cli_call *c)
{
	return c->within.object;
}

bool cli_check_group(struct cli_call *c)
{
	const struct cli_value *g = cli_arg(c->args, "group");

	if (g->n > GROUP_MAX_V1 && around(c)->standby_version != 2)
		return cli_refuse(
			c, "Group %u needs HSRP version 2; version 1 has groups 0 to 255", (unsigned)g->n);
	return true;
}

/* --- Addresses ------------------------------------------------------------------------------------------------------ */

static bool in_subnet(const struct interface_cfg *i, const struct ipaddr *a)
{
	struct prefix p = prefix_make(i->address, i->address_len);
	const struct prefix *s;

	if (prefix_contains(&p, a))
		return true;
	vec_each (&i->secondary_addresses, n, s) {
		p = prefix_make(s->addr, s->len);
		if (prefix_contains(&p, a))
			return true;
	}
	return false;
}

static bool own_address(const struct interface_cfg *i, const struct ipaddr *a)
{
	const struct prefix *s;

	if (i->address_set && ip_equal(&i->address, a))
		return true;
	vec_each (&i->secondary_addresses, n, s)
		if (ip_equal(&s->addr, a))
			return true;
	return false;
}

static bool is_secondary(const struct standby_group *g, const struct ipaddr *a)
{
	const struct ipaddr *s;

	vec_each (&g->secondaries, n, s)
		if (ip_equal(s, a))
			return true;
	return false;
}

/* Nobody else has the address: no interface as its own, no group, on whatever interface, as a virtual one. In the group
 * itself it may not be the primary and a secondary one. */
static bool check_free(struct cli_call *c, const struct ipaddr *a, bool secondary)
{
	const struct interface_cfg *i;
	const struct standby_group *g;
	char text[IP_TEXT_MAX];

	vec_each (&c->model->interfaces, n, i) {
		if (own_address(i, a))
			return cli_refuse(c,
				"Address %s is interface %s's own: a standby address must be another",
				ip_format(a, text), i->name);
		vec_each (&i->standby, k, g) {
			bool own = i == around(c) && g->number == cli_arg(c->args, "group")->n;

			if ((!(own && !secondary) && ip_equal(&g->ip, a)) ||
				(!(own && secondary) && is_secondary(g, a)))
				return cli_refuse(c, "Address %s is already that of %s group %u",
					ip_format(a, text), i->name, (unsigned)g->number);
		}
	}
	return true;
}

/* The subnet's own address and its broadcast are no host's. */
static bool is_host(const struct interface_cfg *i, const struct ipaddr *a)
{
	uint32_t bits = i->address_len >= 31 ? 0 : UINT32_MAX >> i->address_len, host = ip_v4_u32(a) & bits;

	return bits == 0 || (host != 0 && host != bits);
}

static bool check_ip(struct cli_call *c)
{
	const struct interface_cfg *i = around(c);
	const struct cli_value *v = cli_arg(c->args, "ip");
	char text[IP_TEXT_MAX];

	if (!cli_check_group(c))
		return false;
	if (!v->set)
		return true;
	/* The interface's address may come later, and may have been changed since: what runs must load again. */
	if (!c->loading && i->address_set && !in_subnet(i, &v->ip))
		return cli_refuse(
			c, "Address %s is not within a subnet on this interface", ip_format(&v->ip, text));
	if (!c->loading && i->address_set && in_subnet(i, &v->ip) && !is_host(i, &v->ip))
		return cli_refuse(
			c, "Address %s is the network's own or its broadcast", ip_format(&v->ip, text));
	return check_free(c, &v->ip, false);
}

static bool check_secondary(struct cli_call *c)
{
	return cli_check_group(c) && check_free(c, &cli_arg(c->args, "ip")->ip, true);
}

static void warn_no_device(struct cli_call *c)
{
	cli_warn_no_device(c, around(c));
	if (group_of(c))
		cli_warn_open_standby(c, group_of(c));
}

/* Without `standby ip` the group has no virtual address at all. */
static bool unset_ip(struct cli_call *c)
{
	struct standby_group *g = group_of(c);
	const struct cli_value *v = cli_arg(c->args, "ip");
	char text[IP_TEXT_MAX];

	if (!g)
		return true;
	if (v->set && !ip_equal(&v->ip, &g->ip))
		return cli_refuse(c, "Address %s is not that of group %u", ip_format(&v->ip, text),
			(unsigned)g->number);
	g->ip_typed = false;
	g->ip = (struct ipaddr){0};
	while (g->secondaries.count > 0)
		free(vec_remove_at(&g->secondaries, g->secondaries.count - 1));
	return true;
}

static bool set_secondary(struct cli_call *c)
{
	struct standby_group *g = c->target.outer;

	g->ip_typed = true;
	*(struct ipaddr *)c->target.object = cli_arg(c->args, "ip")->ip;
	return true;
}

static bool get_secondary(const struct cli_target *t, struct cli_args *a)
{
	cli_put_number(a, "group", ((const struct standby_group *)t->outer)->number);
	cli_put_address(a, "ip", t->object);
	cli_put_number(a, "secondary", 1);
	return true;
}

/* --- Timers ------------------------------------------------------------------------------------------------------------ */

enum { MS_PER_S = 1000, HOLD_HELLOS_MSEC = 3 };

static uint32_t in_ms(const struct cli_args *a, const char *value, const char *unit)
{
	return cli_arg(a, value)->n * (cli_has(a, unit) ? 1 : MS_PER_S);
}

/* With milliseconds IOS wants three hellos in a hold time; with seconds, more than one. */
static bool check_timers(struct cli_call *c)
{
	uint32_t hello = in_ms(c->args, "hello", "hello-msec"), hold = in_ms(c->args, "hold", "hold-msec");

	if (!cli_check_group(c))
		return false;
	if (cli_has(c->args, "hold-msec") && hold < HOLD_HELLOS_MSEC * hello)
		return cli_refuse(c, "Hold time must be at least 3 times the hello time: %u msec",
			(unsigned)(HOLD_HELLOS_MSEC * hello));
	if (hold <= hello)
		return cli_refuse(c, "Hold time must be greater than the hello time");
	return true;
}

static bool set_timers(struct cli_call *c)
{
	struct standby_group *g = group_of(c);

	g->hello_ms = in_ms(c->args, "hello", "hello-msec");
	g->hold_ms = in_ms(c->args, "hold", "hold-msec");
	g->hello_msec = cli_has(c->args, "hello-msec");
	g->hold_msec = cli_has(c->args, "hold-msec");
	return true;
}

static bool unset_timers(struct cli_call *c)
{
	struct standby_group *g = group_of(c);

	if (g) {
		g->hello_ms = g->hold_ms = 0;
		g->hello_msec = g->hold_msec = false;
	}
	return true;
}

static bool get_timers(const struct cli_target *t, struct cli_args *a)
{
	const struct standby_group *g = t->object;

	if (!g->hello_ms)
		return false;
	cli_put_number(a, "group", g->number);
	cli_put_number(a, "hello", g->hello_msec ? g->hello_ms : g->hello_ms / MS_PER_S);
	cli_put_number(a, "hold", g->hold_msec ? g->hold_ms : g->hold_ms / MS_PER_S);
	if (g->hello_msec)
		cli_put_number(a, "hello-msec", 1);
	if (g->hold_msec)
		cli_put_number(a, "hold-msec", 1);
	return true;
}

/* --- Preemption, authentication ---------------------------------------------------------------------------------------- */

static bool set_preempt(struct cli_call *c)
{
	struct standby_group *g = group_of(c);

	g->preempt = true;
	if (!cli_has(c->args, "delay"))
		return true;
	g->preempt_minimum_s = (uint16_t)cli_arg(c->args, "minimum")->n;
	g->preempt_reload_s = (uint16_t)cli_arg(c->args, "reload")->n;
	g->preempt_sync_s = (uint16_t)cli_arg(c->args, "sync")->n;
	return true;
}

/* `no standby preempt delay` leaves preemption on. */
static bool unset_preempt(struct cli_call *c)
{
	struct standby_group *g = group_of(c);

	if (!g)
		return true;
	if (!cli_has(c->args, "delay"))
		g->preempt = false;
	g->preempt_minimum_s = g->preempt_reload_s = g->preempt_sync_s = 0;
	return true;
}

static bool get_preempt(const struct cli_target *t, struct cli_args *a)
{
	const struct standby_group *g = t->object;

	if (!g->preempt)
		return false;
	cli_put_number(a, "group", g->number);
	if (g->preempt_minimum_s || g->preempt_reload_s || g->preempt_sync_s)
		cli_put_number(a, "delay", 1);
	if (g->preempt_minimum_s)
		cli_put_number(a, "minimum", g->preempt_minimum_s);
	if (g->preempt_reload_s)
		cli_put_number(a, "reload", g->preempt_reload_s);
	if (g->preempt_sync_s)
		cli_put_number(a, "sync", g->preempt_sync_s);
	return true;
}

/* H9, said at the line that makes the difference. */
static void warn_preempt(struct cli_call *c)
{
	cli_note_follows(c, group_of(c));
	if (group_of(c) && model_bound_group(around(c)) == group_of(c))
		cli_warn_preempt(c, around(c), group_of(c));
}

static void warn_priority(struct cli_call *c)
{
	cli_note_follows(c, group_of(c));
	if (group_of(c) && model_bound_group(around(c)) == group_of(c))
		cli_warn_priority(c, around(c), group_of(c));
}

static void forget_authentication(struct standby_group *g)
{
	g->authentication_set = false;
	g->authentication[0] = '\0';
	g->key = (struct secret){0};
	g->key_timeout_s = 0;
	g->key_chain[0] = '\0';
}

static bool set_authentication(struct cli_call *c)
{
	struct standby_group *g = group_of(c);
	const char *text = cli_arg(c->args, "string")->s;

	forget_authentication(g);			    /* one or the other */
	g->authentication_set = strcmp(text, "cisco") != 0; /* RFC 2281's standard */
	str_copy(g->authentication, sizeof(g->authentication), g->authentication_set ? text : "");
	return true;
}

static bool unset_authentication(struct cli_call *c)
{
	struct standby_group *g = group_of(c);

	if (g)
		forget_authentication(g);
	return true;
}

static bool get_authentication(const struct cli_target *t, struct cli_args *a)
{
	const struct standby_group *g = t->object;

	if (!g->authentication_set)
		return false;
	cli_put_number(a, "group", g->number);
	cli_put_string(a, "string", g->authentication);
	/* "md" would be read as a beginning of md5. */
	if (cli_abbreviates(g->authentication, "text") || cli_abbreviates(g->authentication, "md5"))
		cli_put_number(a, "text", 1);
	return true;
}

/* --- MD5, version ------------------------------------------------------------------------------------------------------ */

static bool set_key(struct cli_call *c)
{
	struct standby_group *g = group_of(c);
	const struct cli_value *type = cli_arg(c->args, "type");
	struct secret s = {.set = true, .type = type->set && type->n ? KEY_HIDDEN : 0};

	if (!str_copy(s.text, sizeof(s.text), cli_arg(c->args, "key")->s))
		return cli_refuse(c, "Key is too long");
	forget_authentication(g);
	g->key = s;
	g->key_timeout_s = (uint16_t)cli_arg(c->args, "timeout")->n;
	return true;
}

static bool get_key(const struct cli_target *t, struct cli_args *a)
{
	const struct standby_group *g = t->object;

	if (!g->key.set)
		return false;
	cli_put_number(a, "group", g->number);
	if (g->key.type)
		cli_put_number(a, "type", 1);
	cli_put_string(a, "key", g->key.text);
	if (g->key_timeout_s)
		cli_put_number(a, "timeout", g->key_timeout_s);
	return true;
}

static void warn_key(struct cli_call *c)
{
	if (group_of(c)) {
		cli_warn_key(c, &group_of(c)->key);
		cli_warn_long_key(c, &group_of(c)->key);
	}
}

static bool set_key_chain(struct cli_call *c)
{
	forget_authentication(group_of(c));
	return str_copy(group_of(c)->key_chain, NAME_MAX_LEN, cli_arg(c->args, "chain")->s);
}

static bool get_key_chain(const struct cli_target *t, struct cli_args *a)
{
	const struct standby_group *g = t->object;

	cli_put_number(a, "group", g->number);
	cli_put_string(a, "chain", g->key_chain);
	return true;
}

static void warn_key_chain(struct cli_call *c)
{
	const struct standby_group *g = group_of(c);

	if (g && !model_key_chain(c->model, g->key_chain))
		cli_note(c, "%%Warning: key chain %s does not exist: until it does, group %u stays Init",
			g->key_chain, (unsigned)g->number);
}

/* The groups that version 1 has no number for, or that are IPv6's, go first. */
static bool check_version(struct cli_call *c)
{
	const struct standby_group *g;

	if (cli_has(c->args, "version") && cli_arg(c->args, "version")->n == VERSION_2)
		return true;
	vec_each (&around(c)->standby, n, g) {
		if (g->number > GROUP_MAX_V1)
			return cli_refuse(c, "Group %u needs HSRP version 2; version 1 has groups 0 to 255",
				(unsigned)g->number);
		if (standby_has_ipv6(g))
			return cli_refuse(c, "Group %u needs HSRP version 2; version 1 is for IPv4 only",
				(unsigned)g->number);
	}
	return true;
}

static bool set_version(struct cli_call *c)
{
	struct interface_cfg *i = c->target.object;

	i->standby_version = cli_arg(c->args, "version")->n == VERSION_2 ? 2 : 0;
	return true;
}

static bool unset_version(struct cli_call *c)
{
	struct interface_cfg *i = c->target.object;

	if (!check_version(c))
		return false;
	i->standby_version = 0;
	return true;
}

static bool get_version(const struct cli_target *t, struct cli_args *a)
{
	const struct interface_cfg *i = t->object;

	if (i->standby_version != 2)
		return false;
	cli_put_number(a, "version", VERSION_2);
	return true;
}

/* --- Tracking ---------------------------------------------------------------------------------------------------------- */

static bool check_track(struct cli_call *c)
{
	const struct standby_group *g = interface_standby(around(c), (uint16_t)cli_arg(c->args, "group")->n);

	if (!cli_check_group(c))
		return false;
	if (!c->target.object && g && g->tracks.count >= STANDBY_TRACKS_MAX)
		return cli_refuse(c, "A group tracks at most %d interfaces and objects", STANDBY_TRACKS_MAX);
	return true;
}

static bool set_track(struct cli_call *c)
{
	struct standby_track *t = c->target.object;
	uint32_t decrement = cli_arg(c->args, "decrement")->n;

	t->decrement = decrement == STANDBY_TRACK_DECREMENT ? 0 : (uint8_t)decrement;
	t->shutdown = cli_has(c->args, "shutdown");
	return true;
}

static bool get_track(const struct cli_target *t, struct cli_args *a)
{
	const struct standby_track *track = t->object;

	cli_put_number(a, "group", ((const struct standby_group *)t->outer)->number);
	cli_put_string(a, "interface", track->interface);
	if (track->object)
		cli_put_number(a, "object", track->object);
	if (track->decrement)
		cli_put_number(a, "decrement", track->decrement);
	if (track->shutdown)
		cli_put_number(a, "shutdown", 1);
	return true;
}

static bool tracks_interface(const struct cli_target *t)
{
	return ((const struct standby_track *)t->object)->object == 0;
}

static bool tracks_object(const struct cli_target *t)
{
	return !tracks_interface(t);
}

static void note_no_object(struct cli_call *c)
{
	const struct standby_track *t = c->target.object;

	if (t && !model_track(c->model, t->object))
		cli_note(c, "%%Warning: object %u does not exist yet: it counts as up", (unsigned)t->object);
}

/* `crypto map M redundancy NAME` must mean one group. */
static bool check_name(struct cli_call *c)
{
	const struct standby_group *g;

	if (!cli_check_group(c))
		return false;
	vec_each (&around(c)->standby, n, g)
		if (g->number != cli_arg(c->args, "group")->n &&
			strcmp(g->name, cli_arg(c->args, "name")->s) == 0)
			return cli_refuse(
				c, "Name %s is already that of group %u", g->name, (unsigned)g->number);
	return true;
}

/* --- MAC address --------------------------------------------------------------------------------------------------------- */

static bool check_mac(struct cli_call *c)
{
	const struct interface_cfg *i = around(c);
	const struct mac *mac = &cli_arg(c->args, "mac")->mac;
	static const struct mac none;
	const struct standby_group *g;
	char text[MAC_TEXT_MAX];

	if (!cli_check_group(c))
		return false;
	if (mac->bytes[0] & 1 || !memcmp(mac, &none, sizeof(none)))
		return cli_refuse(
			c, "MAC address %s is not that of a single station", mac_format_dotted(mac, text));
	if (standby_uses_bia(c->model, i))
		return cli_refuse(
			c, "standby use-bia is configured: a group has the interface's own MAC address");
	vec_each (&i->standby, n, g)
		if (g->number != cli_arg(c->args, "group")->n && g->mac_set &&
			!memcmp(&g->mac, mac, sizeof(*mac)))
			return cli_refuse(c, "MAC address %s is already that of group %u",
				mac_format_dotted(mac, text), (unsigned)g->number);
	return true;
}

static bool set_mac(struct cli_call *c)
{
	struct standby_group *g = group_of(c);

	g->mac_set = true;
	g->mac = cli_arg(c->args, "mac")->mac;
	return true;
}

static bool unset_mac(struct cli_call *c)
{
	struct standby_group *g = group_of(c);

	if (g) {
		g->mac_set = false;
		g->mac = (struct mac){0};
	}
	return true;
}

static bool get_mac(const struct cli_target *t, struct cli_args *a)
{
	const struct standby_group *g = t->object;

	if (!g->mac_set)
		return false;
	cli_put_number(a, "group", g->number);
	cli_put_mac(a, "mac", &g->mac);
	return true;
}

/* --- The rows ------------------------------------------------------------------------------------------------------------ */

static bool drop_group(struct cli_call *c)
{
	const struct interface_cfg *i = around(c);

	model_touch(c->model, MODEL_STANDBY_GROUP, i->name, c->target.number);
	c->touched = true;
	if (c->target.object)
		cli_list_standby.drop(&c->target);
	c->target.object = NULL;
	return true;
}

#define STANDBY	  "standby [<0-4095>:group] "
#define GROUP	  KEY("group", struct standby_group, number)
#define GROUP_ROW .modes = IN(INTERFACE), .list = &cli_list_standby, .touches = MODEL_STANDBY_GROUP

static const struct cli_row rows[] = {
	{.modes = IN(INTERFACE),
		.syntax = "standby delay ; {minimum <0-10000>:minimum [reload <0-10000>:reload]|"
			  "reload <0-10000>:reload}",
		.help = "HSRP interface configuration commands|HSRP initialisation delay|Minimum delay|Delay "
			"in seconds|"
			"Delay after reload|Delay in seconds|Delay after reload|Delay in seconds",
		.rank = 40,
		.touches = MODEL_STANDBY,
		.fields = {UINT("minimum", struct interface_cfg, standby_delay_minimum_s),
			UINT("reload", struct interface_cfg, standby_delay_reload_s)}},
	{.modes = IN(INTERFACE),
		.syntax = "standby version ; {1|2}:version",
		.help = "|HSRP version|HSRP version 1, the standard|HSRP version 2: groups 0 to 4095, timers "
			"in "
			"milliseconds are learned",
		.rank = 42,
		.touches = MODEL_STANDBY,
		.check = check_version,
		.set = set_version,
		.unset = unset_version,
		.get = get_version},

	{GROUP_ROW, .syntax = STANDBY "ip ; [HOST:ip]",
		.help = "|group number|Enable HSRP IPv4 and set the virtual IP address|Virtual IP address",
		.rank = 50, .check = check_ip, .unset = unset_ip, .after = warn_no_device,
		.fields = {GROUP, FLAG(NULL, struct standby_group, ip_typed),
			ADDRESS("ip", struct standby_group, ip)}},
	{GROUP_ROW, .syntax = STANDBY "ip HOST:ip secondary:secondary",
		.help = "||||Make this IP address a secondary virtual IP address", .rank = 51,
		.flags = CLI_IDENTITY, .sub = &cli_list_secondaries, .check = check_secondary,
		.set = set_secondary, .get = get_secondary},
	{GROUP_ROW,
		.syntax = STANDBY
		"timers ; {msec:hello-msec <15-999>:hello {msec:hold-msec <50-3000>:hold|<1-255>:hold}|"
		"<1-254>:hello <1-255>:hold}",
		.help = "||Hello and hold timers|Specify hello interval in milliseconds|Hello interval in "
			"milliseconds|"
			"Specify hold time in milliseconds|Hold time in milliseconds|Hold time in seconds|"
			"Hello interval in seconds|Hold time in seconds",
		.rank = 52, .check = check_timers, .set = set_timers, .unset = unset_timers,
		.get = get_timers},
	{GROUP_ROW, .syntax = STANDBY "priority ; <1-255>:priority",
		.help = "||Priority level|Priority value", .rank = 53, .check = cli_check_group,
		.after = warn_priority,
		.fields = {GROUP, FLAG(NULL, struct standby_group, priority_set),
			UINT_STD("priority", struct standby_group, priority, PRIORITY_STANDARD)}},
	{GROUP_ROW,
		.syntax = STANDBY
		"preempt ; [delay:delay [{minimum <0-3600>:minimum [reload <0-3600>:reload] "
		"[sync <0-3600>:sync]|reload <0-3600>:reload [sync <0-3600>:sync]|sync <0-3600>:sync}]]",
		.help = "||Overthrow lower priority Active routers|Wait before preempting|Delay at least "
			"this long|"
			"Number of seconds for minimum delay|Delay after reload|Number of seconds for reload "
			"delay|"
			"Wait for IP redundancy clients|Number of seconds for sync delay|||||",
		.rank = 54, .check = cli_check_group, .set = set_preempt, .unset = unset_preempt,
		.get = get_preempt, .after = warn_preempt},
	{GROUP_ROW, .syntax = STANDBY "authentication ; {text:text WORD/8:string|WORD/8:string}",
		.help = "||Authentication|Plain text authentication|Plain text authentication string (8 "
			"chars max)|"
			"Plain text authentication string (8 chars max)",
		.rank = 55, .flags = CLI_SECRET, .check = cli_check_group, .set = set_authentication,
		.unset = unset_authentication, .get = get_authentication},
	{GROUP_ROW,
		.syntax = STANDBY
		"authentication md5 key-string ; [{0|7}:type] WORD/64:key [timeout <0-32767>:timeout]",
		.help = "|||Use MD5 authentication|Set key string|Specifies an UNENCRYPTED password will "
			"follow|"
			"Specifies a HIDDEN password will follow|Key string|Set authentication timeout|"
			"Seconds for which the key before this one is accepted",
		.rank = 55, .flags = CLI_SECRET, .check = cli_check_group, .set = set_key,
		.unset = unset_authentication, .get = get_key, .after = warn_key},
	{GROUP_ROW, .syntax = STANDBY "authentication md5 key-chain ; WORD/63:chain",
		.help = "||||Set key chain|Name of key-chain", .rank = 55, .check = cli_check_group,
		.set = set_key_chain, .unset = unset_authentication, .get = get_key_chain,
		.after = warn_key_chain},
	{GROUP_ROW, .syntax = STANDBY "name ; WORD/63:name", .help = "||Redundancy name string|name string",
		.rank = 56, .check = check_name, .fields = {GROUP, TEXT("name", struct standby_group, name)}},
	{GROUP_ROW, .syntax = STANDBY "mac-address ; H.H.H:mac", .help = "||Virtual MAC address|MAC address",
		.rank = 57, .check = check_mac, .set = set_mac, .unset = unset_mac, .get = get_mac},
	{GROUP_ROW, .syntax = STANDBY "track INTERFACE:interface ; [<1-255>:decrement]",
		.help = "||Priority tracking|Interface to track|Decrement value", .rank = 58,
		.flags = CLI_IDENTITY, .sub = &cli_list_tracks, .check = check_track, .set = set_track,
		.get = get_track, .applies = tracks_interface},
	{GROUP_ROW,
		.syntax = STANDBY "track <1-1000>:object ; "
				  "[decrement <1-255>:decrement] [shutdown:shutdown]",
		.help = "|||Tracked object|Priority decrement|Decrement value|Shutdown group", .rank = 58,
		.flags = CLI_IDENTITY, .sub = &cli_list_tracks, .check = check_track, .set = set_track,
		.get = get_track, .applies = tracks_object, .after = note_no_object},
	{GROUP_ROW, .syntax = "standby [<0-4095>:group]", .flags = CLI_ONLY_NO | CLI_HIDDEN,
		.unset = drop_group},
};
CLI_TABLE(cli_table_standby, rows);
