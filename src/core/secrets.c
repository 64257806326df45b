/* Pre-shared keys in charon: every key of the configuration, whoever uses it. */
#include "core/parts.h"

#include "ipsec/isakmp.h"

#include <stdlib.h>
#include <string.h>

static struct secret_rec *find(const struct core *c, const char *id)
{
	struct secret_rec *s;

	HASH_FIND_STR(c->secrets, id, s);
	return s;
}

static void load(struct core *c, struct secret_rec *r, const struct ike_secret *s, uint64_t digest)
{
	struct ike_secret *copy = core_alloc(c, sizeof(*copy));

	if (!copy)
		return;
	if (!ike_secret_copy(copy, s)) {
		free(copy);
		c->oom = true;
		return;
	}
	r->loaded = digest;
	effects_add(c->out, EF_SECRET_LOAD)->secret = copy;
}

static bool want(const struct ike_secret *s, void *arg)
{
	struct core *c = arg;
	struct secret_rec *r = find(c, s->id);
	uint64_t digest = ike_secret_digest(s);

	if (!r) {
		r = core_alloc(c, sizeof(*r));
		if (!r)
			return false;
		str_copy(r->id, sizeof(r->id), s->id);
		HASH_ADD_STR(c->secrets, id, r);
		if (!CORE_ADDED(r)) {
			free(r);
			c->oom = true;
			return false;
		}
	}
	r->generation = c->secret_generation;
	if (r->loaded != digest && c->ike_up)
		load(c, r, s, digest);
	return true;
}

static void drop(struct core *c, struct secret_rec *r)
{
	if (r->loaded && c->ike_up)
		effects_add(c->out, EF_SECRET_UNLOAD)->name = core_strdup(c, r->id);
	HASH_DEL(c->secrets, r);
	free(r);
}

void secrets_work(struct core *c)
{
	struct secret_rec *r, *next;

	if (!c->secrets_dirty || !c->model || c->stopping)
		return;
	c->secrets_dirty = false;
	c->secret_generation++;
	isakmp_each_secret(c->model, want, c);
	HASH_ITER (hh, c->secrets, r, next)
		if (r->generation != c->secret_generation)
			drop(c, r);
}

void secrets_charon_gone(struct core *c)
{
	for (struct secret_rec *r = c->secrets; r; r = r->hh.next)
		r->loaded = 0;
	c->secrets_dirty = true;
}

void secrets_unload(struct core *c)
{
	struct secret_rec *r, *next;

	HASH_ITER (hh, c->secrets, r, next)
		drop(c, r);
}
