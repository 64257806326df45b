/* Whatever comes out of an rtnetlink socket: a buffer of messages, each read as what it may be, and a few more. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "linux/rtnetlink_wire.h"

static volatile uint64_t sink; /* so that nothing is optimized away */

static uint64_t use_route(const struct nlmsghdr *h)
{
	struct rtnl_route_message m;
	uint64_t sum = 0;
	unsigned hops = 0;

	if (!rtnl_read_route(h, &m))
		return 0;
	do {
		char text[IP_TEXT_MAX];

		sum += m.hop.route.metric + (unsigned)m.hop.route.ifindex +
			strlen(ip_format(&m.hop.route.gateway, text));
		if (ip_is_set(&m.hop.route.gateway) && ip_bits(&m.hop.route.gateway) == 0)
			abort();
		if (++hops > h->nlmsg_len) /* each next hop takes bytes */
			abort();
	} while (rtnl_next_hop(&m));
	if (m.hop.route.prefix.len > ip_bits(&m.hop.route.prefix.addr))
		abort();
	return sum;
}

static uint64_t use(const struct nlmsghdr *h)
{
	struct rtnl_link_message link;
	struct address address;
	struct device_counters counters;
	struct arp_entry arp;
	uint64_t sum = use_route(h);

	if (rtnl_read_link(h, &link))
		sum += strlen(link.link.name) + strlen(link.link.alias) + strlen(link.kind) + link.link.mtu;
	if (rtnl_read_counters(h, &counters))
		sum += strlen(counters.kind) + strlen(counters.qdisc) + counters.in.packets + counters.vlan;
	if (rtnl_read_arp(h, &arp)) {
		if (ip_bits(&arp.address) != 32)
			abort();
		sum += arp.age_s + (unsigned)arp.ifindex;
	}
	if (rtnl_read_address(h, &address)) {
		if (address.prefix.len > ip_bits(&address.prefix.addr))
			abort();
		sum += address.prefix.len;
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* As the receive buffer: aligned, and with room for the padding of a last message that has none. */
	char *buffer = aligned_alloc(8, (size + 16) & ~(size_t)7);
	uint64_t sum = 0;
	int left = (int)size;

	if (!buffer || size > 65536) {
		free(buffer);
		return 0;
	}
	memset(buffer + size, 0, ((size + 16) & ~(size_t)7) - size);
	memcpy(buffer, data, size);
	for (const struct nlmsghdr *h = (void *)buffer; rtnl_message_ok(h, left);
		h = mnl_nlmsg_next(h, &left))
		sum += use(h);
	free(buffer);
	sink = sum;
	return 0;
}
