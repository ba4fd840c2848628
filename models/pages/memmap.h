/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_MEMMAP_H
#define KMSIM_MODELS_PAGES_MEMMAP_H

/*
 * The machine's page frames: two bytes of state each, which pfns have a struct page at all
 * (sections), which zone they belong to, and per pageblock its migratetype and skip bit.
 *
 * A free chunk is named by its first pfn, as in the kernel: only that page is "buddy" and knows the
 * order; the others look like allocated pages that are not on an LRU list. The links of the free
 * lists are kept where the pages' own bytes have room (orders of 2 and more), in a small array of
 * the pageblock otherwise (8 bytes a chunk, at most 16 with its spare room): see frame.h.
 */

#include "models/model.h"

#define MAX_ORDER_NR	11 /* orders 0 … 10 (MAX_ORDER of 5.x) */
#define PAGEBLOCK_ORDER 9
#define PAGEBLOCK_PAGES (UINT64_C(1) << PAGEBLOCK_ORDER)
#define PFN_NONE	UINT64_MAX

/* What an allocated page is to compaction. */
enum page_use {
	USE_RESERVED,	    /* hole or firmware: has a struct page, never allocated */
	USE_UNMOVABLE,	    /* not on an LRU list */
	USE_LRU,	    /* movable */
	USE_LRU_PINNED,	    /* on the LRU with an extra reference: never isolated */
	USE_LRU_FAILING,    /* its migration fails every time */
	USE_COMPOUND_LRU,   /* head of a compound page on the LRU; knows its order */
	USE_COMPOUND,	    /* head of any other compound page; knows its order */
	USE_TAIL,	    /* any other page of a compound page */
	USE_ISOLATED,	    /* taken off its list by compaction, source or target */
	USE_PCP,	    /* on a per-CPU list */
	USE_RECLAIMABLE,    /* not on an LRU list either; asked for as reclaimable */
	USE_ISOLATED_FREED, /* a source that its owner has freed meanwhile */
	PAGE_USES
};

/* What an allocated page was asked for as. */
enum page_class {
	CLASS_NONE, /* reserved, isolated or on a per-CPU list: not allocated */
	CLASS_MOVABLE,
	CLASS_UNMOVABLE, /* or reclaimable */
};

struct memmap;

/* pfns [start, end), all in existing sections, all reserved, all blocks movable. At most 2^28
 * pages. */
struct memmap *memmap_new(uint64_t start_pfn, uint64_t end_pfn);
void memmap_free(struct memmap *map);

/* [start, end) has no struct pages (an unpopulated section): a touch is a fault. */
void memmap_punch(struct memmap *map, uint64_t start_pfn, uint64_t end_pfn);

/* Does the pfn have a struct page? False outside the map, too. */
bool memmap_valid(const struct memmap *map, uint64_t pfn);

/* Zone number of valid pfns; 0 where not set. */
void memmap_set_zone(struct memmap *map, uint64_t start_pfn, uint64_t end_pfn, unsigned zone);
unsigned memmap_zone(const struct memmap *map, uint64_t pfn);

/* Free chunks: is @pfn the first of one (then its order and list type), make it one, or not any
 * more. */
bool page_is_buddy(const struct memmap *map, uint64_t pfn);
unsigned page_order(const struct memmap *map, uint64_t pfn); /* of a buddy or compound head */

/* Is there a free chunk of just this order, in this zone? What merging asks, at one look. */
bool page_is_buddy_of(const struct memmap *map, uint64_t pfn, unsigned order, unsigned zone);
enum list_type page_list_type(const struct memmap *map, uint64_t pfn);

/*
 * An allocated page's use. A buddy page or one inside a free chunk has none: USE_UNMOVABLE. What is
 * set anew at once is of one class: the first page's counts for all.
 */
enum page_use page_use(const struct memmap *map, uint64_t pfn);
void page_set_use(struct memmap *map, uint64_t pfn, uint64_t n, enum page_use use);
void page_set_compound(struct memmap *map, uint64_t pfn, unsigned order, enum page_use head);

/* Is the page on an LRU list? A tail is if its head is. */
bool page_on_lru(const struct memmap *map, uint64_t pfn);

/* Per block, by any pfn in it. */
enum list_type block_type(const struct memmap *map, uint64_t pfn);
void block_set_type(struct memmap *map, uint64_t pfn, enum list_type type);
bool block_skip(const struct memmap *map, uint64_t pfn);
void block_set_skip(struct memmap *map, uint64_t pfn, bool skip);

/* Pages of the block that are allocated as of @class: kept up to date, not counted. */
unsigned block_pages(const struct memmap *map, uint64_t pfn, enum page_class class);

/*
 * Of the blocks that are a zone's as a whole and have struct pages: how many there are of each
 * type, have unmovable pages, and have movable pages beside. Kept up to date, too.
 */
struct block_tally {
	uint64_t by_type[LIST_TYPES];
	uint64_t unmovable, mixed;
};

/* Of the zone of that index. Borrowed; changes with the pages. */
const struct block_tally *memmap_tally(const struct memmap *map, unsigned zone);

/* Pages by class, by looking at every page of [start, end); [CLASS_NONE] of @pages is what is free.
 */
void memmap_count_pages(const struct memmap *map, uint64_t start_pfn, uint64_t end_pfn,
			uint64_t pages[3]);

/* How many pages of [start, end) are inside free chunks. */
uint64_t memmap_free_pages(const struct memmap *map, uint64_t start_pfn, uint64_t end_pfn);

static inline uint64_t block_start(uint64_t pfn)
{
	return pfn & ~(PAGEBLOCK_PAGES - 1);
}

static inline uint64_t block_end(uint64_t pfn)
{
	return (pfn | (PAGEBLOCK_PAGES - 1)) + 1;
}

/* Lists of free chunks of one order and type, head to tail. Linked through the map. */
struct free_list {
	uint64_t head, tail; /* PFN_NONE: empty */
	uint64_t n;	     /* chunks */
};

/* Put the allocated range [pfn, pfn + 2^order) on @list as one free chunk. */
void free_list_add_head(struct memmap *map, struct free_list *list, uint64_t pfn, unsigned order,
			enum list_type type);
void free_list_add_tail(struct memmap *map, struct free_list *list, uint64_t pfn, unsigned order,
			enum list_type type);

/* Take a chunk off its list; its pages get @use. */
void free_list_del(struct memmap *map, struct free_list *list, uint64_t pfn, enum page_use use);

/*
 * Splitting, merging and moving chunks need not write every page again: pages between two lists
 * stay marked as inside a free chunk. page_set_inside() marks allocated ones so, page_set_use()
 * ends it; free_list_link() and free_list_unlink() do what is said above but for the pages' state.
 */
void page_set_inside(struct memmap *map, uint64_t pfn, uint64_t n);
void free_list_link(struct memmap *map, struct free_list *list, uint64_t pfn, unsigned order,
		    enum list_type type, bool tail);
void free_list_unlink(struct memmap *map, struct free_list *list, uint64_t pfn);

/* Neighbours on the list; PFN_NONE at its ends. */
uint64_t free_list_next(const struct memmap *map, uint64_t pfn);
uint64_t free_list_prev(const struct memmap *map, uint64_t pfn);

/*
 * Everything before @pfn (nearer the head) goes, in order, to the tail, so that @pfn becomes the
 * head. rotate_behind: everything up to and including @pfn does.
 */
void free_list_rotate_to(struct memmap *map, struct free_list *list, uint64_t pfn);
void free_list_rotate_behind(struct memmap *map, struct free_list *list, uint64_t pfn);

/* Bytes that the map takes now: two a page, 16 a pageblock, at most 16 a small chunk. */
uint64_t memmap_bytes(const struct memmap *map);

#endif
