/* H9 and H10 for show commands: see redundancy/hazard.h. */
#include "redundancy/hazard.h"

#include "show/view.h"

static bool peer_of(void *arg, const struct interface_cfg *i, const struct standby_group *g,
	struct ipaddr *peer, uint8_t *priority)
{
	const struct hsrp_status *st = facts_standby(arg, interface_device(i), IP_V4, g->number);

	if (!st)
		return false;
	const struct hsrp_peer *p = st->active.local ? &st->standby : &st->active;
	*peer = p->address;
	*priority = p->priority;
	return true;
}

bool show_preempt_hazard(
	const struct facts *f, const struct interface_cfg *i, const struct standby_group *g, char *out)
{
	return model_bound_group(i) == g && hazard_of_preemption(i, g, peer_of, (void *)f, out);
}

const struct interface_cfg *show_split_hazard(const struct facts *f, const struct interface_cfg *i,
	const struct standby_group *g, const struct standby_group **other, char *out)
{
	const struct interface_cfg *where;

	return model_bound_group(i) == g &&
			hazard_of_split(f->model, i, g, peer_of, (void *)f, &where, other, out)
		? where
		: NULL;
}
