/*
 * The line reader: bytes of a terminal in, echo and events out. Pure.
 *
 * Owns:  the line being typed, its cursor, the history.
 * Never: repaints what was typed, sends an escape sequence, looks at the terminal's size: tools that drive an IOS box
 *        over SSH compare the echo byte for byte. Editing moves with backspaces, as IOS does.
 *
 * Line ends: CR, LF, CR LF and CR NUL are one each. Keys: Backspace, Delete, Ctrl-D, arrows, Ctrl-A E B F K U W X, Ctrl-P and N
 * (history), Ctrl-R (writes the line again), Ctrl-V (takes the next byte as it is), Ctrl-Z, Ctrl-C, Tab, "?".
 */
#ifndef SHELL_LINE_H
#define SHELL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { LINE_SIZE = 4096, LINE_HISTORY = 20 };

enum line_event {
	LINE_MORE,    /* nothing to do yet */
	LINE_ENTER,   /* the line is complete */
	LINE_HELP,    /* "?": line_before_cursor() */
	LINE_TAB,     /* likewise */
	LINE_END,     /* Ctrl-Z */
	LINE_BREAK,   /* Ctrl-C */
	LINE_REWRITE, /* Ctrl-R: prompt and line once more */
};

struct line {
	char text[LINE_SIZE + 1]; /* NUL-terminated */
	size_t len, at;		  /* at: the cursor */
	bool hidden;		  /* a secret: nothing is echoed, nothing remembered */
	bool plain; /* an answer to a question: "?" and Tab are characters, nothing is remembered */
	bool after_cr, quoted;
	uint8_t escape;			/* bytes of an escape sequence seen */
	char *history[LINE_HISTORY];	/* [0] is the latest; owned */
	unsigned history_count, recall; /* recall: 0 none, n: the n-th latest is shown */
};

enum line_event line_byte(struct line *l, uint8_t byte, struct text *echo);
void line_clear(struct line *l);    /* for the next line */
void line_remember(struct line *l); /* keeps the line for Ctrl-P, unless hidden, plain or empty */
void line_rewrite(struct line *l, struct text *echo); /* the typed text again, behind a new prompt */
/* Replaces the text up to the cursor by `text` without echo; returns how many bytes of it were there already,
 * or -1 when it does not continue what was typed (the caller writes prompt and line anew). */
int line_complete(struct line *l, const char *text, struct text *echo);
void line_before_cursor(const struct line *l, char out[LINE_SIZE + 1]);
void line_free(struct line *l);

#endif
