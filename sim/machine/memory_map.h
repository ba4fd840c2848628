/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MACHINE_MEMORY_MAP_H
#define KMSIM_MACHINE_MEMORY_MAP_H

/*
 * The physical memory of a machine: which pfns are in which zone, which of them are memory, and
 * which have a struct page at all. A trace's header has one, a machine file is one
 * (docs/machines.md), a recorded machine's is built from its snapshots.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define SECTION_PAGES_X86_64	32768  /* 128 MiB */
#define SECTION_PAGES_ARM64	262144 /* 1 GiB, v5.2 */
#define PAGEBLOCK_ORDER_DEFAULT 9
#define MAX_ORDER_DEFAULT	11 /* orders 0 … 10 */

struct pfn_range {
	uint64_t start_pfn, end_pfn; /* [start, end) */
};

/* Migratetypes of pageblocks and free lists; the first three are those of requests. */
enum list_type {
	LIST_UNMOVABLE,
	LIST_MOVABLE,
	LIST_RECLAIMABLE,
	LIST_HIGHATOMIC,
	LIST_ISOLATE,
	LIST_TYPES
};

struct memory_zone {
	char *name;
	unsigned node;
	uint64_t start_pfn, end_pfn; /* spanned: [start, end) */
	GArray *holes;		     /* struct pfn_range, ascending: not present */
	/*
	 * Pages that the allocator ever gets. Boot keeps the others: those that are reserved, or
	 * where none are, so many at the zone's upper end (memblock allocates downwards). 0: all
	 * that are present.
	 */
	uint64_t managed_pages;
	GArray *reserved; /* struct pfn_range, ascending, in no hole: present, not managed */
	/*
	 * Migratetypes of the pageblocks, ascending from that of start_pfn, as runs of a count and
	 * a letter (U, M, R, H, I): "60M4U". NULL: all movable.
	 */
	char *block_types;
};

struct memory_map {
	char *name;		  /* of the machine; NULL: none */
	char *summary;		  /* one line; NULL: none */
	uint64_t section_pages;	  /* 0: 32768 */
	unsigned pageblock_order; /* 0: 9 */
	unsigned max_order;	  /* orders are below it; 0: 11 */
	uint64_t min_free_kbytes; /* 0: as the kernel computes it */
	GPtrArray *zones;	  /* struct memory_zone, ascending; never NULL */
	/*
	 * Without struct pages although a zone spans them, ascending, whole sections. Sections in
	 * which no zone has a present page never have any.
	 */
	GArray *unpopulated; /* struct pfn_range; never NULL */
};

/* An empty map; memory_map_free(NULL) is allowed. */
struct memory_map *memory_map_new(void);
void memory_map_free(struct memory_map *map);
struct memory_map *memory_map_copy(const struct memory_map *map);

/* Add a zone without holes. It is the map's. */
struct memory_zone *memory_map_add_zone(struct memory_map *map, const char *name,
					uint64_t start_pfn, uint64_t end_pfn);

static inline const struct memory_zone *memory_map_zone(const struct memory_map *map, unsigned i)
{
	return g_ptr_array_index(map->zones, i);
}

/* Spanned pages without the holes. */
uint64_t memory_zone_present(const struct memory_zone *zone);

/* Pages of [start, end) that are present in the zone. */
uint64_t memory_zone_present_in(const struct memory_zone *zone, uint64_t start_pfn,
				uint64_t end_pfn);

/* Holes and reserved ranges of a zone as one ascending array of struct pfn_range, to be unref'd. */
GArray *memory_zone_gaps(const struct memory_zone *zone);

/* Has the section around @pfn struct pages? */
bool memory_map_section_populated(const struct memory_map *map, uint64_t pfn);

/* Does [start, end) lie in one zone, and in none of its holes? */
bool memory_map_present(const struct memory_map *map, uint64_t start_pfn, uint64_t end_pfn);

#endif
