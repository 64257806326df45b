/*
 * Dumps: one job at a time has the socket, each piece is a receive of up to 32 kB.
 *
 * A piece was put together by the kernel when the one before it was read, so the monitor may already have told something
 * newer. Links and addresses are few: the monitor waits until they are through. With routes it goes on, and what it names of
 * ours between two pieces ("touched") is skipped in the second one.
 *
 * Routes are dumped without asking the kernel to select ours: over a million routes that would be one long walk under the
 * kernel's lock in one system call, while unfiltered pieces are short.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linux/rtnetlink_internal.h"

enum job_kind { JOB_SNAPSHOT, JOB_MASKED, JOB_ROUTES, JOB_COUNTERS, JOB_ARP };
enum { ATTEMPTS_MAX = 3 };

/* A target whose next hop our own routes hide, and the best foreign route towards it so far. */
struct masked {
	struct event answer;
	bool found, main_table;
	uint8_t len;
	uint32_t metric;
};

struct rtnl_job {
	struct rtnl_job *next;
	enum job_kind kind;
	size_t phase;
	int attempts;
	bool interrupted, cancelled;
	int number; /* of a question */
	union {	    /* by the kind of question */
		void (*each)(void *arg, const struct rtnl_route *r);
		void (*each_device)(void *arg, const struct device_counters *d);
		void (*each_arp)(void *arg, const struct arp_entry *e);
	};
	void (*done)(void *arg, int error);
	void *arg, *owned;	/* owned: freed with the job */
	struct masked *targets; /* JOB_MASKED: in the order of their addresses */
	size_t target_count;
};

struct phase {
	uint16_t type;
	uint8_t family;
};

static const struct phase snapshot_phases[] = {{RTM_GETLINK, AF_UNSPEC}, {RTM_GETADDR, AF_UNSPEC},
	{RTM_GETROUTE, AF_INET}, {RTM_GETROUTE, AF_INET6}, {0}};
static const struct phase route_phases[] = {{RTM_GETROUTE, AF_INET}, {RTM_GETROUTE, AF_INET6}, {0}};

static const struct phase device_phases[] = {{RTM_GETLINK, AF_UNSPEC}, {0}};
static const struct phase arp_phases[] = {{RTM_GETNEIGH, AF_INET}, {0}};

static const struct phase *const phases[] = {[JOB_SNAPSHOT] = snapshot_phases,
	[JOB_MASKED] = route_phases,
	[JOB_ROUTES] = route_phases,
	[JOB_COUNTERS] = device_phases,
	[JOB_ARP] = arp_phases};

static const struct phase *phase_of(const struct rtnl_job *j)
{
	return &phases[j->kind][j->phase];
}

/* Of somebody who waits for the answer. */
static bool is_question(const struct rtnl_job *j)
{
	return j->kind >= JOB_ROUTES;
}

static void job_free(struct rtnl_job *j)
{
	free(j->targets);
	free(j->owned);
	free(j);
}

void rtnl_jobs_free(struct rtnl *rn)
{
	while (rn->jobs) {
		struct rtnl_job *j = rn->jobs;

		rn->jobs = j->next;
		job_free(j);
	}
}

static struct rtnl_job *add_job(struct rtnl *rn, enum job_kind kind)
{
	struct rtnl_job *j = calloc(1, sizeof(*j)), **at = &rn->jobs;

	if (!j)
		return NULL;
	j->kind = kind;
	while (*at)
		at = &(*at)->next;
	*at = j;
	rtnl_kick(rn);
	return j;
}

/* --- Asking ----------------------------------------------------------------------------------------------------- */

void rtnl_snapshot(struct rtnl *rn)
{
	for (struct rtnl_job *j = rn->jobs; j; j = j->next)
		if (j->kind == JOB_SNAPSHOT && (j != rn->jobs || !rn->dumping))
			return; /* one waits already */
	if (rn->jobs && rn->jobs->kind == JOB_SNAPSHOT)
		rn->snapshot_again = true;
	else if (!add_job(rn, JOB_SNAPSHOT))
		rn->snapshot_again = true; /* no memory now: with the next job that ends */
}

static struct rtnl_job *add_question(
	struct rtnl *rn, enum job_kind kind, void (*done)(void *arg, int error), void *arg)
{
	struct rtnl_job *j = add_job(rn, kind);

	if (!j)
		return NULL;
	j->done = done;
	j->arg = arg;
	j->number = rn->next_number = rn->next_number < INT32_MAX ? rn->next_number + 1 : 1;
	return j;
}

int rtnl_routes(struct rtnl *rn, void (*each)(void *arg, const struct rtnl_route *r),
	void (*done)(void *arg, int error), void *arg)
{
	struct rtnl_job *j = add_question(rn, JOB_ROUTES, done, arg);

	if (j)
		j->each = each;
	return j ? j->number : -ENOMEM;
}

int rtnl_counters_of_devices(struct rtnl *rn, void (*each)(void *arg, const struct device_counters *d),
	void (*done)(void *arg, int error), void *arg)
{
	struct rtnl_job *j = add_question(rn, JOB_COUNTERS, done, arg);

	if (j)
		j->each_device = each;
	return j ? j->number : -ENOMEM;
}

int rtnl_arp(struct rtnl *rn, void (*each)(void *arg, const struct arp_entry *e),
	void (*done)(void *arg, int error), void *arg)
{
	struct rtnl_job *j = add_question(rn, JOB_ARP, done, arg);

	if (j)
		j->each_arp = each;
	return j ? j->number : -ENOMEM;
}

void rtnl_question_cancel(struct rtnl *rn, int number)
{
	for (struct rtnl_job *j = rn->jobs; j; j = j->next)
		if (is_question(j) && j->number == number)
			j->cancelled = true;
}

/* --- A prefix that no lookup shows -------------------------------------------------------------------------------- */

struct reach {
	struct rtnl *rn;
	struct event answer;
	uint32_t metric;
};

static void reach_each(void *arg, const struct rtnl_route *r)
{
	struct reach *q = arg;
	bool better = !q->answer.reached.ifindex || r->route.metric < q->metric;

	if (r->route.table != ROUTE_TABLE_MAIN || r->type != RTN_UNICAST || r->dead || r->hop > 0 ||
		!better || !prefix_equal(&r->route.prefix, &q->answer.reached.prefix))
		return;
	q->answer.reached.ifindex = r->route.ifindex;
	q->answer.reached.protocol = r->route.protocol;
	q->metric = r->route.metric;
}

/* A dump that broke off says nothing: asked again. */
static void reach_done(void *arg, int error)
{
	struct reach *q = arg;

	if (!error || rtnl_reach(q->rn, &q->answer.reached.prefix) < 0)
		rtnl_emit(q->rn, &q->answer);
}

int rtnl_reach_by_dump(struct rtnl *rn, const struct prefix *p)
{
	struct reach *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	*q = (struct reach){.rn = rn, .answer = {.kind = EV_REACHED, .reached = {.prefix = *p}}};
	struct rtnl_job *j = add_job(rn, JOB_ROUTES);
	if (!j) {
		free(q);
		return -ENOMEM;
	}
	j->each = reach_each;
	j->done = reach_done;
	j->arg = j->owned = q;
	return 0;
}

int rtnl_masked_add(struct rtnl *rn, const struct ipaddr *target)
{
	if (rn->masked_count == rn->masked_cap) {
		size_t cap = rn->masked_cap ? rn->masked_cap * 2 : 16;
		struct ipaddr *all = realloc(rn->masked, cap * sizeof(*all));

		if (!all)
			return -ENOMEM;
		rn->masked = all;
		rn->masked_cap = cap;
	}
	rn->masked[rn->masked_count++] = *target;
	return 0;
}

static int compare_targets(const void *a, const void *b)
{
	const struct masked *left = a, *right = b;

	return ip_compare(&left->answer.resolved.target, &right->answer.resolved.target);
}

/* All targets that wait become one job: one dump answers them all. */
static void add_masked_job(struct rtnl *rn)
{
	struct masked *targets = calloc(rn->masked_count, sizeof(*targets));
	struct rtnl_job *j = targets ? add_job(rn, JOB_MASKED) : NULL;

	if (!j) { /* tried again when the next slice begins */
		free(targets);
		rtnl_kick(rn);
		return;
	}
	for (size_t i = 0; i < rn->masked_count; i++) {
		targets[i].answer.kind = EV_RESOLVED;
		targets[i].answer.resolved.target = rn->masked[i];
	}
	qsort(targets, rn->masked_count, sizeof(*targets), compare_targets);
	j->targets = targets;
	j->target_count = rn->masked_count;
	rn->masked_count = 0;
}

/* --- Touched ---------------------------------------------------------------------------------------------------- */

static bool same_place(const struct route *a, const struct route *b)
{
	return a->table == b->table && a->metric == b->metric && a->protocol == b->protocol &&
		prefix_equal(&a->prefix, &b->prefix);
}

void rtnl_dump_touch(struct rtnl *rn, const struct route *r)
{
	if (!rn->dumping || rn->jobs->kind != JOB_SNAPSHOT)
		return;
	if (rn->touched_count < RTNL_TOUCHED_MAX)
		rn->touched[rn->touched_count++].key = *r;
	else
		rn->jobs->interrupted = true; /* the phase is run again */
}

static bool touched(const struct rtnl *rn, const struct route *r)
{
	for (size_t i = 0; i < rn->touched_count; i++)
		if (same_place(&rn->touched[i].key, r))
			return true;
	return false;
}

bool rtnl_dump_wants_no_monitor(const struct rtnl *rn)
{
	return rn->dumping && rn->jobs->kind == JOB_SNAPSHOT && phase_of(rn->jobs)->type != RTM_GETROUTE;
}

/* --- What a dump names ------------------------------------------------------------------------------------------ */

static void snapshot_message(struct rtnl *rn, const struct nlmsghdr *h)
{
	struct rtnl_link_message link;
	struct rtnl_route_message route;
	struct address address;

	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
		if (rtnl_read_link(h, &link))
			rtnl_report_link(rn, &link, true);
		break;
	case RTM_NEWADDR:
		if (rtnl_read_address(h, &address))
			rtnl_report_address(rn, &address, false);
		break;
	case RTM_NEWROUTE:
		if (rtnl_read_route(h, &route) && rtnl_is_reported(&route) && !touched(rn, &route.hop.route))
			rtnl_emit(rn, &(struct event){.kind = EV_ROUTE, .route = route.hop.route});
		break;
	}
}

static void routes_message(struct rtnl_job *j, const struct nlmsghdr *h)
{
	struct rtnl_route_message m;

	if (h->nlmsg_type != RTM_NEWROUTE || !rtnl_read_route(h, &m) || m.flags & RTM_F_CLONED)
		return;
	do
		if (!j->cancelled)
			j->each(j->arg, &m.hop);
	while (rtnl_next_hop(&m));
}

static void device_message(struct rtnl_job *j, const struct nlmsghdr *h)
{
	struct device_counters d;

	if (h->nlmsg_type == RTM_NEWLINK && rtnl_read_counters(h, &d) && !j->cancelled)
		j->each_device(j->arg, &d);
}

static void arp_message(struct rtnl_job *j, const struct nlmsghdr *h)
{
	struct arp_entry e;

	if (h->nlmsg_type == RTM_NEWNEIGH && rtnl_read_arp(h, &e) && !j->cancelled)
		j->each_arp(j->arg, &e);
}

/* Is this route a better answer than the one so far? Main before default table, long before short, low metric first. */
static bool better(const struct masked *t, const struct route *r)
{
	bool main_table = r->table == RT_TABLE_MAIN;

	if (!t->found)
		return true;
	if (main_table != t->main_table)
		return main_table;
	if (r->prefix.len != t->len)
		return r->prefix.len > t->len;
	return r->metric < t->metric;
}

static void take(struct masked *t, const struct rtnl_route *r)
{
	bool usable = r->type == RTN_UNICAST && r->route.ifindex > 0;

	t->found = true;
	t->main_table = r->route.table == RT_TABLE_MAIN;
	t->len = r->route.prefix.len;
	t->metric = r->route.metric;
	t->answer.resolved.gateway = usable ? r->route.gateway : (struct ipaddr){0};
	t->answer.resolved.ifindex = usable ? r->route.ifindex : 0; /* a blackhole is an answer, too */
	t->answer.resolved.source = r->route.source;
}

static void masked_message(const struct rtnl *rn, struct rtnl_job *j, const struct nlmsghdr *h)
{
	struct rtnl_route_message m;

	if (h->nlmsg_type != RTM_NEWROUTE || !rtnl_read_route(h, &m) || m.flags & RTM_F_CLONED)
		return;
	if (m.hop.route.table != RT_TABLE_MAIN && m.hop.route.table != RT_TABLE_DEFAULT)
		return;
	while (m.hop.dead && rtnl_next_hop(&m))
		;
	if (m.hop.dead || m.next_hop_object_alone || rtnl_hides_underlay(rn, &m.hop.route))
		return;
	const struct prefix *p = &m.hop.route.prefix;
	size_t lo = 0, hi = j->target_count;

	while (lo < hi) { /* the first target that is not below the prefix */
		size_t mid = lo + (hi - lo) / 2;

		if (ip_compare(&j->targets[mid].answer.resolved.target, &p->addr) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < j->target_count && prefix_contains(p, &j->targets[lo].answer.resolved.target); lo++)
		if (better(&j->targets[lo], &m.hop.route))
			take(&j->targets[lo], &m.hop);
}

/* --- Running ---------------------------------------------------------------------------------------------------- */

static int ask(struct rtnl *rn, const struct phase *p)
{
	char bytes[RTNL_MESSAGE_MAX];
	struct nlmsghdr *h = rtnl_write_dump(bytes, p->type, p->family);

	h->nlmsg_seq = ++rn->dump_seq;
	rn->touched_count = 0;
	return mnl_socket_sendto(rn->dumps, h, h->nlmsg_len) < 0 ? -errno : 0;
}

static void forget_answers(struct rtnl_job *j)
{
	for (size_t i = 0; i < j->target_count; i++) {
		struct ipaddr target = j->targets[i].answer.resolved.target;

		j->targets[i] =
			(struct masked){.answer = {.kind = EV_RESOLVED, .resolved = {.target = target}}};
	}
}

static int begin(struct rtnl *rn)
{
	struct rtnl_job *j = rn->jobs;

	rn->dumping = true;
	j->phase = 0;
	j->interrupted = false;
	if (j->kind == JOB_SNAPSHOT) {
		rn->generation++;
		rn->counters.snapshots++;
		rtnl_emit(rn, &(struct event){.kind = EV_SNAPSHOT_BEGIN});
	} else if (j->kind == JOB_MASKED) {
		forget_answers(j);
	}
	return ask(rn, phase_of(j));
}

/* Ends the first job; what it has to say comes last, since that may ask for new ones. */
static void end(struct rtnl *rn, int error)
{
	struct rtnl_job *j = rn->jobs;

	rn->jobs = j->next;
	rn->dumping = false;
	if (rn->snapshot_again && (j->kind == JOB_SNAPSHOT || !rn->jobs)) {
		rn->snapshot_again = false;
		rtnl_snapshot(rn);
	}
	if (j->kind == JOB_SNAPSHOT && !error)
		rtnl_emit(rn, &(struct event){.kind = EV_SNAPSHOT_END});
	if (is_question(j) && !j->cancelled)
		j->done(j->arg, error);
	for (size_t i = 0; i < j->target_count; i++)
		rtnl_emit(rn, &j->targets[i].answer);
	job_free(j);
}

/* Something went wrong: from the beginning again, a few times. A snapshot that never ends well is a broken kernel. */
static void fail(struct rtnl *rn, int why, int *error)
{
	struct rtnl_job *j = rn->jobs;

	while (why && ++j->attempts < ATTEMPTS_MAX && !is_question(j))
		why = begin(rn);
	if (!why)
		return;
	if (j->kind == JOB_SNAPSHOT)
		*error = why;
	end(rn, why);
}

static void next_phase(struct rtnl *rn, int *error)
{
	struct rtnl_job *j = rn->jobs;

	/* The kernel says that things moved under the dump: what it named may be incomplete. For `show` it is good enough. */
	bool repeat = j->interrupted && j->kind == JOB_SNAPSHOT && ++j->attempts < ATTEMPTS_MAX;

	j->interrupted = false;
	if (!repeat) {
		if (j->kind == JOB_SNAPSHOT && phase_of(j)->type == RTM_GETLINK)
			rtnl_forget_unnamed_links(rn);
		j->phase++;
	}
	if (phase_of(j)->type == 0) {
		end(rn, 0);
		return;
	}
	int why = ask(rn, phase_of(j));

	if (why)
		fail(rn, why, error);
}

/* One message; true when it ends the phase. */
static bool dump_message(struct rtnl *rn, const struct nlmsghdr *h, int *why)
{
	struct rtnl_job *j = rn->jobs;

	if (h->nlmsg_seq != rn->dump_seq)
		return false; /* of a dump that was given up */
	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		j->interrupted = true;
	if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
		if (h->nlmsg_len >= MNL_NLMSG_HDRLEN + sizeof(int))
			*why = *(const int *)mnl_nlmsg_get_payload(h);
		/* A kernel without the family has nothing to name. */
		if (*why == -EAFNOSUPPORT || *why == -EOPNOTSUPP)
			*why = 0;
		return true;
	}
	/* Without IPv6 the kernel answers for it with all other families. */
	const struct phase *p = phase_of(j);

	if (p->family != AF_UNSPEC && h->nlmsg_len > MNL_NLMSG_HDRLEN &&
		*(const uint8_t *)mnl_nlmsg_get_payload(h) != p->family)
		return false;
	switch (j->kind) {
	case JOB_SNAPSHOT: snapshot_message(rn, h); break;
	case JOB_ROUTES: routes_message(j, h); break;
	case JOB_MASKED: masked_message(rn, j, h); break;
	case JOB_COUNTERS: device_message(j, h); break;
	case JOB_ARP: arp_message(j, h); break;
	}
	return false;
}

bool rtnl_dump_step(struct rtnl *rn, int *error)
{
	if (rn->masked_count > 0)
		add_masked_job(rn);
	if (!rn->jobs)
		return false;
	if (!rn->dumping) {
		int why = begin(rn);

		if (why)
			fail(rn, why, error);
		return true;
	}
	ssize_t n = rtnl_receive(rn, rn->dumps);

	if (n == 0)
		return false;
	if (n == -EBADMSG)
		return true;
	if (n < 0) {
		fail(rn, (int)n, error);
		return true;
	}
	int left = (int)n, why = 0;
	bool over = false;

	for (const struct nlmsghdr *h = (void *)rn->buffer; rtnl_message_ok(h, left) && !over;
		h = mnl_nlmsg_next(h, &left))
		over = dump_message(rn, h, &why);
	rn->touched_count = 0;
	if (over && why)
		fail(rn, why, error);
	else if (over)
		next_phase(rn, error);
	return true;
}
