// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/rng.h"

#include "sim/base/units.h"

static uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, unsigned k)
{
	return (x << k) | (x >> (64 - k));
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

uint64_t rng_next(struct rng *rng)
{
	uint64_t *s = rng->s;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
	uint128 product = (uint128)rng_next(rng) * bound;
	uint64_t low = (uint64_t)product;

	if (low < bound) {
		uint64_t floor = -bound % bound;

		while (low < floor) {
			product = (uint128)rng_next(rng) * bound;
			low = (uint64_t)product;
		}
	}
	return (uint64_t)(product >> 64);
}
