/* HSRP frames on a device: see frame.h. */
#include "linux/frame.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23 /* since Linux 4.20 */
#endif

enum {
	ALL_ROUTERS = 0xe0000002,  /* 224.0.0.2: version 1 */
	HSRP_ROUTERS = 0xe0000066, /* 224.0.0.102: version 2 */
	PORT = 1985,
	LINK_MULTICAST = 0xff020000,
	ALL_ROUTERS_V6 = 0x02,	/* ff02::2: hosts that look for a router */
	HSRP_ROUTERS_V6 = 0x66, /* ff02::66 */
	PORT_V6 = 2029,
	ND_ROUTER_SOLICITATION = 133,
	RECEIVE_BUFFER = 1 << 20, /* bytes: some seconds of the fastest hellos, should we be starved */
	BURST = 64,
	PRIORITY_CONTROL = 7, /* TC_PRIO_CONTROL: before bulk traffic in every default queue */
};

#define SECOND_NS 1000000000ll

/* A jump by positions in the program, so that it can be read; `no` or `yes` may be the next. */
#define JUMP(at, test, value, yes, no)                                                                       \
	[at] = BPF_JUMP(BPF_JMP | (test) | BPF_K, value, (yes) - (at)-1, (no) - (at)-1)
enum { V4 = 5, V6 = 15, SOLICITATION = 28, ACCEPT = 33, DROP = 34 };

/*
 * Offsets of an untagged Ethernet frame: type 12; IPv4: header 14 (protocol 23, fragment 20, destination 30), UDP behind;
 * IPv6: header 14 (next header 20, destination 38), UDP or ICMPv6 at 54.
 */
static struct sock_filter program[] = {
	[0] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG)),
	[1] = BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x0fff),
	JUMP(2, BPF_JEQ, 0, 3, DROP), /* a VLAN's frame belongs to the VLAN's device */
	[3] = BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	JUMP(4, BPF_JEQ, ETH_P_IP, V4, V6),
	[V4] = BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
	JUMP(6, BPF_JEQ, IPPROTO_UDP, 7, DROP),
	[7] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 30),
	JUMP(8, BPF_JEQ, ALL_ROUTERS, 10, 9),
	JUMP(9, BPF_JEQ, HSRP_ROUTERS, 10, DROP),
	[10] = BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),
	JUMP(11, BPF_JSET, 0x1fff, DROP, 12),
	[12] = BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
	[13] = BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),
	JUMP(14, BPF_JEQ, PORT, ACCEPT, DROP),
	JUMP(V6, BPF_JEQ, ETH_P_IPV6, 16, DROP),
	[16] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 38),
	JUMP(17, BPF_JEQ, LINK_MULTICAST, 18, DROP),
	[18] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 42),
	JUMP(19, BPF_JEQ, 0, 20, DROP),
	[20] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 46),
	JUMP(21, BPF_JEQ, 0, 22, DROP),
	[22] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 50),
	JUMP(23, BPF_JEQ, HSRP_ROUTERS_V6, 24, SOLICITATION),
	[24] = BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 20),
	JUMP(25, BPF_JEQ, IPPROTO_UDP, 26, DROP),
	[26] = BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 56),
	JUMP(27, BPF_JEQ, PORT_V6, ACCEPT, DROP),
	JUMP(SOLICITATION, BPF_JEQ, ALL_ROUTERS_V6, 29, DROP),
	[29] = BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 20),
	JUMP(30, BPF_JEQ, IPPROTO_ICMPV6, 31, DROP),
	[31] = BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 54),
	JUMP(32, BPF_JEQ, ND_ROUTER_SOLICITATION, ACCEPT, DROP),
	[ACCEPT] = BPF_STMT(BPF_RET | BPF_K, FRAME_MAX),
	[DROP] = BPF_STMT(BPF_RET | BPF_K, 0),
};

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/*
 * The card's filter, whether the device has IPv6 yet or not; who has it and is to tell the switches, joins, too.
 */
static int hear_ipv6(int fd, int ifindex)
{
	static const uint8_t last[] = {ALL_ROUTERS_V6, HSRP_ROUTERS_V6};

	for (size_t n = 0; n < sizeof(last); n++) {
		struct packet_mreq m = {.mr_ifindex = ifindex,
			.mr_type = PACKET_MR_MULTICAST,
			.mr_alen = 6,
			.mr_address = {0x33, 0x33, 0, 0, 0, last[n]}};
		if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m)) < 0)
			return -errno;
	}
	return 0;
}

void frame_receiver_join_ipv6(const struct frame_receiver *r, int ifindex)
{
	struct ipv6_mreq group = {.ipv6mr_interface = (unsigned)ifindex};

	group.ipv6mr_multiaddr.s6_addr[0] = 0xff;
	group.ipv6mr_multiaddr.s6_addr[1] = 0x02;
	group.ipv6mr_multiaddr.s6_addr[15] = HSRP_ROUTERS_V6;
	if (r->member_ipv6 >= 0)
		(void)setsockopt(r->member_ipv6, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof(group));
}

static int receiver_setup(struct frame_receiver *r, int ifindex)
{
	static const uint32_t groups[] = {ALL_ROUTERS, HSRP_ROUTERS};
	struct sock_fprog filter = {.len = sizeof(program) / sizeof(program[0]), .filter = program};
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex};
	int e;

	if (setsockopt(r->fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0)
		return -errno;
	if ((e = set_int(r->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)) < 0 ||
		(e = set_int(r->fd, SOL_PACKET, PACKET_AUXDATA, 1)) < 0 ||
		(e = set_int(r->fd, SOL_SOCKET, SO_TIMESTAMPNS, 1)) < 0)
		return e;
	if (set_int(r->fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER) < 0)
		set_int(r->fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER); /* as much as is allowed */
	/* Bound last: protocol 0 until now, so that nothing unfiltered came in. */
	if (bind(r->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	for (size_t n = 0; n < sizeof(groups) / sizeof(groups[0]); n++) {
		struct ip_mreqn group = {.imr_multiaddr.s_addr = htonl(groups[n]), .imr_ifindex = ifindex};
		if (setsockopt(r->member, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
			return -errno;
	}
	frame_receiver_join_ipv6(r, ifindex);
	return hear_ipv6(r->fd, ifindex);
}

int frame_receiver_open(struct frame_receiver *r, int ifindex, mono_t now)
{
	int e;

	r->empty = now;
	r->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	r->member = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	r->member_ipv6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* none: a kernel without IPv6 */
	e = r->fd < 0 || r->member < 0 ? -errno : receiver_setup(r, ifindex);
	if (e < 0)
		frame_receiver_close(r);
	return e;
}

void frame_receiver_close(struct frame_receiver *r)
{
	if (r->fd >= 0)
		close(r->fd);
	if (r->member >= 0)
		close(r->member);
	if (r->member_ipv6 >= 0)
		close(r->member_ipv6);
	r->fd = r->member = r->member_ipv6 = -1;
}

/*
 * The kernel stamps with the wall clock, which may be stepped. The age of a frame is therefore held between nothing and
 * the time since the socket was last empty: a step can shift an arrival within that, and no further.
 */
static mono_t arrival(const struct frame_receiver *r, const struct timespec *stamp, mono_t now)
{
	struct timespec wall;

	if (stamp->tv_sec == 0)
		return now;
	clock_gettime(CLOCK_REALTIME, &wall);
	int64_t age = (wall.tv_sec - stamp->tv_sec) * SECOND_NS + (wall.tv_nsec - stamp->tv_nsec);
	int64_t most = now.ns - r->empty.ns;
	age = age > most ? most : age;
	return mono_add_ns(now, age < 0 ? 0 : -age);
}

int frame_receive(struct frame_receiver *r, uint8_t *buf, mono_t now, struct frame_in *out)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		struct cmsghdr align;
	} control;
	struct iovec iov = {.iov_base = buf, .iov_len = FRAME_MAX};
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	struct timespec stamp = {0};
	ssize_t n = recvmsg(r->fd, &m, MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR) {
			r->empty = now;
			return 0;
		}
		return -errno;
	}
	out->len = (size_t)n > FRAME_MAX ? FRAME_MAX : (size_t)n;
	out->checksummed = true;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		struct tpacket_auxdata aux;
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
		} else if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
			memcpy(&aux, CMSG_DATA(c), sizeof(aux));
			out->checksummed = !(aux.tp_status & TP_STATUS_CSUMNOTREADY);
		}
	}
	out->at = arrival(r, &stamp, now);
	return 1;
}

int frame_sender_open(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	(void)set_int(fd, SOL_SOCKET, SO_PRIORITY, PRIORITY_CONTROL); /* without the right: the usual queue */
	return fd;
}

size_t frame_send(int fd, const struct frame_out *frames, size_t count)
{
	struct mmsghdr messages[BURST];
	struct sockaddr_ll to[BURST];
	struct iovec iov[BURST];
	size_t sent = 0, at = 0;

	while (at < count) {
		unsigned n = count - at < BURST ? (unsigned)(count - at) : BURST;
		memset(messages, 0, sizeof(messages[0]) * n);
		for (unsigned k = 0; k < n; k++) {
			iov[k] = (struct iovec){(void *)(uintptr_t)frames[at + k].bytes, frames[at + k].len};
			to[k] = (struct sockaddr_ll){
				.sll_family = AF_PACKET, .sll_ifindex = frames[at + k].ifindex};
			messages[k].msg_hdr = (struct msghdr){.msg_name = &to[k],
				.msg_namelen = sizeof(to[k]),
				.msg_iov = &iov[k],
				.msg_iovlen = 1};
		}
		int done = sendmmsg(fd, messages, n, MSG_DONTWAIT);
		sent += done > 0 ? (size_t)done : 0;
		at += done > 0 ? (size_t)done : 1; /* the first one was refused: its device is gone or down */
	}
	return sent;
}
