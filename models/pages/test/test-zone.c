// SPDX-License-Identifier: GPL-2.0-or-later
/* The buddy allocator against a naive one, and its invariants on random runs. */
#include "models/pages/zone.h"

#include "sim/base/rng.h"

#define START UINT64_C(300) /* neither end is aligned */
#define END   UINT64_C(7777)

/* --- a naive buddy: lists are arrays, one type, no fallback ----------------------------- */

struct naive {
	GArray *list[MAX_ORDER_NR]; /* head first */
};

static void naive_init(struct naive *naive)
{
	for (unsigned order = 0; order < MAX_ORDER_NR; order++)
		naive->list[order] = g_array_new(FALSE, FALSE, sizeof(uint64_t));
}

static void naive_clear(struct naive *naive)
{
	for (unsigned order = 0; order < MAX_ORDER_NR; order++)
		g_array_unref(naive->list[order]);
}

static bool naive_find(const struct naive *naive, uint64_t pfn, unsigned order, unsigned *at)
{
	for (*at = 0; *at < naive->list[order]->len; (*at)++) {
		if (g_array_index(naive->list[order], uint64_t, *at) == pfn)
			return true;
	}
	return false;
}

static uint64_t naive_alloc(struct naive *naive, unsigned order)
{
	unsigned from = order;

	while (from < MAX_ORDER_NR && !naive->list[from]->len)
		from++;
	if (from == MAX_ORDER_NR)
		return PFN_NONE;
	uint64_t pfn = g_array_index(naive->list[from], uint64_t, 0);

	g_array_remove_index(naive->list[from], 0);
	while (from-- > order) {
		uint64_t upper = pfn + (UINT64_C(1) << from);

		g_array_prepend_val(naive->list[from], upper);
	}
	return pfn;
}

static void naive_free(struct naive *naive, uint64_t pfn, unsigned order)
{
	unsigned at;

	while (order < MAX_ORDER_NR - 1 &&
	       naive_find(naive, pfn ^ (UINT64_C(1) << order), order, &at)) {
		g_array_remove_index(naive->list[order], at);
		pfn &= ~(UINT64_C(1) << order++);
	}
	uint64_t pair = pfn & ~(UINT64_C(1) << order);

	if (order < PAGEBLOCK_ORDER && pair >= START && pair < END &&
	    naive_find(naive, pair ^ (UINT64_C(2) << order), order + 1, &at))
		g_array_append_val(naive->list[order], pfn);
	else
		g_array_prepend_val(naive->list[order], pfn);
}

/* --- what both are asked --------------------------------------------------------------- */

struct live {
	uint64_t pfn;
	unsigned order;
};

struct fixture {
	struct memmap *map;
	struct zone zone;
	struct rng rng;
	GArray *live;
	uint8_t owned[END]; /* pages handed out */
	uint64_t live_pages;
};

static struct fixture *fixture_new(const char *name)
{
	struct fixture *f = g_new0(struct fixture, 1);

	f->map = memmap_new(START & ~UINT64_C(1023), (END + 1023) & ~UINT64_C(1023));
	zone_init(&f->zone, f->map, 1, "Normal", START, END);
	zone_free_boot(&f->zone, START, END);
	f->zone.watermark_high = 174;
	f->zone.watermark_boost_factor = 15000;
	f->live = g_array_new(FALSE, FALSE, sizeof(struct live));
	rng_init(&f->rng, 5, name);
	return f;
}

static void fixture_free(struct fixture *f)
{
	g_array_unref(f->live);
	zone_clear(&f->zone);
	memmap_free(f->map);
	g_free(f);
}

static void assert_sound(const struct fixture *f)
{
	g_autofree char *message = zone_check(&f->zone);

	g_assert_cmpstr(message, ==, NULL);
	g_assert_cmpuint(f->zone.free_pages + f->live_pages, ==, END - START);
}

/* Nobody else may have a page of it. */
static void own(struct fixture *f, uint64_t pfn, unsigned order)
{
	struct live live = {pfn, order};

	for (uint64_t i = pfn; i < pfn + (UINT64_C(1) << order); i++) {
		g_assert_false(f->owned[i]);
		f->owned[i] = true;
	}
	f->live_pages += UINT64_C(1) << order;
	g_array_append_val(f->live, live);
}

static struct live disown(struct fixture *f, unsigned i)
{
	struct live live = g_array_index(f->live, struct live, i);

	g_array_remove_index_fast(f->live, i);
	f->live_pages -= UINT64_C(1) << live.order;
	for (uint64_t p = live.pfn; p < live.pfn + (UINT64_C(1) << live.order); p++)
		f->owned[p] = false;
	return live;
}

/* Fuller for a while, then emptier. */
static bool wants_alloc(struct fixture *f, unsigned round)
{
	return !f->live->len || rng_below(&f->rng, 100) < (round / 4000 % 2 ? 30 : 60);
}

/* Small orders more often; all of them. */
static unsigned random_order(struct fixture *f)
{
	return (unsigned)rng_below(&f->rng, 1 + rng_below(&f->rng, MAX_ORDER_NR));
}

static void assert_same_lists(const struct fixture *f, const struct naive *naive)
{
	for (unsigned order = 0; order < MAX_ORDER_NR; order++) {
		uint64_t pfn = f->zone.area[order].list[LIST_MOVABLE].head;

		for (unsigned i = 0; i < naive->list[order]->len; i++) {
			g_assert_cmpuint(pfn, ==, g_array_index(naive->list[order], uint64_t, i));
			pfn = free_list_next(f->map, pfn);
		}
		g_assert_cmpuint(pfn, ==, PFN_NONE);
	}
}

static void naive_boot(struct naive *naive)
{
	for (uint64_t pfn = START; pfn < END;) {
		unsigned order = 0;

		while (order < MAX_ORDER_NR - 1 && !(pfn & (UINT64_C(1) << order)) &&
		       pfn + (UINT64_C(2) << order) <= END)
			order++;
		naive_free(naive, pfn, order);
		pfn += UINT64_C(1) << order;
	}
}

/* Same pages, same lists in the same order, after every op. */
static void test_naive(void)
{
	struct fixture *f = fixture_new("naive");
	struct naive naive;

	naive_init(&naive);
	naive_boot(&naive);
	assert_same_lists(f, &naive);
	for (unsigned round = 0; round < 16000; round++) {
		if (wants_alloc(f, round)) {
			unsigned order = random_order(f);
			uint64_t pfn =
				zone_alloc(&f->zone, order, LIST_MOVABLE, false, USE_LRU, NULL);

			g_assert_cmpuint(pfn, ==, naive_alloc(&naive, order));
			if (pfn != PFN_NONE)
				own(f, pfn, order);
		} else {
			struct live live = disown(f, (unsigned)rng_below(&f->rng, f->live->len));

			zone_free(&f->zone, live.pfn, live.order, LIST_MOVABLE);
			naive_free(&naive, live.pfn, live.order);
		}
		assert_same_lists(f, &naive);
		assert_sound(f);
	}
	naive_clear(&naive);
	fixture_free(f);
}

/* --- all types, with fallbacks --------------------------------------------------------- */

static void assert_fallbacks(const struct alloc_trace *trace, unsigned order, enum list_type type,
			     bool nofrag)
{
	for (unsigned i = 0; i < MIN(trace->n_fallbacks, MAX_FALLBACKS); i++) {
		const struct fallback *fallback = &trace->fallback[i];

		g_assert_cmpuint(fallback->fallback_order, >=, nofrag ? PAGEBLOCK_ORDER : order);
		g_assert_cmpint(fallback->alloc_type, ==, type);
		g_assert_cmpint(fallback->fallback_type, !=, type);
	}
}

static void typed_alloc(struct fixture *f)
{
	enum list_type type = (enum list_type)rng_below(&f->rng, 3);
	bool nofrag = rng_below(&f->rng, 4) == 0;
	unsigned order = random_order(f);
	struct alloc_trace trace = {0};
	uint64_t pfn = zone_alloc(&f->zone, order, type, nofrag,
				  type == LIST_MOVABLE ? USE_LRU : USE_UNMOVABLE, &trace);

	assert_fallbacks(&trace, order, type, nofrag);
	if (pfn == PFN_NONE)
		return;
	g_assert_cmpuint(pfn & ((UINT64_C(1) << order) - 1), ==, 0);
	own(f, pfn, order);
}

/* Pages conserved, on one list at most, buddies never both free, after every op. */
static void test_types(void)
{
	struct fixture *f = fixture_new("types");

	for (unsigned round = 0; round < 16000; round++) {
		if (wants_alloc(f, round)) {
			typed_alloc(f);
		} else {
			struct live live = disown(f, (unsigned)rng_below(&f->rng, f->live->len));

			zone_free(&f->zone, live.pfn, live.order, block_type(f->map, live.pfn));
		}
		assert_sound(f);
	}
	while (f->live->len) {
		struct live live = disown(f, f->live->len - 1);

		zone_free(&f->zone, live.pfn, live.order, block_type(f->map, live.pfn));
	}
	assert_sound(f);
	g_assert_cmpuint(f->zone.free_pages, ==, END - START);
	g_assert_cmpuint(f->zone.area[MAX_ORDER_NR - 1].nr_free, ==, 6);
	g_assert_cmpuint(f->zone.watermark_boost, <=, 512);
	fixture_free(f);
}

/* --- blocks that are isolated or kept for atomic requests ------------------------------ */

/* An isolated block does not merge with its free neighbour. */
static void test_isolated(void)
{
	struct fixture *f = fixture_new("isolated");
	uint64_t pfn = PFN_NONE;

	do
		pfn = zone_alloc(&f->zone, 9, LIST_MOVABLE, false, USE_LRU, NULL);
	while (pfn != 4 * PAGEBLOCK_PAGES);
	block_set_type(f->map, pfn, LIST_ISOLATE);
	zone_free(&f->zone, pfn, 9, block_type(f->map, pfn));
	g_assert_cmpuint(page_order(f->map, pfn), ==, 9);
	g_assert_cmpint(page_list_type(f->map, pfn), ==, LIST_ISOLATE);
	g_assert_true(page_is_buddy(f->map, 5 * PAGEBLOCK_PAGES));
	g_autofree char *message = zone_check(&f->zone);

	g_assert_cmpstr(message, ==, NULL);
	fixture_free(f);
}

static void test_highatomic(void)
{
	struct fixture *f = fixture_new("highatomic");
	struct alloc_trace trace = {0};

	g_assert_cmpuint(zone_alloc_highatomic(&f->zone, 1, USE_UNMOVABLE, NULL), ==, PFN_NONE);
	block_set_type(f->map, 1024, LIST_HIGHATOMIC);
	zone_move(&f->zone, 1024, LIST_HIGHATOMIC);
	g_assert_cmpuint(zone_alloc_highatomic(&f->zone, 1, USE_UNMOVABLE, &trace), ==, 1024);
	g_assert_cmpuint(trace.splits, ==, 9);
	/* no other request gets there */
	while (zone_alloc(&f->zone, 0, LIST_UNMOVABLE, false, USE_UNMOVABLE, NULL) != PFN_NONE)
		;
	g_assert_cmpuint(f->zone.free_pages, ==, 1022);
	g_assert_cmpuint(zone_alloc_highatomic(&f->zone, 9, USE_UNMOVABLE, NULL), ==, 1536);
	fixture_free(f);
}

/* zone_check() finds what is wrong. */
static void assert_unsound(struct zone *zone)
{
	g_autofree char *message = zone_check(zone);

	g_assert_nonnull(message);
}

static void test_check(void)
{
	struct fixture *f = fixture_new("check");

	f->zone.free_pages++;
	assert_unsound(&f->zone);
	f->zone.free_pages--;
	f->zone.area[3].nr_free++;
	assert_unsound(&f->zone);
	f->zone.area[3].nr_free--;
	assert_sound(f);
	zone_take(&f->zone, 1024, USE_LRU);
	zone_place(&f->zone, 1024, 9, LIST_MOVABLE, true);
	f->live_pages = 512;
	assert_sound(f);
	zone_place(&f->zone, 1536, 9, LIST_MOVABLE, true); /* the buddy, unmerged */
	assert_unsound(&f->zone);
	fixture_free(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/zone/naive", test_naive);
	g_test_add_func("/zone/types", test_types);
	g_test_add_func("/zone/isolated", test_isolated);
	g_test_add_func("/zone/highatomic", test_highatomic);
	g_test_add_func("/zone/check", test_check);
	return g_test_run();
}
