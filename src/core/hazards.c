/* H9 and H10: what may go wrong with the roles of a group that carries a crypto map is said once when it becomes so. */
#include "core/parts.h"
#include "redundancy/hazard.h"

enum {
	SETTLE_MS = 1000,     /* hellos of several groups come one after the other */
	QUIET_MS = 5 * 60000, /* the same is not said again before */
};

/* Looked at a moment later, however many groups report meanwhile. */
void hazards_look(struct core *c)
{
	if (c->bindings && !timer_armed(&c->hazards))
		core_arm(c, &c->hazards, TIMER_HAZARDS, NULL, SETTLE_MS);
}

static bool peer_of(void *arg, const struct interface_cfg *i, const struct standby_group *g,
	enum ip_family family, struct hazard_routers *out)
{
	const struct core *c = arg;
	const struct iface *iface = iface_find(c, i->name);
	const struct group_rec *r = iface ? standby_find(c, iface->ifindex, family, g->number) : NULL;

	if (!r)
		return false;
	*out = (struct hazard_routers){.own = r->own, .peer = r->peer, .peer_priority = r->peer_priority};
	return true;
}

static void tell(
	struct core *c, bool is, bool *was, mono_t *quiet_until, const char *mnemonic, const char *text)
{
	if (is && !*was && c->now.ns >= quiet_until->ns) {
		core_log(c, SEV_WARNING, mnemonic, "%s", text);
		*quiet_until = mono_add_ms(c->now, QUIET_MS);
	}
	*was = is;
}

static void check(struct core *c, struct binding *b, const struct interface_cfg *i, enum ip_family family)
{
	const struct standby_group *g = hazard_group(i, family), *other;
	const struct interface_cfg *where;
	char text[HAZARD_TEXT_MAX] = "";
	unsigned n = family == IP_V6;

	if (!g)
		return;
	bool preempts = hazard_of_preemption(i, g, family, peer_of, c, text);
	tell(c, preempts, &b->preempt_hazard[n], &b->preempt_quiet[n], "CRYPTO-4-PREEMPT", text);
	bool splits = hazard_of_split(c->model, i, g, family, peer_of, c, &where, &other, text);
	tell(c, splits, &b->split_hazard[n], &b->split_quiet[n], "CRYPTO-4-SPLIT", text);
}

void hazards_check(struct core *c)
{
	for (struct binding *b = c->bindings; b; b = b->hh.next) {
		const struct interface_cfg *i = model_interface(c->model, b->interface);

		if (!i || b->removing)
			continue;
		check(c, b, i, IP_V4);
		check(c, b, i, IP_V6);
	}
}
