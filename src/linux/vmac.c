/* Virtual MAC interfaces and virtual addresses: see vmac.h. */
#include "linux/vmac_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LINK_LOCAL_LEN = 64,
};

/* What a link is, as far as it concerns us. */
struct link {
	int ifindex, parent;
	unsigned flags;
	uint32_t group;
	struct mac mac;
	bool macvlan, ours;
	char alias[64];
};

int vmac_open(struct vmac **out)
{
	struct vmac *v = calloc(1, sizeof(*v));
	int one = 1;

	if (!v)
		return -ENOMEM;
	v->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	v->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (v->control < 0 || !v->socket || mnl_socket_bind(v->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int e = -errno;
		vmac_close(v);
		return e;
	}
	v->port = mnl_socket_get_portid(v->socket);
	/* Dumps of addresses then honour the interface asked for; older kernels send all, which is checked again. */
	(void)mnl_socket_setsockopt(v->socket, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	*out = v;
	return 0;
}

void vmac_close(struct vmac *v)
{
	if (v && v->socket)
		mnl_socket_close(v->socket);
	if (v && v->control >= 0)
		close(v->control);
	free(v);
}

/* ---- requests ---- */

static struct nlmsghdr *request(struct vmac *v, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(v->request);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++v->seq;
	return h;
}

/* Sends and waits for the acknowledgement; each message of an answer goes to `each`. 0 or -errno. */
static int talk(struct vmac *v, struct nlmsghdr *h, mnl_cb_t each, void *arg)
{
	int r = 1;

	if (mnl_socket_sendto(v->socket, h, h->nlmsg_len) < 0)
		return -errno;
	while (r > 0) {
		ssize_t n = mnl_socket_recvfrom(v->socket, v->reply, sizeof(v->reply));
		if (n < 0)
			return -errno;
		r = mnl_cb_run(v->reply, (size_t)n, h->nlmsg_seq, v->port, each, arg);
		if (r < 0)
			return errno == 0 ? -EPROTO : -errno;
	}
	return 0;
}

static int change(struct vmac *v, struct nlmsghdr *h)
{
	h->nlmsg_flags |= NLM_F_ACK;
	return talk(v, h, NULL, NULL);
}

static void link_read(const struct nlmsghdr *h, struct link *l)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(h);
	const struct nlattr *a, *inner;

	*l = (struct link){.ifindex = info->ifi_index, .flags = info->ifi_flags};
	mnl_attr_for_each(a, h, sizeof(*info))
	{
		switch (mnl_attr_get_type(a)) {
		case IFLA_LINK: l->parent = (int)mnl_attr_get_u32(a); break;
		case IFLA_GROUP: l->group = mnl_attr_get_u32(a); break;
		case IFLA_ADDRESS:
			if (mnl_attr_get_payload_len(a) == sizeof(l->mac.bytes))
				memcpy(l->mac.bytes, mnl_attr_get_payload(a), sizeof(l->mac.bytes));
			break;
		case IFLA_IFALIAS: snprintf(l->alias, sizeof(l->alias), "%s", mnl_attr_get_str(a)); break;
		case IFLA_LINKINFO:
			mnl_attr_for_each_nested(inner, a) if (mnl_attr_get_type(inner) == IFLA_INFO_KIND)
				l->macvlan = strcmp(mnl_attr_get_str(inner), "macvlan") == 0;
			break;
		}
	}
	l->ours = l->macvlan && strncmp(l->alias, VMAC_ALIAS, strlen(VMAC_ALIAS)) == 0;
}

static int on_link(const struct nlmsghdr *h, void *arg)
{
	link_read(h, arg);
	return MNL_CB_OK;
}

/* 0, -ENODEV, -errno. */
static int link_get(struct vmac *v, const char *name, struct link *out)
{
	struct nlmsghdr *h = request(v, RTM_GETLINK, NLM_F_ACK);

	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	*out = (struct link){0};
	return talk(v, h, on_link, out);
}

static int link_up(struct vmac *v, int ifindex, bool up)
{
	struct nlmsghdr *h = request(v, RTM_NEWLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));

	info->ifi_index = ifindex;
	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	return change(v, h);
}

static int link_delete(struct vmac *v, int ifindex)
{
	struct nlmsghdr *h = request(v, RTM_DELLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));
	int e;

	info->ifi_index = ifindex;
	e = change(v, h);
	return e == -ENODEV ? 0 : e;
}

static int macvlan_add(struct vmac *v, const char *name, const struct hsrp_kernel *k)
{
	struct nlmsghdr *h = request(v, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);

	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	mnl_attr_put_u32(h, IFLA_LINK, (uint32_t)k->ifindex);
	mnl_attr_put_u32(h, IFLA_GROUP, VMAC_GROUP);
	mnl_attr_put(h, IFLA_ADDRESS, sizeof(k->mac.bytes), k->mac.bytes);
	struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "macvlan");
	struct nlattr *data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put_u32(h, IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return change(v, h);
}

static int alias_set(struct vmac *v, int ifindex, const struct hsrp_kernel *k)
{
	struct nlmsghdr *h = request(v, RTM_NEWLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));
	char alias[64];

	info->ifi_index = ifindex;
	snprintf(alias, sizeof(alias), VMAC_ALIAS "%s:%u%s", k->device, k->group,
		k->family == IP_V6 ? VMAC_V6 : "");
	mnl_attr_put_strz(h, IFLA_IFALIAS, alias);
	return change(v, h);
}

/*
 * IPv6: without duplicate address detection, the address is another router's until this moment. On a macvlan the
 * link-local one brings the route to its neighbours; all others are reached by the device.
 */
static void address_fill(struct ifaddrmsg *a, const struct ipaddr *ip, bool macvlan)
{
	bool link_local = ip_is_link_local(ip);

	a->ifa_family = ip->family == IP_V6 ? AF_INET6 : AF_INET;
	a->ifa_prefixlen = link_local && macvlan ? LINK_LOCAL_LEN : (uint8_t)ip_bits(ip);
	if (ip->family == IP_V6)
		a->ifa_flags = IFA_F_NODAD;
}

void vmac_address_put(struct nlmsghdr *h, uint16_t type, int ifindex, const struct ipaddr *ip, bool macvlan,
	uint32_t lifetime_s)
{
	bool add = type == RTM_NEWADDR;
	struct ifaddrmsg *a = mnl_nlmsg_put_extra_header(h, sizeof(*a));

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | (add ? NLM_F_CREATE | NLM_F_REPLACE : 0);
	address_fill(a, ip, macvlan);
	a->ifa_index = (unsigned)ifindex;
	mnl_attr_put(h, IFA_LOCAL, ip_bits(ip) / 8, ip->bytes);
	mnl_attr_put(h, IFA_ADDRESS, ip_bits(ip) / 8, ip->bytes);
	if (add) {
		struct ifa_cacheinfo life = {.ifa_prefered = lifetime_s, .ifa_valid = lifetime_s};
		mnl_attr_put(h, IFA_CACHEINFO, sizeof(life), &life);
		mnl_attr_put_u8(h, IFA_PROTO, VMAC_ADDRESS_PROTOCOL);
		if (ip->family == IP_V6 && a->ifa_prefixlen != LINK_LOCAL_LEN)
			mnl_attr_put_u32(h, IFA_FLAGS, IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
	}
}

static int address_change(struct vmac *v, uint16_t type, int ifindex, const struct ipaddr *ip, bool macvlan,
	uint32_t lifetime_s)
{
	struct nlmsghdr *h = request(v, type, 0);

	vmac_address_put(h, type, ifindex, ip, macvlan, lifetime_s);
	return change(v, h);
}

/* ---- the addresses of one macvlan ---- */

static uint8_t family_of(enum ip_family family)
{
	return family == IP_V6 ? AF_INET6 : AF_INET;
}

struct address_list {
	int ifindex;
	enum ip_family family;
	unsigned count;
	struct ipaddr address[64];
};

static int on_address(const struct nlmsghdr *h, void *arg)
{
	struct address_list *list = arg;
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;

	if (h->nlmsg_type != RTM_NEWADDR || (int)m->ifa_index != list->ifindex || list->count == 64 ||
		m->ifa_family != family_of(list->family))
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(*m))
	{
		bool v6 = list->family == IP_V6;
		if (mnl_attr_get_type(a) != (v6 ? IFA_ADDRESS : IFA_LOCAL) ||
			mnl_attr_get_payload_len(a) != (v6 ? 16 : 4))
			continue;
		list->address[list->count++] = ip_from_bytes(list->family, mnl_attr_get_payload(a));
	}
	return MNL_CB_OK;
}

static int addresses_get(struct vmac *v, struct address_list *list)
{
	struct nlmsghdr *h = request(v, RTM_GETADDR, NLM_F_DUMP);
	struct ifaddrmsg *a = mnl_nlmsg_put_extra_header(h, sizeof(*a));

	a->ifa_family = family_of(list->family);
	a->ifa_index = (unsigned)list->ifindex;
	list->count = 0;
	return talk(v, h, on_address, list);
}

static bool listed(const struct hsrp_kernel *k, const struct ipaddr *ip)
{
	for (unsigned n = 0; n < k->address_count; n++)
		if (ip_equal(&k->address[n], ip))
			return true;
	return false;
}

/* Deletes what is on the macvlan; with `keep`, except the addresses of `k`. */
static int addresses_clear(struct vmac *v, int ifindex, const struct hsrp_kernel *k, bool keep)
{
	struct address_list list = {.ifindex = ifindex, .family = (enum ip_family)k->family};
	int e = addresses_get(v, &list);

	for (unsigned n = 0; e == 0 && n < list.count; n++) {
		if (keep && listed(k, &list.address[n]))
			continue;
		e = address_change(v, RTM_DELADDR, ifindex, &list.address[n], true, 0);
		e = e == -EADDRNOTAVAIL ? 0 : e;
	}
	return e;
}

static int addresses_add(struct vmac *v, int ifindex, const struct hsrp_kernel *k)
{
	int e = 0;

	for (unsigned n = 0; e == 0 && n < k->address_count; n++)
		e = address_change(v, RTM_NEWADDR, ifindex, &k->address[n], !k->use_bia, k->lifetime_s);
	return e;
}

static int addresses_delete(struct vmac *v, int ifindex, const struct hsrp_kernel *k)
{
	int e = 0;

	for (unsigned n = 0; n < k->address_count; n++) {
		int one = address_change(v, RTM_DELADDR, ifindex, &k->address[n], false, 0);
		if (one != -EADDRNOTAVAIL && one != -ENODEV && e == 0)
			e = one;
	}
	return e;
}

/* ---- settings ---- */

/* Of a macvlan of ours: nothing to restore, they die with it. A family the kernel does not have is no failure. */
static int own_setting(const char *family, const char *device, const char *name, const char *value)
{
	char path[128];
	int e = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, device, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (write(fd, value, strlen(value)) < 0)
		e = -errno;
	close(fd);
	return e;
}

static int macvlan_settings(const char *name, const char *parent, enum ip_family of)
{
	static const struct {
		enum ip_family of; /* groups of this family; IP_NONE: all */
		const char *family, *name, *value;
	} settings[] = {
		{IP_V4, "ipv6", "disable_ipv6", "1"}, /* before it is up: no link-local address */
		/* Before it is up: no address but the virtual ones, nothing learned or asked from other routers. */
		{IP_V6, "ipv6", "addr_gen_mode", "1"}, {IP_V6, "ipv6", "accept_ra", "0"},
		{IP_V6, "ipv6", "autoconf", "0"}, {IP_V6, "ipv6", "dad_transmits", "0"},
		{IP_V6, "ipv6", "keep_addr_on_down", "0"}, {IP_V6, "ipv6", "disable_ipv6", "0"},
		{IP_NONE, "ipv4", "arp_ignore", "1"},	  /* answers for its own address only */
		{IP_NONE, "ipv4", "rp_filter", "2"},	  /* what comes in by it is answered by the device */
		{IP_NONE, "ipv4", "send_redirects", "0"}, /* RFC 2281 6.3 */
	};
	char path[SYSCTL_NAME_MAX], forwarding[SYSCTL_VALUE_MAX];
	int e = 0;

	for (size_t n = 0; e == 0 && n < sizeof(settings) / sizeof(settings[0]); n++)
		if (settings[n].of == IP_NONE || settings[n].of == of)
			e = own_setting(settings[n].family, name, settings[n].name, settings[n].value);
	const char *family = of == IP_V6 ? "ipv6" : "ipv4";
	snprintf(path, sizeof(path), "net/%s/conf/%s/forwarding", family, parent);
	if (e == 0 && sysctl_read(path, forwarding, sizeof(forwarding)) == 0)
		e = own_setting(family, name, "forwarding", forwarding);
	return e;
}

int vmac_device_settings(struct sysctl_record *r, const char *device)
{
	/* The kernel takes the greater (ARP) or either (redirects) of "all" and the device's own value. */
	static const struct {
		const char *where, *name; /* where NULL: the device */
		int least;		  /* at least this; -1: 0 */
	} settings[] = {{NULL, "arp_ignore", 1}, {NULL, "arp_announce", 2}, {NULL, "send_redirects", -1},
		{"all", "send_redirects", -1}};
	int first = 0;

	for (size_t n = 0; n < sizeof(settings) / sizeof(settings[0]); n++) {
		char name[SYSCTL_NAME_MAX], value[SYSCTL_VALUE_MAX];
		snprintf(name, sizeof(name), "net/ipv4/conf/%s/%s",
			settings[n].where ? settings[n].where : device, settings[n].name);
		int e = sysctl_read(name, value, sizeof(value));
		if (e == 0 && settings[n].least >= 0 && atoi(value) >= settings[n].least)
			continue;
		snprintf(value, sizeof(value), "%d", settings[n].least < 0 ? 0 : settings[n].least);
		if (e == 0)
			e = sysctl_set(r, name, value);
		if (e < 0 && first == 0)
			first = e;
	}
	return first;
}

int vmac_device_restore(struct sysctl_record *r, const char *device)
{
	static const char *const names[] = {"send_redirects", "arp_announce", "arp_ignore"};
	int first = 0;

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		char name[SYSCTL_NAME_MAX];
		snprintf(name, sizeof(name), "net/ipv4/conf/%s/%s", device, names[n]);
		int e = sysctl_restore(r, name);
		if (e < 0 && first == 0)
			first = e;
	}
	return first;
}

/* ---- the operations ---- */

static bool matches(const struct link *l, const struct hsrp_kernel *k)
{
	return l->ours && l->group == VMAC_GROUP && l->parent == k->ifindex &&
		memcmp(&l->mac, &k->mac, sizeof(l->mac)) == 0;
}

/* The macvlan as it should be, whatever its state; made when it is missing. */
static int macvlan_ensure(struct vmac *v, const char *name, const struct hsrp_kernel *k, struct link *l)
{
	int e = link_get(v, name, l);

	if (e == 0 && matches(l, k))
		return 0;
	if (e == 0 && !l->ours)
		return -EEXIST; /* somebody else's interface has the name: not ours to touch */
	if (e == 0)
		e = link_delete(v, l->ifindex);
	if (e != 0 && e != -ENODEV)
		return e;
	e = macvlan_add(v, name, k);
	if (e == 0)
		e = link_get(v, name, l);
	if (e == 0)
		e = alias_set(v, l->ifindex, k);
	if (e == 0)
		e = macvlan_settings(name, k->device, (enum ip_family)k->family);
	if (e != 0 && l->ifindex > 0)
		(void)link_delete(v, l->ifindex); /* half made is not made */
	return e;
}

static int macvlan_serve(struct vmac *v, const char *name, const struct hsrp_kernel *k)
{
	struct link l;
	int e = macvlan_ensure(v, name, k, &l);

	if (e == 0 && !(l.flags & IFF_UP))
		e = link_up(v, l.ifindex, true);
	if (e == 0)
		e = addresses_clear(v, l.ifindex, k, true);
	return e == 0 ? addresses_add(v, l.ifindex, k) : e;
}

/* The macvlan may go down later (vmac_down): the address is what counts, and going down takes the kernel long. */
static int addresses_remove(struct vmac *v, const struct link *l, const struct hsrp_kernel *k, bool down)
{
	int e = addresses_clear(v, l->ifindex, k, false);

	return e == 0 && down ? link_up(v, l->ifindex, false) : e;
}

static int apply_macvlan(struct vmac *v, const struct hsrp_kernel *k)
{
	char name[HSRP_DEVICE_MAX];
	struct link l;
	int e;

	hsrp_macvlan_name(k->ifindex, (enum ip_family)k->family, k->group, name);
	switch (k->op) {
	case HSRP_KERNEL_PREPARE:
		e = macvlan_ensure(v, name, k, &l);
		return e == 0 && (l.flags & IFF_UP) ? addresses_remove(v, &l, k, true) : e;
	case HSRP_KERNEL_SERVE: return macvlan_serve(v, name, k);
	case HSRP_KERNEL_RENEW: /* also what somebody switched off in the meantime */
		e = link_get(v, name, &l);
		if (e == 0 && !matches(&l, k))
			e = -ENODEV;
		if (e == 0 && !(l.flags & IFF_UP))
			e = link_up(v, l.ifindex, true);
		return e == 0 ? addresses_add(v, l.ifindex, k) : e;
	default: break;
	}
	e = link_get(v, name, &l);
	if (e == -ENODEV || (e == 0 && !l.ours))
		return 0; /* nothing of ours is there */
	if (e != 0)
		return e;
	return k->op == HSRP_KERNEL_UNSERVE ? addresses_remove(v, &l, k, false) : link_delete(v, l.ifindex);
}

int vmac_apply(struct vmac *v, const struct hsrp_kernel *k)
{
	if (!k->use_bia)
		return apply_macvlan(v, k);
	switch (k->op) {
	case HSRP_KERNEL_SERVE:
	case HSRP_KERNEL_RENEW: return addresses_add(v, k->ifindex, k);
	case HSRP_KERNEL_UNSERVE:
	case HSRP_KERNEL_REMOVE: return addresses_delete(v, k->ifindex, k);
	default: return 0;
	}
}

int vmac_down(struct vmac *v, const struct hsrp_kernel *k)
{
	char name[HSRP_DEVICE_MAX];
	struct link l;

	if (k->use_bia)
		return 0;
	hsrp_macvlan_name(k->ifindex, (enum ip_family)k->family, k->group, name);
	int e = link_get(v, name, &l);
	if (e == 0 && l.ours && (l.flags & IFF_UP)) {
		struct address_list list = {.ifindex = l.ifindex, .family = (enum ip_family)k->family};
		e = addresses_get(v, &list);
		if (e == 0 && list.count == 0)
			e = link_up(v, l.ifindex, false);
	}
	return e == -ENODEV ? 0 : e;
}

/* Deletes by the link group that only what is doomed carries, in one step of the kernel. */
int vmac_remove_many(struct vmac *v, const struct hsrp_kernel *const *k, unsigned count)
{
	unsigned doomed = 0;
	int first = 0;

	for (unsigned n = 0; n < count; n++) {
		char name[HSRP_DEVICE_MAX];
		struct link l;
		if (k[n]->use_bia) {
			int e = vmac_apply(v, k[n]);
			first = first ? first : e;
			continue;
		}
		hsrp_macvlan_name(k[n]->ifindex, (enum ip_family)k[n]->family, k[n]->group, name);
		if (link_get(v, name, &l) != 0 || !l.ours)
			continue;
		struct nlmsghdr *h = request(v, RTM_NEWLINK, 0);
		struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));
		info->ifi_index = l.ifindex;
		mnl_attr_put_u32(h, IFLA_GROUP, VMAC_GROUP_DOOMED);
		int e = change(v, h);
		doomed += e == 0;
		first = first || e == -ENODEV ? first : e;
	}
	if (doomed == 0)
		return first;
	struct nlmsghdr *h = request(v, RTM_DELLINK, 0);
	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(h, IFLA_GROUP, VMAC_GROUP_DOOMED);
	int e = change(v, h);
	return e ? e : first;
}

struct link_local_search {
	int ifindex;
	struct ipaddr preferred, found;
};

static int on_link_local(const struct nlmsghdr *h, void *arg)
{
	struct link_local_search *s = arg;
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;

	if (h->nlmsg_type != RTM_NEWADDR || (int)m->ifa_index != s->ifindex || m->ifa_family != AF_INET6 ||
		!(m->ifa_flags & IFA_F_PERMANENT) || (m->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(*m))
	{
		if (mnl_attr_get_type(a) != IFA_ADDRESS || mnl_attr_get_payload_len(a) != 16)
			continue;
		struct ipaddr ip = ip_from_bytes(IP_V6, mnl_attr_get_payload(a));
		if (ip_is_link_local(&ip) && !ip_equal(&s->found, &s->preferred) &&
			(!ip_is_set(&s->found) || ip_equal(&ip, &s->preferred) ||
				ip_compare(&ip, &s->found) < 0))
			s->found = ip;
	}
	return MNL_CB_OK;
}

/* Not set when there is none, or no IPv6 at all. */
static struct ipaddr link_local_get(struct vmac *v, const struct link *l)
{
	struct link_local_search s = {.ifindex = l->ifindex, .preferred = hsrp_link_local(&l->mac)};
	struct nlmsghdr *h = request(v, RTM_GETADDR, NLM_F_DUMP);
	struct ifaddrmsg *a = mnl_nlmsg_put_extra_header(h, sizeof(*a));

	s.preferred.bytes[8] ^= 0x02; /* RFC 4291 appendix A, as the kernel makes it */
	a->ifa_family = AF_INET6;
	a->ifa_index = (unsigned)l->ifindex;
	(void)talk(v, h, on_link_local, &s);
	return s.found;
}

int vmac_link_query(struct vmac *v, const char *device, struct vmac_link *out)
{
	struct link l;
	int e = link_get(v, device, &l);

	*out = (struct vmac_link){0};
	if (e == -ENODEV)
		return 0;
	if (e == 0)
		*out = (struct vmac_link){.ifindex = l.ifindex,
			.link_local = link_local_get(v, &l),
			.up = (l.flags & IFF_UP) && (l.flags & IFF_RUNNING),
			.mac = l.mac};
	return e;
}

/* ---- what a predecessor left ---- */

struct sweep {
	vmac_keep_fn *keep;
	void *arg;
	int doomed[256];
	unsigned count;
};

static int on_swept(const struct nlmsghdr *h, void *arg)
{
	struct sweep *s = arg;
	struct link l;
	char device[HSRP_DEVICE_MAX];
	char *end;

	if (h->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	link_read(h, &l);
	if (!l.ours || s->count == sizeof(s->doomed) / sizeof(s->doomed[0]))
		return MNL_CB_OK;
	const char *at = l.alias + strlen(VMAC_ALIAS), *colon = strrchr(at, ':');
	if (!colon || (size_t)(colon - at) >= sizeof(device))
		return MNL_CB_OK;
	memcpy(device, at, (size_t)(colon - at));
	device[colon - at] = '\0';
	unsigned group = (unsigned)strtoul(colon + 1, &end, 10);
	if (!s->keep(s->arg, device, strcmp(end, VMAC_V6) == 0 ? IP_V6 : IP_V4, group))
		s->doomed[s->count++] = l.ifindex;
	return MNL_CB_OK;
}

int vmac_sweep(struct vmac *v, vmac_keep_fn *keep, void *arg)
{
	struct sweep s = {.keep = keep, .arg = arg};
	int e = 0;

	do { /* again while a round was full */
		struct nlmsghdr *h = request(v, RTM_GETLINK, NLM_F_DUMP);
		mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
		s.count = 0;
		e = talk(v, h, on_swept, &s);
		for (unsigned n = 0; e == 0 && n < s.count; n++)
			e = link_delete(v, s.doomed[n]);
	} while (e == 0 && s.count == sizeof(s.doomed) / sizeof(s.doomed[0]));
	return e;
}
