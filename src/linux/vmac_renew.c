/* Renewing the lifetimes of many groups' addresses in one request: see vmac.h. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "linux/vmac_internal.h"

enum { RENEW_ALONE = 1 }; /* no errno: the long way is to be taken */

/* The macvlan's index when it is up and has the group's MAC, else 0: three cheap questions, without the rtnetlink lock. */
static int macvlan_index(const struct vmac *v, const struct hsrp_kernel *k)
{
	struct ifreq r = {0};

	hsrp_macvlan_name(k->ifindex, (enum ip_family)k->family, k->group, r.ifr_name);
	if (ioctl(v->control, SIOCGIFFLAGS, &r) < 0 || !(r.ifr_flags & IFF_UP) ||
		ioctl(v->control, SIOCGIFHWADDR, &r) < 0 ||
		memcmp(r.ifr_hwaddr.sa_data, k->mac.bytes, sizeof(k->mac.bytes)) != 0 ||
		ioctl(v->control, SIOCGIFINDEX, &r) < 0)
		return 0;
	return r.ifr_ifindex;
}

struct renewal {
	uint32_t first; /* sequence number of the first message */
	unsigned count;
	uint16_t owner[VMAC_RENEWALS]; /* message -> group of the call */
	int *errors;
	bool over;
};

/* The kernel speaks of messages that failed, and of the last one. */
static int renewal_answer(struct renewal *r, const char *reply, size_t len)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)reply;

	for (int left = (int)len; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
		const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
		if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_seq - r->first >= r->count)
			continue;
		if (e->error)
			r->errors[r->owner[h->nlmsg_seq - r->first]] = e->error;
		r->over = r->over || h->nlmsg_seq - r->first == r->count - 1;
	}
	return 0;
}

/* Sends what was collected and waits for the answer to its last message; 0 or -errno when nothing is known of any. */
static int renewal_send(struct vmac *v, struct renewal *r, struct nlmsghdr *last, size_t len)
{
	last->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(v->socket, v->batch, len) < 0)
		return -errno;
	while (!r->over) {
		ssize_t n = mnl_socket_recvfrom(v->socket, v->reply, sizeof(v->reply));
		if (n < 0)
			return -errno;
		renewal_answer(r, v->reply, (size_t)n);
	}
	return 0;
}

/* Groups from `at` on, as many as one request holds; the number of groups it took. */
static unsigned renew_some(struct vmac *v, const struct hsrp_kernel *const *k, unsigned count, int *errors)
{
	struct renewal r = {.first = v->seq + 1, .errors = errors};
	struct nlmsghdr *h = NULL;
	size_t len = 0;
	unsigned n;

	for (n = 0; n < count && r.count + k[n]->address_count <= VMAC_RENEWALS; n++) {
		int ifindex = k[n]->use_bia ? k[n]->ifindex : macvlan_index(v, k[n]);
		errors[n] = 0;
		if (ifindex == 0) {
			errors[n] = RENEW_ALONE;
			continue;
		}
		for (unsigned a = 0; a < k[n]->address_count; a++) {
			h = mnl_nlmsg_put_header(v->batch + len);
			h->nlmsg_seq = ++v->seq;
			vmac_address_put(
				h, RTM_NEWADDR, ifindex, &k[n]->address[a], !k[n]->use_bia, k[n]->lifetime_s);
			len += NLMSG_ALIGN(h->nlmsg_len);
			r.owner[r.count++] = (uint16_t)n;
		}
	}
	int e = h ? renewal_send(v, &r, h, len) : 0;
	for (unsigned g = 0; g < n; g++)
		errors[g] = errors[g] == RENEW_ALONE ? vmac_apply(v, k[g]) : e ? e : errors[g];
	return n;
}

void vmac_renew_many(struct vmac *v, const struct hsrp_kernel *const *k, unsigned count, int *errors)
{
	for (unsigned n = 0; n < count;)
		n += renew_some(v, k + n, count - n, errors + n);
}
