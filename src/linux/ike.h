/*
 * charon as the cores see it: their structs to VICI commands, VICI events to theirs.
 *
 * Owns:  the VICI client, the translation, and what charon cannot do per connection: the death of an IKEv2 peer (below).
 * Never: decides what shall be connected; shows what is not ours (names without "hs/"); keeps a copy of SAs. Secrets are wiped as soon as they are sent.
 *
 * Order: EV_IKE_UP is the first event of a charon, EV_IKE_DOWN the last; the receiver asks for a snapshot in between.
 *        While a snapshot is under way events of SAs wait and follow it, so a snapshot never brings back what is gone.
 *        Events come from the loop only, never from inside a call below.
 * Facts: a CHILD_SA rekey is EV_CHILD_SA_REKEYED alone. A reconnecting peer's new SA comes up before its old one is
 *        gone, and IKEv1 may report that as a rekey under another IKE_SA. An IKE_SA's rekey is EV_IKE_SA (new) and
 *        EV_IKE_SA_GONE (old) while its children live on: the end of an IKE_SA does not mean the end of its children,
 *        those report themselves.
 *
 *        An initiation that fails may end without a word (a silent peer, selectors that the peer refuses): who wants an SA
 *        asks again. Asking while it is under way or up does no harm: IKEv2 ignores it, IKEv1 rekeys. When both sides
 *        ask at the same moment, both SAs stand.
 *
 * Dead peers (R3, D11): charon probes after S seconds of silence (neither IKE nor ESP came in; at most 1 s later, it
 * counts whole seconds).
 *   IKEv1: charon gives up 5 R after the probe, per connection (its dpd_timeout is S + 5 R).
 *   IKEv2: charon has one retransmission schedule for all, which it reads when it makes an IKE_SA. It is set, before a
 *          connection is loaded, to the longest 5 R of all IKEv2 connections less half a second. With one R (the normal
 *          case) charon alone keeps the bound of R3, and nothing is polled. Connections with a shorter 5 R are
 *          asked for every second: EV_IKE_LIVENESS tells when a request of theirs is unanswered, and the core closes
 *          what stays silent. The reported last sign of life is S + 1 s before the last look at which nothing
 *          was unanswered: never later than the true one plus charon's and our second.
 */
#ifndef LINUX_IKE_H
#define LINUX_IKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/effect.h"
#include "core/event.h"
#include "ipsec/ike.h"

struct sd_event;
struct ike;

/* EV_IKE_*, EV_SA_SNAPSHOT_*, EV_CONN, EV_CHILD_SA*, EV_RESULT; the event is valid during the call only. */
typedef void (*ike_event_handler)(void *user, const struct event *event);

int ike_new(
	struct ike **out, struct sd_event *loop, const char *run_dir, ike_event_handler handler, void *user);
void ike_free(struct ike *i);

bool ike_is_up(const struct ike *i);
const char *ike_version(const struct ike *i); /* "5.9.8"; "" while down */
int ike_pid(const struct ike *i);	      /* of charon; 0 while down */
const char *ike_refusal(const struct ike *i); /* charon's words of its last refusal (-EPROTO); "" when none */

/*
 * Commands. All return at once: 0 when it is on its way; with a cookie its result then comes as EV_RESULT. Else -errno,
 * and no result comes: -ENOTCONN while down, -ENOBUFS, -ENOMEM, -EINVAL. charon's refusal is -EPROTO.
 */
int ike_effect(struct ike *i,
	const struct effect *e); /* EF_CONN_*, EF_SECRET_*, EF_INITIATE, EF_TERMINATE, EF_SA_SNAPSHOT */
int ike_conn_load(struct ike *i, const struct ike_conn *conn, uint64_t cookie); /* adds or replaces */
int ike_conn_unload(struct ike *i, const char *name, uint64_t cookie);		/* its SAs live on */
int ike_secret_load(struct ike *i, const struct ike_secret *secret, uint64_t cookie);
int ike_secret_unload(struct ike *i, const char *id, uint64_t cookie);
int ike_initiate(
	struct ike *i, const char *conn, const char *child, uint64_t cookie); /* 0 does not mean connected */

/* What to end or rekey; the first that is set counts. */
struct ike_target {
	uint32_t child_id, ike_id;
	const char *conn, *child; /* by name; child may be NULL */
};
/* force: the SA is gone at once; a DELETE leaves if its source address is still ours. */
int ike_terminate(struct ike *i, const struct ike_target *target, bool force, uint64_t cookie);
int ike_rekey(struct ike *i, const struct ike_target *target, uint64_t cookie);

/* All connections and SAs: EV_SA_SNAPSHOT_BEGIN, EV_CONN …, EV_IKE_SA, EV_CHILD_SA …, EV_SA_SNAPSHOT_END. A second request while one runs waits
 * for a run of its own. When charon dies under way there is no END but EV_IKE_DOWN. */
int ike_snapshot(struct ike *i);

/* The same facts for `show`, outside the event stream; `done` comes exactly once, unless ike_list failed. */
struct ike_list_handlers {
	void (*ike_sa)(void *user, const struct ike_sa *sa);
	void (*child_sa)(void *user, const struct child_sa *sa);
	void (*done)(void *user, int error); /* 0, -ETIMEDOUT, -ECONNRESET, -ECANCELED */
	void *user;
};
int ike_list(struct ike *i, const struct ike_list_handlers *handlers, unsigned deadline_ms);

/* Since ike_new, for reports and tests. */
struct ike_counters {
	uint64_t starts; /* charons that answered */
	uint64_t events, events_lost, snapshots;
	uint64_t commands, failures; /* failures: refused, or without an answer */
};
struct ike_counters ike_counters(const struct ike *i);

#endif
