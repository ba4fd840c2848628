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

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

/* Start the stream of @component (for example "vmap_mix/0") for the run's @seed. */
void rng_init(struct rng *rng, uint64_t seed, const char *component);

/* Uniform over all 64-bit values. */
uint64_t rng_next(struct rng *rng);

/* Uniform over 0 … @bound − 1, without bias (Lemire, 2019). @bound must not be 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

#endif
