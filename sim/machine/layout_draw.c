// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Free chunks that nobody knows the place of, drawn from the largest order down.
 *
 * A region is an aligned chunk that must keep at least one live page. A free chunk of order o takes
 * one half of a region of order o + 1; the other half is a region of order o again, so that no two
 * free chunks are ever buddies, and boot merges none. Each free chunk of order o costs one region
 * of order o + 1, whichever it is: where the counts came from a real state of these pages, there is
 * always one left.
 */
#include "sim/machine/layout_internal.h"

/* Regions of one order: such beside a free chunk of that order, and others. Chunk numbers. */
struct regions {
	GArray *beside, *rest;
};

static struct regions regions_new(void)
{
	return (struct regions){g_array_new(FALSE, FALSE, sizeof(uint64_t)),
				g_array_new(FALSE, FALSE, sizeof(uint64_t))};
}

static void regions_clear(struct regions *regions)
{
	g_array_unref(regions->beside);
	g_array_unref(regions->rest);
}

/* --- block types ----------------------------------------------------------------------- */

const enum list_type layout_turns[LIST_TYPES] = {LIST_ISOLATE, LIST_HIGHATOMIC, LIST_RECLAIMABLE,
						 LIST_UNMOVABLE, LIST_MOVABLE};

void layout_set_block(struct zone_layout *z, uint64_t block, enum list_type type)
{
	z->block_type[block] = (uint8_t)type;
	if (z->quota[type])
		z->quota[type]--;
}

/*
 * Of one block, below whole ones: chunks of order o need as many regions of order o + 1, and the
 * larger chunks took theirs before.
 */
static uint64_t blocks_for_small(const struct zone_layout *z, enum list_type type)
{
	uint64_t blocks = 0;

	for (unsigned order = 0; order < z->block_order; order++) {
		unsigned shift = z->block_order - 1 - order;
		uint64_t regions = z->need[type][order];

		for (unsigned larger = order + 1; larger < z->block_order; larger++)
			regions += z->need[type][larger] << (larger - 1 - order);
		blocks = MAX(blocks, (regions + (UINT64_C(1) << shift) - 1) >> shift);
	}
	return blocks;
}

uint64_t layout_blocks_needed(const struct zone_layout *z, enum list_type type)
{
	uint64_t blocks = blocks_for_small(z, type);

	for (unsigned order = z->block_order; order <= z->top; order++)
		blocks += z->need[type][order];
	return blocks;
}

/* For a block that a free chunk covers, but does not begin in: @type, or what is most to spare. */
static enum list_type spare_type(const struct zone_layout *z, enum list_type type)
{
	enum list_type best = type;
	int64_t most = 0;

	for (unsigned k = 0; k < LIST_TYPES; k++) {
		enum list_type other = layout_turns[k];
		int64_t spare = (int64_t)z->quota[other] - (int64_t)layout_blocks_needed(z, other);

		if (other == type && spare > 0)
			return type;
		if (spare > most) {
			best = other;
			most = spare;
		}
	}
	return best;
}

void layout_place(struct zone_layout *z, unsigned order, uint64_t i, enum list_type type)
{
	uint64_t block = block_of_chunk(z, order, i);
	uint64_t n = order > z->block_order ? UINT64_C(1) << (order - z->block_order) : 1;

	z->need[type][order]--;
	chunk_set_free(&z->chunks, order, i);
	for (uint64_t k = 0; k < n; k++) {
		if (z->block_type[block + k] == TYPE_OPEN)
			layout_set_block(z, block + k, k ? spare_type(z, type) : type);
	}
}

/* --- drawing --------------------------------------------------------------------------- */

/* A half of region @i of order @order + 1 that may become free for @type; false: neither. */
static bool choose_half(struct zone_layout *z, unsigned order, uint64_t i, enum list_type type,
			bool any_type, uint64_t *half)
{
	bool fits[2];

	for (unsigned k = 0; k < 2; k++) {
		enum list_type block = chunk_type(z, order, 2 * i + k);

		fits[k] = chunk_usable(z, order, 2 * i + k) &&
			  (any_type || block == TYPE_OPEN || block == type);
	}
	if (!fits[0] && !fits[1])
		return false;
	*half = 2 * i + (fits[0] && fits[1] ? rng_below(&z->rng, 2) : fits[1]);
	return true;
}

/* Take the @k-th of an array of chunk numbers, drawn from it and those behind it. */
static uint64_t draw(struct zone_layout *z, GArray *array, unsigned k)
{
	uint64_t *numbers = (uint64_t *)(void *)array->data;
	uint64_t other = k + rng_below(&z->rng, array->len - k), number = numbers[other];

	numbers[other] = numbers[k];
	return numbers[k] = number;
}

/* Place chunks of @type in regions of @array until it has none to place, or no region fits. */
static void place_in(struct zone_layout *z, GArray *array, unsigned order, enum list_type type,
		     bool any_type)
{
	for (unsigned k = 0; k < array->len && z->need[type][order]; k++) {
		uint64_t half;

		if (choose_half(z, order, draw(z, array, k), type, any_type, &half))
			layout_place(z, order, half, type);
	}
}

/* What has no place: the same pages in chunks half as large. */
static void halve(struct zone_layout *z, unsigned order, enum list_type type)
{
	if (order)
		z->need[type][order - 1] += 2 * z->need[type][order];
	z->need[type][order] = 0;
}

/* Chunks of the largest order: any that are not busy, side by side or not. */
static void place_largest(struct zone_layout *z)
{
	g_autoptr(GArray) clean = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	unsigned next = 0;

	for (uint64_t i = 0; i < z->chunks.n_top; i++) {
		if (!chunk_busy(&z->chunks, z->top, i))
			g_array_append_val(clean, i);
	}
	for (unsigned k = 0; k < LIST_TYPES; k++) {
		enum list_type type = layout_turns[k];

		while (z->need[type][z->top] && next < clean->len)
			layout_place(z, z->top, draw(z, clean, next++), type);
		halve(z, z->top, type);
	}
}

/* Both halves of region @i of order @order + 1 become regions, but for what is free or taken. */
static void split(const struct zone_layout *z, unsigned order, uint64_t i, struct regions *to)
{
	for (uint64_t half = 2 * i; half <= 2 * i + 1; half++) {
		if (chunk_free(&z->chunks, order, half) || chunk_all_busy(&z->chunks, order, half))
			continue;
		g_array_append_val(chunk_free(&z->chunks, order, half ^ 1) ? to->beside : to->rest,
				   half);
	}
}

static void split_all(const struct zone_layout *z, unsigned order, const struct regions *from,
		      struct regions *to)
{
	const GArray *arrays[] = {from->beside, from->rest};

	for (unsigned k = 0; k < 2; k++) {
		for (unsigned r = 0; r < arrays[k]->len; r++)
			split(z, order, g_array_index(arrays[k], uint64_t, r), to);
	}
}

/* Chunks of a pageblock and more: blocks are open yet, and take the type of the chunk. */
static struct regions place_large(struct zone_layout *z)
{
	struct regions regions = regions_new();

	for (uint64_t i = 0; i < z->chunks.n_top; i++) {
		if (!chunk_free(&z->chunks, z->top, i) && !chunk_all_busy(&z->chunks, z->top, i))
			g_array_append_val(regions.rest, i);
	}
	for (unsigned order = z->top; order-- > z->block_order;) {
		struct regions halves = regions_new();

		for (unsigned k = 0; k < LIST_TYPES; k++) {
			place_in(z, regions.beside, order, layout_turns[k], false);
			place_in(z, regions.rest, order, layout_turns[k], false);
		}
		for (unsigned k = 0; k < LIST_TYPES; k++) {
			place_in(z, regions.rest, order, layout_turns[k], true);
			halve(z, order, layout_turns[k]);
		}
		split_all(z, order, &regions, &halves);
		regions_clear(&regions);
		regions = halves;
	}
	return regions;
}

/* --- blocks that are open still -------------------------------------------------------- */

/* Give blocks of @open to @type until it has @n more, such without a busy page first if @clean. */
static void give_blocks(struct zone_layout *z, GArray *open, enum list_type type, uint64_t n,
			bool clean)
{
	for (unsigned k = 0; k < open->len && n; k++) {
		uint64_t block = draw(z, open, k);

		if (z->block_type[block] != TYPE_OPEN ||
		    (clean && chunk_busy(&z->chunks, z->block_order, block)))
			continue;
		layout_set_block(z, block, type);
		n--;
	}
}

static uint64_t blocks_of(const struct zone_layout *z, const struct regions *blocks,
			  enum list_type type)
{
	const GArray *arrays[] = {blocks->beside, blocks->rest};
	uint64_t n = 0;

	for (unsigned k = 0; k < 2; k++) {
		for (unsigned r = 0; r < arrays[k]->len; r++)
			n += z->block_type[g_array_index(arrays[k], uint64_t, r)] == type;
	}
	return n;
}

/*
 * Every type gets the blocks that its chunks need, such without a busy page if there are any; then
 * the rest of what the snapshot counts, be it in a hole. Movable gets what is left.
 */
static void type_blocks(struct zone_layout *z, const struct regions *blocks)
{
	g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(uint64_t));

	for (uint64_t block = 0; block < z->n_blocks; block++) {
		if (z->block_type[block] == TYPE_OPEN)
			g_array_append_val(open, block);
	}
	for (unsigned k = 0; k < LIST_TYPES; k++) {
		enum list_type type = layout_turns[k];
		uint64_t needed = blocks_for_small(z, type), has = blocks_of(z, blocks, type);

		if (needed > has)
			give_blocks(z, open, type, MIN(needed - has, z->quota[type]), true);
	}
	for (unsigned k = 0; k < LIST_TYPES; k++)
		give_blocks(z, open, layout_turns[k], z->quota[layout_turns[k]], false);
	for (unsigned k = 0; k < open->len; k++) {
		if (z->block_type[g_array_index(open, uint64_t, k)] == TYPE_OPEN)
			layout_set_block(z, g_array_index(open, uint64_t, k), LIST_MOVABLE);
	}
}

/* --- chunks within a pageblock --------------------------------------------------------- */

static void place_order(struct zone_layout *z, struct regions *by_type, unsigned order)
{
	for (unsigned k = 0; k < LIST_TYPES; k++) {
		enum list_type type = layout_turns[k];

		place_in(z, by_type[type].beside, order, type, false);
		place_in(z, by_type[type].rest, order, type, false);
	}
	/* no room in blocks of the type: in any */
	for (unsigned k = 0; k < LIST_TYPES; k++) {
		for (unsigned other = LIST_TYPES; other--;) {
			place_in(z, by_type[layout_turns[other]].rest, order, layout_turns[k],
				 true);
			place_in(z, by_type[layout_turns[other]].beside, order, layout_turns[k],
				 true);
		}
		halve(z, order, layout_turns[k]);
	}
}

static void sort_by_type(const struct zone_layout *z, const struct regions *blocks,
			 struct regions *by_type)
{
	for (unsigned type = 0; type < LIST_TYPES; type++)
		by_type[type] = regions_new();
	for (unsigned k = 0; k < blocks->beside->len; k++) {
		uint64_t block = g_array_index(blocks->beside, uint64_t, k);

		g_array_append_val(by_type[z->block_type[block]].beside, block);
	}
	for (unsigned k = 0; k < blocks->rest->len; k++) {
		uint64_t block = g_array_index(blocks->rest, uint64_t, k);

		g_array_append_val(by_type[z->block_type[block]].rest, block);
	}
}

void layout_draw(struct zone_layout *z)
{
	struct regions by_type[LIST_TYPES];

	place_largest(z);
	struct regions blocks = place_large(z);

	type_blocks(z, &blocks);
	sort_by_type(z, &blocks, by_type);
	regions_clear(&blocks);
	for (unsigned order = z->block_order; order--;) {
		place_order(z, by_type, order);
		for (unsigned type = 0; type < LIST_TYPES; type++) {
			struct regions halves = regions_new();

			split_all(z, order, &by_type[type], &halves);
			regions_clear(&by_type[type]);
			by_type[type] = halves;
		}
	}
	for (unsigned type = 0; type < LIST_TYPES; type++)
		regions_clear(&by_type[type]);
}
