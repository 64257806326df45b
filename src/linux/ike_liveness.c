#include "linux/ike_liveness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "base/hash.h"
#include "base/text.h"
#include "linux/charon.h"
#include "linux/ike_wire.h"
#include "linux/vici.h"

enum {
	TIMEOUT_MAX_S = 512, /* 5 R is at most 300 (R up to 60) */
	MARGIN_MS = 500,     /* charon's own delay stays within R3's second */
	LOOK_INTERVAL_MS = 1000,
	LOOK_DEADLINE_MS = 30000,
};

struct conn {
	char name[IKE_CONN_NAME_MAX];
	uint32_t delay_s, timeout_s; /* S and 5 R */
	UT_hash_handle hh;
};

struct sa {
	uint32_t id;
	uint32_t look; /* the last one that saw it */
	mono_t clear;  /* when nothing was unanswered, last */
	bool silent;   /* reported so */
	UT_hash_handle hh;
};

struct ike_liveness_watch {
	sd_event *loop;
	struct vici *vici;
	const char *run_dir;
	ike_liveness_report report;
	void *user;

	struct conn *conns;
	uint32_t with_timeout[TIMEOUT_MAX_S + 1]; /* how many connections have this 5 R */
	uint32_t longest_s;			  /* 0: none has one */
	uint32_t total_ms;			  /* what charon was told; 0: not yet */
	uint32_t keepalive_s, told_keepalive_s;	  /* of NAT: one for all connections */

	struct sa *sas;
	sd_event_source *timer;
	bool looking;
	uint32_t look;
	mono_t look_at;
};

/* ---- which connections ---- */

static uint32_t count_shorter(const struct ike_liveness_watch *w)
{
	uint32_t count = 0;

	for (uint32_t s = 1; s < w->longest_s; s++)
		count += w->with_timeout[s];
	return count;
}

static void set_timer(struct ike_liveness_watch *w)
{
	int now = SD_EVENT_OFF;

	if (count_shorter(w)) {
		if (sd_event_source_get_enabled(w->timer, &now) >= 0 && now == SD_EVENT_ONESHOT)
			return;
		sd_event_source_set_time_relative(w->timer, LOOK_INTERVAL_MS * UINT64_C(1000));
		now = SD_EVENT_ONESHOT;
	}
	sd_event_source_set_enabled(w->timer, now);
}

/* Makes charon's schedule last as long as the most patient connection asks for. */
static int set_schedule(struct ike_liveness_watch *w)
{
	struct vici_message m = {0};
	uint32_t total_ms = CHARON_RETRANSMIT_DEFAULT_MS;

	w->longest_s = TIMEOUT_MAX_S;
	while (w->longest_s && !w->with_timeout[w->longest_s])
		w->longest_s--;
	if (w->longest_s)
		total_ms = w->longest_s * 1000 - MARGIN_MS;
	set_timer(w);
	if (total_ms == w->total_ms && w->keepalive_s == w->told_keepalive_s)
		return 0;
	int error = charon_write_retransmit(w->run_dir, total_ms, w->keepalive_s);
	if (!error)
		error = vici_command(w->vici, "reload-settings", &m, VICI_DEADLINE_MS, NULL, NULL, NULL);
	if (!error) {
		w->total_ms = total_ms;
		w->told_keepalive_s = w->keepalive_s;
	}
	return error;
}

static void forget_conn(struct ike_liveness_watch *w, struct conn *c)
{
	w->with_timeout[c->timeout_s]--;
	HASH_DEL(w->conns, c);
	free(c);
}

int ike_liveness_loaded(struct ike_liveness_watch *w, const struct ike_conn *conn)
{
	bool detects = conn->version == 2 && conn->dpd_delay_s && conn->dpd_timeout_s;
	struct conn *c;

	w->keepalive_s = conn->nat_keepalive_s;
	HASH_FIND_STR(w->conns, conn->name, c);
	if (c)
		forget_conn(w, c);
	if (detects) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return -ENOMEM;
		(void)str_copy(c->name, sizeof(c->name), conn->name);
		c->delay_s = conn->dpd_delay_s;
		c->timeout_s = conn->dpd_timeout_s < TIMEOUT_MAX_S ? conn->dpd_timeout_s : TIMEOUT_MAX_S;
		HASH_ADD_STR(w->conns, name, c);
		if (!c->hh.tbl) {
			free(c);
			return -ENOMEM;
		}
		w->with_timeout[c->timeout_s]++;
	}
	return set_schedule(w);
}

int ike_liveness_unloaded(struct ike_liveness_watch *w, const char *conn)
{
	struct conn *c;

	HASH_FIND_STR(w->conns, conn, c);
	if (!c)
		return 0;
	forget_conn(w, c);
	return set_schedule(w);
}

/* ---- looking ---- */

/* What one list-sa message says about one IKE_SA. */
struct glance {
	struct ike_sa sa;
	int64_t used_s; /* since ESP came in last; -1: never */
};

static void glance_ike(void *user, const struct ike_sa *sa, enum ike_part part)
{
	struct glance *g = user;

	(void)part;
	g->sa = *sa;
}

static void glance_child(void *user, const struct child_sa *sa, enum ike_part part)
{
	struct glance *g = user;

	(void)part;
	if (sa->use_in_s >= 0 && (g->used_s < 0 || sa->use_in_s < g->used_s))
		g->used_s = sa->use_in_s;
}

static struct sa *sa_get(struct ike_liveness_watch *w, uint32_t id)
{
	struct sa *s;

	HASH_FIND(hh, w->sas, &id, sizeof(id), s);
	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->id = id;
	s->clear = w->look_at;
	HASH_ADD(hh, w->sas, id, sizeof(s->id), s);
	if (!s->hh.tbl) {
		free(s);
		return NULL;
	}
	return s;
}

static void judge(struct ike_liveness_watch *w, const struct glance *g)
{
	struct conn *c;

	HASH_FIND_STR(w->conns, g->sa.conn, c);
	if (!c || c->timeout_s == w->longest_s || g->sa.version != 2 || g->sa.state != IKE_SA_ESTABLISHED)
		return;
	struct sa *s = sa_get(w, g->sa.id);
	if (!s)
		return; /* the next look tries again; charon's schedule is the last resort */
	s->look = w->look;

	mono_t heard = mono_add_ms(w->look_at, -1000 * g->used_s);
	bool esp_came = g->used_s >= 0 && mono_before(s->clear, heard);
	if (!g->sa.request_pending || esp_came) {
		s->clear = w->look_at;
		if (s->silent)
			w->report(w->user, &(struct ike_liveness){s->id, false, esp_came ? heard : s->clear});
		s->silent = false;
	} else if (!s->silent) {
		s->silent = true;
		mono_t last = mono_add_ms(s->clear, -1000 * ((int64_t)c->delay_s + 1));
		w->report(w->user, &(struct ike_liveness){s->id, true, last});
	}
}

static void on_look_sa(void *user, const void *body, size_t len)
{
	struct ike_liveness_watch *w = user;
	struct glance g = {.used_s = -1};
	struct ike_visitor v = {.ike_sa = glance_ike, .child_sa = glance_child, .user = &g};

	if (ike_decode(body, len, &v) && g.sa.id)
		judge(w, &g);
}

static void on_look_done(void *user, int error, const void *body, size_t len)
{
	struct ike_liveness_watch *w = user;
	struct sa *s, *next;

	(void)body;
	(void)len;
	w->looking = false;
	if (error)
		return;
	HASH_ITER (hh, w->sas, s, next) {
		if (s->look == w->look)
			continue;
		HASH_DEL(w->sas, s);
		free(s);
	}
	set_timer(w);
}

static int on_timer(sd_event_source *source, uint64_t now, void *user)
{
	struct ike_liveness_watch *w = user;
	struct vici_message m = {0};

	(void)source;
	(void)now;
	if (w->looking || !vici_is_up(w->vici))
		return 0; /* on_look_done, or the next load, sets the timer */
	sd_event_now(w->loop, CLOCK_BOOTTIME, &now);
	w->look_at = (mono_t){(int64_t)now * 1000};
	w->look++;
	/* One question for all: charon goes through all its SAs for a single one, too. */
	w->looking =
		vici_command(w->vici, "list-sas", &m, LOOK_DEADLINE_MS, on_look_sa, on_look_done, w) == 0;
	if (!w->looking)
		set_timer(w);
	return 0;
}

/* ---- life ---- */

void ike_liveness_reset(struct ike_liveness_watch *w)
{
	struct conn *c, *next_conn;
	struct sa *s, *next_sa;

	HASH_ITER (hh, w->conns, c, next_conn)
		forget_conn(w, c);
	HASH_ITER (hh, w->sas, s, next_sa) {
		HASH_DEL(w->sas, s);
		free(s);
	}
	w->longest_s = w->total_ms = w->keepalive_s = w->told_keepalive_s = 0;
	w->looking = false;
	set_timer(w);
}

int ike_liveness_new(struct ike_liveness_watch **out, struct sd_event *loop, struct vici *vici,
	const char *run_dir, ike_liveness_report report, void *user)
{
	struct ike_liveness_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	*w = (struct ike_liveness_watch){
		.loop = loop, .vici = vici, .run_dir = run_dir, .report = report, .user = user};
	int error = sd_event_add_time(loop, &w->timer, CLOCK_BOOTTIME, 0, 1000, on_timer, w);
	if (error < 0) {
		free(w);
		return error;
	}
	sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
	*out = w;
	return 0;
}

void ike_liveness_free(struct ike_liveness_watch *w)
{
	if (!w)
		return;
	ike_liveness_reset(w);
	sd_event_source_disable_unref(w->timer);
	free(w);
}
