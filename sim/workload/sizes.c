// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/sizes.h"

G_NO_INLINE uint64_t draw_uneven_pages(const struct size_range *range, struct rng *rng)
{
	if (range->mix == SIZES_POW2) {
		unsigned low = fls64(range->min - 1); /* exponents whose power lies in the range */
		unsigned high = fls64(range->max) - 1;

		return UINT64_C(1) << (low + rng_below(rng, high - low + 1));
	}
	uint64_t bound = 1 + rng_below(rng, range->max - range->min + 1);

	return range->min + rng_below(rng, bound);
}
