/*
 * HSRP as the rest of the system sees it: what is configured, what is the case, what just changed.
 *
 * Owns:  the plain structs that travel between the engine and the hsrp process, their limits and their words.
 * Never: bytes on the wire (wire.h), timers and decisions (group.h), a system call.
 * Time:  mono_t, nanoseconds of CLOCK_BOOTTIME, the same clock in both processes; durations end in _ms or _s.
 * Keys:  an interface is known by its Linux device name (an index changes when a device is made again),
 *        a group by device, family and number: IPv4 and IPv6 groups of one number are two groups with roles of their own.
 *        Names, cards and addresses are resolved anew whenever the device reappears.
 */
#ifndef HSRP_HSRP_H
#define HSRP_HSRP_H

#include "base/ip.h"
#include "base/mono.h"

enum {
	HSRP_DEVICE_MAX = 16, /* IFNAMSIZ, with the NUL */
	HSRP_NAME_MAX = 64,   /* group and interface names, with the NUL */
	HSRP_SECONDARY_MAX = 16,
	HSRP_TEXT_AUTH_MAX = 8,	   /* octets, RFC 2281 5.1 */
	HSRP_KEY_MAX = 64,	   /* MD5 key octets */
	HSRP_CHAIN_KEYS_MAX = 256, /* keys of a key chain */
	HSRP_CONDITIONS_MAX = 16,  /* that debug lines are limited to */
	HSRP_CHAIN_PART_MAX = 16,  /* … that come at a time */
	HSRP_TRACK_MAX = 16,
	HSRP_NEIGHBOUR_MAX = 64, /* of an interface */
	HSRP_GROUP_MAX_V1 = 255,
	HSRP_GROUP_MAX_V2 = 4095,
	HSRP_HELLO_MIN_MS = 15, /* `timers msec 15` */
	HSRP_HOLD_MAX_MS = 255000,
	HSRP_HELLO_DEFAULT_MS = 3000, /* RFC 2281 5.1 */
	HSRP_HOLD_DEFAULT_MS = 10000, /* RFC 2281 5.1 */
	HSRP_PRIORITY_DEFAULT = 100,  /* RFC 2281 5.1 */
};

/* The default authentication data of RFC 2281 5.1. */
#define HSRP_AUTH_DEFAULT "cisco"

/* RFC 2281 5.3 in its own order, which is also version 2's numbering; 0 is a group without `standby ip`. */
enum hsrp_state {
	HSRP_DISABLED,
	HSRP_INITIAL,
	HSRP_LEARN,
	HSRP_LISTEN,
	HSRP_SPEAK,
	HSRP_STANDBY,
	HSRP_ACTIVE,
	HSRP_STATE_COUNT
};

/* ---- configuration: engine to hsrp ---- */

struct hsrp_interface_config {
	char device[HSRP_DEVICE_MAX]; /* "eth1"; need not exist yet */
	char name[HSRP_NAME_MAX];     /* as messages print it: "FastEthernet0/0" */
	struct ipaddr
		address; /* the primary address, source of IPv4's frames; not set: those groups stay Initial */
	uint8_t address_len; /* its prefix length */
	struct ipaddr
		link_local; /* source of IPv6's frames; not set: the one that the kernel gave the device */
	bool ipv6_routing;  /* `ipv6 unicast-routing`: active groups send router advertisements */
	uint8_t version;    /* 1 or 2 (`standby version`) */
	bool use_bia;	    /* `standby use-bia`: the virtual address lives on the device itself */
	uint16_t delay_minimum_s; /* `standby delay minimum`; 1 s is kept even with 0 */
	uint16_t delay_reload_s;  /* `standby delay reload`; for the first time up after the start */
	uint8_t garp_count;	  /* `standby arp gratuitous`: rounds, 0 is continuous */
	uint8_t mac_refresh_s;	  /* gratuitous ARP of active groups that follow another; 0: none */
	uint16_t garp_interval_s; /* 0: not configured, IOS's 2 rounds 3 s apart */
	bool redirect_off; /* `no standby redirect`: neither advertises nor listens to advertisements */
	uint16_t redirect_advertise_s, redirect_hold_s; /* 0: not configured */
};

enum hsrp_auth_kind { HSRP_AUTH_TEXT, HSRP_AUTH_MD5, HSRP_AUTH_KIND_COUNT };

struct hsrp_auth {
	uint8_t kind; /* enum hsrp_auth_kind; text "cisco" when nothing is configured */
	char text[HSRP_TEXT_AUTH_MAX + 1];
	uint8_t key_len; /* MD5; 0: there is no key that could be used, and the group stays Initial */
	uint8_t key[HSRP_KEY_MAX];
	uint32_t key_id;
	uint16_t timeout_s;	   /* MD5: the key before this one is accepted for so long */
	char chain[HSRP_NAME_MAX]; /* MD5: the keys of this chain in place of the one key; "" for none */
};

/* Wall-clock seconds since 1970: valid from `from_s` on, and before `until_s`. */
struct hsrp_span {
	int64_t from_s, until_s;
};
#define HSRP_SPAN_ALWAYS ((struct hsrp_span){INT64_MIN, INT64_MAX})

/* A part of a `key chain`: the parts come in order, and count when the last one is there. A chain without keys is as good
 * as none. */
struct hsrp_chain_config {
	char name[HSRP_NAME_MAX];
	uint16_t first; /* place of keys[0] in the chain; 0 begins it anew */
	bool more;	/* another part follows */
	uint8_t count;
	struct hsrp_chain_key {
		uint32_t id;
		uint8_t key_len; /* 0: a key that cannot be used */
		uint8_t key[HSRP_KEY_MAX];
		struct hsrp_span accept, send;
	} keys[HSRP_CHAIN_PART_MAX]; /* by id */
};

struct hsrp_track {
	uint16_t object;
	uint8_t decrement;
	bool shutdown;
	bool down; /* the engine watches the objects and sends the group again */
};

/* Another group of the same box. */
struct hsrp_ref {
	char device[HSRP_DEVICE_MAX]; /* "": none */
	uint16_t group;
	uint8_t family;
};

struct hsrp_group_config {
	char device[HSRP_DEVICE_MAX];
	uint16_t group;
	uint8_t family;		  /* enum ip_family; IPv6 needs version 2 */
	char name[HSRP_NAME_MAX]; /* `standby name`, "" for none; only shown and logged here */
	bool enabled;		  /* `standby ip` is there; else the group is Disabled */
	struct ipaddr vip; /* IPv6: link-local. Not set with `enabled`: learn it from the active router */
	bool vip_implied;  /* nobody typed it: it is what we start with, and the active router's counts */
	uint8_t secondary_count;
	struct ipaddr secondary[HSRP_SECONDARY_MAX]; /* IPv6: global; never on the wire */
	uint8_t secondary_len[HSRP_SECONDARY_MAX];   /* IPv6: prefix length, for router advertisements */
	uint8_t priority;			     /* as configured; tracking is subtracted here in hsrp */
	bool preempt;
	uint16_t preempt_minimum_s, preempt_reload_s, preempt_sync_s;
	bool sync_ready;	/* what `preempt delay sync` waits for is there */
	struct hsrp_ref pair;	/* both are active or neither; the other one must say so, too */
	struct hsrp_ref follow; /* no election: state, address and MAC move with that group's */
	bool timers_configured; /* else hello and hold are learned, starting from the two below */
	uint32_t hello_ms, hold_ms;
	struct hsrp_auth auth;
	bool mac_configured; /* `standby mac-address` */
	struct mac mac;
	uint8_t track_count;
	struct hsrp_track track[HSRP_TRACK_MAX];
};

/* What `debug standby` tells of: bits. */
enum hsrp_debug {
	HSRP_DEBUG_ERRORS = 1 << 0, /* frames that are dropped */
	HSRP_DEBUG_PROTOCOL = 1 << 1,
	HSRP_DEBUG_REDUNDANCY = 1 << 2,
	HSRP_DEBUG_TRACK = 1 << 3,
	HSRP_DEBUG_ICMP = 1 << 4, /* neighbours that advertise themselves */
	HSRP_DEBUG_EVENTS_DETAIL = 1 << 5,
	HSRP_DEBUG_HELLO = 1 << 6,
	HSRP_DEBUG_COUP = 1 << 7,
	HSRP_DEBUG_RESIGN = 1 << 8,
	HSRP_DEBUG_ADVERTISE = 1 << 9,
	HSRP_DEBUG_PACKETS_DETAIL = 1 << 10,
	HSRP_DEBUG_EVENTS = HSRP_DEBUG_PROTOCOL | HSRP_DEBUG_REDUNDANCY | HSRP_DEBUG_TRACK | HSRP_DEBUG_ICMP,
	HSRP_DEBUG_PACKETS = HSRP_DEBUG_HELLO | HSRP_DEBUG_COUP | HSRP_DEBUG_RESIGN | HSRP_DEBUG_ADVERTISE,
	HSRP_DEBUG_DETAIL = HSRP_DEBUG_EVENTS_DETAIL | HSRP_DEBUG_PACKETS_DETAIL,
	HSRP_DEBUG_ALL = HSRP_DEBUG_ERRORS | HSRP_DEBUG_EVENTS | HSRP_DEBUG_PACKETS,
};

/* Why a frame was dropped: the reasons that routers count. */
enum hsrp_wire_error {
	HSRP_WIRE_OK,
	HSRP_WIRE_SHORT,
	HSRP_WIRE_VERSION, /* not the interface's; version 2: of the other family */
	HSRP_WIRE_OPCODE,
	HSRP_WIRE_STATE,
	HSRP_WIRE_VALUE,    /* version 2: a group or priority that no router has */
	HSRP_WIRE_TLV,	    /* one runs over the end, or is there twice */
	HSRP_WIRE_NOT_HSRP, /* frame: other protocol, port or destination, a fragment; not counted */
	HSRP_WIRE_CHECKSUM,
	HSRP_WIRE_SOURCE, /* not of this network; IPv6: not link-local */
	HSRP_WIRE_ERROR_COUNT
};

/* ---- status and changes: hsrp to engine ---- */

/* Why the state changed last; hsrp_reason_text() gives Cisco's words. */
enum hsrp_reason {
	HSRP_REASON_NONE,
	HSRP_REASON_ENABLED,	     /* a */
	HSRP_REASON_DISABLED,	     /* b: configuration, or no address */
	HSRP_REASON_INTERFACE_DOWN,  /* b */
	HSRP_REASON_ACTIVE_EXPIRED,  /* c */
	HSRP_REASON_STANDBY_EXPIRED, /* d */
	HSRP_REASON_SPEAK_HIGHER,    /* f */
	HSRP_REASON_ACTIVE_HIGHER,   /* g */
	HSRP_REASON_ACTIVE_LOWER,    /* h */
	HSRP_REASON_RESIGN,	     /* i */
	HSRP_REASON_COUP,	     /* j */
	HSRP_REASON_STANDBY_HIGHER,  /* k */
	HSRP_REASON_STANDBY_LOWER,   /* l */
	HSRP_REASON_ADDRESS_CHANGED, /* n */
	HSRP_REASON_ADDRESS_LEARNED,
	HSRP_REASON_ADDRESS_FAILED, /* the kernel refused the virtual address: resigned */
	HSRP_REASON_STALLED,	    /* no hello left this box for a hold time */
	HSRP_REASON_COMMAND,	    /* `redundancy …` of the operator */
	HSRP_REASON_SHUTDOWN,	    /* the service stops */
	HSRP_REASON_RESUMED,	    /* role taken up again after a restart */
	HSRP_REASON_TRACK,	    /* a tracked object with `shutdown` is down */
	HSRP_REASON_PAIR,	    /* the other group of the pair moved */
	HSRP_REASON_COUNT
};

struct hsrp_peer {
	bool local;	       /* it is us */
	struct ipaddr address; /* not set and not local: unknown */
	struct mac mac;	       /* source MAC (version 1) or identifier (version 2) of its last hello */
	uint8_t priority;
	mono_t expires; /* MONO_NEVER when local or unknown */
};

struct hsrp_status {
	char device[HSRP_DEVICE_MAX];
	uint16_t group;
	uint8_t family;
	uint8_t state; /* enum hsrp_state */
	struct ipaddr
		own; /* where our frames come from, what decides between equal priorities; not set: none */
	bool serving; /* active, and the kernel holds the virtual address: the engine acts on this, not on state */
	struct hsrp_peer active, standby;
	struct ipaddr vip; /* in use; not set when unknown */
	bool vip_learned;
	struct mac virtual_mac;		  /* ours for this group */
	bool mac_in_use;		  /* it is installed and up */
	char mac_device[HSRP_DEVICE_MAX]; /* the macvlan that carries it, "" when there is none */
	uint8_t priority;		  /* effective */
	uint32_t hello_ms, hold_ms;	  /* in use */
	bool timers_learned;
	mono_t next_hello;	   /* MONO_NEVER when none is due */
	mono_t preempt_at;	   /* end of a running preempt delay, else MONO_NEVER */
	bool waits;		   /* would be active, and waits for the other group of its pair */
	uint32_t changes;	   /* state changes */
	mono_t last_change;	   /* MONO_NEVER: never */
	uint8_t reason;		   /* enum hsrp_reason of the last change */
	uint8_t old_state;	   /* state before it */
	struct ipaddr reason_from; /* router that caused it, when one did */
	int32_t kernel_error;	   /* errno of the last refused address or macvlan, 0 when all is well */
	uint64_t sent, received, bad_auth, bad_frame, own_source, unknown_group;
	uint64_t bad[HSRP_WIRE_ERROR_COUNT]; /* of the interface: what bad_frame is made of */
	uint64_t bad_hello_time, other_vip,
		inoperational; /* frames for this group; the last of them dropped */
	uint64_t duplicate;    /* of the interface: frames in which another one claims an address of ours */
	uint64_t garps;	       /* rounds of gratuitous ARP sent */
	mono_t next_garp;      /* MONO_NEVER: none is due */
};

/* Another router that speaks HSRP on an interface. */
struct hsrp_neighbour {
	char device[HSRP_DEVICE_MAX];
	struct ipaddr address;
	struct mac mac;
	bool advertised; /* it told its interface state, which has the two counts */
	uint16_t active, passive;
	mono_t expires;
};

/* What a report marks. Every report carries the whole status at that moment. */
enum hsrp_phase {
	HSRP_PHASE_STATE, /* the state machine moved */
	HSRP_PHASE_SERVING, /* active: address confirmed by the kernel and gratuitous ARP sent (`serving` turned true) */
	HSRP_PHASE_GONE, /* address confirmed gone and Resign or Hello(Speak) sent (`serving` turned false) */
	HSRP_PHASE_FAILED, /* the kernel refused a step; resigned (kernel_error says why) */
	HSRP_PHASE_CHANGED, /* no state change: address or timers learned, peer known or lost, after a connect */
	HSRP_PHASE_REMOVED, /* the group is gone, with all it had in the kernel */
	HSRP_PHASE_COUNT
};

struct hsrp_report {
	uint8_t phase; /* enum hsrp_phase */
	/* Moments of the latest role change, MONO_NEVER when they did not happen (yet). */
	mono_t last_heard;	  /* last hello of the router that was active before us */
	mono_t cause;		  /* hold timer expired, or the frame or command that made the change */
	mono_t address_confirmed; /* or confirmed gone */
	mono_t announced;	  /* gratuitous ARP left, or Resign/Hello(Speak) left */
	struct hsrp_status status;
};

/* "too_short", …: the key of a reason in JSON; NULL for OK and NOT_HSRP. */
const char *hsrp_wire_error_key(enum hsrp_wire_error error);
/* "Active", "Standby", …; Initial is "Init", as IOS prints it. */
const char *hsrp_state_text(enum hsrp_state state);
/* "c/Active timer expired", …: the words of `debug standby`. Never NULL. */
const char *hsrp_reason_text(enum hsrp_reason reason);
/* IPv6: the link-local address that ends in the EUI-64 of a MAC. Captured: routers leave the universal bit as it is. */
struct ipaddr hsrp_link_local(const struct mac *mac);
/* The well-known virtual MAC of a group: 0000.0c07.acXX, version 2 0000.0c9f.fXXX, IPv6 0005.73a0.0XXX. */
struct mac hsrp_virtual_mac(unsigned version, enum ip_family family, unsigned group);
/*
 * The macvlan that carries a group's virtual MAC: "hs<ifindex of the device>-<group>", IPv6 with an "x" behind it, at most
 * 15 characters.
 * What is sent to the virtual MAC enters the box by it, not by the device: filters must name both ("hs3-*").
 */
void hsrp_macvlan_name(int ifindex, enum ip_family family, unsigned group, char out[HSRP_DEVICE_MAX]);
/* The way back; false when the name is not of that form. Whose it is, its alias says (vmac.h). */
bool hsrp_macvlan_parse(const char *name, int *ifindex, enum ip_family *family, unsigned *group);

#endif
