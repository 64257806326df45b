/* show hotswan internal: what the engine counted since it started */
#include "show/view.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *title; /* of the lines that begin here */
	const char *label, *key;
	size_t at;
} rows[] = {
#define COUNTER(title, label, name)                                                                          \
	{                                                                                                    \
		title, label, #name, offsetof(struct internal_fact, name)                                    \
	}
	COUNTER("Kernel (netlink)", "notifications", netlink_messages),
	COUNTER(NULL, "overruns of the notifications", netlink_overruns),
	COUNTER(NULL, "snapshots", netlink_snapshots),
	COUNTER(NULL, "requests", netlink_requests),
	COUNTER(NULL, "batches of requests", netlink_batches),
	COUNTER(NULL, "refused requests", netlink_failures),
	COUNTER("charon (VICI)", "starts seen", ike_starts),
	COUNTER(NULL, "events", ike_events),
	COUNTER(NULL, "events lost", ike_events_lost),
	COUNTER(NULL, "snapshots", ike_snapshots),
	COUNTER(NULL, "commands", ike_commands),
	COUNTER(NULL, "failed commands", ike_failures),
#undef COUNTER
};

static uint64_t value_of(const struct show *s, size_t row)
{
	uint64_t value;

	memcpy(&value, (const char *)&s->facts->internal + rows[row].at, sizeof(value));
	return value;
}

static bool internal_text(struct show *s, struct text *out)
{
	size_t row = s->at[0]++;

	if (row == sizeof(rows) / sizeof(*rows))
		return false;
	if (rows[row].title)
		text_printf(out, "%s:\n", rows[row].title);
	text_printf(out, "  %s: %llu\n", rows[row].label, (unsigned long long)value_of(s, row));
	return true;
}

static bool internal_json(struct show *s, struct text *out)
{
	(void)out;
	json_object(&s->writer, NULL);
	for (size_t row = 0; row < sizeof(rows) / sizeof(*rows); row++)
		json_uint(&s->writer, rows[row].key, value_of(s, row));
	json_object_end(&s->writer);
	return false;
}

const struct view view_hotswan_internal = {
	.name = "hotswan-internal",
	.text = internal_text,
	.json = internal_json,
};
