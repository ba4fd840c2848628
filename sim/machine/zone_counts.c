// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/machine/zone_counts.h"

static const char *const type_names[LIST_TYPES] = {
	[LIST_UNMOVABLE] = "Unmovable",	    [LIST_MOVABLE] = "Movable",
	[LIST_RECLAIMABLE] = "Reclaimable", [LIST_HIGHATOMIC] = "HighAtomic",
	[LIST_ISOLATE] = "Isolate",
};

const char *list_type_name(enum list_type type)
{
	return type_names[type];
}

#define COUNT(width) "%" #width G_GUINT64_FORMAT " "

static void print_orders(GString *text, const uint64_t *counts)
{
	for (unsigned order = 0; order < MAX_ORDER_DEFAULT; order++)
		g_string_append_printf(text, COUNT(6), counts[order]);
	g_string_append_c(text, '\n');
}

void print_buddyinfo(GString *text, const struct zone_counts *zones, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		g_string_append_printf(text, "Node %u, zone %8s ", zones[i].node, zones[i].name);
		print_orders(text, zones[i].nr_free);
	}
}

static void print_free_by_type(GString *text, const struct zone_counts *zones, unsigned n)
{
	g_string_append_printf(text, "%-43s ", "Free pages count per migrate type at order");
	for (unsigned order = 0; order < MAX_ORDER_DEFAULT; order++)
		g_string_append_printf(text, "%6u ", order);
	g_string_append_c(text, '\n');
	for (unsigned i = 0; i < n; i++) {
		for (unsigned type = 0; type < LIST_TYPES; type++) {
			g_string_append_printf(text, "Node %4u, zone %8s, type %12s ",
					       zones[i].node, zones[i].name, type_names[type]);
			print_orders(text, zones[i].by_type[type]);
		}
	}
}

static void print_blocks(GString *text, const struct zone_counts *zones, unsigned n)
{
	g_string_append_printf(text, "%-22s ", "Number of blocks type");
	for (unsigned type = 0; type < LIST_TYPES; type++)
		g_string_append_printf(text, "%12s ", type_names[type]);
	g_string_append_c(text, '\n');
	for (unsigned i = 0; i < n; i++) {
		g_string_append_printf(text, "Node %u, zone %8s ", zones[i].node, zones[i].name);
		for (unsigned type = 0; type < LIST_TYPES; type++)
			g_string_append_printf(text, COUNT(12), zones[i].blocks[type]);
		g_string_append_c(text, '\n');
	}
}

void print_pagetypeinfo(GString *text, const struct zone_counts *zones, unsigned n)
{
	g_string_append_printf(text, "Page block order: %d\nPages per block:  %d\n\n",
			       PAGEBLOCK_ORDER_DEFAULT, 1 << PAGEBLOCK_ORDER_DEFAULT);
	print_free_by_type(text, zones, n);
	g_string_append_c(text, '\n');
	print_blocks(text, zones, n);
}
