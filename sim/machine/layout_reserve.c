// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages that boot keeps (memmap, kernel image, memory that is not online): present, not managed.
 * Most of them are at a zone's upper end, since memblock allocates downwards.
 */
#include "sim/machine/layout_internal.h"

static void take(struct zone_layout *z, unsigned order, uint64_t i)
{
	const struct pfn_range range = {chunk_pfn(&z->chunks, order, i),
					chunk_pfn(&z->chunks, order, i + 1)};

	chunk_set_busy(&z->chunks, order, i);
	g_array_append_val(z->reserved, range);
	z->to_reserve -= UINT64_C(1) << order;
}

/* Blocks of the zone that are open beyond those that the snapshot counts. */
static uint64_t uncounted_blocks(const struct zone_layout *z)
{
	uint64_t open = 0, counted = 0;

	for (uint64_t block = 0; block < z->n_blocks; block++)
		open += z->block_type[block] == TYPE_OPEN;
	for (unsigned type = 0; type < LIST_TYPES; type++)
		counted += z->quota[type];
	return open > counted ? open - counted : 0;
}

/* Blocks that boot took whole are movable. Such as are not online were not counted. */
void layout_reserve_top(struct zone_layout *z)
{
	uint64_t uncounted = uncounted_blocks(z), size = UINT64_C(1) << z->top;
	uint64_t n = UINT64_C(1) << (z->top - z->block_order);

	for (uint64_t i = z->chunks.n_top; i-- && z->to_reserve >= size;) {
		if (chunk_busy(&z->chunks, z->top, i))
			continue;
		take(z, z->top, i);
		for (uint64_t block = i * n; block < (i + 1) * n; block++) {
			if (z->block_type[block] != TYPE_OPEN)
				continue;
			if (uncounted) {
				z->block_type[block] = LIST_MOVABLE;
				uncounted--;
			} else {
				layout_set_block(z, block, LIST_MOVABLE);
			}
		}
	}
}

static int by_start(const void *a, const void *b)
{
	const struct pfn_range *x = a, *y = b;

	return x->start_pfn < y->start_pfn ? -1 : x->start_pfn > y->start_pfn;
}

/* Sorted, neighbours joined. */
static void join_ranges(GArray *ranges)
{
	struct pfn_range *range = (struct pfn_range *)(void *)ranges->data;
	unsigned n = 0;

	if (!ranges->len)
		return;
	qsort(range, ranges->len, sizeof(*range), by_start);
	for (unsigned i = 1; i < ranges->len; i++) {
		if (range[i].start_pfn == range[n].end_pfn)
			range[n].end_pfn = range[i].end_pfn;
		else
			range[++n] = range[i];
	}
	g_array_set_size(ranges, n + 1);
}

/* As large chunks as there are, from the top downwards, in movable blocks first. */
void layout_reserve(struct zone_layout *z)
{
	for (unsigned order = z->block_order + 1; order-- && z->to_reserve;) {
		uint64_t size = UINT64_C(1) << order, n = z->chunks.n_top << (z->top - order);

		for (unsigned movable = 2; movable--;) {
			for (uint64_t i = n; i-- && z->to_reserve >= size;) {
				if (!chunk_busy(&z->chunks, order, i) &&
				    (!movable || chunk_type(z, order, i) == LIST_MOVABLE))
					take(z, order, i);
			}
		}
	}
	join_ranges(z->reserved);
}
