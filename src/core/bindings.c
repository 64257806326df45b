/*
 * One crypto map on one interface: the transactions that take it from where it is to its goal, and the configuration line
 * that makes it.
 *
 * A goal below the present level, or with another endpoint, is reached by leaving first, and then coming back as far as
 * the goal allows.
 */
#include "base/planted.h"
#include "core/parts.h"

#include "ipsec/isakmp.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct binding *binding_by_id(const struct core *c, uint32_t id)
{
	struct binding *b = NULL;

	if (id)
		HASH_FIND(hh, c->bindings, &id, sizeof(id), b);
	return b;
}

const struct crypto_map *binding_model_map(const struct core *c, const struct binding *b)
{
	return c->model ? model_crypto_map(c->model, b->map) : NULL;
}

void binding_look(struct core *c, struct binding *b)
{
	list_append_once(&c->look, &b->in_look);
}

void binding_op_done(struct core *c, uint32_t id)
{
	struct binding *b = binding_by_id(c, id);

	if (!b)
		return;
	assert(b->ops > 0);
	b->answers++;
	if (--b->ops == 0)
		binding_look(c, b);
}

/* --- Transactions ---------------------------------------------------------------------------------------------------------- */

static struct unit *unit_at(const struct binding *b, size_t i)
{
	return b->units.items[i];
}

static void each_conn(struct core *c, struct binding *b, void (*f)(struct core *c, struct conn *n))
{
	for (size_t i = 0; i < b->units.count; i++)
		for (uint32_t k = 0; k < unit_at(b, i)->conn_count; k++)
			f(c, unit_at(b, i)->conns[k]);
}

static void touch_sas(struct core *c, struct conn *n)
{
	struct list *link, *following;

	list_each(&n->sas, link, following) sa_touch(c, list_item(link, struct sa_rec, in_conn));
}

static void set_level(struct core *c, struct binding *b, enum level level)
{
	b->level = level;
	units_apply_all(c, b);
	each_conn(c, b, touch_sas);
}

/* What a restart found in charon, and this router does not serve. */
void binding_drop_unserved(struct core *c, struct binding *b)
{
	if (b->target < LEVEL_ROUTES && !b->leaving) {
		b->leave = LEAVE_FORCE;
		each_conn(c, b, conn_drop);
	}
	binding_look(c, b);
}

static void forget_conns(struct core *c, struct binding *b)
{
	for (size_t i = 0; i < b->units.count; i++) {
		struct unit *u = unit_at(b, i);

		while (u->conn_count)
			conn_forget(c, u->conns[--u->conn_count]);
		u->replan = true;
	}
}

static void step_enter(void *arg, enum step s)
{
	struct core *c = ((void **)arg)[0];
	struct binding *b = ((void **)arg)[1];

	b->answers_seen = b->answers;
	switch (s) {
	case STEP_FILTER:
		if (b->level < LEVEL_FILTER)
			b->level = LEVEL_FILTER;
		break;
	case STEP_CONNECTIONS: set_level(c, b, LEVEL_CONNECTIONS); break;
	case STEP_ROUTES: set_level(c, b, LEVEL_ROUTES); break;
	case STEP_IKE: set_level(c, b, LEVEL_IKE); break;
	case STEP_ROUTES_WITHDRAWN:
		if (b->level > LEVEL_CONNECTIONS)
			set_level(c, b, LEVEL_CONNECTIONS);
		units_release_all(c, b);
		break;
	case STEP_SAS_DROPPED:
	case STEP_SAS_DELETED:
		b->leave = s == STEP_SAS_DROPPED ? LEAVE_FORCE : LEAVE_DELETE;
		b->ended = 0;
		each_conn(c, b, conn_drop);
		break;
	case STEP_CONNECTIONS_GONE:
		forget_conns(c, b);
		if (b->level > LEVEL_FILTER)
			b->level = LEVEL_FILTER;
		break;
	case STEP_FILTER_GONE:
		filter_withdraw(c, b);
		b->level = LEVEL_NONE;
		break;
	case STEP_DONE:
	case STEP_COUNT: break;
	}
}

static bool routes_idle(const struct core *c)
{
	return list_empty(&c->dirty_sas) && list_empty(&c->dying_sas) && list_empty(&c->rri.dirty) &&
		list_empty(&c->dirty_hops) && list_empty(&c->ask_hops) && list_empty(&c->walks) &&
		c->asked == 0;
}

static bool is_ended(const struct unit *u)
{
	for (uint32_t k = 0; k < u->conn_count; k++)
		if (!list_empty(&u->conns[k]->sas) || !list_empty(&u->conns[k]->ikes))
			return false;
	return true;
}

/* Looks on where it stopped the last time: nothing comes up while the binding leaves. */
static bool sas_ended(const struct core *c, struct binding *b)
{
	while (c->ike_up && b->ended < b->units.count && is_ended(unit_at(b, b->ended)))
		b->ended++;
	return !c->ike_up || c->stopping ||
		b->ended >= b->units.count; /* at a stop charon ends them as it ends itself */
}

static bool step_done(void *arg, enum step s)
{
	const struct core *c = ((void **)arg)[0];
	struct binding *b = ((void **)arg)[1];
	bool quiet = list_empty(&b->apply_queue) && list_empty(&b->release_queue) && b->ops == 0;

	switch (s) {
	case STEP_FILTER:
		return list_empty(&b->plan_queue) && (b->filter_stands || PLANTED(PLANTED_FILTER_LAST)) &&
			!b->filter_dirty && !b->filter_cookie;
	case STEP_ROUTES:
	case STEP_ROUTES_WITHDRAWN: return quiet && routes_idle(c);
	case STEP_IKE: return list_empty(&b->apply_queue);
	case STEP_SAS_DROPPED:
	case STEP_SAS_DELETED: return quiet && sas_ended(c, b);
	default: return quiet;
	}
}

/* Ten thousand routes take longer than one: while answers come in, the step is not late. */
static bool step_late(void *arg, enum step s)
{
	struct core *c = ((void **)arg)[0];
	struct binding *b = ((void **)arg)[1];
	bool advances = b->answers != b->answers_seen;

	b->answers_seen = b->answers;
	if (advances)
		return true;
	core_log(c, SEV_WARNING, "CRYPTO-4-STEP_LATE", "Crypto map %s on %s: step \"%s\" is late", b->map,
		b->interface, step_name(s));
	return false;
}

static const enum step *list_to_leave(const struct core *c, const struct binding *b)
{
	bool mute = binding_is_mute(c, b);

	if (b->removing || c->stopping)
		return mute ? steps_remove_mute : steps_remove;
	return mute ? steps_lose_address : steps_give_up;
}

static const enum step *list_to_come(const struct binding *b)
{
	switch (b->target) {
	case LEVEL_IKE:
	case LEVEL_ROUTES: return steps_serve;
	case LEVEL_CONNECTIONS: return steps_prepare;
	default: return steps_guard;
	}
}

static void left(struct core *c, struct binding *b)
{
	b->leaving = false;
	if (b->removing || c->stopping) {
		if (b->level == LEVEL_NONE) /* the filter went, and it goes last */
			binding_free(c, b);
		else
			binding_look(c, b); /* removed while it was leaving for another reason */
		return;
	}
	if (b->level > LEVEL_FILTER || b->target == LEVEL_NONE)
		b->level = b->target == LEVEL_NONE ? LEVEL_NONE : LEVEL_FILTER;
	units_apply_all(c, b); /* entries may have gone meanwhile */
	binding_look(c, b);
}

void binding_run(struct core *c, struct binding *b)
{
	void *arg[2] = {c, b};
	const struct step_driver d = {step_enter, step_done, step_late, arg};
	bool finished = transaction_run(&b->tx, &d, c->now);

	timer_cancel(&c->timers, &b->timer);
	if (b->tx.list) {
		b->timer.kind = TIMER_BINDING;
		b->timer.owner = b;
		if (b->tx.deadline.ns != INT64_MAX && !timer_arm(&c->timers, &b->timer, b->tx.deadline))
			c->oom = true;
	} else if (finished && b->leaving) {
		left(c, b);
	} else if (finished) {
		binding_look(c, b);
	}
}

static void say_state(struct core *c, struct binding *b, bool leave)
{
	const struct group_rec *g = binding_group(c, b);
	char endpoint[IP_TEXT_MAX];

	b->since = c->now;
	if (c->stopping) {
		str_copy(b->reason, sizeof(b->reason), "the service stops");
	} else if (b->removing) {
		str_copy(b->reason, sizeof(b->reason), "the crypto map was taken off the interface");
	} else if (leave && binding_uses_group(b)) {
		snprintf(b->reason, sizeof(b->reason), "%s",
			g && g->role == HSRP_ROLE_ACTIVE ? b->fsm.reason
							 : "the standby group is not active here");
	} else if (b->target == LEVEL_IKE) {
		snprintf(b->reason, sizeof(b->reason), "serves %s", ip_format(&b->goal, endpoint));
	} else if (b->target == LEVEL_NONE) {
		snprintf(b->reason, sizeof(b->reason), "the interface has no device");
	} else if (!binding_uses_group(b) && b->fsm.state != BINDING_PENDING) {
		snprintf(b->reason, sizeof(b->reason), "the interface has no usable address");
	} else {
		str_copy(b->reason, sizeof(b->reason), b->fsm.reason);
	}
	if (b->fsm.redundancy)
		core_log(c, SEV_NOTICE, "CRYPTO-5-REDUNDANCY", "Crypto map %s on %s: %s (%s)", b->map,
			b->interface,
			leave				 ? "leaves service"
				: b->target == LEVEL_IKE ? "comes into service"
							 : "stands by",
			b->reason);
}

static void take_endpoint(struct core *c, struct binding *b)
{
	if (ip_equal(&b->endpoint, &b->goal))
		return;
	b->endpoint = b->goal;
	units_touch_all(c, b);
}

static void take_device(struct core *c, struct binding *b)
{
	int ifindex = b->iface ? b->iface->ifindex : b->ifindex;

	if (b->ifindex == ifindex)
		return;
	filter_withdraw(c, b); /* of the device it had */
	b->ifindex = ifindex;
	str_copy(b->device, sizeof(b->device), b->iface ? b->iface->device : "");
	b->filter_stands = false;
	b->filter_dirty = ifindex != 0;
	b->filter_confirmed = 0; /* the rules went with the device */
}

/* Compares goal and present state, and starts what leads from one to the other. */
static void look(struct core *c, struct binding *b)
{
	bool link_was_up = b->link_up;
	bool leave;

	binding_goal(c, b);
	if (b->link_up != link_was_up)
		routes_touch_all(c);
	if (b->leaving) {
		binding_run(c, b);
		return;
	}
	leave = b->removing || c->stopping ||
		(b->level > LEVEL_FILTER && (b->target < b->level || !ip_equal(&b->endpoint, &b->goal)));
	if (!leave && b->tx.list && b->tx.list == list_to_come(b) && ip_equal(&b->endpoint, &b->goal) &&
		b->ifindex == b->iface->ifindex) { /* under way already */
		binding_run(c, b);
		return;
	}
	if (leave) {
		b->leaving = true;
		orphans_over(c, b);
		say_state(c, b, true);
		transaction_start(&b->tx, list_to_leave(c, b));
		binding_run(c, b);
		return;
	}
	take_device(c, b);
	take_endpoint(c, b);
	if (b->target == LEVEL_NONE) {
		b->level = LEVEL_NONE;
		b->tx = (struct transaction){0};
	} else if (b->level != b->target || !b->filter_stands) {
		say_state(c, b, false);
		if (b->target == LEVEL_IKE && b->level < LEVEL_IKE)
			orphans_listen(c, b);
		transaction_start(&b->tx, list_to_come(b));
	} else {
		b->tx = (struct transaction){0}; /* what was under way led further than it should go now */
	}
	binding_run(c, b);
}

bool bindings_work(struct core *c)
{
	struct list *link;
	struct binding *b, *next;

	while ((link = list_take(&c->look)) != NULL)
		look(c, list_item(link, struct binding, in_look));
	HASH_ITER (hh, c->bindings, b, next) {
		units_release_work(c, b);
		units_plan_work(c, b);
		filter_work(c, b);
		units_apply_work(c, b);
		if (b->tx.list) {
			binding_run(c, b);
		} else if (list_empty(&b->apply_queue) && list_empty(&b->plan_queue) && b->ops == 0 &&
			routes_idle(c)) {
			units_settled(c, b);
			filter_work(c, b);
		}
	}
	return !list_empty(&c->look);
}

/* --- The line on the interface ------------------------------------------------------------------------------------------------ */

static void warn_keepalive(struct core *c, struct binding *b)
{
	const struct crypto_map *map = binding_model_map(c, b);
	const struct crypto_map_entry *e;
	char line[2 * BINDING_TEXT_MAX];

	if (!b->fsm.redundancy || b->said_h5 || !map)
		return;
	vec_each (&map->entries, i, e) {
		if (isakmp_has_keepalive(c->model, e->ikev2_profile))
			continue;
		b->said_h5 = true;
		snprintf(line, sizeof(line),
			"%%Warning: Crypto map %s uses redundancy without IKE keepalive: peers do not notice "
			"a "
			"failover. "
			"Configure \"%s\".",
			b->map,
			e->ikev2_profile[0] ? "crypto ikev2 dpd 10 2 periodic"
					    : "crypto isakmp keepalive 10 2 periodic");
		core_warn(c, line);
		return;
	}
}

static void apply_line(struct core *c, struct binding *b, const struct interface_cfg *cfg)
{
	struct groups g = binding_groups(c, b, cfg->crypto_redundancy_group);
	char line[2 * BINDING_TEXT_MAX];

	b->applied = cfg->crypto_applied;
	binding_apply(&b->fsm, cfg->crypto_redundancy, cfg->crypto_redundancy_group, g.list, g.count);
	str_copy(b->reason, sizeof(b->reason), b->fsm.reason);
	b->since = c->now;
	b->said_r16 = b->said_h5 = false;
	if (b->fsm.state == BINDING_PENDING) {
		snprintf(line, sizeof(line), "%%Warning: Crypto map %s on %s waits: %s.", b->map,
			b->interface, b->fsm.reason);
		core_warn(c, line);
	}
	warn_keepalive(c, b);
	units_touch_all(c, b);
	binding_look(c, b);
}

static struct binding *binding_new(struct core *c, struct iface *i, const char *map)
{
	struct binding *b = core_alloc(c, sizeof(*b));

	if (!b)
		return NULL;
	b->id = ++c->next_binding;
	b->iface = i;
	str_copy(b->interface, sizeof(b->interface), i->name);
	str_copy(b->map, sizeof(b->map), map);
	list_init(&b->plan_queue);
	list_init(&b->apply_queue);
	list_init(&b->release_queue);
	list_init(&b->wait_filter);
	list_init(&b->old_rules);
	HASH_ADD(hh, c->bindings, id, sizeof(b->id), b);
	if (!CORE_ADDED(b)) {
		free(b);
		c->oom = true;
		return NULL;
	}
	i->binding = b;
	if (!c->isakmp_on)
		core_log(c, SEV_INFO, "CRYPTO-6-ISAKMP_ON_OFF", "ISAKMP is ON");
	c->isakmp_on = true;
	return b;
}

/* The same map on the same interface, typed again before it was gone: its connections have the same names. */
static struct binding *come_back(struct core *c, struct iface *i, const char *map)
{
	for (struct binding *b = c->bindings; b; b = b->hh.next) {
		if (!b->removing || strcmp(b->map, map) != 0 || strcmp(b->interface, i->name) != 0)
			continue;
		b->removing = false;
		b->iface = i;
		i->binding = b;
		return b;
	}
	return NULL;
}

void binding_sync(struct core *c, struct iface *i)
{
	const struct interface_cfg *cfg = model_interface(c->model, i->name);
	const char *map = cfg ? cfg->crypto_map : "";
	struct binding *b = i->binding;

	c->mss_dirty |= i->tcp_mss != 0;
	if (b && strcmp(b->map, map) != 0) {
		b->removing = true;
		b->iface = NULL;
		i->binding = NULL;
		binding_look(c, b);
		b = NULL;
	}
	if (!map[0] || c->stopping)
		return;
	if (!b) {
		b = come_back(c, i, map);
		if (!b)
			b = binding_new(c, i, map);
		if (b)
			apply_line(c, b, cfg);
	} else if (b->applied != cfg->crypto_applied) {
		apply_line(c, b, cfg);
	} else {
		binding_groups_changed(c, b);
	}
}

void binding_free(struct core *c, struct binding *b)
{
	for (size_t i = b->units.count; i-- > 0;)
		unit_free(c, unit_at(b, i));
	vec_free(&b->units);
	orphans_over(c, b);
	timer_cancel(&c->timers, &b->timer);
	timer_cancel(&c->timers, &b->filter_timer);
	list_remove(&b->in_look);
	if (b->iface && b->iface->binding == b)
		b->iface->binding = NULL;
	HASH_DEL(c->bindings, b);
	free(b);
	if (!c->bindings && c->isakmp_on) {
		c->isakmp_on = false;
		core_log(c, SEV_INFO, "CRYPTO-6-ISAKMP_ON_OFF", "ISAKMP is OFF");
	}
}
