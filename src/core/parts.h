/*
 * What the files of the core ask of each other. For src/core only; the structs are in state.h.
 *
 * One object has one file that reconciles it:
 *   config.c     what changed in the model -> interfaces, bindings, units to look at again
 *   interfaces.c links, addresses, standby groups; `ip address`, `shutdown`
 *   bindings.c   one crypto map on one interface: level, transactions
 *   goal.c       where it should be: endpoint and level, from roles, addresses and links
 *   units.c      one entry of it: plan -> filter rules, connections, access list routes
 *   filters.c    the filter of one binding
 *   learned.c    what SAs of dynamic maps protected, for the filter
 *   mss.c        `ip tcp adjust-mss`
 *   conns.c      connections in charon
 *   lost.c       a charon that does not come back: the role goes to a box that has one
 *   initiate.c   bringing them up: order, back-off, change of peer
 *   calls.c      calling the peers of a dynamic map where orphans of theirs come from
 *   orphans.c    ESP for SAs that nobody has: who still sends into dead ones, and how much
 *   planes.c     what the data plane cannot do
 *   secrets.c    keys in charon
 *   sas.c        SAs as charon reports them, the routes they hold
 *   demand.c     SAs that a packet asks for
 *   hosts.c      SAs of pairs of hosts (`level per-host`)
 *   idle.c       SAs that nothing passes through
 *   clear.c      what the operator ends or sets back
 *   routes.c     verdicts on RRI slots, `ip route` lines
 *   routes_debug.c  what `debug crypto ipsec` tells of them
 *   hops.c       next hops by the underlay, helper host routes
 *   walks.c      what concerns many hops or routes at once, in slices
 *   kroutes.c    wanted against actual routes in the kernel
 *   tracks.c     tracked objects
 *   ready.c      what `preempt delay sync` waits for
 *   hazards.c    roles that may split, or move too early
 *
 * Everything that is due hangs in a queue; core_work() takes from the queues in a fixed order and stops after
 * WORK_BUDGET pieces, to go on with the next event or at once by timer. So one step is bounded whatever was configured.
 */
#ifndef CORE_PARTS_H
#define CORE_PARTS_H

#include "core/state.h"

/* --- core.c ------------------------------------------------------------------------------------------------------ */

void *core_alloc(struct core *c, size_t size); /* zeroed; NULL and c->oom on exhaustion */
char *core_strdup(struct core *c, const char *s);
void core_arm(struct core *c, struct timer *t, enum timer_kind kind, void *owner, int64_t ms);
void core_log(struct core *c, enum severity severity, const char *mnemonic, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void core_warn(struct core *c, const char *line);
/* Registers an effect whose result is awaited; 0 on exhaustion: then it is not. */
uint64_t core_expect(struct core *c, enum pending_kind kind, uint32_t owner);
/* Valid until the next core_expect(). */
struct pending *core_pending(struct core *c, uint64_t cookie);
void core_pending_done(struct core *c, uint64_t cookie);
bool core_spend(struct core *c); /* one piece of the budget; false when it is used up */
int64_t core_backoff(uint32_t failures, int64_t first_ms, int64_t max_ms);

#define CORE_ADDED(element) ((element)->hh.tbl != NULL) /* after HASH_ADD: it did not run out of memory */

/* --- config.c ---------------------------------------------------------------------------------------------------- */

void config_event(struct core *c, struct model *m);

/* --- interfaces.c ------------------------------------------------------------------------------------------------ */

struct link_rec *link_find(const struct core *c, int ifindex);
struct link_rec *link_by_name(const struct core *c, const char *name);
void link_event(struct core *c, const struct link *l);
void link_gone(struct core *c, int ifindex);
void address_event(struct core *c, const struct address *a);
void address_gone(struct core *c, const struct address *a);
void links_sweep(struct core *c); /* what the snapshot did not name */
bool link_has_address(const struct link_rec *l, const struct ipaddr *a);
bool covers_connected(const struct core *c, const struct prefix *p);
struct iface *iface_find(const struct core *c, const char *name);
struct iface *iface_get(struct core *c, const char *name);
struct iface *iface_of_ifindex(const struct core *c, int ifindex);
void iface_update(struct core *c, const char *name); /* from the model: device, addresses, shutdown */
void iface_free(struct core *c, struct iface *i);
void iface_reconcile(struct core *c, struct iface *i);
struct group_rec *standby_find(const struct core *c, int ifindex, enum ip_family family, uint16_t number);
void standby_event(struct core *c, const struct event *e);
/* HSRP is gone: what it called active ends with the address; `gone`: this one left just now, or NULL: any. */
void standby_orphans(struct core *c, const struct ipaddr *gone);

/* --- bindings.c -------------------------------------------------------------------------------------------------- */

struct binding *binding_by_id(const struct core *c, uint32_t id);
void binding_sync(struct core *c, struct iface *i);   /* the crypto map line of the interface */
void binding_look(struct core *c, struct binding *b); /* something changed that its goal depends on */
void binding_run(struct core *c, struct binding *b);  /* the transaction, as far as it gets */
bool bindings_work(struct core *c);		      /* true: a goal is to be looked at once more */
void binding_groups_changed(struct core *c, struct binding *b);
void binding_op_done(struct core *c, uint32_t id);
void binding_free(struct core *c, struct binding *b);
const struct crypto_map *binding_model_map(const struct core *c, const struct binding *b);
void binding_drop_unserved(struct core *c, struct binding *b);
bool binding_settling(const struct core *c, const struct binding *b); /* restart: its role is not told yet */

/* --- goal.c --------------------------------------------------------------------------------------------------------- */

struct groups {
	struct binding_group list[3]; /* by number */
	size_t count;
};
/* Those of its interface that can matter to it, as they are now; `wanted` "": none by name. */
struct groups binding_groups(const struct core *c, const struct binding *b, const char *wanted);
bool binding_uses_group(const struct binding *b); /* the endpoint is a standby address */
const struct group_rec *binding_group(
	const struct core *c, const struct binding *b); /* NULL: none, or not told of */
void binding_goal(struct core *c, struct binding *b);	/* sets goal, target, link_up */
/* Whether a packet could leave with the endpoint in use as its source. */
bool endpoint_is_ours(
	const struct core *c, int ifindex, const struct ipaddr *endpoint); /* ifindex 0: on any */
/* No DELETE may leave: nobody would answer, and one kept for later would go out when the address is ours again. */
bool binding_is_mute(const struct core *c, const struct binding *b);

/* --- units.c ----------------------------------------------------------------------------------------------------- */

struct unit *unit_find(const struct binding *b, uint16_t sequence);
void unit_touch(struct core *c, struct binding *b, uint16_t sequence); /* plan anew */
void units_touch_all(struct core *c, struct binding *b);
void units_apply_all(
	struct core *c, struct binding *b); /* the level changed, or what is down is to be initiated */
void units_reload_all(struct core *c, struct binding *b); /* the connections, too */
void unit_apply_later(struct unit *u);
void units_plan_work(struct core *c, struct binding *b);
void units_release_all(struct core *c, struct binding *b);
void units_release_work(struct core *c, struct binding *b);
void units_apply_work(struct core *c, struct binding *b);
void units_filter_confirmed(struct core *c, struct binding *b);
void units_settled(struct core *c, struct binding *b);
void unit_free(struct core *c, struct unit *u);
void units_of_acl(struct core *c, const char *name);
const struct crypto_map_entry *unit_entry(const struct core *c, const struct unit *u);

/* --- filters.c --------------------------------------------------------------------------------------------------- */

void filter_work(struct core *c, struct binding *b);
void filter_result(struct core *c, struct binding *b, uint64_t cookie, int error);
void filter_withdraw(struct core *c, struct binding *b);

/* --- learned.c --------------------------------------------------------------------------------------------------- */

void learned_note(struct core *c, const struct sa_rec *s, const struct child_sa *sa);
/* Flows of templates that are gone or have an access list now guard on until routes and SAs have followed. */
void learned_review(struct core *c, struct unit *u);
void learned_free(struct unit *u);
/* Across a restart: what an earlier engine had learned goes to the entries of the binding, once they are planned. */
void learned_remember(struct core *c, const char *device, const struct filter_rule *rule);
void learned_recall(struct core *c, struct binding *b);
void learned_forget(struct core *c); /* nobody has asked for the rest */

/* --- mss.c ------------------------------------------------------------------------------------------------------- */

void mss_work(struct core *c);

/* --- conns.c ----------------------------------------------------------------------------------------------------- */

struct conn *conn_find(const struct core *c, const char *name);
bool conns_apply(struct core *c, struct unit *u, const struct plan *p); /* false on exhaustion */
void conn_drop(struct core *c, struct conn *n);				/* its binding left: end its SAs */
void conn_load_result(struct core *c, const char *name, uint64_t cookie, int error);
void conn_reload(struct core *c, struct conn *n);
int32_t conn_child_index(const struct conn *n, const char *name);
void conns_charon_gone(struct core *c);
void conn_forget(struct core *c, struct conn *n);  /* frees it, at once or when its SAs have ended */
void conn_lost_sa(struct core *c, struct conn *n); /* one of its SAs has gone; may free it */
void conn_terminate(struct core *c, struct conn *n, bool force); /* its SAs, by name */
bool conn_is_mute(const struct core *c, const struct conn *n);	 /* see binding_is_mute() */
bool conn_is_ours(const char *name);
struct conn *conn_stray(struct core *c, const char *name); /* NULL: none of ours */
void conns_forget_strays(struct core *c);

void conn_ending_over(struct core *c, struct conn *n); /* its time is up; may free it */
/*
 * An established peer calls itself so; it is reached there, as its packets show. True: the connection is loaded anew, and its
 * other lines wait for that (conn_loaded): under other words charon would negotiate another IKE_SA for them.
 */
bool conn_identity(struct core *c, struct conn *n, const char *id);
bool conn_port(struct conn *n, uint16_t port);
void conn_identity_open(struct conn *n); /* it may call itself anything from now on */

/* --- initiate.c ------------------------------------------------------------------------------------------------- */

void conn_kick(struct core *c, struct conn *n); /* initiate if it is wanted and down */
void conn_loaded(struct core *c, struct conn *n);
void conn_rank(struct core *c, struct conn *n); /* its orphans count */
/* Its peer is the one in use, and its packets come from this port: its unit asks it now. */
void conn_prefer(struct core *c, struct conn *n, uint16_t port);
void conn_rest(struct core *c, struct conn *n); /* neither waiting nor trying any more */
void conns_work(struct core *c);
void conn_timer(struct core *c, struct conn *n);
void conn_child_up(struct core *c, struct conn *n, int32_t child);
void conn_child_down(struct core *c, struct conn *n, int32_t child);
void conn_ike_established(struct core *c, struct conn *n);

/* --- calls.c ----------------------------------------------------------------------------------------------------- */

struct call;

void call_peer(struct core *c, const struct binding *b, const struct ipaddr *peer, uint16_t port);
bool call_port_is_nats(uint16_t port); /* of ESP in UDP, 0: not in UDP: many may share the address */
/* Its IKE_SA, an SA of it stands. */
void call_met(struct core *c, uint32_t binding, const struct ipaddr *peer, uint16_t port);
void call_answered(struct core *c, uint32_t binding, const struct ipaddr *peer, uint16_t port);
void call_timer(struct core *c, struct call *k);
void calls_end(struct core *c, const struct binding *b);
void calls_charon_gone(struct core *c);

/* --- lost.c ------------------------------------------------------------------------------------------------------ */

void lost_down(struct core *c); /* charon does not answer */
void lost_up(struct core *c);
void lost_timer(struct core *c);
void lost_settled(struct core *c);

/* --- orphans.c -------------------------------------------------------------------------------------------------- */

/* An address became ours, or charon died: peers may send into SAs that are gone. Again: the time begins anew. */
void orphans_listen(struct core *c, struct binding *b);
void orphans_configure(struct core *c); /* `crypto isakmp invalid-spi-recovery` may have changed */
void orphans_timer(struct core *c, struct binding *b);
void orphans_over(struct core *c, struct binding *b);
void orphan_event(struct core *c, const struct event *e);

/* --- planes.c ---------------------------------------------------------------------------------------------------- */

void planes_say(struct core *c, struct unit *u, const struct plan *p);

/* --- secrets.c --------------------------------------------------------------------------------------------------- */

void secrets_work(struct core *c);
void secrets_charon_gone(struct core *c);
void secrets_unload(struct core *c);

/* --- sas.c ------------------------------------------------------------------------------------------------------- */

void ike_event(struct core *c, const struct event *e);
void sa_touch(struct core *c, struct sa_rec *s);
struct sa_rec *sa_by_spi(const struct core *c, uint32_t spi_in); /* NULL: no SA of ours */
bool sa_ended_lately(const struct core *c, uint32_t spi_in);
void sas_work(struct core *c);
void ike_silent_too_long(struct core *c, struct ike_rec *i);
void sas_flush(struct core *c); /* charon is gone */
void sa_let_go(struct core *c, struct sa_rec *s);

/* --- demand.c ---------------------------------------------------------------------------------------------------- */

void demand_wait(struct core *c, struct conn *n, uint32_t child); /* from now on, or not without memory */
void demand_over(struct core *c, struct conn *n, uint32_t child); /* it does not wait, or no longer */
void demand_forget(struct core *c, struct conn *n);		  /* none of its children waits */
void demand_event(struct core *c, const struct event *e);
void demand_heard(struct core *c, bool heard);
bool demand_waits(const struct unit *u); /* a child of its connection in use does */
void demand_rules(
	const struct unit *u, struct filter *f); /* into f->waiting, which has room for the unit's rules */

/* --- hosts.c ----------------------------------------------------------------------------------------------------- */

struct host_pair;

bool hosts_apart(
	const struct core *c, const struct conn_child *child); /* each pair of hosts has an SA of its own */
void hosts_wait(struct core *c, struct conn *n);	       /* its lines of that kind wait for packets */
void hosts_ask(struct core *c, struct conn *n, uint32_t child, const struct ipaddr *local,
	const struct ipaddr *remote);
uint64_t hosts_digest(const struct conn *n, uint64_t planned); /* of what charon shall have */
bool hosts_extend(
	const struct conn *n, struct ike_conn *planned); /* by the pairs that come up; false on exhaustion */
void hosts_loaded(struct core *c, struct conn *n);
void hosts_timer(struct core *c, struct host_pair *p);
void hosts_up(struct core *c, struct sa_rec *s);
void hosts_down(struct sa_rec *s);
void hosts_forget(struct core *c, struct conn *n); /* all pairs; their SAs are not touched */

/* --- idle.c ------------------------------------------------------------------------------------------------------ */

void idle_seen(struct core *c, struct sa_rec *s, const struct child_sa *sa); /* charon told of its use */
void idle_arm(struct core *c, struct sa_rec *s); /* what governs it may have changed */
void idle_timer(struct core *c, struct sa_rec *s);

/* --- clear.c ----------------------------------------------------------------------------------------------------- */

void sas_clear(struct core *c, const struct clear_sa *what);
void counters_clear(struct core *c, const struct child_sa *sa);

/* --- routes.c ---------------------------------------------------------------------------------------------------- */

void routes_hold(struct core *c, struct unit *u);
void routes_release(struct core *c, struct unit *u);
struct rri_route *route_hold(struct core *c, const struct binding *b, const struct reverse_route *rr,
	struct rri_want *want, bool from_sa);
void route_release(struct core *c, struct rri_route *r, bool from_sa);
void routes_work(struct core *c);
void routes_touch_all(struct core *c);
void routes_touch_prefix(struct core *c, const struct prefix *p); /* slots that cover it or lie within it */
void statics_update(struct core *c);
void static_touch(struct core *c, struct static_rec *s);
void statics_touch_all(struct core *c);
void statics_of_track(struct core *c, uint16_t object); /* the object's state changed */
void foreign_route(struct core *c, const struct route *r, bool present);
void foreign_sweep(struct core *c);

/* --- routes_debug.c ---------------------------------------------------------------------------------------------- */

/* The holds of one access list or SA were `before` and are `now`; called before the old ones are let go. */
void routes_debug_holds(struct core *c, struct rri_route *const *before, uint32_t before_count,
	struct rri_route *const *now, uint32_t now_count);
void routes_debug_verdict(struct core *c, const struct rri_route *r, enum rri_verdict before);

/* --- hops.c ------------------------------------------------------------------------------------------------------ */

struct hop *hop_find(const struct core *c, const struct ipaddr *a); /* NULL: none */
struct hop *hop_hold(struct core *c, const struct ipaddr *a);
void hop_release(struct core *c, struct hop *h);
void hop_peer_hold(struct core *c, struct hop *h);
void hop_peer_release(struct core *c, struct hop *h);
void hop_force(struct core *c, struct hop *h, const struct ipaddr *gateway);
void hop_unforce(struct core *c, struct hop *h);
void hop_touch(struct core *c, struct hop *h);
void hop_ask(struct core *c, struct hop *h);
void hops_ask(struct core *c, const struct prefix *within); /* NULL: all */
void hop_resolved(struct core *c, const struct event *e);
void hops_work(struct core *c);
bool hops_known_within(const struct core *c, const struct prefix *p);
void hops_guard(struct core *c, const struct prefix *p); /* helper routes for the peers inside, now */
void hops_touch_within(struct core *c, const struct prefix *p);

/* --- walks.c ----------------------------------------------------------------------------------------------------- */

void walk_start(struct core *c, enum walk_kind kind, const struct prefix *range); /* NULL: everything */
void walks_work(struct core *c);

/* --- ready.c ----------------------------------------------------------------------------------------------------- */

void ready_check(struct core *c);

/* --- hazards.c --------------------------------------------------------------------------------------------------- */

void hazards_look(struct core *c);
void hazards_check(struct core *c);

/* --- tracks.c ---------------------------------------------------------------------------------------------------- */

struct track_rec;
void tracks_configure(
	struct core *c); /* the model's objects or interfaces changed, or the first snapshot is there */
void tracks_link_changed(
	struct core *c, int ifindex, const char *device); /* device NULL: its name is not known */
void tracks_routes_changed(struct core *c, const struct prefix *changed);
void tracks_reached(struct core *c, const struct event *e);
void track_delay_over(struct core *c, struct track_rec *r);
void tracks_settle(struct core *c);
void tracks_free(struct core *c);

/* --- kroutes.c --------------------------------------------------------------------------------------------------- */

/* Wants a route, which replaces what was wanted under the same key. NULL on exhaustion. */
struct kroute *kroute_want(struct core *c, const struct route *r, uint32_t owner);
void kroute_unwant(struct core *c, struct kroute *k, uint32_t owner);
struct kroute *kroute_find(const struct core *c, const struct route *r);
bool kroute_stands(const struct kroute *k);
struct route kroute_wanted(const struct kroute *k);
void kroute_seen(struct core *c, const struct route *r);
void kroute_lost(struct core *c, const struct route *r);
void kroute_result(struct core *c, struct kroute *k, uint64_t cookie, int error);
void kroute_timer(struct core *c, struct kroute *k);
void kroutes_retry(struct core *c);	    /* the world changed: what was refused is tried again */
bool kroutes_adopted(const struct core *c); /* what a restart found and nobody wants is gone */
void kroutes_sweep_start(struct core *c);
void kroutes_sweep_work(struct core *c);

#endif
