/* show crypto session [remote A | local A | interface IF] [detail | brief] */
#include "show/flow.h"

#include <string.h>

enum session_status { UP_ACTIVE, UP_IDLE, UP_NO_IKE, DOWN_NEGOTIATING, DOWN };

static const struct {
	const char *name, *brief;
} statuses[] = {
	[UP_ACTIVE] = {"UP-ACTIVE", "UA"},
	[UP_IDLE] = {"UP-IDLE", "UI"},
	[UP_NO_IKE] = {"UP-NO-IKE", "UK"},
	[DOWN_NEGOTIATING] = {"DOWN-NEGOTIATING", "DN"},
	[DOWN] = {"DOWN", "D"},
};

static enum session_status status_of(const struct session *x)
{
	bool ike_up = x->ike && x->ike->state == IKE_SA_ESTABLISHED;

	if (x->child_count)
		return ike_up ? UP_ACTIVE : UP_NO_IKE;
	if (ike_up)
		return UP_IDLE;
	return x->ike ? DOWN_NEGOTIATING : DOWN;
}

static uint8_t version_of(const struct session *x)
{
	if (x->ike)
		return x->ike->version;
	return x->profile[0] ? 2 : 1;
}

/* Letters of the legend that apply; "(none)". */
static const char *capabilities(const struct facts *f, const struct session *x, char out[8])
{
	const struct ikev2_profile *p = model_ikev2_profile(f->model, x->profile);
	bool dpd = version_of(x) == 2 ? (p && p->dpd.set) || f->model->ikev2_dpd.set
				      : f->model->isakmp_keepalive.set;
	size_t n = 0;

	if (!x->ike || x->ike->state != IKE_SA_ESTABLISHED)
		return strcpy(out, "(none)");
	if (dpd)
		out[n++] = 'D';
	if (x->ike->nat_local || x->ike->nat_remote)
		out[n++] = 'N';
	out[n] = '\0';
	return n ? out : strcpy(out, "(none)");
}

/* "host A host B", or both with masks: parsers do not take a mixture. */
static void print_idents(struct text *out, const struct flow *flow)
{
	char protocol[8], la[IP_TEXT_MAX], lm[IP_TEXT_MAX], ra[IP_TEXT_MAX], rm[IP_TEXT_MAX];
	struct ipaddr host = ip_len_to_mask(IP_V4, 32);

	ip_format(&flow->local.addr, la);
	ip_format(&flow->remote.addr, ra);
	if (flow->local.protocol)
		text_printf(out, "  IPSEC FLOW: permit %u ", flow->local.protocol);
	else
		text_printf(out, "  IPSEC FLOW: permit %s ", protocol_name(0, protocol));
	if (ip_equal(&flow->local.mask, &host) && ip_equal(&flow->remote.mask, &host))
		text_printf(out, "host %s host %s \n", la, ra);
	else
		text_printf(out, "%s/%s %s/%s \n", la, ip_format(&flow->local.mask, lm), ra,
			ip_format(&flow->remote.mask, rm));
}

static void print_life(struct text *out, const struct facts *f, const struct flow *flow, bool inbound)
{
	const struct child_sa *sa = flow->sa_count ? &flow->sas[flow->sa_count - 1] : NULL;
	uint32_t limit = lifetime_kilobytes(f->model, &flow->template->lifetime);
	unsigned long long packets = flow_packets(flow, inbound);

	text_printf(out, "        %s #pkts %s'ed %llu drop 0 life (KB/Sec) ",
		inbound ? "Inbound: " : "Outbound:", inbound ? "dec" : "enc", packets);
	if (!sa) {
		text_add(out, "0/0\n");
		return;
	}
	uint64_t used = (inbound ? sa->bytes_in : sa->bytes_out) / 1024;
	if (limit)
		text_printf(out, "%llu/", used < limit ? (unsigned long long)(limit - used) : 0);
	else
		text_add(out, "KB Vol Rekey Disabled/");
	text_printf(out, "%lld\n", (long long)(sa->life_s > 0 ? sa->life_s : 0));
}

static void print_flows(struct text *out, const struct facts *f, const struct session *x, bool detail)
{
	struct walk w = {0};
	struct flow flow;

	while (session_flow_next(f, x, &w, &flow)) {
		print_idents(out, &flow);
		text_printf(out, "        Active SAs: %zu, origin: %scrypto map\n", flow.sa_count * 2,
			flow.dynamic ? "dynamic " : "");
		if (detail) {
			print_life(out, f, &flow, true);
			print_life(out, f, &flow, false);
		}
	}
}

static void print_ike(struct text *out, const struct facts *f, const struct session *x, bool detail)
{
	char local[IP_TEXT_MAX] = "0.0.0.0", remote[IP_TEXT_MAX], left[AGE_TEXT_MAX], letters[8];
	struct ipaddr endpoint = x->ike ? x->ike->local_host : local_endpoint(f, x->interface);
	bool up = x->ike && x->ike->state == IKE_SA_ESTABLISHED;

	if (ip_is_set(&endpoint))
		ip_format(&endpoint, local);
	text_printf(out, "  Session ID: %u  \n", version_of(x) == 2 && x->ike ? x->ike->id : 0);
	text_printf(out, "  IKEv%u SA: local %s/%u remote %s/%u %s \n", version_of(x), local,
		x->ike ? x->ike->local_port : 500, ip_format(&x->peer, remote),
		x->ike ? x->ike->remote_port : 500, up ? "Active" : "Inactive");
	if (detail && up)
		text_printf(out, "          Capabilities:%s connid:%u lifetime:%s\n",
			capabilities(f, x, letters), ike_conn_id(x->ike),
			format_clock(ike_lifetime_left(x->ike), left));
	else if (detail)
		text_add(out, "          Capabilities:(none) connid:0 lifetime:0\n");
}

static void print_session(struct text *out, const struct facts *f, const struct session *x, bool detail)
{
	bool up = x->ike && x->ike->state == IKE_SA_ESTABLISHED;
	char ip[IP_TEXT_MAX], age[AGE_TEXT_MAX], id[IKE_ID_MAX];
	unsigned port = x->ike ? x->ike->remote_port : 500;

	text_printf(out, "Interface: %s\n", x->interface->name);
	if (x->profile[0])
		text_printf(out, "Profile: %s\n", x->profile);
	if (detail && up)
		text_printf(out, "Uptime: %s\n", format_age(x->ike->established_s, age));
	text_printf(out, "Session status: %-14s\n", statuses[status_of(x)].name);
	text_printf(out, "Peer: %s port %u ", ip_format(&x->peer, ip), port);
	if (!detail)
		text_add(out, "\n");
	else if (up)
		text_printf(out, "fvrf: (none) ivrf: (none)\n      Phase1_id: %s\n      Desc: (none)\n",
			x->ike->remote_id[0] ? format_id(x->ike->remote_id, id) : "(none)");
	else
		text_add(out, "fvrf: (none) ivrf: (none)\n      Desc: (none)\n      Phase1_id: (none)\n");
	print_ike(out, f, x, detail);
	print_flows(out, f, x, detail);
	text_add(out, "\n");
}

static void print_brief(struct text *out, const struct session *x)
{
	char ip[IP_TEXT_MAX], interface[INTERFACE_NAME_MAX], age[AGE_TEXT_MAX] = "", id[IKE_ID_MAX];
	bool up = x->ike && x->ike->state == IKE_SA_ESTABLISHED;

	if (up)
		format_age(x->ike->established_s, age);
	text_printf(out, "%-15s %-12s %-15s %-24s %-8s %s\n", ip_format(&x->peer, ip),
		interface_short_name(x->interface->name, interface), "",
		up ? format_id(x->ike->remote_id, id) : "", age, statuses[status_of(x)].brief);
}

static const char heading[] = "Crypto session current status\n\n";
static const char detail_legend[] = "Code: C - IKE Configuration mode, D - Dead Peer Detection     \n"
				    "K - Keepalives, N - NAT-traversal, T - cTCP encapsulation     \n"
				    "X - IKE Extended Authentication, F - IKE Fragmentation\n"
				    "R - IKE Auto Reconnect, U - IKE Dynamic Route Update\n"
				    "S - SIP VPN\n\n";
static const char brief_legend[] =
	"Status: A- Active, U - Up, D - Down, I - Idle, S - Standby, N - Negotiating \n"
	"        K - No IKE\n"
	"ivrf = (none)\n"
	"Peer            I/F          Username        Group/Phase1_id          Uptime   Status\n";

static bool is_local(const struct show *s, const struct session *x)
{
	struct ipaddr own = x->ike ? x->ike->local_host : local_endpoint(s->facts, x->interface);

	return !ip_is_set(&s->args.local) || ip_equal(&s->args.local, &own);
}

/* The next session; the position is in s->at. */
static bool next(struct show *s, struct session *x)
{
	struct walk w;

	memcpy(w.at, s->at, sizeof(w.at));
	do {
		if (!session_next(s->facts, &s->args, &w, x))
			return false;
	} while (!is_local(s, x));
	memcpy(s->at, w.at, sizeof(w.at));
	return true;
}

static bool session_text(struct show *s, struct text *out)
{
	struct session x;

	if (s->stage == 0) {
		s->stage = 1;
		text_add(out, s->args.brief ? brief_legend : heading);
		if (s->args.detail && !s->args.brief)
			text_add(out, detail_legend);
	}
	if (!next(s, &x))
		return false;
	if (s->args.brief)
		print_brief(out, &x);
	else
		print_session(out, s->facts, &x, s->args.detail);
	return true;
}

static bool session_json(struct show *s, struct text *out)
{
	struct json *j = &s->writer;
	struct session x;
	struct walk w = {0};
	struct flow flow;

	(void)out;
	if (!next(s, &x))
		return false;
	json_object(j, NULL);
	json_string(j, "interface", x.interface->name);
	json_string(j, "map", x.map->name);
	json_uint(j, "sequence", x.entry->sequence);
	json_ip(j, "peer", &x.peer);
	json_string(j, "profile", x.profile[0] ? x.profile : NULL);
	json_string(j, "status", statuses[status_of(&x)].name);
	json_uint(j, "ike_version", version_of(&x));
	if (x.ike) {
		char letters[8];
		json_uint(j, "conn_id", ike_conn_id(x.ike));
		json_ip(j, "local", &x.ike->local_host);
		json_uint(j, "local_port", x.ike->local_port);
		json_uint(j, "peer_port", x.ike->remote_port);
		json_string(j, "remote_id", x.ike->remote_id);
		json_string(j, "capabilities", capabilities(s->facts, &x, letters));
		json_int(j, "established_s", x.ike->established_s);
		json_int(j, "lifetime_left_s", ike_lifetime_left(x.ike));
	}
	json_array(j, "flows");
	while (session_flow_next(s->facts, &x, &w, &flow)) {
		char a[IP_TEXT_MAX];
		json_object(j, NULL);
		json_uint(j, "protocol", flow.local.protocol);
		json_string(j, "local", ip_format(&flow.local.addr, a));
		json_ip(j, "local_mask", &flow.local.mask);
		json_string(j, "remote", ip_format(&flow.remote.addr, a));
		json_ip(j, "remote_mask", &flow.remote.mask);
		json_bool(j, "dynamic", flow.dynamic);
		json_uint(j, "active_sas", flow.sa_count * 2);
		json_uint(j, "packets_in", flow_packets(&flow, true));
		json_uint(j, "packets_out", flow_packets(&flow, false));
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
	return true;
}

const struct view view_crypto_session = {
	.name = "crypto-session",
	.required = FACT_IKE,
	.optional = FACT_CORE | FACT_LINKS,
	.text = session_text,
	.json = session_json,
};
