// SPDX-License-Identifier: GPL-2.0-or-later
/* Per-CPU lists: sizes, order of refills and drains, types; conservation on random runs. */
#include "models/pages/pcp.h"

#include "sim/base/rng.h"

#define END UINT64_C(8192)

struct fixture {
	struct memmap *map;
	struct zone zone;
	struct pcp pcp;
	GArray *drained; /* pfns, in order */
	enum list_type last_type;
};

static void note_page(void *data, uint64_t pfn, enum list_type type, unsigned merges)
{
	struct fixture *f = data;

	(void)merges;
	f->last_type = type;
	g_array_append_val(f->drained, pfn);
}

static struct pcp_drain noted(struct fixture *f)
{
	return (struct pcp_drain){note_page, f};
}

static void fixture_init(struct fixture *f, unsigned high, unsigned batch)
{
	f->map = memmap_new(0, END);
	zone_init(&f->zone, f->map, 0, "Normal", 0, END);
	zone_free_boot(&f->zone, 0, END);
	pcp_init(&f->pcp, &f->zone, high, batch);
	f->drained = g_array_new(FALSE, FALSE, sizeof(uint64_t));
}

static void fixture_clear(struct fixture *f)
{
	g_array_unref(f->drained);
	pcp_clear(&f->pcp);
	zone_clear(&f->zone);
	memmap_free(f->map);
}

static void test_sizes(void)
{
	static const struct {
		uint64_t managed;
		unsigned high, batch;
	} rows[] = {
		{0, 0, 1},	   {3840, 0, 1},      {8192, 6 * 1, 1},	  {65536, 6 * 15, 15},
		{262144, 378, 63}, {772917, 378, 63}, {1 << 28, 378, 63},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		unsigned high, batch;

		pcp_sizes(rows[i].managed, &high, &batch);
		g_assert_cmpuint(high, ==, rows[i].high);
		g_assert_cmpuint(batch, ==, rows[i].batch);
	}
}

/* A refill is handed out in the order the zone gave it; a page just freed comes first. */
static void test_order(void)
{
	struct fixture f = {0};
	unsigned refilled;

	fixture_init(&f, 24, 4);
	for (uint64_t i = 0; i < 4; i++) {
		g_assert_cmpuint(pcp_alloc(&f.pcp, LIST_MOVABLE, false, USE_LRU, &refilled, NULL),
				 ==, 7168 + i);
		g_assert_cmpuint(refilled, ==, i ? 0 : 4);
	}
	g_assert_cmpint(page_use(f.map, 7170), ==, USE_LRU);
	g_assert_cmpuint(pcp_free(&f.pcp, 7170, NULL), ==, 0);
	g_assert_cmpint(page_use(f.map, 7170), ==, USE_PCP);
	g_assert_cmpuint(pcp_free(&f.pcp, 7168, NULL), ==, 0);
	g_assert_cmpuint(pcp_alloc(&f.pcp, LIST_MOVABLE, false, USE_LRU, &refilled, NULL), ==,
			 7168);
	g_assert_cmpuint(f.pcp.count, ==, 1);
	g_assert_cmpuint(f.zone.free_pages, ==, END - 4);
	fixture_clear(&f);
}

/* Take @n pages of a type off the buddy lists, then free them to the CPU's list. */
static void fill(struct fixture *f, enum list_type type, uint64_t first, uint64_t n)
{
	block_set_type(f->map, first, type);
	for (uint64_t pfn = first; pfn < first + n; pfn++)
		pcp_free(&f->pcp, pfn, NULL);
}

static void assert_drained(const struct fixture *f, const uint64_t *pfns, unsigned n)
{
	g_assert_cmpuint(f->drained->len, ==, n);
	for (unsigned i = 0; i < n; i++)
		g_assert_cmpuint(g_array_index(f->drained, uint64_t, i), ==, pfns[i]);
}

/*
 * Worked out by hand. Three unmovable pages 0 1 2, three movable 512 513 514, none reclaimable:
 * one from the second list; the third is empty, so two from the first; one; two, of which one is
 * there and the other is left over.
 */
static void test_drain(void)
{
	static const uint64_t order[] = {512, 0, 1, 513, 2, 514};
	struct fixture f = {0};
	struct pcp_drain drain = noted(&f);

	fixture_init(&f, 100, 50);
	zone_take(&f.zone, 0, USE_UNMOVABLE);
	fill(&f, LIST_UNMOVABLE, 0, 3);
	fill(&f, LIST_MOVABLE, 512, 3);
	pcp_drain(&f.pcp, 5, &drain);
	assert_drained(&f, order, 5);
	g_assert_cmpuint(f.pcp.count, ==, 1);
	pcp_drain(&f.pcp, f.pcp.count, &drain);
	assert_drained(&f, order, 6);
	g_assert_cmpuint(f.zone.free_pages, ==, END - 1024 + 6);
	fixture_clear(&f);
}

/* At "high" pages a batch leaves, oldest first; one list alone gives it all. */
static void test_high(void)
{
	static const uint64_t order[] = {0, 1, 2, 3};
	struct fixture f = {0};
	struct pcp_drain drain = noted(&f);

	fixture_init(&f, 6, 4);
	zone_take(&f.zone, 0, USE_LRU);
	fill(&f, LIST_MOVABLE, 0, 5);
	g_assert_cmpuint(f.pcp.count, ==, 5);
	g_assert_cmpuint(pcp_free(&f.pcp, 5, &drain), ==, 4);
	assert_drained(&f, order, 4);
	g_assert_cmpuint(f.pcp.count, ==, 2);
	fixture_clear(&f);
}

/* The type of the block when the page was freed decides, not that of the drain. */
static void test_types(void)
{
	struct fixture f = {0};
	struct pcp_drain drain = noted(&f);
	unsigned refilled;

	fixture_init(&f, 100, 4);
	zone_take(&f.zone, 0, USE_LRU);
	fill(&f, LIST_HIGHATOMIC, 0, 1);
	g_assert_cmpuint(f.pcp.list[LIST_MOVABLE].n, ==, 1);
	block_set_type(f.map, 0, LIST_MOVABLE);
	pcp_drain(&f.pcp, 1, &drain);
	g_assert_cmpint(f.last_type, ==, LIST_HIGHATOMIC);
	g_assert_cmpint(page_list_type(f.map, 0), ==, LIST_HIGHATOMIC);

	block_set_type(f.map, 512, LIST_ISOLATE);
	g_assert_cmpuint(pcp_free(&f.pcp, 512, &drain), ==, 1);
	g_assert_cmpuint(f.pcp.count, ==, 0);
	g_assert_cmpint(page_list_type(f.map, 512), ==, LIST_ISOLATE);

	/* pages got by a fallback are on the list of the type asked for */
	g_assert_cmpuint(pcp_alloc(&f.pcp, LIST_RECLAIMABLE, false, USE_UNMOVABLE, &refilled, NULL),
			 !=, PFN_NONE);
	g_assert_cmpuint(f.pcp.list[LIST_RECLAIMABLE].n, ==, 3);
	fixture_clear(&f);
}

static void assert_sound(const struct fixture *f, uint64_t live)
{
	g_autofree char *message = zone_check(&f->zone);

	g_assert_cmpstr(message, ==, NULL);
	g_assert_cmpuint(f->pcp.count, ==, f->pcp.list[0].n + f->pcp.list[1].n + f->pcp.list[2].n);
	g_assert_cmpuint(f->zone.free_pages + f->pcp.count + live, ==, END);
}

static void test_random(void)
{
	struct fixture f = {0};
	g_autoptr(GArray) live = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	struct rng rng;
	unsigned refilled;

	fixture_init(&f, 90, 15);
	rng_init(&rng, 9, "pcp");
	for (unsigned round = 0; round < 20000; round++) {
		if (!live->len || rng_below(&rng, 100) < (round / 9000 % 2 ? 10 : 96)) {
			enum list_type type = (enum list_type)rng_below(&rng, 3);
			uint64_t pfn =
				pcp_alloc(&f.pcp, type, false, USE_UNMOVABLE, &refilled, NULL);

			if (pfn != PFN_NONE)
				g_array_append_val(live, pfn);
			g_assert_true(pfn == PFN_NONE || page_use(f.map, pfn) == USE_UNMOVABLE);
		} else {
			unsigned i = (unsigned)rng_below(&rng, live->len);

			pcp_free(&f.pcp, g_array_index(live, uint64_t, i), NULL);
			g_array_remove_index_fast(live, i);
		}
		if (round % 16 == 0)
			assert_sound(&f, live->len);
	}
	while (live->len) {
		pcp_free(&f.pcp, g_array_index(live, uint64_t, live->len - 1), NULL);
		g_array_remove_index(live, live->len - 1);
	}
	pcp_drain(&f.pcp, f.pcp.count, NULL);
	assert_sound(&f, 0);
	g_assert_cmpuint(f.zone.area[MAX_ORDER_NR - 1].nr_free, ==, END / 1024);
	fixture_clear(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pcp/sizes", test_sizes);
	g_test_add_func("/pcp/order", test_order);
	g_test_add_func("/pcp/drain", test_drain);
	g_test_add_func("/pcp/high", test_high);
	g_test_add_func("/pcp/types", test_types);
	g_test_add_func("/pcp/random", test_random);
	return g_test_run();
}
