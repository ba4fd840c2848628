// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of a matrix, with and without seeds. */
#include "sim/report/spread.h"
#include "sim/report/sweep.h"

#include <string.h>

#define SEEDS 6

/* A variant with one figure, in ns. */
static json_t *variant(int seed, double end_ns)
{
	return json_pack("{s:i, s:{s:f}}", "seed", seed, "totals", "end_ns", end_ns);
}

static void test_spread(void)
{
	double odd[] = {5, 1, 9}, even[] = {4, 1, 2, 9};
	struct spread spread = spread_of(odd, 3);

	g_assert_cmpfloat(spread.median, ==, 5);
	g_assert_cmpfloat(spread.min, ==, 1);
	g_assert_cmpfloat(spread.max, ==, 9);
	g_assert_cmpfloat(spread_of(even, 4).median, ==, 3);
	g_assert_cmpuint(spread_of(NULL, 0).n, ==, 0);
}

/* Models a and b at two points, six seeds each: b is worse at seed 1 only. */
static void test_seeds(void)
{
	json_t *variants[4 * SEEDS];
	const char *rows[4 * SEEDS], *columns[4 * SEEDS];
	static const char *const figures[] = {"simulated time", NULL};

	for (int i = 0; i < 4 * SEEDS; i++) {
		int seed = i % SEEDS + 1, point = i / SEEDS % 2, model = i / (2 * SEEDS);

		variants[i] = variant(seed, (seed + point * 100) * (model && seed > 1 ? 50 : 100));
		if (model && seed == 1)
			json_object_set_new(json_object_get(variants[i], "totals"), "end_ns",
					    json_real(20000));
		rows[i] = point ? "two" : "one";
		columns[i] = model ? "b" : "a";
	}
	const struct sweep sweep = {"point", rows, columns, variants, 4 * SEEDS};
	g_autofree char *text = sweep_tables(&sweep, figures);

	g_assert_cmpstr(text, ==,
			"simulated time, 6 seeds\n"
			"point      median       min       max         change better:worse\n"
			"  one a    350 ns    100 ns    600 ns\n"
			"      b    225 ns    100 ns   20.0 us  -35.7% better        5 : 1\n"
			"  two a   10.3 us   10.1 us   10.6 us\n"
			"      b   5.22 us   5.10 us   20.0 us  -49.5% better        5 : 1\n");
	for (unsigned i = 0; i < 4 * SEEDS; i++)
		json_decref(variants[i]);
}

/* What a model cannot know is no 0. */
static void test_unknown(void)
{
	json_t *variants[] = {variant(1, 1), variant(1, 2)};
	static const char *const rows[] = {"p", "p"}, *const columns[] = {"a", "b"};
	static const char *const figures[] = {"lazy pages, max", "mixed blocks, end", NULL};
	const struct sweep sweep = {"point", rows, columns, variants, 2};

	json_object_set_new(variants[1], "zones",
			    json_pack("{s:{s:{s:i}}}", "all", "end", "mixed_blocks", 3));
	g_autofree char *text = sweep_tables(&sweep, figures);

	g_assert_cmpstr(text, ==,
			"lazy pages, max\n"
			"point         a         b change\n"
			"    p         -         -      -\n"
			"\n"
			"mixed blocks, end\n"
			"point         a         b change\n"
			"    p         -         3      -\n");
	json_decref(variants[0]);
	json_decref(variants[1]);
}

/* Every figure can be named, also those with the same label below different ones. */
static void test_names(void)
{
	struct sweep_figure found;

	g_assert_true(sweep_figure_find("compact_fail, recorded", &found, NULL));
	g_assert_cmpstr(found.figure->path, ==, "recorded/vmstat/compact_fail");
	g_assert_true(sweep_figure_find("same in model", &found, NULL));
	g_assert_cmpstr(found.figure->path, ==, "recorded/same_address_percent");
	g_assert_true(sweep_figure_find("page_alloc latency, p99", &found, NULL));
	g_assert_cmpstr(found.prefix, ==, "ops/page_alloc/");
	g_assert_false(sweep_figure_find("no such thing", &found, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sweep/spread", test_spread);
	g_test_add_func("/sweep/seeds", test_seeds);
	g_test_add_func("/sweep/unknown", test_unknown);
	g_test_add_func("/sweep/names", test_names);
	return g_test_run();
}
