// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Charts of a scenario's matrix: its figures over an axis that is a number, and against the first
 * model. Medians, and ranges over seeds.
 */
#include "sim/report/chart_parts.h"

#include "sim/report/human.h"
#include "sim/report/spread.h"
#include "sim/report/sweep.h"

#include <string.h>

#define AXIS_VALUES_LEAST 3  /* of a curve */
#define CURVES_MAX	  14 /* lines in a panel */
#define FIGURES_MAX	  8
#define ROWS_MAX	  48 /* of the chart against the baseline */

/* The matrix as the result has it. */
struct matrix {
	json_t *const *variants;
	size_t n;
	GPtrArray *columns; /* names of models, borrowed, in their order */
	unsigned n_figures;
	struct sweep_figure figures[FIGURES_MAX];
	const char *names[FIGURES_MAX];
};

static void matrix_clear(struct matrix *matrix)
{
	g_ptr_array_unref(matrix->columns);
	g_free((void *)matrix->variants);
}

/* False if the result has none, or no figures are named. */
static bool matrix_init(struct matrix *matrix, const struct chart_input *input)
{
	json_t *variants = json_object_get(input->result, "variants"), *json;
	json_t **all = g_new0(json_t *, json_array_size(variants));
	size_t i;

	*matrix = (struct matrix){.columns = g_ptr_array_new()};
	json_array_foreach (variants, i, json) {
		const char *column = json_string_at(json, "column");

		if (!*column)
			continue;
		all[matrix->n++] = json;
		if (!g_ptr_array_find_with_equal_func(matrix->columns, column, g_str_equal, NULL))
			g_ptr_array_add(matrix->columns, (void *)column);
	}
	matrix->variants = all;
	json_array_foreach (json_at(input->result, "manifest/figures"), i, json) {
		const char *name = json_string_value(json);

		if (matrix->n_figures < FIGURES_MAX && name &&
		    sweep_figure_find(name, &matrix->figures[matrix->n_figures], NULL))
			matrix->names[matrix->n_figures++] = name;
	}
	return matrix->n && matrix->n_figures;
}

static char *figure_path(const struct matrix *matrix, unsigned figure)
{
	return g_strconcat(matrix->figures[figure].prefix, matrix->figures[figure].figure->path,
			   NULL);
}

/* The point but for its seed and the axis @without (NULL: none), as text. To be freed. */
static char *point_text(const json_t *variant, const char *without)
{
	GString *text = g_string_new(NULL);
	const char *axis;
	json_t *value;

	json_object_foreach (json_object_get(variant, "point"), axis, value) {
		if (strcmp(axis, "seed") && g_strcmp0(axis, without))
			g_string_append_printf(text, "%s%s=%s", text->len ? ", " : "", axis,
					       json_string_value(value));
	}
	return g_string_free(text, FALSE);
}

/* Variants of @column that lie where @like does, in every axis but the seed. */
static struct seed_group group_like(const struct matrix *matrix, const char *column,
				    const json_t *like)
{
	struct seed_group group = {.variants = g_new0(json_t *, matrix->n)};
	g_autofree char *point = point_text(like, NULL);

	for (size_t i = 0; i < matrix->n; i++) {
		g_autofree char *other = point_text(matrix->variants[i], NULL);

		if (!strcmp(point, other) &&
		    !strcmp(json_string_at(matrix->variants[i], "column"), column))
			group.variants[group.n++] = matrix->variants[i];
	}
	return group;
}

/* ---- figures over an axis -------------------------------------------------------------- */

static bool axis_number(const json_t *variant, const char *axis, double *number)
{
	const char *text =
		json_string_value(json_object_get(json_object_get(variant, "point"), axis));
	char *end = NULL;

	if (!text || !*text)
		return false;
	*number = g_str_has_prefix(text, "0x") ? (double)g_ascii_strtoull(text, &end, 0)
					       : g_ascii_strtod(text, &end);
	return !*end;
}

static bool is_numeric(const struct matrix *matrix, const char *axis)
{
	g_autoptr(GHashTable) values = g_hash_table_new(g_str_hash, g_str_equal);
	double number;

	for (size_t i = 0; i < matrix->n; i++) {
		if (!axis_number(matrix->variants[i], axis, &number))
			return false;
		g_hash_table_add(values,
				 (void *)json_string_value(json_object_get(
					 json_object_get(matrix->variants[i], "point"), axis)));
	}
	return g_hash_table_size(values) >= AXIS_VALUES_LEAST;
}

/* The axis to draw over: the first that is a number and no seed; NULL: none. */
static const char *numeric_axis(const struct matrix *matrix)
{
	const char *axis;
	json_t *value;

	json_object_foreach (json_object_get(matrix->variants[0], "point"), axis, value) {
		if (strcmp(axis, "seed") && is_numeric(matrix, axis))
			return axis;
	}
	return NULL;
}

/* Curves: "model" or "model, other axes". To be freed, with its strings. */
static GPtrArray *curves(const struct matrix *matrix, const char *axis)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < matrix->n; i++) {
		g_autofree char *others = point_text(matrix->variants[i], axis);
		char *name =
			g_strdup_printf("%s%s%s", json_string_at(matrix->variants[i], "column"),
					*others ? ", " : "", others);

		if (g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
			g_free(name);
		else
			g_ptr_array_add(names, name);
	}
	return names;
}

static bool on_curve(const json_t *variant, const char *axis, const char *curve)
{
	g_autofree char *others = point_text(variant, axis);
	g_autofree char *name = g_strdup_printf("%s%s%s", json_string_at(variant, "column"),
						*others ? ", " : "", others);

	return !strcmp(name, curve);
}

/* What a chart's axis divides a figure by, and calls it: "us" for times … */
struct scale {
	double by;
	const char *unit;
};

static struct scale scale_of(const struct matrix *matrix, unsigned figure)
{
	static const struct scale times[] = {
		{1e9, " [s]"}, {1e6, " [ms]"}, {1e3, " [us]"}, {1, " [ns]"}};
	static const struct scale sizes[] = {
		{1 << 30, " [GiB]"}, {1 << 20, " [MiB]"}, {1 << 10, " [KiB]"}, {1, " [B]"}};
	enum figure_unit unit = matrix->figures[figure].figure->unit;
	g_autofree char *path = figure_path(matrix, figure);
	double most = 0;

	for (size_t i = 0; i < matrix->n; i++)
		most = MAX(most, json_number_at(matrix->variants[i], path));
	for (unsigned i = 0; i < G_N_ELEMENTS(times); i++) {
		if (unit == UNIT_NS && (most >= times[i].by || times[i].by <= 1))
			return times[i];
		if (unit == UNIT_BYTES && (most >= sizes[i].by || sizes[i].by <= 1))
			return sizes[i];
	}
	if (unit == UNIT_PERCENT || unit == UNIT_PPM)
		return (struct scale){unit == UNIT_PPM ? 1e4 : 1, " [%]"};
	return (struct scale){unit == UNIT_THOUSANDTHS ? 1000 : 1, ""};
}

struct curve_point {
	double x;
	struct spread spread;
};

static int compare_points(const void *a, const void *b)
{
	const struct curve_point *x = a, *y = b;

	return x->x < y->x ? -1 : x->x > y->x;
}

static GArray *curve_points(const struct matrix *matrix, const char *axis, const char *curve,
			    const char *path)
{
	GArray *points = g_array_new(FALSE, FALSE, sizeof(struct curve_point));

	for (size_t i = 0; i < matrix->n; i++) {
		struct curve_point point;
		bool there = false;

		if (!on_curve(matrix->variants[i], axis, curve) ||
		    !figure_is_known(matrix->variants[i], path) ||
		    !axis_number(matrix->variants[i], axis, &point.x))
			continue;
		for (guint j = 0; j < points->len; j++)
			there |= !compare_points(&point,
						 &g_array_index(points, struct curve_point, j));
		if (there)
			continue;
		struct seed_group group = group_like(
			matrix, json_string_at(matrix->variants[i], "column"), matrix->variants[i]);

		point.spread = seed_group_spread(&group, path);
		g_array_append_val(points, point);
		g_free(group.variants);
	}
	g_array_sort(points, compare_points);
	return points;
}

static void put_curve(GString *out, const struct matrix *matrix, unsigned figure, const char *axis,
		      const char *curve, unsigned n_curves)
{
	g_autofree char *path = figure_path(matrix, figure);
	g_autoptr(GArray) points = curve_points(matrix, axis, curve, path);
	g_autofree char *name = chart_quoted(curve);
	const struct scale scale = scale_of(matrix, figure);

	g_string_append_printf(out, "%s%s\n\"%s%s\"\n\"%s\"\n%u\n", out->len ? "\n\n" : "", name,
			       matrix->names[figure], scale.unit, axis, n_curves);
	for (guint i = 0; i < points->len; i++) {
		const struct curve_point *point = &g_array_index(points, struct curve_point, i);

		g_string_append_printf(out, "%.10g %.6g %.6g %.6g\n", point->x,
				       point->spread.median / scale.by,
				       point->spread.min / scale.by, point->spread.max / scale.by);
	}
	if (!points->len)
		g_string_append(out, "NaN NaN NaN NaN\n");
}

int put_figures_over_axis(const struct chart_input *input, GString *out,
			  GError **error G_GNUC_UNUSED)
{
	struct matrix matrix;
	bool usable = matrix_init(&matrix, input);
	const char *axis = usable ? numeric_axis(&matrix) : NULL;

	if (axis) {
		g_autoptr(GPtrArray) names = curves(&matrix, axis);
		unsigned n = MIN(names->len, CURVES_MAX);

		for (unsigned figure = 0; figure < matrix.n_figures; figure++) {
			for (unsigned i = 0; i < n; i++)
				put_curve(out, &matrix, figure, axis, names->pdata[i], n);
		}
	}
	matrix_clear(&matrix);
	return axis != NULL;
}

/* ---- against the baseline -------------------------------------------------------------- */

/* A row of the chart: a figure at a point, named by a variant of the baseline that lies there. */
struct baseline_row {
	unsigned figure;
	const json_t *at;
};

static GArray *baseline_rows(const struct matrix *matrix)
{
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(struct baseline_row));
	g_autoptr(GPtrArray) points = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) at = g_ptr_array_new();

	for (size_t i = 0; i < matrix->n; i++) {
		char *point = point_text(matrix->variants[i], NULL);

		if (g_ptr_array_find_with_equal_func(points, point, g_str_equal, NULL)) {
			g_free(point);
			continue;
		}
		g_ptr_array_add(points, point);
		g_ptr_array_add(at, matrix->variants[i]);
	}
	for (unsigned figure = 0; figure < matrix->n_figures; figure++) {
		for (guint i = 0; i < at->len; i++) {
			struct baseline_row row = {figure, at->pdata[i]};

			g_array_append_val(rows, row);
		}
	}
	return rows;
}

static const json_t *with_seed(const struct seed_group *group, const json_t *variant)
{
	for (size_t i = 0; i < group->n; i++) {
		if (json_equal(json_object_get(group->variants[i], "seed"),
			       json_object_get(variant, "seed")))
			return group->variants[i];
	}
	return NULL;
}

/* Changes in percent, seed by seed, where the baseline is not 0. */
static struct spread changes(const struct seed_group *base, const struct seed_group *group,
			     const char *path)
{
	g_autofree double *values = g_new(double, group->n + 1);
	size_t n = 0;

	for (size_t i = 0; i < group->n; i++) {
		const json_t *other = with_seed(base, group->variants[i]);
		double was = other ? json_number_at(other, path) : 0;

		if (was > 0 && figure_is_known(group->variants[i], path))
			values[n++] = (json_number_at(group->variants[i], path) - was) / was * 100;
	}
	return spread_of(values, n);
}

/* No percentage can be given: the baseline is 0, or the figure is not known. */
static void put_no_change(GString *out, const struct matrix *matrix, unsigned figure,
			  const struct seed_group *base, const struct seed_group *group, unsigned y,
			  const char *label)
{
	g_autofree char *path = figure_path(matrix, figure);
	const struct spread was = seed_group_spread(base, path);
	const struct spread is = seed_group_spread(group, path);
	g_autofree char *value = human_value(is.median, matrix->figures[figure].figure->unit);

	if (!was.n || !is.n)
		g_string_append_printf(out, "%u NaN NaN NaN %s \"not known\"\n", y, label);
	else if (is.min == 0 && is.max == 0)
		g_string_append_printf(out, "%u 0 0 0 %s \"0 in both\"\n", y, label);
	else
		g_string_append_printf(out, "%u NaN NaN NaN %s \"from 0 to %s\"\n", y, label,
				       value);
}

static void put_change(GString *out, const struct matrix *matrix, const struct baseline_row *row,
		       const char *column, unsigned y)
{
	static const char *const arrows[] = {
		[BETTER_NONE] = "", [BETTER_LOWER] = " ←", [BETTER_HIGHER] = " →"};
	g_autofree char *path = figure_path(matrix, row->figure);
	g_autofree char *point = point_text(row->at, NULL);
	struct seed_group base = group_like(matrix, matrix->columns->pdata[0], row->at);
	struct seed_group group = group_like(matrix, column, row->at);
	const struct spread spread = changes(&base, &group, path);
	g_autofree char *text =
		g_strdup_printf("%s%s%s%s", matrix->names[row->figure], *point ? ", " : "", point,
				arrows[matrix->figures[row->figure].figure->better]);
	g_autofree char *label = chart_quoted(text);

	if (spread.n)
		g_string_append_printf(out, "%u %.6g %.6g %.6g %s \"\"\n", y, spread.median,
				       spread.min, spread.max, label);
	else
		put_no_change(out, matrix, row->figure, &base, &group, y, label);
	g_free(base.variants);
	g_free(group.variants);
}

int put_against_baseline(const struct chart_input *input, GString *out,
			 GError **error G_GNUC_UNUSED)
{
	struct matrix matrix;
	bool usable = matrix_init(&matrix, input) && matrix.columns->len > 1;
	g_autoptr(GArray) rows = baseline_rows(&matrix);

	usable = usable && rows->len <= ROWS_MAX;
	for (unsigned i = 1; usable && i < matrix.columns->len; i++) {
		g_autofree char *name = chart_quoted(matrix.columns->pdata[i]);
		g_autofree char *base = chart_quoted(matrix.columns->pdata[0]);

		g_string_append_printf(out, "%s%s\n%s\n", i > 1 ? "\n\n" : "", name, base);
		for (guint row = 0; row < rows->len; row++)
			put_change(out, &matrix, &g_array_index(rows, struct baseline_row, row),
				   matrix.columns->pdata[i], rows->len - row);
	}
	matrix_clear(&matrix);
	return usable;
}
