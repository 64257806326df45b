/*
 * HSRP frames on a device: AF_PACKET, so that each frame chooses its source MAC and every frame is seen.
 *
 * Owns:  the receiving sockets of one device (frames, and a UDP socket that only holds the multicast membership), the
 *        sending socket of the process, the moment at which a frame arrived.
 * Never: reads what is in a frame, blocks.
 *
 * The receiver is an ETH_P_ALL socket: neither a UDP nor an ETH_P_IP socket on the device sees frames that carry our own
 * virtual MAC as source once the private macvlan is up, so two active routers would never notice each other.
 * A BPF program lets through untagged IPv4 UDP to 224.0.0.2 or 224.0.0.102 port 1985, not fragmented, IPv6 UDP to ff02::66
 * port 2029, and router solicitations; own frames are not seen.
 */
#ifndef LINUX_FRAME_H
#define LINUX_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mono.h"

enum { FRAME_MAX = 1600 };

struct frame_receiver {
	int fd;		 /* to be polled; -1 when closed */
	int member;	 /* 224.0.0.2 and 224.0.0.102 on the device */
	int member_ipv6; /* ff02::66, so that switches which listen to MLD send it; -1 without IPv6 */
	mono_t empty;	 /* the socket was last seen empty at this time */
};

struct frame_in {
	size_t len;
	mono_t at; /* arrival, CLOCK_BOOTTIME; never before the socket was last empty, never after `now` */
	bool checksummed; /* the UDP checksum is complete (not so from a sender on this host) */
};

struct frame_out {
	int ifindex;
	const uint8_t *bytes;
	size_t len;
};

/* 0 or -errno; on failure nothing is open. */
int frame_receiver_open(struct frame_receiver *r, int ifindex, mono_t now);
void frame_receiver_close(struct frame_receiver *r);
/* Joins anew: a device that had no IPv6 when the receiver was opened, or lost it meanwhile. Harmless when joined. */
void frame_receiver_join_ipv6(const struct frame_receiver *r, int ifindex);
/* One frame into `buf` (FRAME_MAX): 1, 0 when there is none, -errno (-ENETDOWN: the device went down; go on). */
int frame_receive(struct frame_receiver *r, uint8_t *buf, mono_t now, struct frame_in *out);

/* The sending socket: a descriptor or -errno. */
int frame_sender_open(void);
/* All of them in as few system calls as possible; the number that left. What the kernel refuses is skipped. */
size_t frame_send(int fd, const struct frame_out *frames, size_t count);

#endif
