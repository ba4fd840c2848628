/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_METRICS_HISTOGRAM_H
#define KMSIM_METRICS_HISTOGRAM_H

/*
 * A histogram of unsigned 64-bit values with three significant digits, whatever
 * their range: the layout of HdrHistogram (Gil Tene, hdrhistogram.org) with 2048
 * sub-buckets. Values below 2048 have a bucket each; above, every doubling is
 * divided into 1024 buckets, so that a bucket is narrower than 0.1 % of its values.
 *
 *     index   0 … 2047  2048 … 3071    3072 … 4095    …
 *     values  0 … 2047  2048 … 4095    4096 … 8191
 *     width          1            2              4
 */

#include "sim/base/units.h"

#include <glib.h>

#define HISTOGRAM_SUB_BITS 10				    /* log2 of the buckets a doubling has */
#define HISTOGRAM_EXACT	   ((2u << HISTOGRAM_SUB_BITS) - 1) /* up to here a bucket has one value */

struct histogram {
	uint64_t count, sum, min, max; /* exact; all 0 while empty */
	uint32_t n_buckets;	       /* allocated: up to the largest value so far */
	uint64_t *buckets;
};

/* All zero is an empty histogram. Ends its life; the struct itself is the caller's. */
void histogram_clear(struct histogram *histogram);

/* Make room for bucket @index; let min and max hold @value. Only histogram_add() calls these. */
void histogram_grow(struct histogram *histogram, uint32_t index);
void histogram_widen(struct histogram *histogram, uint64_t value);

static inline uint32_t histogram_index(uint64_t value)
{
	/* values that have a bucket each are not shifted: as if they were the last of them */
	unsigned shift = fls64(value | HISTOGRAM_EXACT) - (HISTOGRAM_SUB_BITS + 1);

	return (shift << HISTOGRAM_SUB_BITS) + (uint32_t)(value >> shift);
}

/* Lowest and highest value of bucket @index. */
uint64_t histogram_bucket_low(uint32_t index);
uint64_t histogram_bucket_high(uint32_t index);

/* Count @value once. */
static inline void histogram_add(struct histogram *histogram, uint64_t value)
{
	uint32_t index = histogram_index(value);

	if (G_UNLIKELY(index >= histogram->n_buckets))
		histogram_grow(histogram, index);
	histogram->buckets[index]++;
	if (G_UNLIKELY(value - histogram->min > histogram->max - histogram->min))
		histogram_widen(histogram, value); /* it lies outside, on either side */
	histogram->count++;
	histogram->sum += value;
}

/*
 * The value that @numerator of @denominator of all values do not exceed: the highest of the
 * bucket in which the value of rank ceil(count * numerator / denominator) lies, but not more
 * than max. So it is never below the true percentile and less than 0.1 % above. 0 if empty.
 */
uint64_t histogram_value_at(const struct histogram *histogram, uint64_t numerator,
			    uint64_t denominator);

/* Count everything that @from counted, too. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/*
 * Walk the buckets that are not empty, ascending: begin with *index 0; false at the end. The
 * next call goes on behind *index.
 */
struct histogram_bucket {
	uint64_t low, high; /* values, both included */
	uint64_t count;
};
bool histogram_next(const struct histogram *histogram, uint32_t *index,
		    struct histogram_bucket *bucket);

#endif
