// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/chart_data.h"
#include "sim/report/charts.h"
#include "sim/report/test/sample_result.h"

#include "sim/base/error.h"

#include <glib/gstdio.h>
#include <string.h>

static const struct sample_spec three[] = {
	{"list", &vmap_busylist, NULL, NULL, 1, 3000, true},
	{"tree", &vmap_augtree, NULL, NULL, 1, 3000, true},
	{"eager", &vmap_augtree, "lazy_max_pages", "0", 1, 3000, true},
};

static void remove_result(char *path)
{
	g_autofree char *parent = g_path_get_dirname(path);

	sample_remove(parent);
	g_free(path);
}

static char *read_plot(const char *path, const char *name, const char *suffix)
{
	g_autofree char *file = g_strconcat(path, "/plots/", name, suffix, NULL);
	char *text = NULL;

	g_file_get_contents(file, &text, NULL, NULL);
	return text;
}

/* Blocks of a data file: parts between double blank lines. */
static char **blocks(const char *data)
{
	return g_strsplit(data, "\n\n\n", -1);
}

static void test_data(void)
{
	static const char *const labels[] = {"vmap-busylist,lazy_max_pages=default",
					     "vmap-augtree,lazy_max_pages=default",
					     "vmap-augtree,lazy_max_pages=0"};
	char *path = sample_result(three, 3);
	g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);

	g_assert_true(charts_make(path, FALSE, messages, NULL));
	for (const struct chart *chart = charts; chart->name; chart++) {
		if (chart->quiet)
			continue; /* of pages, or of a matrix */
		g_autofree char *data = read_plot(path, chart->name, ".dat");
		g_autofree char *script = read_plot(path, chart->name, ".gp");
		g_auto(GStrv) parts = blocks(data);

		g_assert_true(g_str_has_prefix(script, "# SPDX-License-Identifier: "));
		g_assert_cmpuint(g_strv_length(parts), ==, 3);
		for (unsigned i = 0; i < 3; i++) {
			g_autofree char *name = g_strdup_printf("\"%s\"\n", labels[i]);

			g_assert_nonnull(strstr(parts[i], name));
			g_assert_cmpuint(strlen(parts[i]), >, strlen(name) + 100);
		}
	}
	remove_result(path);
}

/* The distribution begins at all, falls, and ends above nothing. */
static void test_ccdf(void)
{
	char *path = sample_result(three, 1);

	g_assert_true(charts_make(path, FALSE, NULL, NULL));
	g_autofree char *data = read_plot(path, "latency-ccdf", ".dat");
	g_auto(GStrv) lines = g_strsplit(data, "\n", -1);
	double last_x = 0, last_share = 2;

	g_assert_true(g_str_has_suffix(lines[1], " 1"));
	for (char **line = lines + 1; **line; line++) {
		char *rest;
		double x = g_ascii_strtod(*line, &rest), share = g_ascii_strtod(rest, NULL);

		g_assert_cmpfloat(x, >, last_x);
		g_assert_cmpfloat(share, <, last_share);
		g_assert_cmpfloat(share, >, 0);
		last_x = x;
		last_share = share;
	}
	remove_result(path);
}

/* A model without an address space costs the charts that show one, and no more. */
static void test_left_out(void)
{
	const struct sample_spec spec = {"null", &null_model, NULL, NULL, 1, 1000, false};
	char *path = sample_result(&spec, 1);
	g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
	static const char *const left_out[] = {"steps-ccdf", "live-areas", "fragmentation",
					       "address-map"};

	g_assert_true(charts_make(path, FALSE, messages, NULL));
	g_assert_cmpuint(messages->len, >=, G_N_ELEMENTS(left_out));
	for (unsigned i = 0; i < G_N_ELEMENTS(left_out); i++) {
		g_autofree char *data = read_plot(path, left_out[i], ".dat");

		g_assert_null(data);
		g_assert_true(g_str_has_prefix(messages->pdata[i], left_out[i]));
	}
	g_autofree char *run = read_plot(path, "run", ".gp");

	g_assert_nonnull(strstr(run, "x_title = 'ops done'\n")); /* it has no time stamps */
	remove_result(path);
}

/* Variants keep their place, so their colour, in charts where one of them has no data. */
static void test_places(void)
{
	const struct sample_spec specs[] = {{"null", &null_model, NULL, NULL, 1, 500, false},
					    {"tree", &vmap_augtree, NULL, NULL, 1, 500, false}};
	char *path = sample_result(specs, 2);

	g_assert_true(charts_make(path, FALSE, NULL, NULL));
	g_autofree char *areas = read_plot(path, "live-areas", ".dat");
	g_auto(GStrv) parts = blocks(areas);

	g_assert_cmpstr(parts[0], ==, "\"null (nothing to show)\"\nNaN NaN NaN NaN");
	g_assert_true(g_str_has_prefix(parts[1], "\"vmap-augtree\"\n"));

	/* of a map there are only those that can be drawn */
	g_autofree char *map = read_plot(path, "address-map", ".dat");

	g_assert_true(g_str_has_prefix(map, "# \"vmap-augtree\"\n"));
	remove_result(path);
}

static void test_pictures(void)
{
	g_autofree char *gnuplot = g_find_program_in_path("gnuplot");

	if (!gnuplot) {
		g_test_skip("gnuplot is not installed");
		return;
	}
	char *path = sample_result(three, 2);
	g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);

	g_assert_true(charts_make(path, TRUE, messages, NULL));
	for (guint i = 0; i < messages->len; i++)
		g_test_message("%s", (char *)messages->pdata[i]);
	g_assert_cmpuint(messages->len, ==, 0);
	for (const struct chart *chart = charts; chart->name; chart++) {
		if (chart->quiet)
			continue;
		g_autofree char *svg = read_plot(path, chart->name, ".svg");
		g_autofree char *png = read_plot(path, chart->name, ".png");

		g_assert_nonnull(strstr(svg, "</svg>"));
		g_assert_nonnull(strstr(svg, "vmap-augtree"));
		g_assert_true(g_str_has_prefix(png, "\x89PNG"));
	}
	/* again, over what is there */
	g_assert_true(charts_make(path, FALSE, messages, NULL));
	g_assert_cmpuint(messages->len, ==, 0);
	remove_result(path);
}

/* Without gnuplot: no pictures, but everything to make them, and a word about it. */
static void test_no_gnuplot(void)
{
	if (g_test_subprocess()) {
		char *path = sample_result(three, 2);
		g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);

		g_setenv("PATH", "/nonexistent", TRUE);
		g_assert_true(charts_make(path, FALSE, messages, NULL));
		g_assert_cmpuint(messages->len, ==, 1);
		g_assert_nonnull(strstr(messages->pdata[0], "gnuplot is not installed"));
		g_autofree char *data = read_plot(path, "address-map", ".dat");
		g_autofree char *script = read_plot(path, "address-map", ".gp");
		g_autofree char *svg = read_plot(path, "address-map", ".svg");

		g_assert_nonnull(data);
		g_assert_nonnull(script);
		g_assert_null(svg);
		remove_result(path);
		return;
	}
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
	g_test_trap_assert_passed();
}

static void test_bad_result(void)
{
	char *path = sample_result(three, 1);
	g_autofree char *file = g_build_filename(path, "list", "samples.csv", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_set_contents(file, "ops,t_cycles\n1\n", -1, NULL));
	g_assert_false(charts_make(path, FALSE, NULL, &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
	g_assert_nonnull(strstr(error->message, "samples.csv:2: "));
	g_clear_error(&error);
	g_assert_true(g_file_set_contents(file, "ops,t_cycles\n1,2\n", -1, NULL));
	g_assert_false(charts_make(path, FALSE, NULL, &error));
	g_assert_nonnull(strstr(error->message, "no column 'requests'"));
	remove_result(path);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/charts/data", test_data);
	g_test_add_func("/charts/ccdf", test_ccdf);
	g_test_add_func("/charts/left-out", test_left_out);
	g_test_add_func("/charts/places", test_places);
	g_test_add_func("/charts/pictures", test_pictures);
	g_test_add_func("/charts/no-gnuplot", test_no_gnuplot);
	g_test_add_func("/charts/bad-result", test_bad_result);
	return g_test_run();
}
