/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_SLOW_PATH_H
#define KMSIM_MODELS_PAGES_SLOW_PATH_H

/*
 * A request that found nothing above the low watermark: reclaim, compaction, retries, failure.
 * Linux v5.1/v5.2, mm/page_alloc.c (__alloc_pages_slowpath).
 */

#include "models/model.h"
#include "models/pages/compact.h"

struct pages;

enum compact_priority {
	COMPACT_PRIO_SYNC_FULL,
	COMPACT_PRIO_SYNC_LIGHT,
	COMPACT_PRIO_ASYNC
};

/* What is tried when the free lists have nothing, in this order. */
enum slow_step {
	SLOW_BEGIN,
	SLOW_COMPACT_EARLY,
	SLOW_COMPACTED_EARLY,
	SLOW_RETRY,
	SLOW_RECLAIM,
	SLOW_RECLAIMED,
	SLOW_COMPACT,
	SLOW_COMPACTED,
	SLOW_STEPS
};

struct attempt {
	enum slow_step step; /* the next */
	unsigned flags;	     /* enum alloc_flag */
	bool direct_reclaim, wakes_kswapd, io, noretry, retry_mayfail;
	enum compact_priority priority;
	enum compact_result compacted; /* what the last compaction came to */
	bool after_compaction;	       /* the free lists are looked at because of it */
	unsigned compact_retries, no_progress, rounds;
	uint64_t reclaimed; /* by the last direct reclaim */
};

/* Which zones requests may use, and how: by the names of the zones. */
struct gfp_zones {
	unsigned normal, movable; /* highest zone of a request without more to say */
	unsigned dma, dma32;	  /* of one with __GFP_DMA, __GFP_DMA32 */
	unsigned normal_zone;	  /* index of "Normal" above a "DMA32", or UINT_MAX */
};

void gfp_zones_init(struct pages *model);

/* Lowmem reserve of every zone against every highest allowed zone. Once the machine is up. */
void reserves_init(struct pages *model);

/* The highest zone that a request may use. */
unsigned highest_zone(const struct pages *model, const struct op *op);

/* May the request wake kswapd? */
bool may_wake_kswapd(const struct op *op);

/* The next step of an attempt. */
int stage_slow(void *data, struct call *call);

/* The request was met, from @zone, in the slow path. */
void slow_path_met(struct pages *model, struct call *call, struct zone *zone, uint64_t pfn);

#endif
