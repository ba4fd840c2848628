// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/accuracy/cells_read.h"

#include <string.h>

const char *const cell_use_names[] = {
	[CELL_CHECK] = "check", [CELL_FIT] = "fit", [CELL_SHAPE] = "shape", [CELL_PART] = "part"};

const char *const cell_measure_names[] = {
	[MEASURE_TEST_US] = "test_us", [MEASURE_RAW_TICKS] = "raw_ticks",
	[MEASURE_WALL_S] = "wall_s",   [MEASURE_PAIR_US] = "pair_us",
	[MEASURE_FIGURE] = "figure",   [MEASURE_RATIO] = "ratio",
};

static const char *const units[] = {
	[MEASURE_TEST_US] = "us", [MEASURE_RAW_TICKS] = "ticks", [MEASURE_WALL_S] = "s",
	[MEASURE_PAIR_US] = "us", [MEASURE_RATIO] = "",
};

const char *cell_use_name(enum cell_use use)
{
	return cell_use_names[use];
}

const char *cell_unit(const struct cell *cell)
{
	return cell->measure == MEASURE_FIGURE ? cell->unit : units[cell->measure];
}

double cell_published(const struct cell *cell)
{
	unsigned n = cell->n_published;

	return n ? (cell->published[(n - 1) / 2] + cell->published[n / 2]) / 2 : cell->bound;
}

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
	if (cell->measure == MEASURE_RATIO)
		cell = cells_cell(cells, g_array_index(cell->above_line, unsigned, 0));
	return cells_run(cells, cell->run);
}

static void need_terms(const struct cells *cells, const GArray *terms, bool *needed)
{
	for (unsigned i = 0; i < terms->len; i++)
		needed[cells_cell(cells, g_array_index(terms, unsigned, i))->run] = true;
}

void cells_need(const struct cells *cells, unsigned index, bool *needed)
{
	const struct cell *cell = cells_cell(cells, index);

	if (cell->measure != MEASURE_RATIO) {
		needed[cell->run] = true;
		return;
	}
	need_terms(cells, cell->above_line, needed);
	need_terms(cells, cell->below_line, needed);
}
