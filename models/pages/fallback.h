/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_FALLBACK_H
#define KMSIM_MODELS_PAGES_FALLBACK_H

/*
 * What happens when a type's lists are empty: a chunk of another type is taken over, with its
 * pageblock where that seems worth it. Linux 5.1 and 5.2, __rmqueue_fallback and
 * steal_suitable_fallback in mm/page_alloc.c.
 */

#include "models/pages/zone.h"

/*
 * Bring one chunk of at least @order to the lists of @type. False: no other type has one (with
 * @nofrag: none of whole blocks). @trace may be NULL.
 */
bool zone_fallback(struct zone *zone, unsigned order, enum list_type type, bool nofrag,
		   struct alloc_trace *trace);

/*
 * Move the free chunks of the block of @pfn to the lists of @type; pages moved. None if the block
 * reaches beyond the zone's end. (move_freepages_block)
 */
uint64_t zone_move_block(struct zone *zone, uint64_t pfn, enum list_type type);

#endif
