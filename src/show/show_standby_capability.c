/* show standby capability [interface]: on which interfaces groups can be, and how many. */
#include "show/view.h"

#include <string.h>

enum { TYPE_ETHERNET = 27, TYPE_OTHER = 0 }; /* IOS's numbers of hardware */

/* HSRP needs a device with a station address. */
static bool capable(const struct interface_row *row)
{
	static const struct mac none;

	return row->link && memcmp(&row->link->mac, &none, sizeof(none)) != 0;
}

static unsigned groups_max(const struct interface_row *row)
{
	return row->cfg && row->cfg->standby_version == 2 ? HSRP_GROUP_MAX_V2 + 1 : HSRP_GROUP_MAX_V1 + 1;
}

static bool capability_text(struct show *s, struct text *out)
{
	struct interface_row row;
	char name[INTERFACE_NAME_MAX];

	if (s->stage == 0) {
		s->stage = 1;
		text_printf(out, "%-46s* indicates hardware may support HSRP\n%-46s|\n", "hotswan", "");
		text_add(out,
			"Interface          Type                       H  Potential Max Groups per subin\n");
	}
	if (!next_interface_row(s, &row))
		return false;
	interface_short_name(row.name, name);
	if (capable(&row))
		text_printf(out, "%-18s %-3d %-22s *  %-4u (0x0, 0x0)\n", name, TYPE_ETHERNET, "Ethernet",
			groups_max(&row));
	else
		text_printf(
			out, "%-18s %-3d %-25s -   \n", name, TYPE_OTHER, row.link ? "Unknown" : "no device");
	return true;
}

static bool capability_json(struct show *s, struct text *out)
{
	struct interface_row row;

	(void)out;
	if (!next_interface_row(s, &row))
		return false;
	json_object(&s->writer, NULL);
	json_string(&s->writer, "interface", row.name);
	json_string(&s->writer, "device", row.device[0] ? row.device : NULL);
	json_bool(&s->writer, "capable", capable(&row));
	json_uint(&s->writer, "groups_max", capable(&row) ? groups_max(&row) : 0);
	json_object_end(&s->writer);
	return true;
}

const struct view view_standby_capability = {
	.name = "standby-capability",
	.required = FACT_LINKS,
	.text = capability_text,
	.json = capability_json,
};
