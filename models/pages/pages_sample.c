// SPDX-License-Identifier: GPL-2.0-or-later
/* What the pages model tells of its zones while it runs. */
#include "models/pages/pages.h"

static bool at_edge(const struct zone *zone, uint64_t pfn)
{
	return block_start(pfn) < zone->start_pfn || block_end(pfn) > zone->end_pfn;
}

/*
 * Allocated pages of the zone in the block of @pfn, by class. A block at the zone's edge has pages
 * of others: these few are counted one by one.
 */
static void allocated_in_block(const struct zone *zone, uint64_t pfn, uint64_t pages[3])
{
	uint64_t start = block_start(pfn), end = block_end(pfn);

	if (at_edge(zone, pfn)) {
		memmap_count_pages(zone->map, MAX(start, zone->start_pfn), MIN(end, zone->end_pfn),
				   pages);
		return;
	}
	pages[CLASS_MOVABLE] = block_pages(zone->map, pfn, CLASS_MOVABLE);
	pages[CLASS_UNMOVABLE] = block_pages(zone->map, pfn, CLASS_UNMOVABLE);
}

/*
 * The first and the last block, if they are not the zone's as a whole. The kernel counts the types
 * of blocks by a page every so many from the zone's start, aligned or not: the last block may
 * have none.
 */
static void add_edge(const struct zone *zone, uint64_t pfn, struct zone_sample *sample)
{
	uint64_t first = zone->start_pfn, seen = MAX(block_start(pfn), first), pages[3];

	seen += (PAGEBLOCK_PAGES - (seen - first) % PAGEBLOCK_PAGES) % PAGEBLOCK_PAGES;
	if (!at_edge(zone, pfn))
		return;
	if (seen < MIN(block_end(pfn), zone->end_pfn) && memmap_valid(zone->map, seen))
		sample->blocks[block_type(zone->map, pfn)]++;
	allocated_in_block(zone, pfn, pages);
	sample->unmovable_blocks += pages[CLASS_UNMOVABLE] > 0;
	sample->mixed_blocks += pages[CLASS_UNMOVABLE] && pages[CLASS_MOVABLE];
}

void pages_sample_zone(void *data, unsigned number, struct zone_sample *sample)
{
	struct pages *model = data;
	const struct zone *zone = &model->machine.zones[number];
	const struct block_tally *tally = memmap_tally(zone->map, number);

	settle(model);
	*sample = (struct zone_sample){
		.watermark_boost = zone->watermark_boost,
		.unmovable_blocks = tally->unmovable,
		.mixed_blocks = tally->mixed,
	};
	for (unsigned type = 0; type < LIST_TYPES; type++) {
		sample->blocks[type] = tally->by_type[type];
		for (unsigned order = 0; order < MAX_ORDER_NR; order++)
			sample->nr_free[type][order] = zone->area[order].list[type].n;
	}
	add_edge(zone, zone->start_pfn, sample);
	if (block_start(zone->start_pfn) != block_start(zone->end_pfn - 1))
		add_edge(zone, zone->end_pfn - 1, sample);
	for (uint32_t cpu = 0; cpu < model->machine.cpus; cpu++)
		sample->pcp_pages += machine_pcp(&model->machine, cpu, zone)->count;
}

/* Pages of [start, end) that are present; *range is the first that may reach into it. */
static uint64_t present_pages(const GArray *present, unsigned *range, uint64_t start, uint64_t end)
{
	uint64_t pages = 0;

	for (unsigned i = *range; i < present->len; i++) {
		const struct present_range *at = &g_array_index(present, struct present_range, i);

		if (at->start_pfn >= end)
			break;
		if (at->end_pfn > start)
			pages += MIN(end, at->end_pfn) - MAX(start, at->start_pfn);
		else
			*range = i + 1;
	}
	return pages;
}

void pages_blocks(void *data, unsigned number, block_fn fn, void *ctx)
{
	struct pages *model = data;
	const struct zone *zone = &model->machine.zones[number];
	unsigned range = 0;

	settle(model);
	for (uint64_t pfn = block_start(zone->start_pfn); pfn < zone->end_pfn;
	     pfn += PAGEBLOCK_PAGES) {
		uint64_t start = MAX(pfn, zone->start_pfn),
			 end = MIN(block_end(pfn), zone->end_pfn);
		uint64_t pages[3];

		allocated_in_block(zone, pfn, pages);
		const struct block_sample block = {
			.pfn = pfn,
			.type = block_type(zone->map, pfn),
			.skip = block_skip(zone->map, pfn),
			.present =
				(uint16_t)present_pages(model->machine.present, &range, start, end),
			.free = (uint16_t)memmap_free_pages(zone->map, start, end),
			.movable = (uint16_t)pages[CLASS_MOVABLE],
			.unmovable = (uint16_t)pages[CLASS_UNMOVABLE],
		};

		fn(ctx, &block);
	}
}
