// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/sweep.h"

#include "sim/base/error.h"
#include "sim/base/json_util.h"
#include "sim/report/human.h"
#include "sim/trace/op.h"

#include <libsmartcols.h>
#include <stdio.h>
#include <string.h>

#define TABLE_WIDTH  80
#define CHANGES_MOST 3 /* columns up to which changes have room */

static const struct figure *find_label(const struct figure *figures, const char *label)
{
	/* some labels are indented below the one before */
	while (figures->label && strcmp(figures->label + strspn(figures->label, " "), label))
		figures++;
	return figures->label ? figures : NULL;
}

/* Every name that would have been good, a line each. To be freed. */
static char *known_figures(void)
{
	GString *text = g_string_new(NULL);

	for (const struct figure *figure = kind_figures_shown; figure->label; figure++)
		g_string_append_printf(text, "\n  KIND %s", figure->label);
	for (const struct figure *figure = run_figures_shown; figure->label; figure++)
		g_string_append_printf(text, "\n  %s", figure->label + strspn(figure->label, " "));
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

static const json_t *variant_at(const struct sweep *sweep, const char *row, const char *column)
{
	for (size_t i = 0; i < sweep->n; i++) {
		if (!strcmp(sweep->rows[i], row) && !strcmp(sweep->columns[i], column))
			return sweep->variants[i];
	}
	return NULL;
}

static void put_row(struct libscols_table *table, const struct sweep *sweep,
		    const struct sweep_figure *figure, const char *row, const GPtrArray *columns)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	g_autofree char *path = g_strconcat(figure->prefix, figure->figure->path, NULL);
	double base = 0;
	size_t cell = 0;

	scols_line_set_data(line, cell++, row);
	for (unsigned i = 0; i < columns->len; i++) {
		const json_t *variant = variant_at(sweep, row, columns->pdata[i]);
		double value = variant ? json_number_at(variant, path) : 0;
		g_autofree char *text = human_value(value, figure->figure->unit);

		base = i ? base : value;
		g_autofree char *change = human_change(base, value, figure->figure);

		scols_line_set_data(line, cell++, variant ? text : "-");
		if (i && columns->len <= CHANGES_MOST)
			scols_line_set_data(line, cell++, variant ? change : "-");
	}
}

static struct libscols_table *new_table(const char *axes, const GPtrArray *columns)
{
	struct libscols_table *table = scols_new_table();

	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	scols_table_set_termwidth(table, TABLE_WIDTH);
	scols_table_enable_colors(table, 0);
	scols_table_enable_noencoding(table, 1);
	scols_table_new_column(table, axes, 0.25, SCOLS_FL_RIGHT);
	for (unsigned i = 0; i < columns->len; i++) {
		scols_table_new_column(table, columns->pdata[i], HUMAN_WIDTH, SCOLS_FL_RIGHT);
		if (i && columns->len <= CHANGES_MOST)
			scols_table_new_column(table, "change", HUMAN_CHANGE_WIDTH, SCOLS_FL_RIGHT);
	}
	return table;
}

static void put_table(GString *out, const struct sweep *sweep, const char *name,
		      const GPtrArray *rows, const GPtrArray *columns)
{
	struct libscols_table *table = new_table(sweep->axes, columns);
	struct sweep_figure figure;
	char *text = NULL;

	g_assert(sweep_figure_find(name, &figure, NULL));
	for (unsigned i = 0; i < rows->len; i++)
		put_row(table, sweep, &figure, rows->pdata[i], columns);
	if (scols_print_table_to_string(table, &text))
		g_error("out of memory");
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	g_string_append_printf(out, "%s%s\n", out->len ? "\n" : "", name);
	for (char **line = lines; *line; line++)
		g_string_append_printf(out, "%s\n", g_strchomp(*line));
	free(text);
	scols_unref_table(table);
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
