/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MACHINE_FOOTPRINT_H
#define KMSIM_MACHINE_FOOTPRINT_H

/*
 * How much memory each of the sets holds that steps walk over. A model keeps that of its own up to
 * date in model_env.footprint; the price of a step depends on it.
 */

#include "sim/base/units.h"

#include <stdint.h>

enum footprint_set {
	SET_NONE,  /* the step's working set is small and always warm */
	SET_BUSY,  /* descriptors of busy areas */
	SET_FREE,  /* descriptors of free areas */
	SET_LAZY,  /* descriptors that the last purge released */
	SET_PAGES, /* struct pages of the machine */
	SET_PTES,  /* page-table entries of vmalloc space that are in use */
	FOOTPRINT_SETS
};

#define PRICE_SUB_SHIFT 4 /* 16 buckets a doubling of the footprint */
#define PRICE_BUCKETS	(64u << PRICE_SUB_SHIFT)

struct footprint {
	uint64_t held[FOOTPRINT_SETS];	 /* bytes, read only: footprint_note() says them */
	uint32_t bucket[FOOTPRINT_SETS]; /* price_bucket() of them, which prices are looked up by */
};

/* Position of a footprint on a logarithmic scale: whole doublings, then linear 16ths. */
static inline unsigned price_bucket(uint64_t bytes)
{
	unsigned top = fls64(bytes | 1) - 1;
	uint64_t below = top >= PRICE_SUB_SHIFT ? bytes >> (top - PRICE_SUB_SHIFT)
						: bytes << (PRICE_SUB_SHIFT - top);

	return (top << PRICE_SUB_SHIFT) | (unsigned)(below & ((1u << PRICE_SUB_SHIFT) - 1));
}

/* @set holds @bytes now. All zero, as calloc() has it, is a footprint of nothing. */
static inline void footprint_note(struct footprint *footprint, enum footprint_set set,
				  uint64_t bytes)
{
	footprint->held[set] = bytes;
	footprint->bucket[set] = price_bucket(bytes);
}

#endif
