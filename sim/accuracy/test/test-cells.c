// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of cells, what is measured of runs, and what is said of it. */
#include "sim/accuracy/accuracy.h"

#include "sim/base/error.h"
#include "sim/workload/vmalloc_tests.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

/* --- the cells that ship ----------------------------------------------------------------- */

static void test_shipped(void)
{
	g_autoptr(GError) error = NULL;
	struct cells *cells = cells_load(CELLS_SHIPPED, &error);

	g_assert_no_error(error);
	for (unsigned i = 0; i < cells->cells->len; i++) {
		const struct cell *cell = cells_cell(cells, i);
		bool known = !*(cell->test ? cell->test : "");

		for (unsigned t = 0; t < VMALLOC_TESTS; t++)
			known |= !g_strcmp0(cell->test, vmalloc_tests[t].name);
		g_assert_true(known);
	}
	for (unsigned i = 0; i < cells->runs->len; i++) {
		const struct cell_run *run = cells_run(cells, i);
		const struct cell_task task = {.run = i,
					       .seed = 1,
					       .loops = run->loops,
					       .repeats = run->repeats,
					       /* the profile of its machine need not ship */
					       .profile = "generic-x86_64"};
		struct variant_spec spec = cell_task_spec(cells, &task);

		variant_check(&spec, &error);
		g_assert_no_error(error);
		variant_spec_clear(&spec);
	}
	cells_free(cells);
}

/* --- layouts ----------------------------------------------------------------------------- */

/* A run that takes long is made on fewer, and so are cells that need it; quick runs are not. */
static void test_fewer_layouts(void)
{
	GError *error = NULL;
	struct cells *cells = cells_load(CELLS_SHIPPED, &error);
	g_autofree bool *needed = g_new0(bool, cells->runs->len);
	struct cell_effort effort = {.layouts = 11};

	g_assert_no_error(error);
	for (unsigned i = 0; i < cells->runs->len; i++)
		cells_run(cells, i)->layouts = i ? 0 : 4;
	needed[0] = needed[1] = true;
	struct cell_answers *answers = cell_answers_new(cells, &effort, needed, NULL);

	g_assert_cmpuint(answers->tasks->len, ==, 4 + 11);
	g_assert_cmpuint(cell_run_layouts(answers, 0), ==, 4);
	for (unsigned i = 0; i < cells->cells->len; i++) {
		g_autofree bool *of = g_new0(bool, cells->runs->len);

		cells_need(cells, i, of);
		g_assert_cmpuint(cell_layouts(answers, i), ==, of[0] ? 4 : 11);
	}
	cell_answers_free(answers);
	effort = (struct cell_effort){.quick = true, .layouts = 11};
	answers = cell_answers_new(cells, &effort, needed, NULL);
	g_assert_cmpuint(cell_run_layouts(answers, 0), ==, 11);
	cell_answers_free(answers);
	cells_free(cells);
}

/* --- bad files --------------------------------------------------------------------------- */

#define RUNS                                                                                          \
	"\"runs\": {\"r\": {\"machine\": \"m\", \"profile\": \"p\", \"workload\": \"test_vmalloc\", " \
	"\"model\": \"vmap-augtree\", \"loops\": 1000, \"repeats\": 3, \"quick_loops\": [10, 20]},"   \
	"\"s\": {\"machine\": \"m\", \"profile\": \"q\", \"workload\": \"w\", \"model\": \"n\"}}"
#define CELL(id, rest)                                                                             \
	"{\"id\": \"" id "\", \"use\": \"fit\", \"source\": \"s\", \"run\": \"r\", "               \
	"\"measure\": \"test_us\", \"test\": \"fix_size\", \"published\": [100, 300, 200]" rest    \
	"}"
#define FILE_OF(cells, rest)                                                                       \
	"{\"kmsim_cells\": 1, \"title\": \"t\", " RUNS ", \"cells\": [" cells "]" rest "}"

static struct cells *load_text(const char *text, GError **error)
{
	g_autofree char *path = NULL;
	int fd = g_file_open_tmp("cells-XXXXXX.json", &path, NULL);

	g_close(fd, NULL);
	g_file_set_contents(path, text, -1, NULL);
	struct cells *cells = cells_load(path, error);

	remove(path);
	return cells;
}

static const struct {
	const char *text, *message;
} bad_files[] = {
	{"{}", "is no file of cells"},
	{"[", "not JSON"},
	{FILE_OF("", ""), "there are no cells"},
	{FILE_OF(CELL("a", ", \"tolerance\": -1"), ""), "cells[0]: field 'tolerance'"},
	{FILE_OF(CELL("a", "") "," CELL("a", ""), ""), "cells[1]: 'a' is there twice"},
	{FILE_OF(CELL("a", ", \"above\": 3"), ""), "expected 'published' or 'above'"},
	{FILE_OF("{\"id\": \"a\", \"use\": \"x\"}", ""), "expected one of check, fit, shape, part"},
	{FILE_OF("{\"id\": \"a\", \"use\": \"fit\", \"measure\": \"x\"}", ""),
	 "field 'measure': expected one of"},
	{FILE_OF("{\"id\": \"a\", \"use\": \"fit\", \"measure\": \"wall_s\", \"run\": "
		 "\"x\"}",
		 ""),
	 "there is no run 'x'"},
	{FILE_OF("{\"id\": \"a\", \"use\": \"fit\", \"measure\": \"wall_s\", \"run\": "
		 "\"s\"}",
		 ""),
	 "its run has no loops"},
	{FILE_OF("{\"id\": \"a\", \"use\": \"check\", \"measure\": \"ratio\", \"of\": "
		 "[\"b\", \"c\"]}",
		 ""),
	 "'b': there is no such cell above it"},
	{FILE_OF(CELL("a", ""), ", \"orderings\": [{\"of\": [\"a\", \"b\"]}]"),
	 "orderings[0]: 'b'"},
	{FILE_OF(CELL("a", ""), ", \"fits\": {\"q\": {\"cells\": [\"a\"]}}"),
	 "fits.q: 'a' is no figure of a run on that profile"},
	{FILE_OF(CELL("a", ""), ", \"fits\": {\"p\": {\"cells\": [\"a\"]}}"),
	 "expected 'cells' and 'parameters'"},
	{FILE_OF(CELL("a", ""),
		 ", \"fits\": {\"p\": {\"cells\": [\"a\"], \"parameters\": [\"x\"]}}"),
	 "expected lists of paths"},
	{"{\"kmsim_cells\": 1, \"title\": \"t\", \"run\": {}}", "unknown key 'run'"},
	{"{\"kmsim_cells\": 1, \"title\": \"t\", \"runs\": []}", "field 'runs'"},
	{"{\"kmsim_cells\": 1, \"title\": \"t\", \"runs\": {\"r\": {\"machin\": \"m\"}}}",
	 "runs.r: unknown key 'machin'"},
	{"{\"kmsim_cells\": 1, \"title\": \"t\", \"runs\": {\"r\": {\"machine\": \"m\", "
	 "\"profile\": \"p\", \"workload\": \"w\", \"model\": \"n\", \"loops\": 1.5}}}",
	 "runs.r: field 'loops': expected a whole number"},
	{FILE_OF(CELL("a", ", \"tolerence\": 10"), ""), "cells[0]: unknown key 'tolerence'"},
	{FILE_OF(CELL("a", ", \"jobs\": 1.5"), ""), "cells[0]: field 'jobs'"},
	{FILE_OF("{\"id\": \"a\", \"use\": \"fit\", \"measure\": \"test_us\", \"run\": "
		 "\"r\", \"test\": \"fix_sizes\"}",
		 ""),
	 "field 'test': expected one of fix_size, full_fit,"},
	{FILE_OF("{\"id\": \"a\", \"use\": \"fit\", \"measure\": \"wall_s\", \"run\": "
		 "\"r\", \"source\": \"s\", \"published\": 5}",
		 ""),
	 "field 'published': expected a list"},
	{FILE_OF(CELL("a", "") ",{\"id\": \"b\", \"use\": \"check\", \"measure\": "
			       "\"ratio\", \"of\": [\"a\", \"a\"], \"published\": [1], "
			       "\"source\": \"s\"},{\"id\": \"c\", \"use\": \"check\", "
			       "\"measure\": \"ratio\", \"of\": [\"a\", [\"a\", \"b\"]]}",
		 ""),
	 "cells[2]: field 'of': 'b' is a ratio itself"},
	{FILE_OF(CELL("a", ""), ", \"orderings\": {}"), "field 'orderings'"},
	{FILE_OF(CELL("a", ""), ", \"orderings\": [{\"of\": [\"a\"]}]"),
	 "orderings[0]: field 'of': expected two cells"},
	{FILE_OF(CELL("a", ""), ", \"orderings\": [[]]"), "orderings[0]: expected an object"},
	{FILE_OF(CELL("a", ""), ", \"fits\": []"), "field 'fits'"},
	{FILE_OF(CELL("a", ""), ", \"fits\": {\"p\": {\"cell\": [\"a\"]}}"),
	 "fits.p: unknown key 'cell'"},
};

static void test_bad_files(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(bad_files); i++) {
		g_autoptr(GError) error = NULL;
		struct cells *cells = load_text(bad_files[i].text, &error);

		g_assert_null(cells);
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		if (!strstr(error->message, bad_files[i].message))
			g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, bad_files[i].message));
	}
}

/* --- measuring --------------------------------------------------------------------------- */

#define MEASURED                                                                                      \
	FILE_OF(CELL("us",                                                                            \
		     "") ","                                                                          \
			 "{\"id\": \"raw\", \"use\": \"check\", \"source\": \"s\", \"run\": \"r\", "  \
			 "\"measure\": \"raw_ticks\", \"published\": [500]},"                         \
			 "{\"id\": \"wall\", \"use\": \"check\", \"source\": \"s\", \"run\": \"r\", " \
			 "\"measure\": \"wall_s\", \"above\": 1},"                                    \
			 "{\"id\": \"pair\", \"use\": \"check\", \"source\": \"s\", \"run\": \"r\", " \
			 "\"measure\": \"pair_us\", \"test\": \"fix_size\", \"published\": [1], "     \
			 "\"within_range\": true},"                                                   \
			 "{\"id\": \"ratio\", \"use\": \"check\", \"source\": \"s\", \"measure\": "   \
			 "\"ratio\", \"of\": [\"us\", [\"us\", \"us\"]], \"published\": [0.5]}",      \
		", \"orderings\": [{\"of\": [\"us\", \"raw\"]}, {\"of\": [\"pair\", \"us\"]}, "       \
		"{\"of\": [\"us\", \"us\"]}]")

/* A test that took @us microseconds a pass on each of two CPUs, three passes, and one that did not
 * end. The clock is 1 MHz, the timer half as fast. */
static json_t *answer(unsigned us)
{
	json_t *list = json_array();

	for (unsigned cpu = 0; cpu < 2; cpu++)
		json_array_append_new(list,
				      json_pack("{s:s, s:i, s:i, s:i, s:i, s:i}", "name",
						"test:fix_size", "cpu", cpu, "runs", 3,
						"total_cycles", 3 * us, "first_start_cycles",
						1000 + cpu, "last_end_cycles", 1000 + 3 * us));
	json_array_append_new(
		list, json_pack("{s:s, s:i, s:i}", "name", "test:pcpu", "cpu", 0, "runs", 0));
	json_array_append_new(list, json_pack("{s:s, s:i, s:i, s:i}", "name", "boot", "cpu", 0,
					      "runs", 1, "last_end_cycles", 99999999));
	return json_pack("{s:i, s:i, s:{s:o}}", "clock_hz", 1000000, "timer_hz", 500000, "sections",
			 "list", list);
}

static double value_at(const struct cell_answers *answers, unsigned cell, unsigned layout)
{
	double value;

	g_assert_true(cell_value(answers, cell, layout, &value));
	return value;
}

static void test_measures(void)
{
	struct cells *cells = load_text(MEASURED, NULL);
	const struct cell_effort effort = {.layouts = 2};
	struct cell_answers *answers =
		cell_answers_new(cells, &effort, (const bool[]){true, false}, NULL);
	double value;

	g_assert_cmpuint(answers->tasks->len, ==, 2);
	g_assert_cmpuint(g_array_index(answers->tasks, struct cell_task, 1).seed, ==, 2);
	g_assert_false(cell_value(answers, 0, 0, &value));
	answers->of[0] = answer(90);
	answers->of[1] = answer(120);
	g_assert_cmpfloat_with_epsilon(value_at(answers, 0, 0), 90, 1e-9);
	g_assert_cmpfloat_with_epsilon(value_at(answers, 0, 1), 120, 1e-9);
	g_assert_cmpfloat_with_epsilon(value_at(answers, 1, 0), 135, 1e-9);
	g_assert_cmpfloat_with_epsilon(value_at(answers, 2, 0), 270e-6, 1e-12);
	g_assert_cmpfloat_with_epsilon(value_at(answers, 3, 0), 0.09, 1e-9);
	g_assert_cmpfloat_with_epsilon(value_at(answers, 4, 0), 0.5, 1e-9);
	cell_answers_free(answers);
	cells_free(cells);
}

/* Two short runs of one pass each: 100 us and 2 us a loop. */
static void test_quick(void)
{
	struct cells *cells = load_text(MEASURED, NULL);
	const struct cell_effort effort = {.layouts = 1, .quick = true};
	struct cell_answers *answers =
		cell_answers_new(cells, &effort, (const bool[]){true, false}, NULL);
	const struct cell_task *tasks = (const struct cell_task *)(void *)answers->tasks->data;

	g_assert_cmpuint(answers->tasks->len, ==, 2);
	g_assert_cmpuint(tasks[0].loops, ==, 10);
	g_assert_cmpuint(tasks[1].loops, ==, 20);
	g_assert_cmpuint(tasks[1].repeats, ==, 1);
	answers->of[0] = answer(120);
	answers->of[1] = answer(140);
	g_assert_cmpfloat_with_epsilon(value_at(answers, 0, 0), 2100, 1e-9);
	/* the loop alone */
	g_assert_cmpfloat_with_epsilon(value_at(answers, 3, 0), 7, 1e-9);
	cell_answers_free(answers);
	cells_free(cells);
}

/* --- the verdict ------------------------------------------------------------------------- */

static json_t *verdict(unsigned first_us, unsigned second_us)
{
	struct cells *cells = load_text(MEASURED, NULL);
	const struct cell_effort effort = {.layouts = 2};
	const bool selected[] = {true, true, true, true, true};
	const char *const why[] = {NULL, NULL};
	const struct accuracy_manifest manifest = {
		.command = "c", .why = why, .selected = selected};
	struct cell_answers *answers =
		cell_answers_new(cells, &effort, (const bool[]){true, false}, NULL);

	if (first_us) {
		answers->of[0] = answer(first_us);
		answers->of[1] = answer(second_us);
	}
	json_t *accuracy = accuracy_json(answers, &manifest);

	cell_answers_free(answers);
	cells_free(cells);
	return accuracy;
}

static const json_t *cell_of(const json_t *accuracy, size_t i)
{
	return json_array_get(json_object_get(accuracy, "cells"), i);
}

static void test_verdict(void)
{
	json_t *accuracy = verdict(200, 240);

	g_assert_cmpstr(json_string_at(cell_of(accuracy, 0), "status"), ==, "pass");
	g_assert_cmpfloat_with_epsilon(json_number_at(cell_of(accuracy, 0), "error_percent"), 10,
				       1e-9);
	/* 330 ticks against 500; 0.7 ms is not above a second */
	g_assert_cmpfloat_with_epsilon(json_number_at(cell_of(accuracy, 1), "error_percent"), -34,
				       1e-9);
	g_assert_cmpstr(json_string_at(cell_of(accuracy, 1), "status"), ==, "miss");
	g_assert_cmpstr(json_string_at(cell_of(accuracy, 2), "status"), ==, "miss");
	g_assert_cmpfloat(json_number_at(accuracy, "totals/check_cells"), ==, 4);
	g_assert_cmpfloat(json_number_at(accuracy, "totals/check_within_15"), ==, 1);
	g_assert_cmpfloat(json_number_at(accuracy, "totals/fit_passed"), ==, 1);
	/* 100 to 300 us lie below 500 ticks, and above 1 us; with itself a cell has no order */
	json_t *orderings = json_object_get(accuracy, "orderings");

	g_assert_cmpstr(json_string_at(json_array_get(orderings, 0), "status"), ==, "right");
	g_assert_cmpstr(json_string_at(json_array_get(orderings, 1), "status"), ==, "right");
	g_assert_cmpstr(json_string_at(json_array_get(orderings, 2), "status"), ==, "no order");
	g_assert_cmpfloat(json_number_at(accuracy, "totals/orderings"), ==, 2);
	g_autofree char *text = accuracy_text(accuracy), *page = accuracy_markdown(accuracy);

	g_assert_nonnull(strstr(text, "1 of 4 check cells within 15 %, 2 of 2 orderings right\n"));
	g_assert_nonnull(
		strstr(page, "**1 of 4 check cells within 15 %, 2 of 2 orderings right.**"));
	json_decref(accuracy);
}

/* The range over layouts can be asked to hold the published figure. */
static void test_range(void)
{
	/* pair: 0.95 and 1.1 us against 1; then 1.05 and 1.1 */
	json_t *inside = verdict(950, 1100), *outside = verdict(1050, 1100);

	g_assert_cmpstr(json_string_at(cell_of(inside, 3), "status"), ==, "pass");
	g_assert_cmpstr(json_string_at(cell_of(outside, 3), "status"), ==, "miss");
	g_assert_true(json_is_true(json_object_get(cell_of(outside, 3), "within_15")));
	json_decref(inside);
	json_decref(outside);
}

static void test_not_run(void)
{
	json_t *accuracy = verdict(0, 0);
	g_autofree char *text = accuracy_text(accuracy);

	g_assert_cmpstr(json_string_at(cell_of(accuracy, 0), "status"), ==, "not run");
	g_assert_true(json_is_null(json_object_get(cell_of(accuracy, 0), "simulated")));
	g_assert_nonnull(strstr(text, "0 of 0 check cells within 15 %, 0 of 0 orderings right\n"));
	g_assert_nonnull(strstr(text, "not run: 4 check cells, 1 fit cells, 2 orderings\n"));
	json_decref(accuracy);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cells/fewer-layouts", test_fewer_layouts);
	g_test_add_func("/cells/shipped", test_shipped);
	g_test_add_func("/cells/bad-files", test_bad_files);
	g_test_add_func("/cells/measures", test_measures);
	g_test_add_func("/cells/quick", test_quick);
	g_test_add_func("/cells/verdict", test_verdict);
	g_test_add_func("/cells/range", test_range);
	g_test_add_func("/cells/not-run", test_not_run);
	return g_test_run();
}
