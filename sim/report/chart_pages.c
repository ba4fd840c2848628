// SPDX-License-Identifier: GPL-2.0-or-later
/* Charts of a page allocator's course: free lists, and compaction's scanners. */
#include "sim/report/chart_parts.h"

#include "models/pages/frag_index.h"
#include "models/model.h"
#include "sim/metrics/zone_figures.h"

#include <string.h>

#define PAGES_PER_MIB 256
#define BAR_SHARE     0.02 /* of the axis */

/* A panel, and this to show in it. */
static bool has_panel_for(const struct chart_input *input, size_t variant, const char *path)
{
	return chart_has_panel(input, variant, chart_knows_pages) &&
	       json_is_true(json_at(input->variants[variant], path));
}

/* ---- free lists over time ------------------------------------------------------------- */

/* Columns of zones.csv: ops, t_cycles, and free chunks by type and order. */
struct zone_columns {
	int ops_and_t[2];
	int nr_free[LIST_TYPES][SAMPLE_ORDERS];
};

static bool find_zone_columns(const struct csv *csv, struct zone_columns *columns, GError **error)
{
	static const char *const when[] = {"ops", "t_cycles", NULL};

	if (!chart_columns(csv, when, columns->ops_and_t, error))
		return false;
	for (unsigned type = 0; type < LIST_TYPES; type++) {
		for (unsigned order = 0; order < SAMPLE_ORDERS; order++) {
			g_autofree char *name =
				g_strdup_printf("free_%s_%u", list_type_keys[type], order);

			columns->nr_free[type][order] = csv_column(csv, name, error);
			if (columns->nr_free[type][order] < 0)
				return false;
		}
	}
	return true;
}

static void add_free(const struct csv *csv, guint row, const struct zone_columns *columns,
		     uint64_t nr_free[SAMPLE_ORDERS])
{
	for (unsigned type = 0; type < LIST_TYPES; type++) {
		for (unsigned order = 0; order < SAMPLE_ORDERS; order++)
			nr_free[order] += csv_u64(csv, row, columns->nr_free[type][order]);
	}
}

typedef void (*put_orders_fn)(GString *out, const uint64_t nr_free[SAMPLE_ORDERS]);

/*
 * A machine was counted at a moment or two, and nothing tells what was between: a bar each, that
 * begins or ends with it.
 */
static void put_moment(const struct chart_input *input, double x, GString *out, put_orders_fn put,
		       const uint64_t nr_free[SAMPLE_ORDERS])
{
	double end = input->x_max / input->x_unit, width = end * BAR_SHARE;
	double from = x > 0 ? MAX(x - width, 0) : 0;

	if (x > 0)
		g_string_append(out, "NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN\n");
	g_string_append_printf(out, "%.6g", from);
	put(out, nr_free);
	g_string_append_printf(out, "%.6g", from + width);
	put(out, nr_free);
}

/* A line a time: all zones together, as @put has them. */
static int put_over_time(const struct chart_input *input, size_t variant, GString *out,
			 put_orders_fn put, GError **error)
{
	struct zone_columns columns;
	struct csv *csv;
	int result = -1;

	if (!has_panel_for(input, variant, "zones/known"))
		return 0;
	csv = chart_load(input, variant, "zones.csv", error);
	if (csv && find_zone_columns(csv, &columns, error)) {
		int ops = columns.ops_and_t[0];

		for (guint row = 0; row < csv->rows->len;) {
			uint64_t nr_free[SAMPLE_ORDERS] = {0}, at = csv_u64(csv, row, ops);
			double x = chart_x(input, variant, csv, row, columns.ops_and_t);

			while (row < csv->rows->len && csv_u64(csv, row, ops) == at)
				add_free(csv, row++, &columns, nr_free);
			if (variant_is_machine(input->variants[variant])) {
				put_moment(input, x / input->x_unit, out, put, nr_free);
				continue;
			}
			g_string_append_printf(out, "%.6g", x / input->x_unit);
			put(out, nr_free);
		}
		result = csv->rows->len > 0;
	}
	csv_free(csv);
	return result;
}

/* MiB in chunks up to each order. */
static void put_stack(GString *out, const uint64_t nr_free[SAMPLE_ORDERS])
{
	uint64_t pages = 0;

	for (unsigned order = 0; order < SAMPLE_ORDERS; order++) {
		pages += nr_free[order] << order;
		g_string_append_printf(out, " %.6g", (double)pages / PAGES_PER_MIB);
	}
	g_string_append_c(out, '\n');
}

static void put_indices(GString *out, const uint64_t nr_free[SAMPLE_ORDERS])
{
	for (unsigned order = 0; order < SAMPLE_ORDERS; order++)
		g_string_append_printf(out, " %.3f", unusable_index(nr_free, order) / 1000.0);
	g_string_append_c(out, '\n');
}

int put_buddy_orders(const struct chart_input *input, size_t variant, GString *out, GError **error)
{
	return put_over_time(input, variant, out, put_stack, error);
}

int put_unusable_index(const struct chart_input *input, size_t variant, GString *out,
		       GError **error)
{
	return put_over_time(input, variant, out, put_indices, error);
}

/* ---- scanners ------------------------------------------------------------------------- */

enum {
	SCAN_RUN,
	SCAN_KIND,
	SCAN_START,
	SCAN_END,
	SCAN_SCANNED,
	SCAN_COLUMNS
};

/* What the lines of a run of compaction make up. CPUs compact at the same time. */
struct run_sum {
	uint64_t scanned;
	bool migrate, free, stray;
};

static GHashTable *sum_runs(const struct csv *csv, const int *column)
{
	GHashTable *runs = g_hash_table_new_full(NULL, NULL, NULL, g_free);

	for (guint row = 0; row < csv->rows->len; row++) {
		gpointer number = GSIZE_TO_POINTER(csv_u64(csv, row, column[SCAN_RUN]));
		const char *kind = csv_text(csv, row, column[SCAN_KIND]);
		struct run_sum *sum = g_hash_table_lookup(runs, number);

		if (!sum) {
			sum = g_new0(struct run_sum, 1);
			g_hash_table_insert(runs, number, sum);
		}
		sum->scanned += csv_u64(csv, row, column[SCAN_SCANNED]);
		sum->migrate |= !strcmp(kind, "migrate");
		sum->free |= !strcmp(kind, "free");
		sum->stray |= !strcmp(kind, "stray");
	}
	return runs;
}

/*
 * The run to show: the first with a stray, else of those in which both scanners went the one that
 * scanned most; 0: none.
 */
static uint64_t choose_run(const struct csv *csv, const int *column)
{
	g_autoptr(GHashTable) runs = sum_runs(csv, column);
	uint64_t best = 0, best_scanned = 0;

	for (guint row = 0; row < csv->rows->len; row++) {
		uint64_t run = csv_u64(csv, row, column[SCAN_RUN]);
		const struct run_sum *sum = g_hash_table_lookup(runs, GSIZE_TO_POINTER(run));

		if (run && sum->stray)
			return run;
		if (run && sum->migrate && sum->free && sum->scanned > best_scanned) {
			best = run;
			best_scanned = sum->scanned;
		}
	}
	return best;
}

/* Where the scanners stand; NULL: not begun. */
struct scanners {
	const char *migrate, *free;
	uint64_t scanned;
	unsigned lines;
};

static void put_scan(GString *out, const struct csv *csv, guint row, const int *column,
		     struct scanners *at)
{
	const char *kind = csv_text(csv, row, column[SCAN_KIND]), *stray = "NaN";

	if (!strcmp(kind, "migrate"))
		at->migrate = csv_text(csv, row, column[SCAN_END]);
	else if (!strcmp(kind, "free"))
		at->free = csv_text(csv, row, column[SCAN_START]);
	else
		stray = csv_text(csv, row, column[SCAN_START]);
	at->scanned += csv_u64(csv, row, column[SCAN_SCANNED]);
	at->lines++;
	g_string_append_printf(out, "%" G_GUINT64_FORMAT " %s %s %s\n", at->scanned,
			       at->migrate ? at->migrate : "NaN", at->free ? at->free : "NaN",
			       stray);
}

int put_scanners(const struct chart_input *input, size_t variant, GString *out, GError **error)
{
	static const char *const names[] = {"run", "kind", "start_pfn", "end_pfn", "scanned", NULL};
	int column[SCAN_COLUMNS + 1], result = -1;
	struct csv *csv;

	if (!has_panel_for(input, variant, "compaction/known"))
		return 0;
	csv = chart_load(input, variant, "compaction.csv", error);
	if (csv && chart_columns(csv, names, column, error)) {
		uint64_t run = choose_run(csv, column);
		struct scanners at = {0};

		g_string_append_printf(out, "\"run %" G_GUINT64_FORMAT " of %.0f\"\n", run,
				       json_number_at(input->variants[variant], "compaction/runs"));
		for (guint row = 0; run && row < csv->rows->len; row++) {
			if (csv_u64(csv, row, column[SCAN_RUN]) == run)
				put_scan(out, csv, row, column, &at);
		}
		result = at.lines > 1;
	}
	csv_free(csv);
	return result;
}
