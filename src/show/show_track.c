/* show track [N | interface | ip route] [brief] */
#include <stdio.h>
#include <string.h>

#include "show/view.h"

static const struct core_track *state_of(const struct facts *f, const struct track_object *t)
{
	return facts_track(f, t->number);
}

static bool is_wanted(const struct show_args *a, const struct track_object *t)
{
	switch (a->track) {
	case SHOW_TRACK_INTERFACE: return t->kind == TRACK_LINE_PROTOCOL || t->kind == TRACK_IP_ROUTING;
	case SHOW_TRACK_ROUTE: return t->kind == TRACK_ROUTE || t->kind == TRACK_ROUTE_METRIC;
	case SHOW_TRACK_ALL: break;
	}
	return !a->group_set || a->group == t->number;
}

static const struct track_object *next_object(struct show *s)
{
	const struct vec *v = &s->facts->model->tracks;

	while (s->at[0] < v->count) {
		const struct track_object *t = v->items[s->at[0]++];
		if (is_wanted(&s->args, t))
			return t;
	}
	return NULL;
}

static const char *up_text(bool up)
{
	return up ? "Up" : "Down";
}

/* What the value is of, as it stands in front of "is Up". */
static const char *parameter(enum track_kind kind)
{
	static const char *const names[] = {
		[TRACK_LINE_PROTOCOL] = "Line protocol",
		[TRACK_IP_ROUTING] = "IP routing",
		[TRACK_ROUTE] = "Reachability",
		[TRACK_ROUTE_METRIC] = "Metric threshold",
		[TRACK_IP_SLA] = "State",
		[TRACK_LIST_AND] = "Boolean AND",
		[TRACK_LIST_OR] = "Boolean OR",
		[TRACK_LIST_WEIGHT] = "Threshold Weight",
		[TRACK_LIST_PERCENTAGE] = "Threshold Percentage",
	};

	return names[kind];
}

static const char *route_word(uint8_t protocol)
{
	static const struct {
		uint8_t protocol;
		const char *word;
	} words[] = {
		{2, "connected"}, {188, "OSPF"}, {186, "BGP"}, {187, "ISIS"}, {189, "RIP"}, {192, "EIGRP"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (words[i].protocol == protocol)
			return words[i].word;
	return "static";
}

/* In brackets behind the value. "" where IOS prints nothing there. */
static const char *why_text(const struct track_object *t, const struct core_track *k)
{
	if (t->kind == TRACK_ROUTE_METRIC || t->kind == TRACK_IP_SLA)
		return "without effect";
	if (!k)
		return "";
	switch (k->why) {
	case CORE_TRACK_HARDWARE: return "hw down";
	case CORE_TRACK_LINE_PROTOCOL: return t->kind == TRACK_ROUTE ? "no ip route" : "line protocol down";
	case CORE_TRACK_NO_ADDRESS: return "no IP addr";
	case CORE_TRACK_NO_ROUTE: return "no ip route";
	case CORE_TRACK_FINE: break;
	}
	return t->kind == TRACK_ROUTE ? route_word(k->protocol) : "";
}

/* --- Text --------------------------------------------------------------------------------------------------------------- */

static void print_head(struct text *out, const struct track_object *t)
{
	char prefix[IP_TEXT_MAX], mask[IP_TEXT_MAX];
	struct ipaddr m = ip_len_to_mask(IP_V4, t->prefix.len);

	text_printf(out, "Track %u\n", t->number);
	switch (t->kind) {
	case TRACK_LINE_PROTOCOL: text_printf(out, "  Interface %s line-protocol\n", t->interface); break;
	case TRACK_IP_ROUTING: text_printf(out, "  Interface %s ip routing\n", t->interface); break;
	case TRACK_ROUTE:
	case TRACK_ROUTE_METRIC:
		text_printf(out, "  IP route %s %s %s\n", ip_format(&t->prefix.addr, prefix),
			ip_format(&m, mask), t->kind == TRACK_ROUTE ? "reachability" : "metric threshold");
		break;
	case TRACK_IP_SLA:
		text_printf(out, "  IP SLA %u %s\n", t->sla, t->sla_reachability ? "reachability" : "state");
		break;
	case TRACK_LIST_AND: text_add(out, "  List boolean and\n"); break;
	case TRACK_LIST_OR: text_add(out, "  List boolean or\n"); break;
	case TRACK_LIST_WEIGHT: text_add(out, "  List threshold weight\n"); break;
	case TRACK_LIST_PERCENTAGE: text_add(out, "  List threshold percentage\n"); break;
	}
}

static void print_state(
	struct text *out, const struct facts *f, const struct track_object *t, const struct core_track *k)
{
	const char *name =
		t->kind == TRACK_IP_SLA && t->sla_reachability ? "Reachability" : parameter(t->kind);
	bool delayed = k && k->due.ns != MONO_NEVER.ns;
	const char *why = why_text(t, k),
		   *before = delayed && t->kind == TRACK_ROUTE && !k->up ? "no ip route" : "";
	char age[AGE_TEXT_MAX];

	text_printf(out, "  %s is %s", name, k ? up_text(k->up) : "unknown");
	if (k && k->whole)
		text_printf(out, " (%u/%u)", k->part, k->whole);
	else if (*(delayed ? before : why))
		text_printf(out, " (%s)", delayed ? before : why);
	if (delayed) {
		int64_t s = (mono_diff_ms(k->due, f->now) + 999) / 1000;
		text_printf(out, ", delayed %s (%lld sec%s remaining)", up_text(k->raw),
			(long long)(s < 0 ? 0 : s), s == 1 ? "" : "s");
		if (*why)
			text_printf(out, " (%s)", why);
	}
	text_add(out, "\n");
	if (k)
		text_printf(out, "    %u change%s, last change %s\n", k->changes, k->changes == 1 ? "" : "s",
			format_age_since(f->now, k->last_change, age));
}

static const char *seconds(unsigned s)
{
	return s == 1 ? "sec" : "secs";
}

static void print_delay(struct text *out, const struct track_object *t)
{
	if (t->delay_up_s && t->delay_down_s)
		text_printf(out, "  Delay up %u %s, down %u %s\n", t->delay_up_s, seconds(t->delay_up_s),
			t->delay_down_s, seconds(t->delay_down_s));
	else if (t->delay_up_s || t->delay_down_s)
		text_printf(out, "  Delay %s %u %s\n", t->delay_up_s ? "up" : "down",
			t->delay_up_s + t->delay_down_s, seconds(t->delay_up_s + t->delay_down_s));
}

static void print_members(struct text *out, const struct facts *f, const struct track_object *t)
{
	const struct track_member *m;

	vec_each (&t->members, i, m) {
		const struct core_track *k = facts_track(f, m->object);
		const char *state = k ? up_text(k->up) : "(unknown)";

		text_printf(out, "    object %u %s%s", m->object, m->negated ? "not " : "", state);
		if (t->kind == TRACK_LIST_WEIGHT)
			text_printf(out, " weight %u", m->weight ? m->weight : TRACK_WEIGHT_DEFAULT);
		text_add(out, "\n");
	}
	if (t->threshold_set)
		text_printf(out, "  Threshold %s down %u up %u\n",
			t->kind == TRACK_LIST_WEIGHT ? "weight" : "percentage", t->threshold_down,
			t->threshold_up);
}

static void print_users(struct text *out, const struct facts *f, const struct track_object *t)
{
	const struct interface_cfg *i;
	const struct standby_group *g;
	const struct standby_track *track;
	const struct track_object *list;
	const struct static_route *route;
	bool first = true;

	vec_each (&f->model->interfaces, n, i)
		vec_each (&i->standby, k, g)
			vec_each (&g->tracks, m, track) {
				if (track->object != t->number)
					continue;
				text_printf(out, "%s    HSRP %s %u\n", first ? "  Tracked by:\n" : "",
					i->name, g->number);
				first = false;
			}
	vec_each (&f->model->tracks, n, list) {
		if (!track_member(list, t->number))
			continue;
		text_printf(out, "%s    Track-list %u\n", first ? "  Tracked by:\n" : "", list->number);
		first = false;
	}
	vec_each (&f->model->static_routes, n, route) {
		if (route->track != t->number)
			continue;
		text_printf(out, "%s    STATIC-IP-ROUTING 0\n", first ? "  Tracked by:\n" : "");
		return; /* all of them are one user */
	}
}

static void print_object(struct text *out, const struct facts *f, const struct track_object *t)
{
	const struct core_track *k = state_of(f, t);

	print_head(out, t);
	print_state(out, f, t, k);
	print_members(out, f, t);
	print_delay(out, t);
	if (t->kind == TRACK_ROUTE)
		text_printf(out, "  First-hop interface is %s\n",
			k && k->way ? facts_interface_name(f, k->way) : "unknown");
	print_users(out, f, t);
}

static void print_brief(struct text *out, const struct facts *f, const struct track_object *t)
{
	const struct core_track *k = state_of(f, t);
	const char *type = "list", *what = "boolean";
	char instance[PREFIX_TEXT_MAX] = "", age[AGE_TEXT_MAX];

	switch (t->kind) {
	case TRACK_LINE_PROTOCOL:
	case TRACK_IP_ROUTING:
		type = "interface";
		what = t->kind == TRACK_IP_ROUTING ? "ip routing" : "line-protocol";
		str_copy(instance, sizeof(instance), t->interface);
		break;
	case TRACK_ROUTE:
	case TRACK_ROUTE_METRIC:
		type = "ip route";
		what = t->kind == TRACK_ROUTE ? "reachability" : "metric threshold";
		prefix_format(&t->prefix, instance);
		break;
	case TRACK_IP_SLA:
		type = "ip sla";
		what = t->sla_reachability ? "reachability" : "state";
		snprintf(instance, sizeof(instance), "%u", t->sla);
		break;
	case TRACK_LIST_AND:
	case TRACK_LIST_OR: break;
	case TRACK_LIST_WEIGHT:
	case TRACK_LIST_PERCENTAGE: what = "threshold"; break;
	}
	text_printf(out, "%-5u %-11s %-26s %-16s %-5s %s\n", t->number, type, instance, what,
		k ? up_text(k->up) : "-", k ? format_age_since(f->now, k->last_change, age) : "never");
}

static bool track_text(struct show *s, struct text *out)
{
	const struct track_object *t = next_object(s);

	if (!t)
		return false;
	if (s->args.brief) {
		if (!s->printed++)
			text_add(out,
				"Track Type        Instance                   Parameter        State "
				"Last Change\n");
		print_brief(out, s->facts, t);
		return true;
	}
	if (s->printed++)
		text_add(out, "\n");
	print_object(out, s->facts, t);
	return true;
}

/* --- JSON --------------------------------------------------------------------------------------------------------------- */

static const char *kind_name(enum track_kind kind)
{
	static const char *const names[] = {
		[TRACK_LINE_PROTOCOL] = "interface line-protocol",
		[TRACK_IP_ROUTING] = "interface ip routing",
		[TRACK_ROUTE] = "ip route reachability",
		[TRACK_ROUTE_METRIC] = "ip route metric threshold",
		[TRACK_IP_SLA] = "ip sla",
		[TRACK_LIST_AND] = "list boolean and",
		[TRACK_LIST_OR] = "list boolean or",
		[TRACK_LIST_WEIGHT] = "list threshold weight",
		[TRACK_LIST_PERCENTAGE] = "list threshold percentage",
	};

	return names[kind];
}

static void json_object_of(struct json *j, const struct facts *f, const struct track_object *t)
{
	const struct core_track *k = state_of(f, t);
	const char *why = why_text(t, k);
	char prefix[PREFIX_TEXT_MAX];
	const struct track_member *m;

	json_object(j, NULL);
	json_uint(j, "object", t->number);
	json_string(j, "kind", kind_name(t->kind));
	json_string(j, "interface", t->interface[0] ? t->interface : NULL);
	json_string(j, "prefix", ip_is_set(&t->prefix.addr) ? prefix_format(&t->prefix, prefix) : NULL);
	json_string(j, "state", k ? up_text(k->up) : NULL);
	json_string(j, "why", *why ? why : NULL);
	json_uint(j, "delay_up_s", t->delay_up_s);
	json_uint(j, "delay_down_s", t->delay_down_s);
	if (k) {
		json_uint(j, "changes", k->changes);
		json_int(j, "last_change_ms", mono_diff_ms(f->now, k->last_change));
		if (k->due.ns == MONO_NEVER.ns)
			json_null(j, "delayed_ms");
		else
			json_int(j, "delayed_ms", mono_diff_ms(k->due, f->now));
	}
	json_array(j, "members");
	vec_each (&t->members, i, m) {
		json_object(j, NULL);
		json_uint(j, "object", m->object);
		json_bool(j, "not", m->negated);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

static bool track_json(struct show *s, struct text *out)
{
	const struct track_object *t = next_object(s);

	(void)out;
	if (t)
		json_object_of(&s->writer, s->facts, t);
	return t != NULL;
}

const struct view view_track = {
	.name = "track",
	.required = FACT_TRACK,
	.optional = FACT_LINKS, /* the interface behind a route */
	.text = track_text,
	.json = track_json,
};

/* --- show ip route track-table ---------------------------------------------------------------------------------------- */

static const struct static_route *next_tracked_route(struct show *s)
{
	const struct vec *routes = &s->facts->model->static_routes;

	while (s->at[0] < routes->count) {
		const struct static_route *r = routes->items[s->at[0]++];

		if (r->track)
			return r;
	}
	return NULL;
}

/* One that is not evaluated, or does not exist, counts as up. */
static bool object_up(const struct facts *f, uint16_t object)
{
	const struct core_track *k = facts_track(f, object);

	return !k || k->up;
}

static bool route_tracks_text(struct show *s, struct text *out)
{
	const struct static_route *r = next_tracked_route(s);
	char prefix[IP_TEXT_MAX], mask[IP_TEXT_MAX], gateway[IP_TEXT_MAX];

	if (!r)
		return false;
	struct ipaddr m = ip_len_to_mask(IP_V4, r->prefix.len);
	text_printf(out, " ip route %s %s", ip_format(&r->prefix.addr, prefix), ip_format(&m, mask));
	if (r->interface[0])
		text_printf(out, " %s", r->interface);
	if (ip_is_set(&r->gateway))
		text_printf(out, " %s", ip_format(&r->gateway, gateway));
	if (r->distance)
		text_printf(out, " %u", r->distance);
	if (r->name[0])
		text_printf(out, " name %s", r->name);
	text_printf(
		out, " track %u state is [%s]\n", r->track, object_up(s->facts, r->track) ? "up" : "down");
	return true;
}

static bool route_tracks_json(struct show *s, struct text *out)
{
	const struct static_route *r = next_tracked_route(s);
	char prefix[PREFIX_TEXT_MAX];

	(void)out;
	if (!r)
		return false;
	json_object(&s->writer, NULL);
	json_string(&s->writer, "prefix", prefix_format(&r->prefix, prefix));
	json_string(&s->writer, "interface", r->interface[0] ? r->interface : NULL);
	json_ip(&s->writer, "via", &r->gateway);
	json_uint(&s->writer, "object", r->track);
	json_string(&s->writer, "state", up_text(object_up(s->facts, r->track)));
	json_object_end(&s->writer);
	return true;
}

const struct view view_route_tracks = {
	.name = "ip-route-track-table",
	.required = FACT_TRACK,
	.text = route_tracks_text,
	.json = route_tracks_json,
};
