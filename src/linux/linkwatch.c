/* Notifications about links: see linkwatch.h. */
#include "linux/linkwatch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

enum { BUFFER = 32768, RECEIVE_BUFFER = 4 << 20 };

struct context {
	void (*each)(void *arg, const struct linkwatch_change *c);
	void *arg;
};

int linkwatch_open(void)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV6_IFADDR};
	int size = RECEIVE_BUFFER;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		int e = -errno;
		close(fd);
		return e;
	}
	return fd;
}

/* Addresses for a limited time are ours (use-bia) or not ready; what is tentative is reported again when it is not. */
static void on_address(const struct nlmsghdr *h, const struct context *x)
{
	const struct ifaddrmsg *a = mnl_nlmsg_get_payload(h);
	struct linkwatch_change c = {.ifindex = (int)a->ifa_index, .address = true};

	if (a->ifa_family == AF_INET6 && a->ifa_scope == RT_SCOPE_LINK && (a->ifa_flags & IFA_F_PERMANENT) &&
		(h->nlmsg_type == RTM_DELADDR || !(a->ifa_flags & IFA_F_TENTATIVE)))
		x->each(x->arg, &c);
}

static int on_message(const struct nlmsghdr *h, void *arg)
{
	const struct context *x = arg;
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(h);
	struct linkwatch_change c = {0};
	const struct nlattr *a;

	if (h->nlmsg_type == RTM_NEWADDR || h->nlmsg_type == RTM_DELADDR) {
		on_address(h, x);
		return MNL_CB_OK;
	}
	if ((h->nlmsg_type != RTM_NEWLINK && h->nlmsg_type != RTM_DELLINK) || info->ifi_family != AF_UNSPEC)
		return MNL_CB_OK; /* a bridge speaks of its ports in another family */
	c.ifindex = info->ifi_index;
	c.gone = h->nlmsg_type == RTM_DELLINK;
	c.up = (info->ifi_flags & IFF_UP) && (info->ifi_flags & IFF_RUNNING);
	mnl_attr_for_each(a, h, sizeof(*info))
	{
		if (mnl_attr_get_type(a) == IFLA_IFNAME)
			(void)str_copy(c.device, sizeof(c.device), mnl_attr_get_str(a));
		else if (mnl_attr_get_type(a) == IFLA_ADDRESS &&
			mnl_attr_get_payload_len(a) == sizeof(c.mac.bytes))
			memcpy(c.mac.bytes, mnl_attr_get_payload(a), sizeof(c.mac.bytes));
	}
	if (c.device[0])
		x->each(x->arg, &c);
	return MNL_CB_OK;
}

int linkwatch_read(int fd, void (*each)(void *arg, const struct linkwatch_change *c), void *arg)
{
	static _Thread_local char buf[BUFFER];
	struct context x = {each, arg};

	for (;;) {
		struct sockaddr_nl from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);
		if (n < 0)
			return errno == EAGAIN ? 0 : errno == EINTR ? 0 : -errno;
		if (from.nl_pid == 0) /* of the kernel only */
			mnl_cb_run(buf, (size_t)n, 0, 0, on_message, &x);
	}
}
