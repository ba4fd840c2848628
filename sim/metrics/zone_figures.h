/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_METRICS_ZONE_FIGURES_H
#define KMSIM_METRICS_ZONE_FIGURES_H

/* What follows from the state of a zone, or of several taken together. */

#include "models/model.h"

struct zone_figures {
	uint64_t nr_free[SAMPLE_ORDERS]; /* chunks of all types */
	uint64_t free_pages;		 /* in these */
	uint64_t suitable_9;		 /* chunks of order 9 that those of order 9 and more make */
	uint64_t blocks;		 /* pageblocks of all types */
	/* thousandths, as the kernel computes them: models/pages/frag_index.h */
	int extfrag_index[SAMPLE_ORDERS], unusable_index[SAMPLE_ORDERS];
	unsigned fragmentation_score; /* percent */
};

/* Of the zone as it was sampled. */
struct zone_figures zone_figures_of(const struct zone_sample *zone);

/* All @n zones as if they were one. */
struct zone_sample zone_samples_sum(const struct zone_sample *zones, unsigned n);

/* "unmovable" … as columns and keys have it. */
extern const char *const list_type_keys[LIST_TYPES];

#endif
