/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MACHINE_CHUNK_MAP_H
#define KMSIM_MACHINE_CHUNK_MAP_H

/*
 * Aligned chunks of every order over a range of page frames, with two bits each: busy (one of its
 * pages at least is not to be had) and free (it is a free chunk, as a whole). Chunk i of an order
 * is the pages from base + (i << order) on; its halves are 2i and 2i + 1 of the next lower order.
 *
 *   order 2  |       0       |       1       |
 *   order 1  |   0   |   1   |   2   |   3   |
 *   order 0  | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 |
 */

#include "sim/machine/memory_map.h"

struct chunk_map {
	uint64_t base;	    /* pfn, a multiple of a chunk of the largest order */
	unsigned top_order; /* the largest */
	uint64_t n_top;	    /* chunks of that order */
	uint64_t *busy[MAX_ORDER_DEFAULT], *free[MAX_ORDER_DEFAULT];
};

/* Nothing is busy or free. @map's pages are those of the chunks of @top_order in [start, end). */
void chunk_map_init(struct chunk_map *map, uint64_t start_pfn, uint64_t end_pfn,
		    unsigned top_order);
void chunk_map_clear(struct chunk_map *map);

static inline bool chunk_bit(const uint64_t *bits, uint64_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

static inline bool chunk_busy(const struct chunk_map *map, unsigned order, uint64_t i)
{
	return chunk_bit(map->busy[order], i);
}

static inline bool chunk_free(const struct chunk_map *map, unsigned order, uint64_t i)
{
	return chunk_bit(map->free[order], i);
}

static inline uint64_t chunk_index(const struct chunk_map *map, unsigned order, uint64_t pfn)
{
	return (pfn - map->base) >> order;
}

static inline uint64_t chunk_pfn(const struct chunk_map *map, unsigned order, uint64_t i)
{
	return map->base + (i << order);
}

/* Is no page of it to be had? */
bool chunk_all_busy(const struct chunk_map *map, unsigned order, uint64_t i);

/* All pages of the chunk, or of [start, end), are busy. */
void chunk_set_busy(struct chunk_map *map, unsigned order, uint64_t i);
void chunk_map_set_busy(struct chunk_map *map, uint64_t start_pfn, uint64_t end_pfn);

/*
 * The chunk is free, and so busy. It merges with its buddy where that is free, and so on, as the
 * buddy allocator does. Returns the order that came of it.
 */
unsigned chunk_set_free(struct chunk_map *map, unsigned order, uint64_t i);

#endif
