#include "linux/rtnetlink_internal.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { MONITOR_BUFFER = 16 << 20, REQUEST_BUFFER = 4 << 20 };

static const int monitor_groups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
	RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE, RTNLGRP_NEXTHOP};

static const struct prefix everything[] = {{{.family = IP_V4}, 0}, {{.family = IP_V6}, 0}};

void rtnl_emit(struct rtnl *rn, const struct event *e)
{
	rn->config.event(rn->config.arg, e);
}

void rtnl_kick(struct rtnl *rn)
{
	/* Fails only when the counter is at its end, and then the descriptor is readable anyway. */
	(void)!write(rn->kick_fd, &(uint64_t){1}, sizeof(uint64_t));
}

/* --- What is ours ----------------------------------------------------------------------------------------------- */

/* Routing daemons: they bring routes by the hundred thousand, and take their own back. FRR's staticd (196) is none. */
static const uint8_t daemons[] = {8, 10, RTPROT_ZEBRA, RTPROT_BIRD, RTPROT_DNROUTED, RTPROT_XORP, RTPROT_NTK,
	RTPROT_MROUTED, RTPROT_BABEL, RTPROT_OPENR, RTPROT_BGP, RTPROT_ISIS, RTPROT_OSPF, RTPROT_RIP, 190,
	191, RTPROT_EIGRP, 193, 194, 195, 197, 198};

bool rtnl_is_reported(const struct rtnl_route_message *m)
{
	const struct route *r = &m->hop.route;

	if (m->flags & RTM_F_CLONED)
		return false;
	return route_is_ours(r) ||
		(r->table == ROUTE_TABLE_MAIN && m->hop.type == RTN_UNICAST &&
			!memchr(daemons, r->protocol, sizeof(daemons)));
}

static struct rtnl_known_link *link_of(const struct rtnl *rn, int ifindex)
{
	struct rtnl_known_link *l;

	HASH_FIND_INT(rn->links, &ifindex, l);
	return l;
}

bool rtnl_is_tun(const struct rtnl *rn, int ifindex)
{
	const struct rtnl_known_link *l = link_of(rn, ifindex);

	return l && l->last.link.ike_tun;
}

bool rtnl_hides_underlay(const struct rtnl *rn, const struct route *r)
{
	return r->protocol == ROUTE_PROTO_RRI || r->protocol == ROUTE_PROTO_HELPER ||
		r->table == RTNL_IKE_TABLE || rtnl_is_tun(rn, r->ifindex);
}

/* --- The underlay, coalesced ------------------------------------------------------------------------------------ */

void rtnl_underlay_changed_all(struct rtnl *rn)
{
	rn->underlay_all[0] = rn->underlay_all[1] = true;
}

void rtnl_underlay_changed(struct rtnl *rn, const struct prefix *p)
{
	bool *all = &rn->underlay_all[p->addr.family == IP_V6];

	if (*all)
		return;
	for (size_t i = 0; i < rn->underlay_count; i++)
		if (prefix_covers(&rn->underlay[i], p))
			return;
	if (rn->underlay_count < RTNL_UNDERLAY_MAX)
		rn->underlay[rn->underlay_count++] = *p;
	else
		*all = true;
}

static void report_underlay(struct rtnl *rn)
{
	struct prefix changed[RTNL_UNDERLAY_MAX + 2];
	size_t count = 0;

	for (size_t i = 0; i < rn->underlay_count; i++)
		if (!rn->underlay_all[rn->underlay[i].addr.family == IP_V6])
			changed[count++] = rn->underlay[i];
	for (size_t i = 0; i < 2; i++)
		if (rn->underlay_all[i])
			changed[count++] = everything[i];
	rn->underlay_count = 0;
	rn->underlay_all[0] = rn->underlay_all[1] = false;
	for (size_t i = 0; i < count; i++)
		rtnl_emit(rn, &(struct event){.kind = EV_UNDERLAY, .underlay = changed[i]});
}

/* --- Links and addresses ---------------------------------------------------------------------------------------- */

/*
 * A device that went down took its IPv4 routes along without a word; one that lost or regained its carrier may have
 * changed which next hops the kernel uses. Ours (virtual MAC interfaces) carry no routes.
 */
static void draw_conclusions(
	struct rtnl *rn, const struct rtnl_link_message *was, const struct rtnl_link_message *is)
{
	if (is->ours)
		return;
	if (was->link.up && (!is->link.up || was->link.running != is->link.running))
		rtnl_underlay_changed_all(rn);
	if (was->link.up && !is->link.up)
		rtnl_snapshot(rn);
}

void rtnl_report_link(struct rtnl *rn, const struct rtnl_link_message *m, bool always)
{
	struct rtnl_known_link *l = link_of(rn, m->link.ifindex);
	bool changed = !l || memcmp(&l->last, m, sizeof(*m)) != 0;

	if (!l) {
		l = calloc(1, sizeof(*l));
		if (l) {
			l->ifindex = m->link.ifindex;
			HASH_ADD_INT(rn->links, ifindex, l);
		}
	} else {
		draw_conclusions(rn, &l->last, m);
	}
	if (l) { /* without memory it is reported each time, and its TUN is not recognized */
		l->last = *m;
		l->generation = rn->generation;
	}
	if (changed || always)
		rtnl_emit(rn, &(struct event){.kind = EV_LINK, .link = m->link});
}

static void forget_link(struct rtnl *rn, struct rtnl_known_link *l)
{
	struct rtnl_link_message gone = l->last;

	gone.link.up = gone.link.running = false;
	draw_conclusions(rn, &l->last, &gone);
	HASH_DEL(rn->links, l);
	free(l);
	rtnl_emit(rn, &(struct event){.kind = EV_LINK_GONE, .link = gone.link});
}

void rtnl_forget_unnamed_links(struct rtnl *rn)
{
	struct rtnl_known_link *l, *next;

	HASH_ITER (hh, rn->links, l, next)
		if (l->generation != rn->generation)
			forget_link(rn, l);
}

void rtnl_report_address(struct rtnl *rn, const struct address *a, bool gone)
{
	const struct rtnl_known_link *l = link_of(rn, a->ifindex);
	bool link_ours = l && l->last.ours;
	struct event e = {.kind = gone ? EV_ADDRESS_GONE : EV_ADDRESS, .address = *a};

	e.address.ours |= link_ours;
	/* With the last address of a device, or the preferred source of a route, IPv4 routes go without a word. */
	if (gone && a->prefix.addr.family == IP_V4)
		rtnl_snapshot(rn);
	rtnl_emit(rn, &e);
}

/* --- The monitor ------------------------------------------------------------------------------------------------ */

void rtnl_overrun(struct rtnl *rn)
{
	rn->counters.overruns++;
	rtnl_emit(rn, &(struct event){.kind = EV_FORCE_RELOAD});
	rtnl_underlay_changed_all(rn);
	rtnl_snapshot(rn);
}

static void monitor_link(struct rtnl *rn, const struct nlmsghdr *h)
{
	struct rtnl_link_message m;

	if (!rtnl_read_link(h, &m))
		return;
	struct rtnl_known_link *l = link_of(rn, m.link.ifindex);

	if (h->nlmsg_type == RTM_NEWLINK)
		rtnl_report_link(rn, &m, false);
	else if (l)
		forget_link(rn, l);
}

static void monitor_route(struct rtnl *rn, const struct nlmsghdr *h)
{
	struct rtnl_route_message m;

	if (!rtnl_read_route(h, &m) || m.flags & RTM_F_CLONED)
		return;
	const struct route *r = &m.hop.route;

	if (rtnl_is_reported(&m)) {
		rtnl_dump_touch(rn, r);
		rtnl_emit(rn,
			&(struct event){.kind = h->nlmsg_type == RTM_NEWROUTE ? EV_ROUTE : EV_ROUTE_GONE,
				.route = *r});
		/* What a foreign route has replaced is not told: its next hop may have been another. */
		if (h->nlmsg_flags & NLM_F_REPLACE && h->nlmsg_type == RTM_NEWROUTE && !route_is_ours(r))
			rtnl_snapshot(rn);
	}
	bool unicast = m.hop.type != RTN_LOCAL && m.hop.type != RTN_BROADCAST && m.hop.type != RTN_ANYCAST &&
		m.hop.type != RTN_MULTICAST;

	if (unicast && !rtnl_hides_underlay(rn, r))
		rtnl_underlay_changed(rn, &r->prefix);
}

static void monitor_message(struct rtnl *rn, const struct nlmsghdr *h)
{
	struct address a;

	rn->counters.messages++;
	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK: monitor_link(rn, h); break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		if (rtnl_read_address(h, &a))
			rtnl_report_address(rn, &a, h->nlmsg_type == RTM_DELADDR);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE: monitor_route(rn, h); break;
	case RTM_DELNEXTHOP:
		rtnl_snapshot(rn); /* routes that used it went silently */
				   /* fall through */
	case RTM_NEWNEXTHOP:
	case RTM_NEWRULE:
	case RTM_DELRULE: rtnl_underlay_changed_all(rn); break;
	}
}

ssize_t rtnl_receive(struct rtnl *rn, struct mnl_socket *s)
{
	struct sockaddr_nl from = {0};
	struct iovec iov = {rn->buffer, RTNL_BUFFER};
	struct msghdr m = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	do
		n = recvmsg(mnl_socket_get_fd(s), &m, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	/* Whoever is not the kernel has nothing to tell us; a cut message cannot be believed. */
	if (from.nl_pid != 0)
		return -EBADMSG;
	return m.msg_flags & MSG_TRUNC ? -ENOBUFS : n;
}

static bool monitor_step(struct rtnl *rn, int *error)
{
	for (int burst = 0; burst < RTNL_MONITOR_BURST; burst++) {
		ssize_t n = rtnl_receive(rn, rn->monitor);

		if (n == 0)
			return burst > 0;
		if (n == -ENOBUFS) {
			rtnl_overrun(rn);
			continue;
		}
		if (n == -EBADMSG)
			continue;
		if (n < 0) {
			*error = (int)n;
			return false;
		}
		int left = (int)n;

		for (const struct nlmsghdr *h = (void *)rn->buffer; rtnl_message_ok(h, left);
			h = mnl_nlmsg_next(h, &left))
			monitor_message(rn, h);
		if (rn->touched_count > RTNL_TOUCHED_MAX - RTNL_MONITOR_BURST)
			break;
	}
	return true;
}

/* --- Life ------------------------------------------------------------------------------------------------------- */

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

int rtnl_readable(struct rtnl *rn)
{
	int64_t until = now_us() + RTNL_SLICE_US;
	uint64_t kicks;
	bool busy;
	int error = 0;

	(void)!read(rn->kick_fd, &kicks, sizeof(kicks)); /* EAGAIN: nobody kicked */
	do {
		busy = rtnl_queue_step(rn, &error);
		busy |= rtnl_dump_step(rn, &error);
		if (!rtnl_dump_wants_no_monitor(rn))
			busy |= monitor_step(rn, &error);
	} while (busy && !error && now_us() < until);
	report_underlay(rn);
	return error;
}

int rtnl_fd(const struct rtnl *rn)
{
	return rn->epoll_fd;
}

static int watch(struct rtnl *rn, int fd)
{
	struct epoll_event e = {.events = EPOLLIN};

	return epoll_ctl(rn->epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

/* A large buffer where we may, the largest allowed one elsewhere. */
static void set_receive_buffer(struct mnl_socket *s, int size)
{
	int fd = mnl_socket_get_fd(s);

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static int open_socket(struct rtnl *rn, struct mnl_socket **out, int buffer)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (!s)
		return -errno;
	*out = s;
	set_receive_buffer(s, buffer);
	/* The answer to a request without the request: smaller. */
	setsockopt(mnl_socket_get_fd(s), SOL_NETLINK, NETLINK_CAP_ACK, &(int){1}, sizeof(int));
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return watch(rn, mnl_socket_get_fd(s));
}

/*
 * What we did to injected and helper routes the answers tell already; the kernel's notifications of it, one a route, stay
 * away from the monitor. Notifications carry the port of who asked. (Others' requests, and what the kernel does by itself,
 * come as ever; so does our `ip route`, which is underlay.)
 */
static int mute_echo(struct rtnl *rn)
{
	enum { TYPE = offsetof(struct nlmsghdr, nlmsg_type), PORT = offsetof(struct nlmsghdr, nlmsg_pid) };
	enum { PROTOCOL = NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol) };
	uint32_t port = mnl_socket_get_portid(rn->requests);
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, TYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 6),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, PORT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(port), 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, PROTOCOL),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ROUTE_PROTO_RRI, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ROUTE_PROTO_HELPER, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};
	int fd = mnl_socket_get_fd(rn->monitor);

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

static int open_all(struct rtnl *rn)
{
	int buffer = rn->config.receive_buffer ? rn->config.receive_buffer : MONITOR_BUFFER;
	int error;

	rn->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (rn->epoll_fd < 0)
		return -errno;
	rn->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (rn->kick_fd < 0)
		return -errno;
	if ((error = watch(rn, rn->kick_fd)) < 0 || (error = open_socket(rn, &rn->monitor, buffer)) < 0 ||
		(error = open_socket(rn, &rn->requests, REQUEST_BUFFER)) < 0 ||
		(error = open_socket(rn, &rn->dumps, REQUEST_BUFFER)) < 0 || (error = mute_echo(rn)) < 0)
		return error;
	for (size_t i = 0; i < sizeof(monitor_groups) / sizeof(*monitor_groups); i++) {
		int group = monitor_groups[i];

		/* Kernels before 5.3 have no next hop objects, and no group for them. */
		if (mnl_socket_setsockopt(rn->monitor, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0 &&
			group != RTNLGRP_NEXTHOP)
			return -errno;
	}
	return 0;
}

int rtnl_open(struct rtnl **out, const struct rtnl_config *config)
{
	struct rtnl *rn = calloc(1, sizeof(*rn));

	if (!rn)
		return -ENOMEM;
	rn->config = *config;
	rn->epoll_fd = rn->kick_fd = -1;
	rn->queue.next_seq = 1;
	int error = open_all(rn);

	if (error) {
		rtnl_close(rn);
		return error;
	}
	*out = rn;
	return 0;
}

void rtnl_close(struct rtnl *rn)
{
	struct rtnl_known_link *l, *next;

	if (!rn)
		return;
	assert(!rn->queue.finishing);
	struct mnl_socket *const sockets[] = {rn->monitor, rn->requests, rn->dumps};

	for (size_t i = 0; i < sizeof(sockets) / sizeof(*sockets); i++)
		if (sockets[i])
			mnl_socket_close(sockets[i]);
	if (rn->kick_fd >= 0)
		close(rn->kick_fd);
	if (rn->epoll_fd >= 0)
		close(rn->epoll_fd);
	HASH_ITER (hh, rn->links, l, next) {
		HASH_DEL(rn->links, l);
		free(l);
	}
	rtnl_queue_free(&rn->queue);
	rtnl_jobs_free(rn);
	free(rn->masked);
	free(rn);
}

struct rtnl_counters rtnl_counters(const struct rtnl *rn)
{
	return rn->counters;
}
