/*
 * Tracked objects: their state from links, addresses and routes as the kernel tells of them, and from each other.
 *
 * An object has a raw value (what is the case now) and a state (what others see): a change of the raw value becomes one of
 * the state at once or when its delay is over. Whoever watches an object hears of changes of the state only.
 */
#include "core/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MS_PER_S = 1000, PERCENT = 100, PERCENT_UP_DEFAULT = 51, PERCENT_DOWN_DEFAULT = 50 };

struct track_rec {
	UT_hash_handle hh; /* by number */
	uint16_t number;
	char device[DEVICE_NAME_MAX]; /* of an interface; "" when it has none */
	struct prefix prefix;	      /* of a route */
	bool asked, again;	      /* an answer about the route is awaited; and is out of date already */
	int way;		      /* ifindex of the route; 0: none */
	uint8_t protocol;	      /* of the route */
	bool evaluated, up, raw;
	uint16_t part, whole; /* of a threshold list: what is up, of how much */
	enum core_track_why why;
	uint32_t changes;
	mono_t last_change;
	struct timer delay;
};

static struct track_rec *find(const struct core *c, uint16_t number)
{
	struct track_rec *r;

	HASH_FIND(hh, c->tracks, &number, sizeof(number), r);
	return r;
}

static const struct track_object *object_of(const struct core *c, const struct track_rec *r)
{
	return model_track(c->model, r->number);
}

bool core_track_down(const struct core *c, uint16_t number)
{
	const struct track_rec *r = find(c, number);

	return r && r->evaluated && !r->up;
}

/* --- Values ----------------------------------------------------------------------------------------------------------- */

static bool has_address(const struct link_rec *l)
{
	const struct list *a;

	for (a = l->addresses.next; a != &l->addresses; a = a->next)
		if (list_item(a, struct address_rec, in_link)->prefix.addr.family == IP_V4)
			return true;
	return false;
}

static bool interface_up(const struct core *c, struct track_rec *r, bool ip_routing)
{
	const struct link_rec *l = r->device[0] ? link_by_name(c, r->device) : NULL;

	r->why = !l || !l->l.up			? CORE_TRACK_HARDWARE
		: !l->l.running			? CORE_TRACK_LINE_PROTOCOL
		: ip_routing && !has_address(l) ? CORE_TRACK_NO_ADDRESS
						: CORE_TRACK_FINE;
	return r->why == CORE_TRACK_FINE;
}

/* The route is there, and its way out of the box is up. */
static bool route_up(const struct core *c, struct track_rec *r)
{
	const struct link_rec *l = r->way ? link_find(c, r->way) : NULL;
	bool up = l && l->l.up && l->l.running;

	r->why = up ? CORE_TRACK_FINE : r->way ? CORE_TRACK_LINE_PROTOCOL : CORE_TRACK_NO_ROUTE;
	return up;
}

static bool member_up(const struct core *c, const struct track_member *m)
{
	return core_track_down(c, m->object) == m->negated;
}

static bool boolean_up(const struct core *c, const struct track_object *t)
{
	bool all = true, any = false;
	const struct track_member *m;

	vec_each (&t->members, i, m) {
		bool up = member_up(c, m);

		all = all && up;
		any = any || up;
	}
	return t->kind == TRACK_LIST_AND ? all : any || !t->members.count;
}

/* Between the two thresholds it stays as it is. */
static bool threshold_up(const struct core *c, struct track_rec *r, const struct track_object *t)
{
	bool percentage = t->kind == TRACK_LIST_PERCENTAGE;
	unsigned part = 0, whole = 0;
	const struct track_member *m;

	vec_each (&t->members, i, m) {
		unsigned weight = percentage ? 1 : m->weight ? m->weight : TRACK_WEIGHT_DEFAULT;

		part += member_up(c, m) ? weight : 0;
		whole += weight;
	}
	if (percentage) {
		part = whole ? part * PERCENT / whole : PERCENT;
		whole = PERCENT;
	}
	r->part = (uint16_t)part;
	r->whole = (uint16_t)whole;
	/* Not typed: more than half of it. */
	unsigned up = t->threshold_set ? t->threshold_up : percentage ? PERCENT_UP_DEFAULT : whole / 2 + 1;
	unsigned down = t->threshold_set ? t->threshold_down : percentage ? PERCENT_DOWN_DEFAULT : whole / 2;

	return part >= up || (part > down && r->raw) || whole == 0;
}

static bool value(const struct core *c, struct track_rec *r, const struct track_object *t)
{
	r->why = CORE_TRACK_FINE;
	switch (t->kind) {
	case TRACK_LINE_PROTOCOL:
	case TRACK_IP_ROUTING: return interface_up(c, r, t->kind == TRACK_IP_ROUTING);
	case TRACK_ROUTE: return route_up(c, r);
	case TRACK_LIST_AND:
	case TRACK_LIST_OR: return boolean_up(c, t);
	case TRACK_LIST_WEIGHT:
	case TRACK_LIST_PERCENTAGE: return threshold_up(c, r, t);
	case TRACK_ROUTE_METRIC:
	case TRACK_IP_SLA: break;
	}
	return true; /* kept without effect */
}

/* --- Changes ---------------------------------------------------------------------------------------------------------- */

/* The standby groups that watch it get another priority, static routes come and go with it. */
static void tell_users(struct core *c, uint16_t number)
{
	effects_add(c->out, EF_HSRP_TRACK)->object = number;
	statics_of_track(c, number);
}

static void describe(const struct track_object *t, char *out, size_t size)
{
	char name[INTERFACE_NAME_MAX], prefix[PREFIX_TEXT_MAX];

	switch (t->kind) {
	case TRACK_LINE_PROTOCOL:
	case TRACK_IP_ROUTING:
		snprintf(out, size, "interface %s %s", interface_short_name(t->interface, name),
			t->kind == TRACK_IP_ROUTING ? "ip routing" : "line-protocol");
		return;
	case TRACK_ROUTE:
		snprintf(out, size, "ip route %s reachability", prefix_format(&t->prefix, prefix));
		return;
	case TRACK_LIST_AND: snprintf(out, size, "list boolean and"); return;
	case TRACK_LIST_OR: snprintf(out, size, "list boolean or"); return;
	case TRACK_LIST_WEIGHT: snprintf(out, size, "list threshold weight"); return;
	case TRACK_LIST_PERCENTAGE: snprintf(out, size, "list threshold percentage"); return;
	case TRACK_ROUTE_METRIC:
	case TRACK_IP_SLA: break;
	}
	*out = '\0'; /* these never change */
}

static void state_becomes(struct core *c, struct track_rec *r, const struct track_object *t, bool up)
{
	char what[INTERFACE_NAME_MAX + PREFIX_TEXT_MAX];

	timer_cancel(&c->timers, &r->delay);
	if (r->evaluated && r->up == up)
		return;
	if (r->evaluated) {
		describe(t, what, sizeof(what));
		core_log(c, SEV_INFO, "TRACK-6-STATE", "%u %s %s -> %s", (unsigned)r->number, what,
			r->up ? "Up" : "Down", up ? "Up" : "Down");
	}
	r->evaluated = true;
	r->up = up;
	r->changes++;
	r->last_change = c->now;
	tell_users(c, r->number);
	c->tracks_moved = true;
}

/* Is there enough to say anything? A list waits for those of its members that exist. */
static bool can_evaluate(const struct core *c, const struct track_rec *r, const struct track_object *t)
{
	const struct track_member *m;

	if (r->evaluated)
		return true;
	vec_each (&t->members, i, m) {
		const struct track_rec *member = find(c, m->object);

		if (member && !member->evaluated)
			return false;
	}
	return t->kind != TRACK_ROUTE || !r->asked;
}

static void evaluate(struct core *c, struct track_rec *r)
{
	const struct track_object *t = object_of(c, r);

	if (!t || !can_evaluate(c, r, t))
		return; /* counts as up, like one that does not exist */
	bool raw = value(c, r, t);
	unsigned delay_s = raw ? t->delay_up_s : t->delay_down_s;
	bool same = raw == r->raw;

	r->raw = raw;
	if (!r->evaluated || raw == r->up || delay_s == 0)
		state_becomes(c, r, t, raw);
	else if (!same || !timer_armed(&r->delay))
		core_arm(c, &r->delay, TIMER_TRACK, r, (int64_t)delay_s * MS_PER_S);
}

void track_delay_over(struct core *c, struct track_rec *r)
{
	const struct track_object *t = object_of(c, r);

	if (t)
		state_becomes(c, r, t, r->raw);
	tracks_settle(c);
}

/* Lists follow what they are made of. No list contains itself, so this comes to rest. */
void tracks_settle(struct core *c)
{
	while (c->tracks_moved) {
		c->tracks_moved = false;
		for (struct track_rec *r = c->tracks; r; r = r->hh.next) {
			const struct track_object *t = object_of(c, r);

			if (t && track_is_list(t))
				evaluate(c, r);
		}
	}
}

/* --- What the kernel tells ---------------------------------------------------------------------------------------------- */

static void ask(struct core *c, struct track_rec *r)
{
	if (r->asked) {
		r->again = true;
		return;
	}
	r->asked = true;
	r->again = false;
	effects_add(c->out, EF_REACH)->prefix = r->prefix;
}

void tracks_reached(struct core *c, const struct event *e)
{
	for (struct track_rec *r = c->tracks; r; r = r->hh.next) {
		if (!r->asked || !prefix_equal(&r->prefix, &e->reached.prefix))
			continue;
		r->asked = false;
		r->way = e->reached.ifindex;
		r->protocol = e->reached.protocol;
		if (r->again)
			ask(c, r);
		evaluate(c, r);
	}
	tracks_settle(c);
}

/* Routes changed within `changed`, or exactly there. */
void tracks_routes_changed(struct core *c, const struct prefix *changed)
{
	if (!c->snapshot_done)
		return;
	for (struct track_rec *r = c->tracks; r; r = r->hh.next)
		if (ip_is_set(&r->prefix.addr) && prefix_covers(changed, &r->prefix))
			ask(c, r);
}

/* A device came, went, or changed its state or addresses. */
void tracks_link_changed(struct core *c, int ifindex, const char *device)
{
	if (!c->snapshot_done)
		return;
	for (struct track_rec *r = c->tracks; r; r = r->hh.next)
		if (r->way == ifindex || (device && !strcmp(r->device, device)))
			evaluate(c, r);
	tracks_settle(c);
}

/* --- The configuration -------------------------------------------------------------------------------------------------- */

static void drop(struct core *c, struct track_rec *r)
{
	timer_cancel(&c->timers, &r->delay);
	HASH_DEL(c->tracks, r);
	free(r);
}

static struct track_rec *add(struct core *c, uint16_t number)
{
	struct track_rec *r = core_alloc(c, sizeof(*r));

	if (!r)
		return NULL;
	r->number = number;
	r->last_change = MONO_NEVER;
	HASH_ADD(hh, c->tracks, number, sizeof(r->number), r);
	if (!CORE_ADDED(r)) {
		free(r);
		c->oom = true;
		return NULL;
	}
	return r;
}

/* The object behind a number may be another one now: deleted and typed anew between two looks. */
static void follow(struct core *c, struct track_rec *r, const struct track_object *t)
{
	const struct interface_cfg *i = t->interface[0] ? model_interface(c->model, t->interface) : NULL;
	struct prefix none = {0}, prefix = t->kind == TRACK_ROUTE ? t->prefix : none;

	str_copy(r->device, sizeof(r->device), i ? interface_device(i) : t->interface);
	if (!prefix_equal(&prefix, &r->prefix)) {
		r->prefix = prefix;
		r->asked = r->evaluated = false;
		r->way = 0;
		if (t->kind == TRACK_ROUTE)
			ask(c, r);
	}
}

void tracks_configure(struct core *c)
{
	struct track_rec *r, *next;
	const struct track_object *t;

	if (!c->snapshot_done || !c->model)
		return;
	HASH_ITER (hh, c->tracks, r, next) {
		uint16_t number = r->number;

		if (object_of(c, r))
			continue;
		drop(c, r);
		tell_users(c, number); /* what does not exist counts as up */
		c->tracks_moved = true;
	}
	vec_each (&c->model->tracks, n, t) {
		r = find(c, t->number);
		if (!r)
			r = add(c, t->number);
		if (r)
			follow(c, r, t);
	}
	for (r = c->tracks; r; r = r->hh.next)
		evaluate(c, r);
	tracks_settle(c);
}

void tracks_free(struct core *c)
{
	struct track_rec *r, *next;

	HASH_ITER (hh, c->tracks, r, next)
		drop(c, r);
}

bool core_track(const struct core *c, uint16_t number, struct core_track *out)
{
	const struct track_rec *r = find(c, number);

	if (!r || !r->evaluated)
		return false;
	*out = (struct core_track){.number = number,
		.up = r->up,
		.raw = r->raw,
		.why = r->why,
		.part = r->part,
		.whole = r->whole,
		.way = r->way,
		.protocol = r->protocol,
		.changes = r->changes,
		.last_change = r->last_change,
		.due = timer_armed(&r->delay) ? r->delay.at : MONO_NEVER};
	return true;
}
