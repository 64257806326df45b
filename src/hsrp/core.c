/* The HSRP core: its containers, its clock of deadlines, and the events that come in. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/planted.h"
#include "hsrp/internal.h"

/* ---- interfaces and groups ---- */

struct interface *interface_find(struct hsrp *h, const char *device)
{
	struct interface *i;

	HASH_FIND(hh, h->by_device, device, strnlen(device, HSRP_DEVICE_MAX), i);
	return i;
}

struct group *group_find(struct interface *i, unsigned family, unsigned number)
{
	struct group_key key = {(uint16_t)number, (uint16_t)family};
	struct group *g;

	HASH_FIND(hh, i->groups, &key, sizeof(key), g);
	return g;
}

static struct interface *interface_add(struct hsrp *h, const char *device)
{
	struct interface *i = calloc(1, sizeof(*i));

	if (!i || !timer_add(h, &i->timer, TIMER_INTERFACE)) {
		free(i);
		return NULL;
	}
	i->t_solicited = MONO_NEVER;
	i->t_ready = i->side[0].t_advertise = i->side[1].t_advertise = MONO_NEVER;
	memcpy(i->c.device, device, strnlen(device, HSRP_DEVICE_MAX - 1));
	HASH_ADD_KEYPTR(hh, h->by_device, i->c.device, strlen(i->c.device), i);
	if (!i->hh.tbl) {
		timer_drop(h, &i->timer);
		free(i);
		return NULL;
	}
	return i;
}

static struct group *group_add(struct hsrp *h, struct interface *i, unsigned family, unsigned number)
{
	struct group *g = calloc(1, sizeof(*g));

	if (!g || !timer_add(h, &g->timer, TIMER_GROUP)) {
		free(g);
		return NULL;
	}
	g->i = i;
	g->key = (struct group_key){(uint16_t)number, (uint16_t)family};
	g->t_active = g->t_standby = g->t_hello = g->t_garp = g->t_renew = g->t_advert = g->t_pair =
		MONO_NEVER;
	preempt_forget(g);
	g->last_change = g->last_heard = g->cause = g->address_confirmed = g->announced_at = MONO_NEVER;
	g->active.expires = g->standby.expires = MONO_NEVER;
	HASH_ADD(hh, i->groups, key, sizeof(g->key), g);
	if (!g->hh.tbl) {
		timer_drop(h, &g->timer);
		free(g);
		return NULL;
	}
	side_of(i, family)->groups++;
	return g;
}

void group_free(struct hsrp *h, struct group *g)
{
	hellos_leave(h, g);
	pair_forget(h, g);
	follow_forget(h, g);
	advert_forget(g);
	timer_drop(h, &g->timer);
	side_of(g->i, g->key.family)->groups--;
	HASH_DELETE(hh, g->i->groups, g);
	free(g);
}

static void index_set(struct hsrp *h, struct interface *i, int ifindex)
{
	struct interface *other;

	if (i->ifindex == ifindex)
		return;
	if (i->ifindex > 0)
		HASH_DELETE(hh_index, h->by_index, i);
	i->ifindex = 0;
	if (ifindex <= 0)
		return;
	HASH_FIND(hh_index, h->by_index, &ifindex, sizeof(ifindex), other);
	if (other) { /* renamed: the old name lost it */
		HASH_DELETE(hh_index, h->by_index, other);
		other->ifindex = 0;
	}
	i->ifindex = ifindex;
	HASH_ADD(hh_index, h->by_index, ifindex, sizeof(i->ifindex), i);
	if (!i->hh_index.tbl)
		i->ifindex = 0; /* out of memory: as if the device were not there */
}

static void listen_set(struct hsrp *h, struct interface *i)
{
	bool on = i->ifindex > 0 && !i->removing;

	if (on == i->listening)
		return;
	struct hsrp_out *out = out_new(h, HSRP_OUT_LISTEN);
	memcpy(out->listen.device, i->c.device, sizeof(out->listen.device));
	out->listen.ifindex = i->ifindex;
	out->listen.on = i->listening = on;
}

static void interface_free(struct hsrp *h, struct interface *i)
{
	i->removing = true;
	listen_set(h, i);
	index_set(h, i, 0);
	timer_drop(h, &i->timer);
	HASH_DELETE(hh, h->by_device, i);
	free(i->neighbours);
	free(i);
}

void interface_drop_if_empty(struct hsrp *h, struct interface *i)
{
	if (i->removing && !i->groups && !i->held)
		interface_free(h, i);
}

/* Nothing of the group is left in the kernel: the end of a removal, one less in a stop. Frees the group it was last. */
static void group_settled(struct hsrp *h, struct group *g)
{
	struct interface *i = g->i;

	bool clean = g->have == HAVE_NOTHING || i->ifindex <= 0;

	if (!clean || g->busy || g->state > HSRP_INITIAL || group_awaits_followers(g))
		return;
	if (h->leaving && !g->left) {
		g->left = true;
		if (--h->leaving_left == 0)
			out_new(h, HSRP_OUT_LEFT);
	}
	if (!g->removing)
		return;
	out_record(h, g);
	out_report(h, g, HSRP_PHASE_REMOVED);
	group_free(h, g);
	interface_drop_if_empty(h, i);
}

static void group_restart(struct hsrp *h, struct group *g, enum hsrp_reason reason)
{
	group_event(h, g, HSRP_EV_DISABLED, reason, NULL, NULL, h->now);
	group_start_or_stop(h, g, reason);
}

static void group_remove(struct hsrp *h, struct group *g)
{
	g->removing = true;
	group_start_or_stop(h, g, HSRP_REASON_DISABLED);
	group_settled(h, g);
}

static void sources(const struct interface *i, struct ipaddr out[SIDES])
{
	out[0] = *source_of(i, IP_V4);
	out[1] = *source_of(i, IP_V6);
}

/* The neighbours learn the new source at once. */
static void hello_from_new_source(struct hsrp *h, struct group *g, const struct ipaddr before[SIDES])
{
	const struct ipaddr *now = source_of(g->i, g->key.family);

	if (g->state >= HSRP_SPEAK && !ip_equal(&before[g->key.family == IP_V6], now))
		group_event(h, g, HSRP_EV_HELLO_TIMER, HSRP_REASON_NONE, NULL, NULL, h->now);
}

/* ---- events ---- */

static void in_interface(struct hsrp *h, const struct hsrp_interface_config *c, int *result)
{
	struct interface *i = interface_find(h, c->device);
	struct group *g, *next;

	if (!i)
		i = interface_add(h, c->device);
	if (!i) {
		*result = -ENOMEM;
		return;
	}
	bool other = i->c.version != c->version || i->c.use_bia != c->use_bia;
	struct ipaddr before[SIDES];
	sources(i, before);
	i->c = *c;
	i->named = true;
	i->removing = false;
	listen_set(h, i);
	HASH_ITER (hh, i->groups, g, next) {
		if (other && g->state > HSRP_INITIAL)
			group_restart(h, g, HSRP_REASON_DISABLED);
		else
			group_start_or_stop(h, g, HSRP_REASON_DISABLED);
		hello_from_new_source(h, g, before);
		advert_reconsider(h, g);
		group_rearm(h, g);
	}
}

static void take_resume(struct hsrp *h, struct group *g)
{
	for (size_t n = 0; n < h->resume_count; n++) {
		struct hsrp_record *r = &h->resumes[n];
		if (r->group != g->key.number || r->family != g->key.family ||
			strncmp(r->device, g->i->c.device, HSRP_DEVICE_MAX) != 0)
			continue;
		g->resume = *r;
		*r = h->resumes[--h->resume_count];
		return;
	}
}

static void in_group(struct hsrp *h, const struct hsrp_group_config *c, int *result)
{
	struct interface *i = interface_find(h, c->device);

	if (!i) {
		*result = -ENOENT;
		return;
	}
	struct group *g = group_find(i, c->family, c->group);
	if (!g && h->leaving)
		return; /* nothing new begins */
	if (!g) {
		g = group_add(h, i, c->family, c->group);
		if (!g) {
			*result = -ENOMEM;
			return;
		}
		take_resume(h, g);
		g->untold = true;
		if (!i->was_up || !i->ready)
			g->reload_until = MONO_NEVER; /* set when the interface comes up for the first time */
	}
	g->named = true;
	g->removing = false;
	group_configure(h, g, c);
}

static void in_remove_interface(struct hsrp *h, struct interface *i)
{
	struct group *g, *next;

	i->removing = true;
	if (!i->groups) {
		interface_free(h, i);
		return;
	}
	HASH_ITER (hh, i->groups, g, next)
		group_remove(h, g); /* the last one frees the interface */
}

static void config_begin(struct hsrp *h)
{
	struct interface *i, *next;
	struct group *g, *gnext;

	keys_begin(h);
	HASH_ITER (hh, h->by_device, i, next) {
		i->named = false;
		HASH_ITER (hh, i->groups, g, gnext)
			g->named = false;
	}
}

static void config_end(struct hsrp *h)
{
	struct interface *i, *next;
	struct group *g, *gnext;

	HASH_ITER (hh, h->by_device, i, next) {
		if (!i->named) {
			in_remove_interface(h, i);
			continue;
		}
		HASH_ITER (hh, i->groups, g, gnext) {
			if (g->named)
				out_report(h, g, HSRP_PHASE_CHANGED);
			else
				group_remove(h, g);
		}
	}
	keys_end(h);
	h->resume_count = 0; /* what nobody configured is no role to take up */
}

static void groups_reconsider(struct hsrp *h, struct interface *i, enum hsrp_reason stop_reason)
{
	struct group *g, *next;

	HASH_ITER (hh, i->groups, g, next) {
		group_start_or_stop(h, g, stop_reason);
		group_settled(h, g);
	}
}

/* The interface delay is over: event a for its groups. `reload` delays of preemption count from the first time. */
static void interface_ready(struct hsrp *h, struct interface *i)
{
	struct group *g, *next;
	bool first = !i->was_up;

	i->t_ready = MONO_NEVER;
	if (debugging(h, HSRP_DEBUG_PROTOCOL))
		debug_line(h, i, NULL, "Intf min delay expired - uptime %lld",
			(long long)(h->now.ns / SECOND_NS));
	i->ready = i->was_up = true;
	HASH_ITER (hh, i->groups, g, next) {
		if (g->reload_until.ns == INT64_MAX)
			g->reload_until = first
				? mono_add_ms(h->now, (int64_t)g->c.preempt_reload_s * SECOND_MS)
				: h->now;
	}
	groups_reconsider(h, i, HSRP_REASON_DISABLED);
}

void interface_timer(struct hsrp *h, struct interface *i)
{
	mono_t advertise = mono_min(i->side[0].t_advertise, i->side[1].t_advertise);

	timer_set(h, &i->timer, mono_min(mono_min(i->t_ready, i->t_solicited), advertise));
}

/* Captured: 25 to 30 s; a configured interval likewise. */
mono_t next_advertise(struct hsrp *h, const struct interface *i)
{
	uint32_t ms =
		i->c.redirect_advertise_s ? i->c.redirect_advertise_s * (uint32_t)SECOND_MS : ADVERTISE_MS;

	return mono_add_ms(h->now, (int64_t)ms - random_below(h, ms / ADVERTISE_EARLY_PART));
}

static void interface_fire(struct hsrp *h, struct interface *i)
{
	i->held = true;
	if (i->t_ready.ns <= h->now.ns)
		interface_ready(h, i);
	if (i->t_solicited.ns <= h->now.ns)
		advert_answer(h, i);
	for (unsigned n = 0; n < SIDES; n++) {
		struct side *s = &i->side[n];
		if (s->t_advertise.ns > h->now.ns)
			continue;
		s->t_advertise = MONO_NEVER;
		if (s->advertised == HSRP_ADV_PASSIVE) {
			out_advertise(h, i, n ? IP_V6 : IP_V4, HSRP_ADV_PASSIVE);
			s->t_advertise = next_advertise(h, i);
		}
	}
	interface_timer(h, i);
	i->held = false;
	interface_drop_if_empty(h, i);
}

static void in_link(struct hsrp *h, const struct hsrp_in *in, int *result)
{
	struct interface *i = interface_find(h, in->link.device);
	struct group *g, *next;

	if (!i) {
		*result = -ENOENT;
		return;
	}
	i->held = true;						/* the end of a removal may come inside */
	if (i->ifindex > 0 && in->link.ifindex != i->ifindex) { /* gone, or made again under the same name */
		i->up = false;
		groups_reconsider(h, i, HSRP_REASON_INTERFACE_DOWN);
		HASH_ITER (hh, i->groups, g, next) {
			plan_device_gone(h, g);
			group_rearm(h, g);
			group_settled(h, g);
		}
		i->listening = false; /* its sockets died with it; this says so */
		struct hsrp_out *out = out_new(h, HSRP_OUT_LISTEN);
		memcpy(out->listen.device, i->c.device, sizeof(out->listen.device));
		out->listen.ifindex = i->ifindex;
	}
	index_set(h, i, in->link.ifindex);
	struct ipaddr before[SIDES];
	sources(i, before);
	i->mac = in->link.mac;
	i->link_local = in->link.link_local;
	bool was = i->up;
	i->up = in->link.up && i->ifindex > 0;
	listen_set(h, i);
	if (i->up && !was) {
		/* `standby delay reload` counts instead of the minimum when the interface comes up for the first time. */
		uint32_t delay_s = i->was_up ? 0 : i->c.delay_reload_s;
		delay_s = delay_s > i->c.delay_minimum_s ? delay_s : i->c.delay_minimum_s;
		i->ready = false;
		i->t_ready =
			mono_add_ms(h->now, delay_s ? (int64_t)delay_s * SECOND_MS : INTERFACE_DELAY_MIN_MS);
		if (debugging(h, HSRP_DEBUG_PROTOCOL))
			debug_line(h, i, NULL, "Starting minimum intf delay (%u secs) - uptime %lld",
				delay_s ? delay_s : INTERFACE_DELAY_MIN_MS / SECOND_MS,
				(long long)(h->now.ns / SECOND_NS));
	} else if (!i->up) {
		i->ready = false;
		i->t_ready = i->t_solicited = MONO_NEVER;
		i->answering = NULL;
		for (unsigned n = 0; n < SIDES; n++) {
			i->side[n].t_advertise = MONO_NEVER;
			i->side[n].advertised = 0;
		}
	}
	interface_timer(h, i);
	groups_reconsider(h, i, HSRP_REASON_INTERFACE_DOWN);
	HASH_ITER (hh, i->groups, g, next) {
		/* What a predecessor left is gone first, or confirmed: then that tells. */
		bool left = g->unconfirmed ||
			(i->ifindex > 0 && g->state <= HSRP_INITIAL && g->have == HAVE_UNKNOWN);
		bool untold = g->untold && !left;
		if (untold)
			g->untold = false;
		hello_from_new_source(h, g, before);
		group_rearm(h, g);
		if (untold)
			out_report(h, g, HSRP_PHASE_CHANGED);
	}
	i->held = false;
	interface_drop_if_empty(h, i);
}

static void in_kernel(struct hsrp *h, const struct hsrp_in *in, int *result)
{
	struct interface *i = interface_find(h, in->kernel.device);
	struct group *g = i ? group_find(i, in->kernel.family, in->kernel.group) : NULL;

	if (!g || !g->busy || g->serial != in->kernel.serial) {
		*result = -ENOENT; /* the answer to something that the device's end overtook */
		return;
	}
	if (group_stalled(h, g)) /* the answer waited as long as we did: what it says may be over */
		group_step_back(h, g);
	struct group *master = g->master;
	plan_answer(h, g, in->kernel.error);
	group_start_or_stop(h, g, HSRP_REASON_DISABLED);
	group_settled(h, g);
	if (master) /* its farewell may have waited for this answer */
		group_settled(h, master);
}

static void in_taken(struct hsrp *h, const struct hsrp_which *w)
{
	struct interface *i = interface_find(h, w->device);
	struct group *g = i ? group_find(i, w->family, (unsigned)w->group) : NULL;

	if (!g)
		return;
	plan_taken(h, g);
	group_rearm(h, g);
}

static void in_leave(struct hsrp *h)
{
	struct interface *i, *next;
	struct group *g, *gnext;

	if (h->leaving)
		return;
	h->leaving = true;
	h->leaving_left = 1; /* held until all were told */
	HASH_ITER (hh, h->by_device, i, next)
		HASH_ITER (hh, i->groups, g, gnext)
			h->leaving_left++;
	HASH_ITER (hh, h->by_device, i, next) {
		HASH_ITER (hh, i->groups, g, gnext) {
			group_start_or_stop(h, g, HSRP_REASON_SHUTDOWN);
			group_settled(h, g);
		}
	}
	if (--h->leaving_left == 0)
		out_new(h, HSRP_OUT_LEFT);
}

/* To the standby router; and the role is not taken right back. */
static void hand_over(struct hsrp *h, struct group *g)
{
	if (g->state != HSRP_ACTIVE || follow_bound(g))
		return;
	if (!ip_is_set(&g->standby.address)) {
		out_log(h, 4, "%%HSRP-4-SWITCHOVER: %s Grp %u stays active: no standby router is known",
			g->i->c.name, g->key.number);
		return;
	}
	group_restart(h, g, HSRP_REASON_COMMAND);
	g->barred_until = mono_add_ms(h->now, g->hold_ms);
}

static void on_group(struct hsrp *h, struct group *g, enum hsrp_in_kind kind)
{
	struct hsrp_out *out;

	switch (kind) {
	case HSRP_IN_REMOVE_GROUP: group_remove(h, g); return; /* may be freed now */
	case HSRP_IN_YIELD:
		if (!ip_is_set(&g->standby.address) || g->standby.priority <= group_priority(g))
			break;
		/* fall through */
	case HSRP_IN_RESIGN: hand_over(h, g); break;
	case HSRP_IN_ARP:
		if (g->serving && plan_holds_address(h, g))
			out_garp(h, g, false);
		break;
	default:
		out = out_new(h, HSRP_OUT_STATUS);
		status_fill(g, &out->status);
		return;
	}
	group_rearm(h, g);
}

static void in_which(struct hsrp *h, const struct hsrp_in *in, int *result)
{
	const struct hsrp_which *w = &in->which;
	struct interface *i, *next;
	struct group *g, *gnext;
	bool any = w->device[0] == '\0';

	HASH_ITER (hh, h->by_device, i, next) {
		if (w->device[0] && strncmp(w->device, i->c.device, HSRP_DEVICE_MAX) != 0)
			continue;
		if (in->kind == HSRP_IN_REMOVE_INTERFACE) {
			any = true;
			in_remove_interface(h, i);
			continue;
		}
		HASH_ITER (hh, i->groups, g, gnext) {
			if ((w->group >= 0 && w->group != g->key.number) ||
				(w->family && w->family != g->key.family))
				continue;
			any = true;
			on_group(h, g, (enum hsrp_in_kind)in->kind);
		}
		if (in->kind == HSRP_IN_STATUS)
			neighbours_tell(h, i);
	}
	if (!any)
		*result = -ENOENT;
}

static void in_resume(struct hsrp *h, const struct hsrp_record *r, int *result)
{
	struct hsrp_record *more = realloc(h->resumes, (h->resume_count + 1) * sizeof(*more));

	if (!more) {
		*result = -ENOMEM;
		return;
	}
	h->resumes = more;
	h->resumes[h->resume_count++] = *r;
}

#define OWNER(t, type) ((struct type *)((char *)(t)-offsetof(struct type, timer)))

static void in_time(struct hsrp *h)
{
	size_t enough = h->outs->count + HSRP_EFFECTS_AT_ONCE;

	while (h->heap_count > 0 && h->heap[0]->at.ns <= h->now.ns && h->outs->count < enough) {
		struct timer *t = h->heap[0];
		switch ((enum timer_owner)t->owner) {
		case TIMER_GROUP: group_fire(h, OWNER(t, group)); break;
		case TIMER_INTERFACE: interface_fire(h, OWNER(t, interface)); break;
		case TIMER_CHAIN: keys_fire(h, OWNER(t, chain)); break;
		}
	}
}

int hsrp_step(struct hsrp *h, const struct hsrp_in *in, mono_t now, struct hsrp_outs *outs)
{
	int result = 0;

	h->now = now;
	h->cause = MONO_NEVER;
	h->outs = outs;
	switch ((enum hsrp_in_kind)in->kind) {
	case HSRP_IN_TIME: in_time(h); break;
	case HSRP_IN_INTERFACE: in_interface(h, &in->interface, &result); break;
	case HSRP_IN_GROUP: in_group(h, &in->group, &result); break;
	case HSRP_IN_CHAIN: keys_chain(h, &in->chain, &result); break;
	case HSRP_IN_WALL: keys_wall(h, in->wall.offset_ns); break;
	case HSRP_IN_CONFIG_BEGIN: config_begin(h); break;
	case HSRP_IN_CONFIG_END: config_end(h); break;
	case HSRP_IN_LINK: in_link(h, in, &result); break;
	case HSRP_IN_FRAME:
		if (PLANTED(PLANTED_TIMERS_FIRST))
			in_time(h);
		input_frame(h, in);
		break;
	case HSRP_IN_KERNEL: in_kernel(h, in, &result); break;
	case HSRP_IN_TAKEN: in_taken(h, &in->which); break;
	case HSRP_IN_RESUME: in_resume(h, &in->record, &result); break;
	case HSRP_IN_LEAVE: in_leave(h); break;
	case HSRP_IN_DEBUG: h->debug = in->debug; break;
	case HSRP_IN_CONDITION: debug_condition(h, &in->which); break;
	case HSRP_IN_REMOVE_INTERFACE:
	case HSRP_IN_REMOVE_GROUP:
	case HSRP_IN_RESIGN:
	case HSRP_IN_YIELD:
	case HSRP_IN_ARP:
	case HSRP_IN_STATUS: in_which(h, in, &result); break;
	default: result = -EINVAL; break;
	}
	pair_work(h);
	h->outs = NULL;
	return result;
}

mono_t hsrp_deadline(const struct hsrp *h)
{
	return h->heap_count > 0 ? h->heap[0]->at : MONO_NEVER;
}

bool hsrp_group_status(
	struct hsrp *h, const char *device, enum ip_family family, unsigned group, struct hsrp_status *out)
{
	struct interface *i = interface_find(h, device);
	struct group *g = i ? group_find(i, family, group) : NULL;

	if (g)
		status_fill(g, out);
	return g != NULL;
}

struct hsrp *hsrp_new(uint64_t seed, hsrp_md5_fn *md5)
{
	struct hsrp *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->md5 = md5;
	h->random = seed ? seed : 0x9e3779b97f4a7c15ull; /* xorshift needs a bit that is set */
	h->cause = MONO_NEVER;
	return h;
}

void hsrp_free(struct hsrp *h)
{
	struct hsrp_outs dropped = {0};
	struct interface *i, *next;
	struct group *g, *gnext;

	if (!h)
		return;
	h->outs = &dropped;
	HASH_ITER (hh, h->by_device, i, next) {
		HASH_ITER (hh, i->groups, g, gnext)
			group_free(h, g);
		interface_free(h, i);
	}
	while (h->cohorts) {
		struct cohort *c = h->cohorts;
		h->cohorts = c->next;
		free(c);
	}
	keys_free(h);
	free(h->heap);
	free(h->resumes);
	free(h);
	hsrp_outs_free(&dropped);
}
