/*
 * Inside of the hsrp process: what hsrpd.c (wiring, effects, start), hsrp_devices.c (devices and their sockets) and
 * hsrp_config.c (the engine's configuration and its copy) share. Included by nothing else.
 */
#ifndef DAEMON_HSRPD_H
#define DAEMON_HSRPD_H

#include "base/hash.h"
#include "daemon/hsrp_link.h"
#include "daemon/hsrp_roles.h"
#include "daemon/hsrp_worker.h"
#include "daemon/loop.h"

struct device;
struct served;

/* Who else claims what is served on a device, hsrp_claims.c. */
struct claims {
	struct served *served;
	struct ipaddr own; /* the device's */
	struct claims_side {
		struct device *device;
		int fd;
		struct loop_fd *watch;
		bool asked, dirty; /* the worker opens one; the set has changed since */
	} side[2];		   /* IPv4, IPv6 */
};

/* A device that the configuration names. */
struct device {
	UT_hash_handle hh;
	char name[HSRP_DEVICE_MAX];
	int ifindex; /* as last heard; 0: there is none */
	bool up;
	struct mac mac;
	struct ipaddr link_local; /* as last asked for */
	struct frame_receiver receiver;
	struct loop_fd *watch;
	struct claims claims;
	bool named, configured;
	bool asked, overtaken; /* a link query is under way; a notification came meanwhile */
	struct hsrpd *d;
};

/* The configuration as it arrived, for a successor that starts before its engine. */
struct saved {
	UT_hash_handle hh;
	struct saved_key {
		struct message_which which; /* group -1: the interface */
		char chain[HSRP_NAME_MAX];  /* a key chain, which has no device */
		uint16_t part;		    /* … and comes in parts: the place of its first key */
	} key;
	bool named;
	size_t len;
	uint8_t *bytes;
};

struct hsrpd {
	struct loop *loop;
	struct hsrp *core;
	struct hsrp_outs outs;
	struct hsrp_link *link;
	struct worker *worker;
	struct hsrp_roles *roles;
	struct device *devices;
	struct saved *saved;
	int sender, linkwatch, wallclock;
	const char *run_dir;
	bool resumable; /* a predecessor's role is young enough to be taken up */
	bool in_config, swept, leaving, save_due;
	bool end_waits; /* CONFIG_END came while a link query was under way: roles are resumed before it counts */
	uint32_t end_id;
	uint32_t status_id, leave_id;
	mono_t give_up; /* of a stop; every answer of the kernel moves it on */
};

/* hsrpd.c: one event for the core, and all that follows from it. */
void hsrpd_step(struct hsrpd *d, const struct hsrp_in *in, int *result);
void hsrpd_message(void *arg, const struct message *m);

/* hsrp_devices.c */
struct device *device_find(struct hsrpd *d, const char *name);
struct device *device_get(struct hsrpd *d, const char *name); /* made when it is new; NULL on exhaustion */
void device_ask(struct hsrpd *d, struct device *v);	      /* its link state, from the worker */
void device_deaf(struct hsrpd *d, struct device *v);	      /* receives no more */
void device_drop(struct hsrpd *d, struct device *v);
void devices_on_linkwatch(void *ctx, uint32_t events);
void devices_receiver_opened(struct hsrpd *d, struct work *w);
void devices_link_answered(struct hsrpd *d, const struct work *w);

/* hsrp_claims.c */
void claims_kernel(struct hsrpd *d, const struct hsrp_kernel *k); /* what the core asks of the kernel */
void claims_opened(struct hsrpd *d, const struct work *w);
void claims_own(struct hsrpd *d, struct device *v, const struct ipaddr *own);
void claims_forget(struct hsrpd *d, struct device *v); /* nothing is served there any more */

/* hsrp_config.c */
int config_interface(struct hsrpd *d, const struct message *m);
int config_group(struct hsrpd *d, const struct message *m);
int config_chain(struct hsrpd *d, const struct message *m);
int config_remove(struct hsrpd *d, const struct message *m);
void config_begin(struct hsrpd *d);
void config_end(struct hsrpd *d, uint32_t id);
void config_links_known(struct hsrpd *d); /* a link query was answered */
void config_load_saved(struct hsrpd *d);  /* the predecessor's, until the engine sends the present one */
bool config_on_idle(void *ctx);

#endif
