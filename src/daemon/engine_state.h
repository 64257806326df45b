/*
 * The engine's parts and how they reach each other. Included by the files of the engine process only.
 *
 * Owns:  struct engine.
 * Flow:  an adapter reports -> engine_event() -> core_step() -> effects -> adapters; a session's line changes the model
 *        -> engine_config_changed() -> the same. Nothing calls back from inside an effect, so there is no recursion.
 */
#ifndef DAEMON_ENGINE_STATE_H
#define DAEMON_ENGINE_STATE_H

#include "cli/cli.h"
#include "core/core.h"
#include "daemon/conditions.h"
#include "daemon/control.h"
#include "daemon/loop.h"
#include "daemon/roles.h"
#include "linux/filter.h"
#include "linux/nflog.h"
#include "linux/ike.h"
#include "linux/rtnetlink.h"
#include "linux/sysctl.h"

struct inventory;
struct hsrp_client;
struct journal;
struct session;
struct listener;

enum { ENGINE_LOG_LINES = 200 };

struct engine {
	const struct role_args *args;
	struct loop *loop;
	struct model *model;
	struct core *core;
	struct effects effects;
	struct cli_ops cli_ops;

	/* Adapters; NULL until they are open. */
	struct rtnl *rtnl;
	struct loop_fd *rtnl_watch, *filter_watch, *nflog_watch;
	struct ike *ike;
	struct loop_timer *ike_silent; /* runs while charon does not answer */
	struct filter_table *filter;
	struct nflog *nflog; /* NULL: the kernel has none, or it broke */
	struct hsrp_client *hsrp;
	struct inventory *inventory;
	struct sysctl_record *sysctl;
	struct journal *journal;
	struct listener *listeners;

	struct control *control;
	struct session *sessions;
	struct text *warnings; /* of the line that is being carried out; NULL: they go to the log */

	/* Results of effects that failed at once: fed back when the step is over. */
	struct event *results;
	size_t result_count, result_cap;
	bool stepping;

	/* What readiness waits for. */
	bool kernel_known, hsrp_known, ike_known, ready;
	bool stopping;
	bool forwarding; /* `ip routing` was carried out */
	bool libipsec;
	uint16_t debug_standby; /* enum hsrp_debug */
	struct conditions conditions;
	bool debug_crypto;
	char *log[ENGINE_LOG_LINES]; /* the last messages, a ring; owned */
	unsigned log_next;
};

/* executor.c */
void engine_event(struct engine *e, const struct event *event);
void engine_config_changed(struct engine *e); /* after any change of the model; cheap when nothing changed */
void engine_timer(void *engine);

/* engine.c */
void engine_check_ready(struct engine *e);
void engine_check_applied(struct engine *e);
void engine_forward(struct engine *e); /* let packets through, once every crypto map is guarded */
void engine_stopped(struct engine *e); /* EF_STOPPED */
/* Between two lines of a session: a journal of many lines becomes the configuration that they led to. */
void engine_compact_journal(struct engine *e);

#endif
