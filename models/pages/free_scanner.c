// SPDX-License-Identifier: GPL-2.0-or-later
/* The free scanner: from the zone's end down, block by block, for targets of migration. */
#include "models/pages/compact_internal.h"

/* Blocks that most of a chunk fills are good for movable pages from now on. */
static void claim_blocks(struct memmap *map, uint64_t pfn, unsigned order)
{
	uint64_t last = pfn + (UINT64_C(1) << order) - 1;

	if (order < PAGEBLOCK_ORDER - 1)
		return;
	for (; pfn < last; pfn += PAGEBLOCK_PAGES) {
		enum list_type type = block_type(map, pfn);

		if (type != LIST_ISOLATE && type != LIST_HIGHATOMIC)
			block_set_type(map, pfn, LIST_MOVABLE);
	}
}

uint64_t take_chunk(struct compact_control *cc, uint64_t pfn)
{
	struct memmap *map = map_of(cc);
	struct zone *zone = zone_of(cc, pfn);
	unsigned order = page_order(map, pfn);
	uint64_t pages = UINT64_C(1) << order;

	/* The chunk is there; what a test for its order asks is whether so many pages can be
	 * spared. */
	if (block_type(map, pfn) != LIST_ISOLATE &&
	    !zone_watermark_ok(zone, 0, zone->watermark_min + pages, 0, 0))
		return 0;
	zone_take(zone, pfn, USE_ISOLATED);
	claim_blocks(map, pfn, order);
	for (uint64_t i = pfn; i < pfn + pages; i++)
		g_array_append_val(cc->targets, i);
	cc->counts.isolated_free += pages;
	note_isolated(cc, pfn, pages);
	if (cc->observer && cc->observer->isolated)
		cc->observer->isolated(cc->observer->data, pfn, order);
	return pages;
}

/* Pages beyond @pfn that a compound page there covers. */
static uint64_t compound_rest(const struct memmap *map, uint64_t pfn)
{
	enum page_use use = page_use(map, pfn);

	if (use != USE_COMPOUND && use != USE_COMPOUND_LRU)
		return 0;
	return (UINT64_C(1) << page_order(map, pfn)) - 1;
}

uint64_t scan_free_range(struct compact_control *cc, uint64_t *pfn, uint64_t end, uint64_t stride)
{
	const struct memmap *map = map_of(cc);
	struct compact_scan scan = {.free = true, .start = *pfn, .end = end};
	bool locked = false;
	uint64_t at = *pfn;

	for (; at < end; at += stride) {
		uint64_t pages;
		bool astray;

		if (at % COMPACT_CLUSTER_MAX == 0)
			locked = false;
		if (!examine(cc, at))
			return scan.isolated;
		astray = note_examined(cc, at);
		scan.scanned++;
		if (!page_is_buddy(map, at)) {
			if (astray)
				observe_stray(cc, at, 0);
			at += compound_rest(map, at);
			continue;
		}
		cc->counts.lock_sections += !locked;
		locked = true;
		pages = take_chunk(cc, at);
		if (astray)
			observe_stray(cc, at, pages);
		if (!pages)
			break;
		scan.isolated += pages;
		/* Not limited by the end: the chunk is taken whole. */
		if (enough_targets(cc)) {
			at += pages;
			break;
		}
		at += pages - 1;
	}
	scan.reached = *pfn = MIN(at, end);
	cc->counts.free_scanned += scan.scanned;
	observe_scan(cc, &scan);
	return scan.isolated;
}

/* First page of a block: may its free pages be targets? (suitable_migration_target) */
static bool suitable_target(const struct compact_control *cc, uint64_t pfn)
{
	const struct memmap *map = map_of(cc);

	if (page_is_buddy(map, pfn) && page_order(map, pfn) >= PAGEBLOCK_ORDER)
		return false;
	return cc->ignore_block_type || block_type(map, pfn) == LIST_MOVABLE;
}

/* After a scan that reached the block's end: skip it next time, start below it. */
static void block_done(struct compact_control *cc, uint64_t block)
{
	set_skip(cc, block);
	cc->zone->cached_free = MIN(cc->zone->cached_free, block);
}

/* From the block of free_pfn down to that of the other scanner, until there are enough. */
static void scan_linear(struct compact_control *cc)
{
	uint64_t pfn = cc->free_pfn, block = block_start(pfn);
	uint64_t end = MIN(block + PAGEBLOCK_PAGES, cc->zone->end_pfn);
	uint64_t low = block_end(cc->migrate_pfn);
	uint64_t max_stride = cc->rules->linear ? 1 : COMPACT_CLUSTER_MAX;
	uint64_t stride = cc->mode == COMPACT_ASYNC ? max_stride : 1;

	for (; block >= low; end = block, block -= PAGEBLOCK_PAGES, pfn = block) {
		uint64_t isolated;

		if (!range_in_zone(cc, block, end) || !suitable_target(cc, block) ||
		    skip_hinted(cc, block))
			continue;
		cc->site = COMPACT_FREE_SCAN;
		cc->asked_block = block;
		isolated = scan_free_range(cc, &pfn, end, stride);
		if (faulted(cc))
			return;
		if (pfn == end && !(cc->rules->linear && isolated))
			block_done(cc, block);
		if (enough_targets(cc)) {
			if (pfn >= end)
				pfn = block - PAGEBLOCK_PAGES;
			break;
		}
		if (pfn < end)
			break;
		stride = isolated ? 1 : MIN(max_stride, 2 * stride);
	}
	cc->free_pfn = pfn;
}

void isolate_targets(struct compact_control *cc)
{
	if (!cc->rules->linear)
		fast_search_free(cc);
	if (!faulted(cc) && !nr_targets(cc))
		scan_linear(cc);
}
