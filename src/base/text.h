/*
 * A growing text buffer: everything that is printed is put together here first.
 *
 * Owns:  its memory. On exhaustion the text is cut, `oom` is set and stays set; nothing crashes.
 * Never: writes to a file.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
	char *s; /* NUL-terminated once anything was added; NULL when empty */
	size_t len, cap;
	bool oom;
};

void text_free(struct text *t);	 /* frees and resets */
void text_clear(struct text *t); /* keeps the memory */
void text_add(struct text *t, const char *s);
void text_add_n(struct text *t, const char *s, size_t n);
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *t, const char *format, va_list args);
const char *text_str(const struct text *t); /* never NULL */
char *text_take(struct text *t);	    /* hands the string over (caller frees); NULL when empty */

/* Copies at most size-1 bytes and terminates; false when `from` did not fit. */
bool str_copy(char *to, size_t size, const char *from);
bool str_equal_nocase(const char *a, const char *b);
bool str_starts_nocase(const char *s, const char *prefix);
char *str_dup(const char *s); /* NULL on exhaustion */

#endif
