// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/machine/chunk_map.h"

static uint64_t *bits_new(uint64_t n)
{
	return g_new0(uint64_t, (n + 63) / 64);
}

void chunk_map_init(struct chunk_map *map, uint64_t start_pfn, uint64_t end_pfn, unsigned top_order)
{
	uint64_t size = UINT64_C(1) << top_order;

	*map = (struct chunk_map){.base = start_pfn & ~(size - 1), .top_order = top_order};
	map->n_top = (end_pfn - map->base + size - 1) >> top_order;
	for (unsigned order = 0; order <= top_order; order++) {
		map->busy[order] = bits_new(map->n_top << (top_order - order));
		map->free[order] = bits_new(map->n_top << (top_order - order));
	}
}

void chunk_map_clear(struct chunk_map *map)
{
	for (unsigned order = 0; order <= map->top_order; order++) {
		g_free(map->busy[order]);
		g_free(map->free[order]);
	}
}

static void set_bit(uint64_t *bits, uint64_t i)
{
	bits[i / 64] |= UINT64_C(1) << i % 64;
}

static void clear_bit(uint64_t *bits, uint64_t i)
{
	bits[i / 64] &= ~(UINT64_C(1) << i % 64);
}

/* @n bits from @i on: a power of two, @i a multiple of it, so either whole words or part of one. */
static uint64_t word_mask(uint64_t i, uint64_t n)
{
	return n >= 64 ? UINT64_MAX : ((UINT64_C(1) << n) - 1) << i % 64;
}

static void set_bits(uint64_t *bits, uint64_t i, uint64_t n)
{
	for (uint64_t word = i / 64; word <= (i + n - 1) / 64; word++)
		bits[word] |= word_mask(i, n);
}

bool chunk_all_busy(const struct chunk_map *map, unsigned order, uint64_t i)
{
	uint64_t n = UINT64_C(1) << order, first = i << order, mask = word_mask(first, n);

	for (uint64_t word = first / 64; word <= (first + n - 1) / 64; word++) {
		if ((map->busy[0][word] & mask) != mask)
			return false;
	}
	return true;
}

void chunk_set_busy(struct chunk_map *map, unsigned order, uint64_t i)
{
	for (unsigned below = 0; below <= order; below++)
		set_bits(map->busy[below], i << (order - below), UINT64_C(1) << (order - below));
	while (order < map->top_order) {
		i /= 2;
		set_bit(map->busy[++order], i);
	}
}

void chunk_map_set_busy(struct chunk_map *map, uint64_t start_pfn, uint64_t end_pfn)
{
	for (uint64_t pfn = start_pfn; pfn < end_pfn;) {
		unsigned order = map->top_order;

		while ((pfn - map->base) & ((UINT64_C(1) << order) - 1) ||
		       pfn + (UINT64_C(1) << order) > end_pfn)
			order--;
		chunk_set_busy(map, order, chunk_index(map, order, pfn));
		pfn += UINT64_C(1) << order;
	}
}

unsigned chunk_set_free(struct chunk_map *map, unsigned order, uint64_t i)
{
	chunk_set_busy(map, order, i);
	while (order < map->top_order && chunk_free(map, order, i ^ 1)) {
		clear_bit(map->free[order++], i ^ 1);
		i /= 2;
	}
	set_bit(map->free[order], i);
	return order;
}
