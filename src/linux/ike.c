#include "linux/ike.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "base/text.h"
#include "linux/charon.h"
#include "linux/ike_backlog.h"
#include "linux/ike_liveness.h"
#include "linux/ike_wire.h"
#include "linux/vici.h"

enum {
	SNAPSHOT_DEADLINE_MS = 60000, /* 10,000 SAs take about a second */
	CARE_INTERVAL_S = 30,	      /* log trimmed, and asked whether charon is alive */
	ALIVE_DEADLINE_MS = 30000,    /* a charon with thousands of negotiations under way takes its time */
};

static const char *const events[] = {
	"ike-updown", "child-updown", "child-rekey", "ike-rekey", "ike-update", NULL};

struct ike {
	sd_event *loop;
	struct vici *vici;
	struct ike_liveness_watch *liveness;
	sd_event_source *trim;
	char run_dir[CHARON_PATH_MAX];
	ike_event_handler handler;
	void *user;

	bool up; /* EV_IKE_UP was reported */
	bool libipsec;
	uint32_t incarnation;
	int pid;
	char version[32], refusal[256];

	bool snapshot, snapshot_begun, snapshot_again;
	struct ike_backlog backlog;
	struct ike_counters counters;
};

static void report(struct ike *i, const struct event *e)
{
	i->handler(i->user, e);
}

static bool is_ours(const char *conn)
{
	return strncmp(conn, "hs/", 3) == 0;
}

/* ---- commands and their results ---- */

/* A command whose result somebody wants. */
struct pending {
	struct ike *ike;
	uint64_t cookie;
	bool absent_is_fine; /* what is to be removed may be gone already */
};

static void on_result(void *user, int error, const void *body, size_t len)
{
	struct pending *p = user;
	struct ike *i = p->ike;
	struct vici_token t;

	if (!error && vici_find(body, len, "success", &t) && !vici_value_is(&t, "yes")) {
		i->refusal[0] = '\0';
		if (vici_find(body, len, "errmsg", &t))
			(void)vici_copy_value(&t, i->refusal, sizeof(i->refusal));
		error = p->absent_is_fine ? 0 : -EPROTO;
	}
	i->counters.failures += error != 0;
	/* With the connection all answers are lost: EV_IKE_DOWN tells, and nobody was refused anything. */
	if (p->cookie && vici_is_up(i->vici))
		report(i, &(struct event){.kind = EV_RESULT, .result = {p->cookie, error}});
	free(p);
}

/* Sends a command; takes the message over. */
static int command(
	struct ike *i, const char *name, struct vici_message *m, uint64_t cookie, bool absent_is_fine)
{
	struct pending *p = malloc(sizeof(*p));
	int error = -ENOMEM;

	if (!p) {
		vici_message_free(m);
		return error;
	}
	*p = (struct pending){i, cookie, absent_is_fine};
	error = vici_command(i->vici, name, m, VICI_DEADLINE_MS, NULL, on_result, p);
	if (error)
		free(p);
	else
		i->counters.commands++;
	return error;
}

int ike_conn_load(struct ike *i, const struct ike_conn *conn, uint64_t cookie)
{
	struct vici_message m = {0};

	if ((conn->version != 1 && conn->version != 2) || !is_ours(conn->name))
		return -EINVAL;
	if (!i->up)
		return -ENOTCONN;
	int error = ike_liveness_loaded(i->liveness, conn);
	if (error)
		return error;
	ike_encode_conn(&m, conn);
	return command(i, "load-conn", &m, cookie, false);
}

int ike_conn_unload(struct ike *i, const char *name, uint64_t cookie)
{
	struct vici_message m = {0};
	int error = i->up ? ike_liveness_unloaded(i->liveness, name) : -ENOTCONN;

	if (error)
		return error;
	vici_value(&m, "name", name);
	return command(i, "unload-conn", &m, cookie, true);
}

int ike_secret_load(struct ike *i, const struct ike_secret *secret, uint64_t cookie)
{
	struct vici_message m = {0};

	ike_encode_secret(&m, secret);
	return command(i, "load-shared", &m, cookie, false);
}

int ike_secret_unload(struct ike *i, const char *id, uint64_t cookie)
{
	struct vici_message m = {0};

	vici_value(&m, "id", id);
	return command(i, "unload-shared", &m, cookie, true);
}

int ike_initiate(struct ike *i, const char *conn, const char *child, uint64_t cookie)
{
	struct vici_message m = {0};

	if (conn)
		vici_value(&m, "ike", conn);
	if (child)
		vici_value(&m, "child", child);
	vici_value(&m, "timeout", "-1"); /* at once: charon answers when it has begun */
	return command(i, "initiate", &m, cookie, false);
}

static int encode_target(struct vici_message *m, const struct ike_target *t)
{
	if (t->child_id) {
		vici_valuef(m, "child-id", "%u", t->child_id);
	} else if (t->ike_id) {
		vici_valuef(m, "ike-id", "%u", t->ike_id);
	} else if (t->conn) {
		vici_value(m, "ike", t->conn);
		if (t->child)
			vici_value(m, "child", t->child);
	} else {
		return -EINVAL; /* everything of everybody is never meant */
	}
	return 0;
}

int ike_terminate(struct ike *i, const struct ike_target *target, bool force, uint64_t cookie)
{
	struct vici_message m = {0};
	int error = encode_target(&m, target);

	if (error)
		return error;
	vici_value(&m, "force", force ? "yes" : "no");
	vici_value(&m, "timeout", "-1");
	return command(i, "terminate", &m, cookie, true);
}

int ike_rekey(struct ike *i, const struct ike_target *target, uint64_t cookie)
{
	struct vici_message m = {0};
	int error = encode_target(&m, target);

	return error ? error : command(i, "rekey", &m, cookie, false);
}

int ike_effect(struct ike *i, const struct effect *e)
{
	const struct ike_target target = {e->sa.child_id, e->sa.ike_id, e->sa.conn, e->sa.child};

	switch (e->kind) {
	case EF_CONN_LOAD: return ike_conn_load(i, e->conn, e->cookie);
	case EF_CONN_UNLOAD: return ike_conn_unload(i, e->name, e->cookie);
	case EF_SECRET_LOAD: return ike_secret_load(i, e->secret, e->cookie);
	case EF_SECRET_UNLOAD: return ike_secret_unload(i, e->name, e->cookie);
	case EF_INITIATE: return ike_initiate(i, e->sa.conn, e->sa.child, e->cookie);
	case EF_TERMINATE: return ike_terminate(i, &target, e->sa.force, e->cookie);
	case EF_SA_SNAPSHOT: return ike_snapshot(i);
	default: return -EINVAL;
	}
}

/* ---- events ---- */

/* An event being translated. */
struct translation {
	struct ike *ike;
	bool gone, has_old;
	struct child_sa old;
};

static void report_ike_sa(void *user, const struct ike_sa *sa, enum ike_part part)
{
	struct translation *t = user;
	bool gone = t->gone || part == IKE_PART_OLD;

	if (is_ours(sa->conn))
		report(t->ike, &(struct event){.kind = gone ? EV_IKE_SA_GONE : EV_IKE_SA, .ike_sa = sa});
}

static void report_child_sa(void *user, const struct child_sa *sa, enum ike_part part)
{
	struct translation *t = user;
	struct event e = {.kind = t->gone ? EV_CHILD_SA_GONE : EV_CHILD_SA, .child = {.child = sa}};

	if (!is_ours(sa->conn))
		return;
	if (part == IKE_PART_OLD) {
		t->old = *sa;
		t->has_old = true;
		return;
	}
	if (part == IKE_PART_NEW) {
		e.kind = EV_CHILD_SA_REKEYED;
		e.child.old = t->has_old ? &t->old : NULL;
	}
	report(t->ike, &e);
}

/* Which of the SAs in a message the event is about: the other ones are there for context. */
static const struct {
	const char *name;
	bool ike, child;
} subjects[] = {
	{"ike-updown", true, false},
	{"child-updown", false, true},
	{"child-rekey", false, true},
	{"ike-rekey", true, false},
	{"ike-update", true, false},
};

static void translate(void *user, const char *name, const void *body, size_t len)
{
	struct ike *i = user;
	struct translation t = {.ike = i};
	struct ike_visitor v = {.user = &t, .incarnation = i->incarnation};
	struct vici_token up;

	for (size_t n = 0; n < sizeof(subjects) / sizeof(*subjects); n++) {
		if (strcmp(name, subjects[n].name) != 0)
			continue;
		v.ike_sa = subjects[n].ike ? report_ike_sa : NULL;
		v.child_sa = subjects[n].child ? report_child_sa : NULL;
		/* "up" is there when it is up, and absent when it is down; a rekey's halves speak for themselves. */
		t.gone = strstr(name, "-updown") && !vici_find(body, len, "up", &up);
		if (ike_decode(body, len, &v))
			continue;
		i->counters.events_lost++;
		ike_snapshot(i); /* half an event: the truth is in the snapshot */
	}
}

static void defer(struct ike *i, const char *name, const void *body, size_t len)
{
	if (ike_backlog_add(&i->backlog, name, body, len))
		return;
	i->counters.events_lost++;
	i->snapshot_again = true; /* it is lost, so this snapshot is not the last word */
}

static void on_event(void *user, const char *name, const void *body, size_t len)
{
	struct ike *i = user;

	i->counters.events++;
	if (!i->up || i->snapshot)
		defer(i, name, body, len);
	else
		translate(i, name, body, len);
}

/* ---- snapshot ---- */

/* The answer has begun. Not reported by ike_snapshot itself: events come from the loop only. */
static void snapshot_begin(struct ike *i)
{
	if (!i->snapshot_begun)
		report(i, &(struct event){.kind = EV_SA_SNAPSHOT_BEGIN});
	i->snapshot_begun = true;
}

static void on_snapshot_sa(void *user, const void *body, size_t len)
{
	struct translation t = {.ike = user};
	struct ike_visitor v = {report_ike_sa, report_child_sa, &t, t.ike->incarnation};

	if (!ike_decode(body, len, &v))
		t.ike->snapshot_again = true;
}

static void on_snapshot_conn(void *user, const void *body, size_t len)
{
	struct vici_parser p = vici_parser_make(body, len);
	char conn[IKE_CONN_NAME_MAX];
	struct vici_token t;

	snapshot_begin(user);
	if (vici_next(&p, &t) == VICI_SECTION_START && vici_copy_name(&t, conn, sizeof(conn)) &&
		is_ours(conn))
		report(user, &(struct event){.kind = EV_CONN, .conn = conn});
}

static void on_snapshot_conns_done(void *user, int error, const void *body, size_t len)
{
	(void)body;
	(void)len;
	if (!error)
		snapshot_begin(user);
}

static void on_snapshot_done(void *user, int error, const void *body, size_t len)
{
	struct ike *i = user;

	(void)body;
	(void)len;
	if (error) /* charon is lost: on_down follows */
		return;
	report(i, &(struct event){.kind = EV_SA_SNAPSHOT_END});
	i->snapshot = false;
	ike_backlog_replay(&i->backlog, translate, i);
	if (i->snapshot_again)
		(void)ike_snapshot(i);
}

int ike_snapshot(struct ike *i)
{
	struct vici_message m = {0};

	if (!i->up)
		return -ENOTCONN;
	i->snapshot_again = true; /* until it is under way: else on_care tries once more */
	if (i->snapshot)
		return 0;
	int error = vici_command(
		i->vici, "list-conns", &m, SNAPSHOT_DEADLINE_MS, on_snapshot_conn, on_snapshot_conns_done, i);
	if (!error)
		error = vici_command(
			i->vici, "list-sas", &m, SNAPSHOT_DEADLINE_MS, on_snapshot_sa, on_snapshot_done, i);
	if (error)
		return error;
	i->snapshot = true;
	i->snapshot_begun = i->snapshot_again = false;
	i->counters.snapshots++;
	return 0;
}

/* ---- for show ---- */

struct listing {
	struct ike *ike;
	struct ike_list_handlers handlers;
};

static void list_ike_sa(void *user, const struct ike_sa *sa, enum ike_part part)
{
	const struct listing *l = user;

	(void)part;
	if (is_ours(sa->conn) && l->handlers.ike_sa)
		l->handlers.ike_sa(l->handlers.user, sa);
}

static void list_child_sa(void *user, const struct child_sa *sa, enum ike_part part)
{
	const struct listing *l = user;

	(void)part;
	if (is_ours(sa->conn) && l->handlers.child_sa)
		l->handlers.child_sa(l->handlers.user, sa);
}

static void on_list_item(void *user, const void *body, size_t len)
{
	struct listing *l = user;
	struct ike_visitor v = {list_ike_sa, list_child_sa, l, l->ike->incarnation};

	(void)ike_decode(body, len, &v); /* what could be read is shown */
}

static void on_list_done(void *user, int error, const void *body, size_t len)
{
	struct listing *l = user;

	(void)body;
	(void)len;
	l->handlers.done(l->handlers.user, error);
	free(l);
}

int ike_list(struct ike *i, const struct ike_list_handlers *handlers, unsigned deadline_ms)
{
	struct listing *l = i->up ? malloc(sizeof(*l)) : NULL;
	struct vici_message m = {0};

	if (!l)
		return i->up ? -ENOMEM : -ENOTCONN;
	*l = (struct listing){i, *handlers};
	int error = vici_command(i->vici, "list-sas", &m, deadline_ms, on_list_item, on_list_done, l);
	if (error)
		free(l);
	return error;
}

/* ---- up and down ---- */

static void on_stats(void *user, int error, const void *body, size_t len)
{
	struct ike *i = user;
	struct vici_parser p = vici_parser_make(body, len);
	struct vici_token t;

	if (error || i->up)
		return;
	while (vici_next(&p, &t) > VICI_END)
		if (t.type == VICI_LIST_ITEM && vici_name_is(&t, "plugins") &&
			vici_value_is(&t, "kernel-libipsec"))
			i->libipsec = true;
	i->up = true;
	i->counters.starts++;
	report(i,
		&(struct event){
			.kind = EV_IKE_UP, .ike = {.incarnation = i->incarnation, .libipsec = i->libipsec}});
	if (!i->snapshot)
		ike_backlog_replay(&i->backlog, translate, i);
}

static void on_version(void *user, int error, const void *body, size_t len)
{
	struct ike *i = user;
	struct vici_token t;

	if (!error && vici_find(body, len, "version", &t))
		(void)vici_copy_value(&t, i->version, sizeof(i->version));
}

/* Tells one charon from another, also to an engine that was away meanwhile. Never 0. */
static uint32_t incarnation_of(int pid)
{
	uint64_t start = charon_start_time(pid);

	return (uint32_t)(start * 2654435761u + (uint32_t)pid) | 1;
}

/* Should one of them not leave (no memory), on_care asks again; without an answer the deadline ends the connection. */
static void ask_who_it_is(struct ike *i)
{
	struct vici_message m = {0};

	(void)vici_command(i->vici, "version", &m, VICI_DEADLINE_MS, NULL, on_version, i);
	(void)vici_command(i->vici, "stats", &m, VICI_DEADLINE_MS, NULL, on_stats, i);
}

static void on_up(void *user)
{
	struct ike *i = user;

	i->pid = vici_peer(i->vici);
	i->incarnation = incarnation_of(i->pid);
	i->libipsec = false;
	ask_who_it_is(i);
}

static void on_down(void *user, int error)
{
	struct ike *i = user;
	bool was_up = i->up;

	(void)error;
	i->up = i->snapshot = i->snapshot_again = false;
	i->pid = 0;
	i->version[0] = '\0';
	ike_backlog_replay(&i->backlog, NULL, NULL);
	ike_liveness_reset(i->liveness);
	if (was_up)
		report(i, &(struct event){.kind = EV_IKE_DOWN});
}

static void on_liveness(void *user, const struct ike_liveness *l)
{
	report(user, &(struct event){.kind = EV_IKE_LIVENESS, .liveness = *l});
}

/* A charon that hangs is noticed although nobody wants anything of it: an unanswered command ends the connection. */
static int on_care(sd_event_source *source, uint64_t now, void *user)
{
	struct ike *i = user;
	struct vici_message m = {0};

	(void)now;
	(void)charon_trim_log(
		i->run_dir); /* a log that cannot be moved is bounded by charon's file size limit */
	if (i->up)
		(void)vici_command(i->vici, "version", &m, ALIVE_DEADLINE_MS, NULL, on_version, i);
	else if (vici_is_up(i->vici))
		ask_who_it_is(i);
	if (i->up && i->snapshot_again && !i->snapshot)
		(void)ike_snapshot(i);
	sd_event_source_set_time_relative(source, CARE_INTERVAL_S * UINT64_C(1000000));
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int ike_new(
	struct ike **out, struct sd_event *loop, const char *run_dir, ike_event_handler handler, void *user)
{
	struct ike *i = calloc(1, sizeof(*i));
	char path[CHARON_PATH_MAX];

	if (!i)
		return -ENOMEM;
	*i = (struct ike){.loop = sd_event_ref(loop), .handler = handler, .user = user};
	ike_backlog_init(&i->backlog);
	const struct vici_handlers handlers = {on_up, on_down, on_event, i};
	int error = charon_path(run_dir, "charon.vici", path);
	if (error >= 0 && !str_copy(i->run_dir, sizeof(i->run_dir), run_dir))
		error = -ENAMETOOLONG;
	if (error >= 0)
		error = vici_new(&i->vici, loop, path, events, &handlers);
	if (error >= 0)
		error = ike_liveness_new(&i->liveness, loop, i->vici, i->run_dir, on_liveness, i);
	if (error >= 0)
		error = sd_event_add_time_relative(loop, &i->trim, CLOCK_BOOTTIME,
			CARE_INTERVAL_S * UINT64_C(1000000), 1000000, on_care, i);
	if (error < 0) {
		ike_free(i);
		return error;
	}
	*out = i;
	return 0;
}

void ike_free(struct ike *i)
{
	if (!i)
		return;
	vici_free(i->vici); /* answers what waits, so everything else is still there */
	ike_liveness_free(i->liveness);
	ike_backlog_replay(&i->backlog, NULL, NULL);
	sd_event_source_disable_unref(i->trim);
	sd_event_unref(i->loop);
	free(i);
}

bool ike_is_up(const struct ike *i)
{
	return i->up;
}

const char *ike_version(const struct ike *i)
{
	return i->version;
}

int ike_pid(const struct ike *i)
{
	return i->pid;
}

struct ike_counters ike_counters(const struct ike *i)
{
	return i->counters;
}

const char *ike_refusal(const struct ike *i)
{
	return i->refusal;
}
