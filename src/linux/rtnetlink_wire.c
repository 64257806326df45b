#include "linux/rtnetlink_wire.h"

#include <assert.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>

enum { LOWER_UP = 0x10000 /* IFF_LOWER_UP, which <net/if.h> does not know */ };

static enum ip_family family_of(uint8_t af)
{
	return af == AF_INET ? IP_V4 : af == AF_INET6 ? IP_V6 : IP_NONE;
}

static uint8_t af_of(const struct ipaddr *a)
{
	return a->family == IP_V4 ? AF_INET : AF_INET6;
}

static size_t address_size(enum ip_family family)
{
	return family == IP_V4 ? 4 : 16;
}

static bool read_address(const struct nlattr *a, enum ip_family family, struct ipaddr *out)
{
	if (mnl_attr_get_payload_len(a) != address_size(family))
		return false;
	*out = ip_from_bytes(family, mnl_attr_get_payload(a));
	return true;
}

static bool read_number(const struct nlattr *a, uint32_t *out)
{
	if (mnl_attr_get_payload_len(a) < sizeof(uint32_t))
		return false;
	*out = mnl_attr_get_u32(a);
	return true;
}

/* Copies a string attribute, cut to fit. */
static void read_string(const struct nlattr *a, char *out, size_t size)
{
	size_t len = strnlen(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));

	if (len >= size)
		len = size - 1;
	memcpy(out, mnl_attr_get_payload(a), len);
	out[len] = '\0';
}

static bool has_payload(const struct nlmsghdr *h, size_t size)
{
	return h->nlmsg_len >= MNL_NLMSG_HDRLEN + size;
}

static void read_kind(const struct nlattr *info, char kind[RTNL_KIND_MAX])
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, info) if (mnl_attr_get_type(a) == IFLA_INFO_KIND)
		read_string(a, kind, RTNL_KIND_MAX);
}

/* charon's kernel-libipsec names its TUN "ipsec0", or the next number that is free. */
static bool is_ike_tun(const struct rtnl_link_message *m)
{
	const char *name = m->link.name;

	return !strcmp(m->kind, "tun") && !strncmp(name, "ipsec", 5) && name[5] &&
		strspn(name + 5, "0123456789") == strlen(name + 5);
}

bool rtnl_read_link(const struct nlmsghdr *h, struct rtnl_link_message *out)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;

	memset(out, 0, sizeof(*out)); /* padding, too: two of them are compared as bytes */
	if (!has_payload(h, sizeof(*i)) || i->ifi_index <= 0)
		return false;
	/* A bridge tells about its ports by link messages of its own family: a port that leaves is no link that goes. */
	if (i->ifi_family != AF_UNSPEC)
		return false;
	out->link.ifindex = i->ifi_index;
	out->link.up = i->ifi_flags & IFF_UP;
	out->link.running = i->ifi_flags & LOWER_UP;
	mnl_attr_for_each(a, h, sizeof(*i))
	{
		switch (mnl_attr_get_type(a)) {
		case IFLA_IFNAME: read_string(a, out->link.name, sizeof(out->link.name)); break;
		case IFLA_IFALIAS: read_string(a, out->link.alias, sizeof(out->link.alias)); break;
		case IFLA_MTU: read_number(a, &out->link.mtu); break;
		case IFLA_LINKINFO: read_kind(a, out->kind); break;
		case IFLA_ADDRESS:
			if (mnl_attr_get_payload_len(a) == sizeof(out->link.mac.bytes))
				memcpy(out->link.mac.bytes, mnl_attr_get_payload(a),
					sizeof(out->link.mac.bytes));
			break;
		}
	}
	out->link.ike_tun = is_ike_tun(out);
	out->ours = !strncmp(out->link.alias, RTNL_OWN_ALIAS, strlen(RTNL_OWN_ALIAS));
	return out->link.name[0] != '\0';
}

static uint16_t read_vlan(const struct nlattr *info)
{
	const struct nlattr *a, *b;
	uint16_t vlan = 0;

	mnl_attr_for_each_nested(a, info)
	{
		if (mnl_attr_get_type(a) != IFLA_INFO_DATA)
			continue;
		mnl_attr_for_each_nested(b, a) if (mnl_attr_get_type(b) == IFLA_VLAN_ID &&
			mnl_attr_get_payload_len(b) >= sizeof(vlan)) vlan = mnl_attr_get_u16(b);
	}
	return vlan;
}

/* Older kernels have a shorter struct: what is missing is 0. */
static void read_statistics(const struct nlattr *a, struct device_counters *out)
{
	struct rtnl_link_stats64 s = {0};
	size_t len = mnl_attr_get_payload_len(a);

	memcpy(&s, mnl_attr_get_payload(a), len < sizeof(s) ? len : sizeof(s));
	out->in.packets = s.rx_packets;
	out->in.bytes = s.rx_bytes;
	out->in.errors = s.rx_errors;
	out->in.dropped = s.rx_dropped;
	out->out.packets = s.tx_packets;
	out->out.bytes = s.tx_bytes;
	out->out.errors = s.tx_errors;
	out->out.dropped = s.tx_dropped;
	out->multicast = s.multicast;
	out->length_errors = s.rx_length_errors;
	out->crc_errors = s.rx_crc_errors;
	out->frame_errors = s.rx_frame_errors;
	out->overruns = s.rx_over_errors + s.rx_fifo_errors;
	out->missed = s.rx_missed_errors;
	out->unknown = s.rx_nohandler;
	out->collisions = s.collisions;
	out->underruns = s.tx_fifo_errors;
	out->no_carrier = s.tx_carrier_errors;
}

bool rtnl_read_counters(const struct nlmsghdr *h, struct device_counters *out)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;

	*out = (struct device_counters){0};
	if (!has_payload(h, sizeof(*i)) || i->ifi_index <= 0 || i->ifi_family != AF_UNSPEC)
		return false;
	out->ifindex = i->ifi_index;
	mnl_attr_for_each(a, h, sizeof(*i))
	{
		switch (mnl_attr_get_type(a)) {
		case IFLA_STATS64: read_statistics(a, out); break;
		case IFLA_QDISC: read_string(a, out->qdisc, sizeof(out->qdisc)); break;
		case IFLA_TXQLEN: read_number(a, &out->queue_max); break;
		case IFLA_CARRIER_DOWN_COUNT: read_number(a, &out->carrier_lost); break;
		case IFLA_LINKINFO:
			read_kind(a, out->kind);
			out->vlan = read_vlan(a);
			break;
		}
	}
	return true;
}

bool rtnl_read_arp(const struct nlmsghdr *h, struct arp_entry *out)
{
	enum { TICKS_PER_S = 100 /* USER_HZ, part of the kernel's interface */ };
	const struct ndmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;

	*out = (struct arp_entry){0};
	if (!has_payload(h, sizeof(*m)) || m->ndm_family != AF_INET || m->ndm_ifindex <= 0 ||
		m->ndm_state & NUD_NOARP)
		return false;
	out->ifindex = m->ndm_ifindex;
	out->complete = !(m->ndm_state & (NUD_INCOMPLETE | NUD_FAILED));
	mnl_attr_for_each(a, h, sizeof(*m))
	{
		const struct nda_cacheinfo *age = mnl_attr_get_payload(a);
		size_t len = mnl_attr_get_payload_len(a);

		switch (mnl_attr_get_type(a)) {
		case NDA_DST:
			if (!read_address(a, IP_V4, &out->address))
				return false;
			break;
		case NDA_LLADDR:
			if (len == sizeof(out->mac.bytes))
				memcpy(out->mac.bytes, mnl_attr_get_payload(a), len);
			break;
		case NDA_CACHEINFO:
			if (len >= sizeof(*age))
				out->age_s = age->ndm_confirmed / TICKS_PER_S;
			break;
		}
	}
	return ip_is_set(&out->address);
}

bool rtnl_read_address(const struct nlmsghdr *h, struct address *out)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	struct ipaddr local = {0}, address = {0};
	const struct nlattr *a;

	*out = (struct address){0};
	if (!has_payload(h, sizeof(*m)))
		return false;
	enum ip_family family = family_of(m->ifa_family);

	if (family == IP_NONE || m->ifa_prefixlen > address_size(family) * 8)
		return false;
	mnl_attr_for_each(a, h, sizeof(*m))
	{
		switch (mnl_attr_get_type(a)) {
		case IFA_LOCAL:
			if (!read_address(a, family, &local))
				return false;
			break;
		case IFA_ADDRESS:
			if (!read_address(a, family, &address))
				return false;
			break;
		case IFA_PROTO:
			if (mnl_attr_get_payload_len(a) >= 1)
				out->ours = mnl_attr_get_u8(a) == RTNL_ADDRESS_PROTOCOL;
			break;
		}
	}
	/* On a point-to-point link IFA_ADDRESS is the other end. */
	out->prefix.addr = ip_is_set(&local) ? local : address;
	out->prefix.len = m->ifa_prefixlen;
	out->ifindex = (int)m->ifa_index;
	return ip_is_set(&out->prefix.addr);
}

/* RTA_VIA: a gateway of another family than the route's. */
static void read_via(const struct nlattr *a, struct ipaddr *gateway)
{
	const struct rtvia *via = mnl_attr_get_payload(a);
	size_t len = mnl_attr_get_payload_len(a);

	if (len < sizeof(via->rtvia_family))
		return;
	enum ip_family family = family_of((uint8_t)via->rtvia_family);

	if (family != IP_NONE && len == sizeof(via->rtvia_family) + address_size(family))
		*gateway = ip_from_bytes(family, via->rtvia_addr);
}

static uint32_t read_mtu(const struct nlattr *metrics)
{
	const struct nlattr *a;
	uint32_t mtu = 0;

	mnl_attr_for_each_nested(a, metrics) if (mnl_attr_get_type(a) == RTAX_MTU) read_number(a, &mtu);
	return mtu;
}

static bool read_route_attribute(
	const struct nlattr *a, enum ip_family family, struct rtnl_route_message *out)
{
	struct route *r = &out->hop.route;
	uint32_t number;

	switch (mnl_attr_get_type(a)) {
	case RTA_DST: return read_address(a, family, &r->prefix.addr);
	case RTA_GATEWAY: return read_address(a, family, &r->gateway);
	case RTA_PREFSRC: return read_address(a, family, &r->source);
	case RTA_VIA: read_via(a, &r->gateway); return true;
	case RTA_PRIORITY: return read_number(a, &r->metric);
	case RTA_TABLE: return read_number(a, &r->table);
	case RTA_METRICS: r->mtu = read_mtu(a); return true;
	case RTA_NH_ID: out->next_hop_object_alone = true; return true;
	case RTA_OIF:
		if (!read_number(a, &number))
			return false;
		r->ifindex = (int)number;
		return true;
	case RTA_MULTIPATH:
		out->rest = mnl_attr_get_payload(a);
		out->end = out->rest + mnl_attr_get_payload_len(a);
		return true;
	default: return true;
	}
}

bool rtnl_read_route(const struct nlmsghdr *h, struct rtnl_route_message *out)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;

	*out = (struct rtnl_route_message){0};
	if (!has_payload(h, sizeof(*m)))
		return false;
	enum ip_family family = family_of(m->rtm_family);

	if (family == IP_NONE || m->rtm_dst_len > address_size(family) * 8)
		return false;
	out->flags = m->rtm_flags;
	out->hop.type = m->rtm_type;
	out->hop.scope = m->rtm_scope;
	out->hop.dead = m->rtm_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN);
	out->hop.route.table = m->rtm_table;
	out->hop.route.protocol = m->rtm_protocol;
	out->hop.route.onlink = m->rtm_flags & RTNH_F_ONLINK;
	out->hop.route.prefix.addr.family = family;
	mnl_attr_for_each(a, h, sizeof(*m)) if (!read_route_attribute(a, family, out)) return false;
	out->hop.route.prefix = prefix_make(out->hop.route.prefix.addr, m->rtm_dst_len);
	if (out->rest) {
		if (!rtnl_next_hop(out))
			return false;
		out->hop.hop = 0;
	}
	if (out->hop.route.ifindex > 0)
		out->next_hop_object_alone = false;
	return true;
}

bool rtnl_next_hop(struct rtnl_route_message *m)
{
	size_t left = m->rest ? (size_t)(m->end - m->rest) : 0;
	struct rtnexthop nh;

	if (left < sizeof(nh))
		return false;
	memcpy(&nh, m->rest, sizeof(nh));
	if (nh.rtnh_len < sizeof(nh) || nh.rtnh_len > left)
		return false;
	struct route *r = &m->hop.route;

	r->gateway = (struct ipaddr){0};
	r->ifindex = nh.rtnh_ifindex;
	r->onlink = nh.rtnh_flags & RTNH_F_ONLINK;
	m->hop.dead = nh.rtnh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN);
	m->hop.hop++;
	const struct nlattr *attr;
	const void *attributes = m->rest + sizeof(nh);

	mnl_attr_for_each_payload(attributes, nh.rtnh_len - sizeof(nh))
	{
		if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			read_address(attr, r->prefix.addr.family, &r->gateway);
		else if (mnl_attr_get_type(attr) == RTA_VIA)
			read_via(attr, &r->gateway);
	}
	size_t step = MNL_ALIGN(nh.rtnh_len);

	m->rest += step < left ? step : left;
	return true;
}

static void put_address(struct nlmsghdr *h, uint16_t type, const struct ipaddr *a)
{
	mnl_attr_put(h, type, address_size(a->family), a->bytes);
}

static struct nlmsghdr *start(void *to, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(to);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	return h;
}

struct nlmsghdr *rtnl_write_route(void *to, uint16_t type, uint16_t flags, const struct route *r)
{
	struct nlmsghdr *h = start(to, type, flags);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	bool adds = type == RTM_NEWROUTE;

	assert(r->prefix.addr.family != IP_NONE && r->protocol != RTPROT_UNSPEC);
	m->rtm_family = af_of(&r->prefix.addr);
	m->rtm_dst_len = r->prefix.len;
	m->rtm_table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC;
	m->rtm_protocol = r->protocol;
	m->rtm_type = RTN_UNICAST;
	/* A delete without gateway and device means: whatever the next hop. */
	m->rtm_scope = !adds ? RT_SCOPE_NOWHERE : ip_is_set(&r->gateway) ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	put_address(h, RTA_DST, &r->prefix.addr);
	mnl_attr_put_u32(h, RTA_TABLE, r->table);
	if (r->metric)
		mnl_attr_put_u32(h, RTA_PRIORITY, r->metric);
	if (!adds)
		return h;
	if (ip_is_set(&r->gateway)) {
		put_address(h, RTA_GATEWAY, &r->gateway);
		if (r->onlink)
			m->rtm_flags |= RTNH_F_ONLINK;
	}
	if (r->ifindex > 0)
		mnl_attr_put_u32(h, RTA_OIF, (uint32_t)r->ifindex);
	if (ip_is_set(&r->source))
		put_address(h, RTA_PREFSRC, &r->source);
	if (r->mtu) {
		struct nlattr *metrics = mnl_attr_nest_start(h, RTA_METRICS);

		mnl_attr_put_u32(h, RTAX_MTU, r->mtu);
		mnl_attr_nest_end(h, metrics);
	}
	assert(h->nlmsg_len <= RTNL_MESSAGE_MAX);
	return h;
}

struct nlmsghdr *rtnl_write_address(void *to, uint16_t type, uint16_t flags, const struct address *a)
{
	struct nlmsghdr *h = start(to, type, flags);
	struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->ifa_family = af_of(&a->prefix.addr);
	m->ifa_prefixlen = a->prefix.len;
	m->ifa_scope = RT_SCOPE_UNIVERSE;
	m->ifa_index = (uint32_t)a->ifindex;
	put_address(h, IFA_LOCAL, &a->prefix.addr);
	put_address(h, IFA_ADDRESS, &a->prefix.addr);
	if (type == RTM_NEWADDR)
		mnl_attr_put_u8(h, IFA_PROTO, RTNL_ADDRESS_PROTOCOL);
	return h;
}

struct nlmsghdr *rtnl_write_link(void *to, int ifindex, bool up)
{
	struct nlmsghdr *h = start(to, RTM_NEWLINK, 0);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->ifi_family = AF_UNSPEC;
	m->ifi_index = ifindex;
	m->ifi_change = IFF_UP;
	m->ifi_flags = up ? IFF_UP : 0;
	return h;
}

struct nlmsghdr *rtnl_write_lookup(void *to, const struct ipaddr *target, uint32_t rtm_flags)
{
	struct nlmsghdr *h = start(to, RTM_GETROUTE, 0);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->rtm_family = af_of(target);
	m->rtm_dst_len = (uint8_t)ip_bits(target);
	m->rtm_flags = RTM_F_LOOKUP_TABLE | rtm_flags;
	put_address(h, RTA_DST, target);
	return h;
}

struct nlmsghdr *rtnl_write_dump(void *to, uint16_t type, uint8_t family)
{
	struct nlmsghdr *h = start(to, type, NLM_F_DUMP);
	/* The headers begin with the family and are told apart by the type. */
	size_t size = type == RTM_GETLINK ? sizeof(struct ifinfomsg)
		: type == RTM_GETADDR	  ? sizeof(struct ifaddrmsg)
		: type == RTM_GETNEIGH	  ? sizeof(struct ndmsg)
					  : sizeof(struct rtmsg);
	uint8_t *m = mnl_nlmsg_put_extra_header(h, size);

	*m = family;
	return h;
}
