/* Extended access lists, numbered and named. */
#include <stdio.h>
#include <string.h>

#include "cli/rules.h"
#include "ipsec/acl.h"

enum { PROTOCOL_IP = 0, PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

/* --- From the line ------------------------------------------------------------------------------------------------ */

/* "s-" and "d-": the slots of source and destination. */
struct end_slots {
	const char *any, *host, *addr, *wild, *lo, *hi;
	const char
		*op[5]; /* in the order of enum acl_port_op from ACL_PORT_EQ on; range has none of its own */
};

static const struct end_slots source_slots = {
	"s-any", "s-host", "s-addr", "s-wild", "s-lo", "s-hi", {"s-eq", "s-neq", "s-lt", "s-gt"}};
static const struct end_slots destination_slots = {
	"d-any", "d-host", "d-addr", "d-wild", "d-lo", "d-hi", {"d-eq", "d-neq", "d-lt", "d-gt"}};

static struct acl_end read_end(const struct cli_args *a, const struct end_slots *s)
{
	struct acl_end e = {.addr = ip_v4(0), .wildcard = ip_v4(UINT32_MAX)};
	const struct cli_value *host = cli_arg(a, s->host), *addr = cli_arg(a, s->addr);

	if (host->set) {
		e.addr = host->ip;
		e.wildcard = ip_v4(0);
	} else if (addr->set) {
		e.wildcard = cli_arg(a, s->wild)->ip;
		e.addr = ip_v4(ip_v4_u32(&addr->ip) & ~ip_v4_u32(&e.wildcard));
	}
	for (unsigned op = 0; op < 4; op++) {
		const struct cli_value *v = cli_arg(a, s->op[op]);

		if (v->set) {
			e.port_op = (enum acl_port_op)(ACL_PORT_EQ + op);
			e.port_lo = e.port_hi = (uint16_t)v->n;
		}
	}
	if (cli_has(a, s->lo)) {
		uint16_t lo = (uint16_t)cli_arg(a, s->lo)->n, hi = (uint16_t)cli_arg(a, s->hi)->n;

		e.port_op = ACL_PORT_RANGE;
		e.port_lo = lo < hi ? lo : hi; /* IOS turns them round */
		e.port_hi = lo < hi ? hi : lo;
	}
	return e;
}

/* As struct acl_rule has it. */
static uint32_t read_icmp(const struct cli_args *a)
{
	const struct cli_value *type = cli_arg(a, "type"), *code = cli_arg(a, "code");

	if (!type->set)
		return 0;
	return 1 + (code->set ? ACL_ICMP_CODE | (type->n & 0xff) << 8 | code->n : type->n);
}

static struct acl_rule read_rule(const struct cli_args *a)
{
	struct acl_rule r = {.sequence = cli_arg(a, "sequence")->n,
		.permit = cli_has(a, "permit"),
		.protocol = (int16_t)cli_arg(a, "protocol")->n,
		.established = cli_has(a, "established"),
		.log = cli_has(a, "log")};

	if (cli_has(a, "remark")) {
		r.is_remark = true;
		return r;
	}
	if (cli_has(a, "tcp"))
		r.protocol = PROTOCOL_TCP;
	else if (cli_has(a, "udp"))
		r.protocol = PROTOCOL_UDP;
	else if (cli_has(a, "icmp"))
		r.protocol = PROTOCOL_ICMP;
	r.icmp = read_icmp(a);
	r.source = read_end(a, &source_slots);
	r.destination = read_end(a, &destination_slots);
	return r;
}

/* --- To the line -------------------------------------------------------------------------------------------------- */

static void show_end(const struct acl_end *e, const struct end_slots *s, struct cli_args *a)
{
	if (ip_v4_u32(&e->wildcard) == UINT32_MAX) {
		cli_put_number(a, s->any, 1);
	} else if (ip_v4_u32(&e->wildcard) == 0) {
		cli_put_address(a, s->host, &e->addr);
	} else {
		cli_put_address(a, s->addr, &e->addr);
		cli_put_address(a, s->wild, &e->wildcard);
	}
	if (e->port_op == ACL_PORT_RANGE) {
		cli_put_number(a, s->lo, e->port_lo);
		cli_put_number(a, s->hi, e->port_hi);
	} else if (e->port_op != ACL_PORT_NONE) {
		cli_put_number(a, s->op[e->port_op - ACL_PORT_EQ], e->port_lo);
	}
}

/* Type and code that have a name are written by it. */
static void show_icmp(uint32_t icmp, struct cli_args *a)
{
	uint32_t value = icmp - 1;

	if (!icmp)
		return;
	if (value & ACL_ICMP_CODE && !cli_named("ICMP-TYPE", value)) {
		cli_put_number(a, "type", value >> 8 & 0xff);
		cli_put_number(a, "code", value & 0xff);
	} else {
		cli_put_number(a, "type", value);
	}
}

static bool get_rule(const struct cli_target *t, struct cli_args *a)
{
	const struct acl_rule *r = t->object;

	cli_put_string(a, "list", t->name);
	cli_put_number(a, "sequence", r->sequence);
	if (r->is_remark) {
		cli_put_string(a, "remark", r->remark);
		return true;
	}
	cli_put_number(a, r->permit ? "permit" : "deny", 1);
	switch (r->protocol) {
	case PROTOCOL_IP: cli_put_number(a, "ip", 1); break;
	case PROTOCOL_TCP: cli_put_number(a, "tcp", 1); break;
	case PROTOCOL_UDP: cli_put_number(a, "udp", 1); break;
	case PROTOCOL_ICMP: cli_put_number(a, "icmp", 1); break;
	default: cli_put_number(a, "protocol", (uint32_t)r->protocol);
	}
	show_end(&r->source, &source_slots, a);
	show_end(&r->destination, &destination_slots, a);
	show_icmp(r->icmp, a);
	if (r->established)
		cli_put_number(a, "established", 1);
	if (r->log)
		cli_put_number(a, "log", 1);
	return true;
}

static bool is_tcp(const struct cli_target *t)
{
	const struct acl_rule *r = t->object;

	return !r->is_remark && r->protocol == PROTOCOL_TCP;
}

static bool is_udp(const struct cli_target *t)
{
	const struct acl_rule *r = t->object;

	return !r->is_remark && r->protocol == PROTOCOL_UDP;
}

static bool is_other(const struct cli_target *t)
{
	const struct acl_rule *r = t->object;

	return !r->is_remark && r->protocol != PROTOCOL_TCP && r->protocol != PROTOCOL_UDP &&
		r->protocol != PROTOCOL_ICMP;
}

static bool is_icmp(const struct cli_target *t)
{
	const struct acl_rule *r = t->object;

	return !r->is_remark && r->protocol == PROTOCOL_ICMP;
}

static bool is_remark(const struct cli_target *t)
{
	return ((const struct acl_rule *)t->object)->is_remark;
}

/* --- Rules -------------------------------------------------------------------------------------------------------- */

/* In the list's own mode the list is there; `access-list N` names it, and makes it. */
static const char *list_name(const struct cli_call *c)
{
	const struct cli_value *list = cli_arg(c->args, "list");

	return list->set ? list->s : c->target.name;
}

/* A number that is free below another one; 0: none. */
static uint32_t free_below(const struct acl *a, uint32_t sequence)
{
	while (--sequence > 0 && acl_rule(a, sequence))
		;
	return sequence;
}

/*
 * IOS XE gives a remark the number of the rule behind it. Here each has its own: the remark goes to a free number before
 * the rule. False: they cannot both be kept.
 */
static bool may_share(const struct acl *a, const struct acl_rule *r)
{
	const struct acl_rule *there = acl_rule(a, r->sequence);

	return !there || ((there->is_remark || r->is_remark) && free_below(a, r->sequence) != 0);
}

static bool make_room(struct acl *a, struct acl_rule *r)
{
	const struct acl_rule *there = acl_rule(a, r->sequence);
	uint32_t below = there ? free_below(a, r->sequence) : 0;
	char remark[DESCRIPTION_MAX_LEN];

	if (!there)
		return true;
	if (!there->is_remark) {
		r->sequence = below;
		return true;
	}
	str_copy(remark, sizeof(remark), there->remark);
	acl_rule_delete(a, r->sequence);
	return acl_rule_add(a, &(struct acl_rule){.sequence = below, .is_remark = true, .remark = remark});
}

static bool check_rule(struct cli_call *c)
{
	struct acl_rule r = read_rule(c->args);
	const char *name = list_name(c);
	const struct acl *a = model_acl(c->model, name);
	const struct crypto_map *map;
	bool dynamic;

	if (r.sequence && a && !may_share(a, &r))
		return cli_refuse(c, "Duplicate sequence number");
	if (!r.sequence && a)
		r.sequence = acl_next_sequence(a);
	if (a && r.sequence == 0)
		return cli_refuse(c, "Access list %s has no sequence number left: resequence it", name);
	if (r.permit && acl_rule_uses_any(&r)) {
		const struct crypto_map_entry *e = cli_rri_user(c->model, name, &map, &dynamic);

		if (e)
			return cli_refuse_any(
				c, name, r.sequence ? r.sequence : ACL_SEQUENCE_STEP, map, dynamic, e);
	}
	return true;
}

static bool set_rule(struct cli_call *c)
{
	struct acl_rule r = read_rule(c->args);
	const char *name = list_name(c);
	struct acl *a = model_acl_get(c->model, name);
	char remark[DESCRIPTION_MAX_LEN];

	if (!a)
		return cli_refuse(c, "Out of memory");
	a->numbered = name[0] >= '0' && name[0] <= '9';
	c->target.name = a->name;
	if (!r.is_remark && acl_rule_same(a, &r))
		return true; /* IOS takes a rule that is there without a word */
	if (r.is_remark) {
		size_t n;

		str_copy(remark, sizeof(remark), cli_arg(c->args, "remark")->s);
		for (n = strlen(remark); n > 0 && (remark[n - 1] == ' ' || remark[n - 1] == '\t'); n--)
			remark[n - 1] = '\0';
		r.remark = remark;
	}
	if (!r.sequence)
		r.sequence = acl_next_sequence(a);
	return (make_room(a, &r) && acl_rule_add(a, &r)) || cli_refuse(c, "Out of memory");
}

/* A netmask where wildcard bits belong: a tunnel cannot be negotiated for it, and the filter covers it generously. */
static void warn_wildcard(struct cli_call *c)
{
	struct acl_rule r = read_rule(c->args);
	const struct ipaddr *ends[] = {&r.source.wildcard, &r.destination.wildcard};
	char text[IP_TEXT_MAX], inverted[IP_TEXT_MAX];

	for (size_t i = 0; i < 2 && !r.is_remark; i++) {
		int len = ip_mask_to_len(ends[i]);
		struct ipaddr wildcard = ip_len_to_wildcard(IP_V4, len < 0 ? 32 : (unsigned)len);

		if (ip_wildcard_to_len(ends[i]) >= 0)
			continue;
		cli_note(c,
			"%%Warning: Wildcard bits %s are not contiguous: no tunnel can protect this line, "
			"and what "
			"it may cover is dropped.%s%s",
			ip_format(ends[i], text), len < 0 ? "" : " For a subnet of that mask type ",
			len < 0 ? "" : ip_format(&wildcard, inverted));
	}
}

/* What a policy of IPsec cannot say as the line does. The filter can: nothing more passes in clear. */
static void warn_bound(struct cli_call *c, const struct acl_rule *r)
{
	struct acl_flow flows[ACL_FLOWS_PER_RULE];
	size_t n = acl_rule_flows(r, flows);

	for (size_t i = 0; i < n; i++) {
		struct ports local = acl_ports_by_mask(&flows[i].local.ports),
			     remote = acl_ports_by_mask(&flows[i].remote.ports);

		if (acl_flow_bound(&flows[i]))
			continue;
		if (!r->permit) {
			cli_note(c,
				"%%Warning: kernel policies cannot select exactly this %s: while a tunnel "
				"around it "
				"stands, what this line exempts takes that tunnel",
				r->icmp ? "ICMP message" : "range of ports");
			return;
		}
		if (r->icmp)
			cli_note(c,
				"%%Warning: kernel policies take ICMP type 0 and code 0 for any: the SA of "
				"this line "
				"is for all %s between these addresses",
				flows[i].local.ports.lo <= UINT8_MAX ? "ICMP" : "codes of this type");
		else
			cli_note(c,
				"%%Warning: kernel policies select ports by a mask: the SA of this line is "
				"for ports "
				"%u-%u to %u-%u, with IKEv1 for all",
				local.lo, local.hi, remote.lo, remote.hi);
	}
}

static void warn_rule(struct cli_call *c)
{
	struct acl_rule r;

	if (c->loading) /* and there are many lines */
		return;
	r = read_rule(c->args);
	warn_wildcard(c);
	if (c->no || r.is_remark)
		return;
	if (r.permit || !r.established)
		warn_bound(c, &r);
	if (r.established)
		cli_note(c,
			r.permit ? "%%Warning: an SA is not bound to established connections: this line "
				   "protects all "
				   "TCP between these addresses and ports"
				 : "%%Warning: established connections cannot be told from others: this line "
				   "exempts "
				   "none from protection");
}

static const struct acl_rule *same_remark(const struct acl *a, const char *text)
{
	const struct acl_rule *r;

	vec_each (&a->rules, i, r)
		if (r->is_remark && strcmp(r->remark, text) == 0)
			return r;
	return NULL;
}

static bool unset_rule(struct cli_call *c)
{
	struct acl_rule like = read_rule(c->args);
	const char *name = list_name(c);
	struct acl *a = model_acl(c->model, name);
	const struct acl_rule *r = NULL;

	if (a && like.sequence)
		r = acl_rule(a, like.sequence);
	else if (a && like.is_remark)
		r = same_remark(a, cli_arg(c->args, "remark")->s);
	else if (a)
		r = acl_rule_same(a, &like);
	if (!r)
		return cli_refuse(c, "Specified access list entry does not exist");
	acl_rule_delete(a, r->sequence);
	c->target.name = a->name;
	if (a->rules.count == 0 && a->numbered && cli_has(c->args, "list")) {
		model_touch(c->model, MODEL_ACL, a->name, 0);
		c->touched = true;
		model_acl_delete(c->model, name);
	}
	return true;
}

static bool drop_list(struct cli_call *c)
{
	const struct cli_value *list = cli_arg(c->args, "list");
	const char *name = list->set ? list->s : cli_arg(c->args, "name")->s;

	cli_warn_acl_gone(c, name);
	c->target.object = NULL;
	model_touch(c->model, MODEL_ACL, name, 0);
	c->touched = true;
	model_acl_delete(c->model, name);
	return true;
}

/* --- Lists --------------------------------------------------------------------------------------------------------- */

static bool set_list(struct cli_call *c)
{
	struct acl *a = c->target.object;

	a->numbered = a->name[0] >= '0' && a->name[0] <= '9';
	return true;
}

static bool check_resequence(struct cli_call *c)
{
	const struct acl *a = model_acl(c->model, cli_arg(c->args, "list")->s);
	uint64_t last = cli_arg(c->args, "start")->n;

	if (!a)
		return cli_refuse(c, "Access list %s does not exist", cli_arg(c->args, "list")->s);
	if (a->rules.count > 0)
		last += (uint64_t)(a->rules.count - 1) * cli_arg(c->args, "step")->n;
	return last <= ACL_SEQUENCE_MAX || cli_refuse(c, "The last sequence number would be too great");
}

/* The order stays, so the rules need not move. */
static bool set_resequence(struct cli_call *c)
{
	struct acl *a = model_acl(c->model, cli_arg(c->args, "list")->s);
	uint32_t next = cli_arg(c->args, "start")->n;
	struct acl_rule *r;

	c->target.name = a->name;
	vec_each (&a->rules, i, r) {
		r->sequence = next;
		next += cli_arg(c->args, "step")->n;
	}
	return true;
}

static bool get_list(const struct cli_target *t, struct cli_args *a)
{
	cli_put_string(a, "name", ((const struct acl *)t->object)->name);
	return true;
}

/* --- The rows ------------------------------------------------------------------------------------------------------ */

#define ADDRESS_OF(p) "{host A.B.C.D:" p "host|any:" p "any|A.B.C.D:" p "addr WILDCARD:" p "wild} "
#define PORTS_OF(p, type)                                                                                    \
	"[eq " type ":" p "eq|neq " type ":" p "neq|lt " type ":" p "lt|gt " type ":" p "gt|range " type     \
	":" p "lo " type ":" p "hi] "
#define ACTION "{permit:permit|deny~deny__:deny} "
#define OTHER  ACTION "{ip:ip|PROTOCOL:protocol} " ADDRESS_OF("s-") ADDRESS_OF("d-") "[log:log]"
#define TCP                                                                                                  \
	ACTION "tcp:tcp " ADDRESS_OF("s-") PORTS_OF("s-", "TCP-PORT") ADDRESS_OF("d-")                       \
		PORTS_OF("d-", "TCP-PORT") "[established:established] [log:log]"
#define UDP                                                                                                  \
	ACTION "udp:udp " ADDRESS_OF("s-") PORTS_OF("s-", "UDP-PORT") ADDRESS_OF("d-")                       \
		PORTS_OF("d-", "UDP-PORT") "[log:log]"
#define ICMP ACTION "icmp:icmp " ADDRESS_OF("s-") ADDRESS_OF("d-") "[ICMP-TYPE:type [<0-255>:code]] [log:log]"
/* What a list for IPsec cannot look at. */
#define OPTION                                                                                               \
	"{dscp|precedence|tos|ttl|option|fragments|time-range|reflect|log-input|match-all|match-any} [LINE]"
#define ANY_PROTOCOL "{ip|tcp|udp|icmp|PROTOCOL} "
#define NUMBERED     "access-list {<100-199>:list|<2000-2699>:list} "
#define SEQUENCED    "[<1-2147483647>:sequence] "

#define ACTION_HELP "Specify packets to forward|Specify packets to reject|"
#define ADDRESS_HELP(what)                                                                                   \
	"A single " what " host|" what " address|Any " what " host|" what " address|" what " wildcard bits|"
#define PORTS_HELP                                                                                           \
	"Match only packets on a given port number|Port number|"                                             \
	"Match only packets not on a given port number|Port number|"                                         \
	"Match only packets with a lower port number|Port number|"                                           \
	"Match only packets with a greater port number|Port number|"                                         \
	"Match only packets in the range of port numbers|Port number|Port number|"
#define OTHER_HELP                                                                                           \
	ACTION_HELP "Any Internet Protocol|An IP protocol number|" ADDRESS_HELP("source")                    \
		ADDRESS_HELP("destination") "Log matches against this entry"
#define PORT_HELP(protocol)                                                                                  \
	ACTION_HELP protocol "|" ADDRESS_HELP("source") PORTS_HELP ADDRESS_HELP("destination") PORTS_HELP
#define TCP_HELP                                                                                             \
	PORT_HELP("Transmission Control Protocol")                                                           \
	"Match established connections|Log matches against this entry"
#define ICMP_HELP                                                                                            \
	ACTION_HELP "Internet Control Message Protocol|" ADDRESS_HELP("source") ADDRESS_HELP(                \
		"destination") "ICMP message type|ICMP message code|Log matches against this entry"
#define UDP_HELP PORT_HELP("User Datagram Protocol") "Log matches against this entry"
#define NUMBERED_HELP                                                                                        \
	"Add an access list entry|IP extended access list|IP extended access list (expanded range)|"
#define SEQUENCED_HELP "Sequence Number|"

#define RULE(applies_)                                                                                       \
	.check = check_rule, .after = warn_rule, .set = set_rule, .unset = unset_rule, .get = get_rule,      \
	.applies = applies_, .touches = MODEL_ACL
#define NUMBERED_RULE(applies_)                                                                              \
	.modes = IN(CONFIG), .rank = 1600, .list = &cli_list_numbered_rules, RULE(applies_)
#define NAMED_RULE(applies_) .modes = IN(ACL), .rank = 10, .list = &cli_list_rules, RULE(applies_)

#define OPTION_REFUSED                                                                                       \
	"This option of an access list rule is not available: a rule is a protocol, addresses and ports"
#define GROUP_REFUSED "Object groups are not available: accepted are A.B.C.D WILDCARD, host A.B.C.D and any"
/* The same lines with something behind that is known, and not to be had. */
#define REFUSED_LINES(mode, head)                                                                            \
	{.modes = IN(mode),                                                                                  \
		.flags = CLI_HIDDEN,                                                                         \
		.refuse = OPTION_REFUSED,                                                                    \
		.syntax = head ACTION ANY_PROTOCOL ADDRESS_OF("s-") ADDRESS_OF("d-") OPTION},                \
		{.modes = IN(mode),                                                                          \
			.flags = CLI_HIDDEN,                                                                 \
			.refuse = OPTION_REFUSED,                                                            \
			.syntax = head TCP " " OPTION},                                                      \
		{.modes = IN(mode),                                                                          \
			.flags = CLI_HIDDEN,                                                                 \
			.refuse = OPTION_REFUSED,                                                            \
			.syntax = head UDP " " OPTION},                                                      \
		{.modes = IN(mode),                                                                          \
			.flags = CLI_HIDDEN,                                                                 \
			.refuse = GROUP_REFUSED,                                                             \
			.syntax = head ACTION "{object-group|" ANY_PROTOCOL "object-group} LINE"},           \
	{                                                                                                    \
		.modes = IN(mode), .flags = CLI_HIDDEN, .refuse = GROUP_REFUSED,                             \
		.syntax = head ACTION ANY_PROTOCOL ADDRESS_OF("s-")                                          \
			PORTS_OF("s-", "TCP-PORT") "object-group LINE"                                       \
	}

static const struct cli_row rows[] = {
	{.modes = IN(CONFIG),
		.syntax = "ip access-list extended {<100-199>:name|<2000-2699>:name|NAME/63:name}",
		.help = "|Named access-list|Extended Access List|Extended IP access-list number|"
			"Extended IP access-list number (expanded range)|Access-list name",
		.rank = 1500,
		.flags = CLI_IDENTITY,
		.opens = MODE_ACL,
		.list = &cli_list_named_acls,
		.set = set_list,
		.unset = drop_list,
		.get = get_list,
		.touches = MODEL_ACL},
	{.modes = IN(CONFIG),
		.syntax = "ip access-list resequence {<100-199>:list|<2000-2699>:list|NAME/63:list} "
			  "<1-2147483647>:start <1-2147483647>:step",
		.help = "||Resequence Access List|||Access-list name|Starting Sequence Number|Step to "
			"increment "
			"the sequence number",
		.flags = CLI_NO_NO,
		.check = check_resequence,
		.set = set_resequence,
		.touches = MODEL_ACL},
	{.modes = IN(CONFIG),
		.syntax = "ip access-list standard LINE",
		.flags = CLI_HIDDEN,
		.refuse = "Standard access lists are not available: use ip access-list extended"},
	{NUMBERED_RULE(is_remark), .syntax = NUMBERED "remark LINE/100:remark",
		.help = NUMBERED_HELP "Access list entry comment|Comment up to 100 characters"},
	{NUMBERED_RULE(is_other), .syntax = NUMBERED OTHER, .help = NUMBERED_HELP OTHER_HELP},
	{NUMBERED_RULE(is_tcp), .syntax = NUMBERED TCP, .help = NUMBERED_HELP TCP_HELP},
	{NUMBERED_RULE(is_udp), .syntax = NUMBERED UDP, .help = NUMBERED_HELP UDP_HELP},
	{NUMBERED_RULE(is_icmp), .syntax = NUMBERED ICMP, .help = NUMBERED_HELP ICMP_HELP},
	REFUSED_LINES(CONFIG, NUMBERED),
	{.modes = IN(CONFIG),
		.syntax = "access-list {<100-199>:list|<2000-2699>:list}",
		.flags = CLI_ONLY_NO | CLI_HIDDEN,
		.unset = drop_list,
		.touches = MODEL_ACL},
	{.modes = IN(CONFIG),
		.syntax = "access-list {<1-99>|<1300-1999>} LINE",
		.flags = CLI_HIDDEN,
		.refuse = "Standard access lists are not available: use 100-199 or 2000-2699"},

	{NAMED_RULE(is_remark), .syntax = SEQUENCED "remark LINE/100:remark",
		.help = SEQUENCED_HELP "Access list entry comment|Comment up to 100 characters"},
	{NAMED_RULE(is_other), .syntax = SEQUENCED OTHER, .help = SEQUENCED_HELP OTHER_HELP},
	{NAMED_RULE(is_tcp), .syntax = SEQUENCED TCP, .help = SEQUENCED_HELP TCP_HELP},
	{NAMED_RULE(is_udp), .syntax = SEQUENCED UDP, .help = SEQUENCED_HELP UDP_HELP},
	{NAMED_RULE(is_icmp), .syntax = SEQUENCED ICMP, .help = SEQUENCED_HELP ICMP_HELP},
	REFUSED_LINES(ACL, SEQUENCED),
	{.modes = IN(ACL),
		.syntax = "<1-2147483647>:sequence",
		.help = "Sequence Number",
		.flags = CLI_ONLY_NO,
		.list = &cli_list_rules,
		.unset = unset_rule,
		.touches = MODEL_ACL},
};
CLI_TABLE(cli_table_acl, rows);
