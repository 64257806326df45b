#include "redundancy/hazard.h"

#include <stdio.h>
#include <string.h>

enum { PRIORITY_STANDARD = 100 };

struct side {
	const struct interface_cfg *i;
	const struct standby_group *g;
	struct hazard_routers r;
	uint8_t priority;
};

const struct standby_group *hazard_group(const struct interface_cfg *i, enum ip_family family)
{
	const struct standby_group *bound = model_bound_group(i), *g;

	if (!bound || standby_speaks(bound, family))
		return bound;
	vec_each (&i->standby, n, g)
		if (standby_speaks(g, family))
			return g;
	return NULL;
}

static bool look(const struct interface_cfg *i, const struct standby_group *g, enum ip_family family,
	hazard_peer *peer, void *arg, struct side *out)
{
	*out = (struct side){.i = i, .g = g, .priority = g->priority_set ? g->priority : PRIORITY_STANDARD};
	if (!(family == IP_V6 ? standby_speaks(g, IP_V6) : g->ip_typed) || g->follow[0] ||
		!peer(arg, i, g, family, &out->r))
		return false;
	if (family == IP_V4)
		out->r.own = i->address_set ? i->address : (struct ipaddr){0};
	return ip_is_set(&out->r.own) && ip_is_set(&out->r.peer);
}

bool hazard_of_preemption(const struct interface_cfg *i, const struct standby_group *g, enum ip_family family,
	hazard_peer *peer, void *arg, char out[HAZARD_TEXT_MAX])
{
	char address[IP_TEXT_MAX];
	struct side s;

	if (!g->preempt || g->preempt_minimum_s || g->preempt_sync_s || !look(i, g, family, peer, arg, &s) ||
		s.priority == s.r.peer_priority)
		return false;
	snprintf(out, HAZARD_TEXT_MAX,
		"%s Grp %u: priority %u here and %u on %s, and preempt without delay: a router that comes "
		"back takes "
		"over before it is in sync. Use equal priorities, or preempt delay sync",
		i->name, (unsigned)g->number, s.priority, s.r.peer_priority, ip_format(&s.r.peer, address));
	return true;
}

/* RFC 2281 5.1. */
static bool wins(const struct side *s)
{
	return s->priority != s->r.peer_priority ? s->priority > s->r.peer_priority
						 : ip_compare(&s->r.own, &s->r.peer) > 0;
}

static const char *by(const struct side *s)
{
	return s->priority != s->r.peer_priority ? "priority" : "address";
}

static void say_split(const struct side *a, const struct side *b, char out[HAZARD_TEXT_MAX])
{
	char first[NAME_MAX_LEN + INTERFACE_NAME_MAX], second[NAME_MAX_LEN + INTERFACE_NAME_MAX];
	const struct side *here = wins(a) ? a : b, *there = wins(a) ? b : a;
	char peer[IP_TEXT_MAX];

	snprintf(out, HAZARD_TEXT_MAX,
		"An election would split %s Grp %u (this router, by %s) from %s Grp %u (%s, by %s). Use "
		"\"hotswan "
		"redundancy pair %s %s\"",
		here->i->name, (unsigned)here->g->number, by(here), there->i->name,
		(unsigned)there->g->number, ip_format(&there->r.peer, peer), by(there),
		standby_group_name(a->i, a->g, first), standby_group_name(b->i, b->g, second));
}

bool hazard_of_split(const struct model *m, const struct interface_cfg *i, const struct standby_group *g,
	enum ip_family family, hazard_peer *peer, void *arg, const struct interface_cfg **where,
	const struct standby_group **other, char out[HAZARD_TEXT_MAX])
{
	char name[NAME_MAX_LEN + INTERFACE_NAME_MAX];
	struct side ours, theirs;

	if (model_pair_of(m, standby_group_name(i, g, name)) || !look(i, g, family, peer, arg, &ours))
		return false;
	vec_each (&m->interfaces, n, *where) {
		if (*where == i)
			continue;
		vec_each (&(*where)->standby, k, *other) {
			if (!look(*where, *other, family, peer, arg, &theirs) || wins(&ours) == wins(&theirs))
				continue;
			say_split(&ours, &theirs, out);
			return true;
		}
	}
	return false;
}
