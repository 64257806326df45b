#include "linux/filter_mss.h"

static void write_rule(struct text *t, const char *direction, const struct filter_mss *m, bool virtual_mac)
{
	text_printf(t, "add rule inet hotswan mss %sname ", direction);
	if (virtual_mac) /* the names are those of hsrp_macvlan_name() */
		text_printf(t, "\"hs%d-*\"", m->ifindex);
	else if (m->tun[0])
		text_printf(t, "{ \"%s\", \"%s\" }", m->device, m->tun);
	else
		text_printf(t, "\"%s\"", m->device);
	text_printf(t, " tcp option maxseg size > %1$u tcp option maxseg size set %1$u\n", m->bytes);
}

void filter_write_mss(struct text *t, const struct filter_mss *list, size_t count, bool there)
{
	if (count == 0) {
		if (there)
			text_add(t, "flush chain inet hotswan mss\ndelete chain inet hotswan mss\n");
		return;
	}
	text_add(t,
		"add table inet hotswan\n"
		"add chain inet hotswan mss { type filter hook forward priority -150; policy accept; }\n"
		"flush chain inet hotswan mss\n"
		"add rule inet hotswan mss meta nfproto != ipv4 accept\n"
		"add rule inet hotswan mss tcp flags & (syn | rst) != syn accept\n");
	for (size_t i = 0; i < count; i++) {
		write_rule(t, "iif", &list[i], false);
		write_rule(t, "iif", &list[i], true);
		write_rule(t, "oif", &list[i], false);
	}
}
