/*
 * Captures of real routers, where somebody has them: the HSRP frames of a pcap file, one after the other.
 *
 * Owns:  the bytes of a file.
 * Never: judges a frame.
 */
#ifndef TESTS_PCAP_H
#define TESTS_PCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pcap {
	uint8_t *data; /* with a NUL behind */
	size_t size, at;
	bool swapped, cut; /* cut: the file ends within a record */
	unsigned number;   /* of the frame that was read last, from 1 */
	int64_t time_us;
	uint8_t frame[2048]; /* without a VLAN's tag, as the VLAN's device shows it */
	size_t len;
};

bool pcap_open(struct pcap *p, const char *name); /* false: it cannot be read, or is empty */
bool pcap_is(const struct pcap *p);		  /* false: a file of another kind */
bool pcap_next(struct pcap *p);			  /* the next HSRP frame; false at the end */
void pcap_close(struct pcap *p);

#endif
