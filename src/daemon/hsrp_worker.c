/* The thread that may wait: see hsrp_worker.h. */
#include "daemon/hsrp_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/loop.h"
#include "linux/claims.h"
#include "linux/members.h"
#include "linux/quiet.h"

enum {
	STACK = 512 * 1024, /* memory is locked: not the default of 8 MB */
	AT_ONCE = 256,	    /* removals or renewals in one step */
};

/* What somebody waits for; what the kernel takes its time with; what a removal may make needless. */
enum level { URGENT, SLOW, LAST, LEVELS };

struct queue {
	struct work *first, **last;
};

struct worker {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	struct queue jobs[LEVELS], answers;
	int fd, priority;
	struct vmac *vmac;
	struct quiet *quiet;	       /* NULL: the kernel has no nf_tables, quiet_error tells */
	int quiet_error, member_error; /* as told last */
	bool quiet_there;	       /* as far as this process put it there */
	struct members *members;
	struct sysctl_record *settings;
	char config[256], config_new[256], roles[256];
};

static void queue_put(struct queue *q, struct work *w)
{
	w->next = NULL;
	*q->last = w;
	q->last = &w->next;
}

static struct work *queue_take(struct queue *q)
{
	struct work *w = q->first;

	if (w && !(q->first = w->next))
		q->last = &q->first;
	return w;
}

/* With the mutex held: hands an answer over. */
static void answer_put(struct worker *w, struct work *job)
{
	bool first = !w->answers.first;

	queue_put(&w->answers, job);
	if (first)
		(void)eventfd_write(w->fd, 1);
}

/* ---- what a macvlan must not tell ---- */

/* Called by the thread, without the mutex: a failure is told when it begins. */
static void say(struct worker *w, enum worker_kind kind, int *last, int error)
{
	struct work *job = error && error != *last ? calloc(1, sizeof(*job)) : NULL;

	*last = error;
	if (!job)
		return;
	job->kind = (uint8_t)kind;
	job->error = error;
	pthread_mutex_lock(&w->mutex);
	answer_put(w, job);
	pthread_mutex_unlock(&w->mutex);
}

static void quiet_look(struct worker *w)
{
	int e = w->quiet ? quiet_ensure(w->quiet) : -EOPNOTSUPP;

	w->quiet_there = e == 0;
	say(w, WORK_QUIET, &w->quiet_error, e);
}

/* Before a macvlan may come up: afterwards would be too late for its first report. */
static void quiet_before(struct worker *w, const struct hsrp_kernel *k)
{
	bool brings =
		k->op == HSRP_KERNEL_PREPARE || k->op == HSRP_KERNEL_SERVE || k->op == HSRP_KERNEL_RENEW;

	if (brings && !k->use_bia && !w->quiet_there)
		quiet_look(w);
}

static int quiet_end(struct worker *w)
{
	w->quiet_there = false;
	return w->quiet ? quiet_remove(w->quiet) : 0;
}

/* What failed to go is no reason to go on as a member. */
static void follow(struct worker *w, const struct hsrp_kernel *k, int error)
{
	if (error == 0 || k->op == HSRP_KERNEL_UNSERVE || k->op == HSRP_KERNEL_REMOVE)
		say(w, WORK_MEMBER, &w->member_error, members_follow(w->members, k));
}

/* ---- jobs ---- */

/* Written beside and renamed: a successor finds all of it or none. */
static int save(const struct worker *w, const uint8_t *bytes, size_t len)
{
	int fd = open(w->config_new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int e = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, bytes, len) != (ssize_t)len)
		e = errno ? -errno : -EIO;
	close(fd);
	if (e == 0 && rename(w->config_new, w->config) < 0)
		e = -errno;
	return e;
}

struct names {
	const char *at, *end;
};

static bool is_named(void *arg, const char *device, enum ip_family family, unsigned group)
{
	const struct names *names = arg;
	char wanted[HSRP_DEVICE_MAX + 8];

	snprintf(wanted, sizeof(wanted), "%s:%u%s", device, group, family == IP_V6 ? VMAC_V6 : "");
	for (const char *p = names->at; p < names->end; p += strlen(p) + 1)
		if (strcmp(p, wanted) == 0)
			return true;
	return false;
}

/* Settings of devices that nobody configures any more: a predecessor died before it could put them back. */
static int restore_unnamed(struct worker *w, const struct names *names)
{
	static const char head[] = "net/ipv4/conf/";
	int first = 0;

	for (size_t n = sysctl_count(w->settings); n-- > 0;) {
		const char *name, *before, *ours, *p;
		char device[SYSCTL_NAME_MAX], whole[SYSCTL_NAME_MAX];
		sysctl_get(w->settings, n, &name, &before, &ours);
		(void)str_copy(whole, sizeof(whole), name);
		if (strncmp(whole, head, strlen(head)) != 0)
			continue;
		(void)str_copy(device, sizeof(device), whole + strlen(head));
		device[strcspn(device, "/")] = '\0';
		for (p = names->at; p < names->end; p += strlen(p) + 1)
			if (strncmp(p, device, strlen(device)) == 0 && p[strlen(device)] == ':')
				break;
		if (p < names->end || (strcmp(device, "all") == 0 && names->at < names->end))
			continue;
		int e = sysctl_restore(w->settings, whole);
		first = first ? first : e;
	}
	return first;
}

static int sweep(struct worker *w, const struct work *job)
{
	const char *bytes = (const char *)job->save.bytes;
	struct names names = {bytes, bytes + job->save.len};
	int e = vmac_sweep(w->vmac, is_named, &names);
	int settings = restore_unnamed(w, &names);
	int quiet = names.at == names.end ? quiet_end(w) : 0;

	return e ? e : settings ? settings : quiet;
}

/* True when the answer is to be reported. */
static bool work_do(struct worker *w, struct work *job)
{
	switch ((enum worker_kind)job->kind) {
	case WORK_KERNEL:
		quiet_before(w, &job->kernel);
		job->error = vmac_apply(w->vmac, &job->kernel);
		follow(w, &job->kernel, job->error);
		if (job->kernel.op == HSRP_KERNEL_UNSERVE)
			(void)worker_put(w, &(struct work){.kind = WORK_DOWN, .kernel = job->kernel});
		return true;
	case WORK_DOWN:
		(void)vmac_down(w->vmac, &job->kernel);
		return false; /* SERVE and REMOVE take it as it is */
	case WORK_LINK: job->error = vmac_link_query(w->vmac, job->device, &job->link); return true;
	case WORK_LISTEN:
		job->error = frame_receiver_open(&job->receiver, job->ifindex, loop_clock());
		return true;
	case WORK_CLOSE: frame_receiver_close(&job->receiver); return false;
	case WORK_JOIN: frame_receiver_join_ipv6(&job->receiver, job->ifindex); return false;
	case WORK_CLAIMS:
		job->claims.fd = claims_open(job->ifindex, job->claims.addresses, job->claims.count);
		job->error = job->claims.fd < 0 ? job->claims.fd : 0;
		free(job->claims.addresses);
		return true;
	case WORK_CLOSE_CLAIMS: close(job->claims.fd); return false;
	case WORK_SETTINGS:
		job->error = vmac_device_settings(w->settings, job->device);
		return job->error != 0;
	case WORK_RESTORE: job->error = vmac_device_restore(w->settings, job->device); return job->error != 0;
	case WORK_SWEEP:
		job->error = sweep(w, job);
		free(job->save.bytes);
		return job->error != 0;
	case WORK_SAVE:
		job->error = save(w, job->save.bytes, job->save.len);
		free(job->save.bytes);
		return job->error != 0;
	case WORK_MEMBER: return false; /* only ever an answer */
	case WORK_QUIET:
		if (w->quiet_there)
			quiet_look(w);
		return false;
	case WORK_FORGET:
		/* It may never have had a configuration, and a predecessor's macvlans and settings may still be there. */
		(void)sweep(w, &(struct work){.kind = WORK_SWEEP});
		job->error = sysctl_restore_all(w->settings);
		unlink(w->config);
		unlink(w->roles);
		return true;
	}
	return false;
}

static bool is_kernel(const struct work *job, enum hsrp_kernel_op op)
{
	return job->kind == WORK_KERNEL && job->kernel.op == op;
}

static enum level level_of(const struct work *job)
{
	if (job->kind == WORK_DOWN)
		return LAST;
	bool slow = job->quit || is_kernel(job, HSRP_KERNEL_REMOVE) || job->kind == WORK_CLOSE ||
		job->kind == WORK_CLAIMS || job->kind == WORK_CLOSE_CLAIMS || job->kind == WORK_RESTORE ||
		job->kind == WORK_SWEEP || job->kind == WORK_SAVE || job->kind == WORK_FORGET;
	return slow ? SLOW : URGENT;
}

/* With the mutex held: removals or renewals that wait in a row are one step of the kernel. */
static void do_many(struct worker *w, enum level level, enum hsrp_kernel_op op, struct work *first)
{
	struct work *jobs[AT_ONCE] = {first};
	const struct hsrp_kernel *kernels[AT_ONCE] = {&first->kernel};
	int errors[AT_ONCE];
	unsigned count = 1;

	while (count < AT_ONCE && w->jobs[level].first && is_kernel(w->jobs[level].first, op)) {
		jobs[count] = queue_take(&w->jobs[level]);
		kernels[count] = &jobs[count]->kernel;
		count++;
	}
	pthread_mutex_unlock(&w->mutex);
	if (op == HSRP_KERNEL_RENEW) {
		quiet_before(w, kernels[0]);
		vmac_renew_many(w->vmac, kernels, count, errors);
	} else {
		int e = count > 1 ? vmac_remove_many(w->vmac, kernels, count)
				  : vmac_apply(w->vmac, kernels[0]);
		for (unsigned n = 0; n < count; n++)
			errors[n] = e;
	}
	for (unsigned n = 0; n < count; n++)
		follow(w, kernels[n], errors[n]);
	pthread_mutex_lock(&w->mutex);
	for (unsigned n = 0; n < count; n++) {
		jobs[n]->error = errors[n];
		answer_put(w, jobs[n]);
	}
}

static void *run(void *arg)
{
	struct worker *w = arg;
	struct sched_param param = {.sched_priority = w->priority};

	if (w->priority > 0)
		(void)sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param);
	pthread_mutex_lock(&w->mutex);
	for (;;) {
		struct work *job = NULL;
		for (unsigned n = 0; n < LEVELS && !job; n++)
			job = queue_take(&w->jobs[n]);
		if (!job) {
			pthread_cond_wait(&w->wake, &w->mutex);
			continue;
		}
		if (job->quit) {
			free(job);
			break;
		}
		if (is_kernel(job, HSRP_KERNEL_REMOVE) || is_kernel(job, HSRP_KERNEL_RENEW)) {
			do_many(w, level_of(job), (enum hsrp_kernel_op)job->kernel.op, job);
			continue;
		}
		pthread_mutex_unlock(&w->mutex);
		bool answer = work_do(w, job);
		pthread_mutex_lock(&w->mutex);
		if (answer)
			answer_put(w, job);
		else
			free(job);
	}
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

static int start(struct worker *w)
{
	pthread_attr_t attr;
	sigset_t all, before;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	sigfillset(&all); /* signals belong to the event loop */
	pthread_sigmask(SIG_BLOCK, &all, &before);
	int e = -pthread_create(&w->thread, &attr, run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return e;
}

int worker_open(struct worker **out, const char *run_dir, int priority)
{
	struct worker *w = calloc(1, sizeof(*w));
	char settings[256];
	int e;

	if (!w)
		return -ENOMEM;
	for (unsigned n = 0; n < LEVELS; n++)
		w->jobs[n].last = &w->jobs[n].first;
	w->answers.last = &w->answers.first;
	w->priority = priority;
	pthread_mutex_init(&w->mutex, NULL);
	pthread_cond_init(&w->wake, NULL);
	snprintf(settings, sizeof(settings), "%s/hsrp.sysctl", run_dir);
	snprintf(w->config, sizeof(w->config), "%s/hsrp.config", run_dir);
	snprintf(w->config_new, sizeof(w->config_new), "%s/hsrp.config.new", run_dir);
	snprintf(w->roles, sizeof(w->roles), "%s/hsrp.roles", run_dir);
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	e = w->fd < 0 ? -errno : vmac_open(&w->vmac);
	w->members = members_new();
	if (e == 0 && !w->members)
		e = -ENOMEM;
	(void)quiet_open(&w->quiet); /* without nf_tables HSRP works, and says what it cannot do */
	if (e == 0)
		e = sysctl_record_open(&w->settings, settings);
	if (e == 0)
		e = start(w);
	if (e == 0) {
		*out = w;
		return 0;
	}
	if (w->settings)
		sysctl_record_close(w->settings);
	if (w->vmac)
		vmac_close(w->vmac);
	members_free(w->members);
	quiet_close(w->quiet);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
	return e;
}

bool worker_put(struct worker *w, const struct work *job)
{
	struct work *copy = malloc(sizeof(*copy));

	if (!copy)
		return false;
	*copy = *job;
	pthread_mutex_lock(&w->mutex);
	queue_put(&w->jobs[level_of(copy)], copy);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->mutex);
	return true;
}

bool worker_take(struct worker *w, struct work *answer)
{
	pthread_mutex_lock(&w->mutex);
	struct work *one = queue_take(&w->answers);
	pthread_mutex_unlock(&w->mutex);
	if (!one)
		return false;
	*answer = *one;
	free(one);
	return true;
}

void worker_clear(struct worker *w)
{
	eventfd_t count;

	(void)eventfd_read(w->fd, &count);
}

void worker_again(struct worker *w)
{
	(void)eventfd_write(w->fd, 1);
}

int worker_quiet_fd(const struct worker *w)
{
	return w->quiet ? quiet_fd(w->quiet) : -1;
}

bool worker_quiet_lost(struct worker *w)
{
	return quiet_losses(w->quiet) != 0;
}

int worker_fd(const struct worker *w)
{
	return w->fd;
}

void worker_close(struct worker *w)
{
	struct work *left;

	if (worker_put(w, &(struct work){.quit = true}))
		pthread_join(w->thread, NULL);
	while ((left = queue_take(&w->answers)) || (left = queue_take(&w->jobs[LAST])))
		free(left);
	sysctl_record_close(w->settings);
	vmac_close(w->vmac);
	members_free(w->members);
	quiet_close(w->quiet);
	close(w->fd);
	free(w);
}
