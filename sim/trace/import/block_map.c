// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/block_map.h"

#include "sim/machine/memory_map.h"

#define ORDER_BITS 4

struct block_map {
	GHashTable *blocks; /* pfn -> id and order, packed */
	uint64_t n[MAX_ORDER_DEFAULT];
};

struct block_map *block_map_new(void)
{
	struct block_map *map = g_new0(struct block_map, 1);

	map->blocks = g_hash_table_new(NULL, NULL);
	return map;
}

void block_map_free(struct block_map *map)
{
	if (!map)
		return;
	g_hash_table_unref(map->blocks);
	g_free(map);
}

void block_map_add(struct block_map *map, struct block block)
{
	g_hash_table_insert(map->blocks, GSIZE_TO_POINTER(block.pfn),
			    GSIZE_TO_POINTER(block.id << ORDER_BITS | block.order));
	map->n[block.order]++;
}

bool block_map_find(const struct block_map *map, uint64_t pfn, struct block *block)
{
	gpointer packed;

	if (!g_hash_table_lookup_extended(map->blocks, GSIZE_TO_POINTER(pfn), NULL, &packed))
		return false;
	uint64_t value = GPOINTER_TO_SIZE(packed);

	*block = (struct block){pfn, value & ((1u << ORDER_BITS) - 1), value >> ORDER_BITS};
	return true;
}

bool block_map_overlap(const struct block_map *map, uint64_t pfn, unsigned order,
		       struct block *block)
{
	uint64_t smaller = 0;

	/* blocks are aligned: one that overlaps is as large and begins where this one does, or
	 * holds all of it, or is one of its parts */
	for (unsigned larger = MAX_ORDER_DEFAULT - 1; larger > order; larger--) {
		uint64_t head = pfn & ~((UINT64_C(1) << larger) - 1);

		if (map->n[larger] && block_map_find(map, head, block) && block->order == larger)
			return true;
	}
	if (block_map_find(map, pfn, block))
		return true;
	for (unsigned part = 0; part < order; part++)
		smaller += map->n[part];
	for (uint64_t i = 1; smaller && i < UINT64_C(1) << order; i++) {
		if (block_map_find(map, pfn + i, block))
			return true;
	}
	return false;
}

void block_map_remove(struct block_map *map, const struct block *block)
{
	if (g_hash_table_remove(map->blocks, GSIZE_TO_POINTER(block->pfn)))
		map->n[block->order]--;
}
