// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/area_map.h"

/* The tree's key is the area itself, which the tree owns. */
struct area_map {
	GTree *tree;
};

static gint by_start(gconstpointer a, gconstpointer b, gpointer unused)
{
	uint64_t x = ((const struct area *)a)->start, y = ((const struct area *)b)->start;

	(void)unused;
	return (x > y) - (x < y);
}

struct area_map *area_map_new(void)
{
	struct area_map *map = g_new(struct area_map, 1);

	map->tree = g_tree_new_full(by_start, NULL, g_free, NULL);
	return map;
}

void area_map_free(struct area_map *map)
{
	if (!map)
		return;
	g_tree_unref(map->tree);
	g_free(map);
}

void area_map_add(struct area_map *map, struct area area)
{
	g_assert(area.start < area.end);
	g_assert(!area_map_overlap(map, area.start, area.end));
	g_tree_insert(map->tree, g_memdup2(&area, sizeof(area)), NULL);
}

const struct area *area_map_find(struct area_map *map, uint64_t start)
{
	GTreeNode *node = g_tree_lookup_node(map->tree, &(struct area){.start = start});

	return node ? g_tree_node_key(node) : NULL;
}

const struct area *area_map_begins_in(struct area_map *map, uint64_t start, uint64_t end)
{
	GTreeNode *node = g_tree_lower_bound(map->tree, &(struct area){.start = start});
	const struct area *area = node ? g_tree_node_key(node) : NULL;

	return area && area->start < end ? area : NULL;
}

const struct area *area_map_overlap(struct area_map *map, uint64_t start, uint64_t end)
{
	GTreeNode *node = g_tree_lower_bound(map->tree, &(struct area){.start = start});
	GTreeNode *before = node ? g_tree_node_previous(node) : g_tree_node_last(map->tree);
	const struct area *lower = before ? g_tree_node_key(before) : NULL;

	if (lower && lower->end > start)
		return lower;
	const struct area *area = node ? g_tree_node_key(node) : NULL;

	return area && area->start < end ? area : NULL;
}

void area_map_remove(struct area_map *map, const struct area *area)
{
	g_tree_remove(map->tree, area);
}
