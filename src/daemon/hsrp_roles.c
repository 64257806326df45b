/* The role record: see hsrp_roles.h. */
#include "daemon/hsrp_roles.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

enum { SLOTS_FIRST = 64, SLOTS_MAX = 65536, RECENT = 1024 };

#define SUM_BASIS 14695981039346656037u /* FNV-1a, 64 bits */
#define SUM_PRIME 1099511628211u

/* Changes with the layout of struct hsrp_record: another version's file is as none. */
struct header {
	char magic[16];
	uint32_t slot_size, slots;
};

struct slot {
	struct hsrp_record record;
	uint32_t used;
	uint32_t sum; /* of all before it */
};

struct key {
	char device[HSRP_DEVICE_MAX];
	uint32_t group, family;
};

struct place {
	UT_hash_handle hh;
	struct key key;
	uint32_t slot;
};

struct hsrp_roles {
	int fd;
	struct header *map;
	size_t size;
	struct place *places;
	struct place *recent[RECENT]; /* by group number: every hello asks, and one look answers */
	uint32_t used;		      /* slots ever given out; free ones are in `spare` */
	uint32_t *spare;
	uint32_t spare_count;
};

static const char magic[16] = "hotswan-roles 3";

static struct slot *slot_at(const struct hsrp_roles *r, uint32_t n)
{
	assert(n < r->map->slots);
	return (struct slot *)(r->map + 1) + n;
}

static_assert(offsetof(struct slot, used) % sizeof(uint64_t) == 0, "whole words");

/* FNV-1a over the words of the record, folded: it is made with every hello. */
static uint32_t sum_of(const struct slot *s)
{
	uint64_t sum = SUM_BASIS ^ s->used, word;

	for (size_t n = 0; n < offsetof(struct slot, used); n += sizeof(word)) {
		memcpy(&word, (const char *)s + n, sizeof(word));
		sum = (sum ^ word) * SUM_PRIME;
	}
	return (uint32_t)(sum ^ sum >> 32);
}

static int map_slots(struct hsrp_roles *r, uint32_t slots)
{
	size_t size = sizeof(struct header) + slots * sizeof(struct slot);

	if (slots > SLOTS_MAX)
		return -ENOSPC;
	if (ftruncate(r->fd, (off_t)size) < 0)
		return -errno;
	void *map = r->map ? mremap(r->map, r->size, size, MREMAP_MAYMOVE)
			   : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	r->map = map;
	r->size = size;
	r->map->slots = slots;
	return 0;
}

void hsrp_roles_close(struct hsrp_roles *r)
{
	struct place *p, *next;

	if (!r)
		return;
	HASH_ITER (hh, r->places, p, next) {
		HASH_DELETE(hh, r->places, p);
		free(p);
	}
	if (r->map)
		munmap(r->map, r->size);
	if (r->fd >= 0)
		close(r->fd);
	free(r->spare);
	free(r);
}

static struct key key_of(const struct hsrp_record *record)
{
	struct key key = {.group = record->group, .family = record->family};

	memcpy(key.device, record->device, strnlen(record->device, sizeof(key.device) - 1));
	return key;
}

/* NULL when there is no memory: then a restart starts this group afresh. */
static struct place *place_at(struct hsrp_roles *r, const struct hsrp_record *record, uint32_t slot)
{
	struct place *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->key = key_of(record);
	p->slot = slot;
	HASH_ADD(hh, r->places, key, sizeof(p->key), p);
	if (p->hh.tbl)
		return p;
	free(p);
	return NULL;
}

static void spare_add(struct hsrp_roles *r, uint32_t slot)
{
	uint32_t *spare = realloc(r->spare, (r->spare_count + 1) * sizeof(*spare));

	memset(slot_at(r, slot), 0, sizeof(struct slot));
	if (!spare)
		return; /* not used again, that is all */
	r->spare = spare;
	r->spare[r->spare_count++] = slot;
}

static struct place *place_new(struct hsrp_roles *r, const struct hsrp_record *record)
{
	if (r->spare_count == 0 && r->used == r->map->slots && map_slots(r, r->map->slots * 2) < 0)
		return NULL;
	return place_at(r, record, r->spare_count ? r->spare[--r->spare_count] : r->used++);
}

void hsrp_roles_put(struct hsrp_roles *r, const struct hsrp_record *record)
{
	struct place **recent = &r->recent[record->group % RECENT];
	struct key key = key_of(record);
	struct place *p = *recent;

	if (!p || memcmp(&p->key, &key, sizeof(key)) != 0)
		HASH_FIND(hh, r->places, &key, sizeof(key), p);
	if (record->state == HSRP_DISABLED) {
		*recent = NULL;
		if (p) {
			spare_add(r, p->slot);
			HASH_DELETE(hh, r->places, p);
			free(p);
		}
		return;
	}
	if (!p)
		p = place_new(r, record);
	*recent = p;
	if (!p)
		return;
	struct slot *s = slot_at(r, p->slot);
	s->record = *record;
	s->used = 1;
	s->sum = sum_of(s);
}

static int load(struct hsrp_roles *r, void (*each)(void *arg, const struct hsrp_record *r), void *arg)
{
	struct stat st;
	struct header h;

	if (fstat(r->fd, &st) < 0)
		return -errno;
	bool ours = pread(r->fd, &h, sizeof(h), 0) == (ssize_t)sizeof(h) &&
		!memcmp(h.magic, magic, sizeof(magic)) && h.slot_size == sizeof(struct slot) &&
		h.slots <= SLOTS_MAX && (size_t)st.st_size >= sizeof(h) + h.slots * sizeof(struct slot);
	if (!ours && ftruncate(r->fd, 0) < 0)
		return -errno;
	int e = map_slots(r, ours && h.slots ? h.slots : SLOTS_FIRST);
	if (e < 0)
		return e;
	memcpy(r->map->magic, magic, sizeof(magic));
	r->map->slot_size = sizeof(struct slot);
	/* Records stay until their groups write them anew: this process may die before that, too. */
	r->used = r->map->slots;
	for (uint32_t n = 0; n < r->map->slots; n++) {
		struct slot *s = slot_at(r, n);
		bool valid = s->used && s->sum == sum_of(s) && s->record.state < HSRP_STATE_COUNT &&
			memchr(s->record.device, '\0', sizeof(s->record.device));
		if (valid && place_at(r, &s->record, n))
			each(arg, &s->record);
		else
			spare_add(r, n);
	}
	return 0;
}

int hsrp_roles_open(struct hsrp_roles **out, const char *path,
	void (*each)(void *arg, const struct hsrp_record *r), void *arg)
{
	struct hsrp_roles *r = calloc(1, sizeof(*r));
	int e;

	if (!r)
		return -ENOMEM;
	r->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	e = r->fd < 0 ? -errno : load(r, each, arg);
	if (e < 0) {
		hsrp_roles_close(r);
		return e;
	}
	*out = r;
	return 0;
}
