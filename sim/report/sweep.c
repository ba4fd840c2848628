// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/sweep.h"

#include "sim/base/error.h"
#include "sim/base/json_util.h"
#include "sim/report/human.h"
#include "sim/report/spread.h"
#include "sim/report/text_table.h"
#include "sim/trace/op.h"

#include <stdio.h>
#include <string.h>

#define CHANGES_MOST 3 /* columns up to which changes have room */

/* "LABEL", or of an indented figure "LABEL" or "LABEL ABOVE, LABEL", which is never ambiguous. */
static bool is_called(const struct figure *figure, const struct figure *above, const char *name)
{
	const char *label = figure->label + strspn(figure->label, " ");
	size_t length = strlen(above->label);

	if (!strcmp(label, name))
		return true;
	return figure != above && g_str_has_prefix(name, above->label) &&
	       g_str_has_prefix(name + length, ", ") && !strcmp(name + length + 2, label);
}

static const struct figure *find_label(const struct figure *figures, const char *name)
{
	const struct figure *above = figures;

	for (; figures->label; figures++) {
		above = *figures->label == ' ' ? above : figures;
		if (is_called(figures, above, name))
			return figures;
	}
	return NULL;
}

/* Every name that would have been good, a line each. To be freed. */
static char *known_figures(void)
{
	GString *text = g_string_new(NULL);
	const struct figure *above = NULL;

	for (const struct figure *figure = kind_figures_shown; figure->label; figure++)
		g_string_append_printf(text, "\n  KIND %s", figure->label);
	for (const struct figure *figure = run_figures_shown; figure->label; figure++) {
		bool indented = *figure->label == ' ';

		g_string_append_printf(text, "\n  %s%s%s", indented ? above->label : "",
				       indented ? ", " : "",
				       figure->label + strspn(figure->label, " "));
		above = indented ? above : figure;
	}
	return g_string_free(text, FALSE);
}

bool sweep_figure_find(const char *name, struct sweep_figure *found, GError **error)
{
	*found = (struct sweep_figure){.figure = find_label(run_figures_shown, name)};
	for (int kind = 0; kind < OP_KINDS && !found->figure; kind++) {
		const char *kind_name = op_kind_name((enum op_kind)kind);
		size_t length = strlen(kind_name);

		if (strncmp(name, kind_name, length) || name[length] != ' ')
			continue;
		found->figure = find_label(kind_figures_shown, name + length + 1);
		snprintf(found->prefix, sizeof(found->prefix), "ops/%s/", kind_name);
	}
	if (!found->figure) {
		g_autofree char *known = known_figures();

		set_input_error(error, "no figure '%s'; there are (KIND is vmap_alloc, …):%s", name,
				known);
	}
	return found->figure != NULL;
}

/* What differs among @names, in the order in which it comes up. */
static GPtrArray *distinct(const char *const *names, size_t n)
{
	GPtrArray *found = g_ptr_array_new();

	for (size_t i = 0; i < n; i++) {
		if (!g_ptr_array_find_with_equal_func(found, names[i], g_str_equal, NULL))
			g_ptr_array_add(found, (void *)names[i]);
	}
	return found;
}

/* The variants at a point of the matrix: one, or one a seed. Its variants are to be freed. */
static struct seed_group group_at(const struct sweep *sweep, const char *row, const char *column)
{
	struct seed_group group = {.variants = g_new(json_t *, sweep->n)};

	for (size_t i = 0; i < sweep->n; i++) {
		if (!strcmp(sweep->rows[i], row) && !strcmp(sweep->columns[i], column))
			group.variants[group.n++] = sweep->variants[i];
	}
	return group;
}

static void put_row(struct libscols_table *table, const struct sweep *sweep,
		    const struct sweep_figure *figure, const char *row, const GPtrArray *columns)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	g_autofree char *path = g_strconcat(figure->prefix, figure->figure->path, NULL);
	double base = 0;
	bool base_known = false;
	size_t cell = 0;

	scols_line_set_data(line, cell++, row);
	for (unsigned i = 0; i < columns->len; i++) {
		struct seed_group group = group_at(sweep, row, columns->pdata[i]);
		bool known = group.n && figure_is_known(group.variants[0], path);
		double value = known ? json_number_at(group.variants[0], path) : 0;
		g_autofree char *text = human_value(value, figure->figure->unit);

		base = i ? base : value;
		base_known = i ? base_known : known;
		g_autofree char *change = human_change(base, value, figure->figure);

		scols_line_set_data(line, cell++, known ? text : "-");
		if (i && columns->len <= CHANGES_MOST)
			scols_line_set_data(line, cell++, known && base_known ? change : "-");
		g_free(group.variants);
	}
}

static struct libscols_table *new_table(const char *axes, const GPtrArray *columns)
{
	struct libscols_table *table = text_table_new();

	scols_table_new_column(table, axes, 0.25, SCOLS_FL_RIGHT);
	for (unsigned i = 0; i < columns->len; i++) {
		scols_table_new_column(table, columns->pdata[i], HUMAN_WIDTH, SCOLS_FL_RIGHT);
		if (i && columns->len <= CHANGES_MOST)
			scols_table_new_column(table, "change", HUMAN_CHANGE_WIDTH, SCOLS_FL_RIGHT);
	}
	return table;
}

/* ---- over seeds ----------------------------------------------------------------------- */

/* "8 : 3 better": at how many seeds it is better than the baseline, and at how many worse. */
static char *pairs_text(const struct seed_pairs *pairs, enum figure_better better)
{
	bool lower = better == BETTER_LOWER;

	return g_strdup_printf("%zu : %zu", lower ? pairs->below : pairs->above,
			       lower ? pairs->above : pairs->below);
}

static void put_spread(struct libscols_line *line, size_t cell, const struct spread *spread,
		       enum figure_unit unit)
{
	const double values[] = {spread->median, spread->min, spread->max};

	for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autofree char *text = human_value(values[i], unit);

		scols_line_set_data(line, cell++, spread->n ? text : "-");
	}
}

/* A line for each model at one point: what there is over its seeds, and against the baseline. */
static void put_seeds(struct libscols_table *table, const struct sweep *sweep,
		      const struct sweep_figure *figure, const char *row, const GPtrArray *columns)
{
	g_autofree char *path = g_strconcat(figure->prefix, figure->figure->path, NULL);
	struct seed_group base = group_at(sweep, row, columns->pdata[0]);
	const struct spread base_spread = seed_group_spread(&base, path);
	size_t first = *sweep->axes ? 1 : 0;

	for (unsigned i = 0; i < columns->len; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);
		struct seed_group group = group_at(sweep, row, columns->pdata[i]);
		const struct spread spread = seed_group_spread(&group, path);
		const struct seed_pairs pairs = seed_pairs_count(&base, &group, path);
		g_autofree char *change =
			human_change(base_spread.median, spread.median, figure->figure);
		g_autofree char *counts = pairs_text(&pairs, figure->figure->better);
		bool comparable = i && spread.n && base_spread.n;

		if (first)
			scols_line_set_data(line, 0, i ? "" : row);
		scols_line_set_data(line, first, columns->pdata[i]);
		put_spread(line, first + 1, &spread, figure->figure->unit);
		scols_line_set_data(line, first + 4, comparable ? change : "");
		scols_line_set_data(line, first + 5, comparable ? counts : "");
		g_free(group.variants);
	}
	g_free(base.variants);
}

static struct libscols_table *new_seeds_table(const char *axes, enum figure_better better)
{
	static const char *const names[] = {"median", "min", "max"};
	struct libscols_table *table = text_table_new();

	if (*axes)
		scols_table_new_column(table, axes, 0.1, SCOLS_FL_RIGHT);
	scols_table_new_column(table, "", 0.2, SCOLS_FL_WRAP);
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		scols_table_new_column(table, names[i], HUMAN_WIDTH, SCOLS_FL_RIGHT);
	scols_table_new_column(table, "change", HUMAN_CHANGE_WIDTH, SCOLS_FL_RIGHT);
	scols_table_new_column(table, better == BETTER_NONE ? "more:less" : "better:worse", 12,
			       SCOLS_FL_RIGHT);
	return table;
}

/* ---- all tables ----------------------------------------------------------------------- */

/* Has any point several seeds? Then their number; else 0. */
static size_t seeds_of(const struct sweep *sweep, const GPtrArray *rows, const GPtrArray *columns)
{
	size_t most = 0;

	for (unsigned i = 0; i < rows->len; i++) {
		struct seed_group group = group_at(sweep, rows->pdata[i], columns->pdata[0]);

		most = MAX(most, group.n);
		g_free(group.variants);
	}
	return most > 1 ? most : 0;
}

static void put_table(GString *out, const struct sweep *sweep, const char *name,
		      const GPtrArray *rows, const GPtrArray *columns)
{
	struct sweep_figure figure;
	size_t seeds = seeds_of(sweep, rows, columns);

	g_assert(sweep_figure_find(name, &figure, NULL));
	struct libscols_table *table = seeds ? new_seeds_table(sweep->axes, figure.figure->better)
					     : new_table(sweep->axes, columns);

	for (unsigned i = 0; i < rows->len; i++)
		(seeds ? put_seeds : put_row)(table, sweep, &figure, rows->pdata[i], columns);
	g_string_append_printf(out, "%s%s", out->len ? "\n" : "", name);
	if (seeds)
		g_string_append_printf(out, ", %zu seeds", seeds);
	g_string_append_c(out, '\n');
	text_table_end(out, table);
}

char *sweep_tables(const struct sweep *sweep, const char *const *figures)
{
	g_autoptr(GPtrArray) rows = distinct(sweep->rows, sweep->n);
	g_autoptr(GPtrArray) columns = distinct(sweep->columns, sweep->n);
	GString *out = g_string_new(NULL);

	for (; *figures; figures++)
		put_table(out, sweep, *figures, rows, columns);
	return g_string_free(out, FALSE);
}
