/*
 * The HSRP core: all groups of all interfaces of one box. Events go in, effects come out, the results of effects come
 * back as events; the daemon and the simulator run the same code.
 *
 * Owns:  interfaces, groups, who is active and standby, all deadlines, learned values, the plan for each group's virtual
 *        MAC interface and address.
 * Never: reads a clock, sends a frame, touches an address, draws from a random source other than its own seeded state.
 * Time:  mono_t, nanoseconds of CLOCK_BOOTTIME; the lifetimes of a key chain are wall-clock time, whose distance to it
 *        comes in as an event. Cost of an event: logarithmic in the number of groups (timer heap), or
 *        constant (hash by interface and group); hellos that are due together leave together, at most 64 at once; what is
 *        due beyond HSRP_EFFECTS_AT_ONCE effects is left to the next step, which is due at once.
 *
 *   hsrp_step(h, event, now, effects)        any event, also HSRP_IN_TIME when hsrp_deadline() has come
 *   hsrp_deadline(h)                         when to call next with HSRP_IN_TIME at the latest
 *
 * The order of a role change (design: one transaction, acknowledged step by step):
 *   becoming active  Advertise, (Coup,) Hello(Active) -> KERNEL serve -> HSRP_IN_KERNEL ok -> gratuitous ARP, report SERVING
 *                    (IPv6: neighbour and router advertisement instead)
 *   leaving          KERNEL unserve (interface down, address gone) -> HSRP_IN_KERNEL ok -> Advertise, Resign, Hello(Speak)
 *                    from the interface's own MAC -> report GONE
 */
#ifndef HSRP_GROUP_H
#define HSRP_GROUP_H

#include "hsrp/auth.h"
#include "hsrp/hsrp.h"
#include "hsrp/nd.h"
#include "hsrp/wire.h"

struct hsrp;

/* ---- what comes in ---- */

enum hsrp_in_kind {
	HSRP_IN_TIME,		  /* a deadline may have come */
	HSRP_IN_INTERFACE,	  /* .interface: new or changed */
	HSRP_IN_GROUP,		  /* .group: new or changed; its interface is known */
	HSRP_IN_CHAIN,		  /* .chain: new or changed; groups name it, before or after */
	HSRP_IN_WALL,		  /* .wall: the wall clock, at the start and after each step of it */
	HSRP_IN_REMOVE_INTERFACE, /* .which */
	HSRP_IN_REMOVE_GROUP,	  /* .which */
	HSRP_IN_CONFIG_BEGIN,	  /* what is not named until CONFIG_END is removed */
	HSRP_IN_CONFIG_END,
	HSRP_IN_LINK,	/* .link: the device appeared, changed or vanished */
	HSRP_IN_FRAME,	/* .frame */
	HSRP_IN_KERNEL, /* .kernel: answer to HSRP_OUT_KERNEL */
	HSRP_IN_RESUME, /* .record: role of a predecessor; before the group's configuration arrives */
	HSRP_IN_RESIGN, /* .which: an active group hands over */
	HSRP_IN_YIELD,	/* .which: likewise, if a standby router is known that has the higher priority */
	HSRP_IN_ARP,	/* .which: one gratuitous ARP */
	HSRP_IN_TAKEN,	/* .which: its address, or its macvlan, is gone or down; maybe of our own doing */
	HSRP_IN_LEAVE,	/* stop: all groups leave; HSRP_OUT_LEFT when nothing of ours is left */
	HSRP_IN_DEBUG,	/* .debug: what is told by HSRP_OUT_LOG of level 7 */
	HSRP_IN_CONDITION, /* .which: such lines are told of it only, and of the others so named; device "": of all */
	HSRP_IN_STATUS, /* .which: HSRP_OUT_STATUS for each group that matches */
};

enum { HSRP_ALL_GROUPS = -1 };

struct hsrp_which {
	char device[HSRP_DEVICE_MAX]; /* "" is all */
	int32_t group;		      /* HSRP_ALL_GROUPS is all */
	uint8_t family;		      /* enum ip_family; IP_NONE is both */
};

/* What a successor needs to take a role up again (D9). Kept up to date by HSRP_OUT_RECORD. */
struct hsrp_record {
	char device[HSRP_DEVICE_MAX];
	uint16_t group;
	uint8_t family;
	uint8_t state;	   /* enum hsrp_state; HSRP_DISABLED: forget the record */
	mono_t last_hello; /* sent */
	uint32_t hold_ms;
	struct ipaddr vip; /* in use */
	bool vip_learned;
	uint32_t changes;
	mono_t last_change;
};

/* What is asked of the kernel for one group. At most one is under way per group. */
enum hsrp_kernel_op {
	HSRP_KERNEL_PREPARE, /* macvlan exists, down, without address; for IPv4 without IPv6 */
	HSRP_KERNEL_SERVE,   /* as PREPARE, then up, with exactly these addresses, lifetime */
	HSRP_KERNEL_RENEW,   /* the addresses' lifetime again */
	HSRP_KERNEL_UNSERVE, /* no address of ours on it: confirmed gone; then down, which nobody waits for */
	HSRP_KERNEL_REMOVE,  /* macvlan deleted (which takes the addresses with it) */
};

struct hsrp_kernel {
	uint8_t op; /* enum hsrp_kernel_op */
	char device[HSRP_DEVICE_MAX];
	int ifindex;
	uint16_t group;
	uint8_t family;
	bool use_bia; /* no macvlan: the addresses live on the device */
	struct mac mac;
	uint32_t lifetime_s;
	uint8_t address_count;
	struct ipaddr address[1 + HSRP_SECONDARY_MAX];
	uint32_t serial; /* to be repeated in the answer */
};

struct hsrp_in {
	uint8_t kind; /* enum hsrp_in_kind */
	union {
		struct hsrp_interface_config interface;
		struct hsrp_group_config group;
		struct hsrp_chain_config chain;
		struct {
			int64_t offset_ns; /* wall clock since 1970 minus mono_t */
		} wall;
		struct hsrp_which which;
		struct {
			char device[HSRP_DEVICE_MAX];
			int ifindex; /* 0: the device is gone */
			bool up;     /* administratively up and with carrier */
			struct mac mac;
			struct ipaddr link_local; /* of the kernel, usable; not set: none (yet) */
		} link;
		struct {
			int ifindex;
			mono_t at; /* arrival; at most `now` */
			bool checksummed;
			const uint8_t *bytes; /* the Ethernet frame; not kept */
			size_t len;
		} frame;
		struct {
			char device[HSRP_DEVICE_MAX];
			uint16_t group;
			uint8_t family;
			uint32_t serial;
			int error; /* 0 or a positive errno */
		} kernel;
		struct hsrp_record record;
		uint16_t debug; /* enum hsrp_debug */
	};
};

/* ---- what goes out, in this order ---- */

enum hsrp_out_kind {
	HSRP_OUT_SEND,	    /* .send */
	HSRP_OUT_KERNEL,    /* .kernel: answered by HSRP_IN_KERNEL */
	HSRP_OUT_REPORT,    /* .report */
	HSRP_OUT_LOG,	    /* .log */
	HSRP_OUT_RECORD,    /* .record */
	HSRP_OUT_LISTEN,    /* .listen: receive HSRP on this device from now on, or no longer */
	HSRP_OUT_STATUS,    /* .status */
	HSRP_OUT_NEIGHBOUR, /* .neighbour; after HSRP_IN_STATUS, behind the groups */
	HSRP_OUT_LEFT,	    /* after HSRP_IN_LEAVE: nothing of ours is left */
};

struct hsrp_out {
	uint8_t kind; /* enum hsrp_out_kind */
	union {
		struct {
			int ifindex;
			uint16_t len;
			uint8_t bytes
				[HSRP_RA_LEN]; /* a whole Ethernet frame; the longest is a router advertisement */
		} send;
		struct hsrp_kernel kernel;
		struct hsrp_report report;
		struct {
			uint8_t level;
			char text[256];
		} log;
		struct hsrp_record record;
		struct {
			char device[HSRP_DEVICE_MAX];
			int ifindex;
			bool on;
		} listen;
		struct hsrp_status status;
		struct hsrp_neighbour neighbour;
	};
};

enum { HSRP_EFFECTS_AT_ONCE = 1024 }; /* after so many of them HSRP_IN_TIME takes up no further deadline */

/* Effects of a step; the caller owns it, empties it after use and frees it at the end. */
struct hsrp_outs {
	struct hsrp_out *items;
	size_t count, cap;
	bool oom; /* an effect was lost to lack of memory */
};
void hsrp_outs_free(struct hsrp_outs *outs);

/*
 * NULL on exhaustion. The seed is where all jitter comes from; `md5` computes digests, NULL: groups with MD5 stay
 * Initial.
 */
struct hsrp *hsrp_new(uint64_t seed, hsrp_md5_fn *md5);
void hsrp_free(struct hsrp *h);

/*
 * One event. 0; -ENOENT for a `which` that names nothing or a group whose interface is unknown, -ENOMEM, -EINVAL.
 * Effects are appended to `outs`.
 */
int hsrp_step(struct hsrp *h, const struct hsrp_in *in, mono_t now, struct hsrp_outs *outs);
mono_t hsrp_deadline(const struct hsrp *h); /* MONO_NEVER when nothing is pending */

/* One group's status; false when there is no such group. */
bool hsrp_group_status(
	struct hsrp *h, const char *device, enum ip_family family, unsigned group, struct hsrp_status *out);

/* RFC 2281 5.1: does the router with this priority and address win over the other? */
bool hsrp_better(
	unsigned priority, const struct ipaddr *address, unsigned other_priority, const struct ipaddr *other);

#endif
