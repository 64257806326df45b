/*
 * A doubly linked list whose links live inside its members.
 * A link of zeros is in no list; lists are circular through their head.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *prev, *next;
};

#define list_item(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void list_init(struct list *head)
{
	head->prev = head->next = head;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

static inline bool list_linked(const struct list *link)
{
	return link->next != NULL;
}

static inline void list_append(struct list *head, struct list *link)
{
	link->prev = head->prev;
	link->next = head;
	head->prev->next = link;
	head->prev = link;
}

/* Nothing happens to a link that is in no list. */
static inline void list_remove(struct list *link)
{
	if (!link->next)
		return;
	link->prev->next = link->next;
	link->next->prev = link->prev;
	link->prev = link->next = NULL;
}

static inline void list_append_once(struct list *head, struct list *link)
{
	if (!link->next)
		list_append(head, link);
}

/* The first link, taken out; NULL when empty. */
static inline struct list *list_take(struct list *head)
{
	struct list *first = head->next;

	if (first == head)
		return NULL;
	list_remove(first);
	return first;
}

/* The current link may be removed inside the loop. */
#define list_each(head, link, following)                                                                     \
	for ((link) = (head)->next, (following) = (link)->next; (link) != (head);                            \
		(link) = (following), (following) = (link)->next)

#endif
