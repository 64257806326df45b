/* Whatever comes out of an nfnetlink_log socket. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "linux/nflog.h"

static void on_packet(void *arg, const struct nflog_packet *p)
{
	char text[IP_TEXT_MAX];

	if (!ip_is_set(&p->source) && !ip_is_set(&p->destination) &&
		p->source.family != p->destination.family)
		abort();
	*(size_t *)arg += strlen(ip_format(&p->source, text)) + strlen(ip_format(&p->destination, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t sum = 0;
	uint8_t *aligned = malloc(size + 1);

	if (!aligned)
		return 0;
	memcpy(aligned, data, size);
	nflog_parse(aligned, size, on_packet, &sum);
	free(aligned);
	return 0;
}
