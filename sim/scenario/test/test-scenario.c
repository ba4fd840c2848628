// SPDX-License-Identifier: GPL-2.0-or-later
/* Scenario files: what a matrix expands to, and what is refused. */
#include "sim/scenario/scenario.h"

#include "sim/base/error.h"

#include <glib/gstdio.h>
#include <string.h>

static char *folder, *path;

/* Load a scenario with @members, in which single quotes stand for double ones. */
static struct scenario *load(const char *members, GError **error)
{
	g_autofree char *text = g_strdup_printf(
		"{'kmsim_scenario': 1, 'name': 'n', 'question': 'q?', %s}", members);

	g_strdelimit(text, "'", '"');
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return scenario_load(path, error);
}

static struct scenario *load_good(const char *members)
{
	GError *error = NULL;
	struct scenario *scenario = load(members, &error);

	g_assert_no_error(error);
	return scenario;
}

static const struct variant_spec *variant(const struct scenario *scenario, unsigned i)
{
	g_assert_cmpuint(i, <, scenario->variants->len);
	return &g_array_index(scenario->variants, struct variant_spec, i);
}

/* Models vary slowest, the last axis fastest; names tell what varies. */
static void test_matrix(void)
{
	struct scenario *scenario =
		load_good("'workload': 'vmap_mix', 'models': ['null', 'vmap-augtree,version=v5.4'],"
			  "'matrix': {'cpus': [1, 4], 'workload.live': [10, '0x20'], "
			  "'model.check': ['none']}");
	static const char *const names[] = {
		"null,cpus=1,live=10,check=none",
		"null,cpus=1,live=0x20,check=none",
		"null,cpus=4,live=10,check=none",
		"null,cpus=4,live=0x20,check=none",
		"vmap-augtree,version=v5.4,cpus=1,live=10,check=none",
		"vmap-augtree,version=v5.4,cpus=1,live=0x20,check=none",
		"vmap-augtree,version=v5.4,cpus=4,live=10,check=none",
		"vmap-augtree,version=v5.4,cpus=4,live=0x20,check=none",
	};

	g_assert_cmpuint(scenario->variants->len, ==, G_N_ELEMENTS(names));
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		g_assert_cmpstr(variant(scenario, i)->name, ==, names[i]);
	g_assert_cmpuint(variant(scenario, 6)->cpus, ==, 4);
	g_assert_cmpstr(variant(scenario, 7)->source, ==, "vmap_mix,live=0x20");
	g_assert_cmpstr(variant(scenario, 5)->model, ==, "vmap-augtree,version=v5.4,check=none");
	scenario_free(scenario);
}

static void test_settings(void)
{
	struct scenario *scenario = load_good(
		"'workload': 'vmap_mix', 'workload.ops': 5, 'models': ['null', 'vmap-augtree'], "
		"'order': 'trace', 'seed': '0xffffffffffffffff', 'cpus': 3, 'vstart': '0x1000', "
		"'vend': '0x2000', 'lazy_max_pages': 'none', 'comment': 'of no consequence'");
	const struct variant_spec *spec = variant(scenario, 1);

	g_assert_cmpstr(scenario->name, ==, "n");
	g_assert_cmpstr(scenario->question, ==, "q?");
	g_assert_cmpuint(strlen(scenario->digest), ==, 64);
	g_assert_true(spec->workload);
	g_assert_cmpstr(spec->source, ==, "vmap_mix,ops=5");
	g_assert_cmpstr(spec->profile, ==, "generic-x86_64");
	g_assert_cmpint(spec->order, ==, ORDER_TRACE);
	g_assert_cmpuint(spec->seed, ==, UINT64_MAX);
	g_assert_cmpuint(spec->cpus, ==, 3);
	g_assert_true(spec->vstart.set && spec->vend.set && spec->lazy_max_pages.set);
	g_assert_cmpuint(spec->vend.value, ==, 0x2000);
	g_assert_cmpuint(spec->lazy_max_pages.value, ==, LAZY_NONE);
	scenario_free(scenario);
}

/* What is set for all models is set whichever comes first in the file, and an axis overrides it. */
static void test_parameters_of_all_models(void)
{
	struct scenario *scenario =
		load_good("'model.lazy_max_pages': 0, 'workload': 'vmap_mix', 'models': "
			  "['vmap-busylist', 'vmap-augtree,check=all'], "
			  "'matrix': {'model.lazy_max_pages': ['none', 7]}");

	g_assert_cmpstr(variant(scenario, 0)->model, ==,
			"vmap-busylist,lazy_max_pages=0,lazy_max_pages=none");
	g_assert_cmpstr(variant(scenario, 3)->model, ==,
			"vmap-augtree,check=all,lazy_max_pages=0,lazy_max_pages=7");
	g_assert_true(variant_check(variant(scenario, 3), NULL));
	scenario_free(scenario);
}

/* A trace is looked for beside the scenario, then in the folder above. */
static void test_trace_path(void)
{
	g_autofree char *trace = g_build_filename(folder, "t.jsonl", NULL);

	g_assert_true(g_file_set_contents(trace, "", -1, NULL));
	struct scenario *scenario = load_good("'trace': 't.jsonl', 'models': ['null']");

	g_assert_cmpstr(variant(scenario, 0)->source, ==, trace);
	g_assert_cmpstr(variant(scenario, 0)->shown_as, ==, "t.jsonl");
	g_assert_false(variant(scenario, 0)->workload);
	scenario_free(scenario);
	g_unlink(trace);
}

static void test_plan(void)
{
	struct scenario *scenario = load_good("'workload': 'vmap_mix', 'models': ['null'], "
					      "'matrix': {'seed': [3, 4]}");
	g_autofree char *plan = scenario_plan(scenario);

	g_assert_true(g_str_has_prefix(plan, "n: q?\n2 variants:\n"));
	g_assert_nonnull(strstr(plan, "null,seed=4\n"));
	g_assert_nonnull(strstr(plan, "workload vmap_mix\n"));
	g_assert_nonnull(strstr(plan, "seed 4\n"));
	scenario_free(scenario);
}

/* Every mistake names the file and the key. */
static void test_bad(void)
{
	static const struct {
		const char *members, *key;
	} cases[] = {
		{"'workload': 'vmap_mix'", "model"},
		{"'workload': 'vmap_mix', 'models': []", "model"},
		{"'workload': 'vmap_mix', 'models': 'null'", "model"},
		{"'workload': 'vmap_mix', 'models': [null]", "model"},
		{"'workload': 'vmap_mix', 'models': ['null', 'null']", "null"},
		{"'workload': 'vmap_mix', 'models': ['null'], 'model': 'null'", "model"},
		{"'models': ['null']", "trace"},
		{"'trace': 't', 'workload': 'vmap_mix', 'models': ['null']", "trace"},
		{"'trace': 't', 'workload.ops': 5, 'models': ['null']", "workload.ops"},
		{"'workload': 'vmap_mix', 'models': ['null'], 'sead': 1", "sead"},
		{"'workload': 'vmap_mix', 'models': ['null'], 'seed': -1", "seed"},
		{"'workload': 'vmap_mix', 'models': ['null'], 'seed': 1.5", "seed"},
		{"'workload': 'vmap_mix', 'models': ['null'], 'seed': 'x'", "seed"},
		{"'workload': 'vmap_mix', 'models': ['null'], 'cpus': 0", "cpus"},
		{"'workload': 'vmap_mix', 'models': ['null'], 'cpus': 5000", "cpus"},
		{"'workload': 'vmap_mix', 'models': ['null'], 'order': 'random'", "order"},
		{"'workload': 'vmap_mix', 'models': ['null'], 'vend': 'high'", "vend"},
		{"'workload': 'vmap_mix', 'models': ['null'], 'matrix': []", "matrix"},
		{"'workload': 'vmap_mix', 'models': ['null'], 'matrix': {'seed': []}", "seed"},
		{"'workload': 'vmap_mix', 'models': ['null'], 'matrix': {'seed': 3}", "seed"},
		{"'workload': 'vmap_mix', 'models': ['null'], 'matrix': {'sead': [3]}", "sead"},
		{"'workload': 'vmap_mix', 'models': ['null'], 'matrix': {'seed': [3, 3]}",
		 "null,seed=3"},
		{"'workload': 'vmap_mix', 'models': ['null'], 'matrix': {'model': ['null']}",
		 "model"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *start = g_strdup_printf("%s: %s: ", path, cases[i].key);
		g_autoptr(GError) error = NULL;

		g_assert_null(load(cases[i].members, &error));
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		if (!g_str_has_prefix(error->message, start))
			g_error("%s: %s", cases[i].members, error->message);
	}
}

/* What is wrong with the file as a whole. */
static void test_bad_file(void)
{
	static const struct {
		const char *text, *cause;
	} cases[] = {
		{"", ":1: "},
		{"{\n\"kmsim_scenario\": 1,\n}", ":3: "},
		{"[]", "kmsim_scenario"},
		{"{\"kmsim_scenario\": 2}", "kmsim_scenario"},
		{"{\"kmsim_scenario\": 1, \"question\": \"q\"}", "name: missing"},
		{"{\"kmsim_scenario\": 1, \"name\": \"n\"}", "question: missing"},
		{"{\"kmsim_scenario\": 1, \"name\": \"a/b\", \"question\": \"q\"}", "name: "},
		{"{\"kmsim_scenario\": 1, \"name\": \"\", \"question\": \"q\"}", "name: "},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_file_set_contents(path, cases[i].text, -1, NULL);
		g_assert_null(scenario_load(path, &error));
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_assert_true(g_str_has_prefix(error->message, path));
		if (!strstr(error->message, cases[i].cause))
			g_error("%s: %s", cases[i].text, error->message);
	}
	g_autoptr(GError) error = NULL;

	g_assert_null(scenario_load("/nowhere/at/all.json", &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_IO);
}

/* More variants than anybody wants are refused before they are made. */
static void test_too_many(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(load("'workload': 'vmap_mix', 'models': ['null'], 'matrix': {"
			   "'seed': [0,1,2,3,4,5,6,7,8,9], 'cpus': [1,2,3,4,5,6,7,8,9,10], "
			   "'vstart': [0,1,2,3,4,5,6,7,8,9], 'vend': [20, 30]}",
			   &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
	g_assert_nonnull(strstr(error->message, "1000"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("kmsim-scenario-XXXXXX", NULL);
	path = g_build_filename(folder, "s.json", NULL);
	g_test_add_func("/scenario/matrix", test_matrix);
	g_test_add_func("/scenario/settings", test_settings);
	g_test_add_func("/scenario/parameters-of-all-models", test_parameters_of_all_models);
	g_test_add_func("/scenario/trace-path", test_trace_path);
	g_test_add_func("/scenario/plan", test_plan);
	g_test_add_func("/scenario/bad", test_bad);
	g_test_add_func("/scenario/bad-file", test_bad_file);
	g_test_add_func("/scenario/too-many", test_too_many);
	int status = g_test_run();

	g_unlink(path);
	g_rmdir(folder);
	g_free(path);
	g_free(folder);
	return status;
}
