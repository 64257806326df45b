#include "model/track.h"

#include <stdlib.h>

#include "model/model.h"

static int compare_object(const void *key, const void *item)
{
	return (int)*(const uint16_t *)key - (int)((const struct track_object *)item)->number;
}

static int compare_member(const void *key, const void *item)
{
	return (int)*(const uint16_t *)key - (int)((const struct track_member *)item)->object;
}

/* The item of that key; a new zeroed one where there is none, *created set; NULL on exhaustion. */
static void *get(struct vec *v, uint16_t key, vec_compare compare, size_t size, bool *created)
{
	bool found;
	size_t at = vec_lower_bound(v, &key, compare, &found);
	void *item = found ? v->items[at] : calloc(1, size);

	*created = item && !found;
	if (*created && !vec_insert_at(v, at, item)) {
		free(item);
		*created = false;
		return NULL;
	}
	return item;
}

struct track_object *model_track(const struct model *m, uint16_t number)
{
	return vec_find(&m->tracks, &number, compare_object);
}

struct track_object *model_track_get(struct model *m, uint16_t number)
{
	bool created;
	struct track_object *t = get(&m->tracks, number, compare_object, sizeof(*t), &created);

	if (created)
		t->number = number;
	return t;
}

void track_free(void *object)
{
	struct track_object *t = object;
	struct track_member *member;

	vec_each (&t->members, i, member)
		free(member);
	vec_free(&t->members);
	free(t);
}

void model_track_delete(struct model *m, uint16_t number)
{
	bool found;
	size_t at = vec_lower_bound(&m->tracks, &number, compare_object, &found);

	if (found)
		track_free(vec_remove_at(&m->tracks, at));
}

struct track_member *track_member(const struct track_object *t, uint16_t object)
{
	return vec_find(&t->members, &object, compare_member);
}

struct track_member *track_member_get(struct track_object *t, uint16_t object)
{
	bool created;
	struct track_member *m = get(&t->members, object, compare_member, sizeof(*m), &created);

	if (created)
		m->object = object;
	return m;
}

void track_member_delete(struct track_object *t, uint16_t object)
{
	bool found;
	size_t at = vec_lower_bound(&t->members, &object, compare_member, &found);

	if (found)
		free(vec_remove_at(&t->members, at));
}

bool model_track_depends(const struct model *m, uint16_t from, uint16_t on)
{
	bool seen[TRACK_OBJECT_MAX + 1] = {0};
	uint16_t queue[TRACK_OBJECT_MAX + 1]; /* each object comes in once */
	size_t count = 0;

	if (from == on)
		return true;
	seen[from] = true;
	queue[count++] = from;
	for (size_t at = 0; at < count; at++) {
		const struct track_object *t = model_track(m, queue[at]);
		const struct track_member *member;

		if (!t)
			continue;
		vec_each (&t->members, i, member) {
			if (member->object == on)
				return true;
			if (!seen[member->object]) {
				seen[member->object] = true;
				queue[count++] = member->object;
			}
		}
	}
	return false;
}
