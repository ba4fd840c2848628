// SPDX-License-Identifier: GPL-2.0-or-later
/* What boot leaves: which pages are free, reserved or taken already, block types and limits. */
#include "models/pages/machine.h"

#include "models/pages/watermark.h"

static int by_pfn(const void *a, const void *b)
{
	const struct page_seed *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

static uint64_t seed_end(const struct page_seed *seed)
{
	return seed->pfn + (UINT64_C(1) << seed->order);
}

static void append_range(GArray *ranges, uint64_t start, uint64_t end)
{
	const struct pfn_range range = {start, end};

	if (start < end)
		g_array_append_val(ranges, range);
}

/* What the seeds leave of @range; *seed is the first that ends behind its start. */
static void append_unseeded(GArray *ranges, const struct present_range *range,
			    const struct page_seed **seed, const struct page_seed *end)
{
	uint64_t at = range->start_pfn;

	while (*seed < end && seed_end(*seed) <= at)
		++*seed;
	while (at < range->end_pfn) {
		uint64_t stop = range->end_pfn;

		if (*seed < end)
			stop = MIN(stop, MAX((*seed)->pfn, at));
		append_range(ranges, at, stop);
		if (stop == range->end_pfn)
			return;
		at = seed_end((*seed)++);
	}
}

/* Cut @pages off the upper end of @ranges. False: there are not so many. */
static bool cut_reserved(GArray *ranges, uint64_t pages)
{
	while (pages && ranges->len) {
		struct pfn_range *last = &g_array_index(ranges, struct pfn_range, ranges->len - 1);
		uint64_t cut = MIN(pages, last->end_pfn - last->start_pfn);

		last->end_pfn -= cut;
		pages -= cut;
		if (last->start_pfn == last->end_pfn)
			g_array_set_size(ranges, ranges->len - 1);
	}
	return !pages;
}

/* Free what is neither seeded nor reserved of a zone. */
static char *boot_zone(struct machine *machine, struct zone *zone, const struct page_seed **seed,
		       const struct page_seed *end)
{
	uint64_t managed = memory_map_zone(machine->memory, zone->number)->managed_pages;
	g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(struct pfn_range));
	uint64_t present = 0;

	for (unsigned i = 0; i < machine->present->len; i++) {
		const struct present_range *range =
			&g_array_index(machine->present, struct present_range, i);

		if (range->zone != zone->number)
			continue;
		present += range->end_pfn - range->start_pfn;
		append_unseeded(ranges, range, seed, end);
	}
	if (managed && managed < present && !cut_reserved(ranges, present - managed))
		return g_strdup_printf("zone '%s': the seeds are more than the %" G_GUINT64_FORMAT
				       " pages that it manages",
				       zone->name, managed);
	for (unsigned i = 0; i < ranges->len; i++) {
		const struct pfn_range *range = &g_array_index(ranges, struct pfn_range, i);

		zone_free_boot(zone, range->start_pfn, range->end_pfn);
	}
	return NULL;
}

/*
 * A block that is at least half full of unmovable or reclaimable seeds is of their type, as it
 * would be after the fallbacks that put them there; all others are movable. So where the memory map
 * does not say it.
 */
static void guess_block_types(struct machine *machine, const struct page_seed *seeds, unsigned n)
{
	for (unsigned i = 0; i < n;) {
		uint64_t block = block_start(seeds[i].pfn), pages[MIGRATETYPES] = {0};
		const struct zone *zone = machine_zone(machine, seeds[i].pfn);

		for (; i < n && block_start(seeds[i].pfn) == block; i++)
			pages[seeds[i].type] += UINT64_C(1) << seeds[i].order;
		if (!zone || memory_map_zone(machine->memory, zone->number)->block_types)
			continue;
		for (unsigned type = 0; type < MIGRATETYPES; type++) {
			if (type == MT_MOVABLE || pages[type] < PAGEBLOCK_PAGES / 2)
				continue;
			/* an order-10 seed fills two blocks */
			for (uint64_t at = block; at < block + pages[type]; at += PAGEBLOCK_PAGES) {
				if (memmap_valid(machine->map, at))
					block_set_type(machine->map, at, (enum list_type)type);
			}
		}
	}
}

static char *place_seed(struct machine *machine, const struct page_seed *seed)
{
	for (unsigned i = 0; i < machine->present->len; i++) {
		const struct present_range *range =
			&g_array_index(machine->present, struct present_range, i);

		if (seed->pfn < range->start_pfn || seed_end(seed) > range->end_pfn)
			continue;
		if (seed->order > machine->zones[range->zone].top_order)
			return g_strdup_printf("the seed at pfn %" G_GUINT64_FORMAT
					       " is of order %u, which the machine does not have",
					       seed->pfn, seed->order);
		page_set_use(machine->map, seed->pfn, UINT64_C(1) << seed->order, seed->use);
		machine->zones[range->zone].managed_pages += UINT64_C(1) << seed->order;
		return NULL;
	}
	return g_strdup_printf("the seed at pfn %" G_GUINT64_FORMAT
			       " (order %u) lies in no zone, or in a hole",
			       seed->pfn, seed->order);
}

static void set_limits(struct machine *machine)
{
	uint64_t min_free = machine->memory->min_free_kbytes;

	if (!min_free)
		min_free = min_free_kbytes_default(lowmem_pages(machine->zones, machine->n_zones));
	watermarks_set(machine->zones, machine->n_zones, min_free, WATERMARK_SCALE_FACTOR_DEFAULT);
	for (unsigned i = 0; i < machine->n_zones; i++) {
		struct zone *zone = &machine->zones[i];
		unsigned high, batch;

		zone->watermark_boost_factor = WATERMARK_BOOST_FACTOR_DEFAULT;
		pcp_sizes(zone->managed_pages, &high, &batch);
		for (uint32_t cpu = 0; cpu < machine->cpus; cpu++)
			pcp_init(machine_pcp(machine, cpu, zone), zone, high, batch);
	}
}

char *machine_boot(struct machine *machine, struct page_seed *seeds, unsigned n)
{
	const struct page_seed *seed = seeds, *end = seeds + n;
	char *message = NULL;

	if (n)
		qsort(seeds, n, sizeof(*seeds), by_pfn);
	guess_block_types(machine, seeds, n);
	for (unsigned i = 0; i < machine->n_zones && !message; i++)
		message = boot_zone(machine, &machine->zones[i], &seed, end);
	for (unsigned i = 0; i < n && !message; i++)
		message = place_seed(machine, &seeds[i]);
	set_limits(machine);
	return message;
}
