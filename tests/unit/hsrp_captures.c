/*
 * Reads captures of real routers, where somebody has them: hsrp_captures FILE.pcap | VECTORS.txt …
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
#include "pcap.h"

static struct {
	unsigned frames, parsed, same, digests;
	unsigned failed;
} tally;

static void failed(const char *where, unsigned number, const char *what)
{
	printf("FAILED: %s #%u: %s\n", where, number, what);
	tally.failed++;
}

static void frame(const char *where, const struct pcap *c)
{
	unsigned number = c->number;
	uint8_t again[256];
	struct hsrp_frame f;
	struct hsrp_packet p;

	tally.frames++;
	if (hsrp_frame_read(&f, c->frame, c->len, true) != HSRP_WIRE_OK) {
		if (hsrp_frame_read(&f, c->frame, c->len, false) != HSRP_WIRE_OK) {
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
	struct pcap c;
	unsigned number = 0;

	if (!pcap_open(&c, name)) {
		failed(name, 0, "cannot be read");
		return;
	}
	while (pcap_is(&c) && pcap_next(&c))
		frame(name, &c);
	if (c.cut)
		failed(name, c.number, "the file ends within a record");
	for (char *line, *rest = pcap_is(&c) ? NULL : (char *)c.data; (line = strsep(&rest, "\n"));)
		if (number++, line[0] && line[0] != '#')
			vector(name, number, line);
	pcap_close(&c);
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
