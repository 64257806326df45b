#include "model/ifname.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct ifname_type types[] = {
	{"BVI", "BV", "Bridge-Group Virtual Interface"},
	{"Dialer", "Di", "Dialer interface"},
	{"Ethernet", "Et", "IEEE 802.3"},
	{"FastEthernet", "Fa", "FastEthernet IEEE 802.3"},
	{"GigabitEthernet", "Gi", "GigabitEthernet IEEE 802.3z"},
	{"Loopback", "Lo", "Loopback interface"},
	{"Port-channel", "Po", "Ethernet Channel of interfaces"},
	{"Serial", "Se", "Serial"},
	{"TenGigabitEthernet", "Te", "Ten Gigabit Ethernet"},
	{"Tunnel", "Tu", "Tunnel interface"},
	{"TwentyFiveGigE", "Twe", "Twenty Five Gigabit Ethernet"},
	{"FortyGigabitEthernet", "Fo", "Forty Gigabit Ethernet"},
	{"HundredGigE", "Hu", "Hundred Gigabit Ethernet"},
	{"Vlan", "Vl", "Catalyst Vlans"},
};
enum { TYPE_COUNT = sizeof(types) / sizeof(*types) };

const struct ifname_type *ifname_types(size_t *count)
{
	*count = TYPE_COUNT;
	return types;
}

const struct ifname_type *ifname_type_find(const char *letters, size_t len, bool *ambiguous)
{
	const struct ifname_type *found = NULL;
	char word[INTERFACE_NAME_MAX];

	*ambiguous = false;
	if (len == 0 || len >= sizeof(word))
		return NULL;
	memcpy(word, letters, len);
	word[len] = '\0';
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		if (!str_starts_nocase(types[i].full, word))
			continue;
		if (strlen(types[i].full) == len)
			return &types[i];
		*ambiguous = *ambiguous || found != NULL;
		found = &types[i];
	}
	return *ambiguous ? NULL : found;
}

const struct ifname_type *ifname_type_of(const char *name)
{
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		size_t len = strlen(types[i].full);

		if (strncmp(name, types[i].full, len) == 0 && ifname_unit_valid(name + len))
			return &types[i];
	}
	return NULL;
}

bool ifname_unit_valid(const char *unit)
{
	bool dotted = false;

	for (;;) {
		size_t digits = strspn(unit, "0123456789");

		if (digits == 0 || digits > 5 || (digits > 1 && unit[0] == '0'))
			return false;
		unit += digits;
		if (*unit == '\0')
			return true;
		if (dotted || (*unit != '/' && *unit != '.' && *unit != ':'))
			return false;
		dotted = *unit == '.';
		unit++;
	}
}

const char *interface_device(const struct interface_cfg *i)
{
	if (i->device[0])
		return i->device;
	return i->is_ios_type ? "" : i->name;
}

const char *interface_short_name(const char *name, char out[INTERFACE_NAME_MAX])
{
	const struct ifname_type *t = ifname_type_of(name);

	if (t)
		snprintf(out, INTERFACE_NAME_MAX, "%s%s", t->abbrev, name + strlen(t->full));
	else
		str_copy(out, INTERFACE_NAME_MAX, name);
	return out;
}

const char *standby_group_name(const struct interface_cfg *i, const struct standby_group *g,
	char out[NAME_MAX_LEN + INTERFACE_NAME_MAX])
{
	char abbrev[INTERFACE_NAME_MAX];

	if (g->name[0])
		str_copy(out, NAME_MAX_LEN + INTERFACE_NAME_MAX, g->name);
	else
		snprintf(out, NAME_MAX_LEN + INTERFACE_NAME_MAX, "hsrp-%s-%u",
			interface_short_name(i->name, abbrev), (unsigned)g->number);
	return out;
}
