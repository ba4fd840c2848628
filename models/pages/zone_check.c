// SPDX-License-Identifier: GPL-2.0-or-later
/* zone_check(): what must hold of a zone at any time. */
#include "models/pages/zone.h"

#define PFN "pfn %" G_GUINT64_FORMAT

/* One chunk on a list, which follows @prev on it. */
static char *check_chunk(const struct zone *zone, uint64_t pfn, uint64_t prev, unsigned order,
			 enum list_type type)
{
	uint64_t pages = UINT64_C(1) << order;

	if (!page_is_buddy(zone->map, pfn))
		return g_strdup_printf(PFN " on list %u/%u is not free", pfn, order, type);
	if (page_order(zone->map, pfn) != order || page_list_type(zone->map, pfn) != type)
		return g_strdup_printf(PFN " on list %u/%u says it is on %u/%u", pfn, order, type,
				       page_order(zone->map, pfn), page_list_type(zone->map, pfn));
	if (free_list_prev(zone->map, pfn) != prev)
		return g_strdup_printf(PFN " on list %u/%u: wrong link back", pfn, order, type);
	if (pfn & (pages - 1) || pfn < zone->start_pfn || pfn + pages > zone->end_pfn ||
	    memmap_zone(zone->map, pfn) != zone->number)
		return g_strdup_printf(PFN " of order %u is no chunk of zone %s", pfn, order,
				       zone->name);
	return NULL;
}

static char *check_list(const struct zone *zone, unsigned order, enum list_type type, uint64_t *n)
{
	const struct free_list *list = &zone->area[order].list[type];
	uint64_t prev = PFN_NONE, before = *n;
	char *message = NULL;

	for (uint64_t pfn = list->head; pfn != PFN_NONE && !message;
	     pfn = free_list_next(zone->map, pfn)) {
		message = check_chunk(zone, pfn, prev, order, type);
		prev = pfn;
		if (++*n > zone->area[order].nr_free)
			return g_strdup_printf("order %u: more chunks than nr_free", order);
	}
	if (!message && (*n - before != list->n || !list->n != (list->head == PFN_NONE)))
		message = g_strdup_printf("list %u/%u: wrong number of chunks", order, type);
	if (!message && list->tail != prev)
		message = g_strdup_printf("list %u/%u does not end at its tail", order, type);
	return message;
}

static char *check_area(const struct zone *zone, unsigned order)
{
	uint64_t n = 0;
	char *message = NULL;

	for (unsigned type = 0; type < LIST_TYPES && !message; type++)
		message = check_list(zone, order, (enum list_type)type, &n);
	if (!message && n != zone->area[order].nr_free)
		message = g_strdup_printf("order %u: %" G_GUINT64_FORMAT
					  " chunks, nr_free is %" G_GUINT64_FORMAT,
					  order, n, zone->area[order].nr_free);
	return message;
}

/* Could the chunk have been merged? */
static bool buddy_free_too(const struct zone *zone, uint64_t pfn)
{
	unsigned order = page_order(zone->map, pfn);
	uint64_t buddy = pfn ^ (UINT64_C(1) << order);

	if (order == zone->top_order || !page_is_buddy(zone->map, buddy) ||
	    page_order(zone->map, buddy) != order || memmap_zone(zone->map, buddy) != zone->number)
		return false;
	return order < PAGEBLOCK_ORDER || (block_type(zone->map, pfn) != LIST_ISOLATE &&
					   block_type(zone->map, buddy) != LIST_ISOLATE);
}

/* The same from the pages' side: no chunk inside another, none that is on no list. */
static char *check_pages(const struct zone *zone)
{
	uint64_t n = 0, listed = 0, pages = 0;

	for (uint64_t pfn = zone->start_pfn; pfn < zone->end_pfn; pfn++) {
		if (!page_is_buddy(zone->map, pfn) || memmap_zone(zone->map, pfn) != zone->number)
			continue;
		uint64_t end = pfn + (UINT64_C(1) << page_order(zone->map, pfn));

		n++;
		pages += end - pfn;
		if (buddy_free_too(zone, pfn))
			return g_strdup_printf(PFN " and its buddy are both free", pfn);
		while (++pfn < end) {
			if (page_is_buddy(zone->map, pfn))
				return g_strdup_printf(PFN " is free inside a free chunk", pfn);
		}
		pfn--;
	}
	for (unsigned order = 0; order < MAX_ORDER_NR; order++)
		listed += zone->area[order].nr_free;
	if (n != listed)
		return g_strdup_printf("%" G_GUINT64_FORMAT " free chunks, %" G_GUINT64_FORMAT
				       " on lists",
				       n, listed);
	if (pages != zone->free_pages)
		return g_strdup_printf("%" G_GUINT64_FORMAT
				       " free pages, the counter says %" G_GUINT64_FORMAT,
				       pages, zone->free_pages);
	return NULL;
}

/* What is kept up to date of every pageblock, against its pages. */
static char *check_blocks(const struct zone *zone)
{
	for (uint64_t pfn = block_start(zone->start_pfn); pfn < zone->end_pfn;
	     pfn += PAGEBLOCK_PAGES) {
		uint64_t pages[3];

		memmap_count_pages(zone->map, pfn, pfn + PAGEBLOCK_PAGES, pages);
		for (unsigned class = CLASS_MOVABLE; class <= CLASS_UNMOVABLE; class ++) {
			unsigned kept = block_pages(zone->map, pfn, (enum page_class) class);

			if (kept != pages[class])
				return g_strdup_printf(
					"block of " PFN ": %" G_GUINT64_FORMAT
					" %s pages, the counter says %u",
					pfn, pages[class],
					class == CLASS_MOVABLE ? "movable" : "unmovable", kept);
		}
	}
	return NULL;
}

char *zone_check(const struct zone *zone)
{
	for (unsigned order = 0; order < MAX_ORDER_NR; order++) {
		char *message = check_area(zone, order);

		if (message)
			return message;
	}
	char *message = check_pages(zone);

	return message ? message : check_blocks(zone);
}
