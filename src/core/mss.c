/* `ip tcp adjust-mss`: the whole list goes to the filter table when a line, a device or charon's TUN changes. */
#include "core/parts.h"

#include <stdlib.h>

static bool clamps(const struct iface *i)
{
	return i->tcp_mss && i->ifindex;
}

static void describe(const struct core *c, const struct iface *i, struct filter_mss *out)
{
	const struct link_rec *tun = c->libipsec && i->binding ? link_find(c, c->tun) : NULL;

	out->ifindex = i->ifindex;
	out->bytes = i->tcp_mss;
	str_copy(out->device, sizeof(out->device), i->device);
	if (tun)
		str_copy(out->tun, sizeof(out->tun), tun->l.name);
}

void mss_work(struct core *c)
{
	struct filter_mss *list;
	struct effect *e;
	size_t count = 0;

	if (!c->mss_dirty || !c->snapshot_done || c->stopping)
		return;
	for (const struct iface *i = c->ifaces; i; i = i->hh.next)
		count += clamps(i);
	c->mss_dirty = false;
	if (count == 0 && !c->mss_sent)
		return;
	list = core_alloc(c, (count + 1) * sizeof(*list));
	if (!list) {
		c->mss_dirty = true;
		return;
	}
	c->mss_sent = count > 0;
	count = 0;
	for (const struct iface *i = c->ifaces; i; i = i->hh.next)
		if (clamps(i))
			describe(c, i, &list[count++]);
	e = effects_add(c->out, EF_MSS);
	e->mss.list = list;
	e->mss.count = count;
}
