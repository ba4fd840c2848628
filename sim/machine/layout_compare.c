// SPDX-License-Identifier: GPL-2.0-or-later
/* How far the counts of a layout are from those of the snapshot. */
#include "sim/machine/layout_internal.h"

static void count_free(const struct zone_layout *z, struct zone_counts *counts)
{
	for (unsigned order = 0; order <= z->top; order++) {
		for (uint64_t i = 0; i < z->chunks.n_top << (z->top - order); i++) {
			if (!chunk_free(&z->chunks, order, i))
				continue;
			counts->nr_free[order]++;
			counts->by_type[chunk_type(z, order, i)][order]++;
		}
	}
}

/* As the kernel counts: a sample a block, from the zone's start on, where there is a struct page.
 */
static void count_blocks(const struct zone_layout *z, const struct memory_map *map,
			 const struct memory_zone *zone, struct zone_counts *counts)
{
	for (uint64_t pfn = zone->start_pfn; pfn < zone->end_pfn;
	     pfn += UINT64_C(1) << z->block_order) {
		if (memory_map_section_populated(map, pfn))
			counts->blocks[z->block_type[chunk_index(&z->chunks, z->block_order,
								 pfn)]]++;
	}
}

static uint64_t above(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static void compare_counts(const struct zone_counts *want, const struct zone_counts *have,
			   bool has_types, struct layout_figures *figures)
{
	for (unsigned order = 0; order < MAX_ORDER_DEFAULT; order++) {
		uint64_t missing = above(want->nr_free[order], have->nr_free[order]), by_type = 0;

		for (unsigned type = 0; type < LIST_TYPES; type++)
			by_type += above(want->by_type[type][order], have->by_type[type][order]);
		figures->free_pages += have->nr_free[order] << order;
		figures->chunks_wanted += want->nr_free[order];
		figures->chunks_missing += missing;
		figures->chunks_extra += above(have->nr_free[order], want->nr_free[order]);
		figures->chunks_other_type += has_types ? above(by_type, missing) : 0;
	}
	for (unsigned type = 0; has_types && type < LIST_TYPES; type++)
		figures->blocks_other_type += above(want->blocks[type], have->blocks[type]);
}

void layout_compare(const struct zone_layout *z, const struct memory_map *map,
		    const struct memory_zone *zone, const struct zone_counts *want, bool has_types,
		    struct layout_figures *figures)
{
	struct zone_counts have = {0};

	count_free(z, &have);
	count_blocks(z, map, zone, &have);
	compare_counts(want, &have, has_types, figures);
}

struct layout_figures layout_total(const struct layout *layout)
{
	struct layout_figures total = {0};

	for (unsigned i = 0; i < layout->figures->len; i++) {
		const struct layout_figures *zone =
			&g_array_index(layout->figures, struct layout_figures, i);

#define X(name, what) total.name += zone->name;
		LAYOUT_FIGURES(X)
#undef X
	}
	return total;
}

bool layout_figures_exact(const struct layout_figures *figures)
{
	return !figures->chunks_missing && !figures->chunks_extra && !figures->chunks_other_type &&
	       !figures->blocks_other_type;
}
