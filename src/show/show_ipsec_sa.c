/*
 * show crypto ipsec sa [map M | interface IF | peer A | identity | address] [detail], … count
 *
 * XE's layout. The flow's counters are sums over its SAs. Sizes of ESP: RFC 4303 and the algorithms' own.
 */
#include "show/flow.h"

#include <stdlib.h>
#include <string.h>

#include "ipsec/plan.h"

enum { MTU_DEFAULT = 1500, IPV4_HEADER = 20, UDP_HEADER = 8, ESP_HEADER = 8, ESP_TRAILER = 2 };

/* Initialization vector, block and check value in bytes, by charon's names. */
static const struct cipher_size {
	const char *name;
	uint8_t iv, block, icv;
} cipher_sizes[] = {
	{"AES_CBC", 16, 16, 0},
	{"3DES_CBC", 8, 8, 0},
	{"DES_CBC", 8, 8, 0},
	{"AES_GCM_16", 8, 4, 16},
	{"NULL_AES_GMAC", 8, 4, 16},
	{"NULL", 0, 4, 0},
};
static const struct {
	const char *name;
	uint8_t icv;
} integrity_sizes[] = {
	{"HMAC_MD5_96", 12},
	{"HMAC_SHA1_96", 12},
	{"HMAC_SHA2_256_128", 16},
	{"HMAC_SHA2_256_96", 12},
	{"HMAC_SHA2_384_192", 24},
	{"HMAC_SHA2_512_256", 32},
};

static struct cipher_size sizes_of(const struct child_sa *sa)
{
	struct cipher_size s = {"", 16, 16, 0};

	for (size_t i = 0; i < sizeof(cipher_sizes) / sizeof(*cipher_sizes); i++)
		if (!strcmp(cipher_sizes[i].name, sa->encr))
			s = cipher_sizes[i];
	for (size_t i = 0; i < sizeof(integrity_sizes) / sizeof(*integrity_sizes); i++)
		if (!strcmp(integrity_sizes[i].name, sa->integ))
			s.icv = integrity_sizes[i].icv;
	return s;
}

/* The longest packet that leaves in one piece. */
static unsigned plaintext_mtu(const struct child_sa *sa, unsigned path_mtu)
{
	struct cipher_size s = sizes_of(sa);
	unsigned overhead = (sa->transport ? 0 : IPV4_HEADER) + (sa->udp_encap ? UDP_HEADER : 0) +
		ESP_HEADER + s.iv + s.icv;

	if (path_mtu < overhead + s.block)
		return 0;
	return (path_mtu - overhead) / s.block * s.block - ESP_TRAILER;
}

/* --- The flow --------------------------------------------------------------------------------------------------------- */

static void print_ident(struct text *out, const char *which, const struct flow_ident *id)
{
	char addr[IP_TEXT_MAX], mask[IP_TEXT_MAX];

	text_printf(out, "   %s ident (addr/mask/prot/port): (%s/%s/%u/%u)\n", which,
		ip_format(&id->addr, addr), ip_format(&id->mask, mask), id->protocol, id->port);
}

static void print_counters(struct text *out, const struct flow *flow, bool detail)
{
	unsigned long long in = flow_packets(flow, true), outgoing = flow_packets(flow, false);

	text_printf(out,
		"    #pkts encaps: %llu, #pkts encrypt: %llu, #pkts digest: %llu\n"
		"    #pkts decaps: %llu, #pkts decrypt: %llu, #pkts verify: %llu\n"
		"    #pkts compressed: 0, #pkts decompressed: 0\n"
		"    #pkts not compressed: 0, #pkts compr. failed: 0\n"
		"    #pkts not decompressed: 0, #pkts decompress failed: 0\n",
		outgoing, outgoing, outgoing, in, in, in);
	text_add(out,
		detail ? "    #pkts no sa (send) 0, #pkts invalid sa (rcv) 0\n"
			 "    #pkts encaps failed (send) 0, #pkts decaps failed (rcv) 0\n"
			 "    #pkts invalid prot (recv) 0, #pkts verify failed: 0\n"
			 "    #pkts invalid identity (recv) 0, #pkts invalid len (rcv) 0\n"
			 "    #pkts replay rollover (send): 0, #pkts replay rollover (rcv) 0\n"
			 "    ##pkts replay failed (rcv): 0\n"
			 "    #pkts tagged (send): 0, #pkts untagged (rcv): 0\n"
			 "    #pkts not tagged (send): 0, #pkts not untagged (rcv): 0\n"
			 "    #pkts internal err (send): 0, #pkts internal err (recv) 0\n"
		       : "    #send errors 0, #recv errors 0\n");
}

static void print_flow(struct text *out, const struct flow *flow, bool detail)
{
	char peer[IP_TEXT_MAX];

	text_add(out, "\n   protected vrf: (none)\n");
	print_ident(out, "local ", &flow->local);
	print_ident(out, "remote", &flow->remote);
	text_printf(out, "   current_peer %s port %u\n",
		ip_is_set(&flow->peer) ? ip_format(&flow->peer, peer) : "0.0.0.0", flow->peer_port);
	text_printf(out, "     PERMIT, flags={%s}\n", flow->dynamic ? "" : "origin_is_acl,");
	print_counters(out, flow, detail);
}

/* --- An SA ---------------------------------------------------------------------------------------------------------------- */

static uint16_t replay_window(const struct model *m, const struct crypto_map_entry *e)
{
	static const struct crypto_map_entry none;
	struct sa_options o = crypto_entry_options(m, e ? e : &none);

	return o.replay_window == REPLAY_DISABLED ? 0 : o.replay_window;
}

/* What an SA is printed with that charon does not know. */
struct sa_policy {
	const char *map;
	uint32_t limit_kb; /* 0: none */
	bool detail; /* parsers of the detailed form insist on the window's size, those of the plain one refuse it */
	uint16_t window; /* of replay detection; 0: none */
};

/* Kilobytes that a direction may still carry; there must be a limit. */
static uint64_t kilobytes_left(uint64_t bytes, uint32_t limit_kb)
{
	return bytes / 1024 < limit_kb ? limit_kb - bytes / 1024 : 0;
}

static void print_sa(
	struct text *out, const struct sa_policy *policy, const struct child_sa *sa, bool inbound)
{
	char transform[TRANSFORM_TEXT_MAX];
	uint32_t spi = inbound ? sa->spi_in : sa->spi_out;
	long long left = sa->life_s > 0 ? sa->life_s : 0;

	text_printf(out, "      spi: 0x%X(%u)\n", spi, spi);
	text_printf(out, "        transform: %s,\n", format_child_transform(sa, transform));
	text_printf(out, "        in use settings ={%s%s, }\n", sa->transport ? "Transport" : "Tunnel",
		sa->udp_encap ? " UDP-Encaps" : "");
	text_printf(out, "        conn id: %u, flow_id: SW:%u, sibling_flags 80000040, crypto map: %s\n",
		child_conn_id(sa, inbound), child_flow_id(sa, inbound), policy->map);
	if (policy->limit_kb)
		text_printf(out, "        sa timing: remaining key lifetime (k/sec): (%llu/%lld)\n",
			(unsigned long long)kilobytes_left(
				inbound ? sa->bytes_in : sa->bytes_out, policy->limit_kb),
			left);
	else
		text_printf(out,
			"        sa timing: remaining key lifetime (sec): %lld\n"
			"        Kilobyte Volume Rekey has been disabled\n",
			left);
	text_printf(out, "        IV size: %u bytes\n", sizes_of(sa).iv);
	text_printf(out, "        replay detection support: %s", policy->window ? "Y" : "N");
	if (policy->detail)
		text_printf(out, "  replay window size: %u", policy->window);
	text_add(out, "\n");
	text_add(out, "        Status: ACTIVE(ACTIVE)\n");
}

static void print_direction(
	struct text *out, const struct facts *f, const struct flow *flow, bool detail, bool inbound)
{
	const char *word = inbound ? "inbound" : "outbound";
	struct sa_policy policy = {flow->map->name, lifetime_kilobytes(f->model, &flow->template->lifetime),
		detail, replay_window(f->model, flow->template)};

	text_printf(out, "\n     %s esp sas:\n", word);
	for (size_t i = 0; i < flow->sa_count; i++)
		print_sa(out, &policy, &flow->sas[i], inbound);
	text_printf(out, "\n     %s ah sas:\n\n     %s pcp sas:\n", word, word);
}

static void print_sas(struct text *out, const struct facts *f, const struct flow *flow, bool detail)
{
	const struct child_sa *newest = flow->sa_count ? &flow->sas[flow->sa_count - 1] : NULL;
	const struct core_binding *b = facts_binding(f, flow->interface->name);
	const struct link *link = b ? facts_link(f, b->ifindex) : NULL;
	unsigned mtu = link && link->mtu ? link->mtu : MTU_DEFAULT;
	struct ipaddr local = newest ? newest->local_host : local_endpoint(f, flow->interface);
	char here[IP_TEXT_MAX], there[IP_TEXT_MAX], dh[16];

	text_printf(out, "\n     local crypto endpt.: %s, remote crypto endpt.: %s\n",
		ip_is_set(&local) ? ip_format(&local, here) : "0.0.0.0",
		ip_is_set(&flow->peer) ? ip_format(&flow->peer, there) : "0.0.0.0");
	text_printf(out, "     plaintext mtu %u, path mtu %u, ip mtu %u, ip mtu idb %s\n",
		newest ? plaintext_mtu(newest, mtu) : mtu, mtu, mtu, flow->interface->name);
	text_printf(out, "     current outbound spi: 0x%X(%u)\n", newest ? newest->spi_out : 0,
		newest ? newest->spi_out : 0);
	format_dh(newest ? newest->dh : "", dh);
	text_printf(out, "     PFS (Y/N): %s, DH group: %s\n", strcmp(dh, "none") ? "Y" : "N", dh);
	print_direction(out, f, flow, detail, true);
	print_direction(out, f, flow, detail, false);
}

/*
 * The headings of interfaces up to the one at `end`, each once: one without a flow has one too, as that is where the local
 * endpoint stands. s->printed counts interfaces.
 */
static void print_interfaces(struct show *s, struct text *out, size_t end)
{
	const struct vec *interfaces = &s->facts->model->interfaces;
	char ip[IP_TEXT_MAX];

	for (; s->printed < end && s->printed < interfaces->count; s->printed++) {
		const struct interface_cfg *i = interfaces->items[s->printed];
		bool last = s->printed + 1 == end;
		if (!interface_chosen(&s->args, i) || (s->args.sa == SHOW_SA_PEER && !last))
			continue;
		struct ipaddr local = local_endpoint(s->facts, i);
		text_printf(out, "\ninterface: %s\n    Crypto map tag: %s, local addr %s\n", i->name,
			i->crypto_map, ip_is_set(&local) ? ip_format(&local, ip) : "0.0.0.0");
	}
}

/* --- By address ----------------------------------------------------------------------------------------------------------- */

struct by_address {
	const struct child_sa *sa;
	bool inbound;
};

static const struct ipaddr *destination(const struct by_address *row)
{
	return row->inbound ? &row->sa->local_host : &row->sa->remote_host;
}

static int address_order(const void *x, const void *y)
{
	const struct by_address *a = x, *b = y;
	int d = ip_compare(destination(a), destination(b));

	if (d == 0)
		d = a->inbound - b->inbound;
	return d ? d : (a->sa->id > b->sa->id) - (a->sa->id < b->sa->id);
}

/* Both directions, by the address they go to. */
static size_t rows_by_address(const struct facts *f, const struct child_sa *sa, void *out)
{
	struct by_address *rows = out;

	(void)f;
	if (!child_counts(sa))
		return 0;
	rows[0] = (struct by_address){sa, true};
	rows[1] = (struct by_address){sa, false};
	return 2;
}

/* The entry, or its template, that an SA was made from; NULL where it is no more: global values count then. */
static const struct crypto_map_entry *entry_of(
	const struct model *m, const char *map_name, uint16_t sequence, const char *child)
{
	const struct crypto_map *map = model_crypto_map(m, map_name);
	const struct crypto_map_entry *e = map ? crypto_map_entry(map, sequence) : NULL, *t = NULL;

	if (e)
		t = plan_template(m, e, child);
	return t ? t : e;
}

static bool by_address_text(struct show *s, struct text *out)
{
	char ip[IP_TEXT_MAX], interface[INTERFACE_NAME_MAX], map[NAME_MAX_LEN] = "";
	uint16_t sequence = 0;
	struct ipaddr peer;

	if (!view_index(s, sizeof(struct by_address), rows_by_address, address_order))
		return true;
	if (s->at[0] >= s->scratch_count)
		return false;
	const struct by_address *row = (const struct by_address *)s->scratch + s->at[0]++;
	if (!conn_parse(row->sa->conn, interface, map, &sequence, &peer))
		return true; /* none of ours */
	if (s->printed++ == 0 || !ip_equal(destination(&row[-1]), destination(row)))
		text_printf(out, "\nfvrf/address: (none)/%s\n   protocol: ESP\n",
			ip_format(destination(row), ip));
	const struct model *m = s->facts->model;
	const struct crypto_map_entry *e = entry_of(m, map, sequence, row->sa->child);
	struct sa_policy policy = {
		map, lifetime_kilobytes(m, e ? &e->lifetime : NULL), s->args.detail, replay_window(m, e)};
	print_sa(out, &policy, row->sa, row->inbound);
	return true;
}

/* --- The view --------------------------------------------------------------------------------------------------------------- */

static bool ipsec_sa_text(struct show *s, struct text *out)
{
	struct walk w;
	struct flow flow;

	if (s->args.standby)
		return false;
	if (s->args.sa == SHOW_SA_ADDRESS)
		return by_address_text(s, out);
	memcpy(w.at, s->at, sizeof(w.at));
	if (!flow_next(s->facts, &s->args, &w, &flow)) {
		if (s->args.sa != SHOW_SA_PEER)
			print_interfaces(s, out, SIZE_MAX);
		return false;
	}
	memcpy(s->at, w.at, sizeof(w.at));
	print_interfaces(s, out, w.at[0] + 1);
	print_flow(out, &flow, s->args.detail);
	if (s->args.sa != SHOW_SA_IDENTITY)
		print_sas(out, s->facts, &flow, s->args.detail);
	return true;
}

static void json_ident(struct json *j, const char *key, const struct flow_ident *id)
{
	json_object(j, key);
	json_ip(j, "address", &id->addr);
	json_ip(j, "mask", &id->mask);
	json_uint(j, "protocol", id->protocol);
	json_uint(j, "port", id->port);
	json_object_end(j);
}

static void json_child(
	struct json *j, const struct model *m, const struct flow *flow, const struct child_sa *sa)
{
	uint32_t limit_kb = lifetime_kilobytes(m, &flow->template->lifetime);

	json_object(j, NULL);
	json_uint(j, "id", sa->id);
	json_uint(j, "ike_conn_id", ike_conn_id(&(struct ike_sa){.id = sa->ike_id}));
	json_uint(j, "spi_in", sa->spi_in);
	json_uint(j, "spi_out", sa->spi_out);
	json_ip(j, "local", &sa->local_host);
	json_ip(j, "remote", &sa->remote_host);
	json_string(j, "mode", sa->transport ? "transport" : "tunnel");
	json_bool(j, "udp_encapsulation", sa->udp_encap);
	json_string(j, "encryption", sa->encr);
	json_uint(j, "encryption_bits", sa->encr_bits);
	json_string(j, "integrity", sa->integ);
	json_uint(j, "dh_group", dh_number(sa->dh));
	json_uint(j, "bytes_in", sa->bytes_in);
	json_uint(j, "bytes_out", sa->bytes_out);
	json_uint(j, "packets_in", sa->packets_in);
	json_uint(j, "packets_out", sa->packets_out);
	json_int(j, "installed_s", sa->install_s);
	json_int(j, "life_left_s", sa->life_s);
	if (limit_kb) {
		json_uint(j, "kilobytes_left_in", kilobytes_left(sa->bytes_in, limit_kb));
		json_uint(j, "kilobytes_left_out", kilobytes_left(sa->bytes_out, limit_kb));
	}
	json_uint(j, "replay_window", replay_window(m, flow->template));
	json_object_end(j);
}

static bool ipsec_sa_json(struct show *s, struct text *out)
{
	struct json *j = &s->writer;
	struct show_args args = s->args;
	struct walk w;
	struct flow flow;

	(void)out;
	memcpy(w.at, s->at, sizeof(w.at));
	if (args.standby || !flow_next(s->facts, &args, &w, &flow))
		return false;
	memcpy(s->at, w.at, sizeof(w.at));
	struct ipaddr local = local_endpoint(s->facts, flow.interface);
	json_object(j, NULL);
	json_string(j, "interface", flow.interface->name);
	json_string(j, "map", flow.map->name);
	json_uint(j, "sequence", flow.entry->sequence);
	json_bool(j, "dynamic", flow.dynamic);
	json_ip(j, "endpoint", &local);
	json_ip(j, "peer", &flow.peer);
	json_uint(j, "peer_port", flow.peer_port);
	json_ident(j, "local_ident", &flow.local);
	json_ident(j, "remote_ident", &flow.remote);
	json_uint(j, "packets_in", flow_packets(&flow, true));
	json_uint(j, "packets_out", flow_packets(&flow, false));
	json_array(j, "sas");
	for (size_t i = 0; i < flow.sa_count; i++)
		json_child(j, s->facts->model, &flow, &flow.sas[i]);
	json_array_end(j);
	json_object_end(j);
	return true;
}

const struct view view_ipsec_sa = {
	.name = "crypto-ipsec-sa",
	.required = FACT_IKE,
	.optional = FACT_CORE | FACT_LINKS,
	.text = ipsec_sa_text,
	.json = ipsec_sa_json,
};

/* --- count -------------------------------------------------------------------------------------------------------------------- */

struct sa_count {
	unsigned total, active, rekeying;
};

/* IOS counts each direction. */
static struct sa_count count_sas(const struct facts *f)
{
	struct sa_count c = {0};

	for (size_t i = 0; i < f->child_sa_count; i++) {
		enum child_sa_state st = f->child_sas[i].state;
		c.active += st == CHILD_SA_INSTALLED ? 2 : 0;
		c.rekeying += st == CHILD_SA_REKEYING || st == CHILD_SA_REKEYED ? 2 : 0;
	}
	c.total = c.active + c.rekeying;
	return c;
}

static bool count_text(struct show *s, struct text *out)
{
	struct sa_count c = count_sas(s->facts);

	text_printf(out, "IPsec SA total: %u, active: %u, rekeying: %u, unused: 0, invalid: 0\n", c.total,
		c.active, c.rekeying);
	return false;
}

static bool count_json(struct show *s, struct text *out)
{
	struct sa_count c = count_sas(s->facts);

	(void)out;
	json_object(&s->writer, NULL);
	json_uint(&s->writer, "total", c.total);
	json_uint(&s->writer, "active", c.active);
	json_uint(&s->writer, "rekeying", c.rekeying);
	json_object_end(&s->writer);
	return false;
}

const struct view view_ipsec_sa_count = {
	.name = "crypto-ipsec-sa-count",
	.required = FACT_IKE,
	.text = count_text,
	.json = count_json,
};
