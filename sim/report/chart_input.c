// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/chart_parts.h"

#include "sim/report/labels.h"
#include "sim/report/result.h"

#include "sim/scenario/scenario.h"

#include <string.h>

static const struct {
	double ns;
	const char *title;
} time_units[] = {
	{1e9, "simulated time [s]"},
	{1e6, "simulated time [ms]"},
	{1e3, "simulated time [us]"},
	{1, "simulated time [ns]"},
};

/* Without time stamps the models run through the ops at paces of their own. */
static bool follows_time(const json_t *variant)
{
	return json_is_true(json_object_get(variant, "timed")) &&
	       !strcmp(json_string_at(variant, "order"), "time");
}

static void choose_axis(struct chart_input *input)
{
	const char *path = input->by_time ? "totals/end_ns" : "totals/ops_after_seeds";
	unsigned unit = 0;

	for (size_t i = 0; i < input->n; i++)
		input->x_max = MAX(input->x_max, json_number_at(input->variants[i], path));
	input->x_max = MAX(input->x_max, 1);
	input->x_unit = 1;
	input->x_title = "ops done";
	if (!input->by_time)
		return;
	while (time_units[unit].ns > 1 && input->x_max < 2 * time_units[unit].ns)
		unit++;
	input->x_unit = time_units[unit].ns;
	input->x_title = time_units[unit].title;
}

static void span_maps(struct chart_input *input)
{
	uint64_t low = UINT64_MAX, end = 0;

	for (size_t i = 0; i < input->n; i++) {
		const json_t *map = json_object_get(input->variants[i], "address_map");
		uint64_t at = g_ascii_strtoull(json_string_at(map, "low"), NULL, 0);
		uint64_t rows = (uint64_t)json_number_at(map, "rows");

		if (!rows)
			continue;
		low = MIN(low, at);
		end = MAX(end, at + rows * (uint64_t)json_number_at(map, "row_bytes"));
	}
	input->map_low = end ? low : 0;
	input->map_bytes = end ? end - low : 0;
}

/* More seeds than are listed in tables? Then they are no variants to look at one by one. */
static bool seeds_summarised(const json_t *variants)
{
	g_autoptr(GHashTable) seeds = g_hash_table_new(g_str_hash, g_str_equal);
	const json_t *variant;
	size_t i;

	json_array_foreach (variants, i, variant) {
		const char *seed = json_string_at(variant, "point/seed");

		if (*seed)
			g_hash_table_add(seeds, (void *)seed);
	}
	return g_hash_table_size(seeds) > SEEDS_LISTED;
}

bool chart_input_load(struct chart_input *input, const char *path, GError **error)
{
	*input = (struct chart_input){.path = path, .result = result_load(path, error)};
	if (!input->result)
		return false;
	json_t *variants = json_object_get(input->result, "variants"), *variant;
	size_t i;

	bool one_seed = seeds_summarised(variants);

	input->variants = g_new0(json_t *, json_array_size(variants));
	input->by_time = true;
	json_array_foreach (variants, i, variant) {
		if (one_seed && !json_equal(json_object_get(variant, "seed"),
					    json_object_get(json_array_get(variants, 0), "seed")))
			continue;
		input->variants[input->n++] = variant;
		input->by_time &= follows_time(variant);
	}
	input->labels = variant_labels(input->variants, input->n);
	choose_axis(input);
	span_maps(input);
	return true;
}

void chart_input_clear(struct chart_input *input)
{
	g_strfreev(input->labels);
	g_free(input->variants);
	json_decref(input->result);
}

/* --- panels ------------------------------------------------------------------------------ */

bool chart_knows_pages(const json_t *variant)
{
	static const char *const paths[] = {"zones/known", "blocks/known", "compaction/known"};

	for (unsigned i = 0; i < G_N_ELEMENTS(paths); i++) {
		if (json_is_true(json_at(variant, paths[i])))
			return true;
	}
	return false;
}

bool chart_knows_space(const json_t *variant)
{
	return json_is_true(json_at(variant, "address_space/known"));
}

bool chart_has_map(const json_t *variant)
{
	return json_number_at(variant, "address_map/rows") >= 2;
}

bool chart_has_panel(const struct chart_input *input, size_t variant,
		     bool (*has)(const json_t *variant))
{
	unsigned before = 0;

	for (size_t i = 0; i < variant; i++)
		before += has(input->variants[i]);
	return has(input->variants[variant]) && before < PANELS_MAX;
}
