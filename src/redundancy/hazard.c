#include "redundancy/hazard.h"

#include <stdio.h>
#include <string.h>

enum { PRIORITY_STANDARD = 100 };

struct side {
	const struct interface_cfg *i;
	const struct standby_group *g;
	struct ipaddr peer;
	uint8_t priority, peer_priority;
};

static bool look(const struct interface_cfg *i, const struct standby_group *g, hazard_peer *peer, void *arg,
	struct side *out)
{
	*out = (struct side){.i = i, .g = g, .priority = g->priority_set ? g->priority : PRIORITY_STANDARD};
	return g->ip_typed && !g->follow[0] && i->address_set &&
		peer(arg, i, g, &out->peer, &out->peer_priority) && ip_is_set(&out->peer);
}

bool hazard_of_preemption(const struct interface_cfg *i, const struct standby_group *g, hazard_peer *peer,
	void *arg, char out[HAZARD_TEXT_MAX])
{
	char address[IP_TEXT_MAX];
	struct side s;

	if (!g->preempt || g->preempt_minimum_s || g->preempt_sync_s || !look(i, g, peer, arg, &s) ||
		s.priority == s.peer_priority)
		return false;
	snprintf(out, HAZARD_TEXT_MAX,
		"%s Grp %u: priority %u here and %u on %s, and preempt without delay: a router that comes "
		"back takes "
		"over before it is in sync. Use equal priorities, or preempt delay sync",
		i->name, (unsigned)g->number, s.priority, s.peer_priority, ip_format(&s.peer, address));
	return true;
}

/* RFC 2281 5.1. */
static bool wins(const struct side *s)
{
	return s->priority != s->peer_priority ? s->priority > s->peer_priority
					       : ip_compare(&s->i->address, &s->peer) > 0;
}

static const char *by(const struct side *s)
{
	return s->priority != s->peer_priority ? "priority" : "address";
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
		(unsigned)there->g->number, ip_format(&there->peer, peer), by(there),
		standby_group_name(a->i, a->g, first), standby_group_name(b->i, b->g, second));
}

bool hazard_of_split(const struct model *m, const struct interface_cfg *i, const struct standby_group *g,
	hazard_peer *peer, void *arg, const struct interface_cfg **where, const struct standby_group **other,
	char out[HAZARD_TEXT_MAX])
{
	char name[NAME_MAX_LEN + INTERFACE_NAME_MAX];
	struct side ours, theirs;

	if (model_pair_of(m, standby_group_name(i, g, name)) || !look(i, g, peer, arg, &ours))
		return false;
	vec_each (&m->interfaces, n, *where) {
		if (*where == i)
			continue;
		vec_each (&(*where)->standby, k, *other) {
			if (!look(*where, *other, peer, arg, &theirs) || wins(&ours) == wins(&theirs))
				continue;
			say_split(&ours, &theirs, out);
			return true;
		}
	}
	return false;
}
