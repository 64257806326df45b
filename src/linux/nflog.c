#include "linux/nflog.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { READS_AT_ONCE = 32, PACKET_TYPE = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET };

struct nflog {
	struct mnl_socket *socket;
	nflog_fn fn;
	void *arg;
	_Alignas(8) char buffer[64 * 1024];
};

/* --- Messages ---------------------------------------------------------------------------------------------------- */

static void parse_ports(const uint8_t *p, size_t len, struct nflog_packet *out)
{
	if (len < 4)
		return;
	if (out->protocol == IPPROTO_ICMP)
		len = 2;
	else if (out->protocol != IPPROTO_TCP && out->protocol != IPPROTO_UDP)
		return;
	out->source_port = (uint16_t)(p[0] << 8 | p[1]);
	out->destination_port = len < 4 ? 0 : (uint16_t)(p[2] << 8 | p[3]);
}

static bool parse_payload(const uint8_t *p, size_t len, struct nflog_packet *out)
{
	size_t head = (size_t)(p && len ? p[0] & 15 : 0) * 4;

	if (len >= 20 && p[0] >> 4 == 4) {
		out->source = ip_from_bytes(IP_V4, p + 12);
		out->destination = ip_from_bytes(IP_V4, p + 16);
		out->protocol = p[9];
		if (head >= 20 && head <= len)
			parse_ports(p + head, len - head, out);
		return true;
	}
	if (len >= 40 && p[0] >> 4 == 6) {
		out->source = ip_from_bytes(IP_V6, p + 8);
		out->destination = ip_from_bytes(IP_V6, p + 24);
		out->protocol = p[6];
		parse_ports(p + 40, len - 40, out);
		return true;
	}
	return false;
}

static void parse_message(const struct nlmsghdr *h, nflog_fn fn, void *arg)
{
	struct nflog_packet packet = {0};
	const struct nlattr *a;
	bool readable = false;

	if (h->nlmsg_type != PACKET_TYPE || h->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(struct nfgenmsg))
		return;
	packet.demand =
		ntohs(((const struct nfgenmsg *)mnl_nlmsg_get_payload(h))->res_id) == NFLOG_DEMAND_GROUP;
	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
	{
		uint32_t index;

		switch (mnl_attr_get_type(a)) {
		case NFULA_PAYLOAD:
			readable =
				parse_payload(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a), &packet);
			break;
		case NFULA_IFINDEX_INDEV:
		case NFULA_IFINDEX_OUTDEV: /* none of ours has both */
			if (mnl_attr_get_payload_len(a) == sizeof(index)) {
				memcpy(&index, mnl_attr_get_payload(a), sizeof(index));
				packet.ifindex = (int)ntohl(index);
			}
			break;
		default: break;
		}
	}
	if (readable)
		fn(arg, &packet);
}

void nflog_parse(const void *data, size_t len, nflog_fn fn, void *arg)
{
	int left = (int)len;

	/* libmnl takes a length beyond 2^31 for a small one, and reads attributes up to the padded end. */
	for (const struct nlmsghdr *h = data; left >= (int)sizeof(*h) && h->nlmsg_len <= (uint32_t)left &&
		MNL_ALIGN(h->nlmsg_len) <= (uint32_t)left && mnl_nlmsg_ok(h, left);
		h = mnl_nlmsg_next(h, &left))
		parse_message(h, fn, arg);
}

/* --- The socket -------------------------------------------------------------------------------------------------- */

/* Sends one configuration message and reads its acknowledgement. */
static int configure(struct nflog *n, uint16_t group, uint16_t attribute, const void *value, size_t len)
{
	char buffer[256] __attribute__((aligned(8)));
	struct nlmsghdr *m = mnl_nlmsg_put_header(buffer);
	static uint32_t sequence;

	m->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	m->nlmsg_seq = ++sequence;
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(m, sizeof(*g));

	g->nfgen_family = AF_UNSPEC;
	g->version = NFNETLINK_V0;
	g->res_id = htons(group);
	mnl_attr_put(m, attribute, len, value);
	if (mnl_socket_sendto(n->socket, m, m->nlmsg_len) < 0)
		return -errno;
	for (;;) { /* a packet may come first */
		ssize_t got = mnl_socket_recvfrom(n->socket, n->buffer, sizeof(n->buffer));
		const struct nlmsghdr *h = (const void *)n->buffer;

		if (got < 0)
			return -errno;
		if ((size_t)got < sizeof(*h) + sizeof(struct nlmsgerr) || h->nlmsg_type != NLMSG_ERROR)
			continue;
		return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(h))->error;
	}
}

static int bind_group(struct nflog *n, uint16_t group)
{
	struct nfulnl_msg_config_cmd bind = {.command = NFULNL_CFG_CMD_BIND};
	struct nfulnl_msg_config_mode mode = {
		.copy_range = htonl(NFLOG_HEAD_BYTES), .copy_mode = NFULNL_COPY_PACKET};
	uint32_t one = htonl(1); /* packet a message: they are few, and none waits for others */
	int error = configure(n, group, NFULA_CFG_CMD, &bind, sizeof(bind));

	if (!error)
		error = configure(n, group, NFULA_CFG_MODE, &mode, sizeof(mode));
	if (!error)
		error = configure(n, group, NFULA_CFG_QTHRESH, &one, sizeof(one));
	return error;
}

static int subscribe(struct nflog *n)
{
	n->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!n->socket || mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	int error = bind_group(n, NFLOG_GROUP);

	return error ? error : bind_group(n, NFLOG_DEMAND_GROUP);
}

int nflog_open(struct nflog **out, nflog_fn fn, void *arg)
{
	struct nflog *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->fn = fn;
	n->arg = arg;
	int error = subscribe(n);

	if (error) {
		nflog_close(n);
		return error;
	}
	*out = n;
	return 0;
}

void nflog_close(struct nflog *n)
{
	if (!n)
		return;
	if (n->socket)
		mnl_socket_close(n->socket);
	free(n);
}

int nflog_fd(const struct nflog *n)
{
	return mnl_socket_get_fd(n->socket);
}

int nflog_readable(struct nflog *n)
{
	for (int i = 0; i < READS_AT_ONCE; i++) {
		ssize_t got = recv(nflog_fd(n), n->buffer, sizeof(n->buffer), MSG_DONTWAIT);

		if (got < 0 && (errno == EINTR || errno == ENOBUFS)) /* lost lines, nothing else */
			continue;
		if (got < 0)
			return errno == EAGAIN ? 0 : -errno;
		nflog_parse(n->buffer, (size_t)got, n->fn, n->arg);
	}
	return 0;
}
