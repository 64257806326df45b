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
	RECEIVE_BUFFER = 1 << 20, /* bytes: some seconds of the fastest hellos, should we be starved */
	BURST = 64,
	PRIORITY_CONTROL = 7, /* TC_PRIO_CONTROL: before bulk traffic in every default queue */
};

#define SECOND_NS 1000000000ll

/* Offsets of an untagged Ethernet frame: type 12, IP header 14 (protocol 23, fragment 20, destination 30), UDP behind. */
static struct sock_filter program[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG)),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x0fff),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 13), /* a VLAN's frame belongs to the VLAN's device */
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 11),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 9),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 30),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ALL_ROUTERS, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HSRP_ROUTERS, 0, 6),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 4, 0),
	BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
	BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PORT, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, FRAME_MAX),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
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
	return 0;
}

int frame_receiver_open(struct frame_receiver *r, int ifindex, mono_t now)
{
	int e;

	r->empty = now;
	r->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	r->member = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
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
	r->fd = r->member = -1;
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
