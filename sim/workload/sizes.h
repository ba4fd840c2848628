/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_WORKLOAD_SIZES_H
#define KMSIM_WORKLOAD_SIZES_H

/* Random sizes in pages. */

#include "sim/base/param.h"
#include "sim/base/rng.h"
#include "sim/base/units.h"

enum size_mix {
	SIZES_UNIFORM, /* every size of the range alike */
	SIZES_SMALL,   /* uniform below a bound that is itself uniform: small ones prevail */
	SIZES_POW2,    /* powers of two, each exponent alike */
};

struct size_range {
	uint64_t min, max; /* pages */
	enum size_mix mix;
};

/* draw_pages() where the sizes are not all alike. */
uint64_t draw_uneven_pages(const struct size_range *range, struct rng *rng);

static inline uint64_t draw_pages(const struct size_range *range, struct rng *rng)
{
	if (range->mix != SIZES_UNIFORM)
		return draw_uneven_pages(range, rng);
	return range->min + rng_below(rng, range->max - range->min + 1);
}

/* Whether a power of two lies in @range. */
static inline bool size_range_has_pow2(const struct size_range *range)
{
	return fls64(range->min - 1) < fls64(range->max);
}

#endif
