/*
 * `set security-association idle-time`: SAs that nothing has passed through for that long are closed.
 *
 * Each such SA has a deadline: its last use that charon told of, plus its idle time. When one comes, charon is asked anew
 * for the use of all SAs, at most once in IDLE_LOOK_MS: those that were used get a later deadline, the others end. So 10,000
 * SAs cost one list now and then, and an SA in use costs a look in an idle time.
 *
 * The line of a static map then waits for a packet before it is negotiated again (demand.c). Where nobody tells of packets it
 * stays up, as closing it would only make it flap. With `default`, an SA with another peer than the default one makes way for
 * that one at once.
 */
#include "core/parts.h"

enum {
	IDLE_LOOK_MS = 10000,
	PAIR_IDLE_S =
		1800, /* of pairs of hosts where nothing is configured: they shall not be rekeyed for ever */
};

/* The entry returns to its default peer. */
static bool back_to_default(
	const struct conn *n, const struct conn_child *child, const struct crypto_map_entry *e)
{
	return child->idle_to_default && !ip_equal(&n->remote, &e->peers[crypto_entry_first_peer(e)].addr);
}

/* Seconds; 0: never. */
static uint32_t idle_time(const struct core *c, const struct sa_rec *s)
{
	const struct conn *n = s->conn;
	const struct unit *u = n ? n->unit : NULL;
	const struct conn_child *child = n && s->child >= 0 ? &n->children[s->child] : NULL;
	const struct crypto_map_entry *e = u ? unit_entry(c, u) : NULL;

	if (!child || !e)
		return 0;
	if (!child->idle_s && hosts_apart(c, child))
		return PAIR_IDLE_S;
	return n->dynamic || c->demand_heard || back_to_default(n, child, e) ? child->idle_s : 0;
}

void idle_arm(struct core *c, struct sa_rec *s)
{
	uint32_t idle_s = idle_time(c, s);
	int64_t left = idle_s * INT64_C(1000) - mono_diff_ms(c->now, s->used);

	if (idle_s)
		core_arm(c, &s->idle, TIMER_SA, s, left > 0 ? left : 0);
	else
		timer_cancel(&c->timers, &s->idle);
}

static void close_sa(struct core *c, const struct sa_rec *s)
{
	const struct conn_child *child = &s->conn->children[s->child];
	char peer[IP_TEXT_MAX];

	if (!s->conn->dynamic && !back_to_default(s->conn, child, unit_entry(c, s->conn->unit)))
		demand_wait(c, s->conn, (uint32_t)s->child);
	core_log(c, SEV_INFO, "CRYPTO-6-SA_IDLE",
		"Nothing passed an SA of peer %s for its idle time: it is closed",
		ip_format(&s->remote, peer));
	struct effect *e = effects_add(c->out, EF_TERMINATE);
	e->sa.child_id = s->id;
	e->sa.force = conn_is_mute(c, s->conn);
}

void idle_seen(struct core *c, struct sa_rec *s, const struct child_sa *sa)
{
	int64_t since = sa->use_in_s >= 0 ? sa->use_in_s : sa->install_s;

	if (sa->use_out_s >= 0 && (since < 0 || sa->use_out_s < since))
		since = sa->use_out_s;
	s->used = mono_add_ms(c->now, since > 0 ? -1000 * since : 0);
	if (idle_time(c, s) && mono_diff_ms(c->now, s->used) >= idle_time(c, s) * INT64_C(1000)) {
		timer_cancel(&c->timers, &s->idle);
		close_sa(c, s);
	} else {
		idle_arm(c, s);
	}
}

/* What is known of its use is old: charon is asked, and its answer comes to idle_seen. */
void idle_timer(struct core *c, struct sa_rec *s)
{
	int64_t since_look = mono_diff_ms(c->now, c->idle_looked);

	if (!c->ike_up || !c->sa_snapshot_done)
		return;
	if (c->idle_looked.ns && since_look < IDLE_LOOK_MS) {
		core_arm(c, &s->idle, TIMER_SA, s, IDLE_LOOK_MS - since_look);
		return;
	}
	c->idle_looked = c->now;
	core_arm(c, &s->idle, TIMER_SA, s, IDLE_LOOK_MS); /* should the answer get lost */
	effects_add(c->out, EF_SA_SNAPSHOT);
}
