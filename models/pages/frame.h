/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_FRAME_H
#define KMSIM_MODELS_PAGES_FRAME_H

/*
 * How memmap.c and free_list.c write a page frame into 16 bits. Nobody else includes this.
 *
 *	 15  14  13  12 … 9    8 … 0
 *	┌───┬────────────────────────┐
 *	│ 1 │ link bits              │  inside a free chunk
 *	├───┼───┬──────┬──────┬──────┤
 *	│ 0 │ 1 │ order│ type │ link │  first of a free chunk of order ≥ 2: 4, 3 and 7 bits
 *	├───┼───┼───┬──┴┬─────┼──────┤
 *	│ 0 │ 0 │ 1 │ o │ type│ slot │  first of a free chunk of order 0 or 1: 1, 3 and 9 bits
 *	├───┼───┼───┼───┴─────┴┬─────┤
 *	│ 0 │ 0 │ 0 │ order    │ use │  allocated: 4 bits each
 *	└───┴───┴───┴──────────┴─────┘
 *
 * A free chunk of four pages or more has 7 + 3 · 15 = 52 link bits in its first four: two offsets
 * of 26 bits in units of four pages, since neighbours on a list have the same order. That reaches
 * 2^28 pages. Smaller chunks keep their links in a slot of their pageblock's array, which is packed
 * when more than half of it is vacant. A link to the chunk itself is the end of the list, so that
 * every bit pattern of a link is an offset.
 *
 * Offsets count from a base aligned to the largest order, so that buddies of valid pages are always
 * inside the array.
 */

#include "models/pages/memmap.h"

#define FRAME_INSIDE 0x8000u
#define FRAME_LARGE  0x4000u
#define FRAME_SMALL  0x2000u

#define MAX_CHUNK_PAGES (UINT64_C(1) << (MAX_ORDER_NR - 1))
#define MAX_MAP_PAGES	(UINT64_C(1) << 28)

/* No struct page: a use no page can have. */
#define FRAME_ABSENT 15u
G_STATIC_ASSERT(PAGE_USES <= FRAME_ABSENT);

struct small_links {
	uint32_t next, prev; /* offsets */
};

/* Links of the small chunks of a pageblock. */
struct slot_table {
	uint16_t room, used;
	uint16_t vacant; /* first vacant slot; the others follow through .next */
	struct small_links slot[];
};

struct block {
	struct slot_table *links; /* NULL: no small chunk */
	uint16_t pages[2];	  /* allocated ones, by enum page_class - 1 */
	uint8_t zone;		  /* or ZONE_MIXED */
	uint8_t type : 3, skip : 1, absent : 1;
};

#define ZONE_MIXED 255

struct zone_range {
	uint64_t start_pfn, end_pfn;
	unsigned zone;
};

struct memmap {
	uint64_t base, start_pfn, end_pfn;
	uint64_t n_frames;
	uint16_t *frames;
	struct block *blocks;
	GArray *zone_ranges; /* struct zone_range, the later one counts */
	uint64_t link_bytes;
	struct block_tally *tallies; /* by zone */
	unsigned n_tallies;
	struct block_tally edges; /* of blocks that are no zone's as a whole: of no use */
};

static inline uint16_t frame_at(const struct memmap *map, uint64_t pfn)
{
	uint64_t offset = pfn - map->base;

	return offset < map->n_frames ? map->frames[offset] : FRAME_ABSENT;
}

static inline bool frame_is_head(uint16_t frame)
{
	return frame >= FRAME_SMALL && frame < FRAME_INSIDE;
}

static inline unsigned frame_order(uint16_t frame)
{
	if (frame & FRAME_LARGE)
		return frame >> 10 & 15;
	return frame & FRAME_SMALL ? frame >> 12 & 1 : frame >> 4 & 15;
}

static inline struct block *block_of(const struct memmap *map, uint64_t pfn)
{
	g_assert(pfn - map->base < map->n_frames);
	return &map->blocks[(pfn - map->base) >> PAGEBLOCK_ORDER];
}

#endif
