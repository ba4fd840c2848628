// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/accuracy/cells_read.h"

#include "sim/base/error.h"
#include "sim/base/resource.h"
#include "sim/workload/vmalloc_tests.h"

#include <stdlib.h>
#include <string.h>

#define RESOURCE_DIR	  "/kmsim/models/targets/"
#define TOLERANCE_DEFAULT 15
#define LOOPS_MAX	  1000000000

bool cells_check_keys(const json_t *object, const char *const *known, GError **error)
{
	if (!json_is_object(object)) {
		set_input_error(error, "expected an object");
		return false;
	}
	const char *unknown = json_unknown_key(object, known);

	if (unknown)
		set_input_error(error, "unknown key '%s'", unknown);
	return !unknown;
}

bool cells_check_list(const json_t *object, const char *key, GError **error)
{
	const json_t *list = json_object_get(object, key);

	if (list && !json_is_array(list))
		set_input_error(error, "field '%s': expected a list", key);
	return !list || json_is_array(list);
}

/* Text that must be there, or may be: "" where it is not. NULL with the error set. */
static char *get_text(const json_t *object, const char *key, bool must, GError **error)
{
	json_t *json = json_object_get(object, key);

	if (!json && !must)
		return g_strdup("");
	if (!json_is_string(json) || (must && !*json_string_value(json))) {
		set_input_error(error, "field '%s': expected text", key);
		return NULL;
	}
	return g_strdup(json_string_value(json));
}

/* A number from @min to @max, *value as it is where there is none. */
static bool get_number(const json_t *object, const char *key, double min, double max, double *value,
		       GError **error)
{
	json_t *json = json_object_get(object, key);

	if (!json)
		return true;
	if (!json_is_number(json) || json_number_value(json) < min ||
	    json_number_value(json) > max) {
		set_input_error(error, "field '%s': expected a number of %g to %g", key, min, max);
		return false;
	}
	*value = json_number_value(json);
	return true;
}

/* A whole number from 1 to @max, *value as it is where there is none. */
static bool get_count(const json_t *object, const char *key, uint64_t max, uint64_t *value,
		      GError **error)
{
	json_t *json = json_object_get(object, key);
	json_int_t number = json_integer_value(json);

	if (!json)
		return true;
	if (number < 1 || (uint64_t)number > max) {
		set_input_error(error,
				"field '%s': expected a whole number of 1 to %" G_GUINT64_FORMAT,
				key, max);
		return false;
	}
	*value = (uint64_t)number;
	return true;
}

static bool read_quick_loops(const json_t *object, struct cell_run *run, GError **error)
{
	json_t *pair = json_object_get(object, "quick_loops");
	json_int_t first = json_integer_value(json_array_get(pair, 0));
	json_int_t second = json_integer_value(json_array_get(pair, 1));

	if (!pair && !run->loops)
		return true;
	if (json_array_size(pair) != 2 || first < 1 || second <= first || second > LOOPS_MAX) {
		set_input_error(error, "field 'quick_loops': expected two numbers, ascending");
		return false;
	}
	run->quick_loops[0] = (uint64_t)first;
	run->quick_loops[1] = (uint64_t)second;
	return true;
}

static bool read_run(const char *id, const json_t *object, struct cell_run *run, GError **error)
{
	static const char *const keys[] = {"machine", "profile", "workload",	"model",   "kernel",
					   "loops",   "repeats", "quick_loops", "layouts", NULL};

	run->id = g_strdup(id);
	return cells_check_keys(object, keys, error) &&
	       (run->machine = get_text(object, "machine", true, error)) &&
	       (run->profile = get_text(object, "profile", true, error)) &&
	       (run->workload = get_text(object, "workload", true, error)) &&
	       (run->model = get_text(object, "model", true, error)) &&
	       (run->kernel = get_text(object, "kernel", false, error)) &&
	       get_count(object, "loops", LOOPS_MAX, &run->loops, error) &&
	       get_count(object, "repeats", 1000, &run->repeats, error) &&
	       get_count(object, "layouts", 1000, &run->layouts, error) &&
	       read_quick_loops(object, run, error);
}

static int find_run(const struct cells *cells, const char *id)
{
	for (unsigned i = 0; i < cells->runs->len; i++) {
		if (!strcmp(cells_run(cells, i)->id, id))
			return (int)i;
	}
	return -1;
}

/* -1 with the error set if there is no such cell so far. */
int cells_find(const struct cells *cells, const json_t *id, GError **error)
{
	const char *name = json_string_value(id);

	for (unsigned i = 0; name && i < cells->cells->len; i++) {
		if (!strcmp(cells_cell(cells, i)->id, name))
			return (int)i;
	}
	set_input_error(error, "'%s': there is no such cell above it", name ? name : "");
	return -1;
}

/* A cell's name, or a list of them. */
static bool read_terms(const struct cells *cells, json_t *json, GArray *terms, GError **error)
{
	size_t n = json_is_array(json) ? json_array_size(json) : 1;

	for (size_t i = 0; i < n; i++) {
		int cell = cells_find(cells, json_is_array(json) ? json_array_get(json, i) : json,
				      error);

		if (cell < 0)
			return false;
		if (cells_cell(cells, (unsigned)cell)->measure == MEASURE_RATIO) {
			set_input_error(error, "field 'of': '%s' is a ratio itself",
					cells_cell(cells, (unsigned)cell)->id);
			return false;
		}
		g_array_append_vals(terms, &(unsigned){(unsigned)cell}, 1);
	}
	if (!n)
		set_input_error(error, "field 'of': an empty list");
	return n != 0;
}

bool cells_read_word(const json_t *object, const char *key, const char *const *words, unsigned n,
		     unsigned *index, GError **error)
{
	const char *text = json_string_value(json_object_get(object, key));

	for (*index = 0; text && *index < n; ++*index) {
		if (!strcmp(words[*index], text))
			return true;
	}
	g_autoptr(GString) known = g_string_new(NULL);

	for (unsigned i = 0; i < n; i++)
		g_string_append_printf(known, "%s%s", i ? ", " : "", words[i]);
	set_input_error(error, "field '%s': expected one of %s", key, known->str);
	return false;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static bool read_published(const json_t *object, struct cell *cell, GError **error)
{
	json_t *list = json_object_get(object, "published"), *json;
	size_t i;

	if (!get_number(object, "above", 0, 1e18, &cell->bound, error) ||
	    !cells_check_list(object, "published", error))
		return false;
	cell->published = g_new0(double, json_array_size(list) + 1); /* never NULL */
	json_array_foreach (list, i, json) {
		if (json_number_value(json) <= 0) {
			set_input_error(error, "field 'published': expected numbers above 0");
			return false;
		}
		cell->published[cell->n_published++] = json_number_value(json);
	}
	qsort(cell->published, cell->n_published, sizeof(double), compare_doubles);
	if ((cell->n_published != 0) + (cell->bound > 0) == (cell->use != CELL_PART))
		return true;
	set_input_error(error, "expected 'published' or 'above', and neither for a part");
	return false;
}

/* Does the run's workload have the test? Of test_vmalloc it is known. */
static bool check_test(const struct cell *cell, const struct cell_run *run, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	if (!*cell->test || !test_vmalloc_loops(run->workload))
		return true;
	for (unsigned i = 0; i < VMALLOC_TESTS; i++) {
		if (!strcmp(vmalloc_tests[i].name, cell->test))
			return true;
		g_string_append_printf(known, "%s%s", i ? ", " : "", vmalloc_tests[i].name);
	}
	set_input_error(error, "field 'test': expected one of %s", known->str);
	return false;
}

static bool read_what(const struct cells *cells, const json_t *object, struct cell *cell,
		      GError **error)
{
	if (cell->measure == MEASURE_RATIO) {
		json_t *of = json_object_get(object, "of");

		if (json_array_size(of) != 2) {
			set_input_error(error, "field 'of': expected two cells, or two lists");
			return false;
		}
		return read_terms(cells, json_array_get(of, 0), cell->above_line, error) &&
		       read_terms(cells, json_array_get(of, 1), cell->below_line, error);
	}
	g_autofree char *id = get_text(object, "run", true, error);
	int run = id ? find_run(cells, id) : -1;

	if (id && run < 0)
		set_input_error(error, "field 'run': there is no run '%s'", id);
	if (run < 0)
		return false;
	cell->run = (unsigned)run;
	bool of_test = cell->measure == MEASURE_TEST_US || cell->measure == MEASURE_PAIR_US;
	bool of_loops = cell->measure != MEASURE_FIGURE;
	const struct cell_run *of_run = cells_run(cells, cell->run);

	if (of_loops && !(of_run->loops && of_run->repeats)) {
		set_input_error(error, "its run has no loops and repeats");
		return false;
	}
	return (cell->test = get_text(object, "test", of_test, error)) &&
	       check_test(cell, of_run, error) &&
	       (cell->path = get_text(object, "path", !of_loops, error));
}

static bool read_cell(const struct cells *cells, const json_t *object, struct cell *cell,
		      GError **error)
{
	static const char *const keys[] = {
		"id",		"use",	   "measure", "run",	   "test",  "path",
		"unit",		"divisor", "of",      "published", "above", "tolerance",
		"within_range", "jobs",	   "source",  "note",	   NULL};
	unsigned use, measure;
	uint64_t jobs = 0;

	cell->above_line = g_array_new(FALSE, FALSE, sizeof(unsigned));
	cell->below_line = g_array_new(FALSE, FALSE, sizeof(unsigned));
	cell->tolerance_percent = TOLERANCE_DEFAULT;
	cell->divisor = 1;
	if (!cells_check_keys(object, keys, error) ||
	    !(cell->id = get_text(object, "id", true, error)))
		return false;
	if (cells_find(cells, json_object_get(object, "id"), NULL) >= 0) {
		set_input_error(error, "'%s' is there twice", cell->id);
		return false;
	}
	if (!cells_read_word(object, "use", cell_use_names, CELL_USES, &use, error) ||
	    !cells_read_word(object, "measure", cell_measure_names, MEASURES, &measure, error))
		return false;
	cell->use = use;
	cell->measure = measure;
	cell->within_range = json_is_true(json_object_get(object, "within_range"));
	if (!get_count(object, "jobs", 1 << 20, &jobs, error))
		return false;
	cell->jobs = (unsigned)jobs;
	return read_what(cells, object, cell, error) && read_published(object, cell, error) &&
	       get_number(object, "tolerance", 0, 1000, &cell->tolerance_percent, error) &&
	       get_number(object, "divisor", 1e-9, 1e9, &cell->divisor, error) &&
	       (cell->unit = get_text(object, "unit", false, error)) &&
	       (cell->source = get_text(object, "source", true, error)) &&
	       (cell->note = get_text(object, "note", false, error));
}

static bool read_runs(struct cells *cells, json_t *root, GError **error)
{
	const char *key;
	json_t *json;

	if (!json_is_object(json_object_get(root, "runs"))) {
		set_input_error(error, "field 'runs': expected an object");
		return false;
	}

	json_object_foreach (json_object_get(root, "runs"), key, json) {
		g_array_set_size(cells->runs, cells->runs->len + 1);
		if (!read_run(key, json, cells_run(cells, cells->runs->len - 1), error)) {
			g_prefix_error(error, "runs.%s: ", key);
			return false;
		}
	}
	return true;
}

static bool read_cells(struct cells *cells, json_t *root, GError **error)
{
	size_t i;
	json_t *json;

	if (!cells_check_list(root, "cells", error))
		return false;
	json_array_foreach (json_object_get(root, "cells"), i, json) {
		struct cell cell = {0};
		bool ok = read_cell(cells, json, &cell, error);

		g_array_append_val(cells->cells, cell);
		if (!ok) {
			g_prefix_error(error, "cells[%zu]: ", i);
			return false;
		}
	}
	if (!cells->cells->len)
		set_input_error(error, "there are no cells");
	return cells->cells->len != 0;
}

static bool read_root(struct cells *cells, json_t *root, GError **error)
{
	static const char *const keys[] = {"kmsim_cells", "title",     "comment", "runs",
					   "cells",	  "orderings", "fits",	  NULL};

	if (json_integer_value(json_object_get(root, "kmsim_cells")) != 1) {
		set_input_error(error, "is no file of cells: needs kmsim_cells 1");
		return false;
	}
	return cells_check_keys(root, keys, error) &&
	       (cells->title = get_text(root, "title", true, error)) &&
	       read_runs(cells, root, error) && read_cells(cells, root, error) &&
	       cells_read_orderings(cells, root, error) && cells_read_fits(cells, root, error);
}

struct cells *cells_load(const char *name, GError **error)
{
	char *digest = NULL;
	json_t *root = resource_json(RESOURCE_DIR, "file of cells", name, &digest, error);

	if (!root)
		return NULL;
	struct cells *cells = g_new0(struct cells, 1);

	*cells = (struct cells){
		.name = g_strdup(name),
		.digest = digest,
		.runs = g_array_new(FALSE, TRUE, sizeof(struct cell_run)),
		.cells = g_array_new(FALSE, TRUE, sizeof(struct cell)),
		.orderings = g_array_new(FALSE, TRUE, sizeof(struct ordering)),
		.fits = g_array_new(FALSE, TRUE, sizeof(struct fit)),
	};
	bool ok = read_root(cells, root, error);

	json_decref(root);
	if (ok)
		return cells;
	g_prefix_error(error, "%s: ", name);
	cells_free(cells);
	return NULL;
}
