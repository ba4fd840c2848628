// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/fallback.h"

#define N_FALLBACKS 2

static const enum list_type preference[][N_FALLBACKS] = {
	[LIST_UNMOVABLE] = {LIST_RECLAIMABLE, LIST_MOVABLE},
	[LIST_MOVABLE] = {LIST_RECLAIMABLE, LIST_UNMOVABLE},
	[LIST_RECLAIMABLE] = {LIST_UNMOVABLE, LIST_MOVABLE},
};

/* The type whose chunk of @order a request of @type would take; LIST_TYPES: none has one. */
static enum list_type suitable(const struct zone *zone, unsigned order, enum list_type type)
{
	const struct free_area *area = &zone->area[order];

	if (!area->nr_free)
		return LIST_TYPES;
	for (unsigned i = 0; i < N_FALLBACKS; i++) {
		if (area->list[preference[type][i]].head != PFN_NONE)
			return preference[type][i];
	}
	return LIST_TYPES;
}

/* May the rest of the block be claimed along with a chunk of @order? */
static bool can_steal(unsigned order, enum list_type type)
{
	return order >= PAGEBLOCK_ORDER / 2 || type == LIST_UNMOVABLE || type == LIST_RECLAIMABLE;
}

/* A block is about to be mixed: reclaim is to free more, so that it need not happen again soon. */
static bool boost_watermark(struct zone *zone)
{
	uint64_t high = zone->watermark_high, factor = zone->watermark_boost_factor;
	uint64_t max = high / 10000 * factor + high % 10000 * factor / 10000;

	if (!max)
		return false;
	max = MAX(max, PAGEBLOCK_PAGES);
	zone->watermark_boost = MIN(zone->watermark_boost + PAGEBLOCK_PAGES, max);
	return true;
}

/* Move the free chunks of a block to the lists of @type. Pages moved; *movable: others on an LRU
 * list. */
static uint64_t move_free_chunks(struct zone *zone, uint64_t chunk_pfn, enum list_type type,
				 uint64_t *movable)
{
	uint64_t pfn = block_start(chunk_pfn), end = block_end(chunk_pfn), moved = 0;

	*movable = 0;
	if (end > zone->end_pfn)
		return 0;
	if (pfn < zone->start_pfn)
		pfn = chunk_pfn;
	while (pfn < end) {
		if (page_is_buddy(zone->map, pfn)) {
			uint64_t pages = UINT64_C(1) << page_order(zone->map, pfn);

			zone_move(zone, pfn, type);
			moved += pages;
			pfn += pages;
		} else {
			*movable += page_on_lru(zone->map, pfn);
			pfn++;
		}
	}
	return moved;
}

/* Take over the block of a chunk if at least half of it is free or of the kind of @type. True if
 * the chunk has been moved. */
static bool steal_block(struct zone *zone, uint64_t pfn, enum list_type type)
{
	enum list_type old = block_type(zone->map, pfn);
	uint64_t movable, alike = 0, moved = move_free_chunks(zone, pfn, type, &movable);

	if (!moved)
		return false;
	if (type == LIST_MOVABLE)
		alike = movable;
	else if (old == LIST_MOVABLE)
		alike = PAGEBLOCK_PAGES - (moved + movable);
	if (moved + alike >= PAGEBLOCK_PAGES / 2)
		block_set_type(zone->map, pfn, type);
	return true;
}

uint64_t zone_move_block(struct zone *zone, uint64_t pfn, enum list_type type)
{
	uint64_t movable;

	return move_free_chunks(zone, pfn, type, &movable);
}

static void steal(struct zone *zone, uint64_t pfn, enum list_type type, bool whole,
		  struct alloc_trace *trace)
{
	unsigned order = page_order(zone->map, pfn);

	if (block_type(zone->map, pfn) == LIST_HIGHATOMIC) {
		zone_move(zone, pfn, type);
	} else if (order >= PAGEBLOCK_ORDER) {
		for (uint64_t p = pfn; p < pfn + (UINT64_C(1) << order); p = block_end(p))
			block_set_type(zone->map, p, type);
		zone_move(zone, pfn, type);
	} else {
		bool boosted = boost_watermark(zone);

		if (trace)
			trace->boosted |= boosted;
		if (!whole || !steal_block(zone, pfn, type))
			zone_move(zone, pfn, type);
	}
}

/*
 * The order to take from, and the type: from the largest down, so that a claim is worth it; a
 * movable request that cannot claim breaks the smallest instead. False: nothing to take.
 */
static bool choose(const struct zone *zone, unsigned order, enum list_type type, bool nofrag,
		   unsigned *from_order, enum list_type *from)
{
	unsigned lowest = nofrag ? MAX(order, PAGEBLOCK_ORDER) : order;

	for (unsigned c = MAX_ORDER_NR; c-- > lowest;) {
		*from = suitable(zone, c, type);
		*from_order = c;
		if (*from == LIST_TYPES)
			continue;
		if (can_steal(c, type) || type != LIST_MOVABLE || c == order)
			return true;
		do
			*from = suitable(zone, *from_order = order++, type);
		while (*from == LIST_TYPES);
		return true;
	}
	return false;
}

static void add_fallback(struct alloc_trace *trace, const struct fallback *fallback)
{
	if (trace->n_fallbacks < MAX_FALLBACKS)
		trace->fallback[trace->n_fallbacks] = *fallback;
	trace->n_fallbacks++;
}

bool zone_fallback(struct zone *zone, unsigned order, enum list_type type, bool nofrag,
		   struct alloc_trace *trace)
{
	unsigned from_order;
	enum list_type from;

	if (!choose(zone, order, type, nofrag, &from_order, &from))
		return false;
	uint64_t pfn = zone->area[from_order].list[from].head;

	steal(zone, pfn, type, can_steal(from_order, type), trace);
	if (trace)
		add_fallback(trace, &(struct fallback){
					    .pfn = pfn,
					    .alloc_order = order,
					    .fallback_order = from_order,
					    .alloc_type = type,
					    .fallback_type = from,
					    .change_ownership = block_type(zone->map, pfn) == type,
				    });
	return true;
}
