#include "linux/filter_kernel.h"

#include <errno.h>
#include <limits.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "linux/nft_monitor.h"

enum { MONITOR_BUFFER = 4 << 20, ERROR_MAX = 200 };

struct filter_kernel {
	struct nft_ctx *nft;
	struct mnl_socket *monitor;
	char *error;
	int64_t us;
};

/* --- libnftables ------------------------------------------------------------------------------------------------- */

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

const char *filter_kernel_error(const struct filter_kernel *k)
{
	return k->error ? k->error : "";
}

/* Keeps the line that says what was wrong, without the command that it quotes: that may be a megabyte. */
static void keep_error(struct filter_kernel *k)
{
	const char *said = nft_ctx_get_error_buffer(k->nft), *line = strstr(said, "Error: ");

	free(k->error);
	line = line ? line : said;
	k->error = strndup(line, strcspn(line, "\n") < ERROR_MAX ? strcspn(line, "\n") : ERROR_MAX);
}

static int errno_of(const char *error)
{
	static const int known[] = {EPERM, ENOENT, EEXIST, ENOMEM, EOPNOTSUPP, EBUSY, ENOBUFS, ENOSPC};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strstr(error, strerror(known[i])))
			return -known[i];
	return -EIO;
}

int filter_kernel_run(struct filter_kernel *k, const char *commands)
{
	int64_t begun = now_us();
	int failed = nft_run_cmd_from_buffer(k->nft, commands);

	k->us = now_us() - begun;
	if (!failed)
		return 0;
	keep_error(k);
	return errno_of(filter_kernel_error(k));
}

bool filter_kernel_takes(struct filter_kernel *k, const char *commands)
{
	nft_ctx_set_dry_run(k->nft, true);
	bool taken = filter_kernel_run(k, commands) == 0;
	nft_ctx_set_dry_run(k->nft, false);
	return taken;
}

/* --- What is in the kernel --------------------------------------------------------------------------------------- */

bool filter_kernel_has_table(struct filter_kernel *k, int *error)
{
	*error = filter_kernel_run(k, "list tables inet");
	return !*error && strstr(nft_ctx_get_output_buffer(k->nft), "table inet hotswan\n");
}

const char *filter_kernel_listing(struct filter_kernel *k, int *error)
{
	if (!filter_kernel_has_table(k, error))
		return *error ? NULL : "";
	nft_ctx_output_set_flags(k->nft, NFT_CTX_OUTPUT_TERSE);
	*error = filter_kernel_run(k, "list table inet hotswan");
	nft_ctx_output_set_flags(k->nft, 0);
	return *error ? NULL : nft_ctx_get_output_buffer(k->nft);
}

bool filter_listing_next(const char **at, const char *kind, char *name, size_t size)
{
	char opening[16];

	snprintf(opening, sizeof(opening), "\n\t%s ", kind);
	const char *found = strstr(*at, opening);

	if (!found)
		return false;
	found += strlen(opening);
	size_t len = strcspn(found, " \n");

	*at = found + len;
	snprintf(name, size, "%.*s", (int)(len < size ? len : size - 1), found);
	return true;
}

bool filter_listing_has(const char *list, const char *kind, const char *wanted)
{
	char name[256];

	while (filter_listing_next(&list, kind, name, sizeof(name)))
		if (!strcmp(name, wanted))
			return true;
	return false;
}

/* --- The monitor ------------------------------------------------------------------------------------------------- */

int filter_kernel_losses(struct filter_kernel *k)
{
	return nft_monitor_losses(k->monitor, "hotswan", UINT_MAX);
}

int filter_kernel_open(struct filter_kernel **out)
{
	struct filter_kernel *k = calloc(1, sizeof(*k));

	if (!k)
		return -ENOMEM;
	k->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	int error = k->nft ? 0 : -ENOMEM;

	if (!error && (nft_ctx_buffer_output(k->nft) != 0 || nft_ctx_buffer_error(k->nft) != 0))
		error = -ENOMEM;
	if (!error)
		error = nft_monitor_open(&k->monitor, MONITOR_BUFFER);
	if (error) {
		filter_kernel_close(k);
		return error;
	}
	*out = k;
	return 0;
}

void filter_kernel_close(struct filter_kernel *k)
{
	if (!k)
		return;
	if (k->monitor)
		mnl_socket_close(k->monitor);
	if (k->nft)
		nft_ctx_free(k->nft);
	free(k->error);
	free(k);
}

int filter_kernel_fd(const struct filter_kernel *k)
{
	return mnl_socket_get_fd(k->monitor);
}

const char *filter_kernel_output(const struct filter_kernel *k)
{
	return nft_ctx_get_output_buffer(k->nft);
}

int64_t filter_kernel_us(const struct filter_kernel *k)
{
	return k->us;
}
