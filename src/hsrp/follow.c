/*
 * Groups that follow another one of this box, `standby follow`: no election and no hello of their own; state, virtual MAC
 * and virtual address move with the master's, in the step in which it moves.
 *
 * Leaving, the followers' addresses go before the master's, and its Resign waits for all of them.
 */
#include <string.h>

#include "hsrp/internal.h"

bool follow_bound(const struct group *g)
{
	return g->c.follow.device[0] != '\0';
}

static bool is_master(const struct group *f, const struct group *g)
{
	const struct hsrp_ref *r = &f->c.follow;

	return f != g && !follow_bound(g) && !g->removing && r->group == g->key.number &&
		r->family == g->key.family && strncmp(r->device, g->i->c.device, HSRP_DEVICE_MAX) == 0;
}

static void link_to(struct group **list, struct group *g)
{
	g->follow_next = *list;
	*list = g;
}

static void unlink_from(struct group **list, const struct group *g)
{
	for (; *list; list = &(*list)->follow_next) {
		if (*list == g) {
			*list = g->follow_next;
			return;
		}
	}
}

static void detach(struct hsrp *h, struct group *g)
{
	unlink_from(g->master ? &g->master->followers : &h->strays, g);
	g->master = NULL;
}

static void attach(struct hsrp *h, struct group *g)
{
	const struct hsrp_ref *r = &g->c.follow;
	struct interface *i = interface_find(h, r->device);
	struct group *master = i ? group_find(i, r->family, r->group) : NULL;

	g->master = master && is_master(g, master) ? master : NULL;
	link_to(g->master ? &g->master->followers : &h->strays, g);
}

static void let_followers_go(struct hsrp *h, struct group *master)
{
	struct group *f;

	while ((f = master->followers) != NULL) {
		master->followers = f->follow_next;
		f->master = NULL;
		link_to(&h->strays, f);
		follow_sync(h, f);
	}
}

void follow_configured(struct hsrp *h, struct group *g, bool other, bool followed)
{
	struct group *f, *next;

	if (other && followed)
		detach(h, g);
	if (other && follow_bound(g)) {
		let_followers_go(h, g); /* no chains */
		attach(h, g);
	}
	for (f = h->strays; f; f = next) {
		next = f->follow_next;
		if (!is_master(f, g))
			continue;
		detach(h, f);
		attach(h, f);
		follow_sync(h, f);
	}
}

void follow_forget(struct hsrp *h, struct group *g)
{
	if (follow_bound(g))
		detach(h, g);
	let_followers_go(h, g);
}

/*
 * D9: its own record says only that its address may stand. Whether it serves is decided with its master's role, and by
 * its own link; so long nothing of it is touched.
 */
static bool undecided(const struct hsrp *h, const struct group *g)
{
	const struct group *m = g->master;

	if (g->resume.state != HSRP_ACTIVE)
		return false;
	return g->i->ifindex <= 0 || (g->i->up && m && m->state <= HSRP_INITIAL && group_may_resume(h, m));
}

static bool resumes(const struct group *g)
{
	return g->resume.state == HSRP_ACTIVE && g->master && g->master->state == HSRP_ACTIVE &&
		g->master->reason == HSRP_REASON_RESUMED && g->state <= HSRP_INITIAL &&
		g->have == HAVE_UNKNOWN && !g->busy;
}

/* The state that it should have. */
static enum hsrp_state wanted(const struct hsrp *h, const struct group *g)
{
	if (!g->c.enabled || g->removing)
		return HSRP_DISABLED;
	if (!g->master || !group_wanted(h, g) || !ip_is_set(&g->c.vip))
		return HSRP_INITIAL;
	/* What a predecessor left goes first, unless it is taken up; and the interface's delay counts at the beginning. */
	if (g->state <= HSRP_INITIAL && !resumes(g) && (g->have != HAVE_NOTHING || g->busy || !g->i->ready))
		return HSRP_INITIAL;
	return g->master->state > HSRP_INITIAL ? (enum hsrp_state)g->master->state : HSRP_INITIAL;
}

static void move(struct hsrp *h, struct group *g, enum hsrp_state want)
{
	enum hsrp_state now = (enum hsrp_state)g->state;
	enum hsrp_reason reason =
		g->master && g->master->reason ? (enum hsrp_reason)g->master->reason : HSRP_REASON_DISABLED;

	if (want > HSRP_INITIAL)
		g->vip = g->c.vip;
	if (want > HSRP_INITIAL && now <= HSRP_INITIAL && resumes(g))
		g->serving = g->unconfirmed = g->untold = true;
	if (want != now && (want > HSRP_INITIAL || now > HSRP_INITIAL))
		group_enter(h, g, want > HSRP_INITIAL ? want : HSRP_INITIAL, reason, h->now, NULL, NULL);
	if (want <= HSRP_INITIAL)
		g->state = (uint8_t)want;
}

void follow_sync(struct hsrp *h, struct group *g)
{
	g->t_active = g->t_standby = g->t_hello = MONO_NEVER;
	g->last_hello = (mono_t){0};
	if (undecided(h, g)) {
		g->state = g->c.enabled && !g->removing ? HSRP_INITIAL : HSRP_DISABLED;
		if (g->master) /* at the latest then */
			g->t_renew = mono_add_ms(
				g->master->resume.last_hello, (int64_t)g->master->resume.hold_ms + 1);
		group_rearm(h, g);
		return;
	}
	move(h, g, wanted(h, g));
	g->resume.state = HSRP_DISABLED;
	plan_run(h, g);
	group_rearm(h, g);
}

void follow_moved(struct hsrp *h, const struct group *master)
{
	for (struct group *f = master->followers, *next; f; f = next) {
		next = f->follow_next;
		follow_sync(h, f);
	}
}

void follow_gone(struct hsrp *h, struct group *g)
{
	struct group *master = g->master;

	if (!master || !master->pending || master->state == HSRP_ACTIVE)
		return;
	unsigned pending = master->pending;
	master->pending = 0;
	group_say(h, master, pending, (enum hsrp_state)master->state);
	group_rearm(h, master);
}
