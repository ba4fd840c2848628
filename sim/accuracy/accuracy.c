// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/accuracy/accuracy.h"

#include "sim/report/spread.h"

#include <limits.h>
#include <math.h>
#include <string.h>

/* A figure as documents hold it: ten digits. */
static json_t *rounded(double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	g_ascii_formatd(text, sizeof(text), "%.10g", value);
	return json_real(g_ascii_strtod(text, NULL));
}

/* --- cells ------------------------------------------------------------------------------- */

/* A cell over all layouts. */
struct seen {
	bool known; /* on every layout */
	bool made;  /* its runs were: if it is not known, they have no such figure */
	struct spread spread;
	double error_percent; /* of the median; 0 where only a bound is published */
	bool within, passed;  /* WITHIN_PERCENT; its own tolerance, and range */
	unsigned layouts;
	double *values; /* by layout */
};

static void judge(const struct cell *cell, struct seen *seen)
{
	double published = cell_published(cell);

	if (!cell->n_published) {
		seen->within = seen->passed = seen->spread.median > cell->bound;
		return;
	}
	seen->error_percent = (seen->spread.median / published - 1) * 100;
	seen->within = fabs(seen->error_percent) <= WITHIN_PERCENT;
	seen->passed = fabs(seen->error_percent) <= cell->tolerance_percent &&
		       (!cell->within_range ||
			(published >= seen->spread.min && published <= seen->spread.max));
}

static struct seen see(const struct cell_answers *answers, unsigned index)
{
	const struct cell *cell = cells_cell(answers->cells, index);
	unsigned n = cell_layouts(answers, index);
	struct seen seen = {.known = true, .values = g_new0(double, n), .layouts = n};
	g_autofree double *sorted = g_new0(double, n);

	for (unsigned i = 0; i < n; i++)
		seen.known &= cell_value(answers, index, i, &seen.values[i]);
	seen.made = cell_was_run(answers, index);
	if (!seen.known)
		return seen;
	memcpy(sorted, seen.values, n * sizeof(double));
	seen.spread = spread_of(sorted, n);
	if (cell->use != CELL_PART)
		judge(cell, &seen);
	return seen;
}

/* Does the verdict on a cell count? */
static bool is_judged(const struct cell *cell)
{
	return cell->use == CELL_CHECK || cell->use == CELL_FIT;
}

static const char *status_of(const struct cell *cell, const struct seen *seen)
{
	if (!seen->known)
		return seen->made ? "no figure" : "not run";
	if (!is_judged(cell))
		return "shown";
	return seen->passed ? "pass" : "miss";
}

static json_t *simulated_json(const struct seen *seen)
{
	json_t *values = json_array();

	for (unsigned i = 0; i < seen->layouts; i++)
		json_array_append_new(values, rounded(seen->values[i]));
	return json_pack("{s:o, s:o, s:o, s:o}", "median", rounded(seen->spread.median), "min",
			 rounded(seen->spread.min), "max", rounded(seen->spread.max), "values",
			 values);
}

/* Of cells over the number of CPUs: the share of time that these wait for locks, median. */
static json_t *waiting_json(const struct cell_answers *answers, const struct cell *cell)
{
	unsigned n = cell->jobs ? cell_run_layouts(answers, cell->run) : 0;
	g_autofree double *values = g_new0(double, n);

	for (unsigned i = 0; i < n; i++) {
		if (!cell_waiting(answers, cell->run, i, &values[i]))
			return json_null();
	}
	return n ? rounded(spread_of(values, n).median) : json_null();
}

static json_t *cell_json(const struct cell_answers *answers, const struct cell *cell,
			 const struct seen *seen)
{
	const struct cells *cells = answers->cells;
	const struct cell_run *run = cell_first_run(cells, cell);
	json_t *published = json_array();

	for (unsigned i = 0; i < cell->n_published; i++)
		json_array_append_new(published, rounded(cell->published[i]));
	json_t *json =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "id", cell->id, "use",
			  cell_use_name(cell->use), "machine", run->machine, "kernel", run->kernel,
			  "unit", cell_unit(cell), "published", published, "published_median",
			  cell->n_published ? rounded(cell_published(cell)) : json_null(), "above",
			  cell->n_published ? json_null() : rounded(cell->bound));

	json_object_set_new(json, "simulated", seen->known ? simulated_json(seen) : json_null());
	json_object_set_new(json, "error_percent",
			    seen->known && cell->n_published ? rounded(seen->error_percent)
							     : json_null());
	json_object_set_new(json, "tolerance_percent", rounded(cell->tolerance_percent));
	json_object_set_new(json, "within_range", json_boolean(cell->within_range));
	json_object_set_new(json, "within_15", json_boolean(seen->known && seen->within));
	json_object_set_new(json, "status", json_string(status_of(cell, seen)));
	json_object_set_new(json, "model",
			    cell->measure == MEASURE_RATIO ? json_string("")
							   : json_string(run->model));
	json_object_set_new(json, "run",
			    json_string(cell->measure == MEASURE_RATIO ? "" : run->id));
	json_object_set_new(json, "jobs", json_integer(cell->jobs));
	json_object_set_new(json, "waiting_percent", waiting_json(answers, cell));
	json_object_set_new(json, "source", json_string(cell->source));
	json_object_set_new(json, "note", json_string(cell->note));
	return json;
}

/* --- orderings --------------------------------------------------------------------------- */

struct range {
	double low, high;
};

/* What was published of a cell, as a range. */
static struct range published_range(const struct cell *cell, bool by_spread)
{
	unsigned n = cell->n_published;

	if (!n)
		return (struct range){cell->bound, cell->bound};
	struct range range = {cell->published[0], cell->published[n - 1]};

	if (by_spread)
		range.low = range.high = (range.high - range.low) / cell_published(cell);
	return range;
}

static double simulated_of(const struct seen *seen, bool by_spread)
{
	const struct spread *spread = &seen->spread;

	return by_spread ? (spread->max - spread->min) / spread->median : spread->median;
}

/* Which of the two is larger as published: 0 or 1; -1: their ranges overlap. */
static int published_larger(const struct cell *const *pair, bool by_spread)
{
	struct range a = published_range(pair[0], by_spread);
	struct range b = published_range(pair[1], by_spread);

	if (a.low > b.high)
		return 0;
	return b.low > a.high ? 1 : -1;
}

/* What becomes of an ordering: "right", "wrong"; "no order", "fitted": not counted; "not run". */
static const char *ordering_status(const struct cell *const *pair, int larger,
				   const struct seen *const *seen, bool by_spread)
{
	if (larger < 0)
		return "no order";
	if (pair[0]->use == CELL_FIT && pair[1]->use == CELL_FIT)
		return "fitted";
	if (!seen[0]->known || !seen[1]->known)
		return "not run";
	double a = simulated_of(seen[0], by_spread), b = simulated_of(seen[1], by_spread);

	return (larger ? b > a : a > b) ? "right" : "wrong";
}

static json_t *ordering_json(const struct cells *cells, const struct ordering *ordering,
			     const struct seen *seen)
{
	const struct cell *const pair[] = {cells_cell(cells, ordering->of[0]),
					   cells_cell(cells, ordering->of[1])};
	const struct seen *const both[] = {&seen[ordering->of[0]], &seen[ordering->of[1]]};
	int larger = published_larger(pair, ordering->by_spread);
	unsigned first = larger == 1 ? 1 : 0;
	bool known = both[0]->known && both[1]->known;
	json_t *of = json_array();

	for (unsigned i = 0; i < 2; i++) {
		unsigned k = i ? 1 - first : first;

		json_array_append_new(
			of, json_pack("{s:s, s:o}", "id", pair[k]->id, "simulated",
				      known ? rounded(simulated_of(both[k], ordering->by_spread))
					    : json_null()));
	}
	return json_pack("{s:o, s:s, s:s}", "larger_first", of, "by",
			 ordering->by_spread ? "spread" : "median", "status",
			 ordering_status(pair, larger, both, ordering->by_spread));
}

/* --- the document ------------------------------------------------------------------------ */

static json_t *runs_json(const struct cell_answers *answers, const char *const *why)
{
	json_t *runs = json_array();

	for (unsigned i = 0; i < answers->cells->runs->len; i++) {
		const struct cell_run *run = cells_run(answers->cells, i);
		bool made = answers->first[i] != UINT_MAX;

		if (!made && !why[i])
			continue; /* nobody asked for it */
		const struct cell_task *task =
			made ? &g_array_index(answers->tasks, struct cell_task, answers->first[i])
			     : NULL;
		json_t *answer = made ? answers->of[answers->first[i]] : NULL;
		json_t *json =
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", run->id, "machine",
				  run->machine, "kernel", run->kernel, "profile", run->profile,
				  "workload", run->workload, "model", run->model);

		json_object_set_new(json, "profile_digest",
				    json_string(json_string_at(answer, "profile_digest")));
		json_object_set_new(json, "timer_hz", rounded(json_number_at(answer, "timer_hz")));
		json_object_set_new(json, "loops", json_u64(task ? task->loops : 0));
		json_object_set_new(json, "passes", json_u64(task ? task->repeats : 0));
		json_object_set_new(json, "layouts",
				    json_u64(made ? cell_run_layouts(answers, i) : 0));
		json_object_set_new(json, "why_not", json_text_or_empty(why[i]));
		json_array_append_new(runs, json);
	}
	return runs;
}

static void add_one(json_t *totals, const char *key, bool counts)
{
	json_int_t now = json_integer_value(json_object_get(totals, key));

	json_object_set_new(totals, key, json_integer(now + counts));
}

static void count_cell(json_t *totals, const struct cell *cell, const struct seen *seen)
{
	bool fit = cell->use == CELL_FIT;

	if (!is_judged(cell))
		return;
	add_one(totals, fit ? "fit_cells" : "check_cells", true);
	add_one(totals, fit ? "fit_not_run" : "check_not_run", !seen->known);
	add_one(totals, fit ? "fit_within_15" : "check_within_15", seen->known && seen->within);
	add_one(totals, fit ? "fit_passed" : "check_passed", seen->known && seen->passed);
}

static void count_ordering(json_t *totals, const json_t *ordering)
{
	const char *status = json_string_at(ordering, "status");
	bool counts = strcmp(status, "no order") && strcmp(status, "fitted");

	add_one(totals, "orderings", counts);
	add_one(totals, "orderings_not_run", !strcmp(status, "not run"));
	add_one(totals, "orderings_right", !strcmp(status, "right"));
}

static json_t *orderings_json(const struct cell_answers *answers, const struct seen *seen,
			      const bool *selected, json_t *totals)
{
	const struct cells *cells = answers->cells;
	json_t *list = json_array();

	for (unsigned i = 0; i < cells->orderings->len; i++) {
		const struct ordering *ordering =
			&g_array_index(cells->orderings, struct ordering, i);

		if (!selected[ordering->of[0]] || !selected[ordering->of[1]])
			continue;
		json_t *json = ordering_json(cells, ordering, seen);

		json_array_append_new(list, json);
		count_ordering(totals, json);
	}
	return list;
}

static json_t *effort_json(const struct cell_effort *effort)
{
	return json_pack("{s:b, s:I}", "quick", effort->quick, "layouts",
			 (json_int_t)effort->layouts);
}

json_t *accuracy_json(const struct cell_answers *answers, const struct accuracy_manifest *manifest)
{
	const struct cells *cells = answers->cells;
	g_autofree struct seen *seen = g_new0(struct seen, cells->cells->len);
	json_t *list = json_array(), *totals = json_object();

	for (unsigned i = 0; i < cells->cells->len; i++) {
		const struct cell *cell = cells_cell(cells, i);

		seen[i] = see(answers, i);
		if (!manifest->selected[i] || cell->use == CELL_PART)
			continue;
		json_array_append_new(list, cell_json(answers, cell, &seen[i]));
		count_cell(totals, cell, &seen[i]);
	}
	json_t *orderings = orderings_json(answers, seen, manifest->selected, totals);

	for (unsigned i = 0; i < cells->cells->len; i++)
		g_free(seen[i].values);
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:o, s:b, s:o, s:o, s:o, s:o}",
			 "kmsim_accuracy", ACCURACY_VERSION, "kmsim_version", KMSIM_VERSION,
			 "command", manifest->command, "cells_file", cells->name, "cells_digest",
			 cells->digest, "title", cells->title, "effort",
			 effort_json(&answers->effort), "interrupted", manifest->interrupted,
			 "runs", runs_json(answers, manifest->why), "cells", list, "orderings",
			 orderings, "totals", totals);
}
