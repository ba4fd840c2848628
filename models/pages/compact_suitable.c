// SPDX-License-Identifier: GPL-2.0-or-later
/* Should compaction be tried at all: suitability of a zone, and deferral after failures. */
#include "models/pages/compact.h"

/*
 * Why would a request of @order fail: 0 for want of memory, 1000 for fragmentation. -1000: it would
 * not fail. All divisions truncate, so that other negative values happen, too.
 * (fragmentation_index)
 */
static int fragmentation_index(const struct zone *zone, unsigned order)
{
	uint64_t pages = 0, chunks = 0, fitting = 0;

	for (unsigned i = 0; i < MAX_ORDER_NR; i++) {
		chunks += zone->area[i].nr_free;
		pages += zone->area[i].nr_free << i;
		if (i >= order)
			fitting += zone->area[i].nr_free << (i - order);
	}
	if (!chunks)
		return 0;
	if (fitting)
		return -1000;
	return 1000 - (int)((1000 + (pages * 1000 >> order)) / chunks);
}

enum compact_result compact_suitable(const struct zone *zone, int order, uint64_t mark,
				     uint64_t reserve, unsigned flags, unsigned extfrag_threshold)
{
	uint64_t gap, base;

	if (order < 0)
		return COMPACT_CONTINUE;
	if (zone_watermark_ok(zone, (unsigned)order, mark, reserve, flags))
		return COMPACT_SUCCESS;

	/* Room for the copies that exist while pages move. */
	gap = UINT64_C(2) << order;
	base = (order > 3 ? zone->watermark_low : zone->watermark_min) + zone->watermark_boost;
	if (!zone_watermark_ok(zone, 0, base + gap, reserve, 0))
		return COMPACT_SKIPPED;
	if (order > 3) {
		int index = fragmentation_index(zone, (unsigned)order);

		if (index >= 0 && index <= (int)extfrag_threshold)
			return COMPACT_SKIPPED;
	}
	return COMPACT_CONTINUE;
}

void compact_defer(struct zone *zone, int order)
{
	zone->considered = 0;
	zone->defer_shift = MIN(zone->defer_shift + 1, COMPACT_MAX_DEFER_SHIFT);
	zone->order_failed = MIN(zone->order_failed, (unsigned)order);
}

bool compact_deferred(struct zone *zone, int order)
{
	unsigned limit = 1U << zone->defer_shift;

	if (order < (int)zone->order_failed)
		return false;
	zone->considered = MIN(zone->considered + 1, limit);
	return zone->considered < limit;
}

void compact_defer_reset(struct zone *zone, int order, bool allocated)
{
	if (allocated)
		zone->considered = zone->defer_shift = 0;
	if (order >= (int)zone->order_failed)
		zone->order_failed = (unsigned)order + 1;
}
