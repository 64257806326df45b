#include "linux/xfrm.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	BUFFER_LEN = 32768, /* what the kernel fills in one go of a dump */
	PROBE_SPI = 0x48535750,
	PROBE_TRIES = 16,
	CHARON_REQID_MAX = 16383,
};

/* What one deletion needs. */
struct victim {
	uint16_t type; /* XFRM_MSG_DELSA or XFRM_MSG_DELPOLICY */
	union {
		struct xfrm_usersa_id state;
		struct xfrm_userpolicy_id policy;
	};
};

struct victims {
	struct victim *items;
	size_t count, cap;
	uint32_t kept;
	bool oom;
};

/* ---- talking to the kernel ---- */

/* Sends and reads up to the acknowledgement or the end of the dump. 0 or -errno. */
static int talk(struct mnl_socket *s, struct nlmsghdr *m, mnl_cb_t on_message, void *user)
{
	static _Alignas(struct nlmsghdr) char
		buffer[BUFFER_LEN]; /* the ike role has one thread and one call at a time */
	static uint32_t sequence;
	uint32_t seq = m->nlmsg_seq = ++sequence;

	if (mnl_socket_sendto(s, m, m->nlmsg_len) < 0)
		return -errno;
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(s, buffer, sizeof(buffer));
		if (n < 0)
			return -errno;
		int more = mnl_cb_run(buffer, (size_t)n, seq, mnl_socket_get_portid(s), on_message, user);
		if (more < 0)
			return -errno;
		if (more == MNL_CB_STOP)
			return 0;
	}
}

/* NULL and 0 in *error where the kernel has no XFRM at all. */
static struct mnl_socket *open_xfrm(int *error)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC);

	*error = s || errno == EPROTONOSUPPORT ? 0 : -errno;
	if (s && mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0) {
		*error = -errno;
		mnl_socket_close(s);
		s = NULL;
	}
	return s;
}

/* ---- the probe ---- */

static void put_algorithm(struct nlmsghdr *m, uint16_t attribute, const char *name, unsigned bits)
{
	_Alignas(struct xfrm_algo) char room[sizeof(struct xfrm_algo) + 32] = {0};
	struct xfrm_algo *a = (struct xfrm_algo *)room;

	strncpy(a->alg_name, name, sizeof(a->alg_name) - 1);
	a->alg_key_len = bits; /* the key itself is zeroes */
	mnl_attr_put(m, attribute, sizeof(*a) + bits / 8, a);
}

static int probe_add(struct mnl_socket *s, uint32_t spi)
{
	char buffer[1024] __attribute__((aligned(8)));
	struct nlmsghdr *m = mnl_nlmsg_put_header(buffer);

	m->nlmsg_type = XFRM_MSG_NEWSA;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	struct xfrm_usersa_info *info = mnl_nlmsg_put_extra_header(m, sizeof(*info));
	info->family = AF_INET;
	info->saddr.a4 = info->id.daddr.a4 = htonl(INADDR_LOOPBACK);
	info->id.spi = htonl(spi);
	info->id.proto = IPPROTO_ESP;
	info->mode = XFRM_MODE_TUNNEL;
	info->lft.soft_byte_limit = info->lft.hard_byte_limit = XFRM_INF;
	info->lft.soft_packet_limit = info->lft.hard_packet_limit = XFRM_INF;
	put_algorithm(m, XFRMA_ALG_AUTH, "hmac(sha1)", 160);
	put_algorithm(m, XFRMA_ALG_CRYPT, "cbc(aes)", 128);
	return talk(s, m, NULL, NULL);
}

static int delete_one(struct mnl_socket *s, const struct victim *v)
{
	char buffer[1024] __attribute__((aligned(8)));
	struct nlmsghdr *m = mnl_nlmsg_put_header(buffer);
	size_t len = v->type == XFRM_MSG_DELSA ? sizeof(v->state) : sizeof(v->policy);

	m->nlmsg_type = v->type;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	memcpy(mnl_nlmsg_put_extra_header(m, len), &v->state, len);
	return talk(s, m, NULL, NULL);
}

int xfrm_probe_esp(void)
{
	struct victim probe = {.type = XFRM_MSG_DELSA,
		.state = {.family = AF_INET, .proto = IPPROTO_ESP, .daddr.a4 = htonl(INADDR_LOOPBACK)}};
	int error;
	struct mnl_socket *s = open_xfrm(&error);

	if (!s)
		return error;
	error = -EEXIST;
	for (uint32_t spi = PROBE_SPI; error == -EEXIST && spi < PROBE_SPI + PROBE_TRIES; spi++) {
		error = probe_add(s, spi);
		probe.state.spi = htonl(spi);
	}
	if (!error)
		error = delete_one(s, &probe);
	mnl_socket_close(s);
	if (error == -EPROTONOSUPPORT) /* no such transformation */
		return 0;
	return error ? error : 1;
}

/* ---- what a dead charon left ---- */

static void add(struct victims *v, const struct victim *one)
{
	if (v->count == v->cap) {
		size_t cap = v->cap ? v->cap * 2 : 64;
		struct victim *items = realloc(v->items, cap * sizeof(*items));
		if (!items) {
			v->oom = true;
			return;
		}
		v->items = items;
		v->cap = cap;
	}
	v->items[v->count++] = *one;
}

/* Something that charon, as it is configured here, does not set. */
static bool has_foreign_attribute(const struct nlmsghdr *m, size_t header)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, m, header)
	{
		uint16_t type = mnl_attr_get_type(a);
		if (type == XFRMA_MARK || type == XFRMA_IF_ID || type == XFRMA_SEC_CTX)
			return true;
	}
	return false;
}

static bool is_charons(uint32_t reqid)
{
	return reqid >= 1 && reqid <= CHARON_REQID_MAX;
}

static int on_state(const struct nlmsghdr *m, void *user)
{
	const struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(m);
	struct victims *v = user;
	struct victim one = {.type = XFRM_MSG_DELSA};

	if (mnl_nlmsg_get_payload_len(m) < sizeof(*info))
		return MNL_CB_OK;
	if (!is_charons(info->reqid) || has_foreign_attribute(m, sizeof(*info))) {
		v->kept++;
		return MNL_CB_OK;
	}
	one.state = (struct xfrm_usersa_id){.daddr = info->id.daddr,
		.spi = info->id.spi,
		.family = info->family,
		.proto = info->id.proto};
	add(v, &one);
	return MNL_CB_OK;
}

static uint32_t template_reqid(const struct nlmsghdr *m, size_t header)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, m, header)
	{
		if (mnl_attr_get_type(a) == XFRMA_TMPL &&
			mnl_attr_get_payload_len(a) >= sizeof(struct xfrm_user_tmpl))
			return ((const struct xfrm_user_tmpl *)mnl_attr_get_payload(a))->reqid;
	}
	return 0;
}

static int on_policy(const struct nlmsghdr *m, void *user)
{
	const struct xfrm_userpolicy_info *info = mnl_nlmsg_get_payload(m);
	struct victims *v = user;
	struct victim one = {.type = XFRM_MSG_DELPOLICY};

	if (mnl_nlmsg_get_payload_len(m) < sizeof(*info))
		return MNL_CB_OK;
	if (!is_charons(template_reqid(m, sizeof(*info))) || has_foreign_attribute(m, sizeof(*info))) {
		v->kept++;
		return MNL_CB_OK;
	}
	one.policy = (struct xfrm_userpolicy_id){.sel = info->sel, .index = info->index, .dir = info->dir};
	add(v, &one);
	return MNL_CB_OK;
}

static int dump(struct mnl_socket *s, uint16_t type, mnl_cb_t on_message, struct victims *v)
{
	char buffer[64] __attribute__((aligned(8)));
	struct nlmsghdr *m = mnl_nlmsg_put_header(buffer);

	m->nlmsg_type = type;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	return talk(s, m, on_message, v);
}

int xfrm_clean(struct xfrm_cleaned *out)
{
	struct victims v = {0};
	int error;
	struct mnl_socket *s = open_xfrm(&error);

	*out = (struct xfrm_cleaned){0};
	if (!s)
		return error;
	error = dump(s, XFRM_MSG_GETPOLICY, on_policy, &v);
	if (!error)
		error = dump(s, XFRM_MSG_GETSA, on_state, &v);
	if (!error && v.oom)
		error = -ENOMEM;
	for (size_t i = 0; i < v.count; i++) {
		int failed = delete_one(s, &v.items[i]);
		if (failed == -ENOENT || failed == -ESRCH) /* expired meanwhile */
			continue;
		if (failed && !error)
			error = failed;
		if (!failed && v.items[i].type == XFRM_MSG_DELSA)
			out->states++;
		else if (!failed)
			out->policies++;
	}
	out->kept = v.kept;
	free(v.items);
	mnl_socket_close(s);
	return error;
}
