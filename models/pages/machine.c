// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/machine.h"

#include "models/pages/watermark.h"
#include "sim/base/error.h"
#include "sim/base/units.h"

#define MAP_PAGES_MAX (UINT64_C(1) << 28)

static bool zones_sound(const struct memory_map *memory, GError **error)
{
	if (!memory || !memory->zones->len) {
		set_input_error(error,
				"the pages model needs zones, and the trace's header has none");
		return false;
	}
	for (unsigned i = 1; i < memory->zones->len; i++) {
		const struct memory_zone *zone = memory_map_zone(memory, i);
		const struct memory_zone *below = memory_map_zone(memory, i - 1);

		if (zone->start_pfn < below->end_pfn) {
			set_input_error(error, "zones '%s' and '%s' overlap or are not ascending",
					below->name, zone->name);
			return false;
		}
	}
	return true;
}

static uint64_t overlap(uint64_t start, uint64_t end, uint64_t other_start, uint64_t other_end)
{
	uint64_t from = MAX(start, other_start), to = MIN(end, other_end);

	return from < to ? to - from : 0;
}

static uint64_t present_in(const struct memory_zone *zone, uint64_t start, uint64_t end)
{
	uint64_t present = overlap(start, end, zone->start_pfn, zone->end_pfn);

	for (unsigned i = 0; i < zone->holes->len; i++) {
		const struct pfn_range *hole = &g_array_index(zone->holes, struct pfn_range, i);

		present -= overlap(start, end, hole->start_pfn, hole->end_pfn);
	}
	return present;
}

/* Sections in which no zone has a page have no struct pages. */
static void punch_sections(struct machine *machine, const struct memory_map *memory,
			   uint64_t section)
{
	for (uint64_t at = machine->map_start; at < machine->map_end; at += section) {
		uint64_t present = 0;

		for (unsigned i = 0; i < memory->zones->len; i++)
			present += present_in(memory_map_zone(memory, i), at, at + section);
		if (!present)
			memmap_punch(machine->map, at, at + section);
	}
	for (unsigned i = 0; i < memory->unpopulated->len; i++) {
		const struct pfn_range *range =
			&g_array_index(memory->unpopulated, struct pfn_range, i);
		uint64_t start = MAX(range->start_pfn, machine->map_start);
		uint64_t end = MIN(range->end_pfn, machine->map_end);

		if (start < end)
			memmap_punch(machine->map, start, end);
	}
}

static void add_present(struct machine *machine, unsigned number, const struct memory_zone *zone)
{
	struct present_range range = {.start_pfn = zone->start_pfn, .zone = number};

	for (unsigned i = 0; i < zone->holes->len; i++) {
		const struct pfn_range *hole = &g_array_index(zone->holes, struct pfn_range, i);

		range.end_pfn = hole->start_pfn;
		if (range.start_pfn < range.end_pfn)
			g_array_append_val(machine->present, range);
		range.start_pfn = hole->end_pfn;
	}
	range.end_pfn = zone->end_pfn;
	if (range.start_pfn < range.end_pfn)
		g_array_append_val(machine->present, range);
}

static void init_zones(struct machine *machine, const struct memory_map *memory)
{
	for (unsigned i = 0; i < memory->zones->len; i++) {
		const struct memory_zone *zone = memory_map_zone(memory, i);

		add_present(machine, i, zone);
		zone_init(&machine->zones[i], machine->map, i, zone->name, zone->start_pfn,
			  zone->end_pfn);
		machine->by_number[i] = &machine->zones[i];
	}
}

bool machine_init(struct machine *machine, const struct model_env *env, GError **error)
{
	const struct memory_map *memory = env->memory;

	*machine = (struct machine){0};
	if (!zones_sound(memory, error))
		return false;
	uint64_t section = memory->section_pages ? memory->section_pages : SECTION_PAGES_X86_64;

	if (!is_power_of_two(section) || section < 1u << MAX_ORDER_NR) {
		set_input_error(error, "section_pages: expected a power of two of at least 2048");
		return false;
	}
	unsigned n = memory->zones->len;
	uint64_t low = align_down(memory_map_zone(memory, 0)->start_pfn, section);
	/* one section more: what lies behind the last zone is looked at by some bugs */
	uint64_t high = align_up(memory_map_zone(memory, n - 1)->end_pfn, section) + section;

	if (high <= low || high - low > MAP_PAGES_MAX) {
		set_input_error(error, "the zones span more than 2^28 pages (1 TiB)");
		return false;
	}
	machine->map = memmap_new(low, high);
	machine->map_start = low;
	machine->map_end = high;
	machine->n_zones = n;
	machine->cpus = env->cpus;
	machine->zones = g_new0(struct zone, n);
	machine->by_number = g_new0(struct zone *, n);
	machine->pcps = g_new0(struct pcp, (size_t)env->cpus * n);
	machine->present = g_array_new(FALSE, FALSE, sizeof(struct present_range));
	init_zones(machine, memory);
	punch_sections(machine, memory, section);
	env->footprint->bytes[SET_PAGES] = (high - low) * 64; /* sizeof(struct page) */
	return true;
}

void machine_clear(struct machine *machine)
{
	for (unsigned i = 0; machine->zones && i < machine->n_zones; i++)
		zone_clear(&machine->zones[i]);
	for (size_t i = 0; machine->pcps && i < (size_t)machine->cpus * machine->n_zones; i++)
		pcp_clear(&machine->pcps[i]);
	if (machine->map)
		memmap_free(machine->map);
	g_clear_pointer(&machine->present, g_array_unref);
	g_free(machine->zones);
	g_free(machine->by_number);
	g_free(machine->pcps);
}

struct zone *machine_zone(struct machine *machine, uint64_t pfn)
{
	for (unsigned i = 0; i < machine->n_zones; i++) {
		if (pfn >= machine->zones[i].start_pfn && pfn < machine->zones[i].end_pfn)
			return &machine->zones[i];
	}
	return NULL;
}

static int by_pfn(const void *a, const void *b)
{
	const struct page_seed *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

static uint64_t seed_end(const struct page_seed *seed)
{
	return seed->pfn + (UINT64_C(1) << seed->order);
}

/* Free what the seeds leave of @range; *seed is the first that ends behind its start. */
static void boot_range(struct machine *machine, const struct present_range *range,
		       const struct page_seed **seed, const struct page_seed *end)
{
	struct zone *zone = &machine->zones[range->zone];
	uint64_t at = range->start_pfn;

	while (*seed < end && seed_end(*seed) <= at)
		++*seed;
	while (at < range->end_pfn) {
		uint64_t stop = range->end_pfn;

		if (*seed < end)
			stop = MIN(stop, MAX((*seed)->pfn, at));
		if (at < stop)
			zone_free_boot(zone, at, stop);
		if (stop == range->end_pfn)
			return;
		at = seed_end((*seed)++);
	}
}

/*
 * A block that is at least half full of unmovable or reclaimable seeds is of their type, as it
 * would be after the fallbacks that put them there; all others are movable.
 */
static void set_block_types(struct machine *machine, const struct page_seed *seeds, unsigned n)
{
	for (unsigned i = 0; i < n;) {
		uint64_t block = block_start(seeds[i].pfn), pages[MIGRATETYPES] = {0};

		for (; i < n && block_start(seeds[i].pfn) == block; i++)
			pages[seeds[i].type] += UINT64_C(1) << seeds[i].order;
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
	uint64_t lowmem = 0;

	for (unsigned i = 0; i < machine->n_zones; i++)
		lowmem += machine->zones[i].managed_pages;
	watermarks_set(machine->zones, machine->n_zones, min_free_kbytes_default(lowmem),
		       WATERMARK_SCALE_FACTOR_DEFAULT);
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
	set_block_types(machine, seeds, n);
	for (unsigned i = 0; i < machine->present->len; i++)
		boot_range(machine, &g_array_index(machine->present, struct present_range, i),
			   &seed, end);
	for (unsigned i = 0; i < n && !message; i++)
		message = place_seed(machine, &seeds[i]);
	set_limits(machine);
	return message;
}
