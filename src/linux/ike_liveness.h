/*
 * Dead peers of IKEv2 (R3, D11), where charon has one retransmission schedule for everybody: see linux/ike.h.
 *
 * Owns:  which IKEv2 connections are loaded with which 5 R, charon's global schedule (retransmit.conf and the command that
 *        makes charon read it), and the look once a second at those that must die earlier than the schedule says.
 * Never: closes an SA. Polls while all connections agree.
 */
#ifndef LINUX_IKE_LIVENESS_H
#define LINUX_IKE_LIVENESS_H

#include "core/event.h"

struct sd_event;
struct vici;
struct ike_liveness_watch;

typedef void (*ike_liveness_report)(void *user, const struct ike_liveness *l);

int ike_liveness_new(struct ike_liveness_watch **out, struct sd_event *loop, struct vici *vici,
	const char *run_dir, ike_liveness_report report, void *user);
void ike_liveness_free(struct ike_liveness_watch *w);

/* Before a connection is loaded or after it was unloaded; queues what charon must know first. 0 or -errno. */
int ike_liveness_loaded(struct ike_liveness_watch *w, const struct ike_conn *conn);
int ike_liveness_unloaded(struct ike_liveness_watch *w, const char *conn);
/* charon is gone, and with it what it had loaded. */
void ike_liveness_reset(struct ike_liveness_watch *w);

#endif
