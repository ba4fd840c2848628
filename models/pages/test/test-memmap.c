// SPDX-License-Identifier: GPL-2.0-or-later
/* Page frames and free lists against plain arrays. */
#include "models/pages/memmap.h"

#include "sim/base/rng.h"

#define START	 UINT64_C(4173) /* in the middle of a chunk of the largest order */
#define PAGES	 UINT64_C(9000)
#define N_LISTS	 (MAX_ORDER_NR * LIST_TYPES)
#define INSIDE	 (-2)
#define ALLOTTED (-1)

/* The model: for each page the list it heads a chunk of, and the lists as arrays. */
struct plain {
	struct memmap *map;
	struct free_list list[N_LISTS];
	GArray *pfns[N_LISTS];
	int state[PAGES];	  /* list number of a head, INSIDE or ALLOTTED */
	enum page_use use[PAGES]; /* of allotted ones */
	struct rng rng;
};

static void plain_init(struct plain *plain, const char *name)
{
	plain->map = memmap_new(START, START + PAGES);
	rng_init(&plain->rng, 1, name);
	for (unsigned i = 0; i < N_LISTS; i++) {
		plain->list[i] = (struct free_list){PFN_NONE, PFN_NONE, 0};
		plain->pfns[i] = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	}
	for (unsigned i = 0; i < PAGES; i++) {
		plain->state[i] = ALLOTTED;
		plain->use[i] = USE_RESERVED;
	}
}

static void plain_clear(struct plain *plain)
{
	for (unsigned i = 0; i < N_LISTS; i++)
		g_array_unref(plain->pfns[i]);
	memmap_free(plain->map);
}

static uint64_t pfn_at(const struct plain *plain, unsigned list, unsigned i)
{
	return g_array_index(plain->pfns[list], uint64_t, i);
}

static unsigned position(const struct plain *plain, unsigned list, uint64_t pfn)
{
	unsigned i = 0;

	while (pfn_at(plain, list, i) != pfn)
		i++;
	return i;
}

static void assert_list(const struct plain *plain, unsigned list)
{
	const struct memmap *map = plain->map;
	uint64_t prev = PFN_NONE, pfn = plain->list[list].head;

	for (unsigned i = 0; i < plain->pfns[list]->len; i++) {
		g_assert_cmpuint(pfn, ==, pfn_at(plain, list, i));
		g_assert_cmpuint(free_list_prev(map, pfn), ==, prev);
		prev = pfn;
		pfn = free_list_next(map, pfn);
	}
	g_assert_cmpuint(pfn, ==, PFN_NONE);
	g_assert_cmpuint(plain->list[list].tail, ==, prev);
}

/* Every page answers every question, whatever it holds. */
static void assert_pages(const struct plain *plain)
{
	for (uint64_t i = 0; i < PAGES; i++) {
		int state = plain->state[i];
		uint64_t pfn = START + i;

		g_assert_cmpint(page_is_buddy(plain->map, pfn), ==, state >= 0);
		g_assert_cmpint(page_use(plain->map, pfn), ==,
				state == ALLOTTED ? plain->use[i] : USE_UNMOVABLE);
		if (state < 0)
			continue;
		g_assert_cmpuint(page_order(plain->map, pfn), ==, (unsigned)state / LIST_TYPES);
		g_assert_cmpuint(page_list_type(plain->map, pfn), ==, (unsigned)state % LIST_TYPES);
	}
}

/* Two bytes a page, 16 a block, 16 a small chunk but for a few kept ready in each block. */
static void assert_small(const struct plain *plain)
{
	uint64_t small = 0, bytes = memmap_bytes(plain->map);
	uint64_t blocks = PAGES / PAGEBLOCK_PAGES + 4, frames = blocks * PAGEBLOCK_PAGES;

	for (unsigned i = 0; i < 2 * LIST_TYPES; i++)
		small += plain->pfns[i]->len;
	g_assert_cmpuint(bytes, <=, 2 * frames + 16 * blocks + 16 * small + 128 * blocks + 256);
}

static bool is_allotted(const struct plain *plain, uint64_t pfn, uint64_t n)
{
	if (pfn < START || pfn + n > START + PAGES)
		return false;
	for (uint64_t i = pfn - START; i < pfn - START + n; i++) {
		if (plain->state[i] != ALLOTTED)
			return false;
	}
	return true;
}

static unsigned add(struct plain *plain, uint64_t pfn, unsigned order)
{
	enum list_type type = (enum list_type)rng_below(&plain->rng, LIST_TYPES);
	unsigned list = order * LIST_TYPES + type;

	if (rng_below(&plain->rng, 2)) {
		free_list_add_head(plain->map, &plain->list[list], pfn, order, type);
		g_array_prepend_val(plain->pfns[list], pfn);
	} else {
		free_list_add_tail(plain->map, &plain->list[list], pfn, order, type);
		g_array_append_val(plain->pfns[list], pfn);
	}
	for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
		plain->state[pfn - START + i] = i ? INSIDE : (int)list;
	return list;
}

static void del(struct plain *plain, unsigned list, uint64_t pfn)
{
	enum page_use use = (enum page_use)rng_below(&plain->rng, PAGE_USES);

	free_list_del(plain->map, &plain->list[list], pfn, use);
	g_array_remove_index(plain->pfns[list], position(plain, list, pfn));
	for (uint64_t i = 0; i < UINT64_C(1) << (list / LIST_TYPES); i++) {
		plain->state[pfn - START + i] = ALLOTTED;
		plain->use[pfn - START + i] = use;
	}
}

static void rotate(struct plain *plain, unsigned list, uint64_t pfn, bool behind)
{
	unsigned n = position(plain, list, pfn) + behind;

	if (behind)
		free_list_rotate_behind(plain->map, &plain->list[list], pfn);
	else
		free_list_rotate_to(plain->map, &plain->list[list], pfn);
	for (unsigned i = 0; i < n; i++) {
		uint64_t first = pfn_at(plain, list, 0);

		g_array_remove_index(plain->pfns[list], 0);
		g_array_append_val(plain->pfns[list], first);
	}
}

static void step(struct plain *plain, uint64_t del_of_4)
{
	uint64_t pfn = START + rng_below(&plain->rng, PAGES);
	int list = plain->state[pfn - START];

	if (list >= 0) {
		uint64_t what = rng_below(&plain->rng, 4);

		if (what < del_of_4)
			del(plain, (unsigned)list, pfn);
		else
			rotate(plain, (unsigned)list, pfn, what & 1);
	} else {
		unsigned order = (unsigned)rng_below(&plain->rng, MAX_ORDER_NR);

		pfn &= ~((UINT64_C(1) << order) - 1);
		if (!is_allotted(plain, pfn, UINT64_C(1) << order))
			return;
		list = (int)add(plain, pfn, order);
	}
	assert_list(plain, (unsigned)list);
}

static void assert_all(const struct plain *plain)
{
	for (unsigned list = 0; list < N_LISTS; list++)
		assert_list(plain, list);
	assert_pages(plain);
	assert_small(plain);
}

/* Fuller and emptier in turn, all orders and lists, the touched list after every step. */
static void test_random(void)
{
	struct plain *plain = g_new0(struct plain, 1);

	plain_init(plain, "memmap");
	for (unsigned round = 0; round < 60000; round++) {
		step(plain, round / 10000 % 2 ? 3 : 1);
		if (round % 500 == 0)
			assert_all(plain);
	}
	for (unsigned list = 0; list < N_LISTS; list++) {
		while (plain->pfns[list]->len)
			del(plain, list, pfn_at(plain, list, plain->pfns[list]->len / 2));
	}
	assert_all(plain);
	plain_clear(plain);
	g_free(plain);
}

/* Whole blocks of single pages, buddies next to each other: as many slots as a block has pages. */
static void test_single_pages(void)
{
	struct plain *plain = g_new0(struct plain, 1);

	plain_init(plain, "single");
	for (uint64_t i = 0; i < PAGES; i++)
		add(plain, START + (i * 7919) % PAGES, 0);
	assert_all(plain);
	for (uint64_t i = 0; i < PAGES; i++) {
		uint64_t pfn = START + (i * 104729) % PAGES;

		if (i % 8)
			del(plain, (unsigned)plain->state[pfn - START], pfn);
	}
	assert_all(plain);
	plain_clear(plain);
	g_free(plain);
}

/* 1 TiB: links reach from one end to the other, of chunks with the least room for them, too. */
static void test_far(void)
{
	const uint64_t end = UINT64_C(1) << 28, start = end - 1024;
	struct memmap *map = memmap_new(0, end);

	for (unsigned order = 0; order < MAX_ORDER_NR; order++) {
		struct free_list list = {PFN_NONE, PFN_NONE, 0};

		free_list_add_head(map, &list, 0, order, LIST_MOVABLE);
		free_list_add_tail(map, &list, start, order, LIST_MOVABLE);
		free_list_add_tail(map, &list, 1024, order, LIST_MOVABLE);
		g_assert_cmpuint(free_list_next(map, 0), ==, start);
		g_assert_cmpuint(free_list_next(map, start), ==, 1024);
		g_assert_cmpuint(free_list_prev(map, 1024), ==, start);
		g_assert_cmpuint(free_list_prev(map, start), ==, 0);
		free_list_del(map, &list, start, USE_LRU);
		g_assert_cmpuint(free_list_next(map, 0), ==, 1024);
		free_list_del(map, &list, 0, USE_LRU);
		free_list_del(map, &list, 1024, USE_LRU);
		g_assert_cmpuint(list.head, ==, PFN_NONE);
		g_assert_cmpuint(list.tail, ==, PFN_NONE);
	}
	memmap_free(map);
}

static void test_bounds(void)
{
	struct memmap *map = memmap_new(1000, 5000);

	memmap_punch(map, 2048, 3072);
	g_assert_false(memmap_valid(map, 0));
	g_assert_false(memmap_valid(map, 999));
	g_assert_true(memmap_valid(map, 1000));
	g_assert_true(memmap_valid(map, 2047));
	g_assert_false(memmap_valid(map, 2048));
	g_assert_false(memmap_valid(map, 3071));
	g_assert_true(memmap_valid(map, 3072));
	g_assert_true(memmap_valid(map, 4999));
	g_assert_false(memmap_valid(map, 5000));
	g_assert_false(memmap_valid(map, PFN_NONE));
	for (uint64_t pfn = 0; pfn < 6000; pfn++) {
		g_assert_false(page_is_buddy(map, pfn));
		g_assert_cmpint(page_use(map, pfn), ==, USE_RESERVED);
		g_assert_false(page_on_lru(map, pfn));
	}
	memmap_free(map);
}

/* A zone's edge within a block, and zones one over the other: the later one counts. */
static void test_zones(void)
{
	struct memmap *map = memmap_new(0, 8192);

	memmap_set_zone(map, 1, 3999, 1);
	memmap_set_zone(map, 3999, 6000, 2);
	memmap_set_zone(map, 4096, 4608, 3);
	for (uint64_t pfn = 0; pfn < 8192; pfn++) {
		unsigned zone = pfn < 1 ? 0 : pfn < 3999 ? 1 : pfn < 6000 ? 2 : 0;

		if (pfn >= 4096 && pfn < 4608)
			zone = 3;
		g_assert_cmpuint(memmap_zone(map, pfn), ==, zone);
	}
	memmap_free(map);
}

static void test_blocks(void)
{
	struct memmap *map = memmap_new(100, 2000);

	g_assert_cmpint(block_type(map, 100), ==, LIST_MOVABLE);
	block_set_type(map, 700, LIST_ISOLATE);
	block_set_skip(map, 1023, true);
	g_assert_cmpint(block_type(map, 511), ==, LIST_MOVABLE);
	g_assert_cmpint(block_type(map, 512), ==, LIST_ISOLATE);
	g_assert_cmpint(block_type(map, 1023), ==, LIST_ISOLATE);
	g_assert_true(block_skip(map, 512));
	g_assert_false(block_skip(map, 1024));
	block_set_skip(map, 600, false);
	g_assert_false(block_skip(map, 512));
	g_assert_cmpint(block_type(map, 512), ==, LIST_ISOLATE);
	memmap_free(map);
}

static void test_compound(void)
{
	struct memmap *map = memmap_new(0, 4096);

	page_set_use(map, 0, 4096, USE_UNMOVABLE);
	page_set_compound(map, 1024, 10, USE_COMPOUND_LRU);
	page_set_compound(map, 2048, 3, USE_COMPOUND);
	page_set_use(map, 3000, 1, USE_LRU_PINNED);
	g_assert_cmpuint(page_order(map, 1024), ==, 10);
	g_assert_cmpuint(page_order(map, 2048), ==, 3);
	g_assert_cmpint(page_use(map, 1024), ==, USE_COMPOUND_LRU);
	g_assert_cmpint(page_use(map, 2047), ==, USE_TAIL);
	for (uint64_t pfn = 0; pfn < 4096; pfn++)
		g_assert_cmpint(page_on_lru(map, pfn), ==,
				(pfn >= 1024 && pfn < 2048) || pfn == 3000);
	memmap_free(map);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/memmap/random", test_random);
	g_test_add_func("/memmap/single-pages", test_single_pages);
	g_test_add_func("/memmap/far", test_far);
	g_test_add_func("/memmap/bounds", test_bounds);
	g_test_add_func("/memmap/zones", test_zones);
	g_test_add_func("/memmap/blocks", test_blocks);
	g_test_add_func("/memmap/compound", test_compound);
	return g_test_run();
}
