/* The pager: see pager.h. */
#include "shell/pager.h"

/* As IOS writes and erases it: behind the question the cursor is in column 10. */
#define PAGER_QUESTION " --More-- "
#define PAGER_ERASE    "\b\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\b\b"

void pager_start(struct pager *p, unsigned page, unsigned columns)
{
	p->page = page;
	p->columns = columns;
	p->left = page > 1 ? page - 1 : 1;
	p->column = 0;
	p->asking = p->stopped = false;
	text_clear(&p->held);
	p->held_at = 0;
}

static void put(struct pager *p, char c, struct text *out)
{
	if (c == '\n') {
		text_add(out, "\r\n");
		p->left -= p->left > 0;
		p->column = 0;
		return;
	}
	text_add_n(out, &c, 1);
	if (((uint8_t)c & 0xc0) != 0x80 && p->columns && ++p->column > p->columns) {
		p->left -= p->left > 0;
		p->column = 1;
	}
}

/* Shows what is held as far as the page goes; the question comes only when there is something behind it. */
static void show(struct pager *p, struct text *out)
{
	while (p->held_at < p->held.len) {
		if (p->page && !p->left && !p->column) {
			p->asking = true;
			text_add(out, PAGER_QUESTION);
			return;
		}
		put(p, p->held.s[p->held_at++], out);
	}
	text_clear(&p->held);
	p->held_at = 0;
}

void pager_text(struct pager *p, const char *s, size_t n, struct text *out)
{
	if (p->stopped)
		return;
	text_add_n(&p->held, s, n);
	if (!p->asking)
		show(p, out);
}

void pager_key(struct pager *p, uint8_t key, struct text *out)
{
	text_add(out, PAGER_ERASE);
	p->asking = false;
	if (key == ' ') {
		p->left = p->page > 1 ? p->page - 1 : 1;
	} else if (key == '\r' || key == '\n') {
		p->left = 1;
	} else {
		p->stopped = true;
		text_clear(&p->held);
		p->held_at = 0;
		return;
	}
	show(p, out);
}

void pager_free(struct pager *p)
{
	text_free(&p->held);
}
