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

/* --- reset ------------------------------------------------------------------------------------ */

/* Every how many pages of a block one is looked at. */
#define SAMPLE_STEP 8

const struct param_word skip_reset_words[] = {{"v4.19", SKIP_RESET_V4_19},
					      {"e332f741a8dd", SKIP_RESET_E332F741A8DD},
					      {"6b0868c820ff", SKIP_RESET_6B0868C820FF},
					      {"a2e9a5afce08", SKIP_RESET_A2E9A5AFCE08},
					      {NULL, 0}};

struct reset {
	struct zone *zone;
	enum skip_reset rule;
	const struct compact_observer *observer;
	uint64_t fault_pfn;
};

static bool look_at(struct reset *reset, uint64_t pfn)
{
	const struct compact_observer *observer = reset->observer;

	if (observer && observer->examined)
		observer->examined(observer->data, pfn);
	reset->zone->reset_outside += pfn < reset->zone->start_pfn || pfn >= reset->zone->end_pfn;
	if (memmap_valid(reset->zone->map, pfn))
		return true;
	reset->fault_pfn = pfn;
	return false;
}

/*
 * Pages [*first, *end) of the block of @pfn to take samples from, S its start and E its end, Zs and
 *Ze the zone's:
 *
 *	e332f741a8dd	[max(S, Zs), min(E, Ze))
 *	6b0868c820ff	[max(S, Zs), min(E, Ze - 1)), this end must have a struct page
 *	a2e9a5afce08	[max(S, Zs), min(E, Ze) - 1], this end must have one, and is a sample, too
 *
 * False: an end has none. Without a start, later rules begin at @pfn.
 */
static bool sample_range(const struct reset *reset, uint64_t pfn, uint64_t *first, uint64_t *end)
{
	const struct zone *zone = reset->zone;
	uint64_t start = MAX(block_start(pfn), zone->start_pfn), last;

	*first = start;
	*end = MIN(block_end(pfn), zone->end_pfn);
	if (reset->rule == SKIP_RESET_E332F741A8DD)
		return true;
	if (!memmap_valid(zone->map, start))
		*first = pfn;
	last = *end - 1;
	if (reset->rule == SKIP_RESET_6B0868C820FF)
		*end = last = MIN(block_end(pfn), zone->end_pfn - 1);
	return memmap_valid(zone->map, last);
}

static bool on_lru(const struct memmap *map, uint64_t pfn)
{
	enum page_use use = page_use(map, pfn);

	return use == USE_LRU || use == USE_LRU_PINNED || use == USE_LRU_FAILING ||
	       use == USE_COMPOUND_LRU;
}

static bool huge(const struct memmap *map, uint64_t pfn)
{
	enum page_use use = page_use(map, pfn);

	return (use == USE_COMPOUND || use == USE_COMPOUND_LRU) &&
	       page_order(map, pfn) >= PAGEBLOCK_ORDER;
}

/* Is there a sample of what is looked for in the block? Then its skip hint goes. */
static bool sample_block(struct reset *reset, uint64_t pfn, bool source, bool target)
{
	struct memmap *map = reset->zone->map;
	uint64_t first, end;

	if (!sample_range(reset, pfn, &first, &end))
		return false;
	do {
		if (!look_at(reset, first))
			return false;
		if ((source && on_lru(map, first)) || (target && page_is_buddy(map, first))) {
			block_set_skip(map, first, false);
			return true;
		}
		first += SAMPLE_STEP;
	} while (first < end);
	return false;
}

/* Is the block of @pfn useful for what is asked? */
static bool useful(struct reset *reset, uint64_t pfn, bool source, bool target)
{
	const struct memmap *map = reset->zone->map;

	if (!memmap_valid(map, pfn) || !look_at(reset, pfn))
		return false;
	if (memmap_zone(map, pfn) != reset->zone->number || huge(map, pfn))
		return false;
	if (source && target && !block_skip(map, pfn))
		return true;
	if (target && !source && block_type(map, pfn) != LIST_MOVABLE)
		return false;
	return sample_block(reset, pfn, source, target);
}

/* From both ends of the zone to the middle; the first useful block of each is where scanners start.
 */
static void reset_sampled(struct reset *reset)
{
	struct zone *zone = reset->zone;
	uint64_t m = zone->start_pfn, f = zone->end_pfn - 1;
	uint64_t first_source = f, first_target = m;
	bool source_set = false, target_set = false;

	if (reset->rule == SKIP_RESET_E332F741A8DD)
		first_source = f = zone->end_pfn;
	/* a zone inside the first block of memory: f must not wrap around */
	for (; m < f && reset->fault_pfn == PFN_NONE;
	     m += PAGEBLOCK_PAGES, f -= MIN(f, PAGEBLOCK_PAGES)) {
		if (useful(reset, m, true, source_set) && m < first_source) {
			source_set = true;
			zone->init_migrate = first_source = m;
			zone->cached_migrate[0] = zone->cached_migrate[1] = m;
		}
		if (useful(reset, f, target_set, true) && f > first_target) {
			target_set = true;
			zone->init_free = zone->cached_free = first_target = f;
		}
	}
	if (first_source >= first_target) {
		zone->cached_migrate[0] = zone->cached_migrate[1] = m;
		zone->cached_free = f;
	}
}

static void reset_all(struct zone *zone)
{
	for (uint64_t pfn = zone->start_pfn; pfn < zone->end_pfn; pfn += PAGEBLOCK_PAGES)
		if (memmap_valid(zone->map, pfn) && memmap_zone(zone->map, pfn) == zone->number &&
		    !huge(zone->map, pfn))
			block_set_skip(zone->map, pfn, false);
	reset_cached_positions(zone);
}

uint64_t compact_reset_skip(struct zone *zone, enum skip_reset rule,
			    const struct compact_observer *observer)
{
	struct reset reset = {zone, rule, observer, PFN_NONE};

	if (!zone->blockskip_flush)
		return PFN_NONE;
	zone->blockskip_flush = false;
	zone->skip_resets++;
	if (rule == SKIP_RESET_V4_19)
		reset_all(zone);
	else
		reset_sampled(&reset);
	return reset.fault_pfn;
}
