// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/breakdown.h"

#include "sim/report/human.h"
#include "sim/report/text_table.h"

#include <string.h>

#define LABEL_WIDTH 23
#define TIME_WIDTH  7 /* "1.23 us" */
#define SHARE_WIDTH 3 /* "<1%" */

/* What stands beside each other, from @first on; as much as fits. */
struct block {
	const struct breakdown *first;
	unsigned n;
	double ns_per_cycle;
};

static unsigned width_of(const struct breakdown *breakdown)
{
	return MAX((unsigned)strlen(breakdown->name), TIME_WIDTH) + SHARE_WIDTH + 2;
}

static char *time_text(const struct block *block, const struct breakdown *breakdown,
		       uint64_t cycles)
{
	/* where no op ended there is no mean */
	double n = (double)MAX(breakdown->count, 1);

	return human_value((double)cycles * block->ns_per_cycle / n, UNIT_NS);
}

static char *share_text(const struct breakdown *breakdown, uint64_t cycles)
{
	double percent = (double)cycles * 100 / (double)breakdown->total_cycles;

	return percent < 0.5 ? g_strdup("<1%") : g_strdup_printf("%.0f%%", percent);
}

typedef uint64_t (*part_fn)(const struct breakdown *breakdown, const void *which);

static uint64_t group_part(const struct breakdown *breakdown, const void *which)
{
	return breakdown->parts[*(const unsigned *)which];
}

static uint64_t lock_part(const struct breakdown *breakdown, const void *which)
{
	return (uint64_t)json_integer_value(json_object_get(breakdown->waits, which));
}

static uint64_t total_part(const struct breakdown *breakdown, const void *which G_GNUC_UNUSED)
{
	return breakdown->total_cycles;
}

static uint64_t latency_part(const struct breakdown *breakdown, const void *which G_GNUC_UNUSED)
{
	return breakdown->total_cycles - breakdown->before_cycles;
}

static bool any(const struct block *block, part_fn part, const void *which)
{
	for (unsigned i = 0; i < block->n; i++) {
		if (part(&block->first[i], which))
			return true;
	}
	return false;
}

/* A line, unless there is nothing in it. */
static void put_line(struct libscols_table *table, const struct block *block, const char *label,
		     part_fn part, const void *which)
{
	if (!any(block, part, which))
		return;
	struct libscols_line *line = scols_table_new_line(table, NULL);

	scols_line_set_data(line, 0, label);
	for (unsigned i = 0; i < block->n; i++) {
		const struct breakdown *breakdown = &block->first[i];
		uint64_t cycles = part(breakdown, which);
		g_autofree char *time = time_text(block, breakdown, cycles);
		g_autofree char *share = share_text(breakdown, cycles);

		scols_line_set_data(line, 2 * i + 1, cycles ? time : "-");
		scols_line_set_data(line, 2 * i + 2, cycles ? share : "");
	}
}

/* Waits lock by lock, where there was more than one to wait for. */
static void put_locks(struct libscols_table *table, const struct block *block)
{
	json_t *of_all = json_object(), *cycles;
	const char *lock;

	for (unsigned i = 0; i < block->n; i++) {
		json_object_foreach (block->first[i].waits, lock, cycles) {
			if (json_integer_value(cycles))
				json_object_set_new(of_all, lock, json_true());
		}
	}
	json_object_foreach (of_all, lock, cycles) {
		g_autofree char *label = g_strconcat("  ", lock, NULL);

		if (json_object_size(of_all) > 1)
			put_line(table, block, label, lock_part, lock);
	}
	json_decref(of_all);
}

static void put_counts(struct libscols_table *table, const struct block *block)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);

	scols_line_set_data(line, 0, "ops");
	for (unsigned i = 0; i < block->n; i++) {
		g_autofree char *count = human_value((double)block->first[i].count, UNIT_COUNT);

		scols_line_set_data(line, 2 * i + 1, count);
	}
}

static uint64_t caller_part(const struct breakdown *breakdown, const void *which G_GNUC_UNUSED)
{
	return breakdown->before_cycles;
}

static struct libscols_table *new_table(const struct block *block)
{
	struct libscols_table *table = text_table_new();

	scols_table_new_column(table, "", LABEL_WIDTH, 0);
	for (unsigned i = 0; i < block->n; i++) {
		scols_table_new_column(table, block->first[i].name, TIME_WIDTH, SCOLS_FL_RIGHT);
		scols_table_new_column(table, "", SHARE_WIDTH, SCOLS_FL_RIGHT);
	}
	return table;
}

static void put_block(GString *out, const struct block *block)
{
	struct libscols_table *table = new_table(block);

	put_counts(table, block);
	for (unsigned group = COST_NONE + 1; group < COST_GROUPS; group++) {
		put_line(table, block, cost_group_label(group), group_part, &group);
		if (group == COST_WAITING)
			put_locks(table, block);
	}
	put_line(table, block, "total", total_part, NULL);
	if (any(block, caller_part, NULL))
		put_line(table, block, "  without the caller's", latency_part, NULL);
	text_table_end(out, table);
}

/* All of @array, some at a time; frees it. */
static char *tables(GArray *array, const json_t *variant)
{
	GString *out = g_string_new(NULL);
	double clock_hz = MAX(json_number_at(variant, "clock_hz"), 1);

	for (guint next = 0; next < array->len;) {
		struct block block = {&g_array_index(array, struct breakdown, next), 0,
				      1e9 / clock_hz};
		unsigned width = LABEL_WIDTH;

		do
			width += width_of(&block.first[block.n++]);
		while (next + block.n < array->len &&
		       width + width_of(&block.first[block.n]) <= TEXT_TABLE_WIDTH);
		g_string_append(out, next ? "\n" : "");
		put_block(out, &block);
		next += block.n;
	}
	g_array_unref(array);
	return g_string_free(out, FALSE);
}

char *breakdown_ops_table(const json_t *variant)
{
	return tables(breakdown_of_ops(variant), variant);
}

char *breakdown_sections_table(const json_t *variant)
{
	return tables(breakdown_of_sections(variant), variant);
}
