/* What macvlans neither tell nor hear: see quiet.h. */
#include "linux/quiet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "linux/nft_monitor.h"
#include "linux/vmac.h"

#define TABLE "hotswan-hsrp"

enum {
	REQUEST = 8192,
	MONITOR_BUFFER = 1 << 20, /* the engine's table tells of 10,000 lines at once */
	AT_ONCE = 32,		  /* notifications: hellos go on in between */
	MLDV2_REPORT = 143,	  /* RFC 3810 5.2 */
	RAW = -300,		  /* before a connection is tracked and a route is looked for */
	DESTINATION = 24,	  /* of an IPv6 packet; solicited-node addresses: RFC 4291 2.7.1 */
	RULES = 5,		  /* of a chain */
	EXPRESSIONS = 6,
};

struct quiet {
	struct mnl_socket *socket, *monitor;
	uint32_t seq;
	char request[REQUEST];
};

/* ---- the rules ---- */

enum kind { NONE, META, NETWORK_BYTE, TRANSPORT_BYTE, MASK, COMPARE, COUNTER, VERDICT };

struct expression {
	enum kind kind;
	uint32_t what; /* key of META, offset of a byte, operator of COMPARE, code of VERDICT */
	uint32_t value;
	uint8_t bytes; /* of value: 4, in the machine's order, or 1 */
};

static const struct chain {
	const char *name;
	enum nf_inet_hooks hook;
	int priority;
	struct expression rules[RULES][EXPRESSIONS];
} chains[] = {
	{"output", NF_INET_LOCAL_OUT, 0,
		{
			{{META, NFT_META_OIFGROUP}, {MASK, .value = VMAC_GROUP_MASK, .bytes = 4},
				{COMPARE, NFT_CMP_NEQ, VMAC_GROUP, 4}, {VERDICT, NF_ACCEPT}},
			{{META, NFT_META_L4PROTO}, {COMPARE, NFT_CMP_EQ, IPPROTO_IGMP, 1}, {COUNTER},
				{VERDICT, NF_DROP}},
			{{META, NFT_META_L4PROTO}, {COMPARE, NFT_CMP_NEQ, IPPROTO_ICMPV6, 1},
				{VERDICT, NF_ACCEPT}},
			{{TRANSPORT_BYTE}, {COMPARE, NFT_CMP_GTE, MLD_LISTENER_QUERY, 1},
				{COMPARE, NFT_CMP_LTE, MLD_LISTENER_REDUCTION, 1}, {COUNTER},
				{VERDICT, NF_DROP}},
			{{TRANSPORT_BYTE}, {COMPARE, NFT_CMP_EQ, MLDV2_REPORT, 1}, {COUNTER},
				{VERDICT, NF_DROP}},
		}},
	{"prerouting", NF_INET_PRE_ROUTING, RAW,
		{
			{{META, NFT_META_IIFGROUP}, {MASK, .value = VMAC_GROUP_MASK, .bytes = 4},
				{COMPARE, NFT_CMP_NEQ, VMAC_GROUP, 4}, {VERDICT, NF_ACCEPT}},
			{{META, NFT_META_NFPROTO}, {COMPARE, NFT_CMP_NEQ, NFPROTO_IPV6, 1},
				{VERDICT, NF_ACCEPT}},
			{{NETWORK_BYTE, DESTINATION}, {COMPARE, NFT_CMP_NEQ, 0xff, 1}, {VERDICT, NF_ACCEPT}},
			{{NETWORK_BYTE, DESTINATION + 11}, {COMPARE, NFT_CMP_EQ, 0x01, 1},
				{NETWORK_BYTE, DESTINATION + 12}, {COMPARE, NFT_CMP_EQ, 0xff, 1},
				{VERDICT, NF_ACCEPT}},
			{{COUNTER}, {VERDICT, NF_DROP}},
		}},
};

enum { CHAINS = sizeof(chains) / sizeof(*chains) };

static void put_u32(struct nlmsghdr *h, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(h, type, htonl(value));
}

static void put_data(struct nlmsghdr *h, uint16_t type, uint32_t value, uint8_t bytes)
{
	struct nlattr *nest = mnl_attr_nest_start(h, type);
	uint8_t byte = (uint8_t)value;

	mnl_attr_put(h, NFTA_DATA_VALUE, bytes, bytes == 1 ? (const void *)&byte : &value);
	mnl_attr_nest_end(h, nest);
}

static void put_verdict(struct nlmsghdr *h, uint32_t code)
{
	struct nlattr *data = mnl_attr_nest_start(h, NFTA_IMMEDIATE_DATA);
	struct nlattr *verdict = mnl_attr_nest_start(h, NFTA_DATA_VERDICT);

	put_u32(h, NFTA_VERDICT_CODE, code);
	mnl_attr_nest_end(h, verdict);
	mnl_attr_nest_end(h, data);
}

static void put_expression(struct nlmsghdr *h, const struct expression *x)
{
	static const char *const names[] = {[META] = "meta",
		[NETWORK_BYTE] = "payload",
		[TRANSPORT_BYTE] = "payload",
		[MASK] = "bitwise",
		[COMPARE] = "cmp",
		[COUNTER] = "counter",
		[VERDICT] = "immediate"};
	struct nlattr *element = mnl_attr_nest_start(h, NFTA_LIST_ELEM);

	mnl_attr_put_strz(h, NFTA_EXPR_NAME, names[x->kind]);
	struct nlattr *data = mnl_attr_nest_start(h, NFTA_EXPR_DATA);
	switch (x->kind) {
	case META:
		put_u32(h, NFTA_META_KEY, x->what);
		put_u32(h, NFTA_META_DREG, NFT_REG_1);
		break;
	case NETWORK_BYTE:
	case TRANSPORT_BYTE:
		put_u32(h, NFTA_PAYLOAD_DREG, NFT_REG_1);
		put_u32(h, NFTA_PAYLOAD_BASE,
			x->kind == NETWORK_BYTE ? NFT_PAYLOAD_NETWORK_HEADER : NFT_PAYLOAD_TRANSPORT_HEADER);
		put_u32(h, NFTA_PAYLOAD_OFFSET, x->what);
		put_u32(h, NFTA_PAYLOAD_LEN, 1);
		break;
	case MASK:
		put_u32(h, NFTA_BITWISE_SREG, NFT_REG_1);
		put_u32(h, NFTA_BITWISE_DREG, NFT_REG_1);
		put_u32(h, NFTA_BITWISE_LEN, x->bytes);
		put_data(h, NFTA_BITWISE_MASK, x->value, x->bytes);
		put_data(h, NFTA_BITWISE_XOR, 0, x->bytes);
		break;
	case COMPARE:
		put_u32(h, NFTA_CMP_SREG, NFT_REG_1);
		put_u32(h, NFTA_CMP_OP, x->what);
		put_data(h, NFTA_CMP_DATA, x->value, x->bytes);
		break;
	case VERDICT:
		put_u32(h, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
		put_verdict(h, x->what);
		break;
	case COUNTER:
	case NONE: break;
	}
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, element);
}

/* ---- messages ---- */

static struct nlmsghdr *message(struct quiet *q, size_t *len, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(q->request + *len);
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	bool frame = type == NFNL_MSG_BATCH_BEGIN || type == NFNL_MSG_BATCH_END;

	h->nlmsg_type = frame ? type : (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++q->seq;
	g->nfgen_family = frame ? NFPROTO_UNSPEC : NFPROTO_INET;
	g->res_id = htons(frame ? NFNL_SUBSYS_NFTABLES : 0);
	return h;
}

static void table_put(struct quiet *q, size_t *len, uint16_t type)
{
	struct nlmsghdr *h = message(q, len, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0);

	mnl_attr_put_strz(h, NFTA_TABLE_NAME, TABLE);
	*len += h->nlmsg_len;
}

static void chain_put(struct quiet *q, size_t *len, const struct chain *c)
{
	struct nlmsghdr *h = message(q, len, NFT_MSG_NEWCHAIN, NLM_F_CREATE);

	mnl_attr_put_strz(h, NFTA_CHAIN_TABLE, TABLE);
	mnl_attr_put_strz(h, NFTA_CHAIN_NAME, c->name);
	struct nlattr *hook = mnl_attr_nest_start(h, NFTA_CHAIN_HOOK);
	put_u32(h, NFTA_HOOK_HOOKNUM, c->hook);
	put_u32(h, NFTA_HOOK_PRIORITY, (uint32_t)c->priority);
	mnl_attr_nest_end(h, hook);
	put_u32(h, NFTA_CHAIN_POLICY, NF_ACCEPT);
	mnl_attr_put_strz(h, NFTA_CHAIN_TYPE, "filter");
	*len += h->nlmsg_len;
}

static struct nlmsghdr *rule_put(
	struct quiet *q, size_t *len, const struct chain *c, const struct expression *x)
{
	struct nlmsghdr *h = message(q, len, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);

	mnl_attr_put_strz(h, NFTA_RULE_TABLE, TABLE);
	mnl_attr_put_strz(h, NFTA_RULE_CHAIN, c->name);
	struct nlattr *list = mnl_attr_nest_start(h, NFTA_RULE_EXPRESSIONS);
	for (unsigned n = 0; n < EXPRESSIONS && x[n].kind != NONE; n++)
		put_expression(h, &x[n]);
	mnl_attr_nest_end(h, list);
	*len += h->nlmsg_len;
	return h;
}

/* Answers to a batch lie in the socket when sending returns: errors, and that to the message which asked for one. */
static int batch_answer(struct quiet *q, uint32_t first)
{
	_Alignas(8) char reply[REQUEST];
	int result = -EPROTO, fd = mnl_socket_get_fd(q->socket);
	ssize_t n;

	while ((n = recv(fd, reply, sizeof(reply), MSG_DONTWAIT)) > 0) {
		int left = (int)n;
		for (const struct nlmsghdr *h = (void *)reply; mnl_nlmsg_ok(h, left);
			h = mnl_nlmsg_next(h, &left)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
			if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_seq - first > q->seq - first)
				continue;
			if (e->error || result == -EPROTO)
				result = e->error;
		}
	}
	return result;
}

static int batch_send(struct quiet *q, uint32_t first, size_t len)
{
	struct nlmsghdr *h = message(q, &len, NFNL_MSG_BATCH_END, 0);

	len += h->nlmsg_len;
	if (mnl_socket_sendto(q->socket, q->request, len) < 0)
		return -errno;
	return batch_answer(q, first);
}

static int on_rule(const struct nlmsghdr *h, void *arg)
{
	unsigned *count = arg;

	*count += (h->nlmsg_type & 0xff) == NFT_MSG_NEWRULE;
	return MNL_CB_OK;
}

/* Whether all rules are there; asking waits for nobody's batch. */
static bool whole(struct quiet *q)
{
	_Alignas(8) char reply[2 * REQUEST];
	size_t len = 0;
	struct nlmsghdr *h = message(q, &len, NFT_MSG_GETRULE, NLM_F_DUMP);
	unsigned count = 0;
	int r = 1;

	mnl_attr_put_strz(h, NFTA_RULE_TABLE, TABLE);
	if (mnl_socket_sendto(q->socket, h, h->nlmsg_len) < 0)
		return false;
	while (r > 0) {
		ssize_t n = mnl_socket_recvfrom(q->socket, reply, sizeof(reply));
		r = n < 0 ? -1
			  : mnl_cb_run(reply, (size_t)n, q->seq, mnl_socket_get_portid(q->socket), on_rule,
				    &count);
	}
	return r == 0 && count == CHAINS * RULES;
}

int quiet_ensure(struct quiet *q)
{
	size_t len = 0;

	if (whole(q))
		return 0;
	struct nlmsghdr *h = message(q, &len, NFNL_MSG_BATCH_BEGIN, 0);
	uint32_t first = h->nlmsg_seq;

	len += h->nlmsg_len;
	table_put(q, &len, NFT_MSG_NEWTABLE); /* so that there is one to delete, whatever is in it */
	table_put(q, &len, NFT_MSG_DELTABLE);
	table_put(q, &len, NFT_MSG_NEWTABLE);
	for (const struct chain *c = chains; c < chains + CHAINS; c++) {
		chain_put(q, &len, c);
		for (unsigned n = 0; n < RULES; n++)
			h = rule_put(q, &len, c, c->rules[n]);
	}
	h->nlmsg_flags |= NLM_F_ACK;
	return batch_send(q, first, len);
}

int quiet_remove(struct quiet *q)
{
	size_t len = 0;
	struct nlmsghdr *h = message(q, &len, NFNL_MSG_BATCH_BEGIN, 0);
	uint32_t first = h->nlmsg_seq;

	len += h->nlmsg_len;
	struct nlmsghdr *last = (struct nlmsghdr *)(q->request + len);
	table_put(q, &len, NFT_MSG_DELTABLE);
	last->nlmsg_flags |= NLM_F_ACK;
	int e = batch_send(q, first, len);
	return e == -ENOENT ? 0 : e;
}

/* ---- sockets ---- */

int quiet_open(struct quiet **out)
{
	struct quiet *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	int e = nft_monitor_open(&q->monitor, MONITOR_BUFFER);
	q->socket = e == 0 ? mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC) : NULL;
	if (e == 0 && (!q->socket || mnl_socket_bind(q->socket, 0, MNL_SOCKET_AUTOPID) < 0))
		e = -errno;
	if (e < 0) {
		quiet_close(q);
		return e;
	}
	*out = q;
	return 0;
}

void quiet_close(struct quiet *q)
{
	if (q && q->socket)
		mnl_socket_close(q->socket);
	if (q && q->monitor)
		mnl_socket_close(q->monitor);
	free(q);
}

int quiet_fd(const struct quiet *q)
{
	return mnl_socket_get_fd(q->monitor);
}

int quiet_losses(struct quiet *q)
{
	return nft_monitor_losses(q->monitor, TABLE, AT_ONCE);
}
