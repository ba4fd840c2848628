// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/histogram.h"

#include <string.h>

#define SUB_BUCKETS (1u << HISTOGRAM_SUB_BITS)

void histogram_clear(struct histogram *histogram)
{
	g_free(histogram->buckets);
	*histogram = (struct histogram){0};
}

G_NO_INLINE void histogram_grow(struct histogram *histogram, uint32_t index)
{
	uint32_t before = histogram->n_buckets;

	/* a whole doubling at a time: at most 54 times in a histogram's life */
	histogram->n_buckets = (index / SUB_BUCKETS + 1) * SUB_BUCKETS;
	histogram->buckets = g_renew(uint64_t, histogram->buckets, histogram->n_buckets);
	memset(histogram->buckets + before, 0,
	       (histogram->n_buckets - before) * sizeof(*histogram->buckets));
}

G_NO_INLINE void histogram_widen(struct histogram *histogram, uint64_t value)
{
	histogram->min = histogram->count ? MIN(histogram->min, value) : value;
	histogram->max = MAX(histogram->max, value);
}

static unsigned bucket_shift(uint32_t index)
{
	return index < 2 * SUB_BUCKETS ? 0 : index / SUB_BUCKETS - 1;
}

uint64_t histogram_bucket_low(uint32_t index)
{
	unsigned shift = bucket_shift(index);

	return (uint64_t)(index - (shift << HISTOGRAM_SUB_BITS)) << shift;
}

uint64_t histogram_bucket_high(uint32_t index)
{
	return histogram_bucket_low(index) + ((UINT64_C(1) << bucket_shift(index)) - 1);
}

uint64_t histogram_value_at(const struct histogram *histogram, uint64_t numerator,
			    uint64_t denominator)
{
	uint128 scaled = (uint128)histogram->count * numerator + (denominator - 1);
	uint64_t rank = MAX((uint64_t)(scaled / denominator), 1);
	uint64_t seen = 0;

	for (uint32_t i = 0; i < histogram->n_buckets; i++) {
		seen += histogram->buckets[i];
		if (seen >= rank)
			return MIN(histogram_bucket_high(i), histogram->max);
	}
	return histogram->max;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	if (!from->count)
		return;
	if (from->n_buckets > into->n_buckets)
		histogram_grow(into, from->n_buckets - 1);
	for (uint32_t i = 0; i < from->n_buckets; i++)
		into->buckets[i] += from->buckets[i];
	into->min = into->count ? MIN(into->min, from->min) : from->min;
	into->max = MAX(into->max, from->max);
	into->count += from->count;
	into->sum += from->sum;
}

bool histogram_next(const struct histogram *histogram, uint32_t *index,
		    struct histogram_bucket *bucket)
{
	for (uint32_t i = *index; i < histogram->n_buckets; i++) {
		if (!histogram->buckets[i])
			continue;
		*bucket = (struct histogram_bucket){
			histogram_bucket_low(i), histogram_bucket_high(i), histogram->buckets[i]};
		*index = i + 1;
		return true;
	}
	return false;
}
