// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/rng.h"

static uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void rng_init(struct rng *rng, uint64_t seed, const char *component)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (; *component; component++)
		hash = (hash ^ (unsigned char)*component) * UINT64_C(0x100000001b3);
	hash ^= splitmix64(&seed);
	for (unsigned i = 0; i < 4; i++)
		rng->s[i] = splitmix64(&hash);
}

G_NO_INLINE uint64_t rng_below_unbiased(struct rng *rng, uint64_t bound, uint128 product)
{
	uint64_t floor = -bound % bound;

	while ((uint64_t)product < floor)
		product = (uint128)rng_next(rng) * bound;
	return (uint64_t)(product >> 64);
}
