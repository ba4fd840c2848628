// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/memmap.h"
#include "models/pages/frame.h"

#include <string.h>

static void fill(struct memmap *map, uint64_t pfn, uint64_t n, uint16_t frame)
{
	uint16_t *frames = map->frames + (pfn - map->base);
	uint64_t four = frame * UINT64_C(0x0001000100010001);

	g_assert(pfn >= map->base && pfn - map->base + n <= map->n_frames);
	/* four at a time: chunks are large, and most of what an allocation costs is this */
	for (; n >= 4; n -= 4, frames += 4)
		memcpy(frames, &four, sizeof(four));
	while (n--)
		*frames++ = frame;
}

/* --- tallies of blocks ------------------------------------------------------------------ */

static struct block_tally *tally_of(struct memmap *map, const struct block *block)
{
	return block->zone == ZONE_MIXED ? &map->edges : &map->tallies[block->zone];
}

/* Count a block in its zone's tally, or with @sign -1 not any more. */
static void tally_type(struct memmap *map, const struct block *block, int sign)
{
	if (!block->absent)
		tally_of(map, block)->by_type[block->type] += (uint64_t)sign;
}

static void tally_pages(struct memmap *map, const struct block *block, int sign)
{
	bool unmovable = block->pages[CLASS_UNMOVABLE - 1];

	if (!unmovable)
		return;
	tally_of(map, block)->unmovable += (uint64_t)sign;
	if (block->pages[CLASS_MOVABLE - 1])
		tally_of(map, block)->mixed += (uint64_t)sign;
}

static void set_block_zone(struct memmap *map, struct block *block, uint8_t zone)
{
	tally_type(map, block, -1);
	tally_pages(map, block, -1);
	block->zone = zone;
	tally_type(map, block, 1);
	tally_pages(map, block, 1);
}

const struct block_tally *memmap_tally(const struct memmap *map, unsigned zone)
{
	return &map->tallies[zone];
}

/* --- the map ---------------------------------------------------------------------------- */

struct memmap *memmap_new(uint64_t start_pfn, uint64_t end_pfn)
{
	struct memmap *map = g_new0(struct memmap, 1);
	uint64_t end = (end_pfn + MAX_CHUNK_PAGES - 1) & ~(MAX_CHUNK_PAGES - 1);

	map->base = start_pfn & ~(MAX_CHUNK_PAGES - 1);
	map->start_pfn = start_pfn;
	map->end_pfn = end_pfn;
	map->n_frames = end - map->base;
	g_assert(start_pfn < end_pfn && map->n_frames <= MAX_MAP_PAGES);
	map->frames = g_new0(uint16_t, map->n_frames); /* USE_RESERVED; untouched costs nothing */
	map->blocks = g_new0(struct block, map->n_frames >> PAGEBLOCK_ORDER);
	map->zone_ranges = g_array_new(FALSE, FALSE, sizeof(struct zone_range));
	for (uint64_t i = 0; i < map->n_frames >> PAGEBLOCK_ORDER; i++) {
		map->blocks[i].type = LIST_MOVABLE;
		map->blocks[i].zone = ZONE_MIXED; /* nobody's yet */
	}
	memmap_punch(map, map->base, start_pfn);
	memmap_punch(map, end_pfn, end);
	return map;
}

void memmap_free(struct memmap *map)
{
	if (!map)
		return;
	for (uint64_t i = 0; i < map->n_frames >> PAGEBLOCK_ORDER; i++)
		g_free(map->blocks[i].links);
	g_array_unref(map->zone_ranges);
	g_free(map->tallies);
	g_free(map->blocks);
	g_free(map->frames);
	g_free(map);
}

void memmap_punch(struct memmap *map, uint64_t start_pfn, uint64_t end_pfn)
{
	fill(map, start_pfn, end_pfn - start_pfn, FRAME_ABSENT);
	for (uint64_t pfn = (start_pfn + PAGEBLOCK_PAGES - 1) & ~(PAGEBLOCK_PAGES - 1);
	     pfn + PAGEBLOCK_PAGES <= end_pfn; pfn += PAGEBLOCK_PAGES) {
		struct block *block = block_of(map, pfn);

		tally_type(map, block, -1);
		block->absent = true;
	}
}

bool memmap_valid(const struct memmap *map, uint64_t pfn)
{
	return frame_at(map, pfn) != FRAME_ABSENT;
}

void memmap_set_zone(struct memmap *map, uint64_t start_pfn, uint64_t end_pfn, unsigned zone)
{
	struct zone_range range = {start_pfn, end_pfn, zone};

	g_assert(zone < ZONE_MIXED);
	g_array_append_val(map->zone_ranges, range);
	if (zone >= map->n_tallies) {
		map->tallies = g_renew(struct block_tally, map->tallies, zone + 1);
		memset(map->tallies + map->n_tallies, 0,
		       (zone + 1 - map->n_tallies) * sizeof(*map->tallies));
		map->n_tallies = zone + 1;
	}
	for (uint64_t pfn = start_pfn; pfn < end_pfn; pfn = block_end(pfn)) {
		bool whole = pfn == block_start(pfn) && block_end(pfn) <= end_pfn;

		set_block_zone(map, block_of(map, pfn), whole ? (uint8_t)zone : ZONE_MIXED);
	}
}

/* A block at the edge of a zone: few, so that a walk over the zones does. */
static unsigned zone_in_mixed(const struct memmap *map, uint64_t pfn)
{
	for (unsigned i = map->zone_ranges->len; i-- > 0;) {
		const struct zone_range *range =
			&g_array_index(map->zone_ranges, struct zone_range, i);

		if (pfn >= range->start_pfn && pfn < range->end_pfn)
			return range->zone;
	}
	return 0;
}

unsigned memmap_zone(const struct memmap *map, uint64_t pfn)
{
	unsigned zone = block_of(map, pfn)->zone;

	return zone == ZONE_MIXED ? zone_in_mixed(map, pfn) : zone;
}

bool page_is_buddy(const struct memmap *map, uint64_t pfn)
{
	return frame_is_head(frame_at(map, pfn));
}

bool page_is_buddy_of(const struct memmap *map, uint64_t pfn, unsigned order, unsigned zone)
{
	uint16_t frame = frame_at(map, pfn);

	return frame_is_head(frame) && frame_order(frame) == order && memmap_zone(map, pfn) == zone;
}

unsigned page_order(const struct memmap *map, uint64_t pfn)
{
	return frame_order(frame_at(map, pfn));
}

enum list_type page_list_type(const struct memmap *map, uint64_t pfn)
{
	uint16_t frame = frame_at(map, pfn);

	g_assert(frame_is_head(frame));
	return (enum list_type)(frame & FRAME_LARGE ? frame >> 7 & 7 : frame >> 9 & 7);
}

enum page_use page_use(const struct memmap *map, uint64_t pfn)
{
	uint16_t frame = frame_at(map, pfn);

	if (frame >= FRAME_SMALL)
		return USE_UNMOVABLE;
	return frame == FRAME_ABSENT ? USE_RESERVED : (enum page_use)(frame & 15);
}

/* --- how many pages of a block are allocated ---------------------------------------------- */

static const uint8_t class_of_use[FRAME_ABSENT + 1] = {
	[USE_UNMOVABLE] = CLASS_UNMOVABLE,  [USE_RECLAIMABLE] = CLASS_UNMOVABLE,
	[USE_COMPOUND] = CLASS_UNMOVABLE,   [USE_LRU] = CLASS_MOVABLE,
	[USE_LRU_PINNED] = CLASS_MOVABLE,   [USE_LRU_FAILING] = CLASS_MOVABLE,
	[USE_COMPOUND_LRU] = CLASS_MOVABLE,
};

static unsigned frame_class(uint16_t frame)
{
	return frame >= FRAME_SMALL ? CLASS_NONE : class_of_use[frame & 15];
}

/* @delta pages more of @class in the block. */
static void add_pages(struct memmap *map, struct block *block, unsigned class, int delta)
{
	uint16_t before = block->pages[class - 1], after = (uint16_t)(before + delta);

	if (before && after) { /* no tally changes */
		block->pages[class - 1] = after;
		return;
	}
	tally_pages(map, block, -1);
	block->pages[class - 1] = after;
	tally_pages(map, block, 1);
}

/* [pfn, pfn + n), all like the first, becomes of class @now. */
static void account(struct memmap *map, uint64_t pfn, uint64_t n, unsigned now)
{
	unsigned before = frame_class(frame_at(map, pfn));

	if (before == now)
		return;
	for (uint64_t end = pfn + n, next; pfn < end; pfn = next) {
		struct block *block = block_of(map, pfn);

		next = MIN(block_end(pfn), end);
		if (before)
			add_pages(map, block, before, -(int)(next - pfn));
		if (now)
			add_pages(map, block, now, (int)(next - pfn));
	}
}

unsigned block_pages(const struct memmap *map, uint64_t pfn, enum page_class class)
{
	return block_of(map, pfn)->pages[class - 1];
}

/* The nearest head before a tail is its own: compound pages are aligned to their size. */
static enum page_use use_of_head(const struct memmap *map, uint64_t tail_pfn)
{
	for (unsigned order = 1; order < MAX_ORDER_NR; order++) {
		enum page_use use = page_use(map, tail_pfn & ~((UINT64_C(1) << order) - 1));

		if (use == USE_COMPOUND_LRU || use == USE_COMPOUND)
			return use;
	}
	return USE_COMPOUND;
}

void memmap_count_pages(const struct memmap *map, uint64_t start_pfn, uint64_t end_pfn,
			uint64_t pages[3])
{
	memset(pages, 0, 3 * sizeof(*pages));
	for (uint64_t pfn = start_pfn; pfn < end_pfn;) {
		uint16_t frame = frame_at(map, pfn);
		enum page_use use = page_use(map, pfn);
		unsigned class = frame_class(frame);
		uint64_t n = 1;

		if (use == USE_TAIL) /* its head is before the start */
			class = class_of_use[use_of_head(map, pfn)];
		if (use == USE_COMPOUND || use == USE_COMPOUND_LRU)
			n = MIN(UINT64_C(1) << frame_order(frame), end_pfn - pfn);
		if (class || frame >= FRAME_SMALL)
			pages[class] += n;
		pfn += n;
	}
}

uint64_t memmap_free_pages(const struct memmap *map, uint64_t start_pfn, uint64_t end_pfn)
{
	const uint16_t *frames = map->frames + (start_pfn - map->base);
	uint64_t n = 0;

	g_assert(start_pfn >= map->base && end_pfn - map->base <= map->n_frames);
	for (uint64_t i = 0; i < end_pfn - start_pfn; i++)
		n += frames[i] >= FRAME_SMALL;
	return n;
}

/* --- use of pages --------------------------------------------------------------------------- */

void page_set_use(struct memmap *map, uint64_t pfn, uint64_t n, enum page_use use)
{
	account(map, pfn, n, class_of_use[use]);
	fill(map, pfn, n, (uint16_t)use);
}

void page_set_compound(struct memmap *map, uint64_t pfn, unsigned order, enum page_use head)
{
	account(map, pfn, UINT64_C(1) << order, class_of_use[head]);
	fill(map, pfn, UINT64_C(1) << order, USE_TAIL);
	fill(map, pfn, 1, (uint16_t)(order << 4 | head));
}

void page_set_inside(struct memmap *map, uint64_t pfn, uint64_t n)
{
	account(map, pfn, n, CLASS_NONE);
	fill(map, pfn, n, FRAME_INSIDE);
}

bool page_on_lru(const struct memmap *map, uint64_t pfn)
{
	enum page_use use = page_use(map, pfn);

	if (use == USE_TAIL)
		use = use_of_head(map, pfn);
	return use == USE_LRU || use == USE_LRU_PINNED || use == USE_LRU_FAILING ||
	       use == USE_COMPOUND_LRU;
}

enum list_type block_type(const struct memmap *map, uint64_t pfn)
{
	return (enum list_type)block_of(map, pfn)->type;
}

void block_set_type(struct memmap *map, uint64_t pfn, enum list_type type)
{
	struct block *block = block_of(map, pfn);

	tally_type(map, block, -1);
	block->type = type & 7;
	tally_type(map, block, 1);
}

bool block_skip(const struct memmap *map, uint64_t pfn)
{
	return block_of(map, pfn)->skip;
}

void block_set_skip(struct memmap *map, uint64_t pfn, bool skip)
{
	block_of(map, pfn)->skip = skip;
}

uint64_t memmap_bytes(const struct memmap *map)
{
	return sizeof(*map) + map->n_frames * sizeof(*map->frames) +
	       (map->n_frames >> PAGEBLOCK_ORDER) * sizeof(*map->blocks) +
	       map->zone_ranges->len * sizeof(struct zone_range) +
	       map->n_tallies * sizeof(*map->tallies) + map->link_bytes;
}
