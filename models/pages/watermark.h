/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_WATERMARK_H
#define KMSIM_MODELS_PAGES_WATERMARK_H

/*
 * How much of each zone is kept free. Linux 5.1 and 5.2, mm/page_alloc.c (__setup_per_zone_wmarks,
 * setup_per_zone_lowmem_reserve, init_per_zone_wmark_min) and mm/khugepaged.c
 * (set_recommended_min_free_kbytes). Zones are given lowest first.
 */

#include "models/pages/zone.h"

#define WATERMARK_SCALE_FACTOR_DEFAULT 10    /* of 10000 */
#define WATERMARK_BOOST_FACTOR_DEFAULT 15000 /* of 10000 */

/* Managed pages above the high watermarks, which are 0 when a machine boots. (nr_free_buffer_pages)
 */
uint64_t lowmem_pages(const struct zone *zones, unsigned n);

/* vm.min_free_kbytes of a machine with so many pages above the high watermarks. */
uint64_t min_free_kbytes_default(uint64_t lowmem_pages);

/* What khugepaged raises it to: at least @min_free_kbytes. */
uint64_t min_free_kbytes_for_thp(uint64_t min_free_kbytes, unsigned populated_zones,
				 uint64_t lowmem_pages);

/* Set min, low and high of the zones from their managed pages; ends a boost. */
void watermarks_set(struct zone *zones, unsigned n, uint64_t min_free_kbytes,
		    unsigned scale_factor);

/*
 * Pages of zones[of] that a request which may use the zones up to @allowed leaves alone. @ratio is
 * that of zones[of] in vm.lowmem_reserve_ratio (DMA and DMA32 256, Normal 32); 0: none.
 */
uint64_t lowmem_reserve(const struct zone *zones, unsigned of, unsigned allowed, uint64_t ratio);

#endif
