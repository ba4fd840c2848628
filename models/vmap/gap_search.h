/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_GAP_SEARCH_H
#define KMSIM_MODELS_VMAP_GAP_SEARCH_H

/*
 * The end of a walk over busy areas without walking: in a tree augmented with the gap before
 * each area (AREA_MAX_GAP) the same hole, the same number of areas stepped over and the same
 * largest hole among them are found in O(log n).
 *
 * A gap is worth what is left of it above the first aligned address. Up to page alignment that is
 * the whole gap, since areas end on page boundaries, and the search is O(log n). Above that it is
 * O(log n) where a tree is kept for the alignment (aligned_gaps.h). Else gaps that are large enough
 * are tried one by one, but those are passed over that end below the next aligned address: O(k
 * log n) where k is at most the number of such gaps, and at most the number of aligned addresses,
 * in the addresses stepped over. Likewise for the largest hole, where only gaps count that are
 * larger than the best so far.
 */

#include "models/vmap/aligned_gaps.h"

/* Where a walk of areas that begins at some area ends. */
struct gap_walk {
	uint32_t stop; /* the area the walk does not step over; NIL: it steps over the last */
	uint64_t hops; /* areas stepped over */
	uint64_t hole; /* the largest stepped over, from the first aligned address, or before */
};

/*
 * The walk from the area @from (which has one before it), standing at the end of the area
 * before, for @size bytes aligned to @align: it ends before the first area whose gap is large
 * enough, or where the aligned end of the area before plus @size exceeds @vend (or wraps). Needs
 * @size <= @vend. @hole is the largest hole stepped over before.
 */
struct gap_walk gap_walk(struct gap_index *index, uint32_t from, uint64_t size, uint64_t align,
			 uint64_t vend, uint64_t hole);

#endif
