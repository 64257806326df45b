/* Whatever comes out of charon's socket: one segment, and the translation of its message. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "linux/ike_wire.h"
#include "linux/vici_wire.h"

static void use_ike(void *user, const struct ike_sa *sa, enum ike_part part)
{
	uint64_t *sum = user;

	*sum += sa->id + strlen(sa->conn) + strlen(sa->local_id) + strlen(sa->remote_id) + (unsigned)part;
}

static void use_child(void *user, const struct child_sa *sa, enum ike_part part)
{
	char text[IKE_SELECTOR_TEXT_MAX];
	uint64_t *sum = user;

	*sum += sa->id + strlen(sa->conn) + strlen(sa->child) + (unsigned)part;
	for (unsigned i = 0; i < sa->local_count; i++)
		*sum += strlen(ike_selector_format(&sa->local[i], text));
	for (unsigned i = 0; i < sa->remote_count; i++)
		*sum += strlen(ike_selector_format(&sa->remote[i], text));
}

static volatile uint64_t sink; /* so that nothing is optimized away */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t sum = 0;
	const struct ike_visitor v = {use_ike, use_child, &sum, 1};
	struct vici_frame f;
	struct vici_token t;

	if (vici_frame_parse(data, size, &f)) {
		(void)vici_find(f.body, f.len, "success", &t);
		(void)ike_decode(f.body, f.len, &v);
	}
	/* The interesting part has no frame around it. */
	(void)ike_decode(data, size, &v);
	sink = sum;
	return 0;
}
