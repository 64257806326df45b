/* Any bytes on the control socket: frames, hello, done. */
#include <stdint.h>
#include <stdlib.h>

#include "daemon/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	while (size) {
		struct control_hello hello;
		struct control_done done;
		const uint8_t *body;
		size_t len;
		uint8_t type;
		int n = control_frame(data, size, &type, &body, &len);

		if (n <= 0)
			break;
		if (control_get_hello(body, len, &hello)) {
			uint8_t again[sizeof(hello)];

			/* What was accepted is written back byte for byte. */
			if (control_put_hello(again, sizeof(again), &hello) != len)
				abort();
		}
		if (control_get_done(body, len, &done)) {
			uint8_t again[sizeof(done)];

			if (control_put_done(again, sizeof(again), &done) != len)
				abort();
		}
		data += n;
		size -= (size_t)n;
	}
	return 0;
}
