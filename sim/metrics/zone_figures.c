// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/zone_figures.h"

#include "models/pages/frag_index.h"

const char *const list_type_keys[LIST_TYPES] = {
	[LIST_UNMOVABLE] = "unmovable",	    [LIST_MOVABLE] = "movable",
	[LIST_RECLAIMABLE] = "reclaimable", [LIST_HIGHATOMIC] = "highatomic",
	[LIST_ISOLATE] = "isolate",
};

struct zone_figures zone_figures_of(const struct zone_sample *zone)
{
	struct zone_figures figures = {0};

	for (unsigned type = 0; type < LIST_TYPES; type++) {
		figures.blocks += zone->blocks[type];
		for (unsigned order = 0; order < SAMPLE_ORDERS; order++) {
			figures.nr_free[order] += zone->nr_free[type][order];
			figures.free_pages += zone->nr_free[type][order] << order;
		}
	}
	for (unsigned order = 9; order < SAMPLE_ORDERS; order++)
		figures.suitable_9 += figures.nr_free[order] << (order - 9);
	for (unsigned order = 0; order < SAMPLE_ORDERS; order++) {
		figures.extfrag_index[order] = extfrag_index(figures.nr_free, order);
		figures.unusable_index[order] = unusable_index(figures.nr_free, order);
	}
	figures.fragmentation_score = fragmentation_score(figures.nr_free);
	return figures;
}

struct zone_sample zone_samples_sum(const struct zone_sample *zones, unsigned n)
{
	struct zone_sample sum = {0};

	for (unsigned i = 0; i < n; i++) {
		for (unsigned type = 0; type < LIST_TYPES; type++) {
			sum.blocks[type] += zones[i].blocks[type];
			for (unsigned order = 0; order < SAMPLE_ORDERS; order++)
				sum.nr_free[type][order] += zones[i].nr_free[type][order];
		}
		sum.unmovable_blocks += zones[i].unmovable_blocks;
		sum.mixed_blocks += zones[i].mixed_blocks;
		sum.pcp_pages += zones[i].pcp_pages;
		sum.watermark_boost += zones[i].watermark_boost;
	}
	return sum;
}
