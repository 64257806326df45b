/*
 * The engine without sessions, HSRP and IKE: the real command-line loader, core and netlink adapter in a namespace of its
 * own, for bench/rri.py. Commands come on standard input, each answered by one line of numbers, of which the last is the processor
 * time, kernel and children included; times in milliseconds.
 *
 *   load FILE          load, core      the file into the model; the core quiet, its routes in the kernel
 *   apply FILE         load, core      the same once more onto what runs: nothing changes
 *   print              time, bytes     the running configuration
 *   active | standby   time            the group's role: until the kernel has answered for the last route
 *   sas N P            time            N SAs of P dynamic peers, a network each, up
 *   gone               time            … all of them down
 *   updown N           up, down        medians over N single SAs among all others
 *   reconcile          time, steps     a snapshot of the kernel through the core, which must find nothing to do
 *   shell LINE         time            a command in the namespace, while nobody of ours listens there
 *   rss                kB
 *   routes             number          injected and confirmed
 */
#include <poll.h>
#include <sys/resource.h>
#include <time.h>

#include "../tests/linux/netns.h"
#include "base/text.h"
#include "cli/cli.h"
#include "core/core.h"
#include "linux/rtnetlink.h"

enum { DEVICE = 7, GROUP = 0, STUCK_MS = 60000, SILENCE_MS = 20 };

static struct core *core;
static struct model *model;
static struct rtnl *rn;
static struct effects effects;
static struct event *results;
static size_t result_count, result_cap;
static uint64_t outstanding, steps, worked;
static bool stepping, snapshot_over;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double cpu_ms(void)
{
	static const int who[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
	double sum = 0;

	for (int i = 0; i < 2; i++) {
		struct rusage r;

		getrusage(who[i], &r);
		sum += (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e3 +
			(double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e3;
	}
	return sum;
}

static mono_t mono_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (mono_t){t.tv_sec * 1000000000LL + t.tv_nsec};
}

static void die(const char *why)
{
	fprintf(stderr, "bench_rri: %s\n", why);
	exit(1);
}

/* --- The executor: routes and next hops are real, what goes to others is answered at once ---------------------------- */

static void answer(const struct effect *e)
{
	if (!e->cookie)
		return;
	if (result_count == result_cap) {
		result_cap = result_cap ? 2 * result_cap : 64;
		results = realloc(results, result_cap * sizeof(*results));
		if (!results)
			die("no memory");
	}
	results[result_count++] = (struct event){.kind = EV_RESULT, .result = {e->cookie, 0}};
}

static void carry_out(const struct effect *e)
{
	int error = 0;

	switch (e->kind) {
	case EF_ROUTE_ADD:
		error = rtnl_route_add(rn, &e->route, e->cookie);
		outstanding++;
		worked++;
		break;
	case EF_ROUTE_DEL:
		error = rtnl_route_delete(rn, &e->route, e->cookie);
		outstanding++;
		worked++;
		break;
	case EF_RESOLVE:
		error = rtnl_resolve(rn, &e->target);
		outstanding++;
		break;
	default: answer(e); break;
	}
	if (error)
		die("a request was refused");
}

static void step(const struct event *e)
{
	if (stepping)
		die("an event inside a step");
	stepping = true;
	steps++;
	core_step(core, e, mono_now(), &effects);
	for (size_t i = 0; i < effects.count; i++)
		carry_out(&effects.items[i]);
	effects_clear(&effects);
	for (size_t i = 0; i < result_count; i++) {
		struct event r = results[i];

		core_step(core, &r, mono_now(), &effects);
		for (size_t k = 0; k < effects.count; k++)
			carry_out(&effects.items[k]);
		effects_clear(&effects);
	}
	result_count = 0;
	stepping = false;
	rtnl_flush(rn);
}

static void on_kernel(void *arg, const struct event *e)
{
	(void)arg;
	if (e->kind == EV_RESULT) {
		if (e->result.error)
			die("the kernel refused a route");
		outstanding--;
	}
	outstanding -= e->kind == EV_RESOLVED;
	snapshot_over |= e->kind == EV_SNAPSHOT_END;
	step(e);
}

static bool due(void)
{
	return core_deadline(core).ns <= mono_now().ns;
}

/* Until the core has no work and the kernel has answered; what it echoes is read as it comes. */
static void quiet(void)
{
	struct pollfd p = {.fd = rtnl_fd(rn), .events = POLLIN};
	double until = now_ms() + STUCK_MS;

	while (outstanding || due()) {
		if (now_ms() > until)
			die("not quiet after a minute");
		if (due())
			step(&(struct event){.kind = EV_TIMER});
		if (poll(&p, 1, due() ? 0 : 100) > 0 && rtnl_readable(rn) < 0)
			die("netlink");
	}
}

/* All that the kernel tells beside its answers, too: between two measurements, so that none pays for another. */
static void settle_for(int silence_ms)
{
	struct pollfd p = {.fd = rtnl_fd(rn), .events = POLLIN};

	do
		quiet();
	while (poll(&p, 1, silence_ms) > 0 && rtnl_readable(rn) == 0);
}

static void settle(void)
{
	settle_for(SILENCE_MS);
}

/* --- Commands ------------------------------------------------------------------------------------------------------------ */

static void take_snapshot(void)
{
	struct pollfd p = {.fd = rtnl_fd(rn), .events = POLLIN};

	snapshot_over = false;
	rtnl_snapshot(rn);
	while (!snapshot_over) {
		if (due())
			step(&(struct event){.kind = EV_TIMER});
		if (poll(&p, 1, due() ? 0 : 1000) > 0 && rtnl_readable(rn) < 0)
			die("netlink");
	}
	quiet();
}

static void open_kernel(void)
{
	struct rtnl_config config = {.event = on_kernel};

	if (rtnl_open(&rn, &config) != 0)
		die("netlink");
	take_snapshot();
	settle();
}

static void read_file(const char *name, struct text *t)
{
	char piece[65536];
	FILE *f = fopen(name, "r");
	size_t n;

	if (!f)
		die("a file cannot be read");
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		text_add_n(t, piece, n);
	fclose(f);
}

static bool device_exists(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "e0") == 0;
}

static void load(const char *file)
{
	static const struct cli_ops ops = {.device_exists = device_exists};
	struct text t = {0}, errors = {0};

	read_file(file, &t);
	double begun = now_ms();

	if (cli_load(model, &ops, file, text_str(&t), t.len, &errors) > 0)
		die(text_str(&errors));
	double loaded = now_ms();

	if (model->change_count || model->changes_lost)
		step(&(struct event){.kind = EV_CONFIG, .model = model});
	quiet();
	printf("%.2f %.2f", loaded - begun, now_ms() - loaded);
	text_free(&t);
	text_free(&errors);
}

static void print(void)
{
	struct cli_writer w;
	struct text t = {0};
	double begun = now_ms();

	cli_writer_begin(&w, model, NULL);
	while (cli_writer_next(&w, &t, 16384))
		;
	printf("%.2f %zu", now_ms() - begun, t.len);
	text_free(&t);
}

static void role(enum hsrp_role r)
{
	struct event e = {.kind = EV_HSRP_ROLE, .hsrp = {.ifindex = DEVICE, .group = GROUP, .role = r}};
	double begun = now_ms();

	e.hsrp.vip = ip_v4(0x0a010103);
	e.hsrp.vmac_ifindex = DEVICE;
	e.hsrp.at = mono_now();
	step(&e);
	quiet();
	printf("%.2f", now_ms() - begun);
}

static void child(enum event_kind kind, uint32_t id, uint32_t peers)
{
	struct child_sa sa = {.incarnation = 1,
		.id = id,
		.ike_id = 1 + id % peers,
		.state = CHILD_SA_INSTALLED,
		.remote_port = 500,
		.remote_count = 1};

	str_copy(sa.conn, sizeof(sa.conn), "hs/FastEthernet0/0/M/65000/any");
	str_copy(sa.child, sizeof(sa.child), "d1");
	sa.remote_host = ip_v4(0xc6120000 + sa.ike_id);			     /* 198.18.0.0/15 */
	sa.remote[0].prefix = prefix_make(ip_v4(0x64000000 + id * 256), 24); /* from 100.0.0.0 on */
	step(&(struct event){.kind = kind, .child = {&sa, 0}});
}

static uint32_t sa_count, peer_count;

static void sas(char *arguments)
{
	uint32_t count = (uint32_t)strtoul(arguments, &arguments, 10);
	uint32_t peers = (uint32_t)strtoul(arguments, NULL, 10);
	double begun = now_ms();

	peer_count = peers;
	for (uint32_t i = 1; i <= peers; i++) {
		struct ike_sa ike = {.incarnation = 1, .id = i, .version = 1, .state = IKE_SA_ESTABLISHED};

		str_copy(ike.conn, sizeof(ike.conn), "hs/FastEthernet0/0/M/65000/any");
		snprintf(ike.remote_id, sizeof(ike.remote_id), "peer%u", i);
		ike.remote_host = ip_v4(0xc6120000 + i);
		step(&(struct event){.kind = EV_IKE_SA, .ike_sa = &ike});
	}
	for (sa_count = 0; sa_count < count;)
		child(EV_CHILD_SA, ++sa_count, peers);
	quiet();
	printf("%.2f", now_ms() - begun);
}

static void gone(void)
{
	double begun = now_ms();

	while (sa_count)
		child(EV_CHILD_SA_GONE, sa_count--, peer_count);
	quiet();
	printf("%.2f", now_ms() - begun);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void updown(unsigned count)
{
	double *up = calloc(count, sizeof(*up)), *down = calloc(count, sizeof(*down));

	if (!up || !down)
		die("no memory");
	for (unsigned i = 0; i < count; i++) {
		double begun = now_ms();

		child(EV_CHILD_SA, sa_count + 1 + i, peer_count);
		quiet();
		up[i] = now_ms() - begun;
		settle_for(0);
		begun = now_ms();
		child(EV_CHILD_SA_GONE, sa_count + 1 + i, peer_count);
		quiet();
		down[i] = now_ms() - begun;
		settle_for(0);
	}
	qsort(up, count, sizeof(*up), by_size);
	qsort(down, count, sizeof(*down), by_size);
	printf("%.4f %.4f", up[count / 2], down[count / 2]);
	free(up);
	free(down);
}

static void reconcile(void)
{
	double begun = now_ms();
	uint64_t before = worked, steps_before = steps;

	take_snapshot();
	double took = now_ms() - begun;

	settle();
	if (worked != before)
		die("the reconciliation found something to do");
	printf("%.2f %llu", took, (unsigned long long)(steps - steps_before));
}

/* For a peer's measurement: our listeners would cost it time. */
static void shell(const char *line)
{
	rtnl_close(rn);
	double begun = now_ms();

	if (run(line) != 0)
		die(line);
	printf("%.2f", now_ms() - begun);
	open_kernel();
}

static void rss(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long size = 0, resident = 0;

	if (!f || fscanf(f, "%ld %ld", &size, &resident) != 2)
		die("/proc/self/statm");
	fclose(f);
	printf("%ld", resident * (sysconf(_SC_PAGESIZE) / 1024));
}

static bool installed(const struct core_route *r, void *arg)
{
	*(unsigned *)arg += r->installed && !r->helper;
	return true;
}

static unsigned count_installed(void)
{
	unsigned n = 0;

	core_each_route(core, installed, &n);
	return n;
}

static void command(char *line)
{
	char *rest = strchr(line, ' ');

	if (rest)
		*rest++ = '\0';
	settle();
	double cpu = cpu_ms();

	if (!strcmp(line, "load") || !strcmp(line, "apply"))
		load(rest);
	else if (!strcmp(line, "print"))
		print();
	else if (!strcmp(line, "active"))
		role(HSRP_ROLE_ACTIVE);
	else if (!strcmp(line, "standby"))
		role(HSRP_ROLE_STANDBY);
	else if (!strcmp(line, "sas"))
		sas(rest);
	else if (!strcmp(line, "gone"))
		gone();
	else if (!strcmp(line, "updown"))
		updown((unsigned)strtoul(rest, NULL, 10));
	else if (!strcmp(line, "reconcile"))
		reconcile();
	else if (!strcmp(line, "shell"))
		shell(rest);
	else if (!strcmp(line, "rss"))
		rss();
	else if (!strcmp(line, "routes"))
		printf("%u", count_installed());
	else
		die("unknown command");
	printf(" %.2f\n", cpu_ms() - cpu);
	fflush(stdout);
}

int main(void)
{
	char line[4096];

	netns_enter("bench_rri");
	if (run("ip link add e0 index 7 type veth peer name p0 && ip link set e0 up && ip link set p0 up && "
		"ip addr add 10.1.1.1/24 dev e0 && ip addr add 10.1.1.3/24 dev e0 && "
		"ip route add default via 10.1.1.2") != 0)
		return 1;
	core = core_new();
	model = model_new();
	if (!core || !model)
		die("no memory");
	open_kernel();
	step(&(struct event){.kind = EV_IKE_UP, .ike = {1, false}});
	step(&(struct event){.kind = EV_SA_SNAPSHOT_BEGIN});
	step(&(struct event){.kind = EV_SA_SNAPSHOT_END});
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		command(line);
	}
	rtnl_close(rn);
	core_free(core);
	model_free(model);
	effects_free(&effects);
	free(results);
	return 0;
}
