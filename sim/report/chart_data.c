// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/chart_parts.h"

#include "sim/base/error.h"
#include "sim/trace/op.h"

#include <string.h>

#define INTERVALS   200 /* of latency over time: fewer than samples, so that lines stay calm */
#define MAP_COLUMNS 128

struct csv *chart_load(const struct chart_input *input, size_t variant, const char *name,
		       GError **error)
{
	const char *folder = json_string_at(input->variants[variant], "folder");
	g_autofree char *path = g_build_filename(input->path, folder, name, NULL);

	return csv_load(path, error);
}

bool chart_columns(const struct csv *csv, const char *const *names, int *columns, GError **error)
{
	for (; *names; names++, columns++) {
		*columns = csv_column(csv, *names, error);
		if (*columns < 0)
			return false;
	}
	return true;
}

double chart_ns_per_cycle(const struct chart_input *input, size_t variant)
{
	return 1e9 / MAX(json_number_at(input->variants[variant], "clock_hz"), 1);
}

/* ---- distributions ------------------------------------------------------------------- */

struct bucket {
	uint64_t low, count;
};

static int compare_buckets(const void *a, const void *b)
{
	const struct bucket *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

/* Lines "value share": the share that is at least the value. @buckets may repeat a value. 1: any.
 */
static int put_ccdf(GArray *buckets, double unit, GString *out)
{
	uint64_t total = 0, below = 0;
	size_t before = out->len;

	g_array_sort(buckets, compare_buckets);
	for (guint i = 0; i < buckets->len; i++)
		total += g_array_index(buckets, struct bucket, i).count;
	for (guint i = 0; i < buckets->len; i++) {
		const struct bucket *bucket = &g_array_index(buckets, struct bucket, i);

		/* none on a logarithmic axis: 0, and values that were shown already */
		if (bucket->low && (!i || bucket[-1].low != bucket->low))
			g_string_append_printf(out, "%.6g %.6g\n", (double)bucket->low * unit,
					       (double)(total - below) / (double)total);
		below += bucket->count;
	}
	return out->len > before;
}

static bool is_request(const char *kind)
{
	for (int i = 0; i < OP_KINDS; i++) {
		const struct op op = {.kind = (uint8_t)i};

		if (!strcmp(op_kind_name((enum op_kind)i), kind))
			return op_id_role((enum op_kind)i) == ID_MADE && !op_is_seed(&op);
	}
	return false;
}

/* The buckets of all requests, or of all rows where @kind is −1. */
static GArray *read_buckets(const struct csv *csv, int kind, int low, int count)
{
	GArray *buckets = g_array_new(FALSE, FALSE, sizeof(struct bucket));

	for (guint i = 0; i < csv->rows->len; i++) {
		struct bucket bucket = {csv_u64(csv, i, low), csv_u64(csv, i, count)};

		if (kind < 0 || is_request(csv_text(csv, i, kind)))
			g_array_append_val(buckets, bucket);
	}
	return buckets;
}

static int put_latency_ccdf(const struct chart_input *input, size_t variant, GString *out,
			    GError **error)
{
	static const char *const names[] = {"kind", "low_cycles", "count", NULL};
	struct csv *csv = chart_load(input, variant, "latency.csv", error);
	int column[G_N_ELEMENTS(names)], result = -1;

	if (csv && chart_columns(csv, names, column, error)) {
		g_autoptr(GArray) buckets = read_buckets(csv, column[0], column[1], column[2]);

		result = put_ccdf(buckets, chart_ns_per_cycle(input, variant) / 1000, out);
	}
	csv_free(csv);
	return result;
}

static int put_steps_ccdf(const struct chart_input *input, size_t variant, GString *out,
			  GError **error)
{
	static const char *const names[] = {"low_steps", "count", NULL};
	struct csv *csv = chart_load(input, variant, "steps.csv", error);
	int column[G_N_ELEMENTS(names)], result = -1;

	if (csv && chart_columns(csv, names, column, error)) {
		g_autoptr(GArray) buckets = read_buckets(csv, -1, column[0], column[1]);

		result = put_ccdf(buckets, 1, out);
	}
	csv_free(csv);
	return result;
}

/* ---- the course of the run ----------------------------------------------------------- */

double chart_x(const struct chart_input *input, size_t variant, const struct csv *csv, guint row,
	       const int *ops_and_t)
{
	if (!input->by_time)
		return (double)csv_u64(csv, row, ops_and_t[0]);
	return (double)csv_u64(csv, row, ops_and_t[1]) * chart_ns_per_cycle(input, variant);
}

struct interval {
	double x, cycles;
	uint64_t requests, max_cycles;
};

/* A line an interval; nothing is drawn over a long time in which nothing was asked for. */
static void put_interval(GString *out, const struct chart_input *input, double last_x,
			 const struct interval *interval, double us_per_cycle)
{
	if (last_x > 0 && interval->x - last_x > input->x_max / 20)
		g_string_append_c(out, '\n');
	g_string_append_printf(out, "%.6g %.6g %.6g\n", interval->x / input->x_unit,
			       interval->cycles / (double)interval->requests * us_per_cycle,
			       (double)interval->max_cycles * us_per_cycle);
}

static int put_latency_over_time(const struct chart_input *input, size_t variant, GString *out,
				 GError **error)
{
	static const char *const names[] = {
		"ops", "t_cycles", "requests", "request_mean_cycles", "request_max_cycles", NULL};
	struct csv *csv;
	int column[G_N_ELEMENTS(names)], result = -1;

	if (variant_is_machine(input->variants[variant]))
		return 0; /* it has no latency */
	csv = chart_load(input, variant, "samples.csv", error);
	if (csv && chart_columns(csv, names, column, error)) {
		double us_per_cycle = chart_ns_per_cycle(input, variant) / 1000;
		guint per_interval = (csv->rows->len + INTERVALS - 1) / INTERVALS;
		struct interval interval = {0};
		double last_x = 0;
		size_t before = out->len;

		for (guint i = 0; i < csv->rows->len; i++) {
			uint64_t requests = csv_u64(csv, i, column[2]);

			interval.x = chart_x(input, variant, csv, i, column);
			interval.requests += requests;
			interval.cycles += (double)(requests * csv_u64(csv, i, column[3]));
			interval.max_cycles = MAX(interval.max_cycles, csv_u64(csv, i, column[4]));
			if ((i + 1) % per_interval && i + 1 < csv->rows->len)
				continue;
			/* none on a logarithmic axis: 0 */
			if (interval.requests && interval.max_cycles) {
				put_interval(out, input, last_x, &interval, us_per_cycle);
				last_x = interval.x;
			}
			interval = (struct interval){0};
		}
		result = out->len > before;
	}
	csv_free(csv);
	return result;
}

static bool has_state(const struct chart_input *input, size_t variant)
{
	return json_is_true(json_at(input->variants[variant], "address_space/known"));
}

static int put_live_areas(const struct chart_input *input, size_t variant, GString *out,
			  GError **error)
{
	static const char *const names[] = {"ops", "t_cycles", "busy_areas", "free_blocks", NULL};
	struct csv *csv;
	int column[G_N_ELEMENTS(names)], result = -1;

	if (!has_state(input, variant))
		return 0;
	csv = chart_load(input, variant, "samples.csv", error);
	if (csv && chart_columns(csv, names, column, error)) {
		for (guint i = 0; i < csv->rows->len; i++)
			g_string_append_printf(
				out, "%.6g %s %s\n",
				chart_x(input, variant, csv, i, column) / input->x_unit,
				csv_text(csv, i, column[2]), csv_text(csv, i, column[3]));
		result = csv->rows->len > 0;
	}
	csv_free(csv);
	return result;
}

static int put_fragmentation(const struct chart_input *input, size_t variant, GString *out,
			     GError **error)
{
	static const char *const names[] = {
		"ops", "t_cycles", "total_free_bytes", "largest_free_bytes", "lazy_pages", NULL};
	const double mib = 1 << 20;
	struct csv *csv;
	int column[G_N_ELEMENTS(names)], result = -1;

	if (!has_state(input, variant))
		return 0;
	csv = chart_load(input, variant, "samples.csv", error);
	if (csv && chart_columns(csv, names, column, error)) {
		for (guint i = 0; i < csv->rows->len; i++) {
			uint64_t total = csv_u64(csv, i, column[2]);
			uint64_t outside = total - csv_u64(csv, i, column[3]);

			g_string_append_printf(out, "%.6g %.6g %.6g %.6g\n",
					       chart_x(input, variant, csv, i, column) /
						       input->x_unit,
					       (double)outside / (double)MAX(total, 1) * 100,
					       (double)outside / mib,
					       (double)csv_u64(csv, i, column[4]) * 4096 / mib);
		}
		result = csv->rows->len > 0;
	}
	csv_free(csv);
	return result;
}

/* ---- the map ------------------------------------------------------------------------- */

/* The last row of map.csv at or before @x. */
static guint row_at(const struct chart_input *input, size_t variant, const struct csv *csv,
		    const int *ops_and_t, double x)
{
	guint row = 0;

	while (row + 1 < csv->rows->len && chart_x(input, variant, csv, row + 1, ops_and_t) <= x)
		row++;
	return row;
}

/*
 * A matrix as gnuplot has it: the number of columns and their x, then lines of y and
 * values. The times in map.csv lie unevenly; an image has even columns.
 */
static void put_matrix(const struct chart_input *input, size_t variant, const struct csv *csv,
		       const int *ops_and_t, GString *out)
{
	uint64_t row_bytes =
		(uint64_t)json_number_at(input->variants[variant], "address_map/row_bytes");
	double step = input->x_max / MAP_COLUMNS;
	double end = chart_x(input, variant, csv, csv->rows->len - 1, ops_and_t);
	int rows[MAP_COLUMNS]; /* −1: its run is over */

	g_string_append_printf(out, "%d", MAP_COLUMNS);
	for (int i = 0; i < MAP_COLUMNS; i++) {
		double x = step * (i + 0.5);

		rows[i] = x - step > end ? -1 : (int)row_at(input, variant, csv, ops_and_t, x);
		g_string_append_printf(out, " %.6g", x / input->x_unit);
	}
	g_string_append_c(out, '\n');
	for (int column = 2; csv->header[column]; column++) {
		uint64_t low = g_ascii_strtoull(csv->header[column], NULL, 0);
		double y = (double)(low - input->map_low) + (double)row_bytes / 2;

		g_string_append_printf(out, "%.6g", y / (1 << 20));
		for (int i = 0; i < MAP_COLUMNS; i++)
			g_string_append_printf(out, " %s",
					       rows[i] < 0 ? "NaN"
							   : csv_text(csv, (guint)rows[i], column));
		g_string_append_c(out, '\n');
	}
}

static int put_address_map(const struct chart_input *input, size_t variant, GString *out,
			   GError **error)
{
	static const char *const names[] = {"ops", "t_cycles", NULL};
	int column[G_N_ELEMENTS(names)], result = -1;
	struct csv *csv;

	/* an image needs two rows */
	if (!chart_has_panel(input, variant, chart_has_map))
		return 0;
	csv = chart_load(input, variant, "map.csv", error);
	if (csv && chart_columns(csv, names, column, error)) {
		result = csv->rows->len > 0;
		if (result)
			put_matrix(input, variant, csv, column, out);
	}
	csv_free(csv);
	return result;
}

#define COUNTED_WHEN ": as the machine itself counted it; between, nothing tells"

const struct chart charts[] = {
	{.name = "latency-ccdf", .put = put_latency_ccdf},
	{.name = "latency-over-time", .put = put_latency_over_time},
	{.name = "steps-ccdf", .put = put_steps_ccdf},
	{.name = "live-areas", .put = put_live_areas},
	{.name = "fragmentation", .put = put_fragmentation},
	{.name = "lazy-pages", .put = put_lazy_pages, .panels = true, .quiet = true},
	{.name = "pools", .put = put_pools, .panels = true, .quiet = true},
	{.name = "address-map", .put = put_address_map, .matrix = true},
	{.name = "buddy-orders",
	 .put = put_buddy_orders,
	 .of_machine = COUNTED_WHEN,
	 .panels = true,
	 .quiet = true},
	{.name = "unusable-index",
	 .put = put_unusable_index,
	 .of_machine = COUNTED_WHEN,
	 .panels = true,
	 .quiet = true},
	{.name = "scanners", .put = put_scanners, .panels = true, .quiet = true},
	{.name = "block-map", .put_all = put_block_map, .quiet = true},
	{.name = "breakdown", .put_all = put_breakdown, .quiet = true},
	{.name = "figures-over-axis", .put_all = put_figures_over_axis, .quiet = true},
	{.name = "against-baseline", .put_all = put_against_baseline, .quiet = true},
	{.name = NULL},
};
