/* `debug condition`: see conditions.h. */
#include "daemon/conditions.h"

#include <stdio.h>
#include <string.h>

#include "daemon/engine_state.h"
#include "daemon/hsrp_client.h"
#include "daemon/session_state.h"

enum { ALL_GROUPS = -1 };

static const char *device_of(const struct engine *e, const struct condition *c)
{
	const struct interface_cfg *i = model_interface(e->model, c->interface);

	return i ? interface_device(i) : c->interface;
}

void conditions_send(struct engine *e)
{
	(void)hsrp_client_command(e->hsrp, MESSAGE_COMMAND_CONDITION, "", ALL_GROUPS); /* none */
	for (unsigned i = 0; i < e->conditions.count; i++) {
		const struct condition *c = &e->conditions.list[i];
		const char *device = device_of(e, c);

		if (!*device || strlen(device) >= HSRP_DEVICE_MAX)
			device = "?"; /* there is none of that name, and no line of it */
		(void)hsrp_client_command(e->hsrp, MESSAGE_COMMAND_CONDITION, device, c->group);
	}
}

static struct condition *find(struct conditions *list, const char *interface, int group)
{
	for (unsigned i = 0; i < list->count; i++)
		if (strcmp(list->list[i].interface, interface) == 0 && list->list[i].group == group)
			return &list->list[i];
	return NULL;
}

static unsigned free_number(const struct conditions *list)
{
	unsigned number = 1;

	for (unsigned i = 0; i < list->count; i++) /* in ascending order */
		number += list->list[i].number == number;
	return number;
}

static void add(struct session *s, const char *interface, int group)
{
	struct conditions *list = &s->engine->conditions;
	const struct condition *old = find(list, interface, group);
	unsigned number = free_number(list);

	if (old) {
		session_printf(s, "Condition %u already set\n", old->number);
		return;
	}
	if (list->count == HSRP_CONDITIONS_MAX) {
		session_printf(s, "%% At most %d conditions\n", HSRP_CONDITIONS_MAX);
		return;
	}
	struct condition *c =
		&list->list[number - 1]; /* in the place of its number, for there are no gaps before */
	memmove(c + 1, c, (list->count++ - (number - 1)) * sizeof(*c));
	*c = (struct condition){.number = number, .group = group};
	str_copy(c->interface, sizeof(c->interface), interface);
	session_printf(s, "Condition %u set\n", number);
}

static void take_away(struct session *s, struct condition *c)
{
	struct conditions *list = &s->engine->conditions;

	session_printf(s, "Condition %u has been removed\n", c->number);
	list->count--;
	memmove(c, c + 1, (size_t)(&list->list[list->count] - c) * sizeof(*c));
}

static bool drop(struct session *s, const struct cli_action *a, int group)
{
	struct conditions *list = &s->engine->conditions;
	struct condition *c = a->show.interface[0] ? find(list, a->show.interface, group) : NULL;

	for (unsigned i = 0; !c && i < list->count; i++)
		if (a->condition == list->list[i].number)
			c = &list->list[i];
	if (a->show.all) {
		while (list->count)
			take_away(s, &list->list[0]);
		return true;
	}
	if (c)
		take_away(s, c);
	else
		session_printf(s, "%% Condition is not set\n");
	return c != NULL;
}

void conditions_change(struct session *s)
{
	const struct cli_action *a = &s->job.action;
	int group = a->show.group_set ? a->show.group : ALL_GROUPS;
	bool good = true;

	if (a->on)
		add(s, a->show.interface, group);
	else
		good = drop(s, a, group);
	conditions_send(s->engine);
	session_job_done(s, !good, 0);
}

void conditions_show(struct session *s)
{
	const struct conditions *list = &s->engine->conditions;
	char name[INTERFACE_NAME_MAX];

	for (unsigned i = 0; i < list->count; i++) {
		const struct condition *c = &list->list[i];
		bool triggered = *device_of(s->engine, c) != '\0';

		interface_short_name(c->interface, name);
		session_printf(
			s, "Condition %u: %s %s", c->number, c->group < 0 ? "interface" : "standby", name);
		if (c->group >= 0)
			session_printf(s, " %d", c->group);
		session_printf(s, " (%d flags triggered)\n", triggered);
		if (triggered)
			session_printf(s, "\tFlags: %s\n", name);
	}
	if (!list->count)
		session_printf(s, "No conditions are set\n");
	session_job_done(s, false, 0);
}
