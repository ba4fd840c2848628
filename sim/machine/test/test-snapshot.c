// SPDX-License-Identifier: GPL-2.0-or-later
/* Snapshots of recorded machines: kernels 6.1, 6.12 and 6.18, and what is no snapshot. */
#include "sim/machine/snapshot.h"

#include "sim/base/error.h"

#include <glib/gstdio.h>
#include <string.h>

#define DATA "sim/machine/test/data/"

static struct snapshot *read_recorded(const char *name, bool types)
{
	g_autofree char *zoneinfo = g_strdup_printf(DATA "%s.zoneinfo.gz", name);
	g_autofree char *buddyinfo = g_strdup_printf(DATA "%s.buddyinfo.gz", name);
	g_autofree char *pagetypeinfo = g_strdup_printf(DATA "%s.pagetypeinfo.gz", name);
	const struct snapshot_files files = {zoneinfo, buddyinfo, types ? pagetypeinfo : NULL};
	GError *error = NULL;
	struct snapshot *snapshot = snapshot_read(&files, &error);

	g_assert_no_error(error);
	g_assert_true(snapshot->has_counts);
	g_assert_cmpint(snapshot->has_types, ==, types);
	return snapshot;
}

static const struct zone_info *zone_of(const struct snapshot *snapshot, unsigned i)
{
	return &g_array_index(snapshot->zones, struct zone_info, i);
}

static uint64_t free_pages(const struct snapshot *snapshot, unsigned i)
{
	const struct zone_counts *counts = &g_array_index(snapshot->counts, struct zone_counts, i);
	uint64_t pages = 0;

	for (unsigned order = 0; order < MAX_ORDER_DEFAULT; order++)
		pages += counts->nr_free[order] << order;
	return pages;
}

/* Figures copied by eye from the files. */
static void test_recorded(void)
{
	const struct row {
		const char *name;
		unsigned zone, zones;
		struct zone_info info;
	} rows[] = {
		{"mixed-6.1",
		 1,
		 2,
		 {.name = "DMA32",
		  .start_pfn = 4096,
		  .spanned = 126941,
		  .present = 126941,
		  .managed = 116421,
		  .free = 76597,
		  .min = 641,
		  .low = 801,
		  .high = 961,
		  .n_protection = 5,
		  .pcp_high = 400,
		  .pcp_batch = 31,
		  .pcp_count = 373}},
		{"compact-direct-6.12",
		 0,
		 2,
		 {.name = "DMA",
		  .start_pfn = 1,
		  .spanned = 4095,
		  .present = 3998,
		  .managed = 3840,
		  .free = 3808,
		  .min = 190,
		  .low = 237,
		  .high = 284,
		  .protection = {0, 538, 538, 538, 538},
		  .n_protection = 5,
		  .pcp_high = 0,
		  .pcp_batch = 1}},
		{"kmem-stress-6.18",
		 2,
		 3,
		 {.name = "Normal",
		  .start_pfn = 1048576,
		  .spanned = 5505024,
		  .present = 5505024,
		  .managed = 4096000,
		  .free = 3729366,
		  .min = 14202,
		  .low = 18298,
		  .high = 22394,
		  .n_protection = 5,
		  .pcp_high = 22792,
		  .pcp_batch = 63,
		  .pcp_count = 93172}},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct snapshot *snapshot = read_recorded(rows[i].name, true);
		struct zone_info zone = *zone_of(snapshot, rows[i].zone);

		g_assert_cmpuint(snapshot->zones->len, ==, rows[i].zones);
		g_assert_cmpuint(snapshot->counts->len, ==, rows[i].zones);
		g_assert_cmpint(memcmp(&zone, &rows[i].info, sizeof(zone)), ==, 0);
		/* the files were read one after the other, but nothing was going on */
		g_assert_cmpuint(free_pages(snapshot, 0), ==, zone_of(snapshot, 0)->free);
		snapshot_free(snapshot);
	}
}

/* buddyinfo says how many there are of an order, pagetypeinfo of which types. */
static void test_buddyinfo_alone(void)
{
	struct snapshot *types = read_recorded("mixed-6.1", true);
	struct snapshot *alone = read_recorded("mixed-6.1", false);

	for (unsigned i = 0; i < types->counts->len; i++) {
		const struct zone_counts *x = &g_array_index(types->counts, struct zone_counts, i);
		const struct zone_counts *y = &g_array_index(alone->counts, struct zone_counts, i);

		g_assert_cmpint(memcmp(x->nr_free, y->nr_free, sizeof(x->nr_free)), ==, 0);
		g_assert_cmpuint(y->blocks[LIST_MOVABLE], ==, 0);
		g_assert_cmpuint(x->blocks[LIST_MOVABLE], >, 0);
	}
	snapshot_free(types);
	snapshot_free(alone);
}

static void test_memory_map(void)
{
	struct snapshot *snapshot = read_recorded("kmem-stress-6.18", true);
	struct memory_map *map = snapshot_memory_map(snapshot);

	g_assert_cmpuint(map->zones->len, ==, 3);
	for (unsigned i = 0; i < 3; i++) {
		const struct memory_zone *zone = memory_map_zone(map, i);

		g_assert_cmpuint(memory_zone_present(zone), ==, zone_of(snapshot, i)->present);
		g_assert_cmpuint(zone->managed_pages, ==, zone_of(snapshot, i)->managed);
	}
	/* BIOS below 1 MiB; PCI below 4 GiB */
	g_assert_false(memory_map_present(map, 0x9f, 0xa0));
	g_assert_true(memory_map_present(map, 0x9e, 0x9f));
	g_assert_true(memory_map_present(map, 0x100, 0x101));
	g_assert_true(memory_map_present(map, 0xbffff, 0xc0000));
	g_assert_false(memory_map_present(map, 0xc0000, 0xc0001));
	/* what khugepaged sets for three zones */
	g_assert_cmpuint(map->min_free_kbytes, ==, 67584);
	memory_map_free(map);
	snapshot_free(snapshot);
}

static void test_bad_zoneinfo(void)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"", "no zone has pages"},
		{"hello world\n", "1: expected \"Node N, zone NAME\""},
		{"Node x, zone A\n", "1: expected"},
		{"Node 0, zone A\n present 5\n spanned x\n", "3: field 'spanned'"},
		{"Node 0, zone A\n present 5\n spanned 5\n protection: (0, a)\n", "4: field"},
		{"Node 0, zone A\n present 0\n", "no zone has pages"},
		{"Node 0, zone A\n present 5\n spanned 4\n", "contradict"},
		{"Node 0, zone A\n present 5\n spanned 5\n managed 6\n", "contradict"},
		{"Node 0, zone A\n present 5\n spanned 5\nNode 0, zone B\n present 5\n spanned 5\n "
		 "start_pfn: 4\n",
		 "overlaps"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(parse_zoneinfo(rows[i].text, &error));
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_assert_nonnull(strstr(error->message, rows[i].message));
	}
}

/* Messages name the file. */
static void test_bad_files(void)
{
	static const struct {
		struct snapshot_files files;
		const char *prefix;
		enum kmsim_error code;
	} rows[] = {
		{{"no/such/file", NULL, NULL}, "no/such/file: ", KMSIM_ERROR_IO},
		{{DATA "mixed-6.1.zoneinfo.gz", "no/such/file", NULL},
		 "no/such/file: ",
		 KMSIM_ERROR_IO},
		{{DATA "mixed-6.1.buddyinfo.gz", NULL, NULL},
		 DATA "mixed-6.1.buddyinfo.gz: no zone has pages",
		 KMSIM_ERROR_INPUT},
		{{DATA "mixed-6.1.zoneinfo.gz", NULL, DATA "mixed-6.1.zoneinfo.gz"},
		 DATA "mixed-6.1.zoneinfo.gz:2: ",
		 KMSIM_ERROR_INPUT},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(snapshot_read(&rows[i].files, &error));
		g_assert_error(error, KMSIM_ERROR, (gint)rows[i].code);
		g_assert_true(g_str_has_prefix(error->message, rows[i].prefix));
	}
}

/* Counts of a machine: what they say of zone Normal, and what is wrong with it. */
static void test_other_machine(void)
{
#define DMA_LINE "Node 0, zone DMA 0 0 0 0 0 0 0 0 0 0 0\n"
	static const struct {
		const char *buddyinfo, *message; /* NULL: fits */
	} rows[] = {
		{DMA_LINE "Node 0, zone Normal 4 0 0 0 0 0 0 0 0 0 1\n", NULL},
		{DMA_LINE "Node 0, zone Normal 8 0 0 0 0 0 0 0 0 0 1\n",
		 "zone 'Normal': 1032 free pages, in zoneinfo it has 1028"},
		{DMA_LINE "Node 0, zone Normal 0 0 0 0 0 0 0 0 0 0 18446744073709551615\n",
		 "zone 'Normal': "},
		{DMA_LINE, "no zone 'Normal' of node 0, which zoneinfo has"},
		{DMA_LINE "Node 0, zone Normal 4 0 0 0 0 0 0 0 0 0 1\n"
			  "Node 1, zone Normal 1 0 0 0 0 0 0 0 0 0 0\n",
		 "zone 'Normal' of node 1 is not in zoneinfo"},
	};
#undef DMA_LINE
	static const char zoneinfo[] = "Node 0, zone DMA\n present 8\n spanned 8\n start_pfn: 0\n"
				       "Node 0, zone Normal\n present 1028\n spanned 1028\n"
				       " managed 1028\n start_pfn: 4096\n";
	g_autofree char *folder = g_dir_make_tmp("kmsim-snapshot-XXXXXX", NULL);
	g_autofree char *zones = g_build_filename(folder, "zoneinfo", NULL);
	g_autofree char *buddies = g_build_filename(folder, "buddyinfo", NULL);
	const struct snapshot_files files = {zones, buddies, NULL};

	g_assert_true(g_file_set_contents(zones, zoneinfo, -1, NULL));
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_true(g_file_set_contents(buddies, rows[i].buddyinfo, -1, NULL));
		struct snapshot *snapshot = snapshot_read(&files, &error);

		g_assert_true((snapshot != NULL) == !rows[i].message);
		snapshot_free(snapshot);
		if (!rows[i].message)
			continue;
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_assert_true(g_str_has_prefix(error->message, buddies));
		g_assert_nonnull(strstr(error->message, rows[i].message));
	}
	g_unlink(zones);
	g_unlink(buddies);
	g_rmdir(folder);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/snapshot/recorded", test_recorded);
	g_test_add_func("/snapshot/buddyinfo-alone", test_buddyinfo_alone);
	g_test_add_func("/snapshot/memory-map", test_memory_map);
	g_test_add_func("/snapshot/bad-zoneinfo", test_bad_zoneinfo);
	g_test_add_func("/snapshot/bad-files", test_bad_files);
	g_test_add_func("/snapshot/other-machine", test_other_machine);
	return g_test_run();
}
