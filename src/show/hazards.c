/* H9 and H10 for show commands: see redundancy/hazard.h. */
#include "show/view.h"

static bool peer_of(void *arg, const struct interface_cfg *i, const struct standby_group *g,
	enum ip_family family, struct hazard_routers *out)
{
	const struct hsrp_status *st = facts_standby(arg, interface_device(i), family, g->number);

	if (!st)
		return false;
	const struct hsrp_peer *p = st->active.local ? &st->standby : &st->active;
	*out = (struct hazard_routers){.own = st->own, .peer = p->address, .peer_priority = p->priority};
	return true;
}

bool show_preempt_hazard(const struct facts *f, const struct interface_cfg *i, const struct standby_group *g,
	enum ip_family family, char *out)
{
	return hazard_group(i, family) == g && hazard_of_preemption(i, g, family, peer_of, (void *)f, out);
}

const struct interface_cfg *show_split_hazard(const struct facts *f, const struct interface_cfg *i,
	const struct standby_group *g, enum ip_family family, const struct standby_group **other, char *out)
{
	const struct interface_cfg *where;

	return hazard_group(i, family) == g &&
			hazard_of_split(f->model, i, g, family, peer_of, (void *)f, &where, other, out)
		? where
		: NULL;
}

unsigned show_hazards(const struct facts *f, const struct interface_cfg *i, char (*out)[HAZARD_TEXT_MAX])
{
	static const enum ip_family families[] = {IP_V4, IP_V6};
	const struct standby_group *other;
	unsigned count = 0;

	for (unsigned n = 0; n < 2; n++) {
		const struct standby_group *g = hazard_group(i, families[n]);
		if (!g)
			continue;
		count += show_preempt_hazard(f, i, g, families[n], out[count]);
		count += show_split_hazard(f, i, g, families[n], &other, out[count]) != NULL;
	}
	return count;
}
