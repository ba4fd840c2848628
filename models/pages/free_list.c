// SPDX-License-Identifier: GPL-2.0-or-later
/* The free lists of memmap.h; frame.h says where the links are. */
#include "models/pages/frame.h"

#define SMALL_ORDERS	2  /* orders 0 and 1 have no room for links of their own */
#define SMALL_ROOM_KEPT 16 /* slots not worth packing */

struct links {
	uint64_t next, prev; /* offsets; the chunk's own: none */
};

/* --- links of large chunks: in their first four pages ---------------------------------- */

static struct links large_links(const uint16_t *frames)
{
	uint64_t packed = frames[0] & 0x7fu;

	for (unsigned i = 1; i < 4; i++)
		packed |= (uint64_t)(frames[i] & 0x7fffu) << (15 * i - 8);
	return (struct links){(packed & 0x3ffffff) << 2, packed >> 26 << 2};
}

static void set_large_links(uint16_t *frames, struct links links)
{
	uint64_t packed = links.next >> 2 | links.prev >> 2 << 26;

	frames[0] = (uint16_t)((frames[0] & ~0x7fu) | (packed & 0x7f));
	for (unsigned i = 1; i < 4; i++)
		frames[i] = (uint16_t)(FRAME_INSIDE | (packed >> (15 * i - 8) & 0x7fff));
}

/* --- links of small chunks: in slots of their block ------------------------------------ */

static void set_room(struct memmap *map, struct block *block, unsigned room)
{
	const size_t slot_bytes = sizeof(struct small_links);
	struct slot_table *table = block->links;

	if (table)
		map->link_bytes -= sizeof(*table) + table->room * slot_bytes;
	if (!room) {
		g_clear_pointer(&block->links, g_free);
		return;
	}
	block->links = g_realloc(table, sizeof(*table) + room * slot_bytes);
	map->link_bytes += sizeof(*table) + room * slot_bytes;
	if (!table)
		block->links->used = 0;
	block->links->room = (uint16_t)room;
}

static void chain_vacant(struct slot_table *table, unsigned first)
{
	table->vacant = (uint16_t)first;
	for (unsigned slot = first; slot < table->room; slot++)
		table->slot[slot].next = slot + 1;
}

static unsigned take_slot(struct memmap *map, struct block *block)
{
	unsigned room = block->links ? block->links->room : 0, slot;

	if (!room || block->links->used == room) {
		set_room(map, block, MIN(room + room / 4 + 2, PAGEBLOCK_PAGES));
		chain_vacant(block->links, block->links->used);
	}
	slot = block->links->vacant;
	block->links->vacant = (uint16_t)block->links->slot[slot].next;
	block->links->used++;
	return slot;
}

/* Give the small chunks of a block new slots, without gaps. */
static void pack_slots(struct memmap *map, struct block *block)
{
	uint16_t *frames = map->frames + ((uint64_t)(block - map->blocks) << PAGEBLOCK_ORDER);
	struct small_links packed[PAGEBLOCK_PAGES];
	unsigned n = 0;

	for (unsigned i = 0; i < PAGEBLOCK_PAGES; i++) {
		if ((frames[i] & 0xe000) != FRAME_SMALL)
			continue;
		packed[n] = block->links->slot[frames[i] & 511];
		frames[i] = (uint16_t)((frames[i] & ~511u) | n++);
	}
	g_assert(n == block->links->used);
	set_room(map, block, n + n / 4 + 2);
	for (unsigned slot = 0; slot < n; slot++)
		block->links->slot[slot] = packed[slot];
	chain_vacant(block->links, n);
}

/* The chunk of @slot is no longer marked as one. */
static void give_slot(struct memmap *map, struct block *block, unsigned slot)
{
	struct slot_table *table = block->links;

	table->slot[slot].next = table->vacant;
	table->vacant = (uint16_t)slot;
	if (!--table->used)
		set_room(map, block, 0);
	else if (table->room > SMALL_ROOM_KEPT && 2u * table->used < table->room)
		pack_slots(map, block);
}

/* --- links of any chunk ---------------------------------------------------------------- */

static struct small_links *small_links_at(const struct memmap *map, uint64_t offset)
{
	return &map->blocks[offset >> PAGEBLOCK_ORDER].links->slot[map->frames[offset] & 511];
}

static struct links links_at(const struct memmap *map, uint64_t offset)
{
	if (map->frames[offset] & FRAME_LARGE)
		return large_links(map->frames + offset);
	struct small_links *small = small_links_at(map, offset);

	return (struct links){small->next, small->prev};
}

static void set_links(struct memmap *map, uint64_t offset, struct links links)
{
	if (map->frames[offset] & FRAME_LARGE)
		set_large_links(map->frames + offset, links);
	else
		*small_links_at(map, offset) =
			(struct small_links){(uint32_t)links.next, (uint32_t)links.prev};
}

/* @next may be @pfn itself: the end. */
static void set_next(struct memmap *map, uint64_t pfn, uint64_t next)
{
	struct links links = links_at(map, pfn - map->base);

	links.next = next - map->base;
	set_links(map, pfn - map->base, links);
}

static void set_prev(struct memmap *map, uint64_t pfn, uint64_t prev)
{
	struct links links = links_at(map, pfn - map->base);

	links.prev = prev - map->base;
	set_links(map, pfn - map->base, links);
}

static void assert_head(const struct memmap *map, uint64_t pfn)
{
	g_assert(frame_is_head(frame_at(map, pfn)));
}

uint64_t free_list_next(const struct memmap *map, uint64_t pfn)
{
	assert_head(map, pfn);
	uint64_t next = links_at(map, pfn - map->base).next + map->base;

	return next == pfn ? PFN_NONE : next;
}

uint64_t free_list_prev(const struct memmap *map, uint64_t pfn)
{
	assert_head(map, pfn);
	uint64_t prev = links_at(map, pfn - map->base).prev + map->base;

	return prev == pfn ? PFN_NONE : prev;
}

/* --- lists ----------------------------------------------------------------------------- */

static void make_head(struct memmap *map, uint64_t pfn, unsigned order, enum list_type type)
{
	uint16_t *frame = &map->frames[pfn - map->base];

	g_assert(*frame & FRAME_INSIDE && !(pfn & ((UINT64_C(1) << order) - 1)));
	if (order < SMALL_ORDERS)
		*frame = (uint16_t)(FRAME_SMALL | order << 12 | (unsigned)type << 9 |
				    take_slot(map, block_of(map, pfn)));
	else
		*frame = (uint16_t)(FRAME_LARGE | order << 10 | (unsigned)type << 7);
}

static void unmake_head(struct memmap *map, uint64_t pfn)
{
	uint16_t *frame = &map->frames[pfn - map->base], head = *frame;

	*frame = FRAME_INSIDE;
	if (!(head & FRAME_LARGE))
		give_slot(map, block_of(map, pfn), head & 511);
}

void free_list_link(struct memmap *map, struct free_list *list, uint64_t pfn, unsigned order,
		    enum list_type type, bool tail)
{
	uint64_t next = tail ? PFN_NONE : list->head, prev = tail ? list->tail : PFN_NONE;
	uint64_t offset = pfn - map->base;

	list->n++;
	make_head(map, pfn, order, type);
	set_links(map, offset,
		  (struct links){next == PFN_NONE ? offset : next - map->base,
				 prev == PFN_NONE ? offset : prev - map->base});
	if (next != PFN_NONE)
		set_prev(map, next, pfn);
	else
		list->tail = pfn;
	if (prev != PFN_NONE)
		set_next(map, prev, pfn);
	else
		list->head = pfn;
}

void free_list_unlink(struct memmap *map, struct free_list *list, uint64_t pfn)
{
	uint64_t next = free_list_next(map, pfn), prev = free_list_prev(map, pfn);

	if (next != PFN_NONE)
		set_prev(map, next, prev == PFN_NONE ? next : prev);
	else
		list->tail = prev;
	if (prev != PFN_NONE)
		set_next(map, prev, next == PFN_NONE ? prev : next);
	else
		list->head = next;
	list->n--;
	unmake_head(map, pfn);
}

void free_list_add_head(struct memmap *map, struct free_list *list, uint64_t pfn, unsigned order,
			enum list_type type)
{
	page_set_inside(map, pfn, UINT64_C(1) << order);
	free_list_link(map, list, pfn, order, type, false);
}

void free_list_add_tail(struct memmap *map, struct free_list *list, uint64_t pfn, unsigned order,
			enum list_type type)
{
	page_set_inside(map, pfn, UINT64_C(1) << order);
	free_list_link(map, list, pfn, order, type, true);
}

void free_list_del(struct memmap *map, struct free_list *list, uint64_t pfn, enum page_use use)
{
	unsigned order = page_order(map, pfn);

	free_list_unlink(map, list, pfn);
	page_set_use(map, pfn, UINT64_C(1) << order, use);
}

void free_list_rotate_to(struct memmap *map, struct free_list *list, uint64_t pfn)
{
	uint64_t prev = free_list_prev(map, pfn);

	if (prev == PFN_NONE)
		return;
	set_next(map, list->tail, list->head);
	set_prev(map, list->head, list->tail);
	set_next(map, prev, prev);
	set_prev(map, pfn, pfn);
	list->head = pfn;
	list->tail = prev;
}

void free_list_rotate_behind(struct memmap *map, struct free_list *list, uint64_t pfn)
{
	uint64_t next = free_list_next(map, pfn);

	if (next != PFN_NONE)
		free_list_rotate_to(map, list, next);
}
