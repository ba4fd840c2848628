// SPDX-License-Identifier: GPL-2.0-or-later
/* Fragmentation indices, of made-up counts and of a running kernel; /proc/pagetypeinfo. */
#include "models/pages/frag_index.h"
#include "models/pages/test/golden.h"
#include "sim/machine/zone_counts.h"
#include "sim/base/error.h"

/* --- frag_index ------------------------------------------------------------------------ */

static bool index_line(struct golden *golden, json_t *line, void *data, GError **error)
{
	int64_t extfrag[MAX_ORDER_NR], unusable[MAX_ORDER_NR];
	uint64_t nr_free[MAX_ORDER_NR];

	(void)data;
	(void)error;
	golden_orders(json_object_get(line, "nr_free"), nr_free);
	for (unsigned order = 0; order < MAX_ORDER_NR; order++) {
		extfrag[order] = extfrag_index(nr_free, order);
		unusable[order] = unusable_index(nr_free, order);
	}
	golden_numbers(golden, "extfrag", extfrag, MAX_ORDER_NR, json_object_get(line, "extfrag"));
	golden_numbers(golden, "unusable", unusable, MAX_ORDER_NR,
		       json_object_get(line, "unusable"));
	return true;
}

static bool run_index(struct golden *golden, GError **error)
{
	return golden_lines(golden, index_line, NULL, error);
}

/* --- real_frag_index ------------------------------------------------------------------- */

static void compare_index(struct golden *golden, const json_t *line, const char *key,
			  int (*index)(const uint64_t nr_free[MAX_ORDER_NR], unsigned order))
{
	const json_t *expected = json_object_get(line, key);
	uint64_t nr_free[MAX_ORDER_NR];

	golden_orders(json_object_get(line, "nr_free"), nr_free);
	golden_number(golden, key, (int64_t)json_array_size(expected), MAX_ORDER_NR);
	for (unsigned order = 0; order < MAX_ORDER_NR; order++) {
		g_autofree char *text = frag_index_text(index(nr_free, order));

		golden_text(golden, key, text, json_string_value(json_array_get(expected, order)));
	}
}

static bool real_index_line(struct golden *golden, json_t *line, void *data, GError **error)
{
	(void)data;
	(void)error;
	compare_index(golden, line, "extfrag_index", extfrag_index);
	compare_index(golden, line, "unusable_index", unusable_index);
	return true;
}

static bool run_real_index(struct golden *golden, GError **error)
{
	return golden_lines(golden, real_index_line, NULL, error);
}

/* --- real_pagetypeinfo ----------------------------------------------------------------- */

static void compare_printed(struct golden *golden, const GArray *zones, const char *what,
			    void (*print)(GString *text, const struct zone_counts *zones,
					  unsigned n),
			    const char *expected)
{
	g_autoptr(GString) text = g_string_new(NULL);

	print(text, (const struct zone_counts *)(const void *)zones->data, zones->len);
	golden_text(golden, what, text->str, expected);
}

static void compare_sums(struct golden *golden, const GArray *buddy, const GArray *types)
{
	golden_number(golden, "number of zones", types->len, buddy->len);
	for (unsigned i = 0; i < MIN(types->len, buddy->len); i++) {
		for (unsigned order = 0; order < MAX_ORDER_NR; order++)
			golden_number(
				golden, "sum over the types",
				(int64_t)g_array_index(types, struct zone_counts, i).nr_free[order],
				(int64_t)g_array_index(buddy, struct zone_counts, i)
					.nr_free[order]);
	}
}

static bool pagetypeinfo_line(struct golden *golden, json_t *line, void *data, GError **error)
{
	const char *buddy_text = json_string_value(json_object_get(line, "buddyinfo"));
	const char *type_text = json_string_value(json_object_get(line, "pagetypeinfo"));

	(void)data;
	if (!buddy_text || !type_text) {
		set_input_error(error, "a text is missing");
		return false;
	}
	g_autoptr(GArray) buddy = parse_buddyinfo(buddy_text, error);
	g_autoptr(GArray) types = buddy ? parse_pagetypeinfo(type_text, error) : NULL;

	if (!types)
		return false;
	compare_sums(golden, buddy, types);
	compare_printed(golden, buddy, "buddyinfo", print_buddyinfo, buddy_text);
	compare_printed(golden, types, "pagetypeinfo", print_pagetypeinfo, type_text);
	return true;
}

static bool run_pagetypeinfo(struct golden *golden, GError **error)
{
	return golden_lines(golden, pagetypeinfo_line, NULL, error);
}

extern const struct golden_family golden_frag_index, golden_real_frag_index,
	golden_real_pagetypeinfo;

const struct golden_family golden_frag_index = {
	.name = "frag_index",
	.words = {"\"nr_free\"", "\"extfrag\"", "\"unusable\""},
	.run = run_index,
};

const struct golden_family golden_real_frag_index = {
	.name = "real_frag_index",
	.words = {"\"extfrag_index\"", "\"unusable_index\""},
	.run = run_real_index,
};

const struct golden_family golden_real_pagetypeinfo = {
	.name = "real_pagetypeinfo",
	.words = {"\"buddyinfo\"", "\"pagetypeinfo\""},
	.run = run_pagetypeinfo,
};
