/*
 * VICI messages, the language of charon's control socket: building and reading, without any I/O.
 * The format is strongSwan's src/libcharon/plugins/vici/README.md.
 *
 * Owns:  struct vici_message (a message being built) and struct vici_parser (a pull parser over received bytes).
 * Never: copies what it parses (tokens point into the input), recurses, trusts a length or a nesting.
 *        A broken message yields VICI_BROKEN and stays broken.
 */
#ifndef LINUX_VICI_WIRE_H
#define LINUX_VICI_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
	VICI_SEGMENT_MAX = 512 * 1024, /* charon's VICI_MESSAGE_SIZE_MAX: it drops who sends more */
	VICI_NAME_MAX = 255,
	VICI_VALUE_MAX = 65535,
	VICI_DEPTH_MAX = 16, /* list-sa nests 4 deep */
};

enum vici_packet {
	VICI_CMD_REQUEST = 0,
	VICI_CMD_RESPONSE = 1,
	VICI_CMD_UNKNOWN = 2,
	VICI_EVENT_REGISTER = 3,
	VICI_EVENT_UNREGISTER = 4,
	VICI_EVENT_CONFIRM = 5,
	VICI_EVENT_UNKNOWN = 6,
	VICI_EVENT = 7,
};

enum vici_type {
	VICI_END = 0, /* the message ended where it should */
	VICI_SECTION_START = 1,
	VICI_SECTION_END = 2,
	VICI_KEY_VALUE = 3,
	VICI_LIST_START = 4,
	VICI_LIST_ITEM = 5,
	VICI_LIST_END = 6,
	VICI_BROKEN = -1,
};

/* A message being built. Grows as needed; on exhaustion, or on a name or value that does not fit, it fails for
 * good and vici_message_done() says so. Zero is an empty message. */
struct vici_message {
	uint8_t *data;
	size_t len, cap;
	unsigned depth;
	bool in_list;
	int error;
};

void vici_section(struct vici_message *m, const char *name);
void vici_section_end(struct vici_message *m);
void vici_value_n(struct vici_message *m, const char *key, const void *value, size_t len);
void vici_value(struct vici_message *m, const char *key, const char *value);
void vici_valuef(struct vici_message *m, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4))); /* at most 511 bytes */
void vici_list(struct vici_message *m, const char *name);
void vici_item(struct vici_message *m, const char *value);
void vici_list_end(struct vici_message *m);
void vici_list_of_one(struct vici_message *m, const char *name, const char *value);

/* 0, or -EMSGSIZE or -ENOMEM when something did not fit, -EINVAL when a section or list is still open. */
int vici_message_done(const struct vici_message *m);
void vici_message_free(struct vici_message *m); /* wipes: messages carry keys */

/* One element. Names and values are not terminated; a list item carries the name of its list. */
struct vici_token {
	enum vici_type type;
	unsigned depth; /* sections around this element */
	const char *name, *value;
	size_t name_len, value_len;
};

struct vici_parser {
	struct reader in;
	const char *list;
	size_t list_len;
	unsigned depth;
	bool in_list, broken;
};

struct vici_parser vici_parser_make(const void *data, size_t len);
enum vici_type vici_next(struct vici_parser *p, struct vici_token *out);
/* After a section start: reads on to behind its end. False when the message is broken. */
bool vici_skip_section(struct vici_parser *p);

bool vici_name_is(const struct vici_token *t, const char *name);
bool vici_value_is(const struct vici_token *t, const char *value);
/* Copies name or value into a terminated string; false (and an empty string) when it does not fit or has a NUL. */
bool vici_copy_name(const struct vici_token *t, char *to, size_t size);
bool vici_copy_value(const struct vici_token *t, char *to, size_t size);
/* A decimal number; false when it is anything else. */
bool vici_number(const struct vici_token *t, uint64_t *out);
/* Finds the value of a key on the top level of a message. */
bool vici_find(const void *data, size_t len, const char *key, struct vici_token *out);

/* The packet inside one segment: its type, its name where the type has one, and the message. False when broken. */
struct vici_frame {
	enum vici_packet type;
	char name[VICI_NAME_MAX + 1]; /* "" for the types without a name */
	const uint8_t *body;
	size_t len;
};
bool vici_frame_parse(const void *segment, size_t len, struct vici_frame *out);

#endif
