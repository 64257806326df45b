/* Notifications about links: see linkwatch.h. */
#include "linux/linkwatch.h"

#include <errno.h>
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

enum { BUFFER = 32768, RECEIVE_BUFFER = 4 << 20 };

struct context {
	int fd;
	void (*each)(void *arg, const struct linkwatch_change *c);
	void *arg;
};

/* Drops RTM_NEWADDR of an address that is not permanent. A filter loads numbers in network order, netlink has the host's. */
static int filter_attach(int fd)
{
	enum { FLAGS = NLMSG_HDRLEN + offsetof(struct ifaddrmsg, ifa_flags) };
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWADDR), 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FLAGS),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, IFA_F_PERMANENT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = {.len = sizeof(program) / sizeof(program[0]), .filter = program};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ? -errno : 0;
}

int linkwatch_open(void)
{
	struct sockaddr_nl to = {
		.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
	int size = RECEIVE_BUFFER;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	int e = filter_attach(fd);
	if (e == 0 && bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		e = -errno;
	if (e == 0)
		return fd;
	close(fd);
	return e;
}

/* Addresses for a limited time may be a group's; what is tentative is reported again when it is not. */
static void on_address(const struct nlmsghdr *h, const struct context *x)
{
	const struct ifaddrmsg *a = mnl_nlmsg_get_payload(h);
	struct linkwatch_change c = {.kind = LINKWATCH_LINK_LOCAL, .ifindex = (int)a->ifa_index};
	struct ifreq name = {.ifr_ifindex = c.ifindex};

	if (a->ifa_flags & IFA_F_PERMANENT) {
		if (a->ifa_family == AF_INET6 && a->ifa_scope == RT_SCOPE_LINK &&
			(h->nlmsg_type == RTM_DELADDR || !(a->ifa_flags & IFA_F_TENTATIVE)))
			x->each(x->arg, &c);
	} else if (h->nlmsg_type == RTM_DELADDR && ioctl(x->fd, SIOCGIFNAME, &name) == 0) {
		c.kind = LINKWATCH_ADDRESS_GONE;
		(void)str_copy(c.device, sizeof(c.device), name.ifr_name);
		x->each(x->arg, &c);
	}
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
	c.off = !(info->ifi_flags & IFF_UP);
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
	struct context x = {fd, each, arg};

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
