/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_BASE_RNG_H
#define KMSIM_BASE_RNG_H

/*
 * Random numbers that are the same everywhere: xoshiro256** 1.0 (Blackman and
 * Vigna, "Scrambled Linear Pseudorandom Number Generators", 2018), seeded with
 * SplitMix64. Each component of a run has a stream of its own, derived from the
 * run's seed and the component's name, so that a change in one does not move
 * the others. GRand is not used: its sequence depends on G_RANDOM_VERSION.
 */

#include "sim/base/units.h"

#include <glib.h>

struct rng {
	uint64_t s[4];
};

/* Start the stream of @component (for example "vmap_mix/0") for the run's @seed. */
void rng_init(struct rng *rng, uint64_t seed, const char *component);

static inline uint64_t rng_rotate_left(uint64_t x, unsigned k)
{
	return (x << k) | (x >> (64 - k));
}

/* Uniform over all 64-bit values. */
static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t *s = rng->s;
	uint64_t result = rng_rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rng_rotate_left(s[3], 45);
	return result;
}

/*
 * What rng_below() does where a bias is possible; only that calls it. @product: of the number that
 * was drawn and @bound.
 */
uint64_t rng_below_unbiased(struct rng *rng, uint64_t bound, uint128 product);

/* Uniform over 0 … @bound − 1, without bias (Lemire, 2019). @bound must not be 0. */
static inline uint64_t rng_below(struct rng *rng, uint64_t bound)
{
	uint128 product = (uint128)rng_next(rng) * bound;

	if (G_UNLIKELY((uint64_t)product < bound))
		return rng_below_unbiased(rng, bound, product);
	return (uint64_t)(product >> 64);
}

#endif
