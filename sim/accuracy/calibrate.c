// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/accuracy/calibrate.h"

#include "sim/accuracy/nnls.h"
#include "sim/accuracy/price_path.h"
#include "sim/base/error.h"

#include <math.h>
#include <string.h>

#define ROUNDS_MAX 6
#define FORETOLD   0.002 /* of the published figure: a run that came out as the tangent says */
#define PRICE_MAX  1e9

/* --- the profile ------------------------------------------------------------------------- */

static char **paths_of(const struct fit *fit, unsigned parameter)
{
	return fit->parameters->pdata[parameter];
}

/* The first of the figures that move together is the parameter; the others keep their proportion.
 */
static uint64_t value_of(const struct calibration *c, const char *path, unsigned parameter,
			 uint64_t value)
{
	uint64_t was = 0, first = c->old[parameter];

	(void)price_path_get(c->profile, path, &was, NULL); /* read_old() has found it there */
	return first ? mul_div(value, was, first) : value;
}

/* The profile with the parameters at @values. To be released. */
static json_t *profile_with(const struct calibration *c, const uint64_t *values)
{
	json_t *profile = json_deep_copy(c->profile);

	for (unsigned i = 0; i < c->n_parameters; i++) {
		for (char **path = paths_of(c->fit, i); *path; path++)
			price_path_set(profile, *path, value_of(c, *path, i, values[i]));
	}
	return profile;
}

static bool read_old(struct calibration *c, GError **error)
{
	for (unsigned i = 0; i < c->n_parameters; i++) {
		char **paths = paths_of(c->fit, i);

		for (char **path = paths; *path; path++) {
			uint64_t value;

			if (!price_path_get(c->profile, *path, &value, error))
				return false;
			if (path == paths)
				c->old[i] = value;
			if (value && !c->old[i]) {
				set_input_error(error, "%s is 0, so %s has no proportion to it",
						*paths, *path);
				return false;
			}
		}
	}
	return true;
}

/* "i5-4.20/tree: fix_size, full_fit", by what stands before the last slash. To be freed. */
static char *cell_names(const struct calibration *c)
{
	GString *text = g_string_new(NULL);
	g_autofree char *group = g_strdup("");

	for (unsigned i = 0; i < c->n_cells; i++) {
		const char *id =
			cells_cell(c->cells, g_array_index(c->fit->cells, unsigned, i))->id;
		const char *slash = strrchr(id, '/');
		g_autofree char *own = g_strndup(id, slash ? (size_t)(slash - id) : 0);

		if (i && *own && !strcmp(own, group)) {
			g_string_append_printf(text, ", %s", slash + 1);
			continue;
		}
		g_string_append_printf(text, "%s%s%s%s", i ? ", " : "", own, *own ? ": " : "",
				       *own ? slash + 1 : id);
		g_free(group);
		group = g_steal_pointer(&own);
	}
	return g_string_free(text, FALSE);
}

json_t *calibration_profile(const struct calibration *c, const char *name)
{
	json_t *profile = profile_with(c, c->now);
	g_autofree char *cells = cell_names(c);

	if (strcmp(json_string_at(profile, "name"), name)) {
		g_autofree char *summary =
			g_strdup_printf("%s; as %s", json_string_at(profile, "summary"), name);

		json_object_set_new(profile, "name", json_string(name));
		json_object_set_new(profile, "summary", json_string(summary));
	}
	for (unsigned i = 0; i < c->n_parameters; i++) {
		for (char **path = paths_of(c->fit, i); *path; path++)
			price_path_note(profile, *path, cells);
	}
	return profile;
}

/* --- the fit ----------------------------------------------------------------------------- */

struct fitting {
	struct calibration *c;
	calibrate_run run;
	void *ctx;
	double *slope; /* by cell, then parameter: relative to what was published, a cycle */
};

static bool run_at(const struct fitting *f, const uint64_t *values, double *simulated,
		   GError **error)
{
	json_t *profile = profile_with(f->c, values);
	bool ok = f->run(f->ctx, profile, simulated, error);

	json_decref(profile);
	return ok;
}

/* What the cells gain a cycle of each parameter, around @at where they are @simulated. */
static bool find_slopes(const struct fitting *f, const uint64_t *at, const double *simulated,
			GError **error)
{
	unsigned n = f->c->n_parameters;
	g_autofree uint64_t *moved = g_memdup2(at, n * sizeof(*at));
	g_autofree double *values = g_new(double, f->c->n_cells);

	for (unsigned i = 0; i < n; i++) {
		uint64_t by = MAX(at[i] / 4, 8);

		moved[i] = at[i] + by;
		if (!run_at(f, moved, values, error))
			return false;
		moved[i] = at[i];
		for (unsigned k = 0; k < f->c->n_cells; k++)
			f->slope[k * n + i] =
				(values[k] - simulated[k]) / (double)by / f->c->published[k];
	}
	return true;
}

static bool is_determined(const struct fitting *f, GError **error)
{
	const struct calibration *c = f->c;
	unsigned n = c->n_parameters, bad = nnls_dependent(f->slope, c->n_cells, n);
	bool moves = false;

	if (bad == n)
		return true;
	for (unsigned k = 0; k < c->n_cells; k++)
		moves |= fabs(f->slope[k * n + bad]) > 0;
	if (moves)
		set_input_error(error,
				"under-determined: these cells cannot tell %s from the parameters "
				"before it",
				*paths_of(c->fit, bad));
	else
		set_input_error(error, "under-determined: no cell depends on %s",
				*paths_of(c->fit, bad));
	return false;
}

/* The best prices if cells went on as their slopes say. */
static bool best_prices(const struct fitting *f, const uint64_t *at, const double *simulated,
			uint64_t *best, GError **error)
{
	const struct calibration *c = f->c;
	unsigned n = c->n_parameters;
	g_autofree double *wanted = g_new(double, c->n_cells);
	double x[NNLS_MAX];

	if (!is_determined(f, error))
		return false;
	for (unsigned k = 0; k < c->n_cells; k++) {
		wanted[k] = 1 - simulated[k] / c->published[k];
		for (unsigned i = 0; i < n; i++)
			wanted[k] += f->slope[k * n + i] * (double)at[i];
	}
	bool solved = nnls(f->slope, wanted, c->n_cells, n, x);

	g_assert(solved); /* is_determined() */
	for (unsigned i = 0; i < n; i++)
		best[i] = (uint64_t)(fmin(x[i], PRICE_MAX) + 0.5);
	return true;
}

static double misfit(const struct calibration *c, const double *simulated)
{
	double sum = 0;

	for (unsigned k = 0; k < c->n_cells; k++)
		sum += pow(simulated[k] / c->published[k] - 1, 2);
	return sum;
}

/* Did the step from @at to @to come out as the slopes at @at foretold? */
static bool came_true(const struct fitting *f, const uint64_t *at, const double *simulated,
		      const uint64_t *to, const double *values)
{
	const struct calibration *c = f->c;
	bool all = true;

	for (unsigned k = 0; k < c->n_cells; k++) {
		double foretold = simulated[k] / c->published[k];

		for (unsigned i = 0; i < c->n_parameters; i++)
			foretold +=
				f->slope[k * c->n_parameters + i] * ((double)to[i] - (double)at[i]);
		all &= fabs(values[k] / c->published[k] - foretold) <= FORETOLD;
	}
	return all;
}

static bool fit_prices(const struct fitting *f, GError **error)
{
	struct calibration *c = f->c;
	size_t prices = c->n_parameters * sizeof(uint64_t), figures = c->n_cells * sizeof(double);
	g_autofree uint64_t *at = g_memdup2(c->old, prices);
	g_autofree uint64_t *to = g_memdup2(c->old, prices);
	g_autofree double *simulated = g_new(double, c->n_cells);
	g_autofree double *values = g_new(double, c->n_cells);

	if (!run_at(f, at, simulated, error))
		return false;
	memcpy(c->before, simulated, figures);
	memcpy(c->after, simulated, figures);
	memcpy(c->now, at, prices);
	while (!c->settled && c->rounds < ROUNDS_MAX) {
		c->rounds++;
		if (!find_slopes(f, at, simulated, error) ||
		    !best_prices(f, at, simulated, to, error) || !run_at(f, to, values, error))
			return false;
		c->settled = came_true(f, at, simulated, to, values);
		if (misfit(c, values) < misfit(c, c->after)) {
			memcpy(c->now, to, prices);
			memcpy(c->after, values, figures);
		}
		memcpy(at, to, prices);
		memcpy(simulated, values, figures);
	}
	return true;
}

static bool check_size(const struct calibration *c, GError **error)
{
	if (c->n_parameters <= c->n_cells && c->n_parameters <= NNLS_MAX)
		return true;
	set_input_error(error, "under-determined: %u parameters, and %u cells", c->n_parameters,
			c->n_cells);
	return false;
}

struct calibration *calibrate(const struct cells *cells, const struct fit *fit, json_t *profile,
			      calibrate_run run, void *ctx, GError **error)
{
	struct calibration *c = g_new0(struct calibration, 1);
	unsigned n_cells = fit->cells->len, n = fit->parameters->len;

	*c = (struct calibration){
		.cells = cells,
		.fit = fit,
		.profile = profile,
		.n_parameters = n,
		.n_cells = n_cells,
		.old = g_new0(uint64_t, n),
		.now = g_new0(uint64_t, n),
		.published = g_new0(double, n_cells),
		.before = g_new0(double, n_cells),
		.after = g_new0(double, n_cells),
	};
	for (unsigned k = 0; k < n_cells; k++)
		c->published[k] =
			cell_published(cells_cell(cells, g_array_index(fit->cells, unsigned, k)));
	const struct fitting f = {c, run, ctx, g_new0(double, (size_t)n *n_cells)};
	bool ok = check_size(c, error) && read_old(c, error) && fit_prices(&f, error);

	g_free(f.slope);
	if (ok)
		return c;
	calibration_free(c);
	return NULL;
}

void calibration_free(struct calibration *c)
{
	if (!c)
		return;
	g_free(c->old);
	g_free(c->now);
	g_free(c->published);
	g_free(c->before);
	g_free(c->after);
	g_free(c);
}

/* --- what is said of it ------------------------------------------------------------------ */

static void put_parameters(GString *out, const struct calibration *c)
{
	g_string_append_printf(out, "%-52s %10s %10s\n", "parameter", "old", "new");
	for (unsigned i = 0; i < c->n_parameters; i++) {
		g_autofree char *name = g_strjoinv(", ", paths_of(c->fit, i));

		g_string_append_printf(out,
				       "%-52s %10" G_GUINT64_FORMAT " %10" G_GUINT64_FORMAT "\n",
				       name, c->old[i], c->now[i]);
	}
}

static double percent(double simulated, double published)
{
	return (simulated / published - 1) * 100;
}

char *calibration_text(const struct calibration *c)
{
	GString *out = g_string_new(NULL);
	double worst = 0;

	put_parameters(out, c);
	g_string_append_printf(out, "\n%-36s %12s %12s %9s %12s %9s\n", "cell", "published",
			       "before", "", "after", "residual");
	for (unsigned k = 0; k < c->n_cells; k++) {
		const struct cell *cell =
			cells_cell(c->cells, g_array_index(c->fit->cells, unsigned, k));
		double before = percent(c->before[k], c->published[k]);
		double after = percent(c->after[k], c->published[k]);

		worst = fmax(worst, fabs(after));
		g_string_append_printf(out, "%-36s %12.6g %12.6g %+7.1f %% %12.6g %+7.1f %%\n",
				       cell->id, c->published[k], c->before[k], before, c->after[k],
				       after);
	}
	g_string_append_printf(out,
			       "\nresiduals: root mean square %.1f %%, largest %.1f %%; %u "
			       "round%s%s\n",
			       sqrt(misfit(c, c->after) / c->n_cells) * 100, worst, c->rounds,
			       c->rounds == 1 ? "" : "s",
			       c->settled ? "" : ", not settled: the best of them is kept");
	return g_string_free(out, FALSE);
}
