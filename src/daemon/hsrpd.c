/*
 * The hsrp process: frames, timers, virtual addresses. It wires the HSRP core (hsrp/group.h) to sockets, to the worker
 * thread that may wait, to the record of roles and to the engine. Nothing here decides; nothing here waits.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/hsrpd.h"
#include "daemon/log.h"
#include "daemon/roles.h"
#include "linux/md5.h"
#include "linux/linkwatch.h"
#include "linux/wallclock.h"

enum {
	FRAMES_AT_ONCE = 64,
	ANSWERS_AT_ONCE = 64,
	PRIORITY = 20,			      /* SCHED_RR; the worker runs one below */
	LEAVE_MS = 5000,		      /* a stop in which the kernel does nothing for so long ends */
	OUTS_KEPT = 2 * HSRP_EFFECTS_AT_ONCE, /* what an event for all groups took beyond is given back */
	GIVEN_BACK = 128 * 1024, /* larger memory goes back to the system when it is freed, always */
};

/* ---- answers of the worker ---- */

static void answered(struct hsrpd *d, struct work *w)
{
	switch ((enum worker_kind)w->kind) {
	case WORK_KERNEL: {
		struct hsrp_in in = {.kind = HSRP_IN_KERNEL};
		memcpy(in.kernel.device, w->kernel.device, sizeof(in.kernel.device));
		in.kernel.group = w->kernel.group;
		in.kernel.family = w->kernel.family;
		in.kernel.serial = w->kernel.serial;
		in.kernel.error = -w->error;
		d->give_up = mono_add_ms(loop_clock(), LEAVE_MS);
		hsrpd_step(d, &in, NULL);
		break;
	}
	case WORK_LISTEN: devices_receiver_opened(d, w); break;
	case WORK_LINK: devices_link_answered(d, w); break;
	case WORK_CLAIMS: claims_opened(d, w); break;
	case WORK_QUIET:
		log_ios("HSRP", LOG_SEV_WARNING, "REPORTS",
			"IGMP and MLD from virtual MACs cannot be held back: %s", strerror(-w->error));
		break;
	case WORK_MEMBER:
		log_ios("HSRP", LOG_SEV_WARNING, "MEMBERSHIP",
			"switches that snoop may not pass solicitations on: %s", strerror(-w->error));
		break;
	case WORK_FORGET: loop_exit(d->loop, ROLE_EXIT_OK); break;
	case WORK_SETTINGS:
		if (w->error != -ENOENT) /* the device may be gone again */
			log_ios("HSRP", LOG_SEV_WARNING, "SETTINGS",
				"%s: arp_ignore, arp_announce or send_redirects cannot be set: %s", w->device,
				strerror(-w->error));
		break;
	default:
		log_ios("HSRP", LOG_SEV_WARNING, "STATE", "run-time state cannot be kept: %s",
			strerror(-w->error));
		break;
	}
}

static void on_worker(void *ctx, uint32_t events)
{
	struct hsrpd *d = ctx;
	struct work w;

	(void)events;
	worker_clear(d->worker);
	for (unsigned n = 0; n < ANSWERS_AT_ONCE; n++) {
		if (!worker_take(d->worker, &w))
			return;
		answered(d, &w);
	}
	worker_again(d->worker); /* frames and deadlines go first */
}

/* Somebody changed firewall rules; a flush of all of them takes the table of the quiet macvlans along. */
static void on_rules(void *ctx, uint32_t events)
{
	struct hsrpd *d = ctx;

	(void)events;
	if (worker_quiet_lost(d->worker))
		(void)worker_put(d->worker, &(struct work){.kind = WORK_QUIET});
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
		claims_kernel(d, &o->kernel);
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
	case HSRP_OUT_NEIGHBOUR:
		m.type = MESSAGE_NEIGHBOUR;
		m.id = d->status_id;
		m.neighbour = o->neighbour;
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
	if (d->outs.cap > OUTS_KEPT)
		hsrp_outs_free(&d->outs);
}

void hsrpd_step(struct hsrpd *d, const struct hsrp_in *in, int *result)
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
	hsrpd_step(d, &(struct hsrp_in){.kind = HSRP_IN_TIME}, NULL);
}

/* ---- what the engine says ---- */

static void leave(struct hsrpd *d)
{
	if (d->leaving)
		return;
	d->leaving = true;
	d->give_up = mono_add_ms(loop_clock(), LEAVE_MS);
	hsrpd_step(d, &(struct hsrp_in){.kind = HSRP_IN_LEAVE}, NULL);
}

static void command(struct hsrpd *d, const struct message *m)
{
	static const uint8_t kinds[MESSAGE_COMMAND_COUNT] = {[MESSAGE_COMMAND_RESIGN] = HSRP_IN_RESIGN,
		[MESSAGE_COMMAND_SEND_ARP] = HSRP_IN_ARP,
		[MESSAGE_COMMAND_YIELD] = HSRP_IN_YIELD,
		[MESSAGE_COMMAND_DEBUG] = HSRP_IN_DEBUG,
		[MESSAGE_COMMAND_CONDITION] = HSRP_IN_CONDITION};
	struct hsrp_in in = {.kind = kinds[m->command.command]};
	int result;

	switch (m->command.command) {
	case MESSAGE_COMMAND_LEAVE:
		d->leave_id = m->id;
		leave(d);
		return;
	case MESSAGE_COMMAND_KEEP: loop_exit(d->loop, ROLE_EXIT_OK); return;
	case MESSAGE_COMMAND_DEBUG: in.debug = (uint16_t)m->command.which.group; break;
	default:
		memcpy(in.which.device, m->command.which.device, sizeof(in.which.device));
		in.which.group = m->command.which.group;
		in.which.family = (uint8_t)m->command.which.family;
		break;
	}
	hsrpd_step(d, &in, &result);
	send_result(d, MESSAGE_COMMAND_DONE, m->id, result);
}

static void status(struct hsrpd *d, const struct message *m)
{
	struct hsrp_in in = {.kind = HSRP_IN_STATUS};

	d->status_id = m->id;
	memcpy(in.which.device, m->which.device, sizeof(in.which.device));
	in.which.group = m->which.group;
	in.which.family = (uint8_t)m->which.family;
	hsrpd_step(d, &in, NULL);
	send_result(d, MESSAGE_STATUS_END, m->id, 0);
}

void hsrpd_message(void *arg, const struct message *m)
{
	struct hsrpd *d = arg;
	int result = 0;

	switch ((enum message_type)m->type) {
	case MESSAGE_CONFIG_BEGIN: config_begin(d); break;
	case MESSAGE_CONFIG_INTERFACE: result = config_interface(d, m); break;
	case MESSAGE_CONFIG_GROUP: result = config_group(d, m); break;
	case MESSAGE_CONFIG_CHAIN: result = config_chain(d, m); break;
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
	d->in_config = d->end_waits = false;
	hsrpd_step(d, &(struct hsrp_in){.kind = HSRP_IN_DEBUG}, NULL);
}

/* The wall clock was set: key lifetimes begin and end by it. */
static void on_wallclock(void *ctx, uint32_t events)
{
	struct hsrpd *d = ctx;
	struct hsrp_in in = {.kind = HSRP_IN_WALL};

	(void)events;
	if (wallclock_stepped(d->wallclock, &in.wall.offset_ns))
		hsrpd_step(d, &in, NULL);
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
	d->core = hsrp_new(seed, md5_open() ? md5_sum : NULL);
	if (!d->core)
		return -ENOMEM;
	if ((e = loop_new(&d->loop)) < 0 || (e = loop_deadline(d->loop, on_deadline, d)) < 0 ||
		(e = loop_idle(d->loop, config_on_idle, d)) < 0 || (e = role_heartbeat(d->loop)) < 0)
		return e;
	if ((d->sender = e = frame_sender_open()) < 0 || (d->linkwatch = e = linkwatch_open()) < 0)
		return e;
	struct hsrp_in wall = {.kind = HSRP_IN_WALL};
	if ((d->wallclock = e = wallclock_open(&wall.wall.offset_ns)) < 0)
		return e;
	(void)hsrp_step(d->core, &wall, loop_clock(), &d->outs);
	if ((e = worker_open(&d->worker, d->run_dir, PRIORITY - 1)) < 0)
		return e;
	if ((e = hsrp_roles_open(&d->roles, path, on_record, d)) < 0)
		return e;
	(void)fcntl(ROLE_FD_LISTEN, F_SETFL, O_NONBLOCK);
	if ((e = hsrp_link_open(&d->link, d->loop, ROLE_FD_LISTEN, hsrpd_message, on_lost, d)) < 0)
		return e;
	if (!loop_watch(d->loop, d->linkwatch, EPOLLIN, LOOP_FRAMES, devices_on_linkwatch, d) ||
		!loop_watch(d->loop, d->wallclock, EPOLLIN, LOOP_FRAMES, on_wallclock, d) ||
		!loop_watch(d->loop, worker_fd(d->worker), EPOLLIN, LOOP_NORMAL, on_worker, d))
		return errno ? -errno : -ENOMEM;
	if (worker_quiet_fd(d->worker) >= 0 &&
		!loop_watch(d->loop, worker_quiet_fd(d->worker), EPOLLIN, LOOP_NORMAL, on_rules, d))
		return errno ? -errno : -ENOMEM;
	if ((e = loop_signal(d->loop, SIGTERM, on_signal, d)) < 0 ||
		(e = loop_signal(d->loop, SIGUSR2, on_signal, d)) < 0)
		return e;
	return 0;
}

int hsrpd_main(const struct role_args *args)
{
	struct hsrpd d = {.run_dir = args->run_dir, .sender = -1, .linkwatch = -1, .wallclock = -1};
	const char *limits = real_time();
	int e;

	mallopt(M_MMAP_THRESHOLD, GIVEN_BACK);
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
		config_load_saved(&d);
	if (*limits)
		log_ios("HSRP", LOG_SEV_WARNING, "REALTIME", "Hellos may be late under load: %s", limits);
	role_ready(limits);
	e = loop_run(d.loop);
	if (e < 0)
		log_fault("hsrp: event loop: %s", strerror(-e));
	hsrp_link_close(d.link);
	worker_close(d.worker); /* what is queued is still done */
	hsrp_roles_close(d.roles);
	return e < 0 ? ROLE_EXIT_FAILED : e;
}
