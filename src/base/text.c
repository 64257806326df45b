#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_free(struct text *t)
{
	free(t->s);
	*t = (struct text){0};
}

void text_clear(struct text *t)
{
	t->len = 0;
	if (t->s)
		t->s[0] = '\0';
}

/* Room for n more bytes and the terminator. */
static bool text_reserve(struct text *t, size_t n)
{
	if (t->oom)
		return false;
	if (n < t->cap - t->len && t->cap > 0)
		return true;
	size_t cap = t->cap ? t->cap : 128;
	while (cap - t->len <= n) {
		if (cap > SIZE_MAX / 2)
			goto oom;
		cap *= 2;
	}
	char *s = realloc(t->s, cap);
	if (!s)
		goto oom;
	t->s = s;
	t->cap = cap;
	return true;
oom:
	t->oom = true;
	return false;
}

void text_add_n(struct text *t, const char *s, size_t n)
{
	if (!text_reserve(t, n))
		return;
	memcpy(t->s + t->len, s, n);
	t->len += n;
	t->s[t->len] = '\0';
}

void text_add(struct text *t, const char *s)
{
	text_add_n(t, s, strlen(s));
}

void text_vprintf(struct text *t, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	if (n > 0 && text_reserve(t, (size_t)n)) {
		vsnprintf(t->s + t->len, (size_t)n + 1, format, again);
		t->len += (size_t)n;
	}
	va_end(again);
}

void text_printf(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vprintf(t, format, args);
	va_end(args);
}

const char *text_str(const struct text *t)
{
	return t->s ? t->s : "";
}

char *text_take(struct text *t)
{
	char *s = t->s;

	*t = (struct text){0};
	return s;
}

bool str_copy(char *to, size_t size, const char *from)
{
	size_t len = strlen(from), n = len < size ? len : size - 1;

	memcpy(to, from, n);
	to[n] = '\0';
	return n == len;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_equal_nocase(const char *a, const char *b)
{
	for (; *a && lower(*a) == lower(*b); a++, b++)
		;
	return lower(*a) == lower(*b);
}

bool str_starts_nocase(const char *s, const char *prefix)
{
	for (; *prefix; s++, prefix++)
		if (lower(*s) != lower(*prefix))
			return false;
	return true;
}

char *str_dup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = malloc(n);

	return copy ? memcpy(copy, s, n) : NULL;
}
