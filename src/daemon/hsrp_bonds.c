/* What ties a group to others and to IPsec, as the hsrp process is told: see hsrp_client.h. */
#include <string.h>

#include "daemon/hsrp_client.h"

/* A name that stands for no device: a group that waits for it waits for ever. */
#define NO_DEVICE "?"

/* False: there is no group of that name. */
static bool refer(const struct model *m, const char *name, enum ip_family family, struct hsrp_ref *out)
{
	const struct interface_cfg *i;
	const struct standby_group *g = model_standby_named(m, name, &i);

	if (!g)
		return false;
	str_copy(out->device, sizeof(out->device), *interface_device(i) ? interface_device(i) : NO_DEVICE);
	out->group = g->number;
	out->family = (uint8_t)family;
	return true;
}

void hsrp_fill_bonds(const struct engine *e, const struct interface_cfg *i, const struct standby_group *g,
	struct hsrp_group_config *c)
{
	char name[NAME_MAX_LEN + INTERFACE_NAME_MAX];
	const char *partner = model_pair_partner(e->model, standby_group_name(i, g, name));

	c->sync_ready = core_standby_ready(e->core, i->name, g->number);
	if (g->follow[0]) {
		if (!refer(e->model, g->follow, (enum ip_family)c->family, &c->follow))
			str_copy(c->follow.device, sizeof(c->follow.device), NO_DEVICE);
		return;
	}
	/* Half a pair is none: a name that is typed wrong must not take the group out of service. */
	if (partner && c->family == IP_V4)
		(void)refer(e->model, partner, IP_V4, &c->pair);
}
