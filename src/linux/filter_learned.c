/* What an earlier process had learned, read back from the table: see filter.h. */
#include "linux/filter_learned.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linux/filter_text.h"

/* Elements of one set. */
static int read_set(struct filter_kernel *k, const char *set, const char *device,
	const struct filter_rule *like, filter_learned_fn fn, void *arg)
{
	char command[256 + 32];

	snprintf(command, sizeof(command), "list set inet hotswan %s", set);
	int error = filter_kernel_run(k, command);

	if (error)
		return error;
	const char *at = strstr(filter_kernel_output(k), "elements = {");

	for (at = at ? strchr(at, '{') : NULL; at; at = strchr(at + 1, ',')) {
		struct filter_rule rule;

		if (!filter_read_learned(at + 1, &rule))
			continue;
		rule.entry = like->entry;
		rule.learned = like->learned;
		fn(arg, device, &rule);
	}
	return 0;
}

int filter_learned_read(struct filter_kernel *k, filter_learned_fn fn, void *arg)
{
	int error, first = 0;
	const char *list = filter_kernel_listing(k, &error);
	char *copy = list ? str_dup(list) : NULL, name[256], id[FILTER_ID_MAX], device[DEVICE_NAME_MAX];
	unsigned generation, entry, learned;

	if (!copy)
		return list ? -ENOMEM : error;
	for (const char *at = copy; filter_listing_next(&at, "set", name, sizeof(name));) {
		if (sscanf(name, "dev-%48[^.].%u.m%u.%u.", id, &generation, &entry, &learned) != 4 ||
			!filter_id_device(id, device) || entry > UINT16_MAX || learned > UINT16_MAX)
			continue;
		struct filter_rule like = {
			.entry = filter_learned_entry((uint16_t)entry), .learned = (uint16_t)learned};

		error = read_set(k, name, device, &like, fn, arg);
		first = first ? first : error;
	}
	free(copy);
	return first;
}
