/* Memberships for virtual addresses: see members.h. */
#include "linux/members.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"

enum {
	SOCKETS = 64, /* one takes several hundred groups, by net.core.optmem_max */
	ADDRESSES = 1 + HSRP_SECONDARY_MAX,
	NOWHERE = -1,
};

/* What is joined for one HSRP group. */
struct member {
	UT_hash_handle hh;
	struct member_key {
		char device[HSRP_DEVICE_MAX];
		uint32_t group;
	} key;
	int ifindex;
	uint8_t count;
	struct ipaddr address[ADDRESSES];
	int fd[ADDRESSES]; /* NOWHERE: could not be joined */
};

struct members {
	struct member *all;
	int fd[SOCKETS];
	unsigned count;
};

struct members *members_new(void)
{
	return calloc(1, sizeof(struct members));
}

static struct ipv6_mreq request_for(int ifindex, const struct ipaddr *address)
{
	static const uint8_t head[13] = {0xff, 0x02, [11] = 0x01, 0xff};
	struct ipv6_mreq r = {.ipv6mr_interface = (unsigned)ifindex};

	memcpy(r.ipv6mr_multiaddr.s6_addr, head, sizeof(head));
	memcpy(r.ipv6mr_multiaddr.s6_addr + sizeof(head), address->bytes + sizeof(head), 3);
	return r;
}

/* The socket that took it, or -errno. One that is full, or has the same group for another address, is passed over. */
static int join(struct members *m, int ifindex, const struct ipaddr *address)
{
	struct ipv6_mreq r = request_for(ifindex, address);

	for (unsigned n = 0; n < SOCKETS; n++) {
		if (n == m->count) {
			int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
			if (fd < 0)
				return -errno;
			m->fd[m->count++] = fd;
		}
		if (setsockopt(m->fd[n], IPPROTO_IPV6, IPV6_JOIN_GROUP, &r, sizeof(r)) == 0)
			return m->fd[n];
		if (errno != EADDRINUSE && errno != ENOMEM && errno != ENOBUFS)
			return -errno;
	}
	return -ENOBUFS;
}

/* A membership that went with its device is gone as well. */
static void leave_all(struct member *one)
{
	for (unsigned n = 0; n < one->count; n++) {
		struct ipv6_mreq r = request_for(one->ifindex, &one->address[n]);
		if (one->fd[n] != NOWHERE)
			(void)setsockopt(one->fd[n], IPPROTO_IPV6, IPV6_LEAVE_GROUP, &r, sizeof(r));
	}
	one->count = 0;
}

static int join_all(struct members *m, struct member *one, const struct hsrp_kernel *k)
{
	int first = 0;

	one->ifindex = k->ifindex;
	one->count = k->address_count;
	for (unsigned n = 0; n < one->count; n++) {
		int fd = join(m, k->ifindex, &k->address[n]);
		one->address[n] = k->address[n];
		one->fd[n] = fd < 0 ? NOWHERE : fd;
		first = fd < 0 && first == 0 ? fd : first;
	}
	return first;
}

static void member_drop(struct members *m, struct member *one)
{
	leave_all(one);
	HASH_DEL(m->all, one);
	free(one);
}

static struct member *member_find(struct members *m, const struct hsrp_kernel *k, bool make)
{
	struct member_key key;
	struct member *one;

	memset(&key, 0, sizeof(key)); /* hashed as bytes */
	memcpy(key.device, k->device, strnlen(k->device, sizeof(key.device) - 1));
	key.group = k->group;
	HASH_FIND(hh, m->all, &key, sizeof(key), one);
	if (one || !make || !(one = calloc(1, sizeof(*one))))
		return one;
	one->key = key;
	HASH_ADD(hh, m->all, key, sizeof(key), one);
	if (!one->hh.tbl) {
		free(one);
		return NULL;
	}
	return one;
}

int members_follow(struct members *m, const struct hsrp_kernel *k)
{
	bool serves = k->op == HSRP_KERNEL_SERVE || k->op == HSRP_KERNEL_RENEW;
	struct member *one = NULL;

	if (k->family != IP_V6 || k->use_bia) /* use-bia: the address is the device's own */
		return 0;
	one = member_find(m, k, serves);
	if (!one)
		return serves ? -ENOMEM : 0;
	if (!serves) {
		member_drop(m, one);
		return 0;
	}
	if (k->op == HSRP_KERNEL_RENEW && one->ifindex == k->ifindex && one->count == k->address_count &&
		memcmp(one->address, k->address, one->count * sizeof(one->address[0])) == 0)
		return 0;
	leave_all(one);
	return join_all(m, one, k);
}

void members_free(struct members *m)
{
	struct member *one, *next;

	if (!m)
		return;
	HASH_ITER (hh, m->all, one, next) {
		HASH_DEL(m->all, one);
		free(one);
	}
	while (m->count > 0)
		close(m->fd[--m->count]);
	free(m);
}
