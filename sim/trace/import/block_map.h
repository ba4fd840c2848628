/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_BLOCK_MAP_H
#define KMSIM_TRACE_IMPORT_BLOCK_MAP_H

/* Blocks of 2^order page frames that are allocated, by pfn. No two share a frame. */

#include <stdbool.h>
#include <stdint.h>

struct block {
	uint64_t pfn; /* aligned to 2^order */
	unsigned order;
	uint64_t id; /* below 2^60 */
};

struct block_map;

struct block_map *block_map_new(void);
void block_map_free(struct block_map *map);

/* Add @block, which must not overlap any other. */
void block_map_add(struct block_map *map, struct block block);

/* The block that begins at @pfn. False: none does. */
bool block_map_find(const struct block_map *map, uint64_t pfn, struct block *block);

/* A block, the lowest one, that has a frame of the 2^@order from @pfn. False: none. */
bool block_map_overlap(const struct block_map *map, uint64_t pfn, unsigned order,
		       struct block *block);

/* Remove @block, which is in the map. */
void block_map_remove(struct block_map *map, const struct block *block);

#endif
