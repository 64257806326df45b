/* What the hsrp process is told: see hsrp_tell.h. */
#include "daemon/hsrp_tell.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "daemon/hsrp_chain.h"

enum { TOLD_INTERFACE = -1, TOLD_CHAIN = -2, NAME_IN_FORCE_MAX = NAME_MAX_LEN + INTERFACE_NAME_MAX };

/* The last message about a group (key.group >= 0), an interface or a key chain. */
struct told {
	UT_hash_handle hh;
	struct told_key {
		char name[NAME_MAX_LEN]; /* interface, or key chain */
		char device[HSRP_DEVICE_MAX];
		int32_t group;
		uint32_t family;
	} key;
	uint64_t digest;
	bool said, wanted;
	struct list in_interface;
	/* Of groups. */
	char name[NAME_IN_FORCE_MAX]; /* by which others refer to it */
	struct told *chain;
	struct list watches;
	/* Of key chains. */
	unsigned uses;
};

/* All that was told about one interface. */
struct told_interface {
	UT_hash_handle hh;
	char name[NAME_MAX_LEN];
	struct list told;
};

/* Something that groups depend on. */
enum watch_kind { WATCH_INTERFACE, WATCH_OBJECT, WATCH_NAME };

struct watched {
	UT_hash_handle hh;
	struct watch_key {
		uint32_t kind, object;
		char name[NAME_IN_FORCE_MAX];
	} key;
	struct list watches;
	size_t count;
};

struct watch {
	struct list in_watched, in_told;
	struct watched *watched;
	struct told *told;
};

struct hsrp_tell {
	const struct engine *engine;
	hsrp_tell_send send;
	void *ctx;
	struct told *told;
	struct told_interface *interfaces;
	struct watched *watched;
	struct vec renamed; /* names that came or went: whoever watches them is told anew */
	bool failed;
};

/* --- What was told ------------------------------------------------------------------------------------------------- */

static struct told_key key_of(const char *name, const char *device, enum ip_family family, int group)
{
	struct told_key key;

	memset(&key, 0, sizeof(key)); /* it is compared as bytes */
	str_copy(key.name, sizeof(key.name), name);
	str_copy(key.device, sizeof(key.device), device);
	key.group = group;
	key.family = family;
	return key;
}

static struct told *told_find(const struct hsrp_tell *t, const struct told_key *key)
{
	struct told *o;

	HASH_FIND(hh, t->told, key, sizeof(*key), o);
	return o;
}

static struct told_interface *interface_get(struct hsrp_tell *t, const char *name)
{
	struct told_interface *i;

	HASH_FIND_STR(t->interfaces, name, i);
	if (i)
		return i;
	i = calloc(1, sizeof(*i));
	if (!i)
		return NULL;
	str_copy(i->name, sizeof(i->name), name);
	list_init(&i->told);
	HASH_ADD_STR(t->interfaces, name, i);
	if (i->hh.tbl)
		return i;
	free(i);
	return NULL;
}

static struct told *told_get(struct hsrp_tell *t, const struct told_key *key)
{
	struct told *o = told_find(t, key);
	struct told_interface *i = o || key->group == TOLD_CHAIN ? NULL : interface_get(t, key->name);

	if (o)
		return o;
	o = i || key->group == TOLD_CHAIN ? calloc(1, sizeof(*o)) : NULL;
	if (o) {
		o->key = *key;
		list_init(&o->watches);
		HASH_ADD(hh, t->told, key, sizeof(o->key), o);
	}
	if (!o || !o->hh.tbl) {
		free(o);
		t->failed = true;
		return NULL;
	}
	if (i)
		list_append(&i->told, &o->in_interface);
	return o;
}

static uint64_t digest(uint64_t hash, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ data[i]) * 1099511628211u;
	return hash;
}
#define DIGEST_OF_NOTHING 14695981039346656037u /* FNV-1a */

/* Sends the message unless the last one said the same. */
static void say(struct hsrp_tell *t, struct told *o, const struct message *m)
{
	uint8_t buf[MESSAGE_MAX];
	int n = message_encode(m, buf, sizeof(buf));
	uint64_t d = n > 0 ? digest(DIGEST_OF_NOTHING, buf, (size_t)n) : 0;

	if (n <= 0)
		return; /* outside of what the process takes: it goes on with what it had */
	if (!o->said || o->digest != d)
		t->send(t->ctx, buf, (size_t)n);
	o->said = true;
	o->digest = d;
}

static void say_once(struct hsrp_tell *t, const struct message *m)
{
	uint8_t buf[MESSAGE_MAX];
	int n = message_encode(m, buf, sizeof(buf));

	if (n > 0)
		t->send(t->ctx, buf, (size_t)n);
	memset(buf, 0, sizeof(buf));
}

/* --- Key chains ---------------------------------------------------------------------------------------------------- */

/* A chain goes out in parts, all of them or none. */
static void say_chain(struct hsrp_tell *t, struct told *o)
{
	uint64_t d = DIGEST_OF_NOTHING;

	for (int pass = 0; pass < 2; pass++) {
		struct message m = {.type = MESSAGE_CONFIG_CHAIN, .chain = {.more = true}};

		for (unsigned first = 0; m.chain.more; first += m.chain.count) {
			hsrp_chain_fill(t->engine->model, o->key.name, first, &m.chain);
			if (pass == 0)
				d = digest(d, (const uint8_t *)&m.chain, sizeof(m.chain));
			else
				say_once(t, &m);
		}
		if (o->said && o->digest == d)
			return;
	}
	o->said = true;
	o->digest = d;
}

/* Keys that no group uses any more are not kept in another process. */
static void release_chain(struct hsrp_tell *t, struct told *chain)
{
	struct message m = {.type = MESSAGE_CONFIG_CHAIN};

	if (!chain || --chain->uses)
		return;
	str_copy(m.chain.name, sizeof(m.chain.name), chain->key.name);
	say_once(t, &m);
	HASH_DEL(t->told, chain);
	free(chain);
}

/* The chain is told before the first group that uses it. The one that was used before is returned: it goes after the group
 * has left it. */
static struct told *use_chain(struct hsrp_tell *t, struct told *o, const char *name)
{
	struct told_key key = key_of(name, "", IP_NONE, TOLD_CHAIN);
	struct told *before = o->chain;

	o->chain = *name ? told_get(t, &key) : NULL;
	if (o->chain) {
		o->chain->uses++;
		if (!o->chain->said)
			say_chain(t, o->chain);
	}
	return before;
}

/* --- Who watches what ----------------------------------------------------------------------------------------------- */

static struct watch_key watch_key(enum watch_kind kind, unsigned object, const char *name)
{
	struct watch_key key;

	memset(&key, 0, sizeof(key));
	key.kind = kind;
	key.object = object;
	str_copy(key.name, sizeof(key.name), name);
	return key;
}

static void unwatch(struct hsrp_tell *t, struct told *o)
{
	struct list *link;

	while ((link = list_take(&o->watches)) != NULL) {
		struct watch *w = list_item(link, struct watch, in_told);

		list_remove(&w->in_watched);
		if (--w->watched->count == 0) {
			HASH_DEL(t->watched, w->watched);
			free(w->watched);
		}
		free(w);
	}
}

static void watch(struct hsrp_tell *t, struct told *o, struct watch_key key)
{
	struct watch *w = calloc(1, sizeof(*w));
	struct watched *on;

	HASH_FIND(hh, t->watched, &key, sizeof(key), on);
	if (w && !on) {
		on = calloc(1, sizeof(*on));
		if (on) {
			on->key = key;
			list_init(&on->watches);
			HASH_ADD(hh, t->watched, key, sizeof(on->key), on);
		}
		if (on && !on->hh.tbl) {
			free(on);
			on = NULL;
		}
	}
	if (!w || !on) {
		free(w);
		t->failed = true;
		return;
	}
	w->watched = on;
	w->told = o;
	on->count++;
	list_append(&on->watches, &w->in_watched);
	list_append(&o->watches, &w->in_told);
}

static void watch_all(
	struct hsrp_tell *t, struct told *o, const struct interface_cfg *i, const struct standby_group *g)
{
	const char *partner = hsrp_fill_partner(t->engine, i, g);
	const struct standby_track *track;

	unwatch(t, o);
	vec_each (&g->tracks, n, track)
		watch(t, o,
			watch_key(track->object ? WATCH_OBJECT : WATCH_INTERFACE, track->object,
				track->interface));
	if (*partner)
		watch(t, o, watch_key(WATCH_NAME, 0, partner));
}

static void name_changed(struct hsrp_tell *t, const char *name)
{
	char *copy = *name ? str_dup(name) : NULL;

	if (*name && (!copy || !vec_push(&t->renamed, copy))) {
		free(copy);
		t->failed = true;
	}
}

/* --- Groups ---------------------------------------------------------------------------------------------------------- */

static void told_drop(struct hsrp_tell *t, struct told *o)
{
	unwatch(t, o);
	name_changed(t, o->name);
	list_remove(&o->in_interface);
	HASH_DEL(t->told, o);
	release_chain(t, o->chain);
	free(o);
}

static void say_removed(struct hsrp_tell *t, struct told *o)
{
	struct message m = {.type = o->key.group >= 0 ? MESSAGE_REMOVE_GROUP : MESSAGE_REMOVE_INTERFACE};

	str_copy(m.which.device, sizeof(m.which.device), o->key.device);
	m.which.group = o->key.group;
	m.which.family = o->key.family;
	say_once(t, &m);
	told_drop(t, o);
}

static void say_family(struct hsrp_tell *t, const struct interface_cfg *i, const struct standby_group *g,
	enum ip_family family)
{
	struct told_key key = key_of(i->name, interface_device(i), family, g->number);
	struct told *o = told_get(t, &key);
	struct message m = {.type = MESSAGE_CONFIG_GROUP};

	if (!o)
		return;
	o->wanted = true;
	struct told *chain = use_chain(t, o, g->key_chain);
	hsrp_fill_group(t->engine, i, g, family, &m.group);
	say(t, o, &m);
	release_chain(t, chain);
	watch_all(t, o, i, g);
	if (strcmp(o->name, m.group.name) != 0) {
		name_changed(t, o->name);
		name_changed(t, m.group.name);
		str_copy(o->name, sizeof(o->name), m.group.name);
	}
}

static void say_group(struct hsrp_tell *t, const struct interface_cfg *i, const struct standby_group *g)
{
	if (standby_speaks(g, IP_V4))
		say_family(t, i, g, IP_V4);
	if (standby_has_ipv6(g))
		say_family(t, i, g, IP_V6);
}

static void say_interface(struct hsrp_tell *t, const struct interface_cfg *i)
{
	const char *device = interface_device(i);
	struct told_key key = key_of(i->name, device, IP_NONE, TOLD_INTERFACE);
	struct message m = {.type = MESSAGE_CONFIG_INTERFACE};
	const struct standby_group *g;
	struct told *o = *device && i->standby.count ? told_get(t, &key) : NULL;

	if (!o)
		return;
	o->wanted = true;
	hsrp_fill_interface(t->engine, i, &m.interface);
	say(t, o, &m);
	vec_each (&i->standby, k, g)
		say_group(t, i, g);
}

static void drop_unwanted(struct hsrp_tell *t, struct told_interface *i, bool groups)
{
	struct list *link, *following;

	list_each(&i->told, link, following)
	{
		struct told *o = list_item(link, struct told, in_interface);

		if (!o->wanted && (o->key.group >= 0) == groups)
			say_removed(t, o);
	}
}

static void whole_interface(struct hsrp_tell *t, const char *name)
{
	const struct interface_cfg *cfg = model_interface(t->engine->model, name);
	struct told_interface *i;
	struct list *link, *following;

	HASH_FIND_STR(t->interfaces, name, i);
	if (!i) { /* nothing was told before: nothing goes */
		if (cfg)
			say_interface(t, cfg);
		return;
	}
	list_each(&i->told, link, following)
	{
		list_item(link, struct told, in_interface)->wanted = false;
	}
	if (cfg)
		say_interface(t, cfg);
	drop_unwanted(t, i, true); /* groups before their interface */
	drop_unwanted(t, i, false);
	if (list_empty(&i->told)) {
		HASH_DEL(t->interfaces, i);
		free(i);
	}
}

static void one_group(struct hsrp_tell *t, const char *name, uint16_t number)
{
	const struct interface_cfg *i = model_interface(t->engine->model, name);
	struct told_key key = key_of(name, i ? interface_device(i) : "", IP_NONE, TOLD_INTERFACE);
	const struct standby_group *g = i ? interface_standby(i, number) : NULL;
	static const enum ip_family families[] = {IP_V4, IP_V6};
	struct told *o[2];

	if (!i || !i->standby.count || !told_find(t, &key)) {
		whole_interface(t, name); /* its first group, or its last */
		return;
	}
	for (size_t k = 0; k < 2; k++) {
		key = key_of(name, interface_device(i), families[k], number);
		o[k] = told_find(t, &key);
		if (o[k])
			o[k]->wanted = false;
	}
	if (g)
		say_group(t, i, g);
	for (size_t k = 0; k < 2; k++)
		if (o[k] && !o[k]->wanted)
			say_removed(t, o[k]);
}

/* --- Those that watch ------------------------------------------------------------------------------------------------- */

struct which {
	char interface[INTERFACE_NAME_MAX];
	uint16_t group;
};

/* Being told, a group takes its place among the watches anew: they are written down first. */
static void tell_watchers(struct hsrp_tell *t, const struct watched *on)
{
	struct which *list = on ? calloc(on->count, sizeof(*list)) : NULL;
	size_t count = 0;

	if (!on)
		return;
	if (!list) {
		t->failed = true;
		return;
	}
	for (const struct list *l = on->watches.next; l != &on->watches; l = l->next) {
		const struct told_key *key = &list_item(l, struct watch, in_watched)->told->key;

		str_copy(list[count].interface, INTERFACE_NAME_MAX, key->name);
		list[count++].group = (uint16_t)key->group;
	}
	for (size_t i = 0; i < count; i++)
		one_group(t, list[i].interface, list[i].group);
	free(list);
}

static void tell_watchers_of(struct hsrp_tell *t, enum watch_kind kind, unsigned object, const char *name)
{
	struct watch_key key = watch_key(kind, object, name);
	struct watched *on;

	HASH_FIND(hh, t->watched, &key, sizeof(key), on);
	tell_watchers(t, on);
}

/* A group that is told for the sake of another one's name keeps its own: this comes to rest. */
static bool settle(struct hsrp_tell *t)
{
	while (t->renamed.count) {
		char *name = vec_remove_at(&t->renamed, t->renamed.count - 1);

		tell_watchers_of(t, WATCH_NAME, 0, name);
		free(name);
	}
	return !t->failed;
}

/* --- In and out ------------------------------------------------------------------------------------------------------- */

bool hsrp_tell_all(struct hsrp_tell *t)
{
	const struct interface_cfg *i;

	say_once(t, &(struct message){.type = MESSAGE_CONFIG_BEGIN});
	vec_each (&t->engine->model->interfaces, k, i)
		say_interface(t, i);
	while (t->renamed.count) /* all were told by the whole model */
		free(vec_remove_at(&t->renamed, t->renamed.count - 1));
	say_once(t, &(struct message){.type = MESSAGE_CONFIG_END});
	return !t->failed;
}

bool hsrp_tell_interface(struct hsrp_tell *t, const char *interface)
{
	whole_interface(t, interface);
	tell_watchers_of(t, WATCH_INTERFACE, 0, interface); /* its device may be another one */
	return settle(t);
}

bool hsrp_tell_group(struct hsrp_tell *t, const char *interface, uint16_t number)
{
	one_group(t, interface, number);
	return settle(t);
}

bool hsrp_tell_chain(struct hsrp_tell *t, const char *name)
{
	struct told_key key = key_of(name, "", IP_NONE, TOLD_CHAIN);
	struct told *o = told_find(t, &key);

	if (o)
		say_chain(t, o);
	return settle(t);
}

bool hsrp_tell_object(struct hsrp_tell *t, uint16_t object)
{
	tell_watchers_of(t, WATCH_OBJECT, object, "");
	return settle(t);
}

bool hsrp_tell_device(struct hsrp_tell *t, const char *device)
{
	const struct interface_cfg *i;

	vec_each (&t->engine->model->interfaces, k, i)
		if (strcmp(interface_device(i), device) == 0)
			tell_watchers_of(t, WATCH_INTERFACE, 0, i->name);
	if (!model_interface(t->engine->model, device))
		tell_watchers_of(t, WATCH_INTERFACE, 0, device);
	return settle(t);
}

bool hsrp_tell_devices(struct hsrp_tell *t)
{
	struct vec names = {0};
	struct watched *on, *next;

	HASH_ITER (hh, t->watched, on, next)
		if (on->key.kind == WATCH_INTERFACE && !vec_push(&names, str_dup(on->key.name)))
			t->failed = true;
	while (names.count) {
		char *name = vec_remove_at(&names, names.count - 1);

		if (name)
			tell_watchers_of(t, WATCH_INTERFACE, 0, name);
		t->failed |= !name;
		free(name);
	}
	vec_free(&names);
	return settle(t);
}

void hsrp_tell_forget(struct hsrp_tell *t)
{
	struct told *o, *next;
	struct told_interface *i, *following;

	HASH_ITER (hh, t->told, o, next) {
		unwatch(t, o);
		HASH_DEL(t->told, o);
		free(o);
	}
	HASH_ITER (hh, t->interfaces, i, following) {
		HASH_DEL(t->interfaces, i);
		free(i);
	}
	while (t->renamed.count)
		free(vec_remove_at(&t->renamed, t->renamed.count - 1));
	t->failed = false;
}

struct hsrp_tell *hsrp_tell_new(const struct engine *e, hsrp_tell_send send, void *ctx)
{
	struct hsrp_tell *t = calloc(1, sizeof(*t));

	if (t)
		*t = (struct hsrp_tell){.engine = e, .send = send, .ctx = ctx};
	return t;
}

void hsrp_tell_free(struct hsrp_tell *t)
{
	if (!t)
		return;
	hsrp_tell_forget(t);
	vec_free(&t->renamed);
	free(t);
}
