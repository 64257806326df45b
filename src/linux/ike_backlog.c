/* Events that wait: see ike_backlog.h. */
#include "linux/ike_backlog.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { BACKLOG_MAX = 65536 };

struct backlog_event {
	struct backlog_event *next;
	size_t len;
	char name[24];
	uint8_t body[];
};

void ike_backlog_init(struct ike_backlog *b)
{
	*b = (struct ike_backlog){.last = &b->first};
}

bool ike_backlog_add(struct ike_backlog *b, const char *name, const void *body, size_t len)
{
	struct backlog_event *e = b->count < BACKLOG_MAX ? malloc(sizeof(*e) + len) : NULL;

	if (!e || !str_copy(e->name, sizeof(e->name), name)) {
		free(e);
		return false;
	}
	e->next = NULL;
	e->len = len;
	memcpy(e->body, body, len);
	*b->last = e;
	b->last = &e->next;
	b->count++;
	return true;
}

void ike_backlog_replay(struct ike_backlog *b,
	void (*each)(void *user, const char *name, const void *body, size_t len), void *user)
{
	struct backlog_event *e = b->first;

	ike_backlog_init(b);
	while (e) {
		struct backlog_event *next = e->next;

		if (each)
			each(user, e->name, e->body, e->len);
		free(e);
		e = next;
	}
}
