// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/human.h"
#include "sim/report/labels.h"
#include "sim/report/table.h"

#include <string.h>

static const char *const parameters[] = {"{}", "{\"search\": \"walk\", \"lazy\": \"-\"}",
					 "{\"search\": \"tree\", \"lazy\": \"-\"}",
					 "{\"check\": \"none\", \"lazy\": \"0\"}"};

/* A variant with a few figures; the others count as 0. */
static json_t *variant(const char *model, unsigned parameter, const char *changed, double mean_ns,
		       int failed)
{
	json_t *object = json_pack("{s:s, s:o, s:[], s:s, s:{s:f}}", "model", model, "parameters",
				   json_loads(parameters[parameter], 0, NULL), "parameters_changed",
				   "order", "time", "totals", "end_ns", mean_ns * 100);
	json_t *alloc = json_pack("{s:i, s:{s:i, s:f, s:f}}", "fail", failed, "latency", "count",
				  12345, "mean_ns", mean_ns, "max_ns", 1e6);

	json_object_set_new(object, "ops", json_pack("{s:o}", "vmap_alloc", alloc));
	if (changed)
		json_array_append_new(json_object_get(object, "parameters_changed"),
				      json_string(changed));
	return object;
}

static void unref_all(json_t **variants, size_t n)
{
	for (size_t i = 0; i < n; i++)
		json_decref(variants[i]);
}

static void assert_labels(json_t **variants, size_t n, const char *expected)
{
	g_auto(GStrv) labels = variant_labels(variants, n);
	g_autofree char *joined = g_strjoinv(" | ", labels);

	g_assert_cmpstr(joined, ==, expected);
}

static void test_labels(void)
{
	json_t *v[] = {variant("list", 1, NULL, 1, 0), variant("list", 2, "search", 1, 0),
		       variant("tree", 3, NULL, 1, 0), variant("tree", 3, "lazy", 1, 0)};
	json_t *model_only[] = {v[0], v[2]}, *parameter_only[] = {v[0], v[1]};
	json_t *given[] = {v[0], v[3]}, *alike[] = {v[0], v[0], v[0]}, *order[] = {v[1], v[2]};

	assert_labels(v, 1, "list");
	assert_labels(model_only, 2, "list | tree");
	assert_labels(parameter_only, 2, "search=walk | search=tree");
	/* lazy differs because it was given; search is no parameter of the other model */
	assert_labels(given, 2, "list,lazy=default | tree,lazy=0");
	assert_labels(alike, 3, "list | list (2) | list (3)");
	json_object_set_new(v[2], "order", json_string("trace"));
	assert_labels(order, 2, "list,order=time | tree,order=trace");
	json_object_set_new(v[2], "order", json_string("time"));
	for (unsigned i = 0; i < 2; i++)
		json_object_set_new(order[i], "source",
				    json_string(i ? "mix,live=2,ops=9" : "mix,live=1,ops=9"));
	assert_labels(order, 2, "list,live=1 | tree,live=2");
	g_autofree char *common = common_source(order, 2);

	g_assert_cmpstr(common, ==, "mix,ops=9");
	json_object_set_new(v[2], "source", json_string("churn,ops=9"));
	assert_labels(order, 2, "list,mix,live=1,ops=9 | tree,churn,ops=9");
	g_autofree char *nothing = common_source(order, 2);

	g_assert_cmpstr(nothing, ==, "several sources");
	unref_all(v, G_N_ELEMENTS(v));
}

static void test_human_values(void)
{
	static const struct {
		double value;
		enum figure_unit unit;
		const char *text;
	} cases[] = {
		{0, UNIT_COUNT, "0"},
		{999, UNIT_COUNT, "999"},
		{1234567, UNIT_COUNT, "1,234,567"},
		{12345678, UNIT_COUNT, "12.3 M"},
		{0, UNIT_NS, "0 ns"},
		{71.5, UNIT_NS, "71.5 ns"},
		{999.7, UNIT_NS, "1.00 us"},
		{4430.2, UNIT_NS, "4.43 us"},
		{123456789, UNIT_NS, "123 ms"},
		{5e12, UNIT_NS, "5000 s"},
		{4096, UNIT_BYTES, "4.00 KiB"},
		{251658240, UNIT_BYTES, "240 MiB"},
		{100, UNIT_BYTES, "100 B"},
		{99.5, UNIT_PERCENT, "99.50 %"},
		{1, UNIT_PPM, "<0.01 %"},
		{123456, UNIT_PPM, "12.35 %"},
		{12.345, UNIT_RATIO, "12.35"},
		{1234.5, UNIT_RATIO, "1,234"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = human_value(cases[i].value, cases[i].unit);

		g_assert_cmpstr(text, ==, cases[i].text);
		g_assert_cmpuint(strlen(text), <=, HUMAN_WIDTH);
	}
}

static void test_human_changes(void)
{
	static const struct figure lower = {.unit = UNIT_NS, .better = BETTER_LOWER};
	static const struct figure higher = {.unit = UNIT_PERCENT, .better = BETTER_HIGHER};
	static const struct figure none = {.unit = UNIT_COUNT};
	static const struct {
		double base, value;
		const struct figure *figure;
		const char *text;
	} cases[] = {
		{7, 7, &lower, "="},
		{0, 0, &lower, "="},
		{100, 25, &lower, "-75.0% better"},
		{100, 125, &lower, "+25.0% worse"},
		{100, 1230, &lower, "x12.3 worse"},
		{1, 1e9, &lower, ">x9999 worse"},
		{100, 0, &lower, "-100.0% better"},
		{0, 5, &lower, "from 0 worse"},
		{10000, 10001, &lower, "~"},
		{99, 99.5, &higher, "+0.50pp better"},
		{100, 0, &higher, "-100pp worse"},
		{100, 110, &none, "+10.0%"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text =
			human_change(cases[i].base, cases[i].value, cases[i].figure);

		g_assert_cmpstr(text, ==, cases[i].text);
		g_assert_cmpuint(strlen(text), <=, HUMAN_CHANGE_WIDTH);
	}
}

static void test_two(void)
{
	json_t *v[] = {variant("vmap-busylist", 1, NULL, 4430, 0),
		       variant("vmap-augtree", 3, NULL, 220, 1)};
	g_autofree char *table = comparison_table(v, 2);

	g_assert_cmpstr(table, ==,
			"                     vmap-busylist vmap-augtree         change\n"
			"vmap_alloc\n"
			"  count                     12,345       12,345              =\n"
			"  failed                         0            1   from 0 worse\n"
			"  latency, mean            4.43 us       220 ns  -95.0% better\n"
			"  latency, max             1.00 ms      1.00 ms              =\n"
			"whole run\n"
			"  simulated time            443 us      22.0 us  -95.0% better\n"
			"  CPU time in ops             0 ns         0 ns              =\n"
			"  lock wait                   0 ns         0 ns              =\n");
	unref_all(v, 2);
}

static void test_label_widths(void)
{
	for (const struct figure *figure = kind_figures_shown; figure->label; figure++)
		g_assert_cmpuint(strlen(figure->label), <=, 18);
	for (const struct figure *figure = run_figures_shown; figure->label; figure++)
		g_assert_cmpuint(strlen(figure->label), <=, 18);
}

/* However many variants and however long their names: 80 columns. */
static void test_width(void)
{
	for (size_t n = 1; n <= 30; n++) {
		g_autofree json_t **v = g_new(json_t *, n);

		for (size_t i = 0; i < n; i++) {
			g_autofree char *model =
				g_strdup_printf("a-model-with-quite-a-name-%zu", i);

			v[i] = variant(model, 0, NULL, (double)(i * 1000 + 1), (int)i * 1000000);
		}
		g_autofree char *table = comparison_table(v, n);
		g_auto(GStrv) lines = g_strsplit(table, "\n", -1);
		size_t tables = 0;

		for (char **line = lines; *line; line++) {
			g_assert_cmpuint(strlen(*line), <=, 80);
			if (g_str_has_prefix(*line, "whole run"))
				tables++;
		}
		g_assert_cmpuint(tables, ==, n < 2 ? 1 : n / 2);
		g_assert_true(n == 1 ||
			      strstr(table, "A   a-model-with-quite-a-name-0 (baseline)\n"));
		unref_all(v, n);
	}
}

/* A model without an address space has none, rather than an empty one. */
static void test_unknown(void)
{
	json_t *v[] = {variant("a", 0, NULL, 1, 0), variant("b", 0, NULL, 1, 0)};

	json_object_set_new(
		v[0], "address_space",
		json_pack("{s:b, s:{s:i}}", "known", 1, "max_of_samples", "busy_areas", 17));
	json_object_set_new(v[1], "address_space", json_pack("{s:b}", "known", 0));

	g_autofree char *table = comparison_table(v, 2);

	g_assert_nonnull(strstr(table, "  busy areas, max           17         -      -\n"));
	unref_all(v, 2);
}

/* What a model did not do has no latency, rather than one of 0. */
static void test_not_done(void)
{
	json_t *v[] = {variant("a", 0, NULL, 100, 0), variant("b", 0, NULL, 0, 0)};
	json_t *none = json_pack("{s:i, s:{s:i, s:f}}", "skipped", 7, "latency", "count", 0,
				 "mean_ns", 0.0);
	json_t *asked =
		json_pack("{s:i, s:i, s:f}", "count", 4, "fail", 1, "success_percent", 75.0);

	json_object_set_new(json_object_get(v[1], "ops"), "vmap_alloc", none);
	json_object_set_new(v[0], "orders", json_pack("{s:o}", "high", asked));
	json_object_set_new(v[1], "orders",
			    json_pack("{s:{s:i, s:i, s:f}}", "high", "count", 0, "fail", 0,
				      "success_percent", 0.0));

	g_autofree char *table = comparison_table(v, 2);

	g_assert_nonnull(
		strstr(table, "  count                 12,345         0        -100.0%\n"));
	g_assert_nonnull(
		strstr(table, "  latency, mean         100 ns         -              -\n"));
	g_assert_nonnull(
		strstr(table, "  high-order success   75.00 %         -              -\n"));
	unref_all(v, 2);
}

/* What was recorded stands below what the model did, and nowhere else. */
static void test_recorded(void)
{
	json_t *pages = variant("pages", 0, NULL, 1, 0), *vmap = variant("vmap", 0, NULL, 1, 0);

	json_object_set_new(pages, "vmstat",
			    json_pack("{s:i, s:i}", "compact_stall", 0, "pgmigrate_fail", 0));
	for (unsigned i = 0; i < 2; i++)
		json_object_set_new(i ? vmap : pages, "recorded",
				    json_pack("{s:{s:i}}", "vmstat", "compact_stall", 30));

	g_autofree char *of_pages = comparison_table(&pages, 1);
	g_autofree char *of_vmap = comparison_table(&vmap, 1);

	g_assert_nonnull(strstr(of_pages, "  compact_stall              0\n"
					  "    recorded                30\n"));
	g_assert_null(strstr(of_pages, "migration failures"));
	g_assert_null(strstr(of_vmap, "recorded"));
	json_decref(pages);
	json_decref(vmap);
}

static void test_several_results(void)
{
	json_t *v[] = {variant("a", 0, NULL, 100, 0), variant("a", 0, NULL, 50, 0)};
	json_t *results[2];

	for (unsigned i = 0; i < 2; i++)
		results[i] = json_pack("{s:{s:s}, s:[o]}", "manifest", "version",
				       i ? "0.2.0" : "0.1.0", "variants", v[i]);
	g_autofree char *table = compare_results(results, 2);

	g_assert_nonnull(strstr(table, "kmsim 0.1.0 kmsim 0.2.0"));
	g_assert_nonnull(strstr(table, "-50.0% better"));
	unref_all(results, 2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/labels", test_labels);
	g_test_add_func("/human/values", test_human_values);
	g_test_add_func("/human/changes", test_human_changes);
	g_test_add_func("/table/two", test_two);
	g_test_add_func("/table/label-widths", test_label_widths);
	g_test_add_func("/table/width", test_width);
	g_test_add_func("/table/unknown", test_unknown);
	g_test_add_func("/table/not-done", test_not_done);
	g_test_add_func("/table/recorded", test_recorded);
	g_test_add_func("/table/several-results", test_several_results);
	return g_test_run();
}
