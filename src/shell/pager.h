/*
 * The pager: cuts output into pages, " --More-- " in between. Pure.
 *
 * Owns:  what has been received but not shown, and how much of the page is full.
 * Keys:  space the next page, Enter one more line, anything else stops.
 */
#ifndef SHELL_PAGER_H
#define SHELL_PAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct pager {
	unsigned page;	  /* lines of a page, the question's own included; 0: off */
	unsigned columns; /* of the terminal, 0: not known; longer lines count as several */
	unsigned left;	  /* lines that still fit */
	size_t column;
	struct text held; /* waits for a key */
	size_t held_at;
	bool asking, stopped;
};

void pager_start(struct pager *p, unsigned page, unsigned columns); /* before the output of a request */
void pager_text(struct pager *p, const char *s, size_t n, struct text *out);
void pager_key(struct pager *p, uint8_t key, struct text *out); /* while asking */
void pager_free(struct pager *p);

#endif
