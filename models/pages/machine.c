// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/machine.h"

#include "sim/base/error.h"
#include "sim/base/units.h"

#include <string.h>

#define MAP_PAGES_MAX (UINT64_C(1) << 28)
#define TYPE_LETTERS  "UMRHI" /* enum list_type */

int64_t block_types_count(const char *text)
{
	int64_t blocks = 0;

	while (*text) {
		char *letter;
		uint64_t run = g_ascii_strtoull(text, &letter, 10);

		if (!g_ascii_isdigit(*text) || !*letter || !strchr(TYPE_LETTERS, *letter) ||
		    run > MAP_PAGES_MAX)
			return -1;
		blocks += (int64_t)run;
		text = letter + 1;
	}
	return blocks;
}

static bool zone_sound(const struct memory_map *memory, unsigned i, GError **error)
{
	const struct memory_zone *zone = memory_map_zone(memory, i);
	const struct memory_zone *below = i ? memory_map_zone(memory, i - 1) : NULL;
	int64_t blocks = zone->block_types ? block_types_count(zone->block_types) : 0;

	if (below && zone->start_pfn < below->end_pfn)
		set_input_error(error, "zones '%s' and '%s' overlap or are not ascending",
				below->name, zone->name);
	else if (zone->managed_pages > memory_zone_present(zone))
		set_input_error(error, "zone '%s' has more managed pages than present ones",
				zone->name);
	else if (blocks < 0)
		set_input_error(error,
				"zone '%s': block_types are not counts and letters of " TYPE_LETTERS
				" such as 60M4U",
				zone->name);
	else if ((uint64_t)blocks > (block_end(zone->end_pfn - 1) - block_start(zone->start_pfn)) >>
		 PAGEBLOCK_ORDER)
		set_input_error(error, "zone '%s' has fewer pageblocks than its block_types name",
				zone->name);
	else
		return true;
	return false;
}

static bool orders_sound(const struct memory_map *memory, GError **error)
{
	if (memory->pageblock_order && memory->pageblock_order != PAGEBLOCK_ORDER)
		set_input_error(error,
				"pageblock_order %u: the pages model has pageblocks of order %u "
				"only",
				memory->pageblock_order, PAGEBLOCK_ORDER);
	else if (memory->max_order &&
		 (memory->max_order <= PAGEBLOCK_ORDER || memory->max_order > MAX_ORDER_NR))
		set_input_error(error, "max_order %u: the pages model has %u and %u only",
				memory->max_order, PAGEBLOCK_ORDER + 1, MAX_ORDER_NR);
	else if (memory->zones->len > ZONES_MAX)
		set_input_error(error, "more than %u zones", ZONES_MAX);
	else
		return true;
	return false;
}

static bool memory_sound(const struct memory_map *memory, GError **error)
{
	if (!memory || !memory->zones->len) {
		set_input_error(error,
				"the pages model needs zones, and the trace's header has none");
		return false;
	}
	for (unsigned i = 0; i < memory->zones->len; i++) {
		if (!zone_sound(memory, i, error))
			return false;
	}
	return orders_sound(memory, error);
}

static void punch_sections(struct machine *machine, const struct memory_map *memory,
			   uint64_t section)
{
	for (uint64_t at = machine->map_start; at < machine->map_end; at += section) {
		if (!memory_map_section_populated(memory, at))
			memmap_punch(machine->map, at, at + section);
	}
}

/* Append [start, end) without the unpopulated sections. */
static void append_present(GArray *present, const struct memory_map *memory,
			   struct present_range range)
{
	uint64_t end = range.end_pfn;

	for (unsigned i = 0; i < memory->unpopulated->len; i++) {
		const struct pfn_range *gap =
			&g_array_index(memory->unpopulated, struct pfn_range, i);

		if (gap->end_pfn <= range.start_pfn || gap->start_pfn >= end)
			continue;
		range.end_pfn = gap->start_pfn;
		if (range.start_pfn < range.end_pfn)
			g_array_append_val(present, range);
		range.start_pfn = gap->end_pfn;
	}
	range.end_pfn = end;
	if (range.start_pfn < range.end_pfn)
		g_array_append_val(present, range);
}

static void add_present(struct machine *machine, const struct memory_map *memory, unsigned number)
{
	const struct memory_zone *zone = memory_map_zone(memory, number);
	struct present_range range = {.start_pfn = zone->start_pfn, .zone = number};
	g_autoptr(GArray) gaps = memory_zone_gaps(zone);

	/* what boot keeps for itself has struct pages, but never comes to be free */
	for (unsigned i = 0; i < gaps->len; i++) {
		const struct pfn_range *gap = &g_array_index(gaps, struct pfn_range, i);

		range.end_pfn = gap->start_pfn;
		append_present(machine->present, memory, range);
		range.start_pfn = gap->end_pfn;
	}
	range.end_pfn = zone->end_pfn;
	append_present(machine->present, memory, range);
}

void zone_set_block_types(struct zone *zone, const char *text)
{
	uint64_t pfn = zone->start_pfn;

	while (*text) {
		char *letter;
		uint64_t run = g_ascii_strtoull(text, &letter, 10);
		enum list_type type =
			(enum list_type)(strchr(TYPE_LETTERS, *letter) - TYPE_LETTERS);

		for (; run; run--, pfn = block_end(pfn)) {
			block_set_type(zone->map, pfn, type);
			if (type == LIST_HIGHATOMIC) /* reserved as wholes */
				zone->nr_reserved_highatomic += PAGEBLOCK_PAGES;
		}
		text = letter + 1;
	}
}

static void init_zones(struct machine *machine, const struct memory_map *memory)
{
	for (unsigned i = 0; i < memory->zones->len; i++) {
		const struct memory_zone *zone = memory_map_zone(memory, i);

		add_present(machine, memory, i);
		zone_init(&machine->zones[i], machine->map, i, zone->name, zone->start_pfn,
			  zone->end_pfn);
		machine->zones[i].node = zone->node;
		if (memory->max_order)
			machine->zones[i].top_order = memory->max_order - 1;
		machine->by_number[i] = &machine->zones[i];
		if (zone->block_types)
			zone_set_block_types(&machine->zones[i], zone->block_types);
	}
}

bool machine_init(struct machine *machine, const struct model_env *env, GError **error)
{
	const struct memory_map *memory = env->memory;

	*machine = (struct machine){0};
	if (!memory_sound(memory, error))
		return false;
	uint64_t section = memory->section_pages ? memory->section_pages : SECTION_PAGES_X86_64;

	if (!is_power_of_two(section) || section < 1u << MAX_ORDER_NR) {
		set_input_error(error, "section_pages: expected a power of two of at least 2048");
		return false;
	}
	unsigned n = memory->zones->len;
	uint64_t low = align_down(memory_map_zone(memory, 0)->start_pfn, section);
	uint64_t high = align_up(memory_map_zone(memory, n - 1)->end_pfn, section);

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
	machine->memory = memory_map_copy(memory);
	machine->present = g_array_new(FALSE, FALSE, sizeof(struct present_range));
	init_zones(machine, memory);
	punch_sections(machine, memory, section);
	footprint_note(env->footprint, SET_PAGES, (high - low) * 64); /* sizeof(struct page) */
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
	memory_map_free(machine->memory);
}

bool machine_present(const struct machine *machine, const struct zone *zone, uint64_t start_pfn,
		     uint64_t end_pfn)
{
	for (unsigned i = 0; i < machine->present->len; i++) {
		const struct present_range *range =
			&g_array_index(machine->present, struct present_range, i);

		if (range->zone == zone->number && start_pfn >= range->start_pfn &&
		    start_pfn < range->end_pfn)
			return end_pfn > start_pfn && end_pfn <= range->end_pfn;
	}
	return false;
}

struct zone *machine_zone(struct machine *machine, uint64_t pfn)
{
	for (unsigned i = 0; i < machine->n_zones; i++) {
		if (pfn >= machine->zones[i].start_pfn && pfn < machine->zones[i].end_pfn)
			return &machine->zones[i];
	}
	return NULL;
}
