/*
 * Who else claims an address that this box serves: one descriptor a family and device, made anew by the worker whenever the
 * set of addresses has changed. While one is being made further changes wait, so that a thousand groups that come into
 * service together cost a few of them. See hsrpd.h.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/hsrpd.h"
#include "daemon/log.h"
#include "linux/claims.h"

enum { FRAMES_AT_ONCE = 16, FRAME_BYTES = 256 };

/* What one group serves. */
struct served {
	UT_hash_handle hh;
	uint32_t key; /* group, and family above it */
	uint8_t count;
	struct ipaddr address[];
};

static uint32_t key_of(unsigned family, unsigned group)
{
	return (uint32_t)family << 16 | group;
}

static struct claims_side *side_of(struct device *v, unsigned family)
{
	return &v->claims.side[family == IP_V6];
}

static void on_claims(void *ctx, uint32_t events)
{
	struct claims_side *s = ctx;
	struct hsrpd *d = s->device->d;
	char name[HSRP_DEVICE_MAX];
	uint8_t buf[FRAME_BYTES];

	(void)events;
	memcpy(name, s->device->name, sizeof(name));
	for (unsigned n = 0; n < FRAMES_AT_ONCE; n++) {
		struct hsrp_in in = {.kind = HSRP_IN_FRAME};
		int len = claims_read(s->fd, buf, sizeof(buf));
		if (len <= 0)
			return;
		in.frame.ifindex = s->device->ifindex;
		in.frame.at = loop_clock();
		in.frame.bytes = buf;
		in.frame.len = (size_t)len;
		hsrpd_step(d, &in, NULL);
		if (!device_find(d, name) || !s->watch)
			return; /* gone meanwhile */
	}
}

static void side_close(struct hsrpd *d, struct claims_side *s)
{
	if (!s->watch)
		return;
	loop_unwatch(s->watch);
	s->watch = NULL;
	(void)worker_put(d->worker, &(struct work){.kind = WORK_CLOSE_CLAIMS, .claims = {.fd = s->fd}});
	s->fd = -1;
}

/* All addresses of the family that are served on the device, and the device's own. */
static struct ipaddr *gather(const struct device *v, unsigned family, size_t *count)
{
	struct ipaddr *all = malloc(CLAIMS_MAX * sizeof(*all));
	struct served *g, *next;

	*count = 0;
	HASH_ITER (hh, v->claims.served, g, next)
		for (unsigned n = 0; all && g->key >> 16 == family && n < g->count; n++)
			if (*count < CLAIMS_MAX - 1)
				all[(*count)++] = g->address[n];
	if (*count && v->claims.own.family == family)
		all[(*count)++] = v->claims.own;
	return all;
}

static void refresh(struct hsrpd *d, struct device *v, unsigned family)
{
	struct claims_side *s = side_of(v, family);
	size_t count;

	s->device = v;
	s->dirty = s->asked;
	if (s->asked)
		return;
	struct ipaddr *all = gather(v, family, &count);
	if (!all || count == 0) {
		free(all);
		side_close(d, s);
		return;
	}
	struct work job = {.kind = WORK_CLAIMS, .ifindex = v->ifindex};
	memcpy(job.device, v->name, sizeof(job.device));
	job.claims.addresses = all;
	job.claims.count = count;
	job.claims.family = (uint8_t)family;
	s->asked = worker_put(d->worker, &job);
	if (!s->asked)
		free(all);
}

/* Without memory it is not watched, that is all. */
static void served_add(struct device *v, uint32_t key, const struct hsrp_kernel *k)
{
	size_t size = k->address_count * sizeof(k->address[0]);
	struct served *g = calloc(1, sizeof(*g) + size);

	if (!g)
		return;
	g->key = key;
	g->count = k->address_count;
	memcpy(g->address, k->address, size);
	HASH_ADD(hh, v->claims.served, key, sizeof(g->key), g);
	if (!g->hh.tbl)
		free(g);
}

void claims_kernel(struct hsrpd *d, const struct hsrp_kernel *k)
{
	struct device *v = device_find(d, k->device);
	uint32_t key = key_of(k->family, k->group);
	struct served *g;

	if (!v || (k->op != HSRP_KERNEL_SERVE && k->op != HSRP_KERNEL_UNSERVE && k->op != HSRP_KERNEL_REMOVE))
		return;
	HASH_FIND(hh, v->claims.served, &key, sizeof(key), g);
	if (!g && k->op != HSRP_KERNEL_SERVE)
		return;
	if (g) {
		HASH_DEL(v->claims.served, g);
		free(g);
	}
	if (k->op == HSRP_KERNEL_SERVE)
		served_add(v, key, k);
	refresh(d, v, k->family);
}

void claims_opened(struct hsrpd *d, const struct work *w)
{
	struct device *v = device_find(d, w->device);
	struct claims_side *s = v ? side_of(v, w->claims.family) : NULL;
	bool wanted = v && s->asked && v->ifindex == w->ifindex && v->claims.served;

	if (v)
		s->asked = false;
	if (w->error || !wanted) {
		if (!w->error)
			(void)worker_put(d->worker,
				&(struct work){.kind = WORK_CLOSE_CLAIMS, .claims = {.fd = w->claims.fd}});
		else if (wanted)
			log_ios("HSRP", LOG_SEV_WARNING, "SOCKET",
				"duplicate addresses on %s would not be noticed: %s", w->device,
				strerror(-w->error));
	} else {
		side_close(d, s);
		s->fd = w->claims.fd;
		s->watch = loop_watch(d->loop, s->fd, EPOLLIN, LOOP_NORMAL, on_claims, s);
	}
	if (v && s->dirty)
		refresh(d, v, w->claims.family);
}

void claims_own(struct hsrpd *d, struct device *v, const struct ipaddr *own)
{
	if (ip_equal(&v->claims.own, own))
		return;
	v->claims.own = *own;
	if (v->claims.served)
		refresh(d, v, IP_V4);
}

void claims_forget(struct hsrpd *d, struct device *v)
{
	struct served *g, *next;

	HASH_ITER (hh, v->claims.served, g, next) {
		HASH_DEL(v->claims.served, g);
		free(g);
	}
	for (unsigned n = 0; n < 2; n++)
		side_close(d, &v->claims.side[n]);
}
