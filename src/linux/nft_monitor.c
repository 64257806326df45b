/* Notifications of nf_tables: see nft_monitor.h. */
#include "linux/nft_monitor.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <string.h>

enum { MESSAGES_MAX = 64 * 1024 }; /* bytes of one datagram, at most */

/* Is this notification about a loss in the table? */
static bool is_loss(const struct nlmsghdr *h, const char *table)
{
	const struct nfgenmsg *g = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;

	if (h->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES || h->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*g))
		return false;
	if (g->nfgen_family != NFPROTO_INET)
		return false;
	switch (h->nlmsg_type & 0xff) {
	case NFT_MSG_DELTABLE:
	case NFT_MSG_DELCHAIN:
	case NFT_MSG_DELRULE:
	case NFT_MSG_DELSET:
	case NFT_MSG_DELSETELEM: break;
	default: return false;
	}
	mnl_attr_for_each(a, h, sizeof(*g))
	{
		/* The table's name is attribute 1 of each of them. */
		if (mnl_attr_get_type(a) == NFTA_TABLE_NAME)
			return mnl_attr_get_payload_len(a) == strlen(table) + 1 &&
				!memcmp(mnl_attr_get_payload(a), table, strlen(table) + 1);
	}
	return false;
}

int nft_monitor_losses(struct mnl_socket *monitor, const char *table, unsigned most)
{
	_Alignas(8) char buffer[MESSAGES_MAX];
	int lost = 0;

	for (unsigned n = 0; n < most; n++) {
		ssize_t len = mnl_socket_recvfrom(monitor, buffer, sizeof(buffer));

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN)
			return lost;
		if (len < 0 && (errno == ENOBUFS || errno == ENOSPC)) {
			lost = 1;
			continue;
		}
		if (len < 0)
			return -errno;
		int left = (int)len;

		for (const struct nlmsghdr *h = (void *)buffer;
			left >= (int)sizeof(*h) && mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
			lost |= is_loss(h, table);
	}
	return lost;
}

int nft_monitor_open(struct mnl_socket **out, int size)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int group = NFNLGRP_NFTABLES;

	if (!s)
		return -errno;
	int fd = mnl_socket_get_fd(s);

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0 ||
		mnl_socket_setsockopt(s, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0) {
		int e = -errno;
		mnl_socket_close(s);
		return e;
	}
	*out = s;
	return 0;
}
