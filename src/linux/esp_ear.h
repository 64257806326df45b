/*
 * Hears ESP that comes in for one of our addresses, in UDP or not, whatever becomes of it afterwards.
 *
 * Owns:  one packet socket a listener. A BPF program in the kernel lets through first fragments of ESP to the one address.
 * Never: knows which SAs exist; sees a payload (the first words only); keeps up with everything: the socket holds some
 *        dozens of packets, and what comes while it is full is dropped by the kernel before it is copied. It is a sample.
 *
 * ESP in UDP (RFC 3948) is port 4500 whose first word, the SPI, is not zero: zero marks IKE.
 */
#ifndef LINUX_ESP_EAR_H
#define LINUX_ESP_EAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

enum {
	ESP_EAR_BATCH = 64,  /* packets in one esp_ear_read */
	ESP_EAR_LENGTH = 80, /* bytes of a packet that are looked at */
};

/* Packets of one SA of one peer. */
struct esp_heard {
	struct ipaddr remote;
	uint16_t remote_port; /* 0: not in UDP */
	uint32_t spi, packets;
};

/* An IPv4 packet from its first byte on (pure). False when it is no ESP that could be told an SA. */
bool esp_parse(const uint8_t *packet, size_t len, struct esp_heard *out);

/* A socket that hears what arrives at `address` on a device: a descriptor or -errno. */
int esp_ear_open(int ifindex, const struct ipaddr *address);
/* At most ESP_EAR_BATCH packets, those of the same SA as one: how many entries of `out` are filled; 0 when nothing waits
 * or the device is gone. */
size_t esp_ear_read(int fd, struct esp_heard out[ESP_EAR_BATCH]);

#endif
