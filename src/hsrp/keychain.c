/* Which key of a chain is used when: see keychain.h. */
#include "hsrp/keychain.h"

#include <stddef.h>

static bool holds(const struct hsrp_span *s, int64_t wall_s)
{
	return s->from_s <= wall_s && wall_s < s->until_s;
}

static const struct hsrp_span *span(const struct hsrp_chain_key *k, bool send)
{
	return send ? &k->send : &k->accept;
}

/* The one whose lifetime ended last, when none holds any more. */
static const struct hsrp_chain_key *last_outlived(
	const struct hsrp_chain_key *keys, size_t count, bool send, int64_t wall_s)
{
	const struct hsrp_chain_key *last = NULL;

	for (size_t n = 0; n < count; n++) {
		const struct hsrp_chain_key *k = &keys[n];
		const struct hsrp_span *s = span(k, send);
		if (k->key_len == 0)
			continue;
		if (holds(s, wall_s))
			return NULL;
		if (s->until_s <= wall_s && (!last || s->until_s > span(last, send)->until_s))
			last = k;
	}
	return last;
}

const struct hsrp_chain_key *keychain_send(
	const struct hsrp_chain_key *keys, size_t count, int64_t wall_s, bool *outlived)
{
	const struct hsrp_chain_key *last;

	if (outlived)
		*outlived = false;
	for (size_t n = 0; n < count; n++)
		if (keys[n].key_len > 0 && holds(&keys[n].send, wall_s))
			return &keys[n];
	last = last_outlived(keys, count, true, wall_s);
	if (outlived)
		*outlived = last != NULL;
	return last;
}

const struct hsrp_chain_key *keychain_accept(
	const struct hsrp_chain_key *keys, size_t count, uint32_t id, int64_t wall_s)
{
	for (size_t n = 0; n < count; n++) {
		const struct hsrp_chain_key *k = &keys[n];
		if (k->id == id && k->key_len > 0)
			return holds(&k->accept, wall_s) || last_outlived(keys, count, false, wall_s) == k
				? k
				: NULL;
	}
	return NULL;
}

int64_t keychain_next_change(const struct hsrp_chain_key *keys, size_t count, int64_t wall_s)
{
	int64_t next = INT64_MAX;

	for (size_t n = 0; n < count; n++) {
		const int64_t moments[] = {keys[n].send.from_s, keys[n].send.until_s};
		for (unsigned m = 0; m < 2; m++)
			if (moments[m] > wall_s && moments[m] < next)
				next = moments[m];
	}
	return next;
}
