// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known of every cell, for people: on a terminal, and as a page of documentation. */
#include "sim/accuracy/accuracy.h"

#include "sim/report/human.h"
#include "sim/report/text_table.h"

#include <inttypes.h>
#include <string.h>

/* --- what is said of a cell -------------------------------------------------------------- */

enum {
	COL_CELL,
	COL_USE,
	COL_PUBLISHED,
	COL_MEDIAN,
	COL_MIN,
	COL_MAX,
	COL_ERROR,
	COL_GOAL,
	COL_RESULT,
	COLS
};

static const char *const headings[COLS] = {"cell", "use",   "published", "simulated", "min",
					   "max",  "error", "goal",	 "result"};

static char *value_text(double value, const char *unit)
{
	if (!strcmp(unit, "us"))
		return human_value(value * 1000, UNIT_NS);
	if (!strcmp(unit, "s"))
		return human_value(value * 1e9, UNIT_NS);
	if (!strcmp(unit, "%"))
		return g_strdup_printf("%.1f %%", value);
	if (!strcmp(unit, "ticks"))
		return human_value(value, UNIT_COUNT);
	return g_strdup_printf("%.4g", value);
}

static char *number_text(const json_t *cell, const char *path)
{
	json_t *number = json_at(cell, path);

	return json_is_number(number)
		       ? value_text(json_number_value(number), json_string_at(cell, "unit"))
		       : g_strdup("-");
}

static char *goal_text(const json_t *cell)
{
	const char *use = json_string_at(cell, "use");

	if (strcmp(use, "check") && strcmp(use, "fit"))
		return g_strdup("-");
	if (json_is_number(json_at(cell, "above")))
		return g_strdup("above");
	return g_strdup_printf("%g %%%s", json_number_at(cell, "tolerance_percent"),
			       json_is_true(json_at(cell, "within_range")) ? ", in range" : "");
}

/* The texts of a row, each to be freed. */
static void fill_row(const json_t *cell, char **row)
{
	json_t *error = json_at(cell, "error_percent");

	row[COL_CELL] = g_strdup(json_string_at(cell, "id"));
	row[COL_USE] = g_strdup(json_string_at(cell, "use"));
	row[COL_PUBLISHED] = number_text(cell, "published_median");
	if (json_is_number(json_at(cell, "above"))) {
		g_autofree char *bound = number_text(cell, "above");

		g_free(row[COL_PUBLISHED]);
		row[COL_PUBLISHED] = g_strconcat("> ", bound, NULL);
	}
	row[COL_MEDIAN] = number_text(cell, "simulated/median");
	row[COL_MIN] = number_text(cell, "simulated/min");
	row[COL_MAX] = number_text(cell, "simulated/max");
	row[COL_ERROR] = json_is_number(error)
				 ? g_strdup_printf("%+.1f %%", json_number_value(error))
				 : g_strdup("-");
	row[COL_GOAL] = goal_text(cell);
	bool miss = !strcmp(json_string_at(cell, "status"), "miss");

	row[COL_RESULT] = g_strdup(miss ? "MISS" : json_string_at(cell, "status"));
}

static void clear_row(char **row)
{
	for (unsigned i = 0; i < COLS; i++)
		g_free(row[i]);
}

/* --- what is said of all ----------------------------------------------------------------- */

static uint64_t total(const json_t *accuracy, const char *key)
{
	return (uint64_t)json_integer_value(
		json_object_get(json_object_get(accuracy, "totals"), key));
}

/* "12 of 15 check cells within 15 %, 20 of 22 orderings right": the line that counts. */
static char *totals_text(const json_t *accuracy)
{
	GString *text = g_string_new(NULL);
	uint64_t missing = total(accuracy, "check_not_run"), fits = total(accuracy, "fit_not_run");
	uint64_t orders = total(accuracy, "orderings_not_run");

	g_string_append_printf(text,
			       "%" PRIu64 " of %" PRIu64 " check cells within %d %%, %" PRIu64
			       " of %" PRIu64 " orderings right\n",
			       total(accuracy, "check_within_15"),
			       total(accuracy, "check_cells") - missing, WITHIN_PERCENT,
			       total(accuracy, "orderings_right"),
			       total(accuracy, "orderings") - orders);
	g_string_append_printf(
		text,
		"%" PRIu64 " of %" PRIu64 " check cells reach their own goal; fit cells: %" PRIu64
		" of %" PRIu64 " within %d %%, %" PRIu64 " reach their goal\n",
		total(accuracy, "check_passed"), total(accuracy, "check_cells") - missing,
		total(accuracy, "fit_within_15"), total(accuracy, "fit_cells") - fits,
		WITHIN_PERCENT, total(accuracy, "fit_passed"));
	if (missing || fits || orders)
		g_string_append_printf(text,
				       "not run: %" PRIu64 " check cells, %" PRIu64
				       " fit cells, %" PRIu64 " orderings\n",
				       missing, fits, orders);
	return g_string_free(text, FALSE);
}

/* Runs that were made on fewer layouts than the others: "; of RUN N". */
static char *fewer_layouts(const json_t *accuracy, uint64_t layouts)
{
	GString *text = g_string_new(NULL);
	json_t *run;
	size_t i;

	json_array_foreach (json_object_get(accuracy, "runs"), i, run) {
		uint64_t n = (uint64_t)json_number_at(run, "layouts");

		if (n && n < layouts)
			g_string_append_printf(text, "; of %s, which takes long, %" PRIu64,
					       json_string_at(run, "id"), n);
	}
	return g_string_free(text, FALSE);
}

/* How long the runs were. */
static char *effort_text(const json_t *accuracy)
{
	uint64_t layouts = (uint64_t)json_number_at(accuracy, "effort/layouts");
	const char *less = layouts < 11 ? " (11 are asked for)" : "";
	g_autofree char *fewer = fewer_layouts(accuracy, layouts);

	if (!json_is_true(json_at(accuracy, "effort/quick")))
		return g_strdup_printf("Boot layouts: %" PRIu64 "%s%s. Tests at their full length.",
				       layouts, less, fewer);
	return g_strdup_printf(
		"Quick: %" PRIu64 " boot layout%s%s; each test run at two short lengths, one pass "
		"each, and a straight line drawn through them to the published length.",
		layouts, layouts == 1 ? "" : "s", less);
}

/* Is @ordering worth a line: "wrong" or "no order"? */
static bool is_told(const json_t *ordering)
{
	const char *status = json_string_at(ordering, "status");

	return !strcmp(status, "wrong") || !strcmp(status, "no order");
}

static char *ordering_text(const json_t *ordering)
{
	const json_t *of = json_object_get(ordering, "larger_first");
	const json_t *first = json_array_get(of, 0), *second = json_array_get(of, 1);
	bool wrong = !strcmp(json_string_at(ordering, "status"), "wrong");
	bool by_spread = !strcmp(json_string_at(ordering, "by"), "spread");

	if (!wrong)
		return g_strdup_printf("%s and %s: published ranges overlap, not counted",
				       json_string_at(first, "id"), json_string_at(second, "id"));
	return g_strdup_printf("%s%s > %s: simulated %.4g and %.4g", by_spread ? "spread of " : "",
			       json_string_at(first, "id"), json_string_at(second, "id"),
			       json_number_at(first, "simulated"),
			       json_number_at(second, "simulated"));
}

/* What is known of a cell that is no pass, or why it was not run. "" for nothing. */
static const char *remark(const json_t *accuracy, const json_t *cell)
{
	const char *status = json_string_at(cell, "status");
	json_t *run;
	size_t i;

	if (!strcmp(status, "no figure"))
		return "its run has no such figure";
	if (strcmp(status, "not run"))
		return strcmp(status, "pass") ? json_string_at(cell, "note") : "";
	json_array_foreach (json_object_get(accuracy, "runs"), i, run) {
		const char *id = json_string_at(run, "id");

		/* a ratio's cells begin as its runs do */
		if (*json_string_at(run, "why_not") &&
		    !strcmp(json_string_at(run, "machine"), json_string_at(cell, "machine")) &&
		    (g_str_has_prefix(json_string_at(cell, "id"), id) ||
		     !*json_string_at(cell, "model")))
			return json_string_at(run, "why_not");
	}
	return "";
}

/* --- a terminal -------------------------------------------------------------------------- */

static void put_table(GString *out, const json_t *accuracy)
{
	struct libscols_table *table = scols_new_table();
	json_t *cell;
	size_t i;

	for (i = 0; i < COLS; i++)
		scols_table_new_column(table, headings[i], 0,
				       i >= COL_PUBLISHED && i < COL_RESULT ? SCOLS_FL_RIGHT : 0);
	json_array_foreach (json_object_get(accuracy, "cells"), i, cell) {
		struct libscols_line *line = scols_table_new_line(table, NULL);
		char *row[COLS];

		fill_row(cell, row);
		for (unsigned k = 0; k < COLS; k++)
			scols_line_set_data(line, k, row[k]);
		clear_row(row);
	}
	text_table_end(out, table);
}

/* Remarks that several cells share stand once. */
static void put_remarks(GString *out, const json_t *accuracy, const char *bullet)
{
	json_t *cells = json_object_get(accuracy, "cells"), *cell, *other;
	g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);
	size_t i, k;

	json_array_foreach (cells, i, cell) {
		const char *text = remark(accuracy, cell);
		unsigned n = 0;

		if (!*text || !g_hash_table_add(told, (void *)text))
			continue;
		g_string_append(out, bullet);
		json_array_foreach (cells, k, other) {
			if (!strcmp(remark(accuracy, other), text))
				g_string_append_printf(out, "%s%s", n++ ? ", " : "",
						       json_string_at(other, "id"));
		}
		g_string_append_printf(out, ": %s\n", text);
	}
}

static void put_orderings(GString *out, const json_t *accuracy, const char *bullet)
{
	json_t *ordering;
	size_t i;

	json_array_foreach (json_object_get(accuracy, "orderings"), i, ordering) {
		g_autofree char *text = is_told(ordering) ? ordering_text(ordering) : NULL;

		if (text)
			g_string_append_printf(out, "%s%s\n", bullet, text);
	}
}

/* A part under its heading, if it has anything to say. */
static void put_part(GString *out, const char *heading, const GString *part)
{
	if (part->len)
		g_string_append_printf(out, "\n%s\n%s", heading, part->str);
}

char *accuracy_text(const json_t *accuracy)
{
	GString *out = g_string_new(NULL);
	g_autoptr(GString) remarks = g_string_new(NULL), orderings = g_string_new(NULL);
	g_autofree char *effort = effort_text(accuracy), *totals = totals_text(accuracy);

	g_string_append_printf(out, "%s\n%s\n", json_string_at(accuracy, "title"), effort);
	if (json_is_true(json_object_get(accuracy, "interrupted")))
		g_string_append(out, "Interrupted: what had not been run is missing.\n");
	g_string_append_c(out, '\n');
	put_table(out, accuracy);
	put_remarks(remarks, accuracy, "  ");
	put_orderings(orderings, accuracy, "  ");
	put_part(out, "known of cells that miss, are shown only, or were not run:", remarks);
	put_part(out,
		 "orderings that came out wrong, or of which nothing is published:", orderings);
	g_string_append_printf(out, "\n%s", totals);
	return g_string_free(out, FALSE);
}

/* --- Markdown ---------------------------------------------------------------------------- */

/* Cells are grouped by what stands before the first slash of their names. */
static bool same_group(const json_t *a, const json_t *b)
{
	const char *x = json_string_at(a, "id"), *y = json_string_at(b, "id");

	return strcspn(x, "/") == strcspn(y, "/") && !strncmp(x, y, strcspn(x, "/"));
}

static void put_group_head(GString *out, const json_t *cell)
{
	const char *id = json_string_at(cell, "id"), *kernel = json_string_at(cell, "kernel");

	g_string_append_printf(out, "\n### %.*s\n\nMachine %s%s%s.\n\n", (int)strcspn(id, "/"), id,
			       json_string_at(cell, "machine"), *kernel ? ", kernel " : "", kernel);
	for (unsigned i = 0; i < COLS; i++)
		g_string_append_printf(out, "| %s ", headings[i]);
	g_string_append(out, "|\n");
	for (unsigned i = 0; i < COLS; i++)
		g_string_append_printf(out, "| %s ",
				       i >= COL_PUBLISHED && i < COL_RESULT ? "---:" : "---");
	g_string_append(out, "|\n");
}

static void put_group(GString *out, const json_t *accuracy, const json_t *head)
{
	json_t *cell;
	size_t i;

	put_group_head(out, head);
	json_array_foreach (json_object_get(accuracy, "cells"), i, cell) {
		char *row[COLS];

		if (!same_group(cell, head))
			continue;
		fill_row(cell, row);
		for (unsigned k = 0; k < COLS; k++)
			g_string_append_printf(out, "| %s ", row[k]);
		g_string_append(out, "|\n");
		clear_row(row);
	}
}

static void put_groups(GString *out, const json_t *accuracy)
{
	json_t *cells = json_object_get(accuracy, "cells"), *cell;
	size_t i;

	json_array_foreach (cells, i, cell) {
		bool first = true;

		for (size_t k = 0; k < i; k++)
			first &= !same_group(json_array_get(cells, k), cell);
		if (first)
			put_group(out, accuracy, cell);
	}
}

static void put_runs(GString *out, const json_t *accuracy)
{
	json_t *run;
	size_t i;

	g_string_append(
		out, "\n## Runs\n\n| run | workload | model | profile | loops | passes | layouts "
		     "|\n| --- | --- | --- | --- | ---: | ---: | ---: |\n");
	json_array_foreach (json_object_get(accuracy, "runs"), i, run) {
		uint64_t loops = (uint64_t)json_number_at(run, "loops");
		uint64_t layouts = (uint64_t)json_number_at(run, "layouts");

		g_string_append_printf(out, "| %s | `%s` | `%s` | %s | ", json_string_at(run, "id"),
				       json_string_at(run, "workload"),
				       json_string_at(run, "model"),
				       json_string_at(run, "profile"));
		if (*json_string_at(run, "why_not"))
			g_string_append(out, "not run | | |\n");
		else if (loops)
			g_string_append_printf(out, "%" PRIu64 " | %" PRIu64 " | %" PRIu64 " |\n",
					       loops, (uint64_t)json_number_at(run, "passes"),
					       layouts);
		else
			g_string_append_printf(out, "- | - | %" PRIu64 " |\n", layouts);
	}
}

static void put_sources(GString *out, const json_t *accuracy)
{
	g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);
	json_t *cell;
	size_t i;

	g_string_append(out, "\n## Sources\n\n");
	json_array_foreach (json_object_get(accuracy, "cells"), i, cell) {
		const char *source = json_string_at(cell, "source");

		if (g_hash_table_add(told, (void *)source))
			g_string_append_printf(out, "- %s\n", source);
	}
}

static const char explanation[] =
	"Made by `kmsim accuracy` (`make accuracy`), not by hand: published measurements of real "
	"machines, and what the\nsimulator makes of the same workload on a profile of that "
	"machine. What the columns mean, and how the cells are\nkept, is in "
	"[cost-profiles.md](cost-profiles.md#published-against-predicted).\n";

char *accuracy_markdown(const json_t *accuracy)
{
	GString *out = g_string_new("# Accuracy\n\n");
	g_autoptr(GString) remarks = g_string_new(NULL), orderings = g_string_new(NULL);
	g_autofree char *effort = effort_text(accuracy), *totals = totals_text(accuracy);
	g_auto(GStrv) lines = g_strsplit(g_strchomp(totals), "\n", -1);

	g_string_append_printf(out, "%s\n%s\n\n", explanation, effort);
	for (char **line = lines; *line; line++)
		g_string_append_printf(out, line == lines ? "**%s.**\n" : "%s.\n", *line);
	g_string_append(out, "\n![Published against predicted](images/"
			     "published-against-predicted.svg)\n\n## Cells\n");
	put_groups(out, accuracy);
	put_remarks(remarks, accuracy, "- ");
	put_orderings(orderings, accuracy, "- ");
	put_part(out, "## Cells that miss, are shown only, or were not run\n", remarks);
	put_part(out, "## Orderings that came out wrong, or of which nothing is published\n",
		 orderings);
	put_runs(out, accuracy);
	put_sources(out, accuracy);
	return g_string_free(out, FALSE);
}
