// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/machine/memory_map.h"

static void zone_free(void *data)
{
	struct memory_zone *zone = data;

	g_free(zone->name);
	g_free(zone->block_types);
	g_array_unref(zone->holes);
	g_array_unref(zone->reserved);
	g_free(zone);
}

struct memory_map *memory_map_new(void)
{
	struct memory_map *map = g_new0(struct memory_map, 1);

	map->zones = g_ptr_array_new_with_free_func(zone_free);
	map->unpopulated = g_array_new(FALSE, FALSE, sizeof(struct pfn_range));
	return map;
}

void memory_map_free(struct memory_map *map)
{
	if (!map)
		return;
	g_ptr_array_unref(map->zones);
	g_array_unref(map->unpopulated);
	g_free(map->name);
	g_free(map->summary);
	g_free(map);
}

struct memory_zone *memory_map_add_zone(struct memory_map *map, const char *name,
					uint64_t start_pfn, uint64_t end_pfn)
{
	struct memory_zone *zone = g_new0(struct memory_zone, 1);

	zone->name = g_strdup(name);
	zone->start_pfn = start_pfn;
	zone->end_pfn = end_pfn;
	zone->holes = g_array_new(FALSE, FALSE, sizeof(struct pfn_range));
	zone->reserved = g_array_new(FALSE, FALSE, sizeof(struct pfn_range));
	g_ptr_array_add(map->zones, zone);
	return zone;
}

struct memory_map *memory_map_copy(const struct memory_map *map)
{
	struct memory_map *copy = memory_map_new();

	copy->name = g_strdup(map->name);
	copy->summary = g_strdup(map->summary);
	copy->section_pages = map->section_pages;
	copy->pageblock_order = map->pageblock_order;
	copy->max_order = map->max_order;
	copy->min_free_kbytes = map->min_free_kbytes;
	g_array_append_vals(copy->unpopulated, map->unpopulated->data, map->unpopulated->len);
	for (unsigned i = 0; i < map->zones->len; i++) {
		const struct memory_zone *from = memory_map_zone(map, i);
		struct memory_zone *to =
			memory_map_add_zone(copy, from->name, from->start_pfn, from->end_pfn);

		to->node = from->node;
		to->managed_pages = from->managed_pages;
		to->block_types = g_strdup(from->block_types);
		g_array_append_vals(to->holes, from->holes->data, from->holes->len);
		g_array_append_vals(to->reserved, from->reserved->data, from->reserved->len);
	}
	return copy;
}

static uint64_t overlap(uint64_t start, uint64_t end, uint64_t other_start, uint64_t other_end)
{
	uint64_t from = MAX(start, other_start), to = MIN(end, other_end);

	return from < to ? to - from : 0;
}

uint64_t memory_zone_present_in(const struct memory_zone *zone, uint64_t start_pfn,
				uint64_t end_pfn)
{
	uint64_t pages = overlap(start_pfn, end_pfn, zone->start_pfn, zone->end_pfn);

	for (unsigned i = 0; i < zone->holes->len; i++) {
		const struct pfn_range *hole = &g_array_index(zone->holes, struct pfn_range, i);

		pages -= overlap(start_pfn, end_pfn, hole->start_pfn, hole->end_pfn);
	}
	return pages;
}

uint64_t memory_zone_present(const struct memory_zone *zone)
{
	return memory_zone_present_in(zone, zone->start_pfn, zone->end_pfn);
}

static int by_start(const void *a, const void *b)
{
	const struct pfn_range *x = a, *y = b;

	return x->start_pfn < y->start_pfn ? -1 : x->start_pfn > y->start_pfn;
}

GArray *memory_zone_gaps(const struct memory_zone *zone)
{
	GArray *gaps = g_array_new(FALSE, FALSE, sizeof(struct pfn_range));

	g_array_append_vals(gaps, zone->holes->data, zone->holes->len);
	g_array_append_vals(gaps, zone->reserved->data, zone->reserved->len);
	if (gaps->len)
		qsort(gaps->data, gaps->len, sizeof(struct pfn_range), by_start);
	return gaps;
}

bool memory_map_section_populated(const struct memory_map *map, uint64_t pfn)
{
	uint64_t size = map->section_pages ? map->section_pages : SECTION_PAGES_X86_64;
	uint64_t start = pfn / size * size, present = 0;

	for (unsigned i = 0; i < map->zones->len; i++)
		present += memory_zone_present_in(memory_map_zone(map, i), start, start + size);
	for (unsigned i = 0; i < map->unpopulated->len; i++) {
		const struct pfn_range *range =
			&g_array_index(map->unpopulated, struct pfn_range, i);

		if (pfn >= range->start_pfn && pfn < range->end_pfn)
			return false;
	}
	return present != 0;
}

bool memory_map_present(const struct memory_map *map, uint64_t start_pfn, uint64_t end_pfn)
{
	for (unsigned i = 0; i < map->zones->len; i++) {
		const struct memory_zone *zone = memory_map_zone(map, i);

		if (start_pfn < zone->start_pfn || end_pfn > zone->end_pfn)
			continue;
		for (unsigned j = 0; j < zone->holes->len; j++) {
			const struct pfn_range *hole =
				&g_array_index(zone->holes, struct pfn_range, j);

			if (start_pfn < hole->end_pfn && hole->start_pfn < end_pfn)
				return false;
		}
		return true;
	}
	return false;
}
