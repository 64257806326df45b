/*
 * What must not pass an interface without IPsec: the vocabulary between the core and the adapter of nftables.
 *
 * Owns:  the structs. Design rule 5, requirement D6.
 *
 * Meaning, as on IOS: entries are searched in ascending order. Within one entry the first line that matches counts:
 * `permit` protects the packet (it is dropped when it would leave or enter the interface without IPsec), a line without
 * `permit` ends the search of this entry only, and the next entry is asked. What no entry protects passes. Outbound the
 * packet is read as local -> remote, inbound as remote -> local.
 */
#ifndef IPSEC_FILTER_H
#define IPSEC_FILTER_H

#include "base/ip.h"
#include "model/model.h"

struct filter_rule {
	struct prefix local, remote;
	uint8_t protocol;			/* 0: any */
	struct ports local_ports, remote_ports; /* ICMP, both directions: type << 8 | code in local_ports */
	bool permit;
	bool negotiated; /* a child of the entry's connection is for it */
	uint32_t entry;	 /* rules of one entry stand together, entries ascend */
	uint16_t
		learned; /* from an SA of this entry of a dynamic map: kept with the filter for the next engine; 0: not */
};

/* Of a learned rule: `entry` is asked after the entries of the dynamic map's own lists. */
static inline uint32_t filter_learned_entry(uint16_t sequence)
{
	return (uint32_t)sequence << 16 | UINT16_MAX;
}

/* Our own IKE and ESP between these passes (udp 500, 4500, esp), whatever the rules say. */
struct filter_peer {
	struct ipaddr local, remote; /* remote not set: any peer (dynamic map) */
	uint8_t df; /* DF_SET, DF_CLEAR: of our ESP to it, where the data plane does not do that itself; 0: as it is */
};

/* The whole filter of one crypto interface. */
struct filter {
	int ifindex;
	uint32_t mtu; /* what is larger is cut: it gets no DF */
	char device[DEVICE_NAME_MAX];
	struct filter_rule *rules;
	uint32_t rule_count;
	struct filter_peer *peers;
	uint32_t peer_count;
	/* A packet that would leave and that these permit (read like rules) asks for an SA, and is told of. With user-space
	 * ESP it may have been sent to charon's TUN. */
	struct filter_rule *waiting;
	uint32_t waiting_count;
	char tun[DEVICE_NAME_MAX]; /* "": kernel ESP, or none yet */
};

/* `ip tcp adjust-mss` of one interface. */
struct filter_mss {
	int ifindex;
	char device[DEVICE_NAME_MAX];
	char tun[DEVICE_NAME_MAX]; /* charon's TUN when it carries this interface's protected traffic; "": none */
	uint16_t bytes;
};

void filter_free(struct filter *f); /* NULL is fine */

#endif
