#include "linux/esp_ear.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"

enum {
	PORT = 4500,
	RECEIVE_BUFFER = 64 * 1024, /* bytes, counted with the kernel's overhead: some dozens of packets */
	UDP_HEADER = 8,
	SPI_RESERVED = 255, /* RFC 4303 2.1 */
};

bool esp_parse(const uint8_t *packet, size_t len, struct esp_heard *out)
{
	struct reader r = reader_make(packet, len);
	uint8_t version_ihl = read_u8(&r), protocol;
	uint16_t fragment;

	read_bytes(&r, 5);
	fragment = read_u16(&r);
	read_u8(&r);
	protocol = read_u8(&r);
	read_u16(&r);
	*out = (struct esp_heard){.remote = ip_v4(read_u32(&r)), .packets = 1};
	read_u32(&r);
	if (version_ihl >> 4 != 4 || (version_ihl & 15) < 5 || (fragment & 0x1fff))
		return false;
	read_bytes(&r, ((size_t)(version_ihl & 15) - 5) * 4);
	if (protocol == IPPROTO_UDP) {
		out->remote_port = read_u16(&r);
		if (read_u16(&r) != PORT)
			return false;
		read_u32(&r);
	} else if (protocol != IPPROTO_ESP) {
		return false;
	}
	out->spi = read_u32(&r);
	return !r.failed && out->spi > SPI_RESERVED;
}

static int open_v4(int ifindex, uint32_t address)
{
	/* The packet begins with its IP header: protocol 9, fragment 6, destination 16. */
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, address, 0, 11),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 9, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ESP, 6, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PORT, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, UDP_HEADER),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, ESP_EAR_LENGTH),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = {.len = sizeof(program) / sizeof(program[0]), .filter = program};
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = ifindex};
	int size = RECEIVE_BUFFER, fd, r = 0;

	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Bound last: protocol 0 until now, so that nothing unfiltered came in. */
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0 ||
		bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		r = -errno;
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

int esp_ear_open(int ifindex, const struct ipaddr *address)
{
	return address->family == IP_V4 ? open_v4(ifindex, ip_v4_u32(address)) : -EAFNOSUPPORT;
}

static bool same_sa(const struct esp_heard *a, const struct esp_heard *b)
{
	return a->spi == b->spi && a->remote_port == b->remote_port && ip_equal(&a->remote, &b->remote);
}

size_t esp_ear_read(int fd, struct esp_heard out[ESP_EAR_BATCH])
{
	static uint8_t buffers[ESP_EAR_BATCH][ESP_EAR_LENGTH];
	struct mmsghdr messages[ESP_EAR_BATCH] = {0};
	struct iovec iov[ESP_EAR_BATCH];
	size_t count = 0;
	int n;

	for (int i = 0; i < ESP_EAR_BATCH; i++) {
		iov[i] = (struct iovec){buffers[i], ESP_EAR_LENGTH};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
	}
	n = recvmmsg(fd, messages, ESP_EAR_BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		size_t k = 0;

		if (!esp_parse(buffers[i], messages[i].msg_len, &out[count]))
			continue;
		while (!same_sa(&out[k], &out[count]))
			k++;
		if (k < count)
			out[k].packets++;
		else
			count++;
	}
	return count;
}
