/*
 * H9: is the IPsec side of a standby group ready to serve? `standby preempt delay sync` waits for it.
 *
 * Ready is: the binding stands, its filter is confirmed by the kernel, and charon has all keys and connections. The HSRP
 * process is told whenever that changes; a group without a crypto map is ready at once.
 */
#include "core/parts.h"

static bool is_ready(const struct core *c, const struct binding *b)
{
	return b->fsm.state == BINDING_BOUND && c->ike_up && c->sa_snapshot_done && !c->secrets_dirty &&
		c->conns_refused == 0 && b->filter_stands && b->level >= LEVEL_CONNECTIONS && !b->tx.list &&
		!b->leaving && !b->removing && list_empty(&b->plan_queue) && list_empty(&b->apply_queue) &&
		list_empty(&b->wait_filter) && b->ops == 0;
}

/* What is said once stays while the group serves: loads come and go with the tunnels then. */
void ready_check(struct core *c)
{
	for (struct binding *b = c->bindings; b; b = b->hh.next) {
		bool ready =
			b->fsm.redundancy && ((b->ready && b->level > LEVEL_CONNECTIONS) || is_ready(c, b));

		if (ready == b->ready)
			continue;
		b->ready = ready;
		str_copy(effects_add(c->out, EF_HSRP_CONFIG)->interface, INTERFACE_NAME_MAX, b->interface);
	}
}

bool core_standby_ready(const struct core *c, const char *interface, uint16_t group)
{
	const struct iface *i = iface_find(c, interface);
	const struct binding *b = i ? i->binding : NULL;

	if (!b || !b->fsm.redundancy || (b->fsm.state == BINDING_BOUND && b->fsm.group != group))
		return true;
	return b->ready;
}
