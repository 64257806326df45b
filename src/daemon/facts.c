/* Facts for show commands: see facts.h. */
#include "daemon/facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <systemd/sd-id128.h>

#include "daemon/hsrp_client.h"
#include "daemon/inventory.h"

/* An unanswered command ends the connection to charon: a show command must not do that to a charon that is only slow. */
enum { LIST_DEADLINE_MS = 30000 };

struct gather {
	struct engine *engine;
	struct facts facts;
	unsigned pending; /* enum fact bits whose answers are under way */
	struct loop_timer *timer;
	int routes, standby, counters, arp; /* numbers of the questions */
	bool asked_ike;			    /* its answer comes in any case: we must be there */
	bool over;			    /* delivered or abandoned */
	void (*done)(void *ctx, struct facts *facts);
	void *ctx;
};

/* Nobody calls us any more once the timer is off and charon has answered. */
static void maybe_free(struct gather *g)
{
	if (!g->over || g->asked_ike)
		return;
	facts_free(&g->facts);
	free(g);
}

static void deliver(struct gather *g)
{
	struct facts facts = g->facts;

	g->over = true;
	g->facts = (struct facts){0};
	facts_ready(&facts);
	g->done(g->ctx, &facts);
}

static void stop_questions(struct gather *g)
{
	if (g->pending & FACT_ROUTES)
		rtnl_question_cancel(g->engine->rtnl, g->routes);
	if (g->pending & FACT_COUNTERS)
		rtnl_question_cancel(g->engine->rtnl, g->counters);
	if (g->pending & FACT_ARP)
		rtnl_question_cancel(g->engine->rtnl, g->arp);
	if (g->pending & FACT_HSRP)
		hsrp_client_forget(g->engine->hsrp, g->standby);
	g->pending = 0;
}

/* The timer ends every gathering: at once when all is there, by the deadline otherwise. */
static void on_timer(void *ctx)
{
	struct gather *g = ctx;
	struct loop_timer *timer = g->timer;

	g->facts.missing |= g->pending;
	stop_questions(g);
	g->timer = NULL;
	loop_timer_free(timer);
	deliver(g);
	maybe_free(g);
}

static void came(struct gather *g, enum fact fact, bool complete)
{
	if (g->over)
		return;
	g->pending &= ~(unsigned)fact;
	if (!complete)
		g->facts.missing |= fact;
	if (!g->pending)
		loop_timer_set(g->timer, (mono_t){1});
}

static void on_ike_sa(void *ctx, const struct ike_sa *sa)
{
	struct gather *g = ctx;
	struct ike_sa *slot = g->over ? NULL : facts_add_ike_sa(&g->facts);

	if (slot)
		*slot = *sa;
}

static void on_child_sa(void *ctx, const struct child_sa *sa)
{
	struct gather *g = ctx;
	struct child_sa *slot = g->over ? NULL : facts_add_child_sa(&g->facts);

	if (!slot)
		return;
	*slot = *sa;
	core_counted_before(g->engine->core, slot);
}

static void on_ike_done(void *ctx, int error)
{
	struct gather *g = ctx;

	g->asked_ike = false;
	came(g, FACT_IKE, error == 0);
	maybe_free(g);
}

static void on_route(void *ctx, const struct rtnl_route *r)
{
	struct gather *g = ctx;
	struct route_fact *slot;

	if (r->route.table != ROUTE_TABLE_MAIN)
		return;
	slot = facts_add_route(&g->facts);
	if (!slot)
		return;
	*slot = (struct route_fact){.prefix = r->route.prefix,
		.gateway = r->route.gateway,
		.ifindex = r->route.ifindex,
		.metric = r->route.metric,
		.protocol = r->route.protocol,
		.type = r->type,
		.age_s = -1};
}

static void on_routes_done(void *ctx, int error)
{
	came(ctx, FACT_ROUTES, error == 0);
}

static void on_counters(void *ctx, const struct device_counters *d)
{
	struct gather *g = ctx;
	struct device_counters *slot = facts_add_counters(&g->facts);

	if (slot)
		*slot = *d;
}

static void on_counters_done(void *ctx, int error)
{
	came(ctx, FACT_COUNTERS, error == 0);
}

static void on_arp(void *ctx, const struct arp_entry *e)
{
	struct gather *g = ctx;
	struct arp_entry *slot = facts_add_arp(&g->facts);

	if (slot)
		*slot = *e;
}

static void on_arp_done(void *ctx, int error)
{
	came(ctx, FACT_ARP, error == 0);
}

static void on_standby(void *ctx, const struct hsrp_status *s)
{
	struct gather *g = ctx;
	struct hsrp_status *slot = facts_add_standby(&g->facts);

	if (slot)
		*slot = *s;
}

static void on_neighbour(void *ctx, const struct hsrp_neighbour *n)
{
	struct gather *g = ctx;
	struct hsrp_neighbour *slot = facts_add_neighbour(&g->facts);

	if (slot)
		*slot = *n;
}

static void on_standby_done(void *ctx, int error)
{
	came(ctx, FACT_HSRP, error == 0);
}

static bool copy_binding(const struct core_binding *b, void *arg)
{
	struct core_binding *slot = facts_add_binding(arg);

	if (slot)
		*slot = *b;
	return slot != NULL;
}

static bool copy_route(const struct core_route *r, void *arg)
{
	struct core_route *slot = facts_add_core_route(arg);

	if (slot)
		*slot = *r;
	return slot != NULL;
}

static void copy_tracks(const struct engine *e, struct facts *f)
{
	const struct track_object *t;
	struct core_track state, *slot;

	vec_each (&e->model->tracks, i, t) {
		if (!core_track(e->core, t->number, &state))
			continue; /* not known yet */
		slot = facts_add_track(f);
		if (slot)
			*slot = state;
	}
}

static bool count_drops(const struct core_binding *b, void *arg)
{
	struct gather *g = arg;
	const struct link *l = inventory_link(g->engine->inventory, b->ifindex);
	struct filter_count count;
	struct filter_fact *slot;

	if (!l || filter_counters(g->engine->filter, l->name, &count) < 0)
		return true;
	slot = facts_add_filter(&g->facts);
	if (slot)
		*slot = (struct filter_fact){.ifindex = b->ifindex,
			.dropped_out = count.out_packets,
			.dropped_in = count.in_packets};
	return slot != NULL;
}

static void fill_system(struct engine *e, struct system_fact *s)
{
	static const sd_id128_t app =
		SD_ID128_MAKE(6b, 1c, 0f, 5e, 3a, 7d, 4e, 08, 9a, 44, 51, d0, 77, 2c, b9, 13);
	struct utsname u = {0};
	struct sysinfo info = {0};
	sd_id128_t id;

	(void)uname(&u);
	(void)sysinfo(&info);
	str_copy(s->version, sizeof(s->version), HOTSWAN_VERSION);
	str_copy(s->ike_version, sizeof(s->ike_version), ike_version(e->ike));
	snprintf(s->kernel, sizeof(s->kernel), "%.20s %.70s", u.sysname, u.release);
	str_copy(s->machine, sizeof(s->machine), u.machine);
	/* The machine id itself is confidential (machine-id(5)); one derived from it is not. */
	if (sd_id128_get_machine_app_specific(app, &id) >= 0)
		snprintf(s->board_id, sizeof(s->board_id), "%02X%02X%02X%02X%02X", id.bytes[0], id.bytes[1],
			id.bytes[2], id.bytes[3], id.bytes[4]);
	str_copy(s->config_file, sizeof(s->config_file), e->args->config);
	str_copy(s->started_by, sizeof(s->started_by), e->args->resume ? "restart" : "power-on");
	s->uptime_s = mono_diff_ms(loop_clock(), e->args->started) / 1000;
	s->machine_uptime_s = info.uptime;
	s->memory_kb = (uint64_t)info.totalram * info.mem_unit / 1024;
	s->memory_free_kb = (uint64_t)info.freeram * info.mem_unit / 1024;
	time_t wall = time(NULL);
	struct tm local;
	s->wall_s = wall;
	s->utc_offset_s = localtime_r(&wall, &local) ? (int32_t)local.tm_gmtoff : 0;
	s->hsrp_up = hsrp_client_up(e->hsrp);
}

static void fill_internal(struct engine *e, struct internal_fact *f)
{
	struct rtnl_counters n = rtnl_counters(e->rtnl);
	struct ike_counters i = ike_counters(e->ike);

	*f = (struct internal_fact){.netlink_messages = n.messages,
		.netlink_overruns = n.overruns,
		.netlink_snapshots = n.snapshots,
		.netlink_requests = n.requests,
		.netlink_batches = n.batches,
		.netlink_failures = n.failures,
		.ike_starts = i.starts,
		.ike_events = i.events,
		.ike_events_lost = i.events_lost,
		.ike_snapshots = i.snapshots,
		.ike_commands = i.commands,
		.ike_failures = i.failures};
}

static void ask_ike(struct gather *g)
{
	struct ike_list_handlers handlers = {on_ike_sa, on_child_sa, on_ike_done, g};

	g->pending |= FACT_IKE;
	if (ike_list(g->engine->ike, &handlers, LIST_DEADLINE_MS) < 0)
		came(g, FACT_IKE, false);
	else
		g->asked_ike = true;
}

static void ask_kernel(struct gather *g, unsigned needs)
{
	struct rtnl *rn = g->engine->rtnl;

	g->pending |= needs & (FACT_ROUTES | FACT_COUNTERS | FACT_ARP);
	if (needs & FACT_ROUTES) {
		g->routes = rtnl_routes(rn, on_route, on_routes_done, g);
		if (g->routes < 0)
			came(g, FACT_ROUTES, false);
	}
	if (needs & FACT_COUNTERS) {
		g->counters = rtnl_counters_of_devices(rn, on_counters, on_counters_done, g);
		if (g->counters < 0)
			came(g, FACT_COUNTERS, false);
	}
	if (needs & FACT_ARP) {
		g->arp = rtnl_arp(rn, on_arp, on_arp_done, g);
		if (g->arp < 0)
			came(g, FACT_ARP, false);
	}
}

/* What is at hand, then the questions: each adds its bit before it may be answered. */
static void ask(struct gather *g, unsigned needs)
{
	struct engine *e = g->engine;

	g->facts.ike_up = ike_is_up(e->ike);
	g->facts.ike_lost = core_ike_lost(e->core);
	g->facts.libipsec = e->libipsec;
	fill_internal(e, &g->facts.internal);
	if (needs & FACT_CORE) {
		core_each_binding(e->core, copy_binding, &g->facts);
		core_each_route(e->core, copy_route, &g->facts);
	}
	if (needs & FACT_LINKS && !inventory_facts(e->inventory, &g->facts))
		g->facts.missing |= FACT_LINKS;
	if (needs & FACT_FILTER)
		core_each_binding(e->core, count_drops, g);
	if (needs & FACT_TRACK)
		copy_tracks(e, &g->facts);
	if (needs & FACT_SYSTEM)
		fill_system(e, &g->facts.system);
	if (needs & FACT_IKE)
		ask_ike(g);
	ask_kernel(g, needs);
	if (needs & FACT_HSRP) {
		g->pending |= FACT_HSRP;
		g->standby = hsrp_client_status(e->hsrp, on_standby, on_neighbour, on_standby_done, g);
		if (g->standby < 0)
			came(g, FACT_HSRP, false);
	}
}

struct gather *facts_gather(
	struct engine *e, unsigned needs, void (*done)(void *ctx, struct facts *facts), void *ctx)
{
	struct gather *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	*g = (struct gather){.engine = e, .done = done, .ctx = ctx};
	g->timer = loop_timer_new(e->loop, on_timer, g);
	if (!g->timer) {
		free(g);
		return NULL;
	}
	g->facts.model = e->model;
	g->facts.now = loop_clock();
	loop_timer_set(g->timer, mono_add_ms(g->facts.now, FACTS_DEADLINE_MS));
	ask(g, needs);
	if (!g->pending)
		loop_timer_set(g->timer, (mono_t){1});
	return g;
}

void facts_abandon(struct gather *g)
{
	stop_questions(g);
	loop_timer_free(g->timer);
	g->timer = NULL;
	g->over = true;
	maybe_free(g);
}
