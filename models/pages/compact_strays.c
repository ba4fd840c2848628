// SPDX-License-Identifier: GPL-2.0-or-later
/* What the free scanner does where it should not be: outside its block, or the zone. */
#include "models/pages/compact_internal.h"

static bool outside_block(const struct compact_control *cc, uint64_t pfn)
{
	return block_start(pfn) != cc->asked_block;
}

static bool outside_zone(const struct compact_control *cc, uint64_t pfn)
{
	return pfn < cc->zone->start_pfn || pfn >= cc->zone->end_pfn;
}

bool note_examined(struct compact_control *cc, uint64_t pfn)
{
	bool of_block = outside_block(cc, pfn), of_zone = outside_zone(cc, pfn);

	cc->strays.examined_outside_block += of_block;
	cc->strays.examined_outside_zone += of_zone;
	return of_block || of_zone;
}

void observe_stray(const struct compact_control *cc, uint64_t pfn, uint64_t pages)
{
	if (cc->observer && cc->observer->strayed)
		cc->observer->strayed(cc->observer->data, pfn, pages, outside_zone(cc, pfn));
}

void note_isolated(struct compact_control *cc, uint64_t pfn, uint64_t pages)
{
	struct compact_stray stray = {.pfn = pfn,
				      .pages = pages,
				      .outside_block = outside_block(cc, pfn),
				      .outside_zone = outside_zone(cc, pfn)};

	if (!stray.outside_block && !stray.outside_zone)
		return;
	if (stray.outside_block)
		cc->strays.isolated_outside_block += pages;
	if (stray.outside_zone)
		cc->strays.isolated_outside_zone += pages;
	g_array_append_val(cc->stray_chunks, stray);
}

/* A block is polluted once, however many of its chunks were taken. */
static void note_polluted(struct compact_control *cc, const struct compact_stray *stray)
{
	uint64_t block = block_start(stray->pfn);

	if (stray->used || block_type(map_of(cc), stray->pfn) == LIST_MOVABLE)
		return;
	for (unsigned i = 0; i < cc->stray_chunks->len; i++) {
		struct compact_stray *other =
			&g_array_index(cc->stray_chunks, struct compact_stray, i);

		if (block_start(other->pfn) == block)
			other->used = true;
	}
	cc->strays.polluted_blocks++;
}

void note_target(struct compact_control *cc, uint64_t pfn)
{
	for (unsigned i = 0; i < cc->stray_chunks->len; i++) {
		const struct compact_stray *stray =
			&g_array_index(cc->stray_chunks, struct compact_stray, i);

		if (pfn < stray->pfn || pfn - stray->pfn >= stray->pages)
			continue;
		cc->strays.targets_outside_block += stray->outside_block;
		cc->strays.targets_outside_zone += stray->outside_zone;
		note_polluted(cc, stray);
		return;
	}
}
