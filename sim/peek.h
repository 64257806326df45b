/*
 * What an outsider sees in a frame: for the trace and the checks. Written from RFC 2281 5.1 and captured frames; shares no
 * code with src/hsrp, so that an error there is not mirrored here.
 */
#ifndef SIM_PEEK_H
#define SIM_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum peek_opcode { PEEK_HELLO, PEEK_COUP, PEEK_RESIGN, PEEK_ADVERTISE };
/* RFC 2281 5.3; the numbers of version 2. */
enum peek_state { PEEK_INITIAL = 1, PEEK_LEARN, PEEK_LISTEN, PEEK_SPEAK, PEEK_STANDBY, PEEK_ACTIVE };

struct peek {
	bool arp; /* gratuitous ARP, or the unsolicited neighbour advertisement that stands for it */
	bool hsrp;
	uint8_t version; /* 1 or 2 */
	uint8_t opcode, state, priority;
	uint16_t group;
	uint32_t hello_ms, hold_ms;
	uint32_t from; /* IPv4 source; of an ARP the sender's address */
	uint32_t vip;
	const uint8_t *mac; /* source, in the frame */
	const uint8_t *payload;
	size_t payload_len;
	const uint8_t *text;   /* eight bytes, NULL when there are none */
	const uint8_t *digest; /* of the MD5 TLV, NULL when there is none */
};

/* False: neither HSRP nor ARP. */
bool peek_frame(struct peek *out, const uint8_t *frame, size_t len);
const char *peek_state_text(unsigned state);
/* Version 6: of IPv6 groups. */
void peek_virtual_mac(unsigned version, unsigned group, uint8_t out[6]);

#endif
