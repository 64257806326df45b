/* Devices of the hsrp process: their sockets, their state. See hsrpd.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/hsrpd.h"
#include "daemon/log.h"
#include "linux/linkwatch.h"

enum { FRAMES_AT_ONCE = 64, OVERDUE_MS = 4 };

static const struct frame_receiver no_receiver = {.fd = -1, .member = -1, .member_ipv6 = -1};

struct device *device_find(struct hsrpd *d, const char *name)
{
	struct device *v;

	HASH_FIND_STR(d->devices, name, v);
	return v;
}

void device_ask(struct hsrpd *d, struct device *v)
{
	struct work job = {.kind = WORK_LINK};

	if (v->asked)
		return;
	memcpy(job.device, v->name, sizeof(job.device));
	v->asked = worker_put(d->worker, &job);
	v->overtaken = false;
}

static void device_work(struct hsrpd *d, enum worker_kind kind, const struct device *v)
{
	struct work job = {.kind = (uint8_t)kind, .ifindex = v->ifindex};

	memcpy(job.device, v->name, sizeof(job.device));
	(void)worker_put(d->worker, &job);
}

struct device *device_get(struct hsrpd *d, const char *name)
{
	struct device *v = device_find(d, name);

	if (v)
		return v;
	v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	v->d = d;
	v->receiver = no_receiver;
	(void)str_copy(v->name, sizeof(v->name), name);
	HASH_ADD_STR(d->devices, name, v);
	if (!v->hh.tbl) {
		free(v);
		return NULL;
	}
	return v;
}

void device_deaf(struct hsrpd *d, struct device *v)
{
	claims_forget(d, v);
	if (!v->watch)
		return;
	loop_unwatch(v->watch);
	v->watch = NULL;
	(void)worker_put(d->worker, &(struct work){.kind = WORK_CLOSE, .receiver = v->receiver});
	v->receiver = no_receiver;
}

/* The configuration does not name it any more, and its groups have left it. */
void device_drop(struct hsrpd *d, struct device *v)
{
	device_deaf(d, v);
	device_work(d, WORK_RESTORE, v);
	HASH_DEL(d->devices, v);
	free(v);
	if (!d->devices) /* what is set for all devices is not needed any more, either */
		(void)worker_put(d->worker, &(struct work){.kind = WORK_RESTORE, .device = "all"});
}

static void on_frames(void *ctx, uint32_t events)
{
	struct device *v = ctx;
	struct hsrpd *d = v->d;
	uint8_t buf[FRAME_MAX];
	char name[HSRP_DEVICE_MAX];

	(void)events;
	memcpy(name, v->name, sizeof(name));
	struct frame_in f = {.at = MONO_NEVER};
	for (unsigned n = 0; n < FRAMES_AT_ONCE; n++) {
		struct hsrp_in in = {.kind = HSRP_IN_FRAME};
		int got = frame_receive(&v->receiver, buf, loop_clock(), &f);
		if (got <= 0)
			break;
		in.frame.ifindex = v->ifindex;
		in.frame.at = f.at;
		in.frame.checksummed = f.checksummed;
		in.frame.bytes = buf;
		in.frame.len = f.len;
		hsrpd_step(d, &in, NULL);
		if (device_find(d, name) != v || !v->watch)
			break; /* gone meanwhile */
	}
	/*
	 * A flood must not keep our own hellos back. A deadline is due when what arrived before it has been read: the socket
	 * gives frames in their order. Where a flood is longer than that, a deadline waits for no more than OVERDUE_MS.
	 */
	mono_t deadline = hsrp_deadline(d->core), now = loop_clock();
	bool read = f.at.ns != INT64_MAX && f.at.ns >= deadline.ns;
	if ((read && deadline.ns <= now.ns) || mono_add_ms(deadline, OVERDUE_MS).ns <= now.ns)
		hsrpd_step(d, &(struct hsrp_in){.kind = HSRP_IN_TIME}, NULL);
}

/* `link_local` NULL: as last heard, while it is the same device. */
static void device_link(struct hsrpd *d, struct device *v, int ifindex, bool up, const struct mac *mac,
	const struct ipaddr *link_local)
{
	struct hsrp_in in = {.kind = HSRP_IN_LINK};
	bool appeared = ifindex > 0 && ifindex != v->ifindex;

	memcpy(in.link.device, v->name, sizeof(in.link.device));
	in.link.ifindex = ifindex;
	in.link.up = up;
	in.link.mac = *mac;
	if (link_local || ifindex != v->ifindex)
		v->link_local = link_local ? *link_local : (struct ipaddr){0};
	in.link.link_local = v->link_local;
	v->ifindex = ifindex;
	v->up = up;
	v->mac = *mac;
	if (appeared && !d->leaving) /* a stop restores the settings, and nothing of ours is on it any more */
		device_work(
			d, WORK_SETTINGS, v); /* before anything of ours is on it: jobs keep their order */
	hsrpd_step(d, &in, NULL);
}

static void device_changed(struct hsrpd *d, struct device *v, const struct linkwatch_change *c)
{
	bool appeared = c->ifindex != v->ifindex;

	/* Each macvlan that comes or goes has the kernel speak of its device, too: that concerns no group. */
	if (!appeared && c->up == v->up && memcmp(&c->mac, &v->mac, sizeof(c->mac)) == 0)
		return;
	device_link(d, v, c->ifindex, c->up, &c->mac, NULL);
	if (appeared) /* it may have its link-local address already */
		device_ask(d, v);
}

/* Also of our own doing: the core knows what it wants there. A device that is about to vanish tells of its macvlans first. */
static void macvlan_taken(struct hsrpd *d, const struct device *v, const struct linkwatch_change *c)
{
	struct hsrp_in in = {.kind = HSRP_IN_TAKEN};
	enum ip_family family;
	unsigned group;
	int ifindex;

	if (!hsrp_macvlan_parse(c->device, &ifindex, &family, &group) || ifindex != v->ifindex)
		return;
	memcpy(in.which.device, v->name, sizeof(in.which.device));
	in.which.group = (int32_t)group;
	in.which.family = (uint8_t)family;
	hsrpd_step(d, &in, NULL);
}

static void on_link_change(void *arg, const struct linkwatch_change *c)
{
	struct hsrpd *d = arg;
	struct device *v, *next;
	static const struct mac none;

	HASH_ITER (hh, d->devices, v, next) {
		if (c->kind == LINKWATCH_ADDRESS_GONE || c->gone || c->off)
			macvlan_taken(d, v, c);
		if (c->kind == LINKWATCH_ADDRESS_GONE)
			continue;
		if (c->kind == LINKWATCH_LINK_LOCAL) {
			v->overtaken |= v->asked && v->ifindex == c->ifindex;
			if (v->ifindex == c->ifindex)
				device_ask(d, v);
			continue;
		}
		bool same_name = strcmp(v->name, c->device) == 0;
		if (same_name || (v->ifindex == c->ifindex && v->ifindex > 0)) {
			v->overtaken = v->asked;
			if (c->gone && v->ifindex == c->ifindex)
				device_link(d, v, 0, false, &none, NULL);
			else if (same_name && !c->gone)
				device_changed(d, v, c);
			else if (!same_name && !c->gone)
				device_link(d, v, 0, false, &none, NULL); /* renamed */
		}
	}
}

void devices_on_linkwatch(void *ctx, uint32_t events)
{
	struct hsrpd *d = ctx;
	struct device *v, *next;

	(void)events;
	if (linkwatch_read(d->linkwatch, on_link_change, d) == 0)
		return;
	HASH_ITER (hh, d->devices, v, next) {
		v->asked = false; /* ask again: notifications were lost */
		device_ask(d, v);
	}
}

void devices_receiver_opened(struct hsrpd *d, struct work *w)
{
	struct device *v = device_find(d, w->device);

	if (w->error == -ENODEV)
		return; /* gone again; its end is on the way to us */
	if (w->error) {
		log_ios("HSRP", LOG_SEV_ERROR, "SOCKET", "cannot receive on %s: %s", w->device,
			strerror(-w->error));
		return;
	}
	if (!v || v->ifindex != w->ifindex || v->watch) {
		(void)worker_put(d->worker, &(struct work){.kind = WORK_CLOSE, .receiver = w->receiver});
		return;
	}
	v->receiver = w->receiver;
	v->watch = loop_watch(d->loop, v->receiver.fd, EPOLLIN, LOOP_FRAMES, on_frames, v);
	if (!v->watch)
		log_ios("HSRP", LOG_SEV_ERROR, "SOCKET", "cannot receive on %s: %s", v->name,
			strerror(errno));
}

static void device_answer(struct hsrpd *d, struct device *v, const struct vmac_link *link)
{
	bool appeared = ip_is_set(&link->link_local) && !ip_is_set(&v->link_local);

	device_link(d, v, link->ifindex, link->up, &link->mac, &link->link_local);
	if (appeared && v->watch)
		(void)worker_put(d->worker,
			&(struct work){.kind = WORK_JOIN, .ifindex = v->ifindex, .receiver = v->receiver});
}

static void link_answered(struct hsrpd *d, struct device *v, const struct work *w)
{
	v->asked = false;
	if (v->overtaken)
		device_ask(d, v);
	else if (w->error)
		log_ios("HSRP", LOG_SEV_ERROR, "LINK", "cannot ask about %s: %s", w->device,
			strerror(-w->error));
	else
		device_answer(d, v, &w->link);
}

void devices_link_answered(struct hsrpd *d, const struct work *w)
{
	struct device *v = device_find(d, w->device);

	if (v && v->asked)
		link_answered(d, v, w);
	config_links_known(d);
}
