// SPDX-License-Identifier: GPL-2.0-or-later
/* What boot makes of a memory map: managed pages, block types, limits, sections; maps refused. */
#include "models/pages/machine.h"
#include "sim/base/error.h"

#include <string.h>

#define START UINT64_C(0x8000) /* of a section */
#define PAGES UINT64_C(0x8000)

struct fixture {
	struct memory_map *memory;
	struct machine machine;
	struct footprint footprint;
};

static void set_up(struct fixture *fixture)
{
	*fixture = (struct fixture){.memory = memory_map_new()};
}

static void tear_down(struct fixture *fixture)
{
	machine_clear(&fixture->machine);
	memory_map_free(fixture->memory);
}

static bool init(struct fixture *fixture, GError **error)
{
	const struct model_env env = {
		.cpus = 2, .memory = fixture->memory, .footprint = &fixture->footprint};

	return machine_init(&fixture->machine, &env, error);
}

static char *boot(struct fixture *fixture, struct page_seed *seeds, unsigned n)
{
	GError *error = NULL;

	g_assert_true(init(fixture, &error));
	g_assert_no_error(error);
	char *message = machine_boot(&fixture->machine, seeds, n);

	for (unsigned i = 0; i < fixture->machine.n_zones && !message; i++)
		g_assert_cmpstr(zone_check(&fixture->machine.zones[i]), ==, NULL);
	return message;
}

static uint64_t free_in(const struct fixture *fixture, uint64_t start, uint64_t end)
{
	return memmap_free_pages(fixture->machine.map, start, end);
}

/* What is not managed is at the upper end, seeds left alone. */
static void test_managed(void)
{
	struct pfn_range hole = {START + 1000, START + 2000};
	struct page_seed seeds[] = {
		{.pfn = START + PAGES - 512, .order = 9, .type = LIST_MOVABLE, .use = USE_LRU},
		{.pfn = START + 3, .type = LIST_MOVABLE, .use = USE_LRU}};
	struct fixture f;

	set_up(&f);
	struct memory_zone *zone = memory_map_add_zone(f.memory, "Normal", START, START + PAGES);

	g_array_append_val(zone->holes, hole);
	zone->managed_pages = PAGES - 1000 - 700;
	g_assert_cmpstr(boot(&f, seeds, 2), ==, NULL);
	g_assert_cmpuint(f.machine.zones[0].managed_pages, ==, PAGES - 1700);
	g_assert_cmpuint(f.machine.zones[0].free_pages, ==, PAGES - 1700 - 513);
	g_assert_cmpuint(free_in(&f, START, START + PAGES - 1212), ==, PAGES - 1212 - 1001);
	g_assert_cmpuint(free_in(&f, START + PAGES - 1212, START + PAGES), ==, 0);
	g_assert_cmpint(page_use(f.machine.map, START + PAGES - 513), ==, USE_RESERVED);
	g_assert_cmpint(page_use(f.machine.map, START + PAGES - 512), ==, USE_LRU);
	tear_down(&f);

	/* the map says which */
	const struct pfn_range reserved = {START + 100, START + 164};

	set_up(&f);
	zone = memory_map_add_zone(f.memory, "Normal", START, START + PAGES);
	g_array_append_val(zone->reserved, reserved);
	zone->managed_pages = PAGES - 64;
	g_assert_cmpstr(boot(&f, NULL, 0), ==, NULL);
	g_assert_cmpuint(f.machine.zones[0].managed_pages, ==, PAGES - 64);
	g_assert_cmpuint(free_in(&f, START, START + PAGES), ==, PAGES - 64);
	g_assert_cmpuint(free_in(&f, START + 100, START + 164), ==, 0);
	g_assert_cmpint(page_use(f.machine.map, START + 120), ==, USE_RESERVED);
	tear_down(&f);

	set_up(&f);
	memory_map_add_zone(f.memory, "Normal", START, START + PAGES)->managed_pages = 512;
	g_autofree char *message = boot(&f, seeds, 2);

	g_assert_nonnull(strstr(message, "more than the 512 pages"));
	tear_down(&f);
}

static void test_block_types(void)
{
	struct page_seed seed = {
		.pfn = START + 1024, .order = 9, .type = LIST_UNMOVABLE, .use = USE_UNMOVABLE};
	struct fixture f;

	set_up(&f);
	memory_map_add_zone(f.memory, "Normal", START + 100, START + PAGES)->block_types =
		g_strdup("3M2U1R1H1I");
	g_assert_cmpstr(boot(&f, &seed, 1), ==, NULL);
	for (uint64_t block = 0; block < PAGES / PAGEBLOCK_PAGES; block++) {
		enum list_type type = block_type(f.machine.map, START + block * PAGEBLOCK_PAGES);

		g_assert_cmpint(type, ==,
				block < 3 || block > 7 ? LIST_MOVABLE
				: block < 5	       ? LIST_UNMOVABLE
				: block == 5	       ? LIST_RECLAIMABLE
				: block == 6	       ? LIST_HIGHATOMIC
						       : LIST_ISOLATE);
	}
	g_assert_cmpuint(f.machine.zones[0].nr_reserved_highatomic, ==, 512);
	tear_down(&f);
}

/* Where the map says nothing, half a block of seeds decides. */
static void test_guessed_types(void)
{
	struct page_seed seeds[] = {
		{.pfn = START, .order = 8, .type = LIST_UNMOVABLE, .use = USE_UNMOVABLE},
		{.pfn = START + 512, .order = 7, .type = LIST_UNMOVABLE, .use = USE_UNMOVABLE},
		{.pfn = START + 1024, .order = 9, .type = LIST_RECLAIMABLE, .use = USE_UNMOVABLE}};
	struct fixture f;

	set_up(&f);
	memory_map_add_zone(f.memory, "Normal", START, START + PAGES);
	g_assert_cmpstr(boot(&f, seeds, 3), ==, NULL);
	g_assert_cmpint(block_type(f.machine.map, START), ==, LIST_UNMOVABLE);
	g_assert_cmpint(block_type(f.machine.map, START + 512), ==, LIST_MOVABLE);
	g_assert_cmpint(block_type(f.machine.map, START + 1024), ==, LIST_RECLAIMABLE);
	tear_down(&f);
}

static void test_limits(void)
{
	struct fixture f;

	set_up(&f);
	memory_map_add_zone(f.memory, "low", START, START + PAGES);
	memory_map_add_zone(f.memory, "high", START + PAGES, START + 4 * PAGES)->node = 1;
	g_assert_cmpstr(boot(&f, NULL, 0), ==, NULL);
	/* isqrt(16 * 524288 KiB) = 2896 KiB, a quarter of it for a quarter of the pages */
	g_assert_cmpuint(f.machine.zones[0].watermark_min, ==, 2896 / 4 / 4);
	g_assert_cmpuint(f.machine.zones[1].watermark_min, ==, 2896 / 4 * 3 / 4);
	g_assert_cmpuint(f.machine.zones[0].node, ==, 0);
	g_assert_cmpuint(f.machine.zones[1].node, ==, 1);
	tear_down(&f);

	set_up(&f);
	memory_map_add_zone(f.memory, "low", START, START + PAGES);
	f.memory->min_free_kbytes = 4000;
	g_assert_cmpstr(boot(&f, NULL, 0), ==, NULL);
	g_assert_cmpuint(f.machine.zones[0].watermark_min, ==, 1000);
	tear_down(&f);
}

/* No struct pages where a section is unpopulated, be it said or seen from the holes. */
static void test_sections(void)
{
	struct pfn_range hole = {START + PAGES, START + 2 * PAGES};
	struct pfn_range unpopulated = {START + 3 * PAGES, START + 4 * PAGES};
	struct fixture f;

	set_up(&f);
	g_array_append_val(memory_map_add_zone(f.memory, "Normal", START, START + 5 * PAGES)->holes,
			   hole);
	g_array_append_val(f.memory->unpopulated, unpopulated);
	g_assert_cmpstr(boot(&f, NULL, 0), ==, NULL);
	for (uint64_t section = 0; section < 5; section++) {
		uint64_t start = START + section * PAGES;
		bool there = section != 1 && section != 3;

		g_assert_cmpint(memmap_valid(f.machine.map, start), ==, there);
		g_assert_cmpint(memmap_valid(f.machine.map, start + PAGES - 1), ==, there);
		g_assert_cmpuint(free_in(&f, start, start + PAGES), ==, there ? PAGES : 0);
	}
	g_assert_false(memmap_valid(f.machine.map, START - 1));
	g_assert_false(memmap_valid(f.machine.map, START + 5 * PAGES));
	tear_down(&f);
}

/* MAX_ORDER 10: no chunk is larger than a pageblock. */
static void test_max_order(void)
{
	struct fixture f;

	set_up(&f);
	memory_map_add_zone(f.memory, "Normal", START + 300, START + PAGES);
	f.memory->max_order = 10;
	g_assert_cmpstr(boot(&f, NULL, 0), ==, NULL);
	struct zone *zone = &f.machine.zones[0];

	g_assert_cmpuint(zone->area[9].nr_free, ==, (PAGES >> 9) - 1);
	g_assert_cmpuint(zone->area[10].nr_free, ==, 0);
	uint64_t pfn = zone_alloc(zone, 0, LIST_MOVABLE, false, USE_LRU, NULL);

	g_assert_cmpuint(zone_alloc(zone, 10, LIST_MOVABLE, false, USE_LRU, NULL), ==, PFN_NONE);
	zone_free(zone, pfn, 0, LIST_MOVABLE);
	g_assert_cmpuint(zone->area[9].nr_free, ==, (PAGES >> 9) - 1);
	g_assert_cmpstr(zone_check(zone), ==, NULL);
	tear_down(&f);
}

/* 1 TiB, from any section on, and not a page more. */
static void test_largest(void)
{
	for (uint64_t more = 0; more < 2; more++) {
		g_autoptr(GError) error = NULL;
		uint64_t end = 3 * START + (UINT64_C(1) << 28) + more;
		struct fixture f;

		set_up(&f);
		memory_map_add_zone(f.memory, "Normal", 3 * START, end);
		g_assert_cmpint(init(&f, &error), ==, !more);
		if (!more) {
			uint64_t bytes = memmap_bytes(f.machine.map);

			g_assert_true(memmap_valid(f.machine.map, end - 1));
			g_assert_false(memmap_valid(f.machine.map, end));
			/* two a page, 16 a pageblock, and next to nothing */
			g_assert_cmpuint(bytes, >=, UINT64_C(2) << 28);
			g_assert_cmpuint(bytes - (UINT64_C(2) << 28), <=, (16 << 19) + 1024);
		}
		tear_down(&f);
	}
}

static void spoil_managed(struct memory_map *memory)
{
	((struct memory_zone *)g_ptr_array_index(memory->zones, 0))->managed_pages = PAGES + 1;
}

static void spoil_letters(struct memory_map *memory)
{
	((struct memory_zone *)g_ptr_array_index(memory->zones, 0))->block_types = g_strdup("4X");
}

static void spoil_blocks(struct memory_map *memory)
{
	((struct memory_zone *)g_ptr_array_index(memory->zones, 0))->block_types =
		g_strdup("60M5U");
}

static void spoil_pageblock(struct memory_map *memory)
{
	memory->pageblock_order = 8;
}

static void spoil_order(struct memory_map *memory)
{
	memory->max_order = 12;
}

static void spoil_section(struct memory_map *memory)
{
	memory->section_pages = 1000;
}

static void spoil_size(struct memory_map *memory)
{
	memory_map_add_zone(memory, "far", UINT64_C(1) << 40, (UINT64_C(1) << 40) + 1);
}

static void test_refused(void)
{
	static const struct {
		void (*spoil)(struct memory_map *memory);
		const char *message;
	} cases[] = {
		{spoil_managed, "more managed pages"},
		{spoil_letters, "letters of UMRHI"},
		{spoil_blocks, "fewer pageblocks"},
		{spoil_pageblock, "pageblock_order 8"},
		{spoil_order, "max_order 12"},
		{spoil_section, "section_pages"},
		{spoil_size, "1 TiB"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct fixture f;

		set_up(&f);
		memory_map_add_zone(f.memory, "Normal", START, START + PAGES);
		cases[i].spoil(f.memory);
		g_assert_false(init(&f, &error));
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_assert_nonnull(strstr(error->message, cases[i].message));
		tear_down(&f);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/machine/managed", test_managed);
	g_test_add_func("/machine/block-types", test_block_types);
	g_test_add_func("/machine/guessed-types", test_guessed_types);
	g_test_add_func("/machine/limits", test_limits);
	g_test_add_func("/machine/sections", test_sections);
	g_test_add_func("/machine/max-order", test_max_order);
	g_test_add_func("/machine/largest", test_largest);
	g_test_add_func("/machine/refused", test_refused);
	return g_test_run();
}
