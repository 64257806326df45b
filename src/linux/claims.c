/* Who claims an address: see claims.h. */
#include "linux/claims.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23 /* since Linux 4.20 */
#endif

enum {
	FRAME = 128, /* as much as is read of a frame */
	ARP_SENDER = 28,
	IPV6_NEXT_HEADER = 20,
	ICMPV6_TYPE = 54,
	TARGET_LAST = 74, /* the last 32 bits of the target: the rest is compared by who reads the frame */
	NEIGHBOUR_ADVERTISEMENT = 136,
	HEAD_MAX = 5,
	RECEIVE_BUFFER = 1 << 16,
};

/* "Equal, then take it; else go on", once for each address: no jump is far. */
static size_t program_make(struct sock_filter *p, const struct ipaddr *addresses, size_t count)
{
	bool v6 = addresses[0].family == IP_V6;
	size_t n = 0;

	if (v6) {
		p[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, IPV6_NEXT_HEADER);
		p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 1, 0);
		p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
		p[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ICMPV6_TYPE);
		p[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, NEIGHBOUR_ADVERTISEMENT, 1, 0);
		p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	}
	p[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, v6 ? TARGET_LAST : ARP_SENDER);
	for (size_t k = 0; k < count; k++) {
		const uint8_t *b = addresses[k].bytes + (v6 ? 12 : 0);
		uint32_t word = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];

		p[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word, 0, 1);
		p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, FRAME);
	}
	p[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	return n;
}

static int set_up(int fd, int ifindex, const struct ipaddr *addresses, size_t count)
{
	struct sock_filter program[2 * CLAIMS_MAX + HEAD_MAX + 3];
	struct sock_fprog filter = {.filter = program};
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
		.sll_protocol = htons(addresses[0].family == IP_V6 ? ETH_P_IPV6 : ETH_P_ARP),
		.sll_ifindex = ifindex};
	int on = 1, size = RECEIVE_BUFFER;

	filter.len = (unsigned short)program_make(program, addresses, count);
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0)
		return -errno;
	/* Bound last: protocol 0 until now, so that nothing unfiltered came in. */
	return bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

int claims_open(int ifindex, const struct ipaddr *addresses, size_t count)
{
	int fd = count ? socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;

	if (fd < 0)
		return count ? -errno : -EINVAL;
	int e = set_up(fd, ifindex, addresses, count < CLAIMS_MAX ? count : CLAIMS_MAX);
	if (e < 0) {
		close(fd);
		return e;
	}
	return fd;
}

int claims_read(int fd, uint8_t *buf, size_t size)
{
	ssize_t n = recv(fd, buf, size, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return (int)n;
}
