// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Layouts of snapshots, judged by the simulated kernel: lay out, boot, count again. Snapshots are
 * recorded ones, and such of random states of random machines.
 */
#include "models/pages/machine.h"
#include "models/pages/zone_count.h"
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
		struct snapshot *snapshot = read_recorded(names[i / 2], i % 2);
		struct memory_map *map = snapshot_memory_map(snapshot);
		struct layout *layout;
		struct machine machine;
		gint64 start = g_get_monotonic_time();
		const struct difference d = lay_out(map, snapshot, NULL, 0, 1, &layout, &machine);
		const struct layout_figures total = layout_total(layout);

		g_test_message("%s: %" G_GUINT64_FORMAT
			       " chunks, orders %d types %d blocks %d, %d us, live %u",
			       names[i / 2], total.chunks_wanted, (int)d.orders, (int)d.types,
			       (int)d.blocks, (int)(g_get_monotonic_time() - start),
			       layout->live->len);
#define X(name, what) g_test_message("   " #name " %d", (int)total.name);
		LAYOUT_FIGURES(X)
#undef X
		g_assert_cmpuint(d.orders, ==, 0);
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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/layout/recorded", test_recorded);
	return g_test_run();
}
