// SPDX-License-Identifier: GPL-2.0-or-later
/* Should compaction be tried at all: suitability of a zone, and deferral after failures. */
#include "models/pages/compact_internal.h"
#include "models/pages/frag_index.h"

static int zone_extfrag_index(const struct zone *zone, unsigned order)
{
	uint64_t nr_free[MAX_ORDER_NR];

	for (unsigned i = 0; i < MAX_ORDER_NR; i++)
		nr_free[i] = zone->area[i].nr_free;
	return extfrag_index(nr_free, order);
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
	base = (order > COSTLY_ORDER ? zone->watermark_low : zone->watermark_min) +
	       zone->watermark_boost;
	if (!zone_watermark_ok(zone, 0, base + gap, reserve, 0))
		return COMPACT_SKIPPED;
	if (order > COSTLY_ORDER) {
		int index = zone_extfrag_index(zone, (unsigned)order);

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
