// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/watermark.h"

#define PAGE_KB		4
#define MIN_FREE_KB_MIN 128
#define MIN_FREE_KB_MAX 65536

static uint64_t isqrt(uint64_t x)
{
	uint64_t root = 0;

	for (uint64_t bit = UINT64_C(1) << 31; bit; bit >>= 1) {
		if ((root | bit) * (root | bit) <= x)
			root |= bit;
	}
	return root;
}

uint64_t lowmem_pages(const struct zone *zones, unsigned n)
{
	uint64_t pages = 0;

	for (unsigned i = 0; i < n; i++) {
		uint64_t high = zones[i].watermark_high + zones[i].watermark_boost;

		pages += zones[i].managed_pages - MIN(high, zones[i].managed_pages);
	}
	return pages;
}

uint64_t min_free_kbytes_default(uint64_t lowmem_pages)
{
	return CLAMP(isqrt(lowmem_pages * PAGE_KB * 16), MIN_FREE_KB_MIN, MIN_FREE_KB_MAX);
}

/* Two blocks a zone, and room for each of three types to fall back into each of the others. */
uint64_t min_free_kbytes_for_thp(uint64_t min_free_kbytes, unsigned populated_zones,
				 uint64_t lowmem_pages)
{
	uint64_t pages = populated_zones * PAGEBLOCK_PAGES * (2 + 3 * 3);

	pages = MIN(pages, lowmem_pages / 20);
	return MAX(min_free_kbytes, pages * PAGE_KB);
}

void watermarks_set(struct zone *zones, unsigned n, uint64_t min_free_kbytes, unsigned scale_factor)
{
	uint64_t managed = 0;

	for (unsigned i = 0; i < n; i++)
		managed += zones[i].managed_pages;
	for (unsigned i = 0; i < n; i++) {
		struct zone *zone = &zones[i];
		uint64_t pages = zone->managed_pages;
		uint64_t min = managed ? mul_div(min_free_kbytes / PAGE_KB, pages, managed) : 0;
		uint64_t gap = MAX(min / 4, mul_div(pages, scale_factor, 10000));

		zone->watermark_min = min;
		zone->watermark_low = min + gap;
		zone->watermark_high = min + 2 * gap;
		zone->watermark_boost = 0;
	}
}

uint64_t lowmem_reserve(const struct zone *zones, unsigned of, unsigned allowed, uint64_t ratio)
{
	uint64_t above = 0;

	for (unsigned i = of + 1; i <= allowed; i++)
		above += zones[i].managed_pages;
	return ratio ? above / ratio : 0;
}
