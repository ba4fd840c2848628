// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pageblocks kept for urgent requests of order ≥ 1. Linux v5.1/v5.2, mm/page_alloc.c
 * (reserve_highatomic_pageblock, unreserve_highatomic_pageblock).
 */
#include "models/pages/fallback.h"
#include "models/pages/pages.h"

void highatomic_reserve(struct zone *zone, uint64_t pfn)
{
	enum list_type type = block_type(zone->map, pfn);

	if (zone->nr_reserved_highatomic >= zone->managed_pages / 100 + PAGEBLOCK_PAGES ||
	    type == LIST_HIGHATOMIC || type == LIST_ISOLATE)
		return;
	zone->nr_reserved_highatomic += PAGEBLOCK_PAGES;
	block_set_type(zone->map, pfn, LIST_HIGHATOMIC);
	zone_move_block(zone, pfn, LIST_HIGHATOMIC);
}

static bool unreserve_one(struct zone *zone, enum list_type type)
{
	for (unsigned order = 0; order < MAX_ORDER_NR; order++) {
		uint64_t pfn = zone->area[order].list[LIST_HIGHATOMIC].head;

		if (pfn == PFN_NONE)
			continue;
		/* a chunk of such a list may lie in a block that has been taken over since */
		if (block_type(zone->map, pfn) == LIST_HIGHATOMIC)
			zone->nr_reserved_highatomic -=
				MIN(PAGEBLOCK_PAGES, zone->nr_reserved_highatomic);
		block_set_type(zone->map, pfn, type);
		if (zone_move_block(zone, pfn, type))
			return true;
	}
	return false;
}

bool highatomic_unreserve(struct zone *zones, unsigned highest, enum list_type type, bool force)
{
	for (unsigned i = highest + 1; i-- > 0;) {
		struct zone *zone = &zones[i];

		if (!force && zone->nr_reserved_highatomic <= PAGEBLOCK_PAGES)
			continue;
		if (unreserve_one(zone, type))
			return true;
	}
	return false;
}
