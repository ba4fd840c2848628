// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Skip hints: one bit a block that says "nothing was found here lately", and the positions where
 * scanners go on; and their reset, once a full pass has ended.
 */
#include "models/pages/compact_internal.h"

void set_skip(struct compact_control *cc, uint64_t pfn)
{
	block_set_skip(map_of(cc), pfn, true);
	if (cc->observer && cc->observer->skip_set)
		cc->observer->skip_set(cc->observer->data, pfn);
}

bool skip_hinted(const struct compact_control *cc, uint64_t pfn)
{
	return !cc->ignore_skip && block_skip(map_of(cc), pfn);
}

/* Claim the block: true if somebody has it already. Only its first page asks. */
bool test_and_set_skip(struct compact_control *cc, uint64_t pfn)
{
	if (cc->ignore_skip || !block_aligned(pfn))
		return false;
	if (block_skip(map_of(cc), pfn))
		return true;
	set_skip(cc, pfn);
	return false;
}

/* The position given is aligned already, so the end of "its" block is one block further on. */
void raise_cached_migrate(struct compact_control *cc, uint64_t pfn)
{
	uint64_t *cached = cc->zone->cached_migrate;

	pfn = block_end(pfn);
	cached[0] = MAX(cached[0], pfn);
	if (cc->mode != COMPACT_ASYNC)
		cached[1] = MAX(cached[1], pfn);
}

void reset_cached_positions(struct zone *zone)
{
	zone->cached_migrate[0] = zone->cached_migrate[1] = zone->start_pfn;
	zone->cached_free = block_start(zone->end_pfn - 1);
}
