/* Words and well-known values: see hsrp.h. */
#include "hsrp/hsrp.h"

#include <stdio.h>
#include <string.h>

const char *hsrp_state_text(enum hsrp_state state)
{
	static const char *const names[HSRP_STATE_COUNT] = {
		[HSRP_DISABLED] = "Disabled",
		[HSRP_INITIAL] = "Init",
		[HSRP_LEARN] = "Learn",
		[HSRP_LISTEN] = "Listen",
		[HSRP_SPEAK] = "Speak",
		[HSRP_STANDBY] = "Standby",
		[HSRP_ACTIVE] = "Active",
	};

	return (unsigned)state < HSRP_STATE_COUNT ? names[state] : "Unknown";
}

const char *hsrp_wire_error_key(enum hsrp_wire_error error)
{
	static const char *const keys[HSRP_WIRE_ERROR_COUNT] = {
		[HSRP_WIRE_SHORT] = "too_short",
		[HSRP_WIRE_VERSION] = "other_version",
		[HSRP_WIRE_OPCODE] = "invalid_opcode",
		[HSRP_WIRE_STATE] = "invalid_state",
		[HSRP_WIRE_VALUE] = "invalid_value",
		[HSRP_WIRE_TLV] = "invalid_tlv",
		[HSRP_WIRE_CHECKSUM] = "checksum",
		[HSRP_WIRE_SOURCE] = "foreign_source",
	};

	return (unsigned)error < HSRP_WIRE_ERROR_COUNT ? keys[error] : NULL;
}

const char *hsrp_reason_text(enum hsrp_reason reason)
{
	static const char *const texts[HSRP_REASON_COUNT] = {
		[HSRP_REASON_NONE] = "never changed",
		[HSRP_REASON_ENABLED] = "a/HSRP enabled",
		[HSRP_REASON_DISABLED] = "b/HSRP disabled",
		[HSRP_REASON_INTERFACE_DOWN] = "b/HSRP disabled (interface down)",
		[HSRP_REASON_ACTIVE_EXPIRED] = "c/Active timer expired",
		[HSRP_REASON_STANDBY_EXPIRED] = "d/Standby timer expired",
		[HSRP_REASON_SPEAK_HIGHER] = "f/Hello rcvd from higher pri Speak router",
		[HSRP_REASON_ACTIVE_HIGHER] = "g/Hello rcvd from higher pri Active router",
		[HSRP_REASON_ACTIVE_LOWER] = "h/Hello rcvd from lower pri Active router",
		[HSRP_REASON_RESIGN] = "i/Resign rcvd",
		[HSRP_REASON_COUP] = "j/Coup rcvd from higher pri router",
		[HSRP_REASON_STANDBY_HIGHER] = "k/Hello rcvd from higher pri Standby router",
		[HSRP_REASON_STANDBY_LOWER] = "l/Hello rcvd from lower pri Standby router",
		[HSRP_REASON_ADDRESS_CHANGED] = "n/Standby IP address configured",
		[HSRP_REASON_ADDRESS_LEARNED] = "Standby IP address learned",
		[HSRP_REASON_ADDRESS_FAILED] = "virtual address refused by the kernel",
		[HSRP_REASON_STALLED] = "no hello sent for a hold time",
		[HSRP_REASON_COMMAND] = "operator command",
		[HSRP_REASON_SHUTDOWN] = "service stopped",
		[HSRP_REASON_RESUMED] = "role resumed after a restart",
		[HSRP_REASON_TRACK] = "tracked object down",
		[HSRP_REASON_PAIR] = "other group of the pair moved",
	};

	return (unsigned)reason < HSRP_REASON_COUNT ? texts[reason] : "unknown";
}

struct ipaddr hsrp_link_local(const struct mac *mac)
{
	const uint8_t *m = mac->bytes;
	struct ipaddr a = {
		.family = IP_V6, .bytes = {0xfe, 0x80, [8] = m[0], m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]}};

	return a;
}

struct mac hsrp_virtual_mac(unsigned version, enum ip_family family, unsigned group)
{
	if (family == IP_V6)
		return (struct mac){{0x00, 0x05, 0x73, 0xa0, group >> 8 & 0x0f, group & 0xff}};
	if (version == 2)
		return (struct mac){{0x00, 0x00, 0x0c, 0x9f, 0xf0 | (group >> 8 & 0x0f), group & 0xff}};
	return (struct mac){{0x00, 0x00, 0x0c, 0x07, 0xac, group & 0xff}};
}

void hsrp_macvlan_name(int ifindex, enum ip_family family, unsigned group, char out[HSRP_DEVICE_MAX])
{
	snprintf(out, HSRP_DEVICE_MAX, "hs%d-%u%s", ifindex, group & HSRP_GROUP_MAX_V2,
		family == IP_V6 ? "x" : "");
}

static unsigned digits(const char **s)
{
	unsigned n = 0;

	for (; **s >= '0' && **s <= '9'; (*s)++)
		n = n * 10 + (unsigned)(**s - '0'); /* one that is too large makes another name */
	return n;
}

bool hsrp_macvlan_parse(const char *name, int *ifindex, enum ip_family *family, unsigned *group)
{
	char made[HSRP_DEVICE_MAX];

	if (strncmp(name, "hs", 2) != 0)
		return false;
	const char *s = name + 2;
	*ifindex = (int)digits(&s);
	s += *s == '-';
	*group = digits(&s);
	*family = *s == 'x' ? IP_V6 : IP_V4;
	hsrp_macvlan_name(*ifindex, *family, *group, made);
	return *ifindex > 0 && strcmp(name, made) == 0;
}
