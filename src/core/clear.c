/* `clear crypto …`: SAs that the operator ends, counters that he sets back. */
#include "core/parts.h"

#include <string.h>

static bool conn_matches(const struct conn *n, const struct clear_sa *what)
{
	const struct binding *b = n && n->unit ? n->unit->binding : NULL;

	if (!n)
		return false; /* none of ours */
	return (!what->map[0] || (b && strcmp(b->map, what->map) == 0)) &&
		(!what->interface[0] || (b && strcmp(b->interface, what->interface) == 0));
}

static bool address_matches(const struct ipaddr *wanted, const struct ipaddr *a)
{
	return !ip_is_set(wanted) || ip_equal(wanted, a);
}

static bool ike_matches(const struct ike_rec *i, const struct clear_sa *what)
{
	return conn_matches(i->conn, what) && address_matches(&what->peer, &i->remote) &&
		address_matches(&what->local, &i->local) && (!what->ike_id || what->ike_id == i->id) &&
		(!what->version || what->version == i->version);
}

static bool sa_matches(const struct sa_rec *s, const struct clear_sa *what)
{
	if (what->spi) /* as IOS names an SA: by where it goes to */
		return s->conn &&
			((what->spi == s->spi_out && ip_equal(&what->peer, &s->remote)) ||
				(what->spi == s->spi_in && ip_equal(&what->peer, &s->local)));
	return conn_matches(s->conn, what) && address_matches(&what->peer, &s->remote) &&
		address_matches(&what->local, &s->local);
}

/* Entries of static maps come back by themselves (initiate.c), those of dynamic maps when the peer asks. */
void sas_clear(struct core *c, const struct clear_sa *what)
{
	for (const struct ike_rec *i = what->ike ? c->ikes : NULL; i; i = i->hh.next)
		if (ike_matches(i, what)) {
			struct effect *e = effects_add(c->out, EF_TERMINATE);

			e->sa.ike_id = i->id;
			e->sa.force = true; /* it is gone now, whether the peer answers or not */
		}
	for (const struct sa_rec *s = what->ike ? NULL : c->sas; s; s = s->hh.next)
		if (sa_matches(s, what)) {
			struct effect *e = effects_add(c->out, EF_TERMINATE);

			e->sa.child_id = s->id;
			e->sa.force = conn_is_mute(c, s->conn);
		}
}

/* charon counts on: what it has counted so far is taken off from now on. */
void counters_clear(struct core *c, const struct child_sa *sa)
{
	struct sa_rec *s;

	HASH_FIND(hh, c->sas, &sa->id, sizeof(sa->id), s);
	if (!s)
		return;
	s->packets_in_before = -(int64_t)sa->packets_in;
	s->packets_out_before = -(int64_t)sa->packets_out;
}

void core_counted_before(const struct core *c, struct child_sa *sa)
{
	const struct sa_rec *s;

	HASH_FIND(hh, c->sas, &sa->id, sizeof(sa->id), s);
	sa->packets_in_before = s ? s->packets_in_before : 0;
	sa->packets_out_before = s ? s->packets_out_before : 0;
}
