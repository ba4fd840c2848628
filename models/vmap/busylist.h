/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_BUSYLIST_H
#define KMSIM_MODELS_VMAP_BUSYLIST_H

/* What the files of vmap-busylist share. busylist.c says what it is. */

#include "models/vmap/free_space.h"
#include "models/vmap/gap_search.h"
#include "models/vmap/list_order.h"
#include "models/vmap/vmap_space.h"

struct busylist {
	struct vmap_space space;
	struct area_pool pool;
	struct area_tree busy;
	struct free_space free;
	struct gap_index gaps;
	struct list_order order; /* where descriptors lie in memory */
	bool wrap_oopses;	 /* before v5.1-rc3 */
	bool walks;		 /* search=walk */

	/* the cached search start: free_vmap_cache, cached_hole_size, cached_vstart, cached_align
	 */
	uint32_t cache;
	uint64_t hole;
	uint64_t cached_vstart, cached_align;
	uint64_t pcpu_hole; /* highest end freed in the window: where percpu searches begin */
};

static inline struct area *busy_at(const struct busylist *model, uint32_t node)
{
	return area_at(&model->busy, node);
}

struct block {
	uint64_t start, end;
};

/* What is free between two neighbours (NIL: none). */
static inline struct block between(const struct busylist *model, uint32_t prev, uint32_t next)
{
	return (struct block){
		.start = prev ? busy_at(model, prev)->end : 0,
		.end = next ? busy_at(model, next)->start : UINT64_MAX,
	};
}

/* model_ops.busy_ranges, sample_vmap and check. busylist_sample.c */
void busylist_busy_ranges(void *data, uint64_t start, uint64_t end, busy_range_fn fn, void *ctx);
void busylist_sample(void *data, struct vmap_sample *sample);
char *busylist_check(void *data);

#endif
