/*
 * The cores' structs to VICI messages and back. Pure apart from the C library's protocol and service names, which charon
 * uses when it prints a selector.
 *
 * Owns:  nothing.
 * Never: sends, remembers.
 */
#ifndef LINUX_IKE_WIRE_H
#define LINUX_IKE_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "ipsec/ike.h"
#include "linux/vici_wire.h"

/* load-conn and load-shared. */
void ike_encode_conn(struct vici_message *m, const struct ike_conn *c);
void ike_encode_secret(struct vici_message *m, const struct ike_secret *s);

enum { IKE_SELECTOR_TEXT_MAX = PREFIX_TEXT_MAX + 24 };
/* "192.168.1.0/24", "10.0.0.1/32[6/80]", "10.0.0.0/8[17/100-200]". */
const char *ike_selector_format(const struct ike_selector *s, char out[IKE_SELECTOR_TEXT_MAX]);
/* What charon prints: also names ("[tcp/http]"), and an IPv4 range "A..B", which becomes several prefixes.
 * Writes at most `max`; the number it takes, 0 when the text is none, or does not fit. */
unsigned ike_selector_parse(const char *text, struct ike_selector *out, unsigned max);

/* Messages about SAs: list-sa, ike-updown, child-updown, child-rekey, ike-rekey, ike-update. A rekey tells of an old and
 * a new SA, the others of whole ones. IKE_SAs come before their children. */
enum ike_part { IKE_PART_WHOLE, IKE_PART_OLD, IKE_PART_NEW };
struct ike_visitor {
	void (*ike_sa)(void *user, const struct ike_sa *sa, enum ike_part part);
	void (*child_sa)(void *user, const struct child_sa *sa, enum ike_part part);
	void *user;
	uint32_t incarnation; /* written into what is visited */
};
/* False when the message is broken; what came before has been visited then. SAs without a connection's name or without
 * an id are left out, as is a traffic selector that cannot be expressed (no route shall come from it). */
bool ike_decode(const void *body, size_t len, const struct ike_visitor *v);

#endif
