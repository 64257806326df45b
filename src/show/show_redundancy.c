/*
 * show redundancy [interface]; ours (D15)
 *
 * One paragraph per interface with a crypto map: the binding and why it is so, the role and why it is so, what of the last
 * change is still under way, and whether this box could serve.
 */
#include "show/view.h"

#include <string.h>

enum { READY_REASONS_MAX = 6 };

struct readiness {
	const char *reasons[READY_REASONS_MAX]; /* what is in the way */
	unsigned count;
};

static const struct hsrp_status *group_status(const struct facts *f, const struct core_binding *b)
{
	const struct interface_cfg *i = model_interface(f->model, b->interface);

	return i && b->redundancy ? facts_standby(f, interface_device(i), IP_V4, b->group) : NULL;
}

/* Would this box serve if it became active now, or does it? */
static struct readiness readiness_of(const struct facts *f, const struct core_binding *b)
{
	struct readiness r = {0};
	const struct link *link = facts_link(f, b->ifindex);
	const struct hsrp_status *st = group_status(f, b);

	if (!b->ifindex)
		r.reasons[r.count++] = "no such device";
	else if (!(f->missing & FACT_LINKS) && (!link || !link->up || !link->running))
		r.reasons[r.count++] = "interface is down";
	if (f->ike_lost)
		r.reasons[r.count++] = "charon does not run: the role goes to a standby that can serve";
	else if (f->missing & FACT_IKE || !f->ike_up)
		r.reasons[r.count++] = "charon does not answer";
	if (b->redundancy && f->missing & FACT_HSRP)
		r.reasons[r.count++] = "the HSRP process does not answer";
	else if (st && st->kernel_error)
		r.reasons[r.count++] = "the kernel refused the virtual address";
	if (b->state == BINDING_PENDING)
		r.reasons[r.count++] = "the binding is pending";
	else if (b->state == BINDING_STALE)
		r.reasons[r.count++] = "the binding is stale: re-apply the crypto map";
	else if (b->state == BINDING_FALLEN_BACK)
		r.reasons[r.count++] = "the binding fell back: re-apply the crypto map";
	return r;
}

struct tally {
	unsigned ike, ipsec, routes, routes_waiting;
};

static struct tally tally_of(const struct facts *f, const struct core_binding *b)
{
	char interface[INTERFACE_NAME_MAX], map[NAME_MAX_LEN];
	uint16_t sequence;
	struct ipaddr peer;
	struct tally t = {0};

	for (size_t i = 0; i < f->ike_sa_count; i++)
		t.ike += f->ike_sas[i].state == IKE_SA_ESTABLISHED &&
			conn_parse(f->ike_sas[i].conn, interface, map, &sequence, &peer) &&
			!strcmp(interface, b->interface);
	for (size_t i = 0; i < f->child_sa_count; i++)
		t.ipsec += (f->child_sas[i].state == CHILD_SA_INSTALLED ||
				   f->child_sas[i].state == CHILD_SA_REKEYING) &&
			conn_parse(f->child_sas[i].conn, interface, map, &sequence, &peer) &&
			!strcmp(interface, b->interface);
	for (size_t i = 0; i < f->core_route_count; i++) {
		const struct core_route *r = &f->core_routes[i];
		if (strcmp(r->interface, b->interface) != 0 || r->route.protocol != ROUTE_PROTO_RRI)
			continue;
		t.routes += r->installed;
		t.routes_waiting += !r->installed;
	}
	return t;
}

/* --- Text --------------------------------------------------------------------------------------------------------------- */

static void print_role(struct text *out, const struct facts *f, const struct core_binding *b)
{
	const struct hsrp_status *st = group_status(f, b);
	char age[AGE_TEXT_MAX], ip[IP_TEXT_MAX];

	text_printf(out, "  Role: %s, %s\n", role_name(b->role), b->serving ? "serving" : "not serving");
	if (!st)
		return;
	text_printf(out, "  Last role change: %s ago, %s -> %s, %s",
		format_age_since(f->now, st->last_change, age), hsrp_state_text(st->old_state),
		hsrp_state_text(st->state), change_reason(st));
	if (ip_is_set(&st->reason_from))
		text_printf(out, " (from %s)", ip_format(&st->reason_from, ip));
	text_add(out, "\n");
	const struct hsrp_peer *peer = st->state == HSRP_ACTIVE ? &st->standby : &st->active;
	if (ip_is_set(&peer->address))
		text_printf(out, "  Peer: %s, priority %u\n", ip_format(&peer->address, ip), peer->priority);
	else
		text_add(out, "  Peer: unknown\n");
}

/* What elections may do to it. */
static unsigned hazards_of(const struct facts *f, const struct core_binding *b, char (*out)[HAZARD_TEXT_MAX])
{
	const struct interface_cfg *i = model_interface(f->model, b->interface);

	return i ? show_hazards(f, i, out) : 0;
}

static void print_hazards(struct text *out, const struct facts *f, const struct core_binding *b)
{
	char text[HAZARDS][HAZARD_TEXT_MAX];
	unsigned count = hazards_of(f, b, text);

	for (unsigned n = 0; n < count; n++)
		text_printf(out, "  WARNING: %s\n", text[n]);
}

static void json_hazards(struct json *j, const struct facts *f, const struct core_binding *b)
{
	char text[HAZARDS][HAZARD_TEXT_MAX];
	unsigned count = hazards_of(f, b, text);

	json_array(j, "warnings");
	for (unsigned n = 0; n < count; n++)
		json_string(j, NULL, text[n]);
	json_array_end(j);
}

static void print_binding(struct text *out, const struct facts *f, const struct core_binding *b)
{
	struct readiness ready = readiness_of(f, b);
	struct tally t = tally_of(f, b);
	const struct filter_fact *filter = facts_filter(f, b->ifindex);
	char age[AGE_TEXT_MAX], ip[IP_TEXT_MAX];

	text_printf(out, "Interface: %s\n  Crypto map: %s\n", b->interface, b->map);
	if (b->redundancy)
		text_printf(out, "  Redundancy: group %u, name %s, binding %s for %s\n", b->group,
			b->group_name[0] ? b->group_name : "(none)", binding_state_name(b->state),
			format_age_since(f->now, b->since, age));
	else
		text_printf(
			out, "  Redundancy: none, applied for %s\n", format_age_since(f->now, b->since, age));
	if (b->reason[0])
		text_printf(out, "  Reason: %s\n", b->reason);
	text_printf(out, "  Local tunnel endpoint: %s\n",
		ip_is_set(&b->endpoint) ? ip_format(&b->endpoint, ip) : "none yet");
	if (b->redundancy)
		print_role(out, f, b);
	if (b->redundancy && model_pair_partner(f->model, b->group_name)) {
		const struct hsrp_status *st = group_status(f, b);

		text_printf(out, "  Pair: with group %s%s\n", model_pair_partner(f->model, b->group_name),
			st && st->waits ? ", which could not be active here: this one waits" : "");
	}
	print_hazards(out, f, b);
	text_printf(out, "  Step under way: %s\n", b->step[0] ? b->step : "none");
	text_printf(out, "  Readiness: %s", ready.count ? "not ready" : "ready");
	for (unsigned i = 0; i < ready.count; i++)
		text_printf(out, "%s%s", i ? "; " : ", ", ready.reasons[i]);
	text_add(out, "\n");
	if (f->missing & FACT_IKE)
		text_add(out, "  IKE SAs: not known, IPsec SAs: not known");
	else
		text_printf(out, "  IKE SAs: %u, IPsec SAs: %u", t.ike, t.ipsec * 2);
	text_printf(out, ", injected routes: %u, held back: %u\n", t.routes, t.routes_waiting);
	if (filter)
		text_printf(out, "  Dropped without IPsec: %llu packets out, %llu packets in\n",
			(unsigned long long)filter->dropped_out, (unsigned long long)filter->dropped_in);
	text_add(out, "\n");
}

static const struct core_binding *next_binding(struct show *s)
{
	while (s->at[0] < s->facts->binding_count) {
		const struct core_binding *b = &s->facts->bindings[s->at[0]++];
		if (!s->args.interface[0] || !strcmp(s->args.interface, b->interface))
			return b;
	}
	return NULL;
}

static bool redundancy_text(struct show *s, struct text *out)
{
	const struct core_binding *b = next_binding(s);

	if (b)
		print_binding(out, s->facts, b);
	else if (s->at[1]++ == 0 && s->printed == 0)
		text_add(out, "No crypto map is applied to an interface\n");
	s->printed++;
	return b != NULL;
}

/* --- JSON ------------------------------------------------------------------------------------------------------------------- */

static bool redundancy_json(struct show *s, struct text *out)
{
	const struct facts *f = s->facts;
	const struct core_binding *b = next_binding(s);
	struct json *j = &s->writer;

	(void)out;
	if (!b)
		return false;
	struct readiness ready = readiness_of(f, b);
	struct tally t = tally_of(f, b);
	const struct hsrp_status *st = group_status(f, b);
	const struct filter_fact *filter = facts_filter(f, b->ifindex);
	json_object(j, NULL);
	json_string(j, "interface", b->interface);
	json_string(j, "map", b->map);
	json_bool(j, "redundancy", b->redundancy);
	json_string(j, "binding", binding_state_name(b->state));
	json_int(j, "since_ms", b->since.ns == MONO_NEVER.ns ? -1 : mono_diff_ms(f->now, b->since));
	json_string(j, "reason", b->reason[0] ? b->reason : NULL);
	json_string(j, "group_name", b->redundancy ? b->group_name : NULL);
	json_uint(j, "group", b->group);
	json_string(j, "role", role_name(b->role));
	json_bool(j, "serving", b->serving);
	json_ip(j, "endpoint", &b->endpoint);
	json_string(j, "step", b->step[0] ? b->step : NULL);
	if (st) {
		json_string(j, "role_reason", change_reason(st));
		json_ip(j, "role_reason_from", &st->reason_from);
		json_string(j, "previous_role", hsrp_state_text(st->old_state));
	}
	json_string(j, "pair", b->redundancy ? model_pair_partner(f->model, b->group_name) : NULL);
	json_hazards(j, f, b);
	json_bool(j, "ready", ready.count == 0);
	json_array(j, "not_ready");
	for (unsigned i = 0; i < ready.count; i++)
		json_string(j, NULL, ready.reasons[i]);
	json_array_end(j);
	json_uint(j, "ike_sas", t.ike);
	json_uint(j, "ipsec_sas", t.ipsec * 2);
	json_uint(j, "routes_installed", t.routes);
	json_uint(j, "routes_held_back", t.routes_waiting);
	if (filter) {
		json_uint(j, "dropped_out", filter->dropped_out);
		json_uint(j, "dropped_in", filter->dropped_in);
	}
	json_object_end(j);
	return true;
}

const struct view view_redundancy = {
	.name = "redundancy",
	.required = FACT_CORE,
	.optional = FACT_HSRP | FACT_IKE | FACT_LINKS | FACT_FILTER,
	.text = redundancy_text,
	.json = redundancy_json,
};
