// SPDX-License-Identifier: GPL-2.0-or-later
/* The migrate scanner: from the zone's start up, block by block, for movable pages. */
#include "models/pages/compact_internal.h"

/* Where one scan of a block stands. */
struct block_scan {
	struct compact_scan scan;
	uint64_t at;
	uint64_t next_skip;   /* skip_on_failure: end of the aligned chunk we are in */
	bool skip_on_failure; /* one page that cannot move spoils its aligned chunk */
	bool hint_checked;    /* began at the block's first page, which has no skip hint */
	bool hint_updated;    /* dealt with when the first page was taken */
	bool locked;
};

void put_back_sources(struct compact_control *cc, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct compact_source *source =
			&g_array_index(cc->sources, struct compact_source, i);

		if (page_use(map_of(cc), source->pfn) == USE_ISOLATED_FREED)
			release_page(cc, source->pfn);
		else
			page_set_use(map_of(cc), source->pfn, 1, source->use);
	}
}

static void take_source(struct compact_control *cc, struct block_scan *block)
{
	struct compact_source source = {block->at, page_use(map_of(cc), block->at)};

	page_set_use(map_of(cc), source.pfn, 1, USE_ISOLATED);
	g_array_append_val(cc->sources, source);
	block->scan.isolated++;
}

/* A page that stays: for direct async compaction the rest of the chunk is of no use. */
static void page_stays(struct compact_control *cc, struct block_scan *block)
{
	if (!block->skip_on_failure)
		return;
	if (block->scan.isolated) {
		put_back_sources(cc, cc->sources->len);
		g_array_set_size(cc->sources, 0);
		block->scan.isolated = 0;
		block->locked = false;
	}
	if (block->at < block->next_skip) {
		block->at = block->next_skip - 1;
		block->next_skip += UINT64_C(1) << cc->order;
	}
}

/* False: somebody else has the block. */
static bool lock_lru(struct compact_control *cc, struct block_scan *block)
{
	if (block->locked)
		return true;
	block->locked = true;
	cc->counts.lock_sections++;
	if (block->hint_updated || cc->rules->linear)
		return true;
	block->hint_updated = true;
	return !test_and_set_skip(cc, block->at);
}

/* One page. False: the scan ends here. */
static bool scan_page(struct compact_control *cc, struct block_scan *block)
{
	const struct memmap *map = map_of(cc);
	enum page_use use;

	if (!examine(cc, block->at))
		return false;
	block->scan.scanned++;
	if (!block->hint_checked && block_aligned(block->at)) {
		if (skip_hinted(cc, block->at) && !cc->rules->linear) {
			block->at = block->scan.end;
			return false;
		}
		block->hint_checked = true;
	}
	if (page_is_buddy(map, block->at)) {
		block->at += (UINT64_C(1) << page_order(map, block->at)) - 1;
		return true;
	}
	use = page_use(map, block->at);
	if (use == USE_COMPOUND || use == USE_COMPOUND_LRU)
		block->at += (UINT64_C(1) << page_order(map, block->at)) - 1;
	if (use != USE_LRU && use != USE_LRU_FAILING) {
		page_stays(cc, block);
		return true;
	}
	if (!lock_lru(cc, block))
		return false;
	take_source(cc, block);
	if (cc->sources->len != COMPACT_CLUSTER_MAX || cc->rescan || cc->contended)
		return true;
	block->at++;
	return false;
}

/* With skip_on_failure: the end of an aligned chunk ends the scan if something was taken from it.
 */
static bool chunk_is_ready(const struct compact_control *cc, struct block_scan *block)
{
	if (!block->skip_on_failure || block->at < block->next_skip)
		return false;
	if (block->scan.isolated)
		return true;
	block->next_skip = order_end(block->at, cc->order);
	return false;
}

/* v4.19: the position kept is where the scan began. */
static void update_hints_linear(struct compact_control *cc, const struct block_scan *block)
{
	uint64_t *cached = cc->zone->cached_migrate, start = block->scan.start;

	set_skip(cc, start);
	cached[0] = MAX(cached[0], start);
	if (cc->mode != COMPACT_ASYNC)
		cached[1] = MAX(cached[1], start);
}

/* What the scan found decides whether the block is looked at again soon. */
static void update_hints(struct compact_control *cc, const struct block_scan *block)
{
	if (block->at != block->scan.end || (block->scan.isolated && !cc->rescan))
		return;
	if (cc->rules->linear) {
		update_hints_linear(cc, block);
		return;
	}
	if (block->hint_checked && !block->hint_updated)
		set_skip(cc, block->scan.start);
	raise_cached_migrate(cc, block->at);
}

/* Sources from [pfn, end), all in one block; returns where it stopped. (isolate_migratepages_block)
 */
static uint64_t scan_block(struct compact_control *cc, uint64_t pfn, uint64_t end)
{
	struct block_scan block = {.scan = {.start = pfn, .end = end}, .at = pfn};

	cc->site = COMPACT_MIGRATE_SCAN;
	if (wants_one_chunk(cc)) {
		block.skip_on_failure = true;
		block.next_skip = order_end(pfn, cc->order);
	}
	for (; block.at < end; block.at++) {
		if (chunk_is_ready(cc, &block))
			break;
		if (block.at % COMPACT_CLUSTER_MAX == 0)
			block.locked = false;
		if (!scan_page(cc, &block))
			break;
	}
	if (faulted(cc))
		return block.at;
	block.at = MIN(block.at, end);
	update_hints(cc, &block);
	block.scan.reached = block.at;
	cc->counts.migrate_scanned += block.scan.scanned;
	cc->counts.isolated_migrate += block.scan.isolated;
	observe_scan(cc, &block.scan);
	return block.at;
}

/* First page of a block: may its pages be sources? (suitable_migration_source) */
static bool suitable_source(const struct compact_control *cc, uint64_t pfn)
{
	const struct memmap *map = map_of(cc);
	enum page_use use = page_use(map, pfn);

	if (!page_is_buddy(map, pfn) && (use == USE_COMPOUND || use == USE_COMPOUND_LRU) &&
	    page_order(map, pfn) >= PAGEBLOCK_ORDER)
		return false;
	if (cc->mode != COMPACT_ASYNC || !cc->direct)
		return true;
	return block_type(map, pfn) == cc->type;
}

/* A block is asked about once, when it is begun (v4.19: whenever it is gone on with). */
static bool asks_hint(const struct compact_control *cc, uint64_t pfn)
{
	return cc->rules->linear || block_aligned(pfn);
}

void isolate_sources(struct compact_control *cc)
{
	uint64_t pfn = fast_find_source_block(cc);
	bool fast_found = pfn != cc->migrate_pfn && !cc->fast_search_fail;
	uint64_t start = MAX(block_start(pfn), cc->zone->start_pfn), end = block_end(pfn);

	for (; end <= cc->free_pfn; end += PAGEBLOCK_PAGES) {
		if (range_in_zone(cc, start, end) &&
		    !(asks_hint(cc, pfn) && !fast_found && skip_hinted(cc, start))) {
			if (suitable_source(cc, start)) {
				pfn = scan_block(cc, pfn, end);
				break;
			}
			if (!cc->rules->linear)
				raise_cached_migrate(cc, end);
		}
		fast_found = false;
		pfn = start = end;
	}
	cc->migrate_pfn = pfn;
}
