/*
 * Bounds-checked reading and writing of wire bytes, big-endian.
 * A reader or writer that ran over its end stays failed and yields zeros: check `failed` once at the end.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
	const uint8_t *p, *end;
	bool failed;
};

struct writer {
	uint8_t *start, *p, *end;
	bool failed;
};

static inline struct reader reader_make(const void *data, size_t len)
{
	return (struct reader){data, (const uint8_t *)data + len, false};
}

static inline size_t reader_left(const struct reader *r)
{
	return r->failed ? 0 : (size_t)(r->end - r->p);
}

/* The next n bytes, or NULL. */
static inline const uint8_t *read_bytes(struct reader *r, size_t n)
{
	if (r->failed || (size_t)(r->end - r->p) < n) {
		r->failed = true;
		return NULL;
	}
	r->p += n;
	return r->p - n;
}

static inline uint8_t read_u8(struct reader *r)
{
	const uint8_t *b = read_bytes(r, 1);
	return b ? b[0] : 0;
}

static inline uint16_t read_u16(struct reader *r)
{
	const uint8_t *b = read_bytes(r, 2);
	return b ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

static inline uint32_t read_u32(struct reader *r)
{
	const uint8_t *b = read_bytes(r, 4);
	return b ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3] : 0;
}

static inline struct writer writer_make(void *data, size_t len)
{
	return (struct writer){data, data, (uint8_t *)data + len, false};
}

static inline size_t writer_len(const struct writer *w)
{
	return (size_t)(w->p - w->start);
}

/* Room for n bytes to be filled by the caller, or NULL. */
static inline uint8_t *write_room(struct writer *w, size_t n)
{
	if (w->failed || (size_t)(w->end - w->p) < n) {
		w->failed = true;
		return NULL;
	}
	w->p += n;
	return w->p - n;
}

static inline void write_bytes(struct writer *w, const void *data, size_t n)
{
	uint8_t *to = write_room(w, n);
	if (to && n)
		memcpy(to, data, n);
}

static inline void write_u8(struct writer *w, uint8_t v)
{
	write_bytes(w, &v, 1);
}

static inline void write_u16(struct writer *w, uint16_t v)
{
	write_bytes(w, (uint8_t[]){v >> 8, v & 0xff}, 2);
}

static inline void write_u32(struct writer *w, uint32_t v)
{
	write_bytes(w, (uint8_t[]){v >> 24, v >> 16 & 0xff, v >> 8 & 0xff, v & 0xff}, 4);
}

#endif
