/* Frames of the control protocol, pure: see control.h. */
#include "daemon/control.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

int control_frame(const uint8_t *data, size_t len, uint8_t *type, const uint8_t **body, size_t *body_len)
{
	struct reader r = reader_make(data, len);
	uint32_t n = read_u32(&r);
	uint8_t t = read_u8(&r);

	if (r.failed)
		return 0;
	if (n > CONTROL_BODY_MAX)
		return -EMSGSIZE;
	if ((t < CONTROL_HELLO || t > CONTROL_BREAK) && (t < CONTROL_OUTPUT || t > CONTROL_REFUSED))
		return -EBADMSG;
	if (reader_left(&r) < n)
		return 0;
	*type = t;
	*body = r.p;
	*body_len = n;
	return (int)(CONTROL_HEADER + n);
}

void control_header(uint8_t out[CONTROL_HEADER], enum control_type type, size_t body_len)
{
	struct writer w = writer_make(out, CONTROL_HEADER);

	write_u32(&w, (uint32_t)body_len);
	write_u8(&w, (uint8_t)type);
}

/* The rest of a body as text; false when it does not fit or holds a NUL. */
static bool get_rest(struct reader *r, char *out, size_t size)
{
	size_t n = reader_left(r);
	const uint8_t *b = read_bytes(r, n);

	if (!b || n >= size || memchr(b, 0, n))
		return false;
	memcpy(out, b, n);
	out[n] = 0;
	return true;
}

size_t control_put_hello(uint8_t *out, size_t size, const struct control_hello *h)
{
	struct writer w = writer_make(out, size);

	write_u8(&w, h->version);
	write_u8(&w, h->kind);
	write_u16(&w, h->rows);
	write_u16(&w, h->columns);
	write_bytes(&w, h->login, strlen(h->login));
	return w.failed ? 0 : writer_len(&w);
}

bool control_get_hello(const uint8_t *body, size_t len, struct control_hello *out)
{
	struct reader r = reader_make(body, len);

	*out = (struct control_hello){0};
	out->version = read_u8(&r);
	out->kind = read_u8(&r);
	out->rows = read_u16(&r);
	out->columns = read_u16(&r);
	return !r.failed && out->kind <= CONTROL_SCRIPT && get_rest(&r, out->login, sizeof(out->login));
}

size_t control_put_done(uint8_t *out, size_t size, const struct control_done *d)
{
	struct writer w = writer_make(out, size);

	write_u8(&w, d->status);
	write_u8(&w, d->flags);
	write_u16(&w, d->page);
	write_bytes(&w, d->prompt, strlen(d->prompt));
	return w.failed ? 0 : writer_len(&w);
}

bool control_get_done(const uint8_t *body, size_t len, struct control_done *out)
{
	struct reader r = reader_make(body, len);

	*out = (struct control_done){0};
	out->status = read_u8(&r);
	out->flags = read_u8(&r);
	out->page = read_u16(&r);
	return !r.failed && get_rest(&r, out->prompt, sizeof(out->prompt));
}
