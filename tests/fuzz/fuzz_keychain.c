/*
 * What somebody types behind accept-lifetime and send-lifetime: a lifetime that is taken is written so that it is taken
 * again, as the same, and the core chooses among such keys without contradicting itself at any moment.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "daemon/hsrp_chain.h"
#include "hsrp/keychain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_out(const struct model *m, struct text *out)
{
	struct cli_writer w;

	cli_writer_begin(&w, m, NULL);
	while (cli_writer_next(&w, out, SIZE_MAX))
		continue;
}

static void choose(const struct hsrp_chain_config *c, int64_t at)
{
	bool outlived;
	const struct hsrp_chain_key *send = keychain_send(c->keys, c->count, at, &outlived);

	if (keychain_next_change(c->keys, c->count, at) <= at)
		abort();
	if (send && !outlived && (send->send.from_s > at || send->send.until_s <= at))
		abort();
	for (unsigned n = 0; n < c->count; n++) {
		const struct hsrp_chain_key *k = keychain_accept(c->keys, c->count, c->keys[n].id, at);
		if (k && k->accept.from_s > at)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text typed = {0}, errors = {0}, first = {0}, second = {0};
	struct model *m = model_new(), *again = model_new();
	struct hsrp_chain_config c;

	if (size > 2000 || memchr(data, '\0', size))
		size = 0;
	text_add(&typed, "key chain K\n key 1\n  key-string one\n  accept-lifetime ");
	/* A line of the input each: of one key after the other. */
	for (size_t at = 0, key = 1; at < size; key++) {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t n = end ? (size_t)(end - data) - at : size - at;

		text_add_n(&typed, (const char *)data + at, n);
		text_printf(&typed, "\n  send-lifetime ");
		text_add_n(&typed, (const char *)data + at, n);
		text_printf(&typed, "\n key %zu\n  key-string k%zu\n  accept-lifetime ", key % 20, key);
		at += n + 1;
	}
	text_add(&typed, "\n");
	cli_load(m, NULL, "typed", text_str(&typed), typed.len, &errors);
	write_out(m, &first);
	text_clear(&errors);
	if (cli_load(again, NULL, "written", text_str(&first), first.len, &errors) != 0)
		abort();
	write_out(again, &second);
	if (strcmp(text_str(&first), text_str(&second)) != 0)
		abort();
	hsrp_chain_fill(m, "K", 0, &c);
	choose(&c, 0);
	choose(&c, INT64_MAX - 1);
	for (unsigned n = 0; n < c.count; n++)
		for (int64_t near = -1; near <= 1; near++) {
			if (c.keys[n].send.from_s > 0)
				choose(&c, c.keys[n].send.from_s + near);
			if (c.keys[n].send.until_s < INT64_MAX)
				choose(&c, c.keys[n].send.until_s + near);
		}
	text_free(&typed);
	text_free(&errors);
	text_free(&first);
	text_free(&second);
	model_free(m);
	model_free(again);
	return 0;
}
