#include "ipsec/ike.h"

#include "base/text.h"
#include "ipsec/filter.h"

#include <stdlib.h>
#include <string.h>

bool ike_conn_copy(struct ike_conn *to, const struct ike_conn *from)
{
	*to = *from;
	to->children = NULL;
	if (!from->child_count)
		return true;
	to->children = malloc(from->child_count * sizeof(*to->children));
	if (!to->children) {
		to->child_count = 0;
		return false;
	}
	memcpy(to->children, from->children, from->child_count * sizeof(*to->children));
	return true;
}

void ike_conn_clear(struct ike_conn *c)
{
	free(c->children);
	*c = (struct ike_conn){0};
}

/* FNV-1a, 64 bits. */
static uint64_t mix(uint64_t h, const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n--)
		h = (h ^ *p++) * 0x100000001b3u;
	return h;
}

static uint64_t mix_text(uint64_t h, const char *s)
{
	return mix(h, s, strlen(s) + 1);
}

static uint64_t mix_u64(uint64_t h, uint64_t v)
{
	return mix(h, &v, sizeof(v));
}

static uint64_t mix_selector(uint64_t h, const struct ike_selector *s)
{
	h = mix(h, &s->prefix.addr, sizeof(s->prefix.addr));
	return mix_u64(h,
		(uint64_t)s->prefix.len << 40 | (uint64_t)s->protocol << 32 | (uint64_t)s->ports.lo << 16 |
			s->ports.hi);
}

uint64_t ike_child_digest(const struct ike_child *c)
{
	uint64_t h = mix_text(0xcbf29ce484222325u, c->name);

	h = mix_selector(mix_selector(h, &c->local), &c->remote);
	h = mix_u64(mix_text(h, c->esp_proposals), c->transport);
	h = mix_u64(mix_u64(h, c->life_time_s), c->rekey_time_s);
	h = mix_u64(mix_u64(h, c->life_bytes), c->rekey_bytes);
	h = mix_u64(mix_u64(h, c->replay_window), c->clear_df);
	return mix_u64(
		mix_u64(mix_u64(h, c->idle_s), c->idle_to_default), (uint64_t)c->per_host << 1 | c->pass);
}

uint64_t ike_conn_digest(const struct ike_conn *c)
{
	uint64_t h = mix_text(0xcbf29ce484222325u, c->name);

	h = mix_u64(h, c->version);
	h = mix(h, &c->local, sizeof(c->local));
	h = mix_u64(mix(h, &c->remote, sizeof(c->remote)), c->remote_port);
	h = mix_text(mix_text(mix_text(h, c->local_id), c->remote_id), c->proposals);
	h = mix_u64(mix_u64(mix_u64(h, c->dpd_delay_s), c->dpd_timeout_s), c->lifetime_s);
	h = mix_u64(h, c->nat_keepalive_s);
	for (uint32_t i = 0; i < c->child_count; i++)
		h = mix_u64(h, ike_child_digest(&c->children[i]));
	return h;
}

uint64_t ike_secret_digest(const struct ike_secret *s)
{
	uint64_t h = mix_text(0xcbf29ce484222325u, s->id);

	h = mix(h, &s->owners.addr, sizeof(s->owners.addr));
	return mix(mix_text(mix_u64(h, s->owners.len), s->owner_id), s->key, s->key_len);
}

bool ike_conn_equal(const struct ike_conn *a, const struct ike_conn *b)
{
	return ike_conn_digest(a) == ike_conn_digest(b);
}

bool ike_secret_copy(struct ike_secret *to, const struct ike_secret *from)
{
	*to = *from;
	to->key = malloc(from->key_len + 1); /* never of no size */
	if (to->key)
		memcpy(to->key, from->key, from->key_len);
	return to->key != NULL;
}

void ike_secret_clear(struct ike_secret *s)
{
	if (s->key)
		explicit_bzero(s->key, s->key_len);
	free(s->key);
	*s = (struct ike_secret){0};
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	free(f->rules);
	free(f->peers);
	free(f->waiting);
	free(f);
}
