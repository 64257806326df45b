#include "linux/filter.h"

#include <assert.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "linux/filter_text.h"

enum { MONITOR_BUFFER = 4 << 20 };

/* One device's part of the table, as it was last committed. */
struct part {
	struct part *next;
	char device[DEVICE_NAME_MAX], id[FILTER_ID_MAX];
	unsigned generation; /* of its sets: a part that is written anew takes the next one */
	bool in_kernel;
	struct filter_element *elements;
	size_t count;
};

struct filter_table {
	struct nft_ctx *nft;
	struct mnl_socket *monitor;
	struct part *parts;
	char *error;
	struct filter_commit commit;
	_Alignas(8) char buffer[64 * 1024];
};

/* --- libnftables ------------------------------------------------------------------------------------------------- */

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

const char *filter_error(const struct filter_table *t)
{
	return t->error ? t->error : "";
}

struct filter_commit filter_last_commit(const struct filter_table *t)
{
	return t->commit;
}

/* Keeps the line that says what was wrong, without the command that it quotes: that may be a megabyte. */
static void keep_error(struct filter_table *t)
{
	const char *said = nft_ctx_get_error_buffer(t->nft), *line = strstr(said, "Error: ");

	free(t->error);
	line = line ? line : said;
	t->error = strndup(line, strcspn(line, "\n") < 200 ? strcspn(line, "\n") : 200);
}

static int errno_of(const char *error)
{
	static const int known[] = {EPERM, ENOENT, EEXIST, ENOMEM, EOPNOTSUPP, EBUSY, ENOBUFS, ENOSPC};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strstr(error, strerror(known[i])))
			return -known[i];
	return -EIO;
}

static int run(struct filter_table *t, const char *commands)
{
	if (nft_run_cmd_from_buffer(t->nft, commands) == 0)
		return 0;
	keep_error(t);
	return errno_of(filter_error(t));
}

/* --- What is in the kernel --------------------------------------------------------------------------------------- */

static bool table_exists(struct filter_table *t, int *error)
{
	*error = run(t, "list tables inet");
	return !*error && strstr(nft_ctx_get_output_buffer(t->nft), "table inet hotswan\n");
}

/*
 * The table's listing without elements, in the handle's own buffer until the next command; "" without a table. NULL: see
 * *error.
 */
static const char *listing(struct filter_table *t, int *error)
{
	if (!table_exists(t, error))
		return *error ? NULL : "";
	nft_ctx_output_set_flags(t->nft, NFT_CTX_OUTPUT_TERSE);
	*error = run(t, "list table inet hotswan");
	nft_ctx_output_set_flags(t->nft, 0);
	return *error ? NULL : nft_ctx_get_output_buffer(t->nft);
}

/* The next line of a listing that opens a `what`; its name. Moves *at behind it. */
static bool next_object(const char **at, const char *what, char *name, size_t size)
{
	char opening[16];

	snprintf(opening, sizeof(opening), "\n\t%s ", what);
	const char *found = strstr(*at, opening);

	if (!found)
		return false;
	found += strlen(opening);
	size_t len = strcspn(found, " \n");

	*at = found + len;
	snprintf(name, size, "%.*s", (int)(len < size ? len : size - 1), found);
	return true;
}

/* Commands that delete the sets of a device that the kernel has; *highest is their highest generation. */
static int write_old_sets_gone(const char *list, const char *id, struct text *gone, unsigned *highest)
{
	char name[256], prefix[FILTER_ID_MAX + 8];
	unsigned generation;

	snprintf(prefix, sizeof(prefix), "dev-%s.", id);
	while (next_object(&list, "set", name, sizeof(name))) {
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

	while (next_object(&list, "chain", name, sizeof(name)))
		if (is_chain_of(name, id))
			text_printf(batch, "%s chain inet hotswan %s\n", verb, name);
}

static bool has_object(const char *list, const char *what, const char *wanted)
{
	char name[256];

	while (next_object(&list, what, name, sizeof(name)))
		if (!strcmp(name, wanted))
			return true;
	return false;
}

/* --- The monitor ------------------------------------------------------------------------------------------------- */

/* Is this notification about a loss in our table? */
static bool is_loss(const struct nlmsghdr *h)
{
	const struct nfgenmsg *g = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;

	if (h->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES || h->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*g))
		return false;
	if (g->nfgen_family != NFPROTO_INET)
		return false;
	switch (h->nlmsg_type & 0xff) {
	case NFT_MSG_DELTABLE:
	case NFT_MSG_DELCHAIN:
	case NFT_MSG_DELRULE:
	case NFT_MSG_DELSET:
	case NFT_MSG_DELSETELEM: break;
	default: return false;
	}
	mnl_attr_for_each(a, h, sizeof(*g))
	{
		/* The table's name is attribute 1 of each of them. */
		if (mnl_attr_get_type(a) == NFTA_TABLE_NAME)
			return mnl_attr_get_payload_len(a) == sizeof("hotswan") &&
				!memcmp(mnl_attr_get_payload(a), "hotswan", sizeof("hotswan"));
	}
	return false;
}

/* Reads all notifications that wait. 1 when something of ours was lost, or when that cannot be told. */
static int read_monitor(struct filter_table *t)
{
	int lost = 0;

	for (;;) {
		ssize_t n = mnl_socket_recvfrom(t->monitor, t->buffer, sizeof(t->buffer));

		if (n < 0 && (errno == EINTR))
			continue;
		if (n < 0 && errno == EAGAIN)
			return lost;
		if (n < 0 && (errno == ENOBUFS || errno == ENOSPC)) {
			lost = 1;
			continue;
		}
		if (n < 0)
			return -errno;
		int left = (int)n;

		for (const struct nlmsghdr *h = (void *)t->buffer; mnl_nlmsg_ok(h, left);
			h = mnl_nlmsg_next(h, &left))
			lost |= is_loss(h);
	}
}

/* --- Committing -------------------------------------------------------------------------------------------------- */

/*
 * Runs a batch. The notifications of it are read and dropped; those of others before it were looked at by the caller.
 */
static int commit(struct filter_table *t, struct text *batch)
{
	int64_t begun = now_us();
	int error = batch->oom ? -ENOMEM : batch->len == 0 ? 0 : run(t, batch->s);

	t->commit.us = now_us() - begun;
	read_monitor(t);
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

static struct filter_names names_of(const struct part *p)
{
	return (struct filter_names){p->device, p->id, p->generation};
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
		total++;
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
	struct filter_names n = names_of(p);
	bool reshaped = write_sets(batch, &n, filter_write_set, e, count, p->elements, p->count);

	t->commit.deleted = write_difference(batch, &n, "delete", p->elements, p->count, e, count, false);
	t->commit.added = write_difference(batch, &n, "add", e, count, p->elements, p->count, true);

	struct text gone = {0};

	reshaped |= write_sets(&gone, &n, filter_write_set_gone, p->elements, p->count, e, count);
	if (reshaped)
		filter_write_chains(batch, &n, e, count, p->elements, p->count);
	text_add(batch, text_str(&gone));
	batch->oom |= gone.oom;
	text_free(&gone);
}

/* Writes the whole part with sets of a new generation; those that the kernel has of it go in the same batch. */
static int write_anew(struct filter_table *t, struct text *batch, struct part *p,
	const struct filter_element *e, size_t count)
{
	struct text gone = {0};
	int error;
	const char *list = listing(t, &error);

	if (!list)
		return error;
	error = write_old_sets_gone(list, p->id, &gone, &p->generation);
	if (!error) {
		p->generation++;
		struct filter_names n = names_of(p);

		filter_write_table(batch);
		write_old_chains(list, p->id, "flush", batch);
		write_sets(batch, &n, filter_write_set, e, count, NULL, 0);
		t->commit.added += write_difference(batch, &n, "add", e, count, NULL, 0, true);
		filter_write_chains(batch, &n, e, count, NULL, 0);
		filter_write_hooks(batch, &n);
		text_add(batch, text_str(&gone));
	}
	text_free(&gone);
	t->commit.rebuilt = true;
	return error;
}

/* Forgets what was committed when others have been at our table: all parts are to be written anew. */
static int look_for_losses(struct filter_table *t)
{
	int lost = read_monitor(t);

	if (lost > 0)
		for (struct part *p = t->parts; p; p = p->next)
			p->in_kernel = false;
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

/* Brings one part to the elements `e` (which it takes over) or leaves all as it was. */
static int bring(struct filter_table *t, struct part *p, struct filter_element *e, size_t count)
{
	struct text batch = {0};
	int error = 0;

	if (p->in_kernel)
		write_changes(t, &batch, p, e, count);
	else
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
	return 0;
}

/* Writes again what others have destroyed. */
static int repair(struct filter_table *t)
{
	int first = 0;

	for (struct part *p = t->parts; p; p = p->next) {
		int error = p->in_kernel || !p->elements ? 0 : bring(t, p, p->elements, p->count);

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
	error = bring(t, p, e, count);
	struct filter_commit this_one = t->commit;

	if (!error)
		error = repair(t); /* the others, had they been lost */
	t->commit = this_one;
	return error;
}

/* Deletes a device's part from the kernel, whoever wrote it. */
static int delete_part(struct filter_table *t, const char *device, const char *id)
{
	struct text batch = {0}, sets = {0};
	unsigned generation = 0;
	char chain[FILTER_ID_MAX + 8];
	int error;
	const char *list = listing(t, &error);

	if (!list)
		return error;
	snprintf(chain, sizeof(chain), "out.%s", id);
	if (has_object(list, "chain", chain)) {
		struct filter_names n = {device, id, 0};

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
	const char *list = listing(t, &error);
	char *copy = list ? str_dup(list) : NULL, name[256], device[DEVICE_NAME_MAX];

	if (!copy)
		return list ? -ENOMEM : error;
	for (const char *at = copy; next_object(&at, "counter", name, sizeof(name));) {
		if (strncmp(name, "out.", 4) != 0 || !filter_id_device(name + 4, device) ||
			find_part(t, device))
			continue;
		error = delete_part(t, device, name + 4);
		if (error && !first)
			first = error;
	}
	free(copy);
	return first;
}

int filter_clear(struct filter_table *t)
{
	int error;

	if (table_exists(t, &error))
		error = run(t, "delete table inet hotswan");
	if (error)
		return error;
	while (t->parts) {
		struct part *p = t->parts;

		t->parts = p->next;
		free(p->elements);
		free(p);
	}
	read_monitor(t);
	return 0;
}

int filter_counters(struct filter_table *t, const char *device, struct filter_count *out)
{
	char id[FILTER_ID_MAX], opening[FILTER_ID_MAX + 16];
	uint64_t *const to[2][2] = {{&out->out_packets, &out->out_bytes}, {&out->in_packets, &out->in_bytes}};

	*out = (struct filter_count){0};
	if (!filter_id(device, id))
		return -EINVAL;
	int error = run(t, "list counters table inet hotswan");

	if (error)
		return error;
	const char *list = nft_ctx_get_output_buffer(t->nft);

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
	const char *list = listing(t, &error);

	if (!list)
		return error;
	if (!has_object(list, "chain", "out") || !has_object(list, "chain", "in"))
		return 0;
	if (!device)
		return 1;
	if (!filter_id(device, id))
		return -EINVAL;
	for (size_t i = 0; i < 2; i++) {
		snprintf(chain, sizeof(chain), "%s.%s", i == 0 ? "out" : "in", id);
		if (!has_object(list, "chain", chain))
			return 0;
	}
	return 1;
}

int filter_fd(const struct filter_table *t)
{
	return mnl_socket_get_fd(t->monitor);
}

int filter_readable(struct filter_table *t)
{
	int lost = look_for_losses(t);

	if (lost <= 0)
		return lost;
	int error = repair(t);

	return error ? error : 1;
}

static int open_monitor(struct filter_table *t)
{
	int group = NFNLGRP_NFTABLES, size = MONITOR_BUFFER;

	t->monitor = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!t->monitor)
		return -errno;
	int fd = mnl_socket_get_fd(t->monitor);

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (mnl_socket_bind(t->monitor, 0, MNL_SOCKET_AUTOPID) < 0 ||
		mnl_socket_setsockopt(t->monitor, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return -errno;
	return 0;
}

int filter_open(struct filter_table **out)
{
	struct filter_table *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	int error = t->nft ? 0 : -ENOMEM;

	if (!error && (nft_ctx_buffer_output(t->nft) != 0 || nft_ctx_buffer_error(t->nft) != 0))
		error = -ENOMEM;
	if (!error)
		error = open_monitor(t);
	if (error) {
		filter_close(t);
		return error;
	}
	*out = t;
	return 0;
}

void filter_close(struct filter_table *t)
{
	if (!t)
		return;
	while (t->parts) {
		struct part *p = t->parts;

		t->parts = p->next;
		free(p->elements);
		free(p);
	}
	if (t->monitor)
		mnl_socket_close(t->monitor);
	if (t->nft)
		nft_ctx_free(t->nft);
	free(t->error);
	free(t);
}
