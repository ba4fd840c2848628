// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Layouts of snapshots, judged by the simulated kernel: lay out, boot, count again. Snapshots are
 * recorded ones, and such of random states of random machines.
 */
#include "models/pages/machine.h"
#include "models/pages/zone_count.h"
#include "sim/base/rng.h"
#include "sim/machine/layout.h"

#include <string.h>

#define DATA "sim/machine/test/data/"

static void boot(struct machine *machine, struct memory_map *map, GArray *seeds)
{
	struct footprint footprint = {0};
	const struct model_env env = {.cpus = 1, .memory = map, .footprint = &footprint};
	GError *error = NULL;

	g_assert_true(machine_init(machine, &env, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(machine_boot(machine, (struct page_seed *)(void *)seeds->data, seeds->len),
			==, NULL);
	for (unsigned i = 0; i < machine->n_zones; i++)
		g_assert_cmpstr(zone_check(&machine->zones[i]), ==, NULL);
}

static GArray *seeds_of(const struct layout *layout)
{
	GArray *seeds = g_array_new(FALSE, FALSE, sizeof(struct page_seed));

	for (unsigned i = 0; i < layout->live->len; i++) {
		const struct live_chunk *live = &g_array_index(layout->live, struct live_chunk, i);
		const struct page_seed seed = {
			.pfn = live->pfn,
			.order = live->order,
			.type = live->type,
			.use = live->type == LIST_MOVABLE ? USE_LRU : USE_UNMOVABLE,
			.slot = i,
		};

		g_array_append_val(seeds, seed);
	}
	return seeds;
}

/* Chunks are aligned, disjoint, present and not reserved, and pages add up. */
static void check_live(const struct layout *layout, const struct memory_map *map)
{
	const struct layout_figures total = layout_total(layout);
	uint64_t end = 0, live = 0, present = 0;

	for (unsigned i = 0; i < layout->live->len; i++) {
		const struct live_chunk *chunk = &g_array_index(layout->live, struct live_chunk, i);
		uint64_t pages = UINT64_C(1) << chunk->order;

		g_assert_cmpuint(chunk->pfn, >=, end);
		g_assert_cmpuint(chunk->pfn % pages, ==, 0);
		g_assert_cmpint(chunk->type, <=, LIST_RECLAIMABLE);
		end = chunk->pfn + pages;
		live += pages;
		g_assert_true(memory_map_present(map, chunk->pfn, end));
	}
	for (unsigned i = 0; i < map->zones->len; i++)
		present += memory_zone_present(memory_map_zone(map, i));
	g_assert_cmpuint(live, ==, total.known_live_pages + total.drawn_live_pages);
	g_assert_cmpuint(live + total.free_pages + total.reserved_pages, ==, present);
}

struct difference {
	uint64_t orders, types, blocks;
};

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* How far the simulated kernel's counts are from the snapshot's. */
static struct difference compare(const struct machine *machine, const struct snapshot *snapshot)
{
	struct difference d = {0};

	for (unsigned i = 0; i < machine->n_zones; i++) {
		const struct zone_counts have = zone_count(&machine->zones[i], 0);
		const struct zone_counts *want =
			&g_array_index(snapshot->counts, struct zone_counts, i);

		for (unsigned order = 0; order < MAX_ORDER_NR; order++) {
			d.orders += distance(have.nr_free[order], want->nr_free[order]);
			for (unsigned type = 0; type < LIST_TYPES; type++)
				d.types += distance(have.by_type[type][order],
						    want->by_type[type][order]);
		}
		for (unsigned type = 0; type < LIST_TYPES; type++)
			d.blocks += distance(have.blocks[type], want->blocks[type]);
	}
	return d;
}

/* Lay @map out as @snapshot counts it, boot it, and compare. @layout is to be freed. */
static struct difference lay_out(struct memory_map *map, const struct snapshot *snapshot,
				 const struct known_page *known, size_t n, uint64_t seed,
				 struct layout **layout, struct machine *machine)
{
	*layout = layout_make(map, snapshot, known, n, seed);
	check_live(*layout, map);
	g_autoptr(GArray) seeds = seeds_of(*layout);

	boot(machine, map, seeds);
	const struct layout_figures total = layout_total(*layout);
	const struct difference d = compare(machine, snapshot);

	/* what the layout says of itself is what the kernel finds */
	g_assert_cmpuint(d.orders, ==, total.chunks_missing + total.chunks_extra);
	if (snapshot->has_types)
		g_assert_cmpint(layout_figures_exact(&total), ==,
				!d.orders && !d.types && !total.blocks_other_type);
	return d;
}

/* --- recorded snapshots ---------------------------------------------------------------- */

static struct snapshot *read_recorded(const char *name, bool types)
{
	g_autofree char *zoneinfo = g_strdup_printf(DATA "%s.zoneinfo.gz", name);
	g_autofree char *buddyinfo = g_strdup_printf(DATA "%s.buddyinfo.gz", name);
	g_autofree char *pagetypeinfo = g_strdup_printf(DATA "%s.pagetypeinfo.gz", name);
	const struct snapshot_files files = {zoneinfo, buddyinfo, types ? pagetypeinfo : NULL};
	GError *error = NULL;
	struct snapshot *snapshot = snapshot_read(&files, &error);

	g_assert_no_error(error);
	return snapshot;
}

static void test_recorded(void)
{
	static const char *const names[] = {"mixed-6.1", "compact-direct-6.12", "kmem-stress-6.18"};

	for (unsigned i = 0; i < 2 * G_N_ELEMENTS(names); i++) {
		bool types = i % 2;
		struct snapshot *snapshot = read_recorded(names[i / 2], types);
		struct memory_map *map = snapshot_memory_map(snapshot);
		struct layout *layout;
		struct machine machine;
		const struct difference d = lay_out(map, snapshot, NULL, 0, 1, &layout, &machine);

		g_assert_cmpuint(d.orders, ==, 0);
		if (types)
			g_assert_cmpuint(d.types, ==, 0);
		for (unsigned z = 0; z < machine.n_zones; z++)
			g_assert_cmpuint(
				machine.zones[z].managed_pages, ==,
				g_array_index(snapshot->zones, struct zone_info, z).managed);
		machine_clear(&machine);
		layout_free(layout);
		memory_map_free(map);
		snapshot_free(snapshot);
	}
}

/* The same seed gives the same layout, another seed another one. */
static void test_seed(void)
{
	struct snapshot *snapshot = read_recorded("mixed-6.1", true);
	struct layout *layouts[3];

	for (unsigned i = 0; i < 3; i++) {
		struct memory_map *map = snapshot_memory_map(snapshot);

		layouts[i] = layout_make(map, snapshot, NULL, 0, i / 2);
		memory_map_free(map);
	}
	const GArray *live[3] = {layouts[0]->live, layouts[1]->live, layouts[2]->live};
	uint64_t same = 0;

	g_assert_cmpuint(live[0]->len, ==, live[1]->len);
	for (unsigned i = 0; i < live[0]->len; i++)
		g_assert_cmpuint(g_array_index(live[0], struct live_chunk, i).pfn, ==,
				 g_array_index(live[1], struct live_chunk, i).pfn);
	for (unsigned i = 0; i < MIN(live[0]->len, live[2]->len); i++)
		same += g_array_index(live[0], struct live_chunk, i).pfn ==
			g_array_index(live[2], struct live_chunk, i).pfn;
	g_assert_cmpuint(same, <, live[0]->len / 2);
	for (unsigned i = 0; i < 3; i++)
		layout_free(layouts[i]);
	snapshot_free(snapshot);
}

/* --- random machines in random states -------------------------------------------------- */

#define ROUNDS 40

static struct rng rng;

static uint64_t below(uint64_t bound)
{
	return rng_below(&rng, bound);
}

/* One or two zones, with odd ends and holes, in at most three sections. */
static struct memory_map *random_map(void)
{
	struct memory_map *map = memory_map_new();
	uint64_t start = below(3000), middle = 20000 + below(10000);
	uint64_t end = middle + 5000 + below(30000), hole = start + 4000 + below(9000);
	const struct pfn_range range = {hole, hole + 1 + below(3000)};

	if (below(3) == 0)
		map->max_order = 10;
	g_array_append_val(memory_map_add_zone(map, "DMA32", start, middle)->holes, range);
	memory_map_add_zone(map, "Normal", middle + below(2) * below(2000), end);
	return map;
}

/* Types of the blocks of a zone, in runs. */
static char *random_types(const struct memory_zone *zone)
{
	uint64_t left =
		((zone->end_pfn - 1) >> PAGEBLOCK_ORDER) - (zone->start_pfn >> PAGEBLOCK_ORDER) + 1;
	GString *text = g_string_new(NULL);

	while (left) {
		uint64_t run = 1 + below(MIN(left, 6));

		g_string_append_printf(text, "%" G_GUINT64_FORMAT "%c", run, "MMMMMUUR"[below(8)]);
		left -= run;
	}
	return g_string_free(text, FALSE);
}

/* Pages that are live, in runs: the more, the fuller the machine. */
static GArray *random_seeds(const struct memory_map *map)
{
	GArray *seeds = g_array_new(FALSE, FALSE, sizeof(struct page_seed));
	uint64_t apart = 1 + below(2000), end = memory_map_zone(map, 1)->end_pfn;
	struct page_seed seed = {.use = USE_UNMOVABLE};

	for (uint64_t pfn = below(apart); pfn < end; pfn += 1 + below(apart)) {
		uint64_t pages;

		seed.order = (unsigned)below(below(10) + 1);
		pages = UINT64_C(1) << seed.order;
		seed.pfn = (pfn + pages - 1) / pages * pages;
		if (seed.pfn + pages > end || !memory_map_present(map, seed.pfn, seed.pfn + pages))
			continue;
		g_array_append_val(seeds, seed);
		pfn = seed.pfn + pages;
	}
	return seeds;
}

/* The state of @machine as its /proc would tell it. */
static struct snapshot *snapshot_of(const struct machine *machine)
{
	struct snapshot *snapshot = g_new0(struct snapshot, 1);

	snapshot->zones = g_array_new(FALSE, FALSE, sizeof(struct zone_info));
	snapshot->counts = g_array_new(FALSE, FALSE, sizeof(struct zone_counts));
	snapshot->has_counts = snapshot->has_types = true;
	for (unsigned i = 0; i < machine->n_zones; i++) {
		const struct zone_counts counts = zone_count(&machine->zones[i], 0);

		g_array_append_val(snapshot->counts, counts);
	}
	return snapshot;
}

/* Requests and frees, so that chunks are on lists of other types than their blocks. */
static void stir(struct zone *zone)
{
	for (unsigned i = 0; i < 300; i++) {
		enum list_type type = (enum list_type)below(3);
		unsigned order = (unsigned)below(5);
		uint64_t pfn = zone_alloc(zone, order, type, false, USE_UNMOVABLE, NULL);

		if (pfn != PFN_NONE && below(2))
			zone_free(zone, pfn, order, type);
	}
}

/* A random machine, and what its /proc would tell of its state. */
struct world {
	struct memory_map *map;
	struct machine machine;
	struct snapshot *snapshot;
};

static struct world random_world(bool stirred)
{
	struct world world = {.map = random_map()};

	for (unsigned i = 0; i < 2; i++) {
		struct memory_zone *zone = g_ptr_array_index(world.map->zones, i);

		zone->block_types = random_types(zone);
	}
	g_autoptr(GArray) seeds = random_seeds(world.map);

	boot(&world.machine, world.map, seeds);
	for (unsigned i = 0; stirred && i < world.machine.n_zones; i++)
		stir(&world.machine.zones[i]);
	world.snapshot = snapshot_of(&world.machine);
	return world;
}

static void world_clear(struct world *world)
{
	machine_clear(&world->machine);
	snapshot_free(world->snapshot);
	memory_map_free(world->map);
}

/*
 * Counts per order come back whatever the state was. Where chunks are on the lists of their blocks,
 * nearly all of those per type do.
 */
static void test_random(void)
{
	rng_init(&rng, 1, "test_random");
	for (unsigned round = 0; round < ROUNDS; round++) {
		bool stirred = round % 2;
		struct world world = random_world(stirred);
		struct machine machine;
		struct layout *layout;
		const struct difference d =
			lay_out(world.map, world.snapshot, NULL, 0, round, &layout, &machine);

		g_assert_cmpuint(d.orders, ==, 0);
		if (!stirred)
			g_assert_cmpuint(d.types / 2, <=, layout_total(layout).chunks_wanted / 10);
		machine_clear(&machine);
		layout_free(layout);
		world_clear(&world);
	}
}

/* --- known pages ----------------------------------------------------------------------- */

static bool is_free(const struct machine *machine, uint64_t pfn)
{
	return memmap_free_pages(machine->map, pfn, pfn + 1) == 1;
}

/* One page in so many, as it is. */
static GArray *random_known(const struct world *world, uint64_t one_in)
{
	GArray *known = g_array_new(FALSE, FALSE, sizeof(struct known_page));
	uint64_t end = memory_map_zone(world->map, 1)->end_pfn;

	for (uint64_t pfn = below(one_in); pfn < end; pfn += 1 + below(2 * one_in)) {
		struct known_page page = {.pfn = pfn, .type = LIST_TYPES};

		if (!memory_map_present(world->map, pfn, pfn + 1))
			continue;
		page.live = !is_free(&world->machine, pfn);
		if (below(2))
			page.type = block_type(world->machine.map, pfn);
		g_array_append_val(known, page);
	}
	return known;
}

/* Known pages are what they are known to be, and the counts stay near the snapshot's. */
static void test_known(void)
{
	rng_init(&rng, 2, "test_known");
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct world world = random_world(round % 2);
		g_autoptr(GArray) known = random_known(&world, 1 + below(300));
		const struct known_page *pages =
			(const struct known_page *)(const void *)known->data;
		struct machine machine;
		struct layout *layout;
		const struct difference d = lay_out(world.map, world.snapshot, pages, known->len,
						    round, &layout, &machine);
		const struct layout_figures total = layout_total(layout);

		for (unsigned i = 0; i < known->len; i++)
			g_assert_cmpint(is_free(&machine, pages[i].pfn), ==, !pages[i].live);
		g_assert_cmpuint(total.known_left_out, ==, 0);
		g_assert_cmpuint(total.known_free_pages + total.known_live_pages, ==, known->len);
		g_assert_cmpuint(d.orders, <=, total.chunks_wanted / 4);
		machine_clear(&machine);
		layout_free(layout);
		world_clear(&world);
	}
}

/* What cannot be is left out and counted; what is known of no zone that is counted is kept. */
static void test_odd(void)
{
	static const struct known_page known[] = {
		{.pfn = 0, .type = LIST_TYPES}, /* below the first zone */
		{.pfn = 4096, .order = 4, .live = true, .type = LIST_UNMOVABLE},
		{.pfn = 4100, .type = LIST_TYPES},		    /* in the one before */
		{.pfn = 4113, .order = 1, .type = LIST_TYPES},	    /* not aligned */
		{.pfn = 131032, .order = 3, .type = LIST_TYPES},    /* beyond the zone's end */
		{.pfn = 1 << 20, .live = true, .type = LIST_TYPES}, /* above the last */
	};
	struct snapshot *snapshot = read_recorded("mixed-6.1", true);
	struct memory_map *map = snapshot_memory_map(snapshot);
	struct layout *layout = layout_make(map, snapshot, known, G_N_ELEMENTS(known), 1);
	struct layout_figures total = layout_total(layout);

	g_assert_cmpuint(total.known_left_out, ==, 5);
	g_assert_cmpuint(total.known_live_pages, ==, 16);
	g_assert_true(layout_figures_exact(&total));
	layout_free(layout);

	/* nothing counted: nothing drawn */
	snapshot->has_counts = false;
	layout = layout_make(map, snapshot, known, G_N_ELEMENTS(known), 1);
	total = layout_total(layout);
	g_assert_cmpuint(layout->live->len, ==, 1);
	g_assert_cmpuint(total.drawn_live_pages, ==, 0);
	const struct live_chunk *live = &g_array_index(layout->live, struct live_chunk, 0);

	g_assert_true(live->known);
	g_assert_cmpint(live->type, ==, LIST_UNMOVABLE);
	layout_free(layout);
	memory_map_free(map);
	snapshot_free(snapshot);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/layout/recorded", test_recorded);
	g_test_add_func("/layout/seed", test_seed);
	g_test_add_func("/layout/random", test_random);
	g_test_add_func("/layout/known", test_known);
	g_test_add_func("/layout/odd", test_odd);
	return g_test_run();
}
