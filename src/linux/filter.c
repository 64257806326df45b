#include "linux/filter.h"

#include <assert.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux/filter_kernel.h"
#include "linux/filter_learned.h"
#include "linux/filter_mss.h"
#include "linux/filter_text.h"

/* One device's part of the table, as it was last committed. */
struct part {
	struct part *next;
	char device[DEVICE_NAME_MAX], id[FILTER_ID_MAX];
	int ifindex, hooked; /* the device's, and the one that the kernel's rules name */
	char tun[DEVICE_NAME_MAX], tun_hooked[DEVICE_NAME_MAX]; /* in the same way, charon's TUN */
	uint32_t mtu, mtu_hooked;
	unsigned generation; /* of its sets: a part that is written anew takes the next one */
	bool in_kernel;
	struct filter_element *elements;
	size_t count;
};

struct filter_table {
	struct filter_kernel *kernel;
	struct part *parts;
	struct filter_mss *mss;
	size_t mss_count;
	bool mss_in_kernel; /* as it is here; a predecessor's does not count */
	bool can_log;	    /* the kernel has limit and log */
	struct filter_commit commit;
};

const char *filter_error(const struct filter_table *t)
{
	return filter_kernel_error(t->kernel);
}

struct filter_commit filter_last_commit(const struct filter_table *t)
{
	return t->commit;
}

/* --- What an earlier process may have left of a device ------------------------------------------------------------ */

/* Commands that delete the sets of a device that the kernel has; *highest is their highest generation. */
static int write_old_sets_gone(const char *list, const char *id, struct text *gone, unsigned *highest)
{
	char name[256], prefix[FILTER_ID_MAX + 8];
	unsigned generation;

	snprintf(prefix, sizeof(prefix), "dev-%s.", id);
	while (filter_listing_next(&list, "set", name, sizeof(name))) {
		if (strncmp(name, prefix, strlen(prefix)) != 0)
			continue;
		if (sscanf(name + strlen(prefix), "%u", &generation) == 1 && generation > *highest)
			*highest = generation;
		text_printf(gone, "delete set inet hotswan %s\n", name);
	}
	return gone->oom ? -ENOMEM : 0;
}

/* Is this the name of a chain of the device? */
static bool is_chain_of(const char *name, const char *id)
{
	size_t len = strlen(id);

	name += !strncmp(name, "out.", 4) ? 4 : !strncmp(name, "in.", 3) ? 3 : strlen(name);
	return !strncmp(name, id, len) && (name[len] == '\0' || name[len] == '.');
}

/* "VERB chain …" for each chain of a device that the kernel has. */
static void write_old_chains(const char *list, const char *id, const char *verb, struct text *batch)
{
	char name[256];

	while (filter_listing_next(&list, "chain", name, sizeof(name)))
		if (is_chain_of(name, id))
			text_printf(batch, "%s chain inet hotswan %s\n", verb, name);
}

/* --- Committing -------------------------------------------------------------------------------------------------- */

/*
 * Runs a batch. The notifications of it are read and dropped; those of others before it were looked at by the caller. One that
 * fails has none: what is there is of others, and why it failed.
 */
static int commit(struct filter_table *t, struct text *batch)
{
	bool nothing = !batch->oom && batch->len == 0;
	int error = batch->oom ? -ENOMEM : nothing ? 0 : filter_kernel_run(t->kernel, batch->s);

	t->commit.us += nothing || batch->oom ? 0 : filter_kernel_us(t->kernel);
	if (!error)
		filter_kernel_losses(t->kernel);
	text_free(batch);
	return error;
}

static struct part *find_part(const struct filter_table *t, const char *device)
{
	for (struct part *p = t->parts; p; p = p->next)
		if (!strcmp(p->device, device))
			return p;
	return NULL;
}

static struct filter_names names_of(const struct filter_table *t, const struct part *p)
{
	return (struct filter_names){p->device, p->id, p->generation, p->ifindex, p->mtu, t->can_log, p->tun};
}

/*
 * Walks two sorted lists side by side: calls for each element that only one of them has. Collects those of one set and
 * writes them as one command.
 */
static uint32_t write_difference(struct text *batch, const struct filter_names *n, const char *verb,
	const struct filter_element *from, size_t from_count, const struct filter_element *to,
	size_t to_count, bool sets_too)
{
	const struct filter_element **run_of = malloc((from_count + 1) * sizeof(*run_of));
	size_t collected = 0, j = 0;
	uint32_t total = 0;

	if (!run_of) {
		batch->oom = true;
		return 0;
	}
	for (size_t i = 0; i < from_count; i++) {
		while (j < to_count && filter_element_compare(&to[j], &from[i]) < 0)
			j++;
		if (j < to_count && filter_element_compare(&to[j], &from[i]) == 0)
			continue;
		/* The other list's elements of this set are just before j or at it, if there are any. */
		bool set_stays = (j < to_count && filter_same_set(&to[j], &from[i])) ||
			(j > 0 && filter_same_set(&to[j - 1], &from[i]));

		if (!set_stays && !sets_too)
			continue;
		if (collected > 0 && !filter_same_set(run_of[0], &from[i])) {
			filter_write_elements(batch, n, verb, run_of, collected);
			collected = 0;
		}
		run_of[collected++] = &from[i];
		total += from[i].view != VIEW_HELD;
	}
	if (collected > 0)
		filter_write_elements(batch, n, verb, run_of, collected);
	free(run_of);
	return total;
}

/* Writes a command for each set that `from` has and `to` has not; true when there was one. */
static bool write_sets(struct text *batch, const struct filter_names *n,
	void (*write)(struct text *t, const struct filter_names *n, const struct filter_element *e),
	const struct filter_element *from, size_t from_count, const struct filter_element *to,
	size_t to_count)
{
	bool any = false;
	size_t j = 0;

	for (size_t i = 0; i < from_count; i++) {
		if (i > 0 && filter_same_set(&from[i - 1], &from[i]))
			continue;
		while (j < to_count && filter_element_compare(&to[j], &from[i]) < 0)
			j++;
		if ((j < to_count && filter_same_set(&to[j], &from[i])) ||
			(j > 0 && filter_same_set(&to[j - 1], &from[i])))
			continue;
		write(batch, n, &from[i]);
		any = true;
	}
	return any;
}

static void write_changes(struct filter_table *t, struct text *batch, const struct part *p,
	const struct filter_element *e, size_t count)
{
	struct filter_names n = names_of(t, p);
	bool reshaped = write_sets(batch, &n, filter_write_set, e, count, p->elements, p->count);

	t->commit.deleted += write_difference(batch, &n, "delete", p->elements, p->count, e, count, false);
	t->commit.added += write_difference(batch, &n, "add", e, count, p->elements, p->count, true);

	struct text gone = {0};

	reshaped |= strcmp(p->tun, p->tun_hooked) != 0 || p->mtu != p->mtu_hooked;
	reshaped |= write_sets(&gone, &n, filter_write_set_gone, p->elements, p->count, e, count);
	if (reshaped)
		filter_write_chains(batch, &n, e, count, p->elements, p->count);
	text_add(batch, text_str(&gone));
	batch->oom |= gone.oom;
	text_free(&gone);
}

/*
 * Writes the whole part with sets of a new generation; those that the kernel has of it go in the same batch. The new ones
 * are committed before: the kernel fills a set of intervals a moment after the rules of the same commit look into it.
 */
static int write_anew(struct filter_table *t, struct text *batch, struct part *p,
	const struct filter_element *e, size_t count)
{
	struct text gone = {0}, sets = {0};
	int error;
	const char *list = filter_kernel_listing(t->kernel, &error);

	if (!list)
		return error;
	error = write_old_sets_gone(list, p->id, &gone, &p->generation);
	if (!error) {
		p->generation++;
		struct filter_names n = names_of(t, p);

		filter_write_table(batch);
		write_old_chains(list, p->id, "flush", batch);
		text_add(&sets, "add table inet hotswan\n");
		write_sets(&sets, &n, filter_write_set, e, count, NULL, 0);
		t->commit.added += write_difference(&sets, &n, "add", e, count, NULL, 0, true);
		filter_write_chains(batch, &n, e, count, NULL, 0);
		filter_write_hooks(batch, &n);
		text_add(batch, text_str(&gone));
		error = sets.oom ? -ENOMEM : filter_kernel_run(t->kernel, text_str(&sets));
		t->commit.us += filter_kernel_us(t->kernel);
	}
	text_free(&gone);
	text_free(&sets);
	t->commit.rebuilt = true;
	return error;
}

/* Forgets what was committed when others have been at our table: all parts are to be written anew. */
static int look_for_losses(struct filter_table *t)
{
	int lost = filter_kernel_losses(t->kernel);

	if (lost > 0) {
		t->mss_in_kernel = false;
		for (struct part *p = t->parts; p; p = p->next)
			p->in_kernel = false;
	}
	return lost;
}

static struct part *make_part(struct filter_table *t, const char *device)
{
	struct part *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	str_copy(p->device, sizeof(p->device), device);
	bool valid = filter_id(device, p->id);

	assert(valid);
	(void)valid;
	p->next = t->parts;
	t->parts = p;
	return p;
}

/* Brings one part to the elements `e` (which it takes over) in one batch, or leaves all as it was. */
static int bring_at_once(struct filter_table *t, struct part *p, struct filter_element *e, size_t count)
{
	struct text batch = {0};
	int error = 0;

	if (p->in_kernel)
		write_changes(t, &batch, p, e, count);
	if (p->in_kernel && p->ifindex != p->hooked) {
		struct filter_names n = names_of(t, p);
		filter_write_virtual(&batch, &n);
	}
	if (!p->in_kernel)
		error = write_anew(t, &batch, p, e, count);
	if (error)
		text_free(&batch);
	else
		error = commit(t, &batch);
	if (error) {
		if (e != p->elements)
			free(e);
		return error;
	}
	if (e != p->elements)
		free(p->elements);
	p->elements = e;
	p->count = count;
	p->in_kernel = true;
	p->hooked = p->ifindex;
	str_copy(p->tun_hooked, sizeof(p->tun_hooked), p->tun);
	p->mtu_hooked = p->mtu;
	return 0;
}

/* Some are held for longer than an edit only when its last batch failed. */
static size_t count_without_held(const struct part *p)
{
	size_t count = p->count;

	while (count > 0 && p->elements[count - 1].view == VIEW_HELD)
		count--;
	return count;
}

static struct filter_element *joined(
	const struct filter_element *a, size_t a_count, const struct filter_element *b, size_t b_count)
{
	struct filter_element *both = malloc((a_count + b_count + 1) * sizeof(*both));

	if (!both)
		return NULL;
	if (a_count > 0)
		memcpy(both, a, a_count * sizeof(*both));
	memcpy(both + a_count, b, b_count * sizeof(*both));
	return both;
}

/*
 * A packet that began to ask the chains before the last batch, and was held up in them, would see the next one's sets with
 * the old rules. membarrier waits for all that read under RCU, as netfilter's hooks do; a kernel with nohz_full refuses it.
 */
static void wait_for_packets_under_way(void)
{
	(void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

/* In three batches: what is held is held before the change, and until it is through. */
static int bring_held(struct filter_table *t, struct part *p, const struct filter_element *e, size_t count,
	const struct filter_element *held, size_t held_count)
{
	size_t former = count_without_held(p);
	struct filter_element *before = joined(p->elements, former, held, held_count),
			      *after = joined(e, count, held, held_count);
	int error;

	if (!before || !after) {
		free(before);
		free(after);
		return -ENOMEM;
	}
	error = bring_at_once(t, p, before, former + held_count);
	if (error) {
		free(after);
		return error;
	}
	wait_for_packets_under_way();
	error = bring_at_once(t, p, after, count + held_count);
	int last = bring_at_once(t, p, p->elements, error ? former : count);

	return error ? error : last;
}

/* Brings one part to the elements `e` (which it takes over) or leaves all as it was. */
static int bring(struct filter_table *t, struct part *p, struct filter_element *e, size_t count)
{
	struct filter_element *held = NULL;
	size_t held_count = 0;
	int error = p->in_kernel ? filter_held(p->elements, p->count, e, count, &held, &held_count) : 0;

	if (!error && held_count == 0)
		return bring_at_once(t, p, e, count);
	if (!error)
		error = bring_held(t, p, e, count, held, held_count);
	free(held);
	if (e != p->elements)
		free(e);
	return error;
}

/* The chain of `ip tcp adjust-mss`; one that nobody wants any more goes. */
static int bring_mss(struct filter_table *t)
{
	struct text batch = {0};
	int error;
	const char *list = filter_kernel_listing(t->kernel, &error);

	if (!list)
		return error;
	filter_write_mss(&batch, t->mss, t->mss_count, filter_listing_has(list, "chain", "mss"));
	error = commit(t, &batch);
	t->mss_in_kernel = !error;
	return error;
}

/* Writes again what others have destroyed. */
static int repair(struct filter_table *t)
{
	int first = t->mss_count > 0 && !t->mss_in_kernel ? bring_mss(t) : 0;

	for (struct part *p = t->parts; p; p = p->next) {
		bool lost = !p->in_kernel && p->elements;
		int error = lost ? bring(t, p, p->elements, count_without_held(p)) : 0;

		if (error && !first)
			first = error;
	}
	return first;
}

/* --- The interface ----------------------------------------------------------------------------------------------- */

int filter_apply(struct filter_table *t, const struct filter *f)
{
	char id[FILTER_ID_MAX];
	struct filter_element *e;
	size_t count;

	t->commit = (struct filter_commit){0};
	if (!filter_id(f->device, id))
		return -EINVAL;
	int error = look_for_losses(t);

	if (error < 0)
		return error;
	struct part *p = find_part(t, f->device);

	if (!p && !(p = make_part(t, f->device)))
		return -ENOMEM;
	error = filter_elements(f, &e, &count);
	if (error)
		return error;
	p->ifindex = f->ifindex;
	str_copy(p->tun, sizeof(p->tun), f->tun);
	p->mtu = f->mtu;
	error = bring(t, p, e, count);
	struct filter_commit this_one = t->commit;

	if (!error)
		error = repair(t); /* the others, had they been lost */
	t->commit = this_one;
	return error;
}

int filter_set_mss(struct filter_table *t, const struct filter_mss *list, size_t count)
{
	struct filter_mss *copy = calloc(count + 1, sizeof(*copy));
	int error = copy ? look_for_losses(t) : -ENOMEM;

	if (error < 0) {
		free(copy);
		return error;
	}
	if (count > 0)
		memcpy(copy, list, count * sizeof(*copy));
	free(t->mss);
	t->mss = copy;
	t->mss_count = count;
	error = bring_mss(t);

	int other = repair(t);

	return error ? error : other;
}

/* Deletes a device's part from the kernel, whoever wrote it. */
static int delete_part(struct filter_table *t, const char *device, const char *id)
{
	struct text batch = {0}, sets = {0};
	unsigned generation = 0;
	char chain[FILTER_ID_MAX + 8];
	int error;
	const char *list = filter_kernel_listing(t->kernel, &error);

	if (!list)
		return error;
	snprintf(chain, sizeof(chain), "out.%s", id);
	if (filter_listing_has(list, "chain", chain)) {
		struct filter_names n = {.device = device, .id = id, .tun = ""};

		filter_write_unhook(&batch, &n);
		write_old_chains(list, id, "flush", &batch);
		write_old_chains(list, id, "delete", &batch);
		filter_write_counters_gone(&batch, &n);
		error = write_old_sets_gone(list, id, &sets, &generation);
		text_add(&batch, text_str(&sets));
	}
	text_free(&sets);
	if (error) {
		text_free(&batch);
		return error;
	}
	return commit(t, &batch);
}

int filter_remove(struct filter_table *t, const char *device)
{
	char id[FILTER_ID_MAX];

	if (!filter_id(device, id))
		return -EINVAL;
	int error = look_for_losses(t);

	if (error >= 0)
		error = delete_part(t, device, id);
	if (error)
		return error;
	for (struct part **at = &t->parts; *at; at = &(*at)->next)
		if (!strcmp((*at)->device, device)) {
			struct part *p = *at;

			*at = p->next;
			free(p->elements);
			free(p);
			break;
		}
	return repair(t);
}

int filter_prune(struct filter_table *t)
{
	int error, first = 0;
	const char *list = filter_kernel_listing(t->kernel, &error);
	char *copy = list ? str_dup(list) : NULL, name[256], device[DEVICE_NAME_MAX];

	if (!copy)
		return list ? -ENOMEM : error;
	for (const char *at = copy; filter_listing_next(&at, "counter", name, sizeof(name));) {
		if (strncmp(name, "out.", 4) != 0 || !filter_id_device(name + 4, device) ||
			find_part(t, device))
			continue;
		error = delete_part(t, device, name + 4);
		if (error && !first)
			first = error;
	}
	free(copy);
	if (!t->mss_in_kernel) {
		error = bring_mss(t);
		first = first ? first : error;
	}
	return first;
}

static void forget_all(struct filter_table *t)
{
	while (t->parts) {
		struct part *p = t->parts;

		t->parts = p->next;
		free(p->elements);
		free(p);
	}
	free(t->mss);
	t->mss = NULL;
	t->mss_count = 0;
	t->mss_in_kernel = false;
}

int filter_clear(struct filter_table *t)
{
	int error;

	if (filter_kernel_has_table(t->kernel, &error))
		error = filter_kernel_run(t->kernel, "delete table inet hotswan");
	if (error)
		return error;
	forget_all(t);
	filter_kernel_losses(t->kernel);
	return 0;
}

int filter_counters(struct filter_table *t, const char *device, struct filter_count *out)
{
	char id[FILTER_ID_MAX], opening[FILTER_ID_MAX + 16];
	uint64_t *const to[2][2] = {{&out->out_packets, &out->out_bytes}, {&out->in_packets, &out->in_bytes}};

	*out = (struct filter_count){0};
	if (!filter_id(device, id))
		return -EINVAL;
	int error = filter_kernel_run(t->kernel, "list counters table inet hotswan");

	if (error)
		return error;
	const char *list = filter_kernel_output(t->kernel);

	for (size_t i = 0; i < 2; i++) {
		unsigned long long packets, bytes;

		snprintf(opening, sizeof(opening), "counter %s.%s {", i == 0 ? "out" : "in", id);
		const char *at = strstr(list, opening);

		if (!at || sscanf(at + strlen(opening), " packets %llu bytes %llu", &packets, &bytes) != 2)
			return -ENOENT;
		*to[i][0] = packets;
		*to[i][1] = bytes;
	}
	return 0;
}

int filter_present(struct filter_table *t, const char *device)
{
	char id[FILTER_ID_MAX], chain[FILTER_ID_MAX + 8];
	int error;
	const char *list = filter_kernel_listing(t->kernel, &error);

	if (!list)
		return error;
	if (!filter_listing_has(list, "chain", "out") || !filter_listing_has(list, "chain", "in"))
		return 0;
	if (!device)
		return 1;
	if (!filter_id(device, id))
		return -EINVAL;
	for (size_t i = 0; i < 2; i++) {
		snprintf(chain, sizeof(chain), "%s.%s", i == 0 ? "out" : "in", id);
		if (!filter_listing_has(list, "chain", chain))
			return 0;
	}
	return 1;
}

int filter_learned(struct filter_table *t, filter_learned_fn fn, void *arg)
{
	return filter_learned_read(t->kernel, fn, arg);
}

bool filter_can_log(const struct filter_table *t)
{
	return t->can_log;
}

int filter_fd(const struct filter_table *t)
{
	return filter_kernel_fd(t->kernel);
}

int filter_readable(struct filter_table *t)
{
	int lost = look_for_losses(t);

	if (lost <= 0)
		return lost;
	int error = repair(t);

	return error ? error : 1;
}

int filter_open(struct filter_table **out)
{
	struct filter_table *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	int error = filter_kernel_open(&t->kernel);

	if (error) {
		filter_close(t);
		return error;
	}
	t->can_log = filter_kernel_takes(t->kernel,
		"add table inet hotswan\nadd chain inet hotswan probe\n"
		"add rule inet hotswan probe limit rate 6/minute log group 1 snaplen 64\n");
	*out = t;
	return 0;
}

void filter_close(struct filter_table *t)
{
	if (!t)
		return;
	forget_all(t);
	filter_kernel_close(t->kernel);
	free(t);
}
