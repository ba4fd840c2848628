// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/zone_count.h"

struct zone_counts zone_count(const struct zone *zone, unsigned node)
{
	struct zone_counts counts = {.node = node};

	g_strlcpy(counts.name, zone->name, sizeof(counts.name));
	for (unsigned order = 0; order < MAX_ORDER_NR; order++) {
		counts.nr_free[order] = zone->area[order].nr_free;
		for (unsigned type = 0; type < LIST_TYPES; type++)
			counts.by_type[type][order] = zone->area[order].list[type].n;
	}
	/* one sample every so many pages from the zone's start, aligned or not, as the kernel does
	 */
	for (uint64_t pfn = zone->start_pfn; pfn < zone->end_pfn; pfn += PAGEBLOCK_PAGES) {
		if (memmap_valid(zone->map, pfn) && memmap_zone(zone->map, pfn) == zone->number)
			counts.blocks[block_type(zone->map, pfn)]++;
	}
	return counts;
}
