/*
 * HSRP on the wire: version 1 payloads (RFC 2281 5.1, the Advertise and TLVs that captured routers add), version 2
 * payloads for IPv4 and IPv6 (TLVs throughout), and the Ethernet, IP, UDP and ARP bytes around them.
 *
 * Owns:  bytes to struct and back, the virtual router's gratuitous ARP.
 * Never: judges a packet against a group's configuration (group.h), allocates, or changes bytes it was given.
 *
 * Receiving is lenient where captured routers differ (TTL, reserved and leaked bytes, unknown TLVs) and strict about
 * lengths. Sending writes what RFC 2281 and current routers agree on: TTL 1 (version 2: 255), TOS 0xc0, IP id 0, UDP
 * checksum. IPv6 goes by ff02::66 port 2029 with hop limit 255 and traffic class 0xe0, as captured.
 */
#ifndef HSRP_WIRE_H
#define HSRP_WIRE_H

#include "hsrp/hsrp.h"

enum {
	HSRP_PORT = 1985,
	HSRP_PORT_V6 = 2029,
	HSRP_V1_LEN = 20,
	HSRP_ADVERTISE_LEN = 16,
	HSRP_V2_GROUP_LEN = 42, /* the Group State TLV */
	HSRP_MD5_TLV_LEN = 30,
	HSRP_DIGEST_LEN = 16,
	HSRP_FRAME_MAX = 136, /* the longest we write: Ethernet 14, IPv6 40, UDP 8, version 2 with MD5 72 */
};

enum hsrp_opcode { HSRP_HELLO, HSRP_COUP, HSRP_RESIGN, HSRP_ADVERTISE };
enum hsrp_advertise_state { HSRP_ADV_DORMANT = 1, HSRP_ADV_PASSIVE = 2, HSRP_ADV_ACTIVE = 3 };

struct hsrp_packet {
	uint8_t version; /* 1 or 2 */
	uint8_t family;	 /* enum ip_family, of a group; an Interface State says nothing of it */
	uint8_t opcode;	 /* enum hsrp_opcode; version 2's Interface State is an Advertise without a state */
	/* Hello, Coup, Resign */
	uint8_t state; /* enum hsrp_state, translated from the wire */
	uint16_t group;
	uint8_t priority;
	uint32_t hello_ms, hold_ms; /* as on the wire; check with hsrp_timers_usable() */
	struct ipaddr vip;	    /* all zero on the wire is "not set" */
	struct mac identifier;	    /* version 2: the sender's own MAC, whatever the frame's source is */
	uint8_t auth[HSRP_TEXT_AUTH_MAX];
	/* The MD5 TLV. It takes the place of the text: version 1's field is zero, version 2 has no text TLV. */
	bool has_md5;
	size_t digest_offset; /* read: of the digest, in the payload */
	uint32_t md5_address; /* the sender's, as it says; IPv6: the last 32 bits */
	uint32_t md5_key_id;
	uint8_t digest[HSRP_DIGEST_LEN];
	/* Advertise */
	uint8_t adv_state; /* enum hsrp_advertise_state; version 1 */
	uint16_t adv_active, adv_passive;
};

enum hsrp_wire_error hsrp_packet_read(struct hsrp_packet *out, const uint8_t *payload, size_t len);
/* Number of bytes written; 0 when they do not fit. Sub-second times are rounded up to the field's whole seconds. */
size_t hsrp_packet_write(const struct hsrp_packet *p, uint8_t *out, size_t size);

/* RFC 2281 5.1: hold must exceed hello, neither may be 0. Version 2's 32 bits are held to what can be configured. */
static inline bool hsrp_timers_usable(const struct hsrp_packet *p)
{
	return p->hello_ms >= HSRP_HELLO_MIN_MS && p->hold_ms > p->hello_ms && p->hold_ms <= HSRP_HOLD_MAX_MS;
}

struct hsrp_frame {
	struct mac from_mac, to_mac;
	struct ipaddr from;
	uint8_t version; /* by the address it was sent to */
	uint8_t ttl;
	const uint8_t *payload; /* inside the bytes that were read */
	size_t payload_len;
};

/*
 * An Ethernet frame as received: IPv4 UDP to 224.0.0.2 (version 1) or 224.0.0.102 (version 2) port 1985, not fragmented, or
 * IPv6 UDP to ff02::66 port 2029.
 * `checksummed` false: the kernel says that the UDP checksum is not computed yet (a sender on this host).
 */
enum hsrp_wire_error hsrp_frame_read(
	struct hsrp_frame *out, const uint8_t *frame, size_t len, bool checksummed);
/* A whole frame to the multicast address of version and family around the packet; number of bytes, 0: does not fit. */
size_t hsrp_frame_write(const struct hsrp_packet *p, const struct mac *from_mac, const struct ipaddr *from,
	uint8_t *out, size_t size);

/*
 * Gratuitous ARP in the form routers send it: a reply, sender and target address both the virtual one, the target
 * hardware address the destination's.
 */
size_t hsrp_garp_write(
	const struct mac *mac, const struct ipaddr *vip, const struct mac *to, uint8_t *out, size_t size);
extern const struct mac hsrp_mac_broadcast, hsrp_mac_uplinkfast;

#endif
