// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fast part of the migrate scanner (v5.1): a block that has free chunks already, found through
 * the movable free lists, takes fewer migrations to clear.
 */
#include "models/pages/compact_internal.h"

/* Smaller chunks come about by scanning linearly. Does the scanner stand where a search makes
 * sense, for a request where it does? */
static bool search_makes_sense(const struct compact_control *cc)
{
	if (cc->rules->linear || cc->ignore_skip || cc->order <= COSTLY_ORDER)
		return false;
	if (cc->migrate_pfn != cc->zone->start_pfn && !block_aligned(cc->migrate_pfn))
		return false;
	return !cc->direct || cc->type == LIST_MOVABLE;
}

/* Sources are to come from the lower half, later on the lower eighth of what is between. */
static uint64_t search_end(const struct compact_control *cc)
{
	uint64_t distance = (cc->free_pfn - cc->migrate_pfn) / 2;

	if (cc->migrate_pfn != cc->zone->start_pfn)
		distance /= 4;
	return block_start(cc->migrate_pfn + distance);
}

static void note_fast_start(struct compact_control *cc, uint64_t pfn)
{
	if (cc->fast_start_pfn == PFN_NONE)
		return;
	cc->fast_start_pfn = cc->fast_start_pfn ? MIN(cc->fast_start_pfn, pfn) : pfn;
}

/* One list from its head. Returns the start of the block found, or @none. */
static uint64_t search_list(struct compact_control *cc, struct free_list *list, unsigned limit,
			    unsigned *scanned, uint64_t none)
{
	uint64_t end = search_end(cc), pfn;
	struct memmap *map = map_of(cc);

	for (pfn = list->head; pfn != PFN_NONE; pfn = free_list_next(map, pfn)) {
		++*scanned;
		if (pfn < end && block_skip(map, pfn)) {
			/* Meant to be the last entry, where the limit would end the walk. */
			if (pfn == list->head)
				return none;
			continue;
		}
		if (pfn < end) {
			free_list_rotate_behind(map, list, pfn);
			note_fast_start(cc, pfn);
			cc->fast_search_fail = 0;
			set_skip(cc, pfn);
			return block_start(pfn);
		}
		if (*scanned >= limit) {
			cc->fast_search_fail++;
			free_list_rotate_behind(map, list, pfn);
			return none;
		}
	}
	return none;
}

uint64_t fast_find_source_block(struct compact_control *cc)
{
	unsigned limit = list_scan_limit(cc), scanned = 0;
	uint64_t pfn = cc->migrate_pfn;

	if (!search_makes_sense(cc))
		return pfn;
	for (int order = cc->order - 1;
	     order >= COSTLY_ORDER && pfn == cc->migrate_pfn && scanned < limit; order--) {
		struct free_area *area = &cc->zone->area[order];

		if (!area->nr_free)
			continue;
		cc->counts.lock_sections++;
		pfn = search_list(cc, &area->list[LIST_MOVABLE], limit, &scanned, pfn);
	}
	cc->counts.migrate_scanned += scanned;
	cc->counts.list_entries += scanned;

	/* Nothing now: go, once, to the lowest chunk that was found earlier. */
	if (pfn == cc->migrate_pfn && cc->fast_start_pfn && cc->fast_start_pfn != PFN_NONE) {
		pfn = cc->migrate_pfn = cc->fast_start_pfn;
		cc->fast_start_pfn = PFN_NONE;
	}
	return pfn;
}
