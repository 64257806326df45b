#include "linux/vici_wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- building ---- */

static uint8_t *grow(struct vici_message *m, size_t n)
{
	if (m->error)
		return NULL;
	if (m->cap - m->len < n) {
		size_t cap = m->cap ? m->cap : 256;
		while (cap - m->len < n)
			cap *= 2;
		uint8_t *data = malloc(cap);
		if (!data) {
			m->error = -ENOMEM;
			return NULL;
		}
		if (m->data) {
			memcpy(data, m->data, m->len);
			explicit_bzero(m->data, m->len); /* realloc would leave a key behind */
			free(m->data);
		}
		m->data = data;
		m->cap = cap;
	}
	m->len += n;
	return m->data + m->len - n;
}

static void put_named(struct vici_message *m, enum vici_type type, const char *name)
{
	size_t n = strlen(name);
	uint8_t *to;

	if (n > VICI_NAME_MAX)
		m->error = -EMSGSIZE;
	to = grow(m, 2 + n);
	if (!to)
		return;
	to[0] = (uint8_t)type;
	to[1] = (uint8_t)n;
	memcpy(to + 2, name, n);
}

static void put_blob(struct vici_message *m, const void *value, size_t len)
{
	uint8_t *to;

	if (len > VICI_VALUE_MAX)
		m->error = -EMSGSIZE;
	to = grow(m, 2 + len);
	if (!to)
		return;
	to[0] = (uint8_t)(len >> 8);
	to[1] = (uint8_t)len;
	if (len)
		memcpy(to + 2, value, len);
}

static void put_type(struct vici_message *m, enum vici_type type)
{
	uint8_t *to = grow(m, 1);

	if (to)
		*to = (uint8_t)type;
}

void vici_section(struct vici_message *m, const char *name)
{
	if (m->in_list || m->depth == VICI_DEPTH_MAX)
		m->error = -EINVAL;
	put_named(m, VICI_SECTION_START, name);
	m->depth++;
}

void vici_section_end(struct vici_message *m)
{
	if (m->in_list || m->depth == 0) {
		m->error = -EINVAL;
		return;
	}
	put_type(m, VICI_SECTION_END);
	m->depth--;
}

void vici_value_n(struct vici_message *m, const char *key, const void *value, size_t len)
{
	if (m->in_list)
		m->error = -EINVAL;
	put_named(m, VICI_KEY_VALUE, key);
	put_blob(m, value, len);
}

void vici_value(struct vici_message *m, const char *key, const char *value)
{
	vici_value_n(m, key, value, strlen(value));
}

void vici_valuef(struct vici_message *m, const char *key, const char *format, ...)
{
	char value[512];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(value)) {
		m->error = -EMSGSIZE;
		return;
	}
	vici_value_n(m, key, value, (size_t)n);
}

void vici_list(struct vici_message *m, const char *name)
{
	if (m->in_list)
		m->error = -EINVAL;
	put_named(m, VICI_LIST_START, name);
	m->in_list = true;
}

void vici_item(struct vici_message *m, const char *value)
{
	if (!m->in_list)
		m->error = -EINVAL;
	put_type(m, VICI_LIST_ITEM);
	put_blob(m, value, strlen(value));
}

void vici_list_end(struct vici_message *m)
{
	if (!m->in_list)
		m->error = -EINVAL;
	put_type(m, VICI_LIST_END);
	m->in_list = false;
}

void vici_list_of_one(struct vici_message *m, const char *name, const char *value)
{
	vici_list(m, name);
	vici_item(m, value);
	vici_list_end(m);
}

int vici_message_done(const struct vici_message *m)
{
	if (m->error)
		return m->error;
	if (m->depth || m->in_list)
		return -EINVAL;
	return m->len > VICI_SEGMENT_MAX - 2 - VICI_NAME_MAX ? -EMSGSIZE : 0;
}

void vici_message_free(struct vici_message *m)
{
	if (m->data)
		explicit_bzero(m->data, m->cap);
	free(m->data);
	*m = (struct vici_message){0};
}

/* ---- reading ---- */

struct vici_parser vici_parser_make(const void *data, size_t len)
{
	return (struct vici_parser){.in = reader_make(data, len)};
}

/* What may stand inside a list, and what outside. */
static bool type_fits(enum vici_type type, bool in_list)
{
	if (type == VICI_LIST_ITEM || type == VICI_LIST_END)
		return in_list;
	return type >= VICI_SECTION_START && type <= VICI_LIST_START && !in_list;
}

static void read_name(struct vici_parser *p, struct vici_token *t)
{
	t->name_len = read_u8(&p->in);
	t->name = (const char *)read_bytes(&p->in, t->name_len);
}

static void read_value(struct vici_parser *p, struct vici_token *t)
{
	t->value_len = read_u16(&p->in);
	t->value = (const char *)read_bytes(&p->in, t->value_len);
}

static enum vici_type broken(struct vici_parser *p, struct vici_token *t)
{
	p->broken = true;
	*t = (struct vici_token){.type = VICI_BROKEN};
	return VICI_BROKEN;
}

enum vici_type vici_next(struct vici_parser *p, struct vici_token *t)
{
	*t = (struct vici_token){.type = VICI_END};
	if (p->broken)
		return broken(p, t);
	if (reader_left(&p->in) == 0)
		return p->depth || p->in_list ? broken(p, t) : VICI_END;

	t->type = (enum vici_type)read_u8(&p->in);
	t->depth = p->depth;
	if (!type_fits(t->type, p->in_list))
		return broken(p, t);
	switch (t->type) {
	case VICI_SECTION_START:
		read_name(p, t);
		if (p->depth++ == VICI_DEPTH_MAX)
			return broken(p, t);
		break;
	case VICI_SECTION_END:
		if (p->depth == 0)
			return broken(p, t);
		t->depth = --p->depth;
		break;
	case VICI_KEY_VALUE:
		read_name(p, t);
		read_value(p, t);
		break;
	case VICI_LIST_START:
		read_name(p, t);
		p->list = t->name;
		p->list_len = t->name_len;
		p->in_list = true;
		break;
	case VICI_LIST_ITEM:
		read_value(p, t);
		t->name = p->list;
		t->name_len = p->list_len;
		break;
	default: /* VICI_LIST_END: type_fits() left nothing else */ p->in_list = false; break;
	}
	return p->in.failed ? broken(p, t) : t->type;
}

bool vici_skip_section(struct vici_parser *p)
{
	unsigned outside = p->depth - 1;
	struct vici_token t;

	while (vici_next(p, &t) > VICI_END)
		if (t.type == VICI_SECTION_END && t.depth == outside)
			return true;
	return false;
}

static bool is(const char *text, const char *bytes, size_t len)
{
	/* Without any bytes there may be no pointer either, which memcmp does not take. */
	return strlen(text) == len && (len == 0 || memcmp(text, bytes, len) == 0);
}

bool vici_name_is(const struct vici_token *t, const char *name)
{
	return is(name, t->name, t->name_len);
}

bool vici_value_is(const struct vici_token *t, const char *value)
{
	return is(value, t->value, t->value_len);
}

static bool copy(const char *from, size_t len, char *to, size_t size)
{
	*to = '\0';
	if (len >= size || (len && memchr(from, '\0', len)))
		return false;
	if (len)
		memcpy(to, from, len);
	to[len] = '\0';
	return true;
}

bool vici_copy_name(const struct vici_token *t, char *to, size_t size)
{
	return copy(t->name, t->name_len, to, size);
}

bool vici_copy_value(const struct vici_token *t, char *to, size_t size)
{
	return copy(t->value, t->value_len, to, size);
}

bool vici_number(const struct vici_token *t, uint64_t *out)
{
	uint64_t n = 0;

	if (t->value_len == 0)
		return false;
	for (size_t i = 0; i < t->value_len; i++) {
		unsigned digit = (unsigned)(unsigned char)t->value[i] - '0';
		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return true;
}

bool vici_find(const void *data, size_t len, const char *key, struct vici_token *out)
{
	struct vici_parser p = vici_parser_make(data, len);

	while (vici_next(&p, out) > VICI_END)
		if (out->type == VICI_KEY_VALUE && out->depth == 0 && vici_name_is(out, key))
			return true;
	return false;
}

bool vici_frame_parse(const void *segment, size_t len, struct vici_frame *out)
{
	static const bool named[] = {[VICI_CMD_REQUEST] = true,
		[VICI_EVENT_REGISTER] = true,
		[VICI_EVENT_UNREGISTER] = true,
		[VICI_EVENT] = true};
	struct reader r = reader_make(segment, len);
	unsigned type = read_u8(&r);

	*out = (struct vici_frame){.type = (enum vici_packet)type};
	if (r.failed || type > VICI_EVENT)
		return false;
	if (named[type]) {
		size_t n = read_u8(&r);
		const uint8_t *name = read_bytes(&r, n);
		if (!name || !copy((const char *)name, n, out->name, sizeof(out->name)))
			return false;
	}
	out->len = reader_left(&r);
	out->body = read_bytes(&r, out->len);
	return !r.failed;
}
