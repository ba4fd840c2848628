// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pages around a free chunk that the fast search found: a block that had one free page may have
 * more. Where the block ends for this purpose is the off-by-one of v5.1 and what followed.
 */
#include "models/pages/compact_internal.h"

/*
 * Bounds [low, end) of what is searched, S and E the start and end of the block of pfn, Zs and Ze
 * those of the zone, n the pages just taken at pfn:
 *
 *	low = S, or max(S, Zs) if @clip_start
 *	end = min(E, Ze) + @end_shift
 *
 * [low, pfn) is scanned first, then [pfn + n, end) where that is not empty (v5.1: where
 * pfn + n is not the end, which is the same for every chunk that fits into the block).
 */
static const struct around_bounds bounds_of[ISOLATE_AROUND_RULES] = {
	[ISOLATE_AROUND_V5_1] = {.end_shift = 0, .not_equal = true, .any_min = true},
	[ISOLATE_AROUND_V5_2_RC1] = {.end_shift = -1, .any_min = true},
	[ISOLATE_AROUND_V5_2] = {.end_shift = -1},
	[ISOLATE_AROUND_V5_12] = {.clip_start = true, .check_ends = true},
	[ISOLATE_AROUND_V6_1] = {.clip_start = true, .check_ends = true, .one_scan = true},
	[ISOLATE_AROUND_INCLUSIVE] = {.end_shift = 1, .not_equal = true, .any_min = true},
};

const struct param_word isolate_around_words[] = {{"v5.1", ISOLATE_AROUND_V5_1},
						  {"v5.2-rc1", ISOLATE_AROUND_V5_2_RC1},
						  {"v5.2", ISOLATE_AROUND_V5_2},
						  {"v5.12", ISOLATE_AROUND_V5_12},
						  {"v6.1", ISOLATE_AROUND_V6_1},
						  {"inclusive", ISOLATE_AROUND_INCLUSIVE},
						  {NULL, 0}};

const struct around_bounds *around_bounds(const struct compact_control *cc)
{
	return &bounds_of[cc->rules->isolate_around];
}

static void scan_around(struct compact_control *cc, uint64_t start, uint64_t end)
{
	cc->site = COMPACT_AROUND;
	scan_free_range(cc, &start, end, 1);
}

void isolate_around(struct compact_control *cc, uint64_t pfn, uint64_t nr_isolated)
{
	const struct around_bounds *bounds = around_bounds(cc);
	uint64_t low = block_start(pfn), after = pfn + nr_isolated;
	uint64_t zone_end = MIN(block_end(pfn), cc->zone->end_pfn);
	uint64_t end = zone_end + (uint64_t)(int64_t)bounds->end_shift;

	cc->asked_block = block_start(pfn);
	if (enough_targets(cc) || (cc->direct && cc->mode == COMPACT_ASYNC))
		return;
	if (bounds->clip_start)
		low = MAX(low, cc->zone->start_pfn);
	if (bounds->check_ends && !range_in_zone(cc, low, zone_end))
		return;

	if (bounds->one_scan) {
		scan_around(cc, low, end);
	} else {
		if (low != pfn)
			scan_around(cc, low, pfn);
		if (faulted(cc) || enough_targets(cc))
			return;
		if (bounds->not_equal ? after != end : after < end)
			scan_around(cc, after, end);
	}
	if (!faulted(cc) && !enough_targets(cc))
		set_skip(cc, pfn);
}
