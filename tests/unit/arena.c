#include "arena.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { SIZE = 1 << 21, MOMENTS = 8, MOMENT_SIZE = 1 << 17, ALIGN = 16 };

struct block {
	size_t size;
	size_t pad; /* what follows is aligned for everything */
};

static _Alignas(ALIGN) uint8_t memory[SIZE];
static size_t used;
static bool on;
static struct {
	size_t used;
	uint8_t bytes[MOMENT_SIZE];
} moments[MOMENTS];

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

static bool inside(const void *p)
{
	return (const uint8_t *)p >= memory && (const uint8_t *)p < memory + SIZE;
}

static struct block *block_of(void *p)
{
	return (struct block *)((uint8_t *)p - sizeof(struct block));
}

void *__wrap_malloc(size_t size)
{
	struct block *b = (struct block *)(memory + used);

	if (!on)
		return __real_malloc(size);
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	assert(used + sizeof(*b) + size <= SIZE);
	b->size = size;
	used += sizeof(*b) + size;
	return b + 1;
}

void *__wrap_calloc(size_t count, size_t size)
{
	if (!on)
		return __real_calloc(count, size);
	void *p = __wrap_malloc(count * size);
	return memset(p, 0, count * size);
}

/* Only the last block makes room again: what a step allocates for itself goes before anything else comes. */
void __wrap_free(void *p)
{
	if (!inside(p)) {
		__real_free(p);
		return;
	}
	struct block *b = block_of(p);
	if ((uint8_t *)p + b->size == memory + used)
		used = (size_t)((uint8_t *)b - memory);
}

void *__wrap_realloc(void *p, size_t size)
{
	if (!on || (p && !inside(p)))
		return __real_realloc(p, size);
	void *more = __wrap_malloc(size);
	if (p)
		memcpy(more, p, block_of(p)->size < size ? block_of(p)->size : size);
	return more;
}

void arena_begin(void)
{
	used = 0;
	on = true;
}

void arena_end(void)
{
	on = false;
}

void arena_save(unsigned number)
{
	assert(number < MOMENTS && used <= MOMENT_SIZE);
	moments[number].used = used;
	memcpy(moments[number].bytes, memory, used);
}

void arena_restore(unsigned number)
{
	used = moments[number].used;
	memcpy(memory, moments[number].bytes, used);
}
