/* Key chains at work: which key a group uses now, and what follows when that changes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hsrp/internal.h"
#include "hsrp/keychain.h"

#define WALL_MAX_S 0x1ffffffffll /* the year 2242: what lies behind it never comes */

static int64_t wall_s(const struct hsrp *h)
{
	int64_t ns = h->now.ns + h->wall_offset_ns;

	return ns / SECOND_NS - (ns % SECOND_NS < 0);
}

static struct chain *chain_find(const struct hsrp *h, const char *name)
{
	struct chain *c;

	HASH_FIND(hh, h->chains, name, strnlen(name, HSRP_NAME_MAX), c);
	return c;
}

/* The same with the one key in place of the chain; without a key it is not usable. */
static struct hsrp_auth with_key(const struct hsrp_auth *auth, const struct hsrp_chain_key *k)
{
	struct hsrp_auth one = {.kind = HSRP_AUTH_MD5};

	if (!auth->chain[0])
		return *auth;
	if (k) {
		one.key_id = k->id;
		one.key_len = k->key_len;
		memcpy(one.key, k->key, k->key_len);
	}
	return one;
}

static struct hsrp_auth to_send(const struct hsrp *h, const struct hsrp_auth *auth)
{
	const struct chain *c = auth->chain[0] ? chain_find(h, auth->chain) : NULL;

	return with_key(auth, c ? c->sending : NULL);
}

bool keys_usable(const struct hsrp *h, const struct hsrp_auth *auth)
{
	struct hsrp_auth one = to_send(h, auth);

	return hsrp_auth_usable(&one, h->md5);
}

bool keys_seal(
	const struct hsrp *h, const struct hsrp_auth *auth, const struct ipaddr *from, struct hsrp_packet *p)
{
	struct hsrp_auth one = to_send(h, auth);

	return hsrp_auth_seal(&one, h->md5, from, p);
}

bool keys_match(const struct hsrp *h, const struct hsrp_auth *auth, const struct hsrp_packet *p,
	const uint8_t *payload, size_t len)
{
	const struct chain *c = auth->chain[0] ? chain_find(h, auth->chain) : NULL;
	struct hsrp_auth one =
		with_key(auth, c ? keychain_accept(c->keys, c->count, p->md5_key_id, wall_s(h)) : NULL);

	return hsrp_auth_matches(&one, h->md5, p, payload, len);
}

/* ---- changes ---- */

/* Groups with this chain may run from now on, or not any more. */
static void groups_reconsider_keys(struct hsrp *h, const char *chain)
{
	struct interface *i, *next;
	struct group *g, *gnext;

	HASH_ITER (hh, h->by_device, i, next)
		HASH_ITER (hh, i->groups, g, gnext)
			if (strcmp(g->c.auth.chain, chain) == 0)
				group_start_or_stop(h, g, HSRP_REASON_DISABLED);
}

/* The key for sending, by the clock; `quiet`: a new configuration says nothing of a change. */
static void choose(struct hsrp *h, struct chain *c, bool quiet)
{
	const struct hsrp_chain_key *before = c->sending;
	bool outlived;
	int64_t now_s = wall_s(h), next_s = keychain_next_change(c->keys, c->count, now_s);

	c->sending = keychain_send(c->keys, c->count, now_s, &outlived);
	if (before && c->sending && before != c->sending && !quiet)
		out_log(h, 5, "%%HSRP-5-KEYCHANGE: key chain %s: key %u is sent in place of key %u", c->name,
			c->sending->id, before->id);
	if (outlived && !c->outlived)
		out_log(h, 4,
			"%%HSRP-4-KEYEXPIRED: key chain %s: the lifetime of key %u has ended, no other key "
			"is "
			"valid: it is used on",
			c->name, c->sending->id);
	c->outlived = outlived;
	timer_set(h, &c->timer,
		next_s > WALL_MAX_S ? MONO_NEVER : (mono_t){next_s * SECOND_NS - h->wall_offset_ns});
	if (!before != !c->sending)
		groups_reconsider_keys(h, c->name);
}

void keys_fire(struct hsrp *h, struct chain *c)
{
	choose(h, c, false);
}

static void keys_forget(struct hsrp_chain_key *keys, size_t count)
{
	if (keys)
		memset(keys, 0, count * sizeof(*keys));
	free(keys);
}

static void incoming_forget(struct chain *c)
{
	keys_forget(c->incoming, c->incoming_count);
	c->incoming = NULL;
	c->incoming_count = 0;
}

static void chain_free(struct hsrp *h, struct chain *c)
{
	timer_drop(h, &c->timer);
	HASH_DELETE(hh, h->chains, c);
	incoming_forget(c);
	keys_forget(c->keys, c->count);
	free(c);
}

static void chain_remove(struct hsrp *h, struct chain *c)
{
	char name[HSRP_NAME_MAX];

	memcpy(name, c->name, sizeof(name));
	chain_free(h, c);
	groups_reconsider_keys(h, name);
}

static struct chain *chain_add(struct hsrp *h, const char *name)
{
	struct chain *c = calloc(1, sizeof(*c));

	if (!c || !timer_add(h, &c->timer, TIMER_CHAIN)) {
		free(c);
		return NULL;
	}
	memcpy(c->name, name, strnlen(name, HSRP_NAME_MAX - 1));
	HASH_ADD_KEYPTR(hh, h->chains, c->name, strlen(c->name), c);
	if (!c->hh.tbl) {
		timer_drop(h, &c->timer);
		free(c);
		return NULL;
	}
	return c;
}

/* Puts a part behind those that came before it: 0, -ENOMEM, -EINVAL for one that does not follow on. */
static int incoming_add(struct chain *c, const struct hsrp_chain_config *part)
{
	size_t count = c->incoming_count + part->count;
	struct hsrp_chain_key *keys;

	if (part->first != c->incoming_count || part->count > HSRP_CHAIN_PART_MAX ||
		count > HSRP_CHAIN_KEYS_MAX)
		return -EINVAL;
	keys = calloc(count ? count : 1, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	if (c->incoming)
		memcpy(keys, c->incoming, c->incoming_count * sizeof(*keys));
	memcpy(keys + c->incoming_count, part->keys, part->count * sizeof(*keys));
	incoming_forget(c);
	c->incoming = keys;
	c->incoming_count = count;
	return 0;
}

static void incoming_counts(struct hsrp *h, struct chain *c)
{
	struct hsrp_chain_key *before = c->keys;
	size_t count = c->count;

	c->keys = c->incoming;
	c->count = c->incoming_count;
	c->incoming = NULL;
	c->incoming_count = 0;
	choose(h, c, true); /* looks at the key that was sent so far */
	keys_forget(before, count);
}

void keys_chain(struct hsrp *h, const struct hsrp_chain_config *part, int *result)
{
	struct chain *c = chain_find(h, part->name);

	if (part->count == 0 && part->first == 0) {
		if (c)
			chain_remove(h, c);
		return;
	}
	if (!c)
		c = chain_add(h, part->name);
	if (!c) {
		*result = -ENOMEM;
		return;
	}
	c->named = true;
	if (part->first == 0)
		incoming_forget(c);
	*result = incoming_add(c, part);
	if (*result < 0)
		incoming_forget(c);
	else if (!part->more)
		incoming_counts(h, c);
}

void keys_begin(struct hsrp *h)
{
	struct chain *c, *next;

	HASH_ITER (hh, h->chains, c, next)
		c->named = false;
}

void keys_end(struct hsrp *h)
{
	struct chain *c, *next;

	HASH_ITER (hh, h->chains, c, next)
		if (!c->named)
			chain_remove(h, c);
}

void keys_wall(struct hsrp *h, int64_t offset_ns)
{
	struct chain *c, *next;

	h->wall_offset_ns = offset_ns;
	HASH_ITER (hh, h->chains, c, next)
		choose(h, c, false);
}

void keys_free(struct hsrp *h)
{
	struct chain *c, *next;

	HASH_ITER (hh, h->chains, c, next)
		chain_free(h, c);
}
