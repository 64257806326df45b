/*
 * show standby [interface [group]] [all | brief]
 *
 * The reason of the last change stands in brackets behind the state, where IOS itself gives the reason of Init: the parsers
 * in use take a text in brackets there, and refuse any further line.
 */
#include "show/view.h"

#include <string.h>

/* What is printed: a group in one family. One number may serve both, each has a role of its own. */
struct role {
	const struct interface_cfg *i;
	const struct standby_group *g;
	enum ip_family family;
};

/* Disabled ones are listed with `all` only, as IOS does. */
static bool is_shown(const struct role *r, bool all)
{
	bool v6 = standby_has_ipv6(r->g);

	return r->family == IP_V6 ? v6 : r->g->ip_typed || (all && !v6);
}

/* The next role to print, by s->at: interface, group, family. */
static bool next_role(struct show *s, struct role *r)
{
	static const enum ip_family families[] = {IP_V4, IP_V6};
	const struct model *m = s->facts->model;
	const struct show_args *a = &s->args;

	for (; s->at[0] < m->interfaces.count; s->at[0]++, s->at[1] = s->at[2] = 0) {
		r->i = m->interfaces.items[s->at[0]];
		if (a->interface[0] && strcmp(a->interface, r->i->name) != 0)
			continue;
		for (; s->at[1] < r->i->standby.count; s->at[1]++, s->at[2] = 0) {
			r->g = r->i->standby.items[s->at[1]];
			if (a->group_set && r->g->number != a->group)
				continue;
			while (s->at[2] < 2) {
				r->family = families[s->at[2]++];
				if (is_shown(r, a->all))
					return true;
			}
		}
	}
	return false;
}

/* A group that the HSRP process does not know (yet): what the configuration alone says. */
static struct hsrp_status status_unknown(const struct role *r)
{
	const struct standby_group *g = r->g;
	bool v6 = r->family == IP_V6;
	struct hsrp_status st = {
		.group = g->number,
		.family = (uint8_t)r->family,
		.state = v6 || g->ip_typed ? HSRP_INITIAL : HSRP_DISABLED,
		.vip = v6 ? g->ipv6 : g->ip,
		.priority = g->priority_set ? g->priority : HSRP_PRIORITY_DEFAULT,
		.hello_ms = g->hello_ms ? g->hello_ms : HSRP_HELLO_DEFAULT_MS,
		.hold_ms = g->hold_ms ? g->hold_ms : HSRP_HOLD_DEFAULT_MS,
		.active.expires = MONO_NEVER,
		.standby.expires = MONO_NEVER,
		.next_hello = MONO_NEVER,
		.preempt_at = MONO_NEVER,
		.next_garp = MONO_NEVER,
		.last_change = MONO_NEVER,
		.virtual_mac = standby_mac_is_for(g, r->family)
			? g->mac
			: hsrp_virtual_mac(r->i->standby_version, r->family, g->number),
	};

	if (v6 && !ip_is_set(&st.vip))
		st.vip = hsrp_link_local(&st.virtual_mac);
	return st;
}

static struct hsrp_status status_of(const struct facts *f, const struct role *r)
{
	const struct hsrp_status *st = facts_standby(f, interface_device(r->i), r->family, r->g->number);

	return st && interface_device(r->i)[0] ? *st : status_unknown(r);
}

/* --- The long form -------------------------------------------------------------------------------------------- */

static void print_ms(struct text *out, uint32_t ms, bool msec)
{
	if (msec || ms % 1000 != 0)
		text_printf(out, "%u msec", ms);
	else
		text_printf(out, "%u sec", ms / 1000);
}

/* A time in force, and the configured one where another was learned. */
static void print_time(struct text *out, uint32_t ms, bool typed_msec, uint32_t configured_ms)
{
	print_ms(out, ms, typed_msec && ms == configured_ms);
	if (ms == configured_ms)
		return;
	text_add(out, " (cfgd ");
	print_ms(out, configured_ms, typed_msec);
	text_add(out, ")");
}

/* IPv6 frames come from the interface's link-local address: typed, or the kernel's. */
static bool lacks_link_local(const struct facts *f, const struct role *r)
{
	const struct link *l = facts_link_by_name(f, interface_device(r->i));

	if (r->family != IP_V6 || ip_is_set(&r->i->ipv6_link_local) || !l)
		return false;
	for (size_t n = 0; n < f->address_count; n++)
		if (f->addresses[n].ifindex == l->ifindex && ip_is_link_local(&f->addresses[n].prefix.addr))
			return false;
	return true;
}

static void print_state(
	struct text *out, const struct facts *f, const struct hsrp_status *st, const struct role *r)
{
	const struct interface_cfg *i = r->i;
	char age[AGE_TEXT_MAX], hazard[HAZARD_TEXT_MAX];
	const struct standby_group *other;
	const struct interface_cfg *where = show_split_hazard(f, i, r->g, r->family, &other, hazard);

	text_printf(out, "  State is %s", hsrp_state_text(st->state));
	if (st->kernel_error)
		text_add(out, " (virtual address refused by the kernel)");
	else if (st->state == HSRP_INITIAL && r->family == IP_V4 && !i->address_set)
		text_add(out, " (protocol not cfgd)");
	else if (st->waits)
		text_add(out, " (waits for the other group of its pair)");
	else if (st->preempt_at.ns != MONO_NEVER.ns)
		text_printf(out, " (%s, preempts in %lld secs)", change_reason(st),
			(long long)((mono_diff_ms(st->preempt_at, f->now) + 999) / 1000));
	else if (where)
		text_printf(out, " (%s, warning: may split from %s Grp %u)", change_reason(st), where->name,
			other->number);
	else if (show_preempt_hazard(f, i, r->g, r->family, hazard))
		text_printf(
			out, " (%s, warning: preempt has no delay and priorities differ)", change_reason(st));
	else if (st->reason != HSRP_REASON_NONE)
		text_printf(out, " (%s)", change_reason(st));
	else if (st->state == HSRP_INITIAL && !interface_device(i)[0])
		text_add(out, " (no device)");
	else if (st->state == HSRP_INITIAL && i->shutdown)
		text_add(out, " (interface down)");
	else if (st->state == HSRP_INITIAL && lacks_link_local(f, r))
		text_add(out, " (no IPv6 link-local address on the interface)");
	text_add(out, "\n");
	if (st->state != HSRP_DISABLED)
		text_printf(out, "    %u state change%s, last state change %s\n", st->changes,
			st->changes == 1 ? "" : "s", format_age_since(f->now, st->last_change, age));
}

static void print_ipv4(struct text *out, const struct hsrp_status *st, const struct standby_group *g)
{
	const struct ipaddr *secondary;
	char ip[IP_TEXT_MAX];

	text_printf(out, "  Virtual IP address is %s%s\n",
		ip_is_set(&st->vip) ? ip_format(&st->vip, ip) : "unknown",
		st->vip_learned ? " (learnt)" : "");
	vec_each (&g->secondaries, k, secondary)
		text_printf(out, "    Secondary virtual IP address %s\n", ip_format(secondary, ip));
}

/* In brackets where the address is from, in IOS's words. */
static void print_ipv6(struct text *out, const struct hsrp_status *st, const struct standby_group *g)
{
	const struct prefix *p;
	char ip[IP_TEXT_MAX];

	text_printf(out, "  Link-Local Virtual IPv6 address is %s (%s)\n",
		ip_is_set(&st->vip) ? ip_format_ios(&st->vip, ip) : "unknown",
		st->vip_learned		      ? "learnt"
			: g->ipv6_autoconfig  ? "conf auto EUI64"
			: ip_is_set(&g->ipv6) ? "conf"
					      : "impl auto EUI64");
	vec_each (&g->ipv6_prefixes, k, p)
		text_printf(out, "    Virtual IPv6 address %s/%u\n", ip_format_ios(&p->addr, ip), p->len);
}

static void print_addresses(
	struct text *out, const struct model *m, const struct hsrp_status *st, const struct role *r)
{
	char mac[MAC_TEXT_MAX];
	bool active_known = st->state == HSRP_ACTIVE || st->active.local || ip_is_set(&st->active.address);

	(r->family == IP_V6 ? print_ipv6 : print_ipv4)(out, st, r->g);
	mac_format_dotted(&st->virtual_mac, mac);
	if (active_known)
		text_printf(out, "  Active virtual MAC address is %s (MAC %sIn Use)\n", mac,
			st->mac_in_use ? "" : "Not ");
	else
		text_add(out, "  Active virtual MAC address is unknown\n");
	text_printf(out, "    Local virtual MAC address is %s (%s)\n", mac,
		standby_uses_bia(m, r->i)		      ? "bia"
			: standby_mac_is_for(r->g, r->family) ? "cfgd"
			: r->family == IP_V6		      ? "v2 IPv6 default"
			: r->i->standby_version == 2	      ? "v2 default"
							      : "v1 default");
}

static void print_timers(struct text *out, const struct facts *f, const struct hsrp_status *st,
	const struct interface_cfg *i, const struct standby_group *g)
{
	text_add(out, "  Hello time ");
	print_time(out, st->hello_ms, g->hello_msec, g->hello_ms ? g->hello_ms : HSRP_HELLO_DEFAULT_MS);
	text_add(out, ", hold time ");
	print_time(out, st->hold_ms, g->hold_msec, g->hold_ms ? g->hold_ms : HSRP_HOLD_DEFAULT_MS);
	text_add(out, "\n");
	if (st->state >= HSRP_SPEAK && st->next_hello.ns != MONO_NEVER.ns) {
		int64_t ms = mono_diff_ms(st->next_hello, f->now);
		if (ms < 0)
			ms = 0;
		text_printf(out, "    Next hello sent in %lld.%03lld secs\n", (long long)(ms / 1000),
			(long long)(ms % 1000));
	}
	if (i->standby_garp_set && st->state == HSRP_ACTIVE) { /* as configured: else IOS does not say it */
		text_printf(out, "  Gratuitous ARP %llu sent", (unsigned long long)st->garps);
		if (st->next_garp.ns != MONO_NEVER.ns)
			text_printf(out, ", next sent in %lld.%03lld secs",
				(long long)(mono_diff_ms(st->next_garp, f->now) / 1000),
				(long long)(mono_diff_ms(st->next_garp, f->now) % 1000));
		text_add(out, "\n");
	}
	/* The string itself is a secret: the running configuration shows it, nothing else does (D16). */
	if (g->key_chain[0])
		text_printf(out, "  Authentication MD5, key-chain \"%s\"\n", g->key_chain);
	else if (g->key.set)
		text_add(out, "  Authentication MD5, key-string\n");
	else if (g->authentication_set)
		text_add(out, "  Authentication text, string \"********\"\n");
}

static void print_preemption(struct text *out, const struct standby_group *g)
{
	const char *comma = ", delay ";

	text_printf(out, "  Preemption %s", g->preempt ? "enabled" : "disabled");
	if (g->preempt) {
		const struct {
			const char *word;
			unsigned seconds;
		} delays[] = {{"min", g->preempt_minimum_s}, {"reload", g->preempt_reload_s},
			{"sync", g->preempt_sync_s}};
		for (size_t i = 0; i < 3; i++) {
			if (!delays[i].seconds)
				continue;
			text_printf(out, "%s%s %u secs", comma, delays[i].word, delays[i].seconds);
			comma = ", ";
		}
	}
	text_add(out, "\n");
}

static void print_router(struct text *out, const struct facts *f, const char *which,
	const struct hsrp_peer *p, bool local, bool version2)
{
	char ip[IP_TEXT_MAX], mac[MAC_TEXT_MAX];

	if (local || p->local) {
		text_printf(out, "  %s router is local\n", which);
		return;
	}
	if (!ip_is_set(&p->address)) {
		text_printf(out, "  %s router is unknown\n", which);
		return;
	}
	text_printf(
		out, "  %s router is %s, priority %u", which, ip_format_ios(&p->address, ip), p->priority);
	if (p->expires.ns != MONO_NEVER.ns) {
		int64_t ms = mono_diff_ms(p->expires, f->now);
		if (ms < 0)
			ms = 0;
		text_printf(
			out, " (expires in %lld.%03lld sec)", (long long)(ms / 1000), (long long)(ms % 1000));
	}
	text_add(out, "\n");
	if (version2 && !strcmp(which, "Active"))
		text_printf(out, "    MAC address is %s\n", mac_format_dotted(&p->mac, mac));
}

/* Up as IOS sees the line protocol of an interface. */
static bool is_up(const struct facts *f, const char *interface)
{
	const struct interface_cfg *i = model_interface(f->model, interface);
	const struct link *l = facts_link_by_name(f, i ? interface_device(i) : interface);

	return l && l->up && l->running;
}

static void print_tracks(struct text *out, const struct facts *f, const struct standby_group *g)
{
	const struct standby_track *t;

	vec_each (&g->tracks, n, t) {
		const struct core_track *k = t->object ? facts_track(f, t->object) : NULL;

		if (t->object && !model_track(f->model, t->object)) {
			text_printf(out, "    Track object %u (unknown)\n", t->object);
			continue;
		}
		if (t->object)
			text_printf(
				out, "    Track object %u state %s", t->object, !k || k->up ? "Up" : "Down");
		else
			text_printf(out, "    Track interface %s state %s", t->interface,
				is_up(f, t->interface) ? "Up" : "Down");
		if (t->shutdown)
			text_add(out, " shutdown\n");
		else
			text_printf(out, " decrement %u\n",
				t->decrement ? t->decrement : STANDBY_TRACK_DECREMENT);
	}
}

static void print_group(struct text *out, const struct facts *f, const struct role *r)
{
	const struct interface_cfg *i = r->i;
	const struct standby_group *g = r->g;
	struct hsrp_status st = status_of(f, r);
	char name[NAME_MAX_LEN + INTERFACE_NAME_MAX];
	bool version2 = i->standby_version == 2;

	text_printf(out, "%s - Group %u%s\n", i->name, g->number, version2 ? " (version 2)" : "");
	print_state(out, f, &st, r);
	print_addresses(out, f->model, &st, r);
	print_timers(out, f, &st, i, g);
	print_preemption(out, g);
	print_router(out, f, "Active", &st.active, st.state == HSRP_ACTIVE, version2);
	print_router(out, f, "Standby", &st.standby, st.state == HSRP_STANDBY, version2);
	if (g->priority_set)
		text_printf(out, "  Priority %u (configured %u)\n", st.priority, g->priority);
	else
		text_printf(out, "  Priority %u (default %u)\n", st.priority, HSRP_PRIORITY_DEFAULT);
	print_tracks(out, f, g);
	text_printf(out, "  Group name is \"%s\" (%s)\n", standby_group_name(i, g, name),
		g->name[0] ? "cfgd" : "default");
	if (g->follow[0])
		text_printf(out, "  Following \"%s\"\n", g->follow);
	if (i->standby_no_redirect)
		text_add(out, "  HSRP ICMP redirects disabled\n");
	if (i->standby_mac_refresh_set)
		text_printf(out, "  MAC refresh %u secs (next refresh 0 secs)\n", i->standby_mac_refresh_s);
}

/* --- The brief form ------------------------------------------------------------------------------------------- */

static const char *brief_router(const struct hsrp_peer *p, bool local, char out[IP_TEXT_MAX])
{
	if (local || p->local)
		return "local";
	return ip_is_set(&p->address) ? ip_format_ios(&p->address, out) : "unknown";
}

enum { BRIEF_INTERFACE_WIDTH = 11, BRIEF_VIP_COLUMN = 63 };

static void print_brief(struct text *out, const struct facts *f, const struct role *r)
{
	struct hsrp_status st = status_of(f, r);
	char name[INTERFACE_NAME_MAX], active[IP_TEXT_MAX], standby[IP_TEXT_MAX], vip[IP_TEXT_MAX];

	interface_short_name(r->i->name, name);
	if (strlen(name) > BRIEF_INTERFACE_WIDTH) { /* a long name has a line of its own */
		text_printf(out, "%s\n", name);
		name[0] = '\0';
	}
	text_printf(out, "%-11s %-4u %-3u %c %-7s %-15s ", name, r->g->number, st.priority,
		r->g->preempt ? 'P' : ' ', hsrp_state_text(st.state),
		brief_router(&st.active, st.state == HSRP_ACTIVE, active));
	const char *other = brief_router(&st.standby, st.state == HSRP_STANDBY, standby);
	const char *address = ip_is_set(&st.vip) ? ip_format_ios(&st.vip, vip) : "unknown";
	if (r->family == IP_V6) /* addresses are longer than their columns: IOS puts the virtual one below */
		text_printf(out, "%s\n%*s%s\n", other, BRIEF_VIP_COLUMN, "", address);
	else
		text_printf(out, "%-15s %s\n", other, address);
}

static bool standby_text(struct show *s, struct text *out)
{
	struct role r;

	if (s->args.brief && s->stage == 0) {
		s->stage = 1;
		text_add(out,
			"                     P indicates configured to preempt.\n"
			"                     |\n"
			"Interface   Grp  Pri P State   Active          Standby         Virtual IP\n");
	}
	if (!next_role(s, &r))
		return false;
	(s->args.brief ? print_brief : print_group)(out, s->facts, &r);
	return true;
}

/* --- JSON ----------------------------------------------------------------------------------------------------- */

static void json_router(
	struct json *j, const char *key, const struct facts *f, const struct hsrp_peer *p, bool local)
{
	json_object(j, key);
	json_bool(j, "local", local || p->local);
	if (!local && !p->local) {
		json_ip(j, "address", &p->address);
		if (ip_is_set(&p->address)) {
			json_uint(j, "priority", p->priority);
			json_mac(j, "mac", &p->mac);
		}
		if (p->expires.ns != MONO_NEVER.ns)
			json_int(j, "expires_ms", mono_diff_ms(p->expires, f->now));
	}
	json_object_end(j);
}

static void json_moment(struct json *j, const char *key, const struct facts *f, mono_t then)
{
	if (then.ns == MONO_NEVER.ns)
		json_null(j, key);
	else
		json_int(j, key, mono_diff_ms(f->now, then));
}

static void json_addresses(struct json *j, const struct hsrp_status *st, const struct role *r)
{
	const struct ipaddr *secondary;
	const struct prefix *p;
	char text[PREFIX_TEXT_MAX];

	json_ip(j, "virtual_ip", &st->vip);
	json_bool(j, "virtual_ip_learned", st->vip_learned);
	json_array(j, r->family == IP_V6 ? "virtual_prefixes" : "secondary_virtual_ips");
	vec_each (&r->g->secondaries, k, secondary)
		if (r->family == IP_V4)
			json_ip(j, NULL, secondary);
	vec_each (&r->g->ipv6_prefixes, k, p)
		if (r->family == IP_V6)
			json_string(j, NULL, prefix_format(p, text));
	json_array_end(j);
}

/* Of the interface, by reason; those that never happened are left out. */
static void json_dropped(struct json *j, const struct hsrp_status *st)
{
	json_object(j, "dropped_frames");
	for (unsigned n = 0; n < HSRP_WIRE_ERROR_COUNT; n++)
		if (st->bad[n] && hsrp_wire_error_key((enum hsrp_wire_error)n))
			json_uint(j, hsrp_wire_error_key((enum hsrp_wire_error)n), st->bad[n]);
	if (st->bad_auth)
		json_uint(j, "authentication", st->bad_auth);
	if (st->own_source)
		json_uint(j, "own_source", st->own_source);
	if (st->unknown_group)
		json_uint(j, "unknown_group", st->unknown_group);
	json_object_end(j);
}

static bool standby_json(struct show *s, struct text *out)
{
	const struct standby_track *track;
	const struct facts *f = s->facts;
	struct json *j = &s->writer;
	char name[NAME_MAX_LEN + INTERFACE_NAME_MAX];
	struct role r;

	(void)out;
	if (!next_role(s, &r))
		return false;
	const struct interface_cfg *i = r.i;
	const struct standby_group *g = r.g;
	struct hsrp_status st = status_of(f, &r);
	json_object(j, NULL);
	json_string(j, "interface", i->name);
	json_string(j, "device", interface_device(i)[0] ? interface_device(i) : NULL);
	json_uint(j, "group", g->number);
	json_string(j, "family", r.family == IP_V6 ? "ipv6" : "ipv4");
	json_uint(j, "version", i->standby_version ? i->standby_version : 1);
	json_string(j, "name", standby_group_name(i, g, name));
	json_string(j, "state", hsrp_state_text(st.state));
	json_bool(j, "serving", st.serving);
	json_string(j, "reason", st.reason == HSRP_REASON_NONE ? NULL : change_reason(&st));
	json_uint(j, "state_changes", st.changes);
	json_moment(j, "last_change_ms", f, st.last_change);
	json_addresses(j, &st, &r);
	json_mac(j, "virtual_mac", &st.virtual_mac);
	json_bool(j, "virtual_mac_in_use", st.mac_in_use);
	json_uint(j, "hello_ms", st.hello_ms);
	json_uint(j, "hold_ms", st.hold_ms);
	json_bool(j, "timers_learned", st.timers_learned);
	json_bool(j, "preempt", g->preempt);
	json_uint(j, "preempt_minimum_s", g->preempt_minimum_s);
	json_uint(j, "preempt_reload_s", g->preempt_reload_s);
	json_uint(j, "preempt_sync_s", g->preempt_sync_s);
	if (st.preempt_at.ns != MONO_NEVER.ns)
		json_int(j, "preempts_in_ms", mono_diff_ms(st.preempt_at, f->now));
	json_bool(j, "waits_for_pair", st.waits);
	json_string(j, "pair", model_pair_partner(f->model, standby_group_name(i, g, name)));
	json_string(j, "following", g->follow[0] ? g->follow : NULL);
	json_uint(j, "priority", st.priority);
	json_uint(j, "configured_priority", g->priority_set ? g->priority : HSRP_PRIORITY_DEFAULT);
	if (g->tracks.count)
		json_array(j, "tracks");
	vec_each (&g->tracks, n, track) {
		json_object(j, NULL);
		const struct core_track *k = track->object ? facts_track(f, track->object) : NULL;

		if (track->object)
			json_uint(j, "object", track->object);
		else
			json_string(j, "interface", track->interface);
		json_bool(j, "up", track->object ? !k || k->up : is_up(f, track->interface));
		json_uint(j, "decrement", track->decrement ? track->decrement : STANDBY_TRACK_DECREMENT);
		json_bool(j, "shutdown", track->shutdown);
		json_object_end(j);
	}
	if (g->tracks.count)
		json_array_end(j);
	json_router(j, "active", f, &st.active, st.state == HSRP_ACTIVE);
	json_router(j, "standby", f, &st.standby, st.state == HSRP_STANDBY);
	json_dropped(j, &st);
	json_object_end(j);
	return true;
}

const struct view view_standby = {
	.name = "standby",
	.required = FACT_HSRP,
	.optional = FACT_LINKS | FACT_TRACK, /* what is tracked */
	.text = standby_text,
	.json = standby_json,
};
