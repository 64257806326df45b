/*
 * Groups that follow another one of this box, `standby follow`: no election and no hello of their own; state, virtual MAC
 * and virtual address move with the master's, in the step in which it moves.
 *
 * Leaving, the followers' addresses go before the master's: its Resign, which waits for the master's, is then true for all.
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

/* The state that it should have. */
static enum hsrp_state wanted(const struct hsrp *h, const struct group *g)
{
	if (!g->c.enabled || g->removing)
		return HSRP_DISABLED;
	if (!g->master || !group_wanted(h, g) || !g->i->ready || !ip_is_set(&g->c.vip))
		return HSRP_INITIAL;
	return g->master->state > HSRP_INITIAL ? (enum hsrp_state)g->master->state : HSRP_INITIAL;
}

void follow_sync(struct hsrp *h, struct group *g)
{
	enum hsrp_state want = wanted(h, g), now = (enum hsrp_state)g->state;
	enum hsrp_reason reason =
		g->master && g->master->reason ? (enum hsrp_reason)g->master->reason : HSRP_REASON_DISABLED;

	g->resume.state = HSRP_DISABLED; /* the master's role is what is taken up again */
	g->t_active = g->t_standby = g->t_hello = MONO_NEVER;
	g->last_hello = (mono_t){0};
	if (want > HSRP_INITIAL && now <= HSRP_INITIAL && (g->have != HAVE_NOTHING || g->busy))
		want = HSRP_INITIAL; /* what a predecessor left goes first */
	if (want > HSRP_INITIAL) {
		g->vip = g->c.vip;
		if (want != now)
			group_enter(h, g, want, reason, h->now, NULL, NULL);
	} else {
		if (now > HSRP_INITIAL)
			group_enter(h, g, HSRP_INITIAL, reason, h->now, NULL, NULL);
		g->state = (uint8_t)want;
	}
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
