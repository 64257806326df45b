/* The configuration of the hsrp process, as the engine sends it, and its copy for a successor. See hsrpd.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/hsrpd.h"

static void saved_put(struct hsrpd *d, const struct message *m, const struct saved_key *what)
{
	struct saved_key key = *what;
	uint8_t buf[MESSAGE_MAX];
	struct saved *s;

	HASH_FIND(hh, d->saved, &key, sizeof(key), s);
	if (!s) {
		s = calloc(1, sizeof(*s));
		if (!s)
			return;
		s->key = key;
		HASH_ADD(hh, d->saved, key, sizeof(s->key), s);
		if (!s->hh.tbl) {
			free(s);
			return;
		}
	}
	int n = message_encode(m, buf, sizeof(buf));
	uint8_t *bytes = n > 0 ? realloc(s->bytes, (size_t)n) : NULL;
	if (bytes) {
		memcpy(bytes, buf, (size_t)n);
		s->bytes = bytes;
		s->len = (size_t)n;
	}
	s->named = true;
	d->save_due = true;
}

static void saved_config(
	struct hsrpd *d, const struct message *m, const char *device, enum ip_family family, int32_t group)
{
	struct saved_key key;

	memset(&key, 0, sizeof(key)); /* it is compared as bytes */
	key.which.group = group;
	key.which.family = family;
	memcpy(key.which.device, device, strnlen(device, sizeof(key.which.device) - 1));
	saved_put(d, m, &key);
}

static void saved_drop(struct hsrpd *d, const struct message_which *w)
{
	struct saved *s, *next;

	HASH_ITER (hh, d->saved, s, next) {
		if (w ? strcmp(s->key.which.device, w->device) != 0 ||
					(w->group >= 0 && w->group != s->key.which.group) ||
					(w->family && w->family != s->key.which.family)
		      : s->named)
			continue;
		HASH_DEL(d->saved, s);
		free(s->bytes);
		free(s);
		d->save_due = true;
	}
}

/* What a chain had behind its last part. */
static void saved_drop_parts(struct hsrpd *d, const struct saved_key *last)
{
	struct saved *s, *next;

	HASH_ITER (hh, d->saved, s, next) {
		if (strcmp(s->key.chain, last->chain) != 0 || s->key.part <= last->part)
			continue;
		HASH_DEL(d->saved, s);
		free(s->bytes);
		free(s);
	}
}

/* Out of the way of everything else: the whole configuration goes to the worker, each message behind its length. */
bool config_on_idle(void *ctx)
{
	struct hsrpd *d = ctx;
	struct saved *s, *next;
	size_t len = 0;

	if (!d->save_due || d->in_config)
		return false;
	d->save_due = false;
	HASH_ITER (hh, d->saved, s, next)
		len += sizeof(uint16_t) + s->len;
	struct work job = {.kind = WORK_SAVE, .save = {.bytes = malloc(len ? len : 1), .len = len}};
	if (!job.save.bytes)
		return false;
	uint8_t *p = job.save.bytes;
	HASH_ITER (hh, d->saved, s, next) {
		uint16_t n = (uint16_t)s->len;
		memcpy(p, &n, sizeof(n));
		memcpy(p + sizeof(n), s->bytes, s->len);
		p += sizeof(n) + s->len;
	}
	if (!worker_put(d->worker, &job))
		free(job.save.bytes);
	return false;
}

static void sweep(struct hsrpd *d)
{
	struct text names = {0};
	struct saved *s, *next;

	HASH_ITER (hh, d->saved, s, next) {
		if (s->key.which.group < 0 || s->key.chain[0])
			continue;
		text_printf(&names, "%s:%d%s", s->key.which.device, s->key.which.group,
			s->key.which.family == IP_V6 ? VMAC_V6 : "");
		text_add_n(&names, "", 1);
	}
	struct work job = {.kind = WORK_SWEEP, .save = {.len = names.len}};
	job.save.bytes = (uint8_t *)text_take(&names);
	if (!worker_put(d->worker, &job))
		free(job.save.bytes);
}

int config_interface(struct hsrpd *d, const struct message *m)
{
	struct hsrp_in in = {.kind = HSRP_IN_INTERFACE, .interface = m->interface};
	struct device *v = device_get(d, m->interface.device);
	int result;

	if (!v)
		return -ENOMEM;
	bool fresh = !v->configured;
	v->named = v->configured = true;
	hsrpd_step(d, &in, &result);
	claims_own(d, v, &m->interface.address);
	if (fresh)
		device_ask(d, v);
	saved_config(d, m, m->interface.device, IP_NONE, -1);
	return result;
}

int config_group(struct hsrpd *d, const struct message *m)
{
	struct hsrp_in in = {.kind = HSRP_IN_GROUP, .group = m->group};
	int result;

	hsrpd_step(d, &in, &result);
	if (result == 0)
		saved_config(d, m, m->group.device, (enum ip_family)m->group.family, m->group.group);
	return result;
}

int config_chain(struct hsrpd *d, const struct message *m)
{
	struct hsrp_in in = {.kind = HSRP_IN_CHAIN, .chain = m->chain};
	struct saved_key key;
	int result;

	hsrpd_step(d, &in, &result);
	memset(&key, 0, sizeof(key));
	memcpy(key.chain, m->chain.name, strnlen(m->chain.name, sizeof(key.chain) - 1));
	key.part = m->chain.first;
	if (result != 0)
		return result;
	saved_put(d, m, &key);
	if (!m->chain.more)
		saved_drop_parts(d, &key);
	return 0;
}

int config_remove(struct hsrpd *d, const struct message *m)
{
	bool interface = m->type == MESSAGE_REMOVE_INTERFACE;
	struct hsrp_in in = {.kind = interface ? HSRP_IN_REMOVE_INTERFACE : HSRP_IN_REMOVE_GROUP};
	struct device *v = device_find(d, m->which.device);
	int result;

	if (m->which.device[0] == '\0')
		return -EINVAL;
	memcpy(in.which.device, m->which.device, sizeof(in.which.device));
	in.which.group = interface ? HSRP_ALL_GROUPS : m->which.group;
	in.which.family = interface ? IP_NONE : (uint8_t)m->which.family;
	struct message_which key = m->which;
	key.group = in.which.group;
	key.family = in.which.family;
	saved_drop(d, &key);
	if (v && interface)
		v->configured = false;
	hsrpd_step(d, &in, &result);
	v = device_find(d, m->which.device);
	if (v && !v->configured && v->ifindex <= 0)
		device_drop(d, v);
	return result;
}

void config_begin(struct hsrpd *d)
{
	struct device *v, *next;
	struct saved *s, *snext;

	d->in_config = true;
	d->end_waits = false;
	HASH_ITER (hh, d->devices, v, next)
		v->named = false;
	HASH_ITER (hh, d->saved, s, snext)
		s->named = false;
	hsrpd_step(d, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_BEGIN}, NULL);
}

void config_end(struct hsrpd *d, uint32_t id)
{
	struct device *v, *next;

	if (!d->in_config)
		return;
	d->end_id = id;
	d->end_waits = false;
	HASH_ITER (hh, d->devices, v, next)
		d->end_waits |= v->asked;
	if (d->end_waits)
		return;
	d->in_config = false;
	HASH_ITER (hh, d->devices, v, next)
		v->configured = v->named;
	saved_drop(d, NULL);
	if (!d->swept)
		sweep(d);
	d->swept = true;
	hsrpd_step(d, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_END}, NULL);
	HASH_ITER (hh, d->devices, v, next) {
		if (!v->configured && v->ifindex <= 0)
			device_drop(d, v);
	}
	hsrp_link_send(d->link, &(struct message){.type = MESSAGE_CONFIG_DONE, .id = id});
	loop_work(d->loop);
}

/* A role can still be taken up: then the predecessor's configuration serves until the engine sends the present one. */
void config_load_saved(struct hsrpd *d)
{
	char path[256];
	struct stat st;
	struct message m;

	snprintf(path, sizeof(path), "%s/hsrp.config", d->run_dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	uint8_t *bytes = fstat(fd, &st) == 0 && st.st_size > 0 ? malloc((size_t)st.st_size) : NULL;
	ssize_t len = bytes ? read(fd, bytes, (size_t)st.st_size) : 0;
	close(fd);
	for (ssize_t at = 0; at + (ssize_t)sizeof(uint16_t) <= len;) {
		uint16_t n;
		memcpy(&n, bytes + at, sizeof(n));
		at += (ssize_t)sizeof(n);
		if (at + n > len || message_decode(&m, bytes + at, n) != 0)
			break;
		at += n;
		if (m.type == MESSAGE_CONFIG_GROUP)
			m.group.sync_ready = false; /* that was then */
		if (m.type == MESSAGE_CONFIG_INTERFACE || m.type == MESSAGE_CONFIG_GROUP ||
			m.type == MESSAGE_CONFIG_CHAIN)
			hsrpd_message(d, &m);
	}
	free(bytes);
}

void config_links_known(struct hsrpd *d)
{
	if (d->end_waits)
		config_end(d, d->end_id);
}
