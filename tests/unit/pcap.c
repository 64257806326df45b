#include "pcap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_MAX = 64 << 20,
	FILE_HEADER = 24,
	RECORD_HEADER = 16,
	VLAN_TAG = 4,
	MACS = 12,
	LEAST = 60 - 18,
	SECOND_US = 1000000
};

static uint32_t word(const uint8_t *p, bool swapped)
{
	return swapped ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
		       : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

bool pcap_open(struct pcap *p, const char *name)
{
	FILE *in = fopen(name, "rb");

	memset(p, 0, sizeof(*p));
	p->data = in ? malloc(FILE_MAX) : NULL;
	p->size = p->data ? fread(p->data, 1, FILE_MAX - 1, in) : 0;
	if (in)
		fclose(in);
	if (p->size < FILE_HEADER) {
		pcap_close(p);
		return false;
	}
	p->data[p->size] = '\0';
	p->swapped = p->data[0] == 0xa1;
	p->at = FILE_HEADER;
	return true;
}

bool pcap_is(const struct pcap *p)
{
	return word(p->data, p->swapped) == 0xa1b2c3d4;
}

static bool is_hsrp(const uint8_t *f, size_t len)
{
	unsigned type = len > LEAST ? (unsigned)f[12] << 8 | f[13] : 0;
	size_t ports = 14 + (size_t)(f[14] & 15) * 4;

	if (type == 0x0800 && f[23] == 17)
		return ports + 4 <= len && f[ports + 2] == 0x07 && f[ports + 3] == 0xc1;
	return type == 0x86dd && f[20] == 17 && len > 58 && f[56] == 0x07 && f[57] == 0xed;
}

bool pcap_next(struct pcap *p)
{
	while (p->at + RECORD_HEADER <= p->size) {
		const uint8_t *record = p->data + p->at;
		size_t len = word(record + 8, p->swapped);
		p->number++;
		p->at += RECORD_HEADER;
		p->cut = len > p->size - p->at;
		if (p->cut)
			return false;
		p->at += len;
		if (len > sizeof(p->frame))
			continue;
		memset(p->frame, 0, sizeof(p->frame));
		memcpy(p->frame, record + RECORD_HEADER, len);
		if (len > LEAST && p->frame[12] == 0x81 && p->frame[13] == 0x00) {
			memmove(p->frame + MACS, p->frame + MACS + VLAN_TAG, len - MACS - VLAN_TAG);
			len -= VLAN_TAG;
		}
		if (!is_hsrp(p->frame, len))
			continue;
		p->len = len;
		p->time_us = (int64_t)word(record, p->swapped) * SECOND_US + word(record + 4, p->swapped);
		return true;
	}
	return false;
}

void pcap_close(struct pcap *p)
{
	free(p->data);
	p->data = NULL;
}
