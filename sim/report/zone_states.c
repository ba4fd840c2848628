// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/zone_states.h"

#include "models/pages/frag_index.h"
#include "sim/base/error.h"
#include "sim/machine/zone_counts.h"
#include "sim/metrics/zone_figures.h"
#include "sim/report/csv.h"

#include <string.h>

static const char *const format_names[] = {
	[ZONES_BUDDYINFO] = "buddyinfo",
	[ZONES_PAGETYPEINFO] = "pagetypeinfo",
	[ZONES_EXTFRAG] = "extfrag",
	[ZONES_UNUSABLE] = "unusable",
};

bool zone_format_find(const char *name, enum zone_format *format, GError **error)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(format_names); i++) {
		if (!strcmp(name, format_names[i])) {
			*format = (enum zone_format)i;
			return true;
		}
	}
	set_usage_error(error, "--format %s: expected buddyinfo, pagetypeinfo, extfrag or unusable",
			name);
	return false;
}

/* ---- reading -------------------------------------------------------------------------- */

static bool read_number(const struct csv *csv, guint row, const char *column, uint64_t *value,
			GError **error)
{
	int at = csv_column(csv, column, error);

	if (at >= 0)
		*value = csv_u64(csv, row, at);
	return at >= 0;
}

static bool read_type(const struct csv *csv, guint row, unsigned type, struct zone_counts *counts,
		      GError **error)
{
	g_autofree char *blocks = g_strconcat("blocks_", list_type_keys[type], NULL);

	if (!read_number(csv, row, blocks, &counts->blocks[type], error))
		return false;
	for (unsigned order = 0; order < SAMPLE_ORDERS; order++) {
		g_autofree char *name = g_strdup_printf("free_%s_%u", list_type_keys[type], order);

		if (!read_number(csv, row, name, &counts->by_type[type][order], error))
			return false;
		counts->nr_free[order] += counts->by_type[type][order];
	}
	return true;
}

static bool read_zone(const struct csv *csv, guint row, struct zone_counts *counts, GError **error)
{
	int name = csv_column(csv, "zone", error);
	uint64_t node = 0;

	if (name < 0 || !read_number(csv, row, "node", &node, error))
		return false;
	*counts = (struct zone_counts){.node = (unsigned)node};
	g_strlcpy(counts->name, csv_text(csv, row, name), sizeof(counts->name));
	for (unsigned type = 0; type < LIST_TYPES; type++) {
		if (!read_type(csv, row, type, counts, error))
			return false;
	}
	return true;
}

/* struct zone_counts of the zones at the last time that is not after @ops. */
static GArray *read_state(const struct csv *csv, uint64_t ops, uint64_t *at_ops, GError **error)
{
	int column = csv_column(csv, "ops", error);
	guint first = 0;

	if (column < 0)
		return NULL;
	for (guint row = 0; row < csv->rows->len && csv_u64(csv, row, column) <= ops; row++) {
		if (csv_u64(csv, row, column) != csv_u64(csv, first, column))
			first = row;
	}
	GArray *zones = g_array_new(FALSE, FALSE, sizeof(struct zone_counts));

	*at_ops = csv->rows->len ? csv_u64(csv, first, column) : 0;
	for (guint row = first; row < csv->rows->len && csv_u64(csv, row, column) == *at_ops;
	     row++) {
		struct zone_counts counts;

		if (!read_zone(csv, row, &counts, error)) {
			g_array_unref(zones);
			return NULL;
		}
		g_array_append_val(zones, counts);
	}
	return zones;
}

/* ---- printing ------------------------------------------------------------------------- */

/* debugfs extfrag/: mm/vmstat.c, extfrag_show_print, unusable_show_print */
static void print_index(GString *text, const struct zone_counts *zones, unsigned n,
			int (*index)(const uint64_t *nr_free, unsigned order))
{
	for (unsigned i = 0; i < n; i++) {
		g_string_append_printf(text, "Node %u, zone %8s ", zones[i].node, zones[i].name);
		for (unsigned order = 0; order < SAMPLE_ORDERS; order++) {
			g_autofree char *value = frag_index_text(index(zones[i].nr_free, order));

			g_string_append_printf(text, "%s ", value);
		}
		g_string_append_c(text, '\n');
	}
}

static void print_extfrag(GString *text, const struct zone_counts *zones, unsigned n)
{
	print_index(text, zones, n, extfrag_index);
}

static void print_unusable(GString *text, const struct zone_counts *zones, unsigned n)
{
	print_index(text, zones, n, unusable_index);
}

/* The kernel prints node after node, each with the heading, if there is one. */
static char *print_nodes(const GArray *zones, enum zone_format format)
{
	static void (*const print[])(GString * text, const struct zone_counts *zones,
				     unsigned n) = {
		[ZONES_BUDDYINFO] = print_buddyinfo,
		[ZONES_PAGETYPEINFO] = print_pagetypeinfo,
		[ZONES_EXTFRAG] = print_extfrag,
		[ZONES_UNUSABLE] = print_unusable,
	};
	const struct zone_counts *zone = (const struct zone_counts *)(void *)zones->data;
	GString *text = g_string_new(NULL);

	for (guint first = 0, next; first < zones->len; first = next) {
		for (next = first; next < zones->len && zone[next].node == zone[first].node;)
			next++;
		print[format](text, &zone[first], next - first);
	}
	return g_string_free(text, FALSE);
}

char *zone_state_text(const char *path, const json_t *variant, uint64_t ops,
		      enum zone_format format, uint64_t *at_ops, GError **error)
{
	if (!json_is_true(json_at(variant, "zones/known"))) {
		set_usage_error(error, "%s: '%s' has no zones: its model is no page allocator",
				path, json_string_at(variant, "name"));
		return NULL;
	}
	g_autofree char *file =
		g_build_filename(path, json_string_at(variant, "folder"), "zones.csv", NULL);
	struct csv *csv = csv_load(file, error);

	if (!csv)
		return NULL;
	GArray *zones = read_state(csv, ops, at_ops, error);
	char *text = zones ? print_nodes(zones, format) : NULL;

	if (zones)
		g_array_unref(zones);
	csv_free(csv);
	return text;
}
