// SPDX-License-Identifier: GPL-2.0-or-later
/* Charts of an address space with a panel a variant: what is freed and not purged, and pools. */
#include "sim/report/chart_parts.h"

#include "models/model.h"
#include "sim/base/units.h"

#define MIB (1 << 20)

/* Up to what frees wait, in MiB, as text of a data file; NaN where there is no such limit. */
static char *limit_text(const json_t *variant)
{
	const json_t *limit = json_at(variant, "lazy_max_pages");

	if (!json_is_integer(limit))
		return g_strdup("NaN");
	return g_strdup_printf("%.6g", json_number_value(limit) * (double)PAGE_SIZE / MIB);
}

/*
 * Lines of x, MiB freed and not purged, the limit, and where a purge was since the line before: at
 * the height from which it fell, NaN elsewhere.
 */
static void put_lazy_lines(const struct chart_input *input, size_t variant, const struct csv *csv,
			   const int *column, GString *out)
{
	g_autofree char *limit = limit_text(input->variants[variant]);
	uint64_t purges = 0;
	double before = 0;

	for (guint i = 0; i < csv->rows->len; i++) {
		double mib = (double)csv_u64(csv, i, column[2]) * (double)PAGE_SIZE / MIB;
		uint64_t purges_now = csv_u64(csv, i, column[3]);
		g_autofree char *mark = purges_now == purges
						? g_strdup("NaN")
						: g_strdup_printf("%.6g", MAX(mib, before));

		g_string_append_printf(out, "%.6g %.6g %s %s\n",
				       chart_x(input, variant, csv, i, column) / input->x_unit, mib,
				       limit, mark);
		purges = purges_now;
		before = mib;
	}
}

int put_lazy_pages(const struct chart_input *input, size_t variant, GString *out, GError **error)
{
	static const char *const names[] = {"ops", "t_cycles", "lazy_pages", "purges", NULL};
	const json_t *json = input->variants[variant];
	struct csv *csv;
	int column[G_N_ELEMENTS(names)], result = -1;

	/* results of earlier versions do not count purges */
	if (!chart_has_panel(input, variant, chart_knows_space) ||
	    !json_at(json, "address_space/end/purges") ||
	    json_number_at(json, "address_space/max_of_samples/lazy_pages") <= 0)
		return 0;
	csv = chart_load(input, variant, "samples.csv", error);
	if (csv && chart_columns(csv, names, column, error)) {
		g_string_append_printf(out, "\"purges: %.0f\"\n",
				       json_number_at(json, "address_space/end/purges"));
		put_lazy_lines(input, variant, csv, column, out);
		result = csv->rows->len > 0;
	}
	csv_free(csv);
	return result;
}

/* x, then for each class the areas of pools up to that one, for curves on top of each other. */
static void put_pool_lines(const struct chart_input *input, size_t variant, const struct csv *csv,
			   GString *out)
{
	static const int ops_and_t[] = {0, 1};

	for (guint i = 0; i < csv->rows->len; i++) {
		uint64_t sum = 0;

		g_string_append_printf(out, "%.6g",
				       chart_x(input, variant, csv, i, ops_and_t) / input->x_unit);
		for (int class = 0; class < POOL_CLASSES; class ++) {
			sum += csv_u64(csv, i, 2 + class);
			g_string_append_printf(out, " %" G_GUINT64_FORMAT, sum);
		}
		g_string_append_c(out, '\n');
	}
}

int put_pools(const struct chart_input *input, size_t variant, GString *out, GError **error)
{
	static const char *const names[] = {"ops", "t_cycles", "areas_to_1_pages", NULL};
	const json_t *json = input->variants[variant];
	struct csv *csv;
	int column[G_N_ELEMENTS(names)], result = -1;

	if (!chart_has_panel(input, variant, chart_knows_space) ||
	    !json_is_true(json_at(json, "address_space/pools_known")) ||
	    json_number_at(json, "address_space/max_of_samples/pooled_areas") <= 0)
		return 0;
	csv = chart_load(input, variant, "pools.csv", error);
	if (csv && chart_columns(csv, names, column, error)) {
		put_pool_lines(input, variant, csv, out);
		result = csv->rows->len > 0;
	}
	csv_free(csv);
	return result;
}
