/*
 * What the world tells the engine's core. Everything is by value or borrowed for the call of core_step only, but the
 * model of EV_CONFIG: it must stay where it is until core_free.
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "base/ip.h"
#include "base/mono.h"
#include "ipsec/filter.h"
#include "ipsec/ike.h"
#include "model/model.h"
#include "redundancy/binding.h"
#include "rri/route.h"

enum event_kind {
	EV_TIMER,  /* the deadline that core_deadline() named has come; no data */
	EV_CONFIG, /* the model changed; its change list says where */
	EV_LINK,   /* a device appeared or changed */
	EV_LINK_GONE,
	EV_ADDRESS, /* an address appeared or changed */
	EV_ADDRESS_GONE,
	EV_ROUTE, /* a route is in the kernel: of one of our protocols, or a foreign unicast route of table main that no routing
		   * daemon owns (kernel, boot, static, dhcp, ra …: R12 asks for them) */
	EV_ROUTE_GONE,	   /* … was removed, by whomever */
	EV_SNAPSHOT_BEGIN, /* kernel snapshot: links, addresses and our routes follow; */
	EV_SNAPSHOT_END,   /* what was not named in between is gone */
	EV_UNDERLAY, /* routes other than 213 and 214 changed within .underlay; what was resolved there is to be resolved anew */
	EV_RESOLVED, /* answer to EF_RESOLVE */
	EV_REACHED,  /* answer to EF_REACH */
	EV_HSRP_ROLE, /* a group's role, confirmed as design rule 3 says (ACTIVE: address in the kernel, gratuitous ARP sent) */
	EV_HSRP_UP,	      /* the HSRP process is connected: it wants the whole configuration */
	EV_HSRP_DOWN,	      /* it is gone; roles stay as last told */
	EV_IKE_UP,	      /* charon answers; .incarnation tells whether it is another one */
	EV_IKE_DOWN,	      /* charon is gone, and all its SAs */
	EV_SA_SNAPSHOT_BEGIN, /* all SAs follow as EV_IKE_SA and EV_CHILD_SA; */
	EV_SA_SNAPSHOT_END,   /* what was not named in between is gone */
	EV_CONN, /* within an SA snapshot: charon has a connection of ours by this name; what nobody wants is unloaded */
	EV_IKE_SA,
	EV_IKE_SA_GONE,
	EV_IKE_LIVENESS,     /* a peer answers, or does not: see .liveness (D11, version 2 only) */
	EV_CHILD_SA,	     /* up, or reported by a snapshot */
	EV_CHILD_SA_REKEYED, /* .child is the new one, .old the one it follows */
	EV_CHILD_SA_GONE,
	EV_DEMAND,	 /* a packet left without an SA that it asks for (struct filter, .waiting) */
	EV_DEMAND_HEARD, /* such packets will be told of, or not: .heard. Not, until this says so */
	EV_LEARNED, /* before the first EV_CONFIG: a rule that an earlier engine learned; its filter is still in force */
	EV_ESP, /* ESP came in for an address that is listened to; the adapter does not know whether its SA exists */
	EV_RESULT, /* of an effect that carried a cookie */
	EV_FORCE_RELOAD, /* desired and actual are to be compared from scratch (netlink overrun: a snapshot follows) */
	EV_DEBUG,    /* exec: debug crypto ipsec; .debug: on or off */
	EV_CLEAR_SA, /* exec: clear crypto sa …; .clear says which */
	EV_CLEAR_COUNTERS, /* exec: clear crypto sa counters; .child.child is one SA with what it has counted so far */
	EV_STOP,	   /* D9 stop: leave everything, report with EF_STOPPED when done */
};

struct link {
	int ifindex;
	char name[DEVICE_NAME_MAX];
	char alias[64];
	bool up, running; /* administratively; carrier */
	struct mac mac;
	uint32_t mtu;
	bool ike_tun; /* the TUN of a charon that works with kernel-libipsec */
};

/* What a device counted, and how it is made: asked for by `show`, no event tells of it. */
struct device_counters {
	int ifindex;
	char kind[16];	/* "veth", "vlan"; "" for hardware */
	char qdisc[16]; /* "fq_codel" */
	uint16_t vlan;	/* 0: none */
	uint32_t queue_max, carrier_lost;
	struct {
		uint64_t packets, bytes, errors, dropped;
	} in, out;
	uint64_t multicast, length_errors, crc_errors, frame_errors, overruns, missed, unknown;
	uint64_t collisions, underruns, no_carrier;
};

/* An entry of the kernel's ARP table. */
struct arp_entry {
	int ifindex;
	struct ipaddr address;
	struct mac mac;
	bool complete;
	uint32_t age_s; /* since it was confirmed */
};

struct address {
	int ifindex;
	struct prefix prefix; /* .addr is the address itself, host bits kept */
	bool ours;	      /* tagged IFA_PROTO, or on an interface of ours */
};

/* Which SAs go. What is not set counts for all; CHILD_SAs alone, or with .ike whole IKE_SAs and all that hangs on them. */
struct clear_sa {
	bool ike;
	uint8_t version;	   /* 1, 2; 0: both */
	uint32_t ike_id;	   /* 0: any */
	struct ipaddr local, peer; /* not set: any */
	uint32_t spi;		   /* with .peer its destination, which may be ours; 0: any */
	char map[NAME_MAX_LEN];	   /* "": any */
	char interface[INTERFACE_NAME_MAX];
};

/*
 * Dead peer detection of IKEv2 as the adapter can see it. `silent`: a request of ours is unanswered; `at` is then the last
 * sign of life, and the core closes the SA at S + 5 R + 1 s after it. Not silent: a sign of life at `at`, which disarms that.
 */
struct ike_liveness {
	uint32_t ike_id;
	bool silent;
	mono_t at;
};

struct event {
	enum event_kind kind;
	union {
		struct model *model; /* EV_CONFIG: the core clears the change list */
		struct link link;
		struct address address;
		struct route route;
		struct prefix underlay;
		struct {
			struct ipaddr target, gateway; /* gateway not set: on link */
			int ifindex;		       /* 0: unreachable */
			struct ipaddr source;
		} resolved;
		struct {
			struct prefix prefix;
			int ifindex; /* 0: no such unicast route in table main */
			uint8_t protocol;
		} reached;
		struct {
			int ifindex; /* of the parent */
			uint16_t group;
			bool ipv6; /* of its IPv6 part, which no map follows: own, peer and its priority count */
			enum hsrp_role role;
			struct ipaddr vip;  /* in force: configured or learned; not set: none yet */
			struct ipaddr own;  /* where our hellos come from */
			struct ipaddr peer; /* the other router that is active or standby; not set: unknown */
			uint8_t peer_priority;
			int vmac_ifindex; /* where the virtual address sits while active */
			mono_t at;
		} hsrp;
		struct {
			uint32_t incarnation;
			bool libipsec; /* the data plane: charon's TUN instead of kernel ESP */
		} ike;
		const char *conn;	     /* EV_CONN */
		const struct ike_sa *ike_sa; /* GONE: .incarnation and .id count */
		struct ike_liveness liveness;
		struct {
			const struct child_sa *child; /* GONE: .incarnation and .id count */
			const struct child_sa *old;   /* REKEYED: the one it follows; NULL: none was told */
		} child;
		struct {
			uint64_t cookie;
			int error; /* 0 or -errno */
		} result;
		struct {
			int ifindex; /* as the effect named it */
			struct ipaddr local, remote;
			uint16_t remote_port; /* 0: not in UDP */
			uint32_t spi, packets;
			bool early; /* an SA that comes up now may not have been told: it counts, and no more */
		} esp;
		struct {
			int ifindex; /* by which it would have left */
			struct ipaddr source, destination;
			uint8_t protocol;
			uint16_t source_port, destination_port; /* ICMP: type << 8 | code, and nothing */
		} demand;
		bool heard;
		struct {
			const char *device;
			const struct filter_rule *rule;
		} learned;
		struct clear_sa clear;
		bool debug;
	};
};

#endif
