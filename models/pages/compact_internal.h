/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_COMPACT_INTERNAL_H
#define KMSIM_MODELS_PAGES_COMPACT_INTERNAL_H

/* What the files of compaction share. Kernel names are given where they differ. */

#include "models/pages/compact.h"

#define COSTLY_ORDER 3 /* requests up to this order are expected to succeed */

static inline bool faulted(const struct compact_control *cc)
{
	return cc->fault_pfn != PFN_NONE;
}

static inline struct memmap *map_of(const struct compact_control *cc)
{
	return cc->zone->map;
}

static inline uint64_t nr_targets(const struct compact_control *cc)
{
	return cc->targets->len;
}

static inline bool enough_targets(const struct compact_control *cc)
{
	return cc->targets->len >= cc->sources->len;
}

/* Look at a struct page. False: there is none, the run has faulted. */
static inline bool examine(struct compact_control *cc, uint64_t pfn)
{
	if (cc->observer && cc->observer->examined)
		cc->observer->examined(cc->observer->data, pfn);
	if (memmap_valid(map_of(cc), pfn))
		return true;
	cc->fault_pfn = pfn;
	return false;
}

static inline void observe_scan(const struct compact_control *cc, const struct compact_scan *scan)
{
	if (cc->observer && cc->observer->scanned)
		cc->observer->scanned(cc->observer->data, scan);
}

/* End of the aligned chunk of @order that @pfn lies in; its start. */
static inline uint64_t order_end(uint64_t pfn, int order)
{
	return (pfn | ((UINT64_C(1) << order) - 1)) + 1;
}

static inline uint64_t order_start(uint64_t pfn, int order)
{
	return pfn & ~((UINT64_C(1) << order) - 1);
}

/*
 * An asynchronous direct run wants one aligned chunk of its order: what lies in one with a page
 * that cannot be moved is of no use to it. A run for the whole zone wants none in particular.
 */
static inline bool wants_one_chunk(const struct compact_control *cc)
{
	return cc->direct && cc->mode == COMPACT_ASYNC && cc->order >= 0;
}

static inline bool block_aligned(uint64_t pfn)
{
	return pfn == block_start(pfn);
}

/* compact_around.c: a value of isolate_around, see there. */
struct around_bounds {
	int end_shift;
	bool clip_start; /* also the position that a search in vain leaves behind */
	bool check_ends; /* first and last page must exist and be the zone's */
	bool one_scan;	 /* [low, end) at once */
	bool not_equal;	 /* pfn + n != end decides; else < */
	bool any_min;	 /* a search in vain sends us here unseen, be there a struct page or not */
};

/* Those of the kernel whose rules @cc follows (isolate_around=). */
const struct around_bounds *around_bounds(const struct compact_control *cc);

/* compact.c: the zone that owns a page; first and last page of [start, end) exist and are @zone's
 * (pageblock_pfn_to_page); both fast searches' effort (freelist_scan_limit). */
struct zone *zone_of(const struct compact_control *cc, uint64_t pfn);
bool range_in_zone(const struct compact_control *cc, uint64_t start, uint64_t end);
unsigned list_scan_limit(const struct compact_control *cc);
/* Free a page that the run has taken, as the CPU it runs on does. */
void release_page(const struct compact_control *cc, uint64_t pfn);

/* free_scanner.c: take a chunk for targets, 0 if the watermark forbids; scan [*pfn, end), *pfn is
 * where it stopped (isolate_freepages_block); get targets, if there are any (isolate_freepages). */
uint64_t take_chunk(struct compact_control *cc, uint64_t pfn);
uint64_t scan_free_range(struct compact_control *cc, uint64_t *pfn, uint64_t end, uint64_t stride);
void isolate_targets(struct compact_control *cc);

/* compact_strays.c: the free scanner looks at a page (true: astray), and has taken so many there;
 * takes a chunk; a source moves to a target. */
bool note_examined(struct compact_control *cc, uint64_t pfn);
void observe_stray(const struct compact_control *cc, uint64_t pfn, uint64_t pages);
void note_isolated(struct compact_control *cc, uint64_t pfn, uint64_t pages);
void note_target(struct compact_control *cc, uint64_t pfn);

/* migrate_scanner.c: find the next batch of sources (isolate_migratepages); give them back. */
void isolate_sources(struct compact_control *cc);
void put_back_sources(struct compact_control *cc, unsigned n);

/* fast_migrate.c: a block to clear, by a search of the free lists (fast_find_migrateblock). */
uint64_t fast_find_source_block(struct compact_control *cc);

/* skip_hints.c */
void set_skip(struct compact_control *cc, uint64_t pfn);
bool skip_hinted(const struct compact_control *cc, uint64_t pfn); /* !isolation_suitable */
bool test_and_set_skip(struct compact_control *cc, uint64_t pfn);
void raise_cached_migrate(struct compact_control *cc, uint64_t pfn); /* update_cached_migrate */
void reset_cached_positions(struct zone *zone);

#endif
