/* The line reader: see line.h. */
#include "shell/line.h"

#include <stdlib.h>
#include <string.h>

enum key {
	KEY_NUL = 0,
	KEY_A = 1,
	KEY_B = 2,
	KEY_C = 3,
	KEY_D = 4,
	KEY_E = 5,
	KEY_F = 6,
	KEY_BACKSPACE = 8,
	KEY_TAB = 9,
	KEY_LF = 10,
	KEY_K = 11,
	KEY_L = 12,
	KEY_CR = 13,
	KEY_N = 14,
	KEY_P = 16,
	KEY_R = 18,
	KEY_U = 21,
	KEY_V = 22,
	KEY_W = 23,
	KEY_X = 24,
	KEY_Z = 26,
	KEY_ESCAPE = 27,
	KEY_DELETE = 127,
};

/* A continuation byte of UTF-8 belongs to the character before it. */
static bool continues(char c)
{
	return ((uint8_t)c & 0xc0) == 0x80;
}

/* Columns of a piece of text: one a character. */
static size_t columns(const char *s, size_t n)
{
	size_t c = 0;

	for (size_t i = 0; i < n; i++)
		c += !continues(s[i]);
	return c;
}

static void repeat(struct text *echo, const char *s, size_t n)
{
	while (n--)
		text_add(echo, s);
}

static void echo_text(struct line *l, struct text *echo, const char *s, size_t n)
{
	if (!l->hidden)
		text_add_n(echo, s, n);
}

static void move_left(struct line *l, size_t to, struct text *echo)
{
	if (!l->hidden)
		repeat(echo, "\b", columns(l->text + to, l->at - to));
	l->at = to;
}

static void move_right(struct line *l, size_t to, struct text *echo)
{
	echo_text(l, echo, l->text + l->at, to - l->at);
	l->at = to;
}

static size_t before(const struct line *l)
{
	size_t at = l->at;

	while (at && continues(l->text[--at]))
		;
	return at;
}

static size_t after(const struct line *l)
{
	size_t at = l->at < l->len ? l->at + 1 : l->len;

	while (at < l->len && continues(l->text[at]))
		at++;
	return at;
}

/* Removes [from, to), the cursor being at `from`: the tail moves left over it. */
static void cut(struct line *l, size_t from, size_t to, struct text *echo)
{
	size_t gone = columns(l->text + from, to - from);

	memmove(l->text + from, l->text + to, l->len - to + 1);
	l->len -= to - from;
	if (l->hidden)
		return;
	text_add_n(echo, l->text + from, l->len - from);
	repeat(echo, " ", gone);
	repeat(echo, "\b", columns(l->text + from, l->len - from) + gone);
}

static void cut_left(struct line *l, size_t from, struct text *echo)
{
	size_t to = l->at;

	move_left(l, from, echo);
	cut(l, from, to, echo);
}

/* A full line takes nothing more, and does not echo it either. */
static void insert(struct line *l, const char *s, size_t n, struct text *echo)
{
	size_t tail = l->len - l->at;

	if (n > LINE_SIZE - l->len)
		return;
	memmove(l->text + l->at + n, l->text + l->at, tail + 1);
	memcpy(l->text + l->at, s, n);
	l->len += n;
	l->at += n;
	if (l->hidden)
		return;
	text_add_n(echo, s, n);
	text_add_n(echo, l->text + l->at, tail);
	repeat(echo, "\b", columns(l->text + l->at, tail));
}

static void cut_word(struct line *l, struct text *echo)
{
	size_t from = l->at;

	while (from && l->text[from - 1] == ' ')
		from--;
	while (from && l->text[from - 1] != ' ')
		from--;
	cut_left(l, from, echo);
}

static void recall(struct line *l, int step, struct text *echo)
{
	unsigned to = l->recall + (unsigned)step;

	if (l->hidden || l->plain || (step < 0 && !l->recall) || to > l->history_count)
		return;
	l->recall = to;
	move_right(l, l->len, echo);
	cut_left(l, 0, echo);
	if (to)
		insert(l, l->history[to - 1], strlen(l->history[to - 1]), echo);
}

static enum line_event finish(struct line *l, enum line_event event, struct text *echo)
{
	if (event == LINE_END && !l->hidden)
		text_add(echo, "^Z");
	text_add(echo, "\r\n");
	return event;
}

/* Arrows, Home, End, Delete as terminals send them; any other sequence is dropped whole. */
static void escape_byte(struct line *l, uint8_t byte, struct text *echo)
{
	if (l->escape == 1 && (byte == '[' || byte == 'O')) {
		l->escape = 2;
		return;
	}
	if (l->escape >= 2 && byte >= 0x20 && byte < 0x40) { /* parameters */
		l->escape = byte == '3' ? 3 : 4;
		return;
	}
	if (l->escape == 2) {
		switch (byte) {
		case 'A': recall(l, 1, echo); break;
		case 'B': recall(l, -1, echo); break;
		case 'C': move_right(l, after(l), echo); break;
		case 'D': move_left(l, before(l), echo); break;
		case 'H': move_left(l, 0, echo); break;
		case 'F': move_right(l, l->len, echo); break;
		default: break;
		}
	} else if (l->escape == 3 && byte == '~') {
		cut(l, l->at, after(l), echo);
	}
	l->escape = 0;
}

static enum line_event control_byte(struct line *l, uint8_t byte, struct text *echo)
{
	switch (byte) {
	case KEY_CR:
	case KEY_LF: l->after_cr = byte == KEY_CR; return finish(l, LINE_ENTER, echo);
	case KEY_Z: return finish(l, LINE_END, echo);
	case KEY_C: return finish(l, LINE_BREAK, echo);
	case KEY_TAB: return LINE_TAB;
	case KEY_R:
	case KEY_L: return l->hidden ? LINE_MORE : LINE_REWRITE;
	case KEY_A: move_left(l, 0, echo); break;
	case KEY_E: move_right(l, l->len, echo); break;
	case KEY_B: move_left(l, before(l), echo); break;
	case KEY_F: move_right(l, after(l), echo); break;
	case KEY_D: cut(l, l->at, after(l), echo); break;
	case KEY_K: cut(l, l->at, l->len, echo); break;
	case KEY_U:
	case KEY_X: cut_left(l, 0, echo); break;
	case KEY_W: cut_word(l, echo); break;
	case KEY_BACKSPACE:
	case KEY_DELETE: cut_left(l, before(l), echo); break;
	case KEY_P: recall(l, 1, echo); break;
	case KEY_N: recall(l, -1, echo); break;
	case KEY_V: l->quoted = true; break;
	case KEY_ESCAPE: l->escape = 1; break;
	default: break; /* NUL keeps a connection alive; Ctrl-^ and the rest mean nothing here */
	}
	return LINE_MORE;
}

enum line_event line_byte(struct line *l, uint8_t byte, struct text *echo)
{
	bool second = l->after_cr && (byte == KEY_LF || byte == KEY_NUL);
	char c = (char)byte;

	l->after_cr = false;
	if (second)
		return LINE_MORE;
	if (l->escape && byte >= 0x20) {
		escape_byte(l, byte, echo);
		return LINE_MORE;
	}
	l->escape = 0;
	if (l->quoted && byte != KEY_NUL && byte != KEY_CR && byte != KEY_LF) {
		l->quoted = false;
		insert(l, &c, 1, echo);
		return LINE_MORE;
	}
	l->quoted = false;
	if (byte == KEY_TAB && l->plain)
		return LINE_MORE;
	if (byte < 0x20 || byte == KEY_DELETE)
		return control_byte(l, byte, echo);
	if (byte == '?' && !l->plain) {
		text_add(echo, "?\r\n");
		return LINE_HELP;
	}
	insert(l, &c, 1, echo);
	return LINE_MORE;
}

void line_clear(struct line *l)
{
	explicit_bzero(l->text, l->len); /* it may have been a secret */
	l->len = l->at = 0;
	l->recall = 0;
	l->quoted = false;
	l->escape = 0;
}

void line_remember(struct line *l)
{
	char *copy;

	if (l->hidden || l->plain || !l->len || (l->history_count && !strcmp(l->history[0], l->text)))
		return;
	copy = str_dup(l->text);
	if (!copy)
		return;
	if (l->history_count == LINE_HISTORY)
		free(l->history[--l->history_count]);
	memmove(l->history + 1, l->history, l->history_count * sizeof(*l->history));
	l->history[0] = copy;
	l->history_count++;
}

void line_rewrite(struct line *l, struct text *echo)
{
	echo_text(l, echo, l->text, l->len);
	if (!l->hidden)
		repeat(echo, "\b", columns(l->text + l->at, l->len - l->at));
}

int line_complete(struct line *l, const char *text, struct text *echo)
{
	size_t n = strlen(text), had = l->at;
	char tail[LINE_SIZE + 1];

	if (n > had && !memcmp(text, l->text, had)) {
		insert(l, text + had, n - had, echo);
		return (int)had;
	}
	if (n == had && !memcmp(text, l->text, had))
		return (int)had;
	memcpy(tail, l->text + l->at, l->len - l->at + 1);
	if (n + strlen(tail) > LINE_SIZE)
		return (int)had;
	memcpy(l->text, text, n);
	memcpy(l->text + n, tail, strlen(tail) + 1);
	l->len = n + strlen(tail);
	l->at = n;
	return -1;
}

void line_before_cursor(const struct line *l, char out[LINE_SIZE + 1])
{
	memcpy(out, l->text, l->at);
	out[l->at] = 0;
}

void line_free(struct line *l)
{
	line_clear(l);
	while (l->history_count)
		free(l->history[--l->history_count]);
}
