/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_ZONE_H
#define KMSIM_MODELS_PAGES_ZONE_H

/*
 * One zone and its buddy allocator: split and coalesce in the kernel's order, fallback, stealing,
 * watermark boost. Linux 5.1 and 5.2, mm/page_alloc.c.
 */

#include "models/pages/memmap.h"

struct free_area {
	struct free_list list[LIST_TYPES];
	uint64_t nr_free; /* chunks on all lists */
};

/* For a direct compactor: the chunk of @order that a merge makes is kept for it (5.1). */
struct capture {
	unsigned order;
	uint64_t pfn; /* PFN_NONE until there is one; its pages are USE_ISOLATED then */
};

struct zone {
	struct memmap *map;
	unsigned number, node;
	char *name;
	uint64_t start_pfn, end_pfn; /* spanned, end exclusive */
	uint64_t managed_pages;
	unsigned top_order; /* of free chunks: MAX_ORDER - 1 */
	struct free_area area[MAX_ORDER_NR];
	uint64_t free_pages; /* NR_FREE_PAGES */

	uint64_t watermark_min, watermark_low, watermark_high; /* raw */
	uint64_t watermark_boost, watermark_boost_factor;      /* factor: 15000 = 150 % */
	uint64_t nr_reserved_highatomic;

	/* compaction (compact.h) */
	uint64_t cached_migrate[2], cached_free; /* [0] async, [1] sync */
	uint64_t init_migrate, init_free;
	unsigned considered, defer_shift, order_failed;
	bool blockskip_flush;
	uint64_t skip_resets, reset_outside; /* so far: resets of hints; pages outside the zone that
						they looked at */
	struct capture *capture;	     /* of the run that frees pages now, or NULL */
};

/* An empty zone over [start, end): nothing is free yet. Its pages become those of zone @number. */
void zone_init(struct zone *zone, struct memmap *map, unsigned number, const char *name,
	       uint64_t start_pfn, uint64_t end_pfn);
void zone_clear(struct zone *zone);

/* Free [start, end) as boot does: ascending, maximal aligned chunks. They become managed pages. */
void zone_free_boot(struct zone *zone, uint64_t start_pfn, uint64_t end_pfn);

/* One fallback, as mm_page_alloc_extfrag tells it. */
struct fallback {
	uint64_t pfn;
	unsigned alloc_order, fallback_order;
	enum list_type alloc_type, fallback_type;
	bool change_ownership;
};

/* What allocations did besides finding pages; each adds to it. The first MAX_FALLBACKS fallbacks
 * are kept, all are counted. */
#define MAX_FALLBACKS 16
struct alloc_trace {
	unsigned n_fallbacks;
	struct fallback fallback[MAX_FALLBACKS];
	uint64_t splits;
	bool boosted; /* the watermark was raised: kswapd is to be woken */
};

/*
 * One chunk of @order for @type from the free lists, no watermark test, no per-CPU lists
 * (rmqueue core). Its pages get @use. PFN_NONE if the zone has none. @nofrag: fall back only
 * to chunks of whole blocks. @trace is added to, and may be NULL.
 */
uint64_t zone_alloc(struct zone *zone, unsigned order, enum list_type type, bool nofrag,
		    enum page_use use, struct alloc_trace *trace);

/* The same from the HIGHATOMIC lists alone: what a request of order ≥ 1 that may go below the
 * watermark tries first. */
uint64_t zone_alloc_highatomic(struct zone *zone, unsigned order, enum page_use use,
			       struct alloc_trace *trace);

/* Free a chunk to the buddy lists, on the list of @type, or to zone->capture. Returns merges done.
 */
unsigned zone_free(struct zone *zone, uint64_t pfn, unsigned order, enum list_type type);

/* Put a chunk on a list as it is, without merging (building a given state). Head or tail. */
void zone_place(struct zone *zone, uint64_t pfn, unsigned order, enum list_type type, bool tail);

/* Take a whole free chunk off its list (compaction's targets): NR_FREE_PAGES goes down. */
void zone_take(struct zone *zone, uint64_t pfn, enum page_use use);

/* Move a free chunk to the head of the list of @type, of the same order. */
void zone_move(struct zone *zone, uint64_t pfn, enum list_type type);

/* Flags of a watermark test. */
enum alloc_flag {
	ALLOC_HIGH = 1,
	ALLOC_HARDER = 2,
	ALLOC_OOM = 4
};

/* Would @order leave the zone above @mark plus @reserve? (zone_watermark_ok) */
bool zone_watermark_ok(const struct zone *zone, unsigned order, uint64_t mark, uint64_t reserve,
		       unsigned flags);

/* Every invariant: lists, counters, buddies never both free. NULL or a message (to be freed).
 * Looks at every page of the zone. */
char *zone_check(const struct zone *zone);

#endif
