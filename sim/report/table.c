// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/table.h"

#include "sim/report/human.h"
#include "sim/report/labels.h"
#include "sim/report/text_table.h"
#include "sim/trace/op.h"

#include <string.h>

#define BLOCK_OTHERS  2	 /* variants in one table beside the baseline */
#define LABEL_WIDTH   20 /* of a figure, its indentation included */
#define BETWEEN_WIDTH 1	 /* columns are one space apart */

/* Variants that stand in one table: the baseline first. */
struct block {
	size_t n;
	json_t *variants[BLOCK_OTHERS + 1];
	const char *headings[BLOCK_OTHERS + 1];
};

static double number(const json_t *variant, const char *prefix, const struct figure *figure)
{
	g_autofree char *path = g_strconcat(prefix, figure->path, NULL);

	return json_number_at(variant, path);
}

static bool is_known(const json_t *variant, const char *prefix, const struct figure *figure)
{
	g_autofree char *path = g_strconcat(prefix, figure->path, NULL);

	return figure_is_known(variant, path);
}

static bool any_knows(const struct block *block, const char *prefix, const struct figure *figure)
{
	for (size_t i = 0; i < block->n; i++) {
		if (is_known(block->variants[i], prefix, figure))
			return true;
	}
	return false;
}

/* Nothing to say of it in any variant. */
static bool all_zero(const struct block *block, const char *prefix, const struct figure *figure)
{
	for (size_t i = 0; i < block->n; i++) {
		double value = figure->of ? json_number_at(block->variants[i], figure->of)
					  : number(block->variants[i], prefix, figure);

		if (value > 0)
			return false;
	}
	return true;
}

static void put_heading(struct libscols_table *table, const char *text)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);

	scols_line_set_data(line, 0, text);
}

static void put_figure(struct libscols_table *table, const struct block *block, const char *prefix,
		       const struct figure *figure)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	g_autofree char *label = g_strconcat("  ", figure->label, NULL);
	double base = number(block->variants[0], prefix, figure);
	bool base_known = is_known(block->variants[0], prefix, figure);
	size_t column = 0;

	scols_line_set_data(line, column++, label);
	for (size_t i = 0; i < block->n; i++) {
		double value = number(block->variants[i], prefix, figure);
		bool known = is_known(block->variants[i], prefix, figure);
		g_autofree char *text = human_value(value, figure->unit);
		g_autofree char *change = human_change(base, value, figure);

		scols_line_set_data(line, column++, known ? text : "-");
		if (i)
			scols_line_set_data(line, column++, known && base_known ? change : "-");
	}
}

/* Is what the recorded machine did one of the variants? */
static bool has_machine(const struct block *block)
{
	for (size_t i = 0; i < block->n; i++) {
		if (variant_is_machine(block->variants[i]))
			return true;
	}
	return false;
}

static bool is_for(const struct block *block, const struct figure *figure)
{
	return figure->beside == BESIDE_ANY ||
	       has_machine(block) == (figure->beside == BESIDE_MACHINE);
}

static bool has_something(const struct block *block, const char *prefix,
			  const struct figure *figure)
{
	return is_for(block, figure) && any_knows(block, prefix, figure) &&
	       (!figure->hide_zero || !all_zero(block, prefix, figure));
}

static bool is_indented(const struct figure *figure)
{
	return figure->label && figure->label[0] == ' ';
}

/* A figure and the indented ones below it: none of these without the first. */
static bool group_has_something(const struct block *block, const char *prefix,
				const struct figure *figure)
{
	bool any = has_something(block, prefix, figure);

	for (const struct figure *below = figure + 1; is_indented(below); below++)
		any |= has_something(block, prefix, below);
	return any && any_knows(block, prefix, figure);
}

static void put_figures(struct libscols_table *table, const struct block *block, const char *prefix,
			const struct figure *figures, bool is_request)
{
	bool group = false;

	for (const struct figure *figure = figures; figure->label; figure++) {
		if (figure->requests_only && !is_request)
			continue;
		if (!is_indented(figure))
			group = group_has_something(block, prefix, figure);
		if (group && (!is_indented(figure) || has_something(block, prefix, figure)))
			put_figure(table, block, prefix, figure);
	}
}

/* Ops of @kind, if any were done; seeds and marks are no work. */
static void put_kind(struct libscols_table *table, const struct block *block, enum op_kind kind)
{
	const struct op op = {.kind = (uint8_t)kind};
	g_autofree char *prefix = g_strdup_printf("ops/%s/", op_kind_name(kind));

	if (op_is_seed(&op) || kind == OP_MARK || all_zero(block, prefix, &kind_figures_shown[0]))
		return;
	put_heading(table, op_kind_name(kind));
	put_figures(table, block, prefix, kind_figures_shown, op_id_role(kind) == ID_MADE);
}

static struct libscols_table *new_table(const struct block *block)
{
	struct libscols_table *table = text_table_new();

	scols_table_new_column(table, "", LABEL_WIDTH, 0);
	for (size_t i = 0; i < block->n; i++) {
		scols_table_new_column(table, block->headings[i], HUMAN_WIDTH, SCOLS_FL_RIGHT);
		if (i)
			scols_table_new_column(table, "change", HUMAN_CHANGE_WIDTH, SCOLS_FL_RIGHT);
	}
	return table;
}

static void put_block(GString *out, const struct block *block)
{
	struct libscols_table *table = new_table(block);

	for (int kind = 0; kind < OP_KINDS; kind++)
		put_kind(table, block, (enum op_kind)kind);
	put_heading(table, "whole run");
	put_figures(table, block, "", run_figures_shown, false);
	text_table_end(out, table);
}

/* Whether the names themselves can head the columns. */
static bool names_fit(char *const *labels, size_t n)
{
	size_t others = MIN(n - 1, BLOCK_OTHERS);
	size_t room =
		TEXT_TABLE_WIDTH - LABEL_WIDTH - others * (HUMAN_CHANGE_WIDTH + BETWEEN_WIDTH);
	size_t width = room / (others + 1) - BETWEEN_WIDTH;

	for (size_t i = 0; i < n; i++) {
		if (strlen(labels[i]) > width)
			return false;
	}
	return true;
}

/* "A", "B", … as headings, explained above the table. */
static char **letters(GString *out, char *const *labels, size_t n)
{
	char **headings = g_new0(char *, n + 1);

	for (size_t i = 0; i < n; i++) {
		headings[i] = i < 26 ? g_strdup_printf("%c", (char)('A' + i))
				     : g_strdup_printf("V%zu", i + 1);
		g_string_append_printf(out, "%-3s %s%s\n", headings[i], labels[i],
				       i || n == 1 ? "" : " (baseline)");
	}
	g_string_append_c(out, '\n');
	return headings;
}

char *comparison_table(json_t *const *variants, size_t n)
{
	GString *out = g_string_new(NULL);
	g_auto(GStrv) labels = variant_labels(variants, n);
	g_auto(GStrv) headings = names_fit(labels, n) ? g_strdupv(labels) : letters(out, labels, n);
	size_t next = 1;

	do {
		struct block block = {1, {variants[0]}, {headings[0]}};

		if (next > 1)
			g_string_append_c(out, '\n');

		for (; next < n && block.n <= BLOCK_OTHERS; next++, block.n++) {
			block.variants[block.n] = variants[next];
			block.headings[block.n] = headings[next];
		}
		put_block(out, &block);
	} while (next < n);
	return g_string_free(out, FALSE);
}

char *compare_results(json_t *const *results, size_t n)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();

	for (size_t i = 0; i < n; i++) {
		json_t *version = json_at(results[i], "manifest/version"), *variant;
		size_t j;

		json_array_foreach (json_object_get(results[i], "variants"), j, variant) {
			/* where two programs' results are compared, labels tell it */
			json_object_set(variant, "kmsim_version", version);
			g_ptr_array_add(all, variant);
		}
	}
	return comparison_table((json_t *const *)all->pdata, all->len);
}
