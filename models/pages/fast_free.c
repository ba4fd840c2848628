// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fast part of the free scanner (v5.1): targets from the movable free lists rather than from a
 * scan of page frames.
 *
 * One list an order, from the order that was good last time downwards, then from the highest.
 * Chunks in the last quarter between the scanners are taken at once, the highest in the last half
 * if there is no such one.
 */
#include "models/pages/compact_internal.h"

struct search {
	uint64_t low, min; /* chunks from low up are taken at once, from min up if need be */
	unsigned limit;	   /* entries of one list to look at */
	bool scan_start;   /* the run starts at the top: look at more */
	uint64_t best;	   /* highest chunk from min up, 0: none */
	uint64_t highest;  /* start of the block of the highest chunk seen, 0: none */
	uint64_t found;	   /* the chunk, PFN_NONE: none */
	uint64_t nr_found; /* its pages */
};

/* As written: one entry of a list at most. At least one is what was meant. */
static unsigned at_one(const struct compact_control *cc, unsigned limit)
{
	return cc->rules->scan_limit == SCAN_LIMIT_MIN ? MIN(1, limit) : MAX(1, limit);
}

static struct search search_start(const struct compact_control *cc)
{
	/* If the scanners have crossed this wraps, and nothing qualifies. */
	uint64_t distance = cc->free_pfn - cc->migrate_pfn;
	struct search search = {
		.low = block_start(cc->free_pfn - distance / 4),
		.min = block_start(cc->free_pfn - distance / 2),
		.limit = at_one(cc, list_scan_limit(cc) / 2),
		.scan_start = cc->free_pfn >= cc->zone->init_free,
		.found = PFN_NONE,
	};

	search.low = MAX(search.low, search.min);
	if (search.scan_start)
		search.limit = PAGEBLOCK_PAGES / 2;
	return search;
}

static int order_below(const struct compact_control *cc, int order)
{
	return order > 0 ? order - 1 : cc->order - 1;
}

/* -1 when all have been searched; then the next search starts one order further down. */
static int next_search_order(struct compact_control *cc, int order)
{
	order = order_below(cc, order);
	if (order != cc->search_order)
		return order;
	cc->search_order = order_below(cc, order);
	return -1;
}

static void note_entry(const struct compact_control *cc, struct search *search, uint64_t pfn)
{
	if (pfn < search->highest)
		return;
	search->highest = block_start(pfn);
	if (around_bounds(cc)->clip_start)
		search->highest = MAX(search->highest, cc->zone->start_pfn);
}

/* From the tail of the list to its head. Returns entries looked at, *entry is the last one. */
static unsigned search_list(struct compact_control *cc, struct search *search, int order,
			    uint64_t *entry)
{
	const struct free_list *list = &cc->zone->area[order].list[LIST_MOVABLE];
	unsigned seen = 0;
	uint64_t pfn;

	for (pfn = list->tail; pfn != PFN_NONE; pfn = free_list_prev(map_of(cc), pfn)) {
		seen++;
		note_entry(cc, search, pfn);
		if (pfn >= search->low) {
			cc->fast_search_fail = 0;
			cc->search_order = order;
			search->found = pfn;
			break;
		}
		if (pfn >= search->min && pfn > search->best) {
			search->best = pfn;
			search->limit /= 2;
		}
		if (seen >= search->limit)
			break;
	}
	if (search->found == PFN_NONE && search->best)
		search->found = pfn = search->best;
	*entry = pfn;
	return seen;
}

/* One order. False: the watermark ends the search. */
static bool search_order(struct compact_control *cc, struct search *search, int order)
{
	struct free_area *area = &cc->zone->area[order];
	uint64_t entry;
	unsigned seen;

	if (!area->nr_free)
		return true;
	cc->counts.lock_sections++;
	seen = search_list(cc, search, order, &entry);
	cc->counts.list_entries += seen;
	cc->counts.free_scanned += seen;
	/* What was looked at goes to the head: the next search from the tail meets other chunks. */
	if (entry != PFN_NONE)
		free_list_rotate_to(map_of(cc), &area->list[LIST_MOVABLE], entry);
	if (seen >= search->limit)
		search->limit = at_one(cc, search->limit / 2);
	if (search->found == PFN_NONE)
		return true;

	cc->asked_block = block_start(search->found);
	search->nr_found = take_chunk(cc, search->found);
	if (!search->nr_found)
		search->found = PFN_NONE;
	return search->nr_found;
}

/*
 * May the scan go on at the lower limit of the search, whatever is there? Where the scanners have
 * passed each other within a batch, that has wrapped around; then it does not (v5.1 looks at the
 * page that the wrapped address happens to mean, and walks down from 2^63).
 */
static bool takes_min(const struct compact_control *cc, const struct search *search)
{
	if (!cc->direct || cc->free_pfn < cc->migrate_pfn)
		return false;
	return around_bounds(cc)->any_min || memmap_valid(map_of(cc), search->min);
}

/* No chunk: at the start of a run the linear scan may go straight to a better place. */
static void search_failed(struct compact_control *cc, struct search *search)
{
	cc->fast_search_fail++;
	if (!search->scan_start)
		return;
	if (search->highest)
		search->found = search->highest;
	else if (takes_min(cc, search))
		search->found = search->min;
	if (search->found != PFN_NONE)
		cc->free_pfn = search->found;
}

uint64_t fast_search_free(struct compact_control *cc)
{
	struct search search;
	int order;

	if (cc->order <= 0)
		return cc->free_pfn;
	search = search_start(cc);
	cc->search_order = MIN(cc->order - 1, cc->search_order);

	for (order = cc->search_order; order >= 0 && search.found == PFN_NONE;
	     order = next_search_order(cc, order))
		if (!search_order(cc, &search, order))
			order = cc->search_order + 1; /* the next is the last */

	if (search.found == PFN_NONE)
		search_failed(cc, &search);
	if (search.highest && search.highest >= cc->zone->cached_free)
		cc->zone->cached_free = search.highest - PAGEBLOCK_PAGES;
	if (search.found == PFN_NONE)
		return cc->free_pfn;
	isolate_around(cc, search.found, search.nr_found);
	return search.found;
}
