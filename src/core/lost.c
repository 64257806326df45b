/*
 * A charon that does not come back, or comes and dies again: this box cannot make tunnels, so it does not win elections
 * for groups that lend their address to a crypto map, and hands over to a standby router that can. Without such a router
 * it stays where it is: an active router without tunnels still forwards what needs none.
 */
#include "core/parts.h"

#include <string.h>

bool core_ike_lost(const struct core *c)
{
	return c->ike_lost;
}

bool core_group_unfit(const struct core *c, const char *interface, uint16_t group)
{
	const struct iface *i = iface_find(c, interface);

	return c->ike_lost && i && i->binding && binding_uses_group(i->binding) &&
		i->binding->fsm.group == group;
}

/* The priorities of the groups concerned are computed where they are sent. */
static void tell_groups(struct core *c)
{
	for (const struct binding *b = c->bindings; b; b = b->hh.next)
		if (binding_uses_group(b))
			str_copy(effects_add(c->out, EF_HSRP_CONFIG)->interface, INTERFACE_NAME_MAX,
				b->interface);
}

static void hand_over(struct core *c)
{
	for (const struct binding *b = c->bindings; b; b = b->hh.next) {
		const struct group_rec *g = binding_group(c, b);
		struct effect *e;

		if (!g || g->role != HSRP_ROLE_ACTIVE)
			continue;
		e = effects_add(c->out, EF_HSRP_YIELD);
		str_copy(e->yield.device, sizeof(e->yield.device), b->device);
		e->yield.group = b->fsm.group;
	}
}

void lost_down(struct core *c)
{
	timer_cancel(&c->timers, &c->ike_settled_timer);
	if (c->ike_overdue && !c->stopping) {
		c->ike_overdue = false;
		lost_timer(c);
		return;
	}
	if (!timer_armed(&c->ike_lost_timer) && !c->stopping)
		core_arm(c, &c->ike_lost_timer, TIMER_IKE_LOST, NULL, IKE_LOST_MS);
}

void lost_up(struct core *c)
{
	if (c->ike_lost || timer_armed(&c->ike_lost_timer))
		core_arm(c, &c->ike_settled_timer, TIMER_IKE_SETTLED, NULL, IKE_SETTLED_MS);
}

/* Again and again while it lasts: a standby router may appear. */
void lost_timer(struct core *c)
{
	if (!c->ike_lost && timer_armed(&c->ike_settled_timer)) {
		c->ike_overdue = true;
		return;
	}
	if (!c->ike_lost) {
		c->ike_lost = true;
		core_log(c, SEV_CRITICAL, "CRYPTO-2-IKE_LOST",
			"charon does not run: no tunnel can be made here. Its words are in charon.log and "
			"charon.out of the run directory");
		tell_groups(c);
	}
	hand_over(c);
	core_arm(c, &c->ike_lost_timer, TIMER_IKE_LOST, NULL, IKE_LOST_MS);
}

void lost_settled(struct core *c)
{
	timer_cancel(&c->timers, &c->ike_lost_timer);
	c->ike_overdue = false;
	if (!c->ike_lost)
		return;
	c->ike_lost = false;
	core_log(c, SEV_NOTICE, "CRYPTO-5-IKE_BACK", "charon runs again");
	tell_groups(c);
}
