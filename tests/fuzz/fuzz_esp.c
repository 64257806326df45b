/* What a stranger can send to a tunnel endpoint that listens for ESP. */
#include <stdlib.h>

#include "linux/esp_ear.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct esp_heard h;

	if (esp_parse(data, size, &h) && (h.spi <= 255 || h.packets != 1 || h.remote.family != IP_V4))
		abort();
	return 0;
}
