// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/zone_count.h"
#include "sim/base/error.h"

#define ORDERS "0 1 2 3 4 5 6 7 8 9 10"

static void assert_orders(const uint64_t *got, const uint64_t *expected)
{
	for (unsigned order = 0; order < MAX_ORDER_DEFAULT; order++)
		g_assert_cmpuint(got[order], ==, expected[order]);
}

static void assert_same(const struct zone_counts *got, const struct zone_counts *expected)
{
	g_assert_cmpuint(got->node, ==, expected->node);
	g_assert_cmpstr(got->name, ==, expected->name);
	assert_orders(got->nr_free, expected->nr_free);
	for (unsigned type = 0; type < LIST_TYPES; type++) {
		assert_orders(got->by_type[type], expected->by_type[type]);
		g_assert_cmpuint(got->blocks[type], ==, expected->blocks[type]);
	}
}

/* What a simulated zone prints is read back the same. */
static void test_round_trip(void)
{
	struct memmap *map = memmap_new(0, 8192);
	struct zone zone;

	memmap_set_zone(map, 0, 8192, 2);
	zone_init(&zone, map, 1, "DMA32", 700, 4700);
	zone_free_boot(&zone, 700, 4700);
	for (unsigned i = 0; i < 40; i++)
		zone_alloc(&zone, i % 4, (enum list_type)(i % 3), false, USE_UNMOVABLE, NULL);

	struct zone_counts counts = zone_count(&zone, 3);
	g_autoptr(GString) buddy = g_string_new(NULL), types = g_string_new(NULL);

	/* the kernel looks at 700, 1212 … 4284: not at the last block, of which 92 pages are here
	 */
	g_assert_cmpuint(counts.blocks[LIST_UNMOVABLE] + counts.blocks[LIST_MOVABLE] +
				 counts.blocks[LIST_RECLAIMABLE],
			 ==, 8);
	g_assert_cmpuint(counts.blocks[LIST_UNMOVABLE], >, 0);
	print_buddyinfo(buddy, &counts, 1);
	print_pagetypeinfo(types, &counts, 1);
	g_autoptr(GArray) from_buddy = parse_buddyinfo(buddy->str, NULL);
	g_autoptr(GArray) from_types = parse_pagetypeinfo(types->str, NULL);

	g_assert_nonnull(from_buddy);
	g_assert_nonnull(from_types);
	g_assert_cmpuint(from_buddy->len, ==, 1);
	assert_same(&g_array_index(from_types, struct zone_counts, 0), &counts);
	g_assert_cmpstr(g_array_index(from_buddy, struct zone_counts, 0).name, ==, "DMA32");
	assert_orders(g_array_index(from_buddy, struct zone_counts, 0).nr_free, counts.nr_free);
	zone_clear(&zone);
	memmap_free(map);
}

/* What other kernels print: CMA, a capped walk, the table of mixed blocks; other white space. */
static void test_foreign(void)
{
	static const char text[] = "Page block order: 9\r\n"
				   "Pages per block:  512\r\n"
				   "\n"
				   "Free pages count per migrate type at order " ORDERS "\n"
				   "Node 1, zone Normal, type Movable >100000 1 0 0 0 0 0 0 0 0 7\n"
				   "Node 1, zone Normal, type CMA 5 0 0 0 0 0 0 0 0 0 3\n"
				   "\n"
				   "Number of blocks type Unmovable Movable Reclaimable CMA\n"
				   "Node 1, zone Normal 1 2 3 4\n"
				   "Number of mixed blocks Unmovable Movable Reclaimable CMA\n"
				   "Node 1, zone Normal 9 9 9 9\n";
	g_autoptr(GArray) zones = parse_pagetypeinfo(text, NULL);

	g_assert_nonnull(zones);
	g_assert_cmpuint(zones->len, ==, 1);
	const struct zone_counts *zone = &g_array_index(zones, struct zone_counts, 0);

	g_assert_cmpuint(zone->node, ==, 1);
	g_assert_cmpstr(zone->name, ==, "Normal");
	g_assert_cmpuint(zone->by_type[LIST_MOVABLE][0], ==, 100005);
	g_assert_cmpuint(zone->nr_free[10], ==, 10);
	g_assert_cmpuint(zone->blocks[LIST_MOVABLE], ==, 6);
	g_assert_cmpuint(zone->blocks[LIST_RECLAIMABLE], ==, 3);
}

static void test_bad(void)
{
	static const struct {
		GArray *(*parse)(const char *text, GError **error);
		const char *text, *message;
	} rows[] = {
		{parse_buddyinfo, "", "no zones"},
		{parse_buddyinfo, "hello\n", "1: no line of buddyinfo"},
		{parse_buddyinfo, "\nNode 0, zone Normal 1 2 3\n", "2: 3 counts, should be 11"},
		{parse_buddyinfo, "Node 0, zone Normal 1 2 3 4 5 6 x 8 9 10 11\n",
		 "1: \"x\" is no count"},
		{parse_buddyinfo, "Node 0, zone NormalNormalNormal " ORDERS "\n",
		 "1: no line of buddyinfo"},
		{parse_pagetypeinfo, "Page block order: 10\n",
		 "1: pageblocks of order 9 are modelled, the recorded machine has others"},
		{parse_pagetypeinfo, "Node 0, zone Normal, type Strange " ORDERS "\n",
		 "1: unknown migratetype"},
		{parse_pagetypeinfo, "Number of blocks type Strange\n",
		 "1: unknown migratetype Strange"},
		{parse_pagetypeinfo, "Number of blocks type CMA CMA CMA CMA CMA CMA CMA\n",
		 "1: unknown migratetype CMA"},
		{parse_pagetypeinfo, "Node 0, zone Normal 1 2\n", "1: 2 counts, should be 0"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(rows[i].parse(rows[i].text, &error));
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_assert_cmpstr(error->message, ==, rows[i].message);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/zone-counts/round-trip", test_round_trip);
	g_test_add_func("/zone-counts/foreign", test_foreign);
	g_test_add_func("/zone-counts/bad", test_bad);
	return g_test_run();
}
