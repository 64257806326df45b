/* splitmix64: one 64-bit state, the same on every machine. */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* 0 to bound-1. */
static inline int64_t random_to(uint64_t *state, int64_t bound)
{
	return bound > 0 ? (int64_t)(random_next(state) % (uint64_t)bound) : 0;
}

static inline bool random_percent(uint64_t *state, unsigned percent)
{
	return percent > 0 && random_to(state, 100) < percent;
}

#endif
