// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/aligned_gaps.h"

#include "sim/base/units.h"

/* A tree is dropped after this many changes an area, and at least KEEP_MIN, without use. */
#define KEEP_CHANGES 4
#define KEEP_MIN     65536

void gap_index_init(struct gap_index *index, const struct area_tree *busy)
{
	*index = (struct gap_index){.busy = busy};
}

static void drop(struct gap_index *index, unsigned shift)
{
	area_pool_clear(&index->by_alignment[shift].pool);
	index->by_alignment[shift].cost = 0;
	index->kept &= ~(UINT64_C(1) << shift);
}

void gap_index_clear(struct gap_index *index)
{
	while (index->kept)
		drop(index, (unsigned)__builtin_ctzll(index->kept));
}

/* What [start, end) is worth; false: nothing. */
static bool piece_of(uint64_t *start, uint64_t end, uint64_t align)
{
	uint64_t first = align_up(*start, align);
	bool worth = first >= *start && first < end;

	*start = first;
	return worth;
}

void gap_index_note(struct gap_index *index, uint64_t start, uint64_t end, bool appears)
{
	for (uint64_t kept = index->kept; kept; kept &= kept - 1) {
		unsigned shift = (unsigned)__builtin_ctzll(kept);
		struct aligned_gaps *gaps = &index->by_alignment[shift];
		uint64_t first = start;

		if (!piece_of(&first, end, UINT64_C(1) << shift))
			continue;
		uint32_t below = area_tree_at_or_below(&gaps->tree, first);

		if (appears) {
			uint32_t next =
				below ? area_at(&gaps->tree, below)->next : gaps->tree.first;

			area_tree_insert_before(&gaps->tree, area_new(&gaps->pool, first, end),
						next);
		} else {
			area_tree_erase(&gaps->tree, below);
			area_delete(&gaps->pool, below);
		}
		if (++gaps->cost > MAX(KEEP_MIN, KEEP_CHANGES * index->busy->n))
			drop(index, shift);
	}
}

const struct area_tree *gap_index_use(struct gap_index *index, uint64_t align)
{
	unsigned shift = fls64(align) - 1;

	if (!(index->kept >> shift & 1))
		return NULL;
	index->by_alignment[shift].cost = 0;
	return &index->by_alignment[shift].tree;
}

void gap_index_missed(struct gap_index *index, uint64_t align, uint64_t steps)
{
	struct aligned_gaps *gaps = &index->by_alignment[fls64(align) - 1];
	const struct area *at = index->busy->pool->at;

	gaps->cost += steps;
	if (gaps->cost < index->busy->n)
		return;
	area_pool_init(&gaps->pool);
	area_tree_init(&gaps->tree, &gaps->pool, AREA_MAX_SIZE);
	gaps->cost = 0;
	index->kept |= align;
	for (uint32_t node = area_tree_next_of(index->busy, index->busy->first, 1); node;
	     node = area_tree_next_of(index->busy, at[node].next, 1)) {
		uint64_t first = at[node].start - at[node].value;

		if (piece_of(&first, at[node].start, align))
			area_tree_insert_before(&gaps->tree,
						area_new(&gaps->pool, first, at[node].start), NIL);
	}
}
