// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/machine/load_latency.h"

#include "sim/base/units.h"

#define NODE_BYTES 64 /* a tree level's smallest footprint: one cache line */
/*
 * Between two visits of a node on a level of n nodes lie n other ops, each of which touches this
 * much: estimate, some 60 lines of the op itself and as many of whoever calls.
 */
#define OP_BYTES 8192

static uint64_t bucket_bytes(unsigned bucket)
{
	unsigned top = bucket >> PRICE_SUB_SHIFT;
	uint64_t mantissa = (1u << PRICE_SUB_SHIFT) | (bucket & ((1u << PRICE_SUB_SHIFT) - 1));

	return top >= PRICE_SUB_SHIFT ? mantissa << (top - PRICE_SUB_SHIFT)
				      : mantissa >> (PRICE_SUB_SHIFT - top);
}

/* Latency << PRICE_SHIFT at a bucket, by linear interpolation between the points' buckets. */
static uint64_t curve_at(const struct latency_curve *curve, unsigned bucket)
{
	unsigned i = 0;

	while (i < curve->n && price_bucket(curve->at[i].bytes) <= bucket)
		i++;
	if (!i || i == curve->n)
		return curve->at[i ? i - 1 : 0].cycles << PRICE_SHIFT;
	unsigned low = price_bucket(curve->at[i - 1].bytes),
		 high = price_bucket(curve->at[i].bytes);
	uint64_t from = curve->at[i - 1].cycles << PRICE_SHIFT;
	uint64_t to = curve->at[i].cycles << PRICE_SHIFT;

	return from + (to - from) * (bucket - low) / (high - low);
}

/*
 * A load from anywhere in a footprint: the cache's latency, and the share of loads beyond the reach
 * of the TLB that miss it.
 */
static uint64_t random_latency(const struct caches *caches, unsigned bucket)
{
	uint64_t reach = caches->tlb.entries * caches->tlb.page_bytes, bytes = bucket_bytes(bucket);
	uint64_t miss = 0;

	if (caches->tlb.entries && bytes > reach)
		miss = mul_div(caches->tlb.miss_cycles << PRICE_SHIFT, bytes - reach, bytes);
	return curve_at(&caches->random, bucket) + miss;
}

/*
 * Mean over the levels of a descent in a set of @all bytes, a power of two: half as many nodes can
 * be met a level further up, and what ops touch between two visits of one of them is so much less.
 * All that lies beside the nodes is taken to be as much as they are.
 */
static uint64_t mean_of_levels(const struct caches *caches, uint64_t all)
{
	uint64_t sum = 0, n = 0;

	for (uint64_t bytes = all; bytes >= NODE_BYTES; bytes /= 2, n++) {
		bool huge = bytes >> 48; /* the product would not fit */
		uint64_t between = huge ? 2 * all : MIN(bytes / NODE_BYTES * OP_BYTES, 2 * all);

		sum += random_latency(caches, price_bucket(between));
	}
	return n ? sum / n : random_latency(caches, price_bucket(NODE_BYTES));
}

/* Between two powers of two, which are a level apart, part of the way. */
static uint64_t tree_latency(const struct caches *caches, unsigned bucket)
{
	unsigned top = MIN(bucket >> PRICE_SUB_SHIFT, 61);
	uint64_t part = bucket & ((1u << PRICE_SUB_SHIFT) - 1);
	uint64_t from = mean_of_levels(caches, UINT64_C(1) << top);
	uint64_t to = mean_of_levels(caches, UINT64_C(2) << top);

	return from + (to - from) * part / (1u << PRICE_SUB_SHIFT);
}

static uint64_t latency(const struct caches *caches, enum access_pattern pattern, unsigned bucket)
{
	unsigned doubled = bucket + (1u << PRICE_SUB_SHIFT); /* as much lies beside a list, too */
	uint64_t sequential = curve_at(&caches->sequential, doubled);

	switch (pattern) {
	case ACCESS_SEQUENTIAL:
		return sequential;
	case ACCESS_JUMP:
		return MAX(random_latency(caches, doubled), sequential) - sequential;
	case ACCESS_RANDOM:
		return random_latency(caches, bucket);
	case ACCESS_TREE:
		return tree_latency(caches, bucket);
	default:
		return 0;
	}
}

/* Where a footprint that a model tells lies on the curves. */
static unsigned footprint_bucket(const struct caches *caches, enum footprint_set set,
				 unsigned bucket)
{
	uint64_t bytes = bucket_bytes(bucket);

	if ((set != SET_BUSY && set != SET_FREE && set != SET_LAZY) || bytes >> 48)
		return bucket;
	return price_bucket(mul_div(bytes, caches->vmap_area_bytes, MODEL_AREA_BYTES));
}

uint64_t load_latency(const struct caches *caches, enum footprint_set set,
		      enum access_pattern pattern, unsigned bucket)
{
	return latency(caches, pattern, footprint_bucket(caches, set, bucket));
}
