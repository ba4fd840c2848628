/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_RECLAIM_H
#define KMSIM_MODELS_PAGES_RECLAIM_H

/*
 * A plain model of reclaim. It is told which blocks may be reclaimed (`reclaimable` of the trace),
 * keeps them in a list a zone, and gives the oldest allocation up first. There are no LRU lists, no
 * references, no writeback, no priorities: mm/vmscan.c is followed for when reclaim is asked for,
 * and how much, not for what it finds.
 */

#include "models/model.h"

#define SWAP_CLUSTER_MAX    32 /* pages a turn */
#define MAX_RECLAIM_RETRIES 16 /* turns in vain */

struct pages;
struct page_object;
struct zone;

struct reclaim_list {
	uint32_t oldest, youngest; /* slot + 1, 0: none */
	uint64_t pages;
};

/* The block in @slot may be reclaimed from now on; not any more. */
void reclaim_add(struct pages *model, uint32_t slot, unsigned zone);
void reclaim_remove(struct pages *model, struct page_object *object);

/*
 * Free the oldest blocks of @zone until @pages are free, or there are none left; those being
 * migrated are passed over. Returns the pages freed, which may be more than asked for.
 */
uint64_t reclaim_zone(struct pages *model, const struct zone *zone, uint64_t pages);

/* Stage of the slow path: direct reclaim. (try_to_free_pages) */
int stage_reclaim(void *data, struct call *call);

#endif
