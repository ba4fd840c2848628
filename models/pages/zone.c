// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/zone.h"
#include "models/pages/fallback.h"

static uint64_t chunk_pages(unsigned order)
{
	return UINT64_C(1) << order;
}

void zone_init(struct zone *zone, struct memmap *map, unsigned number, const char *name,
	       uint64_t start_pfn, uint64_t end_pfn)
{
	*zone = (struct zone){
		.map = map,
		.number = number,
		.name = g_strdup(name),
		.start_pfn = start_pfn,
		.end_pfn = end_pfn,
		.top_order = MAX_ORDER_NR - 1,
	};
	for (unsigned order = 0; order < MAX_ORDER_NR; order++) {
		for (unsigned type = 0; type < LIST_TYPES; type++)
			zone->area[order].list[type] = (struct free_list){PFN_NONE, PFN_NONE, 0};
	}
	memmap_set_zone(map, start_pfn, end_pfn, number);
}

void zone_clear(struct zone *zone)
{
	g_clear_pointer(&zone->name, g_free);
}

void zone_free_boot(struct zone *zone, uint64_t start_pfn, uint64_t end_pfn)
{
	for (uint64_t pfn = start_pfn; pfn < end_pfn;) {
		unsigned order = zone->top_order;

		if (pfn)
			order = MIN(order, (unsigned)__builtin_ctzll(pfn));
		while (pfn + chunk_pages(order) > end_pfn)
			order--;
		zone_free(zone, pfn, order, block_type(zone->map, pfn));
		pfn += chunk_pages(order);
	}
	zone->managed_pages += end_pfn - start_pfn;
}

/* --- chunks on and off the lists ------------------------------------------------------- */

static void link_chunk(struct zone *zone, uint64_t pfn, unsigned order, enum list_type type,
		       bool tail)
{
	free_list_link(zone->map, &zone->area[order].list[type], pfn, order, type, tail);
	zone->area[order].nr_free++;
}

static void unlink_chunk(struct zone *zone, uint64_t pfn)
{
	struct free_area *area = &zone->area[page_order(zone->map, pfn)];

	free_list_unlink(zone->map, &area->list[page_list_type(zone->map, pfn)], pfn);
	area->nr_free--;
}

void zone_place(struct zone *zone, uint64_t pfn, unsigned order, enum list_type type, bool tail)
{
	page_set_inside(zone->map, pfn, chunk_pages(order));
	link_chunk(zone, pfn, order, type, tail);
	zone->free_pages += chunk_pages(order);
}

void zone_take(struct zone *zone, uint64_t pfn, enum page_use use)
{
	uint64_t pages = chunk_pages(page_order(zone->map, pfn));

	unlink_chunk(zone, pfn);
	page_set_use(zone->map, pfn, pages, use);
	zone->free_pages -= pages;
}

void zone_move(struct zone *zone, uint64_t pfn, enum list_type type)
{
	unsigned order = page_order(zone->map, pfn);

	unlink_chunk(zone, pfn);
	link_chunk(zone, pfn, order, type, false);
}

/* --- allocation ------------------------------------------------------------------------ */

/* The head of the smallest chunks that fit, off its list, its upper halves given back. */
static uint64_t take_smallest(struct zone *zone, unsigned order, enum list_type type,
			      enum page_use use, struct alloc_trace *trace)
{
	unsigned from = order;
	uint64_t pfn;

	while (from < MAX_ORDER_NR && zone->area[from].list[type].head == PFN_NONE)
		from++;
	if (from == MAX_ORDER_NR)
		return PFN_NONE;
	pfn = zone->area[from].list[type].head;
	unlink_chunk(zone, pfn);
	if (trace)
		trace->splits += from - order;
	while (from-- > order)
		link_chunk(zone, pfn + chunk_pages(from), from, type, false);
	page_set_use(zone->map, pfn, chunk_pages(order), use);
	zone->free_pages -= chunk_pages(order);
	return pfn;
}

uint64_t zone_alloc(struct zone *zone, unsigned order, enum list_type type, bool nofrag,
		    enum page_use use, struct alloc_trace *trace)
{
	for (;;) {
		uint64_t pfn = take_smallest(zone, order, type, use, trace);

		if (pfn != PFN_NONE || !zone_fallback(zone, order, type, nofrag, trace))
			return pfn;
	}
}

uint64_t zone_alloc_highatomic(struct zone *zone, unsigned order, enum page_use use,
			       struct alloc_trace *trace)
{
	return take_smallest(zone, order, LIST_HIGHATOMIC, use, trace);
}

/* --- freeing --------------------------------------------------------------------------- */

static bool free_in_zone(const struct zone *zone, uint64_t pfn, unsigned order)
{
	return page_is_buddy_of(zone->map, pfn, order, zone->number);
}

/* An isolated block does not merge with one that is not. Only blocks as a whole can tell. */
static bool isolation_differs(const struct zone *zone, uint64_t buddy, unsigned order,
			      enum list_type type)
{
	if (order < PAGEBLOCK_ORDER)
		return false;
	enum list_type other = block_type(zone->map, buddy);

	return type != other && (type == LIST_ISOLATE || other == LIST_ISOLATE);
}

/* Is a merge two levels up likely? Then the chunk had better not be handed out soon. */
static bool belongs_at_tail(const struct zone *zone, uint64_t pfn, unsigned order)
{
	uint64_t pair = pfn & ~chunk_pages(order), next = pair ^ chunk_pages(order + 1);

	return order + 1 < zone->top_order && free_in_zone(zone, next, order + 1) &&
	       memmap_zone(zone->map, pair) == zone->number;
}

/*
 * Orders below a block's are not captured from movable blocks, which they would pollute.
 * (compaction_capture)
 */
static bool captured(struct zone *zone, uint64_t pfn, unsigned order, enum list_type type)
{
	struct capture *capture = zone->capture;

	if (!capture || capture->pfn != PFN_NONE || order != capture->order ||
	    type == LIST_ISOLATE || (order < PAGEBLOCK_ORDER && type == LIST_MOVABLE))
		return false;
	capture->pfn = pfn;
	page_set_use(zone->map, pfn, chunk_pages(order), USE_ISOLATED);
	zone->free_pages -= chunk_pages(order);
	return true;
}

unsigned zone_free(struct zone *zone, uint64_t pfn, unsigned order, enum list_type type)
{
	unsigned merges = 0;

	page_set_inside(zone->map, pfn, chunk_pages(order));
	zone->free_pages += chunk_pages(order);
	while (order < zone->top_order) {
		uint64_t buddy = pfn ^ chunk_pages(order);

		if (G_UNLIKELY(zone->capture) && captured(zone, pfn, order, type))
			return merges;
		if (!free_in_zone(zone, buddy, order) ||
		    isolation_differs(zone, buddy, order, type))
			break;
		unlink_chunk(zone, buddy);
		pfn &= buddy;
		order++;
		merges++;
	}
	link_chunk(zone, pfn, order, type, belongs_at_tail(zone, pfn, order));
	return merges;
}

/* --- watermark test -------------------------------------------------------------------- */

static bool has_chunk(const struct zone *zone, unsigned order, bool highatomic)
{
	for (; order < MAX_ORDER_NR; order++) {
		const struct free_list *list = zone->area[order].list;

		if (list[LIST_UNMOVABLE].head != PFN_NONE || list[LIST_MOVABLE].head != PFN_NONE ||
		    list[LIST_RECLAIMABLE].head != PFN_NONE ||
		    (highatomic && list[LIST_HIGHATOMIC].head != PFN_NONE))
			return true;
	}
	return false;
}

bool zone_watermark_ok(const struct zone *zone, unsigned order, uint64_t mark, uint64_t reserve,
		       unsigned flags)
{
	int64_t pages = (int64_t)zone->free_pages - (int64_t)(chunk_pages(order) - 1);
	int64_t min = (int64_t)mark;
	bool urgent = flags & (ALLOC_HARDER | ALLOC_OOM);

	if (flags & ALLOC_HIGH)
		min -= min / 2;
	if (!urgent)
		pages -= (int64_t)zone->nr_reserved_highatomic;
	else
		min -= min / (flags & ALLOC_OOM ? 2 : 4);
	if (pages <= min + (int64_t)reserve)
		return false;
	return order == 0 || has_chunk(zone, order, urgent);
}
