// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/error.h"
#include "sim/report/csv.h"
#include "sim/report/test/sample_result.h"

#include <glib/gstdio.h>
#include <string.h>

static const struct sample_spec two[] = {
	{"list", &vmap_busylist, NULL, NULL, 1, 2000, true},
	{"tree", &vmap_augtree, NULL, NULL, 1, 2000, true},
};

static void remove_result(char *path)
{
	g_autofree char *parent = g_path_get_dirname(path);

	sample_remove(parent);
	g_free(path);
}

static char *read_file(const char *path, const char *name)
{
	g_autofree char *file = g_build_filename(path, name, NULL);
	char *text = NULL;

	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	return text;
}

static uint64_t column_sum(const char *path, const char *name, const char *column)
{
	g_autofree char *file = g_build_filename(path, name, NULL);
	struct csv *csv = csv_load(file, NULL);
	int index = csv_column(csv, column, NULL);
	uint64_t sum = 0;

	g_assert_cmpint(index, >=, 0);
	for (guint i = 0; i < csv->rows->len; i++)
		sum += csv_u64(csv, i, index);
	csv_free(csv);
	return sum;
}

static void test_round_trip(void)
{
	char *path = sample_result(two, 2);
	json_t *result = result_load(path, NULL);
	json_t *variants = json_object_get(result, "variants");
	uint64_t ops = 0;

	g_assert_nonnull(result);
	g_assert_cmpuint(json_array_size(variants), ==, 2);
	g_assert_cmpstr(json_string_at(result, "manifest/command"), ==, "kmsim sample");
	g_assert_cmpstr(json_string_at(result, "manifest/scenario"), ==, "");

	json_t *tree = json_array_get(variants, 1);

	g_assert_cmpstr(json_string_at(tree, "model"), ==, "vmap-augtree");
	g_assert_cmpstr(json_string_at(tree, "parameters/check"), ==, "none");
	g_assert_cmpstr(json_string_at(tree, "end/how"), ==, "complete");
	for (int kind = 0; kind < OP_KINDS; kind++) { /* none is missing */
		g_autofree char *key = g_strdup_printf("ops/%s/latency/p99_9_cycles",
						       op_kind_name((enum op_kind)kind));

		g_assert_true(json_is_integer(json_at(tree, key)));
	}
	ops = (uint64_t)(json_number_at(tree, "ops/vmap_alloc/ok") +
			 json_number_at(tree, "ops/vmap_free/ok"));
	g_assert_cmpuint(ops, ==, 2000);
	g_assert_cmpuint(column_sum(path, "tree/latency.csv", "count"), ==, 2000);
	g_assert_cmpuint(column_sum(path, "tree/samples.csv", "requests"), ==,
			 (uint64_t)json_number_at(tree, "search/requests"));
	g_assert_cmpuint(column_sum(path, "tree/steps.csv", "count"), ==,
			 (uint64_t)json_number_at(tree, "search/requests"));
	json_decref(result);
	remove_result(path);
}

static void test_same_bytes(void)
{
	static const char *const files[] = {
		"result.json",	"list/samples.csv", "list/latency.csv", "list/steps.csv",
		"list/map.csv", "tree/samples.csv", "tree/latency.csv", "tree/map.csv"};
	char *one = sample_result(two, 2), *other = sample_result(two, 2);

	for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *a = read_file(one, files[i]);
		g_autofree char *b = read_file(other, files[i]);

		g_assert_cmpuint(strlen(a), >, 10);
		g_assert_cmpstr(a, ==, b);
		g_assert_null(strstr(a, "/tmp"));
	}
	remove_result(one);
	remove_result(other);
}

static void test_load_errors(void)
{
	static const struct {
		const char *text, *cause;
	} cases[] = {
		{"{\"kmsim_result\": 1,\n", "result.json:2: "},
		{"[]", "not a kmsim result"},
		{"{\"kmsim_result\": 99}", "result version 99"},
		{"{\"kmsim_result\": 1, \"manifest\": {}, \"variants\": []}", "no variants"},
		{"{\"kmsim_result\": 1, \"manifest\": {}, \"variants\": [{}]}", "no name"},
	};
	g_autofree char *folder = g_dir_make_tmp("kmsim-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(folder, "result.json", NULL);
	g_autoptr(GError) missing = NULL;

	g_assert_null(result_load(folder, &missing));
	g_assert_error(missing, KMSIM_ERROR, KMSIM_ERROR_IO);
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_true(g_file_set_contents(file, cases[i].text, -1, NULL));
		g_assert_null(result_load(folder, &error));
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_assert_true(g_str_has_prefix(error->message, file));
		g_assert_nonnull(strstr(error->message, cases[i].cause));
	}
	sample_remove(folder);
}

static void test_command_text(void)
{
	char *argv[] = {"/usr/bin/kmsim",
			"whatif",
			"/home/me/a.dat",
			"--models",
			"a,x=1,b",
			"-o",
			"/tmp/out",
			"--force",
			"--json=r.json",
			"--plugin=/x/y.so",
			"-oDIR",
			"--jobs",
			"7",
			"--jobs=2",
			"-j",
			"3",
			"-j4"};
	g_autofree char *text = result_command_text(G_N_ELEMENTS(argv), argv);

	g_assert_cmpstr(text, ==, "kmsim whatif a.dat --models a,x=1,b --plugin=y.so");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/result/round-trip", test_round_trip);
	g_test_add_func("/result/same-bytes", test_same_bytes);
	g_test_add_func("/result/load-errors", test_load_errors);
	g_test_add_func("/result/command-text", test_command_text);
	return g_test_run();
}
