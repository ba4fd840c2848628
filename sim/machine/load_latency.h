/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MACHINE_LOAD_LATENCY_H
#define KMSIM_MACHINE_LOAD_LATENCY_H

/*
 * How long a load waits: latency curves over the footprint of the set that is walked over, and the
 * TLB. docs/cost-profiles.md, "The price of a step".
 */

#include "sim/machine/cpu_profile.h"

#define LATENCY_POINTS_MAX 32
/* Models tell the bytes of so many descriptors of this size; a machine's slab may take more. */
#define MODEL_AREA_BYTES 96

struct latency_curve {
	unsigned n;
	struct {
		uint64_t bytes, cycles;
	} at[LATENCY_POINTS_MAX]; /* both ascending */
};

/* Of a kind of core, in its own cycles. */
struct caches {
	struct latency_curve random, sequential;
	struct {
		uint64_t entries, page_bytes, miss_cycles;
	} tlb;
	uint64_t vmap_area_bytes; /* of a descriptor in this machine's slab */
};

/*
 * Cycles << PRICE_SHIFT that a load of @pattern waits in a @set whose footprint, as a model tells
 * it, lies in @bucket (price_bucket()).
 */
uint64_t load_latency(const struct caches *caches, enum footprint_set set,
		      enum access_pattern pattern, unsigned bucket);

#endif
