/*
 * Reads captures of real routers, where somebody has them: hsrp_captures [-k KEY] FILE.pcap | VECTORS.txt …
 *
 * Every HSRP frame must parse; what is written from it again must be the same payload, or is listed (routers leave bytes
 * uncleared that we send as zero). A text file has lines of key, description, origin and payload with digest, in tabs: every
 * digest must be right, and wrong once a bit is turned. Exit status 0: all of that held.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hsrp/auth.h"
#include "linux/md5.h"

enum { FILE_MAX = 64 << 20, LINE = 2048, RECORD_HEADER = 16, FILE_HEADER = 24, VLAN_TAG = 4, MACS = 12 };

static struct {
	unsigned frames, parsed, same, digests;
	unsigned failed;
} tally;

static void failed(const char *where, unsigned number, const char *what)
{
	printf("FAILED: %s #%u: %s\n", where, number, what);
	tally.failed++;
}

static bool is_hsrp(const uint8_t *f, size_t len)
{
	unsigned type = len > 60 - 18 ? (unsigned)f[12] << 8 | f[13] : 0;

	if (type == 0x0800 && f[23] == 17)
		return f[14 + (f[14] & 15) * 4 + 2] == 0x07 && f[14 + (f[14] & 15) * 4 + 3] == 0xc1;
	return type == 0x86dd && f[20] == 17 && len > 58 && f[56] == 0x07 && f[57] == 0xed;
}

static void frame(const char *where, unsigned number, const uint8_t *bytes, size_t len)
{
	uint8_t plain[2048], again[256];
	struct hsrp_frame f;
	struct hsrp_packet p;

	if (len < 60 - 18 || len > sizeof(plain))
		return;
	memcpy(plain, bytes, len);
	if (plain[12] == 0x81 && plain[13] == 0x00) { /* a VLAN's device shows frames without their tag */
		memmove(plain + MACS, plain + MACS + VLAN_TAG, len - MACS - VLAN_TAG);
		len -= VLAN_TAG;
	}
	if (!is_hsrp(plain, len))
		return;
	tally.frames++;
	if (hsrp_frame_read(&f, plain, len, true) != HSRP_WIRE_OK) {
		if (hsrp_frame_read(&f, plain, len, false) != HSRP_WIRE_OK) {
			failed(where, number, "the frame was not read");
			return;
		}
		printf("%s #%u: refused for its UDP checksum only\n", where, number);
	}
	if (hsrp_packet_read(&p, f.payload, f.payload_len) != HSRP_WIRE_OK) {
		failed(where, number, "the payload was not read");
		return;
	}
	tally.parsed++;
	size_t n = hsrp_packet_write(&p, again, sizeof(again));
	if (n == f.payload_len && !memcmp(again, f.payload, n)) {
		tally.same++;
		return;
	}
	printf("%s #%u: written again it differs:", where, number);
	for (size_t at = 0; at < f.payload_len; at++)
		if (at >= n || again[at] != f.payload[at])
			printf(" [%zu] %02x", at, f.payload[at]);
	printf("\n");
}

static uint32_t word(const uint8_t *p, bool swapped)
{
	return swapped ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
		       : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void pcap(const char *where, const uint8_t *data, size_t size)
{
	bool swapped = data[0] == 0xa1;
	unsigned number = 0;

	for (size_t at = FILE_HEADER; at + RECORD_HEADER <= size;) {
		size_t len = word(data + at + 8, swapped);
		at += RECORD_HEADER;
		if (len > size - at) {
			failed(where, number + 1, "the file ends within a record");
			return;
		}
		frame(where, ++number, data + at, len);
		at += len;
	}
}

static void vector(const char *where, unsigned number, char *line)
{
	char *field[4], *rest = line;
	uint8_t payload[256];
	struct hsrp_packet p;
	size_t len = 0;

	for (unsigned n = 0; n < 4; n++)
		if (!(field[n] = strsep(&rest, "\t\n")))
			return;
	for (const char *hex = field[3]; len < sizeof(payload) && sscanf(hex, "%2hhx", &payload[len]) == 1;
		hex += 2)
		len++;
	struct hsrp_auth auth = {.kind = HSRP_AUTH_MD5, .key_len = (uint8_t)strlen(field[0])};
	memcpy(auth.key, field[0], auth.key_len);
	if (hsrp_packet_read(&p, payload, len) != HSRP_WIRE_OK) {
		failed(where, number, "the payload was not read");
		return;
	}
	if (!hsrp_auth_matches(&auth, md5_sum, &p, payload, len)) {
		failed(where, number, "the digest is refused");
		return;
	}
	payload[5] ^= 1;
	if (hsrp_packet_read(&p, payload, len) == HSRP_WIRE_OK &&
		hsrp_auth_matches(&auth, md5_sum, &p, payload, len))
		failed(where, number, "a changed payload is accepted");
	tally.digests++;
}

static void file(const char *name)
{
	static uint8_t data[FILE_MAX];
	FILE *in = fopen(name, "rb");
	size_t size = in ? fread(data, 1, sizeof(data) - 1, in) : 0;
	unsigned number = 0;

	if (in)
		fclose(in);
	if (size < FILE_HEADER) {
		failed(name, 0, "cannot be read");
		return;
	}
	bool captured = word(data, false) == 0xa1b2c3d4 || word(data, true) == 0xa1b2c3d4;
	if (captured) {
		pcap(name, data, size);
		return;
	}
	data[size] = '\0';
	for (char *line, *rest = (char *)data; (line = strsep(&rest, "\n"));)
		if (number++, line[0] && line[0] != '#')
			vector(name, number, line);
}

int main(int argc, char **argv)
{
	if (argc < 2 || !md5_open()) {
		fprintf(stderr, "usage: hsrp_captures FILE.pcap | VECTORS.txt ...\n");
		return 2;
	}
	for (int n = 1; n < argc; n++)
		file(argv[n]);
	printf("%u HSRP frames, %u read, %u written again to the byte, %u digests right, %u failed\n",
		tally.frames, tally.parsed, tally.same, tally.digests, tally.failed);
	return tally.failed || tally.frames + tally.digests == 0;
}
