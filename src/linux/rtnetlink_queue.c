/*
 * Requests. One batch at a time is with the kernel, which works it off before sendmsg returns; the answers then lie in the
 * socket. A batch holds requests of one kind, so that a second step of a request (the place of a route is taken: by whom?)
 * can go in front of the queue without overtaking anything that was queued before it.
 *
 * Only the last message of a batch asks to be acknowledged: the kernel answers in order, and always when a request fails,
 * so its answer says that all before it that were not refused are done. That is one answer for 128 routes.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linux/rtnetlink_internal.h"

enum { ATTEMPTS_MAX = 3 };

void rtnl_queue_free(struct rtnl_queue *q)
{
	free(q->ring);
}

static bool grow(struct rtnl_queue *q)
{
	size_t cap = q->cap ? q->cap * 2 : 64;
	struct rtnl_request *ring = malloc(cap * sizeof(*ring));

	if (!ring)
		return false;
	for (size_t i = 0; i < q->count; i++)
		ring[i] = q->ring[(q->head + i) & (q->cap - 1)];
	free(q->ring);
	q->ring = ring;
	q->head = 0;
	q->cap = cap;
	return true;
}

static struct rtnl_request *slot(const struct rtnl_queue *q, size_t i)
{
	return &q->ring[(q->head + i) & (q->cap - 1)];
}

static int push(struct rtnl *rn, const struct rtnl_request *r)
{
	struct rtnl_queue *q = &rn->queue;

	if (q->count >= RTNL_QUEUE_MAX)
		return -ENOBUFS;
	if (q->count == q->cap && !grow(q))
		return -ENOMEM;
	*slot(q, q->count++) = *r;
	return 0;
}

static bool push_front(struct rtnl_queue *q, const struct rtnl_request *r)
{
	if (q->count == q->cap && !grow(q))
		return false;
	q->head = (q->head - 1) & (q->cap - 1);
	q->count++;
	*slot(q, 0) = *r;
	return true;
}

/* --- To the kernel ---------------------------------------------------------------------------------------------- */

/* An address inside a prefix, neither its first nor its last, which have routes of their own: a third, then two thirds in. */
static struct ipaddr probe(const struct prefix *p, unsigned attempt)
{
	struct ipaddr a = p->addr;
	unsigned bits = ip_bits(&a);

	for (unsigned bit = p->len; bit < bits; bit++)
		if ((bit - p->len + attempt) % 2)
			a.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return a;
}

/* Writes the messages of one request, each RTNL_MESSAGE_MAX at most; how many. */
static int write_request(const struct rtnl_request *r, char *to, struct nlmsghdr *messages[2])
{
	struct nlmsghdr **m = messages;

	switch (r->op) {
	case OP_ROUTE_ADD:
		*m++ = rtnl_write_route(to, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &r->route);
		break;
	case OP_ROUTE_WHO: *m++ = rtnl_write_lookup(to, &r->route.prefix.addr, RTM_F_FIB_MATCH); break;
	case OP_ROUTE_REPLACE: *m++ = rtnl_write_route(to, RTM_NEWROUTE, NLM_F_REPLACE, &r->route); break;
	case OP_ROUTE_SWAP:
		*m++ = rtnl_write_route(to, RTM_DELROUTE, 0, &r->route);
		to += MNL_ALIGN(messages[0]->nlmsg_len);
		*m++ = rtnl_write_route(to, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &r->route);
		break;
	case OP_ROUTE_DELETE: *m++ = rtnl_write_route(to, RTM_DELROUTE, 0, &r->route); break;
	case OP_ADDRESS_ADD:
		*m++ = rtnl_write_address(to, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &r->address);
		break;
	case OP_ADDRESS_DELETE: *m++ = rtnl_write_address(to, RTM_DELADDR, 0, &r->address); break;
	case OP_LINK: *m++ = rtnl_write_link(to, r->link.ifindex, r->link.up); break;
	case OP_RESOLVE:
		*m++ = rtnl_write_lookup(to, &r->target, RTM_F_FIB_MATCH);
		to += MNL_ALIGN(messages[0]->nlmsg_len);
		*m++ = rtnl_write_lookup(to, &r->target, 0);
		break;
	case OP_REACH: {
		struct ipaddr inside = probe(&r->prefix, r->attempts);

		*m++ = rtnl_write_lookup(to, &inside, RTM_F_FIB_MATCH);
		break;
	}
	case OP_COUNT: assert(false);
	}
	return (int)(m - messages);
}

static bool answers_with_route(enum rtnl_op op)
{
	return op == OP_RESOLVE || op == OP_ROUTE_WHO || op == OP_REACH;
}

/* Moves the next requests of one kind from the queue into the batch and sends them. */
static void send_batch(struct rtnl *rn)
{
	char bytes[2 * RTNL_BATCH_MAX * RTNL_MESSAGE_MAX];
	struct rtnl_queue *q = &rn->queue;
	struct nlmsghdr *last = NULL;
	size_t len = 0;

	assert(!q->in_flight && q->count > 0);
	enum rtnl_op op = slot(q, 0)->op;
	size_t max = answers_with_route(op) ? RTNL_RESOLVE_MAX : RTNL_BATCH_MAX;

	q->batch_count = q->message_count = 0;
	q->first_seq = q->next_seq;
	while (q->count > 0 && q->batch_count < max && slot(q, 0)->op == op) {
		struct nlmsghdr *messages[2];
		struct rtnl_request *r = &q->batch[q->batch_count];

		*r = *slot(q, 0);
		r->error = 0;
		q->found[q->batch_count].matched = q->found[q->batch_count].used = false;
		q->head = (q->head + 1) & (q->cap - 1);
		q->count--;
		int n = write_request(r, bytes + len, messages);

		for (int i = 0; i < n; i++) {
			last = messages[i];
			last->nlmsg_seq = q->next_seq++;
			q->owner[q->message_count++] = (uint16_t)q->batch_count;
			len += MNL_ALIGN(last->nlmsg_len);
		}
		q->batch_count++;
	}
	last->nlmsg_flags |= NLM_F_ACK;
	q->in_flight = true;
	rn->counters.batches++;
	if (mnl_socket_sendto(rn->requests, bytes, len) < 0) {
		q->send_error = -errno;
		rtnl_kick(rn);
	}
}

void rtnl_flush(struct rtnl *rn)
{
	if (!rn->queue.in_flight && !rn->queue.finishing && rn->queue.count > 0)
		send_batch(rn);
}

bool rtnl_idle(const struct rtnl *rn)
{
	return !rn->queue.in_flight && !rn->queue.finishing && rn->queue.count == 0;
}

/* --- And back --------------------------------------------------------------------------------------------------- */

static void tell_result(struct rtnl *rn, const struct rtnl_request *r, int error)
{
	if (error)
		rn->counters.failures++;
	if (r->cookie)
		rtnl_emit(rn, &(struct event){.kind = EV_RESULT, .result = {r->cookie, error}});
}

/* The next step of a request that is not done yet; in front of the queue, where the order asks for it. */
static void again(struct rtnl *rn, struct rtnl_request *r, enum rtnl_op op)
{
	r->op = op;
	if (++r->attempts > ATTEMPTS_MAX || !push_front(&rn->queue, r))
		tell_result(rn, r, -EEXIST);
}

/* Whose is the place that a new route wants? The kernel can be asked for an address, not for a prefix. */
static void judge_holder(struct rtnl *rn, struct rtnl_request *r, bool matched, const struct route *holder)
{
	bool same_place = matched && prefix_equal(&holder->prefix, &r->route.prefix) &&
		holder->table == r->route.table && holder->metric == r->route.metric;

	if (!same_place) /* hidden by a longer prefix or a better metric */
		again(rn, r, OP_ROUTE_SWAP);
	else if (holder->protocol == r->route.protocol)
		again(rn, r, OP_ROUTE_REPLACE);
	else
		tell_result(rn, r, -EEXIST);
}

static void judge_next_hop(struct rtnl *rn, const struct rtnl_request *r, size_t i)
{
	const struct rtnl_route_message *match = &rn->queue.found[i].match, *use = &rn->queue.found[i].use;
	struct event e = {.kind = EV_RESOLVED, .resolved = {.target = r->target}};

	if (rn->queue.found[i].matched && rtnl_hides_underlay(rn, &match->hop.route)) {
		rn->counters.masked_resolves++;
		if (rtnl_masked_add(rn, &r->target) == 0)
			return;
	} else if (rn->queue.found[i].used && use->hop.type == RTN_UNICAST) {
		e.resolved.gateway = use->hop.route.gateway;
		e.resolved.ifindex = use->hop.route.ifindex;
		e.resolved.source = use->hop.route.source;
	}
	rtnl_emit(rn, &e);
}

enum { PROBES = 2 };

static void judge_reach(struct rtnl *rn, struct rtnl_request *r, size_t i)
{
	const struct rtnl_route_message *m = &rn->queue.found[i].match;
	const struct route *found = &m->hop.route;
	bool matched = rn->queue.found[i].matched;
	struct event e = {.kind = EV_REACHED, .reached = {.prefix = r->prefix}};

	if (r->error && r->error != -ENETUNREACH && r->error != -ESRCH && r->error != -EHOSTUNREACH &&
		!matched && rtnl_reach_by_dump(rn, &r->prefix) == 0)
		return; /* no answer at all */
	if (matched && (found->prefix.len > r->prefix.len || found->table != ROUTE_TABLE_MAIN)) {
		/* Hidden by a longer prefix or another table. */
		if (++r->attempts < PROBES ? push(rn, r) == 0 : rtnl_reach_by_dump(rn, &r->prefix) == 0)
			return;
	} else if (matched && prefix_equal(&found->prefix, &r->prefix) && m->hop.type == RTN_UNICAST) {
		e.reached.ifindex = found->ifindex;
		e.reached.protocol = found->protocol;
	}
	rtnl_emit(rn, &e);
}

static void finish(struct rtnl *rn, size_t i)
{
	struct rtnl_request *r = &rn->queue.batch[i];

	if (r->op <= OP_ROUTE_DELETE && r->op != OP_ROUTE_WHO)
		rtnl_dump_touch(rn, &r->route); /* newer than a piece that was put together before */

	switch (r->op) {
	case OP_ROUTE_ADD:
		if (r->error == -EEXIST)
			again(rn, r, OP_ROUTE_WHO);
		else
			tell_result(rn, r, r->error);
		return;
	case OP_ROUTE_WHO:
		judge_holder(rn, r, rn->queue.found[i].matched, &rn->queue.found[i].match.hop.route);
		return;
	case OP_ROUTE_REPLACE:
		if (r->error == -ENOENT) /* gone meanwhile */
			again(rn, r, OP_ROUTE_ADD);
		else
			tell_result(rn, r, r->error);
		return;
	case OP_ROUTE_DELETE: tell_result(rn, r, r->error == -ESRCH ? 0 : r->error); return;
	case OP_ADDRESS_DELETE:
		tell_result(rn, r, r->error == -EADDRNOTAVAIL || r->error == -ENODEV ? 0 : r->error);
		return;
	case OP_RESOLVE: judge_next_hop(rn, r, i); return;
	case OP_REACH: judge_reach(rn, r, i); return;
	case OP_ROUTE_SWAP:
	case OP_ADDRESS_ADD:
	case OP_LINK: tell_result(rn, r, r->error); return;
	case OP_COUNT: break;
	}
	assert(false);
}

static void finish_batch(struct rtnl *rn)
{
	struct rtnl_queue *q = &rn->queue;

	q->in_flight = false;
	q->finishing = true;
	rn->counters.requests += q->batch_count;
	/* Backwards for what is put in front of the queue, so that it stays in order. */
	bool backwards = q->batch_count > 0 && q->batch[0].op <= OP_ROUTE_REPLACE;

	for (size_t i = 0; i < q->batch_count; i++)
		finish(rn, backwards ? q->batch_count - 1 - i : i);
	q->finishing = false;
	rtnl_flush(rn);
}

static void fail_batch(struct rtnl *rn, int error)
{
	for (size_t i = 0; i < rn->queue.batch_count; i++)
		rn->queue.batch[i].error = error;
	finish_batch(rn);
}

/* One answer; true when it is the last of the batch. */
static bool answer(struct rtnl *rn, const struct nlmsghdr *h)
{
	struct rtnl_queue *q = &rn->queue;
	uint32_t n = h->nlmsg_seq - q->first_seq;

	if (!q->in_flight || n >= q->message_count)
		return false; /* of a batch that was given up */
	size_t i = q->owner[n];

	if (h->nlmsg_type == NLMSG_ERROR && h->nlmsg_len >= MNL_NLMSG_HDRLEN + sizeof(struct nlmsgerr)) {
		const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

		/* Of two messages the second decides: a swap may find nothing to delete. */
		q->batch[i].error = e->error;
		return n == q->message_count - 1;
	}
	if (h->nlmsg_type == RTM_NEWROUTE) {
		bool is_first = n == 0 || q->owner[n - 1] != i;

		if (is_first)
			q->found[i].matched = rtnl_read_route(h, &q->found[i].match);
		else
			q->found[i].used = rtnl_read_route(h, &q->found[i].use);
	}
	return false;
}

bool rtnl_queue_step(struct rtnl *rn, int *error)
{
	struct rtnl_queue *q = &rn->queue;

	if (q->send_error) {
		int why = q->send_error;

		q->send_error = 0;
		fail_batch(rn, why);
		return true;
	}
	ssize_t n = rtnl_receive(rn, rn->requests);

	if (n == 0)
		return false;
	if (n == -ENOBUFS) { /* an answer was lost: what became of the batch is for a snapshot to tell */
		rtnl_overrun(rn);
		if (q->in_flight)
			fail_batch(rn, -ENOBUFS);
		return true;
	}
	if (n == -EBADMSG)
		return true;
	if (n < 0) {
		*error = (int)n;
		return false;
	}
	int left = (int)n;
	bool last = false;

	for (const struct nlmsghdr *h = (void *)rn->buffer; rtnl_message_ok(h, left);
		h = mnl_nlmsg_next(h, &left))
		last |= answer(rn, h);
	if (last)
		finish_batch(rn);
	return true;
}

/* --- What can be asked for -------------------------------------------------------------------------------------- */

int rtnl_route_add(struct rtnl *rn, const struct route *r, uint64_t cookie)
{
	return push(rn, &(struct rtnl_request){.op = OP_ROUTE_ADD, .cookie = cookie, .route = *r});
}

int rtnl_route_delete(struct rtnl *rn, const struct route *r, uint64_t cookie)
{
	return push(rn, &(struct rtnl_request){.op = OP_ROUTE_DELETE, .cookie = cookie, .route = *r});
}

int rtnl_address_add(struct rtnl *rn, const struct address *a, uint64_t cookie)
{
	return push(rn, &(struct rtnl_request){.op = OP_ADDRESS_ADD, .cookie = cookie, .address = *a});
}

int rtnl_address_delete(struct rtnl *rn, const struct address *a, uint64_t cookie)
{
	return push(rn, &(struct rtnl_request){.op = OP_ADDRESS_DELETE, .cookie = cookie, .address = *a});
}

int rtnl_link_set(struct rtnl *rn, int ifindex, bool up, uint64_t cookie)
{
	return push(rn, &(struct rtnl_request){.op = OP_LINK, .cookie = cookie, .link = {ifindex, up}});
}

int rtnl_reach(struct rtnl *rn, const struct prefix *p)
{
	return push(rn, &(struct rtnl_request){.op = OP_REACH, .prefix = *p});
}

int rtnl_resolve(struct rtnl *rn, const struct ipaddr *target)
{
	return push(rn, &(struct rtnl_request){.op = OP_RESOLVE, .target = *target});
}
