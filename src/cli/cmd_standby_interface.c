/* HSRP: `standby …` of an interface as a whole, without a group number, and of the whole box. */
#include <string.h>

#include "cli/rules.h"

enum {
	GARP_COUNT_STANDARD = 2,
	GARP_INTERVAL_STANDARD_S = 3,
	KEY_HIDDEN = 7, /* the second of {0|7} */
};

static struct interface_cfg *interface_of(const struct cli_call *c)
{
	return c->target.object;
}

/* --- The interface's own MAC address ----------------------------------------------------------------------------------- */

static bool is_below(const struct interface_cfg *sub, const struct interface_cfg *main)
{
	size_t n = strlen(main->name);

	return strncmp(sub->name, main->name, n) == 0 && sub->name[n] == '.';
}

static bool check_bia(struct cli_call *c)
{
	const struct interface_cfg *i, *self = interface_of(c);
	const struct standby_group *g;

	vec_each (&c->model->interfaces, n, i) {
		if (i != self && (cli_has(c->args, "alone") || !is_below(i, self)))
			continue;
		vec_each (&i->standby, k, g)
			if (g->mac_set)
				return cli_refuse(c,
					"Group %u of %s has a standby mac-address: remove that first",
					(unsigned)g->number, i->name);
	}
	return true;
}

/* What a sub-interface does with it follows: each is told to the core as a change of its own. */
static void touch_below(struct cli_call *c)
{
	const struct interface_cfg *i, *self = interface_of(c);

	vec_each (&c->model->interfaces, n, i)
		if (is_below(i, self))
			model_touch(c->model, MODEL_STANDBY, i->name, 0);
}

static bool set_bia(struct cli_call *c)
{
	interface_of(c)->standby_use_bia = true;
	interface_of(c)->standby_bia_alone = cli_has(c->args, "alone");
	touch_below(c);
	return true;
}

static bool unset_bia(struct cli_call *c)
{
	interface_of(c)->standby_use_bia = interface_of(c)->standby_bia_alone = false;
	touch_below(c);
	return true;
}

static bool get_bia(const struct cli_target *t, struct cli_args *a)
{
	const struct interface_cfg *i = t->object;

	if (i->standby_bia_alone)
		cli_put_number(a, "alone", 1);
	return i->standby_use_bia;
}

/* --- What has no effect here ------------------------------------------------------------------------------------------- */

static void note_bfd(struct cli_call *c)
{
	cli_note(c, "%%Warning: standby bfd has no effect: peers are watched by their hellos");
}

static void note_sso(struct cli_call *c)
{
	cli_note(c, "%%Warning: standby sso has no effect: roles outlive a restart without it");
}

static void note_mac_refresh(struct cli_call *c)
{
	cli_note(c, "%%Warning: on Ethernet standby mac-refresh is for groups that follow another one only");
}

static bool set_mac_refresh(struct cli_call *c)
{
	struct interface_cfg *i = interface_of(c);

	i->standby_mac_refresh_s = (uint8_t)cli_arg(c->args, "seconds")->n;
	i->standby_mac_refresh_set = i->standby_mac_refresh_s != STANDBY_MAC_REFRESH_S;
	return true;
}

static bool unset_mac_refresh(struct cli_call *c)
{
	interface_of(c)->standby_mac_refresh_set = false;
	return true;
}

static bool get_mac_refresh(const struct cli_target *t, struct cli_args *a)
{
	const struct interface_cfg *i = t->object;

	cli_put_number(a, "seconds", i->standby_mac_refresh_s);
	return i->standby_mac_refresh_set;
}

/* --- ICMP redirects: on unless they are switched off --------------------------------------------------------------------- */

static bool set_redirect(struct cli_call *c)
{
	interface_of(c)->standby_no_redirect = false;
	return true;
}

static bool unset_redirect(struct cli_call *c)
{
	interface_of(c)->standby_no_redirect = !c->is_default;
	return true;
}

static bool set_redirects(struct cli_call *c)
{
	interface_of(c)->standby_no_redirect = cli_has(c->args, "disable");
	return true;
}

static bool set_unknown(struct cli_call *c)
{
	interface_of(c)->standby_no_redirect_unknown = false;
	return true;
}

static bool unset_unknown(struct cli_call *c)
{
	interface_of(c)->standby_no_redirect_unknown = !c->is_default;
	return true;
}

static bool never_written(const struct cli_target *t, struct cli_args *a)
{
	(void)t;
	(void)a;
	return false;
}

static bool check_redirect_timers(struct cli_call *c)
{
	if (cli_arg(c->args, "hold")->n <= cli_arg(c->args, "advertise")->n)
		return cli_refuse(c, "Holddown must be longer than the advertisement interval");
	return true;
}

static bool set_redirect_key(struct cli_call *c)
{
	struct interface_cfg *i = interface_of(c);
	const struct cli_value *type = cli_arg(c->args, "type");
	struct secret s = {.set = true, .type = type->set && type->n ? KEY_HIDDEN : 0};

	if (!str_copy(s.text, sizeof(s.text), cli_arg(c->args, "key")->s))
		return cli_refuse(c, "Key is too long");
	i->standby_redirect_key = s;
	i->standby_redirect_key_timeout_s = (uint16_t)cli_arg(c->args, "timeout")->n;
	i->standby_redirect_key_chain[0] = '\0';
	return true;
}

static bool unset_redirect_key(struct cli_call *c)
{
	struct interface_cfg *i = interface_of(c);

	i->standby_redirect_key = (struct secret){0};
	i->standby_redirect_key_timeout_s = 0;
	i->standby_redirect_key_chain[0] = '\0';
	return true;
}

static bool get_redirect_key(const struct cli_target *t, struct cli_args *a)
{
	const struct interface_cfg *i = t->object;

	if (!i->standby_redirect_key.set)
		return false;
	if (i->standby_redirect_key.type)
		cli_put_number(a, "type", 1);
	cli_put_string(a, "key", i->standby_redirect_key.text);
	if (i->standby_redirect_key_timeout_s)
		cli_put_number(a, "timeout", i->standby_redirect_key_timeout_s);
	return true;
}

static bool set_redirect_chain(struct cli_call *c)
{
	struct interface_cfg *i = interface_of(c);

	i->standby_redirect_key = (struct secret){0};
	i->standby_redirect_key_timeout_s = 0;
	str_copy(i->standby_redirect_key_chain, sizeof(i->standby_redirect_key_chain),
		cli_arg(c->args, "chain")->s);
	return true;
}

static bool get_redirect_chain(const struct cli_target *t, struct cli_args *a)
{
	cli_put_string(a, "chain", ((const struct interface_cfg *)t->object)->standby_redirect_key_chain);
	return true;
}

static void note_redirect_key(struct cli_call *c)
{
	cli_note(c,
		"%%Warning: advertisements are sent and taken without authentication: they decide nothing");
}

/* --- Gratuitous ARP ------------------------------------------------------------------------------------------------------ */

static bool set_garp(struct cli_call *c)
{
	struct interface_cfg *i = interface_of(c);
	const struct cli_value *count = cli_arg(c->args, "count"), *interval = cli_arg(c->args, "interval");

	i->standby_garp_count = count->set ? (uint8_t)count->n : GARP_COUNT_STANDARD;
	i->standby_garp_interval_s = interval->set ? (uint16_t)interval->n : GARP_INTERVAL_STANDARD_S;
	i->standby_garp_set = i->standby_garp_count != GARP_COUNT_STANDARD ||
		i->standby_garp_interval_s != GARP_INTERVAL_STANDARD_S;
	return true;
}

static bool unset_garp(struct cli_call *c)
{
	interface_of(c)->standby_garp_set = false;
	return true;
}

static bool get_garp(const struct cli_target *t, struct cli_args *a)
{
	const struct interface_cfg *i = t->object;

	cli_put_number(a, "count", i->standby_garp_count);
	if (i->standby_garp_interval_s != GARP_INTERVAL_STANDARD_S)
		cli_put_number(a, "interval", i->standby_garp_interval_s);
	return i->standby_garp_set;
}

/* --- The rows ------------------------------------------------------------------------------------------------------------ */

#define HERE	 .modes = IN(INTERFACE), .touches = MODEL_STANDBY
#define ADV_AUTH "standby redirect advertisement authentication md5 "

static const struct cli_row rows[] = {
	{HERE, .syntax = "standby mac-refresh ; <0-255>:seconds",
		.help = "|Refresh MAC cache on switch by periodically sending packet from virtual MAC "
			"address|"
			"Time between refresh packets in seconds",
		.rank = 36, .set = set_mac_refresh, .unset = unset_mac_refresh, .get = get_mac_refresh,
		.after = note_mac_refresh},
	{HERE, .syntax = "standby use-bia ; [scope interface:alone]",
		.help = "|HSRP uses interface's burned in address|Specify the scope of use-bia|"
			"Use-bia applies to this interface or subinterface only",
		.rank = 37, .check = check_bia, .set = set_bia, .unset = unset_bia, .get = get_bia},
	{HERE, .syntax = "standby redirect", .help = "|Configure sending of ICMP Redirect messages",
		.rank = 38, .set = set_redirect, .unset = unset_redirect, .get = never_written},
	{HERE, .syntax = "no standby redirect", .flags = CLI_WRITE_ONLY, .rank = 38,
		.fields = {FLAG(NULL, struct interface_cfg, standby_no_redirect)}},
	{HERE, .syntax = "standby redirects [enable|disable:disable]", .flags = CLI_PARSE_ONLY | CLI_HIDDEN,
		.set = set_redirects, .unset = unset_redirect},
	{HERE, .syntax = "standby redirect timers ; <10-180>:advertise <30-3600>:hold",
		.help = "||Adjust redirect timers|Passive router advertisement interval in seconds|"
			"Passive router holddown interval in seconds",
		.rank = 38, .check = check_redirect_timers,
		.fields = {UINT("advertise", struct interface_cfg, standby_redirect_advertise_s),
			UINT("hold", struct interface_cfg, standby_redirect_hold_s)}},
	{HERE, .syntax = "standby redirect unknown",
		.help = "||Allow redirects to be sent to non-HSRP routers", .rank = 38, .set = set_unknown,
		.unset = unset_unknown, .get = never_written},
	{HERE, .syntax = "no standby redirect unknown", .flags = CLI_WRITE_ONLY, .rank = 38,
		.fields = {FLAG(NULL, struct interface_cfg, standby_no_redirect_unknown)}},
	{.modes = IN(INTERFACE),
		.syntax = "standby bfd",
		.help = "|Enable HSRP BFD",
		.rank = 39,
		.flags = CLI_KEPT,
		.after = note_bfd},
	{HERE, .syntax = ADV_AUTH "key-string ; [{0|7}:type] WORD/64:key [timeout <0-32767>:timeout]",
		.help = "||Redirect advertisement messages|Authentication|Use MD5 authentication|Set key "
			"string|"
			"Specifies an UNENCRYPTED password will follow|"
			"Specifies a HIDDEN password will follow|Key string|Set authentication "
			"timeout|Seconds",
		.rank = 41, .flags = CLI_SECRET, .set = set_redirect_key, .unset = unset_redirect_key,
		.get = get_redirect_key, .after = note_redirect_key},
	{HERE, .syntax = ADV_AUTH "key-chain ; WORD/63:chain", .help = "|||||Set key chain|Name of key-chain",
		.rank = 41, .set = set_redirect_chain, .unset = unset_redirect_key, .get = get_redirect_chain,
		.after = note_redirect_key},
	{HERE, .syntax = "standby arp gratuitous ; [count <0-60>:count [interval <3-1800>:interval]]",
		.help = "|ARP|Gratuitous ARP|Number of gratuitous ARPs after a group is activated|"
			"Number of packets, 0 to send them continuously|Time between gratuitous ARPs|Seconds",
		.rank = 43, .set = set_garp, .unset = unset_garp, .get = get_garp},

	{.modes = IN(CONFIG),
		.syntax = "standby bfd all-interfaces",
		.help = "HSRP configuration commands|Enable HSRP BFD|Enable on all interfaces",
		.rank = 700,
		.flags = CLI_KEPT | CLI_KEPT_NO | CLI_KEPT_ON,
		.after = note_bfd},
	{.modes = IN(CONFIG),
		.syntax = "standby sso",
		.help = "|Enable HSRP stateful switchover",
		.rank = 701,
		.flags = CLI_KEPT | CLI_KEPT_NO | CLI_KEPT_ON,
		.after = note_sso},
};
CLI_TABLE(cli_table_standby_interface, rows);
