// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/frag_index.h"
#include "models/pages/watermark.h"

static void test_min_free(void)
{
	g_assert_cmpuint(min_free_kbytes_default(100), ==, 128);
	g_assert_cmpuint(min_free_kbytes_default(1 << 20), ==, 8192);
	g_assert_cmpuint(min_free_kbytes_default((1 << 20) - 1), ==, 8191);
	g_assert_cmpuint(min_free_kbytes_default(UINT64_C(1) << 28), ==, 65536);

	g_assert_cmpuint(min_free_kbytes_for_thp(8192, 3, 1 << 20), ==, 67584);
	g_assert_cmpuint(min_free_kbytes_for_thp(100000, 3, 1 << 20), ==, 100000);
	g_assert_cmpuint(min_free_kbytes_for_thp(128, 3, 20000), ==, 4000); /* 5 % */
}

static void test_lowmem(void)
{
	const struct zone zones[] = {
		{.managed_pages = 1000},
		{.managed_pages = 5000, .watermark_high = 300, .watermark_boost = 100},
		{.managed_pages = 10, .watermark_high = 20}};

	g_assert_cmpuint(lowmem_pages(zones, 1), ==, 1000);
	g_assert_cmpuint(lowmem_pages(zones, G_N_ELEMENTS(zones)), ==, 5600);
}

static void test_zones(void)
{
	struct zone zones[] = {{.managed_pages = 4000, .watermark_boost = 7},
			       {.managed_pages = 0},
			       {.managed_pages = 96000}};

	watermarks_set(zones, G_N_ELEMENTS(zones), 4000, 10);
	g_assert_cmpuint(zones[0].watermark_min, ==, 40);
	g_assert_cmpuint(zones[0].watermark_low, ==, 50);
	g_assert_cmpuint(zones[0].watermark_high, ==, 60);
	g_assert_cmpuint(zones[0].watermark_boost, ==, 0);
	g_assert_cmpuint(zones[1].watermark_high, ==, 0);
	g_assert_cmpuint(zones[2].watermark_min, ==, 960);

	watermarks_set(zones, G_N_ELEMENTS(zones), 4000, 1000); /* 10 % between the marks */
	g_assert_cmpuint(zones[2].watermark_low, ==, 960 + 9600);
	g_assert_cmpuint(zones[2].watermark_high, ==, 960 + 2 * 9600);

	g_assert_cmpuint(lowmem_reserve(zones, 0, 0, 256), ==, 0);
	g_assert_cmpuint(lowmem_reserve(zones, 0, 1, 256), ==, 0);
	g_assert_cmpuint(lowmem_reserve(zones, 0, 2, 256), ==, 375);
	g_assert_cmpuint(lowmem_reserve(zones, 2, 2, 32), ==, 0);
	g_assert_cmpuint(lowmem_reserve(zones, 0, 2, 0), ==, 0);
}

static void test_score(void)
{
	g_assert_cmpuint(fragmentation_score((const uint64_t[MAX_ORDER_NR]){0}), ==, 0);
	g_assert_cmpuint(fragmentation_score((const uint64_t[MAX_ORDER_NR]){512}), ==, 100);
	g_assert_cmpuint(fragmentation_score((const uint64_t[MAX_ORDER_NR]){512, [9] = 1}), ==, 50);
	g_assert_cmpuint(fragmentation_score((const uint64_t[MAX_ORDER_NR]){[8] = 2, [10] = 1}), ==,
			 33);
	g_assert_cmpuint(fragmentation_score((const uint64_t[MAX_ORDER_NR]){[10] = 3}), ==, 0);
}

/* As debugfs has it, sign and all. */
static void test_text(void)
{
	static const struct {
		int index;
		const char *text;
	} rows[] = {
		{-1000, "-1.000"}, {-500, "0.-500"}, {0, "0.000"}, {7, "0.007"}, {1000, "1.000"}};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = frag_index_text(rows[i].index);

		g_assert_cmpstr(text, ==, rows[i].text);
	}
	g_assert_cmpint(extfrag_index((const uint64_t[MAX_ORDER_NR]){[9] = 1}, 10), ==, -500);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/watermark/min-free", test_min_free);
	g_test_add_func("/watermark/lowmem", test_lowmem);
	g_test_add_func("/watermark/zones", test_zones);
	g_test_add_func("/frag-index/score", test_score);
	g_test_add_func("/frag-index/text", test_text);
	return g_test_run();
}
