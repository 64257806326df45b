/*
 * What show commands are printed from: everything a view may know, gathered beforehand.
 *
 * Owns:  copies of all of it, but for the model, which is borrowed.
 * Never: fetches anything. The engine fills it, with a deadline, and marks in `missing` what did not come in time; a view
 *        then says so instead of printing an empty table.
 *
 * Filling: the facts_add_* functions give a zeroed slot at the end of an array, or NULL on exhaustion (the fact is then
 * marked missing by itself). Call facts_ready() once after the last one: it brings the arrays into the order that the
 * views look things up by.
 */
#ifndef SHOW_FACTS_H
#define SHOW_FACTS_H

#include "base/mono.h"
#include "core/core.h"
#include "hsrp/hsrp.h"
#include "ipsec/ike.h"
#include "model/model.h"

/* Bits of facts.missing and of show_needs(). The model and the clock are always there. */
enum fact {
	FACT_CORE = 1 << 0,	/* bindings and desired routes */
	FACT_IKE = 1 << 1,	/* IKE_SAs, CHILD_SAs, state of charon */
	FACT_ROUTES = 1 << 2,	/* routes of the kernel's main table */
	FACT_LINKS = 1 << 3,	/* links and addresses */
	FACT_HSRP = 1 << 4,	/* status of all standby groups */
	FACT_FILTER = 1 << 5,	/* counters of the fail-closed filter */
	FACT_SYSTEM = 1 << 6,	/* version, uptime, machine */
	FACT_TRACK = 1 << 7,	/* tracked objects */
	FACT_COUNTERS = 1 << 8, /* of devices */
	FACT_ARP = 1 << 9,	/* the kernel's ARP table */
};

/* A next hop of a kernel route; the rows of a route with several follow each other. */
struct route_fact {
	struct prefix prefix;
	struct ipaddr gateway; /* not set: on link */
	int ifindex;	       /* 0: none (blackhole and its like) */
	uint32_t metric;
	uint8_t protocol; /* RTPROT_* as the kernel numbers them */
	uint8_t type;	  /* RTN_* likewise; 0 counts as unicast */
	int64_t age_s;	  /* -1: not known */
};

/* What the fail-closed filter dropped on one crypto interface. */
struct filter_fact {
	int ifindex;
	uint64_t dropped_out, dropped_in; /* packets */
};

struct system_fact {
	char version[32];	  /* of this software */
	char ike_version[32];	  /* of charon; "" when it does not answer */
	char kernel[96];	  /* "Linux 6.1.0-18-amd64" */
	char machine[48];	  /* "x86_64" */
	char board_id[40];	  /* a stable id of the box; never a secret */
	char config_file[256];	  /* startup configuration */
	char started_by[64];	  /* "power-on", "restart", "reload" … */
	int64_t uptime_s;	  /* of the daemon (the launcher) */
	int64_t machine_uptime_s; /* of the box */
	uint64_t memory_kb, memory_free_kb;
	int64_t wall_s;	      /* seconds since 1970 UTC; for absolute times only */
	int32_t utc_offset_s; /* of the local time zone */
	bool hsrp_up;	      /* the HSRP process is connected */
};

/* What the engine counted since it started: what was lost on the way to it, and what it did about that. */
struct internal_fact {
	uint64_t netlink_messages, netlink_overruns, netlink_snapshots; /* of the kernel's notifications */
	uint64_t netlink_requests, netlink_batches, netlink_failures;	/* of ours */
	uint64_t ike_starts, ike_events, ike_events_lost, ike_snapshots, ike_commands, ike_failures;
};

struct facts {
	const struct model *model; /* borrowed; must not be NULL */
	mono_t now;
	unsigned missing; /* enum fact */

	struct core_binding *bindings; /* by interface, map */
	size_t binding_count, binding_cap;
	struct core_route *core_routes; /* by prefix, distance */
	size_t core_route_count, core_route_cap;

	bool ike_up;		/* charon is connected; known at any time, as is the data plane */
	bool ike_lost;		/* it does not come back, or does not stay */
	bool libipsec;		/* charon carries the traffic itself */
	struct ike_sa *ike_sas; /* by connection, id */
	size_t ike_sa_count, ike_sa_cap;
	struct child_sa *child_sas; /* by connection, child, peer, selectors, id */
	size_t child_sa_count, child_sa_cap;

	struct route_fact *routes; /* by prefix, metric */
	size_t route_count, route_cap;
	struct link *links; /* by ifindex */
	size_t link_count, link_cap;
	struct address *addresses; /* by ifindex, order of the kernel */
	size_t address_count, address_cap;

	struct hsrp_status *standby; /* by device, group, family */
	size_t standby_count, standby_cap;
	struct hsrp_neighbour *neighbours; /* by device, address */
	size_t neighbour_count, neighbour_cap;
	struct filter_fact *filters; /* by ifindex */
	size_t filter_count, filter_cap;
	struct core_track *tracks; /* by number */
	size_t track_count, track_cap;
	struct device_counters *counters; /* by ifindex */
	size_t counters_count, counters_cap;
	struct arp_entry *arps; /* by ifindex, address */
	size_t arp_count, arp_cap;

	struct system_fact system;
	struct internal_fact internal; /* known at any time */
};

struct core_binding *facts_add_binding(struct facts *f);
struct core_route *facts_add_core_route(struct facts *f);
struct ike_sa *facts_add_ike_sa(struct facts *f);
struct child_sa *facts_add_child_sa(struct facts *f);
struct route_fact *facts_add_route(struct facts *f);
struct link *facts_add_link(struct facts *f);
struct address *facts_add_address(struct facts *f);
struct hsrp_status *facts_add_standby(struct facts *f);
struct hsrp_neighbour *facts_add_neighbour(struct facts *f);
struct filter_fact *facts_add_filter(struct facts *f);
struct core_track *facts_add_track(struct facts *f);
struct device_counters *facts_add_counters(struct facts *f);
struct arp_entry *facts_add_arp(struct facts *f);

/* Sorts; no slot may be added after. 20,000 SAs take 50 ms. */
void facts_ready(struct facts *f);
void facts_free(struct facts *f); /* frees the arrays and zeroes everything; the model is left alone */

/* Look-ups, after facts_ready(). NULL when there is none. */
const struct link *facts_link(const struct facts *f, int ifindex);
const struct link *facts_link_by_name(const struct facts *f, const char *device);
const struct address *facts_first_address(const struct facts *f, int ifindex); /* IPv4, of the box's own */
const struct core_route *facts_core_route(
	const struct facts *f, const struct prefix *p); /* installed one first */
const struct hsrp_status *facts_standby(
	const struct facts *f, const char *device, enum ip_family family, uint16_t group);
const struct core_binding *facts_binding(const struct facts *f, const char *interface);
const struct filter_fact *facts_filter(const struct facts *f, int ifindex);
const struct device_counters *facts_counters(const struct facts *f, int ifindex);
const struct core_track *facts_track(const struct facts *f, uint16_t number);
/* The configured interface on a device, by the model; the device's own name when none is. */
const char *facts_interface_name(const struct facts *f, int ifindex);

/* SAs of one connection follow each other: the first of it, or the count when there is none. */
size_t facts_first_ike_sa(const struct facts *f, const char *conn);
/* From a child on; "": from the first child of the connection. */
size_t facts_first_child_sa(const struct facts *f, const char *conn, const char *child);
size_t facts_seek_child_sa(
	const struct facts *f, const char *conn, const char *child, const struct ipaddr *remote_host);

#endif
