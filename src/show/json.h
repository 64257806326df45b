/*
 * A streaming JSON writer: commas, quotes and escapes, nothing else.
 *
 * Owns:  the depth and whether a comma is due.
 * Never: buffers. What is not UTF-8 in a string comes out as U+FFFD, so that the output is always valid JSON.
 */
#ifndef SHOW_JSON_H
#define SHOW_JSON_H

#include "base/ip.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { JSON_DEPTH_MAX = 31 };

struct json {
	struct text *out;
	uint32_t comma; /* bit n: a value was written at depth n */
	unsigned depth;
};

/* `key` is NULL inside an array and at the top. */
void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);
void json_string(struct json *j, const char *key, const char *value); /* NULL: null */
void json_int(struct json *j, const char *key, int64_t value);
void json_uint(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);
void json_ip(struct json *j, const char *key, const struct ipaddr *a); /* not set: null */
void json_prefix(struct json *j, const char *key, const struct prefix *p);
void json_mac(struct json *j, const char *key, const struct mac *m); /* dotted */

#endif
