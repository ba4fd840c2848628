// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/accuracy/cells.h"

#include "sim/base/error.h"
#include "sim/base/resource.h"

#include <stdlib.h>
#include <string.h>

#define RESOURCE_DIR	  "/kmsim/models/targets/"
#define TOLERANCE_DEFAULT 15
#define LOOPS_MAX	  1000000000

static const char *const use_names[] = {
	[CELL_CHECK] = "check", [CELL_FIT] = "fit", [CELL_SHAPE] = "shape", [CELL_PART] = "part"};

static const struct {
	const char *name, *unit;
} measures[] = {
	[MEASURE_TEST_US] = {"test_us", "us"}, [MEASURE_RAW_TICKS] = {"raw_ticks", "ticks"},
	[MEASURE_WALL_S] = {"wall_s", "s"},    [MEASURE_PAIR_US] = {"pair_us", "us"},
	[MEASURE_FIGURE] = {"figure", ""},     [MEASURE_RATIO] = {"ratio", ""},
};

const char *cell_use_name(enum cell_use use)
{
	return use_names[use];
}

const char *cell_unit(const struct cell *cell)
{
	return cell->measure == MEASURE_FIGURE ? cell->unit : measures[cell->measure].unit;
}

double cell_published(const struct cell *cell)
{
	unsigned n = cell->n_published;

	return n ? (cell->published[(n - 1) / 2] + cell->published[n / 2]) / 2 : cell->bound;
}

/* --- reading ----------------------------------------------------------------------------- */

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

static bool get_count(const json_t *object, const char *key, uint64_t max, uint64_t *value,
		      GError **error)
{
	double number = (double)*value;

	if (!get_number(object, key, 1, (double)max, &number, error))
		return false;
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
	run->id = g_strdup(id);
	return (run->machine = get_text(object, "machine", true, error)) &&
	       (run->profile = get_text(object, "profile", true, error)) &&
	       (run->workload = get_text(object, "workload", true, error)) &&
	       (run->model = get_text(object, "model", true, error)) &&
	       (run->kernel = get_text(object, "kernel", false, error)) &&
	       get_count(object, "loops", LOOPS_MAX, &run->loops, error) &&
	       get_count(object, "repeats", 1000, &run->repeats, error) &&
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
static int find_cell(const struct cells *cells, const json_t *id, GError **error)
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
		int cell = find_cell(cells, json_is_array(json) ? json_array_get(json, i) : json,
				     error);

		if (cell < 0)
			return false;
		g_array_append_vals(terms, &(unsigned){(unsigned)cell}, 1);
	}
	if (!n)
		set_input_error(error, "field 'of': an empty list");
	return n != 0;
}

static bool read_word(const json_t *object, const char *key, const char *const *words, unsigned n,
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

	if (!get_number(object, "above", 0, 1e18, &cell->bound, error))
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
	       (cell->path = get_text(object, "path", !of_loops, error));
}

static bool read_cell(const struct cells *cells, const json_t *object, struct cell *cell,
		      GError **error)
{
	const char *measure_names[G_N_ELEMENTS(measures)];
	unsigned use, measure;
	uint64_t jobs = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(measures); i++)
		measure_names[i] = measures[i].name;
	cell->above_line = g_array_new(FALSE, FALSE, sizeof(unsigned));
	cell->below_line = g_array_new(FALSE, FALSE, sizeof(unsigned));
	cell->tolerance_percent = TOLERANCE_DEFAULT;
	cell->divisor = 1;
	if (!(cell->id = get_text(object, "id", true, error)))
		return false;
	if (find_cell(cells, json_object_get(object, "id"), NULL) >= 0) {
		set_input_error(error, "'%s' is there twice", cell->id);
		return false;
	}
	if (!read_word(object, "use", use_names, G_N_ELEMENTS(use_names), &use, error) ||
	    !read_word(object, "measure", measure_names, G_N_ELEMENTS(measures), &measure, error))
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

static bool read_ordering(const struct cells *cells, const json_t *object,
			  struct ordering *ordering, GError **error)
{
	static const char *const by[] = {"median", "spread"};
	json_t *of = json_object_get(object, "of");
	unsigned index = 0;

	for (unsigned i = 0; i < 2; i++) {
		int cell = find_cell(cells, json_array_get(of, i), error);

		if (cell < 0)
			return false;
		ordering->of[i] = (unsigned)cell;
		if (cells_cell(cells, ordering->of[i])->use == CELL_PART) {
			set_input_error(error, "'%s': nothing is published of a part",
					cells_cell(cells, ordering->of[i])->id);
			return false;
		}
	}
	if (json_object_get(object, "by") && !read_word(object, "by", by, 2, &index, error))
		return false;
	ordering->by_spread = index;
	return true;
}

static bool read_paths(const json_t *list, struct fit *fit, GError **error)
{
	GPtrArray *paths = g_ptr_array_new();
	size_t i;
	json_t *path;

	json_array_foreach (list, i, path) {
		if (json_is_string(path))
			g_ptr_array_add(paths, g_strdup(json_string_value(path)));
	}
	bool ok = i && paths->len == i;

	g_ptr_array_add(paths, NULL);
	g_ptr_array_add(fit->parameters, g_ptr_array_free(paths, FALSE));
	if (!ok)
		set_input_error(error, "field 'parameters': expected lists of paths");
	return ok;
}

static bool may_be_fitted(const struct cells *cells, const struct cell *cell, const char *profile,
			  GError **error)
{
	bool of_profile = cell->measure != MEASURE_RATIO &&
			  !strcmp(cells_run(cells, cell->run)->profile, profile);

	if (cell->use != CELL_FIT || !cell->n_published)
		set_input_error(error, "'%s' is no fit cell", cell->id);
	else if (!of_profile)
		set_input_error(error, "'%s' is no figure of a run on that profile", cell->id);
	return cell->use == CELL_FIT && cell->n_published && of_profile;
}

static bool read_fit(const struct cells *cells, const char *profile, const json_t *object,
		     struct fit *fit, GError **error)
{
	size_t i;
	json_t *json;

	fit->profile = g_strdup(profile);
	fit->cells = g_array_new(FALSE, FALSE, sizeof(unsigned));
	fit->parameters = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	json_array_foreach (json_object_get(object, "cells"), i, json) {
		int cell = find_cell(cells, json, error);

		if (cell < 0)
			return false;
		if (!may_be_fitted(cells, cells_cell(cells, (unsigned)cell), profile, error))
			return false;
		g_array_append_vals(fit->cells, &(unsigned){(unsigned)cell}, 1);
	}
	json_array_foreach (json_object_get(object, "parameters"), i, json) {
		if (!read_paths(json, fit, error))
			return false;
	}
	if (!fit->cells->len || !fit->parameters->len)
		set_input_error(error, "expected 'cells' and 'parameters', neither of them empty");
	return fit->cells->len && fit->parameters->len;
}

static bool read_runs(struct cells *cells, json_t *root, GError **error)
{
	const char *key;
	json_t *json;

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

static bool read_orderings(struct cells *cells, json_t *root, GError **error)
{
	size_t i;
	json_t *json;

	json_array_foreach (json_object_get(root, "orderings"), i, json) {
		struct ordering ordering = {0};

		if (!read_ordering(cells, json, &ordering, error)) {
			g_prefix_error(error, "orderings[%zu]: ", i);
			return false;
		}
		g_array_append_val(cells->orderings, ordering);
	}
	return true;
}

static bool read_fits(struct cells *cells, json_t *root, GError **error)
{
	const char *key;
	json_t *json;

	json_object_foreach (json_object_get(root, "fits"), key, json) {
		struct fit fit = {0};
		bool ok = read_fit(cells, key, json, &fit, error);

		g_array_append_val(cells->fits, fit);
		if (!ok) {
			g_prefix_error(error, "fits.%s: ", key);
			return false;
		}
	}
	return true;
}

static bool read_root(struct cells *cells, json_t *root, GError **error)
{
	if (json_integer_value(json_object_get(root, "kmsim_cells")) != 1) {
		set_input_error(error, "is no file of cells: needs kmsim_cells 1");
		return false;
	}
	return (cells->title = get_text(root, "title", true, error)) &&
	       read_runs(cells, root, error) && read_cells(cells, root, error) &&
	       read_orderings(cells, root, error) && read_fits(cells, root, error);
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

/* --- the rest ---------------------------------------------------------------------------- */

static void run_clear(struct cell_run *run)
{
	g_free(run->id);
	g_free(run->machine);
	g_free(run->profile);
	g_free(run->workload);
	g_free(run->model);
	g_free(run->kernel);
}

static void cell_clear(struct cell *cell)
{
	g_free(cell->id);
	g_free(cell->test);
	g_free(cell->path);
	g_free(cell->unit);
	g_free(cell->published);
	g_free(cell->source);
	g_free(cell->note);
	g_array_unref(cell->above_line);
	g_array_unref(cell->below_line);
}

void cells_free(struct cells *cells)
{
	if (!cells)
		return;
	for (unsigned i = 0; i < cells->runs->len; i++)
		run_clear(cells_run(cells, i));
	for (unsigned i = 0; i < cells->cells->len; i++)
		cell_clear(cells_cell(cells, i));
	for (unsigned i = 0; i < cells->fits->len; i++) {
		struct fit *fit = &g_array_index(cells->fits, struct fit, i);

		g_free(fit->profile);
		g_array_unref(fit->cells);
		g_ptr_array_unref(fit->parameters);
	}
	g_array_unref(cells->runs);
	g_array_unref(cells->cells);
	g_array_unref(cells->orderings);
	g_array_unref(cells->fits);
	g_free(cells->name);
	g_free(cells->title);
	g_free(cells->digest);
	g_free(cells);
}

const struct fit *cells_fit(const struct cells *cells, const char *profile)
{
	for (unsigned i = 0; i < cells->fits->len; i++) {
		const struct fit *fit = &g_array_index(cells->fits, struct fit, i);

		if (!strcmp(fit->profile, profile))
			return fit;
	}
	return NULL;
}

const struct cell_run *cell_first_run(const struct cells *cells, const struct cell *cell)
{
	while (cell->measure == MEASURE_RATIO)
		cell = cells_cell(cells, g_array_index(cell->above_line, unsigned, 0));
	return cells_run(cells, cell->run);
}

/* Terms lie above the cells that they are of, so this ends. */
void cells_need(const struct cells *cells, unsigned index, bool *needed)
{
	const struct cell *cell = cells_cell(cells, index);

	if (cell->measure != MEASURE_RATIO) {
		needed[cell->run] = true;
		return;
	}
	for (unsigned i = 0; i < cell->above_line->len; i++)
		cells_need(cells, g_array_index(cell->above_line, unsigned, i), needed);
	for (unsigned i = 0; i < cell->below_line->len; i++)
		cells_need(cells, g_array_index(cell->below_line, unsigned, i), needed);
}
