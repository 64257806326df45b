/*
 * The hsrp process: frames, timers, virtual addresses. It wires the HSRP core (hsrp/group.h) to sockets, to the worker
 * thread that may wait, to the record of roles and to the engine. Nothing here decides; nothing here waits.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#include "base/text.h"
#include "daemon/hsrp_link.h"
#include "daemon/hsrp_roles.h"
#include "daemon/hsrp_worker.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/roles.h"
#include "linux/linkwatch.h"

enum {
	FRAMES_AT_ONCE = 64,
	PRIORITY = 20,	 /* SCHED_RR; the worker runs one below */
	LEAVE_MS = 5000, /* a stop in which the kernel does nothing for so long ends */
};

/* A device that the configuration names. */
struct device {
	UT_hash_handle hh;
	char name[HSRP_DEVICE_MAX];
	int ifindex; /* as last heard; 0: there is none */
	struct frame_receiver receiver;
	struct loop_fd *watch;
	bool named, configured;
	bool asked, overtaken; /* a link query is under way; a notification came meanwhile */
	struct hsrpd *d;
};

/* The configuration as it arrived, for a successor that starts before its engine. */
struct saved {
	UT_hash_handle hh;
	struct message_which key; /* group -1: the interface */
	bool named;
	size_t len;
	uint8_t bytes[MESSAGE_MAX];
};

struct hsrpd {
	struct loop *loop;
	struct hsrp *core;
	struct hsrp_outs outs;
	struct hsrp_link *link;
	struct worker *worker;
	struct hsrp_roles *roles;
	struct device *devices;
	struct saved *saved;
	int sender, linkwatch;
	const char *run_dir;
	bool resumable; /* a predecessor's role is young enough to be taken up */
	bool in_config, swept, leaving, save_due;
	uint32_t status_id, leave_id;
	mono_t give_up; /* of a stop; every answer of the kernel moves it on */
};

static void step(struct hsrpd *d, const struct hsrp_in *in, int *result);

/* ---- devices ---- */

static struct device *device_find(struct hsrpd *d, const char *name)
{
	struct device *v;

	HASH_FIND_STR(d->devices, name, v);
	return v;
}

static void device_ask(struct hsrpd *d, struct device *v)
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

static struct device *device_get(struct hsrpd *d, const char *name)
{
	struct device *v = device_find(d, name);

	if (v)
		return v;
	v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	v->d = d;
	v->receiver.fd = v->receiver.member = -1;
	(void)str_copy(v->name, sizeof(v->name), name);
	HASH_ADD_STR(d->devices, name, v);
	if (!v->hh.tbl) {
		free(v);
		return NULL;
	}
	return v;
}

static void device_deaf(struct hsrpd *d, struct device *v)
{
	if (!v->watch)
		return;
	loop_unwatch(v->watch);
	v->watch = NULL;
	(void)worker_put(d->worker, &(struct work){.kind = WORK_CLOSE, .receiver = v->receiver});
	v->receiver.fd = v->receiver.member = -1;
}

/* The configuration does not name it any more, and its groups have left it. */
static void device_drop(struct hsrpd *d, struct device *v)
{
	device_deaf(d, v);
	device_work(d, WORK_RESTORE, v);
	HASH_DEL(d->devices, v);
	free(v);
}

static void on_frames(void *ctx, uint32_t events)
{
	struct device *v = ctx;
	struct hsrpd *d = v->d;
	uint8_t buf[FRAME_MAX];
	char name[HSRP_DEVICE_MAX];

	(void)events;
	memcpy(name, v->name, sizeof(name));
	for (unsigned n = 0; n < FRAMES_AT_ONCE; n++) {
		struct hsrp_in in = {.kind = HSRP_IN_FRAME};
		struct frame_in f;
		int got = frame_receive(&v->receiver, buf, loop_clock(), &f);
		if (got <= 0)
			break;
		in.frame.ifindex = v->ifindex;
		in.frame.at = f.at;
		in.frame.checksummed = f.checksummed;
		in.frame.bytes = buf;
		in.frame.len = f.len;
		step(d, &in, NULL);
		if (device_find(d, name) != v || !v->watch)
			break; /* gone meanwhile */
	}
}

static void device_link(struct hsrpd *d, struct device *v, int ifindex, bool up, const struct mac *mac)
{
	struct hsrp_in in = {.kind = HSRP_IN_LINK};
	bool appeared = ifindex > 0 && ifindex != v->ifindex;

	memcpy(in.link.device, v->name, sizeof(in.link.device));
	in.link.ifindex = ifindex;
	in.link.up = up;
	in.link.mac = *mac;
	v->ifindex = ifindex;
	if (appeared)
		device_work(
			d, WORK_SETTINGS, v); /* before anything of ours is on it: jobs keep their order */
	step(d, &in, NULL);
}

static void on_link_change(void *arg, const struct linkwatch_change *c)
{
	struct hsrpd *d = arg;
	struct device *v, *next;
	static const struct mac none;

	HASH_ITER (hh, d->devices, v, next) {
		bool same_name = strcmp(v->name, c->device) == 0;
		if (same_name || (v->ifindex == c->ifindex && v->ifindex > 0)) {
			v->overtaken = v->asked;
			if (c->gone && v->ifindex == c->ifindex)
				device_link(d, v, 0, false, &none);
			else if (same_name && !c->gone)
				device_link(d, v, c->ifindex, c->up, &c->mac);
			else if (!same_name && !c->gone)
				device_link(d, v, 0, false, &none); /* renamed */
		}
	}
}

static void on_linkwatch(void *ctx, uint32_t events)
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

/* ---- answers of the worker ---- */

static void receiver_opened(struct hsrpd *d, struct work *w)
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

static void link_answered(struct hsrpd *d, const struct work *w)
{
	struct device *v = device_find(d, w->device);

	if (!v || !v->asked)
		return;
	v->asked = false;
	if (v->overtaken) {
		device_ask(d, v);
		return;
	}
	if (w->error)
		log_ios("HSRP", LOG_SEV_ERROR, "LINK", "cannot ask about %s: %s", w->device,
			strerror(-w->error));
	else
		device_link(d, v, w->link.ifindex, w->link.up, &w->link.mac);
}

static void on_worker(void *ctx, uint32_t events)
{
	struct hsrpd *d = ctx;
	struct work w;

	(void)events;
	worker_clear(d->worker);
	while (worker_take(d->worker, &w)) {
		switch ((enum worker_kind)w.kind) {
		case WORK_KERNEL: {
			struct hsrp_in in = {.kind = HSRP_IN_KERNEL};
			memcpy(in.kernel.device, w.kernel.device, sizeof(in.kernel.device));
			in.kernel.group = w.kernel.group;
			in.kernel.serial = w.kernel.serial;
			in.kernel.error = -w.error;
			d->give_up = mono_add_ms(loop_clock(), LEAVE_MS);
			step(d, &in, NULL);
			break;
		}
		case WORK_LISTEN: receiver_opened(d, &w); break;
		case WORK_LINK: link_answered(d, &w); break;
		case WORK_FORGET: loop_exit(d->loop, ROLE_EXIT_OK); break;
		case WORK_SETTINGS:
			if (w.error != -ENOENT) /* the device may be gone again */
				log_ios("HSRP", LOG_SEV_WARNING, "SETTINGS",
					"%s: arp_ignore, arp_announce or send_redirects cannot be set: %s",
					w.device, strerror(-w.error));
			break;
		default:
			log_ios("HSRP", LOG_SEV_WARNING, "STATE", "run-time state cannot be kept: %s",
				strerror(-w.error));
			break;
		}
	}
}

/* ---- effects of the core ---- */

static void send_result(struct hsrpd *d, enum message_type type, uint32_t id, int error)
{
	struct message m = {.type = (uint8_t)type, .id = id, .result = {.error = error}};

	hsrp_link_send(d->link, &m);
}

static void out_listen(struct hsrpd *d, const struct hsrp_out *o)
{
	struct device *v = device_find(d, o->listen.device);

	if (!v)
		return;
	if (o->listen.on) {
		struct work job = {.kind = WORK_LISTEN, .ifindex = o->listen.ifindex};
		memcpy(job.device, v->name, sizeof(job.device));
		(void)worker_put(d->worker, &job);
		return;
	}
	device_deaf(d, v);
	if (!v->configured)
		device_drop(d, v);
}

static void left(struct hsrpd *d)
{
	if (d->leave_id)
		send_result(d, MESSAGE_COMMAND_DONE, d->leave_id, 0);
	(void)worker_put(d->worker, &(struct work){.kind = WORK_FORGET}); /* its answer ends the loop */
}

static void out_one(struct hsrpd *d, const struct hsrp_out *o)
{
	struct message m = {0};
	struct work job;

	switch ((enum hsrp_out_kind)o->kind) {
	case HSRP_OUT_SEND: break; /* in one burst, before */
	case HSRP_OUT_KERNEL:
		job = (struct work){.kind = WORK_KERNEL, .kernel = o->kernel};
		(void)worker_put(d->worker, &job);
		break;
	case HSRP_OUT_REPORT:
		m.type = MESSAGE_REPORT;
		m.report = o->report;
		hsrp_link_send(d->link, &m);
		break;
	case HSRP_OUT_STATUS:
		m.type = MESSAGE_STATUS;
		m.id = d->status_id;
		m.status = o->status;
		hsrp_link_send(d->link, &m);
		break;
	case HSRP_OUT_LOG:
		m.type = MESSAGE_LOG;
		m.log.level = o->log.level;
		(void)str_copy(m.log.text, sizeof(m.log.text), o->log.text);
		if (o->log.level < LOG_SEV_DEBUG)
			log_line((enum log_severity)o->log.level, o->log.text);
		hsrp_link_send(d->link, &m);
		break;
	case HSRP_OUT_RECORD: hsrp_roles_put(d->roles, &o->record); break;
	case HSRP_OUT_LISTEN: out_listen(d, o); break;
	case HSRP_OUT_LEFT: left(d); break;
	}
}

static void carry_out(struct hsrpd *d)
{
	struct frame_out burst[FRAMES_AT_ONCE];
	size_t count = 0;

	/* Frames first: a hello never waits for anything else. */
	for (size_t n = 0; n < d->outs.count; n++) {
		const struct hsrp_out *o = &d->outs.items[n];
		if (o->kind != HSRP_OUT_SEND)
			continue;
		burst[count++] = (struct frame_out){
			.ifindex = o->send.ifindex, .bytes = o->send.bytes, .len = o->send.len};
		if (count == FRAMES_AT_ONCE) {
			(void)frame_send(d->sender, burst, count);
			count = 0;
		}
	}
	if (count)
		(void)frame_send(d->sender, burst, count);
	for (size_t n = 0; n < d->outs.count; n++)
		out_one(d, &d->outs.items[n]);
	if (d->outs.oom)
		log_ios("HSRP", LOG_SEV_CRITICAL, "MEMORY", "out of memory: something was not done");
	d->outs.count = 0;
	d->outs.oom = false;
}

static void step(struct hsrpd *d, const struct hsrp_in *in, int *result)
{
	int r = hsrp_step(d->core, in, loop_clock(), &d->outs);

	if (result)
		*result = r;
	carry_out(d);
	mono_t next = hsrp_deadline(d->core);
	loop_set_deadline(d->loop, d->leaving ? mono_min(next, d->give_up) : next);
}

static void on_deadline(void *ctx)
{
	struct hsrpd *d = ctx;

	if (d->leaving && d->give_up.ns <= loop_clock().ns) {
		log_ios("HSRP", LOG_SEV_ERROR, "LEAVE",
			"the kernel did not let go of a virtual address in time");
		loop_exit(d->loop, ROLE_EXIT_FAILED);
		return;
	}
	step(d, &(struct hsrp_in){.kind = HSRP_IN_TIME}, NULL);
}

/* ---- configuration, and its copy for a successor ---- */

static void saved_put(struct hsrpd *d, const struct message *m, const char *device, int32_t group)
{
	struct message_which key = {.group = group};
	struct saved *s;

	memcpy(key.device, device, strnlen(device, sizeof(key.device) - 1));
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
	int n = message_encode(m, s->bytes, sizeof(s->bytes));
	s->len = n > 0 ? (size_t)n : 0;
	s->named = true;
	d->save_due = true;
}

static void saved_drop(struct hsrpd *d, const struct message_which *w)
{
	struct saved *s, *next;

	HASH_ITER (hh, d->saved, s, next) {
		if (w ? strcmp(s->key.device, w->device) != 0 || (w->group >= 0 && w->group != s->key.group)
		      : s->named)
			continue;
		HASH_DEL(d->saved, s);
		free(s);
		d->save_due = true;
	}
}

/* Out of the way of everything else: the whole configuration goes to the worker, each message behind its length. */
static bool on_idle(void *ctx)
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
		if (s->key.group < 0)
			continue;
		text_printf(&names, "%s:%d", s->key.device, s->key.group);
		text_add_n(&names, "", 1);
	}
	struct work job = {.kind = WORK_SWEEP, .save = {.len = names.len}};
	job.save.bytes = (uint8_t *)text_take(&names);
	if (!worker_put(d->worker, &job))
		free(job.save.bytes);
}

static int config_interface(struct hsrpd *d, const struct message *m)
{
	struct hsrp_in in = {.kind = HSRP_IN_INTERFACE, .interface = m->interface};
	struct device *v = device_get(d, m->interface.device);
	int result;

	if (!v)
		return -ENOMEM;
	bool fresh = !v->configured;
	v->named = v->configured = true;
	step(d, &in, &result);
	if (fresh)
		device_ask(d, v);
	saved_put(d, m, m->interface.device, -1);
	return result;
}

static int config_group(struct hsrpd *d, const struct message *m)
{
	struct hsrp_in in = {.kind = HSRP_IN_GROUP, .group = m->group};
	int result;

	step(d, &in, &result);
	if (result == 0)
		saved_put(d, m, m->group.device, m->group.group);
	return result;
}

static int config_remove(struct hsrpd *d, const struct message *m)
{
	bool interface = m->type == MESSAGE_REMOVE_INTERFACE;
	struct hsrp_in in = {.kind = interface ? HSRP_IN_REMOVE_INTERFACE : HSRP_IN_REMOVE_GROUP};
	struct device *v = device_find(d, m->which.device);
	int result;

	if (m->which.device[0] == '\0')
		return -EINVAL;
	memcpy(in.which.device, m->which.device, sizeof(in.which.device));
	in.which.group = interface ? HSRP_ALL_GROUPS : m->which.group;
	struct message_which key = m->which;
	key.group = in.which.group;
	saved_drop(d, &key);
	if (v && interface)
		v->configured = false;
	step(d, &in, &result);
	v = device_find(d, m->which.device);
	if (v && !v->configured && v->ifindex <= 0)
		device_drop(d, v);
	return result;
}

static void config_begin(struct hsrpd *d)
{
	struct device *v, *next;
	struct saved *s, *snext;

	d->in_config = true;
	HASH_ITER (hh, d->devices, v, next)
		v->named = false;
	HASH_ITER (hh, d->saved, s, snext)
		s->named = false;
	step(d, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_BEGIN}, NULL);
}

static void config_end(struct hsrpd *d, uint32_t id)
{
	struct device *v, *next;

	if (!d->in_config)
		return;
	d->in_config = false;
	HASH_ITER (hh, d->devices, v, next)
		v->configured = v->named;
	saved_drop(d, NULL);
	if (!d->swept)
		sweep(d);
	d->swept = true;
	step(d, &(struct hsrp_in){.kind = HSRP_IN_CONFIG_END}, NULL);
	HASH_ITER (hh, d->devices, v, next) {
		if (!v->configured && v->ifindex <= 0)
			device_drop(d, v);
	}
	send_result(d, MESSAGE_CONFIG_DONE, id, 0);
	loop_work(d->loop);
}

/* ---- what the engine says ---- */

static void leave(struct hsrpd *d)
{
	if (d->leaving)
		return;
	d->leaving = true;
	d->give_up = mono_add_ms(loop_clock(), LEAVE_MS);
	step(d, &(struct hsrp_in){.kind = HSRP_IN_LEAVE}, NULL);
}

static void command(struct hsrpd *d, const struct message *m)
{
	static const uint8_t kinds[MESSAGE_COMMAND_COUNT] = {[MESSAGE_COMMAND_RESIGN] = HSRP_IN_RESIGN,
		[MESSAGE_COMMAND_SEND_ARP] = HSRP_IN_ARP,
		[MESSAGE_COMMAND_DEBUG_ON] = HSRP_IN_DEBUG,
		[MESSAGE_COMMAND_DEBUG_OFF] = HSRP_IN_DEBUG};
	struct hsrp_in in = {.kind = kinds[m->command.command]};
	int result;

	switch (m->command.command) {
	case MESSAGE_COMMAND_LEAVE:
		d->leave_id = m->id;
		leave(d);
		return;
	case MESSAGE_COMMAND_KEEP: loop_exit(d->loop, ROLE_EXIT_OK); return;
	case MESSAGE_COMMAND_DEBUG_ON:
	case MESSAGE_COMMAND_DEBUG_OFF: in.on = m->command.command == MESSAGE_COMMAND_DEBUG_ON; break;
	default:
		memcpy(in.which.device, m->command.which.device, sizeof(in.which.device));
		in.which.group = m->command.which.group;
		break;
	}
	step(d, &in, &result);
	send_result(d, MESSAGE_COMMAND_DONE, m->id, result);
}

static void status(struct hsrpd *d, const struct message *m)
{
	struct hsrp_in in = {.kind = HSRP_IN_STATUS};

	d->status_id = m->id;
	memcpy(in.which.device, m->which.device, sizeof(in.which.device));
	in.which.group = m->which.group;
	step(d, &in, NULL);
	send_result(d, MESSAGE_STATUS_END, m->id, 0);
}

static void on_message(void *arg, const struct message *m)
{
	struct hsrpd *d = arg;
	int result = 0;

	switch ((enum message_type)m->type) {
	case MESSAGE_CONFIG_BEGIN: config_begin(d); break;
	case MESSAGE_CONFIG_INTERFACE: result = config_interface(d, m); break;
	case MESSAGE_CONFIG_GROUP: result = config_group(d, m); break;
	case MESSAGE_CONFIG_END: config_end(d, m->id); break;
	case MESSAGE_REMOVE_INTERFACE:
	case MESSAGE_REMOVE_GROUP: result = config_remove(d, m); break;
	case MESSAGE_STATUS_REQUEST: status(d, m); break;
	case MESSAGE_COMMAND: command(d, m); break;
	default: result = -EPROTO; break; /* a message of our own direction */
	}
	if (result < 0)
		log_ios("HSRP", LOG_SEV_ERROR, "CONFIG",
			"a message of the engine (type %u) was not carried out: %s", m->type,
			strerror(-result));
	loop_work(d->loop);
}

static void on_lost(void *arg)
{
	struct hsrpd *d = arg;

	/* A configuration that ended in the middle removes nothing. */
	d->in_config = false;
	step(d, &(struct hsrp_in){.kind = HSRP_IN_DEBUG}, NULL);
}

/* ---- start ---- */

static void on_record(void *arg, const struct hsrp_record *r)
{
	struct hsrpd *d = arg;
	struct hsrp_in in = {.kind = HSRP_IN_RESUME, .record = *r};
	mono_t now = loop_clock();

	if (r->state <= HSRP_INITIAL || r->last_hello.ns > now.ns ||
		mono_diff_ms(now, r->last_hello) > (int64_t)r->hold_ms)
		return;
	d->resumable = true;
	(void)hsrp_step(d->core, &in, now, &d->outs);
}

/* A role can still be taken up: then the predecessor's configuration serves until the engine sends the present one. */
static void load_saved(struct hsrpd *d)
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
		if (m.type == MESSAGE_CONFIG_INTERFACE || m.type == MESSAGE_CONFIG_GROUP)
			on_message(d, &m);
	}
	free(bytes);
}

static void on_signal(void *ctx, int signal)
{
	struct hsrpd *d = ctx;

	if (signal == SIGTERM)
		leave(d);
	else
		loop_exit(d->loop, ROLE_EXIT_OK); /* SIGUSR2: a successor goes on, nothing is tidied up */
}

/* Hellos leave on time under load where the system lets us; elsewhere they leave when it can. */
static const char *real_time(void)
{
	struct sched_param param = {.sched_priority = PRIORITY};
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	bool scheduled = sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) == 0;

	(void)setrlimit(RLIMIT_MEMLOCK, &unlimited);
	bool locked = mlockall(MCL_CURRENT | MCL_FUTURE) == 0;
	return scheduled && locked ? ""
		: scheduled	   ? "memory is not locked"
		: locked	   ? "no real-time priority"
				   : "no real-time priority, memory is not locked";
}

static int open_all(struct hsrpd *d)
{
	char path[256];
	uint64_t seed = 0;
	int e;

	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed = (uint64_t)loop_clock().ns ^ (uint64_t)getpid();
	snprintf(path, sizeof(path), "%s/hsrp.roles", d->run_dir);
	d->core = hsrp_new(seed);
	if (!d->core)
		return -ENOMEM;
	if ((e = loop_new(&d->loop)) < 0 || (e = loop_deadline(d->loop, on_deadline, d)) < 0 ||
		(e = loop_idle(d->loop, on_idle, d)) < 0)
		return e;
	if ((d->sender = e = frame_sender_open()) < 0 || (d->linkwatch = e = linkwatch_open()) < 0)
		return e;
	if ((e = worker_open(&d->worker, d->run_dir, PRIORITY - 1)) < 0)
		return e;
	if ((e = hsrp_roles_open(&d->roles, path, on_record, d)) < 0)
		return e;
	(void)fcntl(ROLE_FD_LISTEN, F_SETFL, O_NONBLOCK);
	if ((e = hsrp_link_open(&d->link, d->loop, ROLE_FD_LISTEN, on_message, on_lost, d)) < 0)
		return e;
	if (!loop_watch(d->loop, d->linkwatch, EPOLLIN, LOOP_FRAMES, on_linkwatch, d) ||
		!loop_watch(d->loop, worker_fd(d->worker), EPOLLIN, LOOP_FRAMES, on_worker, d))
		return errno ? -errno : -ENOMEM;
	if ((e = loop_signal(d->loop, SIGTERM, on_signal, d)) < 0 ||
		(e = loop_signal(d->loop, SIGUSR2, on_signal, d)) < 0)
		return e;
	return 0;
}

int hsrpd_main(const struct role_args *args)
{
	struct hsrpd d = {.run_dir = args->run_dir, .sender = -1, .linkwatch = -1};
	const char *limits = real_time();
	int e;

	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	e = open_all(&d);
	if (e < 0) {
		log_fault("hsrp: %s",
			e == -EPERM || e == -EACCES ? "needs the capabilities CAP_NET_ADMIN and CAP_NET_RAW"
						    : strerror(-e));
		return ROLE_EXIT_FAULT;
	}
	if (d.resumable)
		load_saved(&d);
	role_ready(limits);
	e = loop_run(d.loop);
	if (e < 0)
		log_fault("hsrp: event loop: %s", strerror(-e));
	hsrp_link_close(d.link);
	worker_close(d.worker); /* what is queued is still done */
	hsrp_roles_close(d.roles);
	return e < 0 ? ROLE_EXIT_FAILED : e;
}
